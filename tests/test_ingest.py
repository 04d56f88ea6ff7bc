"""Every row is accounted for, nobody who said no is read, and no answer changes on its way in."""

import csv
import hashlib
import random
import re
import stat
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_study import FIXTURES, ROLES, csv_of, same, study_of, table

from popresearch import ingest
from popresearch.faults import BadInput
from popresearch.ingested import TABLES

PLATFORMS = ["microsoft_forms", "google_forms", "kobo", "limesurvey"]


def ingested(text: str, folder: Path, **options) -> ingest.Ingested:
    """Ingest answers on paper; a question without a column plays no role, unless `roles` says so."""
    heads = re.split(r"[|.\s]+", text.strip().splitlines()[0])
    options = {"roles": {role: name for role, name in ROLES.items() if name in heads}} | options
    return ingest.ingest(study_of(csv_of(text, folder / "answers.csv"), **options))


@pytest.fixture(params=PLATFORMS)
def from_platform(request) -> ingest.Ingested:
    return ingest.ingest(study_of(FIXTURES / request.param / "answers.csv"))


def test_the_same_answers_are_the_same_whatever_platform_they_come_from(from_platform):
    assert same(from_platform.responses["poll"], """
        file_row | country_iso3 | age   | carer | channels_main | helps      | times
        2        | KEN          | 13_15 |       | chat          | yes        | 12
        3        | NAM          | 10_12 | yes   |               |            | 3
        4        | FRA          | 13_15 |       |               |            |
        5        | CHL          | 13_15 |       |               | prefer_not | 0
        6        | KEN          | 13_15 |       |               |            | 7
    """)  # fmt: skip


def test_choose_many_is_missing_where_nobody_answered(from_platform):
    assert same(from_platform.responses["poll"], """
        file_row | channels/phone | channels/chat | channels/post | channels/dont_know
        2        | 1              | 1             | 0             | 0
        3        | 0              | 0             | 1             | 0
        4        |                |               |               |
        5        | 0              | 1             | 0             | 0
        6        | 0              | 0             | 0             | 1
    """)  # fmt: skip


def test_do_not_know_not_asked_and_not_answered_are_different_things(from_platform):
    assert same(from_platform.responses["poll"], """
        file_row | carer.state | channels.state | channels_main.state | helps.state | times.state
        2        | not_asked   | answered       | answered            | answered    | answered
        3        | answered    | answered       | not_asked           | not_asked   | answered
        4        | not_asked   | not_answered   | not_asked           | not_asked   | not_answered
        5        | not_asked   | answered       | not_asked           | answered    | answered
        6        | not_asked   | answered       | not_asked           | not_asked   | answered
    """)  # fmt: skip


def test_open_answers_keep_every_character(from_platform):
    assert from_platform.texts[["question", "text"]].values.tolist() == [
        ["wish", "longer hours, please"],
        ["wish", "nothing to add"],
    ]


def test_what_is_not_a_problem_is_not_in_quarantine(from_platform):
    assert from_platform.quarantine.empty
    assert from_platform.accounting[["rows_in", "kept"]].values.tolist() == [[5, 5]]


def test_personal_columns_are_dropped_and_named(from_platform):
    said = ingest.account(from_platform)
    named = from_platform.columns.loc[from_platform.columns["became"] == "personal", "head"]
    assert len(named)
    for head in named:
        assert f"column '{head}' is personal and was dropped at the door" in said
    values = from_platform.responses["poll"].to_csv()
    assert "person" not in values and "192.0.2.1" not in values
    assert not from_platform.texts["text"].str.contains("person|192").any()


def test_a_column_that_nobody_asked_for_is_named_and_not_read(tmp_path):
    found = ingested("""
        agree | age   | country | times | الاسم           | favourite song of the class
        yes   | 13_15 | Kenya   | 3     | Amina (example) | Amina's (example)
    """, tmp_path)  # fmt: skip
    assert "column 'الاسم' is personal and was dropped at the door" in ingest.account(found)
    assert (
        "column 'favourite song of the class' is unknown to the instrument and was not read"
        in ingest.account(found)
    )
    assert "Amina" not in found.responses["poll"].to_csv() + found.texts.to_csv() + found.quarantine.to_csv()


