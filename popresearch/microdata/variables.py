"""The variables of a file of microdata: keys with their steps of generalisation, and answers in columns of codes.

A leaf is the finest value of a key; each step maps the leaves to what stands in the file, and the last, `all`, to nothing. Open
answers, dates, countries of a question and rankings have no place in a file, and numbers only in bands.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from popresearch import items, reference, states
from popresearch.faults import Fault, did_you_mean
from popresearch.instrument import Instrument
from popresearch.study import Strand, Study

ALL = "*"
PLACES = {"country": "country_iso3", "subregion": "subregion", "region": "region"}  # step → column
OWN = ("country", "language")  # keys that are no question
ALLOWED_ROLES = {"organisation_type", "age", "gender"}  # all others say who or where
GROUPED = "group"


@dataclass(frozen=True)
class Key:
    """A key variable: the leaf of each record (blank where there is none), and step → leaf → value in the file."""

    name: str
    leaves: pd.Series
    steps: dict[str, dict[str, str]]

    def column(self, step: str) -> str:
        """Name the key's column in the file; of places it says which."""
        return PLACES.get(step, self.name) if self.name == "country" else self.name

    def values(self, step: str) -> pd.Series:
        """The key of each record as this step gives it."""
        return self.leaves.map(self.steps[step])

    def losses(self, step: str) -> pd.Series:
        """What each record loses by a step: 0 where its value still means one leaf, 1 where it may be any (Iyengar 2002)."""
        counts = pd.Series(self.steps[step]).value_counts()
        return (self.values(step).map(counts) - 1) / max(len(self.steps[step]) - 1, 1)


def faults(plan: Mapping[str, Any], asked: Instrument, strand: Strand, study: Study) -> list[Fault]:
    """Find the questions of a plan that cannot stand in a file, and steps that fit no question."""
    found = []
    for question in dict.fromkeys([*plan["questions"], *plan["keys"]]):
        if question not in OWN:
            found += [
                Fault(question, what, remedy)
                for what, remedy in _unfit(question, asked, strand, study, is_key=question in plan["keys"])
            ]
    if found:
        return found
    for question in plan["sensitive"]:
        if asked.questions.at[question, "kind"] == "many":
            found.append(
                Fault(question, "is choose-many and cannot be sensitive.", "Name its main choice instead.")
            )
    for question, groups in plan["groups"].items():
        options = set(asked.options_of(question).index) if question in asked.questions.index else set()
        for option in sorted({option for members in groups.values() for option in members} - options):
            what = f"'{option}' is no option of it.{did_you_mean(option, options)}"
            found.append(Fault(f"groups.{question}", what, "Correct it."))
    for name, steps in plan["keys"].items():
        kind = name if name in OWN else asked.questions.at[name, "kind"]
        found += [
            Fault(f"keys.{name}", f"the step '{step}' does not fit it.", f"Steps: {', '.join(STEPS[kind])}.")
            for step in steps
            if _word(step) not in STEPS[kind]
            or (isinstance(step, list) and not {*step} <= {*study.bands[name]})
        ]
    return found


STEPS = {
    "country": ("country", "subregion", "region", "all"),
    "language": ("language", "all"),
    "one": ("option", "group", "all"),
    "number": ("bands", "[some lower ends of its bands]", "all"),
}


def _word(step: Any) -> str:
    return STEPS["number"][1] if isinstance(step, list) else step


def _unfit(
    question: str, asked: Instrument, strand: Strand, study: Study, *, is_key: bool
) -> list[tuple[str, str]]:
    if question not in asked.questions.index:
        meant = did_you_mean(question, asked.questions.index)
        return [(f"is not a question of {strand.instrument.name}.{meant}", "Correct it.")]
    kind, role = asked.questions.at[question, "kind"], _role(question, strand)
    if role and role not in ALLOWED_ROLES:
        return [(f"has the role '{role}' and stays restricted.", "Take it out.")]
    if kind not in ("one", "number") and (is_key or kind != "many"):
        return [(f"is of the kind '{kind}', which has no place there.", "Take it out.")]
    if asked.questions.at[question, "repeat"]:
        return [("is asked in a repeat.", "Take it out.")]
    if kind == "number" and question not in study.bands:
        return [("is a number without bands.", "Give it lower ends in [bands].")]
    return []


def _role(question: str, strand: Strand) -> str:
    return next((role for role, named in strand.roles.items() if named == question), "")


def keys(responses: pd.DataFrame, plan: Mapping[str, Any], asked: Instrument, study: Study) -> dict[str, Key]:
    """Set up the key variables of a plan; a leaf that no record has counts, too, where a questionnaire offers it."""
    made = {}
    for name, steps in plan["keys"].items():
        leaves = _leaves(responses, name, asked, study)
        offered = list(dict.fromkeys([*_offered(name, leaves, asked, study), *leaves.unique()]))
        maps = {_named(step): _map(name, step, offered, plan, asked) for step in steps}
        made[name] = Key(name, leaves, maps)
    return made


def _leaves(responses: pd.DataFrame, name: str, asked: Instrument, study: Study) -> pd.Series:
    if name in OWN:
        column = responses["country_iso3" if name == "country" else name]
        return column.astype("str").fillna("").reset_index(drop=True)
    return answers(responses, name, asked, study)[name].fillna("")


def _offered(name: str, leaves: pd.Series, asked: Instrument, study: Study) -> list[str]:
    if name in OWN:
        return sorted(leaves.unique())
    if asked.questions.at[name, "kind"] == "number":
        return items.band_codes(study.bands[name])
    return [str(option) for option in asked.options_of(name).index]


def _named(step: Any) -> str:
    return step if isinstance(step, str) else ", ".join(map(str, step))


def _map(
    name: str, step: Any, leaves: list[str], plan: Mapping[str, Any], asked: Instrument
) -> dict[str, str]:
    """Map every leaf to its value; a blank one stays blank, and so does an option in no group."""
    if step == "all":
        return dict.fromkeys(leaves, ALL)
    if step in ("subregion", "region"):
        places = reference.countries()[step]
        return {leaf: places.get(leaf, "") for leaf in leaves}
    if isinstance(step, list):
        codes = [""] + items.band_codes(step)
        starts = [int(re.match(r"-?\d+", leaf)[0]) if leaf else step[0] - 1 for leaf in leaves]
        return dict(zip(leaves, np.take(codes, np.searchsorted(step, starts, side="right")), strict=True))
    if step == GROUPED:
        groups = plan["groups"].get(name)
        if groups:
            of = {option: group for group, members in groups.items() for option in members}
        else:
            of = asked.options_of(name)["group"].to_dict()
        return {leaf: of.get(leaf, "") for leaf in leaves}
    return {leaf: leaf for leaf in leaves}


def answers(responses: pd.DataFrame, question: str, asked: Instrument, study: Study) -> pd.DataFrame:
    """The columns of a question in a file: a code or a band, 1 and 0 an option of choose-many; missing where not answered."""
    kind = asked.questions.at[question, "kind"]
    if kind == "many":
        names = [f"{question}/{option}" for option in asked.options_of(question).index]
        return responses[names].astype("Int64").reset_index(drop=True)
    values = responses[states.column(question)].reset_index(drop=True)
    if kind == "number":
        codes = np.array(["", *items.band_codes(study.bands[question])])
        places = np.searchsorted(study.bands[question], values.to_numpy(), side="right")
        made = pd.Series(codes[np.where(values.isna(), 0, places)], dtype="str")
        return made.where(made.ne("")).to_frame(question)
    return values.astype("str").to_frame(question)
