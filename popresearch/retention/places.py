"""Where a study has answers, and what is made from them: exports, submissions fetched, products under data/restricted, caches."""

import os
import shutil
import tempfile
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from popresearch import files, withdrawn
from popresearch.ledger import named

CACHES = (".cache", "dask-scratch-space")
CHECKPOINTS = ".ipynb_checkpoints"
SCRATCH, ALIVE = "popresearch-*", 3_600  # of kernels that were killed: nothing written for so many seconds
SKIPPED = (
    ".git",
    ".venv",
)  # where no copy is looked for: git has objects of its own, an environment packages


def root(study: Any) -> Path:
    """The folder of the project."""
    return study.folder.parent.parent


def private(study: Any) -> Path:
    """data/restricted itself, where ledger and key stand."""
    return study.restricted.parent


def is_made_up(study: Any) -> bool:
    """Say whether the source holds nobody's answers: it has a banner, and no file of it lies in data/restricted."""
    return bool(study.banner) and not any(_is_below(path, private(study)) for path in study.files())


def answers(study: Any) -> list[Path]:
    """The files of answers that are there."""
    return [path for path in study.files() if path.is_file()]


def doomed(study: Any) -> list[Path]:
    """List every file that a purge deletes: what came, what was made of it (quarantine too), caches.

    An exports folder outside data/restricted loses only its answers and corrections.
    """
    return sorted({*came(study), *products(study), *caches(study)})


def came(study: Any) -> set[Path]:
    """List what came from those who answered: the exports, what lies beside them, and the submissions fetched."""
    exports = study.exports.resolve()
    nested = [place for place in _sources(study) if place != exports and _is_below(place, exports)]
    found = {*answers(study), *(path for path in [exports / "corrections.csv"] if path.is_file())}
    for folder in (exports, exports.parent / "fetched"):
        if private(study).resolve() in folder.parents:
            found |= {path for path in below(folder) if not any(_is_below(path, place) for place in nested)}
    return {path for path in found if path.name != withdrawn.NAME}


def products(study: Any) -> list[Path]:
    """List what is in data/restricted/<study> but exports and submissions, of any source, and the list of withdrawn services."""
    exports = [*_sources(study), study.exports.resolve()]
    apart = {*exports, *(place.parent / "fetched" for place in exports)}
    found = [path for path in below(study.restricted) if path.name != withdrawn.NAME]
    return [path for path in found if not any(_is_below(path, place) for place in apart)]


def caches(study: Any) -> list[Path]:
    """List the files of caches, of notebook checkpoints, of writes and kernels that were killed."""
    place = root(study)
    found = [path for name in CACHES for path in below(place / name)]
    found += [path for path in everywhere(place) if CHECKPOINTS in path.parts]
    found += [path for path in below(study.outputs) if _is_hidden(path, study.outputs)]
    for scratch in Path(tempfile.gettempdir()).glob(SCRATCH):
        parts = below(scratch)
        if parts and max(path.lstat().st_mtime for path in parts) < time.time() - ALIVE:
            found += parts
    return found


def below(folder: Path) -> list[Path]:
    """List all files below a folder, hidden ones and links too; links to folders are files here, and not followed."""
    found = []
    for place, folders, names in os.walk(folder):
        linked = [name for name in folders if Path(place, name).is_symlink()]
        found += [Path(place, name) for name in (*names, *linked)]
    return found


def everywhere(place: Path) -> list[Path]:
    """List the files of a project, without those of git and of environments."""
    found = []
    for folder, folders, names in os.walk(place):
        folders[:] = [name for name in folders if not name.startswith(SKIPPED)]
        found += [Path(folder, name) for name in names]
    return found


def copies(hashes: Iterable[tuple[str, int]], place: Path, apart: Iterable[Path] = ()) -> list[Path]:
    """Find the files of a project whose bytes are those of one of the given (SHA-256, size); empty files are nobody's."""
    sizes: dict[int, set[str]] = {}
    for sha256, size in hashes:
        sizes.setdefault(size, set()).add(sha256)
    sizes.pop(0, None)
    apart = set(apart)
    return [
        path
        for path in everywhere(place)
        if path not in apart
        and path.is_file()
        and (size := path.stat().st_size) in sizes
        and files.sha256(path) in sizes[size]
    ]


def delete(paths: Iterable[Path], study: Any) -> None:
    """Delete files and the folders that are empty then; what is gone already is gone."""
    folders = set()
    for path in paths:
        path.unlink(missing_ok=True)
        folders |= set(path.parents)
    ends = (private(study), root(study), Path(tempfile.gettempdir()))
    keep = {parent for end in ends for parent in (end, *end.parents)} | {study.folder, study.outputs}
    for folder in sorted(folders - keep, reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            shutil.rmtree(folder)


def shown(path: Path, study: Any) -> str:
    """Show a path without the machine's folders."""
    return named(path, root(study))


def _sources(study: Any) -> list[Path]:
    """The folders of exports of all sources of the study."""
    plan = study.folder / "study.toml"
    sources = tomllib.loads(plan.read_text(encoding="utf-8"))["sources"] if plan.is_file() else {}
    return [(study.folder / place).resolve() for place in sources.values()]


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
