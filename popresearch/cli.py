"""The door: every command of `pop`; bad input is one message and exit status 1."""

import argparse
import functools
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path

from popresearch.faults import BadInput, bad_input

PACKAGE = Path(__file__).resolve().parent
WITHHELD = "The message is withheld, since it may hold an answer. Call the command from Python on the restricted data to see it."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit status: 0 done, 1 bad input or a failed step, 2 words the parser cannot read, 130 stopped."""
    given = _parser().parse_args(arguments)
    try:
        with warnings.catch_warnings(action="ignore"):  # one may quote an answer
            return int(given.command(given) or 0)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        print(_crash(error), file=sys.stderr)
        return 1


def _crash(error: Exception) -> str:
    """Say of what class an exception is and where in this package it arose; its message may hold an answer."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).resolve().is_relative_to(PACKAGE)]
    place = Path(inside[-1].filename).resolve().relative_to(PACKAGE.parent).as_posix()
    return f"pop stopped: {type(error).__name__} at {place}:{inside[-1].lineno}.\n{WITHHELD}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pop", description="From survey exports to a public map, a report and open data."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run all notebooks of a study that are not up to date")
    run.add_argument("study", nargs="?", default="pop", help="folder under data/ (default: pop)")
    run.add_argument(
        "-p",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a parameter; source=… chooses the exports",
    )
    run.add_argument("--only", action="append", metavar="STEP", help="this step and what it needs")
    run.add_argument("--force", action="store_true", help="make the steps again though nothing changed")
    run.set_defaults(command=_run)
    sample = commands.add_parser("sample", help="write the made-up exports of the study pop")
    sample.add_argument("--seed", type=int, default=None, help="another seed than the committed one")
    sample.set_defaults(command=_sample)
    ingest = commands.add_parser("ingest", help="read a study's exports and print what became of every row")
    ingest.add_argument("study", nargs="?", default="pop")
    ingest.add_argument("--source", default=None)
    ingest.add_argument(
        "--explain", type=Path, metavar="FILE", help="say what is recognised in a file, and why"
    )
    ingest.set_defaults(command=_ingest)
    fetch = commands.add_parser("fetch", help="bring submissions and form from KoboToolbox or ODK Central")
    fetch.add_argument("platform", choices=["kobo", "odk"])
    fetch.add_argument("server", metavar="SERVER", help="https://…; its token is read from the environment")
    fetch.add_argument("form", metavar="FORM", help="kobo: the form's uid; odk: PROJECT/FORM")
    fetch.add_argument("--study", default="pop")
    fetch.add_argument("--strand", default="", help="the strand that the form belongs to")
    fetch.add_argument("--source", default=None, help="the study's source that gets the answers")
    fetch.add_argument("--anew", action="store_true", help="bring all submissions again")
    fetch.add_argument("--remove-deleted", action="store_true", help="remove what the server no longer has")
    fetch.set_defaults(command=_fetch)
    purge = commands.add_parser(
        "purge", help="delete the answers of a study after their release, and certify it"
    )
    purge.add_argument("study", nargs="?", default="pop")
    purge.add_argument("--source", default=None, help="the source whose answers go")
    purge.add_argument("--by", default="", metavar="NAME", help="who deletes; stands in the certificate")
    purge.add_argument("--yes", action="store_true", help="delete; without it, only say what would go")
    purge.add_argument("--verify", type=Path, metavar="CERTIFICATE", help="check a certificate instead")
    purge.set_defaults(command=_purge)
    forget = commands.add_parser(
        "forget", help="take a service that withdrew out of everything, from the next run on"
    )
    forget.add_argument("study")
    forget.add_argument("service", nargs="?", default="", help="its name or identifier in the registry")
    forget.add_argument("--source", default=None)
    forget.add_argument("--reason", default="", help="why, without the service's name")
    forget.add_argument(
        "--prove", action="store_true", help="look for withdrawn services in all that was made"
    )
    forget.set_defaults(command=_forget)
    attack = commands.add_parser("attack", help="play an intruder who knows only what was published")
    attack.add_argument(
        "release", help="a study, or a folder with tables; its finds are for the operator alone"
    )
    attack.add_argument("--study", default="pop", help="the study that the folder belongs to (default: pop)")
    attack.add_argument(
        "--previous", type=Path, metavar="FOLDER", help="an earlier release, to be told apart from"
    )
    attack.set_defaults(command=_attack)
    codebook = commands.add_parser("codebook", help="write data/<study>/codebook.csv from the instruments")
    codebook.add_argument("study", nargs="?", default="pop")
    codebook.set_defaults(command=_codebook)
    study = commands.add_parser("study", help="start a study from a bare export").add_subparsers(
        required=True, metavar="init"
    )
    init = study.add_parser("init", help="write study.toml and a codebook draft")
    init.add_argument("export", type=Path, metavar="EXPORT")
    init.add_argument("--name", required=True)
    init.add_argument("--language", default="en", help="language of the export's heads: ar zh en fr ru es")
    init.set_defaults(command=_init)
    bench = commands.add_parser(
        "bench", help="time the run, the tests, ingest and estimates at size, and say on which machine"
    )
    bench.add_argument(
        "--only", action="append", choices=["run", "test", "size", "estimates"], help="measure this part"
    )
    bench.set_defaults(command=_bench)
    return parser


