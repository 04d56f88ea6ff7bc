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
    strata (R's degf). A stratum with one cluster is set against zero, see `variance.Design`; strata that divide a cluster are bad input.
    """
    if interval not in INTERVALS:
        what = f"is not known.{did_you_mean(interval, INTERVALS)}"
        raise bad_input(f"interval '{interval}'", what, f"Intervals: {', '.join(INTERVALS)}.")
    cells, items = tally.n.index, tally.count.columns
    domains.require(cells, level)
    place = domains.names(cells, level)
    y = tally.count.to_numpy(dtype=float)
    w = tally.base[items.get_level_values("question")].to_numpy(dtype=float)
    design, country = _design(cells, level, strata), cells.get_level_values("country_iso3")
    wanted = [""] if level == domains.WORLD else sorted(set(place) - {""})
    keys, tables = items.to_frame(index=False), []
    for one in wanted:
        inside = place == one
        table = _domain(y * inside[:, None], w * inside[:, None], design, interval).assign(place=one)
        table["n_countries"] = _with_base(w[inside], country[inside])
        tables.append(pd.concat([keys, table.assign(n=int(tally.n[inside].sum()))], axis=1))
    return pd.concat(tables, ignore_index=True).assign(level=level)


def _design(cells: pd.MultiIndex, level: str, strata: str) -> Design:
    """Clusters and strata of the cells; each country of a level of countries is a survey of its own."""
    country = cells.get_level_values("country_iso3")
    cluster = cells.get_level_values("organisation") if domains.is_one_country(level) else country
    stratum = domains.names(cells, strata) if strata else np.full(len(cells), "", dtype=object)
    drawn = pd.DataFrame({"country": country, "cluster": cluster, "stratum": stratum}).drop_duplicates()
    if drawn.duplicated(["country", "cluster"]).any():
        whole = "organisations" if domains.is_one_country(level) else "countries"
        raise bad_input(f"strata '{strata}'", f"divide {whole}.", f"Name a level that holds {whole} whole.")
    if domains.is_one_country(level):
        stratum = stratum.astype(str) + "|" + country.astype(str)
    return Design.of(cluster, stratum)


def _domain(y: np.ndarray, w: np.ndarray, design: Design, interval: str) -> pd.DataFrame:
    """Estimate one domain; `y` and `w` are zero outside it."""
    share, influence = ratio(y, w)
    spread = variance(np.nan_to_num(influence), design)
    here = design.of_rows((w > 0).any(axis=1))
    base, clusters = w.sum(axis=0), _with_base(w, design.clusters)
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
        "se": np.sqrt(spread),
        "n_effective": effective_base(share, spread, base, clusters),
    }
    return pd.DataFrame(columns)


def _with_base(w: np.ndarray, group: np.ndarray | pd.Index) -> np.ndarray:
    """Count the groups of rows that have a base, by item."""
    return pd.DataFrame(w > 0).groupby(np.asarray(group)).any().sum().to_numpy()
