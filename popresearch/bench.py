"""The numbers that the README promises, measured: run, again unchanged, tests, the repository, ingestion and estimates at size."""

import importlib.util
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from popresearch.wording import ROOT

MAKE = ["make", "--no-print-directory", "-C", str(ROOT)]
BUDGETS = {"run": 120.0, "again": 3.0, "test": 600.0, "size": 15.0}  # seconds, and MB
REPEATS = 3  # of short measurements; their median is printed
PARTS = ("run", "test", "size", "estimates")
EXPORTS = (
    ("poll", ".csv", (17_000, 170_000, 1_700_000)),
    ("poll", ".parquet", (17_000, 170_000, 1_700_000)),
    ("helplines", ".xlsx", (17_000, 170_000)),
)
ONCE_FROM = {".csv": 1_700_000, ".parquet": 1_700_000, ".xlsx": 170_000}  # rows
# the same file merely read, whole, into memory; DuckDB as its users call it, so it also guesses types
PEERS = {
    ".csv": (
        "DuckDB",
        "import duckdb, sys; duckdb.execute('create table t as from read_csv(?)', sys.argv[1:])",
    ),
    ".parquet": (
        "DuckDB",
        "import duckdb, sys; duckdb.execute('create table t as from read_parquet(?)', sys.argv[1:])",
    ),
    ".xlsx": (
        "calamine",
        "import python_calamine as c, sys; c.CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()",
    ),
}
# in a small process between: a new process is held to have had the memory of the one that started it
MEASURER = """
import resource, subprocess, sys, time
start = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
last = done.stdout.split()[-1:] or [""]
print(time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done.returncode, *last)
"""
MOST_SECONDS = {1_700: 0.1, 170_000: 0.6, 1_700_000: 5.0}  # answers → seconds of the table of estimates
LONGEST = 300  # seconds that a peer may take
MOST_TIMES, MOST_MEMORY = 3.0, 2_000  # the peer's time, and MB


def main(say: Callable[[str], object] = print, parts: Sequence[str] = PARTS) -> int:
    """Print each measurement beside its budget; gives 1 where a command failed, never because of a time."""
    say(machine())
    failed = 0
    if "run" in parts:
        failed += _pipeline(say)
    if "test" in parts:
        failed += _line(say, "make test", "test", [*MAKE, "test"], 1)
    if "run" in parts:
        say(
            f"{'repository, tracked files':36} {tracked_megabytes():8.1f} MB  (at most {BUDGETS['size']:.0f} MB)"
        )
    if "size" in parts:
        failed += sizes(say)
    if "estimates" in parts:
        failed += estimated(say)
    return int(failed > 0)


def _pipeline(say: Callable[[str], object]) -> int:
    run = [sys.executable, "-m", "popresearch.cli", "run", "--force"]
    return _line(say, "all steps of the sample made anew", "run", run, 1) + _line(
        say, "make run, nothing changed", "again", [*MAKE, "run"], REPEATS
    )


def _line(say: Callable[[str], object], label: str, budget: str, command: list[str], times: int) -> int:
    seconds, status = _timed(command, times)
    note = f"  FAILED with status {status}" if status else ""
    say(f"{label:36} {seconds:8.1f} s   (at most {BUDGETS[budget]:.0f} s){note}")
    return int(status != 0)


def sizes(say: Callable[[str], object], exports: Sequence[tuple[str, str, Sequence[int]]] = EXPORTS) -> int:
    """Print time and memory of `pop ingest` beside those of a peer that merely reads the same file; both in turn."""
    say(
        f"pop ingest at size: at most {MOST_TIMES:.0f} times the seconds of the peer, at most {MOST_MEMORY:,} MB"
    )
    say(
        f"{'rows':>10}  {'file':9} {'MB':>6} {'seconds':>8} {'peak MB':>8}   {'peer':9} {'seconds':>8} {'peak MB':>8} {'times':>6}"
    )
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for strand, ending, numbers in exports:
            for rows in numbers:
                line, is_wrong = _size(strand, rows, Path(folder) / f"{strand}{ending}")
                say(line)
                failed += is_wrong
    return failed


