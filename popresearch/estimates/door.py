"""The three functions for daily use: `shares`, `compare`, `rank`. They read a study's saved tallies and give labelled tables.

What they give is restricted: it has not been through the disclosure gate, and its heading says so. `disclosure.passed` lets a table
through.
"""

import numpy as np
import pandas as pd

from popresearch import labels, tallies, wording
from popresearch.estimates import bases, domains
from popresearch.estimates.differences import FIRM, differences, false_discovery, rao_scott
from popresearch.estimates.linearised import linearised
from popresearch.estimates.presentation import presentable, verdicts_of_counts
from popresearch.estimates.proportions import across
from popresearch.estimates.proportions import shares as shares_of
from popresearch.estimates.rows import Rows
from popresearch.estimates.standings import standings
from popresearch.estimates.styled import Estimates
from popresearch.estimates.variance import Design
from popresearch.faults import bad_input, did_you_mean
from popresearch.study import Study, load
from popresearch.tallies import Tally

SYSTEM = "system"


def shares(
    question: str,
    *,
    by: str = domains.WORLD,
    base: str = "answered",
    method: str = "jackknife",
    strata: str = "",
    interval: str = "logit",
    strand: str = "",
    study: Study | str = "pop",
    language: str = "en",
) -> Estimates:
    """Give the share of each option of a question, or of a topic side by side for all systems, in each domain of `by`.

    `by`: world, region, subregion, income, country, organisation_type, language, or two of them ("region × language"). `base`: answered,
    asked or opinion, see `bases`. `method`: jackknife, or taylor with `strata` (a level) and an `interval` (logit, beta). A row an option
    and domain with its base, interval, the three views (by the jackknife), verdict and reason;
    `verdict_of_count` says whether the count itself may be shown.
    """
    study = load(study) if isinstance(study, str) else study
    parts = []
    for name, asked in _asked(question, strand, study).items():
        tally = bases.rebased(_of(tallies.read(study, name), asked), base, study)
        table = _estimated(tally, by, method, strata, interval)
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
    pairs = _pairs(list(sides), is_system=between == SYSTEM)
    tables = []
    for left, others in pairs:
        right = _joined([sides[other] for other in others])
        table = differences(_rows(sides[left]), _rows(right))
        shown = _is_shown(sides[left], study) & _is_shown(right, study)
        here = sides[left]
        keys = {"strand": here.strand, "question": here.question, "option": here.options, "level": between}
        other = others[0] if len(others) == 1 else ""  # blank: all others
        against = {"strand_other": right.strand, "question_other": right.question, "other": other}
        tables.append(table.assign(**keys, **against, place=left, is_shown=shown, p_any=_any(sides)))
    table = pd.concat(tables, ignore_index=True)
    table["p_adjusted"] = false_discovery(table["p"])
    firm = np.where(table["p_adjusted"] <= FIRM, "firm", "not firm")
    table["verdict"] = np.where(table["is_shown"], firm, "withhold")
    table["reason"] = np.where(table["is_shown"], "", "one of the shares may not be shown")
    return Estimates(_labelled(table, between, study, language)).described(study, "answered", language)


def rank(question: str, *, strand: str = "", study: Study | str = "pop", language: str = "en") -> Estimates:
    """Rank the options of a question by their share in the world, with the best and the worst rank that the answers allow."""
    study = load(study) if isinstance(study, str) else study
    parts = []
    for name, asked in _asked(question, strand, study).items():
        side = _side(tallies.read(study, name), name, asked)
        table = standings(_rows(side)).assign(base=side.w.sum(axis=0), strand=name, question=asked)
        table = table.assign(
            option=side.options, system=study.strands[name].system, level=domains.WORLD, place=""
        )
        shown = _is_shown(side, study)
        table["verdict"] = np.where(shown, "show", "withhold")
        table["reason"] = np.where(shown, "", "the share may not be shown")
        parts.append(table.sort_values("rank", kind="stable"))
    table = labels.labelled(pd.concat(parts, ignore_index=True), study, language)
    return Estimates(table).described(study, "answered", language)


def _estimated(tally: Tally, by: str, method: str, strata: str, interval: str) -> pd.DataFrame:
    if method == "taylor":
        return linearised(tally, domains.checked(by), strata=strata, interval=interval)
    if method != "jackknife" or strata or interval != "logit":
        what = (
            "takes no strata and no other interval than logit." if method == "jackknife" else "is not known."
        )
        raise bad_input(f"method '{method}'", what, "Methods: jackknife; taylor with strata and an interval.")
    return shares_of(tally, (by,))


