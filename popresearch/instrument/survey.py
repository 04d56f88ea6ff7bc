"""The rows of a form's sheet 'survey', one by one: questions, groups, repeats, what asks nothing, and what is wrong with each."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from popresearch.faults import Fault
from popresearch.instrument import conditions, kinds
from popresearch.instrument.form import CHOICES, HINTS, LABELS
from popresearch.instrument.options import Options, any_label, labelled, slug
from popresearch.instrument.sheets import Sheet

NAME = re.compile(r"[^\W\d][\w.-]*")
YES, NO = {"yes", "true", "true()", "1"}, {"no", "false", "false()", "0"}
LIST_HEADS = ("kobo--score-choices", "kobo--rank-items")  # KoboToolbox: a group lends its list to its rows
SPECIFY = {"label_en": "Specify other."}  # the question that `or_other` adds


class Container(NamedTuple):
    """An open group or repeat."""

    kind: str
    name: str
    relevant: str
    list: str
    row: int


class Survey:
    """Reads the rows in order; `questions` and `groups` are rows by name, `aside` name → type, `faults` what was wrong."""

    def __init__(self, sheet: Sheet, options: Options, bare: str, faults: list[Fault]) -> None:
        self.sheet, self.options, self.bare, self.faults = sheet, options, bare, faults
        self.questions: dict[str, dict[str, str]] = {}
        self.groups: dict[str, dict[str, str]] = {}
        self.aside: dict[str, str] = {}
        self.stack: list[Container] = []
        self.repeats: list[str] = []
        self.doubled: set[str] = set()
        for number, row in sheet.rows:
            self._row(number, row)
        for open_ in self.stack:
            self._fault(
                open_.row,
                f"the {open_.kind} '{open_.name}' is never closed.",
                f"Add a row 'end_{open_.kind}'.",
            )

    def _fault(self, number: int, what: str, remedy: str) -> None:
        self.faults.append(Fault(self.sheet.place(number), what, remedy))

    def _row(self, number: int, row: dict[str, str]) -> None:
        text = row.get("type", "")
        if text.startswith("#") or row.get("disabled", "").casefold() in YES or not (text or "name" in row):
            return  # a comment, or a row that is switched off
        if not text and "type" in self.sheet.heads:
            has_label = bool(any_label(row))
            said = " It is read as text." if has_label else ""
            self._fault(number, f"'{row['name']}' has no type.{said}", "Write its type.")
            if not has_label:
                return
        meaning = kinds.understood(text) if text else kinds.Meaning("question", "text")
        if meaning.fault:
            said = " It is read as text." if meaning.role == "unknown" else ""
            self._fault(number, meaning.fault + said, "Correct the column 'type'.")
        if meaning.role == "begin":
            self._begin(number, row, meaning.kind)
        elif meaning.role == "end":
            self._end(number, meaning.kind)
        elif meaning.role == "aside":
            if "name" in row:
                self.aside.setdefault(row["name"], meaning.kind)
        else:
            self._question(number, row, meaning)

    def _begin(self, number: int, row: dict[str, str], kind: str) -> None:
        name = row.get("name", "")
        if name:
            self._check_name(number, name)
        else:
            self._fault(number, f"a {kind} has no name.", "Give it a name.")
        relevant = self._condition(number, row, "relevant")
        lent = next((row[head] for head in LIST_HEADS if head in row), "")
        self.stack.append(Container(kind, name, relevant, lent, number))
        if kind == "repeat":
            self.repeats.append(name)
        elif name:
            self.groups.setdefault(name, {"group": name} | labelled(row, LABELS, self.bare))

    def _end(self, number: int, kind: str) -> None:
        """Close the innermost container of this kind, and those within it that were left open."""
        if kind not in [container.kind for container in self.stack]:
            self._fault(
                number, f"this end of a {kind} has no beginning.", "Remove the row, or add the beginning."
            )
            return
        while (closed := self.stack.pop()).kind != kind:
            what = f"the {closed.kind} '{closed.name}' of row {closed.row} is still open here."
            self._fault(number, what, f"Add a row 'end_{closed.kind}' above.")

    def _question(self, number: int, row: dict[str, str], meaning: kinds.Meaning) -> None:
        name = self._name(number, row)
        listed, kind = self._list(number, row, meaning)
        conditions_ = [
            *(container.relevant for container in self.stack),
            self._condition(number, row, "relevant"),
        ]
        required = row.get("required", "")
        question = {
            "question": name,
            "kind": kind,
            "list": listed,
            "required": "yes"
            if required.casefold() in YES
            else ""
            if required.casefold() in NO
            else required,
            "relevant": _joined(filter(None, conditions_)),
            "constraint": self._condition(number, row, "constraint"),
            "repeat": next((each.name for each in reversed(self.stack) if each.kind == "repeat"), ""),
            "parent": self._parent(),
        }
        self.questions[name] = question | labelled(row, LABELS, self.bare) | labelled(row, HINTS, self.bare)
        if meaning.has_other and kind in CHOICES:
            self._specify(name, listed)

    def _parent(self) -> str:
        """The innermost group that has a name, up to the innermost repeat."""
        for container in reversed(self.stack):
            if container.kind == "repeat":
                return ""
            if container.name:
                return container.name
        return ""

    def _list(self, number: int, row: dict[str, str], meaning: kinds.Meaning) -> tuple[str, str]:
        """Find the list of a question, and its kind; without options it is text, so that no answer is lost."""
        if meaning.kind not in CHOICES:
            return "", meaning.kind or "text"
        if "search(" in row.get("appearance", ""):
            return "", "text"  # chosen from a table on the server
        lent = next((each.list for each in reversed(self.stack) if each.list), "")
        found = self.options.found(meaning._replace(list=meaning.list or lent))
        if found.fault:
            self._fault(number, found.fault, found.remedy)
        return found.list, found.kind

    def _specify(self, name: str, listed: str) -> None:
        """Add what `or_other` adds on every platform: an option, and a question for its text."""
        self.options.with_other(listed)
        text = {"question": f"{name}_other", "kind": "text", "relevant": f"selected(${{{name}}}, 'other')"}
        place = {key: self.questions[name][key] for key in ("repeat", "parent")}
        self.questions.setdefault(f"{name}_other", text | place | SPECIFY)

    def _name(self, number: int, row: dict[str, str]) -> str:
        """Give a question its name; without one, or where it is taken, one as platforms make it."""
        name = " ".join(row.get("name", "").split())
        if not name:
            own = self._free(slug(any_label(row)) or f"row_{number}")
            if "name" in self.sheet.heads:
                self._fault(number, f"a question has no name; it is read as '{own}'.", "Give it a name.")
            return own
        self._check_name(number, name)
        if name not in self.questions:
            return name
        self.doubled.add(name)
        within = self.stack[-1].name if self.stack else ""
        own = self._free(f"{within}_{name}" if within else f"{name}_001")
        what = f"the name '{name}' stands more than once; this one is read as '{own}'."
        self._fault(number, what, "Rename one of them.")
        return own

    def _free(self, name: str) -> str:
        if name not in self.questions:
            return name
        start = name.removesuffix("_001")
        return next(own for n in range(1, 10**6) if (own := f"{start}_{n:03d}") not in self.questions)

    def _check_name(self, number: int, name: str) -> None:
        if not NAME.fullmatch(name):
            what = f"the name '{name}' has blanks or signs that a name must not have."
            self._fault(number, what, "Use letters, digits, '_', '-' and '.', with a letter first.")

    def _condition(self, number: int, row: dict[str, str], column: str) -> str:
        written = row.get(column, "")
        condition = conditions.tidy(written)
        if re.search(r"\$\{\s|\s\}", written):
            self._fault(number, f"{column}: '${{…}}' holds a blank.", "Write ${name} without blanks.")
        slip = conditions.slip(condition) if condition else ""
        if slip:
            self._fault(number, f"{column}: {slip}", "Correct the condition; it is not applied.")
        return condition


def _joined(conditions_: Iterable[str]) -> str:
    """Join the conditions of groups to that of a question."""
    given = list(conditions_)
    return " and ".join(f"({condition})" for condition in given) if len(given) > 1 else "".join(given)
