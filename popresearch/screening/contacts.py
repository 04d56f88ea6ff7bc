"""E-mail and web addresses, handles and bank accounts in an answer, written as they are or spelt out."""

import re
from collections.abc import Iterator

from popresearch.screening.lists import ORDINARY, either, words

TOP = "|".join(words("top"))
LOCAL = r"(?:(?<![A-Za-z0-9_.+%-])[A-Za-z0-9_.+%-]{0,64}[A-Za-z0-9_]|(?<!\w)[^\W\u4e00-\u9fff]{1,40}(?:[.+-][^\W\u4e00-\u9fff]{1,40}){0,3})"
NEXT = r"[A-Za-z0-9_]{1,40}"
HOST = r"(?:[A-Za-z0-9-]{1,63}|[^\W\d_\u4e00-\u9fff]{1,63})"
SIGN = rf"\s?(?:{either('at')})\s?"
DOT = rf"(?:\s?{either('dot')}\s?|\s{either('dot_word')}\s|\s?\.(?=\S)|\.\s(?=(?:{TOP})\b))"
END = (
    r"[^\s\u4e00-\u9fff，。；、）】》」\"'<>\ufffc]*[^\s\u4e00-\u9fff，。；、）】》」\"'<>\ufffc.,;:!?)\]،؛؟]"
)

E_MAIL = re.compile(
    rf"(?:{LOCAL})\s?@\s?{HOST}(?:\.{HOST}){{0,4}}\.(?:[A-Za-z]{{2,24}}|рф)(?![A-Za-z])"
    r"|(?<![A-Za-z0-9])(?:[A-Za-z0-9._-]\s{1,2}){1,40}[A-Za-z0-9]\s?@(?:\s?[A-Za-z0-9-]{1,63}\s?\.){1,4}\s?[A-Za-z]{2,24}(?![A-Za-z])"
    rf"|(?:{LOCAL})\s?@\s?{HOST}\s?\.\s?(?:{TOP})\b"
)
UNFINISHED = re.compile(rf"(?:{LOCAL})@[A-Za-z0-9-]+(?:\.[A-Za-z]{{2,}})*")
SPELT = re.compile(
    rf"(?P<local>(?:{LOCAL})(?:{DOT}{NEXT}){{0,3}}?)(?:{SIGN}|\s(?P<word>{either('at_word')})\s)"
    rf"{HOST}(?:{DOT}{HOST}){{0,3}}?{DOT}(?:[A-Za-z]{{2,24}}|рф)(?![A-Za-z])",
    re.IGNORECASE,
)
WEB = re.compile(
    rf"(?:h..ps?://|www\.){END}"
    rf"|(?<![A-Za-z0-9_@.-])(?:[A-Za-z0-9-]{{1,63}}\.){{1,4}}[A-Za-z]{{2,}}/{END}"
    rf"|(?<![A-Za-z0-9_@.-])(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,4}}(?:{TOP})(?![\w-])(?!\.\w)(?:/{END})?"
    rf"|(?<![\w@.-])[\w-]*[^\W\d_]{{2}}[\w-]*\.рф\b"
    rf"|(?<![A-Za-z0-9_@.-])(?:www{DOT})?[A-Za-z0-9-]{{1,63}}(?:\s?{either('dot')}\s?|\s{either('dot_word')}\s)(?:[A-Za-z0-9-]{{1,63}}{DOT}){{0,3}}?(?:{TOP})\b"
    r"|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]|,\d)",
    re.IGNORECASE,
)
AT = re.compile(r"(?<![\w.@])@\s?(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|[^\W\u4e00-\u9fff]{2,})(?<![.-])")
WITH_LINE = re.compile(
    r"(?<![A-Za-z0-9_@./-])(?=[A-Za-z0-9.]{0,40}_)(?=[0-9_.]{0,40}[A-Za-z])[A-Za-z0-9_.]{1,60}[A-Za-z0-9_]|(?<!\w)live:[\w.:-]+\w"
)
NICK = r"[A-Za-z0-9_](?:[A-Za-z0-9_.#-]{0,60}[A-Za-z0-9_])?"
IS = r"(?:[:=：]|是|为|号|@|\b(?:is|es|est|c'est|это|هو|هي|as|como|is called|under)\b)"
JOINT = rf"\s?(?:{IS}\s?){{1,3}}|\s?[(«\"“]|\s|(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9_])"
NO_WORD_BEFORE = r"(?<![^\W\u4e00-\u9fff])"
AFTER_CUE = re.compile(
    rf"{NO_WORD_BEFORE}(?:[وفبل]?ال)?{either('handle_cue')}(?P<joint>{JOINT})(?P<nick>{NICK})", re.IGNORECASE
)
IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\s?\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}[A-Za-z0-9]{4}\d[A-Za-z0-9]{6,25}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]\d{2,4}){3,}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z]{0,4}\d[A-Z0-9]*){2,10}(?![A-Za-z0-9])"
)
OF_ACCOUNT = r"(?:[:=：#№-]|n[o°º]\.?|number|is|es|est|是|为|هو|رقم)"
ACCOUNT = re.compile(
    rf"{NO_WORD_BEFORE}{either('account_cue')}(?:\s?{OF_ACCOUNT}){{0,4}}\s?"
    r"(?P<number>(?:[A-Z]{2}[ -]?)?\d[\dA-Z]{0,30}(?:[ -]?[A-Z]{0,4}\d[\dA-Z]{0,30}){0,10})",
    re.IGNORECASE,
)
BEFORE_APP = re.compile(
    rf"(?<![\w@])(?P<nick>{NICK})\s+(?:on|sur|en|в|на|على|في)\s+{either('handle_cue')}(?!\w)", re.IGNORECASE
)
FEWEST_DIGITS = 8  # of an account

PATTERNS = (
    ("e-mail", E_MAIL),
    ("e-mail", SPELT),
    ("e-mail", UNFINISHED),
    ("address", WEB),
    ("handle", AT),
    ("handle", WITH_LINE),
)


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Find contacts as (start, end, kind)."""
    for match in IBAN.finditer(text):
        if _digits(match[0]) >= FEWEST_DIGITS:
            yield *match.span(), "account"
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text):
            if (
                pattern is not SPELT
                or not match["word"]
                or match["local"].split()[-1].casefold() not in ORDINARY
            ):
                yield *match.span(), kind
    for match in ACCOUNT.finditer(text):
        if _digits(match["number"]) >= FEWEST_DIGITS:
            yield *match.span("number"), "account"
    for match in BEFORE_APP.finditer(text):
        if _is_nick(match["nick"], ""):
            yield *match.span("nick"), "handle"
    for match in AFTER_CUE.finditer(text):
        if _is_nick(match["nick"], match["joint"].strip()):
            yield *match.span("nick"), "handle"


def _digits(text: str) -> int:
    return sum(sign.isdigit() for sign in text)


def _is_nick(word: str, joint: str) -> bool:
    """Say whether the word after a cue is somebody's name there: signs that words do not have, or a joint such as a colon."""
    if len(word) < 3 or word.isdigit() and len(word) < 5 or word.casefold() in ORDINARY:
        return False
    has_signs = re.search(r"[\d_]|\w[.#]\w", word) is not None and not re.fullmatch(
        r"\d{1,4}s?|\d+[a-z]{1,2}", word
    )
    return (
        has_signs
        or (joint != "" and word.islower() and not joint.isalpha())
        or (joint != "" and joint[-1:] in ":=：是为号@هو")
    )
