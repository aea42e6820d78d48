"""What all tests share: how hypothesis searches, and the two databases.

The same examples each time, so that a red run can be repeated by anybody.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.builders.postgres import Postgres

settings.register_profile("house", max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of this process, started by the first that asks."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A fresh PostgreSQL database with the gateway's tables."""
    with postgres.database() as url:
        yield url
