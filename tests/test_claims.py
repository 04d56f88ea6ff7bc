"""Promises of the claims: a sentence with numbers is said when the data carry it, and withheld with the right reason when not."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import Run, elsewhere
from paper import table

from popresearch import claims
from popresearch.faults import BadInput
from popresearch.wording import LANGUAGES, phrase

CARRIED = """
    strand    | question  | option                 | level | place | base | share | low  | high | share_by_organisation | share_by_country | verdict | status
    helplines | a03.role  | very_important_or_more | world |       | 1200 | 0.724 | 0.65 | 0.79 |                  0.70 |             0.66 | show    | shown
    helplines | a01.state | tied_to_state          | world |       |  420 | 0.610 | 0.55 | 0.67 |                  0.60 |             0.58 | caution | shown
    helplines | a03.role  | very_important_or_more | region| Africa|    9 |     – |    – |    – |                     – |                – | withhold| hidden
"""  # noqa: E501


def governments(sample: Run, estimates: pd.DataFrame, language: str = "en") -> claims.Said:
    return next(
        said
        for said in claims.evaluate(sample.study, estimates, language=language)
        if said.id == "governments"
    )


def changed(**values: object) -> pd.DataFrame:
    """The first bound estimate with other values."""
    rows = table(CARRIED)
    for name, value in values.items():
        rows[name] = rows[name].astype(object)
        rows.loc[0, name] = value
    return rows.infer_objects()


@pytest.mark.parametrize(
    ("language", "share", "n"),
    [("en", "72%", "1,200"), ("fr", "72\u00a0%", "1\u202f200"), ("es", "72\u00a0%", "1.200"),
     ("ru", "72\u00a0%", "1\u00a0200"), ("zh", "72%", "1,200")],
)  # fmt: skip
def test_a_claim_that_the_data_carry_is_said_as_the_language_writes_numbers(
    sample: Run, language: str, share: str, n: str
) -> None:
    said = governments(sample, table(CARRIED), language)
    assert said.holds and said.reason == ""
    assert share in said.sentence and n in said.sentence
    assert "{" not in said.sentence


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"status": "hidden", "share": float("nan"), "low": float("nan")}, "reason_not_shown"),
        ({"status": "too few answers"}, "reason_not_shown"),
        ({"option": "another"}, "reason_not_shown"),
        ({"verdict": "withhold"}, "reason_weak"),
        ({"low": 0.49}, "reason_interval"),
        ({"share_by_organisation": 0.49}, "reason_views"),
        ({"share_by_country": 0.31}, "reason_views"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_claim_is_withheld_with_the_right_reason(
    sample: Run, values: dict[str, object], reason: str, language: str
) -> None:
    said = governments(sample, changed(**values), language)
    assert not said.holds
    assert said.reason == phrase(reason, language)
    plan = next(claim for claim in claims.load(sample.study) if claim["id"] == "governments")
    assert said.sentence == plan["otherwise"][language]
    assert not any(character.isdigit() for character in said.sentence)


def test_a_region_does_not_carry_a_claim_about_the_world(sample: Run) -> None:
    rows = table(CARRIED)
    rows.loc[0, "level"] = "region"
    assert governments(sample, rows).reason == phrase("reason_not_shown", "en")


@pytest.mark.parametrize("missing", ["share_by_organisation", "share_by_country", "low"])
def test_a_number_that_is_missing_carries_nothing(sample: Run, missing: str) -> None:
    assert not governments(sample, changed(**{missing: float("nan")})).holds


BAD = """
[[claims]]
id = "first"
chapter = "channels"
at_least = 0.5
[claims.binds]
a = { strand = "helpline", question = "a05", option = "phone_call" }
b = { strand = "helplines", question = "a55", option = "phone_call" }
c = { strand = "helplines", question = "a05.kind", option = "voise" }
[claims.sentence]
en = "{a}, {b} and {c_m}"
fr = "{a} et {b}"
[claims.otherwise]
en = "no"
fr = "non"

[[claims]]
id = "second"
chapter = "channels"
"""


def test_all_that_is_wrong_with_the_catalogue_is_said_at_once(sample: Run, tmp_path: Path) -> None:
    (tmp_path / "claims.toml").write_text(BAD)
    study = elsewhere(sample.study, tmp_path, folder=tmp_path, languages=("en", "fr", "ru"))
    with pytest.raises(BadInput) as refused:
        claims.load(study)
    said = str(refused.value)
    for part in (
        "'helpline', which the study lacks. Did you mean 'helplines'?",
        "'a55', which nobody was asked",
        "'voise'. Did you mean 'voice'?",
        "slot {c_m} in en. Did you mean 'c_n'?",
        "other slots in fr than in en",
        "has no sentence in ru",
        "has no otherwise in ru",
        "claim \"second\": has no 'at_least'",
    ):
        assert part in said, said


def test_a_damaged_catalogue_is_one_clear_message(sample: Run, tmp_path: Path) -> None:
    (tmp_path / "claims.toml").write_text("[[claims]\n")
    with pytest.raises(BadInput, match="claims.toml: is not valid TOML"):
        claims.load(elsewhere(sample.study, tmp_path, folder=tmp_path))


def test_a_study_without_a_catalogue_makes_no_claims(sample: Run, tmp_path: Path) -> None:
    assert claims.evaluate(elsewhere(sample.study, tmp_path, folder=tmp_path), table(CARRIED)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_claim_of_the_sample_is_said_in_all_languages_or_in_none(sample: Run, language: str) -> None:
    estimates = sample.tables["estimates"]
    english = claims.evaluate(sample.study, estimates)
    own = claims.evaluate(sample.study, estimates, language=language)
    assert len(own) >= 4
    assert [(said.id, said.holds) for said in own] == [(said.id, said.holds) for said in english]
    assert all(said.sentence.strip() and (said.holds or said.reason) for said in own)
