"""Workbooks: xlsx, xls and ods, read by calamine in pieces; their zip is looked into before it is unpacked."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from popresearch.grids.grid import ALL, HEAD_ROWS, CellFault, Choice, encoded, longest, typed_text
from popresearch.grids.limits import (
    AGAIN,
    COMPARE,
    LARGEST_CELL,
    LARGEST_WORKBOOK,
    MOST_COLUMNS,
    check_archive,
    check_sheet,
    too_large,
)

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream that a password puts in the workbook's place
DAMAGED = "is damaged or is not a workbook."
SMALL = 2_000_000  # cells up to which a sheet is one batch


class Workbook:
    """An opened workbook and the names of its sheets that hold something, in order; hidden ones last."""

    def __init__(self, source: Path | bytes) -> None:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            start, by_path = file.read(4), False
            if start == b"PK\x03\x04":
                archive = check_archive(file, largest=LARGEST_WORKBOOK, look=check_sheet)
                # takes less memory, but calamine believes the ending, and .xls is given to many kinds
                is_named_so = isinstance(source, Path) and source.suffix.lower() in (".xlsx", ".xlsm")
                by_path = is_named_so and "xl/workbook.xml" in archive.namelist()
            elif start != b"\xd0\xcf\x11\xe0":
                raise CellFault(DAMAGED, f"{AGAIN} If it is text, let its name end in .csv.")
            elif ENCRYPTED in start + file.read():
                raise CellFault("is locked with a password.", "Save it without one.")
            file.seek(0)
            self.book = _guarded(
                lambda: (
                    CalamineWorkbook.from_path(str(source))
                    if by_path
                    else CalamineWorkbook.from_filelike(file)
                )
            )
        shown = {
            sheet.name: sheet.visible == SheetVisibleEnum.Visible
            for sheet in self.book.sheets_metadata
            if sheet.name in self.book.sheet_names
        }
        self.sheets = sorted(self.book.sheet_names, key=lambda name: not shown.get(name, True))

    def sheet(self, name: str) -> "Sheet":
        """Open a sheet."""
        return Sheet(_guarded(lambda: self.book.get_sheet_by_name(name)))


class Sheet:
    """One sheet: its first rows, and batches of rows; a cell that begins with "=" and is text stays text."""

    def __init__(self, sheet: CalamineSheet) -> None:
        self.sheet = sheet
        self.indent = (
            [""] * sheet.start[1] if sheet.start else []
        )  # calamine starts at the first column in use
        self.width = len(self.indent) + sheet.width
        if self.width > MOST_COLUMNS:
            what = f"has {self.width:,} columns; at most {MOST_COLUMNS:,} are read."
            raise CellFault(what, "Export it in parts.")
        rows = list(islice(sheet.iter_rows(), HEAD_ROWS))
        self.head_rows = [
            self.indent + [cell if type(cell) is str else typed_text(cell) for cell in row] for row in rows
        ]

    @property
    def is_empty(self) -> bool:
        """Whether no cell is in use."""
        return self.sheet.start is None

    def batches(self, first_row: int, choice: Choice = ALL) -> Iterator[pd.DataFrame]:
        """Give the rows from `first_row` on."""
        is_small = self.sheet.total_height * max(self.width, 1) <= SMALL
        rows = islice(self.sheet.iter_rows(), first_row - 1, None)
        at_once = None if is_small else max(1, SMALL // self.width)
        while piece := list(islice(rows, at_once)):
            if not is_small and all(_is_blank(row) for row in piece):
                first_row += len(piece)  # a cell far out makes a sheet long
                continue
            columns = [_encoded(column) for column in zip(*piece, strict=True)]
            if any(longest(column) > LARGEST_CELL for column in columns):
                raise too_large(_row_of(piece, first_row))
            blank = pa.DictionaryArray.from_arrays(pa.array([0] * len(piece), pa.int32()), [""])
            table = [*[blank] * len(self.indent), *columns]
            yield encoded(
                pa.RecordBatch.from_arrays(table, [str(number) for number in range(len(table))]), first_row
            )
            first_row += len(piece)


def _is_blank(row: list[object]) -> bool:
    return not any(row) and row.count("") == len(row)


def _encoded(column: tuple[object, ...]) -> pa.DictionaryArray:
    """Encode a column; most are text or numbers alone, and a call for each of 20 million cells would be felt."""
    kinds = set(map(type, column)) - {str}
    if len(kinds) == 1:
        texts = {cell: typed_text(cell) for cell in set(column) if type(cell) is not str}
        column = [texts.get(cell, cell) for cell in column]
    elif kinds:  # 1, 1.0 and true would be the same key
        column = [cell if type(cell) is str else typed_text(cell) for cell in column]
    return pa.array(column, pa.string()).dictionary_encode()


def _row_of(rows: list[list[object]], first_row: int) -> int:
    """Find the row with a cell that is too large."""
    return next(
        n for n, row in enumerate(rows, first_row) if any(len(str(cell)) > LARGEST_CELL for cell in row)
    )


def _guarded(open_it: Callable[[], Any]) -> Any:
    """Run a call of calamine; whatever it stumbles over, a crash inside it too, is a damaged file.

    Before a crash reaches Python, Rust prints pages of it; they are not shown.
    """
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        return open_it()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic in Rust is no Exception
        raise CellFault(DAMAGED, COMPARE) from error
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
