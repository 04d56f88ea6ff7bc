"""An executed notebook as one HTML page that asks nothing of the network and runs no script."""

import html
import re
from functools import cache
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).resolve().parent / "templates" / "notebook"
KINDS = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain")
LABELS = {"parameters": "Parameters", "injected-parameters": "Parameters given for this run"}
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
PROLOGUE = re.compile(r"^\s*(<\?xml.*?\?>|<!DOCTYPE.*?>|\s)*", re.DOTALL)
SVG_IDS = re.compile(r"""(?<![\w-])id=(["'])([^"']+)\1""")
SVG_REFERENCES = re.compile(
    r"""((?<![\w-])id=["']|url\(["']?#|href=["']#|aria-(?:labelledby|describedby)=["'])([^"')]+)"""
)
TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
CELL = re.compile(r"<(t[hd])\b([^>]*)>(.*?)(?=</t[hd]>)", re.DOTALL)
NUMBER = re.compile(r"[-−+±]?[\d.,\s\u202f]*\d\s?%?|[-–—]|")
TO_NOTEBOOK = re.compile(r'(href="(?![a-z]+:)[^"]*?)\.ipynb(#[^"]*)?"')


def page(notebook: Any, *, notice: str = "") -> str:
    """Turn an executed notebook into a page: results first, code folded away, `notice` above everything.

    The page carries its style, and a policy under which a browser loads nothing, whatever an output holds.
    """
    cells = [_shown(cell, number) for number, cell in enumerate(notebook.cells, 1)]
    return _template().render(title=title(notebook), notice=notice, cells=cells)


def title(notebook: Any) -> str:
    """Give the first heading of a notebook as plain text."""
    for cell in notebook.cells:
        found = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if found:
            return re.sub(r"[*`]", "", found.group(1))
    return "Notebook"


@cache
def _template() -> Any:
    import jinja2

    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("index.html.j2")


def _shown(cell: Any, number: int) -> dict[str, Any]:
    """Give what the template needs of a cell: its kind, and HTML that is safe to stand in a page."""
    from markupsafe import Markup
    from nbconvert.filters import Highlight2HTML, markdown2html

    if cell.cell_type == "markdown":
        text = TO_NOTEBOOK.sub(r'\1.html\2"', markdown2html(cell.source))
        return {"kind": "text", "html": Markup(text)}
    if cell.cell_type != "code" or not (cell.source.strip() or cell.outputs):
        return {"kind": "nothing"}
    code = Highlight2HTML(pygments_lexer="ipython3")(cell.source)
    outputs = [Markup(_output(output, f"c{number}-{place}")) for place, output in enumerate(cell.outputs)]
    tags = cell.metadata.get("tags", [])
    label = next((LABELS[tag] for tag in tags if tag in LABELS), "Code")
    return {"kind": "code", "label": label, "code": Markup(code), "outputs": outputs}


def _output(output: Any, prefix: str) -> str:
    from nbconvert.filters import ansi2html, markdown2html

    if output.output_type == "stream":
        return f"<pre>{ansi2html(output.text)}</pre>"
    data = output.get("data", {})
    kind = next((kind for kind in KINDS if kind in data), None)
    if kind is None:
        return ""
    content = data[kind]
    if kind == "text/html":
        return f'<div class="wide">{TABLE.sub(lambda found: _aligned(found[0]), content)}</div>'
    if kind == "text/markdown":
        return markdown2html(content)
    if kind == "text/plain":
        return f"<pre>{ansi2html(content)}</pre>"
    alt = _alt(output, kind)
    if kind == "image/svg+xml":
        return f"<figure>{_svg(content, prefix, alt)}</figure>"
    return f'<figure><img src="data:{kind};base64,{content.strip()}" alt="{html.escape(alt)}"></figure>'


def _aligned(table: str) -> str:
    """Mark the cells and the heading of each column of numbers, so that its digits stand under each other."""
    if re.search(r"(col|row)span", table):
        return table
    rows = [[cell[3].strip() for cell in CELL.finditer(row)] for row in ROW.findall(table)]
    columns = [column[1:] for column in zip(*rows, strict=False)]
    numbers = {
        place for place, column in enumerate(columns) if any(column) and all(map(NUMBER.fullmatch, column))
    }

    def marked(row: re.Match[str]) -> str:
        place = iter(range(len(columns) + row[0].count("<t")))
        return CELL.sub(lambda cell: _cell(cell, next(place) in numbers), row[0])

    return ROW.sub(marked, table)


def _cell(cell: re.Match[str], is_number: bool) -> str:
    kind, attributes, content = cell.groups()
    if not is_number:
        return cell[0]
    if 'class="' in attributes:
        attributes = attributes.replace('class="', 'class="number ', 1)
    else:
        attributes += ' class="number"'
    return f"<{kind}{attributes}>{content}"


def _alt(output: Any, kind: str) -> str:
    metadata = output.get("metadata", {})
    return str(metadata.get(kind, {}).get("alt") or metadata.get("alt") or "")


def _svg(content: str, prefix: str, alt: str) -> str:
    """Make an SVG fit to stand in a page beside others: no prologue, ids of its own, an alternative text.

    Two pictures that both name a clip path "clip0" would otherwise cut each other.
    """
    svg = PROLOGUE.sub("", content, count=1)
    names = {name for _, name in SVG_IDS.findall(svg)}

    def own(found: re.Match[str]) -> str:
        words = [f"{prefix}-{word}" if word in names else word for word in found[2].split()]
        return found[1] + " ".join(words)

    svg = SVG_REFERENCES.sub(own, svg)
    head = svg[: svg.find(">") + 1]
    if alt and "aria-label" not in head:
        svg = svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(alt)}"', 1)
    return svg
