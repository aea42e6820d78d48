"""The fault switch of a test register: what it breaks is the conversation, never the books."""

from __future__ import annotations

import pytest
import requests


def test_a_dropped_reply_is_lost_but_the_work_is_done(serve, district, make):
    served = serve(NAVIGATOR_TEST="1")
    served.command("load", str(district()))
    served.post("/test/v1/faults", {"faults": [{"fault": "drop_reply", "next": 1}]})
    with pytest.raises(requests.RequestException):
        served.send(make.debit())
    assert served.send(make.debit())[0]["outcome"] == "accepted"
    assert served.balance("0471000001") == (100000, 19000, 81000)


def test_so_many_items_are_rejected_and_consume_nothing(register, make):
    register.post("/test/v1/faults", {"faults": [{"fault": "reject_next", "next": 3}]})
    days = [make.debit(f"2025-10-0{day}") for day in (1, 2)]
    assert [answer["reason"]["code"] for answer in register.send(*days)] == ["test_fault"] * 2
    assert [answer["outcome"] for answer in register.send(*days)] == ["rejected", "accepted"]
    assert [answer["outcome"] for answer in register.send(*days)] == ["accepted", "accepted"]


def test_it_is_down_until_its_clock_is_there(register, make):
    register.post("/test/v1/faults", {"faults": [{"fault": "down_until", "until": "2025-11-05T12:00:00+03:00"}]})
    assert register.ask("POST", "/register/v1/operations", {}, {"operations": [make.debit()]})[0] == 503
    register.post("/test/v1/clock", {"now": "2025-11-05T12:00:00+03:00"})
    assert register.outcome(make.debit()) == "accepted"


def test_an_empty_list_makes_it_well_again(register, make):
    register.post(
        "/test/v1/faults", {"faults": [{"fault": "down_until", "until": "2035-01-01T00:00:00Z"}, {"fault": "reject_next", "next": 9}]}
    )
    register.post("/test/v1/faults", {"faults": []})
    assert register.outcome(make.debit()) == "accepted"


def test_a_delay_delays_and_then_answers(register, make):
    slept: list[float] = []
    register.post("/test/v1/faults", {"faults": [{"fault": "delay", "seconds": 7, "next": 1}]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("navigator.faults.time.sleep", slept.append)
        assert [register.outcome(make.debit()), register.outcome(make.debit())] == ["accepted", "accepted"]
    assert slept == [7]


def test_no_faults_but_in_a_test_register(serve):
    assert serve().ask("POST", "/test/v1/faults", {}, {"faults": []})[0] == 404


def test_a_fault_that_does_not_exist_is_a_problem(register):
    for fault in ({"fault": "burn"}, {"fault": "down_until"}, {"fault": "drop_reply", "next": 0}):
        assert register.ask("POST", "/test/v1/faults", {}, {"faults": [fault]})[0] == 400