def _size(strand: str, rows: int, path: Path) -> tuple[str, int]:
    """Write an export, read it in turn with the peer, and remove it."""
    tool = [sys.executable, "-m", "popresearch.bench_exports"]
    subprocess.run([*tool, "write", strand, str(rows), str(path)], cwd=ROOT, check=True)
    peer, code = PEERS[path.suffix]
    ours, theirs = [], []
    for _ in range(1 if rows >= ONCE_FROM[path.suffix] else REPEATS):
        ours.append(measured([*tool, "ingest", strand, str(path)]))
        theirs.append(measured([sys.executable, "-c", code, str(path)]))
    megabytes = path.stat().st_size / 1e6
    path.unlink()
    seconds, others = (statistics.median(one[0] for one in runs) for runs in (ours, theirs))
    memory, other_memory = (max(one[1] for one in runs) for runs in (ours, theirs))
    is_wrong = any(one[2] for one in ours + theirs)
    return (
        f"{rows:10,}  {path.suffix[1:]:9} {megabytes:6.0f} {seconds:8.1f} {memory:8,.0f}   "
        f"{peer:9} {others:8.1f} {other_memory:8,.0f} {seconds / others:6.1f}{'  FAILED' if is_wrong else ''}",
        int(is_wrong),
    )


def estimated(say: Callable[[str], object], numbers: Sequence[int] = tuple(MOST_SECONDS)) -> int:
    """Print how long one table of shares takes from Parquet, beside R's survey package and svy on the same answers in memory."""
    say(
        "120 items in 4 strands and 50 countries: ours from Parquet to intervals and verdicts, the others to standard errors"
    )
    say(f"{'rows':>10} {'seconds':>8} {'at most':>8} {'peak MB':>8}   {'peer':9} {'seconds':>8} {'times':>6}")
    failed = 0
    tool = [sys.executable, "-m", "popresearch.bench_estimates"]
    with tempfile.TemporaryDirectory() as folder:
        for rows in numbers:
            subprocess.run([*tool, "write", str(rows), folder], cwd=ROOT, check=True)
            ours = [_own_seconds([*tool, "ours", folder]) for _ in range(REPEATS)]
            seconds, memory = statistics.median(one[0] for one in ours), max(one[1] for one in ours)
            failed += any(one[2] for one in ours)
            say(f"{rows:10,} {seconds:8.2f} {MOST_SECONDS[rows]:8.1f} {memory:8,.0f}")
            for peer, command in _peers(Path(folder), tool).items():
                theirs, _, status = _own_seconds(command)
                said = (
                    f"{theirs:8.1f} {theirs / seconds:6.0f}"
                    if not status
                    else f"stopped after {LONGEST} s, or failed"
                )
                say(f"{'':37}   {peer:9} {said}")
            if (Path(folder) / "r.csv").exists():
                told = subprocess.run(
                    [*tool, "compare", folder, f"{folder}/r.csv"], cwd=ROOT, capture_output=True, text=True
                )
                say(f"{'':37}   largest difference of a share from R's: {told.stdout.strip() or 'FAILED'}")
                failed += told.returncode
                (Path(folder) / "r.csv").unlink()
    return failed


def _peers(folder: Path, tool: list[str]) -> dict[str, list[str]]:
    """The peers that are installed here, with their commands; each prints its own seconds."""
    script = str(Path(__file__).with_name("bench_estimates.R"))
    peers = {}
    if shutil.which("Rscript"):
        peers["R survey"] = ["Rscript", "--vanilla", script, str(folder / "flat.csv"), str(folder / "r.csv")]
    if importlib.util.find_spec("svy"):
        peers["svy"] = [*tool, "svy", str(folder)]
    return {name: ["timeout", str(LONGEST), *command] for name, command in peers.items()}


def _own_seconds(command: list[str]) -> tuple[float, float, int]:
    """Run a command that prints its own seconds last; give these, its most memory (MB), and its exit status."""
    told = subprocess.run(
        [sys.executable, "-c", MEASURER, *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    _, memory, status, *own = told.stdout.split()
    return float(own[0]) if own and status == "0" else float("nan"), float(memory) / _scale(), int(status)


def measured(command: list[str]) -> tuple[float, float, int]:
    """Run a command; give its seconds, the most memory that it held at once (MB), and its exit status."""
    told = subprocess.run(
        [sys.executable, "-c", MEASURER, *command], cwd=ROOT, capture_output=True, check=True
    )
    seconds, memory, status = told.stdout.split()[:3]
    return float(seconds), float(memory) / _scale(), int(status)


def _scale() -> float:
    return 1e6 if sys.platform == "darwin" else 1e3  # there ru_maxrss counts bytes, elsewhere KB


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
