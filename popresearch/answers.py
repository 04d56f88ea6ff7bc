"""From the text in a cell to a typed answer: option codes, numbers, dates, countries; what cannot be read is listed, never guessed."""

import dataclasses
import functools
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from popresearch import countries, dates, encoded, reference
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
from popresearch.texts import INVISIBLE, meant, normal, slip_of
from popresearch.versions import Versions
from popresearch.wording import LANGUAGES

STATES = ["answered", "not_answered", "not_asked", "unreadable"]
NOTHING = "-"  # all options were offered and none was chosen
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
DISAGREE = "text and option columns disagree"
VARIANTS = "answered in two variants"
RANK_TWICE = "two options have one rank"
RANK_LEFT_OUT = "a rank is left out"
BLANK, MARKED, UNMARKED, ODD = range(4)
PLACE = re.compile(r"(?!-)\D*(?P<place>\d+)(?:[.,]0+)?\D*")  # "1", "2.", "3rd", a workbook's "4.0"; not "1-2"
NUMBER = re.compile(
    r"(?P<whole>-?(?:\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+|\d+))(?:[.,٫](?P<part>\d+))?\s?[%٪]?"
)
MAYBE_THOUSAND = re.compile(r"-?[1-9]\d{0,2}[.,٫]\d{3}\s?[%٪]?")


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
        numbers, firsts = _combinations([self.codes, where.astype(np.int8)])
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


def read(
    export: Export, columns: Columns, asked: Instrument, rows: pd.DataFrame, versions: Versions | None = None
) -> Read:
    """Read the answers to one question from the dictionary-encoded rows of an export."""
    kind = asked.questions.at[columns.question, "kind"]
    known = _Known(export, columns, asked, versions or Versions())
    if kind == "text" and len(columns.whole) == 1 and not columns.options:
        return _text(rows[columns.whole[0]])
    wholes = [_whole(rows[number], number, kind, known) for number in columns.whole]
    found = [functools.reduce(lambda left, right: _merged(left, right, kind), wholes)] if wholes else []
    if columns.options:
        found.append(
            _by_rank(columns, rows, known) if kind == "rank" else _indicators(columns, rows, known, kind)
        )
    return found[0] if len(found) == 1 else _agreed(*found, kind, known.takes_text)


class _Known:
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


def _looked_up(cells: pd.Series, look: Callable[[str], Reading], note: str = "") -> Read:
    """Look each distinct text up once."""
    readings = [look(text.strip()) for text in cells.cat.categories]
    return Read(cells.index, cells.cat.codes.to_numpy(), readings or [Reading()], note)


def _text(cells: pd.Series) -> Read:
    """Take an open answer as it stands, but for the blanks around it."""
    stripped = encoded.taken(cells.cat.codes.to_numpy(), cells.cat.categories.str.strip(), cells.index)
    return Read(cells.index, np.zeros(len(cells), np.int8), [Reading()], texts=stripped)


def _whole(cells: pd.Series, number: int, kind: str, known: _Known) -> Read:
    """Read a column that holds the whole answer."""
    if kind == "text":
        return _looked_up(cells, Reading)
    if kind == "number":
        return _looked_up(cells, _number)
    if kind == "date":
        return _dates(cells)
    if kind in ("country", "countries"):
        return _countries(cells, number, known, several=kind == "countries")
    separator = "" if kind == "one" else known.export.separator
    codes = known.of(number)
    longest = longest_run(codes, separator) if separator else 1

    def look(text: str) -> Reading:
        parts = split(text, separator, codes, longest) if separator else [text]
        return _chosen(parts, codes, separator, known.other, kind) if text else Reading()

    return _looked_up(cells, look)


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


def _indicators(columns: Columns, rows: pd.DataFrame, known: _Known, kind: str) -> Read:
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
    combination, _ = _combinations([mark for _, mark in marks])
    own = [text for text in texts if text is not None and any(text.cat.categories)]
    combination, firsts = _combinations([combination, *(text.cat.codes.to_numpy() for text in own)])
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


