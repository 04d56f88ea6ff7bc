"""From a file to an `Export`: one table of answers whose layout was recognised."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from popresearch import encoded, grids
from popresearch.faults import BadInput, bad_input
from popresearch.grids import Choice, Grid, letters
from popresearch.grids.grid import shown
from popresearch.platforms import (
    eusurvey,
    google_forms,
    kobo,
    limesurvey,
    microsoft_forms,
    odk,
    personal,
    qualtrics,
    qualtrics_survey,
    spss,
    surveymonkey,
    typeform,
)
from popresearch.platforms.layout import Column, Layout, Rows, column, in_brackets, tidy

READERS = [limesurvey, qualtrics, surveymonkey, kobo, odk, typeform, microsoft_forms, google_forms, eusurvey]
HIGHEST_HEADS = 10  # rows in which heads are looked for


@dataclass(frozen=True)
class Export:
    """One table of answers. `rows` and `batches` hold text only, columns numbered 0 … in the file's order, its index the file's rows.

    `doubtful` are columns that look personal (column → why); their `meanings` say "personal", and only an instrument that asks for
    them may overrule that.
    """

    path: Path
    platform: str
    heads: list[str]
    meanings: list[str]
    why: str
    separator: str
    layout: Layout
    grid: Grid
    first_row: int
    doubtful: dict[int, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The path as messages show it, from the project's root where it lies inside."""
        return shown(self.path)

    @property
    def columns(self) -> list[Column]:
        """What the layout says about each column."""
        return self.layout.columns

    @cached_property
    def rows(self) -> pd.DataFrame:
        """All rows at once, as plain text; for files of ordinary size."""
        batches = [batch.astype("str") for batch in self.batches()]
        blank = pd.DataFrame(columns=range(len(self.heads)), dtype="str")
        return pd.concat(batches) if batches else blank

    def batches(self, wanted: set[int] | None = None, plain: Iterable[int] = ()) -> Iterator[pd.DataFrame]:
        """Give the rows in pieces, dictionary-encoded; blank rows are left out, and what stands for a blank is one.

        Columns that are not `wanted` are left out; those named as `plain` may come as text that is not encoded.
        """
        columns = [number for number in range(len(self.heads)) if wanted is None or number in wanted]
        choice = Choice(frozenset(range(len(self.heads))) - frozenset(columns), frozenset(plain))
        for batch in self.grid.batches(self.first_row, choice):
            self.check_width(batch)
            if _blank(batch).any() and choice.unwanted:
                yield from self._whole(columns, batch.index[0])
                return
            yield self._cleaned(batch.loc[~_blank(batch), columns])

    def _whole(self, columns: list[int], first_row: int) -> Iterator[pd.DataFrame]:
        """Read on from a row with all columns, since a row that is blank in those wanted may hold something in another."""
        for batch in self.grid.batches(first_row):
            self.check_width(batch)
            yield self._cleaned(batch.loc[~_blank(batch), columns])

    def previews(self, rows: pd.DataFrame) -> pd.Series:
        """Mark the rows that a preview or a test of the survey wrote."""
        marked = pd.Series(False, index=rows.index)
        for number, texts in self.layout.preview.items():
            marked |= rows[number].astype("str").str.strip().isin(texts)
        return marked

    def place(self, row: int, number: int) -> str:
        """Say where a cell stands in the file."""
        return self.grid.place(f"row {row}, column {letters(number)}")

    def check_width(self, batch: pd.DataFrame) -> None:
        """Refuse rows with more cells than heads: an answer was cut in two, and all behind it stand one column off."""
        surplus = batch[[number for number in batch.columns if number >= len(self.heads)]]
        wide = batch.index[~_blank(surplus)] if surplus.shape[1] else []
        if len(wide):
            more = f" (and {len(wide) - 1} more)" if len(wide) > 1 else ""
            remedy = "An answer may hold a separator without quotation marks; export it again."
            place = self.grid.place(f"row {wide[0]}")
            raise bad_input(self.grid.source, f"has more cells than there are heads{more}.", remedy, place)

    def _cleaned(self, batch: pd.DataFrame) -> pd.DataFrame:
        blanks, coded = self.layout.no_answer, self.layout.coded
        changed = {}
        for number in batch.columns:
            if not _is_encoded(batch[number]):
                continue
            texts = batch[number].cat.categories
            if number in coded:
                changed[number] = _renamed(batch[number], [eusurvey.without_codes(text) for text in texts])
            elif blanks and any(text in blanks for text in texts):
                changed[number] = _renamed(batch[number], ["" if text in blanks else text for text in texts])
        return pd.DataFrame({n: changed.get(n, batch[n]) for n in batch.columns}) if changed else batch


def read(path: Path, sheet: str = "") -> Export:
    """Read an export; `sheet` names a sheet, or a member of a zip. What cannot be read is `BadInput`, and none of it is used."""
    return read_family(path, sheet)[0]


def read_family(path: Path, sheet: str = "") -> tuple[Export, list[Export], list[str]]:
    """Read an export, the tables of its repeats, and the names of the other sheets, which stay unread."""
    found = grids.tables(path, sheet)
    main = [grid for grid in found if not _is_child(grid)] or found
    names = [grid.member for grid in main]
    if len(set(names)) > 1:
        what = f"holds several tables: {', '.join(names)}."
        raise bad_input(shown(path), what, "Name one as 'sheet' in study.toml.")
    if not main:
        raise _no_answers(shown(path))
    children = [of(grid) for grid in found if grid is not main[0] and _is_child(grid) and _has_rows(grid)]
    return of(main[0]), children, [grid.sheet or grid.member for grid in main[1:]]


