"""What was answered: exports become one typed table a strand, and every row is accounted for.

Rows in = rows kept + rows refused by a rule + rows in quarantine, for every file; `ingest` raises where that does not hold. Answers
that cannot be read go to quarantine one by one; a row goes there whole only when its consent, age or country cannot be read.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from popresearch import answers, corrections, instrument, matching, platforms, reference, relevance
from popresearch.answers import STATES
from popresearch.faults import BadInput, Fault, did_you_mean
from popresearch.files import new_folder
from popresearch.instrument import Instrument
from popresearch.platforms import Export
from popresearch.study import Strand, Study

QUARANTINE = ["file", "row", "question", "reason", "detail", "whole_row"]
RULES = ["preview", "no consent", "under 13 without a carer", "duplicate", "nothing answered"]
MOST_NAMED = 10  # questions that the account names for their unreadable answers
NOT_GIVEN = ["not_answered", "not_asked"]
SECONDS = re.compile(r"(\d:\d\d):\d\d(?:[.,]\d+)?")  # "3:12:45 PM" is within the minute "3:12 PM"
NO_TIME = "1980-01-01"  # what LimeSurvey writes for every response of an anonymous survey
PERSONAL_ROLES = ("service", "organisation", "address", "contact")


@dataclass(frozen=True)
class Ingested:
    """All strands of a study, read.

    `responses`: strand → one row a response (`response, file_row, country_iso3, region, subregion, language, day`), then for each
    question a column of its value and one `<question>.state` (answered, not_answered, not_asked, unreadable); choose-many has
    boolean columns `<question>/<option>`. `texts`: open answers, names and contacts (response, strand, question, language, text).
    `accounting`: a row a file; `columns`: what became of each column of each file; `quarantine`: with the detail, restricted.
    """

    responses: dict[str, pd.DataFrame]
    texts: pd.DataFrame
    quarantine: pd.DataFrame
    accounting: pd.DataFrame
    columns: pd.DataFrame


def ingest(study: Study) -> Ingested:
    """Read all exports of a study; files that cannot be read at all are named together (`BadInput`)."""
    faults: list[Fault] = []
    exports: list[tuple[Strand, Export]] = []
    for strand in study.strands.values():
        for path in strand.files:
            try:
                exports.append((strand, platforms.read(path, strand.sheet)))
            except BadInput as error:
                faults += [
                    Fault(f"{error.source}: {fault.place}".rstrip(": "), fault.what, fault.remedy)
                    for fault in error.faults
                ]
    names = pd.Series([export.path.name for _, export in exports], dtype=str)
    for name in names[names.duplicated()].unique():
        what = "is the name of two exports; responses and corrections go by the name of their file."
        faults.append(Fault(name, what, "Rename or remove one of them."))
    if faults:
        raise BadInput(f"the exports of study '{study.name}'", faults)
    instruments = {
        strand.name: instrument.read(strand.instrument, strand.name) for strand in study.strands.values()
    }
    decided = corrections.read(study, [export for _, export in exports])
    parts: list[_Part] = []
    for strand, export in exports:
        earlier = [part.keys for part in parts if part.strand.name == strand.name]
        parts.append(_Part(strand, export, instruments[strand.name], decided, earlier))
    responses = {
        name: pd.concat([part.responses for part in parts if part.strand.name == name], ignore_index=True)
        for name in study.strands
        if any(part.strand.name == name for part in parts)
    }
    return Ingested(
        responses,
        pd.concat([part.texts for part in parts], ignore_index=True),
        pd.concat([part.quarantine for part in parts], ignore_index=True),
        pd.DataFrame([part.accounting for part in parts]),
        pd.concat([part.columns for part in parts], ignore_index=True),
    )


class _Part:
    """One export on its way in: matched, read, gated, counted; `earlier` holds the keys of the strand's files before it."""

    def __init__(
        self,
        strand: Strand,
        export: Export,
        asked: Instrument,
        decided: pd.DataFrame,
        earlier: list[pd.Series],
    ) -> None:
        self.strand, self.export, self.asked, self.earlier = strand, export, asked, earlier
        self.rows = corrections.corrected(export, decided)
        self.matched, self.unknown = matching.match(export, asked)
        self._check_roles()
        self.read = {
            q: answers.read(export, columns, asked, self.rows) for q, columns in self.matched.items()
        }
        self.state = {question: self._state(question) for question in self.read}
        self.refused = self._refused()
        self.quarantine = self._quarantine()
        held = set(self.quarantine.loc[self.quarantine["whole_row"], "row"])
        kept = [row for row in self.rows.index if row not in held and not self.refused[row]]
        self.responses = self._responses(kept)
        self.texts = self._texts(kept)
        self.columns = self._columns()
        counts = {rule: int((self.refused == rule).sum()) for rule in RULES}
        self.accounting = {
            "file": export.shown,
            "strand": strand.name,
            "platform": export.platform,
            "rows_in": len(self.rows),
            "kept": len(kept),
            **counts,
            "quarantined": len(held),
        }
        if len(self.rows) != len(kept) + sum(counts.values()) + len(held):
            raise AssertionError(f"{export.shown}: rows in are not rows kept + refused + quarantined")

    def _check_roles(self) -> None:
        """A role that names a question without a column is bad input: consent or country would be lost in silence."""
        known = self.asked.questions.index
        faults = []
        for role, question in self.strand.roles.items():
            if question not in known:
                what = f"the instrument has no question '{question}'.{did_you_mean(question, known)}"
                faults.append(Fault(f"role '{role}'", what, "Correct the role in study.toml."))
            elif question not in self.matched:
                what = f"no column answers question '{question}'."
                faults.append(Fault(f"role '{role}'", what, "Correct the head, or the role in study.toml."))
        if faults:
            raise BadInput(self.export.shown, faults)

    def _role(self, role: str) -> pd.Series:
        """Values of the question that plays a role; blank where the study names none."""
        question = self.strand.roles.get(role)
        return self.read[question].values if question else pd.Series("", index=self.rows.index)

    def _values(self, question: str) -> pd.Series:
        """Values of a question for conditions, blank where nothing was chosen or the export has no such column."""
        if question not in self.read:
            return pd.Series("", index=self.rows.index)
        return self.read[question].values.replace("-", "")

    def _condition(self, question: str, column: str) -> pd.Series | None:
        condition = self.asked.questions.at[question, column]
        if not condition:
            return None
        try:
            return relevance.holds(condition, self._values, self.rows.index, this=question)
        except relevance.Unreadable:
            return None

    def _state(self, question: str) -> pd.Series:
        """Say of each response whether it answered, was not asked, did not answer, or gave something unreadable."""
        read = self.read[question]
        fits = self._condition(question, "constraint")
        if fits is not None:
            for row in self.rows.index[(read.values != "") & ~fits]:
                read.unread.setdefault(row, ("outside what the form allows", ""))
        state = pd.Series("answered", index=self.rows.index).mask(read.values == "", "not_answered")
        relevant = self._condition(question, "relevant")
        if relevant is not None:
            state = state.mask((state == "not_answered") & ~relevant, "not_asked")
        state.loc[list(read.unread)] = "unreadable"
        return state

    def _quarantine(self) -> pd.DataFrame:
        gates = {self.strand.roles.get(role) for role in ("consent", "age", "carer", "country", "countries")}
        rows = [
            (self.export.shown, row, question, reason, detail, question in gates)
            for question, read in self.read.items()
            for row, (reason, detail) in sorted(read.unread.items())
            if not self.refused[row]
        ]
        several = self._country() == "several"
        question = self.strand.roles.get("countries") or self.strand.roles.get("country", "")
        rows += [
            (self.export.shown, row, question, "several countries, no main one", "", True)
            for row in self.rows.index[several & (self.refused == "")]
        ]
        return pd.DataFrame(rows, columns=QUARANTINE).astype({"row": int, "whole_row": bool})

    def _country(self) -> pd.Series:
        """The main country of a response: the one named as main, or the only one; "several" where that is open."""
        main, named = self._role("country"), self._role("countries").replace("-", "")
        country = main.where(main != "", named)
        return country.mask(country.str.contains(" "), "several")

    def _refused(self) -> pd.Series:
        """The rule that refuses a row, in the order of RULES; blank for rows that may stay."""
        refused = pd.Series("", index=self.rows.index)
        content = [q for q in self.read if q not in self.strand.roles.values()]
        tests = {
            "preview": self.export.previews(self.rows),
            "no consent": self._role("consent") != "yes" if "consent" in self.strand.roles else None,
            "under 13 without a carer": self._role("age").isin(self.strand.carer_needed)
            & (self._role("carer") != "yes"),
            "duplicate": self._duplicates(),
            "nothing answered": pd.concat([self.state[q].isin(NOT_GIVEN) for q in content], axis=1).all(
                axis=1
            )
            if content
            else None,
        }
        if "consent" in self.strand.roles:
            unread = self.read[self.strand.roles["consent"]].unread
            tests["no consent"] = tests["no consent"] & ~self.rows.index.isin(list(unread))
        for rule in RULES:
            if tests[rule] is not None:
                refused = refused.mask((refused == "") & tests[rule], rule)
        return refused

    def _duplicates(self) -> pd.Series:
        """Rows that repeat an earlier one: the same answers within the same minute. Equal answers alone may be two children.

        The minute is that of the last time column that has one; a row without a minute repeats nothing. An export that was saved
        twice under two names repeats its rows: `keys` tells them to the files that follow.
        """
        minute = pd.Series("", index=self.rows.index)
        for column, meaning in enumerate(self.export.meanings):
            if meaning == "time":
                given = self.rows[column]
                known = given.str.contains(r"\d:\d\d") & ~given.str.startswith(NO_TIME)
                minute = minute.mask(known, given.str.replace(SECONDS, r"\1", regex=True))
        asked = [column for column, meaning in enumerate(self.export.meanings) if not meaning]
        stripped = self.rows[asked].apply(lambda column: column.str.strip())
        whole = stripped.assign(minute=minute)
        self.keys = pd.util.hash_pandas_object(whole, index=False)[minute != ""]
        known = pd.concat(self.earlier) if self.earlier else pd.Series(dtype="uint64")
        return (whole.duplicated() & (minute != "")) | whole.index.isin(
            self.keys.index[self.keys.isin(known)]
        )

    def _responses(self, kept: list[int]) -> pd.DataFrame:
        country = self._country().loc[kept]
        places = reference.countries()
        table = {
            "response": [f"{self.strand.name}-{self._file_key()}-{row:06d}" for row in kept],
            "file_row": kept,
            "country_iso3": pd.Categorical(country),
            "region": pd.Categorical(country.map(places["region"]).fillna("")),
            "subregion": pd.Categorical(country.map(places["subregion"]).fillna("")),
            "language": pd.Categorical(self._languages().loc[kept]),
        }
        for question, read in self.read.items():
            kind = self.asked.questions.at[question, "kind"]
            if kind == "text" or self.strand.roles.get("contact") == question:
                continue
            state = self.state[question].loc[kept]
            table |= _typed(question, kind, read.values.loc[kept], state, self.asked)
            table[f"{question}.state"] = pd.Categorical(state, categories=STATES)
        return pd.DataFrame(
            {
                name: column.array if isinstance(column, pd.Series) else column
                for name, column in table.items()
            }
        )

    def _languages(self) -> pd.Series:
        """The language whose labels a response uses most; blank where it answered in codes."""
        said = pd.DataFrame(
            {
                question: pd.Series(read.languages, dtype=str)
                for question, read in self.read.items()
                if read.languages
            }
        )
        if said.empty:
            return pd.Series("", index=self.rows.index)
        counts = pd.DataFrame({language: (said == language).sum(axis=1) for language in instrument.LANGUAGES})
        return counts.idxmax(axis=1).where(counts.max(axis=1) > 0, "").reindex(self.rows.index, fill_value="")

    def _texts(self, kept: list[int]) -> pd.DataFrame:
        languages = self._languages()
        rows = [
            (
                f"{self.strand.name}-{self._file_key()}-{row:06d}",
                self.strand.name,
                question,
                languages[row],
                text,
            )
            for question, read in self.read.items()
            if self.asked.questions.at[question, "kind"] == "text"
            for row, text in read.values.loc[kept].items()
            if text
        ]
        return pd.DataFrame(rows, columns=["response", "strand", "question", "language", "text"], dtype=str)

    def _columns(self) -> pd.DataFrame:
        """What became of each column: answers a question, service column, dropped as personal, or unknown (in quarantine whole)."""
        fate = {column: (meaning, "") for column, meaning in enumerate(self.export.meanings) if meaning}
        for question, columns in self.matched.items():
            fate |= dict.fromkeys(columns.options.values(), ("answers", question))
            if columns.whole is not None:
                fate[columns.whole] = ("answers" if columns.how == "name" else "answers, by label", question)
        fate |= dict.fromkeys(self.unknown, ("unknown to the instrument", ""))
        rows = [
            (self.export.shown, head, *fate.get(column, ("repeats a question", "")))
            for column, head in enumerate(self.export.heads)
        ]
        return pd.DataFrame(rows, columns=["file", "head", "became", "question"])

    def _file_key(self) -> str:
        return hashlib.sha256(self.export.path.name.encode()).hexdigest()[:6]


