"""The numbers that the README promises, measured: `make run`, again unchanged, `make test`, the size of the repository."""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from popresearch.wording import ROOT

BUDGETS = {"run": 120.0, "again": 3.0, "test": 600.0, "size": 15.0}  # seconds, and MB
REPEATS = 3  # of the short measurement; its median is printed


def main(say: Callable[[str], object] = print) -> int:
    """Print each measurement beside its budget; gives 1 where a command failed, never because of a time."""
    say(machine())
    make = ["make", "--no-print-directory", "-C", str(ROOT)]
    pop = [sys.executable, "-m", "popresearch.cli", "run"]
    failed = 0
    for label, budget, command, times in (
        ("all steps of the sample made anew", "run", [*pop, "--force"], 1),
        ("make run, nothing changed", "again", [*make, "run"], REPEATS),
        ("make test", "test", [*make, "test"], 1),
    ):
        seconds, status = _timed(command, times)
        failed += bool(status)
        note = f"  FAILED with status {status}" if status else ""
        say(f"{label:36} {seconds:8.1f} s   (at most {BUDGETS[budget]:.0f} s){note}")
    say(f"{'repository, tracked files':36} {tracked_megabytes():8.1f} MB  (at most {BUDGETS['size']:.0f} MB)")
    return int(failed > 0)


def machine() -> str:
    """Describe the machine in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB memory, "
        f"Python {platform.python_version()}"
    )


def tracked_megabytes() -> float:
    """Add up the files that git tracks, in MB."""
    git = shutil.which("git") or "git"
    names = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(
        b"\0"
    )
    return (
        sum(
            (ROOT / name.decode()).stat().st_size
            for name in names
            if name and (ROOT / name.decode()).exists()
        )
        / 1e6
    )


def _timed(command: list[str], times: int) -> tuple[float, int]:
    """Run a command so many times; give the median of its seconds and the last exit status that was not 0."""
    seconds, status = [], 0
    for _ in range(times):
        start = time.monotonic()
        status = (
            subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
            or status
        )
        seconds.append(time.monotonic() - start)
    return statistics.median(seconds), status
