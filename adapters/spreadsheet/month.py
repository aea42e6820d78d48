"""Which month a sheet is of: by its head, else by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from adapters.spreadsheet.grid import Cell, Grid, Kind
from adapters.spreadsheet.words import MONTH_WORD_PLAIN, MONTHS_EN, MONTHS_RU, folded, month_number

_WORD_AND_YEAR = re.compile(rf'(?:(?P<day>\d{{1,2}})"? ?)?\b(?P<word>{MONTH_WORD_PLAIN})\b\.?,? ?(?P<year>20\d\d)?\b')
_RANGE_OF_WORDS = re.compile(rf"\bс 0?1(?: (?:{MONTH_WORD_PLAIN}))? по (?:28|29|30|31) (?P<word>{MONTH_WORD_PLAIN}),? (?P<year>20\d\d)")
_RANGE_OF_DATES = re.compile(r"\b0?1\.(?P<month>0[1-9]|1[0-2])\.(?P<year>20\d\d)\D{1,12}(?:28|29|30|31)\.(?P=month)\.(?P=year)")
_NUMBERS = re.compile(r"(?<![\d.])(?P<month>0?[1-9]|1[0-2])[./](?P<year>20\d\d)(?![\d.])")
_SCHOOL_YEAR = re.compile(r"(20\d\d) ?[-/] ?(20\d\d)")
_PERIOD_WORD = re.compile(r"(?:^| )(?:за|период|месяц)\b")
_LAW = re.compile(r"приказ|утв\.|утвержд|постановлен|минфин|редакци")
_NAME_OF_SHEET = re.compile(rf"(?P<word>\b(?:{MONTH_WORD_PLAIN}))\.?[ _'-]*(?P<year>20\d\d|\d\d)?(?!\d)")
_ISO_NAME = re.compile(r"(?P<year>20\d\d)[-._](?P<month>0[1-9]|1[0-2])(?!\d)")


class MonthFound(NamedTuple):
    """A month as the sheet says it; ``year`` None where only its name stands there; ``row`` None: by the sheet's name."""

    number: int
    year: int | None
    row: int | None
    column: int | None

    def is_month(self, month: str) -> bool:
        """Whether it may be the month ``YYYY-MM``; a missing year contradicts nothing."""
        year, number = month.split("-")
        return self.number == int(number) and self.year in (None, int(year))

    @property
    def month(self) -> str | None:
        return None if self.year is None else f"{self.year:04d}-{self.number:02d}"

    def in_words(self) -> tuple[str, str]:
        ru = MONTHS_RU[self.number - 1] + (f" {self.year} г." if self.year else "")
        en = MONTHS_EN[self.number - 1] + (f" {self.year}" if self.year else "")
        return ru, en


def month_words(month: str) -> tuple[str, str]:
    year, number = month.split("-")
    return MonthFound(int(number), int(year), None, None).in_words()


def month_of_sheet(grid: Grid, head_rows: Iterable[int]) -> MonthFound | None:
    """The head's word goes before the name of the sheet or file; a line «за …» goes before any other."""
    found: list[tuple[int, MonthFound]] = []
    school_year: tuple[int, int] | None = None
    for row in head_rows:
        cells = grid.rows.get(row, {})
        text, offsets = _row_text(cells)
        if match := _SCHOOL_YEAR.search(text):
            school_year = (int(match[1]), int(match[2]))
        found.extend(_months_of_row(row, cells, text, offsets))
    named = month_of_name(grid.file_name or grid.name)
    if not found:
        return named
    best = min(found, key=lambda entry: entry[0])[1]
    if best.year is None and school_year is not None:
        return best._replace(year=school_year[0] if best.number >= 8 else school_year[1])
    if best.year is None and named is not None and named.number == best.number:
        return best._replace(year=named.year)
    return best


def _row_text(cells: dict[int, Cell]) -> tuple[str, list[tuple[int, int]]]:
    """The row as one folded text, and (offset, column) of each cell in it."""
    parts: list[str] = []
    offsets: list[tuple[int, int]] = []
    length = 0
    for column, cell in cells.items():
        text = folded(cell.text) if cell.kind is not Kind.DATE else ""
        text = "" if _LAW.search(text) else text
        offsets.append((length, column))
        parts.append(text)
        length += len(text) + 1
    return " ".join(parts), offsets


def _months_of_row(row: int, cells: dict[int, Cell], text: str, offsets: list[tuple[int, int]]) -> list[tuple[int, MonthFound]]:
    """(rank, month): 0 a period line, 1 month and year, 2 a month's name alone in its cell."""
    is_period = bool(_PERIOD_WORD.search(text))
    found: list[tuple[int, MonthFound]] = []

    def add(rank: int, offset: int, number: int, year: str | None) -> None:
        column = max(column for start, column in offsets if start <= offset)
        found.append((rank, MonthFound(number, int(year) if year else None, row, column)))

    for pattern in (_RANGE_OF_WORDS, _RANGE_OF_DATES, _NUMBERS):
        for match in pattern.finditer(text):
            groups = match.groupdict()
            number = int(groups["month"]) if "month" in groups else month_number(groups["word"])
            if number is not None:
                add(0 if is_period or pattern is not _NUMBERS else 1, match.end() - 1, number, groups["year"])
    for match in _WORD_AND_YEAR.finditer(text):
        number = month_number(match["word"])
        if match["day"] or number is None:
            continue
        stands_alone = any(month_number(cell.text) == number for cell in cells.values() if cell.kind is Kind.TEXT)
        if match["year"] or is_period or stands_alone:
            add((0 if is_period else 1) if match["year"] else 2, match.start("word"), number, match["year"])
    found.extend(_dates_of_row(row, cells))
    return found


def _dates_of_row(row: int, cells: dict[int, Cell]) -> list[tuple[int, MonthFound]]:
    """Date cells shown as a month, or beside the word «за», «период», «месяц»; a form's own date is not its month."""
    found, before = [], ""
    for column, cell in cells.items():
        if cell.kind is Kind.DATE and cell.date is not None and (cell.shows_month or re.search(r"(?:^|\s)(?:за|период|месяц):?$", before)):
            found.append((0, MonthFound(cell.date.month, cell.date.year, row, column)))
        before = folded(cell.text)
    return found


def month_of_name(name: str) -> MonthFound | None:
    text = folded(name)
    for pattern in (_ISO_NAME, _NUMBERS):
        if match := pattern.search(text):
            return MonthFound(int(match["month"]), int(match["year"]), None, None)
    match = _NAME_OF_SHEET.search(text)
    number = month_number(match["word"]) if match else None
    if match is None or number is None:
        return None
    year = match["year"]
    return MonthFound(number, None if year is None else int(year) + (2000 if len(year) == 2 else 0), None, None)


def has_month_only(name: str) -> bool:
    """Whether a sheet's name is just a month («окт 25») and so names no group."""
    rest = _NAME_OF_SHEET.sub("", folded(name), count=1) if month_of_name(name) else folded(name)
    return not re.search(r"[a-zа-я]", rest.replace("год", ""))
