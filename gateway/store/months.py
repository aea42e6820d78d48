"""A payer's months: which are closing or closed, the closing itself, and the payer's word on what comes late of a past year."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from gateway.core.claims import Claim, debit_id, reversal_id
from gateway.core.close import Closing, Decision, Months, MonthState, OpenOperation, next_open, plan
from gateway.core.periods import Period, month_of
from gateway.core.post import Operation
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.ledger import lock_accounts
from gateway.store.post import OPERATION_COLUMNS, operation_from
from gateway.store.rows import in_chunks, relist, upsert
from gateway.store.settled import save_settled

_M, _O, _C, _L = t.month.c, t.operation.c, t.claim.c, t.late_decision.c
_JOIN = (_O.payer == _C.payer) & (_O.claim == _C.claim)
SHUT = (MonthState.CLOSING.value, MonthState.CLOSED.value)
ANSWERED = ("accepted", "rejected", "behind", "cancelled", "released")


class MonthRow(NamedTuple):
    """``over``: operations that the month was closed over; digests: of its statement as we, and as the register, had it then."""

    payer: str
    month: str
    state: MonthState
    over: tuple[str, ...]
    closing_at: str | None
    closed_at: str | None
    digest_here: str | None
    digest_there: str | None
    digest_register: str | None


# ---------------------------------------------------------------- where things are booked


def months_of(connection: Connection, payer: str, claims: Iterable[Claim], nominal_period: Callable[[dt.date], Period]) -> Months:
    """Where these claims are booked. Part of a transaction that only reads."""
    known = connection.execute(sa.select(_M.month).where(_M.payer == payer, _M.state.in_(SHUT)))
    return _months(connection, payer, frozenset(month for (month,) in known), claims, nominal_period)


def locked_months(connection: Connection, payer: str, claims: Sequence[Claim], nominal_period: Callable[[dt.date], Period]) -> Months:
    """Where these claims are booked, and none of those months can be closed before the caller's transaction has ended."""
    return _months(connection, payer, lock_months(connection, payer, claims), claims, nominal_period)


def lock_months(connection: Connection, payer: str, claims: Iterable[Claim]) -> frozenset[str]:
    """Hold the months in which these claims may be booked against closing; those that are shut.

    Always before the accounts: who closes a month locks it first, and then the accounts of what it cancels.
    """
    wanted = {f"{year:04d}-{month:02d}" for year, month in {(claim.day.year, claim.day.month) for claim in claims}}
    states = _lock(connection, payer, wanted)
    while missing := {next_open(month, _shut(states)) for month in wanted} - states.keys():
        states = _lock(connection, payer, missing)
    return _shut(states)


def _shut(states: Mapping[str, str]) -> frozenset[str]:
    return frozenset(month for month, state in states.items() if state in SHUT)


def _lock(connection: Connection, payer: str, months: Collection[str]) -> dict[str, str]:
    """All the payer's months with their states, held against closing; those named are there from now on."""
    states = {month: state for month, state in connection.execute(_HELD, {"payer": payer})}
    if missing := sorted(set(months) - states.keys()):
        _open(connection, payer, missing)
        states = {month: state for month, state in connection.execute(_HELD, {"payer": payer})}
    return states


_HELD = sa.select(_M.month, _M.state).where(_M.payer == sa.bindparam("payer")).order_by(_M.month).with_for_update(read=True)


def _open(connection: Connection, payer: str, months: Sequence[str]) -> None:
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = [{"payer": payer, "month": month, "state": MonthState.OPEN.value} for month in months]
    connection.execute(make(t.month).on_conflict_do_nothing(index_elements=["payer", "month"]), rows)


