"""A study: a folder under data/ with study.toml, checked as a whole when it is loaded."""

import re
import tomllib
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from popresearch.faults import BadInput, Fault, bad_input, did_you_mean
from popresearch.wording import LANGUAGES, ROOT

EXIT_TARGET = "https://www.bbc.co.uk/weather"  # neutral; after GOV.UK's "Exit this page"
KNOWN = {
    "title", "note", "banner", "languages", "source", "sources", "thresholds", "bands", "rollups", "topics",
    "strands", "audience", "exit_target", "margins", "scales", "no_opinion",
    "retention", "microdata", "previous", "safeguarding",
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
          "audience": str, "exit_target": str, "margins": dict, "previous": dict, "scales": dict, "no_opinion": list, "retention": dict,
          "microdata": dict, "safeguarding": str}  # fmt: skip
STRAND_SHAPES = {"system": str, "instrument": str, "earlier": list, "files": list, "sheet": str, "roles": dict,
                 "minimum_cell": int, "hide_zero": bool, "carer_needed": list}  # fmt: skip
TEXTS = (
    "title",
    "safeguarding",
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
    "questions",
    "sensitive",
)
WORDS = {str: "a text", list: "a list", dict: "a table", int: "a whole number", bool: "true or false"}
LONGEST_NAME = 255  # bytes
MOST_DAYS = 3_650
RETENTION = {"purpose": "", "days": 365, "person": ""}  # days: from the day on which answers were received
MICRODATA = {"kind": "anonymised", "k": 0, "l": 2, "risk": 0.03, "suppressed": 0.05, "questions": [], "sensitive": [],
             "keys": {}, "groups": {}}  # k 0: the strand's minimum cell; risk 0.03: OCHA HDX; suppressed: share of rows  # fmt: skip
MICRODATA_SHAPES = {
    "kind": str,
    "k": int,
    "l": int,
    "questions": list,
    "sensitive": list,
    "keys": dict,
    "groups": dict,
}
MICRODATA_KINDS = ("anonymised", "synthetic")
STEPS = (
    "country",
    "subregion",
    "region",
    "language",
    "option",
    "bands",
    "group",
    "all",
)  # of keys, the finer first
MOST_KEYS = 6  # every combination of their steps is tried
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
    retention: dict[str, Any] = field(default_factory=lambda: dict(RETENTION))
    microdata: dict[str, dict[str, Any]] = field(default_factory=dict)  # strand → its keys of MICRODATA
    previous: Path | None = None  # the open data of the release before this one
    safeguarding: str = ""  # name or role of who reads what children tell of danger
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
    faults += _retention_faults(plan.get("retention", {}))
    for name, section in plan.get("microdata", {}).items():
        faults += _microdata_faults(f"microdata.{name}", section, plan, name)
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
    for name, path in plan.get("previous", {}).items():
        if name not in plan.get("sources", {}) or not _is_path(path):
            faults.append(
                Fault(
                    f"previous.{name}",
                    "is no source with a path.",
                    "Name a source and a folder of open data.",
                )
            )
    if source not in plan.get("sources", {}):
        choices = sorted(plan.get("sources", {}))
        what = f"has no source '{source}'.{did_you_mean(source, choices)}"
        faults.append(Fault("sources", what, f"Sources: {', '.join(choices)}."))
    elif not _is_path(plan["sources"][source]):
        faults.append(Fault(f"sources.{source}", "is no path.", "Name the folder of the exports."))
    return faults


def _retention_faults(retention: dict[str, Any]) -> list[Fault]:
    faults = [
        Fault(
            "retention",
            f"'{key}' is not known.{did_you_mean(key, RETENTION)}",
            f"Keys: {', '.join(RETENTION)}.",
        )
        for key in retention
        if key not in RETENTION
    ]
    for key in ("purpose", "person"):
        if not _is_text(retention.get(key, "")):
            faults.append(Fault("retention", f"'{key}' is not a text.", "Put it in quotation marks."))
    days = retention.get("days", 1)
    if type(days) is not int or not 1 <= days <= MOST_DAYS:
        faults.append(
            Fault("retention", f"'days' must be a whole number from 1 to {MOST_DAYS:,}.", "Correct it.")
        )
    return faults


