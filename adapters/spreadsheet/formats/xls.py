"""XLS of old Excel → grids: values and merged cells by python-calamine; hidden rows and columns, strike-out, errors and dates shown as a
month out of the workbook's records, whose plain cells are passed over in runs."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

import olefile

from adapters.spreadsheet.container import FileKind, damaged, not_a_workbook, too_many_cells
from adapters.spreadsheet.formats.calamine import Values, sheet_values
from adapters.spreadsheet.grid import Cell, Grid, Kind, Where, filled_beyond, shows_month, within
from adapters.spreadsheet.settings import SpreadsheetSettings

_BOF, _EOF, _FILEPASS = 0x0809, 0x0A, 0x2F
_FONT, _FORMAT, _XF, _BOUNDSHEET = 0x31, 0x041E, 0xE0, 0x85
_ROW, _COLINFO, _BOOLERR, _FORMULA, _MULRK, _MULBLANK = 0x0208, 0x7D, 0x0205, 0x06, 0xBD, 0xBE
_PLAIN_CELLS = {0xFD: 10, 0x027E: 10, 0x0203: 14}  # LABELSST, RK, NUMBER → their lengths
_BLANK = 0x0201
_CELLS = (*_PLAIN_CELLS, _BOOLERR, _FORMULA, 0x0204, 0xD6)  # LABEL, RSTRING
_TELLING = frozenset((*_CELLS, _MULRK, _ROW, _COLINFO))
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_BUILTIN_MONTHS = {17}  # mmm-yy
_NEAR_ROWS = 0x1400  # 5,120 rows of 256 columns are few enough for any memory
_CELLS_DENSE_MAX = 2_000_000
_HEADER = struct.Struct("<HH").unpack_from
_WORDS = struct.Struct("<HHH").unpack_from


def read_xls(path: Path, settings: SpreadsheetSettings) -> list[Grid]:
    """All worksheets, hidden ones included.

    Raises:
        InputRefused: the workbook is damaged, encrypted or beyond a limit.
    """
    try:
        with olefile.OleFileIO(path) as book:
            name = next(name for name in ("Workbook", "Book") if book.exists(name))
            stream = _stream(book, name)
        looks = _looks(stream, settings)
    except (OSError, StopIteration, struct.error, IndexError, ValueError) as error:
        raise damaged() from error
    source = path if path.suffix.lower() == ".xls" else path.read_bytes()
    return [_grid(values, looks.get(values.number, _Looks()), settings) for values in sheet_values(source, settings)]


def _stream(book: olefile.OleFileIO, name: str) -> bytes:
    """The stream in runs of neighbouring sectors: the library reads it sector by sector."""
    entry = book.direntries[book._find(name)]
    if entry.size < book.minisectorcutoff:
        return bytes(book.openstream(name).read())
    parts, sector, left = [], entry.isectStart, -(-entry.size // book.sectorsize)
    while left > 0 and sector < len(book.fat):
        first = sector
        while left > 1 and book.fat[sector] == sector + 1:
            sector, left = sector + 1, left - 1
        book.fp.seek((first + 1) * book.sectorsize)
        parts.append(book.fp.read((sector - first + 1) * book.sectorsize))
        sector, left = book.fat[sector], left - 1
    return b"".join(parts)[: entry.size]


@dataclass
class _Looks:
    """What a sheet's records say beside its values."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    struck: set[Where] = field(default_factory=set)
    month_dates: set[Where] = field(default_factory=set)
    special: dict[Where, Cell] = field(default_factory=dict)
    last_row: int = 0  # of the cells that were looked at: those far down are


def _grid(values: Values, looks: _Looks, settings: SpreadsheetSettings) -> Grid:
    return Grid(
        name=values.name,
        values=within(values.rows, settings.list_rows_max, settings.columns_max),
        special=looks.special,
        is_hidden=values.is_hidden,
        hidden_rows=frozenset(looks.hidden_rows),
        hidden_columns=frozenset(looks.hidden_columns),
        merged=values.merged,
        struck=frozenset(looks.struck),
        month_dates=frozenset(looks.month_dates),
        beyond=filled_beyond(values.rows, settings.list_rows_max, settings.columns_max),
    )


