"""Every number of the project: from tallies to shares with their base, their interval and a verdict.

Three views stand side by side: per response, per organisation (each counts once), and equal country weight. The survey is opt-in:
intervals are model-based, as if these respondents had been drawn at random from ones like them (AAPOR, 2016 guidance).
"""

import numpy as np
import pandas as pd
from scipy import stats

from popresearch.study import Study
from popresearch.tallies import Tally

CONFIDENCE = 0.95
NARROW, WIDE, RELATIVE = 0.05, 0.30, 1.30  # NCHS Series 2, No. 175: interval widths
LEAST_EFFECTIVE = 30  # NCHS: effective base
NOTHING = 1e-12  # a variance or a half interval that is zero but for rounding
FEW_COUNTRIES = 8  # NCHS asks for a closer look below 8 degrees of freedom
VIEWS = {
    "": "per response",
    "_by_organisation": "each organisation once",
    "_by_country": "equal country weight",
}
KEYS = ["strand", "question", "option", "level", "place"]


def estimate(tally: Tally, study: Study, strand: str) -> pd.DataFrame:
    """Estimate the share of every option for the world, each region and each country.

    One row a question, option and domain (`level` world, region or country; `place` "", M49 name or ISO alpha-3), with `n`
    (responses), `base`, `count`, then `share`, `low`, `high` (0–1) of each view, `n_effective`, `n_countries`, `n_organisations`.
    Across countries the country is the unit (delete-one-country jackknife; mean of country shares); within one country Wilson.
    """
    y, b = (
        tally.count,
        tally.base[tally.count.columns.get_level_values("question")].set_axis(tally.count.columns, axis=1),
    )
    shares = (y / b.where(b > 0)).fillna(0.0)
    by_country = [
        table.groupby(level="country_iso3", sort=True).sum() for table in (y, b, shares, (b > 0).astype(int))
    ]
    n = tally.n.groupby(level="country_iso3", sort=True).sum()
    region = tally.n.reset_index().groupby("country_iso3", sort=True)["region"].first()
    domains = [("world", "", np.ones(len(n), dtype=bool))]
    domains += [("region", name, (region == name).to_numpy()) for name in sorted(set(region) - {""})]
    domains += [("country", code, (n.index == code)) for code in n.index if code]
    tables = [_domain(level, place, where, by_country, n) for level, place, where in domains]
    table = pd.concat(tables, ignore_index=True)
    return presentable(table.assign(strand=strand, system=study.strands[strand].system), study.thresholds)


def _domain(
    level: str, place: str, where: np.ndarray, by_country: list[pd.DataFrame], n: pd.Series
) -> pd.DataFrame:
    """Estimate all items of one domain at once; `where` marks its countries."""
    count, base, organisation_shares, organisations = (table.to_numpy()[where] for table in by_country)
    items = by_country[0].columns
    one_country = where.sum() == 1
    table = pd.DataFrame(
        {
            "question": items.get_level_values(0),
            "option": items.get_level_values(1),
            "level": level,
            "place": place,
        }
    )
    table["n"] = int(n[where].sum())
    table["base"], table["count"] = base.sum(axis=0), count.sum(axis=0)
    table["n_countries"], table["n_organisations"] = (base > 0).sum(axis=0), organisations.sum(axis=0)
    views = {
        "": wilson(count.sum(axis=0), base.sum(axis=0)) if one_country else jackknife(count, base),
        "_by_organisation": wilson(organisation_shares.sum(axis=0), organisations.sum(axis=0))
        if one_country
        else jackknife(organisation_shares, organisations),
    }
    if not one_country:
        views["_by_country"] = mean_of_countries(count, base)
    for view in VIEWS:
        share, low, high, effective = views.get(view, [np.full(len(items), np.nan)] * 4)
        table[f"share{view}"], table[f"low{view}"], table[f"high{view}"] = share, low, high
        if view == "":
            table["n_effective"] = effective
    return table


Interval = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def wilson(count: np.ndarray, base: np.ndarray) -> Interval:
    """Give share, low, high and effective base by Wilson's score interval (Wilson 1927), as if answers were independent."""
    with np.errstate(invalid="ignore", divide="ignore"):
        n = np.where(base > 0, base, np.nan).astype(float)
        share = count / n
        z = stats.norm.ppf(0.5 + CONFIDENCE / 2)
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return share, np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1), n


