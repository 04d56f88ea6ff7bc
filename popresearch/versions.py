"""Versions of a questionnaire: what was renamed, reworded or split lands in one column, by the study's versions.csv.

`was` is a question's earlier code or its earlier text, `question` its name in the current form; `was_option` and `option` do the same
for one option. Several rows may lead to one question (variants for countries), and one earlier question may lead to several (split);
where a split question goes on under its name, it is one of them.
"""

from dataclasses import dataclass, field

import pandas as pd

from popresearch import instrument
from popresearch.faults import BadInput, Fault, bad_input, did_you_mean
from popresearch.instrument import LABELS, Instrument
from popresearch.platforms import shown
from popresearch.study import Study
from popresearch.texts import normal

COLUMNS = ["strand", "change", "was", "was_option", "question", "option", "since", "reason"]
CHANGES = ("renamed", "reworded", "split", "variant", "option")
RENAMED = ("renamed", "reworded")


@dataclass(frozen=True)
class Versions:
    """Earlier names of one strand, all normalised.

    `questions`: earlier code or text → questions of today. `options`: (question, earlier question or "" for any) → earlier option → option.
    """

    questions: dict[str, list[str]] = field(default_factory=dict)
    options: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def options_of(self, question: str, was: str) -> dict[str, str]:
        """Earlier options of a question in the column of an earlier one; "" is an option of another question that was split off."""
        elsewhere = [other for other in self.questions.get(was, []) if other != question]
        split_off = {
            text: ""
            for other in elsewhere
            for key in ((other, was), (other, ""))
            for text in self.options.get(key, {})
        }
        return split_off | self.options.get((question, ""), {}) | self.options.get((question, was), {})


def read(study: Study, asked: dict[str, Instrument]) -> dict[str, Versions]:
    """Read data/<study>/versions.csv for all strands; all its faults at once (`BadInput`)."""
    found = {strand: Versions() for strand in asked}
    path = study.folder / "versions.csv"
    if not path.exists():
        return found
    table = instrument.read_table(path).fillna("")
    if any(";" in head for head in table):
        raise bad_input(
            shown(path), "is not separated by commas.", "Save it as 'CSV UTF-8 (comma delimited)'."
        )
    missing = [Fault("", f"has no column '{name}'.", "Add it.") for name in COLUMNS if name not in table]
    if missing:
        raise BadInput(shown(path), missing)
    table = table.apply(lambda column: column.str.strip())
    table = table[(table != "").any(axis=1)]
    today = {
        strand: set(instrument.read(study.strands[strand].instrument, strand).questions.index)
        for strand in asked
    }
    faults = [fault for line, row in table.iterrows() for fault in _faults(line + 2, row, asked, today)]
    faults += _contradictions(table)
    if faults:
        raise BadInput(shown(path), faults)
    for row in table.to_dict("records"):
        for strand in [row["strand"]] if row["strand"] else asked:
            if row["question"] in asked[strand].questions.index:
                _add(found[strand], row, asked[strand])
    for strand, one in found.items():
        _share_out(one, asked[strand])
    return found


def _add(versions: Versions, row: dict[str, str], asked: Instrument) -> None:
    was = normal(row["was"])
    if was == normal(row["question"]):
        was = ""  # an option of any column of the question
    if was:
        goes_on = row["change"] == "split" and row["was"] in asked.questions.index
        leads = [*versions.questions.get(was, []), *([row["was"]] if goes_on else []), row["question"]]
        versions.questions[was] = list(dict.fromkeys(leads))
    if row["was_option"]:
        options = versions.options.setdefault((row["question"], was), {})
        options[normal(row["was_option"])] = row["option"]


def _faults(
    line: int, row: pd.Series, asked: dict[str, Instrument], today: dict[str, set[str]]
) -> list[Fault]:
    place = f"line {line}"
    strands = [row["strand"]] if row["strand"] else list(asked)
    if row["strand"] and row["strand"] not in asked:
        return [_unknown(place, "strand", row["strand"], asked)]
    faults = [] if row["change"] in CHANGES else [_unknown(place, "change", row["change"], CHANGES)]
    if not row["was"] and not row["was_option"]:
        faults.append(
            Fault(place, "has neither 'was' nor 'was_option'.", "Write what the earlier version had.")
        )
    if (
        row["change"] in RENAMED
        and row["was"] != row["question"]
        and any(row["was"] in today[strand] for strand in strands)
    ):
        remedy = "Write in 'was' what respondents read, or rename the column in the earlier export."
        faults.append(
            Fault(
                place, f"'{row['was']}' is a question of today too; its columns cannot be told apart.", remedy
            )
        )
    questions = [name for strand in strands for name in asked[strand].questions.index]
    if row["question"] not in questions:
        return [*faults, _unknown(place, "question", row["question"], questions)]
    options = [
        str(option)
        for strand in strands
        if row["question"] in asked[strand].questions.index
        for option in asked[strand].options_of(row["question"]).index
    ]
    if (row["was_option"] or row["option"]) and row["option"] not in options:
        faults.append(_unknown(place, "option", row["option"], options))
    return faults


def _share_out(versions: Versions, asked: Instrument) -> None:
    """Give each part of a split question the options that it has today, so that the other parts leave them to it."""
    for was, parts in versions.questions.items():
        told = {
            text
            for part in parts
            for key in ((part, was), (part, ""))
            for text in versions.options.get(key, {})
        }
        for part in parts if len(parts) > 1 else ():
            options = asked.options_of(part)[LABELS]
            texts = {
                normal(text): str(code)
                for code, labels in options.iterrows()
                for text in (*labels, str(code))
                if text
            }
            own = {text: code for text, code in texts.items() if text not in told}
            versions.options[part, was] = own | versions.options.get((part, was), {})


def _contradictions(table: pd.DataFrame) -> list[Fault]:
    """Rows that lead one earlier option of a column to another option than a row above them."""
    faults, seen = [], {}
    for line, row in table[table["was_option"] != ""].iterrows():
        key = (row["strand"], row["question"], normal(row["was"]), normal(row["was_option"]))
        first = seen.setdefault(key, row["option"])
        if first != row["option"]:
            what = f"leads the option '{row['was_option']}' to '{row['option']}', and an earlier line to '{first}'."
            faults.append(Fault(f"line {line + 2}", what, "Keep one of them."))
    return faults


def _unknown(place: str, what: str, word: str, known: object) -> Fault:
    remedy = f"Correct '{what}'; known: {', '.join(list(known)[:12])}."
    return Fault(place, f"the {what} '{word}' is not known.{did_you_mean(word, known)}", remedy)
