"""Answers in a straight line and impossible speed are flagged and counted, and no response is dropped for them."""

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from small_study import csv_of, same, study_of, table

from popresearch import ingest, instrument, quality

SURVEY = """
    type                   | name     | label
    select_one yes_no      | agree    | Do you agree?
    select_one yes_no      | loose_1  | Is it warm?
    select_one yes_no      | loose_2  | Is it wet?
    select_one yes_no      | loose_3  | Is it dark?
    begin_group            | battery  | How well does it work?
    select_one scale       | phone    | Phone
    select_one scale       | chat     | Chat
    select_one scale       | post     | Post
    select_one scale       | visit    | Visit
    select_one yes_no      | free     | Is it free?
    end_group              |          |
    begin_group            | short    | And then?
    select_one scale       | first    | First
    select_one scale       | next     | Second
    select_one scale       | third    | Third
    end_group              |          |
    begin_group            | chosen   | Which?
    select_multiple scale  | many_1   | One
    select_multiple scale  | many_2   | Two
    select_multiple scale  | many_3   | Three
    select_multiple scale  | many_4   | Four
    end_group              |          |
"""
CHOICES = """
    list_name | name | label
    scale     | low  | Low
    scale     | mid  | Middle
    scale     | high | High
    yes_no    | yes  | Yes
    yes_no    | no   | No
"""


@pytest.fixture
def form(tmp_path) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in (("survey", SURVEY), ("choices", CHOICES)):
        sheet, rows = book.create_sheet(name), table(text)
        for row in (list(rows.columns), *rows.to_numpy().tolist()):
            sheet.append(row)
    book.save(tmp_path / "form.xlsx")
    return tmp_path / "form.xlsx"


def test_a_straight_line_is_one_option_throughout_a_battery_of_four(form, tmp_path):
    found = ingest.ingest(study_of(csv_of("""
        agree | loose_1 | loose_2 | loose_3 | phone | chat | post | visit | free | first | next | third | many_1 | many_2 | many_3 | many_4
        yes   |         |         |         | mid    | mid  | mid  | mid   |         |       |        |       |        |        |        |
        yes   |         |         |         | mid    | mid  | mid  | mid   | no      |       |        |       |        |        |        |
        yes   |         |         |         | Middle | mid  | mid  | mid   |         |       |        |       |        |        |        |
        yes   |         |         |         | mid    | mid  | mid  | low   |         |       |        |       |        |        |        |
        yes   |         |         |         | mid    | mid  | mid  |       |         |       |        |       |        |        |        |
        yes   |         |         |         | mid    | mid  | mid  | owl   |         |       |        |       |        |        |        |
        yes   |         |         |         |        |      |      |       | no      |       |        |       |        |        |        |
        yes   | yes     | yes     | yes     | mid    | low  | mid  | low   | yes     | mid   | mid    | mid   |        |        |        |
        yes | | | | | | | | | | | | low | low | low | low
    """, tmp_path / "answers.csv"), codebook=form, roles={"consent": "agree"}))  # fmt: skip
    assert found.responses["poll"]["straight_lined"].tolist() == [True, True, True, *[False] * 6]
    assert found.accounting[["rows_in", "kept"]].values.tolist() == [[9, 9]]
    said = ingest.account(found)
    assert "3 responses flagged and kept: the same option in every question of a battery" in said
    assert "faster" not in said


def test_an_instrument_without_batteries_flags_nobody(tmp_path):
    asked = instrument.read(study_of(tmp_path / "a.csv").strands["poll"].instrument, "poll")
    assert quality.straight_lined({}, asked).tolist() == []


@pytest.mark.parametrize(
    ("seconds", "answers", "is_fast"),
    [(-1, 9, False), (0, 9, True), (8, 9, True), (9, 9, False), (600, 9, False), (0, 0, False), (0, 1, True)],
)
def test_too_fast_is_less_than_a_second_for_each_answer_where_the_time_is_known(seconds, answers, is_fast):
    assert quality.too_fast(np.array([seconds]), np.array([answers])).tolist() == [is_fast]


def test_impossible_speed_is_flagged_counted_and_kept(tmp_path):
    found = ingest.ingest(study_of(csv_of("""
        ID | Start time          | Completion time     | Email | Name | agree | age   | country | times | wish
        1  | 3/14/22 15:01:01    | 3/14/22 15:01:04    |       |      | yes   | 13_15 | Kenya   | 1     | x
        2  | 3/14/22 15:02:01    | 3/14/22 15:11:04    |       |      | yes   | 13_15 | Kenya   | 2     | x
        3  | 3/14/22 15:03:01    | 3/14/22 15:03:01    |       |      | yes   | 13_15 | Kenya   | 3     | x
        4  | 3/14/22 23:59:59    | 3/15/22 0:00:01     |       |      | yes   | 13_15 | Kenya   | 4     | x
        5  | 3/14/22 15:05:09    | 3/14/22 15:05:01    |       |      | yes   | 13_15 | Kenya   | 5     | x
        6  |                     | 3/14/22 15:06:01    |       |      | yes   | 13_15 | Kenya   | 6     | x
    """, tmp_path / "answers.csv"), roles={"consent": "agree"}))  # fmt: skip
    assert same(found.responses["poll"], """
        times | too_fast
        1     | 1
        2     | 0
        3     | 1
        4     | 0
        5     | 0
        6     | 0
    """)  # fmt: skip
    assert found.accounting[["rows_in", "kept"]].values.tolist() == [[6, 6]]
    assert "2 responses flagged and kept: answered faster than one can read" in ingest.account(found)


def test_a_refused_row_is_not_counted_among_the_flagged(tmp_path):
    found = ingest.ingest(study_of(csv_of("""
        ID | Start time       | Completion time  | Email | Name | agree | age   | country | times | wish
        1  | 3/14/22 15:01:01 | 3/14/22 15:01:04 |       |      | no    | 13_15 | Kenya   | 1     | x
        2  | 3/14/22 15:02:01 | 3/14/22 15:09:04 |       |      | yes   | 13_15 | Kenya   | 1     | x
    """, tmp_path / "answers.csv"), roles={"consent": "agree"}))  # fmt: skip
    assert "flagged" not in ingest.account(found)


STARTED = {
    "kobo": ("start | end | agree | country | times | wish | _id | _uuid | _submission_time",
             "2022-03-14T15:01:01.000+01:00 | 2022-03-14T15:01:02.000+01:00 | yes | Kenya | 1 | x | 100000001 | a | 2022-03-14T14:11:50"),
    "surveymonkey": ("Respondent ID | Collector ID | Date Created | Date Modified | agree | country | times | wish",
                     "11400000001 | 400000001 | 03/14/2022 03:01:01 PM | 03/14/2022 03:01:02 PM | yes | Kenya | 1 | x"),
}  # fmt: skip


@pytest.mark.parametrize("platform", STARTED)
def test_start_and_end_are_told_apart_on_every_platform(platform, tmp_path):
    text = "\n".join(STARTED[platform])
    found = ingest.ingest(study_of(csv_of(text, tmp_path / "answers.csv"), roles={"consent": "agree"}))
    assert found.responses["poll"]["too_fast"].tolist() == [True]
