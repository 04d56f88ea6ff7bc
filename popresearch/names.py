"""Names and web addresses of services, folded so that two spellings of one can be compared."""

import re
import unicodedata
from urllib.parse import urlsplit


def folded(name: str) -> str:
    """Fold a name for comparison: no case, accents, punctuation, or the words that say only what kind of body it is."""
    text = unicodedata.normalize("NFKD", name).casefold()
    text = "".join(character for character in text if not unicodedata.combining(character))
    text = re.sub(r"[^\w]+", " ", text)
    return re.sub(
        r"\b(the|la|le|el|los|les|ltd|inc|ngo|ong|asbl|foundation|association)\b", " ", text
    ).strip()


def domain(address: str) -> str:
    """Give the host of a web address, without www; blank where there is none."""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:  # a bracket that opens an address of numbers and does not close
        return ""
    return host.removeprefix("www.") if "." in host else ""
