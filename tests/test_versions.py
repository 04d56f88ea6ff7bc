"""What an earlier version of a questionnaire asked lands in one column, by versions.csv, or the table is refused with all its faults."""

import csv
from pathlib import Path

import openpyxl
import pytest
from small_study import csv_of, study_of, table

from popresearch import answers, instrument, matching, platforms, versions
from popresearch.faults import BadInput
from popresearch.readings import VARIANTS

BOOK = """
    strand | question | kind | option | label_en             | label_fr
    poll   | ways     | many |        | Which ways?          | Quels moyens ?
    poll   | ways     |      | phone  | Phone                | Téléphone
    poll   | ways     |      | chat   | Chat, in writing     | Discussion, par écrit
    poll   | places   | many |        | In which places?     | Dans quels lieux ?
    poll   | places   |      | home   | At home              | Chez soi
    poll   | places   |      | school | At school            | À l'école
    poll   | studies  | one  |        | What did you finish? | Qu'avez-vous terminé ?
    poll   | studies  |      | basic  | Basic school         | École de base
    poll   | studies  |      | more   | More than that       | Davantage
    poll   | safe     | one  |        | Do you feel safe?    | Êtes-vous en sécurité ?
    poll   | safe     |      | 1      | Yes                  | Oui
    poll   | safe     |      | 2      | No                   | Non
    poll   | times    | number |      | How many times?      | Combien de fois ?
"""
HEADS = "strand | change | was | was_option | question | option | since | reason"


def given(folder: Path, answered: str | Path, rows: str = "", book: str = BOOK) -> dict[str, list[str]]:
    """Read an export with a table of versions: question → its values, ! where unreadable."""
    (folder / "study").mkdir(exist_ok=True)
    codebook = csv_of(book, folder / "study" / "codebook.csv")
    path = answered if isinstance(answered, Path) else csv_of(answered, folder / "study" / "answers.csv")
    csv_of(f"{HEADS}\n{rows}", folder / "study" / "versions.csv")
    study = study_of(path, codebook=codebook)
    asked = instrument.of(study.strands["poll"])
    earlier = versions.read(study, {"poll": asked})["poll"]
    export = platforms.read(path)
    matched = matching.match(export, asked, earlier)
    assert not matched.unknown, [export.heads[number] for number in matched.unknown]
    reads = {
        name: answers.read(export, one, asked, next(export.batches()), earlier)
        for name, one in matched.questions.items()
    }
    return {
        name: ["!" if row in read.unread else value for row, value in read.values.items()]
        for name, read in reads.items()
    }


# One question for one


@pytest.mark.parametrize(
    ("answered", "rows"),
    [
        ("q7 | times\nphone; chat | ", "poll | renamed | q7 | | ways | | | shorter"),
        (
            "Timestamp | How do you reach us?\n1/2/26 | Phone, Chat, in writing",
            "poll | reworded | How do you reach us? | | ways | | | simpler",
        ),
        (
            "Timestamp | HOW do you reach us\n1/2/26 | Téléphone, Discussion, par écrit",
            " | reworded | How do you reach us? | | ways | | |",
        ),
        (
            "g/q7 | g/q7/phone | g/q7/chat | _id | _uuid\nphone chat | 1 | 1 | 9 | u",
            "poll | renamed | q7 | | ways | | |",
        ),
        (
            "id | lastpage | seed | q7[phone] | q7[chat]\n1 | 2 | 3 | Y | Y",
            "poll | renamed | q7 | | ways | | |",
        ),
        (
            "id._.ID | q7[SQ1]._.How? [Phone] | q7[SQ2]._.How? [Chat, in writing]\n1 | Yes | Yes",
            "poll | renamed | q7 | | ways | | |",
        ),
        (
            "Respondent ID | How? | \n | Phone | Chat, in writing\n1 | Phone | Chat, in writing",
            "poll | reworded | How? | | ways | | |",
        ),
    ],
)
def test_a_question_that_was_renamed_or_reworded_lands_in_todays_column(answered, rows, tmp_path):
    (tmp_path / "study").mkdir()
    path = tmp_path / "study" / "answers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [cell.strip() for cell in line.split("|")] for line in answered.splitlines()
        )
    assert given(tmp_path, path, rows)["ways"] == ["phone chat"]


