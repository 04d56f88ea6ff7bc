"""Any file becomes the same rows of text, with their numbers; what cannot be read is one clear message, without a cell's content."""

import csv
import io
import os
import re
import struct
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popresearch import grids, platforms
from popresearch.faults import BadInput
from popresearch.grids import delimited, encodings, limits, statistics, workbooks

SECRET = "Amina's secret"
WORDS = {
    "fr": ["Je préfère le téléphone à l'école", "Où ça ? Côte d'Ivoire", "Été", "déjà, l’élève"],
    "es": ["¿Cuál es tu país?", "Niños y niñas", "México, año 2024", "Sí"],
    "pt": ["Não sei", "São Tomé e Príncipe", "Informações", "Ação"],
    "de": ["Österreich", "Größe", "Straße, für Mädchen", "natürlich — schön"],
    "ru": ["Россия", "Я не знаю", "Телефон и чат", "нет, никогда; Москва"],
    "ar": ["مصر", "لا أعرف", "نعم، الهاتف والرسائل", "المملكة العربية السعودية"],
    "zh": ["中国", "我不知道", "电话和短信，都可以", "否：没有用过"],
}
OLD = [("fr", "cp1252"), ("fr", "latin-1"), ("es", "cp1252"), ("pt", "latin-1"), ("de", "cp1252"), ("ru", "cp1251"),
       ("ar", "cp1256"), ("zh", "gb18030")]  # fmt: skip


def cells(path: Path, first_row: int = 1, sheet: str = "") -> dict[int, list[str]]:
    """All rows of a file by their number, blanks at the end cut off."""
    found = {}
    for batch in grids.read(path, sheet).batches(first_row):
        for number, row in zip(batch.index, batch.astype(object).to_numpy().tolist(), strict=True):
            while row and not row[-1]:
                row.pop()
            found[number] = row
    return found


