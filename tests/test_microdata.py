"""Open microdata points at nobody: classes are as large as promised, the release's hidden cells stay hidden, children are not in it."""

import dataclasses
import json
import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper import table as paper
from small_study import table

from popresearch import instrument, microdata, release, study
from popresearch.faults import BadInput
from popresearch.microdata import codebook, permitted, risk, search, synthetic, variables

PLAN = {"k": 3, "l": 2, "risk": 0.5, "suppressed": 0.2}
STRANDS = ["helplines", "youth", "ai"]
COLUMNS = {"kind": "", "relevant": ""}


@pytest.fixture(scope="module")
def written(sample):
    """The microdata of the sample study, with its release."""
    sample.released  # noqa: B018
    return microdata.write(sample.study, sample.ingested, sample.registry)


def read(path) -> pd.DataFrame:
    return pd.read_csv(path, comment="#", dtype=str, keep_default_na=False)


# --- measured as one would by hand


def by_hand(keys: list[tuple], units: list, values: list) -> tuple[int, int, float, float]:
    """k, l, entropy l and risk from all pairs of records."""
    held, distinct, entropies = [], [], []
    for one in keys:
        inside = [place for place, other in enumerate(keys) if other == one]
        held.append(len({units[place] for place in inside}))
        counts = Counter(values[place] for place in inside if values[place] is not None)
        total = sum(counts.values())
        distinct.append(len(counts))
        entropy = -sum(n / total * math.log(n / total) for n in counts.values())
        entropies.append(math.exp(entropy) if total else 0)
    return min(held), min(distinct), min(entropies), sum(1 / n for n in held) / len(held)


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", ""]),
        st.sampled_from(["x", "y"]),
        st.integers(0, 6),
        st.sampled_from(["yes", "no", "maybe", None]),
    ),
    min_size=1,
    max_size=40,
)


@given(RECORDS)
@settings(deadline=None, max_examples=60)
def test_k_l_and_risk_are_those_of_a_count_over_all_pairs(records):
    keys, units, sensitive = _tables(records)
    found = risk.measured(keys, units, sensitive)
    expected = by_hand([one[:2] for one in records], [one[2] for one in records], [one[3] for one in records])
    assert (found.k, found.l) == expected[:2]
    assert (found.entropy_l, found.risk) == pytest.approx(expected[2:])


def test_a_record_that_is_alone_with_its_keys_is_found():
    keys = table("place|type\n" + "A|ngo\n" * 5 + "A|state\n" + "B|ngo\n" * 5)
    sensitive = pd.DataFrame({"q": ["yes", "no"] * 5 + ["yes"]})
    marked = risk.at_risk(keys, np.arange(11), sensitive, k=2, least=1)
    assert list(np.flatnonzero(marked)) == [5]


def test_many_answers_of_one_organisation_hide_nobody():
    keys = pd.DataFrame({"place": ["A"] * 9})
    assert risk.measured(keys, np.array(["org"] * 9), pd.DataFrame()).k == 1


# --- generalised until it holds


def _tables(records: list[tuple]) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    frame = pd.DataFrame(records, columns=["place", "type", "unit", "q"])
    return frame[["place", "type"]], frame["unit"].to_numpy(), frame[["q"]].astype("str")


def key(name: str, leaves: list[str], **steps: dict[str, str]) -> variables.Key:
    finest, coarsest = {leaf: leaf for leaf in leaves}, dict.fromkeys(leaves, variables.ALL)
    return variables.Key(name, pd.Series(leaves, dtype="str"), {"leaf": finest, **steps, "all": coarsest})


@given(RECORDS, st.integers(2, 4))
@settings(deadline=None, max_examples=60)
def test_no_combination_of_keys_is_held_by_fewer_than_k_whatever_the_answers(records, k):
    keys, units, sensitive = _tables(records)
    found = search.least_loss(
        {name: key(name, list(keys[name])) for name in keys}, units, sensitive, PLAN | {"k": k}
    )
    if found is not None:
        rows = list(found.keys.itertuples(index=False, name=None))
        smallest, distinct, entropy, mean_risk = by_hand(rows, list(units), [one[3] for one in records])
        assert smallest >= k and distinct >= 2 and entropy >= 2 - 1e-9 and mean_risk <= PLAN["risk"]
        was = search.generalised({name: key(name, list(keys[name])) for name in keys}, found.steps)
        assert (was != found.keys).any(axis=1).mean() <= PLAN["suppressed"]


