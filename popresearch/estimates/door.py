"""The three functions for daily use: `shares`, `compare`, `rank`. They read a study's saved tallies and give labelled tables.

What they give is restricted: it has not been through the disclosure gate, and its heading says so. `release.passed` lets a table
through.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from popresearch import instrument, labels, tallies, wording
from popresearch.estimates import bases, domains, means
from popresearch.estimates.differences import FIRM, differences, false_discovery
from popresearch.estimates.linearised import linearised
from popresearch.estimates.presentation import (
    presentable,
    presentable_means,
    verdicts_of_counts,
)
from popresearch.estimates.proportions import shares as shares_of
from popresearch.estimates.sides import Side, aligned, any_differ, by_domain, is_shown, joined, side
from popresearch.estimates.standings import standings
from popresearch.estimates.styled import Estimates
from popresearch.faults import BadInput, Fault, bad_input, did_you_mean
from popresearch.study import Study, load
from popresearch.tallies import Tally

SYSTEM = "system"


def shares(
    question: str,
    *,
    by: str = domains.WORLD,
    statistic: str = "share",
    base: str = "answered",
    method: str = "jackknife",
    strata: str = "",
    interval: str = "logit",
    strand: str = "",
    study: Study | str = "pop",
    language: str = "en",
) -> Estimates:
    """Give the share of each option of a question, or of a topic side by side for all systems, in each domain of `by`.

    `statistic`: share, or of numbers mean or median, of scales "mean score", of rankings "mean rank".

    `by`: world, region, subregion, income, country, organisation_type, language, or two of them ("region × language"). `base`: answered,
    asked or opinion, see `bases`. `method`: jackknife, or taylor with `strata` (a level) and an `interval` (logit, beta). A row an option
    and domain with its base, interval, the three views (by the jackknife), verdict and reason;
    `verdict_of_count` says whether the count itself may be shown. `asked`, `answered` and `opinion` count whom other bases would hold.
    """
    study = load(study) if isinstance(study, str) else study
    if statistic != "share":
        _refuse_beside(statistic, base=base, method=method, strata=strata, interval=interval)
        return _means(question, by, statistic, strand, study, language)
    parts = []
    for name, (asked, tally) in _answered(question, strand, by, study).items():
        table = _estimated(_of(bases.rebased(tally, base, study), asked), by, method, strata, interval)
        table = table.merge(bases.by_domain(tally, asked, by, study), on="place")
        parts.append(table.assign(strand=name, system=study.strands[name].system))
    table = presentable(pd.concat(parts, ignore_index=True), study.thresholds)
    table["verdict_of_count"] = verdicts_of_counts(table)
    return Estimates(labels.labelled(table, study, language)).described(study, base, language)


def compare(
    question: str,
    *,
    between: str = SYSTEM,
    strand: str = "",
    study: Study | str = "pop",
    language: str = "en",
) -> Estimates:
    """Say of each option whether its share differs between systems (pair by pair), or between one domain and all others.

    Differences with their intervals by the jackknife over countries; `p_adjusted` controls the false discovery rate over the whole
    table; `p_any` is Rao and Scott's test whether any of the domains differ. verdict: firm, not firm, or withhold where one of the two
    shares may not be shown.
    """
    study = load(study) if isinstance(study, str) else study
    sides = _sides(question, between, strand, study)
    p_any = any_differ([one for name, one in sides.items() if name])
    tables = []
    for place, others in _pairs(sides, is_system=between == SYSTEM):
        left, right = sides[place], joined([sides[other] for other in others])
        shown = is_shown(left, study.thresholds) & is_shown(right, study.thresholds)
        table = differences(left.rows, right.rows).assign(is_shown=shown, p_any=p_any)
        other = others[0] if len(others) == 1 else ""  # blank: all others
        keys = {"strand": left.strand, "question": left.question, "option": left.options, "level": between}
        against = {"strand_other": right.strand, "question_other": right.question, "other": other}
        tables.append(table.assign(**keys, **against, place=place))
    table = pd.concat(tables, ignore_index=True)
    table["p_adjusted"] = false_discovery(table["p"])
    reasons = [~table["is_shown"], table["p"].isna()]
    table["reason"] = np.select(
        reasons, ["one of the shares may not be shown", "no spread, no test"], default=""
    )
    firm = np.where(table["p_adjusted"] <= FIRM, "firm", "not firm")
    table["verdict"] = np.where(table["reason"] == "", firm, "withhold")
    return Estimates(_labelled(table, between, study, language)).described(study, "answered", language)


def rank(question: str, *, strand: str = "", study: Study | str = "pop", language: str = "en") -> Estimates:
    """Rank the options of a question by their share in the world, with the best and the worst rank that the answers allow."""
    study = load(study) if isinstance(study, str) else study
    parts = []
    for name, (asked, tally) in _answered(question, strand, domains.WORLD, study).items():
        world = side(tally, name, asked)
        table = standings(world.rows).assign(base=world.w.sum(axis=0).to_numpy(), strand=name, question=asked)
        table = table.assign(
            option=world.options, system=study.strands[name].system, level=domains.WORLD, place=""
        )
        shown = is_shown(world, study.thresholds)
        table["verdict"] = np.where(shown, "show", "withhold")
        table["reason"] = np.where(shown, "", "the share may not be shown")
        parts.append(table.sort_values("rank", kind="stable"))
    table = labels.labelled(pd.concat(parts, ignore_index=True), study, language)
    return Estimates(table).described(study, "answered", language)


def _means(question: str, by: str, statistic: str, strand: str, study: Study, language: str) -> Estimates:
    """Means and medians of a question, with their verdicts."""
    parts = []
    for name, (asked, tally) in _answered(question, strand, by, study).items():
        values = tally.values[tally.values.index.get_level_values("question") == asked]
        one, form = replace(_of(tally, asked), values=values), instrument.of(study.strands[name])
        table = means.means(one, form, study, (by,))
        table = table[table["question"] == asked]
        parts.append(table.assign(strand=name, system=study.strands[name].system))
    table = pd.concat(parts, ignore_index=True)
    found = table[table["statistic"] == statistic]
    if found.empty:
        here = sorted(set(table["statistic"])) or ["share"]
        what = f"is not known for the question '{question}'.{did_you_mean(statistic, [*here, 'share'])}"
        raise bad_input(f"statistic '{statistic}'", what, f"Here: {', '.join([*here, 'share'])}.")
    found = presentable_means(found.reset_index(drop=True), study.thresholds)
    base = "opinion" if statistic == "mean score" else "answered"  # who has no opinion has no score
    return Estimates(labels.labelled(found, study, language)).described(study, base, language)


def _refuse_beside(statistic: str, **given: str) -> None:
    """Raise where an argument that only shares have was given with another statistic: it would do nothing."""
    usual = {"base": "answered", "method": "jackknife", "strata": "", "interval": "logit"}
    faults = [
        Fault(name, f"has no meaning for statistic '{statistic}'.", "Leave it out, or ask for the share.")
        for name, value in given.items()
        if value != usual[name]
    ]
    if faults:
        raise BadInput(f"statistic '{statistic}'", faults)


def _estimated(tally: Tally, by: str, method: str, strata: str, interval: str) -> pd.DataFrame:
    if method == "taylor":
        return linearised(tally, by, strata=strata, interval=interval)
    if method != "jackknife" or strata or interval != "logit":
        what = (
            "takes no strata and no other interval than logit." if method == "jackknife" else "is not known."
        )
        raise bad_input(f"method '{method}'", what, "Methods: jackknife; taylor with strata and an interval.")
    return shares_of(tally, (by,))


def _asked(question: str, strand: str, study: Study) -> dict[str, str]:
    """Find the question in the strands: a topic of study.toml, or a question (or its rollup, `a05.kind`) by its name."""
    if question in study.topics:
        found = study.topics[question]
    else:
        found = {name: question for name in study.strands if question in tallies.questions(study, name)}
    found = {name: asked for name, asked in found.items() if strand in ("", name)}
    if not found:
        known = [*study.topics, *(one for name in study.strands for one in tallies.questions(study, name))]
        what = f"is neither a topic nor a question of the study.{did_you_mean(question, known)}"
        raise bad_input(
            f"question '{question}'", what, "Name a topic of study.toml, or a question of its instruments."
        )
    return found


def _answered(question: str, strand: str, by: str, study: Study) -> dict[str, tuple[str, Tally]]:
    """Find the question and the tally of each strand that has a domain of the level; bad input where none has."""
    domains.checked(by)
    found = {
        name: (asked, tallies.read(study, name)) for name, asked in _asked(question, strand, study).items()
    }
    lying = {name: pair for name, pair in found.items() if domains.has_any(pair[1].n.index, by)}
    if not lying:
        domains.require(next(iter(found.values()))[1].n.index, by, question)
    return lying


def _of(tally: Tally, question: str) -> Tally:
    """Keep one question of a tally."""
    count = tally.count.loc[:, tally.count.columns.get_level_values("question") == question]
    return Tally(tally.n, tally.asked[[question]], tally.base[[question]], count, tallies.no_values())


def _sides(question: str, between: str, strand: str, study: Study) -> dict[str, Side]:
    found = _answered(question, strand, domains.WORLD if between == SYSTEM else between, study)
    if between == SYSTEM:
        sides = {
            study.strands[name].system: side(tally, name, asked) for name, (asked, tally) in found.items()
        }
    else:
        if len(found) > 1:
            what = f"is asked in several strands: {', '.join(found)}."
            raise bad_input(f"question '{question}'", what, "Name one: strand='…'.")
        [(name, (asked, tally))] = found.items()
        sides = by_domain(tally, name, asked, between)
    if len([one for one in sides if one]) < 2:
        what = f"question '{question}' has fewer than two domains to compare."
        raise bad_input(
            f"between '{between}'", what, "Compare systems by a topic, or the domains of a level."
        )
    return aligned(sides)


def _pairs(sides: dict[str, Side], *, is_system: bool) -> list[tuple[str, list[str]]]:
    """Set systems, and two domains, against each other; more domains each against all others."""
    named = [one for one in sides if one]
    if is_system or len(named) == 2:
        return [(left, [right]) for place, left in enumerate(named) for right in named[place + 1 :]]
    return [(left, [other for other in sides if other != left]) for left in named]


def _labelled(table: pd.DataFrame, between: str, study: Study, language: str) -> pd.DataFrame:
    if between != SYSTEM:
        others = {"": wording.phrase("all_others", language)} | {
            place: labels.domain_label(study, between, place, table["strand"].iloc[0], language=language)
            for place in set(table["other"]) - {""}
        }
        return labels.labelled(table, study, language).assign(other_label=table["other"].map(others))
    name = {
        system: labels.system_label(system, study, language) for system in {*table["place"], *table["other"]}
    }
    named = labels.labelled(table.drop(columns="level"), study, language)
    return named.assign(
        level=SYSTEM, place_label=table["place"].map(name), other_label=table["other"].map(name)
    )
