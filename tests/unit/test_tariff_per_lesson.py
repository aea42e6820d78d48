from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.facts import RegisterGroup
from gateway.plugins.builtin.tariffs.per_lesson import PerLesson
from tests.unit.rules.views import group

TARIFF = PerLesson()
KOPECKS, MINUTES = st.integers(0, 10_000_000), st.integers(1, 12 * 60)
UNITS = st.sampled_from(["lesson", "academic_hour"])


def priced(unit: str, price: int, normative: int) -> RegisterGroup:
    return group(unit=unit, unit_price=price, unit_normative=normative)


def test_the_certificate_pays_up_to_the_normative_and_the_parent_the_rest() -> None:
    charge = TARIFF.price(priced("lesson", 20_500, 19_000), 90, None)
    assert charge is not None
    assert (charge.certificate, charge.parent) == (19_000, 1_500)


def test_below_the_normative_the_certificate_pays_all() -> None:
    charge = TARIFF.price(priced("lesson", 18_000, 19_000), 90, None)
    assert charge is not None
    assert (charge.certificate, charge.parent) == (18_000, 0)


def test_a_lesson_costs_the_same_whatever_its_length() -> None:
    assert TARIFF.price(priced("lesson", 20_500, 19_000), 45, None) == TARIFF.price(priced("lesson", 20_500, 19_000), 180, None)


@pytest.mark.parametrize(
    ("minutes", "certificate", "parent"),
    [
        (90, 18_000, 0),
        (45, 9_000, 0),
        (60, 12_000, 0),
        (40, 8_000, 0),
        (1, 200, 0),
    ],
)
def test_an_academic_hour_is_45_minutes(minutes: int, certificate: int, parent: int) -> None:
    charge = TARIFF.price(priced("academic_hour", 9_000, 9_500), minutes, None)
    assert charge is not None
    assert (charge.certificate, charge.parent) == (certificate, parent)


@pytest.mark.parametrize(
    ("price", "minutes", "kopecks"), [(101, 50, 112), (1, 22, 0), (1, 23, 1), (9_999, 40, 8_888), (12_345, 100, 27_433)]
)
def test_the_product_is_rounded_once_to_the_nearest_kopeck(price: int, minutes: int, kopecks: int) -> None:
    charge = TARIFF.price(priced("academic_hour", price, price), minutes, None)
    assert charge is not None
    assert charge.certificate == kopecks


def test_free_of_charge_is_a_price() -> None:
    charge = TARIFF.price(priced("lesson", 0, 19_000), 90, None)
    assert charge is not None
    assert (charge.certificate, charge.parent) == (0, 0)
    assert charge.lines[0].ru == "бесплатно"


@pytest.mark.parametrize(
    "changes", [{"unit_price": None}, {"unit_normative": None}, {"unit": "month"}, {"unit_price": -1}, {"unit_normative": -1}]
)
def test_not_priced_is_no_answer(changes: dict[str, Any]) -> None:
    assert TARIFF.price(group(**changes), 90, None) is None


def test_a_lesson_without_length_has_no_hours() -> None:
    assert TARIFF.price(priced("academic_hour", 9_000, 9_500), 0, None) is None


def test_the_lines_explain_the_product() -> None:
    charge = TARIFF.price(priced("academic_hour", 9_000, 8_500), 90, None)
    assert charge is not None
    assert [line.ru for line in charge.lines] == [
        "за час: 90,00 ₽ × 2 = 180,00 ₽",
        "норматив за час: 85,00 ₽ × 2 = 170,00 ₽",
        "сертификат платит 170,00 ₽",
        "родитель платит 10,00 ₽",
    ]
    part = TARIFF.price(priced("academic_hour", 9_000, 9_500), 60, None)
    assert part is not None
    assert part.lines[0].en == "per hour: 90.00 ₽ × 60/45 = 120.00 ₽"


@given(UNITS, KOPECKS, KOPECKS, MINUTES)
def test_nothing_is_lost_and_the_normative_bounds(unit: str, price: int, normative: int, minutes: int) -> None:
    charge = TARIFF.price(priced(unit, price, normative), minutes, None)
    at_normative = TARIFF.price(priced(unit, normative, normative), minutes, None)
    whole = TARIFF.price(priced(unit, price, price), minutes, None)
    assert charge is not None and at_normative is not None and whole is not None
    assert charge.certificate + charge.parent == whole.certificate
    assert 0 <= charge.certificate <= at_normative.certificate
    assert charge.parent >= 0


@given(KOPECKS, MINUTES)
def test_the_rounding_is_the_nearest_kopeck(price: int, minutes: int) -> None:
    charge = TARIFF.price(priced("academic_hour", price, price), minutes, None)
    assert charge is not None
    assert -45 < 2 * (45 * charge.certificate - price * minutes) <= 45
