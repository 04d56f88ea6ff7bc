"""The ledger of a run: what each step was made from and what it made, by content and never by date."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from popresearch import files, withdrawn

PACKAGE = Path(__file__).resolve().parent
NAME = "manifest.json"
VERSIONS = (
    "altair", "babel", "geopandas", "ipykernel", "nbconvert", "numpy", "pandas", "papermill", "pyarrow",
    "python-calamine", "rapidfuzz", "scipy", "shapely", "vl-convert-python",
)  # fmt: skip
Stamp = tuple[int, int, int]


def versions() -> dict[str, str]:
    """Give the versions that a result may depend on; a package that is not there is left out."""
    found = {"python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def inputs(root: Path, study: Any) -> dict[str, str]:
    """Give path → SHA-256 of all data that a notebook may read: study, exports, reference, catalogues."""
    kept = study.folder / "kept"  # its hashes are those of the steps that it stands for
    own = {path for path in _below(study.folder) if not path.is_relative_to(kept)}
    paths = {*own, *_below(root / "data" / "reference"), *(root / "data").glob("*.csv")}
    exports = {beside for path in study.files() for beside in (path, path.with_name("corrections.csv"))}
    paths |= {path for path in (*exports, study.restricted / withdrawn.NAME) if path.is_file()}
    return {named(path, root): files.sha256(path) for path in sorted(paths)}


def named(path: Path, root: Path) -> str:
    """Name a file by its path below the root, or by its name alone: no path of this machine shows."""
    for base in (root, root.resolve()):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return f"elsewhere/{path.name}"


def code() -> str:
    """Give one digest of everything in the package: modules, tables, templates."""
    return digest({path.relative_to(PACKAGE).as_posix(): files.sha256(path) for path in _below(PACKAGE)})


def digest(value: object) -> str:
    """Give the SHA-256 of a value of plain types, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def before(records: Mapping[str, Any], needs: Iterable[str]) -> str:
    """Give one digest of the steps that a step needs, as they are recorded."""
    return digest([[records[need]["key"], records[need]["made"]] for need in needs])


def read(folder: Path) -> dict[str, Any]:
    """Read the manifest of an output folder; a missing or broken one counts as empty: all is made again."""
    try:
        manifest = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return manifest if isinstance(manifest.get("steps"), dict) else {"steps": {}}
    except (OSError, ValueError, AttributeError):
        return {"steps": {}}


def write(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, whole or not at all: sorted, without a time and without a machine path."""
    text = json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False, default=str)
    files.write_text(folder / NAME, text + "\n")


def stands(record: Mapping[str, Any] | None, key: str, root: Path) -> bool:
    """Say whether a recorded step has this key and all its products still have the recorded bytes."""
    if not record or record.get("key") != key:
        return False
    return all(_same(root / path, expected) for path, expected in record["products"].items())


def stamps(folders: Iterable[Path]) -> dict[Path, Stamp]:
    """Note each file below the folders in such a way that any later write to it shows."""
    noted = {}
    for folder in folders:
        for path in _below(folder):
            status = path.stat()
            noted[path] = (status.st_ino, status.st_ctime_ns, status.st_mtime_ns)
    return noted


def written(before: Mapping[Path, Stamp], after: Mapping[Path, Stamp]) -> list[Path]:
    """List the files that are new or were written between two notes."""
    return sorted(path for path, stamp in after.items() if before.get(path) != stamp)


def _same(path: Path, expected: str) -> bool:
    return path.is_file() and files.sha256(path) == expected


def _below(folder: Path) -> list[Path]:
    """List the files below a folder, but no caches, hidden files and lock files of spreadsheet programs."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        found += [Path(place, name) for name in names if not name.startswith((".", "~$"))]
    return sorted(found)
