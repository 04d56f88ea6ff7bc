"""By what a response is known again, without its texts: hashes of its key, its device and its answers, its minute, its duration."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from popresearch.platforms import Export
from popresearch.texts import normal

CLOCK = r"^(?P<day>.*?)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?:[.,]\d+)?(?P<tail>.*)$"
AFTERNOON = r"(?i)^\s*(pm|p\.\s?m\.|م|下午|午後)"
MORNING = r"(?i)^\s*(am|a\.\s?m\.|ص|上午|午前)"
NO_TIME = "1980-01-01"  # what LimeSurvey writes for every response of an anonymous survey
KEY = re.compile(
    r"(uuid:)?[0-9a-f]{8}-[0-9a-f-]{27}|R_\w{9,}|[0-9a-z]{20,}|\d{9,}"
)  # a key that no other survey gives
KEYS_LOOKED_AT = 1000
DEVICES = {"deviceid", "device id", "network id", "subscriberid", "simid", "simserial"}
NONE = np.uint64(0)
START = {
    "start",
    "starttime",
    "start time",
    "startdate",
    "start date",
    "date started",
}  # ODK, LimeSurvey: the end stands first
END = {"end", "endtime", "end time", "enddate", "end date", "submitdate", "date submitted"}
DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ]")  # as `_iso` reads it
Times = tuple[np.ndarray, np.ndarray]  # the day and the second of the day, by row
DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)  # places of the digits in 2026-11-25T09:30:00
MARKS = {4: "-", 7: "-", 13: ":", 16: ":"}


def of(batch: pd.DataFrame, export: Export) -> pd.DataFrame:
    """Give `key`, `device`, `minute` (uint64, 0 where unknown) and `seconds` taken (-1 where unknown) of each response.

    `minute` is that of the last time column that has one. A key that counts up from 1 is one only together with the first time.
    """
    times = [_clock(batch[number]) for number in columns(export, "time")]
    begun, ended = _started(export, times)
    minute, seconds = np.zeros(len(batch), np.uint64), np.full(len(batch), -1, np.int32)
    for day, second in times:
        minute = np.where(second >= 0, _mixed(day + (second // 60).astype(np.uint64)), minute)
    if begun and ended:
        (day, start), (last, end) = begun, ended
        seconds = np.where((start >= 0) & (end >= start) & (day == last), end - start, seconds)
    return pd.DataFrame(
        {
            "key": _keys(batch, export, begun),
            "device": _devices(batch, export),
            "minute": minute,
            "seconds": seconds,
        },
        index=batch.index,
    )


def _started(export: Export, times: list[Times]) -> tuple[Times | None, Times | None]:
    """The times at which a response was begun and ended: the columns that say so, else the first and the second."""
    heads = [normal(re.sub(r"^.*/|\._\..*$", "", export.heads[number])) for number in columns(export, "time")]
    begun, ended = (
        next((time for head, time in zip(heads, times, strict=True) if head in words), None)
        for words in (START, END)
    )
    return begun or (times[0] if times else None), ended or (times[1] if len(times) > 1 else None)


def needed(export: Export) -> set[int]:
    """The columns that `of` looks at."""
    found = {*columns(export, "time"), *_key_columns(export), device(export)}
    return {number for number in found if number is not None}


def columns(export: Export, meaning: str) -> list[int]:
    """The columns of an export that mean time, row_key, or another thing of the platform's own."""
    return [number for number, own in enumerate(export.meanings) if own == meaning]


def device(export: Export) -> int | None:
    """The column that names the device, if the platform writes one."""
    return next(
        (n for n in columns(export, "personal") if normal(export.heads[n].rsplit("/", 1)[-1]) in DEVICES),
        None,
    )


def content(answers: Iterable[tuple[str, pd.Series]], index: pd.Index, *, folded: bool = False) -> np.ndarray:
    """Hash the answers of each response (uint64): blank ones add nothing, so a question that was added later changes nothing.

    `answers` gives a name and the dictionary-encoded texts; `folded` compares texts without case, width and space.
    """
    total = np.zeros(len(index), np.uint64)
    for name, cells in answers:
        texts = pc.utf8_trim_whitespace(pa.array(cells.cat.categories, pa.string()))
        if folded:
            texts = pc.replace_substring_regex(pc.utf8_lower(pc.utf8_normalize(texts, "NFKC")), r"\s+", " ")
        hashes = _mixed(_hashed(texts) ^ _hashed(pa.array([name]))[0])
        hashes[_blank(texts)] = NONE
        if len(texts):
            total += hashes[cells.cat.codes.to_numpy()]
    return total


def _keys(batch: pd.DataFrame, export: Export, begun: Times | None) -> np.ndarray:
    numbers = _key_columns(export)
    for number in numbers:
        given = [text.strip() for text in batch[number].iloc[:KEYS_LOOKED_AT].astype("str") if text.strip()]
        if given and all(KEY.fullmatch(text.lower() if "-" in text else text) for text in given):
            return _each_hashed(batch[number])
    if not numbers or begun is None:
        return np.zeros(len(batch), np.uint64)
    day, second = begun
    hashes = _each_hashed(batch[numbers[0]])
    return np.where((hashes != NONE) & (second >= 0), _mixed(hashes + day + second.astype(np.uint64)), NONE)


