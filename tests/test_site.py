"""Promises of report, site and profiles: six languages, no script, nothing from elsewhere, and the numbers of the release."""

import functools
import re
import unicodedata
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pandas as pd
import pytest
from conftest import Run, elsewhere

from popresearch import labels, pages, profiles, release, report, study
from popresearch.faults import BadInput
from popresearch.wording import LANGUAGES, phrase

BANNER = "SAMPLE: NOT REAL ANSWERS"
PLAIN_LINKS = {pages.HELPLINES, study.EXIT_TARGET, "https://creativecommons.org/licenses/by/4.0/"}
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
RTL = {"ar"}


def document(path: Path) -> Element:
    """Read a page as a browser does, and fail at the first error of its HTML."""
    return parsed(path.read_text(encoding="utf-8"))


@functools.cache
def parsed(page: str) -> Element:
    outlines = re.compile(r' d="[MLHVZCQAmlhvzcqa0-9., -]*"')  # numbers only, and most of a page
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(outlines.sub(' d=""', page))


def all_pages(sample: Run) -> list[Path]:
    found = sorted(
        [*(sample.published / "site").rglob("*.html"), *(sample.published / "report").rglob("*.html")]
    )
    assert len(found) == 1 + 2 * len(LANGUAGES) + len(LANGUAGES)
    return found


def text_of(node: Element) -> str:
    return " ".join("".join(node.itertext()).split())


def language_of(path: Path) -> str:
    return path.parent.name if path.parent.name in LANGUAGES else "en"


def test_every_page_is_valid_html_in_its_language_and_direction(sample: Run) -> None:
    for path in all_pages(sample):
        root = document(path)
        assert root.get("lang") == language_of(path)
        assert root.get("dir") == ("rtl" if language_of(path) in RTL else "ltr")
        assert text_of(root.find(".//title")) and text_of(root.find(".//h1"))
        ids = [node.get("id") for node in root.iter() if node.get("id")]
        assert len(ids) == len(set(ids)), f"{path.parent.name}/{path.name} has an id twice"


def test_every_page_says_that_it_is_a_sample(sample: Run) -> None:
    for path in all_pages(sample):
        banner = next(node for node in document(path).iter("p") if node.get("class") == "banner")
        assert BANNER in text_of(banner)
        if language_of(path) != "en":
            assert " ".join(phrase("sample_banner", language_of(path)).split()) in text_of(banner)


