"""XLSX → grids: values by python-calamine, what it does not tell (errors, strike-out, hidden rows) out of the sheets' XML, and only where
a sheet has any of it. A sheet with cells far away or without their places is left to `xlsx_sparse`. A formula is never evaluated."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from adapters.spreadsheet.container import checked_parts, damaged, repacked, too_many_cells
from adapters.spreadsheet.formats.calamine import Values, sheet_values
from adapters.spreadsheet.formats.xlsx_sparse import read_sparse
from adapters.spreadsheet.grid import Cell, Grid, Kind, Where, column_number, filled_beyond, shows_month, within
from adapters.spreadsheet.settings import SpreadsheetSettings

_ANY = "{*}"
_RANGE = re.compile(
    rb"""<(?:\w+:)?(?:mergeCell|hyperlink)\b[^>]*?\bref=["']\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})"""
)
_PREFIXED = re.compile(rb"""xmlns:\w+\s*=\s*["'][^"']*(?:spreadsheetml/2006/main|ooxml/spreadsheetml/main)""")
_NEAR = rb'r="(?:[A-D]?[A-Z]\d{1,4}+|[A-Z]{2}\d{1,3}+)"'
_EMPTY = re.compile(rb'<c r="[A-Z]{1,3}+\d{1,7}+"(?: s="\d++")?+(?: t="n")?+(?: ?+/>|></c>)')
_FAR = re.compile(rb"<c (?!" + _NEAR + rb")")
_ROW = re.compile(rb"<row\b[^>]*")
_ROW_PLACE = re.compile(rb' r="(\d{1,7})"')
_HIDDEN = re.compile(rb' (?:hidden="(?:1|true)"|ht="0(?:\.0*)?")')
_PLACE = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_COLUMN = re.compile(rb"<col\b([^>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*["']([^"']*)["']""")
_RESULT = re.compile(rb"<(?:v|t)(?: [^>]*)?>([^<]+)<")
_CELLS_DENSE_MAX = 2_000_000
_REPACKED_BYTES_MAX = 16_000_000
_CELL_BYTES_MIN = 11  # <c r="A1"/>
_BUILTIN_MONTHS = {17}  # mmm-yy


def read_xlsx(path: Path, settings: SpreadsheetSettings) -> list[Grid]:
    """All worksheets, hidden ones included.

    Raises:
        InputRefused: the workbook is damaged or beyond a limit.
    """
    parts = checked_parts(path, settings, _elements)
    try:
        names = _sheet_parts(parts)
        parts |= {name: _without_empty_cells(parts[name]) for name in names}
        sheets = [parts[name] for name in names]
        looks = _Looks.of(parts)
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise damaged() from error
    found = [_found(sheet, looks) for sheet in sheets]
    if any(one is None for one in found):
        parts = checked_parts(path, settings, _elements)  # with its empty cells: each takes its place in that library's memory
        if sum(_elements(part, data, is_exact=True) for part, data in parts.items()) > settings.sparse_cells_max:
            raise too_many_cells(settings.sparse_cells_max)
        return read_sparse(path, any(b"<f" in sheet or b":f>" in sheet or b":f " in sheet for sheet in sheets), settings)
    grids = []
    for values in sheet_values(_bytes_for_library(path, parts), settings):
        beside = found[values.number]
        if beside is not None:
            grids.append(_grid(values, sheets[values.number], beside, settings))
    return grids


def _bytes_for_library(path: Path, parts: Mapping[str, bytes]) -> bytes:
    """The parts as they were looked at; of a very large workbook the file itself, for the library holds what it is given once more."""
    return repacked(parts) if sum(map(len, parts.values())) <= _REPACKED_BYTES_MAX else path.read_bytes()


def _without_empty_cells(sheet: bytes) -> bytes:
    """The sheet without the cells that are nothing but a frame: two of three in a month's table, which every later look would meet again.
    Of a text that is quoted as a whole nobody can say so, for it may hold anything."""
    rest = _EMPTY.sub(b"", sheet)
    return sheet if b"<![CDATA[" in rest else rest


def _elements(part: str, data: bytes, is_exact: bool) -> int:
    """Cells and rows of a sheet's part, and the cells that a merged area or a link over an area makes a library create."""
    if not part.startswith("xl/worksheets/") or part.count("/") != 2:
        return 0
    tags = len(data) // _CELL_BYTES_MIN
    if is_exact:
        tags = sum(data.count(tag) for tag in (b"<c ", b"<c>", b"<c/", b"<row", b":c ", b":c>", b":c/", b":row"))
    end = data.rfind(b"sheetData")
    areas = _RANGE.finditer(data, end) if data.find(b"mergeCell", end) >= 0 or data.find(b"hyperlink", end) >= 0 else ()
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
    """Numbers of the cell formats that matter; ``odd`` finds every cell that is not plain: far away, of such a format, with a formula, an
    error, or anything but a place, a format and a type."""

    struck: frozenset[int]
    months: frozenset[int]
    odd: re.Pattern[bytes]

    @classmethod
    def of(cls, parts: Mapping[str, bytes]) -> _Looks:
        if "xl/styles.xml" not in parts:
            return cls(frozenset(), frozenset(), _odd_cells(()))
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
        struck = frozenset(number for number, look in formats if int(look.get("fontId", "0")) in struck_fonts)
        months = frozenset(number for number, look in formats if int(look.get("numFmtId", "0")) in month_formats)
        return cls(struck, months, _odd_cells(sorted(struck | months)))


