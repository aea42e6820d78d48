"""Day headers: which row carries 1 … 31, which columns are its days, and what the other columns are."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from adapters.spreadsheet.grid import Cell, Grid, Kind
from adapters.spreadsheet.mapping import Layout
from adapters.spreadsheet.words import (
    ACCOUNT_COLUMN,
    BIRTH_COLUMN,
    CERTIFICATE_COLUMN,
    GROUP_LABEL,
    MONTH_WORD_PLAIN,
    NAME_COLUMN,
    ORDINAL_COLUMN,
    REASON_COLUMN,
    UNIT_LABEL,
    folded,
    month_number,
    weekday_number,
)

_DAY = re.compile(r"^0?(?P<day>\d{1,2})\.?(?:[ ,(]+(?P<weekday>[а-яa-z]+)\.?\)?)?$")
_WEEKDAY_DAY = re.compile(r"^(?P<weekday>[а-яa-z]+)\.?[ ,]+0?(?P<day>\d{1,2})$")
_DATE = re.compile(r"^(?P<day>\d{1,2})[./-](?P<month>\d{1,2})(?:[./-](?P<year>\d{2,4}))?\.?(?: ?\(?(?P<weekday>[а-я]+)\.?\)?)?$")
_DAY_MONTH = re.compile(rf"^(?P<day>\d{{1,2}})[ -](?P<word>{MONTH_WORD_PLAIN})\.?$")
FULL_DAYS_MIN = 20
JOURNAL_DAYS_MIN = 4
HEADER_ROWS_ABOVE = 4
_MONTH_CELL = re.compile(rf"^(?P<word>{MONTH_WORD_PLAIN})\.?,?(?: (?P<year>20\d\d)(?: ?г(?:ода?)?\.?)?)?$")


class DayWord(NamedTuple):
    """A header cell that names a day; month, weekday and year where the cell says them too."""

    day: int
    month: int | None = None
    weekday: int | None = None
    year: int | None = None


class DayColumn(NamedTuple):
    """A day of the header. ``span``: the columns that its (merged) header cell covers, the first one is its place. ``is_repeated``: the
    day stands in several columns, one for each of its lessons."""

    word: DayWord
    span: tuple[int, ...]
    is_repeated: bool = False

    @property
    def column(self) -> int:
        return self.span[0]


@dataclass(frozen=True)
class Header:
    """One header of a grid.

    Attributes:
        row: the row with the days; ``top`` the header's first row; ``first_row`` the first row that may be a child's.
        is_month: days run as a month's do; False: a journal with a column per lesson.
        names: columns of a child's name. None of the columns is a day's.
        group: the column that names the group of each child, if there is one.
        other_days: columns of days of months that are not asked for.
    """

    row: int
    top: int
    first_row: int
    days: tuple[DayColumn, ...]
    is_month: bool
    names: tuple[int, ...]
    ordinal: int | None
    certificate: int | None
    certificate_is_certain: bool
    birth_date: int | None
    reasons: tuple[int, ...]
    group: int | None = None
    other_days: frozenset[int] = frozenset()
    weekdays: dict[int, tuple[int, int]] = field(default_factory=dict)  # column → (weekday 1…7, row)

    @property
    def first_day_column(self) -> int:
        return min(self.days[0].column, *self.other_days) if self.other_days else self.days[0].column

    @property
    def day_columns(self) -> frozenset[int]:
        return self.other_days.union(column for day in self.days for column in day.span)

    @property
    def months(self) -> frozenset[int]:
        """The months that the day columns themselves name."""
        return frozenset(day.word.month for day in self.days if day.word.month is not None)

    def of_month(self, month: str) -> Header:
        """Of several months' days those of ``YYYY-MM`` alone; a header of one month stays as it is."""
        if self.is_month or len(self.months) < 2:
            return self
        year, number = map(int, month.split("-"))
        own = tuple(day for day in self.days if day.word.month == number and day.word.year in (None, year))
        others = frozenset(column for day in self.days if day not in own for column in day.span)
        return replace(self, days=own, other_days=others) if own else self


