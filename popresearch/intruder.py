"""What someone who reads all published numbers of a question can work out about the hidden ones: linear programming, exact bounds.

The counts of a question form one system of sums: countries add up to regions and the world, the options of a choose-one question
add up to its base, options taken together lie between the largest and the sum of their members. Method: the audit of cell
suppression (Fischetti and Salazar-González 2000; Hundepool et al., Statistical Disclosure Control, 2012, ch. 4).
"""

from dataclasses import dataclass, field

import highspy
import numpy as np
from scipy.sparse import coo_array, csr_array

LOOKS = 3  # random directions between two counts of what is still narrow
VERY_LARGE = 1e6  # stands for "no bound known"


@dataclass
class System:
    """The counts of one question (options × places) with what is published of them.

    Places are countries first, then regions, then the world; `members` marks for each region and the world which countries add up to it.
    `upper` bounds a country's cells by its base or its number of responses (infinite where neither is published). `partition` marks the
    options that add up to the base; `unions` lists options taken together with their members, and `is_sum` says that members exclude each
    other, so that such an option is their sum. `lower` is 1 where a hidden count cannot be zero, since zeros are shown.
    """

    counts: np.ndarray
    shown: np.ndarray
    members: np.ndarray
    base: np.ndarray
    base_shown: np.ndarray
    upper: np.ndarray
    partition: np.ndarray
    is_sum: bool = False
    unions: list[tuple[int, list[int]]] = field(default_factory=list)
    lower: np.ndarray | float = 0.0

    @property
    def n_countries(self) -> int:
        """Number of countries, the first of the places."""
        return self.members.shape[1]


def too_narrow(system: System, sensitive: np.ndarray, least_width: np.ndarray) -> np.ndarray:
    """Mark the sensitive cells that an intruder can narrow to an interval of less than `least_width` (one width an option).

    A shown cell is known exactly. Only the hidden ones need linear programs; a solution found for one cell is a witness for the
    others, so that few programs are needed.
    """
    exposed = sensitive & system.shown
    targets = np.argwhere(sensitive & ~system.shown)
    if not len(targets):
        return exposed
    program = _Program(system)
    wanted = np.asarray(least_width, dtype=float)[targets[:, 0]]
    target = program.sums(targets)
    low, high = np.full(len(targets), np.inf), np.full(len(targets), -np.inf)

    def witness(weights: np.ndarray) -> int:
        """Look for solutions that differ in the weighted direction; returns how many cells are still narrow."""
        for sign in (1.0, -1.0):
            values = target @ program.minimise(sign * (weights @ target))
            np.minimum(low, values, out=low)
            np.maximum(high, values, out=high)
        return int((high - low < wanted).sum())

    random = np.random.default_rng(1)
    narrow, before = len(targets), len(targets) + 1
    while 0 < narrow < before:
        before = narrow
        for _ in range(LOOKS):
            narrow = witness(random.normal(size=len(targets)) * (high - low < wanted))
    for cell in np.flatnonzero(high - low < wanted):
        if high[cell] - low[cell] < wanted[cell]:
            witness(np.eye(1, len(targets), cell)[0])
    exposed[tuple(targets.T)] = high - low < wanted - 1e-6
    return exposed


