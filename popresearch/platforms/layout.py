"""What a reader says about a table: which rows are heads, and what each column is."""

import csv
import functools
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

SERVICE_COLUMNS = Path(__file__).parent.parent / "tables" / "service_columns.csv"
SEPARATORS = {
    "microsoft_forms": ";",
    "google_forms": ", ",
    "kobo": " ",
    "odk": " ",
    "limesurvey": ", ",
    "surveymonkey": ", ",
    "qualtrics": ",",
    "eusurvey": "; ",
    "typeform": ", ",
    "spss": "; ",
    "table": "; ",
}
Rows = list[list[str]]


@dataclass(frozen=True)
class Column:
    """One column: `head` as people see it, and what the layout says about it; what is not known is blank.

    `meaning` is row_key, time, personal, service or status for a platform's own columns, blank for an answer. `question` and
    `option` are codes, `text` and `option_text` what respondents read; an option column holds one option, or one row of a matrix.
    `names` are the (question, option) codes that the head may stand for, the most specific first; `labels` the question texts.
    `repeat` and `instance` say of which repeat group, and which of its turns.
    """

    head: str
    meaning: str = ""
    question: str = ""
    option: str = ""
    text: str = ""
    option_text: str = ""
    names: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()
    repeat: str = ""
    instance: int = 0


@dataclass(frozen=True)
class Layout:
    """A recognised layout; `look` is the second look, at the first answers, that some layouts need.

    `no_answer` are texts that mean a blank, `coded` the columns whose options carry a code in brackets, `choices` options by code,
    `preview` for a column the texts that mark rows which nobody answered in earnest.
    """

    platform: str
    why: str
    columns: list[Column]
    head_count: int = 1
    separator: str = ""
    no_answer: frozenset[str] = frozenset()
    coded: frozenset[int] = frozenset()
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    preview: dict[int, frozenset[str]] = field(default_factory=dict)
    look: Callable[["Layout", pd.DataFrame], "Layout"] | None = None

    def __post_init__(self) -> None:
        if not self.separator:
            object.__setattr__(self, "separator", SEPARATORS[self.platform])


@functools.cache
def service_columns() -> dict[str, dict[str, str]]:
    """Read the table of service columns: platform → plain head → row_key, time, personal, service, status or whole."""
    meanings: dict[str, dict[str, str]] = {platform: {} for platform in SEPARATORS}
    with SERVICE_COLUMNS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            meanings[row["platform"]][plain(row["head"])] = row["meaning"]
    return meanings


def meaning(platform: str, head: str) -> str:
    """Say what a platform's own column means; blank for an answer."""
    return service_columns()[platform].get(plain(head), "")


def leading(platform: str, heads: list[str]) -> int:
    """Count the platform's own columns at the left: further right, "Name" or "Score" is a question."""
    own = [meaning(platform, head) not in ("", "whole") for head in heads]
    return own.index(False) if False in own else len(own)


def plain(text: str) -> str:
    """Fold case, width, white space and closing marks of a head."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("\u2010", "-")
    return re.sub(r"\s+", " ", text).strip(" .:*?؟")


def tidy(text: str) -> str:
    """Take line breaks and blanks off the ends of a head."""
    return text.replace("\r\n", "\n").strip()


def column(head: str, platform: str = "", **known: object) -> Column:
    """Make a column whose head may be the question's code or its text, perhaps behind group names."""
    head = tidy(head)
    given = {"text": head, "names": path_names(head), "labels": (head,)} | known
    given.setdefault("meaning", meaning(platform, head) if platform else "")
    return Column(head, **given)


def path_names(head: str) -> tuple[tuple[str, str], ...]:
    """Give the (question, option) codes that a head with group names may stand for."""
    steps = head.split("/")
    return (((steps[-2], steps[-1]),) if len(steps) > 1 else ()) + ((steps[-1], ""),)


def cell(rows: Rows, row: int, number: int) -> str:
    """Give a cell of the first rows, blank where the row is shorter."""
    return rows[row][number] if row < len(rows) and number < len(rows[row]) else ""


def bracketed(text: str) -> tuple[str, str]:
    """Split "Question [Row]" at its last brackets: (question, row); "[Row][Column]" gives "Row | Column". No row: blank."""
    asked, rows = text.strip(), []
    while asked.endswith("]") and (start := _opening(asked)) > 0:
        rows.insert(0, asked[start + 1 : -1].strip())
        asked = asked[:start]
    return asked.strip(), " | ".join(row for row in rows if row)


def _opening(text: str) -> int:
    """Find the bracket that the last one closes; -1 where there is none."""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] == "]") - (text[place] == "[")
        if not depth:
            return place
    return -1


def in_brackets(heads: list[str]) -> dict[int, tuple[str, str]]:
    """Find heads "Question [Option]" whose question another head shares, or is: column → (question, option)."""
    parts = {n: (asked, row) for n, head in enumerate(heads) for asked, row in [bracketed(head)] if row}
    shared = Counter(asked for asked, _ in parts.values()) + Counter(
        head.strip() for n, head in enumerate(heads) if n not in parts
    )
    return {n: part for n, part in parts.items() if shared[part[0]] > 1}


def common_text(texts: list[str], mark: str) -> str:
    """Give what all texts begin with, up to the last `mark`; blank where there is no such beginning."""
    start = os.path.commonprefix(texts)
    return start[: start.rindex(mark)] if mark in start else ""
