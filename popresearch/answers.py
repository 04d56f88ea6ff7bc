"""From the text in a cell to a typed answer: option codes, numbers, dates, countries; what cannot be read is listed, never guessed."""

import dataclasses
import functools
import re
import unicodedata

import numpy as np
import pandas as pd

from popresearch import countries, dates, encoded
from popresearch.instrument import Instrument
from popresearch.matching import Columns
from popresearch.options import Known, indicators, listed
from popresearch.platforms import Export
from popresearch.ranks import ranked
from popresearch.readings import Read, Reading, agreed, looked_up, merged
from popresearch.texts import INVISIBLE, normal
from popresearch.versions import Versions

NUMBER = re.compile(
    r"(?P<whole>-?(?:\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+|\d+))(?:[.,٫](?P<part>\d+))?\s?[%٪]?"
)
MAYBE_THOUSAND = re.compile(r"-?[1-9]\d{0,2}[.,٫]\d{3}\s?[%٪]?")


def read(
    export: Export, columns: Columns, asked: Instrument, rows: pd.DataFrame, versions: Versions | None = None
) -> Read:
    """Read the answers to one question from the dictionary-encoded rows of an export."""
    kind = asked.questions.at[columns.question, "kind"]
    known = Known(export, columns, asked, versions or Versions())
    if kind == "text" and len(columns.whole) == 1 and not columns.options:
        return _text(rows[columns.whole[0]])
    wholes = [_whole(rows[number], number, kind, known) for number in columns.whole]
    found = [functools.reduce(lambda left, right: merged(left, right, kind), wholes)] if wholes else []
    if columns.options:
        found.append(
            ranked(columns, rows, known) if kind == "rank" else indicators(columns, rows, known, kind)
        )
    return found[0] if len(found) == 1 else agreed(*found, kind, known.takes_text)


def _text(cells: pd.Series) -> Read:
    """Take an open answer as it stands, but for the blanks around it."""
    stripped = encoded.taken(cells.cat.codes.to_numpy(), cells.cat.categories.str.strip(), cells.index)
    return Read(cells.index, np.zeros(len(cells), np.int8), [Reading()], texts=stripped)


def _whole(cells: pd.Series, number: int, kind: str, known: Known) -> Read:
    """Read a column that holds the whole answer."""
    if kind == "text":
        return looked_up(cells, Reading)
    if kind == "number":
        return looked_up(cells, _number)
    if kind == "date":
        return _dates(cells)
    if kind in ("country", "countries"):
        return _countries(cells, number, known, several=kind == "countries")
    return listed(cells, number, kind, known)


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

    read = looked_up(cells, look)
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


def _countries(cells: pd.Series, number: int, known: Known, *, several: bool) -> Read:
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

    return looked_up(cells, look)


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
