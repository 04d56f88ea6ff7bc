"""Any file → tables of text cells that know where they stand: csv, tsv, Excel, OpenDocument, SPSS, Parquet, and a zip of these."""

from popresearch.grids.doors import read, tables
from popresearch.grids.grid import CellFault, Choice, Dictionary, Grid, letters

__all__ = ["CellFault", "Choice", "Dictionary", "Grid", "letters", "read", "tables"]
