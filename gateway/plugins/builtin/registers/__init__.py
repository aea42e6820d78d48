"""The built-in connectors to central registers."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.plugins import hookimpl
from gateway.plugins.builtin.registers.http import HttpRegister
from gateway.plugins.register import RegisterConnector

GATEWAY_INTERFACE = 1


@hookimpl
def gateway_registers() -> Sequence[type[RegisterConnector]]:
    """All of them."""
    return (HttpRegister,)
