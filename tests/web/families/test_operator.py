"""The operator's and a municipality's day: certificates looked up and changed, operations as they arrive."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from navigator import operations
from navigator.engine import writing
from navigator.portal.club import verification
from navigator.portal.tables import persons

from .conftest import Town, Walk, sign_in

LESSONS = ("2025-10-01", "2025-10-06", "2025-10-08", "2025-10-13")


@pytest.fixture(scope="module")
def busy(town: Town) -> Town:
    """Lessons were attended, debited, and one of them given back; the municipality has a person of its own."""
    said: list[dict[str, Any]] = []
    for day in LESSONS:
        claim = {"provider": "ddt-sineles", "child": "d-01", "group": "GLINA", "date": day, "slot": 1}
        claim["lesson_starts_at"] = f"{day}T15:00:00+03:00"
        common = {"claim": claim, "enrollment": "E-001", "certificate": "cert-4799901001", "n": 0, "month": day[:7], "closed_over": False}
        debit = hashlib.blake2b(day.encode(), digest_size=16).hexdigest()
        attended = {"id": debit[::-1], "kind": "attendance", "amount_kopecks": 0, "after": None, "refers_to": None, "status": "attended"}
        said.append({**common, **attended})
        paid = {"id": debit, "kind": "debit", "amount_kopecks": 18250, "after": None, "refers_to": None, "status": None}
        said.append({**common, **paid})
    last = said[-1]
    said.append({**last, "id": last["id"][::-1][:-1] + "0", "kind": "reversal", "after": last["id"], "refers_to": last["id"]})
    with writing(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
        answers = operations.take(connection, said, town.clock.now())
    assert {each["outcome"] for each in answers} == {"accepted"}
    town.person("payer@example.ru", "payer", payer="sineles")
    return town


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_certificate_is_looked_up_and_frozen(walking: Callable[..., Walk], busy: Town, size: str, has_scripts: bool) -> None:
    operator = walking("operator", size, has_scripts=has_scripts)
    sign_in(operator, "operator@example.ru")
    operator.page.get_by_role("link", name="Сертификаты").first.click()
    operator.look("10-certificates")
    operator.fill("Номер сертификата, СНИЛС или фамилия", "аист")
    operator.press("Найти")
    operator.page.get_by_role("row").filter(has_text="Аистова").get_by_role("link").click()
    operator.look("11-certificate")
    operator.page.get_by_role("link", name="Заморозить").click()
    operator.press("Проверить")
    operator.sees("Напишите основание.")
    operator.look("12-change-wrong")
    operator.fill("С какого дня", "2025-10-08")
    operator.fill("Основание", "Заявление родителя № 17")
    operator.press("Проверить")
    operator.sees("Заморожен с 8 октября 2025.")
    operator.look("13-confirm")
    operator.press("Подтвердить")
    operator.sees("Сделано и записано в историю.")
    operator.look("14-history")
    operator.page.get_by_role("link", name="Разморозить").click()
    operator.fill("С какого дня", "2025-10-08")
    operator.fill("Основание", "Родитель передумал")
    operator.press("Проверить")
    operator.press("Подтвердить")
    operator.page.get_by_role("link", name="Перевести в другой муниципалитет").click()
    operator.look("15-move")
    operator.fill("Основание", "Семья переехала")
    operator.press("Проверить")
    operator.look("16-move-confirm")


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_operations_are_looked_through(walking: Callable[..., Walk], busy: Town, size: str, has_scripts: bool) -> None:
    payer = walking("payer", size, has_scripts=has_scripts)
    sign_in(payer, "payer@example.ru")
    payer.page.get_by_role("link", name="Операции").first.click()
    payer.look("1-operations")
    payer.page.get_by_label("Что показать").select_option("all")
    payer.page.get_by_label("Месяц").select_option("2025-10")
    payer.press("Показать")
    payer.sees("посещение")
    payer.look("2-all-of-october")
    payer.fill("Номер сертификата", "123")
    payer.press("Показать")
    payer.sees("Такого сертификата нет.")
    payer.look("3-no-such-number")
    payer.page.get_by_role("link", name="English").click()
    payer.page.get_by_role("heading", name="Operations").wait_for()
    payer.open("/certificates")
    payer.look("4-certificates")


def send_programme(town: Town, key: str) -> None:
    """A club writes a programme and sends it to be verified."""
    now, engine = town.clock.now(), town.portal.config["NAVIGATOR_ENGINE"]
    told = {"programme": key, "provider": "ddt-sineles", "title": f"Астрономия {key}", "direction": "естественно-научная"}
    told |= {"age_from_months": 96, "age_to_months": None}
    module = {"module": f"m-{key}", "programme": key, "title": "Звёзды", "unit": "lesson", "planned_hours": 36}
    with writing(engine) as connection:
        club = connection.scalar(select(persons.c.person).where(persons.c.role == "club"))
        verification.write(connection, told, [{**module, "unit_price_kopecks": 30000, "unit_normative_kopecks": 25000}], now)
        verification.send(connection, key, str(club), now)


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_programme_is_verified(walking: Callable[..., Walk], busy: Town, size: str, has_scripts: bool) -> None:
    key = f"{size}-{has_scripts}".lower()
    send_programme(busy, key)
    operator = walking("operator", size, has_scripts=has_scripts)
    sign_in(operator, "operator@example.ru")
    operator.look("2-overview")
    operator.page.get_by_role("link", name="ждёт проверки").click()
    operator.look("17-programmes")
    operator.page.get_by_role("link", name=f"Астрономия {key}").click()
    operator.press("Вернуть")
    operator.sees("Напишите, что исправить.")
    operator.look("18-programme")
    operator.press("Проверено: показать семьям")
    operator.sees("Программа проверена")
    operator.open(f"/operator/programmes/{key}")
    operator.look("19-programme-verified")


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_somebody_is_invited_and_ended(walking: Callable[..., Walk], busy: Town, size: str, has_scripts: bool) -> None:
    email = f"new-{size}-{has_scripts}@example.ru".lower()
    operator = walking("operator", size, has_scripts=has_scripts)
    sign_in(operator, "operator@example.ru")
    operator.page.get_by_role("link", name="Сотрудники").click()
    operator.look("40-persons")
    operator.page.get_by_role("link", name="Пригласить").click()
    operator.fill("Электронная почта", email)
    operator.press("Отправить письмо")
    operator.sees("Выберите организацию.")
    operator.look("41-invite-wrong")
    operator.page.get_by_label("Организация").select_option(index=1)
    operator.press("Отправить письмо")
    operator.sees(f"Письмо отправлено на {email}.")
    operator.page.get_by_role("link", name=email).click()
    operator.fill("Основание", "Уволилась")
    operator.look("42-person")
    operator.press("Закрыть доступ")
    operator.sees("Доступ закрыт")
    operator.page.get_by_role("link", name="закрытые").click()
    operator.look("43-ended")


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_limits_and_agreements_are_looked_at_and_set(walking: Callable[..., Walk], busy: Town, size: str, has_scripts: bool) -> None:
    operator = walking("operator", size, has_scripts=has_scripts)
    sign_in(operator, "operator@example.ru")
    operator.page.get_by_role("link", name="Муниципалитеты").click()
    operator.look("50-municipalities")
    operator.page.get_by_role("row").filter(has_text="Ольховского").get_by_role("link").click()
    operator.page.get_by_role("link", name="Лимит на 2026 год").click()
    operator.fill("Сертификатов", "120")
    operator.fill("Сумма номиналов", "1440000")
    operator.press("Сохранить")
    operator.sees("На 2026 год: сертификатов 120")
    operator.look("51-municipality")
    operator.open("/operator/providers")
    operator.look("52-providers")
    operator.page.get_by_role("main").get_by_role("table").get_by_role("link").first.click()
    operator.fill("Первый день", "2026-01-01")
    operator.fill("Последний день", "2025-12-31")
    operator.press("Записать")
    operator.sees("Последний день раньше первого.")
    operator.look("53-agreement-wrong")
    operator.fill("Последний день", "2026-12-31")
    operator.press("Записать")
    operator.sees("Договор записан.")
    operator.look("54-provider")
    payer = walking("payer", size, has_scripts=has_scripts)
    sign_in(payer, "payer@example.ru")
    payer.page.get_by_role("link", name="Лимиты").click()
    payer.look("5-own-limits")
