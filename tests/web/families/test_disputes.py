"""Step 7 to its end: a family disputes, the club corrects its own sheet, the gateway brings it, and the dispute closes itself.

The gateway is the real one, over HTTP, with a database of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from gateway.bootstrap import Gateway
from navigator.engine import writing
from navigator.portal.family import store as family
from tests.builders import town as builders

from .conftest import NOW, Town, Walk, served, sign_in

CASES = [("phone", False), ("phone", True), ("desktop", False), ("desktop", True)]
CHILDREN = {case: number for number, case in enumerate(CASES, start=1)}


@dataclass
class Club:
    """A sailing club with a child for each case, its sheet of October and the gateway that it is sent to."""

    served: Town
    real: builders.Town
    gateway: Gateway
    marks: dict[int, dict[int, str]] = field(default_factory=dict)
    versions: int = 0

    def sends(self) -> None:
        """The sheet as it stands now goes to the gateway, which tells the register all that follows."""
        self.versions += 1
        rows = builders.rows_of(sorted(CHILDREN.values()), self.marks)
        self.real.take(self.gateway, self.real.sheet(f"october-{self.versions}.xlsx", rows))
        builders.sums(self.real, self.gateway)

    def corrects(self, number: int, day: int, sign: str) -> None:
        """One cell of the sheet is another now; an empty one says «was there»."""
        self.marks.setdefault(number, {})[day] = sign
        self.sends()


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Club]:
    folder = tmp_path_factory.mktemp("sailing")
    district = builders.District(nominals=["1000.00"] * len(CASES)).write(folder / "district")
    with served(folder / "navigator", district) as town:
        town.person("operator@example.ru", "operator")
        town.person("club@example.ru", "club", provider=builders.PROVIDER)
        for case, number in CHILDREN.items():
            person = town.person(email_of(case), "parent")
            with writing(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
                family.link(connection, f"k-{number}", person, town.clock.now())
        real = builders.Town(folder, town.url)
        club = Club(town, real, real.gateway(), {number: {30: "Н"} for number in CHILDREN.values()})
        club.sends()
        yield club
        club.gateway.engine.dispose()


@pytest.fixture
def town(club: Club) -> Town:
    club.served.clock.stand(dt.datetime.fromisoformat(NOW))
    return club.served


def email_of(case: tuple[str, bool]) -> str:
    return f"disputes-{case[0]}-{case[1]}@example.ru".lower()


@pytest.mark.parametrize("case", CASES, ids=[f"{size}-{'axe' if axe else 'plain'}" for size, axe in CASES])
def test_a_dispute_ends_in_a_correction_that_the_gateway_brings(
    walking: Callable[..., Walk], club: Club, town: Town, case: tuple[str, bool]
) -> None:
    size, has_scripts = case
    number = CHILDREN[case]
    parent = walking("parent", size, has_scripts=has_scripts)
    sign_in(parent, email_of(case))
    parent.open(f"/family/k-{number}/disputes")
    parent.sees("Споров ещё не было")
    parent.page.get_by_role("link", name="Найти занятие в посещениях").click()
    parent.page.get_by_label("Месяц").select_option("2025-10")
    parent.press("Показать")
    parent.page.get_by_role("link", name="Не согласны? 9 октября 2025").click()
    parent.sees("9 октября 2025, 16:00")
    parent.press("Открыть спор")
    parent.sees("Напишите, что было на самом деле")
    parent.fill("С чем вы не согласны", "Ася болела и не была на занятии")
    parent.look("21-dispute-form")
    parent.press("Открыть спор")
    parent.sees("Спор открыт")
    parent.look("22-dispute-open")
    dispute = parent.page.url

    teacher = walking("club", size, has_scripts=has_scripts)
    sign_in(teacher, "club@example.ru")
    teacher.page.get_by_role("link", name="Споры").click()
    teacher.look("10-disputes")
    teacher.page.get_by_role("row").filter(has_text="9 октября 2025").get_by_role("link").first.click()
    teacher.press("Всё верно")
    teacher.sees("Напишите, почему всё верно")
    teacher.fill("Что ответить семье", "Вы правы, ошиблись строкой")
    teacher.look("11-dispute-answer")
    teacher.press("Исправим в своём учёте")
    teacher.sees("Спор закроется сам")

    club.corrects(number, 9, "Н")
    parent.open(dispute)
    parent.sees("Исправление пришло в реестр")
    parent.sees("пропуск, списано 0,00 ₽")
    parent.look("23-dispute-corrected")
    town.postman.send_due()
    letters = [str(mail.get_content()) for mail in town.mails if mail["To"] == email_of(case)]
    assert "теперь списано 0,00\u00a0₽" in letters[-1] and len(letters) == 3

    parent.open(f"/family/k-{number}/disputes/G-1/2025-10-30/1")
    parent.fill("С чем вы не согласны", "Ася была на занятии до конца")
    parent.press("Открыть спор")
    parent.sees("Спор открыт")
    parent.page.get_by_role("link", name="Споры: Ася").click()
    parent.sees("отметка: пропуск")
    parent.look("24-disputes")
    town.clock.stand(town.clock.now() + dt.timedelta(days=10))
    operator = walking("operator", size, has_scripts=has_scripts)
    sign_in(operator, "operator@example.ru")
    operator.page.get_by_role("link", name="Споры").click()
    operator.look("20-disputes")
    operator.page.get_by_role("row").filter(has_text="30 октября 2025").get_by_role("link").first.click()
    operator.fill("Решение и его причина", "В журнале Ася отмечена, исправьте табель")
    operator.look("21-dispute-decision")
    operator.press("Организация должна исправить")
    operator.sees("Спор закроется сам")
    club.corrects(number, 30, "")
    assert town.portal.extensions["chores"].do_due() == 1
    operator.page.get_by_role("link", name="исправлено").click()
    operator.sees("30 октября 2025")
