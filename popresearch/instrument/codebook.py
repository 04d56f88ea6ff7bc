"""The codebook: instruments as one table that a researcher reads and edits; and our own tables of text."""

from pathlib import Path

import pandas as pd

from popresearch.faults import Fault, bad_input, did_you_mean
from popresearch.instrument.form import (
    CHOICES,
    HINTS,
    LABELS,
    OPTION_COLUMNS,
    QUESTION_COLUMNS,
    Instrument,
    shown,
)

CODEBOOK_COLUMNS = [
    "strand",
    "question",
    "kind",
    "option",
    "group",
    "required",
    "relevant",
    "constraint",
    "repeat",
    "parent",
    *LABELS,
    *HINTS,
]
NEEDED = ("strand", "question", "kind", "option", "label_en")
KINDS = (*CHOICES, "country", "countries", "number", "date", "text")


def codebook(instruments: dict[str, Instrument]) -> pd.DataFrame:
    """Write instruments as one table: a row a question, then a row each of its options, with the labels.

    The 249 countries stand in data/reference; a country question has the single option "ISO 3166-1 alpha-3".
    """
    rows = []
    for strand, instrument in instruments.items():
        for name, question in instrument.questions.iterrows():
            rows.append({"strand": strand, "question": name, **question.drop("list")})
            if question["kind"] in ("country", "countries"):
                rows.append({"strand": strand, "question": name, "option": "ISO 3166-1 alpha-3"})
            elif question["list"]:
                options = instrument.options_of(name).drop(columns="list").reset_index()
                rows += [
                    {"strand": strand, "question": name, **option} for option in options.to_dict("records")
                ]
    return pd.DataFrame(rows, columns=CODEBOOK_COLUMNS, dtype=str).fillna("")


def read_codebook(path: Path, strand: str) -> Instrument:
    """Read the rows of one strand; a codebook without its columns is `BadInput`, faults of single questions are in `faults`."""
    table = read_table(path)
    missing = [column for column in NEEDED if column not in table]
    if missing:
        remedy = "A codebook is written by: pop study init, pop codebook"
        raise bad_input(shown(path), f"has no column '{missing[0]}'.", remedy)
    table = table[table["strand"] == strand].reindex(columns=CODEBOOK_COLUMNS, fill_value="")
    faults, asked = _faults(table), table["option"] == ""
    questions = table[asked].drop_duplicates("question")
    questions = questions.assign(list=questions["question"]).set_index("question")[QUESTION_COLUMNS]
    options = table[~asked].rename(columns={"question": "list"})[OPTION_COLUMNS]
    options = options.drop_duplicates(["list", "option"]).reset_index(drop=True)
    return Instrument(questions, options, faults=tuple(faults))


def _faults(table: pd.DataFrame) -> list[Fault]:
    """What is wrong with single questions, by the codebook's own lines; of doubled rows the first is read."""
    faults, asked = [], table["option"] == ""
    for line, row in table[table.duplicated(["question", "option"])].iterrows():
        doubled = f"option '{row['option']}' of question" if row["option"] else "question"
        faults.append(
            Fault(f"line {line + 2}", f"{doubled} '{row['question']}' stands more than once.", "Remove one.")
        )
    listed = set(table.loc[~asked, "question"])
    for line, row in table[asked].iterrows():
        if row["kind"] not in KINDS:
            what = f"'{row['kind']}' is not a kind of question.{did_you_mean(row['kind'], KINDS)}"
            faults.append(Fault(f"line {line + 2}", what, f"Use one of: {', '.join(KINDS)}."))
        elif row["kind"] in CHOICES and row["question"] not in listed:
            what = f"question '{row['question']}' has no options."
            faults.append(Fault(f"line {line + 2}", what, "Add a row for each option."))
    return faults


def read_table(path: Path) -> pd.DataFrame:
    """Read one of our own csv tables as text; a spreadsheet may have saved it with other letters or separators."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        what = "is not a table in UTF-8 with commas."
        raise bad_input(shown(path), what, "Save it as 'CSV UTF-8 (comma delimited)'.") from None
    if not isinstance(
        table.index, pd.RangeIndex
    ):  # pandas takes the surplus for names of rows, and all heads stand off
        what = "has rows with more cells than there are heads."
        raise bad_input(shown(path), what, "Put cells that hold a comma into quotation marks.")
    return table.fillna("")  # of rows that end early
