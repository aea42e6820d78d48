"""A lesson is (group, day, slot): the timetable, the exceptions to it, and the provider's own word."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from gateway.core.facts import LessonState
from gateway.core.lessons import DayLessons, OwnDay, OwnLesson, OwnLessons, Schedule, StandingLesson, lessons_on, planned_days
from gateway.core.periods import ALWAYS, Period, month_period
from tests.builders.facts import MOSCOW, day, exception, group, line

MONDAY = day(6)


def times(found: DayLessons) -> list[tuple[int, str, str, bool]]:
    return [(one.slot, f"{one.starts_at:%H:%M}", f"{one.ends_at:%H:%M}", one.is_cancelled) for one in found.lessons]


def own(starts_at: str, ends_at: str = "", source: str = "crm", is_cancelled: bool = False) -> OwnLesson:
    return OwnLesson(source, starts_at, ends_at, is_cancelled)


def said(*lessons: OwnLesson, scheduled_by: str = "") -> OwnDay:
    return OwnDay(lessons, frozenset(scheduled_by.split()))


def test_the_timetable_stands_for_the_lessons_planned() -> None:
    assert times(lessons_on(group(line(1)), MONDAY, MOSCOW)) == [(1, "16:00", "17:30", False)]
    assert lessons_on(group(line(1)), day(7), MOSCOW).lessons == ()


@pytest.mark.parametrize(("weeks", "days"), [("odd", [6, 20]), ("even", [13, 27]), ("every", [6, 13, 20, 27])])
def test_odd_and_even_are_iso_weeks(weeks: str, days: list[int]) -> None:
    # 6 October 2025 is in ISO week 41.
    assert sorted(one.day for one in planned_days(group(line(1, weeks=weeks)), month_period("2025-10"))) == days


def test_odd_weeks_follow_each_other_where_a_year_has_53() -> None:
    odd = group(line(1, weeks="odd"))
    december_28, january_4 = dt.date(2026, 12, 28), dt.date(2027, 1, 4)  # ISO weeks 53 and 1
    assert lessons_on(odd, december_28, MOSCOW).lessons and lessons_on(odd, january_4, MOSCOW).lessons


def test_slots_are_in_the_order_of_time_and_not_of_the_timetable() -> None:
    evening_first = group(line(1, "18:00", "19:00"), line(1, "09:00", "10:00"))
    assert times(lessons_on(evening_first, MONDAY, MOSCOW)) == [(1, "09:00", "10:00", False), (2, "18:00", "19:00", False)]


def test_a_cancelled_lesson_keeps_its_slot() -> None:
    two = group(line(1, "09:00", "10:00"), line(1, "18:00", "19:00"), exceptions=[exception(MONDAY, "09:00", "10:00", cancelled=True)])
    assert times(lessons_on(two, MONDAY, MOSCOW)) == [(1, "09:00", "10:00", True), (2, "18:00", "19:00", False)]
    assert planned_days(two, Period(MONDAY, MONDAY)) == {MONDAY}


def test_a_cancellation_without_a_time_speaks_of_the_whole_day() -> None:
    two = group(line(1, "09:00", "10:00"), line(1, "18:00", "19:00"), exceptions=[exception(MONDAY, cancelled=True)])
    assert [one.is_cancelled for one in lessons_on(two, MONDAY, MOSCOW).lessons] == [True, True]
    assert planned_days(two, Period(MONDAY, MONDAY)) == frozenset()


def test_a_days_only_lesson_is_cancelled_whatever_time_is_named() -> None:
    one = group(line(1), exceptions=[exception(MONDAY, "15:00", cancelled=True)])
    assert times(lessons_on(one, MONDAY, MOSCOW)) == [(1, "16:00", "17:30", True)]


def test_a_moved_lesson_leaves_its_day_empty_and_stands_on_the_other() -> None:
    moved = group(line(1), exceptions=[exception(day(8), "10:00", "11:30", moved_from=MONDAY)])
    assert lessons_on(moved, MONDAY, MOSCOW).lessons == ()
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
    assert times(lessons_on(group(exceptions=[exception(MONDAY, "23:30")]), MONDAY, MOSCOW)) == [(1, "23:30", "00:15", False)]


@pytest.mark.parametrize(
    ("ends_at", "ends"),
    [
        ("00:35", dt.datetime(2025, 11, 1, 0, 35)),
        ("00:00", dt.datetime(2025, 11, 1)),
        ("11:29", dt.datetime(2025, 11, 1, 11, 29)),
        ("11:30", dt.datetime(2025, 11, 1, 0, 15)),  # half a day: a slip of the pen, and an academic hour
        ("23:00", dt.datetime(2025, 11, 1, 0, 15)),
        ("23:30", dt.datetime(2025, 11, 1, 0, 15)),
    ],
)
def test_a_lesson_that_ends_before_it_starts_goes_past_midnight_and_is_of_the_day_it_starts_on(ends_at: str, ends: dt.datetime) -> None:
    halloween = day(31)
    for found in (
        lessons_on(group(), halloween, MOSCOW, said(own("22:00", "22:45"), own("23:30", ends_at), scheduled_by="crm")),
        lessons_on(group(line(5, "22:00", "22:45"), line(5, "23:30", ends_at)), halloween, MOSCOW),
    ):
        last = found.lessons[1]
        assert (last.day, last.slot, last.starts_at, last.ends_at) == (
            halloween, 2, dt.datetime(2025, 10, 31, 23, 30, tzinfo=MOSCOW), ends.replace(tzinfo=MOSCOW),
        )  # fmt: skip


def test_the_providers_own_word_cancels_one_lesson_or_the_day() -> None:
    two = group(line(1, "09:00", "10:00"), line(1, "18:00", "19:00"))
    assert [one.is_cancelled for one in lessons_on(two, MONDAY, MOSCOW, said(own("18:00", is_cancelled=True))).lessons] == [False, True]
    assert [one.is_cancelled for one in lessons_on(two, MONDAY, MOSCOW, said(own("", is_cancelled=True))).lessons] == [True, True]


def test_a_line_counts_within_its_own_dates() -> None:
    until = group(line(1, valid=Period(day(1), day(6))))
    assert lessons_on(until, MONDAY, MOSCOW).lessons and not lessons_on(until, day(13), MOSCOW).lessons


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
    (one,) = lessons_on(group(line(day_.isoweekday())), day_, ZoneInfo(zone)).lessons
    assert one.starts_at.isoformat() == f"{day_.isoformat()}T16:00:00+{offset:02d}:00"
    assert one.minutes == 90


# ---------------------------------------------------------------- what the provider's own sources say


TWO = group(line(1, "09:00", "10:00"), line(1, "18:00", "19:00"))


def test_a_source_that_tells_its_whole_timetable_comes_before_the_register() -> None:
    found = lessons_on(TWO, MONDAY, MOSCOW, said(own("11:00", "12:30"), scheduled_by="crm"))
    assert times(found) == [(1, "11:00", "12:30", False)]
    assert lessons_on(TWO, MONDAY, MOSCOW, said(scheduled_by="crm")).lessons == ()


def test_without_an_end_the_registers_holds_and_else_three_quarters_of_an_hour() -> None:
    found = lessons_on(TWO, MONDAY, MOSCOW, said(own("09:00"), own("11:00"), own("12:00", "12:00"), scheduled_by="crm"))
    assert [f"{one.ends_at:%H:%M}" for one in found.lessons] == ["10:00", "11:45", "12:45"]


def test_a_single_lesson_takes_its_place_among_the_registers() -> None:
    found = lessons_on(TWO, MONDAY, MOSCOW, said(own("18:00", "21:00")))
    assert times(found) == [(1, "09:00", "10:00", False), (2, "18:00", "19:00", False)]
    assert found.position("crm", "18:00") == 1


def test_what_is_equally_many_joins_in_order() -> None:
    found = lessons_on(TWO, MONDAY, MOSCOW, said(own("08:30"), own("18:10", is_cancelled=True)))
    assert times(found) == [(1, "09:00", "10:00", False), (2, "18:00", "19:00", True)]
    assert [found.position("crm", start) for start in ("08:30", "18:10")] == [0, 1]


def test_a_lesson_of_nobody_elses_is_one_more() -> None:
    found = lessons_on(group(line(1)), MONDAY, MOSCOW, said(own("16:00"), own("10:00", "11:00")))
    assert times(found) == [(1, "10:00", "11:00", False), (2, "16:00", "17:30", False)]
    assert [found.position("crm", start) for start in ("10:00", "16:00")] == [0, 1]
    assert times(lessons_on(group(), MONDAY, MOSCOW, said(own("10:00", "11:00")))) == [(1, "10:00", "11:00", False)]


def test_one_of_two_that_is_at_neither_time_is_nobodys() -> None:
    found = lessons_on(TWO, MONDAY, MOSCOW, said(own("11:00", is_cancelled=True)))
    assert times(found) == [(1, "09:00", "10:00", False), (2, "18:00", "19:00", False)]
    assert found.position("crm", "11:00") is None


def test_two_sources_lessons_are_one_lesson() -> None:
    both = said(own("16:00", "17:00"), own("16:10", "17:10", "ics"), scheduled_by="crm ics")
    found = lessons_on(TWO, MONDAY, MOSCOW, both)
    assert times(found) == [(1, "16:00", "17:00", False)]
    assert (found.position("crm", "16:00"), found.position("ics", "16:10")) == (0, 0)
    assert times(lessons_on(TWO, MONDAY, MOSCOW, both, ["ics"])) == [(1, "16:10", "17:10", False)]


def test_a_timetable_goes_before_single_lessons_whatever_the_order_of_sources() -> None:
    both = said(own("16:00", "17:00"), own("16:10", "17:10", "ics"), scheduled_by="ics")
    assert times(lessons_on(TWO, MONDAY, MOSCOW, both, ["crm"])) == [(1, "16:10", "17:10", False)]


def test_a_lesson_that_no_source_names_by_time_is_the_days_only_one() -> None:
    one = lessons_on(group(line(1)), MONDAY, MOSCOW)
    assert (one.position("crm", "L-7"), one.position("crm", "16:00"), one.position("crm", "12:00")) == (0, 0, 0)
    assert lessons_on(TWO, MONDAY, MOSCOW).position("crm", "L-7") is None
    assert lessons_on(TWO, MONDAY, MOSCOW).position("crm", "18:00") == 1


def test_planned_days_are_the_sources_own_where_it_tells_them() -> None:
    told = OwnLessons()
    told.say("crm", [StandingLesson("g-1", day(each), "16:00", "", LessonState.CANCELLED) for each in (1, 29)])
    told.say("crm", [StandingLesson("g-1", day(8), "16:00", "17:00", LessonState.PLANNED)])
    told.schedule("crm", [Schedule("g-1", month_period("2025-10"))])
    assert planned_days(group(line(1)), month_period("2025-10"), told) == {day(8)}
    told.say("crm", [StandingLesson("g-1", day(8), "16:00", "17:00", LessonState.CANCELLED)])
    assert planned_days(group(line(1)), month_period("2025-10"), told) == frozenset()
    told.schedule("crm", [], [Schedule("g-1", month_period("2025-10"))])
    told.say("crm", [StandingLesson("g-1", day(8), "16:00", "", None)])
    assert MONDAY in planned_days(group(line(1)), month_period("2025-10"), told)


@pytest.mark.parametrize(
    ("number", "lessons", "is_doubtful"),
    [
        (6, 1, False),
        (7, 0, True),
        (12, 0, True),
        (13, 0, False),
        (15, 0, False),
        (16, 0, True),
        (21, 0, True),
        (22, 1, False),
    ],
)
def test_a_told_timetable_holds_from_the_first_lesson_to_the_last_and_the_week_around_is_in_doubt(
    number: int, lessons: int, is_doubtful: bool
) -> None:
    """The register plans that weekday alone, the system has the 13th and the 15th at another hour, gone since."""
    told = OwnLessons()
    told.say("crm", [StandingLesson("g-1", day(each), "09:00", "10:00", LessonState.HELD) for each in (13, 15)])
    told.say("crm", [StandingLesson("g-1", day(each), "09:00", "10:00", None) for each in (13, 15)])
    told.schedule("crm", [Schedule("g-1", month_period("2025-10"))])
    one = day(number)
    found = lessons_on(group(line(one.isoweekday())), one, MOSCOW, told.on("g-1", one))
    assert (len(found.lessons), found.is_doubtful) == (lessons, is_doubtful)


def test_a_day_in_doubt_has_to_be_a_day_of_the_registers_timetable() -> None:
    told = OwnLessons()
    told.say("crm", [StandingLesson("g-1", day(15), "16:00", "17:00", LessonState.HELD)])
    told.schedule("crm", [Schedule("g-1", month_period("2025-10"))])
    on = told.on("g-1", day(13))  # a Monday
    assert lessons_on(group(line(1)), day(13), MOSCOW, on).is_doubtful
    assert not lessons_on(group(line(4)), day(13), MOSCOW, on).is_doubtful
    assert not lessons_on(group(line(1), exceptions=[exception(day(13), cancelled=True)]), day(13), MOSCOW, on).is_doubtful
    told.say("ics", [StandingLesson("g-1", day(10), "16:00", "17:00", LessonState.HELD), StandingLesson("g-1", day(17), "16:00", "", None)])
    told.schedule("ics", [Schedule("g-1", month_period("2025-10"))])
    assert not lessons_on(group(line(1)), day(13), MOSCOW, told.on("g-1", day(13))).is_doubtful  # that system was in use
