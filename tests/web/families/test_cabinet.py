"""Step 7 as a parent walks it: what is left at a glance, the week, the visits, each debit with its reckoning, the year, the statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from navigator import operations
from navigator.engine import writing
from navigator.portal.letters import digest
from navigator.portal.tables import guardians, instant
from tests.navigator.conftest import make_attendance, make_debit, make_reversal

from .conftest import Town, Walk, sign_in

CHILD = {"provider": "ddt-sineles", "child": "d-02", "group": "GLINA"}
HELD = {"enrollment": "E-002", "certificate": "cert-4799901002"}
ABSENT, TAKEN_BACK = "2025-10-08", "2025-10-15"


@pytest.fixture(scope="module")
def autumn(town: Town) -> None:
    """Саша has been at pottery twice a week; one absence, one debit taken back."""
    first = dt.date(2025, 9, 1)
    days = [first + dt.timedelta(days=number) for number in range(58) if (first + dt.timedelta(days=number)).weekday() in (0, 2)]
    told = []
    for day in map(dt.date.isoformat, days):
        claim = {**CHILD, "date": day, "slot": 1, "lesson_starts_at": f"{day}T12:00:00+00:00"}
        told.append(make_attendance(day, "absent" if day == ABSENT else "attended", claim=claim, **HELD))
        debit = make_debit(day, amount=18250, claim=claim, **HELD)
        if day != ABSENT:
            told.append(debit)
        if day == TAKEN_BACK:
            told.append(make_reversal(debit))
    with writing(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
        answers = operations.take(connection, told, town.clock.now())
    assert {each["outcome"] for each in answers} == {"accepted"}


@pytest.mark.usefixtures("autumn")
@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_parent_sees_where_every_rouble_went(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    email = f"cabinet-{size}-{has_scripts}@example.ru".lower()
    person = town.person(email, "parent")
    with writing(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
        row = {"child": "d-02", "person": person, "since": instant(town.clock.now()), "is_first": True}
        connection.execute(guardians.insert(), [row])
    walk = walking("parent", size, has_scripts=has_scripts)
    sign_in(walk, email)
    walk.sees("остаток")
    walk.look("20-children-at-a-glance")
    walk.page.get_by_role("link", name="Бобров").click()
    walk.sees("Ближайшие занятия")
    walk.look("21-child-at-a-glance")
    walk.page.get_by_role("link", name="Вся неделя").click()
    walk.sees("сегодня")
    walk.look("22-week")
    walk.page.get_by_role("link", name="Предыдущая").click()
    walk.sees("ещё не отмечено")
    places = walk.page.get_by_role("navigation", name="Кабинет ребёнка")
    places.get_by_role("link", name="Посещения").click()
    walk.page.get_by_label("Месяц").select_option("2025-10")
    walk.press("Показать")
    walk.sees("пропуск")
    walk.look("23-visits")
    places.get_by_role("link", name="Списания").click()
    walk.sees("Цена занятия")
    walk.look("24-debits")
    places.get_by_role("link", name="Доплата").click()
    walk.sees("доплата за занятие")
    walk.look("25-share")
    places.get_by_role("link", name="Деньги на год").click()
    walk.sees("Деньги кончатся")
    picture = walk.page.get_by_role("img", name="График остатка")
    assert picture.evaluate("image => image.complete && image.naturalWidth") if has_scripts else picture.is_visible()
    walk.look("26-year")
    walk.page.get_by_role("link", name="Выписка").click()
    walk.fill("С какого дня", "2025-11-30")
    walk.press("Показать")
    walk.sees("Этот день раньше первого.")
    walk.look("27-statement-of-wrong-days")
    walk.fill("С какого дня", "2025-11-01")
    walk.press("Показать")
    walk.sees("было на 1 ноября 2025")
    walk.look("28-statement")
    with walk.page.expect_download() as coming:
        walk.page.get_by_role("link", name="Скачать PDF").click()
    assert coming.value.suggested_filename == "statement-4799901002-2025-11-01-2025-11-05.pdf"
    assert coming.value.path().read_bytes().startswith(b"%PDF-")


@pytest.mark.usefixtures("autumn")
@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_parent_chooses_letters_and_ends_them_from_one(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    email = f"letters-{size}-{has_scripts}@example.ru".lower()
    person = town.person(email, "parent")
    with writing(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
        row = {"child": "d-02", "person": person, "since": instant(town.clock.now()), "is_first": True}
        connection.execute(guardians.insert(), [row])
    walk = walking("parent", size, has_scripts=has_scripts)
    sign_in(walk, email)
    walk.open("/account")
    walk.page.get_by_label("раз в неделю и о каждом списании").check()
    walk.look("29-letters")
    walk.press("Сохранить")
    walk.sees("Письма придут на вашу почту")
    day = "2025-09-01" if size == "phone" else "2025-09-03"
    claim = {**CHILD, "date": day, "slot": 2 + has_scripts, "lesson_starts_at": f"{day}T14:00:00+00:00"}
    debit = make_debit(day, amount=100, claim=claim, **HELD)
    with writing(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
        assert operations.take(connection, [debit], town.clock.now())[0]["outcome"] == "accepted"
    with town.portal.app_context():
        assert digest.write_due(town.portal.config["NAVIGATOR_ENGINE"], town.clock) >= 1
    town.link(email)
    text = str([each for each in town.mails if each["To"] == email][-1].get_content())
    walk.open(text.split()[-1])
    walk.look("30-no-more-letters")
    walk.press("Отписаться")
    walk.sees("таких писем больше не будет")
