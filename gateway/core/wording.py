"""How days, ranges of days and money are written inside a sentence, in both languages. Every reason and cure is built with these."""

from __future__ import annotations

import datetime as dt

from gateway.core.facts import Text
from gateway.core.periods import Period

_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_text(day: dt.date) -> Text:
    """«20.10.2025» and "20 October 2025"."""
    return Text(f"{day.day:02d}.{day.month:02d}.{day.year:04d}", f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}")


def period_text(period: Period) -> Text:
    """«с 01.09.2025 по 31.05.2026» and its English; an end without a bound is left out."""
    first, last = day_text(period.first), day_text(period.last)
    is_open_before, is_open_after = period.first == dt.date.min, period.last == dt.date.max
    if is_open_before and is_open_after:
        return Text("без ограничения срока", "without a time limit")
    if is_open_before:
        return Text(f"по {last.ru}", f"until {last.en}")
    if is_open_after:
        return Text(f"с {first.ru}", f"from {first.en}")
    return Text(f"с {first.ru} по {last.ru}", f"from {first.en} to {last.en}")


def money_text(kopecks: int) -> Text:
    """«1 234,50 ₽» and "1,234.50 ₽"; a sum below zero has its sign first."""
    sign, (roubles, rest) = "-" if kopecks < 0 else "", divmod(abs(kopecks), 100)
    grouped = f"{roubles:,}"
    return Text(f"{sign}{grouped.replace(',', ' ')},{rest:02d} ₽", f"{sign}{grouped}.{rest:02d} ₽")


def joined(parts: list[Text]) -> Text:
    """Parts of a sentence one after another, with commas."""
    return Text(", ".join(part.ru for part in parts), ", ".join(part.en for part in parts))
