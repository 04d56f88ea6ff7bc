"""Names of persons in Arabic script: after a cue or a title, and by known names that stand together."""

import re
from collections.abc import Iterator

from popresearch.screening.lists import any_of, either, names, words

SIGN = r"[\u0621-\u064a\u0671-\u06d3]"
END = rf"(?!{SIGN})"
WORD = rf"{SIGN}{{2,}}"
GIVEN = any_of(names("given", "arabic"))
KNOWN = any_of(names("given", "arabic") | names("surname", "arabic")) + END
PLAIN = any_of(names("plain", "arabic")) + END  # names that are words, too: hope, age, light
LINK = rf"(?:{either('link_ar')}\s){{1,2}}"
NISBA = rf"(?!{either('article_ar')}{END})ال{WORD}{END}"
OPENING = rf"(?:(?:أبو|أم|ابو|ام)\s{SIGN}{{3,}}(?=\s(?:ال|{KNOWN}))|عبد\s?(?:ال|الل)?{WORD})"
CERTAIN = rf"(?:{PLAIN}(?=\s(?:{LINK}|{KNOWN}|ال{WORD}ي{END}))|(?!{PLAIN}){GIVEN})"
NO_MORE = rf"(?:{either('no_name_ar')}{END}|[وأ]{SIGN}{{3,}})"
NO_SURNAME = rf"(?:{either('no_name_ar')}{END}|{either('article_ar')}{END}|[ويتسبلكأ]{WORD})"
TITLE = rf"(?:[وفبلك]?{either('self_cue', 'ar')}|لل{any_of(word[2:] for word in words('self_cue', 'ar') if word.startswith('ال'))})"
PATTERNS = [
    rf"(?<!{SIGN}){either('name_cue', 'ar')}(?:\s?:)?\s(?:(?:هو|هي)\s)?"
    rf"(?P<name>(?!{NO_MORE}){WORD}(?:\s(?:{LINK})?(?:{KNOWN}|(?!{NO_MORE}){WORD})){{0,3}})",
    rf"(?<!{SIGN})[وفبلك]?(?P<name>(?:{OPENING}|{CERTAIN}){END}(?:\s(?:{LINK}{WORD}|{KNOWN}|{NISBA})){{1,5}})",
    rf"(?<!{SIGN}){TITLE}\s(?P<name>{GIVEN}{END}(?:\s(?!{NO_SURNAME}){SIGN}{{3,}})?)",
]
NAMES = [re.compile(pattern) for pattern in PATTERNS]


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Find Arabic names as (start, end, kind)."""
    if re.search(SIGN, text):
        for pattern in NAMES:
            for match in pattern.finditer(text):
                yield *match.span("name"), "name"
