"""Persons of clubs, municipalities and the operator: looked up, invited, ended."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from navigator.portal import sessions
from navigator.portal.account import store as account
from navigator.portal.persons.tables import ended_persons
from navigator.portal.tables import instant, persons, sign_ins, tokens
from navigator.tables import payers, providers

ROLES = ("operator", "payer", "club")


class Taken(Exception):
    """The address is somebody's who has confirmed it, or who has another role or another's part."""


class NotNow(Exception):
    """The account was ended already, or it is one's own."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is invited: ``provider`` of a club's person, ``payer`` of a municipality's, else None."""

    email: str
    role: str
    provider: str | None
    payer: str | None


def listed(connection: Connection, role: str, is_ended: bool, after: str, limit: int) -> list[Row[Any]]:
    """Those of a role ("": of each) by their addresses behind ``after``, with whose they are and when they were last seen."""
    seen = select(sign_ins.c.person, func.max(sign_ins.c.seen_at).label("seen_at")).group_by(sign_ins.c.person).subquery()
    mine = _with_names(seen.c.seen_at, ended_persons.c.email.label("former_email"), ended_persons.c.ended_at)
    mine = mine.outerjoin(ended_persons, ended_persons.c.person == persons.c.person).outerjoin(seen, seen.c.person == persons.c.person)
    mine = mine.where(persons.c.role.in_([role] if role else ROLES), persons.c.email > after)
    mine = mine.where(ended_persons.c.person.is_not(None) if is_ended else ended_persons.c.person.is_(None))
    return list(connection.execute(mine.order_by(persons.c.email).limit(limit)))


def one(connection: Connection, key: str) -> Row[Any] | None:
    """One of them, with who ended it; None where there is none, or it is a parent."""
    by = persons.alias()
    names = (by.c.last_name.label("by_last_name"), by.c.first_name.label("by_first_name"))
    mine = _with_names(ended_persons.c.email.label("former_email"), ended_persons.c.reason, ended_persons.c.ended_at, *names)
    mine = mine.outerjoin(ended_persons, ended_persons.c.person == persons.c.person).outerjoin(by, by.c.person == ended_persons.c.ended_by)
    return connection.execute(mine.where(persons.c.person == key, persons.c.role.in_(ROLES))).one_or_none()


def invite(connection: Connection, wanted: Wanted, language: str, now: dt.datetime, lasts: dt.timedelta, by: str) -> str:
    """Make the person where it is new; the token of the letter's link, with which it chooses its password.

    Raises:
        Taken: nothing was made.
    """
    known = account.by_email(connection, wanted.email)
    if known is None:
        account.add(connection, wanted.email, wanted.role, language, now, provider=wanted.provider, payer=wanted.payer)
    elif known.confirmed_at is not None or (known.role, known.provider, known.payer) != (wanted.role, wanted.provider, wanted.payer):
        raise Taken(wanted.email)
    return sessions.new_token(connection, "join", wanted.email, now, lasts, made_by=by)


def end(connection: Connection, key: str, reason: str, by: str, now: dt.datetime) -> None:
    """End an account: no sign-in holds any more, no link works, the address is free; what the person did keeps its name.

    Raises:
        NotNow: it was ended already, or it is the account of whoever ends it.
    """
    row = one(connection, key)
    if row is None or row.ended_at is not None or key == by:
        raise NotNow(key)
    ended = {"person": key, "email": row.email, "reason": reason, "ended_by": by, "ended_at": instant(now)}
    connection.execute(insert(ended_persons), [ended])
    links = (tokens.c.email == row.email) & tokens.c.used_at.is_(None)
    connection.execute(update(tokens).where(links).values(used_at=instant(now)))
    sessions.end(connection, key, now)
    values = {"email": f"ended {key}", "password": None, "confirmed_at": None, "phone": ""}
    connection.execute(update(persons).where(persons.c.person == key).values(**values))


def _with_names(*more: Any) -> Any:
    wanted = select(persons, providers.c.name.label("provider_name"), payers.c.name.label("payer_name"), *more)
    joined = wanted.select_from(persons).outerjoin(providers, providers.c.provider == persons.c.provider)
    return joined.outerjoin(payers, payers.c.payer == persons.c.payer)
