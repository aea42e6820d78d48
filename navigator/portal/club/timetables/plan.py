"""A group's lessons as its timetable and its single lessons make them, and what a change makes of a timetable: without a database.

An item is a group as the catalogue serves it (`navigator.catalogue`); days are ISO text where they come from the register.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Item = dict[str, Any]
ONE_DAY = dt.timedelta(days=1)


class Line(NamedTuple):
    """A timetable's line without its days: Monday is 1; ``weeks`` every, odd or even, by ISO week."""

    weekday: int
    starts_at: str
    ends_at: str
    weeks: str


class LessonOn(NamedTuple):
    """A lesson of a day. ``is_single``: the register says it by itself, not only by the timetable; ``moved_from``: the day it left."""

    day: dt.date
    starts_at: str
    ends_at: str
    is_cancelled: bool
    is_single: bool
    moved_from: str | None


class Season(NamedTuple):
    """Lines that hold from day to day."""

    first: dt.date
    last: dt.date
    lines: list[Item]


# ---------------------------------------------------------------- lessons


def lessons_on(item: Mapping[str, Any], day: dt.date) -> list[LessonOn]:
    """The lessons of a day by time, cancelled ones too. A day that a lesson left has none but those that stand by themselves."""
    text = day.isoformat()
    mine = [each for each in item["lessons"] if each["date"] == text]
    times: dict[str, LessonOn] = {}
    if all(each["moved_from"] != text for each in item["lessons"]):
        for line in item["timetable"]:
            if meets(line, day):
                times[line["starts_at"]] = LessonOn(day, line["starts_at"], line["ends_at"], False, False, None)
    for each in mine:
        is_cancelled, start = each["state"] == "cancelled", each["starts_at"]
        if is_cancelled and start not in times and len(times) == 1:
            (only,) = times.values()  # a day's only lesson is meant, whatever its time
            times = {only.starts_at: only._replace(is_cancelled=True, is_single=True)}
            continue
        end = each["ends_at"] or (times[start].ends_at if start in times else an_hour_later(start))
        times[start] = LessonOn(day, start, end, is_cancelled, True, each["moved_from"])
    return [times[start] for start in sorted(times)]


def lessons_between(item: Mapping[str, Any], first: dt.date, last: dt.date) -> list[LessonOn]:
    """All lessons of these days, in order."""
    return [each for number in range((last - first).days + 1) for each in lessons_on(item, first + dt.timedelta(days=number))]


def left(item: Mapping[str, Any]) -> dict[str, list[Item]]:
    """The days that lessons were moved away from, each with the single lessons that were."""
    found: dict[str, list[Item]] = {}
    for each in item["lessons"]:
        if each["moved_from"]:
            found.setdefault(each["moved_from"], []).append(each)
    return found


def meets(line: Mapping[str, Any], day: dt.date) -> bool:
    """Whether a timetable's line has a lesson that day."""
    if day.isoweekday() != line["weekday"] or not line["valid_from"] <= day.isoformat() <= line["valid_to"]:
        return False
    is_odd = day.isocalendar().week % 2 == 1
    return line["weeks"] in ("every", "odd" if is_odd else "even")


def overlapping(lessons: Iterable[LessonOn], starts_at: str, ends_at: str) -> LessonOn | None:
    """A lesson that is held and lies upon this time."""
    return next((each for each in lessons if not each.is_cancelled and starts_at < each.ends_at and each.starts_at < ends_at), None)


def an_hour_later(time: str) -> str:
    """Where nothing says how long a lesson is."""
    return f"{int(time[:2]) + 1:02d}{time[2:]}" if time < "23:00" else "23:59"


# ---------------------------------------------------------------- timetables


def seasons(timetable: Sequence[Item], today: dt.date) -> list[Season]:
    """The lines that hold today or later, those of the same days together, the earliest first."""
    found: dict[tuple[str, str], list[Item]] = {}
    for line in timetable:
        if line["valid_to"] >= today.isoformat():
            found.setdefault((line["valid_from"], line["valid_to"]), []).append(line)
    return [
        Season(dt.date.fromisoformat(first), dt.date.fromisoformat(last), sorted(lines, key=_order))
        for (first, last), lines in sorted(found.items())
    ]


def lines_on(timetable: Sequence[Item], day: dt.date) -> list[Line]:
    """The lines that hold on a day."""
    held = [line for line in timetable if line["valid_from"] <= day.isoformat() <= line["valid_to"]]
    return [line_of(line) for line in sorted(held, key=_order)]


def line_of(line: Mapping[str, Any]) -> Line:
    """A register's line without its days."""
    return Line(line["weekday"], line["starts_at"], line["ends_at"], line["weeks"])


def clash(lines: Sequence[Line | None]) -> tuple[int, int] | None:
    """The first two lines, by their places, that lie upon each other; None in the sequence is a line that says nothing."""
    for later, mine in enumerate(lines):
        for earlier, other in enumerate(lines[:later]):
            if mine is None or other is None or mine.weekday != other.weekday:
                continue
            same_weeks = mine.weeks == other.weeks or "every" in (mine.weeks, other.weeks)
            if same_weeks and mine.starts_at < other.ends_at and other.starts_at < mine.ends_at:
                return earlier, later
    return None


def changed(timetable: Sequence[Item], wanted: Sequence[Line], first: dt.date, last: dt.date) -> list[Item]:
    """The timetable in which ``wanted`` holds from ``first`` to ``last``; before and after these days all stays as it was."""
    before, after = (first - ONE_DAY).isoformat(), (last + ONE_DAY).isoformat()
    parts: list[Item] = []
    for line in timetable:
        if line["valid_from"] <= before:
            parts.append({**line, "valid_to": min(line["valid_to"], before)})
        if line["valid_to"] >= after:
            parts.append({**line, "valid_from": max(line["valid_from"], after)})
    parts += [{**line._asdict(), "valid_from": first.isoformat(), "valid_to": last.isoformat()} for line in wanted]
    return _joined(parts)


def follow(timetable: Sequence[Item], before: tuple[str, str], after: tuple[str, str]) -> list[Item]:
    """The timetable of a group whose days change: what held from its first day, or to its last, does so still; nothing goes beyond."""
    moved: list[Item] = []
    for line in timetable:
        first = after[0] if line["valid_from"] <= before[0] else max(line["valid_from"], after[0])
        last = after[1] if line["valid_to"] >= before[1] else min(line["valid_to"], after[1])
        if first <= last:
            moved.append({**line, "valid_from": first, "valid_to": last})
    return _joined(moved)


def _joined(parts: Iterable[Item]) -> list[Item]:
    """Equal lines whose days follow each other are one."""
    found: list[Item] = []
    for part in sorted(parts, key=lambda line: (*line_of(line), line["valid_from"])):
        previous = found[-1] if found else None
        if previous is not None and line_of(previous) == line_of(part):
            follows = (dt.date.fromisoformat(previous["valid_to"]) + ONE_DAY).isoformat() >= part["valid_from"]
            if follows:
                previous["valid_to"] = max(previous["valid_to"], part["valid_to"])
                continue
        found.append(dict(part))
    return found


def _order(line: Mapping[str, Any]) -> tuple[int, str]:
    return line["weekday"], line["starts_at"]