@pytest.mark.parametrize(
    ("head", "first", "second", "is_duplicate"),
    [
        ("Timestamp", "2022/03/14 3:12:45 PM GMT+1", "2022/03/14 3:12:45 PM GMT+1", True),
        ("Timestamp", "2022/03/14 3:12:05 PM GMT+1", "2022/03/14 3:12:55 PM GMT+1", True),
        ("Timestamp", "2022/03/14 3:12:45 PM GMT+1", "2022/03/14 3:13:05 PM GMT+1", False),
        ("Timestamp", "2022/03/14 3:12:45 PM GMT+1", "2022/03/14 3:12:45 AM GMT+1", False),
        ("Timestamp", "3/4/2022 3:12:05", "3/4/2022 3:12:55", True),
        ("Timestamp", "14/03/2022 15:12:05", "14/03/2022 15:22:05", False),
        ("Timestamp", "2022-03-14T15:12:05.123+01:00", "2022-03-14T15:12:44.000+01:00", True),
        ("Timestamp", "2022-03-14", "2022-03-14", False),
        ("Timestamp", "", "", False),
        ("when", "2022/03/14 3:12:45 PM", "2022/03/14 3:12:45 PM", False),
    ],
)
def test_equal_answers_are_one_only_within_the_same_minute(head, first, second, is_duplicate, tmp_path):
    found = ingested(f"""
        {head}   | agree | age   | country | times
        {first}  | yes   | 13_15 | Kenya   | 3
        {second} | yes   | 13_15 | Kenya   | 3
    """, tmp_path)  # fmt: skip
    assert found.accounting.loc[0, "duplicate"] == int(is_duplicate)
    assert found.accounting.loc[0, "kept"] == 2 - int(is_duplicate)


def test_other_answers_within_the_same_minute_are_two_people(tmp_path):
    found = ingested("""
        Timestamp           | agree | age   | country | times
        2022/03/14 15:12:45 | yes   | 13_15 | Kenya   | 3
        2022/03/14 15:12:45 | yes   | 13_15 | Kenya   | 4
    """, tmp_path)  # fmt: skip
    assert found.accounting.loc[0, "kept"] == 2


def test_the_time_is_the_last_one_that_was_written(tmp_path):
    """Microsoft Forms adds an empty column "Last modified time"; LimeSurvey dates anonymous answers to 1980."""
    found = ingested("""
        ID | Start time    | Completion time | Email | Name | Last modified time | agree | age   | country | times
        1  | 3/14/22 15:01 | 3/14/22 15:11   |       |      |                    | yes   | 13_15 | Kenya   | 3
        2  | 3/14/22 15:01 | 3/14/22 16:11   |       |      |                    | yes   | 13_15 | Kenya   | 3
    """, tmp_path)  # fmt: skip
    assert found.accounting.loc[0, "kept"] == 2
    found = ingested("""
        submitdate._.x      | agree._.x | age._.x | country._.x | times._.x
        1980-01-01 00:00:00 | yes       | 13_15   | Kenya       | 3
        1980-01-01 00:00:00 | yes       | 13_15   | Kenya       | 3
    """, tmp_path)  # fmt: skip
    assert found.accounting.loc[0, "kept"] == 2


def test_an_export_saved_twice_is_counted_once(tmp_path):
    """A browser writes "answers (1).csv"; the second file may have gained a row."""
    lines = """
        Timestamp           | agree | age   | country | times
        2022/03/14 15:12:45 | yes   | 13_15 | Kenya   | 3
        2022/03/14 15:13:45 | yes   | 13_15 | Kenya   | 3
    """
    more = lines + "    2022/03/14 15:14:45 | yes   | 13_15 | Kenya   | 3"
    paths = [csv_of(lines, tmp_path / "answers.csv"), csv_of(more, tmp_path / "answers (1).csv")]
    roles = {"consent": "agree", "country": "country"}
    found = ingest.ingest(study_of(*paths, roles=roles))
    assert found.accounting[["kept", "duplicate"]].values.tolist() == [[2, 0], [1, 2]]
    assert found.responses["poll"]["response"].is_unique


def test_two_exports_of_one_name_are_refused(tmp_path):
    (tmp_path / "old").mkdir()
    paths = [
        csv_of("agree | times\nyes | 3", folder / "answers.csv") for folder in (tmp_path, tmp_path / "old")
    ]
    with pytest.raises(BadInput, match="answers.csv: is the name of two exports"):
        ingest.ingest(study_of(*paths, roles={"consent": "agree"}))


