"""A bare export becomes a study that runs, with what was guessed laid open for correction."""

from pathlib import Path

import pandas as pd
import pytest
from small_study import FIXTURES

from popresearch import draft, ingest, instrument, study
from popresearch.faults import BadInput
from popresearch.wording import ROOT

LIMESURVEY = ROOT.parent / "shared/real/limesurvey_rse2018.csv"
needs_limesurvey = pytest.mark.skipif(not LIMESURVEY.exists(), reason="the real exports are not here")


class Drafted:
    """A root of its own, in which exports become studies."""

    def __init__(self, root: Path) -> None:
        self.root, self.lines = root, []

    def init(self, path: Path, name: str, **options: str) -> study.Study:
        draft.init(path, name, say=self.lines.append, **options)
        return study.load(name)

    def codebook(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.root / "data" / name / "codebook.csv", dtype=str, keep_default_na=False)


@pytest.fixture
def drafted(tmp_path, monkeypatch) -> Drafted:
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    monkeypatch.setattr("popresearch.draft.ROOT", tmp_path)
    return Drafted(tmp_path)


def export(folder: Path, name: str = "answers.csv", **columns: list[str]) -> Path:
    pd.DataFrame(columns).to_csv(folder / name, index=False)
    return folder / name


@pytest.fixture(scope="module")
def rse(tmp_path_factory) -> tuple[Drafted, ingest.Ingested]:
    """The LimeSurvey export of the research software survey of 2018, drafted and ingested once."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("rse")
        patch.setattr("popresearch.study.ROOT", root)
        patch.setattr("popresearch.draft.ROOT", root)
        made = Drafted(root)
        return made, ingest.ingest(made.init(LIMESURVEY, "rse"))


@needs_limesurvey
def test_a_real_limesurvey_export_is_drafted_without_help(rse):
    made, found = rse
    assert made.lines[0].endswith("limesurvey (heads read code._.text); 997 responses, 707 columns")
    assert "country: question 'socio1'" in made.lines
    assert found.accounting.loc[0, ["rows_in", "kept", "quarantined"]].tolist() == [997, 997, 0]
    assert not (found.columns["became"] == "unknown to the instrument").any()


@needs_limesurvey
def test_its_countries_are_those_that_were_counted_independently(rse):
    """The counts stand in the README beside the export."""
    counts = rse[1].responses["responses"]["country_iso3"].value_counts()
    assert (counts > 0).sum() == 33
    published = {
        "DEU": 333,
        "GBR": 237,
        "USA": 147,
        "AUS": 99,
        "NLD": 54,
        "NZL": 37,
        "ZAF": 23,
        "CAN": 12,
        "NOR": 6,
    }
    assert counts[list(published)].to_dict() == published


def test_kinds_are_guessed_from_the_answers(drafted, tmp_path):
    path = export(
        tmp_path,
        land=["Kenya", "France", "Chile", "Kenya", "Peru"] * 8,
        age=["under 18", "18 to 24", "25 or more", "under 18"] * 10,
        uses=["chat; phone", "phone", "chat", "chat; post"] * 10,
        number=[str(n) for n in range(40)],
        own_words=[f"sentence number {n} of a respondent" for n in range(40)],
        nobody=[""] * 40,
    )
    book = drafted.init(path, "guessed").strands["responses"].instrument
    kinds = instrument.read(book, "responses").questions["kind"].tolist()
    assert kinds == ["country", "one", "many", "number", "text", "text"]
    assert "country: question 'q001'" in drafted.lines


def test_a_draft_reads_its_own_export_without_a_fault(drafted, tmp_path):
    path = export(tmp_path, land=["NA", "KE"] * 10, uses=["chat; phone", "phone", "chat", "phone"] * 5)
    found = ingest.ingest(drafted.init(path, "own"))
    assert found.quarantine.empty
    assert found.responses["responses"]["country_iso3"].value_counts().to_dict() == {"KEN": 10, "NAM": 10}
    assert found.responses["responses"]["q002/chat"].sum() == 10


def test_what_fewer_than_three_gave_is_not_written_into_the_codebook(drafted, tmp_path):
    path = export(tmp_path, answer=["yes"] * 20 + ["no"] * 20 + ["amina@example.org", "call Bo", "call Bo"])
    drafted.init(path, "few")
    written = drafted.codebook("few").to_csv() + "\n".join(drafted.lines)
    assert "amina" not in written and "Bo" not in written
    assert list(drafted.codebook("few")["option"]) == ["", "no", "yes"] or "yes" in written


def test_the_language_of_the_heads_is_kept(drafted, tmp_path):
    path = export(tmp_path, **{"Où habitez-vous ?": ["Kenya", "France"] * 5})
    drafted.init(path, "en_francais", language="fr")
    assert drafted.codebook("en_francais").loc[0, ["label_fr", "label_en"]].tolist() == [
        "Où habitez-vous ?",
        "",
    ]


@pytest.mark.parametrize("name", ['odd "name" [1].csv', "réponses ü.csv", "back\\slash.csv"])
def test_a_file_with_an_odd_name_is_found_again(drafted, tmp_path, name):
    made = drafted.init(export(tmp_path, name, land=["Kenya", "France"] * 5), "odd")
    assert [path.name for path in made.files()] == [name]
    assert ingest.ingest(made).accounting.loc[0, "kept"] == 10


@pytest.mark.parametrize("platform", ["microsoft_forms", "google_forms", "kobo", "limesurvey"])
def test_every_platform_can_be_drafted_and_its_personal_columns_stay_out(drafted, platform):
    found = ingest.ingest(drafted.init(FIXTURES / platform / "answers.csv", "any"))
    assert found.accounting.loc[0, ["rows_in", "kept"]].tolist() == [5, 5]
    assert "person" not in drafted.codebook("any").to_csv() + found.texts.to_csv()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "Not plain"}, "name 'Not plain': is not a plain name. Use small letters"),
        ({"name": "../outside"}, "is not a plain name"),
        ({"name": "ok", "language": "de"}, "language 'de': is not one of"),
        ({"name": "taken"}, "data/taken: exists already."),
    ],
)
def test_what_cannot_be_drafted_is_refused_and_writes_nothing(drafted, tmp_path, options, said):
    path = export(tmp_path, land=["Kenya", "France"])
    (tmp_path / "data/taken").mkdir(parents=True)
    (tmp_path / "data/taken/study.toml").write_text("corrected by hand")
    with pytest.raises(BadInput) as error:
        drafted.init(path, **options)
    assert said in str(error.value)
    left = {str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()}
    assert left == {"answers.csv", "data/taken/study.toml"}


def test_an_export_that_cannot_be_read_leaves_nothing_behind(drafted, tmp_path):
    (tmp_path / "bad.csv").write_bytes(b"pays\nC\xf4te\n" + "Côte\n".encode())
    with pytest.raises(BadInput, match="mixes encodings"):
        drafted.init(tmp_path / "bad.csv", "bad")
    assert not (tmp_path / "data").exists()
