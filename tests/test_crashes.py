"""Whatever crashes or is killed, and wherever: no answer is printed, none lies about afterwards, and git takes none."""

import csv
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from conftest import elsewhere
from small_study import CODEBOOK, study_of

from popresearch import cli, execution, files, ingest, pipeline, registry, tallies, voices
from popresearch import study as studies
from popresearch.faults import BadInput
from popresearch.pipeline import Step
from popresearch.wording import ROOT

SECRET = "they write to me at amina@example.org"
ROW = {
    "agree": "yes", "age": "13_15", "carer": "", "country": "KEN", "channels": "chat", "topics": "family", "helps": "yes", "times": "3",
}  # fmt: skip
# Step → the stage that crashes; all other stages do nothing.
STAGES = {
    "1_ingest": "ingest.ingest",
    "2_registry": "registry.build",
    "3_estimates": "tallies.tally_study",
    "4_map": "maps.world",
    "5_voices": "voices.open_answers",
    "6_report": "claims.evaluate",
    "cookbook": "estimates.compare",
    "profiles/country": "profiles.profile",
}
# Python reads this before the first cell of a notebook.
CRASHES = f"""
import logging, os, pkgutil, sys, warnings
from unittest.mock import MagicMock
import popresearch
def crash(*_, **__):
    row = {{"age": 12, "answer": {SECRET!r}}}
    print(row)
    print(row, file=sys.stderr, flush=True)
    os.write(1, str(row).encode()), os.write(2, str(row).encode())
    warnings.warn(str(row))
    logging.getLogger().error("%s", row)
    try:
        raise KeyError(row)
    except KeyError as error:
        error.add_note(str(row))
        raise type("Crash", (ValueError,), {{}})(row) from error
for found in pkgutil.iter_modules(popresearch.__path__):
    sys.modules["popresearch." + found.name] = module = MagicMock()
    setattr(popresearch, found.name, module)
module, name = os.environ["POP_CRASH"].split(".")
setattr(getattr(popresearch, module), name, crash)
"""


def holding(place: Path, secret: str = "amina") -> list[str]:
    """Name the files below a folder, hidden ones too, that hold the secret."""
    found = [path for path in place.rglob("*") if path.is_file()]
    return [path.relative_to(place).as_posix() for path in found if secret.encode() in path.read_bytes()]


def left(place: Path) -> list[str]:
    """Name what is half-written below a folder."""
    return [path.name for path in place.rglob(".*") if path.suffix in {files.PART, ".old"}]


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of this process and of those that it starts."""
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr("tempfile.tempdir", None)
    return place


# -- a crash shows no answer


def test_every_step_has_a_stage_that_crashes_here() -> None:
    assert list(STAGES) == [step.name for step in pipeline.STEPS]


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Let every logger speak, as a researcher may who looks for a fault."""
    root, handler = logging.getLogger(), logging.StreamHandler()
    root.addHandler(handler)
    with caplog.at_level(logging.DEBUG):
        yield
    root.removeHandler(handler)


@pytest.mark.parametrize("name", STAGES)
def test_a_crash_in_any_step_shows_no_answer(
    name: str,
    tmp_path: Path,
    scratch: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    everything_logged: None,
) -> None:
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "sitecustomize.py").write_text(CRASHES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "early"))
    monkeypatch.setenv("POP_CRASH", STAGES[name])
    study = elsewhere(studies.load("pop", "sample"), tmp_path / "made")
    status = pipeline.run(study, {}, notebooks=ROOT / "notebooks", steps=[Step(name)])
    said = "".join(capfd.readouterr()) + caplog.text
    assert status == 1 and status.states == {name: "failed"}
    assert f"{Path(name).name}.ipynb stopped in cell" in said
    assert ": Crash.\n" + execution.WITHHELD in said
    assert "amina" not in said and "they write" not in said
    assert holding(tmp_path / "made") == [] == holding(scratch)
    assert list((tmp_path / "made").rglob("*.ipynb")) == []


