"""A table of estimates that reads well in a notebook: the base beside each share, what may not be said greyed, the rule in words."""

import html

import pandas as pd

from popresearch import labels, wording
from popresearch.study import Study

WORDS = {
    "topic": "topic",
    "system_label": "system",
    "place_label": "place",
    "other_label": "against",
    "option_label": "option",
}
QUIET = ("pool", "withhold", "silent", "hidden")
LEFT = "style='text-align:left'"
NOTHING = "–"


class Estimates(pd.DataFrame):
    """A data frame of estimates that knows its base rule and whether it has been through the gate."""

    _metadata = ["caption", "is_restricted", "base_rule"]

    @property
    def _constructor(self) -> type["Estimates"]:
        return Estimates

    def described(self, study: Study, base: str, language: str, *, is_restricted: bool = True) -> "Estimates":
        """Say over the table of whom its shares are, how its intervals are meant, and whether it may leave."""
        said = [labels.banner(study, language)] if study.banner else []
        said += [wording.phrase("not_through_the_gate", language)] if is_restricted else []
        said += [
            wording.phrase(f"base_{base}", language),
            labels.intervals("table", self["system"] if "system" in self else [], language),
        ]
        self.caption = " ".join(text if text.endswith((".", "。")) else f"{text}." for text in said)
        self.is_restricted, self.base_rule = is_restricted, base
        return self

    def _repr_html_(self) -> str:
        rows = [_cells(row) for row in self.to_dict("records")]
        names = [name for name in rows[0] if any(row[name] for row in rows)] if rows else []
        same = [name for name in WORDS.values() if name in names and len({row[name] for row in rows}) == 1]
        shared = " · ".join(dict.fromkeys(rows[0][name] for name in same)) if len(rows) > 1 else ""
        columns = [name for name in names if not (shared and name in same)]
        quiet = [row.get("verdict") in QUIET for row in self.to_dict("records")]
        caption = html.escape(getattr(self, "caption", "") or "")
        if not rows:
            return f"<p>{caption}</p>"
        caption += f"<br><strong>{html.escape(shared)}</strong>" if shared else ""
        head = "".join(f"<th {LEFT}>{html.escape(name)}</th>" for name in columns)
        body = "".join(_row(row, columns, is_quiet) for row, is_quiet in zip(rows, quiet, strict=True))
        return f"<table><caption {LEFT}>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(row: dict[str, str], columns: list[str], is_quiet: bool) -> str:
    colour = " style='color:#767676'" if is_quiet else ""
    cells = "".join(f"<td {LEFT}>{html.escape(row[name])}</td>" for name in columns)
    return f"<tr{colour}>{cells}</tr>"


def _cells(row: dict[str, object]) -> dict[str, str]:
    """Write a row as a reader wants it: a share with its base, an interval as one, a rank with its bounds."""
    cells = {name: str(row[column]) for column, name in WORDS.items() if column in row}
    if "rank" in row:
        cells["rank"] = _ranks(row)
    if "mean" in row:
        cells["mean" if row["statistic"] != "median" else "median"] = _number(row["mean"], row["base"])
        cells["95 % interval"] = _bounds(row["low"], row["high"])
        return cells | _said(row)
    cells["share"] = _of(row.get("share"), row.get("base"))
    if "difference" in row:
        cells["against it"] = _of(row.get("share_other"), row.get("base_other"))
        cells["difference"] = (
            NOTHING if pd.isna(row["difference"]) else f"{100 * row['difference']:+.0f}\u00a0points"
        )
    if "low" in row:
        unit = "" if "difference" in row else "\u00a0%"
        cells["95 % interval"] = _between(row["low"], row["high"], unit)
    if "share_by_organisation" in row:
        views = (row["share_by_organisation"], row["share_by_country"])
        cells["per organisation / country"] = " / ".join(_share(view) for view in views)
    for name, words in (("p_adjusted", "p, adjusted"), ("p_any", "p, any differ")):
        if name in row:
            cells[words] = NOTHING if pd.isna(row[name]) else f"{row[name]:.3f}"
    return cells | _said(row)


def _said(row: dict[str, object]) -> dict[str, str]:
    said = [str(row[name]) for name in ("verdict", "reason") if row.get(name)]
    return {"verdict": ": ".join(dict.fromkeys(said))}


def _number(value: object, base: object) -> str:
    return NOTHING if pd.isna(value) else f"{value:,.4g}\u00a0of\u00a0{base:,.0f}"


def _bounds(low: object, high: object) -> str:
    return NOTHING if pd.isna(low) or pd.isna(high) else f"{low:,.4g}\u00a0to\u00a0{high:,.4g}"


def _share(share: object) -> str:
    return NOTHING if pd.isna(share) else f"{share:.0%}"


def _of(share: object, base: object) -> str:
    return NOTHING if pd.isna(share) else f"{share:.0%}\u00a0of\u00a0{base:,.0f}"


def _between(low: object, high: object, unit: str) -> str:
    return (
        NOTHING if pd.isna(low) or pd.isna(high) else f"{100 * low:.0f}\u00a0to\u00a0{100 * high:.0f}{unit}"
    )


def _ranks(row: dict[str, object]) -> str:
    if pd.isna(row["rank"]):
        return NOTHING
    best, worst = row["rank_best"], row["rank_worst"]
    if pd.isna(best):  # hidden options stand somewhere between
        return f"{row['rank']:.0f}"
    return f"{row['rank']:.0f} ({best:.0f} to {worst:.0f})"
