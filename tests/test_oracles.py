"""Promises of method: what R's survey package, statsmodels and numpy's own arithmetic give, the project's functions give too.

R's figures stand in tests/oracles/ (see its README) and are made again where R is installed (test_recorded_oracles).
"""

import numpy as np
import oracles
import pandas as pd
import pytest
from conftest import Run

from popresearch.estimates import intervals, rows
from popresearch.estimates.differences import differences, rao_scott
from popresearch.estimates.linearised import linearised
from popresearch.estimates.means import woodruff
from popresearch.estimates.proportions import across, jackknife, mean_of_countries
from popresearch.estimates.rows import Rows
from popresearch.estimates.variance import Design, covariance, ratio, variance
from popresearch.estimates.variance import jackknife as replicated
from popresearch.estimates.weighting import Weighted, post_stratify, rake, trimmed

API, SAMPLE = oracles.figures("api"), oracles.figures("sample")
CLOSE, ITERATIVE = 1e-8, 1e-6
DESIGNS = ("strat", "stratnf", "clus1", "clus1nf", "clus2", "clus2nf")
STYPE = {"E": 4421.0, "H": 755.0, "M": 1018.0}
SCH_WIDE = {"No": 1072.0, "Yes": 5122.0}


class Schools:
    """One of R's samples of schools with its design."""

    def __init__(self, name: str) -> None:
        file = name.removesuffix("nf")
        self.table = pd.read_csv(oracles.FOLDER / f"api{file}.csv", keep_default_na=False, na_values=[""])
        self.weight = self.table["pw"].to_numpy(dtype=float)
        self.yes = (self.table["sch.wide"] == "Yes").to_numpy(dtype=float)
        self.design = self._design(file, is_finite=not name.endswith("nf"))

    def _design(self, file: str, *, is_finite: bool) -> Design:
        own, table = np.arange(len(self.table)), self.table
        if file == "strat":
            n = table.groupby("stype")["pw"].transform("size")
            return Design.of(own, table["stype"], (n / table["fpc"]).to_numpy() if is_finite else 0.0)
        n = table["dnum"].nunique()
        if file == "clus1":
            return Design.of(table["dnum"], fraction=(n / table["fpc"]).to_numpy() if is_finite else 0.0)
        if not is_finite:
            return Design.of(table["dnum"])
        drawn = table.groupby("dnum")["snum"].transform("size")
        second = Design.of(table["snum"], table["dnum"], (drawn / table["fpc2"]).to_numpy())
        return Design.of(table["dnum"], fraction=(n / table["fpc1"]).to_numpy(), second=second)

    def number(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """Weighted values of a column and the weights of those who have one; a school without a value is in neither."""
        values = self.table[column].to_numpy(dtype=float)
        return np.nan_to_num(values) * self.weight, np.where(np.isnan(values), 0.0, self.weight)

    def mean(self, y: np.ndarray, w: np.ndarray) -> tuple[float, float, np.ndarray]:
        """Mean, variance and influence values of one statistic."""
        share, influence = ratio(y[:, None], w[:, None])
        return share[0], variance(influence, self.design)[0], influence


@pytest.fixture(scope="module", params=DESIGNS)
def schools(request: pytest.FixtureRequest) -> tuple[str, Schools]:
    return request.param, Schools(request.param)


def same(job: str, figures: dict[str, float], **ours: float) -> None:
    rel = ITERATIVE if ".ciprop.logit" in job else CLOSE  # R fits a model by iteration
    for figure, value in ours.items():
        assert value == pytest.approx(figures[f"{job}|{figure}"], rel=rel, abs=1e-12), f"{job}|{figure}"


def test_means_totals_and_ratios_are_those_of_r(schools: tuple[str, Schools]) -> None:
    name, own = schools
    mean, spread, _ = own.mean(*own.number("api00"))
    low, high = intervals.of_mean(np.array([mean]), np.array([spread]), np.array([own.design.degrees]))
    same(f"{name}.mean.api00", API, est=mean, se=spread**0.5, lo=low[0], hi=high[0], df=own.design.degrees)
    enrolled, _ = own.number("enroll")
    same(
        f"{name}.total.enroll", API, est=enrolled.sum(), se=variance(enrolled[:, None], own.design)[0] ** 0.5
    )
    (students, here), (enrolled, too) = own.number("api.stu"), own.number("enroll")
    both = (here > 0) & (too > 0)
    share, spread, _ = own.mean(students * both, enrolled * both)
    same(f"{name}.ratio", API, est=share, se=spread**0.5)


def test_shares_and_their_intervals_are_those_of_r(schools: tuple[str, Schools]) -> None:
    name, own = schools
    share, spread, _ = own.mean(own.yes * own.weight, own.weight)
    same(f"{name}.prop.schwide", API, Yes=share, se=spread**0.5)
    one, var, degrees, n = np.array([share]), np.array([spread]), own.design.degrees, np.array([len(own.yes)])
    clusters = np.array([len(np.unique(own.design.clusters))])
    for method, (low, high) in {
        "logit": intervals.logit(one, var, degrees, clusters),
        "beta": intervals.beta(one, var, degrees, clusters, n),
        "mean": intervals.of_mean(one, var, degrees),
    }.items():
        same(f"{name}.ciprop.{method}", API, lo=low[0], hi=high[0])
    kinds = pd.get_dummies(own.table["stype"]).to_numpy(dtype=float) * own.weight[:, None]
    shares, influence = ratio(kinds, np.repeat(own.weight[:, None], 3, axis=1))
    same(f"{name}.prop.stype", API, **dict(zip("EHM", shares, strict=True)))
    errors = np.sqrt(variance(influence, own.design))
    same(
        f"{name}.prop.stype",
        API,
        **dict(zip(("seE", "seH", "seM"), np.where(errors > 1e-12, errors, 0), strict=True)),
    )


def test_domains_and_their_differences_are_those_of_r(schools: tuple[str, Schools]) -> None:
    name, own = schools
    inside = {kind: (own.table["stype"] == kind).to_numpy(dtype=float) for kind in "EHM"}
    for column, job in (("api00", "by.api00"), ("", "byprop.schwide")):
        y, w = own.number(column) if column else (own.yes * own.weight, own.weight)
        found = {kind: own.mean(y * rows_in, w * rows_in) for kind, rows_in in inside.items()}
        same(f"{name}.{job}", API, **{f"est{kind}": mean for kind, (mean, _, _) in found.items()})
        same(f"{name}.{job}", API, **{f"se{kind}": spread**0.5 for kind, (_, spread, _) in found.items()})
        matrix = covariance(np.hstack([found["E"][2], found["H"][2]]), own.design)
        error = (matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1]) ** 0.5
        same(
            f"{name}.diff.{column or 'schwide'}",
            API,
            est=found["E"][0] - found["H"][0],
            se=error,
            cov=matrix[0, 1],
        )


