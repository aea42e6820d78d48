"""Days are inclusive at both ends; a month is a month."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.periods import Period, covers, intersection, month_of, month_period

days = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))
periods = st.tuples(days, days).map(lambda pair: Period(min(pair), max(pair)))


@given(periods, days)
def test_both_ends_are_within(period: Period, day: dt.date) -> None:
    assert period.first in period and period.last in period
    assert (day in period) == (period.first <= day <= period.last)
    assert period.first - dt.timedelta(days=1) not in period
    assert period.last + dt.timedelta(days=1) not in period


@given(periods, periods)
def test_an_intersection_holds_just_the_days_of_both(left: Period, right: Period) -> None:
    both = intersection(left, right)
    assert (both is not None) == left.overlaps(right) == right.overlaps(left)
    days = set() if both is None else set(both.days())
    assert days == set(left.days()) & set(right.days())


@given(days)
def test_a_day_lies_in_its_month_and_months_do_not_overlap(day: dt.date) -> None:
    month = month_period(month_of(day))
    assert day in month and month.first.day == 1
    following = month_period(month_of(month.last + dt.timedelta(days=1)))
    assert following.first == month.last + dt.timedelta(days=1)
    assert len(list(month.days())) in (28, 29, 30, 31)


def test_the_last_day_of_february_follows_the_year() -> None:
    assert month_period("2024-02").last == dt.date(2024, 2, 29)
    assert month_period("2025-02").last == dt.date(2025, 2, 28)


@pytest.mark.parametrize("text", ["2025", "2025-13", "2025-00", "x-y", "2025-10-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        month_period(text)


def test_one_interval_is_enough_to_cover_a_day() -> None:
    september, november = month_period("2025-09"), month_period("2025-11")
    assert covers([september, november], dt.date(2025, 11, 30))
    assert not covers([september, november], dt.date(2025, 10, 1))
    assert not covers([], dt.date(2025, 10, 1))
