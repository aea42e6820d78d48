"""The flow: collect → match → decide → book → post → reconcile, each stage load → plan → save."""

from gateway.flow.run import Flow, Progress, silent

__all__ = ["Flow", "Progress", "silent"]
