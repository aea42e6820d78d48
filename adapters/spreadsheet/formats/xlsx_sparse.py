"""XLSX → grids by openpyxl, cell by cell: for sheets whose cells stand far apart or do not say where they stand. Slower than `xlsx`, which
is for all others; what both read of a sheet is the same."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.cell import Cell as BookCell
from openpyxl.worksheet.worksheet import Worksheet

from adapters.spreadsheet.container import damaged, too_many_sheets
from adapters.spreadsheet.grid import Area, Cell, Grid, Kind, cell_of, shows_month
from adapters.spreadsheet.settings import SpreadsheetSettings


def read_sparse(path: Path, has_formula: bool, settings: SpreadsheetSettings) -> list[Grid]:
    """All worksheets, hidden ones included; the file has passed `checked_parts`.

    Raises:
        InputRefused: the workbook is damaged or beyond a limit.
    """
    results = _load(path, data_only=True)
    try:
        sheets = [sheet for sheet in results.worksheets if isinstance(sheet, Worksheet)]
        if len(sheets) > settings.sheets_max:
            raise too_many_sheets(settings.sheets_max)
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
        cell = _cell(book_cell)
        if cell is not None:
            cells[where] = cell
    if formulas is not None:
        for where, book_cell in _filled(formulas):
            if book_cell.data_type == "f" and where not in cells and sheet.cell(*where).value is None:
                cells[where] = Cell(Kind.NO_RESULT, "=")
    near = {where: cell for where, cell in cells.items() if where[0] <= settings.list_rows_max and where[1] <= settings.columns_max}
    return Grid(
        name=sheet.title,
        special=near,
        beyond=next((where for where in cells if where not in near), None),
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


def _cell(book_cell: BookCell) -> Cell | None:
    value: Any = book_cell.value
    if book_cell.data_type == "e":
        return Cell(Kind.ERROR, str(value))
    cell = cell_of(value)
    if cell is None or cell.kind is Kind.ERROR:
        return cell
    struck = bool(book_cell.has_style and book_cell.font.strike)
    return cell._replace(struck=struck, shows_month=cell.date is not None and shows_month(str(book_cell.number_format)))
