"""When a job of the schedule is due: by its pace or a wall clock's hour, later after failures, sooner after a hint.

Instants are decided by the clock that is given; one that was put back since delays nothing for longer than a job's own pace.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

SPREAD = 0.1
"""Part of a pace by which several gateways, and several jobs of one, are spread apart."""
DAILY_SPREAD = dt.timedelta(minutes=5)
DAILY_AGAIN = dt.timedelta(minutes=15)
"""How long a daily job rests after it failed, at first."""
BACK_OFF_MAX = 4
"""A job that fails again and again rests so many times its pace at most."""
HINT_REST = dt.timedelta(seconds=5)
"""A hint is seldom alone: what follows it at once is served by the same run."""
HINT_GAP = dt.timedelta(minutes=1)
"""Between the starts of two runs that were hinted at."""


class Pace(NamedTuple):
    """How often a job runs.

    Attributes:
        every: between two starts; None: not by itself.
        at: the hour of a daily job, on the wall clock of ``zone``; goes before ``every``.
    """

    every: dt.timedelta | None = None
    at: dt.time | None = None
    zone: str = "UTC"

    @property
    def is_off(self) -> bool:
        """It runs only where it is hinted at."""
        return self.every is None and self.at is None

    @property
    def longest(self) -> dt.timedelta:
        """No run lies further ahead than this."""
        if self.at is not None:
            return dt.timedelta(days=2)
        return (self.every or DAILY_AGAIN) * (BACK_OFF_MAX + 1)


class Turn(NamedTuple):
    """What is known of a job: when its last run began, how many failed in a row, and when it was last hinted at."""

    started_at: dt.datetime | None = None
    failures: int = 0
    hinted_at: dt.datetime | None = None


def next_turn(pace: Pace, turn: Turn, now: dt.datetime, chance: float) -> dt.datetime | None:
    """When the job is due next; None: not before a hint. ``chance``: 0 … 1."""
    if turn.failures:
        return now + _back_off(pace, turn.failures) * (1 + SPREAD * (chance - 0.5))
    by_pace = _by_pace(pace, turn.started_at, now, chance)
    if turn.hinted_at is None or (turn.started_at is not None and turn.started_at >= turn.hinted_at):
        return by_pace
    hinted = max(now + HINT_REST, turn.started_at + HINT_GAP if turn.started_at else now)
    return min(hinted, by_pace) if by_pace is not None else hinted


def is_due(pace: Pace, next_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether it is to run. An instant that lies too far ahead was written by a clock that has been put back since, or by another pace."""
    return next_at is not None and (next_at <= now or next_at > now + pace.longest)


def _by_pace(pace: Pace, started_at: dt.datetime | None, now: dt.datetime, chance: float) -> dt.datetime | None:
    if pace.at is not None:
        return _next_hour(pace.at, pace.zone, now) + DAILY_SPREAD * chance
    if pace.every is None:
        return None
    if started_at is None or started_at > now:
        return now
    return max(now, started_at + pace.every * (1 + SPREAD * (chance - 0.5)))


def _next_hour(at: dt.time, zone: str, now: dt.datetime) -> dt.datetime:
    """The next time that the wall clock shows ``at``, in UTC: in spring a missing hour is the one after it."""
    local = now.astimezone(ZoneInfo(zone))
    today = dt.datetime.combine(local.date(), at, ZoneInfo(zone)).astimezone(dt.UTC)
    if today > now:
        return today
    return dt.datetime.combine(local.date() + dt.timedelta(days=1), at, ZoneInfo(zone)).astimezone(dt.UTC)


def _back_off(pace: Pace, failures: int) -> dt.timedelta:
    base = pace.every if pace.at is None and pace.every is not None else DAILY_AGAIN
    rest: dt.timedelta = base * min(BACK_OFF_MAX, 2 ** min(failures - 1, BACK_OFF_MAX))
    return rest
