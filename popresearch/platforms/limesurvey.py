"""LimeSurvey: heads are codes, full texts, or both; an option or a row of a matrix stands in square brackets.

A table of two scales has two pairs of brackets, "Question [Row][Scale]". A rank's column is one place, "Question [Rank 1]", and
its cell the option put there.
"""

import dataclasses
import html
import re
from collections import Counter

from popresearch.platforms.layout import Column, Layout, Rows, bracketed, column, in_brackets, meaning, tidy

PLATFORM = "limesurvey"
CODE = r"(?P<question>\w+)(?:\[(?P<option>[^\[\]]+)\](?:\[(?P<scale>[^\[\]]+)\])?)?"
LIMESURVEY_HEAD = re.compile(CODE + r"\._\.(?P<text>.*)", re.DOTALL)
OWN_CODES = {
    "id",
    "submitdate",
    "lastpage",
    "startlanguage",
    "seed",
    "startdate",
    "datestamp",
    "ipaddr",
    "refurl",
}
MARKS = r"(\._\.|\. |: | - |\s?\|\s?)"
TIMING = re.compile(r"interviewtime|groupTime\d*|(Total|Group|Question) time(:.*)?", re.DOTALL)
QUESTION_TIMING = re.compile(r"\w+Time")  # a question may have such a code too, where times were not exported
RANK = re.compile(r"(?P<word>[^\W\d]+) (?P<place>\d+)")


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise code and text, bare codes, or full texts."""
    heads = [tidy(head) for head in top[0]]
    if sum(bool(LIMESURVEY_HEAD.fullmatch(head)) for head in heads) > len(heads) / 2:
        return _made("heads read code._.text", [_both(head, r"\._\.") for head in heads])
    marks = [match[2] for head in heads if (match := re.match(rf"({'|'.join(OWN_CODES)}){MARKS}\S", head))]
    if len(marks) > 2 and len(set(marks)) == 1:
        return _made(f"heads read code{marks[0]}text", [_both(head, re.escape(marks[0])) for head in heads])
    own = [head for head in heads if head in OWN_CODES]
    if len(own) > 2 and {"lastpage", "startlanguage", "seed"} & set(own):
        return _made(f"heads are codes, among them {own[0]} and {own[1]}", [_code(head) for head in heads])
    if _are_codes(heads):
        return _made(
            "heads are codes, with those of options and rows in brackets", [_code(head) for head in heads]
        )
    own = [head for head in heads if meaning(PLATFORM, head) and head not in OWN_CODES and head]
    if len(own) > 2:
        return _made(f"heads are full texts, among them {own[0]} and {own[1]}", _texts(heads))
    if own and own[0] == heads[0] and meaning(PLATFORM, own[0]) == "row_key" and in_brackets(heads):
        return _made(f"heads are full texts, starting with {own[0]}", _texts(heads))
    return None


def _made(why: str, columns: list[Column]) -> Layout:
    if any(TIMING.fullmatch(one.question) for one in columns):
        columns = [dataclasses.replace(one, meaning="service") if _is_timing(one) else one for one in columns]
    return Layout(PLATFORM, why, columns)


def _is_timing(one: Column) -> bool:
    return not one.meaning and not one.option and bool(QUESTION_TIMING.fullmatch(one.question))


def _are_codes(heads: list[str]) -> bool:
    """Say whether all heads are codes, and some share a question: an export of answers alone."""
    parts = [re.fullmatch(CODE, head) for head in heads]
    return all(parts) and any(
        count > 1 for count in Counter(part["question"] for part in parts if part["option"]).values()
    )


def _both(head: str, mark: str) -> Column:
    parts = re.fullmatch(rf"{CODE}{mark}(?P<text>.*)", head, re.DOTALL)
    if not parts:
        return column(head, meaning="row_key" if not head else meaning(PLATFORM, head))
    text = html.unescape(parts["text"].strip())
    return _named(head, parts, *(bracketed(text) if parts["option"] else (text, "")))


def _code(head: str) -> Column:
    parts = re.fullmatch(CODE, head)
    if parts and not parts["option"] and (old := re.fullmatch(r"(\w+)_((?:SQ|other)\w*)", head)):
        return column(head, question=old[1], option=old[2], names=((old[1], old[2]), (head, "")))
    return _named(head, parts, "", "") if parts else column(head, PLATFORM)


def _named(head: str, parts: re.Match[str], text: str, option_text: str) -> Column:
    question, option = parts["question"], "_".join(filter(None, (parts["option"], parts["scale"])))
    own = "service" if TIMING.fullmatch(question) else meaning(PLATFORM, question)
    names = ((question, option), (f"{question}[{option}]", "")) if option else ()
    labels = (parts.groupdict().get("text") or head, text)
    return column(head, meaning="" if option else own, question=question, option=option, text=text,
                  option_text=option_text, names=(*names, (question, "")), labels=labels)  # fmt: skip


def _texts(heads: list[str]) -> list[Column]:
    heads = [html.unescape(head) for head in heads]
    rows = in_brackets(heads)
    places = _places(rows)
    columns = []
    for number, head in enumerate(heads):
        if TIMING.fullmatch(head):
            columns.append(column(head, meaning="service"))
        elif number in rows:
            text, row = rows[number]
            columns.append(
                column(
                    head,
                    meaning="",
                    option=places.get(number, ""),
                    text=text,
                    option_text=row,
                    labels=(head,),
                )
            )
        else:
            columns.append(column(head, PLATFORM))
    return columns


def _places(rows: dict[int, tuple[str, str]]) -> dict[int, str]:
    """Find the columns of ranks: one word, in any language, with the numbers from 1 on."""
    of: dict[str, dict[int, re.Match[str] | None]] = {}
    for number, (asked, row) in rows.items():
        of.setdefault(asked, {})[number] = RANK.fullmatch(row)
    places = {}
    for found in of.values():
        if all(found.values()) and len({match["word"] for match in found.values()}) == 1:
            given = {number: match["place"] for number, match in found.items()}
            places |= given if list(given.values()) == [str(n) for n in range(1, len(given) + 1)] else {}
    return places
