"""Protection of linked questions: what has to be hidden of their counts, and what must be hidden with it.

First the rules hide what is small (primary suppression), then as few other cells as found are hidden until nothing hidden can be
worked out from what is shown (complementary suppression), checked by `intruder` over the whole system of sums.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from popresearch.intruder import VERY_LARGE, Relation, System
from popresearch.links import BASE, RESPONSES, Cell, Link
from popresearch.suppression import Hiding, complete

SHOWN, SMALL, FEW, TO_PROTECT = "shown", "small count", "too few answers", "protects another"
DEAREST = 1e8  # the price of a base, without which nothing of a question is shown
HID = -1.0  # a count that an earlier release hid
RANK = {"country": 0, "region": 1, "world": 2}
Union = tuple[Cell, list[Cell]]


@dataclass(frozen=True)
class Question:
    """What the counts of a question are to each other.

    `adds_up`: its options add up to the base. `filtered`: who was asked depends on an earlier answer, so that a base a little below the
    number of responses gives that answer away. `unions`: options that take others together, with those.
    """

    adds_up: bool
    filtered: bool = False
    unions: Sequence[Union] = ()


@dataclass(frozen=True)
class _Cells:
    """The cells of a table as options × places (`count`), and what stands behind them as questions × places."""

    options: list[Cell]
    places: list[tuple[str, str]]
    count: np.ndarray
    n: np.ndarray
    base: np.ndarray
    organisations: np.ndarray
    question: np.ndarray  # of each option, by number

    @property
    def n_countries(self) -> int:
        return sum(level == "country" for level, _ in self.places)


def protect(
    table: pd.DataFrame,
    published: set[tuple[str, str]],
    *,
    questions: Mapping[str, Question],
    regions: dict[str, str],
    minimum_cell: int | dict[str, int],
    minimum_base: int = 0,
    hide_zero: bool = False,
    links: Sequence[Link] = (),
    is_sum: bool = False,
    dear: Callable[[str, str, float], bool] = lambda option, level, count: False,
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Add `status` to the cells of linked questions and their rollups (question, option, level, place, n, base, count).

    `published`: the (level, place) whose number of responses is public. A place outside it, or with the answers of a few organisations
    only, shows nothing; no small base can be had by subtraction. `regions`: country → region; a country without one still adds to the
    world. `minimum_cell` may differ by option. `is_sum`: the options are parts of a whole without a base of their own. `dear` says of
    an option, a level and a count whether it is hidden for others only where nothing else can be. `earlier` are the same cells as an
    earlier release gave them, `count` and `base` missing where hidden: few who came since are not to be had by subtraction either.
    """
    cells = _square(table, list(questions), regions)
    width = np.array(
        [minimum_cell if isinstance(minimum_cell, int) else minimum_cell[one] for _, one in cells.options]
    )
    is_public = np.array([key in published for key in cells.places])
    old_count, old_base = _before(cells, earlier)
    is_whole = is_sum | np.array([_is_part(one, questions) for one, _ in cells.options])
    small = _small(cells, width, is_whole=is_whole, hide_zero=hide_zero)
    small &= ~_impossible(cells, links)[:, None]
    few_came = _few_came(cells.count, old_count, width[:, None])
    few = hidden_base = np.zeros_like(cells.base, dtype=bool)
    if not is_sum:
        filtered = np.array([question.filtered for question in questions.values()])
        few, hidden_base = _few(cells, is_public, minimum_base, filtered, width.max())
        came = _few_came(cells.base, old_base, width.max())
        told = came & (cells.n - old_base < width.max())  # by the responses; hiding does what can be done
        few, hidden_base = few | came, hidden_base | (came & ~told)
        few_came &= ~told[cells.question]
    small |= few_came
    is_open = ~few[cells.question] & np.array([key != ("country", "") for key in cells.places])
    lower = _least(cells, old_count, is_open & (not hide_zero))
    cost = cells.count + VERY_LARGE * _is_dear(cells, dear)
    system = System(cells.count, is_open & ~small, _members(cells, regions), lower=lower)
    nothing = np.full(len(cells.options), -1)
    hiding = Hiding(small, width, cost, _sums(cells, questions, is_sum), nothing, nothing >= 0)
    if not is_sum:
        system, hiding = _with_bases(cells, system, hiding, is_public, few, hidden_base)
    system.relations = _relations(cells, questions, links, system, is_sum=is_sum)
    found = complete(system, hiding)
    if not is_sum:
        few = few | ~found[len(cells.options) : -1]
    hidden = np.where(few[cells.question], FEW, np.where(small, SMALL, TO_PROTECT))
    return table.assign(status=_looked_up(np.where(found[: len(cells.options)], SHOWN, hidden), cells, table))


