"""Reads the sheets that `sheets` writes, cell by cell and without the adapter."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, NamedTuple

TWINS = str.maketrans("ABCEHKMOPTXY", "АВСЕНКМОРТХУ")


class Person(NamedTuple):
    """``row`` only where the same name stands there twice without a number."""

    name: str
    number: str
    row: int | None


def folded_sign(value: Any) -> str:
    return str(value).strip().upper().translate(TWINS)


def grids_of(sheet: Any) -> list[tuple[str, dt.date, dict[Person, dict[dt.date, Any]]]]:
    """(group's words, first of the month, person → day → cell) of each grid that `sheets` wrote on a sheet."""
    months = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
    found = []
    for head in [row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == "№ п/п"]:
        _, month_word, year, _ = str(sheet.cell(head - 4, 2).value).split()
        month = dt.date(int(year), months.index(month_word[:3]) + 1, 1)
        columns = {}
        for column in range(5, sheet.max_column + 1):
            if isinstance(sheet.cell(head + 1, column).value, int):
                columns[column] = month.replace(day=sheet.cell(head + 1, column).value)
        rows = []
        row = head + 2
        while isinstance(sheet.cell(row, 1).value, int):
            number = sheet.cell(row, 3).value
            written = str(number).zfill(10) if number is not None else ""
            days = {day: sheet.cell(row, column).value for column, day in columns.items()}
            rows.append((row, str(sheet.cell(row, 2).value), written, days))
            row += 1
        alike = Counter(name for _, name, number, _ in rows if not number)
        grid = {Person(name, number, row if alike[name] > 1 and not number else None): days for row, name, number, days in rows}
        found.append((str(sheet.cell(head - 2, 3).value), month, grid))
    return found
