"""The pages' own reading of timetables and single lessons is the gateway's; and a changed timetable changes the days it names, no other."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.facts import LessonException, RegisterGroup, TimetableLine
from gateway.core.lessons import lessons_on
from gateway.core.periods import Period
from navigator.portal.club.timetables import plan
from navigator.portal.club.timetables.plan import Line

FIRST = dt.date(2025, 9, 1)
DAYS = st.integers(0, 40).map(lambda number: FIRST + dt.timedelta(days=number))
TIMES = st.sampled_from(("09:00", "10:00", "16:30"))
WEEKS = st.sampled_from(("every", "odd", "even"))
LINES = st.lists(st.builds(lambda day, start, weeks: Line(day, start, plan.an_hour_later(start), weeks), st.integers(1, 7), TIMES, WEEKS))


def line(said: Line, first: dt.date, last: dt.date) -> dict[str, Any]:
    return {**said._asdict(), "valid_from": first.isoformat(), "valid_to": last.isoformat()}


@st.composite
def timetables(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for said in draw(LINES):
        first, last = sorted((draw(DAYS), draw(DAYS)))
        found.append(line(said, first, last))
    keys = {(each["weekday"], each["starts_at"], each["weeks"], each["valid_from"]): each for each in found}
    return list(keys.values())


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    single: dict[tuple[str, str], dict[str, Any]] = {}
    for _ in range(draw(st.integers(0, 3))):
        day, start, away = draw(DAYS), draw(TIMES), draw(st.none() | DAYS)
        state, end = draw(st.sampled_from(("planned", "cancelled"))), draw(st.sampled_from((None, "17:45")))
        row = {"date": day.isoformat(), "starts_at": start, "ends_at": end, "state": state}
        single[row["date"], start] = {**row, "moved_from": away.isoformat() if away else None}
    return {"group": "g", "timetable": draw(timetables()), "lessons": [single[key] for key in sorted(single)]}


def of_gateway(item: dict[str, Any]) -> RegisterGroup:
    day, time = dt.date.fromisoformat, dt.time.fromisoformat
    lines = tuple(
        TimetableLine(
            each["weekday"],
            time(each["starts_at"]),
            time(each["ends_at"]),
            each["weeks"],
            Period(day(each["valid_from"]), day(each["valid_to"])),
        )
        for each in item["timetable"]
    )
    exceptions = tuple(
        LessonException(
            day(each["date"]),
            time(each["starts_at"]),
            time(each["ends_at"]) if each["ends_at"] else None,
            each["state"] == "cancelled",
            day(each["moved_from"]) if each["moved_from"] else None,
        )
        for each in item["lessons"]
    )
    return RegisterGroup("g", "p", "", "m", "", True, "lesson", 1, 1, "q", "", True, timetable=lines, exceptions=exceptions)


@settings(max_examples=300, deadline=None)
@given(items(), DAYS)
def test_the_pages_see_the_lessons_that_the_gateway_sees(item: dict[str, Any], day: dt.date):
    theirs = [
        (f"{each.starts_at:%H:%M}", each.is_cancelled) for each in lessons_on(of_gateway(item), day, ZoneInfo("Europe/Moscow")).lessons
    ]
    assert [(each.starts_at, each.is_cancelled) for each in plan.lessons_on(item, day)] == theirs


@settings(max_examples=200, deadline=None)
@given(timetables(), LINES, DAYS, DAYS)
def test_a_change_holds_on_its_days_and_leaves_all_others(before: list[dict[str, Any]], wanted: list[Line], one: dt.date, other: dt.date):
    first, last = sorted((one, other))
    after = plan.changed(before, wanted, first, last)
    for number in range(-1, 42):
        day = FIRST + dt.timedelta(days=number)
        expected = set(wanted) if first <= day <= last else set(plan.lines_on(before, day))
        assert set(plan.lines_on(after, day)) == expected, day
    assert plan.changed(after, wanted, first, last) == after, "said again it changes nothing"


def test_equal_lines_that_follow_each_other_are_one():
    monday = Line(1, "16:00", "17:00", "every")
    before = [line(monday, FIRST, dt.date(2026, 5, 31))]
    assert plan.changed(before, [monday], dt.date(2025, 11, 5), dt.date(2026, 5, 31)) == before


def test_a_timetable_goes_along_with_its_groups_days():
    monday, friday = Line(1, "16:00", "17:00", "every"), Line(5, "16:00", "17:00", "odd")
    before = [line(monday, FIRST, dt.date(2026, 5, 31)), line(friday, dt.date(2025, 10, 1), dt.date(2025, 12, 31))]
    longer = plan.follow(before, ("2025-09-01", "2026-05-31"), ("2025-08-25", "2026-06-15"))
    assert longer == [line(monday, dt.date(2025, 8, 25), dt.date(2026, 6, 15)), before[1]]
    shorter = plan.follow(before, ("2025-09-01", "2026-05-31"), ("2026-01-12", "2026-03-31"))
    assert shorter == [line(monday, dt.date(2026, 1, 12), dt.date(2026, 3, 31))]


def test_which_lines_clash():
    monday = Line(1, "16:00", "17:00", "every")
    assert plan.clash([monday, None, monday._replace(starts_at="16:59", ends_at="18:00", weeks="odd")]) == (0, 2)
    assert plan.clash([monday._replace(weeks="even"), monday._replace(weeks="odd")]) is None
    assert plan.clash([monday, monday._replace(starts_at="17:00", ends_at="18:00"), monday._replace(weekday=2)]) is None
