"""A child's row apart from its marks: the certificate's number, the birth date, and what the notes say about the days on the list."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import NamedTuple

from adapters.spreadsheet.findings import shown
from adapters.spreadsheet.grid import Cell, Kind
from adapters.spreadsheet.words import MONTH_WORD_PLAIN, folded, month_number, sign_key
from gateway.plugins import Level, Period, Text

_NO_NUMBER = frozenset(
    sign_key(word) for word in ("нет", "нету", "-", "--", "н/д", "б/н", "не выдан", "отсутствует", "0", "?", "оформляется", "ждем")
)
_EXPONENT = re.compile(r"^\d+(?:[.,]\d+)?[eе][+-]?\d+$")
_LOST_DIGITS = 1_000_000


class Number(NamedTuple):
    """What stands in a certificate's cell; ``what`` and ``cure`` where a person must know."""

    certificate: str | None = None
    is_padded: bool = False
    is_unreadable: bool = False
    level: Level = Level.QUESTION
    what: Text | None = None
    cure: Text | None = None


_ENTER_NUMBER = Text("Впишите десять цифр номера сертификата текстом.", "Write the ten digits of the certificate's number as text.")


def certificate_number(cell: Cell | None) -> Number:
    """Ten digits, or why not. A zero is put back only where the office program took it: in a cell that is a number."""
    if cell is None:
        return Number()
    if cell.kind is Kind.NUMBER and cell.number is not None:
        return _from_number(cell)
    if cell.kind is not Kind.TEXT:
        return _unreadable(
            f"в графе номера не номер: {shown(cell.text)}", f"no number in the number's column: {shown(cell.text)}", Level.UNREAD
        )
    text = re.sub(r"^(?:№|n|no)\.?", "", re.sub(r"[\s'`’\u00a0]", "", cell.text.lower()))
    if sign_key(text) in _NO_NUMBER:
        what = Text(
            f"вместо номера «{shown(cell.text)}»: ребёнка опознает человек",
            f"“{shown(cell.text)}” instead of a number: a person must say who the child is",
        )
        return Number(what=what, cure=_ENTER_NUMBER)
    if _EXPONENT.match(text):
        return _unreadable(
            "номер записан в виде 1,2E+09: цифры потеряны", "the number is written like 1.2E+09: digits are lost", Level.UNREAD
        )
    if text.isdecimal() and text.isascii():
        return _from_digits(text)
    digits = re.sub(r"\D", "", text)
    if re.fullmatch(r"\d[\d-]*\d", text) and len(digits) == 10:
        return Number(digits)
    return _unreadable(f"«{shown(cell.text)}» — не номер сертификата", f"“{shown(cell.text)}” is no certificate's number")


def _from_digits(text: str) -> Number:
    if len(text) == 10:
        return Number(text)
    if len(text) > 12:
        return Number()
    return _unreadable(
        f"в номере {len(text)} цифр вместо 10: недостающую нельзя угадать",
        f"the number has {len(text)} digits instead of 10: a missing one cannot be guessed",
    )


def _from_number(cell: Cell) -> Number:
    number = cell.number
    if number is None or number != number.to_integral_value() or number < 0:
        return _unreadable(f"«{shown(cell.text)}» — не номер сертификата", f"“{shown(cell.text)}” is no certificate's number")
    text = format(number, "f").split(".")[0]
    if len(text) in (9, 10) and int(text) % _LOST_DIGITS == 0:
        return _unreadable(f"номер {text} округлён: цифры потеряны", f"the number {text} is rounded: digits are lost", Level.UNREAD)
    if len(text) == 9:
        what = Text(
            "номер записан числом из 9 цифр: ведущий ноль потерян и дописан; нужно, чтобы совпало имя",
            "the number is stored as 9 digits: the leading zero was lost and is put back; the name must agree",
        )
        return Number("0" + text, is_padded=True, what=what, cure=_ENTER_NUMBER)
    return _from_digits(text)


