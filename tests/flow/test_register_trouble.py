"""Whatever the register does, nothing is lost and nothing doubles: it dies, rejects, loses replies, and hears two gateways."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from gateway.bootstrap import Gateway
from gateway.core.claims import claim_key, debit_id
from gateway.store import tables as t
from tests.builders.facts import day
from tests.builders.sheets import Row
from tests.builders.town import (
    GROUP,
    NOW,
    PROVIDER,
    Databases,
    District,
    Town,
    certificate,
    child_name,
    free_port,
    load,
    navigator_at,
    rows_of,
    sums,
    town,
)

DISTRICT = District(nominals=("1000.00", "1000.00", "250.00"))


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, DISTRICT, databases) as one:
        yield one


def states(gateway: Gateway) -> dict[str, int]:
    columns = t.operation.c
    with gateway.engine.connect() as connection:
        return {state: number for state, number in connection.execute(sa.select(columns.state, sa.func.count()).group_by(columns.state))}


def balance(gateway: Gateway, number: int) -> dict[str, str]:
    answer = gateway.certificate(certificate(number))
    return {name: answer[name] for name in ("free", "held", "paid")}


def first_debit(child: int, on: int) -> str:
    return debit_id(claim_key(PROVIDER, f"k-{child}", GROUP, day(on), 1), 0)


# ---------------------------------------------------------------- a register that rejects and cuts what the test chooses


class Between:
    """A register between the gateway and the Navigator.

    ``rejects``: whether an operation is rejected without being passed on; ``cuts``: how many requests with operations do their work while
    the connection is cut before the answer; ``hides_movements``: the feed of movements stands still; ``stale``: how many requests
    arrive as from a gateway that knows another last acceptance.
    """

    def __init__(self, navigator: str) -> None:
        self.navigator = navigator
        self.rejects: Callable[[dict[str, Any]], bool] = lambda operation: False
        self.cuts = 0
        self.hides_movements = False
        self.stale = 0
        self.seen: list[dict[str, Any]] = []
        self.rejected = 0

    def operations(self, body: dict[str, Any]) -> dict[str, Any] | None:
        operations = body["operations"]
        self.seen += operations
        if self.stale:
            self.stale -= 1
            operations = [one | {"after": "0" * 32} if one["kind"] != "attendance" else one for one in operations]
        passed = [one for one in operations if not self.rejects(one)]
        answers = {}
        if passed:
            got = requests.post(f"{self.navigator}/register/v1/operations", json={"operations": passed}, timeout=30).json()["answers"]
            answers = {one["id"]: one for one in got}
        if self.cuts:
            self.cuts -= 1
            return None
        no = {
            "outcome": "rejected",
            "reason": {"code": "test", "ru": "сертификат закрыт", "en": "closed"},
            "cure": {"ru": "откройте", "en": "open"},
        }
        self.rejected += len(operations) - len(passed)
        return {"answers": [answers.get(one["id"], {"id": one["id"], **no}) for one in operations]}


@contextmanager
def between(navigator: str) -> Iterator[tuple[Between, str]]:
    register = Between(navigator)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            """Silence."""

        def do_GET(self) -> None:
            if register.hides_movements and "/movements" in self.path:
                got = requests.get(f"{navigator}/register/v1/movements", params={"limit": 1}, timeout=30).json()
                since = self.path.partition("since=")[2].partition("&")[0]
                self._send({"items": [], "cursor": since or "0", "more": False} if got else got)
                return
            answer = requests.get(navigator + self.path, timeout=30)
            self._send(answer.json(), answer.status_code)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self.path.endswith("/operations"):
                answer = requests.post(navigator + self.path, json=body, timeout=30)
                self._send(answer.json(), answer.status_code)
                return
            found = register.operations(body)
            if found is None:
                self.close_connection = True
                self.connection.close()
                return
            self._send(found)

        def _send(self, body: Any, status: int = 200) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield register, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


# ---------------------------------------------------------------- rejected


def test_a_rejected_debit_frees_its_money_tells_the_reason_and_holds_nobody_up(running: Town) -> None:
    with between(running.url) as (register, url):
        gateway = running.gateway(url=url)
        chosen = first_debit(1, 6)
        register.rejects = lambda one: one["id"] == chosen
        report = running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3])))
        assert register.rejected == 1

        (refused,) = [one for one in report["marks"] if one["date"] == "2025-10-06" and one["certificate"] == certificate(1)]
        assert (refused["answer"], refused["amount"], [one["rule"] for one in refused["reasons"]]) == ("refused", None, ["R01"])
        assert "сертификат закрыт" in refused["reasons"][0]["reason"] and refused["reasons"][0]["cure"] == "откройте"
        assert report["counts"]["refused"] == {"A07": 7, "R01": 1}
        assert report["counts"]["charged"] == 8 + 9 + 2
        assert balance(gateway, 1) == {"free": "200.00", "held": "0.00", "paid": "800.00"}
        assert running.statement() == (19, 0, 190_000)
        assert gateway.ledger_faults() == []
        # The attendance went, whatever the money's answer.
        assert running.attendance()["attended"] == 27

        # Without a new fact nothing is tried again.
        sent = len(register.seen)
        gateway.run()
        assert len(register.seen) == sent

        # A new fact tries it again under the same id.
        register.rejects = lambda one: False
        running.change({"op": "nominal", "certificate": certificate(1), "amount": "1000.01"})
        gateway.run()
        assert [one["id"] for one in register.seen[sent:]] == [chosen]
        assert running.statement() == (20, 0, 200_000)
        sums(running, gateway)


def test_money_that_a_rejection_frees_pays_for_what_lacked_it(running: Town) -> None:
    with between(running.url) as (register, url):
        gateway = running.gateway(url=url)
        chosen = first_debit(3, 2)
        register.rejects = lambda one: one["id"] == chosen
        report = running.take(gateway, running.sheet("october.xlsx", rows_of([3])))
        answers = {one["date"]: (one["answer"], [each["rule"] for each in one["reasons"]]) for one in report["marks"]}
        assert answers["2025-10-02"] == ("refused", ["R01"])
        # 250 roubles and 100 a lesson: the 6th was booked, and the 9th got what the rejection freed.
        assert [date for date, (answer, _) in answers.items() if answer == "charged"] == ["2025-10-06", "2025-10-09"]
        assert balance(gateway, 3) == {"free": "50.00", "held": "0.00", "paid": "200.00"}
        sums(running, gateway)


def test_a_rejected_reversal_or_attendance_is_a_difference_until_it_is_taken(running: Town) -> None:
    with between(running.url) as (register, url):
        gateway = running.gateway(url=url)
        running.take(gateway, running.sheet("october.xlsx", rows_of([1])))
        register.rejects = lambda one: one["kind"] in ("reversal", "attendance")
        running.take(gateway, running.sheet("october-2.xlsx", rows_of([1], {1: {6: "Н"}})))
        assert register.rejected == 2
        assert balance(gateway, 1)["paid"] == "900.00"
        found = gateway.reconcile("2025-10")["differences"]
        assert sorted(one["class"] for one in found) == ["rejected", "rejected"]
        register.rejects = lambda one: False
        running.take(gateway, running.sheet("october-3.xlsx", rows_of([1], {1: {6: "Б"}})))
        assert running.statement() == (9, 1, 80_000)
        assert running.attendance() == {"attended": 8, "absent": 0, "excused": 1}
        sums(running, gateway)


# ---------------------------------------------------------------- unanswered


def test_a_reply_that_is_lost_keeps_the_hold_and_is_asked_for_under_the_same_id(running: Town) -> None:
    with between(running.url) as (register, url):
        gateway = running.gateway(url=url)
        register.cuts = 1
        report = running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3])))
        assert register.cuts == 0 and report["complete"] is False
        assert running.statement() == (20, 0, 200_000), "the register did the work"
        assert states(gateway) == {"unanswered": 47}
        assert balance(gateway, 1) == {"free": "100.00", "held": "900.00", "paid": "0.00"}
        assert gateway.status()["under_way"]["unanswered"] == 47
        assert gateway.ledger_faults() == []
        # A claim with an operation under way waits for its answer.
        sent = [one["id"] for one in register.seen]
        gateway.run()
        assert {one["id"] for one in register.seen[len(sent) :]} <= set(sent)
        assert running.statement() == (20, 0, 200_000)
        assert balance(gateway, 1) == {"free": "100.00", "held": "0.00", "paid": "900.00"}
        sums(running, gateway)


def test_what_changes_while_a_reply_is_lost_is_booked_once_it_is_found(running: Town) -> None:
    with between(running.url) as (register, url):
        gateway = running.gateway(url=url)
        register.cuts = 1
        running.take(gateway, running.sheet("october.xlsx", rows_of([1])))
        assert register.cuts == 0
        register.cuts = 2
        running.take(gateway, running.sheet("october-2.xlsx", rows_of([1], {1: {6: "Н"}})))
        for hour in (12, 14, 16, 18):
            running.stand_at(f"2025-11-05T{hour}:00:00+03:00")
            gateway.run()
        assert register.cuts == 0
        assert running.statement() == (9, 1, 80_000)
        assert running.attendance() == {"attended": 8, "absent": 1, "excused": 0}
        sums(running, gateway)


def test_a_register_that_dies_while_it_is_being_told_is_told_again_when_it_is_back(tmp_path: Path) -> None:
    district = District(nominals=["2000.00"] * 20, groups=((PROVIDER, GROUP, "Парусники"), (PROVIDER, "G-2", "Гребцы")))
    load(tmp_path, district)
    port = free_port()
    running = Town(tmp_path, f"http://127.0.0.1:{port}")
    gateway = running.gateway()
    rows = rows_of(range(1, 21))
    path = running.sheet("october.xlsx", rows, more={"Гребцы": rows})
    with navigator_at(tmp_path, port) as process:
        died = threading.Thread(target=_kill_once_it_is_told, args=(process.pid, tmp_path / "gateway" / "gateway.sqlite"))
        died.start()
        report = running.take(gateway, path)
        died.join()
        assert process.wait(10) == -signal.SIGKILL
    assert report["complete"] is False
    before = states(gateway)
    assert before.get("unanswered", 0) > 0, before
    assert sum(before.values()) == 720
    assert gateway.ledger_faults() == []
    held = [balance(gateway, number) for number in range(1, 21)]
    assert all(float(one["held"]) + float(one["paid"]) == 1800 and one["free"] == "200.00" for one in held)

    # While it is away nothing is lost and nothing else happens.
    with pytest.raises(Exception, match=r".+"):
        gateway.run()
    assert states(gateway) == before
    with navigator_at(tmp_path, port):
        assert gateway.run()["complete"] is True
        assert running.statement() == (360, 0, 3_600_000)
        sums(running, gateway)


def _kill_once_it_is_told(process: int, database: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
                if connection.execute("SELECT count(*) FROM operation WHERE state = 'sending'").fetchone()[0]:
                    break
        except sqlite3.OperationalError:
            pass
        time.sleep(0.001)
    os.kill(process, signal.SIGKILL)


# ---------------------------------------------------------------- two gateways, and a gateway that has lost everything


def test_a_second_gateway_that_takes_the_same_sheet_doubles_nothing(running: Town) -> None:
    path = running.sheet("october.xlsx", rows_of([1, 2, 3], {1: {6: "Н"}}))
    running.take(running.gateway(), path)
    before = running.statement()
    second = running.gateway("second")
    report = running.take(second, path)
    assert report["new"] == 27 and report["complete"]
    assert running.statement() == before
    sums(running, second)
    sums(running, running.gateway())


def test_a_second_gateway_that_cannot_see_the_first_ones_movements_doubles_nothing_either(running: Town) -> None:
    path = running.sheet("october.xlsx", rows_of([1, 2, 3]))
    first = running.gateway()
    running.take(first, path)
    before = running.statement()
    with between(running.url) as (register, url):
        register.hides_movements = True
        second = running.gateway("second", url=url)
        assert running.take(second, path)["complete"]
        assert {one["kind"] for one in register.seen} == {"debit", "attendance"}, "it did send them"
        assert running.statement() == before
        register.hides_movements = False
        second.run()
        sums(running, second)


def test_a_gateway_that_is_far_behind_catches_up(running: Town) -> None:
    """The first gateway's claim went on to its second debit; the second one knows the first debit only, and wants to take it back."""
    first = running.gateway()
    running.take(first, running.sheet("1.xlsx", rows_of([1])))
    with between(running.url) as (register, url):
        second = running.gateway("second", url=url)
        running.take(second, running.sheet("1.xlsx", rows_of([1])))
        running.take(first, running.sheet("2.xlsx", rows_of([1], {1: {6: "Н"}})))
        running.take(first, running.sheet("3.xlsx", rows_of([1], {1: {9: "Н"}})))
        assert running.statement() == (10, 2, 80_000)
        register.hides_movements = True
        running.take(second, running.sheet("4.xlsx", rows_of([1], {1: {6: "Н"}})))
        register.hides_movements = False
        running.take(second, running.sheet("4.xlsx", rows_of([1], {1: {6: "Н"}})))
        assert second.ledger_faults() == []
        debits, reversals, total = running.statement()
        answer = second.reconcile("2025-10")
        assert answer["accepted_kopecks"] == answer["register_kopecks"] == total
        assert debits - reversals == total // 10_000