def test_the_design_effect_against_drawing_with_replacement_is_that_of_r(
    schools: tuple[str, Schools],
) -> None:
    name, own = schools
    share, spread, _ = own.mean(own.yes * own.weight, own.weight)
    effect = spread * (len(own.yes) - 1) / (share * (1 - share))
    same(f"{name}.deff.replace", API, schwide=effect)


def test_the_test_of_independence_is_that_of_r(schools: tuple[str, Schools]) -> None:
    name, own = schools
    kinds = pd.get_dummies(own.table["stype"]).to_numpy(dtype=float)
    cells = np.hstack([kinds * (1 - own.yes)[:, None], kinds * own.yes[:, None]]) * own.weight[:, None]
    found = rao_scott(cells, len(cells), (2, 3), own.design)
    same(f"{name}.chisq.F", API, F=found["f"], ndf=found["ndf"], ddf=found["ddf"], p=found["p"])
    same(f"{name}.chisq.C", API, X=found["x2"], p=found["p_first_order"])


def test_the_median_and_its_interval_are_those_of_r(schools: tuple[str, Schools]) -> None:
    name, own = schools
    values = own.table["api00"].to_numpy(dtype=float)
    distinct = np.unique(values)
    below = (values[:, None] <= distinct) * own.weight[:, None]
    share, influence = ratio(below, np.repeat(own.weight[:, None], len(distinct), axis=1))
    median, low, high, error = woodruff(distinct, share, variance(influence, own.design), own.design.degrees)
    same(f"{name}.median", API, est=median, lo=low, hi=high, se=error)


