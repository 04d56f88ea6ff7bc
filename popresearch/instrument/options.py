"""The options of a form: the sheets 'choices' and 'external_choices', with what is wrong in them."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from popresearch import reference
from popresearch.faults import Fault, did_you_mean
from popresearch.instrument.form import CHOICES, COUNTRIES, LABELS, OPTION_COLUMNS
from popresearch.instrument.kinds import Meaning
from popresearch.instrument.sheets import Rows, Sheet, find

COUNTRY_LIST = "country"  # a list of this name is one of countries, whatever stands in it
FEWEST_COUNTRIES = 20  # options from which on any other list may be one of countries
SHARE_COUNTRIES = 0.9  # of its options that have to be ISO codes
OTHER = {
    "option": "other",
    "label_en": "Other",
}  # what `or_other` adds, in English whatever the form's languages are


class Found(NamedTuple):
    """The list of a question and its kind; without options that is text. What is wrong with it, and the remedy."""

    list: str
    kind: str
    fault: str = ""
    remedy: str = ""


@dataclass
class Options:
    """Lists of options in the form's order: list → option → its row; `places`: (list, option) → where it stands."""

    lists: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)

    def rows(self) -> list[dict[str, str]]:
        """All options, list by list."""
        return [option for options in self.lists.values() for option in options.values()]

    def found(self, asked: Meaning) -> "Found":
        """Find the list that a choice is made from; a name that differs only in case, blanks or signs is meant, a close one is not."""
        wanted, kind = asked.list, asked.kind
        if wanted.startswith("${"):
            return Found("", "text")  # chosen from earlier answers
        if asked.is_file:
            what = (
                f"its options stand in the file '{wanted}', which is not read; its answers are read as text."
            )
            return Found("", "text", what, "Write the options into the sheet 'choices'.")
        name = self._named(wanted) or self._named(wanted.split(" ")[0])
        kind = self._kind(kind, name or wanted)
        if name and name == wanted:
            return Found(name, kind)
        if name:
            what = f"its list '{wanted}' is written '{name}' where its options stand."
            return Found(name, kind, what, "Write both alike.")
        what = f"its list '{wanted}' has no options" if wanted else "it names no list of options"
        meant = did_you_mean(wanted, self.lists) if wanted else ""
        so = "; its answers are read as text." if kind in CHOICES else "."
        fault = (
            what + so + meant,
            "Add the list to the sheet 'choices', or correct its name behind the type.",
        )
        return Found("", "text", *fault) if kind in CHOICES else Found(wanted, kind, *fault)

    def with_other(self, name: str) -> None:
        """Add the option that `or_other` stands for, unless the list has it."""
        self.lists[name].setdefault("other", dict.fromkeys(OPTION_COLUMNS, "") | OTHER | {"list": name})

    def _named(self, name: str) -> str:
        if name in self.lists:
            return name
        plain = _plain(name)
        return next((other for other in self.lists if plain and _plain(other) == plain), "")

    def _kind(self, kind: str, name: str) -> str:
        """Turn a choice from a list of countries into country or countries."""
        codes = [code.upper() for code in self.lists.get(name, {})]
        known = sum(code in _country_codes() for code in codes) if len(codes) >= FEWEST_COUNTRIES else 0
        is_countries = name == COUNTRY_LIST or (known and known >= len(codes) * SHARE_COUNTRIES)
        return COUNTRIES.get(kind, kind) if is_countries else kind


def read(sheets: dict[str, Rows], *, duplicates: bool, bare: str, faults: list[Fault]) -> Options:
    """Read both sheets of options; `bare` is the language of a label without one, `duplicates` says that the form allows them."""
    options = Options()
    for name in ("choices", "external_choices"):
        sheet = find(sheets, name, ["list", "name"] if name == "choices" else [], faults)
        if sheet:
            _add(options, sheet, duplicates, bare, faults)
    return options


def labelled(row: dict[str, str], columns: list[str], bare: str) -> dict[str, str]:
    """Take the labels (or hints) of a row in our languages; one without a language is in `bare`."""
    plain = columns[0].split("_")[0]
    labels = {column: row.get(column, "") for column in columns}
    return labels | {f"{plain}_{bare}": labels[f"{plain}_{bare}"] or row.get(plain, "")}


def slug(text: str) -> str:
    """Make a name of a label, as KoboToolbox does where a form has none."""
    return re.sub(r"\W+", "_", text.casefold()).strip("_")


def any_label(row: dict[str, str]) -> str:
    """A label of a row in whatever language."""
    return next((cell for head, cell in row.items() if re.match("label(_|::|$)", head)), "")


def _add(options: Options, sheet: Sheet, duplicates: bool, bare: str, faults: list[Fault]) -> None:
    """Add the options of a sheet; of doubled ones the first is kept."""
    twice: dict[str, list[tuple[int, str]]] = {}
    unlabelled: dict[str, list[tuple[int, str]]] = {}
    for number, row in sheet.rows:
        listed, label = row.get("list", ""), any_label(row)
        option = row.get("name") or slug(label)
        faults += _unnamed(sheet, number, row, option)
        if not listed or not option:
            continue
        known = options.lists.setdefault(listed, {})
        if option in known:
            twice.setdefault(listed, []).append((number, option))
            continue
        if not label:
            unlabelled.setdefault(listed, []).append((number, option))
        own = {"list": listed, "option": option, "group": row.get("group", "")}
        known[option] = own | labelled(row, LABELS, bare)
        options.places[listed, option] = sheet.place(number)
    doubled = "stands more than once; the first is read"
    for name, rows in twice.items() if not duplicates else ():
        faults.append(_grouped(sheet, name, rows, doubled, "Remove or rename the others."))
    for name, rows in unlabelled.items():
        faults.append(_grouped(sheet, name, rows, "has no label; its name serves as one", "Write a label."))


def _unnamed(sheet: Sheet, number: int, row: dict[str, str], option: str) -> list[Fault]:
    """What is missing in the row of an option; a row without list, name and label is a comment."""
    if not row.get("list") and option:
        what, remedy = f"the option '{option}' is in no list.", "Write its list in 'list_name'."
    elif row.get("list") and "name" not in row and "name" in sheet.heads:
        read = f"it is read as '{option}'" if option else "it is not read"
        what, remedy = f"an option of list '{row['list']}' has no name; {read}.", "Give it a name."
    else:
        return []
    return [Fault(sheet.place(number), what, remedy)]


def _grouped(sheet: Sheet, name: str, rows: list[tuple[int, str]], what: str, remedy: str) -> Fault:
    """One fault for all options of a list that share it."""
    (number, option), more = rows[0], len(rows) - 1
    so = f" (so {'is' if more == 1 else 'are'} {more} more of the list)" if more else ""
    return Fault(sheet.place(number), f"option '{option}' of list '{name}' {what}{so}.", remedy)


@cache
def _country_codes() -> set[str]:
    table = reference.read("m49_regions_names.csv")
    return {*table["iso2"], *table["iso3"]}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
