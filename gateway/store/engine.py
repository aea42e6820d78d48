"""Opening the database, and transactions.

Nothing here or in the other modules of the store is used that PostgreSQL cannot do as well.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import URL as URL
from sqlalchemy import Connection as Connection
from sqlalchemy import Engine as Engine  # the flow passes it on without knowing more of it
from sqlalchemy import event

from gateway.store import tables

BUSY_TIMEOUT_MS = 30_000
PAUSED_MS_MAX = 60_000
"""How long a worker may sit in a transaction before PostgreSQL takes its rows away."""

ENDED = (
    "the database has ended the connection, because this process was paused for too long or the server was stopped; what is not saved is "
    "done again by the next run"
)

NOT_OUR_MISTAKES = frozenset({"42501", "25006", "3D000", "XX001", "XX002"})
"""What PostgreSQL does not count among operational errors: no permission, read-only, no such database, damaged pages, a damaged index."""


class StoreUnavailable(Exception):
    """The database cannot be opened, is locked by another for too long, or its disk is full. ``args[0]`` says which, and the cure."""


def open_engine(url: str) -> Engine:
    """Open the database, creating its tables where they are missing.

    Raises:
        StoreUnavailable: it cannot be opened.
    """
    engine = _connecting(url)
    if engine.dialect.name == "sqlite" and engine.url.database:
        _make_folder(Path(engine.url.database).parent)
    layout = look_at_layout(engine)
    if layout is Layout.NONE:
        try:
            with writing(engine) as connection:
                _create(connection)
        except sa.exc.DBAPIError as error:
            raise StoreUnavailable(f"{type(error.orig).__name__}: {error.orig}") from error
    elif layout is Layout.ANOTHER:
        raise StoreUnavailable("the database was made by another version of the gateway; move it away, or use the version that made it")
    return engine


class Layout(StrEnum):
    """Whose tables a database has."""

    NONE = "none"
    OURS = "ours"
    ANOTHER = "another"


def engine_to_look(url: str) -> Engine:
    """The database as it is: nothing is made. An SQLite file that is not there would be: ask for it first (`sqlite_file`).

    Raises:
        StoreUnavailable: its address is none.
    """
    return _connecting(url)


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None: it is another, or in memory."""
    parsed = database_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def look_at_layout(engine: Engine) -> Layout:
    """Whose tables there are.

    Raises:
        StoreUnavailable: it cannot be read.
    """
    try:
        with reading(engine) as connection:
            layout = _layout_of(connection)
    except sa.exc.DBAPIError as error:
        raise StoreUnavailable(f"{type(error.orig).__name__}: {error.orig}") from error
    return Layout.NONE if layout is None else Layout.OURS if layout == _layout() else Layout.ANOTHER


def _connecting(url: str) -> Engine:
    try:
        engine = sa.create_engine(database_url(url))
    except (sa.exc.ArgumentError, ImportError) as error:
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
    if engine.dialect.name == "sqlite":
        _configure_sqlite(engine)
    else:
        _configure_postgresql(engine)
        _inner[engine] = inner = sa.create_engine(engine.url)
        _configure_postgresql(inner)
        event.listen(engine, "engine_disposed", lambda _engine: inner.dispose())
    return engine


def _layout() -> str:
    """A digest of all tables: before the first release there are no migrations, and a database of another layout is told at once."""
    texts = [str(sa.schema.CreateTable(table)) for table in tables.metadata.sorted_tables]
    return blake2b("".join(texts).encode(), digest_size=16).hexdigest()


def _layout_of(connection: Connection) -> str | None:
    """The layout of the database as it stands; None: it is empty."""
    present = sa.inspect(connection).get_table_names()
    if tables.layout.name not in present:
        return None if tables.run.name not in present else ""
    return connection.execute(sa.select(tables.layout.c.digest)).scalar_one_or_none()


