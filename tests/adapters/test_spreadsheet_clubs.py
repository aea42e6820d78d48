"""Whole sheets as clubs have them, each with its exact reading."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.spreadsheet.formats.xlsx import read_xlsx
from adapters.spreadsheet.settings import SpreadsheetSettings
from gateway.plugins import LessonState, Mark, Status
from tests.adapters.sheets import FORM, Book, Sheet, column, taken

DAYS = range(1, 32)


def statuses(read: Any, name: str, status: str) -> list[int]:
    return [day for day, said in read.marks(name).items() if said == status]


def test_a_municipal_club_network(tmp_path: Path) -> None:
    """An accounting system's print form: names over two columns, day 31 hidden and empty, two lessons cancelled, a legend at the end."""
    book = Book(tmp_path)
    sheet = book.sheet("TDSheet")
    sheet.row = 2
    for line in ("ТАБЕЛЬ", "УЧЕТА ПОСЕЩАЕМОСТИ ДЕТЕЙ", "за период Октябрь 2025", "Дом на Садовой"):
        sheet.line(line)
    sheet.row = 10
    sheet.line("Организация", None, "ГБУ «Досуг»")
    sheet.line("Структурное подразделение", None, "«Студия керамики, группа 2»")
    sheet.line("Вид расчета", None, "Внебюджет")
    sheet.line("Режим работы", None, "Вторник, четверг, суббота")
    sheet.line("Время работы", None, "17:00-18:00, 11:00-12:00")
    sheet.row = 16
    top = sheet.line("№ п/п", "Фамилия, имя ребенка", None, "Плата по ставке( по договору)", "Дни посещения")
    for place, words in ((36, "Пропущено дней"), (37, "Сумма за месяц"), (38, "Причины непосещения (основание)")):
        sheet.sheet.cell(top, place, words)
    sheet.line(None, None, None, None, *DAYS, "всего")
    for area in ("A16:A17", "B16:C17", "D16:D17", "E16:AI16", "AK16:AK17", "AL16:AL17"):
        sheet.sheet.merge_cells(area)
    off = [2, 3, 5, 7, 9, 10, 12, 14, 16, 17, 19, 21, 23, 24, 26, 28, 30]
    for ordinal in range(1, 14):
        row = sheet.line(ordinal, f"Иванова Анна{'абвгдежзиклмно'[ordinal]}", None, 5496)
        sheet.sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=3)
        for day in off:
            sheet.sheet.cell(row, 4 + day, "в")
        for day in (4, 22, *([6] if ordinal == 3 else [])):
            sheet.sheet.cell(row, 4 + day, "н")
        sheet.sheet.cell(row, 38, "Отмена занятия, больничный" if ordinal == 3 else "Отмена занятия")
    sheet.line(None, None, None, "Всего отсутствует ")
    sheet.row = 36
    sheet.line("Руководитель организации", None, None, None, "(подпись)")
    sheet.line("Ответственный исполнитель")
    sheet.line("Руководитель кружка", None, None, "Сидорова Анна Борисовна")
    sheet.line("(Дата сдачи табеля)")
    sheet.sheet["B45"] = "В- это те дни когда секция не работает( расписание)"
    sheet.sheet.column_dimensions["AI"].hidden = True
    read = taken(book.save())
    assert (read.groups, len(read.names), read.unread()) == (["«Студия керамики, группа 2»"], 13, [])
    assert {member.certificate for member in read.members} == {None}
    assert [(lesson.day.day, lesson.state) for lesson in read.lessons] == [(4, LessonState.CANCELLED), (22, LessonState.CANCELLED)]
    assert statuses(read, "Иванова Аннаг", "absent") == [6]
    for name in read.names:
        assert statuses(read, name, "day_off") == off
        assert 31 not in read.marks(name)
    assert set(read.questions()) == {("TDSheet", 17, "AI"), ("TDSheet", 17, "H"), ("TDSheet", 17, "Z")}


def test_two_groups_in_one_list(tmp_path: Path) -> None:
    """A school's own list: no ordinal numbers, the groups' titles between the children, lower-case signs, a total under each."""
    book = Book(tmp_path)
    sheet = book.sheet("Октябрь")
    sheet.line("Школа № 5, кружки, октябрь 2025 г.")
    sheet.line("ФИО ученика", "Сертификат", *DAYS, "Примечание")
    sheet.line("Хор, младшие")
    sheet.line("Иванов Пётр", "4712000011", "+", None, "н", "в")
    sheet.line("Петров Иван", 412000012, "+", None, "+", "в")
    sheet.line("Итого", None, 2, None, 1)
    sheet.line("Хор, старшие")
    sheet.line("Сидоров Олег", "4712000013", None, "+")
    sheet.line("Итого", None, None, 1)
    sheet.line("+ был, н не был, в выходной")
    groups = {"Хор, младшие": "CHOIR-1", "Хор, старшие": "CHOIR-2"}
    read = taken(book.save(), {"cells": {"empty": "nothing"}, "groups": groups})
    assert [(member.group, member.name, member.certificate) for member in read.members] == [
        ("Хор, младшие", "Иванов Пётр", "4712000011"),
        ("Хор, младшие", "Петров Иван", "0412000012"),
        ("Хор, старшие", "Сидоров Олег", "4712000013"),
    ]
    assert read.said("Иванов Пётр", 1, 2, 3, 4) == ["attended", "unmarked", "absent", "day_off"]
    assert [window.group for window in read.windows] == list(groups)
    assert read.unread() == []


