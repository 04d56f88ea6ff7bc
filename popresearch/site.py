"""The public site: static pages that need no JavaScript, ask no other site for anything, and can be left at once."""

import shutil
from pathlib import Path

from popresearch import claims, maps, pages, release, report
from popresearch.files import new_folder
from popresearch.labels import labelled
from popresearch.study import Study

EXIT_TARGET = "https://www.bbc.co.uk/weather"  # neutral; after GOV.UK's "Exit this page"


def write(study: Study, *, exit_target: str = EXIT_TARGET) -> Path:
    """Write outputs/<study>/site: an index page and the report in every language, and the tables for download.

    site/index.html is the English page (or the study's first language); each language has its folder.
    """
    target = study.outputs / "site"
    reports = study.outputs / "report"
    downloads = sorted(path.name for path in (study.outputs / "opendata").iterdir())
    with new_folder(target) as folder:
        shutil.copytree(study.outputs / "opendata", folder / "data")
        for language in study.languages:
            (folder / language).mkdir()
            page = _index(
                study, language, downloads, exit_target, link="../{code}/index.html", data_folder="../data/"
            )
            (folder / language / "index.html").write_text(page, encoding="utf-8")
            shutil.copyfile(reports / language / "report.html", folder / language / "report.html")
        first = "en" if "en" in study.languages else study.languages[0]
        home = _index(
            study, first, downloads, exit_target, link="{code}/index.html", data_folder="data/"
        ).replace('href="report.html"', f'href="{first}/report.html"')
        (folder / "index.html").write_text(home, encoding="utf-8")
    return target


def _index(
    study: Study, language: str, downloads: list[str], exit_target: str, *, link: str, data_folder: str
) -> str:
    cover = labelled(release.table("coverage", study), study, language)
    estimates = release.table("estimates", study)
    return pages.render(
        "index.html.j2",
        study,
        language,
        link_to=lambda code: link.format(code=code),
        exit_target=exit_target,
        downloads=downloads,
        data_folder=data_folder,
        map=maps.world(cover, study, language=language, is_bare=True),
        notes=maps.notes(language),
        legend=maps.legend(cover, language),
        claims=claims.evaluate(study, estimates, language=language),
        heard=report.coverage_rows(cover, language),
        unheard=sorted(cover.loc[cover["status"] == "no responses", "place_label"]),
    )
