"""Files of every kind → grids. Which kind a file is, its bytes say; whatever its name says."""

from __future__ import annotations

from pathlib import Path

from adapters.spreadsheet.container import DAMAGED, FileKind, check_size, damaged, file_kind, not_a_workbook
from adapters.spreadsheet.formats.docx import read_docx
from adapters.spreadsheet.formats.html_tables import read_html
from adapters.spreadsheet.formats.ods import read_ods
from adapters.spreadsheet.formats.separated import read_csv
from adapters.spreadsheet.formats.xls import read_xls
from adapters.spreadsheet.formats.xlsx import read_xlsx
from adapters.spreadsheet.grid import Grid
from adapters.spreadsheet.settings import SpreadsheetSettings

_READERS = {
    FileKind.XLSX: read_xlsx,
    FileKind.XLS: read_xls,
    FileKind.ODS: read_ods,
    FileKind.CSV: read_csv,
    FileKind.HTML: read_html,
    FileKind.DOCX: read_docx,
}


def read_grids(path: Path, settings: SpreadsheetSettings) -> list[Grid]:
    """All sheets or tables of the file, hidden ones included.

    Raises:
        InputRefused: not a kind that is read, damaged, or beyond a limit.
    """
    check_size(path, settings)
    try:
        kind = file_kind(path)
    except DAMAGED as error:
        raise damaged() from error
    reader = _READERS.get(kind)
    if reader is None:
        raise not_a_workbook(kind)
    return reader(path, settings)
