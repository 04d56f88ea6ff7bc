"""The flow chart tells the accounting: its boxes add up, in six languages, and it says in words what it draws."""

import html
import re

import pandas as pd
import pytest
from small_study import CODEBOOK, csv_of, study_of, table

from popresearch import flow, ingest
from popresearch.study import Study
from popresearch.wording import LANGUAGES, phrase

SUPERSCRIPT = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
ACCOUNT = """
    rows_in | kept | preview | no consent | under 13 without a carer | withdrawn | exported again | duplicate | near duplicate | nothing answered | quarantined
    12000 | 8996 | 1 | 700 | 90 | 4 | 2000 | 150 | 30 | 9 | 20
    1500 | 1400 | 0 | 60 | 10 | 0 | 0 | 20 | 0 | 5 | 5
"""  # noqa: E501


def accounting(text: str = ACCOUNT) -> pd.DataFrame:
    rows = table(text)
    return rows.astype(dict.fromkeys(rows.columns, int)).assign(
        strand="poll", platform="table", file=["a", "b"]
    )


@pytest.fixture
def tiny(tmp_path) -> Study:
    return study_of(tmp_path / "answers.csv", codebook=CODEBOOK)


def lines(figure: flow.Figure) -> list[str]:
    """The texts of the drawing from left to right and top to bottom, box by box."""
    found = re.findall(r"<text[^>]*translate\((\d+(?:\.\d+)?),(\d+(?:\.\d+)?)\)[^>]*>([^<]*)", figure.svg)
    placed = sorted((float(x), float(y), html.unescape(text)) for x, y, text in found)
    return [text for _, _, text in placed]


def numbers(text: str) -> list[int]:
    plain = re.sub(r"(?<=\d)[.,\s\u00a0\u202f](?=\d{3})", "", text.translate(SUPERSCRIPT))
    return [int(number) for number in re.findall(r"\d+", plain)]


def test_the_paper_itself_adds_up():
    rows = accounting()
    assert (rows["rows_in"] == rows[["kept", *ingest.RULES, "quarantined"]].sum(axis=1)).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_boxes_say_what_the_accounting_says(language, tiny):
    figure = flow.chart(accounting(), tiny, language=language)
    drawn = re.sub(r"[\u2067\u2069]", "", " ".join(lines(figure)))
    totals = accounting()[["rows_in", "kept", "quarantined", *ingest.RULES]].sum()
    refused = totals[ingest.RULES]
    for key, n in (
        ("flow_in", totals["rows_in"]),
        ("flow_refused", refused.sum()),
        ("flow_quarantine", totals["quarantined"]),
        ("flow_kept", totals["kept"]),
    ):
        assert phrase(key, language, n="").strip() in drawn
        assert n in numbers(drawn)
    for rule, n in refused.items():
        assert f"{phrase('rule_' + rule.replace(' ', '_'), language)}" in drawn
        assert n in numbers(drawn)
    assert totals["rows_in"] == totals["kept"] + refused.sum() + totals["quarantined"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_alternative_text_says_every_number_that_is_drawn(language, tiny):
    figure = flow.chart(accounting(), tiny, language=language)
    drawn = re.sub(r"[\u2067\u2069]", "", " ".join(lines(figure)))
    assert sorted(numbers(drawn)) == sorted(numbers(figure.alt))
    label = re.search(r'<svg role="img" aria-label="([^"]*)"', figure.svg)
    assert html.unescape(label[1]) == figure.alt


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_runs_out_of_its_box(language, tiny):
    """Letters are 13 px high: Latin ones half as wide, Chinese ones as wide as high."""
    for box in ([0, 0, flow.MAIN], [flow.WIDTH - flow.SIDE, 0, flow.SIDE]):
        rules = [f"123,456 {phrase('rule_' + rule.replace(' ', '_'), language)}" for rule in ingest.RULES]
        placed = flow._box(
            *box, [*rules, "123,456 A system whose name is much longer than any that we know of"]
        )
        for line, _ in placed["lines"]:
            width = sum(13 if letter > "\u2e80" else 7.2 for letter in line if letter not in "\u2067\u2069")
            assert width <= box[2] - 2 * flow.PADDING
        assert placed["bottom"] == placed["top"] + 2 * flow.PADDING + flow.LINE_HEIGHT * len(placed["lines"])


def test_boxes_do_not_overlap_and_lie_within_the_drawing():
    stream, beside = [["a"] * 9, ["b"]], [["c"] * 8, ["d"]]
    boxes, arrows, height = flow._laid_out(stream, beside)
    by_height = sorted(boxes, key=lambda box: box["top"])
    assert all(above["bottom"] < below["top"] for above, below in zip(by_height, by_height[1:], strict=False))
    assert by_height[-1]["bottom"] == height
    assert all(0 <= box["left"] < box["right"] <= flow.WIDTH for box in boxes)
    assert all(0 <= arrow["y"] <= arrow["y2"] <= height for arrow in arrows)


def test_rules_that_took_nothing_are_left_out(tiny):
    rows = (
        accounting()
        .assign(**dict.fromkeys(ingest.RULES, 0))
        .assign(kept=lambda one: one["rows_in"] - one["quarantined"])
    )
    figure = flow.chart(rows, tiny)
    assert "Refused by a rule: 0." in figure.alt
    assert not any(phrase("rule_" + rule.replace(" ", "_"), "en") in figure.svg for rule in ingest.RULES)


def test_each_rule_has_its_words():
    assert all(
        phrase("rule_" + rule.replace(" ", "_"), language) for rule in ingest.RULES for language in LANGUAGES
    )


def test_a_real_ingest_is_drawn_and_its_data_is_the_accounting_alone(tmp_path):
    tiny = study_of(
        csv_of(
            "agree | age | country | times\nyes | 13_15 | Kenya | 3\nno | 13_15 | Kenya | 4",
            tmp_path / "answers.csv",
        ),
        roles={"consent": "agree"},
    )
    found = ingest.ingest(tiny)
    figure = flow.chart(found.accounting, tiny)
    assert figure.alt == (
        "Rows in the exports: 2 (2 Children and young people (poll)). Refused by a rule: 1 (1 no consent). "
        "In quarantine, for a person to decide: 0. Rows kept: 1 (1 Children and young people (poll))."
    )
    assert list(figure.data) == list(found.accounting)
    assert figure.svg == flow.chart(found.accounting, tiny).svg


def test_a_made_up_study_says_so_in_the_drawing_and_in_its_text(tmp_path):
    tiny = study_of(tmp_path / "answers.csv")
    sample = Study(
        **{
            **{name: getattr(tiny, name) for name in Study.__dataclass_fields__},
            "banner": "SAMPLE: NOT REAL ANSWERS",
        }
    )
    figure = flow.chart(accounting(), sample)
    assert figure.alt.endswith("SAMPLE: NOT REAL ANSWERS.")
    assert ">SAMPLE: NOT REAL ANSWERS<" in figure.svg
