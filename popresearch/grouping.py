"""Which columns of a bare export belong to one question: options of a choose-many, rows of a matrix, ranks, variants for countries."""

import os
import re
from dataclasses import dataclass, field

import pandas as pd

from popresearch.guesses import CODED, LEAST_GIVEN, MOST_SHARED, Guess, guess, is_typed, listed, slug
from popresearch.matching import NO, OTHER_CODES, OTHER_WORD, YES
from popresearch.platforms import Column, Export
from popresearch.texts import normal

SUFFIX = re.compile(r"[_.-]?[A-Za-z]{1,8}")  # by which the codes of variants differ
MOST_RANKED = 0.95  # share of the responses that give no rank twice
OTHER = "other"


@dataclass
class Drafted:
    """A question as it is guessed: `columns` says which option each column holds ("" for the whole answer).

    `was` gives the codes of the columns of merged variants, `variants` the questions that look like variants and were kept apart.
    """

    name: str
    label: str
    columns: dict[int, str]
    repeat: str = ""
    guess: Guess = field(default_factory=Guess)
    was: dict[int, str] = field(default_factory=dict)
    variants: list[str] = field(default_factory=list)


@dataclass
class Group:
    """Columns under one question: `slots` gives the columns of each option, "" for the whole answer; several are turns of a repeat."""

    code: str
    text: str
    repeat: str
    slots: dict[str, list[int]] = field(default_factory=dict)

    @property
    def numbers(self) -> list[int]:
        """All columns of the group."""
        return [number for numbers in self.slots.values() for number in numbers]


def questions(export: Export) -> list[Drafted]:
    """Guess all questions of an export, in the order of its columns."""
    drafted: list[Drafted] = []
    for family in _families(export, _groups(export)):
        merged = _merged(export, family) if len(family) > 1 else None
        found = [merged] if merged else [one for group in family for one in _of_group(export, group)]
        if not merged and len(family) > 1:
            found[0].variants = [group.code for group in family]
        drafted += found
    return sorted(drafted, key=lambda one: min(one.columns))


def answers_of(export: Export, numbers: list[int]) -> pd.Series:
    """The answers that stand in some columns, without the blanks."""
    cells = pd.concat([export.rows[number] for number in numbers]).str.strip()
    return cells[cells != ""]


def _groups(export: Export) -> list[Group]:
    """Bring the columns of one question together; a second column in a place that is taken becomes a question of its own."""
    groups: dict[object, Group] = {}
    key: tuple[object, int] | None = None
    for number, one in enumerate(export.columns):
        if export.meanings[number]:
            key = None
            continue
        key, slot = _key(export, number, key), one.option or one.option_text
        group = groups.setdefault(key, Group(_code(export, one), _text(one), one.repeat))
        if slot in group.slots and not one.repeat:
            groups[number] = Group("", one.head, "", {"": [number]})
        else:
            group.slots.setdefault(slot, []).append(number)
    return list(groups.values())


def _key(export: Export, number: int, before: tuple[object, int] | None) -> tuple[object, int]:
    """What columns of one question share: a code; or, side by side, a number or a text. "Other" goes with the column on its left."""
    one = export.columns[number]
    if one.option == OTHER and not one.question and before:
        return before
    if _code(export, one):
        return (one.repeat, one.question), 0
    stem = (one.repeat, "" if one.text else one.question, one.text)
    return stem, before[1] if before and before[0] == stem and one.option_text else number


def _code(export: Export, one: Column) -> str:
    """The code of the question; blank where the layout has none, or one for each row of a matrix."""
    return one.question if export.platform in CODED and (one.option or not one.option_text) else ""


def _text(one: Column) -> str:
    """What people read; an array whose question is blank has all of it in brackets."""
    text = one.text or ("" if one.option_text else one.head)
    return text.strip()[1:-1].strip() if re.fullmatch(r"\s*\[[^\[\]]*\]\s*", text) else text


