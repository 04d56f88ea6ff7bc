"""Made-up answers of any size for `make bench`, and the same table from them by this package, by R's survey package and by svy.

The table: 12 choose-many questions of 10 options in 4 strands and 50 countries, each share with its standard error; organisations are
the clusters, countries the strata. Run as a program it does one thing in a process of its own and prints the seconds of that alone:
`python -m popresearch.bench_estimates write ROWS FOLDER`, `… ours FOLDER`, `… svy FOLDER`, `… compare FOLDER SHARES.csv`.
Ours are the seconds from the Parquet files on disk to intervals and verdicts, made a second time as in a running notebook; of the others
those from the table in memory to standard errors.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from popresearch import estimates, reference, study
from popresearch.instrument import OPTION_COLUMNS, QUESTION_COLUMNS, Instrument
from popresearch.partitions import tally_parquet

SEED = 20260102
QUESTIONS, OPTIONS, COUNTRIES, ORGANISATIONS = 12, 10, 50, 40
STRANDS = ("helplines", "youth", "ai", "poll")
ANSWERED = 0.95  # of those asked
SIZES = (1_700, 170_000, 1_700_000)


def asked() -> Instrument:
    """Make the questionnaire of the benchmark."""
    names = [f"q{number:02}" for number in range(QUESTIONS)]
    questions = pd.DataFrame("", index=pd.Index(names, name="question"), columns=QUESTION_COLUMNS)
    questions["kind"], questions["list"] = "many", "ways"
    options = pd.DataFrame({"list": "ways", "option": [f"o{number}" for number in range(OPTIONS)]})
    return Instrument(questions, options.reindex(columns=OPTION_COLUMNS, fill_value=""))


def write(rows: int, folder: Path) -> None:
    """Write one Parquet file a strand as the ingest saves responses, and a flat one (`flat.parquet`, `flat.csv`) for the others."""
    random = np.random.default_rng(SEED)
    countries = reference.countries().index[:COUNTRIES]
    regions = reference.countries()["region"]
    folder.mkdir(parents=True, exist_ok=True)
    flat = []
    for strand in STRANDS:
        n = rows // len(STRANDS)
        country = random.integers(COUNTRIES, size=n)
        organisation = country * ORGANISATIONS + (ORGANISATIONS * random.random(n) ** 2).astype(int)
        likes = random.beta(2, 3, size=(COUNTRIES * ORGANISATIONS, 1))[organisation]
        table = {
            "response": pd.array(np.arange(n).astype(str), dtype="str"),
            "country_iso3": pd.Categorical.from_codes(country, countries),
            "region": pd.Categorical(regions[countries].to_numpy()[country]),
            "language": pd.Categorical.from_codes(np.zeros(n, dtype=int), ["en"]),
            "organisation": organisation,
        }
        for question in asked().questions.index:
            answered = random.random(n) < ANSWERED
            table[f"{question}.state"] = pd.Categorical.from_codes(
                (~answered).astype(int), ["answered", "not_answered"]
            )
            chosen = random.random((n, OPTIONS)) < likes * np.linspace(0.3, 1.7, OPTIONS)
            for option in range(OPTIONS):
                table[f"{question}/o{option}"] = pd.arrays.BooleanArray(chosen[:, option], ~answered)
        frame = pd.DataFrame(table)
        frame.to_parquet(folder / f"{strand}.parquet")
        flat.append(_flat(frame, strand))
    whole = pd.concat(flat, ignore_index=True)
    whole.to_parquet(folder / "flat.parquet")
    whole.to_csv(folder / "flat.csv", index=False)


def _flat(frame: pd.DataFrame, strand: str) -> pd.DataFrame:
    """Put one strand as other tools want it: keys as text, answers as 0, 1 or missing."""
    keys = {
        "strand": strand,
        "country": frame["country_iso3"].astype(str),
        "organisation": strand + frame["organisation"].astype(str),
    }
    keys["w"] = 1.0
    answers = {name.replace("/", "_"): frame[name].astype("Int8") for name in frame if "/" in name}
    return pd.DataFrame(keys | answers)


def ours(folder: Path) -> pd.DataFrame:
    """Estimate the table from the Parquet files, with intervals and verdicts."""
    pop, form = study.load("pop"), asked()
    tables = []
    for strand in STRANDS:
        counted = tally_parquet(folder / f"{strand}.parquet", form, pop, strand)
        tables.append(estimates.estimate(counted, pop, strand, ("country",)))
    return pd.concat(tables, ignore_index=True)


def by_svy(folder: Path) -> float:
    """Estimate the same table with svy, means of all items by strand and country; gives the seconds."""
    import svy

    table = svy.read_parquet(folder / "flat.parquet")
    started = time.perf_counter()
    sample = svy.Sample(
        table, svy.Design(stratum=["strand", "country"], psu="organisation", wgt="w", singleton="center")
    )
    for question in asked().questions.index:
        items = [f"{question}_o{option}" for option in range(OPTIONS)]
        sample.estimation.mean(items, by=["strand", "country"], drop_nulls=True)
    return time.perf_counter() - started


def main(what: str, *rest: str) -> None:
    """Write answers, make the table and print its seconds the second time, or compare it with the shares that R gave."""
    if what == "write":
        write(int(rest[0]), Path(rest[1]))
        return
    if what == "svy":
        print(f"{by_svy(Path(rest[0])):.3f}")
        return
    made = ours(Path(rest[0]))
    if what == "ours":
        started = time.perf_counter()
        ours(Path(rest[0]))
        print(f"{time.perf_counter() - started:.3f}")
    else:
        print(f"{largest_difference(made, pd.read_csv(rest[1])):.2e}")


def largest_difference(made: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Give the largest difference between our shares and those of another tool (strand, country, item, share)."""
    own = made.assign(item=made["question"] + "_" + made["option"]).set_index(["strand", "place", "item"])[
        "share"
    ]
    other = theirs.set_index(["strand", "country", "item"])["share"]
    return float((own - other.reindex(own.index)).abs().max())


if __name__ == "__main__":
    main(*sys.argv[1:])
