"""Promises of the open answers: personal data are marked before anyone reads, and only counts leave."""

import dataclasses
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from conftest import Run, elsewhere
from paper import table

from popresearch import quotations, release, voices
from popresearch.faults import BadInput
from popresearch.sample.tables import table as sample_table
from popresearch.wording import ROOT

READ_BY_A_PERSON = (
    "Tansy Underbough",
)  # a first name without a cue: no screen finds it, so no text is published unread


@pytest.mark.parametrize("row", sample_table("personal"), ids=lambda row: row["planted"][:24])
def test_planted_personal_data_are_replaced_by_marks(row: dict[str, str]) -> None:
    screened, found = voices.screen(row["text"])
    for planted in row["planted"].split(";"):
        if planted not in READ_BY_A_PERSON:
            assert planted not in screened
            assert found and "[" in screened


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Write to a.b@example.org or call +000 101 2001.", ["e-mail", "phone"]),
        ("See https://example.org/a?b=c and @some_body", ["address", "handle"]),
        ("We reach 12 000 children in 3 districts a year.", []),
        ("From 2019 to 2022 calls rose by 35 per cent.", []),
        ("Open 24/7, free of charge (also in 2021).", []),
    ],
)
def test_marks_name_what_was_found_and_leave_plain_numbers_alone(text: str, kinds: list[str]) -> None:
    screened, found = voices.screen(text)
    assert found == kinds
    assert kinds or screened == text


def test_names_and_contacts_of_services_are_no_open_answers(sample: Run) -> None:
    asked = set(zip(sample.open_answers["strand"], sample.open_answers["question"], strict=True))
    named = {
        (name, question) for name, own in sample.study.strands.items() for question in own.roles.values()
    }
    assert len(asked) > 3 and not asked & named


ANSWERS = """
    strand    | question   | text     | marks
    helplines | a22_help   | training |
    helplines | a22_help   | money    |
    helplines | a22_help   | training | e-mail
    helplines | a22_advice | listen   |
    helplines | a22_advice | listen   |
    helplines | a22_advice | [phone]  | phone
    helplines | a22_advice | listen   |
    helplines | a22_advice | listen   |
    helplines | a22_advice | listen   |
"""


def test_a_small_number_of_open_answers_is_hidden_and_not_to_be_had_by_subtraction(sample: Run) -> None:
    answers = table(ANSWERS).fillna("")
    summary = voices.summary(answers, sample.study)
    assert summary["base"].isna().all(), "the base of the themes would give the small one away"
    assert summary["marked"].isna().all()
    large = pd.concat([answers, answers], ignore_index=True)
    assert voices.summary(large, sample.study)["base"].tolist() == [6, 12]


def test_a_study_without_open_answers_has_empty_tables(sample: Run) -> None:
    nobody = dataclasses.replace(sample.ingested, texts=sample.ingested.texts.iloc[:0])
    answers = voices.open_answers(nobody, sample.study)
    assert list(answers) == list(sample.open_answers) and answers.empty
    assert voices.summary(answers, sample.study).empty
    assert voices.themes(answers, voices.suggest_themes(answers, sample.study), sample.study, "en").empty


def test_themes_are_counted_without_their_texts(sample: Run) -> None:
    suggested = voices.suggest_themes(sample.open_answers, sample.study)
    themes = voices.themes(sample.open_answers, suggested, sample.study, "fr")
    assert list(themes) == ["strand", "theme", "theme_label", "base", "count"]
    floor = themes["strand"].map({name: own.minimum_cell for name, own in sample.study.strands.items()})
    assert len(themes) > 5 and not ((themes["count"] > 0) & (themes["count"] < floor)).any()
    assert (themes["count"].dropna() <= themes["base"][themes["count"].notna()]).all()


def test_open_answers_are_kept_where_only_their_owner_reads(sample: Run, tmp_path: Path) -> None:
    folder = voices.save(sample.open_answers, elsewhere(sample.study, tmp_path))
    assert folder.is_relative_to(tmp_path / "restricted")
    assert folder.stat().st_mode & 0o077 == 0


READERS = {"voices.py", "registry.py", "forgetting.py"}  # the screen; names of services; withdrawal


def test_nobody_but_the_screen_and_the_registry_reads_a_text_as_it_came() -> None:
    reading = re.compile(r"\bingested\.texts\b|\bload\([^)]*\)\.texts\b")
    modules = {
        path.name for path in (ROOT / "popresearch").rglob("*.py") if reading.search(path.read_text("utf-8"))
    }
    assert modules == READERS
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        assert not re.search(r"\.texts\b", code), path.name


@pytest.fixture
def answers(sample: Run) -> pd.DataFrame:
    """The sample's answers, the first of which tells of danger."""
    changed = sample.open_answers.copy()
    changed.loc[0, "danger"] = "violence"
    return changed


def test_answers_of_present_danger_wait_for_a_person_and_only_the_owner_reads_them(
    answers: pd.DataFrame, sample: Run, tmp_path: Path
) -> None:
    answers.loc[0, "text"] = "=he hits me"
    folder = voices.save(answers, elsewhere(sample.study, tmp_path))
    queue = pd.read_csv(folder / "safeguarding.csv", dtype=str, keep_default_na=False)
    assert list(queue) == voices.QUEUE and len(queue) == 1
    assert queue.loc[0, "text"] == "'=he hits me", "a spreadsheet would run it"
    assert int(queue.loc[0, "file_row"]) == answers.loc[0, "file_row"] > 0
    assert (folder / "safeguarding.csv").stat().st_mode & 0o077 == 0


