"""EUSurvey: title rows, then heads that end in a code, "Your country (ID10)"; options carry their code too, joined with "; "."""

import dataclasses
import re
from collections import Counter

import pandas as pd

from popresearch.platforms.layout import Column, Layout, Rows, column, meaning, tidy

PLATFORM = "eusurvey"
CODED = re.compile(r"(?P<text>.*?)\s*\((?P<code>[A-Za-z]\w*)\)", re.DOTALL)
CODE = re.compile(r"\s*\([A-Za-z]\w*\)$")
CELL = re.compile(
    r"\((?P<row>[A-Za-z]\w*)\)\s*:[^:]*$"
)  # in a table to fill in, the row's code stands before the column's
OPTION = re.compile(r"(?P<label>.*\S)\((?P<code>\w+)\)", re.DOTALL)
TITLE = "alias"


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise codes at the end of most heads, or the title rows above heads without codes."""
    heads = [tidy(head) for head in top[0]]
    asked = [head for head in heads if head and not meaning(PLATFORM, head)]
    coded = sum(bool(CODED.fullmatch(head)) for head in asked)
    titled = any(row and tidy(row[0]).casefold() == TITLE for row in above)
    if len(asked) >= 2 and coded >= 0.8 * len(asked) and (titled or coded >= 3):
        why = f"{coded} of {len(heads)} heads end in a code" + (
            ", and title rows stand above them" if titled else ""
        )
    elif titled and any(meaning(PLATFORM, head) == "time" for head in heads):
        why = "title rows stand above the heads, and the platform's own columns are among them"
        return Layout(PLATFORM, why, _uncoded(heads), look=_look)
    else:
        return None
    return Layout(PLATFORM, why, _columns(heads), look=_look)


def _columns(heads: list[str]) -> list[Column]:
    parts = {n: match for n, head in enumerate(heads) if (match := CODED.fullmatch(head))}
    shared = Counter(match["text"].rpartition(":")[0].strip() for match in parts.values())
    columns = []
    for number, head in enumerate(heads):
        match = parts.get(number)
        if not match or meaning(PLATFORM, head):
            columns.append(column(head, PLATFORM))
            continue
        asked, _, row = match["text"].rpartition(":")
        is_row = bool(asked) and shared[asked.strip()] > 1
        text = CODE.sub("", asked.strip()) if is_row else match["text"]
        inside = CELL.search(match["text"])
        code = f"{inside['row']}_{match['code']}" if inside else match["code"]
        columns.append(
            column(head, meaning="", question=code, text=text, option_text=row.strip() if is_row else "",
                   names=((code, ""),), labels=(match["text"], head))
        )  # fmt: skip
    return columns


def _uncoded(heads: list[str]) -> list[Column]:
    """Describe heads that were exported without codes; the rows of a matrix read "Question: Row"."""
    parts = {n: head.rpartition(": ")[::2] for n, head in enumerate(heads) if not meaning(PLATFORM, head)}
    shared = Counter(asked for asked, _ in parts.values() if asked)
    columns = []
    for number, head in enumerate(heads):
        asked, row = parts.get(number, ("", ""))
        is_row = shared[asked] > 1
        columns.append(
            column(head, text=asked.strip(), option_text=row.strip()) if is_row else column(head, PLATFORM)
        )
    return columns


def _look(found: Layout, rows: pd.DataFrame) -> Layout:
    """Find the columns in which every option carries its code."""
    coded, choices = set(), {}
    for number, one in enumerate(found.columns):
        if one.meaning:
            continue
        given = [text for text in rows[number].cat.categories if text.strip()]
        parts = dict.fromkeys(part.strip() for text in given for part in text.split("; "))
        matches = [OPTION.fullmatch(part) for part in parts]
        if matches and all(matches):
            coded.add(number)
            choices[one.question] = {match["code"]: match["label"].strip() for match in matches}
    return dataclasses.replace(found, coded=frozenset(coded), choices=choices)


def without_codes(text: str) -> str:
    """Take the codes off the options of an answer."""
    matches = [(part, OPTION.fullmatch(part.strip())) for part in text.split("; ")]
    return "; ".join(match["label"] if match else part for part, match in matches)
