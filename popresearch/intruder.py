"""What someone who reads all published numbers of linked questions can work out about the hidden ones: linear programming, exact bounds.

The counts form one system: countries add up to regions and the world, and in every place options add up to their base, lie within it,
within the options they were picked from, and between the largest and the sum of those they take together. Method: the audit of cell
suppression (Fischetti and Salazar-González 2000; Hundepool et al., Statistical Disclosure Control, 2012, ch. 4).
"""

from dataclasses import dataclass, field, replace

import highspy
import numpy as np
from scipy.sparse import csr_array, vstack

VERY_LARGE = 1e6  # stands for "no bound known"
SMALL = 4  # rows of a relation that are looked at together first
PRIMAL = 4  # of HiGHS's strategies: the last solution stays feasible when the objective changes


@dataclass(frozen=True)
class Relation:
    """What holds of some rows in every place: their counts times `signs` add up to zero, or (`is_equal` false) to at most zero."""

    rows: np.ndarray
    signs: np.ndarray
    is_equal: bool


@dataclass
class System:
    """Counts (rows × places) with what is published of them; a row is an option, a question's base, or the responses.

    Places are countries first, then regions, then the world; `members` marks for each region and the world which countries add up to it.
    `lower` (rows × countries) is 1 where a hidden count cannot be zero, since zeros are shown; `responses` is the row that counts
    responses (−1: none).
    """

    counts: np.ndarray
    shown: np.ndarray
    members: np.ndarray
    lower: np.ndarray
    relations: list[Relation] = field(default_factory=list)
    responses: int = -1

    @property
    def n_countries(self) -> int:
        """Number of countries, the first of the places."""
        return self.members.shape[1]


def too_narrow(system: System, sensitive: np.ndarray, least_width: np.ndarray) -> np.ndarray:
    """Mark the sensitive cells that an intruder can narrow to an interval of less than `least_width` (one width a row).

    A shown cell is known exactly. What is open even to one who knows more needs no look at the whole: first each place is set against
    those that show nothing, of each region together. See also `open_within`.
    """
    twins = _twins(system)
    asked = sensitive & ~system.shown
    suspected, countries = _first_of(twins, asked), np.arange(system.n_countries)
    if system.responses >= 0:
        for place in countries[suspected[:, countries].any(axis=0)]:
            _clear(suspected, system, _against(system, place, countries), least_width)
        _clear(suspected, system, _pools(system), least_width)
    for row in np.flatnonzero(suspected.any(axis=1)):
        near = _with_near_rows(system, row)
        suspected[row] &= _narrow(near, suspected & (np.arange(len(suspected)) == row)[:, None], least_width)[
            row
        ]
    exposed = _narrow(system, suspected, least_width)[:, twins]
    return (sensitive & system.shown) | (asked & exposed)


def _with_near_rows(system: System, row: int) -> System:
    """Let only a row and those that a small or an equal relation binds to it move; all others stay as they are."""
    near = {row, system.responses}
    for relation in system.relations:
        if row in relation.rows and (relation.is_equal or len(relation.rows) <= SMALL):
            near |= set(relation.rows.tolist())
    is_far = ~np.isin(np.arange(len(system.counts)), list(near))
    relations = [one for one in system.relations if near & set(one.rows.tolist())]
    return replace(system, shown=system.shown | is_far[:, None], relations=relations)


def open_within(system: System, sensitive: np.ndarray, least_width: np.ndarray) -> np.ndarray:
    """Mark sensitive cells of countries that stay wide to one who knows all sums; so they do whatever sum is shown or cell is hidden.

    First a place is set against those of its region that show nothing, together; then the countries of a region each.
    """
    countries = system.n_countries
    twins = _twins(system)
    told = replace(system, shown=system.shown.copy())
    told.shown[:, countries:] = True
    asked = sensitive & ~told.shown
    suspected = _first_of(twins, asked)
    for region in _regions(system):
        for place in region[suspected[:, region].any(axis=0)]:
            _clear(suspected, told, _against(system, place, region), least_width)
        _clear(suspected, told, list(region[:, None]), least_width)
    return asked & ~suspected[:, twins]


