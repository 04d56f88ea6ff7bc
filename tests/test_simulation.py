"""Promises of the simulation that chooses the interval: what each method covers, and that the record is what the code gives."""

import functools

import numpy as np
import pandas as pd
import pytest
from conftest import Run

from popresearch import charts, simulation
from popresearch.faults import BadInput
from popresearch.simulation import SETTINGS, coverage, recorded
from popresearch.wording import phrase

REPETITIONS, SEED = 2_000, 7  # another seed than the record's
SHARES = [0.1, 0.3, 0.5]
HARDEST = (0.1, simulation.WIDER_SPREAD)  # few say yes and countries are most unequal; not in the record


@functools.cache
def run(share: float, spread: float = simulation.SPREAD, seed: int = SEED) -> pd.DataFrame:
    return coverage(REPETITIONS, seed, share, spread=spread).set_index("method")


@functools.cache
def figure(sample: Run, language: str) -> charts.Figure:
    return simulation.figure(sample.study, language)


def test_answers_are_drawn_as_the_simulation_says() -> None:
    rows = simulation.draw(4_000, np.random.default_rng(SEED), 0.3)
    n = rows.n
    assert (len(n), n.sum(), n.min() >= 1) == (50, 1_700, True)
    assert n[0] / n.sum() == pytest.approx(0.28) and n[0] > 2 * n[1]
    shares = rows.y / rows.w
    several = n[n > 1]
    inflation = shares[n > 1].var(axis=1) / (0.3 * 0.7) * several  # is 1 + (n - 1) times the likeness
    assert ((inflation - 1) / (several - 1)).mean() == pytest.approx(0.1, abs=0.01)
    assert shares.mean() == pytest.approx(0.3, abs=0.005)


@pytest.mark.parametrize("share", SHARES)
def test_intervals_as_if_answers_were_independent_hold_the_truth_less_than_half_the_time(
    share: float,
) -> None:
    assert run(share).at["wilson", "covered"] < 0.5


@pytest.mark.parametrize(("share", "spread"), [*SETTINGS, HARDEST])
def test_the_default_covers_at_least_92_per_cent(share: float, spread: float) -> None:
    default = run(share, spread).loc["default"]
    assert default["covered"] >= 0.92 - 2 * default["monte_carlo_error"]


def test_the_mean_of_country_shares_covers_what_it_promises() -> None:
    assert 0.93 <= run(0.3).at["countries", "covered"] <= 0.97


def test_methods_that_know_of_countries_are_wider_and_cover_more() -> None:
    table = run(0.3)
    order = ["wilson", "linearised", "jackknife"]
    assert table.loc[order, "covered"].is_monotonic_increasing
    assert table.loc[order, "mean_width"].is_monotonic_increasing
    assert table.at["default", "covered"] >= table.at["jackknife", "covered"]


@pytest.mark.parametrize(("share", "spread"), SETTINGS)
def test_the_record_is_what_its_seed_gives_with_fewer_repetitions(share: float, spread: float) -> None:
    long = recorded().query("share == @share and spread == @spread").set_index("method")
    short = run(share, spread, int(long["seed"].iloc[0]))
    assert list(long.index) == list(short.index)
    error = np.hypot(long["monte_carlo_error"], short["monte_carlo_error"])
    assert ((long["covered"] - short["covered"]).abs() <= 3 * error).all()
    assert np.allclose(long["mean_width"], short["mean_width"], rtol=0.03)


def test_the_record_holds_every_setting_and_its_own_error() -> None:
    table = recorded()
    assert list(table[["share", "spread"]].drop_duplicates().itertuples(index=False, name=None)) == list(
        SETTINGS
    )
    error = np.sqrt(table["covered"] * (1 - table["covered"]) / table["repetitions"])
    assert np.allclose(table["monte_carlo_error"], error, atol=1e-5) and (error < 0.004).all()


def test_the_same_seed_gives_the_same_table() -> None:
    pd.testing.assert_frame_equal(coverage(50, SEED), coverage(50, SEED))
    assert not coverage(50, SEED).equals(coverage(50, SEED + 1))


def test_a_run_that_cannot_be_is_refused_with_all_its_faults() -> None:
    with pytest.raises(BadInput, match=r"2 problems(.|\n)*repetitions(.|\n)*share"):
        coverage(0, SEED, 1.0)


def test_the_figures_alternative_text_holds_every_number(sample: Run) -> None:
    made = figure(sample, "en")
    for method, rows in recorded().groupby("method"):
        said = "; ".join(f"{100 * covered:.1f}".removesuffix(".0") + "%" for covered in rows["covered"])
        assert f"{phrase(f'coverage_{method}', 'en')}: {said}." in made.alt
    assert 'role="img"' in made.svg and made.alt.split(":")[0] in made.svg


@pytest.mark.parametrize("language", ["ar", "zh", "en", "fr", "ru", "es"])
def test_the_figure_is_drawn_in_every_language_with_a_mark_for_each_number(
    sample: Run, language: str
) -> None:
    made = figure(sample, language)
    marks = made.svg.split('class="mark-symbol role-mark')[1].split("</g>")[0]
    assert marks.count("<path") == len(made.data) == 20
    assert phrase("coverage_title", language) in made.alt
    assert made.svg == simulation.figure(sample.study, language).svg, "the same record gives the same bytes"


def test_the_figure_has_a_line_at_what_intervals_promise(sample: Run) -> None:
    rule = figure(sample, "en").svg.split('class="mark-rule role-mark')[1].split("</g>")[0]
    assert rule.count("<line") == 1
    assert f'translate({0.95 * charts.WIDTH:g},0)" x2="0"' in rule
