"""A study drafted from a bare export: study.toml and a codebook, guessed, printed for correction, and then a person's to keep."""

import json
import re
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from popresearch import countries, platforms
from popresearch.faults import bad_input
from popresearch.files import new_folder
from popresearch.instrument import CODEBOOK_COLUMNS
from popresearch.matching import NO, YES, normal
from popresearch.platforms import Export
from popresearch.wording import LANGUAGES, ROOT, checked_language

MOST_OPTIONS = 40
LONGEST_OPTION = 160  # characters
LEAST_GIVEN = 3  # an answer that fewer gave is not written into the codebook: it may be somebody's own words
CODED = (
    "limesurvey",
    "kobo",
    "odk",
    "qualtrics",
    "eusurvey",
    "spss",
)  # layouts whose heads are, or hold, codes
COUNTRY_HINT = re.compile(r"country|pays|país|pais|land|страна|国家|بلد|دولة|staat", re.IGNORECASE)


def init(path: Path, name: str, *, language: str = "en", say: Callable[[str], None] = print) -> Path:
    """Write data/<name>/study.toml and codebook.csv from an export and copy the export to data/restricted/<name>/exports.

    A study that exists is refused, so that nobody's corrections are lost.
    """
    checked_language(language)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise bad_input(f"name '{name}'", "is not a plain name.", "Use small letters, digits and _.")
    target = ROOT / "data" / name
    if target.exists():
        raise bad_input(f"data/{name}", "exists already.", "Choose another name, or edit that study.")
    export = platforms.read(path)
    questions = _questions(export)
    guesses = {question: _guess(export, columns) for question, columns in questions.items()}
    country = _country(export, questions, guesses)
    if country:
        guesses[country] = ("country", [])
    codebook = _codebook(export, questions, guesses, language)
    with new_folder(ROOT / "data" / "restricted" / name / "exports") as folder:
        shutil.copyfile(path, folder / path.name)
        (folder / path.name).chmod(0o600)
    for private in (ROOT / "data" / "restricted" / name, ROOT / "data" / "restricted" / name / "exports"):
        private.chmod(0o700)
    with new_folder(target) as folder:
        codebook.to_csv(folder / "codebook.csv", index=False, lineterminator="\n")
        (folder / "study.toml").write_text(_study_toml(name, path, country, language), encoding="utf-8")
    _say(export, guesses, country, name, say)
    return target


def _questions(export: Export) -> dict[str, dict[str, int]]:
    """Group the columns by question: question → option → column; a question with one column has the option ""."""
    grouped: dict[str, dict[str, int]] = {}
    for column in range(len(export.heads)):
        if export.meanings[column]:
            continue
        question, option = _code(export, column)
        if option and not _all_yes_no(export.rows[column]):
            question, option = f"{question}[{option}]", ""
        if option in grouped.get(question, {}):
            question, option = f"q{column + 1:03d}", ""  # two columns under one code, and neither is lost
        grouped.setdefault(question, {})[option] = column
    return grouped


def _code(export: Export, column: int) -> tuple[str, str]:
    """The codes of question and option where the layout has them, else a number."""
    one = export.columns[column]
    is_coded = export.platform in CODED and one.question
    return (one.question, one.option) if is_coded else (f"q{column + 1:03d}", "")


def _all_yes_no(values: pd.Series) -> bool:
    given = set(values.str.strip().str.casefold().unique()) - {""}
    return bool(given) and given <= YES | NO


def _guess(export: Export, columns: dict[str, int]) -> tuple[str, list[str]]:
    """Guess a question's kind and the labels of its options."""
    if set(columns) != {""}:
        return "many", [option for option in columns if option]
    values = export.rows[columns[""]].str.strip()
    values = values[values != ""]
    counts = values.value_counts()
    if values.empty:
        return "text", []
    if len(counts) > 12 and values.str.fullmatch(r"-?\d+([.,]\d+)?").all():
        return "number", []
    listed = _listed(counts)
    one = ("one", listed) if listed and counts[listed].sum() >= 0.8 * len(values) else None
    several = _several(values, export)
    many = ("many", several) if several else None
    # where spaces join options, "strongly agree" looks like two; there choose-many has columns of its own
    return (one or many if export.separator == " " else many or one) or ("text", [])


def _several(values: pd.Series, export: Export) -> list[str]:
    """Options of a choose-many question: answers are made of few parts, fewer than there are different answers."""
    separator = export.separator.strip() or " "
    parts = values.str.split(separator).explode().str.strip()
    parts = parts[parts != ""].value_counts()
    often = _listed(parts)
    is_joined = len(parts) < values.nunique()
    is_ended = export.platform == "microsoft_forms" and bool(values.str.endswith(separator).all())
    return often if often and (is_joined or is_ended) and parts[often].sum() >= 0.9 * parts.sum() else []


