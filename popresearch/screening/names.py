"""Names of persons in scripts with capitals, Latin and Cyrillic: after a cue or a title, by known names, or two capitals in a sentence."""

import re
from collections.abc import Iterator
from itertools import groupby

from popresearch.screening.known import both, given, is_given, is_known, is_other, is_surname, plain
from popresearch.screening.lists import ORDINARY, UPPER, any_of, either, words

LETTER = r"[^\W\d_\u0600-\u06ff\u4e00-\u9fff]"
WORD = rf"(?:[LD]['])?{UPPER}{LETTER}{{0,30}}(?:['-]{LETTER}{{2,30}}){{0,3}}"
INITIAL = rf"{UPPER}\."
PARTICLE = rf"(?:{any_of(words('particle'))}(?=[\s'-]))"
BETWEEN = rf"[ \u00a0-]{{0,2}}(?:(?<=[ \u00a0-])(?:{PARTICLE}[ '-]{{0,2}}){{1,2}})?(?<=[ '.\u00a0-])"
CHAIN = re.compile(rf"(?<![\w@]){WORD}\.?(?:{BETWEEN}(?:{INITIAL}|{WORD})){{0,7}}")
PART = re.compile(rf"{INITIAL}|{WORD}")
FURTHER = rf"(?:{PARTICLE}\s?)?"
CUE = re.compile(
    rf"(?<!\w)(?i:{either('name_cue', 'en', 'fr', 'es', 'ru')})\s?[:,]?\s"
    rf"(?P<name>{UPPER}{LETTER}{{0,30}}(?:[ '-]{{1,2}}{FURTHER}{WORD}){{0,3}})"
)
LOWER_CUE = re.compile(
    rf"(?<!\w)(?i:{either('full_cue')})\s?[:,]?\s(?P<name>{LETTER}{{2,30}}(?:[ -](?!{either('after_name')}\b){LETTER}{{2,30}})?)"
)
TITLE = re.compile(
    rf"(?<!\w){either('title', 'en', 'fr', 'es', 'ru')}\s?"
    rf"(?P<name>(?:{INITIAL}\s?){{0,3}}{FURTHER}{WORD}(?:\s{FURTHER}(?:{INITIAL}|{WORD})){{0,5}})"
)
PATRONYMIC = re.compile(
    r"(?:[оеё]вич(?:а|у|ем|е)?|[оеё]вн(?:а|ы|е|у|ой|ою)|ьич(?:а|у|ом|е)?|ичн(?:а|ы|е|у|ой)|инич(?:а|у|ем|е)?|оглы|кызы|улы)$"
)
NO_NAME_ENDS = re.compile(r"(?:ing|ed|ly|tion|ment|[^aiouy]s|ción|mente|ть|ите|ние|ются|ется)$")
LOWER_PART = re.compile(rf"{INITIAL}|(?:[LlDd]')?{LETTER}{{1,30}}(?:['-]{LETTER}{{1,30}}){{0,3}}")
RELATION = re.compile(
    rf"(?<!\w)(?i:{either('relation')})\s?,?\s(?P<name>{LETTER}{{2,30}}(?:[ -](?:{PARTICLE}\s)?{LETTER}{{2,30}}){{1,3}})"
)
SUFFIX = re.compile(r"(?:[ -](?:кызы|оглы|улы|уулу|kyzy|qizi|ogly|oglu))?")
CASED = re.compile(r"[A-Za-zÀ-ž\u0400-\u04ff]")
PARTICLES = frozenset(words("particle"))
LOWER_PAIR = re.compile(rf"(?<!\w)(?=({LETTER}{{3,30}})\s({LETTER}{{3,30}})(?!\w))")


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Find names as (start, end, kind); a title stays, the cue stays."""
    if not CASED.search(text):
        return
    for pattern in (CUE, TITLE, LOWER_CUE):
        for match in pattern.finditer(text):
            start, end = _until_ordinary(text, *match.span("name"))
            if end > start:
                yield start, end, "name"
    for match in CHAIN.finditer(text):
        yield from _in_chain(text, match.start(), match.end())
    yield from _in_lower_case(text)


def _until_ordinary(text: str, start: int, end: int) -> tuple[int, int]:
    """Shorten a name before the first word that is none."""
    parts = list(LOWER_PART.finditer(text, start, end))
    others = _others([part[0] for part in parts])
    before = [part.end() for part in parts[: (others + [True]).index(True)]]
    return start, before[-1] if before else start


def _in_chain(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Find names in a chain of capitalised words: divide it at words that are none, and look at each piece."""
    parts = list(PART.finditer(text, start, end))
    others = _others([part[0] for part in parts])
    has_divider = any(
        other and not _starts_sentence(text, part.start()) for part, other in zip(parts, others, strict=True)
    )
    for is_none, piece in groupby(zip(parts, others, strict=True), key=lambda pair: pair[1]):
        found = [part for part, _ in piece]
        if not is_none and len(found) > 1 and _is_name(found, text, has_divider):
            yield found[0].start(), SUFFIX.match(text, found[-1].end()).end(), "name"


def _others(parts: list[str]) -> list[bool]:
    """Say of each word whether it is no part of a name; ordinary words that are also names are, among known names: Grace May, Ana Paz.

    So are particles with a capital between two names.
    """
    others = [is_other(part) for part in parts]
    if all(others) or not any(others):
        return others
    has_known = any(map(is_known, parts))
    for place, part in enumerate(parts):
        before, after = others[max(0, place - 1) : place], others[place + 1 : place + 2]
        is_soft = has_known and part.casefold() in both() and not all(before + after)
        is_inside = not all(others[:place]) and not all(others[place + 1 :])
        others[place] &= not (is_soft or part.casefold() in PARTICLES and is_inside)
    return others


def _is_name(found: list[re.Match], text: str, has_divider: bool) -> bool:
    """Say whether two or more capitalised words, none of them ordinary, name a person."""
    parts = [part[0] for part in found]
    full = [part for part in parts if not part.endswith(".")]
    if not full or all(part.isupper() and len(part) < 5 for part in full):
        return False
    has_given = any(PATRONYMIC.search(part) or is_given(part) for part in full)
    if has_given or len(full) < len(parts):
        return True
    if has_divider or len(parts) > 4 or any(part.isupper() and len(part) > 1 for part in full):
        return False
    is_start = _starts_sentence(text, found[0].start())
    return not is_start or is_surname(full[-1]) or not NO_NAME_ENDS.search(parts[0])


def _in_lower_case(text: str) -> Iterator[tuple[int, int, str]]:
    """Find a known given name that somebody wrote without a capital: with a known surname, or after "my friend"."""
    for match in LOWER_PAIR.finditer(text):
        first, second = match[1].casefold(), match[2].casefold()
        if first in given() and is_surname(second) and first not in ORDINARY | plain():
            yield match.start(1), match.end(2), "name"
    for match in RELATION.finditer(text):
        start, end = _until_ordinary(text, *match.span("name"))
        first = LOWER_PART.findall(text[start:end])[:2]
        if any(part.casefold() in given() and part.casefold() not in plain() for part in first):
            yield start, end, "name"


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \u00a0\"«“„'(¿¡*-")
    return not before or before[-1] in ".!?:…\n•"
