"""Open microdata: single answers without anyone in them, where study.toml allows it; the answers of children never.

A strand's file is "anonymised": its keys are generalised until at least k organisations share each combination, the sensitive answers
in it differ (l), and the risk of being found again is at most 3 % (OCHA HDX). Where no generalisation holds, and where study.toml
says so, it is "synthetic", drawn from the release alone. Both are files of codes, with a codebook beside them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from popresearch import instrument, release
from popresearch.faults import BadInput, bad_input
from popresearch.files import new_folder
from popresearch.ingested import Ingested
from popresearch.instrument import Instrument
from popresearch.microdata import codebook, risk, search, synthetic, variables
from popresearch.microdata.permitted import Gate
from popresearch.microdata.search import Choice
from popresearch.registry import Registry
from popresearch.study import Study

REPORT = "report"
NOTHING = ["strand", "kind", "rows"]


def write(study: Study, ingested: Ingested, registry: Registry) -> Path:
    """Write a file, and its codebook, for each strand that study.toml names, and the report on them; needs the release.

    They are in outputs/<study>/microdata, whole or not at all; the same answers and release give the same bytes.
    """
    target = study.outputs / "microdata"
    made = {strand: make(study, strand, ingested, registry) for strand in study.microdata}
    rows = [about["measures"] for _, about in made.values()]
    note = f"# {study.banner}\n" if study.banner else ""
    with new_folder(target) as folder:
        for strand, (table, about) in made.items():
            name = strand if about["kind"] == "anonymised" else f"{strand}_{synthetic.MARK}"
            release.refuse_microdata(table, name)
            _write_csv(table, folder / f"{name}.csv", note)
            text = json.dumps({"file": f"{name}.csv"} | about, indent=1, ensure_ascii=False)
            (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        report_table = pd.DataFrame(rows) if rows else pd.DataFrame(columns=NOTHING)
        _write_csv(report_table, folder / f"{REPORT}.csv", note)
    return target


def report(study: Study) -> pd.DataFrame:
    """Give what `write` did, a row a strand: kind, k, l and risk before and after, steps, what it cost. Safe to publish."""
    path = study.outputs / "microdata" / f"{REPORT}.csv"
    if not path.exists():
        raise bad_input(f"study '{study.name}'", "has no microdata yet.", "Run: pop run")
    table = pd.read_csv(path, comment="#", keep_default_na=False, na_values=[""])
    return table.convert_dtypes().set_index("strand")


def make(
    study: Study, strand: str, ingested: Ingested, registry: Registry
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Make the file of one strand and its codebook; children's answers, and a plan that cannot be, are bad input."""
    plan, asked = _plan(study, strand), instrument.of(study.strands[strand])
    if found := variables.faults(plan, asked, study.strands[strand], study):
        raise BadInput(f"microdata.{strand} in study.toml", found)
    released = release.table("estimates", study)
    gate = Gate(released, strand, asked)
    questions = [question for question in plan["questions"] if gate.shows(question)]
    if plan["kind"] == "anonymised":
        responses = ingested.responses[strand]
        units = responses["response"].map(registry.links.set_index("response")["organisation"])
        found = _anonymised(responses, units.to_numpy(), plan, questions, gate, asked, study)
        if found:
            return found[0], codebook.anonymised(study, strand, plan, questions, asked, *found)
    counts = release.table("responses", study)
    table = synthetic.drawn(released, counts, questions, asked, strand)
    return table, codebook.synthetic(study, strand, plan, questions, asked, table)


def _plan(study: Study, strand: str) -> Mapping[str, Any]:
    """Give the section of a strand; the answers of children are refused whatever it says."""
    of = study.strands.get(strand)
    if of and (of.system == "children" or of.hide_zero):
        what = "holds answers of children; single ones are never published."
        raise bad_input(f"strand '{strand}'", what, f"Remove [microdata.{strand}] from study.toml.")
    if strand not in study.microdata:
        remedy = f"Strands with one: {', '.join(study.microdata) or 'none'}."
        raise bad_input(f"study '{study.name}'", f"has no section [microdata.{strand}].", remedy)
    return study.microdata[strand]


def _anonymised(
    responses: pd.DataFrame,
    units: np.ndarray,
    plan: Mapping[str, Any],
    questions: list[str],
    gate: Gate,
    asked: Instrument,
    study: Study,
) -> tuple[pd.DataFrame, Choice, risk.Measures] | None:
    """Generalise the keys of a strand; gives the file, how it came about and what was measured before, or None where nothing holds."""
    sensitive_names = [question for question in plan["sensitive"] if question in questions]
    if not sensitive_names or responses.empty:
        return None
    keys = variables.keys(responses, plan, asked, study)
    columns = [variables.answers(responses, question, asked, study) for question in questions]
    table = pd.concat(columns, axis=1)
    sensitive = table[sensitive_names]
    chosen = search.least_loss(
        keys, units, sensitive, plan, lambda steps: gate.allows(steps, keys, questions)
    )
    if chosen is None:
        return None
    before = risk.measured(pd.DataFrame({name: key.leaves for name, key in keys.items()}), units, sensitive)
    return in_order(pd.concat([chosen.keys, table], axis=1)), chosen, before


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Sort records by what stands in them, so that their order says nothing else."""
    return table.sort_values(list(table), kind="stable", na_position="first").reset_index(drop=True)


def _write_csv(table: pd.DataFrame, path: Path, note: str) -> None:
    path.write_text(note + table.to_csv(index=False, lineterminator="\n"), encoding="utf-8")
