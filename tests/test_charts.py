"""Promises of charts and maps: no responses, the same bytes twice, words that match the data, nothing from elsewhere."""

import functools
import re
import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest
from babel.numbers import format_decimal
from conftest import Run
from paper import table

from popresearch import charts, labels, maps, reference
from popresearch.charts import Figure
from popresearch.faults import BadInput
from popresearch.wording import LANGUAGES, phrase

SVG = "{http://www.w3.org/2000/svg}"
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}

SHARES = """
    system_label | option_label | base | share | low  | high | verdict  | status
    Helplines    | Phone call   |  422 |  0.83 | 0.78 | 0.87 | show     | shown
    Helplines    | Own app      |  422 |  0.12 | 0.06 | 0.21 | caution  | shown
    Helplines    | Fax          |  422 |  0.02 | 0.00 | 0.09 | withhold | shown
    Youth        | Phone call   |  264 |  0.31 | 0.24 | 0.40 | show     | shown
    Youth        | Own app      |  264 |     – |    – |    – | withhold | hidden
"""


def plain(text: str) -> str:
    """The text without spaces, line breaks and marks of direction."""
    return re.sub(r"[\s\u2066-\u2069\u200e\u200f]", "", text)


def words(drawing: str) -> str:
    """All that is written inside a drawing."""
    return plain(
        "".join("".join(node.itertext()) for node in ElementTree.fromstring(drawing).iter(f"{SVG}text"))
    )


@functools.cache
def figures(sample: Run, language: str) -> list[Figure]:
    """The map and one chart of the sample."""
    return drawings(sample, language)


def drawings(sample: Run, language: str) -> list[Figure]:
    cover = labels.labelled(sample.tables["coverage"], sample.study, language)
    rows = labels.labelled(sample.tables["channels_by_system"], sample.study, language)
    return [
        maps.world(cover, sample.study, language=language),
        charts.dots(rows, sample.study, language=language, title="C"),
    ]


@pytest.mark.parametrize("column", ["response", "organisation", "service", "text", "name"])
def test_a_table_of_responses_is_refused(sample: Run, column: str) -> None:
    with pytest.raises(BadInput, match="belongs to responses"):
        charts.dots(table(SHARES).assign(**{column: "x"}), sample.study)
    with pytest.raises(BadInput, match="belongs to responses"):
        maps.world(sample.tables["coverage"].assign(**{column: "x"}), sample.study)


def test_the_same_table_gives_the_same_bytes(sample: Run) -> None:
    first, again = figures(sample, "fr"), drawings(sample, "fr")
    assert [each.svg for each in first] == [each.svg for each in again]


