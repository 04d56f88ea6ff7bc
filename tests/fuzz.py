"""The fuzz run: damaged exports, forms and study tables; each is read, or refused with one clear message, and nothing else happens.

    python tests/fuzz.py --minutes 10 --seed 1
    python tests/fuzz.py --seed 1 --only 217 --keep /tmp/found

A case is made by its seed and number alone, so that it can be had again. Cases run in a forked process of limited memory, one after
the other; one that raises anything but `BadInput`, hangs, ends the process, prints a crash of Rust, shows an answer or a path of this
machine, or loses count of a row, is a find. A run with finds ends with 1.
"""

import argparse
import collections
import dataclasses
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import fuzz_seeds
import mutations

from popresearch import draft, ingest, instrument, platforms
from popresearch import study as studies
from popresearch.faults import BadInput
from popresearch.wording import ROOT

LONGEST = 20  # seconds that a case may take
MEMORY = 6_000_000_000  # bytes of address space that a case may take, beyond what the modules take; about half of it is used
CASES_A_PROCESS = 50
LONGEST_MESSAGE = 20_000  # characters: all faults at once, some forty a hundred each
DRAFTED = 20  # every so many cases a study is drafted from the damaged export
TARGETS = {"export": 70, "instrument": 12, "plan": 6, "versions": 4, "corrections": 4, "all": 4}


@dataclasses.dataclass
class Outcome:
    """What a case came to: its kind, for each step "read" or "refused", and what went wrong (blank: nothing)."""

    number: int
    kind: str = ""
    steps: dict[str, str] = dataclasses.field(default_factory=dict)
    find: str = ""
    seconds: float = 0.0


class Find(Exception):
    """Something that must not happen."""


def made(seeds: Path, seed: int, number: int, root: Path) -> tuple[Path, str]:
    """Make the project of a case below `root`; gives its export and its kind."""
    chance = Random(f"{seed}/{number}")
    name = chance.choice(sorted(path.name for path in seeds.iterdir() if (path / "exports").is_dir()))
    target = chance.choices(list(TARGETS), list(TARGETS.values()))[0]
    shutil.copytree(seeds / name / "study", root / "data" / "tiny")
    shutil.copytree(seeds / name / "exports", root / "data" / "exports")
    others = [path.read_bytes() for path in sorted(seeds.glob("*/exports/answers*"))]
    places = {
        "export": sorted((root / "data" / "exports").glob("answers*")), "instrument": sorted((root / "data" / "tiny").glob("codebook*")),
        "plan": [root / "data" / "tiny" / "study.toml"], "versions": [root / "data" / "tiny" / "versions.csv"],
        "corrections": [root / "data" / "exports" / "corrections.csv"],
    }  # fmt: skip
    export = places["export"][0]
    for each in places if target == "all" else [target]:
        path = places[each][0]
        if not path.exists():
            shutil.copyfile(seeds / "decided" / path.parent.name.replace("tiny", "study") / path.name, path)
        path = mutations.changed(path, chance, others)
        export = path if each == "export" else export
    return export, f"{target} of {name}"


def case(seeds: Path, seed: int, number: int, root: Path) -> Outcome:
    """Run one case."""
    outcome, start = Outcome(number), time.monotonic()
    studies.ROOT = draft.ROOT = root
    try:
        export, outcome.kind = made(seeds, seed, number, root)
        steps(export, outcome, drafts=number % DRAFTED == 0)
    except Find as found:
        outcome.find = str(found)
    except BaseException as error:  # a panic of Rust is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        outcome.find = f"{type(error).__name__} at {_where(error)}: {' '.join(str(error).split())[:150]}"
    outcome.seconds = time.monotonic() - start
    return outcome


def steps(export: Path, outcome: Outcome, *, drafts: bool) -> None:
    """Do everything that a person may do with the export and its study."""
    heads: set[str] = set()
    check = lambda text: checked(text, heads)  # noqa: E731
    tried = lambda name, do: attempt(name, do, outcome, check)  # noqa: E731
    family = tried("family", lambda: platforms.read_family(export))
    if family:
        heads |= {head for one in (family[0], *family[1]) for head in one.heads}
    if text := tried("explain", lambda: platforms.explain(export)):
        heads |= {line for line in text.splitlines() if " '" in line}
        check(text)
    for form in sorted((studies.ROOT / "data" / "tiny").glob("codebook.*")):
        if form.suffix != ".csv":
            tried("form", lambda form=form: instrument.read(form))
    study = tried("study", lambda: studies.load("tiny"))
    if study:
        followed(study, family[0] if family else None, tried, check)
    if drafts:
        lines: list[str] = []
        if tried("draft", lambda: draft.init(export, "drafted", say=lines.append)):
            check("\n".join(lines))
            if again := tried("drafted", lambda: studies.load("drafted")):
                followed(again, None, tried, check)


