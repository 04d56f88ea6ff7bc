"""Every file of a release searched for what no published file may hold; a find names the file and the kind, never what was found."""

import base64
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from popresearch.attack.finds import Find
from popresearch.attack.readers import Page, pages
from popresearch.study import Study
from popresearch.wording import ROOT

BEGINNING = 8  # characters by which thousands of secrets are looked up at once
PUBLIC = re.compile(
    r".*@(?:[\w-]+\.)*(?:example\.(?:org|com|net)|itu\.int|un\.org)"
)  # addresses that may be shown: made up, or POP's own
MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
PATTERNS = {
    "phone number": re.compile(r"(?<![\w+.\d-])\+[1-9]\d{0,3}[ ()./-]?\d[\d ()./-]{5,16}\d(?!\w)"),
    "identifier": re.compile(
        r"\b[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b", re.I
    ),
    "exact time": re.compile(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d|\bD:20\d{10,}|\b\d{1,2}:\d\d:\d\d\b"),
    "folder of a machine": re.compile(
        r"(?:file://|(?<![\w.:/])/(?:home|Users|root|tmp|var/folders|mnt)/[\w.-]|\b[A-Z]:\\+Users\\)"
    ),
    "embedded data": re.compile(
        r"vnd\.(?:vega|vegalite|dataresource|plotly|apache\.arrow)|\"datasets\"\s*:\s*\{|ARROW1|data:application/(?!ld\+json)"
    ),
    "error": re.compile(r"Traceback \(most recent call last\)|-{20,}\s*\w*(?:Error|Exception)\b"),
}
IN_PAGES = {
    "comment": re.compile(r"<!--(?! home -->)")
}  # "home": where the site puts the way back into the report
BLOB = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
FRAMES = (
    b"PAR1",
    b"ARROW1",
    b"FEA1",
    b"PK\x03\x04",
    b"SQLite format",
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
    b"\x1f\x8b",
)
OUTPUTS = {"text/plain", "text/html", "text/markdown", "image/svg+xml", "text/latex"}
TIMES = re.compile(r"Date|created|modified|lastPrinted|tIME", re.I)
PEOPLE = re.compile(r"author|^creator$|lastModifiedBy|XMP creator|manager|company", re.I)
LABELS = re.compile(r"<(?:title|desc)\b[^>]*>(.*?)</|aria-label=\"([^\"]*)\"|\balt=\"([^\"]*)\"", re.S)
WHOLE = re.compile(r"(?<![\d.,\w-])(\d{1,3}(?:[,\u202f\u00a0]\d{3})+|\d+)(?![\d%.]*[\d%])(?!\w)")
NUMBERED = {".svg", ".html"}
FEWEST = 100  # smaller numbers stand everywhere: per cents, days, steps
YEARS = range(1900, 2101)
STATED = {1_700, 20_000}  # answers and repetitions of the simulation, which are nobody's


@dataclass
class Scan:
    """What to look for: `secrets` (texts of answers, names, contacts, identifiers), `numbers` that may stand in titles."""

    study: Study
    secrets: frozenset[str]
    numbers: frozenset[int] | None = None

    @cached_property
    def beginnings(self) -> dict[str, list[str]]:
        """The secrets by their first characters; shorter ones would be found everywhere."""
        found: dict[str, list[str]] = {}
        for secret in self.secrets:
            if len(secret) >= BEGINNING:
                found.setdefault(secret[:BEGINNING], []).append(secret)
        return found

    @cached_property
    def patterns(self) -> dict[str, re.Pattern[str]]:
        """The patterns of all files, with the identifiers that this study's responses have, and this machine's folders."""
        strands = "|".join(map(re.escape, self.study.strands))
        responses = re.compile(rf"\b(?:{strands})-[0-9a-f]{{6}}-\d+\b")
        here = re.compile(
            "|".join(
                re.escape(str(place)) + r"(?![\w-])" for place in (ROOT, Path.home()) if len(place.parts) > 2
            )
            or r"(?!)"
        )
        return PATTERNS | {"identifier of a response": responses, "folder of this machine": here}

    def folder(self, place: Path) -> tuple[list[Find], int]:
        """Search all files below a folder, copies once; gives the finds and how many files there are."""
        found, seen, count = [], set(), 0
        for path in sorted(place.rglob("*")):
            if path.is_file():
                count += 1
                data = path.read_bytes()
                if data not in seen:
                    seen.add(data)
                    found += self.file(path.relative_to(place).as_posix(), data)
        return found, count

    def file(self, name: str, data: bytes) -> Iterator[Find]:
        """Search one file."""
        for page in pages(name, data):
            if not page.is_read:
                yield Find("file that cannot be read", name, page.place, "was not searched.")
            yield from self._texts(name, page)
            yield from _properties(name, page)
        if name.endswith(".ipynb"):
            yield from _notebook(name, data)

    def _texts(self, name: str, page: Page) -> Iterator[Find]:
        patterns = self.patterns | (IN_PAGES if name.endswith((".html", ".svg")) else {})
        for kind, pattern in patterns.items():
            if match := pattern.search(page.text):
                yield Find(kind, name, _line(page, match.start()), "should not be there.")
        for match in MAIL.finditer(page.text):
            if not PUBLIC.fullmatch(match[0].lower()):
                yield Find("e-mail address", name, _line(page, match.start()), "is not one of POP's own.")
                break
        for match in BLOB.finditer(page.text):
            if _is_frame(match[0]):
                yield Find(
                    "embedded data", name, _line(page, match.start()), "is a table or an object, encoded."
                )
        if place := self._secret(page.text):
            yield Find("restricted text", name, _line(page, place - 1), "stands in the answers.")
        if self.numbers is not None and Path(name).suffix in NUMBERED:
            yield from self._titles(name, page)

    def _secret(self, text: str) -> int:
        """Where the first secret begins, counted from 1; 0 where none stands in the text."""
        if not self.beginnings:
            return 0
        for place in range(len(text) - BEGINNING + 1):
            for secret in self.beginnings.get(text[place : place + BEGINNING], ()):
                if text.startswith(secret, place):
                    return place + 1
        return 0

    def _titles(self, name: str, page: Page) -> Iterator[Find]:
        """Numbers that a title or an alternative text says and no table does."""
        for match in LABELS.finditer(page.text):
            said = {
                int(re.sub(r"\D", "", one))
                for one in WHOLE.findall("".join(part or "" for part in match.groups()))
            }
            if any(
                number > FEWEST and number not in YEARS and number not in self.numbers | STATED
                for number in said
            ):
                yield Find(
                    "number in a title", name, _line(page, match.start()), "stands in no released table."
                )


def _is_frame(blob: str) -> bool:
    """Say whether a base64 text begins as a table, an archive or an object of Python does."""
    return base64.b64decode(blob[: len(blob) // 4 * 4].rstrip("=")[:24], validate=False).startswith(FRAMES)


def _line(page: Page, place: int) -> str:
    line = page.text.count("\n", 0, place) + 1
    return f"{page.place.partition('!')[2]} line {line}".strip()


def _properties(name: str, page: Page) -> Iterator[Find]:
    """Who made a file, when and with what: of a person or a machine nothing may stand there."""
    for key, value in page.properties.items():
        kind = (
            "thumbnail" if key == "thumbnail"
            else "time in file properties" if TIMES.search(key) and re.search(r"\d{4}", value) and not _is_fixed(value)
            else "name in file properties" if PEOPLE.search(key) and not _is_ours(value)
            else "metadata of a picture" if key in ("tEXt", "zTXt", "iTXt", "eXIf") or key.startswith("segment")
            else ""
        )  # fmt: skip
        if kind:
            yield Find(kind, name, f"{page.place.partition('!')[2]} {key}".strip(), "should not be there.")


def _is_fixed(value: str) -> bool:
    """Say whether a time is none: midnight, or the first day that a format knows, as files are given that are the same each time."""
    digits = re.sub(r"\D", "", value)
    return digits.startswith(("1970", "1980")) or digits[8:14].strip("0") == ""


def _is_ours(value: str) -> bool:
    """Say whether an author is the project or a program, and nobody's name."""
    return value.strip().lower() in (
        "",
        "popresearch",
        "pop",
        "openpyxl",
        "protection through online participation",
    )


def _notebook(name: str, data: bytes) -> Iterator[Find]:
    """Outputs of other kinds than text and drawings, and metadata beside the tags of cells and the plain kernel."""
    notebook = json.loads(data)
    known = {"kernelspec", "language_info"}
    for key in sorted(notebook.get("metadata", {}).keys() - known):
        yield Find("notebook metadata", name, key, "should not be there.")
    kernel = notebook.get("metadata", {}).get("kernelspec", {})
    if kernel.get("name", "python3") != "python3":
        yield Find("notebook metadata", name, "kernelspec", "names the kernel of one machine.")
    for number, cell in enumerate(notebook.get("cells", []), 1):
        if cell.get("metadata", {}).keys() - {"tags"}:
            yield Find("notebook metadata", name, f"cell {number}", "should not be there.")
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                yield Find("error", name, f"cell {number}", "may quote an answer.")
            if strange := sorted(output.get("data", {}).keys() - OUTPUTS):
                yield Find("notebook output", name, f"cell {number}", f"is of the kind {strange[0]}.")


def scan(
    folder: Path, study: Study, *, secrets: Collection[str] = (), numbers: Collection[int] | None = None
) -> tuple[list[Find], int]:
    """Search every file of a release; gives the finds and the number of files."""
    known = None if numbers is None else frozenset(numbers)
    return Scan(study, frozenset(secrets), known).folder(folder)