@pytest.mark.parametrize("name", ["stratnf", "clus1nf", "clus2nf"])
def test_the_jackknife_is_that_of_r(name: str) -> None:
    own = Schools(name)
    kind = "JKn" if name.startswith("strat") else "JK1"
    for job, (y, w) in {
        "mean.api00": own.number("api00"),
        "prop.schwide": (own.yes * own.weight, own.weight),
    }.items():
        share, spread, _ = replicated(y[:, None], w[:, None], own.design)
        same(f"{name}.{kind}.mseFALSE.{job}", API, est=share[0], se=spread[0] ** 0.5)


@pytest.mark.parametrize("name", ["clus1", "clus1nf", "clus2nf"])
@pytest.mark.parametrize("job", ["ps", "calrake"])
def test_weighting_to_margins_and_its_standard_errors_are_those_of_r(name: str, job: str) -> None:
    own, ones = Schools(name), np.ones(len(Schools(name).table))
    groups = own.table[["stype", "sch.wide"]]
    if job == "ps":
        made = post_stratify(ones, groups["stype"], STYPE, start=own.weight)
    else:
        made = rake(ones, groups, {"stype": STYPE, "sch.wide": SCH_WIDE}, start=own.weight)
    figures = {"least": made.weights.min(), "largest": made.weights.max(), "sum": made.weights.sum()}
    for figure, value in figures.items():
        assert value == pytest.approx(API[f"{name}.{job}.weights|{figure}"], rel=ITERATIVE)
    for column, values in {
        "api00": own.table["api00"],
        "enroll": own.table["enroll"],
        "schwide": own.yes,
    }.items():
        y = np.nan_to_num(np.asarray(values, dtype=float)) * made.weights
        w = np.where(np.isnan(np.asarray(values, dtype=float)), 0.0, made.weights)
        _same_weighted(f"{name}.{job}", column, y, w, made, own.design)


def _same_weighted(
    job: str, column: str, y: np.ndarray, w: np.ndarray, made: Weighted, design: Design
) -> None:
    ones = np.ones(len(y))
    mean, influence = ratio(y[:, None], w[:, None])
    for statistic, value, moves in (("mean", mean[0], influence), ("total", y.sum(), y[:, None])):
        error = variance(made.residuals(moves, ones), design)[0] ** 0.5
        assert value == pytest.approx(API[f"{job}.{statistic}.{column}|est"], rel=ITERATIVE)
        expected = API[f"{job}.{statistic}.{column}|se"]
        assert error == pytest.approx(expected, rel=ITERATIVE, abs=1e-8 * abs(value)), (
            job,
            statistic,
            column,
        )


@pytest.mark.parametrize("name", ["strat", "clus2"])
def test_trimmed_weights_are_those_of_r(name: str) -> None:
    own = Schools(name)
    least, most = (API[f"{name}.trimstrict|{figure}"] for figure in ("lower", "upper"))
    weights = trimmed(own.weight, np.ones(len(own.weight)), most, least)
    for figure, value in {"least": weights.min(), "largest": weights.max(), "sum": weights.sum()}.items():
        assert value == pytest.approx(API[f"{name}.trimstrict.weights|{figure}"], rel=ITERATIVE)


@pytest.fixture(scope="module")
def world(sample: Run) -> Rows:
    """The eight items of the oracle, by organisation and then by country."""
    tally = sample.tallies["helplines"]
    items = list(oracles.ITEMS.values())
    y = tally.count[items].to_numpy()
    w = tally.base[[question for question, _ in items]].to_numpy()
    return rows.of_organisations(tally, y, w, "world").by_country()


def test_the_shares_of_the_sample_are_those_of_r(sample: Run, world: Rows) -> None:
    found = across(world)
    share, spread, _, _ = jackknife(world)
    once = mean_of_countries(world)
    linear, influence = ratio(world.y.astype(float), world.w.astype(float))
    simple = np.sqrt(variance(influence, Design.of(np.arange(len(influence)))))
    for place, item in enumerate(oracles.ITEMS):
        same(f"{item}.JK1.mseFALSE", SAMPLE, est=share[0, place], se=spread[0, place] ** 0.5)
        same(f"{item}.share", SAMPLE, est=found["share"][0, place], se=simple[place])
        same(f"{item}.bycountry.mean", SAMPLE, est=once[0][0, place], n=once[3][0, place])
        if SAMPLE[f"{item}.bycountry.mean|lo"] > 0:
            same(f"{item}.bycountry.mean", SAMPLE, lo=once[1][0, place], hi=once[2][0, place])
        assert linear[place] == pytest.approx(share[0, place])


