"""What an answer says as one name: a country, or a reason to refuse."""

import re
from dataclasses import dataclass

from popresearch.countries.names import codes, names
from popresearch.countries.spelling import EDGES, accented, forms, key, stem

NO_NAME = "no country has this name"
REGION, CITY, CODE = "region, not a country", "city of one country", "code in capitals"


@dataclass(frozen=True)
class Match:
    """The countries that an answer names: none when refused; then `candidates` may say what was near."""

    iso3: tuple[str, ...]
    confidence: str  # exact, alias, close or refused
    how: str
    candidates: tuple[str, ...] = ()


def refused(how: str, candidates: tuple[str, ...] = ()) -> Match:
    """Say why no country is taken from an answer, and which were near."""
    return Match((), "refused", how, tuple(dict.fromkeys(code for code in candidates if code)))


def whole(text: str) -> Match | None:
    """Look an answer up as one name; what is asked about goes before all but codes in a column of codes."""
    known, capitals = names(), EDGES.sub("", text).replace(".", "")
    for form in forms(text):
        name = key(form)
        if code := known.accented.get(accented(form)):
            return Match((code,), "exact", "name")
        if name in known.ask:
            return refused(f"ask: {known.ask[name][1]}", known.ask[name][0])
        if re.fullmatch("[A-Z]{2,3}", capitals) and capitals in codes():
            return Match((codes()[capitals],), "exact", CODE)
        if name in known.names:
            return Match((known.names[name],), "exact", "name")
        if name in known.aliases:
            return Match((known.aliases[name][0],), "alias", known.aliases[name][1])
        if name in known.regions:
            return refused(REGION)
        if code := known.stems.get(stem(form)):
            return Match((code,), "alias", "name in another case")
        if name in known.cities:
            return Match((known.cities[name],), "alias", CITY)
    return None