def _typed(
    question: str, kind: str, values: pd.Series, state: pd.Series, asked: Instrument
) -> dict[str, object]:
    """Turn a question's values into typed columns; whatever was not answered readably is missing."""
    answered = state == "answered"
    if kind == "number":
        return {question: pd.to_numeric(values.where(answered), errors="coerce").astype(float)}
    if kind == "many":
        padded = " " + values + " "
        return {
            f"{question}/{option}": pd.array(
                padded.str.contains(f" {option} ", regex=False).where(answered), dtype="boolean"
            )
            for option in asked.options_of(question).index
        }
    if kind == "one":
        return {
            question: pd.Categorical(
                values.where(answered), categories=list(asked.options_of(question).index)
            )
        }
    return {question: values.where(answered)}


def account(ingested: Ingested) -> str:
    """Print the identity of every file: rows in = kept + refused by rule + quarantined, and which columns were not used."""
    lines = []
    for row in ingested.accounting.to_dict("records"):
        taken = ", ".join(f"{row[rule]} {rule}" for rule in RULES if row[rule])
        refused = f"{sum(row[rule] for rule in RULES)} refused by rule" + (f" ({taken})" if taken else "")
        lines.append(
            f"{row['file']} ({row['platform']}): {row['rows_in']} rows in = {row['kept']} kept + {refused} "
            f"+ {row['quarantined']} in quarantine"
        )
    cells = ingested.quarantine[~ingested.quarantine["whole_row"]]
    lines.append(f"{len(cells)} single answers could not be read and are in quarantine; their rows are kept")
    by_question = cells.groupby(["question", "reason"]).size().sort_values(ascending=False, kind="stable")
    for (question, reason), n in by_question.head(MOST_NAMED).items():
        lines.append(f"  {n} × question '{question}': {reason}")
    for row in ingested.columns[ingested.columns["became"] == "personal"].itertuples():
        lines.append(f"{row.file}: column '{row.head}' is personal and was dropped at the door")
    for row in ingested.columns[ingested.columns["became"] == "unknown to the instrument"].itertuples():
        lines.append(f"{row.file}: column '{row.head}' is unknown to the instrument and was not read")
    return "\n".join(lines)


