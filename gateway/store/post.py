"""Post: operations to send, and what the register's answers change, saved twice: `sending` before, the answers after."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.claims import claim_key
from gateway.core.ledger import AccountKind, AccountName, Transfer, meeting_shortfall
from gateway.core.periods import Period, month_of
from gateway.core.post import Accepted, Answered, ClaimChange, Operation, OperationState, Settled, adopt, plan
from gateway.core.refusals import r01
from gateway.store import tables as t
from gateway.store.claims import refusals_text
from gateway.store.engine import in_chunks, insert_many, reading, relist, reserve_ids, writing
from gateway.store.ledger import free_of, save_transfers, sums_of
from gateway.store.register import payer_of_children, save_cursor

BATCH = 500

_O, _C = t.operation.c, t.claim.c
OPERATION_COLUMNS = (
    _O.payer, _O.operation, _O.id, _O.kind, _O.claim, _C.key, _C.provider, _C.child, _C.group_id, _C.day, _C.slot, _C.starts_at, _O.n, _O.month,
    _O.amount, _O.enrollment, _O.certificate, _O.minutes, _O.after, _O.refers_to, _O.status,
)  # fmt: skip
_JOIN = (_O.payer == _C.payer) & (_O.claim == _C.claim)


def operation_from(row: Sequence[Any]) -> Operation:
    values = list(row)
    values[11] = dt.datetime.fromisoformat(values[11])
    return Operation(*values)


def take_up_again(engine: Engine) -> None:
    """What an interrupted run was sending, and what was not answered, is sent again under the same ids: the register takes each once."""
    with writing(engine) as connection:
        open_states = [OperationState.SENDING.value, OperationState.UNANSWERED.value]
        connection.execute(sa.update(t.operation).where(_O.state.in_(open_states)).values(state=OperationState.TO_SEND.value))


def take(engine: Engine, now: dt.datetime, limit: int = BATCH) -> list[Operation]:
    """The next operations of one payer, in the order in which they were booked, marked `sending`."""
    with writing(engine) as connection:
        payer = connection.execute(
            sa.select(_O.payer).where(_O.state == OperationState.TO_SEND.value).order_by(_O.payer).limit(1)
        ).scalar_one_or_none()
        if payer is None:
            return []
        rows = connection.execute(
            sa.select(*OPERATION_COLUMNS)
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(_O.payer == payer, _O.state == OperationState.TO_SEND.value)
            .order_by(_O.operation)
            .limit(limit)
        ).all()
        operations = [operation_from(row) for row in rows]
        for chunk in in_chunks(one.operation for one in operations):
            connection.execute(
                sa.update(t.operation)
                .where(_O.payer == payer, _O.operation.in_(chunk))
                .values(state=OperationState.SENDING.value, sent_at=now.isoformat(), tries=_O.tries + 1)
            )
    return operations


def settle(engine: Engine, answers: Sequence[Answered], nominal_period: Callable[[dt.date], Period], now: dt.datetime) -> Settled:
    """Plan and save what the register answered to one payer's operations, in one transaction. An answer to what is settled already is left."""
    with writing(engine) as connection:
        payer = answers[0].operation.payer
        answers = _still_open(connection, payer, answers)
        ids = {accepted.id for answered in answers for accepted in answered.acceptances}
        certificates = {accepted.certificate for answered in answers for accepted in answered.acceptances if accepted.certificate}
        certificates |= {answered.operation.certificate for answered in answers if answered.acceptances and answered.operation.certificate}
        settled = plan(answers, nominal_period, _known(connection, payer, ids), free_of(connection, payer, certificates))
        save_settled(connection, settled, now)
    return settled


def _still_open(connection: Connection, payer: str, answers: Sequence[Answered]) -> list[Answered]:
    open_ones: set[int] = set()
    for chunk in in_chunks(answered.operation.operation for answered in answers):
        rows = connection.execute(
            sa.select(_O.operation).where(
                _O.payer == payer, _O.operation.in_(chunk), _O.state.in_([OperationState.SENDING.value, OperationState.TO_SEND.value, OperationState.UNANSWERED.value])
            )
        )  # fmt: skip
        open_ones.update(operation for (operation,) in rows)
    return [answered for answered in answers if answered.operation.operation in open_ones]


