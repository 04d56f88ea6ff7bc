"""SurveyMonkey: two rows of heads, or one in which the options of a question share its number.

In two rows, a blank head belongs to the question on its left, and the second row names the option, or says that there is but one
column ("Response"). A chosen option's cell repeats its label.
"""

import re
from collections import Counter

from popresearch.platforms.layout import Column, Layout, Rows, cell, column, leading, meaning, tidy

PLATFORM = "surveymonkey"
NUMBERED = re.compile(r"(?P<number>\d+[a-z]?\d*)[.)]\s+(?P<text>.+)", re.DOTALL)


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise the head of the first column; the second row decides between the two forms."""
    heads = [tidy(head) for head in top[0]]
    if not heads or meaning(PLATFORM, heads[0]) != "row_key":
        return None
    below = [tidy(head) for head in top[1]] if len(top) > 1 else []
    wholes = sum(meaning(PLATFORM, head) == "whole" for head in below)
    if below and not below[0] and any(below) and (wholes or "" in heads):
        why = f"starts with {heads[0]}; a second row names the options"
        return Layout(PLATFORM, why, _two_rows(top), head_count=2)
    return Layout(PLATFORM, f"starts with {heads[0]}; one row of heads", _one_row(heads))


def _two_rows(top: Rows) -> list[Column]:
    width = max(len(top[0]), len(top[1]))
    above, texts = [tidy(cell(top, 0, number)) for number in range(width)], []
    for head in above:
        texts.append(head or (texts[-1] if texts else ""))
    own_columns = leading(PLATFORM, above)
    starts = [number for number, head in enumerate(above) if head]
    columns = []
    for number, text in enumerate(texts):
        below = tidy(cell(top, 1, number))
        is_alone = number in starts and (number + 1 in starts or number + 1 == width)
        own = meaning(PLATFORM, text) if number < own_columns else ""
        option = "" if not below or is_alone or meaning(PLATFORM, below) == "whole" else below
        head = f"{text} [{option}]" if option else text
        columns.append(column(head, meaning=own, text=text, option_text=option, labels=(text,)))
    return columns


def _one_row(heads: list[str]) -> list[Column]:
    numbered = {number: match for number, head in enumerate(heads) if (match := NUMBERED.fullmatch(head))}
    shared = Counter(match["number"] for match in numbered.values())
    own, columns = leading(PLATFORM, heads), []
    for number, head in enumerate(heads):
        match = numbered.get(number)
        if not match:
            columns.append(column(head, PLATFORM if number < own else ""))
        elif shared[match["number"]] > 1:
            columns.append(
                column(head, question=match["number"], option_text=match["text"], text="", labels=(head,))
            )
        else:
            columns.append(
                column(head, question=match["number"], text=match["text"], labels=(head, match["text"]))
            )
    return columns
