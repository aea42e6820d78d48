from __future__ import annotations

from typing import Any

import pytest

from gateway.plugins.builtin.rules.m02_module_priced import ModuleOpenAndPriced
from gateway.plugins.builtin.tariffs.per_lesson import PerLesson
from tests.unit.rules.views import group, is_met, says, view

RULE = ModuleOpenAndPriced()


def test_an_open_and_priced_module_passes() -> None:
    assert RULE.eligible(view(), None) is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"module_is_open": False}, "закрыт"),
        ({"unit_price": None}, "цена занятия не указана"),
        ({"unit_normative": None}, "нормативная цена не указана"),
        ({"unit": ""}, "за занятие или за час"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, Any], word: str) -> None:
    answer = RULE.eligible(view(group=group(**changes)), None)
    assert not is_met(answer)
    assert word in says(answer)


def test_zero_is_a_price_and_needs_no_normative() -> None:
    assert RULE.eligible(view(group=group(unit_price=0, unit_normative=None)), None) is None


def test_a_normative_of_zero_is_one() -> None:
    assert RULE.eligible(view(group=group(unit_normative=0)), None) is None


@pytest.mark.parametrize("price", [None, 0, 20_500])
@pytest.mark.parametrize("normative", [None, 0, 19_000])
@pytest.mark.parametrize("unit", ["lesson", "academic_hour", ""])
def test_an_open_module_is_priced_exactly_where_the_tariff_prices_it(price: int | None, normative: int | None, unit: str) -> None:
    module = group(unit=unit, unit_price=price, unit_normative=normative)
    assert is_met(RULE.eligible(view(group=module), None)) is (PerLesson().price(module, 90, None) is not None)
