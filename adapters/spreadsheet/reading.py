"""One group's rows → members, marks, cancelled lessons, its window, and what a person must know."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.spreadsheet.children import Child, DayCell, children
from adapters.spreadsheet.doubts import doubtful_marks
from adapters.spreadsheet.findings import place, question, unread
from adapters.spreadsheet.grid import Grid
from adapters.spreadsheet.header import DayColumn
from adapters.spreadsheet.mapping import Layout
from adapters.spreadsheet.rows import Section
from adapters.spreadsheet.settings import SpreadsheetSettings
from adapters.spreadsheet.signs import Meaning, Reading
from gateway.plugins import (
    PRESENT,
    Batch,
    EmptyMeaning,
    Finding,
    Group,
    Lesson,
    LessonState,
    Mark,
    Period,
    Place,
    Record,
    Status,
    Text,
    Window,
)


@dataclass
class GroupSheets:
    """All that a file says of one group: its sections, on one sheet or several."""

    words: str
    place: Place
    month: Period
    layout: Layout
    sections: list[tuple[Grid, Section]] = field(default_factory=list)
    visits: list[Child] = field(default_factory=list)
    has_gaps: bool = False  # a line could not be read: whose it is, or of which day, is not known
    findings: list[Finding] = field(default_factory=list)
    is_refused: bool = False
    empty_header: Place | None = None


def group_batch(group: GroupSheets, settings: SpreadsheetSettings) -> Batch:
    """The batch of a group; a refused one has its findings only."""
    if group.is_refused:
        return Batch(findings=_capped(group.findings, group, settings))
    listed = [child for grid, section in group.sections for child in children(grid, section, group.words, group.month, group.layout)]
    listed += group.visits
    findings = [*group.findings, *(finding for child in listed for finding in child.findings)]
    cancelled = _cancelled_days(group, listed, findings)
    if not any(child.member is not None for child in listed):
        return Batch(findings=_capped(findings, group, settings))
    records: list[Record] = [Group(group.words, group.place)]
    records.extend(child.member for child in listed if child.member is not None)
    for child in listed:
        records.extend(_marks(child, cancelled, group, findings))
    records.extend(Lesson(group.words, day, LessonState.CANCELLED, where) for day, where in sorted(cancelled.items()))
    findings.extend(_questions(group, listed, records))
    findings.extend(doubtful_marks(listed, group.layout.empty, group.words))
    lists_all = not group.has_gaps and all(child.member is not None for child in listed)
    window = Window(group.words, group.month, group.layout.empty, _filled_to(group), lists_all)
    return Batch(records=tuple(records), windows=(window,), findings=_capped(findings, group, settings))


def _filled_to(group: GroupSheets) -> dt.date | None:
    filled_to = group.layout.filled_to
    return filled_to if filled_to is not None and filled_to in group.month else None


def _capped(findings: list[Finding], group: GroupSheets, settings: SpreadsheetSettings) -> tuple[Finding, ...]:
    unique = list(dict.fromkeys(findings))
    rest = len(unique) - settings.findings_max
    if rest <= 0:
        return tuple(unique)
    more = unread(
        group.place,
        Text(f"и ещё {rest} замечаний по этой группе", f"and {rest} more findings about this group"),
        Text("Исправьте показанные и отправьте файл ещё раз.", "Mend those shown and send the file again."),
        group.words,
    )
    return (*unique[: settings.findings_max], more)


# ---------------------------------------------------------------- marks


def _marks(child: Child, cancelled: dict[dt.date, Place], group: GroupSheets, findings: list[Finding]) -> Iterator[Mark]:
    """A child's marks; a cell that cannot be taken gives none, and so leaves what stood."""
    if child.member is None or child.is_deferred:
        return
    for cell in child.cells:
        reading = cell.reading
        is_listed = child.is_listed(cell.day)
        if reading is None:
            status = child.status_of_empty(cell.day)
            if status is not None:
                yield Mark(child.member.key, cell.day, status, cell.place)
        elif cell.day in cancelled and _says_cancelled(child, reading):
            yield Mark(child.member.key, cell.day, Status.NOTHING, cell.place)  # no mark, and an earlier one of this cell is taken back
        elif reading.status is not None:
            if reading.status in PRESENT and not is_listed:
                findings.append(_present_outside(cell.place, group))
            else:
                yield Mark(child.member.key, cell.day, reading.status, cell.place, reading.hours)
    if group.layout.empty is EmptyMeaning.NOTHING and not group.has_gaps:  # what a column or line said that is gone is taken back
        for day in child.silent:
            yield Mark(child.member.key, day, Status.UNMARKED, child.member.place)


