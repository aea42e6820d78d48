"""What a provider's own sources say of lessons: single ones, and whole timetables. A change lists the marks of its days for match."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.core.collect import Collected
from gateway.core.facts import LessonState
from gateway.core.lessons import WEEK, OwnLessons, Schedule, StandingLesson
from gateway.core.periods import Period
from gateway.store import register, told
from gateway.store import tables as t
from gateway.store.rows import among, upsert

GONE = "gone"
_LESSON, _EARLIER, _SCHEDULE = t.own_lesson.c, t.earlier_lesson.c, t.own_schedule.c
_WORD = (_LESSON.group_id, _LESSON.day, _LESSON.starts_at, _LESSON.ends_at, _LESSON.state)
_OF_GROUPS = (
    _LESSON.provider == sa.bindparam("provider"), among(_LESSON.group_id, "groups"), _LESSON.day >= sa.bindparam("first"),
    _LESSON.day <= sa.bindparam("last"),
)  # fmt: skip
# Statements that every input needs are made once: making one takes longer than running it.
_STANDING = sa.select(*_WORD, _LESSON.run).where(*_OF_GROUPS, _LESSON.source == sa.bindparam("source"))
_SAID = sa.select(_LESSON.source, *_WORD).where(*_OF_GROUPS, _LESSON.state != GONE)
_SCHEDULES = (
    sa.select(_SCHEDULE.source, _SCHEDULE.group_id, _SCHEDULE.first, _SCHEDULE.last, _SCHEDULE.is_told)
    .where(_SCHEDULE.provider == sa.bindparam("provider"), among(_SCHEDULE.group_id, "groups"))
    .order_by(_SCHEDULE.run)
)
_UNDONE = sa.select(t.run.c.run).where(t.run.c.provider == sa.bindparam("provider"), t.run.c.undone_at.is_not(None))
# A lesson that is gone was told once, unless by a run that was taken back.
_REACH = (
    sa.select(_LESSON.source, _LESSON.group_id, sa.func.min(_LESSON.day), sa.func.max(_LESSON.day))
    .where(
        _LESSON.provider == sa.bindparam("provider"),
        among(_LESSON.group_id, "groups"),
        (_LESSON.state != GONE) | _LESSON.run.not_in(_UNDONE),
    )
    .group_by(_LESSON.source, _LESSON.group_id)
)
_KEY = ["provider", "group_id", "day", "source", "starts_at"]


def own_of(connection: Connection, provider: str, groups: Iterable[str], period: Period) -> OwnLessons:
    """What the provider's sources say of these groups' lessons on these days."""
    wanted = sorted(set(groups))
    asked = {"provider": provider, "groups": wanted, "first": period.first, "last": period.last}
    found = OwnLessons()
    for source, *word in connection.execute(_SAID, asked):
        found.say(source, [_lesson(*word)])
    schedules = _schedules_that_stand(connection, provider, wanted)
    for source, schedule in schedules:
        found.schedule(source, [schedule])
    for (source, group), reach in _reach(connection, provider, {schedule.group for _, schedule in schedules}).items():
        found.knows(source, group, reach)
    return found


def _reach(connection: Connection, provider: str, groups: Iterable[str]) -> dict[tuple[str, str], Period]:
    """(source, group) → from the first to the last day of which it has ever told a lesson."""
    some = sorted(set(groups))
    rows = connection.execute(_REACH, {"provider": provider, "groups": some}) if some else ()
    return {(source, group): Period(first, last) for source, group, first, last in rows}


def lessons_of(connection: Connection, provider: str, source: str, groups: Iterable[str], period: Period) -> list[StandingLesson]:
    """A source's lessons as they stand."""
    asked = {"provider": provider, "source": source, "groups": sorted(set(groups)), "first": period.first, "last": period.last}
    return [_lesson(*word) for *word, _ in connection.execute(_STANDING, asked) if word[-1] != GONE]


def schedules_of(connection: Connection, provider: str, source: str, groups: Iterable[str]) -> list[Schedule]:
    """The days of which a source has told the whole timetable."""
    return [schedule for of_source, schedule in _schedules_that_stand(connection, provider, groups) if of_source == source]


def _schedules_that_stand(connection: Connection, provider: str, groups: Iterable[str]) -> list[tuple[str, Schedule]]:
    rows = connection.execute(_SCHEDULES, {"provider": provider, "groups": sorted(set(groups))})
    latest = {(source, Schedule(group, Period(first, last))): is_told for source, group, first, last, is_told in rows}
    return [one for one, is_told in latest.items() if is_told]


def _lesson(group: str, day: dt.date, starts_at: str, ends_at: str, state: str) -> StandingLesson:
    return StandingLesson(group, day, starts_at, ends_at, None if state == GONE else LessonState(state))


# ---------------------------------------------------------------- saving


