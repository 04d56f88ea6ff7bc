"""Promises of the numbers: each interval against an outside figure, and a reason wherever there is none."""

import numpy as np
import pandas as pd
import pytest
from conftest import Run
from paper import table
from scipy import stats

from popresearch import estimates
from popresearch.estimates import intervals
from popresearch.estimates.presentation import presentable
from popresearch.estimates.proportions import effective_base, jackknife, mean_of_countries
from popresearch.estimates.rows import Rows
from popresearch.tallies import KEYS, Tally, no_values

THRESHOLDS = {"minimum_cell": 5, "minimum_base": 20, "caution_base": 50}

# Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3; the last by hand.
WILSON = """
    x  | n   | low    | high
    81 | 263 | 0.2553 | 0.3662
    15 | 148 | 0.0624 | 0.1605
    0  | 20  | 0.0000 | 0.1611
    1  | 29  | 0.0061 | 0.1718
    29 | 29  | 0.8830 | 1.0000
"""


def tallied(text: str) -> Tally:
    """Make the tally of one question with one option from clusters on paper."""
    rows = table(text)
    rows = rows.assign(**rows.reindex(columns=KEYS).astype(object).fillna("")).set_index(KEYS)
    base = rows[["base"]].set_axis(["q"], axis=1)
    option = pd.MultiIndex.from_tuples([("q", "yes")], names=["question", "option"])
    return Tally(rows["n"], base, base, rows[["count"]].set_axis(option, axis=1), no_values())


def units(count: np.ndarray, base: np.ndarray) -> Rows:
    """Lay out countries (rows) of one domain."""
    country = np.arange(len(count))
    return Rows(np.asarray(count), np.asarray(base), np.asarray(base)[:, 0], country, np.array([0]), [""])


def estimated(sample: Run, text: str) -> pd.DataFrame:
    return estimates.estimate(tallied(text), sample.study, "helplines").set_index(["level", "place"])


@pytest.mark.parametrize("row", list(table(WILSON).itertuples()), ids=lambda row: f"{row.x} of {row.n}")
def test_wilsons_interval_is_the_published_one(row: object) -> None:
    low, high = intervals.wilson(np.array([row.x / row.n]), np.array([row.n]))
    assert (low[0], high[0]) == (pytest.approx(row.low, abs=5e-5), pytest.approx(row.high, abs=5e-5))


def test_the_jackknife_is_what_leaving_out_one_country_at_a_time_gives() -> None:
    random = np.random.default_rng(3)
    base = random.integers(5, 60, size=(9, 1))
    count = random.binomial(base, random.uniform(0.2, 0.8, size=(9, 1)))
    left_out = []
    for country in range(9):
        others = [row for row in range(9) if row != country]
        left_out.append(sum(count[row, 0] for row in others) / sum(base[row, 0] for row in others))
    variance = 8 / 9 * sum((each - sum(left_out) / 9) ** 2 for each in left_out)
    share, estimated, left, n = jackknife(units(count, base))
    assert (share[0, 0], n[0, 0]) == (pytest.approx(count.sum() / base.sum()), 9)
    assert estimated[0, 0] == pytest.approx(variance)
    assert left[:, 0] == pytest.approx(left_out)


def test_the_logit_interval_is_symmetric_on_its_scale_with_students_t() -> None:
    p, variance, degrees = 0.3, 0.002, 8
    middle, half = np.log(p / (1 - p)), stats.t.ppf(0.975, degrees) * variance**0.5 / (p * (1 - p))
    low, high = intervals.logit(np.array([p]), np.array([variance]), np.array([degrees]), np.array([9]))
    assert low[0] == pytest.approx(1 / (1 + np.exp(half - middle)))
    assert high[0] == pytest.approx(1 / (1 + np.exp(-half - middle)))


