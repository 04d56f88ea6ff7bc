"""Qualtrics: a row of codes, a row of texts in the user's language, and since 2017 a third {"ImportId": …}.

A column of one option, or of one row of a matrix or a rank, is headed Q2_1 and "Question - Option". What was typed beside an option
has a column Q2_4_TEXT, "Question - Option - Text"; in such a question the texts of the others read "Question - Selected Choice".
"""

import re
from collections.abc import Iterable

from popresearch.platforms.layout import (
    Column,
    Layout,
    Rows,
    cell,
    column,
    common_text,
    leading,
    meaning,
    tidy,
)

PLATFORM = "qualtrics"
LEGACY = "ResponseID ResponseSet RecipientName ExternalReference RecipientEmail IPAddress Status StartDate EndDate Finished".split()
PREVIEW = frozenset({
    "1", "2", "Survey Preview", "Survey Test", "preview", "test", "Umfragevorschau", "Aperçu de l’enquête", "Aperçu de l'enquête",
    "Vista previa de la encuesta", "Pré-visualização da pesquisa", "Предварительный просмотр опроса", "معاينة الاستطلاع", "调查预览",
})  # fmt: skip
PART = re.compile(r"(?P<question>.+?)_(?P<option>\d+(?:_\d+)*)(?P<typed>_TEXT)?")
MARK = " - "
CHOSEN = MARK + "Selected Choice"
OWN = re.compile("[a-z][A-Z]")
DEVICE = re.compile(r".+_(Browser|Version|Operating System|Resolution|User Agent)")
# the platform's own, wherever they stand: times on a page, orders shown, scores, topics of texts, checks for robots and doubles
SERVICE = re.compile(
    r".+_(First Click|Last Click|Page Submit|Click Count)|.+_DO(_.+)?|SC\d+"
    r"|.+ - (Parent Topics|Topics|Topic Hierarchy.*|(Topic )?Sentiment.*)"
    r"|Q_(Recaptcha\w*|TotalDuration|DataPolicyViolations|Language|URL|CHL|R|BallotBoxStuffing|RelevantID\w*|DuplicateRespondent\w*"
    r"|AmbiguousText\w*|Straightlining\w*|Unanswered\w*|PopulateResponse\w*)"
)


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise the third row, the legacy codes V1 V2 …, or the platform's own codes."""
    codes = [tidy(head) for head in top[0]]
    marked = next(
        (
            row
            for row in (2, 1)
            if any(cell(top, row, n).startswith('{"ImportId"') for n in range(len(codes)))
        ),
        0,
    )
    if marked:
        return _made(codes, top, marked + 1, f'row {marked + 1} of its heads reads {{"ImportId": …}}')
    if codes[:3] == ["V1", "V2", "V3"]:
        own = {f"V{place}": name for place, name in enumerate(LEGACY, 1)}
        return _made(codes, top, 2, "its codes begin with V1, V2, V3 (legacy)", own)
    own = [code for code in codes if meaning(PLATFORM, code)]
    if {"StartDate", "EndDate"} <= set(codes) and len(own) > 3:
        first = cell(top, 1, codes.index("StartDate"))
        return _made(
            codes, top, 1 if re.search(r"\d{2}", first) else 2, f"has the columns {own[0]} and {own[1]}"
        )
    return None


def _made(
    codes: list[str], top: Rows, head_count: int, why: str, renamed: dict[str, str] | None = None
) -> Layout:
    texts = [tidy(cell(top, 1, number)) if head_count > 1 else "" for number in range(len(codes))]
    if head_count == 2 and any(text.startswith('{"ImportId"') for text in texts):
        texts = [""] * len(codes)
    parts = {n: match for n, code in enumerate(codes) if (match := PART.fullmatch(code))}
    columns, preview, named = [], {}, [(renamed or {}).get(code, code) for code in codes]
    first = leading(PLATFORM, named)
    means = [_own(code, named[number], number < first) for number, code in enumerate(codes)]
    known = _asked([code if not own else "" for code, own in zip(codes, means, strict=True)], texts, parts)
    for number, code in enumerate(codes):
        if means[number] == "status" or code == "DistributionChannel":
            preview[number] = PREVIEW
        columns.append(
            known[number]
            if number in known
            else _alone(code, means[number], texts[number], parts.get(number))
        )
    return Layout(PLATFORM, why, columns, head_count=head_count, preview=preview)


def _alone(code: str, own: str, text: str, part: re.Match[str] | None) -> Column:
    """Describe the only column of a question; "Q3_1", "Question - Row" may be a question of one row."""
    names = ((code, ""), (part["question"], "")) if part and not part["typed"] else ((code, ""),)
    labels = (text or code, text.rpartition(MARK)[0]) if part and MARK in text else (text or code,)
    return column(code, meaning=own, question=code, text=text or code, names=names, labels=labels)


def _own(code: str, name: str, is_leading: bool) -> str:
    """What a platform's own column means; names such as "Status" are its own only at the left, "LocationLatitude" anywhere."""
    if DEVICE.fullmatch(code):
        return "personal"
    if SERVICE.fullmatch(code):
        return "service"
    return meaning(PLATFORM, name) if is_leading or OWN.search(code) else ""


def _asked(codes: list[str], texts: list[str], parts: dict[int, re.Match[str]]) -> dict[int, Column]:
    """Describe the columns of the questions that have several: column → what is known of it."""
    questions: dict[str, list[int]] = {}
    for number, code in enumerate(codes):
        if code:
            questions.setdefault(parts[number]["question"] if number in parts else code, []).append(number)
    known = {}
    for question, numbers in questions.items():
        if len(numbers) > 1:
            known |= _question(
                question, {n: texts[n] for n in numbers}, {n: parts[n] for n in numbers if n in parts}, codes
            )
    return known


def _question(
    question: str, texts: dict[int, str], parts: dict[int, re.Match[str]], codes: list[str]
) -> dict[int, Column]:
    """Split the texts of a question's columns into what they share and what tells them apart."""
    options = {n for n, part in parts.items() if not part["typed"]}
    asked = _shared(texts.values()) or _shared(texts[n] for n in options)
    stem = (_shared(texts[n] for n in options) if len(options) > 1 else "") or asked
    if len({part["option"] for part in parts.values()}) == len(parts.keys() - options) == len(options) == 1:
        asked = stem = texts[next(iter(options))].rpartition(MARK)[0]
    labels = {parts[n]["option"]: texts[n][len(stem) :].removeprefix(MARK).strip() for n in options}
    asked = asked.removesuffix(CHOSEN)
    columns = {}
    for number, text in texts.items():
        part, known = parts.get(number), {"meaning": "", "question": question, "text": asked or text}
        if part:
            own = text[len(asked) :].removeprefix(MARK).rpartition(MARK)[0] if part["typed"] else ""
            known |= {"option": part["option"], "option_text": labels.get(part["option"]) or own}
        names = _names(codes[number], part) if part else ((question, ""),)
        columns[number] = column(
            codes[number], **known, names=names, labels=(asked or text, text)[: 1 if part else 2]
        )
    return columns


def _shared(texts: Iterable[str]) -> str:
    return common_text([text + MARK for text in texts], MARK)


def _names(code: str, part: re.Match[str]) -> tuple[tuple[str, str], ...]:
    """Give what a code may stand for: "a_1_2" may be row 1_2 of question a, or row 2 of question a_1."""
    steps = part["option"].split("_")
    cuts = [("_".join([part["question"], *steps[:cut]]), "_".join(steps[cut:])) for cut in range(len(steps))]
    return (*cuts, (code, ""))
