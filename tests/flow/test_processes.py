"""Any number of gateway processes on one PostgreSQL: nothing is lost, nothing doubled, and whoever was asleep for too long changes nothing.

Each process is a fork with a gateway and a connection pool of its own. Each test shows first that what it is about did happen: that they
were at work at the same time, that both stood before the same balance, that the paused one was thrown out.
"""

from __future__ import annotations

import functools
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.bootstrap import Gateway
from gateway.core.claims import debit_id
from gateway.core.post import Answered
from gateway.flow import intake
from gateway.flow.run import Flow
from gateway.plugins.builtin.registers.http import HttpRegister
from gateway.store import book as store_book
from gateway.store import decide as store_decide
from gateway.store import engine as store_engine
from gateway.store import ledger as store_ledger
from gateway.store import match as store_match
from gateway.store import post as store_post
from gateway.store import register as store_register
from gateway.store import tables as t
from gateway.store import whole as store_whole
from gateway.store.engine import StoreUnavailable, open_engine, reading, writing
from gateway.store.rows import reserve_ids
from tests.builders.facts import NOW, calendar_year, charged
from tests.builders.facts import certificate as certificate_fact
from tests.builders.postgres import Postgres, name_of
from tests.builders.stages import book_all, decide_all, say, take
from tests.builders.town import LESSON_DAYS, PROVIDER, District, Town, rows_of, sums, town
from tests.flow.test_kill import ending, never, wait_for
from tests.store.test_fences import a_word

SCHOOL = "school"
GROUPS = ((PROVIDER, "G-1", "Парусники"), (PROVIDER, "G-2", "Гребцы"), (SCHOOL, "G-3", "Шахматы"), (SCHOOL, "G-4", "Роботы"))
CHILDREN = range(1, 9)
SECONDS_MAX = 25
_forks = multiprocessing.get_context("fork")


def in_a_process(task: Callable[[], Any]) -> tuple[int, int]:
    """Start it; (process, the end of a pipe from which what it returns comes, or why it failed)."""
    reading_end, writing_end = os.pipe()
    process = os.fork()
    if process:
        os.close(writing_end)
        return process, reading_end
    code, told = 1, ""
    try:  # the child
        os.close(reading_end)
        told, code = json.dumps(task()), 0
    except BaseException as error:
        told = f"{type(error).__name__}: {error}"
        if not isinstance(error, StoreUnavailable):
            traceback.print_exc(file=sys.__stderr__)
    finally:
        os.write(writing_end, told.encode()[: 1 << 15])
        os._exit(code)


