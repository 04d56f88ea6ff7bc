"""Promises of the gate: no small number leaves, neither as it is nor by adding and subtracting what is shown beside it."""

import numpy as np
import pandas as pd
import pytest
from attacker import by_hand, by_solver, inside, puzzle
from conftest import Run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paper import question, table

from popresearch import disclosure, protection
from popresearch.intruder import System, too_narrow
from popresearch.protection import FEW, SHOWN, Question, protect
from popresearch.suppression import Hiding

FLOOR = 5
KINDS = ("one", "many", "one, rolled up", "many, rolled up")
ROLLED_UP = [(("q.r", "u"), [("q", "o0"), ("q", "o1")])]
EAST = dict.fromkeys(["KEN", "UGA", "TZA", "RWA", "BDI"], "Africa")


def protected(
    text: str | pd.DataFrame,
    regions: dict[str, str],
    *,
    partition: bool,
    filtered: bool = False,
    unions: list = (),
    public: object = None,
    **options: object,
) -> pd.DataFrame:
    """Pass a question on paper through the gate; all numbers of responses are public unless `public` names the places."""
    cells = question(text, regions) if isinstance(text, str) else text
    public = {(row.level, row.place) for row in cells.itertuples()} if public is None else public
    asked = {"q": Question(partition, filtered, unions)}
    return protect(cells, public, questions=asked, regions=regions, **({"minimum_cell": FLOOR} | options))


def statuses(cells: pd.DataFrame, option: str, level: str = "country") -> dict[str, str]:
    rows = cells[(cells["option"] == option) & (cells["level"] == level)]
    return dict(zip(rows["place"], rows["status"], strict=True))


def interval(
    cells: pd.DataFrame, regions: dict[str, str], option: str, place: str, **known: object
) -> tuple[float, float]:
    """What the intruder with pencil and paper finds for a country's count."""
    return by_hand(puzzle(cells, regions, **known), [(("q", option), place)])


def width(ends: tuple[float, float]) -> float:
    return ends[1] - ends[0]


def small_rows(cells: pd.DataFrame, *, partition: bool, hide_zero: bool) -> list:
    """The rows that point at few: a small count, all but a few, and where zeros are hidden nobody or all."""
    return [
        row
        for row in cells.itertuples()
        if 0 < row.count < FLOOR
        or (not (partition and row.question == "q") and row.count > 0 and 0 < row.base - row.count < FLOOR)
        or (hide_zero and row.base > 0 and row.count in (0, row.base))
    ]


def drawn(seed: int, kind: str, most: int = 90) -> tuple[pd.DataFrame, dict[str, str]]:
    """Draw a question with two to five countries in one to three regions."""
    random = np.random.default_rng(seed)
    codes = ["KEN", "PER", "FRA", "JPN", "FJI"][: random.integers(2, 6)]
    names = ["Africa", "Asia", "Europe"][: random.integers(1, 4)]
    regions = {code: str(random.choice(names)) for code in codes}
    options = random.integers(3, 5)
    lines = []
    for code in codes:
        n = int(random.integers(0, most))
        base = int(random.binomial(n, 0.9))
        chances = random.dirichlet(np.full(options, 0.6))
        if kind.startswith("one"):
            counts = random.multinomial(base, chances)
            union = counts[:2].sum()
        else:
            ticked = random.random((base, options)) < np.maximum(chances, 0.05)
            counts, union = ticked.sum(axis=0), ticked[:, :2].any(axis=1).sum()
        lines.append([code, n, base, *counts, *([union] if "rolled" in kind else [])])
    head = ["country", "n", "base", *(f"o{number}" for number in range(options))]
    head += ["r.u"] if "rolled" in kind else []
    text = "\n".join(" | ".join(map(str, line)) for line in [head, *lines])
    return question(text, regions), regions


def test_a_total_does_not_give_a_hidden_count_away() -> None:
    text = """
        country | base | chat | phone | mail
        KEN     |   45 |   42 |     3 |    0
        UGA     |   40 |   20 |    12 |    8
        TZA     |   50 |   25 |    13 |   12
    """
    shown = protected(text, EAST, partition=True)
    assert statuses(shown, "phone")["KEN"] != SHOWN
    solved = by_solver(puzzle(shown, EAST, partition=True), [(("q", "phone"), "KEN")])
    assert width(solved) >= FLOOR
    assert (shown["status"] == SHOWN).sum() >= 8


