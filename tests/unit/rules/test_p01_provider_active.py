from __future__ import annotations

import pytest

from gateway.plugins.builtin.rules.p01_provider_active import ProviderActive
from tests.unit.rules.views import is_met, provider, says, view

RULE = ProviderActive()


def test_an_active_provider_passes() -> None:
    assert RULE.eligible(view(), None) is None


@pytest.mark.parametrize("state", ["frozen", "closed", "", "Active"])
def test_any_other_state_is_refused(state: str) -> None:
    answer = RULE.eligible(view(provider=provider(state=state)), None)
    assert not is_met(answer)
    assert "Дом творчества" in says(answer)


def test_an_unknown_provider_is_refused() -> None:
    answer = RULE.eligible(view(provider=None), None)
    assert not is_met(answer)
    assert says(answer) == "исполнителя нет в реестре"
