"""What was recognised in a file, and why: `pop ingest --explain FILE`. It names columns and never shows an answer."""

from pathlib import Path

from popresearch import grids, instrument
from popresearch.faults import listing
from popresearch.grids import letters
from popresearch.grids.grid import shown
from popresearch.platforms.export import Export, read_all

LISTED = 40  # columns named one by one
QUESTIONNAIRE = (".xlsx", ".xlsm", ".xls", ".ods")


def explain(path: Path) -> str:
    """Explain every table of a file, or the questionnaire that it is."""
    if path.suffix.lower() in QUESTIONNAIRE and _is_questionnaire(path):
        return _questionnaire(path)
    return "\n\n".join(_explained(export) for export in read_all(path))


def _explained(export: Export) -> str:
    layout, grid = export.layout, export.grid
    heads = export.first_row - layout.head_count
    counts = [(len(rows), int(export.previews(rows).sum())) for rows in export.batches()]
    rows, previews = sum(n for n, _ in counts), sum(n for _, n in counts)
    lines = [
        grid.source,
        f"  platform: {export.platform} ({export.why})",
        *(f"  {note}" for note in grid.notes),
        f"  heads: row {heads}" + (f" to {export.first_row - 1}" if layout.head_count > 1 else ""),
        f"  rows of answers: {rows:,}, from row {export.first_row}"
        + (f"; {previews:,} of them previews or tests" if previews else ""),
        f"  columns: {len(export.heads):,}, of which {export.meanings.count(''):,} hold answers",
        f"  options of a choose-many answer are joined with {layout.separator!r}"
        + (f", or have a column each ({_options(export)} columns)" if _options(export) else ""),
    ]
    if layout.no_answer:
        lines.append(f"  read as blank: {', '.join(sorted(layout.no_answer))}")
    if layout.coded:
        lines.append(f"  options carry a code, which is taken off: {len(layout.coded)} columns")
    repeats = sorted({one.repeat for one in layout.columns if one.repeat})
    if repeats:
        lines.append(f"  repeats: {', '.join(repeats)}")
    for meaning, said in (
        ("row_key", "row key"),
        ("time", "time"),
        ("status", "status"),
        ("service", "service"),
    ):
        lines += _listed(
            said, [number for number, own in enumerate(export.meanings) if own == meaning], export
        )
    personal = [number for number, one in enumerate(export.columns) if one.meaning == "personal"]
    lines += _listed("personal, dropped", personal, export)
    for number, why in export.doubtful.items():
        lines.append(
            f"  personal, dropped unless the instrument asks for it: {_name(export, number)} ({why})"
        )
    return "\n".join(lines)


def _is_questionnaire(path: Path) -> bool:
    return any(instrument.is_survey(grid.sheet, grid.head_rows) for grid in grids.tables(path))


def _questionnaire(path: Path) -> str:
    form = instrument.read(path)
    languages = [*form.languages(), *(f"{name} (not read)" for name in form.other_languages)]
    kinds = form.questions["kind"].value_counts(sort=False)
    repeats = [name for name in form.questions["repeat"].unique() if name]
    lines = [
        shown(path),
        "  a questionnaire (XLSForm): it has a sheet 'survey' with the columns type and name; answers it holds none"
        + (f"; version {form.version}" if form.version else ""),
        f"  questions: {len(form.questions):,}"
        + (f" ({', '.join(f'{count} {kind}' for kind, count in kinds.items())})" if len(kinds) else ""),
        f"  options: {len(form.options):,} in {form.options['list'].nunique():,} lists",
        f"  languages: {', '.join(languages) or 'none'}",
        f"  repeats: {', '.join(repeats) or 'none'}",
        f"  rows that ask nothing we read: {len(form.aside):,}",
    ]
    return "\n".join([*lines, listing("the form", list(form.faults)) if form.faults else "  faults: none"])


def _options(export: Export) -> int:
    return sum(bool(one.option_text or one.option) for one in export.columns)


def _listed(said: str, numbers: list[int], export: Export) -> list[str]:
    if not numbers:
        return []
    more = f" and {len(numbers) - LISTED} more" if len(numbers) > LISTED else ""
    return [f"  {said}: " + ", ".join(_name(export, number) for number in numbers[:LISTED]) + more]


def _name(export: Export, number: int) -> str:
    head = " ".join(export.heads[number].split())
    return f"{letters(number)} '{head[:60]}{'…' if len(head) > 60 else ''}'"
