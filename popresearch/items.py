"""What is counted of a question: who was asked, who answered, who chose each option, and which numbers and ranks were given."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from popresearch import states
from popresearch.instrument import Instrument
from popresearch.study import Study

KINDS = ("one", "many", "number", "rank")
Columns = Mapping[str, np.ndarray | ExtensionArray]  # of responses, by name


def counted(
    responses: Columns, asked: Instrument, study: Study, strand: str
) -> Iterator[tuple[str, np.ndarray, np.ndarray, dict[str, np.ndarray]]]:
    """Yield each countable question: who was asked, who answered, and who chose each option, as rows of true and false.

    Numbers are counted in the study's bands, and only where it names some; of a ranking, who put the option first. Rollups follow their
    question as `<question>.<rollup>`.
    """
    for question in asked.questions.index:
        kind = asked.questions.at[question, "kind"]
        if kind not in KINDS or f"{question}.state" not in responses:
            continue
        state = responses[f"{question}.state"]
        was_asked, answered = np.asarray(state != "not_asked"), np.asarray(state == "answered")
        if kind == "number":
            if question in study.bands:
                numbers = np.asarray(responses[states.column(question)], dtype=float)
                yield question, was_asked, answered, _banded(numbers, study.bands[question], answered)
            continue
        chosen = _chosen(responses, question, kind, asked)
        yield question, was_asked, answered, chosen
        for name, rollup in study.rollups.items():
            if rollup["questions"].get(strand) == question:
                rolled = _rolled_up(chosen, rollup, asked.options_of(question))
                yield f"{question}.{name}", was_asked, answered, rolled


def valued(responses: Columns, asked: Instrument) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield each number, and each option's rank, as numbers by row: question, option (blank for a number), values."""
    for question in asked.questions.index:
        kind = asked.questions.at[question, "kind"]
        if kind == "number" and states.column(question) in responses:
            yield question, "", np.asarray(responses[states.column(question)], dtype=float)
        elif kind == "rank":
            for option in asked.options_of(question).index:
                if f"{question}/{option}" in responses:
                    yield question, str(option), _numbers(responses[f"{question}/{option}"])


def band_codes(lower: list[int]) -> list[str]:
    """Name the bands that start at these lower ends: 0_24, 25_49, 50_."""
    ends = [f"{upper - 1}" for upper in lower[1:]] + [""]
    return [f"{start}_{end}" for start, end in zip(lower, ends, strict=True)]


def _chosen(responses: Columns, question: str, kind: str, asked: Instrument) -> dict[str, np.ndarray]:
    options = asked.options_of(question).index
    if kind == "many":
        return {option: _true(responses[f"{question}/{option}"]) for option in options}
    if kind == "rank":
        return {option: _numbers(responses[f"{question}/{option}"]) == 1 for option in options}
    codes = pd.Categorical(responses[states.column(question)], categories=list(options)).codes
    return {option: codes == code for code, option in enumerate(options)}


def _true(column: np.ndarray | ExtensionArray) -> np.ndarray:
    """Mark the rows that hold true; what is missing is not."""
    return column if isinstance(column, np.ndarray) else column.to_numpy(dtype=bool, na_value=False)


def _numbers(column: np.ndarray | ExtensionArray) -> np.ndarray:
    return column if isinstance(column, np.ndarray) else column.to_numpy(dtype=float, na_value=np.nan)


def _banded(values: np.ndarray, lower: list[int], answered: np.ndarray) -> dict[str, np.ndarray]:
    band = np.searchsorted(lower, values, side="right") - 1
    return {code: answered & (band == place) for place, code in enumerate(band_codes(lower))}


def _rolled_up(chosen: dict[str, np.ndarray], rollup: dict, options: pd.DataFrame) -> dict[str, np.ndarray]:
    """Take options together: by their names (`options`) or by their group in the instrument (`groups`)."""
    members = dict(rollup.get("options", {}))
    for name, groups in rollup.get("groups", {}).items():
        members[name] = list(options.index[options["group"].isin(groups)])
    return {
        name: np.logical_or.reduce([chosen[option] for option in listed]) for name, listed in members.items()
    }
