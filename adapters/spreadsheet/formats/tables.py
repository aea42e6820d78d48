"""Tables whose cells span rows and columns, as pages and documents write them → grids."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.spreadsheet.container import too_many_cells
from adapters.spreadsheet.grid import CELL_CHARACTERS_MAX, Area, Grid, Where
from adapters.spreadsheet.settings import SpreadsheetSettings

_ABOVE_MAX = 60


@dataclass
class Budget:
    """Cells that the file may still hold; shared by its tables."""

    left: int
    cells_max: int

    @classmethod
    def of(cls, settings: SpreadsheetSettings) -> Budget:
        return cls(settings.cells_max, settings.cells_max)

    def take(self, cells: int) -> None:
        """Raises:
        InputRefused: there are too many.
        """
        self.left -= cells
        if self.left < 0:
            raise too_many_cells(self.cells_max)


@dataclass
class Table:
    """A table under way: rows as they open, each cell at the next free column of its row.

    Attributes:
        above: lines of text that stand before the table.
    """

    name: str
    document: int
    above: list[str]
    budget: Budget
    settings: SpreadsheetSettings
    values: list[list[str]] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    struck: set[Where] = field(default_factory=set)
    beyond: Where | None = None
    _column: int = 0
    _covered: dict[int, int] = field(default_factory=dict)  # column → rows below that a cell above still covers

    @property
    def row(self) -> int:
        return len(self.values)

    def open_row(self, is_hidden: bool = False) -> None:
        self._covered = {column: rows - 1 for column, rows in self._covered.items() if rows > 1} if self.values else {}
        self.budget.take(1)
        self.values.append([])
        self._column = 0
        if is_hidden:
            self.hidden_rows.add(self.row)

    def add_cell(self, text: str, columns: int, rows: int, is_struck: bool) -> Where:
        """Where the cell stands; ``columns`` and ``rows`` that it covers."""
        if not self.values:
            self.open_row()
        column = self._column + 1
        while column in self._covered:
            column += 1
        columns = max(1, min(columns, self.settings.columns_max))
        rows = max(1, min(rows, self.settings.rows_max))
        self.budget.take(columns)
        self._column = column + columns - 1
        where = self.row, column
        if rows > 1:
            self._covered.update(dict.fromkeys(range(column, column + columns), rows))
        if text.strip():
            self._put(where, text, columns, rows, is_struck)
        elif columns > 1 or rows > 1:
            self._merge(where, columns, rows)
        return where

    def _put(self, where: Where, text: str, columns: int, rows: int, is_struck: bool) -> None:
        row, column = where
        if column > self.settings.columns_max or row > self.settings.list_rows_max:
            self.beyond = self.beyond or where
            return
        cells = self.values[-1]
        cells.extend([""] * (column - len(cells) - 1))
        cells.append(text[:CELL_CHARACTERS_MAX])
        if is_struck:
            self.struck.add(where)
        if columns > 1 or rows > 1:
            self._merge(where, columns, rows)

    def _merge(self, where: Where, columns: int, rows: int) -> None:
        row, column = where
        if row <= self.settings.rows_max and column <= self.settings.columns_max:
            self.merged.append(Area(row, column, row + rows - 1, column + columns - 1))

    def grid(self, file_name: str) -> Grid:
        return Grid(
            name=self.name,
            values=self.values,
            hidden_rows=frozenset(self.hidden_rows),
            merged=tuple(self.merged),
            struck=frozenset(self.struck),
            above=tuple(self.above[-_ABOVE_MAX:]),
            document=self.document,
            file_name=file_name,
            beyond=self.beyond,
        )