def _twins(system: System) -> np.ndarray:
    """Name for each place the first of those of which exactly as much is known: what is possible for one is for all."""
    twins = np.arange(system.shown.shape[1])
    for pool in _pools(system) if system.responses >= 0 else ():
        n = system.counts[system.responses, pool] if system.shown[system.responses, pool].all() else 0 * pool
        for one in np.unique(n):
            twins[pool[n == one]] = pool[n == one][0]
    return twins


def _first_of(twins: np.ndarray, suspected: np.ndarray) -> np.ndarray:
    """Suspect of all twins the first alone."""
    first = np.zeros_like(suspected)
    for row, place in np.argwhere(suspected):
        first[row, twins[place]] = True
    return first


def _regions(system: System) -> list[np.ndarray]:
    """The countries of each region, and those of none."""
    return [np.flatnonzero(inside) for inside in [*system.members[:-1], ~system.members[:-1].any(axis=0)]]


def _pools(system: System) -> list[np.ndarray]:
    """The closed countries of each region: they show nothing, or nothing but how many responded; the two apart."""
    free = np.arange(len(system.counts)) != system.responses
    countries = system.n_countries
    closed = ~system.shown[free, :countries].any(axis=0) & ~system.lower.any(axis=0)
    told = system.shown[system.responses, :countries] if system.responses >= 0 else np.zeros_like(closed)
    apart = [
        region[closed[region] & (told[region] == one)] for region in _regions(system) for one in (True, False)
    ]
    return [pool for pool in apart if len(pool)]


def _against(system: System, place: int, near: np.ndarray) -> list[np.ndarray]:
    """A place, and against it the closed ones near it."""
    return [np.array([place]), *(np.setdiff1d(np.intersect1d(pool, near), place) for pool in _pools(system))]


def _clear(suspected: np.ndarray, system: System, groups: list[np.ndarray], least_width: np.ndarray) -> None:
    """Drop the suspicion of cells that are wide while only groups of countries move, each as one, and all others stay as they are.

    Several countries in a group must be of one pool. Relations are sums without a constant, so what holds of such a group holds of each
    in it with its part of the group, by its responses where these are known.
    """
    groups = [group for group in groups if len(group)]
    countries = system.n_countries
    first = [group[0] for group in groups]
    columns = [*first, *range(countries, system.shown.shape[1])]
    asked = suspected[:, columns]
    is_alone = np.array([len(group) == 1 for group in groups], dtype=bool)
    asked[:, : len(groups)] &= is_alone
    asked[:, len(groups) :] &= not is_alone.any()  # sums are looked at where only groups move
    if not groups or not asked.any():
        return
    counts = np.column_stack([system.counts[:, group].sum(axis=1) for group in groups])
    shown = np.column_stack([system.shown[:, group].all(axis=1) for group in groups])
    members = system.members[:, first]
    part = replace(
        system,
        counts=np.hstack([counts, counts @ members.T]),
        shown=np.hstack([shown, system.shown[:, countries:]]),
        members=members,
        lower=system.lower[:, first],
    )
    suspected[:, columns] &= ~asked | _narrow(part, asked, least_width)


