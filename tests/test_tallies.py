"""Promises of the tallies: whole numbers by cluster that add up, lose nothing, and count a response once."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Run, elsewhere
from hypothesis import given, settings
from hypothesis import strategies as st
from paper import table

from popresearch import instrument, items, tallies
from popresearch.instrument import OPTION_COLUMNS, QUESTION_COLUMNS, Instrument
from popresearch.tallies import Tally


def same(left: Tally, right: Tally) -> bool:
    """Compare counts and order of rows and columns, exactly."""
    for part in ("n", "values"):
        pd.testing.assert_series_equal(getattr(left, part), getattr(right, part))
    for part in ("asked", "base", "count"):
        pd.testing.assert_frame_equal(getattr(left, part), getattr(right, part))
    return True


def tallied(sample: Run, strand: str, responses: pd.DataFrame) -> Tally:
    asked = instrument.read(sample.study.strands[strand].instrument, strand)
    organisations = sample.registry.links.set_index("response")["organisation"]
    return tallies.tally(responses, asked, sample.study, strand, organisations)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), share=st.floats(0, 1), strand=st.sampled_from(["ai", "poll"]))
def test_the_tallies_of_two_parts_add_up_to_the_tally_of_both(
    sample: Run, seed: int, share: float, strand: str
) -> None:
    responses = sample.ingested.responses[strand]
    first = np.random.default_rng(seed).random(len(responses)) < share
    parts = [tallied(sample, strand, responses[side]) for side in (first, ~first)]
    assert same(parts[0] + parts[1], sample.tallies[strand])
    assert same(parts[1] + parts[0], sample.tallies[strand])


def test_saved_and_loaded_tallies_are_the_same(sample: Run, tmp_path: Path) -> None:
    study = elsewhere(sample.study, tmp_path)
    tallies.save(sample.tallies, study)
    loaded = tallies.load(study)
    assert list(loaded) == list(sample.tallies)
    assert all(same(loaded[strand], sample.tallies[strand]) for strand in loaded)
    assert (study.restricted / "tallies").stat().st_mode & 0o077 == 0, "only the owner may read them"


def test_tallies_count_what_an_independent_count_counts(sample: Run) -> None:
    responses = sample.ingested.responses["helplines"]
    kenya = responses[responses["country_iso3"] == "KEN"]
    own = sample.tallies["helplines"]
    rows = own.count.index.get_level_values("country_iso3") == "KEN"
    assert len(kenya) > 50
    assert own.n[rows].sum() == len(kenya)
    assert own.base.loc[rows, "a01"].sum() == (kenya["a01.state"] == "answered").sum()
    for option in own.count["a05"].columns:
        assert own.count.loc[rows, ("a05", option)].sum() == kenya[f"a05/{option}"].fillna(False).sum()
    for option, n in kenya["a01"].value_counts().items():
        assert own.count.loc[rows, ("a01", option)].sum() == n


def test_nothing_but_whole_numbers_and_no_option_above_its_base(sample: Run) -> None:
    for own in sample.tallies.values():
        assert {str(kind) for kind in [*own.count.dtypes, *own.base.dtypes, own.n.dtype]} == {"int64"}
        bases = own.base[own.count.columns.get_level_values("question")].to_numpy()
        assert (own.count.to_numpy() <= bases).all() and (own.count.to_numpy() >= 0).all()
        assert (own.base.to_numpy() <= own.n.to_numpy()[:, None]).all()


ON_PAPER = """
    response | country_iso3 | region | phone | chat | app | other | age
    r1       | KEN          | Africa |     1 |    1 |   0 |     0 |  12
    r2       | KEN          | Africa |     0 |    1 |   1 |     0 |  25
    r3       | KEN          | Africa |     0 |    0 |   1 |     0 |  24
    r4       | KEN          | Africa |     0 |    0 |   0 |     1 |   –
"""


@pytest.fixture
def channels(sample: Run) -> Tally:
    """Four answers to a choose-many question with a rollup, and to a number in bands."""
    rows = table(ON_PAPER)
    options = ["phone", "chat", "app", "other"]
    responses = rows[["response", "country_iso3", "region"]].assign(
        **{f"q/{option}": rows[option].astype(bool).astype("boolean") for option in options},
        age=rows["age"],
    )
    responses["q.state"], responses["age.state"] = "answered", ["answered"] * 3 + ["not answered"]
    questions = pd.DataFrame("", index=["q", "age"], columns=QUESTION_COLUMNS)
    questions["kind"], questions["list"] = ["many", "number"], ["channels", ""]
    listed = pd.DataFrame({"list": "channels", "option": options, "group": ["", "written", "written", ""]})
    asked = Instrument(questions, listed.reindex(columns=OPTION_COLUMNS, fill_value=""))
    kind = {
        "questions": {"poll": "q"},
        "groups": {"in_writing": ["written"]},
        "options": {"told": ["phone", "chat"]},
    }
    study = dataclasses.replace(sample.study, rollups={"kind": kind}, bands={"age": [0, 25, 50]})
    organisations = pd.Series("one", index=rows["response"])
    return tallies.tally(responses, asked, study, "poll", organisations)


def test_a_rollup_counts_a_response_once(channels: Tally) -> None:
    total = channels.count.sum()
    assert total["q", "chat"] + total["q", "app"] == 4
    assert total["q.kind", "in_writing"] == 3
    assert total["q.kind", "told"] == 2
    assert channels.base["q.kind"].sum() == 4


def test_a_number_falls_into_the_band_that_starts_at_or_below_it(channels: Tally) -> None:
    total = channels.count.sum()
    assert {band: total["age", band] for band in ("0_24", "25_49", "50_")} == {
        "0_24": 2,
        "25_49": 1,
        "50_": 0,
    }
    assert channels.base["age"].sum() == 3
    assert items.band_codes([0, 25, 50]) == ["0_24", "25_49", "50_"]
