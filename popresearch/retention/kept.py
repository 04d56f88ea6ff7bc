"""What is kept of a release when its answers are deleted: data/<study>/kept/<source>, from which a run makes the rest again.

It holds the public products of the steps that needed answers (released tables, their rendered notebooks), under the same names as in
the output folder, and the certificate that lists them by hash.
"""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from popresearch import files, keys
from popresearch.faults import BadInput, Fault, bad_input
from popresearch.retention import certificate, places

Kept = dict[
    str, dict[str, Any]
]  # step → "parameters": name → value, "files": path below the outputs → SHA-256


def folder(study: Any) -> Path:
    """Where a purge keeps the tables of this source."""
    return study.folder / "kept" / study.source


def begun(study: Any) -> Path:
    """The list of a purge that is under way; it stays only where the purge was cut short."""
    return places.private(study) / f"purging-{study.restricted.name}.json"


def listed(study: Any, steps: Iterable[Any], records: Mapping[str, Any]) -> Kept:
    """List what is to be kept of the steps that needed answers: what they wrote to the output folder."""
    outputs, found = places.shown(study.outputs, study) + "/", {}
    for step in steps:
        if step.needs_answers:
            record = records[step.name]
            own = {
                name.removeprefix(outputs): sha256
                for name, sha256 in record["products"].items()
                if name.startswith(outputs)
            }
            found[step.name] = {"parameters": record["parameters"], "files": own}
    return found


def keep(study: Any, kept: Kept) -> None:
    """Copy what is to be kept, and put the certificates of earlier purges beside it; whole or not at all."""
    target = folder(study)
    earlier = sorted(target.glob("certificate*.json"))
    with files.new_folder(target) as fresh:
        for name in _names(kept):
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(study.outputs / name, fresh / name)
        for path in earlier:
            name = path.name if path.name != certificate.NAME else f"certificate_{len(earlier)}.json"
            shutil.copyfile(path, fresh / name)
    check(study, kept)


def standing(study: Any) -> Kept | None:
    """Give what is kept where the answers are deleted; None where answers are here, or none ever were.

    A purge that was cut short, a certificate that was changed and a kept file with another hash are bad input. Where the key of the
    project is not (in a clone), the hashes alone are checked.
    """
    if begun(study).exists():
        remedy = f"Finish it: pop purge {study.name} --source {study.source} --yes"
        raise bad_input(f"study '{study.name}'", "has a purge that was cut short.", remedy)
    path = folder(study) / certificate.NAME
    if places.answers(study) or not path.exists():
        return None
    shown = places.shown(path, study)
    if (places.private(study) / keys.NAME).exists():
        content = certificate.verify(path, shown, keys.read(places.private(study)))
    else:
        content = certificate.read(path, shown)
    check(study, content["kept"])
    return content["kept"]


def check(study: Any, kept: Kept) -> None:
    """Stop where a kept file is missing or has other bytes than those that the certificate lists."""
    faults = []
    for name, sha256 in _names(kept).items():
        path = folder(study) / name
        if not path.resolve().is_relative_to(folder(study).resolve()):
            faults.append(Fault(name, "lies elsewhere.", certificate.REMEDY))
        elif not path.is_file():
            faults.append(Fault(name, "is missing.", certificate.REMEDY))
        elif files.sha256(path) != sha256:
            faults.append(Fault(name, "is not the file that was kept: its hash differs.", certificate.REMEDY))
    if faults:
        raise BadInput(places.shown(folder(study), study), faults)


def restore(study: Any, own: Mapping[str, str]) -> dict[str, str]:
    """Put the kept files of a step back into the output folder; give path → SHA-256 of them, as a step that was made does."""
    made = {}
    for name, sha256 in own.items():
        path = study.outputs / name
        if not path.is_file() or files.sha256(path) != sha256:
            files.write_bytes(path, (folder(study) / name).read_bytes())
        made[places.shown(path, study)] = sha256
    return made


def _names(kept: Kept) -> dict[str, str]:
    return {name: sha256 for step in kept.values() for name, sha256 in step["files"].items()}
