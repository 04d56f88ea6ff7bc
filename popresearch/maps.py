"""The world map: Equal Earth, from the release alone, with its boundary policy, disclaimer, classes and n on it."""

import altair as alt
import pandas as pd
from babel.numbers import format_decimal
from shapely.geometry import mapping

from popresearch import reference
from popresearch.charts import INK, LINE, QUIET, Figure, svg, wrapped
from popresearch.disclosure import SHOWN
from popresearch.labels import banner
from popresearch.release import HIDDEN as GATE_HID
from popresearch.release import refuse_microdata
from popresearch.study import Study
from popresearch.wording import phrase

CLASSES = [5, 20, 50, 100]  # lower ends, in responses
BLUES = ["#a9cbe8", "#5f9fd3", "#2470b3", "#0b3c6f"]
HIDDEN, NONE, NEUTRAL, SEA, EDGE = "#f3d9a4", "#eef0f2", "#c3c7cb", "#f8fafc", "#8a97a3"
COLOURS = [NEUTRAL, NONE, HIDDEN, *BLUES]  # in the order of the legend
WIDTH, HEIGHT = 960, 428
MIDDLE_KM, DRAWN_KM = (0, 600), 35_000  # centre and width of what is drawn: without the empty far south
DASHES = {"dashed": [4, 3], "dotted": [1, 2]}


def world(coverage: pd.DataFrame, study: Study, *, language: str = "en", is_bare: bool = False) -> Figure:
    """Draw where responses came from: countries by class of n, countries too small to see as dots.

    Takes the released table `coverage` (a row a country: place, responses, status). Hidden counts, countries without responses and
    areas of undetermined status each have their own colour and stand in the legend. A bare map leaves title, legend and notes to the page
    that shows it (`legend`, `notes`), since a phone would make them too small to read inside the drawing.
    """
    refuse_microdata(coverage, "the table of the map")
    classes = _classes(language)
    coverage = coverage.assign(shown=[_class(row, classes) for row in coverage.itertuples()])
    colours = dict(zip(classes, COLOURS, strict=True))
    shapes = reference.shapes()
    areas = shapes[shapes["status"] == "country"].merge(
        coverage[["place", "shown"]], left_on="iso3", right_on="place"
    )
    disputed = shapes[shapes["status"] == "disputed"].assign(shown=classes[0])
    text = _alt(coverage, study, language)
    layers = [
        _shapes(shapes[shapes["status"] == "sphere"]).mark_geoshape(fill=SEA, stroke=LINE, strokeWidth=0.8),
        _shapes(areas)
        .mark_geoshape(stroke="#aab4bd", strokeWidth=0.4)
        .encode(fill=_colour(colours, None if is_bare else _legend(coverage, language))),
        *[_disputed(rows, treatment) for treatment, rows in disputed.groupby("treatment")],
        _dots(coverage, colours),
    ]
    chart = (
        alt.layer(*layers)
        .project(type="identity", reflectY=True, scale=WIDTH / DRAWN_KM, translate=_translate())
        .properties(width=WIDTH, height=HEIGHT, title=_title(study, language, is_bare))
    )
    return Figure(svg(chart, text), text, coverage)


def legend(coverage: pd.DataFrame, language: str) -> tuple[str, list[tuple[str, str]]]:
    """The legend as a page writes it: its title with n, and the colour of each class with its label."""
    n = int(coverage.loc[coverage["status"] == SHOWN, "responses"].sum())
    title = phrase("map_legend", language, n=format_decimal(n, locale=language))
    return title, list(zip(COLOURS, _classes(language), strict=True))


def notes(language: str) -> list[str]:
    """The sentences that stand below every map: UN disclaimer, boundary policy, source of the shapes."""
    return [phrase(key, language) for key in ("map_disclaimer", "map_policy", "map_notes", "map_source")]


