"""Promises of means, medians, base rules and views: what they are of, that missing answers are told, and what numpy gives."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from conftest import Run
from scipy import stats

from popresearch import disclosure, instrument
from popresearch.estimates import bases, means, presentation, views
from popresearch.faults import BadInput


@pytest.fixture(scope="module")
def found(sample: Run) -> pd.DataFrame:
    asked = instrument.of(sample.study.strands["helplines"])
    table = means.means(sample.tallies["helplines"], asked, sample.study)
    return table.set_index(["question", "statistic", "level", "place"])


@pytest.mark.parametrize("question", ["a04_began", "a07", "a08_all"])
def test_a_mean_and_a_median_are_those_of_the_answers(
    sample: Run, found: pd.DataFrame, question: str
) -> None:
    given = sample.ingested.responses["helplines"][question].dropna()
    mean, median = (found.loc[(question, statistic, "world", "")] for statistic in ("mean", "median"))
    assert (mean["mean"], mean["base"]) == (pytest.approx(given.mean()), len(given))
    assert median["mean"] == np.sort(given)[int(np.ceil(len(given) / 2)) - 1]
    assert mean["low"] < mean["mean"] < mean["high"] and median["low"] <= median["mean"] <= median["high"]


def test_the_precision_of_a_median_is_that_of_the_share_below_it(sample: Run, found: pd.DataFrame) -> None:
    row = found.loc[("a07", "median", "world", "")]
    table = sample.ingested.responses["helplines"][["country_iso3", "a07"]].dropna()
    below = (table["a07"] <= row["mean"]).astype(float)
    apart = ((below - below.mean()) / len(below)).groupby(table["country_iso3"].astype(str)).sum()
    n = len(apart)
    variance = n / (n - 1) * (apart**2).sum()
    assert row["n_effective"] == pytest.approx(below.mean() * (1 - below.mean()) / variance)
    size = table.groupby(table["country_iso3"].astype(str)).size()
    half = stats.t.ppf(0.975, size.sum() ** 2 / (size**2).sum() - 1) * variance**0.5
    ordered = np.sort(table["a07"])
    place = int(np.ceil(len(ordered) * (below.mean() - half))) - 1
    assert row["low"] == ordered[place]


def test_a_median_of_clusters_that_agree_has_no_interval() -> None:
    median, *spread = means.woodruff(np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.zeros(2), 5.0)
    assert median == 2 and np.isnan(spread).all()


def test_the_error_of_a_mean_takes_countries_as_clusters(sample: Run, found: pd.DataFrame) -> None:
    table = sample.ingested.responses["helplines"][["country_iso3", "a07"]].dropna()
    apart = (table["a07"] - table["a07"].mean()) / len(table)
    by_country = apart.groupby(table["country_iso3"].astype(str)).sum()
    n = len(by_country)
    row = found.loc[("a07", "mean", "world", "")]
    assert row["se"] == pytest.approx((n / (n - 1) * (by_country**2).sum()) ** 0.5)
    sizes = table["country_iso3"].astype(str).value_counts()
    degrees = sizes.sum() ** 2 / (sizes**2).sum() - 1
    assert row["high"] - row["mean"] == pytest.approx(stats.t.ppf(0.975, degrees) * row["se"])


def test_a_scale_is_scored_without_those_who_have_no_opinion(sample: Run, found: pd.DataFrame) -> None:
    given = sample.ingested.responses["helplines"]["a03"].astype(str)
    scores = {option: score for score, option in enumerate(sample.study.scales["importance5"], 1)}
    row = found.loc[("a03", "mean score", "world", "")]
    assert row["mean"] == pytest.approx(given.map(scores).mean()) and row["base"] == given.isin(scores).sum()
    assert given.isin(sample.study.no_opinion).any()


def test_no_mean_is_missing_without_a_reason(sample: Run, found: pd.DataFrame) -> None:
    judged = presentation.presentable_means(found.reset_index(), sample.study.thresholds)
    hollow = judged[["mean", "low", "high"]].isna().any(axis=1)
    assert hollow.any() and (judged.loc[hollow, "reason"] != "").all()
    assert judged["verdict"].isin(presentation.VERDICTS).all()


COUNTS = pd.DataFrame(
    {"count": [0.0, 50.0, 50.0, 50.0], "se": [0.0, 5.0, 5.0, 30.0], "n_effective": [0.0, 9.0, 50.0, 50.0]}
)


def test_a_count_is_shown_from_ten_answers_and_a_narrow_interval() -> None:
    judged = presentation.presentable_counts(COUNTS)
    assert judged["verdict"].tolist() == ["withhold", "withhold", "show", "withhold"]
    assert judged["reason"].tolist() == [presentation.NOBODY, "too few answers", "", "interval too wide"]
    half = stats.t.ppf(0.975, 49) * 5 / 50
    assert judged.loc[2, ["low", "high"]].tolist() == pytest.approx([50 * np.exp(-half), 50 * np.exp(half)])


def test_every_count_of_the_sample_has_a_verdict_of_its_own(sample: Run) -> None:
    table = sample.estimates.assign(verdict_of_count=presentation.verdicts_of_counts(sample.estimates))
    shown = table[table["verdict_of_count"] == "show"]
    assert (shown["n_effective"] >= 10).all() and (shown["count"] > 0).all()
    assert set(table["verdict_of_count"]) == {"show", "withhold"}


def test_a_country_is_shown_pooled_or_silent_by_its_answers(sample: Run) -> None:
    found = presentation.tiers(pd.Series([60, 50, 49, 20, 19, 5, 4, 0]), sample.study.thresholds, 5)
    assert found["tier"].tolist() == [
        "show",
        "show",
        "caution",
        "caution",
        "pool",
        "pool",
        "silent",
        "silent",
    ]
    assert found.loc[found["tier"] != "show", "reason"].ne("").all()


def test_a_hidden_country_is_silent_whatever_its_answers(sample: Run) -> None:
    counts = sample.tables["responses"]
    of_country = counts[counts["level"] == "country"]
    assert set(of_country.loc[of_country["status"] != "shown", "tier"]) == {"silent"}
    assert set(of_country.loc[of_country["count"] >= 50, "tier"]) == {"show"}


def test_every_base_rule_leaves_its_own_people_out(sample: Run) -> None:
    tally, study = sample.tallies["poll"], sample.study
    rows = sample.ingested.responses["poll"]
    state, given = rows["d08.state"], rows["d08"].astype(str)
    by_rule = {rule: bases.rebased(tally, rule, study).base["d08"].sum() for rule in bases.RULES}
    assert by_rule == {
        "answered": (state == "answered").sum(),
        "asked": (state != "not_asked").sum(),
        "opinion": ((state == "answered") & ~given.isin(study.no_opinion)).sum(),
    }
    assert by_rule["opinion"] < by_rule["answered"] < by_rule["asked"]
    with pytest.raises(BadInput, match="Did you mean 'asked'"):
        bases.rebased(tally, "aksed", study)


@pytest.mark.parametrize(
    ("question", "options"), [("a03.role", "a03"), ("a05.kind", "a05"), ("a01.state", "a01")]
)
def test_a_rollup_has_the_opinions_of_its_question(sample: Run, question: str, options: str) -> None:
    counted = bases.missing(sample.tallies, sample.study).set_index("question")
    assert counted.at[question, "opinion"] == counted.at[options, "opinion"] < counted.at[options, "answered"]
    rebased = bases.rebased(sample.tallies["helplines"], "opinion", sample.study)
    assert rebased.base[question].sum() == counted.at[options, "opinion"]


def test_a_rollup_does_not_tell_the_opinions_that_its_question_hides(sample: Run) -> None:
    counted = bases.missing(sample.tallies, sample.study)
    world = sample.passed[0].copy()
    silent = (world["question"] == "a03") & world["option"].isin(sample.study.no_opinion)
    world.loc[silent, "status"] = "small count"
    passed = disclosure.protect_bases(counted, world, sample.study).set_index("question")
    assert passed.loc[["a03", "a03.role"], "opinion"].isna().all()


def test_no_base_in_the_release_tells_how_few_did_not_answer(sample: Run) -> None:
    counted = bases.missing(sample.tallies, sample.study)
    passed = disclosure.protect_bases(counted, sample.passed[0], sample.study)
    least = passed["strand"].map({name: strand.minimum_cell for name, strand in sample.study.strands.items()})
    for more, fewer in (("n", "asked"), ("asked", "answered")):
        apart = passed[more] - passed[fewer]
        assert not apart.between(1, least - 1).any()
        assert (counted[more] - counted[fewer]).between(1, least - 1).any(), "there was something to hide"
    world = sample.passed[0]
    quiet = world[
        (world["level"] == "world")
        & world["option"].isin(sample.study.no_opinion)
        & (world["status"] != "shown")
    ]
    hidden = set(zip(quiet["strand"], quiet["question"], strict=True))
    told = passed[passed["opinion"].notna()]
    assert hidden and not hidden & set(zip(told["strand"], told["question"], strict=True))


def test_views_that_would_be_put_into_other_words_are_listed(sample: Run) -> None:
    row = {
        "strand": "s",
        "system": "s",
        "question": "q",
        "level": "world",
        "place": "",
        "base": 100,
        "verdict": "show",
    }
    shares = {
        "same": (0.40, 0.42, 0.44), "apart": (0.30, 0.42, 0.35), "half": (0.48, 0.52, 0.50), "just": (0.49, 0.51, 0.50),
        "unknown": (0.2, 0.9, np.nan),
    }  # fmt: skip
    table = pd.DataFrame(
        [
            row | {"option": option, "share": one, "share_by_organisation": two, "share_by_country": three}
            for option, (one, two, three) in shares.items()
        ]
    )
    listed = views.disagreement(table).set_index("option")["why"]
    assert listed.to_dict() == {"apart": "more than 10 points apart", "half": "other words"}
    assert views.disagreement(table.assign(verdict="withhold")).empty


def test_the_share_without_any_one_country_is_that_of_the_others(sample: Run) -> None:
    tally = sample.tallies["helplines"]
    count, base = (
        part.groupby(level="country_iso3").sum()
        for part in (tally.count["a15", "no_access"], tally.base["a15"])
    )
    others = (count.sum() - count) / (base.sum() - base)
    table = sample.estimates.set_index(["question", "option", "level", "place"])
    row = table.loc[("a15", "no_access", "world", "")]
    assert (row["least_without_country"], row["most_without_country"]) == (
        pytest.approx(others.min()),
        pytest.approx(others.max()),
    )
    assert row["least_without_country"] <= row["least_without_organisation"] + 0.05
    released = sample.tables["estimates"]
    assert released.loc[released["level"] == "country", "most_without_organisation"].isna().all()


def test_rank_answers_have_mean_ranks(sample: Run) -> None:
    tally = sample.tallies["ai"]
    cells = tally.n.index[:3].to_frame(index=False).assign(question="r")
    values = pd.concat(
        [
            cells.assign(option="a", value=1.0, times=2),
            cells.assign(option="b", value=2.0, times=2),
            cells[:1].assign(option="b", value=3.0, times=1),
        ]
    ).set_index([*cells.columns[:-1], "question", "option", "value"])["times"]
    asked = instrument.of(sample.study.strands["ai"])
    found = means.means(dataclasses.replace(tally, values=values), asked, sample.study, ("world",))
    ranks = found[found["statistic"] == "mean rank"].set_index("option")
    assert ranks.loc["a", ["mean", "base"]].tolist() == [1.0, 6]
    assert ranks.loc["b", ["mean", "base"]].tolist() == [pytest.approx(15 / 7), 7]
