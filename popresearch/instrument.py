"""What was asked: XLSForm workbooks (or a codebook), read tolerantly; questions, options and labels come from here alone.

XLSForm: https://xlsform.org/en/. The sheets are read directly, since many real forms fail in pyxform.
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from popresearch.faults import BadInput, Fault, bad_input
from popresearch.wording import LANGUAGES, ROOT

KINDS = {
    "select_one": "one",
    "select_multiple": "many",
    "integer": "number",
    "decimal": "number",
    "text": "text",
}
LABELS = [f"label_{language}" for language in LANGUAGES]
HINTS = [f"hint_{language}" for language in LANGUAGES]
QUESTION_COLUMNS = ["kind", "list", "required", "relevant", "constraint", *LABELS, *HINTS]
OPTION_COLUMNS = ["list", "option", "group", *LABELS]
CODEBOOK_COLUMNS = [
    "strand",
    "question",
    "kind",
    "option",
    "group",
    "required",
    "relevant",
    "constraint",
    *LABELS,
    *HINTS,
]


@dataclass(frozen=True)
class Instrument:
    """The questions of one strand (indexed by question) and the options of their lists, in the form's order.

    `kind` of a question is one, many, number, text, country (choose one) or countries (choose many).
    """

    questions: pd.DataFrame
    options: pd.DataFrame
    version: str = ""

    def options_of(self, question: str) -> pd.DataFrame:
        """Options of a question, indexed by option code."""
        listed = self.options[self.options["list"] == self.questions.at[question, "list"]]
        return listed.set_index("option")

    def label(self, question: str, language: str, option: str = "") -> str:
        """Label of a question or of one of its options; where a language has none, English, then any, then the code."""
        row = self.options_of(question).loc[option] if option else self.questions.loc[question]
        return next(
            (row[name] for name in (f"label_{language}", "label_en", *LABELS) if row[name]),
            option or question,
        )


@functools.cache
def read(path: Path, strand: str = "") -> Instrument:
    """Read a workbook (.xlsx) or the rows of one strand of a codebook (.csv), once; all faults at once (`BadInput`)."""
    instrument = _read_codebook(path, strand) if path.suffix == ".csv" else _read_workbook(path)
    listed = set(instrument.options["list"])
    questions = instrument.questions
    faults = [
        Fault(
            f'question "{name}"',
            f"its list '{row['list']}' has no options.",
            "Add the list to the sheet 'choices'.",
        )
        for name, row in questions.iterrows()
        if row["kind"] in ("one", "many") and row["list"] not in listed
    ]
    for name in questions.index[questions.index.duplicated()]:
        faults.append(Fault(f'question "{name}"', "stands more than once.", "Rename one of them."))
    doubled = instrument.options[instrument.options.duplicated(["list", "option"])]
    for row in doubled.itertuples():
        faults.append(
            Fault(f'list "{row.list}"', f"has the option '{row.option}' more than once.", "Remove one.")
        )
    if faults:
        raise BadInput(_shown(path), faults)
    return instrument


def validate(path: Path) -> None:
    """Convert a workbook with pyxform, as KoboToolbox and ODK do; an error or a warning of pyxform is bad input."""
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    try:
        warnings = convert(str(path), validate=False).warnings
    except PyXFormError as error:
        warnings = [str(error)]
    if warnings:
        raise BadInput(
            _shown(path), [Fault("", " ".join(text.split()), "Correct the workbook.") for text in warnings]
        )


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
    return pd.DataFrame(rows, columns=CODEBOOK_COLUMNS).fillna("")


def _read_workbook(path: Path) -> Instrument:
    sheets = read_sheets(path)
    missing = [name for name in ("survey", "choices") if name not in sheets]
    if missing:
        what = f"has no sheet '{missing[0]}'; its sheets are: {', '.join(sheets)}."
        raise bad_input(_shown(path), what, "An XLSForm has the sheets survey, choices and settings.")
    survey, choices = _table(sheets["survey"]), _table(sheets["choices"])
    settings = _table(sheets.get("settings", []))
    version = settings["version"].iloc[0] if "version" in settings and len(settings) else ""
    options = choices.rename(columns={"list_name": "list", "name": "option"}).reindex(
        columns=OPTION_COLUMNS, fill_value=""
    )
    return Instrument(_questions(survey), options[options["option"] != ""].reset_index(drop=True), version)


def _questions(survey: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows that ask something; a group's relevance is joined to that of its questions."""
    rows, groups = [], []
    for row in survey.to_dict("records"):
        kind, _, rest = row.get("type", "").partition(" ")
        if kind in ("begin_group", "begin_repeat") or row.get("type") in ("begin group", "begin repeat"):
            groups.append(row.get("relevant", ""))
        elif kind.startswith("end"):
            groups = groups[:-1]
        elif kind in KINDS:
            listed = rest.split()[0] if rest else ""
            conditions = [condition for condition in [*groups, row.get("relevant", "")] if condition]
            relevant = (
                " and ".join(f"({condition})" for condition in conditions)
                if len(conditions) > 1
                else "".join(conditions)
            )
            rows.append({**row, "kind": _kind(KINDS[kind], listed), "list": listed, "relevant": relevant})
    table = pd.DataFrame(rows).reindex(columns=["name", *QUESTION_COLUMNS], fill_value="")
    return table.set_index("name").rename_axis("question")


