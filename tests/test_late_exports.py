"""Exports that come one after the other, and files that lead nowhere: what was once read wrongly, each as a test."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_study import csv_of, study_of
from test_duplicates import AGAIN, counts, ingested, written
from test_hostile import GOOD, HEADS, LONGEST, ROW, RUN, TEXT, workbook
from test_hostile import written as file_of
from test_repeats import BOOK, INLINE
from test_repeats import ingested as with_children

from popresearch import ingest
from popresearch.wording import ROOT


def test_one_unfinished_response_without_a_time_does_not_double_all_the_others(tmp_path):
    """Times are read by one way where all are alike, and by another where one is blank: both must say the same."""
    heads = "id._.ID | submitdate._.x | agree._.x | country._.x | times._.x"
    first = f"{heads}\n4 | 2022-03-14 15:11:45 | yes | Kenya | 1\n5 | 2022-03-15 15:11:45 | yes | Kenya | 2"
    found = ingested(tmp_path, first=first, second=f"{first}\n7 | | yes | Kenya | 5")
    assert counts(found) == [{"rows_in": 2, "kept": 2}, {"rows_in": 3, "kept": 1, AGAIN: 2}]


def test_a_response_finished_after_the_first_export_is_known_again(tmp_path):
    """LimeSurvey gives no submission date before; its start date stands from the beginning."""
    first = written("limesurvey", 1, 2).replace("2022-03-15 15:11:45", "").replace("2 | more", "2 |")
    found = ingested(tmp_path, first=first, second=written("limesurvey", 1, 2))
    assert counts(found)[1] == {"rows_in": 2, AGAIN: 1, "quarantined": 1}


def test_who_withdraws_consent_before_the_second_export_is_not_kept_from_the_first(tmp_path):
    second = written("odk", 1, 2).replace(
        "yes | 13_15 | Kenya | phone chat | 2", "no | 13_15 | Kenya | phone chat | 2"
    )
    found = ingested(tmp_path, first=written("odk", 1, 2), second=second)
    assert found.responses["poll"]["times"].tolist() == [1]


UUID = "uuid:0a1b2c3d-0000-4000-8000-000000000001"
STARTED = {
    "odk": ("SubmissionDate | start | end | agree | country | times | wish | KEY",
            f"2022-03-14T14:11:50Z | 2022-03-14T14:01:01Z | 2022-03-14T14:01:02Z | yes | Kenya | 1 | x | {UUID}"),
    "limesurvey": ("id._.i | submitdate._.x | startdate._.x | datestamp._.x | agree._.x | country._.x | times._.x | wish._.x",
                   "1 | 2022-03-14 15:01:02 | 2022-03-14 15:01:01 | 2022-03-14 15:01:02 | yes | Kenya | 1 | x"),
}  # fmt: skip


@pytest.mark.parametrize("platform", STARTED)
def test_start_and_end_are_told_apart_where_the_end_stands_first(platform, tmp_path):
    found = ingest.ingest(
        study_of(csv_of("\n".join(STARTED[platform]), tmp_path / "answers.csv"), roles={"consent": "agree"})
    )
    assert found.responses["poll"]["too_fast"].tolist() == [True]


def test_a_response_that_speaks_of_its_children_alone_has_answered_something(tmp_path):
    text = INLINE.replace("Kenya | 9 | Bo", "Kenya | | Bo")
    found = with_children(csv_of(BOOK, tmp_path / "codebook.csv"), csv_of(text, tmp_path / "answers.csv"))
    assert "Bo" in found.repeats["poll/children"]["nick"].tolist()


def locked_workbook(path: Path) -> None:
    """Write the beginning of what Excel writes with a password: an old container that holds the stream EncryptedPackage."""
    name = "EncryptedPackage".encode("utf-16-le")
    sector = bytearray(512)
    sector[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    sector[24:34] = bytes([0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0])
    sector[44:48] = (1).to_bytes(4, "little")
    sector[48:52] = (1).to_bytes(4, "little")
    sector[56:60] = (4096).to_bytes(4, "little")
    sector[60:64] = sector[68:72] = b"\xfe\xff\xff\xff"
    sector[76:512] = b"\0\0\0\0" + b"\xff" * 432
    fat = b"\xfd\xff\xff\xff\xfe\xff\xff\xff" + b"\xff" * 504

    def entry(title: bytes, kind: int, child: int) -> bytes:
        one = bytearray(128)
        one[: len(title)] = title
        one[64:66] = (len(title) + 2).to_bytes(2, "little")
        one[66], one[67] = kind, 1
        one[68:80] = b"\xff" * 8 + child.to_bytes(4, "little", signed=True)
        one[116:120] = b"\xfe\xff\xff\xff"
        return bytes(one)

    directory = entry("Root Entry".encode("utf-16-le"), 5, 1) + entry(name, 2, -1) + entry(b"", 0, -1) * 2
    file_of(path, bytes(sector) + fat + directory)


LOCKED = {
    "a workbook with a password": ("locked.xlsx", locked_workbook, "is locked with a password"),
    "a link to itself": ("self.csv", lambda at: at.symlink_to(at), "does not exist"),
}


@pytest.mark.parametrize("name", LOCKED)
def test_what_is_locked_or_leads_nowhere_says_so(name, tmp_path):
    file, make, said = LOCKED[name]
    make(tmp_path / file)
    found = ingest.ingest(study_of(tmp_path / file, csv_of(GOOD, tmp_path / "good.csv")))
    assert [bool(re.search(said, fault.what)) for fault in found.faults] == [True]
    assert found.accounting["file"].tolist() == ["good.csv"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend a file that another user may not read")
def test_a_file_that_may_not_be_read_is_one_message(tmp_path):
    """As root everything may be read, so a process without root's right to it looks."""
    paths = [
        file_of(tmp_path / "shut.csv", TEXT),
        workbook(tmp_path / "shut.xlsx", [HEADS, ROW]),
        csv_of(GOOD, tmp_path / "good.csv"),
    ]
    for path in paths[:2]:
        path.chmod(0)
    code = RUN.format(tests=str(Path(__file__).parent), root=str(ROOT), seconds=LONGEST)
    done = subprocess.run(
        ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", sys.executable, "-c", code, *map(str, paths)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[:1] == ["[1] 2"], done.stderr
    assert done.stdout.count("may not be read") == 2
