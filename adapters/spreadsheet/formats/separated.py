"""CSV → one grid: any usual encoding and separator, a head of any depth. A cell is text; a line of the file is a row, empty ones too."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from adapters.spreadsheet.container import damaged, too_many_cells
from adapters.spreadsheet.formats.text import decoded
from adapters.spreadsheet.grid import Grid, filled_beyond, within
from adapters.spreadsheet.settings import SpreadsheetSettings

_SEPARATORS = ";,\t|"
_SAMPLE_LINES = 100
_CHUNK = 2_000
_LINES_IN_CELL_MAX = 20

Rows = list[list[str]]


def read_csv(path: Path, settings: SpreadsheetSettings) -> list[Grid]:
    """The file's one grid, named as the file is.

    Raises:
        InputRefused: its encoding is not known, or it is beyond a limit.
    """
    text = decoded(path.read_bytes()).rstrip("\x1a\x00")
    text, separator = _separator(text)
    try:
        rows = _rows(text, separator, settings)
    except csv.Error as error:
        raise damaged() from error
    return [
        Grid(
            name=path.name,
            values=within(rows, settings.list_rows_max, settings.columns_max),
            beyond=filled_beyond(rows, settings.list_rows_max, settings.columns_max),
            file_name=path.name,
        )
    ]


def _separator(text: str) -> tuple[str, str]:
    """The text, without Excel's own line «sep=;» (which stays an empty line), and what separates its cells."""
    if text[:4].lower() == "sep=" and len(text) > 4:
        return text[5:], text[4]
    lines = list(itertools.islice(io.StringIO(text, newline=""), _SAMPLE_LINES))
    return text, max(_SEPARATORS, key=lambda separator: _evenness(lines, separator))


def _evenness(lines: list[str], separator: str) -> int:
    """How many cells stand in rows of one length, that of most rows with more than one cell."""
    lengths: Counter[int] = Counter()
    try:
        for row in csv.reader(lines, delimiter=separator):
            if len(row) > 1:
                lengths[len(row)] += 1
    except csv.Error:
        return 0
    return max((length * rows for length, rows in lengths.items()), default=0)


def _rows(text: str, separator: str, settings: SpreadsheetSettings) -> Rows:
    """Row by row and no further than the limits; a quote that is never closed is a sign like others."""
    rows, lines = _read(text, separator, csv.QUOTE_MINIMAL, settings)
    if lines == len(rows):
        return rows
    if any(value.count("\n") > _LINES_IN_CELL_MAX for row in rows for value in row):
        return _read(text, separator, csv.QUOTE_NONE, settings)[0]
    return list(_by_line(text, separator))


def _read(text: str, separator: str, quoting: Literal[0, 3], settings: SpreadsheetSettings) -> tuple[Rows, int]:
    """The rows, and how many lines they take."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)
    rows: Rows = []
    cells = 0
    while chunk := list(itertools.islice(reader, _CHUNK)):
        cells += sum(map(len, chunk))
        if cells > settings.cells_max or len(rows) > settings.list_rows_max:
            raise too_many_cells(settings.cells_max)
        rows += chunk
    return rows, reader.line_num


def _by_line(text: str, separator: str) -> Iterator[list[str]]:
    """Rows of which some take several lines: each stands at its first line, empty rows take the places of the others."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line = 0
    for row in reader:
        yield row
        yield from ([] for _ in range(reader.line_num - line - 1))
        line = reader.line_num
