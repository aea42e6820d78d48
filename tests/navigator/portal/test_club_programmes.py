"""A club's pages: what waits, programmes and modules, their way to the operator and back; nothing typed is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from navigator.engine import writing
from navigator.portal.club import verification
from navigator.tables import modules, programmes

from .conftest import Pages
from .overseers import Counting
from .test_catalogue import bring
from .visitor import Visitor


@pytest.fixture
def club(pages: Pages) -> Visitor:
    pages.person("club@example.ru", "club", provider="ddt")
    pages.person("operator@example.ru", "operator")
    return pages.signed_in("club@example.ru")


def decide(pages: Pages, programme: str, verified: bool, reason: str = "") -> None:
    with writing(pages.engine) as connection:
        person = connection.scalar(select(verification.persons.c.person).where(verification.persons.c.role == "operator"))
        verification.decide(connection, programme, verified, reason, person, pages.clock.now())


def text(visitor: Visitor) -> str:
    return visitor.text.replace("\u00a0", " ")


def test_a_club_begins_where_its_work_waits(pages: Pages, club: Visitor):
    assert club.path == "/club"
    assert "0 заявок ждут ответа" in text(club) and "1 программа" in text(club)
    assert "2 группы занимаются" in text(club) and "3 ребёнка зачислено" in text(club), "D-4 is only asked for"


def test_a_programme_is_written_sent_returned_mended_and_shown_to_families(pages: Pages, club: Visitor):
    club.get("/club/programmes/new")
    club.submit({"title": "", "direction": "техническая", "age_from": "девять", "age_to": "8"})
    assert "Заполните это поле." in text(club) and "Напишите целое число." in text(club)
    assert club.form_with("title").values["age_from"] == "девять", "nothing typed is lost"
    assert club.form_with("title").values["direction"] == "техническая"
    club.submit({"title": "Роботы", "age_from": "9", "age_to": "8"})
    assert "«До» меньше, чем «от»." in text(club)
    club.submit({"age_to": "12"})
    assert club.path == "/club/programmes/ddt-p1" and "черновик" in text(club) and "от 9 до 12 лет" in text(club)
    assert "Отправить на проверку" not in text(club), "not without a module"
    club.get("/club/programmes/ddt-p1/modules/new")
    club.submit({"title": "1 год", "price": "двести", "normative": "-1", "planned_hours": "0"})
    assert text(club).count("Напишите сумму в рублях и копейках") == 4 and "Число от 1 до 2000." in text(club)
    assert club.form_with("price").values["price"] == "двести"
    club.submit({"price": "1 250,50 ₽", "normative": "1000", "planned_hours": "72"})
    assert "1 250,50 ₽ за занятие, норматив 1 000,00 ₽" in text(club) and "72 часа" in text(club)
    club.submit(action="/send")
    assert "на проверке" in text(club)
    club.get("/club/programmes/ddt-p1/edit")
    club.submit({"title": "Другое"})
    assert "Программа у оператора на проверке." in text(club)
    decide(pages, "ddt-p1", False, "Нет педагога")
    club.get("/club/programmes?state=returned")
    assert "Роботы" in text(club) and "Шахматы" not in text(club)
    club.get("/club/programmes/ddt-p1")
    assert "Нет педагога" in text(club)
    club.submit(action="/send")
    club.submit(action="/take_back")
    assert "черновик" in text(club)
    club.submit(action="/send")
    pages.visitor().get("/catalogue/ddt-p1")
    family = pages.visitor()
    family.get("/catalogue/ddt-p1")
    assert family.status == 404
    decide(pages, "ddt-p1", True)
    family.get("/catalogue/ddt-p1")
    assert family.status == 200 and "Роботы" in family.text


def test_a_change_of_what_is_verified_is_shown_beside_it_and_does_not_hold_yet(pages: Pages, club: Visitor):
    club.get("/club/programmes/p-1/edit")
    assert club.form_with("title").values["age_to"] == "18"
    club.submit({"title": "Шахматы и шашки"})
    row = pages.read(lambda c: c.execute(select(programmes).where(programmes.c.programme == "p-1")).one())
    assert (row.title, row.age_to_months) == ("Шахматы", 216), "ages that nobody touched stay to the month"
    assert "Что изменится" in text(club) and "Шахматы и шашки" in text(club)
    assert club.html.count('data-label="Будет"') == 1, "the title alone"
    club.submit(action="/discard")
    assert "Изменения отменены." in text(club) and "проверена" in text(club) and "Что изменится" not in text(club)


def test_a_price_that_families_agreed_to_stays_and_so_does_what_was_typed(pages: Pages, club: Visitor):
    club.get("/club/programmes/p-1/modules/m-1")
    assert "В модуль уже записаны дети" in text(club) and club.form_with("price").values["price"] == "205,00"
    club.submit({"price": "300", "title": "Первый"})
    assert "Для новой цены добавьте новый модуль." in text(club)
    assert club.form_with("price").values == {**club.form_with("price").values, "price": "300", "title": "Первый"}
    row = pages.read(lambda c: c.execute(select(modules).where(modules.c.module == "m-1")).one())
    assert row.unit_price_kopecks == 20500
    club.get("/club/programmes/p-1/modules/new")
    club.submit({"title": "Модуль 2", "price": "300", "normative": "190", "planned_hours": "72"})
    assert "новый" in text(club) and "Новый модуль «Модуль 2»" in text(club)
    club.get("/club/programmes/p-1/modules/ddt-m1")
    assert club.form_with("price").values["price"] == "300,00", "a proposed one can be changed too"


def test_ages_may_not_leave_enrolled_children_outside(club: Visitor):
    club.get("/club/programmes/p-1/edit")
    club.submit({"age_from": "12"})
    assert "1 зачисленный ребёнок окажется вне этого возраста" in text(club), "Мария is 11"
    assert club.form_with("title").values["age_from"] == "12"
    club.submit({"age_from": "11"})
    assert "Записано." in text(club)


def test_the_lists_cost_the_same_statements_however_many_rows(pages: Pages, club: Visitor):
    def statements(address: str) -> int:
        with Counting(pages) as counting:
            club.get(address)
        return counting.number

    addresses = ("/club", "/club/programmes", "/club/programmes/p-1")
    before = [statements(address) for address in addresses]
    bring(
        pages,
        programmes="programme,provider,title,verified\n" + "".join(f"x-{n},ddt,Лишняя {n},true\n" for n in range(60)),
        modules="module,programme,title\n" + "".join(f"xm-{n},p-1,Лишний {n}\n" for n in range(30)),
        groups="group,module,title\n" + "".join(f"xg-{n},xm-{n},Лишняя {n}\n" for n in range(30)),
    )
    assert [statements(address) for address in addresses] == before
    club.get("/club/programmes?page=1")
    assert club.html.count("<tr>") == 12, "61 programmes, 50 to a page"
    club.get("/club/programmes?state=nothing")
    assert club.status == 404
