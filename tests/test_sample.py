"""The sample: made-up exports that look real, say that they are not, and hold the faults planted in them."""

import csv
import dataclasses
import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from popresearch import corrections, countries, ingest, instrument, platforms, registry, sample, study
from popresearch.sample import tables
from popresearch.study import Study

NAMES = [*sample.FILES.values(), "README.md"]
DIALABLE = re.compile(r"(?<![\w.+])(?:\+|00)(?!000)[1-9]\d{0,2}(?:[ .()/-]{0,2}\d{2,4}){2,5}(?![\w.])")
ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+|https?://[^\s\";,<]+")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, dict[str, int]]:
    """Make the sample once, in a study of its own; also give what the generator says that it planted."""
    folder = tmp_path_factory.mktemp("made")
    pop = study.load("pop", "sample")
    counts = sample.write(pop, folder / "sample")
    strands = {
        name: dataclasses.replace(strand, files=[folder / "sample" / sample.FILES[name]])
        for name, strand in pop.strands.items()
    }
    return dataclasses.replace(pop, folder=folder, exports=folder / "sample", strands=strands), counts


@pytest.fixture(scope="session")
def ingested(made) -> ingest.Ingested:
    return ingest.ingest(made[0])


def content(path: Path) -> dict[str, bytes]:
    """The parts of a file; those of a workbook unpacked, since packing differs between versions of zlib."""
    if path.suffix != ".xlsx":
        return {path.name: path.read_bytes()}
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def texts(folder: Path) -> str:
    """All cells of all files as one text."""
    cells = []
    for name in sample.FILES.values():
        export = platforms.read(folder / "sample" / name)
        cells += [*export.heads, *export.rows.to_numpy().ravel()]
    return "\n".join(
        [
            *cells,
            (folder / "sample" / "README.md").read_text(),
            (folder / "sample" / "corrections.csv").read_text(),
        ]
    )


def test_the_generator_writes_the_same_bytes_each_time(made, tmp_path):
    sample.write(made[0], tmp_path / "sample")
    for name in [*(f"sample/{name}" for name in NAMES), "sample/corrections.csv"]:
        assert (tmp_path / name).read_bytes() == (made[0].folder / name).read_bytes(), name


@pytest.mark.parametrize("name", [*(f"sample/{name}" for name in NAMES), "sample/corrections.csv"])
def test_the_committed_sample_is_what_the_generator_writes(made, name):
    committed, fresh = content(study.load("pop", "sample").folder / name), content(made[0].folder / name)
    assert committed.keys() == fresh.keys()
    changed = [part for part in fresh if committed[part] != fresh[part]]
    assert not changed, "run python -m popresearch.sample and commit what it writes"


def test_another_seed_gives_another_sample(made, tmp_path):
    counts = sample.write(made[0], tmp_path / "sample", seed=7)
    assert counts == made[1]
    for name in sample.FILES.values():
        assert (tmp_path / "sample" / name).read_bytes() != (made[0].folder / "sample" / name).read_bytes()


def test_the_sample_has_1740_rows_of_48_countries_and_more_than_1700_are_kept(made, ingested):
    assert ingested.accounting["rows_in"].tolist() == [430, 270, 180, 860]
    assert ingested.accounting["kept"].sum() > 1700
    named = {code for table in ingested.responses.values() for code in table["country_iso3"] if code}
    assert named == set(tables.countries())
    assert len(named) == made[1]["countries"] == 48


def test_every_row_is_kept_refused_or_in_quarantine(ingested):
    parts = ["kept", *ingest.RULES, "quarantined"]
    assert (ingested.accounting[parts].sum(axis=1) == ingested.accounting["rows_in"]).all()


def test_every_planted_fault_is_found_and_nothing_else(made, ingested):
    counts = made[1]
    assert {rule: ingested.accounting[rule].sum() for rule in ingest.RULES} == {
        rule: counts.get(rule, 0) for rule in ingest.RULES
    }
    planted = {fault["reason"] for fault in tables.table("faults")}
    found = ingested.quarantine["reason"].value_counts().to_dict()
    assert found == {reason: counts[reason] for reason in planted}


