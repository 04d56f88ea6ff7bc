"""The faults that real exports have, planted one by one, so that a test can look for each of them."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from popresearch.instrument import Instrument
from popresearch.sample.people import DUPLICATES
from popresearch.sample.tables import table
from popresearch.study import Strand

REFUSED = {"helplines": 2, "youth": 1, "ai": 1, "poll": 2}
NO_CARER = {"poll": 6}
EMPTY = {"helplines": 1, "youth": 1, "poll": 1}
PARTIAL = {"helplines": 18, "youth": 10, "ai": 7, "poll": 25}
STRAY_SPACES = {"helplines": 20, "youth": 12}
DESCRIPTIVE = (
    "organisation_type",
    "gender",
)  # roles of questions like any other; the others decide or identify
PERSONAL = ("helplines", "youth", "ai")  # strands with open questions; the planted texts go to each in turn


class Mistakes:
    """Plants faults into the answers of one strand, each in a response of its own, and counts them.

    `corrections` holds those that corrections.csv repairs: response, question, text, becomes, why.
    """

    def __init__(
        self, strand: Strand, asked: Instrument, crowd: pd.DataFrame, rng: np.random.Generator
    ) -> None:
        self.strand, self.asked, self.crowd, self.rng = strand, asked, crowd, rng
        self.free = [int(row) for row in rng.permutation(len(crowd))]
        self.counts: Counter[str] = Counter()
        self.corrections: list[dict[str, Any]] = []

    def in_answers(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Plant what concerns a whole response: no consent, no carer, nothing answered, given up half-way."""
        answers = answers.copy()
        first = self.strand.roles["consent"]
        for row in self._take(REFUSED, "no consent"):
            answers.loc[row] = ""
            answers.at[row, first] = "no"
        for number, row in enumerate(self._take(NO_CARER, "under 13 without a carer")):
            answers.loc[row] = ""
            answers.loc[row, [first, self.strand.roles["age"]]] = "yes", self.strand.carer_needed[number % 2]
            answers.at[row, self.strand.roles["carer"]] = "no" if number % 3 else ""
        for row in self._take(EMPTY, "nothing answered"):
            answers.loc[row] = ""
            answers.at[row, first] = "yes"
        for row in self._take(PARTIAL, "partial responses"):
            start = len(answers.columns) // 3
            answers.loc[row, answers.columns[int(self.rng.integers(start, len(answers.columns) - 2)) :]] = ""
        return answers

    def in_cells(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Plant what concerns one cell: slips, words for numbers, open countries, spaces, personal data."""
        cells = cells.copy()
        for fault in table("faults"):
            if fault["strand"] == self.strand.name:
                self._slip(cells, fault)
        for number, text in enumerate(table("personal")):
            if PERSONAL[number % len(PERSONAL)] == self.strand.name:
                cells.at[self._next(text["language"]), self.rng.choice(self._open_questions())] = text["text"]
                self.counts["personal data in open answers"] += 1
        for row in self._take(STRAY_SPACES, "stray spaces"):
            question = self.rng.choice([name for name in self._closed_questions() if cells.at[row, name]])
            text = cells.at[row, question]
            inside = [text.replace(" ", space, 1) for space in ("\u00a0", "  ")]
            cells.at[row, question] = str(
                self.rng.choice([f"  {text}", f"{text} ", f"\u00a0{text}", *inside])
            )
        return cells

    def twice(self, cells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Send some responses again within the minute; return cells and respondents in the order of time."""
        crowd = self.crowd.copy()
        rows = self._take(DUPLICATES, "duplicate")
        for row in rows:
            crowd.at[row, "ended"] = crowd.at[row, "ended"].replace(second=10)
        again = crowd.loc[rows]
        again["ended"] = [end + timedelta(seconds=25) for end in again["ended"]]
        crowd = pd.concat([crowd, again]).sort_values("ended", kind="stable")
        return cells.loc[crowd.index], crowd

    def _slip(self, cells: pd.DataFrame, fault: dict[str, str]) -> None:
        """Write a fault's text over an answer, and leave the questions that follow from it unanswered."""
        question = fault["question"]
        row = next(row for row in self._english() if cells.at[row, question])
        self.free.remove(row)
        cells.at[row, question] = fault["text"].rstrip(";")
        condition = f"count-selected(${{{question}}})"
        follows = self.asked.questions["relevant"].str.contains(condition, regex=False)
        cells.loc[row, follows.index[follows]] = ""
        self.counts["corrected" if fault["becomes"] else fault["reason"]] += 1
        if fault["becomes"]:
            self.corrections.append({"response": row, **fault})

    def _english(self) -> Iterator[int]:
        """Free responses in English, in random order."""
        return (row for row in self.free if self.crowd.at[row, "language"] == "en")

    def _next(self, language: str) -> int:
        row = next((row for row in self.free if self.crowd.at[row, "language"] == language), self.free[0])
        self.free.remove(row)
        return row

    def _take(self, sizes: dict[str, int], name: str) -> list[int]:
        size = sizes.get(self.strand.name, 0)
        rows, self.free = self.free[:size], self.free[size:]
        self.counts[name] += len(rows)
        return rows

    def _open_questions(self) -> list[str]:
        written = dict.fromkeys(row["questions"] for row in table("sentences"))
        return [question for question in written if question in self.asked.questions.index]

    def _closed_questions(self) -> list[str]:
        roles, kinds = self.strand.roles, self.asked.questions["kind"]
        kept = [question for role, question in roles.items() if role not in DESCRIPTIVE]
        return [
            question for question, kind in kinds.items() if kind in ("one", "many") and question not in kept
        ]
