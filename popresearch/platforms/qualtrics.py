"""Qualtrics: a row of codes, a row of texts in the user's language, and since 2017 a third {"ImportId": …}.

A survey file (.qsf) beside the export gives the questions' texts and their options by number.
"""

import dataclasses
import html
import json
import re
from collections import Counter
from pathlib import Path

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
PART = re.compile(r"(?P<question>.+?)_(?P<option>\d+(?:_\d+)*)")
OWN = re.compile("[a-z][A-Z]")
DEVICE = re.compile(r".+_(Browser|Version|Operating System|Resolution|User Agent)")
TIMING = re.compile(r".+_(First Click|Last Click|Page Submit|Click Count)|Q_.+")
LARGEST_SURVEY = 50_000_000  # bytes


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
    shared = Counter(match["question"] for match in parts.values())
    groups = {
        question: common_text([texts[n] for n, match in parts.items() if match["question"] == question], " - ")
        for question, count in shared.items() if count > 1
    }  # fmt: skip
    columns, preview, named = [], {}, [(renamed or {}).get(code, code) for code in codes]
    first = leading(PLATFORM, named)
    for number, code in enumerate(codes):
        own = _own(code, named[number], number < first)
        match = parts.get(number)
        if own == "status" or code == "DistributionChannel":
            preview[number] = PREVIEW
        columns.append(
            _part(code, match, texts[number], groups[match["question"]])
            if match and not own and match["question"] in groups
            else column(code, meaning=own, question=code, text=texts[number] or code, names=((code, ""),),
                        labels=(texts[number] or code,))
        )  # fmt: skip
    return Layout(PLATFORM, why, columns, head_count=head_count, preview=preview)


def _own(code: str, name: str, is_leading: bool) -> str:
    """What a platform's own column means; names such as "Status" are its own only at the left, "LocationLatitude" anywhere."""
    if DEVICE.fullmatch(code):
        return "personal"
    return (
        "service"
        if TIMING.fullmatch(code)
        else meaning(PLATFORM, name)
        if is_leading or OWN.search(code)
        else ""
    )


def _part(code: str, match: re.Match[str], text: str, asked: str) -> Column:
    option = text[len(asked) :].removeprefix(" - ").strip() if asked else text
    names = ((match["question"], match["option"]), (code, ""))
    return column(code, meaning="", question=match["question"], option=match["option"], text=asked or text, option_text=option,
                  names=names, labels=(asked or text,))  # fmt: skip


def survey_beside(path: Path) -> Path | None:
    """Find the .qsf of an export: the one with its name, or the only one in its folder."""
    own = path.with_suffix(".qsf")
    others = sorted(path.parent.glob("*.qsf"))
    return own if own.is_file() else others[0] if len(others) == 1 else None


def with_survey(found: Layout, path: Path) -> Layout:
    """Add the texts and options that a survey file gives; one that cannot be read is said, and does not stop the reading."""
    try:
        if path.stat().st_size > LARGEST_SURVEY:
            raise ValueError
        asked = _asked(json.loads(path.read_text(encoding="utf-8-sig")))
    except (ValueError, OSError, TypeError, KeyError, AttributeError, RecursionError):
        return dataclasses.replace(found, why=f"{found.why}; {path.name} beside it could not be read")
    columns, choices = [], dict(found.choices)
    for one in found.columns:
        text, options = asked.get(one.question, ("", {}))
        if text and not one.meaning:
            label = options.get(one.option, one.option_text) if one.option else ""
            one = dataclasses.replace(one, text=text, option_text=label, labels=(text, *one.labels))
            choices[one.question] = options
        columns.append(one)
    return dataclasses.replace(
        found, columns=columns, choices=choices, why=f"{found.why}; texts from {path.name}"
    )


def _asked(survey: dict) -> dict[str, tuple[str, dict[str, str]]]:
    """Read a survey file: code → (text, option number → label)."""
    asked = {}
    for element in survey["SurveyElements"]:
        one = element.get("Payload")
        if element.get("Element") == "SQ" and isinstance(one, dict) and one.get("DataExportTag"):
            choices = one.get("Choices") or {}
            listed = choices.items() if isinstance(choices, dict) else enumerate(choices, 1)
            recode = one.get("RecodeValues") or {}
            options = {
                str(recode.get(n, n) if recode else n): _bare(each.get("Display", "")) for n, each in listed
            }
            asked[one["DataExportTag"]] = (_bare(one.get("QuestionText", "")), options)
    return asked


def _bare(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())
