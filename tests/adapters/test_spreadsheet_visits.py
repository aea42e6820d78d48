"""Lists of one line per visit, journals of several months, and what is asked about marks that are taken."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from gateway.plugins import Level, Status
from tests.adapters.files import written
from tests.adapters.sheets import Book, refusal, taken

CODES = {"Был": "attended", "Не был": "absent", "Болел": "excused", "Отменено": "cancelled"}
MAPPING = {"cells": {"empty": "unknown", "codes": CODES}}
UNKNOWN = {"cells": {"empty": "unknown"}}
HEAD = ["Дата занятия", "Группа", "Обучающийся", "Сертификат", "Состояние", "Часы"]
OLEG, IVAN = "Сидоров Олег", "Петров Иван"


def line(day: str, name: str, state: Any = "Был", hours: Any = "", group: str = "Танцы", number: str = "") -> list[Any]:
    return [day, group, name, number, state, hours]


def listed(folder: Path, *lines: list[Any], kind: str = "csv", **looks: Any) -> Path:
    return written(folder, kind, [["Регистр посещений"], [], HEAD, *lines], **looks)


def places(path: Path, level: Level, month: str | None = "2025-10") -> list[tuple[int | None, str | None]]:
    findings = taken(path, MAPPING, month).findings
    return [(finding.place.row, finding.place.column) for finding in findings if finding.level is level]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "xls", "ods", "html", "docx"])
def test_a_line_is_a_mark_at_its_state(tmp_path: Path, kind: str) -> None:
    path = listed(
        tmp_path,
        line("04.10.2025 11:00:00", OLEG, number="4712000011"),
        line("07.10.25", OLEG, "Болел", number="4712000011"),
        line("2025-10-07", IVAN, "Не был"),
        kind=kind,
    )
    read = taken(path, MAPPING, None)
    assert (read.groups, read.names, read.findings) == (["Танцы"], [OLEG, IVAN], [])
    assert (read.marks(OLEG), read.marks(IVAN)) == ({4: "attended", 7: "excused"}, {7: "absent"})
    assert [(record.place.row, record.place.column) for record in read.records if hasattr(record, "day")] == [(4, "E"), (5, "E"), (6, "E")]
    assert [(window.group, window.period.first) for window in read.windows] == [("Танцы", dt.date(2025, 10, 1))]
    assert read.members[0].certificate == "4712000011"


def test_plain_words_need_no_mapping(tmp_path: Path) -> None:
    days = [("01", "Присутствовала"), ("02", "не был"), ("03", "Занятие отменено"), ("04", "уважительная")]
    read = taken(listed(tmp_path, *(line(f"{day}.10.2025", OLEG, state) for day, state in days)), {})
    assert read.marks(OLEG) == {1: "attended", 2: "absent", 3: "nothing"}
    assert read.unread() == [("табель.csv", 7, "E")], "what counts as excused is the provider's to say"


def test_dates_that_the_office_program_knows(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet()
    sheet.line(*HEAD)
    sheet.line(dt.datetime(2025, 10, 4, 11), "Танцы", OLEG, 339501071, "Был", 2)
    read = taken(book.save(), MAPPING, None)
    assert read.marks(OLEG) == {4: "attended"}
    assert (read.members[0].certificate, read.members[0].certificate_padded) == ("0339501071", True)


def test_hours_count_where_no_state_says_how_it_was(tmp_path: Path) -> None:
    read = taken(
        listed(
            tmp_path, line("04.10.2025", OLEG, "", "1,50"), line("07.10.2025", OLEG, "", "0,00"), line("08.10.2025", OLEG, "Был", "2,00")
        ),
        MAPPING,
    )
    assert read.marks(OLEG) == {4: "attended:150", 7: "absent:0", 8: "attended"}
    assert {record.place.column for record in read.records if hasattr(record, "day")} == {"E", "F"}


def test_groups_and_namesakes_are_kept_apart(tmp_path: Path) -> None:
    lines = [line("04.10.2025", OLEG), line("05.10.2025", OLEG, group="Хор"), line("06.10.2025", OLEG, number="4712000011")]
    read = taken(listed(tmp_path, *lines), MAPPING)
    assert [(member.group, member.certificate) for member in read.members] == [("Танцы", None), ("Танцы", "4712000011"), ("Хор", None)]
    assert any("то же имя" in finding.what.ru for finding in read.findings)


def test_without_a_column_of_the_group_the_head_or_the_file_names_it(tmp_path: Path) -> None:
    table = [["Группа: Хор"], ["Дата", "ФИО", "Статус"], ["04.10.2025", OLEG, "Был"]]
    assert taken(written(tmp_path, "csv", table), MAPPING).groups == ["Хор"]
    assert taken(written(tmp_path, "csv", table[1:], "Танцы.csv"), MAPPING).groups == ["Танцы"]


def test_names_in_several_columns_and_of_other_persons(tmp_path: Path) -> None:
    head = ["Дата", "ФИО педагога", "Фамилия", "Имя", "ФИО родителя", "Посещение"]
    path = written(tmp_path, "csv", [head, ["04.10.2025", "Ильина Н. К.", "Сидоров", "Олег", "Сидорова А. А.", "Был"]])
    (member,) = taken(path, MAPPING).members
    assert (member.name, member.place[:3]) == (OLEG, ("табель.csv", 2, "C"))


def test_a_lesson_that_all_lines_cancel(tmp_path: Path) -> None:
    read = taken(listed(tmp_path, *(line("11.10.2025", name, "Отменено") for name in (OLEG, IVAN)), line("14.10.2025", OLEG)), MAPPING)
    assert [(lesson.day.day, lesson.state) for lesson in read.lessons] == [(11, "cancelled")]
    assert read.marks(IVAN) == {11: "nothing"}


def test_a_line_that_comes_twice_is_told_and_one_that_contradicts_is_not_taken(tmp_path: Path) -> None:
    lines = [line("04.10.2025", OLEG), line("04.10.2025", OLEG), line("05.10.2025", OLEG), line("05.10.2025", OLEG, "Не был")]
    path = listed(tmp_path, *lines)
    assert taken(path, MAPPING).marks(OLEG) == {4: "attended"}
    assert places(path, Level.QUESTION) == [(5, None)]
    assert places(path, Level.UNREAD) == [(6, "E"), (7, "E")]


def test_two_lessons_of_one_day_are_told_by_their_times(tmp_path: Path) -> None:
    lines = [
        line("04.10.2025 10:00", OLEG, "", "1,00"),
        line("04.10.2025 12:00", OLEG, "", "2,00"),
        line("05.10.2025 10:00", OLEG),
        line("05.10.2025 12:00", OLEG),
    ]
    read = taken(listed(tmp_path, *lines), MAPPING)
    assert (read.marks(OLEG), read.findings) == ({4: "attended:300", 5: "attended"}, [])


def test_what_cannot_be_read_is_told_at_its_cell(tmp_path: Path) -> None:
    lines = [
        line("04.10.2025", OLEG),
        line("32.10.2025", OLEG),
        line("01.11.2025", OLEG),
        line("05.10.2025", ""),
        line("06.10.2025", OLEG, "??"),
        line("завтра", OLEG),
    ]
    path = listed(tmp_path, *lines, ["Всего записей:", 6])
    assert taken(path, MAPPING).marks(OLEG) == {4: "attended"}
    assert sorted(places(path, Level.UNREAD)) == [(5, "A"), (6, "A"), (7, "C"), (8, "E"), (9, "A")]


def test_lines_of_other_months_are_counted_where_they_are_many(tmp_path: Path) -> None:
    lines = [line(f"{day:02d}.{month}.2025", OLEG) for month in ("09", "10") for day in range(1, 31)]
    path = listed(tmp_path, *lines)
    assert len(taken(path, MAPPING).marks(OLEG)) == 30
    assert any("строк за другие месяцы: 30" in finding.what.ru for finding in taken(path, MAPPING).findings)
    assert taken(path, MAPPING, None).windows[0].period.first == dt.date(2025, 10, 1)
    assert "сентябрь" in refusal(path, MAPPING, "2025-11").what.ru


def test_hidden_and_struck_lines_are_left_out_and_told(tmp_path: Path) -> None:
    path = listed(
        tmp_path,
        line("04.10.2025", OLEG),
        line("05.10.2025", OLEG),
        line("06.10.2025", OLEG),
        kind="xlsx",
        hidden_rows=[5],
        struck_rows=[6],
    )
    assert taken(path, MAPPING).marks(OLEG) == {4: "attended"}
    assert places(path, Level.QUESTION) == [(5, "C"), (6, "C")]


def test_a_long_list_is_no_hindrance(tmp_path: Path) -> None:
    names = [f"Сидоров Олег{first}{second}" for first in "абвгдежзик" for second in "абвгдежзиклмнопрстуф"]
    lines = [line(f"{day:02d}.10.2025", name) for day in range(1, 32) for name in names]
    assert len([record for record in taken(listed(tmp_path, *lines), MAPPING).records if hasattr(record, "day")]) == 6_200


# ---------------------------------------------------------------- journals


def journal(folder: Path, *rows: list[Any], kind: str = "csv") -> Path:
    return written(folder, kind, [["Журнал учёта работы объединения"], ["Группа", "Лепка"], *rows])


def test_a_row_of_months_stands_above_the_days(tmp_path: Path) -> None:
    rows = [
        ["№", "ФИО", "Сентябрь", "", "", "Октябрь", "", "Тема"],
        ["", "", 22, 24, 29, 1, 6, ""],
        [1, OLEG, "н", "н", "", "+", "н", "болел"],
    ]
    path = journal(tmp_path, *rows)
    assert taken(path, UNKNOWN).marks(OLEG) == {1: "attended", 6: "absent"}
    assert taken(path, UNKNOWN, "2025-09").marks(OLEG) == {22: "absent", 24: "absent", 29: "unmarked"}
    assert "ноябрь" in refusal(path, month="2025-11").what.ru and "сентябрь, октябрь" in refusal(path, month="2025-11").what.ru
    assert "--month" in refusal(path, month=None).cure.ru


def test_dated_columns_of_a_year_with_totals_between(tmp_path: Path) -> None:
    path = journal(
        tmp_path, ["№", "ФИО", "26.09.2025", "29.09.2025", "Итого", "01.10.2025", "03.10.2025", "Итого"], [1, OLEG, "н", "н", 0, "н", "", 1]
    )
    assert taken(path, UNKNOWN).marks(OLEG) == {1: "absent", 3: "unmarked"}


def test_two_columns_of_one_day_are_its_lessons(tmp_path: Path) -> None:
    rows = [
        ["№", "ФИО", "01.10", "01.10", "03.10"],
        [1, OLEG, "н", "н", "+"],
        [2, IVAN, 1, 1.5, ""],
        [3, "Юдин Лев", "+", "н", ""],
        [4, "Яшин Пётр", "+", "", ""],
    ]
    read = taken(journal(tmp_path, *rows), UNKNOWN)
    assert read.marks(OLEG) == {1: "absent", 3: "attended"}
    assert read.marks(IVAN) == {1: "attended:250", 3: "unmarked"}
    assert read.unread() == [("табель.csv", 6, "C"), ("табель.csv", 7, "C")]


def test_the_guess_is_shown_until_the_provider_has_said_anything(tmp_path: Path) -> None:
    path = journal(tmp_path, ["№", "ФИО", "01.10", "03.10"], [1, OLEG, "н", "+"])
    (finding,) = [finding for finding in taken(path, {}).findings if "понят" in finding.what.ru]
    assert (finding.level, finding.place.row) == (Level.QUESTION, 3)
    assert "журнал" in finding.what.ru and "ФИО B" in finding.what.ru and "дни C–D (2)" in finding.what.ru
    assert "journal" in finding.what.en and "[columns]" in finding.cure.en
    assert not any("понят" in finding.what.ru for finding in taken(path, UNKNOWN).findings)
    shown = taken(listed(tmp_path, line("04.10.2025", OLEG)), {}).findings
    assert any("список" in finding.what.ru and "дата A" in finding.what.ru and "отметка E" in finding.what.ru for finding in shown)


@pytest.mark.parametrize("kind", ["journal", "list"])
def test_what_a_column_or_line_said_that_is_gone_is_taken_back(tmp_path: Path, kind: str) -> None:
    """Where the sheet says all of its month, a day without a column or line says so; one that could not be read says nothing."""
    rows = [["№", "ФИО", "01.10", "03.10"], [1, OLEG, "н", "??"]]
    path = (
        journal(tmp_path, *rows) if kind == "journal" else listed(tmp_path, line("01.10.2025", OLEG, "н"), line("03.10.2025", OLEG, "??"))
    )
    marks = taken(path, {"cells": {"empty": "nothing"}}).marks(OLEG)
    assert {day for day, status in marks.items() if status == "unmarked"} == set(range(1, 32)) - {1, 3}
    assert marks[1] == "absent" and 3 not in marks
    for empty in ("attended", "unknown"):
        assert list(taken(path, {"cells": {"empty": empty}}).marks(OLEG)) == [1]


@pytest.mark.parametrize("gap", [line("32.10.2025", OLEG), line("05.10.2025", "")])
def test_a_line_that_could_not_be_read_takes_nothing_back(tmp_path: Path, gap: list[Any]) -> None:
    read = taken(listed(tmp_path, line("01.10.2025", OLEG), gap), {"cells": {"empty": "nothing", "codes": CODES}})
    assert read.marks(OLEG) == {1: "attended"} and [window.lists_all for window in read.windows] == [False]


# ---------------------------------------------------------------- doubts


def filled(folder: Path, extra: dict[int, Any], mapping: dict[str, Any]) -> list[tuple[int | None, str | None]]:
    book = Book(folder)
    sheet = book.grid()
    for ordinal, name in enumerate((OLEG, IVAN, "Юдин Лев", "Яшин Пётр"), 1):
        sheet.child(name, {1: 2, 6: 2, 8: 2, **(extra if ordinal == 2 else {})}, ordinal=ordinal)
    return [finding.place[1:3] for finding in taken(book.save(), mapping).findings]


def test_a_mark_that_stands_alone_in_its_day_is_asked_about(tmp_path: Path) -> None:
    nothing, attended = {"cells": {"empty": "nothing"}}, {"cells": {"empty": "attended"}}
    assert filled(tmp_path, {7: 2}, nothing) == [(6, "J")]
    assert filled(tmp_path, {7: "Н"}, nothing) == filled(tmp_path, {7: 2}, attended) == filled(tmp_path, {}, nothing) == []


def test_more_hours_than_a_club_has_in_a_day_are_asked_about(tmp_path: Path) -> None:
    assert filled(tmp_path, {1: 15}, {"cells": {"empty": "nothing"}}) == [(6, "D")]
    assert filled(tmp_path, {1: 8}, {"cells": {"empty": "nothing"}}) == []


def test_a_note_that_begins_with_a_day_is_the_day_of_enrolling(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.grid()
    sheet.child(OLEG, reason="с 13.10, приказ 41")
    sheet.child(IVAN, ordinal=2, reason="с 13.10 по 17.10 санаторий")
    read = taken(book.save())
    assert read.said(OLEG, 12, 13) == [Status.NOTHING, Status.UNMARKED]
    assert read.said(IVAN, 12, 13) == [Status.UNMARKED, Status.UNMARKED]
