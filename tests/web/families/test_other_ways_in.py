"""Ways into an account and to a child that are not the first: a lost password, an invitation, the operator's help."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Town, Walk, sign_in


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_lost_password_is_replaced(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    email = f"forgot-{size}-{has_scripts}@example.ru".lower()
    town.person(email, "parent")
    walk = walking("parent", size, has_scripts=has_scripts)
    walk.open("/sign-in")
    walk.page.get_by_role("link", name="Забыли пароль?").click()
    walk.look("20-forgotten")
    walk.fill("Электронная почта", email)
    walk.press("Получить письмо")
    walk.sees("Проверьте почту")
    walk.open(town.link(email))
    walk.page.get_by_label("Новый пароль", exact=True).fill("короткий")
    walk.press("Сменить пароль")
    walk.look("21-new-password-wrong")
    for label in ("Новый пароль", "Пароль ещё раз"):
        walk.page.get_by_label(label, exact=True).fill("совсем другой пароль")
    walk.press("Сменить пароль")
    walk.sees("Пароль изменён.")
    walk.open("/sign-in")
    walk.fill("Электронная почта", email)
    walk.fill("Пароль", "совсем другой пароль")
    walk.press("Войти")
    walk.sees("Выйти")


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_the_second_parent_comes_to_the_same_child(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    first, second = (f"{which}-{size}-{has_scripts}@example.ru".lower() for which in ("first", "second"))
    name = {("phone", False): "Мира", ("phone", True): "Рада", ("desktop", False): "Лада", ("desktop", True): "Злата"}[size, has_scripts]
    town.family(first, name)
    town.person(second, "parent")
    mother = walking("parent", size, has_scripts=has_scripts)
    sign_in(mother, first)
    mother.page.get_by_role("link", name=name).click()
    mother.page.get_by_role("link", name="Пригласить второго родителя").click()
    mother.fill("Электронная почта", second)
    mother.look("22-invite")
    mother.press("Отправить приглашение")
    mother.sees("Приглашение отправлено")

    father = walking("parent", size, has_scripts=has_scripts)
    sign_in(father, second)
    father.page.get_by_role("link", name="Вас пригласили представлять ребёнка").click()
    father.look("23-invitation")
    father.page.get_by_role("main").get_by_role("button").click()
    father.sees("Теперь ребёнок есть и в вашем списке.")

    operator = walking("operator", size, has_scripts=has_scripts)
    sign_in(operator, "operator@example.ru")
    operator.open("/children?q=Смирнова")
    operator.page.get_by_role("main").get_by_role("link", name=name).first.click()
    operator.sees("Кто представляет ребёнка")
    operator.look("5-child")
