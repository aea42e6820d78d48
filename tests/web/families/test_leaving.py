"""The end of step 5: a family leaves a group, and the club sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from navigator.engine import writing
from navigator.portal.enrolling import quote, store
from navigator.portal.tables import guardians

from .conftest import Town, Walk, sign_in

NAMES = {("phone", False): "Уля", ("phone", True): "Фая", ("desktop", False): "Эля", ("desktop", True): "Яна"}
GROUP = "GLINA"


def enrolled(town: Town, email: str, name: str) -> str:
    """A child that attends the clay group; the child's id."""
    person = town.family(email, name)
    with town.portal.test_request_context(), writing(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
        child = connection.scalars(select(guardians.c.child).where(guardians.c.person == person)).one()
        item = store.group(connection, GROUP)
        assert item is not None
        found = quote.quote_of(item, town.clock.today())
        assert found is not None
        key = store.ask(connection, town.clock, child, person, item, found)
        assert store.accept(connection, town.clock, key) == [key]
    return str(child)


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_child_leaves_a_group(walking: Callable[..., Walk], town: Town, size: str, has_scripts: bool) -> None:
    name, email = NAMES[size, has_scripts], f"leaving-{size}-{has_scripts}@example.ru".lower()
    child = enrolled(town, email, name)
    parent = walking("parent", size, has_scripts=has_scripts)
    sign_in(parent, email)
    parent.open(f"/family/{child}")
    parent.page.get_by_role("link", name="Уйти из группы").click()
    parent.press("Уйти из группы")
    parent.sees("Выберите причину")
    parent.page.get_by_label("не подходит расписание").check()
    parent.page.get_by_label("Последний день занятий").fill("2025-11-14")
    parent.look("30-leave")
    parent.press("Уйти из группы")
    parent.sees("последний день — 14 ноября 2025")
    parent.look("31-left")

    club = walking("club", size, has_scripts=has_scripts)
    sign_in(club, "club@example.ru")
    club.page.get_by_role("link", name="Зачисленные").click()
    club.page.get_by_role("link", name="Уходят").click()
    club.sees(name)
    club.look("12-leavings")
