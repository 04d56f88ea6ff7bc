"""Damage for the fuzz run: bytes, cells, members of a zip and keys of study.toml, changed by a seeded chance alone."""

import csv
import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from popresearch.platforms.layout import SERVICE_COLUMNS

Rows = list[list[object]]
MOST_CELLS = 200_000  # of a sheet that is changed by its cells
TEXT = (".csv", ".tsv", ".txt", ".tab")
WORKBOOK = (".xlsx", ".xlsm")
ENDINGS = [*TEXT, *WORKBOOK, ".xls", ".ods", ".sav", ".parquet", ".zip", ".json", ""]
ENCODINGS = [
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "cp1256", "cp1251",
    "gb18030", "cp437",
]  # fmt: skip
PIECES = [
    b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b'"', b'""', b"\n", b"\r", b"\r\n\r\n", b",", b";", b"\t", b"|", b"\xff",
    b"\xc3", b"\x1a", b"sep=;\n", b"<html>", b"PK\x03\x04", b"\xed\xa0\x80", b"]]>", b"&#0;", b"\xe2\x80\xa8", b"'",
    b"[", b"{",
]  # fmt: skip
NASTY = [
    "", " ", "\u00a0\u3000\t", "NA", "n/a", "-", "--", "None", "nan", "NULL", "null", "true", "FALSE", "0", "-0",
    "1e400", "-1", "1" * 400, "0x1F", "1,5", "1.234,56", "1 234,5", "1'234", "١٢٣٫٤", "१२३", "一百二十", "½", "²", "Ⅷ",
    "𝟙𝟚", "१२/०३/२०२२", "31/02/2022", "00/00/0000", "2022-13-45", "9999-12-31", "0001-01-01", "1900-02-29",
    "12/31/99999", "24:60:60", "2022-03-14T25:00:00Z", "14.03.2022", "=1+1", "=cmd|'/C x'!A1", "@SUM(A1)", "+1",
    "\u202eabc\u202c", "\u200f", "\ufeff", "e\u0301" * 50, "a" * 40_000, "x,y;z|w\tv", '"', '""', "'", "\\", "a\nb",
    "a\r\nb", "\r", "\u2028", "\x0b", "\x1c", "\x85", "\0", "\ud800", "\udfff", "🇰🇪", "🇰", "🇰🇪🇫", "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "👩‍👩‍👧", "Congo", "Korea", "KE", "Кения", "肯尼亚", "كينيا", "Kenya; France", "Kenya/France",
    "Kenya, France and Chile", "phone", "phone chat", "phone; ", ";;", "; ", ", ", "[", "]", "[]", "a[b", "[x][y]",
    "Which? [", "Which? []", "g/a", "/", "//", "a/", "k[1]/a", "k[0]/a", "k[99999999999]/a", "k[-1]/a", "Q1_1",
    "Q1_TEXT", "Q1_1_1", "Other, please specify", "other", "yes", "no", "ja", "on", "a._.b", "a. b", "1. x", "12.",
    "${a}", "${", ". > 5", "not(", "((((", "))))", "selected(${channels}, 'phone')", "count-selected(.) < 2", "%s", "%",
    "{0}", "{}", "{{x}}", "<b>x</b>", "&amp;", "../../x", "*", "(", "(?P<", "C:\\x", "ftp:///x", "_id", "KEY",
    "_parent_index", '{"ImportId":"x"}', '{"ImportId":', "column", "row", "index", "response", "turn", "country_iso3",
    "state", "file_row", "language", "table", "wish.other", "channels.state", "channels/phone", "0.1.2.3", "1:2:3",
    "P1D",
]  # fmt: skip
FORM = [
    "select_one", "select_one x", "select_multiple x", "select_one_from_file x.csv", "begin group", "end group",
    "begin repeat", "end repeat", "begin_repeat", "rank x", "integer", "decimal", "date", "text", "note", "calculate",
    "geopoint", "xx", "survey", "choices", "settings", "type", "name", "label", "label::English (en)", "label::", "::",
    "label::Klingon (tlh)", "list_name", "list name", "relevant", "constraint", "one", "many", "country", "countries",
    "number", "kind", "option", "question", "strand", "poll", "repeat", "parent",
]  # fmt: skip
VALUES = [
    '1', '-1', '1.5', 'true', '[]', '{}', '""', '" "', '["a", 3]', '[[]]', '1979-05-27', '"../x"', '"/nowhere/x"',
    '"*"', '"answers*"', '"["', 'nan', '"\\u0000"', '{ en = 3 }', '{ country = 3 }', '{ country = "" }',
    '{ x = { y = [] } }', '99999999999999999999', '"é\\u202e"', '[3]', '[true]', '["codebook.csv"]', '["nowhere.csv"]',
    '["."]', '["exports"]', "''", '{ consent = "country", country = "country" }', '"other"',
]  # fmt: skip


