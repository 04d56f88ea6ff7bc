"""What was asked: XLSForm workbooks (or a codebook), read tolerantly; questions, options and labels come from here alone."""

from functools import lru_cache
from pathlib import Path

from popresearch.faults import BadInput, Fault, bad_input
from popresearch.instrument.codebook import CODEBOOK_COLUMNS, codebook, read_codebook, read_table
from popresearch.instrument.form import HINTS, LABELS, OPTION_COLUMNS, QUESTION_COLUMNS, Instrument, shown
from popresearch.instrument.merging import merged
from popresearch.instrument.sheets import cell_text, read_sheets
from popresearch.instrument.xlsform import is_survey, read_workbook
from popresearch.study import Strand
from popresearch.wording import LANGUAGES

__all__ = [
    "CODEBOOK_COLUMNS",
    "HINTS",
    "LABELS",
    "LANGUAGES",
    "OPTION_COLUMNS",
    "QUESTION_COLUMNS",
    "Instrument",
    "cell_text",
    "codebook",
    "is_survey",
    "merged",
    "of",
    "read",
    "read_sheets",
    "read_table",
    "validate",
]
KEPT = 32  # instruments that are remembered


def of(strand: Strand) -> Instrument:
    """Read the instrument of a strand; behind it stands what only its earlier versions asked."""
    return read(strand.instrument, strand.name, strand.earlier)


def read(path: Path, strand: str = "", earlier: tuple[Path, ...] = ()) -> Instrument:
    """Read a workbook, or the rows of one strand of a codebook (.csv); once, until the file changes.

    What is wrong with a form is in its `faults`; only a file that is none raises `BadInput`. Treat the result as read-only.
    """
    if earlier:
        return merged(read(path, strand), [read(one, strand) for one in earlier])
    try:
        state = path.stat()
    except OSError:
        remedy = "Put the file there, or correct the path in study.toml."
        raise bad_input(shown(path), "does not exist.", remedy) from None
    return _read(path, strand, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=KEPT)
def _read(path: Path, strand: str, changed: int, size: int) -> Instrument:
    return read_codebook(path, strand) if path.suffix.lower() == ".csv" else read_workbook(path)


def validate(path: Path) -> None:
    """Convert a workbook with pyxform, as KoboToolbox and ODK do; an error or a warning of pyxform is bad input."""
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    try:
        warnings = convert(str(path), validate=False).warnings
    except PyXFormError as error:
        warnings = [str(error)]
    if warnings:
        raise BadInput(
            shown(path), [Fault("", " ".join(text.split()), "Correct the workbook.") for text in warnings]
        )