def day_word(cell: Cell) -> DayWord | None:
    """«1», «01», «1 ср», «ср 1», «01.10», «1 окт», a date."""
    if cell.kind is Kind.NUMBER and cell.number is not None:
        return DayWord(int(cell.number)) if cell.number == int(cell.number) and 1 <= cell.number <= 31 else None
    if cell.kind is Kind.DATE and cell.date is not None:
        return DayWord(cell.date.day, cell.date.month, cell.date.isoweekday(), cell.date.year)
    if cell.kind is not Kind.TEXT or len(cell.text) > 20:
        return None
    text = folded(cell.text)
    for pattern in (_DAY, _WEEKDAY_DAY, _DATE, _DAY_MONTH):
        match = pattern.match(text)
        word = _day_word(match.groupdict()) if match else None
        if word is not None:
            return word
    return None


def _day_word(groups: dict[str, str | None]) -> DayWord | None:
    day = int(groups["day"] or 0)
    weekday_text, month = groups.get("weekday"), None
    if groups.get("month"):
        month = int(groups["month"] or 0)
    elif groups.get("word"):
        month = month_number(groups["word"] or "")
    weekday = weekday_number(weekday_text) if weekday_text else None
    is_day = 1 <= day <= 31 and (weekday_text is None or weekday is not None) and (month is None or 1 <= month <= 12)
    year = groups.get("year")
    return DayWord(day, month, weekday, int(year) % 100 + 2000 if year else None) if is_day else None


def headers(grid: Grid, layout: Layout) -> list[Header]:
    """All headers of the sheet, top down."""
    found: list[Header] = []
    for row in grid.rows:
        if found and row < found[-1].first_row:
            continue
        days = _day_run(grid, row, layout)
        if not days or (found and is_numbering(grid, row, found[-1])) or _numbers_lessons(grid, row, days, layout):
            continue
        header = _header(grid, row, days, layout, found[-1].row + 1 if found else 1)
        if header is not None:
            found.append(header)
    return found


def _day_run(grid: Grid, row: int, layout: Layout) -> tuple[DayColumn, ...]:
    """Header cells that name days, from day 1 (or the mapping's column) on; they may go on through several months."""
    words = {column: day_word(cell) for column, cell in grid.rows[row].items()}
    starts = [column for column, word in words.items() if word is not None and (layout.first_day is None or column >= layout.first_day)]
    if not starts:
        return ()
    start = next((column for column in starts if words[column] == DayWord(1)), starts[0]) if layout.first_day is None else starts[0]
    months = _months_above(grid, row, start)
    if months and layout.first_day is None:
        start = next((column for column in starts if column >= min(months)), start)
    with_months = {column: _dated(word, column, months) for column, word in words.items() if word is not None and column >= start}
    last_dated = max((column for column, word in with_months.items() if word.month is not None), default=0)
    days: list[DayColumn] = []
    for column in words:
        if column < start:
            continue
        word = with_months.get(column)
        if word is None and column < last_dated:
            continue  # a total between two months
        if word is None or (days and _falls_back(days[-1].word, word)):
            break
        area = grid.area(row, column)
        days.append(DayColumn(word, tuple(range(area.left, area.right + 1))))
    rising = sum(1 for one, two in itertools.pairwise(days) if one.word.day < two.word.day or one.word.month != two.word.month)
    joined = _joined(days)
    rising += len(days) - len(joined)
    return joined if joined and rising >= 0.8 * (len(days) - 1) else ()


def _falls_back(last: DayWord, word: DayWord) -> bool:
    """After the month's end a number begins something else, unless it is a day of another month."""
    return word.day <= last.day and last.day >= 28 and (word.month is None or word.month == last.month) and word.day != last.day


def _joined(days: Sequence[DayColumn]) -> tuple[DayColumn, ...]:
    """Columns of one dated day, side by side, are its lessons."""
    found: list[DayColumn] = []
    for day in days:
        if found and day.word.month is not None and found[-1].word[:2] == day.word[:2]:
            found[-1] = DayColumn(found[-1].word, (*found[-1].span, *day.span), is_repeated=True)
        else:
            found.append(day)
    return tuple(found)