def test_the_finest_keys_that_hold_are_taken_and_a_lone_record_loses_its_own():
    places = ["A"] * 10 + ["B"] * 9 + ["C"]
    answers = pd.DataFrame({"q": ["yes", "no"] * 10})
    plan = PLAN | {"suppressed": 0.05}
    assert _chosen(places, answers, plan) == ("all", 0)
    assert _chosen(places, answers, plan | {"suppressed": 0.5}) == ("leaf", 10)  # C and the smaller class, B
    assert _chosen(places, answers, plan | {"k": 1, "l": 1}) == ("leaf", 0)


def _chosen(places: list[str], answers: pd.DataFrame, plan: dict) -> tuple[str, int]:
    found = search.least_loss({"place": key("place", places)}, np.arange(20), answers, plan)
    return found.steps["place"], found.n_cells


def test_answers_that_are_all_the_same_in_a_class_do_not_stay_in_it():
    places, answers = ["A"] * 10 + ["B"] * 10, pd.DataFrame({"q": ["yes"] * 10 + ["no", "maybe"] * 5})
    assert _chosen(places, answers, PLAN | {"suppressed": 0}) == ("all", 0)


def test_keys_are_coarser_where_the_risk_is_above_the_limit():
    places, answers = ["A"] * 10 + ["B"] * 10, pd.DataFrame({"q": ["yes", "no"] * 10})
    assert _chosen(places, answers, PLAN | {"risk": 0.1}) == ("leaf", 0)  # 1 in 10
    assert _chosen(places, answers, PLAN | {"risk": 0.09}) == ("all", 0)


def test_nothing_is_given_where_nothing_holds():
    assert search.least_loss({"place": key("place", ["A"] * 2)}, np.arange(2), pd.DataFrame(), PLAN) is None


# --- beside the release


@pytest.fixture
def gate():
    """A release that hides c of "type" and a region of "risky", and all of "main", which is asked depending on "many"."""
    released = paper("""
        strand | question | option | level  | place  | status
        s      | type     | a      | world  | –      | shown
        s      | type     | b      | world  | –      | hidden
        s      | type     | c      | world  | –      | hidden
        s      | type     | d      | world  | –      | shown
        s      | safe     | yes    | world  | –      | shown
        s      | safe     | yes    | region | Africa | shown
        s      | safe     | yes    | region | Asia   | shown
        s      | risky    | yes    | world  | –      | shown
        s      | risky    | yes    | region | Africa | shown
        s      | risky    | yes    | region | Asia   | hidden
        s      | many     | yes    | world  | –      | shown
        s      | many2    | yes    | world  | –      | shown
        s      | many2.up | yes    | world  | –      | too few answers
        s      | main     | yes    | world  | –      | hidden
    """).assign(place=lambda frame: frame["place"].fillna("").astype(str))
    names = ["type", "safe", "risky", "many", "many2", "main"]
    questions = pd.DataFrame(COLUMNS, index=names)
    questions.loc["main", "relevant"] = "count-selected(${many}) > 1"
    return permitted.Gate(released, "s", instrument.Instrument(questions, pd.DataFrame()))


def test_a_question_stays_out_where_the_release_hides_it_or_what_hangs_on_it(gate):
    shown = [name for name in ("type", "safe", "risky", "many", "many2", "main", "new") if gate.shows(name)]
    assert shown == ["safe", "risky"]


def test_regions_stay_in_only_where_the_release_shows_every_question_in_each(gate):
    place = {"country": variables.Key("country", pd.Series(["KEN", "IND", ""]), {})}
    assert gate.allows({"country": "region"}, place, ["safe"])
    assert not gate.allows({"country": "region"}, place, ["safe", "risky"])
    assert not gate.allows({"country": "subregion"}, place, ["safe"])  # the release has no country
    assert gate.allows({"country": "all"}, place, ["safe", "risky"])


@pytest.mark.parametrize(
    "groups, holds",
    [
        ({"a": "1", "b": "2", "c": "2", "d": "2"}, True),
        ({"a": "1", "b": "1", "c": "2", "d": "2"}, False),
        ({"a": "1", "b": "", "c": "1", "d": "1"}, False),
        ({"a": "a", "b": "b", "c": "c", "d": "d"}, False),
    ],
)
def test_a_key_never_counts_a_hidden_option_alone(gate, groups, holds):
    keys = {"type": variables.Key("type", pd.Series(["a"]), {"group": groups})}
    assert gate.allows({"type": "group"}, keys, []) is holds


