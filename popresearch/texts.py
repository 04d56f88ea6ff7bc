"""When two texts of a questionnaire are the same, and when one is so close to another that it can only be meant."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

SLIP = 85  # ratio (0–100) from which a text is rather an option with a slip than something else
CLOSE, MARGIN = 92, 4  # ratio (0–100), and how far the second-best has to stay behind
SHORTEST = 12  # characters; a short text is close to many
SHORTEST_WORD = 4  # letters; a shorter word with another letter is another word: he, she
ALIKE = 60  # ratio (0–100) from which a text is worth suggesting
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")  # in Chinese, each sign
INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, 0x61C, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)  # order of writing
TURNS = set("""
    no not never nor none without non ne pas jamais aucun sans nunca ningún ninguna sin не нет ни никогда без لا لم لن ليس غير بدون
    不 没 未 无 nicht kein keine nie ohne não nem sem more less most least plus moins más menos больше меньше أكثر أقل
""".split())  # fmt: skip


def normal(text: str) -> str:
    """Fold case, width, white space, closing punctuation and what cannot be seen, so that the same words compare equal."""
    text = (
        unicodedata.normalize("NFKC", text)
        .casefold()
        .translate(INVISIBLE)
        .replace("’", "'")
        .replace("‐", "-")
    )
    return re.sub(r"\s+", " ", text).strip().rstrip(" .:?*؟？。：…")


def slip_of(text: str, known: Iterable[str]) -> str:
    """Give the known text that is so near (both normalised) that it may be meant, and a person has to decide; blank where none is."""
    found = process.extractOne(text, list(known), scorer=fuzz.ratio, score_cutoff=SLIP)
    return found[0] if found else ""


def meant(text: str, known: Iterable[str]) -> str:
    """Say " Did you mean 'x'?" for the closest known text, or nothing; quick where `faults.did_you_mean` takes too long."""
    found = process.extractOne(
        text, list(known), processor=str.casefold, scorer=fuzz.ratio, score_cutoff=ALIKE
    )
    return f" Did you mean '{found[0]}'?" if found else ""


def closest(text: str, known: Iterable[str]) -> tuple[str, int]:
    """Give the one known text (both normalised) that differs only by slips, and the ratio; blank where there is none, or two.

    Texts that differ in a number, in a word that turns the meaning round, or in another word (a day, a week), are different questions.
    """
    near = (
        process.extract(text, list(known), scorer=fuzz.ratio, score_cutoff=CLOSE - MARGIN, limit=2)
        if len(text) >= SHORTEST
        else []
    )
    if not near or near[0][1] < CLOSE or (len(near) > 1 and near[1][1] > near[0][1] - MARGIN):
        return "", 0
    best, score, _ = near[0]
    is_other = (
        re.findall(r"\d+", text) != re.findall(r"\d+", best)
        or _turns(text) != _turns(best)
        or not _same_words(text, best)
    )
    return ("", 0) if is_other else (best, round(score))


def _same_words(one: str, two: str) -> bool:
    """Say whether two texts have the same words, but for slips of the pen and words that only one of them has."""
    left, right = WORD.findall(one), WORD.findall(two)
    for what, start, end, there, until in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what == "replace" and not _is_slip_of("".join(left[start:end]), "".join(right[there:until])):
            return False
    return True


def _is_slip_of(one: str, two: str) -> bool:
    """Say whether two words differ by a letter: one more, one less, another, or two in the wrong order; in a long word by two.

    A beginning of two letters makes another word: "dissatisfied", "inappropriate", "небезопасно".
    """
    if abs(len(one) - len(two)) > 1 and (one.endswith(two) or two.endswith(one)):
        return False
    shorter = min(len(one), len(two))
    return one == two or (
        shorter >= SHORTEST_WORD and OSA.distance(one, two) <= 1 + (shorter >= 2 * SHORTEST_WORD)
    )


def _turns(text: str) -> set[str]:
    words = set(re.findall(r"[^\W\d_]+", text))
    return (words | {sign for sign in text if "\u4e00" <= sign <= "\u9fff"}) & TURNS | {
        "n't" for _ in re.findall("n't", text)
    }
