"""The sample: made-up exports of the study POP in the layouts and with the faults of real ones.

No answer in it is real. Shares follow the published statements of POP (tables/sample_shares.csv) and
nothing else.
"""

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from popresearch import instrument
from popresearch.corrections import CORRECTIONS
from popresearch.files import write_bytes, write_text
from popresearch.sample import answers, directory, layouts, people
from popresearch.sample.mistakes import Mistakes
from popresearch.sample.people import SIZES
from popresearch.sample.tables import countries, table
from popresearch.study import Study

SEED = 20220208
README = Path(__file__).resolve().parents[1] / "templates" / "sample_readme.md"
JOINERS = {"helplines": ";", "youth": ", "}  # these two exports hold labels, the others codes
FILES = {"helplines": "helplines.xlsx", "youth": "youth.csv", "ai": "ai.xlsx", "poll": "poll.csv"}
DECIDED_BY = "the makers of the sample"


def write(study: Study, folder: Path, seed: int = SEED) -> dict[str, int]:
    """Write four exports, a README and corrections.csv into `folder`; one seed, one set of bytes.

    Returns how many of each thing were planted, under the names that `ingest` gives to rules and reasons.
    Corrections that people added to corrections.csv are kept.
    """
    crowds = people.draw(np.random.default_rng(seed))
    counts: Counter[str] = Counter(rows=sum(SIZES.values()), countries=len(countries()))
    corrections: list[dict[str, str]] = []
    for number, name in enumerate(SIZES):
        content, mistakes, mended = _export(study, name, crowds[name], np.random.default_rng([seed, number]))
        write_bytes(folder / FILES[name], content)
        counts.update(mistakes.counts)
        corrections += mended
    write_text(folder / "README.md", _readme(counts))
    beside = folder / "corrections.csv"
    write_text(beside, _with_corrections(beside, corrections))
    return dict(counts)


def planted() -> list[str]:
    """Give the made-up personal data that no output may hold: addresses, numbers, names, accounts."""
    texts = [text for row in table("personal") for text in row["planted"].split(";")]
    return [*texts, *(f"respondent-{number:03d}@" for number in range(1, SIZES["helplines"] + 1))]


def _export(
    study: Study, name: str, crowd: pd.DataFrame, rng: np.random.Generator
) -> tuple[bytes, Mistakes, list[dict[str, str]]]:
    """Make the export of one strand: draw answers, plant mistakes, lay out."""
    strand = study.strands[name]
    asked = instrument.of(strand)
    has_services = "service" in strand.roles
    stated = directory.draw(crowd, name, rng) if has_services else pd.DataFrame(index=crowd.index)
    mistakes = Mistakes(strand, asked, crowd, rng)
    cells = mistakes.in_answers(answers.draw(asked, strand, crowd, stated, rng))
    if name in JOINERS:
        cells = layouts.labelled(cells, asked, crowd["language"], JOINERS[name], rng)
    cells, crowd = mistakes.twice(mistakes.in_cells(cells))
    writers = {
        "helplines": lambda: layouts.microsoft_forms(cells, asked, crowd),
        "youth": lambda: layouts.google_forms(cells, asked, crowd),
        "ai": lambda: layouts.kobo_workbook(cells, asked, crowd, strand.instrument, rng),
        "poll": lambda: layouts.kobo_csv(cells, asked, crowd, strand.instrument, rng),
    }
    rows = list(crowd.index)
    mended = [
        _correction(name, asked, rows.index(fault["response"]) + 2, fault) for fault in mistakes.corrections
    ]
    return writers[name](), mistakes, mended


def _correction(name: str, asked: instrument.Instrument, row: int, fault: dict[str, str]) -> dict[str, str]:
    """Write one line of corrections.csv; `question` is the head in the file."""
    head = asked.label(str(fault["question"]), "en")
    decided = [fault["why"], DECIDED_BY, "2022-12-21"]
    line = [FILES[name], str(row), head, fault["text"], fault["becomes"], *decided]
    return dict(zip(CORRECTIONS, line, strict=True))


def _with_corrections(path: Path, ours: list[dict[str, str]]) -> str:
    """Put our corrections behind those of other people in corrections.csv."""
    kept = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            kept = [row for row in csv.DictReader(file) if row["decided_by"] != DECIDED_BY]
    text = io.StringIO()
    writer = csv.DictWriter(text, CORRECTIONS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept + ours)
    return text.getvalue()


def _readme(counts: Counter[str]) -> str:
    listed = "\n".join(f"| {what} | {count:,} |" for what, count in counts.items())
    return README.read_text(encoding="utf-8").format(banner=layouts.BANNER, counts=listed, **SIZES)
