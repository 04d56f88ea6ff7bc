"""What was fetched of a form: a line a submission, safe from the first page on; only its owner can read it.

`<name>.jsonl` holds one submission a line, {"id": …, "stamp": …, "submission": …}, in the order of the ids; the stamp is what the
server said when it listed the submission. Pages are added to `<name>.part.jsonl` and go into the other file at the end, or at
the next start after a fetch that was killed; a line cut off there is left out, and its submission is fetched again.
`<name>.state.json` says which form of which server this is, when it was whole for the last time, and of which version.
"""

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from popresearch.faults import bad_input
from popresearch.files import write_bytes
from popresearch.wording import ROOT

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


class Fetched:
    """The submissions of one form that are here: id → stamp and submission, as text."""

    def __init__(self, folder: Path, name: str, origin: dict[str, str]) -> None:
        """Read what is here; files of another form under the same name, and damaged ones, are `BadInput`."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.lines, self.part = folder / f"{name}.jsonl", folder / f"{name}.part.jsonl"
        self._state = folder / f"{name}.state.json"
        self.state: dict[str, Any] = self._read_state()
        self._check_origin(origin)
        self._held: dict[Any, tuple[str, str]] = dict(_read(self.lines, is_whole=True))
        self._held |= dict(_read(self.part, is_whole=False))
        self.settle()
        self.record(**origin)

    def stamp(self, identity: Any) -> str | None:
        """Give the stamp of a submission, None where it is not here."""
        return self._held[identity][0] if identity in self._held else None

    def ids(self) -> list[Any]:
        """Name the submissions that are here, in order."""
        return sorted(self._held)

    def submissions(self) -> Iterator[dict[str, Any]]:
        """Give the submissions, in the order of their ids."""
        return (json.loads(self._held[identity][1]) for identity in self.ids())

    def add(self, page: dict[Any, tuple[str, dict[str, Any]]]) -> tuple[int, int]:
        """Keep a page, on the disk before this returns; say how many are new and how many changed."""
        old = {identity: self._held[identity][1] for identity in page if identity in self._held}
        changed = sum(json.loads(text) != page[identity][1] for identity, text in old.items())
        texts = {identity: (stamp, json.dumps(row)) for identity, (stamp, row) in page.items()}
        handle = os.open(self.part, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(b"".join(_line(identity, *texts[identity]) for identity in texts))
            file.flush()
            os.fsync(file.fileno())
        self._held |= texts
        return len(page) - len(old), changed

    def remove(self, identities: Iterable[Any]) -> None:
        """Forget these submissions."""
        for identity in identities:
            del self._held[identity]
        self._write()

    def settle(self) -> None:
        """Put the pages that came into the one file, in order."""
        if self.part.exists():
            self._write()
            self.part.unlink()

    def _write(self) -> None:
        write_bytes(self.lines, b"".join(_line(identity, *self._held[identity]) for identity in self.ids()))

    def record(self, **facts: Any) -> None:
        """Write facts into the state."""
        self.state |= facts
        write_bytes(self._state, (json.dumps(self.state, indent=1) + "\n").encode())

    def _read_state(self) -> dict[str, Any]:
        if not self._state.exists():
            return {}
        try:
            state = json.loads(self._state.read_bytes())
        except ValueError:
            state = None
        if not isinstance(state, dict):
            remedy = "Delete it, if the submissions beside it are of the form you name."
            raise bad_input(shown(self._state), "is damaged.", remedy)
        return state

    def _check_origin(self, origin: dict[str, str]) -> None:
        other = {key: self.state[key] for key in origin if self.state.get(key, origin[key]) != origin[key]}
        if other:
            what = f"belongs to another form: {', '.join(f'{key} {value}' for key, value in other.items())}."
            raise bad_input(
                shown(self._state), what, "Give the same server and form as before, or move these files away."
            )


@contextmanager
def alone(folder: Path, name: str) -> Iterator[None]:
    """Keep a second fetch of the same form out until the block ends, also when this one is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("w") as file:
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise bad_input(
                f"form '{name}'", "is being fetched by another command.", "Wait for it."
            ) from None
        yield


def csv_of(heads: list[str], rows: Iterable[list[Any]]) -> bytes:
    """Write a table as CSV, every cell in quotation marks; an answer keeps its characters, whatever a spreadsheet makes of them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode(errors="replace")


def plain(name: str) -> str:
    """Make a name fit for a file."""
    return re.sub(r"[^\w-]+", "_", name).strip("_")


def shown(path: Path) -> str:
    """Show a path without the machine's folders."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def _line(identity: Any, stamp: str, submission: str) -> bytes:
    return f'{{"id": {json.dumps(identity)}, "stamp": {json.dumps(stamp)}, "submission": {submission}}}\n'.encode()


def _read(path: Path, *, is_whole: bool) -> Iterator[tuple[Any, tuple[str, str]]]:
    """Read the lines of a file; in one that need not be whole, the first damaged line is where it ends."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                found = row["id"], (row["stamp"], json.dumps(row["submission"]))
            except (ValueError, KeyError, TypeError):
                if not is_whole:
                    return
                remedy = "Delete that line, or the file: its submissions are fetched again."
                raise bad_input(shown(path), "is damaged.", remedy, f"line {number}") from None
            yield found


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\0", "")
