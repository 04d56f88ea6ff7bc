"""A folder of hostile files: each gives one clear message, the good files are read all the same, nothing hangs or is half-written."""

import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from small_study import ROLES, csv_of, study_of

from popresearch import cli, ingest
from popresearch.faults import BadInput, listing
from popresearch.wording import ROOT

SECRET = "Amina secret"
LONGEST = 120  # seconds: a file that takes so long hangs
GOOD = """
    Timestamp           | agree | age   | carer | country | channels | times | wish
    2022-03-14 15:12:45 | yes   | 13_15 |       | Kenya   | Phone    | 3     | longer hours
    2022-03-14 15:13:45 | no    | 13_15 |       | Kenya   | Phone    | 4     | longer hours
"""
HEADS = ["agree", "age", "carer", "country", "channels", "times", "wish"]
ROW = ["yes", "13_15", "", "Kenya", "phone", "3", SECRET]
TEXT = ",".join(HEADS) + "\n" + ",".join(ROW) + "\n"


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(path: Path, rows: list[list[str]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def truncated(path: Path) -> None:
    workbook(path, [HEADS, *[ROW] * 500])
    written(path, path.read_bytes()[:3_000])


def bomb(path: Path, member: str) -> None:
    """Pack 3 GB of blanks into 3 MB."""
    piece = b" " * 1_000_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        if path.suffix == ".xlsx":
            file.writestr("xl/workbook.xml", "<workbook/>")
        with file.open(member, "w", force_zip64=True) as inside:
            for _ in range(3_000):
                inside.write(piece)


def small_bomb(path: Path) -> None:
    """Say in the directory of the zip that its gigabyte has ten bytes."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open("a.csv", "w") as inside,
    ):
        for _ in range(1_000):
            inside.write(b" " * 1_000_000)
    raw = bytearray(path.read_bytes())
    place = raw.index(b"PK\x01\x02") + 24
    raw[place : place + 4] = (10).to_bytes(4, "little")
    written(path, bytes(raw))


def link(path: Path) -> None:
    outside = path.parent.parent / "outside"
    outside.mkdir()
    path.symlink_to(written(outside / "a.csv", TEXT))


HOSTILE: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "truncated xlsx": ("cut.xlsx", truncated, "is damaged"),
    "xlsx bomb": ("bomb.xlsx", lambda at: bomb(at, "xl/worksheets/sheet1.xml"), "unpacks to 3.0 GB|unpacks to .* times its size"),
    "zip bomb": ("bomb.zip", lambda at: bomb(at, "a.csv"), "unpacks to 3.0 GB"),
    "zip bomb with a false size": ("false.zip", small_bomb, "is damaged|times its size"),
    "16,385 columns": ("wide.csv", lambda at: written(at, "a," * 16_384 + "b\n1\n"), "row 1: has 16,385 cells; at most 16,384"),
    "10 MB cell": ("long.csv", lambda at: written(at, TEXT + "yes,13_15,,Kenya,phone,3," + SECRET * 900_000), "row 3: has a cell of over"),
    "NUL bytes": ("nul.csv", lambda at: written(at, TEXT + "yes,13_15,,Kenya,phone,3,\0\n"), "row 3: holds NUL bytes"),
    "mixed encodings": (
        "mixed.csv",
        lambda at: written(at, (TEXT + "yes,13_15,,Guinée,phone,3,\n" * 3).encode() + "yes,13_15,,Guinée,phone,3,\n".encode("latin-1") * 3),
        "mixes encodings",
    ),
    "heads alone": ("heads.csv", lambda at: written(at, TEXT.splitlines()[0] + "\n"), "holds no answers"),
    "a web page": ("page.csv", lambda at: written(at, f"<!DOCTYPE html><html>{SECRET}</html>"), "is a web page"),
    "a link out of the folder": ("link.csv", link, "is a link that leads out of its folder"),
    "a link to nothing": ("gone.csv", lambda at: at.symlink_to(at.parent / "nothing.csv"), "does not exist"),
    "an empty file": ("empty.csv", lambda at: written(at, ""), "holds no answers"),
    "an empty workbook": ("empty.xlsx", lambda at: written(at, ""), "is damaged or is not a workbook"),
    "a folder named as a file": ("folder.csv", lambda at: at.mkdir(), "is not a file"),
    "a pipe": ("pipe.csv", os.mkfifo, "is not a file"),
    "no question of consent": ("other.csv", lambda at: written(at, TEXT.replace("agree", "pigeon")), "no column answers question 'agree'"),
    "an answer cut in two": ("cut.csv", lambda at: written(at, TEXT + f"yes,13_15,,Kenya,phone,3,x,{SECRET}\n"), "row 3: has more cells"),
    "a quotation mark left open": ("open.csv", lambda at: written(at, TEXT + f'yes,13_15,,Kenya,phone,3,"{SECRET}\n'), "row 3: has a quot"),
    "not an xlsx": ("text.xlsx", lambda at: written(at, TEXT), "is damaged or is not a workbook"),
    "no ending": ("answers", lambda at: written(at, TEXT), "has no ending"),
}  # fmt: skip


def folder_with(folder: Path, *names: str) -> list[Path]:
    """A folder of exports with one good file; gives all paths, the good file in the middle."""
    folder.mkdir()
    bad = [folder / HOSTILE[name][0] for name in names]
    for path, name in zip(bad, names, strict=True):
        HOSTILE[name][1](path)
    place = len(bad) // 2
    return [*bad[:place], csv_of(GOOD, folder / "good.csv"), *bad[place:]]


RUN = """
import sys; sys.path[:0] = [{tests!r}, {root!r}]
import signal
from pathlib import Path
signal.alarm({seconds})
from small_study import study_of
from popresearch import ingest
from popresearch.faults import listing
found = ingest.ingest(study_of(*map(Path, sys.argv[1:])))
print(found.accounting["kept"].tolist(), len(found.faults))
print(ingest.account(found))
print(listing("the exports", found.faults))
peak = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")] if sys.platform == "linux" else []
print("peak", peak[0].split()[1] if peak else 0, file=sys.stderr)
"""


def in_a_process(paths: list[Path], **options: object) -> subprocess.CompletedProcess[str]:
    """Ingest in a process of its own, which an alarm ends."""
    code = RUN.format(tests=str(Path(__file__).parent), root=str(ROOT), seconds=LONGEST)
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * LONGEST,
        **options,
    )


@pytest.fixture(scope="module")
def all_at_once(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("hostile") / "ملف أ  exports"
    return folder, in_a_process(folder_with(folder, *HOSTILE))


def test_the_good_file_among_all_hostile_ones_is_read(all_at_once):
    _, done = all_at_once
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == f"[1] {len(HOSTILE)}"
    assert (
        "good.csv (google_forms): 2 rows in = 1 kept + 1 refused by rule (1 no consent) + 0 in quarantine"
        in done.stdout
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_each_hostile_file_gives_one_message_with_its_name_and_a_remedy(name, all_at_once):
    file, _, said = HOSTILE[name]
    lines = [
        line for line in all_at_once[1].stdout.splitlines() if re.match(rf"  \d+\. {re.escape(file)}\b", line)
    ]
    assert len(lines) == 1
    assert re.search(said, lines[0])
    assert re.search(r"\. [A-Z][^.]* [^.]*.*\.$", lines[0]), "the remedy is a sentence of its own"


def test_no_answer_and_no_traceback_is_in_what_hostile_files_make_us_say(all_at_once):
    _, done = all_at_once
    assert SECRET not in done.stdout + done.stderr
    assert "Amina" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr and "panicked" not in done.stderr


def test_hostile_files_take_little_memory_and_leave_nothing_behind(all_at_once):
    folder, done = all_at_once
    assert int(done.stderr.split("peak ")[1].split()[0]) < 1_000_000  # kB
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*(name for name, *_ in HOSTILE.values()), "good.csv"]
    )
    assert sorted(path.name for path in folder.parent.iterdir()) == ["outside", folder.name]


@pytest.mark.parametrize("name", ["a pipe", "truncated xlsx", "NUL bytes"])
def test_a_hostile_file_alone_is_one_message(name, tmp_path):
    bad = tmp_path / HOSTILE[name][0]
    HOSTILE[name][1](bad)
    with pytest.raises(BadInput, match=HOSTILE[name][2]) as error:
        ingest.ingest(study_of(bad))
    assert "\n" not in str(error.value) and SECRET not in str(error.value)


def test_a_zip_whose_member_points_out_of_it_writes_nothing_there(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(folder / "up.zip", "w") as file:
        file.writestr("../../evil.csv", TEXT)
    before = set(tmp_path.rglob("*"))
    found = ingest.ingest(study_of(folder / "up.zip"))
    assert set(tmp_path.rglob("*")) == before
    assert found.accounting["kept"].tolist() == [1]


def test_a_formula_is_text_and_is_not_run(tmp_path):
    formula = "=cmd|'/C touch x'!A1"
    rows = [HEADS, [*ROW[:-1], formula], [*ROW[:-2], "=1+1", "x"]]
    for path in (written(tmp_path / "a.csv", "\n".join(",".join(row) for row in rows)), tmp_path / "b.xlsx"):
        if path.suffix == ".xlsx":
            book = openpyxl.Workbook()
            for row in rows:
                book.active.append(row)
            for cell in (
                cell for row in book.active.iter_rows() for cell in row if str(cell.value).startswith("=")
            ):
                cell.data_type = "s"
            book.save(path)
        found = ingest.ingest(study_of(path))
        assert found.texts["text"].tolist() == [formula, "x"]
        assert found.responses["poll"]["times.state"].tolist() == ["answered", "unreadable"]


def test_a_head_that_stands_twice_loses_no_answer(tmp_path):
    rows = "agree,country,wish,wish,colour,colour\nyes,Kenya,,more,red,blue\nyes,Kenya,less,,red,blue\n"
    found = ingest.ingest(study_of(written(tmp_path / "a.csv", rows), roles={"consent": "agree"}))
    assert found.texts["text"].tolist() == ["less"]
    unknown = found.unknown["a.csv"]
    assert unknown.columns.tolist() == ["wish (column 4)", "colour (column 5)", "colour (column 6)"]
    assert unknown.astype(str).to_numpy().tolist() == [["more", "red", "blue"], ["", "red", "blue"]]
    assert (
        "column 'wish' is unknown to the instrument and was not read; it is in quarantine, whole"
        in ingest.account(found)
    )
    assert found.accounting["kept"].tolist() == [2]


def test_a_path_with_blanks_and_arabic_letters_is_read_and_named(tmp_path):
    folder = tmp_path / "إجابات  2026"
    folder.mkdir()
    found = ingest.ingest(
        study_of(csv_of(GOOD, folder / "ملف أ.csv"), workbook(folder / "ب ج.xlsx", [HEADS, ROW]))
    )
    assert found.accounting[["file", "kept"]].values.tolist() == [["ملف أ.csv", 1], ["ب ج.xlsx", 1]]


def test_a_file_that_cannot_be_read_to_its_end_is_not_read_at_all(tmp_path):
    """The fault stands far behind the rows from which the layout is recognised."""
    text = TEXT + ",".join(ROW) + "\n"
    path = written(
        tmp_path / "a.csv",
        text * 1 + "yes,13_15,,Kenya,phone,3,x\n" * 200_000 + 'yes,13_15,,Kenya,phone,3,"x\n',
    )
    found = ingest.ingest(study_of(path, csv_of(GOOD, tmp_path / "good.csv")))
    assert found.accounting["file"].tolist() == ["good.csv"]
    assert [fault.place for fault in found.faults] == ["a.csv: row 200004"]
    assert set(found.texts["text"]) == {"longer hours"}


def test_a_repeat_that_cannot_be_read_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(
            "form.csv",
            "SubmissionDate,agree,country,times,KEY\n2022-03-14T14:11:50.000Z,yes,Kenya,3,uuid:1\n",
        )
        file.writestr(
            "form-children.csv", f"nick,PARENT_KEY,KEY\n{SECRET},uuid:1,uuid:1/children[1],surplus\n"
        )
    found = ingest.ingest(
        study_of(tmp_path / "a.zip", csv_of(GOOD, tmp_path / "good.csv"), roles={"consent": "agree"})
    )
    said = listing("the exports", found.faults)
    assert "form-children.csv" in said and "row 2: has more cells" in said
    assert SECRET not in said + ingest.account(found)
    assert "good.csv" in found.accounting["file"].tolist()


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A project whose study reads a good file and a bad one."""
    folder = tmp_path / "data" / "tiny"
    (folder / "in").mkdir(parents=True)
    (folder / "codebook.csv").write_bytes((Path(__file__).parent / "fixtures" / "codebook.csv").read_bytes())
    roles = ", ".join(f'{role} = "{name}"' for role, name in ROLES.items())
    (folder / "study.toml").write_text(
        'title = {en = "Tiny"}\nsource = "in"\nsources = {in = "in"}\n'
        f'[strands.poll]\ninstrument = "codebook.csv"\nfiles = ["*.*"]\nroles = {{{roles}}}\n'
    )
    csv_of(GOOD, folder / "in" / "good.csv")
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    return folder / "in"


def test_pop_ingest_prints_the_account_and_ends_with_1_where_a_file_could_not_be_read(project, capsys):
    assert cli.main(["ingest", "tiny"]) == 0
    assert capsys.readouterr().err == ""
    written(project / "bad.csv", f"<html>{SECRET}")
    assert cli.main(["ingest", "tiny"]) == 1
    said = capsys.readouterr()
    assert "2 rows in = 1 kept + 1 refused by rule" in said.out and "bad.csv: is a web page" in said.err
    assert SECRET not in said.out + said.err


def test_pop_ingest_of_nothing_but_hostile_files_is_bad_input(project, capsys):
    (project / "good.csv").unlink()
    written(project / "bad.csv", "<html>")
    assert cli.main(["ingest", "tiny"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "bad.csv: is a web page" in said.err


def test_an_interrupted_save_leaves_the_earlier_one_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    tiny = study_of(csv_of(GOOD, tmp_path / "answers.csv"))
    found = ingest.ingest(tiny)
    folder = ingest.save(found, tiny)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="No space"):
        ingest.save(found, tiny)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_no_cell_of_any_value_reaches_the_account(tmp_path):
    """Messages name heads, rows and options of the form; never what somebody wrote."""
    rows = [
        [SECRET] * len(HEADS),
        ["yes", *[SECRET] * 6],
        ["yes", "13_15", SECRET, "Kenya", SECRET, SECRET, SECRET],
    ]
    buffer = io.StringIO()
    pd.DataFrame(rows, columns=HEADS).to_csv(buffer, index=False)
    found = ingest.ingest(study_of(written(tmp_path / "a.csv", buffer.getvalue())))
    assert (
        SECRET
        not in ingest.account(found)
        + found.accounting.to_csv()
        + found.columns.to_csv()
        + found.ledger.to_csv()
    )
