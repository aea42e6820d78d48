"""Sheets that were told before, by their digests (`gateway.core.collect.told`).

A digest stands only as long as the words do that its sheet left behind. So whoever writes words, lessons or persons of a group forgets
what was told of it, in the same transaction; an input keeps its own sheets after all its words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.core.collect import Collected, Row, Told
from gateway.core.periods import Period
from gateway.store import tables as t
from gateway.store.rows import among, upsert

_T = t.told.c
_TOLD = sa.select(_T.group_id, _T.first, _T.last, _T.head, _T.rows).where(
    _T.provider == sa.bindparam("provider"), _T.source == sa.bindparam("source"), among(_T.group_id, "groups")
)
_FORGET = sa.delete(t.told).where(
    _T.provider == sa.bindparam("of_provider"), _T.group_id == sa.bindparam("of_group"), _T.first <= sa.bindparam("last_day"),
    _T.last >= sa.bindparam("first_day"),
)  # fmt: skip
_FORGET_SOURCE = sa.delete(t.told).where(_T.provider == sa.bindparam("of_provider"), _T.source == sa.bindparam("of_source"))


def told_of(connection: Connection, provider: str, source: str, groups: Iterable[str]) -> list[Told]:
    """What a source has told of these groups and still stands."""
    rows = connection.execute(_TOLD, {"provider": provider, "source": source, "groups": sorted(set(groups))})
    return [Told(group, Period(first, last), head, _rows_from(text)) for group, first, last, head, text in rows]


def keep(connection: Connection, provider: str, source: str, collected: Collected) -> None:
    """Forget what an input's words made untrue, and keep its own sheets. Called after its words are stored."""
    # What a person is known by has changed, or may when it is answered: any sheet may speak of it.
    if collected.held_cards or any(entry.is_known for entry in collected.persons):
        forget_source(connection, provider, source)
    written = days_of([(cell.group, cell.day) for cell in collected.words] + [(lesson.group, lesson.day) for lesson in collected.lessons])
    forget(connection, provider, written)
    upsert(
        connection,
        t.told,
        [
            {
                "provider": provider, "source": source, "group_id": one.group, "first": one.period.first, "last": one.period.last,
                "head": one.head, "rows": ",".join(f"{row.person}:{row.digest}" for row in one.rows),
            }
            for one in collected.told
            if one.group in written or one not in collected.stands
        ],
        ["provider", "source", "group_id", "first"],
    )  # fmt: skip


def days_of(written: Iterable[tuple[str, dt.date]]) -> dict[str, Period]:
    """Group → from the first to the last of these days."""
    days: dict[str, list[dt.date]] = {}
    for group, day in written:
        days.setdefault(group, []).append(day)
    return {group: Period(min(each), max(each)) for group, each in days.items()}


def forget(connection: Connection, provider: str, written: Mapping[str, Period]) -> None:
    """Words of these groups and days were written, of whatever source."""
    if written:
        rows = [
            {"of_provider": provider, "of_group": group, "first_day": period.first, "last_day": period.last}
            for group, period in sorted(written.items())
        ]
        connection.execute(_FORGET, rows)


def forget_source(connection: Connection, provider: str, source: str) -> None:
    connection.execute(_FORGET_SOURCE, {"of_provider": provider, "of_source": source})


def _rows_from(text: str) -> tuple[Row, ...]:
    pairs = (each.split(":") for each in text.split(",")) if text else ()
    return tuple(Row(int(person), digest) for person, digest in pairs)
