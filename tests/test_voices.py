"""Promises of the open answers: personal data are marked before anyone reads, and only counts leave."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest
from conftest import Run, elsewhere
from paper import table

from popresearch import voices
from popresearch.sample.tables import table as sample_table

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
