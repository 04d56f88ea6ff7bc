"""The word lists of the screen, which anyone may edit: data/reference/screening_words.csv, screening_names.csv and danger.csv."""

import re
from collections.abc import Iterable
from functools import cache

from popresearch import reference

UPPER = (
    "[" + "".join(chr(code) for code in (*range(0x530), *range(0x1E00, 0x1F00)) if chr(code).isupper()) + "]"
)


@cache
def words(name: str, *languages: str) -> tuple[str, ...]:
    """Give the words of a list, of some languages or of all, longest first."""
    table = reference.read("screening_words.csv")
    rows = table[table["list"].eq(name) & (table["language"].isin(languages) | (not languages))]
    found = {word.strip() for line in rows["words"] for word in line.split(";") if word.strip()}
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


@cache
def names(name: str, script: str) -> frozenset[str]:
    """Give the names of a list (given, surname, plain) in one script; of several words, with _ between them."""
    table = reference.read("screening_names.csv")
    rows = table[table["list"].eq(name) & table["script"].eq(script)]
    return frozenset(word.replace("_", " ") for line in rows["names"] for word in line.split())


@cache
def either(name: str, *languages: str) -> str:
    """Give a pattern that matches each word of a list."""
    return any_of(words(name, *languages))


def any_of(known: Iterable[str]) -> str:
    """Give a pattern that matches one of these words, the longest that fits."""
    ordered = sorted(known, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered) + ")"


LISTS_OF_ORDINARY = (
    "common", "organisation", "app", "month", "city", "title", "handle_cue", "phone_cue", "number_cue",
)  # fmt: skip
ORDINARY = frozenset(
    word.casefold()
    for name in LISTS_OF_ORDINARY
    for entry in words(name)
    for word in (entry, entry.rstrip("."))
)  # words that are no name, in lower case
