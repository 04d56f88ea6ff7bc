"""Which options lead, and how surely: ranks with intervals that hold for all options of a question at once.

An option's best rank is one more than the number of options that are firmly larger, its worst leaves below it only those that are
firmly smaller (Klein, Wright and Wieczorek 2020; Al Mohamad, Goeman and van Zwet 2022). Firmly: by pairwise jackknife differences,
adjusted for all pairs (Holm 1979).
"""

import numpy as np
import pandas as pd
from scipy import stats

from popresearch.estimates.intervals import CONFIDENCE
from popresearch.estimates.proportions import effective_number, jackknife
from popresearch.estimates.rows import Rows
from popresearch.estimates.variance import NOTHING


def standings(units: Rows) -> pd.DataFrame:
    """Rank the options (columns) of one domain by share: `rank`, `rank_best`, `rank_worst`; rows are the clusters.

    With fewer than two clusters nothing is firm, and every option may have any rank.
    """
    share, _, left_out, n = jackknife(units)
    share, clusters = share[0], n[0]
    size = len(share)
    first, second = np.triu_indices(size, 1)
    larger = np.zeros((size, size), dtype=bool)
    if len(first) and (clusters > 1).any():
        firm = _firm(share, left_out, clusters, effective_number(units)[0], first, second)
        ahead = np.where(share[first] > share[second], first, second)
        behind = first + second - ahead
        larger[ahead[firm], behind[firm]] = True
    return pd.DataFrame(
        {
            "share": share,
            "rank": stats.rankdata(-np.nan_to_num(share, nan=-1.0), method="min").astype(int),
            "rank_best": 1 + larger.sum(axis=0),
            "rank_worst": size - larger.sum(axis=1),
        }
    )


def _firm(
    share: np.ndarray,
    left_out: np.ndarray,
    clusters: np.ndarray,
    effective: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
) -> np.ndarray:
    """Say which pairs of options differ firmly; `effective` numbers of clusters give the degrees of freedom."""
    left_out = np.where(np.isnan(left_out), share, left_out)
    apart = left_out - left_out.mean(axis=0)
    cross = apart.T @ apart
    n = np.minimum(clusters[first], clusters[second])
    variance = (
        (n - 1) / np.maximum(n, 1) * (cross[first, first] + cross[second, second] - 2 * cross[first, second])
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.abs(share[first] - share[second]) / np.sqrt(np.where(variance > NOTHING, variance, np.nan))
    degrees = np.maximum(np.minimum(effective[first], effective[second]) - 1, 1)
    p = np.nan_to_num(2 * stats.t.sf(t, degrees), nan=1.0)
    order = np.argsort(p, kind="stable")
    passed = p[order] <= (1 - CONFIDENCE) / np.arange(len(p), 0, -1)
    firm = np.zeros(len(p), dtype=bool)
    firm[order] = np.logical_and.accumulate(passed)
    return firm