def test_hiding_only_what_is_small_would_give_it_away() -> None:
    cells = question(
        """
        country | base | chat | phone | mail
        KEN     |    9 |    6 |     3 |    0
        UGA     |   11 |    5 |     6 |    0
        """,
        EAST,
    )
    naive = cells.assign(status=np.where(cells["count"].between(1, FLOOR - 1), "hidden", SHOWN))
    assert interval(naive, EAST, "phone", "KEN", partition=True) == (3, 3)
    gate = protected(cells, EAST, partition=True)
    assert width(interval(gate, EAST, "phone", "KEN", partition=True)) >= FLOOR


@pytest.mark.parametrize("partition", [True, False])
def test_the_solver_and_the_pencil_find_the_same_ends(partition: bool) -> None:
    cells = question(
        """
        country | base | o0 | o1 | o2 | r.u
        KEN     |    6 |  3 |  1 |  2 |   4
        UGA     |    5 |  2 |  2 |  1 |   4
        """,
        EAST,
    )
    cells = cells.assign(status=np.where(cells["count"].between(1, 2), "hidden", SHOWN))
    for row in cells[cells["status"] != SHOWN].itertuples():
        target = [((row.question, row.option), code) for code in inside(cells, EAST, row.level, row.place)]
        solved = puzzle(cells, EAST, partition=partition, unions=ROLLED_UP)
        assert by_hand(solved, target) == by_solver(solved, target)


@settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.data_too_large]
)
@given(
    seed=st.integers(0, 100_000), kind=st.sampled_from(KINDS), hide_zero=st.booleans(), filtered=st.booleans()
)
def test_no_small_count_and_no_small_base_can_be_narrowed_down(
    seed: int, kind: str, hide_zero: bool, filtered: bool
) -> None:
    cells, regions = drawn(seed, kind)
    partition, unions = kind.startswith("one"), ROLLED_UP if "rolled" in kind else []
    public = {(row.level, row.place) for row in cells.itertuples() if row.n >= FLOOR or not row.n}
    shown = protected(
        cells, regions, public=public, minimum_base=20, hide_zero=hide_zero, partition=partition,
        filtered=filtered, unions=unions,
    )  # fmt: skip
    solved = puzzle(
        shown, regions, partition=partition, unions=unions, published=public, zeros_are_shown=not hide_zero
    )
    for row in small_rows(shown, partition=partition, hide_zero=hide_zero):
        assert row.status != SHOWN
        codes = inside(shown, regions, row.level, row.place)
        assert width(by_solver(solved, [((row.question, row.option), code) for code in codes])) >= FLOOR
    for row in shown.drop_duplicates(["level", "place"]).itertuples():
        if 0 < row.base < FLOOR:
            codes = inside(shown, regions, row.level, row.place)
            assert width(by_solver(solved, [("base", code) for code in codes])) >= FLOOR


