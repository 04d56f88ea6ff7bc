"""Forms of other people: read whole however they are written, with what is wrong said by sheet and row."""

import csv
import io
import re
import tempfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert
from small_study import table

from popresearch import instrument, platforms
from popresearch.faults import BadInput
from popresearch.wording import ROOT


def workbook(folder: Path, **sheets: str) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in sheets.items():
        page = book.create_sheet(name)
        for row in csv.reader(io.StringIO(re.sub(r" *\| *", "|", text.strip())), delimiter="|"):
            page.append([cell.strip() for cell in row])
    book.save(folder / "form.xlsx")
    return folder / "form.xlsx"


def test_forms_of_other_people_are_read_with_their_groups_and_old_spellings(tmp_path):
    path = workbook(tmp_path, survey="""
        type | name | label | label::Français(fr) | relevant
        begin group | outer | | | ${age} > 3
        select_multiple colours or_other | colour | Colour | Couleur | ${age} < 9
        end group | | | |
        integer | age | Age | |
        note | thanks | Thanks | Merci |
    """, choices="""
        list name | name | label
        colours | red | Red
    """)  # fmt: skip
    form = instrument.read(path)
    assert form.questions["kind"].to_dict() == {"colour": "many", "colour_other": "text", "age": "number"}
    assert form.questions.at["colour", "relevant"] == "(${age} > 3) and (${age} < 9)"
    assert form.label("colour", "fr") == "Couleur"
    assert form.label("colour", "ar") == "Colour"
    assert form.label("colour", "ru", "red") == "Red"
    assert form.label("colour", "ru", "other") == "Other"
    assert form.questions.at["colour_other", "relevant"] == "selected(${colour}, 'other')"
    assert form.aside == {"thanks": "note"}


def faults_of(form: instrument.Instrument) -> list[str]:
    return [f"{fault.place}: {fault.what}" for fault in form.faults]


def test_all_that_is_wrong_with_a_form_is_said_at_once_and_all_of_it_is_read(tmp_path):
    form = instrument.read(workbook(tmp_path, survey="""
        type | name | label
        select_one nothing | q | Q
        text | twice | One
        text | twice | Two
    """, choices="""
        list_name | name | label
        l | a | A
        l | a | B
        l | b | B
    """))  # fmt: skip
    assert faults_of(form) == [
        "sheet 'choices', row 3: option 'a' of list 'l' stands more than once; the first is read.",
        "sheet 'survey', row 2: its list 'nothing' has no options; its answers are read as text.",
        "sheet 'survey', row 4: the name 'twice' stands more than once; this one is read as 'twice_001'.",
    ]
    assert form.questions["kind"].to_dict() == {"q": "text", "twice": "text", "twice_001": "text"}
    assert form.options["label_en"].tolist() == ["A", "B"]


BROKEN_SURVEY = """
    Form of a partner |
    Type | Name | Label::English | label: Français (fr) | Relevant | Constraint
    # about the person | |
    begin group | person | The person | La personne | |
    select one from yesno | consent | Do you agree? | Êtes-vous d'accord ? | |
    select_mulitple Colours or other | colours | Colours | Couleurs | ${ consent } = ‘yes’ |
    Integer | how old | Age | Âge | | . > 0 and
    select_one colors | best | Best | | ${colour} = 'red' |
     | fav | Favourite? | | ${consent} == 'yes' |
    rank colours | order | In order | | |
    likert | mood | Mood | | (${consent} = 'yes' |
    text | | What is your name? | | |
    begin repeat | visits | Visits | | |
    dateTime | day | When? | | |
    select_one yesno | consent | Again? | | |
    end group | | | | |
    calculate | sum | | | |
    q location | place | Where | | |
    end repeat | | | | |
    end group | | | | |
"""
BROKEN_CHOICES = """
    list name | name | label::English | label: Français (fr)
    yesno | yes | Yes | Oui
    yesno | no | No | Non
    yesno | no | Nope | Nan
    colours | red | Red | Rouge
    colours | dark blue | Dark blue | Bleu foncé
    colours | | Light green | Vert clair
    colours | grey | |
     | lost | Lost | Perdu
"""


