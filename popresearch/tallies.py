"""Responses become sufficient statistics: whole numbers by cell that add up over files, workers and time.

A cell is a combination of `KEYS`: an organisation within a country, its kind, the language of the answers, and in a poll age and
gender. For each question a tally knows how many of a cell's responses were asked and stand in its base, how many chose
each option, and how often each number or rank was given. Weights are functions of cells and come later, so nothing here is rounded:
the tallies of two parts add up to the tally of both, exactly, and a report can be rebuilt when the responses are gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from popresearch import instrument, items, states
from popresearch.faults import bad_input
from popresearch.files import new_folder
from popresearch.ingest import Ingested
from popresearch.instrument import Instrument
from popresearch.items import Columns
from popresearch.registry import Registry
from popresearch.study import Study

CLUSTER = ["country_iso3", "region", "organisation"]
KEYS = [
    *CLUSTER,
    "organisation_type",
    "language",
    "age",
    "gender",
]  # the last two as the roles of the strand name them
VALUE = ["question", "option", "value"]


@dataclass(frozen=True)
class Tally:
    """Counts of one strand, all whole numbers, indexed by cell.

    `n`: responses; `asked` and `base`: cells × questions, who was asked and who of them answered readably; `count`: cells ×
    (question, option); `values`: how often each number was given, and each rank of an option, by cell and `question, option, value`
    (a number has the option "").
    """

    n: pd.Series
    asked: pd.DataFrame
    base: pd.DataFrame
    count: pd.DataFrame
    values: pd.Series

    def __add__(self, other: "Tally") -> "Tally":
        """Add up two tallies of the same strand; cells, options and values may differ."""
        return Tally(
            *(_added(left, right) for left, right in zip(self._parts(), other._parts(), strict=True))
        )

    def _parts(self) -> tuple[pd.Series | pd.DataFrame, ...]:
        return self.n, self.asked, self.base, self.count, self.values


def tally(
    responses: pd.DataFrame | Columns,
    asked: Instrument,
    study: Study,
    strand: str,
    organisations: pd.Series | None = None,
) -> Tally:
    """Tally the responses of one strand; `organisations` gives the organisation of each response identifier, else a column does."""
    if isinstance(responses, pd.DataFrame):
        responses = {str(name): column.array for name, column in responses.items()}
    codes, index = _cells(_keys(responses, study, strand, organisations))
    size = len(index)

    def counted(rows: np.ndarray) -> np.ndarray:
        return np.bincount(codes[rows], minlength=size)

    due, base, count, values = {}, {}, {}, []
    for question, was_asked, answered, chosen in items.counted(responses, asked, study, strand):
        due[question], base[question] = counted(was_asked), counted(answered)
        for option, ticked in chosen.items():
            count[question, option] = counted(ticked)
    for question, option, numbers in items.valued(responses, asked):
        values.append(_values(question, option, numbers, codes, index))
    columns = pd.MultiIndex.from_tuples(list(count), names=["question", "option"])
    return Tally(
        pd.Series(np.bincount(codes, minlength=size), index=index, name="n"),
        pd.DataFrame(due, index=index),
        pd.DataFrame(base, index=index),
        pd.DataFrame(np.column_stack(list(count.values())), index=index, columns=columns),
        pd.concat(values).sort_index() if values else no_values(index.names),
    )


def _keys(
    responses: Columns, study: Study, strand: str, organisations: pd.Series | None
) -> dict[str, np.ndarray | ExtensionArray]:
    """The key columns of each response, blank where it does not say or the strand does not ask."""
    roles = study.strands[strand].roles
    blank = pd.Categorical.from_codes(np.zeros(len(next(iter(responses.values()))), np.int8), [""])
    named = {
        name: responses.get(states.column(roles[name]), blank) if roles.get(name) else blank
        for name in ("organisation_type", "age", "gender")
    }
    if organisations is not None:
        named["organisation"] = pd.Series(responses["response"]).map(organisations).array
    return {name: named[name] if name in named else responses.get(name, blank) for name in KEYS}


def _cells(keys: dict[str, np.ndarray | ExtensionArray]) -> tuple[np.ndarray, pd.MultiIndex]:
    """Number the cells of each row in the order of their keys; gives the number of each row and the keys of each cell."""
    number, levels = np.zeros(len(next(iter(keys.values()))), dtype=np.int64), []
    for column in keys.values():
        codes, names = pd.factorize(column)
        names = pd.Index(
            ["", *np.asarray(names).astype(str)], dtype="str"
        )  # what is missing, then what is not
        order = names.unique().sort_values()
        number, levels = number * len(order) + order.get_indexer(names)[codes + 1], [*levels, order]
    found, codes = np.unique(number, return_inverse=True)
    places = []
    for order in reversed(levels):
        places.insert(0, found % len(order))
        found = found // len(order)
    index = pd.MultiIndex(levels, places, names=list(keys), verify_integrity=False)
    return codes, index.remove_unused_levels()


def _values(
    question: str, option: str, numbers: np.ndarray, codes: np.ndarray, index: pd.MultiIndex
) -> pd.Series:
    """Count how often each number stands in each cell; `numbers` are missing where there is none."""
    given = ~np.isnan(numbers)
    pairs = pd.DataFrame({"cell": codes[given], "value": numbers[given]})
    counts = pairs.value_counts(sort=False).sort_index()
    cells = index[counts.index.get_level_values("cell")].to_frame(index=False)
    cells = cells.assign(question=question, option=option, value=counts.index.get_level_values("value"))
    return pd.Series(counts.to_numpy(dtype=np.int64), index=pd.MultiIndex.from_frame(cells), name="times")


def no_values(keys: list[str] = KEYS) -> pd.Series:
    """Give the values of a tally in which no number and no rank was asked."""
    index = pd.MultiIndex.from_arrays([[] for _ in [*keys, *VALUE]], names=[*keys, *VALUE])
    return pd.Series([], index=index, dtype=np.int64, name="times")


def _added(left: pd.DataFrame | pd.Series, right: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
    if left.index.equals(right.index) and isinstance(left, pd.Series):
        return left + right
    total = left.add(right, fill_value=0).sort_index()
    if isinstance(total, pd.DataFrame):
        order = [*left.columns, *(column for column in right.columns if column not in left.columns)]
        total = total.reindex(
            columns=pd.Index(order, name=left.columns.name)
            if left.columns.nlevels == 1
            else pd.MultiIndex.from_tuples(order, names=left.columns.names)
        )
    return total.fillna(0).astype(np.int64)


def added(tallies: Iterable[Tally]) -> Tally:
    """Add up the tallies of the parts of a strand, one after the other, so that only the sum is held."""
    return reduce(Tally.__add__, tallies)


def tally_study(ingested: Ingested, registry: Registry, study: Study) -> dict[str, Tally]:
    """Tally every strand of a study."""
    organisations = registry.links.set_index("response")["organisation"]
    return {
        name: tally(ingested.responses[name], instrument.of(strand), study, name, organisations)
        for name, strand in study.strands.items()
    }


def overview(tallies: dict[str, Tally]) -> pd.DataFrame:
    """Count what each strand's tally holds."""
    rows = {
        name: {
            "responses": int(counts.n.sum()),
            "clusters": len(counts.n),
            "countries": counts.n.index.get_level_values("country_iso3").nunique(),
            "questions": counts.base.shape[1],
            "options": counts.count.shape[1],
        }
        for name, counts in tallies.items()
    }
    return pd.DataFrame(rows).T.rename_axis("strand")


