"""The gate: what leaves is what cannot point at a respondent.

First the rules hide what is small (primary suppression), then as few other cells as found are hidden until nothing hidden can be
worked out from what is shown (complementary suppression), checked by `intruder` over each question's whole system of sums.
Terms as in Hundepool et al., Statistical Disclosure Control (2012).
"""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from popresearch import instrument, reference
from popresearch.intruder import VERY_LARGE, System
from popresearch.study import Study
from popresearch.suppression import complete, most_of_bases, unknown_bases

SHOWN, SMALL, FEW, TO_PROTECT = "shown", "small count", "too few answers", "protects another"
LEAST_HIDDEN = 5  # hidden countries of a sum, from which its interval says little of any of them
TELLING = "its interval would give hidden numbers away"
NUMBERS = (
    "count",
    "share",
    "low",
    "high",
    "n_",
    "se",
    "design_effect",
    "least_",
    "most_",
)  # how their columns begin
RANGES = ("least_", "most_")
OPEN = 4  # minimum cells over the base: the step to which ranges are rounded
PRECISION = ("low", "high", "share_by", "share_to", "se", "design_effect", "least_", "most_", "n_effective")


def gate(estimates: pd.DataFrame, responses: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pass estimates and the counts of responses through the gate.

    Returns both with a column `status` (shown, small count, too few answers, protects another); the numbers of hidden cells are
    missing, and of a place with too few answers the base as well.
    """
    counts = protect_responses(responses, study)
    passed = []
    for strand, table in estimates.groupby("strand", sort=False):
        rules = study.strands[strand]
        asked = instrument.of(rules)
        known = counts[(counts["strand"] == strand) & (counts["status"] == SHOWN)]
        published = set(zip(known["level"], known["place"], strict=True))
        passed += [
            protect(
                rows,
                published,
                minimum_cell=rules.minimum_cell,
                minimum_base=study.thresholds["minimum_base"],
                hide_zero=rules.hide_zero,
                partition=_adds_up(asked, str(family)),
                filtered=_is_filtered(asked, str(family), rules.roles),
                unions=_unions(study, strand, str(family), asked),
                regions=_regions(responses),
            )
            for family, rows in table.groupby(table["question"].str.partition(".")[0], sort=False)
        ]
    table = _blanked(pd.concat(passed, ignore_index=True))
    table = _without_telling_intervals(table, _regions(responses))
    return _with_coarse_ranges(table, study), _blanked(counts)


def protect(
    table: pd.DataFrame,
    published: set[tuple[str, str]],
    *,
    minimum_cell: int | dict[str, int],
    minimum_base: int = 0,
    hide_zero: bool = False,
    partition: bool,
    filtered: bool = False,
    unions: list[tuple[tuple[str, str], list[tuple[str, str]]]] = (),
    regions: dict[str, str],
    is_sum: bool = False,
    dear: Callable[[str, str, float], bool] = lambda option, level, count: False,
) -> pd.DataFrame:
    """Add `status` to the cells of one question and its rollups (question, option, level, place, n, base, count).

    `published`: the (level, place) whose number of responses is public. `partition`: the options add up to the base. `filtered`:
    who was asked depends on an earlier answer, so that a base a little below the number of responses gives that answer away. A place
    outside `published`, or with the answers of a few organisations only, shows nothing; no small base can be had by subtraction.
    `regions`: country → region. A country without a region still adds to the world. `minimum_cell` may differ by option. `is_sum`: an
    option that takes others together is their sum, also where the options do not add up to the base. `dear` says of an option, a level
    and a count whether it is hidden for others only where nothing else can be.
    """
    cells, places, options = _square(table, regions)
    floor = np.array(
        [minimum_cell if isinstance(minimum_cell, int) else minimum_cell[option] for _, option in options]
    )
    is_part = np.array([partition and question == options[0][0] for question, _ in options])
    is_public = np.array([key in published for key in places])
    small = _small(cells, floor, is_whole=is_part | is_sum, hide_zero=hide_zero)
    system = _system(places, cells, regions)
    system.partition, system.is_sum = is_part, partition or is_sum
    number = {option: row for row, option in enumerate(options)}
    system.unions = [
        (number[whole], [number[part] for part in parts]) for whole, parts in unions if whole in number
    ]
    few = np.zeros(len(places), dtype=bool)
    if not is_sum:
        few = _few(system, cells, is_public, minimum_base=minimum_base, filtered=filtered, width=floor.max())
    unnamed = np.array([key == ("country", "") for key in places])
    system.shown = ~(small | few | unnamed)
    if not hide_zero:  # zeros are shown, so what is hidden is not one
        known = (cells["count"] > 0) & ~few & ~unnamed
        system.lower = known[:, : system.n_countries].astype(float)
    shown = complete(system, small, floor, _cost(cells["count"], places, options, dear))
    status = np.where(shown, SHOWN, np.where(few, FEW, np.where(small, SMALL, TO_PROTECT)))
    column = {place: number for number, place in enumerate(places)}
    rows = [number[key] for key in zip(table["question"], table["option"], strict=True)]
    columns = [column[key] for key in zip(table["level"], table["place"], strict=True)]
    return table.assign(status=status[rows, columns])


def _small(
    cells: dict[str, np.ndarray], floor: np.ndarray, *, is_whole: np.ndarray, hide_zero: bool
) -> np.ndarray:
    """Primary suppression: small counts, small complements of an option that stands alone, and all or nobody where zeros disclose."""
    count, base, floor = cells["count"], cells["base"], floor[:, None]
    rest = base - count
    nearly_all = ~is_whole[:, None] & (rest > 0) & (rest < floor) & (count > 0)
    small = ((count > 0) & (count < floor)) | nearly_all
    return small | (hide_zero & ((count == 0) | (rest == 0)) & (base > 0))


def _few(
    system: System,
    cells: dict[str, np.ndarray],
    is_public: np.ndarray,
    *,
    minimum_base: int,
    filtered: bool,
    width: float,
) -> np.ndarray:
    """Say which places show nothing, and write into the system which bases an intruder knows and what bounds they give."""
    base, outside = system.base, cells["n"].max(axis=0) - system.base
    organisations = cells["n_organisations"].max(axis=0)
    gives_away = filtered & (outside > 0) & (outside < width)
    few = (base < minimum_base) | gives_away | ~is_public | ((organisations > 0) & (organisations < width))
    n = np.where(is_public, cells["n"].max(axis=0), np.inf)[: system.n_countries]
    unknown = unknown_bases(
        base, gives_away | (few & (base > 0) & (base < width)), is_public, system.members, n, width
    )
    system.base_shown = ~unknown
    system.upper = np.minimum(n, most_of_bases(base, unknown, system.members))
    return few | unknown


def _system(places: list, cells: dict[str, np.ndarray], regions: dict[str, str]) -> System:
    """Lay out the sums of a question before anything is known of it."""
    countries = [place for level, place in places if level == "country"]
    sums = [(level, place) for level, place in places if level != "country"]
    inside = [
        [level == "world" or regions.get(one, "") == place for one in countries] for level, place in sums
    ]
    count = cells["count"]
    nothing = np.zeros(count.shape[1], dtype=bool)
    return System(
        counts=count,
        shown=np.ones(count.shape, dtype=bool),
        members=np.array(inside, dtype=bool).reshape(len(sums), len(countries)),
        base=cells["base"].max(axis=0),
        base_shown=nothing,
        upper=np.full(len(countries), np.inf),
        partition=np.zeros(len(count), dtype=bool),
    )


def _cost(
    count: np.ndarray, places: list, options: list, dear: Callable[[str, str, float], bool]
) -> np.ndarray:
    """What hiding each cell costs: its count, and very much where it is dear."""
    levels = [level for level, _ in places]
    is_dear = [
        [dear(option, *cell) for cell in zip(levels, row, strict=True)]
        for (_, option), row in zip(options, count, strict=True)
    ]
    return count + VERY_LARGE * np.array(is_dear)


def protect_responses(responses: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Add `status` to the counts of responses by strand and place, and to those of all strands together (strand "all").

    The strands of a place add up to its total; each strand keeps its own minimum cell. Where the count of a strand is hidden none of its
    estimates can be shown, so totals are hidden before counts that estimates rest on.
    """
    total = responses.drop_duplicates(["level", "place"]).assign(
        strand="all", count=lambda rows: rows["base"]
    )
    table = pd.concat([responses, total], ignore_index=True)
    table = table.assign(question="responses", option=table["strand"], n=table["base"])
    floors = {name: strand.minimum_cell for name, strand in study.strands.items()}
    unions = [(("responses", "all"), [("responses", name) for name in floors])]
    passed = protect(
        table,
        set(),
        minimum_cell=floors | {"all": study.thresholds["minimum_cell"]},
        partition=False,
        unions=unions,
        regions=_regions(responses),
        is_sum=True,
        dear=lambda strand, level, count: (
            strand != "all" and (level != "country" or count >= study.thresholds["minimum_base"])
        ),
    )
    return passed.drop(columns=["question", "option", "n", "base"])


def protect_bases(bases: pd.DataFrame, passed: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Hide how many were asked where so few did not answer, and how many had an opinion where an option without one is hidden.

    `bases` as `estimates.bases.missing` counts them; `passed` are the estimates that passed the gate.
    """
    world = passed[(passed["level"] == "world")]
    shown = (world["status"] == SHOWN).groupby([world["strand"], world["question"]]).any()
    quiet = _families(world[world["option"].isin(study.no_opinion) & (world["status"] != SHOWN)])
    keys = pd.MultiIndex.from_frame(bases[["strand", "question"]])
    least = bases["strand"].map({name: strand.minimum_cell for name, strand in study.strands.items()})
    silent = ~keys.isin(shown[shown].index)
    columns = bases[["n", "asked", "answered"]].astype(float)
    for more, fewer in (("n", "asked"), ("asked", "answered")):
        few = (bases[more] - bases[fewer]).between(1, least - 1)
        columns["asked"] = columns["asked"].mask(few)
    opinion = bases["opinion"].astype(float).mask(_families(bases).isin(quiet))
    hidden = columns.assign(opinion=opinion).mask(pd.Series(silent, index=bases.index))
    return bases.assign(**hidden)


def _families(table: pd.DataFrame) -> pd.MultiIndex:
    """Strand and question of each row; a rollup counts as its question, whose answers it takes together."""
    return pd.MultiIndex.from_arrays([table["strand"], table["question"].str.partition(".")[0]])


def _square(table: pd.DataFrame, regions: dict[str, str]) -> tuple[dict[str, np.ndarray], list, list]:
    """Lay the cells out as options × places: countries (with the answers that name none), regions, world."""
    wide = {
        name: table.pivot(index=["question", "option"], columns=["level", "place"], values=name)
        for name in ("n", "base", "count", "n_organisations")
        if name in table
    }
    order = {
        key: position
        for position, key in enumerate(dict.fromkeys(zip(table["question"], table["option"], strict=True)))
    }
    rank = {"country": 0, "region": 1, "world": 2}
    places = sorted(wide["n"].columns, key=lambda key: (rank[key[0]], key[1]))
    cells = {
        name: frame.reindex(index=list(order), columns=places).to_numpy(dtype=float)
        for name, frame in wide.items()
    }
    rest = {
        name: values[:, [places.index(("world", ""))]]
        - values[:, [i for i, key in enumerate(places) if key[0] == "country"]].sum(axis=1, keepdims=True)
        for name, values in cells.items()
    }
    if not rest["n"].any():
        return cells, places, list(order)
    cells = {name: np.hstack([rest[name], values]) for name, values in cells.items()}
    return cells, [("country", ""), *places], list(order)


def _regions(responses: pd.DataFrame) -> dict[str, str]:
    places = reference.countries()["region"]
    return {code: places[code] for code in responses.loc[responses["level"] == "country", "place"].unique()}


def _adds_up(asked: instrument.Instrument, question: str) -> bool:
    return asked.questions.at[question, "kind"] != "many"


def _is_filtered(asked: instrument.Instrument, question: str, roles: dict[str, str]) -> bool:
    """Say whether an answer other than consent and age decides who is asked."""
    needed = set(re.findall(r"\$\{([^}]+)\}", asked.questions.at[question, "relevant"]))
    return bool(needed - set(roles.values()))


def _unions(study: Study, strand: str, question: str, asked: instrument.Instrument) -> list:
    """Rollup options of a question with the options they take together."""
    options = asked.options_of(question) if asked.questions.at[question, "list"] else pd.DataFrame()
    unions = []
    for name, rollup in study.rollups.items():
        if rollup["questions"].get(strand) == question:
            for whole, members in rollup.get("options", {}).items():
                unions.append(((f"{question}.{name}", whole), [(question, member) for member in members]))
            for whole, groups in rollup.get("groups", {}).items():
                members = options.index[options["group"].isin(groups)]
                unions.append(((f"{question}.{name}", whole), [(question, member) for member in members]))
    return unions


def _blanked(table: pd.DataFrame) -> pd.DataFrame:
    """Take the numbers out of hidden rows; the base stays where only the cell is hidden."""
    hidden = table["status"] != SHOWN
    numbers = _beginning(table, NUMBERS)
    table = table.copy()
    table[numbers] = table[numbers].astype(float).mask(hidden)
    many = [name for name in ("base", "n") if name in table]
    table[many] = table[many].astype(float).mask(table["status"] == FEW)
    if "verdict" in table:
        pooled = np.where(table["level"] == "country", "pool", "withhold")
        table["verdict"] = table["verdict"].mask(hidden, pd.Series(pooled, index=table.index))
        table["reason"] = table["reason"].mask(hidden, table["status"])
    return table


def _without_telling_intervals(table: pd.DataFrame, regions: dict[str, str]) -> pd.DataFrame:
    """Withhold interval and further views of a region or the world where few of its countries are hidden.

    They are computed from the same counts by country: with the total, the interval of two countries gives both counts exactly.
    """
    n_hidden = hidden_countries(table, regions)
    tells = (table["level"] != "country") & (table["status"] == SHOWN) & few_hidden(n_hidden)
    numbers = _beginning(table, PRECISION)
    table[numbers] = table[numbers].mask(tells)
    table.loc[tells, ["verdict", "reason"]] = "withhold", TELLING
    return table


def hidden_countries(table: pd.DataFrame, regions: dict[str, str]) -> pd.Series:
    """Count for each cell of a region or the world the countries it is the sum of and whose own cell is not shown."""
    keys = ["strand", "question", "option", "level", "place"]
    seen = table[(table["level"] == "country") & (table["status"] == SHOWN) & (table["base"] > 0)]
    around = [
        seen.assign(level="region", place=seen["place"].map(regions)),
        seen.assign(level="world", place=""),
    ]
    n_seen = pd.concat(around).groupby(keys).size().reindex(pd.MultiIndex.from_frame(table[keys]))
    return table["n_countries"].astype(float) - n_seen.fillna(0).to_numpy()


def few_hidden(n_hidden: pd.Series) -> pd.Series:
    """Say where so few countries are hidden that a figure made from them gives their numbers away."""
    return n_hidden.between(1, LEAST_HIDDEN - 1)


def _with_coarse_ranges(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Round the least and the most that a share becomes without any one unit, outward, so that they leave that unit's count open.

    Without a unit of base w a share of base W is (Y − y) / (W − w); a step s leaves y open by s (W − w). With four minimum cells over W
    that is at least one minimum cell, for any unit with up to three quarters of the answers. Within a country the range stays inside.
    """
    ranges = _beginning(table, RANGES)
    if not ranges:
        return table
    least = table["strand"].map({name: strand.minimum_cell for name, strand in study.strands.items()})
    step = np.ceil(OPEN * least / table["base"].where(table["base"] > 0) * 100).clip(1, 100) / 100
    for name in ranges:
        outward = np.floor if name.startswith("least") else np.ceil
        rounded = (outward((table[name] / step).round(9)) * step).clip(0, 1)
        table[name] = rounded.mask(table["level"] == "country")
    return table


def _beginning(table: pd.DataFrame, words: tuple[str, ...]) -> list[str]:
    """The columns whose names begin with one of the words; `system` is no `se`."""
    return [
        name
        for name in table.columns
        if name in words or name.startswith(tuple(f"{word.rstrip('_')}_" for word in words))
    ]