def _listed(counts: pd.Series) -> list[str]:
    """Answers fit to be options: few, short, and given by several respondents."""
    often = counts[counts >= LEAST_GIVEN].index.tolist()
    return often if often and len(often) <= MOST_OPTIONS and max(map(len, often)) <= LONGEST_OPTION else []


def _country(
    export: Export, questions: dict[str, dict[str, int]], guesses: dict[str, tuple[str, list[str]]]
) -> str:
    """The question whose answers are countries; a head that says so decides between several."""
    scores = {}
    for question, columns in questions.items():
        if set(columns) != {""} or guesses[question][0] == "number":
            continue
        values = export.rows[columns[""]].str.strip()
        counts = values[values != ""].value_counts()
        if len(counts) < 2 or len(counts) > 300:
            continue
        hinted = bool(COUNTRY_HINT.search(export.heads[columns[""]]))
        is_code = hinted and bool(values[values != ""].str.fullmatch("[A-Z]{2,3}").all())
        found = {value: countries.resolve(str(value), is_code=is_code).iso3 for value in counts.index}
        sure = sum(n for value, n in counts.items() if len(found[value]) == 1)
        if sure >= 0.8 * counts.sum():
            scores[question] = (hinted, sure)
    return max(scores, key=scores.get, default="")


def _codebook(
    export: Export,
    questions: dict[str, dict[str, int]],
    guesses: dict[str, tuple[str, list[str]]],
    language: str,
) -> pd.DataFrame:
    rows = []
    for question, columns in questions.items():
        kind, options = guesses[question]
        first = next(iter(columns.values()))
        head = export.columns[first].labels[0] if export.platform in CODED else export.heads[first]
        text = re.sub(r"\s*\[[^\]]*\]$", "", head) if len(columns) > 1 else head
        rows.append(
            {"strand": "responses", "question": question, "kind": kind, f"label_{language}": text or question}
        )
        taken: set[str] = set()
        for option in options:
            label = _option_label(export, columns, option)
            code = option if option in columns else _slug(option, taken)
            taken.add(code)
            rows.append(
                {"strand": "responses", "question": question, "option": code, f"label_{language}": label}
            )
        if kind == "country":
            rows.append({"strand": "responses", "question": question, "option": "ISO 3166-1 alpha-3"})
    blank = dict.fromkeys(CODEBOOK_COLUMNS, "")
    return pd.DataFrame([blank | row for row in rows], columns=CODEBOOK_COLUMNS)


def _option_label(export: Export, columns: dict[str, int], option: str) -> str:
    return (export.columns[columns[option]].option_text if option in columns else "") or option


def _slug(text: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", normal(text)).encode("ascii", "ignore").decode()
    code = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:28] or "option"
    number, unique = 2, code
    while unique in taken:
        unique, number = f"{code}_{number}", number + 1
    return unique


def _study_toml(name: str, path: Path, country: str, language: str) -> str:
    titles = ", ".join(f'{each} = "{name}"' for each in LANGUAGES)
    role = (
        f'roles = {{ country = "{country}" }}'
        if country
        else "roles = {}    # no country column was found: name one here"
    )
    return f'''# Drafted from an export; correct what was guessed wrong. Keys are explained in data/pop/study.toml.
title = {{ {titles} }}
languages = ["{language}"]
source = "exports"

[sources]
exports = "../restricted/{name}/exports"

[thresholds]
minimum_cell = 5
minimum_base = 20
caution_base = 50

[strands.responses]
system = "responses"
instrument = "codebook.csv"
files = [{json.dumps(path.name, ensure_ascii=False)}]
{role}
'''


def _say(
    export: Export,
    guesses: dict[str, tuple[str, list[str]]],
    country: str,
    name: str,
    say: Callable[[str], None],
) -> None:
    kinds = pd.Series([kind for kind, _ in guesses.values()]).value_counts()
    say(
        f"{export.shown}: {export.platform} ({export.why}); {len(export.rows)} responses, {len(export.heads)} columns"
    )
    say("guessed: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    say(
        f"country: question '{country}'"
        if country
        else "country: none found; name it under roles in study.toml"
    )
    say(f"personal or service columns left out: {sum(bool(meaning) for meaning in export.meanings)}")
    say(f"Correct data/{name}/study.toml and data/{name}/codebook.csv, then: pop run {name}")
