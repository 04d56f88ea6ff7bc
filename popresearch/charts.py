"""Charts from released tables only: Altair, rendered as SVG with alternative text; the same numbers stand in the table beside it."""

import hashlib
import html
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import altair as alt
import pandas as pd
import vl_convert
from babel.numbers import format_decimal, format_percent

from popresearch.files import write_text
from popresearch.labels import banner, intervals
from popresearch.release import refuse_microdata
from popresearch.study import Study
from popresearch.wording import phrase

FONT = "system-ui, 'Noto Sans', 'Segoe UI', Roboto, Arial, 'Noto Sans Arabic', 'Noto Sans SC', sans-serif"
INK, QUIET, LINE = "#1a2b3c", "#51606e", "#d5dbe1"
SYSTEM_COLOURS = [
    "#0b5cad",
    "#c2410c",
    "#5b3a9e",
    "#3d6b1f",
]  # each at least 4.5:1 on white, apart also without colour vision
SYSTEM_SHAPES = ["circle", "square", "triangle-up", "diamond"]
WIDTH = 560  # of the plot, in px
LEGEND_LINE = 100  # characters of the systems' names that fit beside each other
RIGHT_TO_LEFT = (
    "\u2067{}\u2069"  # SVG text runs left to right; so an Arabic line keeps its full stop at its own end
)


@dataclass(frozen=True)
class Figure:
    """A finished drawing: SVG, its alternative text, and the table it was made from."""

    svg: str
    alt: str
    data: pd.DataFrame

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": self.alt}

    def save(self, path: Path) -> "Figure":
        """Write the SVG, whole or not at all; returns itself, so that a notebook can show it."""
        write_text(path, self.svg)
        return self


def dots(
    table: pd.DataFrame, study: Study, *, language: str = "en", title: str = "", most: int = 12
) -> Figure:
    """Draw shares as ranked dots with their intervals, one mark a system; `most` options with the largest shares.

    Takes a released table with share, low, high, base, option_label, system_label. What the gate hid has no mark; shares that the
    verdict withholds are left out, and hollow marks ask for caution.
    """
    refuse_microdata(table, "the table of a chart")
    drawn = table[table["verdict"].isin(["show", "caution"])].copy()
    order = drawn.groupby("option_label")["share"].max().sort_values(ascending=False).index[:most].tolist()
    drawn = drawn[drawn["option_label"].isin(order)]
    if drawn.empty:
        said = [text for text in (phrase("nothing_firm", language), banner(study, language)) if text]
        return _figure(_nothing(title, " ".join(said)), " ".join([*([title] if title else []), *said]), drawn)
    systems = list(dict.fromkeys(table["system_label"]))
    bases = table.groupby("system_label", sort=False)["base"].max()
    names = {system: f"{system} (n = {_whole(bases[system], language)})" for system in systems}
    drawn["shown"] = drawn["system_label"].map(names)
    drawn["firmness"] = drawn["verdict"]
    return _figure(
        _dots(drawn, order, list(names.values()), title, study, language),
        _alt_of_dots(drawn, title, study, language),
        drawn,
    )


def _dots(
    drawn: pd.DataFrame, order: list[str], systems: list[str], title: str, study: Study, language: str
) -> alt.LayerChart:
    columns = ["option_label", "shown", "share", "low", "high", "firmness"]
    base = alt.Chart(alt.Data(values=drawn[columns].to_dict("records")))
    columns_of_legend = len(systems) if sum(map(len, systems)) <= LEGEND_LINE else 1
    legend = alt.Legend(title=None, symbolOpacity=1, columns=columns_of_legend)
    colours = alt.Scale(domain=systems, range=SYSTEM_COLOURS[: len(systems)])
    colour = alt.Color(
        "shown:N",
        scale=colours,
        legend=legend,
    )
    shape = alt.Shape(
        "shown:N",
        scale=alt.Scale(domain=systems, range=SYSTEM_SHAPES[: len(systems)]),
        legend=legend,
    )
    row = alt.Y(
        "option_label:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=380, ticks=False, domain=False, labelPadding=8),
    )
    offset = alt.YOffset("shown:N", scale=alt.Scale(domain=systems))
    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1], gridColor=LINE, domain=False, ticks=False)
    across = alt.X("share:Q", scale=alt.Scale(domain=[0, 1]), title=phrase("axis_share", language), axis=axis)
    whiskers = base.mark_rule(strokeWidth=2, opacity=0.45).encode(
        alt.X("low:Q"), alt.X2("high:Q"), row, offset, colour
    )
    hollow = alt.condition("datum.firmness == 'show'", alt.value(1), alt.value(0.15))
    marks = base.mark_point(size=70, filled=True, opacity=1, strokeWidth=1.5).encode(
        across,
        row,
        offset,
        colour,
        shape,
        stroke=alt.Stroke("shown:N", scale=colours, legend=None),
        fillOpacity=hollow,
    )
    height = alt.Step(max(10, 26 / max(1, len(systems))))
    caption = [
        *([banner(study, language)] if study.banner else []),
        *wrapped(phrase("base_answered", language) + phrase("full_stop", language), 118),
        *wrapped(intervals("caption", drawn.get("system", ()), language), 118),
    ]
    return alt.layer(whiskers, marks).properties(
        width=WIDTH,
        height=height,
        title=alt.TitleParams(wrapped(title, 80), subtitle=caption, anchor="start", frame="bounds"),
    )