def test_an_effective_base_is_never_more_than_the_answers() -> None:
    share, variance = np.array([0.5, 0.5, 1.0, 1.0]), np.array([0.01, 1e-5, 0.0, np.nan])
    effective = effective_base(share, variance, np.array([60, 60, 60, 60]), np.array([9, 9, 9, 1]))
    assert effective.tolist() == [25, 60, 9, 1], "all yes: the number of clusters; one cluster: one answer"


def test_a_country_that_did_not_answer_does_not_change_the_jackknife() -> None:
    count, base = np.array([[5], [9], [20]]), np.array([[20], [30], [40]])
    without = jackknife(units(count, base))
    beside = jackknife(units(np.vstack([count, [[0]]]), np.vstack([base, [[0]]])))
    assert all(np.allclose(without[place], beside[place]) for place in (0, 1, 3))


def test_equal_country_weight_is_the_mean_of_country_shares_with_its_t_interval() -> None:
    count, base = np.array([[2], [30], [8], [45]]), np.array([[10], [60], [40], [50]])
    shares = [0.2, 0.5, 0.2, 0.9]
    expected = stats.t.interval(0.95, 3, loc=np.mean(shares), scale=stats.sem(shares))
    mean, low, high, countries = (each[0, 0] for each in mean_of_countries(units(count, base)))
    assert (mean, countries) == (pytest.approx(0.45), 4)
    assert (low, high) == (pytest.approx(max(expected[0], 0)), pytest.approx(min(expected[1], 1)))


@pytest.mark.parametrize("chosen", [0.0, 1.0, 0.5])
def test_without_differences_between_countries_their_number_bounds_the_share(
    sample: Run, chosen: float
) -> None:
    lines = [
        f"{code} | Africa | {code} | {n} | {n} | {int(n * chosen)}"
        for code, n in (("KEN", 10), ("UGA", 10), ("TZA", 40))
    ]
    world = estimated(sample, "\n".join([HEAD, *lines])).loc[("world", "")]
    low, high = intervals.wilson(np.array([chosen]), np.array([3]))
    for view in ("", "_by_country"):
        assert world[f"share{view}"] == chosen
        assert (world[f"low{view}"], world[f"high{view}"]) == (pytest.approx(low[0]), pytest.approx(high[0]))
    assert world["n_effective"] == 3 and high[0] - low[0] > 0.5


HEAD = "country_iso3 | region | organisation | n | base | count"
WORLD = """
    country_iso3 | region | organisation | n  | base | count
    KEN          | Africa | a            | 60 |   60 |    60
    KEN          | Africa | b            |  2 |    2 |     0
    UGA          | Africa | c            |  4 |    4 |     0
    FRA          | Europe | d            |  3 |    3 |     0
"""


def test_the_views_differ_when_one_organisation_answers_many_times(sample: Run) -> None:
    world = estimated(sample, WORLD).loc[("world", "")]
    assert world["share"] == pytest.approx(60 / 69)
    assert world["share_by_organisation"] == pytest.approx(1 / 4)
    assert world["share_by_country"] == pytest.approx((60 / 62 + 0 + 0) / 3)
    assert (world["n"], world["base"], world["count"]) == (69, 69, 60)
    assert (world["n_countries"], world["n_organisations"]) == (3, 4)


def test_places_add_up_and_a_country_without_a_region_counts_for_the_world(sample: Run) -> None:
    table = estimated(sample, WORLD.replace("FRA          | Europe", "FRA          |       "))
    assert list(table.index) == [
        ("world", ""), ("region", "Africa"), ("country", "FRA"), ("country", "KEN"), ("country", "UGA"),
    ]  # fmt: skip
    assert table["base"].tolist() == [69, 66, 3, 62, 4]
    assert table.loc[("country", "KEN"), "low_by_organisation"] > 0, (
        "within a country Wilson, over its organisations"
    )


