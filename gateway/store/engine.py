"""Opening the database, transactions, and the two statements that every stage needs: insert many rows, and insert or update them.

Nothing here or in the other modules of the store is used that PostgreSQL cannot do as well.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import URL as URL
from sqlalchemy import Connection as Connection
from sqlalchemy import Engine as Engine  # the flow passes it on without knowing more of it
from sqlalchemy import Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

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

PARAMETERS_MAX = 500
"""Values in one IN (…) list: far below every database's limit."""


class StoreUnavailable(Exception):
    """The database cannot be opened, is locked by another for too long, or its disk is full. ``args[0]`` says which, and the cure."""


def open_engine(url: str) -> Engine:
    """Open the database, creating its tables where they are missing.

    Raises:
        StoreUnavailable: it cannot be opened.
    """
    try:
        engine = sa.create_engine(database_url(url))
    except (sa.exc.ArgumentError, ImportError) as error:
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
    if engine.dialect.name == "sqlite":
        _configure_sqlite(engine)
        if engine.url.database:
            _make_folder(Path(engine.url.database).parent)
    else:
        _configure_postgresql(engine)
        _inner[engine] = inner = sa.create_engine(engine.url)
        _configure_postgresql(inner)
        event.listen(engine, "engine_disposed", lambda _engine: inner.dispose())
    try:
        with reading(engine) as connection:
            layout = _layout_of(connection)
        if layout is None:
            with writing(engine) as connection:
                _create(connection)
        elif layout != _layout():
            raise StoreUnavailable("the database was made by another version of the gateway; move it away, or use the version that made it")
    except sa.exc.DBAPIError as error:
        raise StoreUnavailable(f"{type(error.orig).__name__}: {error.orig}") from error
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
        folder.mkdir(parents=True, exist_ok=True)
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

_held = threading.local()


@contextmanager
def _connection(engine: Engine) -> Iterator[Connection]:
    held = getattr(_held, "count", 0)
    with (_inner.get(engine, engine) if held else engine).connect() as connection:
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


