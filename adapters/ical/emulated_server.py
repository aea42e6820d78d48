"""A calendar over a made-up club, as a collection on a CalDAV server."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from adapters.ical.emulated import CalendarEmulator
from gateway.plugins.testing import Answer, Request

USER = "gateway"
_MULTISTATUS = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">{}</d:multistatus>'


class CalDavEmulator(CalendarEmulator):
    """A collection with a sync token. ``gives``: what says that it has changed; ``forgets``: no token is known any more."""

    gives: str = "sync-token"
    forgets: bool = False

    @property
    def address(self) -> str:
        return f"{self.url}/dav/klub/raspisanie/"

    def account(self) -> Mapping[str, Any]:
        return {"address": self.address, "protocol": "caldav", "user": USER, "password": self.key, "zone": self.club.zone}

    def writes_with(self, request: Request) -> bool:
        return request.method not in ("PROPFIND", "REPORT")

    def answer(self, request: Request) -> Answer:
        word = base64.b64encode(f"{USER}:{self.key}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {word}":
            return self.refusal(401)
        if request.path != "/dav/klub/raspisanie/":
            return self.refusal(404)
        body = request.body.decode()
        if request.method == "PROPFIND":
            return self._properties()
        return self._changes(body) if "sync-collection" in body else self._events(body)

    def refusal(self, status: int) -> Answer:
        return Answer(b'<?xml version="1.0"?><d:error xmlns:d="DAV:"/>', status, {"Content-Type": "application/xml"})

    def _token(self) -> str:
        return f"http://klub.example/sync/{self.state()}"

    def _properties(self) -> Answer:
        mark = f"<d:sync-token>{self._token()}</d:sync-token>" if self.gives == "sync-token" else ""
        if "Mark of change" in self.belied:
            mark = ""
        elif self.gives == "getctag":
            mark = f'<s:getctag xmlns:s="http://calendarserver.org/ns/">{self.state()}</s:getctag>'
        kind = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
        return _answered(_response("/dav/klub/raspisanie/", kind + mark))

    def _changes(self, body: str) -> Answer:
        found = re.search("<d:sync-token>(.*?)</d:sync-token>", body)
        if self.forgets or found is None:
            return Answer(b'<?xml version="1.0"?><d:error xmlns:d="DAV:"><d:valid-sync-token/></d:error>', 403)
        changed = "" if found[1] == self._token() else _response("/dav/klub/raspisanie/1.ics", '<d:getetag>"1"</d:getetag>')
        return _answered(changed + f"<d:sync-token>{self._token()}</d:sync-token>")

    def _events(self, body: str) -> Answer:
        """The filter by time is the server's business; a real server is asked in a test of its own."""
        texts = self.events() | {f"extra-{place}": text for place, text in enumerate(self.extra)}
        return _answered(
            "".join(
                _response(f"/dav/klub/raspisanie/{key}.ics", f"<c:calendar-data>{escape(self.calendar([text]).decode())}</c:calendar-data>")
                for key, text in texts.items()
            )
        )


def _response(href: str, properties: str) -> str:
    found = f"<d:propstat><d:prop>{properties}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
    return f"<d:response><d:href>{href}</d:href>{found}</d:response>"


def _answered(inner: str) -> Answer:
    return Answer(_MULTISTATUS.format(inner).encode(), 207, {"Content-Type": "application/xml; charset=utf-8"})
