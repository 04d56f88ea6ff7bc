"""Promises of weighting: margins are reached, bad margins and weights are refused in words, and the cost is told."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from conftest import Run
from paper import table

from popresearch.estimates import population
from popresearch.estimates.weighting import bad_weights, post_stratify, rake, trimmed
from popresearch.faults import BadInput

GROUPS = table("""
    age   | gender | n
    young | girl   | 40
    young | boy    | 10
    old   | girl   | 20
    old   | boy    | 30
""")
AGE, GENDER = {"young": 700.0, "old": 300.0}, {"girl": 490.0, "boy": 510.0}


def raked(**changes: object) -> np.ndarray:
    options = {"margins": {"age": AGE, "gender": GENDER}} | changes
    return rake(GROUPS["n"].to_numpy(), GROUPS[["age", "gender"]], **options).weights


def test_raking_reaches_every_margin() -> None:
    weighted = GROUPS.assign(persons=raked() * GROUPS["n"])
    for name, margin in {"age": AGE, "gender": GENDER}.items():
        assert weighted.groupby(name)["persons"].sum().to_dict() == pytest.approx(margin, rel=1e-9)


def test_post_stratification_weighs_each_category_to_its_figure() -> None:
    made = post_stratify(GROUPS["n"].to_numpy(), GROUPS["age"], AGE)
    assert made.weights.tolist() == pytest.approx([14, 14, 6, 6])
    row = made.report.iloc[0]
    assert row["design_effect_of_weights"] == pytest.approx(
        100 * (50 * 14**2 + 50 * 6**2) / (50 * 14 + 50 * 6) ** 2
    )
    assert row["effective_base"] == pytest.approx(100 / row["design_effect_of_weights"])


def test_a_trimmed_weight_is_no_larger_than_said_and_the_total_stays() -> None:
    n, weights = np.array([10, 10, 10]), np.array([1.0, 2.0, 9.0])
    cut = trimmed(weights, n, 4.0)
    assert cut.max() == 4.0 and (cut * n).sum() == pytest.approx((weights * n).sum())


@pytest.mark.parametrize(
    ("margins", "said"),
    [
        ({"age": AGE | {"ancient": 5.0}}, "nobody answered in the category 'ancient'"),
        ({"age": {"young": 700.0}}, "has no figure for the category 'old'"),
        ({"age": AGE | {"old": 0.0}}, "the figure of 'old' is not a number above 0"),
        ({"age": AGE | {"old": np.nan}}, "the figure of 'old' is not a number above 0"),
    ],
)
def test_a_margin_that_does_not_fit_the_answers_is_refused_in_words(margins: dict, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        raked(margins=margins)


def test_all_faults_of_all_margins_are_said_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        raked(margins={"age": {"young": 1.0}, "gender": GENDER | {"none": 2.0}}, start=-1.0)
    assert len(refused.value.faults) == 3


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_none_is_refused_with_its_row(wrong: float) -> None:
    faults = bad_weights(np.array([1.0, wrong, 2.0]))
    assert len(faults) == 1 and "the first stands in row 2" in faults[0].what
    assert not bad_weights(np.array([1.0, 0.5]))


def test_raking_that_cannot_arrive_says_so_instead_of_turning_for_ever() -> None:
    n, groups = np.array([10, 10]), pd.DataFrame({"a": ["x", "y"], "b": ["u", "v"]})
    with pytest.raises(BadInput, match="raking does not arrive"):
        rake(n, groups, {"a": {"x": 1.0, "y": 1.0}, "b": {"u": 1.0, "v": 3.0}})


def test_the_poll_looks_like_all_people_under_25_but_for_what_is_trimmed(sample: Run) -> None:
    tally, plan = sample.tallies["poll"], sample.study.margins["poll"]
    whole = dataclasses.replace(
        sample.study, margins={"poll": {key: plan[key] for key in plan if key != "trim"}}
    )
    made = population.weighted(tally, whole, "poll")
    persons = pd.Series(made.weights * tally.n.to_numpy()).groupby(made.groups["age"].to_numpy()).sum()
    margin = population.population_margins(plan)["age"]
    for age in ("under_10", "18_24"):
        assert persons[age] / persons["13_15"] == pytest.approx(margin[age] / margin["13_15"], rel=1e-6)
    assert made.report["margin_missed_by"].iloc[0] < 1e-9
    trimmed_report = population.weighted(tally, sample.study, "poll").report.iloc[0]
    assert trimmed_report["margin_missed_by"] > 0.1, "the report says what trimming leaves undone"
    assert trimmed_report["largest_weight"] < made.report["largest_weight"].iloc[0]


def test_those_outside_the_population_keep_their_share_and_absent_regions_are_named(sample: Run) -> None:
    tally = sample.tallies["poll"]
    here = tally.n.index.get_level_values("region") != "Oceania"
    part = dataclasses.replace(
        tally, n=tally.n[here], base=tally.base[here], asked=tally.asked[here], count=tally.count[here]
    )
    made = population.weighted(
        part,
        dataclasses.replace(
            sample.study, margins={"poll": {"population": "population_under_25.csv", "region": True}}
        ),
        "poll",
    )
    assert made.report["nobody_answered"].iloc[0] == "region: Oceania"
    n = part.n.to_numpy()
    nowhere = made.groups["region"].eq("").to_numpy()
    assert (made.weights * n)[nowhere].sum() / (made.weights * n).sum() == pytest.approx(
        n[nowhere].sum() / n.sum()
    )


def test_a_strand_without_margins_is_not_weighted(sample: Run) -> None:
    assert population.weighted(sample.tallies["helplines"], sample.study, "helplines") is None
    world = sample.estimates[(sample.estimates["level"] == "world") & (sample.estimates["strand"] == "poll")]
    assert world["share_to_population"].notna().sum() > 100
    assert sample.estimates.loc[sample.estimates["strand"] == "youth", "share_to_population"].isna().all()
