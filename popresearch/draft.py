"""A study drafted from a bare export: study.toml and a codebook, guessed, printed for correction, and then a person's to keep."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from popresearch import countries, instrument, matching, platforms, versions
from popresearch.faults import bad_input
from popresearch.files import new_folder
from popresearch.grouping import OTHER, Drafted, answers_of, questions
from popresearch.guesses import CODED, LEAST_GIVEN, Guess
from popresearch.instrument import CODEBOOK_COLUMNS
from popresearch.matching import OTHER_CODES
from popresearch.platforms import Export
from popresearch.texts import normal
from popresearch.wording import LANGUAGES, ROOT, checked_language, phrase

STRAND = "responses"
MOST_COUNTRIES = 300  # spellings
COUNTRY_HINT = re.compile(r"country|pays|país|pais|land|страна|国家|بلد|دولة|staat", re.IGNORECASE)
MERGED = "one text, and no response answers two of them"
REWORDED = "a row of a matrix, with its question before it"
OPTION = "the export has the option, and not its question, over the column"


def init(path: Path, name: str, *, language: str = "en", say: Callable[[str], None] = print) -> Path:
    """Write data/<name> (study.toml, codebook.csv, versions.csv) from an export; copy it to data/restricted/<name>/exports.

    A study that exists is refused, so that nobody's corrections are lost.
    """
    checked_language(language)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise bad_input(f"name '{name}'", "is not a plain name.", "Use small letters, digits and _.")
    target = ROOT / "data" / name
    if target.exists():
        raise bad_input(f"data/{name}", "exists already.", "Choose another name, or edit that study.")
    export = platforms.read(path)
    asked = questions(export)
    country = _country(export, asked)
    alike = _told_apart(export, asked)
    codebook = _codebook(asked, language)
    with new_folder(ROOT / "data" / "restricted" / name / "exports") as folder:
        shutil.copyfile(path, folder / path.name)
    with new_folder(target) as folder:
        codebook.to_csv(folder / "codebook.csv", index=False, lineterminator="\n")
        earlier, lost = _versions(export, asked, folder / "codebook.csv")
        if len(earlier):
            earlier.to_csv(folder / "versions.csv", index=False, lineterminator="\n")
        (folder / "study.toml").write_text(_study_toml(name, path, country, language), encoding="utf-8")
    for line in _account(export, asked, country, alike, lost):
        say(line)
    say(f"Correct data/{name}/study.toml and data/{name}/codebook.csv, then: pop run {name}")
    return target


def _country(export: Export, asked: list[Drafted]) -> str:
    """Find the question whose answers are countries, and make it one; a head that says so decides between several."""
    scores = {}
    for place, one in enumerate(asked):
        values = answers_of(export, list(one.columns))
        counts = values.value_counts()
        is_asked = set(one.columns.values()) == {""} and one.guess.kind not in ("number", "date")
        if not is_asked or not 2 <= len(counts) <= MOST_COUNTRIES:
            continue
        hinted = bool(COUNTRY_HINT.search(one.label))
        is_code = hinted and bool(values.str.fullmatch("[A-Z]{2,3}").all())
        sure = sum(
            n for value, n in counts.items() if len(countries.resolve(str(value), is_code=is_code).iso3) == 1
        )
        if sure >= 0.8 * counts.sum():
            scores[place] = (hinted, sure)
    if not scores:
        return ""
    found = asked[max(scores, key=scores.get)]
    found.guess = Guess("country", {"ISO 3166-1 alpha-3": ""})
    return found.name


def _told_apart(export: Export, asked: list[Drafted]) -> list[list[str]]:
    """Write the code behind a label that two questions share; where columns are known by their label alone, give the names instead."""
    by_label: dict[str, list[Drafted]] = {}
    for one in asked:
        by_label.setdefault(normal(one.label), []).append(one)
    kept = []
    for several in (several for several in by_label.values() if len(several) > 1):
        if export.platform in CODED and all(
            export.columns[number].question for one in several for number in one.columns
        ):
            for one in several:
                one.label = f"{one.label} ({one.name})"
        else:
            kept.append([one.name for one in several])
    return kept


def _codebook(asked: list[Drafted], language: str) -> pd.DataFrame:
    rows = []
    for one in asked:
        known = {"strand": STRAND, "question": one.name}
        rows.append(
            known | {"kind": one.guess.kind, "repeat": one.repeat, f"label_{language}": one.label or one.name}
        )
        options = dict(one.guess.options)
        if one.guess.takes_other and not OTHER_CODES & set(options):
            options[OTHER] = phrase("option_other", language)
        rows += [known | {"option": code, f"label_{language}": label} for code, label in options.items()]
    blank = dict.fromkeys(CODEBOOK_COLUMNS, "")
    return pd.DataFrame([blank | row for row in rows], columns=CODEBOOK_COLUMNS)


def _versions(export: Export, asked: list[Drafted], codebook: Path) -> tuple[pd.DataFrame, list[int]]:
    """Rows for merged variants, and for columns that would not find their question by the codebook alone; and columns without any way."""
    rows = [["variant", was, "", one.name, "", MERGED] for one in asked for was in one.was.values()]
    found = _found(export, codebook)
    missed = {
        n: one
        for one in asked
        for n, option in one.columns.items()
        if n not in one.was and found.get(n) != (one.name, option)
    }
    heads = Counter(normal(column.names[-1][0]) for column in export.columns)
    lost = []
    for number, one in missed.items():
        was, option = export.columns[number].names[-1][0], one.columns[number]
        if heads[normal(was)] > 1:
            lost.append(number)
        elif option:
            rows.append(
                ["option", was, export.columns[number].option_text or option, one.name, option, OPTION]
            )
        else:
            rows.append(["reworded", was, "", one.name, "", REWORDED])
    names = ["change", "was", "was_option", "question", "option", "reason"]
    table = pd.DataFrame(rows, columns=names).assign(strand=STRAND, since="")
    return table[versions.COLUMNS], lost


def _found(export: Export, codebook: Path) -> dict[int, tuple[str, str]]:
    """The question and the option that each column finds by itself."""
    matched = matching.match(export, instrument.read(codebook, STRAND))
    found = {}
    for place in (matched.questions, *matched.repeats.values()):
        for question, columns in place.items():
            found |= dict.fromkeys(columns.whole, (question, ""))
            found |= {
                number: (question, option)
                for option, numbers in columns.options.items()
                for number in numbers
            }
    return found


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


def _account(
    export: Export, asked: list[Drafted], country: str, alike: list[list[str]], lost: list[int]
) -> list[str]:
    """Say what was recognised and guessed, by heads and names alone."""
    kinds = Counter(one.guess.kind for one in asked)
    few = [one.name for one in asked if one.guess.few]
    other = [one.name for one in asked if one.guess.takes_other]
    return [
        f"{export.shown}: {export.platform} ({export.why}); {len(export.rows)} responses, {len(export.heads)} columns",
        "guessed: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()),
        f"country: question '{country}'"
        if country
        else "country: none found; name it under roles in study.toml",
        f"personal or service columns left out: {sum(bool(meaning) for meaning in export.meanings)}",
        *(
            f"merged into question '{one.name}': {', '.join(one.was.values())}; {MERGED}"
            for one in asked
            if one.was
        ),
        *(
            f"kept apart, but they look like variants: {', '.join(one.variants)}; {MERGED}"
            for one in asked
            if one.variants
        ),
        *(
            [f"'other' takes the answers that fewer than {LEAST_GIVEN} people gave: {', '.join(other)}"]
            if other
            else []
        ),
        *(
            [
                f"options that fewer than {LEAST_GIVEN} people chose were taken over; look through them: {', '.join(few)}"
            ]
            if few
            else []
        ),
        *(f"questions with one and the same label, kept as it is: {', '.join(names)}" for names in alike),
        *(
            f"column '{export.heads[number]}' ({number + 1}) finds no question of its own; give it a head of its own"
            for number in lost
        ),
    ]