def counts_up(days: Sequence[DayColumn]) -> bool:
    """Bare 1, 2, 3 … short of a month: days, or the numbers of lessons."""
    numbers = [day.word.day for day in days]
    is_bare = all(day.word.month is None and day.word.weekday is None for day in days)
    return is_bare and 3 <= len(days) < FULL_DAYS_MIN and numbers == list(range(1, len(days) + 1))


def _numbers_lessons(grid: Grid, row: int, days: Sequence[DayColumn], layout: Layout) -> bool:
    """Whether the row numbers the lessons whose dates stand below it."""
    if not counts_up(days):
        return False
    below = (_day_run(grid, line, layout) for line in (row + 1, row + 2) if line in grid.rows)
    return any(run and run[0].word.month is not None and run[0].column == days[0].column for run in below)


class _MonthCell(NamedTuple):
    month: int | None
    year: int | None

    def of(self, word: DayWord) -> DayWord:
        return word._replace(month=self.month, year=self.year)


def _dated(word: DayWord, column: int, months: Mapping[int, _MonthCell]) -> DayWord:
    """A bare day is one of the month that begins at its column or left of it."""
    begins = max((at for at in months if at <= column), default=None)
    return word if begins is None or word.month is not None else months[begins].of(word)


def _months_above(grid: Grid, row: int, first_day: int) -> dict[int, _MonthCell]:
    """Column → the month that begins there, in a row of months above the days («Сентябрь | | | Октябрь»)."""
    for line in (row - 1, row - 2):
        found = {
            column: _MonthCell(month_number(match["word"]), int(match["year"]) if match["year"] else None)
            for column, cell in grid.rows.get(line, {}).items()
            if cell.kind is Kind.TEXT and (match := _MONTH_CELL.match(folded(cell.text)))
        }
        if len(found) > 1 or (found and min(found) <= first_day):
            return found
    return {}


def is_numbering(grid: Grid, row: int, header: Header) -> bool:
    """The form's row «1, 2, 3 …» over all columns: no child, no header."""
    cells = grid.rows.get(row, {})
    numbers = [(column, day_number) for column, cell in cells.items() if (day_number := _whole(cell)) is not None]
    if len(numbers) < max(5, len(cells) - 2):
        return False
    steps = sum(1 for one, two in itertools.pairwise(numbers) if two[1] == one[1] + 1)
    starts_left = numbers[0][0] < header.first_day_column
    return steps >= 0.9 * (len(numbers) - 1) and starts_left and numbers[0][1] <= 2


def _whole(cell: Cell) -> int | None:
    if cell.kind is Kind.NUMBER and cell.number is not None and cell.number == int(cell.number):
        return int(cell.number)
    return int(cell.text) if cell.kind is Kind.TEXT and cell.text.isdecimal() else None


def _header(grid: Grid, row: int, days: tuple[DayColumn, ...], layout: Layout, row_min: int) -> Header | None:
    texts = dict(_header_texts(grid, row, days, max(row_min, row - HEADER_ROWS_ABOVE)))
    names = _name_columns(grid, texts, layout)
    name_line = max((line for column, (_, line) in texts.items() if column in names), default=row_min)
    texts = {column: (text, line) for column, (text, line) in texts.items() if line >= name_line - 1}
    numbers = [day.word.day for day in days]
    is_month = len(days) >= FULL_DAYS_MIN and (len({day.word.month for day in days}) == 1 or numbers == sorted(numbers))
    if not is_month and not (names and _is_journal(grid, row, days, names, texts)):
        return None
    weekdays = _weekday_row(grid, row, days)
    below = row + (2 if any(line > row for _, line in weekdays.values()) else 1)
    certain = _columns(texts, CERTIFICATE_COLUMN, set(names))
    account = _columns(texts, ACCOUNT_COLUMN, set(names))
    reasons = (layout.reason,) if layout.reason else _columns(texts, REASON_COLUMN, set(names))
    header = Header(
        row=row,
        top=min(row, name_line) if any(NAME_COLUMN.search(texts[column][0]) for column in names if column in texts) else row,
        first_row=below,
        days=days,
        is_month=is_month,
        names=names,
        ordinal=next(iter(_columns(texts, ORDINAL_COLUMN, set(names))), None),
        certificate=layout.certificate or next(iter((*certain, *account)), None),
        certificate_is_certain=bool(layout.certificate or certain),
        birth_date=layout.birth_date or next(iter(_columns(texts, BIRTH_COLUMN, set(names))), None),
        reasons=reasons,
        group=next(iter(_columns(texts, GROUP_LABEL, set(names)) or _columns(texts, UNIT_LABEL, set(names))), None),
        weekdays=weekdays,
    )
    while below <= row + 2 and is_numbering(grid, below, header):
        below += 1
    return replace(header, first_row=below)


