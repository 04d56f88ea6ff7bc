"""What the rows of a form say of each other: questions that are referred to, options of which several may be chosen."""

import re
from collections.abc import Iterator

from popresearch.faults import Fault, did_you_mean
from popresearch.instrument import conditions
from popresearch.instrument.options import Options
from popresearch.instrument.sheets import Sheet
from popresearch.instrument.survey import Survey

REFERRING = re.compile(
    r"(relevant|constraint|calculation|choice_filter|repeat_count|required|default|(label|hint)(_.*|::.*)?)"
)


def faults(sheet: Sheet, survey: Survey, options: Options) -> list[Fault]:
    """Find what no row shows by itself."""
    return [*_of_questions(sheet, survey), *_of_blanks(survey, options)]


def _of_questions(sheet: Sheet, survey: Survey) -> Iterator[Fault]:
    """Questions that are referred to and do not exist, or exist twice."""
    known = {row["name"] for _, row in sheet.rows if "name" in row} | set(survey.questions)
    for number, row in sheet.rows:
        for column in filter(REFERRING.fullmatch, row):
            for name in conditions.named(row[column]):
                if name not in known:
                    what = f"{column}: there is no question '{name}'.{did_you_mean(name, known)}"
                    yield Fault(sheet.place(number), what, "Correct the name.")
                elif name in survey.doubled:
                    what = f"{column}: there are several questions '{name}'."
                    yield Fault(sheet.place(number), what, "Rename all but one.")


def _of_blanks(survey: Survey, options: Options) -> Iterator[Fault]:
    """Options with a blank: where several may be chosen, one cannot be told from two."""
    several = (row["list"] for row in survey.questions.values() if row["kind"] in ("many", "rank"))
    for listed in dict.fromkeys(several):
        for option in options.lists.get(listed, {}):
            if " " in option:
                what = f"option '{option}' of list '{listed}' has a blank, and several options may be chosen."
                yield Fault(options.places[listed, option], what, "Write '_' in its place.")
