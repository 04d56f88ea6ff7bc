"""Every name by which a country is known: codes, CLDR names in 100 languages, aliases, cities, what to ask about."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from babel import localedata
from babel.core import get_global

from popresearch.countries.spelling import accented, bare, joined, key, plain, stem
from popresearch.reference import read
from popresearch.wording import LANGUAGES

SHORTEST = 5  # letters of a name that may hold a slip
# CLDR also has names in small and constructed languages; they resolve few answers, but many words by chance:
# one calls India "End", another Morocco "Moloko", and Toki Pona calls Latvia "Malawi".
SPOKEN = set(
    "af am as az be bg bn bs ca ceb ckb cs cy da de el et eu fa fi fil ga gl gu ha he hi hr ht hu hy id "
    "ig is it ja jv ka kk km kn ko ku ky lb lo lt lv mg mk ml mn mr ms mt my nb ne nl nn no om or pa pl "
    "ps pt ro sd si sk sl so sq sr sv sw ta te tg th ti tk tr tt ug uk ur uz vi wo xh yue zu".split()
)
VARIANTS = {"pt_PT", "sw_KE", "zh_Hant_HK"}  # whose names differ from those of their language
CLDR_PARTS = {"IC": "ESP", "EA": "ESP", "CP": "FRA", "AC": "SHN", "TA": "SHN", "DG": "IOT"}  # not in ISO
OTHER_CODES = {"UK": "GBR", "EL": "GRC"}  # as the European Union writes them
# In sports and on the road; none is the ISO code of another country. Words in lower case ("car"), so in capitals only.
OTHER_CODES |= dict(
    pair.split(":")
    for pair in "GER:DEU SUI:CHE NED:NLD POR:PRT CRO:HRV DEN:DNK GRE:GRC PHI:PHL VIE:VNM TPE:TWN URU:URY ALG:DZA "
    "ZIM:ZWE NGR:NGA KUW:KWT MGL:MNG NEP:NPL BUL:BGR LAT:LVA SLO:SVN CAR:CAF ABD:USA BAE:ARE".split()
)
ALWAYS_ASK = {"GIN": "guinea", "MAF": "saintmartin"}  # asked about in every language
# Zones of these countries have names that stand in many countries ("Hamilton", "Perth", "Melbourne").
NO_CITIES = {"USA", "CAN", "AUS", "ATA", "BMU"}
PARTS = ("part of", "city")
GROUP = ("a group of", "all places", "region,")  # of the reasons to ask: the answer is wider than a country


@dataclass(frozen=True)
class Names:
    """What is known by spelling, under the keys of `key`. In `near`, "" marks what must not be guessed."""

    names: dict[str, str]
    accented: dict[str, str]
    stems: dict[str, str]
    regions: set[str]
    aliases: dict[str, tuple[str, str]]
    cities: dict[str, str]
    ask: dict[str, tuple[tuple[str, ...], str]]
    last_words: dict[str, set[str]]
    near: dict[str, tuple[str, ...]]


@cache
def codes() -> dict[str, str]:
    """ISO 3166-1 codes of two and three letters, and a few others that are as well known, in capitals → alpha-3."""
    table = read("m49_regions_names.csv")
    return (
        OTHER_CODES
        | dict(zip(table["iso2"], table["iso3"], strict=True))
        | {code: code for code in table["iso3"]}
    )


@cache
def names() -> Names:
    """Build what is known, once: about a second."""
    table = read("m49_regions_names.csv")
    alpha3 = dict(zip(table["iso2"], table["iso3"], strict=True))
    ours, others, regions = _cldr_names(alpha3 | CLDR_PARTS)
    for language in LANGUAGES:
        ours |= set(zip(table[f"name_{language}"], table["iso3"], strict=True))
    rows = [*read("country_aliases.csv").itertuples()]
    aliases = {key(row.spelling): (row.iso3, row.why) for row in rows if not _is_short(row.spelling)}
    ask = {
        key(row.spelling): (tuple(row.candidates.split()), row.why)
        for row in read("country_ask.csv").itertuples()
    }
    foreign = {
        name: code for name, code in _unambiguous(others).items() if len(name) > 3 or not name.isascii()
    }
    asked = {name: code for name, code in foreign.items() if code in ALWAYS_ASK and name not in aliases}
    ask = {name: ask[ALWAYS_ASK[code]] for name, code in asked.items()} | ask
    known = foreign | _unambiguous(ours)
    taken = known.keys() | aliases.keys() | ask.keys()
    short = {(row.spelling, row.iso3) for row in rows} | others
    return Names(
        names=known,
        accented=_only({(accented(name), code) for name, code in short if _is_short(name)}),
        stems=_stems(ours | others, ask),
        regions={key(region) for region in regions},
        aliases=aliases,
        cities={name: code for name, code in _cities(alpha3).items() if name not in taken},
        ask=ask,
        last_words=_last_words(
            {*ours, *((row.spelling, row.iso3) for row in rows if not row.why.startswith(PARTS))}
        ),
        near=_slip_targets(ours, aliases, ask, regions),
    )


def undoubled(name: str) -> str:
    """Drop doubled letters and take y for i, the commonest slips of all ("phillipines", "Lybia")."""
    return re.sub(r"(.)\1+", r"\1", name.replace("y", "i"))


def _is_short(name: str) -> bool:
    """Say whether only accents tell a name from short words and codes ("Çin", "Mỹ")."""
    folded = key(name)
    return len(folded) <= 3 and folded.isascii() and not accented(name).isascii()


def _slip_targets(
    ours: set[tuple[str, str]],
    aliases: dict[str, tuple[str, str]],
    ask: dict[str, tuple[tuple[str, ...], str]],
    regions: set[str],
) -> dict[str, tuple[str, ...]]:
    """Collect what an answer may be a slip of, and what must not be guessed, so that its slips are refused.

    "Indiana" is too near to other words to be guessed; parts of the United Kingdom are answered as countries.
    """
    near = {joined(form): (code,) for name, code in sorted(ours) for form in (plain(name), bare(plain(name)))}
    for name, (code, why) in aliases.items():
        if why != "abbreviation":
            near[name] = ("", code) if why.startswith(PARTS) and code != "GBR" else (code,)
    near |= {key(region): ("",) for region in sorted(regions)}
    for name, (candidates, why) in ask.items():
        if not why.startswith("may be a slip"):
            near[name] = ("", *candidates)
    targets: dict[str, tuple[str, ...]] = {}
    for name, codes in near.items():
        if len(name) >= SHORTEST - 1:
            targets[undoubled(name)] = tuple(sorted({*targets.get(undoubled(name), ()), *codes}))
    return targets


def _last_words(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Collect which countries have a longer name that ends in a word ("Samoa", "Sudan")."""
    found: dict[str, set[str]] = {}
    for name, code in pairs:
        words = plain(name).split()
        for start in range(1, len(words)):
            found.setdefault(joined(" ".join(words[start:])), set()).add(code)
    return found


