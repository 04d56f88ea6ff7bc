"""The sentences that carry numbers: each binds to released estimates and is said only if they carry it.

A claim is a row of the study's claims.toml. It is withheld, with the reason, when a number did not pass the gate, rests on too few
answers, reaches below the threshold, or when the three views do not agree.
"""

import string
import tomllib
from dataclasses import dataclass
from typing import Any

import pandas as pd
from babel.numbers import format_decimal, format_percent

from popresearch.disclosure import SHOWN
from popresearch.estimates import VIEWS
from popresearch.faults import BadInput, Fault, bad_input, did_you_mean
from popresearch.instrument import read
from popresearch.study import Study
from popresearch.wording import checked_language, phrase

KEYS = {"id", "chapter", "at_least", "binds", "sentence", "otherwise"}


@dataclass(frozen=True)
class Said:
    """What becomes of a claim: the sentence that stands in the report, whether it is the claim itself, why not, and its evidence."""

    id: str
    chapter: str
    holds: bool
    sentence: str
    reason: str
    evidence: pd.DataFrame

    def __str__(self) -> str:
        return f"{self.id}: {self.sentence}" + ("" if self.holds else f" (withheld: {self.reason})")


def evaluate(study: Study, estimates: pd.DataFrame, *, language: str = "en") -> list[Said]:
    """Evaluate all claims of a study on the released table `estimates`; faults of the catalogue are said all at once."""
    catalogue = load(study)
    checked_language(language)
    return [_said(claim, _evidence(claim, estimates), language) for claim in catalogue]


def load(study: Study) -> list[dict[str, Any]]:
    """Read and check claims.toml; a study without one makes no claims."""
    path = study.folder / "claims.toml"
    if not path.exists():
        return []
    shown = f"data/{study.name}/claims.toml"
    try:
        claims = tomllib.loads(path.read_text(encoding="utf-8")).get("claims", [])
    except tomllib.TOMLDecodeError as error:
        raise bad_input(shown, f"is not valid TOML: {error}.", "Correct that line.") from None
    faults = [fault for claim in claims for fault in _faults(claim, study)]
    if faults:
        raise BadInput(shown, faults)
    return claims


def _faults(claim: dict[str, Any], study: Study) -> list[Fault]:
    place = f'claim "{claim.get("id", "?")}"'
    faults = [Fault(place, f"has no '{key}'.", "Add it.") for key in sorted(KEYS - set(claim))]
    if faults:
        return faults
    for name, bound in claim["binds"].items():
        faults += [Fault(f"{place}, {name}", what, "Correct the binding.") for what in _unbound(bound, study)]
    slots = {slot for name in claim["binds"] for slot in (name, f"{name}_n")}
    wanted = _slots(claim["sentence"].get("en", ""))
    for language in study.languages:
        for part in ("sentence", "otherwise"):
            if language not in claim[part]:
                faults.append(Fault(place, f"has no {part} in {language}.", "Translate it."))
        used = _slots(claim["sentence"].get(language, ""))
        for slot in sorted(used - slots):
            faults.append(
                Fault(
                    place,
                    f"names the slot {{{slot}}} in {language}.{did_you_mean(slot, slots)}",
                    "Use a bound name.",
                )
            )
        if language in claim["sentence"] and used != wanted:
            faults.append(Fault(place, f"has other slots in {language} than in en.", "Use the same ones."))
    return faults


def _unbound(bound: dict[str, str], study: Study) -> list[str]:
    """Say what is wrong with a binding: strand, question, rollup or option that does not exist."""
    strand = study.strands.get(bound.get("strand", ""))
    if strand is None:
        given = bound.get("strand", "")
        return [f"names the strand '{given}', which the study lacks.{did_you_mean(given, study.strands)}"]
    asked = read(strand.instrument, strand.name)
    question, _, rollup = bound.get("question", "").partition(".")
    if question not in asked.questions.index:
        return [
            f"names the question '{question}', which nobody was asked.{did_you_mean(question, asked.questions.index)}"
        ]
    if rollup:
        plan = study.rollups.get(rollup, {})
        options = [*plan.get("options", {}), *plan.get("groups", {})]
    else:
        options = list(asked.options_of(question).index)
    return (
        []
        if bound.get("option") in options
        else [f"names the option '{bound.get('option')}'.{did_you_mean(bound.get('option', ''), options)}"]
    )


def _slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _evidence(claim: dict[str, Any], estimates: pd.DataFrame) -> pd.DataFrame:
    """The bound estimates for the world, in the order of the bindings; one that was not released is a row without numbers."""
    world = estimates[estimates["level"] == "world"].set_index(["strand", "question", "option"])
    keys = [(bound["strand"], bound["question"], bound["option"]) for bound in claim["binds"].values()]
    return (
        world.reindex(pd.MultiIndex.from_tuples(keys, names=world.index.names))
        .reset_index()
        .assign(name=list(claim["binds"]))
    )


def _said(claim: dict[str, Any], evidence: pd.DataFrame, language: str) -> Said:
    reason = _reason(evidence, float(claim["at_least"]))
    if reason:
        return Said(
            claim["id"],
            claim["chapter"],
            False,
            claim["otherwise"][language],
            phrase(reason, language),
            evidence,
        )
    slots = {}
    for row in evidence.itertuples():
        slots[row.name] = format_percent(
            row.share, format="#,##0\u00a0%" if language in ("fr", "ru", "es") else None, locale=language
        )
        slots[f"{row.name}_n"] = format_decimal(int(row.base), locale=language)
    return Said(
        claim["id"], claim["chapter"], True, claim["sentence"][language].format(**slots), "", evidence
    )


def _reason(evidence: pd.DataFrame, at_least: float) -> str:
    """The first reason why the numbers do not carry the claim, as a key of the catalogue; blank where they do."""
    if (evidence["status"] != SHOWN).any():
        return "reason_not_shown"
    if not evidence["verdict"].isin(["show", "caution"]).all():
        return "reason_weak"
    if not (evidence["low"] >= at_least).all():
        return "reason_interval"
    if not all((evidence[f"share{view}"] >= at_least).all() for view in VIEWS):
        return "reason_views"
    return ""


def evidence(said: list[Said]) -> pd.DataFrame:
    """Put the evidence of all claims into one table."""
    columns = [
        "claim",
        "name",
        "base",
        "share",
        "low",
        "high",
        "share_by_organisation",
        "share_by_country",
        "verdict",
        "status",
    ]
    tables = [each.evidence.assign(claim=each.id)[columns] for each in said]
    return pd.concat(tables, ignore_index=True).round(2) if tables else pd.DataFrame(columns=columns)
