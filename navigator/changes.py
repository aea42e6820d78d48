"""The feeds: every item as it is served, with its place in the order of changes.

A cursor is the sequence of the last item read. A sequence is allotted inside the writing transaction as one above the feed's highest.
That is safe because there is one writer at a time (`navigator.engine`): sequences become visible in their order. A sequence object
alone would let a reader pass over a number that commits late.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from navigator import catalogue, people
from navigator.engine import portions
from navigator.tables import certificates, children, enrollments, feed_items, groups, modules, programmes, providers

CATALOGUE, CERTIFICATES, ENROLLMENTS = "catalogue", "certificates", "enrollments"

Item = dict[str, Any]


@dataclass(slots=True)
class Touched:
    """What a transaction changed: the keys of the rows, by table."""

    providers: set[str] = field(default_factory=set)
    programmes: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    children: set[str] = field(default_factory=set)
    certificates: set[str] = field(default_factory=set)
    enrollments: set[str] = field(default_factory=set)


def publish(connection: Connection, touched: Touched) -> int:
    """Bring the feeds up to date with what was touched; an item whose content stayed as served keeps its place. How many moved."""
    module_keys = touched.modules | _keys(connection, modules.c.module, modules.c.programme, touched.programmes)
    group_keys = touched.groups | _keys(connection, groups.c.group, groups.c.module, module_keys)
    # A programme that changes hands changes the provider of its enrollments too.
    moved_groups = _keys(
        connection, groups.c.group, groups.c.module, _keys(connection, modules.c.module, modules.c.programme, touched.programmes)
    )
    certificate_keys = touched.certificates | _keys(connection, certificates.c.certificate, certificates.c.child, touched.children)
    enrollment_keys = touched.enrollments | _keys(connection, enrollments.c.enrollment, enrollments.c.certificate, touched.certificates)
    enrollment_keys |= _keys(connection, enrollments.c.enrollment, enrollments.c.group, moved_groups)
    moved = _publish(connection, CATALOGUE, catalogue.provider_items(connection, touched.providers))
    moved += _publish(connection, CATALOGUE, catalogue.group_items(connection, group_keys))
    moved += _publish(connection, CERTIFICATES, people.certificate_items(connection, certificate_keys))
    return moved + _publish(connection, ENROLLMENTS, people.enrollment_items(connection, enrollment_keys))


def read(connection: Connection, feed: str, since: int, limit: int) -> tuple[list[Item], int, bool]:
    """Up to ``limit`` items behind the cursor, the oldest change first; the new cursor; whether more are there."""
    wanted = select(feed_items.c.sequence, feed_items.c.body).where(feed_items.c.feed == feed, feed_items.c.sequence > since)
    rows = connection.execute(wanted.order_by(feed_items.c.sequence).limit(limit + 1)).all()
    page = rows[:limit]
    return [json.loads(row.body) for row in page], page[-1].sequence if page else since, len(rows) > limit


def named(connection: Connection, feed: str, items: Iterable[str]) -> list[Item]:
    """These items as they are served now, in the order of their keys."""
    found: list[Item] = []
    for portion in portions(items):
        wanted = select(feed_items.c.body).where(feed_items.c.feed == feed, feed_items.c.item.in_(portion)).order_by(feed_items.c.item)
        found += [json.loads(body) for body in connection.scalars(wanted)]
    return found


def counts(connection: Connection) -> dict[str, int]:
    """How many providers, groups, children, certificates and enrollments the register knows."""
    tables = {
        "providers": providers,
        "groups": groups,
        "programmes": programmes,
        "children": children,
        "certificates": certificates,
        "enrollments": enrollments,
    }
    return {name: connection.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()}


def _keys(connection: Connection, key: Any, parent: Any, parents: set[str]) -> set[str]:
    found: set[str] = set()
    for portion in portions(parents):
        found.update(connection.scalars(select(key).where(parent.in_(portion))))
    return found


def _publish(connection: Connection, feed: str, items: Mapping[str, Item]) -> int:
    served: dict[str, str] = {}
    for portion in portions(items):
        wanted = select(feed_items.c.item, feed_items.c.body).where(feed_items.c.feed == feed, feed_items.c.item.in_(portion))
        served.update((row.item, row.body) for row in connection.execute(wanted))
    bodies = {item: json.dumps(content, ensure_ascii=False, sort_keys=True) for item, content in items.items()}
    moved = sorted(item for item in bodies if served.get(item) != bodies[item])  # not as the database happens to give them
    last = connection.scalar(select(func.max(feed_items.c.sequence)).where(feed_items.c.feed == feed)) or 0
    rows = [{"which": item, "place": last + number, "content": bodies[item]} for number, item in enumerate(moved, start=1)]
    known = [row for row in rows if row["which"] in served]
    new = [row for row in rows if row["which"] not in served]
    if known:
        same = (feed_items.c.feed == feed) & (feed_items.c.item == bindparam("which"))
        connection.execute(update(feed_items).where(same).values(sequence=bindparam("place"), body=bindparam("content")), known)
    if new:
        values = [{"feed": feed, "item": row["which"], "sequence": row["place"], "body": row["content"]} for row in new]
        connection.execute(insert(feed_items), values)
    return len(rows)
