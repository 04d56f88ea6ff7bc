"""Google Forms: a time first, under a localised head, then the questions; choose-many joined with ", "."""

import re

from popresearch.platforms.layout import (
    Column,
    Layout,
    Rows,
    cell,
    column,
    in_brackets,
    leading,
    meaning,
    tidy,
)

PLATFORM = "google_forms"
TIME = re.compile(r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d\d:\d\d [AP]M [A-Z]{2,5}([+-]\d+(:\d\d)?)?")
GRADED = re.compile(r"(.*) \[(Score|Feedback)\]", re.DOTALL)


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise the head of the first column, or the way that only Google writes its times."""
    heads = [tidy(head) for head in top[0]]
    if heads and meaning(PLATFORM, heads[0]) == "time":
        return Layout(PLATFORM, f"starts with {heads[0]}", _columns(heads))
    times = [cell(top, row, 0) for row in range(1, len(top)) if any(top[row])]
    if len(times) > 1 and all(TIME.fullmatch(time) for time in times):
        return Layout(PLATFORM, "the first column holds times as Google Forms writes them", _columns(heads))
    return None


def _columns(heads: list[str]) -> list[Column]:
    rows, own = in_brackets(heads), leading(PLATFORM, heads)
    columns = []
    for number, head in enumerate(heads):
        graded = GRADED.fullmatch(head)
        if number == 0:
            columns.append(column(head, meaning="time"))
        elif graded and graded[1] in heads:
            columns.append(column(head, meaning="service"))
        elif number in rows:
            text, row = rows[number]
            columns.append(column(head, text=text, option_text=row, labels=(head,)))
        else:
            columns.append(column(head, PLATFORM if number < own else ""))
    return columns
