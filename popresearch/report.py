"""The report: one HTML page a language, from released tables and claims alone."""

from pathlib import Path

import pandas as pd

from popresearch import charts, claims, maps, pages, reference, release, simulation
from popresearch.charts import Figure
from popresearch.claims import Said
from popresearch.disclosure import SHOWN
from popresearch.files import new_folder
from popresearch.labels import intervals, labelled
from popresearch.study import Study
from popresearch.wording import phrase

CHAPTERS = {  # chapter → released tables it draws, in order
    "governments": ["a03", "a01", "a02"],
    "channels": ["kind_by_system", "channels_by_system"],
    "benefits": ["benefits_by_system"],
    "challenges": ["challenges_by_system"],
    "children": ["d07", "d10", "d11"],
}


def write(study: Study) -> Path:
    """Write outputs/<study>/report/<language>/report.html in every language of the study, all or none."""
    target = study.outputs / "report"
    with new_folder(target) as folder:
        for language in study.languages:
            (folder / language).mkdir()
            (folder / language / "report.html").write_text(html(study, language), encoding="utf-8")
    return target


def html(study: Study, language: str) -> str:
    """Write the report in one language; it links to the same report in the other languages' folders."""
    estimates = release.table("estimates", study)
    estimates = labelled(estimates[estimates["level"] == "world"], study, language)
    counts = labelled(release.table("responses", study), study, language)
    cover = labelled(release.table("coverage", study), study, language)
    said = claims.evaluate(study, estimates, language=language)
    chapters = [chapter for name in CHAPTERS if (chapter := _chapter(name, study, language, estimates, said))]
    if not chapters:
        chapters = [_all_questions(study, language, estimates)]
    contents = [("what", "report_what"), ("who", "report_who"), ("map", "report_map")]
    contents = [(id, phrase(key, language)) for id, key in contents] + [
        (chapter["id"], chapter["heading"]) for chapter in chapters
    ]
    contents += [(id, phrase(f"report_{id}", language)) for id in ("methods", "hidden")]
    return pages.render(
        "report.html.j2",
        study,
        language,
        link_to="../{}/report.html".format,
        contents=contents,
        chapters=chapters,
        map=maps.world(cover, study, language=language, is_bare=True),
        notes=maps.notes(language),
        legend=maps.legend(cover, language),
        coverage=coverage_rows(cover, language),
        n=pages.number(_total(counts), language),
        n_countries=pages.number((cover["status"] != "no responses").sum(), language),
        systems=_systems(counts, language),
        hidden=_hidden(study, language),
        card=_card(study, language),
        coverage_of_intervals=simulation.figure(study, language),
    )


def coverage_rows(cover: pd.DataFrame, language: str) -> list[dict[str, str]]:
    """Countries with responses as rows of a page, by region and name; a hidden number says so."""
    heard = cover[cover["status"] != "no responses"]
    heard = heard.assign(
        region_label=heard["region"].map(lambda region: reference.region_name(region, language))
    )
    rows = []
    for row in heard.sort_values(["region_label", "place_label"]).itertuples():
        internet = (
            "–"
            if pd.isna(row.internet_users_pct)
            else f"{pages.share(row.internet_users_pct / 100, language)} ({row.internet_year})"
        )
        rows.append(
            {
                "country": row.place_label,
                "region": row.region_label,
                "internet": internet,
                "responses": pages.number(row.responses, language)
                if row.status == SHOWN
                else phrase("map_hidden", language),
                "children": pages.number(row.population_under_18, language),
            }
        )
    return rows


def _chapter(
    name: str, study: Study, language: str, estimates: pd.DataFrame, said: list[Said]
) -> dict[str, object] | None:
    parts = [part for table in CHAPTERS[name] if (part := _part(table, study, language, estimates))]
    own = [each for each in said if each.chapter == name]
    text = phrase("report_children_text", language) if name == "children" else ""
    heading = phrase(f"report_{name}", language)
    return (
        {"id": name, "heading": heading, "text": text, "claims": own, "parts": parts}
        if parts or own
        else None
    )


def _part(name: str, study: Study, language: str, estimates: pd.DataFrame) -> dict[str, object] | None:
    """A figure with the table of the same numbers: a released table by its name, or a question for the world."""
    if name.endswith("_by_system"):
        topic = name.removesuffix("_by_system")
        if topic not in study.topics and topic not in study.rollups:
            return None
        table = labelled(release.table(name, study), study, language)
        title = phrase(f"report_{topic}", language)
    else:
        table = estimates[estimates["question"] == name]
        title = table["question_label"].iloc[0] if len(table) else ""
    if table.empty:
        return None
    return _drawn(table, study, language, title)


def _drawn(table: pd.DataFrame, study: Study, language: str, title: str) -> dict[str, object]:
    questions = " · ".join(dict.fromkeys(table["question_label"]))
    return {
        "figure": charts.dots(table, study, language=language, title=title),
        "rows": pages.estimate_rows(table, language),
        "caption": phrase("report_question", language, text=questions),
        "intervals": intervals("table", table["system"], language),
    }


def _all_questions(study: Study, language: str, estimates: pd.DataFrame) -> dict[str, object]:
    """For a study without chapters of its own: every question of which something may be shown for the world."""
    shown = estimates[estimates["status"] == SHOWN]
    parts = [
        _drawn(rows, study, language, rows["question_label"].iloc[0])
        for _, rows in shown.groupby("question", sort=False)
    ]
    heading = phrase("report_questions", language)
    return {"id": "questions", "heading": heading, "text": "", "claims": [], "parts": parts}


def _total(counts: pd.DataFrame) -> float:
    return counts.loc[(counts["level"] == "world") & (counts["strand"] == "all"), "count"].iloc[0]


def _systems(counts: pd.DataFrame, language: str) -> list[dict[str, str]]:
    world = counts[(counts["level"] == "world") & (counts["strand"] != "all")]
    return [
        {"system": row.system_label, "responses": pages.number(row.count, language)}
        for row in world.itertuples()
    ]


def _hidden(study: Study, language: str) -> list[dict[str, str]]:
    cells = release.table("hidden", study).groupby("status", sort=False)["cells"].sum()
    return [
        {"status": phrase(pages.STATUS_KEYS[status], language), "cells": pages.number(n, language)}
        for status, n in cells.items()
    ]


def _card(study: Study, language: str) -> list[dict[str, str]]:
    """The methodology card in one language; a study that states nothing has none."""
    if not release.has("methodology", study):
        return []
    table = release.table("methodology", study)
    return table[table["language"] == language][["title", "statement"]].to_dict("records")


def figures(study: Study, language: str) -> dict[str, Figure]:
    """All figures of the report by name, for notebooks and for the folder of charts."""
    estimates = release.table("estimates", study)
    estimates = labelled(estimates[estimates["level"] == "world"], study, language)
    made = {name: _part(name, study, language, estimates) for names in CHAPTERS.values() for name in names}
    drawn = {name: part["figure"] for name, part in made.items() if part}
    return drawn | {"coverage_of_intervals": simulation.figure(study, language)}