def test_a_register_that_says_behind_and_shows_nothing_new_is_told_as_a_rejection(running: Town) -> None:
    with between(running.url) as (register, url):
        gateway = running.gateway(url=url)
        register.stale = 1
        report = running.take(gateway, running.sheet("1.xlsx", rows_of([1])))
        assert report["complete"] and report["counts"]["refused"] == {"R01": 9}
        assert balance(gateway, 1) == {"free": "1000.00", "held": "0.00", "paid": "0.00"}
        assert running.statement() == (0, 0, 0)
        assert gateway.ledger_faults() == []
        running.change({"op": "nominal", "certificate": certificate(1), "amount": "1000.01"})
        gateway.run()
        assert running.statement() == (9, 0, 90_000)
        sums(running, gateway)


def test_a_register_that_always_says_behind_does_not_keep_a_run_for_ever(running: Town) -> None:
    with between(running.url) as (register, url):
        gateway = running.gateway(url=url)
        running.take(gateway, running.sheet("1.xlsx", rows_of([1])))
        register.stale = 40
        running.take(gateway, running.sheet("2.xlsx", rows_of([1], {1: {6: "Н"}})))
        assert 0 < register.stale < 40, "forty rounds, and no end of it"
        assert running.statement() == (9, 0, 90_000)
        assert balance(gateway, 1)["paid"] == "900.00"
        assert gateway.ledger_faults() == []


