"""Exports of survey platforms, recognised by their layout and turned into one plain thing: heads, rows, and where they stand.

Each platform is one small reader; what a column asks is for `matching` to find out.
"""

from popresearch.grids.grid import shown
from popresearch.platforms.explanation import explain
from popresearch.platforms.export import Export, read, read_all, read_family, recognised
from popresearch.platforms.layout import SEPARATORS, Column, Layout, service_columns
from popresearch.platforms.limesurvey import LIMESURVEY_HEAD

__all__ = [
    "LIMESURVEY_HEAD", "SEPARATORS", "Column", "Export", "Layout", "explain", "read", "read_all", "read_family", "recognise", "recognised",
    "service_columns", "shown",
]  # fmt: skip


def recognise(heads: list[str]) -> tuple[str, str]:
    """Name the platform that wrote these heads, and why we think so."""
    _, layout = recognised([heads])
    return layout.platform, layout.why