RULES = table("""
    agree | age      | carer | becomes
    yes   | 13_15    |       | kept
    yes   | 13_15    | no    | kept
    yes   | 10_12    | yes   | kept
    yes   | 10_12    | no    | under 13 without a carer
    yes   | 10_12    |       | under 13 without a carer
    yes   | under_10 |       | under 13 without a carer
    yes   | 10_12    | perhaps | under 13 without a carer
    yes   |          |       | kept
    yes   | fourteen |       | quarantined
    no    | 13_15    |       | no consent
          | 13_15    |       | no consent
    no    | fourteen |       | no consent
    maybe | 13_15    |       | quarantined
""")


@pytest.mark.parametrize(("agree", "age", "carer", "becomes"), RULES.values.tolist())
def test_consent_and_age_are_a_gate_at_the_door(agree, age, carer, becomes, tmp_path):
    found = ingested(f"""
        agree   | age   | carer   | country | times
        {agree} | {age} | {carer} | Kenya   | 3
    """, tmp_path)  # fmt: skip
    counts = found.accounting.loc[0, ["kept", *ingest.RULES, "quarantined"]]
    assert counts[counts > 0].to_dict() == {becomes: 1}


@pytest.mark.parametrize("refusal", ["no | 13_15 | ", " | 13_15 | ", "yes | 10_12 | no"])
def test_who_may_not_be_asked_is_not_read_further(refusal, tmp_path):
    """Neither answers nor unreadable cells of a refused row are kept anywhere."""
    found = ingested(f"""
        agree | age | carer | country        | channels | times  | wish
        {refusal}           | Utopia (mine)  | pigeon   | twelve | my secret
        yes   | 13_15 |     | Kenya          | phone    | 3      | longer hours
    """, tmp_path)  # fmt: skip
    assert found.accounting.loc[0, "kept"] == 1
    assert found.quarantine.empty
    everything = "".join(
        frame.to_csv() for frame in (found.texts, found.quarantine, *found.responses.values())
    )
    assert not any(word in everything for word in ("Utopia", "pigeon", "twelve", "secret"))


def test_a_row_of_nothing_but_consent_is_refused_and_one_unreadable_answer_is_something(tmp_path):
    found = ingested("""
        agree | age   | country | times
        yes   | 13_15 | Kenya   |
        yes   | 13_15 | Kenya   | about 30
        yes   | 13_15 | Kenya   | 0
    """, tmp_path)  # fmt: skip
    assert found.accounting.loc[0, ["nothing answered", "kept"]].tolist() == [1, 2]


def test_an_unreadable_answer_goes_to_quarantine_and_its_row_stays(tmp_path):
    found = ingested("""
        agree | age   | country | channels        | channels_main | times | wish
        yes   | 13_15 | Kenya   | phone; pigeon   |               | 3     | x
        yes   | 13_15 | Kenya   | phone           |               | 1.200 | x
        yes   | 13_15 | Kenya   | phone           |               | 101   | x
        yes   | 13_15 | Kenya   | phone; dont_know|               | 4     | x
        yes   | 13_15 | Utopia  | phone           |               | 4     | x
    """, tmp_path)  # fmt: skip
    assert same(found.quarantine, """
        row | question | reason                        | whole_row
        6   | country  | no single country for certain | 1
        2   | channels | not an option                 | 0
        5   | channels | outside what the form allows  | 0
        3   | times    | not one number                | 0
        4   | times    | outside what the form allows  | 0
    """)  # fmt: skip
    assert set(found.quarantine["file"]) == {"answers.csv"}
    assert same(found.responses["poll"], """
        file_row | channels/phone | channels.state | times | times.state
        2        |                | unreadable     | 3     | answered
        3        | 1              | answered       |       | unreadable
        4        | 1              | answered       |       | unreadable
        5        |                | unreadable     | 4     | answered
    """)  # fmt: skip


