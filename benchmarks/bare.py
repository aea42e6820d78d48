"""The loops that ours is held against: the same rows written by somebody who has nothing to decide, and a small loop that never changes.

The bare loop gets what the gateway has just written, as tuples that are already read, and writes them into a database with the same tables,
indexes and earlier rows, in one transaction per input: rows that are new are inserted, accounts that changed are updated.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.databases import Postgres, copy_sqlite
from benchmarks.town import PAYER
from gateway.store import tables as t

Rows = list[tuple[Any, ...]]
TABLES = [table for table in t.metadata.sorted_tables if table.info["shard"] in (t.BY_PROVIDER, t.BY_PAYER)]
KEPT_APART = ("account",)
"""Not only added to: rows of it that change are updated."""


@dataclass
class Written:
    """What one input left: table → its new rows, all columns; and the accounts that it changed."""

    new: dict[str, Rows]
    changed: Rows = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(map(len, self.new.values())) + len(self.changed)

    def counts(self) -> dict[str, int]:
        changed = {"account updated": len(self.changed)} if self.changed else {}
        return {name: len(rows) for name, rows in self.new.items() if rows} | changed


# ---------------------------------------------------------------- SQLite


class SqliteWritten:
    """Reads what is new, by the order in which SQLite itself numbers the rows."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(database)
        self._last: dict[str, int] = {}
        self.read("")

    def read(self, provider: str) -> Written:
        new = {}
        before = dict(self._last)
        for table in TABLES:
            rows = self._connection.execute(f'SELECT rowid, * FROM "{table.name}" WHERE rowid > ?', (before.get(table.name, 0),)).fetchall()
            self._last[table.name] = max((row[0] for row in rows), default=before.get(table.name, 0))
            new[table.name] = [row[1:] for row in rows]
        moved = {account for row in new["transfer"] for account in (row[2], row[3])}
        return Written(new, self._accounts(moved, before.get("account", 0)))

    def _accounts(self, moved: set[int], last: int) -> Rows:
        found: Rows = []
        for account in sorted(moved):
            found += self._connection.execute(
                "SELECT * FROM account WHERE payer = ? AND account = ? AND rowid <= ?", (PAYER, account, last)
            ).fetchall()
        return found


class SqliteBare:
    """executemany, WAL, synchronous=FULL, one commit per input."""

    def __init__(self, source: Path, target: Path) -> None:
        self._connection = copy_sqlite(source, target)
        self._update = _account_update("?")

    def write(self, written: Written) -> float:
        connection = self._connection
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for name, rows in written.new.items():
            if rows:
                connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(rows[0]))})', rows)
        if written.changed:
            connection.executemany(self._update, [(*row[5:], row[0], row[1]) for row in written.changed])
        connection.execute("COMMIT")
        return time.perf_counter() - begun


def _account_update(mark: str) -> str:
    columns = [column.name for column in t.account.columns][5:]
    return f"UPDATE account SET {', '.join(f'{name} = {mark}' for name in columns)} WHERE payer = {mark} AND account = {mark}"


# ---------------------------------------------------------------- PostgreSQL


class PostgresWritten:
    """Reads what is new: by its number where the key has one, else by the transaction that wrote it."""

    def __init__(self, server: Postgres, database: str) -> None:
        self._connection = server.connect(database)
        self._last: dict[tuple[str, str], int] = {}
        self._since = 0
        self.read("")

    def read(self, provider: str) -> Written:
        since, self._since = self._since, self._next_transaction()
        new = {table.name: self._new(table, provider, since) for table in TABLES}
        known = self._last.get(("account", PAYER), 0)
        accounts = new["account"]
        self._last["account", PAYER] = max((row[1] for row in accounts), default=known)
        new["account"] = [row for row in accounts if row[1] > known]
        return Written(new, sorted(row for row in accounts if row[1] <= known))

    def _next_transaction(self) -> int:
        return int(self._connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()[0])

    def _new(self, table: sa.Table, provider: str, since: int) -> Rows:
        key = [column for column in table.primary_key.columns]
        numbered = len(key) == 2 and isinstance(key[1].type, sa.BigInteger) and table.name not in KEPT_APART
        if not numbered:
            found: Rows = self._connection.execute(f'SELECT * FROM "{table.name}" WHERE xmin::text::bigint >= %s', (since,)).fetchall()
            return found
        shard = PAYER if table.info["shard"] == t.BY_PAYER else provider
        at = table.name, shard
        rows: Rows = self._connection.execute(
            f'SELECT * FROM "{table.name}" WHERE "{key[0].name}" = %s AND "{key[1].name}" > %s ORDER BY 2', (shard, self._last.get(at, 0))
        ).fetchall()
        index = list(table.columns).index(key[1])
        self._last[at] = max((row[index] for row in rows), default=self._last.get(at, 0))
        return rows


_TYPES = {sa.BigInteger: "int8", sa.Integer: "int4", sa.Boolean: "bool", sa.Date: "date", sa.Text: "text", sa.String: "varchar"}


