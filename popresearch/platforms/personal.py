"""Columns of names, e-mail, phone, IP and device addresses and exact places, known by their heads and by their cells.

A study may ask for such things itself, of services and organisations. So these columns are doubtful: they are dropped unless the
instrument knows them.
"""

import csv
import functools
import re
from pathlib import Path

import pandas as pd

from popresearch.platforms.layout import Column, plain

WORDS = Path(__file__).parent.parent / "tables" / "personal_heads.csv"
LOOKED_AT = 2_000  # different cells of a column
MOST_WORDS = 6  # a longer head is a question that mentions e-mail
ASKED = r"please|enter|write|give|provide|type|what is|what's|quel est|quelle est|cuál es|qual é|wie ist"
WHOSE = r"your|the respondent's|respondent's|respondent|participant's|votre|vos|su|tu|seu|sua|ihre?|ваше?|ваша|您的|你的"
POLITE = re.compile(rf"^(\d+[.)]\s*)?(({ASKED}) )*(({WHOSE}) ?)?")
MARKS = {"0", "1", "true", "false", "yes", "no", "y", "n", "x", "n/a", "oui", "non", "sí", "ja", "nein", "sim", "não", "نعم", "لا", "да",
         "нет", "是", "否"}  # fmt: skip
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.*")
KINDS = {
    "e-mail addresses": re.compile(r"(mailto:)?[^\s@]+@[^\s@]+\.[^\s@.]{2,}", re.IGNORECASE),
    "IP addresses": re.compile(
        r"(\d{1,3}\.){3}\d{1,3}(:\d+)?|([0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}", re.IGNORECASE
    ),
    "coordinates": re.compile(
        r"[(\[]?-?\d{1,3}[.,]\d{3,}°?\s*[NS]?\s*[,; ]\s*-?\d{1,3}[.,]\d{3,}°?\s*[EWO]?([,; ]\s*-?[\d.]+)*[)\]]?",
        re.IGNORECASE,
    ),
    "phone numbers": re.compile(r"(\+|00|0|\()[\d\s().\-/]{7,}|\d{2,4}([\s.\-/]\d{2,4}){2,4}|\d{9,13}"),
}


def doubtful(columns: list[Column], rows: pd.DataFrame) -> dict[int, str]:
    """Find the columns that hold personal data unless the instrument says otherwise: column → why."""
    found = {}
    for number, one in enumerate(columns):
        if one.meaning or _are_marks(rows[number], one):
            continue
        if one.option_text:
            # "By phone" and "E-mail" are rows of many a matrix; "First name" is a line of an address
            why = by_head(one.option_text)
            why = why if why.endswith((" name", " place")) else ""
        else:
            why = by_head(one.head) or by_head(one.text) or by_head(one.head.rpartition("/")[2])
        why = why or by_cells(rows[number])
        if why:
            found[number] = why
    return found


def _are_marks(cells: pd.Series, one: Column) -> bool:
    """Say whether the cells only tick an option: of "by e-mail", say."""
    given = {plain(text) for text in cells.cat.categories} - {""}
    return bool(given) and given <= MARKS | {plain(one.option_text)}


def by_head(head: str) -> str:
    """Say which kind of personal data a head names; blank for none."""
    exact, parts = _words()
    text = plain(re.sub(r"\(.*?\)|（.*?）|\*", " ", head))
    if re.fullmatch(r"\w+", text):
        text = text.replace("_", " ").strip()
    asked = POLITE.sub("", text).strip()
    for each in (text, asked, re.sub(r"\d{1,2}$", "", text)):
        if each in exact:
            return f"its head names {exact[each]}"
    if len(text.split()) <= MOST_WORDS:
        words = " " + re.sub(r"[^\w@'-]+", " ", text) + " "
        return next((f"its head names {kind}" for part, kind in parts.items() if f" {part} " in words), "")
    return ""


def by_cells(cells: pd.Series) -> str:
    """Say which kind of personal data most of a column's filled cells are; blank for none."""
    given = pd.Series(cells.cat.categories, dtype=str).str.strip()
    given = given[given != ""].head(LOOKED_AT)
    if given.empty:
        return ""
    for kind, pattern in KINDS.items():
        fits = given.str.fullmatch(pattern)
        if kind == "phone numbers":
            fits &= given.str.count(r"\d").between(7, 15) & ~given.str.fullmatch(DATE)
        if fits.mean() > 0.5:
            return f"most of its cells are {kind}"
    return ""


@functools.cache
def _words() -> tuple[dict[str, str], dict[str, str]]:
    exact, parts = {}, {}
    with WORDS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            (parts if row["match"] == "part" else exact)[plain(row["head"])] = row["kind"]
    return exact | parts, parts
