"""Which one country's name is an answer a slip of? A letter wrong, swapped, missing or lost; two readings are none."""

import re

from rapidfuzz import process
from rapidfuzz.distance import OSA

from popresearch.countries.lookup import NO_NAME, Match, refused
from popresearch.countries.names import SHORTEST, names, undoubled
from popresearch.countries.spelling import bare, joined, key, plain

LOST, STANDS_FOR_LOST = (
    re.compile(r"(?<=[^\W\d_])[?\ufffd]+(?=[^\W\d_])"),
    "ʔ",
)  # a letter, so that keys keep it
VOWELS = set("aeiou")


def close(text: str) -> Match:
    """Take a spelling for a slip of the nearest name, with "Republic of" and the like or without."""
    if LOST.search(text):
        return _lost(text)
    folded = plain(text)
    tried = [_nearest(undoubled(form)) for form in dict.fromkeys([joined(folded), joined(bare(folded))])]
    best = next((match for match in tried if match.iso3), tried[-1])
    doubts = {code for match in tried if not match.iso3 for code in match.candidates}
    return best if not best.iso3 or doubts <= {*best.iso3} or tried[0].iso3 else tried[0]


def _nearest(slip: str) -> Match:
    """Take a key for a slip of the nearest one, if no name of another country is as near; a swap is one slip."""
    near = names().near
    if len(slip) < SHORTEST:
        return refused(NO_NAME)
    found = process.extract(slip, near.keys(), scorer=OSA.distance, score_cutoff=3, limit=50)
    if not found:
        return refused(NO_NAME)
    least, first = found[0][1], {*near[found[0][0]]}
    # Two slips may be three; and a word one slip further may mean the nearest country or another one.
    candidates = {
        code for spelling, distance, _ in found for code in near[spelling]
        if distance <= least + (least > 1) or (distance == least + 1 and first < {*near[spelling]} - {""})
    }  # fmt: skip
    if not any(_is_slip(slip, spelling, distance) for spelling, distance, _ in found if distance == least):
        return refused(NO_NAME, tuple(sorted(candidates)) if len(candidates) < 4 else ())
    if len(candidates) > 1 or "" in candidates:
        return refused("close to two names, or to one that is asked about", tuple(sorted(candidates)))
    return Match(tuple(candidates), "close", f"slip: {least} of {len(slip)} letters")


def _is_slip(slip: str, spelling: str, distance: int) -> bool:
    """Tell a slip from another word: one letter in seven; in six if missing, added at the end or another vowel;
    in five if swapped.

    The first letter is hardly ever wrong, and cities that look like countries often differ in it.
    """
    longest = max(len(slip), len(spelling))
    if slip[0] != spelling[0] or distance > 2:
        return False
    is_swapped = distance == 1 and sorted(slip) == sorted(spelling)
    is_missing = distance == 1 and len(slip) < len(spelling) and longest > SHORTEST
    is_longer = slip[:-1] == spelling and longest > SHORTEST  # "Tchade"; but "Indira" is no India
    is_likely = is_missing or is_longer or (distance == 1 and _is_vowel(slip, spelling))
    return distance <= 0.15 * longest or is_swapped or is_likely


def _is_vowel(slip: str, spelling: str) -> bool:
    differ = [pair for pair in zip(slip, spelling, strict=False) if pair[0] != pair[1]]
    return len(slip) == len(spelling) > SHORTEST and all({*pair} <= VOWELS for pair in differ)


def _lost(text: str) -> Match:
    """Take letters that an encoding lost ("S?n?gal") for any letters, if one country alone fits."""
    spelled = key(LOST.sub(lambda found: STANDS_FOR_LOST * len(found[0]), text))
    letters = len(spelled.replace(STANDS_FOR_LOST, ""))
    if letters < 4 or letters < 2 * spelled.count(STANDS_FOR_LOST):
        return refused(NO_NAME)
    pattern = re.compile(
        re.sub(f"{STANDS_FOR_LOST}+", lambda run: f".{{1,{len(run[0])}}}", re.escape(spelled))
    )
    known = names().names | {name: code for name, (code, _) in names().aliases.items()}
    found = {code for name, code in known.items() if pattern.fullmatch(name)}
    if len(found) == 1 and not any(pattern.fullmatch(name) for name in names().ask):
        return Match(tuple(found), "close", "letters lost by an encoding")
    return refused(NO_NAME, tuple(sorted(found)) if len(found) < 4 else ())
