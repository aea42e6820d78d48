"""Which rows under a header are children, and where a group begins and ends. Totals, legends, signatures are never children."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from adapters.spreadsheet.grid import Cell, Grid, Kind
from adapters.spreadsheet.header import Header, is_numbering
from adapters.spreadsheet.mapping import Layout
from adapters.spreadsheet.signs import reading
from adapters.spreadsheet.words import (
    DATE_LINE,
    HEAD_LABEL,
    LEGEND,
    ONLY_LETTERS,
    PERSON,
    SIGNATURE,
    TITLE_WORD,
    TOTAL,
    folded,
    outlined,
    sign_key,
)
from gateway.plugins import Status

NAME_WORDS_MAX = 5


class RowKind(Enum):
    BLANK = auto()
    CHILD = auto()
    TITLE = auto()  # a line that names the next group
    END = auto()  # a total, a signature, a legend, a line of the next head
    NAMELESS = auto()  # marks or a number of a certificate without a name
    IDLE = auto()  # a prepared row: its number only; a row of numbering
    UNCLEAR = auto()  # a child or not: only a person can say


class Row(NamedTuple):
    """A row under a header; ``name`` as written."""

    row: int
    kind: RowKind
    name: str = ""
    text: str = ""  # of a title


@dataclass
class Section:
    """One group's rows under one header: ``title`` is the line above them, if they have one of their own."""

    header: Header
    title: str | None
    title_row: int | None
    rows: list[Row] = field(default_factory=list)
    stray: list[Row] = field(default_factory=list)  # children after the group's end

    @property
    def last_row(self) -> int:
        return max((row.row for row in self.rows), default=self.header.row)


def sections(grid: Grid, header: Header, last_row: int, layout: Layout) -> list[Section]:
    """The groups under one header, down to ``last_row``."""
    reader = _RowReader(grid, header, layout, last_row)
    current = Section(header, None, None)
    found, title, has_ended = [current], None, False
    for row in reader.rows():
        if row.kind is RowKind.TITLE:
            title, has_ended = row, True
        elif row.kind is RowKind.END:
            title, has_ended = None, True
        elif row.kind in (RowKind.CHILD, RowKind.NAMELESS, RowKind.UNCLEAR):
            if title is not None and row.kind is RowKind.CHILD:
                current = Section(header, title.text, title.row)
                found.append(current)
                title, has_ended = None, False
            if not has_ended:
                current.rows.append(row)
            elif row.kind is RowKind.CHILD:
                current.stray.append(row)
    found = [section for section in found if section.rows or section.stray]
    return found if header.group is None else [part for section in found for part in _by_group_column(grid, section, header.group)]


def _by_group_column(grid: Grid, section: Section, column: int) -> Iterator[Section]:
    """A section's rows by the group that each of them names; a row that names none goes on with the one above."""
    parts: dict[str, Section] = {}
    title, title_row = section.title, section.title_row
    for row in (*section.rows, *section.stray):
        cell = grid.at(row.row, column)
        if cell is not None and cell.kind is Kind.TEXT:
            title, title_row = cell.text, row.row
        part = parts.setdefault(folded(title or ""), Section(section.header, title, title_row))
        (part.rows if row in section.rows else part.stray).append(row)
    yield from parts.values()


