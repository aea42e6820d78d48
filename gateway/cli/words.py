"""How numbers, days, sums and certificates are written on a terminal, in both languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from gateway.cli.texts import TEXTS
from gateway.cli.vocabulary import MONTHS, NOUNS, RULES_IN_SHORT, WORDS
from gateway.core.money import kopecks_from_roubles
from gateway.core.wording import money_text

REGION_ZONE = ZoneInfo("Europe/Moscow")
"""Instants are shown as the region's papers have them."""


def say(name: str, language: str, /, **values: object) -> str:
    """The text of this name, with its values put in."""
    return TEXTS[name].in_language(language).format(**values)


def counted(noun: str, number: int, language: str) -> str:
    """«1 отметка», «2 отметки», «5 отметок»; "1 mark", "2 marks"."""
    russian, english = NOUNS[noun]
    if language == "en":
        return f"{number:,} {english[0] if number == 1 else english[1]}"
    return f"{number:,}".replace(",", " ") + f" {russian[_russian_form(number)]}"


def _russian_form(number: int) -> int:
    if number % 100 in (11, 12, 13, 14):
        return 2
    return {1: 0, 2: 1, 3: 1, 4: 1}.get(number % 10, 2)


def word(kind: str, value: str | None, language: str) -> str:
    """One of the words of a list of values (statuses, answers, states); a value that is not on it stands as it is."""
    if value is None:
        return "—"
    known = WORDS[kind].get(value)
    return known.in_language(language) if known else value


def rule_in_short(rule: str, language: str) -> str:
    """«не найден ребёнок» for N01; a rule without short words is its id."""
    known = RULES_IN_SHORT.get(rule)
    return known.in_language(language) if known else rule


def roubles(amount: str | int | None, language: str) -> str:
    """A sum given as roubles («180.00») or as kopecks."""
    if amount is None:
        return "—"
    return money_text(amount if isinstance(amount, int) else kopecks_from_roubles(amount)).in_language(language)


def day(iso: str | None) -> str:
    """DD.MM.YYYY of an ISO day or instant."""
    return f"{dt.date.fromisoformat(iso[:10]):%d.%m.%Y}" if iso else "—"


def day_and_month(iso: str) -> str:
    return f"{dt.date.fromisoformat(iso):%d.%m}"


def instant(iso: str | None) -> str:
    """DD.MM.YYYY HH:MM on the region's clock, whatever the machine's is."""
    return f"{dt.datetime.fromisoformat(iso).astimezone(REGION_ZONE):%d.%m.%Y %H:%M}" if iso else "—"


def hour(iso: str) -> str:
    """HH:MM as the instant itself has it: a lesson's own time zone."""
    return f"{dt.datetime.fromisoformat(iso):%H:%M}"


def month(name: str, language: str) -> str:
    """«октябрь 2025» of 2025-10."""
    year, number = name.split("-")
    return f"{MONTHS[int(number) - 1].in_language(language)} {year}"


def masked(certificate: str | None) -> str:
    """The last four digits: a certificate's number is no thing to be read over a shoulder."""
    return f"…{certificate[-4:]}" if certificate else "—"


def cell(sheet: str | None, row: int | None, column: str | None, language: str) -> str:
    """«лист «Октябрь», строка 14, столбец K»; what is not known is left out."""
    values: Mapping[str, object] = {"place.sheet": sheet, "place.row": row, "place.column": column}
    return ", ".join(say(name, language, value=value) for name, value in values.items() if value is not None)
