"""What a run says while it goes and when it ends: a line a step, then where to look."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from popresearch.ledger import named

Out = Callable[[str], object]
LOOK = (
    ("report", ("report/en/report.html", "report/*/report.html")),
    ("site", ("site/index.html", "site/*.html", "site/*/index.html")),
    ("open data", ("opendata/datapackage.json", "opendata/*/datapackage.json")),
)


class Progress:
    """Prints a line when a step ends; on a terminal also the step that is running, on the same line."""

    def __init__(self, name: str, width: int, out: Out) -> None:
        self.name, self.width, self.out = name, width, out
        self.state, self.note = "failed", ""
        self.is_terminal = out is print and sys.stdout.isatty()

    def __enter__(self) -> "Progress":
        self.started = time.monotonic()
        if self.is_terminal:
            print(f"{self.name:<{self.width}}  running …", end="\r", flush=True)
        return self

    def __exit__(self, *error: object) -> None:
        if self.is_terminal:
            print("\033[K", end="")
        took = "" if self.state == "unchanged" else f"{time.monotonic() - self.started:7.1f} s"
        line = f"{self.name:<{self.width}}  {self.state:<9}{took}"
        self.out(f"{line}  {self.note}".rstrip())


def say_where_to_look(outputs: Path, root: Path, seconds: float, out: Out) -> None:
    """Print the pages that this run stands for, as paths below the root, and how long it took."""
    out("\nLook at:")
    for what, patterns in LOOK:
        found = [path for pattern in patterns for path in sorted(outputs.glob(pattern))]
        if found:
            out(f"  {what:<10} {named(found[0], root)}")
    out(f"  {'notebooks':<10} {named(outputs / 'notebooks', root)}/ (.html to read, .ipynb to review)")
    out(f"Finished in {seconds:.1f} s.")
