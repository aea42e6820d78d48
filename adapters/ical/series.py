"""Events → lessons' times within some days: rules, further and left-out dates, instances that differ.

The libraries that expand calendars tell what takes place; a timetable also has to tell what does not any more: an instance that was left
out, cancelled or moved away. And a rule must come to an end here, whoever wrote it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from adapters.ical.events import Event
from gateway.plugins import Period

STEPS_MAX = 3_000_000
"""Steps that all rules of a reading may take together: some ten seconds."""
STEPS_OF_A_RULE = 100_000
STEPS_OF_A_BARREN_RULE = 1_000_000
"""What a rule costs that is never met again: it is only known by trying all years."""
A_DAY_MAX = 24
"""Instances of a rule on one day."""
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_DAY = dt.timedelta(days=1)


class Unending(ValueError):
    """A rule without an end that anybody could wait for."""


class Instance(NamedTuple):
    """One lesson. ``own_id``: its event's, and its original start where the event has several; ``ends`` None: not said."""

    own_id: str
    uid: str
    group: str | None
    starts: dt.datetime
    ends: dt.datetime | None
    is_cancelled: bool
    is_all_day: bool = False


class Steps:
    """What expanding rules has cost so far."""

    def __init__(self) -> None:
        self._left = STEPS_MAX

    def take(self, count: int) -> None:
        """Raises `Unending` where there are none left."""
        self._left -= count
        if self._left < 0:
            raise Unending("too many steps")


