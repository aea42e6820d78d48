"""A token that lives for a while: fetched when it is first needed, renewed once however many requests find it over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from gateway.plugins.source import SourceRefused

if TYPE_CHECKING:
    from gateway.plugins.http import Client

MARGIN_SECONDS = 20
"""A token is renewed so long before its end: a request must not arrive with one that ended on the way."""


class Token(NamedTuple):
    """``good_for_seconds`` None: until it is refused."""

    value: str
    good_for_seconds: int | None = None

    def __repr__(self) -> str:
        return f"Token(…, {self.good_for_seconds})"


@dataclass(frozen=True)
class LogIn:
    """How a system hands out tokens.

    Attributes:
        fetch: asks for a token; its own calls of the client go ``without_token``.
        header: the token's header, and what stands before it («Bearer »).
        over: statuses that say the token is over. They may say a missing right as well, so one new token is tried, and then it is refused.
    """

    fetch: Callable[[Client], Token] = field(repr=False)
    header: str = "Authorization"
    prefix: str = ""
    over: frozenset[int] = frozenset({401})


class TokenKeeper:
    """The one token of a client. Safe between threads: whoever finds it over waits for the one that renews it."""

    def __init__(self, log_in: LogIn, client: Client, clock: Callable[[], float]) -> None:
        self.log_in = log_in
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._good_until = float("inf")

    def current(self) -> Token:
        """The token, a fresh one where there is none or its time is over."""
        with self._lock:
            if self._token is None or self._clock() >= self._good_until:
                self._fetch()
            assert self._token is not None
            return self._token

    def refused(self, token: Token) -> None:
        """The system does not know this token any more."""
        with self._lock:
            if self._token is token:  # else another has renewed it meanwhile
                self._token = None

    def headers(self, token: Token) -> Mapping[str, str]:
        return {self.log_in.header: self.log_in.prefix + token.value}

    def _fetch(self) -> None:
        self._token = None
        asked_at = self._clock()
        try:
            token = self.log_in.fetch(self._client)
        except SourceRefused as error:
            error.is_of_key = True
            raise
        self._client.keep_secret(token.value)
        self._token = token
        seconds = token.good_for_seconds
        self._good_until = float("inf") if seconds is None else asked_at + max(1, seconds - MARGIN_SECONDS)
