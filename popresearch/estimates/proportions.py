"""Shares of options by domain: base, count, share in three views, interval, standard error, effective base, and stability.

Across countries the country is the unit: the delete-one-country jackknife with an interval on the logit scale, since answers within a
country are alike (in the simulation of `popresearch.simulation` intervals as if independent cover a third of what they say). Within
one country organisations are the unit, and Wilson's interval stands on the effective base.
"""

import numpy as np
import pandas as pd

from popresearch.estimates import intervals, rows
from popresearch.estimates.rows import Rows
from popresearch.estimates.variance import NOTHING
from popresearch.tallies import Tally

LEVELS = ("world", "region", "country")
VIEWS = {
    "": "per response",
    "_by_organisation": "each organisation once",
    "_by_country": "equal country weight",
}
Columns = dict[str, np.ndarray]


def shares(tally: Tally, levels: tuple[str, ...] = LEVELS) -> pd.DataFrame:
    """Estimate the share of every option in each domain of the levels; see `estimates.estimate` for the columns."""
    y = tally.count.to_numpy()
    w = tally.base.to_numpy()[:, tally.base.columns.get_indexer(tally.count.columns.get_level_values(0))]
    tables = [
        of_level(rows.of_organisations(tally, y, w, level), level, tally.count.columns) for level in levels
    ]
    return pd.concat(tables, ignore_index=True)


def of_level(units: Rows, level: str, items: pd.MultiIndex) -> pd.DataFrame:
    """Estimate all items of all domains of one level; domains of one country apart from those of several."""
    one = units.n_countries() == 1
    if one.all() or not one.any():
        return _table(units, level, items, is_one_country=bool(one.all()))
    apart = [
        _table(units.chosen(side), level, items, is_one_country=bool(side is one)) for side in (one, ~one)
    ]
    table = pd.concat(apart)
    order = table["place"].map({place: number for number, place in enumerate(units.places)})
    return table.iloc[np.argsort(order.to_numpy(), kind="stable")]


def _table(units: Rows, level: str, items: pd.MultiIndex, *, is_one_country: bool) -> pd.DataFrame:
    n_domains, n_items = len(units.places), len(items)
    own = Rows(*_organisation_shares(units), units.n, units.country, units.starts, units.places)
    columns: Columns = {
        "n": np.repeat(units.total(units.n[:, None]), n_items, axis=1),
        "base": units.total(units.w),
        "count": units.total(units.y),
    }
    if is_one_country:
        columns |= _within(units) | _named("_by_organisation", *_wilson(own))
        columns |= _named("_by_country", *[np.full((n_domains, n_items), np.nan)] * 3)
        columns["n_countries"] = (columns["base"] > 0).astype(int)
    else:
        whole, once = units.by_country(), own.by_country()
        columns |= across(whole) | _left_out("organisation", units)
        columns |= _named("_by_organisation", *_jackknifed(once)[:3])
        columns |= _named("_by_country", *mean_of_countries(whole)[:3])
        columns["n_countries"] = whole.total((whole.w > 0).astype(int))
    columns["n_organisations"] = units.total((units.w > 0).astype(int))
    item, domain = np.tile(np.arange(n_items), n_domains), np.repeat(np.arange(n_domains), n_items)
    keys = {
        "question": items.get_level_values(0).take(item),
        "option": items.get_level_values(1).take(item),
        "level": level,
        "place": pd.Index(units.places, dtype="str").take(domain),
    }
    return pd.DataFrame(keys | {name: values.ravel() for name, values in columns.items()})


def _within(units: Rows) -> Columns:
    """Within a country: organisations are the unit, and Wilson's interval stands on the effective base."""
    share, variance, left_out, n = jackknife(units)
    base = units.total(units.w)
    effective = effective_base(share, variance, base, n)
    low, high = intervals.wilson(share, effective)
    return (
        _named("", share, low, high)
        | _precision(share, variance, base, effective)
        | _range("organisation", left_out, units)
    )


def across(whole: Rows) -> Columns:
    """Across countries: the country (a row) is the unit; the jackknife with its interval on the logit scale."""
    share, low, high, variance, left_out, n = _jackknifed(whole)
    base = whole.total(whole.w)
    effective = effective_base(share, variance, base, n)
    return (
        _named("", share, low, high)
        | _precision(share, variance, base, effective)
        | _range("country", left_out, whole)
    )


