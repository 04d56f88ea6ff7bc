"""The screen: personal data in an open answer become typed marks such as [e-mail], before any person reads it.

Rules and word lists (data/reference/screening_words.csv, screening_names.csv); no model, no network, the same answer each time. Nothing
here is a guarantee: lone first names escape every screen, so no open answer is published unread.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from popresearch.screening import arabic, chinese, contacts, names, numbers, places, schools
from popresearch.screening.written import Written

Finder = Callable[[str], Iterator[tuple[int, int, str]]]
FINDERS: tuple[Finder, ...] = (
    contacts.find,
    places.find,
    schools.find,
    numbers.find,
    names.find,
    arabic.find,
    chinese.find,
)  # what one has found, the next does not see
TAKEN = "\ufffc"  # stands where something was found: no letter, no digit, no blank
KINDS = ("e-mail", "address", "handle", "account", "phone", "number", "place", "school", "name")
MARK = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")


class Screened(NamedTuple):
    """An answer without what was found in it, and the kinds that were found, in the order of the text."""

    text: str
    found: list[str]


def screen(text: str) -> Screened:
    """Replace personal data by marks: e-mail, address (of the web), handle, account, phone, number, place, school, name."""
    written, found = find(text)
    return Screened(written.marked(found), [kind for _, _, kind in found])


def find(text: str) -> tuple[Written, list[tuple[int, int, str]]]:
    """Find personal data as (start, end, kind) in the plain form of the text, in order."""
    written = Written(text)
    seen, found = MARK.sub(lambda mark: TAKEN * len(mark[0]), written.plain), []
    for finder in FINDERS:
        for start, end, kind in list(finder(seen)):
            if TAKEN not in seen[start:end]:
                found.append((start, end, kind))
                seen = seen[:start] + TAKEN * (end - start) + seen[end:]
    return written, sorted(found)