def read_all(path: Path) -> list[Export]:
    """Read every table of a file: the sheets of a workbook, the members of a zip; those of repeats among them."""
    exports = []
    for grid in grids.tables(path):
        try:
            exports.append(of(grid))
        except BadInput as error:
            if not any("holds no answers" in fault.what for fault in error.faults):
                raise
    if not exports:
        raise _no_answers(shown(path))
    return exports


def of(grid: Grid) -> Export:
    """Recognise the layout of a table."""
    above, layout = recognised(grid.head_rows, grid)
    first_row = above + layout.head_count + 1
    sample = next((rows for batch in grid.batches(first_row) if len(rows := batch[~_blank(batch)])), None)
    if sample is None:
        raise _no_answers(grid.source)
    sample = _completed(sample, len(layout.columns))
    if layout.look:
        layout = layout.look(layout, sample)
    if layout.platform == "qualtrics" and (survey := qualtrics_survey.survey_beside(grid.path)):
        layout = qualtrics_survey.with_survey(layout, survey)
    doubtful = personal.doubtful(layout.columns, sample)
    meanings = [one.meaning or ("personal" if n in doubtful else "") for n, one in enumerate(layout.columns)]
    heads = [one.head for one in layout.columns]
    export = Export(
        grid.path,
        layout.platform,
        heads,
        meanings,
        layout.why,
        layout.separator,
        layout,
        grid,
        first_row,
        doubtful,
    )
    export.check_width(sample)
    return export


def recognised(top: Rows, grid: Grid | None = None) -> tuple[int, Layout]:
    """Find the layout, and how many rows stand above its heads; a table of no platform has one row of heads."""
    top = [[text.removeprefix("\ufeff") for text in row] for row in top] or [[]]
    if grid and grid.kind == "sav":
        return 0, spss.layout(top[0], grid.dictionary)
    for above in range(min(HIGHEST_HEADS, len(top))):
        for reader in READERS:
            if top[above] and (layout := reader.layout(top[above:], top[:above])):
                return above, layout
    above = _lead_in(top)
    heads = [tidy(head) for head in top[above]]
    rows = in_brackets(heads)
    columns = [column(head, **_row(*rows[n])) if n in rows else column(head) for n, head in enumerate(heads)]
    return above, Layout("table", "one column a question, no platform's own columns", columns)


def _row(asked: str, row: str) -> dict[str, str]:
    return {"text": asked, "option_text": row}


def _lead_in(top: Rows) -> int:
    """Count the rows above the heads: blank ones, and titles or dates of one or two cells above a wide table."""
    filled = [sum(bool(text.strip()) for text in row) for row in top[:HIGHEST_HEADS]]
    most = 2 if max(filled, default=0) > 4 else 0
    if top[0] and top[0][0].strip().lower().startswith("sep"):
        filled[0] = 0
    return next((place for place, cells in enumerate(filled) if cells > most), 0)


def _is_child(grid: Grid) -> bool:
    """Say whether a table holds the turns of a repeat, or is a list that lies beside the answers."""
    heads = {tidy(head) for head in (grid.head_rows or [[]])[0]}
    return bool(heads & {"PARENT_KEY", "_parent_index", "_submission__id"}) and "SubmissionDate" not in heads


def _has_rows(grid: Grid) -> bool:
    return any(len(batch) for batch in grid.batches(2))


def _no_answers(source: str) -> BadInput:
    return bad_input(
        source, "holds no answers.", "Export it again; the first row has the questions, the others answers."
    )


def _completed(sample: pd.DataFrame, width: int) -> pd.DataFrame:
    """Give the first rows a column for each head, and the texts that they hold only."""
    blank = encoded.constant("", sample.index)
    columns = {
        n: encoded.stack([sample[n]]) if n in sample else blank for n in range(max(sample.shape[1], width))
    }
    return pd.DataFrame({number: cells.array for number, cells in columns.items()}, index=sample.index)


def _blank(batch: pd.DataFrame) -> np.ndarray:
    """Mark the rows in which every cell is blank."""
    blank = np.ones(len(batch), dtype=bool)
    # the columns with the fewest texts first: one that is always filled spares all the others
    for number in sorted(batch.columns, key=lambda number: _n_texts(batch[number])):
        if not blank.any():
            break
        if _is_encoded(batch[number]):
            empty = np.array([not text.strip() for text in batch[number].cat.categories] + [True])
            blank &= empty[batch[number].cat.codes.to_numpy()]
        else:
            blank &= (batch[number].str.strip() == "").to_numpy()
    return blank


def _is_encoded(cells: pd.Series) -> bool:
    return isinstance(cells.dtype, pd.CategoricalDtype)


def _n_texts(cells: pd.Series) -> int:
    return len(cells.cat.categories) if _is_encoded(cells) else len(cells)


def _renamed(cells: pd.Series, texts: list[str]) -> pd.Series:
    """Give a column other texts, where several may become the same."""
    codes, unique = pd.factorize(pd.Series(pd.array(texts, dtype="str")))
    categories = pd.Index(unique, dtype="str")
    return pd.Series(
        pd.Categorical.from_codes(codes[cells.cat.codes.to_numpy()], categories=categories), index=cells.index
    )
