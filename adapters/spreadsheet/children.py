"""A child's row: the member, the cells of the days, and why a row or a cell is left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from adapters.spreadsheet.findings import place, question, unread
from adapters.spreadsheet.grid import Area, Cell, Grid, Kind
from adapters.spreadsheet.header import DayColumn
from adapters.spreadsheet.mapping import Layout
from adapters.spreadsheet.people import Notes, Number, birth_date, certificate_number, notes
from adapters.spreadsheet.rows import Row, RowKind, Section
from adapters.spreadsheet.signs import BEYOND_MONTH, Reading, agreeing, reading
from adapters.spreadsheet.words import folded, sign_key
from gateway.plugins import Finding, Member, Period, Place, Status, Text


class DayCell(NamedTuple):
    """A day's cell of one child; ``reading`` None: it is empty. Cells that are not taken are not here."""

    day: dt.date
    place: Place
    reading: Reading | None


@dataclass
class Child:
    """A row as read. ``member`` None: nothing but findings. ``is_deferred``: the member is named, no mark of the row is taken. ``silent``:
    days of which a journal or a list has nothing: no column, no line."""

    member: Member | None = None
    folded_name: str = ""
    notes: Notes = field(default_factory=Notes)
    is_struck: bool = False
    is_deferred: bool = False
    cells: list[DayCell] = field(default_factory=list)
    silent: tuple[dt.date, ...] = ()
    findings: list[Finding] = field(default_factory=list)

    def of_group(self, words: str) -> Child:
        """The same under the words that the group turned out to have."""
        if self.member is not None:
            self.member = replace(self.member, group=words)
        self.findings = [replace(finding, group=words) for finding in self.findings]
        return self

    def is_listed(self, day: dt.date) -> bool:
        """Whether the row's notes have the child in the group that day."""
        return not ((self.notes.first is not None and day < self.notes.first) or (self.notes.last is not None and day > self.notes.last))

    def status_of_empty(self, day: dt.date) -> Status | None:
        """What an empty cell says; None: not even that, and what stood stays."""
        if not self.is_listed(day):
            return Status.NOTHING
        return None if self.notes.is_unclear or self.is_struck else Status.UNMARKED


def children(grid: Grid, section: Section, words: str, month: Period, layout: Layout) -> Iterator[Child]:
    """The rows of a section, top down."""
    reader = _SectionReader(grid, section, words, month, layout)
    for row in section.rows:
        yield reader.child(row)
    for row in section.stray:
        yield reader.stray(row)


