"""Posting: order per certificate, a circuit that opens, answers by their ids, a register that must be asked first, several processes."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from gateway.bootstrap import Gateway
from gateway.core.post import Operation
from gateway.flow import post as flow_post
from gateway.plugins.builtin.registers.http import HttpRegister
from gateway.plugins.register import Answer, Capabilities, Outcome
from gateway.store import post as store_post
from gateway.store import tables as t
from gateway.store.engine import Engine
from tests.builders.town import NOW, PROVIDER, Databases, District, Town, rows_of, sums, town

CHILDREN = range(1, 13)


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, District(nominals=["1000.00"] * len(CHILDREN)), databases) as one:
        yield one


class Wire(HttpRegister):
    """The real connector, with what a test wants to see or to spoil of each call."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.sent: list[list[dict[str, Any]]] = []
        self.asked: list[list[str]] = []
        self.under_way: set[str] = set()
        self.met: list[str] = []
        self._lock = threading.Lock()

    def send(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        certificates = {one["certificate"] for one in operations}
        with self._lock:
            self.met += sorted(certificates & self.under_way)
            self.under_way |= certificates
            self.sent.append(list(operations))
        try:
            return self.answers(operations)
        finally:
            with self._lock:
                self.under_way -= certificates

    def answers(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        return super().send(operations)

    def lookup(self, ids: Sequence[str]) -> Sequence[Answer]:
        self.asked.append(list(ids))
        return super().lookup(ids)


def gateway_on(running: Town, wire: Wire) -> Gateway:
    gateway = running.gateway()
    gateway.__dict__["register"] = wire
    return gateway


def states(gateway: Gateway) -> dict[str, int]:
    columns = t.operation.c
    with gateway.engine.connect() as connection:
        return {state: number for state, number in connection.execute(sa.select(columns.state, sa.func.count()).group_by(columns.state))}


def fired(running: Town) -> dict[str, int]:
    answer: dict[str, int] = requests.get(f"{running.url}/test/v1/faults", timeout=10).json()["fired"]
    return answer


def take_october(running: Town, gateway: Gateway) -> None:
    running.take(gateway, running.sheet("october.xlsx", rows_of(CHILDREN)))


# ---------------------------------------------------------------- batches


def test_a_certificates_operations_keep_their_order_and_are_never_in_two_batches_at_once(
    running: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_post, "BATCH", 7)
    gateway = gateway_on(running, wire := Wire(running.url))
    take_october(running, gateway)
    assert len(wire.sent) > 4 * len(CHILDREN) / 7, "many batches"
    assert wire.met == []
    for child in CHILDREN:
        mine = [one for batch in wire.sent for one in batch if one["claim"]["child"] == f"k-{child}"]
        assert [one["claim"]["date"] for one in mine] == sorted(one["claim"]["date"] for one in mine)
    sums(running, gateway)


def test_a_lost_reply_keeps_back_the_certificates_that_it_was_about_and_no_others(running: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_post, "BATCH", 7)
    gateway = gateway_on(running, wire := Wire(running.url))
    wire.can = Capabilities(parallel=1)
    running.fault({"fault": "drop_reply", "next": 1})
    take_october(running, gateway)
    assert fired(running)["drop_reply"] == 1
    lost = {one["certificate"] for one in wire.sent[0]}
    waiting = gateway.outbox()["waiting"]
    assert {one["state"] for one in waiting} == {"unanswered", "to_send"}
    with gateway.engine.connect() as connection:
        columns = t.operation.c
        open_ones = {one for (one,) in connection.execute(sa.select(columns.certificate).where(columns.answered_at.is_(None)).distinct())}
    assert open_ones == lost
    assert 0 < len(wire.sent[0]) <= 7
    assert states(gateway)["unanswered"] == len(wire.sent[0])
    gateway.run()
    again = [one["id"] for batch in wire.sent[1:] for one in batch if one["id"] in {one["id"] for one in wire.sent[0]}]
    assert again and len(again) < len(wire.sent[0]), "the movements have told of the money; the attendance went again under the same ids"
    sums(running, gateway)


def test_what_is_rejected_stands_alone_and_the_other_ninety_nine_are_accepted(running: Town) -> None:
    gateway = gateway_on(running, wire := Wire(running.url))
    running.fault({"fault": "reject_next", "next": 1, "skip": 6})
    take_october(running, gateway)
    assert fired(running)["reject_next"] == 1
    assert states(gateway)["rejected"] == 1
    assert sum(states(gateway).values()) == sum(len(batch) for batch in wire.sent) == 12 * 9 * 2
    assert gateway.ledger_faults() == []


@pytest.mark.parametrize("parallel", [1, 4])
def test_what_was_taken_with_an_unanswered_operation_of_its_certificate_is_given_back(
    running: Town, monkeypatch: pytest.MonkeyPatch, parallel: int
) -> None:
    monkeypatch.setattr(flow_post, "BATCH", 5)
    gateway = gateway_on(running, wire := Wire(running.url))
    wire.can = Capabilities(parallel=parallel)
    running.fault({"fault": "drop_reply", "next": 1})
    running.take(gateway, running.sheet("october.xlsx", rows_of([1])))
    assert fired(running)["drop_reply"] == 1
    assert [len(batch) for batch in wire.sent] == [5]
    assert states(gateway) == {"unanswered": 5, "to_send": 13}
    gateway.run()
    assert wire.met == []
    sums(running, gateway)


def test_what_was_taken_too_long_ago_is_given_back_and_taken_anew(running: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Wire):
        """So slow the first time that what was taken with it waits for too long."""

        def answers(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
            if len(self.sent) == 1:
                monkeypatch.setattr(flow_post, "STOCK_SECONDS", -1)
            return super().answers(operations)

    given: list[str] = []

    def give_back(engine: Engine, operations: Sequence[Operation], *more: Any, **named: Any) -> None:
        monkeypatch.setattr(flow_post, "STOCK_SECONDS", 120)
        given.extend(one.id for one in operations)
        store_give_back(engine, operations, *more, **named)

    store_give_back = store_post.give_back
    monkeypatch.setattr(store_post, "give_back", give_back)
    monkeypatch.setattr(flow_post, "BATCH", 7)
    gateway = gateway_on(running, wire := Slow(running.url))
    wire.can = Capabilities(parallel=1)
    take_october(running, gateway)
    sent = [one["id"] for batch in wire.sent for one in batch]
    assert given and set(given) <= set(sent[len(wire.sent[0]) :])
    assert len(sent) == len(set(sent)) == 12 * 9 * 2
    sums(running, gateway)


@pytest.mark.parametrize(("idempotent", "most"), [(True, 7 * flow_post.STOCK_BATCHES), (False, 7)])
def test_of_a_register_that_must_be_asked_no_more_is_taken_than_is_sent(
    running: Town, monkeypatch: pytest.MonkeyPatch, idempotent: bool, most: int
) -> None:
    taken: list[int] = []

    class Counting(Wire):
        def answers(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
            taken.append(states(gateway)["sending"])
            return super().answers(operations)

    monkeypatch.setattr(flow_post, "BATCH", 7)
    gateway = gateway_on(running, wire := Counting(running.url))
    wire.can = Capabilities(parallel=1, idempotent=idempotent)
    take_october(running, gateway)
    assert max(taken) == most
    sums(running, gateway)


# ---------------------------------------------------------------- the circuit


def test_a_silent_register_is_left_alone_and_drains_at_once_when_it_is_back(running: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_post, "BATCH", 5)
    monkeypatch.setattr(flow_post, "PROBE", 5)
    gateway = gateway_on(running, wire := Wire(running.url))
    wire.can = Capabilities(parallel=1)
    running.fault({"fault": "down_until", "until": "2025-11-07T10:00:00+03:00"})
    take_october(running, gateway)
    assert fired(running)["down_until"] == len(wire.sent) == 3, "three batches without an answer, and no more"
    assert gateway.status()["register"]["link"]["circuit"] == "half_open"
    with gateway.engine.connect() as connection:
        columns = t.operation.c
        query = sa.select(columns.state, columns.tries, columns.sent_at.is_(None), sa.func.count())
        stands = {tuple(row) for row in connection.execute(query.group_by(*query.selected_columns[:3]))}
    told = sum(map(len, wire.sent))
    assert stands == {("unanswered", 1, False, told), ("to_send", 0, True, 12 * 9 * 2 - told)}, "what was taken with them was never sent"

    for hour in (11, 12, 13):
        running.stand_at(f"2025-11-05T{hour}:00:00+03:00")
        gateway.run()
    assert [len(batch) for batch in wire.sent[3:]] == [5, 5, 5], "one probe each time"
    assert gateway.outbox()["register"]["batches_unanswered"] == 6
    gateway.run()
    assert len(wire.sent) == 6 and gateway.outbox()["register"]["circuit"] == "open", "and none before its time"

    running.stand_at("2025-11-07T10:00:00+03:00")
    assert gateway.run()["complete"] is True
    assert gateway.outbox()["register"]["circuit"] == "closed" and gateway.outbox()["waiting"] == []
    for child in CHILDREN:
        first = {}
        for one in (one for batch in wire.sent for one in batch if one["claim"]["child"] == f"k-{child}"):
            first.setdefault(one["id"], one["claim"]["date"])
        assert list(first.values()) == sorted(first.values()), "order per certificate, two days later"
    sums(running, gateway)


def test_a_person_may_have_it_tried_at_once(running: Town) -> None:
    gateway = gateway_on(running, wire := Wire(running.url))
    running.fault({"fault": "drop_request", "next": 3})
    take_october(running, gateway)
    for _ in range(2):
        gateway.run()
    assert fired(running)["drop_request"] == 3
    sent = len(wire.sent)
    gateway.run()
    assert len(wire.sent) == sent, "it rests"
    waiting = gateway.outbox()["waiting"][0]
    assert waiting["tries"] == 3 and waiting["next_try_at"] > NOW.astimezone(dt.UTC).isoformat() and waiting["said"]
    assert gateway.outbox_retry(waiting["id"][:8]) == {"id": waiting["id"], "complete": True}, "it was answered, so nothing rests any more"
    sums(running, gateway)


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize("how", ["truncated", "garbage", "empty", "html", "other_shape", "torn"])
def test_a_corrupt_answer_is_no_answer(running: Town, how: str) -> None:
    gateway = gateway_on(running, Wire(running.url))
    running.fault({"fault": "corrupt", "how": how, "next": 1})
    take_october(running, gateway)
    assert fired(running)["corrupt"] == 1
    assert states(gateway) == {"unanswered": 12 * 9 * 2}
    gateway.run()
    sums(running, gateway)


def test_answers_that_are_late_swapped_or_duplicated_are_matched_by_their_ids(running: Town) -> None:
    class Shuffled(Wire):
        def answers(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
            found = list(super().answers(operations))
            stranger = Answer("f" * 32, Outcome.ACCEPTED, number="NAV-X")
            return [stranger, *reversed(found), *found[:5]]

    gateway = gateway_on(running, Shuffled(running.url))
    running.fault({"fault": "swap_answers", "how": "order", "next": 1})
    take_october(running, gateway)
    assert fired(running)["swap_answers"] == 1
    assert gateway.outbox()["register"]["answers_unasked"] >= 1
    sums(running, gateway)


def test_two_answers_that_differ_are_none(running: Town) -> None:
    class TwoTongues(Wire):
        def answers(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
            found = list(super().answers(operations))
            return [*found, Answer(found[0].id, Outcome.REJECTED, reason=flow_post._NO_ANSWER)] if len(self.sent) == 1 else found

    gateway = gateway_on(running, TwoTongues(running.url))
    take_october(running, gateway)
    assert states(gateway)["unanswered"] == 1
    gateway.run()
    sums(running, gateway)


# ---------------------------------------------------------------- a register that is not idempotent


def test_a_register_that_is_not_idempotent_is_asked_first_and_sent_to_only_after_the_fence(running: Town) -> None:
    gateway = gateway_on(running, wire := Wire(running.url))
    wire.can = Capabilities(idempotent=False, fence_seconds=900)
    running.fault({"fault": "drop_reply", "next": 1})
    take_october(running, gateway)
    assert fired(running)["drop_reply"] == 1 and wire.asked == []
    sent = len(wire.sent)
    gateway.run()
    assert len(wire.sent) == sent, "the movements and the lookup have told"
    sums(running, gateway)

    running.fault({"fault": "drop_request", "next": 1})
    running.take(gateway, running.sheet("october.xlsx", rows_of(CHILDREN, {1: {9: "Н"}})))
    assert fired(running)["drop_request"] == 1
    sent = len(wire.sent)
    running.stand_at((NOW + dt.timedelta(minutes=14)).isoformat())
    gateway.run()
    assert wire.asked and len(wire.sent) == sent, "not found, and it may still be on its way"
    running.stand_at((NOW + dt.timedelta(minutes=16)).isoformat())
    gateway.run()
    assert len(wire.sent) == sent + 1
    sums(running, gateway)


# ---------------------------------------------------------------- several processes


def test_a_worker_that_wakes_up_late_changes_nothing(running: Town) -> None:
    gateway = gateway_on(running, Wire(running.url))
    running.fault({"fault": "down_until", "until": "2025-11-05T10:30:00+03:00"})
    take_october(running, gateway)
    lease = store_post.Lease("elsewhere/1/1/x", NOW + dt.timedelta(minutes=10))
    taken = store_post.take_unanswered(gateway.engine, "town", lease, NOW)
    assert len(taken) > 0
    gateway.run()
    assert {one["state"] for one in gateway.outbox()["waiting"]} == {"sending"}, "somebody else has them, and his lease is not over"
    running.stand_at("2025-11-05T10:31:00+03:00")
    assert gateway.run()["complete"] is True
    before = states(gateway)
    rejected = [flow_post._answered(one, Answer(one.id, Outcome.REJECTED, reason=flow_post._NO_ANSWER)) for one in taken]
    store_post.settle(gateway.engine, rejected, gateway.rules.nominal_period, running.now)
    assert states(gateway) == before
    sums(running, gateway)


def test_what_a_dead_process_was_sending_is_taken_up_at_once(running: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = gateway_on(running, wire := Wire(running.url))

    class Killed(BaseException):
        """Not to be caught by anybody."""

    def dies(operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        HttpRegister.send(wire, operations)
        raise Killed

    wire.can = Capabilities(parallel=1)
    monkeypatch.setattr(wire, "answers", dies)
    with pytest.raises(Killed):
        take_october(running, gateway)
    assert states(gateway) == {"sending": 12 * 9 * 2}
    monkeypatch.undo()
    take_october(running, gateway)
    sums(running, gateway)


def test_the_last_rouble_of_two_clubs_goes_to_one(tmp_path: Path, databases: Databases) -> None:
    groups = ((PROVIDER, "G-1", "Парусники"), ("second", "G-2", "Гребцы"))
    with town(tmp_path, District(nominals=["100.00"], groups=groups), databases) as running:
        gateways = [running.gateway() for _ in groups]
        gateways[0].flow.read_register(NOW)
        days = {number: "Н" for number in (2, 6, 9, 13, 16, 20, 23, 27)}
        sheets = [running.sheet(f"{group}.xlsx", rows_of([1], {1: days}), title=title) for _, group, title in groups]
        running.mapping()
        threads = [
            threading.Thread(target=gateway.import_file, args=(sheet, provider, running.folder / "mapping.toml"))
            for gateway, sheet, (provider, _, _) in zip(gateways, sheets, groups, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        gateways[0].run()
        assert running.statement() == (1, 0, 10_000)
        assert gateways[0].counts()["charged"] == 1 and gateways[0].counts()["refused"] == {"A07": 1}
        sums(running, gateways[0])
