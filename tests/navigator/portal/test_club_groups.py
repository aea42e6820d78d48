"""A club's groups, timetables, single lessons and days off: what is refused at which field, what the register is told, what is put back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from navigator.portal.club.tables import lesson_notes
from navigator.tables import feed_items, groups, lessons, timetable

from .conftest import Pages
from .overseers import Counting
from .test_catalogue import bring
from .visitor import Visitor

DAYS = {"starts_on": "2025-09-01", "ends_on": "2026-05-31"}


@pytest.fixture
def club(pages: Pages) -> Visitor:
    pages.person("club@example.ru", "club", provider="ddt")
    return pages.signed_in("club@example.ru")


def text(visitor: Visitor) -> str:
    return visitor.text.replace("\u00a0", " ")


def served(pages: Pages, group: str) -> dict[str, Any]:
    """The group as programs are told of it."""
    return json.loads(pages.read(lambda c: c.scalar(select(feed_items.c.body).where(feed_items.c.item == f"group {group}"))))


def lines(pages: Pages, group: str = "g-1") -> list[tuple[Any, ...]]:
    rows = pages.read(lambda c: c.execute(select(timetable).where(timetable.c.group == group)).all())
    return sorted((row.weekday, row.starts_at, row.ends_at, row.weeks, row.valid_from, row.valid_to) for row in rows)


def singles(pages: Pages) -> list[tuple[Any, ...]]:
    """The register's single lessons but the one that the district has."""
    rows = pages.read(
        lambda c: c.execute(select(lessons).where(lessons.c.date != "2025-10-20").order_by(lessons.c.date, lessons.c.starts_at))
    )
    return [(row.date, row.starts_at, row.ends_at, row.state, row.moved_from) for row in rows]


# ---------------------------------------------------------------- groups


def test_a_group_is_made_with_its_place_and_teacher(pages: Pages, club: Visitor):
    club.get("/club/programmes/p-1/modules/m-1/groups/new")
    club.submit({"title": "Новая", "places": "0", "starts_on": "2026-09-01", "ends_on": "2026-05-31", "locality": ""})
    assert "Число от 1 до 1000." in text(club) and "Последний день раньше первого." in text(club) and "Заполните это поле." in text(club)
    assert club.form_with("title").values["title"] == "Новая"
    club.submit({"starts_on": "2150-01-01", "ends_on": "2150-12-31"})
    assert text(club).count("Проверьте год.") == 4
    club.submit({"places": "12", "starts_on": "01.09.2025", "ends_on": "01.09.2026", "locality": "Луга", "teacher": "П. П. Орлов"})
    assert "не дольше года" in text(club)
    club.submit({"ends_on": "31.08.2026"})
    assert club.path == "/club/groups/ddt-g1/timetable"
    assert (served(pages, "ddt-g1")["places"], served(pages, "ddt-g1")["starts_on"]) == (12, "2025-09-01")
    assert "Луга" in pages.visitor().get("/catalogue/p-1")
    club.get("/club/programmes/p-1/modules/m-1/groups/new?like=ddt-g1")
    assert club.form_with("title").values["locality"] == "Луга"
    club.get("/club/programmes/p-1/modules/m-9/groups/new")
    assert club.status == 404


def test_a_group_fits_those_enrolled(pages: Pages, club: Visitor):
    club.get("/club/groups/g-1/edit")
    club.submit({"places": "2", "starts_on": "2025-10-01", "ends_on": "2025-11-30", "locality": "Луга"})
    assert "Уже занято 3 места: меньше сделать нельзя." in text(club)
    assert "Есть зачисленные с 1 сентября 2025" in text(club) and "Есть зачисленные до 31 декабря 2025" in text(club)
    assert club.form_with("places").values["places"] == "2"
    club.submit({"places": "3", "starts_on": "2025-08-25", "ends_on": "2025-12-31"})
    assert "Группа сохранена." in text(club)
    assert lines(pages) == [(1, "16:00", "17:30", "every", "2025-08-25", "2025-12-31")], "the timetable goes along"