def test_what_a_file_counts_the_release_shows_and_to_the_same_number(sample, written):
    released = release.table("estimates", sample.study)
    world = released[released["level"].eq("world")]
    for strand in ("helplines", "youth"):
        file = read(written / f"{strand}.csv")
        cells = world[world["strand"].eq(strand)].set_index(["question", "option"])
        plan, compared = sample.study.microdata[strand], 0
        for name in file.columns.drop([name for name in plan["keys"] if name in file]):
            question, _, option = name.partition("/")
            counts = (
                {option: (file[name] == "1").sum()}
                if option
                else file[name].value_counts().drop("", errors="ignore")
            )
            for chosen, count in dict(counts).items():
                assert cells.at[(question, chosen), "status"] == "shown"
                assert cells.at[(question, chosen), "count"] == count
                compared += 1
        assert compared > 30


# --- the files of the sample


def test_the_files_of_the_sample_hold_what_they_promise(sample, written):
    report = microdata.report(sample.study)
    assert list(report.index) == STRANDS
    for strand in ("helplines", "youth"):
        file, row = read(written / f"{strand}.csv"), report.loc[strand]
        keys = [name for name in sample.study.microdata[strand]["keys"] if name in file]
        assert keys and row["k"] >= 5 and row["l"] >= 2 and row["entropy_l"] >= 2 and row["risk"] <= 0.03
        rows = list(file[keys].itertuples(index=False, name=None))
        assert by_hand(rows, list(range(len(rows))), [None] * len(rows))[0] >= 5


def test_no_file_has_a_column_that_nobody_named_or_a_text_of_anyone(sample, written):
    texts = {text.strip() for text in sample.ingested.texts["text"] if len(text.strip()) > 3}
    identifiers = set(pd.concat([table["response"] for table in sample.ingested.responses.values()]))
    for strand in STRANDS:
        [path] = written.glob(f"{strand}*.csv")
        plan, cells = sample.study.microdata[strand], read(path)
        named = {*plan["questions"], *plan["keys"], "region", "file"}
        assert {name.partition("/")[0] for name in cells} <= named
        release.refuse_microdata(cells)
        held = set(cells.astype(str).to_numpy().ravel())
        assert not held & texts and not held & identifiers
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert [column["name"] for column in about["columns"]] == list(cells)
        allowed = {"", "0", "1"}
        for column in about["columns"]:
            values = set(column.get("values", ())) | allowed
            assert column["name"] == "region" or set(cells[column["name"]]) <= values
        assert path.read_text(encoding="utf-8").startswith(f"# {sample.study.banner}\n")


def test_the_same_answers_in_another_order_give_the_same_bytes(sample, written):
    before = {path.name: path.read_bytes() for path in written.iterdir()}
    shuffled = {
        strand: rows.sample(frac=1, random_state=1) for strand, rows in sample.ingested.responses.items()
    }
    again = dataclasses.replace(sample.ingested, responses=shuffled)
    microdata.write(sample.study, again, sample.registry)
    assert {path.name: path.read_bytes() for path in written.iterdir()} == before
    assert set(before) == {"ai_SYNTHETIC.csv", "ai_SYNTHETIC.json", "helplines.csv", "helplines.json",
                           "report.csv", "youth.csv", "youth.json"}  # fmt: skip


def test_rows_stand_in_the_order_of_their_content():
    rows = table("a|b\n2|x\n1|y\n2|a")
    mixed = rows.sample(frac=1, random_state=1)
    assert microdata.in_order(rows).equals(microdata.in_order(mixed))


def test_where_no_generalisation_holds_the_file_is_synthetic(sample, written):
    plan = sample.study.microdata["helplines"] | {"k": 400}
    strict = dataclasses.replace(sample.study, microdata={"helplines": plan})
    made, about = microdata.make(strict, "helplines", sample.ingested, sample.registry)
    assert about["kind"] == "synthetic" and about["measures"]["reason"] == "no generalisation holds"
    assert set(made["file"]) == {"SYNTHETIC"}


