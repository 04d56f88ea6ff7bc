"""Typeform: "#" first, "Network ID" and times in UTC last; each option of a choose-many question has a column headed by its label."""

import dataclasses

import pandas as pd

from popresearch.platforms.layout import Layout, Rows, column, meaning, plain, tidy

PLATFORM = "typeform"
FIRST = (
    "Response Type",
    "Start Date (UTC)",
    "Submit Date (UTC)",
    "Network ID",
)  # of the own columns at the right


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise the platform's own heads."""
    heads = [tidy(head) for head in top[0]]
    first = next((number for number, head in enumerate(heads) if head in FIRST and number), len(heads))
    own = [number for number in range(first, len(heads)) if meaning(PLATFORM, heads[number])]
    if "Network ID" not in heads or len(own) < 2:
        return None
    why = f"has the columns {heads[own[0]]} and {heads[own[1]]}"
    return Layout(
        PLATFORM,
        why,
        [column(head, PLATFORM if number in (0, *own) else "") for number, head in enumerate(heads)],
        look=_look,
    )


def _look(found: Layout, rows: pd.DataFrame) -> Layout:
    """Columns side by side whose cells are blank or repeat their own head are the options of one question."""
    columns, first = list(found.columns), -1
    for number, one in enumerate(found.columns):
        given = {plain(text) for text in rows[number].cat.categories} - {""}
        if one.meaning or given != {plain(one.head)}:
            first = -1
            continue
        first = number if first < 0 else first
        columns[number] = dataclasses.replace(
            one, question=f"q{first + 1:03d}", text="", option_text=one.head
        )
    return dataclasses.replace(found, columns=columns)
