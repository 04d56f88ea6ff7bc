"""Which services respondents speak for: a made-up directory, with the spellings people give one name."""

import math
import unicodedata

import numpy as np
import pandas as pd

from popresearch.reference import countries
from popresearch.sample.tables import countries as sampled
from popresearch.sample.tables import table

NAMED = 0.72  # share of responses that name a service; the others are people who speak for themselves
SERVICES = 0.36  # services by response that names one
SHARED = 0.2  # share of services for which several people answer
ORGANISATIONS = 0.76  # organisations by service
COLUMNS = ["c05_service", "c05_organisation", "c06_url", "c06_contact"]


def draw(crowd: pd.DataFrame, strand: str, rng: np.random.Generator) -> pd.DataFrame:
    """Give each response the names, web address and contact it states; blank where it names no service.

    Names in one country and strand share no noun, so that only spellings of one name are alike. Addresses lie
    under example.org, numbers begin with +000, which is no country's code.
    """
    stated = pd.DataFrame("", index=crowd.index, columns=COLUMNS)
    for country, rows in crowd.groupby("country", sort=False).groups.items():
        named = [row for row in rows if rng.random() < NAMED]
        services = _services(str(country), strand, _number_of_services(len(named)), rng)
        for place, row in enumerate(named):
            service = services[_service_of(place, len(services))]
            stated.loc[row] = _stated(service, place >= len(services), rng)
        for row in rows:
            if row not in named and services and rng.random() < 0.15:
                stated.at[row, "c05_organisation"] = respelled(services[-1]["c05_organisation"], rng)
    return stated


def _number_of_services(n_named: int) -> int:
    return n_named if n_named < 4 else max(1, round(SERVICES * n_named))


def _service_of(place: int, n_services: int) -> int:
    """Each service has one response; the responses after that go to the first few services in turn."""
    return place if place < n_services else place % max(1, round(SHARED * n_services))


def _services(country: str, strand: str, size: int, rng: np.random.Generator) -> list[dict[str, str]]:
    language = sampled()[country]["languages"].split()[0]
    kinds, bodies, words = (_words(part) for part in (strand, "organisation", "noun"))
    nouns, others = rng.permutation(len(words)), rng.permutation(len(words))
    services = []
    for number in range(size):
        pair = [words[nouns[(2 * number + step) % len(nouns)]] for step in (0, 1)]
        owner = math.floor(number * ORGANISATIONS)
        owners = [words[others[(2 * owner + step) % len(others)]] for step in (0, 1)]
        kind = kinds[int(rng.integers(len(kinds)))]
        place = f" {countries().at[country, f'name_{language}']}" if rng.random() < 0.3 else ""
        services.append(
            {
                "c05_service": _name(pair, kind, language, place),
                "c05_organisation": _name(owners, bodies[owner % len(bodies)], language),
                "host": f"{pair[0]['en']}-{pair[1]['en']}-{strand}-{country}.example.org".lower(),
                "number": f"+000 {rng.integers(100, 1000)} {rng.integers(1000, 10000)}",
            }
        )
    return services


def _words(part: str) -> list[dict[str, str]]:
    return [row for row in table("names") if row["part"] == part]


def _name(nouns: list[dict[str, str]], kind: dict[str, str], language: str, place: str = "") -> str:
    """Write a name in a language; it ends in a mark that says it is an example."""
    pattern, marker = (_words(part)[0][language] for part in ("pattern", "marker"))
    space = "" if language == "zh" else " "
    name = pattern.format(a=nouns[0][language], b=nouns[1][language], kind=kind[language])
    return f"{name}{place}{space}{marker.strip()}"


def _stated(service: dict[str, str], is_repeat: bool, rng: np.random.Generator) -> list[str]:
    """Give what one respondent writes of a service: the first one writes the names as they are."""
    names = [service["c05_service"], service["c05_organisation"]]
    if is_repeat:
        names = [respelled(name, rng) for name in names]
    address = rng.choice(["https://{}", "https://www.{}/", "http://{}/contact", ""], p=[0.5, 0.1, 0.1, 0.3])
    contact = rng.choice([f"help@{service['host']}", service["number"], ""], p=[0.5, 0.4, 0.1])
    return [*names, str(address).format(service["host"]), str(contact)]


def respelled(name: str, rng: np.random.Generator) -> str:
    """Write a name as another person might: other capitals, spaces, no accents, a slip."""
    words, slip = name.split(), int(rng.integers(1, 5))
    plain = "".join(mark for mark in unicodedata.normalize("NFD", name) if not unicodedata.combining(mark))
    joined = " ".join(["".join(words[:2]), *words[2:]])
    swapped = name[:slip] + name[slip + 1] + name[slip] + name[slip + 2 :]
    unaccented = plain if plain.isascii() else name
    spellings = [name, name, name.lower(), f"{name} ", "  ".join(words), joined, swapped, unaccented]
    return spellings[int(rng.integers(len(spellings)))]
