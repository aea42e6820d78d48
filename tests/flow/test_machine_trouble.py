"""The machine itself fails: a full disk, a database that is locked, gone or no database, no permission, a clock that jumps.

Each time the command says what is the matter and what helps, ends with exit code 4, and once the trouble is over the same command ends as
it would have without.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE
from gateway.store import engine as store_engine
from tests.builders.town import NOW, PROVIDER, Databases, District, InTheirHomes, Town, certificate, rows_of, sums, town

FIRST = {1: {6: "Н"}, 2: {9: "Б"}}
LIVE, KOPECKS = 18, 180_000
"""What either sheet charges: eight, eight and two lessons (the third child's money ends)."""


@contextmanager
def with_two_sheets(folder: Path, databases: Databases) -> Iterator[Town]:
    with town(folder, District(nominals=("1000.00", "1000.00", "250.00")), databases) as one:
        one.mapping()
        one.sheet("first.xlsx", rows_of((1, 2, 3), FIRST))
        one.sheet("second.xlsx", rows_of((1, 2, 3), FIRST | {3: {2: "Н"}}))
        yield one


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Town]:
    """With an SQLite file; what befalls a server is in test_server_trouble.py."""
    with with_two_sheets(tmp_path, InTheirHomes()) as one:
        yield one


@pytest.fixture
def on_both(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with with_two_sheets(tmp_path, databases) as one:
        yield one


def environment(running: Town) -> dict[str, str]:
    home = {"GATEWAY_HOME": str(running.folder / "gateway"), "NAVIGATOR_URL": running.url}
    return {**os.environ, **home, "GATEWAY_TEST": "1", "GATEWAY_NOW": running.now.isoformat(), "GATEWAY_LANG": "en"}


def arguments(running: Town, sheet: str) -> list[str]:
    return ["import", str(running.folder / "inputs" / sheet), "--provider", PROVIDER, "--mapping", str(running.folder / "mapping.toml")]


def import_(running: Town, sheet: str = "first.xlsx", before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    """The real command, in a process of its own; ``before``: what is done to it before it begins."""
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments(running, sheet)],
        env=environment(running), capture_output=True, text=True, timeout=120, preexec_fn=before, check=False,
    )  # fmt: skip


def told(ended: subprocess.CompletedProcess[str], what: str) -> None:
    """Exit code 4, what is the matter, and what helps; nothing of the program's inside."""
    assert ended.returncode == EXIT_UNAVAILABLE, (ended.returncode, ended.stderr)
    assert what in ended.stderr and "then try again" in ended.stderr, ended.stderr
    assert "Traceback" not in ended.stderr and "sqlalche.me" not in ended.stderr


def ends_well(running: Town, sheet: str = "first.xlsx") -> None:
    ended = import_(running, sheet)
    assert ended.returncode in (EXIT_DONE, EXIT_REFUSED), ended.stderr  # some lessons lack the money: they are refused
    charges_stand(running)
    gateway = running.gateway()
    sums(running, gateway)
    assert gateway.verify()["faults"] == []
    gateway.engine.dispose()


def charges_stand(running: Town) -> None:
    debits, reversals, kopecks = running.statement()
    assert (debits - reversals, kopecks) == (LIVE, KOPECKS)
    assert running.statement("2025-11") == (0, 0, 0) == running.statement("2025-09")


# ---------------------------------------------------------------- a full disk


