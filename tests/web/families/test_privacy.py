"""A family's data as a parent asks for them: the archive, who looked, and deleting."""

from __future__ import annotations

import zipfile
from collections.abc import Callable

import pytest

from .conftest import PASSWORD, Town, Walk


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_taking_away_looking_and_deleting(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    email, name = f"privacy-{size}-{has_scripts}@example.ru".lower(), f"Лада{'на' if has_scripts else ''}{'ра' if size == 'phone' else ''}"
    town.family(email, name)
    parent = walking("privacy", size, has_scripts=has_scripts)
    parent.open("/privacy")
    parent.look("1-what-is-kept")
    parent.open("/sign-in")
    parent.fill("Электронная почта", email)
    parent.fill("Пароль", PASSWORD)
    parent.press("Войти")
    parent.open("/account")
    parent.page.get_by_role("link", name="Мои данные").click()
    parent.press("Скачать архив")
    parent.sees("Заполните это поле.")
    parent.look("2-own-wrong")
    parent.fill("Ваш пароль", PASSWORD)
    with parent.page.expect_download() as waiting:
        parent.press("Скачать архив")
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert name in archive.read("navigator.html").decode()
    parent.page.get_by_role("link", name=name, exact=True).click()
    parent.look("3-who-looked")
    parent.sees("данные семьи")
    parent.page.get_by_role("link", name=name, exact=True).click()
    parent.page.get_by_role("link", name="Удалить данные ребёнка").click()
    parent.look("4-delete-child")
    parent.open("/account/delete")
    parent.press("Удалить учётную запись")
    parent.sees("Поставьте отметку")
    parent.look("5-delete-account-wrong")
    parent.fill("Ваш пароль", PASSWORD)
    parent.page.get_by_label("Я понимаю").check()
    parent.press("Удалить учётную запись")
    parent.sees("Учётная запись удалена.")
    parent.look("6-deleted")
