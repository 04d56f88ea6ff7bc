"""Versions of a questionnaire as one: what only an earlier version has comes after what the current one has."""

from dataclasses import replace

import pandas as pd

from popresearch.faults import Fault
from popresearch.instrument.form import CHOICES, LABELS, Instrument

RENAME = "Name the earlier question in versions.csv."


def merged(current: Instrument, earlier: list[Instrument]) -> Instrument:
    """Add to an instrument what only its earlier versions have: questions, options, groups, rows aside; where both have it, it wins.

    `faults` also tells of questions that were of another kind, and of option codes that stood for another option.
    """
    for version in earlier:
        current = _with(current, version)
    return current


def _with(current: Instrument, earlier: Instrument) -> Instrument:
    gone = earlier.questions.loc[~earlier.questions.index.isin(current.questions.index)]
    apart = {name: f"{name}_earlier" for name in gone["list"].unique() if _differs(name, current, earlier)}
    gone = gone.assign(list=gone["list"].replace(apart))
    questions = pd.concat([current.questions, gone]) if len(gone) else current.questions
    groups = earlier.groups.loc[~earlier.groups.index.isin(current.groups.index)]
    aside = earlier.aside | current.aside
    faults = [*current.faults, *_of_another_kind(current, earlier), *_recoded(current, earlier)]
    return replace(
        current,
        questions=questions,
        options=_options(current, earlier, gone, {own: name for name, own in apart.items()}),
        groups=pd.concat([current.groups, groups]) if len(groups) else current.groups,
        aside={name: kind for name, kind in aside.items() if name not in questions.index},
        faults=tuple(dict.fromkeys(faults)),
        other_languages=tuple(dict.fromkeys([*current.other_languages, *earlier.other_languages])),
    )


def _shared(current: Instrument, earlier: Instrument) -> list[str]:
    """The choice questions of both versions, of one kind."""
    both = current.questions.index.intersection(earlier.questions.index)
    kinds = current.questions.loc[both, "kind"]
    return list(both[(kinds == earlier.questions.loc[both, "kind"]) & kinds.isin(CHOICES)])


def _differs(name: str, current: Instrument, earlier: Instrument) -> bool:
    """Say whether a list has a code of today with another label: then what is no longer asked keeps the list of its own time."""
    now, was = (each.options[each.options["list"] == name].set_index("option") for each in (current, earlier))
    both = now.index.intersection(was.index)
    return bool((now.loc[both, LABELS] != was.loc[both, LABELS]).any(axis=None))


def _options(
    current: Instrument, earlier: Instrument, gone: pd.DataFrame, apart: dict[str, str]
) -> pd.DataFrame:
    """Options of today, then the earlier ones: those of a question that is still asked go to its list, also if that was renamed."""
    names = [(earlier.questions.at[name, "list"], current.questions.at[name, "list"])
             for name in _shared(current, earlier)]  # fmt: skip
    names += [(apart.get(name, name), name) for name in gone["list"] if name]
    added = [
        earlier.options[earlier.options["list"] == was].assign(list=name)
        for was, name in dict.fromkeys(names)
    ]
    return pd.concat([current.options, *added]).drop_duplicates(["list", "option"]).reset_index(drop=True)


def _of_another_kind(current: Instrument, earlier: Instrument) -> list[Fault]:
    faults = []
    for name in current.questions.index.intersection(earlier.questions.index):
        now, was = current.questions.at[name, "kind"], earlier.questions.at[name, "kind"]
        if now != was:
            what = f"is of kind {now}, and was {was} in an earlier version; answers are read as {now}."
            faults.append(Fault(f"question '{name}'", what, RENAME))
    return faults


def _recoded(current: Instrument, earlier: Instrument) -> list[Fault]:
    """Codes whose earlier label is now that of another option: read by code, such answers would be wrong."""
    faults = []
    for name in _shared(current, earlier):
        now, was = current.options_of(name), earlier.options_of(name)
        for option in now.index.intersection(was.index):
            for column in LABELS:
                label = was.at[option, column]
                others = now.index[(now[column] == label) & (now.index != option)]
                if label and now.at[option, column] != label and len(others):
                    what = f"the code '{option}' stood in an earlier version for what is '{others[0]}' today."
                    faults.append(Fault(f"question '{name}'", what, RENAME))
                    break
    return faults
