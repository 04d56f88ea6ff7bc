"""A cell becomes a typed answer, or is said to be unreadable; nothing is guessed."""

import openpyxl
import pandas as pd
import pytest
from small_study import CODEBOOK, study_of, table

from popresearch import answers, ingest, instrument, matching, platforms, relevance
from popresearch.readings import Read


def read(question: str, cells: list[str], folder, *, head: str = "", first: str = "Timestamp") -> Read:
    """Read one column of a Google Forms export; `first` with another name makes it a plain table."""
    path = folder / "answers.csv"
    pd.DataFrame({first: "2022/03/14 3:12:45 PM", head or question: cells}).to_csv(path, index=False)
    export, asked = platforms.read(path), instrument.read(CODEBOOK, "poll")
    columns = matching.match(export, asked).questions[question]
    return answers.read(export, columns, asked, next(export.batches()))


def both(found: Read) -> list[str]:
    """The values, with ! where the cell could not be read."""
    return ["!" if row in found.unread else value for row, value in found.values.items()]


@pytest.mark.parametrize(
    ("cell", "number"),
    table("""
        cell        | number
        12          | 12
        ١٢          | 12
        ۱۲          | 12
        １２        | 12
        १२          | 12
        1,5         | 1.5
        ١٫٥         | 1.5
        1.5         | 1.5
        1 200       | 1200
        50 %        | 50
        ٥٠٪         | 50
        0.125       | 0.125
        -3          | -3
        1.200       | !
        1,200       | !
        ١٫٢٠٠       | !
        1.200,50    | !
        1.234.567   | !
        about 300   | !
        10-20       | !
        10 20       | !
        1 2 3       | !
        12 345,5    | 12345.5
        1 234 567   | 1234567
        1 2345      | !
        12 %%       | !
        0,125       | 0.125
        1234,567    | 1234.567
        1.2340      | 1.2340
        −3          | -3
        - 3         | !
        5,          | !
        1,2,3       | !
        10²         | !
        ③           | !
        1e3         | !
        nan         | !
        inf         | !
        ,           | !
    """).values.tolist(),
)
def test_a_number_has_one_reading_or_is_refused(cell, number, tmp_path):
    assert both(read("times", [cell], tmp_path)) == [number]


@pytest.mark.parametrize(
    ("cell", "code"),
    table("""
        cell            | code
        13_15           | 13_15
        13 to 15        | 13_15
        13 TO 15.       | 13_15
        De 13 à 15 ans  | 13_15
        13-15           | !
        fourteen        | !
    """).values.tolist(),
)
def test_an_option_is_known_by_code_and_by_label_in_any_language(cell, code, tmp_path):
    assert both(read("age", [cell], tmp_path)) == [code]


def test_choose_many_holds_every_option_once_and_one_unknown_part_makes_it_unreadable(tmp_path):
    cells = ["Phone, Chat, in writing", "Phone, Phone", "Phone, pigeon", "", "Téléphone, Je ne sais pas"]
    found = read("channels", cells, tmp_path)
    assert both(found) == ["phone chat", "phone", "!", "", "phone dont_know"]
    assert found.unread[4] == ("not an option", "'pigeon' is not an option.")


def test_a_slip_is_answered_with_what_was_meant(tmp_path):
    assert read("channels", ["Phoen"], tmp_path).unread[2][1].endswith("Did you mean 'phone'?")


def test_the_language_of_the_label_is_remembered_and_a_code_has_none(tmp_path):
    found = read("age", ["De 13 à 15 ans", "13 to 15", "13_15"], tmp_path)
    assert found.part("language").tolist() == ["fr", "en", ""]


@pytest.mark.parametrize(
    ("cells", "read_as"),
    [
        (["NA", "KE", "DZ"], ["NAM", "KEN", "DZA"]),
        (["NA"], ["NAM"]),
        (["NA", "Kenya", "DZ"], ["!", "KEN", "DZA"]),
        (["NAM", "KEN"], ["NAM", "KEN"]),
        (["Namibia", "نامیبیا", "Намибия", "纳米比亚", "🇳🇦"], ["NAM"] * 5),
        (["n/a", "", "Namibie"], ["!", "", "NAM"]),
        (["Congo"], ["!"]),
        (["Kenya and Uganda"], ["!"]),
        (["Africa"], ["!"]),
        (["XX", "KE"], ["!", "KEN"]),
    ],
)
def test_na_is_namibia_in_a_column_of_codes_and_nothing_elsewhere(cells, read_as, tmp_path):
    assert both(read("country", cells, tmp_path)) == read_as