# ---------------------------------------------------------------- the workbook's own records


@dataclass
class _Styles:
    """Formats of cells, by number, that are struck out or show a month."""

    struck_fonts: set[int] = field(default_factory=set)
    month_formats: set[int] = field(default_factory=lambda: set(_BUILTIN_MONTHS))
    fonts: int = 0
    formats: int = 0
    struck: set[int] = field(default_factory=set)
    months: set[int] = field(default_factory=set)
    sheets: list[int] = field(default_factory=list)

    def take(self, record: int, data: bytes, is_biff8: bool) -> None:
        if record == _FONT:
            number = self.fonts if self.fonts < 4 else self.fonts + 1  # number 4 is left out in every workbook
            self.fonts += 1
            if data[2] & 0x08:
                self.struck_fonts.add(number)
        elif record == _FORMAT:
            (number,) = struct.unpack_from("<H", data)
            if shows_month(_format_text(data, is_biff8)):
                self.month_formats.add(number)
        elif record == _XF:
            font, form = struct.unpack_from("<HH", data)
            if font in self.struck_fonts:
                self.struck.add(self.formats)
            if form in self.month_formats:
                self.months.add(self.formats)
            self.formats += 1
        elif record == _BOUNDSHEET:
            self.sheets.append(struct.unpack_from("<I", data)[0])


def _format_text(data: bytes, is_biff8: bool) -> str:
    if not is_biff8:
        return data[3:].decode("cp1251", "replace")
    return data[5:].decode("utf-16-le" if data[4] & 1 else "latin-1", "replace")


def _looks(stream: bytes, settings: SpreadsheetSettings) -> dict[int, _Looks]:
    """Sheet's number → its looks.

    Raises:
        InputRefused: encrypted, or a sheet that spreads over too many cells.
    """
    styles, is_biff8 = _Styles(), True
    at = 0
    while at + 4 <= len(stream):
        record, length = _HEADER(stream, at)
        data = stream[at + 4 : at + 4 + length]
        if record == _BOF:
            is_biff8 = data[:2] == b"\x00\x06"
        elif record == _FILEPASS:
            raise not_a_workbook(FileKind.ENCRYPTED)
        elif record == _EOF:
            break
        else:
            styles.take(record, data, is_biff8)
        at += 4 + length
    passed = _passed(styles)
    return {number: _sheet(stream, start, styles, passed, settings) for number, start in enumerate(styles.sheets)}


# ---------------------------------------------------------------- a sheet's records


def _passed(styles: _Styles) -> re.Pattern[bytes]:
    """A run of records that say nothing but values: plain cells, not far down and not of a format that matters, and rows that are shown."""
    matter = [struct.pack("<H", number) for number in sorted(styles.struck | styles.months)]
    other = b"(?!" + b"|".join(map(re.escape, matter)) + b")" if matter else b""
    near = b".[" + re.escape(bytes(range(_NEAR_ROWS >> 8))) + b"].{2}"
    cells = b"|".join(
        re.escape(struct.pack("<HH", record, length)) + near + other + b".{%d}" % (length - 4) for record, length in _PLAIN_CELLS.items()
    )
    shown = bytes(value for value in range(256) if not value & 0x20)
    rows = re.escape(struct.pack("<HH", _ROW, 16)) + b".{6}(?!\x00[\x00\x80]).{6}[" + re.escape(shown) + b"].{3}"
    several = b"|".join(
        re.escape(struct.pack("<HH", _MULRK, 6 + 6 * count)) + near + (other + b".{6}") * count + b".{2}" for count in (2, 3, 4)
    )
    blanks = [struct.pack("<HHxxxx", _MULBLANK, 6 + 2 * count) for count in range(2, 12)]
    empty = b"|".join(re.escape(head[:4]) + b".{%d}" % head[2] for head in (struct.pack("<HH", _BLANK, 6), *blanks))
    return re.compile(b"(?:" + b"|".join((cells, empty, several, rows)) + b")++", re.DOTALL)