def test_several_countries_without_a_main_one_wait_for_a_person(tmp_path):
    book = table("""
        strand | question | kind      | option | relevant | constraint | label_en
        poll   | agree    | one       |        |          |            | Agree
        poll   | agree    |           | yes    |          |            | Yes
        poll   | named    | countries |        |          |            | Countries
        poll   | main     | country   |        |          |            | Main country
        poll   | times    | number    |        |          |            | Times
    """)
    book.to_csv(tmp_path / "codebook.csv", index=False)
    roles = {"consent": "agree", "countries": "named", "country": "main"}
    found = ingested("""
        agree | named                   | main   | times
        yes   | Kenya; Uganda           | Uganda | 1
        yes   | Kenya                   |        | 2
        yes   | Kenya; Uganda           |        | 3
        yes   |                         |        | 4
        yes   | Côte d'Ivoire           | Congo  | 5
    """, tmp_path, codebook=tmp_path / "codebook.csv", roles=roles)  # fmt: skip
    assert found.responses["poll"]["country_iso3"].tolist() == ["UGA", "KEN", ""]
    assert found.quarantine[["row", "question", "reason"]].values.tolist() == [
        [6, "main", "no single country for certain"],
        [4, "named", "several countries, no main one"],
    ]


def test_nothing_chosen_counts_as_no_choice_in_a_condition(tmp_path):
    """All boxes unticked is an answer, but what depends on a choice is not asked then."""
    book = table("""
        strand | question | kind   | option | relevant                   | label_en
        poll   | uses     | many   |        |                            | Uses
        poll   | uses     |        | phone  |                            | Phone
        poll   | uses     |        | chat   |                            | Chat
        poll   | times    | number |        | count-selected(${uses}) > 0 | Times
    """)
    book.to_csv(tmp_path / "codebook.csv", index=False)
    found = ingested("""
        uses/phone | uses/chat | times
        0          | 0         |
        1          | 0         |
        1          | 1         | 3
    """, tmp_path, codebook=tmp_path / "codebook.csv")  # fmt: skip
    assert same(found.responses["poll"], """
        uses/phone | uses/chat | uses.state | times.state
        0          | 0         | answered   | not_asked
        1          | 0         | answered   | not_answered
        1          | 1         | answered   | answered
    """)  # fmt: skip


CELLS = {
    "Timestamp": ["", "2022/03/14 3:12:45 PM", "2022/03/14 3:13:45 PM"],
    "agree": ["yes", "Oui", "no", "", "perhaps"],
    "age": ["13_15", "10 to 12", "under_10", "", "fourteen"],
    "carer": ["", "yes", "no", "hm"],
    "country": ["Kenya", "NA", "Congo", "", "🇰🇪"],
    "channels": ["", "Phone, Chat, in writing", "Don't know", "Phone, Don't know", "pigeon"],
    "times": ["", "3", "1.200", "500"],
    "wish": ["", "more, please", 'a "quote"\nand a line'],
}
WRONG = {"age": {"fourteen"}, "country": {"NA", "Congo"}, "agree": {"perhaps"}, "carer": {"hm"}}
CONTENT = ("channels", "times", "wish")


def by_hand(rows: list[tuple[str, ...]]) -> list[str]:
    """Say what becomes of each row, written without the package: an outside oracle."""
    fates, seen = [], set()
    for row in rows:
        cells = dict(zip(CELLS, row, strict=True))
        young, repeated = cells["age"] in ("10 to 12", "under_10"), row in seen and cells["Timestamp"]
        seen.add(row)
        if cells["agree"] in ("no", ""):
            fates.append("no consent")
        elif young and cells["carer"] != "yes":
            fates.append("under 13 without a carer")
        elif repeated:
            fates.append("duplicate")
        elif not any(cells[name] for name in CONTENT):
            fates.append("nothing answered")
        else:
            held = any(cells[name] in wrong for name, wrong in WRONG.items())
            fates.append("quarantined" if held else "kept")
    return fates


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(*map(st.sampled_from, CELLS.values())), min_size=1, max_size=12), st.integers())
def test_rows_in_are_rows_kept_refused_and_in_quarantine_for_any_faults(tmp_path_factory, rows, seed):
    rows = [row for row in rows if any(row)] or [("", *("yes",) * 7)]
    rows = rows + random.Random(seed).choices(rows, k=2)
    path = tmp_path_factory.mktemp("any") / "answers.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([tuple(CELLS), *rows])
    found = ingest.ingest(study_of(path))
    fates = pd.Series(by_hand(rows)).value_counts()
    counts = found.accounting.loc[0, ["kept", *ingest.RULES, "quarantined"]]
    assert found.accounting.loc[0, "rows_in"] == len(rows) == counts.sum()
    assert counts[counts > 0].to_dict() == fates.to_dict()
    assert len(found.responses["poll"]) == counts["kept"]
    assert found.quarantine.loc[found.quarantine["whole_row"], "row"].nunique() == counts["quarantined"]


