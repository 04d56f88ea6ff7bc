"""Exports are recognised by their layout, read whole, and matched with the questions they answer."""

from pathlib import Path

import pytest
from small_study import CODEBOOK, FIXTURES, csv_of, table

from popresearch import instrument, matching, platforms
from popresearch.faults import BadInput
from popresearch.wording import ROOT

PLATFORMS = ["microsoft_forms", "google_forms", "kobo", "limesurvey"]


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "answers.csv"
    path.write_bytes(text.encode(encoding))
    return path


def columns_of(path: Path) -> tuple[dict[str, matching.Columns], list[str]]:
    export = platforms.read(path)
    matched = matching.match(export, instrument.read(CODEBOOK, "poll"))
    return matched.questions, [export.heads[column] for column in matched.unknown]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_is_known_by_its_layout(platform):
    assert platforms.read(FIXTURES / platform / "answers.csv").platform == platform


@pytest.mark.parametrize(
    ("file", "platform"),
    [
        ("helplines.xlsx", "microsoft_forms"),
        ("youth.csv", "google_forms"),
        ("ai.xlsx", "kobo"),
        ("poll.csv", "kobo"),
    ],
)
def test_the_sample_is_in_the_layouts_that_it_says(file, platform):
    assert platforms.read(ROOT / "data/pop/sample" / file).platform == platform


@pytest.mark.parametrize(
    ("heads", "platform"),
    [
        ("ID,Heure de début,Heure de fin,Adresse de messagerie,Nom,Pays", "microsoft_forms"),
        ("ID,وقت البدء,وقت الإكمال,البريد الإلكتروني,الاسم,البلد", "microsoft_forms"),
        ("Id,开始时间,完成时间,电子邮件,名称,国家", "microsoft_forms"),
        ("Carimbo de data/hora,País", "google_forms"),
        ("Отметка времени,Страна", "google_forms"),
        ("country,_uuid,_submission_time", "kobo"),
        ("group/country,meta/instanceID,_id", "kobo"),
        (",lastpage._.Last page,country._.Country", "limesurvey"),
        ("ID", "table"),
        ("country", "table"),
        ("id,country,_notes", "table"),
        ("", "table"),
    ],
)
def test_heads_in_any_language_name_their_platform_and_nothing_else_does(heads, platform):
    assert platforms.recognise(heads.split(","))[0] == platform


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_question_is_found_and_no_column_is_unknown(platform):
    found, unknown = columns_of(FIXTURES / platform / "answers.csv")
    assert list(found) == list(instrument.read(CODEBOOK, "poll").questions.index)
    assert unknown == []


def test_a_repeated_head_keeps_the_order_of_the_questions():
    """Microsoft Forms writes a digit behind it, Google Forms writes it again."""
    for platform in ("microsoft_forms", "google_forms"):
        export = platforms.read(FIXTURES / platform / "answers.csv")
        found = matching.match(export, instrument.read(CODEBOOK, "poll")).questions
        [first], [second] = found["channels_main"].whole, found["topics_main"].whole
        assert export.rows.loc[2, [first, second]].tolist() == ["Chat, in writing", "School"]


@pytest.mark.parametrize("mark", ["?", "？", "؟", ""])
def test_the_digit_behind_a_repeated_head_is_understood_after_any_question_mark(mark, tmp_path):
    book = table(f"""
        strand | question | kind | option | label_en
        poll   | first    | text |        | Why{mark}
        poll   | second   | text |        | Why{mark}
    """)
    book.to_csv(tmp_path / "codebook.csv", index=False)
    heads = f"ID,Start time,Why{mark},Why{mark}2\n1,2,a,b\n"
    matched = matching.match(
        platforms.read(written(tmp_path, heads)), instrument.read(tmp_path / "codebook.csv", "poll")
    )
    assert [(name, one.whole) for name, one in matched.questions.items()] == [("first", [2]), ("second", [3])]
    assert matched.unknown == []


def test_a_group_path_leads_to_its_question_and_option():
    found, _ = columns_of(FIXTURES / "kobo" / "answers.csv")
    heads = platforms.read(FIXTURES / "kobo" / "answers.csv").heads
    assert [heads[number] for number in found["country"].whole] == ["survey/country"]
    assert [heads[number] for number in found["channels"].options["chat"]] == ["survey/channels/chat"]


def test_personal_columns_are_known_as_such():
    personal = {
        platform: [
            head for head, meaning in zip(export.heads, export.meanings, strict=True) if meaning == "personal"
        ]
        for platform in PLATFORMS
        for export in [platforms.read(FIXTURES / platform / "answers.csv")]
    }
    assert personal == {
        "microsoft_forms": ["Email", "Name"],
        "google_forms": ["Email Address"],
        "kobo": ["_notes", "_submitted_by"],
        "limesurvey": ["ipaddr._.IP address"],
    }