def states(ingested: Ingested) -> pd.DataFrame:
    """Give for each strand the share of its due answers that were answered, not answered, not asked, or unreadable."""
    shares = {}
    for strand, table in ingested.responses.items():
        given = table[[name for name in table if name.endswith(".state")]].to_numpy().ravel()
        shares[strand] = pd.Series(given).value_counts(normalize=True).reindex(STATES, fill_value=0.0)
    return pd.DataFrame(shares).T.rename_axis("strand")


def save(ingested: Ingested, study: Study) -> Path:
    """Write everything under data/restricted/<study>/ingest, readable by the owner only, whole or not at all."""
    target = study.restricted / "ingest"
    with new_folder(target) as folder:
        for strand, table in ingested.responses.items():
            table.to_parquet(folder / f"responses_{strand}.parquet")
        for name in ("texts", "quarantine", "accounting", "columns"):
            getattr(ingested, name).to_parquet(folder / f"{name}.parquet")
        ingested.quarantine.to_csv(folder / "quarantine.csv", index=False, lineterminator="\n")
    target.chmod(0o700)
    return target


def load(study: Study) -> Ingested:
    """Read what `save` wrote."""
    folder = study.restricted / "ingest"
    tables = {
        name: pd.read_parquet(folder / f"{name}.parquet")
        for name in ("texts", "quarantine", "accounting", "columns")
    }
    responses = {name: pd.read_parquet(folder / f"responses_{name}.parquet") for name in study.strands}
    return Ingested(responses, **tables)
