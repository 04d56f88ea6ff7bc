"""Typeform: "#" first, "Network ID" and times in UTC last; each option of a choose-many question has a column headed by its label.

A workbook may have the question above the first of its options. "Other" holds what was typed, of the question on its left.
"""

import dataclasses
import functools

import pandas as pd

from popresearch.platforms.layout import Column, Layout, Rows, cell, column, meaning, plain, tidy

PLATFORM = "typeform"
FIRST = (
    "Response Type",
    "Start Date (UTC)",
    "Submit Date (UTC)",
    "Network ID",
)  # of the own columns at the right
OTHER = {"other", "autre", "otro", "otra", "outro", "outra", "andere", "sonstiges", "другое", "أخرى", "其他"}


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise the platform's own heads."""
    heads = [tidy(head) for head in top[0]]
    first = next((number for number, head in enumerate(heads) if head in FIRST and number), len(heads))
    own = [number for number in range(first, len(heads)) if meaning(PLATFORM, heads[number])]
    if "Network ID" not in heads or len(own) < 2:
        return None
    titles = {number: tidy(cell(above, -1, number)) for number in range(len(heads)) if above}
    return Layout(
        PLATFORM,
        f"has the columns {heads[own[0]]} and {heads[own[1]]}",
        [column(head, PLATFORM if number in (0, *own) else "") for number, head in enumerate(heads)],
        look=functools.partial(_look, titles={number: title for number, title in titles.items() if title}),
    )


def _look(found: Layout, rows: pd.DataFrame, *, titles: dict[int, str]) -> Layout:
    """Columns side by side whose cells are blank or repeat their own head are the options of one question."""
    columns = list(found.columns)
    for run in _runs(columns, rows, titles):
        text = titles.get(run[0], "")
        for number in run:
            columns[number] = _option(columns[number], f"q{run[0] + 1:03d}", text)
    for number, one in enumerate(columns):
        left = columns[number - 1] if number else one
        if plain(one.head) in OTHER and not one.meaning and not left.meaning:
            columns[number] = _option(one, left.question, left.text, "other")
    return dataclasses.replace(found, columns=columns)


def _runs(columns: list[Column], rows: pd.DataFrame, titles: dict[int, str]) -> list[list[int]]:
    """Find the options of each question; one that nobody chose is one where a chosen one follows it, or the title stands above it."""
    runs: list[list[int]] = []
    run: list[int] = []
    blank: list[int] = []
    for number, one in enumerate(columns):
        given = {plain(text) for text in rows[number].cat.categories} - {""}
        if number in titles and not one.meaning:
            run, blank = [], [number]
        elif one.meaning or (given and given != {plain(one.head)}):
            run, blank = [], []
        elif not given:
            blank = [*blank, number] if run or blank else []
        if given == {plain(one.head)} and not one.meaning:
            runs = runs if run else [*runs, run := []]
            run += [other for other in (*blank, number) if other not in run]
            blank = []
    return runs


def _option(one: Column, question: str, text: str, option: str = "") -> Column:
    return dataclasses.replace(one, question=question, option=option, text=text, option_text=one.head)
