"""Which lessons a group has on a day: the provider's own timetable where a source brings one, else the register's with its exceptions.

A lesson is (group, day, slot), slot its ordinal within the group's day, cancelled ones counted. A source's own ids and start times are
aliases of it: two sources' lessons of a day join by equal start, else, if equally many, in order, else nobody can say which is which.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway.core.claims import LessonAt
from gateway.core.facts import LessonException, LessonState, RegisterGroup, TimetableLine
from gateway.core.periods import ALWAYS, Period

WEEK = dt.timedelta(days=7)
_HALF_A_DAY = dt.timedelta(hours=12)
_DEFAULT_LENGTH = dt.timedelta(minutes=45)


class OwnLesson(NamedTuple):
    """A source's own word on a lesson. ``starts_at``, ``ends_at``: "HH:MM"; "" as start is all the day's lessons, as end: not said."""

    source: str
    starts_at: str
    ends_at: str = ""
    is_cancelled: bool = False


class OwnDay(NamedTuple):
    """What a provider's sources say of the lessons of a day.

    ``scheduled_by``: those that told the whole timetable of these days; ``is_doubtful``: but it is not certain that any was in use then.
    """

    lessons: tuple[OwnLesson, ...] = ()
    scheduled_by: frozenset[str] = frozenset()
    is_doubtful: bool = False


class DayLessons(NamedTuple):
    """The lessons of a group's day by time; ``own``: (source, its own start) → the position of the lesson that it means.

    ``is_doubtful``: it has none, but the register plans one, and nobody can say whether the club's system, which has none, was in use then.
    """

    lessons: tuple[LessonAt, ...] = ()
    own: Mapping[tuple[str, str], int] = {}
    is_doubtful: bool = False

    def position(self, source: str, lesson: str) -> int | None:
        """Which of the day's lessons a source's own one is; None: nobody can say.

        Args:
            lesson: its start as "HH:MM", or an id of which no start is known.
        """
        known = self.own.get((source, lesson))
        if known is not None:
            return known
        alike = [place for place, one in enumerate(self.lessons) if f"{one.starts_at:%H:%M}" == lesson]
        return alike[0] if alike else 0 if len(self.lessons) == 1 else None


class StandingLesson(NamedTuple):
    """A source's lesson as it stands; ``state`` None: it is not listed any more. Times as in `OwnLesson`."""

    group: str
    day: dt.date
    starts_at: str
    ends_at: str
    state: LessonState | None


class Schedule(NamedTuple):
    """The days of a group of which a source has told the whole timetable; only where it has any lesson in them."""

    group: str
    period: Period


class OwnLessons:
    """What a provider's sources say of lessons.

    A told timetable holds from the first to the last lesson that the source has ever told of the group. A club may begin or give up a
    system in mid-month: more than a week before and after these the register's timetable holds, and within that week nobody can say.
    """

    def __init__(self) -> None:
        self._lessons: dict[tuple[str, dt.date], dict[tuple[str, str], OwnLesson]] = defaultdict(dict)
        self._schedules: dict[str, set[tuple[str, Period]]] = defaultdict(set)
        self._known: dict[tuple[str, str], Period] = {}

    def say(self, source: str, lessons: Iterable[StandingLesson]) -> None:
        """A source's words: each replaces what it said of that lesson before."""
        for group, day, starts_at, ends_at, state in lessons:
            self.knows(source, group, Period(day, day))
            said = self._lessons[(group, day)]
            if state is None:
                said.pop((source, starts_at), None)
            else:
                said[(source, starts_at)] = OwnLesson(source, starts_at, ends_at, state is LessonState.CANCELLED)

    def knows(self, source: str, group: str, period: Period) -> None:
        """A source has told lessons of the group on the first and the last of these days, though they may not stand any more."""
        known = self._known.get((source, group), period)
        self._known[(source, group)] = Period(min(known.first, period.first), max(known.last, period.last))

    def schedule(self, source: str, told: Iterable[Schedule], untold: Iterable[Schedule] = ()) -> None:
        """A source's whole timetables, and those that it does not tell any more."""
        for group, period in untold:
            self._schedules[group].discard((source, period))
        for group, period in told:
            self._schedules[group].add((source, period))

    def on(self, group: str, day: dt.date) -> OwnDay:
        """What is said of a day of a group."""
        said, schedules = self._lessons.get((group, day)), self._schedules.get(group)
        if not said and not schedules:
            return _NOTHING_SAID
        scheduled_by, in_use = set(), False
        for source, period in schedules or ():
            known = self._known.get((source, group))
            if known is not None and day in period and known.first - WEEK < day < known.last + WEEK:
                scheduled_by.add(source)
                in_use = in_use or day in known
        lessons = tuple(said[key] for key in sorted(said)) if said else ()
        return OwnDay(lessons, frozenset(scheduled_by), bool(scheduled_by) and not in_use)


_NOTHING_SAID = OwnDay()
_NO_LESSONS = DayLessons()
_DOUBTFUL = DayLessons(is_doubtful=True)
_Times = dict[dt.time, tuple[dt.time, bool]]
"""Start → end, and whether it is cancelled."""


