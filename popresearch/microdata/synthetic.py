"""A made-up file in the form of the answers, drawn from the release alone, so that it carries no more than the release does.

Each row gets a region, by the released counts of responses, and then each question on its own by the released shares of that region,
or of the world where the region's are hidden. So nothing in it goes together: it is for trying code, never for analysis.
"""

import zlib

import numpy as np
import pandas as pd

from popresearch.disclosure import SHOWN
from popresearch.instrument import Instrument
from popresearch.microdata.permitted import WORLD, Gate

MARK = "SYNTHETIC"


def drawn(
    released: pd.DataFrame, responses: pd.DataFrame, questions: list[str], asked: Instrument, strand: str
) -> pd.DataFrame:
    """Draw as many rows as the strand has responses; `released` and `responses` are the release's tables of those names.

    The same release gives the same rows. Empty where the number of responses is hidden.
    """
    random = np.random.default_rng(zlib.crc32(strand.encode()))
    regions = _regions(responses[responses["strand"].eq(strand)], random)
    gate = Gate(released, strand, asked)
    cells = released[released["strand"].eq(strand) & released["status"].eq(SHOWN)]
    made = {"kind": pd.DataFrame({"file": MARK, "region": regions})}
    for question in questions:
        cells_of = dict(tuple(cells[cells["question"].eq(question)].groupby(["level", "place"])))
        places = [("region", region) for region in dict.fromkeys(regions)]
        from_place = {
            place[1]: cells_of[place if gate.shows(question, [place]) else WORLD[0]] for place in places
        }
        kind = asked.questions.at[question, "kind"]
        made[question] = _answers(question, kind, regions, from_place, random)
    return pd.concat(made.values(), axis=1)


def _regions(counts: pd.DataFrame, random: np.random.Generator) -> np.ndarray:
    """Draw the region of each row by the shown counts; those of hidden regions are blank."""
    shown = counts[counts["status"].eq(SHOWN)].set_index(["level", "place"])["count"].astype("int64")
    total = int(shown.get(("world", ""), 0))
    by_region = shown.xs("region", level="level") if "region" in shown.index else shown.iloc[:0]
    names = [*by_region.index, ""]
    numbers = [*by_region, total - int(by_region.sum())]
    return random.permutation(np.repeat(np.array(names, dtype=object), numbers))


def _answers(
    question: str,
    kind: str,
    regions: np.ndarray,
    from_place: dict[str, pd.DataFrame],
    random: np.random.Generator,
) -> pd.DataFrame:
    """Draw the answers of all rows: not answered as often as the release says, then options by their shares."""
    options = list(next(iter(from_place.values()))["option"])
    shares = {
        region: cells.set_index("option")["share"].reindex(options).to_numpy(dtype=float)
        for region, cells in from_place.items()
    }
    answered = {
        region: float(cells["base"].iloc[0] / cells["n"].iloc[0]) for region, cells in from_place.items()
    }
    missing = random.random(len(regions)) >= np.array([answered[region] for region in regions])
    table = np.array([shares[region] for region in regions])
    if kind == "many":
        chosen = pd.DataFrame((random.random(table.shape) < table).astype(int), dtype="Int64")
        chosen.loc[missing] = pd.NA
        return chosen.set_axis([f"{question}/{option}" for option in options], axis=1)
    ends = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)
    place = (random.random(len(regions))[:, None] > ends).sum(axis=1).clip(max=len(options) - 1)
    return pd.DataFrame({question: pd.Series(np.array(options)[place], dtype="str").mask(missing)})
