"""Shares by Taylor linearisation, for a design that is given: clusters, and strata in which they were drawn.

The default of this project is the jackknife (see `proportions`); this is the field's usual method, beside it for comparison and for
surveys with a sampling design. Countries are the clusters, within one country organisations; strata are the domains of a level that
holds whole clusters, such as regions for countries.
"""

import numpy as np
import pandas as pd

from popresearch.estimates import domains, intervals
from popresearch.estimates.proportions import effective_base
from popresearch.estimates.variance import Design, ratio, variance
from popresearch.faults import bad_input, did_you_mean
from popresearch.tallies import Tally

INTERVALS = ("logit", "beta")


def linearised(tally: Tally, level: str, *, strata: str = "", interval: str = "logit") -> pd.DataFrame:
    """Estimate all shares of a tally in each domain of a level, as parts of the whole design (clusters elsewhere count as zero).

    Columns as of `proportions.shares`, for the view per response alone. Degrees of freedom are the clusters in the domain less their
    strata (R's degf). A stratum with one cluster is set against zero, see `variance.Design`.
    """
    if interval not in INTERVALS:
        what = f"is not known.{did_you_mean(interval, INTERVALS)}"
        raise bad_input(f"interval '{interval}'", what, f"Intervals: {', '.join(INTERVALS)}.")
    cells, items = tally.n.index, tally.count.columns
    place = domains.names(cells, level)
    y = tally.count.to_numpy(dtype=float)
    w = tally.base[items.get_level_values("question")].to_numpy(dtype=float)
    key = "organisation" if domains.is_one_country(level) else "country_iso3"
    stratum = domains.names(cells, strata) if strata else np.full(len(cells), "", dtype=object)
    if domains.is_one_country(level):  # each country is a survey of its own
        stratum = stratum.astype(str) + "|" + cells.get_level_values("country_iso3").astype(str)
    design = Design.of(cells.get_level_values(key), stratum)
    wanted = [""] if level == domains.WORLD else sorted(set(place) - {""})
    tables = [_domain(y, w, place == one, design, interval).assign(place=one) for one in wanted]
    keys = items.to_frame(index=False)
    return pd.concat([pd.concat([keys, table], axis=1) for table in tables], ignore_index=True).assign(
        level=level
    )


def _domain(y: np.ndarray, w: np.ndarray, inside: np.ndarray, design: Design, interval: str) -> pd.DataFrame:
    y, w = y * inside[:, None], w * inside[:, None]
    share, influence = ratio(y, w)
    spread = variance(np.nan_to_num(influence), design)
    here = design.of_rows((w > 0).any(axis=1))
    base, clusters = w.sum(axis=0), _clusters(w, design)
    spread = np.where(clusters > 1, spread, np.nan)
    if interval == "beta":
        low, high = intervals.beta(share, spread, here.degrees, clusters, base)
    else:
        low, high = intervals.logit(share, spread, here.degrees, clusters)
    columns = {
        "base": base.astype(int),
        "count": y.sum(axis=0).astype(int),
        "share": share,
        "low": low,
        "high": high,
    }
    effective = effective_base(share, spread, base, clusters)
    return pd.DataFrame(columns | {"se": np.sqrt(spread), "n_effective": effective, "n_countries": clusters})


def _clusters(w: np.ndarray, design: Design) -> np.ndarray:
    """Count the clusters that have a base, by item."""
    pairs = pd.DataFrame(w > 0).groupby(design.clusters).any()
    return pairs.sum().to_numpy()
