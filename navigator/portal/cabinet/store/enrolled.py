"""The groups that a child is, was, or is about to be in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from navigator import catalogue
from navigator.portal.cabinet.timetable import Attending, Place
from navigator.tables import certificates, enrollments, providers

NEVER_IN_FORCE = ("draft", "requested", "refused")
"""States of an enrollment that gives no lesson yet, or never did."""


def attended_by(connection: Connection, children: list[str], first: dt.date, last: dt.date) -> dict[str, list[Attending]]:
    """Each child's enrollments that touch the days, both included, and are or were in force; by their first day."""
    wanted = select(enrollments, certificates.c.child).join(certificates, certificates.c.certificate == enrollments.c.certificate)
    mine = certificates.c.child.in_(children) & enrollments.c.state.not_in(NEVER_IN_FORCE)
    mine &= (enrollments.c.starts_on <= last.isoformat()) & (enrollments.c.ends_on >= first.isoformat())
    rows = connection.execute(wanted.where(mine).order_by(enrollments.c.starts_on, enrollments.c.enrollment)).all()
    places = places_of(connection, {row.group for row in rows})
    found: dict[str, list[Attending]] = {child: [] for child in children}
    for row in rows:
        days = dt.date.fromisoformat(row.starts_on), dt.date.fromisoformat(row.ends_on)
        found[row.child].append(Attending(row.enrollment, *days, row.state, places[row.group]))
    return found


def places_of(connection: Connection, groups: Iterable[str]) -> dict[str, Place]:
    """Each of these groups with who provides it."""
    items = catalogue.group_items(connection, groups)
    whose = {item["provider"] for item in items.values()}
    known = {row.provider: row for row in connection.execute(select(providers).where(providers.c.provider.in_(whose)))}
    found = {}
    for item in items.values():
        provider = known[item["provider"]]
        found[item["group"]] = Place(item, provider.name or provider.provider, provider.time_zone)
    return found


def provider_names(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """What these providers are called."""
    rows = connection.execute(select(providers.c.provider, providers.c.name).where(providers.c.provider.in_(list(keys))))
    return {row.provider: row.name or row.provider for row in rows}


def months_of(connection: Connection, child: str, today: dt.date) -> list[str]:
    """The months in which the child was in any group, up to this one, «2025-10», the latest first; five years at most."""
    first, last = _days_of(connection, child)
    if first is None or last is None:
        return []
    earliest, month = max(first[:7], f"{today.year - 5}-01"), min(last[:7], today.isoformat()[:7])
    found = []
    while month >= earliest:
        found.append(month)
        year, number = int(month[:4]), int(month[5:])
        month = f"{year - (number == 1)}-{(number - 2) % 12 + 1:02d}"
    return found


def years_of(connection: Connection, child: str, today: dt.date) -> list[int]:
    """The years in which the child was in any group, up to this one, and this one itself; the latest first."""
    first, _last = _days_of(connection, child)
    return list(range(today.year, max(int((first or today.isoformat())[:4]), today.year - 5) - 1, -1)) or [today.year]


def _days_of(connection: Connection, child: str) -> tuple[str | None, str | None]:
    wanted = select(func.min(enrollments.c.starts_on), func.max(enrollments.c.ends_on))
    wanted = wanted.join(certificates, certificates.c.certificate == enrollments.c.certificate)
    mine = (certificates.c.child == child) & enrollments.c.state.not_in(NEVER_IN_FORCE)
    first, last = connection.execute(wanted.where(mine)).one()
    return first, last
