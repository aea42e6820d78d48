"""What an operator wants to know of the database: whether it keeps what it is given, what waits in it, and who has left work behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.match import MarkState
from gateway.core.post import OperationState
from gateway.store import ledger as store_ledger
from gateway.store import seal as store_seal
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.settled import stamp

PROVED_TRANSFERS_MAX = 200_000
"""So many are proved within a second or two."""

_O = t.operation.c


class Queue(NamedTuple):
    """``since``: when the oldest entry came, where that is known."""

    name: str
    entries: int
    since: dt.datetime | None = None


def durability(engine: Engine) -> Mapping[str, str]:
    """How the database keeps what it was given, by the names of its own settings."""
    with reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            levels = {0: "off", 1: "normal", 2: "full", 3: "extra"}
            return {
                "journal_mode": str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()),
                "synchronous": levels.get(int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one()), "?"),
            }
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        return {name: str(connection.execute(sa.select(sa.func.current_setting(name))).scalar_one()) for name in names}


def size_bytes(engine: Engine) -> int:
    """What the database takes on its disk."""
    with reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
        return int(connection.execute(sa.select(sa.func.pg_database_size(sa.func.current_database()))).scalar_one())


class _Enough(Exception):
    """Leaves a transaction that shall leave nothing."""


def check_writable(engine: Engine) -> None:
    """Write, and take it back.

    Raises:
        StoreUnavailable: it cannot be written.
    """
    try:
        with writing(engine) as connection:
            connection.execute(sa.insert(t.scheduled_job), {"register": "doctor", "job": "doctor", "failures": 0})
            raise _Enough
    except _Enough:
        return


# ---------------------------------------------------------------- what waits


def lists(engine: Engine) -> list[Queue]:
    """What the stages have still to do. Where nothing works they ought to be empty."""
    with reading(engine) as connection:
        return [
            Queue("to_match", *_counted(connection, _told_since(t.to_match, (t.to_match.c.mark == t.mark.c.mark)))),
            Queue("to_decide", _count(connection, t.to_decide)),
            Queue("to_book", _count(connection, t.to_book)),
            Queue("to_send", *_counted(connection, _open_since(OperationState.TO_SEND, _O.booked_at))),
            Queue("unanswered", *_counted(connection, _open_since(OperationState.UNANSWERED, _O.sent_at))),
            Queue("held", *_counted(connection, _open_since(OperationState.HELD, _O.booked_at))),
        ]


def questions(engine: Engine) -> list[Queue]:
    """What waits for a person."""
    waiting = (t.mark.c.state == MarkState.WAITING.value) & (t.mark.c.provider == t.run.c.provider) & (t.mark.c.run == t.run.c.run)
    withdrawn = (t.withdrawal.c.provider == t.run.c.provider) & (t.withdrawal.c.run == t.run.c.run)
    with reading(engine) as connection:
        return [
            Queue("match", *_counted(connection, _since(t.run.c.started_at).join_from(t.mark, t.run, waiting))),
            Queue(
                "withdrawals",
                *_counted(
                    connection,
                    _since(t.run.c.started_at).join_from(t.withdrawal, t.run, withdrawn).where(t.withdrawal.c.state == "waiting"),
                ),
            ),
            Queue("conflicts", _count(connection, t.claim, t.claim.c.conflict != "")),
        ]


def abandoned_leases(engine: Engine, now: dt.datetime, is_abandoned: Callable[[str], bool]) -> int:
    """Operations that somebody was sending who is gone, or whose lease is over."""
    sending = _O.answered_at.is_(None) & (_O.state == OperationState.SENDING.value)
    asked = sa.select(_O.leased_by, _O.leased_until, sa.func.count()).where(sending).group_by(_O.leased_by, _O.leased_until)
    with reading(engine) as connection:
        rows = connection.execute(asked).all()
    return sum(count for token, until, count in rows if token is None or until <= stamp(now) or is_abandoned(token))


def _since(column: sa.ColumnElement[str]) -> sa.Select[int, str]:
    return sa.select(sa.func.count(), sa.func.min(column))


def _told_since(table: sa.Table, on: sa.ColumnElement[bool]) -> sa.Select[int, str]:
    marks = table.join(t.mark, (table.c.provider == t.mark.c.provider) & on)
    runs = marks.join(t.run, (t.mark.c.provider == t.run.c.provider) & (t.mark.c.run == t.run.c.run))
    return _since(t.run.c.started_at).select_from(runs)


def _open_since(state: OperationState, column: sa.ColumnElement[str]) -> sa.Select[int, str]:
    return _since(column).where(_O.answered_at.is_(None), _O.state == state.value)


def _counted(connection: Connection, asked: sa.Select[int, str]) -> tuple[int, dt.datetime | None]:
    count, since = connection.execute(asked).one()
    return int(count), dt.datetime.fromisoformat(since) if since else None


def _count(connection: Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


# ---------------------------------------------------------------- what is kept


def transfers(engine: Engine) -> int:
    """How many transfers there are, or a few more."""
    with reading(engine) as connection:
        asked = sa.select(sa.func.coalesce(sa.func.sum(t.sequence.c.next), 0)).where(t.sequence.c.name == "transfer")
        return int(connection.execute(asked).scalar_one())


def ledger_faults(engine: Engine) -> dict[str, int]:
    """Payer → how much of its ledger does not prove itself. Nothing is stopped by it: that is `verify`'s."""
    with reading(engine) as connection:
        payers = store_seal.payers(connection)
        found = {payer: len(store_ledger.faults(connection, payer)) + len(store_seal.broken(connection, payer)) for payer in payers}
    return {payer: faults for payer, faults in found.items() if faults}


def a_sealed_name(engine: Engine) -> str | None:
    """One sealed person, to see whether the key is theirs; None: there is none."""
    with reading(engine) as connection:
        return connection.execute(sa.select(t.person.c.sealed).limit(1)).scalar_one_or_none()
