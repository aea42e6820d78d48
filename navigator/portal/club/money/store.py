"""A club's sums out of the register's ledger: the transfers of its payable accounts, by the month that each operation is booked in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select

from navigator.ledger import PAYABLE
from navigator.tables import acceptances, accounts, closed_months, groups, modules, payers, programmes, transfers

DEBIT = "debit"
Item = dict[str, Any]


def months(connection: Connection, provider: str, page: int, size: int) -> list[Row[Any]]:
    """A page of months with money and one more, the last first: month, debits, reversals, kopecks."""
    wanted = select(acceptances.c.month, *_SUMS).select_from(_BOOKED).where(_of(provider)).group_by(acceptances.c.month)
    return list(connection.execute(wanted.order_by(acceptances.c.month.desc()).offset(page * size).limit(size + 1)))


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
    wanted = select(func.sum(_SIGNED)).select_from(_BOOKED).where(_of(provider), acceptances.c.month == month)
    return int(connection.scalar(wanted) or 0)


def _of(provider: str) -> Any:
    return and_(accounts.c.kind == PAYABLE, accounts.c.owner == provider)


_BOOKED = accounts.join(transfers, or_(transfers.c.to_account == accounts.c.account, transfers.c.from_account == accounts.c.account)).join(
    acceptances, acceptances.c.id == transfers.c.operation
)
"""The club's side of each transfer: a debit comes to its account, a reversal goes from it."""
_WITH_NAMES = (
    _BOOKED.join(groups, groups.c.group == acceptances.c.group)
    .join(modules, modules.c.module == groups.c.module)
    .join(programmes, programmes.c.programme == modules.c.programme)
    .join(payers, payers.c.payer == acceptances.c.payer)
)
_IS_DEBIT = transfers.c.to_account == accounts.c.account
_SIGNED = case((_IS_DEBIT, transfers.c.amount_kopecks), else_=-transfers.c.amount_kopecks)
_SUMS = (
    func.sum(case((_IS_DEBIT, 1), else_=0)).label("debits"),
    func.sum(case((_IS_DEBIT, 0), else_=1)).label("reversals"),
    func.sum(_SIGNED).label("kopecks"),
)
