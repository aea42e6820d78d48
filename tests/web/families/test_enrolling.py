"""Steps 5 and 6 as a parent, the club and the operator walk them: a place is asked for and given, and the certificate has its sum."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Town, Walk, sign_in

FIRST_NAMES = {("phone", False): "Ия", ("phone", True): "Зоя", ("desktop", False): "Ада", ("desktop", True): "Ева"}


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_place_is_asked_for_and_given(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    name, email = FIRST_NAMES[size, has_scripts], f"enroll-{size}-{has_scripts}@example.ru".lower()
    town.family(email, name)
    parent = walking("parent", size, has_scripts=has_scripts)
    sign_in(parent, email)
    parent.page.get_by_role("link", name=name).click()
    parent.page.get_by_role("link", name="Выбрать программу").click()
    parent.fill("Что ищем", "лепкой")
    parent.press("Найти")
    parent.page.get_by_role("main").get_by_role("listitem").get_by_role("link").first.click()
    parent.look("14-programme-for-a-child")
    parent.page.get_by_role("link", name=f"Записать: {name}").first.click()
    parent.look("15-quote")
    parent.press("Подать заявку")
    parent.sees("Без согласия на доплату записать нельзя.")
    parent.page.get_by_label("Мы согласны доплачивать").check()
    parent.press("Подать заявку")
    parent.sees("Место за вами")
    parent.look("16-asked")

    club = walking("club", size, has_scripts=has_scripts)
    sign_in(club, "club@example.ru")
    club.page.get_by_role("link", name="Заявки").click()
    club.look("1-requests")
    club.page.get_by_role("row").filter(has_text=name).get_by_role("link").click()
    club.press("Отказать")
    club.sees("Напишите причину отказа.")
    club.look("2-answer")
    club.press("Зачислить")
    club.sees("Ребёнок зачислен.")

    parent.page.reload()
    parent.sees("Остаток на 2025 год")
    parent.look("17-enrolled")

    operator = walking("operator", size, has_scripts=has_scripts)
    sign_in(operator, "operator@example.ru")
    operator.page.get_by_role("link", name="Лимиты", exact=True).click()
    operator.look("6-limits")
    operator.page.get_by_role("main").get_by_role("link").first.click()
    operator.look("7-limit")
