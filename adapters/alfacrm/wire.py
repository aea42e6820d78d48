"""AlfaCRM's protocol: everything is POST and JSON, a token lives fifteen minutes, pages are counted from 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.alfacrm.settings import AlfaCrmSettings
from gateway.plugins import (
    NO_SENSE,
    Client,
    Http,
    ListPage,
    LogIn,
    Rate,
    Token,
    WholeList,
    id_or_none,
    secrets_of,
    unexpected,
    whole_list,
)

TOKEN_SECONDS = 15 * 60
PAGE_ITEMS = 100


class Wire:
    """One branch of one account."""

    def __init__(self, settings: AlfaCrmSettings, http: Http) -> None:
        self._settings = settings
        self._client = http.client(
            settings.address,
            rate=Rate(settings.per_minute, at_once=1),
            headers={"X-APP-KEY": settings.app_key} if settings.app_key else None,
            secrets=secrets_of(settings),
            log_in=LogIn(self._log_in, "X-ALFACRM-TOKEN", over=frozenset({401, 403})),
        )

    def list(
        self,
        entity: str,
        filters: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        kept: Callable[[Any], Any] = lambda item: item,
    ) -> WholeList:
        """All items of a list.

        Args:
            filters: of the body; ``query``: of the address, where the entity wants them there.
            kept: what is kept of an item.
        """
        return whole_list(lambda number: self.page(entity, number, filters, query), id_or_none, self._client.host, kept)

    def page(self, entity: str, number: int, filters: Mapping[str, Any] | None = None, query: Mapping[str, Any] | None = None) -> ListPage:
        """One page of a list, and how many items the list has."""
        path = f"/v2api/{entity}/index" if entity == "branch" else f"/v2api/{self._settings.branch}/{entity}/index"
        answer = self._client.json(
            "POST", path, params={"per-page": PAGE_ITEMS} | dict(query or {}), body={"page": number} | dict(filters or {})
        )
        items = answer.get("items") if isinstance(answer, dict) else None
        if not isinstance(items, list):
            raise unexpected(self._client.host, f"{entity}: items")
        try:
            return ListPage(items, int(answer["total"]))
        except NO_SENSE:
            raise unexpected(self._client.host, f"{entity}: total") from None

    def status_of_page(self, kind: str, own_id: str) -> int:
        """The HTTP status of a page for people, asked without a token."""
        path = self.url(kind, own_id).removeprefix(self._settings.address)
        return self._client.fetch("GET", path, without_token=True, expected={301, 302, 303, 307, 308, 401, 403, 404}).status

    def url(self, kind: str, own_id: str) -> str:
        """Where a person finds a record."""
        return f"{self._settings.address}/company/{self._settings.branch}/{kind}/view?id={own_id}"

    def _log_in(self, client: Client) -> Token:
        body = {"email": self._settings.email, "api_key": self._settings.api_key}
        answer = client.json("POST", "/v2api/auth/login", body=body, without_token=True)
        token = answer.get("token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise unexpected(client.host, "auth/login: token")
        return Token(token, TOKEN_SECONDS)
