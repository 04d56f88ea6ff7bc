"""What an ingest gives: its tables, the account of every row and column, and where they are kept."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from popresearch.faults import BadInput, Fault
from popresearch.files import new_folder
from popresearch.intake import RULES
from popresearch.readings import STATES
from popresearch.study import Study

MOST_NAMED = 10  # questions that the account names for their unreadable answers
TABLES = ("texts", "quarantine", "accounting", "columns", "ledger", "turns")
NAMES = "names.json"  # which table of a repeat, or of unknown columns, stands in which file


@dataclass(frozen=True)
class Ingested:
    """All strands of a study, read.

    `responses`: strand → one row a response (`response, file_row, country_iso3, region, subregion, language, straight_lined, too_fast`),
    then for each question a column of its value and one `<question>.state` (answered, not_answered, not_asked, unreadable);
    choose-many has boolean columns `<question>/<option>`. `texts`: open answers, names and contacts (response, strand, question,
    language, text). `accounting`: a row a file; `columns`: what became of each column of each file; `quarantine`: with the detail,
    restricted; `unknown`: file → its columns that the instrument does not know, whole; `ledger`: both responses of each pair that came
    twice; `repeats`: strand/repeat → one row a turn; `turns`: their account. `faults`: files that could not be read, `notes`: what else
    a person should know.
    """

    responses: dict[str, pd.DataFrame]
    texts: pd.DataFrame
    quarantine: pd.DataFrame
    accounting: pd.DataFrame
    columns: pd.DataFrame
    ledger: pd.DataFrame
    turns: pd.DataFrame
    repeats: dict[str, pd.DataFrame] = field(default_factory=dict)
    unknown: dict[str, pd.DataFrame] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def account(ingested: Ingested) -> str:
    """Print the identity of every file: rows in = kept + refused by rule + quarantined, and which columns were not used."""
    lines = [_identity(row) for row in ingested.accounting.to_dict("records")]
    lines += [_identity_of_turns(row) for row in ingested.turns.to_dict("records")]
    cells = ingested.quarantine[~ingested.quarantine["whole_row"]]
    lines.append(f"{len(cells)} single answers could not be read and are in quarantine; their rows are kept")
    by_question = cells.groupby(["question", "reason"]).size().sort_values(ascending=False, kind="stable")
    lines += [
        f"  {n} × question '{question}': {reason}"
        for (question, reason), n in by_question.head(MOST_NAMED).items()
    ]
    for sign, said in (
        ("straight_lined", "the same option in every question of a battery"),
        ("too_fast", "answered faster than one can read"),
    ):
        n = sum(int(table[sign].sum()) for table in ingested.responses.values())
        lines += [f"{n} responses flagged and kept: {said}"] if n else []
    lines += _columns(ingested.columns)
    return "\n".join(lines + ingested.notes)


def require_all(ingested: Ingested, study: Study) -> None:
    """Stop where a file could not be read (`BadInput`): what follows would silently speak of fewer people."""
    if ingested.faults:
        raise BadInput(f"the exports of study '{study.name}'", ingested.faults)


def _identity(row: dict[str, object]) -> str:
    taken = ", ".join(f"{row[rule]} {rule}" for rule in RULES if row[rule])
    refused = f"{sum(row[rule] for rule in RULES)} refused by rule" + (f" ({taken})" if taken else "")
    rest = f"{row['kept']} kept + {refused} + {row['quarantined']} in quarantine"
    return f"{row['file']} ({row['platform']}): {row['rows_in']} rows in = {rest}"


def _identity_of_turns(row: dict[str, object]) -> str:
    rest = f"{row['kept']} kept + {row['of_other_responses']} of responses not kept + {row['without_response']} without a response"
    return f"{row['file']}, repeat '{row['repeat']}': {row['rows_in']} rows in = {rest}"


def _columns(columns: pd.DataFrame) -> list[str]:
    """Say which columns were read by something less than their name or label, and which were not read."""
    lines = []
    for row in columns.itertuples():
        if row.became == "personal":
            lines.append(f"{row.file}: column '{row.head}' is personal and was dropped at the door")
        elif row.became == "unknown to the instrument":
            lines.append(
                f"{row.file}: column '{row.head}' is unknown to the instrument and was not read; it is in quarantine, whole"
            )
        elif "close label" in row.became or "earlier version" in row.became:
            lines.append(
                f"{row.file}: column '{row.head}' is read as question '{row.question}', {row.became.removeprefix('answers, ')}"
            )
    return lines


def states(ingested: Ingested) -> pd.DataFrame:
    """Give for each strand the share of its due answers that were answered, not answered, not asked, or unreadable."""
    shares = {}
    for strand, table in ingested.responses.items():
        counts = sum(
            table[name].value_counts().reindex(STATES, fill_value=0)
            for name in table
            if name.endswith(".state")
        )
        shares[strand] = counts / counts.sum()
    return pd.DataFrame(shares).T.rename_axis("strand")


def save(ingested: Ingested, study: Study) -> Path:
    """Write everything under data/restricted/<study>/ingest, readable by the owner only, whole or not at all; see `require_all`.

    `notes` and `faults` are for the person who ingests, and are not kept.
    """
    require_all(ingested, study)
    target = study.restricted / "ingest"
    tables = {f"responses_{strand}": table for strand, table in ingested.responses.items()}
    tables |= {name: getattr(ingested, name) for name in TABLES}
    names: dict[str, dict[str, str]] = {}
    for kind in ("repeats", "unknown"):
        numbered = {f"{kind}_{number}": name for number, name in enumerate(getattr(ingested, kind), 1)}
        tables |= {file: getattr(ingested, kind)[name] for file, name in numbered.items()}
        names[kind] = numbered
    with new_folder(target) as folder:
        for file, table in tables.items():
            table.to_parquet(folder / f"{file}.parquet")
        (folder / NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        ingested.quarantine.to_csv(folder / "quarantine.csv", index=False, lineterminator="\n")
        ingested.ledger.to_csv(folder / "ledger.csv", index=False, lineterminator="\n")
    return target


def load(study: Study) -> Ingested:
    """Read what `save` wrote."""
    folder = study.restricted / "ingest"
    names = json.loads((folder / NAMES).read_text(encoding="utf-8"))

    def read(file: str) -> pd.DataFrame:
        return pd.read_parquet(folder / f"{file}.parquet")

    return Ingested(
        responses={strand: read(f"responses_{strand}") for strand in study.strands},
        **{name: read(name) for name in TABLES},
        **{kind: {name: read(file) for file, name in numbered.items()} for kind, numbered in names.items()},
    )
