"""The conditions of a form as they are written: tidied, looked through for slips, and for questions that do not exist.

Whether they can be evaluated is another matter (relevance.py); here stands what XPath itself forbids.
"""

import re

REFERENCE = re.compile(r"\$\{\s*(?:last-saved#)?([^{}]*?)\s*\}")
QUOTES = str.maketrans("‘’“”\u00a0", "''\"\" ")
TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^']*'|\"[^\"]*\")|(?P<question>\$\{[^{}]*\})|(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<sign>!=|<=|>=|[=<>+*|-])"
    r"|(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,)|(?P<name>[\w.@/:][\w.@/:-]*))"
)
WORDS = ("and", "or", "div", "mod")  # operators
WHOLE = {
    "yes": "true()",
    "true": "true()",
    "no": "false()",
    "false": "false()",
}  # a cell that a spreadsheet took for a truth value
PAIRS = {")": "(", "]": "["}


def tidy(condition: str) -> str:
    """Straighten curly quotation marks and take blanks out of `${ question }`, as survey platforms do or demand."""
    plain = re.sub(r"\$\{\s*([^{}]*?)\s*\}", r"${\1}", condition.translate(QUOTES)).strip()
    return WHOLE.get(plain.casefold(), plain)


def named(text: str) -> list[str]:
    """Name the questions that a cell refers to."""
    return list(dict.fromkeys(REFERENCE.findall(text)))


def slip(condition: str) -> str:
    """Say what is wrong with a condition; blank where nothing is."""
    place, before, opened = 0, "", []
    while place < len(condition.rstrip()):
        match = TOKEN.match(condition, place)
        if not match:
            return _strange(condition[place:].strip())
        kind, token = str(match.lastgroup), match[match.lastgroup]
        if kind == "name" and token in WORDS and before in ("value", "name"):
            kind = "sign"
        wrong = _wrong(kind, token, before, opened)
        if wrong:
            return wrong
        place, before = match.end(), _state(kind, token, before)
    if opened:
        return f"'{opened[-1]}' is never closed."
    return "it ends too early." if before in ("sign", "comma") else ""


def _wrong(kind: str, token: str, before: str, opened: list[str]) -> str:
    """Say what is wrong with a token behind another, and keep account of the brackets."""
    is_behind_value = before in ("value", "name")
    if kind == "close":
        if not opened or opened.pop() != PAIRS[token]:
            return f"'{token}' closes nothing."
        return f"nothing stands before '{token}'." if before in ("sign", "comma") else ""
    if kind == "open":
        opened.append(token)
        if token == "[" and not is_behind_value:
            return "nothing stands before '['."
        return "'(' stands behind a value." if token == "(" and before == "value" else ""
    if kind in ("sign", "comma"):
        is_lone = token in ("-", "*") or is_behind_value
        return "" if is_lone else f"nothing stands before '{token}'."
    if is_behind_value and not token.startswith("/"):
        small = " It is written small." if token.casefold() in WORDS else ""
        said = token if kind == "text" else f"'{token}'"
        return f"{said} stands where an operator is missing.{small}"
    return ""


def _state(kind: str, token: str, before: str) -> str:
    if kind in ("text", "question", "number", "close"):
        return "value"
    if kind == "sign" and token == "*" and before not in ("value", "name"):
        return "value"  # any element, as in count(*)
    return kind


def _strange(rest: str) -> str:
    if rest[0] in "'\"":
        return "a quotation mark is never closed."
    return "'${' is never closed." if rest.startswith("${") else f"'{rest[0]}' has no place in it."
