"""What a family sees first: of each child what is left and the next lesson; of one child the days ahead and the last debits."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection

from navigator.portal.cabinet import rows
from navigator.portal.cabinet.rows import DebitLine
from navigator.portal.cabinet.store import enrolled, money
from navigator.portal.cabinet.timetable import PLANNED, Attending, Lesson, lessons_on
from navigator.portal.cabinet.year import Sums, Year, sums_of, year_of

DAYS_AHEAD = 7
LAST_DEBITS = 3


class Card(NamedTuple):
    """A child in the list of children. ``next_lesson``: None where none is within the days ahead."""

    sums: Sums
    next_lesson: tuple[Attending, Lesson] | None


class Glance(NamedTuple):
    """A child's own first page."""

    year: Year
    ahead: list[tuple[Attending, Lesson]]
    debits: list[DebitLine]
    is_enrolled: bool


def cards_of(connection: Connection, children: list[str], now: dt.datetime) -> dict[str, Card]:
    """A card for each of these children; the same few statements however many there are."""
    today = now.date()
    purses = money.purses_of(connection, children, today.year)
    attended = enrolled.attended_by(connection, children, today, today + dt.timedelta(days=DAYS_AHEAD))
    return {child: Card(sums_of(purses[child]), next(iter(lessons_ahead(attended[child], now)), None)) for child in children}


def glance_of(connection: Connection, child: str, now: dt.datetime) -> Glance:
    """What the child's own first page shows of the cabinet."""
    today = now.date()
    attended = enrolled.attended_by(connection, [child], today, today + dt.timedelta(days=DAYS_AHEAD))[child]
    found = money.operations(connection, money.accounts_of(connection, child), money.Wanted(), None, LAST_DEBITS)
    places = enrolled.places_of(connection, {each.lesson.group for each in found})
    return Glance(
        year_of(connection, child, today.year, now), lessons_ahead(attended, now), rows.debit_lines(found, places), bool(attended)
    )


def lessons_ahead(attended: list[Attending], now: dt.datetime) -> list[tuple[Attending, Lesson]]:
    """The lessons of the days ahead that have not ended, by day and time; cancelled and moved ones are not among them."""
    found = []
    for number in range(DAYS_AHEAD + 1):
        day = now.date() + dt.timedelta(days=number)
        for each in attended:
            if each.starts_on <= day <= each.ends_on:
                found += [(each, lesson) for lesson in lessons_on(each.place.group, day) if lesson.state == PLANNED]
    still = [(each, lesson) for each, lesson in found if (lesson.day, lesson.ends_at) > (now.date(), now.strftime("%H:%M"))]
    return sorted(still, key=lambda pair: (pair[1].day, pair[1].starts_at))
