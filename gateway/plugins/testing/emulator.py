"""A real HTTP server that speaks for a provider's system, and misbehaves on demand.

An author writes `Emulator.answer`: the system's own protocol, over the truth in `Emulator.club`. Everything else is here: the log of
requests, the faults, what is spoilt; the server in its thread is in `gateway.plugins.testing.server`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeVar

from gateway.core.facts import Status
from gateway.plugins.testing.club import NOW, Club, made_club
from gateway.plugins.testing.server import Server
from gateway.plugins.testing.standing import Standing, truth
from gateway.plugins.testing.traffic import ALWAYS, ON_PAGES, Answer, Fault, Request

Item = TypeVar("Item")
Field = tuple[str, ...]
"""The name of a record's field, or the name of its list (or record) of records and that of a field of each."""
NONSENSE = {"?": "31.02"}
"""What no field of any record is."""


@dataclass
class _Planned:
    fault: Fault
    left: int
    after: int
    value: str


class _Spoilt(NamedTuple):
    """``field``: None is all of them."""

    field: Field | None
    value: Any


class Emulator:
    """One system with one account. Use it as a context manager.

    Attributes:
        statuses: what the system can say of a child at a lesson.
        per_minute, at_once: what the vendor allows.
        free_words: fields of its records that may say anything, and still make sense: they are not spoilt alone.
        page_size: the most items on a page; the author's `answer` keeps to it.
        club: the truth.
        token_seconds: how long a token lives; None where the system has none.
        now, since: the instant at which it is read, and how far back.
        is_live: whether its club can be changed and spoilt, and its pages made smaller.
        clock: seconds; the kit's own, so that waiting takes no time.
        thinks_seconds: real seconds before each answer.
        log: the requests so far.
        belied: guesses that are false here, each by the English words that the adapter's check names it with. An author's `answer` looks
            whether one of its own is in it, and answers as such a system would.
        failures: mistakes of the author's own part, which the kit raises as they are.
        shown: where it is no longer None, what is shown: of each list by its name, of each item by its id, its fields and what is in them.
    """

    statuses: ClassVar[tuple[Status, ...]] = (Status.ATTENDED, Status.ABSENT)
    per_minute: ClassVar[int] = 120
    at_once: ClassVar[int] = 1
    token_seconds: ClassVar[int | None] = None
    free_words: ClassVar[frozenset[str]] = frozenset()
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
        self.belied: set[str] = set()
        self.failures: list[Exception] = []
        self.shown: dict[str, dict[str, dict[Field, Any]]] | None = None
        self._spoilt: dict[tuple[str, str], _Spoilt] = {}
        self._page_faults: set[Fault] = set()
        self._lock = threading.Lock()
        self._under_way = 0
        self._server = Server(self)

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
        if Fault.LAST_AGAIN in self._page_faults and items and first >= len(items):
            first = (len(items) - 1) // size * size
        shown = list(items[first : first + size])
        if Fault.REPEATED in self._page_faults and first and shown:
            shown.insert(0, items[first - 1])
        if Fault.SHUFFLED in self._page_faults:
            shown.reverse()
        return [self.rendered(kind, item, render(item)) for item in shown]

    def rendered(self, kind: str, item: Any, told: Any) -> Any:
        """One item in the system's words, spoilt where it is to be: for items that are not shown by `page`."""
        if not isinstance(told, dict):
            return told
        if self.shown is not None:
            self.shown.setdefault(kind, {}).setdefault(item.id, dict(_fields_of(told)))
        spoilt = self._spoilt.get((kind, item.id))
        return told if spoilt is None else _spoilt_in(told, spoilt)

    def counted(self, items: Sequence[Any]) -> int:
        """How many items the system says there are."""
        return 0 if Fault.EMPTY in self._page_faults else len(items)

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

    def spoil(self, kind: str, item: str, field: Field | None = None, value: Any = NONSENSE) -> None:
        """Serve nonsense in place of every value of this item but its id; ``field``: in place of this one alone."""
        self._spoilt[(kind, item)] = _Spoilt(field, value)

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
            self._page_faults = {fault} if fault in ON_PAGES and fault is not None else set()
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

    def failed(self, request: Request, error: Exception) -> None:
        """The author's part made a mistake while it answered."""
        error.add_note(f"while the emulator answered {request.method} {request.path}")
        self.failures.append(error)

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """One request more is under way."""
        with self._lock:
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1


def _fields_of(told: Mapping[str, Any]) -> Iterator[tuple[Field, Any]]:
    """Every field but the id, and those of the records in it."""
    for name, value in told.items():
        if name == "id":
            continue
        yield (name,), value
        within = value[0] if isinstance(value, list) and value else value
        for inner, what in within.items() if isinstance(within, dict) else ():
            yield (name, inner), what


def _spoilt_in(told: dict[str, Any], spoilt: _Spoilt) -> dict[str, Any]:
    """The record with nonsense in it."""
    if spoilt.field is None:
        return {name: value if name == "id" else spoilt.value for name, value in told.items()}
    name, *inner = spoilt.field
    if not inner:
        return told | {name: spoilt.value}
    within = told.get(name)
    if isinstance(within, list):
        return told | {name: [each | {inner[0]: spoilt.value} if isinstance(each, dict) else each for each in within]}
    return told | {name: within | {inner[0]: spoilt.value}} if isinstance(within, dict) else told
