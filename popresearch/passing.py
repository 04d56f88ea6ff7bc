"""What a researcher's table may take along when it leaves: only numbers that follow from released shares.

The release holds shares of the world, its regions and its countries; a table of other domains, or on another base, stays restricted.
"""

import numpy as np
import pandas as pd

from popresearch import reference
from popresearch.disclosure import SHOWN, few_hidden, hidden_countries
from popresearch.estimates import KEYS, LEVELS
from popresearch.estimates.door import SYSTEM
from popresearch.estimates.styled import Estimates
from popresearch.faults import BadInput, Fault
from popresearch.study import Study

HIDDEN = "hidden"
OUTWARD = {"low": np.floor, "high": np.ceil}  # of an interval's ends, to whole per cents
THOUSANDTHS = 3  # digits of p
DROPPED = ["se", "p", "is_shown", "n_clusters"]


def through(table: Estimates, released: pd.DataFrame, study: Study, language: str) -> Estimates:
    """Take a table of `estimates.shares`, `compare` or `rank`, and `released` (the release's "estimates"); hide what is not in it."""
    _refuse(table)
    shown = released[released["status"] == SHOWN]
    shown = shown.assign(n_hidden=hidden_countries(shown, reference.countries()["region"].to_dict()))
    shown = shown.set_index(KEYS)
    made = _compared(table, shown) if "difference" in table else _looked_up(table, shown)
    return Estimates(made).described(study, table.base_rule, language, is_restricted=False)


def _refuse(table: Estimates) -> None:
    base, faults = getattr(table, "base_rule", None), []
    if base is None:
        faults.append(
            Fault("its base", "is no longer known.", "Take the table as it was given, not one put together.")
        )
    elif base != "answered":
        faults.append(Fault("its base", f"is '{base}'.", "Only shares of all who answered are released."))
    if "statistic" in table:
        what, remedy = (
            "are means or medians.",
            "A sum may be one organisation's number; only shares are released.",
        )
        faults.append(Fault("its numbers", what, remedy))
    levels = [level for level in table["level"].unique() if level not in (*LEVELS, SYSTEM)]
    faults += [
        Fault(
            f"level '{level}'",
            "is not in the release.",
            f"Released: {', '.join(LEVELS)}; keep this table restricted.",
        )
        for level in levels
    ]
    if faults:
        raise BadInput("a table for the gate", faults)


def _looked_up(table: Estimates, shown: pd.DataFrame) -> pd.DataFrame:
    """Put the released numbers in the place of the table's own; of a ranking, keep the ranks of what is shown."""
    keys = pd.MultiIndex.from_frame(table[KEYS])
    ranks = [name for name in table if name.startswith("rank")]
    own = [name for name in table if table[name].dtype.kind in "iufb" and name not in ranks]
    numbers = [name for name in own if name in shown]
    found = (
        shown[[*numbers, "verdict", "reason"]]
        .astype(dict.fromkeys(numbers, float))
        .reindex(keys)
        .reset_index(drop=True)
    )
    own += ["verdict_of_count"] if "verdict_of_count" in table else []
    made = pd.DataFrame(table).drop(columns=own).reset_index(drop=True).assign(**found)
    if ranks:
        return _ranked(made)
    return made.fillna({"verdict": HIDDEN, "reason": HIDDEN})


def _ranked(made: pd.DataFrame) -> pd.DataFrame:
    """Rank what is shown among itself: the order and the ranks that count hidden options would tell between which shares they lie."""
    asked = ["strand", "question"]
    has_hidden = made["verdict"].isna().groupby([made[name] for name in asked]).transform("any")
    bounds = ["rank_best", "rank_worst"]
    made[bounds] = made[bounds].astype("Int64").mask(has_hidden)
    kept = made[made["verdict"].notna()]
    rank = kept.groupby(asked)["share"].rank(ascending=False, method="min").astype("Int64")
    order = kept.assign(rank=rank).sort_values([*asked, "rank", "option"], kind="stable")
    return order.reset_index(drop=True)


def _compared(table: Estimates, shown: pd.DataFrame) -> pd.DataFrame:
    """Compare only where both shares are released; the differences are those of the released shares.

    A test is given where both have their interval, and "all others" do not stand on a few hidden countries; one over all domains where
    this holds of each of them.
    """
    made = pd.DataFrame(table).reset_index(drop=True)
    left, right = _sides(made, shown)
    both = left["share"].notna() & right["share"].notna()
    precise = both & left["low"].notna() & right["low"].notna() & ~few_hidden(right["n_hidden"])
    for name, side in (("", left), ("_other", right)):
        made[f"share{name}"], made[f"base{name}"] = side["share"].where(both), side["base"].where(both)
    made["difference"] = (left["share"] - right["share"]).where(both)
    for name, outward in OUTWARD.items():
        made[name] = (outward(made[name] * 100) / 100).where(precise)
    all_precise = precise.groupby(made["option"]).transform("all")
    made["p_adjusted"] = made["p_adjusted"].round(THOUSANDTHS).where(precise)
    made["p_any"] = made["p_any"].round(THOUSANDTHS).where(all_precise)
    made["verdict"] = made["verdict"].where(precise, HIDDEN)
    return made.assign(reason=made["reason"].where(precise, HIDDEN)).drop(columns=DROPPED)


def _sides(made: pd.DataFrame, shown: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The released share, base and interval of both sides of each comparison; "all others" is the world less the one."""
    numbers = shown[["count", "base", "share", "low", "n_hidden"]].astype(float)

    def found(
        strand: pd.Series, question: pd.Series, level: pd.Series | str, place: pd.Series | str
    ) -> pd.DataFrame:
        keys = pd.DataFrame({"strand": strand, "question": question, "option": made["option"]}).assign(
            level=level, place=place
        )
        return numbers.reindex(pd.MultiIndex.from_frame(keys[KEYS])).reset_index(drop=True)

    if (made["level"] == SYSTEM).all():
        return tuple(
            found(made[f"strand{side}"], made[f"question{side}"], "world", "") for side in ("", "_other")
        )
    left = found(made["strand"], made["question"], made["level"], made["place"])
    right = found(made["strand"], made["question"], made["level"], made["other"])
    world = found(made["strand"], made["question"], "world", "")
    rest = world.assign(count=world["count"] - left["count"], base=world["base"] - left["base"])
    rest["share"], rest["n_hidden"] = rest["count"] / rest["base"], world["n_hidden"] - left["n_hidden"]
    right.loc[made["other"].eq("")] = rest
    return left, right
