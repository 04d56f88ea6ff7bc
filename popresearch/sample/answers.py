"""What they answer: option codes and numbers, drawn question by question along the form's own conditions.

Shares follow tables/sample_shares.csv and are equal for everything else. They vary between countries: Beta
and Dirichlet draws with an intra-country correlation of 0.05.
"""

import re

import numpy as np
import pandas as pd

from popresearch import relevance
from popresearch.instrument import Instrument
from popresearch.sample.tables import countries, shares, table
from popresearch.study import Strand

CORRELATION = 0.05
PRECISION = 1 / CORRELATION - 1  # the sum of the parameters of a Beta distribution with that correlation
ANY = 0.18  # share of an option of a choose-many question that the table does not name
ALONE = {"none": 0.03, "dont_know": 0.03, "prefer_not": 0.02, "unknown": 0.03}  # options that stand alone
RARE = {"dont_know": 0.035, "prefer_not": 0.015, "other": 0.04, "unknown": 0.03}
SKIPPED = {"number": 0.25, "country": 0.02, "countries": 0.01}
NEVER_SKIPPED = ("consent", "age", "carer")
SPOKEN, ALSO_SPOKEN, OTHER_LANGUAGE = 0.97, 0.5, 0.004
WRITTEN = 0.4  # share that answers an open question


