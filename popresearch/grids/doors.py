"""From a path to its tables: which reader, which sheet, which member of a zip."""

import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from popresearch.faults import did_you_mean
from popresearch.grids.delimited import Delimited
from popresearch.grids.grid import CellFault, Grid, refuse, shown
from popresearch.grids.limits import AGAIN, LARGEST_FILE, check_archive, check_file
from popresearch.grids.statistics import Parquet, Spss, parquet_of
from popresearch.grids.workbooks import Workbook

TEXT = (".csv", ".tsv", ".txt", ".tab")
WORKBOOK = (".xlsx", ".xlsm", ".xls", ".ods")
SPSS = (".sav", ".zsav")
KNOWN = (*TEXT, *WORKBOOK, *SPSS, ".parquet")
BESIDE = (
    ".qsf",
    ".json",
    ".xml",
    ".pdf",
    ".docx",
    ".html",
    ".md",
)  # lie in zips beside the answers, and are passed over


def read(path: Path, sheet: str = "") -> Grid:
    """Read one table of a file: the sheet or the member of a zip that is named, else the first that holds something."""
    found = tables(path, sheet)
    if not found:
        raise refuse(shown(path), CellFault("holds no answers.", f"{AGAIN} All of its sheets are empty."))
    return found[0]


def tables(path: Path, sheet: str = "") -> list[Grid]:
    """Read every table of a file that holds something; `sheet` keeps one sheet or one member of a zip, by name."""
    try:
        check_file(path)
        if path.suffix.lower() == ".zip":
            return _zipped(path, sheet)
        return _opened(path, path.suffix.lower(), partial(path.open, "rb"), path.stat().st_size, sheet, "")
    except CellFault as fault:
        raise refuse(shown(path), fault) from None
    except PermissionError:
        raise refuse(
            shown(path), CellFault("may not be read.", "Give yourself the right to read it.")
        ) from None


def _opened(
    path: Path, ending: str, opened: Callable[[], BinaryIO], size: int, sheet: str, member: str
) -> list[Grid]:
    if ending in TEXT:
        text = Delimited(opened, size)
        return (
            [Grid(path, ending[1:], text.head_rows, text.batches, member, "", text.notes)]
            if text.head_rows
            else []
        )
    if ending in WORKBOOK:
        return _sheets(path, ending, Workbook(opened().read() if member else path), sheet, member)
    if ending in SPSS:
        spss = Spss(opened().read() if member else path)
        notes = (f"encoding: {spss.encoding} (the file says so)", *_spss_notes(spss))
        return [Grid(path, "sav", spss.head_rows, spss.batches, member, "", notes, spss.dictionary)]
    if ending == ".parquet":
        parquet = parquet_of(opened().read()) if member else Parquet(str(path))
        return [Grid(path, "parquet", parquet.head_rows, parquet.batches, member)]
    what = f"ends in '{ending}', which is not read." if ending else "has no ending that says what it is."
    raise CellFault(what, f"Export it as one of: {', '.join(KNOWN)}, or a .zip of these.")


def _spss_notes(spss: Spss) -> list[str]:
    notes = []
    if spss.weight is not None:
        notes.append(f"weight: column '{spss.head_rows[0][spss.weight]}'; it is not applied")
    for number, reasons in spss.dictionary.missing.items():
        counts = ", ".join(f"{n} {label}" for label, n in reasons.value_counts().items())
        notes.append(
            f"missing by the file's own word, read as blank: column '{spss.head_rows[0][number]}' ({counts})"
        )
    return notes


def _sheets(path: Path, ending: str, book: Workbook, sheet: str, member: str) -> list[Grid]:
    if sheet and sheet not in book.sheets and not member:
        what = f"has no sheet '{sheet}'; its sheets are: {', '.join(book.sheets)}.{did_you_mean(sheet, book.sheets)}"
        raise CellFault(what, "Correct 'sheet' in study.toml.")
    chosen = [sheet] if sheet in book.sheets else book.sheets
    opened = {name: book.sheet(name) for name in chosen}
    filled = {name: one for name, one in opened.items() if not one.is_empty}
    grids = []
    for name, one in filled.items():
        others = ", ".join(other for other in filled if other != name)
        note = f"sheet: '{name}'" + (f" (others: {others})" if others else "")
        grids.append(Grid(path, ending[1:], one.head_rows, one.batches, member, name, (note,)))
    return grids


def _zipped(path: Path, wanted: str) -> list[Grid]:
    with path.open("rb") as file:
        members = [each for each in check_archive(file, largest=LARGEST_FILE).infolist() if not each.is_dir()]
    members = [each for each in members if not each.filename.startswith("__MACOSX/")]
    tables_of = [each for each in members if Path(each.filename).suffix.lower() in KNOWN]
    if not tables_of:
        raise CellFault("holds no table.", f"It may hold: {', '.join(KNOWN)}.")
    names = [each.filename for each in tables_of]
    if wanted in names:
        tables_of = [each for each in tables_of if each.filename == wanted]
    grids = []
    for each in tables_of:
        ending = Path(each.filename).suffix.lower()
        try:
            grids += _opened(
                path, ending, partial(_member, path, each.filename), each.file_size, wanted, each.filename
            )
        except CellFault as fault:
            raise refuse(f"{shown(path)} › {each.filename}", fault) from None
    if wanted and wanted not in names:
        grids = [grid for grid in grids if grid.sheet == wanted]
        if not grids:
            what = f"holds no table '{wanted}'; it holds: {', '.join(names)}.{did_you_mean(wanted, names)}"
            raise CellFault(what, "Correct 'sheet' in study.toml.")
    return grids


def _member(path: Path, name: str) -> BinaryIO:
    return zipfile.ZipFile(path).open(name)  # type: ignore[return-value]
