"""ODS → grids: values by python-calamine; hidden rows, columns and sheets, strike-out, merged cells and dates shown as a month out of
`content.xml`, whose rows are looked into only where they have any of it."""

from __future__ import annotations

import itertools
import operator
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from adapters.spreadsheet.container import checked_parts, damaged, too_many_cells
from adapters.spreadsheet.formats.calamine import Values, sheet_values
from adapters.spreadsheet.grid import Area, Cell, Grid, Kind, Where, filled_beyond, within
from adapters.spreadsheet.settings import SpreadsheetSettings

_ANY = "{*}"
_TABLE, _TABLE_END, _ROW = b"<table:table ", b"</table:table>", b"<table:table-row"
_ROW_TAG = re.compile(rb"<table:table-row(?![s-])[^>]*")
_REPEATED_FAR = re.compile(rb'columns-repeated="\d{2,}"')
_STYLE = rb'(?: table:style-name="[^"]*")?'
_REST_OF_ROW = re.compile(b"<table:table-cell" + _STYLE + rb' table:number-columns-repeated="\d{2,}"' + _STYLE + rb"/></table:table-row>")
_COLUMN = re.compile(rb"<table:table-column\b([^>]*?)/?>")
_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*+)>(?:(?<=/>)|(.*?)</table:(?:covered-)?table-cell>)", re.DOTALL)
_ATTRIBUTE = re.compile(rb"""[\w]+:([\w-]+)\s*=\s*["']([^"']*)["']""")
_COLUMNS_REPEATED = re.compile(rb'number-columns-repeated="(\d+)"')
_ROWS_REPEATED = re.compile(rb'number-rows-repeated="(\d+)"')
_HIDDEN = re.compile(rb'visibility="(?:collapse|filter)"')
_TEXT = re.compile(rb"<text:p[^>]*>([^<]*)<")
_CELLS_DENSE_MAX = 2_000_000
_CELL_BYTES_MIN = 19  # <table:table-cell/>
_TELLING = (b'-spanned="', b'table:formula="')  # an error is always a formula's


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
    looks = [_looks(table, styles, settings) for table in _tables(content)]
    grids = []
    for values in sheet_values(path.read_bytes(), settings):
        if values.number >= len(looks):
            raise damaged()
        grids.append(_grid(values, looks[values.number], settings))
    return grids


def _elements(part: str, data: bytes, is_exact: bool) -> int:
    if part != "content.xml":
        return 0
    if not is_exact:
        return len(data) // _CELL_BYTES_MIN
    return data.count(b"<table:table-cell") + data.count(b"<table:covered-table-cell") + data.count(_ROW)


def _tables(content: bytes) -> Iterator[bytes]:
    start = content.find(_TABLE)
    while start >= 0:
        end = content.find(_TABLE_END, start)
        yield content[start : end if end >= 0 else len(content)]
        start = content.find(_TABLE, end) if end >= 0 else -1


class _Styles(NamedTuple):
    """Names of cell styles that are struck out or show a month."""

    struck: frozenset[bytes]
    months: frozenset[bytes]

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
        return cls(frozenset(struck), frozenset(months))

    @property
    def telling(self) -> tuple[bytes, ...]:
        """What makes a row worth a look."""
        return _TELLING + tuple(b'table:style-name="' + name + b'"' for name in sorted(self.struck | self.months))


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


def _looks(table: bytes, styles: _Styles, settings: SpreadsheetSettings) -> _Looks:
    """Raises:
    InputRefused: repeated rows or columns would fill the memory.
    """
    looks = _Looks()
    rows = _Rows(table)
    _take_columns(looks, table[: rows.starts[0]] if rows.starts else table, settings)
    if rows.cells_at_most() > _CELLS_DENSE_MAX and rows.cells() > _CELLS_DENSE_MAX:
        raise too_many_cells(settings.cells_max)
    for index in rows.hidden:
        first = rows.number(index)
        looks.hidden_rows.update(range(first, min(first + rows.repeats.get(index, 1), settings.list_rows_max + 1)))
    for index in sorted({index for sign in styles.telling for index in rows.with_sign(sign)}):
        _take_row(looks, rows.number(index), rows.cells_of(index), styles, settings)
    return looks


