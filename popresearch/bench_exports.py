"""Made-up exports of any size for `make bench`: the poll as KoboToolbox writes it (csv, Parquet), the helplines as a workbook.

Run as a program it does one thing in a process of its own, so that time and memory are of that alone:
`python -m popresearch.bench_exports write STRAND ROWS PATH`, and `… ingest STRAND PATH` for a study that has only this export.
"""

import dataclasses
import io
import re
import sys
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from popresearch import ingest, instrument, study
from popresearch.grids import letters
from popresearch.instrument import Instrument

SEED = 20260101
PIECE = 100_000  # rows made at once
COMBINATIONS = 5_000  # distinct answers to a choose-many question; the first are the commonest
MOST_CHOSEN = 5
SHARE_BLANK = 0.04  # of those asked
SHARE_TEXT = 0.2  # of those asked, for an open question
BEFORE = ("start", "end")
KEYS = ("_id", "_uuid", "_submission_time")
BEHIND = {
    "poll": ("_validation_status", "_notes", "_status", "_submitted_by", "__version__", "_index", "comment"),
    "helplines": (),
}
BESIDE = ("a02", "a05", "a12", "a13")  # choose-many questions whose options stand in columns of 0 and 1, too
FIRST_DAY, DAYS = np.datetime64("2026-03-01T00:00:00.000", "ms"), 60
COMMONEST = {"d01": ("yes", 0.97), "c01": ("yes", 0.98), "d01_carer": ("yes", 0.8)}
ONLY_IF = {
    "d01_carer": ("d02", ("under_10", "10_12")),
    "d15_knew": ("d15_seen", ("yes",)),
    "d17": ("d16", ("yes", "maybe")),
    "c06_contact": ("c02", ("yes",)),
}
NUMBERS = {"a04_began": (1970, 2027), "a04_online": (1995, 2027), "a07": (0, 101), "a08_all": (0, 250_000),
           "a08_counselling": (0, 90_000)}  # fmt: skip
TEXTS = {"c05_service": "Made-up service {}", "c05_organisation": "Made-up organisation {}",
         "c06_url": "https://service{}.example.org", "c06_contact": "team{}@example.org"}  # fmt: skip
WORDS = (
    "more",
    "people",
    "who",
    "listen",
    "at",
    "night",
    "in",
    "our",
    "language",
    "a",
    "quiet",
    "place",
    "to",
    "write",
    "first",
)
SHEET, SHARED = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


class Answers:
    """A piece of made-up answers: per question the place of each row's text in `texts`, -1 where it is blank."""

    def __init__(self, asked: Instrument, rows: int, first: int, rng: np.random.Generator) -> None:
        self.asked, self.rows, self.first, self.rng = asked, rows, first, rng
        self.codes: dict[str, np.ndarray] = {}
        self.texts: dict[str, list[str]] = {}
        self.chosen: dict[
            str, np.ndarray
        ] = {}  # choose-many: a row a text, its options' places, -1 behind them
        for question, kind in asked.questions["kind"].items():
            self._answer(str(question), kind)

    def column(self, question: str) -> pa.Array:
        """Give the texts of a question."""
        codes = pa.array(self.codes[question], mask=self.codes[question] < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(self.texts[question], pa.string()))

    def marks(self, question: str) -> dict[str, pa.Array]:
        """Give a choose-many question as a column of 0 and 1 for each option."""
        codes, columns = self.codes[question], {}
        for place, option in enumerate(self.asked.options_of(question).index):
            has_it = (self.chosen[question] == place).any(axis=1).astype(np.int8)
            columns[f"{question}/{option}"] = pa.array(has_it[codes], mask=codes < 0)
        return columns

    def _answer(self, question: str, kind: str) -> None:
        parent = re.search(
            r"count-selected\(\$\{(\w+)\}\) > (\d)", self.asked.questions.at[question, "relevant"]
        )
        if parent:
            codes = self._main(question, parent[1], int(parent[2]))
        elif kind in ("many", "countries"):
            codes = self._several(question)
        elif kind in ("one", "country"):
            codes = self._one(question)
        else:
            codes = self._typed(question, kind)
        self.codes[question] = np.where(self._is_asked(question), codes, -1).astype(np.int32)

    def _is_asked(self, question: str) -> np.ndarray:
        first, second, carer = (*self.codes, "", "", "")[:3]
        if not first:
            return np.ones(self.rows, bool)
        is_asked = self._has(first, ("yes",))
        if second == "d02" and question not in ("d02", "d01_carer"):
            is_asked &= ~self._has("d02", ("under_10", "10_12")) | self._has(carer, ("yes",))
        if question in ONLY_IF:
            is_asked &= self._has(*ONLY_IF[question])
        return is_asked & (
            self.rng.random(self.rows) >= SHARE_BLANK * (question not in ("d02", "d01_carer", "d03"))
        )

    def _has(self, question: str, options: tuple[str, ...]) -> np.ndarray:
        return np.isin(self.codes[question], [self.texts[question].index(option) for option in options])

    def _one(self, question: str) -> np.ndarray:
        texts = self.texts[question] = list(self.asked.options_of(question).index)
        codes = _skewed(len(texts), self.rows, self.rng)
        if question in COMMONEST:
            text, share = COMMONEST[question]
            codes = np.where(self.rng.random(self.rows) < share, texts.index(text), codes)
        return codes

    def _several(self, question: str) -> np.ndarray:
        options = list(self.asked.options_of(question).index)
        combinations = _combinations(options, self.asked.questions.at[question, "constraint"])
        self.chosen[question] = combinations
        self.texts[question] = [
            " ".join(options[place] for place in row if place >= 0) for row in combinations.tolist()
        ]
        return _skewed(len(combinations), self.rows, self.rng)

    def _main(self, question: str, parent: str, more_than: int) -> np.ndarray:
        self.texts[question] = list(self.asked.options_of(parent).index)
        chosen = self.chosen[parent][self.codes[parent]]
        counts = (chosen >= 0).sum(axis=1)
        one = chosen[np.arange(self.rows), (self.rng.random(self.rows) * counts).astype(int)]
        return np.where((self.codes[parent] >= 0) & (counts > more_than), one, -1)

    def _typed(self, question: str, kind: str) -> np.ndarray:
        if kind == "number":
            low, high = NUMBERS[question]
            self.texts[question] = [str(number) for number in range(low, high)]
            return self.rng.integers(high - low, size=self.rows)
        if question in TEXTS:
            self.texts[question] = [TEXTS[question].format(self.first + row) for row in range(self.rows)]
            return np.arange(self.rows)
        return self.open_text(question)

    def open_text(self, question: str) -> np.ndarray:
        """Make a few words for some of the rows."""
        lengths = self.rng.integers(3, 12, size=self.rows).tolist()
        words = iter(self.rng.choice(WORDS, size=sum(lengths)).tolist())
        self.texts[question] = [" ".join(next(words) for _ in range(length)) for length in lengths]
        return np.where(self.rng.random(self.rows) < SHARE_TEXT, np.arange(self.rows), -1)


