"""Weights that bring the answers to known margins, the variance that follows, and what the weighting costs.

Raking is iterative proportional fitting (Deming and Stephan 1940); post-stratification is raking to one margin. The variance takes
the influence values less what the margins explain of them (Deville and Särndal 1992), as R's survey package does.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from popresearch.faults import BadInput, Fault

CLOSE = 1e-10  # relative distance from every margin at which raking has arrived
MOST_ROUNDS = 500
PLACE = "the weighting"


@dataclass(frozen=True)
class Weighted:
    """Cells with their weights: `weights` a response of each cell and `start` before the margins were known, `groups` the cell's category
    of each margin, `report` the cost."""

    weights: np.ndarray
    start: np.ndarray
    groups: pd.DataFrame
    report: pd.DataFrame

    def residuals(self, influence: np.ndarray, n: np.ndarray) -> np.ndarray:
        """Take out of influence values (cells × statistics, weights included) what the margins explain; `n` are responses a cell.

        The fit weighs each response as before the margins were known (R's calibrate; its rake weighs all alike).
        """
        dummies = pd.get_dummies(self.groups.astype(str), dtype=float).to_numpy()
        mass, root = self.weights * n, np.sqrt(self.start * n)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            each = np.where(mass[:, None] > 0, influence / mass[:, None], 0.0)
        fitted = np.linalg.lstsq(dummies * root, each * root, rcond=None)[0]
        return influence - mass[:, None] * (dummies @ fitted)


def rake(
    n: np.ndarray,
    groups: pd.DataFrame,
    margins: dict[str, dict[str, float]],
    *,
    start: np.ndarray | float = 1.0,
    trim: float | None = None,
) -> Weighted:
    """Weight cells of `n` responses so that each margin's categories reach their `margins` (name → category → persons).

    `groups` gives each cell's category (a column a margin). `trim`: no weight above that many times the median (see
    `trimmed`), at the price of margins that are missed.
    A margin's category without responses, a category without a figure, or margins of unequal totals are bad input, all said at once;
    of the last, only the proportions count.
    """
    faults = [fault for name in margins for fault in _faults(name, groups[name], n, margins[name])]
    start = np.broadcast_to(np.asarray(start, dtype=float), n.shape)
    faults += bad_weights(start)
    if faults:
        raise BadInput(PLACE, faults)
    whole = sum(next(iter(margins.values())).values())
    targets = {
        name: pd.Series(margin, dtype=float) * whole / sum(margin.values())
        for name, margin in margins.items()
    }
    weights = _fitted(start, n, groups, targets)
    if trim is not None:
        weights = trimmed(weights, n, trim * _median(weights, n))
    return Weighted(weights, start, groups[list(margins)], report(weights, n, groups, targets))


def trimmed(weights: np.ndarray, n: np.ndarray, most: float, least: float = 0.0) -> np.ndarray:
    """Cut weights to `least` … `most`, and share what was cut evenly among the others, until all are (R's trimWeights, strict)."""
    weights = weights.astype(float)
    for _ in range(MOST_ROUNDS):
        cut = np.clip(weights, least, most)
        outside = cut != weights
        if not outside.any() or outside.all():
            return cut
        weights = np.where(outside, cut, cut + ((weights - cut) * n).sum() / n[~outside].sum())
    return np.clip(weights, least, most)


def post_stratify(n: np.ndarray, group: pd.Series, margin: dict[str, float], **options: object) -> Weighted:
    """Weight cells so that one margin is reached exactly; options as for `rake`."""
    name = str(group.name or "group")
    return rake(n, group.rename(name).to_frame(), {name: margin}, **options)


def report(
    weights: np.ndarray, n: np.ndarray, groups: pd.DataFrame, targets: dict[str, pd.Series]
) -> pd.DataFrame:
    """Say what the weights cost: largest and smallest over the mean, Kish's design effect, and how far a margin is missed."""
    mean = (weights * n).sum() / n.sum()
    used = weights[n > 0] / mean
    square = (n * weights**2).sum() * n.sum() / (n * weights).sum() ** 2
    return pd.DataFrame(
        {
            "responses": [int(n.sum())],
            "largest_weight": [used.max()],
            "smallest_weight": [used.min()],
            "design_effect_of_weights": [square],  # Kish (1965): 1 + the relative variance of the weights
            "effective_base": [n.sum() / square],
            "margin_missed_by": [_distance(weights, n, groups, targets)],
        }
    )


def bad_weights(weights: np.ndarray) -> list[Fault]:
    """Find weights that are not numbers above zero: missing, zero, negative or infinite."""
    wrong = ~(np.isfinite(weights) & (weights > 0))
    if not wrong.any():
        return []
    what = f"{int(wrong.sum())} weights are zero, negative, missing or infinite; the first stands in row {int(np.argmax(wrong)) + 1}."
    return [Fault("weights", what, "Give every response a weight above 0, or leave the response out.")]


def _faults(name: str, group: pd.Series, n: np.ndarray, margin: dict[str, float]) -> list[Fault]:
    here = set(group[n > 0].astype(str))
    place = f"margin '{name}'"
    faults = [
        Fault(
            place,
            f"nobody answered in the category '{category}'.",
            "Join it with another category of the margin.",
        )
        for category, persons in margin.items()
        if category not in here and persons > 0
    ]
    faults += [
        Fault(
            place,
            f"has no figure for the category '{category}'.",
            "Add it to the margin, or leave its responses out.",
        )
        for category in sorted(here - set(margin))
    ]
    return faults + [
        Fault(place, f"the figure of '{category}' is not a number above 0.", "Correct the figure.")
        for category, persons in margin.items()
        if category in here and not (np.isfinite(persons) and persons > 0)
    ]


def _fitted(
    weights: np.ndarray,
    n: np.ndarray,
    groups: pd.DataFrame,
    targets: dict[str, pd.Series],
    rounds: int = MOST_ROUNDS,
) -> np.ndarray:
    for _ in range(rounds):
        for name, target in targets.items():
            group = groups[name].astype(str)
            now = pd.Series(weights * n).groupby(group.to_numpy()).sum()
            weights = weights * group.map(target / now).fillna(0.0).to_numpy()
        if _distance(weights, n, groups, targets) < CLOSE:
            return weights
    if rounds > 1:
        what = "raking does not arrive: some combination of categories has no answers."
        raise BadInput(PLACE, [Fault("margins", what, "Join categories, or rake to fewer margins.")])
    return weights


def _distance(
    weights: np.ndarray, n: np.ndarray, groups: pd.DataFrame, targets: dict[str, pd.Series]
) -> float:
    """The largest relative distance from a target, over all margins."""
    apart = [
        (pd.Series(weights * n).groupby(groups[name].astype(str).to_numpy()).sum() / target - 1).abs().max()
        for name, target in targets.items()
    ]
    return float(max(apart))


def _median(weights: np.ndarray, n: np.ndarray) -> float:
    order = np.argsort(weights)
    return float(weights[order][np.searchsorted(np.cumsum(n[order]), n.sum() / 2)])
