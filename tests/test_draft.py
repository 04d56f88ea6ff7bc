"""A bare export becomes a study that runs, with what was guessed laid open for correction."""

import functools
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from small_study import FIXTURES

from popresearch import draft, ingest, instrument, study
from popresearch.faults import BadInput
from popresearch.wording import ROOT

REAL = ROOT.parent / "shared/real"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real exports are not here")


class Drafted:
    """A root of its own, in which exports become studies."""

    def __init__(self, root: Path) -> None:
        self.root, self.lines = root, []

    def init(self, path: Path, name: str, **options: str) -> study.Study:
        draft.init(path, name, say=self.lines.append, **options)
        return study.load(name)

    def codebook(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.root / "data" / name / "codebook.csv", dtype=str, keep_default_na=False)


@pytest.fixture
def drafted(tmp_path, monkeypatch) -> Drafted:
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    monkeypatch.setattr("popresearch.draft.ROOT", tmp_path)
    return Drafted(tmp_path)


def export(folder: Path, name: str = "answers.csv", **columns: list[str]) -> Path:
    pd.DataFrame(columns).to_csv(folder / name, index=False)
    return folder / name


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Callable[[str], tuple[Drafted, ingest.Ingested]]:
    """Drafts and ingests a real export, each once."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("real")
        patch.setattr("popresearch.study.ROOT", root)
        patch.setattr("popresearch.draft.ROOT", root)

        @functools.cache
        def read(file: str) -> tuple[Drafted, ingest.Ingested]:
            made = Drafted(root)
            return made, ingest.ingest(made.init(REAL / file, Path(file).stem))

        yield read


@pytest.fixture(scope="module")
def rse(real) -> tuple[Drafted, ingest.Ingested]:
    """The LimeSurvey export of the research software survey of 2018."""
    return real("limesurvey_rse2018.csv")


def chosen(found: ingest.Ingested, question: str) -> list[int]:
    """How many chose each option of a choose-many question, in the order of the options."""
    table = found.responses["responses"]
    return [int(table[name].sum()) for name in table if name.startswith(f"{question}/")]


@needs_real
def test_a_real_limesurvey_export_is_drafted_without_help(rse):
    made, found = rse
    assert made.lines[0].endswith("limesurvey (heads read code._.text); 997 responses, 707 columns")
    assert "country: question 'socio1'" in made.lines
    assert found.accounting.loc[0, ["rows_in", "kept", "quarantined"]].tolist() == [997, 997, 0]
    assert found.quarantine.empty
    assert not (found.columns["became"] == "unknown to the instrument").any()


@needs_real
def test_its_countries_are_those_that_were_counted_independently(rse):
    """The counts stand in the README beside the export."""
    counts = rse[1].responses["responses"]["country_iso3"].value_counts()
    assert (counts > 0).sum() == 33
    published = {
        "DEU": 333,
        "GBR": 237,
        "USA": 147,
        "AUS": 99,
        "NLD": 54,
        "NZL": 37,
        "ZAF": 23,
        "CAN": 12,
        "NOR": 6,
    }
    assert counts[list(published)].to_dict() == published


@needs_real
def test_a_question_asked_in_variants_for_countries_is_drafted_once(rse):
    made, found = rse
    table, book = found.responses["responses"], made.codebook("limesurvey_rse2018")
    lists = ["edu1qde", "edu1qnl", "edu1quk", "edu1qus", "edu1qzaf", "edu1qnzl", "edu1qcan", "edu1qaus"]
    assert any(line.startswith(f"merged into question 'edu1q': {', '.join(lists)};") for line in made.lines)
    assert (table["edu1q.state"] == "answered").sum() == 332 + 54 + 237 + 147 + 23 + 37 + 11 + 98
    assert {"Doctorate", "PhD", "AQF 10 - Doctoral Degree"} <= set(
        book.loc[book["question"] == "edu1q", "label_en"]
    )
    typed = book[book["question"] == "edu1qworld"]  # was typed, and so stays apart
    assert typed["kind"].tolist() == ["text"] and typed["label_en"].iloc[0].endswith("(edu1qworld)")


@needs_real
def test_a_real_ranking_is_drafted_as_one_question(rse):
    table = rse[1].responses["responses"]
    ranks = table[[name for name in table if name.startswith("prevEmp2/")]]
    assert ranks.shape[1] == 9 and (table["prevEmp2.state"] == "answered").sum() == 901
    assert ((ranks == 1).sum(axis=1) == 1).sum() == 901


@needs_real
def test_a_real_google_export_gives_the_published_counts(real):
    """Notebook, nbconvert, JupyterHub; Python 3, Python 2, R; and an option that holds commas stays whole."""
    made, found = real("google_forms_jupyter2016.csv")
    book, table = made.codebook("google_forms_jupyter2016"), found.responses["responses"]
    assert chosen(found, "q013")[:3] == [123, 32, 26] and chosen(found, "q016")[:3] == [88, 55, 11]
    assert "Mixed (conferences, workshops, Software Carpentry style events, etc.)" in set(book["label_en"])
    assert table["q009/mixed_conferences_workshops"].sum() == 14
    assert found.accounting.loc[0, ["rows_in", "kept"]].tolist() == [125, 125]
    assert (
        set(found.quarantine["reason"]) <= {"not an option"} and len(found.quarantine) <= 2
    )  # slips, for a person to decide


@needs_real
def test_a_real_surveymonkey_export_in_two_rows_gives_the_published_counts(real):
    made, found = real("surveymonkey_starwars.csv")
    table, book = found.responses["responses"], made.codebook("surveymonkey_starwars")
    assert chosen(found, "q004") == [673, 571, 550, 607, 758, 738]
    assert table["q002"].value_counts().to_dict() == {"yes": 936, "no": 250}
    assert book.loc[book["question"] == "q010", "kind"].iloc[0] == "rank"
    rows = book[book["label_en"].str.startswith("Please state whether")]
    assert len(rows) == 14 and rows["label_en"].iloc[0].endswith(" – Han Solo") and rows["label_en"].is_unique
    assert found.quarantine.empty and not (found.columns["became"] == "unknown to the instrument").any()


@needs_real
def test_a_real_condensed_surveymonkey_export_gives_the_published_counts(real):
    made, found = real("surveymonkey_jupyter2020.csv")
    table = found.responses["responses"]
    published = {"python": 1122, "r": 184, "sql": 124, "julia": 96}
    assert {option: int(table[f"q004/{option}"].sum()) for option in published} == published
    counts = table["q002"].value_counts()
    assert (counts["daily_heavy_usage_3_hours_pe"], counts["weekly"]) == (338, 294)
    assert found.quarantine.empty and not (found.columns["became"] == "unknown to the instrument").any()


@needs_real
@pytest.mark.parametrize(
    ("file", "rows"),
    [
        ("eusurvey_everse.xls", 28),
        ("kobo_onadata_large.csv", 800),
        ("kobo_onadata_transportation.csv", 4),
        ("kobo_onadata_repeats.csv", 1),
    ],
)
def test_every_row_and_every_cell_of_a_real_export_is_read(real, file, rows):
    found = real(file)[1]
    assert found.accounting.loc[0, ["rows_in", "kept", "quarantined"]].tolist() == [rows, rows, 0]
    assert found.quarantine.empty and not (found.columns["became"] == "unknown to the instrument").any()


@needs_real
def test_the_turns_of_a_repeat_are_drafted_as_one_question(real):
    made, found = real("kobo_onadata_repeats.csv")
    book = made.codebook("kobo_onadata_repeats")
    assert book.loc[book["question"] == "childs_age", "repeat"].tolist() == ["children"]
    assert found.repeats["responses/children"]["childs_age"].tolist() == [12, 5, 13, 15, 15, 53]


def test_rare_answers_go_to_other_where_people_type_among_the_options(drafted, tmp_path):
    uses = ["chat; phone", "phone", "chat", "chat; my aunt Bo"] + ["chat; phone", "phone", "chat"] * 5
    found = ingest.ingest(drafted.init(export(tmp_path, uses=uses, land=["Kenya"] * len(uses)), "rare"))
    book = drafted.codebook("rare")
    book = book[book["question"] == "q001"]
    assert book["option"].tolist() == ["", "chat", "phone", "other"]
    assert book["label_en"].iloc[-1] == "Other (please specify)"
    assert chosen(found, "q001") == [13, 12, 1] and found.quarantine.empty
    assert found.texts["text"].tolist() == ["my aunt Bo"]
    assert "'other' takes the answers that fewer than 3 people gave: q001" in drafted.lines


def test_answers_made_of_answers_are_several_options_and_an_option_with_a_comma_is_one(drafted, tmp_path):
    joined = ["by hand, peers"] * 3 + ["by hand"] * 9 + ["peers"] * 5
    often = ["Yes, often"] * 6 + ["Yes, seldom"] * 6 + ["No"] * 5
    times = [f"2024/01/0{n % 9 + 1} 1:00:00 PM GMT" for n in range(17)]
    found = ingest.ingest(
        drafted.init(export(tmp_path, Timestamp=times, grading=joined, use=often), "joined")
    )
    assert chosen(found, "q002") == [12, 8]
    assert found.responses["responses"]["q003"].value_counts().to_dict() == {
        "yes_often": 6,
        "yes_seldom": 6,
        "no": 5,
    }


def test_other_is_labelled_in_the_language_of_the_draft(drafted, tmp_path):
    drafted.init(export(tmp_path, usage=["oui"] * 9 + ["non"] * 9 + ["ma tante"]), "autre", language="fr")
    assert drafted.codebook("autre")["label_fr"].iloc[-1] == "Autre (veuillez préciser)"


def limesurvey(folder: Path, **answers: list[str]) -> Path:
    count = len(next(iter(answers.values())))
    own = {
        "id._.Response ID": [str(n) for n in range(1, count + 1)],
        "submitdate._.Date submitted": ["2024-01-05"] * count,
    }
    return export(
        folder,
        **own,
        **{f"{code}._.{'Which one?' if len(code) > 3 else code}": cells for code, cells in answers.items()},
    )


@pytest.mark.parametrize(
    ("rare", "kind"),
    [
        (["chat room"], "one"),
        (["I call my aunt Bo when I am sad"], "text"),
        (["a@example.org"], "text"),
        (["a chat", "A chat"], "text"),
    ],
)
def test_on_a_coded_platform_a_rare_answer_is_an_option_only_in_a_column_that_is_surely_a_list(
    drafted, tmp_path, rare, kind
):
    """Words much longer than the list, a trace of a person, or two spellings show that the column was typed: then it is text."""
    found = ingest.ingest(
        drafted.init(limesurvey(tmp_path, q1=["phone"] * 15 + ["a letter"] * 15 + rare), "closed")
    )
    book = drafted.codebook("closed")
    assert book.loc[book["question"] == "q1", "kind"].iloc[0] == kind
    assert (rare[0] in set(book["label_en"])) == (kind == "one")
    assert found.quarantine.empty and found.accounting.loc[0, "kept"] == 30 + len(rare)
    assert any("look through them: q1" in line for line in drafted.lines) == (kind == "one")


@pytest.mark.parametrize(
    ("second", "is_merged"),
    [("edu_uk", True), ("edu_2", False), ("edu_uk_overlapping", False)],
)
def test_only_questions_that_nobody_answers_twice_and_that_differ_in_a_suffix_of_letters_are_variants(
    drafted, tmp_path, second, is_merged
):
    blank = [""] * (0 if "overlapping" in second else 10)
    first, other = ["school", "college"] * 5 + blank, [*blank, *["school", "degree"] * 5]
    found = ingest.ingest(
        drafted.init(
            limesurvey(tmp_path, edu_de=first, **{second.replace("_overlapping", ""): other}), "variants"
        )
    )
    book = drafted.codebook("variants")
    assert ("edu" in set(book["question"])) == is_merged
    assert (tmp_path / "data/variants/versions.csv").exists() == is_merged
    assert book.loc[book["option"] == "", "label_en"].is_unique and found.quarantine.empty
    if is_merged:
        assert found.responses["responses"]["edu"].value_counts().to_dict() == {
            "school": 10,
            "college": 5,
            "degree": 5,
        }


def test_the_rows_of_a_grid_are_told_apart_and_share_their_options(drafted, tmp_path):
    rows = {
        "How good is [the chat]": ["good"] * 9 + ["bad"],
        "How good is [the phone]": ["bad"] * 9 + ["good"],
    }
    path = export(
        tmp_path, **{"Timestamp": [f"2024/01/0{n % 9 + 1} 1:00:00 PM GMT" for n in range(10)]}, **rows
    )
    found = ingest.ingest(drafted.init(path, "grid"))
    book = drafted.codebook("grid")
    assert book.loc[book["option"] == "", "label_en"].tolist() == [
        "How good is – the chat",
        "How good is – the phone",
    ]
    assert found.responses["responses"]["q002"].value_counts().to_dict() == {"good": 9, "bad": 1}
    assert found.responses["responses"]["q003"].value_counts().to_dict() == {"bad": 9, "good": 1}


def test_a_typeform_export_has_its_options_in_one_question_and_other_beside_them(drafted, tmp_path):
    asked = {
        "chat": ["chat"] * 6 + [""] * 2,
        "phone": [""] * 3 + ["phone"] * 5,
        "Other": [""] * 7 + ["my aunt"],
        "When did you call?": [f"2024-02-{n + 10}" for n in range(8)],
    }
    times = {
        "Start Date (UTC)": ["2024-01-05 10:00:00"] * 8,
        "Submit Date (UTC)": ["2024-01-05 10:05:00"] * 8,
    }
    keys = [f"k{n}" for n in range(8)]
    path = export(tmp_path, **{"#": keys, **asked, **times, "Network ID": keys})
    found = ingest.ingest(drafted.init(path, "typeform"))
    assert drafted.codebook("typeform")["kind"].tolist() == ["many", "", "", "", "date"]
    assert chosen(found, "q002") == [6, 5, 1] and found.quarantine.empty
    assert found.texts["text"].tolist() == ["my aunt"]


def test_a_qualtrics_export_has_ranks_and_matrices_in_their_kinds(drafted, tmp_path):
    heads = "StartDate EndDate Status Finished ResponseId Q1_1 Q1_2 Q1_3 Q2_1 Q2_2".split()
    ranked = [f"Rank them - {each}" for each in ("chat", "phone", "post")]
    texts = [*heads[:5], *ranked, "How good is it? - chat", "How good is it? - phone"]
    people = [["1", "2", "3"], ["3", "1", "2"], ["2", "3", "1"], ["1", "3", "2"]] * 3
    times = [[f"2024-01-{n + 10} 10:00:00", f"2024-01-{n + 10} 10:09:00"] for n in range(len(people))]
    own = [[*time, "IP Address", "True", f"R_{n}"] for n, time in enumerate(times)]
    rows = [[*mine, *ranks, "good", "bad"] for mine, ranks in zip(own, people, strict=True)]
    imports = [f'{{"ImportId":"{head}"}}' for head in heads]
    pd.DataFrame([texts, imports, *rows], columns=heads).to_csv(tmp_path / "q.csv", index=False)
    found = ingest.ingest(drafted.init(tmp_path / "q.csv", "qualtrics"))
    book, table = drafted.codebook("qualtrics"), found.responses["responses"]
    asked = book[book["option"] == ""]
    assert asked["kind"].tolist() == ["rank", "one", "one"]
    assert asked["label_en"].tolist() == ["Rank them", "How good is it? – chat", "How good is it? – phone"]
    assert table["Q1/1"].value_counts().to_dict() == {1: 6, 3: 3, 2: 3} and found.quarantine.empty


def test_two_questions_with_one_label_are_named_or_told_apart(drafted, tmp_path):
    (tmp_path / "twice.csv").write_text("land,Why?,Why?\n" + "Kenya,because a,because b\n" * 4)
    found = ingest.ingest(drafted.init(tmp_path / "twice.csv", "twice"))
    assert "questions with one and the same label, kept as it is: q002, q003" in drafted.lines
    assert found.columns["question"].tolist() == ["q001", "q002", "q003"]


def test_kinds_are_guessed_from_the_answers(drafted, tmp_path):
    path = export(
        tmp_path,
        land=["Kenya", "France", "Chile", "Kenya", "Peru"] * 8,
        age=["under 18", "18 to 24", "25 or more", "under 18"] * 10,
        uses=["chat; phone", "phone", "chat", "chat; post"] * 10,
        number=[str(n) for n in range(40)],
        own_words=[f"sentence number {n} of a respondent" for n in range(40)],
        nobody=[""] * 40,
    )
    book = drafted.init(path, "guessed").strands["responses"].instrument
    kinds = instrument.read(book, "responses").questions["kind"].tolist()
    assert kinds == ["country", "one", "many", "number", "text", "text"]
    assert "country: question 'q001'" in drafted.lines


def test_a_draft_reads_its_own_export_without_a_fault(drafted, tmp_path):
    path = export(tmp_path, land=["NA", "KE"] * 10, uses=["chat; phone", "phone", "chat", "phone"] * 5)
    found = ingest.ingest(drafted.init(path, "own"))
    assert found.quarantine.empty
    assert found.responses["responses"]["country_iso3"].value_counts().to_dict() == {"KEN": 10, "NAM": 10}
    assert found.responses["responses"]["q002/chat"].sum() == 10


def test_what_fewer_than_three_gave_is_not_written_into_the_codebook(drafted, tmp_path):
    path = export(tmp_path, answer=["yes"] * 20 + ["no"] * 20 + ["amina@example.org", "call Bo", "call Bo"])
    drafted.init(path, "few")
    written = drafted.codebook("few").to_csv() + "\n".join(drafted.lines)
    assert "amina" not in written and "Bo" not in written
    assert list(drafted.codebook("few")["option"]) == ["", "no", "yes"] or "yes" in written


def test_the_language_of_the_heads_is_kept(drafted, tmp_path):
    path = export(tmp_path, **{"Où habitez-vous ?": ["Kenya", "France"] * 5})
    drafted.init(path, "en_francais", language="fr")
    assert drafted.codebook("en_francais").loc[0, ["label_fr", "label_en"]].tolist() == [
        "Où habitez-vous ?",
        "",
    ]


@pytest.mark.parametrize("name", ['odd "name" [1].csv', "réponses ü.csv", "back\\slash.csv"])
def test_a_file_with_an_odd_name_is_found_again(drafted, tmp_path, name):
    made = drafted.init(export(tmp_path, name, land=["Kenya", "France"] * 5), "odd")
    assert [path.name for path in made.files()] == [name]
    assert ingest.ingest(made).accounting.loc[0, "kept"] == 10


@pytest.mark.parametrize("platform", ["microsoft_forms", "google_forms", "kobo", "limesurvey"])
def test_every_platform_can_be_drafted_and_its_personal_columns_stay_out(drafted, platform):
    found = ingest.ingest(drafted.init(FIXTURES / platform / "answers.csv", "any"))
    assert found.accounting.loc[0, ["rows_in", "kept"]].tolist() == [5, 5]
    assert "person" not in drafted.codebook("any").to_csv() + found.texts.to_csv()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "Not plain"}, "name 'Not plain': is not a plain name. Use small letters"),
        ({"name": "../outside"}, "is not a plain name"),
        ({"name": "ok", "language": "de"}, "language 'de': is not one of"),
        ({"name": "taken"}, "data/taken: exists already."),
    ],
)
def test_what_cannot_be_drafted_is_refused_and_writes_nothing(drafted, tmp_path, options, said):
    path = export(tmp_path, land=["Kenya", "France"])
    (tmp_path / "data/taken").mkdir(parents=True)
    (tmp_path / "data/taken/study.toml").write_text("corrected by hand")
    with pytest.raises(BadInput) as error:
        drafted.init(path, **options)
    assert said in str(error.value)
    left = {str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()}
    assert left == {"answers.csv", "data/taken/study.toml"}


def test_an_export_that_cannot_be_read_leaves_nothing_behind(drafted, tmp_path):
    (tmp_path / "bad.csv").write_bytes(b"pays\nC\xf4te\n" + "Côte\n".encode())
    with pytest.raises(BadInput, match="mixes encodings"):
        drafted.init(tmp_path / "bad.csv", "bad")
    assert not (tmp_path / "data").exists()
