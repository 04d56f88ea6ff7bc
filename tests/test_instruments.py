"""The four questionnaires: accepted by survey platforms, whole in six languages, and asking nobody who said no."""

import csv
import itertools
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pyxform.xls2xform import convert
from small_study import FIXTURES, table

from popresearch import instrument, relevance, study
from popresearch.wording import LANGUAGES, ROOT

STRANDS = ["helplines", "youth", "ai", "poll"]
FOLDER = ROOT / "data/pop/instruments"
LANGUAGE_COLUMNS = [
    "English (en)",
    "Français (fr)",
    "Español (es)",
    "العربية (ar)",
    "Русский (ru)",
    "中文 (zh)",
]
NO_MAIN = {"a05": "a06", "a11_ages": "a11_most"}  # questions whose main one has a number of its own


def sheet(strand: str, name: str) -> pd.DataFrame:
    """Read a sheet with openpyxl, not with the package."""
    rows = openpyxl.load_workbook(FOLDER / f"{strand}.xlsx", read_only=True)[name].iter_rows(values_only=True)
    heads, *cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return pd.DataFrame(cells, columns=heads)


def asked(strand: str) -> instrument.Instrument:
    return instrument.read(FOLDER / f"{strand}.xlsx", strand)


@pytest.mark.parametrize("strand", STRANDS)
def test_pyxform_converts_every_form_without_error_or_warning(strand):
    warnings: list[str] = []
    form = convert(str(FOLDER / f"{strand}.xlsx"), warnings=warnings)
    assert [*warnings, *form.warnings] == []
    assert 'version="2026112501"' in form.xform
    assert re.findall(r'<translation [^>]*lang="([^"]+)"', form.xform) == LANGUAGE_COLUMNS
    assert '<translation lang="English (en)" default="true()">' in form.xform


@pytest.mark.parametrize("strand", STRANDS)
def test_every_question_of_the_plan_is_asked_in_its_order_and_no_other(strand):
    with (FIXTURES / "questions.csv").open() as file:
        plan = {row["strand"]: row["questions"].split() for row in csv.DictReader(file)}
    wanted = plan["poll"] if strand == "poll" else plan["core"] + plan[strand]
    mains = [name for name in asked(strand).questions.index if name.endswith("_main")]
    assert [name for name in asked(strand).questions.index if name not in mains] == wanted


@pytest.mark.parametrize("strand", STRANDS)
def test_labels_and_hints_are_whole_in_six_languages(strand):
    survey, choices = sheet(strand, "survey"), sheet(strand, "choices")
    said = survey[~survey["type"].str.contains("group")]
    for language in LANGUAGE_COLUMNS:
        assert (said[f"label::{language}"].str.strip() != "").all(), language
        questions = said[said["type"] != "note"]
        assert (questions[f"hint::{language}"].str.strip() != "").all(), language
        assert (choices[f"label::{language}"].str.strip() != "").all(), language
        limited = said[said["constraint"] != ""]
        assert (limited[f"constraint_message::{language}"].str.strip() != "").all(), language


@pytest.mark.parametrize("strand", STRANDS)
def test_every_language_is_written_in_its_own_script_and_differs_from_english(strand):
    survey = sheet(strand, "survey")
    survey = survey[~survey["type"].str.contains("group")]
    for language, script in {
        "العربية (ar)": "[ء-ي]",
        "Русский (ru)": "[а-яё]",
        "中文 (zh)": "[一-鿿]",
    }.items():
        assert survey[f"label::{language}"].str.contains(script).all(), language
    for language in LANGUAGE_COLUMNS[1:]:
        assert (survey[f"label::{language}"] != survey["label::English (en)"]).all(), language


@pytest.mark.parametrize(("strand", "language"), list(itertools.product(STRANDS, LANGUAGES)))
def test_no_two_options_of_a_question_read_the_same(strand, language):
    """An export with labels instead of codes could not be read otherwise."""
    form = asked(strand)
    labels = form.options.assign(label=form.options[f"label_{language}"].str.casefold().str.strip())
    assert labels[labels.duplicated(["list", "label"], keep=False)]["option"].tolist() == []


@pytest.mark.parametrize(("strand", "language"), list(itertools.product(STRANDS, LANGUAGES)))
def test_no_two_questions_of_a_form_read_the_same(strand, language):
    labels = asked(strand).questions[f"label_{language}"]
    assert labels[labels.duplicated(keep=False)].index.tolist() == []


