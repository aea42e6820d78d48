"""The same made-up town for every run: clubs, certificates and a month of marks, made when they are asked for and kept nowhere.

A club's batches and the register's candidates are computed from the club's number alone, so that neither memory nor time outside of the
measured span grows with the town.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.core.facts import (
    Batch,
    Candidate,
    Certificate,
    EmptyMeaning,
    Enrollment,
    Mark,
    Member,
    Place,
    RegisterGroup,
    RegisterProvider,
    Status,
    TimetableLine,
    Window,
)
from gateway.core.periods import ALWAYS, Period
from gateway.plugins.register import Acceptance, Answer, Capabilities, Outcome, Page

PAYER = "payer-1"
YEAR = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
SCHOOL_YEAR = Period(dt.date(2025, 9, 1), dt.date(2025, 12, 31))
MONTH = Period(dt.date(2025, 10, 1), dt.date(2025, 10, 31))
NOW = dt.datetime(2025, 11, 5, 10, tzinfo=dt.UTC)
DAYS = tuple(day for day in MONTH.days() if day.isoweekday() in (3, 5))
"""Wednesdays and Fridays: ten lessons."""

CERTIFICATES_PER_PROVIDER = 20_000 / 300
PER_GROUP = 20
FULL_MARKS = 200_000
NOMINAL = 20_000_00
UNIT_PRICE, UNIT_NORMATIVE = 200_00, 180_00
PAGE = 1_000

_WEEKLY = tuple(TimetableLine(weekday, dt.time(16), dt.time(17, 30), "every", ALWAYS) for weekday in (3, 5))


@dataclass(frozen=True)
class Town:
    """``marks`` of a month: ten lessons a certificate; 20,000 certificates have 300 clubs. ``spoilt``: one certificate of so many is not in
    order, for a dry run with reasons; 0: all are."""

    marks: int = FULL_MARKS
    nominal: int = NOMINAL
    spoilt: int = 0
    clubs: int = 0  # 0: as many as 300 for 20,000 certificates

    @property
    def certificates(self) -> int:
        return max(1, self.marks // len(DAYS))

    @property
    def providers(self) -> int:
        return self.clubs or max(1, round(self.certificates / CERTIFICATES_PER_PROVIDER))

    def members(self, provider: int) -> range:
        """The numbers of a club's certificates."""
        return range(self.certificates * provider // self.providers, self.certificates * (provider + 1) // self.providers)

    def groups(self, provider: int) -> list[Sequence[int]]:
        """The members, group by group."""
        mine = self.members(provider)
        return [mine[first : first + PER_GROUP] for first in range(0, len(mine), PER_GROUP)]

    # ------------------------------------------------------------ the register's side

    def register_provider(self, provider: int) -> RegisterProvider:
        return RegisterProvider(_provider(provider), f"Клуб {provider}", "Europe/Moscow", "active", None, None, ((PAYER, YEAR),))

    def catalogue(self) -> Iterator[RegisterProvider | RegisterGroup]:
        for provider in range(self.providers):
            yield self.register_provider(provider)
            for group in range(len(self.groups(provider))):
                yield RegisterGroup(
                    _group(provider, group), _provider(provider), _words(group), "module", "Модуль", True, "lesson", UNIT_PRICE,
                    UNIT_NORMATIVE, "programme", "Программа", True, None, None, dt.date(2025, 9, 1), dt.date(2026, 5, 31), _WEEKLY, (),
                )  # fmt: skip

    def register_certificates(self, topped_up: int = 0) -> Iterator[Certificate]:
        for one in range(self.certificates):
            state, nominal = "active", self.nominal
            if self.spoilt and one % self.spoilt == 0:
                state, nominal = ("frozen", nominal) if one % (2 * self.spoilt) else ("active", UNIT_PRICE * 2)
            yield Certificate(
                f"certificate-{one:07d}", PAYER, _child(one), ((_number(one), None),), (("financing", None),), ((state, None),), YEAR,
                ((YEAR, nominal + topped_up),), dt.date(2014, 1, 1), None,
            )  # fmt: skip

    def enrollments(self) -> Iterator[Enrollment]:
        for provider in range(self.providers):
            for group, members in enumerate(self.groups(provider)):
                for one in members:
                    period = SCHOOL_YEAR
                    if self.spoilt and one % self.spoilt == 1:
                        period = Period(dt.date(2025, 10, 15), SCHOOL_YEAR.last)
                    yield Enrollment(
                        f"enrollment-{one:07d}", PAYER, f"certificate-{one:07d}", _child(one), _group(provider, group), _provider(provider),
                        period, "active",
                    )  # fmt: skip

    def candidates(self, group: str) -> list[Candidate]:
        provider, _, number = group.removeprefix("club-").partition("-")
        members = self.groups(int(provider))[int(number)]
        return [
            Candidate(_child(one), PAYER, "Иванов", f"Имя{one}", None, None, (_number(one),), ((group, SCHOOL_YEAR),)) for one in members
        ]

    # ------------------------------------------------------------ the club's side

    def batches(self, provider: int, days: Sequence[dt.date] = DAYS, changed: int = 0) -> list[Batch]:
        """What the club's file says once it is parsed. ``changed``: in every so many marks the other word stands; 0: in none."""
        found = []
        for group, members in enumerate(self.groups(provider)):
            records: list[Any] = []
            for row, one in enumerate(members, start=9):
                key = f"{group}-{row}"
                records.append(Member(key, _words(group), f"Иванов Имя{one}", Place("Октябрь", row), certificate=_number(one)))
                for column, day in enumerate(days):
                    at = one * len(DAYS) + DAYS.index(day)
                    present = (at % 9 < 7) != (changed > 0 and at % changed == 0)
                    status = Status.ATTENDED if present else Status.ABSENT
                    records.append(Mark(key, day, status, Place("Октябрь", row, f"C{column}")))
            window = Window(_words(group), Period(days[0], days[-1]) if len(days) < len(DAYS) else MONTH, EmptyMeaning.NOTHING)
            found.append(Batch(tuple(records), (window,)))
        return found


def _provider(number: int) -> str:
    return f"club-{number:05d}"


def _group(provider: int, group: int) -> str:
    return f"{_provider(provider)}-{group}"


def _words(group: int) -> str:
    return f"Группа {group}"


def _child(number: int) -> str:
    return f"child-{number:07d}"


def _number(number: int) -> str:
    return f"47{number:08d}"


class StubRegister:
    """A register in this process: its facts page by page, its candidates, and «accepted» to everything that is sent."""

    name = "stub"
    can = Capabilities(parallel=1)

    def __init__(self, town: Town) -> None:
        self.town = town
        self.topped_up = 0
        self._feeds: dict[str, tuple[Iterator[Any], int]] = {}
        self._candidates: dict[str, list[Candidate]] = {}

    def catalogue(self, since: str | None) -> Page[Any]:
        return self._page("catalogue", since)

    def certificates(self, since: str | None) -> Page[Any]:
        return self._page("certificates", since)

    def enrollments(self, since: str | None) -> Page[Any]:
        return self._page("enrollments", since)

    def movements(self, since: str | None) -> Page[Acceptance]:
        return Page((), "0")

    def candidates(self, group: str, first_day: dt.date, last_day: dt.date, numbers: Sequence[str]) -> Sequence[Candidate]:
        return self._candidates.get(group) or self.town.candidates(group)

    def make_ready(self, provider: int) -> None:
        """Make what `candidates` will be asked for: the register's time is not the gateway's."""
        groups = [_group(provider, number) for number in range(len(self.town.groups(provider)))]
        self._candidates = {group: self.town.candidates(group) for group in groups}

    def send(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        return [Answer(one["id"], Outcome.ACCEPTED, "1") for one in operations]

    def _page(self, feed: str, since: str | None) -> Page[Any]:
        if feed not in self._feeds:
            source = {
                "catalogue": self.town.catalogue,
                "certificates": lambda: self.town.register_certificates(self.topped_up),
                "enrollments": self.town.enrollments,
            }[feed]
            self._feeds[feed] = (iter(source()), int(since or 0))
        items, at = self._feeds[feed]
        page = tuple(itertools.islice(items, PAGE))
        self._feeds[feed] = (items, at + len(page))
        return Page(page, str(at + len(page)), len(page) == PAGE)

    def top_up(self, amount: int) -> None:
        """All certificates are told anew, with a higher nominal."""
        self.topped_up += amount
        self._feeds.pop("certificates", None)
