"""The attacker: an intruder who knows what was published, the questionnaire and the thresholds, and nothing else.

Shares no code with the gate, so that it can find the gate's mistakes. Three attacks: bounds on every hidden count by linear programming,
the difference of two releases, and a search of every file. Not used against the gate: the intervals of shares (low, high) and
effective bases, the views by organisation and weighted to the population, and the table of what was hidden.
"""

import re
import time
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from popresearch.attack import bounds, differencing, judging, published, scan
from popresearch.attack.bounds import Bounds
from popresearch.attack.finds import Find, Report
from popresearch.attack.published import Published
from popresearch.study import Study
from popresearch.wording import ROOT

__all__ = ["Find", "Report", "attack"]
WHOLE = re.compile(r"\d{1,3}(?:[,\u202f\u00a0.]\d{3})+|\d+")


def attack(
    folder: Path,
    study: Study,
    *,
    previous: Path | None = None,
    secrets: Collection[str] = (),
    truth: pd.DataFrame | None = None,
) -> Report:
    """Attack a release folder; `previous` is the folder of an earlier release, `secrets` are texts that no file may hold.

    `truth` (strand, question, option, level, place, base, count) tells the finds from false alarms: without it a hidden count that can be
    narrowed is a find wherever it may be a small one.
    """
    started, report = time.monotonic(), Report()
    found = published.read(folder, study)
    report.finds += judging.shown(found, study)
    tried = bounds.bounds(found, study)
    narrowed = judging.narrowed(tried.cells, study, truth)
    report.finds += narrowed + _contradictions(tried, "the release")
    report.n_shown = int(found.cells["count"].notna().sum() + found.responses.notna().sum())
    report.n_bounded, report.n_exposed, report.notes = tried.n_tried, len(narrowed), tried.notes
    exposed = tried.cells[judging.exposed(tried.cells, study)]
    report.narrowest = float((exposed["most"] - exposed["least"]).min()) if len(exposed) else float("nan")
    if previous is not None:
        report.finds += _differences(found, published.read(previous, study), study)
    of_files, report.n_files = scan.scan(folder, study, secrets=secrets, numbers=_numbers(found))
    report.finds += of_files
    report.seconds = time.monotonic() - started
    return report


def _contradictions(tried: Bounds, what: str) -> list[Find]:
    """Questions whose published numbers cannot all be true: nothing can be said of their hidden cells."""
    return [
        Find("contradiction", one, "", f"no counts fit the numbers of {what}.")
        for one in tried.contradictions
    ]


def _differences(new: Published, old: Published, study: Study) -> list[Find]:
    """Attack what lies between two releases: small differences that are shown, and those that follow from sums."""
    change, rules = differencing.differences(new, old), differencing.of_newcomers(study)
    tried = bounds.bounds(change, rules)
    gone = differencing.gone(change, study)
    found = [
        *(find for find in judging.shown(change, rules) if find.kind == judging.SHOWN_SMALL),
        *judging.narrowed(tried.cells, rules),
        *(
            Find(
                "", f"{row.strand}, {row.question}", f"{row.option} in {row.place or row.level}", "is small."
            )
            for row in gone.itertuples()
        ),
    ]
    return [
        Find("difference of two releases", find.file, find.place, f"of those who came: {find.what}")
        for find in found
    ]


def _numbers(found: Published) -> set[int]:
    """Every whole number that may stand in a title: those of the tables, of the texts in them, and of our own wording."""
    known: set[int] = set()
    for table in found.tables.values():
        for name in table:
            column = table[name].dropna()
            if pd.api.types.is_numeric_dtype(column):
                known |= {int(value) for value in column.unique() if float(value).is_integer()}
            else:
                known |= {number for text in column.astype(str).unique() for number in _said(text)}
    return known | set(_said((ROOT / "data" / "wording.csv").read_text(encoding="utf-8")))


def _said(text: str) -> list[int]:
    return [int(re.sub(r"\D", "", one)) for one in WHOLE.findall(text)]
