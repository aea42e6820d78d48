"""Which sheets of a workbook are taken in for the month, and which are left out, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.spreadsheet.findings import place, question, refused, unread
from adapters.spreadsheet.grid import Grid, Kind
from adapters.spreadsheet.header import Header, headers
from adapters.spreadsheet.mapping import Layout
from adapters.spreadsheet.month import MonthFound, month_of_name, month_of_sheet, month_words
from adapters.spreadsheet.words import SAMPLE_SHEET, folded
from gateway.plugins import Finding, InputRefused, Level, Text


@dataclass(frozen=True)
class Sheet:
    """A sheet with a grid, taken in for ``month`` (YYYY-MM)."""

    grid: Grid
    headers: tuple[Header, ...]
    month: str


@dataclass(frozen=True)
class _Candidate:
    grid: Grid
    headers: tuple[Header, ...]
    found: MonthFound | None


def sheets_of_month(grids: Sequence[Grid], layout: Layout, month: str | None) -> tuple[list[Sheet], list[Finding]]:
    """The sheets of the asked month (None: the latest one in the workbook), and questions about the others.

    Raises:
        InputRefused: no sheet of that month, or no sheet says its month.
    """
    findings: list[Finding] = []
    candidates: list[_Candidate] = []
    for grid in grids:
        found = tuple(headers(grid, layout))
        if not found:
            continue
        reason = _left_out(grid)
        if reason is not None:
            findings.append(reason)
            continue
        head_rows = [row for row in grid.rows if row <= found[0].row]
        candidates.append(_Candidate(grid, found, _month_of_days(found[0]) or month_of_sheet(grid, head_rows)))
    if not candidates:
        _refuse_without_sheet(findings)
        return [], []
    asked = month or _latest(candidates)
    if asked is None:
        raise _no_month(candidates[0])
    taken = [sheet for sheet in candidates if sheet.found is None or sheet.found.is_month(asked)]
    others = [sheet for sheet in candidates if sheet not in taken]
    if not taken:
        raise InputRefused(_other_month(others[0], asked, Level.UNREAD))
    findings.extend(_other_month(sheet, asked, Level.QUESTION) for sheet in others)
    findings.extend(doubt for sheet in taken if (doubt := _doubt(sheet, asked)) is not None)
    return [Sheet(sheet.grid, sheet.headers, asked) for sheet in taken], findings


def _refuse_without_sheet(findings: Sequence[Finding]) -> None:
    """Every sheet with a grid is left out: the file is refused for the first one's reason, an unread one before others."""
    for finding in sorted(findings, key=lambda finding: finding.level is not Level.UNREAD):
        raise refused(finding.what, finding.cure, finding.place)


def _left_out(grid: Grid) -> Finding | None:
    """A hidden sheet, an instruction, a sample, one beyond the limits: never read."""
    if grid.is_hidden:
        return question(
            place(grid.name),
            Text("лист скрыт: не прочитан", "the sheet is hidden: not read"),
            Text(
                "Если это табель за этот месяц, покажите лист и отправьте файл ещё раз.",
                "If it is this month's timesheet, show it and send the file again.",
            ),
        )
    if grid.beyond is not None:
        return unread(
            place(grid.name, *grid.beyond),
            Text(
                "заполнена клетка далеко за пределами табеля: лист не прочитан",
                "a filled cell far beyond the timesheet: the sheet is not read",
            ),
            Text(
                "Сотрите лишние клетки или перенесите табель на новый лист.", "Clear the stray cells, or move the timesheet to a new sheet."
            ),
        )
    title_rows = sorted(grid.rows)[:3]
    says_sample = any(
        folded(cell.text).startswith(("образец", "пример заполн"))
        for row in title_rows
        for cell in grid.rows[row].values()
        if cell.kind is Kind.TEXT
    )
    if says_sample or SAMPLE_SHEET.search(folded(grid.name)):
        return question(
            place(grid.name),
            Text("лист с образцом заполнения: не прочитан", "a sheet with a sample: not read"),
            Text("Если это табель, переименуйте лист.", "If it is a timesheet, rename the sheet."),
        )
    return None


def _month_of_days(header: Header) -> MonthFound | None:
    """The month of a header whose days are full dates."""
    day = header.days[0]
    if day.word.month is None or day.word.year is None:
        return None
    return MonthFound(day.word.month, day.word.year, header.row, day.column)


def _doubt(sheet: _Candidate, asked: str) -> Finding | None:
    """A sheet that is taken although it does not say its month clearly."""
    ru, en = month_words(asked)
    named = month_of_name(sheet.grid.name)
    cure = Text(
        "Напишите месяц и год в шапке; лист другого месяца удалите.", "Write month and year in the head; delete another month's sheet."
    )
    row = sheet.found.row if sheet.found is not None else None
    if sheet.found is None or sheet.found.year is None:
        what = Text(f"на листе не сказан месяц с годом: принят за {ru}", f"the sheet does not say its month with the year: taken as {en}")
    elif named is not None and not named.is_month(asked):
        other = named.in_words()
        what = Text(
            f"лист назван «{other[0]}», а в шапке {ru}: верим шапке",
            f"the sheet is named {other[1]}, but its head says {en}: the head counts",
        )
    else:
        return None
    return question(place(sheet.grid.name, row), what, cure)


def _latest(candidates: Sequence[_Candidate]) -> str | None:
    months = [sheet.found.month for sheet in candidates if sheet.found is not None and sheet.found.month is not None]
    return max(months, default=None)


def _no_month(sheet: _Candidate) -> InputRefused:
    return refused(
        Text("не сказано, за какой месяц и год табель", "the timesheet does not say its month and year"),
        Text(
            "Напишите в шапке «за октябрь 2025 г.» или укажите месяц при приёме (--month).",
            "Write “за октябрь 2025 г.” in the head, or name the month when taking it in (--month).",
        ),
        place(sheet.grid.name, sheet.headers[0].row),
    )


def _other_month(sheet: _Candidate, asked: str, level: Level) -> Finding:
    ru, en = sheet.found.in_words() if sheet.found is not None else ("", "")
    asked_ru, asked_en = month_words(asked)
    row = sheet.found.row if sheet.found is not None else None
    column = sheet.found.column if sheet.found is not None else None
    if level is Level.QUESTION:
        return question(
            place(sheet.grid.name, row),
            Text(f"лист за {ru} (принимают {asked_ru}): не прочитан", f"a sheet of {en} (taken in: {asked_en}): not read"),
            Text("Если он нужен, отправьте его отдельно, назвав месяц.", "If it is needed, send it apart and name its month."),
        )
    where_ru, where_en = ("в шапке", "in the head") if row is not None else ("в имени листа", "in the sheet's name")
    return unread(
        place(sheet.grid.name, row, column),
        Text(f"месяц {where_ru} — {ru}, а принимают {asked_ru}", f"the month {where_en} is {en}, but {asked_en} is taken in"),
        Text(
            f"Отправьте табель за {asked_ru} или исправьте месяц; если верна шапка, примите файл за её месяц.",
            f"Send the timesheet of {asked_en}, or mend the month; if the head is right, take the file in for its month.",
        ),
    )
