"""Which column of an export answers which question: by name, by label in any language, by an earlier version, by a close label."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from popresearch import countries
from popresearch.instrument import LABELS, Instrument
from popresearch.platforms import Column, Export
from popresearch.texts import closest, normal
from popresearch.versions import Versions
from popresearch.wording import LANGUAGES

YES = {"yes", "true", "1", "y", "oui", "sí", "si", "نعم", "да", "是", "ja", "sim", "x"}
NO = {"no", "false", "0", "n", "non", "لا", "нет", "否", "nein", "não"}
OTHER_CODES = {"other", "-oth-", "oth", "other_specify", "others"}
OTHER_WORD = re.compile(
    r"(other|autre|otr[oa]|друг(?:ое|ой|ая|ие)|其他|其它|أخرى|غير ذلك|outr[oa]|andere|sonstige)[a-zé]{0,2}",
    re.IGNORECASE,
)
SPECIFY = re.compile(
    r"specif|précis|especif|уточн|укаж|впиш|注明|说明|填写|حدد|تحديد|angeben|describe|explain", re.IGNORECASE
)
CHOICES = ("one", "many", "rank")
MATRIX = (
    "{}[{}]",
    "{}_{}",
    "{}.{}",
    "{}/{}",
)  # how a question of a matrix is named after the matrix and its row


@dataclass
class Columns:
    """Where a question's answers stand: `whole` columns, and columns of one option each; several of one kind are merged.

    `was` says of a column which earlier question (normalised) it answers, `how` in words how it was found.
    """

    question: str
    whole: list[int] = field(default_factory=list)
    options: dict[str, list[int]] = field(default_factory=dict)
    was: dict[int, str] = field(default_factory=dict)
    how: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Matched:
    """`questions` of the responses themselves; `repeats`: (repeat, turn) → its questions; `unknown` and `aside`: the other columns.

    `aside` are columns that the form knows and that ask nothing (column → type). Personal columns stand nowhere.
    """

    questions: dict[str, Columns]
    repeats: dict[tuple[str, int], dict[str, Columns]]
    unknown: list[int]
    aside: dict[int, str]


@dataclass(frozen=True)
class Found:
    """A question that a column may answer, in whole or for one option."""

    question: str
    option: str
    how: str
    was: str = ""
    takes_text: bool = False


def match(export: Export, asked: Instrument, versions: Versions | None = None) -> Matched:
    """Find the columns of each question; also give the columns that neither the platform nor the instrument knows.

    A column that looks personal is read only where the instrument asks for it; else it is dropped, and not among the unknown.
    """
    search = _Search(export, asked, versions or Versions())
    taken: dict[tuple[str, int], dict[str, Columns]] = {}
    left: list[int] = []
    for number, one in enumerate(export.columns):
        if export.meanings[number] and number not in export.doubtful:
            continue
        place = taken.setdefault((one.repeat, one.instance), {})
        if not _take(number, list(search.exact(one)), place):
            left.append(number)
    unknown, aside = [], {}
    for number in left:
        one = export.columns[number]
        place = taken[one.repeat, one.instance]
        if _take(number, list(search.close(one, place)), place) or number in export.doubtful:
            continue
        kind = next((asked.aside[name] for name, _ in one.names if name in asked.aside), "")
        if kind:
            aside[number] = kind
        else:
            unknown.append(number)
    order = list(asked.questions.index)
    taken = {place: {name: taken[place][name] for name in order if name in taken[place]} for place in taken}
    return Matched(
        taken.pop(("", 0), {}), {place: found for place, found in taken.items() if found}, unknown, aside
    )


def option_codes(asked: Instrument, question: str) -> dict[str, tuple[str, str]]:
    """Give the normalised code or label of each option → (option code, language of the label)."""
    codes = {normal(str(option)): (str(option), "") for option in asked.options_of(question).index}
    other = other_option(asked, question)
    return {code: (other, "") for code in OTHER_CODES if other} | option_labels(asked, question) | codes


def option_labels(asked: Instrument, question: str) -> dict[str, tuple[str, str]]:
    """Give the normalised label of each option → (option code, language)."""
    options = asked.options_of(question)
    labels: dict[str, tuple[str, str]] = {}
    for language, column in zip(("en", *LANGUAGES), ("label_en", *LABELS), strict=True):
        for option, label in options[column].items():
            if label:
                labels.setdefault(normal(label), (str(option), language))
    return labels


def other_option(asked: Instrument, question: str) -> str:
    """Give the option that takes what is not listed ("Other, please specify"); blank where there is none."""
    options = asked.options_of(question)
    by_code = [str(option) for option in options.index if normal(str(option)) in OTHER_CODES]
    labels = zip(options.index, options[LABELS].to_numpy().tolist(), strict=True)
    by_label = [str(option) for option, texts in labels if any(map(is_other, texts))]
    return next(iter([*by_code, *(by_label if len(by_label) == 1 else [])]), "")


def is_other(label: str) -> bool:
    """Say whether a label offers "Other", alone or with a place to write; "Other relative" is an answer like any other."""
    found = OTHER_WORD.match(label.strip())
    behind = label.strip()[found.end() :].strip() if found else ""
    return bool(found) and (not behind[:1].isalnum() or bool(SPECIFY.search(behind)))


def _take(number: int, found: list[Found], place: dict[str, Columns]) -> bool:
    """Give a column to the first question that has room for it; one found by an earlier version to each of its questions."""
    for one in found:
        columns = place.get(one.question, Columns(one.question))
        slot = columns.options.get(one.option, []) if one.option else columns.whole
        # a tick and the text behind it are two columns of the option that takes a text
        room = 2 if one.takes_text else 1
        if number in slot or sum(columns.was.get(other, "") == one.was for other in slot) >= room:
            continue
        (columns.options.setdefault(one.option, []) if one.option else columns.whole).append(number)
        columns.how[number] = one.how
        if one.was:
            columns.was[number] = one.was
        place[one.question] = columns
        if not one.was:
            return True
    return any(number in columns.how for columns in place.values())


class _Search:
    """Looks for the questions of an export's columns in one instrument and its earlier versions."""

    def __init__(self, export: Export, asked: Instrument, versions: Versions) -> None:
        self.asked, self.versions = asked, versions
        self.kinds = asked.questions["kind"]
        labels = asked.questions[LABELS].stack()
        labels = labels[labels != ""].map(normal).droplevel(1)
        self.labels: dict[str, list[str]] = {}
        for question, label in labels.items():
            if question not in self.labels.setdefault(label, []):
                self.labels[label].append(str(question))
        groups = asked.groups[LABELS].stack()
        self.groups = {(str(group), normal(label)) for (group, _), label in groups.items() if label}
        self.titled = {group for group, _ in self.groups}
        self.options: dict[str, dict[str, tuple[str, str]]] = {}
        self.others: dict[str, str] = {}
        self.numbered = (
            {normal(head) for head in export.heads} if export.platform == "microsoft_forms" else set()
        )
        self.beside: dict[tuple[str, str], list[Column]] = {}
        for one in export.columns:
            self.beside.setdefault((one.question, one.text), []).append(one)

    def exact(self, one: Column) -> Iterator[Found]:
        """Questions by an earlier version, by name, by option and label, the surest first; what the table of versions names is that."""
        earlier = list(self._earlier(one))
        yield from earlier
        if earlier:
            return
        for name, option in self._names(one):
            yield from self._named(one, name, option)
        for name, option in one.names:
            yield from self._row_named(name, option)
        if one.option_text or one.option:
            yield from self._option_labelled(one)
        if one.option_text:
            yield from self._by_options(one)
            yield from self._matrix(one)
        else:
            yield from self._labelled(one)

    def close(self, one: Column, taken: dict[str, Columns]) -> Iterator[Found]:
        """The one question whose label differs only by slips, where it has no column yet."""
        for text in one.labels if not one.option_text else ():
            label, score = closest(normal(text), self.labels)
            questions = self.labels.get(label, [])
            if len(questions) == 1 and questions[0] not in taken:
                yield Found(questions[0], "", f"close label ({score} of 100)")

    def _earlier(self, one: Column) -> Iterator[Found]:
        """Questions of today that the table of versions gives for the most specific name or text of a column that it knows.

        An option of an earlier question is not that question's whole answer.
        """
        named = [(normal(name), option) for name, option in self._names(one)]
        texts = [(normal(one.text), one.option or one.option_text)] if one.option_text else []
        whole = [(normal(label), "") for label in one.labels if not one.option_text or label != one.text]
        for was, option in (*named, *texts, *whole):
            led = self.versions.questions.get(was, [])
            found = [
                (question, self._option(one, question, option, was) if option else "") for question in led
            ]
            for question, code in found:
                if code or not option:
                    how = "name" if (question, option) in one.names else "an earlier version"
                    yield self._found(question, code, how, was)
            if any(code or not option for _, code in found):
                return

    def _names(self, one: Column) -> Iterator[tuple[str, str]]:
        """The codes of a column; one of several columns of a question does not hold the whole answer."""
        is_part = bool(one.option) and len(self.beside[one.question, one.text]) > 1
        return ((name, option) for name, option in one.names if option or not is_part or name != one.question)

    def _named(self, one: Column, name: str, option: str) -> Iterator[Found]:
        if name not in self.kinds.index:
            return
        if not option:
            yield Found(name, "", "name")
        elif code := self._option(one, name, option):
            yield self._found(name, code, "name")

    def _found(self, question: str, option: str, how: str, was: str = "") -> Found:
        return Found(question, option, how, was, takes_text=bool(option) and option == self._other(question))

    def _other(self, question: str) -> str:
        """The option that takes what is not listed, looked for once a question: a form may have a thousand option columns."""
        if question not in self.others:
            self.others[question] = other_option(self.asked, question)
        return self.others[question]

    def _row_named(self, name: str, option: str) -> Iterator[Found]:
        for question in (
            (pattern.format(name, option) for pattern in MATRIX)
            if option and name not in self.kinds.index
            else ()
        ):
            if question in self.kinds.index:
                yield Found(question, "", "name, in a matrix")

    def _option(self, one: Column, question: str, option: str, was: str = "") -> str:
        """The option that a column stands for: by its text, its code, a rank, a country; blank where it is none of the question's."""
        kind = self.kinds[question]
        if kind == "countries":
            return self._country(question, option, one.option_text)
        if kind not in CHOICES:
            return ""
        known, earlier = self._codes(question), self.versions.options_of(question, was)
        for text in (normal(one.option_text), normal(option)):
            if text in earlier or text in known:
                return earlier[text] if text in earlier else known[text][0]
        if kind == "rank" and option.isdecimal():
            return option
        is_others = normal(option) in OTHER_CODES or is_other(one.option_text)
        return self._other(question) if is_others else ""

    def _country(self, question: str, option: str, text: str) -> str:
        if re.fullmatch("[A-Z]{3}", option):
            return option
        options = self.asked.options_of(question)
        label = self.asked.label(question, "en", option) if option in options.index else text
        found = countries.resolve(label).iso3 if label else ()
        return found[0] if len(found) == 1 else ""

    def _codes(self, question: str) -> dict[str, tuple[str, str]]:
        if question not in self.options:
            self.options[question] = option_codes(self.asked, question)
        return self.options[question]

    def _option_labelled(self, one: Column) -> Iterator[Found]:
        """Choice questions with the column's text as their label, whose option the column names."""
        for question in self.labels.get(normal(one.text), []):
            if option := self._option(one, question, one.option or one.option_text):
                yield self._found(question, option, "label")

    def _by_options(self, one: Column) -> Iterator[Found]:
        """The one choose-many question that has all options of a row of columns, where the file does not say what was asked."""
        beside = [each for each in self.beside[one.question, one.text] if each.option_text]
        if one.text or not one.question:
            return
        texts = {normal(each.option_text) for each in beside if not is_other(each.option_text)}
        asked = self.kinds.index[self.kinds == "many"] if texts else []
        many = [str(question) for question in asked if texts <= self._codes(question).keys()]
        if len(many) == 1 and (option := self._option(one, many[0], one.option or one.option_text)):
            yield self._found(many[0], option, "its options")

    def _labelled(self, one: Column) -> Iterator[Found]:
        """Questions with this label; Microsoft Forms writes a digit behind a repeated label."""
        texts = [normal(label) for label in one.labels]
        repeated = [
            first
            for text in texts
            if (first := normal(re.sub(r"(?<=\S)\d{1,2}$", "", text))) in self.numbered
        ]
        for text in (*texts, *repeated):
            for question in self.labels.get(text, []):
                yield Found(question, "", "label")

    def _matrix(self, one: Column) -> Iterator[Found]:
        """Questions of a matrix: the row's text is their label, and the text above it that of their group.

        Where the form does not label the group, all rows of the matrix have to be questions; else "Age" may be a row of any matrix.
        """
        for label in (*one.labels, f"{one.text} – {one.option_text}"):
            if label != one.text:
                yield from (Found(question, "", "label") for question in self.labels.get(normal(label), []))
        rows = self.labels.get(normal(one.option_text), [])
        parents = self.asked.questions["parent"]
        grouped = [question for question in rows if (parents[question], normal(one.text)) in self.groups]
        beside = [each for each in self.beside[one.question, one.text] if each.option_text]
        is_whole = len(beside) > 1 and all(normal(each.option_text) in self.labels for each in beside)
        alone = [
            question
            for question in rows
            if len(rows) == 1 and is_whole and parents[question] not in self.titled
        ]
        for question in grouped or alone:
            yield Found(question, "", "label, in a matrix")