def test_a_fresh_database_adopts_what_the_register_has_and_takes_nothing_back(running: Town) -> None:
    path = running.sheet("october.xlsx", rows_of([1, 2, 3], {1: {6: "Н"}}))
    running.take(running.gateway(), path)
    before = running.statement()
    running.databases.lose(running.folder / "gateway")
    shutil.rmtree(running.folder / "gateway")

    fresh = running.gateway()
    fresh.run()
    assert running.statement() == before, "what nobody says here any more was said once"
    assert balance(fresh, 1) == {"free": "200.00", "held": "0.00", "paid": "800.00"}
    assert fresh.ledger_faults() == []
    answer = fresh.reconcile("2025-10")
    assert answer["accepted_kopecks"] == answer["register_kopecks"] == before[2]
    without_fact = [one for one in answer["differences"] if one["here"] == "100.00"]
    assert len(without_fact) == before[0] and {one["class"] for one in without_fact} == {"moved_elsewhere"}
    # Nor does a new fact about anything else.
    running.change({"op": "nominal", "certificate": certificate(2), "amount": "1500.00"})
    fresh.run()
    assert running.statement() == before

    running.take(fresh, path)
    assert running.statement() == before
    sums(running, fresh)


def test_a_fresh_database_knows_how_often_the_attendance_was_told(running: Town) -> None:
    first = running.gateway()
    running.take(first, running.sheet("1.xlsx", rows_of([1])))
    running.take(first, running.sheet("2.xlsx", rows_of([1], {1: {6: "Н", 9: "Б"}})))
    fresh = running.gateway("fresh")
    report = running.take(fresh, running.sheet("2.xlsx", rows_of([1], {1: {6: "Н", 9: "Б"}})))
    assert report["complete"] and report["counts"]["refused"] == {}
    assert running.statement() == (9, 2, 70_000)
    assert running.attendance() == {"attended": 7, "absent": 1, "excused": 1}
    sums(running, fresh)


