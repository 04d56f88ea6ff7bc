"""The plain thing that every questionnaire becomes: questions, options, groups, and what is wrong with the form."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from popresearch.faults import Fault
from popresearch.wording import LANGUAGES, ROOT

CHOICES = ("one", "many", "rank")  # kinds whose answers are options of a list
COUNTRIES = {"one": "country", "many": "countries"}  # what a choice from a list of countries becomes
LABELS = [f"label_{language}" for language in LANGUAGES]
HINTS = [f"hint_{language}" for language in LANGUAGES]
QUESTION_COLUMNS = ["kind", "list", "required", "relevant", "constraint", "repeat", "parent", *LABELS, *HINTS]
OPTION_COLUMNS = ["list", "option", "group", *LABELS]


def _no_groups() -> pd.DataFrame:
    return pd.DataFrame(columns=LABELS, index=pd.Index([], name="group", dtype=str), dtype=str)


@dataclass(frozen=True)
class Instrument:
    """The questions of one strand (indexed by question) and the options of their lists, in the form's order.

    `kind` of a question is one, many, rank, number, date, text, country (choose one) or countries (choose many); `repeat` and
    `parent` name the innermost repeat and the innermost group it stands in. `groups` holds the labels of groups, `aside` the rows
    that ask nothing we read (name → type), `other_languages` the languages of labels that are not among ours. `faults` is all that
    is wrong with the form; whatever it describes is read all the same.
    """

    questions: pd.DataFrame
    options: pd.DataFrame
    version: str = ""
    groups: pd.DataFrame = field(default_factory=_no_groups)
    aside: dict[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    other_languages: tuple[str, ...] = ()

    def options_of(self, question: str) -> pd.DataFrame:
        """Options of a question, indexed by option code; treat them as read-only."""
        listed = self._lists.get(self.questions.at[question, "list"])
        return self.options.iloc[:0].set_index("option") if listed is None else listed

    @cached_property
    def _lists(self) -> dict[str, pd.DataFrame]:
        return {name: rows.set_index("option") for name, rows in self.options.groupby("list", sort=False)}

    def label(self, question: str, language: str, option: str = "") -> str:
        """Label of a question or of one of its options; where a language has none, English, then any, then the code."""
        row = self.options_of(question).loc[option] if option else self.questions.loc[question]
        return next(
            (row[name] for name in (f"label_{language}", "label_en", *LABELS) if row[name]),
            option or question,
        )

    def languages(self) -> list[str]:
        """The languages, of our six, in which the form labels its questions."""
        return [language for language in LANGUAGES if self.questions[f"label_{language}"].ne("").any()]


def table(rows: list[dict[str, str]], index: str, columns: list[str]) -> pd.DataFrame:
    """Make a table of text from rows, indexed by one of their keys; what a row does not have is blank."""
    frame = pd.DataFrame(rows, dtype=str).reindex(columns=[index, *columns]).fillna("").astype(str)
    return frame.set_index(index)


def shown(path: Path) -> str:
    """Show a path without the machine's folders."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
