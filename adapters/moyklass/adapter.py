"""МойКласс → batches, one for each group and month. Lessons and records say nothing of when they were changed, and a deleted lesson just
vanishes: so a window of days is read again and compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from adapters.moyklass.looking import look
from adapters.moyklass.people import People
from adapters.moyklass.settings import MoyKlassSettings
from adapters.moyklass.wire import Wire
from gateway.plugins import (
    NO_SENSE,
    ROUND_DONE,
    Batch,
    Checked,
    EmptyMeaning,
    Finding,
    Group,
    Http,
    Lesson,
    LessonState,
    Mark,
    Member,
    Period,
    Place,
    Round,
    Status,
    Text,
    WallTimes,
    Window,
    day_of,
    hookimpl,
    id_or_none,
    id_text,
    is_yes,
    list_of,
    name_of,
    one_named,
    round_of,
    time_of,
    unread,
)

GATEWAY_INTERFACE = 1
STATES = {0: LessonState.PLANNED, 1: LessonState.HELD}
_WEIGHT = {Status.ABSENT: 0, Status.EXCUSED: 1, Status.ATTENDED: 2}
"""Of two records of a pupil at one lesson: `visit` and `goodReason` are false where nobody has said a word, so what was said counts."""
_GROUP, _LESSON = Text("группа", "group"), Text("занятие", "lesson")


@hookimpl
def gateway_adapters() -> list[MoyKlassAdapter]:
    return [MoyKlassAdapter()]


class MoyKlassAdapter:
    """One company in МойКласс."""

    name = "moyklass"
    title = Text("МойКласс", "MoyKlass")
    settings: type = MoyKlassSettings

    def connect(self, settings: MoyKlassSettings, http: Http) -> MoyKlass:
        return MoyKlass(settings, http)


class Told(NamedTuple):
    """A lesson with its marks; their members are pupils' ids."""

    lesson: Lesson
    marks: tuple[Mark, ...]