class _Side:
    """One domain of a comparison: counts and bases by cluster (clusters × options)."""

    def __init__(self, strand: str, question: str, y: pd.DataFrame, w: pd.DataFrame) -> None:
        self.strand, self.question, self.y, self.w = strand, question, y, w
        self.options = list(y.columns)

    def over(self, clusters: pd.Index, options: list[str]) -> "_Side":
        y, w = (table.reindex(index=clusters, columns=options, fill_value=0) for table in (self.y, self.w))
        return _Side(self.strand, self.question, y, w)


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


def _of(tally: Tally, question: str) -> Tally:
    """Keep one question of a tally."""
    count = tally.count.loc[:, tally.count.columns.get_level_values("question") == question]
    return Tally(tally.n, tally.asked[[question]], tally.base[[question]], count, tallies.no_values())


def _side(tally: Tally, strand: str, question: str, rows: np.ndarray | slice = slice(None)) -> _Side:
    """Add one question of a tally up by country."""
    y = tally.count[question][rows].groupby(level="country_iso3").sum()
    base = tally.base[question][rows].groupby(level="country_iso3").sum()
    return _Side(strand, question, y, pd.DataFrame(dict.fromkeys(y.columns, base)))


def _sides(question: str, between: str, strand: str, study: Study) -> dict[str, _Side]:
    found = _asked(question, strand, study)
    if between == SYSTEM:
        sides = {
            study.strands[name].system: _side(tallies.read(study, name), name, asked)
            for name, asked in found.items()
        }
    else:
        name, asked = next(iter(found.items()))
        tally = tallies.read(study, name)
        place = domains.names(tally.n.index, between)
        sides = {one: _side(tally, name, asked, place == one) for one in sorted(set(place))}
    if len([side for side in sides if side]) < 2:
        what = f"question '{question}' has fewer than two domains to compare."
        raise bad_input(
            f"between '{between}'", what, "Compare systems by a topic, or the domains of a level."
        )
    clusters = pd.Index(sorted({cluster for side in sides.values() for cluster in side.y.index}))
    options = [
        one
        for one in next(iter(sides.values())).options
        if all(one in side.options for side in sides.values())
    ]
    return {label: side.over(clusters, options) for label, side in sides.items()}


def _pairs(sides: list[str], *, is_system: bool) -> list[tuple[str, list[str]]]:
    named = [side for side in sides if side]
    if is_system or len(named) == 2:
        return [(left, [right]) for place, left in enumerate(named) for right in named[place + 1 :]]
    return [(left, [other for other in sides if other != left]) for left in named]


def _joined(sides: list[_Side]) -> _Side:
    return _Side(
        sides[0].strand, sides[0].question, sum(side.y for side in sides), sum(side.w for side in sides)
    )


def _rows(side: _Side) -> Rows:
    clusters = np.arange(len(side.y))
    return Rows(
        side.y.to_numpy(), side.w.to_numpy(), side.w.to_numpy().max(axis=1), clusters, np.array([0]), [""]
    )


def _is_shown(side: _Side, study: Study) -> np.ndarray:
    """Say of each option whether its share may be shown."""
    units = _rows(side)
    table = pd.DataFrame({name: values[0] for name, values in across(units).items()})
    table = table.assign(
        base=side.w.sum(axis=0).to_numpy(), n_countries=(units.w > 0).sum(axis=0), level="world"
    )
    return presentable(table, study.thresholds)["verdict"].isin(["show", "caution"]).to_numpy()


def _any(sides: dict[str, _Side]) -> list[float]:
    """Rao and Scott's test for each option: chosen or not, by domain; answers in none are left out."""
    found, sides = [], {name: side for name, side in sides.items() if name}
    design = Design.of(np.arange(len(next(iter(sides.values())).y)))
    for option in next(iter(sides.values())).options:
        cells = [
            part for side in sides.values() for part in (side.y[option], side.w[option] - side.y[option])
        ]
        counts = np.column_stack(cells).astype(float)
        found.append(rao_scott(counts, int(counts.sum()), (len(sides), 2), design)["p"])
    return found


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
