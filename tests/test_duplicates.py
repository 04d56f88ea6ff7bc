"""A response that came twice is kept once and both are named; two people are never taken for one; nothing is replaced silently."""

from pathlib import Path

import pandas as pd
import pytest
from small_study import csv_of, same, study_of, table

from popresearch import duplicates, ingest

AGAIN, SAME, NEAR, CHANGED = duplicates.AGAIN, duplicates.SAME, duplicates.NEAR, duplicates.CHANGED
ROLES = {"consent": "agree", "country": "country"}


def ingested(
    folder: Path, roles: dict[str, str] = ROLES, codebook: Path | None = None, **files: str
) -> ingest.Ingested:
    """Ingest files on paper, in this order."""
    options = {"codebook": codebook} if codebook else {}
    return ingest.ingest(
        study_of(
            *(csv_of(text, folder / f"{name}.csv") for name, text in files.items()), roles=roles, **options
        )
    )


def counts(found: ingest.Ingested) -> list[dict[str, int]]:
    """What became of the rows of each file, without the zeros."""
    rows = found.accounting[["rows_in", "kept", *ingest.RULES, "quarantined"]].to_dict("records")
    return [{name: n for name, n in row.items() if n} for row in rows]


def ledger(found: ingest.Ingested) -> list[list]:
    return found.ledger[["file", "row", "rule", "of_file", "of_row"]].to_numpy().tolist()


MARKS = """
    row | key | device | minute | content | folded | n_answers | rule            | of_row | because
    2   | 1   | 0      | 10     | 5       | 50     | 9         |                 |        | the first of three copies
    3   | 1   | 0      | 11     | 5       | 50     | 9         | exported again  | 2      | the same key and answers
    4   | 1   | 0      | 12     | 5       | 50     | 9         | exported again  | 2      | a third copy repeats the first
    5   | 2   | 0      | 13     | 6       | 60     | 9         |                 |        |
    6   | 2   | 0      | 13     | 7       | 70     | 9         | changed         | 5      | the same key, other answers
    7   | 2   | 0      | 13     | 7       | 70     | 9         | changed         | 5      | also the second time
    8   | 3   | 0      | 14     | 8       | 80     | 2         |                 |        |
    9   | 4   | 0      | 14     | 8       | 80     | 2         | duplicate       | 8      | other keys, same minute, few answers
    10  | 5   | 0      | 14     | 8       | 80     | 9         | duplicate       | 8      | the surer rule goes first
    11  | 0   | 0      | 15     | 91      | 90     | 5         |                 |        |
    12  | 0   | 0      | 15     | 92      | 90     | 5         | near duplicate  | 11     | written otherwise, same minute
    13  | 0   | 0      | 16     | 93      | 90     | 5         |                 |        | another minute, no device
    14  | 0   | 0      | 17     | 94      | 95     | 4         |                 |        |
    15  | 0   | 0      | 17     | 95      | 95     | 4         |                 |        | too few answers to be one person
    16  | 0   | 7      | 18     | 96      | 97     | 5         |                 |        |
    17  | 0   | 7      | 19     | 98      | 97     | 5         | near duplicate  | 16     | the same device, another day
    18  | 0   | 8      | 20     | 99      | 97     | 5         |                 |        | another device
    19  | 0   | 0      | 0      | 99      | 97     | 9         |                 |        | equal answers alone repeat nothing
    20  | 0   | 0      | 0      | 99      | 97     | 9         |                 |        |
    21  | 0   | 7      | 0      | 1       | 98     | 4         |                 |        |
    22  | 0   | 7      | 0      | 1       | 98     | 4         |                 |        | few answers from one device
"""