def jackknife(count: np.ndarray, base: np.ndarray) -> Interval:
    """Give share, low, high and effective base of a ratio of sums, leaving out one country at a time (rows are countries).

    The interval is symmetric on the logit scale with Student's t, countries − 1 degrees of freedom. Where all or none chose an
    option, or the same share in each country, the jackknife has nothing to go on: Wilson on the number of countries stands in.
    """
    count, base = count.astype(float), base.astype(float)
    total, whole, countries = count.sum(axis=0), base.sum(axis=0), (base > 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(whole > 0, total / whole, np.nan)
        left_out = np.where(base > 0, (total - count) / (whole - base), np.nan)
        enough = countries >= 2
        mean = np.where(enough, np.nansum(left_out, axis=0) / np.maximum(countries, 1), np.nan)
        variance = (countries - 1) / countries * np.nansum((left_out - mean) ** 2, axis=0)
        variance = np.where(enough, variance, np.nan)
        inside = (share > 0) & (share < 1) & (variance > NOTHING)
        effective = np.where(
            inside, np.minimum(share * (1 - share) / variance, whole), np.where(enough, countries, whole)
        )
        t = stats.t.ppf(0.5 + CONFIDENCE / 2, np.maximum(countries - 1, 1))
        half = t * np.sqrt(variance) / (share * (1 - share))
        logit = np.log(share / (1 - share))
        _, low, high, _ = wilson(share * effective, effective)
        low = np.where(inside, 1 / (1 + np.exp(-(logit - half))), low)
        high = np.where(inside, 1 / (1 + np.exp(-(logit + half))), high)
    return share, low, high, effective


def mean_of_countries(count: np.ndarray, base: np.ndarray) -> Interval:
    """Give the mean of country shares with its t interval, each country counting once (rows are countries).

    Where all countries have the same share, Wilson on their number stands in; a single country has no interval.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(base > 0, count / base, np.nan)
        countries = (base > 0).sum(axis=0)
        mean = np.nansum(shares, axis=0) / np.where(countries > 0, countries, np.nan)
        spread = np.sqrt(np.nansum((shares - mean) ** 2, axis=0) / (countries - 1))
        half = stats.t.ppf(0.5 + CONFIDENCE / 2, np.maximum(countries - 1, 1)) * spread / np.sqrt(countries)
        _, low, high, _ = wilson(mean * countries, countries)
        varies = ~(half < NOTHING)
        low = np.where(varies, np.clip(mean - half, 0, 1), low)
        high = np.where(varies, np.clip(mean + half, 0, 1), high)
    return mean, low, high, countries.astype(float)


def presentable(estimates: pd.DataFrame, thresholds: dict[str, int]) -> pd.DataFrame:
    """Add `verdict` (show, caution, pool, withhold) and its `reason` to each share.

    Rule of the US National Center for Health Statistics (Series 2, No. 175): effective base of at least 30, and an interval
    narrower than 0.30, or than 130 % of the share unless it is at most 0.05 wide. A country that cannot be shown is pooled into
    its region. "caution" where few answered, or where few countries carry the share.
    """
    width = estimates["high"] - estimates["low"]
    smaller = np.minimum(estimates["share"], 1 - estimates["share"])
    tests = [
        (estimates["base"] == 0, "nobody was asked or answered"),
        (estimates["base"] < thresholds["minimum_base"], "too few answers"),
        (estimates["n_effective"] < LEAST_EFFECTIVE, "too few answers for their likeness within countries"),
        (width >= WIDE, "interval too wide"),
        (
            (width > NARROW) & (width > RELATIVE * smaller) & (smaller > 0),
            "interval too wide for so small a share",
        ),
    ]
    careful = [
        (estimates["base"] < thresholds["caution_base"], "few answers"),
        ((estimates["level"] != "country") & (estimates["n_countries"] < FEW_COUNTRIES), "few countries"),
    ]
    firm = np.select([test for test, _ in tests], [reason for _, reason in tests], default="")
    soft = np.select([test for test, _ in careful], [reason for _, reason in careful], default="")
    failed = np.where(estimates["level"] == "country", "pool", "withhold")
    verdict = np.where(firm != "", failed, np.where(soft != "", "caution", "show"))
    return estimates.assign(verdict=verdict, reason=np.where(firm != "", firm, soft))


def estimate_study(tallies: dict[str, Tally], study: Study) -> pd.DataFrame:
    """Estimate every strand of a study; rows in the order of `KEYS`."""
    tables = [estimate(tally, study, strand) for strand, tally in tallies.items()]
    table = pd.concat(tables, ignore_index=True)
    return table[[*KEYS, *(column for column in table if column not in KEYS)]]


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