def save(tallies: dict[str, Tally], study: Study) -> Path:
    """Write tallies under data/restricted/<study>/tallies: by cell they are still near the answers."""
    target = study.restricted / "tallies"
    with new_folder(target) as folder:
        for strand, counts in tallies.items():
            flat = counts.count.set_axis(
                [f"{question}\t{option}" for question, option in counts.count.columns], axis=1
            )
            parts = [
                counts.n.to_frame(),
                counts.asked.add_prefix("asked\t"),
                counts.base.add_prefix("base\t"),
            ]
            table = pd.concat([*parts, flat.add_prefix("count\t")], axis=1)
            table.reset_index().to_parquet(folder / f"{strand}.parquet")
            counts.values.reset_index().to_parquet(folder / f"{strand}.values.parquet")
    return target


def load(study: Study) -> dict[str, Tally]:
    """Read what `save` wrote."""
    return {strand: read(study, strand) for strand in study.strands}


def read(study: Study, strand: str) -> Tally:
    """Read the saved tally of one strand; a study that has not been tallied is bad input."""
    folder = study.restricted / "tallies"
    if not (folder / f"{strand}.parquet").exists():
        what = f"has no tally of the strand '{strand}' yet."
        raise bad_input(f"study '{study.name}'", what, "Run: pop run (notebook 3_estimates makes it).")
    return _loaded(folder, strand)


def questions(study: Study, strand: str) -> list[str]:
    """Name the questions of a saved tally, rollups among them."""
    return list(read(study, strand).base.columns)


def _loaded(folder: Path, strand: str) -> Tally:
    table = pd.read_parquet(folder / f"{strand}.parquet").set_index(KEYS)
    values = pd.read_parquet(folder / f"{strand}.values.parquet").set_index([*KEYS, *VALUE])["times"]
    asked, base, count = (table.filter(regex=f"^{part}\t") for part in ("asked", "base", "count"))
    pairs = [tuple(name.split("\t")[1:]) for name in count.columns]
    return Tally(
        table["n"],
        asked.rename(columns=lambda name: name.split("\t")[1]),
        base.rename(columns=lambda name: name.split("\t")[1]),
        count.set_axis(pd.MultiIndex.from_tuples(pairs, names=["question", "option"]), axis=1),
        values,
    )
