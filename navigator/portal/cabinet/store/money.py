"""A child's money, as the register's own ledger has it: what it was given, what was debited and reversed, what is left.

Every sum here is a sum of `navigator.tables.transfers` or of the accounts that carry them; nothing is reckoned beside the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from navigator.ledger import CERTIFICATE, SHORTFALL
from navigator.portal.cabinet.store.visits import LessonKey
from navigator.tables import acceptances, accounts, certificates, nominals, payers, transfers

PAGE = 30
DEBIT, REVERSAL = "debit", "reversal"


class Purse(NamedTuple):
    """A child's money of one calendar year by one payer, in kopecks: nominal = available + paid − shortfall."""

    payer: str
    payer_name: str
    nominal_kopecks: int
    available_kopecks: int
    shortfall_kopecks: int

    @property
    def paid_kopecks(self) -> int:
        return self.nominal_kopecks - self.available_kopecks + self.shortfall_kopecks


class Operation(NamedTuple):
    """A debit or a reversal, with the lesson that it is for. ``lesson_starts_at``, ``made_at``: instants, aware ISO text.

    ``transfer`` is its place in the ledger; ``asked_month``: the month that was asked for and was closed by then.
    """

    transfer: int
    kind: str
    amount_kopecks: int
    made_at: str
    lesson: LessonKey
    lesson_starts_at: str
    provider: str
    enrollment: str
    month: str
    asked_month: str | None
    is_taken_back: bool
    """A debit that a reversal followed."""


class Debited(NamedTuple):
    """What a lesson costs the certificate, in kopecks; ``starts_at``: an instant, aware ISO text."""

    kopecks: int
    starts_at: str


class Total(NamedTuple):
    """Debits and reversals, their numbers and sums in kopecks."""

    debits: int
    debited_kopecks: int
    reversals: int
    reversed_kopecks: int

    @property
    def paid_kopecks(self) -> int:
        return self.debited_kopecks - self.reversed_kopecks


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which operations: lessons within the days, both included; of a provider; None and "" are any."""

    first: dt.date | None = None
    last: dt.date | None = None
    provider: str = ""


class Movement(NamedTuple):
    """One transfer as a statement lists it. ``amount_kopecks``: below zero where the certificate paid; ``kind`` as in the ledger."""

    transfer: int
    kind: str
    amount_kopecks: int
    made_at: str
    lesson: LessonKey | None
    lesson_starts_at: str
    provider: str


# ---------------------------------------------------------------- what is left


def purses_of(connection: Connection, children: list[str], year: int) -> dict[str, list[Purse]]:
    """Each child's money of the year by payer, those of all its certificates together."""
    first = dt.date(year, 1, 1).isoformat()
    balances: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: {CERTIFICATE: 0, SHORTFALL: 0, "nominal": 0})
    a, whose = accounts.c, _certificates_of(connection, children)
    wanted = select(a.owner, a.payer, a.kind, (a.in_kopecks - a.out_kopecks).label("kopecks"))
    for row in connection.execute(wanted.where(a.owner.in_(list(whose)), a.first == first, a.kind.in_((CERTIFICATE, SHORTFALL)))):
        balances[whose[row.owner], row.payer][row.kind] += row.kopecks
    for each in connection.execute(select(nominals).where(nominals.c.certificate.in_(list(whose)), nominals.c.first == first)):
        balances[whose[each.certificate], each.payer]["nominal"] += each.amount_kopecks
    called = connection.execute(select(payers).where(payers.c.payer.in_({payer for _child, payer in balances})))
    names = {row.payer: row.name or row.payer for row in called}
    found: dict[str, list[Purse]] = {child: [] for child in children}
    for (child, payer), kopecks in sorted(balances.items()):
        found[child].append(Purse(payer, names.get(payer, payer), kopecks["nominal"], kopecks[CERTIFICATE], -kopecks[SHORTFALL]))
    return found


def accounts_of(connection: Connection, child: str, year: int | None = None) -> list[int]:
    """The child's own accounts, of its certificates' free money: of a year, or of all."""
    a = accounts.c
    mine = a.owner.in_(list(_certificates_of(connection, [child]))) & (a.kind == CERTIFICATE)
    if year is not None:
        mine &= a.first == dt.date(year, 1, 1).isoformat()
    return list(connection.scalars(select(a.account).where(mine).order_by(a.account)))


def _certificates_of(connection: Connection, children: list[str]) -> dict[str, str]:
    """Whose each of these children's certificates is. Asked first, or a planner without statistics begins with all accounts."""
    rows = connection.execute(select(certificates.c.certificate, certificates.c.child).where(certificates.c.child.in_(children)))
    return {row.certificate: row.child for row in rows}


# ---------------------------------------------------------------- debits and reversals


def operations(connection: Connection, own: Sequence[int], wanted: Wanted, after: tuple[str, int] | None, limit: int) -> list[Operation]:
    """Debits and reversals, the latest lesson first and of a lesson the last word first, behind ``after`` (day, transfer).

    Args:
        own: the child's accounts, as `accounts_of` finds them.
    """
    t, a = transfers.c, acceptances.c
    told = (a.group, a.date, a.slot, a.lesson_starts_at, a.provider, a.enrollment, a.month, a.asked_month)
    later = acceptances.alias()
    taken_back = select(later.c.id).where(later.c.refers_to == a.id, _same_claim(later.c), later.c.journal == "money").exists()
    query = _moved(own, wanted, select(t.transfer, t.kind, t.amount_kopecks, t.made_at, *told, taken_back.label("is_taken_back")))
    if after is not None:
        query = query.where(or_(a.date < after[0], and_(a.date == after[0], t.transfer < after[1])))
    rows = connection.execute(query.order_by(a.date.desc(), t.transfer.desc()).limit(limit))
    return [_operation(row) for row in rows]


