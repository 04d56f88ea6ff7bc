"""A study drafted from a bare export: study.toml and a codebook, guessed, printed for correction, and then a person's to keep."""

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
from popresearch.platforms import LIMESURVEY_HEAD, Export
from popresearch.wording import LANGUAGES, ROOT, checked_language

MOST_OPTIONS = 40
LONGEST_OPTION = 160  # characters
LEAST_GIVEN = 3  # an answer that fewer gave is not written into the codebook: it may be somebody's own words
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
    with new_folder(ROOT / "data" / "restricted" / name / "exports") as folder:
        shutil.copyfile(path, folder / path.name)
    with new_folder(target) as folder:
        _codebook(export, questions, guesses, language).to_csv(
            folder / "codebook.csv", index=False, lineterminator="\n"
        )
        (folder / "study.toml").write_text(_study_toml(name, path, country, language), encoding="utf-8")
    _say(export, guesses, country, name, say)
    return target


def _questions(export: Export) -> dict[str, dict[str, int]]:
    """Group the columns by question: question → option → column; a question with one column has the option ""."""
    grouped: dict[str, dict[str, int]] = {}
    for column, head in enumerate(export.heads):
        if export.meanings[column]:
            continue
        question, option = _code(head, export, column)
        if option and not _all_yes_no(export.rows[column]):
            question, option = f"{question}[{option}]", ""
        grouped.setdefault(question, {})[option] = column
    return grouped


def _code(head: str, export: Export, column: int) -> tuple[str, str]:
    if export.platform == "limesurvey" and (parts := LIMESURVEY_HEAD.fullmatch(head)):
        return parts["question"], parts["option"] or ""
    if export.platform == "kobo":
        steps = head.split("/")
        is_option = len(steps) > 1 and any(other.split("/") == steps[:-1] for other in export.heads)
        return (steps[-2], steps[-1]) if is_option else (steps[-1], "")
    return f"q{column + 1:03d}", ""


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
    if listed and counts[listed].sum() >= 0.8 * len(values):
        return "one", listed
    parts = values.str.split(export.separator.strip() or " ").explode().str.strip().value_counts()
    often = _listed(parts)
    if often and parts[often].sum() >= 0.9 * parts.sum() and len(parts) < len(counts):
        return "many", often
    return "text", []


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
        sure = sum(n for value, n in counts.items() if len(countries.resolve(str(value)).iso3) == 1)
        if sure >= 0.8 * counts.sum():
            hinted = bool(COUNTRY_HINT.search(export.heads[columns[""]]))
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
        head = platforms.label_in(export.heads[next(iter(columns.values()))], export.platform)
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
    return pd.DataFrame(rows, columns=CODEBOOK_COLUMNS).fillna("")


def _option_label(export: Export, columns: dict[str, int], option: str) -> str:
    if option not in columns:
        return option
    inside = re.search(r"\[([^\]]*)\]$", export.heads[columns[option]])
    return (inside[1] if inside else "").strip() or option


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
files = ["{path.name}"]
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