def _says_cancelled(child: Child, reading: Reading) -> bool:
    """By its own sign, or «Н» with the row's reason."""
    is_reason = reading.meaning is Meaning.ABSENT and reading.hours is None and child.notes.says_cancelled
    return reading.meaning is Meaning.CANCELLED or is_reason


def _present_outside(where: Place, group: GroupSheets) -> Finding:
    return unread(
        where,
        Text(
            "явка в день, когда ребёнка по примечанию строки нет в группе",
            "present on a day when, by the row's note, the child is not in the group",
        ),
        Text("Исправьте отметку или дату зачисления либо отчисления.", "Mend the mark, or the day of enrolling or leaving."),
        group.words,
    )


# ---------------------------------------------------------------- cancelled lessons


def _cancelled_days(group: GroupSheets, listed: list[Child], findings: list[Finding]) -> dict[dt.date, Place]:
    """Days whose lesson the sheet itself cancels → where it says so."""
    taken = [child for child in listed if child.member is not None and not child.is_deferred]
    read: dict[dt.date, list[tuple[Child, DayCell, Reading]]] = defaultdict(list)
    for child in taken:
        for cell in child.cells:
            if cell.reading is not None:
                read[cell.day].append((child, cell, cell.reading))
    cancelled: dict[dt.date, Place] = {}
    for day in group.month.days():
        said = [cell for _, cell, reading in read[day] if reading.meaning is Meaning.CANCELLED]
        if said:
            if any(reading.status in PRESENT for _, _, reading in read[day]):
                findings.extend(_mixed(cell.place, group) for cell in said)
            else:
                cancelled[day] = said[0].place
        elif read[day] and _is_cancelled_by_reasons(day, taken, read[day]):
            where = _header_place(group, day)
            cancelled[day] = where
            findings.append(_cancelled_by_reasons(where, day, group))
    return cancelled


def _is_cancelled_by_reasons(day: dt.date, taken: list[Child], read: list[tuple[Child, DayCell, Reading]]) -> bool:
    """«Н» for every child on the list that day, and every one's reasons name a cancelled lesson."""
    absent = {id(child) for child, _, reading in read if reading.meaning is Meaning.ABSENT and reading.hours is None}
    on_list = [child for child in taken if child.is_listed(day)]
    return bool(on_list) and all(child.notes.says_cancelled and id(child) in absent for child in on_list)


def _header_place(group: GroupSheets, day: dt.date) -> Place:
    if not group.sections:
        return group.place
    grid, section = group.sections[0]
    column = next((column for column in section.header.days if column.word.day == day.day), None)
    return place(grid.name, section.header.row, column.column if column else None)


def _mixed(where: Place, group: GroupSheets) -> Finding:
    return unread(
        where,
        Text(
            "в клетке отмена занятия, а у других детей в этот день явка",
            "the cell says that the lesson was cancelled, but other children were present that day",
        ),
        Text(
            "Если занятие было, поставьте ребёнку отметку; если не было, сотрите явки.",
            "If the lesson was held, write the child's mark; if not, clear the others'.",
        ),
        group.words,
    )


def _cancelled_by_reasons(where: Place, day: dt.date, group: GroupSheets) -> Finding:
    shown_day = f"{day:%d.%m.%Y}"
    return question(
        where,
        Text(
            f"{shown_day} «Н» у всех детей с причиной «Отмена занятия»: занятие принято за отменённое, а не за неявку",
            f"{shown_day}: absent for all children with the reason “lesson cancelled”: taken as a cancelled lesson, not as absences",
        ),
        Text("Если занятие было, исправьте причины.", "If the lesson was held, mend the reasons."),
        group.words,
    )


# ---------------------------------------------------------------- questions about the group