HEAD = "file,row,question,expects,becomes,reason,decided_by,decided_on"
ANSWERS = """
    agree | age   | country | times
    yes   | 13_15 | Congo   | about 30
"""


@pytest.fixture
def corrected(tmp_path):
    def run(*lines: str, head: str = HEAD, encoding: str = "utf-8") -> ingest.Ingested:
        text = "\n".join([head, *lines]) + "\n"
        (tmp_path / "corrections.csv").write_bytes(text.encode(encoding))
        return ingested(ANSWERS, tmp_path)

    return run


def test_a_correction_is_applied_with_its_reason_on_record(corrected):
    found = corrected(
        "answers.csv,2,times,about 30,30,an estimate,Ana (example),2026-11-25",
        "answers.csv,2,country,Congo,COG,asked,Ana (example),2026-11-25",
    )
    assert same(found.responses["poll"], "country_iso3 | times\n COG | 30")
    assert found.quarantine.empty


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("answers.csv,2,times,about 40,40,x,x,x", "line 2: expects a value that is no longer there."),
        ("answers.csv,9,times,about 30,30,x,x,x", "line 2: names a row or a head that the file does not have."),
        ("answers.csv,²,times,about 30,30,x,x,x", "line 2: names a row or a head that the file does not have."),
        ("answers.csv,2,tmies,about 30,30,x,x,x", "line 2: names a row or a head that the file does not have."),
        ("answer.csv,2,times,about 30,30,x,x,x", "names a file that is not among the exports. Did you mean 'answers.csv'?"),
    ],
)  # fmt: skip
def test_a_correction_that_no_longer_fits_stops_the_run_and_quotes_no_answer(corrected, line, said):
    with pytest.raises(BadInput) as error:
        corrected(line)
    assert said in str(error.value)
    assert "30" not in str(error.value) and "40" not in str(error.value)


def test_a_corrections_table_that_a_spreadsheet_spoilt_is_said_with_a_remedy(corrected):
    with pytest.raises(BadInput, match="corrections.csv: is not a table in UTF-8 with commas. Save it as"):
        corrected("answers.csv,2,country,Congo,Côte d'Ivoire,x,x,x", encoding="latin-1")
    with pytest.raises(BadInput, match="has no column 'expects'"):
        corrected("answers.csv;2;times;about 30;30;x;x;x", head=HEAD.replace(",", ";"))


def test_a_role_without_a_column_stops_the_run(tmp_path):
    with pytest.raises(BadInput, match="answers.csv: role 'carer': no column answers question 'carer'"):
        ingested(ANSWERS, tmp_path, roles=ROLES)
    with pytest.raises(BadInput, match="the instrument has no question 'cuontry'. Did you mean 'country'?"):
        ingested(ANSWERS, tmp_path, roles={"country": "cuontry"})


def test_files_that_cannot_be_read_are_named_together_and_the_others_are_read(tmp_path):
    good = csv_of(ANSWERS, tmp_path / "answers.csv")
    (tmp_path / "bad.csv").write_text("only heads\n")
    (tmp_path / "noconsent.csv").write_text("times\n3\n")
    names = ["missing.csv", "bad.csv", "noconsent.csv"]
    found = ingest.ingest(study_of(good, *(tmp_path / name for name in names), roles={"consent": "agree"}))
    assert [fault.place.split(":")[0] for fault in found.faults] == names
    assert found.accounting[["file", "rows_in", "kept"]].values.tolist() == [["answers.csv", 1, 1]]
    with pytest.raises(BadInput, match="3 problems in the exports of study 'tiny'"):
        ingest.save(found, study_of(good))


def test_a_strand_without_any_readable_file_is_not_saved(tmp_path):
    (tmp_path / "bad.csv").write_text("only heads\n")
    with pytest.raises(BadInput, match="bad.csv"):
        ingest.ingest(study_of(tmp_path / "bad.csv"))


