"""The sheets of a workbook as rows of text that know their number, and the tables of a form in them."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from python_calamine import CalamineWorkbook

from popresearch.faults import Fault, bad_input, did_you_mean
from popresearch.instrument.form import shown
from popresearch.instrument.heads import canonical

HIGHEST_HEADS = 10  # rows in which heads are looked for
INVISIBLE = "\u200b\ufeff"  # what a copy from a web page leaves at the ends of a cell
CLOSE = 0.75  # ratio (0–1) from which on a name can only be meant
Rows = list[list[str]]


@dataclass(frozen=True)
class Sheet:
    """One table of a form: its name as written, its heads, and its rows (number as the spreadsheet has it, filled cells by head)."""

    name: str
    heads: list[str]
    rows: list[tuple[int, dict[str, str]]]

    def place(self, row: int) -> str:
        """Say where a row stands."""
        return f"sheet '{self.name}', row {row}"


def read_sheets(path: Path) -> dict[str, Rows]:
    """Read every sheet of a workbook as rows of text; whole numbers without ".0", dates as ISO 8601."""
    try:
        book = CalamineWorkbook.from_path(str(path))
        return {name: _text(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
                for name in book.sheet_names}  # fmt: skip
    except FileNotFoundError:
        remedy = "Put the file there, or correct the path in study.toml."
        raise bad_input(shown(path), "does not exist.", remedy) from None
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # a panic in Rust is no Exception
        what = "is damaged or is not a workbook."
        raise bad_input(shown(path), what, "Export it again and compare the sizes.") from None


def cell_text(cell: object) -> str:
    """Write a workbook's cell as text."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat(sep=" ") if hasattr(cell, "hour") and hasattr(cell, "year") else str(cell)


def find(sheets: dict[str, Rows], wanted: str, needed: list[str], faults: list[Fault]) -> Sheet | None:
    """Find the sheet of a form by its name, else by a close name, else by its heads; None where there is none."""
    plain = {re.sub(r"[\W_]+", " ", name).strip().casefold(): name for name in sheets}
    folded = wanted.replace("_", " ")
    close = [folded] if folded in plain else get_close_matches(folded, plain, n=1, cutoff=CLOSE)
    by_heads = [
        name for name, rows in sheets.items() if needed and set(needed) <= set(_heads(rows, needed)[1])
    ]
    found = plain[close[0]] if close else next(iter(by_heads), "")
    if not found:
        return None
    if found.casefold() != wanted:
        what = f"is read as the sheet '{wanted}'."
        faults.append(Fault(f"sheet '{found}'", what, f"Rename it '{wanted}'."))
    return _sheet(found, sheets[found], needed, faults)


def _text(rows: list[list[object]]) -> Rows:
    return [[cell_text(cell).strip().strip(INVISIBLE).strip() for cell in row] for row in rows]


def _heads(rows: Rows, needed: list[str]) -> tuple[int, list[str]]:
    """Find the row of heads: the first of the top rows that has most of the needed ones; 0 is the first."""
    top = [canonical(row) for row in rows[:HIGHEST_HEADS]] or [[]]
    counts = [sum(head in heads for head in needed) for heads in top]
    place = counts.index(max(counts)) if any(counts) else 0
    return place, top[place]


def _sheet(name: str, rows: Rows, needed: list[str], faults: list[Fault]) -> Sheet:
    above, heads = _heads(rows, needed)
    if above:
        what = "the heads stand here, not in row 1."
        faults.append(Fault(f"sheet '{name}', row {above + 1}", what, "Remove the rows above."))
    for head in needed:
        if head in heads:
            continue
        close = get_close_matches(head, [other for other in heads if other not in needed], n=1, cutoff=CLOSE)
        what = f"has no column '{head}'.{did_you_mean(head, close)}"
        faults.append(Fault(f"sheet '{name}'", what, f"Name the column '{head}'."))
        if close:
            heads[heads.index(close[0])] = head
    filled = [(number, _filled(heads, row)) for number, row in enumerate(rows[above + 1 :], above + 2)]
    return Sheet(name, heads, [(number, cells) for number, cells in filled if cells])


def _filled(heads: list[str], row: list[str]) -> dict[str, str]:
    """The filled cells of a row by head; of two columns with one head, the first that is filled."""
    cells: dict[str, str] = {}
    for head, cell in zip(heads, row, strict=False):
        if head and cell:
            cells.setdefault(head, cell)
    return cells
