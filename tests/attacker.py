"""An intruder who knows nothing of the gate: reads what is shown, writes down every sum, and tries all whole numbers.

`by_hand` enumerates every table that fits what is shown; `by_solver` finds the same ends for larger tables (whole-number programs of
SciPy). Neither shares code with popresearch.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

SHOWN, FEW = "shown", "too few answers"
VERY_MANY = 1000.0  # answers, where nothing says how many


@dataclass
class Puzzle:
    """Unknown whole numbers with their bounds, and sums of them with theirs."""

    low: dict[object, float] = field(default_factory=dict)
    high: dict[object, float] = field(default_factory=dict)
    sums: list[tuple[dict[object, int], float, float]] = field(default_factory=list)

    def equal(self, parts: dict[object, int], total: float) -> None:
        self.sums.append((parts, total, total))

    def at_most(self, parts: dict[object, int], most: float) -> None:
        self.sums.append((parts, -np.inf, most))


def puzzle(
    table: pd.DataFrame,
    regions: dict[str, str],
    *,
    partition: bool,
    unions: list = (),
    published: set = frozenset(),
    zeros_are_shown: bool = False,
) -> Puzzle:
    """Write down all that the shown cells of one question say (question, option, level, place, n, base, count, status).

    `published`: (level, place) whose n is public. The base of a place is public unless the place has too few answers. An intruder who
    knows that zeros are shown takes every other hidden count of a shown base to be at least one.
    """
    found = Puzzle()
    cells = {(row.question, row.option, row.level, row.place): row for row in table.itertuples(index=False)}
    options = list(dict.fromkeys((question, option) for question, option, *_ in cells))
    places = list(dict.fromkeys((level, place) for *_, level, place in cells))
    countries = [place for level, place in places if level == "country"]
    row_of = {(level, place): cells[(*options[0], level, place)] for level, place in places}
    rest = row_of["world", ""].n - sum(row_of["country", code].n for code in countries)
    names = [*countries, *([""] if rest else [])]
    limit = float(row_of["world", ""].n) if ("world", "") in published else VERY_MANY
    for code in names:
        own = row_of.get(("country", code)) if code else None
        known = own is not None and own.status != FEW
        most = float(own.n) if code and ("country", code) in published else limit
        found.low["base", code] = float(own.base) if known else 0.0
        found.high["base", code] = float(own.base) if known else most
        for option in options:
            cell = cells.get((*option, "country", code)) if code else None
            shown = cell is not None and cell.status == SHOWN
            least = float(zeros_are_shown and known and not shown and cell.count > 0)
            found.low[option, code] = float(cell.count) if shown else least
            found.high[option, code] = float(cell.count) if shown else most
    for (level, place), own in row_of.items():
        if level == "country":
            continue
        inside = [code for code in names if level == "world" or regions.get(code) == place]
        if own.status != FEW:
            found.equal({("base", code): 1 for code in inside}, own.base)
        for option in options:
            cell, parts = cells[(*option, level, place)], {(option, code): 1 for code in inside}
            if cell.status == SHOWN:
                found.equal(parts, cell.count)
    for code in names:
        own = [option for option in options if option[0] == options[0][0]]
        if partition:
            found.equal({**{(option, code): 1 for option in own}, ("base", code): -1}, 0)
        for option in options:
            found.at_most({(option, code): 1, ("base", code): -1}, 0)
        for whole, members in unions:
            parts = {**{(member, code): 1 for member in members}, (whole, code): -1}
            if partition:
                found.equal(parts, 0)
                continue
            found.at_most({name: -sign for name, sign in parts.items()}, 0)
            for member in members:
                found.at_most({(member, code): 1, (whole, code): -1}, 0)
    return found


def inside(table: pd.DataFrame, regions: dict[str, str], level: str, place: str) -> list[str]:
    """The countries that a cell is the sum of; in the world also the answers that name none."""
    codes = list(table.loc[table["level"] == "country", "place"].unique())
    if level == "country":
        return [place]
    return [code for code in codes if regions.get(code) == place] if level == "region" else [*codes, ""]


def by_solver(found: Puzzle, target: list[object]) -> tuple[float, float]:
    """The least and the most that a sum of unknowns can be, in whole numbers."""
    names = list(found.low)
    number = {name: position for position, name in enumerate(names)}
    matrix = np.zeros((len(found.sums), len(names)))
    for line, (parts, _, _) in enumerate(found.sums):
        for name, sign in parts.items():
            matrix[line, number[name]] += sign
    sums = LinearConstraint(matrix, [low for _, low, _ in found.sums], [high for *_, high in found.sums])
    bounds = Bounds([found.low[name] for name in names], [found.high[name] for name in names])
    wanted = np.zeros(len(names))
    wanted[[number[name] for name in target if name in number]] = 1
    ends = []
    for sign in (1, -1):
        solved = milp(sign * wanted, constraints=sums, bounds=bounds, integrality=np.ones(len(names)))
        assert solved.status == 0, f"the puzzle has no solution: {solved.message}"
        ends.append(sign * round(solved.fun))
    return ends[0], ends[1]


def by_hand(found: Puzzle, target: list[object]) -> tuple[float, float]:
    """The same by trying every table: only for very small ones."""
    totals = [sum(values[name] for name in target if name in values) for values in _solutions(found)]
    return min(totals), max(totals)


def _solutions(found: Puzzle) -> Iterator[dict[object, int]]:
    names = sorted(found.low, key=lambda name: found.high[name] - found.low[name])
    values: dict[object, int] = {}

    def fits() -> bool:
        for parts, low, high in found.sums:
            least = most = 0.0
            for name, sign in parts.items():
                ends = (values[name],) * 2 if name in values else (found.low[name], found.high[name])
                least += min(sign * end for end in ends)
                most += max(sign * end for end in ends)
            if least > high or most < low:
                return False
        return True

    def tried(position: int) -> Iterator[dict[object, int]]:
        if position == len(names):
            yield dict(values)
            return
        name = names[position]
        for value in range(int(found.low[name]), int(found.high[name]) + 1):
            values[name] = value
            if fits():
                yield from tried(position + 1)
        del values[name]

    yield from tried(0)
