"""What the operator looks up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, select

from navigator import people
from navigator.portal.certificates.store import by_name
from navigator.portal.tables import mails, persons
from navigator.tables import certificates, children, payers, programmes, providers

FOUND_MAX = 50


def find_children(connection: Connection, query: str) -> list[Row[Any]]:
    """Children by a certificate's number, present or past, or by the beginning of the last name; at most `FOUND_MAX`."""
    wanted = select(children, payers.c.name.label("payer_name")).select_from(children.outerjoin(payers))
    certificate = people.certificates_by_number(connection, [query]).get(query)
    if certificate is not None:
        bearer = select(certificates.c.child).where(certificates.c.certificate == certificate)
        wanted = wanted.where(children.c.child == bearer.scalar_subquery())
    else:
        wanted = wanted.where(children.c.child.in_(by_name(connection, query)))
    return list(connection.execute(wanted.order_by(children.c.last_name, children.c.first_name, children.c.child).limit(FOUND_MAX)))


def person_counts(connection: Connection) -> dict[str, int]:
    """How many persons of each role have confirmed their address."""
    wanted = select(persons.c.role, func.count()).where(persons.c.confirmed_at.is_not(None)).group_by(persons.c.role)
    return {role: number for role, number in connection.execute(wanted)}


def troubled_mails(connection: Connection) -> int:
    """How many mails were tried and not sent."""
    unsent = mails.c.trouble.is_not(None) & mails.c.sent_at.is_(None)
    return connection.scalar(select(func.count()).select_from(mails).where(unsent)) or 0


def programme(connection: Connection, key: str) -> Row[Any] | None:
    """A programme, verified or not, with its provider; None where there is none."""
    wanted = select(programmes, providers.c.name.label("provider_name"), providers.c.licence, providers.c.sole_trader).join(providers)
    return connection.execute(wanted.where(programmes.c.programme == key)).one_or_none()


def persons_of_provider(connection: Connection, provider: str) -> list[Row[Any]]:
    """A club's persons who have confirmed their address."""
    mine = (persons.c.provider == provider) & persons.c.confirmed_at.is_not(None)
    return list(connection.execute(select(persons).where(mine).order_by(persons.c.person)))
