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
    """A month, «2025-10», in kopecks. ``is_ahead``: the forecast's; what is to go of this month is within the next one's."""

    month: str
    given_kopecks: int
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
    changes = money.changes_by_day(connection, own)
    found: Forecast | None = None
    ahead: Ahead | None = None
    end = last
    if year == today.year and certificate is not None and certificate.kind == "financing":
        end = max(today, min(last, dt.date.fromisoformat(certificate.valid_to)))
        attended = enrolled.attended_by(connection, [child], first, last)[child]
        debits = money.live_debits(connection, own, money.Wanted(first, last))
        ahead = still_due(attended, visits_of(connection, child, first, last), debits, now, end)
        spent = [Due(dt.date.fromisoformat(key.date), debited.kopecks) for key, debited in debits.items()]
        found = forecast(sums.available_kopecks, today, end, ahead.due, spent)
    balances = balances_of(changes)
    return Year(year, certificate, purses, sums, balances, months_of(year, changes, today, found), ahead, found, end)


def balances_of(changes: Sequence[money.Change]) -> list[Point]:
    """What was free at the end of each day on which it changed."""
    left, found = 0, []
    for each in changes:
        left += each.given_kopecks - each.gone_kopecks
        found.append(Point(each.day, left))
    return found


def months_of(year: int, changes: Sequence[money.Change], today: dt.date, found: Forecast | None) -> list[Month]:
    """Each month of the year: by the ledger up to this one, by the forecast behind it; nothing behind it without a forecast."""
    left, months = 0, []
    for number in range(1, 13):
        month = f"{year}-{number:02d}"
        if month > today.isoformat()[:7]:
            if found is None:
                break
            points = [point.kopecks for point in found.points if point.day.isoformat()[:7] <= month]
            months.append(Month(month, 0, left - points[-1], points[-1], True))
            left = points[-1]
            continue
        mine = [each for each in changes if each.day.isoformat()[:7] == month]
        given, gone = sum(each.given_kopecks for each in mine), sum(each.gone_kopecks for each in mine)
        left += given - gone
        months.append(Month(month, given, gone, left, False))
    return months