def _combinations(codes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
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


def _by_rank(columns: Columns, rows: pd.DataFrame, known: _Known) -> Read:
    """Read a ranking laid out as a column an option (its rank) or a column a rank (the option).

    LimeSurvey's columns are ranks, also where the options' own codes are numbers.
    """
    options = {code for code, _ in known.codes.values()}
    cells, texts = [], []
    for option, number in (
        (option, number) for option, numbers in columns.options.items() for number in numbers
    ):
        is_rank = option not in options or (option.isdecimal() and known.export.platform == "limesurvey")
        codes = known.of(number) if is_rank else {}
        given = [text.strip() for text in rows[number].cat.categories]
        texts.append(
            [_option_at(option, text, codes) if is_rank else _rank_of(option, text) for text in given]
        )
        cells.append(rows[number].cat.codes.to_numpy())
    combination, firsts = _combinations(cells)
    readings = [
        _ranked([text[cell[first]] for text, cell in zip(texts, cells, strict=True)]) for first in firsts
    ]
    return Read(rows.index, combination, readings)


def _option_at(rank: str, text: str, codes: dict[str, tuple[str, str]]) -> tuple[int, Reading]:
    """Read the option in the column of a rank."""
    option = codes.get(normal(text), ("", ""))[0]
    return int(rank), Reading(option) if option or not text else Reading(fault="not an option")


def _rank_of(option: str, text: str) -> tuple[int, Reading]:
    """Read the rank in the column of an option."""
    if not text or normal(text) in NO - {"0"}:
        return 0, Reading()
    place = PLACE.fullmatch(text)
    return (
        (int(place["place"]), Reading(option))
        if place and int(place["place"])
        else (0, Reading(fault="not a rank"))
    )


def _ranked(given: list[tuple[int, Reading]]) -> Reading:
    """Put the ranked options of one combination in order."""
    chosen = [(rank, one) for rank, one in given if one.value or one.fault]
    if faulty := next((one for _, one in chosen if one.fault), None):
        return faulty
    ranks = {rank: one.value for rank, one in chosen}
    if len(set(ranks.values())) < len(chosen):
        return Reading(fault=RANK_TWICE)
    if max(ranks, default=0) > len(ranks):
        return Reading(fault=RANK_LEFT_OUT)
    return Reading(" ".join(ranks[rank] for rank in sorted(ranks)))


def _merged(left: Read, right: Read, kind: str) -> Read:
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


def _agreed(whole: Read, options: Read, kind: str, takes_text: str) -> Read:
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


def _paired(left: Read, right: Read, combine: Callable[[Reading, Reading], Reading]) -> Read:
    numbers, firsts = _combinations([left.codes, right.codes])
    readings = [
        combine(left.readings[left.codes[first]], right.readings[right.codes[first]]) for first in firsts
    ]
    return Read(
        left.index,
        numbers,
        readings or [Reading()],
        "; ".join(dict.fromkeys(filter(None, (left.note, right.note)))),
    )


def _number(text: str) -> Reading:
    """Read a number in the digits of any script; a decimal comma, blanks between thousands and a per cent sign are understood.

    "1.200" may be a thousand or a little more than one, and "10 20" two numbers: what has two readings is refused.
    """
    plain = _plain_digits(text)
    found = NUMBER.fullmatch(plain)
    if not plain:
        return Reading()
    if not found or MAYBE_THOUSAND.fullmatch(plain):
        return Reading(fault="not one number")
    whole = re.sub(r"\s", "", found["whole"])
    return Reading(f"{whole}.{found['part']}" if found["part"] else whole)


def _plain_digits(text: str) -> str:
    """Write the digits of any script as ours, and leave out what only turns the direction of writing."""
    text = text.translate(INVISIBLE).replace("\u2212", "-").strip()
    return "".join(str(unicodedata.decimal(character, character)) for character in text)


def _dates(cells: pd.Series) -> Read:
    """Read dates in the order that the column itself shows; without one, a date of two readings is refused."""
    order, deciding = dates.order_of(cells.cat.categories)

    def look(text: str) -> Reading:
        value, fault = dates.read(text, order) if text else ("", "")
        return Reading(value, fault)

    read = _looked_up(cells, look)
    return dataclasses.replace(read, note=_said(order, deciding, int(read.faulty.sum())))


def _said(order: str, deciding: int, refused: int) -> str:
    """Say how the dates of a column were read, without quoting any."""
    if order:
        how = f"dates read as {order}, since {deciding} of them can be nothing else"
    elif deciding:
        how = "some dates have the day first, some the month"
    else:
        how = "no date shows whether day or month comes first" if refused else ""
    return f"{how}; {refused} refused" if refused else how


def _countries(cells: pd.Series, number: int, known: _Known, *, several: bool) -> Read:
    """Read countries as ISO 3166-1 alpha-3 codes; what is ambiguous goes to the queue with its candidates.

    Only in a column of nothing but codes is "NA" Namibia. What equals the code of an option is that option, whatever else stands there.
    """
    given = [text.strip() for text in cells.cat.categories if text.strip()]
    is_code = all(re.fullmatch(r"[A-Z]{2,3}([ ;,]+[A-Z]{2,3})*", text) for text in given)
    labels = {normal(code): label for code, label in known.choices(number).items()}

    def look(text: str) -> Reading:
        parts = re.split(r"[;,\s]+", text.strip(" ;,")) if several else [text]
        options = [known.country(part, number) for part in parts]
        if all(options) or not text:
            return Reading(" ".join(dict.fromkeys(options)))
        return _countries_in(labels.get(normal(text), text), several, is_code)

    return _looked_up(cells, look)


def _countries_in(text: str, several: bool, is_code: bool) -> Reading:
    parts = re.split(r"[;,\s]+" if is_code else r"[;\n]", text.strip(" ;")) if several else [text]
    codes: list[str] = []
    for part in parts:
        found = countries.resolve(part, is_code=is_code)
        if not found.iso3 or (len(found.iso3) > 1 and not several):
            detail = f"'{part.strip()}': candidates {', '.join(found.candidates) or 'none'}."
            return Reading(fault="no single country for certain", detail=detail)
        codes += found.iso3
    return Reading(" ".join(dict.fromkeys(codes)))


def _only(found: countries.Match) -> str:
    return found.iso3[0] if len(found.iso3) == 1 else ""


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
