"""Files that appear whole or not at all; what lies in data/restricted only its owner can read.

What is being written has a name that ends in PART and is locked by its process. So what a killed process left behind is known, and
goes when the same file or folder is written again.
"""

import contextlib
import glob
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from popresearch.wording import ROOT

try:
    import fcntl
except ImportError:  # Windows: what a killed process left stays until a purge
    fcntl = None

PART = ".part"
RESTRICTED = "restricted"  # the folder's name, in a project and in a test
KEPT = "kept"  # kept/restricted: released tables of the source "restricted"


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `target` when the block ends without an error.

    Until then the old `target` stays as it was; after an error nothing of the new one is left.
    """
    _prepare(target)
    old = _old(target)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=PART, dir=target.parent))
    try:
        with _locked(fresh):
            yield fresh
            _set_modes(fresh, target)
            if target.exists():
                os.replace(target, old)
            os.replace(fresh, target)
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends, whole or not at all."""
    write_bytes(target, text.encode())


def write_bytes(target: Path, content: bytes) -> None:
    """Write bytes, whole or not at all; in data/restricted they are on the disk before this returns."""
    _prepare(target)
    private = is_private(target)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=PART, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            _lock(handle)
            file.write(content)
            file.flush()
            if private:
                os.fsync(handle)
            os.chmod(name, 0o600 if private else 0o644)
            os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder outside the project, for the owner only; what killed processes left of such folders goes first."""
    place = Path(tempfile.gettempdir())
    for left in place.glob(f"popresearch-*{PART}"):
        _remove_abandoned(left)
    with tempfile.TemporaryDirectory(prefix="popresearch-", suffix=PART, dir=place) as name:
        with _locked(Path(name)):
            yield Path(name)


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file's bytes as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_private(path: Path) -> bool:
    """Say whether a path is data/restricted or below it, so that only its owner may read it; what a purge kept of it is public."""
    inside = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    pairs = zip(("", *inside.parts), inside.parts, strict=False)
    return any(part == RESTRICTED and before != KEPT for before, part in pairs)


def _prepare(target: Path) -> None:
    """Make the folders above `target`, close those of data/restricted, and remove what a killed process left of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for folder in target.parents:
        if is_private(folder) and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    for left in target.parent.glob(f".{glob.escape(target.name)}.*{PART}"):
        _remove_abandoned(left)
    if _old(target).exists():
        shutil.rmtree(_old(target)) if target.exists() else os.replace(_old(target), target)


def _old(target: Path) -> Path:
    """Where a folder is while a new one takes its place; a kill at that moment must not lose it."""
    return target.with_name(f".{target.name}.old")


def _set_modes(fresh: Path, target: Path) -> None:
    private = is_private(target)
    fresh.chmod(0o700 if private else 0o755)
    for path in fresh.rglob("*") if private else ():
        path.chmod(0o700 if path.is_dir() else 0o600)


def _remove_abandoned(left: Path) -> None:
    """Remove what is under way unless a living process has it."""
    if fcntl is None:
        return
    with contextlib.suppress(OSError), _locked(left, must=True):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


@contextmanager
def _locked(path: Path, *, must: bool = False) -> Iterator[None]:
    """Lock a file or folder until the block ends or the process dies; with `must`, one that another has is an OSError."""
    if fcntl is None:
        yield
        return
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        _lock(handle, must=must)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, *, must: bool = False) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # a file system without locks: nothing there ever counts as abandoned
        if must:
            raise
