"""What a calendar says of some days: lessons by group, and what a person has to be told of it."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from adapters.ical.events import Event, event_of, group_in, uid_of
from adapters.ical.series import Instance, Steps, Unending, instances, newest
from adapters.ical.settings import IcalendarSettings
from adapters.ical.text import Block, blocks_of
from adapters.ical.wire import Part
from adapters.ical.zones import Zones
from gateway.plugins import NO_SENSE, Finding, Lesson, LessonState, Level, Period, Place, SourceRefused, Text, unread

EVENTS_MAX = 50_000
LESSONS_MAX = 100_000
FINDINGS_MAX = 100
_ALL_DAYS = Period(dt.date(1900, 1, 1), dt.date(2300, 1, 1))
_FAR = dt.timedelta(days=35)
_STARTS = re.compile(r"DTSTART(?:;[A-Za-z-]+=[^:;\"]*)*:(\d{4})(\d\d)(\d\d)")
_OF_SERIES = re.compile(r"(?:RRULE|RDATE|RECURRENCE-ID)\b", re.IGNORECASE)
_EVENT = Text("событие календаря", "the calendar's event")


@dataclass
class Timetable:
    """``spoilt``: groups of which something could not be read; None: nobody knows of which. ``events``: all that there were."""

    lessons: dict[str, list[Lesson]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    spoilt: set[str | None] = field(default_factory=set)
    unknown_zones: set[str] = field(default_factory=set)
    events: int = 0
    unread: int = 0
    all_day: int = 0

    def is_whole(self, group: str) -> bool:
        """Whether all of a group was read: only then is what is missing gone. Words that no other event has may be part of the nonsense,
        and the event any group's."""
        return group not in self.spoilt and self.spoilt <= self.lessons.keys()


def timetable_of(parts: Iterable[Part], period: Period, settings: IcalendarSettings, url_of: Callable[[str, str], str]) -> Timetable:
    """Read a calendar.

    Args:
        url_of: where a person finds an event, by its part's address and its UID.

    Raises:
        SourceRefused: it is larger than any timetable.
    """
    reading = _Reading(period, settings, url_of)
    for part in parts:
        reading.take(part)
    reading.expand()
    return reading.found


def glance_at(parts: Iterable[Part], settings: IcalendarSettings, url_of: Callable[[str, str], str]) -> Timetable:
    """What there is in a calendar, of whatever day: its groups, without their lessons.

    Raises:
        SourceRefused: as `timetable_of`.
    """
    reading = _Reading(_ALL_DAYS, settings, url_of)
    for part in parts:
        reading.take(part)
    reading.count()
    return reading.found


