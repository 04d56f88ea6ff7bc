"""Responses become sufficient statistics by cluster: whole numbers that add up over files, workers and time.

A cluster is an organisation within a country. For each question a tally knows how many of a cluster's responses stand in its base,
and for each option how many chose it. Every estimate is computed from tallies, so a report can be rebuilt without responses.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from popresearch import instrument, states
from popresearch.files import new_folder
from popresearch.ingest import Ingested
from popresearch.instrument import Instrument
from popresearch.registry import Registry
from popresearch.study import Study

CLUSTER = ["country_iso3", "region", "organisation"]
KINDS = ("one", "many", "number")


@dataclass(frozen=True)
class Tally:
    """Counts of one strand.

    `n`: responses, indexed by cluster (`country_iso3, region, organisation`); `base`: clusters × questions; `count`: clusters ×
    (question, option); all whole numbers. Responses that were not asked, did not answer or could not be read are outside a question's base.
    """

    n: pd.Series
    base: pd.DataFrame
    count: pd.DataFrame

    def __add__(self, other: "Tally") -> "Tally":
        """Add up two tallies of the same strand; clusters and options may differ."""
        return Tally(
            *(_added(left, right) for left, right in zip(self._parts(), other._parts(), strict=True))
        )

    def _parts(self) -> tuple[pd.Series, pd.DataFrame, pd.DataFrame]:
        return self.n, self.base, self.count


def tally(
    responses: pd.DataFrame, asked: Instrument, study: Study, strand: str, organisations: pd.Series
) -> Tally:
    """Tally the responses of one strand; `organisations` gives the organisation of each response identifier."""
    clusters = pd.DataFrame(
        {
            "country_iso3": responses["country_iso3"].astype(str),
            "region": responses["region"].astype(str),
            "organisation": responses["response"].map(organisations),
        }
    )
    codes, index = pd.factorize(pd.MultiIndex.from_frame(clusters), sort=True)
    index, size = index.set_names(CLUSTER), len(index)
    n = pd.Series(np.bincount(codes, minlength=size), index=index, name="n")
    base, count = {}, {}
    for question, chosen in items(responses, asked, study, strand):
        answered = chosen.pop("")
        base[question] = np.bincount(codes, weights=answered, minlength=size).astype(np.int64)
        for option, ticked in chosen.items():
            count[question, option] = np.bincount(codes, weights=ticked, minlength=size).astype(np.int64)
    columns = pd.MultiIndex.from_tuples(count, names=["question", "option"])
    return Tally(
        n,
        pd.DataFrame(base, index=index),
        pd.DataFrame(np.column_stack(list(count.values())), index=index, columns=columns),
    )


def items(responses: pd.DataFrame, asked: Instrument, study: Study, strand: str):
    """Yield each countable question with its options as arrays of 0 and 1; the key "" holds who stands in the base.

    Numbers are counted in the study's bands, and only where it names some; rollups follow their question as `<question>.<rollup>`.
    """
    for question in asked.questions.index:
        kind = asked.questions.at[question, "kind"]
        if kind not in KINDS or f"{question}.state" not in responses:
            continue
        answered = (responses[f"{question}.state"] == "answered").to_numpy()
        if kind == "number":
            if question in study.bands:
                yield (
                    question,
                    {"": answered}
                    | _banded(responses[states.column(question)].to_numpy(), study.bands[question], answered),
                )
            continue
        chosen = _chosen(responses, question, kind, asked)
        yield question, {"": answered} | chosen
        for name, rollup in study.rollups.items():
            if rollup["questions"].get(strand) == question:
                yield (
                    f"{question}.{name}",
                    {"": answered} | _rolled_up(chosen, rollup, asked.options_of(question)),
                )


def band_codes(lower: list[float]) -> list[str]:
    """Name the bands that start at these lower ends: 0_24, 25_49, 50_."""
    ends = [f"{int(upper) - 1}" for upper in lower[1:]] + [""]
    return [f"{int(start)}_{end}" for start, end in zip(lower, ends, strict=True)]


def _chosen(responses: pd.DataFrame, question: str, kind: str, asked: Instrument) -> dict[str, np.ndarray]:
    options = asked.options_of(question).index
    if kind == "many":
        return {
            option: responses[f"{question}/{option}"].fillna(False).to_numpy(dtype=bool) for option in options
        }
    codes = pd.Categorical(responses[states.column(question)], categories=list(options)).codes
    return {option: codes == code for code, option in enumerate(options)}


def _banded(values: np.ndarray, lower: list[float], answered: np.ndarray) -> dict[str, np.ndarray]:
    band = np.searchsorted(lower, values, side="right") - 1
    return {code: answered & (band == place) for place, code in enumerate(band_codes(lower))}


def _rolled_up(chosen: dict[str, np.ndarray], rollup: dict, options: pd.DataFrame) -> dict[str, np.ndarray]:
    """Take options together: by their names (`options`) or by their group in the instrument (`groups`)."""
    members = dict(rollup.get("options", {}))
    for name, groups in rollup.get("groups", {}).items():
        members[name] = list(options.index[options["group"].isin(groups)])
    return {
        name: np.logical_or.reduce([chosen[option] for option in listed]) for name, listed in members.items()
    }


def _added(left: pd.DataFrame | pd.Series, right: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
    total = left.add(right, fill_value=0).sort_index()
    if isinstance(total, pd.DataFrame):
        order = [*left.columns, *(column for column in right.columns if column not in left.columns)]
        total = total.reindex(
            columns=pd.Index(order, name=left.columns.name)
            if left.columns.nlevels == 1
            else pd.MultiIndex.from_tuples(order, names=left.columns.names)
        )
    return total.fillna(0).astype(np.int64)


def tally_study(ingested: Ingested, registry: Registry, study: Study) -> dict[str, Tally]:
    """Tally every strand of a study."""
    organisations = registry.links.set_index("response")["organisation"]
    return {
        name: tally(ingested.responses[name], instrument.of(strand), study, name, organisations)
        for name, strand in study.strands.items()
    }


def overview(tallies: dict[str, Tally]) -> pd.DataFrame:
    """Count what each strand's tally holds."""
    rows = {
        name: {
            "responses": int(counts.n.sum()),
            "clusters": len(counts.n),
            "countries": counts.n.index.get_level_values("country_iso3").nunique(),
            "questions": counts.base.shape[1],
            "options": counts.count.shape[1],
        }
        for name, counts in tallies.items()
    }
    return pd.DataFrame(rows).T.rename_axis("strand")