class _RowReader:
    """Classifies rows one by one; what it knows of the whole block: whether children carry ordinal numbers."""

    def __init__(self, grid: Grid, header: Header, layout: Layout, last_row: int) -> None:
        self.grid, self.header, self.layout, self.last_row = grid, header, layout, last_row
        self.ordinal = header.ordinal
        if self.ordinal is None and header.names and header.names[0] > 1:
            self.ordinal = header.names[0] - 1
        if self.ordinal is not None and self.ordinal in (header.certificate, header.birth_date):
            self.ordinal = None
        rows = [row for row in grid.rows if header.first_row <= row <= last_row]
        self.has_ordinals = sum(1 for row in rows if self._ordinal(row) is not None) >= 1

    def rows(self) -> Iterator[Row]:
        previous = self.header.first_row - 1
        after_gap = False
        for row in self.grid.rows:
            if not self.header.first_row <= row <= self.last_row:
                continue
            after_gap = after_gap or row > previous + 1
            previous = row
            yield self._row(row, after_gap)

    def _has_marks(self, row: int) -> bool:
        return any(column in self.header.day_columns for column in self.grid.rows[row])

    def _has_more_than_days_off(self, row: int) -> bool:
        """A prepared row without a child often has its days off marked already."""
        cells = (cell for column, cell in self.grid.rows[row].items() if column in self.header.day_columns)
        return any(reading(cell, self.layout.signs).status not in (Status.DAY_OFF, Status.NOTHING) for cell in cells)

    def _ordinal(self, row: int) -> int | None:
        cell = self.grid.cells.get((row, self.ordinal)) if self.ordinal is not None else None
        if cell is None:
            return None
        text = cell.text.rstrip(".)")
        return int(text) if text.isdecimal() and len(text) <= 4 else None

    def _row(self, row: int, after_gap: bool) -> Row:
        cells = self.grid.rows[row]
        if is_numbering(self.grid, row, self.header):
            return Row(row, RowKind.IDLE)
        left = {column: cell for column, cell in cells.items() if column < self.header.first_day_column or column in self.header.names}
        name = self._name(row)
        is_numbered = bool(name) and self._ordinal(row) is not None
        if any(self._ends_group(cell, is_numbered) for cell in left.values()):
            return Row(row, RowKind.END)
        if not name and any(cell.kind is Kind.TEXT and SIGNATURE.search(folded(cell.text)) for cell in cells.values()):
            return Row(row, RowKind.END)
        if not name:
            return self._without_name(row, left)
        if is_numbered or self._has_marks(row) or self._has_certificate(row):
            return Row(row, RowKind.CHILD, name)
        return self._name_only(row, name, left, after_gap)

    def _without_name(self, row: int, left: dict[int, Cell]) -> Row:
        broken = any(left[column].kind in (Kind.ERROR, Kind.NO_RESULT) for column in self.header.names if column in left)
        if broken or self._has_more_than_days_off(row) or self._has_certificate(row):
            return Row(row, RowKind.NAMELESS)
        texts = {column: cell.text for column, cell in left.items() if cell.kind is Kind.TEXT and re.search(r"[^\W\d]{2}", cell.text)}
        if not texts or self._ordinal(row) is not None:
            return Row(row, RowKind.IDLE)
        column, text = next(iter(texts.items()))
        is_title = column <= self.header.names[0] or self.grid.area(row, column).right >= self.header.first_day_column
        value = list(texts.values())[-1] if len(texts) > 1 and folded(text).startswith("групп") else text
        return Row(row, RowKind.TITLE, text=value) if is_title else Row(row, RowKind.IDLE)

    def _name_only(self, row: int, name: str, left: dict[int, Cell], after_gap: bool) -> Row:
        """A text in the name's column and nothing that makes it a child for certain."""
        others = [cell.text for column, cell in left.items() if column not in self.header.names]
        area = self.grid.area(row, next(column for column in self.header.names if (row, column) in self.grid.cells))
        is_wide = area.right >= self.header.first_day_column
        is_known = any(folded(name) == folded(words) for words in self.layout.groups)
        if is_known or is_wide or TITLE_WORD.search(folded(name)) or self._numbers_restart(row):
            return Row(row, RowKind.TITLE, text=name)
        if PERSON.match(name):
            is_child = not after_gap and not self.has_ordinals and not others
            return Row(row, RowKind.CHILD if is_child else RowKind.UNCLEAR, name)
        may_be_child = not after_gap and ONLY_LETTERS.match(name) and len(name.split()) <= NAME_WORDS_MAX
        return Row(row, RowKind.UNCLEAR if may_be_child else RowKind.END, name)

    def _numbers_restart(self, row: int) -> bool:
        """Whether the next row that holds anything is number 1 of its group."""
        following = next((line for line in self.grid.rows if row < line <= self.last_row), None)
        return following is not None and self._ordinal(following) == 1

    def _name(self, row: int) -> str:
        """The name as written; parts in several columns are joined. A number is no name."""
        parts = [self.grid.cells.get((row, column)) for column in self.header.names]
        texts = [part.text for part in parts if part is not None and part.kind is Kind.TEXT]
        name = " ".join(dict.fromkeys(texts))
        return name if re.search(r"[^\W\d]{2}", name) else ""

    def _has_certificate(self, row: int) -> bool:
        cell = self.grid.cells.get((row, self.header.certificate)) if self.header.certificate is not None else None
        return cell is not None and len(re.sub(r"\D", "", cell.text)) >= 9

    def _ends_group(self, cell: Cell, is_numbered: bool) -> bool:
        """A total always; a signature, a legend or a line of a head only where no child's number and name stand in the row."""
        if cell.kind is not Kind.TEXT:
            return False
        text = folded(cell.text)
        if TOTAL.search(text):
            return True
        if is_numbered:
            return False
        if any(pattern.search(text) for pattern in (SIGNATURE, LEGEND, HEAD_LABEL)) or DATE_LINE.match(outlined(text)):
            return True
        sign = re.match(r"^\W{0,2}(\S{1,3}?) ?[-=:] ?\S", text)
        return sign is not None and (len(sign[1]) == 1 or sign_key(sign[1]) in self.layout.signs.known)