def _unreadable(ru: str, en: str, level: Level = Level.QUESTION) -> Number:
    return Number(None, is_unreadable=True, level=level, what=Text(ru, en), cure=_ENTER_NUMBER)


def birth_date(cell: Cell | None) -> dt.date | None:
    """The day where the cell is one, else None: it only helps matching."""
    if cell is None:
        return None
    if cell.kind is Kind.DATE:
        return cell.date
    match = re.match(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})", cell.text)
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        return None


# ---------------------------------------------------------------- notes

_ENTER = r"зачисл\w*|принята? с|прибыл\w*|новеньк\w*|новичок"
_LEAVE = r"отчисл\w*|выбыл\w*|выведен\w*|исключен\w*"
_UNCLEAR = r"переведен\w*|перевод (?:в|из)|перешел|перешла"
_CLAUSE = re.compile(
    rf"(?P<verb>{_ENTER}|{_LEAVE})\.?(?:\(а\))?,?(?: ?(?:с|со))? ?"
    rf"(?P<day>\d{{1,2}})(?:[./](?P<month>\d{{1,2}})(?:[./](?P<year>\d{{4}}|\d{{2}}))?(?![\d])"
    rf"| (?P<word>{MONTH_WORD_PLAIN})\b(?: (?P<wyear>20\d\d))?)"
)
_MENTION = re.compile(rf"\b(?:{_ENTER}|{_LEAVE}|{_UNCLEAR})")
_UNSURE = re.compile(rf"(?:\bне|\?) ?(?:{_ENTER}|{_LEAVE})|\?")
_SINCE = re.compile(r"(^|; )с (\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?)(?![./\d])(?! ?(?:по\b|до\b|-))")
_CANCELLED = re.compile(r"отмен\w* (?:\w+ )?заняти|заняти\w* (?:\w+ )?отмен")


class Notes(NamedTuple):
    """What the notes of a row say, and nothing else of them.

    Attributes:
        first, last: the days on the list that they give, both included.
        is_unclear: they speak of enrolling or leaving without a day.
        says_cancelled: they name a cancelled lesson among the reasons.
    """

    first: dt.date | None = None
    last: dt.date | None = None
    is_unclear: bool = False
    says_cancelled: bool = False

    @property
    def limits_days(self) -> bool:
        return self.is_unclear or self.first is not None or self.last is not None


def notes(texts: Iterable[str], month: Period) -> Notes:
    """The notes of one row. Reasons of health and all other words are dropped here."""
    text = _SINCE.sub(r"\1зачислен с \2", folded("; ".join(texts)))  # a note that begins «с 13.10»
    says_cancelled = bool(_CANCELLED.search(text))
    mentions = _MENTION.findall(text)
    if not mentions:
        return Notes(says_cancelled=says_cancelled)
    first: dt.date | None = None
    last: dt.date | None = None
    understood = 0
    for clause in _CLAUSE.finditer(text):
        day = _nearest(clause, month)
        if day is None:
            continue
        understood += 1
        if re.match(_ENTER, clause["verb"]):
            first = day if first is None else max(first, day)
        else:
            last = day - dt.timedelta(days=1) if last is None else min(last, day - dt.timedelta(days=1))
    is_unclear = understood < len(mentions) or bool(_UNSURE.search(text)) or (first is not None and last is not None and last < first)
    return Notes(None, None, True, says_cancelled) if is_unclear else Notes(first, last, False, says_cancelled)


def _nearest(clause: re.Match[str], month: Period) -> dt.date | None:
    """The day of the clause; without a year, the one nearest to the sheet's month."""
    number = int(clause["month"]) if clause["month"] else month_number(clause["word"])
    year = clause["year"] or clause["wyear"]
    years = [int(year) + (2000 if len(year) == 2 else 0)] if year else [month.first.year - 1, month.first.year, month.first.year + 1]
    days = []
    for candidate in years:
        try:
            days.append(dt.date(candidate, number or 0, int(clause["day"])))
        except ValueError:
            continue
    return min(days, key=lambda day: abs((day - month.first).days), default=None)