def newest(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Events by UID, of each instance the version that was made last."""
    found: dict[str, dict[dt.date | None, Event]] = {}
    for event in events:
        versions = found.setdefault(event.uid, {})
        key = _instant(event.replaces) if isinstance(event.replaces, dt.datetime) else event.replaces
        known = versions.get(key)
        if known is None or (event.sequence, event.changed) >= (known.sequence, known.changed):
            versions[key] = event
    return {uid: list(versions.values()) for uid, versions in found.items()}


def instances(events: Iterable[Event], period: Period, club: ZoneInfo, steps: Steps) -> list[Instance]:
    """The instances of one UID whose day, on the club's wall, lies within ``period``.

    Raises:
        ValueError: a rule makes no sense, or has no end.
    """
    core = next((event for event in events if event.replaces is None), None)
    others = sorted(_other(event, core or event) for event in events if event.replaces is not None)
    found = list(_without_series(others) if core is None else _of_series(core, others, period, steps))
    return [each for each in found if each.starts.astimezone(club).date() in period]


class _Other(NamedTuple):
    """An instance that differs from its series. ``original``: its original start, in UTC; ``starts``: its own."""

    original: dt.datetime
    starts: dt.datetime
    event: Event


def _other(event: Event, core: Event) -> _Other:
    """Where only the day of the original start is said, it is the series' usual time."""
    said = event.replaces
    assert said is not None
    original = said if isinstance(said, dt.datetime) else dt.datetime.combine(said, core.starts.time(), core.zone)
    return _Other(_instant(original), event.starts.replace(tzinfo=event.zone), event)


def _without_series(others: Iterable[_Other]) -> Iterator[Instance]:
    for other in others:
        yield _told(other.event, f"{other.event.uid}/{_id_of(other.original)}", other.starts, other.event.length, other.event.group)


def _of_series(core: Event, others: list[_Other], period: Period, steps: Steps) -> Iterator[Instance]:
    is_series = bool(core.rules or core.added or others)
    differs = {other.original: other for other in others}
    left_out = {_instant(each) for each in core.left_out if isinstance(each, dt.datetime)}
    days_out = {each for each in core.left_out if not isinstance(each, dt.datetime)}
    shifts = [other for other in others if other.event.and_later]
    first, last = _span(period, shifts)
    lengths = dict(core.added)
    for start in _starts(core, first, last, steps):
        original = start.replace(tzinfo=core.zone)
        instant = _instant(original)
        own_id = f"{core.uid}/{_id_of(original)}" if is_series else core.uid
        length = lengths.get(start) or core.length
        other = differs.pop(instant, None)
        earlier = [shift for shift in shifts if shift.original < instant]
        if instant in left_out or start.date() in days_out:
            yield _told(core, own_id, original, length, core.group, is_cancelled=True)
        elif other is not None:
            yield from _moved(core, other.event, own_id, original, length, other.starts)
        elif earlier:  # by the same difference as the one since which all are moved
            there = earlier[-1].starts - earlier[-1].original
            yield from _moved(core, earlier[-1].event, own_id, original, length, original + there)
        else:
            yield _told(core, own_id, original, length, core.group)
    for other in differs.values():
        if other.original not in left_out and other.original.astimezone(core.zone).date() not in days_out:
            yield from _stray(core, other, first, last)


def _stray(core: Event, other: _Other, first: dt.datetime, last: dt.datetime) -> Iterator[Instance]:
    """An instance whose original start is none of the series': it lies outside of these days, or the series was changed since."""
    is_within = first <= other.original.astimezone(core.zone).replace(tzinfo=None) <= last
    is_stale = is_within and other.event.sequence < core.sequence
    if not is_stale and not other.event.is_cancelled:
        own_id = f"{core.uid}/{_id_of(other.original)}"
        yield _told(other.event, own_id, other.starts, other.event.length, core.group, core.is_cancelled)


def _moved(
    core: Event, other: Event, own_id: str, original: dt.datetime, length: dt.timedelta | None, start: dt.datetime
) -> Iterator[Instance]:
    """An instance that differs: where it is now; and where it was meant to be, if that is another time.

    It stays in its series' group: a title or a room that is another for one day («today with parents») makes no group of its own.
    """
    is_cancelled = core.is_cancelled or other.is_cancelled
    if is_cancelled:
        yield _told(core, own_id, original, length, core.group, is_cancelled=True)
        return
    if _instant(start) != _instant(original) or other.is_all_day is not core.is_all_day:
        yield _told(core, f"{own_id}#left", original, length, core.group, is_cancelled=True)
    yield _told(other, own_id, start, other.length, core.group)


def _told(
    event: Event, own_id: str, start: dt.datetime, length: dt.timedelta | None, group: str | None, is_cancelled: bool = False
) -> Instance:
    ends = None if length is None else (start.astimezone(dt.UTC) + length)
    return Instance(own_id, event.uid, group, start, ends, is_cancelled or event.is_cancelled, event.is_all_day)


def _span(period: Period, shifts: Iterable[_Other]) -> tuple[dt.datetime, dt.datetime]:
    """The days in which an original start may lie: zones differ by a day at most, and a series may be shifted."""
    far = max((abs(shift.starts - shift.original) for shift in shifts), default=dt.timedelta())
    margin = 2 * _DAY + min(far, 400 * _DAY)
    return dt.datetime.combine(period.first, dt.time()) - margin, dt.datetime.combine(period.last, dt.time.max) + margin


def _starts(core: Event, first: dt.datetime, last: dt.datetime, steps: Steps) -> list[dt.datetime]:
    """The original starts, on the event's own wall clock."""
    found = {start for start, _ in core.added}
    if not core.rules or any(until is None or until >= core.starts for _, until in core.rules):
        found.add(core.starts)
    for text, until in core.rules:
        found.update(_expanded(text, core.starts, first, min(last, until or last), steps))
    starts = sorted(start for start in found if first <= start <= last)
    if any(later - earlier < _DAY / A_DAY_MAX for earlier, later in pairwise(starts)) and len(starts) > 31 * A_DAY_MAX:
        raise Unending("too dense")
    return starts


def _expanded(text: str, start: dt.datetime, first: dt.datetime, last: dt.datetime, steps: Steps) -> Iterator[dt.datetime]:
    steps.take(0)
    said = dict(part.upper().split("=", 1) for part in text.split(";") if part)
    times = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= len(said.get(name, "").split(","))
    if said.get("FREQ") not in _FREQUENCIES or times > A_DAY_MAX or int(said.get("INTERVAL", "1")) < 1:
        raise Unending("a rule that is met too often")
    if int(said.get("COUNT", "1")) < 1:
        del said["COUNT"]
    count = int(said.get("COUNT", "0"))
    taken = 0
    for moment in rrulestr(";".join(f"{name}={value}" for name, value in said.items()), dtstart=start):
        taken += 1
        if taken > STEPS_OF_A_RULE:
            raise Unending("a rule without an end")
        if moment > last:
            break
        if moment >= first:
            yield moment
    else:
        steps.take(0 if count and taken == count else STEPS_OF_A_BARREN_RULE)
    steps.take(taken)


def _instant(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC)


def _id_of(moment: dt.datetime) -> str:
    return f"{_instant(moment):%Y%m%dT%H%M%SZ}"
