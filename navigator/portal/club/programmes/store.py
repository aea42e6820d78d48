"""A club's programmes, as lists and one by one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, case, distinct, func, select

from navigator.portal.catalogue.costs import age_in_months
from navigator.portal.catalogue.store import TAKES_A_PLACE
from navigator.portal.club.tables import programme_checks
from navigator.tables import certificates, children, enrollments, groups, modules, programmes

DIRECTIONS = (
    "техническая",
    "естественно-научная",
    "физкультурно-спортивная",
    "художественная",
    "туристско-краеведческая",
    "социально-гуманитарная",
)
"""Those of supplementary education by the federal order; what a district calls otherwise stays as it is there."""


def of_provider(connection: Connection, provider: str, state: str, page: int, size: int) -> list[Row[Any]]:
    """A page of a club's programmes and one more, by title; each with its state, and how many groups it has. ``state`` "": any."""
    number = select(func.count(distinct(groups.c.group))).select_from(groups.join(modules))
    number = number.where(modules.c.programme == programmes.c.programme)
    wanted = select(programmes, _STATE.label("state"), number.scalar_subquery().label("groups")).select_from(_CHECKED)
    wanted = wanted.where(programmes.c.provider == provider)
    if state:
        wanted = wanted.where(_STATE.in_((state,)))
    return list(connection.execute(wanted.order_by(programmes.c.title, programmes.c.programme).offset(page * size).limit(size + 1)))


def counts(connection: Connection, provider: str) -> dict[str, int]:
    """How many programmes of a club there are in each state."""
    wanted = select(_STATE, func.count()).select_from(_CHECKED).where(programmes.c.provider == provider).group_by(_STATE)
    return {state: number for state, number in connection.execute(wanted)}


def directions(connection: Connection) -> list[str]:
    """What a programme may be: the federal ones, and those that are in the register."""
    known = connection.scalars(select(programmes.c.direction).where(programmes.c.direction.is_not(None)).distinct())
    return [*DIRECTIONS, *sorted(set(known) - set(DIRECTIONS))]


def groups_of(connection: Connection, programme: str, today: dt.date) -> list[Row[Any]]:
    """The programme's groups, each with how many places of it are taken."""
    taken = select(func.count()).select_from(enrollments).where(enrollments.c.group == groups.c.group)
    taken = taken.where(enrollments.c.state.in_(TAKES_A_PLACE), enrollments.c.ends_on >= today.isoformat())
    wanted = select(groups, taken.scalar_subquery().label("taken")).join(modules).where(modules.c.programme == programme)
    return list(connection.execute(wanted.order_by(groups.c.title, groups.c.group)))


def outside_ages(connection: Connection, programme: str, ages: dict[str, int | None], today: dt.date) -> int:
    """How many enrolled children would be of another age at their enrollment's first day, and are not so now."""
    limits = (programmes.c.age_from_months, programmes.c.age_to_months)
    wanted = select(children.c.child, children.c.birth_date, enrollments.c.starts_on, *limits)
    wanted = wanted.select_from(
        enrollments.join(groups).join(modules).join(programmes).join(certificates).join(children, children.c.child == certificates.c.child)
    )
    mine = (programmes.c.programme == programme) & enrollments.c.state.in_(TAKES_A_PLACE) & (enrollments.c.ends_on >= today.isoformat())
    outside = set()
    for row in connection.execute(wanted.where(mine, children.c.birth_date.is_not(None))):
        months = age_in_months(dt.date.fromisoformat(row.birth_date), dt.date.fromisoformat(row.starts_on))
        fitted = _fits(months, row.age_from_months, row.age_to_months)
        if fitted and not _fits(months, ages["age_from_months"], ages["age_to_months"]):
            outside.add(row.child)
    return len(outside)


def new_key(connection: Connection, column: Any, provider: str, letter: str) -> str:
    """A key for something new of a club's: its own, a letter and a number that nothing has."""
    beginning = f"{provider}-{letter}"
    taken = set(connection.scalars(select(column).where(column.startswith(beginning, autoescape=True))))
    number = len(taken) + 1
    while f"{beginning}{number}" in taken:
        number += 1
    return f"{beginning}{number}"


_CHECKED = programmes.outerjoin(programme_checks, programme_checks.c.programme == programmes.c.programme)
_STATE = func.coalesce(programme_checks.c.state, case((programmes.c.verified.is_(True), "verified"), else_="draft"))
"""As `navigator.portal.club.verification.state_of` says it of one."""


def _fits(months: int, first: int | None, last: int | None) -> bool:
    return (first is None or first <= months) and (last is None or months <= last)