def marks(folder, text: str) -> Read:
    path = folder / "answers.csv"
    table(text).to_csv(path, index=False)
    export, asked = platforms.read(path), instrument.read(CODEBOOK, "poll")
    columns = matching.match(export, asked).questions["channels"]
    return answers.read(export, columns, asked, next(export.batches()))


def test_one_column_an_option_tells_nothing_chosen_from_not_answered(tmp_path):
    found = marks(tmp_path, """
        channels/phone | channels/chat | row
        1              | 0             | both answered
        True           | yes           | yes in two spellings
        0              | 0             | chose nothing
                       |               | did not answer
        1              | maybe         | neither
        Y              |               | ticked one
    """)  # fmt: skip
    assert both(found) == ["phone", "phone chat", "-", "", "!", "phone"]


def test_an_unreadable_number_or_text_is_never_quoted_in_the_reason(tmp_path):
    found = read("times", ["ask amina@example.org"], tmp_path)
    assert found.unread[2] == ("not one number", "")


def test_open_answers_are_kept_as_they_are(tmp_path):
    cell = "=1+1; NA, «don't»\nsecond line"
    assert read("wish", [f" {cell} "], tmp_path).values.tolist() == [cell]


def test_marks_that_turn_the_direction_of_writing_are_not_part_of_a_number(tmp_path):
    assert both(read("times", ["\u200f١٢\u200f", "\u2067١٢٫٥\u2069"], tmp_path)) == ["12", "12.5"]


def test_a_number_that_a_workbook_holds_as_one_is_never_taken_for_a_thousand(tmp_path):
    book = openpyxl.Workbook()
    for row in (["times", "wish"], [1.234, "a"], ["1.234", "b"], [12, "c"], [0.5, "d"], ["0,5", "e"]):
        book.active.append(row)
    book.save(tmp_path / "answers.xlsx")
    found = ingest.ingest(study_of(tmp_path / "answers.xlsx", roles={}))
    times = found.responses["poll"]["times"]
    assert times.fillna(-1).tolist() == [1.234, -1, 12, 0.5, 0.5]
    assert found.quarantine["row"].tolist() == [3]


@pytest.mark.parametrize(
    ("condition", "expected"),
    table("""
        condition                              | expected
        ${n} > 9                               | 0 1 0 0
        ${n} >= 2 and ${n} < 10                | 1 0 0 0
        ${n} = 2                               | 1 0 0 0
        ${n} != 2                              | 0 1 0 0
        2 != ${n}                              | 0 1 0 0
        ${n} = ${m}                            | 1 0 1 0
        ${n} != ${m}                           | 0 1 0 1
        ${wish} = ${other}                     | 1 0 0 1
        ${wish} != ''                          | 1 1 1 0
        ${wish} = 'a; b'                       | 0 1 0 0
        ${nothing} = ''                        | 1 1 1 1
        selected(${ways}, 'chat')              | 1 0 0 0
        selected(${ways}, 'pigeon')            | 0 0 0 0
        not(selected(${ways}, 'pigeon'))       | 1 1 1 1
        selected(${nothing}, 'chat')           | 0 0 0 0
        count-selected(${ways}) = 0            | 0 0 1 1
        true()                                 | 1 1 1 1
        false()                                | 0 0 0 0
        true() and not(false())                | 1 1 1 1
        ( true( ) )                            | 1 1 1 1
        ${n} > 9 or true()                     | 1 1 1 1
        selected(${ways}, 'chat') = true()     | 1 0 0 0
        selected(${ways}, 'chat') = false()    | 0 1 1 1
        (${n} = 2) != false()                  | 1 0 0 0
        ${flag} = true()                       | 1 0 0 0
        true() = ${flag}                       | 1 0 0 0
        ${flag} = false()                      | 0 1 0 0
        ${flag} != true()                      | 0 1 0 0
        ${wish} = true()                       | 0 0 0 0
        ${flag} = true() or ${wish} = 'a; b'   | 1 1 0 0
        ${day} > ${then}                       | 0 1 0 0
        ${day} <= ${then}                      | 1 0 0 0
        1 = 1                                  | 1 1 1 1
        'x' = 'y'                              | 0 0 0 0
    """).values.tolist(),
)
@pytest.mark.parametrize("first", [0, 17])
@pytest.mark.parametrize("is_encoded", [True, False])
def test_a_condition_is_evaluated_over_all_rows_at_once(condition, expected, first, is_encoded):
    answered = {
        "n": ["2", "10", "", "many"], "m": ["2", "9", "", ""], "wish": ["a", "a; b", "c", ""], "other": ["a", "b", "", ""],
        "ways": ["phone chat", "phone", "", ""], "flag": ["True", "FALSE", "", "perhaps"],
        "day": ["2024-04-03", "2024-04-13", "", "2024-02-31"], "then": ["2024-04-03", "2024-04-04", "2024-04-04", "2024-04-04"],
    }  # fmt: skip
    index = pd.RangeIndex(first, first + 4)

    def column(name: str) -> pd.Series:
        cells = pd.Series(answered.get(name, [""] * 4), index=index, dtype="str")
        return cells.astype("category") if is_encoded else cells

    found = relevance.holds(condition, column, index)
    assert found.dtype == bool and found.index.equals(index)
    assert " ".join(str(int(one)) for one in found) == expected


