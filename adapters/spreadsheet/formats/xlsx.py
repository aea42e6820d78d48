"""XLSX → grids: values by python-calamine, what it does not tell (errors, strike-out, hidden rows) out of the sheets' XML, and only where
a sheet has any of it. A sheet with cells far away or without their places is left to `xlsx_sparse`. A formula is never evaluated."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from adapters.spreadsheet.container import checked_parts, damaged
from adapters.spreadsheet.formats.calamine import Values, sheet_values
from adapters.spreadsheet.formats.xlsx_sparse import read_sparse
from adapters.spreadsheet.grid import Cell, Grid, Kind, Where, column_number, filled_beyond, shows_month, within
from adapters.spreadsheet.settings import SpreadsheetSettings

_ANY = "{*}"
_RANGE = re.compile(
    rb"""<(?:\w+:)?(?:mergeCell|hyperlink)\b[^>]*?\bref=["']\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})"""
)
_SCATTERED = re.compile(rb'<c r="(?:[A-Z]{3}|[A-Z]{1,2}\d{5}|[E-Z][A-Z]\d{4})')
_PLACE = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_HIDDEN_ROW = re.compile(rb'<row r="(\d{1,7})"(?=[^>]*? (?:hidden="(?:1|true)"|ht="0(?:\.0*)?"))')
_COLUMN = re.compile(rb"<col\b([^>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*["']([^"']*)["']""")
_ERROR = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"(?=[^>]* t="e")[^>]*>.*?<v>([^<]*)</v>', re.DOTALL)
_FORMULA = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>\s*<f\b.*?</c>', re.DOTALL)
_RESULT = re.compile(rb"<(?:v|t)(?: [^>]*)?>[^<]+<")
_CELLS_DENSE_MAX = 2_000_000
_BUILTIN_MONTHS = {17}  # mmm-yy


def read_xlsx(path: Path, settings: SpreadsheetSettings) -> list[Grid]:
    """All worksheets, hidden ones included.

    Raises:
        InputRefused: the workbook is damaged or beyond a limit.
    """
    parts = checked_parts(path, settings, _elements)
    try:
        sheets = [parts[part] for part in _sheet_parts(parts)]
        looks = _Looks.of(parts)
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise damaged() from error
    if not all(_is_plain(sheet) for sheet in sheets):
        return read_sparse(path, any(b"<f" in sheet or b":f>" in sheet or b":f " in sheet for sheet in sheets), settings)
    return [_grid(values, sheets[values.number], looks, settings) for values in sheet_values(path, settings)]


def _elements(part: str, data: bytes) -> int:
    """Cells and rows of a sheet's part, and the cells that a merged area or a link over an area makes a library create."""
    if not part.startswith("xl/worksheets/") or part.count("/") != 2:
        return 0
    tags = sum(data.count(tag) for tag in (b"<c ", b"<c>", b"<c/", b"<row", b":c ", b":c>", b":c/", b":row"))
    areas = _RANGE.finditer(data) if b"mergeCell" in data or b"hyperlink" in data else ()
    return tags + sum(map(_cells_covered, areas))


def _cells_covered(match: re.Match[bytes]) -> int:
    left, top, right, bottom = (column_number(match[1].decode()), int(match[2]), column_number(match[3].decode()), int(match[4]))
    return (abs(right - left) + 1) * (abs(bottom - top) + 1)


def _sheet_parts(parts: Mapping[str, bytes]) -> list[str]:
    """The part of each sheet, in the workbook's order; charts and the like among them."""
    book = ElementTree.fromstring(parts["xl/workbook.xml"])
    relations = ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    found = []
    for sheet in book.iterfind(f"{_ANY}sheets/{_ANY}sheet"):
        target = targets[next(value for name, value in sheet.items() if name.endswith("}id"))].lower()
        found.append(target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target)))
    return found


