"""Until when the money lasts: reckoned lesson by lesson, or from the pace so far."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from navigator.portal.cabinet.forecast import Basis, Due, Point, forecast

TODAY, END = dt.date(2025, 11, 5), dt.date(2025, 12, 31)


def on(day: int, month: int = 11) -> dt.date:
    return dt.date(2025, month, day)


def test_lesson_by_lesson_the_money_lasts_to_the_end():
    found = forecast(100_00, TODAY, END, [Due(on(10), 30_00), Due(on(17), 30_00)], [Due(on(1, 9), 99_00)])
    assert (found.basis, found.runs_out_on, found.left_kopecks) == (Basis.TIMETABLE, None, 40_00)
    assert (found.needed_kopecks, found.lessons, found.paid_lessons) == (60_00, 2, 2)
    assert found.points == (Point(TODAY, 100_00), Point(on(10), 70_00), Point(on(17), 40_00), Point(END, 40_00))


def test_the_day_on_which_it_runs_out_is_the_first_lesson_that_is_not_paid():
    found = forecast(59_99, TODAY, END, [Due(on(17), 30_00), Due(on(10), 30_00), Due(on(24), 30_00)], [])
    assert (found.runs_out_on, found.paid_lessons, found.left_kopecks, found.needed_kopecks) == (on(17), 1, 0, 90_00)
    exactly = forecast(60_00, TODAY, END, [Due(on(17), 30_00), Due(on(10), 30_00)], [])
    assert (exactly.runs_out_on, exactly.left_kopecks) == (None, 0)


def test_lessons_that_were_held_and_not_yet_debited_go_first():
    found = forecast(30_00, TODAY, END, [Due(on(10), 30_00), Due(on(27, 10), 30_00)], [])
    assert found.runs_out_on == on(10) and found.points[1] == Point(TODAY, 0)
    nothing = forecast(29_99, TODAY, END, [Due(on(27, 10), 30_00)], [])
    assert nothing.runs_out_on == TODAY


def test_without_prices_the_pace_so_far_goes_on():
    spent = [Due(on(6, 10), 300_00), Due(on(20, 10), 300_00)]
    found = forecast(500_00, TODAY, END, [], spent)
    assert (found.basis, found.week_kopecks) == (Basis.PACE, 140_00), "600.00 in thirty days"
    assert found.runs_out_on == TODAY + dt.timedelta(days=26), "20.00 a day: the 26th day is not paid"
    rich = forecast(2_000_00, TODAY, END, [], spent)
    assert (rich.runs_out_on, rich.left_kopecks) == (None, 2_000_00 - 56 * 20_00)


def test_where_there_is_nothing_to_reckon_from_there_is_no_forecast():
    assert forecast(500_00, TODAY, END, [], []).basis is Basis.NOTHING
    young = forecast(500_00, TODAY, END, [], [Due(on(30, 10), 30_00)])
    assert (young.basis, young.runs_out_on, young.left_kopecks) == (Basis.NOTHING, None, 500_00), "six days are no pace"
    assert forecast(500_00, TODAY, END, [], [Due(on(1, 9), 30_00), Due(on(2, 9), -30_00)]).runs_out_on is None


LESSONS = st.lists(st.builds(Due, st.dates(dt.date(2025, 10, 1), END), st.integers(1, 500_00)), max_size=40)


@given(st.integers(0, 20_000_00), LESSONS, LESSONS)
def test_nothing_is_spent_that_is_not_there(available: int, due: list[Due], spent: list[Due]):
    found = forecast(available, TODAY, END, due, spent)
    kopecks = [point.kopecks for point in found.points]
    assert kopecks == sorted(kopecks, reverse=True) and kopecks[0] == available and min(kopecks) >= 0
    days = [point.day for point in found.points]
    assert days == sorted(days) and days[0] == TODAY and days[-1] == END
    if found.runs_out_on is None:
        assert found.needed_kopecks + found.left_kopecks == available and kopecks[-1] == found.left_kopecks
    else:
        assert found.needed_kopecks > available and TODAY <= found.runs_out_on <= END
