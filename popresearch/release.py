"""The release: the tables that passed the gate. Charts, maps, claims, pages and the report take these and nothing else."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from popresearch import labels, reference
from popresearch.disclosure import FEW, SHOWN, SMALL, TO_PROTECT
from popresearch.estimates.presentation import tiers
from popresearch.estimates.styled import Estimates
from popresearch.estimates.views import disagreement
from popresearch.faults import bad_input, did_you_mean
from popresearch.files import new_folder
from popresearch.passing import through
from popresearch.study import Study, load

IDENTIFIERS = {
    "response",
    "respondent",
    "file_row",
    "row",
    "organisation",
    "service",
    "text",
    "name",
    "contact",
    "address",
}
HIDDEN = "hidden"
PREVIOUS = ("estimates", "responses")  # of the release before this one
DIGITS = 4  # of shares in files
UNPUBLISHED = ("se", "design_effect")  # the interval says the same, and coarser
WHOLE = ("n", "base", "count", "responses", "asked", "answered", "opinion", "n_countries", "n_organisations")
# Intervals go outward to whole per cent and effective bases down to tens: finer ones tell of single countries and organisations.
CENT, TEN = 100, 10


def tables(
    estimates: pd.DataFrame,
    counts: pd.DataFrame,
    study: Study,
    language: str,
    **further: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Arrange what passed the gate as tables with labels: all estimates, topics side by side, coverage, views apart, what was hidden.

    `further` tables have passed it, or hold nothing to hide; an empty one is left out.
    """
    for table in (estimates, counts):
        if "status" not in table:
            raise ValueError("only what passed disclosure.gate can be released")
    systems = counts.assign(
        system=counts["strand"].map(
            {name: strand.system for name, strand in study.strands.items()} | {"all": "all"}
        )
    )
    made = {
        "estimates": estimates[~((estimates["level"] == "country") & (estimates["status"] == FEW))],
        "responses": with_tiers(systems, study),
        "coverage": coverage(counts),
        "hidden": hidden(estimates, systems),
        "views": disagreement(estimates[estimates["status"] == SHOWN]),
    }
    for topic, questions in study.topics.items():
        made[f"{topic}_by_system"] = by_system(estimates, questions)
    for name, rollup in study.rollups.items():
        made[f"{name}_by_system"] = by_system(
            estimates, {strand: f"{question}.{name}" for strand, question in rollup["questions"].items()}
        )
    made |= {name: table for name, table in further.items() if len(table)}
    return {
        name: labels.labelled(_rounded(_unexplained(table)), study, language).reset_index(drop=True)
        for name, table in made.items()
    }


