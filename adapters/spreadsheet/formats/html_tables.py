"""HTML that a program saved under the name of a workbook → one grid per table, numbered from 1; also where a file holds several whole pages
one after another. Text between the tables stands above the next one."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from adapters.spreadsheet.container import too_many_sheets
from adapters.spreadsheet.formats.tables import Budget, Table
from adapters.spreadsheet.formats.text import decoded
from adapters.spreadsheet.grid import Grid
from adapters.spreadsheet.settings import SpreadsheetSettings
from adapters.spreadsheet.words import tidy

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_NONE = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)")
_LINE_THROUGH = re.compile(r"text-decoration[\w-]*\s*:[^;]*line-through")
_BREAKS = {"br", "p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "table"}
_UNSEEN = {"script", "style", "title", "template"}
_STRIKES = {"s", "strike", "del"}


def read_html(path: Path, settings: SpreadsheetSettings) -> list[Grid]:
    """All tables, the outer ones before those within them.

    Raises:
        InputRefused: the encoding is not known, or there is more than the limits allow.
    """
    data = path.read_bytes()
    declared = _CHARSET.search(data[:4096])
    parser = _Tables(settings)
    parser.feed(decoded(data, declared[1].decode("ascii") if declared else None))
    parser.close()
    parser.end_tables()
    return [table.grid(path.name) for table in parser.tables if any(table.values)]


class _Open:
    """A table that is not closed yet, and its open cell."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.text: list[str] | None = None  # None: no cell is open
        self.struck: list[bool] = []
        self.columns = self.rows = 1
        self.cell_is_struck = False


class _Tables(HTMLParser):
    """Rows and cells close each other as browsers have it; no tag needs its end."""

    def __init__(self, settings: SpreadsheetSettings) -> None:
        super().__init__(convert_charrefs=True)
        self.settings = settings
        self.budget = Budget.of(settings)
        self.tables: list[Table] = []
        self.open: list[_Open] = []
        self.above: list[str] = []
        self.line: list[str] = []
        self.document = 1
        self.unseen = 0
        self.strikes = 0

    # ------------------------------------------------------------ tags

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self.unseen += 1
        look = {name: value or "" for name, value in attrs}
        if tag == "html":
            self._new_page()
        if tag in _BREAKS:
            self._break()
        if tag == "table":
            self._open_table()
        elif tag == "tr" and self.open:
            self._close_cell()
            self.open[-1].table.open_row(_is_hidden(look))
        elif tag in ("td", "th") and self.open:
            self._open_cell(look)
        elif tag in _STRIKES:
            self.strikes += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        if tag in _BREAKS:
            self._break()
        if tag == "table" and self.open:
            self._close_cell()
            self.open.pop()
        elif tag in ("td", "th", "tr") and self.open:
            self._close_cell()
        elif tag in _STRIKES:
            self.strikes = max(0, self.strikes - 1)

    def handle_data(self, data: str) -> None:
        if self.unseen:
            return
        if not self.open:
            self.line.append(data)
        elif self.open[-1].text is not None:
            cell = self.open[-1]
            cell.text.append(data)  # type: ignore[union-attr]
            if data.strip():
                cell.struck.append(self.strikes > 0)

    # ------------------------------------------------------------ tables

    def _new_page(self) -> None:
        self.end_tables()
        if self.tables:
            self.document += 1
        self.above.clear()
        self.strikes = self.unseen = 0

    def end_tables(self) -> None:
        while self.open:
            self._close_cell()
            self.open.pop()

    def _open_table(self) -> None:
        if len(self.tables) >= self.settings.sheets_max:
            raise too_many_sheets(self.settings.sheets_max)
        table = Table(str(len(self.tables) + 1), self.document, self.above, self.budget, self.settings)
        self.above = []
        self.tables.append(table)
        self.open.append(_Open(table))

    def _open_cell(self, look: dict[str, str]) -> None:
        self._close_cell()
        cell = self.open[-1]
        cell.text, cell.struck = [], []
        cell.columns, cell.rows = _number(look.get("colspan")), _number(look.get("rowspan"))
        cell.cell_is_struck = bool(_LINE_THROUGH.search(look.get("style", "").lower()))

    def _close_cell(self) -> None:
        cell = self.open[-1]
        if cell.text is None:
            return
        is_struck = cell.cell_is_struck or (bool(cell.struck) and all(cell.struck))
        cell.table.add_cell(tidy("".join(cell.text)), cell.columns, cell.rows, is_struck)
        cell.text = None

    def _break(self) -> None:
        """A line ends: between the tables it is kept, within a cell it is a blank."""
        if self.open:
            if self.open[-1].text is not None:
                self.open[-1].text.append(" ")
            return
        text = tidy("".join(self.line))
        self.line.clear()
        if text:
            self.above.append(text)


def _is_hidden(look: dict[str, str]) -> bool:
    return "hidden" in look or bool(_NONE.search(look.get("style", "").lower()))


def _number(text: str | None) -> int:
    digits = re.match(r"\s*(\d{1,9})", text or "")
    return int(digits[1]) if digits else 1
