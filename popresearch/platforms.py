"""Exports of survey platforms, recognised by their layout and turned into one plain thing: heads, rows, and where they stand.

A reader knows its platform's service columns (row keys, times, personal data) and how it writes choose-many answers; what a column
asks is for `ingest` to find out.
"""

import csv
import functools
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from popresearch.faults import bad_input
from popresearch.instrument import read_sheets
from popresearch.wording import ROOT

LARGEST_FILE = 2_000_000_000  # bytes
SEPARATORS = {"microsoft_forms": ";", "google_forms": ", ", "kobo": " ", "limesurvey": ", ", "table": "; "}
LIMESURVEY_HEAD = re.compile(r"(?P<question>\w+)(?:\[(?P<option>\w+)\])?\._\.(?P<text>.*)", re.DOTALL)
SERVICE_COLUMNS = Path(__file__).parent / "tables" / "service_columns.csv"


@dataclass(frozen=True)
class Export:
    """One file of answers: `rows` holds text only, its columns numbered 0 … in the file's order, its index the file's row numbers."""

    path: Path
    platform: str
    heads: list[str]
    rows: pd.DataFrame
    meanings: list[str]
    why: str

    @property
    def shown(self) -> str:
        """The path as messages show it, from the project's root where it lies inside."""
        return shown(self.path)

    @property
    def separator(self) -> str:
        """What stands between the options of one choose-many answer."""
        return SEPARATORS[self.platform]


def read(path: Path, sheet: str = "") -> Export:
    """Read an export (.csv, .tsv, .xlsx, .xls, .ods); a file that cannot be read is `BadInput`, and none of it is used."""
    grid = _grid(path, sheet)
    if len(grid) < 2:
        raise bad_input(
            shown(path),
            "holds no answers.",
            "Export it again; the first row has the questions, the others answers.",
        )
    heads = [head.strip() for head in grid[0]]
    platform, why = recognise(heads)
    rows = pd.DataFrame(grid[1:], index=range(2, len(grid) + 1), dtype=str)
    rows = rows.reindex(columns=range(len(heads))).fillna("")
    empty = (rows == "").all(axis=1)
    return Export(path, platform, heads, rows[~empty], [_meaning(platform, head) for head in heads], why)


def recognise(heads: list[str]) -> tuple[str, str]:
    """Name the platform that wrote these heads, and why we think so."""
    services = service_columns()
    if sum(bool(LIMESURVEY_HEAD.fullmatch(head)) for head in heads) > len(heads) / 2:
        return "limesurvey", "heads read code._.text"
    own = [head for head in heads if services["kobo"].get(_last(head)) and head.startswith(("_", "meta/"))]
    if len(own) >= 2:
        return "kobo", f"has the columns {own[0]} and {own[1]}"
    if (
        services["microsoft_forms"].get(heads[0]) == "row_key"
        and services["microsoft_forms"].get(heads[1]) == "time"
    ):
        return "microsoft_forms", f"starts with {heads[0]} and {heads[1]}"
    if services["google_forms"].get(heads[0]) == "time":
        return "google_forms", f"starts with {heads[0]}"
    return "table", "one column a question, no platform's own columns"


@functools.cache
def service_columns() -> dict[str, dict[str, str]]:
    """Read the table of service columns: platform → head → row_key, time, personal or service."""
    meanings: dict[str, dict[str, str]] = {platform: {} for platform in SEPARATORS}
    with SERVICE_COLUMNS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            meanings[row["platform"]][row["head"]] = row["meaning"]
    return meanings


def names_in(head: str, platform: str) -> Iterator[tuple[str, str]]:
    """Give the (question, option) pairs that a head may name, the most specific first; option is blank for a whole question."""
    if platform == "limesurvey" and (parts := LIMESURVEY_HEAD.fullmatch(head)):
        if parts["option"]:
            yield parts["question"], parts["option"]
            yield f"{parts['question']}[{parts['option']}]", ""
        yield parts["question"], ""
        return
    steps = head.split("/")
    if len(steps) > 1:
        yield steps[-2], steps[-1]
    yield steps[-1], ""


def label_in(head: str, platform: str) -> str:
    """Give the part of a head that may be a question's label."""
    parts = LIMESURVEY_HEAD.fullmatch(head) if platform == "limesurvey" else None
    return (parts["text"] if parts else head).strip()


def shown(path: Path) -> str:
    """Show a path without the machine's folders."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def _meaning(platform: str, head: str) -> str:
    first = head.partition("._.")[0] if platform == "limesurvey" else _last(head)
    return service_columns()[platform].get(first, service_columns()[platform].get(head, ""))


def _last(head: str) -> str:
    return head if head.startswith(("meta/", "formhub/")) else head.rsplit("/", 1)[-1]


def _grid(path: Path, sheet: str) -> list[list[str]]:
    if not path.is_file():
        raise bad_input(
            shown(path),
            "does not exist.",
            "Put the export there, or correct 'files' or 'sources' in study.toml.",
        )
    if path.stat().st_size > LARGEST_FILE:
        raise bad_input(shown(path), "is larger than 2 GB.", "Export it in parts.")
    if path.suffix.lower() in (".xlsx", ".xls", ".ods"):
        return _workbook(path, sheet)
    return _delimited(path)


def _workbook(path: Path, sheet: str) -> list[list[str]]:
    sheets = read_sheets(path)
    name = sheet or next(iter(sheets))
    if name not in sheets:
        raise bad_input(
            shown(path),
            f"has no sheet '{name}'; its sheets are: {', '.join(sheets)}.",
            "Correct 'sheet' in study.toml.",
        )
    return sheets[name]


def _delimited(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1:,} is not UTF-8 text."
        raise bad_input(shown(path), where, "Save it as 'CSV UTF-8', or give us the .xlsx export.") from None
    if "\0" in text:
        raise bad_input(shown(path), "holds NUL bytes; it is damaged or not a CSV file.", "Export it again.")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    csv.field_size_limit(10_000_000)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        raise bad_input(
            shown(path),
            "has a quotation mark that is never closed, or a cell of over 10 MB.",
            "Export it again.",
        ) from None
