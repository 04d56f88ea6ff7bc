"""The words of charts, maps, pages and the report: data/wording.csv, one row a phrase, one column a language."""

import csv
import functools
import os
from pathlib import Path

from popresearch.faults import BadInput, Fault, bad_input, did_you_mean

ROOT = Path(os.environ.get("POPRESEARCH_ROOT") or Path(__file__).resolve().parents[1])
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
NATIVE_NAMES = {
    "ar": "العربية",
    "zh": "中文",
    "en": "English",
    "fr": "Français",
    "ru": "Русский",
    "es": "Español",
}


@functools.cache
def catalogue(path: Path = ROOT / "data" / "wording.csv") -> dict[str, dict[str, str]]:
    """Read the catalogue as key → language → phrase; a phrase missing in a language is bad input."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    faults = [
        Fault(f'key "{row["key"]}"', f"has no phrase in {language}.", "Translate it in that column.")
        for row in rows
        for language in LANGUAGES
        if not row[language]
    ]
    if faults:
        raise BadInput(path.name, faults)
    return {row["key"]: row for row in rows}


def phrase(key: str, language: str, **slots: object) -> str:
    """Give the phrase of a key in a language, its {slots} filled; an unknown key or language is bad input."""
    phrases = catalogue()
    if key not in phrases:
        raise bad_input(
            "data/wording.csv", f"has no key '{key}'.{did_you_mean(key, phrases)}", "Add the row."
        )
    return phrases[key][checked_language(language)].format(**slots)


def checked_language(language: str) -> str:
    """Return the language code if we speak it; anything else is bad input."""
    if language not in LANGUAGES:
        raise bad_input(
            f"language '{language}'", f"is not one of {', '.join(LANGUAGES)}.", "Set language to one of them."
        )
    return language


def has(key: str) -> bool:
    """Say whether the catalogue has a key."""
    return key in catalogue()