def test_the_views_by_organisation_and_region_are_those_of_r(sample: Run) -> None:
    table = sample.estimates[sample.estimates["strand"] == "helplines"].set_index(
        ["question", "option", "level", "place"]
    )
    for item, (question, option) in oracles.ITEMS.items():
        once = table.loc[(question, option, "world", "")]
        same(f"{item}.byorganisation.share", SAMPLE, est=once["share_by_organisation"])
        for region in ("Africa", "Americas", "Asia", "Europe"):
            row = table.loc[(question, option, "region", region)]
            job = f"{item}.region.{region}.alone"
            same(f"{job}.JK1.mseFALSE", SAMPLE, est=row["share"], se=row["se"])


def test_linearised_shares_and_their_domains_are_those_of_r(sample: Run) -> None:
    tally = sample.tallies["helplines"]
    for level, interval in (("world", "logit"), ("world", "beta"), ("region", "logit")):
        table = linearised(tally, level, interval=interval).set_index(["question", "option", "place"])
        for item, (question, option) in oracles.ITEMS.items():
            for place in [""] if level == "world" else ["Africa", "Americas", "Asia", "Europe", "Oceania"]:
                row = table.loc[(question, option, place)]
                job = f"{item}.share.domain" if level == "world" else f"{item}.region.{place}.domain"
                same(job, SAMPLE, est=row["share"], n=row["base"])
                if row["se"] > 1e-12:
                    same(job, SAMPLE, se=row["se"])
                if level == "world":
                    same(f"{item}.ciprop.{interval}", SAMPLE, lo=row["low"], hi=row["high"])


def test_strata_hold_whole_clusters_and_a_lonely_one_counts_in_full(sample: Run) -> None:
    tally = sample.tallies["helplines"]
    plain, stratified = (
        linearised(tally, "world", strata=strata).set_index(["question", "option"])
        for strata in ("", "region")
    )
    row = ("a05", "tiktok")
    assert plain.loc[row, "share"] == stratified.loc[row, "share"]
    assert plain.loc[row, "se"] != stratified.loc[row, "se"]
    alone = Design.of(np.array([0, 1, 2]), np.array([0, 0, 1]))
    assert variance(np.array([[1.0], [-3.0], [2.0]]), alone)[0] == pytest.approx(2 / 1 * (2**2 + 2**2) + 2**2)


def test_differences_between_regions_are_those_of_r(sample: Run) -> None:
    tally = sample.tallies["helplines"]
    question, option = oracles.ITEMS["a05_tiktok"]
    counts = tally.count[[(question, option)]].groupby(level=["region", "country_iso3"]).sum()
    bases = tally.base[[question]].groupby(level=["region", "country_iso3"]).sum()
    clusters = sorted({country for region, country in counts.index if region in ("Africa", "Asia")})

    def side(region: str) -> Rows:
        y, w = (table.loc[region].reindex(clusters, fill_value=0).to_numpy() for table in (counts, bases))
        return Rows(y, w, w[:, 0], np.arange(len(clusters)), np.array([0]), [""])

    found = differences(side("Africa"), side("Asia")).iloc[0]
    assert found["difference"] == pytest.approx(SAMPLE["a05_tiktok.diff.Africa.Asia|est"], rel=CLOSE)
    alone = [SAMPLE[f"a05_tiktok.region.{region}.alone.JK1.mseFALSE|se"] for region in ("Africa", "Asia")]
    assert found["se"] == pytest.approx(np.hypot(*alone), rel=0.03), "no country lies in both"
    assert found["se"] >= SAMPLE["a05_tiktok.diff.Africa.Asia|se"], (
        "R linearises; leaving countries out is more careful"
    )


# statsmodels 0.15.0, proportion_confint(x, 263, method="wilson")
STATSMODELS = {
    0: (0.0, 0.014396034400619),
    1: (0.000671511645503, 0.021219609945986),
    15: (0.034864661605047, 0.091957680658620),
    81: (0.255288519878274, 0.366209576982800),
    263: (0.985603965599381, 1.0),
}


@pytest.mark.parametrize("x", STATSMODELS)
def test_wilsons_interval_is_that_of_statsmodels(x: int) -> None:
    low, high = intervals.wilson(np.array([x / 263]), np.array([263]))
    assert (low[0], high[0]) == pytest.approx(STATSMODELS[x], abs=1e-12)
