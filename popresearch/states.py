"""What became of each question in each response: answered, not answered, not asked, unreadable; and its answers in typed columns."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from popresearch import encoded, relevance
from popresearch.instrument import Instrument
from popresearch.readings import STATES, Read

ANSWERED, NOT_ANSWERED, NOT_ASKED, UNREADABLE = range(len(STATES))
OWN = (
    "response",
    "file_row",
    "country_iso3",
    "region",
    "subregion",
    "language",
    "straight_lined",
    "too_fast",
    "turn",
    "table",
    "file",
)
OUTSIDE = "outside what the form allows"
NOTHING_ELSE: Mapping[str, pd.Series] = MappingProxyType({})


def column(question: str) -> str:
    """Name the column of a question's value; one that has the name of a column of ours gives way."""
    return f"{question}.value" if question in OWN else question


def checked(
    reads: Mapping[str, Read],
    asked: Instrument,
    index: pd.Index,
    outer: Mapping[str, pd.Series] = NOTHING_ELSE,
) -> dict[str, Read]:
    """Refuse the values that the form's own constraints do not allow; `outer` are other answers that a constraint may name, by row."""
    holds = _conditions(reads, index, outer)
    return {question: _within(question, read, asked, holds) for question, read in reads.items()}


def of(
    reads: Mapping[str, Read],
    asked: Instrument,
    index: pd.Index,
    outer: Mapping[str, pd.Series] = NOTHING_ELSE,
) -> dict[str, np.ndarray]:
    """Give the state of each question by row, as places in STATES; `outer` are other answers that a condition may name, by row."""
    holds = _conditions(reads, index, outer)
    states = {}
    for question, read in reads.items():
        state = np.where(encoded.is_blank(read.values), NOT_ANSWERED, ANSWERED).astype(np.int8)
        relevant = holds(asked.questions.at[question, "relevant"], question)
        if relevant is not None:
            state[(state == NOT_ANSWERED) & ~relevant] = NOT_ASKED
        state[read.faulty] = UNREADABLE
        states[question] = state
    return states


def typed(
    question: str, read: Read, state: np.ndarray, asked: Instrument, kept: np.ndarray
) -> dict[str, object]:
    """Turn a question's values in the rows kept into typed columns; whatever was not answered readably is missing.

    Choose-many gives true and false, a ranking the rank (1 = first), for each option as `<question>/<option>`.
    """
    kind = asked.questions.at[question, "kind"]
    values, codes, missing = (
        read.values.cat.categories,
        read.values.cat.codes.to_numpy()[kept],
        state[kept] != ANSWERED,
    )
    if kind == "many":
        chosen = [set(text.split()) for text in values]
        return {
            f"{question}/{option}": pd.arrays.BooleanArray(
                np.array([str(option) in one for one in chosen], dtype=bool)[codes], missing
            )
            for option in asked.options_of(question).index
        }
    if kind == "rank":
        ranked = [{option: place for place, option in enumerate(text.split(), 1)} for text in values]
        ranks = {
            f"{question}/{option}": np.array([one.get(str(option), 0) for one in ranked], dtype=np.int16)[
                codes
            ]
            for option in asked.options_of(question).index
        }
        return {name: pd.arrays.IntegerArray(rank, missing | (rank == 0)) for name, rank in ranks.items()}
    if kind == "number":
        numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=float, na_value=np.nan)[
            codes
        ]
        return {column(question): np.where(missing, np.nan, numbers)}
    if kind == "date":
        days = pd.to_datetime(pd.Series(values), errors="coerce", format="%Y-%m-%d").to_numpy(
            "datetime64[s]"
        )[codes]
        return {column(question): np.where(missing, np.datetime64("NaT"), days)}
    categories = (
        pd.Index([str(option) for option in asked.options_of(question).index], dtype="str")
        if kind == "one"
        else values
    )
    return {
        column(question): pd.Categorical.from_codes(
            np.where(missing, -1, categories.get_indexer(values)[codes]), categories=categories
        )
    }


def _within(
    question: str, read: Read, asked: Instrument, holds: Callable[[str, str], np.ndarray | None]
) -> Read:
    fits = holds(asked.questions.at[question, "constraint"], question)
    if fits is None:
        return read
    return read.refused(~fits & ~encoded.is_blank(read.values), OUTSIDE)


def _conditions(
    reads: Mapping[str, Read], index: pd.Index, outer: Mapping[str, pd.Series]
) -> Callable[[str, str], np.ndarray | None]:
    """Evaluate conditions over all rows, each once; None for no condition, and for one that cannot be read."""
    blank = encoded.constant("", index)
    values: dict[str, pd.Series] = {}
    known: dict[tuple[str, str], np.ndarray | None] = {}

    def value(question: str) -> pd.Series:
        if question not in reads and question not in outer:
            return blank
        if question not in values:
            given = reads[question].values if question in reads else outer[question]
            values[question] = encoded.changed(given, lambda text: "" if text == "-" else text)
        return values[question]

    def holds(condition: str, question: str) -> np.ndarray | None:
        # the same condition stands over every question of a group
        key = (condition, question if re.search(r"(^|[^\w.])\.($|[^\w.])", condition) else "")
        if key not in known:
            try:
                known[key] = (
                    relevance.holds(condition, value, index, this=question).to_numpy() if condition else None
                )
            except relevance.Unreadable:
                known[key] = None
        return known[key]

    return holds