class _Reading:
    def __init__(self, period: Period, settings: IcalendarSettings, url_of: Callable[[str, str], str]) -> None:
        self.found = Timetable()
        self._period = period
        self._settings = settings
        self._url_of = url_of
        self._club = settings.clocks.club
        self._events: list[Event] = []
        self._part_of: dict[str, str] = {}
        self._bad: set[str] = set()

    def take(self, part: Part) -> None:
        """Understand the events of a part. One that makes no sense is told, and stops no other."""
        if part.lines is None:
            self._unread(part.url, None, None)
            return
        zones, events = Zones(self._settings.clocks.system), []
        blocks = list(blocks_of(part.lines))
        zones.describe(block for block in blocks if block.kind == "VTIMEZONE")
        for block in blocks:
            if block.kind != "VEVENT":
                continue
            self.found.events += 1
            if self.found.events > EVENTS_MAX:
                raise _too_many(Text(f"больше {EVENTS_MAX} событий", f"more than {EVENTS_MAX} events"))
            if self._is_far(block):
                continue
            uid = uid_of(block)
            try:
                events.append(event_of(block, zones, self._settings))
            except NO_SENSE:
                self._bad.add(uid)
                self._unread(self._url_of(part.url, uid), uid, group_in(block, self._settings))
            else:
                self._part_of[uid] = part.url
        self._events += events
        self.found.unknown_zones |= zones.unknown

    def _is_far(self, block: Block) -> bool:
        """A single event of another year need not be understood. Most of an old calendar is such events."""
        if not block.is_whole or any(_OF_SERIES.match(line) for line in block.lines):
            return False
        found = next((match for line in block.lines if (match := _STARTS.match(line))), None)
        try:
            day = dt.date(*map(int, found.groups())) if found is not None else None
        except ValueError:
            return False
        return day is not None and not self._period.first - _FAR <= day <= self._period.last + _FAR

    def count(self) -> None:
        """Groups and events, without laying anything out."""
        for event in self._events:
            if event.is_all_day:
                self.found.all_day += 1
            elif event.group is not None:
                self.found.lessons.setdefault(event.group, [])

    def expand(self) -> None:
        """Lay out the series over the days, and tell what a person must know."""
        steps, told, whole_days = Steps(), [], []  # type: Steps, list[Instance], list[Instance]
        for uid, events in newest(self._events).items():
            if uid in self._bad:
                # Whatever of it made sense: without the bad part nobody knows which of its lessons take place.
                self.found.spoilt |= {event.group for event in events if event.group is not None}
                continue
            try:
                found = instances(events, self._period, self._club, steps)
            except (*NO_SENSE, OverflowError) as error:
                self._unread(self._url_of(self._part_of[uid], uid), uid, next((e.group for e in events if e.group), None), error)
                continue
            for each in found:
                if each.is_all_day or (each.ends is not None and each.ends - each.starts >= dt.timedelta(days=1)):
                    whole_days.append(each)
                elif each.group is not None:
                    told.append(each)
            if len(told) > LESSONS_MAX:
                raise _too_many(Text(f"больше {LESSONS_MAX} занятий за срок", f"more than {LESSONS_MAX} lessons in the time that is read"))
        if self._settings.group:
            self.found.lessons.setdefault(self._settings.group, [])  # known, though it may have no lesson now
        self._tell(told)
        self._tell_whole_days(whole_days)
        self._tell_zones()

    def _tell(self, told: Iterable[Instance]) -> None:
        """A lesson that takes place stands before one that was to be at the same time and does not."""
        of_time: dict[tuple[str, dt.date, dt.time], list[Lesson]] = defaultdict(list)
        for each in told:
            assert each.group is not None  # others are no lessons
            lesson = self._lesson(each, each.group)
            assert lesson.starts_at is not None
            of_time[(lesson.group, lesson.day, lesson.starts_at)].append(lesson)
        for (group, _, _), lessons in sorted(of_time.items()):
            planned = [lesson for lesson in lessons if lesson.state is LessonState.PLANNED]
            self.found.lessons.setdefault(group, []).extend(planned or lessons[:1])

    def _lesson(self, each: Instance, group: str) -> Lesson:
        starts = each.starts.astimezone(self._club)
        ends = each.ends.astimezone(self._club).time().replace(second=0, microsecond=0) if each.ends is not None else None
        state = LessonState.CANCELLED if each.is_cancelled else LessonState.PLANNED
        place = Place(url=self._url_of(self._part_of[each.uid], each.uid))
        return Lesson(group, starts.date(), state, place, each.own_id, starts.time().replace(second=0, microsecond=0), ends)

    def _tell_whole_days(self, found: list[Instance]) -> None:
        if not found:
            return
        self.found.all_day = len({each.uid for each in found})
        first = found[0]
        self._told(
            Finding(
                Level.QUESTION,
                Place(url=self._url_of(self._part_of[first.uid], first.uid)),
                Text(
                    f"событий на весь день: {self.found.all_day}; занятиями не считаются",
                    f"{self.found.all_day} all-day events: taken for no lessons",
                ),
                Text("если это занятия, впишите им время начала и конца", "if they are lessons, give them a start and an end"),
            )
        )

    def _tell_zones(self) -> None:
        if self.found.unknown_zones:
            listed = ", ".join(sorted(name[:40] for name in self.found.unknown_zones)[:5])
            self._told(
                Finding(
                    Level.QUESTION,
                    Place(url=next(iter(self._part_of.values()), self._settings.shown)),
                    Text(
                        f"часовые пояса неизвестны: {listed}; время понято как {self._settings.zone}",
                        f"unknown time zones: {listed}; their times were taken for {self._settings.zone}",
                    ),
                    Text("проверьте часы одного такого занятия", "check the hours of one such lesson"),
                )
            )

    def _unread(self, url: str, uid: str | None, group: str | None, error: Exception | None = None) -> None:
        self.found.unread += 1
        self.found.spoilt.add(group)
        if isinstance(error, Unending):
            what = Text(
                f"не прочитано: {_EVENT.ru}; оно повторяется без конца или слишком часто",
                f"not read: {_EVENT.en}; it repeats without end or too often",
            )
            cure = Text("исправьте в календаре, как часто событие повторяется", "mend in the calendar how often the event repeats")
            self._told(Finding(Level.UNREAD, Place(url=url), what, cure, group))
        else:
            self._told(unread(_EVENT, uid and uid[:80], url, group))

    def _told(self, finding: Finding) -> None:
        if len(self.found.findings) < FINDINGS_MAX:
            self.found.findings.append(finding)


def _too_many(what: Text) -> SourceRefused:
    return SourceRefused(
        Text(f"в календаре {what.ru}: для расписания это слишком много", f"the calendar has {what.en}: too many for a timetable"),
        Text(
            "заведите для занятий отдельный календарь или уменьшите срок в настройках",
            "keep a calendar for lessons alone, or read fewer days",
        ),
    )