def save(connection: Connection, provider: str, source: str, collected: Collected, run: int) -> None:
    """Store what an input newly says of lessons and timetables."""
    replace(connection, provider, source, collected.lessons, run)
    upsert(
        connection,
        t.own_schedule,
        [
            {
                "provider": provider, "source": source, "group_id": group, "first": period.first, "last": period.last, "run": run,
                "is_told": is_told,
            }
            for is_told, schedules in ((True, collected.schedules), (False, collected.unscheduled))
            for group, period in schedules
        ],
        ["provider", "group_id", "source", "first", "last", "run"],
    )  # fmt: skip
    for group, period in (*collected.schedules, *collected.unscheduled):
        _list_marks(connection, provider, group, period)


def replace(connection: Connection, provider: str, source: str, lessons: Sequence[StandingLesson], run: int) -> None:
    """Give lessons a new word, keep the one before, and list their days' marks for match."""
    if not lessons:
        return
    written = told.days_of([(lesson.group, lesson.day) for lesson in lessons])
    told.forget(connection, provider, written)
    changed = {(lesson.group, lesson.day, lesson.starts_at) for lesson in lessons}
    period = Period(min(lesson.day for lesson in lessons), max(lesson.day for lesson in lessons))
    asked = {"provider": provider, "source": source, "groups": sorted(written), "first": period.first, "last": period.last}
    earlier = [
        {
            "provider": provider, "source": source, "group_id": group, "day": day, "starts_at": starts_at, "ends_at": ends_at,
            "state": state, "run": said_by, "replaced_by": run,
        }
        for group, day, starts_at, ends_at, state, said_by in connection.execute(_STANDING, asked)
        if (group, day, starts_at) in changed
    ]  # fmt: skip
    upsert(connection, t.earlier_lesson, earlier, [*_KEY, "run", "replaced_by"])
    before = _reach(connection, provider, written)
    rows = [
        {
            "provider": provider, "source": source, "group_id": group, "day": day, "starts_at": starts_at, "ends_at": ends_at,
            "state": state.value if state else GONE, "run": run,
        }
        for group, day, starts_at, ends_at, state in lessons
    ]  # fmt: skip
    upsert(connection, t.own_lesson, rows, _KEY)
    after = _reach(connection, provider, written)
    for group, days in written.items():
        _list_marks(connection, provider, group, days)
        was, now = before.get((source, group), days), after.get((source, group), days)
        for one, other in zip(was, now, strict=True):  # a timetable holds around the first and the last lesson
            if one != other:
                _list_marks(connection, provider, group, Period(min(one, other) - WEEK, max(one, other) + WEEK))


def _list_marks(connection: Connection, provider: str, group: str, period: Period) -> None:
    marks = t.mark.c
    register.list_marks(connection, provider, (marks.group_id == group) & (marks.day >= period.first) & (marks.day <= period.last))


def take_back(connection: Connection, provider: str, run: int) -> None:
    """What a run said of lessons and timetables is taken back: what was said before stands again, else nothing."""
    undone = sa.select(t.run.c.run).where(t.run.c.provider == provider, t.run.c.undone_at.is_not(None))
    key = [(getattr(_EARLIER, name) == getattr(_LESSON, name)) for name in _KEY]
    before = (
        sa.select(_LESSON.source, *_WORD[:3], _EARLIER.ends_at, _EARLIER.state, _EARLIER.run)
        .join(t.earlier_lesson, sa.and_(*key))
        .where(_LESSON.provider == provider, _LESSON.run == run, _EARLIER.run != run, _EARLIER.run.not_in(undone))
        .order_by(_EARLIER.run)
    )
    last = {(row.source, row.group_id, row.day, row.starts_at): row for row in connection.execute(before)}
    words: dict[tuple[str, int], list[StandingLesson]] = defaultdict(list)
    for row in connection.execute(sa.select(_LESSON.source, *_WORD).where(_LESSON.provider == provider, _LESSON.run == run)).all():
        known = last.get((row.source, row.group_id, row.day, row.starts_at))
        if known is None:
            words[(row.source, run)].append(StandingLesson(row.group_id, row.day, row.starts_at, row.ends_at, None))
        else:
            words[(row.source, known.run)].append(_lesson(row.group_id, row.day, row.starts_at, known.ends_at, known.state))
    for (source, said_by), lessons in sorted(words.items()):
        replace(connection, provider, source, lessons, said_by)
    of_run = (_SCHEDULE.provider == provider) & (_SCHEDULE.run == run)
    said_by_it = connection.execute(sa.select(_SCHEDULE.group_id, _SCHEDULE.first, _SCHEDULE.last).where(of_run)).all()
    connection.execute(sa.delete(t.own_schedule).where(of_run))
    for group, first, last_day in said_by_it:
        period = Period(first, last_day)
        told.forget(connection, provider, {group: period})
        _list_marks(connection, provider, group, period)