def test_a_form_that_pyxform_rejects_is_read_whole_with_every_fault_by_sheet_and_row(tmp_path):
    with pytest.raises(PyXFormError):
        convert(str(workbook(tmp_path, survey=BROKEN_SURVEY, choices=BROKEN_CHOICES)), validate=False)
    path = workbook(tmp_path, **{"Surveys": BROKEN_SURVEY, "choices ": BROKEN_CHOICES})
    form = instrument.read(path)
    assert form.questions["kind"].to_dict() == {
        "consent": "one", "colours": "many", "colours_other": "text", "how old": "number", "best": "text", "fav": "text",
        "order": "rank", "mood": "text", "what_is_your_name": "text", "day": "date", "visits_consent": "one",
    }  # fmt: skip
    assert form.options_of("colours").index.tolist() == ["red", "dark blue", "light_green", "grey", "other"]
    assert form.options_of("consent")["label_fr"].tolist() == ["Oui", "Non"]
    assert form.label("colours", "fr", "light_green") == "Vert clair"
    assert form.questions["label_fr"].head(2).tolist() == ["Êtes-vous d'accord ?", "Couleurs"]
    assert form.questions.at["colours", "relevant"] == "${consent} = 'yes'"
    assert form.questions.loc["day", ["repeat", "parent"]].tolist() == ["visits", ""]
    assert form.questions.loc["fav", ["repeat", "parent"]].tolist() == ["", "person"]
    assert form.groups["label_fr"].to_dict() == {"person": "La personne"}
    assert form.aside == {"sum": "calculate", "place": "q location"}
    assert sorted(faults_of(form)) == sorted(
        line.strip() for line in """
        sheet 'Surveys': is read as the sheet 'survey'.
        sheet 'Surveys', row 2: the heads stand here, not in row 1.
        sheet 'choices ': is read as the sheet 'choices'.
        sheet 'choices ', row 4: option 'no' of list 'yesno' stands more than once; the first is read.
        sheet 'choices ', row 6: option 'dark blue' of list 'colours' has a blank, and several options may be chosen.
        sheet 'choices ', row 7: an option of list 'colours' has no name; it is read as 'light_green'.
        sheet 'choices ', row 8: option 'grey' of list 'colours' has no label; its name serves as one.
        sheet 'choices ', row 9: the option 'lost' is in no list.
        sheet 'Surveys', row 6: 'select_mulitple' is not a type of question. Did you mean 'select_multiple'?
        sheet 'Surveys', row 6: its list 'Colours' is written 'colours' where its options stand.
        sheet 'Surveys', row 6: relevant: '${…}' holds a blank.
        sheet 'Surveys', row 7: the type 'Integer' has capitals.
        sheet 'Surveys', row 7: the name 'how old' has blanks or signs that a name must not have.
        sheet 'Surveys', row 7: constraint: it ends too early.
        sheet 'Surveys', row 8: its list 'colors' has no options; its answers are read as text. Did you mean 'colours'?
        sheet 'Surveys', row 8: relevant: there is no question 'colour'. Did you mean 'colours'?
        sheet 'Surveys', row 9: 'fav' has no type. It is read as text.
        sheet 'Surveys', row 9: relevant: nothing stands before '='.
        sheet 'Surveys', row 11: 'likert' is not a type of question. It is read as text.
        sheet 'Surveys', row 11: relevant: '(' is never closed.
        sheet 'Surveys', row 12: a question has no name; it is read as 'what_is_your_name'.
        sheet 'Surveys', row 15: the name 'consent' stands more than once; this one is read as 'visits_consent'.
        sheet 'Surveys', row 16: the repeat 'visits' of row 13 is still open here.
        sheet 'Surveys', row 19: this end of a repeat has no beginning.
        sheet 'Surveys', row 20: this end of a group has no beginning.
        sheet 'Surveys', row 6: relevant: there are several questions 'consent'.
        sheet 'Surveys', row 9: relevant: there are several questions 'consent'.
        sheet 'Surveys', row 11: relevant: there are several questions 'consent'.
        """.strip().splitlines()
    )  # fmt: skip
    assert all(fault.remedy for fault in form.faults)