def test_what_both_versions_asked_is_read_from_the_column_that_was_answered(tmp_path):
    """An export of all versions at once has the columns of both."""
    found = given(tmp_path, """
        q7    | ways  | times
        phone |       | 1
              | chat  | 2
        phone | phone | 3
        phone | chat  | 4
    """, "poll | renamed | q7 | | ways | | |")  # fmt: skip
    assert found["ways"] == ["phone", "chat", "phone", "phone chat"]


# Options


def test_an_option_that_was_renamed_is_known_by_its_earlier_code_and_its_earlier_label(tmp_path):
    rows = """
        poll | option | | hotline   | ways | phone | | one word for it
        poll | option | | Telephone | ways | phone | | plainer
    """.strip()
    assert given(tmp_path, "ways | times\nhotline; chat | 1\nTELEPHONE | 2\nPhone | 3", rows)["ways"] == [
        "phone chat",
        "phone",
        "phone",
    ]


@pytest.mark.parametrize("was", ["", "ways"])
def test_an_option_is_renamed_in_its_own_question_whether_the_table_names_it_twice_or_not(was, tmp_path):
    assert given(
        tmp_path, "ways | times\nhotline | 1", f"poll | option | {was} | hotline | ways | phone | |"
    )["ways"] == ["phone"]


def test_a_column_of_an_option_that_was_renamed_is_todays_option(tmp_path):
    answered = "g/ways/hotline | g/ways/chat | _id | _uuid\n1 | 0 | 1 | u\n0 | 1 | 2 | v"
    assert given(tmp_path, answered, "poll | option | | hotline | ways | phone | |") == {
        "ways": ["phone", "chat"]
    }


def test_an_earlier_code_that_means_something_else_today_is_translated_in_the_earlier_column_only(tmp_path):
    rows = """
        poll | renamed | q3 |   | safe |   | |
        poll | option  | q3 | 2 | safe | 1 | | 2 was yes
        poll | option  | q3 | 1 | safe | 2 | | 1 was no
    """.strip()
    found = given(tmp_path, "q3 | times\n1 | 7\n2 | 8\nYes | 9", rows)
    assert found["safe"] == ["2", "1", "1"]
    assert given(tmp_path, "safe | times\n1 | 7\n2 | 8", rows)["safe"] == ["1", "2"]


def test_an_option_of_today_is_known_in_an_earlier_column_too(tmp_path):
    rows = """
        poll | renamed | q7 |         | ways |       | |
        poll | option  | q7 | hotline | ways | phone | |
    """.strip()
    assert given(tmp_path, "q7 | times\nhotline; Chat, in writing | 1\nfax | 2", rows)["ways"] == [
        "phone chat",
        "!",
    ]


# Variants for countries


VARIANT = """
    poll | variant | edu1qde |           | studies |       | |
    poll | variant | edu1qnl |           | studies |       | |
    poll | variant | edu1quk |           | studies |       | |
    poll | option  | edu1qde | Hauptschule | studies | basic | |
    poll | option  | edu1qnl | vmbo      | studies | basic | |
""".strip()


def test_variants_of_a_question_are_merged_and_two_different_answers_are_unreadable(tmp_path):
    found = given(tmp_path, """
        edu1qde     | edu1qnl | edu1quk        | times
        Hauptschule |         |                | 1
                    | vmbo    |                | 2
                    |         | More than that | 3
                    |         |                | 4
        Hauptschule | vmbo    |                | 5
        more        | vmbo    |                | 6
        vmbo        |         |                | 7
    """, VARIANT)  # fmt: skip
    assert found["studies"] == ["basic", "basic", "more", "", "basic", "!", "!"]


