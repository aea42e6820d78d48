"""A programme's verification: what holds meanwhile, what never changes, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select

from navigator.engine import writing
from navigator.portal.club import verification
from navigator.portal.club.tables import programme_check_steps
from navigator.tables import feed_items, modules, programmes

from .conftest import Pages

NEW = {"programme": "p-7", "provider": "ddt", "title": "Театр", "direction": "искусство", "age_from_months": 84, "age_to_months": 216}
PART = {"module": "m-7", "programme": "p-7", "title": "Сцена", "unit": "lesson", "unit_price_kopecks": 25000}
PART |= {"unit_normative_kopecks": 20000, "planned_hours": 72}


class Desk:
    """The register's pages, a club's person and the operator."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.club = pages.person("club@example.ru", "club", provider="ddt")
        self.operator = pages.person("operator@example.ru", "operator")

    def do(self, what: Callable[..., Any], *arguments: Any) -> Any:
        with writing(self.pages.engine) as connection:
            return what(connection, *arguments, self.pages.clock.now())

    def see(self, what: Callable[..., Any], *arguments: Any) -> Any:
        return self.pages.read(lambda connection: what(connection, *arguments))

    def state(self, programme: str = "p-7") -> str:
        return str(self.see(verification.state_of, programme))

    def decide(self, verified: bool, reason: str = "", programme: str = "p-7") -> None:
        self.do(verification.decide, programme, verified, reason, self.operator)

    def row(self, table: Any, key: str) -> Any:
        column = next(iter(table.primary_key))
        return self.pages.read(lambda c: c.execute(select(table).where(column == key)).one())


@pytest.fixture
def desk(pages: Pages) -> Desk:
    return Desk(pages)


