"""Persons and their passwords."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, insert, select, update

from navigator.portal.tables import instant, persons

HASHER = PasswordHasher()
_NOBODYS = HASHER.hash(secrets.token_hex(16))
"""What an unknown address's password is compared with: an answer takes as long whether the address is known or not."""


def by_email(connection: Connection, email: str) -> Row[Any] | None:
    """Who has this address."""
    return connection.execute(select(persons).where(persons.c.email == email)).one_or_none()


def by_id(connection: Connection, person: str) -> Row[Any]:
    """A person that is there."""
    return connection.execute(select(persons).where(persons.c.person == person)).one()


def new_id() -> str:
    """What names a person."""
    return f"p-{secrets.token_hex(8)}"


def add(connection: Connection, email: str, role: str, language: str, now: dt.datetime, **known: Any) -> str:
    """A person without a password, so that nobody can sign in as it yet; its id."""
    person = new_id()
    row = {"person": person, "email": email, "role": role, "language": language, "made_at": instant(now)}
    connection.execute(insert(persons), [{**row, **known}])
    return person


def confirm(connection: Connection, person: str, password: str, now: dt.datetime, **names: str) -> None:
    """The person has shown that the address is its own, and chosen a password (its hash is given)."""
    values = {"password": password, "confirmed_at": instant(now), **names}
    connection.execute(update(persons).where(persons.c.person == person).values(**values))


def set_password(connection: Connection, person: str, password: str) -> None:
    """Another password; its hash is given."""
    connection.execute(update(persons).where(persons.c.person == person).values(password=password))


def is_password(stored: str | None, typed: str) -> bool:
    """Whether the typed password is the stored one. Takes as long where there is none."""
    try:
        return HASHER.verify(stored or _NOBODYS, typed) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
