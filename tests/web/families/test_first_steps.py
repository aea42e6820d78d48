"""Steps 1 to 3 as a parent and the operator walk them: an account, a child with its certificate, an application and its decision."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import PASSWORD, Town, Walk

SNILS = {"phone": "087-654-303 00", "desktop": "160-722-394 47"}


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_from_the_first_page_to_the_accepted_application(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    """Once without scripts, as everybody can; once with them, for axe-core is one."""
    email = f"{size}-{has_scripts}@example.ru".lower()
    child = {"phone": "Вера", "desktop": "Надежда"}[size] + ("на" if has_scripts else "")
    parent = walking("parent", size, has_scripts=has_scripts)
    parent.open("/")
    parent.look("1-first-page")
    parent.page.get_by_role("link", name="Зарегистрироваться").first.click()
    parent.look("2-register")
    parent.press("Получить письмо")
    parent.sees("Заполните это поле.")
    parent.look("2-register-wrong")
    parent.fill("Электронная почта", email)
    parent.page.get_by_label("Согласен").check()
    parent.press("Получить письмо")
    parent.look("3-letter")
    parent.open(town.link(email))
    for label, text in (("Фамилия", "Соколова"), ("Имя", "Анна"), ("Пароль", PASSWORD), ("Пароль ещё раз", PASSWORD)):
        parent.page.get_by_label(label, exact=True).fill(text)
    parent.look("4-name")
    parent.press("Готово")
    parent.look("5-no-children")
    parent.page.get_by_role("link", name="Добавить ребёнка").first.click()
    for label, text in (("Фамилия ребёнка", "Соколова"), ("Имя ребёнка", child), ("СНИЛС ребёнка", "112-233-445 96")):
        parent.fill(label, text)
    parent.fill("Дата рождения", "2015-03-14")
    parent.page.get_by_label("Муниципалитет").select_option(index=1)
    parent.press("Добавить и получить сертификат")
    parent.sees("Такого номера не бывает")
    assert parent.page.get_by_label("Имя ребёнка").input_value() == child, "nothing typed is lost"
    parent.look("6-child-wrong")
    parent.fill("СНИЛС ребёнка", "" if has_scripts else SNILS[size])
    parent.press("Добавить и получить сертификат")
    parent.look("7-child")
    parent.page.get_by_role("link", name="Показать и распечатать").click()
    parent.look("8-certificate")
    parent.page.go_back()
    parent.page.get_by_role("link", name="Подать заявление").click()
    parent.look("9-apply")
    parent.page.get_by_label("Я прочитал(а) согласие").check()
    parent.press("Подать заявление")
    parent.look("10-applied")

    operator = walking("operator", size, has_scripts=has_scripts)
    operator.open("/sign-in")
    operator.look("1-sign-in")
    operator.fill("Электронная почта", "operator@example.ru")
    operator.fill("Пароль", PASSWORD)
    operator.press("Войти")
    operator.look("2-overview")
    operator.page.get_by_role("link", name="Заявления").first.click()
    operator.look("3-applications")
    operator.page.get_by_role("row").filter(has_text=child).get_by_role("link").click()
    operator.press("Вернуть")
    operator.sees("Напишите, что исправить.")
    operator.look("4-application")
    operator.press("Принять")
    operator.sees("Заявление принято.")
    operator.open("/children?q=Соколова")
    operator.look("5-children")

    parent.page.reload()
    parent.sees("Деньги появятся на сертификате")
    parent.look("11-accepted")
    parent.page.get_by_role("link", name="English").click()
    parent.sees("accepted")
    parent.look("12-english")
    parent.open("/account")
    parent.look("13-account")
    for name, path in (("rules", "/rules"), ("privacy", "/privacy"), ("not-there", "/nowhere")):
        parent.complaints.clear()
        parent.page.goto(town.url + path)
        parent.complaints = [each for each in parent.complaints if "404" not in each]
        parent.look(name)
