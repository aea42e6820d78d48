"""Ranges of days, months, and a lesson's length. Days are inclusive at both ends."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

ACADEMIC_HOUR_MINUTES = 45
"""An academic hour is 45 minutes."""


class Period(NamedTuple):
    """Days ``first`` … ``last``, both included."""

    first: dt.date
    last: dt.date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, dt.date) and self.first <= day <= self.last

    def overlaps(self, other: Period) -> bool:
        return self.first <= other.last and other.first <= self.last

    def days(self) -> Iterator[dt.date]:
        for ordinal in range(self.first.toordinal(), self.last.toordinal() + 1):
            yield dt.date.fromordinal(ordinal)


ALWAYS = Period(dt.date.min, dt.date.max)
"""No bound at either end."""


def intersection(left: Period, right: Period) -> Period | None:
    """The days in both, or None where there is none."""
    first, last = max(left.first, right.first), min(left.last, right.last)
    return Period(first, last) if first <= last else None


def common(one: Sequence[Period], other: Sequence[Period]) -> tuple[Period, ...]:
    """The days that lie in an interval of each."""
    if len(one) == 1 and one[0] == ALWAYS:
        return tuple(other)
    both = [intersection(left, right) for left in one for right in other]
    return tuple([period for period in both if period is not None])


def covers(intervals: Iterable[Period], day: dt.date) -> bool:
    """Whether any of the intervals holds the day."""
    return any(day in interval for interval in intervals)


def month_period(month: str) -> Period:
    """The days of a month written ``YYYY-MM``.

    Raises:
        ValueError: the text is not a month.
    """
    year, number = month.split("-")
    first = dt.date(int(year), int(number), 1)
    return Period(first, first.replace(day=calendar.monthrange(first.year, first.month)[1]))


@lru_cache(maxsize=4096)
def month_of(day: dt.date) -> str:
    """The month of a day, ``YYYY-MM``."""
    return f"{day.year:04d}-{day.month:02d}"
