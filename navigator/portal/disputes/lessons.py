"""What the register has accepted about a child's lessons, as a family reads it: the mark that stands, the debit that is live."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from navigator import catalogue
from navigator.operations import ATTENDANCE, DEBIT, MONEY
from navigator.tables import acceptances

WITHDRAWN = "none"
"""The status of a mark that was taken back."""


class Lesson(NamedTuple):
    """A lesson of a child.

    ``mark`` and ``debit``: the acceptances that stand, None where there is none; ``item``: the group as served; ``last``: the last
    acceptance about it, whichever.
    """

    group: str
    date: str
    slot: int
    starts_at: str
    item: dict[str, Any]
    mark: Row[Any] | None
    debit: Row[Any] | None
    last: int

    @property
    def at(self) -> dt.datetime:
        """When it begins, aware."""
        return dt.datetime.fromisoformat(self.starts_at)

    @property
    def subject(self) -> Row[Any] | None:
        """What can be disputed: the debit where there is one, else the mark."""
        return self.debit or self.mark


def latest_mark(rows: Iterable[Row[Any]]) -> Row[Any] | None:
    """The mark that stands among these acceptances: the highest ``n``, and of equal ones the latest (as the statement has it)."""
    return max((row for row in rows if row.kind == ATTENDANCE), key=lambda row: (row.n, row.acceptance), default=None)


def latest_money(rows: Iterable[Row[Any]]) -> Row[Any] | None:
    """The last debit or reversal among these acceptances."""
    return max((row for row in rows if row.journal == MONEY), key=lambda row: int(row.acceptance), default=None)


def one(connection: Connection, child: str, group: str, date: str, slot: int) -> Lesson | None:
    """One lesson; None where the register knows nothing of it."""
    mine = (acceptances.c.child == child) & (acceptances.c.group == group) & (acceptances.c.date == date) & (acceptances.c.slot == slot)
    rows = connection.execute(select(acceptances).where(mine)).all()
    if not rows:
        return None
    mark, money = latest_mark(rows), latest_money(rows)
    newest = max(rows, key=lambda row: int(row.acceptance))
    return Lesson(
        group=group,
        date=date,
        slot=slot,
        starts_at=newest.lesson_starts_at,
        item=catalogue.group_items(connection, [group])[f"group {group}"],
        mark=mark if mark is not None and mark.status != WITHDRAWN else None,
        debit=money if money is not None and money.kind == DEBIT else None,
        last=int(newest.acceptance),
    )
