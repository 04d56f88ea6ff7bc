"""Every number of the project, once, from tallies: with its base, its interval and a verdict.

For daily use three functions take a study's saved tallies: `shares` (of a question's options, by any domain, or two crossed),
`compare` (do two kinds of systems, or places, differ?) and `rank` (which options lead, and how surely). `estimate_study` makes what the
release is made of. The survey is opt-in: all intervals are model-based, as if these respondents had been drawn at random from ones
like them (AAPOR, 2016 guidance).
"""

import pandas as pd

from popresearch.estimates import population
from popresearch.estimates.bases import missing
from popresearch.estimates.door import compare, rank, shares
from popresearch.estimates.presentation import presentable
from popresearch.estimates.proportions import LEVELS, VIEWS
from popresearch.estimates.proportions import shares as shares_of
from popresearch.study import Study
from popresearch.tallies import Tally

__all__ = [
    "VIEWS",
    "compare",
    "estimate",
    "estimate_study",
    "missing",
    "rank",
    "responses",
    "shares",
    "verdicts",
    "weighting",
]
KEYS = ["strand", "question", "option", "level", "place"]


def estimate(tally: Tally, study: Study, strand: str, levels: tuple[str, ...] = LEVELS) -> pd.DataFrame:
    """Estimate the share of every option for each domain of the levels.

    One row a question, option and domain (`level`, `place`), with `n` (responses), `base`, `count`; `share`, `low`, `high` (0–1) of each
    view; `se`, `n_effective`, `design_effect` of the first view; `n_countries`, `n_organisations`; the least and the most that the share
    becomes without any one country or organisation; `verdict` and `reason`. Where study.toml has margins for
    the strand, the world also has the shares weighted to them (`…_to_population`).
    """
    table = shares_of(tally, levels)
    table = presentable(table.assign(strand=strand, system=study.strands[strand].system), study.thresholds)
    made = population.weighted(tally, study, strand) if "world" in levels else None
    if made is None:
        return table
    extra = population.to_population(tally, made).assign(level="world").set_index("level", append=True)
    return table.join(extra, on=extra.index.names)


def estimate_study(tallies: dict[str, Tally], study: Study, levels: tuple[str, ...] = LEVELS) -> pd.DataFrame:
    """Estimate every strand of a study; rows in the order of `KEYS`."""
    tables = [estimate(tally, study, strand, levels) for strand, tally in tallies.items()]
    table = pd.concat(tables, ignore_index=True)
    return table[[*KEYS, *(column for column in table if column not in KEYS)]]


def weighting(tallies: dict[str, Tally], study: Study) -> pd.DataFrame:
    """Report what weighting to the study's margins costs, a row a strand that has some; see `weighting.report`."""
    made = {strand: population.weighted(tally, study, strand) for strand, tally in tallies.items()}
    reports = [one.report.assign(strand=strand) for strand, one in made.items() if one is not None]
    return (
        pd.concat(reports, ignore_index=True).set_index("strand").reset_index() if reports else pd.DataFrame()
    )


def responses(tallies: dict[str, Tally], study: Study) -> pd.DataFrame:
    """Count responses by strand for the world, each region and each country; `base` is the total of all strands there."""
    rows = []
    for strand, tally in tallies.items():
        clusters = tally.n.rename("count").reset_index().assign(strand=strand)
        rows.append(clusters.assign(level="world", place=""))
        rows.append(clusters[clusters["region"] != ""].assign(level="region", place=clusters["region"]))
        rows.append(
            clusters[clusters["country_iso3"] != ""].assign(level="country", place=clusters["country_iso3"])
        )
    table = (
        pd.concat(rows)
        .groupby(["strand", "level", "place"], sort=False)["count"]
        .sum()
        .unstack("strand", fill_value=0)
    )
    table = table.reindex(columns=list(tallies))
    base = table.sum(axis=1).rename("base")
    return table.stack().rename("count").reset_index().merge(base.reset_index(), on=["level", "place"])


def verdicts(estimates: pd.DataFrame) -> pd.DataFrame:
    """Count estimates by strand and level, a column a verdict."""
    table = (
        estimates.groupby(["strand", "level", "verdict"], sort=False).size().unstack("verdict", fill_value=0)
    )
    order = [verdict for verdict in ("show", "caution", "pool", "withhold") if verdict in table]
    levels = {"world": 0, "region": 1, "country": 2}
    return (
        table[order]
        .reset_index()
        .sort_values(["strand", "level"], key=lambda column: column.map(levels).fillna(0), kind="stable")
        .set_index(["strand", "level"])
    )