def _of_group(export: Export, group: Group) -> list[Drafted]:
    """The question of a group, or the questions of a matrix."""
    whole = group.slots.get("", [])
    parts = {option: numbers for option, numbers in group.slots.items() if option}
    typed = [option for option, numbers in parts.items() if _is_typed(export, numbers)]
    chosen = [numbers for option, numbers in parts.items() if option not in typed]
    if not parts or (whole and not chosen):
        one = _whole(export, group, whole)
        if not parts or one.guess.options:
            return [_with_other(export, one, [number for option in typed for number in parts[option]])]
    marked = [numbers for numbers in chosen if _are_marks(export, numbers)]
    blank = [numbers for numbers in chosen if answers_of(export, numbers).empty]
    if chosen and len(marked) + len(blank) == len(chosen) and (marked or whole):
        return [_ticked(export, group, typed)]
    ranked = None if whole or typed else _ranked(export, group)
    return [ranked] if ranked else _matrix(export, group)


def _name(group: Group, numbers: list[int]) -> str:
    return group.code or f"q{min(numbers) + 1:03d}"


def _guessed(export: Export, numbers: list[int], cells: list[pd.Series]) -> Guess:
    return guess(export, cells, export.layout.choices.get(export.columns[min(numbers)].question, {}))


def _whole(export: Export, group: Group, numbers: list[int]) -> Drafted:
    found = _guessed(export, numbers, [answers_of(export, numbers)])
    return Drafted(_name(group, numbers), group.text, dict.fromkeys(numbers, ""), group.repeat, found)


def _with_other(export: Export, one: Drafted, numbers: list[int]) -> Drafted:
    """Add the columns in which people typed what is not listed."""
    if numbers:
        code = next((code for code in one.guess.options if code in OTHER_CODES), OTHER)
        one.guess = one.guess._replace(
            options={code: export.columns[numbers[0]].option_text or OTHER} | one.guess.options
        )
        one.columns |= dict.fromkeys(numbers, code)
    return one


def _ticked(export: Export, group: Group, typed: list[str]) -> Drafted:
    """A choose-many question of which each option has a column."""
    options: dict[str, str] = {}
    columns: dict[int, str] = {}
    for option, numbers in group.slots.items():
        one = export.columns[numbers[0]]
        code = OTHER if option in typed else one.option or (slug(option, options) if option else "")
        if code:
            options.setdefault(code, one.option_text or option)
        columns |= dict.fromkeys(numbers, code)
    first = export.columns[group.numbers[0]]
    label = (
        group.text or f"{first.question}. {' / '.join(list(options.values())[:2])} …"
    )  # where a layout leaves the question out
    return Drafted(_name(group, group.numbers), label, columns, group.repeat, Guess("many", options))


def _ranked(export: Export, group: Group) -> Drafted | None:
    """A ranking, with a column an option (holding its rank) or a column a rank (holding the option); no rank twice in a response."""
    numbers = [numbers[0] for numbers in group.slots.values()]
    cells = [answers_of(export, [number]) for number in numbers]
    rows = pd.concat(cells).groupby(level=0)
    is_apart = (rows.nunique() == rows.size())[rows.size() > 1]
    if group.repeat or len(is_apart) < LEAST_GIVEN or is_apart.mean() < MOST_RANKED:
        return None
    places = [str(place) for place in range(1, len(numbers) + 1)]
    if set(pd.concat(cells)) <= set(places):
        options, columns = {}, {}
        for option, number in zip(group.slots, numbers, strict=True):
            columns[number] = export.columns[number].option or slug(option, options)
            options[columns[number]] = export.columns[number].option_text or option
        return Drafted(_name(group, numbers), group.text, columns, guess=Guess("rank", options))
    if not group.code or not all(
        _is_place(export.columns[number], place) for number, place in zip(numbers, places, strict=True)
    ):
        return None
    found = listed(export, cells)
    if not found.options or found.takes_other or any(code.isdecimal() for code in found.options):
        return None
    columns = dict(zip(numbers, places, strict=True))
    return Drafted(group.code, group.text, columns, guess=found._replace(kind="rank"))


def _is_place(one: Column, place: str) -> bool:
    """Say whether a column is a place in a ranking ("Rank 1"), and not the first option of a list."""
    return one.option == place and (not one.option_text or one.option_text.split()[-1] == place)


