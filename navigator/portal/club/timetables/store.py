"""Timetables, single lessons and days off in the register: each change is rows of a district, and reaches programs by the feed.

Why a lesson differs from the timetable stands in a note beside it, so that it can be put back as it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from navigator import catalogue
from navigator.clock import Clock
from navigator.portal import records
from navigator.portal.catalogue import costs
from navigator.portal.catalogue.store import TAKES_A_PLACE
from navigator.portal.club.tables import lesson_notes
from navigator.portal.club.timetables import days_off, plan
from navigator.portal.club.timetables.plan import LessonOn, Line
from navigator.portal.tables import instant
from navigator.tables import certificates, enrollments, lessons

CANCELLED, LEFT, MOVED, ADDED, DAY_OFF, KEPT = "cancelled", "left", "moved", "added", "day_off", "kept"

Item = dict[str, Any]
Key = tuple[str, str]
"""A lesson within its group: its day and its start."""


class Taken(Exception):
    """Another lesson of the group lies upon that time. ``lesson`` is that one."""

    def __init__(self, lesson: LessonOn) -> None:
        super().__init__(f"{lesson.day} {lesson.starts_at}")
        self.lesson = lesson


def item_of(connection: Connection, group: str) -> Item:
    """A group as the catalogue serves it."""
    return catalogue.group_items(connection, [group])[f"group {group}"]


def notes_of(connection: Connection, group: str) -> dict[Key, Row[Any]]:
    """Why single lessons differ."""
    rows = connection.execute(select(lesson_notes).where(lesson_notes.c.group == group))
    return {(row.date, row.starts_at): row for row in rows}


# ---------------------------------------------------------------- timetables


def set_timetable(
    connection: Connection, clock: Clock, group: str, wanted: Sequence[Line], first: dt.date, last: dt.date, person: str
) -> None:
    """Make these the lines of the days from ``first`` to ``last``."""
    before = item_of(connection, group)["timetable"]
    _replace(connection, clock, group, before, plan.changed(before, wanted, first, last), person)


def follow_days(connection: Connection, clock: Clock, group: str, before: tuple[str, str], after: tuple[str, str], person: str) -> None:
    """The group's first and last day change: its timetable goes along."""
    lines = item_of(connection, group)["timetable"]
    _replace(connection, clock, group, lines, plan.follow(lines, before, after), person)


def clashing(connection: Connection, group: str, today: dt.date) -> int:
    """How many of those enrolled in the group have another group's lessons at its times: such a lesson may be refused (A10)."""
    live = enrollments.c.state.in_(TAKES_A_PLACE) & (enrollments.c.ends_on >= today.isoformat())
    mine = select(certificates.c.child).join(enrollments, enrollments.c.certificate == certificates.c.certificate)
    mine = mine.where(enrollments.c.group == group, live)
    others = select(certificates.c.child, enrollments.c.group).join(enrollments, enrollments.c.certificate == certificates.c.certificate)
    rows = connection.execute(others.where(certificates.c.child.in_(mine), enrollments.c.group != group, live)).all()
    items = catalogue.group_items(connection, {row.group for row in rows})
    own = item_of(connection, group)
    return len({row.child for row in rows if costs.clashes(own, [items[f"group {row.group}"]])})


def _replace(connection: Connection, clock: Clock, group: str, before: Sequence[Item], after: Sequence[Item], person: str) -> None:
    keys = {_key(line) for line in after}
    records.drop(connection, "timetable", [{"group": group, **line} for line in before if _key(line) not in keys])
    changed = [{"group": group, **line, "weekday": str(line["weekday"])} for line in after if line not in before]
    if changed:
        records.store(connection, clock, timetable=changed)
    days_off.settle(connection, clock, [group], person)


def _key(line: Item) -> tuple[Any, ...]:
    return line["weekday"], line["starts_at"], line["weeks"], line["valid_from"]


# ---------------------------------------------------------------- single lessons


def cancel(connection: Connection, clock: Clock, group: str, lesson: LessonOn, reason: str, person: str) -> None:
    """The lesson is not held. Whatever was debited for it is taken back by the gateway's next run."""
    known = _row(connection, group, lesson)
    moved_from = known.moved_from if known is not None else None
    row = {"group": group, "date": lesson.day.isoformat(), "starts_at": lesson.starts_at, "ends_at": lesson.ends_at}
    records.store(connection, clock, lessons=[{**row, "state": "cancelled", "moved_from": moved_from}])
    _note(connection, clock, group, (row["date"], row["starts_at"]), CANCELLED, person, reason)