def test_a_fresh_database_that_reads_another_sheet_takes_back_what_that_sheet_denies(running: Town) -> None:
    running.take(running.gateway(), running.sheet("october.xlsx", rows_of([1, 2])))
    fresh = running.gateway("fresh")
    report = running.take(fresh, running.sheet("october-2.xlsx", rows_of([1, 2], {1: {6: "Н"}})))
    assert report["counts"]["not_charged"] == {"absent": 1}
    assert running.statement() == (18, 1, 170_000)
    assert fresh.ledger_faults() == []


def test_a_row_deleted_after_a_fresh_start_is_an_adopted_debit_without_a_fact(running: Town) -> None:
    running.take(running.gateway(), running.sheet("october.xlsx", rows_of([1, 2])))
    fresh = running.gateway("fresh")
    running.take(fresh, running.sheet("october-2.xlsx", rows_of([1])))
    assert running.statement() == (18, 0, 180_000)
    kept = [one for one in fresh.reconcile("2025-10")["differences"] if one["here"] == "100.00"]
    assert len(kept) == 9
    # Once it has been said here, its deletion is this gateway's own to tell.
    running.take(fresh, running.sheet("october-3.xlsx", rows_of([1, 2])))
    sums(running, fresh)
    running.take(fresh, running.sheet("october-4.xlsx", rows_of([1])))
    assert running.statement() == (18, 9, 90_000)


