"""How an answer is written: digits of any script, full-width letters and invisible signs, made plain for the rules."""

import unicodedata
from functools import lru_cache

from popresearch.texts import INVISIBLE

APOSTROPHES = dict.fromkeys("’ʼ`´", "'")
BETWEEN = "\ufe0f\u20e3\u200d"  # parts of picture signs
DASHES = dict.fromkeys("‐‑‒–—−", "-")


class Written:
    """An answer and its plain form; `marked` puts marks, found in the plain form, into the answer."""

    def __init__(self, text: str) -> None:
        self.text = text if text.isascii() else unicodedata.normalize("NFC", text)
        signs = list(self.text) if text.isascii() else [_plain(sign) for sign in self.text]
        self.plain = "".join(signs)
        self.places = range(len(self.plain) + 1)
        if len(self.plain) != len(self.text):
            self.places = [place for place, sign in enumerate(signs) for _ in sign] + [len(self.text)]

    def marked(self, found: list[tuple[int, int, str]]) -> str:
        """Put [kind] in the place of each (start, end, kind); they are in order and do not overlap."""
        parts, before = [], 0
        for start, end, kind in found:
            parts += [self.text[before : self.places[start]], f"[{kind}]"]
            before = self.places[end - 1] + 1
        return "".join([*parts, self.text[before:]])


@lru_cache(maxsize=20_000)
def _plain(sign: str) -> str:
    if ord(sign) in INVISIBLE or unicodedata.category(sign) == "Mn" and "\u064b" <= sign <= "\u0652":
        return ""
    if sign in APOSTROPHES or sign in DASHES:
        return APOSTROPHES.get(sign) or DASHES[sign]
    if unicodedata.category(sign) in ("So", "Me") or sign in BETWEEN:
        return " " if unicodedata.category(sign) == "So" else ""
    digit = unicodedata.digit(sign, None) if unicodedata.category(sign) == "Nd" else None
    return str(digit) if digit is not None else unicodedata.normalize("NFKC", sign)
