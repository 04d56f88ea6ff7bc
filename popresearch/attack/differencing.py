"""Two releases of one study, taken from each other: what is left are the numbers of those who came in between."""

from dataclasses import replace

import pandas as pd

from popresearch.attack.published import COUNTS, Published
from popresearch.study import Study


def differences(new: Published, old: Published) -> Published:
    """Take the older release from the newer: what both show is known of those who came; all sums hold of them as of everyone."""
    keys = new.cells.index.union(old.cells.index)
    cells = pd.DataFrame(float("nan"), index=keys, columns=new.cells.columns)
    for name in COUNTS:
        cells[name] = new.cells[name].reindex(keys) - old.cells[name].reindex(keys)
    places = new.responses.index.union(old.responses.index)
    asked = new.asked.index.union(old.asked.index)
    return Published(
        cells,
        new.responses.reindex(places) - old.responses.reindex(places),
        new.asked.reindex(asked) - old.asked.reindex(asked),
        step=max(2 * (new.slack + old.slack), 1),
    )


def of_newcomers(study: Study) -> Study:
    """The rules for those who came: that nobody of them chose an option says little, so zeros do not disclose."""
    strands = {name: replace(strand, hide_zero=False) for name, strand in study.strands.items()}
    return replace(study, strands=strands)


def gone(change: Published, study: Study) -> pd.DataFrame:
    """Counts that went down by less than a minimum cell: those of answers that were withdrawn or corrected."""
    cells = change.cells.reset_index()
    least = cells["strand"].map({name: strand.minimum_cell for name, strand in study.strands.items()})
    return cells[(cells["count"] < 0) & (cells["count"] > -least)]
