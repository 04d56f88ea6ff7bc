"""What a response says of several children is a row each, of the responses kept, and none of them is lost without a word."""

import zipfile
from pathlib import Path

import openpyxl
import pytest
from small_study import csv_of, same, study_of, table

from popresearch import ingest

BOOK = """
    strand | question | kind    | option | repeat   | relevant          | constraint           | label_en
    poll   | agree    | one     |        |          |                   |                      | Do you agree?
    poll   | agree    |         | yes    |          |                   |                      | Yes
    poll   | agree    |         | no     |          |                   |                      | No
    poll   | country  | country |        |          |                   |                      | Country
    poll   | most     | number  |        |          |                   |                      | How old is the oldest?
    poll   | nick     | text    |        | children |                   |                      | What do you call it?
    poll   | years    | number  |        | children |                   | . <= ${most}         | How old is it?
    poll   | school   | one     |        | children | ${most} > 5       |                      | Does it go to school?
    poll   | school   |         | yes    |          |                   |                      | Yes
    poll   | school   |         | no     |          |                   |                      | No
    poll   | games    | many    |        | children |                   |                      | Which games?
    poll   | games    |         | ball   |          |                   |                      | Ball
    poll   | games    |         | cards  |          |                   |                      | Cards
    poll   | toy      | text    |        | toys     |                   |                      | Which toy?
    poll   | price    | number  |        | toys     |                   |                      | What did it cost?
"""
ROLES = {"consent": "agree", "country": "country"}
KEYS = "| _id | _uuid | _submission_time | _index"


@pytest.fixture
def codebook(tmp_path) -> Path:
    return csv_of(BOOK, tmp_path / "codebook.csv")


def workbook(path: Path, **sheets: str) -> Path:
    """Write a workbook from sheets on paper."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in sheets.items():
        sheet, rows = book.create_sheet(name), table(text)
        for row in (list(rows.columns), *rows.to_numpy().tolist()):
            sheet.append([int(cell) if cell.isdecimal() else cell or None for cell in row])
    book.save(path)
    return path


def zipped(path: Path, **members: str) -> Path:
    """Write a zip of csv files from tables on paper."""
    with zipfile.ZipFile(path, "w") as file:
        for name, text in members.items():
            file.writestr(f"{name}.csv", table(text).to_csv(index=False))
    return path


def ingested(codebook: Path, *paths: Path) -> ingest.Ingested:
    return ingest.ingest(study_of(*paths, codebook=codebook, roles=ROLES))


INLINE = """
    agree | country | most | {1}nick | {1}years | {1}school | {1}games | {2}nick | {2}years | {2}school | {2}games | _id | _submission_time
    yes | Kenya | 9 | Bo | 9 | yes | ball cards | Ada | 4 | no |  | 101 | 2022-03-14T14:11:50
    no | Kenya | 9 | Zed | 8 | yes | ball |  |  |  |  | 102 | 2022-03-14T14:12:50
    yes | Kenya | 3 |  |  |  |  |  |  |  |  | 103 | 2022-03-14T14:13:50
    yes | Congo | 9 | Cy | 7 |  | cards |  |  |  |  | 104 | 2022-03-14T14:14:50
    yes | France | 20 |  |  |  |  | Flo | 11 |  |  | 105 | 2022-03-14T14:15:50
""".replace("{1}", "children[1]/").replace("{2}", "children[2]/")  # fmt: skip
MAIN = f"""
    agree | country | most {KEYS}
    yes   | Kenya   | 9    | 101 | a | 2022-03-14T14:11:50 | 1
    no    | Kenya   | 9    | 102 | b | 2022-03-14T14:12:50 | 2
    yes   | Kenya   | 3    | 103 | c | 2022-03-14T14:13:50 | 3
    yes   | Congo   | 9    | 104 | d | 2022-03-14T14:14:50 | 4
    yes   | France  | 20   | 105 | e | 2022-03-14T14:15:50 | 5
