"""Days and months in words, as the club's pages say them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import format_date
from flask_babel import get_locale

from navigator.portal.catalogue import forms


def weekdays() -> dict[int, Any]:
    """Monday is 1."""
    return {int(number): name for number, name in forms.weekdays()}


def month_in_words(month: str) -> str:
    """«ноябрь 2025» of «2025-11»."""
    return str(format_date(dt.date.fromisoformat(f"{month}-01"), "LLLL y", locale=get_locale()))


def day_in_words(value: str | dt.date) -> str:
    """«понедельник, 10 ноября» of a day."""
    date = dt.date.fromisoformat(value) if isinstance(value, str) else value
    return str(format_date(date, "EEEE, d MMMM", locale=get_locale()))


def beginning(text: str) -> str:
    """As it stands at the beginning of a line."""
    return text[:1].upper() + text[1:]
