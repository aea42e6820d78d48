"""A file of timesheets → one `Batch` per group. This module reads top down: file, workbook, sheets of the month, groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adapters.spreadsheet.doubts import understood
from adapters.spreadsheet.findings import place, refused
from adapters.spreadsheet.formats import read_grids
from adapters.spreadsheet.groups import GroupWords, group_words, names_a_group
from adapters.spreadsheet.header import Header
from adapters.spreadsheet.mapping import Layout, Layouts, SheetKind
from adapters.spreadsheet.reading import GroupSheets, group_batch
from adapters.spreadsheet.refusals import head_refusal, header_refusal, no_children
from adapters.spreadsheet.resent import resent_batch
from adapters.spreadsheet.rows import Section, sections
from adapters.spreadsheet.settings import SpreadsheetSettings
from adapters.spreadsheet.sheets import Sheet, sheets_of_month
from adapters.spreadsheet.visits import VisitList, visits_by_group
from adapters.spreadsheet.words import folded
from gateway.plugins import Batch, Finding, InputRefused, Level, Text, hookimpl, month_period

GATEWAY_INTERFACE = 1
_TITLE = Text("Табели в файлах", "Timesheets in files")


@hookimpl
def gateway_adapters() -> list[SpreadsheetAdapter]:
    return [SpreadsheetAdapter()]


@dataclass(frozen=True)
class SpreadsheetAdapter:
    """Timesheets in files of any office program: the state form 0504608, journals, lists of visits, clubs' own grids."""

    settings: SpreadsheetSettings = field(default_factory=SpreadsheetSettings)
    name: str = "spreadsheet"
    title: Text = _TITLE

    def reads(self, path: Path) -> bool:
        """Any file: what is no workbook is refused here, with the words that help."""
        return True

    def parse(self, path: Path, mapping: Mapping[str, Any], month: str | None, now: dt.datetime) -> Iterator[Batch]:
        """One batch per group; see `gateway.plugins.Adapter.parse`."""
        layouts = Layouts(mapping)
        grids = read_grids(path, self.settings)
        resent = resent_batch(grids, layouts.general, month)
        if resent is not None:
            yield resent
            return
        sheets, findings = sheets_of_month(grids, layouts, month, self.settings)
        groups = _groups(sheets, layouts)
        batches = [group_batch(group, self.settings) for group in groups]
        guesses = () if layouts.says_cells else tuple(_understood(sheet) for sheet in sheets if sheet.kind is not SheetKind.FORM)
        general = (*layouts.findings, *findings)
        _refuse_if_nothing(batches, general)
        if general or guesses:
            yield Batch(findings=(*general, *guesses))
        yield from batches


def _refuse_if_nothing(batches: Sequence[Batch], general: Sequence[Finding]) -> None:
    """A file of which one thing is wrong and nothing is taken is refused as a whole; several refused groups are told one by one."""
    findings = [finding for batch in batches for finding in batch.findings]
    if not batches:
        raise refused(
            Text(
                "в книге нет табеля: ни на одном видимом листе не найдены столбцы дней 1, 2, 3 …",
                "the workbook has no timesheet: no visible sheet has columns of days 1, 2, 3 …",
            ),
            Text("Отправьте табель за месяц со столбцом на каждый день.", "Send a month's timesheet with a column for each day."),
        )
    if not any(batch.records for batch in batches) and len(findings) == 1 and not general and findings[0].level is Level.UNREAD:
        raise InputRefused(findings[0])


def _understood(sheet: Sheet) -> Finding:
    return understood(sheet.grid, sheet.kind, sheet.month, sheet.headers[0] if sheet.headers else None, sheet.visits)


# ---------------------------------------------------------------- groups


def _groups(sheets: Sequence[Sheet], layouts: Layouts) -> list[GroupSheets]:
    """The groups of all sheets; the same words are the same group, wherever they stand."""
    groups: dict[str, GroupSheets] = {}
    for sheet in sheets:
        layout = layouts.of(sheet.kind)
        if sheet.visits is not None:
            _add_visits(groups, sheet, sheet.visits, layout)
        for header, head_rows, found in _blocks(sheet, layout):
            for section in found:
                _add(groups, sheet, header, head_rows, section, layout)
    for group in groups.values():
        if not (group.sections or group.visits or group.is_refused):
            group.is_refused = True
            group.findings.append(no_children(group.empty_header or group.place, group.words))
    return list(groups.values())


def _blocks(sheet: Sheet, layout: Layout) -> Iterator[tuple[Header, list[int], list[Section]]]:
    """Each header with the rows of its head and the sections under it."""
    grid, above = sheet.grid, -len(sheet.grid.above)
    head_rows: list[int] = []
    for index, header in enumerate(sheet.headers):
        following = sheet.headers[index + 1].top - 1 if index + 1 < len(sheet.headers) else max(grid.rows)
        own_rows = [row for row in grid.rows if above < row < header.top]
        head_rows = own_rows if names_a_group(grid, own_rows, layout) else head_rows  # a header alone goes on with the group above
        found = sections(grid, header, following, layout) if header.names else []
        yield header, head_rows, found or [Section(header, None, None)]
        above = max((section.last_row for section in found), default=header.row)


def _add(groups: dict[str, GroupSheets], sheet: Sheet, header: Header, head_rows: list[int], section: Section, layout: Layout) -> None:
    named = group_words(sheet.grid, section.title, section.title_row, head_rows, layout)
    group = _group(groups, sheet, named, layout)
    refusal = header_refusal(sheet.grid, header, group.month, layout, group.words) or head_refusal(
        sheet.grid, head_rows, sheet.month, group.words
    )
    if refusal is not None:
        group.is_refused = True
        group.findings.append(refusal)
    elif section.rows or section.stray:
        group.sections.append((sheet.grid, section))
    elif not group.sections:
        group.empty_header = place(sheet.grid.name, header.row)


def _add_visits(groups: dict[str, GroupSheets], sheet: Sheet, visits: VisitList, layout: Layout) -> None:
    head_rows = [row for row in sheet.grid.rows if row < visits.row]
    for found in visits_by_group(visits, month_period(sheet.month), layout):
        named = group_words(sheet.grid, found.words, found.row if found.words else None, head_rows, layout)
        group = _group(groups, sheet, named, layout)
        group.visits.extend(child.of_group(group.words) for child in found.children)
        group.findings.extend(replace(finding, group=group.words) for finding in found.findings)
        group.has_gaps = group.has_gaps or found.has_gaps


def _group(groups: dict[str, GroupSheets], sheet: Sheet, named: GroupWords, layout: Layout) -> GroupSheets:
    where = place(sheet.grid.name, named.row, named.column)
    return groups.setdefault(folded(named.words), GroupSheets(named.words, where, month_period(sheet.month), layout))


__all__ = ["GATEWAY_INTERFACE", "SpreadsheetAdapter", "gateway_adapters"]
