"""What people know of a survey and no table holds: the statements of a study's methodology.toml, checked in all its languages."""

import string
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from popresearch.estimates import VIEWS
from popresearch.estimates.population import BY
from popresearch.faults import BadInput, Fault, bad_input, did_you_mean
from popresearch.readings import STATES
from popresearch.study import Study
from popresearch.wording import LANGUAGES

FILE = "methodology.toml"
# The Code's items by number → the rows that answer them.
ITEMS = {
    1: ("strategy",),
    2: ("sponsor", "conductor", "funder", "contact"),
    3: ("wording", "instruments"),
    4: ("population",),
    5: ("recruitment", "eligibility", "incentives"),
    6: ("mode", "languages"),
    7: ("dates",),
    8: ("sizes", "countries", "precision"),
    9: ("weights",),
    10: ("refusals", "rules", "flags", "bases", "verdicts", "hiding", "deletion"),
    11: ("limitations",),
}
COMPUTED = {  # row → what it is computed from, and the slots of its sentence
    "instruments": ("the questionnaires of the study", {"list"}),
    "languages": ("the labels of the questionnaires", {"list"}),
    "sizes": ("the released table 'responses'", {"n", "list"}),
    "countries": ("the released table 'responses'", {"n"}),
    "precision": ("popresearch.estimates", {"confidence", "label"}),
    "weights": ("popresearch.estimates and the margins of study.toml", {"list", "population"}),
    "refusals": ("the accounting of the ingest, through the gate", {"n", "refused", "quarantined"}),
    "rules": ("the accounting of the ingest, through the gate", {"list"}),
    "flags": ("popresearch.quality", {"battery", "seconds"}),
    "bases": ("the states of an answer and study.toml", {"opinion", "list"}),
    "verdicts": (
        "the thresholds of study.toml and popresearch.estimates",
        {"base", "effective", "wide", "relative", "narrow", "caution", "countries"},
    ),
    "hiding": ("the minimum cells of study.toml", {"list"}),
}
STATED = [row for rows in ITEMS.values() for row in rows if row not in COMPUTED]
OUTSIDE = [state for state in STATES if state != "answered"]  # of a base; see `tallies`
PHRASES = {
    "pair": {"name", "n"},
    "instrument": {"name", "n", "file"},
    "between": set(),
    "hidden": set(),
    "made_up": set(),
    "made_up_title": set(),
    "no_opinion": {"list"},
    "no_population": set(),
    "population": {"name", "by", "file"},
    "trim": {"n"},
    **{f"by_{margin}": set() for margin in BY},
    **{f"view{view}": set() for view in VIEWS},
    **{f"state_{state}": set() for state in OUTSIDE},
}
SECTIONS = {  # section → row → the slots of its text; None where it is printed as it stands
    "titles": dict.fromkeys(row for rows in ITEMS.values() for row in rows),
    "stated": dict.fromkeys(STATED),
    "computed": {row: slots for row, (_, slots) in COMPUTED.items()},
    "phrases": PHRASES,
}
Texts = dict[str, dict[str, dict[str, str]]]


def load(study: Study) -> Texts:
    """Read and check methodology.toml: section → row → language → text; all that is wrong is said at once (`BadInput`)."""
    path, shown = study.folder / FILE, f"data/{study.name}/{FILE}"
    if not path.exists():
        what = f"does not exist; the methodology card needs it. It states: {', '.join(STATED)}."
        remedy = f"Copy data/pop/{FILE}, keep what is computed, and write for [stated]:\n\n{template(study)}"
        raise bad_input(shown, what, remedy)
    return _read(path, shown, study.languages, path.stat().st_mtime_ns)


def template(study: Study) -> str:
    """Give the part of methodology.toml that people have to write, with a place for each text."""
    lines = []
    for row in STATED:
        lines += [f"[stated.{row}]", *(f'{language} = ""' for language in study.languages), ""]
    return "\n".join(lines)


@lru_cache(maxsize=8)
def _read(path: Path, shown: str, languages: tuple[str, ...], changed: int) -> Texts:
    try:
        texts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise bad_input(shown, f"is not valid TOML: {error}.", "Correct that line.") from None
    if faults := _faults(texts, languages):
        raise BadInput(shown, faults)
    return texts


def _faults(texts: dict[str, Any], languages: tuple[str, ...]) -> list[Fault]:
    faults = _keys("", texts, [*SECTIONS, "interval_label"])
    if "interval_label" in texts:
        faults += _text_faults("interval_label", texts["interval_label"], None, languages)
    for section, rows in SECTIONS.items():
        if section not in texts:
            continue
        found = texts[section]
        faults += _keys(f"{section}.", found, rows)
        for row in rows if isinstance(found, dict) else ():
            if row in found:
                faults += _text_faults(f"{section}.{row}", found[row], rows[row], languages)
    return faults


def _keys(place: str, found: Any, known: Iterable[str]) -> list[Fault]:
    """Find the keys that are missing, and those that nobody reads."""
    known = list(known)
    if not isinstance(found, dict):
        return [Fault(place.rstrip("."), "is not a table.", f"Write it as in data/pop/{FILE}.")]
    missing = [
        Fault(f"{place}{key}", "is missing.", f"Add it; see data/pop/{FILE}.")
        for key in known
        if key not in found
    ]
    return missing + [
        Fault(f"{place}{key}", f"is not known.{did_you_mean(key, known)}", "Remove or rename it.")
        for key in found
        if key not in known
    ]


def _text_faults(place: str, found: Any, slots: set[str] | None, languages: tuple[str, ...]) -> list[Fault]:
    """Find what is wrong with one text in all its languages: missing, empty, an unknown language, other slots than it can fill."""
    if not isinstance(found, dict):
        return [Fault(place, "is not a table of languages.", f"Write it as in data/pop/{FILE}.")]
    faults = [
        Fault(place, f"has no text in {language}.", "Translate it; where a thing is not known, say so.")
        for language in languages
        if language not in found
    ]
    for language, text in found.items():
        if language not in LANGUAGES:
            what = f"'{language}' is not a language we speak.{did_you_mean(language, LANGUAGES)}"
            faults.append(Fault(place, what, f"Languages: {', '.join(LANGUAGES)}."))
        elif not isinstance(text, str) or not text.strip():
            remedy = "Write it; where a thing is not known, say so in a sentence."
            faults.append(Fault(place, f"has an empty text in {language}.", remedy))
        elif slots is not None and _slots(text) != slots:
            needed = ", ".join(f"{{{slot}}}" for slot in sorted(slots)) or "none"
            faults.append(
                Fault(
                    place, f"has other slots in {language} than {needed}.", "Use these, and write no others."
                )
            )
    return faults


def _slots(text: str) -> set[str] | None:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:  # a single brace
        return None
