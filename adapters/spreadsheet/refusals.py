"""Why a group's sheet is not read at all: its header does not carry the month's days."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.spreadsheet.findings import place, unread
from adapters.spreadsheet.grid import Grid, column_letters
from adapters.spreadsheet.header import Header, counts_up, wrong_weekdays
from adapters.spreadsheet.mapping import Layout
from adapters.spreadsheet.month import month_of_sheet, month_words
from adapters.spreadsheet.words import WEEKDAYS_EN, WEEKDAYS_RU
from gateway.plugins import Finding, Period, Place, Text


def header_refusal(grid: Grid, header: Header, month: Period, layout: Layout, words: str) -> Finding | None:
    """The first thing wrong with the header, or None."""
    if not header.names:
        return unread(
            place(grid.name, header.row),
            Text("не найдена графа с именем ребёнка", "no column with the child's name was found"),
            Text(
                "Назовите графу «ФИО ребёнка» или укажите её в сопоставлении: [columns] child.",
                "Head the column «ФИО ребёнка», or name it in the mapping: [columns] child.",
            ),
            words,
        )
    if counts_up(header.days) and not header.weekdays:
        return unread(
            place(grid.name, header.row, header.first_day_column),
            Text(
                f"столбцы 1–{len(header.days)} подряд: числа месяца это или номера занятий, неясно",
                f"columns 1 to {len(header.days)} in a row: days of the month, or numbers of lessons, is not clear",
            ),
            Text(
                "Напишите в шапке даты занятий (01.10, 03.10 …) или все дни месяца.",
                "Write the lessons' dates into the header (01.10, 03.10 …), or all days of the month.",
            ),
            words,
        )
    return (
        _wrong_first_day(grid, header, layout, words)
        or _wrong_days(grid, header, month, words)
        or _wrong_month(grid, header, month, words)
        or _wrong_weekday(grid, header, month, words)
    )


def head_refusal(grid: Grid, head_rows: Sequence[int], month: str, words: str) -> Finding | None:
    """A group lower on the sheet whose own head says another month."""
    found = month_of_sheet(grid, head_rows)
    if found is None or found.row is None or found.is_month(month):
        return None
    (ru, en), (asked_ru, asked_en) = found.in_words(), month_words(month)
    return unread(
        place(grid.name, found.row, found.column),
        Text(f"в шапке группы {ru}, а принимают {asked_ru}", f"the group's head says {en}, but {asked_en} is taken in"),
        Text(
            "Исправьте месяц в шапке или отправьте группу в табеле её месяца.",
            "Mend the month in the head, or send the group in its month's sheet.",
        ),
        words,
    )


def no_children(where: Place, words: str) -> Finding:
    return unread(
        where,
        Text("под шапкой нет ни одного ребёнка", "there is no child under the header"),
        Text("Впишите детей или удалите пустой лист.", "Write the children in, or delete the empty sheet."),
        words,
    )


def _wrong_first_day(grid: Grid, header: Header, layout: Layout, words: str) -> Finding | None:
    if layout.first_day is None or layout.first_day in header.days[0].span:
        return None
    letters = column_letters(layout.first_day)
    return unread(
        place(grid.name, header.row, layout.first_day),
        Text(
            f"по сопоставлению первый день месяца в графе {letters}, а в шапке там не день",
            f"by the mapping day 1 stands in column {letters}, but the header has no day there",
        ),
        Text("Исправьте сопоставление: [columns] first_day.", "Mend the mapping: [columns] first_day."),
        words,
    )


def _wrong_days(grid: Grid, header: Header, month: Period, words: str) -> Finding | None:
    """Each day once, in order; where they run as a month's do, from 1 to its end at least, or all days of some weekdays."""
    numbers = [day.word.day for day in header.days]
    for before, day in zip(header.days, header.days[1:], strict=False):
        if day.word.day <= before.word.day:
            return unread(
                place(grid.name, header.row, day.column),
                Text(
                    f"в шапке день {day.word.day} стоит после дня {before.word.day}: повтор или не тот порядок",
                    f"the header has day {day.word.day} after day {before.word.day}: twice, or out of order",
                ),
                Text("Исправьте номера дней в шапке.", "Mend the days' numbers in the header."),
                words,
            )
    missing = [day for day in range(1, month.last.day + 1) if day not in numbers]
    if not header.is_month or not missing or _are_whole_weekdays(numbers, missing, month):
        return None
    beside = next((day.column for day in header.days if day.word.day > missing[0]), header.days[-1].column)
    shown_days = ", ".join(map(str, missing))
    ru, en = ("дня", "day") if len(missing) == 1 else ("дней", "days")
    return unread(
        place(grid.name, header.row, beside),
        Text(
            f"в шапке нет столбца {ru} {shown_days} (в месяце {month.last.day} дней): похоже, столбец удалён",
            f"the header has no column of {en} {shown_days} (the month has {month.last.day}): it seems deleted",
        ),
        Text(
            "Верните столбец и отправьте табель ещё раз; отметки этой группы не приняты.",
            "Put the column back and send the timesheet again; no mark of this group is taken.",
        ),
        words,
    )


def _are_whole_weekdays(numbers: Sequence[int], missing: Sequence[int], month: Period) -> bool:
    """Whether the header has every day of some weekdays and none of the others: a journal of a group that meets almost daily."""
    weekdays = {day.day: day.isoweekday() for day in month.days()}
    return {weekdays[day] for day in missing}.isdisjoint(weekdays[day] for day in numbers if day in weekdays)


def _wrong_month(grid: Grid, header: Header, month: Period, words: str) -> Finding | None:
    months, years = (None, month.first.month), (None, month.first.year)
    within = (day for day in header.days if day.word.day <= month.last.day)
    day = next((day for day in within if day.word.month not in months or day.word.year not in years), None)
    if day is None:
        return None
    return unread(
        place(grid.name, header.row, day.column),
        Text("дни в шапке другого месяца", "the header's days are of another month"),
        Text(
            "Исправьте даты в шапке или отправьте табель нужного месяца.", "Mend the header's dates, or send the right month's timesheet."
        ),
        words,
    )


def _wrong_weekday(grid: Grid, header: Header, month: Period, words: str) -> Finding | None:
    wrong = wrong_weekdays(header, month.first, month.last)
    if not wrong:
        return None
    day, written, row = wrong[0]
    real = month.first.replace(day=day.word.day).isoweekday() - 1
    number, count = day.word.day, len(wrong)
    return unread(
        place(grid.name, row, day.column),
        Text(
            f"день {number} подписан «{WEEKDAYS_RU[written - 1]}», а это {WEEKDAYS_RU[real]} (расхождений: {count}): шапка не того месяца",
            f"day {number} is headed {WEEKDAYS_EN[written - 1]}, but it is {WEEKDAYS_EN[real]} ({count} differ): another month's header",
        ),
        Text("Исправьте дни недели или отправьте табель нужного месяца.", "Mend the weekdays, or send the right month's timesheet."),
        words,
    )