def test_what_is_saved_is_loaded_and_is_readable_by_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    tiny = study_of(FIXTURES / "kobo" / "answers.csv")
    found = ingest.ingest(tiny)
    folder = ingest.save(found, tiny)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    loaded = ingest.load(tiny)
    for name in ("texts", "quarantine", "accounting", "columns"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(found, name), check_dtype=False)
    pd.testing.assert_frame_equal(loaded.responses["poll"], found.responses["poll"], check_dtype=False)


def test_previews_of_a_survey_are_refused_and_counted(tmp_path):
    export = tmp_path / "answers.csv"
    export.write_text(
        "StartDate,EndDate,Status,ResponseId,Q1\n"
        "Start Date,End Date,Response Type,Response ID,How are you?\n"
        '"{""ImportId"":""startDate""}","{""ImportId"":""endDate""}","{""ImportId"":""status""}",'
        '"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}"\n'
        "2022-03-01 10:00:00,2022-03-01 10:05:00,Survey Preview,R_1,well\n"
        "2022-03-01 11:00:00,2022-03-01 11:05:00,IP Address,R_2,well\n"
    )
    codebook = tmp_path / "codebook.csv"
    codebook.write_text(
        "strand,question,kind,option,label_en\npoll,Q1,one,,How are you?\npoll,Q1,one,well,well\n"
    )
    accounting = ingest.ingest(study_of(export, codebook=codebook, roles={})).accounting.iloc[0]
    assert (accounting["rows_in"], accounting["kept"], accounting["preview"]) == (2, 1, 1)


