"""The sums of the reports, each by a statement of its own over all rows at once; never one per child.

What is used comes from the register's acceptances and its ledger, what is planned from the timetables (`reports.planned`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, Row, Select, Subquery, and_, case, cast, distinct, func, select

from navigator.operations import NOT_IN_FORCE
from navigator.portal.reports import gathering, planned
from navigator.portal.tables import limits
from navigator.tables import accounts, certificates, children, enrollments, groups, modules, nominals, payers, programmes

EARLIEST = 2019


class Reached(NamedTuple):
    """How many children have a certificate, of them one with a sum of the year, of them are enrolled in the year."""

    children: int
    financed: int
    enrolled: int

    @property
    def percent(self) -> int:
        """Of those with a certificate, how many are enrolled; rounded half up."""
        return (200 * self.enrolled + self.children) // (2 * self.children) if self.children else 0


class ByDirection(NamedTuple):
    """A direction ("": it is not told), its children, each counted once, and its enrollments."""

    direction: str
    children: int
    enrollments: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who is reached in a year, up to a day of it. ``ages``: whole years on that day, None where the birth date is not known."""

    day: dt.date
    total: Reached
    ages: list[tuple[int | None, Reached]]
    payers: list[tuple[str, Reached]]
    directions: list[ByDirection]


class Sums(NamedTuple):
    """Kopecks: by the timetable in the year; of that for lessons yet to come; debited less what was given back."""

    planned: int
    ahead: int
    used: int


class OfPayer(NamedTuple):
    """A payer in a year, in kopecks: its limit (None: none), what it gave, what of that is left on certificates; and its `Sums`."""

    name: str
    limit: int | None
    given: int
    left: int
    sums: Sums


@dataclass(frozen=True, slots=True)
class Money:
    """A year's money; the three lists add up to the same total."""

    total: Sums
    months: list[tuple[str, Sums]]
    payers: list[OfPayer]
    directions: list[tuple[str, Sums]]


# ---------------------------------------------------------------- coverage


def coverage(connection: Connection, year: int, payer: str, today: dt.date) -> Coverage:
    """Who is reached, among all or among one payer's."""
    day = min(today, dt.date(year, 12, 31))
    bearers = _bearers(year, payer, day)
    age = _age(bearers.c.birth_date, day)
    sums = (func.count(), func.sum(bearers.c.financed), func.sum(bearers.c.enrolled))
    ages = connection.execute(select(age.label("age"), *sums).group_by(age).order_by(age)).all()
    by_payer = select(payers.c.payer, payers.c.name, *sums).select_from(bearers.join(payers, payers.c.payer == bearers.c.payer))
    rows = connection.execute(by_payer.group_by(payers.c.payer, payers.c.name).order_by(payers.c.name, payers.c.payer)).all()
    reached = [(row.age, Reached(row[1], int(row[2]), int(row[3]))) for row in ages]
    return Coverage(
        day,
        Reached(*(sum(each[number] for _, each in reached) for number in range(3))),
        sorted(reached, key=lambda each: (each[0] is None, each[0])),
        [(row.name or row.payer, Reached(row[2], int(row[3]), int(row[4]))) for row in rows],
        _directions(connection, year, payer, day),
    )


def _bearers(year: int, payer: str, day: dt.date) -> Subquery:
    """A row per child with a certificate that is valid in the year: payer, birth_date, and whether it is financed and enrolled (1 or 0)."""
    first = f"{year}-01-01"
    with_sum = select(nominals.c.certificate).distinct()
    with_sum = with_sum.where(nominals.c.first == first, nominals.c.amount_kopecks > 0)
    in_force = select(enrollments.c.certificate).distinct().where(_in_force(year, day))
    money, places = with_sum.subquery(), in_force.subquery()
    joined = certificates.join(children, children.c.child == certificates.c.child)
    joined = joined.outerjoin(money, money.c.certificate == certificates.c.certificate)
    joined = joined.outerjoin(places, places.c.certificate == certificates.c.certificate)
    mine = select(
        certificates.c.child,
        func.max(certificates.c.payer).label("payer"),
        func.max(children.c.birth_date).label("birth_date"),
        func.max(case((money.c.certificate.is_not(None), 1), else_=0)).label("financed"),
        func.max(case((places.c.certificate.is_not(None), 1), else_=0)).label("enrolled"),
    )
    mine = mine.select_from(joined).where(certificates.c.valid_from <= day.isoformat(), certificates.c.valid_to >= first)
    if payer:
        mine = mine.where(certificates.c.payer == payer)
    return mine.group_by(certificates.c.child).subquery()


def _in_force(year: int, day: dt.date) -> Any:
    within = and_(enrollments.c.starts_on <= day.isoformat(), enrollments.c.ends_on >= f"{year}-01-01")
    return and_(within, enrollments.c.state.not_in(NOT_IN_FORCE))


def _age(birth_date: Any, day: dt.date) -> Any:
    had_no_birthday = case((func.substr(birth_date, 6, 5) > day.isoformat()[5:], 1), else_=0)
    return day.year - cast(func.substr(birth_date, 1, 4), Integer) - had_no_birthday