def test_no_column_is_unknown_and_every_question_is_found(made, ingested):
    assert set(ingested.columns["became"]) == {
        "answers", "answers, by label", "personal", "row_key", "service", "time",
    }  # fmt: skip
    for name, strand in made[0].strands.items():
        asked = set(instrument.read(strand.instrument, name).questions.index)
        answered = ingested.columns.loc[ingested.columns["file"].str.endswith(sample.FILES[name]), "question"]
        assert asked == set(answered) - {""}


def test_without_its_corrections_the_sample_has_two_faults_more(made, ingested, tmp_path):
    uncorrected = ingest.ingest(dataclasses.replace(made[0], exports=tmp_path))
    assert len(uncorrected.quarantine) == len(ingested.quarantine) + made[1]["corrected"]


@pytest.mark.parametrize(
    ("strand", "platform"),
    [("helplines", "microsoft_forms"), ("youth", "google_forms"), ("ai", "kobo"), ("poll", "kobo")],
)
def test_each_export_is_recognised_by_its_platforms_layout(made, strand, platform):
    assert platforms.read(made[0].strands[strand].files[0]).platform == platform


def test_respondents_answer_in_six_languages(ingested):
    for strand in ("helplines", "youth"):
        assert set(ingested.texts.loc[ingested.texts["strand"] == strand, "language"]) >= {
            "ar", "en", "es", "fr", "ru", "zh",
        }  # fmt: skip


def test_every_spelling_of_a_country_is_one_that_the_resolver_knows():
    wrong = [
        row["text"]
        for row in tables.table("spellings")
        if countries.resolve(row["text"]).iso3 != (row["iso3"],)
    ]
    assert wrong == []


def test_addresses_lie_under_example_org_and_no_number_can_be_dialled(made):
    text = texts(made[0].folder)
    addresses = set(ADDRESS.findall(text))
    assert len(addresses) > 500
    assert {
        address for address in addresses if not re.search(r"[@./]example\.org(?:[/.]|$)", address)
    } == set()
    assert DIALABLE.findall(text) == []
    assert len(re.findall(r"\+000 \d{3} \d{4}", text)) > 50


@pytest.mark.parametrize("number", ["PLUS44 20 7946 0018", "PLUS254720123456", "ZERO049 30 123456"])
def test_a_number_that_can_be_dialled_would_be_noticed(number):
    assert DIALABLE.search(f"call {number} now".replace("PLUS", "+").replace("ZERO", "0"))


def test_every_planted_piece_of_personal_data_is_in_the_sample_once_or_more(made):
    text = texts(made[0].folder)
    assert [piece for piece in sample.planted() if piece not in text] == []


def test_every_file_says_that_it_is_made_up(made):
    folder = made[0].folder / "sample"
    assert (folder / "README.md").read_text().startswith("SAMPLE: NOT REAL ANSWERS\n")
    for name in ("helplines.xlsx", "ai.xlsx"):
        assert b"<dc:title>SAMPLE: NOT REAL ANSWERS</dc:title>" in content(folder / name)["docProps/core.xml"]
    assert "SAMPLE: NOT REAL ANSWERS" in (folder / "poll.csv").read_text()
    marks = [
        mark.strip()
        for mark in next(row for row in tables.table("names") if row["part"] == "marker").values()
    ]
    for name in ("helplines.xlsx", "youth.csv"):
        export = platforms.read(folder / name)
        names = export.rows[
            [place for place, head in enumerate(export.heads) if head.startswith("What is the name")]
        ]
        given = [cell for cell in names.to_numpy().ravel() if cell.strip()]
        assert given and all(any(mark in cell for mark in marks) for cell in given)


