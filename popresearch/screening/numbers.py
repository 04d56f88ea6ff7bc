"""Telephone and identity numbers in an answer; years, dates, hours, ages and plain counts are let be."""

import re
from collections.abc import Iterator

import phonenumbers

from popresearch.screening.lists import either

EXTENSION = r"(?:\s?(?:x|ext\.?|доб\.?)\s?\d{1,5})?"
NO_MORE = r"(?![^\W_\u0400-\u04ff\u0600-\u06ff\u4e00-\u9fff]|[.,]\d|[/-][^\W\d_])"  # a unit may follow only in another script
NUMBER = re.compile(
    rf"(?<![\w.,+])(?<![A-Z][-/])(?:\+|00)?\s?\(?\+?\d[\d\s().\u00a0/_-]{{4,}}\d\)?{EXTENSION}{NO_MORE}"
    r"|(?<=[\u4e00-\u9fff\u0600-\u06ff])\(?\+?\d[\d\s()-]{4,}\d(?![\w.,]\d)",
)
CODE = re.compile(
    r"(?<![\w-])(?=[A-Z0-9-]*\d[A-Z0-9-]*\d[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]+(?:[-/][A-Z0-9]+)*(?![\w-])"
)
SHORT = re.compile(
    r"(?<![\w.,/-])(?=[\w/-]*\d[\w/-]*\d[\w/-]*\d)[A-ZА-Я0-9]+(?:[-/][A-ZА-Я0-9]+)*(?![\w%]|[.,]\d)"
)  # only after a cue
SPELT = re.compile(
    rf"(?<!\w)(?:(?:{either('digit')}|\d)(?:\s*[-,،、]\s*|\s+)){{5,}}(?:{either('digit')}|\d)(?!\w)"
    r"|[零〇一二三四五六七八九幺]{7,}",
    re.IGNORECASE,
)
SIGNS = r"[\s:：=#№°º.\-—(]{0,4}"
JOINT = rf"{SIGNS}(?:\b{either('number_joint')}\b|号码|号|是|为|我)?{SIGNS}"
PHONE_CUE = re.compile(rf"(?<![^\W\u4e00-\u9fff]){either('phone_cue')}{JOINT}{JOINT}{JOINT}$", re.IGNORECASE)
NUMBER_CUE = re.compile(
    rf"(?<![^\W\u4e00-\u9fff]){either('number_cue')}{JOINT}{JOINT}{JOINT}$", re.IGNORECASE
)
REACH = 40  # characters before a number in which its cue may stand
DATE = re.compile(
    r"(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)?\d{2}|(?:19|20)\d{2}([./-])\d{1,2}\2\d{1,2})(?:\s*-\s*\S+|\s+\d{1,2})?"
)
HOURS = re.compile(r"\d{1,2}[.]\d{2}\s?[-/]\s?\d{1,2}[.]\d{2}")
NUMBERED = re.compile(r"\d{1,5}\s?\((?:19|20)\d\d\)?")  # resolution 44 (1990)
YEAR = r"(?:19|20)\d{2}(?:[-/]\d{2})?"
YEARS = re.compile(rf"{YEAR}(?:[\s/().-]+{YEAR})*")
RANGE = re.compile(r"[1-9]\d{0,4}\s?-\s?[1-9]\d{0,4}00|[1-9]\d{3}\s?-\s?[1-9]\d{3}")
AMOUNT = re.compile(r"[1-9]\d{0,2}(?:([ .\u00a0])\d{3})(?:\1\d{3})*")
SMALLEST_PHONE, LARGEST_PHONE = 7, 15  # digits (ITU-T E.164: at most 15)
FEWEST = 6  # digits of an identity number without letters
REGIONS = ("US", "FR", "ES", "RU", "CN", "EG", "KE", "NG", "ZA", "IN", "MX", "BR", "GB", "DE", "PH", "UA")


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Find telephone and identity numbers as (start, end, kind)."""
    for match in NUMBER.finditer(text):
        kind = _kind(match[0].strip(), text[max(0, match.start() - REACH) : match.start()])
        if kind:
            lead = len(match[0]) - len(match[0].lstrip())
            yield match.start() + lead, match.end(), kind
    for match in SPELT.finditer(text):
        yield *match.span(), "phone"
    for match in CODE.finditer(text):
        has_cue = NUMBER_CUE.search(text[max(0, match.start() - REACH) : match.start()])
        if has_cue or sum(sign.isdigit() for sign in match[0]) >= FEWEST - 1:
            yield *match.span(), "number"
    yield from _after_cue(text)


def _after_cue(text: str) -> Iterator[tuple[int, int, str]]:
    """Find shorter numbers that a word before them says to be of one person: case 4711, PIN 1234."""
    for match in SHORT.finditer(text):
        before = text[max(0, match.start() - REACH) : match.start()]
        if NUMBER_CUE.search(before) and not YEARS.fullmatch(match[0]):
            yield *match.span(), "number"


def _kind(number: str, before: str) -> str:
    """Say what a run of digits is: phone, number, or blank for what is no secret."""
    digits = re.sub(r"\D", "", number)
    if any(pattern.fullmatch(number) for pattern in (DATE, HOURS, NUMBERED, YEARS)):
        return ""
    if NUMBER_CUE.search(before):
        return "number"
    fits = SMALLEST_PHONE <= len(digits) <= LARGEST_PHONE
    if number.startswith(("+", "(")) or PHONE_CUE.search(before):
        return "phone" if fits else "number" if len(digits) > LARGEST_PHONE else ""
    if RANGE.fullmatch(number) or AMOUNT.fullmatch(number) and (len(digits) < 9 or digits.endswith("000")):
        return ""
    if digits == number:
        return _bare_kind(digits)
    if not fits:
        return "number" if len(digits) > LARGEST_PHONE else ""
    return "phone" if _looks_dialled(number) else ""


def _bare_kind(digits: str) -> str:
    if len(digits) < FEWEST or (digits.endswith("000") and digits[0] != "0"):
        return ""
    fits = SMALLEST_PHONE < len(digits) <= LARGEST_PHONE
    return "phone" if fits and (digits.startswith("0") or _is_possible(digits)) else "number"


def _looks_dialled(number: str) -> bool:
    """Say whether digits in groups are written as a telephone number is: some group longer than two digits, or a leading zero."""
    groups = re.findall(r"\d+", number)
    return number.startswith("0") or len(groups) >= 4 or (len(groups) > 1 and max(map(len, groups)) > 2)


def _is_possible(digits: str) -> bool:
    """Say whether somebody in one of the larger countries could dial these digits."""
    for region in REGIONS:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(digits, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
