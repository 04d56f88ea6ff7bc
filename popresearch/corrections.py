"""Corrections are data: what a person decided about a cell of an export, with the value that is expected there and the reason."""

import pandas as pd

from popresearch import encoded, instrument, platforms
from popresearch.faults import BadInput, Fault, did_you_mean
from popresearch.platforms import Export
from popresearch.study import Study

CORRECTIONS = ["file", "row", "question", "expects", "becomes", "reason", "decided_by", "decided_on"]
NOT_THERE = "names a row or a head that the file does not have."
NO_LONGER = "expects a value that is no longer there."


class Corrections:
    """The decisions of a study's corrections.csv; `apply` uses them, and `check` says which of them found another value, or nothing."""

    def __init__(self, table: pd.DataFrame, source: str, files: set[str]) -> None:
        self.table, self.source, self.files = table, source, files
        self.outcome = dict.fromkeys(table.index, NOT_THERE)

    def apply(self, rows: pd.DataFrame, export: Export) -> pd.DataFrame:
        """Give an export's rows, dictionary-encoded, with the decided values in their places; the export itself stays as it is."""
        for line, row, column in self.of(export):
            if row in rows.index and column in rows:
                decision = self.table.loc[line]
                fits = str(rows.at[row, column]).strip() == decision["expects"]
                self.outcome[line] = "" if fits else NO_LONGER
                cells = rows[column].astype("str").copy()
                cells[row] = decision["becomes"]
                rows = rows.copy(deep=False)
                rows[column] = encoded.encode(cells)
        return rows

    def of(self, export: Export) -> list[tuple[int, int, int]]:
        """The decisions about an export: (line, row, column), the column -1 where the file has no such head."""
        mine = self.table[self.table["file"] == export.path.name]
        return [
            (
                line,
                int(one["row"]) if one["row"].isdecimal() else -1,
                export.heads.index(one["question"]) if one["question"] in export.heads else -1,
            )
            for line, one in mine.iterrows()
        ]

    def check(self, exports: list[Export]) -> None:
        """Stop where a decision no longer fits (`BadInput`); those about files that could not be read are let be."""
        names = {export.path.name for export in exports}
        faults = []
        for line, outcome in self.outcome.items():
            place, file = f"line {line + 2}", self.table.at[line, "file"]
            if file not in self.files:
                what = f"names a file that is not among the exports.{did_you_mean(file, self.files)}"
                faults.append(Fault(place, what, "Correct 'file' or remove the line."))
            elif outcome and file in names:
                remedy = {
                    NOT_THERE: "Correct 'row' or 'question' (the head).",
                    NO_LONGER: "Look at the export again; correct or remove the line.",
                }[outcome]
                faults.append(Fault(place, outcome, remedy))
        if faults:
            raise BadInput(self.source, faults)


def read(study: Study) -> Corrections:
    """Read the corrections.csv beside the exports."""
    path = study.exports / "corrections.csv"
    table = instrument.read_table(path) if path.exists() else pd.DataFrame(columns=CORRECTIONS, dtype=str)
    missing = [Fault("", f"has no column '{name}'.", "Add it.") for name in CORRECTIONS if name not in table]
    if missing:
        raise BadInput(platforms.shown(path), missing)
    return Corrections(table, platforms.shown(path), {path.name for path in study.files()})
