"""DOCX → one grid per table, numbered from 1. The text before a table stands above it; deleted text of a tracked change is not read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from adapters.spreadsheet.container import checked_parts, damaged, too_many_sheets
from adapters.spreadsheet.formats.tables import Budget, Table
from adapters.spreadsheet.grid import Area, Grid
from adapters.spreadsheet.settings import SpreadsheetSettings
from adapters.spreadsheet.words import tidy

Element = ElementTree.Element
_OFF = {"0", "false", "off", "none"}


def read_docx(path: Path, settings: SpreadsheetSettings) -> list[Grid]:
    """All tables, the outer ones before those within them.

    Raises:
        InputRefused: damaged or beyond a limit.
    """
    parts = checked_parts(path, settings, _elements)
    try:
        document = ElementTree.fromstring(parts["word/document.xml"])
    except (ElementTree.ParseError, KeyError) as error:
        raise damaged() from error
    reader = _Tables(settings)
    body = _child(document, "body")
    if body is not None:
        reader.block(body)
    return [table.grid(path.name) for table in reader.tables]


def _elements(part: str, data: bytes, is_exact: bool) -> int:
    return data.count(b":tc>") // 2 + data.count(b":tr>") // 2 if part == "word/document.xml" else 0


class _Tables:
    def __init__(self, settings: SpreadsheetSettings) -> None:
        self.settings = settings
        self.budget = Budget.of(settings)
        self.tables: list[Table] = []
        self.above: list[str] = []

    def block(self, block: Element) -> None:
        """Paragraphs and tables, in order."""
        for child in block:
            kind = _kind(child)
            if kind == "p":
                text = tidy(_text(child))
                if text:
                    self.above.append(text)
            elif kind == "tbl":
                self._table(child)
            elif kind in ("sdt", "sdtContent", "ins", "customXml"):
                self.block(child)

    def _table(self, element: Element) -> None:
        if len(self.tables) >= self.settings.sheets_max:
            raise too_many_sheets(self.settings.sheets_max)
        table = Table(str(len(self.tables) + 1), 1, self.above, self.budget, self.settings)
        self.above = []
        self.tables.append(table)
        going_on: dict[int, int] = {}  # column → index of the merged area that goes on downwards
        for row in _descendants(element, "tr", stop=("tc",)):
            properties = _child(row, "trPr")
            table.open_row(_flag(properties, "hidden"))
            before = _value(properties, "gridBefore")
            if before.isdecimal() and int(before):
                table.add_cell("", int(before), 1, False)
            for cell in _descendants(row, "tc", stop=("tc",)):
                self._cell(table, cell, going_on)

    def _cell(self, table: Table, cell: Element, going_on: dict[int, int]) -> None:
        properties = _child(cell, "tcPr")
        span = _value(properties, "gridSpan")
        columns = int(span) if span.isdecimal() and len(span) < 6 else 1
        merge = _child(properties, "vMerge")
        is_continued = merge is not None and _attribute(merge) in ("", "continue")
        paragraphs = [child for child in _descendants(cell, "p", stop=("tbl", "tc"))]
        runs = [run for paragraph in paragraphs for run in _runs(paragraph)]
        is_struck = bool(runs) and all(map(_is_struck, runs))
        text = "" if is_continued else tidy(" ".join(map(_text, paragraphs)))
        row, column = table.add_cell(text, columns, 1, is_struck)
        if is_continued and column in going_on:
            area = table.merged[going_on[column]]
            table.merged[going_on[column]] = area._replace(bottom=row)
        else:
            going_on.pop(column, None)
            if merge is not None:
                if not (table.merged and table.merged[-1][:2] == (row, column)):
                    table.merged.append(Area(row, column, row, column + columns - 1))
                going_on[column] = len(table.merged) - 1
        for inner in _descendants(cell, "tbl", stop=("tbl",)):
            self._table(inner)


# ---------------------------------------------------------------- elements


def _kind(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: Element | None, kind: str) -> Element | None:
    return None if element is None else next((child for child in element if _kind(child) == kind), None)


def _attribute(element: Element, name: str = "val") -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


def _value(element: Element | None, kind: str) -> str:
    child = _child(element, kind)
    return "" if child is None else _attribute(child)


def _flag(element: Element | None, kind: str) -> bool:
    child = _child(element, kind)
    return child is not None and _attribute(child) not in _OFF


def _descendants(element: Element, kind: str, stop: tuple[str, ...]) -> Iterator[Element]:
    """Those of a kind, not below one of their own kind or of ``stop``."""
    for child in element:
        if _kind(child) == kind:
            yield child
        elif _kind(child) not in stop:
            yield from _descendants(child, kind, stop)


def _runs(paragraph: Element) -> Iterator[Element]:
    return (run for run in _descendants(paragraph, "r", stop=("del", "moveFrom")) if _run_text(run).strip())


def _is_struck(run: Element) -> bool:
    properties = _child(run, "rPr")
    return _flag(properties, "strike") or _flag(properties, "dstrike")


def _text(paragraph: Element) -> str:
    return "".join(map(_run_text, _descendants(paragraph, "r", stop=("del", "moveFrom"))))


def _run_text(run: Element) -> str:
    return "".join((part.text or "") if _kind(part) == "t" else " " if _kind(part) in ("tab", "br", "cr") else "" for part in run)