def test_two_variants_answered_differently_are_unreadable_for_that_reason(tmp_path):
    codebook = csv_of(BOOK, tmp_path / "codebook.csv")
    path = csv_of("edu1qde | edu1qnl\nmore | basic", tmp_path / "answers.csv")
    csv_of(f"{HEADS}\n{VARIANT}", tmp_path / "versions.csv")
    study = study_of(path, codebook=codebook)
    asked = instrument.of(study.strands["poll"])
    earlier = versions.read(study, {"poll": asked})["poll"]
    export = platforms.read(path)
    columns = matching.match(export, asked, earlier).questions["studies"]
    assert set(columns.how.values()) == {"an earlier version"}
    assert answers.read(export, columns, asked, next(export.batches()), earlier).unread == {2: (VARIANTS, "")}


def test_variants_that_are_still_asked_are_merged_into_one_of_them(tmp_path):
    book = (
        BOOK
        + "    poll | studies_nl | one | | Wat heb je afgemaakt? |\n    poll | studies_nl | | laag | vmbo |\n"
    )
    rows = """
        poll | variant | studies_nl |      | studies |       | |
        poll | option  | studies_nl | laag | studies | basic | |
    """.strip()
    found = given(tmp_path, "studies | studies_nl | times\nmore | | 1\n | laag | 2", rows, book)
    assert found == {"studies": ["more", "basic"], "times": ["1", "2"]}


# Split, both ways


def test_several_earlier_columns_become_the_options_of_one_question_of_today(tmp_path):
    rows = """
        poll | split | has_phone | yes | ways | phone | |
        poll | split | has_chat  | yes | ways | chat  | |
    """.strip()
    found = given(
        tmp_path, "has_phone | has_chat | times\nyes | yes | 1\nyes | | 2\n | yes | 3\n | | 4", rows
    )
    assert found["ways"] == ["phone chat", "phone", "chat", ""]


SPLIT = """
    poll | split  | q5 |         | ways   |       | |
    poll | split  | q5 |         | places |       | |
    poll | option | q5 | hotline | ways   | phone | |
    poll | option | q5 | house   | places | home  | |
"""


@pytest.mark.parametrize(
    "answered",
    [
        """
        q5                    | times
        hotline; house; chat  | 1
        At school             | 2
        Phone                 | 3
                              | 4
        Phone; pigeon         | 5
        """,
        """
        q5/hotline | q5/house | q5/chat | q5/school | times | _id | _uuid
        1          | 1        | 1       | 0         | 1     | 1   | a
        0          | 0        | 0       | 1         | 2     | 2   | b
        1          | 0        | 0       | 0         | 3     | 3   | c
                   |          |         |           | 4     | 4   | d
        1          |          | maybe   |           | 5     | 5   | e
        """,
    ],
)
def test_the_options_of_one_earlier_question_go_to_the_two_of_today(answered, tmp_path):
    found = given(tmp_path, answered, SPLIT.strip())
    nothing = "-" if "q5/" in answered else ""
    assert found["ways"] == ["phone chat", nothing, "phone", "", "!"]
    assert found["places"][:4] == ["home", "school", nothing, ""]


def test_a_question_that_was_split_may_go_on_under_its_name(tmp_path):
    rows = "poll | split | ways | | places | | | places became a question of their own"
    old = given(tmp_path, "ways | times\nphone; home | 1\nAt school; Chat, in writing | 2\npigeon | 3", rows)
    assert old == {
        "ways": ["phone", "chat", "!"],
        "places": ["home", "school", "!"],
        "times": ["1", "2", "3"],
    }
    new = given(tmp_path, "ways | places | times\nphone | At home; school | 1\n | school | 2", rows)
    assert new == {"ways": ["phone", ""], "places": ["home school", "school"], "times": ["1", "2"]}


# The table and its faults


def refused(folder: Path, text: str) -> str:
    codebook = csv_of(BOOK, folder / "codebook.csv")
    csv_of(text, folder / "versions.csv")
    study = study_of(folder / "answers.csv", codebook=codebook)
    with pytest.raises(BadInput) as error:
        versions.read(study, {"poll": instrument.of(study.strands["poll"])})
    return str(error.value)


