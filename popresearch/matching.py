"""Which column of an export answers which question: by name, then by label in any language."""

import re
import unicodedata
from dataclasses import dataclass

import pandas as pd

from popresearch.instrument import LABELS, Instrument
from popresearch.platforms import Column, Export
from popresearch.wording import LANGUAGES

YES = {"yes", "true", "1", "y", "oui", "sí", "si", "نعم", "да", "是", "ja", "sim", "x"}
NO = {"no", "false", "0", "n", "non", "لا", "нет", "否", "nein", "não"}


@dataclass(frozen=True)
class Columns:
    """Where a question's answers stand: one column, or one column an option."""

    question: str
    whole: int | None
    options: dict[str, int]
    how: str


def normal(text: str) -> str:
    """Fold case, width, white space and closing punctuation, so that the same words compare equal."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‐", "-")
    return re.sub(r"\s+", " ", text).strip().rstrip(" .:?*؟？。：…")


def match(export: Export, instrument: Instrument) -> tuple[dict[str, Columns], list[int]]:
    """Find the columns of each question; also give the columns that neither the platform nor the instrument knows.

    A column that looks personal is read only where the instrument asks for it; else it is dropped, and not among the unknown.
    """
    labels = _question_labels(instrument)
    whole: dict[str, tuple[int, str]] = {}
    options: dict[str, dict[str, int]] = {}
    unknown = []
    for column, one in enumerate(export.columns):
        if export.meanings[column] and column not in export.doubtful:
            continue
        found = _by_name(one, instrument) or _option_by_label(one, labels, instrument)
        if found and found[1]:
            options.setdefault(found[0], {})[found[1]] = column
        elif found and found[0] not in whole:
            whole[found[0]] = (column, "name")
        elif not one.option_text and (question := _by_label(one, labels, whole)):
            whole[question] = (column, "label")
        elif column not in export.doubtful:
            unknown.append(column)
    questions = [
        question for question in instrument.questions.index if question in whole or question in options
    ]
    columns = {
        question: Columns(
            question,
            whole.get(question, (None, ""))[0],
            options.get(question, {}),
            whole.get(question, (None, "name"))[1],
        )
        for question in questions
    }
    return columns, unknown


def option_codes(instrument: Instrument, question: str) -> dict[str, tuple[str, str]]:
    """Give the normalised code or label of each option → (option code, language of the label)."""
    options = instrument.options_of(question)
    codes: dict[str, tuple[str, str]] = {}
    for language, column in zip(("en", *LANGUAGES), ("label_en", *LABELS), strict=True):
        for option, label in options[column].items():
            if label:
                codes.setdefault(normal(label), (str(option), language))
    return codes | {normal(str(option)): (str(option), "") for option in options.index}


def split(text: str, separator: str, known: dict[str, tuple[str, str]]) -> list[str]:
    """Split a choose-many answer; an option that itself holds the separator is kept whole (longest known run first)."""
    parts = [part for part in text.strip().rstrip(separator.strip() or " ").split(separator) if part.strip()]
    chosen: list[str] = []
    while parts:
        for length in range(len(parts), 0, -1):
            run = separator.join(parts[:length])
            if length == 1 or normal(run) in known:
                chosen.append(run.strip())
                parts = parts[length:]
                break
    return chosen


def _by_name(one: Column, instrument: Instrument) -> tuple[str, str] | None:
    questions = instrument.questions
    for question, option in one.names:
        if question not in questions.index:
            continue
        if not option:
            return question, ""
        if questions.at[question, "kind"] == "many" and option in instrument.options_of(question).index:
            return question, option
        if questions.at[question, "kind"] == "countries" and re.fullmatch("[A-Z]{3}", option):
            return question, option
    return None


def _option_by_label(one: Column, labels: pd.Series, instrument: Instrument) -> tuple[str, str] | None:
    """Find the choose-many question and its option that a column's texts name, in any language."""
    for question in labels.index[labels == normal(one.text)] if one.option_text and one.text else []:
        if instrument.questions.at[question, "kind"] == "many":
            option, _ = option_codes(instrument, question).get(normal(one.option_text), ("", ""))
            if option:
                return str(question), option
    return None


def _by_label(one: Column, labels: pd.Series, taken: dict[str, tuple[int, str]]) -> str:
    """Find the question with this label that has no column yet; Microsoft Forms writes a digit behind a repeated label."""
    texts = [normal(label) for label in one.labels]
    for candidate in (*texts, *(normal(re.sub(r"\d{1,2}$", "", text)) for text in texts)):
        for question in labels.index[labels == candidate]:
            if question not in taken:
                return str(question)
    return ""


def _question_labels(instrument: Instrument) -> pd.Series:
    stacked = instrument.questions[LABELS].stack()
    stacked = stacked[stacked != ""].map(normal)
    return stacked.droplevel(1)
