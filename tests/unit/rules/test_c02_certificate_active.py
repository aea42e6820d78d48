from __future__ import annotations

import datetime as dt

from gateway.plugins.builtin.rules.c02_certificate_active import CertificateActive
from tests.unit.rules.views import certificate, is_met, says, view

RULE = CertificateActive()
FROZEN_ON, THAWED_ON = dt.date(2025, 10, 10), dt.date(2025, 10, 20)
DATED = certificate(states=(("active", None), ("frozen", FROZEN_ON), ("active", THAWED_ON)))
ONE_DAY = dt.timedelta(days=1)


def test_active_from_the_beginning_passes_every_day() -> None:
    assert is_met(RULE.eligible(view(), None), dt.date.min)
    assert is_met(RULE.eligible(view(), None), dt.date.max)


def test_a_frozen_day_is_refused_with_the_freeze_and_its_date() -> None:
    answer = RULE.eligible(view(certificate=DATED), None)
    assert not is_met(answer)
    assert says(answer) == "сертификат в этот день не активен: заморожен с 10.10.2025"


def test_the_first_day_of_a_state_is_its_own() -> None:
    answer = RULE.eligible(view(certificate=DATED), None)
    assert is_met(answer, FROZEN_ON - ONE_DAY)
    assert not is_met(answer, FROZEN_ON)
    assert not is_met(answer, THAWED_ON - ONE_DAY)
    assert is_met(answer, THAWED_ON)


def test_a_state_may_last_one_day() -> None:
    one_day = certificate(states=(("frozen", None), ("active", FROZEN_ON), ("frozen", FROZEN_ON + ONE_DAY)))
    answer = RULE.eligible(view(certificate=one_day), None)
    assert [is_met(answer, FROZEN_ON + shift * ONE_DAY) for shift in (-1, 0, 1)] == [False, True, False]


def test_before_the_first_dated_state_it_is_not_active() -> None:
    answer = RULE.eligible(view(certificate=certificate(states=(("active", THAWED_ON),))), None)
    assert not is_met(answer, THAWED_ON - ONE_DAY)
    assert is_met(answer, THAWED_ON)
    assert "раньше начала действия" in says(answer)


def test_two_states_from_one_day_leave_the_later_one() -> None:
    answer = RULE.eligible(view(certificate=certificate(states=(("active", None), ("frozen", THAWED_ON), ("active", THAWED_ON)))), None)
    assert is_met(answer, THAWED_ON)


def test_an_unknown_state_is_not_active() -> None:
    assert not is_met(RULE.eligible(view(certificate=certificate(states=())), None))
    assert "«на проверке»" in says(RULE.eligible(view(certificate=certificate(states=(("на проверке", None),))), None))


def test_without_a_certificate_another_rule_speaks() -> None:
    assert RULE.eligible(view(certificate=None), None) is None
