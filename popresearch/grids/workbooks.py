"""Workbooks: xlsx, xls and ods, read by calamine in pieces; their zip is looked into before it is unpacked."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pandas as pd
from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from popresearch.grids.grid import BATCH_ROWS, HEAD_ROWS, CellFault, frame
from popresearch.grids.limits import (
    AGAIN,
    COMPARE,
    LARGEST_CELL,
    LARGEST_WORKBOOK,
    MOST_COLUMNS,
    check_archive,
    too_large,
)
from popresearch.instrument import cell_text

DAMAGED = "is damaged or is not a workbook."
SMALL = 2_000_000  # cells up to which a sheet is one batch


class Workbook:
    """An opened workbook and the names of its sheets that hold something, in order; hidden ones last."""

    def __init__(self, content: bytes) -> None:
        if content.startswith(b"PK\x03\x04"):
            check_archive(io.BytesIO(content), largest=LARGEST_WORKBOOK)
        elif not content.startswith(b"\xd0\xcf\x11\xe0"):
            raise CellFault(DAMAGED, f"{AGAIN} If it is text, let its name end in .csv.")
        self.book = _guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(content)))
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
        self.head_rows = list(islice(self._rows(0), HEAD_ROWS))

    @property
    def is_empty(self) -> bool:
        """Whether no cell is in use."""
        return self.sheet.start is None

    def batches(self, first_row: int) -> Iterator[pd.DataFrame]:
        """Give the rows from `first_row` on."""
        is_small = self.sheet.total_height * max(self.width, 1) <= SMALL
        rows = self._rows(first_row - 1)
        while piece := list(islice(rows, None if is_small else BATCH_ROWS // 5)):
            yield frame(piece, first_row, self.width)
            first_row += len(piece)

    def _rows(self, skipped: int) -> Iterator[list[str]]:
        for number, row in enumerate(islice(self.sheet.iter_rows(), skipped, None), skipped + 1):
            # most cells are text already, and a call for each of 20 million would be felt
            cells = [cell if type(cell) is str else cell_text(cell) for cell in row]
            if max(map(len, cells), default=0) > LARGEST_CELL:
                raise too_large(number)
            yield self.indent + cells if self.indent else cells


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