def written(folder: Path, content: bytes | str, name: str = "answers.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(folder: Path, rows: list[list[object]], name: str = "answers.xlsx") -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / name)
    return folder / name


def in_pieces(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Read every text as a large one is read, in pieces of so many bytes, each a batch."""
    for name, value in (("SMALL", 0), ("PIECE", size), ("BATCH_ROWS", 1)):
        monkeypatch.setattr(delimited, name, value)


def fault(path: Path, sheet: str = "") -> str:
    """The one message that a file gives when it is read whole."""
    with pytest.raises(BadInput) as error:
        list(platforms.read(path, sheet).batches())
    assert SECRET not in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")
    return str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", WORDS)
def test_a_file_in_unicode_reads_the_same_with_and_without_its_mark(encoding, language, tmp_path):
    text = "id,country,answer\n" + "".join(f'{n},Kenya,"{word}"\n' for n, word in enumerate(WORDS[language]))
    path = written(tmp_path, text.encode(encoding))
    assert list(cells(path).values()) == list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(("language", "encoding"), OLD)
@pytest.mark.parametrize("copies", [1, 50])
def test_an_old_encoding_is_told_from_the_company_its_letters_keep(language, encoding, copies, tmp_path):
    words = [
        word for word in WORDS[language] if word == word.encode(encoding, "ignore").decode(encoding)
    ] * copies
    rows = [["id", "country", "answer"], *([str(n), "KEN", word] for n, word in enumerate(words))]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path = written(tmp_path, text.getvalue().encode(encoding))
    assert list(cells(path).values()) == rows
    assert any("not UTF-8 (row 2 or near it)" in note for note in grids.read(path).notes)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_an_old_encoding_is_read_rightly_or_not_at_all(data):
    language, encoding = data.draw(st.sampled_from(OLD))
    words = data.draw(st.lists(st.sampled_from(WORDS[language]), min_size=1, max_size=4))
    text = "id,answer\n" + "\n".join(f"1,{word}" for word in words)
    raw = text.encode(encoding, "ignore")
    try:
        found = encodings.detect(lambda: io.BytesIO(raw))
    except grids.CellFault:
        return
    assert raw.decode(found.name) == raw.decode(encoding)


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b;c\n1,5;2,5;3,5\n2,5;1,5;9,5\n", ";"),
        ("a;b\n1,5;2\n1,7;3\n", ";"),
        ("a;b\n" + "1,5;2,5\n" * 40, ";"),
        ("a\tb\nx, y\tz, w\nx, y\tz\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ('a,b\n"x;y;z;",1\n"x;y;",2\n', ","),
        ("Title, with, commas\n\na;b;c\n1;2;3\n4;5;6\n", ";"),
        ("one column\nyes\nno\n", ","),
        ("ways,last\n" + "a;b;c;d;e;f,1\n" * 4, ","),  # lists within cells are not columns
        ("sep=;\na;b\n1,1;2,1\n", ";"),
    ],
)
def test_the_separator_is_the_one_that_the_rows_agree_on(text, separator):
    assert delimited.separator_of(text)[0] == separator


@pytest.mark.parametrize(
    ("first", "expected"), [(1, {1: ["a"], 2: ["x\r\ny", "=1+1"], 3: [], 4: ["z"]}), (4, {4: ["z"]})]
)
def test_rows_have_the_numbers_of_a_spreadsheet_and_cells_keep_their_line_breaks(first, expected, tmp_path):
    path = written(tmp_path, 'a,\r\n"x\r\ny",=1+1\r\n\r\nz\r\n')
    assert cells(path, first) == expected


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=20),
    ending=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=80, deadline=None)
def test_both_readers_of_text_give_the_same_rows(rows, ending):
    text = io.StringIO()
    csv.writer(text, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    raw = text.getvalue().encode()
    if b"\0" in raw:
        return
    table = delimited.Delimited(lambda: io.BytesIO(raw), len(raw))
    if table.separator != ",":
        return
    assert not delimited.ends_open(raw, ",")
    table.size = delimited.SMALL + 1
    fast = pd.concat([batch.astype("str") for batch in table.batches(2)])
    slow = pd.concat([batch.astype("str") for batch in table.slow(2)])
    assert fast.to_numpy().tolist() == slow.to_numpy().tolist() == rows
    assert list(fast.index) == list(slow.index) == list(range(2, len(rows) + 2))


def test_where_a_large_file_turns_irregular_no_row_is_lost_and_numbers_stay(tmp_path, monkeypatch):
    in_pieces(monkeypatch, 2_000)
    rows = [
        ["a", "b"],
        *([str(n), "x"] for n in range(2_000)),
        ["short"],
        [],
        *([str(n), "y"] for n in range(500)),
    ]
    path = written(tmp_path, "".join(",".join(row) + "\n" for row in rows))
    assert list(cells(path).values()) == rows
    assert list(cells(path, 1_990)) == list(range(1_990, len(rows) + 1))


@pytest.mark.parametrize("text", ['a,b\n1,5" pipe\n', 'a,b\n1,"x"y\n', 'a,b\n1,"x\n', 'a,b\n1,""x\n'])
def test_a_stray_quotation_mark_is_left_to_the_reader_that_tells_where(text):
    with pytest.raises(delimited.Irregular):
        list(delimited.whole_rows(iter([text.encode()]), ","))


@given(
    rows=st.lists(
        st.lists(CELL | st.sampled_from(["\n", "x\ny\n", '"\n"', '\n",']), min_size=2, max_size=2),
        min_size=1,
        max_size=20,
    ),
    size=st.integers(1, 40),
    ending=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=80, deadline=None)
def test_pieces_are_cut_between_rows_wherever_the_reading_stopped(rows, size, ending):
    text = io.StringIO()
    csv.writer(text, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows([["head", "other"], *rows])
    raw = text.getvalue().encode()
    cut = [raw[start : start + size] for start in range(0, len(raw), size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "PIECE", 10_000)
        pieces = list(delimited.whole_rows(iter(cut), ","))
    assert b"".join(pieces) == raw
    read = [row for piece in pieces for row in csv.reader(io.StringIO(piece.decode(), newline=""))]
    assert read == [["head", "other"], *rows]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1251", "gb18030"])
def test_a_large_file_in_any_encoding_is_read_fast_and_rightly(encoding, tmp_path, monkeypatch):
    in_pieces(monkeypatch, 2_001)
    monkeypatch.setattr(delimited.Delimited, "slow", lambda *_: iter(()))
    language = "zh" if encoding == "gb18030" else "ru"
    rows = [["id", "answer"], *([str(n), WORDS[language][n % 4]] for n in range(1_000))]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    assert list(cells(written(tmp_path, text.getvalue().encode(encoding))).values()) == rows


def test_a_batch_of_a_large_file_holds_many_pieces_and_each_text_once(tmp_path, monkeypatch):
    in_pieces(monkeypatch, 2_000)
    monkeypatch.setattr(delimited, "BATCH_ROWS", 1_500)
    path = written(tmp_path, "id,answer\n" + "".join(f"{n},{n % 3}\n" for n in range(5_000)))
    first, *others = grids.read(path).batches(2)
    assert len(first) < 1_000  # comes soon
    assert [len(batch) >= 1_500 for batch in others] == [True] * (len(others) - 1) + [False]
    assert all(batch[1].cat.categories.is_unique and len(batch[1].cat.categories) == 3 for batch in others)


def test_a_fault_in_the_thread_that_reads_ahead_is_told(tmp_path, monkeypatch):
    in_pieces(monkeypatch, 2_000)
    path = written(tmp_path, "a,b\n" + "1,2\n" * 4_000 + "1,2,3\n" + "1,2\n" * 4_000)
    assert "row 4002: has more cells" in fault(path)


TOO_LONG = {
    "one row of many cells": ["x," * 500_000] * 60,
    "one row over many lines": ['"\n",' * 200_000] * 60,
    "one cell": ["x" * 1_000_000] * 60,
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_row_that_does_not_end_is_not_read_to_its_end(name, tmp_path):
    path = written(tmp_path, "a,b\n1," + "".join(TOO_LONG[name]))
    assert "row 2: has a row of over 20 million characters" in fault(path)


def test_a_long_word_does_not_keep_the_search_for_the_encoding_busy(tmp_path):
    line = "x" * 60_000 + " café\n"  # a search that begins anew at every letter takes a minute
    assert encodings.detect(lambda: io.BytesIO((line * 3).encode("latin-1"))).name == "latin-1"


NUMBERS = [(1.234, "1.2340"), (-12.5, "-12.5"), (3.0, "3"), (0.125, "0.1250"), (1234.5678, "1234.5678")]


def test_a_typed_number_with_three_decimals_cannot_be_taken_for_a_thousand(tmp_path):
    frame = pd.DataFrame({"n": [number for number, _ in NUMBERS]})
    frame.to_parquet(tmp_path / "a.parquet")
    workbook(tmp_path, [["n"], *([number] for number, _ in NUMBERS)], "a.xlsx")
    pyreadstat.write_sav(frame, tmp_path / "a.sav")
    for ending in ("parquet", "xlsx", "sav"):
        found = [row[0] for row in cells(tmp_path / f"a.{ending}", 2).values()]
        assert found == [text for _, text in NUMBERS], ending
        assert [row[0] for row in grids.read(tmp_path / f"a.{ending}").head_rows[1:]] == found, ending


def test_cells_of_several_kinds_in_one_column_of_a_workbook_keep_apart(tmp_path):
    path = workbook(
        tmp_path, [["q"], [1], [True], ["1"], [datetime(2026, 1, 2, 3, 4)], ["x"], [1.5], [None], ["end"]]
    )
    assert [row[:1] for row in cells(path, 2).values()] == [
        ["1"], ["True"], ["1"], ["2026-01-02 03:04:00"], ["x"], ["1.5"], [], ["end"],
    ]  # fmt: skip


def test_a_parquet_file_is_read_in_batches_that_list_only_what_occurs_in_them(tmp_path, monkeypatch):
    monkeypatch.setattr(statistics, "BATCH_ROWS", 10)
    answers = pd.Categorical.from_codes([0] * 15 + [1] * 15, categories=["yes", "no", "never chosen"])
    pd.DataFrame({"q": answers, "n": range(30)}).to_parquet(tmp_path / "a.parquet", row_group_size=12)
    batches = list(grids.read(tmp_path / "a.parquet").batches(2))
    assert len(batches) > 2
    assert all(set(batch[0].cat.categories) == set(batch[0]) for batch in batches)
    assert [answer for batch in batches for answer in batch[0]] == ["yes"] * 15 + ["no"] * 15
    assert [row for batch in batches for row in batch.index] == list(range(2, 32))


def test_times_of_a_parquet_file_keep_their_zone(tmp_path):
    times = pd.to_datetime(["2026-01-02 03:04:05.250", None])
    frame = pd.DataFrame({"utc": times.tz_localize("UTC"), "bare": times})
    frame.astype({"utc": "datetime64[ms, UTC]", "bare": "datetime64[ms]"}).to_parquet(tmp_path / "a.parquet")
    assert cells(tmp_path / "a.parquet", 2)[2] == ["2026-01-02 03:04:05.250+00:00", "2026-01-02 03:04:05.250"]


def test_a_large_cell_in_a_parquet_file_or_a_workbook_is_refused_with_its_place(tmp_path, monkeypatch):
    pd.DataFrame({"q": ["a", SECRET + "x" * 1_000_000]}).to_parquet(tmp_path / "a.parquet")
    assert "has a cell of over a million characters" in fault(tmp_path / "a.parquet")
    monkeypatch.setattr(workbooks, "LARGEST_CELL", 20)
    path = workbook(tmp_path, [["q"], *[["a"]] * 30, [SECRET * 3]])
    assert "row 32: has a cell of over a million characters" in fault(path)


def test_a_workbook_named_xls_is_read_by_what_it_is(tmp_path):
    path = workbook(tmp_path, [["q"], ["yes"]])
    assert cells(path.rename(tmp_path / "answers.xls")) == {1: ["q"], 2: ["yes"]}


def test_a_workbook_keeps_rows_columns_and_what_looks_like_a_formula(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B3"], sheet["C3"], sheet["B4"], sheet["B6"] = "head", "other", 2.0, "x\ny"
    sheet["C4"] = "=text"
    sheet["C4"].data_type = "s"
    book.create_sheet("empty")
    book.save(tmp_path / "answers.xlsx")
    assert cells(tmp_path / "answers.xlsx") == {
        1: [],
        2: [],
        3: ["", "head", "other"],
        4: ["", "2", "=text"],
        5: [],
        6: ["", "x\ny"],
    }


def test_a_hidden_or_empty_sheet_is_not_taken_for_the_answers(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "empty"
    hidden = book.create_sheet("lists")
    hidden["A1"], hidden.sheet_state = "yes", "hidden"
    book.create_sheet("answers")["A1"] = "head"
    book.save(tmp_path / "answers.xlsx")
    assert [grid.sheet for grid in grids.tables(tmp_path / "answers.xlsx")] == ["answers", "lists"]
    assert grids.read(tmp_path / "answers.xlsx", "lists").sheet == "lists"
    assert "has no sheet 'answer'; its sheets are: empty, answers, lists. Did you mean 'answers'?" in fault(
        tmp_path / "answers.xlsx", "answer"
    )


def test_an_opendocument_sheet_is_read(tmp_path):
    rows = "".join(
        "<table:table-row>" + "".join(f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in row) + "</table:table-row>" for row in (["a", "b"], ["1", "é"])
    )  # fmt: skip
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'<office:document-content xmlns:office="{space}office:1.0" xmlns:table="{space}table:1.0" xmlns:text="{space}text:1.0">'
        f'<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "answers.ods", "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest:manifest xmlns:manifest="'
                      f'{space}manifest:1.0"/>')  # fmt: skip
        file.writestr("content.xml", content)
    assert cells(tmp_path / "answers.ods") == {1: ["a", "b"], 2: ["1", "é"]}


def test_a_table_reads_the_same_from_every_kind_of_file(tmp_path):
    rows = [
        ["country", "times", "wish"],
        ["Kenya", "3", 'a "b", c\nd'],
        ["Côte d'Ivoire", "", "نعم"],
        ["", "2.5", ""],
    ]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    written(tmp_path, text.getvalue())
    written(tmp_path, text.getvalue().encode("utf-16"), "wide.csv")
    text = io.StringIO()
    csv.writer(text, delimiter="\t").writerows(rows)
    written(tmp_path, text.getvalue(), "answers.tsv")
    workbook(tmp_path, [[cell or None for cell in row] for row in rows])
    frame = pd.DataFrame(rows[1:], columns=rows[0], dtype="str")
    frame.to_parquet(tmp_path / "answers.parquet")
    frame.astype("category").to_parquet(tmp_path / "encoded.parquet")
    pyreadstat.write_sav(frame, tmp_path / "answers.sav")
    with zipfile.ZipFile(tmp_path / "answers.zip", "w") as file:
        for path in sorted(tmp_path.glob("*.*")):
            if path.suffix != ".zip":
                file.write(path, f"folder/{path.name}")
    expected = {number: [*row] for number, row in enumerate(rows, 1)}
    expected[4] = ["", "2.5"]
    for path in tmp_path.glob("*.*"):
        if path.suffix != ".zip":
            assert cells(path) == expected, path.name
            assert cells(path, 3) == {3: expected[3], 4: expected[4]}, path.name
    members = grids.tables(tmp_path / "answers.zip")
    assert len(members) == 7
    for grid in members:
        found = [row for batch in grid.batches(1) for row in batch.astype(object).to_numpy().tolist()]
        assert found == rows, grid.member


def test_numbers_and_dates_of_a_parquet_file_read_as_people_write_them(tmp_path):
    frame = pd.DataFrame({
        "n": [1, 2, None], "x": [1.5, 2.0, None], "ok": [True, False, None], "many": [["a", "b"], [], None],
        "day": pd.to_datetime(["2026-01-02 00:00:00", "2026-01-02 03:04:05", None]),
    })  # fmt: skip
    frame.to_parquet(tmp_path / "a.parquet")
    found = cells(tmp_path / "a.parquet")
    assert found[2] == ["1", "1.5", "True", "a; b", "2026-01-02 00:00:00"]
    assert found[3] == ["2", "2", "False", "", "2026-01-02 03:04:05"]
    assert found[4] == []


def sav(folder: Path) -> Path:
    """An SPSS file with labels, user-missing values and a choose-many set, which pyreadstat does not write itself."""
    data = pd.DataFrame(
        {
            "q1": [1.0, 2.0, 9.0, None],
            "v1": [1.0, 0.0, None, 1.0],
            "v2": [0.0, 0.0, None, 1.0],
            "w": [1.0] * 4,
        }
    )
    path = folder / "answers.sav"
    pyreadstat.write_sav(
        data, path, column_labels={"q1": "Do you know it?", "v1": "Phone", "v2": "Chat"},
        variable_value_labels={"q1": {1: "Yes", 2: "No", 9: "Refused"}}, missing_ranges={"q1": [9]},
    )  # fmt: skip
    text = b"$means=D1 1 9 Which way v1 v2\n"
    record = struct.pack("<iiii", 7, 7, 1, len(text)) + text
    raw = path.read_bytes()
    end = raw.index(struct.pack("<ii", 999, 0))
    weighted = raw[:76] + struct.pack("<i", 4) + raw[80:end]
    path.write_bytes(weighted + record + raw[end:])
    return path


def test_an_spss_file_gives_labels_reasons_for_blanks_and_choose_many_sets(tmp_path):
    path = sav(tmp_path)
    assert cells(path) == {1: ["q1", "v1", "v2", "w"], 2: ["Yes", "yes", "no", "1"], 3: ["No", "no", "no", "1"],
                           4: ["", "", "", "1"], 5: ["", "yes", "yes", "1"]}  # fmt: skip
    dictionary = grids.read(path).dictionary
    assert "weight: column 'w'; it is not applied" in grids.read(path).notes
    assert dictionary.missing[0].to_dict() == {4: "Refused"}
    assert dictionary.choices == {"q1": {"1": "Yes", "2": "No", "9": "Refused"}}
    assert dictionary.sets == {"means": ("Which way", [1, 2])}
    columns = platforms.read(path).columns
    assert [(one.question, one.option, one.text, one.option_text) for one in columns[:3]] == [
        ("q1", "", "Do you know it?", ""), ("means", "v1", "Which way", "Phone"), ("means", "v2", "Which way", "Chat"),
    ]  # fmt: skip


def bomb(folder: Path, name: str, member: str) -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as file:
        with file.open(member, "w", force_zip64=True) as inside:
            for _ in range(150):
                inside.write(b"0" * 1_000_000)
    return folder / name


def truncated(folder: Path) -> Path:
    path = workbook(folder, [["a", "b"], *([SECRET, "2"] for _ in range(500))])
    return written(folder, path.read_bytes()[:3_000], "cut.xlsx")


def link(folder: Path) -> Path:
    outside = folder / "outside"
    outside.mkdir()
    inside = folder / "inside"
    inside.mkdir()
    written(outside, "a\n1\n")
    (inside / "answers.csv").symlink_to(outside / "answers.csv")
    return inside / "answers.csv"


def locked(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "a.zip", "w") as file:
        file.writestr("a.csv", "a\n1\n")
    raw = bytearray((folder / "a.zip").read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return written(folder, bytes(raw), "locked.zip")


def far_out(folder: Path) -> Path:
    path = workbook(folder, [["a"], [SECRET]])
    book = openpyxl.load_workbook(path)
    book.active.cell(1_048_576, 16_384).value = "x"
    book.save(path)
    return path


def far_out_within_a_row(folder: Path) -> Path:
    """A workbook whose cell in the middle of a row names another row: whoever looks at the last cells alone does not see it."""
    path = workbook(folder, [["a", "b", "c"], [SECRET, "1", "2"]])
    book = {name: zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist()}
    with zipfile.ZipFile(path, "w") as changed:
        for name, content in book.items():
            changed.writestr(name, content.replace(b'r="B2"', b'r="B99999999"'))
    return path


HOSTILE = {
    "a cell far out in the middle of a row": (far_out_within_a_row, "has a sheet of 99,999,999 rows and 3 columns"),
    "a cell in the last corner": (far_out, "has a sheet of 1,048,576 rows and 16,384 columns, blank ones included"),
    "truncated xlsx": (truncated, "cut.xlsx: is damaged"),
    "xlsx bomb": (lambda at: bomb(at, "b.xlsx", "xl/worksheets/sheet1.xml"), "b.xlsx: unpacks to .* times its size"),
    "zip bomb": (lambda at: bomb(at, "b.zip", "a.csv"), "b.zip: unpacks to .* times its size"),
    "locked zip": (locked, "locked.zip: is locked with a password"),
    "zip of nothing": (lambda at: _zip_of(at, "notes.md"), "holds no table"),
    "zip within a zip": (lambda at: _zip_of(at, "other.zip"), "holds no table"),
    "16,385 columns": (lambda at: written(at, "a," * 16_384 + "b\n1\n"), "row 1: has 16,385 cells; at most 16,384"),
    "16,385 columns further down": (lambda at: written(at, "a,b\n" * 30 + "," * 16_384 + "\n"), "row 31: has 16,385 cells"),
    "10 MB cell": (lambda at: written(at, "a,b\n1," + SECRET * 700_000 + "\n"), "row 2: has a cell of over a million"),
    "10 MB cell in quotation marks": (lambda at: written(at, 'a,b\n1,"' + "x\n" * 5_000_000 + '"\n'), "row 2: has a cell of over"),
    "NUL bytes": (lambda at: written(at, f"a,b\n1,{SECRET}\0\n"), "about row 2: holds NUL bytes"),
    "mixed encodings": (
        lambda at: written(at, f"a\n{SECRET} Côte\n".encode() + "Côte\n".encode("latin-1") * 3),
        "row 3, or near it: mixes encodings",
    ),
    "an encoding nobody knows": (lambda at: written(at, b"a\n\x81\x8d\xff\xfe\x90\n"), "in an encoding that we cannot tell"),
    "UTF-16 cut in the middle": (lambda at: written(at, "a,b\n1,é".encode("utf-16") + b"\xd8"), "is damaged: it begins as UTF-16"),
    "header only": (lambda at: written(at, "a,b\n"), "holds no answers"),
    "header only, many blank rows": (lambda at: written(at, "a,b\n" + ",\n" * 100), "holds no answers"),
    "empty workbook": (lambda at: workbook(at, []), "holds no answers"),
    "web page": (lambda at: written(at, f"\n<!DOCTYPE html><html>{SECRET}"), "is a web page, not a table of text"),
    "xlsx named csv": (lambda at: written(at, workbook(at, [["a"], ["b"]]).read_bytes()), "is a workbook or a zip, not a table"),
    "pdf named csv": (lambda at: written(at, b"%PDF-1.7\n"), "is a PDF, not a table"),
    "doc named csv": (lambda at: written(at, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99), "is an old Excel or Word file"),
    "csv named xlsx": (lambda at: written(at, "a,b\n1,2\n", "a.xlsx"), "is damaged or is not a workbook"),
    "docx named xlsx": (lambda at: _zip_of(at, "word/document.xml", "a.xlsx"), "is damaged or is not a workbook"),
    "damaged xls": (lambda at: written(at, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 999, "a.xls"), "is damaged or is not a workbook"),
    "damaged sav": (lambda at: written(at, b"$FL2" + b"\0" * 400, "a.sav"), "is damaged or is not an SPSS file"),
    "damaged parquet": (lambda at: written(at, b"PAR1" + b"\0" * 400, "a.parquet"), "is damaged or is not a Parquet file"),
    "unknown ending": (lambda at: written(at, "a", "a.doc"), "ends in '.doc', which is not read"),
    "link out of the folder": (link, "is a link that leads out of its folder"),
    "a folder": (lambda at: at, "is not a file"),
    "unclosed quotation mark": (lambda at: written(at, f'a,b\n1,2\n3,"{SECRET}\n5,6\n'), "row 3: has a quotation mark"),
    "too many cells": (lambda at: written(at, "a,b\n" * 40 + "1,2,3\n4,5,6\n"), r"row 41: has more cells than .* \(and 1 more\)"),
}  # fmt: skip


def _zip_of(folder: Path, member: str, name: str = "n.zip") -> Path:
    with zipfile.ZipFile(folder / name, "w") as file:
        file.writestr(member, "x")
    return folder / name


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gives_one_clear_message(name, tmp_path):
    make, said = HOSTILE[name]
    assert re.search(said, fault(make(tmp_path)))


def test_a_large_irregular_file_says_where_it_went_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "SMALL", 0)
    assert "row 4002: has a cell of over a million" in fault(
        written(tmp_path, "a,b\n" + "1,2\n" * 4_000 + "1," + "x" * 2_000_000)
    )
    path = written(tmp_path, "a,b\n" + "1,2\n" * 4_000 + '1,"x\n' + "1,2\n" * 4_000, "b.csv")
    assert "row 4002: has a quotation mark that is never closed" in fault(path)


def test_a_pipe_that_never_ends_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "answers.csv")
    assert "is not a file" in fault(tmp_path / "answers.csv")


def test_a_path_with_spaces_and_arabic_letters_is_read(tmp_path):
    folder = tmp_path / "إجابات  2026"
    folder.mkdir()
    for path in (
        written(folder, "a,b\n1,2\n", "ملف أ.csv"),
        workbook(folder, [["a", "b"], ["1", "2"]], "ملف أ.xlsx"),
        sav(folder),
    ):
        assert len(cells(path)) > 1


def test_a_large_member_of_a_zip_is_read_in_pieces(tmp_path, monkeypatch):
    in_pieces(monkeypatch, 2_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.csv", ("né,b\n" + "1,2\n" * 5_000).encode("cp1252"))
    batches = list(grids.read(tmp_path / "a.zip").batches(2))
    assert len(batches) > 3
    assert [number for batch in batches for number in batch.index] == list(range(2, 5_002))


def test_limits_hold_for_a_member_of_a_zip_and_name_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("notes.pdf", "%PDF")
        file.writestr("in/a.csv", f"a,b\n1,{SECRET}\0\n")
    assert "a.zip › in/a.csv: about row 2: holds NUL bytes" in fault(tmp_path / "a.zip")


def test_a_workbook_of_ordinary_answers_is_no_bomb(tmp_path):
    path = workbook(tmp_path, [["q"] * 40, *(["Strongly agree"] * 40 for _ in range(3_000))])
    assert len(cells(path)) == 3_001
    assert limits.LARGEST_RATIO > 100