@pytest.mark.parametrize(
    "condition",
    ["${n} > 9", "${n} = ${m}", "selected(${n}, 'x')", "count-selected(${n}) > 1", "true()", "${n} = true()"],
)
def test_a_condition_over_no_rows_holds_nowhere(condition):
    index = pd.RangeIndex(5, 5)
    assert (
        relevance.holds(condition, lambda name: pd.Series([], index=index, dtype="str"), index).tolist() == []
    )


@pytest.mark.parametrize(
    "condition",
    ["true", "true(", "true(1)", "false('x')", "${n} = true", "not()", "(" * 5000 + "1" + ")" * 5000],
)
def test_a_condition_that_is_none_is_said_to_be_unreadable(condition):
    cells = pd.Series(["1"], dtype="str")
    with pytest.raises(relevance.Unreadable):
        relevance.holds(condition, lambda name: cells, cells.index)


def test_whoever_was_not_asked_is_told_by_a_condition_with_true_and_false(tmp_path):
    table("""
        strand | question | kind | option | relevant                                    | label_en
        poll   | ways     | many |        |                                             | Ways?
        poll   | ways     |      | chat   |                                             | Chat
        poll   | ways     |      | phone  |                                             | Phone
        poll   | helps    | number |        | selected(${ways}, 'chat') = true()          | Helps?
        poll   | never    | number |        | false()                                     | Never?
        poll   | nobody   | number |        | selected(${ways}, 'pigeon')                 | Nobody?
    """).to_csv(tmp_path / "codebook.csv", index=False)
    table("ways | helps | never | nobody\nchat | 4 | | \nphone | | |\nphone; chat | | | ").to_csv(
        tmp_path / "answers.csv", index=False
    )
    found = ingest.ingest(
        study_of(tmp_path / "answers.csv", codebook=tmp_path / "codebook.csv", roles={})
    ).responses["poll"]
    assert found["helps.state"].tolist() == ["answered", "not_asked", "not_answered"]
    assert found["never.state"].tolist() == found["nobody.state"].tolist() == ["not_asked"] * 3


def test_a_short_text_beside_a_long_option_is_other_and_no_slip_of_that_option(tmp_path):
    table("""
        strand | question | kind | option | label_en
        poll   | level    | many |        | Which level?
        poll   | level    |      | mixed  | Mixed (conferences, workshops, camps of all kinds, etc.)
        poll   | level    |      | school | School
        poll   | level    |      | other  | Other (please specify)
    """).to_csv(tmp_path / "codebook.csv", index=False)
    mixed = "Mixed (conferences, workshops, camps of all kinds, etc.)"
    cells = [f"{mixed}, PhD", f"School, {mixed}, PhD", mixed.replace("camps", "camp")]
    pd.DataFrame({"Timestamp": "1/2/26", "level": cells}).to_csv(tmp_path / "answers.csv", index=False)
    export, asked = (
        platforms.read(tmp_path / "answers.csv"),
        instrument.read(tmp_path / "codebook.csv", "poll"),
    )
    found = answers.read(
        export, matching.match(export, asked).questions["level"], asked, next(export.batches())
    )
    assert both(found) == ["mixed other", "school mixed other", "!"]
    assert found.part("other").tolist() == ["PhD", "PhD", ""]


def test_where_a_platform_writes_labels_a_label_counts_before_the_code_of_another_option(tmp_path):
    table("""
        strand | question | kind | option | label_en
        poll   | children | one  |        | How many children?
        poll   | children |      | 1      | 0
        poll   | children |      | 2      | 1
        poll   | children |      | 3      | 2
    """).to_csv(tmp_path / "codebook.csv", index=False)
    asked = instrument.read(tmp_path / "codebook.csv", "poll")
    pd.DataFrame({"Timestamp": "1/2/26", "children": ["0", "1", "2"]}).to_csv(
        tmp_path / "answers.csv", index=False
    )
    export = platforms.read(tmp_path / "answers.csv")
    found = answers.read(
        export, matching.match(export, asked).questions["children"], asked, next(export.batches())
    )
    assert both(found) == ["1", "2", "3"]
