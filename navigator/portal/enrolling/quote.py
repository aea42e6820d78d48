"""What an enrollment would cost: its days, its lessons, who pays what; and all that stands against it, at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from navigator.portal.catalogue import costs
from navigator.portal.region import age_on, region
from navigator.portal.speech import gettext as _

Item = Mapping[str, Any]


class Quote(NamedTuple):
    """An enrollment from day to day, both included; sums in kopecks over all its lessons."""

    starts_on: dt.date
    ends_on: dt.date
    lessons: int
    price_kopecks: int
    certificate_kopecks: int
    family_kopecks: int


class Money(NamedTuple):
    """What the certificate holds, or would be given on enrolling. ``is_given``: it is one of financing already."""

    available_kopecks: int
    is_given: bool
    may_be_given: bool


def quote_of(group: Item, today: dt.date) -> Quote | None:
    """From today, or the group's first day, to its last or the year's end: no enrollment crosses the end of a period.

    None where the group does not say when it meets or what it costs.
    """
    first = max(today, dt.date.fromisoformat(group["starts_on"])) if group["starts_on"] else today
    year_end = dt.date(first.year, 12, 31)
    last = min(year_end, dt.date.fromisoformat(group["ends_on"])) if group["ends_on"] else year_end
    if last < first or not group["timetable"]:
        return None
    price = paid = number = 0
    for _day, minutes in lessons_of(group, first, last):
        cost = costs.cost_of(group["module"], minutes)
        if cost is None or cost.certificate_kopecks is None:
            return None
        number, price, paid = number + 1, price + cost.price_kopecks, paid + cost.certificate_kopecks
    return Quote(first, last, number, price, paid, price - paid)


def lessons_of(group: Item, first: dt.date, last: dt.date) -> list[tuple[dt.date, int]]:
    """Each planned lesson within the days, with its minutes: the timetable's, less those cancelled or moved away, and the single ones."""
    single = {(each["date"], each["starts_at"]): each for each in group["lessons"]}
    left = {each["moved_from"] for each in group["lessons"] if each["moved_from"]}
    found: list[tuple[dt.date, int]] = []
    for number in range((last - first).days + 1):
        day = first + dt.timedelta(days=number)
        for line in group["timetable"]:
            is_said = (day.isoformat(), line["starts_at"]) in single or day.isoformat() in left
            if _meets(line, day) and not is_said:
                found.append((day, _minutes(line["starts_at"], line["ends_at"])))
    usual = costs.lesson_minutes(group)
    for each in group["lessons"]:
        day = dt.date.fromisoformat(each["date"])
        if each["state"] == "planned" and first <= day <= last:
            found.append((day, _minutes(each["starts_at"], each["ends_at"]) if each["ends_at"] else usual))
    return sorted(found)


def obstacles(
    group: Item, child: Any, payers: set[str], others: Sequence[Item], money: Money, quote: Quote | None, today: dt.date
) -> list[str]:
    """Everything that stands against enrolling, each with what can be done. A full group is no obstacle: it has a list."""
    found: list[str] = []
    rules, born = region(), dt.date.fromisoformat(child.birth_date) if child.birth_date else None
    if born is None:
        found.append(_("Нет даты рождения: её дополнит оператор."))
    elif not rules.age_from <= age_on(born, today) <= rules.age_to:
        found.append(_("Сертификат — для детей от %(first)d до %(last)d лет.", first=rules.age_from, last=rules.age_to))
    elif not costs.fits_age(group["programme"], costs.age_in_months(born, today)):
        found.append(_("Программа — для другого возраста."))
    if child.payer not in payers:
        found.append(_("У организации нет договора с вашим муниципалитетом: сертификатом здесь не заплатить."))
    if quote is None:
        found.append(_("У группы нет расписания, срока или цены: спросите организацию."))
    if any(other["module"]["module"] == group["module"]["module"] for other in others):
        found.append(_("Ребёнок уже занимается по этому модулю или ждёт ответа."))
    for other, theirs, _mine in costs.clashes(group, others):
        title = other["programme"]["title"] or other["group"]
        found.append(_("Пересекается с занятием «%(title)s» в %(start)s.", title=title, start=theirs["starts_at"]))
    if quote is not None and quote.certificate_kopecks and not money.is_given and not money.may_be_given:
        found.append(_("Сначала подайте заявление на персонифицированное финансирование и дождитесь решения."))
    elif quote is not None and quote.certificate_kopecks and money.available_kopecks < 100:
        found.append(_("На сертификате не осталось денег на этот год."))
    return found


def _meets(line: Item, day: dt.date) -> bool:
    if day.isoweekday() != line["weekday"] or not line["valid_from"] <= day.isoformat() <= line["valid_to"]:
        return False
    is_odd = day.isocalendar().week % 2 == 1
    return line["weeks"] in ("every", "odd" if is_odd else "even")


def _minutes(start: str, end: str) -> int:
    return (int(end[:2]) - int(start[:2])) * 60 + int(end[3:]) - int(start[3:])
