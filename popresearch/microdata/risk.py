"""How well records hide among others that have the same keys: k, l-diversity, and the global risk of being found again.

A class holds the records with the same values of all key variables; a missing key is a value of its own, which never makes a class
larger than it is. What is counted in a class are units (organisations): five answers of one organisation hide nobody.

Risks are those of the prosecutor model, in which the intruder knows that a unit is in the file: 1/size of its class, and the global
risk is the mean over records. It is the upper end of what is used, since no population or weight of such services is known. Sources:
Templ, Kowarik and Meindl 2015 (sdcMicro: individual and global risk); Machanavajjhala et al. 2007 (l-diversity, distinct and entropy).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Measures:
    """`k`: units in the smallest class; `l` and `entropy_l`: least diversity of a sensitive question in a class; `risk`: 0–1."""

    k: int
    l: int  # noqa: E741 (its name in the literature)
    entropy_l: float
    risk: float


def classes(keys: pd.DataFrame) -> np.ndarray:
    """Number the class of each record, in the order of their keys; without keys all records are one class."""
    if not keys.shape[1]:
        return np.zeros(len(keys), dtype=np.int64)
    return keys.groupby(list(keys), dropna=False).ngroup().to_numpy()


def sizes(numbers: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Give for each record how many units its class holds."""
    pairs = pd.DataFrame({"of": numbers, "unit": units})
    return pairs.groupby("of")["unit"].transform("nunique").to_numpy()


def diversity(numbers: np.ndarray, values: pd.Series) -> pd.DataFrame:
    """Give for each record how diverse a sensitive question is in its class: `distinct` values, and `entropy` (e to its power).

    Missing values are none; a class in which nobody answered has 0 of both.
    """
    counts = pd.crosstab(numbers, values.astype("str").where(values.notna(), ""))
    counts = counts.drop(columns="", errors="ignore")
    total = counts.sum(axis=1)
    shares = counts.div(total.where(total > 0, 1), axis=0).to_numpy()
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy = np.where(total > 0, np.exp(-(shares * logs).sum(axis=1)), 0)
    table = pd.DataFrame({"distinct": (counts > 0).sum(axis=1), "entropy": entropy}, index=counts.index)
    return table.loc[numbers].reset_index(drop=True)


def at_risk(
    keys: pd.DataFrame, units: np.ndarray, sensitive: pd.DataFrame, *, k: int, least: float
) -> np.ndarray:
    """Mark the records whose class holds fewer than `k` units, or in which a sensitive question has an entropy below `least`."""
    numbers = classes(keys)
    marked = sizes(numbers, units) < k
    for question in sensitive:
        marked |= (diversity(numbers, sensitive[question])["entropy"].round(9) < least).to_numpy()
    return marked


def measured(keys: pd.DataFrame, units: np.ndarray, sensitive: pd.DataFrame) -> Measures:
    """Measure a table of key variables, with the unit and the sensitive answers of each record."""
    numbers = classes(keys)
    held = sizes(numbers, units)
    found = [diversity(numbers, sensitive[question]).min() for question in sensitive]
    return Measures(
        k=int(held.min()),
        l=int(min((one["distinct"] for one in found), default=0)),
        entropy_l=float(min((one["entropy"] for one in found), default=0)),
        risk=round(float((1 / held).mean()), 9),
    )