def _stems(pairs: set[tuple[str, str]], ask: dict[str, tuple[tuple[str, ...], str]]) -> dict[str, str]:
    """Give the stems of Cyrillic names that only one country has, and that nobody is asked about."""
    asked = {stem(name) for name in ask}
    found = _only({(stem(name), code) for name, code in pairs if name[0] >= "Ѐ"})
    return {name: code for name, code in found.items() if name and name not in asked}


def _cldr_names(codes: dict[str, str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]], set[str]]:
    """Collect names from CLDR: of countries in the six languages and in others, and of regions in the six."""
    ours, others, regions = set(), set(), set()
    for language, data in _locales():
        for territory, name in data["territories"].items():
            if territory in codes:
                (ours if language in LANGUAGES else others).add((name, codes[territory]))
            elif territory.isdigit() and language in LANGUAGES:
                regions.add(name)
    return ours, others, regions


def _cities(codes: dict[str, str]) -> dict[str, str]:
    """Collect cities after which CLDR names a time zone, nearly all capitals among them, in all languages, and our own list.

    Zones of three words are left out: "Indiana/Petersburg", "Argentina/San_Juan".
    """
    zones = get_global("zone_territories")
    countries = {zone: codes[code] for zone, code in zones.items() if code in codes and zone.count("/") == 1}
    countries = {zone: code for zone, code in countries.items() if code not in NO_CITIES}
    pairs = {(zone.split("/")[1].replace("_", " "), code) for zone, code in countries.items()}
    for _, data in _locales():
        pairs |= {
            (zone["city"], countries[name])
            for name, zone in data["time_zones"].items() if name in countries and zone.get("city")
        }  # fmt: skip
    ours = _unambiguous({(row.city, row.iso3) for row in read("country_cities.csv").itertuples()})
    return {
        name: code for name, code in _unambiguous(pairs).items() if len(name) > 3 or not name.isascii()
    } | ours


def _locales() -> list[tuple[str, dict]]:
    """Load the locales of spoken languages, once per script: (language, data)."""
    found = []
    for locale in localedata.locale_identifiers():
        language = locale.split("_")[0]
        is_main = locale in VARIANTS or not re.search(r"_[A-Z]{2}$|_\d|_.*_", locale)
        if is_main and language in SPOKEN.union(LANGUAGES):
            found.append((language, localedata.load(locale)))
    return found


def _unambiguous(pairs: set[tuple[str, str]]) -> dict[str, str]:
    """Keep the names that only one country has, by key."""
    spelled = sorted(pairs)
    lines = plain("\n".join(name for name, _ in spelled)).split("\n")  # one call for all is much faster
    return _only({(joined(line), code) for line, (_, code) in zip(lines, spelled, strict=True)})


def _only(pairs: set[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for name, code in pairs:
        found.setdefault(name, set()).add(code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}
