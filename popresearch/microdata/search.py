"""The search for the generalisation that loses least and keeps every record hidden.

Every combination of the steps of all keys is tried (the lattice of Samarati 2001 and of El Emam et al. 2009, small enough here to be
walked whole). Classes that still stand out lose all their keys and hide in one group; where that is too small, the next smallest class
joins it. At most a given share of the records may lose keys; else the combination is no good.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from popresearch.microdata.risk import Measures, at_risk, classes, measured
from popresearch.microdata.variables import ALL, Key

Steps = dict[str, str]  # key → step


@dataclass(frozen=True)
class Choice:
    """A generalisation that holds: its steps, the keys of every record, how many cells of them were taken out, `loss` (0–1)."""

    steps: Steps
    keys: pd.DataFrame
    n_cells: int
    measures: Measures
    loss: float


def least_loss(
    keys: Mapping[str, Key],
    units: np.ndarray,
    sensitive: pd.DataFrame,
    plan: Mapping[str, Any],
    allows: Callable[[Steps], bool] = lambda steps: True,
) -> Choice | None:
    """Find the generalisation of least loss under the plan's k, l, risk and share suppressed; None where there is none.

    Of two with the same loss the one whose keys come first in the plan stay finer. `allows` may refuse a combination for another reason.
    """
    best = None
    for combined in itertools.product(*(key.steps for key in keys.values())):
        steps = dict(zip(keys, combined, strict=True))
        if allows(steps):
            choice = _tried(keys, steps, units, sensitive, plan)
            if choice and (best is None or choice.loss < best.loss):
                best = choice
    return best


def generalised(keys: Mapping[str, Key], steps: Steps) -> pd.DataFrame:
    """Give the keys of every record as these steps make them; what is taken together whole has no column."""
    shown = {name: step for name, step in steps.items() if set(keys[name].steps[step].values()) != {ALL}}
    columns = {keys[name].column(step): keys[name].values(step) for name, step in shown.items()}
    return pd.DataFrame(columns, index=next(iter(keys.values())).leaves.index)


def _tried(
    keys: Mapping[str, Key],
    steps: Steps,
    units: np.ndarray,
    sensitive: pd.DataFrame,
    plan: Mapping[str, Any],
) -> Choice | None:
    whole = generalised(keys, steps)
    marked = _suppressed(whole, units, sensitive, plan)
    if marked is None:
        return None
    table = _without(whole, marked)
    measures = measured(table, units, sensitive)
    if measures.risk > plan["risk"]:
        return None
    losses = [key.losses(steps[name]).mask(marked, 1).mean() for name, key in keys.items()]
    n_cells = int((whole[marked] != "").to_numpy().sum())
    return Choice(steps, table, n_cells, measures, float(np.mean(losses)))


def _suppressed(
    table: pd.DataFrame, units: np.ndarray, sensitive: pd.DataFrame, plan: Mapping[str, Any]
) -> np.ndarray | None:
    """Mark the records that have to lose their keys so that k and l hold everywhere; None where they are too many."""
    marked = np.zeros(len(table), dtype=bool)
    numbers, has_keys = classes(table), (table != "").any(axis=1).to_numpy()
    while (found := at_risk(_without(table, marked), units, sensitive, k=plan["k"], least=plan["l"])).any():
        if (found <= marked).all():  # only the group without keys is left to grow
            left = pd.Series(numbers[~marked]).value_counts().sort_index()
            found = numbers == left.idxmin() if len(left) else found
        if len(table) == marked.sum() or ((marked | found) & has_keys).mean() > plan["suppressed"]:
            return None
        marked |= found
    return marked


def _without(table: pd.DataFrame, marked: np.ndarray) -> pd.DataFrame:
    return table.mask(np.repeat(marked[:, None], table.shape[1], axis=1), "")
