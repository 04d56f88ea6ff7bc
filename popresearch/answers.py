"""From the text in a cell to a typed answer: option codes, numbers, countries; what cannot be read is listed, never guessed."""

import re
import unicodedata
from dataclasses import dataclass, field

import pandas as pd

from popresearch import countries
from popresearch.faults import did_you_mean
from popresearch.instrument import Instrument
from popresearch.matching import NO, YES, Columns, normal, option_codes, split
from popresearch.platforms import Export

STATES = ["answered", "not_answered", "not_asked", "unreadable"]


@dataclass
class Read:
    """Typed answers of one question: `values` as text, and what could not be read.

    Choose-many values hold the chosen codes between spaces, "-" where a person answered and chose nothing. `unread` maps a row to
    (reason, detail); the detail may quote the cell and stays in data/restricted. `languages` says in which language a label was given.
    """

    values: pd.Series
    unread: dict[int, tuple[str, str]] = field(default_factory=dict)
    languages: dict[int, str] = field(default_factory=dict)


def read(export: Export, columns: Columns, instrument: Instrument, rows: pd.DataFrame) -> Read:
    """Read the answers to one question from the rows of an export."""
    kind = instrument.questions.at[columns.question, "kind"]
    if columns.options and columns.whole is None:
        labels = {column: export.columns[column].option_text for column in columns.options.values()}
        return _indicators(columns, rows, labels)
    text = rows[columns.whole].str.strip()
    if kind == "text":
        return Read(text)
    if kind == "number":
        return _numbers(text)
    if kind in ("country", "countries"):
        return _countries(text, several=kind == "countries")
    codes = option_codes(instrument, columns.question)
    return _options(text, codes, export.separator if kind == "many" else "")


def _options(text: pd.Series, codes: dict[str, tuple[str, str]], separator: str) -> Read:
    """Read option codes or labels; each distinct text is looked up once."""
    known = {raw: _chosen(raw, codes, separator) for raw in text.unique() if raw}
    unread, languages = {}, {}
    for row, raw in text[text != ""].items():
        _, wrong, language = known[raw]
        languages[row] = language
        if wrong:
            unread[row] = ("not an option", f"'{wrong}' is not an option.{did_you_mean(wrong, codes)}")
    return Read(text.map(lambda raw: known[raw][0] if raw else ""), unread, languages)


def _chosen(raw: str, codes: dict[str, tuple[str, str]], separator: str) -> tuple[str, str, str]:
    """Give the codes of a raw answer between spaces, the first part that is no option, and the language of the labels."""
    parts = split(raw, separator, codes) if separator else [raw]
    found = [codes.get(normal(part), ("", "")) for part in parts]
    wrong = next((part for part, (code, _) in zip(parts, found, strict=True) if not code), "")
    language = next((language for _, language in found if language), "")
    return " ".join(dict.fromkeys(code for code, _ in found if code)), wrong, language


def _indicators(columns: Columns, rows: pd.DataFrame, labels: dict[int, str]) -> Read:
    """Read one column an option, each yes or no; a response is unanswered where all of them are blank.

    Some platforms write the option's own label (`labels`, by column) in place of yes.
    """
    marks = rows[list(columns.options.values())].apply(lambda column: column.str.strip().str.casefold())
    yes, no, blank = marks.isin(YES), marks.isin(NO), marks == ""
    for column, label in labels.items():
        if label:
            yes[column] |= marks[column].map(normal) == normal(label)
    no &= ~yes
    odd = ~(yes | no | blank)
    unread = dict.fromkeys(marks.index[odd.any(axis=1)], ("neither yes nor no", ""))
    values = pd.Series("", index=rows.index)
    for option, column in columns.options.items():
        values = values.where(~yes[column], values + f"{option} ")
    values = values.str.strip().where(~blank.all(axis=1), "")
    return Read(values.where(yes.any(axis=1) | blank.all(axis=1), "-"), unread)


def _numbers(text: pd.Series) -> Read:
    """Read numbers in the digits of any script; a decimal comma, thin spaces and a per cent sign are understood.

    "1.200" may be a thousand or a little more than one: what has two readings is refused.
    """
    plain = text.map(_western_digits).str.replace(r"[\s\u00a0\u202f%٪]", "", regex=True)
    plain = plain.str.replace(r"^(-?\d+)[,٫](\d{1,2})$", r"\1.\2", regex=True)
    sure = plain.str.fullmatch(r"-?[0-9]+(\.[0-9]+)?") & ~plain.str.fullmatch(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
    unread = dict.fromkeys(text.index[(text != "") & ~sure], ("not one number", ""))
    return Read(plain.where(sure, ""), unread)


def _western_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(character, character)) for character in text)


def _countries(text: pd.Series, *, several: bool) -> Read:
    """Read countries as ISO 3166-1 alpha-3 codes; what is ambiguous goes to the queue with its candidates.

    Only in a column of nothing but codes is "NA" Namibia.
    """
    given = text[text != ""]
    is_code = bool(given.str.fullmatch(r"[A-Z]{2,3}([ ;,]+[A-Z]{2,3})*").all())
    known = {raw: _countries_in(raw, several, is_code) for raw in given.unique()}
    unread = {
        row: ("no single country for certain", known[raw][1])
        for row, raw in text[text != ""].items()
        if known[raw][1]
    }
    return Read(text.map(lambda raw: known[raw][0] if raw else ""), unread)


def _countries_in(raw: str, several: bool, is_code: bool) -> tuple[str, str]:
    parts = re.split(r"[;,\s]+" if is_code else r"[;\n]", raw.strip(" ;")) if several else [raw]
    codes: list[str] = []
    for part in parts:
        found = countries.resolve(part, is_code=is_code)
        if not found.iso3 or (len(found.iso3) > 1 and not several):
            return "", f"'{part.strip()}': candidates {', '.join(found.candidates) or 'none'}."
        codes += found.iso3
    return " ".join(dict.fromkeys(codes)), ""
