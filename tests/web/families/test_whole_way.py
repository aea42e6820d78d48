"""The whole way, as the three walk it: from the family's first visit to a debit that the gateway brought from the club's own sheet."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.bootstrap import open_gateway
from tests.builders.sheets import Grid, Row, one_grid

from .conftest import PASSWORD, Town, Walk, sign_in

LATER = "2025-11-20T10:00:00+03:00"
NAMES = {"phone": "Агния", "desktop": "Ярослава"}


def bring_a_sheet(home: Path, town: Town, row: Row) -> None:
    """The club's secretary hands the gateway the month's sheet; what it makes of it goes to the register."""
    home.mkdir()
    (home / "mapping.toml").write_text('[groups]\n"Лепка" = "GLINA"\n', encoding="utf-8")
    sheet = home / "табель.xlsx"
    sheet.write_bytes(one_grid("Дом детского творчества", Grid("Лепка", dt.date(2025, 11, 1), [row])))
    environment = {"GATEWAY_HOME": str(home), "NAVIGATOR_URL": town.url, "GATEWAY_TEST": "1", "GATEWAY_NOW": LATER}
    gateway = open_gateway(environment=environment)
    report = gateway.import_file(sheet, "ddt-sineles", home / "mapping.toml")
    assert (report["outcome"], report["unread"]) == ("accepted", []), report
    gateway.run()
    assert not any(gateway.status()["under_way"].values())


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_from_the_first_visit_to_the_last_debit(walking: Callable[..., Walk], town: Town, size: str, tmp_path: Path) -> None:
    name, email = NAMES[size], f"way-{size}@example.ru"
    town.clock.stand(dt.datetime.fromisoformat("2025-11-05T10:00:00+03:00"))
    parent = walking("parent", size)
    parent.open("/")
    parent.page.get_by_role("link", name="Зарегистрироваться").first.click()
    parent.fill("Электронная почта", email)
    parent.page.get_by_label("Согласен").check()
    parent.press("Получить письмо")
    parent.sees("Письмо отправлено")
    parent.open(town.link(email))
    for label, text in (("Фамилия", "Соколова"), ("Имя", "Анна"), ("Пароль", PASSWORD), ("Пароль ещё раз", PASSWORD)):
        parent.page.get_by_label(label, exact=True).fill(text)
    parent.press("Готово")
    parent.page.get_by_role("link", name="Добавить ребёнка").first.click()
    for label, text in (("Фамилия ребёнка", "Соколова"), ("Имя ребёнка", name), ("Дата рождения", "2014-03-14")):
        parent.fill(label, text)
    parent.page.get_by_label("Муниципалитет").select_option(label="Комитет образования Синелесского округа")
    parent.press("Добавить и получить сертификат")
    parent.sees("Сертификат учёта")
    number = re.sub(r"\D", "", parent.page.get_by_text(re.compile(r"^\s*\d{2} \d{4} \d{4}\s*$")).first.inner_text())
    child = parent.page.url
    parent.page.get_by_role("link", name="Подать заявление").click()
    parent.page.get_by_label("Я прочитал(а) согласие").check()
    parent.press("Подать заявление")

    operator = walking("operator", size)
    sign_in(operator, "operator@example.ru")
    operator.page.get_by_role("link", name="Заявления").first.click()
    operator.page.get_by_role("row").filter(has_text=name).get_by_role("link").click()
    operator.press("Принять")
    operator.sees("Заявление принято.")

    parent.open(child)
    parent.page.get_by_role("link", name="Выбрать программу").click()
    parent.fill("Что ищем", "лепка")
    parent.press("Найти")
    parent.page.get_by_role("main").get_by_role("listitem").get_by_role("link").first.click()
    parent.page.get_by_role("link", name=f"Записать: {name}").first.click()
    parent.page.get_by_label("Мы согласны доплачивать").check()
    parent.press("Подать заявку")
    parent.sees("Место за вами")

    club = walking("club", size)
    sign_in(club, "club@example.ru")
    club.open("/club/requests")
    club.page.get_by_role("row").filter(has_text=name).get_by_role("link").click()
    club.press("Зачислить")
    club.sees("Ребёнок зачислен.")

    town.clock.stand(dt.datetime.fromisoformat(LATER))
    row = Row(f"Соколова {name}", number, {5: 2, 10: "Н", 12: 2, 17: 2, 19: 2})  # the 10th was an illness
    bring_a_sheet(tmp_path / size, town, row)
    sign_in(parent, email)  # a fortnight later
    parent.open(child)
    parent.sees("Остаток на 2025 год")
    parent.look("30-after-the-first-debits")
    parent.page.get_by_role("link", name="Списания", exact=True).click()
    parent.sees("4 списания")
    parent.sees("730,00\N{NO-BREAK SPACE}₽")
    parent.page.get_by_role("link", name="Посещения", exact=True).click()
    parent.sees("10 ноября 2025")
    parent.look("31-visits-with-an-absence")
