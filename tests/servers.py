"""Two small survey servers on this machine that speak what KoboToolbox and ODK Central document, and go wrong when told to.

A fault is a word: "429 7" (busy, wait 7 s), "500", "cut" (the connection breaks in the middle of the answer), "truncated" (half an
answer under a right length), "empty" (a page without its submissions), "hole" (a page without its second one). Faults are used up in
turn by the requests for submissions; "" stands for an answer as it should be. `before` runs ahead of such a request, by its number.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

WORKBOOK = b"PK\x03\x04 a workbook"
Rows = list[dict[str, Any]]


class Survey:
    """What a server holds, what it was asked, and how it goes wrong."""

    token, scheme, most = "good-token", "", 1000

    def __init__(self, rows: Rows) -> None:
        self.rows, self.version, self.address = rows, "v1", ""
        self.faults: list[str] = []
        self.before: dict[int, Callable[[], object]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.data_requests = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        self.asked.append((unquote(parts.path), query))
        if handler.headers["Authorization"] != f"{self.scheme} {self.token}" and parts.path != "/v1/sessions":
            send(handler, 401, {"detail": f"Invalid token {handler.headers['Authorization']}"})
            return
        found = self.file(unquote(parts.path))
        if found is not None:
            send(handler, 200, found)
        elif (rows := self.data(unquote(parts.path), query)) is not None:
            self._send_data(handler, rows)
        else:
            send(handler, 404, {"detail": "Not found."})

    def _send_data(self, handler: BaseHTTPRequestHandler, make: Callable[[], Any]) -> None:
        self.data_requests += 1
        self.before.get(self.data_requests, lambda: None)()
        fault = self.faults.pop(0) if self.faults else ""
        answer = make()
        for key in ("results", "value"):
            if isinstance(answer, dict) and key in answer and fault in ("empty", "hole"):
                answer[key] = [] if fault == "empty" else answer[key][:1] + answer[key][2:]
        if fault[:3].isdigit():
            status, _, wait = fault.partition(" ")
            send(handler, int(status), {"detail": "Ana, 12, wrote this"}, wait)
            return
        body = json.dumps(answer).encode()
        if fault == "truncated":
            body = body[: len(body) // 2]
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2] if fault == "cut" else body)

    def file(self, path: str) -> Any:
        raise NotImplementedError

    def data(self, path: str, query: dict[str, str]) -> Callable[[], Any] | None:
        raise NotImplementedError


class KoboServer(Survey):
    """KoboToolbox, API v2: queries by _id, fields, sort and limit; at most `most` submissions a page."""

    scheme = "Token"
    survey: Rows = [
        {"type": "start", "name": "start"},
        {"type": "begin_group", "name": "survey"},
        {"type": "select_one yes_no", "name": "agree"},
        {"type": "select_multiple ways", "name": "channels"},
        {"type": "text", "name": "wish"},
        {"type": "note", "name": "thanks"},
        {"type": "end_group"},
        {"type": "begin_repeat", "name": "child"},
        {"type": "integer", "name": "child_age"},
        {"type": "end_repeat"},
    ]

    def file(self, path: str) -> Any:
        if path == "/api/v2/assets/aB3.xls":
            return WORKBOOK
        return (
            {"version_id": self.version, "content": {"survey": self.survey}}
            if path == "/api/v2/assets/aB3/"
            else None
        )

    def data(self, path: str, query: dict[str, str]) -> Callable[[], Any] | None:
        return (lambda: self._page(query)) if path == "/api/v2/assets/aB3/data/" else None

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        bounds = json.loads(query.get("query", "{}")).get("_id", {})
        tests = {"$gt": int.__gt__, "$gte": int.__ge__, "$lt": int.__lt__, "$lte": int.__le__}
        rows = [
            row for row in self.rows if all(tests[sign](row["_id"], bound) for sign, bound in bounds.items())
        ]
        sort = json.loads(query.get("sort", '{"_id": -1}'))
        rows.sort(key=lambda row: row["_id"], reverse=sort["_id"] < 0)
        first = int(query.get("start", 0))
        page = rows[first : first + min(int(query.get("limit", 100)), self.most)]
        if "fields" in query:
            wanted = json.loads(query["fields"])
            page = [{key: row[key] for key in wanted if key in row} for row in page]
        return {
            "count": len(rows), "next": "http://127.0.0.1:9/elsewhere" if len(page) < len(rows) else None, "previous": None,
            "results": page,
        }  # fmt: skip


class OdkServer(Survey):
    """ODK Central: the list of submissions, and the OData document filtered by the date of submission; sessions."""

    scheme = "Bearer"
    account = {"email": "me@example.org", "password": "good password"}
    has_workbook = True

    def file(self, path: str) -> Any:
        if path == "/v1/sessions":
            return {"token": self.token}
        if path == "/v1/projects/5/forms/poll 1":
            return {"version": self.version, "name": "Poll"}
        if path == "/v1/projects/5/forms/poll 1.xlsx" and self.has_workbook:
            return WORKBOOK
        return b"<h:html></h:html>" if path == "/v1/projects/5/forms/poll 1.xml" else None

    def data(self, path: str, query: dict[str, str]) -> Callable[[], Any] | None:
        if path == "/v1/projects/5/forms/poll 1/submissions":
            return lambda: [self._listed(row) for row in reversed(self.rows)]
        return (
            (lambda: self._document(query)) if path == "/v1/projects/5/forms/poll 1.svc/Submissions" else None
        )

    def _listed(self, row: dict[str, Any]) -> dict[str, Any]:
        system = row["__system"]
        return {
            "instanceId": row["__id"], "createdAt": system["submissionDate"], "updatedAt": system["updatedAt"],
            "reviewState": system["reviewState"], "submitterId": 23,
        }  # fmt: skip

    def _document(self, query: dict[str, str]) -> dict[str, Any]:
        filters = re.fullmatch(
            r"__system/submissionDate ge (\S+) and __system/submissionDate lt (\S+)", query.get("$filter", "")
        )
        rows = [
            row
            for row in reversed(self.rows)
            if not filters or filters[1] <= row["__system"]["submissionDate"] < filters[2]
        ]
        if query.get("$expand") != "*":
            rows = [{key: value for key, value in row.items() if not isinstance(value, list)} for row in rows]
        top = int(query["$top"]) if "$top" in query else self.most
        count = {"@odata.count": len(rows)} if query.get("$count") == "true" else {}
        return {
            "value": rows[: min(top, self.most)],
            "@odata.nextLink": "http://127.0.0.1:9/elsewhere",
        } | count


@contextmanager
def running(survey: Survey) -> Iterator[Survey]:
    """Run a server until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            survey.answer(self)

        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if given != survey.account:
                send(self, 401, {"message": f"Could not authenticate {given}"})
            else:
                survey.answer(self)

        def do_DELETE(self) -> None:
            survey.asked.append((f"DELETE {self.path}", {}))
            send(self, 200, {"success": True})

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    survey.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield survey
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(handler: BaseHTTPRequestHandler, status: int, answer: Any, wait: str = "") -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    if wait:
        handler.send_header("Retry-After", wait)
    handler.end_headers()
    handler.wfile.write(body)