@pytest.mark.parametrize("answers", ["all", "none", "half", "nobody"])
@pytest.mark.parametrize("countries", [1, 2, 9])
def test_every_share_has_bounds_or_a_reason(sample: Run, answers: str, countries: int) -> None:
    base = 0 if answers == "nobody" else 40
    count = {"all": 40, "none": 0, "half": 20, "nobody": 0}[answers]
    codes = ["KEN", "UGA", "TZA", "RWA", "BDI", "SEN", "MAR", "EGY", "CIV"][:countries]
    lines = [f"{code} | Africa | {code} | 40 | {base} | {count}" for code in codes]
    rows = estimated(sample, "\n".join([HEAD, *lines]))
    bounded = rows[["share", "low", "high", "n_effective"]].notna().all(axis=1)
    assert bounded.eq(base > 0).all()
    assert (bounded | (rows["reason"] != "")).all()
    assert (rows.loc[bounded, "low"] <= rows.loc[bounded, "share"] + 1e-9).all()
    assert (rows.loc[bounded, "share"] <= rows.loc[bounded, "high"] + 1e-9).all()
    assert rows.loc[bounded, "low"].ge(0).all() and rows.loc[bounded, "high"].le(1).all()


def test_no_estimate_of_the_sample_is_missing_without_a_reason(sample: Run) -> None:
    table = sample.estimates
    missing = table[["share", "low", "high", "n_effective"]].isna().any(axis=1)
    assert missing.any()
    assert (table.loc[missing, "reason"] == "nobody was asked or answered").all()


# NCHS Series 2, No. 175 (Parker and others 2017): effective base of 30, interval of 0.30, relative interval of 130 %; 0.05 is narrow.
VERDICTS = """
    level   | base | n_effective | n_countries | share | low  | high | verdict  | reason
    world   |    0 |           0 |           0 |     – |    – |    – | withhold | nobody was asked or answered
    world   |   19 |          19 |           9 |  0.50 | 0.45 | 0.55 | withhold | too few answers
    world   |  200 |        29.9 |           9 |  0.50 | 0.45 | 0.55 | withhold | too few answers for their likeness within countries
    world   |  200 |          30 |           9 |  0.50 | 0.45 | 0.55 | show     |
    world   |  200 |          60 |           9 |  0.50 | 0.35 | 0.65 | withhold | interval too wide
    world   |  200 |          60 |           9 |  0.50 | 0.36 | 0.65 | show     |
    world   |  200 |          60 |           9 |  0.04 | 0.02 | 0.08 | withhold | interval too wide for so small a share
    world   |  200 |          60 |           9 |  0.96 | 0.92 | 0.98 | withhold | interval too wide for so small a share
    world   |  900 |         900 |           9 |  0.02 | 0.01 | 0.05 | show     |
    world   |  200 |          60 |           9 |  0.00 | 0.00 | 0.06 | show     |
    world   |   49 |          49 |           9 |  0.50 | 0.45 | 0.55 | caution  | few answers
    world   |  200 |          60 |           7 |  0.50 | 0.45 | 0.55 | caution  | few countries
    country |  200 |         200 |           1 |  0.50 | 0.45 | 0.55 | show     |
    country |   19 |          19 |           1 |  0.50 | 0.45 | 0.55 | pool     | too few answers
"""


@pytest.mark.parametrize("number", range(len(table(VERDICTS))))
def test_a_verdict_follows_the_presentation_standard(number: int) -> None:
    row = table(VERDICTS).iloc[[number]]
    judged = presentable(row.drop(columns=["verdict", "reason"]), THRESHOLDS)
    assert judged["verdict"].tolist() == row["verdict"].tolist()
    assert judged["reason"].tolist() == row["reason"].fillna("").tolist()


def test_responses_add_up_by_strand_and_place(sample: Run) -> None:
    counts = sample.responses
    kept = {name: len(rows) for name, rows in sample.ingested.responses.items()}
    world = counts[counts["level"] == "world"].set_index("strand")
    assert world["count"].to_dict() == kept
    assert (counts.groupby(["level", "place"])["count"].transform("sum") == counts["base"]).all()
    assert set(counts["base"][counts["level"] == "world"]) == {sum(kept.values())}