@pytest.mark.parametrize("error", [ValueError(SECRET), KeyError({"answer": SECRET}), RuntimeError(SECRET, 2)])
def test_a_crash_of_any_command_shows_no_answer(
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> None:
    def command(_: object) -> None:
        answer = SECRET
        warnings.warn(answer, stacklevel=1)
        raise error from ValueError(answer)

    parser = SimpleNamespace(parse_args=lambda _: SimpleNamespace(command=command))
    monkeypatch.setattr(cli, "_parser", lambda: parser)
    assert cli.main([]) == 1
    said = "".join(capfd.readouterr())
    assert f"pop stopped: {type(error).__name__} at popresearch/cli.py:" in said
    assert "amina" not in said and "Traceback" not in said and "they write" not in said
    assert not recwarn.list


def test_an_answer_that_arrives_in_the_wrong_column_is_in_no_message(tmp_path: Path) -> None:
    with CODEBOOK.open(encoding="utf-8", newline="") as file:
        heads = list(dict.fromkeys(row["question"] for row in csv.DictReader(file)))
    for head in heads:
        path = tmp_path / f"{head}.csv"
        row = {name: ROW.get(name, "") for name in heads} | {head: SECRET}
        pd.DataFrame([row]).to_csv(path, index=False)
        study = study_of(path)
        try:
            found = ingest.ingest(study)
            said = str(found.notes) + str(found.faults) + ingest.account(found)
            ingest.require_all(found, study)
        except BadInput as error:
            said += str(error)
        assert "amina" not in said and "they write" not in said, head


def test_bad_input_about_corrections_shows_no_answer(tmp_path: Path) -> None:
    pd.DataFrame([ROW | {"wish": SECRET}]).to_csv(tmp_path / "a.csv", index=False)
    decision = {
        "file": "a.csv",
        "row": 2,
        "question": "wish",
        "expects": "amina " + SECRET,
        "becomes": SECRET,
    }
    decision |= {"reason": SECRET, "decided_by": "amina", "decided_on": "2024-01-01"}
    pd.DataFrame([decision, decision | {"row": 9}]).to_csv(tmp_path / "corrections.csv", index=False)
    with pytest.raises(BadInput, match="line 2: .*\n.*line 3: ") as stop:
        ingest.ingest(study_of(tmp_path / "a.csv"))
    assert "amina" not in str(stop.value) and "they write" not in str(stop.value)


# -- a kill leaves nothing

KILLED = f"""
import os, sys
from pathlib import Path
from popresearch import files
target, secret = Path(sys.argv[1]), {SECRET!r}
die = lambda *_, **__: os.kill(os.getpid(), 9)
"""
MOMENTS = {
    "a folder": 'with files.new_folder(target) as folder: (folder / "a.txt").write_text(secret); die()',
    "a file": "os.replace = die; files.write_text(target, secret)",
    "scratch": 'with files.scratch_folder() as folder: (folder / "a.sav").write_text(secret); die()',
}
AGAIN = {
    "a folder": "with files.new_folder(target): pass",
    "a file": 'files.write_text(target, "new")',
    "scratch": "with files.scratch_folder(): pass",
}


def python(script: str, *arguments: object) -> int:
    return subprocess.run([sys.executable, "-c", script, *map(str, arguments)], cwd=ROOT).returncode


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_a_killed_process_was_writing_is_gone_after_a_restart(
    moment: str, tmp_path: Path, scratch: Path
) -> None:
    target = tmp_path / "restricted" / "made"
    assert python(KILLED + MOMENTS[moment], target) == -signal.SIGKILL
    assert len(holding(tmp_path)) == 1, "nothing was there to be removed"
    assert python(KILLED + AGAIN[moment], target) == 0
    assert holding(tmp_path) == [] == left(tmp_path)
    assert list(scratch.iterdir()) == []


def test_a_kill_between_two_names_does_not_lose_the_folder_that_was_there(tmp_path: Path) -> None:
    target = tmp_path / "made"
    with files.new_folder(target) as folder:
        (folder / "a.txt").write_text("old")
    second = "\nreplace = os.replace\nos.replace = lambda *names: (replace(*names), die())\n"
    assert python(KILLED + second + "with files.new_folder(target): pass", target) == -signal.SIGKILL
    assert not target.exists()
    with pytest.raises(RuntimeError), files.new_folder(target):
        raise RuntimeError
    assert (target / "a.txt").read_text() == "old" and left(tmp_path) == []


def test_what_a_living_process_is_writing_stays(tmp_path: Path, scratch: Path) -> None:
    with files.new_folder(tmp_path / "made") as first, files.scratch_folder() as second:
        assert python(KILLED + AGAIN["a folder"] + "\n" + AGAIN["scratch"], tmp_path / "made") == 0
        with files.new_folder(tmp_path / "made"), files.scratch_folder():
            assert first.exists() and second.exists()


def test_a_run_that_is_killed_while_it_writes_leaves_no_answer_after_the_next(
    tmp_path: Path, scratch: Path
) -> None:
    from test_pipeline import new_study

    study = new_study(tmp_path / "project")
    writing = f"""
import os, pathlib
from popresearch import files
with files.new_folder(pathlib.Path(os.environ["POPRESEARCH_ROOT"]) / "data/restricted/pop/read") as folder:
    (folder / "answers.txt").write_text({SECRET!r}.replace("they", str(n)))
    if n:
        os.kill(os.getppid(), 9)
        os.kill(os.getpid(), 9)
"""
    study.write("1_read", writing, given='study = "pop"\nn = 0')
    run = "import sys; sys.path.insert(0, 'tests'); from pathlib import Path; import test_pipeline as t\n"
    run += (
        "raise SystemExit(t.Folder(Path(sys.argv[1])).run(only=['1_read'], texts={'n': sys.argv[2]}).status)"
    )
    assert python(run, study.root, 1) == -signal.SIGKILL
    assert holding(study.root / "data") and left(study.root)
    assert python(run, study.root, 0) == 0
    assert holding(study.root / "data") == ["restricted/pop/read/answers.txt"] and left(study.root) == []
    assert holding(scratch) == []


# -- data/restricted is its owner's


@pytest.fixture
def open_to_all() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_what_is_written_to_the_restricted_folder_only_its_owner_can_read(
    tmp_path: Path, open_to_all: None
) -> None:
    path = tmp_path / "a.csv"
    pd.DataFrame([ROW | {"wish": SECRET}]).to_csv(path, index=False)
    study = elsewhere(study_of(path), tmp_path)
    study.restricted.mkdir(parents=True)
    answers = ingest.ingest(study)
    built = registry.build(answers, study)
    ingest.save(answers, study)
    registry.save(built, study)
    tallies.save(tallies.tally_study(answers, built, study), study)
    columns = [*voices.QUEUE, "marks"]
    voices.save(pd.DataFrame({name: [SECRET] for name in columns}), study)
    files.write_bytes(study.restricted / "fetched" / "a.csv", b"x")
    files.write_text(study.restricted / "deep" / "er" / "a.txt", SECRET)
    with files.new_folder(study.restricted / "whole") as folder:
        (folder / "in").mkdir()
        (folder / "in" / "a.txt").write_text(SECRET)
    found = [study.restricted, *study.restricted.rglob("*")]
    assert len(found) > 20
    assert {
        path.relative_to(tmp_path).as_posix(): oct(path.stat().st_mode)
        for path in found
        if stat.S_IMODE(path.stat().st_mode) != (0o700 if path.is_dir() else 0o600)
    } == {}


def test_what_is_public_can_be_read_by_all_wherever_the_project_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "restricted" / "project"
    monkeypatch.setattr(files, "ROOT", project)
    files.write_text(project / "outputs" / "a.txt", "1")
    assert stat.S_IMODE((project / "outputs" / "a.txt").stat().st_mode) == 0o644
    files.write_text(project / "data" / "restricted" / "a.txt", "1")
    assert stat.S_IMODE((project / "data" / "restricted").stat().st_mode) == 0o700


# -- git takes no answer


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the rules and hooks of this one, and a file of answers."""
    for variable in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "hooks"))
    place = tmp_path / "clone"
    (place / "data" / "restricted" / "pop").mkdir(parents=True)
    (place / "data" / "restricted" / "pop" / "a.csv").write_text(SECRET)
    for name in (".gitignore", ".pre-commit-config.yaml"):
        shutil.copy(ROOT / name, place)
    subprocess.run(["git", "init", "-q"], cwd=place, check=True)
    return place


def test_git_refuses_the_restricted_folder(clone: Path) -> None:
    added = subprocess.run(["git", "add", "data/restricted/pop/a.csv"], cwd=clone, capture_output=True)
    assert added.returncode == 1
    for path in ("data/restricted/pop/a.csv", "data/restricted/ledger.csv", "data/restricted/x/.a.part/b"):
        assert subprocess.run(["git", "check-ignore", "-q", path], cwd=clone).returncode == 0, path
    subprocess.run(["git", "add", "."], cwd=clone, check=True)
    staged = subprocess.run(["git", "ls-files"], cwd=clone, capture_output=True, text=True).stdout.split()
    assert staged == [".gitignore", ".pre-commit-config.yaml"]


def test_a_hook_stops_answers_that_were_added_by_force(clone: Path) -> None:
    subprocess.run(["git", "add", "."], cwd=clone, check=True)
    hook = [sys.executable, "-m", "pre_commit", "run", "no-answers"]
    assert subprocess.run(hook, cwd=clone, capture_output=True).returncode == 0
    subprocess.run(["git", "add", "-f", "data/restricted/pop/a.csv"], cwd=clone, check=True)
    stopped = subprocess.run(hook, cwd=clone, capture_output=True, text=True)
    assert stopped.returncode == 1 and "Answers of respondents are never committed" in stopped.stdout
    assert "amina" not in stopped.stdout + stopped.stderr