class _SectionReader:
    def __init__(self, grid: Grid, section: Section, words: str, month: Period, layout: Layout) -> None:
        self.grid, self.header, self.words, self.month, self.layout = grid, section.header, words, month, layout
        numbers = {row.row: certificate_number(self._certificate_cell(row.row)) for row in section.rows}
        has_numbers = any(number.certificate for number in numbers.values())
        self.numbers = numbers if has_numbers or self.header.certificate_is_certain else {}
        self.expects_numbers = has_numbers
        shown = {day.word.day for day in self.header.days}
        self.silent = () if self.header.is_month else tuple(day for day in month.days() if day.day not in shown)

    # ------------------------------------------------------------ rows

    def child(self, row: Row) -> Child:
        if row.kind is RowKind.NAMELESS:
            return Child(
                findings=[
                    self._row_unread(
                        row.row,
                        None,
                        "в строке есть отметки или номер, но нет имени",
                        "the row has marks or a number but no name",
                        _NAME_IT,
                    )
                ]
            )
        number = self.numbers.get(row.row, Number())
        child = Child(member=self._member(row, number), folded_name=folded(row.name))
        child.findings.extend(self._number_findings(row, number))
        deferral = self._deferral(row)
        if deferral is not None:
            child.is_deferred = True
            child.findings.append(deferral)
            return child
        where, child.notes = self._notes(row)
        child.is_struck = self._is_struck(row.row)
        if child.is_struck and child.notes.last is None:
            child.is_deferred = True
            child.findings.append(
                self._question(
                    row.row,
                    self._name_column(row.row),
                    "строка зачёркнута: её отметки отложены",
                    "the row is struck out: its marks are left out",
                    _STRUCK,
                )
            )
            return child
        if child.notes.limits_days or child.is_struck:
            child.findings.append(self._notes_question(row, where, child))
        self._read_days(row.row, child)
        child.silent = self.silent
        return child

    def stray(self, row: Row) -> Child:
        """A row with a name and marks below a total or a signature."""
        what = ("строка стоит ниже итога или подписи: не принята", "the row stands below a total or a signature: not taken")
        member = self._member(row, self.numbers.get(row.row, Number())) if row.name else None
        return Child(
            member=member, folded_name=folded(row.name), is_deferred=True, findings=[self._row_unread(row.row, None, *what, _MOVE_UP)]
        )

    def _member(self, row: Row, number: Number) -> Member:
        born = self.grid.cells.get((row.row, self.header.birth_date)) if self.header.birth_date else None
        return Member(
            key=f"{self.grid.name}!{row.row}",
            group=self.words,
            name=row.name,
            place=place(self.grid.name, row.row, self._name_column(row.row)),
            certificate=number.certificate,
            certificate_padded=number.is_padded,
            certificate_unreadable=number.is_unreadable,
            birth_date=birth_date(born),
        )

    def _deferral(self, row: Row) -> Finding | None:
        """Why no mark of the row is taken, before its cells are looked at."""
        column = self._name_column(row.row)
        if row.kind is RowKind.UNCLEAR:
            return self._row_unread(
                row.row,
                column,
                "имя без номера по порядку и без отметок: ребёнок это или подпись, неясно",
                "a name without an ordinal number and without marks: a child or a signature",
                _NUMBER_IT,
            )
        if row.row in self.grid.hidden_rows:
            return self._question(
                row.row, column, "строка скрыта: её отметки отложены", "the row is hidden: its marks are left out", _SHOW_ROW
            )
        area = self.grid.area(row.row, column)
        if area.bottom > area.top:
            return self._row_unread(
                row.row,
                column,
                "имя стоит в клетке, слитой из нескольких строк: чья отметка в какой строке, неясно",
                "the name's cell is merged over several rows: whose mark stands in which is not clear",
                _UNMERGE,
            )
        return None

    # ------------------------------------------------------------ the number and the notes

    def _certificate_cell(self, row: int) -> Cell | None:
        return self.grid.cells.get((row, self.header.certificate)) if self.header.certificate is not None else None

    def _number_findings(self, row: Row, number: Number) -> Iterator[Finding]:
        where = place(self.grid.name, row.row, self.header.certificate)
        if number.what is not None and number.cure is not None:
            yield Finding(number.level, where, number.what, number.cure, self.words)
        elif self.expects_numbers and self._certificate_cell(row.row) is None:
            yield question(
                where,
                Text(
                    "нет номера сертификата: ребёнка опознают по имени или спросят",
                    "no certificate's number: matched by name, or asked about",
                ),
                _ENTER_NUMBER,
                self.words,
            )

    def _notes(self, row: Row) -> tuple[int, Notes]:
        """The column where the row's days are limited (else the first of the reasons), and what was understood."""
        cells = self.grid.rows[row.row]
        skipped = self.header.day_columns | {self.header.certificate, self.header.birth_date, self.header.ordinal}
        texts = {column: cell.text for column, cell in cells.items() if cell.kind is Kind.TEXT and column not in skipped}
        where = next((column for column, text in texts.items() if notes((text,), self.month).limits_days), self._name_column(row.row))
        return where, notes(texts.values(), self.month)

    def _notes_question(self, row: Row, column: int, child: Child) -> Finding:
        said = child.notes
        if said.is_unclear:
            return self._question(
                row.row,
                column,
                "зачисление или отчисление без понятной даты: пустые клетки строки не приняты за явку",
                "enrolling or leaving without a clear day: the row's empty cells are not taken as presence",
                _DATE_IT,
            )
        parts_ru, parts_en = [], []
        if said.first is not None:
            parts_ru.append(f"в группе с {said.first:%d.%m.%Y}")
            parts_en.append(f"in the group from {said.first:%Y-%m-%d}")
        if said.last is not None:
            parts_ru.append(f"в группе по {said.last:%d.%m.%Y}")
            parts_en.append(f"in the group until {said.last:%Y-%m-%d}")
        struck = ("строка зачёркнута; ", "the row is struck out; ") if child.is_struck else ("", "")
        return self._question(
            row.row,
            column,
            f"{struck[0]}понято: {', '.join(parts_ru)}; пустые клетки вне этих дней не явка",
            f"{struck[1]}understood: {', '.join(parts_en)}; empty cells outside are no presence",
            _CHECK_DATES,
        )

    # ------------------------------------------------------------ cells

    def _read_days(self, row: int, child: Child) -> None:
        reported: set[Area] = set()
        for day in self.header.days:
            if day.word.day > self.month.last.day:
                child.findings.extend(self._beyond_month(row, day))
                continue
            if all(column in self.grid.hidden_columns for column in day.span):
                continue
            if day.is_repeated:
                self._read_lessons(row, day, child)
                continue
            column, cell, problem = self._day_cell(row, day)
            cell = cell._replace(struck=False) if cell is not None and child.is_struck else cell
            where = place(self.grid.name, row, column)
            found = reading(cell, self.layout.signs) if cell is not None and problem is None else problem
            if found is None or found.what is None or found.cure is None:
                child.cells.append(DayCell(self.month.first.replace(day=day.word.day), where, found))
                continue
            area = self.grid.area(row, column)
            if area not in reported:
                reported.add(area)
                child.findings.append(unread(where, found.what, found.cure, self.words))

    def _read_lessons(self, row: int, day: DayColumn, child: Child) -> None:
        """A day with a column for each of its lessons: one mark says the same of all of them."""
        cells = [self.grid.cells.get((row, column)) for column in day.span]
        found = [reading(cell, self.layout.signs) for cell in cells if cell is not None]
        problem = next((one for one in found if one.what is not None), None)
        agreed = agreeing(found) if len(found) == len(cells) and problem is None else None
        where = place(self.grid.name, row, day.column)
        if not found or agreed is not None:
            child.cells.append(DayCell(self.month.first.replace(day=day.word.day), where, agreed))
        elif problem is not None and problem.what is not None and problem.cure is not None:
            child.findings.append(unread(where, problem.what, problem.cure, self.words))
        else:
            child.findings.append(unread(where, _LESSONS_DIFFER, _ONE_IN_DAY, self.words))

    def _day_cell(self, row: int, day: DayColumn) -> tuple[int, Cell | None, Reading | None]:
        """The day's cell and its column; a `Reading` where the cell itself is in doubt."""
        filled = [(column, cell) for column in day.span if (cell := self.grid.at(row, column)) is not None]
        distinct = list({self.grid.area(row, column): (column, cell) for column, cell in reversed(filled)}.values())
        if not distinct:
            return day.column, None, None
        if len(distinct) > 1:
            return distinct[-1][0], None, Reading(None, what=_TWO_IN_DAY, cure=_ONE_IN_DAY)
        column, cell = distinct[0]
        area = self.grid.area(row, column)
        covered = [other for other in self.header.days if area.left <= other.column <= area.right]
        is_within = day.span[0] <= area.left and area.right <= day.span[-1]
        if not is_within and (not covered or area.left != covered[0].column):
            return column, None, Reading(None, what=_BETWEEN_DAYS, cure=_UNDER_ITS_DAY)
        if len(covered) > 1 and cell.text not in self.layout.signs and cell.kind is Kind.NUMBER:
            return column, None, Reading(None, what=_HOURS_OVER_DAYS, cure=_UNMERGE)
        return (day.column if len(covered) > 1 else column), cell, None

    def _beyond_month(self, row: int, day: DayColumn) -> Iterator[Finding]:
        for column in day.span:
            cell = self.grid.cells.get((row, column))
            if cell is not None and not (cell.kind is Kind.TEXT and sign_key(cell.text) in BEYOND_MONTH):
                what = Text(
                    f"отметка в столбце {day.word.day}: такого дня в месяце нет",
                    f"a mark in the column of day {day.word.day}: the month has no such day",
                )
                yield unread(
                    place(self.grid.name, row, column),
                    what,
                    Text("Сотрите её или перенесите в нужный день.", "Clear it, or move it to the right day."),
                    self.words,
                )

    # ------------------------------------------------------------ places

    def _name_column(self, row: int) -> int:
        filled = (column for column in self.header.names if (row, column) in self.grid.cells)
        return next(filled, self.header.names[0])

    def _is_struck(self, row: int) -> bool:
        cells = [self.grid.cells[(row, column)] for column in self.header.names if (row, column) in self.grid.cells]
        return bool(cells) and all(cell.struck for cell in cells)

    def _row_unread(self, row: int, column: int | None, ru: str, en: str, cure: Text) -> Finding:
        return unread(place(self.grid.name, row, column), Text(ru, en), cure, self.words)

    def _question(self, row: int, column: int, ru: str, en: str, cure: Text) -> Finding:
        return question(place(self.grid.name, row, column), Text(ru, en), cure, self.words)


