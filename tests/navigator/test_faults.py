"""The fault switch of a test register: what it breaks is the conversation, never the books. Real sockets wherever one is broken.

Each test also asks the register how often the fault fired: a fault that never fired is a test that cannot fail.
"""

from __future__ import annotations

import http.client
import threading
import time

import pytest
import requests

OPERATIONS = "/register/v1/operations"


class Switch:
    """The switch of one register."""

    def __init__(self, register):
        self.register = register

    def set(self, fault, **more):
        self.register.post("/test/v1/faults", {"faults": [{"fault": fault, **more}]})

    def well(self):
        self.register.post("/test/v1/faults", {"faults": []})

    @property
    def fired(self):
        return self.register.get("/test/v1/faults")["fired"]


@pytest.fixture
def switch(register):
    return Switch(register)


@pytest.fixture
def served(serve, district):
    """A real test register with the small district."""
    started = serve(GATEWAY_TEST="1", GATEWAY_NOW="2025-11-05T10:00:00+03:00")
    assert started.command("load", str(district())).exit_code == 0
    started.switch = Switch(started)
    return started


def raw(served, *operations):
    """Send past the checks of the contract: the answer is broken on purpose."""
    return requests.post(served.url + OPERATIONS, json={"operations": list(operations)}, timeout=20)


# ---------------------------------------------------------------- the connection


def test_a_request_that_is_dropped_was_never_there(served, make):
    served.switch.set("drop_request")
    with pytest.raises(requests.ConnectionError):
        raw(served, make.debit())
    assert served.switch.fired == {"drop_request": 1}
    assert served.post("/register/v1/lookup", {"ids": [make.debit()["id"]]})["answers"][0]["outcome"] == "unknown"
    assert served.outcome(make.debit()) == "accepted"


def test_a_reply_that_is_dropped_was_work_done_and_committed(served, make):
    served.switch.set("drop_reply")
    with pytest.raises(requests.ConnectionError):
        raw(served, make.debit())
    assert served.switch.fired == {"drop_reply": 1}
    assert served.post("/register/v1/lookup", {"ids": [make.debit()["id"]]})["answers"][0]["outcome"] == "accepted"
    assert served.outcome(make.debit()) == "accepted", "the same answer as the one that was lost"
    assert served.balance("0471000001") == (100000, 19000, 81000)


def test_a_cut_is_a_cut_of_the_socket_without_one_byte_of_an_answer(served, make):
    served.switch.set("drop_reply", path="/register/v1/health")
    connection = http.client.HTTPConnection("127.0.0.1", int(served.url.rsplit(":", 1)[1]), timeout=10)
    connection.request("GET", "/register/v1/health")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()


def test_a_torn_reply_breaks_off_in_its_midst(served, make):
    served.switch.set("corrupt", how="torn")
    connection = http.client.HTTPConnection("127.0.0.1", int(served.url.rsplit(":", 1)[1]), timeout=10)
    connection.request("GET", "/register/v1/health")
    connection.getresponse().read()
    with pytest.raises(requests.RequestException):
        raw(served, make.debit())
    assert served.switch.fired == {"corrupt": 1} and served.balance("0471000001")[1] == 19000
    connection.request("GET", "/register/v1/health")
    assert connection.getresponse().status == 200, "another connection is not harmed"
    connection.close()


def test_a_late_request_arrives_after_its_sender_lost_the_connection(served, make):
    served.switch.set("late_request", seconds=60)
    with pytest.raises(requests.ConnectionError):
        raw(served, make.debit())
    assert served.switch.fired == {"late_request": 1}
    ask = {"ids": [make.debit()["id"]]}
    assert served.post("/register/v1/lookup", ask)["answers"][0]["outcome"] == "unknown", "it is still on its way"
    served.switch.well()
    deadline = time.monotonic() + 10
    while served.post("/register/v1/lookup", ask)["answers"][0]["outcome"] == "unknown":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert served.balance("0471000001") == (100000, 19000, 81000)


