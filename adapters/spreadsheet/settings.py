"""What the adapter may read at most. Everything has a limit: beyond it a file or a sheet is refused with the reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SpreadsheetSettings:
    """Limits, not tastes: a month's sheet of a large house stays far below each of them.

    Attributes:
        file_bytes_max: size of the file on disk.
        unpacked_bytes_max: size of all parts of the workbook once unpacked.
        unpacked_ratio_max: unpacked ÷ packed of one part above 1 MB; a workbook packs to 5–30.
        parts_max: files inside the workbook.
        cells_max: cell and row elements of the whole workbook, styled empty ones included.
        sparse_cells_max: the same of an XLSX that must be read cell by cell: each of its cells takes a kilobyte.
        sheets_max: sheets of the workbook.
        rows_max: the last row of a month's grid that holds anything.
        list_rows_max: the last row of a list with a line per visit.
        columns_max: the last column that holds anything.
        findings_max: findings told per group; the rest is told as a number.
    """

    file_bytes_max: int = 20_000_000
    unpacked_bytes_max: int = 60_000_000
    unpacked_ratio_max: int = 200
    parts_max: int = 2_000
    cells_max: int = 400_000
    sparse_cells_max: int = 100_000
    sheets_max: int = 100
    rows_max: int = 5_000
    list_rows_max: int = 100_000
    columns_max: int = 400
    findings_max: int = 300