class _Looks(NamedTuple):
    """Numbers of the cell formats that matter."""

    struck: frozenset[int]
    months: frozenset[int]

    @classmethod
    def of(cls, parts: Mapping[str, bytes]) -> _Looks:
        if "xl/styles.xml" not in parts:
            return cls(frozenset(), frozenset())
        styles = ElementTree.fromstring(parts["xl/styles.xml"])
        struck_fonts = {
            number
            for number, font in enumerate(styles.iterfind(f"{_ANY}fonts/{_ANY}font"))
            if (strike := font.find(f"{_ANY}strike")) is not None and strike.get("val", "1") in ("1", "true")
        }
        month_formats = _BUILTIN_MONTHS | {
            int(style.get("numFmtId", "0"))
            for style in styles.iterfind(f"{_ANY}numFmts/{_ANY}numFmt")
            if shows_month(style.get("formatCode", ""))
        }
        formats = list(enumerate(styles.iterfind(f"{_ANY}cellXfs/{_ANY}xf")))
        return cls(
            frozenset(number for number, look in formats if int(look.get("fontId", "0")) in struck_fonts),
            frozenset(number for number, look in formats if int(look.get("numFmtId", "0")) in month_formats),
        )


def _is_plain(sheet: bytes) -> bool:
    """Whether every row and cell says its place as all office programs write it, and no cell stands so far away that the rectangle of
    all cells would fill the memory."""
    in_order = sheet.count(b"<c ") == sheet.count(b'<c r="') and sheet.count(b"<row ") == sheet.count(b'<row r="')
    if not in_order or any(tag in sheet for tag in (b"<c>", b"<c/>", b"<row>", b":c ", b":row ", b"<!--", b"<![CDATA[")):
        return False
    if _SCATTERED.search(sheet) is None:
        return True
    last_row = last_column = 1
    for letters, digits in _PLACE.findall(sheet):
        last_row, last_column = max(last_row, int(digits)), max(last_column, column_number(letters.decode()))
    return last_row * last_column <= _CELLS_DENSE_MAX


def _grid(values: Values, sheet: bytes, looks: _Looks, settings: SpreadsheetSettings) -> Grid:
    return Grid(
        name=values.name,
        values=within(values.rows, settings.list_rows_max, settings.columns_max),
        special=dict(_special(sheet)),
        is_hidden=values.is_hidden,
        hidden_rows=_hidden_rows(sheet),
        hidden_columns=frozenset(_hidden_columns(sheet, settings)),
        merged=values.merged,
        struck=_of_formats(sheet, looks.struck),
        month_dates=_of_formats(sheet, looks.months),
        beyond=filled_beyond(values.rows, settings.list_rows_max, settings.columns_max),
    )


def _special(sheet: bytes) -> Iterator[tuple[Where, Cell]]:
    """Errors, which the library leaves empty, and formulas whose result the file does not hold."""
    if b' t="e"' in sheet:
        for match in _ERROR.finditer(sheet):
            yield _where(match), Cell(Kind.ERROR, match[3].decode())
    if b"<f" in sheet:
        for match in _FORMULA.finditer(sheet):
            if _RESULT.search(match[0]) is None:
                yield _where(match), Cell(Kind.NO_RESULT, "=")


def _where(match: re.Match[bytes]) -> Where:
    return int(match[2]), column_number(match[1].decode())


def _hidden_rows(sheet: bytes) -> frozenset[int]:
    if b' hidden="' not in sheet and b' ht="0' not in sheet:
        return frozenset()
    return frozenset(int(match[1]) for match in _HIDDEN_ROW.finditer(sheet))


def _hidden_columns(sheet: bytes, settings: SpreadsheetSettings) -> Iterator[int]:
    for column in _COLUMN.finditer(sheet, 0, max(sheet.find(b"<sheetData"), 0)):
        look = dict(_ATTRIBUTE.findall(column[1]))
        if look.get(b"hidden") in (b"1", b"true") or float(look.get(b"width", b"1")) == 0:
            yield from range(int(look[b"min"]), min(int(look[b"max"]), settings.columns_max) + 1)


def _of_formats(sheet: bytes, numbers: frozenset[int]) -> frozenset[Where]:
    """The cells of these formats."""
    if not numbers:
        return frozenset()
    either = b"|".join(str(number).encode() for number in sorted(numbers))
    pattern = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*? s="(?:' + either + rb')"')
    return frozenset(map(_where, pattern.finditer(sheet)))
