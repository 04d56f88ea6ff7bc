"""The conditions of a form (`relevant`, `constraint`), evaluated over all responses at once.

The subset of XPath that XLSForm authors use: comparisons, and, or, not(), selected(), count-selected(), true(), false(), ${question}, `.`,
numbers, text. A blank is an empty text; where numbers, days or true and false are compared, it is neither equal nor unequal to any.
"""

import operator
import re
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from popresearch import encoded

TOKEN = re.compile(
    r"\s*(?:(\$\{[^}]+\}|'[^']*'|\"[^\"]*\"|\d+(?:\.\d+)?)|(!=|<=|>=|=|<|>|\(|\)|,)|([A-Za-z_][\w-]*|\.))"
)
COMPARE = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
TRUTH = {
    "true": 1.0,
    "1": 1.0,
    "yes": 1.0,
    "false": 0.0,
    "0": 0.0,
    "no": 0.0,
}  # what a cell compared with true() may say
EPOCH = date(1970, 1, 1)
DAY = re.compile(r"\d{4}-\d\d-\d\d")
Value = pd.Series | str | float | bool  # a series of encoded text, of numbers, or of true and false


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
    try:
        result, rest = _Parser(answers, index, this).either(tokens)
    except RecursionError:
        raise Unreadable("the condition is nested too deeply") from None
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
            return encoded.encode(self.answers(first[2:-1].strip())), rest
        if first == ".":
            return encoded.encode(self.answers(self.this)), rest
        if first[0] in "'\"":
            return first[1:-1], rest
        if first[0].isdigit():
            return float(first), rest
        raise Unreadable(first)

    def call(self, name: str, tokens: list[str]) -> tuple[Value, list[str]]:
        if name in ("true", "false"):
            return name == "true", _expect(")", tokens)
        value, tokens = self.either(tokens)
        if name == "not":
            return ~_truth(value, self.index), _expect(")", tokens)
        if not _is_text(value):
            raise Unreadable(name)
        if name == "count-selected":
            return self._each(value, lambda text: len(text.split()), float), _expect(")", tokens)
        if name == "selected":
            option, tokens = self.either(_expect(",", tokens))
            if not isinstance(option, str):
                raise Unreadable(name)
            return self._each(value, lambda text: option in text.split(), bool), _expect(")", tokens)
        raise Unreadable(name)

    def _each(self, cells: pd.Series, function: Callable[[str], object], dtype: type) -> pd.Series:
        return pd.Series(encoded.each(cells, function, dtype), index=self.index)


def _compare(sign: str, left: Value, right: Value) -> pd.Series | bool:
    """Compare as numbers where either side is one, as true and false where either side is, else as text."""
    if isinstance(left, float) or isinstance(right, float) or sign not in ("=", "!="):
        left, right = _number(left), _number(right)
    elif _is_truth(left) or _is_truth(right):
        left, right = _number(left, TRUTH), _number(right, TRUTH)
    elif _is_text(left) and isinstance(right, str):
        return pd.Series(encoded.each(left, lambda text: COMPARE[sign](text, right), bool), index=left.index)
    elif _is_text(left) and _is_text(right):
        left, right = left.astype("str"), right.astype("str")
    result = COMPARE[sign](left, right)
    for side in (left, right) if sign == "!=" else ():
        if isinstance(side, pd.Series) and side.dtype == float:
            result = result & side.notna()
    return result


def _is_truth(value: Value) -> bool:
    return value.dtype == bool if isinstance(value, pd.Series) else isinstance(value, bool)


def _is_text(value: Value) -> bool:
    return isinstance(value, pd.Series) and isinstance(value.dtype, pd.CategoricalDtype)


def _number(value: Value, words: dict[str, float] | None = None) -> pd.Series | float:
    """Read a value as numbers, or as `words` that stand for numbers."""
    parsed = _parsed if words is None else lambda text: words.get(text.strip().casefold(), np.nan)
    if isinstance(value, pd.Series):
        return pd.Series(encoded.each(value, parsed, float), index=value.index) if _is_text(value) else value
    number = parsed(value) if isinstance(value, str) else float(value)
    if np.isnan(number) or DAY.fullmatch(str(value)):  # ODK does not take a written day for a number
        raise Unreadable(value)
    return number


def _parsed(text: str) -> float:
    """Read a number, or a day as the number of days since 1970, as ODK does."""
    try:
        return float((date.fromisoformat(text) - EPOCH).days) if DAY.fullmatch(text) else float(text)
    except ValueError:
        return np.nan


def _truth(value: Value, index: pd.Index) -> pd.Series:
    if _is_text(value):
        raise Unreadable("a question stands where a condition should")
    if isinstance(value, pd.Series):
        return value.astype(bool)
    return pd.Series(bool(value), index=index)


def _expect(sign: str, tokens: list[str]) -> list[str]:
    if tokens[:1] != [sign]:
        raise Unreadable(f"'{sign}' is missing")
    return tokens[1:]
