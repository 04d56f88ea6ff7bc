"""Signs of a response that nobody thought about: flagged for the analyst, never dropped.

Straight-lining: the same option in every question of a battery. Speed: fewer seconds than anybody needs to read the questions; after
Greszki, Meyer and Schoen (2015), doi:10.1093/poq/nfu058, who show that dropping such responses changes little and can bias.
"""

import numpy as np
import pandas as pd

from popresearch.instrument import Instrument

BATTERY = 4  # questions with the same list, all answered alike, from which on the answers form a line
FASTEST = 1.0  # seconds per question answered


def straight_lined(values: dict[str, pd.Series], asked: Instrument) -> np.ndarray:
    """Mark the responses that give one option throughout a battery: choose-one questions of one group with one list.

    Questions that stand in no group are no battery: yes to four of them may well be meant.
    """
    lined = np.zeros(len(next(iter(values.values()))) if values else 0, dtype=bool)
    is_single = (asked.questions["kind"] == "one") & (asked.questions["parent"] != "")
    single = asked.questions[is_single & asked.questions.index.isin(list(values))]
    for (_, listed), battery in single.groupby(["parent", "list"], sort=False):
        if len(battery) < BATTERY:
            continue
        options = pd.Index(asked.options.loc[asked.options["list"] == listed, "option"])
        codes = np.stack(
            [
                options.get_indexer(values[name].cat.categories)[values[name].cat.codes]
                for name in battery.index
            ]
        )
        lined |= (codes[0] >= 0) & (codes == codes[0]).all(axis=0)
    return lined


def too_fast(seconds: np.ndarray, n_answers: np.ndarray) -> np.ndarray:
    """Mark the responses that took less than FASTEST for each answer; -1 seconds are unknown."""
    return (seconds >= 0) & (n_answers > 0) & (seconds < FASTEST * n_answers)
