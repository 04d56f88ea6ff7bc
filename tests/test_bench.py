"""The exports of the benchmark are such as people write, and what is measured is what was asked."""

import sys

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from popresearch import bench, bench_exports, instrument, platforms, study

ROWS = 400


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    for name in ("poll.csv", "again.csv", "poll.parquet"):
        bench_exports.write("poll", ROWS, folder / name)
    bench_exports.write("helplines", ROWS, folder / "helplines.xlsx")
    return folder


def options(strand: str) -> tuple[instrument.Instrument, dict[str, set[str]]]:
    asked = instrument.read(study.load("pop").strands[strand].instrument, strand)
    chosen = asked.questions.index[asked.questions["list"] != ""]
    return asked, {question: set(asked.options_of(question).index) for question in chosen}


def test_the_poll_has_forty_columns_and_is_taken_for_a_kobo_export(exports):
    for name in ("poll.csv", "poll.parquet"):
        export = platforms.read(exports / name)
        assert (export.platform, len(export.heads), len(export.rows)) == ("kobo", 40, ROWS)


def test_the_workbook_of_the_helplines_has_120_columns_with_marks_that_agree_with_the_text(exports):
    export = platforms.read(exports / "helplines.xlsx")
    assert (export.platform, len(export.heads), len(export.rows)) == ("kobo", 120, ROWS)
    rows = export.rows.set_axis(export.heads, axis=1)
    _, known = options("helplines")
    for question in bench_exports.BESIDE:
        for option in known[question]:
            marked = rows[f"{question}/{option}"].map({"1": True, "0": False, "": False})
            assert (marked == rows[question].str.split().map(lambda given, one=option: one in given)).all()


@pytest.mark.parametrize("strand", ["poll", "helplines"])
def test_every_answer_is_an_option_and_some_are_blank(strand, exports):
    export = platforms.read(next(exports.glob(f"{strand}.*[vx]")))
    rows = export.rows.set_axis(export.heads, axis=1)
    asked, known = options(strand)
    assert set(asked.questions.index) <= set(rows.columns)
    for question, codes in known.items():
        given = rows[question].str.split().explode().dropna()
        assert set(given) <= codes, question
    assert 0.02 < (rows[list(known)] == "").to_numpy().mean() < 0.6


def test_responses_take_3_to_20_minutes_on_60_days_and_have_ids_of_their_own(exports):
    rows = pd.read_csv(exports / "poll.csv", dtype=str, keep_default_na=False)
    start, end = pd.to_datetime(rows["start"]), pd.to_datetime(rows["end"])
    assert (end - start).between(pd.Timedelta(minutes=3), pd.Timedelta(minutes=20)).all()
    assert start.dt.date.nunique() == 60
    assert rows["_uuid"].nunique() == ROWS
    assert rows["_uuid"].str.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").all()


def test_the_same_seed_writes_the_same_bytes_and_each_kind_of_file_the_same_answers(exports):
    assert (exports / "poll.csv").read_bytes() == (exports / "again.csv").read_bytes()
    text, typed = (platforms.read(exports / f"poll.{ending}").rows for ending in ("csv", "parquet"))
    answers = range(2, 32)
    assert text[answers].to_numpy().tolist() == typed[answers].to_numpy().tolist()


def test_numbers_of_the_workbook_are_numbers_and_not_text(exports):
    rows = CalamineWorkbook.from_path(exports / "helplines.xlsx").get_sheet_by_index(0).to_python()
    began = [row[rows[0].index("a04_began")] for row in rows[1:]]
    assert {type(cell) for cell in began if cell != ""} == {float}


def test_the_memory_measured_is_that_of_the_command_alone():
    held = np.ones(40_000_000)  # 320 MB of this process
    seconds, little, status = bench.measured([sys.executable, "-c", "pass"])
    _, much, wrong = bench.measured([sys.executable, "-c", "a = b'x' * 200_000_000; raise SystemExit(3)"])
    assert held.sum() > 0
    assert (status, wrong) == (0, 3)
    assert 0 < seconds < 10
    assert little < 100 < 200 < much < 320


def test_a_part_of_the_measurements_can_be_chosen(monkeypatch):
    monkeypatch.setattr(bench, "sizes", lambda say: say("sizes") or 0)
    said = []
    assert bench.main(said.append, ["size"]) == 0
    assert said[1:] == ["sizes"]


def test_a_size_says_seconds_and_memory_of_both_and_removes_the_export(monkeypatch, tmp_path):
    monkeypatch.setattr(
        bench, "measured", lambda command: (6.0, 512.0, 0) if "ingest" in command else (2.0, 256.0, 0)
    )
    line, is_wrong = bench._size("poll", 50, tmp_path / "poll.csv")
    assert line.split() == ["50", "csv", "0", "6.0", "512", "DuckDB", "2.0", "256", "3.0"]
    assert not is_wrong
    assert list(tmp_path.iterdir()) == []
