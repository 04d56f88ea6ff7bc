"""Promises of the methodology card: every item of AAPOR's Code is answered in every language, with the numbers of the tables."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from attacker import Puzzle, by_solver
from conftest import Run
from paper import table
from small_study import csv_of, study_of

from popresearch import methodology, statements
from popresearch.faults import BadInput
from popresearch.intake import RULES
from popresearch.labels import system_label
from popresearch.study import Study
from popresearch.wording import LANGUAGES, NATIVE_NAMES

LABEL = (
    "model-based, as if these services had been drawn at random from services like them; "
    "this survey was answered by those who chose to"
)
HIDDEN = {
    "ar": "غير معروض",
    "zh": "不予显示",
    "en": "not shown",
    "fr": "non affiché",
    "ru": "не показано",
    "es": "no se muestra",
}
RELEASED = """
    strand    | level   | place | count | status
    helplines | world   |       |   422 | shown
    youth     | world   |       |   264 | hidden
    ai        | world   |       |   178 | shown
    poll      | world   |       |     – | hidden
    all       | world   |       |  1713 | shown
    all       | country | KEN   |   120 | shown
    all       | country | FJI   |     – | hidden
"""
ROWS = """
    file | strand    | rows_in | kept | preview | no consent | under 13 without a carer | withdrawn | exported again | duplicate | near duplicate | nothing answered | quarantined
    a    | helplines |     811 |  700 |       0 |         41 |                        0 |         0 |              3 |        21 |              0 |               29 |          17
    b    | helplines |     149 |  100 |       0 |         38 |                        0 |         0 |              0 |         0 |              0 |                0 |          11
    c    | youth     |     368 |  300 |       0 |         31 |                        0 |         0 |              0 |        23 |              0 |               14 |           0
    d    | ai        |     271 |  200 |       0 |         47 |                        0 |         0 |              0 |         0 |              0 |                0 |          24
    e    | poll      |    1000 |  849 |       0 |         52 |                       60 |         0 |              0 |         0 |              0 |                7 |          32
