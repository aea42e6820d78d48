"""Persons of clubs, municipalities and the operator: invited by e-mail, listed, and ended for good."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from navigator.portal.persons.tables import ended_persons
from navigator.portal.tables import persons

from .conftest import PASSWORD, Pages
from .overseers import Counting, entered
from .visitor import Visitor

NAMES = {"last_name": "Орлова", "first_name": "Вера", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def operator(pages: Pages) -> Visitor:
    pages.person("operator@example.ru", "operator")
    return entered(pages, "operator@example.ru")


def invite(visitor: Visitor, **typed: str) -> str:
    visitor.get("/operator/persons/new")
    visitor.submit(typed)
    return visitor.text


def person_of(pages: Pages, email: str) -> str:
    return str(pages.read(lambda c: c.scalar(select(persons.c.person).where(persons.c.email == email))))


@pytest.mark.parametrize(
    ("typed", "begins"),
    [
        ({"role": "club", "provider": "ddt"}, "/club"),
        ({"role": "payer", "payer": "luga"}, "/applications"),
        ({"role": "operator"}, "/operator"),
    ],
)
def test_who_is_invited_chooses_a_password_and_is_there(pages: Pages, operator: Visitor, typed: dict[str, str], begins: str):
    assert "Письмо отправлено на new@example.ru." in invite(operator, email="New@example.ru", **typed)
    assert "new@example.ru" in operator.text and "ещё не входил" in operator.text
    visitor = pages.visitor()
    visitor.get(pages.link("new@example.ru"))
    visitor.submit(NAMES)
    assert visitor.path.startswith(begins) and visitor.status == 200
    row = pages.read(lambda c: c.execute(select(persons).where(persons.c.email == "new@example.ru")).one())
    assert (row.role, row.provider, row.payer) == (typed["role"], typed.get("provider"), typed.get("payer"))


def test_a_lost_letter_is_sent_again_and_nobody_is_made_twice(pages: Pages, operator: Visitor):
    for _ in range(2):
        invite(operator, email="new@example.ru", role="payer", payer="luga")
    pages.postman.send_due()
    assert len(pages.mails) == 2
    assert len(pages.read(lambda c: c.execute(select(persons).where(persons.c.email == "new@example.ru")).all())) == 1


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"email": "new@example.ru", "role": "club"}, "Выберите организацию."),
        ({"email": "new@example.ru", "role": "payer", "provider": "ddt"}, "Выберите муниципалитет."),
        ({"email": "nobody", "role": "operator"}, "Проверьте адрес"),
        ({"email": "operator@example.ru", "role": "operator"}, "уже есть учётная запись"),
        ({"email": "anna@example.ru", "role": "operator"}, "уже есть учётная запись"),
        ({"email": "asked@example.ru", "role": "payer", "payer": "pskov"}, "уже есть учётная запись"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(pages: Pages, operator: Visitor, typed: dict[str, str], told: str):
    pages.person("anna@example.ru", "parent", "k-1")
    invite(operator, email="asked@example.ru", role="payer", payer="luga")
    pages.postman.send_due()
    before = len(pages.mails)
    assert told in invite(operator, **typed)
    assert operator.form_with("email").values["email"] == typed["email"] and 'aria-invalid="true"' in operator.html
    pages.postman.send_due()
    assert len(pages.mails) == before, "no letter"


def test_an_ended_account_opens_nothing_any_more(pages: Pages, operator: Visitor):
    pages.person("club@example.ru", "club", provider="ddt")
    club, key = entered(pages, "club@example.ru"), person_of(pages, "club@example.ru")
    stranger = pages.visitor()
    stranger.get("/password")
    stranger.submit({"email": "club@example.ru"})
    link = pages.link("club@example.ru")
    assert club.get("/club/requests") and club.status == 200
    operator.get(f"/operator/persons/{key}")
    operator.submit({"reason": ""})
    assert "Напишите основание." in operator.text
    operator.submit({"reason": "Уволилась"})
    assert "Доступ закрыт" in operator.text and "club@example.ru" not in operator.text
    club.get("/club/requests", follow=False)
    assert club.status == 302, "its sign-in has ended"
    stranger.get(link)
    assert stranger.status == 410, "a letter's link opens nothing"
    stranger.get("/sign-in")
    stranger.submit({"email": "club@example.ru", "password": PASSWORD})
    assert "не подходят" in stranger.text
    operator.get("/operator/persons?role=ended")
    assert "club@example.ru" in operator.text
    operator.get(f"/operator/persons/{key}")
    assert "Уволилась" in operator.text and "Соколова Анна" in operator.text
    assert "Письмо отправлено" in invite(operator, email="club@example.ru", role="payer", payer="luga"), "the address is free again"


def test_nobody_ends_its_own_account_or_one_twice(pages: Pages, operator: Visitor):
    own = person_of(pages, "operator@example.ru")
    operator.get(f"/operator/persons/{own}")
    assert "Свой доступ закрывает другой оператор." in operator.text
    token = operator.forms()[-1].values["csrf_token"]
    operator.answer = operator.client.post(
        f"/operator/persons/{own}", data={"csrf_token": token, "reason": "x"}, headers=operator.headers, follow_redirects=True
    )
    assert "закрыть нельзя" in operator.text and pages.read(lambda c: c.execute(select(ended_persons)).all()) == []


def test_parents_are_not_among_them(pages: Pages, operator: Visitor):
    pages.person("anna@example.ru", "parent", "k-1")
    operator.get("/operator/persons")
    assert "anna@example.ru" not in operator.text
    operator.get(f"/operator/persons/{person_of(pages, 'anna@example.ru')}")
    assert operator.status == 404
    operator.get("/operator/persons?role=parent")
    assert operator.status == 404


def test_the_list_is_paged_by_key_and_costs_the_same(pages: Pages, operator: Visitor):
    with Counting(pages) as few:
        operator.get("/operator/persons?role=payer")
    for number in range(60):
        pages.person(f"p{number:02d}@example.ru", "payer", payer="luga")
    with Counting(pages) as many:
        operator.get("/operator/persons?role=payer")
    assert few.number == many.number and "p49@" in operator.text and "p50@" not in operator.text
    operator.get("/operator/persons?role=payer&after=p49@example.ru")
    assert "p50@" in operator.text and "p49@" not in operator.text
