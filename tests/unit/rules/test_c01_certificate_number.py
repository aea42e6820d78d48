from __future__ import annotations

import pytest

from gateway.plugins import BadParameter
from gateway.plugins.builtin.rules.c01_certificate_number import CertificateNumber, NumberParameters
from tests.unit.rules.views import certificate, is_met, says, view

RULE, DEFAULTS = CertificateNumber(), NumberParameters()


def test_ten_digits_pass() -> None:
    assert RULE.eligible(view(), DEFAULTS) is None


def test_a_leading_zero_is_a_digit() -> None:
    assert RULE.eligible(view(certificate=certificate(numbers=(("0412000014", None),))), DEFAULTS) is None


def test_no_certificate_is_no_day() -> None:
    answer = RULE.eligible(view(certificate=None), DEFAULTS)
    assert not is_met(answer)
    assert says(answer) == "у ребёнка нет сертификата"


@pytest.mark.parametrize("number", ["412000014", "47000000011", "470000000Н", "4700000001\n", "٤٧٠٠٠٠٠٠٠١"])
def test_a_digit_less_or_more_and_any_letter_is_refused_without_telling_the_number(number: str) -> None:
    answer = RULE.eligible(view(certificate=certificate(numbers=((number, None),))), DEFAULTS)
    assert not is_met(answer)
    assert number not in says(answer)


def test_the_number_in_force_decides() -> None:
    reissued = certificate(numbers=(("old", None), ("4700000093", None)))
    assert RULE.eligible(view(certificate=reissued), DEFAULTS) is None


def test_the_pattern_is_a_parameter() -> None:
    assert not is_met(RULE.eligible(view(), NumberParameters(pattern="47[0-9]{9}")))


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(BadParameter, match="pattern"):
        NumberParameters(pattern="[0-9")
