"""Promises of links between questions: what a form says of one count follows into the protection of another."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Run
from paper import question, table
from scipy.optimize import Bounds, LinearConstraint, milp

from popresearch import disclosure, instrument, links, release
from popresearch.estimates import bases
from popresearch.faults import BadInput
from popresearch.instrument import Instrument
from popresearch.links import BASE, RESPONSES, Link
from popresearch.protection import SHOWN, Question, protect

FORM = """
    question | kind | list | relevant                                                  | constraint
    q        | many | what | –                                                         | count-selected(.) <= 2 and not(selected(., 'no') and count-selected(.) > 1)
    q_main   | one  | what | (${ok} = 'yes') and (count-selected(${q}) > 1)            | –
    seen     | one  | yn   | ${ok} = 'yes'                                             | –
    more     | one  | yn   | (${ok} = 'yes') and (${seen} = 'yes' or ${seen} = 'maybe') | –
    else     | one  | yn   | ${seen} != 'no'                                           | –
    past     | one  | yn   | not(selected(${q}, 'no'))                                 | –
    odd      | one  | yn   | if(${seen}, 1, 2) and ${seen} = ${q}                      | –
"""  # noqa: E501
OPTIONS = {"what": ["chat", "call", "no"], "yn": ["yes", "maybe", "no"]}


@pytest.fixture
def form(sample: Run) -> Instrument:
    """A form on paper in the place of a real one."""
    real = instrument.of(sample.study.strands["poll"])
    rows = table(FORM).fillna("").set_index("question")
    questions = rows.assign(**{name: "" for name in real.questions if name not in rows})[list(real.questions)]
    lists = pd.DataFrame(
        [(name, one) for name, codes in OPTIONS.items() for one in codes], columns=["list", "option"]
    )
    options = lists.reindex(columns=list(real.options.columns), fill_value="")
    return dataclasses.replace(real, questions=questions, options=options)


def test_a_form_says_what_one_count_says_of_another(form: Instrument) -> None:
    found = links.between(form, list(form.questions.index), {"ok"})
    for link in [
        Link({("q_main", "chat"): 1, ("q", "chat"): -1}),
        Link({("q_main", BASE): 1, ("q", BASE): -1}),
        Link({("q_main", "no"): 1}),  # "no" stands alone, so it is never one of two
        Link({("more", BASE): 1, ("seen", "yes"): -1, ("seen", "maybe"): -1}),
        Link({("else", BASE): 1, RESPONSES: -1, ("seen", "no"): 1}),
        Link({("past", BASE): 1, RESPONSES: -1, ("q", "no"): 1}),
        Link({("q", BASE): 1.0, ("q", "chat"): -1, ("q", "call"): -1, ("q", "no"): -1}),
        Link({("q", BASE): -1, ("q", "no"): 1, ("q", "chat"): 1}),
        Link({("q", "chat"): 1, ("q", "call"): 1, ("q", "no"): 2, ("q", BASE): -2}),
        Link(
            {
                ("q_main", BASE): 1.0,
                ("q", BASE): 1,
                **dict.fromkeys([("q", one) for one in OPTIONS["what"]], -1),
            }
        ),
    ]:
        assert link in found
    assert not [link for link in found if len(link.terms) > 2 and ("odd", BASE) in link.terms]
    groups = links.clusters(["q", "odd", "seen", "q_main", "more"], found)
    assert groups == [("q", "q_main"), ("odd",), ("seen", "more")]


def test_every_link_of_the_sample_holds_of_its_answers(sample: Run) -> None:
    for strand, rules in sample.study.strands.items():
        tally, asked = sample.tallies[strand], instrument.of(rules)
        count = {(str(name), str(option)): values for (name, option), values in tally.count.items()}
        count |= {(str(name), BASE): tally.base[name] for name in tally.base} | {RESPONSES: tally.n}
        counted = [name for name in asked.questions.index if name in tally.base]
        found = links.between(asked, counted, set(rules.roles.values()))
        held = [
            all(sum(count[cell] * sign for cell, sign in link.terms.items()) <= 0)
            for link in found
            if set(link.terms) <= set(count)
        ]
        assert len(held) > 100 and np.mean(held) > 0.95, (
            "the form is kept to; what is not is left out of the audit"
        )


REGION = {"KEN": "Africa", "UGA": "Africa", "TZA": "Africa", "RWA": "Africa"}
ALL = """
    country | n  | base | chat | call | text
    KEN     | 60 |   60 |   40 |   33 |   41
    UGA     | 70 |   70 |   35 |   38 |   50
    TZA     | 80 |   80 |   55 |   58 |   44
    RWA     | 65 |   65 |   45 |   38 |   37
"""
MAIN = """
    country | n  | base | chat | call | text
    KEN     | 60 |   48 |   20 |    9 |   19
    UGA     | 70 |   51 |   15 |   12 |   24
    TZA     | 80 |   66 |   33 |   20 |   13
    RWA     | 65 |   49 |   17 |   15 |   17
