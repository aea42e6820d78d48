"""What stands in a day's cell → a status, hours, or why it is not taken."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NamedTuple

from adapters.spreadsheet.findings import shown
from adapters.spreadsheet.grid import Cell, Kind
from adapters.spreadsheet.words import has_latin_twin, sign_key
from gateway.plugins import Status, Text

_NUMBER = re.compile(r"^[+-]?\d{1,9}(?:[.,]\d{1,9})?$")
_WITH_UNIT = re.compile(r"^\d+(?:[.,]\d+)?(?:ч|час|часа|часов|мин|min|h)\.?$")
HOURS_MAX = 24


class Meaning(StrEnum):
    """What a mapping may call a sign."""

    ATTENDED = "attended"
    LATE = "late"
    ABSENT = "absent"
    EXCUSED = "excused"
    DAY_OFF = "day_off"
    CANCELLED = "cancelled"
    NOTHING = "nothing"


@dataclass(frozen=True)
class SignTable:
    """Folded sign → meaning. ``latin``: the Latin letters that the mapping itself names."""

    known: Mapping[str, Meaning]
    latin: frozenset[str] = frozenset()

    def __contains__(self, text: str) -> bool:
        return _key(text) in self.known


class Reading(NamedTuple):
    """A cell as read: a meaning (with hours where it gave them), or ``what`` is wrong with it and the ``cure``."""

    meaning: Meaning | None
    hours: int | None = None
    has_latin_twin: bool = False
    what: Text | None = None
    cure: Text | None = None

    @property
    def status(self) -> Status | None:
        """None also for a cancelled lesson, which is no mark."""
        return None if self.meaning in (None, Meaning.CANCELLED) else Status(self.meaning)


def sign_table(codes: Mapping[str, Meaning]) -> tuple[SignTable, str | None]:
    """The table, and a sign that stands there twice with two meanings, if any."""
    known: dict[str, Meaning] = {}
    clash = next((sign for sign, meaning in codes.items() if known.setdefault(_key(sign), meaning) is not meaning), None)
    return SignTable(known, frozenset(sign.lower() for sign in codes if has_latin_twin(sign))), clash


def default_signs() -> SignTable:
    """The signs of the forms, and those that can only mean «was there». Б, О, У and the like are local: never known by themselves."""
    signs = {
        **dict.fromkeys(("н", "нб"), Meaning.ABSENT),
        "в": Meaning.DAY_OFF,
        **dict.fromkeys(("х", "-"), Meaning.NOTHING),
        **dict.fromkeys(
            ("+", "✓", "v", "да", "п", "присутствовал", "присутствовала", "был", "была", "посетил", "посетила"), Meaning.ATTENDED
        ),
        **dict.fromkeys(("отсутствовал", "отсутствовала", "не был", "не была", "неявка"), Meaning.ABSENT),
        **dict.fromkeys(("занятие отменено", "отменено"), Meaning.CANCELLED),
    }
    return sign_table(signs)[0]


BEYOND_MONTH = frozenset({"х", "в", "-"})
"""What may stand on a day that the month does not have."""


def _key(text: str) -> str:
    key = sign_key(text)
    if _NUMBER.match(key):
        number = Decimal(key.replace(",", "."))
        return format(number.normalize(), "f")
    return key


def reading(cell: Cell, signs: SignTable) -> Reading:
    """One cell; ``what`` is set where nothing of it may be taken."""
    if cell.kind is Kind.ERROR:
        return _wrong(
            f"ошибка Excel {cell.text}",
            f"the Excel error {cell.text}",
            "Исправьте формулу или впишите отметку.",
            "Mend the formula, or write the mark.",
        )
    if cell.kind is Kind.NO_RESULT:
        return _wrong(
            "формула, результата которой в файле нет",
            "a formula without its result in the file",
            "Откройте файл в Excel и сохраните его (результаты запишутся), или впишите отметку.",
            "Open the file in Excel and save it (the results will be stored), or write the mark.",
        )
    if cell.kind is Kind.DATE:
        return _wrong(
            f"дата ({cell.text}) вместо отметки: Excel мог превратить число в дату",
            f"a date ({cell.text}) instead of a mark: Excel may have made a date of a number",
            "Сделайте формат клетки текстовым или числовым и впишите отметку заново.",
            "Set the cell's format to text or number and write the mark anew.",
        )
    if cell.kind is Kind.BOOLEAN:
        return _wrong(
            f"{cell.text} вместо отметки", f"{cell.text} instead of a mark", "Впишите отметку знаком.", "Write the mark as a sign."
        )
    if cell.struck:
        return _wrong(
            "отметка зачёркнута",
            "the mark is struck out",
            "Сотрите отметку или снимите зачёркивание.",
            "Clear the mark, or take the strike-out away.",
        )
    meaning = signs.known.get(_key(cell.text))
    if meaning is not None:
        return Reading(meaning, has_latin_twin=has_latin_twin(cell.text) and cell.text.lower() not in signs.latin)
    return _hours(cell)


def agreeing(readings: Sequence[Reading]) -> Reading | None:
    """One reading for all lessons of a day: the same word for each of them, or the sum of their hours; None: they differ."""
    first = readings[0]
    hours = [one.hours for one in readings if one.hours is not None and one.meaning is Meaning.ATTENDED]
    if len(hours) == len(readings):
        return first._replace(hours=sum(hours))
    return first if all(one == first for one in readings) else None


def _hours(cell: Cell) -> Reading:
    key = sign_key(cell.text)
    if not _NUMBER.match(key):
        if _WITH_UNIT.match(key):
            return _wrong(
                f"часы записаны с буквами: «{shown(cell.text)}»",
                f"hours written with letters: “{shown(cell.text)}”",
                "Впишите часы числом.",
                "Write the hours as a number.",
            )
        return _wrong(
            f"неизвестный знак «{shown(cell.text)}»",
            f"unknown sign “{shown(cell.text)}”",
            "Исправьте знак в клетке или назовите его в сопоставлении: [cells] codes.",
            "Mend the sign in the cell, or name it in the mapping: [cells] codes.",
        )
    try:
        hundredths = (cell.number if cell.number is not None else Decimal(key.replace(",", "."))) * 100
        whole = hundredths.to_integral_value()
    except InvalidOperation:
        whole, hundredths = Decimal(-1), Decimal(-1)
    if whole != hundredths or not 0 <= whole <= HOURS_MAX * 100:
        return _wrong(
            f"«{shown(cell.text)}» — не число часов",
            f"“{shown(cell.text)}” is no number of hours",
            f"Впишите часы числом от 0 до {HOURS_MAX}, не больше двух знаков после запятой.",
            f"Write the hours as a number from 0 to {HOURS_MAX}, at most two decimals.",
        )
    return Reading(Meaning.ATTENDED if whole > 0 else Meaning.ABSENT, hours=int(whole))


def _wrong(what_ru: str, what_en: str, cure_ru: str, cure_en: str) -> Reading:
    return Reading(None, what=Text(what_ru, what_en), cure=Text(cure_ru, cure_en))
