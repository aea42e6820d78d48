"""What every stage says to the database: many rows as plain tuples, a list as one parameter, ids, and the lists of what is to be done."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from gateway.store.engine import spare_pool

PARAMETERS_MAX = 500
"""Values in one IN (…) list: far below every database's limit."""


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
        own = spare_pool(connection.engine).connect()
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
