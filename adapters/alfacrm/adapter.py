"""AlfaCRM → batches, one for each group and month. AlfaCRM cannot say what has changed, and a deleted lesson just vanishes: so a window of
days is read again and compared.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from adapters.alfacrm.looking import look
from adapters.alfacrm.people import People
from adapters.alfacrm.settings import AlfaCrmSettings
from adapters.alfacrm.wire import Wire
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
    intersection,
    is_yes,
    list_of,
    name_of,
    one_named,
    round_of,
    time_of,
    unread,
)

GATEWAY_INTERFACE = 1
STATES = {1: LessonState.PLANNED, 2: LessonState.CANCELLED, 3: LessonState.HELD}
"""Asked for one after the other, held ones last: what is held meanwhile is seen as held."""
_GROUP, _LESSON = Text("группа", "group"), Text("урок", "lesson")


@hookimpl
def gateway_adapters() -> list[AlfaCrmAdapter]:
    return [AlfaCrmAdapter()]


class AlfaCrmAdapter:
    """One branch of an AlfaCRM account."""

    name = "alfacrm"
    title = Text("AlfaCRM", "AlfaCRM")
    settings: type = AlfaCrmSettings

    def connect(self, settings: AlfaCrmSettings, http: Http) -> AlfaCrm:
        return AlfaCrm(settings, http)


class Told(NamedTuple):
    """A lesson with its marks; their members are clients' ids."""

    lesson: Lesson
    marks: tuple[Mark, ...]


