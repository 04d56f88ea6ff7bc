"""Submissions brought from KoboToolbox or ODK Central: what is new or changed, none lost and none doubled, and their CSV file.

A fetch lists what the server has, brings what is missing here or has changed since, page by page, and lists again, because submissions
arrive, change and go while we read. It is done when a list has nothing to bring and the server's count agrees with it.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from popresearch import study as studies
from popresearch.faults import bad_input, did_you_mean
from popresearch.fetched import Fetched, alone, csv_of, plain, shown
from popresearch.files import write_bytes
from popresearch.kobo import Kobo
from popresearch.odk import Odk
from popresearch.remote import Server
from popresearch.study import Study
from popresearch.wording import ROOT

PLATFORMS: dict[str, Callable[[Server, str], Any]] = {"kobo": Kobo, "odk": Odk}
ROUNDS = 4
Say = Callable[[str], object]


@dataclass
class Account:
    """What a fetch did."""

    new: int = 0
    changed: int = 0
    gone: list[Any] = field(default_factory=list)
    removed: int = 0
    is_growing: bool = False


def fetch(
    study: Study,
    platform: str,
    server: Server,
    form: str,
    *,
    strand: str = "",
    anew: bool = False,
    remove_deleted: bool = False,
    out: Say = print,
    err: Say = print,
) -> Path:
    """Bring the submissions and the form, write the CSV file among the study's exports, and give its path.

    `anew` brings all submissions again. Those that the server no longer has stay here, unless `remove_deleted`. A server that
    cannot be read is `BadInput`; the whole pages that came are kept, the CSV file stays as it was.
    """
    name, exports = f"{_strand(study, strand)}_{plain(form)}", _private(study)
    folder, target = exports.parent / "fetched", exports / f"{name}.csv"
    source = PLATFORMS[platform](server, form)
    try:
        version, ending, content = source.form()
        with alone(folder, name):
            here = Fetched(folder, name, {"platform": platform, "server": server.host, "form": form})
            try:
                account = bring(source, here, anew=anew, say=err)
            finally:
                here.settle()
            if remove_deleted:
                _remove(account, here)
            write_bytes(folder / f"{name}.form{ending}", content)
            left_out = _write_table(source, here, target)
            _say(out, name, account, here, [*left_out, *_drift(here, version)])
            now = datetime.now(UTC).isoformat(timespec="seconds")
            here.record(version=version, fetched_at=now, submissions=len(here.ids()))
    finally:
        source.close()
    out(f"{shown(target)} has the answers, {shown(folder / f'{name}.form{ending}')} the form.")
    return target


def bring(source: Any, here: Fetched, *, anew: bool = False, say: Say = print) -> Account:
    """List and bring until a list has nothing to bring and the server counts as many as it lists."""
    account, brought = Account(), set()
    for _ in range(ROUNDS):
        listed = source.listed()
        wanted = [
            identity
            for identity, stamp in listed.items()
            if here.stamp(identity) != stamp or (anew and identity not in brought)
        ]
        count = len(listed) if wanted else source.count()
        if not wanted and count == len(listed):
            break
        missing = set(wanted)
        for page in _pages(source, listed, wanted):
            new, changed = here.add(page)
            account.new, account.changed = account.new + new, account.changed + changed
            missing -= page.keys()
            brought |= page.keys()
            say(f"{len(wanted) - len(missing):,} of {len(wanted):,} submissions")
    else:
        account.is_growing = bool(wanted) and not missing
        if not account.is_growing:
            what = f"lists {len(listed):,} submissions, counts {count:,}, and does not give {len(missing):,}."
            remedy = "What came stays. Try again later; if it stays so, tell whoever runs the server."
            raise bad_input(source.server.host, what, remedy)
    account.gone = [identity for identity in here.ids() if identity not in listed]
    return account


def _pages(
    source: Any, listed: dict[Any, str], wanted: list[Any]
) -> Iterator[dict[Any, tuple[str, dict[str, Any]]]]:
    """Ask for what is wanted, at most `source.page` neighbours of the list at once; a part that does not come is left for later."""
    order, places = list(listed), {identity: place for place, identity in enumerate(listed)}
    while wanted:
        first = places[wanted[0]]
        n_within = bisect_left(wanted, first + source.page, key=places.__getitem__)
        window, wanted = wanted[:n_within], wanted[n_within:]
        came = source.submissions(order[first : places[window[-1]] + 1])
        page = {identity: (listed[identity], came[identity]) for identity in window if identity in came}
        if page:
            wanted = [identity for identity in window if identity not in page] + wanted
            yield page


def private_study(name: str, source: str | None) -> Study:
    """Load a study with a source whose exports git ignores: the one named, its own, or "restricted"."""
    chosen = studies.load(name, source)
    return chosen if source or _is_private(chosen.exports) else studies.load(name, "restricted")


def _strand(study: Study, name: str) -> str:
    names = list(study.strands)
    if not name and len(names) == 1:
        return names[0]
    if name not in names:
        what = f"has no strand '{name}'.{did_you_mean(name, names)}" if name else "has several strands."
        raise bad_input(
            f"study '{study.name}'", what, f"Say which the form belongs to: --strand {' | '.join(names)}"
        )
    return name


def _private(study: Study) -> Path:
    if not _is_private(study.exports):
        what = f"is in {shown(study.exports)}, where git would take answers along."
        remedy = "Name a source whose folder lies under data/restricted: --source …"
        raise bad_input(f"source '{study.source}' of study '{study.name}'", what, remedy)
    return study.exports


def _is_private(folder: Path) -> bool:
    return folder.resolve().is_relative_to((ROOT / "data" / "restricted").resolve())


def _is_few(account: Account, here: Fetched) -> bool:
    """Whether less than half of all is gone: more may be a lost permission."""
    return 2 * len(account.gone) < len(here.ids())


def _remove(account: Account, here: Fetched) -> None:
    """Remove what the server no longer has, where that is few."""
    if account.gone and _is_few(account, here):
        here.remove(account.gone)
        account.gone, account.removed = [], len(account.gone)


def _write_table(source: Any, here: Fetched, target: Path) -> list[str]:
    """Write the CSV file; say what it leaves out."""
    heads, rows, left_out = source.table(here.submissions())
    write_bytes(target, csv_of(heads, rows))
    return [f"{what}: see {shown(here.lines)}, not the CSV file." for what in left_out]


def _drift(here: Fetched, version: str) -> list[str]:
    """Say that the form is of another version than at the last fetch."""
    is_same = here.state.get("version", version) == version
    said = "The form has changed since the last fetch. Compare it with the strand's instrument."
    return [] if is_same else [said]


def _say(out: Say, name: str, account: Account, here: Fetched, more: list[str]) -> None:
    out(f"{name}: {account.new:,} new, {account.changed:,} changed, {len(here.ids()):,} in all.")
    if account.removed:
        out(f"{account.removed:,} are no longer on the server and were removed here, too.")
    if account.gone:
        few = "If they were withdrawn, remove them: --remove-deleted"
        many = "That is half of all or more; may the account still view them? --remove-deleted leaves them."
        what = f"{len(account.gone):,} are no longer on the server and stay here."
        out(f"{what} {few if _is_few(account, here) else many}")
    for line in more:
        out(line)
    if account.is_growing:
        out("More arrive while we read. Fetch again for those.")
