"""The seam: four hooks called once at start-up that return objects, and two notifications. A hook never costs a mark anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from gateway.core.rules import EnrollmentRule, MarkRule, Tariff
    from gateway.plugins import Adapter
    from gateway.plugins.register import RegisterConnector

hookspec = pluggy.HookspecMarker("pfdo_gateway")


@hookspec
def gateway_adapters() -> Sequence[Adapter]:  # type: ignore[empty-body]
    """Adapters of provider systems. Called once, at start-up."""


@hookspec
def gateway_rules() -> Sequence[EnrollmentRule | MarkRule]:  # type: ignore[empty-body]
    """Rules that a mark must meet. Called once, at start-up; the region's pack says which are in force."""


@hookspec
def gateway_tariffs() -> Sequence[Tariff]:  # type: ignore[empty-body]
    """Tariffs, one per charge basis. Called once, at start-up."""


@hookspec
def gateway_registers() -> Sequence[type[RegisterConnector]]:  # type: ignore[empty-body]
    """Connectors to central registers. Called once, at start-up; the settings choose one by its name."""


@hookspec
def gateway_run_finished(run: Mapping[str, Any]) -> None:
    """A run has ended; ``run`` is its report. At most once, and isolated: what it raises is logged and harms nobody."""


@hookspec
def gateway_operations_settled(batch: Sequence[Mapping[str, Any]]) -> None:
    """The register has answered these operations. At most once, and isolated."""
