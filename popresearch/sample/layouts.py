"""The layouts of three platforms: how each of them writes the same answers into a file."""

import csv
import io
import re
import uuid
import zipfile
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from popresearch.instrument import Instrument, read_sheets
from popresearch.reference import countries
from popresearch.sample.tables import table
from popresearch.wording import LANGUAGES

BANNER = "SAMPLE: NOT REAL ANSWERS"
STAMP = datetime(2022, 2, 8)  # in archives and properties, so that the same answers give the same bytes
OTHER_SPELLING = 0.3  # share of typed countries that are not spelled as in the reference tables
KOBO_KEYS = ["_id", "_uuid", "_submission_time"]
KOBO_SERVICE = ["_validation_status", "_notes", "_status", "_submitted_by", "__version__", "_tags", "_index"]


def labelled(
    answers: pd.DataFrame, asked: Instrument, languages: pd.Series, joiner: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Replace option codes by labels in each respondent's language, and country codes by typed names."""
    cells = answers.copy()
    for question, kind in asked.questions["kind"].items():
        pairs = list(zip(answers[question], languages, strict=True))
        if kind in ("country", "countries"):
            names = [[typed(code, language, rng) for code in codes.split()] for codes, language in pairs]
            cells[question] = ["; ".join(listed) for listed in names]
        elif kind in ("one", "many"):
            labels = _labels(asked, str(question))
            names = [[labels[language][code] for code in codes.split()] for codes, language in pairs]
            cells[question] = [joiner.join(listed) for listed in names]
    return cells


def _labels(asked: Instrument, question: str) -> dict[str, dict[str, str]]:
    """Give language → option → label; where a language has none, English."""
    options = asked.options_of(question)
    english = options["label_en"].to_dict()
    named = {language: options[f"label_{language}"].to_dict() for language in LANGUAGES}
    return {
        language: {option: label or english[option] for option, label in labels.items()}
        for language, labels in named.items()
    }


def typed(code: str, language: str, rng: np.random.Generator) -> str:
    """Write a country as people type it: mostly by its name, at times as in the table of spellings."""
    spellings = [
        row["text"] for row in table("spellings") if (row["iso3"], row["language"]) == (code, language)
    ]
    if spellings and rng.random() < OTHER_SPELLING:
        return spellings[int(rng.integers(len(spellings)))]
    return str(countries().at[code, f"name_{language}"])


def microsoft_forms(cells: pd.DataFrame, asked: Instrument, crowd: pd.DataFrame) -> bytes:
    """Write a workbook as Microsoft Forms does: choose-many ends in ";", a repeated head gets a digit."""
    cells = cells.copy()
    many = list(asked.questions.index[asked.questions["kind"] == "many"])
    cells[many] = (cells[many] + ";").replace(";", "")
    labels = _distinct([asked.label(question, "en") for question in cells])
    rows: list[list[object]] = []
    for number, (person, row) in enumerate(zip(crowd.itertuples(), cells.to_numpy(), strict=True), 1):
        who = [f"respondent-{number:03d}@example.org", f"Respondent {number:03d} (example)"]
        rows.append([number, person.began, person.ended, *who, *map(_number, row)])
    return workbook(["ID", "Start time", "Completion time", "Email", "Name", *labels], rows, "Sheet1")


def google_forms(cells: pd.DataFrame, asked: Instrument, crowd: pd.DataFrame) -> bytes:
    """Write a CSV as Google Forms does: all cells quoted, a 12-hour clock with the zone."""
    heads = ["Timestamp", *(asked.label(question, "en") for question in cells)]
    rows = [[_twelve_hours(end), *row] for end, row in zip(crowd["ended"], cells.to_numpy(), strict=True)]
    return _delimited([heads, *rows], ",", "\n")


def _twelve_hours(time: datetime) -> str:
    half = "AM" if time.hour < 12 else "PM"
    return f"{time:%Y/%m/%d} {time.hour % 12 or 12}:{time:%M:%S} {half} GMT+1"


def kobo_workbook(
    cells: pd.DataFrame, asked: Instrument, crowd: pd.DataFrame, form: Path, rng: np.random.Generator
) -> bytes:
    """Write a workbook as KoboToolbox does, with real times and numbers."""
    heads, rows = _kobo(cells, asked, crowd, form, rng)
    typed_rows = [[cell if isinstance(cell, datetime) else _number(cell) for cell in row] for row in rows]
    return workbook(heads, typed_rows, form.stem)


def kobo_csv(
    cells: pd.DataFrame, asked: Instrument, crowd: pd.DataFrame, form: Path, rng: np.random.Generator
) -> bytes:
    """Write a CSV as KoboToolbox does: all cells quoted, semicolons between them, times in ISO 8601."""
    heads, rows = _kobo(cells, asked, crowd, form, rng)
    text = [[cell.isoformat() if isinstance(cell, datetime) else cell for cell in row] for row in rows]
    return _delimited([heads, *text], ";", "\r\n")


def _kobo(
    cells: pd.DataFrame, asked: Instrument, crowd: pd.DataFrame, form: Path, rng: np.random.Generator
) -> tuple[list[str], list[list[object]]]:
    """Lay answers out under group paths, choose-many ones also as a column of 0 and 1 for each option."""
    paths = _paths(form)
    columns: dict[str, list[str]] = {}
    for question in cells:
        columns[paths[question]] = list(cells[question])
        if asked.questions.at[question, "kind"] in ("many", "countries"):
            chosen = [text.split() for text in cells[question]]
            for option in asked.options_of(question).index:
                ticks = [str(int(option in codes)) if codes else "" for codes in chosen]
                columns[f"{paths[question]}/{option}"] = ticks
    first = int(rng.integers(10**7, 10**8))
    rows: list[list[object]] = []
    for number, (person, *answers) in enumerate(zip(crowd.itertuples(), *columns.values(), strict=True), 1):
        keys = [str(first + 7 * number), _identifier(rng), person.ended]
        service = ["", "", "submitted_via_web", "", "vSampleNotRealAnswers", BANNER, str(number)]
        rows.append([person.began, person.ended, *answers, *keys, *service])
    return ["start", "end", *columns, *KOBO_KEYS, *KOBO_SERVICE], rows


def _identifier(rng: np.random.Generator) -> str:
    """Make a UUID that nobody takes for a telephone number: no two zeros in a row, which dial abroad."""
    return str(uuid.UUID(bytes=rng.bytes(16), version=4)).replace("00", "0a")


def _paths(form: Path) -> dict[str, str]:
    """Give the group path of each name in a workbook's sheet "survey"."""
    heads, *rows = read_sheets(form)["survey"]
    groups: list[str] = []
    paths = {}
    for row in rows:
        kind, name = row[heads.index("type")], row[heads.index("name")]
        if kind.startswith("begin"):
            groups.append(name)
        elif kind.startswith("end"):
            groups.pop()
        else:
            paths[name] = "/".join([*groups, name])
    return paths


def workbook(heads: list[str], rows: list[list[object]], sheet: str) -> bytes:
    """Write a workbook of one sheet whose properties say that it is a sample; same cells, same bytes."""
    book = Workbook(write_only=True)
    book.properties.title = book.properties.subject = BANNER
    book.properties.creator, book.properties.created = "popresearch", STAMP
    page = book.create_sheet(sheet)
    page.append(heads)
    for row in rows:
        page.append([_cell(page, cell) for cell in row])
    written = io.BytesIO()
    book.save(written)
    return _fixed(written)


def _cell(page: object, cell: object) -> object:
    if not isinstance(cell, datetime):
        return None if cell == "" else cell
    dated = WriteOnlyCell(page, value=cell)
    dated.number_format = "m/d/yy h:mm:ss"
    return dated


def _fixed(written: io.BytesIO) -> bytes:
    """Replace the times of writing that a workbook carries in its archive and its properties."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.namelist():
            content = source.read(item)
            if item == "docProps/core.xml":
                stamp = rf"\g<1>{STAMP.isoformat()}Z".encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", stamp, content)
            info = zipfile.ZipInfo(item, STAMP.timetuple()[:6])
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            target.writestr(info, content)
    return fixed.getvalue()


def _delimited(rows: list[list[str]], separator: str, line_end: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode()


def _number(cell: str) -> str | int:
    """Turn a whole number into one, as the platforms do in workbooks; all else stays text."""
    is_number = cell.isascii() and cell.isdigit() and (cell == "0" or cell[0] != "0")
    return int(cell) if is_number else cell


def _distinct(heads: list[str]) -> list[str]:
    """Write a digit behind a repeated head, as Microsoft Forms does."""
    before = [heads[:place].count(head) for place, head in enumerate(heads)]
    return [f"{head}{count + 1}" if count else head for head, count in zip(heads, before, strict=True)]
