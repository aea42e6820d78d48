"""Deliveries that were pushed and stored, by digests of their names, for as long as their system might tell them again."""

from __future__ import annotations

import datetime as dt
from hashlib import blake2b

import sqlalchemy as sa
from sqlalchemy import Engine

from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.rows import upsert
from gateway.store.settled import stamp

REMEMBERED = dt.timedelta(days=30)
"""Standard Webhooks tries for some three days."""

_D = t.delivery.c


def is_stored(engine: Engine, provider: str, source: str, name: str) -> bool:
    """Whether a delivery of this name was stored before."""
    with reading(engine) as connection:
        of = (_D.provider == provider) & (_D.source == source) & (_D.delivery == _digest(name))
        return connection.execute(sa.select(_D.at).where(of)).first() is not None


def remember(engine: Engine, provider: str, source: str, name: str, now: dt.datetime) -> None:
    """What it said is stored. Names that nobody will tell again are forgotten."""
    with writing(engine) as connection:
        row = {"provider": provider, "source": source, "delivery": _digest(name), "at": stamp(now)}
        upsert(connection, t.delivery, [row], ["provider", "source", "delivery"])
        of = (_D.provider == provider) & (_D.source == source)
        connection.execute(sa.delete(t.delivery).where(of, _D.at < stamp(now - REMEMBERED)))


def _digest(name: str) -> str:
    return blake2b(name.encode(), digest_size=16).hexdigest()
