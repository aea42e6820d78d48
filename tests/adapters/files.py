"""The same table written as each kind of file that the adapter reads, with what the kind can say of it: hidden, struck, merged."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import xlwt
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Table = Sequence[Sequence[Any]]
Merged = tuple[int, int, int, int]
"""Top, left, bottom, right, from 1."""

KINDS = ("xlsx", "xls", "ods", "html", "docx", "csv")
SEEING = ("xlsx", "xls", "ods")
"""Kinds that have hidden columns."""


def written(
    folder: Path,
    kind: str,
    table: Table,
    name: str | None = None,
    *,
    hidden_rows: Collection[int] = (),
    hidden_columns: Collection[int] = (),
    struck_rows: Collection[int] = (),
    merged: Collection[Merged] = (),
) -> Path:
    """The file; None and "" are empty cells."""
    path = folder / (name or f"табель.{kind}")
    looks = (set(hidden_rows), set(hidden_columns), set(struck_rows), list(merged))
    if kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows([["" if value is None else value for value in row] for row in table])
    elif kind == "html":
        path.write_text(html(table, *looks), encoding="utf-8")
    elif kind == "docx":
        zipped(path, {"word/document.xml": docx(table, *looks)})
    elif kind == "ods":
        zipped(path, ods_parts(ods_table("Лист1", table, *looks)))
    elif kind == "xls":
        _xls(path, table, *looks)
    else:
        _xlsx(path, table, *looks)
    return path


def zipped(path: Path, parts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def _xlsx(path: Path, table: Table, hidden_rows: set[int], hidden_columns: set[int], struck: set[int], merged: list[Merged]) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Лист1"
    for row, values in enumerate(table, 1):
        for column, value in enumerate(values, 1):
            cell = sheet.cell(row, column, None if value == "" else value)
            if row in struck:
                cell.font = Font(strike=True)
    for row in hidden_rows:
        sheet.row_dimensions[row].hidden = True
    for column in hidden_columns:
        sheet.column_dimensions[get_column_letter(column)].hidden = True
    for top, left, bottom, right in merged:
        sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
    book.save(path)


def _xls(path: Path, table: Table, hidden_rows: set[int], hidden_columns: set[int], struck: set[int], merged: list[Merged]) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Лист1")
    plain, strike = xlwt.XFStyle(), xlwt.easyxf("font: struck_out on")
    for row, values in enumerate(table, 1):
        for column, value in enumerate(values, 1):
            if value not in ("", None):
                sheet.write(row - 1, column - 1, value, strike if row in struck else plain)
    for row in hidden_rows:
        sheet.row(row - 1).hidden = True
    for column in hidden_columns:
        sheet.col(column - 1).hidden = True
    for top, left, bottom, right in merged:
        sheet.merged_ranges.append((top - 1, bottom - 1, left - 1, right - 1))
    book.save(str(path))


# ---------------------------------------------------------------- ODS

ODS_STYLES = (
    '<style:style style:name="ce1" style:family="table-cell"/>'
    '<style:style style:name="ce2" style:family="table-cell"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>'
)


def ods_parts(tables: str, styles: str = ODS_STYLES) -> dict[str, str]:
    """A whole ODS of these tables."""
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for name, long in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("number", "datastyle"))
    )
    calc = ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return {
        "mimetype": kind,
        "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
        "content.xml": f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names}{calc}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document-content>",
    }


def ods_table(
    name: str, table: Table, hidden_rows: set[int], hidden_columns: set[int], struck: set[int], merged: list[Merged], style: str = "ta1"
) -> str:
    """Equal neighbours stand as one repeated cell, as the office program writes them."""
    width = max(map(len, table))
    columns = "".join(f"<table:table-column{_collapsed(column in hidden_columns)}/>" for column in range(1, width + 1))
    spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in merged}
    rows = []
    for row, values in enumerate(table, 1):
        cells = [
            ods_cell(value, "ce2" if row in struck else "ce1", *spans.get((row, column), (1, 1))) for column, value in enumerate(values, 1)
        ]
        rows.append(f"<table:table-row{_collapsed(row in hidden_rows)}>{_repeated(cells)}</table:table-row>")
    return f'<table:table table:name="{name}" table:style-name="{style}">{columns}{"".join(rows)}</table:table>'


def ods_cell(value: Any, style: str = "ce1", rows: int = 1, columns: int = 1) -> str:
    look = f' table:style-name="{style}"'
    if (rows, columns) != (1, 1):
        look += f' table:number-columns-spanned="{columns}" table:number-rows-spanned="{rows}"'
    if value in ("", None):
        return f"<table:table-cell{look}/>"
    kind = 'office:value-type="string"' if isinstance(value, str) else f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell{look} {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def _collapsed(is_hidden: bool) -> str:
    return ' table:visibility="collapse"' if is_hidden else ""


def _repeated(cells: list[str]) -> str:
    found: list[tuple[str, int]] = []
    for cell in cells:
        if found and found[-1][0] == cell and "-spanned" not in cell:
            found[-1] = (cell, found[-1][1] + 1)
        else:
            found.append((cell, 1))
    return "".join(
        cell if count == 1 else cell.replace("<table:table-cell", f'<table:table-cell table:number-columns-repeated="{count}"', 1)
        for cell, count in found
    )


# ---------------------------------------------------------------- HTML, DOCX


def html(table: Table, hidden_rows: set[int], hidden_columns: set[int], struck: set[int], merged: list[Merged]) -> str:
    """A page with one table; hidden columns it cannot say."""
    assert not hidden_columns
    spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in merged}
    covered = _covered(merged)
    rows = []
    for row, values in enumerate(table, 1):
        cells = []
        for column, value in enumerate(values, 1):
            if (row, column) not in covered:
                down, right = spans.get((row, column), (1, 1))
                text = "" if value is None else escape(str(value))
                text = f"<s>{text}</s>" if row in struck else text
                cells.append(f'<td rowspan="{down}" colspan="{right}">{text}</td>')
        rows.append(f"<tr{' style=display:none' if row in hidden_rows else ''}>{''.join(cells)}</tr>")
    return f'<html><head><meta charset="utf-8"></head><body><table>{"".join(rows)}</table></body></html>'


def docx(table: Table, hidden_rows: set[int], hidden_columns: set[int], struck: set[int], merged: list[Merged]) -> str:
    """A document with one table; hidden columns it cannot say."""
    assert not hidden_columns
    rows = []
    for row, values in enumerate(table, 1):
        cells = []
        for column, value in enumerate(values, 1):
            area = next((area for area in merged if area[0] <= row <= area[2] and area[1] <= column <= area[3]), (row, column, row, column))
            if column != area[1]:
                continue
            look = f'<w:gridSpan w:val="{area[3] - area[1] + 1}"/>'
            if area[2] > area[0]:
                look += '<w:vMerge w:val="restart"/>' if row == area[0] else "<w:vMerge/>"
            strike = "<w:rPr><w:strike/></w:rPr>" if row in struck else ""
            text = "" if value is None or row != area[0] else escape(str(value))
            cells.append(f"<w:tc><w:tcPr>{look}</w:tcPr><w:p><w:r>{strike}<w:t>{text}</w:t></w:r></w:p></w:tc>")
        hidden = "<w:trPr><w:hidden/></w:trPr>" if row in hidden_rows else ""
        rows.append(f"<w:tr>{hidden}{''.join(cells)}</w:tr>")
    return document(f"<w:tbl>{''.join(rows)}</w:tbl>")


def document(body: str) -> str:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'


def _covered(merged: list[Merged]) -> set[tuple[int, int]]:
    return {
        (row, column)
        for top, left, bottom, right in merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
        if (row, column) != (top, left)
    }
