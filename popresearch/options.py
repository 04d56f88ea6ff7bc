"""Answers chosen from options: by code, by label in any language, of an earlier version, or one of one's own behind "other"."""

import functools

import numpy as np
import pandas as pd

from popresearch import countries, encoded, reference
from popresearch.instrument import LABELS, Instrument
from popresearch.matching import (
    CHOICES,
    NO,
    YES,
    Columns,
    longest_run,
    option_codes,
    option_labels,
    other_option,
    split,
)
from popresearch.platforms import Export
from popresearch.readings import NOTHING, Read, Reading, combinations, looked_up
from popresearch.texts import meant, normal, slip_of
from popresearch.versions import Versions
from popresearch.wording import LANGUAGES

INLINE = (
    "microsoft_forms",
    "google_forms",
    "surveymonkey",
    "typeform",
    "eusurvey",
    "table",
)  # write "other" texts among the options
LABELLED = (
    "microsoft_forms",
    "google_forms",
    "surveymonkey",
    "typeform",
    "eusurvey",
)  # write labels, never the instrument's codes
RANK_TWICE = "two options have one rank"
BLANK, MARKED, UNMARKED, ODD = range(4)


class Known:
    """What the texts of a question's columns may say: its options today, those of earlier versions, and the platform's own codes."""

    def __init__(self, export: Export, columns: Columns, asked: Instrument, versions: Versions) -> None:
        self.export, self.columns, self.versions, self.question = export, columns, versions, columns.question
        self.options = asked.options_of(self.question)
        is_choice = asked.questions.at[self.question, "kind"] in CHOICES
        self.codes = option_codes(asked, self.question) if is_choice else {}
        self.takes_text = other_option(asked, self.question) if is_choice else ""
        self.other = self.takes_text if export.platform in INLINE else ""
        self.asked = asked
        self.of_column: dict[int, dict[str, tuple[str, str]]] = {}
        self.places: dict[tuple[int, str], str] = {}

    def of(self, number: int) -> dict[str, tuple[str, str]]:
        """Normalised text → (option code, language) for one column; "" is an option that went to another question."""
        if number not in self.of_column:
            self.of_column[number] = self._of(number)
        return self.of_column[number]

    def _of(self, number: int) -> dict[str, tuple[str, str]]:
        was = self.columns.was.get(number, "")
        known = self.codes
        if (
            self.codes and self.export.platform in LABELLED
        ):  # "2" is the label of an option, even where another has that code
            known = known | option_labels(self.asked, self.question)
        known = known | {
            text: (option, "") for text, option in self.versions.options_of(self.question, was).items()
        }
        labels = {normal(label) for label in self.choices(number).values()}
        meant = {normal(code): known.get(normal(label)) for code, label in self.choices(number).items()}
        if not any(meant.values()):  # no labels, or in a language that the instrument does not have
            return known
        if any(
            code in known and known[code][0] != (option or ("",))[0] and code not in labels
            for code, option in meant.items()
        ):
            known = {
                text: option for text, option in known.items() if text in labels or text != normal(option[0])
            }
        return known | {code: option for code, option in meant.items() if option and code not in labels}

    def country(self, text: str, number: int) -> str:
        """The country that an option's code stands for, in the file's list or the form's; its label counts before the code itself."""
        if (number, text) not in self.places:
            self.places[number, text] = self._country(text, number)
        return self.places[number, text]

    def _country(self, text: str, number: int) -> str:
        if label := self.choices(number).get(text, ""):
            return _only(countries.resolve(label))
        if text not in self.options.index or text == "NA":
            return ""
        labels = [label for label in self.options.loc[text, LABELS] if label]
        ours = reference.countries()
        if text in ours.index and set(labels) <= set(
            ours.loc[text, [f"name_{language}" for language in LANGUAGES]]
        ):
            return text  # the names of our own table need no search
        return next(filter(None, (_only(countries.resolve(label)) for label in labels)), "") or _only(
            countries.resolve(text, is_code=True)
        )

    def choices(self, number: int) -> dict[str, str]:
        """The options that the file itself names for a column: code → label."""
        return self.export.layout.choices.get(self.export.columns[number].question, {})


