"""The schedule of `gateway serve`, in processes of its own against a real register and a club's emulated system."""

from __future__ import annotations

import datetime as dt
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.alfacrm.emulator import AlfaCrmEmulator
from gateway.bootstrap import open_gateway
from gateway.plugins.testing import Fault
from gateway.scheduler import Scheduler
from tests.builders.served import environment, logins, node, schedule_of, until, write_home
from tests.builders.town import NOW, Databases, District, InTheirHomes, Town, certificate, free_port, load, navigator_at, sums, town
from tests.flow.test_sync import a_club

NIGHTLY = '[schedule]\nreconcile_at = "23:59"\n'
"""The jobs of the day are not in the way."""


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, District(nominals=("5000.00",) * 3), databases) as one:
        yield one


@pytest.fixture
def crm() -> Iterator[AlfaCrmEmulator]:
    with AlfaCrmEmulator(a_club()) as found:
        assert isinstance(found, AlfaCrmEmulator)
        yield found


@pytest.fixture
def env(running: Town, crm: AlfaCrmEmulator) -> dict[str, str]:
    return home_of(running, crm)


def home_of(running: Town, crm: AlfaCrmEmulator, schedule: str = NIGHTLY, more: str = "") -> dict[str, str]:
    home = running.folder / "gateway"
    write_home(home, crm, schedule, running.databases.at(home), more)
    return environment(home, running.url, crm)


def jobs(running: Town) -> dict[str, dict[str, Any]]:
    return schedule_of(running, database=running.databases.at(running.folder / "gateway"))


def has_ended(running: Town, job: str, outcome: str) -> bool:
    last = jobs(running)[job]["last"]
    return last is not None and last["outcome"] == outcome


def test_what_a_source_says_reaches_the_register_by_itself(running: Town, crm: AlfaCrmEmulator, env: dict[str, str]) -> None:
    with node(env) as one:
        until(lambda: has_ended(running, "sync:crm", "done") and has_ended(running, "post", "done"), "both jobs done")
        assert running.statement() == (27, 0, 270_000)
        sync = jobs(running)["sync:crm"]
        assert sync["last"]["said"] == "new: 27" and sync["running"] is None and sync["every_minutes"] == 15
        assert sync["next_at"] > "2025-11-05T07:13"
        page = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", one.get("/?lang=en").text))
        assert "Ask the source crm every 15 min" in page and "done new: 27" in page
        assert one.get("/ready").json()["status"] == "ready"
        assert one.ended_after() == (0, pytest.approx(0, abs=10))
    sums(running, running.gateway(database=running.databases.at(running.folder / "gateway")))


def test_of_two_nodes_one_asks_a_source(running: Town, crm: AlfaCrmEmulator, env: dict[str, str]) -> None:
    crm.thinks_seconds = 0.1
    with node(env), node(env):
        until(lambda: has_ended(running, "sync:crm", "done"), "the source read")
        time.sleep(3)  # the other one has looked by then as well
        assert logins(crm) == 1
        assert running.statement() == (27, 0, 270_000)


def test_a_node_that_is_killed_is_followed_by_the_other(running: Town, crm: AlfaCrmEmulator, env: dict[str, str]) -> None:
    crm.thinks_seconds = 3600.0  # the reading hangs
    with node(env) as first:
        until(lambda: crm.connections and jobs(running)["sync:crm"]["running"], "the first hangs")
        assert jobs(running)["sync:crm"]["running"]["by"].endswith(f"/{first.process.pid}")
        first.kill()
    assert jobs(running)["sync:crm"]["running"] is None  # it is seen to be gone
    crm.thinks_seconds = 0.0
    with node(env):
        until(lambda: has_ended(running, "sync:crm", "done"), "the second read it")
        assert running.statement() == (27, 0, 270_000)


def test_a_stop_in_the_middle_of_a_hanging_reading_takes_seconds_and_loses_nothing(
    running: Town, crm: AlfaCrmEmulator, env: dict[str, str]
) -> None:
    crm.thinks_seconds = 3600.0
    with node(env) as one:
        until(lambda: crm.connections and jobs(running)["sync:crm"]["running"], "the reading hangs")
        one.process.send_signal(signal.SIGTERM)
        until(lambda: one.get("/ready").json()["status"] == 503, "not ready while it stops", 5)
        assert one.get("/ready").json()["checks"]["stopping"] is True
        begun = time.monotonic()
        assert one.process.wait(30) == 0
        assert time.monotonic() - begun < 12
    assert jobs(running)["sync:crm"]["running"] is None
    crm.thinks_seconds = 0.0
    with node(env) as one:
        until(lambda: has_ended(running, "sync:crm", "done"), "read after all")
        assert running.statement() == (27, 0, 270_000)
        code, seconds = one.ended_after(signal.SIGINT)
        assert code == 0 and seconds < 5  # nothing was under way