class _Many(sa.types.TypeDecorator[Any]):
    """A list as one parameter: JSON for SQLite, an array for PostgreSQL."""

    impl = sa.String
    cache_ok = True

    def __init__(self, item: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return postgresql.ARRAY(self.item) if dialect.name == "postgresql" else dialect.type_descriptor(sa.String())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


class _Among(FunctionElement[bool]):
    name = "among"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        return self  # else it becomes «… = 1» on SQLite, which uses no index


def among(column: sa.ColumnElement[Any], parameter: str) -> sa.ColumnElement[bool]:
    """Whether a column's value is in the list that is given as ``parameter`` when the statement is executed.

    However long the list, the statement stays the same: made once, it is compiled once. Measured: a fifth of the time of IN (?, ?, …).
    """
    return _Among(column, sa.bindparam(parameter, type_=_Many(column.type)))


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(_Among, "postgresql")
def _among_on_postgresql(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"


_WIRE_TYPES: dict[type, str] = {
    sa.String: "text", sa.Text: "text", sa.BigInteger: "int8", sa.Integer: "int4", sa.Boolean: "bool", sa.Date: "date",
}  # fmt: skip


def insert_many(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows as plain tuples in one driver call: measured three times as fast as Core's insert with dictionaries.

    On PostgreSQL it is a binary COPY.
    """
    if not rows:
        return
    names = ", ".join(connection.dialect.identifier_preparer.quote(table.c[column].name) for column in columns)
    name = connection.dialect.identifier_preparer.format_table(table)
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        copying, errors = f"COPY {name} ({names}) FROM STDIN (FORMAT BINARY)", connection.dialect.loaded_dbapi.Error
        try:
            with driver.cursor() as cursor, cursor.copy(copying) as copy:
                copy.set_types([_WIRE_TYPES[type(table.c[column].type)] for column in columns])
                for row in rows:
                    copy.write_row(row)
        except errors as error:  # SQLAlchemy does not see it: a full disk would pass for a mistake of ours
            raise sa.exc.DBAPIError.instance(copying, None, error, errors, dialect=connection.dialect) from error
        return
    days = [index for index, column in enumerate(columns) if isinstance(table.c[column].type, sa.Date)]
    if any(isinstance(rows[0][index], dt.date) for index in days):
        rows = [_with_days_as_text(row, days) for row in rows]
    connection.exec_driver_sql(f"INSERT INTO {name} ({names}) VALUES ({', '.join('?' * len(columns))})", list(rows))


def _with_days_as_text(row: tuple[Any, ...], days: Sequence[int]) -> tuple[Any, ...]:
    # Driver-level parameters skip SQLAlchemy's types: days go in as the ISO text that its Date reads back.
    values = list(row)
    for index in days:
        values[index] = day_text(values[index])
    return tuple(values)


def days_for(connection: Connection) -> Callable[[dt.date], Any]:
    """How `insert_many` takes a day, where the rows are many: as text on SQLite, as it is on PostgreSQL."""
    return day_text if connection.dialect.name == "sqlite" else _as_it_is


def _as_it_is(day: dt.date) -> dt.date:
    return day


@lru_cache(maxsize=4096)
def day_text(day: dt.date | None) -> str | None:
    """A day as SQLite keeps it."""
    return day.isoformat() if day is not None else None


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], keys: Sequence[str]) -> None:
    """Insert rows, or update those whose key is there. All rows have the same columns."""
    if not rows:
        return
    connection.execute(_upsert(connection.dialect.name, table, tuple(rows[0]), tuple(keys)), list(rows))


@lru_cache(maxsize=128)
def _upsert(dialect: str, table: Table, columns: Sequence[str], keys: Sequence[str]) -> sa.Insert:
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    updated = {name: statement.excluded[name] for name in columns if name not in keys}
    if updated:
        return statement.on_conflict_do_update(index_elements=list(keys), set_=updated)
    return statement.on_conflict_do_nothing(index_elements=list(keys))


def update_many(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    keys: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    added: Sequence[str] = (),
) -> None:
    """Update rows by their keys, as plain tuples in one driver call.

    Args:
        rows: the columns' new values, then the keys', each row as a tuple.
        added: columns whose value is added to what stands.
    """
    if not rows:
        return
    quote = connection.dialect.identifier_preparer.quote
    name = connection.dialect.identifier_preparer.format_table(table)
    if connection.dialect.name == "postgresql":
        types = [table.c[column].type.compile(connection.dialect) for column in (*columns, *keys)]
        arrays = ", ".join(f"%s::{type_}[]" for type_ in types)
        named = ", ".join(f"v{index}" for index in range(len(types)))
        sets = [f"{quote(each)} = {name + '.' + quote(each) + ' + ' if each in added else ''}new.v{at}" for at, each in enumerate(columns)]
        where = [f"{name}.{quote(each)} = new.v{len(columns) + at}" for at, each in enumerate(keys)]
        text = f"UPDATE {name} SET {', '.join(sets)} FROM unnest({arrays}) AS new({named}) WHERE {' AND '.join(where)}"
        connection.exec_driver_sql(text, tuple(list(values) for values in zip(*rows, strict=True)))
        return
    sets = [f"{quote(each)} = {quote(each) + ' + ' if each in added else ''}?" for each in columns]
    text = f"UPDATE {name} SET {', '.join(sets)} WHERE {' AND '.join(f'{quote(each)} = ?' for each in keys)}"
    connection.exec_driver_sql(text, list(rows))


def reserve_ids(connection: Connection, shard: str, name: str, count: int) -> int:
    """The first of ``count`` consecutive ids that nobody else gets."""
    return reserve_blocks(connection, shard, {name: count})[name]


def reserve_blocks(connection: Connection, shard: str, counts: Mapping[str, int]) -> dict[str, int]:
    """For each name the first of as many consecutive ids that nobody else gets.

    On SQLite part of the caller's transaction. On PostgreSQL taken at once in one of its own, so that two writers of one payer do not wait
    for each other's ends: ids of a transaction that fails are lost, and nobody misses them. It need not wait for the disk: whatever uses
    the ids is written to the log after it.
    """
    if connection.dialect.name == "postgresql":
        own = _inner.get(connection.engine, connection.engine).connect()
        with own, own.execution_options(isolation_level="AUTOCOMMIT"):  # one statement: one trip to the server
            return _reserve(own, shard, counts, ", set_config('synchronous_commit', 'off', true)")
    return _reserve(connection, shard, counts)


def _reserve(connection: Connection, shard: str, counts: Mapping[str, int], besides: str = "") -> dict[str, int]:
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    row = f"({mark}, {mark}, {mark})"
    taken = connection.exec_driver_sql(
        f"INSERT INTO sequence (shard, name, next) VALUES {', '.join([row] * len(counts))} "
        f"ON CONFLICT (shard, name) DO UPDATE SET next = sequence.next + excluded.next - 1 RETURNING name, next{besides}",
        tuple(value for name, count in counts.items() for value in (shard, name, count + 1)),
    )
    return {row[0]: int(row[1]) - counts[row[0]] for row in taken}


def lock_new_claims(connection: Connection, payer: str, provider: str) -> None:
    """Until the transaction ends nobody else makes claims of this payer and provider: two that know of none would both make the same."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"{payer}/{provider}", 0))))


def in_chunks(values: Iterable[Any], size: int = PARAMETERS_MAX) -> Iterator[list[Any]]:
    """Cut values into lists short enough for one IN (…)."""
    chunk: list[Any] = []
    for value in values:
        chunk.append(value)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


FIRST_ATTEMPT_MAX = 2**30


def relist(connection: Connection, table: Table, selected: sa.Select[Any], shard: str) -> None:
    """Put what is selected (its shard, its id) on a list; what is there already gets a new attempt, so that a result in flight is not
    saved. Nor is one that was in flight when the list was left: an attempt begins anywhere, not where the one before began.
    """
    id_column = next(column.name for column in table.primary_key.columns if column.name != shard)
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    source = selected.add_columns(sa.literal(secrets.randbelow(FIRST_ATTEMPT_MAX)))
    if connection.dialect.name == "sqlite":
        source = source.where(sa.true())  # SQLite needs a WHERE to tell ON CONFLICT from a join's ON
    statement = make(table).from_select([shard, id_column, "attempt"], source)
    statement = statement.on_conflict_do_update(index_elements=[shard, id_column], set_={"attempt": table.c.attempt + 1})
    connection.execute(statement)


def list_again(connection: Connection, table: Table, of: str, ids: Sequence[int]) -> None:
    """As `relist`, of ids that are known. ``of``: their payer or provider."""
    if not ids:
        return
    key, id_ = (column.name for column in table.primary_key.columns)
    update = f"ON CONFLICT ({key}, {id_}) DO UPDATE SET attempt = {table.name}.attempt + 1"
    first = secrets.randbelow(FIRST_ATTEMPT_MAX)
    if connection.dialect.name == "postgresql":
        values = "SELECT %s, id, %s FROM unnest(%s::bigint[]) AS id"
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({key}, {id_}, attempt) {values} {update}", (of, first, sorted(ids)))
        return
    rows = [(of, one, first) for one in sorted(ids)]
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({key}, {id_}, attempt) VALUES (?, ?, ?) {update}", rows)
