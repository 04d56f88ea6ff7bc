"""Which letters the bytes of a text file stand for: UTF-8 where it is, else the one old encoding that makes sense of them.

Nothing in a file says which old encoding it is in. An encoding makes sense where the letters beyond ASCII stand among letters of
their own script: "Ôðàíöèÿ" has too many accents in a row for French, and is Russian read wrongly.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from popresearch.grids.grid import CellFault
from popresearch.grids.limits import AGAIN

NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 without a byte order mark",
    "utf-16-be": "UTF-16 without a byte order mark",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
    "cp1256": "Windows-1256",
    "cp1251": "Windows-1251",
    "gb18030": "GB18030",
}
SCRIPTS = {"cp1252": "LATIN", "cp1251": "CYRILLIC", "cp1256": "ARABIC", "gb18030": "CJK"}
CHUNK = 1 << 20
EVIDENCE = 20_000  # letters beyond ASCII that are weighed
LEAST = 0.9  # share of them that must make sense
MARGIN = 0.05  # by which one encoding must make more sense than the next
REMEDY = "Save it as 'CSV UTF-8', or give us the .xlsx export."
# words with a letter or a sign beyond ASCII; looked for at their beginning only, or long words would take for ever
WORD = re.compile(
    r"(?<![a-zA-Z])(?=[a-zA-Z]*[^\x00-\x7f\xa0\u3000])[a-zA-Z\x80-\x9f\xa1-\u2fff\u3001-\U0010ffff]+"
)
MARKS = "«»“”‘’„‚‹›–—…•·°§©®™€£¥¢¿¡ºª²³¹½¼¾±×÷№،؛؟ـ\xa0\xad´¨\u200f\u200e"
INSIDE = "’‘·\xad\u200c\u200d"  # signs that stand within words
WIDE = "，。、；：？！“”‘’（）《》【】—…·￥％～「」　"
SERBIAN = "ЂЃѓЉЊЌЋЏђљњќћџЈјЅѕ"
MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


@dataclass(frozen=True)
class Encoding:
    """An encoding by Python's name, and why we think so."""

    name: str
    why: str


def detect(opened: Callable[[], BinaryIO]) -> Encoding:
    """Find the encoding of a text file; mixed, undecidable or binary content is a `CellFault`."""
    with opened() as file:
        start = file.read(4096)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(opened, "utf-16", "has its byte order mark")
    sig = start.startswith(b"\xef\xbb\xbf")
    if not sig and len(start) > 3 and (wide := _wide(start)):
        return _strict(opened, wide, "zeros stand at every other byte only")
    wrong, lines = _beyond_ascii(opened)
    if not wrong:
        name = "utf-8-sig" if sig else "utf-8"
        return Encoding(name, "has its mark" if sig else "every letter is valid" if lines else "plain ASCII")
    return _weigh(lines, wrong)


def _wide(start: bytes) -> str:
    """UTF-16 without its mark: separators and digits have a zero beside them, always on the same side."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if min(even, odd) or max(even, odd) < max(8, 0.1 * len(start) / 2):
        return ""
    return "utf-16-le" if odd else "utf-16-be"


def _strict(opened: Callable[[], BinaryIO], name: str, why: str) -> Encoding:
    try:
        for text in decoded(opened, name):
            if "\0" in text:
                raise nul(0)
    except UnicodeDecodeError:
        raise CellFault(f"is damaged: it begins as {NAMES[name]} and does not stay so.", AGAIN) from None
    return Encoding(name, why)


def decoded(opened: Callable[[], BinaryIO], name: str) -> Iterator[str]:
    """Give a file's text piece by piece."""
    decoder = codecs.getincrementaldecoder(name)()
    with opened() as file:
        while piece := file.read(CHUNK):
            yield decoder.decode(piece)
    yield decoder.decode(b"", True)


def nul(row: int) -> CellFault:
    """Say that a file holds NUL bytes."""
    return CellFault(
        "holds NUL bytes; it is damaged or not a CSV file.", AGAIN, f"about row {row}" if row else ""
    )


