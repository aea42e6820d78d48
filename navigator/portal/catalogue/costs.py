"""What a lesson costs, what of it the certificate pays, and what the family; and which lessons clash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gateway.core.money import half_up

ACADEMIC_HOUR_MINUTES = 45

Item = Mapping[str, Any]


class Cost(NamedTuple):
    """A lesson's price and who pays what of it, in kopecks; None: the programme does not say."""

    price_kopecks: int
    certificate_kopecks: int | None
    family_kopecks: int | None


def cost_of(module: Item, minutes: int) -> Cost | None:
    """A lesson of so many minutes: the certificate pays up to the normative, the family the rest. None without a price."""
    price, normative = module["unit_price_kopecks"], module["unit_normative_kopecks"]
    if price is None or module["unit"] is None:
        return None
    amount = of_lesson(price, module["unit"], minutes)
    if normative is None:
        return Cost(amount, 0, 0) if amount == 0 else Cost(amount, None, None)
    paid = min(amount, of_lesson(normative, module["unit"], minutes))
    return Cost(amount, paid, amount - paid)


def lesson_minutes(group: Item) -> int:
    """How long the group's lesson lasts: its first timetable line's; an academic hour where there is none."""
    lines = group["timetable"]
    return _minutes(lines[0]["ends_at"]) - _minutes(lines[0]["starts_at"]) if lines else ACADEMIC_HOUR_MINUTES


def clashes(group: Item, others: Iterable[Item]) -> list[tuple[Item, Item, Item]]:
    """Each of the group's timetable lines that lies upon a line of another group: (the other group, its line, ours)."""
    return [
        (other, theirs, mine)
        for other in others
        if other["group"] != group["group"]
        for theirs in other["timetable"]
        for mine in group["timetable"]
        if _clash(mine, theirs)
    ]


def age_in_months(birth_date: dt.date, day: dt.date) -> int:
    """Whole months."""
    return (day.year - birth_date.year) * 12 + day.month - birth_date.month - (day.day < birth_date.day)


def fits_age(programme: Item, months: int) -> bool:
    """Whether the programme takes a child of so many months; a side that it does not limit does not matter."""
    youngest, oldest = programme["age_from_months"], programme["age_to_months"]
    return (youngest is None or youngest <= months) and (oldest is None or months <= oldest)


def of_lesson(unit_kopecks: int, unit: str, minutes: int) -> int:
    """A lesson of so many minutes by the price of its unit, in kopecks."""
    return unit_kopecks if unit == "lesson" else half_up(unit_kopecks * minutes, ACADEMIC_HOUR_MINUTES)


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])


def _clash(one: Item, other: Item) -> bool:
    same_day = one["weekday"] == other["weekday"] and (one["weeks"] == other["weeks"] or "every" in (one["weeks"], other["weeks"]))
    same_time = one["starts_at"] < other["ends_at"] and other["starts_at"] < one["ends_at"]
    same_season = one["valid_from"] <= other["valid_to"] and other["valid_from"] <= one["valid_to"]
    return same_day and same_time and same_season
