"""ODS → grids: values by python-calamine; hidden rows, columns and sheets, strike-out, merged cells and dates shown as a month out of
`content.xml`, whose rows are looked into only where they have any of it."""

from __future__ import annotations

import itertools
import operator
import re
from bisect import bisect_left, bisect_right
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
_NO_ROW = frozenset((b"s", b"-"))  # table-rows, table-row-group
_NEXT_ROW = b"</table:table-row><table:table-row"
_END_LENGTH, _NEXT_LENGTH = _NEXT_ROW.index(b">"), len(b"><table:table-row")
_ROW_TAG = re.compile(rb"<table:table-row(?![s-])")
_SPREAD = re.compile(rb"-spanned|columns-repeated")
_SPANNED, _REPEATED = b"-spanned", b"columns-repeated"
_REPEATED_FAR = re.compile(rb'columns-repeated="\d{2,}"')
_STYLE = rb'(?: table:style-name="[^"]*")?'
_REST_OF_ROW = re.compile(b"<table:table-cell" + _STYLE + rb' table:number-columns-repeated="\d{2,}"' + _STYLE + rb"/></table:table-row>")
_COLUMN = re.compile(rb"<table:table-column\b([^>]*?)/?>")
_CELL = (b"table-cell", b"covered-table-cell")
_ATTRIBUTE = re.compile(rb"""[\w]+:([\w-]+)\s*=\s*["']([^"']*)["']""")
_COLUMNS_REPEATED = re.compile(rb'number-columns-repeated="(\d+)"')
_ROWS_REPEATED = re.compile(rb'number-rows-repeated="(\d+)"')
_HIDDEN = re.compile(rb'visibility="(?:collapse|filter)"')
_TEXT = re.compile(rb"<text:p[^>]*>([^<]*)")
_CELLS_DENSE_MAX = 2_000_000
_CELL_BYTES_MIN = 19  # <table:table-cell/>
_FORMULA = b"table:formula"  # an error is always a formula's


def read_ods(path: Path, settings: SpreadsheetSettings) -> list[Grid]:
    """All sheets, hidden ones included.

    Raises:
        InputRefused: damaged or beyond a limit.
    """
    looks = _all_looks(path, settings)  # and the content is let go: the library takes as much memory once more
    grids = []
    for values in sheet_values(path if path.suffix.lower() == ".ods" else path.read_bytes(), settings):
        if values.number >= len(looks):
            raise damaged()
        grids.append(_grid(values, looks[values.number], settings))
    return grids


def _all_looks(path: Path, settings: SpreadsheetSettings) -> list[_Looks]:
    parts = checked_parts(path, settings, _elements)
    content = parts.get("content.xml", b"")
    try:
        styles = _Styles.of(content, parts.get("styles.xml", b""))
    except (ElementTree.ParseError, ValueError) as error:
        raise damaged() from error
    return [_looks(rows, styles, settings) for rows in _tables(content)]


def _elements(part: str, data: bytes, is_exact: bool) -> int:
    if part != "content.xml":
        return 0
    if not is_exact:
        return len(data) // _CELL_BYTES_MIN
    return data.count(b"<table:table-cell") + data.count(b"<table:covered-table-cell") + data.count(_ROW)


def _tables(content: bytes) -> Iterator[_Rows]:
    rows, apart = _rows(content)  # a table ends before one that stands apart, or behind the last
    start = content.find(_TABLE)
    while start >= 0:
        first = bisect_left(rows, start)
        end, last = _end_of_table(content, rows, apart, start, first)
        yield _Rows(content, start, end, rows[first:last])
        start = content.find(_TABLE, end)


def _end_of_table(content: bytes, rows: list[int], apart: list[int], start: int, first: int) -> tuple[int, int]:
    """Where a table ends, and the index of the first row behind it."""
    since = start
    for index in itertools.islice(apart, bisect_left(apart, first), None):
        since = max(since, rows[index - 1] if index else 0)
        end = content.find(_TABLE_END, since, rows[index])
        if end >= 0:
            return end, index
    end = content.find(_TABLE_END, max(start, rows[-1] if rows else 0))
    return end if end >= 0 else len(content), len(rows)


# A plain cell has neither a w nor a d. To go from one such letter to the next is several times as fast as to look for a word, unless there
# are very many of them.


def _rows(content: bytes) -> tuple[list[int], list[int]]:
    """Where rows begin; and which of them (by index) do not follow at once upon the row before them."""
    rows: list[int] = []
    apart: list[int] = []
    find, at = content.find, 0
    for _ in range(_letters_max(len(content))):
        at = find(b"w", at) + 1
        if not at:
            return rows, apart
        is_next = content[at - _END_LENGTH : at + _NEXT_LENGTH] == _NEXT_ROW
        if is_next:
            at += _NEXT_LENGTH
        elif not content.endswith(_ROW, 0, at):
            continue
        if content[at : at + 1] in _NO_ROW:
            continue
        if not is_next:
            apart.append(len(rows))
        rows.append(at - len(_ROW))
    rows = [tag.start() for tag in _ROW_TAG.finditer(content)]
    return rows, list(range(len(rows)))


def _spread(content: bytes, start: int, end: int) -> list[int]:
    """Behind each word that says that a cell is spread over others, or stands for several."""
    found: list[int] = []
    at = start
    for _ in range(_letters_max(end - start)):
        at = content.find(b"d", at, end) + 1
        if not at:
            return found
        if content.endswith((_SPANNED, _REPEATED), start, at):
            found.append(at)
    return [match.end() for match in _SPREAD.finditer(content, start, end)]


