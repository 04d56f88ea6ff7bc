"""Complementary suppression: hide as little more as found until nothing small can be worked out, checked by the intruder.

Method: Hundepool et al., Statistical Disclosure Control (2012), ch. 4; greedy, so not the least possible loss.
"""

from dataclasses import replace

import numpy as np

from popresearch.intruder import System, too_narrow

ROUNDS = 60


def complete(system: System, small: np.ndarray, width: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Hide further cells, the cheapest first, until no small one can be narrowed down; returns what may be shown.

    First no sum may hide a single cell, and one that hides a small cell must hide enough beside it; what the audit still finds
    exposed is widened, sum by sum, outward from the cell. Last, what turned out to be hidden for nothing is shown again. Greedy, so
    not the least possible loss, but every result is checked.
    """
    allowed = system.shown.copy()
    system = replace(system, shown=system.shown.copy())
    sums = _Sums(system, small, width, cost)
    sums.settle()
    for _ in range(ROUNDS):
        exposed = np.flatnonzero(too_narrow(system, small, width))
        if not len(exposed):
            _reopen(system, small, width, allowed, cost)
            return system.shown
        if not any([sums.widen(cell) for cell in exposed]):
            break
        sums.settle()
    system.shown[np.unique(exposed // system.shown.shape[1])] = False
    if too_narrow(system, small, width).any():
        system.shown[:] = False
    return system.shown


def _reopen(
    system: System, small: np.ndarray, width: np.ndarray, allowed: np.ndarray, cost: np.ndarray
) -> None:
    """Show again, the dearest first, each cell that protects nobody: of sums of responses all, else those of the world."""
    again = allowed & ~system.shown
    if not system.is_sum or system.partition.any():
        again[:, :-1] = False
    for cell in sorted(map(tuple, np.argwhere(again)), key=lambda cell: -cost[cell]):
        system.shown[cell] = True
        if too_narrow(system, small, width).any():
            system.shown[cell] = False


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
            lines += [
                [option * places + place for option in each] for each in sums for place in range(places)
            ]
    return lines


def unknown_bases(
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
    return ~complete(system, small[None], np.array([width]), base[None])[0]


def most_of_bases(base: np.ndarray, unknown: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Give the most that the base of each country can be: itself where known, else what its region or the world leaves."""
    countries = members.shape[1]
    most = np.where(unknown[:countries], np.inf, base[:countries])
    for row, inside in enumerate(members):
        if not unknown[countries + row]:
            hidden = inside & unknown[:countries]
            most[hidden] = np.minimum(most[hidden], base[:countries][hidden].sum())
    return most
