"""What the pages change in the register goes the register's own way in: as rows of a district, checked and stored by `navigator.loading`.

So a child that a parent adds, and one that a CSV file brings, are the same thing, with the same feeds and the same ledger behind them.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, bindparam, delete

from navigator import changes, tables
from navigator.clock import Clock
from navigator.district import SCHEMAS, CsvRow, new_reading
from navigator.loading import load


def store(connection: Connection, clock: Clock, **rows: list[dict[str, Any]]) -> None:
    """Store rows by table, each with the columns of its CSV file, as text; within the caller's writing transaction.

    Raises:
        Refused: a row does not fit; nothing may be committed then.
    """
    reading = new_reading()
    for table, given in rows.items():
        for number, row in enumerate(given, start=1):
            values = SCHEMAS[table].load(row)
            reading.rows[table].append(CsvRow("pages", number, values))
            reading.seen[table].add(tuple(str(row.get(name) or "") for name in SCHEMAS[table].key))
    load(connection, reading, clock)


def drop(connection: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    """Take lines of groups' timetables, or single lessons, out again; ``rows`` hold the key's columns at least, as the table has them."""
    names = SCHEMAS[table].key
    if not rows:
        return
    target = tables.metadata.tables[table]
    statement = delete(target)
    for name in names:
        statement = statement.where(target.c[name] == bindparam(f"key_{name}"))
    connection.execute(statement, [{f"key_{name}": row[name] for name in names} for row in rows])
    loaded = tables.loaded_rows
    forgetting = delete(loaded).where(loaded.c.table == table, loaded.c.key == bindparam("which"))
    connection.execute(forgetting, [{"which": json.dumps([row[name] for name in names], ensure_ascii=False)} for row in rows])
    changes.publish(connection, changes.Touched(groups={row["group"] for row in rows}))
