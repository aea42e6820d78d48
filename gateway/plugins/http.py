"""The HTTP client that adapters share. An adapter says what it asks for; time-outs, retries, turns, tokens and limits are kept here.

Redirects are followed within the host that was asked and to no other, so that a key never goes where nobody meant it to go.
"""

from __future__ import annotations

import email.utils
import logging
import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
import urllib3

from gateway.plugins import faults
from gateway.plugins.rate import Rate, Turns
from gateway.plugins.source import SourceError, SourceRefused, SourceUnavailable
from gateway.plugins.token import LogIn, Token, TokenKeeper

Answer = TypeVar("Answer")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LONG_NUMBER = re.compile(r"\d{6,}")
_SENT_ELSEWHERE = frozenset({301, 302, 303, 307, 308})
_KEEPS_METHOD = frozenset({307, 308})
_TOLD_IN = ("message", "detail", "error_description", "title", "error")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how often and how much at most. ``wait_seconds_max``: the longest pause that a system may ask for."""

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    answer_seconds_max: float = 120.0
    answer_bytes_max: int = 32 * 1024 * 1024
    tries: int = 5
    backoff_seconds: float = 0.5
    backoff_seconds_max: float = 30.0
    wait_seconds_max: float = 120.0
    redirects_max: int = 3


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose status is below 400, or was said to be expected. ``headers``: by their names in any case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Http:
    """Makes the clients of one provider. Those of one host share its turns."""

    def __init__(
        self,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """``clock``: seconds that never go back; ``sleep`` waits so many seconds; ``draw``: a number between two, for the jitter."""
        self.limits = limits or Limits()
        self.clock = clock
        self.sleep = sleep
        self.draw = draw
        self._turns: dict[str, Turns] = {}
        self._lock = threading.Lock()

    def client(
        self,
        base_url: str,
        *,
        rate: Rate | None = None,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        log_in: LogIn | None = None,
    ) -> Client:
        """A client of one address.

        Args:
            rate: how much the system may be asked; the first client of a host decides.
            headers: sent with each request.
            secrets: words that must never be seen in a message.
            log_in: where the system hands out tokens.

        Raises:
            SourceRefused: the address is none of https (http is allowed on this machine only).
        """
        parts = urlsplit(base_url)
        if not parts.hostname or parts.scheme not in ("http", "https") or (parts.scheme == "http" and parts.hostname not in _LOOPBACK):
            raise faults.wrong_address(f"{parts.scheme}://{parts.hostname or ''}")
        with self._lock:
            turns = self._turns.setdefault(parts.netloc, Turns(rate or Rate(), self.clock, self.sleep))
        return Client(self, base_url.rstrip("/"), turns, (rate or Rate()).at_once, headers or {}, secrets, log_in)


class Client:
    """One system at one address. Safe between threads."""

    def __init__(
        self,
        http: Http,
        base_url: str,
        turns: Turns,
        connections: int,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        log_in: LogIn | None,
    ) -> None:
        self.host = urlsplit(base_url).hostname or ""
        self._http = http
        self._limits = http.limits
        self._base = base_url
        self._origin = _origin_of(base_url)
        self._turns = turns
        self._secrets = {secret for secret in secrets if secret}
        self._keeper = TokenKeeper(log_in, self, http.clock) if log_in is not None else None
        self._session = _session(connections, headers, trusts_environment=self.host not in _LOOPBACK)
        self.heard: Callable[[requests.Response, bytes], None] | None = None  # told each answer and its content, for a recording

    def __repr__(self) -> str:
        return f"Client({self.host})"

    @property
    def address(self) -> str:
        return self._base

    @property
    def secrets(self) -> frozenset[str]:
        return frozenset(self._secrets)

    def keep_secret(self, word: str) -> None:
        """This word must never be seen in a message either."""
        self._secrets.add(word)

    def json(self, method: str, path: str, **asked: Any) -> Any:
        """As `fetch`, the answer read as JSON. Something else than JSON is tried again like a server out of order.

        Raises:
            SourceUnavailable, SourceRefused: there is no answer in JSON.
        """
        return self._tried(method, path, self._json_of, **asked)

    def understood(self, method: str, path: str, read: Callable[[Reply], Answer], **asked: Any) -> Answer:
        """As `fetch`, the answer as ``read`` understands it. Where it raises ValueError it was no data, and is asked for again like that of
        a server out of order.

        Raises:
            SourceUnavailable, SourceRefused: there is no answer that makes sense.
        """

        def reading(reply: Reply) -> Answer:
            try:
                return read(reply)
            except ValueError:
                is_page = reply.content.lstrip()[:9].lower() in (b"<!doctype", b"<html>")
                failed = _Failed(_Failure(faults.no_data(self.host, is_page), status=reply.status))
            raise failed

        found: Answer = self._tried(method, path, reading, **asked)
        return found

    def fetch(self, method: str, path: str, **asked: Any) -> Reply:
        """Ask, and ask again where that may help: no connection, one that was cut, a server out of order, 429 when its time is over.

        Args:
            method: GET, POST …
            path: below the client's address, from its slash.
            params: the query; a list repeats its name.
            body: sent as JSON.
            form: sent as a form.
            content: sent as it is; ``headers`` say what it is.
            headers: of this request alone.
            expected: statuses of 300 and above that are answers here (304).
            repeatable: False where asking twice does something twice: then only what certainly was not taken is sent again.
            without_token: do not log in for this one.

        Raises:
            SourceUnavailable: it gave no answer, however often it was asked; later it may.
            SourceRefused: it does not want to, or wants a person to mend something.
        """
        found: Reply = self._tried(method, path, lambda reply: reply, **asked)
        return found

    def _tried(
        self,
        method: str,
        path: str,
        read: Callable[[Reply], Any],
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        expected: Iterable[int] = (),
        repeatable: bool = True,
        without_token: bool = False,
    ) -> Any:
        asked = _Asked(method, self._base + path, params, body, form or content, headers or {}, frozenset(expected))
        keeper = None if without_token else self._keeper
        left, may_renew = self._limits.tries, keeper is not None
        while True:
            token = keeper.current() if keeper is not None else None
            outcome = self._once(asked, read, token)
            if not isinstance(outcome, _Failure):
                return outcome
            if may_renew and keeper is not None and token is not None and outcome.status in keeper.log_in.over:
                keeper.refused(token)
                may_renew = False
                continue
            left -= 1
            if not left or not outcome.may_repeat or not (repeatable or outcome.was_not_taken):
                raise outcome.error
            _log.warning("%s; asked again", outcome.error)
            self._wait(outcome, self._limits.tries - left)

    def _wait(self, outcome: _Failure, failures: int) -> None:
        limits = self._limits
        longest = min(limits.backoff_seconds_max, limits.backoff_seconds * 2**failures)
        seconds = self._http.draw(longest / 2, longest)
        if outcome.wait_seconds is None:
            self._http.sleep(seconds)
            return
        # Never before the named time, and not all clients in the same instant after it.
        self._turns.hold_off(outcome.wait_seconds + self._http.draw(0, limits.backoff_seconds))

    def _once(self, asked: _Asked, read: Callable[[Reply], Any], token: Token | None) -> Any:
        """The answer, or a `_Failure`. The libraries' errors end here: they hold addresses and headers, so nothing is chained to them."""
        try:
            with self._turns.turn():
                reply = self._reply(asked, token)
        except _Failed as failed:
            return failed.failure
        except requests.exceptions.SSLError:
            return _Failure(faults.not_trusted(self.host), may_repeat=False)
        except (requests.ConnectTimeout, requests.exceptions.ProxyError):
            return _Failure(faults.not_reached(self.host), was_not_taken=True)
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            return _Failure(faults.too_slow(self.host))
        except requests.ConnectionError as error:
            if _is_not_connected(error):
                return _Failure(faults.not_reached(self.host), was_not_taken=True)
            return _Failure(faults.cut(self.host))
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, UnicodeError):
            return _Failure(faults.wrong_address(self.host), may_repeat=False)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            return _Failure(faults.cut(self.host))
        if reply.status >= 400 and reply.status not in asked.expected:
            return self._failure_of(reply)
        try:
            return read(reply)
        except _Failed as failed:
            return failed.failure

    def _reply(self, asked: _Asked, token: Token | None) -> Reply:
        headers = dict(asked.headers)
        if token is not None and self._keeper is not None:
            headers |= self._keeper.headers(token)
        data: Any = asked.data
        if asked.body is not None:
            data = msgspec.json.encode(asked.body)
            headers["Content-Type"] = "application/json"
        method, url, params = asked.method, asked.url, asked.params
        for _ in range(self._limits.redirects_max + 1):
            with self._session.request(
                method,
                url,
                params=params,
                data=data,
                headers=headers,
                timeout=(self._limits.connect_seconds, self._limits.read_seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._content_of(response)
                if self.heard is not None:
                    self.heard(response, content)
                target = response.headers.get("Location")
                if response.status_code not in _SENT_ELSEWHERE or response.status_code in asked.expected or target is None:
                    return Reply(response.status_code, response.headers, content)
            url, params = urljoin(url, target), None
            if _origin_of(url) != self._origin or (method != "GET" and response.status_code not in _KEEPS_METHOD):
                break
        raise _Failed(_Failure(faults.sent_elsewhere(self.host), may_repeat=False))

    def _content_of(self, response: requests.Response) -> bytes:
        """All of the answer, unpacked, as it comes: neither its size nor its slowness is without an end."""
        deadline = self._http.clock() + self._limits.answer_seconds_max
        parts, size = [], 0
        while part := response.raw.read1(65536, decode_content=True):
            size += len(part)
            if size > self._limits.answer_bytes_max:
                response.raw.close()  # the rest is not wanted: this connection is not used again
                raise _Failed(_Failure(faults.too_large(self.host, max(1, self._limits.answer_bytes_max >> 20)), may_repeat=False))
            if self._http.clock() > deadline:
                response.raw.close()
                raise _Failed(_Failure(faults.too_slow(self.host)))
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _json_of(self, reply: Reply) -> Any:
        found = _decoded(reply.content)
        if found is _NOT_JSON:
            raise _Failed(_Failure(faults.no_data(self.host, reply.content.lstrip()[:1] == b"<"), status=reply.status))
        return found

    def _failure_of(self, reply: Reply) -> _Failure:
        status, told = reply.status, self._told_by(reply)
        if status == 429 or (status == 503 and "Retry-After" in reply.headers):
            seconds = _retry_after(reply.headers)
            if seconds is not None and seconds > self._limits.wait_seconds_max:
                return _Failure(faults.too_often(self.host, seconds), may_repeat=False, status=status)
            return _Failure(faults.too_often(self.host, None), status=status, wait_seconds=seconds, was_not_taken=True)
        if status >= 500 or status == 408:
            return _Failure(faults.out_of_order(self.host, status), status=status)
        if status in (401, 403):
            return _Failure(faults.not_permitted(self.host, status, told), may_repeat=False, status=status)
        return _Failure(faults.refused(self.host, status, told), may_repeat=False, status=status)

    def _told_by(self, reply: Reply) -> str:
        """What the system says of the fault: one masked line, for it may name a child, a number, or repeat a key."""
        answer = _decoded(reply.content)
        line = next((answer[key] for key in _TOLD_IN if isinstance(answer.get(key), str)), "") if isinstance(answer, dict) else ""
        for secret in self._secrets:
            line = line.replace(secret, "…")
        line = _LONG_NUMBER.sub("…", " ".join(line.split()))[:200]
        return f": {line}" if line else ""


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    url: str
    params: Mapping[str, Any] | None
    body: Any
    data: Mapping[str, str] | bytes | None
    headers: Mapping[str, str]
    expected: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Failure:
    """``was_not_taken``: the system has certainly not done what was asked; ``wait_seconds``: it named a time."""

    error: SourceError
    may_repeat: bool = True
    was_not_taken: bool = False
    status: int | None = None
    wait_seconds: float | None = None


class _Failed(Exception):
    def __init__(self, failure: _Failure) -> None:
        super().__init__()
        self.failure = failure


_NOT_JSON = object()


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOT_JSON


def _origin_of(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _session(connections: int, headers: Mapping[str, str], trusts_environment: bool) -> requests.Session:
    session = requests.Session()
    session.trust_env = trusts_environment  # a proxy of the environment has no business on this machine
    session.auth = _no_authentication  # else a .netrc of the machine would replace our own header
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"Accept": "application/json", "User-Agent": "pfdo-gateway"} | dict(headers))
    adapter = requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=connections, pool_block=True)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _no_authentication(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the named time, in seconds or as a date: by the system's own clock, which is the one that it means."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at, asked_at = (email.utils.parsedate_to_datetime(each) for each in (text, headers.get("Date", "")))
        return max(0.0, (at - asked_at).total_seconds())
    except (TypeError, ValueError):
        return None


def _is_not_connected(error: requests.ConnectionError) -> bool:
    """Whether the connection itself failed, before anything was sent."""
    cause = error.args[0] if error.args else None
    if isinstance(cause, urllib3.exceptions.MaxRetryError):
        cause = cause.reason
    return isinstance(cause, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError)


class _WithoutAddresses(logging.Filter):
    """urllib3 writes each request's address at DEBUG, query and all; there may be a key in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple("…" if isinstance(each, str) and each.startswith("/") else each for each in record.args)
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutAddresses())

__all__ = ["Client", "Http", "Limits", "LogIn", "Rate", "Reply", "SourceRefused", "SourceUnavailable", "Token"]
