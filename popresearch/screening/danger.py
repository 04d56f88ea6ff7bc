"""Words of present danger to a child: their answers wait for a named person, and appear nowhere else.

The list errs towards reading too much: an answer that speaks of suicide in general waits, too.
"""

import re
from functools import cache

from popresearch import reference
from popresearch.screening.written import Written


def dangers(text: str) -> list[str]:
    """Name the dangers that an answer speaks of, as in data/reference/danger.csv, in that order."""
    plain = re.sub(r"\s+", " ", Written(text).plain.casefold())
    spoken = (danger for danger, phrase, pattern in _phrases() if phrase in plain and pattern.search(plain))
    return list(dict.fromkeys(spoken))


@cache
def _phrases() -> list[tuple[str, str, re.Pattern]]:
    """Danger, phrase, and what finds it as whole words (one that ends in * as their beginning; Chinese has no words' ends)."""
    table = reference.read("danger.csv")
    return [
        (row.danger, plain, re.compile(rf"{START}{re.escape(plain)}{'' if phrase.endswith('*') else END}"))
        for row in table.itertuples()
        for phrase in row.phrases.split(";")
        for plain in [Written(phrase.strip().removesuffix("*")).plain.casefold()]
    ]


START = r"(?:(?<=[\u4e00-\u9fff])|(?<!\w)|(?<=(?<!\w)[وف]))"
END = r"(?![^\W\u4e00-\u9fff])"
