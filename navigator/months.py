"""Booking months: open until an operator or a sender closes them, payer by payer, and then as they are for ever.

A closing may name operations that are still on their way. Those, and any that say ``closed_over`` themselves, are booked in the next
open month when they come; whatever else comes for a closed month is rejected.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, insert, select

from navigator.acceptances import as_bytes, by_ids, statement
from navigator.engine import portions
from navigator.tables import acceptances, closed_months, closed_over, payers

OPEN, CLOSED = "open", "closed"

Item = dict[str, Any]


@dataclass(slots=True)
class Closed:
    """What is closed, as far as a batch of operations needs it."""

    months: set[tuple[str, str]] = field(default_factory=set)
    named: set[tuple[str, str]] = field(default_factory=set)

    def booking_month(self, payer: str, operation: Mapping[str, Any]) -> str | None:
        """The month that the operation is booked in: its own, or the next open one where it was closed over; None: rejected."""
        month: str = operation["month"]
        if (payer, month) not in self.months:
            return month
        if not operation["closed_over"] and (month, operation["id"]) not in self.named:
            return None
        while (payer, month) in self.months:
            month = _following(month)
        return month


def read_closed(connection: Connection, payer_keys: Collection[str], operations: Iterable[Mapping[str, Any]]) -> Closed:
    """What these payers have closed of the operations' months and of those behind them, and which operations were named at it."""
    wanted = list(operations)
    found = Closed()
    first = min((operation["month"] for operation in wanted), default="")
    for portion in portions(payer_keys):
        rows = connection.execute(select(closed_months).where(closed_months.c.payer.in_(portion), closed_months.c.month >= first))
        found.months.update((row.payer, row.month) for row in rows)
    if found.months:
        for portion in portions(operation["id"] for operation in wanted):
            rows = connection.execute(select(closed_over).where(closed_over.c.id.in_(portion)))
            found.named.update((row.month, row.id) for row in rows)
    return found


def close(
    connection: Connection, month: str, payer_keys: Collection[str], open_operations: Collection[str], now: dt.datetime
) -> tuple[list[Item], bool]:
    """Close a month for these payers, over the operations named; the months' states, and whether anything changed.

    A month that is closed stays as it was closed; operations that are named later join those named before.
    """
    closed = set(connection.scalars(select(closed_months.c.payer).where(closed_months.c.month == month)))
    new = [
        {"payer": payer, "month": month, "closed_at": now.isoformat(), "digest": _digest(connection, month, payer)}
        for payer in sorted(set(payer_keys) - closed)
    ]
    if new:
        connection.execute(insert(closed_months), new)
    known = set(connection.scalars(select(closed_over.c.id).where(closed_over.c.month == month)))
    named = [{"month": month, "id": each} for each in sorted(set(open_operations) - known)]
    if named:
        connection.execute(insert(closed_over), named)
    return [each for each in states(connection, month) if each["payer"] in payer_keys], bool(new or named)


def named_operations(connection: Connection, month: str) -> list[Item]:
    """What became of the operations that the month was closed over."""
    ids = list(connection.scalars(select(closed_over.c.id).where(closed_over.c.month == month).order_by(closed_over.c.id)))
    found = by_ids(connection, ids)
    return [
        {"id": each, "outcome": "accepted", "booked_month": found[each]["month"]}
        if each in found
        else {"id": each, "outcome": "unknown", "booked_month": None}
        for each in ids
    ]


def states(connection: Connection, month: str | None = None, payer: str | None = None) -> list[Item]:
    """Every month with money operations and every closed one, by month and payer; a month that is not here is open and empty."""
    found: dict[tuple[str, str], Item] = {}

    def at(its_month: str, its_payer: str) -> Item:
        fresh = {"payer": its_payer, "month": its_month, "state": OPEN, "closed_at": None, "digest": None}
        return found.setdefault((its_month, its_payer), {**fresh, "debits": 0, "reversals": 0, "sum_kopecks": 0})

    of = acceptances.c
    amount = func.sum(of.amount_kopecks).label("kopecks")
    sums = select(of.month, of.payer, of.kind, func.count().label("operations"), amount).where(of.journal == "money")
    marks = select(closed_months)
    if month is not None:
        sums, marks = sums.where(of.month == month), marks.where(closed_months.c.month == month)
    if payer is not None:
        sums, marks = sums.where(of.payer == payer), marks.where(closed_months.c.payer == payer)
    for row in connection.execute(sums.group_by(of.month, of.payer, of.kind)):
        item = at(row.month, row.payer)
        item[f"{row.kind}s"] = row.operations
        item["sum_kopecks"] += int(row.kopecks) if row.kind == "debit" else -int(row.kopecks)
    for row in connection.execute(marks):
        at(row.month, row.payer).update(state=CLOSED, closed_at=row.closed_at, digest=row.digest)
    return [found[key] for key in sorted(found)]


def all_payers(connection: Connection) -> set[str]:
    return set(connection.scalars(select(payers.c.payer)))


def _digest(connection: Connection, month: str, payer: str) -> str:
    return hashlib.sha256(as_bytes(statement(connection, month, None, payer))).hexdigest()


def _following(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"
