"""What the register has accepted, for ever: found by id, by claim, by month, and in the order of acceptance."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, literal, select, tuple_

from gateway.core.periods import month_period
from navigator.engine import portions
from navigator.tables import acceptances

Stored = dict[str, Any]
Item = dict[str, Any]
ClaimKey = tuple[str, str, str, int]

CLAIM = ("provider", "child", "group", "date", "slot", "lesson_starts_at")
_SERVED = ("enrollment", "certificate", "n", "month", "amount_kopecks", "refers_to", "status")
MONEY_KINDS, KINDS = ("debit", "reversal"), ("attendance", "debit", "reversal")
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
        **({"asked_month": stored["asked_month"]} if stored["asked_month"] else {}),
        "cursor": str(stored["acceptance"]),
    }


def acceptance_answer(stored: Stored) -> Item:
    """The answer to an accepted operation; the same however often it is asked for."""
    moved = {"booked_month": stored["month"]} if stored["asked_month"] else {}
    return {"id": stored["id"], "outcome": "accepted", "number": number_of(stored), "accepted_at": stored["accepted_at"], **moved}


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


def feed(connection: Connection, kinds: Collection[str], since: int, limit: int) -> tuple[list[Item], int, bool]:
    """Up to ``limit`` acceptances of these kinds behind the cursor; the new cursor; whether more are there."""
    wanted = select(acceptances).where(acceptances.c.kind.in_(sorted(kinds)), acceptances.c.acceptance > since)
    rows = connection.execute(wanted.order_by(acceptances.c.acceptance).limit(limit + 1)).all()
    page = [as_served(dict(row._mapping)) for row in rows[:limit]]
    return page, int(page[-1]["cursor"]) if page else since, len(rows) > limit


def statement(
    connection: Connection, month: str, provider: str | None, payer: str | None, since: int = 0, limit: int | None = None
) -> Item:
    """The money operations booked in the month: the sums of all, and those behind the cursor, at most ``limit`` (None: all)."""
    inside = [acceptances.c.journal == "money", acceptances.c.month == month]
    inside += [acceptances.c.provider == provider] if provider is not None else []
    inside += [acceptances.c.payer == payer] if payer is not None else []
    kind, amount = acceptances.c.kind, func.coalesce(func.sum(acceptances.c.amount_kopecks), 0)
    sums = {row.kind: (row.operations, int(row.kopecks)) for row in connection.execute(
        select(kind, func.count().label("operations"), amount.label("kopecks")).where(*inside).group_by(kind)
    )}  # fmt: skip
    wanted = select(acceptances).where(*inside, acceptances.c.acceptance > since).order_by(acceptances.c.acceptance)
    rows = connection.execute(wanted if limit is None else wanted.limit(limit + 1)).all()
    page = [as_served(dict(row._mapping)) for row in (rows if limit is None else rows[:limit])]
    (debits, debited), (reversals, reversed_) = sums.get("debit", (0, 0)), sums.get("reversal", (0, 0))
    return {
        "month": month,
        "debits": debits,
        "reversals": reversals,
        "sum_kopecks": debited - reversed_,
        "operations": page,
        "cursor": page[-1]["cursor"] if page else str(since),
        "more": len(rows) > len(page),
    }


def as_bytes(statement_item: Item) -> bytes:
    """A statement as it goes over the wire. The digest of a closed month is of these bytes: the same content, the same bytes."""
    return json.dumps(statement_item, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def attendance(connection: Connection, month: str, provider: str | None, since: ClaimKey | None = None, limit: int | None = None) -> Item:
    """The last accepted status of each claim whose lesson lies in the month: the highest ``n``, and of equal ones the latest.

    In the order of the claims; ``since`` is the last claim of the page before.
    """
    first, last = month_period(month)
    key = (acceptances.c.child, acceptances.c.group, acceptances.c.date, acceptances.c.slot)
    latest = func.row_number().over(partition_by=key, order_by=(acceptances.c.n.desc(), acceptances.c.acceptance.desc()))
    inside = [acceptances.c.journal == "attendance", acceptances.c.date.between(first.isoformat(), last.isoformat())]
    inside += [acceptances.c.provider == provider] if provider is not None else []
    ranked = select(acceptances, latest.label("rank")).where(*inside).subquery()
    counts = {
        row.status: row.claims
        for row in connection.execute(
            select(ranked.c.status, func.count().label("claims")).where(ranked.c.rank == 1).group_by(ranked.c.status)
        )
    }
    ordered = tuple_(ranked.c.child, ranked.c.group, ranked.c.date, ranked.c.slot)
    wanted = select(ranked).where(ranked.c.rank == 1).order_by(ranked.c.child, ranked.c.group, ranked.c.date, ranked.c.slot)
    wanted = wanted if since is None else wanted.where(ordered > tuple_(*map(literal, since)))
    rows = [dict(row._mapping) for row in connection.execute(wanted if limit is None else wanted.limit(limit + 1))]
    page = rows if limit is None else rows[:limit]
    end = claim_key(page[-1]) if page else since
    return {
        "month": month,
        "counts": {name: counts.get(name, 0) for name in _COUNTED},
        "records": [as_served(record) for record in page],
        "cursor": None if end is None else cursor_of(end),
        "more": len(rows) > len(page),
    }


def cursor_of(key: ClaimKey) -> str:
    """The place behind a claim, as the caller keeps it."""
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False, separators=(",", ":")).encode()).decode()


def claim_of(cursor: str) -> ClaimKey:
    """The claim that a cursor stands behind.

    Raises:
        ValueError: it is none of ours.
    """
    child, group, date, slot = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
    if not all(isinstance(part, str) for part in (child, group, date)) or type(slot) is not int:
        raise ValueError(cursor)
    return child, group, date, slot


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