def _matrix(export: Export, group: Group) -> list[Drafted]:
    """One question a row, labelled "question – row"; rows that share answers share their options."""
    rows, cells = [], {}
    for option, numbers in group.slots.items():
        one = export.columns[numbers[0]]
        name = f"{group.code}[{option}]" if group.code and option else _name(group, numbers)
        if not group.code and export.platform in CODED and one.question:
            name = one.question
        label = " – ".join(filter(None, (group.text, one.option_text)))
        rows.append(Drafted(name, label, dict.fromkeys(numbers, ""), group.repeat))
        cells[name] = answers_of(export, numbers)
    for scale in _scales(cells):
        for one in rows:
            if one.name in scale:
                one.guess = _guessed(export, list(one.columns), [cells[name] for name in scale])
    return rows


def _scales(cells: dict[str, pd.Series]) -> list[list[str]]:
    """Bring the rows together that share answers."""
    scales: list[tuple[set[str], list[str]]] = []
    for name, given in cells.items():
        near = [scale for scale in scales if scale[0] & set(given)]
        answers, names = (
            set(given).union(*(scale[0] for scale in near)),
            [one for scale in near for one in scale[1]],
        )
        scales = [*(scale for scale in scales if scale not in near), (answers, [*names, name])]
    return [names for _, names in scales]


def _are_marks(export: Export, numbers: list[int]) -> bool:
    """Say whether the cells only tick the option of their column."""
    given = set(answers_of(export, numbers).map(normal))
    label = normal(export.columns[numbers[0]].option_text)
    return bool(given) and given <= YES | NO | {label}


def _is_typed(export: Export, numbers: list[int]) -> bool:
    """Say whether a column holds what people typed beside "other"."""
    one = export.columns[numbers[0]]
    is_other = normal(one.option) in OTHER_CODES or bool(OTHER_WORD.match(one.option_text))
    return is_other and not _are_marks(export, numbers)


def _families(export: Export, groups: list[Group]) -> list[list[Group]]:
    """Bring variants together: one text, codes that differ in a suffix of letters, and no response that answers two of them."""
    families: dict[object, list[Group]] = {}
    for place, group in enumerate(groups):
        is_asked = group.code and not group.repeat and normal(group.text) != normal(group.code)
        families.setdefault(normal(group.text) if is_asked else place, []).append(group)
    found: list[list[Group]] = []
    for family in families.values():
        alike = _alike(export, family) if len(family) > 1 and _are_variants(export, family) else []
        found += [*([alike] if alike else []), *([group] for group in family if group not in alike)]
    return found


def _are_variants(export: Export, family: list[Group]) -> bool:
    codes = [group.code for group in family]
    start = os.path.commonprefix(codes)
    if not start or not all(SUFFIX.fullmatch(code[len(start) :]) for code in codes):
        return False
    answered = [(export.rows[group.numbers] != "").any(axis=1).astype(int) for group in family]
    return bool(sum(answered).max() <= 1)


def _alike(export: Export, family: list[Group]) -> list[Group]:
    """Leave out the variants whose answers were typed, or are hardly shared with the others; what stays are lists."""
    while family and all(set(group.slots) == {""} for group in family):
        cells = [answers_of(export, group.numbers) for group in family]
        counts = pd.concat(cells).value_counts()
        shared = counts.index[counts >= LEAST_GIVEN]
        stay = [
            g
            for g, one in zip(family, cells, strict=True)
            if one.isin(shared).mean() >= MOST_SHARED and not is_typed(one)
        ]
        if len(stay) == len(family):
            break
        family = stay
    return family


def _merged(export: Export, family: list[Group]) -> Drafted | None:
    """One question of several variants, with the options of all; None where they are no lists.

    Variants with a column an option stay apart: `matching` would take the first of these columns for a whole answer as well.
    """
    if any(set(group.slots) != {""} for group in family):
        return None
    found = _guessed(export, family[0].numbers, [answers_of(export, group.numbers) for group in family])
    name = os.path.commonprefix([group.code for group in family]).rstrip("_.-")
    was = {number: group.code for group in family for number in group.numbers}
    return (
        Drafted(name, family[0].text, dict.fromkeys(was, ""), guess=found, was=was)
        if found.kind == "one"
        else None
    )