def no_more_than(size: int) -> Callable[[], None]:
    """No file of the process may grow beyond this: to the database it is a disk that takes no more."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("kilobytes", [100, 500])
def test_a_disk_that_takes_no_more_is_told_and_the_same_command_finishes_later(running: Town, kilobytes: int) -> None:
    told(import_(running, before=no_more_than(kilobytes * 1024)), "disk")
    ends_well(running)


def test_a_correction_onto_a_full_disk_changes_nothing_until_there_is_room(running: Town) -> None:
    ends_well(running)
    size = (running.folder / "gateway" / "gateway.sqlite").stat().st_size
    shutil.rmtree(running.folder / "gateway" / "inbox")
    (running.folder / "gateway" / "inbox").mkdir()
    told(import_(running, "second.xlsx", no_more_than(size // 8)), "disk")
    ends_well(running, "second.xlsx")


# ---------------------------------------------------------------- the database is locked, gone, or none


def test_a_database_that_another_holds_for_too_long_is_told(running: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_well(running)
    monkeypatch.setattr(store_engine, "BUSY_TIMEOUT_MS", 100)
    holder = sqlite3.connect(running.folder / "gateway" / "gateway.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        ended = CliRunner(env=environment(running)).invoke(main, arguments(running, "second.xlsx"))
        assert ended.exit_code == EXIT_UNAVAILABLE, ended.output
        assert "database is locked" in ended.stderr and "then try again" in ended.stderr
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    charges_stand(running)
    ends_well(running, "second.xlsx")


def database_of(running: Town) -> Path:
    return running.folder / "gateway" / "gateway.sqlite"


def test_a_database_that_vanished_is_made_anew_from_the_register_and_nothing_doubles(running: Town) -> None:
    ends_well(running)
    away = database_of(running).rename(running.folder / "away.sqlite")
    assert not database_of(running).exists()
    ends_well(running)
    database_of(running).unlink()
    away.rename(database_of(running))  # and the old one found again
    ends_well(running)
    ends_well(running, "second.xlsx")


def a_folder(path: Path) -> None:
    path.mkdir()


def text(path: Path) -> None:
    path.write_text("this is no database\n" * 1000, encoding="utf-8")


@pytest.mark.parametrize(("instead", "what"), [(a_folder, "unable to open database file"), (text, "not a database")])
def test_what_is_no_database_is_told_and_left_alone(running: Town, instead: Callable[[Path], None], what: str) -> None:
    ends_well(running)
    away = database_of(running).rename(running.folder / "away.sqlite")
    instead(database_of(running))
    told(import_(running, "second.xlsx"), what)
    charges_stand(running)
    if database_of(running).is_dir():
        database_of(running).rmdir()
    else:
        assert database_of(running).read_text(encoding="utf-8").startswith("this is no database")
        database_of(running).unlink()
    away.rename(database_of(running))
    ends_well(running, "second.xlsx")


def test_a_damaged_database_is_told_and_a_backup_of_it_goes_on(running: Town) -> None:
    ends_well(running)
    gateway = running.gateway()
    backup = running.folder / "backup.zip"
    gateway.backup(backup)
    gateway.engine.dispose()
    with sqlite3.connect(database_of(running)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'claim'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with database_of(running).open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(bytes([0x5A]) * size)
    told(import_(running, "second.xlsx"), "malformed")
    charges_stand(running)
    for rest in database_of(running).parent.glob("gateway.sqlite*"):
        rest.unlink()
    running.gateway().restore(backup)
    ends_well(running, "second.xlsx")


def without_power_over_files() -> None:
    """A superuser's process without the right to pass over permissions (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH) once it is executed."""
    if os.geteuid() == 0:
        for capability in (1, 2):
            if ctypes.CDLL(None, use_errno=True).prctl(24, capability, 0, 0, 0) != 0:
                os._exit(99)


@pytest.mark.parametrize(("mode", "what"), [(0o000, "unable to open database file"), (0o400, "readonly database")])
def test_a_database_without_permission_is_told(running: Town, mode: int, what: str) -> None:
    ends_well(running)
    database_of(running).chmod(mode)
    ended = import_(running, "second.xlsx", without_power_over_files)
    if ended.returncode == 99:
        database_of(running).chmod(0o600)
        pytest.skip("this superuser may not give its powers up")
    told(ended, what)
    database_of(running).chmod(0o600)
    ends_well(running, "second.xlsx")


# ---------------------------------------------------------------- a clock that jumps


DAY = dt.timedelta(days=1)


@pytest.mark.parametrize("steps", [(DAY, -DAY), (-DAY, DAY), (DAY, -2 * DAY, DAY), (-dt.timedelta(hours=1), dt.timedelta(minutes=-1))])
def test_a_clock_that_goes_a_day_on_or_back_between_calls_doubles_no_month(on_both: Town, steps: tuple[dt.timedelta, ...]) -> None:
    sheets = ["first.xlsx", "second.xlsx", "first.xlsx", "second.xlsx"]
    gateway = on_both.gateway()
    for sheet, step in zip(sheets, (dt.timedelta(0), *steps), strict=False):
        on_both.now += step  # the gateway's alone: the register's stands
        on_both.take(gateway, on_both.folder / "inputs" / sheet)
        charges_stand(on_both)
        sums(on_both, gateway)


@pytest.mark.parametrize("step", [DAY, -DAY, 40 * DAY], ids=str)
def test_a_hold_neither_lives_nor_dies_by_the_clock(on_both: Town, step: dt.timedelta) -> None:
    gateway = on_both.gateway()
    on_both.fault({"fault": "drop_request", "next": 100, "path": "/register/v1/operations"})
    report = on_both.take(gateway, on_both.folder / "inputs" / "first.xlsx")
    assert report["complete"] is False and on_both.statement() == (0, 0, 0)
    before = balance(gateway)
    assert before[1] == "800.00"
    on_both.now += step
    gateway.run()
    assert balance(gateway) == before, "the register still hears nothing: the hold stays"
    on_both.now -= step
    gateway.run()
    assert balance(gateway) == before
    on_both.fault()
    gateway.run()
    on_both.now = NOW + dt.timedelta(hours=3)
    gateway.run()
    charges_stand(on_both)
    sums(on_both, gateway)


def balance(gateway: Any) -> tuple[str, str, str]:
    answer = gateway.certificate(certificate(1))
    return answer["free"], answer["held"], answer["paid"]


def test_at_the_edge_of_a_month_a_step_back_puts_nothing_into_two_months(on_both: Town) -> None:
    edge = dt.datetime.fromisoformat("2025-11-01T00:10:00+03:00")
    on_both.now = edge
    gateway = on_both.gateway()
    on_both.take(gateway, on_both.folder / "inputs" / "first.xlsx")
    on_both.now = edge - dt.timedelta(minutes=20)
    on_both.take(gateway, on_both.folder / "inputs" / "second.xlsx")
    on_both.now = edge
    on_both.take(gateway, on_both.folder / "inputs" / "first.xlsx")
    charges_stand(on_both)
    sums(on_both, gateway)
