from __future__ import annotations

import datetime as dt

import pytest

from gateway.plugins import Period
from gateway.plugins.builtin.rules.a01_day_enrolled import DayEnrolled
from tests.unit.rules.views import AUTUMN, group, is_met, says, view

RULE = DayEnrolled()
ONE_DAY = dt.timedelta(days=1)


def test_a_day_within_passes() -> None:
    assert is_met(RULE.eligible(view(), None))


def test_a_day_outside_is_refused_with_the_dates() -> None:
    answer = RULE.eligible(view(period=Period(dt.date(2025, 10, 1), dt.date(2025, 10, 15))), None)
    assert not is_met(answer)
    assert says(answer) == "день вне зачисления в группу (с 01.10.2025 по 15.10.2025)"


def test_both_ends_are_within() -> None:
    answer = RULE.eligible(view(), None)
    days = (AUTUMN.first - ONE_DAY, AUTUMN.first, AUTUMN.last, AUTUMN.last + ONE_DAY)
    assert [is_met(answer, day) for day in days] == [False, True, True, False]


def test_the_groups_dates_bound_too() -> None:
    answer = RULE.eligible(view(group=group(starts_on=dt.date(2025, 10, 1), ends_on=dt.date(2025, 10, 31))), None)
    days = (dt.date(2025, 9, 30), dt.date(2025, 10, 1), dt.date(2025, 10, 31), dt.date(2025, 11, 1))
    assert [is_met(answer, day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize("state", ["active", "ending", "closed"])
def test_a_state_that_came_into_force_passes(state: str) -> None:
    assert is_met(RULE.eligible(view(state=state), None))


@pytest.mark.parametrize("state", ["draft", "requested", "accepted", "refused", "", None])
def test_a_state_that_never_came_into_force_is_refused(state: str | None) -> None:
    answer = RULE.eligible(view(state=state), None)
    assert not is_met(answer)
    assert "зачисление не действует" in says(answer)


def test_no_enrollment_is_no_day() -> None:
    answer = RULE.eligible(view(enrollment=None, state=None, period=None, nominal_period=None), None)
    assert not is_met(answer)
    assert says(answer) == "ребёнок не зачислен в эту группу"


def test_an_enrollment_beside_the_group_is_no_day() -> None:
    answer = RULE.eligible(view(group=group(ends_on=AUTUMN.first - ONE_DAY)), None)
    assert answer is not None
    assert answer.intervals == ()


def test_unstated_dates_of_the_group_do_not_bound() -> None:
    assert is_met(RULE.eligible(view(group=group(starts_on=None, ends_on=None)), None))
