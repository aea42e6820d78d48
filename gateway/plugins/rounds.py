"""Reading by window and compare: systems that cannot say what has changed are read again, whole months, group by group.

Whole months, because a window that begins on another day every night is another window every night, and never known again as told before.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.core.names import folded
from gateway.core.periods import Period, month_of, month_period

_VERSION = 1
DONE = json.dumps({"v": _VERSION, "done": True})
"""The cursor after the last batch of a round: the next reading begins a new one."""


@dataclass(frozen=True, slots=True)
class Round:
    """One reading of all groups. ``after``: the id of the last group that was read before an interruption."""

    months: tuple[Period, ...]
    after: str | None = None

    @property
    def period(self) -> Period:
        return Period(self.months[0].first, self.months[-1].last)

    def left(self, groups: Iterable[str]) -> list[str]:
        """The ids of the groups that are still to be read, in their order."""
        return [group for group in sorted(groups) if self.after is None or group > self.after]

    def cursor_after(self, group: str) -> str:
        """The cursor of a group's last batch."""
        return json.dumps({"v": _VERSION, "first": self.months[0].first.isoformat(), "after": group}, ensure_ascii=False)


def one_named(groups: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Groups that bear one name, told as one: the gateway knows a group by its words, so the window of the second would take back what the
    first has said. A club's new group often has the name of last year's.

    Args:
        groups: id → words.

    Returns:
        The first id of each name → all ids of it, in their order.
    """
    ids: dict[str, list[str]] = {}
    for key in sorted(groups):
        ids.setdefault(folded(groups[key]), []).append(key)
    return {same[0]: tuple(same) for same in ids.values()}


def round_of(cursor: str | None, today: dt.date, back_days: int, ahead_days: int = 7, since: dt.date | None = None) -> Round:
    """The round that a cursor is in the middle of, else a new one.

    Args:
        today: the club's own date.
        back_days, ahead_days: the months of these days are read; ahead, for a timetable is planned before it is held.
        since: read back at least to this day.
    """
    first = min(today - dt.timedelta(days=back_days), since or dt.date.max)
    after = None
    stopped = _stopped(cursor)
    if stopped is not None:
        first, after = min(stopped[0], first), stopped[1]
    return Round(months_between(first, today + dt.timedelta(days=ahead_days)), after)


def _stopped(cursor: str | None) -> tuple[dt.date, str] | None:
    """(first day, last group read), or None where the cursor is of a finished round, or nothing that is understood."""
    try:
        found = json.loads(cursor or "")
        if found["v"] == _VERSION and isinstance(found["after"], str):
            return dt.date.fromisoformat(found["first"]), found["after"]
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return None


def months_between(first: dt.date, last: dt.date) -> tuple[Period, ...]:
    """The whole months of these days, the oldest first."""
    months = []
    day = first.replace(day=1)
    while day <= last:
        period = month_period(month_of(day))
        months.append(period)
        day = period.last + dt.timedelta(days=1)
    return tuple(months)
