"""What the type of a row in a form means, in all the spellings that XLSForm has had: https://xlsform.org/en/#question-types."""

import re
from difflib import get_close_matches
from typing import NamedTuple

SCALARS = {
    **dict.fromkeys(("integer", "int", "decimal", "range", "percentage"), "number"),
    **dict.fromkeys(("text", "string"), "text"),
    **dict.fromkeys(("date", "datetime", "date time"), "date"),
    **dict.fromkeys(("score row", "rank level"), "one"),  # KoboToolbox: rows under begin_score and begin_rank
}
ASIDE = set("""
    note calculate acknowledge trigger geopoint geotrace geoshape location gps image photo picture audio video file barcode osm
    start end today time deviceid imei subscriberid simserial phonenumber username email hidden audit
""".split()) | {
    "start time", "end time", "device id", "subscriber id", "sim id", "phone number", "xml external", "csv external",
    "start geopoint", "background audio", "background geopoint",
}  # fmt: skip
MEANT = {"number": "integer", "numeric": "decimal", "float": "decimal", "select": "select_multiple"}
CHOICE = re.compile(
    r"(?P<command>(?:add )?select[ _-]?(?P<how>one|1|multiple|many|all[ _]that[ _]apply)(?:[ _]prompt)?"
    r"(?:[ _](?:using|from|external))*(?P<file>[ _]from[ _]file)?|(?P<rank>rank))(?:\s+(?P<rest>.+))?",
    re.IGNORECASE,
)
OTHER = re.compile(r"\s+or[ _](?:specify[ _])?other$", re.IGNORECASE)
CONTROL = re.compile(r"(begin|end) ?(group|repeat|lgroup|looped group|loop|score|rank|kobomatrix)(?: .*)?")
REPEATS = ("repeat", "lgroup", "looped group")
COMMANDS = ["select_one", "select_multiple", "rank"]
CLOSE = 0.8  # ratio (0–1) from which on a misspelt type can only be meant


class Meaning(NamedTuple):
    """What a type says: `role` is question, aside, begin, end or unknown; `fault` what is wrong with its spelling.

    `kind` is that of a question, or group or repeat; `list` names a question's list; `file` says that the list is a file.
    """

    role: str
    kind: str = ""
    list: str = ""
    is_file: bool = False
    has_other: bool = False
    fault: str = ""


def understood(text: str) -> Meaning:
    """Understand a type; one that is misspelt is taken for what it can only mean, and said."""
    text = " ".join(text.split())
    found = _known(text)
    if found.role == "unknown":
        meant = _meant(text)
        if not meant:
            return found._replace(fault=f"'{text}' is not a type of question.")
        known = _known(meant)
        written, right = (each.split(f" {known.list}")[0] if known.list else each for each in (text, meant))
        return known._replace(fault=f"'{written}' is not a type of question. Did you mean '{right}'?")
    command = text.removesuffix(found.list) if found.list else text
    if command != command.lower() and "dateTime" not in command:
        return found._replace(fault=f"the type '{text}' has capitals.")
    return found


def _known(text: str) -> Meaning:
    key = re.sub(r"[\s_-]+", " ", text.casefold()).strip()
    if control := CONTROL.fullmatch(key):
        return Meaning(control[1], "repeat" if control[2] in REPEATS else "group")
    if choice := CHOICE.fullmatch(text):
        return _choice(choice)
    plain = re.sub(r"^(add|q|get) |^uri:| prompt$", "", key)
    plain = re.sub(r"^(add|q|get) |^uri:| prompt$", "", plain)
    if plain in SCALARS:
        return Meaning("question", SCALARS[plain])
    is_aside = plain in ASIDE or plain.split(" ")[0] == "osm"
    return Meaning("aside", text.casefold()) if is_aside else Meaning("unknown")


def _choice(choice: re.Match) -> Meaning:
    kind = "rank" if choice["rank"] else "one" if choice["how"].lower() in ("one", "1") else "many"
    rest = f" {choice['rest'] or ''}"
    listed = OTHER.sub("", rest).strip()
    return Meaning("question", kind, listed, bool(choice["file"]), OTHER.search(rest) is not None)


def _meant(text: str) -> str:
    """Give the correct spelling of a misspelt type with what stands behind it; blank where none is close."""
    words = text.casefold().split(" ")
    for count in (2, 1):  # "select on colours" before "selectone colours"
        if len(words) >= count:
            start = "_".join(words[:count])
            start = MEANT.get(start, start)
            close = [start] if start in COMMANDS else get_close_matches(start, COMMANDS, n=1, cutoff=CLOSE)
            if close and len(words) > count:
                return " ".join([close[0], *text.split(" ")[count:]])
    plain = " ".join(words)
    known = [*SCALARS, *ASIDE, "begin_group", "end_group", "begin_repeat", "end_repeat"]
    return MEANT.get(plain) or next(iter(get_close_matches(plain, known, n=1, cutoff=CLOSE)), "")
