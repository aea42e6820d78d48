"""Who attends what: enrollments that fit the age, the agreement and the free places, and that clash with nothing else of the child's."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter, defaultdict
from typing import Any, NamedTuple

from navigator.seed.families import FINANCING, Child
from navigator.seed.town import Group, school_year

Row = dict[str, Any]

TRIES = 12
HOW_MANY = ((0, 1, 2, 3), (12, 48, 30, 10))
LATECOMERS = 0.15


class Enrolled(NamedTuple):
    """An enrollment with all that its lessons need; both days belong to it."""

    enrollment: str
    child: Child
    group: Group
    starts_on: dt.date
    ends_on: dt.date

    def row(self) -> Row:
        """As a row of a district's file."""
        days = {"starts_on": self.starts_on.isoformat(), "ends_on": self.ends_on.isoformat()}
        named = {"enrollment": self.enrollment, "certificate": self.child.certificate, "group": self.group.group}
        return {**named, **days, "state": "active"}


def term(today: dt.date) -> tuple[dt.date, dt.date]:
    """The days of the school year that lie within today's calendar year: no enrollment crosses its end."""
    first, last = school_year(today)
    return (first, dt.date(first.year, 12, 31)) if first.year == today.year else (dt.date(last.year, 1, 9), last)


def make_places(chance: random.Random, prefix: str, children: list[Child], groups: list[Group], today: dt.date) -> list[Enrolled]:
    """Enrollments of this term; those who came late begin some weeks after the others."""
    first, last = term(today)
    by_age: dict[int, list[Group]] = defaultdict(list)
    for group in groups:
        for age in range(group.ages[0], group.ages[1] + 1):
            by_age[age].append(group)
    taken: Counter[str] = Counter()
    found: list[Enrolled] = []
    for child in children:
        mine: list[Group] = []
        fitting, wanted = by_age[child.age], chance.choices(*HOW_MANY)[0]
        for group in chance.sample(fitting, min(TRIES, len(fitting))):
            if len(mine) == wanted:
                break
            if taken[group.group] < group.places and _suits(child, group, mine):
                mine.append(group)
                taken[group.group] += 1
                late = dt.timedelta(days=chance.randrange(7, 43)) if chance.random() < LATECOMERS else dt.timedelta()
                starts_on = max(first, min(first + late, today))
                found.append(Enrolled(f"{prefix}e{len(found) + 1:06d}", child, group, starts_on, last))
    return found


def _suits(child: Child, group: Group, mine: list[Group]) -> bool:
    is_free = group.module["unit_price"] == "0.00"
    if child.payer not in group.payers or not (is_free or child.kind == FINANCING):
        return False
    return not any(group.module is other.module or _clash(group, other) for other in mine)


def _clash(one: Group, other: Group) -> bool:
    return any(
        day == their_day and start < their_end and their_start < end
        for day, start, end in one.slots
        for their_day, their_start, their_end in other.slots
    )