def _months(
    connection: Connection, payer: str, shut: frozenset[str], claims: Iterable[Claim], nominal_period: Callable[[dt.date], Period]
) -> Months:
    decisions: dict[str, Decision] = {}
    if shut:
        for chunk in in_chunks(sorted({claim.row for claim in claims if month_of(claim.day) in shut})):
            query = sa.select(_L.operation_id, _L.amount, _L.accepted).where(_L.payer == payer, _L.claim.in_(chunk))
            decisions.update({id_: Decision(amount, bool(accepted)) for id_, amount, accepted in connection.execute(query)})
    return Months(shut, nominal_period, decisions)


# ---------------------------------------------------------------- reading


def rows(engine: Engine, month: str | None = None, payer: str | None = None) -> list[MonthRow]:
    """The months that are known, the latest first, by payer."""
    where = [column == value for column, value in ((_M.month, month), (_M.payer, payer)) if value is not None]
    with reading(engine) as connection:
        found = connection.execute(sa.select(t.month).where(*where).order_by(_M.month.desc(), _M.payer)).mappings()
        return [_row(row) for row in found]


def _row(row: sa.RowMapping) -> MonthRow:
    return MonthRow(
        row["payer"], row["month"], MonthState(row["state"]), tuple(json.loads(row["over"] or "[]")), row["closing_at"], row["closed_at"],
        row["digest_here"], row["digest_there"], row["digest_register"],
    )  # fmt: skip


def payers(engine: Engine) -> list[str]:
    """Who pays for certificates."""
    with reading(engine) as connection:
        return [payer for (payer,) in connection.execute(sa.select(t.certificate.c.payer).distinct().order_by(t.certificate.c.payer))]


# ---------------------------------------------------------------- closing


def begin(
    engine: Engine, payer: str, month: str, over: Collection[str], nominal_period: Callable[[dt.date], Period], now: dt.datetime
) -> Closing:
    """From here on nothing is booked in the month; what was never sent is cancelled. Where it must wait, nothing is changed."""
    with writing(engine) as connection:
        _open(connection, payer, [month])
        where = (_M.payer == payer) & (_M.month == month)
        row = _row(connection.execute(sa.select(t.month).where(where).with_for_update()).mappings().one())
        if row.state is MonthState.CLOSED:
            return plan((), (), nominal_period)
        closing = plan(open_operations(connection, payer, month, locked=True), {*over, *row.over}, nominal_period)
        if closing.waits_for:
            return closing
        lock_accounts(connection, payer, {account.owner for account in closing.cancelled.freed})
        save_settled(connection, closing.cancelled, now)
        names = json.dumps(sorted({*row.over, *(one.id for one in closing.over)}))
        at = row.closing_at or now.isoformat()
        connection.execute(sa.update(t.month).where(where).values(state=MonthState.CLOSING.value, closing_at=at, over=names))
    return closing


def open_operations(connection: Connection, payer: str, month: str, locked: bool = False) -> list[OpenOperation]:
    """Debits and reversals of the month without an answer. ``locked``: nobody sends or settles them while the transaction lasts."""
    is_open = (_O.payer == payer) & (_O.month == month) & (_O.kind != "attendance") & _O.state.not_in(ANSWERED)
    if locked:
        # Claims before operations, as whoever settles them: else each could wait for the other. The month is held, so no more come.
        claims = sa.select(_O.claim).where(is_open)
        connection.execute(sa.select(_C.claim).where(_C.payer == payer, _C.claim.in_(claims)).order_by(_C.claim).with_for_update())
    query = sa.select(_O.sent_at, *OPERATION_COLUMNS).select_from(t.operation.join(t.claim, _JOIN)).where(is_open).order_by(_O.operation)
    found = connection.execute(query.with_for_update(of=t.operation) if locked else query)
    return [OpenOperation(operation_from(row[1:]), row[0] is not None) for row in found]


def open_operations_at(engine: Engine, enrollment: str, day: dt.date, slot: int) -> list[str]:
    """Ids of an enrollment's debits and reversals at a lesson that have no answer."""
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(_O.id)
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(
                _O.enrollment == enrollment, _C.day == day, _C.slot == slot, _O.kind != "attendance", _O.state.not_in(ANSWERED),
            )
            .order_by(_O.operation)
        )  # fmt: skip
        return [id_ for (id_,) in rows]


