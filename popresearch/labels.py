"""Labels of questions, options, places and systems in the reader's language, from the instruments and the catalogue alone."""

import functools
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from babel import Locale

from popresearch import instrument, reference, wording
from popresearch.instrument import Instrument
from popresearch.study import Study

SERVICES = {
    "helpline",
    "youth_led",
    "ai_driven",
}  # systems whose answers speak of services, not of the respondents themselves
CROSS = " × "  # between the two levels, and the two places, of a crossed domain


def labelled(table: pd.DataFrame, study: Study, language: str) -> pd.DataFrame:
    """Add system_label, question_label, option_label and place_label where the table has the columns they come from."""
    table = table.copy()
    if "system" in table:
        table["system_label"] = table["system"].map(lambda system: system_label(system, study, language))
    if {"strand", "question", "option"} <= set(table):
        pairs = table[["strand", "question", "option"]].drop_duplicates()
        labels = {
            (strand, question, option): _pair(
                study.strands[strand].instrument,
                strand,
                study.strands[strand].earlier,
                question,
                option,
                language,
            )
            for strand, question, option in pairs.itertuples(index=False)
        }
        found = [labels[key] for key in zip(table["strand"], table["question"], table["option"], strict=True)]
        table["question_label"], table["option_label"] = zip(*found, strict=True) if found else ((), ())
    if {"level", "place"} <= set(table):
        keys = ["level", "place", *(["strand"] if "strand" in table else [])]
        pairs = table[keys].drop_duplicates().itertuples(index=False)
        names = {tuple(pair): domain_label(study, *pair, language=language) for pair in pairs}
        table["place_label"] = [names[key] for key in zip(*(table[key] for key in keys), strict=True)]
    return table


@functools.cache
def _pair(
    path: Path, strand: str, earlier: tuple[Path, ...], question: str, option: str, language: str
) -> tuple[str, str]:
    """The labels of a question and of one of its options; kept, as the pages of a run ask for them again and again."""
    asked = instrument.read(path, strand, earlier)
    return question_label(asked, question, language), option_label(asked, question, option, language)


def banner(study: Study, language: str) -> str:
    """Say in English, and in the reader's language, that a study is made up; blank for real answers."""
    if not study.banner or language == "en" or study.source != "sample":
        return study.banner
    return f"{study.banner} · {wording.phrase('sample_banner', language)}"


def intervals(place: str, systems: Iterable[str], language: str) -> str:
    """Say how intervals are meant, under a chart ("caption") or over a table ("table"): of services, else of respondents."""
    named = set(systems)
    whose = "intervals" if named and named <= SERVICES else "respondents"
    return wording.phrase(f"{place}_{whose}", language)


def system_label(system: str, study: Study, language: str) -> str:
    """Name a kind of system; another study's systems keep the name its study.toml gives."""
    return wording.phrase(f"system_{system}", language) if wording.has(f"system_{system}") else system


def question_label(asked: Instrument, question: str, language: str) -> str:
    """Give the question's text; a rollup carries that of the question it comes from."""
    return asked.label(
        question if question in asked.questions.index else question.rpartition(".")[0], language
    )


def option_label(asked: Instrument, question: str, option: str, language: str) -> str:
    """Give the option's text; bands read 25–49 or 50+, rollup options stand in the catalogue; a number as such has no option."""
    if not option:
        return ""
    if question in asked.questions.index and asked.questions.at[question, "kind"] == "number":
        start, _, end = option.partition("_")
        return (
            f"{int(start):,}–{int(end):,}".replace(",", "\u202f")
            if end
            else f"{int(start):,}+".replace(",", "\u202f")
        )
    if question in asked.questions.index:
        return asked.label(question, language, option)
    return wording.phrase(f"option_{option}", language) if wording.has(f"option_{option}") else option


def domain_label(study: Study, level: str, place: str, strand: str = "", *, language: str) -> str:
    """Name a domain: a place, or the organisations, languages, ages and genders of a strand; crossed ones by both names."""
    levels, places = level.split(CROSS), place.split(CROSS)
    return CROSS.join(
        _domain_label(study, *pair, strand, language) for pair in zip(levels, places, strict=True)
    )


def _domain_label(study: Study, level: str, place: str, strand: str, language: str) -> str:
    if level == "language":
        return str(Locale(language).languages.get(place, place))
    question = study.strands[strand].roles.get(level, "") if strand in study.strands else ""
    if question:
        asked = instrument.of(study.strands[strand])
        return asked.label(question, language, place)
    return place_label(level, place, language)


def place_label(level: str, place: str, language: str) -> str:
    """Name a country, an income group, an M49 region or sub-region, or the world."""
    if level == "country":
        return str(reference.countries().at[place, f"name_{language}"])
    if level == "income":
        return wording.phrase(f"income_{place.lower().replace(' ', '_')}", language)
    return reference.region_name(place or "World", language)
