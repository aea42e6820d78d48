"""The truth behind an emulator: a made-up club. The kit changes it, the emulator serves it in its system's own words, and what the adapter
tells is held against it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gateway.core.facts import LessonState, Status

NOW = dt.datetime(2025, 10, 28, 18, 30, tzinfo=dt.UTC)
"""The kit's instant, unless a check needs another."""

TODAY = NOW.date()

_LAST_NAMES = ("Ёлкина", "Бобров", "Синицына", "Муравьёв", "Зайцева", "Ежов", "Лисицына", "Щукин")
_FIRST_NAMES = ("Алёна", "Саша", "Юлия", "Егор", "Майя", "Илья")


@dataclass
class Child:
    """``id`` and all other ids are digits as text: an emulator may serve them as numbers. ``certificate``: ten digits.

    The kit's own children all have a birth date; a story's may have none.
    """

    id: str
    name: str
    birth_date: dt.date | None
    certificate: str | None


@dataclass
class ClubGroup:
    """``children``: ids of who is in it now."""

    id: str
    title: str
    children: list[str]


@dataclass
class ClubLesson:
    """``starts_at``, ``ends_at``: the club's wall clock. ``marks``: child's id → status, of a held lesson."""

    id: str
    group: str
    day: dt.date
    starts_at: dt.time
    ends_at: dt.time
    state: LessonState
    marks: dict[str, Status] = field(default_factory=dict)

    @property
    def last_day(self) -> dt.date:
        """The day on which it ends: a lesson that ends before it starts goes past midnight."""
        return self.day if self.ends_at > self.starts_at else self.day + dt.timedelta(days=1)


@dataclass
class Club:
    """Each by its id."""

    zone: str = "Europe/Moscow"
    groups: dict[str, ClubGroup] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    lessons: dict[str, ClubLesson] = field(default_factory=dict)

    def lessons_of(self, *states: LessonState) -> list[ClubLesson]:
        return [lesson for lesson in self.lessons.values() if lesson.state in (states or tuple(LessonState))]

    def held_with(self, *statuses: Status) -> Iterator[tuple[ClubLesson, str]]:
        """Held lessons and children with one of these marks."""
        for lesson in self.lessons_of(LessonState.HELD):
            for child, status in lesson.marks.items():
                if status in statuses:
                    yield lesson, child

    def add_child(self, groups: Iterable[str], certificate: str | None = None) -> Child:
        number = 100 + len(self.children)
        name = f"{_LAST_NAMES[number % len(_LAST_NAMES)]} {_FIRST_NAMES[number % len(_FIRST_NAMES)]} {_numeral(number - 100)}"
        child = Child(str(number), name, dt.date(2015, 1, 1) + dt.timedelta(days=37 * (number - 100)), certificate)
        self.children[child.id] = child
        for group in groups:
            self.groups[group].children.append(child.id)
        return child

    def add_lesson(
        self, group: str, day: dt.date, starts_at: dt.time, state: LessonState, statuses: Iterable[Status] = (), minutes: int = 60
    ) -> ClubLesson:
        """``statuses``: of the group's children, in their order."""
        ends_at = (dt.datetime.combine(day, starts_at) + dt.timedelta(minutes=minutes)).time()
        lesson = ClubLesson(str(1000 + len(self.lessons)), group, day, starts_at, ends_at, state)
        lesson.marks = dict(zip(self.groups[group].children, statuses, strict=False))
        self.lessons[lesson.id] = lesson
        return lesson


def _numeral(number: int) -> str:
    """A word of letters for each number, so that no two children are namesakes."""
    letters = "абвгдежзик"
    return "".join(letters[int(digit)] for digit in str(number)).capitalize() + "ович"


def made_club(
    statuses: Iterable[Status], zone: str = "Europe/Moscow", groups: int = 3, children: int = 4, weeks: int = 4, until: dt.date = TODAY
) -> Club:
    """A club with a past of some weeks: held lessons, one cancelled in each group, some planned; two lessons on some days; one group's
    lessons early and late in the day.

    Args:
        statuses: what the system can say of a child; dealt out in turn.
        children: of each group; the first child of the first two groups is in both.
        until: the last day of held lessons.
    """
    club, dealt = Club(zone), list(statuses)
    for number in range(groups):
        club.groups[str(11 + number)] = ClubGroup(str(11 + number), f"Кружок «Ёлка» {number + 1}", [])
    for number, group in enumerate(club.groups):
        for place in range(children):
            # A leading zero, a number like any other, and none at all.
            certificate = (f"0{120_000_000 + 7 * len(club.children)}", f"{4_700_000_000 + len(club.children)}", None)[place % 3]
            club.add_child([group] if number or place else list(club.groups)[:2], certificate)
    turn = 0
    for number, group in enumerate(club.groups):
        times = (dt.time(16, 0), dt.time(17, 15)) if number != 1 else (dt.time(0, 15), dt.time(23, 40))
        for back in range(7 * weeks, -1, -7):
            day = until - dt.timedelta(days=back + number)
            for time in times if back == 7 or number == 1 else times[:1]:
                said = [dealt[(turn + each) % len(dealt)] for each in range(len(club.groups[group].children))]
                club.add_lesson(group, day, time, LessonState.HELD, said, minutes=15)
                turn += 1
        club.add_lesson(group, until - dt.timedelta(days=3 + number), times[0], LessonState.CANCELLED, minutes=15)
        club.add_lesson(group, until + dt.timedelta(days=2), times[0], LessonState.PLANNED, minutes=15)
    return club
