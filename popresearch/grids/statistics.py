"""Tables that carry types: SPSS (.sav, .zsav) and Parquet. Their heads count as row 1, as in a csv of the same table."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from popresearch.files import scratch_folder
from popresearch.grids.grid import (
    ALL,
    BATCH_ROWS,
    HEAD_ROWS,
    CellFault,
    Choice,
    Dictionary,
    ahead,
    encoded,
    frame,
    longest,
    typed_text,
)
from popresearch.grids.limits import AGAIN, COMPARE, LARGEST_CELL, MOST_COLUMNS, too_large

LEGACY = [None, "windows-1252", "windows-1251", "windows-1256", "gb18030"]
MOST_CELLS = 4_000_000_000
BUFFER = 1 << 20  # bytes
MOST_SPSS_CELLS = 200_000_000  # they are read at once


class Parquet:
    """An opened Parquet file."""

    def __init__(self, source: str | pa.Buffer) -> None:
        try:
            schema = pyarrow.parquet.read_schema(source)
            # a text that stands a thousand times is kept once, as it is in the file
            texts = [one.name for one in schema if _is_text(one.type)]
            self.file = pyarrow.parquet.ParquetFile(
                source, read_dictionary=texts, pre_buffer=False, buffer_size=BUFFER
            )
        except (pa.ArrowException, OSError, ValueError) as error:
            raise CellFault("is damaged or is not a Parquet file.", COMPARE) from error
        self.heads = self.file.schema_arrow.names
        if len(self.heads) > MOST_COLUMNS:
            what = f"has {len(self.heads):,} columns; at most {MOST_COLUMNS:,} are read."
            raise CellFault(what, "Export it in parts.")
        if self.file.metadata.num_rows * max(len(self.heads), 1) > MOST_CELLS:
            raise CellFault("has more than four billion cells.", "Export it in parts.")
        first = next(self._batches(HEAD_ROWS, 2), pd.DataFrame(columns=range(len(self.heads))))
        self.head_rows = [self.heads, *first.head(HEAD_ROWS - 1).astype(object).to_numpy().tolist()]

    def batches(self, first_row: int, choice: Choice = ALL) -> Iterator[pd.DataFrame]:
        """Give the rows from `first_row` on."""
        return self._batches(BATCH_ROWS, first_row)

    def _batches(self, rows: int, first_row: int) -> Iterator[pd.DataFrame]:
        done = 1
        if first_row <= 1:
            yield frame([self.heads], 1, len(self.heads))
        try:
            for table in ahead(self._tables(rows)):
                skip = max(first_row - 1 - done, 0)
                if skip < table.num_rows:
                    yield encoded(table.slice(skip), done + skip + 1)
                done += table.num_rows
        except (pa.ArrowException, OSError) as error:
            what = "is damaged, or has a column that is no plain text, number or date."
            raise CellFault(what, AGAIN, f"after row {done}") from error
        except OverflowError:
            raise too_large(done + 1) from None

    def _tables(self, rows: int) -> Iterator[pa.RecordBatch]:
        for table in self.file.iter_batches(batch_size=rows):
            columns = [_encoded(column) for column in table.columns]
            if any(longest(column) > LARGEST_CELL for column in columns):
                raise OverflowError
            yield pa.RecordBatch.from_arrays(columns, [str(number) for number in range(len(columns))])


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    """Write a column's values as text and encode it, with the texts that occur in it only; a missing value is blank."""
    if pa.types.is_nested(column.type):
        cells = column.to_pylist()
        column = pa.array(
            ["; ".join(map(str, cell)) if isinstance(cell, list) else str(cell or "") for cell in cells]
        )
    if pa.types.is_dictionary(column.type):
        # the file's own list: it may be longer than the column, and hold a text twice
        used = column.indices.dictionary_encode(null_encoding="encode")
        values, codes = column.dictionary.take(used.dictionary), used.indices
    else:
        used = column.dictionary_encode(null_encoding="encode")
        values, codes = used.dictionary, used.indices
    texts = pc.fill_null(_texts(values), "").dictionary_encode()
    return pa.DictionaryArray.from_arrays(texts.indices.take(codes), texts.dictionary)


def _texts(values: pa.Array) -> pa.Array:
    """Write values as text, as a csv has them: whole numbers without ".0", times without parts of a second where there are none."""
    kind = values.type
    if _is_text(kind) or pa.types.is_integer(kind):
        return values.cast(pa.string())
    if pa.types.is_timestamp(kind):
        return _times(values)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array(
            [value and value.decode("utf-8", "replace") for value in values.to_pylist()], pa.string()
        )
    known = [None if value is None or value != value else typed_text(value) for value in values.to_pylist()]
    return pa.array(known, pa.string())


def _times(values: pa.Array) -> pa.Array:
    """Write points in time; world time by itself, as pyarrow takes ten times as long for one that has a zone."""
    unit, zone = values.type.unit, values.type.tz
    if zone == "UTC":
        values = values.cast(pa.timestamp(unit))
    try:
        values = values.cast(pa.timestamp("s", values.type.tz))
    except pa.ArrowInvalid:  # some have parts of a second
        pass
    texts = values.cast(pa.string())
    return pc.binary_join_element_wise(texts, "+00:00", "") if zone == "UTC" else texts


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


