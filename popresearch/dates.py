"""Dates as people and platforms write them: the order of day and month is found from the whole column, or the date is refused."""

import functools
import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from babel import Locale

from popresearch.texts import INVISIBLE
from popresearch.wording import LANGUAGES

LOCALES = (*LANGUAGES, "pt", "de", "ar_SY", "ar_MA", "ar_DZ")
TIME = re.compile(r"(?<=\d)[t\s,]+(?:[ap]\.?m\.?|上午|下午)?\s*\d{1,2}[:.h]\d\d(?!\d|\.\d{4}).*$", re.DOTALL)
YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
YEAR_LAST = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4}|\d\d)")
WORD = re.compile(r"[^\W\d_]+")
BESIDE = set(
    "de del do of the st nd rd th er le la el ten den dem am im в во года год г го е من في عام سنة م".split()
)  # around a month
DAY_FIRST, MONTH_FIRST = "day/month/year", "month/day/year"
TWO_READINGS = "two readings, day/month or month/day"
NO_DATE = "not one date"
YEARS = range(1900, 2100)  # outside, it is a slip, or a year of another calendar (1403, 2567)
PIVOT = 69  # two digits: 69 … 99 are 1969 … 1999, as in POSIX


def order_of(texts: Iterable[str]) -> tuple[str, int]:
    """Find the order of a column's dates, and how many distinct ones decide it; blank where none does, or both orders are found."""
    found = [(int(match[1]), int(match[2])) for text in texts if (match := YEAR_LAST.fullmatch(_plain(text)))]
    day_first = sum(second <= 12 < first <= 31 for first, second in found)
    month_first = sum(first <= 12 < second <= 31 for first, second in found)
    if bool(day_first) == bool(month_first):
        return "", day_first + month_first
    return (DAY_FIRST, day_first) if day_first else (MONTH_FIRST, month_first)


def read(text: str, order: str) -> tuple[str, str]:
    """Read a date as ISO 8601, or say why not; a time of day is left out."""
    plain = _plain(text)
    if match := YEAR_FIRST.fullmatch(plain):
        return _date(*map(int, match.groups()))
    if match := YEAR_LAST.fullmatch(plain):
        first, second, year = int(match[1]), int(match[2]), _year(match[3])
        if first == second or order == DAY_FIRST or (not order and first > 12):
            return _date(year, second, first)
        if order == MONTH_FIRST or second > 12:
            return _date(year, first, second)
        return "", TWO_READINGS
    return _named(plain)


def _named(plain: str) -> tuple[str, str]:
    """Read a date whose month is a word: 3 April 2024, Wed, April 3rd, 2024, 3 de abril de 2024; not "not before 3 April 2024"."""
    words = WORD.findall(plain)
    pairs = [" ".join(pair) for pair in zip(words, words[1:], strict=False)]
    months = {_months()[name] for name in (*words, *pairs) if name in _months()}
    strange = set(words) - BESIDE - _weekdays() - {word for name in _months() for word in name.split()}
    numbers = re.findall(r"\d+", plain)
    years = [int(number) for number in numbers if len(number) == 4]
    days = [int(number) for number in numbers if len(number) <= 2]
    if strange or len(months) != 1 or len(years) != 1 or len(days) != 1 or len(numbers) != 2:
        return "", NO_DATE
    return _date(years[0], months.pop(), days[0])


def _date(year: int, month: int, day: int) -> tuple[str, str]:
    try:
        found = date(year, month, day)
    except ValueError:
        return "", NO_DATE
    return (found.isoformat(), "") if year in YEARS else ("", NO_DATE)


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= PIVOT else 2000)


def _plain(text: str) -> str:
    text = "".join(str(unicodedata.decimal(character, character)) for character in text.translate(INVISIBLE))
    return TIME.sub("", unicodedata.normalize("NFKC", text).casefold().strip())


@functools.cache
def _months() -> dict[str, int]:
    """Names of the months, whole and shortened, in the languages of the study and their neighbours."""
    names: dict[str, int] = {}
    for code in LOCALES:
        for widths in Locale.parse(code).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in widths[width].items():
                    names.setdefault(name.casefold().rstrip("."), int(number))
    return {name: number for name, number in names.items() if not re.search(r"\d", name)}


@functools.cache
def _weekdays() -> set[str]:
    """Words of the days of the week, whole and shortened."""
    found: set[str] = set()
    for code in LOCALES:
        for widths in Locale.parse(code).days.values():
            for width in ("wide", "abbreviated"):
                found.update(
                    word for name in widths[width].values() for word in WORD.findall(name.casefold())
                )
    return found
