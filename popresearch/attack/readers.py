"""Every file as text that can be searched: what a reader sees, and what stands in its properties, members and metadata.

A few lines a format, with what Python brings; a file that holds others (workbook, document, archive) gives each of them.
"""

import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

TEXTS = {
    ".html",
    ".htm",
    ".svg",
    ".csv",
    ".json",
    ".jsonld",
    ".md",
    ".txt",
    ".xml",
    ".rels",
    ".css",
    ".js",
    ".ipynb",
    ".tsv",
    ".yml",
    ".geojson",
}
ARCHIVES = {".zip", ".xlsx", ".docx", ".pptx", ".odt", ".ods"}
LARGEST = 200_000_000  # bytes of a member; a larger one is not unpacked
DEEPEST = 3  # archives within archives
PDF_FIELD = re.compile(
    rb"/(Author|Creator|Producer|CreationDate|ModDate|Title|Subject|Keywords)\s*(\((?:\\.|[^\\)])*\)|<[0-9A-Fa-f\s]*>)"
)
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
PNG_TEXTS = {b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf"}


@dataclass(frozen=True)
class Page:
    """A piece of a file: where it stands, its text, and its properties by name (author, software, times)."""

    place: str
    text: str
    properties: dict[str, str]
    is_read: bool = True


def pages(name: str, data: bytes, depth: int = 0) -> Iterator[Page]:
    """Give the pieces of a file; one of a kind that is not known gives the letters in its bytes."""
    suffix = "." + name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if suffix in ARCHIVES or (data[:4] == b"PK\x03\x04" and depth < DEEPEST):
        yield from _archive(name, data, depth)
    elif data[:5] == b"%PDF-":
        yield _pdf(name, data)
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        yield Page(name, "", dict(_png(data)))
    elif data[:2] == b"\xff\xd8":
        yield Page(name, "", dict(_jpeg(data)))
    elif suffix == ".parquet":
        yield _parquet(name, data)
    elif suffix in TEXTS:
        yield Page(name, _plain(data.decode("utf-8", errors="replace")), {})
    else:
        yield Page(name, " ".join(found.decode() for found in re.findall(rb"[\x20-\x7e]{6,}", data)), {})


def _plain(text: str) -> str:
    """Undo entities and escapes."""
    text = html.unescape(text)
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text).replace('\\"', '"')


def _archive(name: str, data: bytes, depth: int) -> Iterator[Page]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile:
        yield Page(name, "", {}, is_read=False)
        return
    for member in archive.infolist():
        place = f"{name}!{member.filename}"
        if member.file_size > LARGEST or depth >= DEEPEST:
            yield Page(place, "", {}, is_read=False)
            continue
        content = archive.read(member)
        if member.filename in ("docProps/core.xml", "docProps/app.xml"):
            found = re.findall(r"<(?:\w+:)?(\w+)[^>]*>([^<]+)</", content.decode("utf-8", errors="replace"))
            yield Page(place, "", {key: html.unescape(value) for key, value in found})
        elif "thumbnail" in member.filename.lower():
            yield Page(place, "", {"thumbnail": member.filename})
        else:
            yield from pages(place, content, depth + 1)


def _pdf(name: str, data: bytes) -> Page:
    streams = []
    for stream in STREAM.findall(data):
        try:
            streams.append(zlib.decompressobj().decompress(stream, LARGEST))
        except zlib.error:
            streams.append(stream if stream.lstrip()[:1] == b"<" else b"")
    whole = b"\n".join([data[: 1 << 16] if not streams else b"", *streams])
    fields = {
        key.decode(): _pdf_text(value) for source in (data, whole) for key, value in PDF_FIELD.findall(source)
    }
    packets = [stream for stream in streams if b"xmpmeta" in stream]
    for packet in packets:
        found = re.findall(
            r"<\w+:(creator|CreatorTool|Producer|CreateDate|ModifyDate|MetadataDate)>(.*?)</",
            packet.decode("utf-8", "replace"),
            re.S,
        )
        fields |= {f"XMP {key}": re.sub(r"<[^>]*>", " ", value).strip() for key, value in found}
    return Page(name, whole.decode("latin-1"), {key: value for key, value in fields.items() if value})


def _pdf_text(value: bytes) -> str:
    raw = (
        bytes.fromhex(re.sub(rb"\s", b"", value[1:-1]).decode())
        if value[:1] == b"<"
        else value[1:-1].replace(b"\\", b"")
    )
    return raw.decode("utf-16", "replace") if raw[:2] in (b"\xfe\xff", b"\xff\xfe") else raw.decode("latin-1")


def _png(data: bytes) -> Iterator[tuple[str, str]]:
    place = 8
    while place + 8 <= len(data):
        size, kind = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        if kind in PNG_TEXTS:
            yield kind.decode(), data[place + 8 : place + 8 + size].decode("latin-1").replace("\0", " ")
        place += size + 12


def _jpeg(data: bytes) -> Iterator[tuple[str, str]]:
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        size = int.from_bytes(data[place + 2 : place + 4])
        content = data[place + 4 : place + 2 + size]
        if content[:4] == b"Exif" or data[place + 1] in (0xFE, 0xED) or b"xmpmeta" in content:
            yield f"segment {data[place + 1]:02X}", content.decode("latin-1")
        if b"\xff\xd8\xff" in content:
            yield "thumbnail", "a picture within the picture"
        place += 2 + size


def _parquet(name: str, data: bytes) -> Page:
    table = pd.read_parquet(io.BytesIO(data))
    texts = [
        table[column].dropna().astype(str).unique()
        for column in table
        if not pd.api.types.is_numeric_dtype(table[column])
    ]
    words = "\n".join(
        [*map(str, table.columns), *(text for column in texts for text in column), json.dumps(table.attrs)]
    )
    return Page(name, words, {})
