"""A study: a folder under data/ with study.toml, checked as a whole when it is loaded."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from popresearch.faults import BadInput, Fault, bad_input, did_you_mean
from popresearch.wording import LANGUAGES, ROOT

EXIT_TARGET = "https://www.bbc.co.uk/weather"  # neutral; after GOV.UK's "Exit this page"
KNOWN = {
    "title", "note", "banner", "languages", "source", "sources", "thresholds", "bands", "rollups", "topics",
    "strands", "audience", "exit_target", "margins", "scales", "no_opinion",
}  # fmt: skip
STRAND_KNOWN = {
    "system",
    "instrument",
    "earlier",
    "files",
    "sheet",
    "roles",
    "minimum_cell",
    "hide_zero",
    "carer_needed",
}
ROLES = {
    "consent",
    "country",
    "countries",
    "age",
    "carer",
    "service",
    "organisation",
    "address",
    "contact",
    "on_map",
    "organisation_type",
    "gender",
}
SHAPES = {"title": dict, "note": str, "banner": dict, "languages": list, "source": str, "sources": dict,
          "thresholds": dict, "bands": dict, "rollups": dict, "topics": dict, "strands": dict,
          "audience": str, "exit_target": str, "margins": dict, "scales": dict, "no_opinion": list}  # fmt: skip
STRAND_SHAPES = {"system": str, "instrument": str, "earlier": list, "files": list, "sheet": str, "roles": dict,
                 "minimum_cell": int, "hide_zero": bool, "carer_needed": list}  # fmt: skip
TEXTS = (
    "title",
    "banner",
    "languages",
    "source",
    "sources",
    "instrument",
    "sheet",
    "earlier",
    "roles",
    "carer_needed",
    "no_opinion",
)
WORDS = {str: "a text", list: "a list", dict: "a table", int: "a whole number", bool: "true or false"}
LONGEST_NAME = 255  # bytes
THRESHOLDS = {"minimum_cell": 5, "minimum_base": 20, "caution_base": 50}


@dataclass(frozen=True)
class Strand:
    """One questionnaire of a study and the exports that answer it."""

    name: str
    system: str
    instrument: Path
    files: list[Path]
    roles: dict[str, str]
    minimum_cell: int
    hide_zero: bool
    sheet: str = ""
    carer_needed: tuple[str, ...] = ()
    earlier: tuple[Path, ...] = ()  # instruments of earlier versions, the latest first


@dataclass(frozen=True, repr=False)
class Study:
    """A study as its study.toml describes it, with the folders that its runs write to.

    `audience` "children" gives its pages POP's words, the way to leave at once, and the way to a helpline.
    """

    name: str
    title: dict[str, str]
    banner: str
    source: str
    exports: Path
    languages: tuple[str, ...]
    folder: Path
    key: str
    thresholds: dict[str, int]
    strands: dict[str, Strand]
    bands: dict[str, list[int]] = field(default_factory=dict)
    rollups: dict[str, dict[str, Any]] = field(default_factory=dict)
    topics: dict[str, dict[str, str]] = field(default_factory=dict)
    scales: dict[str, list[str]] = field(
        default_factory=dict
    )  # list of options → its scored options, lowest first
    no_opinion: tuple[str, ...] = ()  # options that say nothing of the matter: don't know, prefer not to say
    margins: dict[str, dict[str, Any]] = field(default_factory=dict)  # strand → population file, by, trim
    note: str = ""
    audience: str = ""
    exit_target: str = EXIT_TARGET

    @property
    def restricted(self) -> Path:
        """The folder of microdata, which git ignores."""
        return ROOT / "data" / "restricted" / self.key

    @property
    def outputs(self) -> Path:
        """The folder of everything that may leave."""
        return ROOT / "outputs" / self.key

    def _repr_markdown_(self) -> str:
        lead = f"**{self.banner}.** " if self.banner else ""
        strands = ", ".join(self.strands)
        return f"{lead}Study `{self.name}`, source `{self.source}`: {strands}. Minimum cell {self.thresholds['minimum_cell']}. {self.note}"

    def __repr__(self) -> str:
        return f"Study {self.name} ({self.source}) {self.banner}".strip()

    def files(self) -> list[Path]:
        """All exports of the study that exist, in the order of the strands."""
        return [path for strand in self.strands.values() for path in strand.files]


def load(name: str, source: str | None = None) -> Study:
    """Load a study and check it; all that is wrong with study.toml is said at once (`BadInput`)."""
    folder = ROOT / "data" / name
    known = sorted(path.parent.name for path in (ROOT / "data").glob("*/study.toml"))
    if name not in known:
        remedy = (
            f"Known studies: {', '.join(known)}. A new one starts with: pop study init EXPORT --name {name}"
        )
        raise bad_input(f"study '{name}'", f"does not exist.{did_you_mean(name, known)}", remedy)
    try:
        plan = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise bad_input(
            f"data/{name}/study.toml", f"is not valid TOML: {error}.", "Correct that line."
        ) from None
    source = source or plan.get("source", "")
    if faults := _faults(plan, folder, source):
        raise BadInput(f"data/{name}/study.toml", faults)
    return _study(name, folder, plan, source)


def _faults(plan: dict[str, Any], folder: Path, source: str) -> list[Fault]:
    if misshapen := _misshapen("", plan, SHAPES):
        return misshapen
    faults = [
        Fault(
            key,
            f"is not a key of study.toml.{did_you_mean(key, KNOWN)}",
            f"Keys: {', '.join(sorted(KNOWN))}.",
        )
        for key in plan
        if key not in KNOWN
    ]
    for needed in ("title", "sources", "strands"):
        if not plan.get(needed):
            faults.append(Fault(needed, "is missing or empty.", "Add it; see data/pop/study.toml."))
    for language in plan.get("languages", []):
        if language not in LANGUAGES:
            faults.append(
                Fault("languages", f"'{language}' is not known.", f"Known: {', '.join(LANGUAGES)}.")
            )
    for key, value in plan.get("thresholds", {}).items():
        if key not in THRESHOLDS:
            remedy = f"Thresholds: {', '.join(THRESHOLDS)}."
            faults.append(
                Fault("thresholds", f"'{key}' is not known.{did_you_mean(key, THRESHOLDS)}", remedy)
            )
        elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
            faults.append(Fault("thresholds", f"'{key}' must be a whole number above 0.", "Correct it."))
    for question, ends in plan.get("bands", {}).items():
        whole = isinstance(ends, list) and all(type(end) is int for end in ends)
        if not whole or not ends or ends != sorted(set(ends)):
            what = "must be whole numbers, each larger than the one before."
            faults.append(Fault("bands", f"the lower ends of '{question}' {what}", "Correct them."))
    for name, strand in plan.get("strands", {}).items():
        place = f"strands.{name}"
        faults += _misshapen(place, strand, STRAND_SHAPES) or _strand_faults(place, strand, folder)
        if not name.strip() or re.search(r"[/\\\0]", name):
            faults.append(
                Fault(place, "is no name that a file may have.", "Name it with letters, digits and _.")
            )
    if source not in plan.get("sources", {}):
        choices = sorted(plan.get("sources", {}))
        what = f"has no source '{source}'.{did_you_mean(source, choices)}"
        faults.append(Fault("sources", what, f"Sources: {', '.join(choices)}."))
    elif not _is_path(plan["sources"][source]):
        faults.append(Fault(f"sources.{source}", "is no path.", "Name the folder of the exports."))
    return faults


def _misshapen(place: str, table: dict[str, Any], shapes: dict[str, type]) -> list[Fault]:
    """Find the keys whose value has another shape than study.toml gives it: text, list, table, number."""
    return (
        [
            Fault(
                f"{place}.{key}".lstrip("."), f"is not {WORDS[shape]}.", "Write it as in data/pop/study.toml."
            )
            for key, shape in shapes.items()
            if key in table
            and (not isinstance(table[key], shape) or (shape is int and isinstance(table[key], bool)))
        ]
        + [
            Fault(f"{key}.{name}", "is not a table.", "Write it as in data/pop/study.toml.")
            for key in ("strands", "rollups", "topics")
            if isinstance(table.get(key), dict)
            for name, value in table[key].items()
            if not isinstance(value, dict)
        ]
        + [
            Fault(
                f"{place}.{key}".lstrip("."),
                "holds something else than texts.",
                "Write it as in data/pop/study.toml.",
            )
            for key in TEXTS
            if isinstance(table.get(key), shapes.get(key, str)) and not all(map(_is_text, _held(table[key])))
        ]
    )


def _held(value: str | list[Any] | dict[str, Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _strand_faults(place: str, strand: dict[str, Any], folder: Path) -> list[Fault]:
    faults = [
        Fault(place, f"'{key}' is not known.{did_you_mean(key, STRAND_KNOWN)}", "Remove or rename it.")
        for key in strand
        if key not in STRAND_KNOWN
    ]
    faults += [
        Fault(
            f"{place}.roles",
            f"'{role}' is not a role.{did_you_mean(role, ROLES)}",
            f"Roles: {', '.join(sorted(ROLES))}.",
        )
        for role in strand.get("roles", {})
        if role not in ROLES
    ]
    for needed in ("instrument", "files"):
        if needed not in strand:
            faults.append(Fault(place, f"has no '{needed}'.", "Add it; see data/pop/study.toml."))
    for pattern in strand.get("files", []):
        if not isinstance(pattern, str) or not _is_pattern(pattern):
            faults.append(
                Fault(
                    f"{place}.files", "holds no relative path.", "Name files below the folder of the source."
                )
            )
    for name in [strand.get("instrument", ""), *map(str, strand.get("earlier", []))]:
        if name and not (_is_path(name) and (folder / name).exists()):
            faults.append(Fault(place, f"the instrument {name} does not exist.", "Correct the path."))
    return faults


def _is_pattern(pattern: str) -> bool:
    """Say whether a text names files below a folder; ** stands for folders only where it stands alone."""
    path = Path(pattern)
    is_below = bool(path.parts) and not path.is_absolute() and _is_path(pattern)
    return is_below and all(part == "**" or "**" not in part for part in path.parts)


def _is_path(text: str) -> bool:
    """Say whether a text may be a path: no file system has longer names."""
    return all(len(part.encode()) <= LONGEST_NAME for part in Path(text).parts)


def _files(place: Path, patterns: list[str]) -> list[Path]:
    """Find the exports that the patterns name; a file named in full is one of them also where it is missing, so that it is missed."""
    found = [
        path
        for pattern in patterns
        for path in sorted(place.glob(pattern)) or ([] if "*" in pattern else [place / pattern])
    ]
    return list(dict.fromkeys(found)) or [place / pattern for pattern in patterns[:1]]


def _study(name: str, folder: Path, plan: dict[str, Any], source: str) -> Study:
    thresholds = THRESHOLDS | plan.get("thresholds", {})
    place = (folder / plan["sources"][source]).resolve()
    strands = {
        strand_name: Strand(
            name=strand_name,
            system=strand.get("system", strand_name),
            instrument=folder / strand["instrument"],
            files=_files(place, strand["files"]),
            roles=strand.get("roles", {}),
            minimum_cell=strand.get("minimum_cell", thresholds["minimum_cell"]),
            hide_zero=strand.get("hide_zero", False),
            sheet=strand.get("sheet", ""),
            carer_needed=tuple(strand.get("carer_needed", [])),
            earlier=tuple(folder / path for path in strand.get("earlier", [])),
        )
        for strand_name, strand in plan["strands"].items()
    }
    return Study(
        name=name,
        title=plan["title"],
        banner=plan.get("banner", {}).get(source, ""),
        source=source,
        exports=place,
        languages=tuple(plan.get("languages", ["en"])),
        folder=folder,
        key=name if source == plan.get("source") else f"{name}-{source}",
        thresholds=thresholds,
        strands=strands,
        bands=plan.get("bands", {}),
        rollups=plan.get("rollups", {}),
        topics=plan.get("topics", {}),
        scales=plan.get("scales", {}),
        no_opinion=tuple(plan.get("no_opinion", [])),
        margins=plan.get("margins", {}),
        note=plan.get("note", ""),
        audience=plan.get("audience", ""),
        exit_target=plan.get("exit_target", EXIT_TARGET),
    )
