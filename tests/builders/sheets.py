"""Month sheets as clubs have them: the state form 0504608 as a workbook, the same bytes for the same words on any day."""

from __future__ import annotations

import calendar
import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

FIRST_ROW = 9
"""The row of the first child of a sheet's first group."""

FIRST_DAY_COLUMN = 5

MONTHS = ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь")
WRITTEN_ON = dt.datetime(2025, 1, 1)


@dataclass(frozen=True)
class Row:
    """One child. ``certificate``: a string as it should be, an integer as Excel spoils it, or nothing. ``marks``: day → its cell."""

    name: str
    certificate: str | int | None = None
    marks: Mapping[int, str | int | float] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Grid:
    """One group's month. ``days_off``: the days that bear «В»; None: Saturdays and Sundays. ``fee``: what the column of the rate says."""

    group: str
    month: dt.date
    rows: Sequence[Row]
    days_off: Sequence[int] | None = None
    fee: str = ""


def month_book(institution: str, sheets: Mapping[str, Sequence[Grid]]) -> bytes:
    """A workbook: a sheet's name → its grids, one under another."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, grids in sheets.items():
        sheet = book.create_sheet(name)
        top = 1
        for grid in grids:
            top = _write_grid(sheet, top, institution, grid) + 2
    return _timeless(book)


def one_grid(institution: str, grid: Grid) -> bytes:
    """A workbook of one sheet, named after the month, with one group."""
    return month_book(institution, {MONTHS[grid.month.month - 1].capitalize(): [grid]})


def _write_grid(sheet: Worksheet, top: int, institution: str, grid: Grid) -> int:
    """Writes one grid from the row ``top`` on and returns its last row."""
    days = calendar.monthrange(grid.month.year, grid.month.month)[1]
    off = grid.days_off
    if off is None:
        off = [day for day in range(1, days + 1) if grid.month.replace(day=day).isoweekday() > 5]
    total, reasons = FIRST_DAY_COLUMN + days, FIRST_DAY_COLUMN + days + 1

    sheet.cell(top, 2, "ТАБЕЛЬ")
    sheet.cell(top, total - 1, "КОДЫ")
    sheet.cell(top + 1, 2, "УЧЕТА ПОСЕЩАЕМОСТИ ДЕТЕЙ")
    sheet.cell(top + 1, total - 5, "Форма по ОКУД")
    sheet.cell(top + 1, total - 1, "0504608")
    sheet.cell(top + 2, 2, f"за {MONTHS[grid.month.month - 1]} {grid.month.year} г.")
    sheet.cell(top + 3, 1, "Учреждение")
    sheet.cell(top + 3, 3, institution)
    sheet.cell(top + 4, 1, "Группа")
    sheet.cell(top + 4, 3, grid.group)

    head = top + 6
    titles = {
        1: "№ п/п",
        2: "Фамилия, имя ребенка",
        3: "Номер счета",
        4: "Плата по ставке",
        total: "Пропущено дней, всего",
        reasons: "Причины непосещения",
    }
    for column, title in titles.items():
        sheet.cell(head, column, title).alignment = Alignment(wrap_text=True)
        sheet.merge_cells(start_row=head, end_row=head + 1, start_column=column, end_column=column)
    sheet.cell(head, FIRST_DAY_COLUMN, "Дни посещения")
    sheet.merge_cells(start_row=head, end_row=head, start_column=FIRST_DAY_COLUMN, end_column=total - 1)
    for day in range(1, days + 1):
        sheet.cell(head + 1, FIRST_DAY_COLUMN + day - 1, day)
        sheet.column_dimensions[get_column_letter(FIRST_DAY_COLUMN + day - 1)].width = 4
    sheet.column_dimensions["B"].width = 34
    sheet.column_dimensions["C"].width = 14

    number = head + 1
    for place, row in enumerate(grid.rows, 1):
        number += 1
        sheet.cell(number, 1, place)
        sheet.cell(number, 2, row.name)
        if row.certificate is not None:
            cell = sheet.cell(number, 3, row.certificate)
            if isinstance(row.certificate, str):
                cell.number_format = "@"
        if grid.fee:
            sheet.cell(number, 4, grid.fee)
        cells = {day: "В" for day in off} | dict(row.marks)
        for day, value in cells.items():
            if value != "":
                sheet.cell(number, FIRST_DAY_COLUMN + day - 1, value)
        if row.reason:
            sheet.cell(number, reasons, row.reason)
    sheet.cell(number + 2, 2, "Педагог")
    sheet.cell(number + 3, 2, "Заместитель директора")
    return number + 3


def _timeless(book: Workbook) -> bytes:
    """The workbook's bytes without the hour at which it was written."""
    book.properties.created = book.properties.modified = WRITTEN_ON
    written, timeless = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(timeless, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2025-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, date_time=(2025, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return timeless.getvalue()
