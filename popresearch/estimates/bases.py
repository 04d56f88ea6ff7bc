"""Of whom a share is a share: three base rules, each said in words beside its table, with what the others would give.

answered: of all who answered, "don't know" among them (the default); asked: of all who were asked, also those who did not answer;
opinion: of those who answered otherwise than "don't know" or "prefer not to say".
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from popresearch.estimates import rows
from popresearch.faults import bad_input, did_you_mean
from popresearch.study import Study
from popresearch.tallies import Tally

RULES = ("answered", "asked", "opinion")  # their words: base_answered … in data/wording.csv


def rebased(tally: Tally, rule: str, study: Study) -> Tally:
    """Give the tally another base; with "opinion" the options that say nothing of the matter leave numerator and base."""
    if rule == "answered":
        return tally
    if rule == "asked":
        return replace(tally, base=tally.asked)
    if rule != "opinion":
        raise bad_input(
            f"base '{rule}'", f"is no base rule.{did_you_mean(rule, RULES)}", f"Rules: {', '.join(RULES)}."
        )
    said_nothing = _no_opinion(tally, study)
    return replace(
        tally, base=tally.base - said_nothing, count=tally.count.loc[:, ~_is_no_opinion(tally, study)]
    )


def missing(tallies: dict[str, Tally], study: Study) -> pd.DataFrame:
    """Count for each question, in the world: `n` responses, `asked`, `answered`, and `opinion` (otherwise than don't know)."""
    tables = []
    for strand, tally in tallies.items():
        table = pd.DataFrame(
            {
                "strand": strand,
                "system": study.strands[strand].system,
                "n": int(tally.n.sum()),
                "asked": tally.asked.sum(),
                "answered": tally.base.sum(),
                "opinion": (tally.base - _no_opinion(tally, study)).sum(),
            }
        )
        tables.append(table.rename_axis("question").reset_index())
    return pd.concat(tables, ignore_index=True)


def by_domain(tally: Tally, question: str, level: str, study: Study) -> pd.DataFrame:
    """Count for each domain of a level (`place`) how many were `asked` a question, `answered` it, and had an `opinion`."""
    counts = {
        "asked": tally.asked[question],
        "answered": tally.base[question],
        "opinion": tally.base[question] - _no_opinion(tally, study)[question],
    }
    everyone = tally.n.to_numpy()[:, None]
    units = rows.of_organisations(tally, np.column_stack(list(counts.values())), everyone, level)
    return pd.DataFrame(units.total(units.y), columns=list(counts)).assign(place=units.places)


def _is_no_opinion(tally: Tally, study: Study) -> pd.Series:
    return tally.count.columns.get_level_values("option").isin(study.no_opinion)


def _no_opinion(tally: Tally, study: Study) -> pd.DataFrame:
    """Who chose an option that says nothing of the matter: cells × questions; a rollup has those of its question."""
    nothing = tally.count.loc[:, _is_no_opinion(tally, study)].T.groupby(level="question").sum().T
    family = tally.base.columns.str.partition(".").get_level_values(0)
    return nothing.reindex(columns=family, fill_value=0).set_axis(tally.base.columns, axis=1)
