"""Killed at any moment and run again, an import reports and leaves what it would have without.

Each trial has a gateway process of its own, killed with SIGKILL (or stopped as by Ctrl-C), a Navigator of its own, and real files. The
first input of a club goes its own short way through the stages, a corrected sheet goes the long one: both are killed.
"""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.bootstrap import Gateway
from gateway.store import tables as t
from tests.builders.sheets import Row
from tests.builders.town import NOW, PROVIDER, Databases, District, Town, free_port, load, navigator_at, rows_of

SEED = int(os.environ.get("KILL_SEED", "20251105"))
MOMENTS = 20
PORT = free_port()
CHILDREN = range(1, 21)
DISTRICT = District(
    nominals=[f"{400 + 100 * number}.00" for number in CHILDREN],
    groups=((PROVIDER, "G-1", "Парусники"), (PROVIDER, "G-2", "Гребцы")),
)
"""Twenty children in two groups, eighteen lessons a month at 100 roubles: some money runs out. 720 operations: more than one request."""


def first_rows() -> list[Row]:
    return rows_of(list(CHILDREN), {number: {6: "Н", 9: "Б"} for number in range(1, 20, 3)})


def corrected_rows() -> list[Row]:
    """Other absences; one child's row is gone, which is within the limit."""
    return rows_of(list(CHILDREN)[1:], {number: {9: "Н", 20: "Н", 23: "Б"} for number in range(2, 20, 3)})


@dataclass(frozen=True)
class Ending:
    """How an import ended, without what differs from one run to the next: its own name, and the register's numbers."""

    report: dict[str, Any]
    claims: list[tuple[Any, ...]]
    accounts: list[tuple[Any, ...]]
    operations: list[tuple[Any, ...]]
    statement: tuple[int, int, int]
    attendance: dict[str, int]


@dataclass(frozen=True)
class Start:
    """A folder with a Navigator's home, a gateway's home and sheets, from which each trial starts, and how it ends undisturbed."""

    folder: Path
    databases: Databases
    sheet: str
    seconds: float
    ending: Ending


def ending(running: Town, gateway: Gateway, report: dict[str, Any]) -> Ending:
    claim, account, operation = t.claim.c, t.account.c, t.operation.c
    with gateway.engine.connect() as connection:
        claims = connection.execute(
            sa.select(
                claim.key, claim.status, claim.answer, claim.not_charged, claim.reasons, claim.amount, claim.live, claim.debits,
                claim.attendance, claim.attendances, claim.under_way,
            ).order_by(claim.key)
        ).all()  # fmt: skip
        accounts = connection.execute(
            sa.select(
                account.period, account.kind, account.owner, account.in_settled, account.out_settled, account.in_held, account.out_held
            ).order_by(account.period, account.kind, account.owner)
        ).all()
        operations = connection.execute(
            sa.select(operation.id, operation.kind, operation.n, operation.amount, operation.status, operation.state).order_by(operation.id)
        ).all()
    assert gateway.ledger_faults() == []
    told = {key: value for key, value in report.items() if key != "run"}
    rows = [[tuple(row) for row in table] for table in (claims, accounts, operations)]
    return Ending(told, *rows, running.statement(), running.attendance())


# ---------------------------------------------------------------- one import in a process of its own


def import_in_a_process(running: Town, sheet: str) -> tuple[int, int]:
    """Start it; (process, the end of a pipe from which its report comes)."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    code = 1
    try:  # the child
        os.close(reading)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        gateway = running.gateway()
        report = gateway.import_file(running.folder / sheet, PROVIDER, running.folder / "mapping.toml")
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            json.dump(report, pipe)
        gateway.finished(report)
        code = 0
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def wait_for(process: int, pipe: int, stop: Callable[[], bool], signal_: signal.Signals) -> tuple[int, str]:
    """Send the signal once ``stop`` says so; (how it ended, what it told)."""
    told = b""
    sent = False
    while True:
        ready, _, _ = select.select([pipe], [], [], 0.0005)
        if ready:
            part = os.read(pipe, 1 << 16)
            if not part:
                break
            told += part
        elif not sent and stop():
            os.kill(process, signal_)
            sent = True
    os.close(pipe)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status), told.decode()


def never() -> bool:
    return False


@contextmanager
def town_at(folder: Path, databases: Databases) -> Iterator[Town]:
    """The same address in every trial: it is the register's name, by which the cursors are kept."""
    with navigator_at(folder, PORT):
        databases.at(folder / "gateway")  # it is there before anybody is forked
        running = Town(folder, f"http://127.0.0.1:{PORT}", databases=databases)
        running.stand_at(NOW.isoformat())
        yield running


