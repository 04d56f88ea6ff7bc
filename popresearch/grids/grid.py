"""The plain thing that every file becomes: rows of text, numbered as a spreadsheet numbers them."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from popresearch.faults import BadInput, bad_input
from popresearch.instrument import cell_text
from popresearch.wording import ROOT

HEAD_ROWS = 12  # rows that a grid shows before it is read
BATCH_ROWS = 100_000
THREE_DECIMALS = re.compile(r"-?\d+\.\d{3}")


class CellFault(Exception):
    """A fault found while rows are read; the door turns it into `BadInput` with the file's name."""

    def __init__(self, what: str, remedy: str, place: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy, self.place = what, remedy, place


@dataclass(frozen=True)
class Dictionary:
    """What a file says about its own columns (SPSS): texts, options by code, and sets of columns that are one question."""

    texts: dict[int, str] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    sets: dict[str, tuple[str, list[int]]] = field(default_factory=dict)
    missing: dict[int, pd.Series] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """Columns that nobody wants, and columns of which nearly each text is different, so that encoding them would only cost time."""

    unwanted: frozenset[int] = frozenset()
    plain: frozenset[int] = frozenset()


ALL = Choice()


@dataclass(frozen=True)
class Grid:
    """One table of a file: `head_rows` are its first rows as they stand; `batches` gives the rows from a number on.

    `member` names the file inside a zip, `sheet` the sheet of a workbook. `notes` say what was recognised, and why.
    """

    path: Path
    kind: str
    head_rows: list[list[str]]
    reader: Callable[[int, Choice], Iterator[pd.DataFrame]]
    member: str = ""
    sheet: str = ""
    notes: tuple[str, ...] = ()
    dictionary: Dictionary = field(default_factory=Dictionary)

    @property
    def source(self) -> str:
        """The file as messages show it, with the member of a zip."""
        return shown(self.path) + (f" › {self.member}" if self.member else "")

    def batches(self, first_row: int, choice: Choice = ALL) -> Iterator[pd.DataFrame]:
        """Give the rows from `first_row` on (the first row of a file is 1), dictionary-encoded, indexed by their numbers.

        Columns are numbered 0 …; an empty cell is "". Small files come as one batch. A fault is `BadInput`. The choice of columns is
        heeded where that saves time.
        """
        try:
            yield from self.reader(first_row, choice)
        except CellFault as fault:
            raise bad_input(self.source, fault.what, fault.remedy, self.place(fault.place)) from None

    def place(self, within: str) -> str:
        """Say where in the file something stands, with its sheet."""
        return ", ".join(part for part in (f"sheet '{self.sheet}'" if self.sheet else "", within) if part)


def letters(column: int) -> str:
    """Name a column, counted from 0, as spreadsheets do: A … Z, AA …"""
    name, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def frame(rows: list[list[str]], first_row: int, width: int) -> pd.DataFrame:
    """Make a batch of rows; short rows are filled with blanks, and rows that are longer than `width` widen the batch."""
    width = max([width, *map(len, rows)])
    cells = [row if len(row) == width else row + [""] * (width - len(row)) for row in rows]
    columns = list(zip(*cells, strict=True)) if cells else [()] * width
    texts = [pa.array(column, pa.string()).dictionary_encode() for column in columns]
    return encoded(pa.RecordBatch.from_arrays(texts, [str(number) for number in range(width)]), first_row)


def encoded(table: pa.RecordBatch, first_row: int) -> pd.DataFrame:
    """Make a batch of dictionary-encoded text."""
    index = range(first_row, first_row + table.num_rows)
    names = map(int, table.schema.names)
    return pd.DataFrame(
        {number: _cells(each) for number, each in zip(names, table.columns, strict=True)}, index=index
    )


def _cells(column: pa.Array) -> pd.Categorical | pd.api.extensions.ExtensionArray:
    return (
        categories(column)
        if pa.types.is_dictionary(column.type)
        else pd.array(column.to_pandas(), dtype="str")
    )


def categories(column: pa.DictionaryArray) -> pd.Categorical:
    """Turn dictionary-encoded text, its texts distinct, into pandas' own kind.

    Pandas would look again whether the texts are distinct, and make an object of each: longer than all of the reading takes.
    """
    texts = pd.Index(column.dictionary.to_pandas(), dtype="str")
    dtype = pd.CategoricalDtype._from_fastpath(texts, ordered=False)
    return pd.Categorical.from_codes(column.indices.to_numpy(), dtype=dtype, validate=False)


def ahead(made: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Make the next item in a thread while the last one is looked at; from the second on, since often only one is wanted."""
    with ThreadPoolExecutor(1) as pool:
        item = pool.submit(next, made, None).result()
        if item is not None:
            yield item
            coming = pool.submit(next, made, None)
            while (item := coming.result()) is not None:
                coming = pool.submit(next, made, None)
                yield item


def longest(column: pa.Array) -> int:
    """Measure the longest text of a column, in bytes."""
    texts = column.dictionary if pa.types.is_dictionary(column.type) else column
    return pc.max(pc.binary_length(texts)).as_py() or 0


def typed_text(cell: object) -> str:
    """Write a cell that has a type as text; a number with three decimals gets a fourth, since "1.234" in text may be a thousand."""
    text = cell_text(cell)
    return f"{text}0" if isinstance(cell, float | Decimal) and THREE_DECIMALS.fullmatch(text) else text


def shown(path: Path) -> str:
    """Show a path without the machine's folders."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def refuse(source: str, fault: CellFault) -> BadInput:
    """Turn a fault into `BadInput` of this source."""
    return bad_input(source, fault.what, fault.remedy, fault.place)