def draw(
    asked: Instrument, strand: Strand, crowd: pd.DataFrame, stated: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the answers of a strand as text, a column a question; blank is no answer.

    Choose-many answers are codes between spaces. `stated` holds what each response says of its service.
    """
    values: dict[str, pd.Series] = {}
    never = {strand.roles.get(role) for role in NEVER_SKIPPED}
    never |= {strand.roles["country"]} if "countries" in strand.roles else set()
    blank = pd.Series("", index=crowd.index)
    for question, row in asked.questions.iterrows():
        if question in stated:
            drawn = stated[question]
        else:
            drawn = _drawn(str(question), asked, strand, crowd, values, rng)
        skipped = 0.0 if question in never else SKIPPED.get(row["kind"], 0.02)
        kept = pd.Series(rng.random(len(crowd)) >= skipped, index=crowd.index)
        if row["relevant"]:
            kept &= relevance.holds(row["relevant"], lambda name: values.get(name, blank), crowd.index)
        values[str(question)] = drawn.where(kept, "")
    return pd.DataFrame(values)


def _drawn(
    question: str,
    asked: Instrument,
    strand: Strand,
    crowd: pd.DataFrame,
    values: dict[str, pd.Series],
    rng: np.random.Generator,
) -> pd.Series:
    row = asked.questions.loc[question]
    if row["kind"] in ("country", "countries"):
        return crowd[row["kind"]]
    if row["kind"] == "text":
        return _sentences(question, crowd["language"], rng)
    if row["kind"] == "number":
        numbers = _numbers(question, row["constraint"], values, len(crowd), rng)
        return pd.Series(numbers, index=crowd.index).astype(str)
    options = [str(option) for option in asked.options_of(question).index]
    chosen_from = re.search(r"count-selected\(\$\{(\w+)\}\) > \d", row["relevant"])
    if chosen_from and asked.questions.at[chosen_from[1], "list"] == row["list"]:
        return values[chosen_from[1]].map(lambda chosen: str(rng.choice(chosen.split())) if chosen else "")
    home = crowd["country"].map({code: number for number, code in enumerate(countries())}).to_numpy()
    wanted = shares(strand.name, question)
    if row["kind"] == "one":
        return pd.Series(np.array(options)[_one(options, wanted, home, rng)], index=crowd.index).astype(str)
    ticks = _many(options, wanted, row["constraint"], home, rng, is_language=row["list"] == "language")
    return pd.Series([" ".join(np.array(options)[tick]) for tick in ticks], index=crowd.index, dtype=str)


def _one(
    options: list[str], wanted: dict[str, float], home: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw the place of one option for each respondent; shares vary between countries."""
    fixed = {option: share for option, share in (RARE | wanted).items() if option in options}
    rest = max(0.0, 1 - sum(fixed.values())) / max(1, len(options) - len(fixed))
    weights = np.array([fixed.get(option, rest) for option in options])
    by_country = rng.standard_gamma(np.tile(PRECISION * weights / weights.sum(), (len(countries()), 1)))
    upto = np.cumsum(by_country / by_country.sum(axis=1, keepdims=True), axis=1)[home]
    return np.minimum((rng.random(len(home))[:, None] >= upto).sum(axis=1), np.flatnonzero(weights)[-1])


def _many(
    options: list[str],
    wanted: dict[str, float],
    constraint: str,
    home: np.ndarray,
    rng: np.random.Generator,
    *,
    is_language: bool,
) -> np.ndarray:
    """Draw ticks (respondents × options): at least one, not more than allowed, some options only alone."""
    alone = {*ALONE, *re.findall(r"not\(selected\(\., '(\w+)'\) and count", constraint)}
    most = int((re.search(r"count-selected\(\.\) <= (\d+)", constraint) or [0, len(options)])[1])
    usual = dict.fromkeys(options, ANY) | dict.fromkeys(alone, 0.03) | {"other": 0.04} | ALONE | wanted
    single = np.array([usual[option] if option in alone else 0.0 for option in options])
    share = np.array([0.0 if option in alone else usual[option] for option in options])
    by_country = _spoken(options) if is_language else _varied(share / (1 - single.sum()), rng)
    drawn = rng.random((len(home), len(options)))
    strength = drawn / np.maximum(by_country[home], 1e-9)  # below 1 is a tick; the smallest is the surest
    place = strength.argsort(axis=1).argsort(axis=1)
    ticks = ((strength < 1) & (place < most)) | (place == 0)
    upto = np.cumsum(single)
    only = (rng.random(len(home))[:, None] >= upto).sum(axis=1)
    is_single = only < len(options)
    ticks[is_single] = np.eye(len(options), dtype=bool)[only[is_single]]
    return ticks


def _varied(share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the shares of each country around the overall ones."""
    safe = np.clip(share, 0.001, 0.999)
    drawn = rng.beta(PRECISION * safe, PRECISION * (1 - safe), size=(len(countries()), len(share)))
    return np.where((share > 0) & (share < 1), drawn, share)


def _spoken(options: list[str]) -> np.ndarray:
    """Give the chance that a service speaks each language, by country."""
    chances = np.full((len(countries()), len(options)), OTHER_LANGUAGE)
    for number, row in enumerate(countries().values()):
        for place, language in enumerate(row["served"].split()):
            chances[number, options.index(language)] = ALSO_SPOKEN if place else SPOKEN
    return chances


def _numbers(
    question: str, constraint: str, values: dict[str, pd.Series], size: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw whole numbers that make sense beside earlier ones: no service is online before it began."""
    drawn = rng.random(size)
    if question == "a04_began":
        return 1970 + (52 * drawn**0.6).astype(int)
    if question == "a04_online":
        began = pd.to_numeric(values["a04_began"], errors="coerce").fillna(1970).to_numpy(int)
        return np.maximum(began, 1998 + (25 * drawn).astype(int))
    if question == "a08_all":
        return 10 * (10 ** (1 + 4 * drawn)).astype(int)
    if question == "a08_counselling":
        everything = pd.to_numeric(values["a08_all"], errors="coerce").fillna(5000).to_numpy(int)
        return (everything * (0.2 + 0.6 * drawn)).astype(int)
    if question == "k06_age":
        return np.array([0, 0, 10, 12, 13, 13, 13, 14, 16, 16, 18])[(11 * drawn).astype(int)]
    low = int((re.search(r"\. >= (\d+)", constraint) or [0, 0])[1])
    high = int((re.search(r"\. <= (\d+)", constraint) or [0, 100])[1])
    return low + ((high - low) // 5 * drawn).astype(int) * 5


def _sentences(question: str, languages: pd.Series, rng: np.random.Generator) -> pd.Series:
    """Draw one or two sentences in the respondent's language for some respondents, blank for the others."""
    known = [row for row in table("sentences") if row["questions"] == question]
    if not known:
        return pd.Series("", index=languages.index)
    written = []
    for language in languages:
        size = int(rng.choice([0, 1, 2], p=[1 - WRITTEN, WRITTEN * 0.8, WRITTEN * 0.2]))
        sentences = [known[int(place)][language] for place in rng.permutation(len(known))[:size]]
        written.append(("" if language == "zh" else " ").join(sentences))
    return pd.Series(written, index=languages.index)