def test_refused_connections_are_refused_by_the_system_and_then_taken_again(served):
    session = requests.Session()  # holds a connection that must not survive either
    session.get(f"{served.url}/register/v1/health", timeout=5)
    started = time.monotonic()
    served.switch.set("refuse", seconds=0.6)
    refusals = 0
    while time.monotonic() - started < 10:
        try:
            session.get(f"{served.url}/register/v1/health", timeout=5)
            if refusals:
                break
        except requests.ConnectionError as error:
            refusals += "refused" in str(error)
            time.sleep(0.05)
    assert refusals and 0.5 < time.monotonic() - started < 10
    assert served.switch.fired == {"refuse": 1}


def test_an_answer_that_drips_comes_whole_and_slowly(served, make):
    served.switch.set("slow_drip", seconds=0.5)
    arrivals = []
    with requests.post(served.url + OPERATIONS, json={"operations": [make.debit()]}, stream=True, timeout=10) as answer:
        for piece in answer.raw.stream(1, decode_content=False):
            arrivals.append((time.monotonic(), piece))
    assert b'"accepted"' in b"".join(piece for _, piece in arrivals)
    assert arrivals[-1][0] - arrivals[0][0] > 0.3, "it trickled"
    assert served.switch.fired == {"slow_drip": 1}


def test_two_requests_at_once_share_one_fault_and_one_of_them_is_cut(served, make):
    served.switch.set("drop_reply")
    outcomes = []

    def send(day):
        try:
            outcomes.append(raw(served, make.debit(day)).json()["answers"][0]["outcome"])
        except requests.ConnectionError:
            outcomes.append("cut")

    threads = [threading.Thread(target=send, args=(f"2025-10-0{day}",)) for day in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["accepted"] * 3 + ["cut"] and served.switch.fired == {"drop_reply": 1}
    assert served.balance("0471000001")[1] == 4 * 19000


def test_a_served_register_is_down_for_the_paths_named_with_cut_connections(served, make):
    served.switch.set("down_until", until="2025-11-05T12:00:00+03:00", how="cut", path="/register/v1/*")
    for method, path in (("GET", "health"), ("GET", "movements"), ("POST", "operations")):
        with pytest.raises(requests.ConnectionError):
            requests.request(method, f"{served.url}/register/v1/{path}", json={}, timeout=10)
    assert served.switch.fired == {"down_until": 3}
    served.post("/test/v1/clock", {"now": "2025-11-05T12:00:00+03:00"})
    assert served.get("/register/v1/health")["status"] == "ok" and served.switch.fired == {"down_until": 3}


# ---------------------------------------------------------------- the answers


def test_a_duplicate_is_processed_twice_and_moves_money_once(register, switch, make):
    switch.set("duplicate")
    debits = [make.debit(), make.debit("2025-10-13", amount=81001)]
    first = register.send(*debits)
    assert [answer["outcome"] for answer in first] == ["accepted", "rejected"] and switch.fired == {"duplicate": 1}
    assert register.balance("0471000001") == (100000, 19000, 81000)


def test_swapped_answers_stand_in_another_order(register, switch, make):
    debits = [make.debit(f"2025-10-0{day}") for day in (1, 2, 3)]
    switch.set("swap_answers")
    assert register.outcome(make.debit("2025-10-06")) == "accepted" and switch.fired == {"swap_answers": 0}, "one answer cannot be swapped"
    answers = register.post(OPERATIONS, {"operations": debits})["answers"]
    ids = [debit["id"] for debit in debits]
    assert [answer["id"] for answer in answers] == [*ids[1:], ids[0]] and switch.fired == {"swap_answers": 1}
    assert {answer["id"]: answer for answer in register.send(*debits)} == {answer["id"]: answer for answer in answers}


def test_swapped_ids_give_each_operation_anothers_answer(register, switch, make):
    good, bad = make.debit(), make.debit("2025-10-13", amount=100001)
    switch.set("swap_answers", how="ids")
    answers = register.post(OPERATIONS, {"operations": [good, bad]})["answers"]
    assert [(answer["id"], answer["outcome"]) for answer in answers] == [(bad["id"], "accepted"), (good["id"], "rejected")]
    assert switch.fired == {"swap_answers": 1} and [answer["outcome"] for answer in register.send(good, bad)] == ["accepted", "rejected"]


@pytest.mark.parametrize("how", ["truncated", "garbage", "empty", "html", "other_shape"])
def test_a_corrupt_answer_came_whole_and_means_nothing(served, make, how):
    served.switch.set("corrupt", how=how)
    answer = raw(served, make.debit())
    assert answer.status_code == 200 and len(answer.content) == int(answer.headers["Content-Length"])
    if how == "other_shape":
        assert not isinstance(answer.json()["answers"], list)
    else:
        with pytest.raises(ValueError):
            answer.json()
    assert served.switch.fired == {"corrupt": 1} and served.outcome(make.debit()) == "accepted"
    assert served.balance("0471000001") == (100000, 19000, 81000)


@pytest.mark.parametrize(("when", "paid"), [("before", 0), ("after", 19000)])
def test_an_error_500_before_and_after_the_commit_looks_the_same(register, switch, make, when, paid):
    switch.set("error_500", when=when, status=502, path=OPERATIONS)
    with pytest.raises(AssertionError, match="502"):
        register.send(make.debit())  # 502 is in no register's contract
    assert switch.fired == {"error_500": 1} and register.balance("0471000001")[1] == paid
    assert register.outcome(make.debit()) == "accepted"


def test_too_many_requests_say_when_to_come_again(served, make):
    served.switch.set("error_429", retry_after=7, next=2)
    answers = [raw(served, make.debit()) for _ in range(3)]
    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in answers] == [(429, "7"), (429, "7"), (200, None)]
    assert served.switch.fired == {"error_429": 2} and served.balance("0471000001")[1] == 19000


