"""Reconcile: our side of the comparison, what is taken over, and since when each difference has been seen."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.ledger import AccountKind
from gateway.core.match import MarkState
from gateway.core.periods import month_period
from gateway.core.post import Operation, OperationState
from gateway.core.reconcile import Balances, Difference, KnownAs, Posted
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.post import OPERATION_COLUMNS, operation_from
from gateway.store.register import save_cursor
from gateway.store.rows import in_chunks, relist, upsert

_O, _C, _M, _D = t.operation.c, t.claim.c, t.mark.c, t.difference.c
_JOIN = (_O.payer == _C.payer) & (_O.claim == _C.claim)
Lesson = tuple[str, str, str, dt.date]
"""(provider, child, group, day)"""


# ---------------------------------------------------------------- money


def accepted_money(engine: Engine, month: str, payer: str | None = None) -> list[Posted]:
    """Money operations of a booking month that we know to be accepted."""
    where = [_O.month == month, _O.state == "accepted", _O.kind != "attendance"]
    if payer is not None:
        where.append(_O.payer == payer)
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(_O.id, _O.kind, _O.amount, _C.provider, _C.group_id, _C.child, _C.day, _C.slot, _O.payer)
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(*where)
        )
        return [Posted(*row) for row in rows]


def known_as(engine: Engine, claims: Iterable[tuple[str, str, str, str, dt.date, int, str]]) -> dict[str, KnownAs]:
    """How we have these operations, each given as (operation's id, provider, child, group, day, slot, payer)."""
    found: dict[str, KnownAs] = {}
    with reading(engine) as connection:
        for id_, provider, child, group, day, slot, payer in claims:
            rows = connection.execute(
                sa.select(_O.state, _O.month)
                .select_from(t.operation.join(t.claim, _JOIN))
                .where(
                    _C.payer == payer, _C.provider == provider, _C.child == child, _C.group_id == group, _C.day == day, _C.slot == slot,
                    _O.payer == payer, _O.id == id_,
                )
                .order_by(_O.operation)
            )  # fmt: skip
            for state, month in rows:
                if found.get(id_, KnownAs("", "")).state != "accepted":
                    found[id_] = KnownAs(state, month)
    return found


def unanswered_of(engine: Engine, month: str) -> dict[str, list[Operation]]:
    """Payer → its operations of the month that were sent and never answered."""
    open_states = [OperationState.SENDING.value, OperationState.UNANSWERED.value, OperationState.TO_SEND.value]
    found: dict[str, list[Operation]] = {}
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(*OPERATION_COLUMNS)
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(_O.month == month, _O.state.in_(open_states), _O.sent_at.is_not(None))
            .order_by(_O.payer, _O.operation)
        )
        for one in map(operation_from, rows):
            found.setdefault(one.payer, []).append(one)
    return found


def open_operations(engine: Engine, month: str) -> list[Mapping[str, Any]]:
    """Operations of the month that the register has rejected for good, or not answered.

    A rejected debit is its claim's answer, and no difference.
    """
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.operation, _C.provider, _C.group_id, _C.day, _C.slot, _C.attendance, _C.attendances, _C.live, _C.key)
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
    # Of attendance the same k may have been accepted since with another status: then nothing is left of this one.
    return bool(row["attendance"] == row["status"] or row["attendances"] > row["n"])


def reason_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """The register's reason for rejecting, ru and en."""
    values = json.loads(row["reason"]) if row["reason"] else ["", ""]
    return values[0], values[1]


# ---------------------------------------------------------------- attendance, and the provider's marks beside our claims


def attendance(engine: Engine, month: str) -> dict[str, str]:
    """Claim's key → the status that the register last accepted, of lessons in the month."""
    with reading(engine) as connection:
        rows = connection.execute(sa.select(_C.key, _C.attendance).where(_C.month == month, _C.attendance.is_not(None)))
        return {key: status for key, status in rows}


