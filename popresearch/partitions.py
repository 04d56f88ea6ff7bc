"""Tallies of answers beyond memory: partitioned Parquet, a piece at a time here, or on the workers of a Dask cluster.

Tallies are whole numbers, so the sum is the same to the last bit, whichever piece comes first and wherever it was counted.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pandas.api.extensions import ExtensionArray

from popresearch import items, states, tallies
from popresearch.faults import BadInput, Fault, bad_input
from popresearch.instrument import Instrument
from popresearch.study import Study
from popresearch.tallies import Tally

if TYPE_CHECKING:
    from distributed import Client

ROWS = 250_000  # held at once
PLACE = "the partitions"
ALWAYS = ("country_iso3", "region", "language")
ROLES = ("organisation_type", "age", "gender")
Piece = tuple[Path, list[int]]  # a file and some of its row groups


@dataclass(frozen=True)
class Partition:
    """A file, its name for messages, its columns, and the rows of each of its row groups."""

    path: Path
    name: str
    columns: list[str]
    rows: list[int]


@dataclass(frozen=True)
class Plan:
    """What a worker has to know to tally a piece."""

    columns: list[str]
    asked: Instrument
    study: Study
    strand: str
    organisations: pd.Series | None


def tally_parquet(
    source: Path | str | Iterable[Path | str],
    asked: Instrument,
    study: Study,
    strand: str,
    organisations: pd.Series | None = None,
    *,
    client: "Client | None" = None,
) -> Tally:
    """Tally one strand from Parquet files of responses as `ingested.save` writes them: one file, several, or folders of them.

    `organisations` gives the organisation of each response identifier; without it the files have a column `organisation`. With a
    Dask `client` its workers count; they have to see the same paths. Files that lack a column that is counted are bad input, and so is
    a folder whose names hold keys (`country_iso3=KEN/`): the columns stand in the files.
    """
    partitions = _opened(source)
    columns = _columns(partitions, asked, study, strand, by_response=organisations is not None)
    plan = Plan(columns, asked, study, strand, organisations)
    pieces = [piece for partition in partitions for piece in _pieces(partition)]
    if not pieces:
        raise bad_input(PLACE, "hold no answers.", "Name Parquet files of responses, or a folder of them.")
    tallied = (
        (_tallied(plan, piece) for piece in pieces) if client is None else _on_workers(client, plan, pieces)
    )
    return tallies.added(tallied)


def _on_workers(client: "Client", plan: Plan, pieces: list[Piece]) -> Iterator[Tally]:
    """Yield the tally of each piece as it comes, and let the cluster forget it."""
    from distributed import as_completed

    shared = client.scatter(plan, broadcast=True, hash=False)
    futures = client.map(_tallied, [shared] * len(pieces), pieces, pure=False)
    for future, tally in as_completed(futures, with_results=True):
        future.release()
        yield tally


def _tallied(plan: Plan, piece: Piece) -> Tally:
    path, groups = piece
    with pq.ParquetFile(path) as file:
        batches = file.iter_batches(ROWS, row_groups=groups, columns=plan.columns)
        pieces = ({name: _array(batch[name]) for name in plan.columns} for batch in batches)
        return tallies.added(
            tallies.tally(columns, plan.asked, plan.study, plan.strand, plan.organisations)
            for columns in pieces
        )


def _array(column: pa.Array) -> np.ndarray | ExtensionArray:
    """Give a column as numpy or pandas hold it, without a data frame; a missing tick is no tick."""
    if pa.types.is_boolean(column.type):
        return pc.fill_null(column, False).to_numpy(zero_copy_only=False)
    if pa.types.is_dictionary(column.type):
        codes = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)
        return pd.Categorical.from_codes(codes, column.dictionary.to_pandas())
    return column.to_pandas().array


def _pieces(partition: Partition) -> Iterator[Piece]:
    """Take row groups together as long as they have no more than `ROWS` rows; a larger one is a piece of its own."""
    groups, held = [], 0
    for group, rows in enumerate(partition.rows):
        if groups and held + rows > ROWS:
            yield partition.path, groups
            groups, held = [], 0
        if rows:
            groups, held = [*groups, group], held + rows
    if groups:
        yield partition.path, groups


def _opened(source: Path | str | Iterable[Path | str]) -> list[Partition]:
    """Read the foot of every file; all that is wrong with them is said at once."""
    paths = _paths([source] if isinstance(source, str | Path) else source)
    common = os.path.commonpath([path.parent for path in paths]) if paths else ""
    opened, faults, seen = [], [], set()
    for path in paths:
        name = path.relative_to(common).as_posix()
        try:
            with pq.ParquetFile(path) as file:
                groups = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
                opened.append(Partition(path, name, file.schema_arrow.names, groups))
        except FileNotFoundError:
            faults.append(Fault(name, "does not exist.", "Correct the path."))
        except pa.ArrowInvalid:
            faults.append(Fault(name, "is no whole Parquet file.", "Write it again, or take it out."))
        if path in seen:
            faults.append(
                Fault(name, "is named twice.", "Name each file once; its answers would count twice.")
            )
        seen.add(path)
    if faults:
        raise BadInput(PLACE, faults)
    return opened


def _paths(source: Iterable[Path | str]) -> list[Path]:
    given = [Path(one).resolve() for one in source]
    return [path for one in given for path in (sorted(one.glob("**/*.parquet")) if one.is_dir() else [one])]


def _columns(
    partitions: list[Partition], asked: Instrument, study: Study, strand: str, *, by_response: bool
) -> list[str]:
    """Name the columns that a tally reads; every file has to have all of them."""
    somewhere = {name for partition in partitions for name in partition.columns}
    needed = _needed(somewhere, asked, study, strand, by_response=by_response)
    faults = []
    for partition in partitions:
        if lacking := [f"'{name}'" for name in needed if name not in set(partition.columns)]:
            remedy = "Write all partitions from ingests with the same instrument."
            if lacking == ["'organisation'"]:
                remedy = "Write it (blank where it is not known), or pass `organisations`."
            faults.append(Fault(partition.name, f"lacks the columns {', '.join(lacking)}.", remedy))
    if faults:
        raise BadInput(PLACE, faults)
    return needed


def _needed(
    somewhere: set[str], asked: Instrument, study: Study, strand: str, *, by_response: bool
) -> list[str]:
    """Name the keys, and the columns of each countable question that any partition has."""
    roles = study.strands[strand].roles
    named = [states.column(roles[role]) for role in ROLES if roles.get(role)]
    needed = [*ALWAYS, "response" if by_response else "organisation"]
    needed += [name for name in named if name in somewhere]
    for question, kind in asked.questions["kind"].items():
        if kind in items.KINDS:
            own = [f"{question}.state", *_answers(question, kind, asked)]
            needed += own if own[0] in somewhere else [name for name in own if name in somewhere]
    return list(dict.fromkeys(needed))


def _answers(question: str, kind: str, asked: Instrument) -> list[str]:
    if kind in ("many", "rank"):
        return [f"{question}/{option}" for option in asked.options_of(question).index]
    return [states.column(question)]
