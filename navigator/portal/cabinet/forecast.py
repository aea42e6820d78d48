"""Until when a certificate's money lasts: from the lessons ahead where their price is known, else from the pace so far. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

PACE_DAYS_MIN = 14
"""A pace over fewer days than this says nothing: two lessons of one week would be taken for a whole year's."""


class Basis(StrEnum):
    """What a forecast was reckoned from."""

    TIMETABLE = "timetable"
    PACE = "pace"
    NOTHING = "nothing"


class Due(NamedTuple):
    """A lesson that is still to be debited: its day, and what the certificate pays for it, in kopecks."""

    day: dt.date
    kopecks: int


class Point(NamedTuple):
    """What is free after a day, in kopecks."""

    day: dt.date
    kopecks: int


class Forecast(NamedTuple):
    """``runs_out_on``: the first day that the money does not suffice for, None where it lasts to the end.

    ``needed_kopecks``: what all that is ahead would take; ``left_kopecks``: what is free at the end, 0 where the money runs out;
    ``lessons`` are those ahead, ``paid_lessons`` those that the money suffices for; ``week_kopecks`` the pace of a week.
    ``points`` begin today.
    """

    basis: Basis
    runs_out_on: dt.date | None
    needed_kopecks: int
    left_kopecks: int
    lessons: int
    paid_lessons: int
    week_kopecks: int
    points: tuple[Point, ...]


def forecast(available_kopecks: int, today: dt.date, end: dt.date, due: Sequence[Due], spent: Sequence[Due]) -> Forecast:
    """Reckon from the lessons that are due, else from what was spent so far.

    Args:
        end: the last day of the money, the year's.
        due: lessons that will be debited, also such as were held already and have not been yet; those are reckoned today.
        spent: what was debited so far this year, by the day of the lesson.
    """
    if due:
        return _by_timetable(available_kopecks, today, end, due)
    if spent and (today - min(each.day for each in spent)).days >= PACE_DAYS_MIN:
        return _by_pace(available_kopecks, today, end, spent)
    points = (Point(today, available_kopecks), Point(end, available_kopecks))
    return Forecast(Basis.NOTHING, None, 0, available_kopecks, 0, 0, 0, points)


def _by_timetable(available_kopecks: int, today: dt.date, end: dt.date, due: Sequence[Due]) -> Forecast:
    """Lesson by lesson, as the register would debit them: whole or not at all. After the first that does not fit the money has run out."""
    left, paid, runs_out_on = available_kopecks, 0, None
    points = [Point(today, left)]
    for held, kopecks in sorted(due):
        day = max(held, today)
        if kopecks > left:
            runs_out_on = day
            break
        left, paid = left - kopecks, paid + 1
        points.append(Point(day, left))
    points.append(Point(end, left))
    needed = sum(each.kopecks for each in due)
    pace = needed * 7 // max(7, (max(each.day for each in due) - today).days + 1)
    at_end = 0 if runs_out_on else left
    return Forecast(Basis.TIMETABLE, runs_out_on, needed, at_end, len(due), paid, pace, tuple(points))


def _by_pace(available_kopecks: int, today: dt.date, end: dt.date, spent: Sequence[Due]) -> Forecast:
    """What was debited since the first lesson of the year, evenly by day, goes on to the end."""
    days = (today - min(each.day for each in spent)).days
    total, ahead = sum(each.kopecks for each in spent), (end - today).days
    needed = total * ahead // days
    week = max(0, total) * 7 // days
    if total <= 0 or needed <= available_kopecks:
        left = available_kopecks - max(0, needed)
        return Forecast(Basis.PACE, None, max(0, needed), left, 0, 0, week, (Point(today, available_kopecks), Point(end, left)))
    runs_out_on = today + dt.timedelta(days=available_kopecks * days // total + 1)
    points = (Point(today, available_kopecks), Point(min(runs_out_on, end), 0), Point(end, 0))
    return Forecast(Basis.PACE, min(runs_out_on, end), needed, 0, 0, 0, week, points)
