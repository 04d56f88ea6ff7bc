"""Of which kind a question is, and what its options are, guessed from its answers alone.

An answer that fewer than LEAST_GIVEN people gave may be somebody's own words. It becomes an option only where the column is closed (see
`is_closed`); where people type among the options it is left to an option "other"; elsewhere the question becomes text.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from popresearch import dates
from popresearch.options import INLINE
from popresearch.platforms import Export
from popresearch.texts import normal

CODED = (
    "limesurvey",
    "kobo",
    "odk",
    "qualtrics",
    "eusurvey",
    "spss",
)  # layouts whose heads are, or hold, codes
LEAST_GIVEN = 3  # people
MOST_OPTIONS, MOST_LISTED = 40, 120  # of a question whose answers people may type, and of a closed one
MOST_POINTS = 12  # of a scale; more different numbers are a number
LONGEST_OPTION = 160  # characters
MOST_SHARED, MOST_DATES = 0.8, 0.95  # shares of the answers that decide a kind
LEAST_CLOSED = 20  # answers from which on a column can show that it is closed
LONGER = 2  # times the longest shared answer: what is longer than that was not chosen from the same list
TRACES = re.compile(r"@|https?:|www\.|\d{6}")  # of a person, or of a place in the net
NUMBER = r"-?\d+([.,]\d+)?"


class Guess(NamedTuple):
    """A kind, with options as code → label. `takes_other`: "other" has to take the rest; `few`: options given by few are among them."""

    kind: str = "text"
    options: dict[str, str] = {}
    takes_other: bool = False
    few: bool = False


def is_closed(cells: list[pd.Series], shared: list[str]) -> bool:
    """Say whether the answers were chosen from a list, so that also those given by few are its options.

    On the coded platforms a text of one's own has a column of its own, so a whole column is a list or is typed. It is a list where at
    least LEAST_CLOSED people answered and most share their answer (the caller saw to that), where no two answers differ only in case,
    blanks or a closing mark, as typed ones soon do, and where no rare answer is much longer than the shared ones or leaves a trace of a
    person. What is not surely a list becomes text: it loses its counts, and no one's words.
    """
    given = pd.concat(cells)
    rare = set(given.unique()) - set(shared)
    longest = max(map(len, shared), default=0)
    is_strange = any(len(text) > LONGER * longest or TRACES.search(text) for text in rare)
    return len(given) >= LEAST_CLOSED and not is_strange and not any(map(is_typed, cells))


def is_typed(cells: pd.Series) -> bool:
    """Say whether two answers differ only in case, blanks or a closing mark: so people write, but no form lists."""
    return len(set(map(normal, cells.unique()))) < cells.nunique()


def slug(text: str, taken: dict[str, str] | set[str] = frozenset()) -> str:
    """Make an option code of a label, unlike those that are taken."""
    plain = unicodedata.normalize("NFKD", normal(text)).encode("ascii", "ignore").decode()
    code = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:28].strip("_") or "option"
    number, unique = 2, code
    while unique in taken:
        unique, number = f"{code}_{number}", number + 1
    return unique


def guess(export: Export, cells: list[pd.Series], choices: dict[str, str]) -> Guess:
    """Guess from the answers (no blanks) of one column, or of several that share their options; `choices` are those the file lists."""
    values = pd.concat(cells)
    counts = values.value_counts()
    is_numeric = bool(values.str.fullmatch(NUMBER).all())
    if values.empty:
        return Guess()
    if not choices and _are_dates(counts):
        return Guess("date")
    if not choices and is_numeric and len(counts) > MOST_POINTS:
        return Guess("number")
    one, several = listed(export, cells, choices), _several(export, cells, choices)
    if is_numeric and (one.takes_other or one.few):
        return Guess("number")
    # where blanks join options, "strongly agree" looks like two; there choose-many mostly has columns of its own
    order = (one, several) if export.separator == " " else (several, one)
    return next((found for found in order if found.options), Guess("number" if is_numeric else "text"))


def listed(export: Export, cells: list[pd.Series], choices: dict[str, str] | None = None) -> Guess:
    """The options of a list: what the file itself lists is taken whole; text where nobody can be sure that it is a list."""
    values = pd.concat(cells)
    folded = values.map(normal)
    counts = folded.value_counts()
    shared = counts[counts >= LEAST_GIVEN]
    named = {normal(text): label for code, label in (choices or {}).items() for text in (code, label)}
    if named and len(values) >= LEAST_GIVEN and folded.isin(list(named)).all():
        return Guess("one", coded(dict.fromkeys(named.values())))
    spelt = values.groupby(folded).agg(lambda texts: texts.value_counts().index[0])
    often, all_of_them = (
        [str(spelt[text]) for text in shared.index],
        [str(spelt[text]) for text in counts.index],
    )
    is_coded = export.platform in CODED
    fits = bool(often) and len(all_of_them if is_coded else often) <= (
        MOST_LISTED if is_coded else MOST_OPTIONS
    )
    if not fits or max(map(len, often)) > LONGEST_OPTION or shared.sum() < MOST_SHARED * len(values):
        return Guess()
    if len(shared) == len(counts):
        return Guess("one", coded(_in_order(often)))
    if is_coded and is_closed(cells, often):
        return Guess("one", coded(_in_order(all_of_them)), few=True)
    return Guess("one", coded(_in_order(often)), takes_other=True) if export.platform in INLINE else Guess()


def _several(export: Export, cells: list[pd.Series], choices: dict[str, str]) -> Guess:
    """The options of a choose-many question: its answers are made of few parts, in more ways than there are parts."""
    values = pd.concat(cells)
    answers = _rejoined([_parts(text, export.separator) for text in values], export.separator)
    counts = Counter(normal(part) for answer in answers for part in set(answer))
    named = {normal(text) for pair in choices.items() for text in pair}
    known = {part for part, n in counts.items() if n >= LEAST_GIVEN} | named
    ways = {tuple(sorted(way)) for way in (set(map(normal, answer)) for answer in answers) if way <= known}
    is_joined = any(len(way) > 1 for way in ways) and len(set().union(*ways)) < len(ways)
    is_ended = export.platform == "microsoft_forms" and bool(values.str.endswith(export.separator).all())
    is_named = any(len(answer) > 1 for answer in answers) and set(counts) <= named
    if not (is_joined or is_ended or is_named):
        return Guess()
    found = listed(export, [pd.Series([part for answer in answers for part in answer], dtype="str")], choices)
    return found._replace(kind="many") if found.options else found


def _parts(text: str, separator: str) -> list[str]:
    """Split an answer at the separators that stand in no brackets."""
    parts: list[str] = []
    for part in text.strip().rstrip(separator.strip() or " ").split(separator):
        is_inside = bool(parts) and parts[-1].count("(") > parts[-1].count(")")
        parts[-1:] = [f"{parts[-1]}{separator}{part}"] if is_inside else [*parts[-1:], part]
    return [part.strip() for part in parts if part.strip()]


def _rejoined(answers: list[list[str]], separator: str) -> list[list[str]]:
    """Join parts that always follow each other, the second written small as within a sentence: they are one option with a comma."""
    counts = Counter(part for answer in answers for part in answer)
    pairs = Counter(pair for answer in answers for pair in zip(answer, answer[1:], strict=False))
    if sum(n for part, n in counts.items() if part[:1].islower()) > counts.total() / 2:
        return answers
    one = {
        pair
        for pair, n in pairs.items()
        if pair[1][:1].islower() and n >= LEAST_GIVEN and n == counts[pair[0]] == counts[pair[1]]
    }
    together: list[list[str]] = []
    for answer in answers:
        joined: list[str] = []
        for before, part in zip(["", *answer], answer, strict=False):
            joined[-1:] = (
                [f"{joined[-1]}{separator}{part}"] if (before, part) in one else [*joined[-1:], part]
            )
        together.append(joined)
    return together


def _in_order(labels: list[str]) -> list[str]:
    """Put the points of a scale in their order; other options stay in that of their frequency."""
    numbers = [re.match(r"\W*(\d+)", label) for label in labels]
    return (
        [label for _, label in sorted(zip((int(number[1]) for number in numbers), labels, strict=True))]
        if all(numbers)
        else labels
    )


def coded(labels: Iterable[str]) -> dict[str, str]:
    """Give each label an option code."""
    options: dict[str, str] = {}
    for label in labels:
        options[slug(label, options)] = label
    return options


def _are_dates(counts: pd.Series) -> bool:
    texts = [str(text) for text in counts.index]
    order, _ = dates.order_of(texts)
    good = [text for text in texts if not dates.read(text, order)[1]]
    return counts[good].sum() >= MOST_DATES * counts.sum()
