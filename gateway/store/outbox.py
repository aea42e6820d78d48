"""The outbox: what waits for the register, since when and why, and what a person may do to one operation."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.claims import reversal_id
from gateway.core.periods import Period
from gateway.core.post import Operation, OperationState, release
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.ledger import lock_accounts
from gateway.store.post import NEXT_ATTEMPT, OPERATION_COLUMNS, operation_from
from gateway.store.rows import insert_many, relist, reserve_ids
from gateway.store.settled import save_settled

SHOWN_MAX = 500
_O, _C = t.operation.c, t.claim.c
_JOIN = (_O.payer == _C.payer) & (_O.claim == _C.claim)
_STATES = ("unanswered", "sending", "held", "to_send")


class Found(NamedTuple):
    """An operation, and whether its claim's live debit is this one."""

    operation: Operation
    state: OperationState
    is_live: bool
    was_released: bool


def counts(engine: Engine) -> dict[str, int]:
    """How many operations wait, by state."""
    with reading(engine) as connection:
        rows = connection.execute(sa.select(_O.state, sa.func.count()).where(_O.answered_at.is_(None)).group_by(_O.state))
        return {state: int(number) for state, number in rows}


def waiting(engine: Engine, limit: int = SHOWN_MAX) -> list[Mapping[str, Any]]:
    """What waits, the most pressing first, each with its claim and its certificate's number; ``behind``: an earlier one keeps it back."""
    found: list[Mapping[str, Any]] = []
    with reading(engine) as connection:
        blocked = _blocked(connection)
        for state in _STATES:
            rows = connection.execute(
                sa.select(t.operation, _C.provider, _C.group_id, _C.day, _C.slot, t.certificate.c.number.label("certificate_number"))
                .select_from(t.operation.join(t.claim, _JOIN).outerjoin(t.certificate, _CERTIFICATE))
                .where(_O.answered_at.is_(None), _O.state == state)
                .order_by(_O.payer, _O.operation)
                .limit(limit - len(found))
            ).mappings()
            for row in rows:
                key = (row["payer"], row["certificate"] or "")
                found.append(dict(row) | {"behind": state == OperationState.TO_SEND and key in blocked})
    return found


_CERTIFICATE = (t.certificate.c.payer == _O.payer) & (t.certificate.c.certificate == _O.certificate)


def _blocked(connection: Connection) -> set[tuple[str, str]]:
    states = [OperationState.SENDING.value, OperationState.UNANSWERED.value]
    rows = connection.execute(
        sa.select(_O.payer, sa.func.coalesce(_O.certificate, "")).where(_O.answered_at.is_(None), _O.state.in_(states)).distinct()
    )
    return {(payer, certificate) for payer, certificate in rows}


def stopped(engine: Engine) -> dict[str, str]:
    """Payers for whom nothing is sent → why."""
    columns = t.posting.c
    with reading(engine) as connection:
        rows = connection.execute(sa.select(columns.payer, columns.why).where(columns.stopped_at.is_not(None)))
        return {payer: why or "" for payer, why in rows}


def late_debits(engine: Engine, month: str) -> list[Mapping[str, Any]]:
    """Debits of a booking month that the register took after a person had released their holds, while nobody has decided on them since."""
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.operation, _C.provider, _C.group_id, _C.day, _C.slot)
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(_O.month == month, _O.state == OperationState.ACCEPTED.value, _O.released_at.is_not(None))
            .where(_O.kept_at.is_(None), _C.live == _O.id)
            .order_by(_O.payer, _O.operation)
        ).mappings()
        return [dict(row) for row in rows]


# ---------------------------------------------------------------- one operation


def find(engine: Engine, id_: str) -> list[Found]:
    """Operations whose id starts so; of several under one id the last."""
    with reading(engine) as connection:
        return _found(connection, _O.id.startswith(id_, autoescape=True))


def _found(connection: Connection, condition: sa.ColumnElement[bool]) -> list[Found]:
    rows = connection.execute(
        sa.select(_O.state, _C.live, _O.released_at, *OPERATION_COLUMNS)
        .select_from(t.operation.join(t.claim, _JOIN))
        .where(condition)
        .order_by(_O.payer, _O.operation)
        .limit(SHOWN_MAX)
    )
    latest: dict[str, Found] = {}
    for state, live, released_at, *row in rows:
        one = operation_from(row)
        latest[one.id] = Found(one, OperationState(state), live == one.id, released_at is not None)
    return list(latest.values())


