"""How far every hidden count can be narrowed: the least and the most that it can be, given all that is published."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from popresearch import instrument
from popresearch.attack import form
from popresearch.attack.crowds import RESPONSES, crowds
from popresearch.attack.form import BASE, Cell, Relation, family
from popresearch.attack.published import Published
from popresearch.attack.puzzle import Contradiction, Solver
from popresearch.attack.system import NOBODY, Crowd, Place, Sum, System
from popresearch.study import Study

ENDS = ["strand", "question", "option", "level", "place", "least", "most", "base", "is_whole"]


@dataclass
class Bounds:
    """The hidden counts with their ends (`ENDS`; of one that is wide enough, only if asked), how many were tried, and contradictions."""

    cells: pd.DataFrame
    n_tried: int
    contradictions: list[str]
    notes: list[str]


@dataclass
class Group:
    """Linked questions of a strand, with all that is known of them."""

    strand: str
    questions: list[str]
    cells: pd.DataFrame
    relations: list[Relation]
    crowd: Crowd
    world: list[tuple[dict[Cell, float], float, float]]
    whole: set[str]
    minimum_cell: float
    width: float
    slack: int
    hide_zero: bool = False
    found: list[tuple] = field(default_factory=list)
    n_tried: int = 0

    def system(self, *apart: str) -> System:
        """The system of these questions; `apart` countries have a column of their own."""
        return System(self.cells, self.questions, self.relations, self.crowd, slack=self.slack, apart=apart)

    def attacked(self, *, with_form: bool) -> None:
        """Bound all hidden cells: those of countries that show something and of sums, then those of the others."""
        self.found, self.n_tried = [], 0
        system = self.system()
        solver = Solver(system.puzzle(self._sums(system), with_form=with_form).reduced())
        alone = [
            (row, ("country", block.countries[0]), [column])
            for column, block in enumerate(system.blocks)
            if len(block.countries) == 1 and block.countries != (NOBODY,)
            for row in range(1, len(system.rows))
        ]
        sums = [
            (row, place, list(np.flatnonzero(system.inside[number])))
            for number, place in enumerate(system.sums)
            for row in np.flatnonzero(np.isnan(system.shown_sums[number]))
            if row
        ]
        self._bound(system, solver, alone + sums)
        high = solver.puzzle.high.reshape(system.shape)
        for column, block in enumerate(system.blocks):
            if len(block.countries) > 1:
                is_secret = self.hide_zero | (
                    high[:, column] > 0
                )  # elsewhere it is none that nobody chose an option
                rows = np.flatnonzero(is_secret[1:]) + 1
                self._bound_pool(block.countries, rows, with_form=with_form)

    def _bound_pool(self, countries: tuple[str, ...], rows: np.ndarray, *, with_form: bool) -> None:
        """Bound the cells of the countries of a pool, each beside all others together; those of which as much is known are alike.

        A country of which so few took part that none of its cells can be wide is left out: its responses are what must be open.
        """
        system = self.system(countries[0])
        one, rest = (
            next(at for at, block in enumerate(system.blocks) if block.countries == own)
            for own in (countries[:1], countries[1:])
        )
        ends = np.array([self.crowd.ends[country] for country in countries])
        total = ends.sum(axis=0)
        system.low[0, [one, rest]] = ends[:, 0].min(), total[0] - ends[:, 0].max()
        system.high[:, one], system.high[:, rest] = ends[:, 1].max(), total[1] - ends[:, 1].min()
        solver = Solver(system.puzzle(self._sums(system), with_form=with_form).reduced())
        for low, high in np.unique(ends[ends[:, 1] >= self.minimum_cell], axis=0):
            alike = [
                country for country, own in zip(countries, ends, strict=True) if (own == (low, high)).all()
            ]
            solver.set_bounds(
                {
                    system.unknown(0, one): (low, high),
                    system.unknown(0, rest): (total[0] - low, total[1] - high),
                }
            )
            self._bound(system, solver, [(row, ("country", alike[0]), [one]) for row in rows], alike)

    def _sums(self, system: System) -> list[Sum]:
        return [
            ({system.number[cell]: factor for cell, factor in terms.items()}, low, high)
            for terms, low, high in self.world
            if terms.keys() <= system.number.keys()
        ]

    def _bound(
        self,
        system: System,
        solver: Solver,
        cells: list[tuple[int, Place, list[int]]],
        alike: Sequence[str] = (),
    ) -> None:
        """Bound sums of blocks, and keep those that are narrow; `alike` countries share the ends of the first of them."""
        high = solver.puzzle.high.reshape(system.shape)
        never = {cell for one in self.relations if len(one.terms) == 1 for cell in one.terms}
        cells = [
            (row, place, blocks)
            for row, place, blocks in cells
            if self._is_hidden(system, row, place)
            and high[0, blocks].sum() > 0
            and system.rows[row] not in never
        ]
        self.n_tried += len(cells) * max(len(alike), 1)
        if not cells:
            return
        wanted = system.wanted([(row, blocks) for row, _, blocks in cells])
        least, most = solver.ends(wanted, np.full(len(cells), self.width))
        for (row, place, _), low, top in zip(cells, least, most, strict=True):
            if top - low < self.width:
                places = [("country", country) for country in alike] or [place]
                context = self._context(system, row, place)
                self.found += [(self.strand, *system.rows[row], *own, low, top, *context) for own in places]

    def _is_hidden(self, system: System, row: int, place: Place) -> bool:
        values = system.values.get(place)
        return values is None or bool(np.isnan(values[row]))

    def _context(self, system: System, row: int, place: Place) -> tuple[float, bool]:
        """The base of a cell where it is shown, and whether its question's options add up to it."""
        question, option = system.rows[row]
        values = system.values.get(place)
        base = np.nan if values is None or option == BASE else values[system.number[family(question), BASE]]
        return base, option == BASE or question in self.whole


