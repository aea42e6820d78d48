"""A real HTTP server that speaks for a provider's system, and misbehaves on demand.

An author writes `Emulator.answer`: the system's own protocol, over the truth in `Emulator.club`. Everything else is here: the server in its
thread, the log of requests, the faults.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qs, urlsplit

from gateway.core.facts import Status
from gateway.plugins.testing.club import NOW, Club, made_club
from gateway.plugins.testing.standing import Standing, truth

Item = TypeVar("Item")


class Fault(StrEnum):
    """What the next requests meet. Faults of the wire come instead of the answer; faults of the pages change what is on them."""

    TOO_MANY = "429"
    TOO_MANY_NO_TIME = "429 without Retry-After"
    SERVER_ERROR = "500"
    UNDER_REPAIR = "an HTML page with 503"
    PAGE = "an HTML page with 200"
    CUT = "the connection is cut in the middle of the answer"
    DRIP = "the answer comes byte by byte"
    HALF = "half of the JSON"
    SHAPE = "JSON of another shape"
    EXPIRED = "the token is over"
    FORBIDDEN = "403"
    ELSEWHERE = "a redirect to another host"
    OVERSIZED = "an answer without an end"
    REPEATED = "the last item of the page before comes again"
    SHUFFLED = "the items of a page in another order"
    EMPTY = "no items at all"


_ON_PAGES = frozenset({Fault.REPEATED, Fault.SHUFFLED, Fault.EMPTY})
ALWAYS = 10**9
DRIP_SECONDS = 0.15
"""Between two bytes of a dripping answer."""


@dataclass(frozen=True)
class Request:
    """One request as it came in. ``query_text``: as written; ``headers``: by their names in lower case; ``at``: by the emulator's clock."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes
    at: float = 0.0
    connection: int = 0
    query_text: str = ""

    def json(self) -> Any:
        """The body read as JSON; {} where there is none, or something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    def one(self, name: str, default: str = "") -> str:
        """A parameter of the query."""
        return self.query.get(name, [default])[0]


@dataclass(frozen=True)
class Answer:
    """``body``: bytes as they are, anything else as JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


@dataclass
class _Planned:
    fault: Fault
    left: int
    after: int
    value: str