def all_told(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do them at once, each in its own process; what they returned. All have to end well."""
    processes = [in_a_process(task) for task in tasks]
    ends = [wait_for(process, pipe, never, signal.SIGKILL) for process, pipe in processes]
    assert [code for code, _ in ends] == [0] * len(tasks), [told for _, told in ends]
    return [json.loads(told) for _, told in ends]


@contextmanager
def prepared(running: Town, url: str) -> Iterator[Gateway]:
    """The key and the tables are there, and no connection is open that a fork would share."""
    gateway = running.gateway(database=url)
    gateway.run()
    gateway.engine.dispose()
    yield gateway
    gateway.engine.dispose()


# ---------------------------------------------------------------- four at once


def sheets_of(running: Town) -> list[tuple[Path, str]]:
    """One group's sheet each: two clubs, the same eight children, some absences."""
    running.mapping()
    marks = {number: {6: "Н", 9: "Б"} for number in CHILDREN[::3]}
    return [
        (running.sheet(f"{group}.xlsx", rows_of(CHILDREN, marks if group in ("G-1", "G-4") else None), title=title), provider)
        for provider, group, title in GROUPS
    ]


def taken_in(running: Town, url: str, path: Path, provider: str) -> dict[str, Any]:
    gateway = running.gateway(database=url)
    report = gateway.import_file(path, provider, running.folder / "mapping.toml")
    gateway.finished(report)
    return {"new": report["new"]}


@pytest.mark.parametrize("is_whole", [True, False], ids=["in one go", "stage by stage"])
def test_four_processes_at_once_end_as_one_after_the_other(
    is_whole: bool, tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    district = District(nominals=["4000.00"] * len(CHILDREN), groups=GROUPS)  # 36 lessons at 100 roubles: funds never bind
    if not is_whole:
        monkeypatch.setattr(intake, "is_whole", lambda collected, known: False)
    with town(tmp_path / "one", district) as running, postgres.database() as url, prepared(running, url) as gateway:
        for path, provider in sheets_of(running):
            taken_in(running, url, path, provider)
        gateway.run()
        undisturbed = ending(running, gateway, {})
    with town(tmp_path / "four", district) as running, postgres.database() as url, prepared(running, url) as gateway:
        start = _forks.Barrier(len(GROUPS))

        def work(path: Path, provider: str) -> dict[str, Any]:
            start.wait(SECONDS_MAX)
            begun = time.monotonic()
            told = taken_in(running, url, path, provider)
            done = time.monotonic()
            running.gateway(database=url).run()
            return {**told, "begun": begun, "done": done}

        told = all_told([functools.partial(work, *one) for one in sheets_of(running)])
        assert max(one["begun"] for one in told) < min(one["done"] for one in told), "they were not at work at the same time"
        assert [one["new"] for one in told] == [72] * 4

        gateway.run()
        sums(running, gateway)
        assert gateway.verify()["faults"] == []
        end = ending(running, gateway, {})
        assert end.statement == (4 * 72 - 2 * 6, 0, (4 * 72 - 2 * 6) * 10_000)
        assert (end.claims, end.accounts, end.statement, end.attendance) == (
            undisturbed.claims, undisturbed.accounts, undisturbed.statement, undisturbed.attendance,
        )  # fmt: skip
        assert [one[0] for one in end.operations] == [one[0] for one in undisturbed.operations], "the same operations, each once"


# ---------------------------------------------------------------- the last rouble


def meet_before(where: Any, name: str, barrier: threading.Barrier, met: list[str]) -> None:
    """In this process, a child: the first call waits until the other process has come there too."""
    does = getattr(where, name)

    def meet(*args: Any, **more: Any) -> Any:
        if name not in met:
            met.append(name)
            barrier.wait(SECONDS_MAX)
        return does(*args, **more)

    setattr(where, name, meet)


@pytest.mark.parametrize("is_whole", [True, False], ids=["in one go", "stage by stage"])
def test_the_last_rouble_from_two_providers_goes_to_one(
    is_whole: bool, tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = ((PROVIDER, "G-1", "Парусники"), (SCHOOL, "G-3", "Шахматы"))
    if not is_whole:
        monkeypatch.setattr(intake, "is_whole", lambda collected, known: False)
    district = District(nominals=["100.00"], groups=(*groups, (PROVIDER, "G-2", "Гребцы")))
    with town(tmp_path, district) as running, postgres.database() as url, prepared(running, url) as gateway:
        running.mapping()
        only_one = {1: dict.fromkeys((2, 9, 13, 16, 20, 23, 27, 30), "Н")}
        sheets = [(running.sheet(f"{group}.xlsx", rows_of([1], only_one), title=title), provider) for provider, group, title in groups]
        # The month is there, so that nobody waits for who writes it down first.
        all_absent = running.sheet("absent.xlsx", rows_of([1], {1: dict.fromkeys(LESSON_DAYS, "Н")}), title="Гребцы")
        taken_in(running, url, all_absent, PROVIDER)
        facts_read, at_the_account = _forks.Barrier(2), _forks.Barrier(2)

        def work(path: Path, provider: str) -> list[str]:
            """Wait for the other twice: with the register's facts read, and before the account (or with all decided, before booking)."""
            met: list[str] = []
            meet_before(intake, "_stored", facts_read, met)
            if is_whole:
                meet_before(store_whole, "hold_accounts", at_the_account, met)
            else:
                meet_before(Flow, "book_listed", at_the_account, met)
            taken_in(running, url, path, provider)
            return met

        told = all_told([functools.partial(work, *one) for one in sheets])
        assert told == [["_stored", "hold_accounts" if is_whole else "book_listed"]] * 2, "both stood before the account at the same time"
        gateway.run()
        assert running.statement() == (1, 0, 10_000)
        counts = gateway.counts()
        assert (counts["charged"], counts["refused"]) == (1, {"A07": 1})
        sums(running, gateway)


# ---------------------------------------------------------------- the same fact


def test_the_same_fact_a_thousand_times_in_fifty_threads_is_one_debit(postgres_url: str) -> None:
    threads, times = 50, 20
    engine = open_engine(postgres_url)
    store_register.save_certificates(engine, "register", [certificate_fact("cert-1", "k-1", 100_000)], "c", NOW)
    start = threading.Barrier(threads)
    said: list[int] = []
    answers: set[tuple[Any, ...]] = set()
    sent: list[str] = []
    failures: list[BaseException] = []

    def work() -> None:
        start.wait(SECONDS_MAX)
        try:
            for number in range(times):
                say(engine, "club", [a_word()], {"k-1": "town"})
                said.append(number)
                decide_all(engine, lambda one: charged())
                book_all(engine)
                taken = take(engine)
                sent.extend(one.id for one in taken)
                if taken:
                    store_post.settle(engine, [Answered(one, "accepted", "N", None, None) for one in taken], calendar_year, NOW)
                with reading(engine) as connection:
                    columns = t.claim.c
                    answers.update(tuple(row) for row in connection.execute(sa.select(columns.key, columns.answer, columns.amount)))
        except BaseException as failure:
            failures.append(failure)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    assert failures == [] and len(said) == threads * times == 1000
    with reading(engine) as connection:
        (operation,) = connection.execute(sa.select(t.operation)).mappings().all()
        (claim,) = connection.execute(sa.select(t.claim)).mappings().all()
        assert store_ledger.faults(connection) == []
        (balance,) = store_ledger.balances(connection, "town", ["cert-1"]).values()
    assert sent == [operation["id"]] == [debit_id(claim["key"], 0)]
    assert (claim["live"], claim["debits"]) == (operation["id"], 1)
    assert (balance.free, balance.held, balance.paid) == (90_000, 0, 10_000)
    # Until it was decided for the first time it had no answer; after that, only this one.
    assert {answer for answer in answers if answer[1] is not None} == {(claim["key"], "charged", 10_000)}
    engine.dispose()


def test_as_many_writers_as_there_are_connections_still_get_their_ids(postgres_url: str) -> None:
    """An id is taken in a transaction of its own: whoever holds a connection must not wait for those of others who wait likewise."""
    engine = open_engine(postgres_url)
    at_once = 30
    everybody = threading.Barrier(15)
    ids: list[int] = []
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with writing(engine) as connection:
                connection.execute(sa.select(sa.literal(1)))
                if number < 15:
                    everybody.wait(SECONDS_MAX)  # the pool has no connection left
                ids.append(reserve_ids(connection, "town", "claim", 1))
        except BaseException as failure:
            failures.append(failure)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(at_once)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert failures == [] and sorted(ids) == list(range(1, at_once + 1))
    engine.dispose()


# ---------------------------------------------------------------- asleep for too long

PAUSED_MS = 400


def stop_here(where: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the first call stops its process as SIGSTOP from outside would, before it does anything."""
    does = getattr(where, name)
    stopped: list[bool] = []

    def stop_first(*args: Any, **more: Any) -> Any:
        if not stopped:
            stopped.append(True)
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # another thread would be stopped later, and this one go on
        return does(*args, **more)

    monkeypatch.setattr(where, name, stop_first)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def wait_until_stopped(process: int) -> None:
    _, status = os.waitpid(process, os.WUNTRACED)
    assert os.WIFSTOPPED(status), f"it ended instead: {os.waitstatus_to_exitcode(status)}"


MOMENTS = {
    "whole": (store_whole.WholeWork, "save"),
    "match": (store_match, "save"),
    "decide": (store_decide, "save"),
    "book": (store_book.BookWork, "save"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_worker_asleep_with_work_in_its_hands_changes_nothing_when_it_wakes_up(
    moment: str, tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town(tmp_path, District(nominals=["500.00"] * 4)) as running, postgres.database() as url, prepared(running, url) as gateway:
        running.mapping()
        sheet = running.sheet("october.xlsx", rows_of(range(1, 5), {2: {6: "Н"}}))

        def sleepy() -> dict[str, Any]:
            monkeypatch.setattr(store_engine, "PAUSED_MS_MAX", PAUSED_MS)
            if moment != "whole":
                monkeypatch.setattr(intake, "is_whole", lambda collected, known: False)
            stop_here(*MOMENTS[moment], monkeypatch)
            return taken_in(running, url, sheet, PROVIDER)

        process, pipe = in_a_process(sleepy)
        wait_until_stopped(process)
        database = name_of(url)

        def in_transaction() -> int:
            query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND state = 'idle in transaction'"
            return int(postgres.run(query)[0][0])

        wait_until(lambda: in_transaction() == 0, "the server has not thrown the sleeper out")

        report = running.take(gateway, sheet)
        assert report["counts"]["charged"] == 20 and report["counts"]["refused"] == {"A07": 15}
        before = ending(running, gateway, {})

        os.kill(process, signal.SIGCONT)
        code, told = wait_for(process, pipe, never, signal.SIGKILL)
        assert code == 1 and told.startswith("StoreUnavailable: ") and store_engine.ENDED in told
        assert ending(running, gateway, {}) == before
        assert gateway.run()["complete"] is True
        assert ending(running, gateway, {}) == before
        sums(running, gateway)


def test_a_worker_asleep_over_its_sending_sends_what_another_has_sent_and_saves_nothing(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town(tmp_path, District(nominals=["500.00"] * 4)) as running, postgres.database() as url, prepared(running, url) as gateway:
        running.mapping()
        sheet = running.sheet("october.xlsx", rows_of(range(1, 5)))

        def sleepy() -> dict[str, Any]:
            stop_here(HttpRegister, "send", monkeypatch)
            return taken_in(running, url, sheet, PROVIDER)

        process, pipe = in_a_process(sleepy)
        wait_until_stopped(process)
        with gateway.engine.connect() as connection:
            taken = connection.execute(sa.select(t.operation.c.tries).where(t.operation.c.state == "sending")).scalars().all()
        assert taken and set(taken) == {1}, "it sleeps over what it was to send"
        assert running.statement() == (0, 0, 0)
        gateway.run()
        assert running.statement() == (0, 0, 0), "as long as its lease lasts it is left alone"

        running.stand_at("2025-11-05T10:30:00+03:00")
        gateway.run()
        assert running.statement() == (20, 0, 200_000)
        before = ending(running, gateway, {})
        os.kill(process, signal.SIGCONT)
        code, told = wait_for(process, pipe, never, signal.SIGKILL)
        assert code == 0, told
        assert ending(running, gateway, {}) == before
        sums(running, gateway)
