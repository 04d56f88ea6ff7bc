"""A date is read in the order that its column shows, or refused; nothing is quoted."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_study import csv_of, study_of, table

from popresearch import answers, dates, ingest, instrument, matching, platforms, readings

CODEBOOK = """
    strand | question | kind | option | label_en
    poll   | day      | date |        | When was it?
"""


def read(cells: list[str], folder: Path) -> readings.Read:
    """Read a column of dates in a Google Forms export."""
    path = folder / "answers.csv"
    pd.DataFrame({"Timestamp": "2022/03/14 3:12:45 PM", "When was it?": cells}).to_csv(path, index=False)
    table(CODEBOOK).to_csv(folder / "codebook.csv", index=False)
    export, asked = platforms.read(path), instrument.read(folder / "codebook.csv", "poll")
    return answers.read(export, matching.match(export, asked).questions["day"], asked, next(export.batches()))


def values(found: readings.Read) -> list[str]:
    """The values, with ! where the cell could not be read."""
    return ["!" if is_faulty else value for is_faulty, value in zip(found.faulty, found.values, strict=True)]


@pytest.mark.parametrize(
    ("beside", "day", "order", "note"),
    [
        ("", "!", "", "no date shows whether day or month comes first; 1 refused"),
        (
            "13/01/2024",
            "2024-04-03",
            "day/month/year",
            "dates read as day/month/year, since 1 of them can be nothing else",
        ),
        (
            "31.12.24",
            "2024-04-03",
            "day/month/year",
            "dates read as day/month/year, since 1 of them can be nothing else",
        ),
        (
            "01/13/2024",
            "2024-03-04",
            "month/day/year",
            "dates read as month/day/year, since 1 of them can be nothing else",
        ),
        ("2024-01-13", "!", "", "no date shows whether day or month comes first; 1 refused"),
        ("45/01/2024", "!", "", "no date shows whether day or month comes first; 2 refused"),
        ("soon", "!", "", "no date shows whether day or month comes first; 2 refused"),
    ],
)
def test_the_column_shows_the_order_or_a_date_of_two_readings_is_refused(beside, day, order, note, tmp_path):
    found = read(["03/04/2024", beside], tmp_path)
    assert values(found)[0] == day
    assert dates.order_of(["03/04/2024", beside])[0] == order
    assert found.note == note
    assert "2024" not in found.note


def test_a_column_of_both_orders_decides_nothing_but_dates_of_one_reading_stay(tmp_path):
    found = read(["13/01/2024", "01/14/2024", "03/04/2024", "05/05/2024", "3 April 2024", "soon"], tmp_path)
    assert values(found) == ["2024-01-13", "2024-01-14", "!", "2024-05-05", "2024-04-03", "!"]
    assert found.unread == {4: ("two readings, day/month or month/day", ""), 7: ("not one date", "")}
    assert found.note == "some dates have the day first, some the month; 2 refused"


def test_in_a_column_of_one_order_a_date_of_the_other_is_no_date(tmp_path):
    found = read(["31/01/2024", "31/02/2024", "00/01/2024", "12/00/2024", "32/01/2024"], tmp_path)
    assert values(found) == ["2024-01-31", "!", "!", "!", "!"]
    assert found.note.endswith("; 4 refused")


@pytest.mark.parametrize(
    ("cell", "day"),
    table("""
        cell                            | day
        2024-04-03                      | 2024-04-03
        2024/4/3                        | 2024-04-03
        2024.04.03                      | 2024-04-03
        2024年4月3日                    | 2024-04-03
        ２０２４年４月３日              | 2024-04-03
        ٢٠٢٤-٠٤-٠٣                      | 2024-04-03
        ۲۰۲۴/۰۴/۰۳                      | 2024-04-03
        १३/०४/२०२४                      | 2024-04-13
        ١٣/٤/٢٠٢٤                       | 2024-04-13
        13. 4. 2024                     | 2024-04-13
        13. 04.2024                     | 2024-04-13
        13-4-24                         | 2024-04-13
        13/4/69                         | 1969-04-13
        13/4/68                         | 2068-04-13
        4/13/99                         | 1999-04-13
        2024-04-03T10:11:12.123+01:00   | 2024-04-03
        2024-04-03 10:11                | 2024-04-03
        4/13/24 3:12:45 PM              | 2024-04-13
        13.04.2024, 10.11               | 2024-04-13
        13/04/2024 10h30                | 2024-04-13
        2024/4/3 下午 3:12:45           | 2024-04-03
        3 April 2024                    | 2024-04-03
        3 Apr 2024                      | 2024-04-03
        Wed, April 3rd, 2024            | 2024-04-03
        the 3rd of April 2024           | 2024-04-03
        April 3, 2024 10:11             | 2024-04-03
        3 avril 2024                    | 2024-04-03
        1er févr. 2024                  | 2024-02-01
        mercredi 3 avril 2024           | 2024-04-03
        3 de abril de 2024              | 2024-04-03
        3 de abril del 2024             | 2024-04-03
        3 апреля 2024 г.                | 2024-04-03
        3 апреля 2024 года              | 2024-04-03
        3 апр. 2024                     | 2024-04-03
        ٣ أبريل ٢٠٢٤                    | 2024-04-03
        ٣ نيسان ٢٠٢٤                    | 2024-04-03
        3 كانون الثاني 2024             | 2024-01-03
        3 تشرين الأول 2024              | 2024-10-03
        3 غشت 2024                      | 2024-08-03
        3 جويلية 2024                   | 2024-07-03
        3 de março de 2024              | 2024-03-03
        3. März 2024                    | 2024-03-03
        Mittwoch, den 3. Oktober 2024   | 2024-10-03
        31/02/2024                      | !
        2024-02-31                      | !
        2024-13-01                      | !
        29 February 2023                | !
        13/13/2024                      | !
        45000                           | !
        45000.5                         | !
        2024                            | !
        April 2024                      | !
        3 April                         | !
        3 April 24                      | !
        3-4 April 2024                  | !
        3 April or 4 May 2024           | !
        not before 3 April 2024         | !
        it may be 3 2024                | !
        mar. 3 avril 2024               | !
        1403/01/15                      | !
        2567-04-13                      | !
        13/04/0024                      | !
        10:30                           | !
        soon                            | !
        13/04/2024 and 14/04/2024       | !
        13/04/2024 14.04.2024           | !
        3 April 2024, 12.2024           | !
    """).values.tolist(),
)
def test_a_date_has_one_reading_or_is_refused(cell, day, tmp_path):
    assert values(read([cell], tmp_path)) == [day]


def test_an_unreadable_date_is_never_quoted(tmp_path):
    found = read(["born 3/4/2011 in Nakuru", "03/04/2011", ""], tmp_path)
    assert found.unread == {2: ("not one date", ""), 3: ("two readings, day/month or month/day", "")}
    assert "2011" not in found.note and "Nakuru" not in found.note


@pytest.mark.parametrize("cells", [["", ""], ["2024-04-03", ""]])
def test_where_nothing_was_decided_nothing_is_said(cells, tmp_path):
    assert read(cells, tmp_path).note == ""


def test_the_account_says_the_order_and_the_typed_column_holds_days(tmp_path):
    table(CODEBOOK).to_csv(tmp_path / "codebook.csv", index=False)
    path = csv_of("day | last\n13/04/2024 | a\n03/04/2024 | b\n | c\nsoon | d", tmp_path / "answers.csv")
    found = ingest.ingest(study_of(path, codebook=tmp_path / "codebook.csv", roles={}))
    days = found.responses["poll"]["day"]
    assert days.tolist()[:2] == [pd.Timestamp("2024-04-13"), pd.Timestamp("2024-04-03")]
    assert np.issubdtype(days.dtype, np.datetime64)
    [note] = [note for note in found.notes if "day" in note]
    assert note.endswith("dates read as day/month/year, since 1 of them can be nothing else; 1 refused")


def test_marks_that_turn_the_direction_of_writing_are_not_part_of_a_date(tmp_path):
    assert values(read(["\u200f١٣/٤/٢٠٢٤\u200f", "\u20672024-04-03\u2069"], tmp_path)) == [
        "2024-04-13",
        "2024-04-03",
    ]