def test_each_repeated_response_falls_under_one_rule_and_names_the_first_it_repeats():
    paper = table(MARKS)
    numbers = [name for name in paper if name not in ("rule", "of_row", "because")]
    for name in (
        "key",
        "device",
        "minute",
        "content",
        "folded",
    ):  # hashes are wide: their sums meet by no chance
        paper[name] = pd.util.hash_array(paper[name].to_numpy(dtype=object)) * (
            paper[name] != "0"
        ).to_numpy().astype("uint64")
    marks = paper[numbers].astype({"row": int, "n_answers": int}).assign(refused=False, file="a.csv")
    found = duplicates.found(marks)
    expected = paper.loc[paper["rule"] != "", ["row", "rule", "of_row"]].replace(
        {"rule": {"changed": CHANGED}}
    )
    assert sorted(found[["row", "rule", "of_row"]].astype(str).values.tolist()) == sorted(
        expected.values.tolist()
    )


def test_no_responses_repeat_nothing():
    blank = pd.DataFrame(
        {name: pd.Series(dtype="uint64") for name in ("key", "device", "minute", "content", "folded")}
    )
    assert duplicates.found(blank.assign(refused=False, file="", row=0, n_answers=0)).empty


HEADS = "Timestamp | agree | age | country | channels | times | wish"
FIRST = "2022-03-14 15:12:05 | yes | 13_15 | Kenya | Phone, Letters; cards | 3 | Longer hours"
NEAR_COPIES = {
    "case and space of a text": ("2022-03-14 15:12:55 | yes | 13_15 | Kenya | Phone, Letters; cards | 3 | longer  HOURS", NEAR),
    "an option's label in another language": (
        "2022-03-14 15:12:55 | Oui | De 13 à 15 ans | Kenya | Téléphone, Letters; cards | 3 | Longer hours", NEAR),
    "another spelling of the country": (
        "2022-03-14 15:12:55 | yes | 13_15 | Republic of Kenya | Phone, Letters; cards | 3 | Longer hours", NEAR),
    "wide letters": ("2022-03-14 15:12:55 | yes | 13_15 | Kenya | Phone, Letters; cards | 3 | Ｌonger hours", NEAR),
    "to the letter": (FIRST.replace("12:05", "12:55"), SAME),
    "another number": ("2022-03-14 15:12:55 | yes | 13_15 | Kenya | Phone, Letters; cards | 4 | Longer hours", ""),
    "another word": ("2022-03-14 15:12:55 | yes | 13_15 | Kenya | Phone, Letters; cards | 3 | Longer days", ""),
    "another option": ("2022-03-14 15:12:55 | yes | 13_15 | Kenya | Phone | 3 | Longer hours", ""),
    "a minute later": (FIRST.replace("15:12:05", "15:13:05"), ""),
    "spelt otherwise a minute later": (FIRST.replace("15:12:05", "15:13:05").replace("Longer", "longer"), ""),
    "the same minute of another day": (FIRST.replace("03-14", "03-15"), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", NEAR_COPIES)
def test_near_copies_in_the_same_minute_are_one_and_all_others_are_two(name, tmp_path):
    copy, rule = NEAR_COPIES[name]
    found = ingested(tmp_path, answers="\n".join([HEADS, FIRST, copy]))
    assert ledger(found) == ([["answers.csv", 3, rule, "answers.csv", 2]] if rule else [])
    assert counts(found) == [{"rows_in": 2, "kept": 1, rule: 1} if rule else {"rows_in": 2, "kept": 2}]
    assert found.responses["poll"]["file_row"].tolist()[0] == 2


def test_two_children_with_the_same_few_answers_are_two_people(tmp_path):
    """Four answers, spelt differently, in one minute: a class may well do that."""
    found = ingested(tmp_path, answers="""
        Timestamp           | agree | age   | country | wish
        2022-03-14 15:12:05 | yes   | 13_15 | Kenya   | More
        2022-03-14 15:12:55 | yes   | 13_15 | Kenya   | more
    """)  # fmt: skip
    assert counts(found) == [{"rows_in": 2, "kept": 2}]


def test_two_cells_that_cannot_be_read_are_not_the_same_answer(tmp_path):
    found = ingested(tmp_path, answers="""
        Timestamp           | agree | age   | country | channels | channels_main | times | wish
        2022-03-14 15:12:05 | yes   | 13_15 | Kenya   | pigeon   | phone         | 3     | x
        2022-03-14 15:12:15 | yes   | 13_15 | Kenya   | owl      | phone         | 3     | x
    """)  # fmt: skip
    assert counts(found) == [{"rows_in": 2, "kept": 2}]


KOBO = "start | end | agree | age | country | channels | times | wish | _id | _uuid | _submission_time | deviceid"


def kobo(*rows: str) -> str:
    return "\n".join([KOBO, *rows])


def test_near_copies_from_one_device_are_one_whatever_the_minute(tmp_path):
    found = ingested(tmp_path, answers=kobo(
        "2022-03-14T15:01:01 | 2022-03-14T15:11:45 | yes | 13_15 | Kenya | phone | 3 | more | 100000001 | a | 2022-03-14T14:11:50 | ee.x:1",
        "2022-03-15T15:01:01 | 2022-03-15T15:11:45 | yes | 13_15 | KENYA | phone | 3 | More | 100000002 | b | 2022-03-15T14:11:50 | ee.x:1",
        "2022-03-16T15:01:01 | 2022-03-16T15:11:45 | yes | 13_15 | KENYA | phone | 3 | More | 100000003 | c | 2022-03-16T14:11:50 | ee.x:2",
        "2022-03-17T15:01:01 | 2022-03-17T15:11:45 | yes | 13_15 | KENYA | phone | 3 | More | 100000004 | d | 2022-03-17T14:11:50 |",
        "2022-03-18T15:01:01 | 2022-03-18T15:11:45 | yes | 13_15 | KENYA | phone | 3 | More | 100000005 | e | 2022-03-18T14:11:50 |",
    ))  # fmt: skip
    assert ledger(found) == [["answers.csv", 3, NEAR, "answers.csv", 2]]
    assert "ee.x" not in found.ledger.to_csv() + found.responses["poll"].to_csv() + found.texts.to_csv()


def test_a_survey_without_times_repeats_nothing_and_neither_does_an_anonymous_one(tmp_path):
    found = ingested(tmp_path, none="""
        agree | age   | country | channels | times | wish
        yes   | 13_15 | Kenya   | phone    | 3     | more
        yes   | 13_15 | Kenya   | phone    | 3     | more
    """, anonymous="""
        id._.i | submitdate._.x      | startdate._.x       | agree._.x | age._.x | country._.x | channels_main._.x | times._.x | wish._.x
        1      | 1980-01-01 00:00:00 | 1980-01-01 00:00:00 | yes       | 13_15   | Kenya       | phone             | 3         | more
        2      | 1980-01-01 00:00:00 | 1980-01-01 00:00:00 | yes       | 13_15   | Kenya       | phone             | 3         | more
    """)  # fmt: skip
    assert counts(found) == [{"rows_in": 2, "kept": 2}] * 2
    assert found.ledger.empty


def test_the_ledger_names_file_and_row_of_both_across_files_and_the_account_counts_by_rule(tmp_path):
    found = ingested(tmp_path, first="\n".join([HEADS, FIRST]), second="\n".join([
        HEADS,
        FIRST.replace("3 |", "7 |"),
        FIRST,
        FIRST.replace("Longer", "LONGER"),
        FIRST,
    ]))  # fmt: skip
    assert same(found.ledger, f"""
        file       | row | rule   | of_file   | of_row
        second.csv | 3   | {SAME} | first.csv | 2
        second.csv | 4   | {NEAR} | first.csv | 2
        second.csv | 5   | {SAME} | first.csv | 2
    """)  # fmt: skip
    assert counts(found) == [{"rows_in": 1, "kept": 1}, {"rows_in": 4, "kept": 1, SAME: 2, NEAR: 1}]
    assert (
        f"second.csv (google_forms): 4 rows in = 1 kept + 3 refused by rule (2 {SAME}, 1 {NEAR}) + 0 in quarantine"
        in ingest.account(found)
    )


def test_a_row_that_was_refused_is_not_the_first_of_a_pair(tmp_path):
    """Else a response that may be kept would fall to one that may not."""
    found = ingested(tmp_path, ROLES | {"age": "age", "carer": "carer"}, answers="""
        Timestamp           | agree | age   | carer | country | channels | times | wish
        2022-03-14 15:12:05 | no    | 13_15 |       | Kenya   | phone    | 3     | more
        2022-03-14 15:12:05 | no    | 13_15 |       | Kenya   | phone    | 3     | more
        2022-03-14 15:13:05 | yes   | 10_12 | no    | Kenya   | phone    | 3     | more
        2022-03-14 15:13:05 | yes   | 10_12 | no    | Kenya   | phone    | 3     | more
        2022-03-14 15:14:05 | yes   | 13_15 |       | Kenya   |          |       |
        2022-03-14 15:14:05 | yes   | 13_15 |       | Kenya   |          |       |
    """)  # fmt: skip
    assert counts(found) == [
        {"rows_in": 6, "no consent": 2, "under 13 without a carer": 2, SAME: 1, "nothing answered": 1}
    ]
    assert ledger(found) == [["answers.csv", 7, SAME, "answers.csv", 6]]


def test_a_copy_of_a_row_in_quarantine_is_counted_as_a_copy(tmp_path):
    found = ingested(tmp_path, answers="""
        Timestamp           | agree | age   | country | times
        2022-03-14 15:12:05 | yes   | 13_15 | Congo   | 3
        2022-03-14 15:12:05 | yes   | 13_15 | Congo   | 3
    """)  # fmt: skip
    assert counts(found) == [{"rows_in": 2, SAME: 1, "quarantined": 1}]


def test_the_kept_row_of_a_preview_and_its_copy_is_the_one_in_earnest(tmp_path):
    lines = [
        "StartDate,EndDate,Status,ResponseId,agree,age,country,times",
        "Start Date,End Date,Response Type,Response ID,Do you agree to take part?,How old are you?,Where do you live?,How many times?",
        ",".join(
            f'"{{""ImportId"":""{name}""}}"'
            for name in ("startDate", "endDate", "status", "_recordId", "QID1", "QID2", "QID3", "QID4")
        ),
        "2022-03-01 10:00:00,2022-03-01 10:05:00,Survey Preview,R_1abcdefghijk,Yes,13 to 15,Kenya,3",
        "2022-03-01 10:00:00,2022-03-01 10:05:00,IP Address,R_2abcdefghijk,Yes,13 to 15,Kenya,3",
        "2022-03-01 10:00:00,2022-03-01 10:05:00,IP Address,R_3abcdefghijk,Yes,13 to 15,Kenya,3",
    ]
    (tmp_path / "answers.csv").write_text("\n".join(lines))
    found = ingest.ingest(study_of(tmp_path / "answers.csv", roles=ROLES))
    assert counts(found) == [{"rows_in": 3, "kept": 1, "preview": 1, SAME: 1}]
    assert ledger(found) == [["answers.csv", 6, SAME, "answers.csv", 5]]


# A second export of a running survey: `old` rows stand in both, `new` in the second alone. {} takes the answers.

UUID = "uuid:0a1b2c3d-0000-4000-8000-00000000000"
PLATFORMS = {
    "kobo": (KOBO, [f"2022-03-1{n}T15:01:01 | 2022-03-1{n}T15:11:45 | {{}} | 10000000{n} | x{n} | 2022-03-1{n}T14:11:50 |"
                    for n in (4, 5, 6)]),
    "kobo, short ids": (KOBO, [f"2022-03-1{n}T15:01:01 | 2022-03-1{n}T15:11:45 | {{}} | {n} | x{n} | 2022-03-1{n}T14:11:50 |"
                               for n in (4, 5, 6)]),
    "odk": ("SubmissionDate | agree | age | country | channels | times | wish | KEY",
            [f"2022-03-1{n}T14:11:50.000Z | {{}} | {UUID}{n}" for n in (4, 5, 6)]),
    "surveymonkey": ("Respondent ID | Collector ID | Date Created | Date Modified | agree | age | country | channels | times | wish",
                     [f"1140000000{n} | 400000001 | 03/1{n}/2022 03:01:05 PM | 03/1{n}/2022 03:12:05 PM | {{}}" for n in (4, 5, 6)]),
    "microsoft_forms": ("ID | Start time | Completion time | Email | Name | agree | age | country | channels | times | wish",
                        [f"{n} | 3/1{n}/22 15:01:01 | 3/1{n}/22 15:11:45 | anonymous | | {{}}" for n in (4, 5, 6)]),
    "limesurvey": ("id._.ID | submitdate._.x | startdate._.x | agree._.x | age._.x | country._.x | topics_main._.x | times._.x | wish._.x",
                   [f"{n} | 2022-03-1{n} 15:11:45 | 2022-03-1{n} 15:01:05 | {{}}" for n in (4, 5, 6)]),
}  # fmt: skip
MANY = {"odk": "phone chat", "kobo": "phone chat", "kobo, short ids": "phone chat", "microsoft_forms": "Phone;Letters; cards;",
        "surveymonkey": "Phone, Letters; cards", "limesurvey": "school"}  # fmt: skip


def answers(platform: str, times: int, wish: str = "more") -> str:
    return f"yes | 13_15 | Kenya | {MANY[platform]} | {times} | {wish}"


def written(platform: str, *times: int, wish: str = "more") -> str:
    """An export of this platform whose rows answer `times` so many."""
    heads, rows = PLATFORMS[platform]
    return "\n".join(
        [heads, *(row.format(answers(platform, n, wish)) for row, n in zip(rows, times, strict=False))]
    )


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_second_export_of_a_running_survey_adds_what_is_new_and_nothing_else(platform, tmp_path):
    found = ingested(tmp_path, first=written(platform, 1, 2), second=written(platform, 1, 2, 3))
    assert counts(found) == [{"rows_in": 2, "kept": 2}, {"rows_in": 3, "kept": 1, AGAIN: 2}]
    assert found.responses["poll"]["times"].tolist() == [1, 2, 3]
    assert ledger(found) == [
        ["second.csv", 2, AGAIN, "first.csv", 2],
        ["second.csv", 3, AGAIN, "first.csv", 3],
    ]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_response_edited_between_two_exports_waits_for_a_person_and_replaces_nothing(platform, tmp_path):
    found = ingested(tmp_path, first=written(platform, 1, 2), second=written(platform, 1, 99, 3))
    assert counts(found) == [{"rows_in": 2, "kept": 2}, {"rows_in": 3, "kept": 1, AGAIN: 1, "quarantined": 1}]
    assert found.responses["poll"]["times"].tolist() == [1, 2, 3]
    assert found.quarantine[["file", "row", "reason", "whole_row"]].values.tolist() == [
        ["second.csv", 3, CHANGED, True]
    ]
    assert same(found.ledger.query("rule == @CHANGED"), f"""
        file       | row | rule      | of_file   | of_row
        second.csv | 3   | {CHANGED} | first.csv | 3
    """)  # fmt: skip


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_question_added_later_and_blank_for_old_rows_is_no_change(platform, tmp_path):
    first, second = written(platform, 1, 2), written(platform, 1, 2, 3)
    separator = "._.x" if platform == "limesurvey" else ""
    head, *rows = second.splitlines()
    place = head.split(" | ").index(f"wish{separator}") + 1
    cells = [line.split(" | ") for line in (head, *rows)]
    added = [f"helps{separator}", "", "", "yes"]
    wider = [" | ".join([*line[:place], one, *line[place:]]) for line, one in zip(cells, added, strict=True)]
    found = ingested(tmp_path, first=first, second="\n".join(wider))
    assert counts(found) == [{"rows_in": 2, "kept": 2}, {"rows_in": 3, "kept": 1, AGAIN: 2}]
    assert found.responses["poll"]["helps"].astype(object).fillna("").tolist() == ["", "", "yes"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_question_answered_later_in_an_old_response_is_a_change(platform, tmp_path):
    first = written(platform, 1, 2, wish="")
    found = ingested(tmp_path, first=first, second=written(platform, 1, 2))
    assert counts(found) == [{"rows_in": 2, "kept": 2}, {"rows_in": 2, "quarantined": 2}]


def test_three_exports_of_a_running_survey_repeat_the_first_one(tmp_path):
    found = ingested(tmp_path, a=written("odk", 1), b=written("odk", 1, 2), c=written("odk", 1, 7, 3))
    assert counts(found) == [{"rows_in": 1, "kept": 1}, {"rows_in": 2, "kept": 1, AGAIN: 1},
                             {"rows_in": 3, "kept": 1, AGAIN: 1, "quarantined": 1}]  # fmt: skip
    assert [row[3:] for row in ledger(found)] == [["a.csv", 2], ["a.csv", 2], ["b.csv", 3]]


def test_two_surveys_that_both_count_from_1_are_not_one(tmp_path):
    """Two countries answer one strand, each with its own form of Microsoft: the same IDs, other times."""
    first = written("microsoft_forms", 1, 2)
    second = (
        written("microsoft_forms", 1, 2, 3)
        .replace("15:01:01", "15:01:02")
        .replace("15:11", "15:21")
        .replace("Kenya", "France")
    )
    found = ingested(tmp_path, kenya=first, france=second)
    assert counts(found) == [{"rows_in": 2, "kept": 2}, {"rows_in": 3, "kept": 3}]
    assert found.responses["poll"]["country_iso3"].tolist() == ["KEN", "KEN", "FRA", "FRA", "FRA"]


def test_the_same_id_and_the_same_second_of_two_surveys_is_left_to_a_person(tmp_path):
    """Nothing tells them apart from an edited response; at least neither is lost."""
    second = written("microsoft_forms", 1).replace("Kenya", "France")
    found = ingested(tmp_path, kenya=written("microsoft_forms", 1), france=second)
    assert counts(found) == [{"rows_in": 1, "kept": 1}, {"rows_in": 1, "quarantined": 1}]


def test_columns_in_another_order_are_no_change(tmp_path):
    first = table(written("odk", 1, 2))
    (first[first.columns[::-1]]).to_csv(tmp_path / "second.csv", index=False)
    first.to_csv(tmp_path / "first.csv", index=False)
    found = ingest.ingest(study_of(tmp_path / "first.csv", tmp_path / "second.csv", roles=ROLES))
    assert counts(found)[1] == {"rows_in": 2, AGAIN: 2}


def test_a_change_in_a_column_that_the_instrument_does_not_know_is_not_lost(tmp_path):
    def export(note: str) -> str:
        heads = "SubmissionDate | agree | country | times | garden of the school | KEY"
        return f"{heads}\n2022-03-14T14:11:50.000Z | yes | Kenya | 1 | {note} | {UUID}1"

    found = ingested(tmp_path, first=export("small"), second=export("large"))
    assert counts(found)[1] == {"rows_in": 1, "quarantined": 1}


def test_an_edited_response_that_answers_nothing_any_more_is_counted_once(tmp_path):
    second = written("odk", 1, 2).replace("phone chat | 2 | more", " | | ")
    found = ingested(tmp_path, ROLES | {"age": "age"}, first=written("odk", 1, 2), second=second)
    assert found.accounting.loc[1, "quarantined"] == found.quarantine["whole_row"].sum()
    assert found.accounting.loc[0, "kept"] == 2
