"""Submissions come from KoboToolbox and ODK Central whole: none lost, none doubled, no token shown, nothing half-written."""

import csv
import json
import os
import re
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from servers import KoboServer, OdkServer, kobo_row, odk_row, running
from small_study import FIXTURES, study_of

from popresearch import fetch, fetched, kobo, odk, platforms, remote
from popresearch.faults import BadInput

BOTH = ["kobo", "odk"]
ODATA = "@" + "odata."  # not an address of e-mail
FORMS = {"kobo": "aB3", "odk": "5/poll 1"}
MAKE = {"kobo": kobo_row, "odk": odk_row}
IDS = {"kobo": "_id", "odk": "__id"}
N = 27


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A project whose study has one strand, and the tokens in the environment; pages hold ten submissions."""
    exports = tmp_path / "data/restricted/tiny/exports"
    exports.mkdir(parents=True)
    for module in (fetch, fetched):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(kobo.Kobo, "page", 10)
    monkeypatch.setattr(odk.Odk, "page", 10)
    for variable in ("POP_KOBO_TOKEN", "POP_ODK_TOKEN"):
        monkeypatch.setenv(variable, "good-token")
    monkeypatch.delenv("POP_ODK_EMAIL", raising=False)
    study = replace(study_of(exports / "none.csv"), folder=tmp_path / "data/tiny")
    return SimpleNamespace(study=study, exports=exports, files=exports.parent / "fetched", said=[], slept=[])


@pytest.fixture(params=BOTH)
def survey(request):
    """A server with 27 submissions."""
    kind = {"kobo": KoboServer, "odk": OdkServer}[request.param]
    with running(kind([MAKE[request.param](number) for number in range(1, N + 1)])) as server:
        server.platform = request.param
        yield server


@pytest.fixture
def kobo_server():
    with running(KoboServer([kobo_row(number) for number in range(1, N + 1)])) as server:
        server.platform = "kobo"
        yield server


@pytest.fixture
def odk_server():
    with running(OdkServer([odk_row(number) for number in range(1, N + 1)])) as server:
        server.platform = "odk"
        yield server


def run(place, survey, **options):
    """Fetch, with waits that are written down and not waited; give what was said."""
    place.said.clear()
    server = remote.Server(survey.address, "form 'aB3'", sleep=place.slept.append, jitter=lambda: 0.0)
    form = options.pop("form", FORMS[survey.platform])
    options = {"out": place.said.append, "err": lambda line: None} | options
    fetch.fetch(place.study, survey.platform, server, form, **options)
    return place.said[0].partition(": ")[2]


def lines(place):
    [path] = place.files.glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def is_whole(place, survey):
    """Whether what is here is what the server has: each submission once, in order, and as many rows in the CSV file."""
    expected = sorted(survey.rows, key=lambda row: row[IDS[survey.platform]])
    assert [line["submission"] for line in lines(place)] == expected
    assert [line["id"] for line in lines(place)] == [row[IDS[survey.platform]] for row in expected]
    [path] = place.exports.glob("*.csv")
    assert len(list(csv.reader(path.open(newline="")))) == 1 + len(expected)
    assert not list(place.files.glob("*.part.jsonl"))
    return True


def edit(survey, number, **answers):
    """Change a submission as an edit on the server does."""
    row = survey.rows[number]
    survey.rows[number] = row | answers
    if survey.platform == "kobo":
        survey.rows[number] |= {"_uuid": row["_uuid"] + "x"}
    else:
        survey.rows[number]["__system"] = row["__system"] | {
            "updatedAt": f"2026-03-02T00:00:{row['__system']['edits']:02d}.000Z",
            "edits": row["__system"]["edits"] + 1,
        }


def test_all_submissions_come_in_order_and_once(place, survey):
    assert run(place, survey) == "27 new, 0 changed, 27 in all."
    assert is_whole(place, survey)


def test_a_second_fetch_brings_only_what_is_new_or_changed(place, survey):
    run(place, survey)
    edit(survey, 5, wish="longer hours")
    survey.rows += [MAKE[survey.platform](number) for number in range(101, 113)]
    survey.asked.clear()
    assert run(place, survey) == "12 new, 1 changed, 39 in all."
    assert is_whole(place, survey)
    bodies = [path for path, query in survey.asked if "$filter" in query or "$lte" in query.get("query", "")]
    assert len(bodies) == 3  # the one that changed, and two pages of new ones
    assert run(place, survey) == "0 new, 0 changed, 39 in all."
    assert run(place, survey, anew=True) == "0 new, 0 changed, 39 in all."
    assert len(place.said) == 2


def test_a_review_on_the_server_counts_as_a_change(place, survey):
    run(place, survey)
    if survey.platform == "kobo":
        survey.rows[3]["_validation_status"] = {"uid": "validation_status_approved", "label": "Approved"}
    else:
        survey.rows[3]["__system"]["reviewState"] = "approved"
    assert run(place, survey) == "0 new, 1 changed, 27 in all."
    assert "pproved" in next(place.exports.glob("*.csv")).read_text()


@pytest.mark.parametrize("fault", ["429 7", "500", "503", "cut", "truncated", "empty", "hole"])
def test_no_submission_is_lost_or_doubled_by_a_fault(place, survey, fault):
    for position in (0, 1, 4, 5) if survey.platform == "kobo" else (0, 1, 2, 3):
        survey.faults = [""] * position + [fault, "", fault]
        run(place, survey, anew=True)
        assert is_whole(place, survey)


def test_no_submission_is_lost_when_the_server_gives_fewer_at_once_than_asked(place, survey):
    survey.most = 3
    run(place, survey)
    assert is_whole(place, survey)


def test_no_submission_is_lost_or_doubled_when_others_come_and_go_between_pages(place, survey):
    for number in range(2, 6 if survey.platform == "odk" else 10):
        new = MAKE[survey.platform](200 + number)
        survey.before = {
            survey.data_requests + number: lambda new=new: (survey.rows.pop(5), survey.rows.append(new))
        }
        run(place, survey, anew=True, remove_deleted=True)
        assert is_whole(place, survey)


def test_a_submission_edited_between_pages_ends_up_as_edited(place, survey):
    for request in range(2, 6 if survey.platform == "odk" else 9):
        survey.before = {
            survey.data_requests + request: lambda request=request: edit(survey, 15, wish=f"wish {request}")
        }
        run(place, survey, anew=True)
        assert is_whole(place, survey)


def test_what_is_deleted_on_the_server_is_said_and_stays(place, survey):
    run(place, survey)
    gone = survey.rows[4:6]
    del survey.rows[4:6]
    assert run(place, survey) == "0 new, 0 changed, 27 in all."
    assert "2 are no longer on the server and stay here" in place.said[1]
    assert all(row in [line["submission"] for line in lines(place)] for row in gone)
    assert run(place, survey, remove_deleted=True) == "0 new, 0 changed, 25 in all."
    assert is_whole(place, survey)


def test_a_server_that_shows_almost_nothing_any_more_removes_nothing(place, survey):
    run(place, survey)
    del survey.rows[10:]
    assert run(place, survey, remove_deleted=True) == "0 new, 0 changed, 27 in all."
    assert "may the account still view them?" in place.said[1]


def test_a_server_that_is_busy_is_left_alone_as_long_as_it_asks(place, kobo_server):
    kobo_server.faults = ["429 70", "", "503"]
    run(place, kobo_server)
    assert place.slept == [70.0, 1.0]


def test_waits_grow_and_end(place, kobo_server):
    kobo_server.faults = ["500"] * 99
    with pytest.raises(BadInput, match="500 Internal Server Error; we tried 6 times"):
        run(place, kobo_server)
    assert place.slept == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_wait_that_is_too_long_is_not_waited(place, kobo_server):
    kobo_server.faults = ["429 3600"]
    with pytest.raises(BadInput, match="429 Too Many Requests and asks us to wait 3,600 s; we tried once"):
        run(place, kobo_server)
    assert place.slept == []


def test_retry_after_is_read_as_seconds_or_date_and_nothing_else():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90))
    assert 85 < remote._seconds(soon) <= 90
    past = format_datetime(datetime.now(UTC) - timedelta(days=9))
    no_zone = "Wed, 01 Jan 2025 00:00:00 -0000"
    assert [remote._seconds(text) for text in ("7", "", "soon", "-3", past, no_zone)] == [7, 0, 0, 0, 0, 0]


def test_a_server_that_cannot_be_reached_is_said(place, kobo_server):
    gone = SimpleNamespace(address="http://127.0.0.1:9", platform="kobo")
    with pytest.raises(BadInput, match="^127.0.0.1:9: could not be reached"):
        run(place, gone)


def test_a_list_that_stays_empty_or_comes_in_disorder_is_not_believed(place, kobo_server):
    page = kobo_server._page
    for results in (
        lambda rows: [],
        lambda rows: rows[::-1],
        lambda rows: rows[:1] + rows,
        lambda rows: "no",
    ):
        kobo_server._page = lambda query, results=results: (
            page(query) | {"results": results(page(query)["results"])}
        )
        with pytest.raises(BadInput, match="sent an answer that is damaged or not whole; we tried 6 times"):
            run(place, kobo_server)


def test_after_giving_up_the_whole_pages_stay_and_the_next_fetch_goes_on(place, survey):
    n_listing = 3 if survey.platform == "kobo" else 1
    survey.faults = [""] * (n_listing + 2) + ["cut"] * 99
    with pytest.raises(BadInput, match="stays. Give the same command again later: it goes on from there"):
        run(place, survey)
    assert [line["submission"] for line in lines(place)] == survey.rows[:20]
    assert not list(place.exports.glob("*.csv"))
    survey.faults = []
    assert run(place, survey) == "7 new, 0 changed, 27 in all."
    assert is_whole(place, survey)


def test_a_fetch_that_was_killed_goes_on_from_its_last_whole_page(place, survey, monkeypatch):
    n_listing = 3 if survey.platform == "kobo" else 1

    def killed():
        raise SystemExit

    add = fetched.Fetched.add
    pages = []
    monkeypatch.setattr(fetched.Fetched, "settle", lambda self: None)
    monkeypatch.setattr(
        fetched.Fetched,
        "add",
        lambda self, page: killed() if len(pages) == 2 else pages.append(1) or add(self, page),
    )
    with pytest.raises(SystemExit):
        run(place, survey)
    monkeypatch.undo()
    [part] = place.files.glob("*.part.jsonl")
    with part.open("ab") as file:
        file.write(b'{"id": 999, "stamp": "cut o')
    monkeypatch.setattr(fetched, "ROOT", place.study.folder.parents[1])
    monkeypatch.setattr(fetch, "ROOT", place.study.folder.parents[1])
    monkeypatch.setenv("POP_KOBO_TOKEN", "good-token")
    monkeypatch.setenv("POP_ODK_TOKEN", "good-token")
    survey.data_requests = 0
    assert run(place, survey) == "7 new, 0 changed, 27 in all."
    assert is_whole(place, survey)
    assert survey.data_requests <= n_listing + 1 + n_listing + 1


def test_a_server_that_counts_more_than_it_lists_is_not_believed(place, survey):
    if survey.platform == "kobo":
        page = survey._page
        survey._page = lambda query: (
            page(query) | {"count": 28 if '"limit": "1"' in json.dumps(query) else page(query)["count"]}
        )
    else:
        document = survey._document
        survey._document = lambda query: document(query) | ({"@odata.count": 28} if "$count" in query else {})
    with pytest.raises(BadInput, match="lists 27 submissions, counts 28"):
        run(place, survey)
    assert not list(place.exports.glob("*.csv"))


def test_a_listed_submission_that_never_comes_is_said(place, survey):
    survey.most = 1000
    make = survey._page if survey.platform == "kobo" else survey._document

    def without(query):
        answer = make(query)
        if "fields" in query or "$count" in query:
            return answer
        key = "results" if survey.platform == "kobo" else "value"
        answer[key] = [row for row in answer[key] if row != survey.rows[20]]
        return answer

    setattr(survey, "_page" if survey.platform == "kobo" else "_document", without)
    with pytest.raises(BadInput, match="does not give 1"):
        run(place, survey)
    assert len(lines(place)) == 26


def test_a_poll_that_grows_faster_than_we_read_is_kept_and_said(place, survey):
    numbers = iter(range(100, 999))
    for request in range(1, 200):
        survey.before[request] = lambda: survey.rows.append(MAKE[survey.platform](next(numbers)))
    run(place, survey)
    assert "More arrive while we read" in " ".join(place.said)
    assert len({line["id"] for line in lines(place)}) == len(lines(place)) > N


def test_links_of_the_server_are_never_followed(place, survey):
    """Each page of these servers links to another port as its next page; a visit there would carry the token along."""
    run(place, survey)
    assert place.slept == []
    assert {path.split("?")[0] for path, _ in survey.asked if "elsewhere" in path} == set()


def test_a_redirect_does_not_take_the_token_elsewhere(place, kobo_server):
    kobo_server.faults = []
    with running(KoboServer([])) as other:
        other.platform = "kobo"

        def moved(handler):
            handler.send_response(302)
            handler.send_header("Location", kobo_server.address + "/api/v2/assets/aB3/")
            handler.end_headers()

        other.answer = moved
        with pytest.raises(BadInput, match="sends us on to 127.0.0.1; we do not take the token there"):
            run(place, other)
    assert kobo_server.asked == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://kf.example.org", "is not reached by https"),
        ("ftp://kf.example.org", "is not reached by https"),
        ("kf.example.org", "is not the bare address"),
        ("https://me:word@kf.example.org", "is not the bare address"),
        ("https://me@kf.example.org", "is not the bare address"),
        ("https://kf.example.org/#/forms/aB3", "is not the bare address"),
        ("https://kf.example.org:port", "is not the bare address"),
    ],
)
def test_a_token_only_travels_encrypted_and_to_a_bare_address(address, said):
    with pytest.raises(BadInput, match=said) as error:
        remote.Server(address, "form")
    assert "word" not in str(error.value)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "naïve"])
def test_a_token_that_cannot_be_one_is_refused_and_not_shown(place, survey, monkeypatch, token):
    monkeypatch.setenv(f"POP_{survey.platform.upper()}_TOKEN", token)
    with pytest.raises(BadInput, match=f"POP_{survey.platform.upper()}_TOKEN") as error:
        run(place, survey)
    assert not token or token not in str(error.value)
    assert survey.asked == []


def test_a_refused_token_is_said_at_once_and_not_shown(place, survey, monkeypatch):
    monkeypatch.setenv(f"POP_{survey.platform.upper()}_TOKEN", "bad-token")
    with pytest.raises(
        BadInput, match=rf"refused POP_{survey.platform.upper()}_TOKEN \(401 Unauthorized\)"
    ) as error:
        run(place, survey)
    assert "bad-token" not in str(error.value)
    assert error.value.__cause__ is None
    assert not place.files.exists() and len(survey.asked) == 1


def test_a_form_that_is_not_there_is_said(place, survey):
    with pytest.raises(BadInput, match="has no form 'aB3', or hides it from POP_"):
        run(place, survey, form="5/other" if survey.platform == "odk" else "zzz")
    assert not place.files.exists()


def test_odk_opens_a_session_with_an_account_and_ends_it(place, odk_server, monkeypatch):
    monkeypatch.delenv("POP_ODK_TOKEN")
    monkeypatch.setenv("POP_ODK_EMAIL", "me@example.org")
    monkeypatch.setenv("POP_ODK_PASSWORD", "good password")
    run(place, odk_server)
    assert odk_server.asked[0][0] == "/v1/sessions"
    assert odk_server.asked[-1][0] == "DELETE /v1/sessions/current"
    monkeypatch.setenv("POP_ODK_PASSWORD", "wrong password")
    with pytest.raises(BadInput, match="refused POP_ODK_EMAIL and POP_ODK_PASSWORD") as error:
        run(place, odk_server)
    assert "wrong" not in str(error.value) and "me@" not in str(error.value)


def test_an_odk_form_needs_its_project(place, odk_server):
    with pytest.raises(BadInput, match="does not name project and form"):
        run(place, odk_server, form="poll")


def test_an_odk_form_made_without_a_workbook_comes_as_xform(place, odk_server):
    odk_server.has_workbook = False
    run(place, odk_server)
    assert [path.name for path in place.files.glob("*.form.*")] == ["poll_5_poll_1.form.xml"]


def test_a_form_that_changed_is_said(place, survey):
    run(place, survey)
    survey.version = "v2"
    run(place, survey)
    assert any("The form has changed since the last fetch" in line for line in place.said)
    run(place, survey)
    assert not any("has changed" in line for line in place.said)


def test_two_forms_are_not_mixed_under_one_name(place, survey):
    run(place, survey)
    [state] = place.files.glob("*.state.json")
    state.write_text(json.dumps(json.loads(state.read_text()) | {"server": "eu.example.org"}))
    with pytest.raises(BadInput, match="belongs to another form: server eu.example.org"):
        run(place, survey)


def test_a_damaged_file_is_said_and_not_overwritten(place, survey):
    run(place, survey)
    [path] = place.files.glob("*.jsonl")
    damaged = path.read_bytes()[:-40]
    path.write_bytes(damaged)
    with pytest.raises(BadInput, match=r"line 27: is damaged"):
        run(place, survey)
    assert path.read_bytes() == damaged


def test_a_second_fetch_of_the_same_form_waits_for_nobody(place, kobo_server):
    pytest.importorskip("fcntl")
    with (
        fetched.alone(place.files, "poll_aB3"),
        pytest.raises(BadInput, match="is being fetched by another command"),
    ):
        run(place, kobo_server)


def test_only_the_owner_can_read_what_was_fetched(place, survey):
    run(place, survey)
    assert stat.S_IMODE(place.files.stat().st_mode) == 0o700
    for path in [*place.files.glob("poll*"), *place.exports.glob("*.csv")]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_answers_never_go_where_git_would_take_them(place, survey, tmp_path):
    place.study = replace(place.study, exports=tmp_path / "data/tiny/sample")
    with pytest.raises(BadInput, match="where git would take answers along"):
        run(place, survey)
    assert survey.asked == [] and not (tmp_path / "data/tiny").exists()


def test_the_csv_file_is_in_the_layout_of_kobos_own_export(place, kobo_server):
    kobo_server.rows[1] |= {
        "survey/wish": '=1+1, "so"\nand more\rand\u2028',
        "child": [{"child/child_age": "4"}],
    }
    kobo_server.rows[2] |= {"extra": "asked in an older version"}
    run(place, kobo_server)
    export = platforms.read(place.exports / "poll_aB3.csv")
    assert export.platform == "kobo"
    assert export.heads == [
        "start", "survey/agree", "survey/channels", "survey/wish", "extra", "_id", "_uuid", "_submission_time",
        "_validation_status", "_status", "_submitted_by", "__version__",
    ]  # fmt: skip
    given = export.rows.iloc[1, 1:4].str.replace("\r", "\n").tolist()
    assert given == ["yes", "phone chat", '=1+1, "so"\nand more\nand\u2028']
    assert lines(place)[1]["submission"]["child"] == [{"child/child_age": "4"}]
    assert "1 have repeats: see" in " ".join(place.said)


def test_the_csv_file_of_kobo_is_read_like_its_export(place, kobo_server):
    """The same answers, fetched and exported by hand, give the same responses."""
    from popresearch import ingest

    by_hand = FIXTURES / "kobo/answers.csv"
    with by_hand.open(encoding="utf-8-sig", newline="") as file:
        exported = list(csv.DictReader(file, delimiter=";"))
    kobo_server.rows = [
        {
            key: value
            for key, value in row.items()
            if value and "/channels/" not in key and "/topics/" not in key
        }
        | {"_id": int(row["_id"]), "_validation_status": {}, "_tags": [], "_notes": []}
        for row in exported
    ]
    run(place, kobo_server)

    def read(path):
        [table] = ingest.ingest(study_of(path)).responses.values()
        keep = [column for column in table.columns if column not in ("response", "export", "file", "row")]
        return table[keep].astype(str).values.tolist()

    assert read(place.exports / "poll_aB3.csv") == read(by_hand)


def test_the_csv_file_is_in_the_layout_of_centrals_own_export(place, odk_server):
    odk_server.rows[1] |= {
        f"child{ODATA}navigationLink": "x", "child": [{"__id": "r1", "age": 4}], "survey": {"agree": None, "channels": "a b", "times": 0},
    }  # fmt: skip
    odk_server.rows[2]["__system"]["status"] = "notDecrypted"
    run(place, odk_server)
    heads, *rows = csv.reader((place.exports / "poll_5_poll_1.csv").open(newline=""))
    assert heads == [
        "SubmissionDate", "meta-instanceID", "survey-agree", "survey-channels", "survey-times", "wish", "KEY", "SubmitterID",
        "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits", "FormVersion",
    ]  # fmt: skip
    assert rows[1][:7] == ["2026-03-01T09:00:01.802Z", "uuid:0002", "", "a b", "0", "", "uuid:0002"]
    assert "1 have repeats" in " ".join(place.said) and "1 are encrypted" in " ".join(place.said)


def test_the_csv_file_of_odk_is_read_like_kobos_export(place, odk_server):
    """The answers of the fixture for KoboToolbox, given in ODK Collect and fetched, make the same responses."""
    from popresearch import ingest

    by_hand = FIXTURES / "kobo/answers.csv"
    with by_hand.open(encoding="utf-8-sig", newline="") as file:
        exported = list(csv.DictReader(file, delimiter=";"))
    answers = [
        {
            key.removeprefix("survey/"): value or None
            for key, value in row.items()
            if re.fullmatch(r"survey/\w+", key)
        }
        for row in exported
    ]
    odk_server.rows = [odk_row(number, survey=given) for number, given in enumerate(answers, 1)]
    run(place, odk_server)
    assert platforms.read(place.exports / "poll_5_poll_1.csv").platform == "odk"

    def read(path):
        [table] = ingest.ingest(study_of(path)).responses.values()
        keep = [column for column in table.columns if column not in ("response", "export", "file", "row")]
        return (
            table[[column for column in keep if "time" not in column or column == "times"]]
            .astype(str)
            .values.tolist()
        )

    assert read(place.exports / "poll_5_poll_1.csv") == read(by_hand)


def test_the_strand_must_be_known(place, survey):
    with pytest.raises(BadInput, match="has no strand 'pol'. Did you mean 'poll'?"):
        run(place, survey, strand="pol")


@pytest.fixture
def project(tmp_path):
    """A project on the disk with one study, whose default source is committed."""
    folder = tmp_path / "data/tiny"
    folder.mkdir(parents=True)
    (folder / "codebook.csv").write_bytes((FIXTURES / "codebook.csv").read_bytes())
    (folder / "study.toml").write_text(
        'title = { en = "Tiny" }\nsource = "sample"\n[sources]\nsample = "sample"\nrestricted = "../restricted/tiny/exports"\n'
        '[strands.poll]\ninstrument = "codebook.csv"\nfiles = ["poll*.csv"]\nroles = {}\n'
    )
    return tmp_path


def pop(project, *words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "popresearch.cli", *words],
        env=os.environ | {"POPRESEARCH_ROOT": str(project)} | environment, capture_output=True, text=True,
    )  # fmt: skip


def test_the_command_fetches_into_the_restricted_source_and_says_so(project, kobo_server):
    done = pop(
        project, "fetch", "kobo", kobo_server.address, "aB3", "--study", "tiny", POP_KOBO_TOKEN="good-token"
    )
    assert (done.returncode, done.stderr) == (0, "27 of 27 submissions\n")
    assert done.stdout == (
        "poll_aB3: 27 new, 0 changed, 27 in all.\n"
        "data/restricted/tiny/exports/poll_aB3.csv has the answers, "
        "data/restricted/tiny/fetched/poll_aB3.form.xlsx the form.\n"
    )


def test_the_command_gives_one_message_and_no_token_and_no_answer(project, kobo_server):
    kobo_server.faults = ["429 9999"]
    done = pop(
        project, "fetch", "kobo", kobo_server.address, "aB3", "--study", "tiny", POP_KOBO_TOKEN="good-token"
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert (
        done.stderr.startswith("127.0.0.1:") and "good-token" not in done.stderr and "Ana" not in done.stderr
    )
    for path in project.rglob("*"):
        assert path.is_dir() or b"good-token" not in path.read_bytes()
