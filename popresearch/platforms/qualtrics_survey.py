"""A Qualtrics survey file (.qsf) beside an export: the questions' texts, and their options by number."""

import dataclasses
import html
import json
import re
from pathlib import Path

from popresearch.platforms.layout import Layout

LARGEST = 50_000_000  # bytes


@dataclasses.dataclass(frozen=True)
class Asked:
    """A question: `columns` are what its columns stand for, by number; `values` what its cells hold, by number."""

    text: str
    columns: dict[str, str]
    values: dict[str, str]


def survey_beside(path: Path) -> Path | None:
    """Find the .qsf of an export: the one with its name, or the only one in its folder."""
    own = path.with_suffix(".qsf")
    others = sorted(path.parent.glob("*.qsf"))
    return own if own.is_file() else others[0] if len(others) == 1 else None


def with_survey(found: Layout, path: Path) -> Layout:
    """Add the texts and options that a survey file gives; one that cannot be read is said, and does not stop the reading."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError
        asked = _asked(json.loads(path.read_text(encoding="utf-8-sig")))
    except (ValueError, OSError, TypeError, KeyError, AttributeError, RecursionError):
        return dataclasses.replace(found, why=f"{found.why}; {path.name} beside it could not be read")
    columns, choices = [], dict(found.choices)
    for one in found.columns:
        question = asked.get(one.question)
        if question and question.text and not one.meaning:
            label = question.columns.get(one.option, one.option_text) if one.option else ""
            labels = (question.text, *one.labels)
            one = dataclasses.replace(one, text=question.text, option_text=label, labels=labels)
            choices[one.question] = question.values
        columns.append(one)
    return dataclasses.replace(
        found, columns=columns, choices=choices, why=f"{found.why}; texts from {path.name}"
    )


def _asked(survey: dict) -> dict[str, Asked]:
    """Read a survey file by the questions' codes; the columns of a matrix are its "choices", and its cells hold its "answers"."""
    asked = {}
    for element in survey["SurveyElements"]:
        one = element.get("Payload")
        if element.get("Element") == "SQ" and isinstance(one, dict) and one.get("DataExportTag"):
            recode = one.get("RecodeValues") or {}
            is_matrix = bool(one.get("Answers"))
            columns = _labels(one.get("Choices"), {} if is_matrix else recode)
            values = _labels(one.get("Answers"), recode) if is_matrix else columns
            asked[one["DataExportTag"]] = Asked(_bare(one.get("QuestionText", "")), columns, values)
    return asked


def _labels(listed: dict | list | None, recode: dict) -> dict[str, str]:
    pairs = listed.items() if isinstance(listed, dict) else enumerate(listed or [], 1)
    return {str(recode.get(n, n) if recode else n): _bare(each.get("Display", "")) for n, each in pairs}


def _bare(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())