# ---------------------------------------------------------------- the register's own switch


def test_its_own_fault_switch_rejects_the_next_items_and_is_told_in_the_report(running: Town) -> None:
    running.fault({"fault": "reject_next", "next": 2})
    gateway = running.gateway()
    report = running.take(gateway, running.sheet("october.xlsx", [Row(child_name(1), certificate(1))]))
    refused = [one for one in report["marks"] if one["answer"] == "refused"]
    assert [[each["rule"] for each in one["reasons"]] for one in refused] == [["R01"]]  # the first debit; the other item is its attendance
    assert report["complete"] and gateway.ledger_faults() == []
    running.change({"op": "nominal", "certificate": certificate(1), "amount": "1000.01"})
    gateway.run()
    assert running.statement() == (9, 0, 90_000)
    sums(running, gateway)


def test_a_dropped_reply_is_found_again(running: Town) -> None:
    running.fault({"fault": "drop_reply", "next": 1})
    gateway = running.gateway()
    assert running.take(gateway, running.sheet("october.xlsx", rows_of([1])))["complete"] is False
    assert gateway.run()["complete"] is True
    assert running.statement() == (9, 0, 90_000)
    sums(running, gateway)


def test_the_clock_of_a_town_stands_still(running: Town) -> None:
    assert requests.get(f"{running.url}/register/v1/health", timeout=5).json()["now"].startswith(NOW.isoformat()[:16])