def test_two_drawings_on_one_page_share_no_names(sample: Run) -> None:
    names = [re.findall(r'\bid="([^"]+)"', figures(sample, language)[0].svg) for language in ("fr", "es")]
    assert all(names) and not set(names[0]) & set(names[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_drawing_has_a_role_an_alternative_text_and_nothing_from_elsewhere(
    sample: Run, language: str
) -> None:
    for figure in figures(sample, language):
        root = ElementTree.fromstring(figure.svg)
        assert root.get("role") == "img" and root.get("aria-label") == figure.alt != ""
        assert set(re.findall(r"\w+://[^\"'<> )]+", figure.svg)) <= NAMESPACES
        for node in root.iter():
            assert node.tag not in (f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject", f"{SVG}use")
            names = {name.rpartition("}")[2] for name in node.attrib}
            assert not names & {"href", "src"} and not any(name.startswith("on") for name in names)
        assert "@import" not in figure.svg and not re.search(r"url\((?!#)", figure.svg)


def test_every_number_of_the_alternative_text_is_in_the_data(sample: Run) -> None:
    figure = charts.dots(table(SHARES), sample.study, title="Channels")
    assert figure.alt.startswith(
        "Channels. Helplines (n = 422): Phone call 83%; Own app 12%. Youth (n = 264): Phone call 31%."
    )
    chart, rows = figures(sample, "en")[1], sample.tables["channels_by_system"]
    percent = {f"{share:.0%}" for share in rows.loc[rows["verdict"].isin(["show", "caution"]), "share"]}
    found = set(re.findall(r"\d+%", chart.alt))
    assert len(found) >= 3 and found <= percent
    assert set(map(int, re.findall(r"n = (\d+)", chart.alt))) <= set(rows["base"].dropna())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chart_says_of_whom_its_shares_are_and_how_its_intervals_are_meant(
    sample: Run, language: str
) -> None:
    estimates = sample.tables["estimates"]
    world = estimates[(estimates["level"] == "world") & estimates["question"].isin(["a14", "d10"])]
    for question, said in {"a14": "caption_intervals", "d10": "caption_respondents"}.items():
        drawn = words(charts.dots(world[world["question"] == question], sample.study, language=language).svg)
        assert plain(phrase("base_answered", language)) in drawn
        assert plain(phrase(said, language)) in drawn, "children are not services"


def test_what_is_hidden_or_withheld_has_no_mark(sample: Run) -> None:
    figure = charts.dots(table(SHARES), sample.study)
    assert set(zip(figure.data["system_label"], figure.data["option_label"], strict=True)) == {
        ("Helplines", "Phone call"), ("Helplines", "Own app"), ("Youth", "Phone call"),
    }  # fmt: skip
    assert "Fax" not in figure.svg


def test_a_chart_of_nothing_firm_says_so(sample: Run) -> None:
    figure = charts.dots(table(SHARES).assign(verdict="withhold"), sample.study, language="es")
    assert figure.alt == f"{phrase('nothing_firm', 'es')} {labels.banner(sample.study, 'es')}"
    assert plain(phrase("nothing_firm", "es")) in words(figure.svg)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_carries_its_disclaimer_its_policy_its_source_and_n(sample: Run, language: str) -> None:
    figure = figures(sample, language)[0]
    written = words(figure.svg)
    for note in ("map_disclaimer", "map_policy", "map_source", "map_title"):
        assert plain(phrase(note, language)) in written
    n = int(sample.tables["coverage"]["responses"].sum())
    assert plain(phrase("map_legend", language, n=format_decimal(n, locale=language))) in written
    for kind in ("map_undetermined", "map_none", "map_hidden"):
        assert plain(phrase(kind, language)) in written
    assert plain(sample.study.banner) in written


def test_the_alternative_text_of_the_map_counts_what_it_shows(sample: Run) -> None:
    cover = sample.tables["coverage"]
    most = cover.sort_values("responses", ascending=False).iloc[0]
    said = figures(sample, "en")[0].alt
    assert f"{most['place_label']} {most['responses']}" in said
    for status in ("shown", "hidden", "no responses"):
        assert str((cover["status"] == status).sum()) in said


def drawn(coverage: pd.DataFrame, sample: Run) -> dict[str, int]:
    """Count the areas that are filled with each colour, without those of the legend."""
    root = ElementTree.fromstring(maps.world(coverage, sample.study, is_bare=True).svg)
    fills = [node.get("fill") for node in root.iter(f"{SVG}path") if node.get("d") and node.get("stroke")]
    return {colour: fills.count(colour) for colour in (maps.NEUTRAL, maps.NONE, maps.HIDDEN, *maps.BLUES)}


def test_hidden_none_undetermined_and_classes_each_have_their_colour(sample: Run) -> None:
    cover = sample.tables["coverage"]
    none = cover.assign(status="no responses", responses=pd.NA)
    bare = drawn(none, sample)
    assert bare[maps.NONE] > 150 and bare[maps.NEUTRAL] > 0
    assert bare[maps.HIDDEN] == 0 and not any(bare[blue] for blue in maps.BLUES)
    one = none.assign(
        status=none["status"].mask(none["place"] == "FRA", "hidden").mask(none["place"] == "KEN", "shown"),
        responses=none["responses"].mask(none["place"] == "KEN", 100),
    )
    filled = drawn(one, sample)
    assert filled[maps.HIDDEN] == 1 and filled[maps.BLUES[-1]] == 1
    assert filled[maps.NEUTRAL] == bare[maps.NEUTRAL]


@pytest.mark.parametrize(
    ("n", "shade"), [(5, 0), (19, 0), (20, 1), (49, 1), (50, 2), (99, 2), (100, 3), (9000, 3)]
)
def test_a_class_begins_at_its_lower_end(n: int, shade: int) -> None:
    row = next(pd.DataFrame({"status": ["shown"], "responses": [n]}).itertuples())
    classes = maps._classes("en")
    assert classes.index(maps._class(row, classes)) - 3 == shade


def test_a_country_too_small_to_be_seen_is_a_dot(sample: Run) -> None:
    places = reference.places()
    small = next(code for code in ("SGP", "MLT", "MUS") if places.at[code, "is_small"])
    cover = sample.tables["coverage"]
    none = cover.assign(status="no responses", responses=pd.NA)
    heard = none.assign(
        status=none["status"].mask(none["place"] == small, "shown"),
        responses=none["responses"].mask(none["place"] == small, 30),
    )
    circle = re.compile(r'd="M[^"]*[aA][^"]*"[^>]*fill="' + maps.BLUES[1])
    assert circle.search(maps.world(heard, sample.study, is_bare=True).svg)
    assert not circle.search(maps.world(none, sample.study, is_bare=True).svg)
