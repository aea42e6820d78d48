"""What takes place, held against another library's reading of the same calendar."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ical.test_timetable import calendar, read
from gateway.plugins import LessonState, Period

ZONE = ZoneInfo("Europe/Berlin")
AUTUMN = Period(dt.date(2025, 9, 1), dt.date(2025, 11, 30))  # the clocks change within
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@st.composite
def rules(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]))
    rule = [f"FREQ={kind}", f"INTERVAL={draw(st.integers(1, 3))}"]
    if kind == "WEEKLY":
        rule.append("BYDAY=" + ",".join(draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True))))
    if kind == "MONTHLY" and draw(st.booleans()):
        rule.append(f"BYDAY={draw(st.sampled_from(['1', '2', '-1']))}{draw(st.sampled_from(DAYS))}")
    if draw(st.booleans()):
        rule.append(f"COUNT={draw(st.integers(1, 60))}")
    elif draw(st.booleans()):
        rule.append(f"UNTIL=2025{draw(st.integers(9, 12)):02}{draw(st.integers(1, 28)):02}T215959Z")
    return ";".join(rule)


@st.composite
def series(draw: st.DrawFn) -> bytes:
    start = dt.datetime(2025, draw(st.integers(7, 10)), draw(st.integers(1, 28)), draw(st.integers(4, 21)), draw(st.sampled_from([0, 15])))
    head = [f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}", f"DURATION:PT{draw(st.sampled_from([30, 45, 90]))}M"]
    core = [*head, f"RRULE:{draw(rules())}"]
    first = icalendar.Calendar.from_ical(calendar(_event(core)))
    planned = [each["DTSTART"].dt for each in recurring_ical_events.of(first).between(dt.date(2025, 8, 25), dt.date(2025, 12, 5))]
    others = []
    for moment in draw(st.lists(st.sampled_from(planned), max_size=4, unique=True)) if planned else ():
        what = draw(st.sampled_from(["left out", "moved", "cancelled"]))
        if what == "left out":
            core.append(f"EXDATE;TZID=Europe/Berlin:{moment:%Y%m%dT%H%M%S}")
            continue
        there = moment.replace(tzinfo=None) + dt.timedelta(days=draw(st.integers(-3, 3)), minutes=draw(st.sampled_from([0, 20, 75])))
        lines = [
            f"RECURRENCE-ID;TZID=Europe/Berlin:{moment:%Y%m%dT%H%M%S}",
            f"DTSTART;TZID=Europe/Berlin:{there:%Y%m%dT%H%M%S}",
            "DURATION:PT1H",
        ]
        others.append(_event([*lines, *(["STATUS:CANCELLED"] if what == "cancelled" else [])]))
    return calendar(_event(core), *others)


def _event(lines: list[str]) -> str:
    return "\n".join(["BEGIN:VEVENT", "UID:u1", "SUMMARY:Шахматы", *lines, "END:VEVENT"])


@settings(max_examples=150, deadline=None)
@given(series())
def test_what_takes_place_is_what_another_library_reads(content: bytes) -> None:
    found = read(content, AUTUMN, zone="Europe/Berlin")
    assert not found.findings
    ours = {(one.day, one.starts_at, one.ends_at) for one in found.lessons.get("Шахматы", ()) if one.state is LessonState.PLANNED}
    assert ours == set(map(_at, _second(content)))


def _second(content: bytes) -> list[Any]:
    components = recurring_ical_events.of(icalendar.Calendar.from_ical(content)).between(AUTUMN.first, AUTUMN.last + dt.timedelta(days=1))
    taking_place = (each for each in components if each.get("STATUS") != "CANCELLED")
    return [each for each in taking_place if each["DTSTART"].dt.date() in AUTUMN]


def _at(component: Any) -> tuple[dt.date, dt.time, dt.time]:
    starts, ends = component["DTSTART"].dt.astimezone(ZONE), component["DTEND"].dt.astimezone(ZONE)
    return starts.date(), starts.time(), ends.time()
