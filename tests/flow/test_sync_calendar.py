"""A club keeps its timetable in a calendar and its marks on paper: the two are joined, and the calendar takes back no mark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.ical.emulator import IcsEmulator
from gateway.bootstrap import Gateway
from gateway.core.facts import LessonState
from gateway.plugins import Http, Limits
from gateway.plugins.testing import Club, ClubGroup, Fault
from gateway.plugins.testing.clock import SkippingClock
from gateway.settings import SourceSettings
from tests.builders.sheets import Row
from tests.builders.town import LESSON_DAYS, OCTOBER, PROVIDER, TITLE, Databases, District, Town, rows_of, sums, town

PLANNED, CANCELLED = LessonState.PLANNED, LessonState.CANCELLED


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, District(nominals=("5000.00",) * 3), databases) as one:
        yield one


@pytest.fixture
def calendar() -> Iterator[IcsEmulator]:
    club = Club()
    club.groups["11"] = ClubGroup("11", TITLE, [])
    club.add_child([])  # somebody whose name the calendar has in its events
    for number in LESSON_DAYS:
        club.add_lesson("11", OCTOBER.replace(day=number), dt.time(16, 0), PLANNED, minutes=90)
    with IcsEmulator(club) as one:
        yield one


def asking(gateway: Gateway, calendar: IcsEmulator, **more: Any) -> Gateway:
    values = {"secret_address": "env:CALENDAR", "per_minute": 600, **more}
    gateway.settings = replace(gateway.settings, sources={"plan": SourceSettings("plan", "icalendar", PROVIDER, values)})
    gateway.environment = {"CALENDAR": calendar.address}
    gateway.__dict__.pop("flow", None)
    clock = SkippingClock()
    gateway.__dict__["_http"] = {PROVIDER: Http(Limits(tries=2), clock, clock.sleep)}
    return gateway


def sync(gateway: Gateway) -> dict[str, Any]:
    (report,) = gateway.sync()
    gateway.finished(report)
    return report


def paper(running: Town, gateway: Gateway) -> dict[str, Any]:
    rows: list[Row] = rows_of([1, 2, 3])
    return running.take(gateway, running.sheet("october.xlsx", rows))


def on(calendar: IcsEmulator, day: int) -> Any:
    return next(each for each in calendar.club.lessons.values() if each.day.day == day)


def test_a_calendar_that_agrees_changes_nothing(running: Town, calendar: IcsEmulator) -> None:
    gateway = asking(running.gateway(), calendar)
    assert paper(running, gateway)["counts"]["charged"] == 27
    report = sync(gateway)
    assert (report["trouble"], report["new"], report["counts"]["marks"]) == (None, 0, 0)
    assert gateway.counts()["charged"] == 27 and running.statement() == (27, 0, 270_000)
    sums(running, gateway)


def test_a_lesson_that_the_calendar_cancels_is_paid_by_nobody_and_its_marks_stand(running: Town, calendar: IcsEmulator) -> None:
    gateway = asking(running.gateway(), calendar)
    paper(running, gateway)
    sync(gateway)
    on(calendar, 9).state = CANCELLED
    sync(gateway)
    assert (gateway.counts()["marks"], gateway.counts()["not_charged"]) == (27, {"cancelled": 3})
    on(calendar, 9).state = PLANNED
    sync(gateway)
    assert (gateway.counts()["marks"], gateway.counts()["charged"]) == (27, 27)
    sums(running, gateway)


@pytest.mark.parametrize("trouble", [Fault.EMPTY, Fault.SERVER_ERROR, Fault.HALF, Fault.FORBIDDEN])
def test_a_calendar_in_trouble_changes_nothing(running: Town, calendar: IcsEmulator, trouble: Fault) -> None:
    gateway = asking(running.gateway(), calendar)
    paper(running, gateway)
    sync(gateway)
    calendar.fail(trouble)
    sync(gateway)
    assert gateway.counts()["charged"] == 27 and running.statement() == (27, 0, 270_000)


def test_an_event_that_cannot_be_read_takes_nothing_back(running: Town, calendar: IcsEmulator) -> None:
    gateway = asking(running.gateway(), calendar)
    paper(running, gateway)
    sync(gateway)
    calendar.spoil("lessons", on(calendar, 9).id)
    report = sync(gateway)
    assert len(report["unread"]) == 1 and calendar.key not in repr(report)
    assert gateway.counts()["charged"] == 27
    sums(running, gateway)


def test_a_lesson_moved_to_another_day_leaves_the_marks_of_the_first_for_a_person(running: Town, calendar: IcsEmulator) -> None:
    """The paper says the 9th, the calendar the 10th: nothing is charged for the 9th, and nothing is forgotten."""
    gateway = asking(running.gateway(), calendar)
    paper(running, gateway)
    sync(gateway)
    on(calendar, 9).day = OCTOBER.replace(day=10)
    sync(gateway)
    assert gateway.counts()["charged"] == 24
    on(calendar, 10).day = OCTOBER.replace(day=9)
    sync(gateway)
    assert gateway.counts()["charged"] == 27
    sums(running, gateway)
