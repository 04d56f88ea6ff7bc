"""The gate: what leaves is what cannot point at a respondent.

First the rules hide what is small (primary suppression), then as few other cells as found are hidden until nothing hidden can be
worked out from what is shown (complementary suppression), checked by `intruder` over each question's whole system of sums.
Terms as in Hundepool et al., Statistical Disclosure Control (2012).
"""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from popresearch import instrument, reference
from popresearch.intruder import VERY_LARGE, System, too_narrow
from popresearch.study import Study

SHOWN, SMALL, FEW, TO_PROTECT = "shown", "small count", "too few answers", "protects another"
ROUNDS = 60
LEAST_HIDDEN = 5  # hidden countries of a sum, from which its interval says little of any of them
TELLING = "its interval would give hidden numbers away"


def gate(estimates: pd.DataFrame, responses: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pass estimates and the counts of responses through the gate.

    Returns both with a column `status` (shown, small count, too few answers, protects another); the numbers of hidden cells are
    missing, and of a place with too few answers the base as well.
    """
    counts = protect_responses(responses, study)
    passed = []
    for strand, table in estimates.groupby("strand", sort=False):
        rules = study.strands[strand]
        asked = instrument.read(rules.instrument, strand)
        known = counts[(counts["strand"] == strand) & (counts["status"] == SHOWN)]
        published = set(zip(known["level"], known["place"], strict=True))
        passed += [
            protect(
                rows,
                published,
                minimum_cell=rules.minimum_cell,
                minimum_base=study.thresholds["minimum_base"],
                hide_zero=rules.hide_zero,
                partition=_adds_up(asked, str(family)),
                filtered=_is_filtered(asked, str(family), rules.roles),
                unions=_unions(study, strand, str(family), asked),
                regions=_regions(responses),
            )
            for family, rows in table.groupby(table["question"].str.partition(".")[0], sort=False)
        ]
    table = _blanked(pd.concat(passed, ignore_index=True))
    return _without_telling_intervals(table, _regions(responses)), _blanked(counts)


def protect(
    table: pd.DataFrame,
    published: set[tuple[str, str]],
    *,
    minimum_cell: int | dict[str, int],
    minimum_base: int = 0,
    hide_zero: bool = False,
    partition: bool,
    filtered: bool = False,
    unions: list[tuple[tuple[str, str], list[tuple[str, str]]]] = (),
    regions: dict[str, str],
    is_sum: bool = False,
    dear: Callable[[str, str, float], bool] = lambda option, level, count: False,
) -> pd.DataFrame:
    """Add `status` to the cells of one question and its rollups (question, option, level, place, n, base, count).

    `published`: the (level, place) whose number of responses is public. `partition`: the options add up to the base. `filtered`:
    who was asked depends on an earlier answer, so that a base a little below the number of responses gives that answer away. A place
    outside `published`, or with the answers of a few organisations only, shows nothing; no small base can be had by subtraction.
    `regions`: country → region. A country without a region still adds to the world. `minimum_cell` may differ by option. `is_sum`: an
    option that takes others together is their sum, also where the options do not add up to the base. `dear` says of an option, a level
    and a count whether it is hidden for others only where nothing else can be.
    """
    cells, places, options = _square(table, regions)
    base, n = (cells[name].max(axis=0) for name in ("base", "n"))
    count = cells["count"]
    outside = n - base
    number = {option: row for row, option in enumerate(options)}
    is_public = np.array([key in published for key in places])
    is_part = np.array([partition and question == options[0][0] for question, _ in options])
    floor = np.array(
        [minimum_cell[option] if isinstance(minimum_cell, dict) else minimum_cell for _, option in options]
    )[:, None]
    gives_away = filtered & (outside > 0) & (outside < floor.max())
    few = (base < minimum_base) | gives_away
    if not is_sum:
        organisations = cells["n_organisations"].max(axis=0)
        few |= ~is_public | ((organisations > 0) & (organisations < floor.max()))
    nearly_all = ~(is_part | is_sum)[:, None] & (base - count > 0) & (base - count < floor) & (count > 0)
    small = ((count > 0) & (count < floor)) | nearly_all
    if hide_zero:
        small |= ((count == 0) | (count == base)) & (base > 0)
    countries = [place for level, place in places if level == "country"]
    members = np.array(
        [
            [level == "world" or regions.get(country, "") == place for country in countries]
            for level, place in places
            if level != "country"
        ],
        dtype=bool,
    )
    upper = np.where(is_public & (not is_sum), n, np.inf)[: len(countries)]
    unknown = np.zeros(len(places), dtype=bool)
    if not is_sum:
        too_small = gives_away | (few & (base > 0) & (base < floor.max()))
        unknown = _unknown_bases(base, too_small, is_public, members, upper, floor.max())
        few |= unknown
        upper = np.minimum(upper, _at_most(base, unknown, members))
    unnamed = np.array([key == ("country", "") for key in places])
    hidden = small | few | unnamed
    system = System(
        counts=count,
        shown=~hidden,
        members=members,
        base=base,
        base_shown=~unknown & (not is_sum),
        partition=is_part,
        is_sum=partition or is_sum,
        lower=((count > 0) & ~few & ~unnamed & (not hide_zero)).astype(float)[:, : len(countries)],
        upper=upper,
        unions=[
            (number[whole], [number[part] for part in parts]) for whole, parts in unions if whole in number
        ],
    )
    levels = [level for level, _ in places]
    is_dear = [
        [dear(option, *cell) for cell in zip(levels, row, strict=True)]
        for (_, option), row in zip(options, count, strict=True)
    ]
    shown = _complete(system, small, floor[:, 0], count + VERY_LARGE * np.array(is_dear))
    status = np.where(shown, SHOWN, np.where(few, FEW, np.where(small, SMALL, TO_PROTECT)))
    column = {place: number for number, place in enumerate(places)}
    rows = [number[key] for key in zip(table["question"], table["option"], strict=True)]
    columns = [column[key] for key in zip(table["level"], table["place"], strict=True)]
    return table.assign(status=status[rows, columns])


def protect_responses(responses: pd.DataFrame, study: Study) -> pd.DataFrame:
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
    unions = [(("responses", "all"), [("responses", name) for name in floors])]
    passed = protect(
        table,
        set(),
        minimum_cell=floors | {"all": study.thresholds["minimum_cell"]},
        partition=False,
        unions=unions,
        regions=_regions(responses),
        is_sum=True,
        dear=lambda strand, level, count: (
            strand != "all" and (level != "country" or count >= study.thresholds["minimum_base"])
        ),
    )
    return passed.drop(columns=["question", "option", "n", "base"])


def _unknown_bases(
    base: np.ndarray,
    small: np.ndarray,
    is_public: np.ndarray,
    members: np.ndarray,
    upper: np.ndarray,
    width: float,
) -> np.ndarray:
    """Say of which places the base has to stay unknown: bases add up too, so a small one needs others hidden beside it.

    A base that is hidden but not small may be worked out; the audit of the counts takes it as known.
    """
    nothing = np.zeros(len(base), dtype=bool)
    system = System(
        counts=base[None],
        shown=(is_public & ~small)[None],
        members=members,
        base=base,
        base_shown=nothing,
        upper=upper,
        partition=nothing[:1],
    )
    return ~_complete(system, small[None], np.array([width]), base[None])[0]


def _at_most(base: np.ndarray, unknown: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Give the most that the base of each country can be: itself where known, else what its region or the world leaves."""
    countries = members.shape[1]
    most = np.where(unknown[:countries], np.inf, base[:countries])
    for row, inside in enumerate(members):
        if not unknown[countries + row]:
            hidden = inside & unknown[:countries]
            most[hidden] = np.minimum(most[hidden], base[:countries][hidden].sum())
    return most


def _complete(system: System, small: np.ndarray, width: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Hide further cells, the cheapest first, until no small one can be narrowed down; returns what may be shown.

    First no sum may hide a single cell, and one that hides a small cell must hide enough beside it; what the audit still finds
    exposed is widened, sum by sum, outward from the cell. Greedy, so not the least possible loss, but every result is checked.
    """
    system = replace(system, shown=system.shown.copy())
    sums = _Sums(system, small, width, cost)
    sums.settle()
    for _ in range(ROUNDS):
        exposed = np.flatnonzero(too_narrow(system, small, width))
        if not len(exposed):
            return system.shown
        if not any([sums.widen(cell) for cell in exposed]):
            break
        sums.settle()
    system.shown[np.unique(exposed // system.shown.shape[1])] = False
    if too_narrow(system, small, width).any():
        system.shown[:] = False
    return system.shown


class _Sums:
    """The sums of a system, each as the numbers of its cells, and the hiding of cells in them."""

    def __init__(self, system: System, small: np.ndarray, width: np.ndarray, cost: np.ndarray) -> None:
        self.shown, self.counts, self.small, self.cost = (
            cells.reshape(-1) for cells in (system.shown, system.counts, small, cost)
        )
        self.width = np.repeat(np.asarray(width, dtype=float), system.shown.shape[1])
        self.lines = [np.array(line) for line in _lines(system) if len(line) > 1]
        self.of_cell: list[list[int]] = [[] for _ in range(self.shown.size)]
        for number, line in enumerate(self.lines):
            for cell in line:
                self.of_cell[cell].append(number)

    def settle(self) -> None:
        """Thicken all sums until none is thin."""
        while any([self.thicken(line) for line in self.lines]):
            pass

    def thicken(self, line: np.ndarray, *, beside: float = 0.0) -> bool:
        """Hide the cheapest shown cell of a sum that hides one cell alone, or too little for a small one; say whether it did.

        `beside` asks for so much hidden beside the largest hidden cell.
        """
        shown = self.shown[line]
        hidden = line[~shown]
        if not len(hidden) or not shown.any():
            return False
        needed = self.width[hidden[self.small[hidden]]].max(initial=0.0)
        counts = self.counts[hidden]
        if len(hidden) >= 2 and counts.sum() >= needed and counts.sum() - counts.max() >= beside:
            return False
        choice = line[shown]
        choice = choice[self.counts[choice] > 0] if (self.counts[choice] > 0).any() else choice
        self.shown[choice[np.argmin(self.cost[choice])]] = False
        return True

    def widen(self, cell: int) -> bool:
        """Hide more around an exposed cell: in its own sums, else in the nearest sum of its hidden neighbours; else anything beside it."""
        own = self.of_cell[cell]
        return (
            any([self.thicken(self.lines[number], beside=self.width[cell]) for number in own])
            or self._widen_around(cell)
            or any(self.thicken(self.lines[number], beside=np.inf) for number in own)
        )

    def _widen_around(self, cell: int) -> bool:
        seen, frontier = {cell}, [cell]
        while frontier:
            lines = sorted({number for near in frontier for number in self.of_cell[near]})
            if any(self.thicken(self.lines[number], beside=self.width[cell]) for number in lines):
                return True
            near = {other for number in lines for other in self.lines[number].tolist()}
            frontier = sorted(other for other in near - seen if not self.shown[other])
            seen |= near
        return False


def _lines(system: System) -> list[list[int]]:
    """All sums of a system: places that add up, options that add up, options taken together; cells numbered row by row."""
    options, places = system.shown.shape
    countries = system.n_countries
    alone = np.flatnonzero(~system.members[:-1].any(axis=0))
    across = [[*np.flatnonzero(inside), countries + row] for row, inside in enumerate(system.members[:-1])]
    across.append([*alone, *range(countries, places)])
    lines = [[option * places + place for place in line] for option in range(options) for line in across]
    parts = np.flatnonzero(system.partition)
    lines += [[option * places + place for option in parts] for place in range(places) if len(parts)]
    for whole, members in system.unions:
        if system.is_sum or len(members) == 1:
            sums = [(whole, *members)]
            if len(parts):  # what is not taken together is the base less the whole
                sums.append((whole, *np.setdiff1d(parts, members)))
            lines += [[option * places + place for option in each] for each in sums for place in range(places)]
    return lines


def _square(table: pd.DataFrame, regions: dict[str, str]) -> tuple[dict[str, np.ndarray], list, list]:
    """Lay the cells out as options × places: countries (with the answers that name none), regions, world."""
    wide = {
        name: table.pivot(index=["question", "option"], columns=["level", "place"], values=name)
        for name in ("n", "base", "count", "n_organisations")
        if name in table
    }
    order = {
        key: position
        for position, key in enumerate(dict.fromkeys(zip(table["question"], table["option"], strict=True)))
    }
    rank = {"country": 0, "region": 1, "world": 2}
    places = sorted(wide["n"].columns, key=lambda key: (rank[key[0]], key[1]))
    cells = {
        name: frame.reindex(index=list(order), columns=places).to_numpy(dtype=float)
        for name, frame in wide.items()
    }
    rest = {
        name: values[:, [places.index(("world", ""))]]
        - values[:, [i for i, key in enumerate(places) if key[0] == "country"]].sum(axis=1, keepdims=True)
        for name, values in cells.items()
    }
    if not rest["n"].any():
        return cells, places, list(order)
    cells = {name: np.hstack([rest[name], values]) for name, values in cells.items()}
    return cells, [("country", ""), *places], list(order)


def _regions(responses: pd.DataFrame) -> dict[str, str]:
    places = reference.countries()["region"]
    return {code: places[code] for code in responses.loc[responses["level"] == "country", "place"].unique()}


def _adds_up(asked: instrument.Instrument, question: str) -> bool:
    return asked.questions.at[question, "kind"] != "many"


def _is_filtered(asked: instrument.Instrument, question: str, roles: dict[str, str]) -> bool:
    """Say whether an answer other than consent and age decides who is asked."""
    needed = set(re.findall(r"\$\{([^}]+)\}", asked.questions.at[question, "relevant"]))
    return bool(needed - set(roles.values()))


def _unions(study: Study, strand: str, question: str, asked: instrument.Instrument) -> list:
    """Rollup options of a question with the options they take together."""
    options = asked.options_of(question) if asked.questions.at[question, "list"] else pd.DataFrame()
    unions = []
    for name, rollup in study.rollups.items():
        if rollup["questions"].get(strand) == question:
            for whole, members in rollup.get("options", {}).items():
                unions.append(((f"{question}.{name}", whole), [(question, member) for member in members]))
            for whole, groups in rollup.get("groups", {}).items():
                members = options.index[options["group"].isin(groups)]
                unions.append(((f"{question}.{name}", whole), [(question, member) for member in members]))
    return unions


def _blanked(table: pd.DataFrame) -> pd.DataFrame:
    """Take the numbers out of hidden rows; the base stays where only the cell is hidden."""
    hidden = table["status"] != SHOWN
    numbers = [
        name for name in table.columns if name == "count" or name.startswith(("share", "low", "high", "n_"))
    ]
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
    keys = ["strand", "question", "option", "level", "place"]
    seen = table[(table["level"] == "country") & (table["status"] == SHOWN) & (table["base"] > 0)]
    around = [
        seen.assign(level="region", place=seen["place"].map(regions)),
        seen.assign(level="world", place=""),
    ]
    n_seen = pd.concat(around).groupby(keys).size().reindex(pd.MultiIndex.from_frame(table[keys]))
    n_hidden = table["n_countries"] - n_seen.fillna(0).to_numpy()
    tells = (table["level"] != "country") & (table["status"] == SHOWN) & n_hidden.between(1, LEAST_HIDDEN - 1)
    numbers = [name for name in table if name.startswith(("low", "high", "share_by", "n_effective"))]
    table[numbers] = table[numbers].mask(tells)
    table.loc[tells, ["verdict", "reason"]] = "withhold", TELLING
    return table
