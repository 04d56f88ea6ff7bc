"""Microsoft Forms: ID, Start time, Completion time, Email, Name, then the questions; choose-many ends in ";".

A quiz has two more columns behind each question, "Points - …" and "Feedback - …" in the language of whoever exported it.
"""

import re

from popresearch.platforms.layout import Column, Layout, Rows, cell, column, leading, meaning, tidy

PLATFORM = "microsoft_forms"
TIME = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4} \d{1,2}:\d\d(:\d\d)?.*")
BY_PLACE = ["row_key", "time", "time", "personal", "personal"]


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise the first two heads, or in a language that we do not know, the columns below them."""
    heads = [tidy(head) for head in top[0]]
    if len(heads) < 2:
        return None
    if meaning(PLATFORM, heads[0]) == "row_key" and meaning(PLATFORM, heads[1]) == "time":
        return Layout(PLATFORM, f"starts with {heads[0]} and {heads[1]}", _columns(heads, []))
    if _is_by_place(top):
        why = "starts with a number, two times and an account, under heads of another language"
        return Layout(PLATFORM, why, _columns(heads, BY_PLACE))
    return None


def _is_by_place(top: Rows) -> bool:
    rows = [row for row in top[1:] if any(row)]
    return bool(rows) and all(
        cell([row], 0, 0).isdecimal()
        and TIME.fullmatch(cell([row], 0, 1))
        and TIME.fullmatch(cell([row], 0, 2))
        and ("@" in cell([row], 0, 3) or cell([row], 0, 3) == "anonymous")
        for row in rows
    )


def _columns(heads: list[str], by_place: list[str]) -> list[Column]:
    columns: list[Column] = []
    asked, own = "", leading(PLATFORM, heads)
    for number, head in enumerate(heads):
        if number < len(by_place):
            columns.append(column(head, meaning=by_place[number]))
        elif number < own:
            columns.append(column(head, PLATFORM))
        elif asked and head != asked and re.fullmatch(rf".*[-–:：]\s*{re.escape(asked)}", head, re.DOTALL):
            columns.append(
                column(head, meaning="service")
            )  # points of, or feedback to, the question on the left
        else:
            columns.append(column(head, meaning=""))
            asked = head
    return columns
