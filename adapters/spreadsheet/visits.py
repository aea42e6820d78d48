"""A list of one line per visit: its columns, and its lines as children's rows by group."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from adapters.spreadsheet.children import Child, DayCell
from adapters.spreadsheet.findings import place, question, shown, unread
from adapters.spreadsheet.grid import Cell, Grid, Kind
from adapters.spreadsheet.mapping import Layout
from adapters.spreadsheet.month import MonthFound
from adapters.spreadsheet.people import birth_date, certificate_number
from adapters.spreadsheet.signs import Reading, agreeing, reading
from adapters.spreadsheet.words import (
    BIRTH_COLUMN,
    CERTIFICATE_COLUMN,
    GROUP_LABEL,
    NAME_COLUMN,
    TOTAL,
    UNIT_LABEL,
    VISIT_DATE_COLUMN,
    VISIT_HOURS_COLUMN,
    VISIT_STATUS_COLUMN,
    folded,
)
from gateway.plugins import Finding, Member, Period, Text

HEAD_ROWS_MAX = 40
STRAY_LINES_MAX = 20
_DATE = re.compile(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?!\d)")
_ISO_DATE = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")


@dataclass(frozen=True)
class VisitList:
    """Columns of a list; ``row`` is the one of its heads. ``names``: surname and first name may be two; ``marks``: the columns that say how
    it was, the telling one first."""

    grid: Grid
    row: int
    date: int
    names: tuple[int, ...]
    marks: tuple[int, ...]
    group: int | None
    certificate: int | None
    birth_date: int | None

    @cached_property
    def dates(self) -> dict[int, dt.date | None]:
        """Row → its day; None where a date stands that does not exist. Lines without a date (a total) are not here."""
        found = {}
        for row, cells in self.grid.rows.items():
            cell = cells.get(self.date)
            if row > self.row and cell is not None and (cell.kind is Kind.DATE or _DATE.match(cell.text) or _ISO_DATE.match(cell.text)):
                found[row] = day_of(cell)
        return found

    @cached_property
    def months(self) -> dict[str, MonthFound]:
        """YYYY-MM → the month, of those with more than a few stray lines; of all if there are no others."""
        counts = Counter((day.year, day.month) for day in self.dates.values() if day is not None)
        few = min(STRAY_LINES_MAX, max(counts.values(), default=0) // 5)
        kept = [month for month, count in sorted(counts.items()) if count > few]
        return {f"{year}-{month:02d}": MonthFound(month, year, None, None) for year, month in kept}

    @property
    def main_month(self) -> MonthFound | None:
        return max(self.months.values(), key=lambda found: (found.year or 0, found.number), default=None)


def day_of(cell: Cell) -> dt.date | None:
    """«04.10.2025 11:00:00», «2025-10-04», a date; None: there is no such day."""
    if cell.kind is Kind.DATE:
        return cell.date
    match = _DATE.match(cell.text)
    iso = _ISO_DATE.match(cell.text)
    try:
        if match:
            return dt.date(int(match[3]) % 2000 + 2000, int(match[2]), int(match[1]))
        return dt.date(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None
    except ValueError:
        return None


def visit_list(grid: Grid, layout: Layout) -> VisitList | None:
    """The list on a sheet: a row that heads a date, a child and how it was, with dates below."""
    for row in list(grid.rows)[:HEAD_ROWS_MAX]:
        texts = {column: folded(cell.text) for column, cell in grid.rows[row].items() if cell.kind is Kind.TEXT}
        date = _column(texts, VISIT_DATE_COLUMN)
        names = (layout.child,) if layout.child else tuple(column for column, text in sorted(texts.items()) if NAME_COLUMN.search(text))
        marks = [column for column in (_column(texts, VISIT_STATUS_COLUMN), _column(texts, VISIT_HOURS_COLUMN)) if column is not None]
        if date is None or not names or not marks:
            continue
        found = VisitList(
            grid, row, date, names, tuple(marks), _column(texts, GROUP_LABEL) or _column(texts, UNIT_LABEL),
            layout.certificate or _column(texts, CERTIFICATE_COLUMN), layout.birth_date or _column(texts, BIRTH_COLUMN),
        )  # fmt: skip
        if found.dates:
            return found
    return None


def _column(texts: Mapping[int, str], pattern: re.Pattern[str]) -> int | None:
    return next((column for column, text in sorted(texts.items()) if pattern.search(text)), None)


# ---------------------------------------------------------------- lines


@dataclass
class GroupVisits:
    """What a list says of one group. ``words`` None: the list has no column for it. ``has_gaps``: a line could not be read at all."""

    words: str | None
    row: int
    children: list[Child] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    has_gaps: bool = False


class _Line(NamedTuple):
    row: int
    day: dt.date
    time: str
    reading: Reading | None
    column: int


def visits_by_group(visits: VisitList, month: Period, layout: Layout) -> list[GroupVisits]:
    """The lines of the month as rows of children, group by group."""
    reader = _ListReader(visits, month, layout)
    for row in visits.grid.rows:
        if row > visits.row:
            reader.line(row)
    return reader.groups()


class _ListReader:
    def __init__(self, visits: VisitList, month: Period, layout: Layout) -> None:
        self.visits, self.grid, self.month, self.layout = visits, visits.grid, month, layout
        self.found: dict[str, GroupVisits] = {}
        self.persons: dict[tuple[str, str, str], tuple[Child, list[_Line]]] = {}
        self.has_numbers = any(
            certificate_number(cells.get(visits.certificate)).certificate for cells in self.grid.rows.values() if visits.certificate
        )
        self.days: dict[int, set[dt.date]] = defaultdict(set)  # of each child, also those of lines that are not taken
        self.others: list[int] = []

    def line(self, row: int) -> None:
        cells = self.grid.rows[row]
        name = self._name(row)
        if row not in self.visits.dates:
            if self._is_visit_without_date(row):
                self._unread(row, self.visits.date, "в строке нет даты занятия", "the line has no date of a lesson", _DATE_IT)
            return
        day = self.visits.dates[row]
        if day is None:
            text = shown(cells[self.visits.date].text)
            self._unread(row, self.visits.date, f"нет такой даты: {text}", f"there is no such date: {text}", _DATE_IT)
        elif day not in self.month:
            self.others.append(row)
        elif not name:
            self._unread(row, self.visits.names[0], "в строке нет имени ребёнка", "the line has no child's name", _NAME_IT)
        else:
            child, lines = self._child(row, name)
            self.days[id(child)].add(day)
            if not self._is_left_out(row, child):
                lines.append(self._read(row, day, child))

    def groups(self) -> list[GroupVisits]:
        for child, lines in self.persons.values():
            self._settle(child, lines)
            child.silent = tuple(day for day in self.month.days() if day not in self.days[id(child)])
        self._tell_others()
        return list(self.found.values())

    # ------------------------------------------------------------ lines

    def _is_visit_without_date(self, row: int) -> bool:
        cells = self.grid.rows[row]
        first = next(iter(cells.values()))
        is_total = first.kind is Kind.TEXT and TOTAL.search(folded(first.text))
        return not is_total and bool(self._name(row)) and any(column in cells for column in self.visits.marks)

    def _name(self, row: int) -> str:
        """As written, its parts joined; a number is no name."""
        parts = (self.grid.rows[row].get(column) for column in self.visits.names)
        return " ".join(dict.fromkeys(part.text for part in parts if part is not None and part.kind is Kind.TEXT))

    def _group(self, row: int) -> GroupVisits:
        cell = self.grid.at(row, self.visits.group) if self.visits.group is not None else None
        words = cell.text if cell is not None else None
        return self.found.setdefault(folded(words or ""), GroupVisits(words, row))

    def _child(self, row: int, name: str) -> tuple[Child, list[_Line]]:
        """The person of a line: one name and one number within a group are one person."""
        group = self._group(row)
        cell = self.grid.rows[row].get(self.visits.certificate) if self.visits.certificate is not None else None
        key = folded(group.words or ""), folded(name), cell.text if cell is not None else ""
        if key in self.persons:
            return self.persons[key]
        number = certificate_number(cell)
        born = self.grid.rows[row].get(self.visits.birth_date) if self.visits.birth_date is not None else None
        member = Member(
            key=f"{self.grid.name}!{row}",
            group=group.words or "",
            name=name,
            place=place(self.grid.name, row, self._name_column(row)),
            certificate=number.certificate,
            certificate_padded=number.is_padded,
            certificate_unreadable=number.is_unreadable,
            birth_date=birth_date(born),
        )
        child = Child(member=member, folded_name=folded(name))
        if number.what is not None and number.cure is not None and (self.has_numbers or number.is_unreadable):
            child.findings.append(
                Finding(number.level, place(self.grid.name, row, self.visits.certificate), number.what, number.cure, group.words)
            )
        group.children.append(child)
        self.persons[key] = child, []
        return self.persons[key]

    def _name_column(self, row: int) -> int:
        return next(column for column in self.visits.names if column in self.grid.rows[row])

    def _is_left_out(self, row: int, child: Child) -> bool:
        cells = self.grid.rows[row]
        if row in self.grid.hidden_rows:
            what, cure = Text("строка скрыта: она отложена", "the line is hidden: left out"), _SHOW_IT
        elif cells[self._name_column(row)].struck:
            what, cure = Text("строка зачёркнута: она отложена", "the line is struck out: left out"), _CLEAR_IT
        else:
            return False
        child.findings.append(question(place(self.grid.name, row, self._name_column(row)), what, cure, self._words(child)))
        return True

    def _read(self, row: int, day: dt.date, child: Child) -> _Line:
        cells = self.grid.rows[row]
        column = next((column for column in self.visits.marks if column in cells), self.visits.marks[0])
        time = cells[self.visits.date].text
        if column not in cells:
            return _Line(row, day, time, None, column)
        return _Line(row, day, time, reading(cells[column], self.layout.signs), column)

    # ------------------------------------------------------------ a person's lines

    def _settle(self, child: Child, lines: list[_Line]) -> None:
        """One cell for each day. Lines of one day that agree are one; lines that differ are for a person to settle."""
        by_day: dict[dt.date, list[_Line]] = {}
        for line in lines:
            where = place(self.grid.name, line.row, line.column)
            if line.reading is not None and line.reading.what is not None and line.reading.cure is not None:
                child.findings.append(unread(where, line.reading.what, line.reading.cure, self._words(child)))
            else:
                by_day.setdefault(line.day, []).append(line)
        for day, same in sorted(by_day.items()):
            first = same[0]
            told = list({(line.time, line.reading): line for line in reversed(same)}.values())
            for line in same[1:]:
                if (line.time, line.reading) == (first.time, first.reading):
                    child.findings.append(self._repeated(child, line, first))
            filled = [line.reading for line in reversed(told) if line.reading is not None]
            agreed = agreeing(filled) if filled and len(filled) == len(told) else None
            if agreed is None and filled:
                child.findings.extend(self._differing(child, line) for line in same)
            else:
                child.cells.append(DayCell(day, place(self.grid.name, first.row, first.column), agreed))

    def _words(self, child: Child) -> str | None:
        return child.member.group or None if child.member is not None else None

    def _repeated(self, child: Child, line: _Line, first: _Line) -> Finding:
        return question(
            place(self.grid.name, line.row),
            Text(f"строка повторяет строку {first.row}: взята одна", f"the line repeats line {first.row}: one of them is taken"),
            _CLEAR_IT,
            self._words(child),
        )

    def _differing(self, child: Child, line: _Line) -> Finding:
        return unread(
            place(self.grid.name, line.row, line.column),
            Text(
                "у ребёнка в этот день несколько строк, и они говорят разное",
                "the child has several lines on this day, and they differ",
            ),
            Text("Оставьте одну строку или исправьте отметки.", "Keep one line, or mend the marks."),
            self._words(child),
        )

    # ------------------------------------------------------------ findings

    def _unread(self, row: int, column: int, ru: str, en: str, cure: Text) -> None:
        group = self._group(row)
        group.has_gaps = True
        group.findings.append(unread(place(self.grid.name, row, column), Text(ru, en), cure, group.words))

    def _tell_others(self) -> None:
        """Lines of another month: one by one where they are a few strays, else as a number."""
        if len(self.others) <= STRAY_LINES_MAX:
            for row in self.others:
                text = shown(self.grid.rows[row][self.visits.date].text)
                self._unread(
                    row, self.visits.date, f"дата {text} вне принимаемого месяца", f"the date {text} is outside the month taken in", _OTHER
                )
            return
        group = self._group(self.others[0])
        what = Text(
            f"строк за другие месяцы: {len(self.others)}, они не прочитаны", f"lines of other months: {len(self.others)}, they are not read"
        )
        group.findings.append(question(place(self.grid.name), what, _OTHER, group.words))


_DATE_IT = Text("Исправьте дату строки.", "Mend the line's date.")
_NAME_IT = Text("Впишите имя ребёнка или удалите строку.", "Write the child's name, or delete the line.")
_SHOW_IT = Text("Покажите строку и отправьте файл ещё раз или удалите её.", "Show the line and send the file again, or delete it.")
_CLEAR_IT = Text("Удалите лишнюю строку, если она не нужна.", "Delete the line if it is not needed.")
_OTHER = Text(
    "Если строка нужна, примите файл и за её месяц (--month).", "If it is needed, take the file in for its month as well (--month)."
)
