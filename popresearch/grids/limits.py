"""What no export needs and no machine should have to read: bombs, giants, files that are not what their name says."""

import re
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial, reduce
from pathlib import Path
from typing import BinaryIO

from popresearch.grids.grid import CellFault

LARGEST_FILE = 2_000_000_000  # bytes
LARGEST_WORKBOOK = 1_000_000_000  # bytes, unpacked
LARGEST_RATIO = 200  # unpacked to packed, looked at from 100 MB on: repeated answers pack 50 times smaller
RATIO_FROM = 100_000_000  # bytes, unpacked
MOST_MEMBERS = 10_000
MOST_COLUMNS = 16_384  # Excel's own limit
MOST_ROWS = 1_048_576  # Excel's own limit, too
MOST_CELLS = 60_000_000  # of a sheet, blank ones within too: each takes 32 bytes
PIECE = 1 << 20  # bytes
CELL = re.compile(rb""" r=["']([A-Z]+)([0-9]+)["']""")
FAR = re.compile(rb""" r=["'](?:[A-Z]{3}|[A-Z]+[0-9]{7})""")  # beyond 702 columns, or 999,999 rows
LARGEST_CELL = 1_000_000  # characters
LONGEST_ROW = 20_000_000  # characters
AGAIN = "Export it again."
COMPARE = f"{AGAIN} Compare the sizes."
MAGIC = {
    b"PK\x03\x04": "a workbook or a zip",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel or Word file",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"PAR1": "a Parquet file",
    b"$FL2": "an SPSS file",
    b"$FL3": "an SPSS file",
    b"SQLite format 3": "a database",
}


def check_file(path: Path) -> None:
    """Refuse what is not there, is no file, is too large, or is a link that leads out of its folder."""
    if not path.exists():
        raise CellFault(
            "does not exist.", "Put the export there, or correct 'files' or 'sources' in study.toml."
        )
    if path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
        raise CellFault("is a link that leads out of its folder.", "Put the file itself there.")
    if not path.is_file():
        raise CellFault("is not a file.", "Put the export there, or correct 'files' in study.toml.")
    if path.stat().st_size > LARGEST_FILE:
        raise CellFault("is larger than 2 GB.", "Export it in parts.")


def check_text(start: bytes) -> None:
    """Refuse a file that is named as text and is something else."""
    for magic, what in MAGIC.items():
        if start.startswith(magic):
            raise CellFault(
                f"is {what}, not a table of text.", "Give it the ending that it has, or export it as CSV."
            )
    head = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"<meta", b"<head")):
        what = "is a web page, not a table of text; a log-in page may have been saved in its place."
        raise CellFault(what, "Sign in and export it again.")
    if head.startswith(b"{\\rtf"):
        raise CellFault("is a word processor's file, not a table of text.", "Export it as CSV.")


def check_archive(
    file: BinaryIO, *, largest: int, look: Callable[[str, Iterator[bytes]], None] | None = None
) -> zipfile.ZipFile:
    """Open a zip whose contents fit; each member is unpacked once, without keeping it, so that a false size is found.

    `look` may look at the name and the pieces of each.
    """
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise CellFault(f"holds {len(members):,} files; at most {MOST_MEMBERS:,} are read.", AGAIN)
        if any(member.flag_bits & 1 for member in members):
            raise CellFault("is locked with a password.", "Save it without one.")
        total = sum(member.file_size for member in members)
        packed = sum(member.compress_size for member in members)
        if total > largest:
            what = f"unpacks to {total / 1e9:,.1f} GB; at most {largest / 1e9:,.0f} GB are read."
            raise CellFault(what, "Export it in parts.")
        if total > RATIO_FROM and total > LARGEST_RATIO * max(packed, 1):
            what = f"unpacks to {total // max(packed, 1):,} times its size; no export does that."
            raise CellFault(what, AGAIN)
        for member in members:
            with archive.open(member) as inside:
                pieces = iter(partial(inside.read, PIECE), b"")
                if look:
                    look(member.filename, pieces)
                deque(pieces, maxlen=0)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        EOFError,
        OSError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise CellFault("is damaged or is not what its ending says.", COMPARE) from error
    except Exception as error:
        if isinstance(error, CellFault):
            raise
        raise CellFault("is damaged.", COMPARE) from error  # zlib.error and its like
    return archive


def check_sheet(name: str, pieces: Iterator[bytes]) -> None:
    """Refuse a sheet whose last column and last row lie so far out that the blanks between would fill the memory."""
    if not name.startswith("xl/worksheets/"):
        return
    width = height = 0
    for cell in _far_cells(pieces):
        width, height = max(width, _number(cell[1])), max(height, int(cell[2]))
        if width * height > MOST_CELLS or height > MOST_ROWS:
            what = f"has a sheet of {height:,} rows and {width:,} columns, blank ones included; that is more than we can hold."
            raise CellFault(what, "Delete the rows and columns that lie far out, or export it as CSV.")


def _far_cells(pieces: Iterator[bytes]) -> Iterator[re.Match[bytes]]:
    """Find the last cell of each row; all of its cells where they do not all name the same row, or one may lie far out."""
    rest = b""
    for piece in pieces:
        *rows, rest = (rest[-PIECE:] + piece).split(b"</row>")
        for row in rows:
            last = max(row.rfind(b" r='"), row.rfind(b' r="'))
            if last >= 0 and (cell := CELL.match(row, last)):
                named = row.count(cell[2] + row[cell.end() - 1 : cell.end()])
                is_regular = named >= row.count(b"<c ") and not FAR.search(row)
                yield from [cell] if is_regular else CELL.finditer(row)


def _number(letters: bytes) -> int:
    """Count a column named by letters, A as 1."""
    return reduce(lambda number, letter: number * 26 + letter - 64, letters, 0)


def check_row(row: list[str], number: int) -> None:
    """Refuse a row with more cells, or a larger cell, than a spreadsheet could hold."""
    if len(row) > MOST_COLUMNS:
        what = f"has {len(row):,} cells; at most {MOST_COLUMNS:,} are read."
        raise CellFault(
            what, "The separator or the quotation marks may be wrong; export it again.", f"row {number}"
        )
    if sum(map(len, row)) > LARGEST_CELL and max(map(len, row)) > LARGEST_CELL:
        raise too_large(number)


def too_large(number: int) -> CellFault:
    """Say that a cell is too large."""
    what = "has a cell of over a million characters; a quotation mark may never be closed."
    return CellFault(what, AGAIN, f"row {number}")


def row_too_long(number: int) -> CellFault:
    """Say that a row does not end."""
    what = f"has a row of over {LONGEST_ROW // 1_000_000} million characters; its line ends may be lost."
    return CellFault(what, AGAIN, f"row {number}")
