from __future__ import annotations

import datetime as dt

from gateway.plugins import Period
from gateway.plugins.builtin.rules.p02_agreement import ProviderPayerAgreement
from tests.unit.rules.views import YEAR, is_met, provider, says, view

RULE = ProviderPayerAgreement()
SPRING = Period(dt.date(2025, 1, 1), dt.date(2025, 5, 31))
LATE = Period(dt.date(2025, 10, 16), dt.date(2025, 12, 31))
TWO = view(provider=provider(agreements=(("boks", SPRING), ("lugovoe", YEAR), ("boks", LATE))))


def test_an_agreement_for_the_day_passes() -> None:
    assert is_met(RULE.eligible(view(), None))


def test_another_payers_agreement_does_not_help() -> None:
    answer = RULE.eligible(view(provider=provider(agreements=(("lugovoe", YEAR),))), None)
    assert not is_met(answer)
    assert says(answer) == "у исполнителя нет соглашения с плательщиком ребёнка"


def test_a_day_between_two_agreements_is_refused_with_their_days() -> None:
    answer = RULE.eligible(TWO, None)
    assert not is_met(answer, dt.date(2025, 10, 15))
    assert says(answer) == "соглашение с плательщиком действует только с 01.01.2025 по 31.05.2025, с 16.10.2025 по 31.12.2025"


def test_both_ends_of_an_agreement_are_within() -> None:
    answer = RULE.eligible(TWO, None)
    days = [dt.date(2025, 5, 31), dt.date(2025, 6, 1), dt.date(2025, 10, 16), dt.date(2026, 1, 1)]
    assert [is_met(answer, day) for day in days] == [True, False, True, False]


def test_of_an_unknown_provider_another_rule_speaks() -> None:
    assert RULE.eligible(view(provider=None), None) is None