class MoyKlass:
    """The source; see `gateway.plugins.Source`."""

    def __init__(self, settings: MoyKlassSettings, http: Http) -> None:
        self._settings = settings
        self._clocks = settings.clocks
        self._wire = Wire(settings, http)

    def check(self) -> Iterator[Checked]:
        """See `adapters.moyklass.looking`."""
        with self._wire.reading():
            yield from look(self._wire, self._settings)

    def pull(self, cursor: str | None, now: dt.datetime, since: dt.date | None = None) -> Iterator[Batch]:
        """Group by group, each with the months of the window. A cursor is a group's, or a finished round's."""
        asked = round_of(cursor, now.astimezone(self._clocks.club).date(), self._settings.window_days, since=since)
        with self._wire.reading():
            yield from self._round(asked)

    def _round(self, asked: Round) -> Iterator[Batch]:
        people = People(self._wire, self._settings)
        groups, findings = self._groups()
        people.read()
        yield Batch(findings=(*findings, *_taken(people.findings)))
        named = one_named(groups)
        for key in asked.left(named):
            yield from self._group(named[key], groups[key], people, asked)
        yield Batch(findings=_taken(people.findings), cursor=ROUND_DONE)

    def _groups(self) -> tuple[dict[str, str], list[Finding]]:
        """Id → words. A group that makes no sense gets no window, so nothing of it is withdrawn."""
        found, findings = {}, []
        listed = self._wire.whole("classes", self._settings.of_filial)
        for item in [*listed.items, *listed.nameless]:
            try:
                own_id = id_text(item["id"])
                found[own_id] = f"№ {own_id}" if item["name"] in (None, "") else name_of(item["name"])  # the document allows none
            except NO_SENSE:
                key = id_or_none(item)
                findings.append(unread(_GROUP, key, self._wire.url("classes", key or "")))
        return found, findings

    def _group(self, keys: tuple[str, ...], words: str, people: People, asked: Round) -> Iterator[Batch]:
        """``keys``: the groups that bear this name."""
        lessons, findings = self._lessons(keys, words, asked.period)
        for month in asked.months:
            is_last = month == asked.months[-1]
            of_month = [told for told in lessons if told.lesson.day in month]
            cursor = asked.cursor_after(keys[0]) if is_last else None
            yield self._batch(keys, words, people, month, of_month, tuple(findings) if is_last else (), not findings, cursor)

    def _batch(
        self,
        keys: tuple[str, ...],
        words: str,
        people: People,
        month: Period,
        lessons: list[Told],
        findings: tuple[Finding, ...],
        is_whole: bool,
        cursor: str | None,
    ) -> Batch:
        listed = {user for key in keys for user in people.studying(key)} | {mark.member for told in lessons for mark in told.marks}
        members: dict[str, Member] = {}
        for user in sorted(listed):
            member = people.member(user, words)
            if member is not None:
                members[user] = member
        marks = (mark for told in lessons for mark in told.marks if mark.member in members)
        lists_all = is_whole and len(members) == len(listed)
        return Batch(
            records=(
                *(Group(words, Place(url=self._wire.url("classes", key)), key) for key in keys),
                *members.values(),
                *(told.lesson for told in lessons),
                *marks,
            ),
            # What could not be read may be what seems to be missing: then nothing is withdrawn.
            windows=(Window(words, month, EmptyMeaning.NOTHING, lists_all=lists_all, lists_lessons=is_whole),),
            findings=findings,
            cursor=cursor,
        )

    # ------------------------------------------------------------ lessons

    def _lessons(self, keys: tuple[str, ...], words: str, period: Period) -> tuple[list[Told], list[Finding]]:
        """The lessons of the groups of one name with their records; of two at the same time the held one is told last, and counts."""
        found: list[Told] = []
        findings: list[Finding] = []
        days = self._clocks.asked(period)
        for key in keys:
            filters = {"classId": key, "date": [str(days.first), str(days.last)], "includeRecords": "true"}
            listed = self._wire.list("lessons", filters)
            findings += [unread(_LESSON, None, self._wire.url("classes", key), words) for _ in listed.nameless]
            for item in listed.items:
                own_id = id_text(item["id"])
                try:
                    if id_text(item["classId"]) == key:
                        found.append(self._lesson(own_id, item, words))
                except NO_SENSE:
                    findings.append(unread(_LESSON, own_id, self._wire.url("lessons", own_id), words))
        if len(keys) > 1:
            found.sort(key=lambda told: told.lesson.state is LessonState.HELD)
        return found, findings

    def _lesson(self, own_id: str, item: Any, words: str) -> Told:
        told = WallTimes(day_of(item["date"]), time_of(item["beginTime"]), time_of(item["endTime"]))
        day, starts_at, ends_at = self._clocks.at_the_club(told)
        state, place = STATES[int(item["status"])], Place(url=self._wire.url("lessons", own_id))
        lesson = Lesson(words, day, state, place, own_id, starts_at, ends_at)
        if state is not LessonState.HELD:
            return Told(lesson, ())  # before it is held, every record says that nobody came
        said: dict[str, Mark] = {}
        for record in list_of(item.get("records") or []):
            test = record.get("test")
            if test is False or not is_yes(test):  # a trial is nobody's lesson yet
                user, status = id_text(record["userId"]), _status(record)
                if user not in said or _WEIGHT[status] > _WEIGHT[said[user].status]:
                    said[user] = Mark(user, day, status, place, lesson=own_id)
        return Told(lesson, tuple(said.values()))


def _status(record: Any) -> Status:
    visit = record["visit"]
    if visit is True or is_yes(visit):
        return Status.ATTENDED
    return Status.EXCUSED if is_yes(record.get("goodReason")) else Status.ABSENT


def _taken(findings: list[Finding]) -> tuple[Finding, ...]:
    """The findings so far, each told once."""
    taken = tuple(findings)
    findings.clear()
    return taken


__all__ = ["GATEWAY_INTERFACE", "MoyKlassAdapter", "gateway_adapters"]
