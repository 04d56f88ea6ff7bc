"""The ledger of files of answers, data/restricted/ledger.csv: when each was received, what for, and its last day here.

A row a version of a file, found by study, source, file and SHA-256. A file that takes the place of an earlier version, or is the same
under another name, keeps the earlier last day: to export again does not lengthen the time. A person lengthens it, by a later `delete_by`
with an `extended_reason`.
"""

import csv
import io
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from popresearch import files
from popresearch.faults import BadInput, Fault, bad_input
from popresearch.retention import places

NAME = "ledger.csv"
COLUMNS = ["study", "source", "file", "sha256", "received_date", "purpose", "delete_by", "deleted_date", "certificate",
           "extended_reason"]  # fmt: skip
SHOWN = f"data/restricted/{NAME}"
REPLACED = "replaced by a later version"
HASH = re.compile(r"[0-9a-f]{64}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def today() -> date:
    """The one place where retention learns which day it is."""
    return date.today()


def read(study: Any) -> list[dict[str, str]]:
    """Read the ledger; a damaged one is bad input and stays as it is."""
    path = places.private(study) / NAME
    if not path.exists():
        return []
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error):
        raise bad_input(SHOWN, "is not a CSV file in UTF-8.", "Put it back from your backup.") from None
    if reader.fieldnames != COLUMNS:
        remedy = f"Put it back from your backup; its heads are {', '.join(COLUMNS)}."
        raise bad_input(SHOWN, "has other heads than it should.", remedy)
    faults = [fault for number, row in enumerate(rows, 2) for fault in _faults(row, f"line {number}")]
    if faults:
        raise BadInput(SHOWN, faults)
    return rows


def _faults(row: dict[str, str], place: str) -> list[Fault]:
    if None in row or None in row.values():
        return [Fault(place, "has more or fewer cells than heads.", "Correct that line.")]
    faults = [
        Fault(place, f"has no day in {name}.", "Write it as 2026-11-25.")
        for name in ("received_date", "delete_by", "deleted_date")
        if not _is_day(row[name]) and (row[name] or name != "deleted_date")
    ]
    if not HASH.fullmatch(row["sha256"]):
        faults.append(Fault(place, "has no SHA-256.", "Put the line back from your backup."))
    return faults


def _is_day(text: str) -> bool:
    try:
        return bool(DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def note(study: Any) -> None:
    """Write a row for every file of answers that the ledger does not know; made-up sources have none."""
    if places.is_made_up(study) or not (there := places.answers(study)):
        return
    rows = read(study)
    open_rows = _open(rows, study)
    known = {(row["file"], row["sha256"]) for row in open_rows}
    new = []
    for path in there:
        name, sha256 = places.shown(path, study), files.sha256(path)
        if (name, sha256) not in known:
            before = [row for row in open_rows if row["file"] == name or row["sha256"] == sha256]
            new.append(_row(study, name, sha256, before))
            for row in before:
                if row["file"] == name:
                    row.update(deleted_date=str(today()), certificate=REPLACED)
    if new:
        _write(study, [*rows, *new])


def _row(study: Any, name: str, sha256: str, before: list[dict[str, str]]) -> dict[str, str]:
    """The row of a new file; `before` are open rows of the same file or the same bytes, whose earliest last day holds."""
    row = dict.fromkeys(COLUMNS, "") | {
        "study": study.name,
        "source": study.source,
        "file": name,
        "sha256": sha256,
        "received_date": str(today()),
        "purpose": study.retention["purpose"],
        "delete_by": str(today() + timedelta(days=study.retention["days"])),
    }
    first = min(before, key=lambda one: one["delete_by"], default={})
    return row | {name: first[name] for name in ("delete_by", "extended_reason") if first}


def refuse_overdue(study: Any) -> None:
    """Stop where answers are here after their last day, or where that day was put off without a reason."""
    faults = []
    for row in _open(read(study), study):
        allowed = date.fromisoformat(row["received_date"]) + timedelta(days=study.retention["days"])
        last = date.fromisoformat(row["delete_by"])
        if last < today():
            remedy = (
                f"Delete it after its release: pop purge {study.name} --source {study.source}; "
                f"or write a later delete_by and an extended_reason into {SHOWN}."
            )
            faults.append(Fault(row["file"], f"was to be deleted by {last}.", remedy))
        elif last > allowed and not row["extended_reason"].strip():
            what = f"may be kept until {allowed}; the ledger says {last} without a reason."
            faults.append(Fault(row["file"], what, f"Write the extended_reason into {SHOWN}."))
    if faults:
        raise BadInput(f"answers of study '{study.name}'", faults)


def close(study: Any, certificate: str) -> None:
    """Write into all open rows of the study's source that their files are deleted, and which certificate says so."""
    rows = read(study)
    for row in _open(rows, study):
        row.update(deleted_date=str(today()), certificate=certificate)
    _write(study, rows)


def _open(rows: list[dict[str, str]], study: Any) -> list[dict[str, str]]:
    own = (study.name, study.source)
    return [row for row in rows if (row["study"], row["source"]) == own and not row["deleted_date"]]


def _write(study: Any, rows: list[dict[str, str]]) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = places.private(study) / NAME
    files.write_bytes(path, text.getvalue().encode())
    return path
