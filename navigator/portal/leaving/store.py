"""Leavings: the enrollment in the register ends with the last day; programs learn it through the feed, as they learn of any other."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from navigator import catalogue, changes, commands
from navigator.clock import Clock
from navigator.operations import DEBIT, MONEY
from navigator.portal.catalogue import costs
from navigator.portal.enrolling import quote
from navigator.portal.enrolling import store as enrolling
from navigator.portal.leaving.tables import leavings
from navigator.portal.tables import instant, persons, requests
from navigator.tables import acceptances, certificates, children, enrollments, groups, modules, programmes, providers

IN_FORCE = ("active", "ending")

Item = dict[str, Any]


class Left(Exception):
    """The enrollment has its leaving already, or is not in force any more."""


class Attended(NamedTuple):
    """An enrollment of a child that is not over, its group as the catalogue serves it, and the leaving where one was filed."""

    enrollment: Row[Any]
    item: Item
    leaving: Row[Any] | None


class Consequences(NamedTuple):
    """What leaving means for the money. Sums in kopecks; lessons are those planned behind today, up to the enrollment's present end."""

    debited_kopecks: int
    lessons_left: int
    not_debited_kopecks: int


def of_child(connection: Connection, child: str, today: dt.date) -> list[Attended]:
    """The enrollments of a child that are in force or will be."""
    mine = (certificates.c.child == child) & enrollments.c.state.in_(IN_FORCE) & (enrollments.c.ends_on >= today.isoformat())
    wanted = select(enrollments).join(certificates).where(mine).order_by(enrollments.c.starts_on, enrollments.c.enrollment)
    rows = connection.execute(wanted).all()
    items = catalogue.group_items(connection, {row.group for row in rows})
    filed = select(leavings).where(leavings.c.enrollment.in_([row.enrollment for row in rows]))
    known = {row.enrollment: row for row in connection.execute(filed)}
    return [Attended(row, items[f"group {row.group}"], known.get(row.enrollment)) for row in rows]


def one(connection: Connection, child: str, enrollment: str, today: dt.date) -> Attended | None:
    """One of those; None where the child has no such enrollment."""
    return next((each for each in of_child(connection, child, today) if each.enrollment.enrollment == enrollment), None)


def consequences(connection: Connection, child: str, attended: Attended, today: dt.date) -> Consequences:
    """What was debited for the enrollment so far, and what would come until its present end."""
    mine = (acceptances.c.child == child) & (acceptances.c.journal == MONEY)  # the child's own rows are found by an index
    mine &= acceptances.c.enrollment == attended.enrollment.enrollment
    by_kind = select(acceptances.c.kind, func.sum(acceptances.c.amount_kopecks)).where(mine).group_by(acceptances.c.kind)
    sums = {kind: int(total) for kind, total in connection.execute(by_kind)}
    debited = sums.pop(DEBIT, 0) - sum(sums.values())
    first = max(today + dt.timedelta(days=1), dt.date.fromisoformat(attended.enrollment.starts_on))
    planned = quote.lessons_of(attended.item, first, dt.date.fromisoformat(attended.enrollment.ends_on))
    found = [costs.cost_of(attended.item["module"], minutes) for _day, minutes in planned]
    return Consequences(debited, len(planned), sum((cost.certificate_kopecks or 0) for cost in found if cost is not None))


def file(connection: Connection, clock: Clock, child: str, person: str, enrollment: str, told: dict[str, Any]) -> str:
    """End an enrollment with a day; its leaving's number. One that has not begun yet by that day never comes into force.

    Args:
        told: ``last_day`` (a date, not before today and before the enrollment's end), ``reason``, ``words``.

    Raises:
        Left: see there.
    """
    attended = one(connection, child, enrollment, clock.today())
    if attended is None or attended.leaving is not None:
        raise Left(enrollment)
    row, last_day = attended.enrollment, told["last_day"]
    ordinal = 1 + (connection.scalar(select(func.max(leavings.c.ordinal))) or 0)
    key = f"L-{clock.today().year}-{ordinal:06d}"
    values = {"leaving": key, "ordinal": ordinal, "enrollment": enrollment, "child": child, "group": row.group}
    values |= {"provider": attended.item["provider"], "person": person, "last_day": last_day.isoformat(), "ended_before": row.ends_on}
    values |= {"reason": told["reason"], "words": told["words"], "filed_at": instant(clock.now())}
    connection.execute(insert(leavings), [values])
    if last_day.isoformat() < row.starts_on:
        connection.execute(update(enrollments).where(enrollments.c.enrollment == enrollment).values(state="refused"))
        changes.publish(connection, changes.Touched(enrollments={enrollment}))
    else:
        commands.end_enrollment(connection, enrollment, last_day)
    asked = (requests.c.request == enrollment) & (requests.c.state == enrolling.ENROLLED)
    connection.execute(update(requests).where(asked).values(state=enrolling.LEFT))
    return key


def leaving(connection: Connection, key: str) -> Row[Any]:
    """A leaving with its child, its group's titles, its club's name, and who filed it."""
    return connection.execute(_named().where(leavings.c.leaving == key)).one()


def of_provider(connection: Connection, provider: str, before: int | None, limit: int) -> list[Row[Any]]:
    """A club's leavings, the last one first; those filed earlier than ``before``."""
    mine = leavings.c.provider == provider
    if before is not None:
        mine &= leavings.c.ordinal < before
    return list(connection.execute(_named().where(mine).order_by(leavings.c.ordinal.desc()).limit(limit)))


def _named() -> Any:
    names = (children.c.last_name, children.c.first_name, children.c.patronymic)
    titles = (groups.c.title, programmes.c.title.label("programme_title"), providers.c.name.label("provider_name"))
    wanted = select(leavings, *names, *titles, persons.c.email, persons.c.language)
    joined = wanted.join(children, children.c.child == leavings.c.child).join(persons, persons.c.person == leavings.c.person)
    joined = joined.join(groups, groups.c.group == leavings.c.group).join(modules, modules.c.module == groups.c.module)
    joined = joined.join(programmes, programmes.c.programme == modules.c.programme)
    return joined.join(providers, providers.c.provider == leavings.c.provider)
