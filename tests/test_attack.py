"""The attacker breaks naive suppression, leaves a safe table alone, and finds in files what should not be there."""

import ast
import base64
import dataclasses
import io
import json
import random
import struct
import zipfile
import zlib
from pathlib import Path

import attacker
import pandas as pd
import pytest
from small_study import study_of, table

from popresearch import attack as attacks
from popresearch import cli
from popresearch.attack import bounds, differencing, judging, published, scan
from popresearch.attack.puzzle import Contradiction
from popresearch.study import Study

REGIONS = {"KEN": "Africa", "UGA": "Africa", "TZA": "Africa", "FRA": "Europe", "DEU": "Europe"}
PACKAGE = Path(attacks.__file__).parent
HELPS = ("yes", "no", "dont_know", "prefer_not")
GATE = {"disclosure", "suppression", "intruder", "protection", "links"}


@pytest.fixture
def study() -> Study:
    return study_of(Path("paper.csv"))


def released(text: str, study: Study, **further: str) -> published.Published:
    """What is published where the cells are these (question, option, place, n, base, count), as drawn; hidden counts are blank."""
    cells = table(text)
    numbers = {
        name: pd.to_numeric(cells[name].replace("", None))
        for name in cells
        if name in published.COUNTS or "_" in name
    }
    level = cells["place"].map(
        lambda place: "country" if place in REGIONS else "region" if place else "world"
    )
    cells = cells.assign(**numbers, level=level, strand="poll", share=float("nan"))
    people = cells.drop_duplicates(["level", "place"]).assign(count=lambda rows: rows["n"])[
        ["strand", "level", "place", "count"]
    ]
    everyone = people.assign(strand="all")
    asked = {"bases": table(further["asked"]).assign(strand="poll")} if "asked" in further else {}
    for name in ("asked", "answered", "opinion"):
        asked = {key: one.assign(**{name: pd.to_numeric(one[name])}) for key, one in asked.items()}
    return published.arranged(
        {"estimates": cells, "responses": pd.concat([people, everyone]), **asked}, study
    )


def ends(found: published.Published, study: Study, cell: str) -> tuple[float, float]:
    """The least and the most of a hidden cell, named question/option/place."""
    tried = bounds.bounds(found, study, exact=True)
    assert not tried.contradictions
    question, option, place = cell.split("/")
    own = tried.cells[
        (tried.cells["question"] == question)
        & (tried.cells["option"] == option)
        & (tried.cells["place"] == place)
    ]
    [row] = own.to_dict("records")
    return row["least"], row["most"]


def breaches(found: published.Published, study: Study) -> list[str]:
    return [
        str(find)
        for find in judging.narrowed(bounds.bounds(found, study).cells, study) + judging.shown(found, study)
    ]


ONE_HIDDEN = """
    question | option | place  | n   | base | count
    topics   | family |        | 100 | 90   | 43
    topics   | family | Africa | 100 | 90   | 43
    topics   | family | KEN    | 60  | 50   | 40
    topics   | family | UGA    | 40  | 40   |
    topics   | school |        | 100 | 90   | 90
    topics   | school | Africa | 100 | 90   | 90
    topics   | school | KEN    | 60  | 50   | 50
    topics   | school | UGA    | 40  | 40   | 40
"""


def test_a_total_gives_the_only_hidden_count_away(study: Study) -> None:
    found = released(ONE_HIDDEN, study)
    assert ends(found, study, "topics/family/UGA") == (3, 3)
    assert any("family in UGA" in one and "between 3 and 3" in one for one in breaches(found, study))


def test_a_second_hidden_country_does_not_help_where_both_stay_small(study: Study) -> None:
    text = ONE_HIDDEN.replace("KEN    | 60  | 50   | 40", "KEN    | 60  | 50   |   ").replace("| 43", "|  4")
    found = released(text, study)
    assert ends(found, study, "topics/family/UGA") == (0, 4)
    assert ends(found, study, "topics/family/KEN")[1] == 4
    assert len([one for one in breaches(found, study) if "family" in one and "between" in one]) == 2


