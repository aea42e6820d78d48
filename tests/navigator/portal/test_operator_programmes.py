"""Programmes that wait for the operator: verified or returned with a reason, and the club told of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from navigator.engine import writing
from navigator.portal.club import verification
from navigator.portal.tables import persons
from navigator.tables import programmes

from .conftest import Pages
from .overseers import Counting, entered
from .visitor import Visitor

NEW = {"programme": "p-7", "provider": "ddt", "title": "Астрономия", "direction": "наука", "age_from_months": 96, "age_to_months": None}
MODULE = {"module": "m-7", "programme": "p-7", "title": "Звёзды", "unit": "lesson", "planned_hours": 36}
PRICE = {"unit_price_kopecks": 30000, "unit_normative_kopecks": 25000}


@pytest.fixture
def town(pages: Pages) -> Pages:
    pages.person("operator@example.ru", "operator")
    club = pages.person("club@example.ru", "club", provider="ddt")
    sent(pages, club, NEW)
    return pages


def sent(pages: Pages, club: str, programme: dict[str, Any], **price: int) -> None:
    key, now = programme["programme"], pages.clock.now()
    module = {**MODULE, **PRICE, **price, "module": key.replace("p", "m"), "programme": key}
    with writing(pages.engine) as connection:
        verification.write(connection, programme, [module], now)
        verification.send(connection, key, club, now)


@pytest.fixture
def operator(town: Pages) -> Visitor:
    return entered(town, "operator@example.ru")


def is_verified(pages: Pages, key: str = "p-7") -> bool:
    return bool(pages.read(lambda c: c.scalar(select(programmes.c.verified).where(programmes.c.programme == key))))


def test_a_programme_is_looked_at_and_verified(town: Pages, operator: Visitor):
    operator.get("/operator")
    assert "1 программа ждёт проверки" in operator.text
    operator.get("/operator/programmes")
    assert "Астрономия" in operator.text and "Дом, творчества" in operator.text
    operator.get("/operator/programmes/p-7")
    shown = operator.text.replace("\u00a0", " ")
    assert "Звёзды: 300,00 ₽ за занятие, норматив 250,00 ₽ · 36 часов" in shown and "от 8 лет" in shown and "Л-1" in shown
    operator.submit({"reason": "не нужна"}, press="accept")
    assert "только при возврате" in operator.text and operator.form_with("reason").values["reason"] == "не нужна"
    assert not is_verified(town)
    operator.submit({"reason": ""}, press="accept")
    assert is_verified(town) and "она в каталоге" in operator.text
    assert "Семьи видят её в каталоге" in town.delivered("club@example.ru")
    operator.get("/operator/programmes")
    assert "ни одна программа не ждёт" in operator.text


def test_a_programme_is_returned_with_a_reason(town: Pages, operator: Visitor):
    operator.get("/operator/programmes/p-7")
    operator.submit(press="give_back")
    assert "Напишите, что исправить." in operator.text
    operator.submit({"reason": "Нет возраста"}, press="give_back")
    assert not is_verified(town) and "возвращена организации" in operator.text
    assert "Нет возраста" in town.delivered("club@example.ru")
    operator.get("/operator/programmes/p-7")
    assert "Нет возраста" in operator.text and not any("reason" in form.names for form in operator.forms())


def test_who_was_slower_is_told(town: Pages, operator: Visitor):
    operator.get("/operator/programmes/p-7")
    with writing(town.engine) as connection:
        club = connection.scalar(select(persons.c.person).where(persons.c.role == "club"))
        verification.take_back(connection, "p-7", club, town.clock.now())
    operator.submit(press="accept")
    assert "уже не ждёт решения" in operator.text and not is_verified(town) and town.mails == []


def test_a_price_that_families_agreed_to_meanwhile_can_only_be_returned(town: Pages, operator: Visitor, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise verification.Enrolled("Звёзды")

    operator.get("/operator/programmes/p-7")
    monkeypatch.setattr(verification, "decide", refuse)
    operator.submit(press="accept")
    assert "«Звёзды» уже зачислены дети" in operator.text and 'aria-invalid="true"' in operator.html


def test_a_list_is_paged_by_key_and_costs_the_same(town: Pages, operator: Visitor):
    with Counting(town) as few:
        operator.get("/operator/programmes")
    club = town.person("second@example.ru", "club", provider="ddt")
    for number in range(60):
        sent(town, club, {**NEW, "programme": f"p-x{number:02d}", "title": f"Кружок {number:02d}"})
    with Counting(town) as many:
        operator.get("/operator/programmes")
    assert many.number == few.number and "Кружок 48" in operator.text and "Кружок 49" not in operator.text
    operator.get("/operator/programmes?after=p-x48")
    assert "Кружок 49" in operator.text and "Кружок 48" not in operator.text


def test_what_is_not_there_is_not_found(operator: Visitor):
    operator.get("/operator/programmes/p-none")
    assert operator.status == 404