def jackknife(units: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Leave out one row of each domain at a time: shares, variances (domains × items), the replicates by row, and rows with a base.

    As `variance.jackknife`, for all domains at once; a row outside an item's base is no unit of it.
    """
    whole, total, within = units.total(units.w), units.total(units.y), units.domain
    n = units.total((units.w > 0).astype(int))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = total / np.where(whole > 0, whole, np.nan)
        left = (whole[within] - units.w).astype(float)
        left_out = np.where((units.w > 0) & (left > 0), (total[within] - units.y) / left, np.nan)
        mean = units.total(np.nan_to_num(left_out)) / np.where(n > 1, n, np.nan)
        apart = units.total(np.nan_to_num(left_out - mean[within]) ** 2)
        variance = np.where(n > 1, (n - 1) / n * apart, np.nan)
    return share, variance, left_out, n


def effective_number(units: Rows) -> np.ndarray:
    """Say how many rows of equal size weigh as much as these: (Σw)² / Σw² (Kish 1965; Carter, Schnepel and Steigerwald 2017, ρ = 0).

    Less one it gives the degrees of freedom: with n − 1 intervals are too short where one country gave many of the answers.
    """
    w = units.w.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return units.total(w) ** 2 / units.total(w**2)


def _jackknifed(units: Rows) -> tuple[np.ndarray, ...]:
    """Share, low, high, variance, replicates and clusters of the jackknife, with the interval on the logit scale."""
    share, variance, left_out, n = jackknife(units)
    low, high = intervals.logit(share, variance, effective_number(units) - 1, n)
    return share, low, high, variance, left_out, n


def mean_of_countries(units: Rows) -> tuple[np.ndarray, ...]:
    """Give the mean of the shares of rows, low, high by Student's t, and the number of rows with a base; each row counts once.

    Where all have the same share, Wilson on their number stands in; a single one has no interval.
    """
    n = units.total((units.w > 0).astype(int))
    with np.errstate(invalid="ignore", divide="ignore"):
        each = units.y / np.where(units.w > 0, units.w, np.nan)
        mean = units.total(np.nan_to_num(each)) / np.where(n > 0, n, np.nan)
        spread = units.total(np.nan_to_num(each - mean[units.domain]) ** 2) / (n - 1)
        half = intervals.student(n - 1) * np.sqrt(spread / n)
        low, high = intervals.wilson(mean, n)
        varies = ~(half < NOTHING)
    low = np.where(varies, np.clip(mean - half, 0, 1), low)
    high = np.where(varies, np.clip(mean + half, 0, 1), high)
    return mean, low, high, n


def effective_base(
    share: np.ndarray, variance: np.ndarray, base: np.ndarray, clusters: np.ndarray
) -> np.ndarray:
    """Say how many independent answers would be as precise: never more than the base; without spread the number of clusters."""
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = np.minimum(share * (1 - share) / variance, base)
    fallback = np.where(clusters > 1, clusters, np.minimum(base, 1))
    return np.where(intervals.has_spread(share, variance), effective, fallback)


def _precision(share: np.ndarray, variance: np.ndarray, base: np.ndarray, effective: np.ndarray) -> Columns:
    """Standard error, effective base, and the design effect against as many independent answers (R's deff = "replace")."""
    with np.errstate(invalid="ignore", divide="ignore"):
        design_effect = np.where(
            intervals.has_spread(share, variance), variance * (base - 1) / (share * (1 - share)), np.nan
        )
    return {"se": np.sqrt(variance), "n_effective": effective.astype(float), "design_effect": design_effect}


def _organisation_shares(units: Rows) -> tuple[np.ndarray, np.ndarray]:
    has_base = units.w > 0
    return np.where(has_base, units.y / np.where(has_base, units.w, 1), 0.0), has_base.astype(float)


def _wilson(units: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = units.total(units.w)
    share = units.total(units.y) / np.where(n > 0, n, np.nan)
    return share, *intervals.wilson(share, n)


def _left_out(unit: str, units: Rows) -> Columns:
    return _range(unit, jackknife(units)[2], units)


def _range(unit: str, left_out: np.ndarray, units: Rows) -> Columns:
    """The least and the largest share that leaving out any one unit gives: how much one of them carries."""
    least = np.minimum.reduceat(np.where(np.isnan(left_out), np.inf, left_out), units.starts, axis=0)
    most = np.maximum.reduceat(np.where(np.isnan(left_out), -np.inf, left_out), units.starts, axis=0)
    return {
        f"least_without_{unit}": np.where(np.isinf(least), np.nan, least),
        f"most_without_{unit}": np.where(np.isinf(most), np.nan, most),
    }


def _named(view: str, share: np.ndarray, low: np.ndarray, high: np.ndarray) -> Columns:
    return {f"share{view}": share, f"low{view}": low, f"high{view}": high}
