"""A club's day in a browser: a programme from its first line to the catalogue, groups, timetables, lessons, days off, children, money."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from navigator import operations
from navigator.engine import writing
from navigator.portal.club import verification
from navigator.portal.tables import persons

from .conftest import Town, Walk, served, sign_in

TITLES = {("phone", False): "Роботы", ("phone", True): "Судомодели", ("desktop", False): "Авиамодели", ("desktop", True): "Радио"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town in which lessons were debited, and one of them given back."""
    with served(tmp_path_factory.mktemp("club")) as town:
        town.person("operator@example.ru", "operator")
        town.person("club@example.ru", "club", provider="ddt-sineles")
        said: list[dict[str, Any]] = []
        for day in ("2025-10-01", "2025-10-06", "2025-10-08", "2025-11-03"):
            claim = {"provider": "ddt-sineles", "child": "d-01", "group": "GLINA", "date": day, "slot": 1}
            claim["lesson_starts_at"] = f"{day}T15:00:00+03:00"
            common = {
                "claim": claim,
                "enrollment": "E-001",
                "certificate": "cert-4799901001",
                "n": 0,
                "month": day[:7],
                "closed_over": False,
            }
            key = hashlib.blake2b(day.encode(), digest_size=16).hexdigest()
            paid = {"kind": "debit", "amount_kopecks": 18250, "after": None, "refers_to": None, "status": None}
            said.append({"id": key, **common, **paid})
        first = said[0]
        said.append({**first, "id": first["id"][::-1], "kind": "reversal", "after": first["id"], "refers_to": first["id"]})
        with writing(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
            answers = operations.take(connection, said, town.clock.now())
        assert {each["outcome"] for each in answers} == {"accepted"}
        yield town


def decide(town: Town, title: str, is_right: bool, reason: str = "") -> None:
    """The operator's word."""
    with town.portal.test_request_context(), writing(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
        operator = connection.scalar(select(persons.c.person).where(persons.c.role == "operator"))
        key = next(row.programme for row in verification.waiting(connection) if row.title == title)
        verification.decide(connection, key, is_right, reason, str(operator), town.clock.now())


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_programme_comes_into_the_catalogue(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    title = TITLES[size, has_scripts]
    club = walking("club-desk", size, has_scripts=has_scripts)
    sign_in(club, "club@example.ru")
    club.sees("Что ждёт вас")
    club.look("1-home")
    club.page.get_by_role("navigation").get_by_role("link", name="Программы").click()
    club.look("2-programmes")
    club.page.get_by_role("link", name="Новая программа").click()
    club.fill("Название программы", title)
    club.fill("Возраст от, лет", "девять")
    club.press("Сохранить")
    club.sees("Напишите целое число.")
    assert club.page.get_by_label("Возраст от").input_value() == "девять", "nothing typed is lost"
    club.look("3-programme-wrong")
    club.fill("Возраст от, лет", "9")
    club.fill("Возраст до", "14")
    club.page.get_by_label("Направление").select_option("техническая")
    club.press("Сохранить")
    club.page.get_by_role("link", name="Добавить модуль").click()
    club.page.get_by_label("Название модуля").fill("1 год обучения")
    club.page.get_by_label("Цена, рублей").fill("двести")
    club.page.get_by_label("Нормативная стоимость").fill("190")
    club.page.get_by_label("Часов по плану").fill("72")
    club.press("Сохранить")
    club.sees("Напишите сумму в рублях")
    club.look("4-module-wrong")
    club.page.get_by_label("Цена, рублей").fill("210,50")
    club.press("Сохранить")
    club.press("Отправить на проверку")
    club.look("5-sent")
    decide(town, title, False, "Укажите в названии модуля, на какой возраст он рассчитан.")
    club.page.reload()
    club.look("6-returned")
    club.page.get_by_role("link", name="Изменить 1 год обучения").click()
    club.page.get_by_label("Название модуля").fill("9–14 лет, 1 год обучения")
    club.press("Сохранить")
    club.press("Отправить на проверку")
    decide(town, title, True)
    club.page.reload()
    club.sees("проверена")
    club.page.get_by_role("link", name="Новая группа").click()
    club.page.get_by_label("Название группы").fill("Вечерняя группа")
    club.page.get_by_label("Мест", exact=True).fill("12")
    club.page.get_by_label("Первый день").fill("2025-11-10")
    club.page.get_by_label("Последний день").fill("2025-11-01")
    club.page.get_by_label("Населённый пункт").fill("Синелесье")
    club.page.get_by_label("Адрес и помещение").fill("ул. Школьная, 4, каб. 21")
    club.page.get_by_label("Педагог").fill("И. П. Токарев")
    club.press("Сохранить")
    club.sees("Последний день раньше первого.")
    club.look("7-group-wrong")
    club.page.get_by_label("Последний день").fill("2026-05-31")
    club.press("Сохранить")
    line = club.page.get_by_role("group", name="Занятие 1")
    line.get_by_label("День недели").select_option("3")
    line.get_by_label("Начало").fill("17:00")
    line.get_by_label("Конец").fill("16:00")
    club.press("Сохранить расписание")
    club.sees("Конец не позже начала.")
    club.look("8-timetable-wrong")
    line.get_by_label("Конец").fill("18:30")
    club.press("Сохранить расписание")
    club.look("9-group")
    club.page.get_by_role("link", name=title).click()
    club.page.get_by_role("link", name="Изменить", exact=True).click()
    club.fill("Возраст до", "16")
    club.press("Сохранить")
    club.look("10-change-of-what-is-verified")
    family = walking("club-desk-family", size, has_scripts=has_scripts)
    family.open("/catalogue?locality=Синелесье&q=" + title)
    family.page.get_by_role("main").get_by_role("listitem").get_by_role("link", name=title).click()
    family.sees("Педагог: И. П. Токарев")
    family.sees("от 9 до 14 лет")
    family.look("1-programme")


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_clubs_lessons_children_and_money(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool, tmp_path: Path) -> None:
    day = {("phone", False): "10", ("phone", True): "12", ("desktop", False): "17", ("desktop", True): "19"}[size, has_scripts]
    club = walking("club-desk", size, has_scripts=has_scripts)
    sign_in(club, "club@example.ru")
    club.open("/club/groups/GLINA/lessons")
    club.page.get_by_role("link", name=f" {day} ноября").click()
    club.page.get_by_label("День", exact=True).fill("2027-01-01")
    club.press("Перенести занятие")
    club.sees("Группа занимается с 1 сентября 2025 по 31 мая 2026.")
    club.look("11-lesson-wrong")
    club.page.get_by_label("День", exact=True).fill(f"2025-11-{int(day) + 3}")
    club.page.get_by_label("Почему").last.fill("Зал занят под концерт")
    club.press("Перенести занятие")
    club.sees("Занятие перенесено.")
    club.page.get_by_role("link", name="24 ноября").click()
    club.page.get_by_label("Почему").first.fill("Педагог на курсах")
    club.press("Отменить занятие")
    club.look("12-lessons")
    club.page.get_by_role("link", name="24 ноября").click()
    club.look("13-lesson-cancelled")
    club.press("Занятие состоится")
    club.open("/club/days-off")
    club.fill("Название", "Новогодние каникулы")
    club.page.get_by_label("Первый день").fill("2025-12-29")
    club.page.get_by_label("Последний день").fill("2026-01-08")
    club.press("Записать")
    club.look("14-days-off")
    club.page.get_by_role("button", name="Отменить Новогодние каникулы").click()
    club.sees("Выходные отменены")
    club.page.get_by_role("navigation").get_by_role("link", name="Зачисленные").click()
    club.look("15-enrollments")
    club.page.get_by_role("navigation").get_by_role("link", name="Оплата").click()
    club.look("16-money")
    club.page.get_by_role("main").get_by_role("link", name="Октябрь 2025").click()
    club.look("17-month")
    with club.page.expect_download() as download:
        club.page.get_by_role("link", name="Скачать (XLSX)").click()
    download.value.save_as(tmp_path / "month.xlsx")
    assert (tmp_path / "month.xlsx").read_bytes()[:2] == b"PK"
    club.open("/club?lang=en")
    club.sees("What waits for you")
    club.look("18-english")
