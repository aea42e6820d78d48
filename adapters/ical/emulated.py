"""A made-up club's lessons as a calendar's events; with the guises in which times come, and with people in them, whom nobody may read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from gateway.plugins import LessonState, Status
from gateway.plugins.testing import ClubLesson, Emulator


class CalendarEmulator(Emulator):
    """What both kinds have: lessons as events. ``extra``: texts of events beside the club's."""

    statuses: ClassVar[tuple[Status, ...]] = (Status.ATTENDED, Status.ABSENT)  # the club has marks; its calendar knows nothing of them
    per_minute: ClassVar[int] = 30
    free_words: ClassVar[frozenset[str]] = frozenset({"summary", "people"})  # whatever a summary says is a group's name
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
        starts, ends = dt.datetime.combine(lesson.day, lesson.starts_at), dt.datetime.combine(lesson.last_day, lesson.ends_at)
        if number % 3 == 0:  # in UTC; in the club's zone by its name; floating
            utc = [each.replace(tzinfo=zone).astimezone(dt.UTC) for each in (starts, ends)]
            times = [f"DTSTART:{utc[0]:%Y%m%dT%H%M%SZ}", f"DTEND:{utc[1]:%Y%m%dT%H%M%SZ}"]
        elif number % 3 == 1:
            name = "Klub/Kabinet 3" if "Time zones" in self.belied else self.club.zone
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

    def state(self) -> str:
        """Another word after each change."""
        said = repr((sorted(self.events().items()), self.extra))
        return blake2b(said.encode(), digest_size=8).hexdigest()


def _event(fields: Mapping[str, Any]) -> str:
    """A spoilt one says nonsense in each of its fields."""
    times = fields["times"] if isinstance(fields["times"], list) else [f"DTSTART:{fields['times']}"]
    people = fields["people"] if isinstance(fields["people"], list) else []
    head = ["BEGIN:VEVENT", f"UID:{fields['id']}", "DTSTAMP:20250901T000000Z", *times]
    return "\r\n".join([*head, f"SUMMARY:{fields['summary']}", f"STATUS:{fields['status']}", *people, "END:VEVENT"])