def kobo_row(number: int, **answers: Any) -> dict[str, Any]:
    """Make up a submission as KoboToolbox gives it."""
    return {
        "_id": number, "formhub/uuid": "f0", "start": "2026-03-01T10:00:00.000+01:00", "survey/agree": "yes",
        "survey/channels": "phone chat", "__version__": "v1", "meta/instanceID": f"uuid:{number}",
        "_xform_id_string": "aB3", "_uuid": f"u{number}", "_attachments": [{"filename": "a.jpg"}], "_status": "submitted_via_web",
        "_geolocation": [None, None], "_submission_time": f"2026-03-01T09:{number % 60:02d}:00", "_tags": [],
        "_notes": [], "_validation_status": {}, "_submitted_by": None,
    } | answers  # fmt: skip


def odk_row(number: int, **answers: Any) -> dict[str, Any]:
    """Make up a submission as ODK Central's OData document gives it; two at a time have the same date."""
    date = f"2026-03-01T09:{number // 2 // 60 % 60:02d}:{number // 2 % 60:02d}.802Z"
    system = {
        "submissionDate": date, "updatedAt": None, "submitterId": "23", "submitterName": "App 1", "attachmentsPresent": 0,
        "attachmentsExpected": 0, "status": None, "reviewState": None, "deviceId": "d1", "edits": 0, "formVersion": "v1",
        "deletedAt": None,
    }  # fmt: skip
    row = {
        "__id": f"uuid:{number:04d}", "__system": system, "meta": {"instanceID": f"uuid:{number:04d}"},
        "survey": {"agree": "yes", "channels": "phone chat", "times": 12}, "wish": None,
    }  # fmt: skip
    return row | answers