def test_options_that_add_up_give_the_only_hidden_one_away(study: Study) -> None:
    text = """
        question | option     | place | n  | base | count
        helps    | yes        |       | 80 | 60   | 40
        helps    | no         |       | 80 | 60   | 18
        helps    | dont_know  |       | 80 | 60   |
        helps    | prefer_not |       | 80 | 60   | 0
        channels | chat       |       | 80 | 80   | 75
    """
    assert ends(released(text, study), study, "helps/dont_know/") == (2, 2)


def test_regions_within_the_world_are_taken_from_it(study: Study) -> None:
    text = """
        question | option | place  | n   | base | count
        topics   | family |        | 200 | 200  | 103
        topics   | family | Africa | 100 | 100  | 60
        topics   | family | Europe | 100 | 100  |
        topics   | family | FRA    | 60  | 60   | 40
        topics   | family | DEU    | 40  | 40   |
        topics   | family | KEN    | 100 | 100  |
    """
    found = released(text, study)
    assert ends(found, study, "topics/family/Europe") == (43, 43)
    assert ends(found, study, "topics/family/DEU") == (3, 3)
    assert len(breaches(found, study)) == 1, "43 is no small count"


def test_the_main_choice_is_among_the_chosen(study: Study) -> None:
    text = """
        question      | option | place | n  | base | count
        topics        | family |       | 80 | 80   | 62
        topics        | school |       | 80 | 80   | 40
        topics_main   | family |       | 80 | 22   |
        topics_main   | school |       | 80 | 22   |
        channels      | phone  |       | 80 | 80   | 6
        channels      | chat   |       | 80 | 80   | 79
        channels      | post   |       | 80 | 80   | 20
        channels_main | phone  |       | 80 | 5    |
        channels_main | chat   |       | 80 | 5    |
    """
    found = released(text, study)
    assert ends(found, study, "topics_main/family/") == (0, 22)
    assert ends(found, study, "channels_main/phone/") == (0, 5)
    less = released(text.replace("| 6\n", "| 3\n"), study)
    assert ends(less, study, "channels_main/phone/") == (0, 3)


def test_who_answers_a_follow_up_gave_the_answer_that_it_follows(study: Study) -> None:
    text = """
        question | option     | place | n  | base | count
        channels | phone      |       | 50 | 50   | 47
        channels | chat       |       | 50 | 50   |
        helps    | yes        |       | 50 | 46   | 46
        helps    | no         |       | 50 | 46   | 0
        helps    | dont_know  |       | 50 | 46   | 0
        helps    | prefer_not |       | 50 | 46   | 0
    """
    assert ends(released(text, study), study, "channels/chat/") == (46, 50)


def test_who_was_asked_is_who_gave_the_answer(study: Study) -> None:
    text = """
        question | option    | place | n  | base | count
        channels | phone     |       | 50 | 50   | 47
        channels | chat      |       | 50 | 50   |
        helps    | yes       |       | 50 | 30   | 30
    """
    asked = """
        question | asked | answered | opinion
        helps    | 33    | 30       |
    """
    assert ends(released(text, study, asked=asked), study, "channels/chat/") == (33, 33)


def test_options_taken_together_give_a_part_away(study: Study) -> None:
    rollups = {"good": {"questions": {"poll": "helps"}, "options": {"known": ["yes", "no"]}}}
    text = """
        question   | option | place | n  | base | count
        helps      | yes    |       | 50 | 50   | 40
        helps      | no     |       | 50 | 50   |
        helps.good | known  |       | 50 | 50   | 43
    """
    found = dataclasses.replace(study, rollups=rollups)
    assert ends(released(text, found), found, "helps/no/") == (3, 3)


def test_rounded_counts_leave_room(study: Study) -> None:
    rounded = dataclasses.replace(study, thresholds=study.thresholds | {"rounding": 5})
    text = ONE_HIDDEN.replace("| 43", "| 45")
    assert ends(released(text, rounded), rounded, "topics/family/UGA") == (1, 9)
    assert ends(released(text, study), study, "topics/family/UGA") == (5, 5)


def test_a_share_without_its_count_is_a_count(study: Study) -> None:
    cells = {
        "strand": "poll",
        "question": "topics",
        "option": "family",
        "level": "world",
        "place": "",
        "n": 90.0,
        "base": 87.0,
        "share": 0.0345,
    }
    found = published.arranged({"estimates": pd.DataFrame([cells])}, study)
    assert found.cells["count"].tolist() == [3]
    assert any("is small" in one for one in breaches(found, study))


