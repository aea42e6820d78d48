"""A sheet as cells at rows and columns: what every reader of a file kind yields, and all that the layout code knows of files."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from functools import cached_property
from typing import NamedTuple


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


@dataclass
class Grid:
    """One sheet. Rows and columns count from 1, hidden and empty ones too.

    Attributes:
        beyond: the row and column of a filled cell beyond the limits, if there is one; it is not among the cells.
    """

    name: str
    cells: dict[tuple[int, int], Cell]
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[Area, ...] = field(default=())
    beyond: tuple[int, int] | None = None

    @cached_property
    def rows(self) -> dict[int, dict[int, Cell]]:
        """Row → column → cell, both ascending."""
        by_row: dict[int, dict[int, Cell]] = defaultdict(dict)
        for (row, column), cell in sorted(self.cells.items()):
            by_row[row][column] = cell
        return dict(by_row)

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
