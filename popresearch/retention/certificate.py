"""The certificate of a purge: what was deleted and what was kept, by name and hash, signed with the key of the project.

The signature is an HMAC-SHA256 with data/restricted/signing.key, and `previous` chains a certificate to the one before. It proves to
those who hold the key that the certificate was written by this project and not changed since. It does not prove to others who wrote
it, since who can check it can also make one; nor when; nor that no copy was taken out of the project before.
"""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from popresearch import files
from popresearch.faults import bad_input

NAME = "certificate.json"
PARTS = {"study": str, "source": str, "purpose": str, "person": str, "by": str, "date": str, "deleted": list,
         "kept": dict, "previous": str}  # fmt: skip
REMEDY = "Put it back from git or your backup."


def write(path: Path, content: dict[str, Any], key: bytes) -> None:
    """Sign a certificate and write it."""
    signed = content | {"signature": _signature(content, key)}
    files.write_text(path, json.dumps(signed, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def read(path: Path, shown: str) -> dict[str, Any]:
    """Read a certificate without looking at its signature; one that is none is bad input."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        whole = (
            all(isinstance(content[part], kind) for part, kind in PARTS.items()) and "signature" in content
        )
    except FileNotFoundError:
        raise bad_input(shown, "does not exist.", "Name the certificate.json of a purge.") from None
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise bad_input(shown, "is damaged or is no certificate.", REMEDY)
    return content


def verify(path: Path, shown: str, key: bytes) -> dict[str, Any]:
    """Read a certificate and check its signature; one that was changed, or signed with another key, is bad input."""
    content = read(path, shown)
    given = str(content.pop("signature"))
    if not hmac.compare_digest(given.encode(), _signature(content, key).encode()):
        raise bad_input(shown, "was changed after it was signed, or signed with another key.", REMEDY)
    return content


def _signature(content: dict[str, Any], key: bytes) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(key, f"certificate {text}".encode(), hashlib.sha256).hexdigest()
