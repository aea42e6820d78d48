"""One event of a calendar, understood."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import icalendar

from adapters.ical.settings import IcalendarSettings
from adapters.ical.text import Block
from adapters.ical.zones import Zones

UID_CHARACTERS_MAX = 255
RDATES_MAX = 5000
_TAKES_PLACE = frozenset({"", "CONFIRMED", "TENTATIVE", "NEEDS-ACTION", "IN-PROCESS", "COMPLETED"})
"""An event's own states; and those of tasks, which some programs write into events."""
_CANCELLED = frozenset({"CANCELLED", "CANCELED"})
_YEARS = range(1970, 2200)


@dataclass(frozen=True, slots=True)
class Event:
    """A series, a single event, or one instance of a series that differs (``replaces``: its original start, or its day).

    Attributes:
        starts: on the wall clock of ``zone``.
        length: None where the event does not say when it ends.
        and_later: it replaces all later instances too.
        rules: RRULE texts without UNTIL, each with its last moment on the same clock.
        added, left_out: further starts (with a length of their own, or None), and starts that do not take place; a day is all of it.
        group: the group's words; None: it names none, and is no lesson.
    """

    uid: str
    group: str | None
    starts: dt.datetime
    zone: dt.tzinfo
    length: dt.timedelta | None
    is_all_day: bool
    is_cancelled: bool
    sequence: int
    changed: str
    replaces: dt.datetime | dt.date | None
    and_later: bool
    rules: tuple[tuple[str, dt.datetime | None], ...]
    added: tuple[tuple[dt.datetime, dt.timedelta | None], ...]
    left_out: tuple[dt.datetime | dt.date, ...]


def event_of(block: Block, zones: Zones, settings: IcalendarSettings) -> Event:
    """Understand an event.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it makes no sense.
    """
    if not block.is_whole:
        raise ValueError("without an end")
    found: Any = icalendar.Event.from_ical("\r\n".join(("BEGIN:VEVENT", *block.lines, "END:VEVENT", "")))
    if "EXRULE" in found:
        raise ValueError("EXRULE")
    starts = _moment(found["DTSTART"], zones)
    is_all_day = not isinstance(starts, dt.datetime)
    if starts.year not in _YEARS:
        raise ValueError("year")
    aware = starts if isinstance(starts, dt.datetime) else dt.datetime.combine(starts, dt.time(), zones.club)
    zone = aware.tzinfo
    assert zone is not None  # every moment has one by now
    replaces = found.get("RECURRENCE-ID")
    return Event(
        uid=uid_of(block),
        group=_group_of(found, settings),
        starts=aware.replace(tzinfo=None),
        zone=zone,
        length=_length_of(found, starts, zones),
        is_all_day=is_all_day,
        is_cancelled=_is_cancelled(str(found.get("STATUS", ""))),
        sequence=_number(found.get("SEQUENCE")),
        changed=block.first("LAST-MODIFIED") or block.first("DTSTAMP") or "",
        replaces=None if replaces is None else _moment(replaces, zones),
        and_later=replaces is not None and str(replaces.params.get("RANGE", "")).upper() == "THISANDFUTURE",
        rules=tuple(_rule(each, aware) for each in _listed(found.get("RRULE"))),
        added=tuple(_added(found, zones, aware)),
        left_out=tuple(_moment(each, zones, of) for of in _listed(found.get("EXDATE")) for each in of.dts),
    )


def _is_cancelled(status: str) -> bool:
    """A word that nobody knows may be another «cancelled»: nothing is guessed out of it."""
    word = status.strip().upper()
    if word not in _TAKES_PLACE | _CANCELLED:
        raise ValueError("status")
    return word in _CANCELLED


def uid_of(block: Block) -> str:
    """The event's lasting id; where it has none, one made of what it says."""
    said = block.first("UID")
    if said:
        return said[:UID_CHARACTERS_MAX]
    return "without-uid-" + blake2b(repr(block.lines).encode(), digest_size=8).hexdigest()


def group_in(block: Block, settings: IcalendarSettings) -> str | None:
    """The group of an event that makes no sense, as far as it can be told."""
    if settings.group:
        return settings.group
    said = block.first(settings.group_by.upper())
    return _words(icalendar.vText.from_ical(said), settings) if said else None


def _group_of(found: Any, settings: IcalendarSettings) -> str | None:
    if settings.group:
        return settings.group
    said = found.get(settings.group_by.upper())
    if said is None:
        return None
    if settings.group_by == "categories":
        said = next((str(each) for of in _listed(said) for each in of.cats), "")
    return _words(str(said[0] if isinstance(said, list) else said), settings)


def _words(said: str, settings: IcalendarSettings) -> str | None:
    words = " ".join(said.split())
    prefix = " ".join(settings.prefix.split())
    if not words.casefold().startswith(prefix.casefold()):
        return None
    return words[len(prefix) :].strip() or None


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _moment(value: Any, zones: Zones, holder: Any = None) -> dt.datetime | dt.date:
    """A day, or a moment in its zone; without a zone in the club's. ``holder``: the list that the value stands in."""
    said = value.dt
    if not isinstance(said, dt.date):
        raise ValueError("no moment")
    if not isinstance(said, dt.datetime):
        return said
    name = (value if holder is None else holder).params.get("TZID")
    if name is not None:
        return said.replace(tzinfo=zones.named(str(name)))
    return said.replace(tzinfo=zones.club) if said.tzinfo is None else said.astimezone(dt.UTC)


def _at(moment: dt.datetime | dt.date, start: dt.datetime) -> dt.datetime:
    """A day stands for the instance of that day: at the usual time."""
    return moment if isinstance(moment, dt.datetime) else dt.datetime.combine(moment, start.time(), start.tzinfo)


def _length_of(found: Any, starts: dt.datetime | dt.date, zones: Zones) -> dt.timedelta | None:
    """None where no end is said, or one that is not after the start."""
    if "DTEND" in found:
        ends = _moment(found["DTEND"], zones)
        if isinstance(ends, dt.datetime) is not isinstance(starts, dt.datetime):
            raise ValueError("a day and a moment")
        length = ends - starts
    elif "DURATION" in found:
        length = found["DURATION"].dt
        if not isinstance(length, dt.timedelta):
            raise ValueError("no duration")
    else:
        return None
    return length if length > dt.timedelta() else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _rule(rule: Any, start: dt.datetime) -> tuple[str, dt.datetime | None]:
    text = rule.to_ical().decode()
    until = rule.get("UNTIL")
    kept = ";".join(part for part in text.split(";") if not part.upper().startswith("UNTIL="))
    if until is None:
        return kept, None
    (last,) = until
    if not isinstance(last, dt.datetime):
        return kept, dt.datetime.combine(last, dt.time.max)
    return kept, (last if last.tzinfo is None else last.astimezone(start.tzinfo)).replace(tzinfo=None)


def _added(found: Any, zones: Zones, start: dt.datetime) -> Iterator[tuple[dt.datetime, dt.timedelta | None]]:
    """RDATE: moments, days, or periods."""
    values = [(each, of) for of in _listed(found.get("RDATE")) for each in of.dts]
    if len(values) > RDATES_MAX:
        raise ValueError("too many dates")
    for each, of in values:
        said, length = each.dt, None
        if isinstance(said, tuple):
            said, end = said
            length = end if isinstance(end, dt.timedelta) else end - said
        moment = _at(_moment(_Said(said), zones, of), start)
        yield moment.astimezone(start.tzinfo).replace(tzinfo=None), length


class _Said:
    """A value as `_moment` wants it."""

    def __init__(self, said: Any) -> None:
        self.dt = said
