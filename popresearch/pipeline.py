"""The run: notebooks as a graph of steps, each made again only when something it is made from has changed."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from popresearch import files, ledger, withdrawn
from popresearch.faults import BadInput, Fault, did_you_mean
from popresearch.parameters import defaults, given
from popresearch.progress import Progress, say_where_to_look
from popresearch.retention import kept, received
from popresearch.steps import Failed, Plan, Step, StudyLike, brought_up_to_date
from popresearch.wording import checked_language

INTERRUPTED = "Stopped. The steps that are done are kept; run again to go on."


STEPS = (
    Step("1_ingest", (), ("ingest",), needs_answers=True),
    Step("2_registry", ("1_ingest",), ("registry",), needs_answers=True),
    Step(
        "3_estimates",
        ("2_registry",),
        ("tallies",),
        ("tables", "charts", "microdata"),
        needs_answers=True,
    ),
    Step("4_map", ("3_estimates",)),
    Step("5_voices", ("1_ingest", "3_estimates"), ("voices",), needs_answers=True),
    Step(
        "6_report",
        ("3_estimates", "4_map", "5_voices"),
        (),
        ("tables", "charts", "report", "site", "opendata"),
    ),
    Step(
        "cookbook",
        ("3_estimates",),
        outputs=(),
        topics=("channels", "benefits", "challenges"),
        needs_answers=True,
    ),
    Step("profiles/country", ("3_estimates",)),
)


class Summary(int):
    """The exit status of a run (0 is good), with what became of each step: done, unchanged or failed."""

    states: dict[str, str]
    seconds: float

    def __new__(cls, status: int, states: Mapping[str, str], seconds: float) -> "Summary":
        summary = super().__new__(cls, status)
        summary.states, summary.seconds = dict(states), seconds
        return summary


def run(
    study: StudyLike,
    parameters: Mapping[str, str],
    *,
    notebooks: Path,
    only: Sequence[str] | None = None,
    force: bool = False,
    steps: Sequence[Step] = STEPS,
    out: Callable[[str], object] = print,
    err: Callable[[str], object] | None = None,
) -> Summary:
    """Run the notebooks of a study that are not up to date; print a line a step, and where to look.

    `parameters` are texts as typed. `only` names steps, which run with all that they need; `force` makes the
    named steps (or all) again. What is wrong with the call is said before a kernel starts. Never raises for
    bad input or a failing notebook: the result is the exit status, and nothing printed shows an answer. What
    went wrong goes to `err`, or to `out` where none is given.
    """
    started, states = time.monotonic(), {}
    status = 1
    try:
        steps = applying(steps, study)
        wanted = chosen(steps, only)
        received.note(study)
        received.refuse_overdue(study)
        plan = prepared(study, parameters, notebooks, steps)
        forced = set(only or [step.name for step in steps]) if force else set()
        for step in wanted:
            with Progress(step.name, max(len(one.name) for one in steps), out) as progress:
                states[step.name] = "failed"
                progress.state, progress.note = brought_up_to_date(step, plan, force=step.name in forced)
                states[step.name] = progress.state
        if "done" in states.values() and not only:
            _prove_forgotten(study, out)
        status = 0
        say_where_to_look(study.outputs, plan.root, time.monotonic() - started, out)
    except (BadInput, Failed) as error:
        (err or out)(str(error))
    except KeyboardInterrupt:
        status = 130
        out(INTERRUPTED)
    return Summary(status, states, time.monotonic() - started)


def _prove_forgotten(study: StudyLike, out: Callable[[str], object]) -> None:
    """Where services have withdrawn, look for them in all that was made; something left is bad input."""
    if (study.restricted / withdrawn.NAME).exists():
        from popresearch.retention import forgetting

        forgetting.prove(study, out)


def applying(steps: Sequence[Step], study: StudyLike) -> list[Step]:
    """Leave out the steps that need topics which the study does not share."""
    return [step for step in steps if set(step.topics) <= set(study.topics)]


def chosen(steps: Sequence[Step], only: Sequence[str] | None) -> list[Step]:
    """Give the named steps and all that they need, in order; a name that is no step is bad input."""
    by_name = {step.name: step for step in steps}
    faults = [
        Fault("", f"There is no step '{name}'.{did_you_mean(name, by_name)}", f"Steps: {', '.join(by_name)}.")
        for name in only or []
        if name not in by_name
    ]
    if faults:
        raise BadInput("steps", faults)
    found: set[str] = set()
    queue = list(only or by_name)
    while queue:
        name = queue.pop()
        found.add(name)
        queue += [need for need in by_name[name].needs if need not in found]
    return [step for step in steps if step.name in found]


def prepared(study: StudyLike, texts: Mapping[str, str], notebooks: Path, steps: Sequence[Step]) -> Plan:
    """Check notebooks and parameters, and take the hashes that all steps share; no kernel starts."""
    found = defaults(notebooks / f"{step.name}.ipynb" for step in steps)
    checked_language(texts.get("language", "en"))
    values = given(found, {**_of_the_study(study, texts, found.values()), **texts})
    root = study.folder.parent.parent
    made_from, versions, lock = ledger.inputs(root, study), ledger.versions(), root / "requirements.lock"
    shared = {
        "code": ledger.code(),
        "data": ledger.digest(made_from),
        "versions": ledger.digest(versions),
        "lock": files.sha256(lock) if lock.is_file() else "",
    }
    names = {step.name for step in steps}
    records = {name: record for name, record in ledger.read(study.outputs)["steps"].items() if name in names}
    manifest = {
        "study": study.name,
        "source": study.source,
        "versions": versions,
        "inputs": made_from,
        "steps": records,
    }
    return Plan(study, root, notebooks, found, values, shared, manifest, kept.standing(study))


def _of_the_study(
    study: StudyLike, texts: Mapping[str, str], found: Iterable[Mapping[str, Any]]
) -> dict[str, str]:
    """Give what the study itself says to the notebooks that ask; a text that contradicts it is bad input."""
    names = {name for own in found for name in own}
    own = {name: value for name, value in (("study", study.name), ("source", study.source)) if name in names}
    faults = [
        Fault(
            "",
            f"'{name}' is '{value}' in this run and cannot be '{texts[name]}' in its notebooks.",
            "Leave it out.",
        )
        for name, value in own.items()
        if texts.get(name, value) != value
    ]
    if faults:
        raise BadInput("parameters", faults)
    return own
