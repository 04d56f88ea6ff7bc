"""The methodology card: a row for each thing that AAPOR's Code (2021 revision, III.A) asks a survey to disclose.

What the tables and the code know is computed; what only people know stands in the study's methodology.toml, in all its languages.
"""

from collections.abc import Iterable

import pandas as pd
from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from popresearch import instrument, quality
from popresearch.estimates import VIEWS
from popresearch.estimates.intervals import CONFIDENCE
from popresearch.estimates.population import BY
from popresearch.estimates.presentation import FEW_COUNTRIES, LEAST_EFFECTIVE, NARROW, RELATIVE, WIDE
from popresearch.faults import bad_input
from popresearch.instrument import Instrument
from popresearch.intake import RULES
from popresearch.labels import system_label
from popresearch.protection import SHOWN, Question, protect
from popresearch.statements import COMPUTED, FILE, ITEMS, OUTSIDE, load
from popresearch.study import Study
from popresearch.wording import LANGUAGES, checked_language, phrase

REFUSED, HELD, ALL = "refused", "quarantined", "all"
CARD = ["aapor", "item", "title", "statement", "source"]


def card(
    study: Study, released_responses: pd.DataFrame, accounting: pd.DataFrame, language: str = "en"
) -> pd.DataFrame:
    """Give the card: `aapor` (number of the Code's item; 0 says that answers are made up), `item`, `title`, `statement`, `source`.

    `released_responses` is the released table "responses"; `accounting` that of the ingest, a row a file, whose counts pass the gate
    here. A study without a methodology.toml, or with one that says too little, raises `BadInput`.
    """
    _require(released_responses, {"level", "place", "strand", "count", "status"}, "the released responses")
    _require(accounting, {"strand", HELD, *RULES}, "the accounting")
    words = _Words(study, language)
    values = _of_study(study, words) | _of_released(released_responses, words) | _of_rows(accounting, words)
    rows = [_row(number, item, values, words) for number, items in ITEMS.items() for item in items]
    if study.source == "sample":
        made_up = f"{study.banner}. {words.phrase('made_up')}".removeprefix(". ")
        rows.insert(0, (0, "made_up", words.phrase("made_up_title"), made_up, "computed from study.toml"))
    return pd.DataFrame(rows, columns=CARD)


def cards(study: Study, released_responses: pd.DataFrame, accounting: pd.DataFrame) -> pd.DataFrame:
    """Give the card in every language of the study (column `language`); empty for a study that has no methodology.toml yet."""
    if not (study.folder / FILE).exists():
        return pd.DataFrame(columns=["language", *CARD])
    made = [
        card(study, released_responses, accounting, language).assign(language=language)
        for language in study.languages
    ]
    return pd.concat(made, ignore_index=True)[["language", *CARD]]


def interval_label(study: Study, language: str) -> str:
    """Say in a few words what the intervals of a study are; it stands beside every one of them."""
    return _Words(study, language).texts["interval_label"][language]


class _Words:
    """The texts of a study in one language, and how that language writes numbers and lists."""

    def __init__(self, study: Study, language: str) -> None:
        if checked_language(language) not in study.languages:
            remedy = f"Languages of the study: {', '.join(study.languages)}."
            raise bad_input(f"study '{study.name}'", f"does not speak '{language}'.", remedy)
        self.texts, self.study, self.language = load(study), study, language

    def phrase(self, key: str, **slots: object) -> str:
        return self.texts["phrases"][key][self.language].format(**slots)

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.language)

    def percent(self, share: float) -> str:
        spaced = self.language in ("fr", "ru", "es")
        return format_percent(share, format="#,##0\u00a0%" if spaced else None, locale=self.language)

    def listed(self, parts: Iterable[str]) -> str:
        return self.phrase("between").join(parts)

    def named(self, parts: Iterable[str]) -> str:
        return format_list(list(parts), locale=self.language)

    def pairs(self, counts: dict[str, str]) -> str:
        return self.listed(self.phrase("pair", name=name, n=n) for name, n in counts.items())

    def strand(self, strand: str) -> str:
        return system_label(self.study.strands[strand].system, self.study, self.language)

    def counts(self, table: pd.DataFrame) -> dict[str, str]:
        """Write the counts of a table that has passed the gate, by strand; a hidden one is said to be hidden."""
        shown = table[(table["status"] == SHOWN) & table["count"].notna()].set_index("strand")["count"]
        return {
            strand: self.number(int(shown[strand])) if strand in shown else self.phrase("hidden")
            for strand in [*self.study.strands, ALL]
        }

    def by_strand(self, table: pd.DataFrame) -> str:
        counts = self.counts(table)
        return self.pairs({self.strand(strand): counts[strand] for strand in self.study.strands})


def _row(number: int, item: str, values: dict[str, dict[str, str]], words: _Words) -> tuple[object, ...]:
    title = words.texts["titles"][item][words.language]
    if item not in COMPUTED:
        return number, item, title, words.texts["stated"][item][words.language], "stated"
    statement = words.texts["computed"][item][words.language].format(**values[item])
    return number, item, title, statement, f"computed from {COMPUTED[item][0]}"


