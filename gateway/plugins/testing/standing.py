"""What stands after a source's batches: the gateway's rules of taking in, in their plainest form, and the truth in the same form.

A second reckoning on purpose: it shares nothing with the gateway's own, so that the two cannot be wrong together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from gateway.core.facts import Batch, EmptyMeaning, Finding, Group, Lesson, LessonState, Mark, Member, Status, Window
from gateway.plugins.testing.club import Club

WITHDRAWAL_PERCENT = 10
EVERYTHING = frozenset({"members", "marks", "lessons"})
"""What a source may tell."""


class Cell(NamedTuple):
    """``child``: the source's own id, else the name; ``lesson``: the source's own id, "" for all of the day."""

    group: str
    child: str
    day: dt.date
    lesson: str


class LessonAt(NamedTuple):
    group: str
    day: dt.date
    starts_at: dt.time | None
    ends_at: dt.time | None
    own_id: str | None


class Known(NamedTuple):
    """A member as it was last told."""

    name: str
    certificate: str | None
    birth_date: dt.date | None


class Standing:
    """``held``: withdrawals that wait for a person."""

    def __init__(self) -> None:
        self.groups: set[str] = set()
        self.members: dict[tuple[str, str], Known] = {}
        self.marks: dict[Cell, Status] = {}
        self.lessons: dict[LessonAt, LessonState] = {}
        self.findings: list[Finding] = []
        self.held: list[Cell] = []

    def take(self, batches: Iterable[Batch], confirmed: bool = False) -> Standing:
        """Take in batches, one by one. ``confirmed``: a person says yes to every withdrawal."""
        for batch in batches:
            self._take(batch, confirmed)
        return self

    def _take(self, batch: Batch, confirmed: bool) -> None:
        windows = {window.group: window for window in batch.windows}
        member_of = {record.key: record for record in batch.records if isinstance(record, Member)}
        self.findings += batch.findings
        self.groups |= {record.words for record in batch.records if isinstance(record, Group)}
        for member in member_of.values():
            self.members[(member.group, _child(member))] = Known(member.name, member.certificate, member.birth_date)
        said = {}
        for mark in (record for record in batch.records if isinstance(record, Mark)):
            member = member_of[mark.member]
            status = _status(mark, windows.get(member.group))
            if status is not None:
                said[Cell(member.group, _child(member), mark.day, mark.lesson or "")] = status
        told = {_lesson(record): record.state for record in batch.records if isinstance(record, Lesson)}
        listed = {(member.group, _child(member)) for member in member_of.values()}
        for window in windows.values():
            self._withdraw(window, said, listed, confirmed)
            self._withdraw_lessons(window, told, confirmed)
        self.marks |= said
        self.marks = {cell: status for cell, status in self.marks.items() if status is not Status.NOTHING}
        self.lessons |= told

    def _withdraw(self, window: Window, said: dict[Cell, Status], listed: set[tuple[str, str]], confirmed: bool) -> None:
        """Who is not listed any more; and where all lessons are told, marks at those that are not there any more."""
        if window.unmarked is EmptyMeaning.UNKNOWN or not window.lists_all:
            return
        within = [cell for cell in self.marks if cell.group == window.group and cell.day in window.period]
        gone = [
            cell
            for cell in within
            if cell not in said and ((cell.group, cell.child) not in listed or (window.lists_lessons and bool(cell.lesson)))
        ]
        children = len({cell.child for cell in gone})
        if children > 1 and len(gone) * 100 > len(within) * WITHDRAWAL_PERCENT and not confirmed:
            self.held += gone
        else:
            for cell in gone:
                del self.marks[cell]

    def _withdraw_lessons(self, window: Window, told: dict[LessonAt, LessonState], confirmed: bool) -> None:
        if not window.lists_lessons or (self.held and not confirmed):
            return
        of_window = [lesson for lesson in self.lessons if lesson.group == window.group and lesson.day in window.period]
        for lesson in of_window:
            if lesson not in told:
                del self.lessons[lesson]


def _child(member: Member) -> str:
    return member.own_id or member.name


def _lesson(record: Lesson) -> LessonAt:
    return LessonAt(record.group, record.day, record.starts_at, record.ends_at, record.own_id)


def _status(mark: Mark, window: Window | None) -> Status | None:
    if mark.status in (Status.DAY_OFF, Status.NOTHING):
        return Status.NOTHING
    if mark.status is not Status.UNMARKED:
        return mark.status
    if window is None or window.unmarked is EmptyMeaning.UNKNOWN:
        return None
    return Status.ATTENDED if window.unmarked is EmptyMeaning.ATTENDED else Status.NOTHING


def truth(club: Club, tells: Collection[str] | None = None) -> Standing:
    """What ought to stand of a club. ``tells``: what the source tells of it; None: everything."""
    found, tells = Standing(), EVERYTHING if tells is None else tells
    for group in club.groups.values():
        found.groups.add(group.title)
        for key in group.children if "members" in tells else ():
            child = club.children[key]
            found.members[(group.title, key)] = Known(child.name, child.certificate, child.birth_date)
    for lesson in club.lessons.values():
        title = club.groups[lesson.group].title
        is_as_planned = lesson.state is LessonState.HELD and "marks" not in tells
        if "lessons" in tells:
            at = LessonAt(title, lesson.day, lesson.starts_at, lesson.ends_at, lesson.id)
            found.lessons[at] = LessonState.PLANNED if is_as_planned else lesson.state
        for key, status in lesson.marks.items() if "marks" in tells else ():
            child = club.children[key]
            found.members.setdefault((title, key), Known(child.name, child.certificate, child.birth_date))
            if lesson.state is LessonState.HELD:
                found.marks[Cell(title, key, lesson.day, lesson.id)] = status
    return found


def differences(found: Standing, expected: Standing) -> list[str]:
    """What of marks and lessons is not as it ought to be, a line each."""
    return [*_marks_that_differ(found, expected), *_lessons_that_differ(found, expected)]


def _marks_that_differ(found: Standing, expected: Standing) -> Iterator[str]:
    for cell in sorted(found.marks.keys() | expected.marks.keys()):
        told, true = found.marks.get(cell), expected.marks.get(cell)
        if told is not true:
            at = f"{cell.group}, child {cell.child}, {cell.day}, lesson {cell.lesson or '(all of the day)'}"
            yield f"{at}: {told or 'nothing'} stands, {true or 'nothing'} is true"


def _lessons_that_differ(found: Standing, expected: Standing) -> Iterator[str]:
    for lesson in sorted(found.lessons.keys() | expected.lessons.keys(), key=str):
        told, true = found.lessons.get(lesson), expected.lessons.get(lesson)
        if told is not true:
            at = f"{lesson.group}, lesson {lesson.own_id} on {lesson.day} {lesson.starts_at}–{lesson.ends_at}"
            yield f"{at}: {told or 'nothing'} stands, {true or 'nothing'} is true"
