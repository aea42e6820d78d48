"""One HTTP call to a register and its JSON answer: time-outs, retries of what may be repeated, a limit on everything."""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3

from gateway.plugins.register import RegisterUnavailable

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
ANSWER_SECONDS_MAX = 300.0
ANSWER_BYTES_MAX = 64 * 1024 * 1024
TRIES = 3
BACKOFF_SECONDS = 0.2

_JSON = {"Content-Type": "application/json"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LONG_NUMBER = re.compile(r"\d{6,}")
_log = logging.getLogger(__name__)


class NotConnected(RegisterUnavailable):
    """No connection came about: nothing was sent."""


class WrongRequest(RegisterUnavailable):
    """The register refuses the request as such: to repeat it is useless."""


class FaultyItem(WrongRequest):
    """What the request says is at fault, perhaps one item of it."""


FAULTY_ITEM_STATUSES = frozenset({400, 413, 422})


class Wire:
    """The connection to one register. Redirects are never followed: an answer comes from the host that was asked, or not at all."""

    def __init__(self, url: str, pause: Callable[[float], None] = time.sleep) -> None:
        """``pause`` waits so many seconds between tries.

        Raises:
            RegisterUnavailable: the address is none of http or https.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WrongRequest(
                "the register's address must start with http:// or https://", "адрес реестра должен начинаться с http:// или https://"
            )
        self._base = url.rstrip("/")
        self._host = parts.hostname + (f":{parts.port}" if parts.port else "")
        self._pause = pause
        self._session = requests.Session()
        self._session.trust_env = parts.hostname not in _LOOPBACK  # a proxy of the environment has no business on this machine
        self._session.headers.update({"Accept": "application/json, application/problem+json", "User-Agent": "pfdo-gateway"})

    def ask(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """A call that may be repeated: up to three tries.

        Raises:
            RegisterUnavailable: none of them gave an answer in JSON.
        """
        for left in range(TRIES - 1, -1, -1):
            try:
                return self.ask_once(method, path, params=params, body=body)
            except WrongRequest:
                raise
            except RegisterUnavailable as error:
                if not left:
                    raise
                _log.warning("register, %s %s: %s; tried again", method, path, error.text.en)
                self._pause(BACKOFF_SECONDS * 2 ** (TRIES - 1 - left) * random.uniform(0.5, 1.5))
        raise AssertionError("the last try returns or raises")

    def ask_once(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """A call that is made once.

        Raises:
            NotConnected, WrongRequest, RegisterUnavailable: there is no answer in JSON.
        """
        try:
            with self._session.request(
                method,
                self._base + path,
                params=params,
                data=None if body is None else msgspec.json.encode(body),
                headers=None if body is None else _JSON,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response:
                status, content = response.status_code, self._content_of(response)
        except (requests.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise self._not_connected() from error
        except requests.Timeout as error:
            raise self._too_slow() from error
        except requests.ConnectionError as error:
            raise (self._not_connected() if _is_refused_connection(error) else self._cut()) from error
        except urllib3.exceptions.TimeoutError as error:
            raise self._too_slow() from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._cut() from error
        return self._json_of(status, content)

    def _content_of(self, response: requests.Response) -> bytes:
        """The body, piece by piece as it comes, so that neither a drip nor a flood goes on for ever."""
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        parts, size = [], 0
        while part := response.raw.read1(1 << 16, decode_content=True):
            size += len(part)
            if size > ANSWER_BYTES_MAX:
                limit = ANSWER_BYTES_MAX >> 20
                raise WrongRequest(f"the register's answer is larger than {limit} MB", f"ответ реестра больше {limit} МБ")
            if time.monotonic() > deadline:
                raise self._too_slow()
            parts.append(part)
        return b"".join(parts)

    def _json_of(self, status: int, content: bytes) -> Any:
        if 300 <= status < 400:
            raise WrongRequest(
                f"the register at {self._host} sends elsewhere (HTTP {status}); set its own address",
                f"реестр {self._host} отсылает на другой адрес (HTTP {status}); укажите его прямой адрес",
            )
        if status >= 500 or status == 429:
            raise RegisterUnavailable(
                f"the register at {self._host} is out of order (HTTP {status}); try again later",
                f"реестр {self._host} сейчас не работает (HTTP {status}); повторите позже",
            )
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError) as error:
            answer = None
            if status < 400:
                raise RegisterUnavailable(
                    f"the register at {self._host} answered something that is not JSON",
                    f"реестр {self._host} ответил не в формате JSON",
                ) from error
        if status >= 400:
            detail = answer.get("detail") or answer.get("title") if isinstance(answer, dict) else None
            told = f": {_masked(detail)}" if isinstance(detail, str) else ""
            refusal = FaultyItem if status in FAULTY_ITEM_STATUSES else WrongRequest
            raise refusal(
                f"the register at {self._host} refuses the request (HTTP {status}{told})",
                f"реестр {self._host} не принимает запрос (HTTP {status}{told})",
            )
        return answer

    def _not_connected(self) -> NotConnected:
        return NotConnected(
            f"the register at {self._host} cannot be reached; check the address and whether it runs",
            f"реестр {self._host} недоступен; проверьте адрес и работает ли он",
        )

    def _too_slow(self) -> RegisterUnavailable:
        return RegisterUnavailable(f"the register at {self._host} does not answer in time", f"реестр {self._host} не отвечает вовремя")

    def _cut(self) -> RegisterUnavailable:
        return RegisterUnavailable(f"the connection to the register at {self._host} was cut", f"связь с реестром {self._host} прервалась")


def _is_refused_connection(error: requests.ConnectionError) -> bool:
    """Whether the connection itself failed, before anything was sent."""
    cause = error.args[0] if error.args else None
    if isinstance(cause, urllib3.exceptions.MaxRetryError):
        cause = cause.reason
    return isinstance(cause, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError)


def _masked(detail: str) -> str:
    """Numbers of certificates never get into a message."""
    return _LONG_NUMBER.sub("…", detail)[:300]