def test_the_month_in_three_cells_and_a_total_that_looks_like_children(tmp_path: Path) -> None:
    """An export of a club's programme: three cells of the month, two columns a day, sums of the days in rows without a word."""
    book = Book(tmp_path)
    sheet = book.sheet("1")
    sheet.line("ТАБЕЛЬ", None, None, "КОДЫ")
    sheet.line(None, "за", "Октябрь", "2025")
    sheet.line("Учреждение:", None, "ООО «Знайка»")
    sheet.line("Структурное подразделение:", None, "Школа № 7, «Робототехника», 2А")
    sheet.line("Режим работы:", None, "понедельник 14:00")
    header = sheet.line("№ п/п", "Фамилия, имя ребенка", None, "Номер счета")
    for day in DAYS:
        sheet.sheet.cell(header, 3 + 2 * day, day)
        sheet.sheet.merge_cells(start_row=header, end_row=header, start_column=3 + 2 * day, end_column=4 + 2 * day)
    for ordinal, name in enumerate(("Иванов Пётр", "Петров Иван"), 1):
        row = sheet.line(ordinal, name)
        for day in (4, 5, 11, 12):
            sheet.sheet.cell(row, 3 + 2 * day, "в")
    row = sheet.line()
    for day in DAYS:
        sheet.sheet.cell(row, 3 + 2 * day, 2)
    read = taken(book.save(), {"cells": {"empty": "attended", "codes": {"в": "day_off", "но": "absent", "нн": "excused"}}})
    assert (read.groups, read.names) == (["Школа № 7, «Робототехника», 2А"], ["Иванов Пётр", "Петров Иван"])
    assert statuses(read, "Иванов Пётр", "day_off") == [4, 5, 11, 12]
    assert len(statuses(read, "Петров Иван", "unmarked")) == 27
    assert read.unread() == [("1", row, None)]


def test_a_sheet_of_broken_formulas(tmp_path: Path) -> None:
    """Links to a lost file: error cells in the days, in a number, in a name; the other cells and the other child are read."""
    book = Book(tmp_path)
    sheet = book.grid()
    first = sheet.child("Иванов Пётр", {3: "#REF!", 4: "Н"}, number="#N/A", ordinal=1)
    second = sheet.child("#REF!", {3: "Н"}, number="4712000012", ordinal=2)
    sheet.child("Петров Иван", {3: "Н"}, number="4712000013", ordinal=3)
    sheet.line("Итого", None, None, "#DIV/0!")
    read = taken(book.save())
    assert set(read.unread()) == {("Лист1", first, "C"), ("Лист1", first, column(3)), ("Лист1", second, None)}
    assert (read.said("Иванов Пётр", 3, 4), read.said("Петров Иван", 3)) == ([None, "absent"], ["absent"])
    assert [member.certificate_unreadable for member in read.members] == [True, False]


def test_a_template_of_thirty_days_in_october(tmp_path: Path) -> None:
    """Day 31 is not there at all: the group waits, its neighbour on the next sheet is read."""
    book = Book(tmp_path)
    sheet = book.sheet("Лепка")
    sheet.head("Лепка")
    sheet.header(range(1, 31))
    sheet.child("Иванов Пётр", days=30)
    book.grid("Шахматы", "Шахматы").child("Петров Иван")
    read = taken(book.save())
    assert (read.names, read.unread()) == (["Петров Иван"], [("Лепка", 4, column(30))])
    assert "31" in next(finding for finding in read.findings if finding.group == "Лепка").what.ru


def test_hours_with_an_early_half_of_the_month(tmp_path: Path) -> None:
    """A club with hours, filled to the 16th: the numbers stay exact, empty cells are said as such, the day of filling goes along."""
    book = Book(tmp_path)
    sheet = book.sheet("окт 25")
    sheet.line("Клуб «Хозяюшка»")
    sheet.line("Учёт посещений: Кулинария, дети 8–12 лет")
    sheet.line("Октябрь 2025", None, None, None, "Занятие с сб 18.10 перенесли на вс 19.10")
    sheet.line("№ п/п", "ФИО", "№ сертификата", "Телефон мамы", *DAYS, "Всего часов", "Прим.")
    sheet.line(None, None, None, None, *[["пн", "вт", "ср", "чт", "пт", "сб", "вс"][dt.date(2025, 10, day).weekday()] for day in DAYS])
    sheet.line(1, "Иванов П.", "4712000011", "+7 900 000-00-01", 2, None, None, "1,5", *[None] * 27, 3.5)
    sheet.line("ИТОГО", None, None, None, 2)
    mapping = {"cells": {"empty": "attended", "filled_to": dt.date(2025, 10, 16), "codes": {"н": "absent"}}, "groups": {"Кулинария": "g"}}
    read = taken(book.save(), mapping, None)
    assert (read.groups, read.findings) == (["Кулинария"], [])
    assert read.said("Иванов П.", 1, 2, 4) == ["attended:200", "unmarked", "attended:150"]
    assert read.windows[0].filled_to == dt.date(2025, 10, 16)