def change(engine: Engine, found: Found, state: OperationState) -> bool:
    """Keep it back, or let it go again. False where somebody has changed it meanwhile."""
    one = found.operation
    same = (_O.payer == one.payer) & (_O.operation == one.operation) & (_O.state == found.state.value)
    with writing(engine) as connection:
        values = {"state": state.value, "next_try_at": None, "leased_by": None, "leased_until": None}
        return bool(connection.execute(sa.update(t.operation).where(same).values(**values)).rowcount)


def due_at_once(engine: Engine, found: Found) -> None:
    """It may be tried at once, and with it what keeps it back: the earlier ones of its certificate."""
    one = found.operation
    earlier = (_O.payer == one.payer) & (_O.certificate == one.certificate) & (_O.operation <= one.operation)
    with writing(engine) as connection:
        resting = earlier & _O.answered_at.is_(None) & (_O.state == OperationState.UNANSWERED.value)
        connection.execute(sa.update(t.operation).where(resting).values(next_try_at=None, leased_by=None))


def list_again(engine: Engine, found: Found) -> None:
    """Its claim is decided anew: what the register rejected is booked again, under the same id."""
    with writing(engine) as connection:
        one = found.operation
        relist(connection, t.to_decide, sa.select(_C.payer, _C.claim).where(_C.payer == one.payer, _C.claim == one.claim), "payer")


def release_hold(engine: Engine, found: Found, nominal_period: Callable[[dt.date], Period], now: dt.datetime) -> bool:
    """Give its hold back, whoever is sending it: of settling and releasing, the one that is saved first. False where it was answered."""
    one = found.operation
    where = (_O.payer == one.payer) & (_O.operation == one.operation)
    with writing(engine) as connection:
        # The claim before its operation, as whoever settles it: else each could wait for the other.
        connection.execute(sa.select(_C.claim).where(_C.payer == one.payer, _C.claim == one.claim).with_for_update())
        is_open = where & _O.answered_at.is_(None)
        row = connection.execute(sa.select(_O.state).where(is_open).with_for_update()).one_or_none()
        if row is None:
            return False
        lock_accounts(connection, one.payer, [one.certificate or ""])
        save_settled(connection, release(one, nominal_period), now)
        connection.execute(sa.update(t.operation).where(where).values(released_at=now.isoformat(), attempt=NEXT_ATTEMPT, leased_by=None))
    return True


def keep(engine: Engine, found: Found, now: dt.datetime) -> None:
    """A person lets a late debit stand: it is no difference any more, and what the source said counts again."""
    one = found.operation
    with writing(engine) as connection:
        kept = (_O.payer == one.payer) & (_O.operation == one.operation)
        connection.execute(sa.update(t.operation).where(kept).values(kept_at=now.isoformat()))
        claim = (_C.payer == one.payer) & (_C.claim == one.claim)
        connection.execute(sa.update(t.claim).where(claim, _C.status.is_not(None)).values(is_said=True))
        relist(connection, t.to_decide, sa.select(_C.payer, _C.claim).where(claim), "payer")


def reverse(engine: Engine, found: Found, month: str, now: dt.datetime) -> bool:
    """Book the reversal of a live debit because a person says so. False where it is not live, or something of its claim is under way."""
    debit = found.operation
    where = (_C.payer == debit.payer) & (_C.claim == debit.claim)
    with writing(engine) as connection:
        ready = where & (_C.under_way == 0) & (_C.live == debit.id)
        row = connection.execute(sa.select(_C.last_acceptance).where(ready).with_for_update()).one_or_none()
        if row is None:
            return False
        operation = reserve_ids(connection, debit.payer, "operation", 1)
        insert_many(
            connection,
            t.operation,
            (
                "payer", "operation", "id", "kind", "claim", "n", "month", "amount", "enrollment", "certificate", "minutes", "after",
                "refers_to", "state", "booked_at", "tries", "by_person",
            ),
            [
                (
                    debit.payer, operation, reversal_id(debit.id), "reversal", debit.claim, debit.n, month, debit.amount, debit.enrollment,
                    debit.certificate, debit.minutes, row.last_acceptance, debit.id, OperationState.TO_SEND.value, now.isoformat(), 0, True,
                )
            ],
        )  # fmt: skip
        # The person's word is newer than the source's: that one counts again once it says something new.
        connection.execute(sa.update(t.claim).where(where).values(under_way=_C.under_way + 1, is_said=_C.status.is_not(None)))
        connection.execute(sa.delete(t.to_book).where(t.to_book.c.payer == debit.payer, t.to_book.c.claim == debit.claim))
    return True


def reason_of(row: Mapping[str, Any], language: str) -> str | None:
    """Why it waits, in the register's or the network's words."""
    if not row["reason"]:
        return None
    ru, en, *_ = json.loads(row["reason"])
    return str(ru if language == "ru" else en)
