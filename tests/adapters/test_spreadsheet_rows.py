"""Rows: who is a child, whose number it is, and what the notes, a strike-out or a hidden row change. No mark is ever invented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl.styles import Font

from adapters.spreadsheet.grid import Cell, Kind
from adapters.spreadsheet.people import certificate_number, notes
from gateway.plugins import LessonState, Level, month_period
from tests.adapters.sheets import DAY_1, FORM, Book, Sheet, column, taken, with_sheet

CODES = {"cells": {"empty": "attended", "codes": {"Н": "absent", "В": "day_off", "отм": "cancelled", "+": "attended", "оп": "late"}}}
NUMBER, REASON = "C", column(32)


def grid(tmp_path: Path) -> tuple[Book, Sheet]:
    book = Book(tmp_path)
    return book, book.grid()


# ---------------------------------------------------------------- who is a child


@pytest.mark.parametrize(
    "words",
    [
        "Всего отсутствует детей",
        "Итого",
        "ИТОГО",
        "ИТОГО:",
        "Всего по группе",
        "Всего",
        "Присутствовало",
        "Отсутствовало",
        "Количество детей",
        "Дето-дней",
        "Итого часов",
        "Явка",
        "Сумма",
    ],
)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_total_is_no_child(tmp_path: Path, words: str, at: int) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр")
    row = sheet.child(None, dict.fromkeys(range(1, 32), 1), ordinal=None)
    sheet.sheet.cell(row, at, words)
    read = taken(book.save())
    assert (read.names, read.findings) == (["Иванов Пётр"], [])


def test_a_numbered_total_is_no_child(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр")
    sheet.child("ИТОГО", {1: 5}, ordinal=2)
    assert taken(book.save()).names == ["Иванов Пётр"]


@pytest.mark.parametrize(
    "lines",
    [
        [("В- это те дни когда секция не работает( расписание)",)],
        [(None, "Н - неявка, В - выходной")],
        [(None, "Условные обозначения: Н")],
        [(None, "Педагог"), (None, "Сидорова Анна Борисовна")],
        [(None, "Руководитель организации", None, None, "Сидорова А. Б.")],
        [(None, "«31» октября 2025 г.")],
        [(None, None, None, "(подпись)", None, None, "(расшифровка подписи)")],
        [(None, "(Дата сдачи табеля)")],
        [(None, "Ответственный исполнитель"), (None, None, None, "(должность)", None, "(подпись)")],
        [(None, "М.П.")],
    ],
)
@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("gap", [True, False])
def test_legends_and_signatures_are_no_children(tmp_path: Path, lines: list[tuple[Any, ...]], total: bool, gap: bool) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр")
    if total:
        sheet.line("Итого")
    if gap:
        sheet.blank()
    for cells in lines:
        sheet.line(*cells)
    read = taken(book.save())
    assert (read.names, read.unread()) == (["Иванов Пётр"], [])


@pytest.mark.parametrize(
    "name",
    ["Явкина Анна", "Итогина Вера", "Директоров Пётр", "Педагогов Иван", "Тренеров Олег", "Всеволодов Всеволод", "Датасов Ян", "Ли Ван"],
)
def test_surnames_that_look_like_totals_and_offices_are_children(tmp_path: Path, name: str) -> None:
    book, sheet = grid(tmp_path)
    sheet.child(name, {1: "Н"})
    read = taken(book.save())
    assert (read.said(name, 1, 2), read.unread()) == (["absent", "unmarked"], [])


def test_prepared_rows_without_a_name(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", ordinal=1)
    sheet.child(None, ordinal=2)
    sheet.child(None, {4: "В", 5: "В"}, ordinal=3)
    row = sheet.child(None, {4: "В", 7: "Н"}, ordinal=4)
    numbered = sheet.child(None, number="4712000011", ordinal=5)
    read = taken(book.save())
    assert (read.names, read.unread()) == (["Иванов Пётр"], [("Лист1", row, None), ("Лист1", numbered, None)])
    assert [window.lists_all for window in read.windows] == [False]


def test_a_name_that_is_an_error_is_told_even_with_empty_cells(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", ordinal=1)
    row = sheet.child("#REF!", ordinal=2)
    assert taken(book.save()).unread() == [("Лист1", row, None)]


def test_a_name_without_number_and_marks_among_numbered_ones_is_asked_about(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", ordinal=1)
    row = sheet.child("Петрова Мария", ordinal=None)
    sheet.child("Сидоров Олег", {1: "Н"}, ordinal=2)
    read = taken(book.save())
    assert read.names == ["Иванов Пётр", "Петрова Мария", "Сидоров Олег"]
    assert read.marks("Петрова Мария") == {}
    assert read.unread() == [("Лист1", row, "B")]


def test_children_without_ordinal_numbers(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", ordinal=None)
    sheet.child("Петров Иван", ordinal=None)
    sheet.blank().line(None, "Сидорова Анна Борисовна")
    read = taken(book.save())
    assert read.said("Петров Иван", 1) == ["unmarked"]
    assert read.marks("Сидорова Анна Борисовна") == {}


def test_children_after_a_blank_row_go_on(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", ordinal=1)
    sheet.blank().child("Петров Иван", ordinal=2)
    assert taken(book.save()).names == ["Иванов Пётр", "Петров Иван"]


def test_a_child_below_the_total_is_told_and_gives_no_mark(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", ordinal=1)
    sheet.line("Итого")
    row = sheet.child("Петров Иван", {1: "Н"}, ordinal=2)
    read = taken(book.save())
    assert (read.marks("Петров Иван"), read.unread()) == ({}, [("Лист1", row, None)])


def test_surname_and_first_name_in_two_columns(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("Шахматы")
    sheet.line("октябрь 2025")
    sheet.line("№", "Фамилия", "Имя", *range(1, 32))
    sheet.line(1, "Иванов", "Пётр", "Н")
    assert taken(book.save()).said("Иванов Пётр", 1, 2) == ["absent", "unmarked"]


def test_the_member_is_as_the_row_says(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("  Иванов\u00a0 Пётр ", number="4712000011")
    (member,) = taken(book.save()).members
    assert (member.name, member.certificate, member.group, member.place[:3]) == ("Иванов Пётр", "4712000011", "Шахматы", ("Лист1", 5, "B"))


def test_marks_name_their_cells(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", {7: "Н"})
    places = {record.day.day: record.place[:3] for record in taken(book.save()).records if hasattr(record, "day")}
    assert places[7] == ("Лист1", 5, column(7)) and places[31] == ("Лист1", 5, column(31))
    assert len(places) == 31


# ---------------------------------------------------------------- the certificate's number


def cell(value: Any) -> Cell | None:
    from decimal import Decimal

    if value is None:
        return None
    if isinstance(value, int | float):
        return Cell(Kind.NUMBER, str(value), number=Decimal(str(value)))
    return Cell(Kind.TEXT, value)


@pytest.mark.parametrize(
    ("value", "certificate"),
    [
        ("4712000011", "4712000011"),
        (4712000011, "4712000011"),
        (4712000011.0, "4712000011"),
        ("47 1200\u00a00011", "4712000011"),
        ("'0318062436", "0318062436"),
        (" 03 31 08 6185 ", "0331086185"),
        ("№ 4712000011", "4712000011"),
        ("47-1200-0011", "4712000011"),
        (None, None),
        ("40817810099910004312", None),
    ],
)
def test_numbers_read_without_a_word(value: Any, certificate: str | None) -> None:
    read = certificate_number(cell(value))
    assert (read.certificate, read.is_padded, read.is_unreadable, read.what) == (certificate, False, False, None)


def test_a_zero_lost_in_a_number_is_put_back_and_told() -> None:
    read = certificate_number(cell(412000014))
    assert (read.certificate, read.is_padded, read.is_unreadable, read.level) == ("0412000014", True, False, Level.QUESTION)


@pytest.mark.parametrize(
    "value", ["474930201", "412000014", "47120000112", "O375774043", "47120000I1", 41200001, 4.5, -4712000011, "4712000011 (старый)"]
)
def test_a_missing_digit_is_never_guessed(value: Any) -> None:
    read = certificate_number(cell(value))
    assert (read.certificate, read.is_unreadable, read.level) == (None, True, Level.QUESTION)


@pytest.mark.parametrize("value", ["3,8E+08", "4.78E+09", "4,78Е+09", 4780000000, 380000000])
def test_lost_digits_are_unread(value: Any) -> None:
    read = certificate_number(cell(value))
    assert (read.certificate, read.is_unreadable, read.level) == (None, True, Level.UNREAD)


@pytest.mark.parametrize("value", ["нет", "Нет", "-", "—", "н/д", "нет."][:5])
def test_words_for_no_number_are_asked_about(value: str) -> None:
    read = certificate_number(cell(value))
    assert (read.certificate, read.is_unreadable, read.level) == (None, False, Level.QUESTION) and read.what is not None


@pytest.mark.parametrize(
    ("value", "finding"),
    [("474930201", "question"), ("4.7E+09", "unread"), (412000014, "question"), ("нет", "question"), (None, "question")],
)
def test_the_rows_marks_are_taken_whatever_its_number(tmp_path: Path, value: Any, finding: str) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Петров Иван", number="4712000011", ordinal=1)
    row = sheet.child("Иванов Пётр", {1: "Н"}, number=value, ordinal=2)
    read = taken(book.save())
    assert read.said("Иванов Пётр", 1, 2) == ["absent", "unmarked"]
    assert [(found.level.value, found.place[:3]) for found in read.findings] == [(finding, ("Лист1", row, NUMBER))]


@pytest.mark.parametrize("values", [("1", "2"), ("40817810099910004312", "40817810099910004313"), (7, 8), (None, None)])
def test_a_column_of_accounts_is_no_column_of_certificates(tmp_path: Path, values: tuple[Any, Any]) -> None:
    book, sheet = grid(tmp_path)
    for ordinal, value in enumerate(values, 1):
        sheet.child(f"Иванов Пётр{'абв'[ordinal]}", number=value, ordinal=ordinal)
    read = taken(book.save())
    assert read.findings == []
    assert {(member.certificate, member.certificate_unreadable) for member in read.members} == {(None, False)}


def test_the_same_number_or_name_twice_is_told(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", number="4712000011", ordinal=1)
    twice = sheet.child("Иванов П.", number="4712000011", ordinal=2)
    namesake = sheet.child("иванов петр", number="4712000012", ordinal=3)
    read = taken(book.save())
    assert read.questions() == [("Лист1", twice, "B"), ("Лист1", namesake, "B")]
    assert len({member.key for member in read.members}) == 3


# ---------------------------------------------------------------- notes


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("зачисл. 17.10", 17, None),
        ("зачислен с 05.10.2025", 5, None),
        ("Зачислена 5.10.25", 5, None),
        ("зачислен(а) с 17 октября", 17, None),
        ("новенький, с 13.10", 13, None),
        ("отчислен 17.10", None, 16),
        ("отчислена с 17.10.2025", None, 16),
        ("выбыл с 15.10", None, 14),
        ("выбыла 15/10", None, 14),
        ("зачислен с 05.10, отчислен с 20.10", 5, 19),
        ("справка, зачислен с 05.10.2025,\nОтмена занятия", 5, None),
        ("зачислен с 06.10 приказ № 3 от 01.10", 6, None),
    ],
)
def test_days_on_the_list(text: str, first: int | None, last: int | None) -> None:
    read = notes((text,), month_period("2025-10"))
    assert (read.first and read.first.day, read.last and read.last.day, read.is_unclear) == (first, last, False)


@pytest.mark.parametrize(
    "text",
    [
        "отчислен",
        "зачислен приказом от 01.10",
        "выбыл?",
        "не отчислен 17.10",
        "переведен в гр. 3",
        "отчислен после 17.10",
        "зачислен с 20.10, отчислен с 05.10",
        "отчислен 32.10",
        "зачислен 17.13",
        "выбыл по заявлению 15.10",
    ],
)
def test_notes_without_a_clear_day(text: str) -> None:
    assert notes((text,), month_period("2025-10")).is_unclear


@pytest.mark.parametrize("text", ["болезнь, справка от 17.10", "семейные обст., заявление", "", "ОРВИ 5.10-10.10", "справка с 05.10"])
def test_other_notes_say_nothing(text: str) -> None:
    assert not notes((text,), month_period("2025-10")).limits_days


def test_december_seen_from_january() -> None:
    read = notes(("зачислен 25.12",), month_period("2026-01"))
    assert read.first is not None and read.first.isoformat() == "2025-12-25"


def test_empty_cells_outside_the_days_on_the_list_are_no_presence(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    first = sheet.child("Иванов Пётр", {3: "Н"}, reason="зачисл. 17.10", ordinal=1)
    last = sheet.child("Петров Иван", {21: "В"}, reason="отчислен с 17.10", ordinal=2)
    read = taken(book.save())
    assert read.said("Иванов Пётр", 1, 3, 16, 17, 31) == ["nothing", "absent", "nothing", "unmarked", "unmarked"]
    assert read.said("Петров Иван", 1, 16, 17, 21, 31) == ["unmarked", "unmarked", "nothing", "day_off", "nothing"]
    assert read.questions() == [("Лист1", first, REASON), ("Лист1", last, REASON)]


def test_presence_outside_the_days_on_the_list_is_unread(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    row = sheet.child("Иванов Пётр", {20: "+", 16: "+"}, reason="отчислен с 17.10")
    read = taken(book.save(), CODES)
    assert (read.said("Иванов Пётр", 16, 20), read.unread()) == (["attended", None], [("Лист1", row, column(20))])


def test_an_unclear_note_makes_no_presence_of_empty_cells(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    row = sheet.child("Иванов Пётр", {3: "Н", 8: "+"}, reason="отчислен")
    read = taken(book.save(), CODES)
    assert read.marks("Иванов Пётр") == {3: "absent", 8: "attended"}
    assert read.questions() == [("Лист1", row, REASON)]


def test_a_note_beside_the_name_counts_too(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр (отчислен с 17.10)")
    assert taken(book.save()).said("Иванов Пётр (отчислен с 17.10)", 16, 17) == ["unmarked", "nothing"]


def test_no_health_leaves_the_sheet(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", {3: "Н", 6: "болел"}, reason="ветрянка, зачислен с 02.10", ordinal=1)
    sheet.child("Петров Иван", reason="диабет, выбыл", ordinal=2)
    read = repr(taken(book.save()).batches)
    assert "ветрянка" not in read and "диабет" not in read


def test_findings_never_say_a_name(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Уникумов Пётр", {3: "??", 4: "Н"}, reason="выбыл", number="нет", ordinal=1)
    sheet.child("Уникумов Пётр", {3: "+"}, reason="отчислен 02.10", number="123", ordinal=1)
    assert "Уникумов" not in repr([(finding.what, finding.cure) for finding in taken(book.save(), CODES).findings])


# ---------------------------------------------------------------- struck out, hidden, merged


def test_a_struck_out_row_without_a_day_is_left_out(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Петров Иван", ordinal=1)
    row = sheet.child("Иванов Пётр", {3: "Н", 4: "+"}, ordinal=2)
    sheet.strike(row)
    read = taken(book.save(), CODES)
    assert (read.marks("Иванов Пётр"), read.questions()) == ({}, [("Лист1", row, "B")])


def test_a_struck_out_row_with_a_day_gives_its_marks_up_to_then(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    row = sheet.child("Иванов Пётр", {3: "Н", 4: "+", 20: "+"}, reason="выбыл с 15.10")
    sheet.strike(row)
    read = taken(book.save(), CODES)
    assert read.said("Иванов Пётр", 1, 3, 4, 14, 15, 20, 31) == [None, "absent", "attended", None, "nothing", None, "nothing"]
    assert read.unread() == [("Лист1", row, column(20))]


@pytest.mark.parametrize("look", ['hidden="1"', 'ht="0" customHeight="1"'])
def test_a_hidden_row_is_left_out_and_stays_on_the_list(tmp_path: Path, look: str) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Петров Иван", ordinal=1)
    row = sheet.child("Иванов Пётр", {3: "Н"}, ordinal=2)
    read = taken(with_sheet(book.save(), lambda xml: xml.replace(f'<row r="{row}"', f'<row r="{row}" {look}')))
    assert (read.names, read.marks("Иванов Пётр"), read.questions()) == (["Петров Иван", "Иванов Пётр"], {}, [("Лист1", row, "B")])


def test_a_name_over_two_rows_is_left_out(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    row = sheet.child("Иванов Пётр", {3: "Н"})
    sheet.child(None, {5: "Н"}, ordinal=None)
    sheet.sheet.merge_cells(start_row=row, end_row=row + 1, start_column=2, end_column=2)
    read = taken(book.save())
    assert (read.marks("Иванов Пётр"), {place[1] for place in read.unread()}) == ({}, {row, row + 1})


def test_a_sign_over_merged_days_counts_for_each_and_names_each_days_cell(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    row = sheet.child("Иванов Пётр", {6: "Н", 13: "болел", 20: 2})
    for day in (6, 13, 20):
        sheet.sheet.merge_cells(start_row=row, end_row=row, start_column=DAY_1 + day - 1, end_column=DAY_1 + day + 1)
    read = taken(book.save())
    assert read.said("Иванов Пётр", 5, 6, 7, 8, 9) == ["unmarked", "absent", "absent", "absent", "unmarked"]
    assert read.said("Иванов Пётр", 12, 13, 14, 15, 16) == ["unmarked", None, None, None, "unmarked"]
    assert read.said("Иванов Пётр", 19, 20, 21, 22, 23) == ["unmarked", None, None, None, "unmarked"]
    assert read.unread() == [("Лист1", row, column(13)), ("Лист1", row, column(20))]
    assert [mark.place.column for mark in read.records if getattr(mark, "status", None) == "absent"] == [column(6), column(7), column(8)]


def test_a_mark_merged_over_all_children_counts_for_each(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    row = sheet.child("Иванов Пётр", {4: "В"}, ordinal=1)
    sheet.child("Петров Иван", ordinal=2)
    sheet.sheet.merge_cells(start_row=row, end_row=row + 1, start_column=DAY_1 + 3, end_column=DAY_1 + 3)
    read = taken(book.save())
    assert read.said("Иванов Пётр", 4) == read.said("Петров Иван", 4) == ["day_off"]


# ---------------------------------------------------------------- cancelled lessons


def test_a_day_that_all_filled_cells_cancel(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", {7: "отм"}, ordinal=1)
    sheet.child("Петров Иван", ordinal=2)
    read = taken(book.save(), CODES)
    assert [(lesson.group, lesson.day.day, lesson.state, lesson.starts_at) for lesson in read.lessons] == [
        ("Шахматы", 7, LessonState.CANCELLED, None)
    ]
    assert (read.said("Иванов Пётр", 7), read.said("Петров Иван", 7)) == (["nothing"], ["unmarked"])


@pytest.mark.parametrize("other", ["+", "оп", 2])
def test_cancelled_for_one_and_held_for_another_is_unread(tmp_path: Path, other: Any) -> None:
    book, sheet = grid(tmp_path)
    row = sheet.child("Иванов Пётр", {7: "отм"}, ordinal=1)
    sheet.child("Петров Иван", {7: other}, ordinal=2)
    read = taken(book.save(), CODES)
    assert (read.lessons, read.unread(), read.said("Иванов Пётр", 7)) == ([], [("Лист1", row, column(7))], [None])


def test_absent_for_all_with_the_reason_of_a_cancelled_lesson(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", {4: "н", 6: "н"}, reason="Отмена занятия, больничный", ordinal=1)
    sheet.child("Петров Иван", {4: "н"}, reason="Отмена занятия", ordinal=2)
    read = taken(book.save())
    assert [lesson.day.day for lesson in read.lessons] == [4]
    assert (read.said("Иванов Пётр", 4, 6), read.said("Петров Иван", 4, 6)) == (["nothing", "absent"], ["nothing", "unmarked"])
    assert read.questions() == [("Лист1", 4, column(4))]


@pytest.mark.parametrize(("reason", "mark"), [("больничный", "н"), ("Отмена занятия", None), (None, "н")])
def test_unless_one_child_speaks_against_it(tmp_path: Path, reason: str | None, mark: str | None) -> None:
    book, sheet = grid(tmp_path)
    sheet.child("Иванов Пётр", {4: "н"}, reason="Отмена занятия", ordinal=1)
    sheet.child("Петров Иван", {4: mark}, reason=reason, ordinal=2)
    read = taken(book.save())
    assert (read.lessons, read.said("Иванов Пётр", 4)) == ([], ["absent"])


def test_bold_is_no_strike(tmp_path: Path) -> None:
    book, sheet = grid(tmp_path)
    row = sheet.child("Иванов Пётр", {1: "Н"})
    sheet.sheet.cell(row, 2).font = Font(bold=True)
    assert taken(book.save(), FORM).said("Иванов Пётр", 1) == ["absent"]