def test_what_a_share_becomes_without_one_country_bounds_that_country(study: Study) -> None:
    text = """
        question | option | place  | n   | base | count | least_without_country | most_without_country
        topics   | family |        | 500 | 500  | 60    | 0.11                  | 0.14
        topics   | family | Africa | 500 | 500  | 60    | 0.11                  | 0.14
        topics   | family | KEN    | 440 | 440  |       |                       |
        topics   | family | UGA    | 60  | 60   |       |                       |
    """
    assert ends(released(text, study), study, "topics/family/UGA") == (
        7,
        8,
    )  # 60 − y of KEN is at least 0.11 of 60
    assert ends(
        released(text.replace("0.11", "").replace("0.14", ""), study), study, "topics/family/UGA"
    ) == (0, 60)


def test_a_safe_table_stands(study: Study) -> None:
    text = """
        question | option | place  | n   | base | count
        topics   | family |        | 200 | 200  | 100
        topics   | family | Africa | 200 | 200  | 100
        topics   | family | KEN    | 60  | 60   |
        topics   | family | UGA    | 70  | 70   |
        topics   | family | TZA    | 70  | 70   | 30
        topics   | school |        | 200 | 200  | 150
        topics   | school | Africa | 200 | 200  | 150
        topics   | school | KEN    | 60  | 60   |
        topics   | school | UGA    | 70  | 70   |
        topics   | school | TZA    | 70  | 70   | 50
    """
    assert breaches(released(text, study), study) == []


def test_a_country_that_shows_nothing_is_bounded_like_any_other(study: Study) -> None:
    text = """
        question | option | place  | n  | base | count
        topics   | family |        | 90 | 90   | 43
        topics   | family | Africa | 90 | 90   | 43
        topics   | family | KEN    | 60 | 60   | 40
        topics   | family | UGA    | 15 |      |
        topics   | family | TZA    | 15 |      |
        topics   | school |        | 90 | 90   | 80
        topics   | school | Africa | 90 | 90   | 80
        topics   | school | KEN    | 60 | 60   | 50
        topics   | school | UGA    | 15 |      |
        topics   | school | TZA    | 15 |      |
    """
    found = released(text, study)
    assert ends(found, study, "topics/family/UGA") == (0, 3)
    assert ends(found, study, "topics/school/UGA") == (15, 15)


def test_shown_counts_are_held_to_the_rules(study: Study) -> None:
    text = """
        question | option | place | n  | base | count
        topics   | family |       | 90 | 90   | 3
        topics   | school |       | 90 | 90   | 88
    """
    assert len(breaches(released(text, study), study)) == 2
    strict = dataclasses.replace(
        study, strands={"poll": dataclasses.replace(study.strands["poll"], hide_zero=True)}
    )
    nobody = released(text.replace("| 3", "| 0").replace("| 88", "| 90"), strict)
    assert len(breaches(nobody, strict)) == 2
    assert breaches(released(text.replace("| 3", "| 0").replace("| 88", "| 90"), study), study) == []


def test_the_truth_tells_breaches_from_false_alarms(study: Study) -> None:
    found = released(ONE_HIDDEN.replace("| 43", "| 44"), study)
    narrow = bounds.bounds(found, study).cells
    true = found.cells.reset_index()[[*published.KEYS, "base", "count"]]
    assert len(judging.narrowed(narrow, study, true.assign(count=4))) == 1
    assert judging.narrowed(narrow, study, true.assign(count=20)) == []


def test_numbers_that_cannot_be_true_are_a_find(study: Study) -> None:
    text = ONE_HIDDEN.replace("Africa | 100 | 90   | 43", "Africa | 100 | 90   | 20")
    assert bounds.bounds(released(text, study), study).contradictions == ["poll, topics"]
    with pytest.raises(Contradiction):
        next(iter(_groups(released(text, study), study))).attacked(with_form=True)


def _groups(found: published.Published, study: Study) -> list[bounds.Group]:
    crowds, *_ = bounds.crowds(found, study)
    return list(bounds.groups(found, study, "poll", crowds["poll"]))


