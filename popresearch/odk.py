"""A form on an ODK Central server: what it holds, submissions by the page, and their table as Central itself exports it.

Facts, from https://docs.getodk.org/central-api/ : `/submissions` lists all submissions at once with the times of creation and of
the last change; the OData document gives answers, with repeats by `$expand=*`, and filters by `__system/submissionDate`. Pages
go by that date, not by `$skiptoken`: with the submission it points to deleted, Central answers with an empty page
(https://github.com/getodk/central/issues/763). Older servers keep microseconds and show milliseconds
(https://github.com/getodk/central-backend/issues/459), so a page reaches a little further than its last date.
OData writes a name's characters other than letters, digits and _ as _: a question "first-name" comes as "first_name".
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from popresearch.faults import bad_input
from popresearch.remote import Secret, Server, secret, workbook_of

PAGE = 500
TOKEN, EMAIL, PASSWORD = "POP_ODK_TOKEN", "POP_ODK_EMAIL", "POP_ODK_PASSWORD"
SYSTEM = {
    "SubmitterID": "submitterId", "SubmitterName": "submitterName", "AttachmentsPresent": "attachmentsPresent",
    "AttachmentsExpected": "attachmentsExpected", "Status": "status", "ReviewState": "reviewState",
    "DeviceID": "deviceId", "Edits": "edits", "FormVersion": "formVersion",
}  # fmt: skip


class Odk:
    """A form, as "project/form id"; POP_ODK_TOKEN holds a session's token, or POP_ODK_EMAIL and POP_ODK_PASSWORD open one."""

    page = PAGE

    def __init__(self, server: Server, form: str) -> None:
        """Take the token, or open a session; a form that is not named so is `BadInput`."""
        parts = re.fullmatch(r"([0-9]+)/(.+)", form)
        if not parts:
            remedy = "Write it like 5/poll: the project's number, a slash, the form's id."
            raise bad_input(f"form '{form}'", "does not name project and form.", remedy)
        self.server, self._place = server, f"/v1/projects/{parts[1]}/forms/{quote(parts[2], safe='')}"
        self._dates: dict[str, str] = {}
        self._is_opened = bool(os.environ.get(EMAIL)) and not os.environ.get(TOKEN)
        if self._is_opened:
            self._open()
        else:
            server.unlock(Secret("Bearer", secret(TOKEN, f", or set {EMAIL} and {PASSWORD}")), TOKEN)

    def form(self) -> tuple[str, str, bytes]:
        """Give the form's version, the ending of its file's name, and its XLSForm, or its XForm where it was made without one."""
        version = self._ask("", read=lambda content: str(json.loads(content)["version"] or ""))
        for ending in (".xlsx", ".xls"):
            try:
                return version, ending, self.server.ask(self._place + ending, read=workbook_of)
            except FileNotFoundError:
                continue
        return version, ".xml", self._ask(".xml", read=_xform_of)

    def listed(self) -> dict[str, str]:
        """List all submissions: id → what changes when the submission does, the oldest first."""

        def read(content: bytes) -> list[tuple[str, str, str]]:
            rows = [
                (_moment(row["createdAt"]), str(row["instanceId"]), _stamp(row))
                for row in json.loads(content)
            ]
            if len({identity for _, identity, _ in rows}) != len(rows):
                raise ValueError
            return sorted(rows)

        rows = self._ask("/submissions", read=read)
        self._dates = {identity: date for date, identity, _ in rows}
        return {identity: stamp for _, identity, stamp in rows}

    def submissions(self, window: list[str]) -> dict[str, Any]:
        """Bring the submissions that arrived between the first and the last of `window`, and perhaps a neighbour."""
        until = datetime.fromisoformat(self._dates[window[-1]]) + timedelta(milliseconds=2)
        date = "__system/submissionDate"
        params = {"$filter": f"{date} ge {self._dates[window[0]]} and {date} lt {_moment(until.isoformat())}"}
        params |= {"$expand": "*", "$wkt": "true"}

        def read(content: bytes) -> dict[str, Any]:
            return {str(row["__id"]): row for row in json.loads(content)["value"]}

        return self._ask(".svc/Submissions", params, read)

    def count(self) -> int:
        """Ask how many submissions there are."""
        params = {"$top": "0", "$count": "true"}
        return self._ask(".svc/Submissions", params, lambda content: int(json.loads(content)["@odata.count"]))

    def table(self, submissions: Iterable[dict[str, Any]]) -> tuple[list[str], list[list[Any]], list[str]]:
        """Give heads, rows, and what was left out; a choose-many answer is one text, its options joined by spaces."""
        rows, n_repeats, n_sealed = [], 0, 0
        for submission in submissions:
            system = submission.get("__system") or {}
            row = {"SubmissionDate": system.get("submissionDate"), **dict(_leaves(submission, ""))}
            row |= {"KEY": submission["__id"]} | {head: system.get(key) for head, key in SYSTEM.items()}
            n_repeats += any(isinstance(value, list) and value for value in row.values())
            n_sealed += row["Status"] in ("notDecrypted", "missingEncryptedFormData")
            rows.append(row)
        ends = ("KEY", *SYSTEM)
        repeats = {head for row in rows for head, value in row.items() if isinstance(value, list)}
        heads = [head for head in dict.fromkeys(head for row in rows for head in row) if head not in ends]
        heads = [head for head in heads if head not in repeats] + list(ends)
        left_out = [f"{n_repeats:,} have repeats"] if n_repeats else []
        left_out += [f"{n_sealed:,} are encrypted, and cannot be read here"] if n_sealed else []
        return heads, [[row.get(head) for head in heads] for row in rows], left_out

    def close(self) -> None:
        """End the session if we opened it."""
        if self._is_opened:
            self.server.leave("/v1/sessions/current")

    def _open(self) -> None:
        self.server.variables = f"{EMAIL} and {PASSWORD}"
        account = {"email": os.environ[EMAIL], "password": os.environ.get(PASSWORD, "")}
        try:
            token = self.server.ask("/v1/sessions", read=_token_of, post=account)
        except FileNotFoundError:
            what, remedy = "does not answer as ODK Central does.", "Check the address."
            raise bad_input(self.server.host, what, remedy) from None
        self.server.unlock(Secret("Bearer", token), self.server.variables)

    def _ask(
        self, ending: str, params: Mapping[str, str] | None = None, read: Callable[[bytes], Any] = json.loads
    ) -> Any:
        try:
            return self.server.ask(self._place + ending, params, read=read)
        except FileNotFoundError:
            raise self.server.lacks() from None


def _leaves(group: dict[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    """Give the answers of a group and of the groups in it, their names joined by - as in Central's exports; repeats stay lists."""
    for name, value in group.items():
        if name.startswith("__") or "@odata." in name:
            continue
        if isinstance(value, dict):
            yield from _leaves(value, f"{before}{name}-")
        else:
            yield before + name, value


def _moment(text: str) -> str:
    """Write a moment in UTC, so that texts sort as moments do."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stamp(row: dict[str, Any]) -> str:
    return f"{row.get('updatedAt') or row['createdAt']} {row.get('reviewState') or ''}".strip()


def _xform_of(content: bytes) -> bytes:
    if b"<" not in content[:200] or not content.rstrip().endswith(b">"):
        raise ValueError
    return content


def _token_of(content: bytes) -> str:
    token = json.loads(content)["token"]
    if not re.fullmatch("[!-~]+", token):
        raise ValueError
    return token