def claims_by_key(engine: Engine, keys: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    with reading(engine) as connection:
        for chunk in in_chunks(sorted(keys)):
            rows = connection.execute(sa.select(t.claim).where(_C.key.in_(chunk))).mappings()
            found.update({row["key"]: dict(row) for row in rows})
    return found


def take_over_attendance(engine: Engine, payer: str, words: Mapping[int, tuple[str | None, int]]) -> None:
    """The register's word on these claims' attendance is its last: what we have to say is decided anew, and sent as a new operation.

    Args:
        words: claim → (the status at the register, the ``n`` that comes next).
    """
    with writing(engine) as connection:
        for claim, (status, following) in sorted(words.items()):
            where = (_C.payer == payer) & (_C.claim == claim) & (_C.under_way == 0)
            connection.execute(sa.update(t.claim).where(where).values(attendance=status, attendances=following))
        _list_claims(connection, payer, words)


def list_again(engine: Engine, payer: str, claims: Iterable[int]) -> None:
    """Decide these claims anew."""
    with writing(engine) as connection:
        _list_claims(connection, payer, claims)


def _list_claims(connection: Connection, payer: str, claims: Iterable[int]) -> None:
    for chunk in in_chunks(sorted(claims)):
        relist(connection, t.to_decide, sa.select(_C.payer, _C.claim).where(_C.payer == payer, _C.claim.in_(chunk)), "payer")


def list_marks_again(engine: Engine, lessons: Iterable[Lesson]) -> None:
    """Match the marks of these children on these days anew."""
    with writing(engine) as connection:
        for provider, child, group, day in lessons:
            where = (_M.provider == provider) & (_M.child == child) & (_M.group_id == group) & (_M.day == day)
            relist(connection, t.to_match, sa.select(_M.provider, _M.mark).where(where), "provider")


def marks_and_claims(engine: Engine, month: str) -> tuple[set[Lesson], set[Lesson]]:
    """Days on which a matched child has a mark, and those on which it has a claim with a word: (only marks, only claims)."""
    period = month_period(month)
    with reading(engine) as connection:
        marked = connection.execute(
            sa.select(_M.provider, _M.child, _M.group_id, _M.day)
            .where(
                _M.day >= period.first, _M.day <= period.last, _M.state == MarkState.CLAIMED.value, _M.status != "nothing", _M.lessons > 0,
            )
            .distinct()
        )  # fmt: skip
        marks = {(provider, child, group, day) for provider, child, group, day in marked}
        claimed = connection.execute(
            sa.select(_C.provider, _C.child, _C.group_id, _C.day).where(_C.month == month, _C.status.is_not(None)).distinct()
        )
        claims = {(provider, child, group, day) for provider, child, group, day in claimed}
    return marks - claims, claims - marks


def not_posted(engine: Engine, month: str) -> list[Mapping[str, Any]]:
    """Claims that are charged without a debit, under way or live, and that no stage has on its list."""
    listed = [
        sa.select(table.c.claim).where(table.c.payer == _C.payer, table.c.claim == _C.claim).exists() for table in (t.to_decide, t.to_book)
    ]
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.claim).where(
                _C.month == month, _C.answer == "charged", _C.live.is_(None), _C.under_way == 0, _C.amount > 0, *(~one for one in listed)
            )
        ).mappings()
        return [dict(row) for row in rows]


# ---------------------------------------------------------------- balances

_FACTORS = {"hold": (1, 0), "settle": (-1, 1), "release": (-1, 0), "plain": (0, 1), "reversal": (0, 1)}


def certificates_of(engine: Engine, month: str) -> dict[str, dict[str, str]]:
    """Payer → lasting id → number, of certificates with claims in the month."""
    found: dict[str, dict[str, str]] = {}
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(_C.payer, t.certificate.c.certificate, t.certificate.c.number)
            .join(t.certificate, (t.certificate.c.payer == _C.payer) & (t.certificate.c.certificate == _C.certificate))
            .where(_C.month == month)
            .distinct()
        )
        for payer, certificate, number in rows:
            found.setdefault(payer, {})[certificate] = number
    return found


