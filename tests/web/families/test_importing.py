"""A district's files as the operator brings them in: first with mistakes, then without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload

from .conftest import Town, Walk, sign_in

HEAD = "child,last_name,first_name,birth_date,payer\n"
WRONG = HEAD + "n-1,Янтарёва,Мила,14.03.2015,sineles\nn-2,Юрьев,Лев,2014-02-01,nowhere\n"
RIGHT = HEAD + "n-1,Янтарёва,Мила,2015-03-14,sineles\nn-2,Юрьев,Лев,2014-02-01,sineles\n"
FAMILIES = "email,child,last_name,first_name\nyantareva@example.ru,n-1,Янтарёва,Инна\n"


def file(name: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_district_is_brought_in(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    operator = walking("operator", size, has_scripts=has_scripts)
    sign_in(operator, "operator@example.ru")
    operator.page.get_by_role("link", name="Импорт района").click()
    operator.press("Проверить")
    operator.sees("Выберите файлы")
    operator.look("30-import-wrong")
    operator.page.get_by_label("Файлы CSV").set_input_files([file("children.csv", WRONG), file("parents.csv", "email,child\nинна,n-1\n")])
    operator.press("Проверить")
    operator.sees("не дата")
    operator.look("31-import-errors")
    operator.page.get_by_role("link", name="Загрузить исправленное").click()
    operator.page.get_by_label("Файлы CSV").set_input_files([file("children.csv", RIGHT), file("parents.csv", FAMILIES)])
    operator.press("Проверить")
    operator.sees("Ошибок нет.")
    operator.look("32-import-checked")
    operator.press("Загрузить")
    operator.sees("Загружено.")
    operator.look("33-import-done")
    operator.page.get_by_role("main").get_by_role("link", name="Импорт района").click()
    operator.look("34-imports")
