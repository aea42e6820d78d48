"""What goes between an adapter and an emulator: requests, answers, and the faults that come over them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


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
    LAST_AGAIN = "beyond the last page the last one comes again"
    SHUFFLED = "the items of a page in another order"
    EMPTY = "no items at all"


ON_PAGES = frozenset({Fault.REPEATED, Fault.LAST_AGAIN, Fault.SHUFFLED, Fault.EMPTY})
ALWAYS = 10**9


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