def bounds(published: Published, study: Study, *, exact: bool = False) -> Bounds:
    """Bound the hidden responses, then strand by strand the hidden cells of each group of linked questions.

    `exact` gives the ends of every hidden cell, also of those that are wide enough; it takes long.
    """
    contradictions, notes = [], []
    try:
        of_strand, found, n_tried = crowds(published, study, exact=exact)
    except Contradiction:
        return Bounds(pd.DataFrame(columns=ENDS), 0, [RESPONSES], notes)
    for name in study.strands:
        for group in groups(published, study, name, of_strand[name]):
            group.width = np.inf if exact else group.width
            try:
                group.attacked(with_form=True)
            except Contradiction:
                notes.append(f"{name}, {', '.join(group.questions)}: some answers do not keep to the form.")
                try:
                    group.attacked(with_form=False)
                except Contradiction:
                    contradictions.append(f"{name}, {', '.join(group.questions)}")
            found += group.found
            n_tried += group.n_tried
    return Bounds(pd.DataFrame(found, columns=ENDS), n_tried, contradictions, notes)


def groups(published: Published, study: Study, name: str, crowd: Crowd) -> Iterator[Group]:
    """Give the groups of linked questions of a strand."""
    if name not in published.cells.index.get_level_values("strand"):
        return
    strand, asked = study.strands[name], instrument.of(study.strands[name])
    cells = published.cells.loc[name]
    of_cell = list(dict.fromkeys(cells.index.droplevel(["level", "place"])))
    own: dict[str, list[str]] = {}
    for question, option in of_cell:
        own.setdefault(question, []).append(option)
    found = form.relations(of_cell, asked, study, strand)
    whole = {question for question in own if form.is_whole(question, asked)}
    families = cells.index.get_level_values("question").map(family)
    for questions in form.clusters(list(dict.fromkeys(map(family, own))), found):
        inside = [one for one in found if {family(cell[0]) for cell in one.terms} - {""} <= {*questions}]
        yield Group(
            strand=name,
            questions=questions,
            cells=cells[families.isin(questions)],
            relations=inside,
            crowd=crowd,
            world=list(_world(questions, published, study, name, own)),
            whole=whole,
            minimum_cell=strand.minimum_cell,
            width=strand.minimum_cell,
            slack=published.slack,
            hide_zero=strand.hide_zero,
        )


def _world(
    questions: list[str], published: Published, study: Study, name: str, own: dict[str, list[str]]
) -> Iterator[tuple[dict[Cell, float], float, float]]:
    """What the table of bases says of the world: who was asked, who answered, and who chose what says nothing of the matter."""
    asked, known = instrument.of(study.strands[name]), published.asked
    due = {one.question: one for one in form.asked_of(asked, study.strands[name], own)}
    for question in questions:
        if (name, question) not in known.index:
            continue
        said = known.loc[name, question]
        if np.isfinite(said["answered"]):
            yield {(question, BASE): 1.0}, said["answered"], said["answered"]
        if np.isfinite(said["answered"]) and np.isfinite(said["opinion"]):
            silent = {(question, option): 1.0 for option in own[question] if option in study.no_opinion}
            yield silent, *(2 * [said["answered"] - said["opinion"]])
        if question in due and np.isfinite(said["asked"]):
            yield due[question].terms, said["asked"], said["asked"] if due[question].is_equal else np.inf