def _known(connection: Connection, payer: str, ids: Iterable[str]) -> set[str]:
    """Which of these ids we know to be accepted. They are looked up by their claim's operations, never by an index on the id."""
    known: set[str] = set()
    for chunk in in_chunks(sorted(set(ids))):
        rows = connection.execute(sa.select(_O.id).where(_O.payer == payer, _O.state == OperationState.ACCEPTED.value, _O.id.in_(chunk)))
        known.update(id_ for (id_,) in rows)
    return known


# ---------------------------------------------------------------- saving


def save_settled(connection: Connection, settled: Settled, now: dt.datetime) -> None:
    """Store a plan of answers, or of what is cancelled. Part of the caller's transaction."""
    _save_states(connection, settled, now)
    _save_adopted(connection, settled, now)
    save_transfers(connection, settled.transfers, now)
    _save_changes(connection, settled.changes, now)
    _list_freed(connection, settled.freed, now)


def _save_states(connection: Connection, settled: Settled, now: dt.datetime) -> None:
    if not settled.states:
        return
    statement = (
        sa.update(t.operation)
        .where(_O.payer == sa.bindparam("of_payer"), _O.operation == sa.bindparam("of_operation"))
        .values({name: sa.bindparam("new_" + name) for name in ("state", "month", "number", "reason", "answered_at")})
    )
    connection.execute(
        statement,
        [
            {
                "of_payer": operation.payer, "of_operation": operation.operation, "new_state": state.value, "new_month": operation.month,
                "new_number": number,
                "new_reason": json.dumps([*reason, *(cure or ("", ""))], ensure_ascii=False) if reason else None,
                "new_answered_at": None if state is OperationState.UNANSWERED else now.isoformat(),
            }
            for operation, state, number, reason, cure in settled.states
        ],
    )  # fmt: skip


def _save_adopted(connection: Connection, settled: Settled, now: dt.datetime) -> None:
    """The register's acceptances that we did not know become operations of ours, accepted. A claim without a word is the register's own then."""
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
                    accepted.enrollment, accepted.certificate, about.minutes, accepted.refers_to, OperationState.ACCEPTED.value, accepted.number,
                    now.isoformat(), now.isoformat(), 0,
                )
                for offset, (about, accepted) in enumerate(adopted)
            ],
        )  # fmt: skip
        for chunk in in_chunks(sorted({about.claim for about, _ in adopted})):
            connection.execute(
                sa.update(t.claim).where(_C.payer == payer, _C.claim.in_(chunk), _C.status.is_(None)).values(is_said=False)
            )


