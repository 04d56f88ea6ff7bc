"""A service that withdraws: its responses are dropped at the door from the next run on, and that nothing is left is looked up.

The list (`popresearch.withdrawn`) holds no name, so what is looked for is every run of words of every file, folded and marked with the
key as the names on the list are; every web host; and the identifiers as they stand. The exports themselves are never changed: there
the door refuses the rows, until a purge deletes the files.
"""

import html
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from popresearch import files, keys, ledger, registry, withdrawn
from popresearch.faults import BadInput, Fault, bad_input
from popresearch.ingested import load
from popresearch.names import domain, folded
from popresearch.retention import kept, places, received
from popresearch.withdrawn import Withdrawn, named, plain

REASON = "withdrawn on request"
HOST = re.compile(r"(?<![\w@])(?:[\w-]+\.)+[^\W\d_]{2,}")
TAG = re.compile(r"<[^>]*>")
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
DRAWN = re.compile(r"[-+A-Za-z]?[\d.,\s-]{60,}")  # numbers of shapes in drawings
UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{2,}"
)  # written without blanks
LONGEST_UNSPACED = 24  # letters
REMEDY = "Make it again: pop run. What another service wrote of it is corrected in corrections.csv beside the exports."
Out = Callable[[str], object]


def forget(study: Any, service: str, *, reason: str = "", out: Out = print) -> int:
    """Put the services of this name (or this identifier) on the list; gives how many responses the next run drops."""
    path = study.restricted / "registry" / "services.parquet"
    if not path.is_file():
        remedy = f"Make it first: pop run {study.name} -p source={study.source}"
        raise bad_input(f"study '{study.name}'", "has no registry here.", remedy)
    register = registry.load(study)
    services = register.services
    chosen = services[
        (services["service"] == service) | (services["name"].map(plain) == (plain(service) or None))
    ]
    if chosen.empty:
        remedy = f"Names and identifiers stand in {places.shown(path, study)}: columns name and service."
        raise bad_input("this service", f"is not in the registry of study '{study.name}'.", remedy)
    _refuse_named(reason, chosen["name"])
    links = register.links[register.links["service"].isin(chosen["service"])]
    texts, earlier = load(study).texts, withdrawn.read(study).rows
    key = keys.made(places.private(study))
    rows = [
        _row(study, one, links[links["service"] == one.service]["response"], texts, key, reason or REASON)
        for one in chosen.itertuples()
    ]
    others = [row for row in earlier if row["service"] not in set(chosen["service"])]
    withdrawn.write(study, [*others, *rows])
    out(f"{len(chosen)} services with {len(links)} responses are withdrawn from the next run on.")
    out("Publish that run anew. The exports themselves stay as they are until they are purged.")
    return len(links)


def _refuse_named(reason: str, names: Iterable[str]) -> None:
    if any(plain(name) in plain(reason) for name in names):
        raise bad_input(
            "--reason", "names the service.", "Say why without its name: the list must not hold it."
        )


def _row(
    study: Any, service: Any, responses: pd.Series, texts: pd.DataFrame, key: bytes, reason: str
) -> dict[str, str]:
    """Write one service as the list has it: every spelling of its name and every web host of its responses, as marks."""
    roles = study.strands[service.strand].roles
    own = texts[texts["response"].isin(responses)]
    names = {name for name in own.loc[own["question"] == roles.get("service"), "text"] if plain(name)}
    hosts = {domain(text) for text in own.loc[own["question"] == roles.get("address"), "text"]} - {""}
    return {
        "service": service.service,
        "country": service.country_iso3,
        "responses": " ".join(sorted(responses)),
        "exports": _exports(study),
        "names": " ".join(sorted({withdrawn.sign_of(key, name) for name in names})),
        "hosts": " ".join(sorted(keys.mark(key, host) for host in hosts)),
        "key": keys.mark(key, ""),
        "date": str(received.today()),
        "reason": reason,
    }


def prove(study: Any, out: Out = print) -> None:
    """Look for the withdrawn services in all that was made; say that nothing is left, or raise `BadInput` with the files."""
    gone = withdrawn.read(study)
    if not gone:
        out(f"No service has withdrawn from study '{study.name}', source '{study.source}'.")
        return
    paths = list(_made(study))
    exports = _exports(study)
    faults = [
        Fault(places.shown(path, study), f"still has {', '.join(found)} of a service that withdrew.", REMEDY)
        for path in paths
        if (found := _found(path, gone, exports))
    ]
    if faults:
        raise BadInput(f"study '{study.name}', source '{study.source}'", faults)
    n = len(gone.rows)
    out(f"{n} withdrawn services: no name, web address or identifier of them is left in {len(paths)} files.")


def _made(study: Any) -> Iterator[Path]:
    """Every file that was made from answers: outputs, products in data/restricted, and what a purge kept; files of equal bytes once."""
    found = [*places.below(study.outputs), *places.products(study), *places.below(kept.folder(study))]
    seen = set()
    for path in sorted(found):
        if path.is_file() and (sha256 := files.sha256(path)) not in seen:
            seen.add(sha256)
            yield path


def _found(path: Path, gone: Withdrawn, exports: str) -> list[str]:
    """Say which of name, web address and identifier a file holds."""
    text = _text(path)
    marks = {sign for row in gone.rows for _, sign in named(row)}
    hosts = {sign for row in gone.rows for sign in row["hosts"].split()}
    identifiers = {row["service"] for row in gone.rows}
    identifiers |= {
        name for row in gone.rows if row["exports"] == exports for name in row["responses"].split()
    }
    lengths = {words for row in gone.rows for words, _ in named(row)}
    found = {
        "the name": any(keys.mark(gone.key, words) in marks for words in _runs(text, lengths)),
        "the web address": any(
            keys.mark(gone.key, domain(host)) in hosts for host in set(HOST.findall(text.casefold()))
        ),
        "an identifier": any(name in text for name in identifiers),
    }
    return [what for what, is_there in found.items() if is_there]


def _runs(text: str, lengths: Iterable[int]) -> set[str]:
    """All runs of so many words of a text, folded; of scripts without blanks between words every part of a run of letters."""
    runs: set[str] = set()
    for line in set(DRAWN.sub(" ", text).splitlines()):
        words = folded(line).split()
        for n in lengths:
            runs.update(" ".join(words[place : place + n]) for place in range(len(words) - n + 1))
        for letters in {found for word in words for found in UNSPACED.findall(word)}:
            ends = range(2, min(len(letters), LONGEST_UNSPACED) + 1)
            runs.update(letters[start : start + n] for n in ends for start in range(len(letters) - n + 1))
    return runs


def _text(path: Path) -> str:
    """What a file says: the texts of a table, the parts of a workbook or document, else its text, with and without its tags."""
    if path.suffix == ".parquet":
        return "\n".join(_cells(path))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            text = "\n".join(package.read(name).decode(errors="replace") for name in package.namelist())
    else:
        text = path.read_bytes().decode(errors="replace")
    text = ESCAPED.sub(lambda found: chr(int(found[1], 16)), html.unescape(text)).replace("\\n", "\n")
    return f"{text}\n{TAG.sub('', text)}" if "<" in text else text


def _cells(path: Path) -> Iterator[str]:
    """The distinct texts of a Parquet file, its heads among them."""
    table = parquet.read_table(path)
    yield from table.column_names
    for column in table.columns:
        values = column.unique()
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            yield from (value for value in values.to_pylist() if value)


def _exports(study: Any) -> str:
    """One digest of the files of answers: response identifiers number their rows, so they mean nothing for other files."""
    return ledger.digest({path.name: files.sha256(path) for path in places.answers(study)})
