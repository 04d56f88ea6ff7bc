"""A survey server, asked patiently: tried again when it is busy or cut off, given up in the end, its token never shown."""

import json
import os
import random
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from popresearch.faults import BadInput, bad_input

TRIES = 6
LONGEST_WAIT = 300.0  # seconds, all waits for one answer together
LONGEST_ANSWER = 600.0  # seconds until an answer must be whole
TIMEOUTS = (15, 60)  # seconds to connect, and between two pieces of an answer
LOCAL = {"localhost", "127.0.0.1", "::1"}
PASSING = {408, 425, 429, 500, 502, 503, 504, 520, 522, 524}
Answer = TypeVar("Answer")


class Passing(Exception):
    """A fault that may pass: its text says what the server did, `wait` how many seconds the server asks for."""

    def __init__(self, what: str, wait: float = 0.0) -> None:
        super().__init__(what)
        self.wait = wait


class Secret(AuthBase):
    """Puts a token into the head of each request; set like this, requests never takes one from a .netrc file instead."""

    def __init__(self, scheme: str, token: str) -> None:
        self._head = f"{scheme} {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._head
        return request


def secret(variable: str, otherwise: str = "") -> str:
    """Read a token from the environment; none, or one that cannot stand in a request's head, is `BadInput` that does not show it."""
    token = os.environ.get(variable, "").strip()
    if not re.fullmatch("[!-~]+", token):
        what = "holds more than one plain word." if token else "is not set."
        raise bad_input(
            f"environment variable {variable}", what, f"Put the server's token into it{otherwise}."
        )
    return token


class Server:
    """One server, named by its address: https, but for this machine itself; redirects are not followed."""

    def __init__(
        self,
        address: str,
        what: str,
        *,
        sleep: Callable[[float], object] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Check the address; `what` names in messages what is asked for, such as "form 'aB3'"."""
        self.address, self.host = _checked(address)
        self.what, self._sleep, self._jitter = what, sleep, jitter
        self.variables = ""
        self._session = requests.Session()
        self._session.headers["Accept-Encoding"] = "gzip, deflate"
        self._session.trust_env = urlsplit(self.address).hostname not in LOCAL

    def unlock(self, auth: AuthBase, variables: str) -> None:
        """Send this authorisation from now on; `variables` are where a message says that it came from."""
        self._session.auth, self.variables = auth, variables

    def ask(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        read: Callable[[bytes], Answer] = json.loads,
        post: Mapping[str, str] | None = None,
    ) -> Answer:
        """Get an answer and read it; what `read` cannot read (ValueError, KeyError, TypeError …) counts as damaged on the way.

        After `TRIES` tries, or where the server asks for more than `LONGEST_WAIT` seconds, it is `BadInput`. A server that
        does not have the path raises `FileNotFoundError`.
        """
        waited, tries = 0.0, 0
        while True:
            tries += 1
            try:
                return read(self._once(path, params, post))
            except Passing as fault:
                what, wait = str(fault), fault.wait
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                what, wait = "sent an answer that is damaged or not whole", 0.0
            wait = max(wait, 2.0 ** (tries - 1) * (1 + self._jitter()))
            if tries == TRIES or waited + wait > LONGEST_WAIT:
                raise self._gave_up(tries, what, wait) from None
            self._sleep(wait)
            waited += wait

    def lacks(self) -> BadInput:
        """Say that the server does not have what is asked for."""
        return bad_input(
            self.host,
            f"has no {self.what}, or hides it from {self.variables}.",
            "Check the form's id, and that the account may view its submissions.",
        )

    def leave(self, path: str) -> None:
        """Tell the server that the session ends, once and whatever it says."""
        try:
            self._session.delete(self.address + path, timeout=TIMEOUTS, allow_redirects=False).close()
        except (requests.RequestException, ValueError):
            pass

    def _once(self, path: str, params: Mapping[str, str] | None, post: Mapping[str, str] | None) -> bytes:
        method, ends = "POST" if post else "GET", time.monotonic() + LONGEST_ANSWER
        try:
            with self._session.request(
                method, self.address + path, params=params, json=post, timeout=TIMEOUTS,
                allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                self._check(answer)
                pieces = []
                for piece in answer.iter_content(1 << 16):
                    pieces.append(piece)
                    if time.monotonic() > ends:
                        raise Passing(f"needed more than {LONGEST_ANSWER:.0f} s for one answer")
                return b"".join(pieces)
        except requests.exceptions.SSLError:
            what = "does not show a certificate that this machine trusts."
            raise bad_input(self.host, what, "Check the address; ask whoever runs the server.") from None
        except requests.Timeout:
            raise Passing("did not answer in time") from None
        except requests.exceptions.ChunkedEncodingError:
            raise Passing("broke off in the middle of an answer") from None
        except requests.RequestException:
            raise Passing("could not be reached, or broke off") from None

    def _check(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status in PASSING:
            raise Passing(f"answered {_named(status)}", _seconds(answer.headers.get("Retry-After", "")))
        if status in (401, 403):
            remedy = "Set a valid one, of an account that may view the form's submissions."
            raise bad_input(self.host, f"refused {self.variables} ({_named(status)}).", remedy)
        if status == 404:
            raise FileNotFoundError(self.host)
        if 300 <= status < 400:
            place = urlsplit(answer.headers.get("Location", "")).hostname or "another page"
            remedy = "Give the address of that server instead, if you trust it."
            raise bad_input(self.host, f"sends us on to {place}; we do not take the token there.", remedy)
        if status != 200:
            raise bad_input(
                self.host, f"answered {_named(status)}.", "Check the address, and the server's version."
            )

    def _gave_up(self, tries: int, what: str, wait: float) -> BadInput:
        longer = f" and asks us to wait {wait:,.0f} s" if wait > LONGEST_WAIT else ""
        times = "once" if tries == 1 else f"{tries} times"
        return bad_input(
            self.host,
            f"{what}{longer}; we tried {times}.",
            "What was brought so far stays. Give the same command again later: it goes on from there.",
        )


def workbook_of(content: bytes) -> bytes:
    """Pass on the bytes of an Excel workbook, old or new; anything else is not what was asked for."""
    if not content.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise ValueError
    return content


def _checked(address: str) -> tuple[str, str]:
    """Give the address without a slash at its end, and the host."""
    try:
        parts, host = urlsplit(address), urlsplit(address).hostname or ""
        port = parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if not host or parts.username or parts.password or parts.query or parts.fragment:
        what = "is not the bare address of a server."
        raise bad_input(f"server '{host or address[:60]}'", what, "Write it like https://kf.kobotoolbox.org")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOCAL):
        what = "is not reached by https: token and answers would travel in the open."
        raise bad_input(f"server '{host}'", what, f"Write https://{host}")
    return address.rstrip("/"), f"{host}:{port}" if port else host


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _seconds(retry_after: str) -> float:
    """Read Retry-After, a number of seconds or a date; anything else asks for nothing."""
    if re.fullmatch(r"\d{1,9}", retry_after.strip()):
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError):
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
