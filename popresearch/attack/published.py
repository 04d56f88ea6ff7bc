"""What is published: every table of a release folder read as one, each number with the least and the most that it stands for.

The same cell may stand in several tables; what any of them shows is known.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from popresearch import reference
from popresearch.faults import bad_input
from popresearch.study import Study

KEYS = ["strand", "question", "option", "level", "place"]
ALL = "all"  # stands for all strands together
DIGITS = 4  # of a share per response
COARSE = 2  # digits of the further views
COUNTS = ("n", "base", "count")
RANGE = ("least_without_country", "most_without_country")
FURTHER = ("share_by_country", "n_countries", *RANGE)
NONE = "no responses"  # so the table of coverage says of a country


@dataclass
class Published:
    """All that a release says in numbers.

    `cells`: a row each cell, indexed by KEYS, with n, base, count and the further figures that bounds use, missing where not shown.
    `responses`: how many took part, indexed by strand, level, place. `asked`: asked, answered and opinion by strand and question, of
    the world. `tables`: every table as it stands, by its path. `step` is that to which counts are rounded. `n_disputed` counts the cells
    of which two tables say different things.
    """

    cells: pd.DataFrame
    responses: pd.Series
    asked: pd.DataFrame
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    step: int = 1
    n_disputed: int = 0

    @property
    def slack(self) -> int:
        """By how much a published count may differ from the true one."""
        return self.step // 2


def read(folder: Path, study: Study) -> Published:
    """Read all tables of a release folder; one without tables is bad input."""
    tables = _tables(folder)
    if not tables:
        raise bad_input(
            f"release '{folder.name}'", "holds no table.", "Name the folder outputs/<study>, or run: pop run"
        )
    return arranged(tables, study)


def arranged(tables: dict[str, pd.DataFrame], study: Study) -> Published:
    """Put tables together, each cell once."""
    step = study.thresholds.get("rounding", 1)
    cells = [
        _cells(table, step)
        for table in tables.values()
        if {*KEYS} <= {*table} and {"base", "count", "share"} & {*table}
    ]
    shown = [
        table
        for table in tables.values()
        if {"level", "place", "strand", "count"} <= {*table} and "question" not in table
    ]
    totals = [
        table.assign(
            strand=ALL,
            count=table["responses"].mask(table["status"] == NONE, 0)
            if "status" in table
            else table["responses"],
        )
        for table in tables.values()
        if {"level", "place", "responses"} <= {*table}
    ]
    asked = [table for table in tables.values() if {"strand", "question", "asked", "answered"} <= {*table}]
    columns = [*COUNTS, "share", *FURTHER]
    whole = (
        pd.concat(cells) if cells else pd.DataFrame(columns=[*KEYS, *columns], dtype=float).set_index(KEYS)
    )
    same = whole.groupby(level=KEYS, sort=False)
    merged, least = same.max(), same[list(COUNTS)].min()
    n_disputed = int((merged[list(COUNTS)] - least > 0).any(axis=1).sum())
    return Published(_known_n(merged), _responses(shown, totals), _asked(asked), tables, step, n_disputed)


def _tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read every csv and parquet file, copies once."""
    found, seen = {}, set()
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".csv", ".parquet") or not path.is_file():
            continue
        data = path.read_bytes()
        if data in seen or (path.suffix == ".csv" and path.with_suffix(".parquet").exists()):
            continue
        seen.add(data)
        found[path.relative_to(folder).as_posix()] = _read(path)
    return found


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    with path.open(encoding="utf-8-sig") as lines:
        skipped = int(next(lines, "").startswith("#"))
    texts = pd.read_csv(path, skiprows=skipped, keep_default_na=False, dtype=str)
    return texts.assign(**{name: _numbers(texts[name]) for name in texts if name not in (*KEYS, "iso3")})


def _numbers(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column.mask(column == ""), errors="coerce")
    return numbers if (numbers.notna() | (column == "")).all() else column


def _cells(table: pd.DataFrame, step: int) -> pd.DataFrame:
    """Take the numbers of a table; a count that only its share shows is worked out from it."""
    names = [name for name in (*COUNTS, "share", *FURTHER) if name in table]
    own = (
        table[KEYS]
        .fillna("")
        .astype(str)
        .join(table[names].astype(float))
        .drop_duplicates(KEYS)
        .set_index(KEYS)
    )
    own = own.reindex(columns=[*COUNTS, "share", *FURTHER])
    least = np.ceil((own["share"] - 0.5 * 10**-DIGITS) * own["base"] - 1e-9)
    most = np.floor((own["share"] + 0.5 * 10**-DIGITS) * own["base"] + 1e-9)
    exact = least.where((least == most) & (step == 1))
    return own.assign(count=own["count"].fillna(exact))


def _known_n(cells: pd.DataFrame) -> pd.DataFrame:
    """How many took part is the same for all questions of a strand in a place."""
    if cells.empty:
        return cells
    n = cells.groupby(["strand", "level", "place"])["n"].transform("max")
    return cells.assign(n=cells["n"].fillna(n))


def _responses(shown: list[pd.DataFrame], totals: list[pd.DataFrame]) -> pd.Series:
    keys = ["strand", "level", "place"]
    parts = [table[[*keys, "count"]] for table in [*shown, *totals]]
    if not parts:
        return pd.Series(dtype=float, index=pd.MultiIndex.from_arrays([[], [], []], names=keys), name="count")
    whole = pd.concat(parts)
    whole = whole.assign(
        **{key: whole[key].fillna("").astype(str) for key in keys}, count=whole["count"].astype(float)
    )
    return whole.groupby(keys)["count"].max()


def _asked(found: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["strand", "question", "asked", "answered", "opinion"]
    parts = [table.reindex(columns=columns) for table in found]
    whole = pd.concat(parts) if parts else pd.DataFrame(columns=columns)
    return whole.astype({"strand": str, "question": str}).groupby(["strand", "question"]).max().astype(float)


def region_of() -> dict[str, str]:
    """Give the region of each country."""
    return reference.countries()["region"].to_dict()
