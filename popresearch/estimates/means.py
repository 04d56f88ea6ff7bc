"""Means of numbers, of scored scales and of ranks, and medians of numbers, by domain; from the values that a tally counted.

Across countries the country is the unit, within one the organisation: variances by Taylor linearisation. The interval of a median
inverts the interval of the share that lies below it (Woodruff 1952).
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from popresearch.estimates import intervals, rows
from popresearch.estimates.proportions import LEVELS, effective_base, effective_number
from popresearch.estimates.rows import Rows
from popresearch.estimates.variance import NOTHING
from popresearch.instrument import Instrument
from popresearch.study import Study
from popresearch.tallies import VALUE, Tally

STATISTICS = ("mean", "median", "mean score", "mean rank")


def means(tally: Tally, asked: Instrument, study: Study, levels: tuple[str, ...] = LEVELS) -> pd.DataFrame:
    """Estimate all means and medians of a strand: a row a question (a ranking: and option), statistic, level and place.

    `mean` is the value itself (also of a median), `base` how many gave one, with `se`, `low`, `high`, `n_effective`, `n_countries` and
    `n_organisations`. Scales are scored 1, 2, 3 … over the options that study.toml's [scales] names; others are outside the base.
    """
    tables = []
    for question, option, statistic, y, w, square in _sums(tally, asked, study):
        for level in levels:
            units = rows.of_organisations(tally, np.column_stack([y, square]), np.column_stack([w, w]), level)
            tables.append(_table(units, level).assign(question=question, option=option, statistic=statistic))
    for question in _numbers(tally):
        tables += [_medians(tally, question, level) for level in levels]
    if not tables:
        return pd.DataFrame(columns=["question", "option", "statistic", "level", "place", "base", "mean"])
    return pd.concat(tables, ignore_index=True)


def _sums(tally: Tally, asked: Instrument, study: Study) -> Iterator[tuple]:
    """Yield question, option, statistic, and by cell the sum of values, their number, and the sum of their squares."""
    cells = tally.n.index
    keys = [key for key in tally.values.index.names if key not in VALUE]
    given = tally.values.reset_index()
    given["cell"] = cells.get_indexer(pd.MultiIndex.from_frame(given[keys])) if len(given) else 0
    for (question, option), part in given.groupby(["question", "option"], sort=False):
        power = [
            np.bincount(part["cell"], part["times"] * part["value"] ** order, minlength=len(cells))
            for order in (0, 1, 2)
        ]
        yield question, option, "mean rank" if option else "mean", power[1], power[0], power[2]
    for question, scored in _scales(asked, study):
        if question not in tally.base:
            continue
        counts = tally.count[question][scored].to_numpy()
        score = np.arange(1, len(scored) + 1)
        yield question, "", "mean score", counts @ score, counts.sum(axis=1), counts @ score**2


def _scales(asked: Instrument, study: Study) -> Iterator[tuple[str, list[str]]]:
    kinds = asked.questions[asked.questions["kind"] == "one"]
    for question, options in kinds["list"].items():
        if options in study.scales:
            yield question, study.scales[options]


def _numbers(tally: Tally) -> list[str]:
    index = tally.values.index
    return list(dict.fromkeys(index.get_level_values("question")[index.get_level_values("option") == ""]))


def _table(units: Rows, level: str) -> pd.DataFrame:
    """Means of one question: column 0 of the rows holds sums, column 1 sums of squares."""
    one = units.n_countries() == 1
    of_countries = units.by_country()
    mean, variance, n_organisations = linearised(units)
    _, between, n_countries = linearised(of_countries)
    variance = np.where(one, variance[:, 0], between[:, 0])
    clusters = np.where(one, n_organisations[:, 0], n_countries[:, 0])
    base = units.total(units.w)[:, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = mean[:, 1] - mean[:, 0] ** 2  # of single values
        effective = np.where(variance > 0, np.minimum(spread / variance, base), clusters)
    effective_units = np.where(one, effective_number(units)[:, 0], effective_number(of_countries)[:, 0])
    low, high = intervals.of_mean(mean[:, 0], variance, effective_units - 1)
    return pd.DataFrame(
        {
            "level": level,
            "place": np.array(units.places, dtype=object),
            "base": base.astype(int),
            "mean": mean[:, 0],
            "se": np.sqrt(variance),
            "low": low,
            "high": high,
            "n_effective": effective,
            "n_countries": np.where(one, (base > 0).astype(int), n_countries[:, 0]),
            "n_organisations": n_organisations[:, 0],
        }
    )


def linearised(units: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give ratio, its variance by Taylor linearisation (rows are the clusters, drawn with replacement) and how many rows have a base."""
    whole, within = units.total(units.w), units.domain
    n = units.total((units.w > 0).astype(int))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = units.total(units.y) / np.where(whole > 0, whole, np.nan)
        influence = np.where(units.w > 0, (units.y - mean[within] * units.w) / whole[within], 0.0)
        variance = np.where(n > 1, n / (n - 1) * units.total(influence**2), np.nan)
    return mean, variance, n


