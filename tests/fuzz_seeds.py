"""What the fuzz run begins with: small exports of every platform, each in a study that reads it well."""

import csv
import io
import shutil
import tomllib
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
from small_study import CODEBOOK, FIXTURES, ROLES, csv_of
from test_layouts import QUALTRICS
from test_repeats import BOOK, LAYOUTS
from test_repeats import ROLES as REPEAT_ROLES

from popresearch import draft
from popresearch.faults import BadInput
from popresearch.wording import ROOT

REAL = ROOT.parent / "shared" / "real"
POP = ROOT / "data" / "pop"
SECRET = "Zuleikha Qxzvw"  # what a respondent wrote: it must not be in any message
MOST_ROWS, MOST_COLUMNS = 30, 90
PAPER = {
    "microsoft": """
        ID|Start time|Completion time|Email|Name|Last modified time|agree|age|country|channels|times|wish
        1|3/4/24 9:12:05|3/4/24 9:15:40|anonymous|||Yes|13_15|Kenya|Phone;Chat;|3|so
        2|3/4/24 9:13:05|3/4/24 9:16:40|anonymous|||No|13_15|France|Chat;|4|so
        3|3/4/24 9:14:05|3/4/24 9:17:40|anonymous|||Yes|10_12|Congo|Post;|1,5|less""",
    "surveymonkey": """
        Respondent ID|Collector ID|Start Date|IP Address|agree|country|channels||wish|Contact
||||Response|Open-Ended Response|Phone|Chat|Open-Ended Response|Name
        118|4|01/02/2026|10.0.0.1|Yes|Kenya|Phone||so|Amina
        119|4|01/02/2026|10.0.0.1|Yes|France|Phone|Chat||Baraka""",
    "odk": """
        SubmissionDate|meta-instanceID|g-agree|g-country|g-age|g-channels|g-channels/phone|g-channels/chat|wish|KEY|Status
        2026-01-02T10:00:00.000Z|uuid:1|yes|KE|13_15|phone chat|1|1|so|u|ok
        2026-01-03T10:00:00.000Z|uuid:2|yes|NA|13_15|chat|0|1||v|ok""",
    "typeform": """
        #|agree|country|wish|Phone|Chat|Response Type|Start Date (UTC)|Stage Date (UTC)|Submit Date (UTC)|Network ID|Tags
        a|1|Kenya|so|Phone||completed|2026-01-02 10:00:00||2026-01-02 10:05:00|x|
        b|0|France|||Chat|completed|2026-01-02 11:00:00||2026-01-02 11:05:00|y|""",
    "matrix": """
        Timestamp|agree|country|How often? [Phone]|How often? [Chat]|times|When?|wish
        2022-03-14 15:12:45|yes|Kenya|never|often|3|01/02/2022|so
        2022-03-14 15:13:45|yes|🇫🇷|often|often|4,5|13/02/2022|less""",
}  # fmt: skip


def make(folder: Path, *, is_small: bool = False) -> list[str]:
    """Write each seed as `<name>/study` (study.toml with its instrument) and `<name>/exports`; gives their names."""
    for platform in ("google_forms", "kobo", "limesurvey", "microsoft_forms"):
        of_codebook(folder / platform, CODEBOOK, ROLES, FIXTURES / platform / "answers.csv")
    for name, text in PAPER.items():
        roles = {
            role: question
            for role, question in ROLES.items()
            if question in text.split("\n")[1].replace("g-", "").split()
        }
        of_codebook(folder / name, CODEBOOK, roles, csv_of(text, _fresh(folder / f"{name}.csv")))
    _decided(folder)
    _repeats(folder)
    _others(folder)
    if not is_small:
        _pop(folder)
        for path in sorted(REAL.glob("*.csv")) + sorted(REAL.glob("*.xls")):
            of_draft(folder / f"real_{path.stem}", cut(path, _fresh(folder / path.name)))
        for path in sorted((POP / "sample").glob("*.xlsx")) + [POP / "sample" / "poll.csv"]:
            of_draft(folder / f"drafted_{path.stem}", cut(path, _fresh(folder / path.name)))
    return sorted(
        path.name for path in folder.iterdir() if (path / "study").is_dir() and (path / "exports").is_dir()
    )


