"""Letters about a leaving: to whoever filed it, and to the club."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from navigator.portal import mail
from navigator.portal.tables import persons


def tell(connection: Connection, row: Row[Any]) -> None:
    """Both sides have it in writing; the club's letter does not name the child."""
    values = {"found": row, "title": row.programme_title or row.title or row.group}
    address = mail.link("family.child", child=row.child)
    mail.queue(connection, "leaving_filed", row.email, row.language, link=address, **values)
    mine = (persons.c.role == "club") & (persons.c.provider == row.provider) & persons.c.confirmed_at.is_not(None)
    for person in connection.execute(select(persons.c.email, persons.c.language).where(mine).order_by(persons.c.email)):
        mail.queue(connection, "leaving_club", person.email, person.language, link=mail.link("leaving.leavings"), **values)
