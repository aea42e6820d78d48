"""Builders of what a rule sees: an enrollment with which everything is right, and a claim; a test changes what it is about."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from gateway.core.facts import Certificate, LessonException, RegisterGroup, RegisterProvider, Status, TimetableLine
from gateway.core.periods import Period, covers
from gateway.core.rules import ClaimView, Eligibility, EnrollmentView

DAY = dt.date(2025, 10, 16)
YEAR = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
AUTUMN = Period(dt.date(2025, 9, 15), dt.date(2025, 12, 31))
MOSCOW = dt.timezone(dt.timedelta(hours=3))
NOW = dt.datetime(2025, 10, 16, 19, 0, tzinfo=MOSCOW)


def certificate(**changes: Any) -> Certificate:
    whole = Certificate(
        certificate="cert-1",
        payer="boks",
        child="c-1",
        numbers=(("4700000001", None),),
        kinds=(("financing", None),),
        states=(("active", None),),
        valid=YEAR,
        nominals=((YEAR, 1_200_000),),
        birth_date=dt.date(2015, 3, 4),
        snils_is_valid=True,
    )
    return replace(whole, **changes)


def group(**changes: Any) -> RegisterGroup:
    whole = RegisterGroup(
        group="g-3",
        provider="ddt",
        title="Робототехника, 3 группа",
        module="m-2",
        module_title="Модуль 2",
        module_is_open=True,
        unit="lesson",
        unit_price=20_500,
        unit_normative=19_000,
        programme="p-1",
        programme_title="Робототехника",
        programme_is_verified=True,
        starts_on=dt.date(2025, 9, 1),
        ends_on=dt.date(2026, 5, 31),
        timetable=(TimetableLine(4, dt.time(15), dt.time(16, 30), "every", YEAR),),
    )
    return replace(whole, **changes)


def lesson(day: dt.date = DAY) -> LessonException:
    return LessonException(day, dt.time(15), dt.time(16, 30), False, None)


def provider(**changes: Any) -> RegisterProvider:
    whole = RegisterProvider("ddt", "Дом творчества", "Europe/Moscow", "active", agreements=(("boks", YEAR),))
    return replace(whole, **changes)


def view(**changes: Any) -> EnrollmentView:
    whole = EnrollmentView(
        enrollment="D-1",
        state="active",
        period=AUTUMN,
        nominal_period=YEAR,
        certificate=certificate(),
        group=group(),
        provider=provider(),
        payer="boks",
    )
    return replace(whole, **changes)


def claim(**changes: Any) -> ClaimView:
    start = dt.datetime(2025, 10, 16, 15, 0, tzinfo=MOSCOW)
    whole = ClaimView("c-1", "g-3", DAY, 1, start, start + dt.timedelta(minutes=90), Status.ATTENDED, None, NOW)
    return whole._replace(**changes)


def is_met(answer: Eligibility | None, day: dt.date = DAY) -> bool:
    return answer is None or covers(answer.intervals, day)


def says(answer: Eligibility | None) -> str:
    """The reason in Russian; every refusal must have both languages and a cure in both."""
    assert answer is not None
    refusal = answer.said()
    assert all((refusal.reason.ru, refusal.reason.en, refusal.cure.ru, refusal.cure.en))
    return refusal.reason.ru
