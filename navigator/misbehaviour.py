"""The fault switch between the server and the application: what a fault says is done here, to real requests and real connections.

A fault breaks the conversation and never the books: the application itself always does its whole work or none of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from waitress.channel import ClientDisconnected  # type: ignore[import-untyped]

from navigator.clock import Clock
from navigator.faults import (
    AFTER,
    CORRUPT,
    DELAY,
    DRIP,
    DROP_REPLY,
    DROP_REQUEST,
    DUPLICATE,
    ERROR_429,
    ERROR_500,
    LATE,
    SWAP,
    Fault,
    Faults,
)
from navigator.web import PROBLEM, problem_body

CUT = "navigator.cut"
"""Where the server puts the call that cuts a request's connection."""
DRIPS = 10
GARBAGE = bytes(range(128, 256)) * 4

Environment = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environment, StartResponse], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, before it is on its way."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_body(self, body: bytes, media_type: str | None = None) -> Reply:
        """Another body, and a length that fits it."""
        kept = [(name, value) for name, value in self.headers if name.lower() not in ("content-length", "content-type")]
        mine = media_type or next((value for name, value in self.headers if name.lower() == "content-type"), "application/json")
        return replace(self, headers=(*kept, ("Content-Type", mine), ("Content-Length", str(len(body)))), body=body)


class FaultSwitch:
    """A WSGI application around the register's own."""

    def __init__(self, application: Application, faults: Faults, clock: Clock) -> None:
        self._application = application
        self._faults = faults
        self._clock = clock

    def __call__(self, environment: Environment, start_response: StartResponse) -> Iterable[bytes]:
        path = environment["PATH_INFO"]
        if not self._faults.is_any_set(path):
            return self._application(environment, start_response)
        take = self._faults.take
        reply = self._instead_of_work(environment, path)
        if reply is None:
            body = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
            if late := take(LATE, path):
                _cut(environment)
                self._faults.wait(late.seconds)
                self._work(environment, body)
                raise ClientDisconnected
            reply = self._work(environment, body)
            if take(DUPLICATE, path):
                reply = self._work(environment, body)
            reply = self._instead_of_the_reply(environment, path, reply)
        if broken := take(CORRUPT, path):
            if broken.how == "torn":
                return _torn(environment, start_response, reply)
            reply = _corrupt(reply, broken.how or "truncated")
        start_response(reply.status, list(reply.headers))
        drip = take(DRIP, path)
        return self._drops(reply.body, drip.seconds) if drip else [reply.body]

    def _instead_of_work(self, environment: Environment, path: str) -> Reply | None:
        """What comes before the application has seen the request, and may stand in its place."""
        take = self._faults.take
        down = self._faults.down(path, self._clock.now())
        if down:
            if down.how == "cut":
                _cut_and_leave(environment)
            return _problem(503, "Service Unavailable", "a test asked the register to be down", down)
        if delay := take(DELAY, path):
            self._faults.wait(delay.seconds)
        if take(DROP_REQUEST, path):
            _cut_and_leave(environment)
        if many := take(ERROR_429, path):
            return _problem(429, "Too Many Requests", "a test asked for fewer requests", many)
        if broken := take(ERROR_500, path):
            return _problem(broken.status, "Server Error", "a test asked for an error before the work")
        return None

    def _instead_of_the_reply(self, environment: Environment, path: str, reply: Reply) -> Reply:
        """What comes after the commit: the work is done, and what the sender hears of it is another matter."""
        take = self._faults.take
        if delay := take(DELAY, path, AFTER):
            self._faults.wait(delay.seconds)
        if take(DROP_REPLY, path):
            _cut_and_leave(environment)
        if broken := take(ERROR_500, path, AFTER):
            return _problem(broken.status, "Server Error", "a test asked for an error after the work")
        swapped = {how: _swapped(reply, how) for how in ("order", "ids")}
        if all(swapped.values()) and (swap := take(SWAP, path)):
            reply = swapped[swap.how or "order"] or reply
        return reply

    def _work(self, environment: Environment, body: bytes) -> Reply:
        """The application's own answer to the request; it can be asked more than once."""
        said: list[tuple[str, tuple[tuple[str, str], ...]]] = []

        def started(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], None]:
            said.append((status, tuple(headers)))
            return parts.append

        parts: list[bytes] = []
        again = {**environment, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        answer = self._application(again, started)
        try:
            parts += answer
        finally:
            getattr(answer, "close", lambda: None)()
        status, headers = said[-1]
        return Reply(status, headers, b"".join(parts))

    def _drops(self, body: bytes, seconds: float) -> Iterator[bytes]:
        size = max(1, -(-len(body) // DRIPS))
        for start in range(0, len(body), size):
            self._faults.wait(seconds / DRIPS)
            yield body[start : start + size]


def _cut(environment: Mapping[str, Any]) -> None:
    """Cut the connection, where there is one: a call within the process has none."""
    environment.get(CUT, lambda: None)()


def _cut_and_leave(environment: Mapping[str, Any]) -> None:
    _cut(environment)
    raise ClientDisconnected


def _torn(environment: Environment, start_response: StartResponse, reply: Reply) -> Iterator[bytes]:
    """Half of the reply under the length of the whole, and then the cut."""
    start_response(reply.status, list(reply.headers))

    def half() -> Iterator[bytes]:
        yield reply.body[: len(reply.body) // 2]
        _cut_and_leave(environment)

    return half()


def _problem(status: int, title: str, detail: str, waits: Fault | None = None) -> Reply:
    body = json.dumps(problem_body(status, "fault", title, detail)).encode()
    later = (("Retry-After", str(waits.retry_after)),) if waits else ()
    return Reply(f"{status} {title}", (("Content-Type", PROBLEM), ("Content-Length", str(len(body))), *later), body)


def _corrupt(reply: Reply, how: str) -> Reply:
    """A reply that came whole and means nothing."""
    match how:
        case "garbage":
            return reply.with_body(GARBAGE)
        case "empty":
            return reply.with_body(b"")
        case "html":
            return reply.with_body("<html><body>Технические работы</body></html>".encode(), "text/html; charset=utf-8")
        case "other_shape":
            return reply.with_body(b'{"answers": {"all": "well"}}')
        case _:
            return reply.with_body(reply.body[: len(reply.body) // 2])


def _swapped(reply: Reply, how: str) -> Reply | None:
    """The answers in another order, or under each other's ids; None where there are no two different ones."""
    try:
        answers = json.loads(reply.body)["answers"]
        ids = [answer["id"] for answer in answers]
    except (ValueError, KeyError, TypeError):
        return None
    if len(set(ids)) < 2:
        return None
    if how == "ids":
        moved = [{**answer, "id": other} for answer, other in zip(answers, [*ids[1:], ids[0]], strict=True)]
    else:
        moved = answers[1:] + answers[:1]
    return reply.with_body(json.dumps({"answers": moved}, ensure_ascii=False).encode())
