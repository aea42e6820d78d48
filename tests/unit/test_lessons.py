"""A lesson is (group, day, slot): the timetable, the exceptions to it, and the provider's own word."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from gateway.core.lessons import lessons_on, planned_days
from gateway.core.periods import ALWAYS, Period, month_period
from tests.builders.facts import MOSCOW, day, exception, group, line

MONDAY = day(6)


def times(lessons: object) -> list[tuple[int, str, str, bool]]:
    return [(one.slot, f"{one.starts_at:%H:%M}", f"{one.ends_at:%H:%M}", one.is_cancelled) for one in lessons]  # type: ignore[attr-defined]


def test_the_timetable_stands_for_the_lessons_planned() -> None:
    assert times(lessons_on(group(line(1)), MONDAY, MOSCOW)) == [(1, "16:00", "17:30", False)]
    assert lessons_on(group(line(1)), day(7), MOSCOW) == ()


@pytest.mark.parametrize(("weeks", "days"), [("odd", [6, 20]), ("even", [13, 27]), ("every", [6, 13, 20, 27])])
def test_odd_and_even_are_iso_weeks(weeks: str, days: list[int]) -> None:
    # 6 October 2025 is in ISO week 41.
    assert sorted(one.day for one in planned_days(group(line(1, weeks=weeks)), month_period("2025-10"))) == days


def test_odd_weeks_follow_each_other_where_a_year_has_53() -> None:
    odd = group(line(1, weeks="odd"))
    december_28, january_4 = dt.date(2026, 12, 28), dt.date(2027, 1, 4)  # ISO weeks 53 and 1
    assert lessons_on(odd, december_28, MOSCOW) and lessons_on(odd, january_4, MOSCOW)


def test_slots_are_in_the_order_of_time_and_not_of_the_timetable() -> None:
    evening_first = group(line(1, "18:00", "19:00"), line(1, "09:00", "10:00"))
    assert times(lessons_on(evening_first, MONDAY, MOSCOW)) == [(1, "09:00", "10:00", False), (2, "18:00", "19:00", False)]


def test_a_cancelled_lesson_keeps_its_slot() -> None:
    two = group(line(1, "09:00", "10:00"), line(1, "18:00", "19:00"), exceptions=[exception(MONDAY, "09:00", "10:00", cancelled=True)])
    assert times(lessons_on(two, MONDAY, MOSCOW)) == [(1, "09:00", "10:00", True), (2, "18:00", "19:00", False)]
    assert planned_days(two, Period(MONDAY, MONDAY)) == {MONDAY}


def test_a_cancellation_without_a_time_speaks_of_the_whole_day() -> None:
    two = group(line(1, "09:00", "10:00"), line(1, "18:00", "19:00"), exceptions=[exception(MONDAY, cancelled=True)])
    assert [one.is_cancelled for one in lessons_on(two, MONDAY, MOSCOW)] == [True, True]
    assert planned_days(two, Period(MONDAY, MONDAY)) == frozenset()


def test_a_days_only_lesson_is_cancelled_whatever_time_is_named() -> None:
    one = group(line(1), exceptions=[exception(MONDAY, "15:00", cancelled=True)])
    assert times(lessons_on(one, MONDAY, MOSCOW)) == [(1, "16:00", "17:30", True)]


def test_a_moved_lesson_leaves_its_day_empty_and_stands_on_the_other() -> None:
    moved = group(line(1), exceptions=[exception(day(8), "10:00", "11:30", moved_from=MONDAY)])
    assert lessons_on(moved, MONDAY, MOSCOW) == ()
    assert times(lessons_on(moved, day(8), MOSCOW)) == [(1, "10:00", "11:30", False)]


def test_a_lesson_moved_within_its_day_changes_its_time() -> None:
    moved = group(line(1), exceptions=[exception(MONDAY, "18:00", "19:30", moved_from=MONDAY)])
    assert times(lessons_on(moved, MONDAY, MOSCOW)) == [(1, "18:00", "19:30", False)]


def test_a_lesson_may_be_moved_to_a_day_that_has_one() -> None:
    moved = group(line(1), line(3), exceptions=[exception(day(8), "10:00", "11:30", moved_from=MONDAY)])
    assert times(lessons_on(moved, day(8), MOSCOW)) == [(1, "10:00", "11:30", False), (2, "16:00", "17:30", False)]


def test_an_added_lesson_needs_no_timetable() -> None:
    assert times(lessons_on(group(exceptions=[exception(day(11), "12:00", "13:00")]), day(11), MOSCOW)) == [(1, "12:00", "13:00", False)]


def test_an_exception_may_give_another_end() -> None:
    assert times(lessons_on(group(line(1), exceptions=[exception(MONDAY, "16:00", "18:00")]), MONDAY, MOSCOW)) == [
        (1, "16:00", "18:00", False)
    ]


def test_a_start_without_an_end_keeps_the_known_end_or_lasts_an_academic_hour() -> None:
    assert times(lessons_on(group(line(1), exceptions=[exception(MONDAY, "16:00")]), MONDAY, MOSCOW)) == [(1, "16:00", "17:30", False)]
    assert times(lessons_on(group(exceptions=[exception(MONDAY, "16:00")]), MONDAY, MOSCOW)) == [(1, "16:00", "16:45", False)]
    assert times(lessons_on(group(exceptions=[exception(MONDAY, "23:30")]), MONDAY, MOSCOW)) == [(1, "23:30", "23:59", False)]


def test_the_providers_own_word_cancels_one_lesson_or_the_day() -> None:
    two = group(line(1, "09:00", "10:00"), line(1, "18:00", "19:00"))
    assert [one.is_cancelled for one in lessons_on(two, MONDAY, MOSCOW, ["18:00"])] == [False, True]
    assert [one.is_cancelled for one in lessons_on(two, MONDAY, MOSCOW, [""])] == [True, True]


def test_a_line_counts_within_its_own_dates() -> None:
    until = group(line(1, valid=Period(day(1), day(6))))
    assert lessons_on(until, MONDAY, MOSCOW) and not lessons_on(until, day(13), MOSCOW)


def test_a_line_without_dates_counts_within_the_groups() -> None:
    bounded = group(line(1, valid=ALWAYS), starts_on=day(6), ends_on=day(13))
    assert sorted(one.day for one in planned_days(bounded, month_period("2025-10"))) == [6, 13]


@pytest.mark.parametrize(
    ("zone", "day_", "offset"),
    [
        ("Europe/Moscow", dt.date(2010, 10, 31), 3),  # the last night on which Moscow put its clocks back
        ("Europe/Moscow", dt.date(2010, 10, 30), 4),
        ("Europe/Moscow", dt.date(2025, 10, 26), 3),
        ("Europe/Berlin", dt.date(2025, 10, 26), 1),
        ("Europe/Berlin", dt.date(2025, 10, 25), 2),
        ("Asia/Kamchatka", dt.date(2025, 10, 26), 12),
    ],
)
def test_times_are_the_providers_own_on_days_when_clocks_change(zone: str, day_: dt.date, offset: int) -> None:
    (one,) = lessons_on(group(line(day_.isoweekday())), day_, ZoneInfo(zone))
    assert one.starts_at.isoformat() == f"{day_.isoformat()}T16:00:00+{offset:02d}:00"
    assert one.minutes == 90
