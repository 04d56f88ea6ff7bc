"""The gate: what leaves is what cannot point at a respondent.

Linked questions of a strand are protected together (see `protection`), then the figures that would give hidden counts away are
withheld. Terms as in Hundepool et al., Statistical Disclosure Control (2012).
"""

import multiprocessing
import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from popresearch import instrument, reference
from popresearch.links import BASE, Link, alone, between, clusters
from popresearch.protection import FEW, SHOWN, SMALL, TO_PROTECT, Question, Union, family, protect
from popresearch.study import Study

__all__ = ["FEW", "SHOWN", "SMALL", "TO_PROTECT", "gate", "protect_bases", "protect_responses"]
LEAST_HIDDEN = 5  # hidden countries of a sum, from which its interval says little of any of them
TELLING = "its interval would give hidden numbers away"
NUMBERS = (
    "count",
    "share",
    "low",
    "high",
    "n_",
    "se",
    "design_effect",
    "least_",
    "most_",
)  # how their columns begin
RANGES = ("least_", "most_")
OPEN = 4  # minimum cells over the base: the step to which ranges are rounded
PRECISION = ("low", "high", "share_by", "share_to", "se", "design_effect", "least_", "most_", "n_effective")


def gate(
    estimates: pd.DataFrame,
    responses: pd.DataFrame,
    study: Study,
    *,
    earlier: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pass estimates and the counts of responses through the gate.

    Returns both with a column `status` (shown, small count, too few answers, protects another); the numbers of hidden cells are
    missing, and of a place with too few answers the base as well. `earlier` are the tables "estimates" and "responses" of the release
    before this one: what has changed since by few is hidden, too.
    """
    counts, regions = protect_responses(responses, study, earlier.get("responses")), _regions(responses)
    jobs = []
    for strand, table in estimates.groupby("strand", sort=False):
        known = counts[(counts["strand"] == strand) & (counts["status"] == SHOWN)]
        published = set(zip(known["level"], known["place"], strict=True))
        before = earlier.get("estimates")
        before = before if before is None else before[before["strand"] == strand]
        jobs += [
            partial(job, published=published, regions=regions, earlier=before)
            for job in _groups(table, strand, study)
        ]
    passed = pd.concat(_done(jobs)).loc[estimates.index].reset_index(drop=True)
    table = _without_telling_intervals(_blanked(passed), regions)
    return _with_coarse_ranges(table, study, _largest_hidden(passed, regions)), _blanked(counts)


def _groups(table: pd.DataFrame, strand: str, study: Study) -> list[partial]:
    """Prepare the protection of a strand's estimates: one job for all questions that are linked to each other."""
    rules = study.strands[strand]
    asked, of_row = instrument.of(rules), table["question"].map(family)
    names = list(dict.fromkeys(of_row))
    links = between(asked, names, set(rules.roles.values()))
    questions = {
        name: Question(
            _adds_up(asked, name), _is_filtered(asked, name, rules.roles), _unions(study, strand, name, asked)
        )
        for name in names
    }
    links += [link for name in names for link in _beside(asked, name, questions[name].unions)]
    return [
        partial(
            protect,
            table[of_row.isin(group)],
            questions={name: questions[name] for name in group},
            links=links,
            minimum_cell=rules.minimum_cell,
            minimum_base=study.thresholds["minimum_base"],
            hide_zero=rules.hide_zero,
        )
        for group in clusters(names, links)
    ]


def _done(jobs: list[partial]) -> list[pd.DataFrame]:
    """Do the jobs, the largest first, on all cores where the system can fork; no job depends on another."""
    jobs = sorted(jobs, key=lambda job: -len(job.args[0]))
    if (os.cpu_count() or 1) == 1 or "fork" not in multiprocessing.get_all_start_methods():
        return [job() for job in jobs]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("fork")) as pool:
        return [done.result() for done in [pool.submit(job) for job in jobs]]