"""
CHILDREN = """
    nick | years | school | games      | _index | _parent_table_name | _parent_index | _submission__id | _submission__uuid
    Bo   | 9     | yes    | ball cards | 1      | main               | 1             | 101             | a
    Zed  | 8     | yes    | ball       | 2      | main               | 2             | 102             | b
    Ada  | 4     | no     |            | 3      | main               | 1             | 101             | a
    Cy   | 7     |        | cards      | 4      | main               | 4             | 104             | d
    Flo  | 11    |        |            | 5      | main               | 5             | 105             | e
    Lost | 3     | no     |            | 6      | main               | 9             | 999             | z
"""
UUID = "uuid:0a1b2c3d-0000-4000-8000-00000000000"
SUBMISSIONS = f"""
    SubmissionDate           | agree | country | most | KEY
    2022-03-14T14:11:50.000Z | yes   | Kenya   | 9    | {UUID}1
    2022-03-14T14:12:50.000Z | no    | Kenya   | 9    | {UUID}2
    2022-03-14T14:13:50.000Z | yes   | Kenya   | 3    | {UUID}3
    2022-03-14T14:14:50.000Z | yes   | Congo   | 9    | {UUID}4
    2022-03-14T14:15:50.000Z | yes   | France  | 20   | {UUID}5
"""
OF_ODK = f"""
    nick | years | school | games      | PARENT_KEY | KEY
    Bo   | 9     | yes    | ball cards | {UUID}1    | {UUID}1/children[1]
    Zed  | 8     | yes    | ball       | {UUID}2    | {UUID}2/children[1]
    Ada  | 4     | no     |            | {UUID}1    | {UUID}1/children[2]
    Cy   | 7     |        | cards      | {UUID}4    | {UUID}4/children[1]
    Flo  | 11    |        |            | {UUID}5    | {UUID}5/children[1]
    Lost | 3     | no     |            | {UUID}9    | {UUID}9/children[1]
