"""Open answers: personal data replaced by typed marks before a person reads them; only counts leave, never a text.

Nothing here is a guarantee: first names escape every screen, so no open answer is published unread.
"""

import re
from pathlib import Path

import pandas as pd

from popresearch.files import new_folder
from popresearch.ingest import Ingested
from popresearch.study import Study
from popresearch.wording import LANGUAGES

NAME_CUES = r"my name is|i am called|je m'appelle|mon nom est|me llamo|mi nombre es|меня зовут|моё имя|мое имя|اسمي|我叫|我的名字是"
LETTER = r"[^\W\d_]"
MARKS = {
    "e-mail": re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+"),
    "address": re.compile(
        r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:org|com|net|int|info|edu|gov|io)\b(?:/\S*)?",
        re.IGNORECASE,
    ),
    "handle": re.compile(r"(?<![\w.])@\w[\w.]{2,}"),
    "account": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    "phone": re.compile(r"(?<!\w)\+?\(?\d[\d\s().\u00a0/-]{5,}\d(?!\w)"),
    "name": re.compile(
        rf"(?P<cue>{NAME_CUES})[\s:]*(?P<name>{LETTER}+(?:[ '-](?=[^\W\d_a-zа-яё]){LETTER}+){{0,3}}|[\u4e00-\u9fff]{{2,3}})",
        re.IGNORECASE,
    ),
}


def screen(text: str) -> tuple[str, list[str]]:
    """Replace personal data by marks such as [e-mail]; also give the kinds that were found, in the order of MARKS."""
    found = []
    for kind, pattern in MARKS.items():
        text, times = pattern.subn(lambda match, kind=kind: _mark(match, kind), text)
        found += [kind] * times
    return text, found


def _mark(match: re.Match, kind: str) -> str:
    cue = match.groupdict().get("cue")
    return f"{cue} [{kind}]" if cue else f"[{kind}]"


def open_answers(ingested: Ingested, study: Study) -> pd.DataFrame:
    """Screen all open answers but names and contacts of services; `text` is the screened text, `marks` the kinds found."""
    named = {(name, question) for name, strand in study.strands.items() for question in strand.roles.values()}
    texts = ingested.texts
    of_service = pd.MultiIndex.from_frame(texts[["strand", "question"]]).isin(list(named))
    texts = texts[~of_service].reset_index(drop=True)
    screened = [screen(text) for text in texts["text"]]
    columns = {"text": [text for text, _ in screened], "marks": [" ".join(found) for _, found in screened]}
    return texts.assign(**pd.DataFrame(columns, index=texts.index, dtype="str"))


def suggest_themes(answers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Suggest themes by the key words of the study's themes.csv, one boolean column a theme; a person decides."""
    path = study.folder / "themes.csv"
    if not path.exists():
        return pd.DataFrame(index=answers.index)
    table = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("theme")
    folded = answers["text"].str.casefold()
    patterns = {
        theme: "|".join(
            re.escape(word.strip())
            for language in LANGUAGES
            for word in row[f"words_{language}"].split(";")
            if word.strip()
        )
        for theme, row in table.iterrows()
    }
    return pd.DataFrame(
        {theme: folded.str.contains(pattern, regex=True) for theme, pattern in patterns.items()}
    )


def summary(answers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count open answers a question, and how many held personal data; counts below the strand's minimum cell are missing.

    The bases of a strand add up to the base of its themes, so where one is hidden the next smallest is hidden with it.
    """
    grouped = answers.groupby(["strand", "question"], sort=False)
    table = grouped.agg(
        base=("text", "size"), marked=("marks", lambda marks: (marks != "").sum())
    ).reset_index()
    shown = _small_hidden(table, ["base", "marked"], study)
    for strand, rows in table.groupby("strand", sort=False):
        ordered = rows["base"].sort_values(kind="stable")
        n_small = int(shown.loc[ordered.index, "base"].isna().sum())
        if n_small and ordered.iloc[:n_small].sum() - ordered.iloc[0] < study.strands[strand].minimum_cell:
            shown.loc[ordered.index[: n_small + 1], ["base", "marked"]] = pd.NA
    return shown


def themes(answers: pd.DataFrame, suggested: pd.DataFrame, study: Study, language: str) -> pd.DataFrame:
    """Count suggested themes a strand among its open answers; counts below the strand's minimum cell are missing."""
    if suggested.empty or not len(suggested.columns):
        return pd.DataFrame(columns=["strand", "theme", "theme_label", "base", "count"])
    labels = pd.read_csv(study.folder / "themes.csv", dtype=str, keep_default_na=False).set_index("theme")[
        f"label_{language}"
    ]
    counts = (
        suggested.groupby(answers["strand"], sort=False)
        .sum()
        .stack()
        .rename("count")
        .rename_axis(["strand", "theme"])
        .reset_index()
    )
    bases = answers.groupby("strand", sort=False).size().rename("base")
    table = counts.merge(bases, left_on="strand", right_index=True).assign(
        theme_label=counts["theme"].map(labels)
    )
    table = _small_hidden(table, ["count"], study)
    return table[["strand", "theme", "theme_label", "base", "count"]]


def _small_hidden(table: pd.DataFrame, columns: list[str], study: Study) -> pd.DataFrame:
    floor = table["strand"].map({name: strand.minimum_cell for name, strand in study.strands.items()})
    counts = table[columns].astype("Int64")
    small = (counts > 0) & counts.lt(floor.astype("Int64"), axis=0)
    return table.assign(**counts.mask(small))


def save(answers: pd.DataFrame, study: Study) -> Path:
    """Write the screened answers under data/restricted/<study>/voices, readable by the owner only."""
    target = study.restricted / "voices"
    with new_folder(target) as folder:
        answers.to_parquet(folder / "open_answers.parquet")
    target.chmod(0o700)
    return target