@pytest.mark.parametrize("kind", KINDS)
def test_the_intruder_of_the_gate_finds_what_trying_all_numbers_finds(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited = []

    def look_only(system: System, hiding: Hiding) -> np.ndarray:
        audited.append((hiding.small, too_narrow(system, hiding.small, hiding.width)))
        return system.shown

    monkeypatch.setattr(protection, "complete", look_only)
    partition, unions = kind.startswith("one"), ROLLED_UP if "rolled" in kind else []
    narrow = wide = 0
    for seed in range(12):
        cells, regions = drawn(seed, kind)
        public = {(row.level, row.place) for row in cells.itertuples()}
        naive = protected(cells, regions, partition=partition, unions=unions)
        if (naive["status"] == FEW).any():
            continue  # there the gate's intruder is told more than is published
        solved = puzzle(
            naive, regions, partition=partition, unions=unions, published=public, zeros_are_shown=True
        )
        small, exposed = audited[-1]
        by_trying = [
            width(
                by_solver(
                    solved,
                    [
                        ((row.question, row.option), code)
                        for code in inside(naive, regions, row.level, row.place)
                    ],
                )
            )
            < FLOOR
            for row in small_rows(naive, partition=partition, hide_zero=False)
        ]
        assert int(exposed.sum()) == sum(by_trying)
        assert int(small.sum()) == len(by_trying)
        narrow, wide = narrow + sum(by_trying), wide + len(by_trying) - sum(by_trying)
    assert narrow > 5, "the rule for small counts alone left nothing to find"


def test_nobody_and_everybody_are_hidden_in_the_poll_and_shown_elsewhere() -> None:
    text = """
        country | base | never | told | safe
        KEN     |   60 |     0 |   60 |   20
        UGA     |   55 |    20 |   25 |   30
        TZA     |   70 |    30 |   30 |   40
    """
    poll = protected(text, EAST, partition=False, hide_zero=True)
    assert statuses(poll, "never")["KEN"] != SHOWN and statuses(poll, "told")["KEN"] != SHOWN
    survey = protected(text, EAST, partition=False)
    assert statuses(survey, "never")["KEN"] == SHOWN == statuses(survey, "told")["KEN"]


def test_all_but_a_few_points_at_the_few() -> None:
    text = """
        country | base | online
        KEN     |   60 |     58
        UGA     |   55 |     30
        TZA     |   70 |     40
    """
    assert statuses(protected(text, EAST, partition=False), "online")["KEN"] != SHOWN


def test_a_country_with_too_few_answers_shows_neither_counts_nor_base(sample: Run) -> None:
    passed, _ = sample.passed
    few = passed[passed["status"] == FEW]
    assert len(few) > 1000
    assert few[["n", "base", "count", "share", "low", "n_organisations", "n_effective"]].isna().all(axis=None)
    assert passed["base"].min() >= sample.study.thresholds["minimum_base"]


def test_a_base_is_not_to_be_had_by_subtraction() -> None:
    text = """
        country | n  | base | yes | no
        KEN     | 60 |   60 |  30 | 30
        UGA     | 55 |   50 |  20 | 30
        TZA     |  9 |    3 |   2 |  1
    """
    shown = protected(text, EAST, partition=True, minimum_base=20)
    solved = puzzle(shown, EAST, partition=True)
    assert statuses(shown, "yes")["TZA"] == FEW
    assert width(by_solver(solved, [("base", "TZA")])) >= FLOOR


def test_a_base_a_little_below_the_responses_gives_an_earlier_answer_away() -> None:
    text = """
        country | n  | base | yes | no
        KEN     | 60 |   57 |  30 | 27
        UGA     | 55 |   40 |  20 | 20
        TZA     | 80 |   60 |  20 | 40
    """
    assert statuses(protected(text, EAST, partition=True, filtered=True), "yes")["KEN"] == FEW
    assert statuses(protected(text, EAST, partition=True, filtered=False), "yes")["KEN"] == SHOWN


def test_where_the_number_of_responses_is_hidden_nothing_is_shown() -> None:
    text = """
        country | base | yes | no
        KEN     |   60 |  30 | 30
        UGA     |   50 |  20 | 30
        TZA     |   70 |  20 | 50
    """
    public = {("world", ""), ("region", "Africa"), ("country", "KEN")}
    assert statuses(protected(text, EAST, partition=True, public=public), "yes") == {
        "KEN": SHOWN, "UGA": FEW, "TZA": FEW,
    }  # fmt: skip


def test_the_answers_of_few_organisations_are_not_a_country() -> None:
    cells = question(
        """
        country | base | yes | no
        KEN     |   60 |  30 | 30
        UGA     |   50 |  20 | 30
        TZA     |   70 |  20 | 50
        """,
        EAST,
    )
    cells.loc[cells["place"] == "KEN", "n_organisations"] = 2
    shown = protected(cells, EAST, partition=True)
    assert statuses(shown, "yes")["KEN"] == FEW


@pytest.mark.parametrize("partition", [True, False])
def test_a_rollup_cannot_reveal_a_hidden_member(partition: bool) -> None:
    text = """
        country | base | o0 | o1 | o2 | r.u
        KEN     |   60 | 30 |  2 | 28 |  32
        UGA     |   70 | 25 | 20 | 25 |  45
        TZA     |   80 | 35 | 15 | 30 |  50
    """
    shown = protected(text, EAST, partition=partition, unions=ROLLED_UP)
    solved = puzzle(shown, EAST, partition=partition, unions=ROLLED_UP, zeros_are_shown=True)
    assert width(by_solver(solved, [(("q", "o1"), "KEN")])) >= FLOOR


def test_answers_that_name_no_country_are_not_to_be_had_by_subtraction() -> None:
    text = """
        country | base | yes | no
        KEN     |   60 |  30 | 30
        UGA     |   50 |  20 | 30
        –       |   25 |   2 | 23
    """
    shown = protected(text, EAST, partition=True)
    assert width(by_solver(puzzle(shown, EAST, partition=True), [(("q", "yes"), "")])) >= FLOOR


def test_strands_and_their_total_do_not_give_a_small_strand_away(sample: Run) -> None:
    counts = table("""
        strand    | level   | place  | count | base
        helplines | world   |        |   108 |  291
        youth     | world   |        |    81 |  291
        ai        | world   |        |    42 |  291
        poll      | world   |        |    60 |  291
        helplines | region  | Africa |   108 |  291
        youth     | region  | Africa |    81 |  291
        ai        | region  | Africa |    42 |  291
        poll      | region  | Africa |    60 |  291
        helplines | country | KEN    |    70 |  145
        youth     | country | KEN    |    45 |  145
        ai        | country | KEN    |     2 |  145
        poll      | country | KEN    |    28 |  145
        helplines | country | UGA    |    38 |  146
        youth     | country | UGA    |    36 |  146
        ai        | country | UGA    |    40 |  146
        poll      | country | UGA    |    32 |  146
    """)
    shown = disclosure.protect_responses(counts, sample.study)
    assert set(shown["strand"]) == {"helplines", "youth", "ai", "poll", "all"}
    cells = shown.assign(question="q", option=shown["strand"], n=500, base=500)
    whole = [(("q", "all"), [("q", name) for name in ("helplines", "youth", "ai", "poll")])]
    solved = puzzle(cells, EAST, partition=True, unions=whole)
    solved.sums = [
        each
        for each in solved.sums
        if not any(isinstance(name, tuple) and name[0] == "base" for name in each[0])
    ]
    solved.sums += [({(("q", "all"), "KEN"): -1} | {(part, "KEN"): 1 for part in whole[0][1]}, 0, 0)]
    assert width(by_solver(solved, [(("q", "ai"), "KEN")])) >= FLOOR


def test_no_other_table_gives_a_hidden_number_of_responses_away(sample: Run) -> None:
    counts, estimates = sample.tables["responses"], sample.tables["estimates"]
    hidden = counts[counts["status"] != SHOWN].set_index(["strand", "level", "place"]).index
    told = estimates[estimates["n"].notna() | estimates["base"].notna()].set_index(
        ["strand", "level", "place"]
    )
    assert len(hidden) and not told.index.isin(hidden).any()


def test_which_hidden_cells_are_the_small_ones_is_not_told(sample: Run) -> None:
    for name in ("estimates", "responses", "coverage", "channels_by_system"):
        assert set(sample.tables[name]["status"]) <= {SHOWN, "hidden", FEW, "no responses"}
    hidden = sample.tables["estimates"].query("status != 'shown'")
    assert set(zip(hidden["level"] == "country", hidden["verdict"], strict=True)) == {
        (True, "pool"), (False, "withhold"),
    }  # fmt: skip
    assert set(hidden["reason"]) == {"hidden", FEW}


def test_the_interval_over_two_hidden_countries_would_solve_for_both() -> None:
    rows = table("""
        strand | question | option | level   | place  | status | base | count | n_countries | share | low  | high | n_effective | share_by_country | verdict | reason
        ai     | k1       | yes    | world   |        | shown  |  200 |    90 |           8 |  0.45 | 0.40 | 0.50 |          60 |             0.40 | caution |
        ai     | k1       | yes    | region  | Africa | shown  |  100 |    50 |           2 |  0.50 | 0.45 | 0.55 |          60 |             0.40 | caution |
        ai     | k1       | yes    | country | KEN    | hidden |   50 |     – |           1 |     – |    – |    – |           – |                – | pool    |
        ai     | k1       | yes    | country | UGA    | hidden |   50 |     – |           1 |     – |    – |    – |           – |                – | pool    |
    """)  # noqa: E501
    veiled = disclosure._without_telling_intervals(rows, EAST).set_index("level")
    africa = veiled.loc["region"]
    assert africa[["low", "high", "n_effective", "share_by_country"]].isna().all()
    assert (africa["verdict"], africa["reason"]) == ("withhold", disclosure.TELLING)
    assert africa["share"] == 0.5
    assert veiled.loc["world", "low"] == 0.40


def test_intervals_across_countries_leave_in_whole_per_cent_and_outward(sample: Run) -> None:
    keys = ["strand", "question", "option", "level", "place"]
    both = sample.tables["estimates"].merge(sample.estimates, on=keys, suffixes=("", "_true"))
    both = both[both["low"].notna()]
    assert len(both) > 1000
    assert (both["low"] <= both["low_true"] + 1e-9).all() and (both["low"] > both["low_true"] - 0.01).all()
    assert (both["high"] >= both["high_true"] - 1e-9).all() and (
        both["high"] < both["high_true"] + 0.01
    ).all()
    assert np.allclose(both["low"] * 100, np.round(both["low"] * 100))


@pytest.mark.parametrize(
    ("strand", "asked", "partition"),
    [("poll", "d07", False), ("helplines", "a03", True), ("ai", "k01", True)],
)
def test_the_release_of_the_sample_withstands_the_intruder(
    sample: Run, strand: str, asked: str, partition: bool
) -> None:
    keys = ["question", "option", "level", "place"]
    true = sample.estimates[sample.estimates["strand"] == strand]
    true = true[true["question"] == asked][[*keys, "n", "base", "count"]]
    released = sample.tables["estimates"][sample.tables["estimates"]["strand"] == strand]
    seen = true.merge(released[[*keys, "status"]], how="left", on=keys).fillna({"status": FEW})
    responses = sample.tables["responses"].query("strand == @strand and status == 'shown'")
    regions = disclosure._regions(sample.responses)
    rules = sample.study.strands[strand]
    solved = puzzle(
        seen, regions, partition=partition, published=set(zip(responses["level"], responses["place"], strict=True)),
        zeros_are_shown=not rules.hide_zero,
    )  # fmt: skip
    small = seen[seen["count"].between(1, rules.minimum_cell - 1)]
    assert len(small) > 10
    for row in small.sample(12, random_state=1).itertuples():
        codes = inside(seen, regions, row.level, row.place)
        ends = by_solver(solved, [((row.question, row.option), code) for code in codes])
        assert width(ends) >= rules.minimum_cell


@pytest.mark.parametrize("unit", ["country_iso3", "organisation"])
def test_what_a_share_becomes_without_a_unit_leaves_that_units_count_open(sample: Run, unit: str) -> None:
    passed = sample.passed[0].set_index(["strand", "question", "option", "level", "place"])
    small = 0
    for strand, asked in (("helplines", "a15"), ("youth", "b12"), ("ai", "k20"), ("poll", "d08")):
        least, tally = sample.study.strands[strand].minimum_cell, sample.tallies[strand]
        counts, base = (
            tally.count[asked].groupby(level=unit).sum(),
            tally.base[asked].groupby(level=unit).sum(),
        )
        grain = np.ceil(4 * least / base.sum() * 100) / 100
        for option in counts:
            without = ((counts[option].sum() - counts[option]) / (base.sum() - base))[base > 0]
            row = passed.loc[(strand, asked, option, "world", "")]
            for end, one in (("least", without.idxmin()), ("most", without.idxmax())):
                said = row[f"{end}_without_{unit.removesuffix('_iso3')}"]
                if not np.isnan(said):
                    assert said in (0, 1) or said / grain == pytest.approx(round(said / grain), abs=1e-6)
                    assert grain * (base.sum() - base[one]) >= least
                    small += counts.at[one, option] < least
    assert small, "the unit at an end may well be one whose count is hidden"
    within = passed.xs("country", level="level")
    assert within.filter(regex="^(least|most)_").isna().all(axis=None)


def test_no_range_bounds_the_count_of_a_hidden_country(sample: Run) -> None:
    """Without any country the share lies in the range: that must not say more of a hidden one than that it has all of its base or none."""
    passed, keys = sample.passed[0], ["strand", "question", "option"]
    truth = sample.estimates.set_index([*keys, "level", "place"])["base"]
    hidden = passed[(passed["level"] == "country") & (passed["status"] != SHOWN)]
    world = passed[(passed["level"] == "world") & passed["least_without_country"].notna()].set_index(keys)
    said = world[["base", "count", "least_without_country", "most_without_country"]].add_suffix("_world")
    both = hidden.join(said, on=keys)
    both = both[both["base_world"].notna()]
    own = truth.reindex(pd.MultiIndex.from_frame(both[[*keys, "level", "place"]])).to_numpy()
    count, rest = both["count_world"], both["base_world"] - own
    most = count - both["least_without_country_world"] * rest
    least = count - both["most_without_country_world"] * rest
    assert len(both) > 1000
    assert (most >= np.minimum(own, count) - 1e-6).all(), "it may have all of its base"
    assert (least <= np.maximum(0, count - rest) + 1e-6).all(), "or nobody"