"""


def without(text: str, *names: str) -> str:
    rows = table(text).drop(columns=list(names))
    return "\n".join(" | ".join(row) for row in (list(rows.columns), *rows.to_numpy().tolist()))


LAYOUTS = {
    "inline": lambda folder: csv_of(INLINE, folder / "answers.csv"),
    "kobo workbook": lambda folder: workbook(folder / "answers.xlsx", main=MAIN, children=CHILDREN),
    "kobo workbook by uuid": lambda folder: workbook(
        folder / "answers.xlsx", main=MAIN, children=without(CHILDREN, "_submission__id")
    ),
    "kobo workbook by index": lambda folder: workbook(
        folder / "answers.xlsx", main=MAIN, children=without(CHILDREN, "_submission__id", "_submission__uuid")
    ),
    "odk zip": lambda folder: zipped(folder / "answers.zip", form=SUBMISSIONS, **{"form-children": OF_ODK}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_children_of_responses_kept_are_rows_of_typed_columns(layout, codebook, tmp_path):
    found = ingested(codebook, LAYOUTS[layout](tmp_path))
    responses, children = found.responses["poll"], found.repeats["poll/children"]
    assert responses["country_iso3"].tolist() == ["KEN", "KEN", "FRA"]
    countries = responses.set_index("response")["country_iso3"]
    children = children.assign(country=countries.loc[children["response"]].astype(str).array).sort_values(
        ["country", "years"], ascending=[False, False]
    )
    assert same(children, """
        country | nick | years | school | school.state | games/ball | games/cards | games.state
        KEN     | Bo   | 9     | yes    | answered     | 1          | 1           | answered
        KEN     | Ada  | 4     | no     | answered     |            |             | not_answered
        FRA     | Flo  | 11    |        | not_answered |            |             | not_answered
    """)  # fmt: skip
    assert str(children["years"].dtype) == "float64" and children["school"].dtype == "category"
    assert children.groupby("response")["turn"].nunique().tolist() == [2, 1]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_account_of_a_repeat_adds_up_and_orphans_are_counted(layout, codebook, tmp_path):
    found = ingested(codebook, LAYOUTS[layout](tmp_path))
    turns = found.turns[["rows_in", "kept", "of_other_responses", "without_response"]].sum()
    orphans = 0 if layout == "inline" else 1
    assert turns.tolist() == [5 + orphans, 3, 2, orphans]
    assert (
        found.turns["rows_in"] == found.turns[["kept", "of_other_responses", "without_response"]].sum(axis=1)
    ).all()
    if orphans:
        assert (
            "repeat 'children': 6 rows in = 3 kept + 2 of responses not kept + 1 without a response"
            in ingest.account(found)
        )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_said_of_a_child_stays_out_of_the_responses_and_that_of_refused_ones_out_of_everything(
    layout, codebook, tmp_path
):
    found = ingested(codebook, LAYOUTS[layout](tmp_path))
    assert not {"nick", "years", "school", "games.state"} & set(found.responses["poll"])
    open_tables = found.responses["poll"].to_csv() + found.texts.to_csv() + ingest.account(found)
    assert not any(name in open_tables for name in ("Ada", "Flo", "Zed"))
    everything = open_tables + "".join(
        table.to_csv() for table in (*found.repeats.values(), *found.unknown.values(), found.quarantine)
    )
    assert not any(name in everything for name in ("Zed", "Cy", "Lost"))


def test_an_answer_about_a_child_that_cannot_be_read_goes_to_quarantine_and_its_row_stays(codebook, tmp_path):
    main = csv_of(
        INLINE.replace("ball cards", "ball pigeon").replace("| Zed | 8 |", "| Zed | nine |"),
        tmp_path / "answers.csv",
    )
    found = ingested(codebook, main)
    assert found.quarantine.query("not whole_row")[["file", "row", "question", "reason"]].values.tolist() == [
        ["answers.csv", 2, "games", "not an option"]
    ]
    assert found.repeats["poll/children"]["games.state"].tolist().count("unreadable") == 1
    other = workbook(
        tmp_path / "other.xlsx", main=MAIN, children=CHILDREN.replace("ball cards", "ball pigeon")
    )
    found = ingested(codebook, other)
    assert found.quarantine.query("not whole_row")[["file", "row", "question", "reason"]].values.tolist() == [
        ["other.xlsx, sheet 'children'", 2, "games", "not an option"]
    ]
    assert "pigeon" not in ingest.account(found) + found.repeats["poll/children"].to_csv()


def test_a_condition_on_a_child_may_name_a_question_of_the_response(codebook, tmp_path):
    """`years` must not be above `most`; `school` is asked only where `most` is above 5."""
    found = ingested(codebook, workbook(
        tmp_path / "answers.xlsx",
        main=MAIN.replace("| 9    | 101", "| 5    | 101").replace("| 20   | 105", "| 11   | 105"),
        children=CHILDREN.replace("| no     |            | 3", "|        |            | 3"),
    ))  # fmt: skip
    children = found.repeats["poll/children"].sort_values("years", na_position="first")
    assert same(children, """
        nick | years | years.state | school | school.state
        Bo   |       | unreadable  | yes    | answered
        Ada  | 4     | answered    |        | not_asked
        Flo  | 11    | answered    |        | not_answered
    """)  # fmt: skip


def test_repeats_of_two_files_stand_under_each_other(codebook, tmp_path):
    first = workbook(tmp_path / "a.xlsx", main=MAIN, children=CHILDREN)
    later = MAIN.replace("| 10", "| 20").replace("2022-03", "2023-03"), CHILDREN.replace("| 10", "| 20")
    second = workbook(tmp_path / "b.xlsx", main=later[0], children=later[1])
    found = ingested(codebook, first, second)
    children = found.repeats["poll/children"]
    assert len(children) == 6 and children.groupby("response").size().tolist() == [2, 1, 2, 1]
    assert set(children["response"]) <= set(found.responses["poll"]["response"])
    assert found.turns["file"].tolist() == ["a.xlsx", "b.xlsx"]


def test_the_children_of_a_response_that_was_exported_again_are_not_doubled(codebook, tmp_path):
    first, second = (workbook(tmp_path / f"{name}.xlsx", main=MAIN, children=CHILDREN) for name in "ab")
    found = ingested(codebook, first, second)
    assert found.accounting["kept"].tolist() == [3, 0]
    assert len(found.repeats["poll/children"]) == 3
    assert found.turns["of_other_responses"].tolist() == [2, 5]


TOYS = {
    "kobo": """
        toy   | price | _index | _parent_table_name | _parent_index | _submission__id
        kite  | 4     | 1      | children           | 2             | 102
        drum  | 7     | 2      | children           | 1             | 101
        whale | 9     | 3      | children           | 5             | 105
        chess | 2     | 4      | children           | 3             | 101
    """,
    "odk": f"""
        toy   | price | PARENT_KEY          | KEY
        kite  | 4     | {UUID}2/children[1] | {UUID}2/children[1]/toys[1]
        drum  | 7     | {UUID}1/children[1] | {UUID}1/children[1]/toys[1]
        whale | 9     | {UUID}5/children[1] | {UUID}5/children[1]/toys[1]
        chess | 2     | {UUID}1/children[2] | {UUID}1/children[2]/toys[1]
    """,
}
NESTED = {
    "kobo": lambda at: workbook(at / "a.xlsx", main=MAIN, children=CHILDREN, toys=TOYS["kobo"]),
    "kobo by index": lambda at: workbook(
        at / "a.xlsx", main=MAIN, children=without(CHILDREN, "_submission__id", "_submission__uuid"),
        toys=without(TOYS["kobo"], "_submission__id"),
    ),
    "odk": lambda at: zipped(at / "a.zip", form=SUBMISSIONS, **{"form-children": OF_ODK, "form-children-toys": TOYS["odk"]}),
}  # fmt: skip


@pytest.mark.parametrize("layout", ["kobo", "odk"])
def test_repeats_within_repeats_belong_to_their_response(layout, codebook, tmp_path):
    found = ingested(codebook, NESTED[layout](tmp_path))
    countries = found.responses["poll"].set_index("response")["country_iso3"]
    toys = found.repeats["poll/toys"]
    toys = toys.assign(country=countries.loc[toys["response"]].astype(str).array).sort_values("price")
    assert same(toys, """
        country | toy   | price
        KEN     | chess | 2
        KEN     | drum  | 7
        FRA     | whale | 9
    """)  # fmt: skip
    assert found.turns.set_index("repeat").loc[
        "toys", ["rows_in", "kept", "of_other_responses", "without_response"]
    ].tolist() == [4, 3, 1, 0]


def test_turns_within_turns_are_never_given_to_a_stranger(codebook, tmp_path):
    """With places alone, row 2 of the children is not row 2 of the responses: better without a response than with a wrong one."""
    found = ingested(codebook, NESTED["kobo by index"](tmp_path))
    assert found.repeats["poll/toys"].empty
    assert found.turns.set_index("repeat").loc["toys", ["rows_in", "without_response"]].tolist() == [4, 4]


def test_personal_columns_of_a_repeat_are_dropped_and_named(codebook, tmp_path):
    children = (
        CHILDREN.replace("nick | years", "Phone number | years")
        .replace("Bo  ", "+000 700 000 0001")
        .replace("Ada ", "+000 700 000 0002")
    )
    found = ingested(codebook, workbook(tmp_path / "a.xlsx", main=MAIN, children=children))
    assert "column 'Phone number' is personal and was dropped at the door" in ingest.account(found)
    everything = "".join(
        table.to_csv()
        for table in (*found.repeats.values(), *found.unknown.values(), found.quarantine, found.texts)
    )
    assert "+000" not in everything


def test_a_repeat_of_which_nothing_is_kept_has_its_columns_all_the_same(codebook, tmp_path):
    found = ingested(codebook, workbook(tmp_path / "a.xlsx", main=MAIN.replace("yes   | France", "no | France"), children="""
        nick | years | school | games | _index | _parent_index | _submission__id
        Flo  | 11    | yes    | ball  | 1      | 5             | 105
    """))  # fmt: skip
    children = found.repeats["poll/children"]
    assert children.empty
    assert {"response", "turn", "nick", "years", "games/ball"} <= set(children)
