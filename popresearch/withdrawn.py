"""Services that withdrew: a list without their names, by which a response of theirs is known at the door.

data/restricted/<study>/forgotten.csv has a row a service. Names and web hosts stand there as keyed marks of their folded form, each
spelling that the service had; a spelling never seen before is not known again. `words` of a name say how long a piece of running text
has to be to hold it. `exports` is a digest of the files of answers on that day: identifiers of responses are numbers of their rows.
"""

import csv
import functools
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from popresearch import files, keys
from popresearch.faults import BadInput, Fault
from popresearch.names import domain, folded

NAME = "forgotten.csv"
COLUMNS = ["service", "country", "responses", "exports", "names", "hosts", "key", "date", "reason"]
RULE = "withdrawn"
REMEDY = "Put the list back from your backup; it is not for editing."


class Withdrawn:
    """The services that withdrew from a study; false where there are none."""

    def __init__(self, rows: list[dict[str, str]], key: bytes) -> None:
        self.rows, self.key = rows, key
        self.names = {(row["country"], sign) for row in rows for _, sign in named(row)}
        self.hosts = {(row["country"], sign) for row in rows for sign in row["hosts"].split()}
        self._mark = functools.lru_cache(maxsize=100_000)(functools.partial(keys.mark, key))

    def __bool__(self) -> bool:
        return bool(self.rows)

    def has(self, country: str, name: str, address: str) -> bool:
        """Say whether a response from this country names a service that withdrew, or its web address."""
        sign, host = self._mark(plain(name)), self._mark(domain(address))
        return (country, sign) in self.names or (country, host) in self.hosts


def plain(name: str) -> str:
    """Fold a name to words with one blank between them."""
    return " ".join(folded(name).split())


def named(row: dict[str, str]) -> list[tuple[int, str]]:
    """Give the names of a row: of how many words, and its mark."""
    pairs = [entry.split(":") for entry in row["names"].split()]
    return [(int(words), sign) for words, sign in pairs]


def sign_of(key: bytes, name: str) -> str:
    """Write a name as the list has it."""
    return f"{len(plain(name).split())}:{keys.mark(key, plain(name))}"


def read(study: Any) -> Withdrawn:
    """Read the list of a study; one that is damaged, or that another key made, is bad input: it would let all of them in again."""
    path = study.restricted / NAME
    if not path.exists():
        return Withdrawn([], b"")
    shown = f"data/restricted/{path.parent.name}/{NAME}"
    reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8", errors="replace")))
    rows, key = list(reader), keys.read(path.parent.parent)
    faults = [
        Fault(f"line {number}", what, REMEDY)
        for number, row in enumerate(rows, 2)
        for what in _faults(row, key)
    ]
    if reader.fieldnames != COLUMNS:
        faults = [Fault("line 1", "has other heads than it should.", REMEDY)]
    if faults:
        raise BadInput(shown, faults)
    return Withdrawn(rows, key)


def _faults(row: dict[str, str], key: bytes) -> Iterable[str]:
    if None in row or None in row.values():
        yield "has more or fewer cells than heads."
    elif row["key"] != keys.mark(key, ""):
        yield "was made with another signing.key."
    elif not all(entry.partition(":")[0].isdecimal() and ":" in entry for entry in row["names"].split()):
        yield "has a name that is no mark."


def write(study: Any, rows: list[dict[str, str]]) -> Path:
    """Write the list, whole or not at all, for its owner only."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = study.restricted / NAME
    files.write_bytes(path, text.getvalue().encode())
    return path