def protect_responses(
    responses: pd.DataFrame, study: Study, earlier: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Add `status` to the counts of responses by strand and place, and to those of all strands together (strand "all").

    The strands of a place add up to its total; each strand keeps its own minimum cell. Where the count of a strand is hidden none of its
    estimates can be shown, so totals are hidden before counts that estimates rest on.
    """
    total = responses.drop_duplicates(["level", "place"]).assign(
        strand="all", count=lambda rows: rows["base"]
    )
    table = pd.concat([responses, total], ignore_index=True)
    table = table.assign(question="responses", option=table["strand"], n=table["base"])
    floors = {name: strand.minimum_cell for name, strand in study.strands.items()}
    total_of_strands = (("responses", "all"), [("responses", name) for name in floors])
    passed = protect(
        table,
        set(),
        questions={"responses": Question(adds_up=False, unions=[total_of_strands])},
        minimum_cell=floors | {"all": study.thresholds["minimum_cell"]},
        regions=_regions(responses),
        earlier=None
        if earlier is None
        else earlier.assign(question="responses", option=earlier["strand"], base=np.nan),
        is_sum=True,
        dear=lambda strand, level, count: (
            strand != "all" and (level != "country" or count >= study.thresholds["minimum_base"])
        ),
    )
    return passed.drop(columns=["question", "option", "n", "base"])


def protect_bases(bases: pd.DataFrame, passed: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Hide how many were asked where so few did not answer, or where that tells a hidden answer; how many had an opinion likewise.

    `bases` as `estimates.bases.missing` counts them; `passed` are the estimates that passed the gate.
    """
    world = passed[(passed["level"] == "world")]
    shown = (world["status"] == SHOWN).groupby([world["strand"], world["question"]]).any()
    quiet = _families(world[world["option"].isin(study.no_opinion) & (world["status"] != SHOWN)])
    keys = pd.MultiIndex.from_frame(bases[["strand", "question"]])
    least = bases["strand"].map({name: strand.minimum_cell for name, strand in study.strands.items()})
    silent = ~keys.isin(shown[shown].index)
    columns = bases[["n", "asked", "answered"]].astype(float)
    for more, fewer in (("n", "asked"), ("asked", "answered")):
        few = (bases[more] - bases[fewer]).between(1, least - 1)
        columns["asked"] = columns["asked"].mask(few)
    known = set(
        world.loc[world["status"] == SHOWN, ["strand", "question", "option"]].itertuples(
            index=False, name=None
        )
    )
    followed = _followed(study)
    tells = [not followed.get(key, set()) <= known for key in _families(bases)]
    columns["asked"] = columns["asked"].mask(np.array(tells))
    opinion = bases["opinion"].astype(float).mask(_families(bases).isin(quiet))
    hidden = columns.assign(opinion=opinion).mask(pd.Series(silent, index=bases.index))
    return bases.assign(**hidden)


def _followed(study: Study) -> dict[tuple[str, str], set[tuple[str, str, str]]]:
    """The answers that a follow-up follows, by strand and question: how many were asked it is how many gave them."""
    found: dict[tuple[str, str], set[tuple[str, str, str]]] = {}
    for name, rules in study.strands.items():
        asked = instrument.of(rules)
        for link in between(asked, list(asked.questions.index), set(rules.roles.values())):
            bases = [question for question, option in link.terms if option == BASE and question]
            others = {(name, *cell) for cell in link.terms if cell[0] not in ("", *bases)}
            if len(bases) == 1 and others:
                found.setdefault((name, bases[0]), set()).update(others)
    return found


def _families(table: pd.DataFrame) -> pd.MultiIndex:
    """Strand and question of each row; a rollup counts as its question, whose answers it takes together."""
    return pd.MultiIndex.from_arrays([table["strand"], table["question"].map(family)])


def _regions(responses: pd.DataFrame) -> dict[str, str]:
    places = reference.countries()["region"]
    return {code: places[code] for code in responses.loc[responses["level"] == "country", "place"].unique()}


def _adds_up(asked: instrument.Instrument, question: str) -> bool:
    return asked.questions.at[question, "kind"] != "many"


def _is_filtered(asked: instrument.Instrument, question: str, roles: dict[str, str]) -> bool:
    """Say whether an answer other than consent and age decides who is asked."""
    needed = set(re.findall(r"\$\{([^}]+)\}", asked.questions.at[question, "relevant"]))
    return bool(needed - set(roles.values()))


def _unions(study: Study, strand: str, question: str, asked: instrument.Instrument) -> list[Union]:
    """Rollup options of a question with the options they take together."""
    options = asked.options_of(question) if asked.questions.at[question, "list"] else pd.DataFrame()
    unions = []
    for name, rollup in study.rollups.items():
        if rollup["questions"].get(strand) != question:
            continue
        members = {whole: list(parts) for whole, parts in rollup.get("options", {}).items()}
        for whole, groups in rollup.get("groups", {}).items():
            members[whole] = list(options.index[options["group"].isin(groups)])
        unions += [
            ((f"{question}.{name}", whole), [(question, part) for part in parts])
            for whole, parts in members.items()
        ]
    return unions


def _beside(asked: instrument.Instrument, question: str, unions: Sequence[Union]) -> list[Link]:
    """Options taken together lie beside those that stand alone: together they are at most the base."""
    apart = {(question, option) for option in alone(asked, question)}
    return [
        Link(dict.fromkeys([whole, *sorted(apart)], 1) | {(question, BASE): -1})
        for whole, members in unions
        if apart and not apart & set(members)
    ]


def _blanked(table: pd.DataFrame) -> pd.DataFrame:
    """Take the numbers out of hidden rows; the base stays where only the cell is hidden."""
    hidden = table["status"] != SHOWN
    numbers = _beginning(table, NUMBERS)
    table = table.copy()
    table[numbers] = table[numbers].astype(float).mask(hidden)
    many = [name for name in ("base", "n") if name in table]
    table[many] = table[many].astype(float).mask(table["status"] == FEW)
    if "verdict" in table:
        pooled = np.where(table["level"] == "country", "pool", "withhold")
        table["verdict"] = table["verdict"].mask(hidden, pd.Series(pooled, index=table.index))
        table["reason"] = table["reason"].mask(hidden, table["status"])
    return table


def _without_telling_intervals(table: pd.DataFrame, regions: dict[str, str]) -> pd.DataFrame:
    """Withhold interval and further views of a region or the world where few of its countries are hidden.

    They are computed from the same counts by country: with the total, the interval of two countries gives both counts exactly.
    """
    n_hidden = hidden_countries(table, regions)
    tells = (table["level"] != "country") & (table["status"] == SHOWN) & few_hidden(n_hidden)
    numbers = _beginning(table, PRECISION)
    table[numbers] = table[numbers].mask(tells)
    table.loc[tells, ["verdict", "reason"]] = "withhold", TELLING
    return table


def hidden_countries(table: pd.DataFrame, regions: dict[str, str]) -> pd.Series:
    """Count for each cell of a region or the world the countries it is the sum of and whose own cell is not shown."""
    keys = ["strand", "question", "option", "level", "place"]
    seen = table[(table["level"] == "country") & (table["status"] == SHOWN) & (table["base"] > 0)]
    around = [
        seen.assign(level="region", place=seen["place"].map(regions)),
        seen.assign(level="world", place=""),
    ]
    n_seen = pd.concat(around).groupby(keys).size().reindex(pd.MultiIndex.from_frame(table[keys]))
    return table["n_countries"].astype(float) - n_seen.fillna(0).to_numpy()


def _largest_hidden(table: pd.DataFrame, regions: dict[str, str]) -> np.ndarray:
    """Give for each cell of a region or the world the base of the largest country hidden in it, up to the next ten; 0 where none is."""
    keys = ["strand", "question", "option", "level", "place"]
    hidden = table[(table["level"] == "country") & (table["status"] != SHOWN)]
    around = [
        hidden.assign(level="region", place=hidden["place"].map(regions)),
        hidden.assign(level="world", place=""),
    ]
    most = pd.concat(around).groupby(keys)["base"].max().reindex(pd.MultiIndex.from_frame(table[keys]))
    return np.ceil(most.fillna(0).to_numpy(dtype=float) / 10) * 10


def few_hidden(n_hidden: pd.Series) -> pd.Series:
    """Say where so few countries are hidden that a figure made from them gives their numbers away."""
    return n_hidden.between(1, LEAST_HIDDEN - 1)


def _with_coarse_ranges(table: pd.DataFrame, study: Study, largest: np.ndarray) -> pd.DataFrame:
    """Round the least and the most that a share becomes without any one unit, outward, so that they leave that unit's count open.

    Without a unit of base w a share of base W is (Y − y) / (W − w); a step s leaves y open by s (W − w). With four minimum cells over W
    that is at least one minimum cell, for any unit with up to three quarters of the answers. All other units lie within the range as well,
    so it is as wide as if the `largest` hidden country had all of its answers there, or none. Within a country the range stays inside.
    """
    ranges = _beginning(table, RANGES)
    if not ranges:
        return table
    least = table["strand"].map({name: strand.minimum_cell for name, strand in study.strands.items()})
    step = np.ceil(OPEN * least / table["base"].where(table["base"] > 0) * 100).clip(1, 100) / 100
    rest = (table["base"] - largest).where(table["base"] > largest)
    lowest, highest = ((table["count"] - largest) / rest).fillna(0), (table["count"] / rest).fillna(1)
    for name in ranges:
        is_least = name.startswith("least")
        outward = np.floor if is_least else np.ceil
        widened = np.minimum(table[name], lowest) if is_least else np.maximum(table[name], highest)
        rounded = (outward((widened / step).round(9)) * step).clip(0, 1)
        table[name] = rounded.mask(table["level"] == "country")
    return table


def _beginning(table: pd.DataFrame, words: tuple[str, ...]) -> list[str]:
    """The columns whose names begin with one of the words; `system` is no `se`."""
    return [
        name
        for name in table.columns
        if name in words or name.startswith(tuple(f"{word.rstrip('_')}_" for word in words))
    ]
