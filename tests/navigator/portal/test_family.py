"""A family's way: children, certificates, the second parent, and that no child is there twice."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlalchemy import func, select

from navigator.engine import writing
from navigator.portal.family import store
from navigator.portal.family.snils import check_number, snils_from
from navigator.portal.tables import guardians, tokens
from navigator.tables import certificates, children, feed_items

from .conftest import Pages
from .visitor import Visitor

CHILD = {"last_name": "Соколова", "first_name": "Вера", "birth_date": "2015-03-14", "snils": "087-654-303 00", "payer": "pskov"}


def adding(pages: Pages, email: str, **changes: str) -> Visitor:
    """A parent who has filled in the form for a child."""
    visitor = pages.signed_in(email)
    visitor.get("/family/new")
    visitor.submit({**CHILD, **changes})
    return visitor


def count(pages: Pages, table) -> int:
    return pages.read(lambda c: c.scalar(select(func.count()).select_from(table)))


def test_a_child_has_a_certificate_of_accounting_at_once(pages: Pages):
    pages.person("anna@example.ru")
    visitor = adding(pages, "anna@example.ru")
    assert "сертификат учёта выдан" in visitor.text and "Соколова Вера" in visitor.text and "Сертификат учёта" in visitor.text
    number = visitor.html.split('class="number">')[1].split("<")[0].replace(" ", "")
    assert len(number) == 10 and number.startswith("47")
    row = pages.read(lambda c: c.execute(select(certificates).order_by(certificates.c.valid_to.desc())).first())
    assert (row.valid_from, row.valid_to, row.payer) == ("2025-11-05", "2033-03-13", "pskov")
    code = visitor.client.get(f"/family/{row.child}/certificate/code.svg")
    assert code.mimetype == "image/svg+xml" and b"<path" in code.data
    served = pages.read(lambda c: c.scalars(select(feed_items.c.body).where(feed_items.c.feed == "certificates")).all())
    (mine,) = [body for body in served if number in body]
    assert '"kind": "accounting"' in mine and "087-654-303 00" in mine, "the gateway learns of it as of any other"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"snils": "087-654-303 01"}, "Такого номера не бывает"),
        ({"snils": "12345"}, "Такого номера не бывает"),
        ({"birth_date": "2020-11-06"}, "от 5 до 17 лет"),
        ({"birth_date": "2007-11-05"}, "от 5 до 17 лет"),
        ({"birth_date": "2026-01-01"}, "ещё не наступил"),
        ({"birth_date": "31.02.2015"}, "Это не дата"),
        ({"birth_date": ""}, "Заполните это поле"),
        ({"first_name": "<b>Вера</b>"}, "Только буквы"),
        ({"last_name": "А" * 101}, "Слишком длинно"),
        ({"payer": ""}, "Заполните это поле"),
        ({"payer": "nowhere"}, "из списка"),
        ({"certificate": "123"}, "десять цифр"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(pages: Pages, changes: dict[str, str], told: str):
    pages.person("anna@example.ru")
    before = count(pages, children)
    visitor = adding(pages, "anna@example.ru", **changes)
    (field,) = changes
    assert (
        f'id="{field}-wrong"' in visitor.html and told in visitor.text and f'aria-describedby="{field}' in visitor.html.replace("-help", "")
    )
    kept, typed = visitor.form_with("snils").values, {**CHILD, **changes}
    assert all(kept[name] == typed[name] for name in typed if name != "payer")
    assert kept["payer"] == (typed["payer"] if typed["payer"] == "pskov" else "")
    assert count(pages, children) == before


@pytest.mark.parametrize("birth_date", ["2020-11-05", "2007-11-06", "05.11.2020"])
def test_the_ages_are_from_five_to_seventeen_both_included(pages: Pages, birth_date: str):
    pages.person("anna@example.ru")
    assert "сертификат учёта выдан" in adding(pages, "anna@example.ru", birth_date=birth_date).text


@pytest.mark.parametrize(
    "text", ["112-233-445 95", "11223344595", " 112 233 445 95 ", "112–233–445–95", "087-654-303 00", "001-001-998 17"]
)
def test_a_snils_is_read_however_it_is_written(text: str):
    assert snils_from(text)[3] == "-" and len(snils_from(text)) == 14


def test_the_check_number_of_a_snils():
    assert [check_number(nine) for nine in ("112233445", "087654303", "000000000")] == ["95", "00", "00"]
    for wrong in ("112-233-445 94", "1122334459", "112-233-445 9x", ""):
        with pytest.raises(ValueError):
            snils_from(wrong)


@pytest.mark.parametrize(
    "changes",
    [{}, {"snils": "08765430300"}, {"snils": ""}, {"snils": "", "last_name": "СОКОЛОВА", "first_name": "вера"}, {"first_name": "Виктория"}],
    ids=["the same", "digits", "by name", "by name, other case", "by number"],
)
def test_a_child_that_another_parent_added_is_not_added_again(pages: Pages, changes: dict[str, str]):
    pages.person("anna@example.ru")
    pages.person("boris@example.ru")
    adding(pages, "anna@example.ru")
    before = count(pages, children)
    visitor = adding(pages, "boris@example.ru", **changes)
    assert "Этого ребёнка уже добавил другой родитель" in visitor.text and count(pages, children) == before
    again = adding(pages, "anna@example.ru", **changes)
    assert "уже есть в вашем списке" in again.text and count(pages, children) == before


def test_a_twin_and_a_namesake_are_other_children(pages: Pages):
    pages.person("anna@example.ru")
    pages.person("boris@example.ru")
    adding(pages, "anna@example.ru")
    assert "выдан" in adding(pages, "anna@example.ru", first_name="Надежда", snils="").text
    assert "выдан" in adding(pages, "boris@example.ru", snils="160-722-394 47").text


def test_both_parents_press_at_once_and_the_child_is_there_once(pages: Pages):
    people = [pages.person(f"p{number}@example.ru") for number in range(6)]
    told = {**CHILD, "patronymic": "", "certificate": "", "birth_date": dt.date(2015, 3, 14)}
    together, added = threading.Barrier(len(people)), []

    def add(person: str) -> None:
        with pages.app.test_request_context():
            together.wait()
            with writing(pages.engine) as connection:
                added.append(store.add(connection, pages.clock, person, told).added)

    threads = [threading.Thread(target=add, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(added) == ["anothers"] * 5 + ["new"]


def test_a_child_that_the_district_knows_is_claimed_by_its_certificates_number(pages: Pages):
    pages.person("anna@example.ru")
    known = {"last_name": "Иванова", "first_name": "Мария", "birth_date": "2014-05-20", "snils": "112-233-445 95"}
    visitor = adding(pages, "anna@example.ru", **known)
    assert "уже есть в реестре" in visitor.text and count(pages, guardians) == 0
    visitor.submit({"certificate": "0471000009"})
    assert "уже есть в реестре" in visitor.text and count(pages, guardians) == 0
    visitor.submit({"certificate": "04 7100 0001"})
    assert "найден в реестре" in visitor.text and "04 7100 0001" in visitor.text and count(pages, children) == 3


def test_numbers_cannot_be_tried_out(pages: Pages):
    pages.person("anna@example.ru")
    known = {"last_name": "Иванова", "first_name": "Мария", "birth_date": "2014-05-20", "snils": ""}
    visitor = adding(pages, "anna@example.ru", **known)
    for number in range(10):
        visitor.submit({"certificate": f"04710009{number:02d}"})
    visitor.submit({"certificate": "0471000001"})
    assert visitor.status == 429 and "Слишком много попыток" in visitor.text and count(pages, guardians) == 0


# ---------------------------------------------------------------- the second parent


def invited(pages: Pages, email: str) -> str:
    pages.person("anna@example.ru", "parent", "k-1")
    visitor = pages.signed_in("anna@example.ru")
    visitor.get("/family/k-1/invite")
    visitor.submit({"email": email})
    assert "Приглашение отправлено" in visitor.text
    return pages.link(email)


def test_the_second_parent_is_invited_and_sees_the_same_child(pages: Pages):
    link = invited(pages, "boris@example.ru")
    assert "Сначала зарегистрируйтесь" in pages.delivered("boris@example.ru")
    pages.person("boris@example.ru")
    visitor = pages.visitor()
    visitor.get(link)
    visitor.submit({"email": "boris@example.ru", "password": "корабль плывёт ночью"})
    assert "Вас пригласили представлять ребёнка: Мария" in visitor.text and "Иванова" not in visitor.text
    visitor.submit()
    assert visitor.path == "/family/k-1" and "Иванова Мария" in visitor.text
    visitor.get(link)
    assert visitor.status == 410, "once"


def test_an_invitation_stands_on_the_list_too_and_expires(pages: Pages):
    link = invited(pages, "boris@example.ru")
    pages.person("boris@example.ru")
    visitor = pages.signed_in("boris@example.ru")
    assert "Вас пригласили" in visitor.text and link in visitor.html
    pages.later(days=7, minutes=1)
    visitor = pages.signed_in("boris@example.ru")
    assert "Вас пригласили" not in visitor.text
    visitor.get(link)
    assert visitor.status == 410


def test_who_was_not_invited_cannot_take_an_invitation(pages: Pages):
    link = invited(pages, "boris@example.ru")
    pages.person("clara@example.ru")
    visitor = pages.signed_in("clara@example.ru")
    visitor.get(link)
    assert visitor.status == 404


def test_nobody_is_invited_twice_or_flooded(pages: Pages):
    invited(pages, "boris@example.ru")
    visitor = pages.signed_in("anna@example.ru")
    for email, told in (("boris@example.ru", "уже отправлено"), ("anna@example.ru", "уже представляет")):
        visitor.get("/family/k-1/invite")
        visitor.submit({"email": email})
        assert told in visitor.text
    for number in range(6):
        visitor.get("/family/k-1/invite")
        visitor.submit({"email": f"x{number}@example.ru"})
    assert "Попробуйте завтра" in visitor.text and count(pages, tokens) == 5


def test_the_operator_invites_a_parent_to_a_known_child(pages: Pages):
    pages.person("operator@example.ru", "operator")
    operator = pages.signed_in("operator@example.ru")
    operator.get("/children?q=0471000001")
    assert "Иванова Мария" in operator.text and "Петров" not in operator.text
    operator.get("/children?q=петр")
    assert "Петров Пётр Ильич" in operator.text
    operator.get("/children/k-1")
    operator.submit({"email": "anna@example.ru"})
    assert "Приглашение отправлено" in operator.text and "anna@example.ru" in operator.text
    pages.person("anna@example.ru")
    visitor = pages.signed_in("anna@example.ru")
    visitor.get(pages.link("anna@example.ru"))
    visitor.submit()
    assert "Иванова Мария" in visitor.text