def trial_folder(start: Start, folder: Path) -> Path:
    shutil.copytree(start.folder, folder, dirs_exist_ok=True)
    start.databases.copy(start.folder, folder)
    return folder


# ---------------------------------------------------------------- where the trials start


def undisturbed(folder: Path, databases: Databases, sheet: str) -> tuple[float, Ending]:
    with town_at(folder, databases) as running:
        began = time.monotonic()
        process, pipe = import_in_a_process(running, sheet)
        code, told = wait_for(process, pipe, never, signal.SIGKILL)
        seconds = time.monotonic() - began
        assert code == 0 and told
        gateway = running.gateway()
        result = ending(running, gateway, json.loads(told))
        answer = gateway.reconcile("2025-10")
        gateway.engine.dispose()
    assert answer["differences"] == []
    assert answer["booked_kopecks"] == answer["register_kopecks"] > 0
    return seconds, result


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Start:
    folder = tmp_path_factory.mktemp("first")
    load(folder, DISTRICT)
    running = Town(folder, "")
    running.mapping()
    running.sheet("first.xlsx", first_rows(), more={"Гребцы": first_rows()})
    trial = shutil.copytree(folder, tmp_path_factory.mktemp("undisturbed"), dirs_exist_ok=True)
    seconds, end = undisturbed(trial, databases, "inputs/first.xlsx")
    assert end.report["counts"]["refused"].get("A07", 0) > 10 and end.report["new"] == 360
    return Start(folder, databases, "inputs/first.xlsx", seconds, end)


