"""ODS → grids: values by python-calamine; hidden rows, columns and sheets, strike-out, merged cells and dates shown as a month out of
`content.xml`, whose rows are looked into only where they have any of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from adapters.spreadsheet.container import checked_parts, damaged, too_many_cells
from adapters.spreadsheet.formats.calamine import Values, sheet_values
from adapters.spreadsheet.grid import Area, Cell, Grid, Kind, Where, filled_beyond, within
from adapters.spreadsheet.settings import SpreadsheetSettings

_ANY = "{*}"
_TABLE = re.compile(rb"<table:table [^>]*>(.*?)</table:table>", re.DOTALL)
_ROW = re.compile(rb"<table:table-row\b([^>]*?)(?:/>|>(.*?)</table:table-row>)", re.DOTALL)
_COLUMN = re.compile(rb"<table:table-column\b([^>]*?)/?>")
_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*?)(?:/>|>(.*?)</table:(?:covered-)?table-cell>)", re.DOTALL)
_ATTRIBUTE = re.compile(rb"""[\w]+:([\w-]+)\s*=\s*["']([^"']*)["']""")
_COLUMNS_REPEATED = re.compile(rb'number-columns-repeated="(\d+)"')
_ROWS_REPEATED = re.compile(rb'number-rows-repeated="(\d+)"')
_HIDDEN = re.compile(rb'visibility="(?:collapse|filter)"')
_TEXT = re.compile(rb"<text:p[^>]*>([^<]*)<")
_CELLS_DENSE_MAX = 2_000_000


def read_ods(path: Path, settings: SpreadsheetSettings) -> list[Grid]:
    """All sheets, hidden ones included.

    Raises:
        InputRefused: damaged or beyond a limit.
    """
    parts = checked_parts(path, settings, _elements)
    content = parts.get("content.xml", b"")
    try:
        styles = _Styles.of(content, parts.get("styles.xml", b""))
    except (ElementTree.ParseError, ValueError) as error:
        raise damaged() from error
    looks = [_looks(match[1], styles, settings) for match in _TABLE.finditer(content)]
    grids = []
    for values in sheet_values(path, settings):
        if values.number >= len(looks):
            raise damaged()
        grids.append(_grid(values, looks[values.number], settings))
    return grids


def _elements(part: str, data: bytes) -> int:
    if part != "content.xml":
        return 0
    return data.count(b"<table:table-cell") + data.count(b"<table:covered-table-cell") + data.count(b"<table:table-row")


class _Styles(NamedTuple):
    """Names of cell styles that are struck out or show a month; what makes a row worth a look."""

    struck: frozenset[bytes]
    months: frozenset[bytes]
    matter: re.Pattern[bytes]

    @classmethod
    def of(cls, content: bytes, named: bytes) -> _Styles:
        """The automatic styles of the content, and the named ones that they stand upon."""
        start, end = content.find(b"<office:automatic-styles"), content.find(b"<office:body")
        opening = content[: content.index(b">", content.index(b"<office:document-content")) + 1] if start >= 0 else b""
        roots = [ElementTree.fromstring(named)] if named else []
        if start >= 0:
            roots.append(ElementTree.fromstring(opening + content[start:end] + b"</office:document-content>"))
        struck: set[bytes] = set()
        months: set[bytes] = set()
        dates = {_attribute(style, "name") for root in roots for style in root.iter() if _shows_month(style)}
        for root in roots:
            for style in root.iterfind(f".//{_ANY}style"):
                name, parent = _attribute(style, "name").encode(), _attribute(style, "parent-style-name").encode()
                own = _line_through(style)
                if own or (own is None and parent in struck):
                    struck.add(name)
                if _attribute(style, "data-style-name") in dates - {""}:
                    months.add(name)
        names = b"|".join(re.escape(b'style-name="' + name + b'"') for name in sorted(struck | months))
        matter = re.compile(rb'-spanned="|value-type="error"|:formula="' + (b"|" + names if names else b""))
        return cls(frozenset(struck), frozenset(months), matter)


def _attribute(element: ElementTree.Element, name: str) -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


def _line_through(style: ElementTree.Element) -> bool | None:
    """Whether the style strikes out; None: it does not say."""
    for properties in style.iterfind(f"{_ANY}text-properties"):
        said = _attribute(properties, "text-line-through-style") or _attribute(properties, "text-line-through-type")
        if said:
            return said != "none"
    return None


def _shows_month(style: ElementTree.Element) -> bool:
    tags = {child.tag.rpartition("}")[2] for child in style}
    return style.tag.endswith("}date-style") and "month" in tags and "day" not in tags


@dataclass
class _Looks:
    """What a table says beside its values."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    struck: set[Where] = field(default_factory=set)
    month_dates: set[Where] = field(default_factory=set)
    special: dict[Where, Cell] = field(default_factory=dict)


