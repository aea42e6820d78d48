from __future__ import annotations

from gateway.plugins.builtin.rules.m01_programme_verified import ProgrammeVerified
from tests.unit.rules.views import group, is_met, says, view

RULE = ProgrammeVerified()


def test_a_verified_programme_passes() -> None:
    assert RULE.eligible(view(), None) is None


def test_one_that_is_not_is_refused_by_its_title() -> None:
    answer = RULE.eligible(view(group=group(programme_is_verified=False)), None)
    assert not is_met(answer)
    assert says(answer) == "программа «Робототехника» не прошла проверку"