def _classes(language: str) -> list[str]:
    ends = [f"{low}–{high - 1}" for low, high in zip(CLASSES, CLASSES[1:], strict=False)] + [
        f"{CLASSES[-1]}+"
    ]
    return [phrase(key, language) for key in ("map_undetermined", "map_none", "map_hidden")] + ends


def _class(row: object, classes: list[str]) -> str:
    if row.status == SHOWN:
        return (
            classes[2 + sum(row.responses >= low for low in CLASSES)]
            if row.responses >= CLASSES[0]
            else classes[2]
        )
    return classes[2] if row.status == GATE_HID else classes[1]


def _translate() -> list[float]:
    scale = WIDTH / DRAWN_KM
    return [WIDTH / 2 - MIDDLE_KM[0] * scale, HEIGHT / 2 + MIDDLE_KM[1] * scale]


def _shapes(table: pd.DataFrame) -> alt.Chart:
    names = table["shown"] if "shown" in table else [""] * len(table)
    features = [
        {"type": "Feature", "properties": {"shown": name}, "geometry": mapping(shape)}
        for name, shape in zip(names, table.geometry, strict=True)
    ]
    return alt.Chart(alt.Data(values=features))


def _colour(colours: dict[str, str], legend: alt.Legend | None) -> alt.Fill:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Fill("properties.shown:N", scale=scale, legend=legend)


def _legend(coverage: pd.DataFrame, language: str) -> alt.Legend:
    return alt.Legend(
        title=legend(coverage, language)[0],
        orient="bottom",
        direction="horizontal",
        columns=len(COLOURS),
        symbolType="square",
        symbolStrokeColor=EDGE,
        symbolStrokeWidth=0.6,
        titleColor=INK,
        titleFontSize=12,
        titleFontWeight="normal",
        titleLimit=900,
    )


def _disputed(rows: pd.DataFrame, treatment: str) -> alt.Chart:
    dash = next((pattern for name, pattern in DASHES.items() if name in treatment), [1, 0])
    return _shapes(rows).mark_geoshape(fill=NEUTRAL, stroke=QUIET, strokeWidth=0.8, strokeDash=dash)


def _dots(coverage: pd.DataFrame, colours: dict[str, str]) -> alt.Chart:
    """Countries with responses that are too small to be seen, as dots at their place."""
    places = reference.places()
    small = coverage[
        (coverage["status"] != "no responses") & coverage["place"].isin(places.index[places["is_small"]])
    ]
    points = [
        {
            "type": "Feature",
            "properties": {"shown": row.shown},
            "geometry": {
                "type": "Point",
                "coordinates": [float(places.at[row.place, "x_km"]), float(places.at[row.place, "y_km"])],
            },
        }
        for row in small.itertuples()
    ]
    chart = alt.Chart(
        alt.Data(values=points or [{"type": "Feature", "properties": {"shown": ""}, "geometry": None}])
    )
    return chart.mark_geoshape(stroke=INK, strokeWidth=0.8).encode(fill=_colour(colours, None))


def _title(study: Study, language: str, is_bare: bool) -> alt.TitleParams:
    said = banner(study, language)
    if is_bare:
        return alt.TitleParams(
            said, anchor="start", frame="bounds", fontSize=12, fontWeight="normal", color=QUIET
        )
    lines = [line for note in notes(language) for line in wrapped(note, 160)]
    subtitle = [text for text in (said, *lines) if text]
    title = phrase("map_title", language)
    return alt.TitleParams(title, subtitle=subtitle, anchor="start", frame="bounds", subtitleFontSize=11)


def _alt(coverage: pd.DataFrame, study: Study, language: str) -> str:
    shown = coverage[coverage["status"] == SHOWN].sort_values("responses", ascending=False)
    first = "; ".join(f"{row.place_label} {row.responses}" for row in shown.head(5).itertuples())
    counts = {
        "shown": len(shown),
        "hidden": int((coverage["status"] == GATE_HID).sum()),
        "none": int((coverage["status"] == "no responses").sum()),
    }
    text = phrase("map_alt", language, first=first, **counts)
    return f"{text} {banner(study, language)}".strip()