def changed(path: Path, chance: Random, others: list[bytes]) -> Path:
    """Change one file in one to three ways that its kind allows; gives its path, since its ending may change too."""
    content = path.read_bytes()
    for _ in range(chance.choice([1, 1, 2, 3])):
        content = _once(content, path.suffix.lower(), chance, others)
    path.write_bytes(content)
    if path.name != "study.toml" and path.stem == "answers" and chance.random() < 0.06:
        path = path.rename(path.with_suffix(chance.choice(ENDINGS)))
    return path


def _once(content: bytes, ending: str, chance: Random, others: list[bytes]) -> bytes:
    is_rough = chance.random() < 0.3
    if ending == ".toml" and not is_rough:
        return of_plan(content, chance)
    if ending in TEXT and not is_rough:
        return of_text(content, chance)
    if ending in WORKBOOK and not is_rough:
        return of_workbook(content, chance)
    if ending in (*WORKBOOK, ".zip", ".ods") and chance.random() < 0.8:
        return of_archive(content, chance, others)
    return of_bytes(content, chance, others)


def of_bytes(content: bytes, chance: Random, others: list[bytes]) -> bytes:
    """Flip, cut, insert, repeat or splice bytes, or write them in another encoding."""
    size = len(content) or 1
    at, until = sorted((chance.randrange(size), chance.randrange(size)))
    way = chance.randrange(9)
    if way == 0:
        flipped = bytearray(content)
        for _ in range(chance.choice([1, 3, 30]) if content else 0):
            flipped[chance.randrange(size)] ^= 1 << chance.randrange(8)
        return bytes(flipped)
    if way == 1:
        return content[:at] + content[min(until, at + chance.choice([1, 10, 1_000, size])) :]
    if way == 2:
        return content[:at]
    if way in (3, 4):
        return content[:at] + chance.choice(PIECES) * chance.choice([1, 1, 2, 500]) + content[at:]
    if way == 5:
        block = content[at : min(until, at + 5_000)]
        return content[:at] + block * chance.choice([2, 3, 40]) + content[at:]
    if way == 6:
        return content[:at] + chance.choice(others)[chance.randrange(200) :]
    if way == 7:
        return chance.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\n\n", b"sep=,\n", b"\0\0"]) + content
    text = content.decode("utf-8", "replace")
    return text.encode(chance.choice(ENCODINGS), chance.choice(["replace", "ignore", "xmlcharrefreplace"]))


def of_text(content: bytes, chance: Random) -> bytes:
    """Change the cells of a text table, and write it with a separator, marks, line ends and an encoding of chance."""
    rows = rows_of(content)
    of_rows(rows, chance)
    is_plain = chance.random() < 0.6
    separator = "," if is_plain else chance.choice(",;\t|")
    ends = "\n" if is_plain else chance.choice(["\n", "\r\n", "\r"])
    marks = (
        csv.QUOTE_MINIMAL
        if is_plain
        else chance.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC])
    )
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=ends, quoting=marks).writerows(rows)
    encoding = "utf-8" if is_plain else chance.choice(ENCODINGS)
    return text.getvalue().encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")


def rows_of(content: bytes) -> Rows:
    """Read a text table as far as it is one."""
    text = content.decode("utf-8-sig", "replace").replace("\0", "")
    first = text.split("\n", 1)[0]
    csv.field_size_limit(1 << 30)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t|", key=first.count)))
    except csv.Error:
        return [[line] for line in text.splitlines()]


def of_rows(rows: Rows, chance: Random) -> None:
    """Change cells, heads, rows and columns of a table, in place."""
    for _ in range(chance.choice([1, 2, 5, 20])):
        filled = [number for number, row in enumerate(rows) if row]
        if not filled:
            rows.append([chance.choice(NASTY)])
            return
        change = chance.choice(
            [_cells, _cells, _cells, _heads, _heads, _lengths, _swapped, _columns, _whole_rows]
        )
        change(rows, filled, chance)


