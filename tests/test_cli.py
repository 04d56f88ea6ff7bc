"""Bad input at the door: one clear message, exit status 1, no traceback, no answer, and nothing half-written."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from popresearch import cli, instrument, platforms, sample
from popresearch.wording import ROOT

STUDY, EXPORTS = "data/pop/study.toml", "data/pop/sample"


@dataclass
class Said:
    """What a command said, and which files differ after it."""

    status: int
    out: str
    err: str
    changed: set[str]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A project of its own: data, notebooks, and something made by an earlier run."""
    folder = tmp_path_factory.mktemp("a root") / "with spaces"
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("restricted"))
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    for name in ("outputs/pop/tables/n.csv", "data/restricted/pop/ingest/texts.parquet"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("from an earlier run")
    return folder


def state(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pop(folder: Path, *words: str) -> Said:
    """Run the command in a process of its own, from another folder than the project's."""
    before = state(folder)
    own = {"POPRESEARCH_ROOT": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "popresearch.cli", *words], capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, **own}, cwd=folder.parent, check=False,
    )  # fmt: skip
    after = state(folder)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return Said(done.returncode, done.stdout, done.stderr, changed)


def cut(name: str, size: int) -> Callable[[Path], None]:
    """Damage a file as a broken download does."""
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def rewrite(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def heads_only(folder: Path) -> None:
    path = folder / EXPORTS / "poll.csv"
    path.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")


def two_encodings(folder: Path) -> None:
    path = folder / EXPORTS / "youth.csv"
    path.write_bytes(path.read_bytes() + "Ответ,é\n".encode("cp1251", "replace") + b"\xff\xfe\x81\x8d\x90\n")


def extra_comma(folder: Path) -> None:
    path = folder / EXPORTS / "youth.csv"
    path.write_text(path.read_text(encoding="utf-8") + "," * 90 + "my secret\n", encoding="utf-8")


def unknown_question(folder: Path) -> None:
    """Make a condition of the form name a question that does not exist."""
    path = folder / "data/pop/instruments/poll.xlsx"
    book = openpyxl.load_workbook(path)
    heads = [cell.value for cell in book["survey"][1]]
    book["survey"].cell(4, heads.index("relevant") + 1).value = "${nix} = 'x'"
    book.save(path)


NOTHING = lambda folder: None  # noqa: E731
CASES = {
    "a missing file": (
        "ingest", lambda folder: (folder / EXPORTS / "poll.csv").unlink(),
        "the exports of study 'pop': data/pop/sample/poll*.csv: does not exist. "
        "Put the export there, or correct 'files' or 'sources' in study.toml.",
    ),
    "a wrong sheet": (
        "ingest", rewrite(STUDY, 'files = ["helplines*.xlsx", "helplines*.csv"]', 'files = ["helplines*.xlsx"]\nsheet = "Answers"'),
        "data/pop/sample/helplines.xlsx: has no sheet 'Answers'; its sheets are: Sheet1. Correct 'sheet' in study.toml.",
    ),
    "an empty export": (
        "ingest", cut(f"{EXPORTS}/poll.csv", 0),
        "data/pop/sample/poll.csv: holds no answers. Export it again; the first row has the questions, the others answers.",
    ),
    "a csv of heads alone": ("ingest", heads_only, "data/pop/sample/poll.csv: holds no answers. Export it again;"),
    "a damaged workbook": (
        "ingest", cut(f"{EXPORTS}/helplines.xlsx", 20_000),
        "data/pop/sample/helplines.xlsx: is damaged or is not what its ending says. Export it again.",
    ),
    "a damaged instrument": (
        "codebook", cut("data/pop/instruments/ai.xlsx", 9_000),
        "data/pop/instruments/ai.xlsx: is damaged or is not a workbook. Export it again",
    ),
    "an instrument that survey platforms refuse": (
        "codebook", unknown_question, "data/pop/instruments/poll.xlsx: ",
    ),
    "letters of another encoding": (
        "ingest", two_encodings, "Save it as 'CSV UTF-8', or give us the .xlsx export.",
    ),
    "an answer cut in two": (
        "ingest", extra_comma,
        ": has more cells than there are heads. An answer may hold a separator without quotation marks; export it again.",
    ),
    "an unknown study": (
        "ingest popp", NOTHING,
        "study 'popp': does not exist. Did you mean 'pop'? Known studies: pop. A new one starts with: pop study init EXPORT --name popp",
    ),
    "an unknown source": (
        "ingest --source samp", NOTHING,
        "data/pop/study.toml: sources: has no source 'samp'. Did you mean 'sample'? Sources: restricted, sample.",
    ),
    "an unknown parameter": ("run -p langauge=fr", NOTHING, "No notebook has a parameter 'langauge'. Did you mean 'language'? They take:"),
    "an unknown language": (
        "run -p language=de", NOTHING, "language 'de': is not one of ar, zh, en, fr, ru, es. Set language to one of them.",
    ),
    "a parameter without a value": ("run -p language", NOTHING, "-p language: has no '='. Write -p name=value."),
    "an unknown step": (
        "run --only 3_estimate", NOTHING, "steps: There is no step '3_estimate'. Did you mean '3_estimates'? Steps: 1_ingest,",
    ),
    "a damaged study.toml": (
        "run", rewrite(STUDY, "[sources]", "[sources"), "data/pop/study.toml: is not valid TOML:",
    ),
    "a misspelled threshold": (
        "run", rewrite(STUDY, "minimum_base", "minimum_bas"),
        "data/pop/study.toml: thresholds: 'minimum_bas' is not known. Did you mean 'minimum_base'? Thresholds: minimum_cell,",
    ),
    "a role of no question": (
        "ingest", rewrite(STUDY, 'country = "c03_main"', 'country = "c03_mian"'),
        "data/pop/sample/helplines.xlsx: role 'country': the instrument has no question 'c03_mian'. "
        "Did you mean 'c03_main'? Correct the role in study.toml.",
    ),
    "a role of no column": (
        "ingest", rewrite(f"{EXPORTS}/youth.csv", "May your organisation", "Might it"),
        "data/pop/sample/youth.csv: role 'on_map': no column answers question 'c02'. Correct the head, or the role in study.toml.",
    ),
    "a correction that no longer fits": (
        "ingest", rewrite(f"{EXPORTS}/corrections.csv", "about 450", "about 451"),
        "data/pop/sample/corrections.csv: line 2: expects a value that is no longer there. "
        "Look at the export again; correct or remove the line.",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def said(root, tmp_path_factory) -> dict[str, Said]:
    """Run all cases, a few at a time, each in a copy of the project."""

    def one(name: str) -> Said:
        words, damage, _ = CASES[name]
        folder = tmp_path_factory.mktemp("case") / "root"
        shutil.copytree(root, folder)
        damage(folder)
        words = [str(folder / word) if word.startswith("data/") else word for word in words.split()]
        return pop(folder, *words)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(CASES, pool.map(one, CASES), strict=True))


@pytest.fixture(scope="module")
def answers() -> set[str]:
    """Whatever respondents wrote in their own words, and what was planted as personal."""
    texts = set(sample.planted())
    for name, strand in {"helplines.xlsx": "helplines", "youth.csv": "youth", "ai.xlsx": "ai"}.items():
        export = platforms.read(ROOT / EXPORTS / name)
        form = instrument.read(ROOT / f"data/pop/instruments/{strand}.xlsx", strand)
        labels = {*form.questions.index[form.questions["kind"] == "text"]}
        labels |= set(form.questions.loc[form.questions["kind"] == "text", "label_en"])
        for column, head in enumerate(export.heads):
            if head.rpartition("/")[2] in labels or head in labels:
                texts |= set(export.rows[column].str.strip())
    return {text for text in texts if len(text) > 5} | {"my secret", "about 450"}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_one_clear_message_with_place_and_remedy(said, name):
    assert CASES[name][2] in said[name].err
    assert len(said[name].err.strip().splitlines()) == 1
    # `pop ingest` prints what became of the files that can be read
    assert said[name].out == "" or (CASES[name][0] == "ingest" and said[name].out.count(" rows in = ") == 3)


@pytest.mark.parametrize("name", CASES)
def test_bad_input_ends_with_status_1_and_no_traceback(said, name):
    assert said[name].status == 1
    assert not re.search(r"Traceback|Error|File \"|/site-packages/|/tmp/", said[name].out + said[name].err)


@pytest.mark.parametrize("name", CASES)
def test_bad_input_changes_no_file(said, name):
    assert said[name].changed == set()


@pytest.mark.parametrize("name", CASES)
def test_bad_input_shows_no_answer(said, answers, name):
    assert len(answers) > 500
    assert [text for text in answers if text in said[name].out + said[name].err] == []


@pytest.fixture(scope="module")
def run_without_poll(root, tmp_path_factory) -> Said:
    """A run that meets bad input inside a notebook."""
    folder = tmp_path_factory.mktemp("run") / "root"
    shutil.copytree(root, folder)
    (folder / EXPORTS / "poll.csv").unlink()
    return pop(folder, "run")


def test_a_run_that_meets_bad_input_in_a_notebook_says_it_once_and_leaves_nothing(run_without_poll):
    assert run_without_poll.status == 1
    assert run_without_poll.err == (
        "the exports of study 'pop': data/pop/sample/poll*.csv: does not exist. "
        "Put the export there, or correct 'files' or 'sources' in study.toml.\n"
    )
    assert "Traceback" not in run_without_poll.out
    assert run_without_poll.out.split()[:2] == ["1_ingest", "failed"]
    assert run_without_poll.changed == set()


@pytest.fixture(scope="module")
def account(root) -> Said:
    return pop(root, "ingest")


def test_ingest_prints_the_account_and_writes_nothing(account):
    assert (account.status, account.err, account.changed) == (0, "", set())
    found = r"(\d+) rows in = (\d+) kept \+ (\d+) refused by rule.*? \+ (\d+) in quarantine"
    rows = [tuple(map(int, row)) for row in re.findall(found, account.out)]
    assert [row[0] for row in rows] == [430, 270, 180, 860]
    assert all(total == sum(parts) for total, *parts in rows)


def test_ingest_shows_no_answer(account, answers):
    assert [text for text in answers if text in account.out] == []


@pytest.mark.parametrize(
    "words", [[], ["fly"], ["run", "--nix"], ["study"], ["study", "init", "a.csv"], ["sample", "--seed", "x"]]
)
def test_words_that_the_parser_cannot_read_end_with_status_2_and_the_usage(words, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("usage: pop")


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    for command in ("run", "sample", "ingest", "codebook", "study"):
        assert re.search(rf"^ +{command} ", out, re.MULTILINE), command


def test_a_stop_from_the_keyboard_ends_with_status_130(monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("popresearch.study.load", stop)
    assert cli.main(["ingest"]) == 130
