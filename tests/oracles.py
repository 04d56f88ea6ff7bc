"""Figures that R's survey package gives, as recorded in tests/oracles/ and as made again where R is installed.

A figure has the name "job|figure", as in "strat.mean.api00|est"; tests/oracles/README.md lists the jobs.
"""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pandas as pd
from conftest import Run

FOLDER = Path(__file__).parent / "oracles"
SECONDS = 120

# Of the strand "helplines": an item is an option of a question; each is tested for association with the one before it.
ITEMS = {
    "a05_tiktok": ("a05", "tiktok"),
    "a05_phone_free": ("a05", "phone_free"),
    "a15_no_access": ("a15", "no_access"),
    "a15_poor_connection": ("a15", "poor_connection"),
    "a15_none": ("a15", "none"),
    "a10_free": ("a10_free", "yes"),
    "a14_faster": ("a14", "faster"),
    "a14_anonymity": ("a14", "anonymity"),
}


def figures(name: str) -> dict[str, float]:
    """Give the recorded figures of a script: "api", or "sample" for the answers of `answers`."""
    return _read((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))


def recompute(name: str, *arguments: Path) -> dict[str, float] | None:
    """Run a script of tests/oracles/ on its arguments; None where R or its survey package is missing."""
    return _read(run(name, *arguments)) if has_survey() else None


def run(name: str, *arguments: Path) -> str:
    """Run a script of tests/oracles/ and give what it prints; what R complains of stands in the error."""
    command = ["Rscript", "--vanilla", f"{name}.R", *(str(argument) for argument in arguments)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, f"tests/oracles/{name}.R stopped:\n{done.stderr}"
    return done.stdout


@cache
def has_survey() -> bool:
    """Say whether R and its survey package are installed here."""
    if not shutil.which("Rscript"):
        return False
    asked = ["Rscript", "--vanilla", "-e", "quit(status = !nzchar(system.file(package = 'survey')))"]
    return subprocess.run(asked, capture_output=True, timeout=SECONDS).returncode == 0


def answers(sample: Run) -> pd.DataFrame:
    """Lay out the sample's helplines as sample.R reads them: a row a response, 1 or 0 an item, blank outside its base.

    In the base of an item is who answered its question readably. Organisations are numbered; a blank country is a cluster of its own.
    """
    responses = sample.ingested.responses["helplines"]
    organisation = responses["response"].map(sample.registry.links.set_index("response")["organisation"])
    table = {
        "country": responses["country_iso3"].astype(str),
        "organisation": pd.factorize(organisation)[0],
        "region": responses["region"].astype(str),
    }
    for item, (question, option) in ITEMS.items():
        chosen = responses.get(f"{question}/{option}", responses.get(question) == option)
        answered = responses[f"{question}.state"] == "answered"
        table[item] = chosen.fillna(False).astype("Int64").where(answered)
    return pd.DataFrame(table)


def _read(text: str) -> dict[str, float]:
    lines = [line.rsplit("|", 1) for line in text.splitlines()]
    read = {name: float(value) for name, value in lines}
    assert len(read) == len(lines), "a figure stands twice"
    return read