TYPES = {
    "one": "select_one l; select one l; select1 l; select one from l; add select one prompt using l; select_one_external l",
    "many": "select_multiple l; select multiple l; select all that apply l; select all that apply from l; select multiple from l; "
    "add select multiple prompt using l",
    "rank": "rank l",
    "number": "integer; int; decimal; range; add integer prompt; q decimal",
    "text": "text; string; q string; select_one_from_file x.csv; select_one ${other}",
    "date": "date; dateTime; datetime; date time; add date prompt",
    "": "note; calculate; geopoint; start; end; today; deviceid; username; hidden; acknowledge; trigger; image; add photo prompt; "
    "csv-external; start-geopoint; background-audio; uri:deviceid; time; audit; osm l",
}


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in TYPES.items() for text in texts.split("; ")]
)
def test_every_spelling_of_a_type_that_xlsform_has_had_is_understood(kind, text, tmp_path):
    path = workbook(
        tmp_path,
        survey=f"type | name | label\n{text}  | q | Q\ntext | other | O",
        choices="list_name | name | label\nl | a | A",
    )
    form = instrument.read(path)
    assert form.questions["kind"].get("q", "") == kind
    assert [*form.questions.index, *form.aside] in (["q", "other"], ["other", "q"])
    assert faults_of(form) == [] or "_file" in text