@pytest.mark.parametrize("strand", STRANDS)
def test_after_each_choose_many_the_main_one_is_asked_of_those_chosen(strand):
    survey = sheet(strand, "survey").reset_index(drop=True)
    many = survey[survey["type"].str.startswith("select_multiple")]
    assert len(many) >= 7
    for place, row in many.iterrows():
        main = survey.iloc[place + 1]
        name, listed = row["name"], row["type"].split()[1]
        assert main["name"] == NO_MAIN.get(name, f"{name}_main")
        assert main["type"] == f"select_one {listed}"
        assert main["choice_filter"] == f"selected(${{{name}}}, name)"
        assert f"count-selected(${{{name}}}) > {0 if name in NO_MAIN else 1}" in main["relevant"]


@pytest.mark.parametrize("strand", STRANDS)
def test_settings_have_a_version_and_a_default_language(strand):
    settings = sheet(strand, "settings").iloc[0]
    assert settings["version"] == "2026112501"
    assert settings["default_language"] == "English (en)"
    assert settings["form_id"] == f"pop_{strand}"


@pytest.mark.parametrize("strand", STRANDS)
def test_the_first_thing_a_form_says_is_that_it_is_a_reconstruction(strand):
    first = sheet(strand, "survey").iloc[0]
    assert first["type"] == "note"
    assert "reconstruction" in first["label::English (en)"]
    assert "not public" in first["label::English (en)"]


def test_the_poll_ends_with_where_to_find_help_and_names_no_number():
    survey = sheet("poll", "survey")
    note = survey[survey["name"] == "help_note"].iloc[0]
    for language in LANGUAGE_COLUMNS:
        assert "https://childhelplineinternational.org/helplines/" in note[f"label::{language}"]
        assert not re.search(r"\d{3}", note[f"label::{language}"])


def test_the_poll_has_no_open_question_and_every_question_can_be_skipped_but_consent_and_age():
    questions = asked("poll").questions
    assert not (questions["kind"] == "text").any()
    assert set(questions.index[questions["required"] == "yes"]) <= {"d01", "d02", "d01_carer"}
    for name, row in questions.iterrows():
        if row["kind"] in ("one", "many") and name not in ("d01", "d01_carer") and not name.endswith("_main"):
            assert {"dont_know", "prefer_not"} & set(asked("poll").options_of(name).index), name


@pytest.mark.parametrize("strand", STRANDS)
def test_do_not_know_stands_alone(strand):
    """Whoever chose it chose nothing else: every choose-many list with it has a constraint that says so."""
    form = asked(strand)
    for name, row in form.questions[form.questions["kind"] == "many"].iterrows():
        for alone in {"dont_know", "prefer_not", "none"} & set(form.options_of(name).index):
            chosen = {name: [alone, f"{alone} other", "other more"]}
            assert holds(row["constraint"], chosen, this=name) == [True, False, True], (name, alone)


def holds(condition: str, answers: dict[str, list[str]], this: str = "") -> list[bool]:
    columns = {name: pd.Series(values, dtype=str) for name, values in answers.items()}
    size = len(next(iter(columns.values())))
    blank = pd.Series([""] * size, dtype=str)
    found = relevance.holds(condition, lambda name: columns.get(name, blank), blank.index, this)
    return found.tolist()


@pytest.mark.parametrize("strand", ["helplines", "youth", "ai"])
def test_only_who_agrees_is_asked(strand):
    questions = asked(strand).questions
    agreed = {"c01": ["yes", "no", ""], "c02": ["yes"] * 3, "k03": ["no_child"] * 3}
    many = {name: ["one two"] * 3 for name in questions.index[questions["kind"].isin(["many", "countries"])]}
    for name, row in questions.drop(index="c01").iterrows():
        assert holds(row["relevant"], many | agreed) == [True, False, False], name


POLL = table("""
    d01 | d02        | d01_carer | carer_asked | rest_asked
    yes | 13_15      |           | 0           | 1
    yes | 18_24      |           | 0           | 1
    yes | prefer_not |           | 0           | 1
    yes | 10_12      | yes       | 1           | 1
    yes | 10_12      | no        | 1           | 0
    yes | under_10   |           | 1           | 0
    yes | under_10   | yes       | 1           | 1
    yes |            |           | 0           | 0
    no  | 13_15      |           | 0           | 0
    no  | 10_12      | yes       | 0           | 0
        | 13_15      |           | 0           | 0
""")


