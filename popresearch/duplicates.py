"""Responses that came twice: exported again, sent twice, or changed since an earlier export; one is kept and both are named."""

import numpy as np
import pandas as pd

AGAIN, SAME, NEAR = "exported again", "duplicate", "near duplicate"
CHANGED = "differs from the same response in another export"
WITHDRAWN = "the same response is refused in another export"  # consent withdrawn, or given, in between
HELD = (CHANGED, WITHDRAWN)
NAMES = ["", AGAIN, SAME, NEAR, CHANGED, WITHDRAWN]
LEAST_ANSWERS = 5  # closed and open ones: fewer may be alike by chance, also from one device
LEDGER = ["file", "row", "rule", "of_file", "of_row"]


def found(marks: pd.DataFrame) -> pd.DataFrame:
    """Name the rule that each repeated response falls under, and the response that it repeats; rows in the order of the files.

    Expects `file, row, key, device, minute, content, folded, n_answers, refused` of the responses of one strand; those that a rule has
    refused repeat nothing, but no other row of their key is kept. Gives `file, row, rule, of_file, of_row`. Equal answers alone
    repeat nothing: two children may tick the same boxes.

    The same key with the same answers is one response exported again; with other answers it was changed in between, and which of
    the two holds is for a person. The same answers to the letter in the same minute are a duplicate; the same but for spelling, in the
    same minute or from one device, a near duplicate.
    """
    key, device, minute, content, folded = (
        marks[name].to_numpy() for name in ("key", "device", "minute", "content", "folded")
    )
    enough = (marks["n_answers"] >= LEAST_ANSWERS).to_numpy() & ~marks["refused"].to_numpy()
    rules = np.zeros(len(marks), dtype=np.int8)
    origin = np.full(len(marks), -1)
    refused = marks["refused"].to_numpy()
    _withdraw(rules, origin, key, refused)
    _mark(rules, origin, key, ~refused & (key != 0), AGAIN)
    again = np.flatnonzero(rules == NAMES.index(AGAIN))
    rules[again[content[again] != content[origin[again]]]] = NAMES.index(CHANGED)
    _mark(rules, origin, content + minute, ~refused & (minute != 0), SAME)
    _mark(rules, origin, folded + minute, enough & (minute != 0), NEAR)
    _mark(rules, origin, folded + device, enough & (device != 0), NEAR)
    later = np.flatnonzero(rules)
    first = marks.iloc[origin[later]]
    table = marks.iloc[later][["file", "row"]].assign(
        rule=[NAMES[rule] for rule in rules[later]], of_file=first["file"].array, of_row=first["row"].array
    )
    return table.reset_index(drop=True)[LEDGER]


def _withdraw(rules: np.ndarray, origin: np.ndarray, key: np.ndarray, refused: np.ndarray) -> None:
    """Mark the responses whose key a refused row has: a person decides, since "no" said later must not be overheard."""
    said = np.flatnonzero(refused & (key != 0))
    first = pd.Series(said, index=key[said])
    first = first[~first.index.duplicated()]
    free = np.flatnonzero(~refused & (key != 0)) if len(first) else said[:0]
    also = free[pd.Series(key[free]).isin(first.index).to_numpy()]
    rules[also] = NAMES.index(WITHDRAWN)
    origin[also] = first.loc[key[also]].to_numpy()


def _mark(rules: np.ndarray, origin: np.ndarray, sign: np.ndarray, where: np.ndarray, rule: str) -> None:
    """Write the rule beside each response whose sign an earlier one has; those under a rule already repeat nothing."""
    free = np.flatnonzero(where & (rules == 0))
    signs = pd.Series(sign[free])
    later = signs.duplicated().to_numpy()
    if not later.any():
        return
    repeated = free[later]
    firsts = ~later & signs.isin(signs[later]).to_numpy()
    first = pd.Series(free[firsts], index=sign[free[firsts]])
    rules[repeated] = NAMES.index(rule)
    origin[repeated] = first.loc[sign[repeated]].to_numpy()
