"""Writing workbooks for people: sums are numbers, and no text is taken for a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

Value = str | int | Decimal | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MONEY = "#,##0.00"
CHARACTERS_MAX = 32_000
"""Of one cell: a workbook holds little more."""
_THIN = Side(style="thin")
_LINE = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def harmless(text: str) -> str:
    """A text that an office program would read as a formula gets an apostrophe before it; what no workbook can hold is left out."""
    text = ILLEGAL_CHARACTERS_RE.sub("", text)[:CHARACTERS_MAX]
    return "'" + text if text.startswith(_FORMULA) else text


def table(sheet: Worksheet, top: int, head: Sequence[str], rows: Iterable[Sequence[Value]], money: Sequence[int] = ()) -> int:
    """Write a table and return its last row."""
    put(sheet, top, head, bold=True, lines=True)
    number = top
    for number, row in enumerate(rows, start=top + 1):
        put(sheet, number, row, lines=True, money=money)
    return number


def put(sheet: Worksheet, row: int, values: Sequence[Value], bold: bool = False, lines: bool = False, money: Sequence[int] = ()) -> None:
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(row, column, harmless(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            cell.data_type = "s"
        cell.font = Font(name="Times New Roman", size=11, bold=bold)
        if lines:
            cell.border = _LINE
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        if column in money:
            cell.number_format = _MONEY


def page(sheet: Worksheet, widths: Sequence[int]) -> None:
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