class PostgresBare:
    """Binary COPY, one commit per input."""

    def __init__(self, server: Postgres, source: str, target: str) -> None:
        server.create(target, template=source)
        self._connection = server.connect(target)
        self._connection.autocommit = False
        columns = [column for column in t.account.columns][5:]
        self._update = (
            f"UPDATE account SET {', '.join(f'{column.name} = new.{column.name}' for column in columns)} "
            f"FROM unnest(%s::varchar[], %s::int8[], {', '.join(f'%s::{_TYPES[type(column.type)]}[]' for column in columns)}) "
            f"AS new(payer, account, {', '.join(column.name for column in columns)}) "
            "WHERE account.payer = new.payer AND account.account = new.account"
        )
        self._types = {table.name: [_TYPES[type(column.type)] for column in table.columns] for table in TABLES}

    def write(self, written: Written) -> float:
        begun = time.perf_counter()
        with self._connection.cursor() as cursor:
            for name, rows in written.new.items():
                if rows:
                    with cursor.copy(f'COPY "{name}" FROM STDIN (FORMAT BINARY)') as copy:
                        copy.set_types(self._types[name])
                        for row in rows:
                            copy.write_row(row)
            if written.changed:
                columns = list(zip(*written.changed, strict=True))
                cursor.execute(self._update, [list(columns[index]) for index in (0, 1, *range(5, len(columns)))])
        self._connection.commit()
        return time.perf_counter() - begun


# ---------------------------------------------------------------- the frozen loop

_FROZEN = (
    "CREATE TABLE mark (provider {text} NOT NULL, mark {int} NOT NULL, person {int} NOT NULL, lesson {text} NOT NULL, day {text} NOT NULL, "
    "status {text} NOT NULL, PRIMARY KEY (provider, mark))",
    "CREATE TABLE transfer (payer {text} NOT NULL, transfer {int} NOT NULL, source {int} NOT NULL, target {int} NOT NULL, "
    "amount {int} NOT NULL, kind {text} NOT NULL, cause {text} NOT NULL, at {text} NOT NULL, PRIMARY KEY (payer, transfer))",
    "CREATE TABLE balance (payer {text} NOT NULL, account {int} NOT NULL, amount {int} NOT NULL, PRIMARY KEY (payer, account))",
)
_AT = "2025-11-05T10:00:00+00:00"


class Frozen:
    """A mark, a transfer for seven of nine, a balance a certificate. It never follows the gateway's tables, so thrift with rows shows."""

    def __init__(self) -> None:
        self._marks = self._transfers = self._accounts = 0

    def _rows(self, provider: str, marks: int, per_account: int = 10) -> tuple[Rows, Rows, Rows]:
        new_marks: Rows = []
        transfers: Rows = []
        balances: Rows = []
        for index in range(marks):
            account = self._accounts + index // per_account
            status = "attended" if index % 9 < 7 else "absent"
            new_marks.append((provider, self._marks + index, account, f"{provider}-{index % 5}", f"2025-10-{index % 10 + 1:02d}", status))
            if index % 9 < 7:
                cause = f"{self._marks + index:032x}"
                transfers.append((PAYER, self._transfers + len(transfers), account, 1, 18000, "hold", cause, _AT))
        balances = [(PAYER, self._accounts + index, 18000) for index in range(-(-marks // per_account))]
        self._marks += marks
        self._transfers += len(transfers)
        self._accounts += len(balances)
        return new_marks, transfers, balances


class SqliteFrozen(Frozen):
    def __init__(self, target: Path) -> None:
        super().__init__()
        self._connection = sqlite3.connect(target, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        for statement in _FROZEN:
            self._connection.execute(statement.format(text="TEXT", int="INTEGER"))

    def write(self, provider: str, marks: int) -> float:
        new_marks, transfers, balances = self._rows(provider, marks)
        self._connection.executemany("INSERT INTO balance VALUES (?, ?, ?)", balances)
        begun = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO mark VALUES (?, ?, ?, ?, ?, ?)", new_marks)
        self._connection.executemany("INSERT INTO transfer VALUES (?, ?, ?, ?, ?, ?, ?, ?)", transfers)
        self._connection.executemany(
            "UPDATE balance SET amount = amount - ? WHERE payer = ? AND account = ?", [(row[2], *row[:2]) for row in balances]
        )
        self._connection.execute("COMMIT")
        return time.perf_counter() - begun


class PostgresFrozen(Frozen):
    def __init__(self, server: Postgres, target: str) -> None:
        super().__init__()
        server.create(target)
        self._connection = server.connect(target)
        self._connection.autocommit = False
        for statement in _FROZEN:
            self._connection.execute(statement.format(text="varchar", int="int8"))
        self._connection.commit()

    def write(self, provider: str, marks: int) -> float:
        new_marks, transfers, balances = self._rows(provider, marks)
        with self._connection.cursor() as cursor:
            cursor.executemany("INSERT INTO balance VALUES (%s, %s, %s)", balances)
            self._connection.commit()
            begun = time.perf_counter()
            for name, rows, types in (
                ("mark", new_marks, ["varchar", "int8", "int8", "varchar", "varchar", "varchar"]),
                ("transfer", transfers, ["varchar", "int8", "int8", "int8", "int8", "varchar", "varchar", "varchar"]),
            ):
                with cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy:
                    copy.set_types(types)
                    for row in rows:
                        copy.write_row(row)
            cursor.execute(
                "UPDATE balance SET amount = balance.amount - new.amount FROM unnest(%s::varchar[], %s::int8[], %s::int8[]) "
                "AS new(payer, account, amount) WHERE balance.payer = new.payer AND balance.account = new.account",
                [list(column) for column in zip(*balances, strict=True)],
            )
            self._connection.commit()
        return time.perf_counter() - begun


Reader = SqliteWritten | PostgresWritten
Bare = SqliteBare | PostgresBare
AnyFrozen = SqliteFrozen | PostgresFrozen


def per_table(written: Sequence[Written]) -> Mapping[str, int]:
    """Rows of each table, over all inputs."""
    found: dict[str, int] = {}
    for one in written:
        for name, count in one.counts().items():
            found[name] = found.get(name, 0) + count
    return found