"""
PICKED = [Link({("m", one): 1, ("q", one): -1}) for one in ("chat", "call", "text")]


def both(all_of: str, main: str) -> pd.DataFrame:
    picked = question(main, REGION).assign(question="m")
    return pd.concat([question(all_of, REGION), picked], ignore_index=True)


def least_and_most(
    shown: pd.DataFrame, target: tuple[str, str], place: str, linked: list[Link]
) -> tuple[float, float]:
    """What whole numbers fit everything shown, by SciPy's solver; the bases and responses are public."""
    cells = shown[shown["level"] == "country"]
    names = list(zip(cells["question"], cells["option"], cells["place"], strict=True))
    number = {name: position for position, name in enumerate(names)}
    is_shown = (cells["status"] == SHOWN).to_numpy()
    low = np.where(is_shown, cells["count"], 0.0)
    high = np.where(is_shown, cells["count"], cells["base"]).astype(float)
    rows, least, most = [], [], []

    def add(parts: dict[int, float], at_least: float, at_most: float) -> None:
        rows.append([parts.get(position, 0.0) for position in range(len(names))])
        least.append(at_least)
        most.append(at_most)

    for row in shown[(shown["level"] != "country") & (shown["status"] == SHOWN)].itertuples():
        add({number[row.question, row.option, code]: 1.0 for code in REGION}, row.count, row.count)
    for code in REGION:
        main = {number["m", one, code]: 1.0 for one in ("chat", "call", "text")}
        base = float(cells.loc[(cells["question"] == "m") & (cells["place"] == code), "base"].iloc[0])
        add(main, base, base)
        for link in linked:
            add({number[(*cell, code)]: float(sign) for cell, sign in link.terms.items()}, -np.inf, 0.0)
    wanted = np.eye(len(names))[number[(*target, place)]]
    ends = [
        milp(
            sign * wanted,
            constraints=LinearConstraint(np.array(rows), least, most),
            bounds=Bounds(low, high),
            integrality=np.ones(len(names)),
        )
        for sign in (1, -1)
    ]
    assert all(end.status == 0 for end in ends)
    return round(ends[0].fun), -round(ends[1].fun)


def gated(cells: pd.DataFrame, linked: list[Link]) -> pd.DataFrame:
    public = set(zip(cells["level"], cells["place"], strict=True))
    asked = {"q": Question(adds_up=False), "m": Question(adds_up=True)}
    return protect(cells, public, questions=asked, regions=REGION, minimum_cell=5, links=linked)


def test_what_was_picked_does_not_tell_what_it_was_picked_from() -> None:
    """All but two of those in Kenya use chat, and it is the main channel of nearly as many: the two would show."""
    cells = both(
        ALL.replace("|   40 |   33 |   41", "|   58 |   33 |   41"),
        MAIN.replace("|   20 |    9 |   19", "|   57 |   0 |   0").replace("48", "57"),
    )
    apart = gated(cells, [])
    low, high = least_and_most(apart, ("q", "chat"), "KEN", PICKED)
    assert high - low < 5, "protected each for itself, the two questions give it away"
    together = gated(cells, PICKED)
    low, high = least_and_most(together, ("q", "chat"), "KEN", PICKED)
    assert high - low >= 5


def test_a_base_of_a_follow_up_does_not_tell_who_gave_the_answer_it_follows() -> None:
    first = question("""
        country | n  | base | yes | no
        KEN     | 60 |   60 |  57 |  3
        UGA     | 70 |   70 |  35 | 35
        TZA     | 80 |   80 |  55 | 25
        RWA     | 65 |   65 |  45 | 20
    """, REGION)  # fmt: skip
    then = question("""
        country | n  | base | chat | call
        KEN     | 60 |   57 |   30 |   27
        UGA     | 70 |   35 |   15 |   20
        TZA     | 80 |   55 |   35 |   20
        RWA     | 65 |   45 |   25 |   20
    """, REGION)  # fmt: skip
    cells = pd.concat([first, then.assign(question="m")], ignore_index=True)
    follows = [Link({("m", BASE): 1, ("q", "yes"): -1})]
    public = set(zip(cells["level"], cells["place"], strict=True))
    asked = {"q": Question(adds_up=True), "m": Question(adds_up=True)}
    rules = {"questions": asked, "regions": REGION, "minimum_cell": 5}
    kenya = (cells["question"] == "m") & (cells["place"] == "KEN")
    assert (protect(cells, public, **rules)["status"][kenya] == SHOWN).all()
    assert (protect(cells, public, links=follows, **rules)["status"][kenya] != SHOWN).all()


def test_how_many_were_asked_is_hidden_with_the_answer_that_decided_it(sample: Run) -> None:
    counted = bases.missing(sample.tallies, sample.study)
    world = sample.passed[0].copy()
    seen = (world["question"] == "d16") & (world["level"] == "world")
    assert (world.loc[seen, "status"] == SHOWN).any()
    world.loc[seen & (world["option"] == "maybe"), "status"] = "small count"
    passed = disclosure.protect_bases(counted, world, sample.study).set_index("question")
    assert np.isnan(passed.at["d17", "asked"]) and not np.isnan(passed.at["d16", "asked"])