def lessons_on(
    group: RegisterGroup, day: dt.date, zone: ZoneInfo, own: OwnDay = _NOTHING_SAID, precedence: Sequence[str] = ()
) -> DayLessons:
    """The group's lessons of a day, by time.

    A source that tells its whole timetable comes before the register's; the others' lessons join what is there.

    Args:
        precedence: the sources whose timetable goes first, by the provider's setting.
    """
    told: dict[str, list[OwnLesson]] = defaultdict(list)
    for one in own.lessons:
        if one.starts_at:
            told[one.source].append(one)
    sources = sorted({*told, *own.scheduled_by}, key=lambda source: (source not in own.scheduled_by, *_rank(source, precedence)))
    planned = _of_register(group, day)
    times: _Times = {} if own.scheduled_by else dict(planned)
    meant = {(source, one): start for source in sources for one, start in _join(times, told[source], planned).items()}
    if any(not one.starts_at and one.is_cancelled for one in own.lessons):
        times = {start: (end, True) for start, (end, _) in times.items()}
    if not times:
        return _DOUBTFUL if own.is_doubtful and not all(is_cancelled for _, is_cancelled in planned.values()) else _NO_LESSONS
    starts = sorted(times)
    lessons = tuple(
        LessonAt(
            group.group, day, slot, dt.datetime.combine(day, start, zone), _ends_at(day, start, times[start][0], zone), times[start][1]
        )
        for slot, start in enumerate(starts, start=1)
    )  # fmt: skip
    return DayLessons(lessons, {key: starts.index(start) for key, start in meant.items()})


def _rank(source: str, precedence: Sequence[str]) -> tuple[int, str]:
    return (precedence.index(source) if source in precedence else len(precedence), source)


def _join(times: _Times, told: Sequence[OwnLesson], planned: _Times) -> dict[str, dt.time]:
    """A source's lessons take their places among the day's, or add to them; own start → the start of the lesson that it is."""
    own = {one.starts_at: dt.time.fromisoformat(one.starts_at) for one in told}
    meant = {text: start for text, start in own.items() if start in times}
    left, free = sorted(own.keys() - meant.keys()), sorted(times.keys() - set(meant.values()))
    if len(left) == len(free):
        meant.update(zip(left, free, strict=True))
    elif not free:
        meant.update({text: own[text] for text in left})
    for one in told:
        start = meant.get(one.starts_at)
        if start is not None:
            end, is_cancelled = times.get(start) or (_end_of(one, start, planned), False)
            times[start] = (end, is_cancelled or one.is_cancelled)
    return meant


def _end_of(lesson: OwnLesson, start: dt.time, planned: _Times) -> dt.time:
    """As the source says, else as the register plans a lesson of that start."""
    if lesson.ends_at:
        return dt.time.fromisoformat(lesson.ends_at)
    end, _ = planned.get(start, (start, False))
    return end


def _ends_at(day: dt.date, start: dt.time, end: dt.time, zone: ZoneInfo) -> dt.datetime:
    """A lesson whose end is before its start goes past midnight: it is of the day, and of the month, on which it starts.

    One that would last half a day so is a slip of somebody's pen: its end counts as not said.
    """
    starts, ends = dt.datetime.combine(day, start), dt.datetime.combine(day, end)
    if ends <= starts:
        ends += dt.timedelta(days=1)
        if ends - starts >= _HALF_A_DAY:
            ends = starts + _DEFAULT_LENGTH
    return ends.replace(tzinfo=zone)


def _of_register(group: RegisterGroup, day: dt.date) -> _Times:
    times: _Times = {}
    if any(exception.moved_from == day for exception in group.exceptions):
        if not any(exception.day == day for exception in group.exceptions):
            return times
    else:
        for line in group.timetable:
            if _meets(line, group, day):
                times[line.starts_at] = (line.ends_at, False)
    for exception in group.exceptions:
        if exception.day == day:
            _apply(exception, times)
    return times


def planned_days(group: RegisterGroup, period: Period, own: OwnLessons | None = None) -> frozenset[dt.date]:
    """Days of the period with at least one lesson that nobody has cancelled."""
    own, zone = own or OwnLessons(), ZoneInfo("UTC")
    days = ((day, lessons_on(group, day, zone, own.on(group.group, day)).lessons) for day in period.days())
    return frozenset(day for day, lessons in days if any(not lesson.is_cancelled for lesson in lessons))


def _meets(line: TimetableLine, group: RegisterGroup, day: dt.date) -> bool:
    if day.isoweekday() != line.weekday or day not in line.valid:
        return False
    if line.valid == ALWAYS and (day < (group.starts_on or dt.date.min) or day > (group.ends_on or dt.date.max)):
        return False
    if line.weeks == "every":
        return True
    return (day.isocalendar().week % 2 == 1) == (line.weeks == "odd")


def _apply(exception: LessonException, times: _Times) -> None:
    """A cancellation speaks of the lesson of its time, of a day's only lesson whatever its time, or without a time of all the day's."""
    starts_at = exception.starts_at
    if starts_at is None or (exception.cancelled and starts_at not in times and len(times) == 1):
        for known, (ends_at, _) in times.items():
            times[known] = (ends_at, exception.cancelled)
        return
    ends_at = exception.ends_at or (times[starts_at][0] if starts_at in times else _later(starts_at))
    times[starts_at] = (ends_at, exception.cancelled)


def _later(starts_at: dt.time) -> dt.time:
    return (dt.datetime.combine(dt.date(2000, 1, 1), starts_at) + _DEFAULT_LENGTH).time()


def schedule_of(group: RegisterGroup) -> Mapping[str, object]:
    """What of a group decides its lessons: where it is unchanged, no mark has to be matched anew."""
    return {"timetable": group.timetable, "exceptions": group.exceptions, "dates": (group.starts_on, group.ends_on)}