class Emulator:
    """One system with one account. Use it as a context manager.

    Attributes:
        statuses: what the system can say of a child at a lesson.
        per_minute, at_once: what the vendor allows.
        page_size: the most items on a page; the author's `answer` keeps to it.
        club: the truth.
        token_seconds: how long a token lives; None where the system has none.
        now, since: the instant at which it is read, and how far back.
        is_live: whether its club can be changed and spoilt, and its pages made smaller.
        clock: seconds; the kit's own, so that waiting takes no time.
        thinks_seconds: real seconds before each answer.
        log: the requests so far.
    """

    statuses: ClassVar[tuple[Status, ...]] = (Status.ATTENDED, Status.ABSENT)
    per_minute: ClassVar[int] = 120
    at_once: ClassVar[int] = 1
    token_seconds: ClassVar[int | None] = None
    page_size: int = 100
    now: dt.datetime = NOW
    since: dt.date | None = None
    is_live: ClassVar[bool] = True

    def __init__(self, club: Club | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.club = club or made_club(self.statuses)
        self.clock = clock
        self.log: list[Request] = []
        self.most_at_once = 0
        self.poured_bytes = 0
        self.thinks_seconds = 0.0
        self.connections = 0
        self.elsewhere = ""
        self.key = "kit-key-5f1c0d9a"
        self._tokens: dict[str, float] = {}
        self._planned: list[_Planned] = []
        self._meanwhile: list[tuple[int, Callable[[], object]]] = []
        self._spoilt: set[tuple[str, str]] = set()
        self._page_faults: set[Fault] = set()
        self._lock = threading.Lock()
        self._under_way = 0
        self._server = _Server(self)

    # ------------------------------------------------------------ the author's part

    def answer(self, request: Request) -> Answer:
        """What the system answers. To be written by the author."""
        raise NotImplementedError

    def writes_with(self, request: Request) -> bool:
        """Whether the request would change something. By default whatever is neither GET nor POST; where POST writes too, say so."""
        return request.method not in ("GET", "POST")

    def refusal(self, status: int) -> Answer:
        """How the system words 401 and 403."""
        return Answer({"message": "forbidden" if status == 403 else "unauthorized"}, status)

    # ------------------------------------------------------------ what the author's part may use

    def new_token(self) -> str:
        """A token that lives for `token_seconds`."""
        token = f"token-{len(self._tokens)}-7b2e"
        self._tokens[token] = self.clock() + (self.token_seconds or ALWAYS)
        return token

    def token_lives(self, token: str) -> bool:
        return self.clock() < self._tokens.get(token, float("-inf"))

    def page(self, kind: str, items: Sequence[Item], first: int, size: int, render: Callable[[Item], Any]) -> list[Any]:
        """Items ``first`` … of a list in the system's words, with whatever faults are on.

        Args:
            kind: names the list («lessons»), for `spoil`.
            items: of the club; with an ``id``.
        """
        size = min(size, self.page_size)
        if Fault.EMPTY in self._page_faults:
            return []
        shown = list(items[first : first + size])
        if Fault.REPEATED in self._page_faults and first and shown:
            shown.insert(0, items[first - 1])
        if Fault.SHUFFLED in self._page_faults:
            shown.reverse()
        return [self._spoil(kind, item, render(item)) for item in shown]

    def counted(self, items: Sequence[Any]) -> int:
        """How many items the system says there are."""
        return 0 if Fault.EMPTY in self._page_faults else len(items)

    def _spoil(self, kind: str, item: Any, rendered: Any) -> Any:
        if (kind, item.id) not in self._spoilt or not isinstance(rendered, dict):
            return rendered
        return {name: value if name == "id" else {"?": "31.02"} for name, value in rendered.items()}

    # ------------------------------------------------------------ the kit's part

    def truth(self) -> Standing:
        """What ought to stand once all has been read."""
        return truth(self.club)

    @property
    def writes(self) -> list[str]:
        """Paths of the requests that would have changed something."""
        return [request.path for request in self.log if self.writes_with(request)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def tokens(self) -> tuple[str, ...]:
        """All that were ever given."""
        return tuple(self._tokens)

    def __enter__(self) -> Emulator:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """The server is gone."""
        self._server.shutdown()
        self._server.server_close()

    def account(self) -> Mapping[str, Any]:
        """The settings, as a person writes them, with which the adapter reads this account; secrets as they are.

        For stories and demonstrations, which serve a system by its emulator.
        """
        raise NotImplementedError

    def fail(self, fault: Fault, times: int = ALWAYS, after: int = 0, value: str = "") -> None:
        """Let requests meet a fault: ``times`` of them, once ``after`` more have been answered well. ``value``: seconds of Retry-After."""
        with self._lock:
            self._planned.append(_Planned(fault, times, after, value))

    def meanwhile(self, after: int, change: Callable[[], object]) -> None:
        """Change the truth while it is read: before the request that comes after so many more."""
        with self._lock:
            self._meanwhile.append((len(self.log) + after, change))

    def spoil(self, kind: str, item: str) -> None:
        """Serve nonsense in place of every value of this item but its id."""
        self._spoilt.add((kind, item))

    def heal(self) -> None:
        """No more faults."""
        with self._lock:
            self._planned.clear()
            self._meanwhile.clear()
            self._spoilt.clear()

    def served(self, request: Request) -> tuple[Answer, Fault | None]:
        """The answer to a request, and the fault that comes over it."""
        with self._lock:
            self.log.append(request)
            for place, change in [each for each in self._meanwhile if each[0] < len(self.log)]:
                self._meanwhile.remove((place, change))
                change()
            fault, value = self._next_fault()
            self._page_faults = {fault} if fault in _ON_PAGES and fault is not None else set()
            if fault is Fault.EXPIRED:
                self._tokens = dict.fromkeys(self._tokens, float("-inf"))
            answer = self.answer(request)
        return self._instead(answer, fault, value), fault

    def _next_fault(self) -> tuple[Fault | None, str]:
        for planned in self._planned:
            if planned.after:
                planned.after -= 1
            elif planned.left:
                planned.left -= 1
                return planned.fault, planned.value
        return None, ""

    def _instead(self, answer: Answer, fault: Fault | None, value: str) -> Answer:
        if fault is Fault.TOO_MANY:
            return Answer({"message": "too many requests"}, 429, {"Retry-After": value or "7"})
        if fault is Fault.TOO_MANY_NO_TIME:
            return Answer({"message": "too many requests"}, 429)
        if fault is Fault.SERVER_ERROR:
            return Answer({"message": "internal"}, 500)
        if fault in (Fault.PAGE, Fault.UNDER_REPAIR):
            page = "<!DOCTYPE html><title>Ведутся работы</title>".encode()
            return Answer(page, 200 if fault is Fault.PAGE else 503, {"Content-Type": "text/html"})
        if fault is Fault.HALF:
            content = answer.content()
            return Answer(content[: len(content) // 2] or b"{", answer.status)
        if fault is Fault.SHAPE:
            return Answer(["ok", None, 7])
        if fault is Fault.FORBIDDEN:
            return self.refusal(403)
        if fault is Fault.ELSEWHERE:
            return Answer(None, 307, {"Location": self.elsewhere + "/elsewhere"})
        return answer

    @contextlib.contextmanager
    def _counting(self) -> Iterator[None]:
        with self._lock:
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; a fault of the emulator's own is answered with 500 by the handler."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.emulator.connections += 1
        self._connection = self.server.emulator.connections

    def do_GET(self) -> None:
        emulator = self.server.emulator
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(self.command, parts.path, parse_qs(parts.query), headers, body, emulator.clock(), self._connection, parts.query)
        with emulator._counting():
            time.sleep(emulator.thinks_seconds)
            try:
                answer, fault = emulator.served(request)
            except Exception as error:  # an author's mistake: said aloud, for nobody looks into a thread
                answer, fault = Answer({"message": f"the emulator failed: {type(error).__name__}: {error}"}, 500), None
        self._send(answer, fault)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_PROPFIND = do_REPORT = do_GET

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        content = answer.content()
        length = len(content) if fault is not Fault.OVERSIZED else 10**12
        head = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('?', ''))[0]}", f"Content-Length: {length}"]
        head += [f"{name}: {value}" for name, value in ({"Content-Type": "application/json"} | dict(answer.headers)).items()]
        raw = "\r\n".join([*head, "", ""]).encode("latin-1")
        if fault is Fault.CUT:
            self.connection.sendall(raw + content[: len(content) // 2])
            self._hang_up()
        elif fault is Fault.DRIP:
            self._drip(raw, content)
        elif fault is Fault.OVERSIZED:
            self._pour(raw)
        else:
            self.connection.sendall(raw + content)

    def _drip(self, head: bytes, content: bytes) -> None:
        with contextlib.suppress(OSError):
            self.connection.sendall(head)
            for place in range(len(content)):
                self.connection.sendall(content[place : place + 1])
                time.sleep(DRIP_SECONDS)
        self._hang_up()

    def _pour(self, head: bytes) -> None:
        with contextlib.suppress(OSError):
            self.connection.sendall(head + b'["')
            for _ in range(1024):  # 64 MB: whoever takes all of that has no limit
                self.connection.sendall(b"x" * 65536)
                self.server.emulator.poured_bytes += 65536
        self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are kept in `Emulator.log`."""