def test_a_child_under_13_is_asked_only_with_a_parent_or_carer():
    questions = asked("poll").questions
    answers = POLL[["d01", "d02", "d01_carer"]].to_dict("list")
    answers |= {"d15_seen": ["yes"] * len(POLL), "d16": ["maybe"] * len(POLL)}
    many = questions.index[questions["kind"] == "many"]
    answers |= {name: ["one two"] * len(POLL) for name in many}
    said = {name: holds(questions.at[name, "relevant"], answers) for name in questions.index[1:]}
    assert said.pop("d02") == (POLL["d01"] == "yes").tolist()
    assert said.pop("d01_carer") == (POLL["carer_asked"] == "1").tolist()
    for name, asked_of in said.items():
        assert asked_of == (POLL["rest_asked"] == "1").tolist(), name


def test_the_public_contact_is_asked_only_of_who_may_be_on_the_map():
    condition = asked("helplines").questions.at["c06_contact", "relevant"]
    assert holds(condition, {"c01": ["yes"] * 3, "c02": ["yes", "aggregated_only", "no"]}) == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("${a} = 'x'", [True, False, False]),
        ("${a} != 'x'", [False, True, False]),
        ("${a} != ''", [True, True, False]),
        ("${a} = 'x' or ${a} = 'y z' and ${b} > 1", [True, True, False]),
        ("(${a} = 'x' or ${a} = 'y z') and ${b} > 9", [False, True, False]),
        ("not(selected(${a}, 'y'))", [True, False, True]),
        ("count-selected(${a}) > 1", [False, True, False]),
        ("selected(${a}, 'z') and ${b} >= 10", [False, True, False]),
        ("${b} <= 9.5", [True, False, False]),
        ("${b} = 10", [False, True, False]),
        ("${b} != 10", [True, False, False]),
        ("2 < ${b}", [False, True, False]),
        ('${a} = "y z"', [False, True, False]),
    ],
)
def test_conditions_mean_what_they_mean_in_odk_but_blank_equals_nothing(condition, expected):
    if condition == "${a} != 'x'":
        expected = [False, True, True]  # in ODK a blank is not 'x'
    assert holds(condition, {"a": ["x", "y z", ""], "b": ["2", "10", ""]}) == expected


@pytest.mark.parametrize(
    "condition",
    ["regex(., '^x$')", "${a} > '2020-01-01'", "${a} <= today()", "selected('x', 'y')", "selected(${a}, ${b})", "count-selected(1) > 0",
     "${a} =", "(${a} = 'x'", "${a} = 'x' )", "${a} + 1 > 2", "", "jr:choice-name(${a})", "${a} = -1"],
)  # fmt: skip
def test_a_condition_outside_the_subset_is_said_to_be_unreadable(condition):
    with pytest.raises(relevance.Unreadable):
        holds(condition, {"a": ["x"], "b": ["2"]}, this="a")


def codebook_of(folder: Path) -> str:
    forms = {strand: instrument.read(folder / f"{strand}.xlsx", strand) for strand in STRANDS}
    return instrument.codebook(forms).to_csv(index=False, lineterminator="\n")


def test_the_codebook_is_what_the_workbooks_say():
    committed = (ROOT / "data/pop/codebook.csv").read_text(encoding="utf-8")
    assert committed == codebook_of(FOLDER), "run pop codebook and commit what it writes"


@pytest.mark.parametrize(("place", "text"), [("survey", "Another question?"), ("choices", "Another option")])
def test_a_codebook_that_is_older_than_a_label_is_noticed(place, text, tmp_path):
    for strand in STRANDS:
        book = openpyxl.load_workbook(FOLDER / f"{strand}.xlsx")
        if strand == "poll":
            heads = [cell.value for cell in book[place][1]]
            book[place].cell(5, heads.index("label::English (en)") + 1).value = text
        book.save(tmp_path / f"{strand}.xlsx")
    assert codebook_of(tmp_path) != (ROOT / "data/pop/codebook.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("strand", STRANDS)
def test_a_form_read_from_its_codebook_is_the_form(strand):
    form, again = asked(strand), instrument.read(ROOT / "data/pop/codebook.csv", strand)
    columns = ["kind", "relevant", "constraint", "repeat", "parent", "label_en", "label_ar", "hint_zh"]
    pd.testing.assert_frame_equal(again.questions[columns], form.questions[columns])
    for name in form.questions.index[form.questions["kind"].isin(["one", "many"])]:
        pd.testing.assert_frame_equal(
            again.options_of(name).drop(columns="list"), form.options_of(name).drop(columns="list")
        )


def test_the_roles_of_the_study_name_questions_that_are_asked():
    for name, strand in study.load("pop").strands.items():
        assert set(strand.roles.values()) <= set(asked(name).questions.index)
