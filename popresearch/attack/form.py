"""What the questionnaire says about counts: sums that are zero, or at most zero, wherever one looks.

Read from the instrument alone, and apart from the gate's reading of it. What cannot be read is left out: the attacker then knows less.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from popresearch.instrument import Instrument
from popresearch.study import Strand, Study

Cell = tuple[str, str]  # question and option
BASE = "#base"  # in place of an option: all who answered the question
EVERYONE: Cell = ("", "#n")  # all who took part
ALONE = re.compile(r"not\(selected\(\.,\s*'([^']*)'\)\s*and\s*count-selected\(\.\)\s*>\s*1\)")
MOST = re.compile(r"count-selected\(\.\)\s*<=\s*(\d+)")
NUMBER_CHOSEN = re.compile(r"count-selected\(\$\{([^}]*)\}\)\s*(>=?)\s*(\d+)")
IS = re.compile(r"\$\{([^}]*)\}\s*(!?=)\s*'([^']*)'")
HAS = re.compile(r"selected\(\$\{([^}]*)\},\s*'([^']*)'\)")


@dataclass(frozen=True)
class Relation:
    """Counts times their factors are at most zero in every place, or zero where `is_equal`.

    `is_certain` ones follow from how answers are counted; of the others the form says so, and answers that came by
    another way may break them.
    """

    terms: dict[Cell, float]
    is_equal: bool = False
    is_certain: bool = True


@dataclass(frozen=True)
class Asked:
    """Who was asked a question: as many as gave these answers, where those add up to people (`is_equal`), else at most so many."""

    question: str
    terms: dict[Cell, float]
    is_equal: bool


def family(question: str) -> str:
    """Name the question that a rollup takes together the options of; any other is its own."""
    return question.partition(".")[0]


def relations(cells: list[Cell], asked: Instrument, study: Study, strand: Strand) -> list[Relation]:
    """Give all relations of the cells of one strand's tables, rollups among them."""
    own: dict[str, list[str]] = {}
    for question, option in cells:
        own.setdefault(question, []).append(option)
    found = [Relation({(family(question), BASE): 1, EVERYONE: -1}) for question in own]
    for question, options in own.items():
        if question == family(question) and question in asked.questions.index:
            found += _within(question, options, asked)
            found += _between(question, asked, strand, own)
        elif "." in question:
            found += _rolled_up(question, options, own, asked, study)
        else:
            found += [Relation({(question, option): 1, (question, BASE): -1}) for option in options]
    return found


def is_whole(question: str, asked: Instrument) -> bool:
    """Say whether the options of a question add up to its base, so that no option stands alone."""
    return question in asked.questions.index and asked.questions.at[question, "kind"] in (
        "one",
        "number",
        "country",
    )


def _within(question: str, options: list[str], asked: Instrument) -> Iterator[Relation]:
    base, kind = (question, BASE), asked.questions.at[question, "kind"]
    every = {(question, option): 1.0 for option in options}
    is_complete = {*asked.options_of(question).index} <= {*options}  # else the table leaves some out
    if is_whole(question, asked):
        yield Relation(every | {base: -1}, is_equal=is_complete)
        return
    yield from (Relation({cell: 1, base: -1}) for cell in every)
    if kind == "rank":
        yield Relation(every | {base: -1})
        return
    if is_complete:
        yield Relation(dict.fromkeys(every, -1.0) | {base: 1})
    alone = {(question, one): 1.0 for one in ALONE.findall(asked.questions.at[question, "constraint"])}
    if alone.keys() <= every.keys() and alone:
        for cell in every.keys() - alone.keys():
            yield Relation(alone | {cell: 1, base: -1}, is_certain=False)
    for most in map(float, MOST.findall(asked.questions.at[question, "constraint"])):
        yield Relation(every | dict.fromkeys(alone, most) | {base: -most}, is_certain=False)


def _rolled_up(
    name: str, options: list[str], own: dict[str, list[str]], asked: Instrument, study: Study
) -> Iterator[Relation]:
    """A union is at least each of its parts and at most their sum; of answers of which one is chosen, it is their sum."""
    question = family(name)
    parts_of = {
        option: {*found} for option, found in members(name, asked, study).items() if option in options
    }
    parts = {option: found & {*own.get(question, [])} for option, found in parts_of.items()}
    alone = {(question, one): 1.0 for one in ALONE.findall(asked.questions.at[question, "constraint"])}
    for option, inside in parts.items():
        whole = (name, option)
        yield Relation({whole: 1, (question, BASE): -1})
        if inside == parts_of[option]:
            added = {whole: 1.0} | {(question, one): -1.0 for one in inside}
            yield Relation(added, is_equal=is_whole(question, asked))
        yield from (Relation({(question, one): 1, whole: -1}) for one in inside)
        yield from (
            Relation({(name, other): 1, whole: -1})
            for other, fewer in parts.items()
            if other != option and fewer <= inside
        )
        smaller = {other for other, fewer in parts.items() if other != option and fewer < inside}
        if smaller and set().union(*(parts[other] for other in smaller)) == inside:
            yield Relation({whole: 1.0} | {(name, other): -1.0 for other in smaller})
        if alone and not {one for _, one in alone} & inside:
            yield Relation(alone | {whole: 1, (question, BASE): -1}, is_certain=False)


