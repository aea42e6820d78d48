"""Russia's official days off, so that a family sees in its week which day is one."""

from __future__ import annotations

import datetime as dt
from functools import cache

import holidays as official

_LANGUAGES = {"ru": "ru", "en": "en_US"}


def holidays_of(first: dt.date, last: dt.date, language: str) -> dict[dt.date, str]:
    """Each day off within the days, both included, with its name; transferred days off too."""
    known = {day: name for year in range(first.year, last.year + 1) for day, name in _of_year(year, language).items()}
    return {day: name for day, name in known.items() if first <= day <= last}


@cache
def _of_year(year: int, language: str) -> dict[dt.date, str]:
    return dict(official.country_holidays("RU", years=year, language=_LANGUAGES[language]))