def test_what_the_instrument_does_not_know_is_in_quarantine_whole_and_that_of_refused_rows_nowhere(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    text = """
        Timestamp           | agree | age   | country | times   | favourite song | favourite song | wish
        2022-03-14 15:12:45 | yes   | 13_15 | Kenya   | 3       | kept one       | kept two       | more
        2022-03-14 15:13:45 | no    | 13_15 | Kenya   | about 4 | refused one    | refused two    | refused three
        2022-03-14 15:14:45 | yes   | 13_15 | Congo   | 5       | held one       |                | held two
        2022-03-14 15:15:45 | yes   | 13_15 | Kenya   | 6       |                |                | less
    """
    (tmp_path / "answers.csv").write_text(
        "\n".join(",".join(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines())
    )
    tiny = study_of(tmp_path / "answers.csv", roles={"consent": "agree", "country": "country"})
    found = ingest.ingest(tiny)
    assert found.accounting.loc[0, ["rows_in", "kept", "no consent", "quarantined"]].tolist() == [4, 2, 1, 1]
    assert same(found.unknown["answers.csv"].reset_index(), """
        row | favourite song (column 6) | favourite song (column 7)
        2   | kept one                  | kept two
        4   | held one                  |
        5   |                           |
    """)  # fmt: skip
    assert (
        ingest.account(found).count(
            "column 'favourite song' is unknown to the instrument and was not read; it is in quarantine, whole"
        )
        == 2
    )
    folder = ingest.save(found, tiny)
    kept = [*folder.glob("unknown_*.parquet")]
    assert len(kept) == 1 and "restricted" in folder.parts
    everything = "".join(pd.read_parquet(path).to_csv() for path in folder.glob("*.parquet")) + "".join(
        path.read_text() for path in folder.glob("*.csv")
    )
    assert "kept one" in everything and "held one" in everything
    assert not any(word in everything for word in ("refused", "about 4"))


def test_everything_that_is_saved_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    lines = """
        Timestamp           | agree | age   | country | channels        | times | favourite song | wish
        2022-03-14 15:12:45 | yes   | 13_15 | Kenya   | Phone           | 3     | a              | more
        2022-03-14 15:12:45 | yes   | 13_15 | Kenya   | Phone           | 3     | a              | more
        2022-03-14 15:13:45 | yes   | 13_15 | Congo   | pigeon          | 3     | b              | more
    """
    other = lines.replace("15:1", "16:1").replace("favourite song", "garden of school")
    tiny = study_of(
        csv_of(lines, tmp_path / "a.csv"),
        csv_of(other, tmp_path / "b.csv"),
        roles={"consent": "agree", "country": "country"},
    )
    found = ingest.ingest(tiny)
    folder = ingest.save(found, tiny)
    loaded = ingest.load(tiny)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(found, name), check_dtype=False)
    for kind in ("responses", "unknown"):
        assert getattr(loaded, kind).keys() == getattr(found, kind).keys()
        for name, frame in getattr(found, kind).items():
            pd.testing.assert_frame_equal(getattr(loaded, kind)[name].astype(object), frame.astype(object))
    assert len(found.ledger) == 2 and len(found.unknown) == 2
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (
        ingest.account(loaded).splitlines()
        == ingest.account(found).splitlines()[: len(ingest.account(loaded).splitlines())]
    )


def test_a_strand_without_a_readable_file_is_not_saved_and_the_earlier_one_stays(tmp_path, monkeypatch):
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    good = csv_of(ANSWERS, tmp_path / "answers.csv")
    one = study_of(good, roles={"consent": "agree"})
    folder = ingest.save(ingest.ingest(one), one)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (tmp_path / "bad.csv").write_text("only heads\n")
    both = study_of(good, tmp_path / "bad.csv", roles={"consent": "agree"})
    with pytest.raises(BadInput, match="bad.csv"):
        ingest.save(ingest.ingest(both), both)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


KEYS = ["uuid:0a1b2c3d-0000-4000-8000-00000000000" + digit for digit in "123"]
STAMPS = ["2022-03-14T15:12:05.000Z", "2022-03-14T15:12:55.000Z", "2022-03-14T15:13:05.000Z", ""]
KEYED = {
    "SubmissionDate": STAMPS,
    "agree": ["yes", "yes", "yes", "no", "", "perhaps"],
    "age": ["13_15", "13_15", "10_12", "", "fourteen"],
    "carer": ["", "yes", "no"],
    "country": ["Kenya", "kenya", "Congo", ""],
    "channels": ["", "phone", "phone chat", "pigeon"],
    "times": ["", "3", "1.200"],
    "pet": ["", "unknown dog"],
    "wish": ["", "more", "More "],
    "KEY": [*KEYS, ""],
}


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(
        st.lists(st.tuples(*map(st.sampled_from, KEYED.values())), min_size=1, max_size=8),
        min_size=1,
        max_size=4,
    )
)
def test_rows_add_up_in_every_file_of_a_survey_with_keys_and_times(tmp_path_factory, files):
    folder, paths = tmp_path_factory.mktemp("keyed"), []
    for number, rows in enumerate(files):
        paths.append(folder / f"{number}.csv")
        with paths[-1].open("w", newline="") as file:
            csv.writer(file).writerows(
                [tuple(KEYED), *([("", "yes", *[""] * 8)] if not any(map(any, rows)) else []), *rows]
            )
    found = ingest.ingest(study_of(*paths))
    whole = found.quarantine[found.quarantine["whole_row"]].groupby("file")["row"].nunique()
    # the numbers of what is kept, in quarantine and in the ledger are sets of rows apart, file by file
    key = found.responses["poll"]["response"].str.rsplit("-", n=1).str[0]
    kept = dict(zip(key, key.map(key.value_counts()), strict=True))
    assert sorted(kept.values()) == sorted(found.accounting.loc[found.accounting["kept"] > 0, "kept"])
    for row, rows in zip(found.accounting.to_dict("records"), files, strict=True):
        filled = sum(any(one) for one in rows) or 1
        assert (
            row["rows_in"]
            == filled
            == row["kept"] + sum(row[rule] for rule in ingest.RULES) + row["quarantined"]
        )
        assert row["quarantined"] == whole.get(row["file"], 0)
    counts = found.ledger["rule"].value_counts()
    for rule in ("exported again", "duplicate", "near duplicate"):
        assert counts.get(rule, 0) == found.accounting[rule].sum()
    # a key is kept once at most, and nobody who did not say yes is anywhere
    rows = {
        (path.name, n): one for path, each in zip(paths, files, strict=True) for n, one in enumerate(each, 2)
    }
    names = {path.name: prefix for path, prefix in zip(paths, (_prefix(path) for path in paths), strict=True)}
    stays = [
        one
        for (name, n), one in rows.items()
        if f"{names[name]}{n:06d}" in set(found.responses["poll"]["response"])
    ]
    keys = [one[-1] for one in stays if one[-1]]
    assert len(keys) == len(set(keys))
    assert all(one[1] == "yes" for one in stays)


def _prefix(path: Path) -> str:
    return f"poll-{hashlib.sha256(path.name.encode()).hexdigest()[:6]}-"
