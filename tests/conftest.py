"""What all tests share: how hypothesis searches. The same examples each time, so that a red run can be repeated by anybody."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("house", max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