class AlfaCrm:
    """The source; see `gateway.plugins.Source`."""

    def __init__(self, settings: AlfaCrmSettings, http: Http) -> None:
        self._settings = settings
        self._clocks = settings.clocks
        self._wire = Wire(settings, http)

    def check(self) -> Iterator[Checked]:
        """See `adapters.alfacrm.looking`."""
        return look(self._wire, self._settings)

    def pull(self, cursor: str | None, now: dt.datetime, since: dt.date | None = None) -> Iterator[Batch]:
        """Group by group, each with the months of the window. A cursor is a group's, or a finished round's."""
        asked = round_of(cursor, now.astimezone(self._clocks.club).date(), self._settings.window_days, since=since)
        people = People(self._wire, self._settings)
        groups, findings = self._groups()
        people.read_clients()
        yield Batch(findings=(*findings, *_taken(people.findings)))
        named = one_named(groups)
        for key in asked.left(named):
            yield from self._group(named[key], groups[key], people, asked)
        yield Batch(findings=_taken(people.findings), cursor=ROUND_DONE)

    def _groups(self) -> tuple[dict[str, str], list[Finding]]:
        """Id → words. A group that makes no sense gets no window, so nothing of it is withdrawn."""
        found, findings = {}, []
        listed = self._wire.list("group")
        for item in [*listed.items, *listed.nameless]:
            try:
                found[id_text(item["id"])] = name_of(item["name"])
            except NO_SENSE:
                key = id_or_none(item)
                findings.append(unread(_GROUP, key, self._wire.url("group", key or "")))
        return found, findings

    def _group(self, keys: tuple[str, ...], words: str, people: People, asked: Round) -> Iterator[Batch]:
        lessons, findings = self._lessons(keys, words, people, asked.period)
        for month in asked.months:
            is_last = month == asked.months[-1]
            yield self._batch(
                keys,
                words,
                people,
                month,
                [told for told in lessons if told.lesson.day in month],
                tuple(findings) if is_last else (),
                is_whole=not findings,
                cursor=asked.cursor_after(keys[0]) if is_last else None,
            )

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
        expected = {each.customer for key in keys for each in people.enrolled(key) if intersection(each.period, month)}
        listed = expected | {mark.member for told in lessons for mark in told.marks}
        members: dict[str, Member] = {}
        for customer in sorted(listed):
            member = people.member(customer, words)
            if member is not None:
                members[customer] = member
        marks = (mark for told in lessons for mark in told.marks if mark.member in members)
        return Batch(
            records=(
                *(Group(words, Place(url=self._wire.url("group", key)), key) for key in keys),
                *members.values(),
                *(told.lesson for told in lessons),
                *marks,
            ),
            # What could not be read may be what seems to be missing: then nothing is withdrawn.
            windows=(
                Window(words, month, EmptyMeaning.NOTHING, lists_all=is_whole and len(members) == len(listed), lists_lessons=is_whole),
            ),
            findings=findings,
            cursor=cursor,
        )

    # ------------------------------------------------------------ lessons

    def _lessons(self, keys: tuple[str, ...], words: str, people: People, period: Period) -> tuple[list[Told], list[Finding]]:
        """The lessons of all states of the groups of one name, by their ids."""
        items: dict[str, Any] = {}
        findings: list[Finding] = []
        days = self._clocks.asked(period)
        for status, key in itertools.product(STATES, keys):
            filters = {
                "status": status,
                "group_id": int(key) if key.isdigit() else key,
                "date_from": str(days.first),
                "date_to": str(days.last),
            }
            listed = self._wire.list("lesson", filters)
            items |= {id_text(item["id"]): item for item in listed.items}
            findings += [unread(_LESSON, None, self._wire.url("group", key), words) for _ in listed.nameless]
        found = []
        for own_id, item in items.items():
            try:
                told = self._lesson(own_id, item, keys, words, people)
            except NO_SENSE:
                findings.append(unread(_LESSON, own_id, self._wire.url("lesson", own_id), words))
            else:
                found += [told] if told is not None else []
        return found, findings

    def _lesson(self, own_id: str, item: Any, keys: tuple[str, ...], words: str, people: People) -> Told | None:
        """None: it is another group's, or a trial."""
        groups = [id_text(group) for group in list_of(item["group_ids"])]
        if not set(keys) & set(groups) or int(item["lesson_type_id"]) in self._settings.trial_types:
            return None
        said = WallTimes(day_of(item.get("date") or item["time_from"]), time_of(item["time_from"]), time_of(item["time_to"]))
        day, starts_at, ends_at = self._clocks.at_the_club(said)
        state, place = STATES[int(item["status"])], Place(url=self._wire.url("lesson", own_id))
        lesson = Lesson(words, day, state, place, own_id, starts_at, ends_at)
        if state is not LessonState.HELD:
            return Told(lesson, ())  # before it is held, its details are empty or a guess
        revision = _revision(item)
        marks: dict[str, Mark] = {}
        for detail in list_of(item["details"]):
            customer = id_text(detail["customer_id"])
            status = self._status(detail)
            if status is not None and (len(groups) == 1 or self._is_told_here(customer, keys, groups, people)):
                marks[customer] = Mark(customer, day, status, place, lesson=own_id, revision=revision)
        return Told(lesson, tuple(marks.values()))

    def _status(self, detail: Any) -> Status | None:
        """None: nobody has said yet."""
        said = detail["is_attend"]
        if said is None:
            return None
        if is_yes(said):
            return Status.ATTENDED
        reason = detail.get("reason_id")
        return Status.EXCUSED if reason and int(reason) in self._settings.excused_reasons else Status.ABSENT

    def _is_told_here(self, customer: str, keys: tuple[str, ...], groups: list[str], people: People) -> bool:
        """A lesson of several groups: each child is told in its own, and who is in none of them any more in the first."""
        own = [group for group in groups if any(each.customer == customer for each in people.enrolled(group))]
        return (own or groups)[0] in keys


def _revision(item: Any) -> str | None:
    updated = item.get("updated_at")
    return updated if isinstance(updated, str) and updated else None


def _taken(findings: list[Finding]) -> tuple[Finding, ...]:
    """The findings so far, each told once."""
    taken = tuple(findings)
    findings.clear()
    return taken


__all__ = ["GATEWAY_INTERFACE", "AlfaCrmAdapter", "gateway_adapters"]