def total(connection: Connection, own: Sequence[int], wanted: Wanted) -> Total:
    """What all these operations come to."""
    t = transfers.c
    is_debit = case((t.kind == DEBIT, 1), else_=0)
    amounts = func.coalesce(func.sum(t.amount_kopecks * is_debit), 0), func.coalesce(func.sum(t.amount_kopecks * (1 - is_debit)), 0)
    numbers = func.coalesce(func.sum(is_debit), 0), func.coalesce(func.sum(1 - is_debit), 0)
    debits, debited, reversals, reverse = connection.execute(
        _moved(own, wanted, select(numbers[0], amounts[0], numbers[1], amounts[1]))
    ).one()
    return Total(int(debits), int(debited), int(reversals), int(reverse))


def choices(connection: Connection, own: Sequence[int]) -> tuple[list[str], list[str]]:
    """What one may look for: the months of lessons that were debited, the latest first, and the providers."""
    month = func.substr(acceptances.c.date, 1, 7).label("month")
    rows = connection.execute(_moved(own, Wanted(), select(month, acceptances.c.provider).distinct())).all()
    return sorted({row.month for row in rows}, reverse=True), sorted({row.provider for row in rows})


def live_debits(connection: Connection, own: Sequence[int], wanted: Wanted) -> dict[LessonKey, Debited]:
    """What each lesson costs the certificate now: its debits less its reversals; only where something is left."""
    a, t = acceptances.c, transfers.c
    signed = func.sum(case((t.kind == DEBIT, t.amount_kopecks), else_=-t.amount_kopecks)).label("kopecks")
    query = _moved(own, wanted, select(a.group, a.date, a.slot, signed, func.max(a.lesson_starts_at).label("starts_at")))
    rows = connection.execute(query.group_by(a.group, a.date, a.slot))
    return {LessonKey(row.group, row.date, row.slot): Debited(int(row.kopecks), row.starts_at) for row in rows if row.kopecks}


def _moved(own: Sequence[int], wanted: Wanted, query: Select[Any]) -> Select[Any]:
    """The query, over the debits out of these accounts and the reversals into them."""
    t, a = transfers.c, acceptances.c
    query = query.select_from(transfers.join(acceptances, a.id == t.operation))
    query = query.where(or_(and_(t.from_account.in_(own), t.kind == DEBIT), and_(t.to_account.in_(own), t.kind == REVERSAL)))
    if wanted.first is not None:
        query = query.where(a.date >= wanted.first.isoformat())
    if wanted.last is not None:
        query = query.where(a.date <= wanted.last.isoformat())
    return query.where(a.provider == wanted.provider) if wanted.provider else query


def _same_claim(other: Any) -> ColumnElement[bool]:
    """The claim's chain is found by its key, which has an index; what refers to what has none."""
    a = acceptances.c
    return and_(other.child == a.child, other.group == a.group, other.date == a.date, other.slot == a.slot)


def _operation(row: Any) -> Operation:
    return Operation(
        row.transfer,
        row.kind,
        row.amount_kopecks,
        row.made_at,
        LessonKey(row.group, row.date, row.slot),
        row.lesson_starts_at,
        row.provider,
        row.enrollment,
        row.month,
        row.asked_month,
        bool(row.is_taken_back),
    )


# ---------------------------------------------------------------- a statement


def balance_before(connection: Connection, own: Sequence[int], day: dt.date) -> int:
    """What was free on these accounts when the day began, in kopecks."""
    t = transfers.c
    signed = func.sum(case((t.to_account.in_(own), t.amount_kopecks), else_=-t.amount_kopecks))
    mine = or_(t.from_account.in_(own), t.to_account.in_(own)) & (t.made_at < day.isoformat())
    return int(connection.scalar(select(func.coalesce(signed, 0)).where(mine)) or 0)


def movements(connection: Connection, own: Sequence[int], first: dt.date, last: dt.date) -> list[Movement]:
    """Every transfer into and out of these accounts that was made within the days, both included, in the ledger's order."""
    t, a = transfers.c, acceptances.c
    mine = or_(t.from_account.in_(own), t.to_account.in_(own))
    mine &= (t.made_at >= first.isoformat()) & (t.made_at < (last + dt.timedelta(days=1)).isoformat())
    query = select(transfers, a.group, a.date, a.slot, a.lesson_starts_at, a.provider)
    query = query.select_from(transfers.outerjoin(acceptances, a.id == t.operation)).where(mine).order_by(t.transfer)
    inside = set(own)
    return [
        Movement(
            row.transfer,
            row.kind,
            row.amount_kopecks * ((row.to_account in inside) - (row.from_account in inside)),
            row.made_at,
            LessonKey(row.group, row.date, row.slot) if row.group is not None else None,
            row.lesson_starts_at or "",
            row.provider or "",
        )
        for row in connection.execute(query)
    ]


def given_since(connection: Connection, own: Sequence[int]) -> dt.date | None:
    """The day on which these accounts were first given money; None where they never were."""
    t = transfers.c
    first = connection.scalar(select(func.min(t.made_at)).where(t.to_account.in_(own), t.kind == "nominal"))
    return dt.date.fromisoformat(first[:10]) if first else None
