"""A study so small that one can read it whole: one strand, the questions of fixtures/codebook.csv, answers on paper."""

import io
from pathlib import Path

import pandas as pd

from popresearch.study import THRESHOLDS, Strand, Study

FIXTURES = Path(__file__).parent / "fixtures"
CODEBOOK = FIXTURES / "codebook.csv"
ROLES = {"consent": "agree", "age": "age", "carer": "carer", "country": "country"}


def table(text: str) -> pd.DataFrame:
    """Read a table of texts drawn with | between its cells; the first line has the heads."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return pd.DataFrame(rows[1:], columns=rows[0], dtype=str)


def csv_of(text: str, path: Path) -> Path:
    """Write a table on paper as a csv file."""
    table(text).to_csv(path, index=False)
    return path


def study_of(*exports: Path, codebook: Path = CODEBOOK, roles: dict[str, str] = ROLES) -> Study:
    """Make a study of one strand, "poll", that these exports answer."""
    folder = exports[0].parent
    strand = Strand(
        name="poll", system="children", instrument=codebook, files=list(exports), roles=dict(roles),
        minimum_cell=5, hide_zero=False, carer_needed=("under_10", "10_12"),
    )  # fmt: skip
    return Study(
        name="tiny", title={"en": "Tiny"}, banner="", source="paper", exports=folder, languages=("en",),
        folder=folder, key="tiny", thresholds=dict(THRESHOLDS), strands={"poll": strand},
    )  # fmt: skip


def same(frame: pd.DataFrame, text: str) -> bool:
    """Compare a table's columns with those on paper (true 1, false 0, missing blank); pytest shows where they differ."""
    expected = table(text)
    plain = frame[list(expected.columns)].astype(object).map(lambda cell: "" if pd.isna(cell) else cell)
    plain = plain.map(lambda cell: int(cell) if isinstance(cell, bool | float) else cell)
    assert _drawn(plain) == _drawn(expected)
    return True


def _drawn(frame: pd.DataFrame) -> str:
    text = io.StringIO()
    frame.to_csv(text, sep="|", index=False, lineterminator="\n")
    return text.getvalue()
