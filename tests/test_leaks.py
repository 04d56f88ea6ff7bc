"""What must not leave: every file that a run of the sample writes, and every notebook in git, is searched for what was planted.

The sample carries made-up personal data in its answers, contacts and metadata (`popresearch.sample.planted`); so a leak shows.
"""

import functools
import html
import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from conftest import Run
from pyarrow import parquet

from popresearch import ingest, registry
from popresearch import sample as made_up
from popresearch.sample.tables import table
from popresearch.wording import ROOT

BANNER = "SAMPLE: NOT REAL ANSWERS"
ADDRESSES = {"cop@itu.int", "srsg-vac@un.org"}  # POP's own, public
LOOKED_AT = 8  # characters
WITH_BANNER = {".html", ".svg", ".csv", ".ipynb", ".json"}


def committed() -> list[Path]:
    """What git knows of in outputs/: the rendered notebooks and the map."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "outputs"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.fixture(scope="module")
def texts(sample: Run) -> dict[Path, str]:
    """Every file that leaves, as text; copies once. Of Parquet files the metadata: their cells are those of the CSV files."""
    found = [path for path in sample.published.rglob("*") if path.is_file()] + committed()
    assert {path.suffix for path in found} >= WITH_BANNER | {".parquet"}
    assert len(found) > 50
    once = {path.read_bytes(): path for path in reversed(found)}
    return {path: text_of(path) for path in once.values()}


def text_of(path: Path) -> str:
    """What a reader of the file can read: entities and escapes undone."""
    if path.suffix == ".parquet":
        return str(parquet.read_schema(path).metadata)
    text = html.unescape(path.read_text(encoding="utf-8"))
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text).replace('\\"', '"')


@functools.cache
def beginnings(texts: tuple[str, ...]) -> set[str]:
    """All runs of LOOKED_AT characters in the texts, so that thousands of secrets can be looked up at once."""
    return {text[place : place + LOOKED_AT] for text in texts for place in range(len(text) - LOOKED_AT + 1)}


def leaks(texts: dict[Path, str], secrets: list[str]) -> list[str]:
    """Name the files that hold one of the secrets."""
    secrets = sorted({secret for secret in secrets if secret})
    assert secrets, "nothing to look for"
    known = beginnings(tuple(texts.values()))
    likely = [secret for secret in secrets if len(secret) < LOOKED_AT or secret[:LOOKED_AT] in known]
    return sorted({path.name for path, text in texts.items() for secret in likely if secret in text})


def test_the_search_finds_what_is_there(texts: dict[Path, str], tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>write to Jo O&#39;Neill &amp; co</p>")
    (tmp_path / "b.json").write_text('{"text": "\\u0438\\u043c\\u044f \\"quoted words\\""}')
    read = {path: text_of(path) for path in sorted(tmp_path.iterdir())}
    assert leaks(read, ["Jo O'Neill & co"]) == ["a.html"]
    assert leaks(read, ["имя"]) == ["b.json"] == leaks(read, ['"quoted words"'])
    assert leaks(read, ["Jo O'Neill & Sons"]) == []
    assert len(leaks(texts, [BANNER])) > 20


def test_no_planted_personal_datum_leaves(texts: dict[Path, str]) -> None:
    assert len(made_up.planted()) > 400
    assert leaks(texts, made_up.planted()) == []


def test_what_was_planted_was_really_in_the_answers(sample: Run) -> None:
    answers = " ".join(sample.ingested.texts["text"])
    assert sum(secret in answers for secret in made_up.planted()) > 10


def test_no_identifier_of_a_response_leaves(sample: Run, texts: dict[Path, str]) -> None:
    responses = pd.concat(sample.ingested.responses.values())["response"].astype(str)
    links = sample.registry.links
    identifiers = [*responses, *links["service"], *links["organisation"]]
    assert min(map(len, identifiers)) > 8, "shorter ones would be found everywhere"
    assert leaks(texts, identifiers) == []


def test_no_sentence_of_an_open_answer_leaves(sample: Run, texts: dict[Path, str]) -> None:
    sentences = [
        *sample.open_answers["text"],
        *sample.ingested.texts["text"],
        *(row["text"] for row in table("personal")),
    ]
    long = [text for text in sentences if len(text) > 15]
    assert len(long) > 100
    assert leaks(texts, long) == []


def test_no_name_of_a_service_or_an_organisation_leaves(sample: Run, texts: dict[Path, str]) -> None:
    kinds = ("service", "organisation", "address", "contact")
    roles = {(name, own.roles.get(kind)) for name, own in sample.study.strands.items() for kind in kinds}
    named = sample.ingested.texts
    keep = [pair in roles for pair in zip(named["strand"], named["question"], strict=True)]
    names = {text for text in named.loc[keep, "text"] if len(text) > 5}
    assert len(names) > 100
    assert leaks(texts, sorted(names)) == []


def test_no_mail_address_but_those_of_pop_leaves(texts: dict[Path, str]) -> None:
    address = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
    found = {
        each for path, text in texts.items() if path.suffix != ".parquet" for each in address.findall(text)
    }
    assert found == ADDRESSES


def test_no_exact_time_leaves(texts: dict[Path, str]) -> None:
    moment = re.compile(
        r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d|\b\d{1,2}[:.]\d\d:\d\d\b|\b\d{1,2}/\d{1,2}/20\d\d\b"
    )
    assert [
        path.name for path, text in texts.items() if path.suffix != ".parquet" and moment.search(text)
    ] == []


def test_no_folder_of_this_machine_leaves(texts: dict[Path, str]) -> None:
    assert leaks(texts, [str(ROOT), str(Path.home()) + "/"]) == []


def test_everything_made_from_the_sample_says_so(texts: dict[Path, str]) -> None:
    marked = {
        path.name: BANNER in text
        for path, text in texts.items()
        if path.suffix in WITH_BANNER and path.name != "boundary_policy.csv"
    }
    assert len(marked) > 20
    assert [name for name, is_marked in marked.items() if not is_marked] == []


def test_the_microdata_are_out_of_the_reach_of_git_and_of_other_users(sample: Run) -> None:
    ignored = subprocess.run(["git", "check-ignore", "-q", "data/restricted/pop/ingest/x"], cwd=ROOT)
    assert ignored.returncode == 0
    for folder in (ingest.save(sample.ingested, sample.study), registry.save(sample.registry, sample.study)):
        assert folder.stat().st_mode & 0o077 == 0
