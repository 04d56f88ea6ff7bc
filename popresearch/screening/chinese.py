"""Names of persons in Chinese: family name and one or two signs, where the words around them leave no other reading; foreign names."""

import re
from collections.abc import Iterator

from popresearch.screening.lists import any_of, either, names, words

HAN = r"[\u4e00-\u9fff]"
SURNAME = any_of(names("surname", "chinese"))
COMMON = "[" + "".join(sorted(name for name in names("given", "chinese") if len(name) == 1)) + "]"
FREE = rf"(?:(?![{''.join(words('no_given_zh'))}]){HAN})"  # a sign that may stand in a given name
FOREIGN = "[" + "".join(words("foreign_name_zh")) + "]"  # signs that write foreign names
NO_NAME = f"(?!{any_of(words('not_chinese_name'))})"
BEFORE = "|".join(f"(?<={word})" for word in words("before_name_zh"))
LEFT = rf"(?:(?<!{HAN})|{BEFORE})"
CLOSE_LEFT = "(?:" + "|".join(f"(?<={word})" for word in words("before_name_zh") if len(word) > 1) + ")"
RIGHT = rf"(?=$|(?!{HAN})|{either('after_name_zh')})"
CUE = rf"(?<!不)(?:{either('name_cue', 'zh')})\s?[:：]?\s?"
PATTERNS = [
    rf"(?P<name>{FOREIGN}{{1,6}}(?:[·•・]{FOREIGN}{{1,6}}(?:[不都]{{1,2}}{FOREIGN}{{1,4}})?){{1,3}})",
    rf"{CUE}(?P<name>(?!他|她|我|你|什么|不|一个|人|做){HAN}{{2,5}}?)(?=$|\s|[，。,.、；！？!?;)）]|今年|来自|住在|是|在)",
    rf"{CUE}(?P<name>{SURNAME}{HAN}{{1,2}})",
    rf"{NO_NAME}(?P<name>{SURNAME}(?:{COMMON}{{1,2}}|{HAN}))(?={either('title_after', 'zh')})",
    rf"{LEFT}{NO_NAME}(?P<name>{SURNAME}{FREE}{FREE}){RIGHT}",
    rf"{LEFT}{NO_NAME}(?P<name>{SURNAME}{COMMON}){RIGHT}",
    rf"{CLOSE_LEFT}{NO_NAME}(?P<name>{SURNAME}{COMMON}{{2}})",
]
NAMES = [re.compile(pattern) for pattern in PATTERNS]


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Find Chinese names as (start, end, kind)."""
    if re.search(HAN, text):
        for pattern in NAMES:
            for match in pattern.finditer(text):
                yield *match.span("name"), "name"