def test_a_head_that_says_nothing_of_the_group(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("Шахматы, 1 год")
    sheet.head(None)
    sheet.header()
    sheet.child("Иванов Пётр")
    assert taken(book.save()).groups == ["Шахматы, 1 год"]


def test_every_group_refused_is_told_one_by_one(tmp_path: Path) -> None:
    book = Book(tmp_path)
    for title in ("А", "Б"):
        sheet = book.sheet(title)
        sheet.head(title * 3)
        sheet.header([day for day in DAYS if day != 12])
        sheet.child("Иванов Пётр")
    read = taken(book.save())
    assert (read.records, read.windows, len(read.unread())) == ([], [], 2)


def test_a_journal_has_a_column_for_each_lesson(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("Журнал")
    sheet.line("Октябрь 2025")
    sheet.line("№", "Список", *[f"{day:02d}.10" for day in (1, 3, 8, 10, 15, 17)])
    sheet.line(1, "Иванов Пётр", "+", "н")
    assert taken(book.save(), {"cells": {"empty": "unknown"}}).marks("Иванов Пётр") == {
        1: "attended", 3: "absent", 8: "unmarked", 10: "unmarked", 15: "unmarked", 17: "unmarked",
    }  # fmt: skip


# ---------------------------------------------------------------- any cells at all

ANYTHING = st.one_of(
    st.none(),
    st.sampled_from(
        ["Н", "н", "H", "В", "Х", "+", "да", "П", "-", "н/б", "??", " ", "1,5", "2ч", "Итого", "Педагог", "#REF!", "отчислен с 17.10"]
    ),
    st.integers(-3, 40),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-5, max_value=50),
    st.booleans(),
    st.dates(dt.date(2024, 1, 1), dt.date(2026, 1, 1)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 37), ANYTHING), max_size=60))
def test_whatever_stands_in_the_cells_no_presence_is_invented(tmp_path: Path, scribbles: list[tuple[int, int, Any]]) -> None:
    """Presence comes from a filled cell that says so and stands where the mark says it stands; an empty cell is only ever `unmarked`."""
    book = Book(tmp_path)
    sheet = book.grid()
    top = sheet.row
    for ordinal in range(1, 4):
        sheet.child(f"Иванов Пётр{'абвг'[ordinal]}", ordinal=ordinal)
    scribble(sheet, top, scribbles)
    path = book.save()
    (cells,) = read_xlsx(path, SpreadsheetSettings())
    for record in taken(path).records:
        if isinstance(record, Mark):
            row, letters = record.place.row, record.place.column
            filled = {column(number, 1): cell for number, cell in cells.rows.get(row or 0, {}).items()}.get(letters or "")
            assert letters == column(record.day.day)
            if record.status is Status.UNMARKED:
                assert filled is None
            if record.status is Status.ATTENDED:
                assert filled is not None and record.hours


def scribble(sheet: Sheet, top: int, scribbles: list[tuple[int, int, Any]]) -> None:
    for row, place, value in scribbles:
        if value is not None:
            sheet.sheet.cell(top + row - 1, place, value)


def test_the_form_is_taken_as_the_state_prints_it(tmp_path: Path) -> None:
    """Rows of numbering, signatures of two, the order's line with another month's name in it."""
    book = Book(tmp_path)
    sheet = book.sheet("Октябрь")
    sheet.line(None, "Утв. приказом Минфина России\nот 30 марта 2015 г. № 52н")
    sheet.line(None, "ТАБЕЛЬ № 10", None, "КОДЫ")
    sheet.line(None, "за октябрь 2025 г.", None, "Дата", dt.date(2025, 9, 30))
    sheet.line("Группа", None, "Робототехника, гр. 2")
    sheet.header()
    sheet.line(*range(1, 36))
    sheet.child("Иванов Пётр", {1: "Н"}, number="4712000011")
    sheet.line("Всего отсутствует детей", None, None, 1)
    sheet.blank().line(None, "Руководитель учреждения", None, None, "О. В. Ларионова")
    sheet.line(None, None, None, "(подпись)", None, None, "(расшифровка подписи)")
    sheet.line(None, "Педагог доп. образования", None, None, "Д. С. Мухин")
    read = taken(book.save(), FORM, None)
    assert (read.groups, read.names, read.findings) == (["Робототехника, гр. 2"], ["Иванов Пётр"], [])
