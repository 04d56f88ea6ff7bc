"""A cell becomes a typed answer, or is said to be unreadable; nothing is guessed."""

import pandas as pd
import pytest
from small_study import CODEBOOK, table

from popresearch import answers, instrument, matching, platforms
from popresearch.answers import Read


def read(question: str, cells: list[str], folder, *, head: str = "", first: str = "Timestamp") -> Read:
    """Read one column of a Google Forms export; `first` with another name makes it a plain table."""
    path = folder / "answers.csv"
    pd.DataFrame({first: "2022/03/14 3:12:45 PM", head or question: cells}).to_csv(path, index=False)
    export, asked = platforms.read(path), instrument.read(CODEBOOK, "poll")
    columns, _ = matching.match(export, asked)
    return answers.read(export, columns[question], asked, export.rows)


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
    assert found.languages == {2: "fr", 3: "en", 4: ""}


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
    columns, _ = matching.match(export, asked)
    return answers.read(export, columns["channels"], asked, export.rows)


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