def move(
    connection: Connection, clock: Clock, group: str, lesson: LessonOn, to: dt.date, starts_at: str, ends_at: str, reason: str, person: str
) -> None:
    """The lesson is held at another time.

    Raises:
        Taken: the group has another lesson then.
    """
    item, day = item_of(connection, group), lesson.day.isoformat()
    others = [each for each in plan.lessons_on(item, to) if (each.day, each.starts_at) != (lesson.day, lesson.starts_at)]
    taken = plan.overlapping(others, starts_at, ends_at)
    if taken is not None:
        raise Taken(taken)
    known, notes = _row(connection, group, lesson), notes_of(connection, group)
    note = notes.get((day, lesson.starts_at))
    origin = (note.from_date, note.from_time) if note is not None and note.what == MOVED else (day, lesson.starts_at)
    moved_from: str | None = day
    if known is not None and known.state == "planned":
        records.drop(connection, "lessons", [{"group": group, "date": day, "starts_at": lesson.starts_at}])
    if known is not None and not _is_of_timetable(item, lesson):  # it stands by itself: it is this row that goes elsewhere
        moved_from = known.moved_from
    elif len(plan.lessons_on(item, lesson.day)) > 1:  # the day keeps its other lessons, so this one is cancelled there
        moved_from = None
        cancel(connection, clock, group, lesson, reason, person)
        _note(connection, clock, group, (day, lesson.starts_at), LEFT, person, reason)
    row = {"group": group, "date": to.isoformat(), "starts_at": starts_at, "ends_at": ends_at, "state": "planned"}
    records.store(connection, clock, lessons=[{**row, "moved_from": moved_from}])
    _note(connection, clock, group, (row["date"], starts_at), MOVED, person, reason, origin)


def add(connection: Connection, clock: Clock, group: str, to: dt.date, starts_at: str, ends_at: str, reason: str, person: str) -> None:
    """One more lesson.

    Raises:
        Taken: the group has another lesson then.
    """
    taken = plan.overlapping(plan.lessons_on(item_of(connection, group), to), starts_at, ends_at)
    if taken is not None:
        raise Taken(taken)
    row = {"group": group, "date": to.isoformat(), "starts_at": starts_at, "ends_at": ends_at, "state": "planned"}
    records.store(connection, clock, lessons=[{**row, "moved_from": None}])
    _note(connection, clock, group, (row["date"], starts_at), ADDED, person, reason)


def put_back(connection: Connection, clock: Clock, group: str, lesson: LessonOn, person: str) -> None:
    """Undo what was done to the lesson: a cancelled one is held, a moved one is where the timetable has it, an added one goes."""
    known, notes = _row(connection, group, lesson), notes_of(connection, group)
    if known is None:
        return
    key = (known.date, known.starts_at)
    note = notes.get(key)
    what = note.what if note is not None else CANCELLED if known.state == "cancelled" else MOVED if known.moved_from else ADDED
    gone = [{"group": group, "date": known.date, "starts_at": known.starts_at}]
    if what == DAY_OFF or (what == CANCELLED and not _is_of_timetable(item_of(connection, group), lesson)):
        row = {"group": group, "date": known.date, "starts_at": known.starts_at, "ends_at": known.ends_at, "state": "planned"}
        records.store(connection, clock, lessons=[{**row, "moved_from": known.moved_from}])
        if what == DAY_OFF:
            _note(connection, clock, group, key, KEPT, person)
        elif note is not None and note.from_date:
            _note(connection, clock, group, key, MOVED, person, note.reason, (note.from_date, note.from_time))
        else:
            _note(connection, clock, group, key, ADDED, person)
        return
    if what == LEFT:  # and the lesson that it became
        gone += [
            {"group": group, "date": row.date, "starts_at": row.starts_at}
            for row in notes.values()
            if row.what == MOVED and (row.from_date, row.from_time) == key
        ]
    if what == MOVED and note is not None and (origin := notes.get((note.from_date, note.from_time))) is not None and origin.what == LEFT:
        gone.append({"group": group, "date": origin.date, "starts_at": origin.starts_at})
    records.drop(connection, "lessons", gone)
    days_off.settle(connection, clock, [group], person)


# ---------------------------------------------------------------- parts


def _is_of_timetable(item: Item, lesson: LessonOn) -> bool:
    """Whether the timetable has the lesson, whatever is said of it by itself."""
    return any(plan.meets(line, lesson.day) and line["starts_at"] == lesson.starts_at for line in item["timetable"])


def _row(connection: Connection, group: str, lesson: LessonOn) -> Row[Any] | None:
    """The lesson's own row in the register; of a day's only lesson the day's only row, whatever its time (as the gateway reads it)."""
    mine = select(lessons).where(lessons.c.group == group, lessons.c.date == lesson.day.isoformat())
    rows = connection.execute(mine).all()
    exact = [row for row in rows if row.starts_at == lesson.starts_at]
    return exact[0] if exact else rows[0] if len(rows) == 1 and lesson.is_single else None


def _note(
    connection: Connection,
    clock: Clock,
    group: str,
    key: Key,
    what: str,
    person: str,
    reason: str = "",
    origin: tuple[str | None, str | None] | None = None,
) -> None:
    """Note it; where a lesson came from stays noted with it."""
    mine = (lesson_notes.c.group == group) & (lesson_notes.c.date == key[0]) & (lesson_notes.c.starts_at == key[1])
    before = connection.execute(select(lesson_notes).where(mine)).one_or_none()
    if origin is None and before is not None:
        origin = (before.from_date, before.from_time)
    connection.execute(delete(lesson_notes).where(mine))
    row: Item = {"group": group, "date": key[0], "starts_at": key[1], "what": what, "reason": reason, "person": person}
    row |= {"from_date": origin[0] if origin else None, "from_time": origin[1] if origin else None, "at": instant(clock.now())}
    connection.execute(insert(lesson_notes), [row])
