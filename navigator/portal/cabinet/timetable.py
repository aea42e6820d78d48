"""Lessons of a group day by day: the timetable's, with those that are moved, cancelled and added; and a child's week.

A day's lessons are counted as the gateway counts them: by time, cancelled ones too, so that a slot means the same lesson on both sides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from navigator.clock import DEFAULT_ZONE

PLANNED, CANCELLED, MOVED = "planned", "cancelled", "moved"
DEFAULT_MINUTES = 45

Item = Mapping[str, Any]


class Lesson(NamedTuple):
    """One lesson. ``slot``: its ordinal within the group's day, 0 of one that was moved away. Times are "HH:MM" at the provider.

    ``state``: planned, cancelled, or moved (away, to ``other_day``); a planned one that was moved here names in ``other_day`` whence.
    """

    group: str
    day: dt.date
    slot: int
    starts_at: str
    ends_at: str
    state: str
    other_day: dt.date | None = None

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return _clock(self.ends_at) - _clock(self.starts_at)


class Place(NamedTuple):
    """Where a child goes: the group as the catalogue serves it, who provides it, and in which time zone its hours are meant."""

    group: Item
    provider_name: str
    time_zone: str | None

    @property
    def title(self) -> str:
        """The programme's name, as families know it."""
        return str(self.group["programme"]["title"] or self.group["title"] or self.group["group"])

    def time_of(self, moment: str) -> str:
        """An instant (aware ISO text) as the provider's wall clock shows it, "HH:MM"; Moscow's where the provider names no zone."""
        return dt.datetime.fromisoformat(moment).astimezone(ZoneInfo(self.time_zone or DEFAULT_ZONE)).strftime("%H:%M")


class Attending(NamedTuple):
    """A child in a group: the enrollment with its days (both included) and state."""

    enrollment: str
    starts_on: dt.date
    ends_on: dt.date
    state: str
    place: Place


def lessons_of(group: Item, first: dt.date, last: dt.date) -> list[Lesson]:
    """The group's lessons within the days, both included, by day and time."""
    days = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    return [lesson for day in days for lesson in lessons_on(group, day)]


def lessons_on(group: Item, day: dt.date) -> list[Lesson]:
    """The group's lessons of a day, by time; those that were moved away from it come last."""
    text = day.isoformat()
    single = [each for each in group["lessons"] if each["date"] == text]
    left = [each for each in group["lessons"] if each["moved_from"] == text]
    regular = {line["starts_at"]: line["ends_at"] for line in group["timetable"] if _meets(line, day)}
    times: dict[str, tuple[str, str, str | None]] = {} if left else {start: (end, PLANNED, None) for start, end in regular.items()}
    for each in single:
        _apply(each, times, regular)
    found = []
    for slot, start in enumerate(sorted(times), start=1):
        end, state, came_from = times[start]
        found.append(Lesson(group["group"], day, slot, start, end, state, _day(came_from)))
    if left:
        days = sorted(each["date"] for each in left)
        gone = sorted((start, end) for start, end in regular.items() if start not in times)
        for number, (start, end) in enumerate(gone):
            found.append(Lesson(group["group"], day, 0, start, end, MOVED, _day(days[min(number, len(days) - 1)])))
    return found


def ahead(attending: Attending, first: dt.date, last: dt.date) -> list[Lesson]:
    """The lessons that a child is to attend within the days, as the timetable has them now."""
    first, last = max(first, attending.starts_on), min(last, attending.ends_on)
    return [lesson for lesson in lessons_of(attending.place.group, first, last) if lesson.state == PLANNED]


def of_week(attended: Iterable[Attending], monday: dt.date) -> list[tuple[dt.date, list[tuple[Attending, Lesson]]]]:
    """Each day of the week that begins on ``monday``, with what a child's groups have on it, by time."""
    days = [monday + dt.timedelta(days=number) for number in range(7)]
    groups = list(attended)
    return [(day, _of_day(groups, day)) for day in days]


def _of_day(attended: Sequence[Attending], day: dt.date) -> list[tuple[Attending, Lesson]]:
    found = [(each, lesson) for each in attended if each.starts_on <= day <= each.ends_on for lesson in lessons_on(each.place.group, day)]
    return sorted(found, key=lambda pair: (pair[1].starts_at, pair[0].place.title))


def minutes_of(place: Place, day: dt.date, slot: int, moment: str) -> int | None:
    """How long the lesson was that began at the instant: as the timetable's of that hour, else of the slot; None: nobody knows."""
    lessons, start = lessons_on(place.group, day), place.time_of(moment)
    found = [each for each in lessons if each.starts_at == start] or [each for each in lessons if each.slot == slot]
    return found[0].minutes if found else None


def week_is_odd(day: dt.date) -> bool:
    """By the number of the ISO week, as timetables with odd and even weeks count."""
    return day.isocalendar().week % 2 == 1


def _apply(single: Item, times: dict[str, tuple[str, str, str | None]], regular: Mapping[str, str]) -> None:
    """A cancellation speaks of the lesson of its time, or of the day's only one."""
    start, is_cancelled = single["starts_at"], single["state"] == CANCELLED
    if is_cancelled and start not in times and len(times) == 1:
        start = next(iter(times))
    known = times[start][0] if start in times else regular.get(start)
    end = single["ends_at"] if single["ends_at"] and single["ends_at"] > start else known
    times[start] = (end or _later(start), CANCELLED if is_cancelled else PLANNED, single["moved_from"])


def _meets(line: Item, day: dt.date) -> bool:
    if day.isoweekday() != line["weekday"] or not line["valid_from"] <= day.isoformat() <= line["valid_to"]:
        return False
    return bool(line["weeks"] == "every" or (line["weeks"] == "odd") == week_is_odd(day))


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _clock(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])


def _later(time: str) -> str:
    minutes = min(_clock(time) + DEFAULT_MINUTES, 23 * 60 + 59)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
