"""Which lessons a group has on a day: its timetable, the exceptions to it, and the provider's own word.

A lesson is (group, day, slot), slot its ordinal within the group's day, cancelled ones counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from gateway.core.claims import LessonAt
from gateway.core.facts import LessonException, RegisterGroup, TimetableLine
from gateway.core.periods import ALWAYS, Period

_DEFAULT_LENGTH = dt.timedelta(minutes=45)


def lessons_on(group: RegisterGroup, day: dt.date, zone: ZoneInfo, own_cancelled: Iterable[str] = ()) -> tuple[LessonAt, ...]:
    """The group's lessons of a day, by time.

    Args:
        own_cancelled: start times ("HH:MM", "" for all) that the provider's own source says were cancelled.
    """
    if any(exception.moved_from == day for exception in group.exceptions) and not any(e.day == day for e in group.exceptions):
        return ()
    times: dict[dt.time, tuple[dt.time, bool]] = {}
    if not any(exception.moved_from == day for exception in group.exceptions):
        for line in group.timetable:
            if _meets(line, group, day):
                times[line.starts_at] = (line.ends_at, False)
    for exception in group.exceptions:
        if exception.day == day:
            _apply(exception, times)
    own = set(own_cancelled)
    return tuple(
        LessonAt(
            group.group,
            day,
            slot,
            dt.datetime.combine(day, starts_at, zone),
            dt.datetime.combine(day, ends_at, zone),
            is_cancelled or "" in own or f"{starts_at:%H:%M}" in own,
        )
        for slot, (starts_at, (ends_at, is_cancelled)) in enumerate(sorted(times.items()), start=1)
    )


def planned_days(group: RegisterGroup, period: Period) -> frozenset[dt.date]:
    """Days of the period with at least one lesson that the register has not cancelled."""
    zone = ZoneInfo("UTC")
    return frozenset(day for day in period.days() if any(not lesson.is_cancelled for lesson in lessons_on(group, day, zone)))


def _meets(line: TimetableLine, group: RegisterGroup, day: dt.date) -> bool:
    if day.isoweekday() != line.weekday or day not in line.valid:
        return False
    if line.valid == ALWAYS and (day < (group.starts_on or dt.date.min) or day > (group.ends_on or dt.date.max)):
        return False
    if line.weeks == "every":
        return True
    return (day.isocalendar().week % 2 == 1) == (line.weeks == "odd")


def _apply(exception: LessonException, times: dict[dt.time, tuple[dt.time, bool]]) -> None:
    """A cancellation speaks of the lesson of its time, of a day's only lesson whatever its time, or without a time of all the day's."""
    starts_at = exception.starts_at
    if starts_at is None or (exception.cancelled and starts_at not in times and len(times) == 1):
        for known, (ends_at, _) in times.items():
            times[known] = (ends_at, exception.cancelled)
        return
    ends_at = exception.ends_at or (times[starts_at][0] if starts_at in times else _later(starts_at))
    times[starts_at] = (ends_at, exception.cancelled)


def _later(starts_at: dt.time) -> dt.time:
    moment = dt.datetime.combine(dt.date(2000, 1, 1), starts_at) + _DEFAULT_LENGTH
    return moment.time() if moment.day == 1 else dt.time(23, 59)


def schedule_of(group: RegisterGroup) -> Mapping[str, object]:
    """What of a group decides its lessons: where it is unchanged, no mark has to be matched anew."""
    return {"timetable": group.timetable, "exceptions": group.exceptions, "dates": (group.starts_on, group.ends_on)}