def _letters_max(size: int) -> int:
    return size // 512 + 64


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
        """What makes a row worth a look, beside cells that are spread over others; up to its last sign, which is everywhere."""
        return (_FORMULA, *(b'table:style-name="' + name for name in sorted(self.struck | self.months)))


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


def _looks(rows: _Rows, styles: _Styles, settings: SpreadsheetSettings) -> _Looks:
    """Raises:
    InputRefused: repeated rows or columns would fill the memory.
    """
    looks = _Looks()
    _take_columns(looks, rows.before(), settings)
    if rows.cells_at_most() > _CELLS_DENSE_MAX and rows.cells() > _CELLS_DENSE_MAX:
        raise too_many_cells(settings.cells_max)
    for index in rows.hidden:
        first = rows.number(index)
        looks.hidden_rows.update(range(first, min(first + rows.repeats.get(index, 1), settings.list_rows_max + 1)))
    signs = styles.telling
    for index in sorted(rows.with_spans().union(*map(rows.with_sign, signs))):
        _take_row(looks, rows.number(index), rows.cells_of(index), styles, signs, settings)
    return looks


class _Rows:
    """A table of the content (from ``start`` to ``end``), and where its rows begin; a row is looked into only where a sign that tells
    something stands in it."""

    def __init__(self, content: bytes, start: int, end: int, starts: list[int]) -> None:
        self._content, self._start, self._table_end, self._starts = content, start, end, starts
        self._cells = starts[0] if starts else end
        self._spread = _spread(content, self._cells, end)
        looks = [content[at : content.find(b">", at)] for at in starts]
        together = b"".join(looks)  # most tables have no such row, and one look is cheaper than one for each
        self.hidden = []
        if _HIDDEN.search(together):
            self.hidden = [index for index, look in enumerate(looks) if b"visib" in look and _HIDDEN.search(look)]
        self.repeats: dict[int, int] = {}
        if _ROWS_REPEATED.search(together):
            self.repeats = {index: int(found[1]) for index, look in enumerate(looks) if (found := _ROWS_REPEATED.search(look))}
        counts = [1] * len(starts)
        for index, count in self.repeats.items():
            counts[index] = count
        self._numbers = list(itertools.accumulate(counts, initial=1))

    def before(self) -> bytes:
        """What stands before the first row: the columns."""
        return self._content[self._start : self._cells]

    def with_spans(self) -> set[int]:
        """Rows (by index) with a cell that is spread over others."""
        return {self._at(at) for at in self._spread if self._content.endswith(_SPANNED, 0, at)} if self._starts else set()

    def with_sign(self, sign: bytes) -> Iterator[int]:
        """Rows (by index) that hold the sign as a whole word, each once."""
        at = self._content.find(sign, self._cells, self._table_end) if self._starts else -1
        while at >= 0:
            behind = at + len(sign)
            if self._content[behind : behind + 1] in (b'"', b"="):
                index = self._at(at)
                yield index
                behind = self._end(index)
            at = self._content.find(sign, behind, self._table_end)

    def _at(self, place: int) -> int:
        """The row at a place of the content."""
        return bisect_right(self._starts, place) - 1

    def number(self, index: int) -> int:
        """The row's number in the sheet, from 1."""
        return self._numbers[index]

    def cells_of(self, index: int) -> bytes:
        return self._content[self._content.find(b">", self._starts[index]) + 1 : self._end(index)]

    def _end(self, index: int) -> int:
        return self._starts[index + 1] if index + 1 < len(self._starts) else self._table_end

    def _last(self) -> int:
        """The number of the last row that holds anything."""
        at = self._content.rfind(b"value-type=", self._cells, self._table_end)
        if at < 0 or not self._starts:
            return 0
        index = self._at(at)
        return self.number(index) + self.repeats.get(index, 1) - 1

    def cells_at_most(self) -> int:
        """The rectangle that a library makes of the table, estimated from above: by bytes, where nothing is repeated far."""
        place = self._content, self._cells, self._table_end
        is_repeated = any(self._content.endswith(_REPEATED, 0, at) for at in self._spread)
        if is_repeated and len(_REPEATED_FAR.findall(*place)) > len(_REST_OF_ROW.findall(*place)):
            return _CELLS_DENSE_MAX + 1
        longest = max(map(operator.sub, [*self._starts[1:], self._table_end], self._starts), default=0)
        return self._last() * (longest // _CELL_BYTES_MIN + 1) * 9

    def cells(self) -> int:
        """The same, row by row."""
        return self._last() * max((_width(self.cells_of(index)) for index in self.with_sign(b"value-type")), default=0)


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


def _take_row(looks: _Looks, row: int, cells: bytes, styles: _Styles, signs: tuple[bytes, ...], settings: SpreadsheetSettings) -> None:
    column = 1
    for cell in cells.split(b"<table:"):
        if not cell.startswith(_CELL):
            continue
        if b"ed=" not in cell and b'"error"' not in cell:
            for sign in signs:
                if sign in cell:
                    break
            else:
                column += 1
                continue
        said, _, inner = cell.partition(b">")
        look = dict(_ATTRIBUTE.findall(said))
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
        special = _special(look, said, inner)
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
