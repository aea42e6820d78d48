"""A calendar → batches, one for each month, with the timetable of all its groups. It knows lessons, and neither children nor marks: its
windows say «of the lessons I have told you all», and withdraw no mark of anybody.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

from adapters.ical.looking import look
from adapters.ical.settings import IcalendarSettings
from adapters.ical.timetable import Timetable, timetable_of
from adapters.ical.wire import wire_of
from gateway.plugins import (
    Batch,
    Checked,
    EmptyMeaning,
    Finding,
    Group,
    Http,
    Level,
    Period,
    Place,
    Text,
    Window,
    hookimpl,
    round_of,
)

GATEWAY_INTERFACE = 1
_VERSION = 1


@hookimpl
def gateway_adapters() -> list[IcalendarAdapter]:
    return [IcalendarAdapter()]


class IcalendarAdapter:
    """Calendars, as files and on servers."""

    name = "icalendar"
    title = Text("Расписание из календаря (ICS, CalDAV)", "A timetable out of a calendar (ICS, CalDAV)")
    settings: type = IcalendarSettings

    def connect(self, settings: IcalendarSettings, http: Http) -> Icalendar:
        return Icalendar(settings, http)


class Icalendar:
    """The source; see `gateway.plugins.Source`."""

    def __init__(self, settings: IcalendarSettings, http: Http) -> None:
        self._settings = settings
        self._wire = wire_of(settings, http)

    def check(self) -> Iterator[Checked]:
        """See `adapters.ical.looking`."""
        return look(self._wire, self._settings)

    def pull(self, cursor: str | None, now: dt.datetime, since: dt.date | None = None) -> Iterator[Batch]:
        """All months at once: a calendar comes in one piece. The cursor keeps by what it says that it has changed."""
        today = now.astimezone(self._settings.clocks.club).date()
        asked = round_of(None, today, self._settings.window_days, self._settings.ahead_days, since)
        about = self._settings.digest(asked.period)
        read = self._wire.read(asked.period, _mark_in(cursor, about))
        if read is None:
            yield Batch(cursor=cursor)
            return
        found = timetable_of(read.parts, asked.period, self._settings, self._wire.url)
        after = json.dumps({"v": _VERSION, "of": about, "mark": read.mark})
        if not found.events:
            yield Batch(findings=(*found.findings, self._nothing()), cursor=after)
            return
        for month in asked.months:
            is_last = month == asked.months[-1]
            yield self._batch(found, month, tuple(found.findings) if is_last else (), after if is_last else None)

    def _batch(self, found: Timetable, month: Period, findings: tuple[Finding, ...], cursor: str | None) -> Batch:
        groups = sorted(found.lessons)
        place = Place(url=self._settings.shown)
        return Batch(
            records=(
                *(Group(words, place) for words in groups),
                *(lesson for words in groups for lesson in found.lessons[words] if lesson.day in month),
            ),
            windows=tuple(
                Window(words, month, EmptyMeaning.UNKNOWN, lists_all=False, lists_lessons=found.is_whole(words)) for words in groups
            ),
            findings=findings,
            cursor=cursor,
        )

    def _nothing(self) -> Finding:
        """Perhaps it was emptied by mistake: then nothing is withdrawn."""
        return Finding(
            Level.QUESTION,
            Place(url=self._settings.shown),
            Text(
                "в календаре нет ни одного события; прежнее расписание остаётся",
                "there is no event in the calendar; the earlier timetable stands",
            ),
            Text(
                "проверьте адрес; если занятий больше нет, уберите этот источник",
                "check the address; if there are no lessons any more, remove the source",
            ),
        )


def _mark_in(cursor: str | None, about: str) -> str | None:
    """By what the calendar was known; None: it has to be read anew, be it that other days or other groups are asked for now."""
    try:
        found = json.loads(cursor or "")
        if found["v"] == _VERSION and found["of"] == about and isinstance(found["mark"], str):
            return str(found["mark"])
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return None


__all__ = ["GATEWAY_INTERFACE", "IcalendarAdapter", "gateway_adapters"]