def _alt_of_dots(drawn: pd.DataFrame, title: str, study: Study, language: str) -> str:
    parts = []
    for system, rows in drawn.groupby("system_label", sort=False):
        largest = rows.nlargest(3, "share")
        listed = "; ".join(
            f"{row.option_label} {format_percent(round(row.share, 2), locale=language)}"
            for row in largest.itertuples()
        )
        parts.append(f"{system} (n = {int(rows['base'].max())}): {listed}.")
    said = banner(study, language)
    stop = "" if title.endswith(("?", "？", "؟")) else "."
    return " ".join([f"{title}{stop}", *parts, *([f"{said}."] if said else [])])


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines at spaces; where it has none (Chinese), after half as many characters, which are twice as wide."""
    lines = textwrap.wrap(text, width if " " in text[:60] else width // 2)
    return [RIGHT_TO_LEFT.format(line) if re.search("[\u0600-\u06ff]", line) else line for line in lines]


def _whole(value: float, language: str) -> str:
    return "–" if pd.isna(value) else format_decimal(int(value), locale=language)


def _nothing(title: str, text: str) -> alt.Chart:
    heading = alt.TitleParams(wrapped(title, 80), anchor="start", frame="bounds")
    chart = (
        alt.Chart(alt.Data(values=[{"text": text}])).mark_text(color=QUIET, fontSize=14).encode(text="text:N")
    )
    return chart.properties(width=WIDTH, height=60, title=heading)


def _figure(chart: alt.TopLevelMixin, text: str, data: pd.DataFrame) -> Figure:
    return Figure(svg(chart, text), text, data)


def svg(chart: alt.TopLevelMixin, text: str) -> str:
    """Render a chart to SVG with a role and its alternative text; the same chart gives the same bytes."""
    specification = chart.configure(**_look()).to_dict(validate=False)
    drawing = vl_convert.vegalite_to_svg(specification)
    # in tags, not in texts: a tenth of a pixel is enough, and a third of the bytes
    drawing = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\d+\.\d)\d+", r"\1", tag[0]), drawing)
    return re.sub(
        r"<svg ", f'<svg role="img" aria-label="{html.escape(text)}" ', _own_names(drawing), count=1
    )


def _own_names(drawing: str) -> str:
    """Name clip paths after the drawing: the renderer counts them on from drawing to drawing, and one page may hold several."""
    numbers = list(dict.fromkeys(re.findall(r'id="clip(\d+)"', drawing)))
    plain = re.sub(r"\bclip(\d+)\b", lambda match: f"clip{numbers.index(match[1])}", drawing)
    return re.sub(r"\bclip(\d+)\b", rf"clip-{hashlib.sha256(plain.encode()).hexdigest()[:8]}-\1", plain)


def _look() -> dict[str, object]:
    return {
        "aria": False,  # the drawing as a whole has its alternative text; a label on each mark would only repeat it
        "font": FONT,
        "background": "#ffffff",
        "padding": 12,
        "view": alt.ViewConfig(stroke=None),
        "axis": alt.AxisConfig(
            labelColor=INK, titleColor=QUIET, labelFontSize=12, titleFontSize=12, titleFontWeight="normal"
        ),
        "legend": alt.LegendConfig(
            orient="top", labelColor=INK, labelFontSize=12, labelLimit=400, symbolSize=90
        ),
        "title": alt.TitleConfig(
            color=INK,
            fontSize=16,
            fontWeight=600,
            subtitleColor=QUIET,
            subtitleFontSize=12,
            subtitlePadding=6,
            offset=14,
        ),
    }
