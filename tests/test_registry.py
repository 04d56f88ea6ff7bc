"""Promises of the registry: one service is counted once, an unsure pair is left to a person, a name needs consent."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import Run, elsewhere
from paper import table

from popresearch import registry
from popresearch.ingest import Ingested
from popresearch.study import Strand

ROLES = {"service": "c05", "organisation": "c05_organisation", "address": "c06", "on_map": "c02"}

NAMES = """
    response | country_iso3 | c05                      | c05_organisation | c06                            | c02
    r1       | KEN          | Sunrise Child Line       | Sunrise Trust    |                                | yes
    r2       | KEN          | SUNRISE child-line       | Sunrise Trust    |                                | yes
    r3       | KEN          | The Sunrise Child Line   | Sunrise Trust    |                                | yes
    r4       | KEN          | Sunrise Childline        | Sunrise Trust    |                                | yes
    r5       | UGA          | Sunrise Child Line       | Sunrise Trust    |                                | yes
    r6       | KEN          | Sunset Child Help Line   | Evening Trust    |                                | yes
    r7       | KEN          | Línea Aurora             | Casa Aurora      | https://www.aurora.example.org | yes
    r8       | KEN          | Talk to Aurora           | Casa Aurora      | aurora.example.org/contact     | no
    r9       | KEN          |                          |                  |                                | yes
"""


def built(sample: Run, text: str) -> registry.Registry:
    """Build the registry of one strand from answers on paper."""
    rows = table(text).fillna("")
    responses = rows[["response", "country_iso3", "c02"]].assign(region="Africa")
    texts = rows.melt(["response"], ["c05", "c05_organisation", "c06"], "question", "text")
    texts = texts[texts["text"] != ""].assign(strand="helplines")
    ingested = Ingested.__new__(Ingested)
    object.__setattr__(ingested, "responses", {"helplines": responses})
    object.__setattr__(ingested, "texts", texts)
    own = sample.study.strands["helplines"]
    strand = Strand("helplines", "helpline", own.instrument, [], ROLES, 5, False)
    return registry.build(ingested, elsewhere(sample.study, Path(), strands={"helplines": strand}))


@pytest.fixture
def links(sample: Run) -> pd.DataFrame:
    return built(sample, NAMES).links.set_index("response")


def test_equal_and_nearly_equal_names_are_one_service(links: pd.DataFrame) -> None:
    assert links.loc[["r1", "r2", "r3", "r4"], "service"].nunique() == 1
    assert links.loc[["r2", "r3", "r4"], "how"].tolist() == ["same name", "same name", "nearly the same name"]


def test_the_same_name_in_another_country_is_another_service(links: pd.DataFrame) -> None:
    assert links.at["r1", "service"] != links.at["r5", "service"]
    assert links.at["r1", "organisation"] != links.at["r5", "organisation"]


def test_services_with_the_same_web_address_are_one(links: pd.DataFrame) -> None:
    assert links.at["r7", "service"] == links.at["r8", "service"]
    assert links.at["r8", "how"] == "same web address"


def test_an_unsure_pair_is_queued_and_stays_apart(sample: Run) -> None:
    own = built(sample, NAMES)
    links = own.links.set_index("response")
    queued = own.queue[own.queue["role"] == "service"]
    assert {"r6"} <= set(queued["left"]) | set(queued["right"])
    assert links.at["r6", "service"] != links.at["r1", "service"]
    assert queued["score"].between(registry.UNSURE, registry.SAME, inclusive="left").all()


def test_a_response_without_a_name_stands_for_itself(sample: Run) -> None:
    own = built(sample, NAMES)
    service = own.links.set_index("response").at["r9", "service"]
    assert (own.links["service"] == service).sum() == 1
    assert service not in set(own.services["service"])


def test_a_name_is_shown_only_where_someone_allowed_it_and_nobody_refused(sample: Run) -> None:
    allowed = built(sample, NAMES).services.set_index("name")["allowed"].to_dict()
    assert allowed["Sunrise Child Line"] and not allowed["Línea Aurora"]
    undecided = NAMES.replace("| yes", "|    ")
    assert not built(sample, undecided).services["allowed"].any()


def test_identifiers_are_the_same_from_run_to_run_and_do_not_hold_the_name(sample: Run) -> None:
    first, second = built(sample, NAMES), built(sample, NAMES)
    pd.testing.assert_frame_equal(first.links, second.links)
    assert not first.links["service"].str.contains("sunrise", case=False).any()


@pytest.mark.parametrize(
    ("left", "right"),
    [("Línea Aurora", "linea AURORA"), ("The Aurora Foundation", "aurora"), ("Aurora-Line!", "aurora line"),
     ("ＡＵＲＯＲＡ", "aurora"), ("Служба «Рассвет»", "служба рассвет")],
)  # fmt: skip
def test_folding_takes_out_what_does_not_tell_names_apart(left: str, right: str) -> None:
    assert registry.folded(left) == registry.folded(right) != ""


def test_every_response_of_the_sample_has_one_organisation(sample: Run) -> None:
    responses = pd.concat(sample.ingested.responses.values())["response"]
    assert sample.registry.links["response"].is_unique
    assert set(sample.registry.links["response"]) == set(responses)
    assert sample.registry.links["organisation"].notna().all()


def test_saved_and_loaded_registries_are_the_same(sample: Run, tmp_path: Path) -> None:
    study = elsewhere(sample.study, tmp_path)
    registry.save(sample.registry, study)
    loaded = registry.load(study)
    for name in ("links", "services", "queue"):
        pd.testing.assert_frame_equal(
            getattr(loaded, name), getattr(sample.registry, name), check_dtype=False
        )
