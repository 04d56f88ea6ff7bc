"""All numbers of linked questions of a strand as one puzzle: cells (rows) by places (columns), with every sum that holds.

Countries of a region that show nothing of these questions are taken together, as one place: the relations are sums without a constant,
so what is possible for all of them together is possible for each with its part, by its responses.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, eye_array, kron, vstack

from popresearch.attack.form import BASE, EVERYONE, Cell, Relation, family
from popresearch.attack.published import COARSE, RANGE
from popresearch.attack.puzzle import Puzzle

NOBODY = ""  # in place of a country: answers that name none
WORLD = ("world", "")
Place = tuple[str, str]
Sum = tuple[dict[int, float], float, float]  # factors by unknown, the least and the most


@dataclass(frozen=True)
class Crowd:
    """How many took part in a strand: the least and the most by country, what is shown of regions and the world, and the regions."""

    ends: dict[str, tuple[float, float]]
    sums: dict[Place, float]
    regions: dict[str, str]


@dataclass(frozen=True)
class Block:
    """Countries that are one column: one by itself, or those of a region that show nothing."""

    countries: tuple[str, ...]
    region: str


class System:
    """The puzzle of linked questions: `rows` are the responses, bases and cells; `blocks` the columns; `sums` regions and the world."""

    def __init__(
        self, cells: pd.DataFrame, questions: list[str], relations: list[Relation], crowd: Crowd, *, slack: int = 0,
        apart: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """`cells`: those of the questions and their rollups, by question, option, level, place; `apart`: countries by themselves."""
        self.cells, self.crowd, self.slack = cells, crowd, slack
        options = list(dict.fromkeys(cells.index.droplevel(["level", "place"])))
        self.rows: list[Cell] = [EVERYONE, *((question, BASE) for question in questions), *options]
        self.number = {cell: place for place, cell in enumerate(self.rows)}
        self.relations = [one for one in relations if one.terms.keys() <= self.number.keys()]
        self.values = self._values()
        self.blocks = self._blocks(apart)
        regions = sorted({block.region for block in self.blocks} - {""})
        self.sums: list[Place] = [*(("region", name) for name in regions), WORLD]
        self.inside = np.array(
            [[place == WORLD or block.region == place[1] for block in self.blocks] for place in self.sums]
        )
        self.low, self.high = self._bounds()
        self.shown_sums = self._shown_sums()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and blocks."""
        return len(self.rows), len(self.blocks)

    def unknown(self, row: int, block: int) -> int:
        """The number of an unknown of the puzzle."""
        return row * len(self.blocks) + block

    def _values(self) -> dict[Place, np.ndarray]:
        """What is shown of each place: a number a row, missing where there is none."""
        found: dict[Place, np.ndarray] = {}
        for (question, option, *place), n, base, count in zip(
            self.cells.index, *(self.cells[name].to_numpy() for name in ("n", "base", "count")), strict=True
        ):
            values = found.setdefault(tuple(place), np.full(len(self.rows), np.nan))
            values[self.number[question, option]] = count
            values[0] = np.fmax(values[0], n)
            row = self.number[family(question), BASE]
            values[row] = np.fmax(values[row], base)
        return found

    def _blocks(self, apart: tuple[str, ...]) -> list[Block]:
        alone, pools = [], {}
        for country in self.crowd.ends:
            region, values = self.crowd.regions.get(country, ""), self.values.get(("country", country))
            if country in apart or (values is not None and np.isfinite(values[1:]).any()):
                alone.append(Block((country,), region))
            else:
                pools.setdefault((region, country == NOBODY), []).append(country)
        return alone + [Block(tuple(members), region) for (region, _), members in pools.items()]

    def _bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """What is known of each unknown by itself."""
        low, high = np.zeros(self.shape), np.zeros(self.shape)
        for column, block in enumerate(self.blocks):
            ends = np.array([self.crowd.ends[country] for country in block.countries]).sum(axis=0)
            low[0, column], high[:, column] = ends[0], ends[1]
            values = self.values.get(("country", block.countries[0]))
            if values is not None and len(block.countries) == 1:
                shown = np.isfinite(values)
                low[shown, column] = np.maximum(values[shown] - self.slack, 0)
                high[shown, column] = values[shown] + self.slack
        return low, high

    def _shown_sums(self) -> np.ndarray:
        """Sums × rows: what is shown of regions and the world, missing where nothing is."""
        nothing = np.full(len(self.rows), np.nan)
        found = np.array([self.values.get(place, nothing) for place in self.sums])
        found[:, 0] = np.fmax(found[:, 0], [self.crowd.sums.get(place, np.nan) for place in self.sums])
        return found

    def puzzle(self, world: list[Sum] = (), *, with_form: bool = True) -> Puzzle:
        """Write everything down; `world` holds sums over rows that hold in the world alone (by row number)."""
        relations = [one for one in self.relations if one.is_certain or with_form]
        every, columns = eye_array(len(self.blocks)), len(self.blocks)
        matrix = kron(self._terms(relations), every)
        most = np.zeros(matrix.shape[0])
        least = np.repeat([0.0 if one.is_equal else -np.inf for one in relations], columns)
        place, row = np.nonzero(np.isfinite(self.shown_sums))
        sums = kron(self._picked(row), np.ones((1, columns))).multiply(
            np.tile(self.inside[place], len(self.rows))
        )
        totals = self.shown_sums[place, row]
        further = [
            ({self.unknown(one, block): factor for one, factor in terms.items() for block in range(columns)}, low, high)
            for terms, low, high in world
        ] + self._further()  # fmt: skip
        return Puzzle(
            self.low.ravel(),
            self.high.ravel(),
            csr_array(vstack([matrix, sums, sparse([terms for terms, *_ in further], self.low.size)])),
            np.concatenate([least, totals - self.slack, [low for _, low, _ in further]]),
            np.concatenate([most, totals + self.slack, [high for *_, high in further]]),
        )

    def wanted(self, cells: list[tuple[int, list[int]]]) -> csr_array:
        """The sum of some blocks of a row, a line each, for the puzzle."""
        return sparse(
            [{self.unknown(row, block): 1.0 for block in blocks} for row, blocks in cells], self.low.size
        )

    def homogeneous(self) -> csr_array:
        """The relations (× rows) that hold in any place, each at most zero."""
        terms = self._terms(self.relations)
        equal = np.array([one.is_equal for one in self.relations], dtype=bool)
        return csr_array(vstack([terms, -terms[equal]]))

    def _terms(self, relations: list[Relation]) -> csr_array:
        terms = [{self.number[cell]: factor for cell, factor in one.terms.items()} for one in relations]
        return sparse(terms, len(self.rows))

    def _picked(self, rows: np.ndarray) -> csr_array:
        return csr_array(
            (np.ones(len(rows)), (np.arange(len(rows)), rows)), shape=(len(rows), len(self.rows))
        )

    def _further(self) -> list[Sum]:
        """What the further views of regions and the world say: the mean of countries' shares, and shares without any one country."""
        found: list[Sum] = []
        if "share_by_country" not in self.cells:
            return found
        alone = [len(block.countries) == 1 and block.countries != (NOBODY,) for block in self.blocks]
        shown = self.cells[
            self.cells["count"].notna() & (self.cells.index.get_level_values("level") != "country")
        ]
        for (question, option, *place), cell in zip(shown.index, shown.to_dict("records"), strict=True):
            if tuple(place) not in self.sums:
                continue
            row, base = self.number[question, option], self.number[family(question), BASE]
            blocks = [
                block for block in np.flatnonzero(self.inside[self.sums.index(tuple(place))]) if alone[block]
            ]
            found += self._mean(row, base, blocks, cell)
            found += self._left_out(row, base, blocks, cell)
        return found

    def _mean(self, row: int, base: int, blocks: list[int], cell: dict[str, float]) -> list[Sum]:
        """The shares of countries whose base is shown add up to their mean times their number, but for what the others add."""
        known = [one for one in blocks if self.low[base, one] == self.high[base, one] > 0]
        mean, number = cell["share_by_country"], cell["n_countries"]
        if not np.isfinite(mean) or not np.isfinite(number):
            return []
        half, others = 0.5 * 10**-COARSE, max(number - len(known), 0)
        terms = {self.unknown(row, one): 1 / self.low[base, one] for one in known}
        return [(terms, (mean - half) * number - others, (mean + half) * number)]

    def _left_out(self, row: int, base: int, blocks: list[int], cell: dict[str, float]) -> list[Sum]:
        """Without any one country the share lies between two published ends: (Y − y) / (W − w) is at least this, at most that."""
        found = []
        for name, sign in zip(RANGE, (1, -1), strict=True):
            end = cell[name]
            if np.isfinite(end) and self.slack == 0:
                found += [
                    ({self.unknown(row, one): sign, self.unknown(base, one): -sign * end},
                     -np.inf, sign * (cell["count"] - end * cell["base"]))
                    for one in blocks
                ]  # fmt: skip
        return found


def sparse(lines: list[dict[int, float]], width: int) -> csr_array:
    """Make a matrix of lines that name their columns."""
    line = np.repeat(np.arange(len(lines)), [len(one) for one in lines])
    column = np.array([column for one in lines for column in one], dtype=int)
    factor = np.array([factor for one in lines for factor in one.values()], dtype=float)
    return csr_array(coo_array((factor, (line, column)), shape=(len(lines), width)))