def longest_run(known: dict[str, tuple[str, str]], separator: str) -> int:
    """Give how many parts an option may be cut into; 1 where no option holds the separator."""
    most = max((option.count(separator.strip() or " ") for option in known), default=0)
    return 2 + most if most else 1


def split(
    text: str, separator: str, known: dict[str, tuple[str, str]], longest: int | None = None
) -> list[str]:
    """Split a choose-many answer so that the fewest parts are unknown; an option that itself holds the separator is kept whole.

    Where there are two ways, the longest known run comes first. `longest` is that of `longest_run`, for many texts at once.
    """
    parts = [part for part in text.strip().rstrip(separator.strip() or " ").split(separator) if part.strip()]
    longest = longest_run(known, separator) if longest is None else longest
    if len(parts) < 2 or longest < 2:
        return [part.strip() for part in parts]
    unknown, lengths = [0] * (len(parts) + 1), [1] * len(parts)  # of what begins at each part
    for start in range(len(parts) - 1, -1, -1):
        unknown[start] = unknown[start + 1] + (normal(parts[start]) not in known)
        for length in range(2, min(longest, len(parts) - start) + 1):
            if (
                unknown[start + length] <= unknown[start]
                and normal(separator.join(parts[start : start + length])) in known
            ):
                unknown[start], lengths[start] = unknown[start + length], length
    chosen, start = [], 0
    while start < len(parts):
        chosen.append(separator.join(parts[start : start + lengths[start]]).strip())
        start += lengths[start]
    return chosen