@pytest.mark.parametrize(("when", "there"), [("before", "unknown"), ("after", "accepted")])
def test_a_delay_holds_the_request_or_the_reply_until_all_is_well(served, make, when, there):
    served.switch.set("delay", seconds=60, when=when)
    answers = []
    thread = threading.Thread(target=lambda: answers.extend(served.send(make.debit())))
    thread.start()
    deadline = time.monotonic() + 10
    while served.switch.fired != {"delay": 1}:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert served.post("/register/v1/lookup", {"ids": [make.debit()["id"]]})["answers"][0]["outcome"] == there and not answers
    served.switch.well()
    thread.join(10)
    assert answers[0]["outcome"] == "accepted"


def test_a_delay_takes_its_seconds(register, switch, make):
    switch.set("delay", seconds=0.2)
    started = time.monotonic()
    assert register.outcome(make.debit()) == "accepted" and time.monotonic() - started >= 0.2


# ---------------------------------------------------------------- rejections, and being away


def test_so_many_items_are_rejected_and_consume_nothing(register, switch, make):
    switch.set("reject_next", next=3)
    days = [make.debit(f"2025-10-0{day}") for day in (1, 2)]
    assert [answer["reason"]["code"] for answer in register.send(*days)] == ["test_fault"] * 2
    assert [answer["outcome"] for answer in register.send(*days)] == ["rejected", "accepted"]
    assert [answer["outcome"] for answer in register.send(*days)] == ["accepted", "accepted"] and switch.fired == {"reject_next": 3}


def test_the_seventh_of_a_hundred_is_rejected_and_the_others_stand(register, switch, make):
    batch = [make.debit(amount=10, claim={"slot": slot}) for slot in range(100)]
    switch.set("reject_next", skip=6, code="not_active")
    answers = register.send(*batch)
    assert [place for place, answer in enumerate(answers) if answer["outcome"] == "rejected"] == [6]
    assert answers[6]["reason"]["code"] == "not_active" and answers[6]["reason"]["ru"] and switch.fired == {"reject_next": 1}
    assert register.balance("0471000001")[1] == 990


def test_only_operations_of_the_kind_or_the_claim_named_are_rejected(register, switch, make):
    switch.set("reject_next", next=2, where={"kind": "debit", "date": "2025-10-13"}, code="insufficient_funds")
    batch = [make.attendance("2025-10-13"), make.debit("2025-10-06"), make.debit("2025-10-13")]
    assert [answer["outcome"] for answer in register.send(*batch)] == ["accepted", "accepted", "rejected"]
    assert switch.fired == {"reject_next": 1} and register.get("/test/v1/faults")["faults"][0]["left"] == 1


