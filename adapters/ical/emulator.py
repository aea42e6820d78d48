"""A calendar over a made-up club: as a file by its link, and on a CalDAV server; with the guises in which times come, and with people in
it, whom nobody may read.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, ClassVar
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from gateway.plugins import LessonState, Status
from gateway.plugins.testing import Answer, ClubLesson, Emulator, Request

USER = "gateway"
_MULTISTATUS = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">{}</d:multistatus>'


class CalendarEmulator(Emulator):
    """What both kinds have: lessons as events. ``extra``: texts of events beside the club's."""

    statuses: ClassVar[tuple[Status, ...]] = (Status.ATTENDED, Status.ABSENT)  # the club has marks; its calendar knows nothing of them
    per_minute: ClassVar[int] = 30
    extra: tuple[str, ...] = ()

    def events(self) -> dict[str, str]:
        """Each event's text by its lesson's id."""
        lessons = list(self.club.lessons.values())
        shown: list[Any] = []
        for first in range(0, len(lessons) or 1, self.page_size):
            shown += self.page("lessons", lessons, first, self.page_size, self._fields)
        return {fields["id"]: _event(fields) for fields in shown}

    def _fields(self, lesson: ClubLesson) -> dict[str, Any]:
        child = next(iter(self.club.children.values()))
        number, zone = int(lesson.id), ZoneInfo(self.club.zone)
        starts, ends = (dt.datetime.combine(lesson.day, time) for time in (lesson.starts_at, lesson.ends_at))
        if number % 3 == 0:  # in UTC; in the club's zone by its name; floating
            utc = [each.replace(tzinfo=zone).astimezone(dt.UTC) for each in (starts, ends)]
            times = [f"DTSTART:{utc[0]:%Y%m%dT%H%M%SZ}", f"DTEND:{utc[1]:%Y%m%dT%H%M%SZ}"]
        elif number % 3 == 1:
            name = self.club.zone
            times = [f"DTSTART;TZID={name}:{starts:%Y%m%dT%H%M%S}", f"DTEND;TZID={name}:{ends:%Y%m%dT%H%M%S}"]
        else:
            times = [f"DTSTART:{starts:%Y%m%dT%H%M%S}", f"DURATION:PT{(ends - starts).seconds // 60}M"]
        is_cancelled = lesson.state is LessonState.CANCELLED
        return {
            "id": lesson.id,
            "times": times,
            "summary": self.club.groups[lesson.group].title,
            "status": "CANCELLED" if is_cancelled else "CONFIRMED",
            "people": [f"ATTENDEE;CN={child.name}:mailto:a@b.example", f"DESCRIPTION:Придёт {child.name}\\, {child.certificate}"],
        }

    def calendar(self, events: Iterable[str]) -> bytes:
        """A whole calendar."""
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Klub//RU", "\r\n".join([*events, "END:VCALENDAR", ""])]
        return "\r\n".join(lines).encode()

    def _state(self) -> str:
        """Another word after each change."""
        said = repr((sorted(self.events().items()), self.extra))
        return blake2b(said.encode(), digest_size=8).hexdigest()


class IcsEmulator(CalendarEmulator):
    """A file, known by its ETag; ``gives``: the headers that say when it has changed."""

    gives: tuple[str, ...] = ("ETag",)

    @property
    def address(self) -> str:
        """The secret one: the key is in it."""
        return f"{self.url}/calendar/private-{self.key}/basic.ics"

    def account(self) -> Mapping[str, Any]:
        return {"secret_address": self.address, "zone": self.club.zone}

    def answer(self, request: Request) -> Answer:
        if request.path != f"/calendar/private-{self.key}/basic.ics":
            return self.refusal(404)
        state = self._state()
        headers = {"ETag": f'"{state}"', "Last-Modified": _date_of(state)}
        asked = {"ETag": request.headers.get("if-none-match"), "Last-Modified": request.headers.get("if-modified-since")}
        given = {name: headers[name] for name in self.gives}
        if any(asked[name] == value for name, value in given.items()):
            return Answer(b"", 304, given)
        return Answer(self.calendar([*self.events().values(), *self.extra]), 200, {"Content-Type": "text/calendar"} | given)

    def refusal(self, status: int) -> Answer:
        return Answer(b"<html><title>Error</title></html>", status, {"Content-Type": "text/html"})


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
        return f"http://klub.example/sync/{self._state()}"

    def _properties(self) -> Answer:
        mark = f"<d:sync-token>{self._token()}</d:sync-token>" if self.gives == "sync-token" else ""
        if self.gives == "getctag":
            mark = f'<s:getctag xmlns:s="http://calendarserver.org/ns/">{self._state()}</s:getctag>'
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


def _event(fields: Mapping[str, Any]) -> str:
    """A spoilt one says nonsense in each of its fields."""
    times = fields["times"] if isinstance(fields["times"], list) else [f"DTSTART:{fields['times']}"]
    people = fields["people"] if isinstance(fields["people"], list) else []
    head = ["BEGIN:VEVENT", f"UID:{fields['id']}", "DTSTAMP:20250901T000000Z", *times]
    return "\r\n".join([*head, f"SUMMARY:{fields['summary']}", f"STATUS:{fields['status']}", *people, "END:VEVENT"])


def _response(href: str, properties: str) -> str:
    found = f"<d:propstat><d:prop>{properties}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
    return f"<d:response><d:href>{href}</d:href>{found}</d:response>"


def _answered(inner: str) -> Answer:
    return Answer(_MULTISTATUS.format(inner).encode(), 207, {"Content-Type": "application/xml; charset=utf-8"})


def _date_of(state: str) -> str:
    """A time of change that is another after each."""
    moment = dt.datetime(2025, 1, 1) + dt.timedelta(seconds=int(state[:6], 16))
    return f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
