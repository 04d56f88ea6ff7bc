"""Run one notebook in a kernel of this very Python, and keep of it only what is the same each time."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from popresearch import files
from popresearch.ledger import PACKAGE

NATIVE = "python3"
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": NATIVE}
LANGUAGE = {
    "name": "python",
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "pygments_lexer": "ipython3",
}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PLACE = re.compile(r"^File .*\b(popresearch/(?:\w+/)*\w+\.py):(\d+)", re.MULTILINE)
WITHHELD = (
    "The message is withheld, since it may hold an answer; "
    "re-run with JupyterLab on the restricted data to see it."
)
ENDED = (
    "its process ended before the last cell: stopped from outside, or out of memory. "
    "The steps before it are kept; run again to go on."
)


class Stopped(Exception):
    """A notebook did not reach its end; the text is safe to print."""


def execute(notebook: Path, parameters: Mapping[str, Any], *, root: Path) -> tuple[Any, bool]:
    """Run a notebook with the given values injected; give it normalised, and whether warnings were left out.

    Nothing is written to disk, so a run that is killed leaves no half-run notebook. Raises `Stopped`, whose
    text shows no message of an exception other than `BadInput`.
    """
    import nbformat
    import papermill

    logging.getLogger("papermill").disabled = True
    source = nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4)
    with files.scratch_folder() as scratch, _same_folder():
        try:
            executed = papermill.execute_notebook(
                source,
                None,
                parameters=dict(parameters),
                kernel_name=NATIVE,
                language="python",
                progress_bar=False,
                log_output=False,
                request_save_on_cell_execute=False,
                start_timeout=120,
                cwd=str(notebook.parent),
                kernel_manager_class=_manager(scratch, root),
            )
        except papermill.PapermillExecutionError as error:
            raise Stopped(_explained(notebook, error)) from None
        except Exception as error:
            what = (
                ENDED if type(error).__name__ == "DeadKernelError" else f"{type(error).__name__}. {WITHHELD}"
            )
            raise Stopped(f"{notebook.name} stopped: {what}") from None
    return normalised(executed, root)


@contextmanager
def _same_folder():
    """Come back to the current folder; papermill changes it while it runs."""
    here = Path.cwd()
    try:
        yield
    finally:
        os.chdir(here)


def _manager(scratch: Path, root: Path) -> type:
    """Make the class that starts a kernel: this very Python, whatever is installed; nothing on the screen."""
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class Manager(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.connection_file = str(scratch / "kernel.json")

        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(**get_kernel_dict())

        async def start_kernel(self, **options: Any) -> None:
            silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            await super().start_kernel(**(options | silent | {"env": _environment(scratch, root)}))

    return Manager


def _environment(scratch: Path, root: Path) -> dict[str, str]:
    """Give the kernel this package, this root, and no personal start-up files of IPython."""
    path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    own = {
        "POPRESEARCH_ROOT": str(root),
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "0",
        "IPYTHONDIR": str(scratch),
    }
    return {**os.environ, **own}


def _explained(notebook: Path, error: Any) -> str:
    """Say why a notebook stopped: the text of `BadInput` as it is, else only the class and the place."""
    if error.ename == "BadInput":
        return error.evalue
    places = PLACE.findall(COLOURS.sub("", "\n".join(error.traceback or [])).replace("\\", "/"))
    inside = [f"{path}:{line}" for path, line in places if (PACKAGE.parent / path).is_file()]
    name = error.ename if str(error.ename).isidentifier() else "an exception"
    at = f" at {inside[-1]}" if inside else ""
    return f"{notebook.name} stopped in cell {error.exec_count}: {name}{at}.\n{WITHHELD}"


def normalised(notebook: Any, root: Path) -> tuple[Any, bool]:
    """Drop what differs between runs (times, ids, folders) and warnings, which may quote an answer."""
    has_warnings = False
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    notebook.metadata = {"kernelspec": KERNELSPEC, "language_info": LANGUAGE}
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number}"
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if cell.cell_type == "code":
            has_warnings |= any(output.get("name") == "stderr" for output in cell.outputs)
            cell.outputs = _without_paths(_joined(cell.outputs), root)
    return notebook, has_warnings


def written(notebook: Any) -> str:
    """Write a notebook as text; the same notebook gives the same text."""
    import nbformat

    return nbformat.writes(notebook) + "\n"


def _joined(outputs: list[Any]) -> list[Any]:
    """Join printed text that arrived in pieces, and leave out what was written to stderr."""
    kept: list[Any] = []
    for output in outputs:
        is_printed = output.output_type == "stream"
        if is_printed and output.name == "stderr":
            continue
        if is_printed and kept and kept[-1].output_type == "stream":
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def _without_paths(value: Any, root: Path) -> Any:
    """Replace this machine's folders in all text of an output, at any depth."""
    if isinstance(value, str):
        for place, shown in (
            (root, "."),
            (root.resolve(), "."),
            (sys.prefix, "(environment)"),
            (Path.home(), "~"),
        ):
            if len(str(place)) > 1:
                value = re.sub(rf"(?<![\w.-]){re.escape(str(place))}(?!\w)", shown, value)
        return value
    if isinstance(value, dict):
        for key in value:
            value[key] = _without_paths(value[key], root)
        return value
    return [_without_paths(part, root) for part in value] if isinstance(value, list) else value
