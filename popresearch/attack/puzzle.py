"""A puzzle: unknown whole numbers between bounds, and sums of them between bounds; the least and the most that a sum can be.

Linear programs, solved by HiGHS. They allow fractions of people, so the true ends may lie a little closer; ends are rounded inward.
"""

from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csr_array, diags_array

PRIMAL = 4  # HiGHS's simplex strategy: the last solution stays feasible when the objective changes
NEAR = 1e-6
DIRECTIONS = 6  # random ones, tried before cells are looked at one by one
BARREN = 0.02  # share of cells that a direction must clear, or no more are tried


class Contradiction(Exception):
    """No numbers fit what is published."""


@dataclass(frozen=True)
class Puzzle:
    """Unknowns between `low` and `high`; `matrix` (sums × unknowns) times them lies between `least` and `most`."""

    low: np.ndarray
    high: np.ndarray
    matrix: csr_array
    least: np.ndarray
    most: np.ndarray

    def reduced(self) -> "Puzzle":
        """Work out what single sums say of single unknowns, until none says more; what is known is taken out of the sums."""
        low, high = np.ceil(self.low - NEAR), np.floor(self.high + NEAR)
        matrix, least, most = self.matrix, self.least, self.most
        while True:
            known = high - low < NEAR
            rest = matrix @ np.where(known, low, 0.0)
            matrix = csr_array(matrix @ diags_array((~known).astype(float)))
            matrix.eliminate_zeros()
            least, most, size = least - rest, most - rest, np.diff(matrix.indptr)
            if (least[size == 0] > NEAR).any() or (most[size == 0] < -NEAR).any():
                raise Contradiction
            single, many = size == 1, size > 1
            first = matrix.indptr[:-1][single]
            column, factor = matrix.indices[first], matrix.data[first]
            ends = np.sort(np.column_stack([least[single], most[single]]) / factor[:, None], axis=1)
            np.maximum.at(low, column, np.ceil(ends[:, 0] - NEAR))
            np.minimum.at(high, column, np.floor(ends[:, 1] + NEAR))
            if (low > high + NEAR).any():
                raise Contradiction
            matrix, least, most = matrix[many], least[many], most[many]
            if not single.any():
                return Puzzle(low, high, matrix, least, most)


class Solver:
    """HiGHS on a reduced puzzle; a solution found for one sum is a witness for all others."""

    def __init__(self, puzzle: Puzzle) -> None:
        self.puzzle = puzzle
        self.unknown = np.flatnonzero(puzzle.high - puzzle.low > NEAR)
        matrix = csr_array(puzzle.matrix[:, self.unknown])
        self.highs = _highs(
            puzzle.low[self.unknown], puzzle.high[self.unknown], matrix, puzzle.least, puzzle.most
        )
        self.first = self._solution()

    def ends(self, wanted: csr_array, width: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Give the least and the most of the wanted sums; of one that is found as wide as `width`, only that it is so wide."""
        target = csr_array(wanted[:, self.unknown])
        fixed = wanted @ np.where(self.puzzle.high - self.puzzle.low > NEAR, 0.0, self.puzzle.low)
        low = target @ self.first
        high, random, is_open = low.copy(), np.random.default_rng(seed), np.diff(target.indptr) > 0

        def look(direction: np.ndarray) -> None:
            values = target @ self.minimised(direction)
            np.minimum(low, values, out=low)
            np.maximum(high, values, out=high)

        for _ in range(DIRECTIONS):
            narrow = np.flatnonzero(_whole_width(low, high) < width)
            if len(narrow) < 2:
                break
            signs = random.choice([-1.0, 1.0], len(narrow)) * random.random(len(narrow))
            for sign in (1.0, -1.0):
                look(sign * (target[narrow].T @ signs))
            if (_whole_width(low, high) < width).sum() > len(narrow) * (1 - BARREN):
                break
        for cell in range(target.shape[0]):
            for sign in (-1.0, 1.0):
                if _whole_width(low[cell], high[cell]) < width[cell] and is_open[cell]:
                    look(sign * target[[cell]].toarray()[0])
        return np.ceil(low + fixed - NEAR) + 0.0, np.floor(high + fixed + NEAR) + 0.0  # + 0: never "-0"

    def set_bounds(self, ends: dict[int, tuple[float, float]]) -> None:
        """Give some unknowns other bounds than the puzzle has; sums are then bounded under these."""
        for unknown, (low, high) in ends.items():
            column = np.searchsorted(self.unknown, unknown)
            if column < len(self.unknown) and self.unknown[column] == unknown:
                self.highs.changeColBounds(int(column), low, high)
        self.first = self._solution()

    def minimised(self, objective: np.ndarray) -> np.ndarray:
        """Solve for one objective, from the last solution on."""
        count = len(self.unknown)
        self.highs.changeColsCost(count, np.arange(count, dtype=np.int32), objective)
        return self._solution()

    def _solution(self) -> np.ndarray:
        if not len(self.unknown):
            return np.zeros(0)
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise Contradiction
        return np.array(self.highs.getSolution().col_value)


def _whole_width(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """How far apart the whole numbers between two ends are."""
    return np.floor(high + NEAR) - np.ceil(low - NEAR)


def _highs(
    low: np.ndarray, high: np.ndarray, matrix: csr_array, least: np.ndarray, most: np.ndarray
) -> highspy.Highs:
    """Hand bounds and sums to HiGHS, one thread and silent."""
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(low), len(least)
    model.col_cost_, model.col_lower_, model.col_upper_ = np.zeros(len(low)), low, high
    model.row_lower_, model.row_upper_ = least, most
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = (
        matrix.indptr,
        matrix.indices,
        matrix.data,
    )
    highs = highspy.Highs()
    for option, value in (("output_flag", False), ("log_to_console", False), ("threads", 1)):
        highs.setOptionValue(option, value)
    highs.passModel(model)
    highs.run()
    highs.setOptionValue("simplex_strategy", PRIMAL)
    return highs
