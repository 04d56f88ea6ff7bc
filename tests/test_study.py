"""What a study says of itself is checked as a whole; faults, wording and files keep their word."""

import os
from pathlib import Path

import pytest
from small_study import table

from popresearch import faults, files, study, wording
from popresearch.faults import BadInput, Fault, did_you_mean
from popresearch.wording import LANGUAGES, ROOT

PLAN = """
title = { en = "Tiny" }
source = "mine"
languages = ["en"]
[sources]
mine = "exports"
other = "../restricted/tiny/exports"
[banner]
mine = "MADE UP"
[strands.poll]
instrument = "codebook.csv"
files = ["poll*.csv"]
roles = { country = "country" }
"""
LONG = "x" * 300  # no file system has such a name


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load a study from the text of its study.toml, in a root of its own."""
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    folder = tmp_path / "data" / "tiny"
    (folder / "exports").mkdir(parents=True)
    (folder / "codebook.csv").touch()

    def loaded(text: str = PLAN, name: str = "tiny", source: str | None = None) -> study.Study:
        (folder / "study.toml").write_text(text)
        return study.load(name, source)

    return loaded


def said(load, text: str) -> list[str]:
    with pytest.raises(BadInput) as error:
        load(text)
    assert error.value.source == "data/tiny/study.toml"
    assert all(fault.remedy for fault in error.value.faults)
    return [f"{fault.place}: {fault.what}" for fault in error.value.faults]


def test_a_study_knows_its_folders_and_another_source_has_its_own(load, tmp_path):
    mine, other = load(), load(source="other")
    assert (mine.key, mine.banner, mine.restricted) == ("tiny", "MADE UP", tmp_path / "data/restricted/tiny")
    assert (other.key, other.banner, other.outputs) == ("tiny-other", "", tmp_path / "outputs/tiny-other")
    assert other.exports == (tmp_path / "data/restricted/tiny/exports").resolve()


def test_what_is_not_said_has_the_strict_defaults(load):
    assert load().thresholds == {"minimum_cell": 5, "minimum_base": 20, "caution_base": 50}
    assert load(PLAN + "[thresholds]\nminimum_cell = 10").strands["poll"].minimum_cell == 10
    assert load(PLAN + "minimum_cell = 7").strands["poll"].minimum_cell == 7


def test_exports_are_found_once_in_order_and_a_missing_one_keeps_its_pattern(load, tmp_path):
    assert [path.name for path in load().files()] == ["poll*.csv"]
    for name in ("poll_b.csv", "poll_a.csv", "notes.txt"):
        (tmp_path / "data/tiny/exports" / name).touch()
    twice = PLAN.replace('["poll*.csv"]', '["poll_b.csv", "poll*.csv"]')
    assert [path.name for path in load(twice).files()] == ["poll_b.csv", "poll_a.csv"]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    table("""
        old                       | new                        | what
        languages = ["en"]        | languages = ["en", "xx"]   | languages: 'xx' is not known.
        languages = ["en"]        | languages = "en"           | languages: is not a list.
        title = { en = "Tiny" }   | title = "Tiny"             | title: is not a table.
        title = { en = "Tiny" }   |                            | title: is missing or empty.
        title =                   | titel =                    | titel: is not a key of study.toml. Did you mean 'title'?
        source = "mine"           | source = "mnie"            | sources: has no source 'mnie'. Did you mean 'mine'?
        [banner]                  | [thresholds]               | thresholds: 'mine' is not known.
        files =                   | flies =                    | strands.poll: 'flies' is not known. Did you mean 'files'?
        files = ["poll*.csv"]     | files = "poll.csv"         | strands.poll.files: is not a list.
        files = ["poll*.csv"]     | files = ["/tmp/poll.csv"]  | strands.poll.files: holds no relative path.
        files = ["poll*.csv"]     | files = [1]                | strands.poll.files: holds no relative path.
        codebook.csv              | codebok.csv                | strands.poll: the instrument codebok.csv does not exist.
        { country =               | { cuontry =                | strands.poll.roles: 'cuontry' is not a role. Did you mean 'country'?
        roles = { country = "country" } | roles = "country"    | strands.poll.roles: is not a table.
        roles =                   | minimum_cell = "5" #       | strands.poll.minimum_cell: is not a whole number.
        roles =                   | minimum_cell = true #      | strands.poll.minimum_cell: is not a whole number.
        roles =                   | hide_zero = 1 #            | strands.poll.hide_zero: is not true or false.
        [strands.poll]            | [strands]                  | strands.instrument: is not a table.
        [strands.poll]            | [strands."a/b"]            | strands.a/b: is no name that a file may have.
        source = "mine"           | source = { mine = 1 }      | source: is not a text.
        { country = "country" }   | { country = 3 }            | strands.poll.roles: holds something else than texts.
        languages = ["en"]        | languages = [["en"]]       | languages: holds something else than texts.
        roles =                   | carer_needed = [3] #       | strands.poll.carer_needed: holds something else than texts.
        roles =                   | sheet = "\\u0000" #        | strands.poll.sheet: holds something else than texts.
        files = ["poll*.csv"]     | files = ["poll**.csv"]     | strands.poll.files: holds no relative path.
        files = ["poll*.csv"]     | files = ["."]              | strands.poll.files: holds no relative path.
        files = ["poll*.csv"]     | files = ["LONG"]              | strands.poll.files: holds no relative path.
        codebook.csv              | LONG                       | strands.poll: the instrument LONG does not exist.
        mine = "exports"          | mine = "LONG"              | sources.mine: is no path.
    """).values.tolist(),
)
def test_a_slip_in_study_toml_is_said_with_its_place_and_what_was_meant(load, old, new, what):
    assert old in PLAN
    assert what in [
        line.replace(LONG, "LONG") for line in said(load, PLAN.replace(old, new.replace("LONG", LONG)))
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("minimum_bas = 20", "thresholds: 'minimum_bas' is not known. Did you mean 'minimum_base'?"),
        ("minimum_cell = 0", "thresholds: 'minimum_cell' must be a whole number above 0."),
        ("minimum_cell = 4.5", "thresholds: 'minimum_cell' must be a whole number above 0."),
        ("minimum_cell = true", "thresholds: 'minimum_cell' must be a whole number above 0."),
        ('minimum_cell = "5"', "thresholds: 'minimum_cell' must be a whole number above 0."),
    ],
)
def test_a_threshold_that_would_protect_nobody_is_refused(load, line, what):
    assert what in said(load, f"{PLAN}[thresholds]\n{line}\n")


@pytest.mark.parametrize("ends", ["[0, 2.5, 5]", "[5, 0]", "[0, 0]", "[]", '"0, 5"'])
def test_bands_that_could_not_be_named_are_refused(load, ends):
    found = said(load, f"{PLAN}[bands]\na07 = {ends}\n")
    assert any(line.startswith("bands: the lower ends of 'a07' must be whole numbers") for line in found)


def test_all_that_is_wrong_is_said_at_once(load):
    text = PLAN.replace("files =", "flies =").replace('"mine"\n', '"mnie"\n').replace('["en"]', '["xx"]')
    assert len(said(load, text)) == 4


@pytest.mark.parametrize("text", ["title = {", "a = 1\na = 2", "\x00"])
def test_damaged_toml_is_said_with_its_line(load, text):
    with pytest.raises(BadInput, match="data/tiny/study.toml: is not valid TOML: .*line"):
        load(text)


@pytest.mark.parametrize(
    ("name", "meant"), [("tniy", " Did you mean 'tiny'?"), ("..", ""), ("", ""), ("restricted", "")]
)
def test_a_study_that_does_not_exist_is_named_with_those_that_do(load, name, meant):
    with pytest.raises(BadInput) as error:
        load(name=name)
    assert str(error.value).startswith(f"study '{name}': does not exist.{meant} Known studies: tiny.")


def test_the_study_pop_stands():
    pop = study.load("pop")
    assert list(pop.strands) == ["helplines", "youth", "ai", "poll"]
    assert pop.banner == "SAMPLE: NOT REAL ANSWERS"
    assert pop.strands["poll"].minimum_cell == 10
    assert study.load("pop", "restricted").outputs == ROOT / "outputs/pop-restricted"


def test_one_fault_takes_a_line_and_more_are_numbered():
    one = BadInput("a.xlsx", [Fault("row 3", "is wrong.", "Correct it.")])
    two = BadInput("a.xlsx", [Fault("row 3", "is wrong.", "Correct it."), Fault("", "is old.", "")])
    assert str(one) == "a.xlsx: row 3: is wrong. Correct it."
    assert str(two) == "2 problems in a.xlsx:\n  1. row 3: is wrong. Correct it.\n  2. is old."


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("whatsap", " Did you mean 'WhatsApp'?"),
        ("WHATSAPP", " Did you mean 'WhatsApp'?"),
        ("fax", ""),
        ("", ""),
    ],
)
def test_what_was_probably_meant_is_offered_and_nothing_far_away(word, meant):
    assert did_you_mean(word, ["WhatsApp", "phone", "e-mail"]) == meant


def test_a_fault_quotes_only_what_it_is_given():
    error = faults.bad_input("a.csv", "is damaged.", "Export it again.")
    assert (error.source, str(error)) == ("a.csv", "a.csv: is damaged. Export it again.")


def test_every_phrase_stands_in_six_languages_with_the_same_slots():
    slots = lambda text: sorted(part.split("}")[0] for part in text.split("{")[1:])  # noqa: E731
    for key, phrases in wording.catalogue().items():
        assert all(phrases[language].strip() for language in LANGUAGES), key
        assert {str(slots(phrases[language])) for language in LANGUAGES} == {str(slots(phrases["en"]))}, key


def test_no_key_of_the_catalogue_stands_twice():
    lines = (ROOT / "data/wording.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(wording.catalogue()) == len([line for line in lines if line])


def test_an_unknown_key_or_language_is_bad_input():
    key = next(iter(wording.catalogue()))
    with pytest.raises(BadInput, match=f"Did you mean '{key}'"):
        wording.phrase(f"{key}x", "en")
    with pytest.raises(BadInput, match="language 'de': is not one of ar, zh, en, fr, ru, es"):
        wording.phrase(key, "de")


def test_a_phrase_missing_in_a_language_is_named(tmp_path):
    path = tmp_path / "wording.csv"
    path.write_text("key,ar,zh,en,fr,ru,es\nyes,نعم,是,Yes,,да,Sí\n", encoding="utf-8")
    with pytest.raises(BadInput, match='wording.csv: key "yes": has no phrase in fr. Translate it'):
        wording.catalogue(path)


def everything(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path):
    target = tmp_path / "made"
    with files.new_folder(target) as folder:
        (folder / "a").write_text("1")
    with pytest.raises(KeyboardInterrupt), files.new_folder(target) as folder:
        (folder / "b").write_text("half")
        raise KeyboardInterrupt
    assert everything(tmp_path) == {"made/a": "1"}
    with files.new_folder(target) as folder:
        (folder / "b").write_text("2")
    assert everything(tmp_path) == {"made/b": "2"}
    assert os.listdir(tmp_path) == ["made"]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    files.write_text(tmp_path / "deep" / "a.txt", "old\n")

    def no_space(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(OSError, match="no space"):
        files.write_text(tmp_path / "deep" / "a.txt", "new\n")
    assert everything(tmp_path) == {"deep/a.txt": "old\n"}


def test_the_hash_of_a_file_is_that_of_sha256sum(tmp_path):
    files.write_bytes(tmp_path / "abc", b"abc")
    assert (
        files.sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