def _cells(rows: Rows, filled: list[int], chance: Random) -> None:
    words = chance.choice([NASTY, NASTY, FORM])
    for _ in range(chance.choice([1, 4, 15])):
        row = rows[chance.choice(filled)]
        row[chance.randrange(len(row))] = chance.choice(words)


def _heads(rows: Rows, filled: list[int], chance: Random) -> None:
    heads = rows[chance.choice(filled[:3])]
    at = chance.randrange(len(heads))
    with SERVICE_COLUMNS.open(encoding="utf-8", newline="") as file:
        own = [row["head"] for row in csv.DictReader(file)]
    head = heads[at]
    slips = [
        f"{head} ",
        f"{head}\r\n",
        f"{head}2",
        str(head).upper(),
        f"{head} [x]",
        f"g/{head}",
        f"{head}/x",
    ]
    words = [
        chance.choice(heads),
        "",
        *chance.choices(own, k=4),
        *chance.choices(NASTY, k=2),
        *chance.choices(FORM, k=2),
    ]
    heads[at] = chance.choice([*words, *slips])
    if chance.random() < 0.15:
        heads[:] = [chance.choice([head, heads[at], chance.choice(own)]) for head in heads]


def _lengths(rows: Rows, filled: list[int], chance: Random) -> None:
    row = rows[chance.choice(filled)]
    if chance.random() < 0.5:
        del row[chance.randrange(len(row)) :]
    else:
        row += [chance.choice(["", "", chance.choice(NASTY)]) for _ in range(chance.choice([1, 3, 200]))]


def _swapped(rows: Rows, filled: list[int], chance: Random) -> None:
    one, other = rows[chance.choice(filled)], rows[chance.choice(filled)]
    here, there = chance.randrange(len(one)), chance.randrange(len(other))
    one[here], other[there] = other[there], one[here]


def _columns(rows: Rows, filled: list[int], chance: Random) -> None:
    at, until = chance.randrange(len(rows[filled[0]])), chance.randrange(len(rows[filled[0]]))
    way, word = chance.randrange(4), chance.choice(NASTY)
    for row in (row for row in rows if len(row) > max(at, until)):
        if way == 0:
            del row[at]
        elif way == 1:
            row.insert(until, row[at])
        elif way == 2:
            row[at], row[until] = row[until], row[at]
        elif row is not rows[filled[0]]:
            row[at] = word


def _whole_rows(rows: Rows, filled: list[int], chance: Random) -> None:
    at, way = chance.choice(filled), chance.randrange(5)
    if way == 0:
        del rows[at]
    elif way == 1:
        rows[at:at] = [list(rows[at])] * chance.choice([1, 3])
        rows[:] = [list(row) for row in rows]
    elif way == 2:
        rows.insert(at, chance.choice([[], [""], [chance.choice(NASTY)]]))
    elif way == 3:
        del rows[at + 1 :]
    else:
        chance.shuffle(rows)