class _Rows:
    """Where the rows of a table begin; a row is looked into only where a sign that tells something stands in it."""

    def __init__(self, table: bytes) -> None:
        self.table = table
        tags = list(_ROW_TAG.finditer(table))
        self.starts = [tag.start() for tag in tags]
        looks = [tag[0] for tag in tags]
        together = b"".join(looks)  # most tables have no such row, and one look is cheaper than one for each
        self.hidden = [index for index, look in enumerate(looks) if _HIDDEN.search(look)] if _HIDDEN.search(together) else []
        self.repeats = {}
        if _ROWS_REPEATED.search(together):
            self.repeats = {index: int(found[1]) for index, look in enumerate(looks) if (found := _ROWS_REPEATED.search(look))}
        self._numbers = list(itertools.accumulate((self.repeats.get(index, 1) for index in range(len(tags))), initial=1))

    def with_sign(self, sign: bytes) -> Iterator[int]:
        """Rows (by index) that hold the sign, each once."""
        at = self.table.find(sign, self.starts[0]) if self.starts else -1
        while at >= 0:
            index = bisect_right(self.starts, at) - 1
            yield index
            at = self.table.find(sign, self._end(index))

    def number(self, index: int) -> int:
        """The row's number in the sheet, from 1."""
        return self._numbers[index]

    def cells_of(self, index: int) -> bytes:
        return self.table[self.table.find(b">", self.starts[index]) + 1 : self._end(index)]

    def _end(self, index: int) -> int:
        return self.starts[index + 1] if index + 1 < len(self.starts) else len(self.table)

    def _last(self) -> int:
        """The number of the last row that holds anything."""
        at = self.table.rfind(b"value-type=")
        if at < 0 or not self.starts:
            return 0
        index = bisect_right(self.starts, at) - 1
        return self.number(index) + self.repeats.get(index, 1) - 1

    def cells_at_most(self) -> int:
        """The rectangle that a library makes of the table, estimated from above: by bytes, where nothing is repeated far."""
        first = self.starts[0] if self.starts else 0
        if b"columns-repeated=" in self.table and len(_REPEATED_FAR.findall(self.table, first)) > len(
            _REST_OF_ROW.findall(self.table, first)
        ):
            return _CELLS_DENSE_MAX + 1
        longest = max(map(operator.sub, [*self.starts[1:], len(self.table)], self.starts), default=0)
        return self._last() * (longest // _CELL_BYTES_MIN + 1) * 9

    def cells(self) -> int:
        """The same, row by row."""
        return self._last() * max((_width(self.cells_of(index)) for index in self.with_sign(b"value-type=")), default=0)


def _take_columns(looks: _Looks, columns: bytes, settings: SpreadsheetSettings) -> None:
    column = 1
    for match in _COLUMN.finditer(columns):
        count = _repeated(_COLUMNS_REPEATED, match[1])
        if _HIDDEN.search(match[1]):
            looks.hidden_columns.update(range(column, min(column + count, settings.columns_max + 1)))
        column += count


def _repeated(pattern: re.Pattern[bytes], look: bytes) -> int:
    match = pattern.search(look)
    return int(match[1]) if match else 1


def _width(row: bytes) -> int:
    """Columns up to the last cell that holds anything, at most: an empty one that is repeated to the row's end does not count."""
    at = row.rfind(b"columns-repeated=")
    if at >= 0 and row.find(b"value-type=", row.rfind(b"<", 0, at)) < 0:
        row = row[:at]
    return row.count(b"table-cell") + sum(map(int, _COLUMNS_REPEATED.findall(row)))


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
