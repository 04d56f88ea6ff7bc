"""A short share of the fuzz run (`make fuzz`), with the same cases each time, and what the long runs found."""

import subprocess
import sys
from pathlib import Path

import fuzz
import fuzz_seeds
import pytest
from small_study import csv_of, study_of

from popresearch import ingest, instrument, matching, platforms
from popresearch.faults import BadInput, Fault
from popresearch.wording import ROOT

CASES = 25
PROGRAM = Path(__file__).parent / "fuzz.py"


@pytest.fixture
def run(tmp_path):
    """Run the program in a process of its own, since it forks."""

    def started(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(PROGRAM), "--small", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path)

    return started


def test_damaged_files_are_read_or_refused_with_one_message_and_no_row_is_lost(run):
    done = run("--cases", str(CASES), "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"seed 1: {CASES} cases" in done.stdout and " 0 finds" in done.stdout
    for step in ("family", "ingest", "save"):
        assert int(done.stdout.split(f"{step}: ")[1].split()[0]) > 0, f"nothing was read: {step}"


def test_a_case_is_made_by_its_seed_and_number_alone(tmp_path):
    (tmp_path / "seeds").mkdir()
    for name in ("kobo", "matrix"):
        fuzz_seeds.of_codebook(
            tmp_path / "seeds" / name, fuzz_seeds.CODEBOOK, {}, fuzz_seeds.FIXTURES / "kobo" / "answers.csv"
        )
    made = [
        fuzz.made(tmp_path / "seeds", 5, 3, tmp_path / again)[0].read_bytes() for again in ("one", "other")
    ]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("x"), "KeyError at"),
        (MemoryError(), "MemoryError at"),
        (BadInput("a.csv", [Fault("row 1", "is wrong.", "")]), "a refusal without a remedy"),
        (BadInput("a.csv", []), "a refusal without a place"),
        (
            BadInput("a.csv", [Fault("", f"'{fuzz_seeds.SECRET}' is wrong.", "Mend it.")]),
            "an answer is shown",
        ),
        (
            BadInput(str(ROOT / "a.csv"), [Fault("", "is wrong.", "Mend it.")]),
            "a path of this machine is shown",
        ),
        (BadInput("a.csv", [Fault("", "is wrong.", "Mend it.")] * 1_000), "a message of"),
    ],
)
def test_whatever_is_no_clear_refusal_is_a_find(error, said, tmp_path, monkeypatch):
    fuzz_seeds.of_codebook(
        tmp_path / "seeds" / "kobo", fuzz_seeds.CODEBOOK, {}, fuzz_seeds.FIXTURES / "kobo" / "answers.csv"
    )

    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr("popresearch.platforms.read_family", fails)
    monkeypatch.setattr("popresearch.study.ROOT", None)
    monkeypatch.setattr("popresearch.draft.ROOT", None)
    monkeypatch.setattr(fuzz, "TARGETS", {"export": 1})
    assert said in fuzz.case(tmp_path / "seeds", 1, 1, tmp_path / "root").find


def test_a_file_without_any_column_of_the_instrument_is_kept_whole_and_counted(tmp_path):
    found = ingest.ingest(study_of(csv_of("pigeon | dove\n1 | 2\n3 | 4", tmp_path / "a.csv"), roles={}))
    assert found.accounting[["rows_in", "kept"]].values.tolist() == [[2, 2]]
    assert found.unknown["a.csv"].astype(str).to_numpy().tolist() == [["1", "2"], ["3", "4"]]


def test_what_cannot_be_read_of_a_repeat_is_saved_with_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    codebook = csv_of(fuzz_seeds.BOOK, tmp_path / "codebook.csv")
    export = csv_of("""
        agree | country | children[1]/years | _id | _uuid | _submission_time
        yes   | Kenya   | seven             | 101 | a     | 2022-03-14T14:11:50
    """, tmp_path / "answers.csv")  # fmt: skip
    study = study_of(export, codebook=codebook, roles=fuzz_seeds.REPEAT_ROLES)
    found = ingest.ingest(study)
    row = found.quarantine.iloc[0]
    assert (row["row"], row["question"], row["whole_row"]) == (2, "years", False)
    assert row["place"].endswith("row 2, column C")
    ingest.save(found, study)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,row,question\na.csv,2,wish,surplus\n", "has rows with more cells than there are heads. Put"),
        (
            "file,row,question\na.csv,2,wish\nb.csv,3,wish,surplus\n",
            "is not a table in UTF-8 with commas. Save",
        ),
    ],
)
def test_a_row_too_long_in_our_own_tables_is_said_and_moves_no_cell(text, said, tmp_path):
    (tmp_path / "corrections.csv").write_text(text)
    with pytest.raises(BadInput, match=said):
        instrument.read_table(tmp_path / "corrections.csv")


def test_a_row_too_short_in_our_own_tables_has_blanks(tmp_path):
    (tmp_path / "versions.csv").write_text("was,question\nage\n")
    assert instrument.read_table(tmp_path / "versions.csv").values.tolist() == [["age", ""]]


def test_the_option_other_is_looked_for_once_a_question_however_many_columns_it_has(tmp_path, monkeypatch):
    """An export with 800 option columns took over 20 seconds where each column looked through all options again."""
    asked = instrument.read(ROOT / "data" / "pop" / "instruments" / "ai.xlsx")
    many = [name for name, kind in asked.questions["kind"].items() if kind == "many"]
    heads = [f"{name}/{option}" for name in many for option in asked.options_of(name).index]
    export = platforms.read(
        csv_of(
            "\n".join(" | ".join(row) for row in ([*heads, "_id", "_uuid"], "1" * (len(heads) + 2))),
            tmp_path / "a.csv",
        )
    )
    found, looked = matching.other_option, []
    monkeypatch.setattr(matching, "other_option", lambda form, name: looked.append(name) or found(form, name))
    assert sum(len(columns.how) for columns in matching.match(export, asked).questions.values()) == len(heads)
    assert len(heads) > 200 and len(looked) <= 2 * len(many)
