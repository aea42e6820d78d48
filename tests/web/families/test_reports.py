"""The reports as the operator and a municipality look at them, their charts drawn under the strict policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Town, Walk, sign_in
from .test_operator import busy as busy

DRAWN = "() => [...document.querySelectorAll('picture.chart img')].map(each => each.complete && each.naturalWidth > 0)"


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("has_scripts", [False, True], ids=["plain", "axe"])
def test_reports_are_looked_at(walking: Callable[..., Walk], busy: Town, size: str, has_scripts: bool) -> None:
    operator = walking("operator", size, has_scripts=has_scripts)
    sign_in(operator, "operator@example.ru")
    operator.page.get_by_role("link", name="Отчёты").first.click()
    operator.sees("По возрасту")
    operator.page.wait_for_load_state("load")
    assert operator.page.evaluate(DRAWN) == [True] * 3
    operator.look("20-coverage")
    operator.page.get_by_role("link", name="Деньги").first.click()
    operator.sees("По месяцам занятий")
    operator.page.wait_for_load_state("load")
    assert operator.page.evaluate(DRAWN) == [True] * 3
    operator.look("21-money")
    operator.page.get_by_label("Муниципалитет", exact=True).select_option(index=1)
    operator.page.get_by_label("Год", exact=True).select_option("2024")
    operator.press("Показать")
    operator.look("22-money-of-2024")
    if has_scripts:
        operator.page.get_by_role("link", name="English").click()
        operator.look("23-money-english")


def test_the_workbook_is_downloaded(walking: Callable[..., Walk], busy: Town) -> None:
    payer = walking("payer", "desktop")
    sign_in(payer, "payer@example.ru")
    payer.open("/reports")
    with payer.page.expect_download() as started:
        payer.page.get_by_role("link", name="Скачать XLSX").click()
    assert started.value.suggested_filename == "navigator-2025.xlsx"
