from __future__ import annotations

import datetime as dt

import pytest

from gateway.plugins import BadParameter, Period
from gateway.plugins.builtin.rules.c05_age_at_start import AgeAtStart, AgeParameters, full_years
from tests.unit.rules.views import AUTUMN, certificate, is_met, says, view

RULE, DEFAULTS = AgeAtStart(), AgeParameters()
START = AUTUMN.first


def born(years_before_start: int, days_later: int = 0) -> dt.date:
    return START.replace(year=START.year - years_before_start) + dt.timedelta(days=days_later)


def test_a_child_of_ten_passes() -> None:
    assert RULE.eligible(view(), DEFAULTS) is None


def test_a_child_of_four_is_refused_with_its_age() -> None:
    answer = RULE.eligible(view(certificate=certificate(birth_date=born(5, days_later=1))), DEFAULTS)
    assert not is_met(answer)
    assert says(answer) == "возраст на начало занятий (15.09.2025) — 4, а сертификат оплачивает 5–17"


@pytest.mark.parametrize(("birth_date", "passes"), [(born(5), True), (born(5, 1), False), (born(18, 1), True), (born(18), False)])
def test_from_the_fifth_birthday_to_the_day_before_the_eighteenth(birth_date: dt.date, passes: bool) -> None:
    assert is_met(RULE.eligible(view(certificate=certificate(birth_date=birth_date)), DEFAULTS)) is passes


def test_who_turns_eighteen_on_the_way_stays() -> None:
    answer = RULE.eligible(view(certificate=certificate(birth_date=born(18, days_later=1))), DEFAULTS)
    assert is_met(answer, AUTUMN.last)


def test_the_ages_are_parameters() -> None:
    six = view(certificate=certificate(birth_date=born(6, days_later=1)))
    assert is_met(RULE.eligible(six, DEFAULTS))
    assert not is_met(RULE.eligible(six, AgeParameters(age_from=6)))
    assert not is_met(RULE.eligible(view(), AgeParameters(age_to=9)))


def test_an_unknown_birth_date_is_refused_and_has_a_cure() -> None:
    answer = RULE.eligible(view(certificate=certificate(birth_date=None)), DEFAULTS)
    assert not is_met(answer)
    assert "дата рождения" in says(answer)


def test_without_a_certificate_or_an_enrollment_another_rule_speaks() -> None:
    assert RULE.eligible(view(certificate=None), DEFAULTS) is None
    assert RULE.eligible(view(enrollment=None, period=None), DEFAULTS) is None


@pytest.mark.parametrize(("day", "years"), [(dt.date(2025, 2, 28), 8), (dt.date(2025, 3, 1), 9), (dt.date(2028, 2, 29), 12)])
def test_born_on_29_february(day: dt.date, years: int) -> None:
    assert full_years(dt.date(2016, 2, 29), day) == years


def test_the_start_decides_not_the_year() -> None:
    late = Period(dt.date(2025, 12, 1), dt.date(2025, 12, 31))
    child = certificate(birth_date=dt.date(2020, 11, 30))
    assert is_met(RULE.eligible(view(certificate=child, period=late), DEFAULTS))
    assert not is_met(RULE.eligible(view(certificate=child), DEFAULTS))


@pytest.mark.parametrize(("age_from", "age_to"), [(-1, 17), (18, 17)])
def test_ages_that_make_no_sense_are_refused(age_from: int, age_to: int) -> None:
    with pytest.raises(BadParameter, match="age_from"):
        AgeParameters(age_from, age_to)