def finish(engine: Engine, payer: str, month: str, here: str, there: str, register: str | None, now: dt.datetime) -> None:
    """The register has closed it too: the statement stays as these digests have it."""
    values = {
        "state": MonthState.CLOSED.value, "closed_at": now.isoformat(), "digest_here": here, "digest_there": there,
        "digest_register": register,
    }  # fmt: skip
    with writing(engine) as connection:
        where = (_M.payer == payer) & (_M.month == month) & (_M.state == MonthState.CLOSING.value)
        connection.execute(sa.update(t.month).where(where).values(**values))


def learn_closed(engine: Engine, rejected: Sequence[Operation], now: dt.datetime) -> None:
    """The register has closed these operations' months without us: so they are closed here too, and the claims decided anew."""
    with writing(engine) as connection:
        for payer, month in sorted({(one.payer, one.month) for one in rejected}):
            _open(connection, payer, [month])
            where = (_M.payer == payer) & (_M.month == month) & _M.state.not_in(SHUT)
            connection.execute(sa.update(t.month).where(where).values(state=MonthState.CLOSED.value, closed_at=now.isoformat()))
            _list_claims(connection, payer, [one.claim for one in rejected if (one.payer, one.month) == (payer, month)])


def _list_claims(connection: Connection, payer: str, claims: Iterable[int]) -> None:
    for chunk in in_chunks(sorted(set(claims))):
        relist(connection, t.to_decide, sa.select(_C.payer, _C.claim).where(_C.payer == payer, _C.claim.in_(chunk)), "payer")


# ---------------------------------------------------------------- the payer's word on what comes late


def late_claims(engine: Engine, month: str | None = None, payer: str | None = None, provider: str | None = None) -> list[dict[str, Any]]:
    """Claims that the payer has to decide on, or has, each with its ``operation_id``, ``late_amount`` and ``accepted`` (None: not yet)."""
    where: list[sa.ColumnElement[bool]] = [_C.first_rule == "A08"]
    where += [column == value for column, value in ((_C.month, month), (_C.payer, payer), (_C.provider, provider)) if value is not None]
    with reading(engine) as connection:
        query = sa.select(t.claim).where(*where).order_by(_C.payer, _C.day, _C.slot, _C.key)
        found = [dict(row) | _late_operation(row) for row in connection.execute(query).mappings()]
        for row in found:
            decided = connection.execute(
                sa.select(_L.accepted, _L.amount).where(_L.payer == row["payer"], _L.operation_id == row["operation_id"])
            ).one_or_none()
            row["accepted"] = bool(decided.accepted) if decided is not None and decided.amount == row["late_amount"] else None
    return found


def _late_operation(row: sa.RowMapping) -> dict[str, Any]:
    if row["live"]:
        return {"operation_id": reversal_id(row["live"]), "late_amount": row["amount"], "late_kind": "reversal"}
    return {"operation_id": debit_id(row["key"], row["debits"]), "late_amount": row["price"], "late_kind": "debit"}


def decide_late(engine: Engine, late: Sequence[Mapping[str, Any]], accepted: bool, now: dt.datetime) -> None:
    """Remember the payer's word and decide the claims anew."""
    with writing(engine) as connection:
        upsert(
            connection,
            t.late_decision,
            [
                {
                    "payer": row["payer"], "operation_id": row["operation_id"], "claim": row["claim"], "amount": row["late_amount"],
                    "accepted": accepted, "answered_at": now.isoformat(),
                }
                for row in late
            ],
            ["payer", "operation_id"],
        )  # fmt: skip
        for payer in sorted({row["payer"] for row in late}):
            _list_claims(connection, payer, [row["claim"] for row in late if row["payer"] == payer])