def _least(cells: _Cells, old_count: np.ndarray, told: np.ndarray) -> np.ndarray:
    """The least that each country's count can be: where zeros are shown a hidden one is none, and who answered before has answered now."""
    countries = slice(cells.n_countries)
    count, before = cells.count[:, countries], old_count[:, countries]
    lower = ((count > 0) & told[:, countries]).astype(float)
    return np.where(before <= count, np.maximum(before, lower), lower)


def family(question: str) -> str:
    """Name the question that a rollup takes together the options of; any other is its own."""
    return question.partition(".")[0]


def _is_part(question: str, questions: Mapping[str, Question]) -> bool:
    return question in questions and questions[question].adds_up


def _square(table: pd.DataFrame, questions: list[str], regions: dict[str, str]) -> _Cells:
    """Lay the cells out as options × places: countries (with the answers that name none), regions, world."""
    options = list(dict.fromkeys(zip(table["question"], table["option"], strict=True)))
    wide = {
        name: table.pivot(index=["question", "option"], columns=["level", "place"], values=name)
        for name in ("n", "base", "count", "n_organisations")
        if name in table
    }
    places = sorted(wide["n"].columns, key=lambda key: (RANK[key[0]], key[1]))
    values = {
        name: frame.reindex(index=options, columns=places).to_numpy(dtype=float)
        for name, frame in wide.items()
    }
    countries = np.array([level == "country" for level, _ in places])
    rest = {
        name: cells[:, [places.index(("world", ""))]] - cells[:, countries].sum(axis=1, keepdims=True)
        for name, cells in values.items()
    }
    if rest["n"].any():
        values = {name: np.hstack([rest[name], cells]) for name, cells in values.items()}
        places = [("country", ""), *places]
    number = {question: position for position, question in enumerate(questions)}
    of = np.array([number[family(question)] for question, _ in options])
    most = {
        name: np.array([values[name][of == one].max(axis=0) for one in range(len(questions))])
        for name in values
    }
    none = np.zeros_like(most["n"])
    return _Cells(
        options,
        places,
        values["count"],
        most["n"].max(axis=0),
        most["base"],
        most.get("n_organisations", none),
        of,
    )


def _small(cells: _Cells, width: np.ndarray, *, is_whole: np.ndarray, hide_zero: bool) -> np.ndarray:
    """Primary suppression: small counts, small complements of an option that stands alone, and all or nobody where zeros disclose."""
    count, base, floor = cells.count, cells.base[cells.question], width[:, None]
    rest = base - count
    nearly_all = ~is_whole[:, None] & (rest > 0) & (rest < floor) & (count > 0)
    small = ((count > 0) & (count < floor)) | nearly_all
    return small | (hide_zero & ((count == 0) | (rest == 0)) & (base > 0))


def _impossible(cells: _Cells, links: Sequence[Link]) -> np.ndarray:
    """Mark the options that the form lets nobody choose: that their count is zero says nothing."""
    never = {cell for link in links if len(link.terms) == 1 for cell in link.terms}
    return np.array([option in never for option in cells.options]) & ~cells.count.any(axis=1)


def _before(cells: _Cells, earlier: pd.DataFrame | None) -> tuple[np.ndarray, np.ndarray]:
    """Lay out what an earlier release showed: counts (−1 where it hid them, missing where it did not ask) and bases."""
    count, base = np.full_like(cells.count, np.nan), np.full_like(cells.base, np.nan)
    if earlier is None or earlier.empty:
        return count, base
    column = {place: number for number, place in enumerate(cells.places)}
    row = {option: number for number, option in enumerate(cells.options)}
    for option in set(zip(earlier["question"], earlier["option"], strict=True)) & set(row):
        count[row[option]] = HID
    for one in earlier.itertuples():
        place = (one.level, one.place)
        if (one.question, one.option) in row and place in column and pd.notna(one.count):
            number = row[one.question, one.option]
            count[number, column[place]] = one.count
            base[cells.question[number], column[place]] = one.base
    return count, base


def _few_came(now: np.ndarray, before: np.ndarray, width: np.ndarray | float) -> np.ndarray:
    """Mark where so few came, or went, that the two releases tell of them; what was hidden as small shows again only well above it."""
    apart = np.abs(now - before)
    known = before >= 0
    rose = (before == HID) & (now > 0) & (now < 2 * width - 1)
    return (known & (apart > 0) & (apart < width)) | rose


def _few(
    cells: _Cells, is_public: np.ndarray, minimum_base: int, filtered: np.ndarray, width: float
) -> tuple[np.ndarray, np.ndarray]:
    """Say where a question shows nothing, and where its base must not be known (questions × places)."""
    base, outside = cells.base, cells.n - cells.base
    gives_away = filtered[:, None] & (outside > 0) & (outside < width)
    few_organisations = (cells.organisations > 0) & (cells.organisations < width)
    few = (base < minimum_base) | gives_away | ~is_public | few_organisations
    return few, gives_away | (few & (base > 0) & (base < width))


