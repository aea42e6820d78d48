"""A report as XLSX: written row by row, sums as numbers, and no text of anybody's that a spreadsheet would take for a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

BOLD = Font(bold=True)
MONEY_FORMAT = "#,##0.00"
WIDTH_FIRST, WIDTH = 46, 20
TITLE_MAX = 31
FORBIDDEN_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
RISKY = ("=", "+", "-", "@", "\t", "\r")


class Roubles(NamedTuple):
    """A sum for a cell."""

    kopecks: int


Cell = str | int | Roubles | None


class Sheet(NamedTuple):
    """A sheet: its name, what stands above the table, the table's head and its rows."""

    title: str
    above: Sequence[str]
    head: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def as_bytes(sheets: Iterable[Sheet]) -> bytes:
    """The workbook."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        made: Any = book.create_sheet(sheet.title.translate(FORBIDDEN_IN_TITLES)[:TITLE_MAX])  # a write-only one, by the book's own kind
        for number in range(len(sheet.head)):
            made.column_dimensions["ABCDEFGHIJ"[number]].width = WIDTH if number else WIDTH_FIRST
        for text in sheet.above:
            made.append([_written(made, text)])
        made.append([])
        made.append([_written(made, text, is_head=True) for text in sheet.head])
        for row in sheet.rows:
            made.append([_written(made, value) for value in row])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _written(sheet: Any, value: Cell, is_head: bool = False) -> Any:
    if isinstance(value, Roubles):
        cell: Any = WriteOnlyCell(sheet)
        cell.value = Decimal(value.kopecks).scaleb(-2)
        cell.number_format = MONEY_FORMAT
        return cell
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # a text that begins with «=» stays one
        if value.startswith(RISKY):
            cell.quotePrefix = True  # and stays one where the sheet is saved as something else
    if is_head:
        cell.font = BOLD
    return cell
