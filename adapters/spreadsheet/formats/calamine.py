"""Values by python-calamine, for the kinds that it reads. A panic of the library is a damaged file, not a dead process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from adapters.spreadsheet.container import FileKind, damaged, not_a_workbook, too_many_sheets
from adapters.spreadsheet.grid import Area
from adapters.spreadsheet.settings import SpreadsheetSettings

T = TypeVar("T")


class Values(NamedTuple):
    """A sheet as the library gives it: rows from row 1 and column A on. ``number`` counts all sheets of the book; ``merged`` is empty
    where the library does not tell."""

    name: str
    number: int
    rows: list[list[Any]]
    is_hidden: bool
    merged: tuple[Area, ...]


def sheet_values(source: Path | bytes, settings: SpreadsheetSettings) -> Iterator[Values]:
    """The worksheets in order.

    Args:
        source: the file's bytes; or its path, where its name says truly what it is, for the library believes that.

    Raises:
        InputRefused: damaged, encrypted, or more sheets than the limit.
    """
    book = _guarded(partial(_opened, source))
    with book:
        listed = [(index, sheet) for index, sheet in enumerate(book.sheets_metadata) if sheet.typ is SheetTypeEnum.WorkSheet]
        if len(listed) > settings.sheets_max:
            raise too_many_sheets(settings.sheets_max)
        for index, sheet in listed:
            yield _guarded(partial(_values, book, index, sheet, settings))


def _opened(source: Path | bytes) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(BytesIO(source)) if isinstance(source, bytes) else CalamineWorkbook.from_path(source)


def _values(book: CalamineWorkbook, index: int, sheet: Any, settings: SpreadsheetSettings) -> Values:
    read = book.get_sheet_by_index(index)
    rows = read.to_python(skip_empty_area=False) if read.height and read.width else []
    return Values(sheet.name, index, rows, sheet.visible is not SheetVisibleEnum.Visible, tuple(_merged(read, settings)))


def _merged(read: CalamineSheet, settings: SpreadsheetSettings) -> Iterator[Area]:
    for (top, left), (bottom, right) in read.merged_cell_ranges or ():
        if top < settings.rows_max and left < settings.columns_max:
            yield Area(top + 1, left + 1, min(bottom + 1, settings.rows_max), min(right + 1, settings.columns_max))


def _guarded(read: Callable[[], T]) -> T:
    try:
        return read()
    except PasswordError as error:
        raise not_a_workbook(FileKind.ENCRYPTED) from error
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # the library's own errors, and a panic in it, which is no `Exception`
        raise damaged() from error
