"""Children and who stands for them.

One child is never there twice: who is meant is looked for, under the writer's lock, before a child is made.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, or_, select

from navigator import people
from navigator.clock import Clock
from navigator.portal import records
from navigator.portal.financing import store as financing
from navigator.portal.tables import guardians, instant, persons, tokens
from navigator.tables import certificate_numbers, certificates, children, payers


class Added(StrEnum):
    """What became of a child that a parent adds."""

    NEW = "new"
    CLAIMED = "claimed"  # the district had brought it; the parent knows the certificate's number
    YOURS = "yours"
    ANOTHERS = "anothers"  # another parent stands for it and has to invite
    UNCLAIMED = "unclaimed"  # the district had brought it; the number is needed, or the operator


class Adding(NamedTuple):
    """The answer to adding a child."""

    added: Added
    child: str


def municipalities(connection: Connection) -> list[tuple[str, str]]:
    """The payers by name."""
    rows = connection.execute(select(payers).order_by(payers.c.name, payers.c.payer))
    return [(row.payer, row.name or row.payer) for row in rows]


def add(connection: Connection, clock: Clock, person: str, told: dict[str, Any]) -> Adding:
    """Add a child with its certificate of accounting, or find the one that is meant. ``told``: the form's fields by name."""
    found = _the_same(connection, told)
    if found is not None:
        return _claim(connection, clock, person, found, told)
    child = f"c-{secrets.token_hex(8)}"
    names = {name: told[name] or None for name in ("last_name", "first_name", "patronymic", "snils", "payer")}
    records.store(connection, clock, children=[{"child": child, "birth_date": told["birth_date"].isoformat(), **names}])
    financing.give_accounting(connection, clock, child, told["payer"], told["birth_date"])
    link(connection, child, person, clock.now())
    return Adding(Added.NEW, child)


def link(connection: Connection, child: str, person: str, now: dt.datetime) -> bool:
    """Let a person stand for a child; False where it did already."""
    others = connection.scalars(select(guardians.c.person).where(guardians.c.child == child)).all()
    if person in others:
        return False
    connection.execute(insert(guardians), [{"child": child, "person": person, "since": instant(now), "is_first": not others}])
    return True


def _claim(connection: Connection, clock: Clock, person: str, child: str, told: dict[str, Any]) -> Adding:
    standing_for = connection.scalars(select(guardians.c.person).where(guardians.c.child == child)).all()
    if person in standing_for:
        return Adding(Added.YOURS, child)
    if standing_for:
        return Adding(Added.ANOTHERS, child)
    number = re.sub(r"\s", "", told["certificate"] or "")
    held = select(certificate_numbers.c.number).join(certificates, certificates.c.certificate == certificate_numbers.c.certificate)
    numbers = connection.scalars(held.where(certificates.c.child == child)).all()
    if number not in numbers:
        return Adding(Added.UNCLAIMED, child)
    link(connection, child, person, clock.now())
    return Adding(Added.CLAIMED, child)


def _the_same(connection: Connection, told: dict[str, Any]) -> str | None:
    """The child that is meant: the same СНИЛС; or the same name and birth date, unless both have a СНИЛС and they differ."""
    snils = told["snils"] or None
    wanted = children.c.birth_date == told["birth_date"].isoformat()
    if snils is not None:
        wanted = or_(wanted, children.c.snils.in_([snils, re.sub(r"\D", "", snils)]))
    rows = connection.execute(select(children).where(wanted).order_by(children.c.child)).all()
    by_number = [row.child for row in rows if snils is not None and _digits(row.snils) == _digits(snils)]
    by_name = [
        row.child
        for row in rows
        if row.birth_date == told["birth_date"].isoformat()
        and all(_folded(row._mapping[name]) == _folded(told[name]) for name in ("last_name", "first_name"))
        and (snils is None or row.snils is None)
    ]
    return next(iter(by_number + by_name), None)


def _digits(text: str | None) -> str:
    return re.sub(r"\D", "", text or "")


def _folded(text: str | None) -> str:
    return " ".join((text or "").lower().replace("ё", "е").split())


# ---------------------------------------------------------------- reading


def of_person(connection: Connection, person: str) -> list[Row[Any]]:
    """The children that a person stands for, the eldest first."""
    wanted = select(children).join(guardians, guardians.c.child == children.c.child).where(guardians.c.person == person)
    return list(connection.execute(wanted.order_by(children.c.birth_date, children.c.child)))


def child(connection: Connection, key: str) -> Row[Any] | None:
    """A child with its municipality's name."""
    wanted = select(children, payers.c.name.label("payer_name")).join(payers, isouter=True).where(children.c.child == key)
    return connection.execute(wanted).one_or_none()


def guardians_of(connection: Connection, key: str) -> list[Row[Any]]:
    """Who stands for a child, the first one first."""
    wanted = select(persons, guardians.c.since, guardians.c.is_first).join(guardians, guardians.c.person == persons.c.person)
    return list(connection.execute(wanted.where(guardians.c.child == key).order_by(guardians.c.since, persons.c.person)))


def invitations(connection: Connection, now: dt.datetime, email: str | None = None, child: str | None = None) -> list[Row[Any]]:
    """Invitations that are open: to an address, or to a child."""
    open_ones = (tokens.c.kind == "invitation") & tokens.c.used_at.is_(None) & (tokens.c.expires_at > instant(now))
    if email is not None:
        open_ones &= tokens.c.email == email
    if child is not None:
        open_ones &= tokens.c.child == child
    wanted = select(tokens, children.c.first_name).join(children, children.c.child == tokens.c.child)
    return list(connection.execute(wanted.where(open_ones).order_by(tokens.c.made_at, tokens.c.digest)))


def certificate_numbers_of(connection: Connection, keys: list[str]) -> dict[str, str]:
    """The present number of each child's latest certificate."""
    rows = connection.execute(select(certificates).where(certificates.c.child.in_(keys)).order_by(certificates.c.valid_from)).all()
    named = people.numbers_of(connection, [row.certificate for row in rows])
    return {row.child: named[row.certificate][-1]["number"] for row in rows}
