"""The flow chart of an ingest: rows in the exports, refused by each rule, in quarantine, kept; for all files together."""

import altair as alt
import pandas as pd
from babel.numbers import format_decimal

from popresearch.charts import INK, LINE, QUIET, Figure, svg, wrapped
from popresearch.ingest import RULES
from popresearch.labels import banner, system_label
from popresearch.study import Study
from popresearch.wording import phrase

WIDTH, MAIN, SIDE, GAP = (
    720,
    320,
    340,
    60,
)  # px: the whole, the boxes of the stream, those beside it, between two of the stream
LINE_HEIGHT, PADDING, TIP = 17, 10, 5  # px
LETTER = 7.2  # px, on average of the widest script (Cyrillic)


def chart(accounting: pd.DataFrame, study: Study, *, language: str = "en") -> Figure:
    """Draw what became of all rows; takes the accounting of `ingest`, a row a file. The counts of a box add up to the one above it."""
    totals = accounting[["rows_in", "kept", "quarantined", *RULES]].sum()
    refused = totals[RULES]
    beside = [
        [_said("flow_refused", refused.sum(), language), *_rules(refused[refused > 0], language)],
        [_said("flow_quarantine", totals["quarantined"], language)],
    ]
    stream = [
        [_said("flow_in", totals["rows_in"], language), *_strands(accounting, "rows_in", study, language)],
        [_said("flow_kept", totals["kept"], language), *_strands(accounting, "kept", study, language)],
    ]
    said = banner(study, language)
    text = " ".join(
        f"{lines[0]}" + (f" ({'; '.join(lines[1:])})" if lines[1:] else "") + "."
        for lines in (stream[0], *beside, stream[1])
    )
    text = f"{text} {said}.".removesuffix(" .")
    return Figure(svg(_drawn(*_laid_out(stream, beside), said), text), text, accounting)


def _laid_out(
    stream: list[list[str]], beside: list[list[str]]
) -> tuple[list[dict[str, object]], list[dict[str, float]], float]:
    """Give the boxes, the arrows between them, and the height of all: the stream from top to bottom, what leaves it on the right."""
    first = _box(0, 0, MAIN, stream[0])
    top, boxes, arrows = first["bottom"] + GAP / 2, [first], []
    for lines in beside:
        box = _box(WIDTH - SIDE, top, SIDE, lines)
        middle = (box["top"] + box["bottom"]) / 2
        boxes.append(box)
        arrows.append(_arrow(MAIN / 2, middle, WIDTH - SIDE, middle))
        top = box["bottom"] + GAP / 2
    last = _box(0, top + GAP / 2, MAIN, stream[1])
    down = _arrow(MAIN / 2, first["bottom"], MAIN / 2, last["top"])
    return [*boxes, last], [down, *arrows], last["bottom"]


def _rules(counts: pd.Series, language: str) -> list[str]:
    return [
        f"{format_decimal(int(n), locale=language)} {phrase('rule_' + rule.replace(' ', '_'), language)}"
        for rule, n in counts.items()
    ]


def _strands(accounting: pd.DataFrame, column: str, study: Study, language: str) -> list[str]:
    counts = accounting.groupby("strand", sort=False)[column].sum()
    names = {name: system_label(strand.system, study, language) for name, strand in study.strands.items()}
    return [f"{format_decimal(int(n), locale=language)} {names[strand]}" for strand, n in counts.items()]


def _said(key: str, n: int, language: str) -> str:
    return phrase(key, language, n=format_decimal(int(n), locale=language))


def _box(left: float, top: float, width: float, texts: list[str]) -> dict[str, object]:
    """Place a box as high as its texts need; a text that is too long for a line takes several."""
    lines = [
        (line, not place)
        for place, text in enumerate(texts)
        for line in wrapped(text, int((width - 2 * PADDING) / LETTER))
    ]
    return {
        "left": left,
        "top": top,
        "right": left + width,
        "bottom": top + PADDING * 2 + LINE_HEIGHT * len(lines),
        "lines": lines,
    }


def _arrow(x: float, y: float, x2: float, y2: float) -> dict[str, float]:
    is_across = y == y2
    tip = {"tip_x": x2 - TIP, "tip_y": y2} if is_across else {"tip_x": x2, "tip_y": y2 - TIP}
    return {"x": x, "y": y, "x2": x2, "y2": y2, **tip, "turn": 90 if is_across else 180}


def _drawn(
    boxes: list[dict[str, object]], arrows: list[dict[str, float]], height: float, title: str
) -> alt.LayerChart:
    across = alt.Scale(domain=[0, WIDTH], nice=False)
    down = alt.Scale(domain=[0, height], reverse=True, nice=False)

    def at(x: str, y: str) -> dict[str, object]:
        return {"x": alt.X(f"{x}:Q", scale=across, axis=None), "y": alt.Y(f"{y}:Q", scale=down, axis=None)}

    lines = [
        {
            "left": box["left"] + PADDING,
            "top": box["top"] + PADDING + LINE_HEIGHT * (place + 0.5),
            "text": text,
            "first": is_first,
        }
        for box in boxes
        for place, (text, is_first) in enumerate(box["lines"])
    ]
    shapes = alt.Chart(
        alt.Data(values=[{key: box[key] for key in ("left", "top", "right", "bottom")} for box in boxes])
    )
    ways = alt.Chart(alt.Data(values=arrows))
    words = alt.Chart(alt.Data(values=lines))
    layers = [
        ways.mark_rule(color=QUIET, strokeWidth=1.5).encode(**at("x", "y"), x2="x2:Q", y2="y2:Q"),
        ways.mark_point(shape="triangle", filled=True, color=QUIET, size=90, opacity=1).encode(
            **at("tip_x", "tip_y"), angle=alt.Angle("turn:Q", scale=None)
        ),
        shapes.mark_rect(fill="#ffffff", stroke=LINE, strokeWidth=1.5, cornerRadius=3).encode(
            **at("left", "top"), x2="right:Q", y2="bottom:Q"
        ),
        words.mark_text(align="left", baseline="middle", fontSize=13).encode(
            **at("left", "top"),
            text="text:N",
            color=alt.condition("datum.first", alt.value(INK), alt.value(QUIET)),
        ),
    ]
    named = {"title": alt.TitleParams(title, anchor="start", frame="bounds")} if title else {}
    return alt.layer(*layers).properties(width=WIDTH, height=height, **named)
