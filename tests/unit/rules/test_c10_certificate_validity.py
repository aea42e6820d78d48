from __future__ import annotations

import datetime as dt

from gateway.plugins import Period
from gateway.plugins.builtin.rules.c10_certificate_validity import CertificateValidity
from tests.unit.rules.views import certificate, is_met, says, view

RULE = CertificateValidity()
FIRST, LAST, ONE_DAY = dt.date(2025, 2, 1), dt.date(2025, 10, 20), dt.timedelta(days=1)
BOUNDED = view(certificate=certificate(valid=Period(FIRST, LAST)))


def test_a_day_within_passes() -> None:
    assert is_met(RULE.eligible(BOUNDED, None), dt.date(2025, 6, 1))


def test_a_day_after_is_refused_with_the_dates() -> None:
    answer = RULE.eligible(BOUNDED, None)
    assert not is_met(answer, dt.date(2025, 10, 23))
    assert says(answer) == "день вне срока действия сертификата (с 01.02.2025 по 20.10.2025)"


def test_both_ends_are_within() -> None:
    answer = RULE.eligible(BOUNDED, None)
    assert [is_met(answer, day) for day in (FIRST - ONE_DAY, FIRST, LAST, LAST + ONE_DAY)] == [False, True, True, False]


def test_an_open_end_is_left_out_of_the_words() -> None:
    answer = RULE.eligible(view(certificate=certificate(valid=Period(dt.date.min, LAST))), None)
    assert says(answer) == "день вне срока действия сертификата (по 20.10.2025)"


def test_without_a_certificate_another_rule_speaks() -> None:
    assert RULE.eligible(view(certificate=None), None) is None
