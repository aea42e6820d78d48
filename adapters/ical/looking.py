"""What `check` looks at: the calendar, its groups, its time zones, and whether it says that it has changed."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.ical.settings import IcalendarSettings
from adapters.ical.timetable import Timetable, glance_at
from adapters.ical.wire import Read, Wire
from gateway.plugins import Checked, Text, Verdict, some


def look(wire: Wire, settings: IcalendarSettings) -> Iterator[Checked]:
    """Line by line, over all that the calendar has, of whatever day."""
    read = wire.read(None, None)
    assert read is not None  # no mark was given
    found = glance_at(read.parts, settings, wire.url)
    seen = Text(f"событий {found.events}, из них не прочитано {found.unread}", f"{found.events} events, {found.unread} of them not read")
    cure = Text("откройте эти события в календаре; gateway adapters try назовёт их", "open these events; gateway adapters try names them")
    yield Checked(Text("События", "Events"), Verdict.QUESTION if found.unread else Verdict.GOOD, seen, cure if found.unread else None)
    yield _groups(found, settings)
    yield _zones(found, settings)
    yield _mark(read)


def _groups(found: Timetable, settings: IcalendarSettings) -> Checked:
    count = len(found.lessons)
    seen = Text(f"{count} групп, событий на весь день {found.all_day}", f"{count} groups, all-day events {found.all_day}")
    cure = Text(
        f"группу называет {settings.group_by}: проверьте group_by и prefix, или впишите group",
        f"{settings.group_by} names the group: check group_by and prefix, or set group",
    )
    return some(Text("Группы", "Groups"), count, seen, cure)


def _zones(found: Timetable, settings: IcalendarSettings) -> Checked:
    what = Text("Часовые пояса", "Time zones")
    if not found.unknown_zones:
        return Checked(what, Verdict.GOOD, Text("все известны", "all are known"), is_guess=True)
    seen = Text(
        f"неизвестных {len(found.unknown_zones)}, время понято как {settings.zone}",
        f"{len(found.unknown_zones)} unknown, their times are taken for {settings.zone}",
    )
    cure = Text("сравните часы одного такого занятия", "compare the hours of one such lesson")
    return Checked(what, Verdict.QUESTION, seen, cure, is_guess=True)


def _mark(read: Read) -> Checked:
    what = Text("Признак изменений", "Mark of change")
    if read.mark is not None:
        kind = read.mark.partition(" ")[0]
        named = {"etag": "ETag", "modified": "Last-Modified", "token": "sync-token", "tag": "getctag"}[kind]
        return Checked(what, Verdict.GOOD, Text(named, named), is_guess=True)
    cure = Text("работает и так: календарь каждый раз читается целиком", "it works all the same: the calendar is read as a whole each time")
    return Checked(what, Verdict.QUESTION, Text("сервер его не даёт", "the server gives none"), cure, is_guess=True)