def _kind(kind: str, listed: str) -> str:
    return {"one": "country", "many": "countries"}.get(kind, kind) if listed == "country" else kind


def _read_codebook(path: Path, strand: str) -> Instrument:
    table = read_table(path)
    missing = [
        column for column in ("strand", "question", "kind", "option", "label_en") if column not in table
    ]
    if missing:
        raise bad_input(
            _shown(path),
            f"has no column '{missing[0]}'.",
            "A codebook is written by: pop study init, pop codebook",
        )
    table = table[table["strand"] == strand].reindex(columns=CODEBOOK_COLUMNS, fill_value="")
    asked = table["option"] == ""
    questions = table[asked].assign(list=table["question"]).set_index("question")[QUESTION_COLUMNS]
    options = table[~asked].rename(columns={"question": "list"})[OPTION_COLUMNS]
    return Instrument(questions, options.reset_index(drop=True))


def read_table(path: Path) -> pd.DataFrame:
    """Read one of our own csv tables as text; a spreadsheet may have saved it with other letters or separators."""
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        what = "is not a table in UTF-8 with commas."
        raise bad_input(_shown(path), what, "Save it as 'CSV UTF-8 (comma delimited)'.") from None


def read_sheets(path: Path) -> dict[str, list[list[str]]]:
    """Read every sheet of a workbook as rows of text; whole numbers without ".0", dates as ISO 8601."""
    try:
        book = CalamineWorkbook.from_path(str(path))
        return {name: [[cell_text(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()]
                for name in book.sheet_names}  # fmt: skip
    except FileNotFoundError:
        raise bad_input(
            _shown(path), "does not exist.", "Put the file there, or correct the path in study.toml."
        ) from None
    except (CalamineError, OSError, ValueError):
        raise bad_input(
            _shown(path), "is damaged or is not a workbook.", "Export it again and compare the sizes."
        ) from None


def cell_text(cell: object) -> str:
    """Write a workbook's cell as text."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat(sep=" ") if hasattr(cell, "hour") and hasattr(cell, "year") else str(cell)


def _table(rows: list[list[str]]) -> pd.DataFrame:
    """Take the first row as heads; `label::Français (fr)` becomes label_fr, bare `label` becomes label_en."""
    heads = [_head(head) for head in rows[0]] if rows else []
    table = pd.DataFrame(rows[1:], columns=heads, dtype=str)
    table = table.loc[:, [head for head in dict.fromkeys(heads) if head]]
    return table.apply(lambda column: column.str.strip())


def _head(head: str) -> str:
    head = re.sub(r"\s*::\s*", "::", head.strip())
    tagged = re.fullmatch(r"(\w+)::.*\((\w\w)\)", head)
    if tagged:
        return f"{tagged[1]}_{tagged[2]}"
    return (
        f"{head}_en"
        if head in ("label", "hint")
        else head.replace(" ", "_").lower()
        if "::" not in head
        else head
    )


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