def _beyond_ascii(opened: Callable[[], BinaryIO]) -> tuple[int, list[bytes]]:
    """Give the number of the first line that is not UTF-8 (0: none), and lines with bytes beyond ASCII."""
    wrong, number, seen, lines = 0, 0, 0, []
    with opened() as file:
        while piece := file.read(CHUNK):
            piece += file.readline(CHUNK)
            if b"\0" in piece:
                raise nul(number + piece[: piece.index(b"\0")].count(b"\n") + 1)
            if not piece.isascii():
                if not wrong and (at := _not_utf8(piece)) >= 0:
                    wrong = number + piece[:at].count(b"\n") + 1
                if seen < EVIDENCE:
                    for line in re.split(rb"[\r\n]", piece):
                        if not line.isascii() and seen < EVIDENCE:
                            lines.append(line)
                            seen += sum(byte > 127 for byte in line[:EVIDENCE])
            number += piece.count(b"\n")
    return wrong, lines


def _not_utf8(piece: bytes) -> int:
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return -1


def _weigh(lines: list[bytes], wrong: int) -> Encoding:
    """Choose the encoding in which the letters make the most sense; two that are as good are a fault."""
    texts = {name: text for name in SCRIPTS if (text := _text(lines, name)) is not None}
    scores = {name: _sense(text, SCRIPTS[name]) for name, text in texts.items()}
    order = sorted(scores, key=lambda name: -scores[name])
    best, place = order[0], f"row {wrong}, or near it"
    if (best != "gb18030" or scores[best] < LEAST) and _is_mixed(lines):
        what = "mixes encodings: some of its letters are UTF-8 and some are not."
        raise CellFault(what, REMEDY, place)
    if scores[best] < LEAST:
        raise CellFault("is in an encoding that we cannot tell.", REMEDY, place)
    rivals = [n for n in order[1:] if scores[best] - scores[n] < MARGIN and texts[n] != texts[best]]
    if rivals:
        both = " or ".join(NAMES[name] for name in (best, rivals[0]))
        raise CellFault(f"is in {both}; its few letters beyond ASCII do not tell which.", REMEDY, place)
    plain = not any(0x80 <= byte < 0xA0 for line in lines for byte in line)
    name = "latin-1" if best == "cp1252" and (plain or "\ufffd" in texts["cp1252"]) else best
    share = f"{scores[best]:.0%} of its letters beyond ASCII stand among their like"
    return Encoding(name, f"not UTF-8 (row {wrong} or near it), and {share}")


def _text(lines: list[bytes], name: str) -> str | None:
    try:
        return b"\n".join(lines).decode(name, "replace" if name == "cp1252" else "strict")
    except UnicodeDecodeError:
        return None


def _is_mixed(lines: list[bytes]) -> bool:
    """Some lines are whole UTF-8; in an old encoding, letters fall into that pattern only by rare chance."""
    valid = [line for line in lines if _not_utf8(line) < 0 and MULTIBYTE.search(line)]
    within = sum(len(MULTIBYTE.findall(line)) for line in lines)
    return len(valid) > 0.02 * len(lines) and within > 0.02 * sum(
        byte > 127 for line in lines for byte in line
    )


def _sense(text: str, script: str) -> float:
    """Share of the signs beyond ASCII that stand among letters of this script, in a case that words have."""
    good = total = 0.0
    for word in WORD.findall(text):
        beyond = len(word) - sum(map(str.isascii, word))
        total += beyond
        good += beyond * _word_sense(word, script)
    return good / total if total else 1.0


def _word_sense(word: str, script: str) -> float:
    if script == "CJK":
        return sum(letter.isascii() or _is_common(letter) or letter in WIDE for letter in word) / len(word)
    word = word.strip(MARKS)
    if any(_script(letter) != script and letter not in INSIDE for letter in word):
        return 0.0
    if script == "ARABIC":
        return 1.0
    is_cased = word[1:] == word[1:].lower() or word == word.upper()
    return float(is_cased and not (script == "LATIN" and re.search(r"[^\x00-\x7f’]{3}", word)))


@cache
def _script(letter: str) -> str:
    """The script of a letter; Serbian letters count as none: they stand where Windows-1252 has common signs."""
    return "" if letter in SERBIAN else unicodedata.name(letter, "").split(" ")[0]


@cache
def _is_common(letter: str) -> bool:
    """The 3,755 commonest characters stand first in the standard of 1980, in the order of their sound."""
    try:
        code = letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and 0xB0 <= code[0] <= 0xD7
