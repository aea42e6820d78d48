"""Reconcile: our accepted operations and attendance beside the register's, and what else a person must judge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from gateway.core.claims import claim_key
from gateway.core.facts import Text
from gateway.core.money import roubles_from_kopecks
from gateway.core.reconcile import Difference, DifferenceClass, Posted, compare_attendance, compare_money, cure_of
from gateway.flow.run import Flow
from gateway.store import reconcile as store_reconcile
from gateway.store import views
from gateway.store.claims import refusals_from


def differences(flow: Flow, month: str) -> list[Difference]:
    """All differences of a month.

    Raises:
        RegisterUnavailable: the register's statement cannot be had.
    """
    statement = flow.register.statement(month)
    theirs = [Posted(one.id, one.kind, one.amount, one.provider, one.group, one.child, one.day, one.slot) for one in statement.operations]
    found = compare_money(store_reconcile.accepted_money(flow.engine, month), theirs)
    found += _attendance(flow, month)
    found += [_open(row) for row in store_reconcile.open_operations(flow.engine, month)]
    found += [_kept(row) for row in views.kept_claims(flow.engine) if row["month"] == month]
    return found


def _attendance(flow: Flow, month: str) -> list[Difference]:
    if not flow.register.can.attendance:
        return []
    theirs: dict[str, str] = {}
    places: dict[str, tuple[str, str, dt.date, int]] = {}
    for one in flow.register.attendance(month):
        key = claim_key(one.provider, one.child, one.group, one.day, one.slot)
        theirs[key] = one.status or "none"
        places[key] = (one.provider, one.group, one.day, one.slot)
    differing = compare_attendance(store_reconcile.attendance(flow.engine, month), theirs)
    ours = store_reconcile.claims_by_key(flow.engine, {key for key, _, _ in differing})
    result = []
    for key, here, there in differing:
        row = ours.get(key)
        provider, group, day, slot = (row["provider"], row["group_id"], row["day"], row["slot"]) if row else places[key]
        cure = cure_of(DifferenceClass.MISSING_HERE)
        result.append(Difference(DifferenceClass.OTHER_STATE, key, provider, group, day, slot, here, there, cure))
    return result


def _open(row: Mapping[str, Any]) -> Difference:
    kind = DifferenceClass.REJECTED if row["state"] == "rejected" else DifferenceClass.UNANSWERED
    reason, _ = store_reconcile.reason_of(row)
    here = row["kind"] if not row["amount"] else f"{row['kind']} {roubles_from_kopecks(row['amount'])}"
    return Difference(kind, row["id"], row["provider"], row["group_id"], row["day"], row["slot"], here, reason, cure_of(kind))


def _kept(row: Mapping[str, Any]) -> Difference:
    """A booked debit that today's facts would no longer bear: nothing is taken back, a person judges."""
    refusals = refusals_from(row["reasons"])
    today = ", ".join(one.rule for one in refusals) or roubles_from_kopecks(row["price"] or 0)
    booked = roubles_from_kopecks(row["amount"] or 0)
    kind = DifferenceClass.OTHER_STATE if refusals else DifferenceClass.OTHER_SUM
    if row["status"] is None:
        kind, today = DifferenceClass.OTHER_STATE, "—"
    cure = Text(
        f"Списано {booked}, по нынешним данным: {today}. Решает человек: снимите отметку, чтобы вернуть списание, или оставьте как есть.",
        f"Debited {booked}; by today's facts: {today}. A person decides: withdraw the mark to take the debit back, or let it stand.",
    )
    return Difference(kind, row["live"], row["provider"], row["group_id"], row["day"], row["slot"], booked, today, cure)
