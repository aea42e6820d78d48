"""Post: operations taken to be sent, and what the register's answers change, saved twice: `sending` before, the answers after.

Any number of processes may post on one database. Whoever takes operations holds their payer's row in `posting` meanwhile, so that no
two take from one certificate; what it has taken carries its attempt, and an answer is saved only where that is still the attempt.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.ledger import AccountKind, AccountName, Transfer, meeting_shortfall
from gateway.core.pace import LATEST_SECONDS
from gateway.core.periods import Period
from gateway.core.post import OPEN, Accepted, Answered, ClaimChange, Operation, OperationState, Settled, plan
from gateway.core.refusals import r01
from gateway.core.rules import Refusal
from gateway.store import tables as t
from gateway.store.claims import refusals_text
from gateway.store.engine import in_chunks, insert_many, reading, relist, reserve_ids, upsert, writing
from gateway.store.ledger import free_of, lock_accounts, save_transfers, sums_of

BATCH = 500
LEASE_SECONDS = 600
"""Longer than any one request can take, its answer included."""

_O, _C = t.operation.c, t.claim.c
_ATTEMPT = sa.func.coalesce(_O.attempt, 0)
NEXT_ATTEMPT = _ATTEMPT + 1
OPERATION_COLUMNS = (
    _O.payer, _O.operation, _O.id, _O.kind, _O.claim, _C.key, _C.provider, _C.child, _C.group_id, _C.day, _C.slot, _C.starts_at, _O.n,
    _O.month, _O.amount, _O.enrollment, _O.certificate, _O.minutes, _O.after, _O.refers_to, _O.status, _ATTEMPT, _O.tries, _O.sent_at,
    _O.by_person,
)  # fmt: skip
_JOIN = (_O.payer == _C.payer) & (_O.claim == _C.claim)


def operation_from(row: Sequence[Any]) -> Operation:
    values = list(row)
    values[11] = dt.datetime.fromisoformat(values[11])
    values[23] = dt.datetime.fromisoformat(values[23]) if values[23] else None
    values[24] = bool(values[24])
    return Operation(*values)


def stamp(instant: dt.datetime) -> str:
    """An instant as text that sorts as the instants do."""
    return instant.astimezone(dt.UTC).isoformat(timespec="milliseconds")


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
        operations = [operation_from(row) for row in rows]
        values: dict[str, Any] = {"state": OperationState.SENDING.value, "attempt": NEXT_ATTEMPT}
        values |= {"leased_by": lease.token, "leased_until": stamp(lease.until)}
        values |= {"sent_at": now.isoformat(), "tries": _O.tries + 1} if is_sent else {}
        for chunk in in_chunks(one.operation for one in operations):
            connection.execute(sa.update(t.operation).where(_O.payer == payer, _O.operation.in_(chunk)).values(**values))
    more = 1 if is_sent else 0
    return [one._replace(attempt=one.attempt + 1, tries=one.tries + more) for one in operations]


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
    with writing(engine) as connection:
        for one in operations:
            ours = (_O.state == OperationState.SENDING.value) & (one.attempt == _ATTEMPT)
            connection.execute(
                sa.update(t.operation)
                .where(_O.payer == one.payer, _O.operation == one.operation, ours)
                .values(state=OperationState.TO_SEND.value, leased_by=None, leased_until=None)
            )


def due_at_once(engine: Engine, payers: Iterable[str]) -> None:
    """The register is back: what rests need not rest any longer."""
    with writing(engine) as connection:
        for payer in sorted(payers):
            rests = (_O.state == OperationState.UNANSWERED.value) & _O.next_try_at.is_not(None)
            connection.execute(sa.update(t.operation).where(_O.payer == payer, _O.answered_at.is_(None), rests).values(next_try_at=None))


def _still_ours(connection: Connection, payer: str, answers: Sequence[Answered]) -> list[Answered]:
    ours: set[tuple[int, int]] = set()
    # Claims before operations, as whoever takes the register's movements over: else each could wait for the other.
    for chunk in in_chunks(sorted({answered.operation.claim for answered in answers})):
        connection.execute(sa.select(_C.claim).where(_C.payer == payer, _C.claim.in_(chunk)).order_by(_C.claim).with_for_update())
    for chunk in in_chunks(sorted(answered.operation.operation for answered in answers)):
        rows = connection.execute(
            sa.select(_O.operation, _ATTEMPT)
            .where(_O.payer == payer, _O.operation.in_(chunk), _O.state.in_(sorted(OPEN)))
            .order_by(_O.operation)
            .with_for_update()
        )
        ours.update((operation, attempt) for operation, attempt in rows)
    return [answered for answered in answers if (answered.operation.operation, answered.operation.attempt) in ours]


def known_of(connection: Connection, payer: str, claims: Iterable[int], ids: Collection[str]) -> set[str]:
    """Which of these ids we know to be accepted. They are looked up by their claims, which are locked meanwhile: no index knows the ids."""
    known: set[str] = set()
    for chunk in in_chunks(sorted(set(claims))):
        connection.execute(sa.select(_C.claim).where(_C.payer == payer, _C.claim.in_(chunk)).order_by(_C.claim).with_for_update())
        rows = connection.execute(sa.select(_O.id).where(_O.payer == payer, _O.claim.in_(chunk), _O.state == OperationState.ACCEPTED.value))
        known.update(id_ for (id_,) in rows if id_ in ids)
    return known


# ---------------------------------------------------------------- saving


def save_settled(
    connection: Connection, settled: Settled, now: dt.datetime, retry_at: Callable[[Operation], dt.datetime] | None = None
) -> None:
    """Store a plan of answers, or of what is cancelled. Part of the caller's transaction."""
    _save_states(connection, settled, now, retry_at)
    _save_adopted(connection, settled, now)
    save_transfers(connection, settled.transfers, now)
    _save_changes(connection, settled.changes, now)
    _list_freed(connection, settled.freed, now)