def test_what_an_answer_tells_of_is_read_before_it_is_screened(sample: Run) -> None:
    texts = sample.ingested.texts.copy()
    told = texts.index[texts["question"] == "a22_help"][0]
    texts.loc[told, "text"] = "my coach Orrin Tumbleby hits me"
    found = voices.open_answers(dataclasses.replace(sample.ingested, texts=texts), sample.study)
    queue = voices.safeguarding(found)
    assert queue["text"].tolist() == ["my coach [name] hits me"] and queue["danger"].tolist() == ["violence"]
    assert voices.safeguarding(sample.open_answers).empty


@pytest.mark.parametrize(
    ("n", "person", "said"),
    [
        (0, "the safeguarding lead", "No answer waits in the safeguarding queue for the safeguarding lead."),
        (1, "the safeguarding lead", "Few answers wait in the safeguarding queue for the safeguarding lead."),
        (9, "the safeguarding lead", "Few answers wait in the safeguarding queue for the safeguarding lead."),
        (10, "the safeguarding lead", "Answers wait in the safeguarding queue for the safeguarding lead."),
        (1, "", "Children are asked here, and nobody is named to read it: add safeguarding to study.toml."),
    ],
)
def test_the_notebook_says_for_whom_answers_wait_and_no_small_number(
    sample: Run, tmp_path: Path, n: int, person: str, said: str
) -> None:
    answers = sample.open_answers.assign(danger="")
    answers.loc[answers.index[:n], "danger"] = "violence"
    note = voices.safeguarding_note(answers, elsewhere(sample.study, tmp_path, safeguarding=person))
    assert note.endswith(said)


def listed(answers: pd.DataFrame, row: int, **changes: str) -> dict[str, str]:
    """A signed quotation of an answer."""
    answer = answers.loc[row]
    keys = {name: str(answer[name]) for name in ("response", "strand", "question", "language", "text")}
    signed = {"approved_by": "Research lead", "approved_date": "2025-03-14", "reason": "typical"}
    return keys | signed | changes


def quoted(rows: list[dict[str, str]], answers: pd.DataFrame, sample: Run, place: Path) -> pd.DataFrame:
    pd.DataFrame(rows).to_csv(place / quotations.NAME, index=False)
    return quotations.read(elsewhere(sample.study, place, exports=place), answers)


def test_a_signed_quotation_is_released_whole_or_in_pieces(
    answers: pd.DataFrame, sample: Run, tmp_path: Path
) -> None:
    answers.loc[1, "text"] = "We need a stable line, and [name] says so, at night above all."
    rows = [listed(answers, 1), listed(answers, 1, text="We need a stable line … at night above all.")]
    table = quoted(rows, answers, sample, tmp_path)
    assert list(table) == ["strand", "question", "language", "quotation"]
    assert table["quotation"].tolist() == [row["text"] for row in rows]
    release.refuse_microdata(table)


def test_without_a_list_nothing_is_quoted(sample: Run, tmp_path: Path) -> None:
    assert quotations.read(elsewhere(sample.study, tmp_path, exports=tmp_path), sample.open_answers).empty


WRONG = {
    "is not signed": {"approved_by": " "},
    "is not signed. ": {"approved_date": "last week"},
    "is not signed.": {"reason": ""},
    "holds what the screen marks as personal": {"text": "Orrin Tumbleby told me"},
    "names no answer": {"response": "nobody"},
    "is not a part of the screened answer": {"text": "something that nobody wrote"},
    "is in another language": {"language": "xx"},
    "has no text": {"text": " "},
}


def test_all_that_is_wrong_with_quotations_is_said_at_once_and_never_their_text(
    answers: pd.DataFrame, sample: Run, tmp_path: Path
) -> None:
    rows = [listed(answers, 1, **change) for change in WRONG.values()] + [listed(answers, 0)]
    with pytest.raises(BadInput) as caught:
        quoted(rows, answers, sample, tmp_path)
    said = str(caught.value)
    for line, what in enumerate([*WRONG, "is in the safeguarding queue"], 2):
        assert f"line {line}: {what.strip()}" in said
    assert not any(row["text"] in said for row in rows if row["text"].strip())
    with pytest.raises(BadInput, match="has no column 'approved_by'"):
        quoted([{"response": "a"}], answers, sample, tmp_path)


@pytest.mark.parametrize(("n", "passes"), [(19, False), (20, True)])
def test_a_child_is_quoted_only_among_enough_children(
    sample: Run, tmp_path: Path, n: int, passes: bool
) -> None:
    poll = sample.open_answers.iloc[:1].assign(strand="poll", question="d99", danger="", language="en")
    answers = pd.concat([poll.assign(response=f"child {number}") for number in range(n)], ignore_index=True)
    if passes:
        assert len(quoted([listed(answers, 0)], answers, sample, tmp_path)) == 1
    else:
        with pytest.raises(BadInput, match="too few children"):
            quoted([listed(answers, 0)], answers, sample, tmp_path)
