"""Who answers: made-up respondents, each with countries, a language and a time, in the order of time."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from popresearch.sample.tables import countries

SIZES = {"helplines": 430, "youth": 270, "ai": 180, "poll": 860}  # rows of the exports, duplicates included
DUPLICATES = {"helplines": 2, "youth": 1, "ai": 1, "poll": 2}
PERIODS = {"poll": (datetime(2024, 2, 6, 8), datetime(2024, 12, 20, 18))}
PERIOD = (datetime(2022, 2, 8, 8), datetime(2022, 12, 20, 18))
FIRST_LANGUAGE = 0.8  # share of respondents who answer in the first language of their country
SEVERAL_COUNTRIES = 0.12  # share of services that are offered in more than one country


def draw(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Draw each strand's respondents: `country, countries, language, began, ended`; duplicates come later."""
    pool = rng.permutation([code for code, row in countries().items() for _ in range(int(row["rows"]))])
    crowds, start = {}, 0
    for strand, size in SIZES.items():
        size -= DUPLICATES[strand]
        crowds[strand] = _crowd(pool[start : start + size], strand, rng)
        start += size
    return crowds


def _crowd(codes: np.ndarray, strand: str, rng: np.random.Generator) -> pd.DataFrame:
    first, last = PERIODS.get(strand, PERIOD)
    seconds = np.sort(rng.integers(0, int((last - first).total_seconds()), len(codes)))
    ended = [first + timedelta(seconds=int(second)) for second in seconds]
    began = [
        end - timedelta(seconds=int(length))
        for end, length in zip(ended, rng.integers(240, 1500, len(codes)), strict=True)
    ]
    table = {
        "country": [str(code) for code in codes],
        "countries": [_named_countries(str(code), rng) for code in codes],
        "language": [_language(str(code), rng) for code in codes],
        "began": pd.Series(began, dtype=object),
        "ended": pd.Series(ended, dtype=object),
    }
    return pd.DataFrame(table)


def _named_countries(code: str, rng: np.random.Generator) -> str:
    """Give the countries a service is offered in, as codes between spaces; most name one."""
    if rng.random() > SEVERAL_COUNTRIES:
        return code
    others = rng.choice(list(countries()), size=int(rng.integers(1, 3)), replace=False)
    return " ".join(sorted({code, *map(str, others)}))


def _language(code: str, rng: np.random.Generator) -> str:
    languages = countries()[code]["languages"].split()
    return languages[0] if rng.random() < FIRST_LANGUAGE else languages[-1]
