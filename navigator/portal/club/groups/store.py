"""A club's groups in the register, with what the pages know of them."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select

from navigator.clock import Clock
from navigator.portal import records
from navigator.portal.catalogue.store import TAKES_A_PLACE
from navigator.portal.club.tables import closed_groups
from navigator.portal.club.timetables import store as timetables
from navigator.portal.enrolling.store import hold_places
from navigator.portal.tables import instant
from navigator.tables import enrollments, groups, modules, programmes

Item = dict[str, Any]


class Enrolled(NamedTuple):
    """Those who have a place: how many now, the earliest first day and the latest last one (ISO; None: nobody)."""

    taken: int
    first: str | None
    last: str | None


def group(connection: Connection, key: str) -> Row[Any]:
    """A group with its module's and its programme's titles, and whether it takes children (``is_open``)."""
    wanted = select(groups, modules.c.title.label("module_title"), programmes.c.programme, programmes.c.title.label("programme_title"))
    wanted = wanted.add_columns(programmes.c.provider, closed_groups.c.group.is_(None).label("is_open"))
    joined = groups.join(modules).join(programmes).outerjoin(closed_groups, closed_groups.c.group == groups.c.group)
    return connection.execute(wanted.select_from(joined).where(groups.c.group == key)).one()


def of_provider(connection: Connection, provider: str) -> list[Row[Any]]:
    """A club's groups, each with its programme's title, for a choice."""
    wanted = select(groups.c.group, groups.c.title, programmes.c.title.label("programme_title"))
    joined = wanted.select_from(groups.join(modules).join(programmes)).where(programmes.c.provider == provider)
    return list(connection.execute(joined.order_by(programmes.c.title, groups.c.title, groups.c.group)))


def enrolled_in(connection: Connection, key: str, today: dt.date) -> Enrolled:
    """Who has a place in it today or later."""
    mine = (enrollments.c.group == key) & enrollments.c.state.in_(TAKES_A_PLACE) & (enrollments.c.ends_on >= today.isoformat())
    sums = select(func.count(), func.min(enrollments.c.starts_on), func.max(enrollments.c.ends_on)).where(mine)
    return Enrolled(*connection.execute(sums).one())


def write(connection: Connection, clock: Clock, said: Item, is_open: bool, person: str) -> list[str]:
    """A group's values under the names of the register's columns. Its timetable goes along with its days; new places find their takers.

    Returns:
        The requests that got one.
    """
    key = said["group"]
    before = connection.execute(select(groups).where(groups.c.group == key)).one_or_none()
    records.store(connection, clock, groups=[{name: None if value in (None, "") else str(value) for name, value in said.items()}])
    if before is not None and before.starts_on and before.ends_on:
        timetables.follow_days(connection, clock, key, (before.starts_on, before.ends_on), (said["starts_on"], said["ends_on"]), person)
    connection.execute(delete(closed_groups).where(closed_groups.c.group == key))
    if not is_open:
        connection.execute(insert(closed_groups), [{"group": key, "person": person, "at": instant(clock.now())}])
    return hold_places(connection, clock, key)