def _save_states(connection: Connection, settled: Settled, now: dt.datetime, retry_at: Callable[[Operation], dt.datetime] | None) -> None:
    if not settled.states:
        return
    names = ("state", "month", "number", "reason", "answered_at", "next_try_at")
    statement = (
        sa.update(t.operation)
        .where(_O.payer == sa.bindparam("of_payer"), _O.operation == sa.bindparam("of_operation"))
        .values({name: sa.bindparam("new_" + name) for name in names} | {"leased_until": None})
    )
    connection.execute(
        statement,
        [
            {
                "of_payer": operation.payer, "of_operation": operation.operation, "new_state": state.value, "new_month": operation.month,
                "new_number": number,
                "new_reason": json.dumps([*reason, *(cure or ("", ""))], ensure_ascii=False) if reason else None,
                "new_answered_at": None if state is OperationState.UNANSWERED else now.isoformat(),
                "new_next_try_at": stamp(retry_at(operation)) if retry_at and state is OperationState.UNANSWERED else None,
            }
            for operation, state, number, reason, cure in settled.states
        ],
    )  # fmt: skip


def _save_adopted(connection: Connection, settled: Settled, now: dt.datetime) -> None:
    """The register's acceptances that we did not know become operations of ours, accepted.

    A claim without a word is the register's own then.
    """
    by_payer: dict[str, list[tuple[Operation, Accepted]]] = defaultdict(list)
    for about, accepted in settled.adopted:
        by_payer[about.payer].append((about, accepted))
    for payer, adopted in sorted(by_payer.items()):
        first = reserve_ids(connection, payer, "operation", len(adopted))
        insert_many(
            connection,
            t.operation,
            (
                "payer", "operation", "id", "kind", "claim", "n", "month", "amount", "enrollment", "certificate", "minutes", "refers_to",
                "state", "number", "booked_at", "answered_at", "tries",
            ),
            [
                (
                    payer, first + offset, accepted.id, accepted.kind, about.claim, accepted.n, accepted.month, accepted.amount,
                    accepted.enrollment, accepted.certificate, about.minutes, accepted.refers_to, OperationState.ACCEPTED.value,
                    accepted.number,
                    now.isoformat(), now.isoformat(), 0,
                )
                for offset, (about, accepted) in enumerate(adopted)
            ],
        )  # fmt: skip
        for chunk in in_chunks(sorted({about.claim for about, _ in adopted})):
            connection.execute(sa.update(t.claim).where(_C.payer == payer, _C.claim.in_(chunk), _C.status.is_(None)).values(is_said=False))


def _save_changes(connection: Connection, changes: Sequence[ClaimChange], now: dt.datetime) -> None:
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    listed: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        values = _changed_columns(change)
        by_columns[tuple(sorted(values))].append(
            {"of_payer": change.payer, "of_claim": change.claim, "less": change.under_way}
            | {"new_" + name: value for name, value in values.items()}
        )
        if change.lists == "decide":
            listed[change.payer].append(change.claim)
    for names, rows in sorted(by_columns.items()):
        statement = (
            sa.update(t.claim)
            .where(_C.payer == sa.bindparam("of_payer"), _C.claim == sa.bindparam("of_claim"))
            .values({name: sa.bindparam("new_" + name) for name in names} | {"under_way": _C.under_way + sa.bindparam("less")})
        )
        connection.execute(statement, rows)
    for payer, claims in sorted(listed.items()):
        for chunk in in_chunks(sorted(claims)):
            relist(connection, t.to_decide, sa.select(_C.payer, _C.claim).where(_C.payer == payer, _C.claim.in_(chunk)), "payer")


def _changed_columns(change: ClaimChange) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: value
        for name, value in (
            ("last_acceptance", change.last_acceptance), ("debits", change.debits), ("attendance", change.attendance),
            ("attendances", change.attendances),
        )
        if value is not None
    }  # fmt: skip
    if change.live is not None:
        values["live"] = change.live or None
    if change.said is not None:
        values["is_said"] = change.said
    if change.refused is not None:
        refusal = Refusal("R01", *change.refused) if change.by_person else r01(*change.refused)
        values |= {"answer": "refused", "first_rule": refusal.rule, "reasons": refusals_text([refusal])}
        values |= {"amount": None, "not_charged": None, "keeps": False}
    return values


def _list_freed(connection: Connection, freed: Iterable[AccountName], now: dt.datetime) -> None:
    """What becomes free meets an open shortfall first; then the certificates' A07 refusals are decided anew."""
    for payer in sorted({account.payer for account in freed}):
        accounts = [account for account in freed if account.payer == payer]
        sums = sums_of(connection, payer, [account.owner for account in accounts])
        transfers: list[Transfer] = []
        for account in accounts:
            owed = sums.get(account._replace(kind=AccountKind.SHORTFALL))
            if owed is not None:
                transfers += meeting_shortfall(account, sums[account].free, owed.out_settled - owed.in_settled, "shortfall")
        save_transfers(connection, [(None, transfer) for transfer in transfers], now)
        for owners in in_chunks(sorted({account.owner for account in accounts})):
            short = sa.select(_C.payer, _C.claim).where(_C.payer == payer, _C.certificate.in_(owners), _C.lacks_funds.is_(True))
            relist(connection, t.to_decide, short, "payer")


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