def _key_columns(export: Export) -> list[int]:
    """The columns of keys; KoboToolbox's _uuid changes with each edit, so it is one only where nothing else is."""
    return columns(export, "row_key") or [
        n for n, head in enumerate(export.heads) if head.rsplit("/", 1)[-1] == "_uuid"
    ]


def _devices(batch: pd.DataFrame, export: Export) -> np.ndarray:
    number = device(export)
    return np.zeros(len(batch), np.uint64) if number is None else _each_hashed(batch[number])


def _each_hashed(cells: pd.Series) -> np.ndarray:
    """Hash a column by row; 0 for a blank."""
    texts, codes = _texts(cells)
    texts = pc.utf8_trim_whitespace(texts)
    hashes = _hashed(texts)
    hashes[_blank(texts)] = NONE
    return _by_row(hashes, codes)


def _texts(cells: pd.Series) -> tuple[pa.Array, np.ndarray | None]:
    """The texts of a column and, where it is dictionary-encoded, which of them each row holds."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return pa.array(cells.cat.categories, pa.string()), cells.cat.codes.to_numpy()
    return pa.array(cells, pa.string()), None


def _by_row(values: np.ndarray, codes: np.ndarray | None) -> np.ndarray:
    return values if codes is None else values[codes] if len(values) else np.zeros(len(codes), values.dtype)


def _blank(texts: pa.Array) -> np.ndarray:
    return pc.equal(texts, "").to_numpy(zero_copy_only=False)


def _hashed(texts: pa.Array) -> np.ndarray:
    return pd.util.hash_array(texts.to_numpy(zero_copy_only=False), categorize=False)


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Scatter the bits of 64-bit numbers (the finaliser of SplitMix64), so that sums of them do not collide."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _clock(cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Give the day (as a number of its own) and the second of the day of each row; -1 where no time stands."""
    texts, codes = _texts(cells)
    found = _iso(texts)
    day, second = _any(texts) if found is None else found
    second = np.where(pc.starts_with(texts, NO_TIME).to_numpy(zero_copy_only=False), -1, second).astype(
        np.int32
    )
    return _by_row(day, codes), _by_row(second, codes)


def _iso(texts: pa.Array) -> tuple[np.ndarray, np.ndarray] | None:
    """Read times that all begin like 2026-11-25T09:30:00, straight from their bytes; None where one does not."""
    stamps = _stamps(texts)
    if stamps is None or any((stamps[:, place] != ord(mark)).any() for place, mark in MARKS.items()):
        return None
    digit = {place: stamps[:, place] - np.uint8(ord("0")) for place in DIGITS}
    if any((values > 9).any() for values in digit.values()):
        return None
    digit = {place: values.astype(np.int32) for place, values in digit.items()}
    pair = {place: digit[place] * 10 + digit[place + 1] for place in (0, 2, 5, 8, 11, 14, 17)}
    day = (pair[0] * 100 + pair[2]) * 10_000 + pair[5] * 100 + pair[8]
    return _mixed(day.astype(np.uint64)), pair[11] * 3600 + pair[14] * 60 + pair[17]


def _stamps(texts: pa.Array) -> np.ndarray | None:
    """The first 19 bytes of each text, a row each; None where one is shorter."""
    _, offsets, data = texts.buffers()
    start = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    lengths = np.diff(start)
    if not len(texts) or lengths.min() < 19:
        return None
    letters = np.frombuffer(data, np.uint8)
    if lengths.min() == lengths.max():
        return letters[start[0] : start[-1]].reshape(len(texts), -1)[:, :19]
    return letters[start[:-1].astype(np.int64)[:, None] + np.arange(19)]


def _any(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Read times of any other form, as "3/14/22 3:12:45 PM"; the day is whatever stands before the hour."""
    parts = pc.extract_regex(texts, CLOCK)
    tail = pc.fill_null(pc.struct_field(parts, "tail"), "")
    hour, minute, second = (_whole(pc.struct_field(parts, name)) for name in ("hour", "minute", "second"))
    pm, am = (
        pc.match_substring_regex(tail, pattern).to_numpy(zero_copy_only=False)
        for pattern in (AFTERNOON, MORNING)
    )
    hour = np.where(pm & (hour < 12), hour + 12, np.where(am & (hour == 12), 0, hour))
    known = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    seconds = np.where(known, hour * 3600 + minute * 60 + second, -1)
    days = pc.fill_null(pc.struct_field(parts, "day"), "").dictionary_encode()
    return _days(days.dictionary.to_pylist())[days.indices.to_numpy()], seconds


def _days(texts: list[str]) -> np.ndarray:
    """Give each day a number of its own, the same as `_iso` does: one blank in a column must not change all others."""
    known = [DAY.fullmatch(text) for text in texts]
    numbers = _mixed(np.array([int("".join(day.groups())) if day else 0 for day in known], np.uint64))
    others = _hashed(pa.array([text.strip() for text in texts], pa.string()))
    return np.where([bool(day) for day in known], numbers, others)


def _whole(texts: pa.Array) -> np.ndarray:
    blank = pc.fill_null(texts, "")
    return pc.if_else(pc.equal(blank, ""), "0", blank).cast(pa.int32()).to_numpy()
