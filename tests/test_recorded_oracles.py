"""Promises of the oracles: what is recorded of R's survey package is what R says today, of the schools and of the sample."""

from pathlib import Path

import oracles
import pytest
from conftest import Run

JOBS = [
    "mean.api00",
    "total.enroll",
    "prop.stype",
    "prop.schwide",
    "ciprop.logit",
    "by.api00",
    "chisq.F",
    "ratio",
    "median",
]
needs_r = pytest.mark.usefixtures("r")


@pytest.fixture
def r() -> None:
    """Skip where R cannot be asked."""
    if not oracles.has_survey():
        pytest.skip("R or its survey package is not installed here: nothing to recompute with")


def differing(recorded: dict[str, float], again: dict[str, float]) -> list[str]:
    """Name the figures that only one side has, or that differ by more than 1e-9 of their size."""
    both = recorded.keys() & again.keys()
    apart = [name for name in both if again[name] != pytest.approx(recorded[name], rel=1e-9, abs=1e-14)]
    return sorted([*(recorded.keys() ^ again.keys()), *apart])


@needs_r
def test_the_figures_of_the_schools_are_those_that_r_gives_today() -> None:
    assert differing(oracles.figures("api"), oracles.recompute("api") or {}) == []


@needs_r
def test_the_figures_of_the_sample_are_those_that_r_gives_today(sample: Run, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    oracles.answers(sample).to_csv(path, index=False)
    assert differing(oracles.figures("sample"), oracles.recompute("sample", path) or {}) == []


@needs_r
def test_the_schools_are_those_that_r_ships(tmp_path: Path) -> None:
    oracles.run("fixtures", tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.glob("*.csv")}
    assert sorted(made) == ["apiclus1.csv", "apiclus2.csv", "apistrat.csv"]
    assert {name: (oracles.FOLDER / name).read_text() for name in made} == made


@pytest.mark.parametrize("name", ["strat", "stratnf", "clus1", "clus1nf", "clus2", "clus2nf"])
def test_figures_of_every_design_can_be_had_without_r(name: str) -> None:
    jobs = {figure.split("|")[0] for figure in oracles.figures("api")}
    assert {f"{name}.{job}" for job in JOBS} <= jobs


def test_figures_of_every_item_can_be_had_without_r() -> None:
    recorded = oracles.figures("sample")
    assert all({f"{item}.share|est", f"{item}.share|se"} <= recorded.keys() for item in oracles.ITEMS)


def test_a_figure_that_changed_is_noticed_and_so_is_one_that_is_missing() -> None:
    assert differing({"a|est": 1.0, "b|est": 2.0}, {"a|est": 1.0 + 2e-9}) == ["a|est", "b|est"]


def test_answers_name_no_organisation_and_hold_only_items(sample: Run) -> None:
    table = oracles.answers(sample)
    assert list(table.columns) == ["country", "organisation", "region", *oracles.ITEMS]
    assert table["organisation"].dtype == int
    assert all(set(table[item].dropna()) == {0, 1} for item in oracles.ITEMS)
