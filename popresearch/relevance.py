"""The conditions of a form (`relevant`, `constraint`), evaluated over all responses at once.

The subset of XPath that XLSForm authors use: comparisons, and, or, not(), selected(), count-selected(), ${question}, `.`, numbers, text.
Blank compares unequal to everything, as in ODK.
"""

import operator
import re
from collections.abc import Callable

import pandas as pd

TOKEN = re.compile(
    r"\s*(?:(\$\{[^}]+\}|'[^']*'|\"[^\"]*\"|\d+(?:\.\d+)?)|(!=|<=|>=|=|<|>|\(|\)|,)|([A-Za-z_][\w-]*|\.))"
)
COMPARE = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
Value = pd.Series | str | float


class Unreadable(ValueError):
    """A condition outside the subset."""


def holds(condition: str, answers: Callable[[str], pd.Series], index: pd.Index, this: str = "") -> pd.Series:
    """Say for each response whether the condition holds (boolean, on `index`).

    `answers(question)` gives a question's answers as text: an option code, a number, or for choose-many the chosen codes between
    spaces; blank where there is none. `this` is the question that `.` stands for. Raises `Unreadable`.
    """
    tokens, place, condition = [], 0, condition.strip()
    while place < len(condition):
        match = TOKEN.match(condition, place)
        if not match:
            raise Unreadable(condition)
        tokens.append(match[match.lastindex])
        place = match.end()
    result, rest = _Parser(answers, index, this).either(tokens)
    if rest:
        raise Unreadable(condition)
    return _truth(result, index)


class _Parser:
    """Recursive descent: or, and, comparison, atom; each method returns its value and the tokens left."""

    def __init__(self, answers: Callable[[str], pd.Series], index: pd.Index, this: str) -> None:
        self.answers, self.index, self.this = answers, index, this

    def either(self, tokens: list[str]) -> tuple[Value, list[str]]:
        left, tokens = self.both(tokens)
        while tokens[:1] == ["or"]:
            right, tokens = self.both(tokens[1:])
            left = _truth(left, self.index) | _truth(right, self.index)
        return left, tokens

    def both(self, tokens: list[str]) -> tuple[Value, list[str]]:
        left, tokens = self.comparison(tokens)
        while tokens[:1] == ["and"]:
            right, tokens = self.comparison(tokens[1:])
            left = _truth(left, self.index) & _truth(right, self.index)
        return left, tokens

    def comparison(self, tokens: list[str]) -> tuple[Value, list[str]]:
        left, tokens = self.atom(tokens)
        if tokens and tokens[0] in COMPARE:
            right, rest = self.atom(tokens[1:])
            return _compare(tokens[0], left, right), rest
        return left, tokens

    def atom(self, tokens: list[str]) -> tuple[Value, list[str]]:
        if not tokens:
            raise Unreadable("the condition ends too early")
        first, rest = tokens[0], tokens[1:]
        if first == "(":
            value, rest = self.either(rest)
            return value, _expect(")", rest)
        if rest[:1] == ["("]:
            return self.call(first, rest[1:])
        if first.startswith("${"):
            return self.answers(first[2:-1]), rest
        if first == ".":
            return self.answers(self.this), rest
        if first[0] in "'\"":
            return first[1:-1], rest
        if first[0].isdigit():
            return float(first), rest
        raise Unreadable(first)

    def call(self, name: str, tokens: list[str]) -> tuple[Value, list[str]]:
        value, tokens = self.either(tokens)
        if name == "not":
            return ~_truth(value, self.index), _expect(")", tokens)
        if not isinstance(value, pd.Series) or value.dtype == float:
            raise Unreadable(name)
        if name == "count-selected":
            return value.str.split().str.len().astype(float), _expect(")", tokens)
        if name == "selected":
            option, tokens = self.either(_expect(",", tokens))
            if not isinstance(option, str):
                raise Unreadable(name)
            return (" " + value + " ").str.contains(f" {option} ", regex=False), _expect(")", tokens)
        raise Unreadable(name)


def _compare(sign: str, left: Value, right: Value) -> pd.Series:
    """Compare as numbers where either side is one, else as text."""
    if isinstance(left, float) or isinstance(right, float) or sign not in ("=", "!="):
        left, right = _number(left), _number(right)
    result = COMPARE[sign](left, right)
    if sign == "!=" and isinstance(left, pd.Series) and left.dtype == float:
        result = result & left.notna()
    return result


def _number(value: Value) -> pd.Series | float:
    if isinstance(value, pd.Series):
        return value if value.dtype == float else pd.to_numeric(value, errors="coerce").astype(float)
    try:
        return float(value)
    except ValueError:
        raise Unreadable(value) from None


def _truth(value: Value, index: pd.Index) -> pd.Series:
    if isinstance(value, pd.Series):
        return value.astype(bool)
    return pd.Series(bool(value), index=index)


def _expect(sign: str, tokens: list[str]) -> list[str]:
    if tokens[:1] != [sign]:
        raise Unreadable(f"'{sign}' is missing")
    return tokens[1:]
