"""Do domains differ? Differences of shares with the jackknife over common clusters, design-based tests of independence, false discovery.

Two domains may share clusters (helplines and youth-led services of one country): leaving a country out takes it from both, so that
their likeness counts. Tests: Rao and Scott (1984), second order, as R's svychisq; many at once: Benjamini and Hochberg (1995).
"""

import numpy as np
import pandas as pd
from scipy import stats

from popresearch.estimates import intervals
from popresearch.estimates.proportions import effective_number, jackknife
from popresearch.estimates.rows import Rows
from popresearch.estimates.variance import NOTHING, Design, covariance

FIRM = 0.05  # false discovery rate up to which a difference is called firm


def differences(left: Rows, right: Rows) -> pd.DataFrame:
    """Compare two domains item by item: shares, difference, standard error, interval, p; rows of both are the same clusters in order.

    A row a column of the matrices. Student's t has the degrees of the side with the smaller effective number of clusters. Without spread
    (all or nobody on both sides) there is no test, and p says so by being missing.
    """
    (share, _, left_out, n), (other, _, other_out, n_other) = jackknife(left), jackknife(right)
    replicates = _replicate(left_out, left.w, share) - _replicate(other_out, right.w, other)
    here = (left.w > 0) | (right.w > 0)
    clusters = here.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(here, replicates, 0).sum(axis=0) / clusters
        apart = np.where(here, replicates - mean, 0)
        variance = (clusters - 1) / clusters * (apart**2).sum(axis=0)
        variance = np.where((variance > NOTHING) & (n[0] > 1) & (n_other[0] > 1), variance, np.nan)
    difference = share[0] - other[0]
    degrees = np.minimum(effective_number(left)[0], effective_number(right)[0]) - 1
    low, high = intervals.of_mean(difference, variance, degrees)
    p = 2 * stats.t.sf(np.abs(difference) / np.sqrt(variance), np.maximum(degrees, 1))
    return pd.DataFrame(
        {
            "base": left.total(left.w)[0],
            "base_other": right.total(right.w)[0],
            "share": share[0],
            "share_other": other[0],
            "difference": difference,
            "se": np.sqrt(variance),
            "low": np.clip(low, -1, 1),
            "high": np.clip(high, -1, 1),
            "n_clusters": clusters,
            "p": p,
        }
    )


def _replicate(left_out: np.ndarray, w: np.ndarray, share: np.ndarray) -> np.ndarray:
    """A cluster that is not in a domain leaves its share as it is."""
    return np.where(w > 0, left_out, share[0])


def false_discovery(p: pd.Series) -> pd.Series:
    """Adjust p-values of one table so that of what is called firm at 5 % at most 5 % are expected to be false; missing ones stay out."""
    known = p.notna()
    return (
        p.where(~known, pd.Series(stats.false_discovery_control(p[known]), index=p.index[known]))
        if known.any()
        else p
    )


def rao_scott(counts: np.ndarray, n: int, shape: tuple[int, int], design: Design) -> dict[str, float]:
    """Test whether the rows and columns of a table are independent, under a design.

    `counts` are weighted counts by unit (units × cells, the cells row by row), `n` the number of answers, `shape` the table's rows and
    columns. Gives Pearson's X², Rao and Scott's F with its degrees of freedom and p, and the p of the first-order correction. Rows and
    columns without answers are left out; a table with a single one is no test, and all is NaN.
    """
    total = counts.sum(axis=0).reshape(shape)
    kept = np.ix_(total.sum(axis=1) > 0, total.sum(axis=0) > 0)
    cells = np.arange(total.size).reshape(shape)[kept]
    nothing = {"x2": np.nan, "f": np.nan, "ndf": np.nan, "ddf": np.nan, "p": np.nan, "p_first_order": np.nan}
    if min(cells.shape) < 2:
        return nothing
    counts, share = counts[:, cells.ravel()], total[kept].ravel() / total.sum()
    influence = (counts - share * counts.sum(axis=1, keepdims=True)) / total.sum()
    spread = covariance(influence, design)
    contrasts = _interactions(cells.shape)
    inverse = np.where(share > 0, 1 / np.where(share > 0, share, 1), 0)[:, None]
    simple = contrasts.T @ (inverse / n * contrasts)
    actual = (inverse * contrasts).T @ spread @ (inverse * contrasts)
    delta = np.linalg.solve(simple, actual)
    trace, square = np.trace(delta), np.trace(delta @ delta)
    if not trace > NOTHING:
        return nothing
    rows = share.reshape(cells.shape)
    expected = np.outer(rows.sum(axis=1), rows.sum(axis=0))
    x2 = n * ((rows - expected) ** 2 / expected).sum()
    ndf = trace**2 / square
    ddf = ndf * design.degrees
    return {
        "x2": x2,
        "f": x2 / trace,
        "ndf": ndf,
        "ddf": ddf,
        "p": stats.f.sf(x2 / trace, ndf, ddf),
        "p_first_order": stats.chi2.sf(x2 / (trace / len(delta)), len(delta)),
    }


def _interactions(shape: tuple[int, int]) -> np.ndarray:
    """The part of a table that its margins do not explain, as columns over the cells."""
    row, column = np.divmod(np.arange(shape[0] * shape[1]), shape[1])
    one = np.ones((len(row), 1))
    rows = (row[:, None] == np.arange(1, shape[0])).astype(float)
    columns = (column[:, None] == np.arange(1, shape[1])).astype(float)
    both = (rows[:, :, None] * columns[:, None, :]).reshape(len(row), -1)
    margins = np.hstack([one, rows, columns])
    return both - margins @ np.linalg.lstsq(margins, both, rcond=None)[0]
