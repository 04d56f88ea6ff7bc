"""Deleting answers after a release: what goes is shown, deleted, looked for again, and certified.

Nothing is overwritten first: on solid-state disks and journalled file systems that reaches the old bytes by chance only.
A purge that is killed goes on where it stopped, from the list that it wrote before its first deletion.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from popresearch import files, keys, ledger
from popresearch.faults import BadInput, Fault, bad_input
from popresearch.retention import certificate, kept, places, received

COUNTS = ("count", "responses")  # columns of released tables that count people or services
ANSWERS, PRODUCT, CACHE = "answers", "made from answers", "cache"
REMOVE = "Delete it, or take it out of the project."
Out = Callable[[str], object]


def purge(study: Any, steps: Sequence[Any], *, by: str = "", yes: bool = False, out: Out = print) -> None:
    """Delete the answers of a source and all that was made from them but the release; without `yes` only say what would go.

    Refuses (`BadInput`) made-up sources, a release that is incomplete or was made from other answers, a copy of answers elsewhere in
    the project, and a released table with a cell that breaks the rule.
    """
    begun = kept.begun(study)
    if not begun.exists():
        received.note(study)
        content = _prepared(study, steps, by)
        _say(content, study, out)
    elif not yes:
        out("A purge was cut short.")
    if not yes:
        out(f"Nothing was deleted. To delete: pop purge {study.name} --source {study.source} --by NAME --yes")
        return
    if not begun.exists():
        if not by.strip():
            raise bad_input("--by", "is missing.", "Say who deletes: --by NAME")
        kept.keep(study, content["kept"])
        files.write_bytes(begun, json.dumps(content, ensure_ascii=False).encode())
    _finished(study, out)


def verify(path: Path, study: Any) -> str:
    """Check a certificate: its signature, the one before it, what is kept, and that nothing that it names is here again."""
    shown = places.shown(path.resolve(), study)
    content = certificate.verify(path, shown, keys.read(places.private(study)))
    if path.name == certificate.NAME:
        kept.check(study, content["kept"])
    earlier = {files.sha256(other) for other in path.parent.glob("certificate_*.json")}
    if content["previous"] and content["previous"] not in earlier:
        raise bad_input(
            shown, "follows a certificate that is not beside it, or was changed.", certificate.REMEDY
        )
    if again := _copies(study, content):
        faults = [
            Fault(places.shown(path, study), "was deleted and is here again.", REMOVE) for path in again
        ]
        raise BadInput(shown, faults)
    return f"{shown}: signed, unchanged; {len(content['deleted'])} files deleted on {content['date']}, none of the answers is here again."


def _prepared(study: Any, steps: Sequence[Any], by: str) -> dict[str, Any]:
    """Check that the answers may go, and write down what goes and what is kept."""
    where = f"source '{study.source}' of study '{study.name}'"
    if places.is_made_up(study):
        raise bad_input(
            where, "holds nobody's answers: it is made up.", "Name the source with answers: --source …"
        )
    if not places.answers(study):
        raise bad_input(where, "has no answers here.", f"What was deleted stands in {received.SHOWN}.")
    records = ledger.read(study.outputs)["steps"]
    _refuse_unreleased(study, steps, records)
    doomed = places.doomed(study)
    if links := [path for path in doomed if path.is_symlink()]:
        remedy = "Put the file itself there, or delete link and file by hand."
        raise BadInput(
            where, [Fault(places.shown(path, study), "is a link to elsewhere.", remedy) for path in links]
        )
    kinds = dict.fromkeys(places.products(study), PRODUCT) | dict.fromkeys(places.came(study), ANSWERS)
    deleted = [
        {
            "file": places.shown(path, study),
            "sha256": files.sha256(path),
            "bytes": path.stat().st_size,
            "kind": kinds.get(path, CACHE),
        }
        for path in doomed
    ]
    before = kept.folder(study) / certificate.NAME
    content = {
        "study": study.name,
        "source": study.source,
        "purpose": study.retention["purpose"],
        "person": study.retention["person"],
        "by": by.strip(),
        "date": str(received.today()),
        "deleted": deleted,
        "kept": kept.listed(study, steps, records),
        "previous": files.sha256(before) if before.exists() else "",
    }
    _refuse_copies(study, content, doomed)
    _refuse_small_cells(study, content["kept"])
    return content


def _refuse_unreleased(study: Any, steps: Sequence[Any], records: Mapping[str, Any]) -> None:
    """Stop unless every step is made, from the data that are there now and from the steps before it as they stand."""
    place, faults = places.root(study), []
    data = ledger.digest(ledger.inputs(place, study))
    for step in steps:
        record = records.get(step.name)
        if not record or not ledger.stands(record, record["key"], place):
            faults.append(Fault(step.name, "is not made, or what it made was changed.", ""))
        elif record["from"]["data"] != data:
            faults.append(Fault(step.name, "was made from other data than is there.", ""))
        elif not set(step.needs) <= set(records) or record["from"]["steps before"] != ledger.before(
            records, step.needs
        ):
            faults.append(Fault(step.name, "was made before a step that it needs.", ""))
    if faults:
        remedy = f"Make the release first: pop run {study.name} -p source={study.source}"
        faults[-1] = Fault(faults[-1].place, faults[-1].what, remedy)
        raise BadInput(f"the release of study '{study.name}', source '{study.source}'", faults)


def _refuse_copies(study: Any, content: Mapping[str, Any], doomed: Sequence[Path]) -> None:
    faults = [
        Fault(places.shown(path, study), "is a copy of what would be deleted.", REMOVE)
        for path in _copies(study, content, doomed)
    ]
    if faults:
        raise BadInput(f"the answers of study '{study.name}'", faults)


def _refuse_small_cells(study: Any, to_keep: kept.Kept) -> None:
    """Stop where a table that would be kept counts fewer than the minimum cell: it was not the gate that let it pass."""
    import pandas as pd

    floors = {name: strand.minimum_cell for name, strand in study.strands.items()}
    faults = []
    for name in sorted(
        name for step in to_keep.values() for name in step["files"] if name.endswith(".parquet")
    ):
        table = pd.read_parquet(study.outputs / name)
        floor = study.thresholds["minimum_cell"]
        if "strand" in table:
            floor = table["strand"].map(floors).fillna(floor)
        for column in set(COUNTS) & set(table):
            counts = pd.to_numeric(table[column]).fillna(0)
            if n := int(((counts > 0) & (counts < floor)).sum()):
                faults.append(
                    Fault(
                        name,
                        f"has {n} cells below the minimum in '{column}'.",
                        "Make the release again: pop run --force",
                    )
                )
    if faults:
        raise BadInput(f"the release of study '{study.name}'", faults)


def _finished(study: Any, out: Out) -> None:
    """Delete what the list names, prove it, and sign; what came since the list was written stays and is a fault."""
    content = json.loads(kept.begun(study).read_text(encoding="utf-8"))
    kept.check(study, content["kept"])
    going = {one["file"]: one["sha256"] for one in content["deleted"]}
    there = [path for path in places.doomed(study) if path.is_file()]
    there = [path for path in there if going.get(places.shown(path, study)) == files.sha256(path)]
    places.delete(there, study)
    places.delete(places.caches(study), study)
    left = places.doomed(study)
    left += _copies(study, content, left)
    if left:
        what = "is still there, or came since the purge began."
        faults = [Fault(places.shown(path, study), what, f"{REMOVE} Then purge again.") for path in left]
        raise BadInput(f"the purge of study '{study.name}'", faults)
    path = kept.folder(study) / certificate.NAME
    certificate.write(path, content, keys.made(places.private(study)))
    received.close(study, places.shown(path, study))
    kept.begun(study).unlink()
    out(
        f"{len(going)} files are deleted. Looked for by folder, and by hash in the whole project: none is left."
    )
    out(f"Certificate: {places.shown(path, study)}. From what is kept, `pop run` makes all else again.")


def _copies(study: Any, content: Mapping[str, Any], apart: Sequence[Path] = ()) -> list[Path]:
    """Find copies in the project of what is deleted: of answers anywhere, of what was made from them outside data/restricted.

    There the products of two sources may well be alike, such as an empty table.
    """
    hashes = {
        kind: [(one["sha256"], one["bytes"]) for one in content["deleted"] if one["kind"] == kind]
        for kind in (ANSWERS, PRODUCT)
    }
    found = places.copies(hashes[ANSWERS], places.root(study), apart)
    made = places.copies(hashes[PRODUCT], places.root(study), [*apart, *found])
    return found + [path for path in made if not path.is_relative_to(places.private(study))]


def _say(content: Mapping[str, Any], study: Any, out: Out) -> None:
    """Print what goes, a line a folder, and what is kept."""
    groups: dict[str, list[int]] = {}
    for one in content["deleted"]:
        groups.setdefault(str(Path(one["file"]).parent), []).append(one["bytes"])
    out(f"Goes: {len(content['deleted'])} files, {_size(sum(map(sum, groups.values())))}")
    for folder, sizes in groups.items():
        out(f"  {folder}/: {len(sizes)} files, {_size(sum(sizes))}")
    n = sum(len(step["files"]) for step in content["kept"].values())
    out(f"Stays: {n} released tables and rendered notebooks, in {places.shown(kept.folder(study), study)}/")


def _size(n: int) -> str:
    return f"{n / 1_000_000:,.1f} MB" if n >= 100_000 else f"{n / 1_000:,.1f} kB"