def _save_changes(connection: Connection, changes: Sequence[ClaimChange], now: dt.datetime) -> None:
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    listed: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        values = _changed_columns(change)
        by_columns[tuple(sorted(values))].append(
            {"of_payer": change.payer, "of_claim": change.claim, "less": change.under_way} | {"new_" + name: value for name, value in values.items()}
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
    if change.refused is not None:
        refusal = r01(*change.refused)
        values |= {"answer": "refused", "first_rule": refusal.rule, "reasons": refusals_text([refusal]), "amount": None, "not_charged": None}
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


# ---------------------------------------------------------------- the register's movements



def save_movements(
    engine: Engine,
    register: str,
    movements: Sequence[tuple[Accepted, tuple[str, str, str, dt.date, int, dt.datetime]]],
    cursor: str,
    nominal_period: Callable[[dt.date], Period],
    now: dt.datetime,
) -> int:
    """Take over what the register accepted: ours settles, what we do not know is adopted. The number of operations adopted.

    Args:
        movements: each with its claim: (provider, child, group, day, slot, lesson's start).
    """
    adopted = 0
    with writing(engine) as connection:
        payers = payer_of_children(connection, {claim[1] for _, claim in movements})
        for payer in sorted({payers[claim[1]] for _, claim in movements if claim[1] in payers}):
            mine = [(accepted, claim) for accepted, claim in movements if payers.get(claim[1]) == payer]
            known = _known(connection, payer, [accepted.id for accepted, _ in mine])
            unknown = [(accepted, claim) for accepted, claim in mine if accepted.id not in known]
            if unknown:
                adopted += _take_over(connection, payer, unknown, known, nominal_period, now)
        save_cursor(connection, register, "movements", cursor, now)
    return adopted


def _take_over(
    connection: Connection,
    payer: str,
    unknown: Sequence[tuple[Accepted, tuple[str, str, str, dt.date, int, dt.datetime]]],
    known: set[str],
    nominal_period: Callable[[dt.date], Period],
    now: dt.datetime,
) -> int:
    open_ones = _open_operations(connection, payer, [accepted.id for accepted, _ in unknown])
    ours = [
        Answered(open_ones[accepted.id], "accepted", accepted.number, None, None, month=accepted.month)
        for accepted, _ in unknown
        if accepted.id in open_ones
    ]
    strange: dict[tuple[str, str, str, dt.date, int, dt.datetime], list[Accepted]] = defaultdict(list)
    for accepted, claim in unknown:
        if accepted.id not in open_ones:
            strange[claim].append(accepted)
    settled = plan(ours, nominal_period, known, {})
    counted = {change.claim: change.debits for change in settled.changes if change.debits is not None}  # ours, accepted just now
    left = free_of(connection, payer, {accepted.certificate or "" for each in strange.values() for accepted in each})
    abouts = _claims_about(connection, payer, list(strange), now)
    for claim, acceptances in strange.items():
        about, debits = abouts[claim]
        before = len(settled.changes)
        adopt(about, acceptances, nominal_period, known, left, settled)
        debits = max(debits, counted.get(about.claim, 0))
        settled.changes[before:] = [change._replace(debits=(change.debits or 0) + debits) for change in settled.changes[before:]]
    save_settled(connection, settled, now)
    return sum(len(each) for each in strange.values())


def _open_operations(connection: Connection, payer: str, ids: Iterable[str]) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for chunk in in_chunks(sorted(set(ids))):
        rows = connection.execute(
            sa.select(*OPERATION_COLUMNS)
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(_O.payer == payer, _O.id.in_(chunk), _O.state.in_(["to_send", "sending", "unanswered"]))
            .order_by(_O.operation)
        )
        found.update({one.id: one for one in map(operation_from, rows)})
    return found


def _claims_about(
    connection: Connection, payer: str, claims: Sequence[tuple[str, str, str, dt.date, int, dt.datetime]], now: dt.datetime
) -> Mapping[tuple[str, str, str, dt.date, int, dt.datetime], tuple[Operation, int]]:
    """Our claims of these lessons and children, opened without a word where we have none; each with its debits accepted before."""
    found = {}
    for claim in claims:
        provider, child, group, day, slot, starts_at = claim
        row = connection.execute(
            sa.select(_C.claim, _C.debits).where(
                _C.payer == payer, _C.provider == provider, _C.child == child, _C.group_id == group, _C.day == day, _C.slot == slot
            )
        ).one_or_none()
        key = claim_key(provider, child, group, day, slot)
        number, debits = (row.claim, row.debits) if row else (_open_claim(connection, payer, key, claim), 0)
        found[claim] = (
            Operation(payer, 0, "", "adopted", number, key, provider, child, group, day, slot, starts_at, 0, month_of(day), 0, None, None, 0, None, None, None),
            debits,
        )
    return found


def _open_claim(connection: Connection, payer: str, key: str, claim: tuple[str, str, str, dt.date, int, dt.datetime]) -> int:
    provider, child, group, day, slot, starts_at = claim
    number = reserve_ids(connection, payer, "claim", 1)
    insert_many(
        connection,
        t.claim,
        (
            "payer", "claim", "key", "provider", "child", "group_id", "day", "slot", "month", "starts_at", "ends_at", "from_empty",
            "is_cancelled", "conflict", "is_said", "lacks_funds", "is_early", "keeps", "debits", "attendances", "under_way",
        ),
        [
            (
                payer, number, key, provider, child, group, day, slot, month_of(day), starts_at.isoformat(), starts_at.isoformat(), False,
                False, "", False, False, False, False, 0, 0, 0,
            )
        ],
    )  # fmt: skip
    return number


def under_way(engine: Engine) -> dict[str, int]:
    """How much each stage still has to do; all 0 when quiet."""
    with reading(engine) as connection:
        counted = {
            name: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
            for name, table in (("to_match", t.to_match), ("to_decide", t.to_decide), ("to_book", t.to_book))
        }
        for name, states in (("to_send", ["to_send", "sending"]), ("unanswered", ["unanswered"])):
            counted[name] = int(
                connection.execute(sa.select(sa.func.count()).select_from(t.operation).where(_O.state.in_(states))).scalar_one()
            )
    return counted
