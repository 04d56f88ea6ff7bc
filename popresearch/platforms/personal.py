"""Columns of names, e-mail, phone, IP and device addresses, exact places and times, known by their heads and by their cells.

A study may ask for such things itself, of services and organisations. So these columns are doubtful: they are dropped unless the
instrument knows them.
"""

import csv
import functools
import html
import re
from pathlib import Path

import pandas as pd

from popresearch.platforms.layout import Column, plain

WORDS = Path(__file__).parent.parent / "tables" / "personal_heads.csv"
LOOKED_AT = 2_000  # different cells of a column
MOST_WORDS = 6  # a longer head is a question that mentions e-mail
MOST_SIGNS = 10  # the same, where words are not set apart
ASKED = (
    r"please|kindly|enter|write|give|provide|type|tell us|what is|what's|what are|quel est|quelle est|quels sont|indiquez|entrez|saisissez|"
    r"cuál es|cual es|indique|escriba|escribe|ingrese|qual é|qual o|informe|digite|escreva|wie ist|wie lautet|bitte|укажите|введите|"
    r"напишите|какой|какая|какое|ما هو|ما هي|أدخل|اكتب|请输入|请填写|请问"
)
WHOSE = (
    r"your|the respondent's|respondent's|respondent|participant's|votre|vos|su|tu|seu|sua|o seu|a sua|ihre?|deine?|ваше?|ваша|твоё|твой|"
    r"您的|你的"
)
POLITE = re.compile(rf"^(\d+[.)]\s*)?(({ASKED}) ?)*\b(({WHOSE})( |(?<=的)))?")
MAIL = "e-?mail|mail|correo|courriel|почта"
OWNER = "d[aeo]s?|del|du|pessoal|personal|personnel|profesional|professionnel|institucional|corporativo"
ENDS = re.compile(rf"(\w+ ){{1,3}}({MAIL})")  # "work email", but "e-mail use" is no address
STARTS = re.compile(rf"({MAIL}) ({OWNER})( .*)?")  # "e-mail do aluno"
MENTION = re.compile(
    r"\b(by|via|per|par|por|or|ou|oder|o|and|et|und|do|does|can|has|have|is|are|use|no|any|не|или|по)\b"
)
SIGNS = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
MARKS = {
    "0", "1", "true", "false", "yes", "no", "y", "n", "x", "n/a", "checked", "unchecked", "selected", "not selected", "vrai", "faux",
    "oui", "non", "sí", "ja", "nein", "sim", "não", "نعم", "لا", "да", "нет", "是", "否",
}  # fmt: skip
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.*")
THOUSANDS = re.compile(r"[1-9]\d{0,2}([ .\u00a0\u202f]\d{3})+")
MIDNIGHT = re.compile(
    r".*(\b0?0:00(:00(\.0+)?)?|12:00(:00)? ?AM)", re.IGNORECASE
)  # a day, as spreadsheets write it
KINDS = {
    "e-mail addresses": re.compile(r"(mailto:)?[^\s@]+@[^\s@]+\.[^\s@.]{2,}", re.IGNORECASE),
    "IP addresses": re.compile(
        r"(\d{1,3}\.){3}\d{1,3}(:\d+)?|([0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}", re.IGNORECASE
    ),
    "coordinates": re.compile(
        r"[(\[]?-?\d{1,3}[.,]\d{3,}°?\s*[NS]?\s*[,; ]\s*-?\d{1,3}[.,]\d{3,}°?\s*[EWO]?([,; ]\s*-?[\d.]+)*[)\]]?",
        re.IGNORECASE,
    ),
    "phone numbers": re.compile(
        r"['’]?((\+|00|0|\()[\d\s().\-/]{7,}|\d{2,4}([\s.\-/]\d{2,4}){2,4}|\d{9,13})"
    ),
    "device identifiers": re.compile(r"(collect|imei|simserial|mac|android|ee\.[\w.\-]+):\S+", re.IGNORECASE),
    "times finer than a day": re.compile(
        r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T,]?\s*\d{1,2}:\d{2}(:\d{2})?.{0,16}"
    ),
}


def doubtful(columns: list[Column], rows: pd.DataFrame) -> dict[int, str]:
    """Find the columns that hold personal data unless the instrument says otherwise: column → why."""
    found, blocks = {}, _contact_blocks(columns)
    for number, one in enumerate(columns):
        if one.meaning or _are_marks(rows[number], one):
            continue
        why = _by_option(one, blocks) if one.option_text else _by_texts(one)
        if not why and any(text.strip() for text in rows[number].cat.categories):
            why = by_cells(rows[number])
        if why:
            found[number] = why
    return found


def _by_texts(one: Column) -> str:
    return by_head(one.head) or by_head(one.text) or by_head(one.head.rpartition("/")[2])


def _by_option(one: Column, blocks: set[str]) -> str:
    """Judge an option: "E-mail" is a row of many a matrix, but "First name" a line of an address, and so is all beside it."""
    kind = kind_of(one.option_text)
    is_line = kind in ("a name", "an exact place") or (kind and (one.question or one.text) in blocks)
    return f"its head names {kind}" if is_line else ""


def _contact_blocks(columns: list[Column]) -> set[str]:
    """Find the questions one of whose lines asks for a name."""
    return {
        one.question or one.text
        for one in columns
        if one.option_text and kind_of(one.option_text) == "a name"
    }


def _are_marks(cells: pd.Series, one: Column) -> bool:
    """Say whether the cells only tick an option: of "by e-mail", say."""
    given = {plain(text) for text in cells.cat.categories} - {""}
    return bool(given) and given <= MARKS | {plain(one.option_text)}


def by_head(head: str) -> str:
    """Say which kind of personal data a head names; blank for none."""
    kind = kind_of(head)
    return f"its head names {kind}" if kind else ""


@functools.cache
def kind_of(head: str) -> str:
    """Give the kind of personal data that a head names: the whole head, or words of a short one."""
    exact, parts = _words()
    text = plain(re.sub(r"\(.*?\)|（.*?）|\*", " ", html.unescape(head)))
    if re.fullmatch(r"\w+", text):
        text = text.replace("_", " ").strip()
    asked = plain(POLITE.sub("", text))
    for each in (text, asked, re.sub(r"\d{1,2}$", "", text)):
        if each in exact:
            return exact[each]
    if len(text.split()) > MOST_WORDS:
        return ""
    words = " " + re.sub(r"[^\w@'-]+", " ", text) + " "
    is_short = len(text) <= MOST_SIGNS
    for part, kind in parts.items():
        if f" {part} " in words or (is_short and SIGNS.search(part) and part in text):
            return kind
    is_mail = STARTS.fullmatch(asked) or (ENDS.fullmatch(asked) and not MENTION.search(asked))
    return "an e-mail address" if is_mail else ""


def by_cells(cells: pd.Series) -> str:
    """Say which kind of personal data most of a column's filled cells are; blank for none."""
    given = pd.Series(cells.cat.categories, dtype=str).str.strip()
    given = given[given != ""].head(LOOKED_AT)
    if given.empty:
        return ""
    for kind, pattern in KINDS.items():
        fits = given.str.fullmatch(pattern)
        if kind == "phone numbers":
            fits &= (
                given.str.count(r"\d").between(7, 15)
                & ~given.str.fullmatch(DATE)
                & ~given.str.fullmatch(THOUSANDS)
            )
        if kind == "times finer than a day":
            fits &= ~given.str.fullmatch(MIDNIGHT)
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