def test_answers_that_do_not_keep_to_the_form_are_attacked_without_it(study: Study) -> None:
    text = """
        question | option    | place | n  | base | count
        channels | phone     |       | 50 | 50   | 47
        channels | chat      |       | 50 | 50   | 20
        channels | post      |       | 50 | 50   |
        channels | dont_know |       | 50 | 50   | 10
    """
    tried = bounds.bounds(released(text, study), study)
    assert tried.contradictions == [] and "do not keep to the form" in tried.notes[0]


@pytest.mark.parametrize("seed", range(12))
def test_bounds_are_those_of_trying_every_table(study: Study, seed: int) -> None:
    """The oracle of tests/attacker.py, which shares no code with the package, tries all whole numbers."""
    chance = random.Random(seed)
    rows = []
    true = {(option, place): chance.randint(0, 3) for option in HELPS for place in ("KEN", "UGA", "FRA")}
    base = {place: sum(true[option, place] for option in HELPS) for place in ("KEN", "UGA", "FRA")}
    inside = {
        ("world", ""): ["KEN", "UGA", "FRA"],
        ("region", "Africa"): ["KEN", "UGA"],
        ("region", "Europe"): ["FRA"],
    }
    for level, place, members in [
        *((*key, own) for key, own in inside.items()),
        *(("country", one, [one]) for one in base),
    ]:
        for option in HELPS:
            n = sum(base[one] for one in members)
            count = sum(true[option, one] for one in members)
            status = "hidden" if chance.random() < 0.5 else "shown"
            rows.append(("poll", "helps", option, level, place, n, n, count, status, "prefer_not"))
    cells = pd.DataFrame(rows, columns=[*published.KEYS, "n", "base", "count", "status", "_"]).drop(
        columns="_"
    )
    places = set(zip(cells["level"], cells["place"], strict=True))
    oracle = attacker.puzzle(cells, REGIONS, partition=True, published=places)
    shown = cells.assign(count=cells["count"].where(cells["status"] == "shown"), share=float("nan"))
    people = cells.drop_duplicates(["level", "place"]).assign(count=lambda rows: rows["n"])[
        ["strand", "level", "place", "count"]
    ]
    found = published.arranged({"estimates": shown, "responses": people}, study)
    tried = bounds.bounds(found, study, exact=True).cells
    tried = tried[(tried["question"] == "helps") & (tried["option"] != "#base")]
    assert len(tried) == (cells["status"] == "hidden").sum()
    for row in tried.itertuples():
        target = [
            (("helps", row.option), one) for one in attacker.inside(cells, REGIONS, row.level, row.place)
        ]
        assert (row.least, row.most) == attacker.by_hand(oracle, target), row


def test_a_country_that_grew_from_four_to_five_shows_who_came(study: Study) -> None:
    text = """
        question | option | place  | n   | base | count
        topics   | family |        | {n} | {n}  | {n}
        topics   | family | Africa | {n} | {n}  | {n}
        topics   | family | KEN    | 60  | 60   | 60
        topics   | family | UGA    | {u} | {u}  | {c}
    """
    old = released(text.format(n=84, u="24", c=""), study)
    new = released(text.format(n=85, u="25", c="25"), study)
    change, rules = differencing.differences(new, old), differencing.of_newcomers(study)
    found = [*judging.narrowed(bounds.bounds(change, rules).cells, rules), *judging.shown(change, rules)]
    assert any("family in UGA" in str(find) and "between 1 and 1" in str(find) for find in found)
    same = differencing.differences(new, new)
    assert judging.narrowed(bounds.bounds(same, rules).cells, rules) == [] == judging.shown(same, rules)


# The search of files.

SECRET = "they sent my picture on"


def png(chunk: bytes, data: bytes) -> bytes:
    parts = [(b"IHDR", b"\0" * 13), (chunk, data), (b"IEND", b"")]
    made = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + made


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return buffer.getvalue()


def notebook(metadata: dict | None = None, output: dict | None = None) -> bytes:
    cell = {"cell_type": "code", "metadata": {}, "source": "", "outputs": [output] if output else []}
    return json.dumps(
        {"metadata": metadata or {}, "cells": [cell], "nbformat": 4, "nbformat_minor": 5}
    ).encode()