def test_a_group_that_takes_nobody_new_is_not_shown_to_families_and_charges_on(pages: Pages, club: Visitor):
    assert "Группа 1" in pages.visitor().get("/catalogue/p-1")
    club.get("/club/groups/g-1/edit")
    form = club.form_with("places")
    form.values.pop("is_open")
    sent = {**form.values, "locality": "Луга"}
    club.answer = club.client.post("/club/groups/g-1/edit", data=sent, headers=club.headers, follow_redirects=True)
    assert "набор закрыт" in text(club)
    assert "Группа 1" not in pages.visitor().get("/catalogue/p-1") and served(pages, "g-1")["module"]["open"] is True
    parent = pages.person("anna@example.ru", "parent", "k-2")
    assert parent
    family = pages.signed_in("anna@example.ru")
    family.get("/family/k-2/enroll/g-1")
    assert "Группа сейчас не набирает." in text(family)


# ---------------------------------------------------------------- timetables


def test_a_timetable_changes_from_a_day_on(pages: Pages, club: Visitor):
    club.get("/club/groups/g-1/timetable")
    assert club.form_with("first").values["starts_0"] == "16:00" and club.form_with("first").values["first"] == "2025-11-05"
    club.submit(
        {"first": "2025-12-01", "weekday_0": "2", "weekday_1": "4", "starts_1": "10:00", "ends_1": "11:00", "weeks_1": "odd"}, press="save"
    )
    assert "Расписание сохранено." in text(club) and "1 декабря 2025 — 31 мая 2026" in text(club)
    assert lines(pages) == [
        (1, "16:00", "17:30", "every", "2025-09-01", "2025-11-30"),
        (2, "16:00", "17:30", "every", "2025-12-01", "2026-05-31"),
        (4, "10:00", "11:00", "odd", "2025-12-01", "2026-05-31"),
    ]
    assert [line["weekday"] for line in served(pages, "g-1")["timetable"]] == [1, 2, 4]
    bring(pages, timetable="group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\ng-1,1,16:00,17:30,every,2025-09-01,2025-11-30\n")
    assert len(lines(pages)) == 3, "the district's file, told again as it is now, changes nothing"


def test_what_is_wrong_with_a_timetable_is_told_at_its_field_and_nothing_is_lost(pages: Pages, club: Visitor):
    before = lines(pages)
    club.get("/club/groups/g-1/timetable")
    wrong = {
        "first": "2025-08-01",
        "last": "2026-07-01",
        "ends_0": "16:00",
        "weekday_1": "3",
        "starts_1": "25:00",
        "weekday_2": "",
        "starts_2": "9.30",
    }
    club.submit(wrong, press="save")
    said = text(club)
    assert said.count("Группа занимается с 1 сентября 2025 по 31 мая 2026.") == 4, "at the field and above the form"
    assert "Занятие 1, конец : Конец не позже начала." in said and "Занятие 2, начало : Время — так: 16:30." in said
    assert "Занятие 2, конец : Напишите время" in said and "Занятие 3, день недели : Выберите день недели." in said
    values = club.form_with("first").values
    assert (values["starts_1"], values["weekday_1"], values["starts_2"]) == ("25:00", "3", "9.30")
    overlap = {"first": "2025-11-10", "last": "2026-05-31", "ends_0": "17:30", "weekday_1": "1", "starts_1": "17:00", "ends_1": "18:00"}
    club.submit({**overlap, "starts_2": ""}, press="save")
    assert "Занятие 2, начало : Пересекается с занятием 1." in text(club) and lines(pages) == before
    club.submit({"weeks_0": "odd", "weeks_1": "even"}, press="save")
    assert "Расписание сохранено." in text(club)


def test_more_lines_are_asked_for_without_losing_any(club: Visitor):
    club.get("/club/groups/g-1/timetable")
    club.submit({"weekday_2": "5", "starts_2": "12:00"}, press="more")
    values = club.form_with("first").values
    assert "weekday_3" in values and values["weekday_2"] == "5" and values["starts_2"] == "12:00" and "Проверьте" not in text(club)


def test_a_group_without_days_is_asked_for_them_first(club: Visitor):
    club.get("/club/groups/g-2/timetable")
    assert club.path == "/club/groups/g-2/edit" and "Сначала укажите" in text(club)