def _medians(tally: Tally, question: str, level: str) -> pd.DataFrame:
    """Medians of a number: the value that half of the answers do not exceed, with Woodruff's interval."""
    values = tally.values[tally.values.index.get_level_values("question") == question]
    distinct = np.sort(values.index.get_level_values("value").unique().to_numpy(dtype=float))
    wide = (
        values.droplevel(["question", "option"])
        .unstack("value", fill_value=0)
        .reindex(tally.n.index, fill_value=0)
    )
    counts = wide[distinct].to_numpy()
    below = np.cumsum(counts, axis=1)
    answered = np.repeat(counts.sum(axis=1)[:, None], len(distinct), axis=1)
    units = rows.of_organisations(tally, below, answered, level)
    of_countries, one = units.by_country(), (units.n_countries() == 1)[:, None]
    (share, own, n_organisations), (_, between, n_countries) = linearised(units), linearised(of_countries)
    variance, clusters = np.where(one, own, between), np.where(one, n_organisations, n_countries)
    degrees = np.where(one, effective_number(units), effective_number(of_countries))[:, 0] - 1
    base = units.total(units.w)
    found = [woodruff(distinct, *row) for row in zip(share, variance, degrees, strict=True)]
    median, low, high, se = (np.array(column) for column in zip(*found, strict=True))
    at = np.arange(len(share)), np.minimum(np.searchsorted(distinct, median), len(distinct) - 1)
    return pd.DataFrame(
        {
            "level": level,
            "place": np.array(units.places, dtype=object),
            "base": base[:, 0].astype(int),
            "mean": median,
            "se": se,
            "low": low,
            "high": high,
            "n_effective": effective_base(share, variance, base, clusters)[at],
            "n_countries": np.where(one, base > 0, n_countries)[:, 0].astype(int),
            "n_organisations": n_organisations[:, 0],
        }
    ).assign(question=question, option="", statistic="median")


def woodruff(
    distinct: np.ndarray, share: np.ndarray, variance: np.ndarray, degrees: float
) -> tuple[float, float, float, float]:
    """Give the median, its interval and standard error from the shares of answers up to each distinct value (R's svyquantile, "math").

    Where all clusters agree, or there is one, there is no interval, and NaN says so; below one degree of freedom t is as for one.
    """
    if np.isnan(share).any():
        return np.nan, np.nan, np.nan, np.nan
    place = _reaches(share, 0.5)
    if not (degrees > 0 and variance[place] > NOTHING):
        return distinct[place], np.nan, np.nan, np.nan
    half = float(intervals.student(degrees) * np.sqrt(variance[place]))
    low, high = (
        distinct[_reaches(share, min(max(bound, 0.0), 1.0))]
        for bound in (share[place] - half, share[place] + half)
    )
    return distinct[place], low, high, (high - low) / (2 * float(intervals.student(degrees)))


def _reaches(share: np.ndarray, wanted: float) -> int:
    """Find the first value up to which at least the wanted share of answers lies."""
    return int(min(np.searchsorted(share, wanted - 1e-9), len(share) - 1))
