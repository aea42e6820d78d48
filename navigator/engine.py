"""The register's database: where it lies, and the two ways to open a transaction on it.

SQLite in the home, or PostgreSQL by ``NAVIGATOR_DATABASE``. Either has one writer at a time: SQLite by its own lock, PostgreSQL by an
advisory one. So what a writer reads stays true until its commit, places and limits need no lock of their own, and the feeds' sequences
become visible in their order.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError

from navigator.tables import metadata

BUSY_TIMEOUT_MS = 30_000
WRITER_LOCK = 0x4E415649  # the advisory lock of the one writer of a PostgreSQL database
PARAMETERS_MAX = 500
"""How many values one IN list holds; well below every database's limit."""


def home_from(environment: Mapping[str, str] = os.environ) -> Path:
    """``NAVIGATOR_HOME``, by default ``./var/navigator``."""
    return Path(environment.get("NAVIGATOR_HOME") or "var/navigator")


def database_from(environment: Mapping[str, str] = os.environ) -> str:
    """``NAVIGATOR_DATABASE``, an address of PostgreSQL; "" (the default) is SQLite in the home."""
    return environment.get("NAVIGATOR_DATABASE") or ""


def open_database(home: Path, url: str = "") -> Engine:
    """Open, and where it is new make, the register's database. A file is owner-only: it holds children's names.

    Raises:
        OSError: the folder cannot be made.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if url:
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_size=16, max_overflow=16, pool_pre_ping=True)
        with writing(engine) as connection:
            metadata.create_all(connection)
        return engine
    file = home / "navigator.sqlite"
    if not file.exists():
        file.touch(mode=0o600)
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, pool_size=16, max_overflow=16)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    _make_tables(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one snapshot."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes, committed at the end of the block, taken back if it raises.

    It takes the writer's lock first (SQLite: BEGIN IMMEDIATE), so what is read in here stays true until the commit.
    """
    with engine.connect().execution_options(navigator_writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
        yield connection


def _prepare(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # the driver shall not begin by itself: _begin does
    cursor = raw.cursor()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("navigator_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _make_tables(engine: Engine) -> None:
    """Two programs may open a new home at once; the switch to WAL does not wait for a lock by itself, so it is tried again."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            raw = engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA journal_mode=WAL")
            finally:
                raw.close()
            with writing(engine) as connection:
                metadata.create_all(connection)
            return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
        except Exception as error:  # the driver's own "database is locked", not wrapped on a raw connection
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def portions(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The distinct values in portions that one IN list can hold, in order."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), PARAMETERS_MAX):
        yield ordered[start : start + PARAMETERS_MAX]