def test_a_club_is_told_whose_other_lessons_it_has_come_upon(pages: Pages, club: Visitor):
    bring(
        pages,
        groups="group,module,title,places,starts_on,ends_on\ng-8,m-1,Вторая,5,2025-09-01,2026-05-31\n",
        timetable="group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\ng-8,5,16:00,17:00,every,2025-09-01,2026-05-31\n",
        enrollments="enrollment,certificate,group,starts_on,ends_on,state\nD-8,0471000001,g-8,2025-09-01,2025-12-31,active\n",
    )
    club.get("/club/groups/g-1/timetable")
    club.submit({"weekday_0": "4"}, press="save")
    assert "Расписание сохранено." in text(club) and "другие занятия" not in text(club)
    club.get("/club/groups/g-1/timetable")
    club.submit({"weekday_0": "5"}, press="save")
    assert "У 1 ребёнка в это время другие занятия" in text(club) and "Мария" not in text(club)


# ---------------------------------------------------------------- single lessons


def test_a_month_shows_what_became_of_each_lesson(pages: Pages, club: Visitor):
    club.get("/club/groups/g-1/lessons?month=2025-10")
    assert text(club).count("16:00–17:30") == 4 and "Понедельник, 20 октября, 16:00–17:30 отменено" in text(club)
    for wrong in ("2025-13", "october", "0001-01"):
        club.get(f"/club/groups/g-1/lessons?month={wrong}")
        assert club.status == 404
    for address in ("/2025-11-11/16:00", "/2025-11-10/17:00", "/2025-11-99/16:00", "/20251110/16:00"):
        club.get(f"/club/groups/g-1/lessons{address}")
        assert club.status == 404, address


def test_a_lesson_is_moved_moved_again_cancelled_and_put_back(pages: Pages, club: Visitor):
    club.get("/club/groups/g-1/lessons/2025-11-10/16:00")
    club.submit({"day": "2025-11-17", "starts": "17:00", "ends": "18:00"}, press="move")
    assert "У группы уже есть занятие 17 ноября 2025, 16:00–17:30." in text(club)
    club.submit({"day": "2027-01-01", "ends": "16:00"}, press="move")
    assert "Группа занимается с" in text(club) and "Конец не позже начала." in text(club)
    club.submit({"day": "2025-11-12", "ends": "18:00", "reason": "Зал занят"}, press="move")
    assert "перенесено с 10 ноября 2025" in text(club) and "Зал занят" in text(club)
    assert singles(pages) == [("2025-11-12", "17:00", "18:00", "planned", "2025-11-10")]
    club.get("/club/groups/g-1/lessons/2025-11-12/17:00")
    club.submit({"day": "2025-11-13", "starts": "17:00", "ends": "18:00"}, press="move")
    assert singles(pages) == [("2025-11-13", "17:00", "18:00", "planned", "2025-11-10")], "it comes from where the timetable had it"
    club.get("/club/groups/g-1/lessons/2025-11-13/17:00")
    club.submit({"why": "Отпуск"}, press="cancel")
    assert singles(pages) == [("2025-11-13", "17:00", "18:00", "cancelled", "2025-11-10")]
    club.get("/club/groups/g-1/lessons/2025-11-13/17:00")
    club.submit(action="/put-back")
    assert singles(pages) == [("2025-11-13", "17:00", "18:00", "planned", "2025-11-10")]
    club.get("/club/groups/g-1/lessons/2025-11-13/17:00")
    club.submit(action="/put-back")
    assert singles(pages) == [] and "Понедельник, 10 ноября" in text(club)


def test_one_of_a_days_two_lessons_is_moved_and_the_other_stays(pages: Pages, club: Visitor):
    bring(pages, timetable="group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\ng-1,1,18:00,19:00,every,2025-09-01,2026-05-31\n")
    club.get("/club/groups/g-1/lessons/2025-11-10/16:00")
    club.submit({"day": "2025-11-10", "starts": "10:00", "ends": "11:00"}, press="move")
    assert singles(pages) == [
        ("2025-11-10", "10:00", "11:00", "planned", None),
        ("2025-11-10", "16:00", "17:30", "cancelled", None),
    ]
    club.get("/club/groups/g-1/lessons/2025-11-10/16:00")
    assert "Занятие перенесено." in text(club)
    club.submit(action="/put-back")
    assert singles(pages) == []


