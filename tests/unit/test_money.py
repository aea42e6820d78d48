"""Money is integer kopecks, and every rounding is named."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.core.money import half_up, kopecks_from_roubles, roubles_from_kopecks

kopecks = st.integers(-(10**14) + 1, 10**14 - 1)


@given(kopecks)
@example(0)
@example(-5)
def test_what_is_written_is_read_back(amount: int) -> None:
    assert kopecks_from_roubles(roubles_from_kopecks(amount)) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [("205", 20500), ("205,5", 20550), ("205.05", 20505), (" 12 000.00 ", 1_200_000), ("1\u00a0000", 100_000), ("-0.05", -5)],
)
def test_roubles_are_read_as_people_write_them(text: str, amount: int) -> None:
    assert kopecks_from_roubles(text) == amount


@pytest.mark.parametrize("text", ["", "1.005", "1e3", "+5", "12.", ".5", "1,000.00", "NaN", "٣" * 13])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        kopecks_from_roubles(text)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
@example(1, 2)
@example(-1, 2)
@example(5, 2)
def test_half_up_is_the_nearest_and_an_exact_half_goes_away_from_zero(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    rounded = half_up(numerator, denominator)
    assert abs(rounded - exact) <= Fraction(1, 2)
    if abs(exact - int(exact)) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_half_up_is_symmetrical(numerator: int, denominator: int) -> None:
    assert half_up(-numerator, denominator) == -half_up(numerator, denominator)


@pytest.mark.parametrize("denominator", [0, -1])
def test_half_up_asks_for_a_positive_denominator(denominator: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        half_up(1, denominator)
