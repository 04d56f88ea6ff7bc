"""Variances of sums and of ratios of sums under a design of strata, clusters and stages.

Everything an estimate needs of its data is one influence value a row and statistic: how much the estimate moves with that row's
weight. Taylor linearisation sums their squares by cluster and stratum (Särndal, Swensson and Wretman, Model Assisted Survey
Sampling, 1992, ch. 5; as in R's survey package); the jackknife leaves clusters out one at a time (Wolter 2007, ch. 4).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

NOTHING = 1e-12  # a variance that is zero but for rounding


@dataclass(frozen=True)
class Design:
    """How the rows were drawn: whole numbers from 0 name the `clusters` and `strata` of each row.

    `fraction` is the share of a stratum's clusters that was drawn, a row each (0: drawn with replacement, or from very many); with
    one, `second` may say how rows were drawn within a cluster. A stratum with a single cluster is set against the mean of all
    clusters, which is zero for influence values (R's `lonely.psu = "adjust"`): too much rather than too little.
    """

    clusters: np.ndarray
    strata: np.ndarray
    fraction: np.ndarray | float = 0.0
    second: "Design | None" = None

    @classmethod
    def of(
        cls,
        clusters: pd.Series | np.ndarray,
        strata: pd.Series | np.ndarray | None = None,
        fraction: np.ndarray | float = 0.0,
        second: "Design | None" = None,
    ) -> "Design":
        """Make a design from names of any kind; a cluster belongs to one stratum, so equal names in two strata are two clusters."""
        stratum = (
            np.zeros(len(clusters), dtype=int) if strata is None else pd.factorize(np.asarray(strata))[0]
        )
        both = pd.MultiIndex.from_arrays([stratum, np.asarray(clusters)])
        return cls(pd.factorize(both)[0], stratum, fraction, second)

    @property
    def degrees(self) -> int:
        """Degrees of freedom: clusters less strata, at least 1."""
        return max(len(np.unique(self.clusters)) - len(np.unique(self.strata)), 1)

    def of_rows(self, rows: np.ndarray) -> "Design":
        """Keep some rows only, as if the others had never been drawn."""
        second = self.second.of_rows(rows) if self.second else None
        return Design.of(self.clusters[rows], self.strata[rows], self._fraction()[rows], second)

    def _fraction(self) -> np.ndarray:
        return np.broadcast_to(np.asarray(self.fraction, dtype=float), self.clusters.shape)


def ratio(y: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the ratio of the sums of y and w (rows × statistics), and its influence values; of nobody it is NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = w.sum(axis=0)
        share = y.sum(axis=0) / np.where(whole > 0, whole, np.nan)
        return share, (y - share * w) / whole


def covariance(influence: np.ndarray, design: Design) -> np.ndarray:
    """Give the covariance matrix of statistics from their influence values (rows × statistics)."""
    totals, scale = _centred(influence, design)
    matrix = (totals * scale[:, None]).T @ totals
    if design.second is None:
        return matrix
    return matrix + covariance(influence * np.sqrt(design._fraction())[:, None], design.second)


def variance(influence: np.ndarray, design: Design) -> np.ndarray:
    """Give the variance of each statistic, the diagonal of `covariance`."""
    totals, scale = _centred(influence, design)
    spread = scale @ totals**2
    if design.second is None:
        return spread
    return spread + variance(influence * np.sqrt(design._fraction())[:, None], design.second)


def _centred(influence: np.ndarray, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Add influence values up by cluster, set them against the mean of their stratum, and say what each square counts."""
    totals, stratum, first = _by_cluster(influence, design)
    n = np.bincount(stratum)
    centre = np.zeros((len(n), totals.shape[1]))
    np.add.at(centre, stratum, totals)
    alone = n == 1
    centre = np.where(alone[:, None], 0.0, centre / np.maximum(n, 1)[:, None])
    scale = np.where(alone, 1.0, n / np.maximum(n - 1, 1))[stratum]
    return totals - centre[stratum], scale * (1 - design._fraction()[first])


def _by_cluster(values: np.ndarray, design: Design) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Add rows up by cluster; gives also the stratum and the first row of each cluster."""
    order = np.argsort(design.clusters, kind="stable")
    starts = np.flatnonzero(np.diff(design.clusters[order], prepend=-1))
    first = order[starts]
    return np.add.reduceat(values[order], starts, axis=0), design.strata[first], first


def jackknife(y: np.ndarray, w: np.ndarray, design: Design) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leave out one cluster at a time: the ratio, its variance around the mean of the replicates, and the replicates (clusters × …).

    The clusters that stay in the stratum stand in for the one that left (JK1 without strata, JKn with). A replicate in whose base
    nobody is left is NaN and is not counted.
    """
    (ys, stratum, first), (ws, _, _) = _by_cluster(y, design), _by_cluster(w, design)
    n = np.bincount(stratum)[stratum][:, None]
    factor = np.where(n > 1, n / np.maximum(n - 1, 1), 0.0)  # a stratum's only cluster leaves nobody behind
    with np.errstate(invalid="ignore", divide="ignore"):
        by_stratum = [_of_stratum(values, stratum) for values in (ys, ws)]
        ylo, wlo = (
            total.sum(axis=0) - total[stratum] + (total[stratum] - own) * factor
            for total, own in zip(by_stratum, (ys, ws), strict=True)
        )
        share = ys.sum(axis=0) / np.where(ws.sum(axis=0) > 0, ws.sum(axis=0), np.nan)
        replicates = np.where(wlo > 0, ylo / wlo, np.nan)
        apart = replicates - np.nanmean(np.where(np.isnan(replicates), np.nan, replicates), axis=0)
    scale = np.where(n > 1, (n - 1) / n, 1.0) * (1 - design._fraction()[first])[:, None]
    return share, np.nansum(scale * apart**2, axis=0), replicates


def _of_stratum(values: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    total = np.zeros((stratum.max() + 1, values.shape[1]))
    np.add.at(total, stratum, values)
    return total
