"""The tables that the sample is made from: popresearch/tables/sample_*.csv."""

import csv
import functools
from pathlib import Path

TABLES = Path(__file__).resolve().parents[1] / "tables"


@functools.cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Read one table, a row a dictionary; all values are text."""
    with (TABLES / f"sample_{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def countries() -> dict[str, dict[str, str]]:
    """Give the countries of the sample by code: number of rows, languages of respondents and of services."""
    return {row["iso3"]: row for row in table("countries")}


def shares(strand: str, question: str) -> dict[str, float]:
    """Give the shares that a question's options shall have; options without one share what is left."""
    rows = [row for row in table("shares") if row["question"] == question and row["strand"] in ("", strand)]
    return {row["option"]: float(row["share"]) for row in rows}
