"""Which sheets of a workbook are taken in for the month, and which are left out, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from adapters.spreadsheet.findings import place, question, refused, unread
from adapters.spreadsheet.grid import Grid, Kind
from adapters.spreadsheet.header import Header, headers
from adapters.spreadsheet.mapping import Layout, Layouts, SheetKind
from adapters.spreadsheet.month import MonthFound, month_of_name, month_of_sheet, month_words
from adapters.spreadsheet.settings import SpreadsheetSettings
from adapters.spreadsheet.visits import VisitList, visit_list
from adapters.spreadsheet.words import SAMPLE_SHEET, folded
from gateway.plugins import Finding, InputRefused, Level, Text


@dataclass(frozen=True)
class Sheet:
    """A sheet with a grid, taken in for ``month`` (YYYY-MM)."""

    grid: Grid
    headers: tuple[Header, ...]
    month: str
    kind: SheetKind
    visits: VisitList | None = None


@dataclass(frozen=True)
class _Candidate:
    """``months``: those that the days themselves name, where they are several; ``found``: the one month that the sheet is of."""

    grid: Grid
    kind: SheetKind
    headers: tuple[Header, ...]
    visits: VisitList | None
    found: MonthFound | None
    months: tuple[MonthFound, ...] = ()

    def is_of(self, month: str) -> bool:
        if self.months:
            return any(found.is_month(month) for found in self.months)
        return self.found is None or self.found.is_month(month)


def sheets_of_month(
    grids: Sequence[Grid], layouts: Layouts, month: str | None, settings: SpreadsheetSettings
) -> tuple[list[Sheet], list[Finding]]:
    """The sheets of the asked month (None: the latest one in the workbook), and questions about the others.

    Raises:
        InputRefused: no sheet of that month, or no sheet says its month.
    """
    findings: list[Finding] = []
    candidates: list[_Candidate] = []
    for grid in continued(grids, layouts.general):
        candidate = _candidate(grid, layouts)
        if candidate is None:
            continue
        reason = _left_out(grid, settings, is_list=candidate.visits is not None)
        if reason is not None:
            findings.append(reason)
            continue
        candidates.append(candidate)
    if not candidates:
        _refuse_without_sheet(findings)
        return [], []
    asked = month or _latest(candidates)
    if asked is None:
        raise _no_month(candidates[0])
    taken = [sheet for sheet in candidates if sheet.is_of(asked)]
    others = [sheet for sheet in candidates if sheet not in taken]
    if not taken:
        raise InputRefused(_other_month(others[0], asked, Level.UNREAD))
    findings.extend(_other_month(sheet, asked, Level.QUESTION) for sheet in others)
    findings.extend(doubt for sheet in taken if (doubt := _doubt(sheet, asked)) is not None)
    return [_sheet(sheet, asked) for sheet in taken], findings


def _sheet(sheet: _Candidate, asked: str) -> Sheet:
    return Sheet(sheet.grid, tuple(header.of_month(asked) for header in sheet.headers), asked, sheet.kind, sheet.visits)


def _candidate(grid: Grid, layouts: Layouts) -> _Candidate | None:
    """A sheet with a list of visits, or with day columns; None: neither."""
    visits = visit_list(grid, layouts.of(SheetKind.LIST))
    if visits is not None:
        head_rows = [row for row in grid.rows if row < visits.row]
        head = month_of_sheet(grid, head_rows)
        found = head if head is not None and (head.month is None or head.month in visits.months) else visits.main_month
        several = tuple(visits.months.values()) if len(visits.months) > 1 else ()
        return _Candidate(grid, SheetKind.LIST, (), visits, found, several)
    headers_found = tuple(headers(grid, layouts.general))
    if not headers_found:
        return None
    kind = SheetKind.FORM if headers_found[0].is_month else SheetKind.JOURNAL
    if layouts.has_own(kind):
        headers_found = tuple(headers(grid, layouts.of(kind))) or headers_found
    first = headers_found[0]
    head_rows = [row for row in grid.rows if row <= first.row]
    months = _months_of_days(first)
    return _Candidate(
        grid, kind, headers_found, None, (None if months else _month_of_days(first)) or month_of_sheet(grid, head_rows), months
    )


def continued(grids: Sequence[Grid], layout: Layout) -> Iterator[Grid]:
    """Tables of one page: one without a timesheet in it (the form's head) is text above the next one."""
    above: tuple[str, ...] = ()
    document: int | None = None
    for grid in grids:
        if grid.document is None:
            yield grid
            continue
        above = above if grid.document == document else ()
        document = grid.document
        if visit_list(grid, layout) is None and not headers(grid, layout):
            above += tuple(" ".join(cell.text for cell in cells.values()) for cells in grid.rows.values())
        else:
            yield replace(grid, above=(*above, *grid.above)) if above else grid
            above = ()


def _refuse_without_sheet(findings: Sequence[Finding]) -> None:
    """Every sheet with a grid is left out: the file is refused for the first one's reason, an unread one before others."""
    for finding in sorted(findings, key=lambda finding: finding.level is not Level.UNREAD):
        raise refused(finding.what, finding.cure, finding.place)


def _left_out(grid: Grid, settings: SpreadsheetSettings, is_list: bool) -> Finding | None:
    """A hidden sheet, an instruction, a sample, one beyond the limits: never read."""
    beyond = grid.beyond
    last_row = max(grid.rows)
    if beyond is None and not is_list and last_row > settings.rows_max:
        beyond = last_row, min(grid.rows[last_row])
    if grid.is_hidden:
        return question(
            place(grid.name),
            Text("лист скрыт: не прочитан", "the sheet is hidden: not read"),
            Text(
                "Если это табель за этот месяц, покажите лист и отправьте файл ещё раз.",
                "If it is this month's timesheet, show it and send the file again.",
            ),
        )
    if beyond is not None:
        return unread(
            place(grid.name, *beyond),
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
    if says_sample or (grid.file_name is None and SAMPLE_SHEET.search(folded(grid.name))):
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


def _months_of_days(header: Header) -> tuple[MonthFound, ...]:
    """The months of a journal that goes on through several."""
    if header.is_month or len(header.months) < 2:
        return ()
    return tuple(
        dict.fromkeys(MonthFound(day.word.month, day.word.year, header.row, None) for day in header.days if day.word.month is not None)
    )


def _doubt(sheet: _Candidate, asked: str) -> Finding | None:
    """A sheet that is taken although it does not say its month clearly."""
    ru, en = month_words(asked)
    named = month_of_name(sheet.grid.name) if sheet.grid.file_name is None else None
    cure = Text(
        "Напишите месяц и год в шапке; лист другого месяца удалите.", "Write month and year in the head; delete another month's sheet."
    )
    row = sheet.found.row if sheet.found is not None else None
    if sheet.months:
        return None
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
    """None: no sheet says its month, or a journal of several months would have to be guessed at."""
    months = [sheet.found.month for sheet in candidates if sheet.found is not None and sheet.found.month is not None]
    return max(months, default=None)


def _no_month(sheet: _Candidate) -> InputRefused:
    return refused(
        Text("не сказано, за какой месяц и год табель", "the timesheet does not say its month and year"),
        Text(
            "Напишите в шапке «за октябрь 2025 г.» или укажите месяц при приёме (--month).",
            "Write “за октябрь 2025 г.” in the head, or name the month when taking it in (--month).",
        ),
        place(sheet.grid.name, sheet.headers[0].row if sheet.headers else sheet.visits.row if sheet.visits else None),
    )


def _in_words(sheet: _Candidate) -> tuple[str, str]:
    words = [found.in_words() for found in sheet.months or ((sheet.found,) if sheet.found is not None else ())]
    return ", ".join(ru for ru, _ in words), ", ".join(en for _, en in words)


def _other_month(sheet: _Candidate, asked: str, level: Level) -> Finding:
    ru, en = _in_words(sheet)
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
