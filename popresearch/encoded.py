"""Dictionary-encoded columns of text: each distinct text is looked at once, however many rows hold it."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals


def encode(cells: pd.Series) -> pd.Series:
    """Encode a column of text, where it is not encoded yet."""
    return cells if isinstance(cells.dtype, pd.CategoricalDtype) else cells.astype("str").astype("category")


def constant(text: str, index: pd.Index) -> pd.Series:
    """Make a column that holds one text in every row."""
    return taken(np.zeros(len(index), np.int8), [text], index)


def taken(codes: np.ndarray, texts: Sequence[str], index: pd.Index) -> pd.Series:
    """Make a column in which row i holds `texts[codes[i]]`; texts may repeat."""
    unique, distinct = pd.factorize(
        texts if isinstance(texts, pd.Index) else pd.Index(pd.array(list(texts), dtype="str"))
    )
    categories = pd.Index(distinct, dtype="str")
    return pd.Series(pd.Categorical.from_codes(unique[codes], categories=categories), index=index)


def each(cells: pd.Series, function: Callable[[str], object], dtype: type) -> np.ndarray:
    """Apply a function to each distinct text; gives its results by row."""
    results = np.array([function(text) for text in cells.cat.categories], dtype=dtype)
    return results[cells.cat.codes.to_numpy()] if len(results) else np.zeros(len(cells), dtype)


def changed(cells: pd.Series, function: Callable[[str], str]) -> pd.Series:
    """Give a column other texts, where several may become the same."""
    return taken(cells.cat.codes.to_numpy(), [function(text) for text in cells.cat.categories], cells.index)


def isin(cells: pd.Series, texts: Iterable[str]) -> np.ndarray:
    """Mark the rows that hold one of the texts."""
    return cells.cat.categories.isin(list(texts))[cells.cat.codes.to_numpy()]


def is_blank(cells: pd.Series) -> np.ndarray:
    """Mark the rows that hold no text."""
    return isin(cells, [""])


def stack(pieces: list[pd.Series]) -> pd.Series:
    """Put pieces of one column under each other; texts that no row holds are forgotten."""
    index = np.concatenate([piece.index.to_numpy() for piece in pieces])
    whole = pieces[0].array if len(pieces) == 1 else union_categoricals([piece.array for piece in pieces])
    used = np.bincount(whole.codes, minlength=len(whole.categories)) > 0
    if not used.all():
        places = (np.cumsum(used) - 1).astype(whole.codes.dtype)
        whole = pd.Categorical.from_codes(places[whole.codes], categories=whole.categories[used])
    return pd.Series(whole, index=index)