def of_workbook(content: bytes, chance: Random) -> bytes:
    """Change the cells and the sheets of a workbook; one that openpyxl cannot read stays as it is."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(content))
    except Exception:  # openpyxl raises whatever the damage brings
        return content
    sheet = chance.choice(book.worksheets) if book.worksheets else book.create_sheet("new")
    if sheet.max_row * sheet.max_column > MOST_CELLS:
        return content
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    of_rows(rows, chance)
    for _ in range(chance.choice([0, 1, 5])):
        row = chance.choice(rows) if rows else []
        if row:
            row[chance.randrange(len(row))] = chance.choice(TYPED)
    fresh = book.create_sheet("fresh", book.index(sheet))
    for row in rows:
        fresh.append([_cell(value) for value in row])
    title = sheet.title
    book.remove(sheet)
    fresh.title = title
    _sheets(book, fresh, chance)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


TYPED = [
    1, 1.0, -0.0, 1.234, 1e308, 5e-324, 2**70, True, False, None, date(1900, 1, 1), datetime(9999, 12, 31, 23, 59, 59),
    time(23, 59, 59), datetime(1904, 1, 1), timedelta(days=400, seconds=1), timedelta(seconds=-5), "=1/0", "=A1",
    "#N/A", "#REF!", "=HYPERLINK(\"x\")",
]  # fmt: skip


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    return ILLEGAL_CHARACTERS_RE.sub("", value.encode("utf-8", "ignore").decode())[:32_000]


def _sheets(book: openpyxl.Workbook, sheet: object, chance: Random) -> None:
    way = chance.randrange(12)
    if way == 0:
        sheet.merge_cells("A1:C2")
    elif way == 1:
        sheet.sheet_state = chance.choice(["hidden", "veryHidden"])
        book.active = 0
        if len(book.worksheets) == 1:
            book.create_sheet("shown")
    elif way == 2:
        sheet.title = chance.choice(
            ["Survey", "SURVEY ", "choises", "Sheet1", "main", "é 日", "setting", "x" * 31]
        )
    elif way == 3:
        book.create_sheet(chance.choice(["first", "empty", "survey2"]), 0)
    elif way == 4:
        book.copy_worksheet(sheet)
    elif way == 5:
        sheet.insert_rows(1, chance.choice([1, 2, 12]))
    elif way == 6:
        sheet.insert_cols(1, chance.choice([1, 5]))
    elif way == 7:
        sheet.cell(chance.choice([100, 30_000]), chance.choice([1, 50, 300]), "far out")


def of_archive(content: bytes, chance: Random, others: list[bytes]) -> bytes:
    """Change, drop, double, rename or add a member of a zip; one that is no zip any more has its bytes changed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:  # zipfile raises whatever its damage brings
        return of_bytes(content, chance, others)
    if not members:
        return content
    at = chance.randrange(len(members))
    name, inside = members[at]
    way = chance.randrange(7)
    if way <= 2:
        members[at] = (
            name,
            of_text(inside, chance) if name.endswith(TEXT) else of_markup(inside, chance, others),
        )
    elif way == 3:
        del members[at]
    elif way == 4:
        members.append((name, chance.choice(others)))
    elif way == 5:
        members[at] = (
            chance.choice(
                ["x.csv", "a/b.csv", "../up.csv", "é 日.csv", name.upper(), f"{name}.zip", "x/", ".csv"]
            ),
            inside,
        )
    else:
        members.append((f"{chance.choice('abc')}{chance.choice(ENDINGS)}", chance.choice(others)))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for one, raw in members:
            archive.writestr(one, raw)
    return written.getvalue()


def of_markup(content: bytes, chance: Random, others: list[bytes]) -> bytes:
    """Change a number, a name or a piece of XML; else its bytes."""
    way = chance.randrange(4)
    if way == 0 and (numbers := list(re.finditer(rb"\d+", content))):
        found = chance.choice(numbers)
        number = chance.choice(
            [b"0", b"-1", b"4294967296", b"99999999999999999999", b"1e999", b"NaN", b"", b"x"]
        )
        return content[: found.start()] + number + content[found.end() :]
    if way == 1 and (tags := list(re.finditer(rb"<[^>]*>", content))):
        found = chance.choice(tags)
        return (
            content[: found.start()]
            + chance.choice([b"", found[0] * 2, b"<x>", b"<!DOCTYPE x>"])
            + content[found.end() :]
        )
    if way == 2 and (named := list(re.finditer(rb'"[^"<>]*"', content))):
        found = chance.choice(named)
        word = chance.choice([b"", b"ZZZZ99999999", b"A0", b"XFD1048576", b"s", b"d"])
        return content[: found.start() + 1] + word + content[found.end() - 1 :]
    return of_bytes(content, chance, others)


def of_plan(content: bytes, chance: Random) -> bytes:
    """Change a line of study.toml: its value, its key, or whether it stands there."""
    lines = content.decode("utf-8", "replace").splitlines()
    if not lines:
        return b"\n"
    for _ in range(chance.choice([1, 1, 3])):
        at, way = chance.randrange(len(lines)), chance.randrange(6)
        key = lines[at].split("=")[0]
        if way <= 2 and "=" in lines[at]:
            lines[at] = f"{key}= {chance.choice(VALUES)}"
        elif way == 3:
            heads = ["[x]", "[strands.x]", "[strands]", '[strands.""]', "[sources.x]"]
            lines[at] = chance.choice(["", lines[at] * 2, "x = 3", '"a.b" = 1', *heads])
        elif way == 4:
            keys = ['"é" = ""', "sheet = 'x'", "sheet = 3", "earlier = ['codebook.csv']", "earlier = [3]"]
            lines.insert(at, chance.choice([lines[at], *keys]))
        else:
            lines[at] = lines[at].replace(key.strip() or "x", f"{key.strip()}s", 1)
    return "\n".join(lines).encode() + b"\n"
