"""Repeats: what a response says of several services (or children, or visits), one row each, in columns or in a table of its own."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from popresearch import answers, encoded, matching, outcome, states
from popresearch.intake import Intake
from popresearch.matching import Columns
from popresearch.platforms import Export

LINKS = (
    ("_submission__id", "_id"),
    ("_submission__uuid", "_uuid"),
    ("_parent_index", "_index"),
    ("PARENT_KEY", "KEY"),
)
BY_PLACE, PARENT = "_parent_index", "_parent_table_name"
LONGEST_SHEET = 28  # letters of a sheet's name that every spreadsheet program leaves as they are
ACCOUNT = ["file", "strand", "repeat", "rows_in", "kept", "of_other_responses", "without_response"]
NAMED = re.compile(r"\$\{\s*([^}\s]+)\s*\}")


class Turns(NamedTuple):
    """Rows of turns: where they stand, the columns of each question, the place of each row's response (-1: none), and its turn."""

    export: Export
    file: str
    found: dict[str, Columns]
    rows: pd.DataFrame
    places: np.ndarray
    turn: np.ndarray


def inline(arrival: Intake) -> tuple[dict[str, pd.DataFrame], list[dict[str, object]]]:
    """The turns that stand in columns of the response's own row (children[1]/name), for the responses kept; and their account."""
    tables: dict[str, list[pd.DataFrame]] = {}
    account = []
    for (repeat, turn), found in arrival.matched.repeats.items():
        given = np.logical_or.reduce(
            [~encoded.is_blank(arrival.rows[number]) for columns in found.values() for number in columns.how]
        )
        kept = arrival.kept & given
        places = np.arange(len(given))
        turns = Turns(arrival.export, arrival.file, found, arrival.rows, places, np.full(len(given), turn))
        tables.setdefault(repeat, []).append(_table(arrival, turns, kept))
        account.append(_counts(arrival.export, arrival.strand.name, repeat, given.sum(), kept.sum(), 0))
    return {repeat: outcome.under_each_other(pieces) for repeat, pieces in tables.items()}, account


class Linked(NamedTuple):
    """The turns of a table of their own: the repeat's name, its rows of responses kept, their account, and its columns.

    `unknown` holds the columns that the instrument does not know, whole, of the same rows.
    """

    repeat: str
    table: pd.DataFrame
    account: dict[str, object]
    columns: pd.DataFrame
    file: str
    unknown: pd.DataFrame


def linked(arrival: Intake, child: Export) -> Linked:
    """Read the table of a repeat: each row belongs to the response whose key it names; one that names none is counted and stays out."""
    matched = matching.match(child, arrival.asked, arrival.versions)
    rows = pd.DataFrame({number: encoded.encode(child.rows[number]) for number in child.rows})
    places = _responses(arrival, child, rows)
    known = places >= 0
    kept = known & arrival.kept[places]
    names = arrival.asked.questions.loc[list(matched.questions), "repeat"]
    repeat = next(iter(names[names != ""]), child.grid.sheet or child.grid.member or "repeat")
    turn = pd.Series(places).groupby(places).cumcount().to_numpy() + 1
    file = ", ".join(filter(None, (child.grid.source, child.grid.place(""))))
    table = _table(arrival, Turns(child, file, matched.questions, rows, places, turn), kept)
    account = _counts(child, arrival.strand.name, repeat, len(rows), kept.sum(), (~known).sum())
    columns = outcome.fate(child, matched, file)
    return Linked(repeat, table, account, columns, file, outcome.unknown(child, matched, rows[kept]))


def _responses(arrival: Intake, child: Export, rows: pd.DataFrame) -> np.ndarray:
    """The place of the response that each row belongs to; -1 where there is none."""
    for theirs, ours in LINKS:
        here, there = _column(child, theirs), _column(arrival.export, ours)
        if here is None or there is None:
            continue
        keys = pd.concat([batch[there].astype("str") for batch in arrival.export.batches()]).str.strip()
        # the key of a turn within a turn begins with that of its response: uuid:…/services[1]
        wanted = rows[here].astype("str").str.strip().str.replace(r"/.*$", "", regex=True)
        if theirs == BY_PLACE:
            wanted = wanted.where(_is_of_response(arrival, child, rows), "")
        places = pd.Series(np.arange(len(keys)), index=keys.to_numpy())
        places = places[~places.index.duplicated() & (places.index != "")]
        return places.reindex(wanted.to_numpy()).fillna(-1).to_numpy(dtype=np.int64)
    return np.full(len(rows), -1)


def _is_of_response(arrival: Intake, child: Export, rows: pd.DataFrame) -> np.ndarray:
    """Mark the rows whose parent is a response: the place of a turn that others stand within would name a stranger."""
    named, sheet = _column(child, PARENT), arrival.export.grid.sheet[:LONGEST_SHEET]
    if named is None or not sheet:
        return np.ones(len(rows), dtype=bool)
    return encoded.each(rows[named], lambda text: text.strip()[:LONGEST_SHEET] in ("", sheet), bool)


def _column(export: Export, name: str) -> int | None:
    return next(
        (number for number, head in enumerate(export.heads) if re.sub(r"^.*/", "", head) == name), None
    )


def _table(arrival: Intake, turns: Turns, kept: np.ndarray) -> pd.DataFrame:
    """Typed columns of a repeat's questions; open answers stay as text, so the table is restricted like `texts`.

    Answers that cannot be read go to the quarantine of the response's file.
    """
    asked, index = arrival.asked, turns.rows.index
    reads = {
        name: answers.read(turns.export, columns, asked, turns.rows, arrival.versions)
        for name, columns in turns.found.items()
    }
    outer = _of_response(arrival, turns)
    reads = states.checked(reads, asked, index, outer)
    state = states.of(reads, asked, index, outer)
    identifiers = arrival.identifiers().to_numpy()[turns.places[kept]]
    table: dict[str, object] = {"response": pd.array(identifiers, dtype="str"), "turn": turns.turn[kept]}
    for question, read in reads.items():
        if asked.questions.at[question, "kind"] == "text":
            table[states.column(question)] = read.values.astype("str").array[kept]
        else:
            table |= outcome.columns_of(question, read, state[question], asked, kept)
        stays = set(index[kept & read.faulty])
        said = [(row, *why) for row, why in read.unread.items() if row in stays] if stays else []
        number = next(iter(turns.found[question].how), 0)
        arrival.quarantined += [
            (turns.file, row, turns.export.place(row, number), question, reason, detail, False)
            for row, reason, detail in said
        ]
    return pd.DataFrame(table)


def _of_response(arrival: Intake, turns: Turns) -> dict[str, pd.Series]:
    """The answers of the response itself that conditions on a turn name, beside each turn."""
    conditions = arrival.asked.questions.loc[list(turns.found), ["relevant", "constraint"]].to_numpy().ravel()
    named = set(NAMED.findall(" ".join(conditions))) & set(arrival.read)
    return {
        name: arrival.read[name].values.iloc[turns.places].set_axis(turns.rows.index)
        for name in sorted(named)
    }


def _counts(
    export: Export, strand: str, repeat: str, rows_in: int, kept: int, without: int
) -> dict[str, object]:
    others = rows_in - kept - without
    return dict(
        zip(
            ACCOUNT,
            (export.grid.source, strand, repeat, *map(int, (rows_in, kept, others, without))),
            strict=True,
        )
    )
