"""Promises of the run: refuse early, make again what changed and nothing else, show no answer, same bytes."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from popresearch import execution, ledger, parameters, pipeline, rendering
from popresearch.faults import BadInput
from popresearch.pipeline import Step

ANSWER = "they write to me at amina@example.org"
STEPS = (
    Step("1_read", (), ("read",)),
    Step("2_count", ("1_read",)),
    Step("3_tell", ("2_count",), (), ("report",)),
)
PATHS = """
import os, pathlib
root = pathlib.Path(os.environ["POPRESEARCH_ROOT"])
restricted, outputs = root / "data/restricted/pop", root / "outputs/pop"
def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
"""
READ = 'write(restricted / "read/answers.txt", (root / "data/pop/answers.csv").read_text())'
COUNT = 'write(outputs / "tables/n.csv", str(len((restricted / "read/answers.txt").read_text()) // min_cell))'
TELL = 'write(outputs / "report/report.html", "<p>" + (outputs / "tables/n.csv").read_text())'


@dataclass
class Folder:
    """A study as small as it gets, in the folder of a test."""

    root: Path
    name: str = "pop"
    source: str = "sample"
    banner: str = "SAMPLE: NOT REAL ANSWERS"
    topics: dict[str, object] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.root / "data" / "pop"

    @property
    def restricted(self) -> Path:
        return self.root / "data" / "restricted" / "pop"

    @property
    def outputs(self) -> Path:
        return self.root / "outputs" / "pop"

    def files(self) -> list[Path]:
        return [self.folder / "answers.csv"]

    def write(self, name: str, *cells: str, given: str = 'study = "pop"\nlanguage = "en"') -> None:
        tagged = {"cell_type": "code", "source": given, "metadata": {"tags": ["parameters"]}}
        heading = {"cell_type": "markdown", "source": f"# Step {name}", "metadata": {}}
        code = [{"cell_type": "code", "source": source, "metadata": {}} for source in cells]
        for cell in (tagged, *code):
            cell |= {"outputs": [], "execution_count": None}
        book = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [heading, tagged, *code]}
        path = self.root / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(book))

    def run(self, **options: object) -> "Ran":
        lines: list[str] = []
        texts = options.pop("texts", {})
        options = {"steps": STEPS, **options}
        summary = pipeline.run(self, texts, notebooks=self.root / "notebooks", out=lines.append, **options)
        return Ran(summary, "\n".join(lines), list(summary.states.values()))

    def made(self) -> dict[str, bytes]:
        found = [path for path in self.outputs.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.outputs)): path.read_bytes() for path in found}


@dataclass
class Ran:
    """What a run gave: its status, all it printed, and the state of each step in order."""

    status: int
    said: str
    states: list[str]


def new_study(root: Path) -> Folder:
    study = Folder(root)
    study.folder.mkdir(parents=True)
    (study.folder / "answers.csv").write_text("a,b\n")
    study.write("1_read", PATHS, READ, 'print("read", root)')
    study.write("2_count", PATHS, COUNT, given='study = "pop"\nmin_cell = 1  # answers')
    study.write("3_tell", PATHS, TELL)
    return study


@pytest.fixture(scope="module", autouse=True)
def still_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hash a copy of the package, so that someone who edits it meanwhile does not change what is tested."""
    package = tmp_path_factory.mktemp("code") / "popresearch"
    shutil.copytree(ledger.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "PACKAGE", package)
        yield


@pytest.fixture
def study(tmp_path: Path) -> Folder:
    return new_study(tmp_path / "a folder")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    study = new_study(tmp_path_factory.mktemp("finished") / "a folder")
    assert study.run().status == 0
    return study


@pytest.fixture
def done(finished: Folder, tmp_path: Path) -> Folder:
    """A study whose run is finished, moved to another place."""
    shutil.copytree(finished.root, tmp_path / "elsewhere")
    return Folder(tmp_path / "elsewhere")


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(execution, "execute", refuse)


