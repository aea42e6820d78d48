"""XLSX → grids. Values are the results that the file holds; a formula is never evaluated."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.cell import Cell as BookCell
from openpyxl.worksheet.worksheet import Worksheet

from adapters.spreadsheet.container import check_unpacked, damaged
from adapters.spreadsheet.findings import refused
from adapters.spreadsheet.grid import Area, Cell, Grid, Kind
from adapters.spreadsheet.settings import SpreadsheetSettings
from adapters.spreadsheet.words import tidy
from gateway.plugins import Text


def read_xlsx(path: Path, settings: SpreadsheetSettings) -> list[Grid]:
    """All worksheets, hidden ones included.

    Raises:
        InputRefused: the workbook is damaged or beyond a limit.
    """
    has_formula = check_unpacked(path, settings)
    results = _load(path, data_only=True)
    try:
        sheets = [sheet for sheet in results.worksheets if isinstance(sheet, Worksheet)]
        if len(sheets) > settings.sheets_max:
            raise refused(
                Text(f"в книге больше {settings.sheets_max} листов", f"the workbook has more than {settings.sheets_max} sheets"),
                Text("Разделите книгу на несколько.", "Split the workbook."),
            )
        formulas = _load(path, data_only=False) if has_formula else None
        return [_grid(sheet, formulas[sheet.title] if formulas else None, settings) for sheet in sheets]
    finally:
        results.close()


def _load(path: Path, data_only: bool) -> openpyxl.Workbook:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(path, data_only=data_only, keep_links=False)
    except Exception as error:  # the library raises whatever a damaged part makes it stumble over
        raise damaged() from error


def _grid(sheet: Worksheet, formulas: Any, settings: SpreadsheetSettings) -> Grid:
    cells: dict[tuple[int, int], Cell] = {}
    for where, book_cell in _filled(sheet):
        cell = _cell(book_cell, settings)
        if cell is not None:
            cells[where] = cell
    if formulas is not None:
        for where, book_cell in _filled(formulas):
            if book_cell.data_type == "f" and where not in cells and sheet.cell(*where).value is None:
                cells[where] = Cell(Kind.NO_RESULT, "=")
    within = {where: cell for where, cell in cells.items() if where[0] <= settings.rows_max and where[1] <= settings.columns_max}
    return Grid(
        name=sheet.title,
        cells=within,
        beyond=next((where for where in cells if where not in within), None),
        is_hidden=sheet.sheet_state != "visible",
        hidden_rows=frozenset(row for row, look in sheet.row_dimensions.items() if look.hidden or look.height == 0),
        hidden_columns=frozenset(_hidden_columns(sheet, settings)),
        merged=tuple(_merged(sheet, settings)),
    )


def _filled(sheet: Any) -> Iterator[tuple[tuple[int, int], BookCell]]:
    """The cells that the file really holds: a stray one at XFD1048576 must not make a full rectangle of them."""
    for where, book_cell in sheet._cells.items():
        if isinstance(book_cell, BookCell) and book_cell.value is not None:
            yield where, book_cell


def _hidden_columns(sheet: Worksheet, settings: SpreadsheetSettings) -> Iterator[int]:
    for look in sheet.column_dimensions.values():
        if look.hidden or look.width == 0:
            first, last = look.min or 0, look.max or 0
            yield from range(first, min(last, settings.columns_max) + 1)


def _merged(sheet: Worksheet, settings: SpreadsheetSettings) -> Iterator[Area]:
    for area in sheet.merged_cells.ranges:
        if area.min_row <= settings.rows_max and area.min_col <= settings.columns_max:
            yield Area(area.min_row, area.min_col, min(area.max_row, settings.rows_max), min(area.max_col, settings.columns_max))


def _cell(book_cell: BookCell, settings: SpreadsheetSettings) -> Cell | None:
    value: Any = book_cell.value
    struck = bool(book_cell.has_style and book_cell.font.strike)
    if book_cell.data_type == "e":
        return Cell(Kind.ERROR, str(value))
    if isinstance(value, bool):
        return Cell(Kind.BOOLEAN, str(value).upper(), struck=struck)
    if isinstance(value, int | float):
        number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
        return Cell(Kind.NUMBER, _shortest(number), number=number, struck=struck) if number.is_finite() else Cell(Kind.ERROR, str(value))
    if isinstance(value, dt.datetime | dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        return Cell(Kind.DATE, day.isoformat(), date=day, shows_month=_shows_month(str(book_cell.number_format)), struck=struck)
    if isinstance(value, dt.time | dt.timedelta):
        return Cell(Kind.DATE, str(value), struck=struck)
    text = tidy(str(value)[: settings.cell_characters_max])
    return Cell(Kind.TEXT, text, struck=struck) if text else None


def _shortest(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shows_month(number_format: str) -> bool:
    bare = re.sub(r'\[[^\]]*\]|"[^"]*"|\\.', "", number_format).lower()
    return "mmm" in bare and "d" not in bare