def _narrow(system: System, suspected: np.ndarray, least_width: np.ndarray) -> np.ndarray:
    """Mark those of the hidden cells that are narrow: a solution found for one is a witness for the others, so few programs are needed."""
    exposed = np.zeros_like(suspected)
    targets = np.argwhere(suspected)
    if not len(targets):
        return exposed
    program = _Program(system)
    wanted = np.asarray(least_width, dtype=float)[targets[:, 0]]
    target = program.sums(targets)
    low = target @ system.counts[:, : system.n_countries][program.unknown]  # the truth is a witness
    high = low.copy()
    for cell in range(len(targets)):
        for sign in (-1.0, 1.0):  # upward first: most hidden counts are small
            if high[cell] - low[cell] < wanted[cell]:
                values = target @ program.minimise(sign * target[[cell]].toarray()[0])
                np.minimum(low, values, out=low)
                np.maximum(high, values, out=high)
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
        self.known = np.where(self.unknown, 0.0, system.counts[:, :countries])
        lower, upper, below, limits = self._relations()
        sums, totals = self._sums()
        self.solver = _solver(
            lower, upper, vstack([sums, below]), np.concatenate([totals, limits]), len(totals)
        )

    def sums(self, cells: np.ndarray) -> csr_array:
        """Cells × unknowns: which unknowns add up to the hidden part of each cell (row, place)."""
        inside = np.vstack([np.eye(self.system.n_countries, dtype=bool), self.system.members])
        rows = [self.number[row, inside[place] & self.unknown[row]] for row, place in cells]
        starts = np.cumsum([0, *(len(row) for row in rows)])
        columns = np.concatenate([np.zeros(0, dtype=int), *rows])
        return csr_array((np.ones(starts[-1]), columns, starts), shape=(len(cells), self.size))

    def minimise(self, objective: np.ndarray) -> np.ndarray:
        """Solve for one objective; the solver starts from its last solution, which stays feasible."""
        self.solver.changeColsCost(self.size, np.arange(self.size, dtype=np.int32), objective)
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"the audit of hidden cells failed: {self.solver.getModelStatus()}")
        return np.array(self.solver.getSolution().col_value)

    def _sums(self) -> tuple[csr_array, np.ndarray]:
        """A shown region or world cell is the sum of its countries."""
        countries = self.system.n_countries
        cells = np.argwhere(self.system.shown[:, countries:]) + [0, countries]
        matrix = self.sums(cells)
        known = self.known @ self.system.members.T
        rest = self.system.counts[tuple(cells.T)] - known[cells[:, 0], cells[:, 1] - countries]
        is_open = np.diff(matrix.indptr) > 0
        return matrix[is_open], rest[is_open]

    def _relations(self) -> tuple[np.ndarray, np.ndarray, csr_array, np.ndarray]:
        """A relation holds in every country: of a single unknown it is a bound, of more a sum that is at most a number (and at least)."""
        relations, (n_rows, countries) = self.system.relations, self.unknown.shape
        relation = np.repeat(np.arange(len(relations)), [len(one.rows) for one in relations])
        row = np.concatenate([np.zeros(0, dtype=int), *(one.rows for one in relations)])
        sign = np.concatenate([np.zeros(0), *(one.signs for one in relations)])
        is_equal = np.array([one.is_equal for one in relations], dtype=bool)
        rest = -(csr_array((sign, (relation, row)), shape=(len(relations), n_rows)) @ self.known).ravel()
        term, place = np.nonzero(self.unknown[row])
        line, column, sign = relation[term] * countries + place, self.number[row[term], place], sign[term]
        equal = is_equal[relation[term]]
        alone = np.bincount(line, minlength=len(rest))[line] == 1
        lower, upper = self.system.lower[self.unknown].astype(float), np.full(self.size, VERY_LARGE)
        bound = rest[line] / sign
        highest, lowest = alone & (equal | (sign > 0)), alone & (equal | (sign < 0))
        np.minimum.at(upper, column[highest], bound[highest])
        np.maximum.at(lower, column[lowest], bound[lowest])
        line, column, sign, equal = (values[~alone] for values in (line, column, sign, equal))
        line, column = (
            np.concatenate([line, line[equal] + len(rest)]),
            np.concatenate([column, column[equal]]),
        )
        lines, line = np.unique(line, return_inverse=True)
        matrix = csr_array(
            (np.concatenate([sign, -sign[equal]]), (line, column)), shape=(len(lines), self.size)
        )
        return lower, upper, matrix, np.concatenate([rest, -rest])[lines]


def _solver(
    lower: np.ndarray, upper: np.ndarray, matrix: csr_array, limits: np.ndarray, n_equal: int
) -> highspy.Highs:
    """Hand the constraints to HiGHS: unknowns between `lower` and `upper`; the first sums equal to a number, the others at most one."""
    matrix = csr_array(matrix)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(lower), len(limits)
    model.col_cost_ = np.zeros(len(lower))
    model.col_lower_, model.col_upper_ = lower, upper
    model.row_lower_ = np.where(np.arange(len(limits)) < n_equal, limits, -highspy.kHighsInf)
    model.row_upper_ = limits
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
    solver.run()  # any solution, by the dual method; from then on the objective alone changes
    solver.setOptionValue("simplex_strategy", PRIMAL)
    return solver
