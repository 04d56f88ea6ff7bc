"""The parameters of a notebook: read from its tagged cell, and given by the user as text."""

import ast
import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from popresearch.faults import BadInput, Fault, did_you_mean

TAG = "parameters"
YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def defaults(notebooks: Iterable[Path]) -> dict[Path, dict[str, Any]]:
    """Read the parameters cell of each notebook as name → default value.

    No kernel starts and nothing is evaluated. All notebooks that are missing, broken or without exactly one
    readable parameters cell are said at once (`BadInput`).
    """
    found, faults = {}, []
    for notebook in notebooks:
        try:
            found[notebook] = _assignments(_parameters_cell(notebook))
        except _Unreadable as fault:
            faults.append(Fault(notebook.name, *fault.args))
    if faults:
        raise BadInput("notebooks", faults)
    return found


def given(found: Mapping[Path, Mapping[str, Any]], texts: Mapping[str, str]) -> dict[Path, dict[str, Any]]:
    """Give each notebook its parameters: the defaults, or the user's texts converted to the same type.

    A text that no notebook has a parameter for, or that does not convert, is bad input; all faults at once.
    """
    values = {notebook: dict(names) for notebook, names in found.items()}
    names = sorted({name for own in found.values() for name in own})
    faults = [_unknown(name, names) for name in texts if name not in names]
    for name, text in texts.items():
        for notebook, own in values.items():
            if name in own:
                try:
                    own[name] = converted(text, own[name])
                except ValueError as fault:
                    what = f"parameter '{name}' takes {fault}, not '{text}'."
                    faults.append(Fault(notebook.name, what, f"For example: -p {name}={_written(own[name])}"))
    if faults:
        raise BadInput("parameters", faults)
    return values


def converted(text: str, default: object) -> Any:
    """Convert text to the type of the default; a `ValueError` says in words what was expected."""
    convert = CONVERTERS.get(type(default), str)
    return convert(text.strip() if convert is not str else text)


class _Unreadable(Exception):
    """What is wrong with a notebook, and the remedy."""


def _parameters_cell(notebook: Path) -> str:
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except FileNotFoundError:
        raise _Unreadable("is missing.", "Put it back from git.") from None
    except (ValueError, KeyError, TypeError):
        raise _Unreadable("is not a notebook of format 4.", "Save it again with JupyterLab.") from None
    tagged = [cell for cell in cells if TAG in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        what = f"has {len(tagged) or 'no'} cell{'s' if len(tagged) > 1 else ''} tagged '{TAG}'."
        raise _Unreadable(what, "Tag exactly one (JupyterLab: Property Inspector, Cell Tags).")
    return "".join(tagged[0]["source"])


def _assignments(source: str) -> dict[str, Any]:
    remedy = "Keep plain values there, one a line, such as: min_cell = 10"
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise _Unreadable(
            f"has a parameters cell that is not Python (line {error.lineno}).", remedy
        ) from None
    values = {}
    for statement in statements:
        try:
            name, value = _assignment(statement)
            values[name] = ast.literal_eval(value)
        except (TypeError, ValueError):
            line = statement.lineno
            raise _Unreadable(
                f"has more than a plain value in line {line} of its parameters.", remedy
            ) from None
    return values


def _assignment(statement: ast.stmt) -> tuple[str, ast.expr]:
    """Split `name = value`; a `TypeError` says that it is something else."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    value = getattr(statement, "value", None)
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or value is None:
        raise TypeError
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        raise TypeError
    return targets[0].id, value


def _unknown(name: str, names: list[str]) -> Fault:
    what = f"No notebook has a parameter '{name}'.{did_you_mean(name, names)}"
    return Fault("", what, f"They take: {', '.join(names)}.")


def _written(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _truth(text: str) -> bool:
    if text.casefold() not in YES_NO:
        raise ValueError("true or false")
    return YES_NO[text.casefold()]


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("a whole number") from None


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("a number")
    return number


def _list(text: str) -> list[Any]:
    """Read ["KEN", "NAM"] as Python does; KEN,NAM without brackets is a list of texts."""
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return list(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        raise ValueError("a list") from None


CONVERTERS: dict[type, Callable[[str], Any]] = {bool: _truth, int: _whole, float: _number, list: _list}
