"""How people write a country: broken characters mended, framing words dropped, spellings made comparable."""

import html
import re
import unicodedata
from functools import cache

from popresearch.reference import read

ALIKE = dict(zip("øđłıðةىیېکٱ", "odlidهيييكا", strict=True))
ALIKE |= {"æ": "ae", "œ": "oe", "þ": "th", "&": " and ", "+": " and "}
LETTERS = str.maketrans(ALIKE | dict.fromkeys("ـ'’‘ʻʼ`", ""))
WORDS = {"st": "saint", "rep": "republic", "dem": "democratic", "the": "", "of": "", "and": ""}
PREFIX = re.compile(  # what may stand before a country's name and tells no country apart
    r"^((the|federal|federative|republic|kingdom|state|islamic|socialist|democratic|peoples|hashemite"
    r"|plurinational|bolivarian|independent|principality|commonwealth|sultanate|union|republique|royaume|etat|republica"
    r"|repubblica|republik|reino|estado|bundesrepublik|konigreich|bolivariana|oriental|federativa|cooperativa"
    r"|plurinacional|sultanat|principado|principaute|jamhuri|ya|wa|muungano|republika|krolestwo"
    r"|de|du|des|del|della|da|do|dos|der|die|das|o|os|la|le|les|el|los|las|l|d|of"
    r"|республика|королевство|государство|جمهوريه|الجمهوريه|الاسلاميه|الهاشميه|مملكه|المملكه|دوله|سلطنه|جمهوري)\s+)+"
)
ENTITY, MARKUP = (
    re.compile(r"&(?:#\d{1,6}|#x[0-9a-fA-F]{1,5}|\w{2,8});"),
    re.compile(r"</?[a-zA-Z][^<>]{0,200}>"),
)
MISREAD_AS = (
    "cp1252",
    "cp1251",
    "mac_roman",
    "latin-1",
)  # UTF-8 taken for one of these: "CÃ´te", "РљРµ", "C√¥te"
EDGES = re.compile(r"^[\s\d!-/:-@\[-`{-~]+|[\s\d!-/:-@\[-`{-~]+$")  # "1. Kenya", "(KEN)"
TURKISH_ENDING = re.compile(r"['’](?:[dt][ea]n?|[yn]?[ae]|n?[iıuü]n|[dt]eyim|[dt]ayım|l[iıuü]y[iı]m)\b")
CASE_ENDING = re.compile(r"(?:ой|ей|ая|яя|ую|ые|ых|ого|[аяеиыуюоьіїй])$")  # of Russian and Ukrainian words
CYRILLIC, CHINESE = re.compile(r"[Ѐ-ӿ ]+"), re.compile(r"[一-鿿]+")


class _Plain(dict[int, str]):
    """Translate accents and joiners to nothing, and all but letters, vowel signs and digits to spaces."""

    def __missing__(self, point: int) -> str:
        kind, accent = unicodedata.category(chr(point)), unicodedata.combining(chr(point))
        kept = "" if kind == "Cf" or accent == 7 or 10 <= accent <= 36 or accent >= 200 else chr(point)
        self[point] = kept if kind == "Cf" or kind[0] in "LMN" else " "
        return self[point]


PLAIN = _Plain({ord("\n"): "\n"})


def clean(text: str) -> str:
    """Take out what a file did to an answer: HTML, UTF-8 read as another encoding, full-width letters."""
    text = ENTITY.sub(lambda found: html.unescape(found[0]), ENTITY.sub(lambda f: html.unescape(f[0]), text))
    return unicodedata.normalize("NFKC", _reread(MARKUP.sub("\n", text))).strip()


def _reread(text: str) -> str:
    """Read bytes again as UTF-8 where they were taken for an older encoding; other text fails to decode."""
    if text.isascii():
        return text
    for encoding in MISREAD_AS:
        try:
            return b"".join(_bytes(letter, encoding) for letter in text).decode("utf-8")
        except UnicodeError:
            continue
    return text


def _bytes(letter: str, encoding: str) -> bytes:
    """Encode a letter; bytes without a letter in Windows-1252 pass through as control characters."""
    return letter.encode("latin-1" if "\x80" <= letter <= "\x9f" else encoding)


def plain(text: str) -> str:
    """Fold case, accents, Arabic vowels and forms of alef; keep line breaks and Indic vowel signs."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return unicodedata.normalize("NFKC", decomposed.translate(PLAIN))


def bare(plain_text: str) -> str:
    """Drop "Republic of" and the like from plain text."""
    return PREFIX.sub("", " ".join(plain_text.split()))


def joined(plain_text: str) -> str:
    """Join the words of plain text, without those that name no country ("the", "and")."""
    return "".join(WORDS.get(token, token) for token in plain_text.split())


def key(text: str) -> str:
    """Give the spelling under which a name is stored: "The Côte d’Ivoire" and "cote divoire" are one."""
    return joined(plain(text))


def accented(text: str) -> str:
    """Give the letters with their accents, for names that are short without: "Çin", "É.-U."."""
    return re.sub(r"[\W\d_]", "", text.casefold())


def stem(text: str) -> str:
    """Drop the case endings of Cyrillic words ("в России"); nothing for other text or short stems."""
    words = plain(text)
    if not CYRILLIC.fullmatch(words):
        return ""
    stems = "".join(CASE_ENDING.sub("", word) for word in words.split())
    return stems if len(stems) > 3 else ""


def forms(text: str) -> list[str]:
    """Give ways to read a name: as it is, without numbers about it, unframed, turned, less "Republic of"."""
    found = [text, EDGES.sub("", text), unframed(text)]
    if turned := re.fullmatch(r"([^,(]+)[,(]([^,()]+)\)?", text.strip(" .")):
        found.append(f"{turned[2]} {turned[1]}")
    found += [bare(plain(re.sub(r"\b([LlDd])['’]", r"\1 ", form))) for form in found]
    return list(dict.fromkeys(form for form in found if key(form)))


def unframed(text: str) -> str:
    """Drop "I live in" and the like from both ends, in many languages; "not" and "born" are left standing.

    Words that may also deny ("no" is Portuguese for "in the") go only behind another framing word.
    """
    if CHINESE.fullmatch(text):
        return _unframed_chinese(text)
    words = plain(TURKISH_ENDING.sub("", text)).split()
    first, last, frames = 0, len(words), _frames()
    while first < last and words[first] in frames and (first or frames[words[first]]):
        first += 1
    while last > first and words[last - 1] in frames:
        last -= 1
    return " ".join(words[first:last])


def is_framing(word: str) -> bool:
    """Say whether a plain word is one of a sentence rather than of a place."""
    return word in _frames()


def _unframed_chinese(text: str) -> str:
    for word in _chinese_frames():
        text = text.removeprefix(word) or text
    return re.sub("(?<=..)(?:人|公民)$", "", text)


@cache
def _frames() -> dict[str, bool]:
    """Read framing words, and whether a phrase may begin with them."""
    table = read("country_frames.csv")
    return {plain(row.word): row.may_begin == "yes" for row in table.itertuples() if row.language != "zh"}


@cache
def _chinese_frames() -> list[str]:
    table = read("country_frames.csv")
    return sorted(table.loc[table["language"] == "zh", "word"], key=len, reverse=True)
