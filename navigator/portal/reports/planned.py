"""What the year's lessons cost the certificates by the timetable: one statement, whatever the number of children.

A lesson is planned where a timetable's line falls on a day, unless it was cancelled or moved away, and where a single one was put in. Each
child enrolled on that day costs the certificate the lesson's price up to the normative, as `catalogue.costs` reckons it for one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CTE, Integer, Select, String, and_, case, cast, column, exists, func, or_, select, union_all, values

from navigator.operations import NOT_IN_FORCE
from navigator.portal.catalogue.costs import ACADEMIC_HOUR_MINUTES
from navigator.tables import enrollments, groups, lessons, modules, programmes, timetable


def costs(year: int, payer: str, today: dt.date) -> Select[Any]:
    """Kopecks by month, payer, direction and ``is_ahead`` (1: the lesson is yet to come), of one payer or ("") of all."""
    lesson = _lessons(year)
    joined = lesson.join(groups, groups.c.group == lesson.c.group).join(modules, modules.c.module == groups.c.module)
    joined = joined.join(programmes, programmes.c.programme == modules.c.programme)
    alike = _alike(year, payer)
    is_enrolled = and_(alike.c.group == lesson.c.group, alike.c.starts_on <= lesson.c.day, alike.c.ends_on >= lesson.c.day)
    is_ahead = case((lesson.c.day > today.isoformat(), 1), else_=0)
    named = (lesson.c.month, alike.c.payer, programmes.c.direction)
    wanted = select(*named, is_ahead.label("is_ahead"), func.sum(_kopecks(lesson.c.minutes) * alike.c.number).label("kopecks"))
    return wanted.select_from(joined.join(alike, is_enrolled)).group_by(*named, is_ahead)


def _alike(year: int, payer: str) -> CTE:
    """Enrollments in force, those of one group, payer and term as one row with their number: most of a group came and go together."""
    of = enrollments.c
    mine = select(of.group, of.payer, of.starts_on, of.ends_on, func.count().label("number")).where(of.state.not_in(NOT_IN_FORCE))
    mine = mine.where(of.starts_on <= f"{year}-12-31", of.ends_on >= f"{year}-01-01")
    if payer:
        mine = mine.where(of.payer == payer)
    return mine.group_by(of.group, of.payer, of.starts_on, of.ends_on).cte("alike")


def _kopecks(minutes: Any) -> Any:
    """The certificate's share of a lesson: per lesson, or per academic hour to the nearest kopeck, an exact half up."""
    unit = case(
        (modules.c.unit_price_kopecks < modules.c.unit_normative_kopecks, modules.c.unit_price_kopecks),
        else_=modules.c.unit_normative_kopecks,
    )
    of_hours = (2 * unit * minutes + ACADEMIC_HOUR_MINUTES) // (2 * ACADEMIC_HOUR_MINUTES)
    return case((modules.c.unit == "lesson", unit), (modules.c.unit == "academic_hour", of_hours), else_=0)


def _lessons(year: int) -> CTE:
    """Every planned lesson of the year: group, day, month, minutes."""
    days = _days(year)
    line, single = timetable, lessons
    is_said = exists().where(
        single.c.group == line.c.group,
        or_(and_(single.c.date == days.c.day, single.c.starts_at == line.c.starts_at), single.c.moved_from == days.c.day),
    )
    meets = and_(days.c.weekday == line.c.weekday, line.c.weeks.in_(("every", days.c.weeks)))
    meets = and_(meets, days.c.day >= line.c.valid_from, days.c.day <= line.c.valid_to)
    usual = select(line.c.group, days.c.day, days.c.month, _minutes(line.c.starts_at, line.c.ends_at).label("minutes"))
    usual = usual.select_from(line.join(days, meets)).where(~is_said)
    first_line = select(_minutes(line.c.starts_at, line.c.ends_at)).where(line.c.group == single.c.group)
    first_line = first_line.order_by(*line.primary_key).limit(1)
    long = case(
        (single.c.ends_at.is_not(None), _minutes(single.c.starts_at, single.c.ends_at)),
        else_=func.coalesce(first_line.scalar_subquery(), ACADEMIC_HOUR_MINUTES),
    )
    put_in = select(single.c.group, single.c.date, func.substr(single.c.date, 1, 7), long)
    put_in = put_in.where(single.c.state == "planned", single.c.date.between(f"{year}-01-01", f"{year}-12-31"))
    return union_all(usual, put_in).cte("planned")


def _days(year: int) -> CTE:
    """The days of the year with their month, weekday and kind of week: a calendar that both databases can join."""
    first = dt.date(year, 1, 1)
    rows = []
    for number in range((dt.date(year + 1, 1, 1) - first).days):
        day = first + dt.timedelta(days=number)
        weeks = "odd" if day.isocalendar().week % 2 else "even"
        rows.append((day.isoformat(), day.isoformat()[:7], day.isoweekday(), weeks))
    named = (column("day", String), column("month", String), column("weekday", Integer), column("weeks", String))
    return values(*named, name="days").data(rows).cte("days")


def _minutes(start: Any, end: Any) -> Any:
    return _minute(end) - _minute(start)


def _minute(time: Any) -> Any:
    return cast(func.substr(time, 1, 2), Integer) * 60 + cast(func.substr(time, 4, 2), Integer)
