"""One step of a run: made again if what it is made from has changed, and whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from popresearch import files, ledger
from popresearch.retention import kept
from popresearch.retention.kept import Kept


class StudyLike(Protocol):
    """What a run asks of a study; see `popresearch.study.Study`."""

    name: str
    source: str
    banner: str
    folder: Path
    restricted: Path
    outputs: Path
    topics: Mapping[str, Any]

    def files(self) -> list[Path]: ...


@dataclass(frozen=True)
class Step:
    """One notebook: the steps it reads from, and the folders of the study that it may write."""

    name: str
    needs: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ("tables", "charts")
    topics: tuple[str, ...] = ()  # a study without these shared topics does without the notebook
    needs_answers: bool = False  # cannot be made again once the answers are deleted; what it released is kept


@dataclass
class Plan:
    """What the steps of one run share: values and defaults are name → value for each step's notebook."""

    study: StudyLike
    root: Path
    notebooks: Path
    defaults: dict[Path, dict[str, Any]]
    values: dict[Path, dict[str, Any]]
    shared: dict[str, str]
    manifest: dict[str, Any]
    kept: Kept | None = None  # what a purge kept, where the answers are deleted

    def notebook(self, step: Step) -> Path:
        return self.notebooks / f"{step.name}.ipynb"


class Failed(Exception):
    """A step failed; the text is safe to print."""


def brought_up_to_date(step: Step, plan: Plan, *, force: bool) -> tuple[str, str]:
    """Make a step unless it stands; give its state and, where it was made again, what had changed.

    The key holds the products of the steps before it too, so a person's edit of them counts as a change.
    """
    if plan.kept is not None and step.needs_answers:
        return _restored(step, plan)
    records, notebook = plan.manifest["steps"], plan.notebook(step)
    made_from = plan.shared | {
        "notebook": files.sha256(notebook),
        "parameters": ledger.digest(plan.values[notebook]),
        "steps before": ledger.before(records, step.needs),
    }
    key, old = ledger.digest(made_from), records.get(step.name)
    if not force and ledger.stands(old, key, plan.root):
        return "unchanged", ""
    changed = [part for part in made_from if old and old["from"].get(part) != made_from[part]]
    causes = [part for part in changed if part != "steps before"] or changed
    note = f"changed: {', '.join(causes)}" if causes else ""
    products, has_warnings = _made(step, plan)
    for record in records.values():
        record["products"] = {
            path: value for path, value in record["products"].items() if path not in products
        }
    if old:
        products |= _left(old["products"], plan)
    _record(step, plan, key, made_from, plan.values[notebook], products)
    return "done", f"{note} (warnings left out)".strip() if has_warnings else note


def _restored(step: Step, plan: Plan) -> tuple[str, str]:
    """Put back what a purge kept of a step; say where it was made with another value than is asked for now."""
    own = plan.kept.get(step.name, {"parameters": {}, "files": {}})
    products = kept.restore(plan.study, own["files"])
    _record(step, plan, ledger.digest(own), {}, own["parameters"], products)
    asked = plan.values[plan.notebook(step)]
    other = [
        f"{name}={value}" for name, value in own["parameters"].items() if asked.get(name, value) != value
    ]
    if not products:
        return "kept", "nothing: the purge knew of no such step"
    return "kept", f"made with {', '.join(other)}" if other else ""


def _record(
    step: Step,
    plan: Plan,
    key: str,
    made_from: dict[str, str],
    parameters: dict[str, Any],
    products: dict[str, str],
) -> None:
    """Write into the manifest what a step was made from and what it made."""
    pages = ledger.named(plan.study.outputs / "notebooks", plan.root)
    plan.manifest["steps"][step.name] = {
        "key": key,
        "from": made_from,
        "parameters": parameters,
        "made": ledger.digest(
            {path: value for path, value in products.items() if not path.startswith(pages)}
        ),
        "products": products,
    }
    ledger.write(plan.study.outputs, plan.manifest)


def _made(step: Step, plan: Plan) -> tuple[dict[str, str], bool]:
    """Run a step's notebook, write it and its page, and give path → SHA-256 of all that it wrote.

    If it fails, what it wrote to the output folder goes: half a set of tables must not look like a whole one.
    """
    from popresearch import execution, rendering

    study, notebook = plan.study, plan.notebook(step)
    public = [study.outputs / folder for folder in step.outputs]
    watched = [*public, *(study.restricted / folder for folder in step.restricted)]
    values, usual = plan.values[notebook], plan.defaults[notebook]
    before = ledger.stamps(watched)
    try:
        asked = {name: value for name, value in values.items() if value != usual[name]}
        executed, has_warnings = execution.execute(notebook, asked, root=plan.root)
        target = study.outputs / "notebooks" / f"{step.name}.ipynb"
        page = rendering.page(executed, notice=study.banner)
        files.write_text(target, execution.written(executed))
        files.write_text(target.with_suffix(".html"), page)
    except BaseException as error:
        for path in ledger.written(before, ledger.stamps(public)):
            path.unlink(missing_ok=True)
        if isinstance(error, execution.Stopped):
            raise Failed(str(error)) from None
        if isinstance(error, Exception):
            raise Failed(f"{notebook.name}: {type(error).__name__}. {execution.WITHHELD}") from None
        raise
    paths = [*ledger.written(before, ledger.stamps(watched)), target, target.with_suffix(".html")]
    return {ledger.named(path, plan.root): files.sha256(path) for path in paths}, has_warnings


def _left(earlier: Mapping[str, str], plan: Plan) -> dict[str, str]:
    """See to what a step made earlier and not now: public files go, restricted ones stay for people."""
    kept = {}
    for name in earlier:
        path = plan.root / name
        if path.is_relative_to(plan.study.outputs):
            path.unlink(missing_ok=True)
        elif path.is_file():
            kept[name] = files.sha256(path)
    return kept