@pytest.fixture
def fake_kernel(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands for kernels: runs the cells in this process, and lists which notebooks ran."""
    ran: list[str] = []

    def execute(notebook: Path, asked: dict, *, root: Path) -> tuple[object, bool]:
        import nbformat

        ran.append(notebook.stem)
        book = nbformat.reads(notebook.read_text(), as_version=4)
        monkeypatch.setenv("POPRESEARCH_ROOT", str(root))
        names: dict[str, object] = {"print": lambda *_: None}
        for cell in book.cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
                names |= asked if "parameters" in cell.metadata.get("tags", []) else {}
        return execution.normalised(book, root)

    monkeypatch.setattr(execution, "execute", execute)
    return ran


def test_an_unknown_parameter_is_refused_before_a_kernel_starts(study: Folder, no_kernel: None) -> None:
    ran = study.run(texts={"min_cel": "5"})
    assert ran.status == 1
    assert "No notebook has a parameter 'min_cel'. Did you mean 'min_cell'?" in ran.said
    assert "They take: language, min_cell, study." in ran.said
    assert ran.states == []
    assert not study.outputs.exists()


def test_all_that_is_wrong_with_the_parameters_is_said_at_once(study: Folder, no_kernel: None) -> None:
    said = study.run(texts={"langage": "fr", "min_cell": "ten", "mni_cell": "10"}).said
    assert "3 problems in parameters" in said
    assert (
        "2_count.ipynb: parameter 'min_cell' takes a whole number, not 'ten'. For example: -p min_cell=1"
        in said
    )


def test_a_notebook_cannot_be_told_of_another_study_than_the_run_is_for(
    study: Folder, no_kernel: None
) -> None:
    assert "'study' is 'pop' in this run and cannot be 'other'" in study.run(texts={"study": "other"}).said


def test_a_step_that_does_not_exist_is_refused(study: Folder, no_kernel: None) -> None:
    assert "There is no step '2_cuont'. Did you mean '2_count'?" in study.run(only=["2_cuont"]).said


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("n = int('3')", "more than a plain value in line 1"),
        ("a = b = 3", "more than a plain value in line 1"),
        ("ok = 1\nimport os", "more than a plain value in line 2"),
        ("n = ", "not Python (line 1)"),
    ],
)
def test_a_parameters_cell_holds_plain_values_only(
    study: Folder, no_kernel: None, cell: str, said: str
) -> None:
    study.write("2_count", given=cell)
    ran = study.run()
    assert ran.status == 1
    assert said in ran.said


@pytest.mark.parametrize("number", [0, 2])
def test_a_notebook_has_exactly_one_parameters_cell(study: Folder, no_kernel: None, number: int) -> None:
    path = study.root / "notebooks" / "3_tell.ipynb"
    book = json.loads(path.read_text())
    book["cells"] = [cell for cell in book["cells"] if not cell["metadata"]] + [book["cells"][1]] * number
    path.write_text(json.dumps(book))
    said = study.run().said
    assert re.search(r"3_tell.ipynb: has (no cell|2 cells) tagged 'parameters'", said)


def test_a_missing_notebook_is_said_before_a_kernel_starts(study: Folder, no_kernel: None) -> None:
    (study.root / "notebooks" / "3_tell.ipynb").unlink()
    assert "3_tell.ipynb: is missing" in study.run().said


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("7", 3, 7),
        (" -7 ", 3, -7),
        ("2", 1.5, 2.0),
        ("no", True, False),
        ("TRUE", False, True),
        ("007", "x", "007"),
        (" a b ", "x", " a b "),
        ("None", None, "None"),
        ('["KEN", "NAM"]', ["UGA"], ["KEN", "NAM"]),
        ("KEN,NAM", [], ["KEN", "NAM"]),
    ],
)
def test_a_text_takes_the_type_of_the_default(text: str, default: object, value: object) -> None:
    got = parameters.converted(text, default)
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "default"), [("3.5", 3), ("", 3), ("nan", 1.5), ("x", 1.5), ("maybe", True), ("[1, x]", [])]
)
def test_a_text_of_another_type_is_refused(text: str, default: object) -> None:
    with pytest.raises(ValueError):
        parameters.converted(text, default)


def test_every_step_of_the_graph_comes_after_what_it_needs() -> None:
    names = [step.name for step in pipeline.STEPS]
    for place, step in enumerate(pipeline.STEPS):
        assert set(step.needs) <= set(names[:place]), step.name


def test_a_second_run_does_nothing(done: Folder, no_kernel: None) -> None:
    before = done.made()
    ran = done.run()
    assert (ran.status, ran.states) == (0, ["unchanged"] * 3)
    assert done.made() == before


def test_two_runs_in_two_places_give_the_same_bytes(finished: Folder, study: Folder) -> None:
    assert study.run().status == 0
    first, second = finished.made(), study.made()
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert "notebooks/1_read.ipynb" in first


def test_nothing_of_this_machine_is_in_what_a_run_makes(finished: Folder) -> None:
    for name, content in finished.made().items():
        for place in (str(finished.root), sys.prefix, str(Path.home()) + "/"):
            assert place.encode() not in content, name
    manifest = json.loads((finished.outputs / "manifest.json").read_text())
    assert manifest["inputs"].keys() == {"data/pop/answers.csv"}
    assert manifest["steps"]["2_count"]["products"].keys() == {
        "outputs/pop/notebooks/2_count.html",
        "outputs/pop/notebooks/2_count.ipynb",
        "outputs/pop/tables/n.csv",
    }


def test_a_changed_byte_of_data_makes_its_steps_again(done: Folder, fake_kernel: list[str]) -> None:
    answers = done.folder / "answers.csv"
    old = answers.stat()
    answers.write_text("a,c\n")
    os.utime(answers, ns=(old.st_atime_ns, old.st_mtime_ns))
    ran = done.run()
    assert fake_kernel == ["1_read", "2_count", "3_tell"]
    assert "changed: data" in ran.said


def test_a_changed_notebook_makes_the_steps_after_it_again_and_no_other(
    done: Folder, fake_kernel: list[str]
) -> None:
    done.write("2_count", PATHS, COUNT + "\n", given='study = "pop"\nmin_cell = 1')
    assert done.run().states == ["unchanged", "done", "done"]
    assert fake_kernel == ["2_count", "3_tell"]


def test_a_parameter_reaches_the_notebooks_that_have_it(done: Folder, fake_kernel: list[str]) -> None:
    assert done.run(texts={"min_cell": "4"}).states == ["unchanged", "done", "done"]
    assert (done.outputs / "tables" / "n.csv").read_text() == "1"
    assert done.run(texts={"min_cell": "4"}).states == ["unchanged"] * 3
    assert done.run().states == ["unchanged", "done", "done"]


@pytest.mark.parametrize(
    ("part", "text"), [("requirements.lock", "pandas==9"), ("data/wording.csv", "key,en\n")]
)
def test_lock_file_and_wording_count_as_inputs(
    done: Folder, fake_kernel: list[str], part: str, text: str
) -> None:
    (done.root / part).write_text(text)
    assert done.run().states == ["done"] * 3


def test_changed_code_makes_every_step_again(
    done: Folder, fake_kernel: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "package"
    shutil.copytree(ledger.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(ledger, "PACKAGE", package)
    assert done.run().states == ["unchanged"] * 3
    style = package / "templates" / "notebook" / "page.css"
    style.write_text(style.read_text() + "p { margin: 0 }")
    assert done.run().states == ["done"] * 3


@pytest.mark.parametrize("product", ["tables/n.csv", "notebooks/2_count.ipynb", "notebooks/2_count.html"])
def test_a_deleted_product_is_made_again(done: Folder, fake_kernel: list[str], product: str) -> None:
    (done.outputs / product).unlink()
    assert done.run().states == ["unchanged", "done", "unchanged"]
    assert (done.outputs / product).exists()


def test_a_product_changed_by_hand_is_made_again(done: Folder, fake_kernel: list[str]) -> None:
    (done.outputs / "tables" / "n.csv").write_text("9999")
    assert done.run().states == ["unchanged", "done", "unchanged"]
    assert (done.outputs / "tables" / "n.csv").read_text() == "4"


def test_a_public_file_that_a_step_no_longer_makes_goes_and_a_restricted_one_stays(
    done: Folder, fake_kernel: list[str]
) -> None:
    done.write(
        "1_read", PATHS, 'write(outputs / "tables/old.csv", "1"); write(restricted / "read/queue.csv", "1")'
    )
    done.run(only=["1_read"])
    done.write("1_read", PATHS, READ)
    assert done.run(only=["1_read"]).states == ["done"]
    assert not (done.outputs / "tables" / "old.csv").exists()
    assert (done.restricted / "read" / "queue.csv").exists()


def test_a_restricted_file_edited_by_a_person_counts_as_a_change(
    done: Folder, fake_kernel: list[str]
) -> None:
    queue = 'path = restricted / "read/queue.csv"; path.exists() or write(path, "?")'
    done.write("1_read", PATHS, READ, queue)
    done.run()
    done.write("1_read", PATHS, queue, READ)
    done.run()
    (done.restricted / "read" / "queue.csv").write_text("yes")
    assert done.run().states == ["done"] * 3
    assert (done.restricted / "read" / "queue.csv").read_text() == "yes"
    assert done.run().states == ["unchanged"] * 3


def test_a_named_step_brings_what_it_needs_and_force_makes_it_again(
    done: Folder, fake_kernel: list[str]
) -> None:
    ran = done.run(only=["2_count"], force=True)
    assert (ran.states, fake_kernel) == (["unchanged", "done"], ["2_count"])


def test_a_run_that_stopped_goes_on_where_it_stopped(study: Folder, fake_kernel: list[str]) -> None:
    study.write("3_tell", "raise KeyboardInterrupt")
    assert study.run().status == 130
    study.write("3_tell", PATHS, TELL)
    assert study.run().states == ["unchanged", "unchanged", "done"]


def test_a_broken_manifest_counts_as_none(done: Folder, fake_kernel: list[str]) -> None:
    (done.outputs / "manifest.json").write_text('{"steps": [')
    assert done.run().states == ["done"] * 3


def test_a_crash_shows_no_answer_and_leaves_nothing_half_written(
    study: Folder, capfd: pytest.CaptureFixture[str]
) -> None:
    crash = f"""
import sys, warnings
from popresearch import files
answer = {ANSWER!r}
write(outputs / "tables/half.csv", answer)
warnings.warn(answer)
os.write(2, answer.encode())
files.sha256(pathlib.Path(answer))
"""
    study.write("1_read", PATHS, crash)
    ran = study.run()
    printed = ran.said + "".join(capfd.readouterr())
    assert ran.status == 1
    assert re.search(
        r"1_read.ipynb stopped in cell 3: FileNotFoundError at popresearch/files.py:\d+\.", printed
    )
    assert "The message is withheld, since it may hold an answer" in printed
    assert "Traceback" not in printed
    assert "amina" not in printed
    assert "they write" not in printed
    assert study.made() == {}


def test_a_crash_keeps_the_last_whole_notebook(done: Folder) -> None:
    before = (done.outputs / "notebooks" / "1_read.ipynb").read_bytes()
    done.write("1_read", f"raise ValueError({ANSWER!r})")
    assert done.run().status == 1
    assert (done.outputs / "notebooks" / "1_read.ipynb").read_bytes() == before


def test_bad_input_is_told_in_its_own_words_and_a_dead_kernel_in_ours(study: Folder) -> None:
    faults = 'faults = [Fault("row 2", "is empty.", "Fill it."), Fault("row 3", "too.", "")]'
    study.write("1_read", f'from popresearch.faults import *; {faults}; raise BadInput("x.csv", faults)')
    ran = study.run()
    assert ran.said.splitlines()[1:] == [
        "2 problems in x.csv:",
        "  1. row 2: is empty. Fill it.",
        "  2. row 3: too.",
    ]
    study.write("1_read", "import os; os._exit(9)")
    assert "1_read.ipynb stopped: its process ended before the last cell" in study.run().said


def test_the_kernel_is_this_python_whatever_kernels_are_installed(
    study: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "jupyter" / "kernels" / "python3"
    other.mkdir(parents=True)
    argv = ["/bin/false", "{connection_file}"]
    (other / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    seen = "write(outputs / 'tables/n.csv', sys.executable + ' ' + popresearch.__file__)"
    study.write("1_read", PATHS, "import sys, popresearch; " + seen, "sys.stderr.write('care' + 'ful')")
    ran = study.run(only=["1_read"])
    assert (
        study.outputs / "tables" / "n.csv"
    ).read_text() == f"{sys.executable} {execution.PACKAGE / '__init__.py'}"
    assert "warnings left out" in ran.said
    assert b"careful" not in b"".join(study.made().values())


def test_finding_out_that_nothing_changed_loads_no_heavy_package() -> None:
    check = (
        "import sys, popresearch.pipeline;"
        "heavy = {'pandas', 'numpy', 'papermill', 'nbformat', 'nbconvert', 'jinja2'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", check], capture_output=True, text=True).stderr == ""


def test_a_page_loads_nothing_and_says_what_it_is(finished: Folder) -> None:
    page = (finished.outputs / "notebooks" / "1_read.html").read_text()
    assert "<title>Step 1_read</title>" in page
    assert "SAMPLE: NOT REAL ANSWERS" in page
    assert "default-src 'none'" in page
    assert re.findall(r"(?:https?:)?//[a-z]|<script|<link|<iframe|@import|url\(|\bsrc=", page) == []


def test_two_pictures_in_a_page_do_not_share_ids_and_keep_their_alternative_text() -> None:
    import nbformat.v4 as v4

    clip = '<clipPath id="clip0"/><g clip-path="url(#clip0)"/>'
    svg = '<?xml version="1.0"?><svg xmlns="x" aria-label="{}">' + clip + "</svg>"
    first = v4.new_output("display_data", {"image/svg+xml": svg.format("Bars"), "text/plain": "x"})
    second = v4.new_output("display_data", {"image/svg+xml": svg.replace(' aria-label="{}"', "")})
    second.metadata = {"image/svg+xml": {"alt": 'A "map"'}}
    page = rendering.page(v4.new_notebook(cells=[v4.new_code_cell("x", outputs=[first, second])]))
    assert re.findall(r'id="(\S+)"/><g clip-path="url\(#(\S+)\)', page) == [
        ("c1-0-clip0",) * 2,
        ("c1-1-clip0",) * 2,
    ]
    assert 'aria-label="Bars"' in page
    assert 'aria-label="A &#34;map&#34;"' in page or 'aria-label="A &quot;map&quot;"' in page
    assert "<?xml" not in page


def test_a_column_of_numbers_is_marked_with_its_heading_and_a_column_with_words_is_not() -> None:
    import nbformat.v4 as v4

    rows = "<tr><th>a</th><th>b</th></tr><tr><td>12</td><td>1,042</td></tr><tr><td>few</td><td>48 %</td></tr>"
    table = v4.new_output("display_data", {"text/html": f"<table>{rows}</table>"})
    page = rendering.page(v4.new_notebook(cells=[v4.new_code_cell("x", outputs=[table])]))
    assert re.findall(r'number"[^>]*>([^<]*)<', page) == ["b", "1,042", "48 %"]


def test_a_page_escapes_what_is_text() -> None:
    import nbformat.v4 as v4

    printed = v4.new_output("stream", name="stdout", text="<script>1</script>")
    cells = [v4.new_markdown_cell("# A & <b>"), v4.new_code_cell("'<i>'", outputs=[printed])]
    page = rendering.page(v4.new_notebook(cells=cells), notice="<u>")
    assert "<script" not in page
    assert "<title>A &amp; &lt;b&gt;</title>" in page
    assert "&lt;u&gt;" in page


def test_links_between_notebooks_lead_to_pages() -> None:
    import nbformat.v4 as v4

    text = "[next](2_registry.ipynb#top), [source](https://example.org/x.ipynb)"
    page = rendering.page(v4.new_notebook(cells=[v4.new_markdown_cell(text)]))
    assert 'href="2_registry.html#top"' in page
    assert 'href="https://example.org/x.ipynb"' in page


def test_bad_input_is_never_raised_by_a_run(study: Folder) -> None:
    with pytest.raises(BadInput):
        pipeline.chosen(STEPS, ["nothing"])
    assert study.run(only=["nothing"]).status == 1