def test_it_is_down_until_its_clock_is_there(register, switch, make):
    switch.set("down_until", until="2025-11-05T12:00:00+03:00")
    for _ in range(2):
        assert register.ask("POST", OPERATIONS, {}, {"operations": [make.debit()]})[0] == 503
    assert register.get("/register/v1/health")["status"] == "ok", "only operations, unless told otherwise"
    register.post("/test/v1/clock", {"now": "2025-11-05T12:00:00+03:00"})
    assert register.outcome(make.debit()) == "accepted" and switch.fired == {"down_until": 2}


# ---------------------------------------------------------------- the switch itself


def test_an_empty_list_makes_it_well_and_keeps_the_counters(register, switch, make):
    switch.set("down_until", until="2035-01-01T00:00:00Z")
    switch.set("reject_next", next=9)
    assert register.ask("POST", OPERATIONS, {}, {"operations": [make.debit()]})[0] == 503
    switch.well()
    assert register.outcome(make.debit()) == "accepted" and switch.fired == {"down_until": 1, "reject_next": 0}
    assert register.ask("DELETE", "/test/v1/faults", {}, None) == (200, {"faults": [], "fired": {}})


def test_faults_fall_on_the_path_named_and_pass_over_the_first_ones(register, switch, make):
    switch.set("error_500", path="/register/v1/lookup", skip=1, next=1)
    ask = ("POST", "/register/v1/lookup", {}, {"ids": []})
    assert register.outcome(make.debit()) == "accepted"
    assert register.ask(*ask)[0] == 200
    with pytest.raises(AssertionError, match="500"):
        register.ask(*ask)
    assert register.ask(*ask)[0] == 200 and switch.fired == {"error_500": 1}


def test_a_share_of_the_requests_is_drawn_alike_from_the_same_seed(register, switch, make):
    def drawn(seed):
        register.ask("DELETE", "/test/v1/faults", {}, None)
        switch.set("error_429", share=30, seed=seed)
        asked = {"operations": []}
        statuses = [register.ask("POST", OPERATIONS, {}, asked)[0] for _ in range(60)]
        assert switch.fired == {"error_429": statuses.count(429)}
        return statuses

    assert drawn(7) == drawn(7) != drawn(8)
    assert 5 < drawn(7).count(429) < 35


def test_several_faults_fall_on_one_request_and_each_is_counted(register, switch, make):
    switch.set("duplicate")
    switch.set("delay", seconds=0)
    switch.set("swap_answers")
    answers = register.post(OPERATIONS, {"operations": [make.debit(), make.debit("2025-10-13")]})["answers"]
    assert [answer["id"] for answer in answers] == [make.debit("2025-10-13")["id"], make.debit()["id"]]
    assert switch.fired == {"duplicate": 1, "delay": 1, "swap_answers": 1}


def test_no_faults_but_in_a_test_register(serve):
    served = serve()
    for method in ("GET", "POST", "DELETE"):
        assert served.ask(method, "/test/v1/faults", {}, {"faults": []} if method == "POST" else None)[0] == 404


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "burn"},
        {"fault": "down_until"},
        {"fault": "drop_reply", "next": 0},
        {"fault": "drop_reply", "seconds": 1},
        {"fault": "drop_reply", "nxt": 1},
        {"fault": "drop_reply", "path": "/test/v1/faults"},
        {"fault": "corrupt", "how": "ids"},
        {"fault": "down_until", "until": "2035-01-01T00:00:00Z", "next": 3},
        {"fault": "reject_next", "code": "because"},
        {"fault": "reject_next", "where": {"colour": "red"}},
        {"fault": "delay", "seconds": 1e9},
        {"fault": "refuse", "seconds": 1},
    ],
    ids=str,
)
def test_a_fault_that_is_none_is_a_problem_and_sets_nothing(register, fault):
    asked = {"faults": [{"fault": "duplicate"}, fault]}
    assert register.ask("POST", "/test/v1/faults", {}, asked)[0] == 400
    assert register.get("/test/v1/faults") == {"faults": [], "fired": {}}
