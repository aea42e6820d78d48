"""Builders of timesheets: an XLSX month grid as a club has it, and what the adapter makes of it."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from adapters.spreadsheet.adapter import SpreadsheetAdapter
from gateway.plugins import Batch, Finding, Group, InputRefused, Lesson, Level, Mark, Member, Window, month_period

NOW = dt.datetime(2025, 11, 5, 10, 0, tzinfo=dt.UTC)
FORM = {"cells": {"empty": "attended", "codes": {"Н": "absent", "В": "day_off", "Х": "nothing"}}}
DAY_1 = 4  # column D

Marks = Mapping[int, Any]
"""Day → what stands in its cell."""


@dataclass
class Taken:
    """What came out of a file: everything, flattened."""

    batches: list[Batch]

    @property
    def records(self) -> list[Any]:
        return [record for batch in self.batches for record in batch.records]

    @property
    def groups(self) -> list[str]:
        return [record.words for record in self.records if isinstance(record, Group)]

    @property
    def members(self) -> list[Member]:
        return [record for record in self.records if isinstance(record, Member)]

    @property
    def names(self) -> list[str]:
        return [member.name for member in self.members]

    @property
    def lessons(self) -> list[Lesson]:
        return [record for record in self.records if isinstance(record, Lesson)]

    @property
    def windows(self) -> list[Window]:
        return [window for batch in self.batches for window in batch.windows]

    @property
    def findings(self) -> list[Finding]:
        return [finding for batch in self.batches for finding in batch.findings]

    def marks(self, name: str) -> dict[int, str]:
        """Day of month → status, of the one member of that name; hours follow a colon."""
        (key,) = [member.key for member in self.members if member.name == name]
        return {
            mark.day.day: str(mark.status.value) + ("" if mark.hours is None else f":{mark.hours}")
            for mark in self.records
            if isinstance(mark, Mark) and mark.member == key
        }

    def said(self, name: str, *days: int) -> list[str | None]:
        marks = self.marks(name)
        return [marks.get(day) for day in days]

    def unread(self) -> list[tuple[str | None, int | None, str | None]]:
        return [finding.place[:3] for finding in self.findings if finding.level is Level.UNREAD]

    def questions(self) -> list[tuple[str | None, int | None, str | None]]:
        return [finding.place[:3] for finding in self.findings if finding.level is Level.QUESTION]


def taken(path: Path, mapping: Mapping[str, Any] = FORM, month: str | None = "2025-10") -> Taken:
    return Taken(list(SpreadsheetAdapter().parse(path, mapping, month, NOW)))


def refusal(path: Path, mapping: Mapping[str, Any] = FORM, month: str | None = "2025-10") -> Finding:
    """The finding with which the file is refused; fails where it is not."""
    try:
        batches = list(SpreadsheetAdapter().parse(path, mapping, month, NOW))
    except InputRefused as refused:
        return refused.finding
    raise AssertionError(f"not refused: {batches}")


@dataclass
class Sheet:
    """A month grid: head, header, children, in rows that the builder counts."""

    sheet: Worksheet
    month: str = "2025-10"
    row: int = 1
    first_day: int = DAY_1

    def line(self, *cells: Any) -> int:
        """A row from column A on; its number."""
        for column, value in enumerate(cells, 1):
            if value is not None:
                self.sheet.cell(self.row, column, value)
        self.row += 1
        return self.row - 1

    def head(self, group: str | None = "Шахматы", month: str | None = "за октябрь 2025 г.") -> Sheet:
        self.line(None, "ТАБЕЛЬ")
        if month is not None:
            self.line(None, month)
        if group is not None:
            self.line("Группа", None, group)
        return self

    def header(
        self, days: Iterable[Any] | None = None, reason: str = "Причины непосещения (основание)", number: str = "Номер счета"
    ) -> int:
        """№ п/п | ФИО | number | days | reason; the row's number."""
        shown = list(days) if days is not None else list(range(1, month_period(self.month).last.day + 1))
        return self.line("№ п/п", "Фамилия, имя ребенка", number, *shown, reason)

    def child(
        self, name: str | None, marks: Marks | None = None, number: Any = None, ordinal: Any = 1, reason: str | None = None, days: int = 31
    ) -> int:
        row = self.line(ordinal, name, number)
        for day, value in (marks or {}).items():
            self.sheet.cell(row, self.first_day + day - 1, value)
        if reason is not None:
            self.sheet.cell(row, self.first_day + days, reason)
        return row

    def blank(self) -> Sheet:
        self.row += 1
        return self

    def strike(self, row: int) -> None:
        for column in range(1, self.first_day + 32):
            self.sheet.cell(row, column).font = Font(strike=True)


def column(day: int, first_day: int = DAY_1) -> str:
    return get_column_letter(first_day + day - 1)


def with_sheet(path: Path, change: Callable[[str], str]) -> Path:
    """The same workbook with its first sheet's XML changed: for what the writing library cannot say."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = change(parts["xl/worksheets/sheet1.xml"].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


class Book:
    """A workbook under the builder's hands."""

    def __init__(self, folder: Path, name: str = "табель.xlsx") -> None:
        self.path = folder / name
        self.book = Workbook()
        self.book.remove(self.book.worksheets[0])

    def sheet(self, title: str = "Лист1", month: str = "2025-10") -> Sheet:
        return Sheet(self.book.create_sheet(title), month)

    def grid(self, title: str = "Лист1", group: str | None = "Шахматы") -> Sheet:
        """A sheet with head and header, ready for children."""
        sheet = self.sheet(title)
        sheet.head(group)
        sheet.header()
        return sheet

    def save(self) -> Path:
        self.book.save(self.path)
        return self.path