def test_a_revoked_key_is_told_with_its_cure_and_the_other_jobs_go_on(running: Town, crm: AlfaCrmEmulator, env: dict[str, str]) -> None:
    crm.key = "another"
    with node(env) as one:
        until(lambda: has_ended(running, "sync:crm", "mend") and has_ended(running, "post", "done"), "the key refused, the post done")
        last = jobs(running)["sync:crm"]["last"]
        assert last["failures"] == 1 and "key" in last["said"] + last["cure"]
        page = one.get("/?lang=ru").text
        assert last["cure"] not in page and "нужно исправить" in page and "источников с бедой: 1" in page
    assert "kit-key" not in page and env["CRM_KEY"] not in page


def test_a_register_that_is_away_is_waited_for(tmp_path: Path, crm: AlfaCrmEmulator) -> None:
    load(tmp_path, District(nominals=("5000.00",) * 3))
    port = free_port()
    running = Town(tmp_path, f"http://127.0.0.1:{port}", databases=InTheirHomes())
    env = home_of(running, crm)
    with node(env) as one:
        until(lambda: has_ended(running, "post", "later") and has_ended(running, "sync:crm", "later"), "the register missed")
        assert one.get("/health").status_code == 200 and one.get("/ready").status_code == 503
        last = jobs(running)["post"]["last"]
        assert last["failures"] == 1 and "cannot be reached" in last["said"] and last["cure"]
    gateway = running.gateway()  # what failed rests; nobody waits for that here
    due_now(gateway, "post")
    due_now(gateway, "sync:crm")
    gateway.engine.dispose()
    with navigator_at(tmp_path, port), node(env):
        until(lambda: has_ended(running, "post", "done") and has_ended(running, "sync:crm", "done"), "all done")
        assert running.statement() == (27, 0, 270_000)
        assert jobs(running)["post"]["last"]["failures"] == 0


def due_now(gateway: Any, job: str) -> None:
    with gateway.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE scheduled_job SET next_at = '2025-11-05T06:00:00.000+00:00' WHERE job = '{job}'")


def test_pages_alone_ask_nobody(running: Town, crm: AlfaCrmEmulator, env: dict[str, str]) -> None:
    with node(env, "--pages-only") as one:
        assert one.get("/").status_code == 200
        time.sleep(2)
        assert logins(crm) == 0 and all(job["last"] is None for job in jobs(running).values())
        code, seconds = one.ended_after()
        assert code == 0 and seconds < 5


def test_jobs_come_and_go_with_the_settings_and_what_failed_is_done_again(running: Town, crm: AlfaCrmEmulator, env: dict[str, str]) -> None:
    """In this process, which looks every second."""
    home = running.folder / "gateway"
    off = "[schedule]\nsync_minutes = 0\npost_minutes = 0\nreconcile_at = ''\n"
    home_of(running, crm, off)
    scheduler = Scheduler(lambda: open_gateway(None, "ru", env), lambda: NOW, look_seconds=1)
    scheduler.start()
    try:
        time.sleep(2)
        assert logins(crm) == 0 and all(job["next_at"] is None for job in jobs(running).values())
        crm.fail(Fault.FORBIDDEN)
        home_of(running, crm)
        until(lambda: has_ended(running, "sync:crm", "mend"), "the reading refused")
        crm.heal()
        asked = logins(crm)
        time.sleep(2)
        assert logins(crm) == asked  # it rests
        gateway = running.gateway(database=running.databases.at(home))
        due_now(gateway, "sync:crm")
        gateway.engine.dispose()
        until(lambda: has_ended(running, "sync:crm", "done"), "read at the next look")
    finally:
        assert scheduler.stop()
    assert scheduler.is_stopping


def test_a_mistake_of_the_program_is_told_and_its_words_are_not(
    running: Town, crm: AlfaCrmEmulator, env: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"certificate {certificate(1)}")

    monkeypatch.setattr("gateway.bootstrap.Gateway.sync", broken)
    scheduler = Scheduler(lambda: open_gateway(None, "ru", env), lambda: NOW, look_seconds=1)
    scheduler.start()
    try:
        until(lambda: has_ended(running, "sync:crm", "failed"), "the mistake told")
    finally:
        assert scheduler.stop()
    last = jobs(running)["sync:crm"]["last"]
    assert "RuntimeError" in last["said"] and "--debug" in last["cure"] and "4700000001" not in last["said"] + last["cure"]
    assert "RuntimeError" in caplog.text and "4700000001" not in caplog.text


def test_a_job_leaves_off_between_two_steps_and_is_left_to_the_next_node(
    running: Town, crm: AlfaCrmEmulator, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []

    def long_work(_gateway: object, progress: Callable[[str, int], None]) -> None:
        for step in range(600):
            steps.append(step)
            progress("step", 1)
            time.sleep(0.1)

    monkeypatch.setattr("gateway.bootstrap.Gateway.run", long_work)
    scheduler = Scheduler(lambda: open_gateway(None, "ru", env), lambda: NOW, look_seconds=1)
    scheduler.start()
    until(lambda: steps, "the work begun")
    begun = time.monotonic()
    assert scheduler.stop(20)
    assert time.monotonic() - begun < 10 and len(steps) < 300
    left = jobs(running)["post"]
    assert left["running"] is None and left["last"] is None and left["next_at"] == NOW.astimezone(dt.UTC).isoformat()