def _microdata_faults(place: str, section: dict[str, Any], plan: dict[str, Any], name: str) -> list[Fault]:
    """Check the section of one strand; whether its questions are in the instrument is checked when the file is made."""
    strands = plan.get("strands", {})
    strand = strands.get(name)
    if not isinstance(strand, dict):
        known = ", ".join(strands)
        return [Fault(place, f"is no strand.{did_you_mean(name, strands)}", f"Strands: {known}.")]
    if strand.get("system", name) == "children" or strand.get("hide_zero"):
        return [Fault(place, "holds answers of children: single ones are never published.", "Remove it.")]
    unknown = [
        Fault(place, f"'{key}' is not known.{did_you_mean(key, MICRODATA)}", f"Keys: {', '.join(MICRODATA)}.")
        for key in section
        if key not in MICRODATA
    ]
    if misshapen := _misshapen(place, section, MICRODATA_SHAPES):
        return unknown + misshapen
    made = MICRODATA | section
    least = strand.get(
        "minimum_cell", plan.get("thresholds", {}).get("minimum_cell", THRESHOLDS["minimum_cell"])
    )
    wrong = {
        f"'kind' is not one of {', '.join(MICRODATA_KINDS)}.": made["kind"] not in MICRODATA_KINDS,
        f"'k' is below the minimum cell, {least}.": "k" in section
        and type(least) is int
        and made["k"] < least,
        "'l' must be at least 2.": made["l"] < 2,
        "'risk' must lie between 0 and 1.": not _is_share(made["risk"]) or not made["risk"],
        "'suppressed' must lie between 0 and 1.": not _is_share(made["suppressed"]),
        "has no 'questions'.": not made["questions"],
        "has a sensitive question that is not among its questions.": not {*made["sensitive"]} <= {*made["questions"]},
        "has a key that is among its questions, too.": bool({*made["keys"]} & {*made["questions"]}),
        f"needs 1 to {MOST_KEYS} keys, and sensitive questions.": made["kind"] == "anonymised"
        and not (1 <= len(made["keys"]) <= MOST_KEYS and made["sensitive"]),
        "has groups that are not lists of options.": not all(map(_are_groups, made["groups"].values())),
    }  # fmt: skip
    return (
        unknown
        + [Fault(place, what, "Correct it.") for what, is_wrong in wrong.items() if is_wrong]
        + [
            Fault(f"{place}.keys.{key}", "are no steps, each coarser than the one before.", f"Steps: {', '.join(STEPS)}.")
            for key, steps in made["keys"].items()
            if not _are_steps(steps)
        ]
    )  # fmt: skip


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


def _are_groups(groups: Any) -> bool:
    """Say whether these are lists of options, none of them in two."""
    if not isinstance(groups, dict) or not all(isinstance(members, list) for members in groups.values()):
        return False
    options = [option for members in groups.values() for option in members]
    return all(map(_is_text, options)) and len({*options}) == len(options)


def _are_steps(steps: Any) -> bool:
    """Say whether a key's steps go from fine to coarse; a list of lower ends keeps some of those before it."""
    if not isinstance(steps, list) or not steps:
        return False
    words = [step for step in steps if not isinstance(step, list)]
    lists = [step for step in steps if isinstance(step, list)]
    places = [
        STEPS.index("bands") if isinstance(step, list) else STEPS.index(step) if step in STEPS else -1
        for step in steps
    ]
    whole = all(step and all(type(end) is int for end in step) and step == sorted({*step}) for step in lists)
    nested = whole and all({*later} < {*earlier} for earlier, later in pairwise(lists))
    return nested and -1 not in places and places == sorted(places) and len({*words}) == len(words)


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
            for key in ("strands", "rollups", "topics", "microdata")
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
        retention=RETENTION | plan.get("retention", {}),
        microdata={
            name: MICRODATA | {"k": strands[name].minimum_cell} | section
            for name, section in plan.get("microdata", {}).items()
        },
        previous=folder / plan["previous"][source] if source in plan.get("previous", {}) else None,
        safeguarding=plan.get("safeguarding", ""),
        note=plan.get("note", ""),
        audience=plan.get("audience", ""),
        exit_target=plan.get("exit_target", EXIT_TARGET),
    )