def test_no_page_runs_a_script_or_asks_another_site_for_anything(sample: Run) -> None:
    for path in all_pages(sample):
        root = document(path)
        policy = next(
            node.get("content")
            for node in root.iter("meta")
            if node.get("http-equiv") == "Content-Security-Policy"
        )
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'" and "script-src" not in rules
        assert rules["base-uri"] == rules["form-action"] == "'none'"
        assert any(
            node.get("name") == "referrer" and node.get("content") == "no-referrer"
            for node in root.iter("meta")
        )
        for node in root.iter():
            assert node.tag not in (
                "script",
                "iframe",
                "object",
                "embed",
                "form",
                "link",
                "img",
                "base",
                "video",
                "audio",
            )
            assert not any(str(name).startswith("on") for name in node.attrib)
            assert "src" not in node.attrib
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"https?://[^\"'<> )]+", text)) <= PLAIN_LINKS | NAMESPACES
        assert "@import" not in text and not re.search(r"url\(\s*['\"]?(?!#)", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_index_can_be_left_at_once_and_shows_the_way_to_a_helpline(sample: Run, language: str) -> None:
    root = document(sample.published / "site" / language / "index.html")
    links = {node.get("href"): node for node in root.iter("a")}
    leave = links[study.EXIT_TARGET]
    assert text_of(leave) == phrase("site_leave", language)
    assert {"noreferrer", "noopener"} <= set(leave.get("rel").split())
    assert text_of(links[pages.HELPLINES]) == phrase("site_helplines_link", language)
    order = list(root.iter("a"))
    assert order.index(leave) < next(
        number for number, node in enumerate(order) if node.get("href") == "report.html"
    ), "the way out stands before the content"


def test_internal_links_lead_somewhere(sample: Run) -> None:
    followed = 0
    for path in all_pages(sample):
        root = document(path)
        ids = {node.get("id") for node in root.iter()}
        for node in root.iter("a"):
            target, _, part = node.get("href").partition("#")
            if target.startswith("https://"):
                assert node.get("href") in PLAIN_LINKS
                continue
            goal = (path.parent / target) if target else path
            assert goal.is_file(), f"{path.name}: {node.get('href')}"
            assert (
                goal.resolve().is_relative_to((sample.published / "site").resolve()) or "report" in path.parts
            )
            assert not part or part in (
                ids if not target else {each.get("id") for each in document(goal).iter()}
            )
            followed += 1
    assert followed > 100


def test_pages_speak_each_language_and_link_to_the_five_others(sample: Run) -> None:
    for path in all_pages(sample):
        nav = next(node for node in document(path).iter("nav"))
        assert [node.get("hreflang") for node in nav.iter("a")] == list(LANGUAGES)
        own = [node for node in nav.iter("a") if node.get("aria-current") == "page"]
        assert [node.get("lang") for node in own] == [language_of(path)]
        assert "{" not in text_of(document(path).find(".//main")).replace("{}", "")


def test_headings_and_claims_are_the_same_in_every_language(sample: Run) -> None:
    def skeleton(language: str) -> list[tuple[str, str]]:
        main = document(sample.published / "report" / language / "report.html").find(".//main")
        return [
            (node.tag, node.get("id", ""))
            for node in main.iter()
            if node.tag in ("h1", "h2", "table", "figure", "details")
        ]

    assert len(skeleton("en")) > 20
    assert all(skeleton(language) == skeleton("en") for language in LANGUAGES)
    claims = {
        language: [
            (node.get("id"), node.get("class"))
            for node in document(sample.published / "report" / language / "report.html").iter("p")
            if (node.get("id") or "").startswith("claim-")
        ]
        for language in LANGUAGES
    }
    assert len(claims["en"]) >= 4 and all(found == claims["en"] for found in claims.values())


def numbers(text: str) -> list[int]:
    """All whole numbers of a cell, in whatever digits, with whatever stands between thousands."""
    plain = "".join(
        str(unicodedata.digit(character)) if character.isdigit() else character for character in text
    )
    return [int(number) for number in re.findall(r"\d+", re.sub(r"(?<=\d)[\s.,٬](?=\d{3}\b)", "", plain))]


def rows_of(table: Element) -> list[list[str]]:
    return [
        [text_of(cell) for cell in row if cell.tag in ("td", "th")] for row in table.find("tbody").iter("tr")
    ]


def percent(value: object) -> list[int]:
    return [] if pd.isna(value) else [round(round(float(value), 2) * 100)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_of_the_reports_tables_is_that_of_the_release(sample: Run, language: str) -> None:
    root = document(sample.published / "report" / language / "report.html")
    estimates = labels.labelled(release.table("estimates", sample.study), sample.study, language)
    world = estimates[estimates["level"] == "world"]
    key = ["system_label", "question_label", "option_label"]
    expected = {}
    for row in world.itertuples():
        firm = row.status == "shown" and row.verdict in ("show", "caution")
        values = (row.share, row.low, row.high, row.share_by_organisation, row.share_by_country)
        shares = [percent(value) if firm else [] for value in values]
        cells = [
            shares[0],
            [] if pd.isna(row.base) else [int(row.base)],
            shares[1] + shares[2],
            shares[4] if firm and row.n_organisations == row.base else shares[3] + shares[4],
        ]
        expected.setdefault((row.system_label, row.option_label), []).append((row.question_label, cells))
    assert not world.duplicated(["strand", "question", "option"]).any() and key
    compared = 0
    for table in root.iter("table"):
        caption = table.find("caption")
        if caption is None:
            continue
        asked = text_of(caption)
        for system, option, *cells in rows_of(table):
            found = [numbers(cell) for cell in cells[:4]]
            options = [
                own for question, own in expected[system, option] if " ".join(question.split()) in asked
            ]
            assert found in options, (system, option)
            compared += 1
    assert compared > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_countries_is_that_of_the_release(sample: Run, language: str) -> None:
    cover = labels.labelled(release.table("coverage", sample.study), sample.study, language)
    heard = cover[cover["status"] != "no responses"].set_index("place_label")
    for path in ("site/{}/index.html", "report/{}/report.html"):
        tables = [
            rows
            for table in document(sample.published / path.format(language)).iter("table")
            if len(rows := rows_of(table)) == len(heard) and len(rows[0]) == 5
        ]
        assert len(tables) == 1
        for country, _, responses, children, internet in tables[0]:
            row = heard.loc[country]
            if row["status"] == "shown":
                assert numbers(responses) == [row["responses"]]
            else:
                assert responses == phrase("map_hidden", language)
            assert numbers(children) == (
                [] if pd.isna(row["population_under_18"]) else [row["population_under_18"]]
            )
            assert numbers(internet)[:1] == percent(row["internet_users_pct"] / 100)


def test_what_was_hidden_is_counted_in_the_report(sample: Run) -> None:
    cells = release.table("hidden", sample.study).groupby("status", sort=False)["cells"].sum()
    tables = [rows_of(table) for table in document(sample.published / "report/en/report.html").iter("table")]
    assert [numbers(cell)[0] for _, cell in tables[-1]] == cells.tolist()


def test_a_name_or_a_sentence_with_markup_stays_text(sample: Run) -> None:
    rows = sample.tables["channels_by_system"].head(3).assign(option_label="<b>&\"'</b>")
    row = pages.estimate_rows(rows, "en")[0]
    page = pages._templates().get_template("parts.html.j2").module
    written = str(page.estimates([row], "<i>", "intervals", lambda key, **_: key))
    assert "<b>" not in written and "&lt;b&gt;&amp;" in written


def test_an_interrupted_report_leaves_the_old_one(
    sample: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = elsewhere(sample.study, tmp_path)
    old = study.outputs / "report" / "en"
    old.mkdir(parents=True)
    (old / "report.html").write_text("old")
    monkeypatch.setattr(report, "html", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report.write(study)
    assert [path.name for path in study.outputs.rglob("*.html")] == ["report.html"]
    assert (old / "report.html").read_text() == "old"


def test_a_profile_takes_what_the_country_carries_and_else_its_region(sample: Run) -> None:
    assert sample.released
    profile = profiles.profile(sample.study, "KEN", language="es")
    assert (profile.name, profile.region) == ("Kenia", "África")
    carried = profile.largest
    assert len(carried) and set(carried["level"]) <= {"country", "region"}
    assert set(carried["verdict"]) <= {"show", "caution"}
    kenya = release.table("estimates", sample.study).query("place == 'KEN'")
    for row in carried[carried["level"] == "country"].itertuples():
        assert (kenya["base"] == row.base).any()


def test_a_country_with_hidden_responses_has_a_profile_without_its_numbers(sample: Run) -> None:
    cover = release.table("coverage", sample.study)
    hidden = cover.loc[cover["status"] == "hidden", "place"].iloc[0]
    profile = profiles.profile(sample.study, hidden)
    assert "country" not in set(profile.largest["level"])
    country = (
        profile.responses.loc["country"] if "country" in profile.responses.index.get_level_values(0) else None
    )
    assert country is None or pd.isna(country["all"].iloc[0])


def test_an_unknown_country_is_refused(sample: Run) -> None:
    assert sample.released
    with pytest.raises(BadInput, match="ISO 3166-1"):
        profiles.profile(sample.study, "Kenya")