def test_all_faults_of_the_table_are_said_at_once_with_their_lines(tmp_path):
    said = refused(tmp_path, f"""
        {HEADS}
        pol  | renamed | q7   |     | ways  |       | |
        poll | rename  | q7   |     | ways  |       | |
        poll | renamed | q7   |     | wayz  |       | |
        poll | option  |      | fax | ways  | phnoe | |
        poll | renamed |      |     | ways  |       | |
        poll | option  |      | fax | times | phone | |
        poll | renamed | safe |     | ways  |       | |
             | renamed | q9   |     | times |       | |
    """)  # fmt: skip
    for part in (
        "7 problems in versions.csv",
        "line 2: the strand 'pol' is not known. Did you mean 'poll'?",
        "line 3: the change 'rename' is not known.",
        "line 4: the question 'wayz' is not known. Did you mean 'ways'?", "line 5: the option 'phnoe' is not known. Did you mean 'phone'?",
        "line 6: has neither 'was' nor 'was_option'.",
        "line 7: the option 'phone' is not known.",
        "line 8: 'safe' is a question of today too",
    ):  # fmt: skip
        assert part in said
    assert "line 9" not in said


def test_one_earlier_option_does_not_lead_to_two_of_today(tmp_path):
    said = refused(tmp_path, f"""
        {HEADS}
        poll | option | q7 | hotline | ways | phone | |
        poll | option | q7 | Hotline | ways | chat  | |
    """)  # fmt: skip
    assert "line 3" in said and "'Hotline' to 'chat'" in said and "'phone'" in said


def test_a_table_without_its_columns_is_refused_with_all_of_them(tmp_path):
    said = refused(tmp_path, "strand | was | question\npoll | q7 | ways")
    assert said.count("has no column") == 5


def test_a_study_without_the_table_has_no_earlier_versions(tmp_path):
    codebook = csv_of(BOOK, tmp_path / "codebook.csv")
    study = study_of(tmp_path / "answers.csv", codebook=codebook)
    assert versions.read(study, {"poll": instrument.of(study.strands["poll"])}) == {
        "poll": versions.Versions()
    }


# Earlier instruments


def workbook(path: Path, survey: str, choices: str) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in (("survey", survey), ("choices", choices)):
        sheet, rows = book.create_sheet(name), table(text)
        for row in (list(rows.columns), *rows.to_numpy().tolist()):
            sheet.append([cell or None for cell in row])
    book.save(path)
    return path


def test_a_question_that_was_dropped_lands_in_its_own_column_and_a_renamed_one_in_todays(tmp_path):
    now = workbook(tmp_path / "v2.xlsx", """
        type                 | name | label
        select_multiple ways | ways | Which ways?
    """, """
        list_name | name  | label
        ways      | phone | Phone
        ways      | chat  | Chat
    """)  # fmt: skip
    was = workbook(tmp_path / "v1.xlsx", """
        type                 | name | label
        select_multiple ways | q7   | Which ways do you know?
        select_one likes     | mood | How was it?
    """, """
        list_name | name    | label
        ways      | hotline | Phone
        ways      | chat    | Chat
        likes     | good    | Good
        likes     | bad     | Bad
    """)  # fmt: skip
    asked = instrument.read(now, "poll", (was,))
    path = csv_of("q7 | mood\nhotline; chat | Good\nPhone | bad", tmp_path / "answers.csv")
    csv_of(
        f"{HEADS}\npoll | renamed | q7 | | ways | | |\npoll | option | q7 | hotline | ways | phone | |",
        tmp_path / "versions.csv",
    )
    study = study_of(path, codebook=now)
    earlier = versions.read(study, {"poll": asked})["poll"]
    export = platforms.read(path)
    matched = matching.match(export, asked, earlier)
    assert matched.unknown == []
    found = {
        name: answers.read(export, one, asked, next(export.batches()), earlier).values.tolist()
        for name, one in matched.questions.items()
    }
    assert found == {"ways": ["phone chat", "phone"], "mood": ["good", "bad"]}
