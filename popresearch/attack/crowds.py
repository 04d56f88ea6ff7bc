"""How many took part in each strand and country, as far as the published counts of responses tell."""

import numpy as np
from scipy.sparse import csr_array

from popresearch.attack.published import ALL, Published, region_of
from popresearch.attack.puzzle import Puzzle, Solver
from popresearch.attack.system import NOBODY, WORLD, Crowd, Place, sparse
from popresearch.study import Study

VERY_MANY = 1e5  # where nothing says how many
RESPONSES = "responses"  # stands for a question


def crowds(
    published: Published, study: Study, *, exact: bool = False
) -> tuple[dict[str, Crowd], list[tuple], int]:
    """Give the crowd of each strand; the hidden counts of responses that are narrow, with their ends; and how many were tried."""
    shown = _shown(published)
    strands = list(study.strands)
    countries = [*dict.fromkeys(place for _, (level, place) in shown if level == "country"), NOBODY]
    regions = {country: region for country, region in region_of().items() if country in countries}
    number = {
        (strand, country): place
        for place, (strand, country) in enumerate((s, c) for s in strands for c in countries)
    }

    def parts(strand: str, place: Place) -> dict[int, float]:
        inside = [
            one for one in countries if place in (WORLD, ("country", one), ("region", regions.get(one, "")))
        ]
        return {number[own, one]: 1.0 for own in (strands if strand == ALL else [strand]) for one in inside}

    known = {
        key: value
        for key, value in shown.items()
        if np.isfinite(value) and (key[0] == ALL or key[0] in strands)
    }
    totals = np.array(list(known.values()))
    puzzle = Puzzle(
        np.zeros(len(number)), np.full(len(number), VERY_MANY),
        sparse([parts(*key) for key in known], len(number)), totals - published.slack, totals + published.slack,
    ).reduced()  # fmt: skip
    solver = Solver(puzzle)
    width = np.full(len(number), np.inf)
    low, high = solver.ends(csr_array(np.eye(len(number))), width)
    found = {
        strand: Crowd(
            {
                one: (low[number[strand, one]], most)
                for one in countries
                if (most := high[number[strand, one]]) > 0
            },
            {place: value for (own, place), value in known.items() if own == strand},
            regions,
        )
        for strand in strands
    }
    hidden = [key for key in shown if key not in known and (key[0] == ALL or key[0] in strands)]
    least = {strand: one.minimum_cell for strand, one in study.strands.items()} | {
        ALL: study.thresholds["minimum_cell"]
    }
    limits = np.array([np.inf if exact else least[strand] for strand, _ in hidden])
    ends = solver.ends(sparse([parts(*key) for key in hidden], len(number)), limits) if hidden else ([], [])
    narrow = [
        (strand, RESPONSES, strand, *place, low, high, np.nan, True)
        for (strand, place), low, high, limit in zip(hidden, *ends, limits, strict=True)
        if high - low < limit or exact
    ]
    return found, narrow, len(hidden)


def _shown(published: Published) -> dict[tuple[str, Place], float]:
    """What is shown of how many took part, in whatever table; missing where a row says that it is hidden."""
    cells = published.cells["n"].groupby(["strand", "level", "place"]).max()
    merged = published.responses.combine_first(cells)
    return {(strand, (level, place)): value for (strand, level, place), value in merged.items()}
