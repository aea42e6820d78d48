"""Months, day columns, groups: which sheet is read, for which month, and as whose."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Literal

import pytest

from gateway.plugins import EmptyMeaning, Level, Period
from tests.adapters.sheets import FORM, Book, column, refusal, taken

OCTOBER = Period(dt.date(2025, 10, 1), dt.date(2025, 10, 31))


def headed(tmp_path: Path, *head: tuple[Any, ...], title: str = "Лист1") -> Book:
    """A sheet with the given head lines and one child."""
    book = Book(tmp_path)
    sheet = book.sheet(title)
    for cells in head:
        sheet.line(*cells)
    sheet.header()
    sheet.child("Иванов Пётр", {1: "Н"})
    return book


# ---------------------------------------------------------------- months


@pytest.mark.parametrize(
    "head",
    [
        ("за октябрь 2025 г.",),
        ("за период Октябрь 2025",),
        ("за", "Октябрь", 2025),
        ("за", None, "октября", "2025"),
        ("Октябрь 2025",),
        ("ОКТЯБРЬ 2025 ГОДА",),
        ("Табель за октябрь 2025 года, группа 3",),
        ("за период с 1 по 31 октября 2025 г.",),
        ("за период с 01.10.2025 по 31.10.2025",),
        ("Месяц:", dt.date(2025, 10, 1)),
        ("за 10.2025",),
        ("2025/2026 учебный год, месяц: октябрь",),
        ("Утв. приказом Минфина России от 30 марта 2015 г. № 52н", None, "октябрь 2025"),
        ("октябрь", 2025),
    ],
)
def test_the_month_is_read_from_the_head(tmp_path: Path, head: tuple[Any, ...]) -> None:
    path = headed(tmp_path, head).save()
    for month in ("2025-10", None):
        (window,) = taken(path, month=month).windows
        assert window.period == OCTOBER
    assert "октябрь 2025" in refusal(path, month="2025-11").what.ru


@pytest.mark.parametrize("title", ["Октябрь 2025", "окт 25", "10.2025", "2025-10", "октябрь_2025"])
def test_else_from_the_sheets_name(tmp_path: Path, title: str) -> None:
    path = headed(tmp_path, ("Группа", "Шахматы"), title=title).save()
    assert taken(path, month=None).windows[0].period == OCTOBER
    assert "в имени листа" in refusal(path, month="2025-09").what.ru


def test_a_forms_own_date_is_not_its_month(tmp_path: Path) -> None:
    path = headed(tmp_path, ("за октябрь 2025 г.", None, "Дата", dt.date(2025, 11, 1)), ("«31» октября 2025 г.",)).save()
    assert taken(path, month=None).windows[0].period == OCTOBER


def test_a_day_of_another_month_in_the_head_is_not_its_month(tmp_path: Path) -> None:
    path = headed(tmp_path, ("Составлен 5 ноября 2025 г.",), ("Октябрь 2025",)).save()
    assert taken(path, month=None).windows[0].period == OCTOBER


def test_another_month_is_refused_at_the_cell_that_says_so(tmp_path: Path) -> None:
    finding = refusal(headed(tmp_path, (None, "ТАБЕЛЬ"), (None, "за сентябрь 2025 г.")).save())
    assert finding.place[:3] == ("Лист1", 2, "B")
    assert finding.what.ru == "месяц в шапке — сентябрь 2025 г., а принимают октябрь 2025 г."
    assert finding.level is Level.UNREAD and finding.cure.ru and finding.cure.en


def test_the_same_month_of_another_year_is_another_month(tmp_path: Path) -> None:
    assert "2024" in refusal(headed(tmp_path, ("за октябрь 2024 г.",)).save()).what.ru


def test_without_any_month_the_asked_one_is_taken_and_told(tmp_path: Path) -> None:
    path = headed(tmp_path, ("Группа", "Шахматы")).save()
    read = taken(path)
    assert read.windows[0].period == OCTOBER
    assert ("Лист1", None, None) in read.questions()
    assert "не сказано" in refusal(path, month=None).what.ru


def test_a_leftover_sheet_is_never_read_with_the_others(tmp_path: Path) -> None:
    book = Book(tmp_path)
    for title, month in (("сентябрь", "за сентябрь 2025 г."), ("октябрь", "за октябрь 2025 г.")):
        sheet = book.sheet(title, "2025-09" if title == "сентябрь" else "2025-10")
        sheet.head("Шахматы", month)
        sheet.header()
        sheet.child(f"Ребёнок {title.title()}")
    path = book.save()
    for asked in ("2025-10", None):
        read = taken(path, month=asked)
        assert read.names == ["Ребёнок Октябрь"]
        assert ("сентябрь", 2, None) in read.questions()
    assert taken(path, month="2025-09").names == ["Ребёнок Сентябрь"]


def test_a_sheet_named_for_another_month_than_its_head_is_told(tmp_path: Path) -> None:
    read = taken(headed(tmp_path, ("за октябрь 2025 г.",), title="Ноябрь").save())
    assert len(read.windows) == 1 and ("Ноябрь", 1, None) in read.questions()


# ---------------------------------------------------------------- sheets left out


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_not_read(tmp_path: Path, state: Literal["hidden", "veryHidden"]) -> None:
    book = Book(tmp_path)
    book.grid("Шахматы").child("Иванов Пётр")
    book.grid("Копия").child("Петров Иван")
    book.book["Копия"].sheet_state = state
    read = taken(book.save())
    assert (read.names, read.questions()) == (["Иванов Пётр"], [("Копия", None, None)])


@pytest.mark.parametrize("title", ["Инструкция", "Образец заполнения", "Пример"])
def test_a_sample_sheet_is_not_read(tmp_path: Path, title: str) -> None:
    book = Book(tmp_path)
    book.grid(title).child("Образцов Пример")
    book.grid("Шахматы").child("Иванов Пётр")
    read = taken(book.save())
    assert (read.names, read.questions()) == (["Иванов Пётр"], [(title, None, None)])


def test_a_sheet_without_a_grid_is_passed_over(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid("Шахматы").child("Иванов Пётр")
    book.sheet("Телефоны").line("Иванова Мария", "+7 900 000-00-00")
    assert taken(book.save()).findings == []


def test_a_file_of_hidden_grids_only_is_refused_for_that(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid("Шахматы").child("Иванов Пётр")
    book.sheet("Пусто")
    book.book["Шахматы"].sheet_state = "hidden"
    finding = refusal(book.save())
    assert (finding.place[:3], finding.what.ru) == (("Шахматы", None, None), "лист скрыт: не прочитан")


# ---------------------------------------------------------------- day columns


def with_days(tmp_path: Path, days: list[Any], month: str = "за октябрь 2025 г.") -> Path:
    book = Book(tmp_path)
    sheet = book.sheet("Лист1")
    sheet.head("Шахматы", month)
    sheet.header(days)
    sheet.child("Иванов Пётр", {1: "Н"}, days=len(days))
    return book.save()


WEEKDAYS = ["пн", "вт", "ср", "чт", "пт", "сб", "вс"]


def october(show: Any) -> list[Any]:
    return [show(dt.date(2025, 10, day)) for day in range(1, 32)]


@pytest.mark.parametrize(
    "days",
    [
        october(lambda day: day.day),
        october(lambda day: str(day.day)),
        october(lambda day: f"{day.day:02d}"),
        october(lambda day: day),
        october(lambda day: f"{day.day} {WEEKDAYS[day.weekday()]}"),
        october(lambda day: f"{day.day}\n{WEEKDAYS[day.weekday()]}"),
        october(lambda day: f"{WEEKDAYS[day.weekday()]} {day.day}"),
        october(lambda day: f"{day:%d.%m}"),
        october(lambda day: f"{day.day} окт"),
        october(lambda day: f"{day:%d.%m.%Y}"),
    ],
)
def test_ways_to_write_the_days(tmp_path: Path, days: list[Any]) -> None:
    read = taken(with_days(tmp_path, days))
    assert (read.said("Иванов Пётр", 1, 2, 31), read.findings) == (["absent", "unmarked", "unmarked"], [])


@pytest.mark.parametrize("missing", [1, 2, 12, 30, 31])
def test_a_missing_day_stops_the_group(tmp_path: Path, missing: int) -> None:
    finding = refusal(with_days(tmp_path, [day for day in range(1, 32) if day != missing]))
    assert finding.place[:2] == ("Лист1", 4)
    assert f"дня {missing} " in finding.what.ru and f"day {missing} " in finding.what.en
    assert finding.group == "Шахматы"


def test_a_missing_day_stops_only_its_own_group(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("Лист1")
    sheet.head("Шахматы")
    sheet.header([day for day in range(1, 32) if day != 12])
    sheet.child("Иванов Пётр")
    sheet.blank().head("Лепка", None)
    sheet.header()
    sheet.child("Петров Иван")
    read = taken(book.save())
    assert (read.groups, read.names, read.unread()) == (["Лепка"], ["Петров Иван"], [("Лист1", 4, "O")])
    assert [window.group for window in read.windows] == ["Лепка"]


@pytest.mark.parametrize("days", [[*range(1, 12), 11, *range(12, 32)], [1, 3, 2, *range(4, 32)]])
def test_a_day_twice_or_out_of_order_stops_the_group(tmp_path: Path, days: list[int]) -> None:
    assert "шапке" in refusal(with_days(tmp_path, days)).what.ru


@pytest.mark.parametrize("days", [[1, 3, 8, 10, 15, 17, 22, 24, 29, 31], [1, 2, 8, 9], [4, 11]])
def test_columns_of_single_days_are_a_journals(tmp_path: Path, days: list[int]) -> None:
    read = taken(with_days(tmp_path, days))
    assert list(read.marks("Иванов Пётр")) == days and read.unread() == []


@pytest.mark.parametrize("count", [3, 8, 15])
def test_numbers_of_lessons_are_not_taken_for_days(tmp_path: Path, count: int) -> None:
    finding = refusal(with_days(tmp_path, list(range(1, count + 1))))
    assert "номера занятий" in finding.what.ru and finding.place[1:3] == (4, "D")


@pytest.mark.parametrize("dates_below", [True, False])
def test_numbers_of_lessons_beside_their_dates_are_no_days(tmp_path: Path, dates_below: bool) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("Лист1")
    sheet.head("Шахматы")
    numbers, dates = ["№ п/п", "ФИО", None, 1, 2, 3, 4], [None, None, None, "01.10", "08.10", "15.10", "22.10"]
    rows = (numbers, dates) if dates_below else ([*numbers[:3], *dates[3:]], [None, None, None, 1, 2, 3, 4])
    for cells in rows:
        sheet.line(*cells)
    sheet.child("Иванов Пётр", {2: "Н"})
    assert taken(book.save(), {"cells": {"empty": "unknown"}}).said("Иванов Пётр", 1, 8, 15, 2) == ["unmarked", "absent", "unmarked", None]


def test_half_a_month_under_weekdays_is_days(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("Лист1")
    sheet.head("Шахматы")
    sheet.header(range(1, 16))
    sheet.line(None, None, None, *[WEEKDAYS[dt.date(2025, 10, day).weekday()] for day in range(1, 16)])
    sheet.child("Иванов Пётр", {2: "Н"}, days=15)
    assert taken(book.save()).said("Иванов Пётр", 1, 2) == ["unmarked", "absent"]


def test_a_group_that_meets_on_all_days_but_sundays_lacks_no_column(tmp_path: Path) -> None:
    days = [day for day in range(1, 32) if dt.date(2025, 10, day).isoweekday() != 7]
    assert list(taken(with_days(tmp_path, days)).marks("Иванов Пётр")) == days


def test_dates_of_another_month_in_the_header_stop_the_group(tmp_path: Path) -> None:
    days = [f"{day:02d}.09" for day in range(1, 31)] + ["31.10"]
    assert "другого месяца" in refusal(with_days(tmp_path, days)).what.ru


def weekday_sheet(tmp_path: Path, shift: int) -> Path:
    book = Book(tmp_path)
    sheet = book.sheet("Лист1")
    sheet.head("Шахматы")
    sheet.header()
    sheet.line(None, None, None, *[WEEKDAYS[(dt.date(2025, 10, day).weekday() + shift) % 7] for day in range(1, 32)])
    sheet.child("Иванов Пётр")
    return book.save()


def test_a_row_of_weekdays_is_no_child(tmp_path: Path) -> None:
    read = taken(weekday_sheet(tmp_path, 0))
    assert (read.names, read.findings) == (["Иванов Пётр"], [])


def test_weekdays_of_another_month_stop_the_group(tmp_path: Path) -> None:
    finding = refusal(weekday_sheet(tmp_path, 1))
    assert finding.place[:3] == ("Лист1", 5, column(1))
    assert "подписан «чт», а это ср" in finding.what.ru


def test_the_forms_row_of_numbering_is_no_child(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.grid()
    sheet.line(*range(1, 37))
    sheet.child("Иванов Пётр")
    read = taken(book.save())
    assert (read.names, read.findings) == (["Иванов Пётр"], [])


def hidden(tmp_path: Path, marks: dict[int, Any]) -> Book:
    book = Book(tmp_path)
    sheet = book.grid()
    sheet.child("Иванов Пётр", marks)
    sheet.sheet.column_dimensions[column(31)].hidden = True
    return book


def test_a_hidden_empty_day_is_never_presence(tmp_path: Path) -> None:
    read = taken(hidden(tmp_path, {1: "Н"}).save())
    assert (read.said("Иванов Пётр", 1, 30, 31), read.questions()) == (["absent", "unmarked", None], [("Лист1", 4, column(31))])


def test_marks_of_a_hidden_day_are_left_out_and_told(tmp_path: Path) -> None:
    read = taken(hidden(tmp_path, {31: "Н"}).save())
    assert (read.said("Иванов Пётр", 31), read.questions()) == ([None], [("Лист1", 4, column(31))])
    assert "отложены" in read.findings[0].what.ru


def test_a_template_of_31_days_in_a_month_of_30(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("Лист1")
    sheet.head("Шахматы", "за ноябрь 2025 г.")
    sheet.header(range(1, 32))
    for ordinal, beyond in enumerate((None, "Х", "x", "В", "-"), 1):
        sheet.child(f"Иванов Пётр{'абвгдеж'[ordinal]}", {31: beyond}, ordinal=ordinal)
    row = sheet.child("Петров Иван", {31: "Н"}, ordinal=6)
    read = taken(book.save(), month="2025-11")
    assert read.unread() == [("Лист1", row, column(31))]
    assert all(read.said(name, 30, 31) == ["unmarked", None] for name in read.names)


def test_days_of_two_columns_each(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("Лист1")
    sheet.head("Шахматы")
    row = sheet.line("№ п/п", "ФИО", "Сертификат")
    child = sheet.line(1, "Иванов Пётр", "4712000011")
    for day in range(1, 32):
        first = 2 + 2 * day
        sheet.sheet.cell(row, first, day)
        sheet.sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=first + 1)
    sheet.sheet.cell(child, 4, "Н")
    sheet.sheet.cell(child, 7, "Н")
    sheet.sheet.cell(child, 8, "Н")
    sheet.sheet.cell(child, 9, "В")
    read = taken(book.save())
    assert read.said("Иванов Пётр", 1, 2, 3, 4) == ["absent", "absent", None, "unmarked"]
    assert read.unread() == [("Лист1", child, "H")]


# ---------------------------------------------------------------- groups


def test_a_group_on_each_sheet(tmp_path: Path) -> None:
    book = Book(tmp_path)
    for title in ("Дельфинята", "Акулы"):
        book.grid(title, None).child(f"Иванов {title}")
    read = taken(book.save())
    assert read.groups == ["Дельфинята", "Акулы"]
    assert [len(batch.windows) for batch in read.batches] == [1, 1]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (("Группа", "Шахматы, 1 год"), "Шахматы, 1 год"),
        (("Группа:", None, "Шахматы, 1 год"), "Шахматы, 1 год"),
        (("Группа: Шахматы, 1 год",), "Шахматы, 1 год"),
        (("Объединение", "Шахматы"), "Шахматы"),
        (("Кружок: Юный химик",), "Юный химик"),
        (("Структурное подразделение", "Студия «Радуга», гр. 2"), "Студия «Радуга», гр. 2"),
        (("Шахматы для младших",), "Шахматы для младших"),
        (("Учёт посещений: Кулинария",), "Кулинария"),
    ],
)
def test_the_groups_words(tmp_path: Path, head: tuple[Any, ...], words: str) -> None:
    path = headed(tmp_path, ("Учреждение", "МБУ ДО «Дом творчества»"), head, ("за октябрь 2025 г.",), ("Режим работы", "вт, чт")).save()
    assert taken(path).groups == [words]


def test_else_the_sheets_name(tmp_path: Path) -> None:
    assert taken(headed(tmp_path, ("за октябрь 2025 г.",), title="Шахматы").save()).groups == ["Шахматы"]


@pytest.mark.parametrize("known", ["Отдел спорта", "шахматы,  1 год", "ЛИСТ А"])
def test_the_mappings_words_are_looked_for_first(tmp_path: Path, known: str) -> None:
    book = headed(
        tmp_path, ("за октябрь 2025 г.",), ("Структурное подразделение", "Отдел спорта"), ("Группа", "Шахматы, 1 год"), title="Лист А"
    )
    assert taken(book.save(), {**FORM, "groups": {known: "g-1"}}).groups == [known]


@pytest.mark.parametrize("name", ["Кружок", "Студия", "Педагог"])
def test_a_group_of_the_mapping_may_be_called_by_a_labels_word(tmp_path: Path, name: str) -> None:
    book = headed(tmp_path, ("за октябрь 2025 г.",), ("Учреждение", "Студия"), ("Группа", name), title="Лист А")
    assert taken(book.save(), {**FORM, "groups": {name: "g-1"}}).groups == [name]


@pytest.mark.parametrize("head", [("Кружок", "Шахматы"), ("Учреждение", "Кружок")])
def test_a_label_is_no_group_though_the_mapping_has_its_word(tmp_path: Path, head: tuple[str, str]) -> None:
    book = headed(tmp_path, ("за октябрь 2025 г.",), head, ("Группа", "Хор"), title="Лист А")
    assert taken(book.save(), {**FORM, "groups": {"Кружок": "g-1"}}).groups == ["Хор"]


def test_a_label_is_believed_rather_than_a_part_of_it(tmp_path: Path) -> None:
    book = headed(tmp_path, ("за октябрь 2025 г.",), ("Группа", "Шахматы, подгруппа 2"))
    assert taken(book.save(), {**FORM, "groups": {"Шахматы": "g-1"}}).groups == ["Шахматы, подгруппа 2"]


def test_groups_one_under_another_each_with_its_header(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("шахматы")
    for number in (1, 2, 3):
        sheet.head(f"Шахматы, {number} год обучения", "за октябрь 2025 г." if number == 1 else None)
        sheet.header()
        sheet.child(f"Иванов Пётр{'абвг'[number]}", {number: "Н"})
        sheet.line("Всего отсутствует детей", None, None, 1)
        sheet.blank().line(None, "Педагог", None, None, None, None, None, "Сидорова А. Б.")
        sheet.blank()
    read = taken(book.save())
    assert read.groups == [f"Шахматы, {number} год обучения" for number in (1, 2, 3)]
    assert [member.group for member in read.members] == read.groups
    assert read.findings == []


def test_titles_between_the_children_under_one_header(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.grid(group=None)
    sheet.line("1 год обучения")
    sheet.child("Иванов Пётр", ordinal=1)
    sheet.child("Петров Иван", ordinal=2)
    title = sheet.line("2 год обучения")
    sheet.sheet.merge_cells(start_row=title, end_row=title, start_column=1, end_column=35)
    sheet.child("Сидоров Олег", {1: "Н"}, ordinal=1)
    sheet.line("Итого")
    read = taken(book.save())
    assert [(member.group, member.name) for member in read.members] == [
        ("1 год обучения", "Иванов Пётр"),
        ("1 год обучения", "Петров Иван"),
        ("2 год обучения", "Сидоров Олег"),
    ]
    assert read.findings == []


def test_a_header_repeated_on_the_next_page_goes_on_with_the_group(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.grid()
    sheet.child("Иванов Пётр", ordinal=1)
    sheet.header()
    sheet.child("Петров Иван", ordinal=2)
    read = taken(book.save())
    assert (read.groups, read.names, len(read.windows)) == (["Шахматы"], ["Иванов Пётр", "Петров Иван"], 1)


def test_one_group_on_two_sheets_is_one_window_and_told(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid("А").child("Иванов Пётр")
    book.grid("Б").child("Петров Иван")
    read = taken(book.save())
    assert (len(read.windows), read.names) == (1, ["Иванов Пётр", "Петров Иван"])
    assert any("нескольких листах" in finding.what.ru for finding in read.findings)


def test_a_lower_group_of_another_month_is_refused(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.grid()
    sheet.child("Иванов Пётр")
    sheet.blank().line("Группа", None, "Лепка")
    row = sheet.line("за сентябрь 2025 г.")
    sheet.header()
    sheet.child("Петров Иван")
    read = taken(book.save())
    assert (read.groups, read.unread()) == (["Шахматы"], [("Лист1", row, "A")])


def test_an_empty_grid_says_nothing_of_its_group(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid("А", "Лепка").child(None)
    book.grid("Б").child("Иванов Пётр")
    read = taken(book.save())
    assert [window.group for window in read.windows] == ["Шахматы"]
    assert read.unread() == [("А", 4, None)]


def test_no_column_of_names_stops_the_sheet(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet()
    sheet.head()
    sheet.line("код", "кто", "что", *range(1, 32))
    sheet.child("Иванов Пётр")
    assert "[columns] child" in refusal(book.save()).cure.ru


# ---------------------------------------------------------------- the window


@pytest.mark.parametrize(
    ("empty", "meaning"), [("attended", EmptyMeaning.ATTENDED), ("nothing", EmptyMeaning.NOTHING), ("unknown", EmptyMeaning.UNKNOWN)]
)
def test_the_window_is_the_month_and_says_what_empty_cells_mean(tmp_path: Path, empty: str, meaning: EmptyMeaning) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр")
    (window,) = taken(book.save(), {"cells": {"empty": empty, "filled_to": dt.date(2025, 10, 16)}}).windows
    assert (window.group, window.period, window.unmarked, window.filled_to, window.lists_all) == (
        "Шахматы",
        OCTOBER,
        meaning,
        dt.date(2025, 10, 16),
        True,
    )


def test_a_day_of_filling_kept_from_another_month_does_not_count(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр")
    assert taken(book.save(), {"cells": {"filled_to": dt.date(2025, 9, 16)}}).windows[0].filled_to is None


def test_without_a_meaning_each_group_is_asked_about_once(tmp_path: Path) -> None:
    book = Book(tmp_path)
    for title in ("А", "Б"):
        sheet = book.grid(title, title * 5)
        sheet.child("Иванов Пётр", {1: "Н"}, ordinal=1)
        sheet.child("Петров Иван", {1: "+"}, ordinal=2)
        sheet.child("Сидоров Олег", ordinal=3)
    read = taken(book.save(), {})
    asked = [finding for finding in read.findings if "пустая клетка" in finding.what.ru]
    assert [finding.group for finding in asked] == ["ААААА", "БББББ"]
    assert all("[cells] empty" in finding.cure.ru for finding in asked)
    assert {window.unmarked for window in read.windows} == {EmptyMeaning.UNKNOWN}


def test_a_form_that_marks_absence_alone_is_asked_about(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {3: "Н", 4: "В"})
    assert len(taken(book.save(), {}).findings) == 1


def test_no_question_where_every_lessons_cell_is_filled(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {3: "+", 10: "Н", 17: "+", 4: "В"})
    assert taken(book.save(), {}).findings == []
