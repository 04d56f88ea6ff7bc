"""One export on its way in: its columns matched, its answers read, its rows refused, held or kept, and every one of them counted."""

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from popresearch import answers, duplicates, encoded, marks, matching, readings, states, withdrawn
from popresearch.corrections import Corrections
from popresearch.faults import BadInput, Fault, did_you_mean
from popresearch.instrument import Instrument
from popresearch.matching import Columns
from popresearch.platforms import Export
from popresearch.readings import Read
from popresearch.study import Strand
from popresearch.versions import Versions
from popresearch.withdrawn import Withdrawn

REPEATED = (duplicates.AGAIN, duplicates.SAME, duplicates.NEAR)
CARER = "under 13 without a carer"
RULES = ["preview", "no consent", CARER, withdrawn.RULE, *REPEATED, "nothing answered"]
QUARANTINE = ["file", "row", "place", "question", "reason", "detail", "whole_row"]
GATES = ("consent", "age", "carer", "country", "countries")
SEVERAL = "several countries, no main one"


class Intake:
    """One export on its way in.

    `rows` are its answers, dictionary-encoded; `read` the answers to each question, `state` their states; `rule` the rule that refuses
    a row (a place in RULES, counted from 1; 0 for none); `held` marks rows that wait in quarantine.
    """

    def __init__(
        self,
        strand: Strand,
        export: Export,
        asked: Instrument,
        versions: Versions,
        decided: Corrections,
        gone: Withdrawn,
    ) -> None:
        self.strand, self.export, self.asked, self.versions = strand, export, asked, versions
        self.file = export.shown
        self.matched = matching.match(export, asked, versions)
        self._check_roles()
        self.rows, self.marks, preview = self._gathered()
        self.index = self.rows.index
        self._correct(decided)
        self.read, self.state = read_all(export, self.matched.questions, asked, versions, self.rows)
        self.rule = np.zeros(len(self.index), dtype=np.int8)
        self.held = np.zeros(len(self.index), dtype=bool)
        self._gate(preview, gone)
        self.quarantined: list[tuple[str, int, str, str, str, str, bool]] = []

    def fingerprints(self) -> pd.DataFrame:
        """What `duplicates.found` needs; of the rows that a rule has refused, only the key counts."""
        known = [name for name, state in self.state.items() if name != self.strand.roles.get("contact")]
        folded = [(name, self.read[name].values) for name in known]
        unread = np.zeros(len(self.index), dtype=bool)
        for read in self.read.values():
            unread |= read.faulty
        return self.marks.assign(
            file=self.file,
            row=self.index,
            folded=marks.content(folded, self.index, folded=True),
            n_answers=np.where(unread, 0, self.n_answers()),  # what cannot be read is not alike
            refused=self.rule != 0,
        )

    def settle(self, repeated: pd.DataFrame) -> None:
        """Apply the rules that need the other files of the strand, and the last one; then hold what waits for a person."""
        repeated = repeated[repeated["file"] == self.file].set_index("row")["rule"]
        for rule in REPEATED:
            self._refuse(rule, self.index.isin(repeated.index[repeated == rule]))
        content = [name for name in self.read if name not in self.strand.roles.values()]
        if content:
            given = [np.isin(self.state[name], (states.ANSWERED, states.UNREADABLE)) for name in content]
            given += [
                ~encoded.is_blank(self.rows[number])
                for found in self.matched.repeats.values()
                for columns in found.values()
                for number in columns.how
            ]
            self._refuse("nothing answered", ~np.logical_or.reduce(given))
        waiting = repeated[repeated.isin(duplicates.HELD)]
        self._hold(waiting[waiting.index.isin(self.index[self.rule == 0])])

    @property
    def kept(self) -> np.ndarray:
        """Mark the rows that stay."""
        return (self.rule == 0) & ~self.held

    def accounting(self) -> dict[str, object]:
        """Count every row once; a row that is missing from the count is an error of ours, and stops the run."""
        counts = np.bincount(self.rule, minlength=len(RULES) + 1)
        said = {
            "file": self.file,
            "strand": self.strand.name,
            "platform": self.export.platform,
            "rows_in": len(self.index),
            "kept": int(self.kept.sum()),
            **{rule: int(counts[place]) for place, rule in enumerate(RULES, 1)},
            "quarantined": int((self.held & (self.rule == 0)).sum()),
        }
        if (
            said["rows_in"]
            != said["kept"]
            + sum(int(counts[place]) for place in range(1, len(RULES) + 1))
            + said["quarantined"]
        ):
            raise AssertionError(f"{self.file}: rows in are not rows kept + refused + quarantined")
        return said

    def quarantine(self) -> pd.DataFrame:
        """What could not be read, with its reason; whole rows are marked."""
        return pd.DataFrame(self.quarantined, columns=QUARANTINE).astype({"row": int, "whole_row": bool})

    def notes(self) -> list[str]:
        """What was decided about whole columns while they were read."""
        return [f"question '{question}': {read.note}" for question, read in self.read.items() if read.note]

    def identifiers(self) -> pd.Series:
        """A name for each response: strand, file, row."""
        key = hashlib.sha256(self.export.path.name.encode()).hexdigest()[:6]
        rows = pc.utf8_lpad(pc.cast(pa.array(self.index.to_numpy(np.int64)), pa.string()), 6, "0")
        names = pc.binary_join_element_wise(pa.scalar(f"{self.strand.name}-{key}-"), rows, "")
        return pd.Series(pd.array(names.to_pandas(), dtype="str"), index=self.index)

    def country(self) -> pd.Series:
        """The main country of a response: the one named as main, or the only one; "several" where that is open."""
        main, named = self._role("country"), self._role("countries")
        texts = [text.replace("-", "") for text in (*main.cat.categories, *named.cat.categories)]
        behind = named.cat.codes.to_numpy(np.int64) + len(main.cat.categories)
        codes = np.where(encoded.is_blank(main), behind, main.cat.codes.to_numpy(np.int64))
        return encoded.taken(codes, ["several" if " " in text else text for text in texts], self.index)

    def n_answers(self) -> np.ndarray:
        """Count the questions that each response answered."""
        counts = np.zeros(len(self.index), dtype=np.int32)
        for state in self.state.values():
            counts += state == states.ANSWERED
        return counts

    def _check_roles(self) -> None:
        """A role that names a question without a column is bad input: consent or country would be lost in silence."""
        known = self.asked.questions.index
        faults = []
        for role, question in self.strand.roles.items():
            if question not in known:
                what = f"the instrument has no question '{question}'.{did_you_mean(question, known)}"
                faults.append(Fault(f"role '{role}'", what, "Correct the role in study.toml."))
            elif question not in self.matched.questions:
                what = f"no column answers question '{question}'."
                faults.append(Fault(f"role '{role}'", what, "Correct the head, or the role in study.toml."))
        if faults:
            raise BadInput(self.file, faults)

    def _gathered(self) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
        """Read the file once: the columns that hold answers, what a response is known by, and which rows are previews."""
        numbers, own = sorted(self._places()), marks.needed(self.export)
        wanted = {*numbers, *own, *self.export.layout.preview} if own else None
        pieces, known, previews = [], [], []
        for batch in self.export.batches(wanted, plain=own):
            pieces.append(batch[numbers])
            known.append(marks.of(batch, self.export))
            previews.append(self.export.previews(batch).to_numpy())
        index = np.concatenate([piece.index.to_numpy() for piece in pieces])
        rows = pd.DataFrame(
            {number: encoded.stack([piece[number] for piece in pieces]).array for number in numbers},
            index=index,
        )
        heads = [
            (f"{self.export.heads[number]}#{place}", rows[number]) for number, place in self._places().items()
        ]
        # as the file has them: a correction here makes no other response of the same one in a later export
        known = pd.concat(known).assign(content=marks.content(heads, rows.index))
        return rows, known, np.concatenate(previews)

    def _places(self) -> dict[int, int]:
        """The columns that are read: column → how many columns before it have the same head."""
        found = (self.matched.questions, *self.matched.repeats.values())
        numbers = {
            number for questions in found for columns in questions.values() for number in columns.how
        } | set(self.matched.unknown)
        heads = self.export.heads
        return {number: heads[:number].count(heads[number]) for number in numbers}

    def _correct(self, decided: Corrections) -> None:
        """Write a person's decisions over the answers; where they concern a choose-many text, its option columns say nothing any more."""
        self.rows = decided.apply(self.rows, self.export)
        for _, row, number in decided.of(self.export):
            for columns in self.matched.questions.values():
                if number in columns.whole and row in self.index:
                    for other in (other for numbers in columns.options.values() for other in numbers):
                        cells = self.rows[other].astype("str").copy()
                        cells[row] = ""
                        self.rows[other] = encoded.encode(cells)

    def _gate(self, preview: np.ndarray, gone: Withdrawn) -> None:
        """Apply the rules that a row breaks by itself."""
        self._refuse("preview", preview)
        if "consent" in self.strand.roles:
            consent = self.read[self.strand.roles["consent"]]
            self._refuse("no consent", ~encoded.isin(consent.values, ["yes"]) & ~consent.faulty)
        young = encoded.isin(self._role("age"), self.strand.carer_needed)
        self._refuse(CARER, young & ~encoded.isin(self._role("carer"), ["yes"]))
        if gone and "service" in self.strand.roles:
            named = zip(self.country(), self._role("service"), self._role("address"), strict=True)
            self._refuse(withdrawn.RULE, np.array([gone.has(*one) for one in named], dtype=bool))

    def _refuse(self, rule: str, where: np.ndarray) -> None:
        self.rule[(self.rule == 0) & where] = RULES.index(rule) + 1

    def _hold(self, changed: pd.Series) -> None:
        """Put into quarantine what could not be read in a row that stays, and the whole row where a gate is open."""
        gates = {self.strand.roles.get(role) for role in GATES}
        for question, read in self.read.items():
            stays = self.index[read.faulty & (self.rule == 0)]
            for row, (reason, detail) in read.unread.items() if len(stays) else ():
                if row in stays:
                    self._put(row, question, reason, detail, question in gates or reason == readings.DISAGREE)
        question = self.strand.roles.get("countries") or self.strand.roles.get("country", "")
        for row in self.index[encoded.isin(self.country(), ["several"]) & (self.rule == 0)]:
            self._put(row, question, SEVERAL, "", True)
        for row, reason in changed.items():
            self._put(row, "", reason, "", True)
        held = {one[1] for one in self.quarantined if one[-1]}
        self.held = self.index.isin(held)

    def _put(self, row: int, question: str, reason: str, detail: str, whole_row: bool) -> None:
        columns = self.matched.questions.get(question)
        number = next(iter(columns.how), 0) if columns else 0
        place = self.export.place(row, number) if columns else self.export.grid.place(f"row {row}")
        self.quarantined.append((self.file, int(row), place, question, reason, detail, whole_row))

    def _role(self, role: str) -> pd.Series:
        """Values of the question that plays a role; blank where the study names none."""
        question = self.strand.roles.get(role)
        return self.read[question].values if question else encoded.constant("", self.index)


def read_all(
    export: Export, found: dict[str, Columns], asked: Instrument, versions: Versions, rows: pd.DataFrame
) -> tuple[dict[str, Read], dict[str, np.ndarray]]:
    """Read the answers to all questions that have columns, and their states."""
    reads = {name: answers.read(export, columns, asked, rows, versions) for name, columns in found.items()}
    reads = states.checked(reads, asked, rows.index)
    return reads, states.of(reads, asked, rows.index)
