"""What a person is told of an input: what, where, and how to mend it."""

from __future__ import annotations

import datetime as dt

from gateway.core.collect.known import Sheet
from gateway.core.facts import Finding, Level, Place, Text


def _question(place: Place, what: Text, cure: Text, group: str) -> Finding:
    return Finding(Level.QUESTION, place, what, cure, group)


def timetable_question(sheet: Sheet, days: list[tuple[dt.date, Place]]) -> Finding:
    listed = ", ".join(f"{day:%d.%m}" for day, _ in days)
    return _question(
        days[0][1]._replace(row=None),
        Text(
            f"Группа «{sheet.words}»: выходной отмечен в дни, когда по расписанию есть занятие ({listed}). Лист группы не принят.",
            f"Group “{sheet.words}”: a day off is marked on days that have a lesson by the timetable ({listed}). "
            f"The group's sheet was not taken.",
        ),
        Text(
            "Исправьте расписание группы в Навигаторе (отмените или перенесите занятие) или отметки «выходной» в "
            "табеле и подайте его снова.",
            "Mend the group's timetable in the Navigator (cancel or move the lesson), or the day-off marks in "
            "the sheet, and send it again.",
        ),
        sheet.words,
    )


def filled_to_question(sheet: Sheet) -> Finding:
    place = sheet.members[0].place if sheet.members else Place()
    return _question(
        Place(sheet=place.sheet),
        Text(
            f"Группа «{sheet.words}»: месяц ещё не кончился, и неизвестно, по какой день заполнен табель. Пустые "
            f"клетки не считаются явкой.",
            f"Group “{sheet.words}”: the month is not over, and nobody said up to which day the sheet is filled. Empty cells do not count.",
        ),
        Text(
            "Укажите в файле соответствия [cells] filled_to = последний заполненный день или подайте табель после конца месяца.",
            "Give [cells] filled_to = the last filled day in the mapping file, or send the sheet after the month's end.",
        ),
        sheet.words,
    )


def kept_filled_to_question(sheet: Sheet, last: dt.date) -> Finding:
    place = sheet.members[0].place if sheet.members else Place()
    return _question(
        Place(sheet=place.sheet),
        Text(
            f"Группа «{sheet.words}»: месяц кончился, а по файлу соответствия табель заполнен по {last:%d.%m}: "
            f"пустые клетки после него не считаны.",
            f"Group “{sheet.words}”: the month is over, but by the mapping the sheet is filled to {last:%d.%m}: "
            f"empty cells after it were not counted.",
        ),
        Text(
            "Если табель заполнен до конца, уберите filled_to из файла соответствия и подайте табель с ним снова.",
            "If the sheet is filled to its end, take filled_to out of the mapping file and send the sheet with it again.",
        ),
        sheet.words,
    )


def twice_differently(sheet: Sheet, place: Place, earlier: Place) -> Finding:
    return Finding(
        Level.UNREAD,
        place,
        Text(
            f"Ребёнок записан в группе дважды, и отметки за этот день разные (другая в строке {earlier.row}, столбец {earlier.column}).",
            f"The child stands in the group twice, and the marks of this day differ (the other one: row "
            f"{earlier.row}, column {earlier.column}).",
        ),
        Text("Оставьте одну строку или одинаковые отметки.", "Keep one row, or equal marks."),
        sheet.words,
    )


def cards_question(cards: int, known: int) -> Finding:
    return _question(
        Place(),
        Text(
            f"Сразу у {cards} из {known} узнанных детей в карточках другое имя, номер или дата рождения. Пока все остаются теми, кем были.",
            f"The cards of {cards} of {known} recognised children bear another name, number or birth date all at once. "
            f"Until you answer they stay who they were.",
        ),
        Text(
            "Если карточки исправлены намеренно, подтвердите: gateway confirm --cards --accept. Если это сбой выгрузки, исправьте его "
            "в своей системе: вопрос снимется сам.",
            "If the cards were mended on purpose, confirm: gateway confirm --cards --accept. If the export is at fault, mend it "
            "in your own system: the question goes by itself.",
        ),
        "",
    )


def withdrawal_question(sheet: Sheet, marks: int, children: int, known: int) -> Finding:
    place = sheet.members[0].place if sheet.members else Place()
    return _question(
        Place(sheet=place.sheet),
        Text(
            f"Группа «{sheet.words}»: в новом табеле нет {marks} из {known} прежних отметок ({children} детей). Пока ничего не снято.",
            f"Group “{sheet.words}”: {marks} of {known} earlier marks ({children} children) are not in the new "
            f"sheet. Nothing was withdrawn yet.",
        ),
        Text(
            "Если строки удалены намеренно, подтвердите: gateway confirm. Если нет, верните строки и подайте табель снова.",
            "If the rows were removed on purpose, confirm: gateway confirm. If not, put them back and send the sheet again.",
        ),
        sheet.words,
    )
