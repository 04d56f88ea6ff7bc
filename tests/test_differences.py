"""Promises of comparisons and ranks: common clusters count, many tests are adjusted, and what is not firm is not said."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from conftest import Run
from paper import table
from scipy import stats

from popresearch import estimates, instrument, reference, release, tallies
from popresearch.disclosure import LEAST_HIDDEN
from popresearch.estimates.differences import differences, false_discovery, rao_scott
from popresearch.estimates.rows import Rows
from popresearch.estimates.standings import standings
from popresearch.estimates.variance import Design
from popresearch.faults import BadInput


def side(counts: list[list[int]], bases: list[int]) -> Rows:
    """Lay out clusters × options; all options of a cluster have its base."""
    y = np.array(counts)
    w = np.repeat(np.array(bases)[:, None], y.shape[1], axis=1)
    return Rows(y, w, w[:, 0], np.arange(len(y)), np.array([0]), [""])


def test_a_difference_is_what_leaving_out_one_country_from_both_sides_gives() -> None:
    left, right = side([[8], [3], [9], [5]], [20, 12, 10, 9]), side([[2], [6], [4], [0]], [11, 14, 8, 0])
    replicates = []
    for out in range(4):
        rest = [row for row in range(4) if row != out]
        shares = [one.y[rest].sum() / one.w[rest].sum() for one in (left, right)]
        replicates.append(shares[0] - shares[1])
    variance = 3 / 4 * sum((each - np.mean(replicates)) ** 2 for each in replicates)
    found = differences(left, right).iloc[0]
    assert found["difference"] == pytest.approx(25 / 51 - 12 / 33)
    assert found["se"] == pytest.approx(variance**0.5)
    degrees = 33**2 / (11**2 + 14**2 + 8**2) - 1  # of the side whose answers come from fewer countries
    assert found["p"] == pytest.approx(2 * stats.t.sf(abs(found["difference"]) / variance**0.5, degrees))


def test_a_difference_without_spread_has_no_test_but_no_error_either() -> None:
    found = differences(side([[5], [5]], [5, 5]), side([[0], [0]], [5, 5])).iloc[0]
    assert found["difference"] == 1 and found[["se", "low", "high", "p"]].isna().all()


def test_of_many_differences_those_that_chance_explains_are_not_firm() -> None:
    p = pd.Series([0.001, 0.04, np.nan, 0.03, 0.5])
    adjusted = false_discovery(p)
    assert adjusted.tolist()[:2] == pytest.approx([0.004, 0.04 * 4 / 3]) and np.isnan(adjusted[2])
    assert false_discovery(pd.Series([np.nan])).isna().all()


def test_a_table_with_a_single_row_or_column_is_no_test() -> None:
    design = Design.of(np.arange(3))
    assert np.isnan(
        rao_scott(np.array([[3.0, 2.0, 0, 0], [1, 4, 0, 0], [2, 2, 0, 0]]), 14, (2, 2), design)["p"]
    )


def test_ranks_that_the_answers_do_not_tell_apart_overlap() -> None:
    countries = 12
    random = np.random.default_rng(5)
    bases = [40] * countries
    first, second, third = (
        np.round(40 * (share + random.normal(0, 0.05, countries))) for share in (0.8, 0.5, 0.49)
    )
    found = standings(side(np.column_stack([first, second, third]).astype(int).tolist(), bases))
    assert found["rank"].tolist() == [1, 2, 3] or found["rank"].tolist() == [1, 3, 2]
    assert (found.at[0, "rank_best"], found.at[0, "rank_worst"]) == (1, 1)
    assert {tuple(row) for row in found.loc[1:, ["rank_best", "rank_worst"]].to_numpy()} == {(2, 3)}


def test_with_one_country_any_option_may_have_any_rank() -> None:
    found = standings(side([[9, 1, 5]], [10]))
    assert found["rank_best"].tolist() == [1, 1, 1] and found["rank_worst"].tolist() == [3, 3, 3]


@pytest.fixture(scope="module")
def asked(sample: Run) -> Run:
    """The sample with saved tallies and a release, as a researcher finds them."""
    tallies.save(sample.tallies, sample.study)
    release.write("estimates", sample.tables, sample.study)
    return sample


def test_systems_are_compared_pair_by_pair_with_their_own_bases(asked: Run) -> None:
    found = estimates.compare("challenges", study=asked.study)
    assert len({(left, right) for left, right in zip(found["place"], found["other"], strict=True)}) == 3
    one = found[
        (found["option"] == "poor_connection")
        & (found["place"] == "helpline")
        & (found["other"] == "youth_led")
    ].iloc[0]
    world = asked.estimates[
        (asked.estimates["level"] == "world") & (asked.estimates["option"] == "poor_connection")
    ]
    shares = world.set_index("question")["share"]
    assert (one["share"], one["share_other"]) == (pytest.approx(shares["a15"]), pytest.approx(shares["b12"]))
    assert set(found["verdict"]) <= {"firm", "not firm", "withhold"}


def test_a_region_is_compared_with_everyone_else_and_the_shares_add_up(asked: Run) -> None:
    found = estimates.compare("a15", between="region", study=asked.study)
    rows = found[found["option"] == "no_access"]
    total = asked.tallies["helplines"].base["a15"].sum()
    assert set(rows["place"]) == {"Africa", "Americas", "Asia", "Europe", "Oceania"}
    assert ((rows["base"] + rows["base_other"]) == total).all()
    assert rows["p_any"].nunique() == 1


def test_a_table_shows_whom_the_other_bases_would_hold(asked: Run) -> None:
    found = (
        estimates.shares("d08", by="region", study=asked.study).drop_duplicates("place").set_index("place")
    )
    rows = asked.ingested.responses["poll"]
    africa = rows[rows["region"] == "Africa"]
    assert found.loc["Africa", "asked"] == (africa["d08.state"] != "not_asked").sum()
    assert found.loc["Africa", "answered"] == found.loc["Africa", "base"] == africa["d08"].notna().sum()
    given = africa["d08"].dropna().astype(str)
    assert found.loc["Africa", "opinion"] == (~given.isin(asked.study.no_opinion)).sum()


@pytest.mark.parametrize(
    ("question", "statistic"),
    [("a07", "mean"), ("a07", "median"), ("a03", "mean score"), ("d14", "mean score")],
)
def test_means_are_asked_for_by_their_name(asked: Run, question: str, statistic: str) -> None:
    found = estimates.shares(question, by="region", statistic=statistic, study=asked.study)
    assert set(found["question"]) == {question} and set(found["statistic"]) == {statistic}
    assert found["verdict"].isin(["show", "caution", "withhold"]).all()
    assert "mean" in found._repr_html_() or "median" in found._repr_html_()


def test_countries_are_compared_by_their_organisations(asked: Run) -> None:
    found = estimates.compare("a15", between="country", study=asked.study)
    large = found[(found["base"] >= 12) & (found["option"] == "no_access")]
    assert len(large) >= 3 and large["se"].notna().all()
    one = large.iloc[0]
    cells = asked.tallies["helplines"].base["a15"]
    here = cells[cells.index.get_level_values("country_iso3") == one["place"]]
    assert one["base"] == here.sum()
    assert one["n_clusters"] == cells[cells > 0].index.get_level_values("organisation").nunique()


def test_what_passes_the_gate_is_in_the_release_and_nothing_else_is(asked: Run) -> None:
    released = asked.tables["estimates"].set_index(["strand", "question", "option", "level", "place"])
    shown = released[released["status"] == "shown"]
    table = estimates.shares("a05", by="region", study=asked.study)
    assert table.is_restricted and "internal use only" in table._repr_html_()
    assert "internal use only" in table[:0]._repr_html_(), "also of an empty one"
    passed = release.passed(table, asked.study)
    assert not passed.is_restricted and "internal use only" not in passed._repr_html_()
    keys = pd.MultiIndex.from_frame(passed[["strand", "question", "option", "level", "place"]])
    assert passed["count"].notna().tolist() == keys.isin(shown.index).tolist()
    assert passed["count"].isna().any() and passed["count"].notna().any()
    hidden = passed[passed["count"].isna()]
    assert hidden[["n", "base", "share", "low", "high"]].isna().all(axis=None) and set(hidden["verdict"]) == {
        "hidden"
    }
    assert not {"se", "design_effect"} & set(passed)


def test_a_ranking_that_passed_does_not_place_what_is_hidden(asked: Run) -> None:
    table = estimates.rank("c07", strand="helplines", study=asked.study)
    passed = release.passed(table, asked.study)
    assert len(passed) < len(table), "there is something to hide"
    assert passed["rank"].tolist() == passed["share"].rank(ascending=False, method="min").astype(int).tolist()
    assert passed[["rank_best", "rank_worst"]].isna().all(axis=None)


def test_a_comparison_passes_only_where_both_shares_are_released(asked: Run) -> None:
    released = asked.tables["estimates"].set_index(["strand", "question", "option", "level", "place"])
    shown = released.index[released["status"] == "shown"]
    passed = release.passed(estimates.compare("a15", between="region", study=asked.study), asked.study)
    for row in passed.itertuples():
        both = ("helplines", "a15", row.option, "region", row.place) in shown and (
            "helplines",
            "a15",
            row.option,
            "world",
            "",
        ) in shown
        assert pd.notna(row.difference) == both
        assert both or pd.isna(row.p_adjusted) and pd.isna(row.low)
    assert not {"se", "p", "n_clusters"} & set(passed)


def test_a_test_over_all_domains_passes_only_where_each_of_them_may_be_tested(asked: Run) -> None:
    passed = release.passed(estimates.compare("a15", between="region", study=asked.study), asked.study)
    tested = passed["p_adjusted"].notna().groupby(passed["option"]).all()
    assert (passed.groupby("option")["p_any"].first().notna() <= tested).all()


def test_no_interval_passes_over_a_rest_that_hides_few_countries(asked: Run) -> None:
    released = asked.tables["estimates"]
    shown = released[released["status"] == "shown"]
    passed = release.passed(estimates.compare("a15", between="region", study=asked.study), asked.study)
    places = reference.countries()["region"]
    for row in passed.itertuples():
        cells = shown[(shown["question"] == "a15") & (shown["option"] == row.option)]
        seen = cells[(cells["level"] == "country") & (cells["base"] > 0)]
        n = cells.set_index(["level", "place"])["n_countries"]
        if ("region", row.place) in n and ("world", "") in n:
            rest = n["world", ""] - n["region", row.place] - (seen["place"].map(places) != row.place).sum()
            assert pd.isna(row.low) or not 1 <= rest < LEAST_HIDDEN


def test_a_table_put_together_or_of_means_is_refused(asked: Run) -> None:
    one = estimates.shares("a05", study=asked.study)
    with pytest.raises(BadInput, match="its base.* is no longer known"):
        release.passed(pd.concat([one, one]), asked.study)
    with pytest.raises(BadInput, match="its numbers.* are means"):
        release.passed(estimates.shares("a07", statistic="mean", study=asked.study), asked.study)


def test_strands_without_a_domain_of_the_level_are_left_out(asked: Run) -> None:
    nobody = dict(asked.tallies)
    form = instrument.of(asked.study.strands["ai"])
    answers = asked.ingested.responses["ai"][:0].assign(organisation="")
    nobody["ai"] = tallies.tally(answers, form, asked.study, "ai")
    empty = dataclasses.replace(asked.study, place=asked.study.place / "without_ai")
    tallies.save(nobody, empty)
    assert set(estimates.rank("channels", study=empty)["strand"]) == {"helplines", "youth"}
    assert set(estimates.shares("channels", study=empty)["strand"]) == {"helplines", "youth"}


def test_linearised_tables_count_countries_and_responses(asked: Run) -> None:
    by_country = estimates.shares("a05", by="country", method="taylor", study=asked.study)
    usual = estimates.shares("a05", by="country", study=asked.study)
    keys = ["option", "place"]
    columns = ["n", "base", "count", "n_countries"]
    both = [table.set_index(keys).sort_index()[columns] for table in (by_country, usual)]
    pd.testing.assert_frame_equal(*both, check_dtype=False)


def test_a_difference_without_spread_is_withheld_with_its_reason(asked: Run) -> None:
    found = pd.concat(
        [estimates.compare(one, between="country", study=asked.study) for one in ("a15", "a05")]
    )
    untested = found[found["is_shown"] & found["p"].isna()]
    assert set(untested["reason"]) <= {"no spread, no test"} and set(untested["verdict"]) <= {"withhold"}
    assert not ((found["verdict"] == "not firm") & found["p"].isna()).any()


@pytest.mark.parametrize(
    ("by", "base", "said"),
    [
        ("organisation_type", "answered", "level 'organisation_type'.* is not in the release"),
        ("world", "asked", "its base.* is 'asked'"),
        ("region × language", "opinion", "Only shares of all who answered"),
    ],
)
def test_other_levels_and_bases_stay_restricted(asked: Run, by: str, base: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        release.passed(estimates.shares("a05", by=by, base=base, study=asked.study), asked.study)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda study: estimates.shares("chalenges", study=study), "Did you mean 'challenges'"),
        (lambda study: estimates.shares("a05", by="regoin", study=study), "Did you mean 'region'"),
        (lambda study: estimates.shares("a05", base="answred", study=study), "Did you mean 'answered'"),
        (lambda study: estimates.compare("a05", study=study), "fewer than two domains"),
        (
            lambda study: estimates.shares("a05", method="tailor", study=study),
            "method 'tailor'.* is not known",
        ),
        (lambda study: estimates.shares("a05", strata="region", study=study), "takes no strata"),
        (lambda study: estimates.shares("a07", statistic="meen", study=study), "Did you mean 'mean'"),
        (lambda study: estimates.shares("a05", statistic="median", study=study), "Here: share"),
        (lambda study: estimates.shares("channels", by="age", study=study), "level 'age'.* has no domain"),
        (
            lambda study: estimates.shares("channels", by="gender", method="taylor", study=study),
            "level 'gender'.* has no domain in the answers to the question 'channels'",
        ),
        (
            lambda study: estimates.shares(
                "a05", by="region", method="taylor", strata="language", study=study
            ),
            "strata 'language'.* divide countries",
        ),
        (
            lambda study: estimates.shares(
                "a07", statistic="mean", base="asked", method="taylor", study=study
            ),
            "(?s)base: has no meaning for statistic 'mean'.*method: has no meaning",
        ),
        (lambda study: estimates.compare("challenges", between="region", study=study), "Name one: strand="),
        (
            lambda study: estimates.shares("a05", method="taylor", interval="betta", study=study),
            "Did you mean 'beta'",
        ),
    ],
)
def test_a_slip_of_the_pen_is_met_with_a_hint(asked: Run, call: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        call(asked.study)


CROSSED = """
    level                      | at least
    subregion                  |        8
    income                     |        3
    organisation_type          |        5
    language                   |        5
    region × organisation_type |       10
    income × language          |       10
"""


@pytest.mark.parametrize("row", list(table(CROSSED).itertuples(index=False)), ids=lambda row: row.level)
def test_every_domain_adds_up_to_those_who_lie_in_it(asked: Run, row: object) -> None:
    found = estimates.shares("a01", by=row.level, study=asked.study)
    places = found.drop_duplicates("place")
    assert len(places) >= row[1] and places["place_label"].notna().all()
    world = estimates.shares("a01", study=asked.study).iloc[0]
    assert 0.9 * world["base"] <= places["base"].sum() <= world["base"], "but for those who name none"
    counts = found.groupby("option")["count"].sum()
    whole = estimates.shares("a01", study=asked.study).set_index("option")["count"]
    assert set(counts.index) == set(whole.index) and (counts <= whole[counts.index]).all()
