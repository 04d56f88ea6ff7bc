"""Intervals for shares and means. All are model-based: this survey was answered by those who chose to.

A share of which the data show no spread (all, nobody, or the same in every cluster) gets Wilson's interval on the number of clusters:
a bound, never a point.
"""

import numpy as np
from scipy import stats

from popresearch.estimates.variance import NOTHING

CONFIDENCE = 0.95
Bounds = tuple[np.ndarray, np.ndarray]


def student(degrees: np.ndarray | float) -> np.ndarray:
    """Give Student's t for the two-sided interval; below one degree of freedom as for one."""
    return stats.t.ppf(0.5 + CONFIDENCE / 2, np.maximum(degrees, 1))


def wilson(share: np.ndarray, n: np.ndarray) -> Bounds:
    """Bound a share of `n` independent answers by Wilson's score interval (Wilson 1927); without answers NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        n = np.where(np.asarray(n) > 0, n, np.nan).astype(float)
        z = stats.norm.ppf(0.5 + CONFIDENCE / 2)
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def logit(share: np.ndarray, variance: np.ndarray, degrees: np.ndarray, clusters: np.ndarray) -> Bounds:
    """Bound a share symmetrically on the logit scale (as R's svyciprop): never below 0 or above 1.

    Without spread Wilson on `clusters` stands in.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = has_spread(share, variance)
        half = student(degrees) * np.sqrt(variance) / (share * (1 - share))
        middle = np.log(share / (1 - share))
        bounds = 1 / (1 + np.exp(half - middle)), 1 / (1 + np.exp(-half - middle))
    return _or_wilson(bounds, spread, share, clusters)


def beta(
    share: np.ndarray, variance: np.ndarray, degrees: np.ndarray, clusters: np.ndarray, n: np.ndarray
) -> Bounds:
    """Bound a share by the exact binomial interval on its effective base (Korn and Graubard 1998; as R's svyciprop).

    `n` is the number of answers; the effective base is scaled by Student's t of n − 1 and of `degrees`.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = has_spread(share, variance)
        effective = share * (1 - share) / variance
        effective = effective * (student(np.asarray(n) - 1) / student(degrees)) ** 2
        hits, misses = effective * share, effective * (1 - share)
        tail = (1 - CONFIDENCE) / 2
        bounds = stats.beta.ppf(tail, hits, misses + 1), stats.beta.ppf(1 - tail, hits + 1, misses)
    return _or_wilson(bounds, spread, share, clusters)


def of_mean(mean: np.ndarray, variance: np.ndarray, degrees: np.ndarray) -> Bounds:
    """Bound a mean by Student's t; below one degree of freedom, or without variance, there is no interval, and NaN says so."""
    half = student(degrees) * np.sqrt(np.where((np.asarray(degrees) > 0) & (variance > 0), variance, np.nan))
    return mean - half, mean + half


def has_spread(share: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Say where a share lies strictly between 0 and 1 and its variance is more than rounding."""
    return (share > NOTHING) & (share < 1 - NOTHING) & (variance > NOTHING)


def _or_wilson(bounds: Bounds, spread: np.ndarray, share: np.ndarray, clusters: np.ndarray) -> Bounds:
    low, high = wilson(share, clusters)
    return np.where(spread, bounds[0], low), np.where(spread, bounds[1], high)