def pieces(strand: str, rows: int) -> Iterator[pa.RecordBatch]:
    """Make the rows of an export, typed; the same rows for the same seed."""
    asked = instrument.read(study.load("pop").strands[strand].instrument, strand)
    rng = np.random.default_rng(SEED)
    for first in range(0, rows, PIECE):
        answers = Answers(asked, min(PIECE, rows - first), first, rng)
        columns = _service(answers)
        own = {name: columns.pop(name) for name in BEFORE}
        for question, kind in asked.questions["kind"].items():
            column = answers.column(str(question))
            own[str(question)] = column.cast(pa.string()).cast(pa.int64()) if kind == "number" else column
            if strand == "helplines" and question in BESIDE:
                own |= answers.marks(str(question))
        own |= {name: columns[name] for name in (*KEYS, *BEHIND[strand])}
        yield pa.RecordBatch.from_pydict(own)


def write(strand: str, rows: int, path: Path) -> None:
    """Write an export as the ending of its path says."""
    made = pieces(strand, rows)
    if path.suffix == ".xlsx":
        return _workbook(made, path)
    first = next(made)
    is_csv = path.suffix == ".csv"
    schema = pa.schema([(one.name, _plain(one.type, is_csv)) for one in first.schema])
    writer = pyarrow.csv.CSVWriter(path, schema) if is_csv else pyarrow.parquet.ParquetWriter(path, schema)
    with writer:
        for piece in chain([first], made):
            columns = [_cast(column, one.type) for column, one in zip(piece.columns, schema, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    return None


def _plain(kind: pa.DataType, is_csv: bool) -> pa.DataType:
    is_text = pa.types.is_dictionary(kind) or (is_csv and pa.types.is_timestamp(kind))
    return pa.string() if is_text else kind


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(column.type) and pa.types.is_string(kind):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%S+00:00")
    return column.cast(kind)


def _service(answers: Answers) -> dict[str, pa.Array]:
    """Make the columns that KoboToolbox adds: a response takes 3 to 20 minutes, on one of 60 days."""
    rows, rng = answers.rows, answers.rng
    start = FIRST_DAY + rng.integers(DAYS * 86_400_000, size=rows).astype("timedelta64[ms]")
    end = start + rng.integers(180_000, 1_200_000, size=rows).astype("timedelta64[ms]")
    numbers = np.arange(answers.first + 1, answers.first + rows + 1)
    blank, codes = pa.array([""] * rows), answers.open_text("comment")
    texts = pa.array(answers.texts.pop("comment"))
    return {
        "start": pa.array(start, pa.timestamp("ms", "UTC")),
        "end": pa.array(end, pa.timestamp("ms", "UTC")),
        "_id": pa.array(numbers + 700_000_000),
        "_uuid": _uuids(rows, rng),
        "_submission_time": pa.array(end.astype("datetime64[s]"), pa.timestamp("s")),
        **dict.fromkeys(("_validation_status", "_notes", "_submitted_by"), blank),
        "_status": pa.array(["submitted_via_web"] * rows),
        "__version__": pa.array(["vMadeUp1"] * rows),
        "_index": pa.array(numbers),
        "comment": texts.take(pa.array(codes, mask=codes < 0)),
    }


def _uuids(rows: int, rng: np.random.Generator) -> pa.Array:
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)[rng.integers(16, size=(rows, 36))]
    digits[:, [8, 13, 18, 23]] = ord("-")
    offsets = np.arange(0, 36 * (rows + 1), 36, dtype=np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(digits.tobytes()))


def _combinations(options: list[str], constraint: str) -> np.ndarray:
    """Choose options as the form allows: some stand alone, and there may be a most."""
    rng = np.random.default_rng(SEED)
    alone = set(re.findall(r"selected\(\., '(\w+)'\) and", constraint))
    most = min([MOST_CHOSEN, *map(int, re.findall(r"count-selected\(\.\) <= (\d)", constraint))])
    together = [place for place, option in enumerate(options) if option not in alone]
    found = {(place,) for place in range(len(options))}
    for size in rng.integers(2, most + 1, size=COMBINATIONS).tolist():
        found.add(tuple(sorted(rng.choice(together, min(size, len(together)), replace=False).tolist())))
    table = np.full((len(found), MOST_CHOSEN), -1)
    for row, places in enumerate(sorted(found, key=lambda places: (len(places), places))):
        table[row, : len(places)] = places
    return table


def _skewed(n: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Draw places below n, the first ones most often."""
    return (n * rng.random(rows) ** 2).astype(np.int64)


def _workbook(made: Iterator[pa.RecordBatch], path: Path) -> None:
    """Write one sheet, its texts shared and its numbers typed, some ten times as fast as openpyxl would."""
    skeleton, shared, row = io.BytesIO(), {}, 2
    openpyxl.Workbook().save(skeleton)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        with zipfile.ZipFile(skeleton) as empty:
            for name in set(empty.namelist()) - {SHEET, SHARED}:
                book.writestr(name, empty.read(name))
        with book.open(SHEET, "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{SPREADSHEET}"><sheetData>'.encode())
            for number, piece in enumerate(made):
                if not number:
                    heads = [
                        _cells(pa.array([head]), letters(n), 1, shared)
                        for n, head in enumerate(piece.schema.names)
                    ]
                    sheet.write(_rows(heads, 1))
                cells = [_cells(column, letters(n), row, shared) for n, column in enumerate(piece.columns)]
                sheet.write(_rows(cells, row))
                row += piece.num_rows
            sheet.write(b"</sheetData></worksheet>")
        texts = "".join(f"<si><t>{escape(text)}</t></si>" for text in shared)
        book.writestr(SHARED, f'<sst xmlns="{SPREADSHEET}">{texts}</sst>')


def _cells(column: pa.Array, letter: str, first: int, shared: dict[str, int]) -> list[str]:
    """Write a column's cells; a time is text, as in KoboToolbox's workbooks."""
    if pa.types.is_timestamp(column.type):
        column = _cast(column, pa.string())
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    if pa.types.is_integer(encoded.dictionary.type):
        ends = [f'"><v>{value}</v></c>' for value in encoded.dictionary.to_pylist()]
    else:
        places = [shared.setdefault(text, len(shared)) for text in encoded.dictionary.to_pylist()]
        ends = [f'" t="s"><v>{place}</v></c>' for place in places]
    codes = pc.fill_null(encoded.indices, -1).to_pylist()
    return [f'<c r="{letter}{row}{ends[code]}' if code >= 0 else "" for row, code in enumerate(codes, first)]


def _rows(columns: list[list[str]], first: int) -> bytes:
    rows = enumerate(zip(*columns, strict=True), first)
    return "".join(f'<row r="{number}">{"".join(cells)}</row>' for number, cells in rows).encode()


def study_of(strand: str, path: Path) -> study.Study:
    """Give the study pop with this export alone."""
    pop = study.load("pop")
    only = dataclasses.replace(pop.strands[strand], files=[path])
    return dataclasses.replace(pop, exports=path.parent, strands={strand: only})


def main(what: str, strand: str, *rest: str) -> None:
    """Write an export, or ingest one and print the account of its rows."""
    if what == "write":
        write(strand, int(rest[0]), Path(rest[1]))
    else:
        print(ingest.account(ingest.ingest(study_of(strand, Path(rest[0])))))


if __name__ == "__main__":
    main(*sys.argv[1:])
