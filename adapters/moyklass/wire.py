"""МойКласс's protocol: GET and JSON, a token for each reading, lists by offset and limit."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adapters.moyklass.settings import MoyKlassSettings
from gateway.plugins import (
    NO_SENSE,
    Client,
    Http,
    ListPage,
    LogIn,
    Rate,
    SourceError,
    Token,
    WholeList,
    id_or_none,
    secrets_of,
    unexpected,
    whole_list,
)

PAGE_ITEMS = 500
TOKEN_SECONDS = 7 * 24 * 3600
_API = "/v1/company"


class Wire:
    """One company's account."""

    def __init__(self, settings: MoyKlassSettings, http: Http) -> None:
        self._settings = settings
        self._pages = settings.address + _API
        self._lock = threading.Lock()
        self._readings = 0
        self._client = http.client(
            settings.address,
            rate=Rate(settings.per_second * 60, at_once=1),
            secrets=secrets_of(settings),
            log_in=LogIn(self._log_in, "x-access-token"),
        )

    def list(self, entity: str, filters: Mapping[str, Any] | None = None, kept: Callable[[Any], Any] = lambda item: item) -> WholeList:
        """All items of a paged list. ``kept``: what is kept of an item."""
        return whole_list(lambda offset: self.page(entity, offset, filters), id_or_none, self._client.host, kept, by_offset=True)

    def page(self, entity: str, offset: int, filters: Mapping[str, Any] | None = None) -> ListPage:
        """The page of a list that begins behind so many items, and how many the list has."""
        asked = {"offset": offset, "limit": PAGE_ITEMS, "sort": "id"}
        answer = self._client.json("GET", f"{_API}/{entity}", params=asked | dict(filters or {}))
        items = answer.get(entity) if isinstance(answer, dict) else None
        if not isinstance(items, list):
            raise unexpected(self._client.host, entity)
        try:
            return ListPage(items, int(answer["stats"]["totalItems"]))
        except NO_SENSE:
            raise unexpected(self._client.host, f"{entity}: stats.totalItems") from None

    def whole(self, entity: str, filters: Mapping[str, Any] | None = None) -> WholeList:
        """A list that comes as a bare array, all of it at once."""
        items = self._client.json("GET", f"{_API}/{entity}", params=filters)
        if not isinstance(items, list):
            raise unexpected(self._client.host, entity)
        return whole_list(lambda number: ListPage(items, len(items)), id_or_none, self._client.host)

    def one(self, entity: str, own_id: str) -> Any:
        """One record, or what the system answers where there is none of that id."""
        return self._client.json("GET", f"{_API}/{entity}/{own_id}", expected={404})

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """The vendor asks for it: a token is taken for a reading and given back, by the last one where several are under way, and where one
        is left off. That it could not be is nobody's business; a system that gave nothing is not asked for that too.
        """
        with self._lock:
            self._readings += 1
        is_well = True
        try:
            yield
        except SourceError:
            is_well = False
            raise
        finally:
            with self._lock:
                self._readings -= 1
                if is_well and not self._readings:  # under the lock: one that begins now waits, and takes its own
                    self._forget_token()

    def _forget_token(self) -> None:
        with contextlib.suppress(SourceError):
            self._client.fetch("POST", f"{_API}/auth/revokeToken", expected={401})

    def url(self, kind: str, own_id: str) -> str:
        """The record's address. It is the API's own: of pages for people the vendor's document says nothing."""
        return f"{self._pages}/{kind}/{own_id}"

    def _log_in(self, client: Client) -> Token:
        answer = client.json("POST", f"{_API}/auth/getToken", body={"apiKey": self._settings.api_key}, without_token=True)
        token = answer.get("accessToken") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise unexpected(client.host, "auth/getToken: accessToken")
        return Token(token, TOKEN_SECONDS)
