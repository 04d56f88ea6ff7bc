"""Domains: the parts of the world, and of those who answered, for which numbers are given; one, or two of them crossed.

Places are named as in M49 (region, subregion) and ISO 3166-1 (country); income groups are the World Bank's, of the years of the survey.
"""

import numpy as np
import pandas as pd

from popresearch import reference
from popresearch.faults import bad_input, did_you_mean
from popresearch.labels import CROSS

WORLD = "world"
OF_COUNTRIES = ("region", "subregion", "income")  # each country lies in one, or in none
LEVELS = (WORLD, *OF_COUNTRIES, "country", "organisation_type", "language", "age", "gender")


def names(cells: pd.MultiIndex, level: str) -> np.ndarray:
    """Name the domain of each cell at a level, or at two crossed ("region × language"); blank where it lies in none."""
    first, *second = [_names(cells, one) for one in checked(level).split(CROSS)]
    if not second:
        return first
    both = np.char.add(np.char.add(first.astype(str), CROSS), second[0].astype(str))
    return np.where((first != "") & (second[0] != ""), both, "").astype(object)


def checked(level: str) -> str:
    """Return a level, or two crossed, if tallies know them; anything else is bad input."""
    parts = level.split(CROSS)
    for part in parts:
        if part not in LEVELS or (len(parts) > 1 and part == WORLD) or len(parts) > 2:
            what = f"is no level of domains.{did_you_mean(part, LEVELS)}"
            remedy = f"Levels: {', '.join(LEVELS)}, or two of them joined by '{CROSS}'."
            raise bad_input(f"level '{level}'", what, remedy)
    return level


def has_any(cells: pd.MultiIndex, level: str) -> bool:
    """Say whether any cell lies in a domain of the level."""
    return bool(len(cells) if level == WORLD else (names(cells, level) != "").any())


def require(cells: pd.MultiIndex, level: str, question: str = "") -> None:
    """Raise bad input where no cell lies in a domain of the level."""
    if not has_any(cells, level):
        of = f"to the question '{question}' " if question else ""
        remedy = "Choose another level, or another question."
        raise bad_input(f"level '{level}'", f"has no domain in the answers {of}here.", remedy)


def is_one_country(level: str) -> bool:
    """Say whether each domain of a level lies within one country."""
    return "country" in level.split(CROSS)


def of_countries(level: str) -> dict[str, str]:
    """Give the place of each country at one of `OF_COUNTRIES`; a country without one is left out."""
    place = reference.countries()[level] if level != "income" else reference.income_groups()
    return {country: name for country, name in place.items() if name}


def _names(cells: pd.MultiIndex, level: str) -> np.ndarray:
    if level == WORLD:
        return np.full(len(cells), "", dtype=object)
    if level in ("subregion", "income"):
        place = of_countries(level)
        return (
            cells.get_level_values("country_iso3")
            .map(lambda country: place.get(country, ""))
            .to_numpy(object)
        )
    key = "country_iso3" if level == "country" else level
    return cells.get_level_values(key).to_numpy(object)
