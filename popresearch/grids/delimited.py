"""Text with separators: csv and tsv, read in pieces.

A large file is read by pyarrow, several times faster, one piece ahead in a thread; where a quotation mark does not stand where it
belongs, or a row has another length, Python's own reader takes over, which tells what is wrong and where. Both give the same rows.
"""

import codecs
import csv
import io
import math
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from popresearch.grids import encodings
from popresearch.grids.grid import (
    ALL,
    BATCH_ROWS,
    HEAD_ROWS,
    CellFault,
    Choice,
    ahead,
    encoded,
    frame,
    longest,
)
from popresearch.grids.limits import (
    AGAIN,
    LARGEST_CELL,
    LONGEST_ROW,
    check_row,
    check_text,
    row_too_long,
    too_large,
)

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LOOKED_AT = 200_000  # characters
ROWS_LOOKED_AT = 50
PIECE = 8_000_000  # bytes; the system gives larger ones back after use, and takes as long to give them anew
BLOCK = 4_000_000  # bytes; pyarrow is slower with smaller and with larger ones
LOOKED_AT_ONCE = 1 << 22  # bytes
READERS = 2  # threads
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

    def batches(self, first_row: int, choice: Choice = ALL) -> Iterator[pd.DataFrame]:
        """Give the rows from `first_row` on."""
        done = 0
        if self.size > SMALL:
            try:
                for table in ahead(self._tables(choice)):
                    skip = max(first_row - 1 - done, 0)
                    if skip < table.num_rows:
                        yield encoded(table.slice(skip), done + skip + 1)
                    done += table.num_rows
                return
            except (Irregular, UnicodeDecodeError):
                first_row = max(first_row, done + 1)
        yield from self.slow(first_row)

    def slow(self, first_row: int) -> Iterator[pd.DataFrame]:
        """Give the rows from `first_row` on, by Python's own reader."""
        rows = islice(self._rows(), first_row - 1, None)
        is_small = self.size <= SMALL
        while piece := list(islice(rows, None if is_small else BATCH_ROWS)):
            yield frame(piece, first_row, self.width)
            first_row += len(piece)

    def _tables(self, choice: Choice) -> Iterator[pa.RecordBatch]:
        """Read piece by piece with pyarrow; `Irregular` before rows that Python's reader has to look at.

        The first piece comes alone, since the layout is recognised from it; then many rows at once, which costs less behind.
        """
        tables, rows = [], BATCH_ROWS
        pieces = whole_rows(_utf8(self.opened, self.encoding.name), self.separator)
        read = partial(_fast, separator=self.separator, width=self.width, unwanted=choice.unwanted)
        with ThreadPoolExecutor(READERS) as pool:
            for table in _in_turn(pool, (partial(read, piece) for piece in pieces)):
                tables.append(table)
                rows += table.num_rows
                if rows >= BATCH_ROWS:
                    yield _encoded(tables, pool, choice.plain)
                    tables, rows = [], 0
            if tables:
                yield _encoded(tables, pool, choice.plain)

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self.opened(), encoding=self.encoding.name, newline="")

    def _rows(self) -> Iterator[list[str]]:
        csv.field_size_limit(LARGEST_CELL)
        number = 0
        with self._text() as text:
            lines = _Lines(text)
            reader = csv.reader(lines, delimiter=self.separator, strict=True)
            try:
                for number, row in enumerate(reader, 1):
                    lines.length = 0
                    check_row(row, number)
                    yield row
            except OverflowError:
                raise row_too_long(number + 1) from None
            except csv.Error as error:
                if "limit" in str(error):
                    raise too_large(number + 1) from None
                raise CellFault(UNCLOSED, AGAIN, f"row {number + 1}") from None
            except UnicodeDecodeError:
                what = "has letters that are not in the encoding of the rows above."
                raise CellFault(what, encodings.REMEDY, f"row {number + 1}, or near it") from None


