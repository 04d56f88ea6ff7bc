"""The sample study run once, stage by stage, in memory and in a folder of the tests."""

import dataclasses
from functools import cached_property
from pathlib import Path

import pandas as pd
import pytest

from popresearch import (
    disclosure,
    estimates,
    ingest,
    maps,
    opendata,
    registry,
    release,
    report,
    site,
    tallies,
    voices,
)
from popresearch import study as studies
from popresearch.study import Study


@dataclasses.dataclass(frozen=True, repr=False)
class Elsewhere(Study):
    """A study whose runs write to another folder than the repository's."""

    place: Path = Path()

    @property
    def restricted(self) -> Path:
        return self.place / "restricted"

    @property
    def outputs(self) -> Path:
        return self.place / "outputs"


def elsewhere(study: Study, place: Path, **changes: object) -> Elsewhere:
    """The same study with its folders below `place`."""
    own = {field.name: getattr(study, field.name) for field in dataclasses.fields(Study)}
    return Elsewhere(**(own | changes), place=place)


class Run:
    """The stages of the sample study, each made when first asked for."""

    def __init__(self, place: Path) -> None:
        self.study = elsewhere(studies.load("pop", "sample"), place)

    @cached_property
    def ingested(self) -> ingest.Ingested:
        return ingest.ingest(self.study)

    @cached_property
    def registry(self) -> registry.Registry:
        return registry.build(self.ingested, self.study)

    @cached_property
    def tallies(self) -> dict[str, tallies.Tally]:
        return tallies.tally_study(self.ingested, self.registry, self.study)

    @cached_property
    def estimates(self) -> pd.DataFrame:
        return estimates.estimate_study(self.tallies, self.study)

    @cached_property
    def responses(self) -> pd.DataFrame:
        return estimates.responses(self.tallies, self.study)

    @cached_property
    def passed(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        return disclosure.gate(self.estimates, self.responses, self.study)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        return release.tables(*self.passed, self.study, "en")

    @cached_property
    def open_answers(self) -> pd.DataFrame:
        return voices.open_answers(self.ingested, self.study)

    @cached_property
    def released(self) -> Path:
        """Release the tables of the notebooks 3 and 5; gives the folder of outputs."""
        release.write("estimates", self.tables, self.study)
        suggested = voices.suggest_themes(self.open_answers, self.study)
        made = {
            "voices": voices.summary(self.open_answers, self.study),
            "themes": voices.themes(self.open_answers, suggested, self.study, "en"),
        }
        release.write("voices", made, self.study)
        return self.study.outputs

    @cached_property
    def published(self) -> Path:
        """Everything that leaves: tables, charts, report, open data and site; gives the folder of outputs."""
        charts = self.released / "charts"
        maps.world(release.table("coverage", self.study), self.study).save(charts / "map.svg")
        for name, figure in report.figures(self.study, "en").items():
            figure.save(charts / f"{name}.svg")
        report.write(self.study)
        opendata.write(self.study)
        site.write(self.study)
        return self.released


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The sample study, run in a folder of this session."""
    return Run(tmp_path_factory.mktemp("sample"))