def pdf(fields: bytes, stream: bytes = b"") -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj << "
        + fields
        + b" >> endobj\n2 0 obj << >>\nstream\n"
        + zlib.compress(stream)
        + b"\nendstream\n"
    )


def core(creator: str, created: str) -> bytes:
    """The properties that a document or a workbook carries."""
    return f"<cp:p><dc:creator>{creator}</dc:creator><dcterms:created>{created}</dcterms:created></cp:p>".encode()


CORE = core("Someone Else", "2024-05-06T07:08:09Z")
PHONE = "+" + "1" + " 202 555 " + "0143"  # of the numbers that are kept for stories
PLANTED = {
    "e-mail address": ("a.html", b"<p>jo@" + b"nowhere.invalid.test</p>"),
    "phone number": ("a.html", f"<p>{PHONE}</p>".encode()),
    "identifier": ("a.csv", b"id\n123e4567-e89b-12d3-a456-426614174000\n"),
    "identifier of a response": ("a.json", b'{"row": "poll-0a1b2c-000017"}'),
    "exact time": ("a.csv", b"2024-05-06T07:08:09\n"),
    "folder of a machine": ("a.svg", b"<svg><path d='M0 0'/><!-- --><a href='file://" + b"/home" + b"/someone/x'/></svg>"),
    "embedded data": ("a.html", b'<script>{"datasets": {"data-1": []}}</script>'),
    "error": ("a.ipynb", notebook(output={"output_type": "error", "ename": "E", "evalue": "", "traceback": []})),
    "comment": ("a.html", b"<p>x</p><!-- by me -->"),
    "restricted text": ("a.svg", b"<svg><title>they sent my picture on &amp; on</title></svg>"),
    "number in a title": ("a.svg", b"<svg><title>Kenya: 271 answers</title></svg>"),
    "notebook metadata": ("a.ipynb", notebook({"papermill": {"duration": 3}})),
    "notebook output": ("a.ipynb", notebook(output={"output_type": "display_data", "data": {"application/x": {}}})),
    "name in file properties": ("a.docx", archive(docProps__core_xml=CORE)),
    "time in file properties": ("b.xlsx", archive(docProps__core_xml=CORE)),
    "thumbnail": ("a.docx", archive(docProps__thumbnail=b"x")),
    "metadata of a picture": ("a.png", png(b"tEXt", b"Comment\0made by me")),
    "file that cannot be read": ("a.zip", b"PK\x03\x04 broken"),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLANTED)
def test_what_is_planted_in_a_file_is_found_and_not_repeated(kind: str, study: Study, tmp_path: Path) -> None:
    name, data = PLANTED[kind]
    (tmp_path / name).write_bytes(data)
    found, count = scan.scan(tmp_path, study, secrets={SECRET}, numbers={412})
    assert count == 1
    assert kind in {find.kind for find in found}
    told = " ".join(map(str, found))
    assert not any(
        word in told for word in (SECRET, "nowhere", "555", "Someone", "07:08", "271", "426614174000")
    )


@pytest.mark.parametrize(
    "kind, fields, stream",
    [
        ("name in file properties", b"/Author (Someone Else)", b""),
        ("time in file properties", b"/CreationDate (D:20240506070809Z)", b""),
        (
            "name in file properties",
            b"",
            b"<x:xmpmeta><dc:creator><rdf:li>Someone Else</rdf:li></dc:creator></x:xmpmeta>",
        ),
        ("restricted text", b"", b"BT (they sent my picture on) Tj ET"),
    ],
)
def test_the_properties_and_streams_of_a_pdf_are_read(
    kind: str, fields: bytes, stream: bytes, study: Study
) -> None:
    found = scan.Scan(study, frozenset({SECRET})).file("a.pdf", pdf(fields, stream))
    assert kind in {find.kind for find in found}


def test_members_of_archives_are_searched_too(study: Study) -> None:
    inner = archive(**{"x.csv": SECRET.encode()})
    found = list(scan.Scan(study, frozenset({SECRET})).file("a.zip", archive(**{"inner.zip": inner})))
    assert [find.kind for find in found] == ["restricted text"]


def test_a_table_encoded_as_text_is_found(study: Study) -> None:
    blob = base64.b64encode(b"PAR1" + bytes(range(90))).decode()
    kinds = [find.kind for find in scan.Scan(study, frozenset()).file("a.html", f"<p>{blob}</p>".encode())]
    assert kinds == ["embedded data"]


