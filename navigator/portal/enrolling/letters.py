"""Letters to those for whom something has moved while they waited."""

from __future__ import annotations

from sqlalchemy import Connection, select

from navigator.portal import mail
from navigator.portal.enrolling.store import TITLES, title_of, with_titles
from navigator.portal.tables import persons, requests
from navigator.tables import children


def places_held(connection: Connection, keys: list[str]) -> None:
    """A place became free for these requests: the club sees them now."""
    _tell(connection, "request_place", keys)


def enrolled(connection: Connection, keys: list[str]) -> None:
    """These requests are enrolled: accepted by the club, and with their money."""
    _tell(connection, "request_enrolled", keys)


def _tell(connection: Connection, template: str, keys: list[str]) -> None:
    if not keys:
        return
    wanted = select(requests, persons.c.email, persons.c.language, children.c.first_name, *TITLES)
    joined = wanted.join(persons, persons.c.person == requests.c.person).join(children, children.c.child == requests.c.child)
    joined = with_titles(joined).where(requests.c.request.in_(keys)).order_by(requests.c.place)
    for row in connection.execute(joined).all():
        values = {"name": row.first_name, "title": title_of(row), "link": mail.link("family.child", child=row.child)}
        mail.queue(connection, template, row.email, row.language, **values)
