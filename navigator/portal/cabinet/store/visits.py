"""What the register was told of a child's visits, lesson by lesson; of a lesson the last word."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection, select

from navigator.tables import acceptances

WITHDRAWN = "none"


class LessonKey(NamedTuple):
    """A lesson: the group, the day (ISO), and its ordinal within the group's day."""

    group: str
    date: str
    slot: int


class Visit(NamedTuple):
    """``status``: attended, absent, excused. ``starts_at`` and ``accepted_at`` are instants, aware ISO text."""

    status: str
    enrollment: str
    provider: str
    starts_at: str
    accepted_at: str


def visits_of(connection: Connection, child: str, first: dt.date, last: dt.date) -> dict[LessonKey, Visit]:
    """A child's visits within the days, both included; a word that was withdrawn is none."""
    a = acceptances.c
    mine = (a.child == child) & (a.journal == "attendance") & a.date.between(first.isoformat(), last.isoformat())
    found: dict[LessonKey, Visit] = {}
    for row in connection.execute(select(acceptances).where(mine).order_by(a.place)):
        key = LessonKey(row.group, row.date, row.slot)
        found[key] = Visit(row.status, row.enrollment, row.provider, row.lesson_starts_at, row.accepted_at)
    return {key: visit for key, visit in found.items() if visit.status != WITHDRAWN}
