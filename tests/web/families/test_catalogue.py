"""Step 4 as a family walks it: look for a club, by words and by filters, and open a programme."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Walk


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_a_club_is_looked_for_and_opened(walking: Callable[..., Walk], size: str, has_scripts: bool) -> None:
    family = walking("catalogue", size, has_scripts=has_scripts)
    family.open("/")
    family.page.get_by_label("Найти кружок").fill("шахматам")
    family.press("Найти")
    family.look("1-found")
    family.page.get_by_role("main").get_by_role("listitem").get_by_role("link").first.click()
    assert "Шахмат" in family.page.get_by_role("heading", level=1).inner_text()
    family.look("2-programme")
    family.page.get_by_role("link", name="Каталог программ").click()
    family.look("3-all")
    family.page.get_by_label("Возраст").fill("9")
    family.page.get_by_label("День недели").select_option("1")
    family.page.get_by_label("Есть места").check()
    family.press("Найти")
    assert family.page.get_by_label("Возраст").input_value() == "9" and family.page.get_by_label("Есть места").is_checked()
    family.look("4-filtered")
    family.page.get_by_label("Возраст").fill("девять")
    family.press("Найти")
    family.look("5-wrong")
    family.open("/catalogue?q=подводная+охота")
    family.look("6-nothing")
    family.open("/providers")
    family.look("7-providers")