def of_codebook(
    place: Path,
    codebook: Path,
    roles: dict[str, str],
    export: Path,
    *more: Path,
    earlier: tuple[Path, ...] = (),
) -> None:
    """Write a seed from an instrument, the roles of its questions, an export, and what lies beside either."""
    (place / "study").mkdir(parents=True)
    (place / "exports").mkdir()
    shutil.copyfile(codebook, place / "study" / f"codebook{codebook.suffix}")
    for path in more + earlier:
        shutil.copyfile(path, place / ("exports" if path.name == "corrections.csv" else "study") / path.name)
    target = place / "exports" / f"answers{export.suffix}"
    shutil.copyfile(export, target)
    plant(target)
    named = ", ".join(f'{role} = "{question}"' for role, question in roles.items())
    before = f"earlier = [{', '.join(repr(path.name) for path in earlier)}]\n" if earlier else ""
    strand = "responses" if codebook.parent.name == "drafted" else "poll"
    (place / "study" / "study.toml").write_text(
        'title = { en = "Tiny" }\nlanguages = ["en", "fr"]\nsource = "in"\n\n[sources]\nin = "../exports"\n\n'
        f'[thresholds]\nminimum_cell = 5\n\n[strands.{strand}]\nsystem = "children"\n'
        f'instrument = "codebook{codebook.suffix}"\nfiles = ["answers*"]\n{before}'
        f'roles = {{ {named} }}\ncarer_needed = ["under_10", "10_12"]\n',
        encoding="utf-8",
    )


def of_draft(place: Path, export: Path) -> None:
    """Write a seed whose study is drafted from the export itself; `draft.ROOT` must be a folder of its own."""
    try:
        draft.init(export, "drafted", say=lambda line: None)
    except BadInput:
        return
    drafted = draft.ROOT / "data" / "drafted"
    plan = tomllib.loads((drafted / "study.toml").read_text(encoding="utf-8"))
    versions = [drafted / "versions.csv"] if (drafted / "versions.csv").exists() else []
    of_codebook(place, drafted / "codebook.csv", plan["strands"]["responses"]["roles"], export, *versions)
    shutil.rmtree(draft.ROOT / "data")


def cut(path: Path, target: Path, columns: int = MOST_COLUMNS) -> Path:
    """Copy the first rows and columns of an export."""
    if path.suffix == ".csv":
        rows = rows_of(path)
        with target.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(row[:columns] for row in rows[:MOST_ROWS])
    elif path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        for sheet in book.worksheets:
            sheet.delete_rows(MOST_ROWS + 1, sheet.max_row)
        book.save(target)
    else:
        shutil.copyfile(path, target)
    return target


def plant(path: Path) -> None:
    """Write the secret into cells of the last row of a table of text or a workbook, where no head stands."""
    if path.suffix == ".csv":
        rows = rows_of(path)
        if len(rows) > 3:
            rows[-1][:] = [cell if n % 5 else f"{cell} {SECRET}" for n, cell in enumerate(rows[-1], 2)]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    elif path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        for sheet in book.worksheets:
            for cell in (
                [cell for cell in sheet[sheet.max_row] if isinstance(cell.value, str)][1::5]
                if sheet.max_row > 3
                else []
            ):
                cell.value = f"{cell.value} {SECRET}"
        book.save(path)