_NAME_IT = Text("Впишите имя ребёнка или сотрите строку.", "Write the child's name, or clear the row.")
_ENTER_NUMBER = Text("Впишите десять цифр номера сертификата текстом.", "Write the ten digits of the certificate's number as text.")
_STRUCK = Text(
    "Снимите зачёркивание или допишите «выбыл с ДД.ММ».", "Take the strike-out away, or add the day of leaving («выбыл с DD.MM»)."
)
_NUMBER_IT = Text(
    "Если это ребёнок, впишите номер по порядку; если нет, отделите строку от списка.",
    "If it is a child, write the ordinal number; if not, set the line apart from the list.",
)
_SHOW_ROW = Text("Покажите строку и отправьте файл ещё раз или удалите её.", "Show the row and send the file again, or delete it.")
_UNMERGE = Text("Разъедините клетки и впишите отметки по дням.", "Unmerge the cells and write the marks day by day.")
_MOVE_UP = Text("Перенесите ребёнка в список выше итога.", "Move the child into the list above the total.")
_DATE_IT = Text("Напишите «зачислен с ДД.ММ» или «отчислен с ДД.ММ».", "Write «зачислен с DD.MM» or «отчислен с DD.MM».")
_CHECK_DATES = Text("Если понято неверно, исправьте примечание.", "If this is wrong, mend the note.")
_BETWEEN_DAYS = Text("отметка стоит между двумя днями шапки", "the mark stands between two days of the header")
_UNDER_ITS_DAY = Text("Выровняйте клетки строки по дням шапки.", "Set the row's cells under the header's days.")
_LESSONS_DIFFER = Text(
    "у дня несколько столбцов, и отметки в них разные: какая к какому занятию, программа не знает",
    "the day has several columns and their marks differ: which belongs to which lesson is not known",
)
_TWO_IN_DAY = Text("в одном дне две отметки", "two marks in one day")
_ONE_IN_DAY = Text("Оставьте в дне одну отметку.", "Keep one mark in the day.")
_HOURS_OVER_DAYS = Text("число часов в клетке, слитой из нескольких дней", "a number of hours in a cell merged over several days")
