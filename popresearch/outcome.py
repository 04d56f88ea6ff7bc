"""What an export gives once every row is settled: typed responses, open answers, unknown columns, and what became of each column."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from popresearch import encoded, quality, readings, reference, states
from popresearch.instrument import Instrument
from popresearch.intake import Intake
from popresearch.matching import Columns, Matched
from popresearch.platforms import Export
from popresearch.readings import STATES, Read

TEXTS = ["response", "strand", "question", "language", "text"]


def responses(arrival: Intake) -> pd.DataFrame:
    """The rows kept, one a response, in typed columns."""
    kept = np.flatnonzero(arrival.kept)
    places = reference.countries()
    country = arrival.country().iloc[kept].cat.remove_unused_categories()
    table: dict[str, object] = {
        "response": arrival.identifiers().array.take(kept),
        "file_row": arrival.index[kept],
        "country_iso3": country.array,
        "region": encoded.changed(country, lambda code: places["region"].get(code, "")).array,
        "subregion": encoded.changed(country, lambda code: places["subregion"].get(code, "")).array,
        "language": readings.languages(arrival.read.values(), arrival.index).array.take(kept),
        "straight_lined": _straight_lined(arrival)[kept],
        "too_fast": quality.too_fast(arrival.marks["seconds"].to_numpy(), arrival.n_answers())[kept],
    }
    for question, read in arrival.read.items():
        is_text = arrival.asked.questions.at[question, "kind"] == "text"
        if not is_text and arrival.strand.roles.get("contact") != question:
            table |= columns_of(question, read, arrival.state[question], arrival.asked, kept)
    return pd.DataFrame(table, copy=False)


def texts(arrival: Intake) -> pd.DataFrame:
    """Open answers, names and contacts of the rows kept; what was written behind "other" as `<question>.other`."""
    tables = [pd.DataFrame(columns=TEXTS, dtype="str")]
    languages = readings.languages(arrival.read.values(), arrival.index)
    for question, read in arrival.read.items():
        if arrival.asked.questions.at[question, "kind"] == "text":
            tables.append(_written(arrival, question, read.values, languages))
        if read.has("other"):
            tables.append(_written(arrival, f"{question}.other", read.part("other"), languages))
    return pd.concat(tables, ignore_index=True)


def unknown(export: Export, matched: Matched, rows: pd.DataFrame) -> pd.DataFrame:
    """The columns that the instrument does not know, whole; heads as they stand, rows as the file numbers them."""
    heads = [f"{export.heads[number]} (column {number + 1})" for number in matched.unknown]
    return rows[matched.unknown].set_axis(heads, axis=1).rename_axis("row")


def fate(export: Export, matched: Matched, file: str) -> pd.DataFrame:
    """What became of each column: answers a question, service column, dropped as personal, or unknown (in quarantine whole).

    A column that was split later answers several questions, named between blanks.
    """
    became = {number: (meaning, "") for number, meaning in enumerate(export.meanings) if meaning}
    answered: dict[int, list[str]] = {}
    for found in (matched.questions, *matched.repeats.values()):
        for question, columns in found.items():
            for number in columns.how:
                answered.setdefault(number, []).append(question)
                became[number] = (_how(columns, number), " ".join(answered[number]))
    became |= {number: (f"asks nothing ({kind})", "") for number, kind in matched.aside.items()}
    became |= dict.fromkeys(matched.unknown, ("unknown to the instrument", ""))
    rows = [(file, head, *became[number]) for number, head in enumerate(export.heads)]
    return pd.DataFrame(rows, columns=["file", "head", "became", "question"])


def columns_of(
    question: str, read: Read, state: np.ndarray, asked: Instrument, kept: np.ndarray
) -> dict[str, object]:
    """The typed columns of a question, with its state, for the rows kept."""
    return states.typed(question, read, state, asked, kept) | {
        f"{question}.state": pd.Categorical.from_codes(state[kept], categories=STATES)
    }


def under_each_other(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of one strand under each other; categories that differ between files are united."""
    tables = list(tables)
    if len(tables) == 1:
        return tables[0]
    for name in dict.fromkeys(name for table in tables for name in table):
        dtypes = [table[name].dtype for table in tables if name in table]
        if all(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes) and len(set(dtypes)) > 1:
            united = list(dict.fromkeys(value for dtype in dtypes for value in dtype.categories))
            for table in tables:
                if name in table:
                    table[name] = table[name].astype(pd.CategoricalDtype(united))
    return pd.concat(tables, ignore_index=True)


def _written(arrival: Intake, question: str, cells: pd.Series, languages: pd.Series) -> pd.DataFrame:
    given = np.flatnonzero(arrival.kept & ~encoded.is_blank(cells))
    table = {
        "response": arrival.identifiers().array.take(given),
        "strand": arrival.strand.name,
        "question": question,
        "language": languages.iloc[given].astype("str").array,
        "text": cells.iloc[given].astype("str").array,
    }
    return pd.DataFrame(table)


def _straight_lined(arrival: Intake) -> np.ndarray:
    """Mark the straight-lined responses; none, where no column answers any question."""
    values = {name: read.values for name, read in arrival.read.items()}
    return (
        quality.straight_lined(values, arrival.asked) if values else np.zeros(len(arrival.index), dtype=bool)
    )


def _how(columns: Columns, number: int) -> str:
    how = columns.how[number]
    return "answers" if how == "name" else f"answers, by {how}"