def save(tallies: dict[str, Tally], study: Study) -> Path:
    """Write tallies under data/restricted/<study>/tallies: by cluster they are still near the answers."""
    target = study.restricted / "tallies"
    with new_folder(target) as folder:
        for strand, counts in tallies.items():
            flat = counts.count.set_axis(
                [f"{question}\t{option}" for question, option in counts.count.columns], axis=1
            )
            table = pd.concat(
                [counts.n.to_frame(), counts.base.add_prefix("base\t"), flat.add_prefix("count\t")], axis=1
            )
            table.rename_axis(CLUSTER).reset_index().to_parquet(folder / f"{strand}.parquet")
    target.chmod(0o700)
    return target


def load(study: Study) -> dict[str, Tally]:
    """Read what `save` wrote."""
    return {strand: _loaded(study.restricted / "tallies" / f"{strand}.parquet") for strand in study.strands}


def _loaded(path: Path) -> Tally:
    table = pd.read_parquet(path).set_index(CLUSTER)
    base = table.filter(regex="^base\t").rename(columns=lambda name: name.split("\t")[1])
    count = table.filter(regex="^count\t")
    pairs = [tuple(name.split("\t")[1:]) for name in count.columns]
    return Tally(
        table["n"],
        base,
        count.set_axis(pd.MultiIndex.from_tuples(pairs, names=["question", "option"]), axis=1),
    )
