"""Days on which a club, or one group, does not meet: each lesson of the timetable on them is a cancelled one in the register.

They are settled anew whenever days off or a timetable change: what is no longer meant goes, what is newly meant comes. A lesson that
somebody has put by hand on such a day, or has put back there, stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from navigator import catalogue
from navigator.clock import Clock
from navigator.engine import portions
from navigator.portal import records
from navigator.portal.club.tables import days_off, lesson_notes
from navigator.portal.club.timetables import plan
from navigator.portal.tables import instant
from navigator.tables import groups, modules, programmes

Place = tuple[str, str, str]
"""A lesson: its group, day and start."""


def of_provider(connection: Connection, provider: str, since: dt.date) -> list[Row[Any]]:
    """A club's days off that end on this day or later, the earliest first, each with its group's title where it is of one."""
    wanted = select(days_off, groups.c.title.label("group_title")).outerjoin(groups, groups.c.group == days_off.c.group)
    mine = wanted.where(days_off.c.provider == provider, days_off.c.last >= since.isoformat())
    return list(connection.execute(mine.order_by(days_off.c.first, days_off.c.day_off)))


def add(
    connection: Connection, clock: Clock, provider: str, group: str | None, first: dt.date, last: dt.date, title: str, person: str
) -> int:
    """Declare days off; how many lessons are cancelled by it."""
    row = {"provider": provider, "group": group, "first": first.isoformat(), "last": last.isoformat(), "title": title}
    connection.execute(insert(days_off), [{**row, "person": person, "at": instant(clock.now())}])
    return settle(connection, clock, [group] if group else groups_of(connection, provider), person)


def remove(connection: Connection, clock: Clock, key: int, person: str) -> int:
    """Take days off back: their lessons are held; how many."""
    row = connection.execute(select(days_off).where(days_off.c.day_off == key)).one()
    connection.execute(delete(days_off).where(days_off.c.day_off == key))
    return settle(connection, clock, [row.group] if row.group else groups_of(connection, row.provider), person)


def groups_of(connection: Connection, provider: str) -> list[str]:
    """A club's groups."""
    wanted = select(groups.c.group).select_from(groups.join(modules).join(programmes)).where(programmes.c.provider == provider)
    return list(connection.scalars(wanted.order_by(groups.c.group)))


def settle(connection: Connection, clock: Clock, keys: Collection[str], person: str) -> int:
    """Make the cancelled lessons of these groups of one club what its days off ask for; how many lessons changed."""
    have: dict[Place, Row[Any]] = {}
    for portion in portions(keys):
        mine = select(lesson_notes).where(lesson_notes.c.group.in_(portion), lesson_notes.c.what == "day_off")
        have.update(((row.group, row.date, row.starts_at), row) for row in connection.execute(mine))
    wanted = _wanted(connection, keys, have)
    gone, new = sorted(have.keys() - wanted.keys()), sorted(wanted.keys() - have.keys())
    records.drop(connection, "lessons", [{"group": group, "date": day, "starts_at": start} for group, day, start in gone])
    if new:
        rows = [{"group": group, "date": day, "starts_at": start, "ends_at": wanted[group, day, start][0]} for group, day, start in new]
        records.store(connection, clock, lessons=[{**row, "state": "cancelled", "moved_from": None} for row in rows])
        told = {"what": "day_off", "person": person, "at": instant(clock.now())}
        notes = [{"group": each[0], "date": each[1], "starts_at": each[2], "reason": wanted[each][1], **told} for each in new]
        connection.execute(insert(lesson_notes), notes)
    return len(gone) + len(new)


def _wanted(connection: Connection, keys: Collection[str], have: Collection[Place]) -> dict[Place, tuple[str, str]]:
    """The lessons of the timetables that days off cancel: their end, and the days' title."""
    found: dict[Place, tuple[str, str]] = {}
    items = catalogue.group_items(connection, keys)
    providers = {item["provider"] for item in items.values()}
    declared = connection.execute(select(days_off).where(days_off.c.provider.in_(providers)).order_by(days_off.c.day_off)).all()
    for item in items.values():
        group = item["group"]
        said = {(each["date"], each["starts_at"]) for each in item["lessons"] if (group, each["date"], each["starts_at"]) not in have}
        away = {each["moved_from"] for each in item["lessons"] if each["moved_from"]}
        for row in declared:
            if row.group not in (None, group):
                continue
            first, last = dt.date.fromisoformat(row.first), dt.date.fromisoformat(row.last)
            for number in range((last - first).days + 1):
                day = first + dt.timedelta(days=number)
                for line in item["timetable"]:
                    key = (day.isoformat(), line["starts_at"])
                    if plan.meets(line, day) and key not in said and key[0] not in away:
                        found.setdefault((group, *key), (line["ends_at"], row.title))
    return found