def members(name: str, asked: Instrument, study: Study) -> dict[str, list[str]]:
    """Give for each option of a rollup the options that it takes together."""
    question, _, rollup_name = name.partition(".")
    rollup, options = study.rollups.get(rollup_name, {}), asked.options_of(question)
    grouped = {
        whole: list(options.index[options["group"].isin(groups)])
        for whole, groups in rollup.get("groups", {}).items()
    }
    return {whole: list(parts) for whole, parts in rollup.get("options", {}).items()} | grouped


def _between(
    question: str, asked: Instrument, strand: Strand, own: dict[str, list[str]]
) -> Iterator[Relation]:
    """A follow-up is answered by no more than gave the answer it follows; what is picked from chosen options was chosen."""
    for condition in conditions(asked.questions.at[question, "relevant"]):
        if match := NUMBER_CHOSEN.fullmatch(condition):
            earlier, least = match[1], int(match[3]) + (match[2] == ">")
            if earlier in own and asked.questions.at[earlier, "kind"] == "many":
                yield from _picked(question, earlier, least, asked, own)
            continue
        for found in _asked(question, condition, asked, strand, own):
            terms = {cell: -factor for cell, factor in found.terms.items()} | {(question, BASE): 1.0}
            yield Relation(terms, is_certain=False)


def _picked(
    question: str, earlier: str, least: int, asked: Instrument, own: dict[str, list[str]]
) -> Iterator[Relation]:
    base, whole = (question, BASE), (earlier, BASE)
    yield Relation({base: 1, whole: -1}, is_certain=False)
    if least > 1 and {*asked.options_of(earlier).index} <= {*own[earlier]}:
        chosen = {(earlier, option): -1.0 for option in own[earlier]}
        yield Relation(chosen | {whole: 1, base: least - 1.0}, is_certain=False)
    same = {*asked.options_of(question).index} <= {*asked.options_of(earlier).index}
    if asked.questions.at[question, "kind"] == "one" and same:
        alone = ALONE.findall(asked.questions.at[earlier, "constraint"]) if least > 1 else []
        for option in own[question]:
            if option in alone:
                yield Relation({(question, option): 1}, is_certain=False)
            elif option in own[earlier]:
                yield Relation({(question, option): 1, (earlier, option): -1}, is_certain=False)


def asked_of(asked: Instrument, strand: Strand, own: dict[str, list[str]]) -> list[Asked]:
    """Say of each follow-up who was asked it, as far as its conditions can be read."""
    found = []
    for question in own:
        if question in asked.questions.index:
            parts = conditions(asked.questions.at[question, "relevant"])
            known = [one for part in parts for one in _asked(question, part, asked, strand, own)]
            found += known if len(known) == 1 else [Asked(one.question, one.terms, False) for one in known]
    return found


def _asked(
    question: str, condition: str, asked: Instrument, strand: Strand, own: dict[str, list[str]]
) -> Iterator[Asked]:
    """Read "is this answer (or that)" and "has not chosen this"; a condition on consent or age is met by everyone counted."""
    is_denied = condition.startswith("not(") and condition.endswith(")")
    inner = condition[4:-1].strip() if is_denied else condition
    tests = [_test(part) for part in re.split(r"\s+or\s+", inner)]
    if None in tests or len({name for name, *_ in tests}) != 1 or len({sign for *_, sign in tests}) != 1:
        return
    [earlier], is_unlike = {name for name, *_ in tests}, is_denied != (tests[0][2] == "!=")
    options = [option for _, option, _ in tests]
    if earlier not in own or earlier in strand.roles.values() or not {*options} <= {*own[earlier]}:
        return
    single = is_whole(earlier, asked)
    if not is_unlike:
        yield Asked(question, {(earlier, option): 1.0 for option in options}, single or len(options) == 1)
    elif single and len(options) == 1:
        yield Asked(question, {EVERYONE: 1.0, (earlier, options[0]): -1.0}, True)
    elif is_denied:
        for option in options:
            yield Asked(question, {EVERYONE: 1.0, (earlier, option): -1.0}, len(options) == 1)


def _test(text: str) -> tuple[str, str, str] | None:
    if match := IS.fullmatch(text.strip("() ") if "selected" not in text else text.strip()):
        return match[1], match[3], match[2]
    match = HAS.fullmatch(text.strip())
    return (match[1], match[2], "=") if match else None


def conditions(text: str) -> list[str]:
    """Take a condition apart at every "and" that stands outside brackets, and take off the brackets around each part."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(r"[()]|'[^']*'|\band\b", text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if match[0] == "and" and depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    parts = [part.strip() for part in [*parts, text[start:]] if part.strip()]
    if len(parts) == 1 and _is_bracketed(parts[0]):
        return conditions(parts[0][1:-1])
    return [one for part in parts for one in conditions(part)] if len(parts) > 1 else parts


def _is_bracketed(text: str) -> bool:
    """Say whether the first bracket closes at the end."""
    depth = 0
    for place, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return place == len(text) - 1 and text[0] == "("
    return False


def clusters(questions: list[str], found: list[Relation]) -> list[list[str]]:
    """Group the questions that relations tie to each other, each with its rollups."""
    group = {question: {question} for question in questions}
    for relation in found:
        tied = {family(question) for question, _ in relation.terms} - {""}
        merged = set().union(*(group[one] for one in tied if one in group))
        group |= dict.fromkeys(merged, merged)
    named = pd.Series(questions, dtype=object).map(lambda one: tuple(sorted(group[one]))).unique()
    return [list(one) for one in named]
