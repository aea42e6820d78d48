from __future__ import annotations

import datetime as dt

import pytest

from gateway.plugins import BadParameter
from gateway.plugins.builtin.rules.a12_lesson_time import LengthParameters, LessonTime
from tests.unit.rules.views import NOW, claim

RULE, DEFAULTS = LessonTime(), LengthParameters()
ONE_SECOND = dt.timedelta(seconds=1)


def test_a_past_lesson_of_ninety_minutes_passes() -> None:
    assert RULE.check(claim(), (), DEFAULTS) is None


def test_a_lesson_in_the_future_is_refused() -> None:
    refusal = RULE.check(claim(now=NOW - dt.timedelta(days=1)), (), DEFAULTS)
    assert refusal is not None
    assert refusal.reason.ru == "занятие 16.10.2025 в 15:00 ещё не началось"
    assert refusal.reason.en == "the lesson on 16 October 2025 at 15:00 has not begun"


def test_a_lesson_that_begins_now_passes_and_one_second_before_does_not() -> None:
    start = claim().starts_at
    assert RULE.check(claim(now=start), (), DEFAULTS) is None
    assert RULE.check(claim(now=start - ONE_SECOND), (), DEFAULTS) is not None


def test_another_zones_clock_is_the_same_clock() -> None:
    assert RULE.check(claim(now=claim().starts_at.astimezone(dt.UTC)), (), DEFAULTS) is None


def test_twelve_hours_pass_and_a_second_more_does_not() -> None:
    start = claim().starts_at - dt.timedelta(days=1)
    twelve = claim(starts_at=start, ends_at=start + dt.timedelta(hours=12))
    longer = claim(starts_at=start, ends_at=start + dt.timedelta(hours=12) + ONE_SECOND)
    assert RULE.check(twelve, (), DEFAULTS) is None
    refusal = RULE.check(longer, (), DEFAULTS)
    assert refusal is not None
    assert refusal.reason.ru == "занятие дольше 12 ч"


def test_the_hours_of_the_mark_are_bounded_too() -> None:
    assert RULE.check(claim(hours=1200), (), DEFAULTS) is None
    assert RULE.check(claim(hours=1201), (), DEFAULTS) is not None


def test_the_length_is_a_parameter() -> None:
    assert RULE.check(claim(), (), LengthParameters(max_hours=1)) is not None
    assert RULE.check(claim(), (), LengthParameters(max_hours=2)) is None


@pytest.mark.parametrize("hours", [0, 25])
def test_a_length_that_makes_no_sense_is_refused(hours: int) -> None:
    with pytest.raises(BadParameter, match="max_hours"):
        LengthParameters(hours)
