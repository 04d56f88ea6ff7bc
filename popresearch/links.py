"""How the questions of a form hang together: what the count of one says about the count of another, in every place.

A link is a sum of counts that is zero or at most zero wherever one looks. It follows from the form: from `relevant` (who is asked a
follow-up), from `constraint` (how many options may be chosen, which stand alone), and from options picked out of those chosen before.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from popresearch import relevance
from popresearch.instrument import Instrument

Cell = tuple[str, str]  # question and option
BASE = ""  # stands for an option: who answered the question
RESPONSES: Cell = ("", BASE)
CHOSEN = re.compile(r"count-selected\(\s*\$\{([^}]+)\}\s*\)\s*(>=|>)\s*(\d+)")
AT_MOST = re.compile(r"count-selected\(\s*\.\s*\)\s*<=\s*(\d+)")
ALONE = re.compile(
    r"not\(\s*selected\(\s*\.\s*,\s*'([^']+)'\s*\)\s+and\s+count-selected\(\s*\.\s*\)\s*>\s*1\s*\)"
)


@dataclass(frozen=True)
class Link:
    """Counts times their signs add up to zero (`is_equal`), or to at most zero."""

    terms: dict[Cell, float]
    is_equal: bool = False


def between(asked: Instrument, questions: list[str], known: set[str]) -> list[Link]:
    """Give the links between and within the questions of a form, as far as its conditions can be read.

    What depends on a `known` question (consent, age) is left out: everyone counted has answered it so.
    """
    found = []
    for question in questions:
        found.append(Link({(question, BASE): 1, RESPONSES: -1}))
        if asked.questions.at[question, "kind"] == "many":
            found += _of_choices(asked, question)
        for condition in conjuncts(asked.questions.at[question, "relevant"]):
            found += _of_condition(asked, question, condition, set(questions) - known)
    return found


def clusters(questions: list[str], links: list[Link]) -> list[tuple[str, ...]]:
    """Group the questions that are linked to each other, each group and all of them in the order given."""
    group = {question: [question] for question in questions}
    for link in links:
        linked = {question for question, _ in link.terms} & set(group)
        merged = [question for question in questions if any(question in group[one] for one in linked)]
        group |= dict.fromkeys(merged, merged)
    return list(dict.fromkeys(tuple(one) for one in group.values()))


def conjuncts(condition: str) -> list[str]:
    """Take a condition apart into the conditions that all have to hold."""
    condition = condition.strip()
    while condition.startswith("(") and _closes(condition) == len(condition) - 1:
        condition = condition[1:-1].strip()
    parts, depth, start = [], 0, 0
    for match in re.finditer(r"[()]|'[^']*'|\band\b", condition):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if match[0] == "and" and depth == 0:
            parts.append(condition[start : match.start()])
            start = match.end()
    if not parts:
        return [condition] if condition else []
    return [one for part in [*parts, condition[start:]] for one in conjuncts(part)]


def _closes(condition: str) -> int:
    """Find the bracket that closes the first one."""
    depth = 0
    for match in re.finditer(r"[()]|'[^']*'", condition):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return -1


def alone(asked: Instrument, question: str) -> list[str]:
    """Name the options of a question that nobody can choose beside another."""
    return [
        option
        for option in ALONE.findall(asked.questions.at[question, "constraint"])
        if option in asked.options_of(question).index
    ]


def _of_choices(asked: Instrument, question: str) -> list[Link]:
    """Who answers chooses at least one option, at most so many as the form allows, and nothing beside one that stands alone."""
    options, condition = list(asked.options_of(question).index), asked.questions.at[question, "constraint"]
    apart = alone(asked, question)
    others = [option for option in options if option not in apart]
    base = {(question, BASE): 1.0}
    found = [Link(base | {(question, option): -1 for option in options})]
    single = {(question, option): 1 for option in apart}
    found += [Link({(question, BASE): -1} | single | {(question, option): 1}) for option in others if apart]
    for most in map(int, AT_MOST.findall(condition)):
        chosen = {(question, option): 1 for option in others}
        found.append(Link(chosen | dict.fromkeys(single, most) | {(question, BASE): -most}))
    return found


def _of_condition(asked: Instrument, question: str, condition: str, questions: set[str]) -> list[Link]:
    """A follow-up is answered by no more than gave the answer that it follows."""
    needed = set(re.findall(r"\$\{([^}]+)\}", condition))
    if len(needed) != 1 or not needed <= questions:
        return []
    [earlier] = needed
    if asked.questions.at[earlier, "kind"] not in ("one", "many"):
        return []
    options, base = list(asked.options_of(earlier).index), (question, BASE)
    if match := CHOSEN.fullmatch(condition.strip()):
        least = int(match[3]) + (match[2] == ">")
        return _picked(asked, question, earlier, options, least)
    passes = _passing(condition, options)
    if passes is None:
        return []
    if not passes(""):
        return [Link({base: 1} | {(earlier, option): -1 for option in options if passes(option)})]
    if asked.questions.at[earlier, "kind"] == "one":
        blocked = {(earlier, option): 1 for option in options if not passes(option)}
        return [Link({base: 1, RESPONSES: -1} | blocked)]
    blocked = [option for option in options if not any(passes(f"{option} {one}") for one in ("", *options))]
    return [Link({base: 1, RESPONSES: -1, (earlier, option): 1}) for option in blocked]


def _picked(asked: Instrument, question: str, earlier: str, options: list[str], least: int) -> list[Link]:
    """A follow-up to so many chosen options; where it shows the same options, it picks from the chosen."""
    base, whole = (question, BASE), (earlier, BASE)
    found = [Link({base: 1, whole: -1})]
    if least > 1:
        found.append(Link({base: least - 1.0, whole: 1} | {(earlier, option): -1 for option in options}))
    lists = asked.questions["list"]
    if asked.questions.at[question, "kind"] == "one" and lists[question] == lists[earlier]:
        never = alone(asked, earlier) if least > 1 else []
        found += [Link({(question, option): 1, (earlier, option): -1}) for option in options]
        found += [Link({(question, option): 1}) for option in never]
    return found


def _passing(condition: str, options: list[str]) -> Callable[[str], bool] | None:
    """Give a test whether an answer lets a person on; nothing where the condition cannot be read."""

    def passes(answer: str) -> bool:
        index = pd.RangeIndex(1)
        return bool(relevance.holds(condition, lambda _: pd.Series([answer], index=index), index).iloc[0])

    try:
        passes(options[0] if options else "")
    except relevance.Unreadable:
        return None
    return passes
