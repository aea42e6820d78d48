"""What the cabinet's pages show line by line, put together from what the stores read. No SQL here."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from navigator.portal.cabinet.forecast import Due
from navigator.portal.cabinet.reckoning import Reckoning, reckoned
from navigator.portal.cabinet.store.money import Debited, Operation
from navigator.portal.cabinet.store.visits import LessonKey, Visit
from navigator.portal.cabinet.timetable import MOVED, PLANNED, Attending, Place, ahead, lessons_of, minutes_of
from navigator.portal.catalogue import costs

UNMARKED, AHEAD = "unmarked", "ahead"


class DebitLine(NamedTuple):
    """A debit or a reversal with its lesson's hour, and how it was computed (None: the register does not say enough)."""

    operation: Operation
    place: Place
    time: str
    reckoning: Reckoning | None


class VisitLine(NamedTuple):
    """A lesson and what became of it.

    ``status``: attended, absent, excused; cancelled, moved; unmarked: held, and nobody has told yet; ahead. ``kopecks``: debited for it.
    ``lesson`` is None where it was moved away, ``other_day``: where to, or whence.
    """

    day: dt.date
    starts_at: str
    ends_at: str
    place: Place
    enrollment: str
    lesson: LessonKey | None
    status: str
    kopecks: int
    other_day: dt.date | None


class Share(NamedTuple):
    """What a family owes a club for a month's lessons, in kopecks; ``unknown`` lessons were debited and their price is not known."""

    month: str
    provider_name: str
    title: str
    lessons: int
    unit_kopecks: tuple[int, ...]
    family_kopecks: int
    unknown: int


class Ahead(NamedTuple):
    """What is still to be debited: lessons ahead, and those that were held lately and nobody has marked yet.

    ``unpriced``: titles of groups whose lessons have no price in the register, so that they are not among them.
    """

    due: list[Due]
    unmarked: int
    unpriced: list[str]


def debit_lines(operations: Iterable[Operation], places: Mapping[str, Place]) -> list[DebitLine]:
    """Each operation with how it was computed."""
    return [_debit_line(each, places[each.lesson.group]) for each in operations]


def _debit_line(operation: Operation, place: Place) -> DebitLine:
    lesson = operation.lesson
    minutes = minutes_of(place, dt.date.fromisoformat(lesson.date), lesson.slot, operation.lesson_starts_at)
    reckoning = reckoned(place.group["module"], minutes, operation.amount_kopecks)
    return DebitLine(operation, place, place.time_of(operation.lesson_starts_at), reckoning)


def visit_lines(
    attended: Sequence[Attending],
    visits: Mapping[LessonKey, Visit],
    debits: Mapping[LessonKey, Debited],
    places: Mapping[str, Place],
    first: dt.date,
    last: dt.date,
    now: dt.datetime,
) -> list[VisitLine]:
    """Every lesson of the days, both included: the timetable's with what was told of it, and those told of that it does not have."""
    found: dict[LessonKey, VisitLine] = {}
    gone: list[VisitLine] = []
    for each in attended:
        for lesson in lessons_of(each.place.group, max(first, each.starts_on), min(last, each.ends_on)):
            key = LessonKey(lesson.group, lesson.day.isoformat(), lesson.slot)
            has_passed = lesson.day < now.date() or (lesson.day == now.date() and lesson.starts_at <= now.strftime("%H:%M"))
            status = lesson.state if lesson.state != PLANNED else UNMARKED if has_passed else AHEAD
            hours = lesson.day, lesson.starts_at, lesson.ends_at
            line = VisitLine(*hours, each.place, each.enrollment, key, status, _kopecks(debits.get(key)), lesson.other_day)
            if lesson.state == MOVED:
                gone.append(line._replace(lesson=None))
            else:
                found.setdefault(key, line)
    for key, visit in visits.items():
        known = found.get(key)
        start = places[key.group].time_of(visit.starts_at)
        plain = VisitLine(
            dt.date.fromisoformat(key.date), start, "", places[key.group], visit.enrollment, key, "", _kopecks(debits.get(key)), None
        )
        found[key] = (known or plain)._replace(status=visit.status, enrollment=visit.enrollment)
    return sorted([*found.values(), *gone], key=lambda line: (line.day, line.starts_at, line.place.title), reverse=True)


def _kopecks(debited: Debited | None) -> int:
    return debited.kopecks if debited is not None else 0


def counted(lines: Iterable[VisitLine]) -> dict[str, int]:
    """How many lessons have which status."""
    numbers: dict[str, int] = defaultdict(int)
    for line in lines:
        numbers[line.status] += 1
    return numbers


def shares(debits: Mapping[LessonKey, Debited], places: Mapping[str, Place]) -> list[Share]:
    """What of the price of each debited lesson is the family's, by month and group, the latest month first."""
    grouped: dict[tuple[str, str], list[Reckoning | None]] = defaultdict(list)
    for key, debited in debits.items():
        place = places[key.group]
        minutes = minutes_of(place, dt.date.fromisoformat(key.date), key.slot, debited.starts_at)
        grouped[key.date[:7], key.group].append(reckoned(place.group["module"], minutes, debited.kopecks))
    found = []
    for (month, group), reckonings in grouped.items():
        known = [each.family_kopecks for each in reckonings if each is not None]
        named = places[group].provider_name, places[group].title
        found.append(Share(month, *named, len(reckonings), tuple(sorted(set(known))), sum(known), len(reckonings) - len(known)))
    return sorted(found, key=lambda share: (share.month, share.provider_name, share.title), reverse=True)


def still_due(
    attended: Sequence[Attending], visits: Mapping[LessonKey, Visit], debits: Mapping[LessonKey, Debited], now: dt.datetime, last: dt.date
) -> Ahead:
    """What is to be debited up to the last day: lessons ahead; and those since the first day of the month before that nobody has marked.

    Clubs tell of a month after it is over, so what is unmarked lately is money that will go all the same.
    """
    since = (now.date().replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    due: list[Due] = []
    unmarked, unpriced = 0, []
    for each in attended:
        for lesson in ahead(each, max(since, dt.date(now.year, 1, 1)), last):
            key = LessonKey(lesson.group, lesson.day.isoformat(), lesson.slot)
            if key in visits or key in debits:
                continue
            cost = costs.cost_of(each.place.group["module"], lesson.minutes)
            if cost is None or cost.certificate_kopecks is None:
                unpriced.append(each.place.title)
                continue
            if cost.certificate_kopecks:
                due.append(Due(lesson.day, cost.certificate_kopecks))
                unmarked += lesson.day < now.date()
    return Ahead(due, unmarked, sorted(set(unpriced)))
