"""How a calendar is fetched: a file by its link, or a CalDAV collection; and by what each says that nothing has changed."""

from __future__ import annotations

import base64
from typing import NamedTuple, Protocol
from urllib.parse import quote, urljoin, urlsplit

from adapters.ical import dav
from adapters.ical.settings import IcalendarSettings
from adapters.ical.text import lines_of
from gateway.plugins import Client, Http, Period, Rate, Reply, SourceRefused, Text, secrets_of, unexpected

MARK_CHARACTERS_MAX = 500
"""A longer mark of change is not kept: the calendar is read each time then."""
TOKEN_IS_OVER = frozenset({400, 403, 405, 409, 410, 412, 501})
"""How servers say that they do not know a sync token any more, or no sync-collection at all."""
PARTLY = 507


class Part(NamedTuple):
    """A calendar, or one resource of it. ``url``: where a person finds it; ``lines`` None: it could not be understood."""

    url: str
    lines: list[str] | None


class Read(NamedTuple):
    """``mark``: by what the calendar says that it has changed, for the next reading; None: it does not say."""

    parts: list[Part]
    mark: str | None


class Wire(Protocol):
    """A calendar at its address."""

    def read(self, period: Period | None, mark: str | None) -> Read | None:
        """The events of ``period`` at least; None: nothing has changed since ``mark``."""

    def url(self, part: str, uid: str) -> str:
        """Where a person finds an event."""


def wire_of(settings: IcalendarSettings, http: Http) -> Wire:
    """Nothing is asked yet.

    Raises:
        SourceRefused: the address is none that may be asked.
    """
    headers = {}
    secrets = [*secrets_of(settings)]
    if settings.secret_address:
        secrets.append(settings.path)
    if settings.user:
        word = base64.b64encode(f"{settings.user}:{settings.password}".encode()).decode()
        secrets.append(word)
        headers["Authorization"] = f"Basic {word}"
    headers["Accept"] = "text/calendar, */*;q=0.1" if settings.protocol == "ics" else "application/xml, text/xml"
    client = http.client(settings.origin, rate=Rate(settings.per_minute), headers=headers, secrets=secrets)
    return IcsWire(settings, client) if settings.protocol == "ics" else CalDavWire(settings, client)


class IcsWire:
    """A file. Whether it is another is said by its ETag, else by its Last-Modified."""

    def __init__(self, settings: IcalendarSettings, client: Client) -> None:
        self._settings = settings
        self._client = client

    def read(self, period: Period | None, mark: str | None) -> Read | None:
        kind, _, value = (mark or "").partition(" ")
        name = {"etag": "If-None-Match", "modified": "If-Modified-Since"}.get(kind)
        headers = {name: value} if name and value else {}
        found = self._client.understood("GET", self._settings.path, self._understood, headers=headers, expected=(304,) if headers else ())
        # Some servers name the ETag that was asked about, and send everything all the same.
        return None if found is not None and kind == "etag" and found.mark == mark else found

    def _understood(self, reply: Reply) -> Read | None:
        if reply.status == 304:
            return None
        part = Part(self._settings.shown, lines_of(reply.content))
        for kind, header in (("etag", "ETag"), ("modified", "Last-Modified")):
            value = reply.headers.get(header, "").strip()
            if value and value.isascii() and value.isprintable():
                return Read([part], _kept(f"{kind} {value}"))
        return Read([part], None)

    def url(self, part: str, uid: str) -> str:
        return f"{part}#{quote(uid)}"


class CalDavWire:
    """A collection. Whether it is another is said by its sync token, else by its tag."""

    def __init__(self, settings: IcalendarSettings, client: Client) -> None:
        self._settings = settings
        self._client = client

    def read(self, period: Period | None, mark: str | None) -> Read | None:
        """The mark is asked for before the events: what changes meanwhile is read twice, and not left out."""
        kind, _, value = (mark or "").partition(" ")
        if kind == "token" and value and self._is_unchanged(value):
            return None
        now = self.state()
        if kind == "tag" and now.mark == mark:
            return None
        found = self._asked("REPORT", dav.events_request(period), "1")
        if any(each.status == PARTLY for each in found.resources):
            raise SourceRefused(
                Text(f"{self._client.host} отдаёт не все события", f"{self._client.host} does not hand out all of the events"),
                Text("уменьшите window_days и ahead_days", "lower window_days and ahead_days"),
            )
        return Read([self._part(each) for each in found.resources if each.status in (None, 200)], _kept(now.mark))

    def state(self) -> dav.Resource:
        """The collection itself.

        Raises:
            SourceRefused: it is no calendar.
        """
        found = self._asked("PROPFIND", dav.state_request(), "0").resources
        if len(found) != 1:
            raise unexpected(self._client.host, "PROPFIND")
        if not found[0].is_calendar:
            raise SourceRefused(
                Text(f"по этому адресу {self._client.host} календаря нет", f"there is no calendar at this address of {self._client.host}"),
                Text(
                    "впишите адрес самого календаря, а не сервера или папки",
                    "give the address of the calendar itself, not of a server or folder",
                ),
            )
        return found[0]

    def _is_unchanged(self, token: str) -> bool:
        found = self._asked("REPORT", dav.changes_request(token), "0", TOKEN_IS_OVER)
        return not found.resources and found.token is not None

    def _asked(self, method: str, content: bytes, depth: str, no_answer: frozenset[int] = frozenset()) -> dav.Multistatus:
        """``no_answer``: statuses that say that there is none."""

        def understood(reply: Reply) -> dav.Multistatus:
            return dav.Multistatus([], None) if reply.status in no_answer else dav.multistatus(reply.content)

        headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": depth}
        return self._client.understood(method, self._settings.path, understood, content=content, headers=headers, expected=no_answer)

    def _part(self, resource: dav.Resource) -> Part:
        url = urljoin(self._settings.shown, urlsplit(resource.href).path) if self._settings.address else self._settings.shown
        try:
            return Part(url, lines_of((resource.calendar or "").encode()))
        except ValueError:
            return Part(url, None)

    def url(self, part: str, uid: str) -> str:
        return part if self._settings.address else f"{part}#{quote(uid)}"


def _kept(mark: str | None) -> str | None:
    return mark if mark is not None and len(mark) <= MARK_CHARACTERS_MAX else None