@pytest.mark.parametrize(
    ("head", "column"),
    [
        ("label", "label_en"), ("Label", "label_en"), ("label::English (en)", "label_en"), ("label::English", "label_en"),
        ("label:English", "label_en"), ("label::fr", "label_fr"), ("Label::Français(fr)", "label_fr"), ("label::Francais", "label_fr"),
        ("label::French", "label_fr"), ("label :: العربية", "label_ar"), ("label::Arabe", "label_ar"), ("label::中文", "label_zh"),
        ("label::Chinese (Simplified)", "label_zh"), ("label::zh-Hans", "label_zh"), ("label::Русский", "label_ru"),
        ("label::English (1)", "label_en"), ("label_es", "label_es"), ("caption::Español\r\n(es-419)", "label_es"),
    ],
)  # fmt: skip
def test_a_label_is_known_by_its_language_however_the_head_is_written(head, column, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in (
        ["type", "name", head, "label::Português (pt)", "media::image::English"],
        ["text", "q", "Hm?", "Pois?", "a.png"],
    ):
        book.active.append(row)
    book.save(tmp_path / "form.xlsx")
    form = instrument.read(tmp_path / "form.xlsx")
    assert {
        name: form.questions.at["q", name] for name in instrument.LABELS if form.questions.at["q", name]
    } == {column: "Hm?"}
    assert form.other_languages == ("português (pt)",)
    assert form.faults == ()


def test_a_label_without_a_language_is_in_the_default_language_and_one_that_nobody_wrote_is_said(tmp_path):
    form = instrument.read(
        workbook(
            tmp_path, survey="type | name | label\ntext | q | Âge", settings="default_language\nFrançais (fr)"
        )
    )
    assert form.questions.loc["q", ["label_fr", "label_en"]].tolist() == ["Âge", ""]
    form = instrument.read(
        workbook(
            tmp_path,
            survey="type | name | label::English\ntext | q | Age",
            settings="default_language\nFrench",
        )
    )
    assert faults_of(form) == ["sheet 'settings': no column has labels in the default language 'French'."]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("${q} = 'a' and selected(${q}, 'b') or not(${q} > -1.5)", ""),
        ("count-selected(.)<=3", ""),
        (". >= 0 and .<=today() - 5", ""),
        ("regex(., '^[A-Z]{3}$')", ""),
        ("instance('l')/all/item[name = ${q}]/label != ''", ""),
        ("if(${q} div 2 = 1, current()/../q, //q[position() = last()])", ""),
        ("${last-saved#q} = 1", ""),
        ("count(*) > 0", ""),
        ("FALSE", ""),
        ("${q} = “a”", ""),
        ("${q} == 'a'", "nothing stands before '='."),
        ("${q} = 'a' AND ${q} = 'b'", "'AND' stands where an operator is missing. It is written small."),
        ("${q} = 'a' && ${q}", "'&' has no place in it."),
        ("selected(${q}, 'a'", "'(' is never closed."),
        ("selected(${q}, 'a'))", "')' closes nothing."),
        ("${q} = 'a", "a quotation mark is never closed."),
        ("${q = 'a'", "'${' is never closed."),
        ("{q} = 'a'", "'{' has no place in it."),
        ("${q} 'a'", "'a' stands where an operator is missing."),
        ("${q} >", "it ends too early."),
        ("${p} = 1", "there is no question 'p'."),
    ],
)
def test_a_slip_in_a_condition_is_said_and_a_sound_condition_is_not_doubted(condition, said, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in (["type", "name", "label", "relevant"], ["text", "q", "Q", condition]):
        book.active.append(row)
    book.save(tmp_path / "form.xlsx")
    form = instrument.read(tmp_path / "form.xlsx")
    assert [fault.what.removeprefix("relevant: ") for fault in form.faults] == ([said] if said else [])


def test_numeric_codes_and_rows_switched_off_are_read_as_their_author_meant(tmp_path):
    book = openpyxl.Workbook()
    survey, choices = book.active, book.create_sheet("choices")
    survey.title = "survey"
    for row in (["type", "name", "label", "disabled"], ["select_one l", "q\u00a0", "Q", None], ["text", "old", "Old", True], [],
                [None, None, "a comment"], ["text", "last", "Last"]):  # fmt: skip
        survey.append(row)
    for row in (["list_name", "name", "label"], ["l", 1.0, "One"], [], ["l", 2, "Two\n"]):
        choices.append(row)
    book.save(tmp_path / "form.xlsx")
    form = instrument.read(tmp_path / "form.xlsx")
    assert form.questions.index.tolist() == ["q", "last"]
    assert form.options[["option", "label_en"]].to_numpy().tolist() == [["1", "One"], ["2", "Two"]]
    assert form.faults == ()


def test_rows_are_numbered_as_the_spreadsheet_numbers_them_also_below_empty_ones(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for column, texts in enumerate(
        (["type", "text", "txt"], ["name", "q", "r"], ["label", "Q", "R"]), start=2
    ):
        for row, text in enumerate(texts, start=4):
            book.active.cell(row, column).value = text
    book.save(tmp_path / "form.xlsx")
    form = instrument.read(tmp_path / "form.xlsx")
    assert form.questions.index.tolist() == ["q", "r"]
    assert [fault.place for fault in form.faults] == ["sheet 'survey', row 4", "sheet 'survey', row 6"]


def test_a_list_is_one_of_countries_by_its_name_or_by_its_codes(tmp_path):
    codes = "AF AL DZ AD AO AG AR AM AU AT AZ BS BH BD BB BY BE BZ BJ BT".split()
    lists = [("iso", codes), ("lower", [code.lower() for code in codes[:18]] + ["other", "none"]),
             ("few", codes[:19]), ("mixed", [*codes[:17], "x1", "x2", "x3"]), ("country", ["KEN"])]  # fmt: skip
    form = instrument.read(workbook(
        tmp_path,
        survey="type | name | label\n" + "\n".join(f"select_one {name} | {name} | Q" for name, _ in lists)
        + "\nselect_multiple iso | many | Q",
        choices="list_name | name | label\n" + "\n".join(f"{name} | {code} | C" for name, listed in lists for code in listed),
    ))  # fmt: skip
    kinds = {
        "iso": "country",
        "lower": "country",
        "few": "one",
        "mixed": "one",
        "country": "country",
        "many": "countries",
    }
    assert form.questions["kind"].to_dict() == kinds


def test_a_score_of_kobotoolbox_lends_its_list_to_its_rows(tmp_path):
    form = instrument.read(workbook(tmp_path, survey="""
        type | name | label | kobo--score-choices
        begin_score | score | How good? | l
        score__row | speed | Speed |
        score__row | price | Price |
        end_score | | |
    """, choices="list_name | name | label\nl | a | A"))  # fmt: skip
    assert form.questions[["kind", "list", "parent"]].to_numpy().tolist() == [["one", "l", "score"]] * 2
    assert form.groups.at["score", "label_en"] == "How good?"
    assert form.faults == ()


def test_a_file_without_a_survey_is_said_to_have_other_sheets(tmp_path):
    with pytest.raises(BadInput, match="has no sheet 'survey'; its sheets are: answers, Sheet1"):
        instrument.read(workbook(tmp_path, answers="q | r\ntext | q", Sheet1="x"))


def test_an_edited_workbook_is_read_again_and_an_unchanged_one_is_not(tmp_path):
    path = workbook(tmp_path, survey="type | name | label\ntext | q | Q")
    first = instrument.read(path)
    assert instrument.read(path) is first
    workbook(tmp_path, survey="type | name | label\ntext | q | Q\ntext | r | R")
    assert instrument.read(path).questions.index.tolist() == ["q", "r"]


def test_a_form_of_other_people_read_from_its_codebook_is_the_form(tmp_path):
    form = instrument.read(workbook(tmp_path, **{"Surveys": BROKEN_SURVEY, "choices ": BROKEN_CHOICES}))
    instrument.codebook({"s": form}).to_csv(tmp_path / "codebook.csv", index=False)
    again = instrument.read(tmp_path / "codebook.csv", "s")
    columns = [name for name in instrument.QUESTION_COLUMNS if name != "list"]
    assert again.faults == ()
    pd.testing.assert_frame_equal(again.questions[columns], form.questions[columns])
    for name in form.questions.index[form.questions["list"] != ""]:
        pd.testing.assert_frame_equal(
            again.options_of(name).drop(columns="list"), form.options_of(name).drop(columns="list")
        )


def test_faults_of_single_questions_in_a_codebook_are_said_by_line_and_stop_nothing(tmp_path):
    table("""
        strand | question | kind | option | label_en
        s      | a        | oen  |        | A
        s      | b        | one  |        | B
        s      | c        | one  |        | C
        s      | c        |      | x      | X
        s      | c        |      | x      | Y
    """).to_csv(tmp_path / "codebook.csv", index=False)
    form = instrument.read(tmp_path / "codebook.csv", "s")
    assert faults_of(form) == [
        "line 6: option 'x' of question 'c' stands more than once.",
        "line 2: 'oen' is not a kind of question. Did you mean 'one'?",
        "line 3: question 'b' has no options.",
    ]
    assert form.label("c", "en", "x") == "X"


def test_what_only_an_earlier_version_asked_comes_after_what_is_asked_today(tmp_path):
    def form(name: str, survey: str, choices: str) -> instrument.Instrument:
        (tmp_path / name).mkdir()
        return instrument.read(
            workbook(tmp_path / name, survey=survey, choices="list_name | name | label\n" + choices)
        )

    now = form(
        "now",
        "type | name | label\nselect_one l | q | New?\ninteger | age | Age\ncalculate | sum |",
        "l | a | A\nl | b | B",
    )
    then = form("then", "type | name | label\ntext | gone | Gone\nselect_one old | q | Old?\ntext | age | Age\ntext | sum | Sum\n"
                "select_one m | also | Also", "old | c | C\nold | b | Bee\nm | x | X\nold | a | B")  # fmt: skip
    both = instrument.merged(now, [then])
    assert both.questions["kind"].to_dict() == {
        "q": "one",
        "age": "number",
        "gone": "text",
        "sum": "text",
        "also": "one",
    }
    assert both.options_of("q")["label_en"].to_dict() == {"a": "A", "b": "B", "c": "C"}
    assert both.options_of("also").index.tolist() == ["x"]
    assert both.label("q", "en") == "New?"
    assert both.aside == {}
    assert faults_of(both) == [
        "question 'age': is of kind number, and was text in an earlier version; answers are read as number.",
        "question 'q': the code 'a' stood in an earlier version for what is 'b' today.",
    ]
    assert instrument.merged(now, []) is now


def test_a_question_no_longer_asked_keeps_its_options_where_their_list_means_something_else_today(tmp_path):
    def form(name: str, survey: str, choices: str) -> instrument.Instrument:
        (tmp_path / name).mkdir()
        return instrument.read(
            workbook(
                tmp_path / name,
                survey=f"type | name | label\n{survey}",
                choices="list_name | name | label\n" + choices,
            )
        )

    now = form("now", "select_one l | q | Q", "l | 1 | Always")
    then = form("then", "select_one l | gone | Gone", "l | 1 | Never\nl | 2 | Often")
    both = instrument.merged(now, [then])
    assert both.options_of("q")["label_en"].to_dict() == {"1": "Always"}
    assert both.options_of("gone")["label_en"].to_dict() == {"1": "Never", "2": "Often"}


REAL = ROOT.parent / "shared/real/xlsform_socioeconomic_en_fr.xlsx"


@pytest.mark.skipif(not REAL.exists(), reason="the real files lie outside the repository")
def test_a_real_form_is_read_and_explained_with_its_repeat_and_both_languages():
    form = instrument.read(REAL)
    assert (len(form.questions), len(form.options), form.languages()) == (17, 235, ["en", "fr"])
    assert form.questions["repeat"].value_counts()["familyMembers"] == 6
    assert form.label("district", "fr", "ChitralTown") == "Ville de Chitral"
    assert form.faults == ()
    said = platforms.explain(REAL)
    for part in (
        "a questionnaire (XLSForm)",
        "questions: 17",
        "options: 235",
        "languages: en, fr",
        "repeats: familyMembers",
        "faults: none",
    ):
        assert part in said


def test_the_explanation_of_a_form_lists_its_faults_and_an_export_with_a_sheet_of_another_name_is_an_export(
    tmp_path,
):
    said = platforms.explain(workbook(tmp_path, survey="type | name | label\ntxt | q | Q\ntext | q | R"))
    assert "2 problems in the form:" in said
    assert "sheet 'survey', row 2: 'txt' is not a type of question. Did you mean 'text'?" in said
    assert "platform: table" in platforms.explain(workbook(tmp_path, answers="type | name\na | b"))


GOOD = {
    "survey": [["type", "name", "label::English (en)", "label::fr", "relevant", "constraint"],
               ["begin_group", "g", "G", "G", "${a} = 1", None], ["select_one l or_other", "a", "A", "A", None, None],
               ["begin_repeat", "r", "R", None, None, None], ["select_multiple l", "b", "B", "B", "selected(${a}, 'x')", ". != ''"],
               ["integer", "c", "C", None, None, ". > 0"], ["end_repeat", None, None, None, None, None],
               ["rank l", "d", "D", "D", None, None], ["end_group", None, None, None, None, None]],
    "choices": [["list_name", "name", "label::English (en)", "label::fr"], ["l", "x", "X", "X"], ["l", 1, "One", "Un"]],
    "settings": [["form_title", "version", "default_language"], ["T", 1, "fr"]],
}  # fmt: skip
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.datetimes(min_value=datetime(1950, 1, 1)),
    st.sampled_from(["begin_repeat", "end_group", "select_one", "select_multiple l or_other", "${", "((", "'", "name", "type", "\u00a0",
                     "label::", "select_one ${a}", "[", "label::(", "osm", "rank", "${a} and", "#", "choices", "=1/0"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12),
)  # fmt: skip
CELLS = [
    (name, row, column)
    for name, rows in GOOD.items()
    for row in range(len(rows))
    for column in range(len(rows[0]))
]


@settings(max_examples=150, deadline=None)
@given(
    odd=st.dictionaries(st.sampled_from(CELLS), ODD, max_size=12),
    swapped=st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), max_size=4),
    names=st.fixed_dictionaries(
        {name: st.sampled_from([name, name.upper(), f"{name} ", "x"]) for name in GOOD}
    ),
)
def test_no_mangled_form_stops_the_reading_but_one_without_a_survey(odd, swapped, names):
    cells = {(name, r, c): GOOD[name][r][c] for name, r, c in CELLS} | odd
    for one, other in swapped:
        cells[one], cells[other] = cells[other], cells[one]
    book = openpyxl.Workbook()
    book.remove(book.active)
    pages = {name: book.create_sheet(names[name]) for name in GOOD}
    for (name, row, column), value in cells.items():
        pages[name].cell(row + 1, column + 1).value = value
    with tempfile.TemporaryDirectory() as folder:
        book.save(Path(folder) / "form.xlsx")
        try:
            form = instrument.read(Path(folder) / "form.xlsx")
        except BadInput as error:
            assert "has no sheet 'survey'" in str(error)
            return
    assert form.questions.index.is_unique
    assert not form.options.duplicated(["list", "option"]).any()
    assert form.questions.columns.tolist() == instrument.QUESTION_COLUMNS
    assert set(form.questions.loc[form.questions["kind"].isin(["one", "many", "rank"]), "list"]) <= set(
        form.options["list"]
    )
    assert form.questions.map(lambda cell: isinstance(cell, str)).all(axis=None)
    instrument.codebook({"s": form})


def test_a_codebook_that_a_spreadsheet_spoilt_is_said_with_a_remedy(tmp_path):
    path = tmp_path / "codebook.csv"
    path.write_bytes("strand,question,kind,option,label_en\npoll,q,text,,Côte\n".encode("latin-1"))
    with pytest.raises(BadInput, match="codebook.csv: is not a table in UTF-8 with commas. Save it as"):
        instrument.read(path, "poll")
