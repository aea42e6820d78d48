"""Who is enrolled with a club: names, days and states, and nothing else of the children."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from navigator.portal.leaving.store import IN_FORCE
from navigator.tables import certificates, children, enrollments, groups, modules, programmes

NOW, LATER, OVER, REFUSED, ALL = "now", "later", "over", "refused", "all"
STATES = (NOW, LATER, OVER, REFUSED, ALL)


def enrolled(connection: Connection, provider: str, group: str, state: str, today: dt.date, page: int, size: int) -> list[Row[Any]]:
    """A page of a club's enrollments and one more, by group and name. ``group`` "": of all."""
    names = (children.c.child, children.c.last_name, children.c.first_name, children.c.patronymic)
    titles = (groups.c.title, programmes.c.title.label("programme_title"))
    wanted = _mine(select(enrollments, *names, *titles), provider, group).where(_is(state, today))
    order = (programmes.c.title, groups.c.title, enrollments.c.group, children.c.last_name, children.c.first_name, enrollments.c.enrollment)
    return list(connection.execute(wanted.order_by(*order).offset(page * size).limit(size + 1)))


def counts(connection: Connection, provider: str, group: str, today: dt.date) -> dict[str, int]:
    """How many enrollments there are in each state."""
    columns = [func.count().filter(_is(state, today)).label(state) for state in STATES]
    row = connection.execute(_mine(select(*columns), provider, group)).one()
    return {state: getattr(row, state) for state in STATES}


def _mine(wanted: Any, provider: str, group: str) -> Any:
    joined = enrollments.join(groups, groups.c.group == enrollments.c.group).join(modules).join(programmes)
    joined = joined.join(certificates, certificates.c.certificate == enrollments.c.certificate)
    wanted = wanted.select_from(joined.join(children, children.c.child == certificates.c.child)).where(programmes.c.provider == provider)
    return wanted.where(enrollments.c.group == group) if group else wanted


def _is(state: str, today: dt.date) -> Any:
    day, live = today.isoformat(), enrollments.c.state.in_(IN_FORCE)
    if state == NOW:
        return and_(live, enrollments.c.starts_on <= day, enrollments.c.ends_on >= day)
    if state == LATER:
        return and_(live, enrollments.c.starts_on > day)
    if state == OVER:
        return or_(and_(live, enrollments.c.ends_on < day), enrollments.c.state == "closed")
    if state == REFUSED:
        return enrollments.c.state == "refused"
    return enrollments.c.enrollment.is_not(None)