def _is_journal(grid: Grid, row: int, days: Sequence[DayColumn], names: Sequence[int], texts: Mapping[int, tuple[str, int]]) -> bool:
    """Whether a few days are a journal's columns: a handful of them, or at least two (a dated one alone) in the very row of «ФИО»."""
    if len(days) >= JOURNAL_DAYS_MIN:
        return True
    line = max((texts[column][1] for column in names if column in texts), default=row)
    beside = grid.area(line, names[0]).bottom >= row
    return beside and (len(days) >= 2 or days[0].word.month is not None)


def _header_texts(grid: Grid, row: int, days: tuple[DayColumn, ...], row_min: int) -> Iterator[tuple[int, tuple[str, int]]]:
    """Column → (its words, their row): the nearest text at or above the day row; day columns give none."""
    in_days = {column for day in days for column in day.span}
    for line in range(row_min, row + 1):
        for column, cell in grid.rows.get(line, {}).items():
            if cell.kind is Kind.TEXT and column not in in_days and len(cell.text) <= 80:
                yield column, (folded(cell.text).replace("- ", ""), line)


def _columns(texts: dict[int, tuple[str, int]], pattern: re.Pattern[str], taken: set[int]) -> tuple[int, ...]:
    return tuple(column for column, (text, _) in sorted(texts.items()) if column not in taken and pattern.search(text))


def _name_columns(grid: Grid, texts: dict[int, tuple[str, int]], layout: Layout) -> tuple[int, ...]:
    """The columns under the header's word for the child, all that a merged one covers; surname and first name may be two."""
    if layout.child is not None:
        return (layout.child,)
    found = _columns(texts, NAME_COLUMN, set())
    if not found:
        return ()
    line = max(texts[column][1] for column in found)
    columns: list[int] = []
    for column in found:
        if texts[column][1] == line:
            area = grid.area(line, column)
            columns.extend(range(area.left, area.right + 1))
    return tuple(columns)


def _weekday_row(grid: Grid, row: int, days: tuple[DayColumn, ...]) -> dict[int, tuple[int, int]]:
    """Column of a day → (weekday, row), from the header cells themselves or a row of weekdays next to them."""
    own = {day.column: (day.word.weekday, row) for day in days if day.word.weekday is not None}
    if own:
        return {column: (weekday, line) for column, (weekday, line) in own.items() if weekday is not None}
    for line in (row + 1, row - 1):
        cells = grid.rows.get(line, {})
        words = {day.column: weekday_number(cells[day.column].text) for day in days if day.column in cells}
        found = {column: (weekday, line) for column, weekday in words.items() if weekday is not None}
        if len(found) >= max(3, 0.7 * len(days)):
            return found
    return {}


def wrong_weekdays(header: Header, month_first: dt.date, month_last: dt.date) -> list[tuple[DayColumn, int, int]]:
    """Days whose written weekday is not the month's: (day, written weekday, its row)."""
    wrong = []
    for day in header.days:
        written = header.weekdays.get(day.column)
        if written is None or day.word.day > month_last.day:
            continue
        if month_first.replace(day=day.word.day).isoweekday() != written[0]:
            wrong.append((day, written[0], written[1]))
    return wrong
