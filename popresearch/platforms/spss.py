"""SPSS: the file itself says what a variable asks, what its codes mean, and which variables are one choose-many question."""

from popresearch.grids import Dictionary
from popresearch.platforms.layout import Column, Layout, column

PLATFORM = "spss"


def layout(names: list[str], dictionary: Dictionary) -> Layout:
    """Turn variable names and the file's dictionary into columns."""
    sets = {number: (name, label) for name, (label, numbers) in dictionary.sets.items() for number in numbers}
    columns = [
        _column(name, dictionary.texts.get(number, ""), sets.get(number)) for number, name in enumerate(names)
    ]
    why = "an SPSS file" + (f" with {len(dictionary.sets)} choose-many sets" if dictionary.sets else "")
    return Layout(PLATFORM, why, columns, choices=dictionary.choices)


def _column(name: str, text: str, member: tuple[str, str] | None) -> Column:
    if member:
        question, asked = member
        return column(name, meaning="", question=question, option=name, text=asked, option_text=text or name,
                      names=((question, name), (name, "")), labels=(asked,))  # fmt: skip
    return column(
        name, meaning="", question=name, text=text or name, names=((name, ""),), labels=(text or name,)
    )
