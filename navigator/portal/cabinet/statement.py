"""A statement: every movement of a child's money within some days, with what was free before, after, and after each."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection

from navigator.portal.cabinet.reckoning import Reckoning, reckoned
from navigator.portal.cabinet.store import enrolled, money
from navigator.portal.cabinet.timetable import Place, minutes_of


class Line(NamedTuple):
    """One movement and what was free after it, in kopecks; of a lesson with its place, day and time, and of a debit how it was computed."""

    movement: money.Movement
    left_kopecks: int
    place: Place | None
    day: dt.date | None
    time: str
    reckoning: Reckoning | None


class Statement(NamedTuple):
    """The days, both included, by the day of booking; sums in kopecks: opening + given − gone = closing."""

    first: dt.date
    last: dt.date
    opening_kopecks: int
    given_kopecks: int
    gone_kopecks: int
    closing_kopecks: int
    lines: list[Line]


def statement_of(connection: Connection, child: str, first: dt.date, last: dt.date) -> Statement:
    """The child's statement over all its certificates' money. A fixed number of statements of SQL."""
    own = money.accounts_of(connection, child)
    opening = money.balance_before(connection, own, first)
    moved = money.movements(connection, own, first, last)
    places = enrolled.places_of(connection, {each.lesson.group for each in moved if each.lesson is not None})
    left, lines = opening, []
    for each in moved:
        left += each.amount_kopecks
        lines.append(_line(each, left, places))
    gone = -sum(each.amount_kopecks for each in moved if each.lesson is not None)
    return Statement(first, last, opening, left - opening + gone, gone, left, lines)


def _line(movement: money.Movement, left_kopecks: int, places: dict[str, Place]) -> Line:
    lesson = movement.lesson
    if lesson is None:
        return Line(movement, left_kopecks, None, None, "", None)
    place, day = places[lesson.group], dt.date.fromisoformat(lesson.date)
    reckoning = None
    if movement.kind == money.DEBIT:
        minutes = minutes_of(place, day, lesson.slot, movement.lesson_starts_at)
        reckoning = reckoned(place.group["module"], minutes, -movement.amount_kopecks)
    return Line(movement, left_kopecks, place, day, place.time_of(movement.lesson_starts_at), reckoning)
