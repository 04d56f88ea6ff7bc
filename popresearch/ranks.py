"""Rankings laid out in columns: one an option, which holds its rank, or one a rank, which holds the option."""

import re

import pandas as pd

from popresearch.matching import NO, Columns
from popresearch.options import RANK_TWICE, Known
from popresearch.readings import Read, Reading, combinations
from popresearch.texts import normal

RANK_LEFT_OUT = "a rank is left out"
PLACE = re.compile(r"(?!-)\D*(?P<place>\d+)(?:[.,]0+)?\D*")  # "1", "2.", "3rd", a workbook's "4.0"; not "1-2"


def ranked(columns: Columns, rows: pd.DataFrame, known: Known) -> Read:
    """Read a ranking laid out as a column an option (its rank) or a column a rank (the option).

    LimeSurvey's columns are ranks, also where the options' own codes are numbers.
    """
    options = {code for code, _ in known.codes.values()}
    cells, texts = [], []
    for option, number in (
        (option, number) for option, numbers in columns.options.items() for number in numbers
    ):
        is_rank = option not in options or (option.isdecimal() and known.export.platform == "limesurvey")
        codes = known.of(number) if is_rank else {}
        given = [text.strip() for text in rows[number].cat.categories]
        texts.append(
            [_option_at(option, text, codes) if is_rank else _rank_of(option, text) for text in given]
        )
        cells.append(rows[number].cat.codes.to_numpy())
    combination, firsts = combinations(cells)
    readings = [
        _in_order([text[cell[first]] for text, cell in zip(texts, cells, strict=True)]) for first in firsts
    ]
    return Read(rows.index, combination, readings)


def _option_at(rank: str, text: str, codes: dict[str, tuple[str, str]]) -> tuple[int, Reading]:
    """Read the option in the column of a rank."""
    option = codes.get(normal(text), ("", ""))[0]
    return int(rank), Reading(option) if option or not text else Reading(fault="not an option")


def _rank_of(option: str, text: str) -> tuple[int, Reading]:
    """Read the rank in the column of an option."""
    if not text or normal(text) in NO - {"0"}:
        return 0, Reading()
    place = PLACE.fullmatch(text)
    return (
        (int(place["place"]), Reading(option))
        if place and int(place["place"])
        else (0, Reading(fault="not a rank"))
    )


def _in_order(given: list[tuple[int, Reading]]) -> Reading:
    """Put the ranked options of one combination in order."""
    chosen = [(rank, one) for rank, one in given if one.value or one.fault]
    if faulty := next((one for _, one in chosen if one.fault), None):
        return faulty
    ranks = {rank: one.value for rank, one in chosen}
    if len(set(ranks.values())) < len(chosen):
        return Reading(fault=RANK_TWICE)
    if max(ranks, default=0) > len(ranks):
        return Reading(fault=RANK_LEFT_OUT)
    return Reading(" ".join(ranks[rank] for rank in sorted(ranks)))
