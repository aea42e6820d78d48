"""A person's word on one operation: held, released while it is on its way, accepted late, taken back, or left to stand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import Gateway
from gateway.errors import UserError
from gateway.plugins.builtin.registers.http import HttpRegister
from gateway.plugins.register import Answer, Capabilities
from tests.builders.town import Databases, District, Town, certificate, rows_of, sums, town
from tests.flow.test_posting_survives import fired, states

DAYS_ABSENT = {number: "Н" for number in (6, 9, 13, 16, 20, 23, 27, 30)}


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    """One child, one lesson attended, money for one lesson."""
    with town(tmp_path, District(nominals=("100.00",)), databases) as one:
        yield one


def take(running: Town, gateway: Gateway, **marks: str) -> dict[str, Any]:
    return running.take(
        gateway, running.sheet("october.xlsx", rows_of([1], {1: DAYS_ABSENT | {int(key[1:]): sign for key, sign in marks.items()}}))
    )


def balance(gateway: Gateway) -> tuple[str, ...]:
    answer = gateway.certificate(certificate(1))
    return tuple(answer[name] for name in ("free", "held", "paid"))


def the_debit(gateway: Gateway) -> str:
    (one,) = [one for one in gateway.outbox()["waiting"] if one["kind"] == "debit"]
    return str(one["id"])


def test_what_a_person_holds_is_not_sent_and_keeps_its_hold_until_he_lets_it_go(running: Town) -> None:
    gateway = running.gateway()
    running.fault({"fault": "drop_request", "next": 1})
    take(running, gateway)
    assert fired(running)["drop_request"] == 1
    debit = the_debit(gateway)
    assert gateway.outbox_hold(debit)["id"] == debit
    gateway.run()
    assert running.statement() == (0, 0, 0) and running.attendance()["attended"] == 1, "the others of its certificate went"
    assert balance(gateway) == ("0.00", "100.00", "0.00")
    (held,) = gateway.outbox()["waiting"]
    assert (held["state"], held["why"]) == ("held", "придержана человеком")
    gateway.outbox_retry(debit[:6])
    assert running.statement() == (1, 0, 10_000)
    sums(running, gateway)


def test_a_released_operation_that_was_never_sent_costs_nothing_until_something_new_is_said(running: Town) -> None:
    gateway = running.gateway()
    running.fault({"fault": "drop_request", "next": 1})
    take(running, gateway)
    assert fired(running)["drop_request"] == 1
    gateway.outbox_release(the_debit(gateway))
    assert balance(gateway) == ("100.00", "0.00", "0.00")
    (mark,) = [one for one in gateway.claims() if one["date"] == "2025-10-02"]
    assert (mark["answer"], mark["reasons"]) == ("refused", ["R01"])
    gateway.run()
    assert running.statement() == (0, 0, 0), "the register never had it"
    take(running, gateway, d2="Н")
    take(running, gateway)
    assert running.statement() == (1, 0, 10_000)
    sums(running, gateway)


def late(running: Town) -> Gateway:
    """The register took the debit, its reply was lost, and a person released the hold before anybody knew."""
    gateway = running.gateway()
    running.fault({"fault": "drop_reply", "next": 1})
    take(running, gateway)
    assert fired(running)["drop_reply"] == 1 and running.statement() == (1, 0, 10_000)
    gateway.outbox_release(the_debit(gateway))
    assert balance(gateway) == ("100.00", "0.00", "0.00")
    return gateway


def test_a_late_acceptance_is_a_difference_and_then_a_reversal_when_a_person_says_so(running: Town) -> None:
    gateway = late(running)
    gateway.run()
    assert balance(gateway) == ("0.00", "0.00", "100.00"), "the register's word is adopted, once"
    (difference,) = gateway.reconcile("2025-10")["differences"]
    assert difference["class"] == "late_answer" and "outbox reverse" in difference["cure"]
    gateway.run()
    assert running.statement() == (1, 0, 10_000), "nothing is taken back by itself"
    gateway.outbox_reverse(difference["subject"])
    assert running.statement() == (1, 1, 0)
    assert balance(gateway) == ("100.00", "0.00", "0.00")
    gateway.run()
    take(running, gateway)
    assert running.statement() == (1, 1, 0), "the same sheet again charges nothing"
    sums(running, gateway)
    take(running, gateway, d2="Н")
    take(running, gateway)
    assert running.statement() == (2, 1, 10_000), "a new mark does"
    sums(running, gateway)


def test_a_late_acceptance_that_a_person_keeps_stands(running: Town) -> None:
    gateway = late(running)
    gateway.run()
    (difference,) = gateway.reconcile("2025-10")["differences"]
    gateway.outbox_keep(difference["subject"])
    sums(running, gateway)
    assert running.statement() == (1, 0, 10_000) and gateway.counts()["charged"] == 1


def test_money_that_a_release_gave_to_another_lesson_is_owed_when_the_register_took_it_after_all(running: Town) -> None:
    gateway = running.gateway()
    running.fault({"fault": "drop_reply", "next": 1})
    take(running, gateway, d6="")
    assert gateway.counts()["refused"] == {"A07": 1}
    running.fault({"fault": "drop_request", "next": 1, "skip": 1})
    gateway.outbox_release(the_debit(gateway))
    assert fired(running) == {"drop_reply": 1, "drop_request": 1}
    assert balance(gateway) == ("0.00", "100.00", "0.00"), "what was released pays for the 6th"
    gateway.flow.read_register(running.now)
    answer = gateway.certificate(certificate(1))
    assert [answer[name] for name in ("free", "held", "paid", "shortfall")] == ["0.00", "100.00", "100.00", "100.00"], "and is owed"
    gateway.run()
    answer = gateway.certificate(certificate(1))
    assert [answer[name] for name in ("free", "held", "paid", "shortfall")] == ["0.00", "0.00", "100.00", "0.00"], (
        "the register had no more"
    )
    assert gateway.ledger_faults() == [] and running.statement() == (1, 0, 10_000)


def test_of_settling_and_releasing_exactly_one_happens_while_it_is_on_its_way(running: Town) -> None:
    gateway, other = running.gateway(), running.gateway()
    reached, may_answer = threading.Event(), threading.Event()

    class Slow(HttpRegister):
        can = Capabilities(parallel=1)

        def send(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
            found = super().send(operations)
            reached.set()
            assert may_answer.wait(30)
            return found

    gateway.__dict__["register"] = Slow(running.url)
    thread = threading.Thread(target=take, args=(running, gateway))
    thread.start()
    assert reached.wait(30)
    debit = the_debit(other)
    from gateway.flow import outbox as flow_outbox

    flow_outbox.release(other.flow, debit, running.now)
    may_answer.set()
    thread.join()
    assert balance(other) == ("100.00", "0.00", "0.00"), "released, and the answer that came in between changes nothing"
    assert states(other)["released"] == 1
    assert gateway.ledger_faults() == []
    other.run()
    assert balance(other) == ("0.00", "0.00", "100.00")
    assert [one["class"] for one in other.reconcile("2025-10")["differences"]] == ["late_answer"]
    with pytest.raises(UserError):
        other.outbox_release(debit)


def test_a_rejected_operation_is_tried_again_when_a_person_says_that_it_is_mended(running: Town) -> None:
    gateway = running.gateway()
    running.fault({"fault": "reject_next", "next": 1})
    take(running, gateway)
    assert fired(running)["reject_next"] == 1 and states(gateway)["rejected"] == 1
    gateway.run()
    assert running.statement() == (0, 0, 0)
    with gateway.engine.connect() as connection:
        id_ = str(connection.exec_driver_sql("SELECT id FROM operation WHERE state = 'rejected'").scalar_one())
    gateway.outbox_retry(id_)
    assert running.statement() == (1, 0, 10_000)
    sums(running, gateway)


def test_an_operation_that_is_not_there_or_over_is_told(running: Town) -> None:
    gateway = running.gateway()
    take(running, gateway)
    with gateway.engine.connect() as connection:
        id_ = str(connection.exec_driver_sql("SELECT id FROM operation WHERE kind = 'debit'").scalar_one())
    for wrong in ("", "abc", "000000"):
        with pytest.raises(UserError):
            gateway.outbox_retry(wrong)
    for word in (gateway.outbox_hold, gateway.outbox_release, gateway.outbox_retry):
        with pytest.raises(UserError):
            word(id_)
