"""How the conversation with a register goes: whether it answers, what it said unasked, and whether it knows more than we do."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.pace import Breaker
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.rows import upsert
from gateway.store.settled import stamp

_L = t.register_link.c


class Link(NamedTuple):
    """``strays``: answers that nobody had asked for; ``recover_since``: since when it is known that the register is ahead of us."""

    breaker: Breaker = Breaker()
    strays: int = 0
    strayed_at: str | None = None
    recover_since: str | None = None


def link_to(engine: Engine, register: str) -> Link:
    with reading(engine) as connection:
        row = connection.execute(sa.select(t.register_link).where(_L.register == register)).mappings().one_or_none()
    if row is None:
        return Link()
    until = dt.datetime.fromisoformat(row["open_until"]) if row["open_until"] else None
    return Link(Breaker(row["failures"], row["openings"], until), row["strays"], row["strayed_at"], row["recover_since"])


def save_breaker(engine: Engine, register: str, breaker: Breaker) -> None:
    until = stamp(breaker.open_until) if breaker.open_until else None
    _save(engine, register, failures=breaker.failures, openings=breaker.openings, open_until=until)


def count_strays(engine: Engine, register: str, number: int, now: dt.datetime) -> None:
    _save(engine, register, strays=_L.strays + number, strayed_at=stamp(now))


def must_recover(engine: Engine, register: str, now: dt.datetime) -> None:
    """The register knows of operations that we do not."""
    _save(engine, register, recover_since=stamp(now))


def has_recovered(engine: Engine, register: str) -> None:
    _save(engine, register, recover_since=None)


def probe_at_once(engine: Engine, now: dt.datetime) -> None:
    """A person says that the register is to be tried again."""
    with writing(engine) as connection:
        connection.execute(sa.update(t.register_link).where(_L.open_until.is_not(None)).values(open_until=stamp(now)))


def _save(engine: Engine, register: str, **values: Any) -> None:
    with writing(engine) as connection:
        _ensure(connection, register)
        connection.execute(sa.update(t.register_link).where(_L.register == register).values(**values))


def _ensure(connection: Connection, register: str) -> None:
    known = connection.execute(sa.select(_L.register).where(_L.register == register)).one_or_none()
    if known is None:
        upsert(connection, t.register_link, [{"register": register, "failures": 0, "openings": 0, "strays": 0}], ["register"])