def test_the_directory_has_some_300_services_and_several_people_answer_for_a_fifth(made, ingested):
    found = registry.build(ingested, made[0])
    assert 280 <= len(found.services) <= 320
    assert 0.15 <= (found.services["n_responses"] > 1).mean() <= 0.25
    named = ingested.texts.loc[ingested.texts["question"] == "c05_organisation", "response"]
    assert 215 <= found.links.loc[found.links["response"].isin(named), "organisation"].nunique() <= 245


@pytest.mark.parametrize(
    ("strand", "question", "often"),
    [
        ("helplines", "a14", "faster easy_access express_thoughts"),
        ("youth", "b11", "faster easy_access express_thoughts"),
        ("ai", "k19", "faster easy_access express_thoughts"),
        ("poll", "d10", "faster easy_access express_thoughts"),
        ("helplines", "a15", "poor_connection no_access online_risks"),
        ("youth", "b12", "poor_connection no_access online_risks"),
        ("ai", "k20", "poor_connection no_access online_risks"),
    ],
)
def test_what_was_published_is_most_frequent_and_nothing_else_is(ingested, strand, question, often):
    table = ingested.responses[strand]
    shares = {name.split("/")[1]: table[name].mean() for name in table if name.startswith(f"{question}/")}
    assert all(0.5 < shares.pop(option) < 0.85 for option in often.split())
    assert max(shares.values()) < 0.35


@pytest.mark.parametrize(("strand", "question"), [("helplines", "a05"), ("youth", "b04"), ("ai", "k07")])
def test_most_services_use_social_media_messengers_or_an_app(made, ingested, strand, question):
    groups = instrument.read(made[0].strands[strand].instrument).options_of(question)["group"]
    online = groups.index[groups.isin(["social_media", "messenger", "own_app"])]
    answered = ingested.responses[strand][[f"{question}/{option}" for option in online]].dropna()
    assert 0.8 < answered.any(axis=1).mean() < 0.95


def test_governments_matter_to_most_helplines(ingested):
    table = ingested.responses["helplines"]
    assert 0.6 < table["a03"].dropna().isin(["very_important", "essential"]).mean() < 0.75
    assert (
        table["a01"].dropna().isin(["state_run", "state_funded", "state_recognised", "case_by_case"]).mean()
        > 0.6
    )


def test_answers_obey_the_form(ingested):
    """The main answer is one of those chosen, "don't know" stands alone, no one is online too early."""
    checked = 0
    others = {"a06": "a05", "a11_most": "a11_ages"}
    for table in ingested.responses.values():
        mains = {name: name.removesuffix("_main") for name in table if name.endswith("_main")} | others
        for main, question in mains.items():
            chosen = [name for name in table if name.startswith(f"{question}/")]
            for row in table.index[table[main].notna()] if chosen else []:
                ticked = table.at[row, f"{question}/{table.at[row, main]}"]
                assert pd.isna(ticked) or ticked, (main, table.at[row, "response"])
                checked += 1
            if (alone := f"{question}/dont_know") in table:
                assert (table.loc[table[alone].fillna(False), chosen].sum(axis=1) == 1).all()
    assert checked > 8_000
    helplines = ingested.responses["helplines"]
    assert not (helplines["a04_online"] < helplines["a04_began"]).any()
    assert not (helplines["a08_counselling"] > helplines["a08_all"]).any()


def test_corrections_of_other_people_are_kept(made, tmp_path):
    theirs = ["poll.csv", "2", "survey/d02", "x", "y", "heard it", "Ana (example)", "2026-11-25"]
    lines = [corrections.CORRECTIONS, theirs]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "corrections.csv").write_text(text.getvalue())
    sample.write(made[0], tmp_path / "sample")
    kept = pd.read_csv(tmp_path / "sample" / "corrections.csv", dtype=str)
    assert kept.iloc[0].tolist() == theirs
    assert len(kept) == 1 + made[1]["corrected"]


def test_no_service_in_the_tables_is_blank_in_a_language():
    for name in ("names", "sentences"):
        for row in tables.table(name):
            assert all(row[language].strip() for language in ("ar", "zh", "en", "fr", "ru", "es")), row
