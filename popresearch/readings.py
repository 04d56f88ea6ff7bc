"""What cells say, each distinct text once: a value, or why it cannot be read; and two columns of one question taken together."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from popresearch import encoded
from popresearch.wording import LANGUAGES

STATES = ["answered", "not_answered", "not_asked", "unreadable"]
NOTHING = "-"  # all options were offered and none was chosen
DISAGREE = "text and option columns disagree"
VARIANTS = "answered in two variants"


class Reading(NamedTuple):
    """What a cell says: `value` as text, or the `fault` and its `detail`; the language of its label; a text behind "other"."""

    value: str = ""
    fault: str = ""
    detail: str = ""
    language: str = ""
    other: str = ""


@dataclass(frozen=True)
class Read:
    """The answers to one question: row i says `readings[codes[i]]`.

    The value of choose-many is the chosen codes between spaces, of a ranking in the order of the ranks; "-" where a person answered
    and chose nothing. A `detail` may quote the cell and stays in data/restricted. `note` is for the account of what was read.
    """

    index: pd.Index
    codes: np.ndarray
    readings: list[Reading]
    note: str = ""
    texts: pd.Series | None = None  # open answers, of which nearly each is different, without a reading each

    @functools.cached_property
    def values(self) -> pd.Series:
        """The values, dictionary-encoded."""
        return self.part("value") if self.texts is None else self.texts

    @functools.cached_property
    def faulty(self) -> np.ndarray:
        """Mark the rows whose cell could not be read."""
        return np.array([bool(reading.fault) for reading in self.readings], dtype=bool)[self.codes]

    @property
    def unread(self) -> dict[int, tuple[str, str]]:
        """What could not be read: row → (reason, detail)."""
        rows = np.flatnonzero(self.faulty)
        said = (self.readings[code] for code in self.codes[rows])
        return {int(row): (one.fault, one.detail) for row, one in zip(self.index[rows], said, strict=True)}

    def refused(self, where: np.ndarray, fault: str) -> "Read":
        """The same answers, those of the marked rows unreadable for this reason."""
        if not where.any():
            return self
        if self.texts is not None:
            kept = np.where(where, len(self.texts.cat.categories), self.texts.cat.codes)
            texts = encoded.taken(kept, [*self.texts.cat.categories, ""], self.index)
            return Read(self.index, where.astype(np.int8), [Reading(), Reading(fault=fault)], texts=texts)
        numbers, firsts = combinations([self.codes, where.astype(np.int8)])
        readings = [
            Reading(fault=fault) if where[first] else self.readings[self.codes[first]] for first in firsts
        ]
        return Read(self.index, numbers, readings, self.note)

    def part(self, name: str) -> pd.Series:
        """One part of the readings as a dictionary-encoded column."""
        return encoded.taken(self.codes, [getattr(reading, name) for reading in self.readings], self.index)

    def has(self, name: str) -> bool:
        """Say whether any reading has this part."""
        return any(getattr(reading, name) for reading in self.readings)


def looked_up(cells: pd.Series, look: Callable[[str], Reading], note: str = "") -> Read:
    """Look each distinct text up once."""
    readings = [look(text.strip()) for text in cells.cat.categories]
    return Read(cells.index, cells.cat.codes.to_numpy(), readings or [Reading()], note)


def merged(left: Read, right: Read, kind: str) -> Read:
    """Merge two columns of one question (variants, versions): choices of several add up, single answers must not differ."""

    def merge(one: Reading, two: Reading) -> Reading:
        if not (one.value or one.fault) or one == two:
            return two
        if not (two.value or two.fault) or one.fault:
            return one
        if two.fault:
            return two
        if kind in ("many", "countries"):
            chosen = dict.fromkeys(f"{one.value} {two.value}".split())
            return one._replace(value=" ".join(chosen), other=" ".join(filter(None, (one.other, two.other))))
        return one if one.value == two.value else Reading(fault=VARIANTS)

    return _paired(left, right, merge)


def agreed(whole: Read, options: Read, kind: str, takes_text: str) -> Read:
    """Hold a text against its option columns: they agree (in a ranking, in the order too), or the answer is unreadable.

    Zeros beside a blank text are no answer, since some platforms write them for whoever was not asked. A text behind "other" may stand
    beside another single choice.
    """

    def agree(one: Reading, two: Reading) -> Reading:
        if one.fault or two.fault:
            return one if one.fault else two
        if not one.value:
            return two if kind == "one" else one if two.value in ("", NOTHING) else Reading(fault=DISAGREE)
        is_same = (
            one.value == two.value if kind == "rank" else set(one.value.split()) == set(two.value.split())
        )
        if not two.value or is_same or (kind == "one" and two.value == takes_text):
            return one._replace(other=one.other or two.other)
        return Reading(fault=DISAGREE)

    return _paired(whole, options, agree)


def languages(reads: Iterable[Read], index: pd.Index) -> pd.Series:
    """The language whose labels a response uses most; blank where it answered in codes."""
    counts = np.zeros((len(LANGUAGES), len(index)), dtype=np.int16)
    for read in reads:
        if read.has("language"):
            used = np.array([LANGUAGES.index(one.language) if one.language else -1 for one in read.readings])[
                read.codes
            ]
            for place in range(len(LANGUAGES)):
                counts[place] += used == place
    codes = np.where(counts.max(axis=0) > 0, counts.argmax(axis=0) + 1, 0)
    return pd.Series(pd.Categorical.from_codes(codes, categories=["", *LANGUAGES]), index=index)


def combinations(codes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Number the distinct combinations of several columns of codes; also give the place where each first stands."""
    combined = np.zeros(len(codes[0]), dtype=np.int64)
    for code in codes:
        combined = combined * (int(code.max(initial=0)) + 1) + code
        if combined.max(initial=0) > 2**40:
            combined = pd.factorize(combined)[0]
    numbers, _ = pd.factorize(combined)
    firsts = np.zeros(numbers.max(initial=-1) + 1, dtype=np.int64)
    firsts[numbers[::-1]] = np.arange(len(numbers))[::-1]
    return numbers, firsts


def _paired(left: Read, right: Read, combine: Callable[[Reading, Reading], Reading]) -> Read:
    numbers, firsts = combinations([left.codes, right.codes])
    readings = [
        combine(left.readings[left.codes[first]], right.readings[right.codes[first]]) for first in firsts
    ]
    return Read(
        left.index,
        numbers,
        readings or [Reading()],
        "; ".join(dict.fromkeys(filter(None, (left.note, right.note)))),
    )
