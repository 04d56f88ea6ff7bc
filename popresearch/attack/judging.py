"""Which of the hidden counts that can be narrowed are a breach, and which shown ones should not be shown.

A count is sensitive when it is small (1 up to the minimum cell less one); where options do not add up to their base, also when so few
did not choose it; where zeros disclose (`hide_zero`), also when nobody or everybody chose it. A hidden count is a breach when it is
known to within less than the minimum cell and may be sensitive: one known to be 12 to 14 was hidden to protect others, and is none.
"""

import numpy as np
import pandas as pd

from popresearch import instrument
from popresearch.attack import form
from popresearch.attack.crowds import RESPONSES
from popresearch.attack.finds import Find
from popresearch.attack.form import BASE
from popresearch.attack.published import ALL, DIGITS, KEYS, Published
from popresearch.study import Study

SHOWN_SMALL, NARROW, SMALL_BASE, NUMBER = (
    "small count shown",
    "hidden count narrowed",
    "share of a small base",
    "number in a hidden row",
)
DIGITS_KIND = "too many digits"


def exposed(ends: pd.DataFrame, study: Study) -> pd.Series:
    """Mark the bounded cells that are a breach (the columns of `bounds.ENDS`).

    That somebody answered is no answer: a base is a breach only where it is surely small, not where it may be.
    """
    least_cell = ends["strand"].map(_minimum(study)).astype(float)
    zero = (
        ends["strand"]
        .map({name: strand.hide_zero for name, strand in study.strands.items()})
        .fillna(False)
        .astype(bool)
    )
    zero &= ~ends["question"].eq(RESPONSES) & ~ends["option"].eq(BASE)
    narrow = ends["most"] - ends["least"] < least_cell
    others = [ends["base"] - ends["most"], ends["base"] - ends["least"]]
    is_small = _overlaps(ends["least"], ends["most"], least_cell, zero)
    rest_is_small = _overlaps(*others, least_cell, zero) & ~ends["is_whole"].astype(bool)
    is_everybody = zero & (others[0] <= 0)
    sure = ~ends["option"].eq(BASE) | (ends["most"] < least_cell)
    return narrow & sure & (is_small | rest_is_small | is_everybody)


def _overlaps(least: pd.Series, most: pd.Series, least_cell: pd.Series, zero: pd.Series) -> pd.Series:
    """Say whether a count between two ends may be a small one."""
    return least.clip(lower=np.where(zero, 0, 1)) <= np.minimum(most, least_cell - 1)


def narrowed(ends: pd.DataFrame, study: Study, truth: pd.DataFrame | None = None) -> list[Find]:
    """Make a find of every breach; where the `truth` is given (KEYS, base, count), only of those that are sensitive."""
    found = ends[exposed(ends, study)]
    found = found if truth is None else found[_sensitive(found, truth, study)]
    return [
        Find(
            NARROW,
            f"{row.strand}, {row.question}",
            f"{row.option.strip('#')} in {row.place or row.level}",
            f"lies between {row.least:.0f} and {row.most:.0f}"
            + (f" of {row.base:.0f}." if np.isfinite(row.base) else "."),
        )
        for row in found.itertuples()
    ]


def _sensitive(found: pd.DataFrame, truth: pd.DataFrame, study: Study) -> pd.Series:
    """Mark the cells whose true count is sensitive, nobody and everybody only where that is known for sure; what the truth lacks stays."""
    true = (
        truth.set_index(KEYS)[["base", "count"]].astype(float).reindex(pd.MultiIndex.from_frame(found[KEYS]))
    )
    count, base = (
        pd.Series(true["count"].to_numpy(), found.index),
        pd.Series(true["base"].to_numpy(), found.index),
    )
    as_known = found.assign(least=count, most=count, base=base)
    extreme = (count == 0) | (count == base)
    is_known = (found["most"] == found["least"]) | ~extreme
    return count.isna() | (exposed(as_known, study) & is_known)


def shown(published: Published, study: Study) -> list[Find]:
    """Find small counts, small complements and, where zeros disclose, nobody and all among what is shown; and shares of few."""
    cells = published.cells.reset_index()
    whole = {
        (name, question)
        for name, strand in study.strands.items()
        for question in cells.loc[cells["strand"] == name, "question"].unique()
        if form.is_whole(question, instrument.of(strand))
    }
    known = cells[cells["count"].notna()]
    is_whole = pd.Series(
        [pair in whole for pair in zip(known["strand"], known["question"], strict=True)], index=known.index
    )
    ends = known.assign(least=known["count"], most=known["count"], is_whole=is_whole)
    impossible = _never(cells, study)
    ends = ends[exposed(ends, study) & ~ends.set_index(KEYS[:3]).index.isin(impossible)]
    few = known[known["share"].notna() & (known["base"] < study.thresholds["minimum_base"])]
    counts = published.responses.reset_index()
    least = counts["strand"].map(_minimum(study))
    tiny = counts[(counts["count"] > 0) & (counts["count"] < least)].assign(
        question=RESPONSES, option=lambda rows: rows["strand"]
    )
    parts = (
        (SHOWN_SMALL, ends, "is small, or its complement is"),
        (SMALL_BASE, few, "rests on few answers"),
        (SHOWN_SMALL, tiny, "is small"),
    )
    return [
        Find(kind, f"{row.strand}, {row.question}", f"{row.option} in {row.place or row.level}", what)
        for kind, rows, what in parts
        for row in rows.itertuples()
    ] + _of_tables(published)


def _of_tables(published: Published) -> list[Find]:
    """Find numbers beside a cell that is hidden, numbers with so many digits that they tell more than they say, and tables that differ."""
    found = []
    for name, table in published.tables.items():
        hidden = table[table["status"] != "shown"] if {"status", "share"} <= {*table} else table.iloc[:0]
        for column in table.select_dtypes("number"):
            if column not in ("n", "base") and hidden[column].notna().any():
                found.append(Find(NUMBER, name, column, "is given for a hidden cell."))
            values = table[column].dropna().astype(float)
            if (
                "strand" in table and (abs(values - values.round(DIGITS)) > 1e-9).any()
            ):  # others are figures of others
                found.append(
                    Find(DIGITS_KIND, name, column, f"has more than {DIGITS} digits behind the point.")
                )
    if published.n_disputed:
        found.append(
            Find(
                "tables differ",
                "all tables",
                "",
                f"{published.n_disputed:,} cells are not the same in two tables; one is older.",
            )
        )
    return found


def _never(cells: pd.DataFrame, study: Study) -> set[tuple[str, str, str]]:
    """The options that the form lets nobody choose."""
    found = set()
    for name, strand in study.strands.items():
        of_cell = list(
            cells.loc[cells["strand"] == name, ["question", "option"]]
            .drop_duplicates()
            .itertuples(index=False, name=None)
        )
        ties = form.relations(of_cell, instrument.of(strand), study, strand)
        found |= {(name, *cell) for tie in ties if len(tie.terms) == 1 for cell in tie.terms}
    return found


def _minimum(study: Study) -> dict[str, int]:
    return {name: strand.minimum_cell for name, strand in study.strands.items()} | {
        ALL: study.thresholds["minimum_cell"]
    }
