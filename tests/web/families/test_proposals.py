"""Step 5 begun by the club: it asks for a place by the certificate's number, and the family confirms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from navigator.engine import reading
from navigator.portal.family import store as family
from navigator.portal.tables import guardians

from .conftest import Town, Walk, sign_in

NAMES = {("phone", False): "Нина", ("phone", True): "Рита", ("desktop", False): "Тоня", ("desktop", True): "Инга"}


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_club_asks_and_the_family_confirms(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    name, email = NAMES[size, has_scripts], f"proposals-{size}-{has_scripts}@example.ru".lower()
    person = town.family(email, name)
    with reading(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
        child = connection.scalars(select(guardians.c.child).where(guardians.c.person == person)).one()
        number = family.certificate_numbers_of(connection, [child])[child]

    club = walking("club", size, has_scripts=has_scripts)
    sign_in(club, "club@example.ru")
    club.page.get_by_role("link", name="Зачисленные").click()
    club.page.get_by_role("link", name="Записать", exact=True).click()
    club.page.get_by_label("Группа").select_option("GLINA")
    club.fill("Номер сертификата", "12")
    club.press("Отправить семье")
    club.sees("Номер — десять цифр")
    club.fill("Номер сертификата", number)
    club.press("Отправить семье")
    club.sees("Если такой сертификат есть")
    assert name not in club.page.content()
    club.look("13-proposals")

    parent = walking("parent", size, has_scripts=has_scripts)
    sign_in(parent, email)
    parent.look("33-place-offered")
    parent.page.get_by_role("link", name="предлагает место").click()
    parent.press("Подтвердить заявку")
    parent.sees("Без согласия на доплату записать нельзя.")
    parent.page.get_by_label("Мы согласны доплачивать").check()
    parent.look("32-proposal")
    parent.press("Подтвердить заявку")
    parent.sees("Заявка подана")

    club.page.reload()
    club.sees("семья согласна")
    club.look("14-proposal-confirmed")
