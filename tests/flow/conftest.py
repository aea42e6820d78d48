"""The two databases, one after the other. On PostgreSQL by `make test-long`; what is a server's alone is tested every time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.postgres import Homes
from tests.builders.town import Databases, InTheirHomes

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]


@pytest.fixture(scope="module", params=BOTH)
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Where the gateways of a module's towns have their databases."""
    if request.param == "sqlite":
        yield InTheirHomes()
        return
    homes = Homes(request.getfixturevalue("postgres"))
    yield homes
    homes.forget(Path("/"))