def balances_of(engine: Engine, payer: str, certificates: Iterable[str]) -> dict[tuple[str, str], Balances | None]:
    """(certificate, period) → its sums as the transfers tell them; None while something of it is under way."""
    moved: dict[tuple[str, str], dict[str, int]] = {}
    held: dict[tuple[str, str], int] = {}
    mine, other = t.account.alias("mine"), t.account.alias("other")
    with reading(engine) as connection:
        for chunk in in_chunks(sorted(certificates)):
            for sign, near, far in ((1, t.transfer.c.source, t.transfer.c.target), (-1, t.transfer.c.target, t.transfer.c.source)):
                rows = connection.execute(
                    sa.select(mine.c.owner, mine.c.period, other.c.kind, t.transfer.c.kind, sa.func.sum(t.transfer.c.amount))
                    .select_from(t.transfer)
                    .join(mine, (mine.c.payer == t.transfer.c.payer) & (mine.c.account == near))
                    .join(other, (other.c.payer == t.transfer.c.payer) & (other.c.account == far))
                    .where(
                        t.transfer.c.payer == payer,
                        mine.c.payer == payer,
                        mine.c.kind == AccountKind.CERTIFICATE.value,
                        mine.c.owner.in_(chunk),
                    )
                    .group_by(mine.c.owner, mine.c.period, other.c.kind, t.transfer.c.kind)
                )
                for owner, period, with_kind, kind, amount in rows:
                    in_hold, settled = _FACTORS[kind]
                    sums = moved.setdefault((owner, period), {})
                    sums[with_kind] = sums.get(with_kind, 0) + sign * settled * int(amount)
                    held[(owner, period)] = held.get((owner, period), 0) + sign * in_hold * int(amount)
    return {key: _balances(sums) if not held.get(key) else None for key, sums in moved.items()}


def _balances(out: Mapping[str, int]) -> Balances:
    """``out``: what has left the account towards each kind of account, less what came from there."""
    nominal, paid = -out.get("fund", 0), out.get("payable", 0) + out.get("elsewhere", 0)
    return Balances(nominal, paid, nominal - paid - out.get("lapsed", 0) - out.get("shortfall", 0))


def balances_of_providers(engine: Engine, month: str) -> dict[str, int]:
    """Provider → kopecks accepted for it, less reversals, booked from the year's first month to this one."""
    sign = sa.case((_O.kind == "reversal", -_O.amount), else_=_O.amount)
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(_C.provider, sa.func.sum(sign))
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(_O.state == "accepted", _O.kind != "attendance", _O.month >= f"{month[:4]}-01", _O.month <= month)
            .group_by(_C.provider)
        )
        return {provider: int(amount or 0) for provider, amount in rows}


# ---------------------------------------------------------------- since when


def seen(engine: Engine, month: str, found: Sequence[Difference], now: dt.datetime) -> list[dt.datetime]:
    """Note what differs now; since when each of them has, in their order. What no longer differs is gone."""
    keys = [(one.payer, _key(one)) for one in found]
    with writing(engine) as connection:
        known = _known_differences(connection, month)
        for payer, key in sorted(known.keys() - set(keys)):
            connection.execute(sa.update(t.difference).where(_D.payer == payer, _D.difference == key).values(gone_at=now.isoformat()))
        values = {
            key: {
                "payer": key[0], "difference": key[1], "month": month, "class": one.kind.value, "subject": one.subject,
                "first_seen": known.get(key, now.isoformat()), "last_seen": now.isoformat(), "gone_at": None,
            }
            for key, one in zip(keys, found, strict=True)
        }  # fmt: skip
        upsert(connection, t.difference, list(values.values()), ["payer", "difference"])
    return [dt.datetime.fromisoformat(known.get(key, now.isoformat())) for key in keys]


def first_seen(engine: Engine, month: str, found: Sequence[Difference], now: dt.datetime) -> list[dt.datetime]:
    """Since when each of these has been seen; nothing is noted."""
    with reading(engine) as connection:
        known = _known_differences(connection, month)
    return [dt.datetime.fromisoformat(known.get((one.payer, _key(one)), now.isoformat())) for one in found]


def _known_differences(connection: Connection, month: str) -> dict[tuple[str, str], str]:
    rows = connection.execute(sa.select(_D.payer, _D.difference, _D.first_seen).where(_D.month == month, _D.gone_at.is_(None)))
    return {(payer, key): first for payer, key, first in rows}


def _key(one: Difference) -> str:
    return blake2b(f"{one.kind.value} {one.subject}".encode(), digest_size=16).hexdigest()


DAILY = "reconciled"
"""The daily reconciliation's row among the register's cursors."""


def reconciled_on(engine: Engine, register: str) -> dt.date | None:
    """The day of the last daily reconciliation."""
    columns = t.register_cursor.c
    with reading(engine) as connection:
        day = connection.execute(sa.select(columns.cursor).where(columns.register == register, columns.feed == DAILY)).scalar_one_or_none()
    return dt.date.fromisoformat(day) if day else None


def save_reconciled(engine: Engine, register: str, now: dt.datetime) -> None:
    """The day's reconciliation is done."""
    with writing(engine) as connection:
        save_cursor(connection, register, DAILY, now.date().isoformat(), now)