def _questions(group: GroupSheets, listed: list[Child], records: list[Record]) -> Iterator[Finding]:
    yield from _hidden_columns(group)
    names = list(dict.fromkeys(grid.name for grid, _ in group.sections))
    if len(names) > 1:
        yield question(
            group.place,
            Text(f"группа стоит на нескольких листах: {', '.join(names)}", f"the group stands on several sheets: {', '.join(names)}"),
            Text("Если один из них копия, удалите его.", "If one of them is a copy, delete it."),
            group.words,
        )
    if group.layout.empty is EmptyMeaning.UNKNOWN and _leaves_lessons_open(records):
        yield question(
            group.place,
            Text("не сказано, что значит пустая клетка: явка или ничего", "what an empty cell means is not said: present, or nothing"),
            Text(
                'Скажите в сопоставлении: [cells] empty = "attended" или "nothing"; пока отметки берутся только из заполненных клеток.',
                'Say in the mapping: [cells] empty = "attended" or "nothing"; until then marks come from filled cells only.',
            ),
            group.words,
        )
    twin = next((cell.place for child in listed for cell in child.cells if cell.reading is not None and cell.reading.has_latin_twin), None)
    if twin is not None:
        yield question(
            twin,
            Text(
                "латинская буква вместо русской: прочитана как русская",
                "a Latin letter instead of a Cyrillic one: read as the Cyrillic one",
            ),
            Text("Менять не обязательно.", "No need to change it."),
            group.words,
        )
    yield from _repeated(group, listed)


def _leaves_lessons_open(records: list[Record]) -> bool:
    """Whether an empty cell may be a lesson's: presence is not marked at all, or some day has both marks and empty cells."""
    marks = [record for record in records if isinstance(record, Mark)]
    empty_days = {mark.day for mark in marks if mark.status is Status.UNMARKED}
    marked_days = {mark.day for mark in marks if mark.status in PRESENT or mark.status in (Status.ABSENT, Status.EXCUSED)}
    marks_presence = any(mark.status in PRESENT for mark in marks)
    return bool(empty_days) and (not marks_presence or bool(empty_days & marked_days))


def _hidden_columns(group: GroupSheets) -> Iterator[Finding]:
    for grid, section in group.sections:
        for day in section.header.days:
            if is_hidden_day(grid, day) and day.word.day <= group.month.last.day:
                is_filled = any(grid.at(row.row, column) is not None for row in section.rows for column in day.span)
                content = (
                    ("в нём есть отметки, они отложены", "its marks are left out")
                    if is_filled
                    else ("он пуст, за явку не принят", "it is empty, and not taken as presence")
                )
                yield question(
                    place(grid.name, section.header.row, day.column),
                    Text(f"столбец дня {day.word.day} скрыт: {content[0]}", f"the column of day {day.word.day} is hidden: {content[1]}"),
                    Text(
                        "Покажите столбец и отправьте файл ещё раз, если занятие в этот день было.",
                        "Show the column and send the file again if there was a lesson that day.",
                    ),
                    group.words,
                )


def is_hidden_day(grid: Grid, day: DayColumn) -> bool:
    return all(column in grid.hidden_columns for column in day.span)


def _repeated(group: GroupSheets, listed: list[Child]) -> Iterator[Finding]:
    """The same number, or the same name, in two rows of the group."""
    seen: dict[str, Child] = {}
    for child in listed:
        if child.member is None:
            continue
        for key in (child.member.certificate, child.folded_name):
            first = seen.setdefault(key, child) if key else child
            if first is not child:
                row, same_number = first.member.place.row if first.member else None, key == child.member.certificate
                what = ("тот же номер сертификата", "the same certificate's number") if same_number else ("то же имя", "the same name")
                yield question(
                    child.member.place,
                    Text(
                        f"{what[0]}, что в строке {row}: ребёнок записан дважды или это тёзки",
                        f"{what[1]} as in row {row}: a child listed twice, or namesakes",
                    ),
                    Text(
                        "Оставьте одну строку или впишите номера сертификатов обоих.",
                        "Keep one row, or write the certificates' numbers of both.",
                    ),
                    group.words,
                )
                break