def rows_of(path: Path) -> list[list[str]]:
    """Read a sound export as rows of text."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return list(
        csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=text.split("\n", 1)[0].count))
    )


def _fresh(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _decided(folder: Path) -> None:
    """A study with decisions of its own: corrections.csv and versions.csv."""
    decided = csv_of("""
        file        | row | question | expects | becomes | reason | decided_by | decided_on
        answers.csv | 2   | country  | Kenya   | France  | asked  | us         | 2022-12-21
    """, folder / "corrections.csv")  # fmt: skip
    versions = csv_of("""
        strand | change   | was         | was_option | question | option | since | reason
        poll   | renamed  | When?       |            | times    |        | 2021  | shorter
        poll   | variant  | How often?  |            | channels |        | 2021  | for a country
        poll   | option   | How often?  | never      | channels | chat   | 2021  | for a country
    """, folder / "versions.csv")  # fmt: skip
    export = csv_of(PAPER["matrix"], folder / "decided.csv")
    of_codebook(
        folder / "decided", CODEBOOK, {"consent": "agree", "country": "country"}, export, decided, versions
    )


def _repeats(folder: Path) -> None:
    book = csv_of(BOOK, folder / "book.csv")
    for name, write in LAYOUTS.items():
        own = folder / "repeats" / name.replace(" ", "_")
        own.mkdir(parents=True)
        of_codebook(folder / own.name, book, REPEAT_ROLES, write(own))


def _others(folder: Path) -> None:
    """Qualtrics in three rows, and the formats that are not text: SPSS, Parquet, a zip of a table, OpenDocument."""
    with (folder / "qualtrics.csv").open("w", newline="") as file:
        csv.writer(file).writerows(QUALTRICS)
    of_draft(folder / "qualtrics", folder / "qualtrics.csv")
    countries = ["Kenya", "Congo", "France"]
    answers = {
        "agree": ["yes", "yes", "no"],
        "country": countries,
        "times": [1.0, None, 3.5],
        "wish": ["so", "", SECRET],
    }
    frame, texts, values = pd.DataFrame(answers), {"wish": "What do you wish?"}, {"times": {1.0: "once"}}
    pyreadstat.write_sav(frame, folder / "a.sav", column_labels=texts, variable_value_labels=values)
    frame.to_parquet(folder / "a.parquet")
    with zipfile.ZipFile(folder / "a.zip", "w") as file:
        file.write(FIXTURES / "google_forms" / "answers.csv", "answers.csv")
    with zipfile.ZipFile(folder / "a.ods", "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", MANIFEST)
        file.writestr("content.xml", _content([list(frame.columns), *frame.astype(str).to_numpy().tolist()]))
    few = {"consent": "agree", "country": "country"}
    for ending in ("sav", "parquet", "zip", "ods"):
        of_codebook(
            folder / f"as_{ending}", CODEBOOK, ROLES if ending == "zip" else few, folder / f"a.{ending}"
        )


NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns"
MANIFEST = (
    f'<manifest:manifest xmlns:manifest="{NAMESPACE}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
    'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def _content(rows: list[list[str]]) -> str:
    spaces = " ".join(f'xmlns:{name}="{NAMESPACE}:{name}:1.0"' for name in ("office", "table", "text"))
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = ("<table:table-row>" + "".join(map(cell.format, row)) + "</table:table-row>" for row in rows)
    table = f'<table:table table:name="a">{"".join(lines)}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    return f"<office:document-content {spaces}>{body}</office:document-content>"


def _pop(folder: Path) -> None:
    """The study pop's own strands, and one of them with earlier instruments."""
    plan = tomllib.loads((POP / "study.toml").read_text(encoding="utf-8"))["strands"]
    forms = {name: POP / one["instrument"] for name, one in plan.items()}
    for name, one in plan.items():
        export = next(path for path in sorted((POP / "sample").iterdir()) if path.stem == name)
        small = cut(export, folder / f"pop_{export.name}", columns=1_000)
        of_codebook(folder / f"pop_{name}", forms[name], one["roles"], small)
    roles, earlier = plan["youth"]["roles"], (forms["helplines"], CODEBOOK)
    of_codebook(folder / "pop_earlier", forms["youth"], roles, folder / "pop_youth.csv", earlier=earlier)
    if (form := REAL / "xlsform_socioeconomic_en_fr.xlsx").exists():
        of_codebook(folder / "real_form", form, {}, folder / "pop_youth.csv")
