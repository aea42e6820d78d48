"""How the act writes months, days and sums: the Russian form, whatever the user's language."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
STATES = {"open": "открыт", "closing": "закрывается", "closed": "закрыт"}
HEAD = (
    "Организация", "Отметок", "К оплате", "Без оплаты", "Отказано", "Ждёт", "Списаний", "Сумма, ₽", "Возвратов", "Сумма, ₽", "Итого, ₽",
    "В реестре, ₽", "Разница, ₽", "Остаток к выплате, ₽",
)  # fmt: skip
DIFFERENCE_HEAD = ("№", "Что", "Организация, группа", "Занятие", "У нас", "В реестре", "Дней", "Что делать", "Операция")
MOSCOW = ZoneInfo("Europe/Moscow")


def month_words(month: str) -> str:
    """«октябрь 2025 г.»"""
    year, number = month.split("-")
    return f"{MONTHS[int(number) - 1]} {year} г."


def instant_words(text: str) -> str:
    """«05.11.2025 10:00 (МСК)»"""
    return f"{dt.datetime.fromisoformat(text).astimezone(MOSCOW):%d.%m.%Y %H:%M} (МСК)"


def roubles(kopecks: int) -> str:
    """«1 234,05», a real minus before what is below zero."""
    whole, rest = divmod(abs(kopecks), 100)
    return f"{'−' if kopecks < 0 else ''}{whole:,}".replace(",", "\u00a0") + f",{rest:02d}"


def lesson_words(date: str | None, slot: int | None) -> str:
    """«16.10.2025 №1»"""
    if date is None:
        return "—"
    day = f"{dt.date.fromisoformat(date):%d.%m.%Y}"
    return f"{day} №{slot}" if slot else day
