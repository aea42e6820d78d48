"""A report is reckoned once as long as nothing that it shows changes: page, charts and workbook are one reckoning."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, select

from navigator import changes
from navigator.portal.tables import limits
from navigator.tables import acceptances, feed_items, payers, transfers

KEPT_MAX = 32
Made = TypeVar("Made")

_kept: WeakKeyDictionary[Engine, OrderedDict[Hashable, Any]] = WeakKeyDictionary()
_lock = threading.Lock()


def kept(connection: Connection, wanted: Hashable, make: Callable[[], Made], is_plan: bool = False) -> Made:
    """What ``make`` gave for this at this state of the register, else what it gives now.

    Args:
        connection: the snapshot that it reads.
        is_plan: it depends on the catalogue and the enrollments alone; debits, which come all day, do not make it old.
    """
    key = (wanted, _feeds(connection, changes.CATALOGUE, changes.ENROLLMENTS) if is_plan else _state(connection))
    with _lock:
        known = _kept.setdefault(connection.engine, OrderedDict())
        if key in known:
            known.move_to_end(key)
            found: Made = known[key]
            return found
    made = make()
    with _lock:
        known[key] = made
        while len(known) > KEPT_MAX:
            known.popitem(last=False)
    return made


def _feeds(connection: Connection, *names: str) -> Hashable:
    wanted = select(feed_items.c.feed, func.max(feed_items.c.sequence)).where(feed_items.c.feed.in_(names)).group_by(feed_items.c.feed)
    return frozenset(tuple(row) for row in connection.execute(wanted))


def _state(connection: Connection) -> Hashable:
    """How far everything has come: the feeds, what was accepted, the ledger, the limits, the payers' names."""
    last = select(select(func.max(acceptances.c.acceptance)).scalar_subquery(), select(func.max(transfers.c.transfer)).scalar_subquery())
    given = select(limits.c.payer, limits.c.year, limits.c.sum_kopecks)
    rows = (*connection.execute(last), *connection.execute(given), *connection.execute(select(payers)))
    feeds = _feeds(connection, changes.CATALOGUE, changes.CERTIFICATES, changes.ENROLLMENTS)
    return frozenset(tuple(row) for row in rows), feeds
