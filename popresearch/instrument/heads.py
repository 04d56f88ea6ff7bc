"""What the head of a column in a form means: `label::Français (fr)`, `Label:French` and `label_fr` are label_fr."""

import functools
import re
import unicodedata

from babel import Locale
from babel.core import get_global

from popresearch.wording import LANGUAGES

SHOWN_IN = (*LANGUAGES, "pt", "de")  # languages in whose words the names of our languages are known
COLLOQUIAL = {"عربي": "ar", "castellano": "es", "mandarin": "zh", "汉语": "zh", "漢語": "zh"}  # not in CLDR
ALIASES = {
    "list_name": "list",
    "listname": "list",
    "list": "list",
    "tag": "name",
    "value": "name",
    "command": "type",
    "caption": "label",
    "relevance": "relevant",
    "bind::relevant": "relevant",
    "bind::constraint": "constraint",
    "bind::required": "required",
    "bind::calculate": "calculation",
    "calculate": "calculation",
}
SPOKEN = re.compile(r"(label|caption|hint) ?(::?|[ _(-]) ?(.+)")
TAG = re.compile(r"\(?\b([a-z]{2,3})(?:[-_]\w+)*\s*\)?$")


def canonical(heads: list[str]) -> list[str]:
    """Name columns; an alias ("value" for name) counts only where no column has the name itself."""
    plain = [_plain(head) for head in heads]
    meant = [_meaning(head) for head in plain]
    return [own if own == head or own not in plain else head for head, own in zip(plain, meant, strict=True)]


@functools.cache
def language(text: str) -> str:
    """Give our code of a language named in any of the six languages, with or without a code; blank for any other language."""
    tagged = TAG.search(text.casefold()) if "(" in text else TAG.fullmatch(text.casefold())
    names = [re.sub(r"\(.*", "", text), *text.split("/")]
    words = [*([tagged[1]] if tagged else []), *names]
    return next((_names()[_folded(word)] for word in words if _folded(word) in _names()), "")


def _plain(head: str) -> str:
    head = re.sub(r"\s+", " ", head.strip()).casefold()
    return re.sub(r" ?(::?) ?", r"\1", head)


def _meaning(head: str) -> str:
    """Name a column; a label in another language than ours is "label::…"."""
    spoken = SPOKEN.fullmatch(head)
    if spoken:
        column = ALIASES.get(spoken[1], spoken[1])
        known = language(spoken[3])
        if known or ":" in spoken[2]:
            return f"{column}_{known}" if known else f"{column}::{spoken[3]}"
    if head.startswith("bind:") and not head.startswith("bind::"):
        head = head.replace(":", "::")
    snake = head.replace(" ", "_")
    return ALIASES.get(snake, snake)


@functools.cache
def _names() -> dict[str, str]:
    """Language names and codes, folded → our code."""
    codes = {code: target for code, target in get_global("language_aliases").items() if target in LANGUAGES}
    known = codes | {code: code for code in LANGUAGES}
    for shown_in in SHOWN_IN:
        for code, name in Locale(shown_in).languages.items():
            if code.split("_")[0] in LANGUAGES:
                known.setdefault(_folded(name), code.split("_")[0])
    return known | {_folded(name): code for name, code in COLLOQUIAL.items()}


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
