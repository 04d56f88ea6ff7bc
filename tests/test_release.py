"""Promises of the release: only what passed the gate, no identifiers, no formulas, every table labelled and marked as sample."""

import csv
import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest
from conftest import Run, elsewhere
from paper import table

from popresearch import files, labels, opendata, release
from popresearch import study as studies
from popresearch.disclosure import FEW
from popresearch.faults import BadInput
from popresearch.wording import LANGUAGES

BANNER = "SAMPLE: NOT REAL ANSWERS"


@pytest.mark.parametrize("column", sorted(release.IDENTIFIERS))
def test_a_table_with_a_respondent_a_name_or_a_text_is_refused(
    sample: Run, tmp_path: Path, column: str
) -> None:
    study = elsewhere(sample.study, tmp_path)
    microdata = pd.DataFrame({column: ["r1"], "count": [1]})
    with pytest.raises(BadInput, match=column) as refused:
        release.write("estimates", {"fine": pd.DataFrame({"count": [7]}), "wrong": microdata}, study)
    assert "r1" not in str(refused.value)
    assert not study.outputs.exists(), "all tables or none"


def test_estimates_that_did_not_pass_the_gate_are_refused(sample: Run) -> None:
    passed, counts = sample.passed
    with pytest.raises(ValueError, match="gate"):
        release.tables(sample.estimates, counts, sample.study, "en")
    with pytest.raises(ValueError, match="gate"):
        release.tables(passed, sample.responses, sample.study, "en")


def test_hidden_rows_hold_no_number(sample: Run) -> None:
    for name in ("estimates", "responses", "coverage", "channels_by_system"):
        rows = sample.tables[name]
        hidden = rows[~rows["status"].isin(["shown", "no responses"])]
        own = ("count", "responses", "share", "low", "high", "n_effective", "n_countries", "n_organisations")
        numbers = [column for column in rows if column.startswith(own)]
        assert numbers and (len(hidden) or name == "channels_by_system"), name
        assert hidden[numbers].isna().all(axis=None)
    estimates = sample.tables["estimates"]
    assert not ((estimates["level"] == "country") & (estimates["status"] == FEW)).any()


def test_text_that_a_spreadsheet_would_run_is_escaped(sample: Run, tmp_path: Path) -> None:
    study = elsewhere(sample.study, tmp_path)
    texts = ["=1+1", "+41", "-3", "@cmd", "\tx", "a=b"]
    release.write("estimates", {"labels": pd.DataFrame({"option_label": texts, "share": [-0.5] * 6})}, study)
    written = pd.read_csv(study.outputs / "tables/estimates/labels.csv", comment="#", dtype=str)
    assert written["option_label"].tolist() == ["'=1+1", "'+41", "'-3", "'@cmd", "'\tx", "a=b"]
    assert written["share"].tolist() == ["-0.5"] * 6, "a number stays a number"


def test_every_csv_of_the_sample_begins_with_the_banner(sample: Run) -> None:
    found = [path for path in sorted(sample.released.rglob("*.csv")) if path.name != "boundary_policy.csv"]
    assert len(found) >= 10
    for path in found:
        assert path.read_text(encoding="utf-8").splitlines()[0] == f"# {BANNER}"


def test_real_answers_carry_no_banner(sample: Run, tmp_path: Path) -> None:
    study = elsewhere(dataclasses.replace(studies.load("pop", "restricted")), tmp_path)
    release.write("estimates", {"hidden": pd.DataFrame({"cells": [7]})}, study)
    assert (study.outputs / "tables/estimates/hidden.csv").read_text() == "cells\n7\n"


