"""Reconcile: our side of the comparison."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine

from gateway.core.reconcile import Posted
from gateway.store import tables as t
from gateway.store.engine import reading

_O, _C = t.operation.c, t.claim.c
_JOIN = (_O.payer == _C.payer) & (_O.claim == _C.claim)


def accepted_money(engine: Engine, month: str) -> list[Posted]:
    """Money operations of a booking month that we know to be accepted."""
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(_O.id, _O.kind, _O.amount, _C.provider, _C.group_id, _C.child, _C.day, _C.slot)
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(_O.month == month, _O.state == "accepted", _O.kind != "attendance")
        )
        return [Posted(*row) for row in rows]


def attendance(engine: Engine, month: str) -> dict[str, str]:
    """Claim's key → the status that the register last accepted, of lessons in the month."""
    with reading(engine) as connection:
        rows = connection.execute(sa.select(_C.key, _C.attendance).where(_C.month == month, _C.attendance.is_not(None)))
        return {key: status for key, status in rows}


def claims_by_key(engine: Engine, keys: set[str]) -> dict[str, Mapping[str, Any]]:
    with reading(engine) as connection:
        rows = connection.execute(sa.select(t.claim).where(_C.key.in_(sorted(keys)))).mappings()
        return {row["key"]: dict(row) for row in rows}


def open_operations(engine: Engine, month: str) -> list[Mapping[str, Any]]:
    """Operations of the month that the register has rejected for good, or not answered. A rejected debit is its claim's answer, not a difference."""
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.operation, _C.provider, _C.group_id, _C.day, _C.slot, _C.attendance, _C.live, _C.key)
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(_O.month == month, _O.state.in_(["rejected", "unanswered"]))
            .order_by(_O.payer, _O.operation)
        ).mappings()
        latest: dict[tuple[str, str], Mapping[str, Any]] = {(row["payer"], row["id"]): dict(row) for row in rows}
        return [row for row in latest.values() if not _is_overtaken(row)]


def _is_overtaken(row: Mapping[str, Any]) -> bool:
    """Whether the same operation has since been accepted, or no longer matters."""
    if row["state"] == "unanswered":
        return False
    if row["kind"] == "debit":
        return True
    if row["kind"] == "reversal":
        return bool(row["live"] != row["refers_to"])
    return bool(row["attendance"] == row["status"])


def reason_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """The register's reason for rejecting, ru and en."""
    values = json.loads(row["reason"]) if row["reason"] else ["", ""]
    return values[0], values[1]
