"""Complementary suppression: hide as little more as found until nothing small can be worked out, checked by the intruder.

Method: Hundepool et al., Statistical Disclosure Control (2012), ch. 4; greedy, so not the least possible loss.
"""

from dataclasses import dataclass, replace

import numpy as np

from popresearch.intruder import System, open_within, too_narrow

ROUNDS = 20
NO_ROOM = 1e7  # the price of hiding what protects nobody: above what is dear, below a base
LOOKS = 12  # at what might be shown again of questions, whose programs are large


@dataclass(frozen=True)
class Hiding:
    """What may be hidden in a system, and at what price.

    `small` marks what has to be hidden, `width` says for each row how far the intruder must stay from knowing it, `cost` what hiding a cell
    costs. `sums` lists rows that add up to something known. `base` gives for each row the row of its base (−1: none): without its base
    nothing of a question is shown. `is_fixed` rows are as published elsewhere and stay as they are.
    """

    small: np.ndarray
    width: np.ndarray
    cost: np.ndarray
    sums: list[np.ndarray]
    base: np.ndarray
    is_fixed: np.ndarray

    @property
    def is_base(self) -> np.ndarray:
        """The rows that are the base of others."""
        return np.isin(np.arange(len(self.base)), self.base)


def complete(system: System, hiding: Hiding) -> np.ndarray:
    """Hide further cells, the cheapest first, until no small one can be narrowed down; returns what may be shown.

    First no sum may hide a single cell, and one that hides a small cell must hide enough beside it; what the audit still finds
    exposed is widened, sum by sum, outward from the cell. Last, what turned out to be hidden for nothing is shown again. Greedy, so
    not the least possible loss, but every result is checked.
    """
    allowed = system.shown.copy()
    system = replace(system, shown=system.shown.copy())
    sums = _Sums(system, hiding)
    sums.settle()
    is_open = open_within(system, hiding.small, hiding.width)
    suspected = hiding.small & ~is_open
    for patience in range(1, ROUNDS):
        suspected = too_narrow(system, suspected, hiding.width)  # hiding more narrows nothing
        exposed = np.flatnonzero(suspected)
        if not len(exposed):
            _reopen(system, hiding, allowed, is_open)
            return system.shown
        if not any(
            [sums.widen(cell) for cell in np.repeat(exposed, patience)]
        ):  # what stays exposed, more each time
            break
        sums.settle()
    free = ~hiding.is_fixed
    rows = np.unique(exposed // system.shown.shape[1])
    with_base = np.isin(hiding.base, hiding.base[rows]) & (hiding.base >= 0)
    system.shown[(np.isin(np.arange(len(free)), rows) | with_base) & free] = False
    if too_narrow(system, hiding.small, hiding.width).any():
        system.shown[free] = False
    return system.shown


def _reopen(system: System, hiding: Hiding, allowed: np.ndarray, is_open: np.ndarray) -> None:
    """Show again, the dearest first, each cell of a whole that protects nobody: of sums of responses all, else those of the world."""
    again = allowed & ~system.shown & ~hiding.is_base[:, None]
    has_bases = (hiding.base >= 0).any()
    if has_bases:
        again[:, :-1] = False
        again &= system.shown[hiding.base]
    doubtful = hiding.small
    if not again[:, : system.n_countries].any():
        doubtful = doubtful & ~is_open  # only sums are shown again
    cells = sorted(map(tuple, np.argwhere(again)), key=lambda cell: -hiding.cost[cell])
    queue, looks = ([cells], LOOKS) if has_bases else ([[cell] for cell in cells], len(cells))
    for _ in range(looks):  # many at once; where that gives too much away, half of them
        if not any(queue):
            return
        some = queue.pop(0)
        where = tuple(np.transpose(some))
        system.shown[where] = True
        if too_narrow(system, doubtful, hiding.width).any():
            system.shown[where] = False
            half = len(some) // 2
            queue = [part for part in (some[:half], some[half:]) if half] + queue


class _Sums:
    """The sums of a system, each as the numbers of its cells, and the hiding of cells in them."""

    def __init__(self, system: System, hiding: Hiding) -> None:
        self.places, self.base = system.shown.shape[1], hiding.base
        least = np.hstack([system.lower, system.lower @ system.members.T])
        self.shown, self.room, self.small, self.cost = (  # room: how far a count may fall
            cells.reshape(-1) for cells in (system.shown, system.counts - least, hiding.small, hiding.cost)
        )
        self.width = np.repeat(np.asarray(hiding.width, dtype=float), self.places)
        self.fixed, self.is_base = (
            np.repeat(rows, self.places) for rows in (hiding.is_fixed, hiding.is_base)
        )
        self.lines = [np.array(line) for line in _lines(system, hiding) if len(line) > 1]
        self.of_cell: list[list[int]] = [[] for _ in range(self.shown.size)]
        for number, line in enumerate(self.lines):
            for cell in line:
                self.of_cell[cell].append(number)
        self.relations = system.relations
        self.of_row: list[list[int]] = [[] for _ in self.base]
        for number, relation in enumerate(system.relations):
            for row in relation.rows:
                self.of_row[row].append(number)

    def settle(self) -> None:
        """Thicken all sums until none is thin."""
        while any([self.thicken(line) for line in self.lines]):
            pass

    def thicken(self, line: np.ndarray, *, beside: float = 0.0) -> bool:
        """Hide the cheapest shown cell of a sum that hides one cell alone, or too little for a small one; say whether it did.

        `beside` asks for so much hidden beside the largest hidden cell.
        """
        hidden = line[~self.shown[line]]
        is_small = self.small[hidden]
        if not len(hidden) or (self.is_base[line[0]] and not is_small.any()):
            return False
        needed = self.width[hidden[is_small]].max(initial=0.0)
        room = self.room[hidden]
        if len(hidden) >= 2 and room.sum() >= needed and room.sum() - room.max() >= beside:
            return False
        return self.hide_cheapest(line)

    def hide_cheapest(self, cells: np.ndarray) -> bool:
        """Hide the cheapest of the shown cells, rather one whose count may fall; say whether there was any."""
        choice = cells[self.shown[cells] & ~self.fixed[cells]]
        if not len(choice):
            return False
        price = self.cost[choice] + NO_ROOM * (self.room[choice] <= 0)
        self.hide(int(choice[np.argmin(price)]))
        return True

    def hide(self, cell: int) -> None:
        """Hide a cell, and with a base all that stands on it."""
        row, place = divmod(cell, self.places)
        self.shown[cell] = False
        self.shown[np.flatnonzero(self.base == row) * self.places + place] = False

    def widen(self, cell: int) -> bool:
        """Hide more around an exposed cell: in its own sums, in the nearest sum of its hidden neighbours, in what it is linked to."""
        own = self.of_cell[cell]
        return (
            any([self.thicken(self.lines[number], beside=self.width[cell]) for number in own])
            or self._widen_around(cell)
            or self._widen_links(cell)
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

    def _widen_links(self, cell: int) -> bool:
        """Hide the cheapest cell that shares a relation with the exposed one in its place; of a sum, in the places that it hides."""
        row, place = divmod(cell, self.places)
        rows = {other for number in self.of_row[row] for other in self.relations[number].rows.tolist()}
        near = [
            place,
            *(other % self.places for number in self.of_cell[cell] for other in self.lines[number]),
        ]
        hidden = [one for one in dict.fromkeys(near) if not self.shown[row * self.places + one]]
        linked = np.array(sorted(rows - {row}), dtype=int) * self.places
        options = linked[~self.is_base[linked]]
        return any(self.hide_cheapest(options + one) for one in hidden) or self.hide_cheapest(linked + place)


def _lines(system: System, hiding: Hiding) -> list[list[int]]:
    """All sums of a system: places that add up, and in each place rows that add up; cells numbered row by row."""
    rows, places = system.shown.shape
    countries = system.n_countries
    alone = np.flatnonzero(~system.members[:-1].any(axis=0))
    across = [[*np.flatnonzero(inside), countries + row] for row, inside in enumerate(system.members[:-1])]
    across.append([*alone, *range(countries, places)])
    free = np.flatnonzero(~hiding.is_fixed)
    lines = [[row * places + place for place in line] for row in free for line in across]
    return lines + [[row * places + place for row in each] for each in hiding.sums for place in range(places)]