def _odd_cells(formats: Sequence[int]) -> re.Pattern[bytes]:
    numbers = b"|".join(str(number).encode() for number in formats)
    form = rb'(?: s="' + (b"(?!(?:" + numbers + rb')")' if numbers else b"") + rb'\d++")?+'
    kind = rb'(?: t="(?:s|n|str|inlineStr)")?+'
    return re.compile(rb"<c[ />\t\r\n](?!" + _NEAR + form + kind + rb"(?:>(?:<v>|<is>|</c>)|/>| />))")


@dataclass
class _Found:
    """What a sheet's XML says beside the values."""

    special: dict[Where, Cell] = field(default_factory=dict)
    struck: set[Where] = field(default_factory=set)
    month_dates: set[Where] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)


def _found(sheet: bytes, looks: _Looks) -> _Found | None:
    """None: a cell does not say its place as all office programs write it, or stands so far away that the rectangle of all cells would fill
    the memory. Another prefix for the sheet's elements could hide cells from this look."""
    found = _Found()
    root = sheet.find(b"<sheetData")
    if root < 0 or sheet.find(b"xmlns", root) >= 0 or _PREFIXED.search(sheet, 0, root):
        return None
    is_far = False
    for odd in looks.odd.finditer(sheet, root):
        place = _PLACE.match(sheet, odd.start())
        if place is None:
            return None
        is_far = is_far or _FAR.match(sheet, odd.start()) is not None
        _take_cell(found, sheet, place, looks)
    if is_far and not _is_dense(sheet):
        return None
    rows = _ROW.findall(sheet, root)
    for row in rows if _HIDDEN.search(b"".join(rows)) else ():  # most sheets have none, and one look is cheaper than one for each
        if _HIDDEN.search(row):
            number = _ROW_PLACE.search(row)
            if number is None:
                return None
            found.hidden_rows.add(int(number[1]))
    return found


def _is_dense(sheet: bytes) -> bool:
    last_row = last_column = 1
    for letters, digits in _PLACE.findall(sheet):
        last_row, last_column = max(last_row, int(digits)), max(last_column, column_number(letters.decode()))
    return last_row * last_column <= _CELLS_DENSE_MAX


def _take_cell(found: _Found, sheet: bytes, place: re.Match[bytes], looks: _Looks) -> None:
    """A cell that is not plain: its format, an error (which the library leaves empty), a formula whose result the file does not hold."""
    where = int(place[2]), column_number(place[1].decode())
    end = sheet.find(b">", place.end())
    look = dict(_ATTRIBUTE.findall(sheet[place.end() : end]))
    form = int(look.get(b"s", b"0"))
    if form in looks.struck:
        found.struck.add(where)
    if form in looks.months:
        found.month_dates.add(where)
    if sheet[end - 1 : end] == b"/":
        return
    inner = sheet[end + 1 : sheet.find(b"</c>", end)]
    result = _RESULT.search(inner)
    if look.get(b"t") == b"e":
        found.special[where] = Cell(Kind.ERROR, result[1].decode() if result else "#?")
    elif result is None and b"<f" in inner:
        found.special[where] = Cell(Kind.NO_RESULT, "=")


def _grid(values: Values, sheet: bytes, found: _Found, settings: SpreadsheetSettings) -> Grid:
    return Grid(
        name=values.name,
        values=within(values.rows, settings.list_rows_max, settings.columns_max),
        special=found.special,
        is_hidden=values.is_hidden,
        hidden_rows=frozenset(found.hidden_rows),
        hidden_columns=frozenset(_hidden_columns(sheet, settings)),
        merged=values.merged,
        struck=frozenset(found.struck),
        month_dates=frozenset(found.month_dates),
        beyond=filled_beyond(values.rows, settings.list_rows_max, settings.columns_max),
    )


def _hidden_columns(sheet: bytes, settings: SpreadsheetSettings) -> Iterator[int]:
    for column in _COLUMN.finditer(sheet, 0, max(sheet.find(b"<sheetData"), 0)):
        look = dict(_ATTRIBUTE.findall(column[1]))
        if look.get(b"hidden") in (b"1", b"true") or float(look.get(b"width", b"1")) == 0:
            yield from range(int(look[b"min"]), min(int(look[b"max"]), settings.columns_max) + 1)