def _create(connection: Connection) -> None:
    """Make all tables; of several processes that come to an empty database at once, one does."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(4504608)"))
    if _layout_of(connection) is None:
        tables.metadata.create_all(connection)
        connection.execute(sa.insert(tables.layout).values(register="", digest=_layout()))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # what lies in there is about children
    except OSError as error:
        raise StoreUnavailable(f"{folder}: {error.strerror}") from error


def database_url(url: str) -> sa.URL:
    """A plain ``postgresql://`` or ``postgres://`` means the driver that is installed with the gateway."""
    parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def _configure_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            # A worker that is paused with rows locked must not hold them for ever: the server ends its transaction.
            cursor.execute(f"SET idle_in_transaction_session_timeout = {PAUSED_MS_MAX}")
            cursor.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.commit()


def _configure_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, see below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        _switch_to_wal(cursor)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        level = "NORMAL" if options.get("writes") == REPEATABLE else "FULL"
        if connection.info.get("synchronous", "FULL") != level:
            connection.exec_driver_sql(f"PRAGMA synchronous={level}")
            connection.info["synchronous"] = level
        # A writer takes its lock at once: two that read first and write later would deadlock.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _switch_to_wal(cursor: Any) -> None:
    """SQLite's busy timeout does not cover this switch: of several processes that open a new file, all but one would fail."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.05)


_inner: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()
"""Pools for whoever holds a connection already and needs a second: in one pool, all could hold one and wait for another for ever."""


def spare_pool(engine: Engine) -> Engine:
    """Where whoever holds a connection gets a second one."""
    return _inner.get(engine, engine)


_held = threading.local()


@contextmanager
def _connection(engine: Engine) -> Iterator[Connection]:
    held = getattr(_held, "count", 0)
    with (spare_pool(engine) if held else engine).connect() as connection:
        _held.count = held + 1
        try:
            yield connection
        finally:
            _held.count = held


DURABLE, REPEATABLE = "durable", "repeatable"


@contextmanager
def writing(engine: Engine, kind: str = DURABLE) -> Iterator[Connection]:
    """One transaction that writes; rolled back as a whole where anything in it raises.

    Args:
        kind: `DURABLE`: it is on the disk when this ends. `REPEATABLE`: it need not wait for the disk, for where the machine loses power
            its work is still on the list that it was taken from, and is done again. Whatever is durable after it takes it along.
    """
    with _translated(), _connection(engine) as connection, connection.execution_options(writes=kind).begin():
        if kind == REPEATABLE and engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads, and sees one moment: sums and what they are the sums of are never of two."""
    with _translated(), _connection(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def claiming(engine: Engine) -> Iterator[tuple[Connection, Connection | None]]:
    """A transaction that reads work from a list, and the one to save it in: (reading, saving or None for a transaction of its own).

    On PostgreSQL it is one transaction: the rows that it locks (SKIP LOCKED) are nobody else's until it ends, and a worker that is paused
    in it for too long is thrown out by the server, so that what it saves when it wakes up is lost. SQLite has one writer at a time: there
    the lock is taken for the save only, and the attempt is the fence.
    """
    if engine.dialect.name == "postgresql":
        with writing(engine, REPEATABLE) as connection:
            yield connection, connection
        return
    with _translated(), _connection(engine) as connection:
        yield connection, None


@contextmanager
def saving(engine: Engine, claimed: Connection | None) -> Iterator[Connection]:
    """The transaction in which claimed work is saved."""
    if claimed is not None:
        yield claimed
        return
    with writing(engine, REPEATABLE) as connection:
        yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        # A worker that was paused for too long learns of it by one error or another, and not always by an operational one.
        if error.connection_invalidated:
            raise StoreUnavailable(f"{ENDED} ({str(error.orig).splitlines()[0]})") from error
        # Of a damaged file SQLite tells by a plain DatabaseError; the others beside it are this program's own mistakes.
        is_the_servers = getattr(error.orig, "sqlstate", None) in NOT_OUR_MISTAKES
        if not isinstance(error, sa.exc.OperationalError) and type(error) is not sa.exc.DatabaseError and not is_the_servers:
            raise
        raise StoreUnavailable(f"{type(error.orig).__name__}: {error.orig}") from error
