"""What the register has accepted, for ever: found by id, by claim, by month, and in the order of acceptance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from gateway.core.periods import month_period
from navigator.engine import portions
from navigator.tables import acceptances

Stored = dict[str, Any]
Item = dict[str, Any]
ClaimKey = tuple[str, str, str, int]

CLAIM = ("provider", "child", "group", "date", "slot", "lesson_starts_at")
_SERVED = ("enrollment", "certificate", "n", "month", "amount_kopecks", "refers_to", "status")
_COUNTED = ("attended", "absent", "excused")


def claim_key(claim: Mapping[str, Any]) -> ClaimKey:
    """What names a claim: child, group, date and slot. The group tells the provider, and a lesson may move within its day."""
    return claim["child"], claim["group"], claim["date"], claim["slot"]


def number_of(stored: Stored) -> str:
    """The register's own number of an acceptance."""
    return f"NAV-{stored['acceptance']:08d}"


def as_served(stored: Stored) -> Item:
    """An acceptance as the interface gives it."""
    return {
        "id": stored["id"],
        "kind": stored["kind"],
        "number": number_of(stored),
        "accepted_at": stored["accepted_at"],
        "claim": {name: stored[name] for name in CLAIM},
        **{name: stored[name] for name in _SERVED},
        "cursor": str(stored["acceptance"]),
    }


def acceptance_answer(stored: Stored) -> Item:
    """The answer to an accepted operation; the same however often it is asked for."""
    return {"id": stored["id"], "outcome": "accepted", "number": number_of(stored), "accepted_at": stored["accepted_at"]}


def by_ids(connection: Connection, ids: Iterable[str]) -> dict[str, Stored]:
    """The acceptances among these ids."""
    found: dict[str, Stored] = {}
    for portion in portions(ids):
        for row in connection.execute(select(acceptances).where(acceptances.c.id.in_(portion))):
            found[row.id] = dict(row._mapping)
    return found


def chains(connection: Connection, keys: Iterable[ClaimKey]) -> list[Stored]:
    """All acceptances of these claims, the oldest first."""
    columns = tuple_(acceptances.c.child, acceptances.c.group, acceptances.c.date, acceptances.c.slot)
    found: list[Stored] = []
    for portion in portions(keys):
        found += [dict(row._mapping) for row in connection.execute(select(acceptances).where(columns.in_(portion)))]
    return sorted(found, key=lambda stored: int(stored["acceptance"]))


def movements(connection: Connection, since: int, limit: int) -> tuple[list[Item], int, bool]:
    """Up to ``limit`` acceptances of money behind the cursor; the new cursor; whether more are there."""
    wanted = select(acceptances).where(acceptances.c.journal == "money", acceptances.c.acceptance > since)
    rows = connection.execute(wanted.order_by(acceptances.c.acceptance).limit(limit + 1)).all()
    page = [as_served(dict(row._mapping)) for row in rows[:limit]]
    return page, int(page[-1]["cursor"]) if page else since, len(rows) > limit


def statement(connection: Connection, month: str, provider: str | None, payer: str | None) -> Item:
    """The money operations booked in the month."""
    wanted = select(acceptances).where(acceptances.c.journal == "money", acceptances.c.month == month)
    if provider is not None:
        wanted = wanted.where(acceptances.c.provider == provider)
    if payer is not None:
        wanted = wanted.where(acceptances.c.payer == payer)
    rows = [dict(row._mapping) for row in connection.execute(wanted.order_by(acceptances.c.acceptance))]
    debits = [row["amount_kopecks"] for row in rows if row["kind"] == "debit"]
    reversals = [row["amount_kopecks"] for row in rows if row["kind"] == "reversal"]
    return {
        "month": month,
        "debits": len(debits),
        "reversals": len(reversals),
        "sum_kopecks": sum(debits) - sum(reversals),
        "operations": [as_served(row) for row in rows],
    }


def attendance(connection: Connection, month: str, provider: str | None) -> Item:
    """The last accepted status of each claim whose lesson lies in the month: the highest ``n``, and of equal ones the latest."""
    first, last = month_period(month)
    inside = acceptances.c.date.between(first.isoformat(), last.isoformat())
    wanted = select(acceptances).where(acceptances.c.journal == "attendance", inside)
    if provider is not None:
        wanted = wanted.where(acceptances.c.provider == provider)
    standing: dict[ClaimKey, Stored] = {}
    for row in connection.execute(wanted.order_by(acceptances.c.n, acceptances.c.acceptance)):
        stored = dict(row._mapping)
        standing[claim_key(stored)] = stored
    records = [standing[key] for key in sorted(standing)]
    counted = Counter(record["status"] for record in records)
    return {"month": month, "counts": {name: counted[name] for name in _COUNTED}, "records": [as_served(record) for record in records]}


def month_sums(connection: Connection) -> list[Item]:
    """For each month with money operations, the latest first: how many debits and reversals, and their sum."""
    wanted = select(
        acceptances.c.month, acceptances.c.kind, func.count().label("operations"), func.sum(acceptances.c.amount_kopecks).label("kopecks")
    )
    rows = connection.execute(wanted.where(acceptances.c.journal == "money").group_by(acceptances.c.month, acceptances.c.kind))
    months: dict[str, Item] = {}
    for row in rows:
        sums = months.setdefault(row.month, {"month": row.month, "debits": 0, "reversals": 0, "sum_kopecks": 0})
        sums[f"{row.kind}s"] = row.operations
        sums["sum_kopecks"] += int(row.kopecks) if row.kind == "debit" else -int(row.kopecks)
    return [months[month] for month in sorted(months, reverse=True)]
