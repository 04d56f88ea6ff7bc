"""What was answered: exports become one typed table a strand, and every row is accounted for.

Rows in = rows kept + rows refused by a rule + rows in quarantine, for every file; `ingest` raises where that does not hold. Answers
that cannot be read go to quarantine one by one; a row goes there whole only when its consent, age or country cannot be read, or when
it contradicts itself.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import pandas as pd

from popresearch import corrections, duplicates, instrument, outcome, platforms, repeats, versions, withdrawn
from popresearch.faults import BadInput, Fault
from popresearch.ingested import Ingested, account, load, require_all, save, states
from popresearch.instrument import Instrument
from popresearch.intake import QUARANTINE, RULES, Intake
from popresearch.platforms import Export
from popresearch.study import Strand, Study

Result = TypeVar("Result")
__all__ = ["QUARANTINE", "RULES", "Ingested", "account", "ingest", "load", "require_all", "save", "states"]


def ingest(study: Study) -> Ingested:
    """Read all exports of a study; one that cannot be read is named in `faults`, and the others are read all the same.

    Raises `BadInput` where nothing can be read, and for faults of the study's own tables (corrections, versions, names of files).
    """
    asked = {name: instrument.of(strand) for name, strand in study.strands.items()}
    earlier = versions.read(study, asked)
    exports, children, notes, faults = _opened(study)
    decided, gone = corrections.read(study), withdrawn.read(study)
    arrivals: list[Intake] = []
    for strand, export in exports:
        if arrival := _tried(
            lambda s=strand, e=export: Intake(s, e, asked[s.name], earlier[s.name], decided, gone), faults
        ):
            arrivals.append(arrival)
    decided.check([arrival.export for arrival in arrivals])
    if not arrivals:
        raise BadInput(f"the exports of study '{study.name}'", faults)
    ledger = _settled(arrivals)
    accounting = pd.DataFrame([arrival.accounting() for arrival in arrivals])
    notes += [note for arrival in arrivals for note in arrival.notes()]
    found = _repeats(arrivals, children, faults)
    unknown = {
        one.file: outcome.unknown(one.export, one.matched, one.rows[one.rule == 0])
        for one in arrivals
        if one.matched.unknown
    }
    return Ingested(
        responses={
            name: outcome.under_each_other(
                outcome.responses(one) for one in arrivals if one.strand.name == name
            )
            for name in dict.fromkeys(arrival.strand.name for arrival in arrivals)
        },
        texts=pd.concat([outcome.texts(arrival) for arrival in arrivals], ignore_index=True),
        quarantine=pd.concat([arrival.quarantine() for arrival in arrivals], ignore_index=True),
        accounting=accounting,
        columns=pd.concat(
            [*(outcome.fate(one.export, one.matched, one.file) for one in arrivals), *found.columns],
            ignore_index=True,
        ),
        ledger=ledger,
        turns=pd.DataFrame(found.turns, columns=repeats.ACCOUNT),
        repeats={name: outcome.under_each_other(pieces) for name, pieces in found.tables.items()},
        unknown=unknown | found.unknown,
        faults=faults,
        notes=_form_faults(study, asked) + notes,
    )


def _opened(
    study: Study,
) -> tuple[list[tuple[Strand, Export]], dict[str, list[Export]], list[str], list[Fault]]:
    """Open all files; give the exports, the tables of their repeats, the sheets left unread, and the files that cannot be read."""
    exports, children, notes, faults = [], {}, [], []
    for strand in study.strands.values():
        for path in strand.files:
            family = _tried(
                lambda path=path, strand=strand: platforms.read_family(path, strand.sheet), faults
            )
            if family:
                export, children[export.shown], sheets = family[0], family[1], family[2]
                exports.append((strand, export))
                notes += [
                    f"{export.shown}: sheet '{sheet}' was not read; if it holds answers, name it as 'sheet'"
                    for sheet in sheets
                ]
    names = pd.Series([export.path.name for _, export in exports], dtype="str")
    doubled = list(names[names.duplicated()].unique())
    if doubled:
        what = "is the name of two exports; responses and corrections go by the name of their file."
        raise BadInput(
            f"the exports of study '{study.name}'",
            [Fault(name, what, "Rename or remove one of them.") for name in doubled],
        )
    return exports, children, notes, faults


def _tried(attempt: Callable[[], Result], faults: list[Fault]) -> Result | None:
    """Try to read one file; what is wrong with it joins the faults, and the others are read all the same."""
    try:
        return attempt()
    except BadInput as error:
        faults += [
            Fault(f"{error.source}: {fault.place}".rstrip(": "), fault.what, fault.remedy)
            for fault in error.faults
        ]
        return None


def _settled(arrivals: list[Intake]) -> pd.DataFrame:
    """Look for repeated responses among all files of a strand, settle every row, and give the ledger of pairs."""
    ledgers = []
    for strand in dict.fromkeys(arrival.strand.name for arrival in arrivals):
        mine = [arrival for arrival in arrivals if arrival.strand.name == strand]
        repeated = duplicates.found(
            pd.concat([arrival.fingerprints() for arrival in mine], ignore_index=True)
        )
        for arrival in mine:
            arrival.settle(repeated)
        ledgers.append(repeated)
    return pd.concat(ledgers, ignore_index=True)


class _Repeats(NamedTuple):
    """The tables of all repeats by strand/repeat, their account, what became of their columns, and those that are unknown."""

    tables: dict[str, list[pd.DataFrame]]
    turns: list[dict[str, object]]
    columns: list[pd.DataFrame]
    unknown: dict[str, pd.DataFrame]


def _repeats(arrivals: list[Intake], children: dict[str, list[Export]], faults: list[Fault]) -> _Repeats:
    """Read the turns of all repeats."""
    found = _Repeats({}, [], [], {})
    for arrival in arrivals:
        inline, turns = repeats.inline(arrival)
        found.turns.extend(turns)
        tables = list(inline.items())
        for child in children[arrival.file]:
            if one := _tried(lambda arrival=arrival, child=child: repeats.linked(arrival, child), faults):
                tables.append((one.repeat, one.table))
                found.turns.append(one.account)
                found.columns.append(one.columns)
                if one.unknown.shape[1]:
                    found.unknown[one.file] = one.unknown
        for repeat, table in tables:
            found.tables.setdefault(f"{arrival.strand.name}/{repeat}", []).append(table)
    return found


def _form_faults(study: Study, asked: dict[str, Instrument]) -> list[str]:
    """Say what is wrong with the forms themselves; answers to what they do describe are read."""
    return [
        f"{platforms.shown(study.strands[name].instrument)}: {fault}"
        for name, one in asked.items()
        for fault in one.faults
    ]
