"""Open answers: screened before a person reads them; only counts leave, and what a person signs (`quotations`).

Nothing here is a guarantee: first names escape every screen, so no open answer is published unread.
"""

import re
from pathlib import Path

import pandas as pd

from popresearch.files import new_folder
from popresearch.ingest import Ingested
from popresearch.screening import screen
from popresearch.screening.danger import dangers
from popresearch.study import Study
from popresearch.wording import LANGUAGES

FORMULA = r"^([=+\-@\t\r])"  # what a spreadsheet would run
QUEUE = ["response", "strand", "question", "language", "file_row", "danger", "text"]


def open_answers(ingested: Ingested, study: Study) -> pd.DataFrame:
    """Screen all open answers but names and contacts of services.

    `text` is the screened text, `marks` the kinds found, `danger` what it tells of (see `safeguarding`), `file_row` its row in the export.
    """
    named = {(name, question) for name, strand in study.strands.items() for question in strand.roles.values()}
    texts = ingested.texts
    of_service = pd.MultiIndex.from_frame(texts[["strand", "question"]]).isin(list(named))
    texts = texts[~of_service].reset_index(drop=True)
    screened = [screen(text) for text in texts["text"]]
    columns = {
        "text": [text for text, _ in screened],
        "marks": [" ".join(found) for _, found in screened],
        "danger": ["; ".join(dangers(text)) for text in texts["text"]],
    }
    answers = texts.assign(**pd.DataFrame(columns, index=texts.index, dtype="str"))
    return answers.merge(_file_rows(ingested), how="left", on=["strand", "response"])


def _file_rows(ingested: Ingested) -> pd.DataFrame:
    tables = [
        table[["response", "file_row"]].assign(strand=strand) for strand, table in ingested.responses.items()
    ]
    return pd.concat(tables, ignore_index=True).astype({"strand": "str"})


def safeguarding(answers: pd.DataFrame) -> pd.DataFrame:
    """Give the answers that tell of present danger, for the person whom study.toml names and for nobody else."""
    return answers.loc[answers["danger"] != "", QUEUE].reset_index(drop=True)


def safeguarding_note(answers: pd.DataFrame, study: Study) -> str:
    """Say for the notebook whether answers wait, without a small number, and for whom."""
    queue = safeguarding(answers)
    least = max(strand.minimum_cell for strand in study.strands.values())
    number = (
        "No answer waits" if queue.empty else "Few answers wait" if len(queue) < least else "Answers wait"
    )
    if study.safeguarding:
        return f"{number} in the safeguarding queue for {study.safeguarding}."
    asked = "Children are asked here, and nobody" if study.audience == "children" else "Nobody"
    return f"{number} in the safeguarding queue. {asked} is named to read it: add safeguarding to study.toml."


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
    """Write the screened answers and the safeguarding queue under data/restricted/<study>/voices, readable by the owner only."""
    target = study.restricted / "voices"
    with new_folder(target) as folder:
        answers.to_parquet(folder / "open_answers.parquet")
        queue = safeguarding(answers)
        queue["text"] = queue["text"].str.replace(FORMULA, r"'\1", regex=True)
        queue.to_csv(folder / "safeguarding.csv", index=False, lineterminator="\n")
    return target