class _Lines:
    """The lines of a text; `OverflowError` where those since `length` was set to 0 are too long for one row."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text, self.length = text, 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.text.readline(LONGEST_ROW + 1)
        self.length += len(line)
        if self.length > LONGEST_ROW:
            raise OverflowError
        if not line:
            raise StopIteration
        return line


def separator_of(text: str) -> tuple[str, str]:
    """Find the separator that gives the most rows the same number of cells, and the more cells the better.

    One that divides every row alike, the head among them, goes before one that only divides the lists within cells.
    """
    if text[:4].lower() == "sep=" and text[4:5] in SEPARATORS:
        return text[4], "the first row says so"
    if len(text) == LOOKED_AT and "\n" in text:
        text = text[: text.rindex("\n")]
    best, score, why = ",", (False, 0.0), "there is one column"
    for separator in SEPARATORS:
        widths = _widths(text, separator)
        several = Counter(width for width in widths if width > 1)
        if not several:
            continue
        width, count = max(several.items(), key=lambda item: (item[1] * math.log(item[0]), item[0]))
        filled = sum(1 for each in widths if each)
        # decimal commas agree among themselves, but not with the head
        agrees = count / filled * math.log(width) * (1.0 if widths[0] == width else 0.5)
        own = (count == filled and widths[0] == width, agrees)
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


def whole_rows(pieces: Iterator[bytes], separator: str) -> Iterator[bytes]:
    """Cut behind row ends that stand outside quotation marks; marks out of place, or a row larger than a piece, are `Irregular`."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = _end_of_rows(rest, is_open=ends_open(rest, separator))
        if end:
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > 2 * PIECE:
            raise Irregular
    if ends_open(rest, separator):
        raise Irregular
    if rest:
        yield rest


def _end_of_rows(rows: bytes, *, is_open: bool) -> int:
    after = len(rows)
    while (end := rows.rfind(b"\n", 0, after)) >= 0:
        is_open ^= rows.count(b'"', end, after) % 2 == 1
        if not is_open:
            return end + 1
        after = end
    return 0


def ends_open(rows: bytes, separator: str) -> bool:
    """Say whether the rows end within quotation marks.

    `Irregular` unless each mark opens a cell, closes one, or is doubled within one; then any reader reads alike.
    """
    beside = np.zeros(256, bool)
    beside[list(f'{separator}\n\r"'.encode())] = True
    data, is_open = np.frombuffer(rows, np.uint8), False
    for start in range(0, len(data), LOOKED_AT_ONCE):
        places = np.flatnonzero(data[start : start + LOOKED_AT_ONCE] == 34) + start
        opening, closing = places[is_open::2], places[not is_open :: 2]
        # what stands before the first byte ended a row, what follows the last one is looked at with the next piece
        before, after = data[opening[opening > 0] - 1], data[closing[closing < len(data) - 1] + 1]
        if not (beside[before].all() and beside[after].all()):
            raise Irregular
        is_open ^= len(places) % 2 == 1
    return is_open


def _utf8(opened: Callable[[], BinaryIO], encoding: str) -> Iterator[bytes]:
    """Give a file's bytes in pieces, as UTF-8 without its mark."""
    decoder = None if encoding.startswith("utf-8") else codecs.getincrementaldecoder(encoding)()
    with opened() as file:
        piece = file.read(PIECE).removeprefix(codecs.BOM_UTF8)
        while piece:
            yield decoder.decode(piece).encode() if decoder else piece
            piece = file.read(PIECE)


def _fast(rows: bytes, separator: str, width: int, unwanted: frozenset[int]) -> pa.Table:
    """Read whole rows with pyarrow, as text; `Irregular` where a row has another length."""
    names = [str(number) for number in range(width)]
    wanted = [name for name in names if int(name) not in unwanted]
    odd = []
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(rows),
            read_options=pyarrow.csv.ReadOptions(block_size=BLOCK, column_names=names, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=lambda row: odd.append(row.number) or "skip",
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                strings_can_be_null=False,
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=wanted,
            ),
        )
    except pa.ArrowInvalid:
        raise Irregular from None
    if odd:
        raise Irregular
    return table


def _in_turn(pool: ThreadPoolExecutor, tasks: Iterator[Callable[[], pa.Table]]) -> Iterator[pa.Table]:
    """Do tasks in the pool, a few at a time, and give their results in order."""
    waiting: deque[Future[pa.Table]] = deque()
    for task in tasks:
        waiting.append(pool.submit(task))
        if len(waiting) > READERS:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _encoded(tables: list[pa.Table], pool: ThreadPoolExecutor, plain: frozenset[int]) -> pa.RecordBatch:
    """Encode the columns of several tables as one, which is quicker than to unify the dictionaries of each."""
    table = pa.concat_tables(tables)

    def encode(name: str) -> pa.Array:
        column = table[name]
        return (column if int(name) in plain else column.dictionary_encode()).combine_chunks()

    columns = list(pool.map(encode, table.column_names))
    if any(longest(column) > LARGEST_CELL for column in columns):
        raise Irregular
    return pa.RecordBatch.from_arrays(columns, table.column_names)
