"""KoboToolbox and Ona: group/question/option heads, own columns with a low line; options joined with blanks, or a column each."""

import dataclasses
import re

import pandas as pd

from popresearch.platforms.layout import Column, Layout, Rows, column, meaning, path_names, tidy

PLATFORM = "kobo"
OWN = ("meta/", "formhub/")
PLACE = re.compile(r"_(.+)_(latitude|longitude|altitude|precision)")
REPEAT = re.compile(r"(?P<group>.+)\[(?P<turn>\d+)\]/(?P<rest>.+)")
MARKS = {"true", "false", "0", "1", ""}
NO_ANSWER = "n/a"  # Ona's word for a blank
FILE = "_URL"  # behind a photo's column stands its address, which names an account
STEP = re.compile(r"(?<! )/(?! )")  # with labels for heads, "work / study" is no path


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise two of the platform's own columns."""
    heads = [tidy(head) for head in top[0]]
    own = [head for head in heads if meaning(PLATFORM, last(head)) and head.startswith(("_", "meta/"))]
    if len(own) < 2:
        return None
    places = {match[1] for head in heads if (match := PLACE.fullmatch(last(head)))}
    columns = [_column(head, places, set(heads)) for head in heads]
    return Layout(PLATFORM, f"has the columns {own[0]} and {own[1]}", columns, look=_look)


def _column(head: str, places: set[str], heads: set[str]) -> Column:
    # start, end, username … stand in no group; there, they are options or questions
    own = (
        meaning(PLATFORM, last(head))
        if head.startswith(OWN) or last(head).startswith("_") or "/" not in head
        else ""
    )
    if last(head) in places or PLACE.fullmatch(last(head)) or head.removesuffix(FILE) in heads - {head}:
        own = "personal"
    repeat = REPEAT.fullmatch(head)
    path, _, step = head.rpartition("/")
    is_option = bool(path) and path in heads
    return column(
        head,
        meaning=own,
        question=asked(path) if is_option else asked(head),
        option=step if is_option else "",
        option_text=step if is_option else "",
        text=asked(path) if is_option else asked(head),
        labels=(head, step),
        names=path_names(repeat["rest"] if repeat else head),
        repeat=last(repeat["group"]) if repeat else "",
        instance=int(repeat["turn"]) if repeat else 0,
    )


def last(head: str) -> str:
    """Give the last step of a path, but the whole of the platform's own ones."""
    return head if head.startswith(OWN) else head.rsplit("/", 1)[-1]


def asked(path: str) -> str:
    """Give the last step of a path of names or labels."""
    return STEP.split(path)[-1].strip()


def _look(found: Layout, rows: pd.DataFrame) -> Layout:
    """See whether "n/a" stands for blanks, and which columns are options of a question that has no column of its own."""
    values = {
        n: set(map(str.casefold, map(str.strip, rows[n].cat.categories))) for n in range(len(found.columns))
    }
    blanks = sum(NO_ANSWER in given for given in values.values()) > 1
    groups: dict[str, list[int]] = {}
    for number, one in enumerate(found.columns):
        if "/" in one.head and not one.meaning and not one.repeat:
            groups.setdefault(one.head.rpartition("/")[0], []).append(number)
    columns = list(found.columns)
    for path, numbers in groups.items():
        marks = [
            n for n in numbers if values[n] - {NO_ANSWER} <= MARKS and values[n] & {"true", "false", "0", "1"}
        ]
        for number in marks if len(marks) > 1 else []:
            step = columns[number].head.rpartition("/")[2]
            columns[number] = dataclasses.replace(
                columns[number], question=asked(path), option=step, option_text=step, text=asked(path)
            )
    return dataclasses.replace(
        found, columns=columns, no_answer=frozenset({NO_ANSWER}) if blanks else frozenset()
    )
