"""Proposals. A club learns nothing from one: whether the number is anybody's, and whose, it hears from the family alone."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from navigator import people
from navigator.clock import Clock
from navigator.portal import mail, sessions
from navigator.portal.proposals.tables import proposals
from navigator.portal.region import region
from navigator.portal.tables import guardians, instant, persons
from navigator.tables import certificates, children, groups, modules, programmes, providers

SENT, CONFIRMED, DECLINED, EXPIRED = "sent", "confirmed", "declined", "expired"
A_DAY = dt.timedelta(days=1)
OF_CLUB_MAX = 60
"""How many proposals a club makes in a day: a new group's worth, and far from enough to try numbers."""
TO_CHILD_MAX = 3
"""How many letters about proposals a family gets in a day, from all clubs together."""


class TooMany(Exception):
    """The club has made its proposals of the day."""


class Answered(Exception):
    """The family has answered, or the time for it is over."""


def state_of(row: Row[Any], now: dt.datetime) -> str:
    """A proposal's state at an instant; one that nobody has answered in time has expired."""
    return EXPIRED if row.state == SENT and row.expires_at <= instant(now) else str(row.state)


def groups_to_offer(connection: Connection, provider: str, today: dt.date) -> list[Row[Any]]:
    """The groups of a club's verified programmes that take children."""
    goes_on = or_(groups.c.ends_on.is_(None), groups.c.ends_on >= today.isoformat())
    mine = (programmes.c.provider == provider) & programmes.c.verified.is_(True) & goes_on
    mine &= or_(modules.c.open.is_(None), modules.c.open.is_(True))
    wanted = select(groups, programmes.c.title.label("programme_title")).select_from(groups.join(modules).join(programmes)).where(mine)
    return list(connection.execute(wanted.order_by(programmes.c.title, groups.c.title, groups.c.group)))


def propose(connection: Connection, clock: Clock, provider: str, person: str, group: str, number: str) -> None:
    """Ask the family for its word. A number that is nobody's, and one that is asked for already, end in the same silence.

    Raises:
        TooMany: the club's limit of the day.
    """
    now, key = clock.now(), f"proposals of {provider}"
    if sessions.is_throttled(connection, key, now, OF_CLUB_MAX, A_DAY):
        raise TooMany(provider)
    sessions.note_attempt(connection, key, now, A_DAY)
    same = (proposals.c.provider == provider) & (proposals.c.group == group) & (proposals.c.number == number)
    is_open = (proposals.c.state == SENT) & (proposals.c.expires_at > instant(now))
    if connection.scalar(select(proposals.c.proposal).where(same & is_open)) is not None:
        return
    certificate = people.certificates_by_number(connection, [number]).get(number)
    child = connection.scalar(select(certificates.c.child).where(certificates.c.certificate == certificate))
    row = {"proposal": secrets.token_urlsafe(12), "provider": provider, "group": group, "number": number, "child": child, "state": SENT}
    row |= {"ordinal": 1 + (connection.scalar(select(func.max(proposals.c.ordinal))) or 0), "person": person}
    row |= {"made_at": instant(now), "expires_at": instant(now + dt.timedelta(days=region().proposal_days))}
    connection.execute(insert(proposals), [row])
    if child is not None and not sessions.is_throttled(connection, f"proposals to {child}", now, TO_CHILD_MAX, A_DAY):
        sessions.note_attempt(connection, f"proposals to {child}", now, A_DAY)
        _write_to_family(connection, str(row["proposal"]), child)


def proposal(connection: Connection, key: str) -> Row[Any] | None:
    """A proposal with its child, its group's titles, its club's name, and the club's person."""
    return connection.execute(_named().where(proposals.c.proposal == key)).one_or_none()


def open_for(connection: Connection, keys: list[str], now: dt.datetime) -> list[Row[Any]]:
    """The proposals that wait for these children's families, the oldest first."""
    mine = proposals.c.child.in_(keys) & (proposals.c.state == SENT) & (proposals.c.expires_at > instant(now))
    return list(connection.execute(_named().where(mine).order_by(proposals.c.ordinal)))


def of_provider(connection: Connection, provider: str, before: int | None, limit: int) -> list[Row[Any]]:
    """A club's proposals as it made them, the last one first; those made earlier than ``before``. No child's data."""
    mine = proposals.c.provider == provider
    if before is not None:
        mine &= proposals.c.ordinal < before
    said = [proposals.c[name] for name in ("ordinal", "number", "group", "state", "made_at", "expires_at", "request")]
    wanted = select(*said, groups.c.title).join(groups, groups.c.group == proposals.c.group).where(mine)
    return list(connection.execute(wanted.order_by(proposals.c.ordinal.desc()).limit(limit)))


def answer(connection: Connection, now: dt.datetime, key: str, person: str, state: str, request: str | None = None) -> None:
    """The family has answered: `CONFIRMED` with the request that came of it, or `DECLINED`; the club's person has a letter.

    Raises:
        Answered: see there.
    """
    is_open = (proposals.c.proposal == key) & (proposals.c.state == SENT) & (proposals.c.expires_at > instant(now))
    values = {"state": state, "answered_at": instant(now), "answered_by": person, "request": request}
    if not connection.execute(update(proposals).where(is_open).values(**values)).rowcount:
        raise Answered(key)
    row = proposal(connection, key)
    assert row is not None
    address = mail.link("enrolling.answer", request_=request) if request is not None else mail.link("proposals.propose")
    told = {"number": row.number, "title": row.title or row.group, "state": state, "link": address}
    mail.queue(connection, "proposal_answered", row.email, row.language, **told)


def _write_to_family(connection: Connection, key: str, child: str) -> None:
    found = proposal(connection, key)
    mine = (guardians.c.child == child) & persons.c.confirmed_at.is_not(None)
    wanted = select(persons.c.email, persons.c.language).join(guardians, guardians.c.person == persons.c.person).where(mine)
    for row in connection.execute(wanted.order_by(persons.c.email)).all():
        mail.queue(connection, "proposal", row.email, row.language, found=found, link=mail.link("proposals.answer", proposal=key))


def _named() -> Any:
    titles = (groups.c.title, programmes.c.title.label("programme_title"), providers.c.name.label("provider_name"))
    wanted = select(proposals, children.c.first_name, *titles, persons.c.email, persons.c.language)
    joined = wanted.join(persons, persons.c.person == proposals.c.person).outerjoin(children, children.c.child == proposals.c.child)
    joined = joined.join(groups, groups.c.group == proposals.c.group).join(modules, modules.c.module == groups.c.module)
    joined = joined.join(programmes, programmes.c.programme == modules.c.programme)
    return joined.join(providers, providers.c.provider == proposals.c.provider)
