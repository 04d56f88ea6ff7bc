"""Text with separators: csv and tsv, read in pieces.

A large file whose quotation marks all stand where they belong is read by pyarrow, several times faster; any other, and any with
rows of unequal length, by Python's own reader, which tells what is wrong and where. Both give the same rows.
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from popresearch.grids import encodings
from popresearch.grids.grid import BATCH_ROWS, HEAD_ROWS, CellFault, categories, frame
from popresearch.grids.limits import AGAIN, LARGEST_CELL, check_row, check_text, too_large

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LOOKED_AT = 200_000  # characters
ROWS_LOOKED_AT = 50
BLOCK = 16_000_000  # bytes
SMALL = 4_000_000  # bytes up to which Python's reader is as good
UNCLOSED = "has a quotation mark that is never closed, or one in the middle of a cell."


class Irregular(Exception):
    """pyarrow met something that Python's reader has to look at."""


class Delimited:
    """An opened text table: its encoding, its separator, and its rows."""

    def __init__(self, opened: Callable[[], BinaryIO], size: int) -> None:
        with opened() as file:
            check_text(file.read(4096))
        self.opened, self.size = opened, size
        self.encoding = encodings.detect(opened)
        with self._text() as text:
            self.separator, self.why = separator_of(text.read(LOOKED_AT))
        self.head_rows = list(islice(self._rows(), HEAD_ROWS))
        self.width = max(map(len, self.head_rows), default=1)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was recognised, and why."""
        return (
            f"encoding: {encodings.NAMES[self.encoding.name]} ({self.encoding.why})",
            f"separator: {SEPARATORS[self.separator]} ({self.why})",
        )

    def batches(self, first_row: int) -> Iterator[pd.DataFrame]:
        """Give the rows from `first_row` on."""
        done = 0
        if self.size > SMALL and is_regular(self.opened, self.encoding.name, self.separator):
            try:
                for table in _fast(self.opened, self.encoding.name, self.separator, self.width):
                    skip = max(first_row - 1 - done, 0)
                    if skip < table.num_rows:
                        yield _encoded(table.slice(skip), done + skip + 1)
                    done += table.num_rows
                return
            except Irregular:
                first_row = max(first_row, done + 1)
        yield from self.slow(first_row)

    def slow(self, first_row: int) -> Iterator[pd.DataFrame]:
        """Give the rows from `first_row` on, by Python's own reader."""
        rows = islice(self._rows(), first_row - 1, None)
        is_small = self.size <= SMALL
        while piece := list(islice(rows, None if is_small else BATCH_ROWS)):
            yield frame(piece, first_row, self.width)
            first_row += len(piece)

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self.opened(), encoding=self.encoding.name, newline="")

    def _rows(self) -> Iterator[list[str]]:
        csv.field_size_limit(LARGEST_CELL)
        number = 0
        with self._text() as text:
            reader = csv.reader(text, delimiter=self.separator, strict=True)
            try:
                for number, row in enumerate(reader, 1):
                    check_row(row, number)
                    yield row
            except csv.Error as error:
                if "limit" in str(error):
                    raise too_large(number + 1) from None
                raise CellFault(UNCLOSED, AGAIN, f"row {number + 1}") from None
            except UnicodeDecodeError:
                what = "has letters that are not in the encoding of the rows above."
                raise CellFault(what, encodings.REMEDY, f"row {number + 1}, or near it") from None


def separator_of(text: str) -> tuple[str, str]:
    """Find the separator that gives the most rows the same number of cells, and the more cells the better."""
    if text[:4].lower() == "sep=" and text[4:5] in SEPARATORS:
        return text[4], "the first row says so"
    if len(text) == LOOKED_AT and "\n" in text:
        text = text[: text.rindex("\n")]
    best, score, why = ",", 0.0, "there is one column"
    for separator in SEPARATORS:
        widths = _widths(text, separator)
        several = Counter(width for width in widths if width > 1)
        if not several:
            continue
        width, count = max(several.items(), key=lambda item: (item[1] * math.log(item[0]), item[0]))
        filled = sum(1 for each in widths if each)
        # decimal commas agree among themselves, but not with the head
        own = count / filled * math.log(width) * (1.0 if widths[0] == width else 0.5)
        if own > score:
            best, score, why = separator, own, f"{count} of the first {filled} rows have {width} cells"
    return best, why


def _widths(text: str, separator: str) -> list[int]:
    csv.field_size_limit(LARGEST_CELL)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return [len(row) for row in islice(rows, ROWS_LOOKED_AT)] or [0]
    except csv.Error:
        return [0]


def is_regular(opened: Callable[[], BinaryIO], encoding: str, separator: str) -> bool:
    """Say whether each quotation mark opens a cell, closes one, or is doubled within one; then any reader reads alike."""
    if encoding.startswith("utf-16"):
        return False
    before, after = np.zeros(256, bool), np.zeros(256, bool)
    for byte in (separator.encode()[0], 10, 13, 34):
        before[byte] = after[byte] = True
    is_open, carry = False, b"\n"
    with opened() as file:
        file.seek(3 if encoding == "utf-8-sig" else 0)
        while True:
            piece = file.read(1 << 22)
            data = np.frombuffer(carry + (piece or b"\n"), np.uint8)
            # the first byte and the last are only neighbours; the last is looked at with the next piece
            places = np.flatnonzero(data[1:-1] == 34) + 1
            opens = (np.arange(len(places)) % 2 == 0) ^ is_open
            if not (before[data[places[opens] - 1]].all() and after[data[places[~opens] + 1]].all()):
                return False
            is_open ^= len(places) % 2 == 1
            if not piece:
                return not is_open
            carry = data[-2:].tobytes()


def _fast(
    opened: Callable[[], BinaryIO], encoding: str, separator: str, width: int
) -> Iterator[pa.RecordBatch]:
    """Read with pyarrow, every column dictionary-encoded text; `Irregular` before a batch that has a row of another length."""
    odd = False

    def note(_: object) -> str:
        nonlocal odd
        odd = True
        return "skip"

    names = [str(number) for number in range(width)]
    text = dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string()))
    try:
        reader = pyarrow.csv.open_csv(
            opened(),
            read_options=pyarrow.csv.ReadOptions(
                block_size=BLOCK, column_names=names, encoding="utf8" if "utf-8" in encoding else encoding
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=note,
            ),
            convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=False, column_types=text),
        )
        for table in reader:
            if odd or any(_longest(column) > LARGEST_CELL for column in table.columns):
                raise Irregular
            yield table
    except pa.ArrowInvalid:
        raise Irregular from None
    if odd:
        raise Irregular


def _longest(column: pa.DictionaryArray) -> int:
    return pc.max(pc.binary_length(column.dictionary)).as_py() or 0


def _encoded(table: pa.RecordBatch, first_row: int) -> pd.DataFrame:
    index = range(first_row, first_row + table.num_rows)
    return pd.DataFrame({number: categories(each) for number, each in enumerate(table.columns)}, index=index)