def _directions(connection: Connection, year: int, payer: str, day: dt.date) -> list[ByDirection]:
    joined = enrollments.join(certificates, certificates.c.certificate == enrollments.c.certificate)
    direction = func.coalesce(programmes.c.direction, "")
    wanted = select(direction.label("direction"), func.count(distinct(certificates.c.child)), func.count())
    wanted = wanted.select_from(_with_programme(joined, enrollments.c.group)).where(_in_force(year, day))
    if payer:
        wanted = wanted.where(certificates.c.payer == payer)
    return [ByDirection(*row) for row in connection.execute(wanted.group_by(direction).order_by(direction))]


# ---------------------------------------------------------------- money


def plan(connection: Connection, year: int, payer: str, today: dt.date) -> list[Row[Any]]:
    """What the timetables plan (`reports.planned`), of all or of one payer."""
    return list(connection.execute(planned.costs(year, payer, today)))


def money(connection: Connection, year: int, payer: str, lessons: Iterable[Row[Any]]) -> Money:
    """What is planned, yet to come and used, of all or of one payer. ``lessons``: that year's and payer's `plan`."""
    cells: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in lessons:
        cell = cells[row.month, row.payer, row.direction or ""]
        cell[0] += int(row.kopecks or 0)
        cell[1] += int(row.kopecks or 0) * row.is_ahead
    for row in connection.execute(_used(connection, year, payer)):
        cells[row.month, row.payer, row.direction or ""][2] += int(row.kopecks)
    found = [(*key, Sums(*cell)) for key, cell in cells.items()]
    months = [f"{year}-{number:02d}" for number in range(1, 13)]
    by_month, by_payer, by_direction = (_added(found, place) for place in range(3))
    return Money(
        _total(found),
        [(month, by_month.get(month, Sums(0, 0, 0))) for month in months],
        _payers(connection, year, payer, by_payer),
        sorted(by_direction.items()),
    )


def _used(connection: Connection, year: int, payer: str) -> Select[Any]:
    """Debits less reversals of the year's lessons, by the lesson's month: first by group, so that few rows meet the catalogue."""
    all_of_them = gathering.sums(connection)
    mine = select(all_of_them.c.payer, all_of_them.c.group, all_of_them.c.month, func.sum(all_of_them.c.kopecks).label("kopecks"))
    mine = mine.where(all_of_them.c.month.between(f"{year}-01", f"{year}-12"))
    if payer:
        mine = mine.where(all_of_them.c.payer == payer)
    summed = mine.group_by(all_of_them.c.payer, all_of_them.c.group, all_of_them.c.month).subquery()
    named = (summed.c.month, summed.c.payer, programmes.c.direction)
    wanted = select(*named, func.sum(summed.c.kopecks).label("kopecks")).select_from(_with_programme(summed, summed.c.group))
    return wanted.group_by(*named)


def _with_programme(rows: Any, group: Any) -> Any:
    joined = rows.join(groups, groups.c.group == group).join(modules, modules.c.module == groups.c.module)
    return joined.join(programmes, programmes.c.programme == modules.c.programme)


def _payers(connection: Connection, year: int, payer: str, sums: dict[str, Sums]) -> list[OfPayer]:
    """Each payer with its limit and, by the ledger, what it gave and what is left."""
    first = f"{year}-01-01"
    given = select(nominals.c.payer, func.sum(nominals.c.amount_kopecks).label("kopecks")).where(nominals.c.first == first)
    left = select(accounts.c.payer, func.sum(accounts.c.in_kopecks - accounts.c.out_kopecks).label("kopecks"))
    left = left.where(accounts.c.first == first, accounts.c.kind == "certificate")
    one, two = given.group_by(nominals.c.payer).subquery(), left.group_by(accounts.c.payer).subquery()
    joined = payers.outerjoin(limits, and_(limits.c.payer == payers.c.payer, limits.c.year == year))
    joined = joined.outerjoin(one, one.c.payer == payers.c.payer).outerjoin(two, two.c.payer == payers.c.payer)
    wanted = select(payers, limits.c.sum_kopecks, one.c.kopecks.label("given"), two.c.kopecks.label("left")).select_from(joined)
    if payer:
        wanted = wanted.where(payers.c.payer == payer)
    rows = connection.execute(wanted.order_by(payers.c.name, payers.c.payer))
    return [
        OfPayer(row.name or row.payer, row.sum_kopecks, int(row.given or 0), int(row.left or 0), sums.get(row.payer, Sums(0, 0, 0)))
        for row in rows
    ]


def _added(found: Iterable[tuple[str, str, str, Sums]], place: int) -> dict[str, Sums]:
    parts: dict[str, list[tuple[str, str, str, Sums]]] = defaultdict(list)
    for each in found:
        parts[str(each[place])].append(each)
    return {key: _total(rows) for key, rows in parts.items()}


def _total(found: Iterable[tuple[str, str, str, Sums]]) -> Sums:
    rows = [each[3] for each in found]
    return Sums(*(sum(each[number] for each in rows) for number in range(3)))
