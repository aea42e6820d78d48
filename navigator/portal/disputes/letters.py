"""Letters about a dispute: to whoever filed it at each step, to the club where it is asked, told, or no longer needed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, select

from navigator.portal import mail
from navigator.portal.tables import persons


def to_parent(connection: Connection, row: Row[Any], state: str, role: str, text: str) -> None:
    """What has become of the dispute, in the words of its state: templates ``mail/dispute_{state}.txt``."""
    address = mail.link("disputes.own", dispute=row.dispute)
    mail.queue(connection, f"dispute_{state}", row.email, row.language, link=address, **_values(row, role, text))


def to_club(connection: Connection, row: Row[Any], state: str, role: str) -> None:
    """The same to each of the club's persons, with neither the child's name nor anybody's words: those are read behind the sign-in."""
    address = mail.link("disputes.answer", dispute=row.dispute)
    mine = (persons.c.role == "club") & (persons.c.provider == row.provider) & persons.c.confirmed_at.is_not(None)
    for person in connection.execute(select(persons.c.email, persons.c.language).where(mine).order_by(persons.c.email)):
        values = {**_values(row, role, ""), "state": state}
        mail.queue(connection, "dispute_club", person.email, person.language, link=address, **values)


def _values(row: Row[Any], role: str, text: str) -> dict[str, Any]:
    at = dt.datetime.fromisoformat(row.lesson_starts_at)
    title = row.programme_title or row.title or row.group
    return {"found": row, "at": at, "title": title, "role": role, "text": text}