def _with_bases(
    cells: _Cells,
    system: System,
    hiding: Hiding,
    is_public: np.ndarray,
    few: np.ndarray,
    hidden_base: np.ndarray,
) -> tuple[System, Hiding]:
    """Put a row for the base of each question, and one for the responses, below the options."""
    n_questions, n_options = len(cells.base), len(cells.options)
    below = n_questions + 1
    with_bases = replace(
        system,
        counts=np.vstack([cells.count, cells.base, cells.n]),
        shown=np.vstack([system.shown, ~few, is_public]),
        lower=np.vstack([system.lower, np.zeros((below, cells.n_countries))]),
        responses=n_options + n_questions,
    )
    return with_bases, replace(
        hiding,
        small=np.vstack([hiding.small, hidden_base, np.zeros_like(is_public)]),
        width=np.concatenate([hiding.width, np.full(n_questions, hiding.width.max()), [0]]),
        cost=np.vstack([hiding.cost, DEAREST + cells.base, cells.n]),
        base=np.concatenate([n_options + cells.question, np.full(below, -1)]),
        is_fixed=np.arange(n_options + below) == n_options + n_questions,
    )


def _members(cells: _Cells, regions: dict[str, str]) -> np.ndarray:
    countries = [place for level, place in cells.places if level == "country"]
    sums = [key for key in cells.places if key[0] != "country"]
    inside = [
        [level == "world" or regions.get(one, "") == place for one in countries] for level, place in sums
    ]
    return np.array(inside, dtype=bool).reshape(len(sums), len(countries))


def _relations(
    cells: _Cells, questions: Mapping[str, Question], links: Sequence[Link], system: System, *, is_sum: bool
) -> list[Relation]:
    """Write down what holds of the rows in every place; what a form says and its answers do not keep to is left out."""
    row = {option: number for number, option in enumerate(cells.options)}
    found = []
    if not is_sum:
        first = len(row)
        row |= {(name, BASE): first + number for number, name in enumerate(questions)}
        row[RESPONSES] = first + len(questions)
        found += [Link({(name, BASE): 1, RESPONSES: -1}) for name in questions]
        found += [Link({option: 1, (family(option[0]), BASE): -1}) for option in cells.options]
    for name, question in questions.items():
        own = {option: 1 for option in cells.options if option[0] == name}
        if question.adds_up:
            found.append(Link(own | {(name, BASE): -1}, is_equal=True))
        for whole, members in question.unions:
            is_equal = question.adds_up or is_sum
            found.append(Link({whole: 1, **dict.fromkeys(members, -1)}, is_equal=is_equal))
            found += [Link({member: 1, whole: -1}) for member in members if not is_equal]
    found += [link for link in links if set(link.terms) <= set(row)]
    counts = system.counts[:, : system.n_countries]
    made = []
    for link in found:
        rows = np.array([row[cell] for cell in link.terms if cell in row])
        if len(rows) < len(link.terms):
            continue
        signs = np.array(list(link.terms.values()), dtype=float)
        apart = signs @ counts[rows]
        if (apart <= 0).all():
            made.append(Relation(rows, signs, link.is_equal and not apart.any()))
    return made


def _sums(cells: _Cells, questions: Mapping[str, Question], is_sum: bool) -> list[np.ndarray]:
    """The rows that add up to something known in a place: the options of a question, options taken together and the others."""
    row = {option: number for number, option in enumerate(cells.options)}
    sums = []
    for name, question in questions.items():
        parts = [number for option, number in row.items() if option[0] == name] if question.adds_up else []
        sums.append(parts)
        for whole, members in question.unions:
            if whole in row and (question.adds_up or is_sum or len(members) == 1):
                inside = [row[member] for member in members]
                sums.append([row[whole], *inside])
                if parts:  # what is not taken together is the base less the whole
                    sums.append([row[whole], *np.setdiff1d(parts, inside)])
    return [np.array(each, dtype=int) for each in sums if len(each)]


def _is_dear(cells: _Cells, dear: Callable[[str, str, float], bool]) -> np.ndarray:
    levels = [level for level, _ in cells.places]
    return np.array(
        [
            [dear(option, *cell) for cell in zip(levels, row, strict=True)]
            for (_, option), row in zip(cells.options, cells.count, strict=True)
        ]
    )


def _looked_up(status: np.ndarray, cells: _Cells, table: pd.DataFrame) -> np.ndarray:
    row = {option: number for number, option in enumerate(cells.options)}
    column = {place: number for number, place in enumerate(cells.places)}
    rows = [row[key] for key in zip(table["question"], table["option"], strict=True)]
    columns = [column[key] for key in zip(table["level"], table["place"], strict=True)]
    return status[rows, columns]
