"""What the register's answers change, saved: operations' states, claims, transfers, and what is to be decided anew."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.core.ledger import AccountKind, AccountName, Transfer, meeting_shortfall
from gateway.core.post import Accepted, ClaimChange, Operation, OperationState, Settled
from gateway.core.refusals import r01
from gateway.core.rules import Refusal
from gateway.store import tables as t
from gateway.store.claims import refusals_text
from gateway.store.ledger import save_transfers, sums_of
from gateway.store.rows import in_chunks, insert_many, relist, reserve_ids, update_many

_O, _C = t.operation.c, t.claim.c


def stamp(instant: dt.datetime) -> str:
    """An instant as text that sorts as the instants do."""
    return instant.astimezone(dt.UTC).isoformat(timespec="milliseconds")


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
    at = now.isoformat()
    rows = [
        (
            state.value, number, json.dumps([*reason, *(cure or ("", ""))], ensure_ascii=False) if reason else None,
            None if state is OperationState.UNANSWERED else at, None,
            stamp(retry_at(operation)) if retry_at and state is OperationState.UNANSWERED else None, operation.payer, operation.operation,
        )
        for operation, state, number, reason, cure in settled.states
    ]  # fmt: skip
    columns = ("state", "number", "reason", "answered_at", "leased_until", "next_try_at")
    update_many(connection, t.operation, columns, ("payer", "operation"), rows)
    # The month has an index, which is written anew even where the month stays: it is not among what every answer writes.
    months = [(one.month, one.payer, one.operation) for one in settled.other_month]
    update_many(connection, t.operation, ("month",), ("payer", "operation"), months)


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
    # A claim that is changed twice in one batch, by its attendance and by its debit, is written once.
    merged: dict[tuple[str, int], dict[str, Any]] = {}
    listed: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        key = (change.payer, change.claim)
        before = merged.get(key)
        values = _changed_columns(change)
        if before is None:
            merged[key] = values
        else:
            values["under_way"] += before["under_way"]
            before.update(values)
        if change.lists == "decide":
            listed[change.payer].append(change.claim)
    by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for key, values in sorted(merged.items()):
        by_columns[tuple(values)].append((*values.values(), *key))
    for names, rows in by_columns.items():
        update_many(connection, t.claim, names, ("payer", "claim"), rows, added=("under_way",))
    for payer, claims in sorted(listed.items()):
        for chunk in in_chunks(sorted(claims)):
            relist(connection, t.to_decide, sa.select(_C.payer, _C.claim).where(_C.payer == payer, _C.claim.in_(chunk)), "payer")


def _changed_columns(change: ClaimChange) -> dict[str, Any]:
    values: dict[str, Any] = {"under_way": change.under_way}
    if change.last_acceptance is not None:
        values["last_acceptance"] = change.last_acceptance
    if change.debits is not None:
        values["debits"] = change.debits
    if change.attendance is not None:
        values["attendance"] = change.attendance
    if change.attendances is not None:
        values["attendances"] = change.attendances
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