"""  # noqa: E501


def statement(card: pd.DataFrame, item: str) -> str:
    return card.set_index("item").at[item, "statement"]


def of_paper(study: Study, language: str = "en") -> pd.DataFrame:
    rows = table(ROWS)
    return methodology.card(
        study, table(RELEASED).assign(place=lambda rows: rows["place"].fillna("")), rows, language
    )


def copied(study: Study, folder: Path, *changes: tuple[str, str]) -> Study:
    """The study with a copy of its methodology.toml, in which the first text of each change becomes the second."""
    text = (study.folder / statements.FILE).read_text(encoding="utf-8")
    for old, new in changes:
        assert re.search(old, text), old
        text = re.sub(old, new, text, count=1)
    folder.mkdir(exist_ok=True)
    (folder / statements.FILE).write_text(text, encoding="utf-8")
    return dataclasses.replace(study, folder=folder)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_item_of_the_code_has_a_statement_in_every_language(sample: Run, language: str) -> None:
    card = methodology.card(sample.study, sample.tables["responses"], sample.ingested.accounting, language)
    assert list(card.columns) == ["aapor", "item", "title", "statement", "source"]
    assert card["aapor"].tolist() == sorted(card["aapor"]) and set(card["aapor"]) == set(range(12))
    assert card["item"].is_unique
    assert (card[["title", "statement", "source"]].map(str.strip) != "").all(axis=None)
    assert not card["statement"].str.contains(r"[{}]|\bnan\b|<NA>").any()
    assert card["source"].str.match(r"stated$|computed from \w").all()


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_no_statement_is_left_in_english(sample: Run, language: str) -> None:
    english, other = of_paper(sample.study), of_paper(sample.study, language)
    assert (english["statement"] != other["statement"]).all()
    assert (english["title"] != other["title"])[
        ~english["item"].isin(["contact", "dates", "instruments"])
    ].all()


def test_the_numbers_of_the_card_are_those_of_the_tables(sample: Run) -> None:
    tables = sample.tables
    card = methodology.card(sample.study, tables["responses"], sample.ingested.accounting)
    world = tables["responses"].query("level == 'world'").set_index("strand")["count"]
    sizes = statement(card, "sizes")
    assert f"kept: {world['all']:,};" in sizes
    for strand, rules in sample.study.strands.items():
        assert f"{system_label(rules.system, sample.study, 'en')}: {world[strand]:,}" in sizes
    heard = (tables["coverage"]["status"] != "no responses").sum()
    assert statement(card, "countries").endswith(f": {heard}.")
    for name in ("minimum_base", "caution_base"):
        assert re.search(rf"\b{sample.study.thresholds[name]} answered", statement(card, "verdicts"))


def test_the_rows_of_several_files_are_added_up_by_strand_and_by_rule(sample: Run) -> None:
    card = of_paper(sample.study)
    assert (
        "Helplines and services: 132; Child- and youth-led solutions: 68; AI-driven systems: 47"
        in statement(card, "refusals")
    )
    assert (
        "Helplines and services: 28; Child- and youth-led solutions: 0; AI-driven systems: 24"
        in statement(card, "refusals")
    )
    assert "no consent: 209; under 13 without a parent or carer: 60" in statement(card, "rules")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_hidden_count_appears(sample: Run, language: str) -> None:
    card = of_paper(sample.study, language)
    sizes, rules = statement(card, "sizes"), statement(card, "rules")
    assert sizes.count(HIDDEN[language]) == 2 and "264" not in sizes
    assert HIDDEN[language] in rules and not re.search(r"[:：]\s?3[;；؛.]", rules.replace("\u00a0", " "))


def test_of_the_sample_no_small_count_of_rows_appears(sample: Run) -> None:
    lost = methodology.rows_lost(sample.ingested.accounting, sample.study)
    floors = {name: rules.minimum_cell for name, rules in sample.study.strands.items()} | {"all": 5}
    shown = lost[lost["status"] == "shown"]
    assert ((shown["count"] == 0) | (shown["count"] >= shown["strand"].map(floors))).all()
    assert lost.loc[lost["status"] != "shown", "count"].isna().all()


@pytest.mark.parametrize("source", ["paper", "sample"])
def test_no_hidden_number_of_rows_can_be_worked_out(sample: Run, source: str) -> None:
    lost = methodology.rows_lost(
        table(ROWS) if source == "paper" else sample.ingested.accounting, sample.study
    )
    places = [*RULES, "quarantined"]
    cells = [(strand, place) for strand in sample.study.strands for place in places]
    found = Puzzle(low=dict.fromkeys(cells, 0.0), high=dict.fromkeys(cells, 2000.0))
    parts = {"": places, "refused": RULES} | {place: [place] for place in places}

    def inside(strand: str, place: str) -> list[tuple[str, str]]:
        return [cell for cell in cells if strand in (cell[0], "all") and cell[1] in parts[place]]

    for row in lost[lost["status"] == "shown"].itertuples():
        found.equal(dict.fromkeys(inside(row.strand, row.place), 1), row.count)
    for row in lost[lost["status"] != "shown"].itertuples():
        floor = sample.study.strands[row.strand].minimum_cell if row.strand != "all" else 5
        least, most = by_solver(found, inside(row.strand, row.place))
        assert most - least >= floor, (row.strand, row.place, least, most)


def test_a_file_without_losses_says_zero(sample: Run) -> None:
    rows = table(ROWS)
    rows[[*RULES, "quarantined"]] = 0
    card = methodology.card(sample.study, table(RELEASED), rows)
    assert "not kept: 0." in statement(card, "refusals") and "not shown" not in statement(card, "rules")


def test_the_label_of_the_intervals_is_the_agreed_sentence(sample: Run) -> None:
    assert methodology.interval_label(sample.study, "en") == LABEL
    labels = {methodology.interval_label(sample.study, language) for language in LANGUAGES}
    assert len(labels) == len(LANGUAGES)
    for language in LANGUAGES:
        assert methodology.interval_label(sample.study, language) in statement(
            of_paper(sample.study, language), "precision"
        )


def test_the_card_of_the_sample_says_that_its_answers_are_made_up(sample: Run) -> None:
    first = of_paper(sample.study).iloc[0]
    assert first["item"] == "made_up" and first["statement"].startswith("SAMPLE: NOT REAL ANSWERS. ")
    real = dataclasses.replace(sample.study, source="restricted", banner="")
    assert "made_up" not in of_paper(real)["item"].tolist()


def test_an_emptied_text_is_found_and_named_with_all_other_faults(sample: Run, tmp_path: Path) -> None:
    study = copied(
        sample.study,
        tmp_path,
        (r'en = "POP has not published who funded the survey\."', 'en = " "'),
        (r"\[stated\.incentives\]", "[stated.incentive]"),
        (r"(\[stated\.conductor\]\n(?:.*\n)*?)fr = .*\n", r"\1"),
        (r"(\[stated\.mode\]\n(?:.*\n)*?)es = ", r"\1sp = "),
        (r"with at least one response: \{n\}", "with at least one response: {m}"),
        (r'(\[computed\.sizes\]\n(?:.*\n)*?)zh = "保留的答卷：\{n\}', r'\1zh = "保留的答卷：1713'),
        (r"\[interval_label\]", "[interval_labels]"),
        (r'ru = "не показано"', 'ru = "не показано {n}"'),
    )
    with pytest.raises(BadInput) as raised:
        statements.load(study)
    assert sorted(f"{fault.place}: {fault.what}" for fault in raised.value.faults) == sorted(
        [
            "interval_label: is missing.",
            "interval_labels: is not known. Did you mean 'interval_label'?",
            "stated.incentives: is missing.",
            "stated.incentive: is not known. Did you mean 'incentives'?",
            "stated.funder: has an empty text in en.",
            "stated.conductor: has no text in fr.",
            "stated.mode: has no text in es.",
            "stated.mode: 'sp' is not a language we speak.",
            "phrases.hidden: has other slots in ru than none.",
            "computed.countries: has other slots in en than {n}.",
            "computed.sizes: has other slots in zh than {list}, {n}.",
        ]
    )
    assert all(fault.remedy for fault in raised.value.faults)


@pytest.mark.parametrize("row", statements.STATED)
def test_no_stated_text_may_be_empty_in_any_language(sample: Run, tmp_path: Path, row: str) -> None:
    change = rf"(\[stated\.{row}\]\n(?:.*\n){{{{{{n}}}}}}\w\w = ).*"
    for n, language in enumerate(NATIVE_NAMES):
        study = copied(
            sample.study,
            tmp_path / language,
            (change.format(n=n).replace("{{", "{").replace("}}", "}"), r'\1""'),
        )
        with pytest.raises(BadInput, match=f"stated.{row}: has an empty text in {language}"):
            statements.load(study)


@pytest.mark.parametrize("text", ["titles = 3", "[titles]\nfunder = 3", "interval_label = [", "\udcff"])
def test_a_file_of_another_shape_is_bad_input(sample: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / statements.FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput):
        statements.load(dataclasses.replace(sample.study, folder=tmp_path))


def test_a_study_without_the_file_is_told_what_to_write(tmp_path: Path) -> None:
    study = study_of(csv_of("agree | age\nyes | 13_15", tmp_path / "poll.csv"))
    with pytest.raises(BadInput) as raised:
        methodology.interval_label(study, "en")
    said = str(raised.value)
    assert "data/tiny/methodology.toml" in said and all(
        f"[stated.{row}]" in said for row in statements.STATED
    )
    wanted = tomllib.loads(statements.template(study))
    assert wanted["stated"] == {row: {"en": ""} for row in statements.STATED}


def test_a_study_of_one_strand_and_one_language_has_a_card(sample: Run, tmp_path: Path) -> None:
    one = study_of(csv_of("agree | age\nyes | 13_15", tmp_path / "poll.csv"))
    study = copied(dataclasses.replace(one, folder=sample.study.folder), tmp_path)
    rows = table(ROWS)
    card = methodology.card(study, table(RELEASED), rows[rows["strand"] == "poll"])
    assert set(card["aapor"]) == set(range(1, 12)) and "Weighting to a population: none." in statement(
        card, "weights"
    )
    with pytest.raises(BadInput, match="does not speak 'fr'"):
        methodology.card(study, table(RELEASED), rows, "fr")


def test_counts_that_have_not_passed_the_gate_are_refused(sample: Run) -> None:
    with pytest.raises(BadInput, match="has no column 'status'"):
        methodology.card(sample.study, table(RELEASED).drop(columns="status"), table(ROWS))


def test_dont_know_is_in_the_base_as_the_card_says(sample: Run) -> None:
    tally = sample.tallies["helplines"]
    counts = tally.count["a03"]
    assert counts["dont_know"].sum() > 0 and (counts.sum(axis=1) == tally.base["a03"]).all()