class Spss:
    """An opened SPSS file: labels in place of codes, user-missing values blank with their reason in `dictionary.missing`."""

    def __init__(self, content: Path | bytes) -> None:
        if isinstance(content, bytes):
            with scratch_folder() as folder:
                path = folder / "export.sav"
                path.write_bytes(content)
                data, meta, self.encoding = _read_sav(str(path))
            header = content[:80]
        else:
            data, meta, self.encoding = _read_sav(str(content))
            with content.open("rb") as file:
                header = file.read(80)
        names = [str(name) for name in meta.column_names]
        data.columns = names
        if len(names) > MOST_COLUMNS:
            raise CellFault(
                f"has {len(names):,} columns; at most {MOST_COLUMNS:,} are read.", "Export it in parts."
            )
        self.weight = _weight(header, names, meta)
        texts = {number: label for number, label in enumerate(meta.column_labels) if label}
        self.dictionary = Dictionary(texts, missing={}, choices={}, sets=_sets(meta, names))
        counted = {
            names.index(each): typed_text(one["counted_value"])
            for one in (meta.mr_sets or {}).values()
            if one.get("is_dichotomy")
            for each in one["variable_list"]
            if each in names
        }
        self.cells = {
            number: self._column(data.iloc[:, number], number, meta, counted.get(number))
            for number in range(len(names))
        }
        first = [self.cells[number].head(HEAD_ROWS - 1) for number in self.cells]
        self.head_rows = [names, *(list(row) for row in zip(*first, strict=True))]

    def _column(self, values: pd.Series, number: int, meta: object, counted: str | None) -> pd.Series:
        """Write a variable as text: labels for codes; yes, no or blank in a choose-many set; blank where it is missing."""
        name = str(values.name)
        labels = {
            typed_text(code): str(label) for code, label in meta.variable_value_labels.get(name, {}).items()
        }
        codes = values.map(lambda value: "" if value is None or value != value else typed_text(value))
        codes = codes.astype("str")
        reasons = _missing(codes, meta.missing_ranges.get(name, []), labels)
        if len(reasons):
            self.dictionary.missing[number] = reasons.set_axis(reasons.index + 2)
            codes = codes.mask(codes.index.isin(reasons.index), "")
        if labels:
            self.dictionary.choices[name] = labels
        if counted is not None:
            return codes.map(
                lambda code: ("yes" if code.strip() == counted else "no") if code.strip() else ""
            ).astype("str")
        return codes.map(lambda code: labels.get(code, code)).astype("str")

    def batches(self, first_row: int, choice: Choice = ALL) -> Iterator[pd.DataFrame]:
        """Give the rows from `first_row` on."""
        table = pd.DataFrame(self.cells)
        table.index = pd.RangeIndex(2, len(table) + 2)
        if first_row <= 1:
            yield frame(self.head_rows[:1], 1, len(self.cells))
        for start in range(max(first_row - 2, 0), len(table), BATCH_ROWS):
            yield table.iloc[start : start + BATCH_ROWS].astype("category")


def _sets(meta: object, names: list[str]) -> dict[str, tuple[str, list[int]]]:
    """Read the multiple-response sets: name → (label, columns)."""
    return {
        name.lstrip("$"): (
            one.get("label") or name,
            [names.index(each) for each in one["variable_list"] if each in names],
        )
        for name, one in (meta.mr_sets or {}).items()
    }


def _missing(codes: pd.Series, ranges: list[dict], labels: dict[str, str]) -> pd.Series:
    """Give the rows whose value the file itself calls missing, with the label that says why (else the code)."""
    is_missing = pd.Series(False, index=codes.index)
    numbers = pd.to_numeric(codes, errors="coerce")
    for one in ranges:
        low, high = one["lo"], one["hi"]
        is_missing |= (codes == low) if isinstance(low, str) else numbers.between(low, high)
    return codes[is_missing].map(lambda code: labels.get(code, code))


def _weight(header: bytes, names: list[str], meta: object) -> int | None:
    """Find the column that weights the cases; the header counts in pieces of 8 bytes, of which a text takes several."""
    order = "<" if header[64:68] in (b"\x02\0\0\0", b"\x03\0\0\0") else ">"
    (place,) = struct.unpack(f"{order}i", header[76:80]) if len(header) == 80 else (0,)
    pieces = 1
    for number, name in enumerate(names):
        if pieces == place and meta.readstat_variable_types.get(name) == "double":
            return number
        pieces += max(-(-int(meta.variable_storage_width.get(name, 8)) // 8), 1)
    return None


def _read_sav(path: str) -> tuple[pd.DataFrame, object, str]:
    import pyreadstat

    for encoding in LEGACY:
        try:
            _, meta = pyreadstat.read_sav(path, metadataonly=True, encoding=encoding)
            if (meta.number_rows or 0) * (meta.number_columns or 0) > MOST_SPSS_CELLS:
                raise CellFault("has more than 200 million cells.", "Export it as CSV or Parquet.")
            data, meta = pyreadstat.read_sav(
                path, user_missing=True, encoding=encoding, dates_as_pandas_datetime=False
            )
        except (UnicodeDecodeError, pyreadstat.ReadstatError, ValueError, OverflowError, OSError) as error:
            if "encod" not in str(error).lower() and "byte sequence" not in str(error).lower():
                raise CellFault("is damaged or is not an SPSS file.", COMPARE) from error
            continue
        return data.reset_index(drop=True), meta, encoding or meta.file_encoding or "UTF-8"
    raise CellFault(
        "is in an encoding that we cannot tell.", "Save it from SPSS in Unicode, or export it as CSV."
    )


def parquet_of(content: bytes) -> Parquet:
    """Open a Parquet file that stands within a zip."""
    return Parquet(pa.py_buffer(io.BytesIO(content).getbuffer()))
