"""The key of a project, data/restricted/signing.key: made at its first use, its owner's only, never shown."""

import hashlib
import os
import secrets
from pathlib import Path

from popresearch.faults import bad_input

NAME = "signing.key"
LENGTH = 32  # bytes
REMEDY = "Put it back from your backup: without it nothing that was signed or withdrawn can be checked."


def made(folder: Path) -> bytes:
    """Give the key in data/restricted; make it where there is none."""
    path = folder / NAME
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read(folder)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(LENGTH) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return read(folder)


def read(folder: Path) -> bytes:
    """Give the key that is there; a missing or damaged one is bad input, since a new one would know nothing of the old."""
    try:
        key = bytes.fromhex((folder / NAME).read_text(encoding="ascii"))
    except FileNotFoundError:
        raise bad_input(f"data/restricted/{NAME}", "is missing.", REMEDY) from None
    except ValueError:
        key = b""
    if len(key) != LENGTH:
        raise bad_input(f"data/restricted/{NAME}", "is damaged.", REMEDY)
    return key


def mark(key: bytes, text: str) -> str:
    """Give a short sign of a text that only who has the key can make, so that a list of signs tells no name."""
    return hashlib.blake2b(text.encode(), key=key, digest_size=16).hexdigest()