def _sheet(stream: bytes, start: int, styles: _Styles, passed: re.Pattern[bytes], settings: SpreadsheetSettings) -> _Looks:
    looks = _Looks()
    at, depth = start, 0
    while at + 4 <= len(stream):
        run = passed.match(stream, at) if depth == 1 else None
        if run is not None:
            at = run.end()
            continue
        record, length = _HEADER(stream, at)
        if record == _BOF:
            depth += 1  # a chart drawn on the sheet has a sheet of its own within
        elif record == _EOF:
            depth -= 1
            if depth <= 0:
                break
        elif depth == 1 and record in _TELLING:
            _take(looks, record, stream[at + 4 : at + 4 + length], styles, settings)
        at += 4 + length
    if looks.last_row > _NEAR_ROWS and looks.last_row * _last_column(stream, start) > _CELLS_DENSE_MAX:
        raise too_many_cells(settings.cells_max)
    return looks


def _last_column(stream: bytes, start: int) -> int:
    """The last column of any cell, record by record; only where a cell stands far down."""
    last, at = 1, start
    while at + 8 <= len(stream):
        record, length = _HEADER(stream, at)
        if record == _EOF:
            break
        if record in _CELLS:
            last = max(last, struct.unpack_from("<H", stream, at + 6)[0] + 1)
        elif record == _MULRK:
            last = max(last, struct.unpack_from("<H", stream, at + 2 + length)[0] + 1)
        at += 4 + length
    return last


def _take(looks: _Looks, record: int, data: bytes, styles: _Styles, settings: SpreadsheetSettings) -> None:
    if record == _ROW and len(data) >= 16:
        row, _, _, height = struct.unpack_from("<HHHH", data)
        if data[12] & 0x20 or height == 0:
            looks.hidden_rows.add(row + 1)
    elif record == _COLINFO and len(data) >= 10:
        first, last, width, _, flags = struct.unpack_from("<HHHHH", data)
        if flags & 1 or width == 0:
            looks.hidden_columns.update(range(first + 1, min(last + 1, settings.columns_max) + 1))
    elif record in _CELLS and len(data) >= 6:
        row, column, form = _WORDS(data)
        looks.last_row = max(looks.last_row, row + 1)
        _note_format(looks, (row + 1, column + 1), form, styles)
        _note_error(looks, (row + 1, column + 1), record, data)
    elif record == _MULRK and len(data) >= 6:
        row, first = struct.unpack_from("<HH", data)
        looks.last_row = max(looks.last_row, row + 1)
        for number, at in enumerate(range(4, len(data) - 2, 6)):
            _note_format(looks, (row + 1, first + number + 1), struct.unpack_from("<H", data, at)[0], styles)


def _note_format(looks: _Looks, where: Where, form: int, styles: _Styles) -> None:
    if form in styles.struck:
        looks.struck.add(where)
    if form in styles.months:
        looks.month_dates.add(where)


def _note_error(looks: _Looks, where: Where, record: int, data: bytes) -> None:
    """An error as a value or as a formula's result; a formula whose result is not there."""
    code: int | None = None
    if record == _BOOLERR and len(data) >= 8 and data[7]:
        code = data[6]
    elif record == _FORMULA and len(data) >= 14 and data[12:14] == b"\xff\xff":
        code = data[8] if data[6] == 2 else None
        if data[6] == 3:  # an empty text, or never worked out: the file does not tell which
            looks.special[where] = Cell(Kind.NO_RESULT, "=")
    if code is not None:
        looks.special[where] = Cell(Kind.ERROR, _ERRORS.get(code, "#?"))