GROWN = """
    country | base | chat | call | text
    KEN     |   45 |   20 |   15 |   10
    UGA     |   58 |   25 |   21 |   12
    TZA     |   80 |   40 |   25 |   15
    RWA     |   60 |   30 |   20 |   10
"""
BEFORE = """
    country | base | chat | call | text
    KEN     |   45 |   20 |   15 |   10
    UGA     |   40 |   18 |   16 |    6
    TZA     |   62 |   38 |   14 |   10
    RWA     |   60 |   30 |   20 |   10
"""


def released(paper: str, **hidden: str) -> pd.DataFrame:
    """An earlier release of a question; `hidden` names for an option the country where it was hidden."""
    cells = question(paper, REGION).astype({"count": float})
    for option, place in hidden.items():
        cells.loc[(cells["option"] == option) & (cells["place"] == place), "count"] = np.nan
    return cells


def now(before: pd.DataFrame | None, unpublished: str = "") -> pd.Series:
    cells = question(GROWN, REGION)
    public = set(zip(cells["level"], cells["place"], strict=True))
    public -= {("country", place) for place in unpublished.split()}
    asked = {"q": Question(adds_up=True)}
    shown = protect(cells, public, questions=asked, regions=REGION, minimum_cell=5, earlier=before)
    return shown.set_index(["option", "level", "place"])["status"]


def test_without_an_earlier_release_all_is_shown() -> None:
    assert (now(None) == SHOWN).all()


def test_options_taken_together_and_one_that_stands_alone_share_the_base(sample: Run) -> None:
    rules = sample.study.strands["helplines"]
    asked = instrument.of(rules)
    assert "dont_know" in links.alone(asked, "a05")
    jobs = disclosure._groups(
        sample.estimates[sample.estimates["strand"] == "helplines"], "helplines", sample.study
    )
    told = next(job.keywords["links"] for job in jobs if "a05" in job.keywords["questions"])
    assert Link({("a05.kind", "voice"): 1, ("a05", "dont_know"): 1, ("a05", BASE): -1}) in told


def test_two_releases_do_not_tell_what_the_few_who_came_between_them_answered() -> None:
    status = now(released(BEFORE))
    assert status["chat", "country", "TZA"] != SHOWN, "two came for it since"
    assert (status[:, "country", "KEN"] == SHOWN).sum() >= 1, "nobody came"
    assert (status[:, "world", ""] == SHOWN).any()


def test_where_few_came_in_all_the_whole_place_stays_hidden() -> None:
    grown = released(BEFORE.replace("   60 |   30 |   20 |   10", "   58 |   29 |   19 |   10"))
    for unpublished in ("", "RWA UGA"):  # the gate hides that two responses came, too
        status = now(grown, unpublished)
        assert (status[:, "country", "RWA"] != SHOWN).all()
        assert (status[:, "country", "KEN"] == SHOWN).any() and (status[:, "world", ""] == SHOWN).any()


def test_an_answer_that_was_hidden_does_not_come_out_as_soon_as_it_is_large_enough() -> None:
    low = BEFORE.replace("|   18 |   16 |    6", "|   18 |   18 |    4")
    status = now(released(low, text="UGA"))
    assert status["text", "country", "UGA"] == SHOWN, "twelve now: five came at least"
    cells = released(low.replace("UGA     |   40", "UGA     |   47"), text="UGA")
    grown = question(GROWN.replace("|   25 |   21 |   12", "|   30 |   22 |    6"), REGION)
    public = set(zip(grown["level"], grown["place"], strict=True))
    rules = {"questions": {"q": Question(adds_up=True)}, "regions": REGION, "minimum_cell": 5}
    shown = protect(grown, public, earlier=cells, **rules).set_index(["option", "level", "place"])["status"]
    assert shown["text", "country", "UGA"] != SHOWN, "six now, one to four before"


def test_an_earlier_release_is_read_as_its_open_data(sample: Run, tmp_path: Path) -> None:
    folder = tmp_path / "released"
    folder.mkdir()
    study = dataclasses.replace(sample.study, previous=folder)
    with pytest.raises(BadInput, match="has no estimates.csv"):
        release.previous(study)
    for name in ("estimates", "responses"):
        sample.tables[name].to_csv(folder / f"{name}.csv", index=False)
    read = release.previous(study)
    assert read["estimates"]["count"].notna().sum() == (sample.tables["estimates"]["status"] == SHOWN).sum()
    again, counts = disclosure.gate(sample.estimates, sample.responses, study, earlier=read)
    before, counts_before = sample.passed
    was_small = before["status"] == "small count"
    assert was_small.any() and (again.loc[was_small, "status"] != SHOWN).all()
    was_small = counts_before["status"] == "small count"
    assert was_small.any() and (counts.loc[was_small, "status"] != SHOWN).all()
    assert (counts["status"] == SHOWN).sum() > 0.9 * (counts_before["status"] == SHOWN).sum()
