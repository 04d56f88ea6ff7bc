"""Tables on paper, as tests write them: a line a row, a bar between cells; a number is a number, "–" is missing."""

import re

import numpy as np
import pandas as pd

NUMBER = re.compile(r"-?\d+(\.\d+)?")


def table(text: str) -> pd.DataFrame:
    """Read a table from paper."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    head, *rows = lines
    assert all(len(row) == len(head) for row in rows), "a row has more or fewer cells than the head"
    frame = pd.DataFrame(rows, columns=head, dtype=object).replace("–", np.nan)
    for name in head:
        is_text = frame[name].map(lambda cell: isinstance(cell, str) and not NUMBER.fullmatch(cell)).any()
        frame[name] = frame[name].astype(str) if is_text else pd.to_numeric(frame[name])
    return frame


def question(text: str, regions: dict[str, str], *, bases: str = "base") -> pd.DataFrame:
    """Read the counts of one question by country (a column an option, `country`, `base`, perhaps `n`), with regions and world added.

    Gives what `disclosure.protect` takes: a row an option and place with n, base, count and n_organisations. The row "–" holds the
    answers that name no country. An option "rollup.name" belongs to the question "q.rollup", all others to "q".
    """
    wide = table(text)
    wide["country"] = wide["country"].fillna("")
    wide = wide.assign(n=wide["n"] if "n" in wide else wide[bases])
    options = [name for name in wide if name not in ("country", "n", bases)]
    parts = [("country", code, wide[wide["country"] == code]) for code in wide["country"] if code]
    for region in dict.fromkeys(regions.values()):
        parts.append(("region", region, wide[wide["country"].map(regions.get) == region]))
    parts.append(("world", "", wide))
    rows = []
    for level, place, inside in parts:
        for option in options:
            group, _, name = option.rpartition(".")
            rows.append(
                {
                    "question": f"q.{group}" if group else "q",
                    "option": name,
                    "level": level,
                    "place": place,
                    "n": int(inside["n"].sum()),
                    "base": int(inside[bases].sum()),
                    "count": int(inside[option].sum()),
                    "n_organisations": int(inside[bases].sum()),
                }
            )
    return pd.DataFrame(rows)
