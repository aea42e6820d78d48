"""When a job of the schedule is due."""

from __future__ import annotations

import datetime as dt

import pytest

from gateway.core.schedule import HINT_GAP, HINT_REST, Pace, Turn, is_due, next_turn

NOW = dt.datetime(2025, 11, 5, 7, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
QUARTER = Pace(every=15 * MINUTE)
NIGHTLY = Pace(at=dt.time(3), zone="Europe/Moscow")


def test_a_job_that_never_ran_is_due_at_once_and_a_daily_one_at_its_hour() -> None:
    assert next_turn(QUARTER, Turn(), NOW, 0.5) == NOW
    assert next_turn(NIGHTLY, Turn(), NOW, 0.0) == dt.datetime(2025, 11, 6, 0, 0, tzinfo=dt.UTC)  # three o'clock in Moscow
    assert next_turn(Pace(), Turn(), NOW, 0.5) is None


def test_the_pace_is_between_starts_and_spread_by_chance() -> None:
    started = NOW - 2 * MINUTE
    low, middle, high = (next_turn(QUARTER, Turn(started), NOW, chance) for chance in (0.0, 0.5, 1.0))
    assert low == NOW + 12.25 * MINUTE and middle == NOW + 13 * MINUTE and high == NOW + 13.75 * MINUTE
    assert next_turn(QUARTER, Turn(NOW - 20 * MINUTE), NOW, 0.5) == NOW  # it took longer than its pace: once, and not twice


@pytest.mark.parametrize(("failures", "rest"), [(1, 15), (2, 30), (3, 60), (4, 60), (99, 60)])
def test_after_failures_it_rests_longer_and_never_longer_than_four_paces(failures: int, rest: int) -> None:
    assert next_turn(QUARTER, Turn(NOW - MINUTE, failures), NOW, 0.5) == NOW + rest * MINUTE
    assert next_turn(NIGHTLY, Turn(NOW - MINUTE, failures), NOW, 0.5) == NOW + rest * MINUTE  # not a day later


def test_a_hint_brings_it_forward_once_and_not_more_often_than_once_a_minute() -> None:
    hinted = Turn(NOW - 5 * MINUTE, hinted_at=NOW)
    assert next_turn(QUARTER, hinted, NOW, 0.5) == NOW + HINT_REST
    assert next_turn(Pace(), hinted, NOW, 0.5) == NOW + HINT_REST
    assert next_turn(QUARTER, Turn(NOW - HINT_REST, hinted_at=NOW), NOW, 0.5) == NOW - HINT_REST + HINT_GAP
    served = Turn(NOW, hinted_at=NOW - MINUTE)
    assert next_turn(QUARTER, served, NOW, 0.5) == NOW + 15 * MINUTE
    assert next_turn(QUARTER, Turn(NOW - MINUTE, 1, hinted_at=NOW), NOW, 0.5) == NOW + 15 * MINUTE  # it failed: it rests


def test_a_clock_that_is_put_back_delays_nothing_for_long() -> None:
    assert is_due(QUARTER, NOW, NOW) and not is_due(QUARTER, NOW + MINUTE, NOW) and not is_due(QUARTER, None, NOW)
    assert is_due(QUARTER, NOW + dt.timedelta(days=365), NOW)
    assert not is_due(NIGHTLY, NOW + dt.timedelta(hours=25), NOW)
    assert is_due(NIGHTLY, NOW + dt.timedelta(days=3), NOW)
    assert next_turn(QUARTER, Turn(NOW + dt.timedelta(days=365)), NOW, 0.5) == NOW


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-28T12:00:00+00:00", "2026-03-29T01:30:00+00:00"),  # 02:30 does not exist that night: an hour later on the clock
        ("2026-03-29T12:00:00+00:00", "2026-03-30T00:30:00+00:00"),
        ("2026-10-24T12:00:00+00:00", "2026-10-25T00:30:00+00:00"),  # 02:30 comes twice: the first
        ("2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"),  # and only once
    ],
)
def test_the_hour_is_the_wall_clocks_through_the_change_of_the_hour(now: str, expected: str) -> None:
    berlin = Pace(at=dt.time(2, 30), zone="Europe/Berlin")
    assert next_turn(berlin, Turn(), dt.datetime.fromisoformat(now), 0.0) == dt.datetime.fromisoformat(expected)