@pytest.mark.parametrize(
    ("text", "separator", "parts"),
    [
        ("Phone;Chat, in writing;", ";", ["Phone", "Chat, in writing"]),
        ("Letters; cards;", ";", ["Letters; cards"]),
        ("Phone;Letters; cards;Chat, in writing;", ";", ["Phone", "Letters; cards", "Chat, in writing"]),
        ("Chat, in writing, Phone", ", ", ["Chat, in writing", "Phone"]),
        ("Phone, Chat, in writing", ", ", ["Phone", "Chat, in writing"]),
        ("Phone, carrier pigeon, Chat, in writing", ", ", ["Phone", "carrier pigeon", "Chat, in writing"]),
        ("phone chat", " ", ["phone", "chat"]),
        ("", ";", []),
    ],
)
def test_an_option_that_holds_the_separator_stays_whole(text, separator, parts):
    known = matching.option_codes(instrument.read(CODEBOOK, "poll"), "channels")
    assert matching.split(text, separator, known) == parts


@pytest.mark.parametrize(
    ("one", "other"),
    [("Don’t know", "don't know"), ("Ｏｕｉ", "oui"), ("Où  habitez-vous ?", "où habitez-vous?"), ("Chat\u00a0room", "chat room"),
     ("e‐mail", "e-mail"), ("¿Por qué?", "¿por qué")],
)  # fmt: skip
def test_case_width_spaces_and_closing_marks_do_not_tell_labels_apart(one, other):
    assert matching.normal(one) == matching.normal(other)


def test_a_byte_order_mark_is_not_part_of_the_first_head(tmp_path):
    path = written(tmp_path, "\ufeffcountry,age\nKenya,13_15\n")
    assert platforms.read(path).heads == ["country", "age"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_separate_cells(separator, tmp_path):
    path = written(tmp_path, f'country{separator}wish\r\nKenya{separator}"a,b;c\td\ne"\r\n')
    assert platforms.read(path).rows.loc[2].tolist() == ["Kenya", "a,b;c\td\ne"]


def test_a_row_keeps_the_number_that_it_has_in_the_file(tmp_path):
    path = written(tmp_path, "country,age\nKenya,13_15\n , \n\nFrance,10_12\n")
    assert platforms.read(path).rows[0].to_dict() == {2: "Kenya", 5: "France"}


def test_titles_and_blank_rows_above_the_heads_are_passed_over(tmp_path):
    heads = "country,age,carer,helps,times,wish"
    path = written(tmp_path, f"Alias,A survey\nExport date,2026-11-25\n\n{heads}\nKenya,,,,1,\n")
    export = platforms.read(path)
    assert export.heads == heads.split(",")
    assert export.rows[0].to_dict() == {5: "Kenya"}


@pytest.mark.parametrize("text", ["", "\n", "country,age\n", "country,age\n,\n , \n\n"])
def test_a_file_without_answers_is_refused(text, tmp_path):
    with pytest.raises(BadInput, match="answers.csv: holds no answers. Export it again"):
        platforms.read(written(tmp_path, text))


def test_a_row_with_more_cells_than_heads_is_refused_and_named(tmp_path):
    """An unquoted comma would cut an answer in two and lose the last one."""
    path = written(tmp_path, "wish,times\nmore, please,3\nless,4\nmore,5,,\n")
    with pytest.raises(BadInput) as error:
        platforms.read(path)
    assert "row 2: has more cells than there are heads." in str(error.value)
    assert "please" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"pays\nC\xf4te\n" + "Côte\n".encode(), "mixes encodings"),
        ("pays\n中\n".encode("gb18030"), "row 2, or near it: is in"),
        (b"country\nKen\0ya\n", "holds NUL bytes"),
        (b'country\n"Kenya\n', "quotation mark that is never closed"),
    ],
)
def test_what_cannot_be_read_is_said_with_a_remedy(content, said, tmp_path):
    path = tmp_path / "answers.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        platforms.read(path)
    assert said in str(error.value)


def test_dates_and_whole_numbers_of_a_workbook_read_as_people_write_them():
    export = platforms.read(ROOT / "data/pop/sample/helplines.xlsx")
    assert export.rows[1].str.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").all()
    assert export.rows[0].str.fullmatch(r"\d+").all()


def test_a_table_of_no_platform_is_read_by_the_names_of_its_questions(tmp_path):
    path = csv_of("country | times | shoe size\nKenya | 3 | 40", tmp_path / "answers.csv")
    found, unknown = columns_of(path)
    assert list(found) == ["country", "times"]
    assert unknown == ["shoe size"]
