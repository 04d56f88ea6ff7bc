"""A questionnaire as an XLSForm workbook, read tolerantly: what it describes is read, what is wrong with it is said.

XLSForm: https://xlsform.org/en/. The sheets are read directly, since many real forms fail in pyxform.
"""

from pathlib import Path

from popresearch.faults import Fault, bad_input
from popresearch.instrument import options, references
from popresearch.instrument.form import LABELS, OPTION_COLUMNS, QUESTION_COLUMNS, Instrument, shown, table
from popresearch.instrument.heads import canonical, language
from popresearch.instrument.sheets import HIGHEST_HEADS, Rows, Sheet, find, read_sheets
from popresearch.instrument.survey import YES, Survey


def read_workbook(path: Path) -> Instrument:
    """Read a workbook; one without a sheet that can be the survey is `BadInput`, all else that is wrong is in `faults`."""
    sheets, faults = read_sheets(path), []
    sheet = find(sheets, "survey", ["type", "name"], faults)
    if not sheet or not {"type", "name"} & set(sheet.heads):
        what = f"has no sheet 'survey'; its sheets are: {', '.join(sheets)}."
        raise bad_input(shown(path), what, "An XLSForm has the sheets survey, choices and settings.")
    settings = _settings(sheets, faults)
    bare = language(settings.get("default_language", "")) or "en"
    listed = options.read(
        sheets,
        duplicates=settings.get("allow_choice_duplicates", "").casefold() in YES,
        bare=bare,
        faults=faults,
    )
    faults += _default_language(sheet, settings.get("default_language", ""))
    survey = Survey(sheet, listed, bare, faults)
    faults += references.faults(sheet, survey, listed)
    return Instrument(
        table(list(survey.questions.values()), "question", QUESTION_COLUMNS),
        table(listed.rows(), "list", OPTION_COLUMNS[1:]).reset_index(),
        settings.get("version", ""),
        table(list(survey.groups.values()), "group", LABELS),
        {name: kind for name, kind in survey.aside.items() if name not in survey.questions},
        tuple(dict.fromkeys(faults)),
        tuple(head.removeprefix("label::") for head in sheet.heads if head.startswith("label::")),
    )


def is_survey(sheet: str, rows: Rows) -> bool:
    """Say whether a sheet, by its name and its first rows, is the survey sheet of an XLSForm."""
    is_named = sheet.strip().casefold() == "survey"
    return is_named and any({"type", "name"} <= set(canonical(row)) for row in rows[:HIGHEST_HEADS])


def _settings(sheets: dict[str, Rows], faults: list[Fault]) -> dict[str, str]:
    sheet = find(sheets, "settings", [], faults)
    return sheet.rows[0][1] if sheet and sheet.rows else {}


def _default_language(sheet: Sheet, default: str) -> list[Fault]:
    """A default language in which nothing is labelled."""
    spoken = {f"label_{language(default)}", f"label::{default.casefold()}", "label"}
    if not default or default == "default" or spoken & set(sheet.heads):
        return []
    what = f"no column has labels in the default language '{default}'."
    return [Fault("sheet 'settings'", what, "Correct 'default_language', or add the labels.")]
