"""Debits and reversals summed as they come: a report need not go through millions of them, but through the sums and the rest behind.

The reports are right whether anything is gathered or not; a chore only keeps the rest short.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, case, func, insert, select, update

from navigator.acceptances import MONEY_KINDS
from navigator.clock import Clock
from navigator.engine import reading, writing
from navigator.portal.reports.tables import used_marks, used_sums
from navigator.tables import acceptances

FROM_ROWS = 5_000
"""So many new acceptances are worth the writer's lock."""
_NAME = "acceptances"


def sums(connection: Connection) -> Any:
    """Rows of payer, group, month and kopecks, several of a kind maybe: what is gathered, and the rest as it stands in the acceptances."""
    gathered = select(used_sums.c.payer, used_sums.c.group, used_sums.c.month, used_sums.c.kopecks)
    return gathered.union_all(_rest(_mark(connection), None)).subquery()


def gather(engine: Engine, _clock: Clock) -> int:
    """The chore: gather what has come, where that is worth it. No letter comes of it, so it counts as nothing done."""
    with reading(engine) as connection:
        mark, last = _mark(connection), connection.scalar(select(func.max(acceptances.c.acceptance))) or 0
        if last - mark < FROM_ROWS:
            return 0
        rest = {(row.payer, row.group, row.month): int(row.kopecks) for row in connection.execute(_rest(mark, last))}
    with writing(engine) as connection:
        if _mark(connection) != mark:
            return 0  # another process was faster
        known = {tuple(row) for row in connection.execute(select(used_sums.c.payer, used_sums.c.group, used_sums.c.month))}
        rows = [{"p": key[0], "g": key[1], "m": key[2], "k": kopecks} for key, kopecks in sorted(rest.items())]
        old = [row for row in rows if (row["p"], row["g"], row["m"]) in known]
        new = [row for row in rows if (row["p"], row["g"], row["m"]) not in known]
        if old:
            same = (used_sums.c.payer == bindparam("p")) & (used_sums.c.group == bindparam("g")) & (used_sums.c.month == bindparam("m"))
            connection.execute(update(used_sums).where(same).values(kopecks=used_sums.c.kopecks + bindparam("k")), old)
        if new:
            named = [{"payer": row["p"], "group": row["g"], "month": row["m"], "kopecks": row["k"]} for row in new]
            connection.execute(insert(used_sums), named)
        if not connection.execute(update(used_marks).where(used_marks.c.name == _NAME).values(acceptance=last)).rowcount:
            connection.execute(insert(used_marks), [{"name": _NAME, "acceptance": last}])
    return 0


def _mark(connection: Connection) -> int:
    return connection.scalar(select(used_marks.c.acceptance).where(used_marks.c.name == _NAME)) or 0


def _rest(mark: int, last: int | None) -> Select[Any]:
    """What came behind the mark, up to ``last``; by the acceptances' own order, which is the one that they lie in."""
    of = acceptances.c
    month = func.substr(of.date, 1, 7)
    amount = case((of.kind == "debit", of.amount_kopecks), else_=-of.amount_kopecks)
    mine = select(of.payer, of.group, month.label("month"), func.sum(amount).label("kopecks"))
    mine = mine.where(of.acceptance > mark, of.kind.in_(MONEY_KINDS))
    if last is not None:
        mine = mine.where(of.acceptance <= last)
    return mine.group_by(of.payer, of.group, month)
