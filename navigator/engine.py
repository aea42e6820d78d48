"""The register's database: where it lies, and the two ways to open a transaction on it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from navigator.tables import metadata

BUSY_TIMEOUT_MS = 30_000
PARAMETERS_MAX = 500
"""How many values one IN list holds; well below every database's limit."""


def home_from(environment: Mapping[str, str] = os.environ) -> Path:
    """``NAVIGATOR_HOME``, by default ``./var/navigator``."""
    return Path(environment.get("NAVIGATOR_HOME") or "var/navigator")


def open_database(home: Path) -> Engine:
    """Open, and where it is new make, the register's database. Owner-only: it holds children's names.

    Raises:
        OSError: the folder cannot be made.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
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
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes, committed at the end of the block, taken back if it raises.

    SQLite takes the writer's lock at once (BEGIN IMMEDIATE), so what is read in here stays true until the commit. PostgreSQL would
    need ``pg_advisory_xact_lock`` here for the same promise, or row locks on the accounts and claims in a fixed order.
    """
    with engine.connect().execution_options(navigator_writes=True) as connection, connection.begin():
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
