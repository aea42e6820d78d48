"""The PostgreSQL server fails: its disk is full, its rows are held by another, it is gone, forbids, only reads, or has damaged pages.

As with a file (test_machine_trouble.py): told with what helps, exit code 4, and once it is over the same command ends as it would have.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from gateway.cli import main
from gateway.errors import EXIT_UNAVAILABLE
from gateway.store import engine as store_engine
from tests.builders.postgres import Homes, Postgres, name_of
from tests.builders.town import Town, sums
from tests.flow.test_machine_trouble import arguments, charges_stand, environment, told, with_two_sheets


@pytest.fixture
def running(tmp_path: Path, postgres: Postgres) -> Iterator[Town]:
    with with_two_sheets(tmp_path, Homes(postgres)) as one:
        yield one


def address(running: Town) -> str:
    return running.databases.at(running.folder / "gateway")


def import_(running: Town, sheet: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
    """The real command, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments(running, sheet), "--database", url or address(running)],
        env=environment(running), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def ends_well(running: Town, sheet: str) -> None:
    ended = import_(running, sheet)
    assert ended.returncode in (0, 1), ended.stderr  # some lessons lack the money: they are refused
    charges_stand(running)
    gateway = running.gateway()
    sums(running, gateway)
    assert gateway.verify()["faults"] == []
    gateway.engine.dispose()


@pytest.mark.parametrize("table", ["run", "mark", "claim", "transfer"])
def test_a_servers_disk_that_takes_no_more_is_told_and_the_same_command_finishes_later(
    table: str, running: Town, postgres: Postgres
) -> None:
    """The server's own answer, at the first row of one table or another; a sequence, which nothing rolls back, counts how often."""
    name = name_of(address(running))
    for statement in (
        "CREATE SEQUENCE full_disk",
        "CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('full_disk'); "
        "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
        f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION is_full()",
    ):
        postgres.run(statement, name)
    told(import_(running, "first.xlsx"), "No space left on device")
    assert postgres.run("SELECT is_called FROM full_disk", name) == [(True,)]
    postgres.run(f"DROP TRIGGER full_disk ON {table}", name)
    ends_well(running, "first.xlsx")


def test_rows_that_another_holds_for_too_long_are_told(running: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_well(running, "first.xlsx")
    monkeypatch.setattr(store_engine, "BUSY_TIMEOUT_MS", 200)
    with psycopg.connect(address(running)) as holder:
        holder.execute("LOCK TABLE mark")
        ended = CliRunner(env=environment(running)).invoke(main, [*arguments(running, "second.xlsx"), "--database", address(running)])
        assert ended.exit_code == EXIT_UNAVAILABLE, ended.output
        assert "lock timeout" in ended.stderr and "then try again" in ended.stderr
        holder.rollback()
    charges_stand(running)
    ends_well(running, "second.xlsx")


def test_a_server_that_lets_nobody_in_for_a_while_is_told(running: Town, postgres: Postgres) -> None:
    ends_well(running, "first.xlsx")
    name = name_of(address(running))
    postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    told(import_(running, "second.xlsx"), "not currently accepting connections")
    postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    charges_stand(running)
    ends_well(running, "second.xlsx")


def test_a_database_that_vanished_from_the_server_is_told_and_made_anew_from_the_register(running: Town, postgres: Postgres) -> None:
    ends_well(running, "first.xlsx")
    gone = address(running)
    running.databases.lose(running.folder / "gateway")
    told(import_(running, "second.xlsx", gone), "does not exist")
    ends_well(running, "first.xlsx")
    ends_well(running, "second.xlsx")


def test_a_server_that_ends_every_connection_in_mid_work_is_told(running: Town, postgres: Postgres) -> None:
    ends_well(running, "first.xlsx")
    name = name_of(address(running))
    with psycopg.connect(address(running)) as holder:
        holder.execute("LOCK TABLE mark")
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", *arguments(running, "second.xlsx"), "--database", address(running)],
            env=environment(running), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        waits = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"
        while not postgres.run(waits):
            assert process.poll() is None, "it ended before it could be thrown out"
        output, errors = process.communicate(timeout=60)
        told(subprocess.CompletedProcess(process.args, process.returncode, output, errors), "the database has ended the connection")
    charges_stand(running)
    ends_well(running, "second.xlsx")


@pytest.mark.parametrize("right", ["USAGE ON SCHEMA public", "SELECT ON ALL TABLES IN SCHEMA public"])
def test_a_user_without_permission_is_told(right: str, running: Town, postgres: Postgres) -> None:
    ends_well(running, "first.xlsx")
    name = name_of(address(running))
    user = f"poor_{name}"
    postgres.run(f"CREATE ROLE {user} LOGIN")
    postgres.run(f"GRANT {right} TO {user}", name)
    try:
        url = sa.make_url(address(running)).set(username=user).render_as_string(hide_password=False)
        told(import_(running, "second.xlsx", url), "permission denied")
    finally:
        postgres.run(f"DROP OWNED BY {user}", name)
        postgres.run(f"DROP ROLE {user}")
    charges_stand(running)
    ends_well(running, "second.xlsx")


def test_a_server_that_only_reads_is_told(running: Town, postgres: Postgres) -> None:
    ends_well(running, "first.xlsx")
    name = name_of(address(running))
    postgres.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    told(import_(running, "second.xlsx"), "read-only transaction")
    postgres.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    charges_stand(running)
    ends_well(running, "second.xlsx")


def test_damaged_pages_are_told_and_a_backup_goes_on(running: Town, postgres: Postgres) -> None:
    """In a copy that was made file by file, whose pages the server has not read yet."""
    ends_well(running, "first.xlsx")
    gateway = running.gateway()
    backup = running.folder / "backup.zip"
    gateway.backup(backup)
    gateway.engine.dispose()
    name = name_of(address(running))
    postgres.run(f"CREATE DATABASE {name}_copy TEMPLATE {name} STRATEGY FILE_COPY")
    try:
        ((file,),) = postgres.run("SELECT pg_relation_filenode('claim')", name)
        ((folder, oid),) = postgres.run(
            f"SELECT current_setting('data_directory'), (SELECT oid FROM pg_database WHERE datname = '{name}_copy')"
        )
        with (Path(folder) / "base" / str(oid) / str(file)).open("r+b") as pages:
            pages.write(bytes([0x5A]) * 8192)
        told(import_(running, "second.xlsx", postgres.url(f"{name}_copy")), "invalid page")
    finally:
        postgres.drop(f"{name}_copy")
    charges_stand(running)
    running.gateway().restore(backup, is_forced=True)
    ends_well(running, "second.xlsx")