def test_csv_and_parquet_hold_the_same(sample: Run) -> None:
    for path in sorted(sample.released.glob("tables/*/*.parquet")):
        rows = pd.read_parquet(path)
        written = pd.read_csv(path.with_suffix(".csv"), comment="#", dtype=str, keep_default_na=False)
        assert list(written) == list(rows) and len(written) == len(rows)
        for name in rows.select_dtypes("number"):
            numbers = pd.to_numeric(written[name]).to_numpy(dtype=float, na_value=float("nan"))
            pd.testing.assert_series_equal(
                pd.Series(numbers), rows[name].astype(float).reset_index(drop=True), check_names=False
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_has_its_labels_in_six_languages(sample: Run, language: str) -> None:
    few = sample.tables["estimates"].drop_duplicates(["strand", "question", "option"]).iloc[::3]
    places = sample.tables["coverage"].drop_duplicates("place")
    named = labels.labelled(few, sample.study, language)
    for rows, columns in (
        (named, ["system_label", "question_label", "option_label", "place_label"]),
        (labels.labelled(places, sample.study, language), ["place_label"]),
    ):
        assert rows[columns].map(lambda text: isinstance(text, str) and text.strip() != "").all(axis=None)
    english = sample.tables["estimates"].loc[few.index, "question_label"]
    if language in ("ar", "zh", "ru"):
        assert not named["question_label"].eq(english).any()


def test_bands_and_rollups_have_readable_labels(sample: Run) -> None:
    rows = (
        sample.tables["estimates"].drop_duplicates(["question", "option"]).set_index(["question", "option"])
    )
    assert rows.at[("a07", "25_49"), "option_label"] == "25–49"
    assert rows.at[("a08_all", "100000_"), "option_label"] == "100\u202f000+"
    assert rows.at[("a05.kind", "social_or_app"), "option_label"] != "social_or_app"


def test_a_wrong_name_of_a_table_is_answered_with_the_right_one(sample: Run) -> None:
    assert sample.released
    with pytest.raises(BadInput, match="Did you mean 'coverage'"):
        release.table("coverge", sample.study)


def test_coverage_speaks_of_every_country_and_tells_hidden_from_none(sample: Run) -> None:
    rows = sample.tables["coverage"]
    assert len(rows) == 249 and rows["place"].is_unique
    heard = set(sample.responses.query("level == 'country'")["place"])
    assert set(rows.loc[rows["status"] != "no responses", "place"]) == heard
    assert {"shown", "hidden", "no responses"} == set(rows["status"])
    assert rows["responses"].notna().eq(rows["status"] == "shown").all()


def test_the_release_says_what_rules_it_was_made_with(sample: Run) -> None:
    about = json.loads((sample.released / "tables/estimates/release.json").read_text(encoding="utf-8"))
    assert about["banner"] == BANNER
    assert about["minimum_cells"] == {"helplines": 5, "youth": 5, "ai": 5, "poll": 10}
    assert about["thresholds"]["minimum_base"] == 20


def test_open_data_describe_themselves(sample: Run, tmp_path: Path) -> None:
    assert sample.released
    folder = opendata.write(sample.study)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert BANNER in package["description"]
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.csv")}
    assert found == {resource["path"] for resource in package["resources"]}
    kinds = {
        "integer": int,
        "number": float,
        "string": str,
        "boolean": lambda text: {"True": 1, "False": 0}[text],
    }
    for resource in package["resources"]:
        path = folder / resource["path"]
        assert resource["hash"] == f"sha256:{files.sha256(path)}" and resource["bytes"] == path.stat().st_size
        with path.open(encoding="utf-8", newline="") as file:
            assert file.readline().startswith(resource["dialect"]["commentChar"])
            rows = list(csv.reader(file))
        fields = resource["schema"]["fields"]
        assert rows[0] == [field["name"] for field in fields]
        for row in rows[1:200]:
            for text, field in zip(row, fields, strict=True):
                assert text in resource["schema"]["missingValues"] or kinds[field["type"]](text) is not None


def test_largest_shares_are_those_that_may_be_shown(sample: Run) -> None:
    assert sample.released
    rows = release.largest(sample.study, most=2)
    assert len(rows) and set(rows["verdict"]) <= {"show", "caution"}
    assert rows.groupby(["topic", "system_label"]).size().max() <= 2


def test_paper_tables_read_what_stands_on_them() -> None:
    rows = table("a | b\nx | –\n | 2")
    assert rows["a"].tolist() == ["x", ""] and rows["b"].isna().tolist() == [True, False]
