"""Post: operations taken to be sent, and what the register's answers change, saved twice: `sending` before, the answers after.

Any number of processes may post on one database. Whoever takes operations holds their payer's row in `posting` meanwhile, so that no
two take from one certificate; what it has taken carries its attempt, and an answer is saved only where that is still the attempt.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.pace import LATEST_SECONDS
from gateway.core.periods import Period
from gateway.core.post import OPEN, Answered, Operation, OperationState, Settled, plan
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.ledger import free_of, lock_accounts
from gateway.store.rows import among, in_chunks, update_many, upsert
from gateway.store.settled import save_settled, stamp

BATCH = 500
"""Operations in one request."""
LEASE_SECONDS = 720
"""Longer than what is taken may wait to be sent, and any one request can take, its answer included."""

_O, _C = t.operation.c, t.claim.c
_ATTEMPT = sa.func.coalesce(_O.attempt, 0)
NEXT_ATTEMPT = _ATTEMPT + 1
OPERATION_COLUMNS = (
    _O.payer, _O.operation, _O.id, _O.kind, _O.claim, _C.key, _C.provider, _C.child, _C.group_id, _C.day, _C.slot, _C.starts_at, _O.n,
    _O.month, _O.amount, _O.enrollment, _O.certificate, _O.minutes, _O.after, _O.refers_to, _O.status, _ATTEMPT, _O.tries, _O.sent_at,
    _O.by_person,
)  # fmt: skip
_JOIN = (_O.payer == _C.payer) & (_O.claim == _C.claim)


_instant = lru_cache(maxsize=4096)(dt.datetime.fromisoformat)


def operation_from(row: Sequence[Any], attempts: int = 0, tries: int = 0) -> Operation:
    """``attempts`` and ``tries``: how many more it has had since the row was read."""
    values = list(row)
    values[11] = _instant(values[11])
    values[23] = _instant(values[23]) if values[23] else None
    values[24] = bool(values[24])
    values[21] += attempts
    values[22] += tries
    return Operation._make(values)


# ---------------------------------------------------------------- taking


class Lease(NamedTuple):
    """Who takes operations, and until when they are its own. ``tried``: they are not taken twice under one token."""

    token: str
    until: dt.datetime


def take_up_again(engine: Engine, now: dt.datetime, is_abandoned: Callable[[str], bool]) -> None:
    """What somebody was sending whose lease is over, or who is known to be gone, counts as unanswered from here on.

    Args:
        is_abandoned: whether nobody answers to this token any more.
    """
    ahead = stamp(now + dt.timedelta(seconds=LATEST_SECONDS))
    sending = _O.answered_at.is_(None) & (_O.state == OperationState.SENDING.value)
    with reading(engine) as connection:
        held = connection.execute(sa.select(_O.leased_by, _O.leased_until).where(sending).distinct()).all()
    gone = {token for token, until in held if token is None or until <= stamp(now) or until > ahead or is_abandoned(token)}
    if not gone:
        return
    with writing(engine) as connection:
        tokens = sa.or_(_O.leased_by.in_(sorted(token for token in gone if token)), _O.leased_by.is_(None))
        connection.execute(
            sa.update(t.operation)
            .where(sending, tokens)
            .values(state=OperationState.UNANSWERED.value, attempt=NEXT_ATTEMPT, leased_by=None, leased_until=None, next_try_at=None)
        )


def payers_to_send(engine: Engine) -> list[str]:
    """Payers that have operations to be sent, or to be asked about."""
    states = [OperationState.TO_SEND.value, OperationState.UNANSWERED.value]
    with reading(engine) as connection:
        rows = connection.execute(sa.select(_O.payer).where(_O.answered_at.is_(None), _O.state.in_(states)).distinct().order_by(_O.payer))
        return [payer for (payer,) in rows]


def payers_unanswered(engine: Engine) -> set[str]:
    """Payers that have operations whose answer never came."""
    with reading(engine) as connection:
        unanswered = _O.answered_at.is_(None) & (_O.state == OperationState.UNANSWERED.value)
        return {payer for (payer,) in connection.execute(sa.select(_O.payer).where(unanswered).distinct())}


def take_fresh(engine: Engine, payer: str, lease: Lease, now: dt.datetime, limit: int = BATCH) -> list[Operation]:
    """Operations that were never sent, in the order in which they were booked; none of a certificate that still waits for an answer."""
    waits = _certificates(payer, _OTHER.c.state.in_([OperationState.SENDING.value, OperationState.UNANSWERED.value]))
    wanted = (_O.state == OperationState.TO_SEND.value) & _certificate(t.operation).not_in(waits)
    return _take(engine, payer, wanted, lease, now, limit, is_sent=True)


def take_unanswered(
    engine: Engine, payer: str, lease: Lease, now: dt.datetime, limit: int = BATCH, is_sent: bool = True
) -> list[Operation]:
    """Operations whose answer never came and that may be tried again; an earlier one that rests keeps back those of its certificate.

    Args:
        is_sent: they will be sent again; False: the register is only asked about them.
    """
    unanswered = OperationState.UNANSWERED.value
    rests = (_OTHER.c.state == unanswered) & ~_is_due(_OTHER, lease, now)
    first_resting = (
        sa.select(_certificate(_OTHER).label("certificate"), sa.func.min(_OTHER.c.operation).label("operation"))
        .where(_OTHER.c.payer == payer, _OTHER.c.answered_at.is_(None), rests)
        .group_by(_certificate(_OTHER))
        .subquery()
    )
    overtakes = sa.select(first_resting.c.certificate).where(
        first_resting.c.certificate == _certificate(t.operation), first_resting.c.operation < _O.operation
    )
    sending = _certificates(payer, _OTHER.c.state == OperationState.SENDING.value)
    wanted = (_O.state == unanswered) & _is_due(t.operation, lease, now) & _certificate(t.operation).not_in(sending) & ~overtakes.exists()
    return _take(engine, payer, wanted, lease, now, limit, is_sent)


_OTHER = t.operation.alias("other")


def _certificate(table: sa.FromClause) -> sa.ColumnElement[str]:
    return sa.func.coalesce(table.c.certificate, sa.literal_column("''"))  # no parameter: PostgreSQL groups by it


def _certificates(payer: str, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(_certificate(_OTHER)).where(_OTHER.c.payer == payer, _OTHER.c.answered_at.is_(None), condition)


def _is_due(table: sa.FromClause, lease: Lease, now: dt.datetime) -> sa.ColumnElement[bool]:
    at, latest = table.c.next_try_at, stamp(now + dt.timedelta(seconds=LATEST_SECONDS))
    # What lies too far ahead was written by a clock that has been put back since: a hold never lives or dies by the clock.
    has_rested = sa.or_(at.is_(None), at <= stamp(now), at > latest)
    return sa.and_(has_rested, sa.or_(table.c.leased_by.is_(None), table.c.leased_by != lease.token))


def _take(
    engine: Engine, payer: str, wanted: sa.ColumnElement[bool], lease: Lease, now: dt.datetime, limit: int, is_sent: bool
) -> list[Operation]:
    with writing(engine) as connection:
        if is_stopped(connection, payer):
            return []
        rows = connection.execute(
            sa.select(*OPERATION_COLUMNS)
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(_O.payer == payer, _C.payer == payer, _O.answered_at.is_(None), wanted)
            .order_by(_O.operation)
            .limit(limit)
            .with_for_update(of=t.operation, skip_locked=True)
        ).all()
        operations = [operation_from(row, 1, 1 if is_sent else 0) for row in rows]
        values: dict[str, Any] = {"state": OperationState.SENDING.value, "attempt": NEXT_ATTEMPT}
        values |= {"leased_by": lease.token, "leased_until": stamp(lease.until)}
        values |= {"sent_at": now.isoformat(), "tries": _O.tries + 1} if is_sent else {}
        if operations:
            taken = sa.update(t.operation).where(_O.payer == payer, among(_O.operation, "taken")).values(**values)
            connection.execute(taken, {"taken": [one.operation for one in operations]})
    return operations


def is_stopped(connection: Connection, payer: str) -> bool:
    """Whether nothing of this payer may be sent. Its row is locked until the transaction ends: whoever takes next sees what was taken."""
    where = t.posting.c.payer == payer
    row = connection.execute(sa.select(t.posting.c.stopped_at).where(where).with_for_update()).one_or_none()
    if row is None:
        upsert(connection, t.posting, [{"payer": payer}], ["payer"])
        row = connection.execute(sa.select(t.posting.c.stopped_at).where(where).with_for_update()).one()
    return row.stopped_at is not None


# ---------------------------------------------------------------- settling


def settle(
    engine: Engine,
    answers: Sequence[Answered],
    nominal_period: Callable[[dt.date], Period],
    now: dt.datetime,
    retry_at: Callable[[Operation], dt.datetime] | None = None,
) -> Settled:
    """Plan and save what the register answered to one payer's operations, in one transaction.

    An answer to what somebody else has taken meanwhile, or what is settled, or what a person has released, is left: the movements bring it.

    Args:
        retry_at: when an unanswered operation may be tried again; None: at once.
    """
    with writing(engine) as connection:
        payer = answers[0].operation.payer
        answers = _still_ours(connection, payer, answers)
        behind = [answered for answered in answers if answered.acceptances]
        ids = {accepted.id for answered in behind for accepted in answered.acceptances}
        certificates = {accepted.certificate for answered in behind for accepted in answered.acceptances if accepted.certificate}
        certificates |= {answered.operation.certificate for answered in answers if answered.operation.certificate}
        lock_accounts(connection, payer, certificates)
        known = known_of(connection, payer, [answered.operation.claim for answered in behind], ids) if behind else set()
        settled = plan(answers, nominal_period, known, free_of(connection, payer, certificates) if behind else {})
        save_settled(connection, settled, now, retry_at)
    return settled


def send_after_all(engine: Engine, operations: Sequence[Operation]) -> None:
    """The register does not have them, and nothing of them is on its way any more: they are to be sent, in their place."""
    rows = [(OperationState.TO_SEND.value, None, None, *_as_taken(one)) for one in operations]
    with writing(engine) as connection:
        update_many(connection, t.operation, ("state", "leased_by", "leased_until"), _AS_TAKEN, rows)


def give_back(engine: Engine, operations: Sequence[Operation], state: OperationState, is_sent: bool = True) -> None:
    """What was taken and was not sent stands as before, but for its attempt. What somebody else has taken meanwhile is left.

    Args:
        state: from which they were taken.
        is_sent: as they were taken.
    """
    more = 1 if is_sent else 0
    rows = [
        (state.value, one.sent_at.isoformat() if one.sent_at else None, one.tries - more, None, None, *_as_taken(one)) for one in operations
    ]
    with writing(engine) as connection:
        update_many(connection, t.operation, ("state", "sent_at", "tries", "leased_by", "leased_until"), _AS_TAKEN, rows)


_AS_TAKEN = ("payer", "operation", "attempt", "state")


def _as_taken(one: Operation) -> tuple[str, int, int, str]:
    return one.payer, one.operation, one.attempt, OperationState.SENDING.value


def due_at_once(engine: Engine, payers: Iterable[str]) -> None:
    """The register is back: what rests need not rest any longer."""
    with writing(engine) as connection:
        for payer in sorted(payers):
            rests = (_O.state == OperationState.UNANSWERED.value) & _O.next_try_at.is_not(None)
            connection.execute(sa.update(t.operation).where(_O.payer == payer, _O.answered_at.is_(None), rests).values(next_try_at=None))


def _still_ours(connection: Connection, payer: str, answers: Sequence[Answered]) -> list[Answered]:
    # Claims before operations, as whoever takes the register's movements over: else each could wait for the other.
    if connection.dialect.name != "sqlite":  # whose one writer is alone
        connection.execute(_CLAIMS_LOCKED, {"payer": payer, "claims": sorted({one.operation.claim for one in answers})})
    asked = {"payer": payer, "operations": sorted(one.operation.operation for one in answers)}
    ours = {operation: attempt for operation, attempt in connection.execute(_OPEN_LOCKED, asked)}
    return [one for one in answers if ours.get(one.operation.operation) == one.operation.attempt]


_CLAIMS_LOCKED = (
    sa.select(_C.claim).where(_C.payer == sa.bindparam("payer"), among(_C.claim, "claims")).order_by(_C.claim).with_for_update()
)
_OPEN_LOCKED = (
    sa.select(_O.operation, _ATTEMPT)
    .where(_O.payer == sa.bindparam("payer"), among(_O.operation, "operations"), _O.state.in_(sorted(OPEN)))
    .order_by(_O.operation)
    .with_for_update()
)


def known_of(connection: Connection, payer: str, claims: Iterable[int], ids: Collection[str]) -> set[str]:
    """Which of these ids we know to be accepted. They are looked up by their claims, which are locked meanwhile: no index knows the ids."""
    known: set[str] = set()
    for chunk in in_chunks(sorted(set(claims))):
        connection.execute(sa.select(_C.claim).where(_C.payer == payer, _C.claim.in_(chunk)).order_by(_C.claim).with_for_update())
        rows = connection.execute(sa.select(_O.id).where(_O.payer == payer, _O.claim.in_(chunk), _O.state == OperationState.ACCEPTED.value))
        known.update(id_ for (id_,) in rows if id_ in ids)
    return known


# ---------------------------------------------------------------- what is under way


def being_sent(engine: Engine) -> int:
    """Operations that some process is sending at this moment."""
    with reading(engine) as connection:
        sending = sa.select(sa.func.count()).select_from(t.operation).where(_O.answered_at.is_(None), _O.state == "sending")
        return int(connection.execute(sending).scalar_one())


def under_way(engine: Engine) -> dict[str, int]:
    """How much each stage still has to do; all 0 when quiet."""
    with reading(engine) as connection:
        counted = {
            name: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
            for name, table in (("to_match", t.to_match), ("to_decide", t.to_decide), ("to_book", t.to_book))
        }
        for name, states in (("to_send", ["to_send", "sending"]), ("unanswered", ["unanswered"])):
            counted[name] = int(
                connection.execute(
                    sa.select(sa.func.count()).select_from(t.operation).where(_O.answered_at.is_(None), _O.state.in_(states))
                ).scalar_one()
            )
    return counted