class _Program:
    """The linear program over the unknown country cells of a system."""

    def __init__(self, system: System) -> None:
        self.system = system
        countries = system.n_countries
        self.unknown = ~system.shown[:, :countries]
        self.number = np.full(self.unknown.shape, -1)
        self.number[self.unknown] = np.arange(self.unknown.sum())
        self.size = int(self.unknown.sum())
        self.equal: list[tuple[np.ndarray, np.ndarray, float]] = []
        self.below: list[tuple[np.ndarray, np.ndarray, float]] = []
        self._sums()
        self._partitions()
        self._unions()
        lower, upper = (
            np.broadcast_to(bound, self.unknown.shape)[self.unknown].astype(float)
            for bound in (system.lower, system.upper)
        )
        self.solver = _solver(lower, np.minimum(upper, VERY_LARGE), self.equal, self.below)

    def sums(self, cells: np.ndarray) -> csr_array:
        """Cells × unknowns: which unknowns add up to the hidden part of each cell (option, place)."""
        countries = self.system.n_countries
        inside = np.vstack([np.eye(countries, dtype=bool), self.system.members])
        rows = [self.number[option, inside[place] & self.unknown[option]] for option, place in cells]
        starts = np.cumsum([0, *(len(row) for row in rows)])
        return csr_array((np.ones(starts[-1]), np.concatenate(rows), starts), shape=(len(cells), self.size))

    def minimise(self, objective: np.ndarray) -> np.ndarray:
        """Solve for one objective; the solver starts from its last solution."""
        self.solver.changeColsCost(self.size, np.arange(self.size, dtype=np.int32), objective)
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"the audit of hidden cells failed: {self.solver.getModelStatus()}")
        return np.array(self.solver.getSolution().col_value)

    def _known(self, options: np.ndarray, inside: np.ndarray) -> float:
        counts = self.system.counts[:, : self.system.n_countries][options]
        return float(counts[:, inside][~self.unknown[options][:, inside]].sum())

    def _sums(self) -> None:
        """A shown region or world cell is the sum of its countries; a hidden one is at most its base."""
        countries = self.system.n_countries
        for place, inside in enumerate(self.system.members):
            for option, is_shown in enumerate(self.system.shown[:, countries + place]):
                free = self.number[option, inside & self.unknown[option]]
                if not len(free) or not (is_shown or self.system.base_shown[countries + place]):
                    continue
                most = (
                    self.system.counts[option, countries + place]
                    if is_shown
                    else self.system.base[countries + place]
                )
                rest = most - self._known(np.array([option]), inside)
                (self.equal if is_shown else self.below).append((free, np.ones(len(free)), rest))

    def _partitions(self) -> None:
        """The options of a choose-one question add up to the base, where it is shown; else to at most the upper bound."""
        options = np.flatnonzero(self.system.partition)
        if not len(options):
            return
        countries = self.system.n_countries
        for place in range(self.system.counts.shape[1]):
            inside = (
                np.arange(countries) == place if place < countries else self.system.members[place - countries]
            )
            free = self.number[options][:, inside]
            free = free[free >= 0]
            if not len(free):
                continue
            known = self._known(options, inside)
            if self.system.base_shown[place]:
                self.equal.append((free, np.ones(len(free)), self.system.base[place] - known))
            elif place < countries and np.isfinite(self.system.upper[place]):
                self.below.append((free, np.ones(len(free)), self.system.upper[place] - known))

    def _unions(self) -> None:
        """Options taken together: the sum of members that exclude each other, else between the largest and the sum."""
        exclusive = self.system.is_sum
        for whole, members in self.system.unions:
            for place in range(self.system.n_countries):
                parts = [self.number[member, place] for member in members]
                free = np.array([part for part in parts if part >= 0], dtype=int)
                known = sum(
                    self.system.counts[member, place]
                    for member, part in zip(members, parts, strict=True)
                    if part < 0
                )
                own = self.number[whole, place]
                total = 0.0 if own >= 0 else float(self.system.counts[whole, place])
                columns = np.append(free, own) if own >= 0 else free
                if not len(columns):
                    continue
                signs = np.append(np.ones(len(free)), -1.0) if own >= 0 else np.ones(len(free))
                (self.equal if exclusive else self.below).append(
                    (columns, signs if exclusive else -signs, total - known if exclusive else known - total)
                )
                if not exclusive:
                    self._at_least_each(
                        parts, [self.system.counts[member, place] for member in members], own, total
                    )

    def _at_least_each(self, parts: list[int], counts: list[int], own: int, total: float) -> None:
        for part, count in zip(parts, counts, strict=True):
            pair = [(number, sign) for number, sign in ((part, 1.0), (own, -1.0)) if number >= 0]
            if pair:
                limit = (total if own < 0 else 0.0) - (count if part < 0 else 0.0)
                self.below.append(
                    (np.array([number for number, _ in pair]), np.array([sign for _, sign in pair]), limit)
                )


def _solver(lower: np.ndarray, upper: np.ndarray, equal: list, below: list) -> highspy.Highs:
    """Hand the constraints to HiGHS: unknowns between `lower` and `upper`, sums equal to or below a number."""
    size = len(lower)
    constraints = [*equal, *below]
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = size, len(constraints)
    model.col_cost_ = np.zeros(size)
    model.col_lower_, model.col_upper_ = lower, upper
    limits = np.array([limit for *_, limit in constraints])
    model.row_lower_ = np.where(np.arange(len(constraints)) < len(equal), limits, -highspy.kHighsInf)
    model.row_upper_ = limits
    if constraints:
        rows = np.repeat(np.arange(len(constraints)), [len(columns) for columns, _, _ in constraints])
        columns = np.concatenate([columns for columns, _, _ in constraints])
        values = np.concatenate([values for _, values, _ in constraints])
        matrix = coo_array((values, (rows, columns)), shape=(len(constraints), size)).tocsr()
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = (
            matrix.indptr,
            matrix.indices,
            matrix.data,
        )
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("log_to_console", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    return solver