def test_a_lesson_is_added_and_taken_out(pages: Pages, club: Visitor):
    club.get("/club/groups/g-1/lessons/add")
    club.submit({"day": "2025-11-10", "starts": "17:00", "ends": "18:00"})
    assert "У группы уже есть занятие" in text(club) and club.form_with("day").values["starts"] == "17:00"
    club.submit({"day": "2025-11-14", "reason": "Отработка"})
    assert "Занятие добавлено." in text(club) and "добавлено" in text(club)
    assert singles(pages) == [("2025-11-14", "17:00", "18:00", "planned", None)]
    club.get("/club/groups/g-1/lessons/2025-11-14/17:00")
    club.submit(action="/put-back")
    assert singles(pages) == []


# ---------------------------------------------------------------- days off


def test_days_off_follow_the_timetable_and_leave_what_was_put_by_hand(pages: Pages, club: Visitor):
    club.get("/club/days-off")
    club.submit({"title": "Каникулы", "first": "2025-12-31", "last": "2025-12-29", "group": "g-9"})
    assert "Последний день раньше первого." in text(club) and "Выберите группу из списка." in text(club)
    club.submit({"first": "2025-12-29", "last": "2026-01-11", "group": ""})
    assert "отменено 2 занятия" in text(club)
    assert [row[:4] for row in singles(pages)] == [
        ("2025-12-29", "16:00", "17:30", "cancelled"),
        ("2026-01-05", "16:00", "17:30", "cancelled"),
    ]
    club.get("/club/groups/g-1/lessons/2025-12-29/16:00")
    club.submit(action="/put-back")
    club.get("/club/groups/g-1/timetable")
    club.submit({"first": "2026-01-01", "weekday_0": "3"}, press="save")
    assert [row[:4] for row in singles(pages)] == [
        ("2025-12-29", "16:00", "17:30", "planned"),
        ("2026-01-07", "16:00", "17:30", "cancelled"),
    ]
    club.get("/club/days-off")
    club.submit(action="/remove")
    assert "вернулось 1 занятие" in text(club) and [row[:4] for row in singles(pages)] == [("2025-12-29", "16:00", "17:30", "planned")]


def test_days_off_of_one_group_are_not_anothers(pages: Pages, club: Visitor):
    bring(
        pages,
        groups="group,module,title,places,starts_on,ends_on\ng-8,m-1,Вторая,5,2025-09-01,2026-05-31\n",
        timetable="group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\ng-8,1,10:00,11:00,every,2025-09-01,2026-05-31\n",
    )
    club.get("/club/days-off")
    club.submit({"title": "Ремонт", "first": "2025-11-10", "last": "2025-11-10", "group": "g-8"})
    found = pages.read(lambda c: c.execute(select(lesson_notes.c.group, lesson_notes.c.date, lesson_notes.c.reason)).all())
    assert [tuple(row) for row in found] == [("g-8", "2025-11-10", "Ремонт")]


def test_the_pages_cost_the_same_statements_however_many_lessons(pages: Pages, club: Visitor):
    def statements(address: str) -> int:
        with Counting(pages) as counting:
            club.get(address)
            assert club.status == 200
        return counting.number

    addresses = ("/club/groups/g-1", "/club/groups/g-1/lessons", "/club/groups/g-1/timetable", "/club/days-off", "/club/groups/g-1/edit")
    before = [statements(address) for address in addresses]
    heads = "group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\n"
    rows = "".join(f"g-1,{day},{hour:02d}:00,{hour:02d}:45,every,2025-09-01,2026-05-31\n" for day in range(2, 8) for hour in (9, 11, 13))
    added = "".join(f"g-1,2025-11-{day:02d},20:00,21:00,planned,\n" for day in range(1, 29))
    new = "".join(f"x-{number},m-1,Лишняя {number}\n" for number in range(40))
    bring(
        pages,
        groups="group,module,title\n" + new,
        timetable=heads + rows,
        lessons="group,date,starts_at,ends_at,state,moved_from\n" + added,
    )
    assert [statements(address) for address in addresses] == before
    assert pages.read(lambda c: len(c.execute(select(groups.c.group)).all())) == 42
