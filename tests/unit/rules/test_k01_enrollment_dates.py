from __future__ import annotations

import datetime as dt

import pytest

from gateway.plugins import Period
from gateway.plugins.builtin.rules.k01_enrollment_dates import EnrollmentDates
from tests.unit.rules.views import YEAR, group, is_met, says, view

RULE = EnrollmentDates()
ONE_DAY = dt.timedelta(days=1)
GROUP = group()
assert GROUP.starts_on is not None and GROUP.ends_on is not None
START = GROUP.starts_on


def test_an_enrollment_within_everything_passes() -> None:
    assert RULE.eligible(view(), None) is None


def test_the_groups_first_day_and_the_periods_last_are_within() -> None:
    assert RULE.eligible(view(period=Period(START, YEAR.last)), None) is None


@pytest.mark.parametrize(
    ("period", "word"),
    [
        (Period(START, START), "начало должно быть раньше конца"),
        (Period(START + ONE_DAY, START), "начало должно быть раньше конца"),
        (Period(START - ONE_DAY, YEAR.last), "выходит за сроки группы"),
        (Period(START, YEAR.last + ONE_DAY), "выходит за один период номинала"),
    ],
)
def test_one_day_too_many_is_refused_for_every_day(period: Period, word: str) -> None:
    answer = RULE.eligible(view(period=period), None)
    assert answer is not None
    assert answer.intervals == ()
    assert word in says(answer)


def test_the_groups_last_day_bounds_too() -> None:
    short = group(ends_on=dt.date(2025, 12, 30))
    assert not is_met(RULE.eligible(view(group=short), None))
    assert is_met(RULE.eligible(view(group=short, period=Period(START, dt.date(2025, 12, 30))), None))


def test_no_nominal_period_is_refused() -> None:
    assert not is_met(RULE.eligible(view(nominal_period=None), None))


def test_unstated_dates_of_the_group_bind_nothing_here() -> None:
    assert RULE.eligible(view(group=group(starts_on=None, ends_on=None)), None) is None


def test_without_an_enrollment_another_rule_speaks() -> None:
    assert RULE.eligible(view(enrollment=None, period=None), None) is None
