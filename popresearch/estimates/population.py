"""The fourth view: answers weighted to a population that the study names, such as the poll to all people under 25.

Categories that the population does not have ("prefer not to say") keep their share of the answers; parts of the population from which
nobody answered are left out, and named in the weighting report: no weight can speak for them.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from popresearch import reference
from popresearch.estimates import intervals, rows
from popresearch.estimates.proportions import effective_base, effective_number
from popresearch.estimates.weighting import Weighted, rake
from popresearch.study import Study
from popresearch.tallies import Tally

VIEW = "_to_population"
BY = ("age", "gender", "region")


def weighted(tally: Tally, study: Study, strand: str) -> Weighted | None:
    """Rake the cells of a strand to the margins that study.toml names for it; None where it names none or nobody answered."""
    plan = study.margins.get(strand)
    n = tally.n.to_numpy()
    if plan is None or not n.sum():
        return None
    groups = tally.n.index.to_frame(index=False)[[name for name in BY if name in plan]].astype(str)
    margins, missing = {}, []
    for name, margin in population_margins(plan).items():
        answered = pd.Series(n).groupby(groups[name].to_numpy()).sum()
        missing += [f"{name}: {category}" for category in margin if not answered.get(category, 0)]
        margins[name] = _reachable(margin, answered[answered > 0])
    made = rake(n, groups, margins, trim=plan.get("trim"))
    return replace(made, report=made.report.assign(nobody_answered="; ".join(missing)))


def population_margins(plan: dict) -> dict[str, dict[str, float]]:
    """Read the margins of a plan: `population` names the file, `age` the ages of each option, `gender` its words, `region` = true."""
    table = reference.read(plan["population"]).astype({"age": int, "persons": float})
    ages = {
        age: option for option, (first, last) in plan.get("age", {}).items() for age in range(first, last + 1)
    }
    words = {word: option for option, word in plan.get("gender", {}).items()}
    columns = {"age": table["age"].map(ages), "gender": table["gender"].map(words), "region": table["region"]}
    return {name: table.groupby(columns[name])["persons"].sum().to_dict() for name in BY if name in plan}


def to_population(tally: Tally, made: Weighted) -> pd.DataFrame:
    """Estimate the shares of the world with these weights; countries are the clusters, and what the margins explain is no spread."""
    weight, items = made.weights[:, None], tally.count.columns
    answered = tally.base[items.get_level_values("question")].to_numpy()
    y, w = tally.count.to_numpy() * weight, answered * weight
    whole = w.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = y.sum(axis=0) / np.where(whole > 0, whole, np.nan)
        influence = np.nan_to_num((y - share * w) / whole)
    residuals = made.residuals(influence, tally.n.to_numpy())
    units = rows.of_organisations(tally, residuals, w, "world").by_country()
    n = (units.w > 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = n / (n - 1) * (units.y**2).sum(axis=0)
    low, high = intervals.logit(share, variance, effective_number(units)[0] - 1, n)
    table = {f"share{VIEW}": share, f"low{VIEW}": low, f"high{VIEW}": high}
    effective = effective_base(share, variance, answered.sum(axis=0), n)
    return pd.DataFrame(table | {f"n_effective{VIEW}": effective}, index=items)


def _reachable(margin: dict[str, float], answered: pd.Series) -> dict[str, float]:
    """Keep the categories that somebody answered in, and give those outside the population their share of the answers."""
    inside = {category: persons for category, persons in margin.items() if category in answered}
    outside = answered[[category for category in answered.index if category not in inside]]
    rest = 1 - outside.sum() / answered.sum()
    scale = rest / sum(inside.values()) if inside else 0.0
    return {category: persons * scale for category, persons in inside.items()} | (
        outside / answered.sum()
    ).to_dict()
