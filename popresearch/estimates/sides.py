"""The sides of a comparison: one question's counts and bases by cluster, for systems or for the domains of a level.

Clusters are countries; where each domain is one country, organisations. All sides of a comparison have the same clusters and options.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from popresearch.estimates import domains
from popresearch.estimates.differences import rao_scott
from popresearch.estimates.presentation import presentable
from popresearch.estimates.proportions import across
from popresearch.estimates.rows import Rows
from popresearch.estimates.variance import Design
from popresearch.tallies import Tally

CLUSTERS = ("country_iso3", "organisation")


@dataclass(frozen=True)
class Side:
    """Counts `y` and bases `w` of a question's options in one domain (clusters × options)."""

    strand: str
    question: str
    y: pd.DataFrame
    w: pd.DataFrame

    @property
    def options(self) -> list[str]:
        """The options, in the order of the columns."""
        return list(self.y.columns)

    @property
    def rows(self) -> Rows:
        """The side as rows for estimating, a row a cluster."""
        y, w = self.y.to_numpy(), self.w.to_numpy()
        return Rows(y, w, w.max(axis=1, initial=0), np.arange(len(y)), np.array([0]), [""])


def side(
    tally: Tally,
    strand: str,
    question: str,
    rows: np.ndarray | slice = slice(None),
    cluster: str = "country_iso3",
) -> Side:
    """Add one question of a tally, or some of its cells, up by cluster."""
    y = tally.count[question][rows].groupby(level=cluster).sum()
    base = tally.base[question][rows].groupby(level=cluster).sum()
    return Side(strand, question, y, pd.DataFrame(dict.fromkeys(y.columns, base)))


def by_domain(tally: Tally, strand: str, question: str, level: str) -> dict[str, Side]:
    """Give a side to each domain of a level; the blank one holds the answers that lie in none."""
    place = domains.names(tally.n.index, level)
    cluster = CLUSTERS[domains.is_one_country(level)]
    return {one: side(tally, strand, question, place == one, cluster) for one in sorted(set(place))}


def aligned(sides: dict[str, Side]) -> dict[str, Side]:
    """Give all sides the same clusters, and the options that all of them have."""
    clusters = pd.Index(sorted({cluster for one in sides.values() for cluster in one.y.index}))
    first, *others = sides.values()
    options = [option for option in first.options if all(option in other.options for other in others)]

    def over(table: pd.DataFrame) -> pd.DataFrame:
        return table.reindex(index=clusters, columns=options, fill_value=0)

    return {label: Side(one.strand, one.question, over(one.y), over(one.w)) for label, one in sides.items()}


def joined(sides: list[Side]) -> Side:
    """Put aligned sides together to one."""
    first = sides[0]
    return Side(first.strand, first.question, sum(one.y for one in sides), sum(one.w for one in sides))


def is_shown(one: Side, thresholds: dict[str, int]) -> np.ndarray:
    """Say of each option whether its share on this side may be shown."""
    units = one.rows
    table = pd.DataFrame({name: values[0] for name, values in across(units).items()})
    base, n_countries = one.w.sum(axis=0).to_numpy(), (units.w > 0).sum(axis=0)
    table = table.assign(base=base, n_countries=n_countries, level=domains.WORLD)
    return presentable(table, thresholds)["verdict"].isin(["show", "caution"]).to_numpy()


def any_differ(sides: list[Side]) -> list[float]:
    """Give for each option the p of Rao and Scott's test whether chosen or not depends on the side."""
    design = Design.of(np.arange(len(sides[0].y)))
    found = []
    for option in sides[0].options:
        cells = [part for one in sides for part in (one.y[option], one.w[option] - one.y[option])]
        counts = np.column_stack(cells).astype(float)
        found.append(rao_scott(counts, int(counts.sum()), (len(sides), 2), design)["p"])
    return found
