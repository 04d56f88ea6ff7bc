"""What the attacker found: each find with its kind and place, and a summary that may be published."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice

import pandas as pd

EXAMPLES = 5  # of each kind, that the report for the operator names


@dataclass(frozen=True)
class Find:
    """One thing that should not be: its kind, the file or table, the place in it, and what is wrong; never the text of an answer."""

    kind: str
    file: str
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.what}" if self.place else f"{self.file}: {self.what}"


@dataclass
class Report:
    """What one attack tried and found. `narrowest` is the width, in answers, of the narrowest breach."""

    finds: list[Find] = field(default_factory=list)
    n_shown: int = 0
    n_bounded: int = 0
    n_exposed: int = 0
    narrowest: float = float("nan")
    n_files: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def is_safe(self) -> bool:
        """Say whether nothing was found."""
        return not self.finds

    def summary(self) -> pd.DataFrame:
        """Give the numbers that may be published: what was tried, and how much of it was found; no cell is named."""
        rows = {
            "numbers read": self.n_shown,
            "hidden counts tried": self.n_bounded,
            "hidden counts narrowed below the rule": self.n_exposed,
            "files searched": self.n_files,
            "finds": len(self.finds),
        }
        return pd.DataFrame({"what": list(rows), "number": list(rows.values())})

    def by_kind(self) -> Counter[str]:
        """Count the finds of each kind."""
        return Counter(find.kind for find in self.finds)

    def __str__(self) -> str:
        """For the operator: the numbers, then a few finds of each kind; it may name cells and must not be published."""
        lines = [f"{row.what}: {row.number:,}" for row in self.summary().itertuples()]
        lines += [f"narrowest: {self.narrowest:.0f} answers wide"] if self.n_exposed else []
        lines += [f"seconds: {self.seconds:.1f}", *self.notes]
        for kind, number in self.by_kind().items():
            lines.append(f"{kind}: {number:,}")
            examples = islice((find for find in self.finds if find.kind == kind), EXAMPLES)
            lines += [f"  {find}" for find in examples]
        return "\n".join(lines)
