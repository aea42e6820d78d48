"""A sheet as cells at rows and columns: what every reader of a file kind yields, and all that the layout code knows of files."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from functools import cached_property
from typing import Any, NamedTuple

from adapters.spreadsheet.words import tidy

_TEXT_FORMULA = re.compile(r'^="([^"]*)"$')
CELL_CHARACTERS_MAX = 1_000


class Kind(Enum):
    TEXT = auto()
    NUMBER = auto()
    DATE = auto()
    BOOLEAN = auto()
    ERROR = auto()  # #REF!, #N/A …
    NO_RESULT = auto()  # a formula whose result the file does not hold


class Cell(NamedTuple):
    """A cell that holds something; an empty one (blanks only are empty) has no `Cell`.

    Attributes:
        text: what a person sees, blanks folded; a number in its shortest form; a date in ISO form.
        shows_month: a date whose format shows its month without a day («Октябрь 2025»).
        struck: the whole text is struck out.
    """

    kind: Kind
    text: str
    number: Decimal | None = None
    date: dt.date | None = None
    shows_month: bool = False
    struck: bool = False


class Area(NamedTuple):
    """Merged cells, all four ends included."""

    top: int
    left: int
    bottom: int
    right: int


Where = tuple[int, int]
"""A row and a column, both from 1."""


@dataclass
class Grid:
    """One sheet. Rows and columns count from 1, hidden and empty ones too; lines that stand above the sheet's first row (a page's text
    above its table) have the rows 0, −1, … A value becomes a `Cell` when it is first looked at: reading a file costs no object per cell.

    Attributes:
        values: row by row as a reader found them: texts, numbers, dates; "" and None are empty.
        special: cells that their value alone does not tell: errors, formulas without a result.
        above: lines above row 1, top down.
        document: number of the page or document that the table stands in, with others before and after it; None for a sheet of a workbook.
        file_name: of a sheet that has no name of its own (CSV, a table of a page); else None.
        beyond: the row and column of a filled cell beyond the limits, if there is one; it is not among the cells.
    """

    name: str
    values: Sequence[Sequence[Any]] = ()
    special: Mapping[Where, Cell] = field(default_factory=dict)
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[Area, ...] = field(default=())
    struck: frozenset[Where] = frozenset()
    month_dates: frozenset[Where] = frozenset()
    above: tuple[str, ...] = ()
    document: int | None = None
    file_name: str | None = None
    beyond: Where | None = None

    @cached_property
    def rows(self) -> dict[int, dict[int, Cell]]:
        """Row → column → cell, both ascending; rows that hold nothing are not here."""
        seen: dict[tuple[type, Any], Cell | None] = {}
        rows: dict[int, dict[int, Cell]] = {}
        for row, text in enumerate(self.above, 1 - len(self.above)):
            rows[row] = {1: Cell(Kind.TEXT, text)}
        for row, values in enumerate(self.values, 1):
            cells: dict[int, Cell] = {}
            for column, value in enumerate(values, 1):
                if value == "" or value is None:
                    continue
                key = (value.__class__, value)
                if key not in seen:
                    seen[key] = cell_of(value)
                cell = seen[key]
                if cell is not None:
                    cells[column] = cell
            if cells:
                rows[row] = cells
        return self._with_looks(rows)

    def _with_looks(self, rows: dict[int, dict[int, Cell]]) -> dict[int, dict[int, Cell]]:
        for row, column in self.struck:
            if column in rows.get(row, ()):
                rows[row][column] = rows[row][column]._replace(struck=True)
        for row, column in self.month_dates:
            if column in rows.get(row, ()):
                rows[row][column] = rows[row][column]._replace(shows_month=True)
        if not self.special:
            return rows
        for (row, column), cell in self.special.items():
            rows.setdefault(row, {})[column] = cell
        return {row: dict(sorted(rows[row].items())) for row in sorted(rows)}

    @cached_property
    def cells(self) -> dict[Where, Cell]:
        return {(row, column): cell for row, cells in self.rows.items() for column, cell in cells.items()}

    @cached_property
    def _areas(self) -> dict[int, list[Area]]:
        by_row: dict[int, list[Area]] = defaultdict(list)
        for area in self.merged:
            for row in range(area.top, area.bottom + 1):
                by_row[row].append(area)
        return dict(by_row)

    def area(self, row: int, column: int) -> Area:
        """The merged area that covers the cell, else the cell alone."""
        for area in self._areas.get(row, ()):
            if area.left <= column <= area.right:
                return area
        return Area(row, column, row, column)

    def at(self, row: int, column: int) -> Cell | None:
        """What stands at the cell; within merged cells that of their first one."""
        cell = self.cells.get((row, column))
        if cell is not None or row not in self._areas:
            return cell
        area = self.area(row, column)
        return self.cells.get((area.top, area.left))


# ---------------------------------------------------------------- values


def cell_of(value: Any) -> Cell | None:
    """A reader's value as a cell; None where it holds blanks only."""
    if isinstance(value, str):
        text = tidy(value[:CELL_CHARACTERS_MAX])
        kept = _TEXT_FORMULA.match(text) if text.startswith("=") else None  # ="0346995549" is how a text keeps its zero in CSV
        text = kept[1].strip() if kept else text
        return Cell(Kind.TEXT, text) if text else None
    if isinstance(value, bool):
        return Cell(Kind.BOOLEAN, str(value).upper())
    if isinstance(value, int | float):
        number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
        return Cell(Kind.NUMBER, _shortest(number), number=number) if number.is_finite() else Cell(Kind.ERROR, str(value))
    if isinstance(value, dt.datetime | dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        return Cell(Kind.DATE, day.isoformat(), date=day)
    return Cell(Kind.DATE, str(value))


def _shortest(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def shows_month(number_format: str) -> bool:
    """Whether a date of this format shows its month and not its day."""
    bare = re.sub(r'\[[^\]]*\]|"[^"]*"|\\.', "", number_format).lower()
    return "mmm" in bare and "d" not in bare


def filled_beyond(values: Sequence[Sequence[Any]], rows_max: int, columns_max: int) -> Where | None:
    """The first filled cell beyond the limits."""
    if within(values, rows_max, columns_max) is values:
        return None
    for row, cells in enumerate(values, 1):
        if row > rows_max or len(cells) > columns_max:
            first = columns_max if row <= rows_max else 0
            column = next((at for at, value in enumerate(cells[first:], first + 1) if not _is_blank(value)), None)
            if column is not None:
                return row, column
    return None


def within(values: Sequence[Sequence[Any]], rows_max: int, columns_max: int) -> Sequence[Sequence[Any]]:
    """The part of the values inside the limits."""
    if len(values) <= rows_max and max(map(len, values), default=0) <= columns_max:
        return values
    return [row[:columns_max] for row in values[:rows_max]]


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


# ---------------------------------------------------------------- columns


def column_letters(column: int) -> str:
    """1 → A, 27 → AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """A → 1, AA → 27.

    Raises:
        ValueError: not column letters.
    """
    if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        raise ValueError(letters)
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
