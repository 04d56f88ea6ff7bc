"""What is known of a capitalised word, Latin or Cyrillic: a given name, a family name, or no name at all."""

import re
import unicodedata
from functools import cache, lru_cache

from popresearch import reference
from popresearch.screening.lists import ORDINARY, either, names

SURNAME = re.compile(
    rf"{either('surname_end', 'ru')}(?:а|у|ым|ой|ом|е|ых|ы)?$|[сц]к(?:ий|ая|ого|ому|им|ой|ую|ом)$|{either('surname_end', 'any')}$"
)
ENDINGS = "а я у ю ом ем ём ой ей е и ы ью".split()  # of Russian given names
PART = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
LONG = 6  # letters of a Russian word that is compared without its ending
KEPT = 20_000  # words that each answer of this module is remembered for


@lru_cache(KEPT)
def is_other(word: str) -> bool:
    """Say whether a capitalised word is no part of a name: an ordinary word, a country, a city, an app, a month."""
    folded = word.casefold()
    bare = re.sub(r"^[ldnsjcm]'|'s$", "", folded)
    if folded in given() and folded not in plain():
        return False
    is_short = word.isalpha() and word.isupper() and 1 < len(word) < 4
    return is_short or bool({folded, bare} & ORDINARY) or bare in places() or _is_declined(folded)


@lru_cache(KEPT)
def is_given(word: str) -> bool:
    """Say whether a word is a known given name, or begins with one and a hyphen; Russian ones also declined."""
    folded = word.casefold()
    first = re.split(r"[-']", folded)[0]
    return folded in given() or (len(first) > 2 and first in given())


@lru_cache(KEPT)
def is_surname(word: str) -> bool:
    """Say whether a word is a known family name, or ends as many do."""
    folded = word.casefold()
    return folded in surnames() or SURNAME.search(folded) is not None


def is_known(word: str) -> bool:
    """Say whether a word is a known name and nothing else."""
    return not is_other(word) and (is_given(word) or word.casefold() in surnames())


@cache
def given() -> frozenset[str]:
    """Give the known given names in lower case, Latin ones also without accents, Russian ones in all cases."""
    latin = {name.casefold() for name in names("given", "latin")}
    cyrillic = {name.casefold() for name in names("given", "cyrillic")}
    return frozenset(
        latin
        | {_unaccented(name) for name in latin}
        | {form for name in cyrillic for form in _declined(name)}
    )


@cache
def surnames() -> frozenset[str]:
    """Give the known family names in lower case."""
    return frozenset(name.casefold() for name in names("surname", "latin"))


@cache
def plain() -> frozenset[str]:
    """Give the given names in lower case that are words, too: grace, may."""
    return frozenset(name.casefold() for name in names("plain", "latin"))


@cache
def both() -> frozenset[str]:
    """Give the ordinary words and places that are also names."""
    return (plain() | surnames() | given()) & (ORDINARY | places())


@cache
def places() -> frozenset[str]:
    """Give the words in the names of countries, regions and cities, in lower case."""
    countries, regions, cities = (
        reference.countries(),
        reference.region_names(),
        reference.read("country_cities.csv"),
    )
    columns = [table[name] for table in (countries, regions) for name in table if name.startswith("name_")]
    columns += [cities[name] for name in cities]
    return frozenset(word.casefold() for column in columns for name in column for word in PART.findall(name))


def _is_declined(word: str) -> bool:
    """Say whether a Russian word is an ordinary one or a place in another case."""
    return _is_long_russian(word) and any(word[:-cut] in _stems() for cut in (1, 2, 3))


@cache
def _stems() -> frozenset[str]:
    known = [word for word in ORDINARY | places() if _is_long_russian(word)]
    return frozenset(word[:-cut] for word in known for cut in (1, 2))


def _is_long_russian(word: str) -> bool:
    return len(word) >= LONG and "\u0400" <= word[0] <= "\u04ff"


def _declined(name: str) -> set[str]:
    """Give the cases of a Russian given name, some of which do not exist."""
    stem = name[:-1] if name[-1] in "аяйьо" else name
    return {name, *(stem + ending for ending in ENDINGS)}


def _unaccented(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