def test_a_jpeg_with_a_thumbnail_or_camera_data_is_found(study: Study) -> None:
    segment = b"Exif\0\0" + b"\xff\xd8\xff" + b"\0" * 9
    picture = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + b"\xff\xda"
    kinds = {find.kind for find in scan.Scan(study, frozenset()).file("a.jpg", picture)}
    assert kinds == {"metadata of a picture", "thumbnail"}


def test_a_clean_file_passes(study: Study, tmp_path: Path) -> None:
    clean = {
        "a.html": b"<p>write to help@example.org by 2024-05-06; 1,234 answers</p>",
        "a.svg": b"<svg><title>Kenya (n = 412): 71%, 2024</title><path d='M1.5-20.25+3'/></svg>",
        "a.csv": b"place,count,date\nKEN,412,2024-05-06\n",
        "a.ipynb": notebook(
            {"kernelspec": {"name": "python3"}}, {"output_type": "display_data", "data": {"text/html": "x"}}
        ),
        "a.docx": archive(
            docProps__core_xml=core("popresearch", "1980-01-01T00:00:00Z"), word__document_xml=b"<w>text</w>"
        ),
        "a.pdf": pdf(b"/Title (Report) /CreationDate (D:19700101000000Z)"),
        "a.png": png(b"pHYs", b"\0" * 9),
    }
    for name, data in clean.items():
        (tmp_path / name).write_bytes(data)
    found, count = scan.scan(tmp_path, study, secrets={SECRET}, numbers={412})
    assert [(find.kind, str(find)) for find in found] == []
    assert count == len(clean)


# The whole.


def folder_of(found: published.Published, place: Path) -> Path:
    place.mkdir()
    for name, one in found.tables.items():
        (place / f"{name}.csv").write_text("# SAMPLE\n" + one.to_csv(index=False), encoding="utf-8")
    return place


def test_a_release_is_attacked_as_a_whole(study: Study, tmp_path: Path) -> None:
    folder = folder_of(released(ONE_HIDDEN, study), tmp_path / "release")
    (folder / "page.html").write_text(f"<p>{SECRET}</p>")
    report = attacks.attack(folder, study, previous=folder, secrets={SECRET})
    assert not report.is_safe
    assert report.by_kind() == {"hidden count narrowed": 1, "restricted text": 1}
    assert (report.n_exposed, report.n_files, report.narrowest) == (1, 3, 0)
    assert "family" not in report.summary().to_csv() and "UGA" not in report.summary().to_csv()
    assert report.summary().set_index("what")["number"]["finds"] == 2


def test_hidden_cells_with_numbers_and_numbers_with_many_digits_are_found(study: Study) -> None:
    own = released(ONE_HIDDEN, study).tables["estimates"]
    tampered = own.assign(
        status=own["count"].map(lambda count: "shown" if count == count else "hidden"), low=0.1, spread=1 / 3
    )
    kinds = [find.kind for find in judging.shown(published.arranged({"estimates": tampered}, study), study)]
    assert kinds.count("number in a hidden row") == 2 and kinds.count("too many digits") == 1


def test_two_tables_that_say_different_things_are_found(study: Study) -> None:
    one = released(ONE_HIDDEN, study).tables["estimates"]
    both = published.arranged({"old": one.assign(count=one["count"] + 1), "new": one}, study)
    assert "tables differ" in {find.kind for find in judging.shown(both, study)}


def test_the_command_fails_where_something_is_found(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("popresearch.study.load", lambda name, source=None: study)
    naive = folder_of(released(ONE_HIDDEN, study), tmp_path / "naive")
    assert cli.main(["attack", str(naive), "--study", "tiny"]) == 1
    assert "lies between 3 and 3" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    assert cli.main(["attack", str(tmp_path / "empty")]) == 1
    assert "holds no table" in capsys.readouterr().err


def test_the_attacker_shares_no_code_with_the_gate() -> None:
    for path in PACKAGE.glob("*.py"):
        names = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [
                *(alias.name for alias in node.names),
                *(getattr(node, "module", None) or "").split("."),
            ]
        }
        assert not names & GATE, path.name
