"""What report and site share: templates, number formats, and tables of released estimates as a reader sees them."""

import functools
from pathlib import Path

import jinja2
import pandas as pd
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

from popresearch.disclosure import FEW, SHOWN, SMALL, TO_PROTECT
from popresearch.release import HIDDEN
from popresearch.study import Study
from popresearch.wording import LANGUAGES, NATIVE_NAMES, phrase

TEMPLATES = Path(__file__).parent / "templates" / "pages"
STATUS_KEYS = {
    SHOWN: "status_shown",
    SMALL: "status_small",
    FEW: "status_few",
    TO_PROTECT: "status_protects",
    HIDDEN: "status_hidden",
}
HELPLINES = "https://childhelplineinternational.org/helplines/"
MISSING = "–"


@functools.cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "languages": {code: NATIVE_NAMES[code] for code in LANGUAGES},
        "helplines": HELPLINES,
    }
    environment.filters |= {"drawing": lambda figure: Markup(figure.svg)}  # noqa: S704 - made by us from released numbers
    return environment


def render(template: str, study: Study, language: str, **context: object) -> str:
    """Fill a template in a language; `say` inside it gives phrases, a name that is missing is an error."""
    say = functools.partial(_say, language)
    return (
        _templates()
        .get_template(template)
        .render(
            say=say,
            study=study,
            language=language,
            title_of_study=study.title[language],
            direction="rtl" if language == "ar" else "ltr",
            **context,
        )
    )


def number(value: float | None, language: str) -> str:
    """Write a whole number as the language does; a dash where it is missing."""
    return MISSING if value is None or pd.isna(value) else format_decimal(int(value), locale=language)


def share(value: float | None, language: str) -> str:
    """Write a share (0–1) in whole per cent; a dash where it is missing."""
    return (
        MISSING
        if value is None or pd.isna(value)
        else format_percent(round(float(value), 2), locale=language)
    )


def estimate_rows(table: pd.DataFrame, language: str) -> list[dict[str, str]]:
    """Write estimates as rows of a page: what the gate hid says so, what the verdict withholds has no share."""
    ordered = table.assign(rank=table["share"].where(table["verdict"].isin(["show", "caution"]))).sort_values(
        ["system_label", "rank"], ascending=[True, False], na_position="last", kind="stable"
    )
    rows = []
    for row in ordered.itertuples():
        firm = row.status == SHOWN and row.verdict in ("show", "caution")
        rows.append(
            {
                "system": row.system_label,
                "option": row.option_label,
                "n": number(row.base, language),
                "share": share(row.share if firm else None, language),
                "interval": f"{share(row.low, language)} – {share(row.high, language)}" if firm else MISSING,
                "views": _views(row, language) if firm else MISSING,
                "verdict": phrase(f"verdict_{row.verdict}", language)
                if row.status == SHOWN
                else phrase(STATUS_KEYS[row.status], language),
            }
        )
    return rows


def _views(row: object, language: str) -> str:
    """The two other views; where each response stands for itself (the children's poll) only that of countries."""
    by_country = share(row.share_by_country, language)
    if row.n_organisations == row.base:
        return by_country
    return f"{share(row.share_by_organisation, language)} · {by_country}"


def _say(language: str, key: str, **slots: object) -> str:
    return phrase(key, language, **slots)
