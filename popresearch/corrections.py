"""Corrections are data: what a person decided about a cell of an export, with the value that is expected there and the reason."""

import pandas as pd

from popresearch import instrument, platforms
from popresearch.faults import BadInput, Fault, did_you_mean
from popresearch.platforms import Export
from popresearch.study import Study

CORRECTIONS = ["file", "row", "question", "expects", "becomes", "reason", "decided_by", "decided_on"]


def read(study: Study, exports: list[Export]) -> pd.DataFrame:
    """Read the corrections.csv beside the exports; the run stops when an expected value is no longer where it was."""
    path = study.exports / "corrections.csv"
    if not path.exists():
        return pd.DataFrame(columns=CORRECTIONS, dtype=str)
    table = instrument.read_table(path)
    missing = [column for column in CORRECTIONS if column not in table]
    if missing:
        raise BadInput(
            platforms.shown(path), [Fault("", f"has no column '{name}'.", "Add it.") for name in missing]
        )
    by_name = {export.path.name: export for export in exports}
    faults = []
    for line, row in table.iterrows():
        if row["file"] not in by_name:
            what = f"names a file that is not among the exports.{did_you_mean(row['file'], by_name)}"
            faults.append(Fault(f"line {line + 2}", what, "Correct 'file' or remove the line."))
            continue
        export = by_name[row["file"]]
        column = next((number for number, head in enumerate(export.heads) if head == row["question"]), None)
        at = int(row["row"]) if row["row"].isdecimal() else -1
        place = f"line {line + 2}"
        if column is None or at not in export.rows.index:
            faults.append(
                Fault(
                    place,
                    "names a row or a head that the file does not have.",
                    "Correct 'row' or 'question' (the head).",
                )
            )
        elif export.rows.at[at, column].strip() != row["expects"]:
            faults.append(
                Fault(
                    place,
                    "expects a value that is no longer there.",
                    "Look at the export again; correct or remove the line.",
                )
            )
    if faults:
        raise BadInput(platforms.shown(path), faults)
    return table


def corrected(export: Export, corrections: pd.DataFrame) -> pd.DataFrame:
    """Give an export's rows with the decided values in their places; the export itself stays as it is."""
    rows = export.rows
    mine = corrections[corrections["file"] == export.path.name]
    if len(mine):
        rows = rows.copy()
        for row in mine.itertuples():
            rows.at[int(row.row), export.heads.index(row.question)] = row.becomes
    return rows
