"""Promises of retention: answers have a last day and go for good, the release can be made again without them, a service is forgotten."""

import ast
import csv
import json
import shutil
import stat
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from conftest import Elsewhere, Run, elsewhere
from test_pipeline import PATHS, TELL, Folder, Ran, fake_kernel, still_package  # noqa: F401

from popresearch import ingest, keys, ledger, opendata, pipeline, registry, report, tallies, voices, withdrawn
from popresearch import study as studies
from popresearch.faults import BadInput
from popresearch.pipeline import Step
from popresearch.retention import certificate, forgetting, kept, places, purging, received

STEPS = (
    Step("1_read", (), ("read",), needs_answers=True),
    Step("2_count", ("1_read",), needs_answers=True),
    Step("3_tell", ("2_count",), (), ("report",)),
)
EXPORT = "data/restricted/pop/exports/answers.csv"
READ = f'write(restricted / "read/answers.txt", (root / "{EXPORT}").read_text() + "read")'
COUNT = 'write(outputs / "tables/n.csv", str(len((restricted / "read/answers.txt").read_text())))'
ANSWERS = "id,said\n1,they write to me\n"


@dataclass
class Private(Folder):
    """A study as small as it gets, whose source holds answers of people."""

    source: str = "mine"
    banner: str = ""
    retention: dict[str, object] = field(
        default_factory=lambda: {"purpose": "the report", "days": 30, "person": "the data steward"}
    )
    thresholds: dict[str, int] = field(default_factory=lambda: {"minimum_cell": 5})
    strands: dict[str, object] = field(default_factory=dict)

    @property
    def exports(self) -> Path:
        return self.restricted / "exports"

    def files(self) -> list[Path]:
        return [self.exports / "answers.csv"]

    def run(self, **options: object) -> Ran:
        return super().run(**{"steps": STEPS, **options})

    def purge(self, *, yes: bool = True) -> str:
        lines: list[str] = []
        purging.purge(self, STEPS, by="Ana", yes=yes, out=lines.append)
        return "\n".join(lines)

    def ledger(self) -> list[dict[str, str]]:
        with (self.root / "data/restricted/ledger.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def amend(self, **cells: str) -> None:
        """Write into every row of the ledger, as a person does."""
        rows = [row | cells for row in self.ledger()]
        with (self.root / "data/restricted/ledger.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, received.COLUMNS)
            writer.writeheader()
            writer.writerows(rows)

    def all_files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A day that stands still, and a folder of temporary files that nobody else uses."""
    on(monkeypatch, "2026-01-01")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))


def on(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    monkeypatch.setattr(received, "today", lambda: date.fromisoformat(day))


@pytest.fixture
def study(tmp_path: Path, fake_kernel: list[str]) -> Private:  # noqa: F811
    study = Private(tmp_path / "a folder")
    study.exports.mkdir(parents=True)
    study.folder.mkdir(parents=True)
    study.files()[0].write_text(ANSWERS)
    study.write("1_read", PATHS, READ)
    study.write("2_count", PATHS, COUNT)
    study.write("3_tell", PATHS, TELL)
    return study


@pytest.fixture
def released(study: Private) -> Private:
    assert study.run().states == ["done"] * 3
    return study


@pytest.fixture
def purged(released: Private) -> Private:
    released.purge()
    return released


def said(error: pytest.ExceptionInfo) -> str:
    return str(error.value)


# -- the ledger of files


def test_every_file_of_answers_has_a_row_that_says_until_when_it_stays(released: Private) -> None:
    assert released.ledger() == [
        {
            "study": "pop", "source": "mine", "file": EXPORT, "received_date": "2026-01-01", "purpose": "the report",
            "sha256": ledger.files.sha256(released.files()[0]), "delete_by": "2026-01-31", "deleted_date": "",
            "certificate": "", "extended_reason": "",
        }
    ]  # fmt: skip
    assert stat.S_IMODE((released.root / "data/restricted/ledger.csv").stat().st_mode) == 0o600


def test_made_up_answers_have_no_row_and_answers_of_people_under_a_banner_have(released: Private) -> None:
    sample = Folder(released.root / "other")
    received.note(sample)
    assert not (sample.root / "data/restricted/ledger.csv").exists()
    released.banner = "DRAFT"
    released.files()[0].write_text(ANSWERS + "2,x\n")
    received.note(released)
    assert len(released.ledger()) == 2


def test_a_later_export_does_not_lengthen_the_time(
    released: Private, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, "2026-01-20")
    released.files()[0].write_text(ANSWERS + "2,x\n")
    received.note(released)
    first, second = released.ledger()
    assert (first["deleted_date"], first["certificate"]) == ("2026-01-20", "replaced by a later version")
    assert (second["received_date"], second["delete_by"]) == ("2026-01-20", "2026-01-31")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("study,source", "study;source", "has other heads than it should."),
        ("2026-01-31", "31/01/2026", "line 2: has no day in delete_by. Write it as 2026-11-25."),
        (",the report,", ",the report,x,", "line 2: has more or fewer cells than heads."),
    ],
)
def test_a_damaged_ledger_is_bad_input_and_stays_as_it_is(
    released: Private, old: str, new: str, fault: str
) -> None:
    path = released.root / "data/restricted/ledger.csv"
    path.write_text(path.read_text().replace(old, new))
    before = path.read_bytes()
    ran = released.run()
    assert ran.status == 1
    assert fault in ran.said
    assert path.read_bytes() == before


def test_overdue_answers_are_refused_before_a_kernel_starts(
    released: Private,
    monkeypatch: pytest.MonkeyPatch,
    fake_kernel: list[str],  # noqa: F811
) -> None:
    fake_kernel.clear()
    on(monkeypatch, "2026-01-31")
    assert released.run(force=True).status == 0
    fake_kernel.clear()
    on(monkeypatch, "2026-02-01")
    ran = released.run(force=True)
    assert (ran.status, fake_kernel) == (1, [])
    assert f"{EXPORT}: was to be deleted by 2026-01-31." in ran.said
    assert "pop purge pop --source mine" in ran.said and "extended_reason" in ran.said


def test_the_last_day_is_put_off_with_a_reason_only(
    released: Private, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, "2026-02-01")
    released.amend(delete_by="2026-06-30")
    assert "may be kept until 2026-01-31; the ledger says 2026-06-30 without a reason" in released.run().said
    released.amend(extended_reason="the board meets in May")
    assert released.run().status == 0


def test_what_study_toml_says_of_retention_is_checked() -> None:
    faults = studies._retention_faults({"days": 0, "porpose": "x", "person": 3})
    assert [fault.what for fault in faults] == [
        "'porpose' is not known. Did you mean 'purpose'?",
        "'person' is not a text.",
        "'days' must be a whole number from 1 to 3,650.",
    ]
    assert studies._retention_faults({"days": 90, "purpose": "a report", "person": "the board"}) == []


# -- purge


def test_without_yes_nothing_is_deleted(released: Private) -> None:
    before = released.all_files()
    text = released.purge(yes=False)
    assert "Goes: 2 files" in text and "data/restricted/pop/exports/: 1 files, 0.0 kB" in text
    assert "Nothing was deleted. To delete: pop purge pop --source mine --by NAME --yes" in text
    assert released.all_files() == before


def test_no_answer_is_left_and_the_certificate_names_all_that_went(released: Private) -> None:
    for name in ("corrections.csv", "../fetched/answers.jsonl", "../ingest/quarantine.csv", "../../../../.cache/x",
                 "../../../../notebooks/.ipynb_checkpoints/1_read.ipynb"):  # fmt: skip
        path = released.exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"they write to me, too: {name}")
    assert released.run().status == 0
    doomed = places.doomed(released)
    assert len(doomed) == 7
    hashes = {places.shown(path, released): ledger.files.sha256(path) for path in doomed}
    assert "7 files are deleted" in released.purge()
    assert [name for name, content in released.all_files().items() if b"they write" in content] == []
    assert sorted(path.name for path in (released.root / "data/restricted").rglob("*")) == [
        "ledger.csv",
        "signing.key",
    ]
    content = json.loads((kept.folder(released) / "certificate.json").read_text())
    assert {one["file"]: one["sha256"] for one in content["deleted"]} == hashes
    assert [content[name] for name in ("date", "by", "purpose", "person")] == [
        "2026-01-01", "Ana", "the report", "the data steward",
    ]  # fmt: skip
    row = released.ledger()[0]
    assert (row["deleted_date"], row["certificate"]) == ("2026-01-01", "data/pop/kept/mine/certificate.json")


def test_answers_of_another_source_and_the_list_of_who_withdrew_stay(released: Private) -> None:
    (released.folder / "study.toml").write_text(
        '[sources]\nmine = "../restricted/pop/exports"\nnew = "../restricted/pop/new"'
    )
    stays = [released.restricted / "new/answers.csv", released.restricted / "forgotten.csv"]
    (released.restricted / "new").mkdir()
    for path in stays:
        path.write_text("of others")
    assert set(stays) & set(places.doomed(released)) == set()


def remove_a_table(study: Private) -> None:
    (study.outputs / "tables/n.csv").unlink()


def change_answers(study: Private) -> None:
    study.files()[0].write_text(ANSWERS + "2,x\n")


def run_one_step(study: Private) -> None:
    study.write("2_count", PATHS, COUNT + "\nprint(1)\nwrite(outputs / 'tables/m.csv', 'x')")
    assert study.run(only=["2_count"]).status == 0


def copy_answers(study: Private) -> None:
    shutil.copy(study.files()[0], study.root / "backup of answers")


def copy_what_was_made_of_them(study: Private) -> None:
    shutil.copy(study.restricted / "read/answers.txt", study.root / "extract.txt")


def link_answers(study: Private) -> None:
    elsewhere = study.root.parent / "answers.csv"
    study.files()[0].rename(elsewhere)
    study.files()[0].symlink_to(elsewhere)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (
            remove_a_table,
            "2_count: is not made, or what it made was changed. Make the release first: pop run pop -p source=mine",
        ),
        (change_answers, "1_read: was made from other data than is there."),
        (run_one_step, "3_tell: was made before a step that it needs."),
        (copy_answers, "backup of answers: is a copy of what would be deleted. Delete it"),
        (copy_what_was_made_of_them, "extract.txt: is a copy of what would be deleted."),
        (link_answers, "answers.csv: is a link to elsewhere."),
    ],
)
def test_a_purge_refuses_what_it_cannot_prove(released: Private, spoil, fault: str) -> None:
    spoil(released)
    with pytest.raises(BadInput) as error:
        released.purge()
    assert fault in said(error)
    assert released.files()[0].exists() and not kept.folder(released).exists()


def test_a_table_with_a_cell_below_the_minimum_is_not_kept(study: Private) -> None:
    table = "import pandas as pd; pd.DataFrame({'count': [7, 4]}).to_parquet(outputs / 'tables/t.parquet')"
    study.write("2_count", PATHS, COUNT, table)
    study.run()
    with pytest.raises(BadInput, match="tables/t.parquet: has 1 cells below the minimum in 'count'"):
        study.purge()
    assert study.files()[0].exists()


def test_a_made_up_source_is_not_purged(released: Private) -> None:
    with pytest.raises(BadInput, match="holds nobody's answers: it is made up"):
        purging.purge(Folder(released.root), STEPS, by="Ana", yes=True)


def test_a_purge_that_was_cut_short_goes_on_and_a_run_waits_for_it(
    released: Private, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = places.delete

    def killed(paths: list[Path], study: Private) -> None:
        real(paths[:1], study)
        raise KeyboardInterrupt

    monkeypatch.setattr(places, "delete", killed)
    with pytest.raises(KeyboardInterrupt):
        released.purge()
    monkeypatch.setattr(places, "delete", real)
    assert (
        "has a purge that was cut short. Finish it: pop purge pop --source mine --yes" in released.run().said
    )
    assert "A purge was cut short." in released.purge(yes=False)
    assert "2 files are deleted" in released.purge()
    assert released.run().states == ["kept", "kept", "done"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("data/restricted/pop/exports/second.csv", "id,said\n9,hello\n"), ("copy.csv", ANSWERS)],
)
def test_what_comes_while_a_purge_is_cut_short_is_not_deleted_and_no_certificate_is_given(
    released: Private, monkeypatch: pytest.MonkeyPatch, name: str, content: str
) -> None:
    real = places.delete
    monkeypatch.setattr(places, "delete", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        released.purge()
    monkeypatch.setattr(places, "delete", real)
    new = released.root / name
    new.write_text(content)
    with pytest.raises(BadInput, match=f"{name}: is still there, or came since the purge began"):
        released.purge()
    assert new.exists() and not (kept.folder(released) / "certificate.json").exists()


# -- the certificate


def test_a_certificate_is_verified_and_one_that_was_changed_is_refused(purged: Private) -> None:
    path = kept.folder(purged) / "certificate.json"
    assert "signed, unchanged; 2 files deleted on 2026-01-01" in purging.verify(path, purged)
    path.write_text(path.read_text().replace('"Ana"', '"Bob"'))
    for check in (lambda: purging.verify(path, purged), lambda: kept.standing(purged)):
        with pytest.raises(BadInput, match="was changed after it was signed"):
            check()


def test_a_certificate_does_not_hold_once_deleted_answers_are_back(purged: Private) -> None:
    (purged.root / "old backup.csv").write_text(ANSWERS)
    with pytest.raises(BadInput, match="old backup.csv: was deleted and is here again"):
        purging.verify(kept.folder(purged) / "certificate.json", purged)


def test_certificates_follow_one_another(purged: Private) -> None:
    purged.exports.mkdir(parents=True)
    purged.files()[0].write_text(ANSWERS + "2,second wave\n")
    assert purged.run().states == ["done"] * 3
    purged.purge()
    path = kept.folder(purged) / "certificate.json"
    assert "signed, unchanged" in purging.verify(path, purged)
    first = path.with_name("certificate_1.json")
    first.write_text(first.read_text().replace("2026", "2025"))
    with pytest.raises(BadInput, match="follows a certificate that is not beside it, or was changed"):
        purging.verify(path, purged)


def test_the_key_is_its_owners_and_a_lost_one_is_not_replaced_in_silence(purged: Private) -> None:
    path = purged.root / "data/restricted/signing.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    with pytest.raises(BadInput, match="signing.key: is missing"):
        purging.verify(kept.folder(purged) / "certificate.json", purged)
    assert certificate.read(kept.folder(purged) / "certificate.json", "x")["by"] == "Ana"


# -- after the purge


def test_after_a_purge_all_is_made_again_byte_for_byte(released: Private, fake_kernel: list[str]) -> None:  # noqa: F811
    def public() -> dict[str, bytes]:
        return {name: content for name, content in released.made().items() if name != "manifest.json"}

    before = public()
    released.purge()
    for outputs_are_gone in (False, True):
        if outputs_are_gone:
            shutil.rmtree(released.outputs)
        fake_kernel.clear()
        ran = released.run()
        assert (ran.status, ran.states, fake_kernel) == (0, ["kept", "kept", "done"], ["3_tell"])
        assert public() == before
    assert released.run().states == ["kept", "kept", "unchanged"]


def test_report_and_open_data_need_released_tables_and_nothing_restricted(
    sample: Run, tmp_path: Path
) -> None:
    for part in ("tables", "microdata"):
        if (sample.published / part).is_dir():
            shutil.copytree(sample.published / part, tmp_path / "outputs" / part)
    alone = elsewhere(sample.study, tmp_path)
    assert report.html(alone, "en") == (sample.published / "report/en/report.html").read_text()
    written, before = opendata.write(alone), opendata.write(sample.study)
    for path in written.rglob("*.*"):
        assert path.read_bytes() == (before / path.relative_to(written)).read_bytes()
    assert not alone.restricted.exists()


def test_the_steps_that_read_answers_say_so() -> None:
    """A notebook that reads responses, the registry, or tallies cannot be run once they are deleted."""
    reads = ("ingest", "registry", "tallies", "voices", "estimates")
    for step in pipeline.STEPS:
        cells = json.loads((studies.ROOT / "notebooks" / f"{step.name}.ipynb").read_text())["cells"]
        source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        imported = {
            name.name
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.ImportFrom) and node.module == "popresearch"
            for name in node.names
        }
        assert step.needs_answers == bool(imported & set(reads)), step.name


@pytest.mark.parametrize("has_key", [True, False])
def test_a_kept_table_that_was_changed_is_refused(purged: Private, has_key: bool) -> None:
    (kept.folder(purged) / "tables/n.csv").write_text("9999")
    if not has_key:
        (purged.root / "data/restricted/signing.key").unlink()
    ran = purged.run()
    assert ran.status == 1
    assert "data/pop/kept/mine: tables/n.csv: is not the file that was kept: its hash differs." in ran.said
    assert (purged.outputs / "tables/n.csv").read_text() != "9999"


def test_a_certificate_cannot_lead_a_run_to_files_elsewhere(purged: Private) -> None:
    path = kept.folder(purged) / "certificate.json"
    content = json.loads(path.read_text())
    content["kept"]["2_count"]["files"]["../../study.toml"] = "0" * 64
    with pytest.raises(BadInput, match="lies elsewhere"):
        kept.check(purged, content["kept"])


def test_what_is_kept_of_one_source_changes_nothing_for_another(purged: Private) -> None:
    assert [name for name in ledger.inputs(purged.root, purged) if "kept" in name] == []


# -- a service that withdraws


@pytest.mark.parametrize("name", ["exports/corrections.csv", "forgotten.csv"])
def test_a_decision_beside_the_answers_makes_the_release_again(released: Private, name: str) -> None:
    before = ledger.inputs(released.root, released)
    (released.restricted / name).write_text("decided")
    added = ledger.inputs(released.root, released).keys() - before.keys()
    assert added == {f"data/restricted/pop/{name}"}


def test_a_run_that_still_names_a_service_that_withdrew_fails(study: Private) -> None:
    key = keys.made(places.private(study))
    row = dict.fromkeys(withdrawn.COLUMNS, "") | {
        "service": "an-id",
        "country": "KEN",
        "key": keys.mark(key, ""),
    }
    withdrawn.write(study, [row | {"names": withdrawn.sign_of(key, "Kite Line")}])
    ran = study.run()
    assert (ran.status, ran.states) == (0, ["done"] * 3)
    assert "1 withdrawn services: no name, web address or identifier of them is left" in ran.said
    study.write("3_tell", PATHS, TELL.replace('"<p>"', '"<p>Thanks to Kite Line "'))
    ran = study.run()
    assert (ran.status, ran.states) == (1, ["unchanged", "unchanged", "done"])
    assert "outputs/pop/report/report.html: still has the name of a service that withdrew" in ran.said
    assert "Kite" not in ran.said


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """The sample as a source of answers, read and released; its services are made up."""
    return made(
        elsewhere(studies.load("pop", "sample"), tmp_path_factory.mktemp("forget"), banner="", source="mine")
    )


def made(study: Elsewhere) -> Elsewhere:
    """Make the restricted products and a table that names services, as a directory would."""
    found = ingest.ingest(study)
    ingest.save(found, study)
    register = registry.build(found, study)
    registry.save(register, study)
    tallies.save(tallies.tally_study(found, register, study), study)
    voices.save(voices.open_answers(found, study), study)
    directory = study.outputs / "site" / "directory.html"
    directory.parent.mkdir(parents=True, exist_ok=True)
    directory.write_text(" ".join(f"<li>{name}</li>" for name in register.services["name"]))
    return study


@pytest.fixture
def place(before: Elsewhere, tmp_path: Path) -> Elsewhere:
    shutil.copytree(before.place, tmp_path / "own")
    return elsewhere(studies.load("pop", "sample"), tmp_path / "own", banner="", source="mine")


def largest(study: Elsewhere) -> object:
    services = registry.load(study).services
    return services.sort_values("n_responses", ascending=False, kind="stable").iloc[0]


def quiet(*_: object) -> None:
    pass


def test_a_forgotten_service_is_gone_everywhere_from_the_next_build(place: Elsewhere) -> None:
    service, accounting = largest(place), ingest.load(place).accounting
    n = forgetting.forget(place, service["name"], out=quiet)
    assert n >= service["n_responses"] > 5
    with pytest.raises(BadInput) as error:
        forgetting.prove(place, out=quiet)
    for file in ("texts.parquet", "services.parquet", "links.parquet", "directory.html"):
        assert file in said(error)
    assert service["name"] not in said(error)
    made(place)
    found = ingest.load(place)
    assert found.accounting["withdrawn"].sum() >= n  # some of them would have been refused as repeated
    parts = found.accounting[["kept", *ingest.RULES, "quarantined"]].sum(axis=1)
    assert (parts == found.accounting["rows_in"]).all()
    assert found.accounting["kept"].sum() == accounting["kept"].sum() - n
    assert service["name"] not in set(registry.load(place).services["name"])
    lines: list[str] = []
    forgetting.prove(place, out=lines.append)
    assert "no name, web address or identifier of them is left" in lines[0]


def test_the_list_of_who_withdrew_holds_no_name(place: Elsewhere) -> None:
    service = largest(place)
    forgetting.forget(place, service["service"], reason="asked by letter", out=quiet)
    path = place.restricted / "forgotten.csv"
    text = path.read_text().casefold()
    assert service["service"] in text and "asked by letter" in text
    words = [word for word in service["name"].split() if len(word) > 4]
    assert words and [word for word in words if word.casefold() in text] == []
    assert ".org" not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(BadInput, match="names the service"):
        forgetting.forget(place, service["service"], reason=f"{service['name']} wrote", out=quiet)


@pytest.mark.parametrize(
    ("country", "name", "address", "is_known"),
    [
        ("KEN", "The Kite Line", "", True),
        ("KEN", "  kite LINE! ", "", True),
        ("KEN", "Another name", "https://www.kite.example.org/help", True),
        ("UGA", "The Kite Line", "", False),
        ("KEN", "Kite", "", False),
        ("KEN", "", "", False),
        ("KEN", "Harbour", "http://[", False),
    ],
)
def test_a_service_is_known_again_in_a_new_export(
    country: str, name: str, address: str, is_known: bool
) -> None:
    key = bytes(32)
    row = {
        "country": "KEN",
        "names": withdrawn.sign_of(key, "Kite Line"),
        "hosts": keys.mark(key, "kite.example.org"),
    }
    assert withdrawn.Withdrawn([row], key).has(country, name, address) == is_known


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("<p>We thank the <b>Kite</b> Line, Nairobi</p>", True),
        ('{"text": "KITE\\u0020line"}', True),
        ("see kite.example.org/help", True),
        ("kites and lines", False),
        ("Kite. The other line", False),
    ],
)
def test_the_search_finds_a_name_without_knowing_it(tmp_path: Path, text: str, is_found: bool) -> None:
    key = bytes(32)
    row = {"country": "KEN", "names": withdrawn.sign_of(key, "Kite Line"), "hosts": keys.mark(key, "kite.example.org"),
           "service": "an-id", "responses": "", "exports": ""}  # fmt: skip
    (tmp_path / "page.html").write_text(text)
    assert bool(forgetting._found(tmp_path / "page.html", withdrawn.Withdrawn([row], key), "")) == is_found


def test_the_search_finds_a_name_inside_chinese_text(tmp_path: Path) -> None:
    key = bytes(32)
    row = {
        "country": "CHN",
        "names": withdrawn.sign_of(key, "纽扣热线"),
        "hosts": "",
        "service": "an-id",
        "responses": "",
        "exports": "",
    }
    (tmp_path / "page.html").write_text("我们感谢纽扣热线的帮助")
    assert forgetting._found(tmp_path / "page.html", withdrawn.Withdrawn([row], key), "") == ["the name"]


def test_an_unknown_service_is_refused_without_naming_any(place: Elsewhere) -> None:
    with pytest.raises(BadInput) as error:
        forgetting.forget(place, largest(place)["name"][:-3], out=quiet)
    assert "is not in the registry" in said(error) and "services.parquet" in said(error)
    assert "Did you mean" not in said(error)


def test_a_list_made_with_another_key_is_bad_input_since_it_would_let_all_in_again(place: Elsewhere) -> None:
    forgetting.forget(place, largest(place)["name"], out=quiet)
    (place.place / "signing.key").unlink()
    keys.made(place.place)
    with pytest.raises(BadInput, match="was made with another signing.key"):
        withdrawn.read(place)
