"""A form on a KoboToolbox server, by its API v2: what it holds, submissions by the page, and their table as Kobo itself exports it.

Facts, from https://support.kobotoolbox.org/data_endpoint.html and the announcement of new limits,
https://community.kobotoolbox.org/t/important-changes-to-api-v2-assets-uid-asset-data-result-limits/74610 :
at most 1,000 submissions a page since March 2026; `query`, `sort` and `fields` are in MongoDB's notation. Nothing tells when a
submission was edited (https://github.com/kobotoolbox/kpi/issues/7259): an edit gives it another `_uuid` and leaves `_id` and
`_submission_time` alone. So each fetch lists `_id`, `_uuid` and validation status of all, and brings what differs. Pages go by
`_id`, never by `start` or the link `next`: nothing is passed over when a submission before it is deleted meanwhile.
"""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from popresearch.remote import Secret, Server, secret, workbook_of

PAGE = 1000
TOKEN = "POP_KOBO_TOKEN"
SERVICE = (
    "_id",
    "_uuid",
    "_submission_time",
    "_validation_status",
    "_status",
    "_submitted_by",
    "__version__",
)
UNASKED = {"note", "file", "audit", "xml-external", "csv-external"}


class Kobo:
    """A form, by its asset's uid; the token is in POP_KOBO_TOKEN."""

    page = PAGE

    def __init__(self, server: Server, form: str) -> None:
        """Take the token; nothing is asked yet."""
        server.unlock(Secret("Token", secret(TOKEN)), TOKEN)
        self.server, self._place = server, f"/api/v2/assets/{quote(form, safe='')}"
        self._questions: list[str] = []

    def form(self) -> tuple[str, str, bytes]:
        """Give the form's version, the ending of its XLSForm's name, and the XLSForm."""

        def read(content: bytes) -> tuple[str, list[str]]:
            asset = json.loads(content)
            return str(asset.get("version_id") or ""), questions(asset["content"].get("survey", []))

        try:
            version, self._questions = self.server.ask(f"{self._place}/", {"format": "json"}, read=read)
            workbook = self.server.ask(f"{self._place}.xls", read=workbook_of)
        except FileNotFoundError:
            raise self.server.lacks() from None
        return version, ".xlsx" if workbook.startswith(b"PK") else ".xls", workbook

    def listed(self) -> dict[int, str]:
        """List all submissions: id → what changes when the submission does, in the order of the ids."""
        stamps: dict[int, str] = {}
        fields, after, left = ["_id", "_uuid", "_validation_status"], -1, 1
        while left:
            rows, count = self._submissions({"$gt": after}, fields=fields)
            stamps |= {identity: _stamp(row) for identity, row in rows.items()}
            after, left = max(rows, default=after), count - len(rows)
        return stamps

    def submissions(self, window: list[int]) -> dict[int, Any]:
        """Bring the submissions whose ids lie between the first and the last of `window`, as far as the server gives them at once."""
        return self._submissions({"$gte": window[0], "$lte": window[-1]})[0]

    def count(self) -> int:
        """Ask how many submissions there are."""
        return self._submissions({"$gt": -1}, fields=["_id"], limit=1)[1]

    def table(self, submissions: Iterable[dict[str, Any]]) -> tuple[list[str], list[list[Any]], list[str]]:
        """Give heads, rows, and what was left out; a choose-many answer is one text, its options joined by spaces."""
        rows, n_repeats = [], 0
        for submission in submissions:
            n_repeats += any(map(_is_repeat, submission.items()))
            row = {key: value for key, value in submission.items() if not isinstance(value, dict | list)}
            status = submission.get("_validation_status")
            rows.append(
                row | {"_validation_status": status.get("label", "") if isinstance(status, dict) else ""}
            )
        others = {key: None for row in rows for key in row if not key.startswith(("_", "meta/", "formhub/"))}
        heads = list(dict.fromkeys([*self._questions, *others])) + list(SERVICE)
        left_out = [f"{n_repeats:,} have repeats"] if n_repeats else []
        return heads, [[row.get(head) for head in heads] for row in rows], left_out

    def close(self) -> None:
        """Do nothing: a token has no session."""

    def _submissions(
        self, ids: dict[str, int], *, fields: list[str] | None = None, limit: int | None = None
    ) -> tuple[dict[int, Any], int]:
        """Ask for a page and check it: its ids ascend from the least on, and a list is not empty while the count says more."""
        params = {
            "format": "json",
            "query": json.dumps({"_id": ids}),
            "sort": '{"_id":1}',
            "limit": str(limit or self.page),
        }
        params |= {"fields": json.dumps(fields)} if fields else {}

        def read(content: bytes) -> tuple[dict[int, Any], int]:
            answer = json.loads(content)
            rows, count = {int(row["_id"]): row for row in answer["results"]}, int(answer["count"])
            found, least = list(rows), ids.get("$gte", ids.get("$gt", -1) + 1)
            is_ordered = (
                found == sorted(found)
                and len(found) == len(answer["results"])
                and min(rows, default=least) >= least
            )
            if not is_ordered or len(found) > count or (fields and count and not found):
                raise ValueError
            return rows, count

        try:
            return self.server.ask(f"{self._place}/data/", params, read=read)
        except FileNotFoundError:
            raise self.server.lacks() from None


def questions(survey: list[dict[str, Any]]) -> list[str]:
    """Name the form's questions with their groups, as Kobo's exports do; those in repeats are left out."""
    names, groups = [], []
    for row in survey:
        kind, name = (
            str(row.get("type", "")).replace(" ", "_"),
            str(row.get("name") or row.get("$autoname") or ""),
        )
        if kind.startswith("begin_"):
            groups.append((name, kind == "begin_repeat"))
        elif kind.startswith("end_"):
            groups = groups[:-1]
        elif name and kind not in UNASKED and not any(is_repeat for _, is_repeat in groups):
            names.append("/".join([*(group for group, _ in groups), name]))
    return names


def _is_repeat(item: tuple[str, Any]) -> bool:
    key, value = item
    return (
        not key.startswith("_") and isinstance(value, list) and any(isinstance(part, dict) for part in value)
    )


def _stamp(row: dict[str, Any]) -> str:
    status = row.get("_validation_status") or {}
    return f"{row['_uuid']} {status.get('uid', '')} {status.get('timestamp', '')}".strip()
