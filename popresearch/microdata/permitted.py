"""What a file of single answers may hold beside a release: nothing that would count what the release hides.

From a file everyone can count: its questions by its places, and its keys by their values. So a question goes in only where the
release shows each of its cells, of what is rolled up from it, and of what is asked depending on it, at every level that the file
tells apart. A key may take options together; but no hidden option may stand alone among shown ones.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from popresearch import reference
from popresearch.disclosure import SHOWN
from popresearch.instrument import Instrument
from popresearch.microdata.search import Steps
from popresearch.microdata.variables import Key

WORLD = [("world", "")]
Places = list[tuple[str, str]]  # level and name, as the release has them


class Gate:
    """What the release ("estimates") shows of one strand."""

    def __init__(self, released: pd.DataFrame, strand: str, asked: Instrument) -> None:
        cells = released[released["strand"].eq(strand)]
        hidden = cells[cells["status"].ne(SHOWN)]
        self._known = set(zip(cells["question"], cells["level"], cells["place"], strict=True))
        self._hidden = set(zip(hidden["question"], hidden["level"], hidden["place"], strict=True))
        world = hidden[hidden["level"].eq("world")]
        self._options = set(zip(world["question"], world["option"], strict=True))
        self._asked = asked

    def shows(self, question: str, places: Places = WORLD) -> bool:
        """Say whether the release shows all of a question, and of what hangs on it, in all of the places."""
        related = [question, *self._related(question)]
        return all(
            (question, *place) in self._known and not any((one, *place) in self._hidden for one in related)
            for place in places
        )

    def allows(self, steps: Steps, keys: Mapping[str, Key], questions: Iterable[str]) -> bool:
        """Say whether a file with these steps and questions leaves hidden what the release hides."""
        asked_for = [name for name in steps if name in self._asked.questions.index and steps[name] != "all"]
        places = _places(steps, keys)
        if places:
            return all(self.shows(question, WORLD + places) for question in [*questions, *asked_for])
        return all(self._covers(keys[name].steps[steps[name]], name) for name in asked_for)

    def _related(self, question: str) -> list[str]:
        """Name what is counted from the answers to a question, or asked depending on them."""
        conditions = self._asked.questions["relevant"]
        follow_ups = list(conditions.index[conditions.str.contains(f"${{{question}}}", regex=False)])
        return follow_ups + sorted({name for name, *_ in self._known if name.startswith(f"{question}.")})

    def _covers(self, groups: Mapping[str, str], question: str) -> bool:
        """Say whether hidden options are taken together with other hidden ones; what is blank is a group, too."""
        hidden = pd.Series([group for option, group in groups.items() if (question, option) in self._options])
        return (question, *WORLD[0]) in self._known and bool((hidden.value_counts() > 1).all())


def _places(steps: Steps, keys: Mapping[str, Key]) -> Places:
    """Name the places that a file with these steps tells apart: its regions, and from sub-regions on its countries."""
    step = steps.get("country", "all")
    if step == "all":
        return []
    countries = [leaf for leaf in keys["country"].leaves.unique() if leaf]
    regions = reference.countries()["region"].reindex(countries).dropna().unique()
    found = [("region", name) for name in sorted(regions)]
    return found + [("country", name) for name in sorted(countries) if step != "region"]