def followed(
    study: studies.Study, export: platforms.Export | None, tried: Callable, check: Callable[[str], None]
) -> None:
    """Ingest a study, count its rows, print its account, save it and load it again."""
    found = tried("ingest", lambda: ingest.ingest(study))
    if not found:
        return
    check(ingest.account(found))
    for fault in found.faults:
        check(str(fault))
    counted(found, export)
    if tried("save", lambda: ingest.save(found, study)):
        again = ingest.load(study)
        for name, table in found.responses.items():
            require(
                table.shape == again.responses[name].shape,
                "what is loaded has another shape than what was saved",
            )


def attempt(name: str, do: Callable[[], object], outcome: Outcome, check: Callable[[str], None]) -> object:
    """Do a step; its result, or None where it is refused in the way that it should be."""
    try:
        result = do()
    except BadInput as error:
        outcome.steps[name] = "refused"
        said = str(error)
        require(bool(error.source.strip()) and bool(error.faults), f"{name}: a refusal without a place")
        is_whole = all(fault.what.strip() and fault.remedy.strip() for fault in error.faults)
        require(is_whole, f"{name}: a refusal without a remedy: {said[:150]}")
        require(len(said) < LONGEST_MESSAGE, f"{name}: a message of {len(said):,} characters: {said[:150]}")
        check(said)
        return None
    outcome.steps[name] = "read"
    return result


def checked(text: str, heads: set[str]) -> None:
    """Refuse text that shows an answer (unless it stands among the heads), a path of this machine, or a traceback."""
    folded = text.casefold()
    for word in fuzz_seeds.SECRET.casefold().split():
        if word in folded and not any(word in head.casefold() for head in heads):
            at = folded.index(word)
            raise Find(f"an answer is shown: {' '.join(text[max(at - 100, 0) : at + 30].split())}")
    for place in (str(studies.ROOT), str(ROOT), tempfile.gettempdir() + "/"):
        require(place not in text, f"a path of this machine is shown: {text[:150]}")
    require("Traceback" not in text, f"a traceback is shown: {text[:150]}")


def counted(found: ingest.Ingested, export: platforms.Export | None) -> None:
    """Require that every row is counted once, and that as many responses are there as were kept."""
    table = found.accounting
    for row in table.to_dict("records"):
        taken = sum(row[rule] for rule in ingest.RULES) + row["quarantined"]
        require(
            row["rows_in"] == row["kept"] + taken,
            f"rows in {row['rows_in']}, kept {row['kept']}, taken {taken}",
        )
    for strand, rows in table.groupby("strand"):
        require(
            rows["kept"].sum() == len(found.responses[strand]), "there are not as many responses as rows kept"
        )
    if export and len(table) == 1 and table["file"].iloc[0] == export.shown:
        rows_in = table["rows_in"].iloc[0]
        require(rows_in == len(export.rows), f"rows in {rows_in} of {len(export.rows)} that hold something")
    for row in found.turns.to_dict("records"):
        taken = row["kept"] + row["of_other_responses"] + row["without_response"]
        require(row["rows_in"] == taken, f"turns in {row['rows_in']}, counted {taken}")


def require(is_so: bool, what: str) -> None:
    """Raise `Find` unless it is so."""
    if not is_so:
        raise Find(what)


