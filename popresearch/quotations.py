"""Quotations: the only sentences of respondents that leave, each from a list that a person signs.

The list, quotations.csv, lies beside the exports (answers' identifiers do not belong into git), a row a quotation. Its text is the
screened answer or parts of it, with … for what is left out.
"""

import re
from datetime import date

import pandas as pd

from popresearch import instrument, platforms
from popresearch.faults import BadInput, Fault
from popresearch.screening import screen
from popresearch.screening.danger import dangers
from popresearch.study import Strand, Study

NAME = "quotations.csv"
COLUMNS = [
    "response",
    "strand",
    "question",
    "text",
    "language",
    "approved_by",
    "approved_date",
    "reason",
]
LEFT_OUT = re.compile(r"\s*(?:\[…\]|\(…\)|…|\[\.\.\.\]|\.\.\.)\s*")


def read(study: Study, answers: pd.DataFrame) -> pd.DataFrame:
    """Read the approved quotations: strand, question, language, quotation; empty where there is no list.

    `answers` are those of `voices.open_answers`. All that is wrong is said at once (`BadInput`), by line, never by its text.
    """
    path = study.exports / NAME
    if not path.exists():
        return pd.DataFrame(columns=["strand", "question", "language", "quotation"], dtype="str")
    table, source = instrument.read_table(path), platforms.shown(path)
    if missing := [name for name in COLUMNS if name not in table]:
        raise BadInput(source, [Fault("", f"has no column '{name}'.", "Add it.") for name in missing])
    keyed = answers.set_index(["response", "strand", "question"])
    faults = [
        Fault(f"line {line}", what, remedy)
        for line, row in enumerate(table.to_dict("records"), 2)
        for what, remedy in _faults(row, keyed, study)
    ]
    if faults:
        raise BadInput(source, faults)
    return table.rename(columns={"text": "quotation"})[["strand", "question", "language", "quotation"]]


def _faults(row: dict[str, str], answers: pd.DataFrame, study: Study) -> list[tuple[str, str]]:
    """Say what is wrong with a quotation, and the remedy."""
    key = (row["response"], row["strand"], row["question"])
    unknown = key not in answers.index
    answer = None if unknown else answers.loc[[key]].iloc[0]
    wrong = {
        ("is not signed.", "Fill in approved_by, approved_date (2025-03-14) and reason."): not _is_signed(
            row
        ),
        ("has no text.", "Copy it from the screened answer."): not row["text"].strip(),
        ("holds what the screen marks as personal.", "Leave it out."): bool(screen(row["text"]).found),
        ("names no answer of this study.", "Correct response, strand and question."): unknown,
    }
    if answer is not None:
        strand = study.strands[row["strand"]]
        waits = bool(answer["danger"]) or bool(dangers(row["text"]))
        wrong |= {
            (
                "is not a part of the screened answer.",
                "Copy it from there; … stands for what is left out.",
            ): not _is_part(row["text"], answer["text"]),
            ("is in another language than the answer.", "Correct language."): row["language"]
            != answer["language"],
            ("is in the safeguarding queue.", "Remove the line: such answers are never quoted."): waits,
            ("comes from too few children.", "Remove the line."): _are_few(answers, row, strand, study),
        }
    return [said for said, is_wrong in wrong.items() if is_wrong]


def _is_signed(row: dict[str, str]) -> bool:
    try:
        day = date.fromisoformat(row["approved_date"].strip())
    except ValueError:
        return False
    return day <= date.today() and bool(row["approved_by"].strip() and row["reason"].strip())


def _is_part(text: str, answer: str) -> bool:
    """Say whether a text is an answer, or pieces of it in their order, with … between them."""
    place, whole = 0, " ".join(answer.split())
    for piece in LEFT_OUT.split(" ".join(text.split())):
        place = whole.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return True


def _are_few(answers: pd.DataFrame, row: dict[str, str], strand: Strand, study: Study) -> bool:
    """Say whether a question of a poll has too few answers, in all or in this language, for one of them to be quoted."""
    if strand.system != "children" and not strand.hide_zero:
        return False
    same = answers.xs((row["strand"], row["question"]), level=("strand", "question"))
    of_language = int((same["language"] == row["language"]).sum())
    return len(same) < study.thresholds["minimum_base"] or of_language < strand.minimum_cell
