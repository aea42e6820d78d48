"""Letters about lessons and money, written when they are due: a chore of the pages, and the command ``navigator digest``.

The week's digest falls due on Monday at eight by the register's clock, and is written at any time of that week. A row says who has it,
stored in the transaction that writes the letter, so that no restart and no second process writes it twice.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Connection, Engine, Row

from navigator.clock import Clock
from navigator.engine import reading, writing
from navigator.portal import mail
from navigator.portal.cabinet.glance import Card, cards_of, lessons_ahead
from navigator.portal.cabinet.store import enrolled, money
from navigator.portal.cabinet.timetable import Attending, Lesson, Place
from navigator.portal.cabinet.year import sums_of
from navigator.portal.letters import store

DUE_AT = dt.time(8)
PEOPLE = 100
"""How many persons' letters one transaction writes: the writer's lock is the whole register's."""

NEWS = 5000
LINES_MAX = 30
"""How many debits a letter lists; the rest is counted, and the cabinet has them all."""


class Line(NamedTuple):
    """A debit (``kopecks`` below zero) or a reversal of a letter, with its lesson."""

    date: str
    title: str
    provider_name: str
    kopecks: int


class About(NamedTuple):
    """What a digest says of one child. ``lines`` are the first of ``operations`` debits and reversals; sums in kopecks."""

    name: str
    child: str
    attended: int
    missed: int
    lines: list[Line]
    operations: int
    gone_kopecks: int
    card: Card
    ahead: list[tuple[Attending, Lesson]]


def write_due(engine: Engine, clock: Clock) -> int:
    """Write every letter that is due; how many."""
    return _write_digests(engine, clock) + _write_news(engine, clock)


# ---------------------------------------------------------------- the week


def _write_digests(engine: Engine, clock: Clock) -> int:
    now = clock.now()
    monday = now.date() - dt.timedelta(days=now.weekday())
    due_at = dt.datetime.combine(monday, DUE_AT, now.tzinfo)
    if now < due_at:
        return 0
    first = monday - dt.timedelta(days=7)
    year, number, _ = first.isocalendar()
    week, written = f"{year}-W{number:02d}", 0
    while True:
        with reading(engine) as connection:
            if not store.without_digest(connection, week, due_at, 1):
                return written
        with writing(engine) as connection:
            people = store.without_digest(connection, week, due_at, PEOPLE)
            if people:
                written += _write_batch(connection, people, first, monday, now)
                store.note_digests(connection, [each.person for each in people], week, now)


def _write_batch(connection: Connection, people: Sequence[Row[Any]], first: dt.date, monday: dt.date, now: dt.datetime) -> int:
    """The digests of these persons; one of whose children there is nothing to tell gets none."""
    whose = store.children_of(connection, [each.person for each in people])
    keys = sorted({row.child for rows in whose.values() for row in rows})
    since, until = (dt.datetime.combine(day, dt.time(), now.tzinfo) for day in (first, monday))
    told = store.told_between(connection, keys, since, until)
    cards = cards_of(connection, keys, now)
    attended = enrolled.attended_by(connection, keys, monday, monday + dt.timedelta(days=6))
    places = enrolled.places_of(connection, {row.group for rows in told.values() for row in rows})
    written = 0
    for person in people:
        about = [_about(row, told[row.child], cards[row.child], attended[row.child], places, now) for row in whose[person.person]]
        about = [each for each in about if each.attended or each.missed or each.operations or each.ahead]
        if about:
            values = {"first": first, "last": monday - dt.timedelta(days=1), "about": about, "stop": stop_link(person.person)}
            mail.queue(connection, "digest", person.email, person.language, link=mail.link("family.children"), **values)
            written += 1
    return written


def _about(
    row: Row[Any], told: Sequence[Row[Any]], card: Card, attended: list[Attending], places: Mapping[str, Place], now: dt.datetime
) -> About:
    marks = {(each.group, each.date, each.slot): each.status for each in told if each.journal == store.ATTENDANCE}
    moved = [each for each in told if each.journal == store.MONEY]
    gone = sum(each.amount_kopecks if each.kind == money.DEBIT else -each.amount_kopecks for each in moved)
    numbers = list(marks.values())
    return About(
        row.first_name,
        row.child,
        numbers.count("attended"),
        numbers.count("absent") + numbers.count("excused"),
        _lines(moved, places),
        len(moved),
        gone,
        card,
        lessons_ahead(attended, now),
    )


# ---------------------------------------------------------------- each debit


def _write_news(engine: Engine, clock: Clock) -> int:
    """One letter to each person with all that was debited since the last one: a sheet of a month is one letter and not twelve."""
    with reading(engine) as connection:
        if not store.has_news(connection):
            return 0
    now = clock.now()
    with writing(engine) as connection:
        found, upto = store.news(connection, NEWS)
        places = enrolled.places_of(connection, {row.group for row in found})
        purses = money.purses_of(connection, sorted({row.child for row in found}), now.year)
        by_person: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in found:
            by_person[row.person].append(row)
        for person, rows in by_person.items():
            by_child: dict[str, list[Row[Any]]] = defaultdict(list)
            for row in rows:
                by_child[row.child].append(row)
            left = {child: sums_of(purses[child]).available_kopecks for child in by_child}
            about = [(own[0].first_name, _lines(own, places), len(own), left[child]) for child, own in by_child.items()]
            link = mail.link("family.children")
            mail.queue(connection, "debits", rows[0].email, rows[0].language, about=about, link=link, stop=stop_link(person), year=now.year)
        store.note_news(connection, upto)
        return len(by_person)


def _lines(rows: Iterable[Row[Any]], places: Mapping[str, Place]) -> list[Line]:
    found = []
    for row in list(rows)[:LINES_MAX]:
        place = places[row.group]
        kopecks = -row.amount_kopecks if row.kind == money.DEBIT else row.amount_kopecks
        found.append(Line(row.date, place.title, place.provider_name, kopecks))
    return found


# ---------------------------------------------------------------- the link that ends them


def stop_link(person: str) -> str:
    """An address that ends these letters for whoever has it, and does nothing else; so it needs no signing in and does not expire."""
    return mail.link("letters.stop", token=_signer().dumps(person))


def person_of(token: str) -> str | None:
    """Whose letters the link ends; None of a link that we did not write."""
    try:
        return str(_signer().loads(token))
    except BadSignature:
        return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="letters")