def _where(error: BaseException) -> str:
    """The last two places in our own modules, and the last of all."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "popresearch" in frame.filename]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in (frames[-1], *ours[:-4:-1])]
    return " < ".join(dict.fromkeys(places))


def worker(answer: Connection, seeds: Path, seed: int, numbers: list[int], work: Path) -> None:
    """Run cases in this process, whose memory is limited, and send what each came to."""
    limit = _address_space() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    noise = work / "stderr"
    os.dup2(os.open(noise, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_TRUNC), 2)
    for number in numbers:
        root = work / "root"
        shutil.rmtree(root, ignore_errors=True)
        answer.send(number)  # so that a case that never ends is known
        outcome = case(seeds, seed, number, root)
        if not outcome.find and b"panicked" in noise.read_bytes():
            outcome.find = "a crash of Rust is printed"
        os.truncate(noise, 0)
        answer.send(outcome)
    answer.close()


def _address_space() -> int:
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[0]) * resource.getpagesize() if status.exists() else 0


def outcomes(seeds: Path, seed: int, numbers: Iterator[int], work: Path) -> Iterator[Outcome]:
    """Run cases, a process for several of them; one that hangs or ends its process is a find, and the next ones follow."""
    waiting: list[int] = []
    while True:
        while len(waiting) < CASES_A_PROCESS and (number := next(numbers, None)) is not None:
            waiting.append(number)
        if not waiting:
            return
        ours, theirs = Pipe(duplex=False)
        process = os.fork()
        if not process:
            ours.close()
            _ending(worker, theirs, seeds, seed, waiting, work)
        theirs.close()
        yield from _received(ours, process, waiting)
        ours.close()


def _received(ours: Connection, process: int, waiting: list[int]) -> Iterator[Outcome]:
    current, ended = -1, False
    while not ended:
        find = ""
        try:
            if not ours.poll(LONGEST if current >= 0 else 2 * LONGEST):
                find = f"hangs: over {LONGEST} seconds"
            elif isinstance(said := ours.recv(), int):
                current = said
                waiting.remove(said)
                continue
            else:
                current = -1
                yield said
                continue
        except EOFError:
            ended = True
        if find:
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        if current >= 0 and not find:
            find = f"the process ended (status {status})"
        if find:
            yield Outcome(current, find=find)
            return


def numbers_until(end: float, most: int) -> Iterator[int]:
    """Count the cases until the time is over or there are enough of them."""
    number = 1
    while time.monotonic() < end and number <= most:
        yield number
        number += 1


def in_child(do: Callable[[], object]) -> None:
    """Do something in a forked process, so that this one has no threads when it forks again."""
    process = os.fork()
    if not process:
        _ending(do)
    if os.waitpid(process, 0)[1]:
        raise SystemExit("The seeds could not be made.")


def _ending(do: Callable[..., object], *given: object) -> None:
    """Do something and end this process, whatever happens."""
    try:
        do(*given)
        os._exit(0)
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
        os._exit(1)


def make_seeds(folder: Path, *, is_small: bool) -> None:
    """Write the seeds, with the studies that are drafted for them in a folder aside."""
    studies.ROOT = draft.ROOT = folder / "aside"
    fuzz_seeds.make(folder, is_small=is_small)


def main(arguments: list[str]) -> int:
    """Run, say each find when it comes, and at the end what was run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to run (10)")
    parser.add_argument("--seed", type=int, default=1, help="another number gives other cases (1)")
    parser.add_argument("--cases", type=int, default=10**9, help="how many cases to run at most")
    parser.add_argument("--only", type=int, help="run this case alone")
    parser.add_argument("--keep", type=Path, help="folder that keeps the files of each find")
    parser.add_argument("--small", action="store_true", help="begin with the small seeds alone")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        seeds, work = Path(place, "seeds"), Path(place, "work")
        seeds.mkdir(), work.mkdir()
        in_child(lambda: make_seeds(seeds, is_small=chosen.small))
        numbers = (
            iter([chosen.only])
            if chosen.only
            else numbers_until(time.monotonic() + 60 * chosen.minutes, chosen.cases)
        )
        done = []
        for outcome in outcomes(seeds, chosen.seed, numbers, work):
            done.append(outcome)
            if outcome.find:
                print(
                    f"seed {chosen.seed}, case {outcome.number} ({outcome.kind}): {outcome.find}", flush=True
                )
                if chosen.keep:
                    _keep(seeds, chosen.seed, outcome.number, chosen.keep)
        print(summary(done, chosen.seed))
    return 1 if any(outcome.find for outcome in done) or not done else 0


def _keep(seeds: Path, seed: int, number: int, folder: Path) -> None:
    place = folder / f"{seed}-{number}"
    shutil.rmtree(place, ignore_errors=True)
    in_child(lambda: made(seeds, seed, number, place))


def summary(done: list[Outcome], seed: int) -> str:
    """Say how many cases of each kind were run, and what each step came to."""
    kinds = collections.Counter(outcome.kind.split(" of ")[0] for outcome in done if outcome.kind)
    seeds = {outcome.kind.split(" of ")[1] for outcome in done if outcome.kind}
    came = collections.Counter((step, result) for outcome in done for step, result in outcome.steps.items())
    lines = [
        f"seed {seed}: {len(done)} cases from {len(seeds)} seeds, {sum(bool(outcome.find) for outcome in done)} finds"
    ]
    lines.append("damaged: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    lines += [
        f"{step}: {came[step, 'read']} read, {came[step, 'refused']} refused"
        for step in dict.fromkeys(step for step, _ in came)
    ]
    slowest = max(done, key=lambda outcome: outcome.seconds, default=None)
    return "\n".join(
        [
            *lines,
            f"slowest: case {slowest.number}, {slowest.seconds:.1f} seconds"
            if slowest
            else "nothing was run",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
