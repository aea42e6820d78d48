"""A child's year of money: what was given and went, month by month, what is still to go, and until when it lasts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from navigator.portal.cabinet.forecast import Due, Forecast, Point, forecast
from navigator.portal.cabinet.rows import Ahead, still_due
from navigator.portal.cabinet.store import enrolled, money
from navigator.portal.cabinet.store.visits import visits_of
from navigator.portal.financing import store as financing


class Sums(NamedTuple):
    """All of a child's money of a year, in kopecks: nominal = available + paid − shortfall."""

    nominal_kopecks: int
    available_kopecks: int
    shortfall_kopecks: int
    paid_kopecks: int


class Month(NamedTuple):
    """A month of lessons, «2025-10», in kopecks. ``is_ahead``: it is the forecast's; this month may have one of each."""

    month: str
    lessons: int
    gone_kopecks: int
    left_kopecks: int
    is_ahead: bool


class Year(NamedTuple):
    """``forecast`` and ``ahead``: None of a year that is over, and of a certificate that holds no money."""

    year: int
    certificate: financing.Certificate | None
    purses: list[money.Purse]
    sums: Sums
    balances: list[Point]
    months: list[Month]
    ahead: Ahead | None
    forecast: Forecast | None
    end: dt.date


def sums_of(purses: Iterable[money.Purse]) -> Sums:
    """All payers' money together."""
    listed = list(purses)
    return Sums(
        sum(each.nominal_kopecks for each in listed),
        sum(each.available_kopecks for each in listed),
        sum(each.shortfall_kopecks for each in listed),
        sum(each.paid_kopecks for each in listed),
    )


def year_of(connection: Connection, child: str, year: int, now: dt.datetime) -> Year:
    """The child's year, and what is ahead of it where it is this one. A fixed number of statements."""
    today, first, last = now.date(), dt.date(year, 1, 1), dt.date(year, 12, 31)
    certificate = financing.certificate_of(connection, child, today)
    purses = money.purses_of(connection, [child], year)[child]
    sums = sums_of(purses)
    own = money.accounts_of(connection, child, year)
    debits = money.live_debits(connection, own, money.Wanted(first, last))
    spent = sorted(Due(dt.date.fromisoformat(key.date), debited.kopecks) for key, debited in debits.items())
    found: Forecast | None = None
    ahead: Ahead | None = None
    end = last
    if year == today.year and certificate is not None and certificate.kind == "financing":
        end = max(today, min(last, dt.date.fromisoformat(certificate.valid_to)))
        attended = enrolled.attended_by(connection, [child], first, last)[child]
        ahead = still_due(attended, visits_of(connection, child, first, last), debits, now, end)
        found = forecast(sums.available_kopecks, today, end, ahead.due, spent)
    balances = balances_of(sums, spent, money.given_since(connection, own))
    return Year(year, certificate, purses, sums, balances, months_of(balances, spent, found), ahead, found, end)


def balances_of(sums: Sums, spent: Sequence[Due], given_since: dt.date | None) -> list[Point]:
    """What is left after the lessons of each day, of the year's whole nominal; it begins with the first lesson or when it was given.

    Reckoned by the day of the lesson, not of its booking: a club that tells of a month at its end has spread its lessons all the same.
    """
    if given_since is None:
        return []
    left = sums.nominal_kopecks
    points = [Point(min([given_since, *(each.day for each in spent)]), left)]
    for each in spent:
        left -= each.kopecks
        points.append(Point(each.day, left))
    return points


def months_of(balances: Sequence[Point], spent: Sequence[Due], found: Forecast | None) -> list[Month]:
    """Each month from the first balance on in which lessons were debited; then those of the forecast in which any are ahead."""
    months = []
    for month in dict.fromkeys(_month(point.day) for point in balances):
        gone = [each.kopecks for each in spent if _month(each.day) == month]
        left = [point.kopecks for point in balances if _month(point.day) == month][-1]
        months.append(Month(month, len(gone), sum(gone), left, False))
    if found is None:
        return months
    left = found.points[0].kopecks
    for month in dict.fromkeys(_month(point.day) for point in found.points):
        points = [point.kopecks for point in found.points[1:] if _month(point.day) == month]
        if points and points[-1] < left:
            paid = sum(one < before for before, one in zip([left, *points], points, strict=False))
            months.append(Month(month, paid, left - points[-1], points[-1], True))
            left = points[-1]
    return months


def _month(day: dt.date) -> str:
    return day.isoformat()[:7]
