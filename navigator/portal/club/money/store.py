"""A club's sums: what the register accepted for it, by the month that each operation is booked in, and what its ledger owes the club.

Each accepted debit or reversal is one transfer to or from the club's payable account, so all months together are that account's balance.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, select

from navigator.ledger import PAYABLE
from navigator.tables import acceptances, accounts, closed_months, groups, modules, payers, programmes

DEBIT, MONEY = "debit", "money"


def months(connection: Connection, provider: str, page: int, size: int) -> list[Row[Any]]:
    """A page of months with money and one more, the last first: month, debits, reversals, kopecks."""
    wanted = select(acceptances.c.month, *_SUMS).where(_of(provider)).group_by(acceptances.c.month)
    return list(connection.execute(wanted.order_by(acceptances.c.month.desc()).offset(page * size).limit(size + 1)))


def owed(connection: Connection, provider: str) -> int:
    """What the register owes a club by its ledger, over all years and payers, in kopecks."""
    balance = func.sum(accounts.c.in_kopecks - accounts.c.out_kopecks)
    return int(connection.scalar(select(balance).where(accounts.c.kind == PAYABLE, accounts.c.owner == provider)) or 0)


def by_programme(connection: Connection, provider: str, month: str) -> list[Row[Any]]:
    """A month's sums by programme and payer, each with their names, and when the payer closed the month (None: it is open)."""
    names = (programmes.c.programme, programmes.c.title, payers.c.payer, payers.c.name.label("payer_name"), closed_months.c.closed_at)
    is_closed = and_(closed_months.c.payer == payers.c.payer, closed_months.c.month == acceptances.c.month)
    joined = _WITH_NAMES.outerjoin(closed_months, is_closed)
    wanted = select(*names, *_SUMS).select_from(joined).where(_of(provider), acceptances.c.month == month).group_by(*names)
    return list(connection.execute(wanted.order_by(programmes.c.title, programmes.c.programme, payers.c.name, payers.c.payer)))


def operations(connection: Connection, provider: str, month: str, programme: str, after: int, limit: int | None) -> list[Row[Any]]:
    """A month's operations as they were accepted, behind ``after``; of one programme, or ("") of all. None: all of them."""
    names = (groups.c.title.label("group_title"), programmes.c.title.label("programme_title"), payers.c.name.label("payer_name"))
    wanted = select(acceptances, *names).select_from(_WITH_NAMES)
    wanted = wanted.where(_of(provider), acceptances.c.month == month, acceptances.c.acceptance > after)
    if programme:
        wanted = wanted.where(programmes.c.programme == programme)
    return list(connection.execute(wanted.order_by(acceptances.c.acceptance).limit(limit)))


def of_month(connection: Connection, provider: str, month: str) -> int:
    """What a club is to be paid for a month, in kopecks."""
    return int(connection.scalar(select(func.sum(_SIGNED)).where(_of(provider), acceptances.c.month == month)) or 0)


def _of(provider: str) -> Any:
    return and_(acceptances.c.provider == provider, acceptances.c.journal == MONEY)


_WITH_NAMES = (
    acceptances.join(groups, groups.c.group == acceptances.c.group)
    .join(modules, modules.c.module == groups.c.module)
    .join(programmes, programmes.c.programme == modules.c.programme)
    .join(payers, payers.c.payer == acceptances.c.payer)
)
_IS_DEBIT = acceptances.c.kind == DEBIT
_SIGNED = case((_IS_DEBIT, acceptances.c.amount_kopecks), else_=-acceptances.c.amount_kopecks)
_SUMS = (
    func.sum(case((_IS_DEBIT, 1), else_=0)).label("debits"),
    func.sum(case((_IS_DEBIT, 0), else_=1)).label("reversals"),
    func.sum(_SIGNED).label("kopecks"),
)