def _of_study(study: Study, words: _Words) -> dict[str, dict[str, str]]:
    """The values of the rows that follow from the study and from the rules of the house."""
    asked = {name: instrument.of(strand) for name, strand in study.strands.items()}
    forms = [
        words.phrase(
            "instrument",
            name=words.strand(name),
            n=words.number(len(form.questions)),
            file=study.strands[name].instrument.name,
        )
        for name, form in asked.items()
    ]
    spoken = [code for code in LANGUAGES if any(code in form.languages() for form in asked.values())]
    names = Locale(words.language).languages
    cells = {words.strand(name): words.number(rules.minimum_cell) for name, rules in study.strands.items()}
    return {
        "instruments": {"list": words.listed(forms)},
        "languages": {"list": words.named(names[code] for code in spoken)},
        "precision": {
            "confidence": words.percent(CONFIDENCE),
            "label": words.texts["interval_label"][words.language],
        },
        "weights": {
            "list": words.listed(words.phrase(f"view{view}") for view in VIEWS),
            "population": _population(study, words),
        },
        "flags": {"battery": words.number(quality.BATTERY), "seconds": words.number(quality.FASTEST)},
        "bases": {
            "opinion": _no_opinion(study, list(asked.values()), words),
            "list": words.listed(words.phrase(f"state_{state}") for state in OUTSIDE),
        },
        "verdicts": {
            "base": words.number(study.thresholds["minimum_base"]),
            "caution": words.number(study.thresholds["caution_base"]),
            "effective": words.number(LEAST_EFFECTIVE),
            "countries": words.number(FEW_COUNTRIES),
            "wide": words.percent(WIDE),
            "narrow": words.percent(NARROW),
            "relative": words.percent(RELATIVE),
        },
        "hiding": {"list": words.pairs(cells)},
    }


def _population(study: Study, words: _Words) -> str:
    """Say which strands are weighted to which population, and by what; or that none is."""
    said = []
    for strand, plan in study.margins.items():
        by = words.named(words.phrase(f"by_{margin}") for margin in BY if margin in plan)
        said.append(words.phrase("population", name=words.strand(strand), by=by, file=plan["population"]))
        said += [words.phrase("trim", n=words.number(plan["trim"]))] if plan.get("trim") else []
    return words.listed(said) if said else words.phrase("no_population")


def _no_opinion(study: Study, asked: list[Instrument], words: _Words) -> str:
    """Say how "don't know" and its like are counted, by their labels; blank where the study names none."""
    options = pd.concat([form.options for form in asked]).drop_duplicates("option").set_index("option")
    labels = [
        options.at[code, f"label_{words.language}"] or code
        for code in study.no_opinion
        if code in options.index
    ]
    return words.phrase("no_opinion", list=words.named(labels)) if labels else ""


def _of_released(responses: pd.DataFrame, words: _Words) -> dict[str, dict[str, str]]:
    world = responses[responses["level"] == "world"]
    countries = responses.loc[responses["level"] == "country", "place"].nunique()
    return {
        "sizes": {"n": words.counts(world)[ALL], "list": words.by_strand(world)},
        "countries": {"n": words.number(countries)},
    }


def _of_rows(accounting: pd.DataFrame, words: _Words) -> dict[str, dict[str, str]]:
    lost = rows_lost(accounting, words.study)
    at = dict(iter(lost.groupby("place")))
    rules = {
        phrase(f"rule_{rule.replace(' ', '_')}", words.language): words.counts(at[rule])[ALL]
        for rule in RULES
    }
    return {
        "refusals": {
            "n": words.counts(at[""])[ALL],
            "refused": words.by_strand(at[REFUSED]),
            "quarantined": words.by_strand(at[HELD]),
        },
        "rules": {"list": words.pairs(rules)},
    }


def rows_lost(accounting: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count the rows that each rule refused and that wait in quarantine, by strand (and "all"), with the `status` of the gate.

    To the gate a rule is what a country is elsewhere: the rules add up to "refused", that and the quarantine to the place "".
    Hidden counts are missing. What each rule took in each strand is hidden first: the card prints the sums alone.
    """
    by_strand = accounting.groupby("strand")[[*RULES, HELD]].sum().reindex(list(study.strands), fill_value=0)
    by_strand.loc[ALL] = by_strand.sum()
    sums = by_strand.assign(**{REFUSED: by_strand[RULES].sum(axis=1), "": by_strand.sum(axis=1)})
    table = sums.rename_axis("strand").reset_index().melt("strand", var_name="place", value_name="count")
    table["level"] = table["place"].map({"": "world", REFUSED: "region"}).fillna("country")
    base = table["place"].map(sums.loc[ALL])
    passed = protect(
        table.assign(question="rows", option=table["strand"], n=base, base=base),
        set(),
        questions={
            "rows": Question(
                adds_up=False, unions=[(("rows", ALL), [("rows", name) for name in study.strands])]
            )
        },
        minimum_cell={name: strand.minimum_cell for name, strand in study.strands.items()}
        | {ALL: study.thresholds["minimum_cell"]},
        regions=dict.fromkeys(RULES, REFUSED),
        is_sum=True,
        dear=lambda strand, level, count: strand == ALL or level == "region",
    )
    passed["count"] = passed["count"].astype(float).mask(passed["status"] != SHOWN)
    return passed[["strand", "level", "place", "count", "status"]]


def _require(table: pd.DataFrame, columns: set[str], name: str) -> None:
    """Refuse a table that is another than asked for: one that has not passed the gate has no status."""
    if missing := sorted(columns - set(table)):
        remedy = "Take release.table('responses') and the accounting of the ingest."
        raise bad_input(name, f"has no column '{missing[0]}'.", remedy)