def _looks(body: bytes, styles: _Styles, settings: SpreadsheetSettings) -> _Looks:
    """Raises:
    InputRefused: repeated rows or columns would fill the memory.
    """
    looks = _Looks()
    column = 1
    for match in _COLUMN.finditer(body):
        count = _repeated(_COLUMNS_REPEATED, match[1])
        if _HIDDEN.search(match[1]):
            looks.hidden_columns.update(range(column, min(column + count, settings.columns_max + 1)))
        column += count
    row = width = last = 1
    for match in _ROW.finditer(body):
        count, cells = _repeated(_ROWS_REPEATED, match[1]), match[2] or b""
        if _HIDDEN.search(match[1]):
            looks.hidden_rows.update(range(row, min(row + count, settings.list_rows_max + 1)))
        if b"value-type=" in cells or b"<text:p" in cells:
            width, last = max(width, _width(cells)), row + count - 1
            if width * last > _CELLS_DENSE_MAX:
                raise too_many_cells(settings.cells_max)
            if styles.matter.search(cells):
                _take_row(looks, row, cells, styles, settings)
        row += count
    return looks


def _repeated(pattern: re.Pattern[bytes], look: bytes) -> int:
    match = pattern.search(look)
    return int(match[1]) if match else 1


def _width(cells: bytes) -> int:
    """Columns up to the last cell, an empty one at the row's end left out."""
    last = cells.rfind(b"<table:table-cell")
    if last > 0 and b"value-type=" not in cells[last:]:
        cells = cells[:last]
    return (
        cells.count(b"table-cell ")
        + cells.count(b"table-cell/>")
        + cells.count(b"table-cell>")
        + sum(int(count) - 1 for count in _COLUMNS_REPEATED.findall(cells))
    )


def _take_row(looks: _Looks, row: int, cells: bytes, styles: _Styles, settings: SpreadsheetSettings) -> None:
    column = 1
    for match in _CELL.finditer(cells):
        look = dict(_ATTRIBUTE.findall(match[1]))
        count = int(look.get(b"number-columns-repeated", b"1"))
        if column > settings.columns_max:
            return
        for at in range(column, min(column + count, settings.columns_max + 1)):
            if look.get(b"style-name") in styles.struck:
                looks.struck.add((row, at))
            if look.get(b"style-name") in styles.months:
                looks.month_dates.add((row, at))
        right = column + int(look.get(b"number-columns-spanned", b"1")) - 1
        bottom = row + int(look.get(b"number-rows-spanned", b"1")) - 1
        if (right, bottom) != (column, row):
            looks.merged.append(Area(row, column, min(bottom, settings.rows_max), min(right, settings.columns_max)))
        special = _special(look, match[1], match[2] or b"")
        if special is not None:
            looks.special[row, column] = special
        column += count


def _special(look: Mapping[bytes, bytes], attributes: bytes, inner: bytes) -> Cell | None:
    """An error, or a formula without its result."""
    if b'value-type="error"' in attributes:
        text = _TEXT.search(inner)
        return Cell(Kind.ERROR, text[1].decode() if text else "#?")
    return Cell(Kind.NO_RESULT, "=") if b"formula" in look and b"value-type" not in look else None


def _grid(values: Values, looks: _Looks, settings: SpreadsheetSettings) -> Grid:
    return Grid(
        name=values.name,
        values=within(values.rows, settings.list_rows_max, settings.columns_max),
        special=looks.special,
        is_hidden=values.is_hidden,
        hidden_rows=frozenset(looks.hidden_rows),
        hidden_columns=frozenset(looks.hidden_columns),
        merged=tuple(looks.merged),
        struck=frozenset(looks.struck),
        month_dates=frozenset(looks.month_dates),
        beyond=filled_beyond(values.rows, settings.list_rows_max, settings.columns_max),
    )