def _run(given: argparse.Namespace) -> int:
    from popresearch import pipeline, study
    from popresearch.wording import ROOT

    texts = _pairs(given.parameters)
    texts.pop("study", None) if texts.get("study") == given.study else None
    source = texts.pop("source", None)
    return pipeline.run(
        study.load(given.study, source),
        texts,
        notebooks=ROOT / "notebooks",
        only=given.only,
        force=given.force,
        err=functools.partial(print, file=sys.stderr),
    )


def _pairs(texts: list[str]) -> dict[str, str]:
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise bad_input(f"-p {wrong[0]}", "has no '='.", "Write -p name=value.")
    return dict(text.split("=", 1) for text in texts)


def _sample(given: argparse.Namespace) -> None:
    from popresearch import sample, study

    pop = study.load("pop")
    seed = {} if given.seed is None else {"seed": given.seed}
    counts = sample.write(pop, pop.folder / "sample", **seed)
    print(f"{pop.banner}: {counts['rows']:,} made-up responses in data/pop/sample/")


def _explain(path: Path) -> None:
    from popresearch import platforms

    print(platforms.explain(path))


def _ingest(given: argparse.Namespace) -> None:
    if given.explain:
        return _explain(given.explain)
    from popresearch import ingest, study
    from popresearch.retention import received

    chosen = study.load(given.study, given.source)
    received.note(chosen)
    found = ingest.ingest(chosen)
    print(ingest.account(found))
    ingest.require_all(found, chosen)


def _fetch(given: argparse.Namespace) -> None:
    from popresearch import fetch, remote, study
    from popresearch.retention import received

    chosen = fetch.private_study(given.study, given.source)
    target = fetch.fetch(
        chosen,
        given.platform,
        remote.Server(given.server, f"form '{given.form}'"),
        given.form,
        strand=given.strand,
        anew=given.anew,
        remove_deleted=given.remove_deleted,
        err=functools.partial(print, file=sys.stderr),
    )
    chosen = study.load(chosen.name, chosen.source)
    received.note(chosen)
    if target not in chosen.files():
        print(f"No strand reads {target.name}: name it under 'files' in data/{chosen.name}/study.toml.")


def _purge(given: argparse.Namespace) -> None:
    from popresearch import pipeline, study
    from popresearch.retention import purging

    chosen = study.load(given.study, given.source)
    if given.verify:
        return print(purging.verify(given.verify, chosen))
    purging.purge(chosen, pipeline.applying(pipeline.STEPS, chosen), by=given.by, yes=given.yes)


def _forget(given: argparse.Namespace) -> None:
    from popresearch import study
    from popresearch.retention import forgetting

    chosen = study.load(given.study, given.source)
    if not given.service and not given.prove:
        raise bad_input("pop forget", "names no service.", "Give its name or identifier, or --prove.")
    if given.service:
        forgetting.forget(chosen, given.service, reason=given.reason)
    if given.prove:
        forgetting.prove(chosen)


def _attack(given: argparse.Namespace) -> int:
    from popresearch import attack, study

    folder = Path(given.release)
    chosen = study.load(given.study if folder.is_dir() else given.release)
    report = attack.attack(folder if folder.is_dir() else chosen.outputs, chosen, previous=given.previous)
    print(report)
    return 0 if report.is_safe else 1


def _codebook(given: argparse.Namespace) -> None:
    from popresearch import instrument, study
    from popresearch.files import write_text

    chosen = study.load(given.study)
    if any(strand.instrument.name == "codebook.csv" for strand in chosen.strands.values()):
        raise bad_input(
            f"study '{given.study}'",
            "has the codebook as its instrument.",
            "Edit data/<study>/codebook.csv itself.",
        )
    asked = {name: instrument.of(strand) for name, strand in chosen.strands.items()}
    for strand in chosen.strands.values():
        instrument.validate(strand.instrument)
    table = instrument.codebook(asked)
    write_text(chosen.folder / "codebook.csv", table.to_csv(index=False, lineterminator="\n"))
    print(f"data/{given.study}/codebook.csv: {len(table):,} rows")


def _init(given: argparse.Namespace) -> None:
    from popresearch import draft

    draft.init(given.export, given.name, language=given.language)


def _bench(given: argparse.Namespace) -> int:
    from popresearch import bench

    return bench.main(parts=given.only or bench.PARTS)


if __name__ == "__main__":
    sys.exit(main())
