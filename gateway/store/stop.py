"""Payers for whom nothing is sent any more, because their ledger does not prove itself; and a person's word that it may go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from hashlib import blake2b

import sqlalchemy as sa
from sqlalchemy import Engine

from gateway.store import tables as t
from gateway.store.engine import writing
from gateway.store.rows import upsert

_P = t.posting.c


def digest_of(faults: Iterable[str]) -> str:
    """The same faults have the same digest: what a person has let pass does not stop the payer again, anything more does."""
    return blake2b("\n".join(sorted(faults)).encode(), digest_size=16).hexdigest()


def stop(engine: Engine, payer: str, why: str, faults: str, now: dt.datetime) -> bool:
    """Send nothing for this payer from here on. False where a person has let exactly these faults pass."""
    with writing(engine) as connection:
        upsert(connection, t.posting, [{"payer": payer}], ["payer"])
        row = connection.execute(sa.select(_P.lifted, _P.stopped_at).where(_P.payer == payer).with_for_update()).one()
        if row.lifted == faults:
            return False
        at = row.stopped_at or now.isoformat()
        connection.execute(sa.update(t.posting).where(_P.payer == payer).values(stopped_at=at, why=why, faults=faults))
    return True


def lift(engine: Engine, payer: str, because: str, now: dt.datetime) -> bool:
    """A person takes it upon himself that sending goes on. False where this payer is not stopped."""
    with writing(engine) as connection:
        stopped = (_P.payer == payer) & _P.stopped_at.is_not(None)
        values = {"stopped_at": None, "lifted": _P.faults, "lifted_at": now.isoformat(), "why": because}
        return bool(connection.execute(sa.update(t.posting).where(stopped).values(**values)).rowcount)
