"""A tally laid out for estimating: rows by domain, country and organisation, a column a statistic, each a ratio of two sums."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from popresearch.estimates import domains
from popresearch.tallies import Tally


@dataclass(frozen=True)
class Rows:
    """Numerators `y` and denominators `w` (rows × statistics) of units, ordered by domain and then by `country`.

    `starts` says where each domain begins; `places` names the domains. `n` counts the responses of a unit.
    """

    y: np.ndarray
    w: np.ndarray
    n: np.ndarray
    country: np.ndarray
    starts: np.ndarray
    places: list[str]

    @property
    def domain(self) -> np.ndarray:
        """The number of each row's domain."""
        return np.repeat(np.arange(len(self.starts)), self.sizes)

    @property
    def sizes(self) -> np.ndarray:
        """How many rows each domain has."""
        return np.diff([*self.starts, len(self.y)])

    def total(self, values: np.ndarray) -> np.ndarray:
        """Add values (rows × statistics) up by domain."""
        return np.add.reduceat(values, self.starts, axis=0)

    def by_country(self) -> "Rows":
        """Add the units of each country of a domain up to one row."""
        first = _starts(self.domain, self.country)
        return self._added(first)

    def chosen(self, keep: np.ndarray) -> "Rows":
        """Keep the domains that `keep` marks."""
        rows = keep[self.domain]
        domain = (np.cumsum(keep) - 1)[self.domain[rows]]
        places = [place for place, kept in zip(self.places, keep, strict=True) if kept]
        return Rows(self.y[rows], self.w[rows], self.n[rows], self.country[rows], _starts(domain), places)

    def n_countries(self) -> np.ndarray:
        """Count the countries of each domain, among them the answers that name none."""
        return np.diff(
            [
                *np.searchsorted(_starts(self.domain, self.country), self.starts),
                len(_starts(self.domain, self.country)),
            ]
        )

    def _added(self, first: np.ndarray) -> "Rows":
        y, w, n = (np.add.reduceat(values, first, axis=0) for values in (self.y, self.w, self.n))
        return Rows(y, w, n, self.country[first], np.searchsorted(first, self.starts), self.places)


def of_organisations(tally: Tally, y: np.ndarray, w: np.ndarray, level: str) -> Rows:
    """Lay out the cells of a tally by the domains of a level, added up by organisation; `y` and `w` are cells × statistics."""
    cells = tally.n.index
    place = domains.names(cells, level)
    rows = np.arange(len(cells)) if level == domains.WORLD else np.flatnonzero(place != "")
    codes, places = pd.factorize(place[rows], sort=True)
    order = rows[np.argsort(codes, kind="stable")]  # cells come ordered by country and organisation
    domain = np.sort(codes)
    country, organisation = (
        pd.factorize(cells.get_level_values(key))[0][order] for key in ("country_iso3", "organisation")
    )
    first = _starts(domain, country, organisation)
    whole = Rows(y[order], w[order], tally.n.to_numpy()[order], country, _starts(domain), list(places))
    return whole._added(first)


def _starts(*keys: np.ndarray) -> np.ndarray:
    """Say where a new combination of keys begins, in rows ordered by them."""
    new = np.zeros(len(keys[0]), dtype=bool)
    new[:1] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(new)