def test_a_synthetic_file_follows_the_release_and_needs_nothing_else(sample, written):
    released, counts = (release.table(name, sample.study) for name in ("estimates", "responses"))
    asked = instrument.of(sample.study.strands["helplines"])
    made = synthetic.drawn(released, counts, ["a07", "a12", "a20_main"], asked, "helplines")
    assert len(made) == 422 and set(made["region"]) <= {"Africa", "Americas", "Asia", "Europe", ""}
    world = released[released["level"].eq("world") & released["strand"].eq("helplines")]
    shares = world.set_index(["question", "option"])["share"]
    assert made["a12/teacher"].mean() == pytest.approx(shares["a12", "teacher"], abs=0.08)
    assert (made["a07"].dropna() == "0_24").mean() == pytest.approx(shares["a07", "0_24"], abs=0.08)


@pytest.mark.parametrize("count, said", [(0, "0"), (1, "under 5"), (4, "under 5"), (5, "5")])
def test_a_report_says_no_small_count(count, said):
    assert codebook.masked(count, 5) == said


# --- children, and a plan that cannot be


def test_answers_of_children_are_refused_whatever_the_study_says(sample):
    section = {"poll": sample.study.microdata["helplines"]}
    wished = dataclasses.replace(sample.study, microdata=section)
    with pytest.raises(BadInput, match="answers of children"):
        microdata.write(wished, sample.ingested, sample.registry)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"questions": ["c05_service"]}, "'service'"),
        ({"questions": ["a99"]}, "is not a question"),
        ({"questions": ["a04_yes"]}, "is not a question"),
        ({"questions": ["c03_main"]}, "'country'"),
        ({"questions": ["a07"], "sensitive": ["a07"], "keys": {"a12": ["option"]}}, "kind 'many'"),
        ({"sensitive": ["a12"]}, "cannot be sensitive"),
        ({"groups": {"c07": {"state": ["companies"]}}}, "Did you mean 'company'"),
        ({"keys": {"c07": ["region"]}}, "does not fit"),
        ({"keys": {"a04_began": [[1970, 1985]]}}, "does not fit"),
    ],
)
def test_a_plan_that_no_questionnaire_carries_is_said(sample, written, change, said):
    plan = sample.study.microdata["helplines"] | change
    wrong = dataclasses.replace(sample.study, microdata={"helplines": plan})
    with pytest.raises(BadInput, match=said):
        microdata.make(wrong, "helplines", sample.ingested, sample.registry)


GOOD = """
questions = ["q"]
sensitive = ["q"]
keys = { country = ["region", "all"], a04 = ["bands", [1, 5, 9], [1, 9], "all"] }
"""


@pytest.mark.parametrize(
    "section, said",
    [
        (GOOD, ""),
        (GOOD + "k = 4", "'k' is below the minimum cell, 5"),
        (GOOD + "l = 1", "'l' must be at least 2"),
        (GOOD + "risk = 3", "'risk' must lie between"),
        (GOOD + 'suppressed = "5 %"', "'suppressed' must lie between"),
        (GOOD + 'kind = "open"', "'kind' is not one of"),
        (GOOD + "kk = 5", "'kk' is not known"),
        (GOOD.replace('["region", "all"]', '["all", "region"]'), "each coarser"),
        (GOOD.replace("[1, 9]", "[1, 7]"), "each coarser"),
        (GOOD.replace('"bands"', '"band"'), "each coarser"),
        (GOOD.replace('sensitive = ["q"]', 'sensitive = ["r"]'), "not among its questions"),
        (GOOD.replace("a04 =", "q ="), "among its questions, too"),
        ('questions = ["q"]', "needs 1 to 6 keys"),
        ('kind = "synthetic"\nquestions = ["q"]', ""),
        ("questions = 3", "is not a list"),
        (GOOD + 'groups.c07 = { state = "ngo" }', "groups that are not lists"),
    ],
)
def test_a_section_is_checked_as_a_whole(section, said):
    assert said in _faults("open", section) if said else not _faults("open", section)


def test_a_section_for_children_or_for_no_strand_is_a_fault():
    assert "answers of children" in _faults("poll", GOOD)
    assert "answers of children" in _faults("shy", GOOD)
    assert "Did you mean 'open'" in _faults("opn", GOOD)


def _faults(strand: str, section: str) -> str:
    plan = study.tomllib.loads(f"[microdata.{strand}]\n{section}")
    plan["strands"] = {"open": {}, "poll": {"system": "children"}, "shy": {"hide_zero": True}}
    place = f"microdata.{strand}"
    return " ".join(map(str, study._microdata_faults(place, plan["microdata"][strand], plan, strand)))
