from __future__ import annotations

import datetime as dt

from gateway.plugins.builtin.rules.c03_financing_kind import FinancingKind
from tests.unit.rules.views import certificate, is_met, says, view

RULE = FinancingKind()
SWITCHED_ON = dt.date(2025, 10, 10)


def test_financing_passes() -> None:
    assert is_met(RULE.eligible(view(), None))


def test_accounting_is_refused() -> None:
    answer = RULE.eligible(view(certificate=certificate(kinds=(("accounting", None),))), None)
    assert not is_met(answer)
    assert "сертификатом учёта" in says(answer)


def test_the_kind_of_the_lessons_day_decides() -> None:
    answer = RULE.eligible(view(certificate=certificate(kinds=(("accounting", None), ("financing", SWITCHED_ON)))), None)
    assert not is_met(answer, SWITCHED_ON - dt.timedelta(days=1))
    assert is_met(answer, SWITCHED_ON)


def test_without_a_certificate_another_rule_speaks() -> None:
    assert RULE.eligible(view(certificate=None), None) is None