def steps(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(select(programme_check_steps).order_by(programme_check_steps.c.step))
    return [(row.state, row.reason) for row in rows]


def test_a_new_programme_goes_through_all_states_and_each_is_kept(desk: Desk):
    desk.do(verification.write, NEW, [])
    assert desk.state() == "draft" and desk.row(programmes, "p-7").verified is False
    with pytest.raises(verification.NotNow):
        desk.do(verification.send, "p-7", desk.club)
    desk.do(verification.write, NEW, [PART])
    desk.do(verification.send, "p-7", desk.club)
    assert [(row.programme, row.verified) for row in desk.see(verification.waiting)] == [("p-7", False)]
    assert desk.see(verification.waiting, "p-7") == [] and desk.see(verification.waiting_count) == 1
    with pytest.raises(verification.NotNow):
        desk.do(verification.write, NEW, [])
    desk.decide(False, "Нет возраста")
    assert desk.state() == "returned" and desk.row(programmes, "p-7").verified is False
    desk.do(verification.write, {**NEW, "title": "Театр теней"}, [])
    assert desk.state() == "returned", "the reason stays in sight until it is sent again"
    desk.do(verification.send, "p-7", desk.club)
    desk.do(verification.take_back, "p-7", desk.club)
    desk.do(verification.send, "p-7", desk.club)
    desk.decide(True)
    assert desk.state() == "verified" and desk.row(programmes, "p-7").verified is True and desk.row(modules, "m-7").open is True
    with pytest.raises(verification.NotNow):
        desk.decide(True)
    kept = [("sent", ""), ("returned", "Нет возраста"), ("sent", ""), ("draft", ""), ("sent", ""), ("verified", "")]
    assert desk.pages.read(steps) == kept
    versions = desk.pages.read(lambda c: c.scalars(select(programme_check_steps.c.version).order_by(programme_check_steps.c.step)).all())
    assert [json.loads(each)["programme"]["title"] for each in versions[:3]] == ["Театр", "Театр", "Театр теней"]


def test_what_is_verified_holds_until_its_change_is_verified_too(desk: Desk):
    desk.do(verification.write, NEW, [PART])
    desk.do(verification.send, "p-7", desk.club)
    desk.decide(True)
    before = desk.pages.read(lambda c: c.scalars(select(feed_items.c.body).order_by(feed_items.c.feed, feed_items.c.item)).all())
    second = {**PART, "module": "m-8", "title": "Второй год"}
    desk.do(verification.write, {**NEW, "age_from_months": 96}, [{**PART, "unit_price_kopecks": 30000}, second])
    assert desk.state() == "draft"
    assert (desk.row(programmes, "p-7").age_from_months, desk.row(modules, "m-7").unit_price_kopecks) == (84, 25000)
    shown = desk.see(verification.proposed, "p-7")
    assert shown.programme["age_from_months"] == 96
    assert [(each["module"], each["unit_price_kopecks"]) for each in shown.modules] == [("m-7", 30000), ("m-8", 25000)]
    desk.do(verification.send, "p-7", desk.club)
    assert [row.verified for row in desk.see(verification.waiting)] == [True]
    desk.decide(False, "Слишком дорого")
    after = desk.pages.read(lambda c: c.scalars(select(feed_items.c.body).order_by(feed_items.c.feed, feed_items.c.item)).all())
    assert after == before and desk.state() == "returned"
    desk.do(verification.send, "p-7", desk.club)
    desk.decide(True)
    assert (desk.row(programmes, "p-7").age_from_months, desk.row(modules, "m-7").unit_price_kopecks) == (96, 30000)
    assert desk.row(modules, "m-8").open is True and desk.row(programmes, "p-7").verified is True


def test_a_change_that_is_written_back_or_given_up_is_none(desk: Desk):
    now = desk.see(verification.standing, "p-1")
    assert desk.state("p-1") == "verified", "the district brought it verified"
    desk.do(verification.write, {**now.programme, "title": "Шашки"}, [])
    assert desk.state("p-1") == "draft"
    desk.do(verification.write, now.programme, [])
    assert desk.state("p-1") == "verified"
    desk.do(verification.write, {**now.programme, "title": "Шашки"}, [])
    desk.do(verification.discard, "p-1", desk.club)
    assert desk.state("p-1") == "verified" and desk.see(verification.proposed, "p-1") == now
    with pytest.raises(verification.NotNow):
        desk.do(verification.discard, "p-1", desk.club)


def test_the_price_that_families_agreed_to_never_changes(desk: Desk):
    now = desk.see(verification.standing, "p-1")
    assert desk.see(verification.enrolled_modules, "p-1") == {"m-1"}
    with pytest.raises(verification.Enrolled):
        desk.do(verification.write, now.programme, [{**now.modules[0], "unit_price_kopecks": 99900}])
    desk.do(verification.write, now.programme, [{**now.modules[0], "title": "Модуль первый"}])
    desk.do(verification.send, "p-1", desk.club)
    desk.decide(True, programme="p-1")
    assert (desk.row(modules, "m-1").title, desk.row(modules, "m-1").unit_price_kopecks) == ("Модуль первый", 20500)


def test_who_was_enrolled_while_the_operator_thought_keeps_the_price_too(desk: Desk):
    from .test_catalogue import bring

    desk.do(verification.write, NEW, [PART])
    desk.do(verification.send, "p-7", desk.club)
    desk.decide(True)
    desk.do(verification.write, NEW, [{**PART, "unit_price_kopecks": 30000}])
    desk.do(verification.send, "p-7", desk.club)
    bring(
        desk.pages,
        groups="group,module,title\ng-7,m-7,Вечер\n",
        enrollments="enrollment,certificate,group,starts_on,ends_on,state\nD-7,0471000001,g-7,2025-11-01,2025-12-31,active\n",
    )
    with pytest.raises(verification.Enrolled, match="Сцена"):
        desk.decide(True)
    desk.decide(False, "В модуль уже записались: заведите новый с новой ценой.")
    assert desk.row(modules, "m-7").unit_price_kopecks == 25000
