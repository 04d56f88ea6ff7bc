"""The codebook of a file of microdata: what each column means, what was measured, and what the file is good for."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from popresearch import items, labels
from popresearch.instrument import Instrument
from popresearch.microdata import risk, variables
from popresearch.microdata.search import Choice
from popresearch.study import Study

WARNING = [
    "Do not try to recognise anyone, and do not join this file with lists of services.",
    "Rows are in the order of their content. A blank cell: not answered, not asked, could not be read, or a key that was taken out.",
]
KEYS = [
    "Classes are over the key variables alone: what someone may know of an organisation from elsewhere. Over all columns many records "
    "are unique, as in any file of answers; that helps only someone who knows an organisation's answers already. For the same reason "
    "the file holds no questions whose answers anyone can look up, such as channels or opening hours.",
    "The risk is the mean over records of 1 / (organisations in the record's class): the prosecutor model, in which the intruder knows "
    "that the organisation is in the file. How many such services there are is not known; any weight would only lower the risk. "
    "The Centre for Humanitarian Data (OCHA) takes up to 3 % for HDX.",
    "A question is left out where its numbers, or numbers that hang on it, are hidden in the release.",
]
SYNTHETIC = [
    "SYNTHETIC: no row is an answer. Each was drawn from the released shares, question by question, within a region where its shares "
    "are shown and from the world's where not.",
    "Good for: writing and trying code, learning the format. Not for analysis: nothing in it goes together but by chance, and sample "
    "sizes, intervals and relations between questions mean nothing.",
]


def anonymised(
    study: Study,
    strand: str,
    plan: Mapping[str, Any],
    questions: list[str],
    asked: Instrument,
    table: pd.DataFrame,
    chosen: Choice,
    before: risk.Measures,
) -> dict[str, Any]:
    """Describe an anonymised file."""
    floor, after = study.strands[strand].minimum_cell, chosen.measures
    unique = int((~table.duplicated(keep=False)).sum())
    measures = {
        "strand": strand,
        "kind": "anonymised",
        "rows": len(table),
        "unit": "organisation",
        "model": "prosecutor",
        "k_asked": plan["k"],
        "k_before": masked(before.k, floor),
        "k": after.k,
        "l_asked": plan["l"],
        "l_before": before.l,
        "l": after.l,
        "entropy_l": round(after.entropy_l, 1),
        "risk_asked": plan["risk"],
        "risk_before": round(before.risk, 3),
        "risk": round(after.risk, 4),
        "steps": "; ".join(f"{name}: {step}" for name, step in chosen.steps.items()),
        "cells_suppressed": masked(chosen.n_cells, floor),
        "information_loss": round(chosen.loss, 2),
        "unique_on_all_columns": masked(unique, floor),
        "questions": len(questions),
        "left_out": " ".join(question for question in plan["questions"] if question not in questions),
    }
    keys = [_key(name, step, chosen, asked, study) for name, step in chosen.steps.items()]
    columns = [key for key in keys if key["name"] in table] + _answers(questions, plan, asked, study)
    return _about(study, measures, columns, WARNING + KEYS)


def synthetic(
    study: Study,
    strand: str,
    plan: Mapping[str, Any],
    questions: list[str],
    asked: Instrument,
    table: pd.DataFrame,
) -> dict[str, Any]:
    """Describe a synthetic file; where an anonymised one was asked for, say that none held."""
    measures = {
        "strand": strand,
        "kind": "synthetic",
        "rows": len(table),
        "reason": "no generalisation holds" if plan["kind"] == "anonymised" else "asked for in study.toml",
        "questions": len(questions),
        "left_out": " ".join(question for question in plan["questions"] if question not in questions),
    }
    own = [
        {"name": "file", "role": "mark", "values": {"SYNTHETIC": "no answers of anyone"}},
        {"name": "region", "role": "region (M49); blank where the number of responses is hidden"},
    ]
    return _about(study, measures, own + _answers(questions, plan, asked, study), SYNTHETIC)


def masked(number: int, floor: int) -> str:
    """Write a count; one from 1 to below the minimum cell is only said to be that."""
    return f"under {floor}" if 0 < number < floor else str(number)


def _about(
    study: Study, measures: dict[str, Any], columns: list[dict[str, Any]], notes: list[str]
) -> dict[str, Any]:
    return {
        "study": study.name,
        "banner": study.banner,
        "note": study.note,
        "kind": measures["kind"],
        "licence": "CC-BY-4.0",
        "notes": notes,
        "measures": measures,
        "columns": columns,
    }


def _key(name: str, step: str, chosen: Choice, asked: Instrument, study: Study) -> dict[str, Any]:
    column = variables.PLACES.get(step, name) if name == "country" else name
    label = {} if name in variables.OWN else {"label": _labels(asked, name, study)}
    values = sorted(set(chosen.keys[column]) - {""}) if column in chosen.keys else []
    return {"name": column, **label, "role": "key", "step": step, "values": values}


def _answers(
    questions: list[str], plan: Mapping[str, Any], asked: Instrument, study: Study
) -> list[dict[str, Any]]:
    """Describe the columns of the questions: codes with labels, bands, or 1 and 0 an option."""
    described = []
    for question in questions:
        role = "sensitive" if question in plan["sensitive"] else "answer"
        kind, options = asked.questions.at[question, "kind"], list(asked.options_of(question).index)
        text = {"role": role, "question": _labels(asked, question, study)}
        if kind == "many":
            described += [
                {"name": f"{question}/{option}", **text, "option": _labels(asked, question, study, option)}
                for option in options
            ]
        elif kind == "number":
            bands = items.band_codes(study.bands[question])
            values = {band: labels.option_label(asked, question, band, "en") for band in bands}
            described.append({"name": question, **text, "values": values})
        else:
            values = {option: _labels(asked, question, study, option) for option in options}
            described.append({"name": question, **text, "values": values})
    return described


def _labels(asked: Instrument, question: str, study: Study, option: str = "") -> dict[str, str]:
    return {language: asked.label(question, language, option) for language in study.languages}