def listed(cells: pd.Series, number: int, kind: str, known: Known) -> Read:
    """Read a column that holds the whole answer; what a platform joins is told apart."""
    separator = "" if kind == "one" else known.export.separator
    codes = known.of(number)
    longest = longest_run(codes, separator) if separator else 1

    def look(text: str) -> Reading:
        parts = split(text, separator, codes, longest) if separator else [text]
        return _chosen(parts, codes, separator, known.other, kind) if text else Reading()

    return looked_up(cells, look)


def indicators(columns: Columns, rows: pd.DataFrame, known: Known, kind: str) -> Read:
    """Read one column an option, each yes or no; a response is unanswered where all of them are blank.

    Some platforms write the option's own label in place of yes, and a text of one's own in the column of "other".
    """
    marks, texts = [], []
    for option, numbers in columns.options.items():
        for number in numbers:
            label = known.export.columns[number].option_text
            takes_text = bool(option) and option == known.takes_text
            look = functools.partial(_mark, label=normal(label) if label else "", takes_text=takes_text)
            marks.append((option, encoded.each(rows[number], lambda text, look=look: look(text)[0], np.int8)))
            texts.append(
                encoded.changed(rows[number], lambda text, look=look: look(text)[1]) if takes_text else None
            )
    combination, _ = combinations([mark for _, mark in marks])
    own = [text for text in texts if text is not None and any(text.cat.categories)]
    combination, firsts = combinations([combination, *(text.cat.codes.to_numpy() for text in own)])
    options = [option for option, _ in marks]
    readings = [
        _ticked(
            [mark[first] for _, mark in marks],
            options,
            kind,
            " ".join(filter(None, (text.iloc[first] for text in own))),
        )
        for first in firsts
    ]
    return Read(rows.index, combination, readings)


def _only(found: countries.Match) -> str:
    return found.iso3[0] if len(found.iso3) == 1 else ""


def _chosen(
    parts: list[str], codes: dict[str, tuple[str, str]], separator: str, other: str, kind: str
) -> Reading:
    """Read option codes or labels; where people may write an answer of their own, a text that is none, nor a slip of one, is "other"."""
    strange = [part for part in parts if normal(part) not in codes]
    wrong = _slip(parts, codes, separator) if other else next(iter(strange), "")
    if wrong:
        return Reading(fault="not an option", detail=f"'{wrong}' is not an option.{meant(wrong, codes)}")
    found = [codes.get(normal(part), (other, "")) for part in parts]
    language = next((language for _, language in found if language), "")
    chosen = dict.fromkeys(code for code, _ in found if code)
    if kind == "rank" and len(chosen) < sum(bool(code) for code, _ in found):
        return Reading(fault=RANK_TWICE)
    return Reading(" ".join(chosen), language=language, other=(separator or " ").join(strange))


def _slip(parts: list[str], codes: dict[str, tuple[str, str]], separator: str) -> str:
    """Find what may be an option with a slip in it: a part that is none, alone or with its neighbours; blank where there is no such."""
    longest = (
        max((text.count(separator.strip()) for text in codes), default=0) + 1 if separator.strip() else 1
    )
    strange = [normal(part) not in codes for part in parts]
    for start in range(len(parts)):
        for stop in range(start + 1, min(start + longest, len(parts)) + 1):
            text = separator.join(parts[start:stop])
            near = slip_of(normal(text), codes) if any(strange[start:stop]) else ""
            # an option that was chosen beside a short text of one's own is no slip of itself
            if near and near not in map(normal, parts[start:stop]):
                return text
    return ""


def _mark(text: str, label: str, takes_text: bool) -> tuple[int, str]:
    """Read a mark, and the text that stands in its place."""
    folded = text.strip().casefold()
    if not folded:
        return BLANK, ""
    if folded in YES or (label and normal(text) == label):
        return MARKED, ""
    if folded in NO:
        return UNMARKED, ""
    return (MARKED, text.strip()) if takes_text else (ODD, "")


def _ticked(marks: list[int], options: list[str], kind: str, other: str) -> Reading:
    """Read one combination of marks."""
    if ODD in marks:
        return Reading(fault="neither yes nor no")
    chosen = list(
        dict.fromkeys(option for option, mark in zip(options, marks, strict=True) if mark == MARKED)
    )
    if kind == "one" and len(chosen) > 1:
        return Reading(fault="more than one option of a single choice")
    if chosen or kind == "one":
        return Reading(" ".join(chosen), other=other)
    return Reading(NOTHING if UNMARKED in marks else "")
