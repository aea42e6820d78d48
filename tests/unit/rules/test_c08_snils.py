from __future__ import annotations

from gateway.plugins.builtin.rules.c08_snils import SnilsCheckSum
from tests.unit.rules.views import certificate, is_met, says, view

RULE = SnilsCheckSum()


def test_a_right_check_sum_passes() -> None:
    assert RULE.eligible(view(), None) is None


def test_a_wrong_check_sum_is_refused() -> None:
    answer = RULE.eligible(view(certificate=certificate(snils_is_valid=False)), None)
    assert not is_met(answer)
    assert "СНИЛС" in says(answer)


def test_none_given_is_no_fault() -> None:
    assert RULE.eligible(view(certificate=certificate(snils_is_valid=None)), None) is None


def test_without_a_certificate_another_rule_speaks() -> None:
    assert RULE.eligible(view(certificate=None), None) is None
