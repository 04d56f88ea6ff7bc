"""LimeSurvey: heads are codes, full texts, or both; an option or a row of a matrix stands in square brackets."""

import re

from popresearch.platforms.layout import Column, Layout, Rows, column, in_brackets, meaning, tidy

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
TIMING = re.compile(r"interviewtime|groupTime\d*|\w+Time|(Total|Group|Question) time(:.*)?", re.DOTALL)


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise code and text, bare codes, or full texts."""
    heads = [tidy(head) for head in top[0]]
    if sum(bool(LIMESURVEY_HEAD.fullmatch(head)) for head in heads) > len(heads) / 2:
        return Layout(PLATFORM, "heads read code._.text", [_both(head, r"\._\.") for head in heads])
    marks = [match[2] for head in heads if (match := re.match(rf"({'|'.join(OWN_CODES)}){MARKS}\S", head))]
    if len(marks) > 2 and len(set(marks)) == 1:
        return Layout(
            PLATFORM, f"heads read code{marks[0]}text", [_both(head, re.escape(marks[0])) for head in heads]
        )
    own = [head for head in heads if head in OWN_CODES]
    if len(own) > 2 and {"lastpage", "startlanguage", "seed"} & set(own):
        return Layout(
            PLATFORM, f"heads are codes, among them {own[0]} and {own[1]}", [_code(head) for head in heads]
        )
    own = [head for head in heads if meaning(PLATFORM, head) and head not in OWN_CODES and head]
    if len(own) > 2:
        return Layout(PLATFORM, f"heads are full texts, among them {own[0]} and {own[1]}", _texts(heads))
    return None


def _both(head: str, mark: str) -> Column:
    parts = re.fullmatch(rf"{CODE}{mark}(?P<text>.*)", head, re.DOTALL)
    if not parts:
        return column(head, meaning="row_key" if not head else meaning(PLATFORM, head))
    text, option_text = _split(parts["text"].strip())
    return _named(head, parts, text, option_text)


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


def _split(text: str) -> tuple[str, str]:
    parts = re.fullmatch(r"(.*?)\s*\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]", text, re.DOTALL)
    return (parts[1], parts[2].strip()) if parts else (text, "")


def _texts(heads: list[str]) -> list[Column]:
    rows = in_brackets(heads)
    columns = []
    for number, head in enumerate(heads):
        if TIMING.fullmatch(head):
            columns.append(column(head, meaning="service"))
        elif number in rows:
            columns.append(
                column(head, PLATFORM, text=rows[number][0], option_text=rows[number][1], labels=(head,))
            )
        else:
            columns.append(column(head, PLATFORM))
    return columns
