"""Where the three views of a share disagree enough to change a sentence: a few organisations or countries carry the number."""

import numpy as np
import pandas as pd

from popresearch.estimates.proportions import VIEWS

APART = 0.10  # shares so far apart are not the same finding
WORDS = (
    0.05,
    0.25,
    0.50,
    0.75,
    0.95,
)  # hardly any, a minority, less than half, more than half, most, nearly all
TELLING = 0.03  # on two sides of such a limit by less is not worth a sentence


def disagreement(estimates: pd.DataFrame) -> pd.DataFrame:
    """Give the shares of the world that may be shown and whose views would be put into other words: the views, their `spread`, and `why`.

    why: "more than 10 points apart", or "other words" where they lie on two sides of 5, 25, 50, 75 or 95 %, and not only just.
    """
    world = estimates[estimates["level"] == "world"]
    shares = world[[f"share{view}" for view in VIEWS]]
    least, most = shares.min(axis=1), shares.max(axis=1)
    spread = most - least
    word = np.searchsorted(WORDS, np.column_stack([least, most]), side="right")
    reasons = [spread > APART, (word[:, 0] != word[:, 1]) & (spread > TELLING)]
    why = np.select(reasons, ["more than 10 points apart", "other words"], default="")
    keys = ["strand", "system", "question", "option", "level", "place", "base", *shares.columns, "verdict"]
    table = world[[key for key in [*keys, "status"] if key in world]].assign(spread=spread, why=why)
    said = shares.notna().all(axis=1) & (why != "") & world["verdict"].isin(["show", "caution"])
    return table[said].sort_values("spread", ascending=False, kind="stable")
