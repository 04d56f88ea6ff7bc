"""What may be said of a number: show, caution, pool, withhold or silent; every verdict with its reason.

Presentation standards of the US National Center for Health Statistics: for proportions Series 2, No. 175 (Parker and others 2017), for
counts and means Series 2, No. 200 (Parker and others 2023).
"""

import numpy as np
import pandas as pd

from popresearch.estimates.domains import is_one_country
from popresearch.estimates.intervals import student

NARROW, WIDE, RELATIVE = 0.05, 0.30, 1.30  # widths of a share's interval
LEAST_EFFECTIVE = 30  # effective base of a share
LEAST_COUNTED, COUNT_RELATIVE = 10, 1.60  # effective base of a count, relative width of its interval
FEW_COUNTRIES = 8  # NCHS asks for a closer look below 8 degrees of freedom
NOBODY = "nobody was asked or answered"
VERDICTS = ("show", "caution", "pool", "withhold", "silent")
SHOW, CAUTION, POOL, WITHHOLD, SILENT = range(len(VERDICTS))
Tests = list[tuple[pd.Series, str]]


def presentable(estimates: pd.DataFrame, thresholds: dict[str, int]) -> pd.DataFrame:
    """Add `verdict` and its `reason` to each share.

    Shown are shares with an effective base of at least 30 and an interval narrower than 0.30, or than 130 % of the share unless it is at
    most 0.05 wide. A country that cannot be shown is pooled into its region, and is silent below the minimum cell; other domains are
    withheld. "caution" where few answered, or where few countries carry the share.
    """
    width = estimates["high"] - estimates["low"]
    smaller = np.minimum(estimates["share"], 1 - estimates["share"])
    unlike = width > np.maximum(NARROW, RELATIVE * smaller)
    tests = [
        (estimates["base"] == 0, NOBODY),
        (estimates["base"] < thresholds["minimum_base"], "too few answers"),
        (estimates["n_effective"] < LEAST_EFFECTIVE, "too few answers for their likeness within countries"),
        (width >= WIDE, "interval too wide"),
        (unlike & (smaller > 0), "interval too wide for so small a share"),
    ]
    return _judged(estimates, tests, thresholds)


def presentable_means(estimates: pd.DataFrame, thresholds: dict[str, int]) -> pd.DataFrame:
    """Add `verdict` and `reason` to each mean or median: enough answers, and an interval of at most 160 % of the value."""
    width = estimates["high"] - estimates["low"]
    tests = [
        (estimates["base"] == 0, NOBODY),
        (estimates["base"] < thresholds["minimum_base"], "too few answers"),
        (estimates["n_effective"] < LEAST_COUNTED, "too few answers for their likeness within countries"),
        (width.isna(), "no interval can be given"),
        (width > COUNT_RELATIVE * estimates["mean"].abs(), "interval too wide"),
    ]
    return _judged(estimates, tests, thresholds)


def verdicts_of_counts(estimates: pd.DataFrame) -> pd.Series:
    """Judge the counts behind shares: a count is its share times the base, and so is its standard error."""
    counts = pd.DataFrame({"count": estimates["count"], "se": estimates["se"] * estimates["base"]})
    return presentable_counts(counts.assign(n_effective=estimates["n_effective"]))["verdict"]


def presentable_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Add `low`, `high`, `verdict` and `reason` to estimated counts (`count`, its standard error `se`, `n_effective`).

    The interval is symmetric on the log scale; shown from an effective base of 10 and up to a relative width of 160 %.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        half = student(np.maximum(counts["n_effective"] - 1, 1)) * counts["se"] / counts["count"]
        low, high = counts["count"] * np.exp(-half), counts["count"] * np.exp(half)
        wide = ~((high - low) / counts["count"] <= COUNT_RELATIVE)
    few = counts["n_effective"] < LEAST_COUNTED
    reason = np.select(
        [counts["count"] == 0, few, wide], [NOBODY, "too few answers", "interval too wide"], default=""
    )
    verdict = np.where(reason == "", "show", "withhold")
    return counts.assign(low=low, high=high, verdict=verdict, reason=reason)


def tiers(n: pd.Series, thresholds: dict[str, int], minimum_cell: int) -> pd.DataFrame:
    """Say of each country by its number of responses `n` how far numbers of it can be given at all.

    show from the caution base, caution from the minimum base, pool (into its region) from the minimum cell, silent below.
    """
    limits = [
        (n >= thresholds["caution_base"], "show", ""),
        (n >= thresholds["minimum_base"], "caution", "few answers"),
        (n >= minimum_cell, "pool", "too few answers"),
    ]
    chosen = [test for test, _, _ in limits]
    return pd.DataFrame(
        {
            "n": n,
            "tier": np.select(chosen, [tier for _, tier, _ in limits], default="silent"),
            "reason": np.select(chosen, [reason for _, _, reason in limits], default="too few to speak of"),
        }
    )


def _judged(estimates: pd.DataFrame, tests: Tests, thresholds: dict[str, int]) -> pd.DataFrame:
    of_country = estimates["level"].map(
        {level: is_one_country(level) for level in estimates["level"].unique()}
    )
    careful = [
        (estimates["base"] < thresholds["caution_base"], "few answers"),
        (~of_country & (estimates["n_countries"] < FEW_COUNTRIES), "few countries"),
    ]
    country = np.where(estimates["base"] < thresholds.get("minimum_cell", 0), SILENT, POOL)
    failed = np.where(of_country, country, WITHHOLD)
    met = np.select([test for test, _ in [*tests, *careful]], range(1, len(tests) + 3), default=0)
    verdict = np.where(met > len(tests), CAUTION, np.where(met > 0, failed, SHOW))
    reasons = ["", *(reason for _, reason in [*tests, *careful])]
    return estimates.assign(
        verdict=pd.Index(VERDICTS, dtype="str").take(verdict),
        reason=pd.Index(reasons, dtype="str").take(met),
    )