def with_tiers(counts: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Add to each country how far numbers of it are given (`tier`); one whose count is hidden is silent, whatever it is."""
    of_country = counts["level"] == "country"
    known = of_country & (counts["status"] == SHOWN)
    tier = tiers(counts.loc[known, "count"], study.thresholds, study.thresholds["minimum_cell"])["tier"]
    return counts.assign(tier=tier.reindex(counts.index).mask(of_country & ~known, "silent").fillna(""))


def by_system(estimates: pd.DataFrame, questions: dict[str, str]) -> pd.DataFrame:
    """Take one question a strand, for the world, so that systems stand side by side."""
    world = estimates[estimates["level"] == "world"]
    return pd.concat(
        [
            world[(world["strand"] == strand) & (world["question"] == question)]
            for strand, question in questions.items()
        ]
    )


def coverage(counts: pd.DataFrame) -> pd.DataFrame:
    """Say of every country of ISO 3166-1 how many responses came from it: shown, hidden, or none; with its context.

    `responses` is missing where hidden. Context: persons under 18 (thousands) and internet users (%), each with its year.
    """
    places = reference.countries()
    total = counts[(counts["level"] == "country") & (counts["strand"] == "all")].set_index("place")[
        ["count", "status"]
    ]
    total = total.rename(columns={"count": "responses", "status": "gate"})
    table = pd.DataFrame({"level": "country", "place": places.index, "region": places["region"].to_numpy()})
    table = table.merge(total, how="left", left_on="place", right_index=True)
    status = np.where(table["gate"].isna(), "no responses", np.where(table["gate"] == SHOWN, SHOWN, HIDDEN))
    context = places[
        ["population_under_18", "population_year", "internet_users_pct", "internet_year", "internet_vintage"]
    ]
    return table.drop(columns="gate").assign(status=status).merge(context, left_on="place", right_index=True)


def hidden(estimates: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Count the cells by system, level and what the gate did with them."""
    cells = pd.concat([estimates[["system", "level", "status"]], counts[["system", "level", "status"]]])
    return cells.groupby(["system", "level", "status"], sort=False).size().rename("cells").reset_index()


def hidden_by_system(table: pd.DataFrame) -> pd.DataFrame:
    """Set out the table `hidden` for a reader: a row a system and level, a column for each thing the gate may do."""
    wide = (
        table.pivot(index=["system_label", "level"], columns="status", values="cells").fillna(0).astype(int)
    )
    order = list(dict.fromkeys(zip(table["system_label"], table["level"], strict=True)))
    return wide.loc[order].rename_axis(columns=None)


def _unexplained(table: pd.DataFrame) -> pd.DataFrame:
    """Say of a hidden cell only that it is: to know which are small and which protect them would narrow them all."""
    if "cells" in table:  # `hidden`, where the kinds are counted
        return table
    words = [name for name in ("status", "reason") if name in table]
    return table.assign(**{name: table[name].replace({SMALL: HIDDEN, TO_PROTECT: HIDDEN}) for name in words})


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Round what is published: bounds outward to whole per cent, effective bases down to tens, shares of further views to per cents."""
    table = table.drop(columns=[name for name in UNPUBLISHED if name in table])
    down, up = _starting(table, "low", "least_"), _starting(table, "high", "most_")
    for names, outward in ((down, np.floor), (up, np.ceil)):
        table[names] = outward(table[names].round(9) * CENT) / CENT
    effective, shares = _starting(table, "n_effective"), _starting(table, "share")
    table[effective] = np.floor(table[effective] / TEN) * TEN
    views = [name for name in shares if name != "share"]
    floats = table.select_dtypes("float").columns.difference([*shares, *down, *up, *effective])
    whole = [name for name in WHOLE if name in table]
    digits = (
        dict.fromkeys([*floats, *shares], DIGITS)
        | dict.fromkeys([*views, *down, *up, *_starting(table, "spread")], 2)
        | dict.fromkeys(effective, 0)
    )
    return table.round(digits).astype(dict.fromkeys([*whole, *effective], "Int64"))


def _starting(table: pd.DataFrame, *words: str) -> list[str]:
    return [name for name in table if str(name).startswith(words)]


def write(part: str, made: dict[str, pd.DataFrame], study: Study) -> Path:
    """Write tables as Parquet and CSV to outputs/<study>/tables/<part>, all or none; a table of responses is refused."""
    for name, table in made.items():
        refuse_microdata(table, name)
    target = study.outputs / "tables" / part
    with new_folder(target) as folder:
        for name, table in made.items():
            table.to_parquet(folder / f"{name}.parquet")
            note = f"# {study.banner}\n" if study.banner else ""
            text = note + _escaped(table).to_csv(index=False, lineterminator="\n")
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        about = {
            "study": study.name,
            "source": study.source,
            "banner": study.banner,
            "note": study.note,
            "tables": sorted(made),
            "thresholds": study.thresholds,
            "minimum_cells": {name: strand.minimum_cell for name, strand in study.strands.items()},
        }
        (folder / "release.json").write_text(
            json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return target


def refuse_microdata(table: pd.DataFrame, name: str = "this table") -> None:
    """Raise where a table carries a respondent, a row, a name or a text."""
    found = sorted(IDENTIFIERS & set(table.columns))
    if found:
        raise bad_input(
            name,
            f"has the column '{found[0]}', which belongs to responses.",
            "Take a table of the release: release.table(…).",
        )


def table(name: str, study: Study | str = "pop") -> pd.DataFrame:
    """Read one released table by its name."""
    study = load(study) if isinstance(study, str) else study
    found = {path.stem: path for path in sorted((study.outputs / "tables").glob("*/*.parquet"))}
    if name not in found:
        what = f"has no table '{name}'.{did_you_mean(name, found)}"
        raise bad_input(
            f"the release of '{study.name}'", what, f"Tables: {', '.join(found) or 'none yet; run: pop run'}."
        )
    return pd.read_parquet(found[name])


def has(name: str, study: Study) -> bool:
    """Say whether a table was released."""
    return any((study.outputs / "tables").glob(f"*/{name}.parquet"))


def passed(given: Estimates, study: Study, language: str = "en") -> Estimates:
    """Let what `estimates.shares`, `compare` or `rank` gave through the gate: only numbers that follow from released shares stay.

    Levels that are not released, or another base than "answered", are bad input: their numbers stay where they are.
    """
    return through(given, table("estimates", study), study, language)


def previous(study: Study) -> dict[str, pd.DataFrame]:
    """Read what the gate needs of the release before this one: the open data files that study.toml's `previous` points to."""
    if study.previous is None:
        return {}
    missing = [name for name in PREVIOUS if not (study.previous / f"{name}.csv").is_file()]
    if missing:
        what, remedy = (
            f"has no {missing[0]}.csv.",
            "Put the open data of the last release there, or correct `previous`.",
        )
        raise bad_input(f"{study.previous.name}, the earlier release of '{study.name}'", what, remedy)
    return {name: _read_open_data(study.previous / f"{name}.csv") for name in PREVIOUS}


def _read_open_data(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path, comment="#", dtype=str, keep_default_na=False)
    numbers = [name for name in ("n", "base", "count") if name in table]
    return table.assign(**{name: pd.to_numeric(table[name]) for name in numbers})


def overview(study: Study, part: str = "*") -> pd.DataFrame:
    """List the released tables, of one part or of all, with their rows and columns."""
    paths = sorted((study.outputs / "tables").glob(f"{part}/*.parquet"))
    rows = [(path.stem, *pd.read_parquet(path).shape) for path in paths]
    return pd.DataFrame(rows, columns=["table", "rows", "columns"]).set_index("table")


def largest(study: Study, *, language: str = "en", most: int = 3) -> Estimates:
    """Give for each shared topic and system the options with the largest shares that may be shown, in the three views."""
    found = []
    for topic in study.topics:
        shown = labels.labelled(table(f"{topic}_by_system", study), study, language)
        shown = shown[shown["verdict"].isin(["show", "caution"])]
        top = (
            shown.sort_values("share", ascending=False, kind="stable")
            .groupby("system_label", sort=False)
            .head(most)
        )
        found.append(top.sort_values("system", kind="stable").assign(topic=topic))
    columns = [
        "topic",
        "system_label",
        "option_label",
        "base",
        "share",
        "low",
        "high",
        "share_by_organisation",
        "share_by_country",
        "verdict",
    ]
    top = pd.concat(found)[columns].round(2) if found else pd.DataFrame(columns=columns)
    return Estimates(top.reset_index(drop=True)).described(study, "answered", language, is_restricted=False)


def by_region(study: Study, *, language: str = "en") -> pd.DataFrame:
    """Give the released counts of responses, a row a region and a column a strand; hidden ones say so."""
    counts = labels.labelled(table("responses", study), study, language)
    counts = counts[counts["level"] != "country"]
    wide = counts.pivot(index="place_label", columns="strand", values="count")
    ordered = counts.sort_values(
        ["level", "place_label"], key=lambda column: column.replace("world", ""), kind="stable"
    )
    wide = wide.loc[list(dict.fromkeys(ordered["place_label"])), list(dict.fromkeys(counts["strand"]))]
    return wide.astype(object).where(wide.notna(), HIDDEN).rename_axis(index="region", columns=None)


def _escaped(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    texts = [name for name in table if pd.api.types.is_string_dtype(table[name])]
    safe = {name: table[name].str.replace(r"^([=+\-@\t\r])", r"'\1", regex=True) for name in texts}
    return table.assign(**safe)
