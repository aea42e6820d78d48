"""What a person is asked about marks that are taken: numbers that look like slips, a mark on a day when nobody else has one; and how a
sheet was understood, as long as the provider has said nothing about its sheets."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence

from adapters.spreadsheet.children import Child, DayCell
from adapters.spreadsheet.findings import place, question
from adapters.spreadsheet.grid import Grid, column_letters
from adapters.spreadsheet.header import Header
from adapters.spreadsheet.mapping import SheetKind
from adapters.spreadsheet.month import month_words
from adapters.spreadsheet.visits import VisitList
from gateway.plugins import PRESENT, EmptyMeaning, Finding, Text

_HOURS_USUAL_MAX = 8
_CHILDREN_MIN = 3
_KINDS = {
    SheetKind.FORM: Text("табель на весь месяц", "a timesheet of the whole month"),
    SheetKind.JOURNAL: Text("журнал со столбцом на занятие", "a journal with a column per lesson"),
    SheetKind.LIST: Text("список: строка на каждое посещение", "a list of one line per visit"),
}


def doubtful_marks(listed: Sequence[Child], empty: EmptyMeaning, words: str) -> Iterator[Finding]:
    """Questions about single cells of a group."""
    for child in listed:
        for cell in child.cells:
            hours = cell.reading.hours if cell.reading is not None else None
            if hours is not None and hours > _HOURS_USUAL_MAX * 100:
                yield question(
                    cell.place,
                    Text(f"{hours / 100:g} часов за день: похоже на опечатку", f"{hours / 100:g} hours in one day: it looks like a slip"),
                    Text("Если это опечатка, исправьте число часов.", "If it is a slip, mend the number of hours."),
                    words,
                )
    if empty is not EmptyMeaning.ATTENDED:
        yield from _lonely(listed, words)


def _lonely(listed: Sequence[Child], words: str) -> Iterator[Finding]:
    """A presence on a day when no other child has anything, in a group that usually fills its days."""
    filled: dict[dt.date, list[DayCell]] = defaultdict(list)
    for child in listed:
        for cell in child.cells:
            if cell.reading is not None:
                filled[cell.day].append(cell)
    if not filled or statistics.median(map(len, filled.values())) < _CHILDREN_MIN:
        return
    for day, (cell, *others) in sorted(filled.items()):
        if not others and cell.reading is not None and cell.reading.status in PRESENT:
            yield question(
                cell.place,
                Text(
                    f"{day:%d.%m.%Y} отметка только у одного ребёнка: было ли занятие в этот день?",
                    f"{day:%Y-%m-%d}: only one child has a mark: was there a lesson that day?",
                ),
                Text(
                    "Если столбец спутан, перенесите отметку в день занятия.", "If the column is wrong, move the mark to the lesson's day."
                ),
                words,
            )


# ---------------------------------------------------------------- the guess


def understood(grid: Grid, kind: SheetKind, month: str, header: Header | None, visits: VisitList | None) -> Finding:
    """How a sheet is read: its layout, its month, and which column is what."""
    columns: list[tuple[str, str, str]] = []
    row = header.row if header is not None else visits.row if visits is not None else None
    if header is not None:
        columns = [
            ("ФИО", "the child", _letters(*header.names)),
            ("номер сертификата", "the certificate", _letters(header.certificate)),
            ("группа", "the group", _letters(header.group)),
            ("дни", "the days", f"{_letters(header.days[0].column)}–{_letters(header.days[-1].span[-1])} ({len(header.days)})"),
        ]
    elif visits is not None:
        columns = [
            ("дата", "the date", _letters(visits.date)),
            ("ФИО", "the child", _letters(*visits.names)),
            ("номер сертификата", "the certificate", _letters(visits.certificate)),
            ("группа", "the group", _letters(visits.group)),
            ("отметка", "the mark", _letters(visits.marks[0])),
        ]
    ru, en = month_words(month)
    shown = [(ru_name, en_name, letters) for ru_name, en_name, letters in columns if letters]
    return question(
        place(grid.name, row),
        Text(
            f"лист понят так: {_KINDS[kind].ru}, {ru}; графы: " + ", ".join(f"{name} {letters}" for name, _, letters in shown),
            f"the sheet is understood as {_KINDS[kind].en}, {en}; columns: " + ", ".join(f"{name} {letters}" for _, name, letters in shown),
        ),
        Text(
            "Если неверно, назовите графы в сопоставлении: [columns]; там же, в [cells], скажите, что значат знаки и пустая клетка.",
            "If this is wrong, name the columns in the mapping: [columns]; and say there, in [cells], what signs and empty cells mean.",
        ),
    )


def _letters(*columns: int | None) -> str:
    return ", ".join(column_letters(column) for column in columns if column is not None)
