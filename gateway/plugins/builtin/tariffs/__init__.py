"""The built-in tariffs, one module per charge basis."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.plugins import Tariff, hookimpl
from gateway.plugins.builtin.tariffs.per_lesson import PerLesson

GATEWAY_INTERFACE = 1


@hookimpl
def gateway_tariffs() -> Sequence[Tariff]:
    """All of them."""
    return (PerLesson(),)