@pytest.fixture(scope="module")
def corrected(first: Start, tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Start:
    folder = shutil.copytree(first.folder, tmp_path_factory.mktemp("corrected"), dirs_exist_ok=True)
    with town_at(folder, databases) as running:
        gateway = running.gateway()
        running.take(gateway, folder / "inputs/first.xlsx")
        gateway.engine.dispose()
    running.sheet("corrected.xlsx", corrected_rows(), more={"Гребцы": corrected_rows()})
    trial = shutil.copytree(folder, tmp_path_factory.mktemp("undisturbed"), dirs_exist_ok=True)
    databases.copy(folder, trial)
    seconds, end = undisturbed(trial, databases, "inputs/corrected.xlsx")
    assert end.report["withdrawn"] == 18 and 0 < end.report["new"] < 342 and end.statement[1] > 0
    return Start(folder, databases, "inputs/corrected.xlsx", seconds, end)


@pytest.fixture(params=["first", "corrected"])
def start(request: pytest.FixtureRequest, databases: Databases) -> Start:
    one: Start = request.getfixturevalue(request.param)
    return one


def killed_and_run_again(
    start: Start, folder: Path, stop: Callable[[Town], Callable[[], bool]], signal_: signal.Signals
) -> tuple[int, bool]:
    """(how the first process ended, whether its report had come); the second run must end as the undisturbed one."""
    trial_folder(start, folder)
    with town_at(folder, start.databases) as running:
        process, pipe = import_in_a_process(running, start.sheet)
        code, told = wait_for(process, pipe, stop(running), signal_)
        process, pipe = import_in_a_process(running, start.sheet)
        again, report = wait_for(process, pipe, never, signal.SIGKILL)
        assert again == 0, "the second run failed"
        gateway = running.gateway()
        try:
            end = ending(running, gateway, json.loads(report))
            if code == 0:  # it had ended, its report given: the second run is a second import of the same file
                assert end.report["new"] == 0 and end.report["unchanged"] == len(end.report["marks"])
                assert (end.claims, end.accounts, end.statement) == (start.ending.claims, start.ending.accounts, start.ending.statement)
            else:
                assert end.report == start.ending.report
                assert end == start.ending
        finally:
            gateway.engine.dispose()
    start.databases.forget(folder)
    return code, bool(told)


# ---------------------------------------------------------------- the trials


def moments() -> Iterator[tuple[int, float]]:
    """Shares of the undisturbed duration, one in each twentieth of it, so that all of it is met."""
    drawn = random.Random(SEED)
    for number in range(MOMENTS):
        yield number, (number + drawn.random()) / MOMENTS


def after(seconds: float) -> Callable[[Town], Callable[[], bool]]:
    def stop(running: Town) -> Callable[[], bool]:
        due = time.monotonic() + seconds
        return lambda: time.monotonic() >= due

    return stop


@pytest.mark.parametrize(("number", "share"), list(moments()), ids=lambda value: f"{value:.2f}" if isinstance(value, float) else str(value))
def test_killed_at_a_random_moment_and_run_again_it_ends_alike(
    number: int, share: float, databases: Databases, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    start: Start = request.getfixturevalue("first" if number % 2 == 0 else "corrected")
    print(f"KILL_SEED={SEED}, moment {share:.3f} of {start.seconds:.2f} s")
    killed_and_run_again(start, tmp_path, after(share * start.seconds), signal.SIGKILL)


def once(query: str) -> Callable[[Town], Callable[[], bool]]:
    """As soon as the database answers the query with something else than nothing."""

    def stop(running: Town) -> Callable[[], bool]:
        return lambda: bool(running.databases.asked(running.folder / "gateway", query))

    return stop


POINTS = {
    "a run is open": "SELECT count(*) FROM run WHERE finished_at IS NULL",
    "operations are booked": "SELECT count(*) FROM operation WHERE state = 'to_send'",
    "operations are being sent": "SELECT count(*) FROM operation WHERE state = 'sending'",
    "the first request is answered": "SELECT count(*) > 0 AND (SELECT count(*) FROM operation WHERE state IN ('to_send', 'sending')) > 0 "
    "FROM operation WHERE state = 'accepted' AND answered_at IS NOT NULL AND kind = 'attendance'",
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_where_its_database_says_how_far_it_is(point: str, first: Start, tmp_path: Path) -> None:
    code, told = killed_and_run_again(first, tmp_path, once(POINTS[point]), signal.SIGKILL)
    assert (code, told) == (-signal.SIGKILL, False), "it was over before it could be killed"


def test_killed_between_match_and_book_of_a_corrected_sheet(corrected: Start, tmp_path: Path) -> None:
    lists = "SELECT (SELECT count(*) FROM to_match) + (SELECT count(*) FROM to_decide) + (SELECT count(*) FROM to_book)"
    code, told = killed_and_run_again(corrected, tmp_path, once(lists), signal.SIGKILL)
    assert (code, told) == (-signal.SIGKILL, False)


def test_ctrl_c_stops_it_and_the_next_run_goes_on(start: Start, tmp_path: Path) -> None:
    code, told = killed_and_run_again(
        start, tmp_path, once("SELECT count(*) FROM run WHERE finished_at IS NULL AND source <> ''"), signal.SIGINT
    )
    assert (code, told) == (130, False)


def test_a_run_of_the_scheduler_between_the_kill_and_the_second_import_changes_no_word_of_the_report(first: Start, tmp_path: Path) -> None:
    trial_folder(first, tmp_path)
    with town_at(tmp_path, first.databases) as running:
        process, pipe = import_in_a_process(running, first.sheet)
        code, _ = wait_for(process, pipe, once(POINTS["operations are booked"])(running), signal.SIGKILL)
        assert code == -signal.SIGKILL
        gateway = running.gateway()
        gateway.run()
        report = gateway.import_file(running.folder / first.sheet, PROVIDER, running.folder / "mapping.toml")
        assert ending(running, gateway, report) == first.ending
        gateway.engine.dispose()
