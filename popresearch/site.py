"""The public site: static pages that need no JavaScript, ask no other site for anything, and can be left at once."""

import shutil
from pathlib import Path

from popresearch import claims, maps, pages, reference, release, report
from popresearch.files import new_folder
from popresearch.labels import labelled
from popresearch.study import Study
from popresearch.wording import phrase

POLICY = "boundary_policy.csv"
HOME = "<!-- home -->"  # where the report gets its link to the index page: it has none outside the site


def write(study: Study) -> Path:
    """Write outputs/<study>/site: an index page and the report in every language, and the tables for download.

    site/index.html is the English page (or the study's first language); each language has its folder.
    """
    target = study.outputs / "site"
    reports = study.outputs / "report"
    downloads = sorted([POLICY, *(path.name for path in (study.outputs / "opendata").iterdir())])
    with new_folder(target) as folder:
        shutil.copytree(study.outputs / "opendata", folder / "data")
        shutil.copyfile(reference.folder() / POLICY, folder / "data" / POLICY)
        for language in study.languages:
            (folder / language).mkdir()
            page = _index(study, language, downloads, link="../{code}/index.html", data_folder="../data/")
            (folder / language / "index.html").write_text(page, encoding="utf-8")
            text = (reports / language / "report.html").read_text(encoding="utf-8")
            home = f'<p><a href="index.html">{phrase("report_home", language)}</a></p>'
            (folder / language / "report.html").write_text(text.replace(HOME, home), encoding="utf-8")
        first = "en" if "en" in study.languages else study.languages[0]
        page = _index(study, first, downloads, link="{code}/index.html", data_folder="data/")
        page = page.replace('href="report.html"', f'href="{first}/report.html"')
        (folder / "index.html").write_text(page, encoding="utf-8")
    return target


def _index(study: Study, language: str, downloads: list[str], *, link: str, data_folder: str) -> str:
    cover = labelled(release.table("coverage", study), study, language)
    estimates = release.table("estimates", study)
    silent = (cover["status"] == "no responses") & (cover["population_under_18"].fillna(0) > 0)
    return pages.render(
        "index.html.j2",
        study,
        language,
        link_to=lambda code: link.format(code=code),
        downloads=downloads,
        data_folder=data_folder,
        map=maps.world(cover, study, language=language, is_bare=True),
        notes=maps.notes(language),
        legend=maps.legend(cover, language),
        claims=claims.evaluate(study, estimates, language=language),
        heard=report.coverage_rows(cover, language),
        unheard=sorted(cover.loc[silent, "place_label"]),
    )
