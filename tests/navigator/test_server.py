"""A real server process: it starts on nothing, shares its home with the commands, stops cleanly, and keeps its word among threads."""

from __future__ import annotations

import os
import signal
import stat
import threading
import time

import pytest
import requests


def test_a_server_starts_on_an_empty_home_and_sees_at_once_what_a_command_loads(serve, district, home):
    started = time.monotonic()
    served = serve()
    assert served.get("/register/v1/health")["status"] == "ok" and time.monotonic() - started < 30
    assert served.feed("enrollments") == ([], "0")
    assert served.command("load", str(district())).exit_code == 0
    assert len(served.feed("enrollments")[0]) == 4
    assert stat.S_IMODE(os.stat(home / "navigator.sqlite").st_mode) == 0o600, "children's names are the owner's only"


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_and_what_was_accepted_stays(serve, district, make, sent):
    served = serve(GATEWAY_TEST="1")
    served.command("load", str(district()))
    answer = served.send(make.debit())
    served.process.send_signal(sent)
    assert served.process.wait(10) == 0
    assert "Traceback" not in served.process.stdout.read()
    assert serve().send(make.debit()) == answer


def test_killed_at_any_moment_it_loses_nothing_that_it_answered(serve, district, make):
    served = serve()
    served.command("load", str(district()))
    answers = served.send(make.debit("2025-10-01"), make.debit("2025-10-02"))
    served.process.kill()
    served.process.wait(10)
    again = serve()
    assert again.send(make.debit("2025-10-01"), make.debit("2025-10-02")) == answers
    assert again.balance("0471000001") == (100000, 38000, 62000)


def test_only_a_test_register_has_a_clock_to_set_and_changes_to_make(serve):
    served = serve()
    for path, body in (("clock", {"now": None}), ("changes", {"changes": []})):
        assert served.ask("POST", f"/test/v1/{path}", {}, body)[0] == 404
    assert served.get("/register/v1/health")["test"] is False


def test_a_test_registers_clock_stands_and_goes(serve):
    served = serve(NAVIGATOR_TEST="1")
    assert served.post("/test/v1/clock", {"now": "2025-11-02T09:00:00+03:00"}) == {
        "status": "ok",
        "now": "2025-11-02T09:00:00+03:00",
        "test": True,
    }
    assert served.get("/register/v1/health")["now"] == "2025-11-02T09:00:00+03:00"
    assert served.ask("POST", "/test/v1/clock", {}, {"now": "today"})[0] == 400
    assert not served.post("/test/v1/clock", {"now": None})["now"].startswith("2025-11-02")


def test_changes_are_made_all_or_none(serve, district):
    served = serve(NAVIGATOR_TEST="1")
    served.command("load", str(district()))
    before = served.feed("certificates")[1]
    changes = [{"op": "nominal", "certificate": "0471000001", "amount": "5.00"}, {"op": "freeze", "certificate": "0471999999"}]
    status, problem = served.ask("POST", "/test/v1/changes", {}, {"changes": changes})
    assert status == 400 and "0471999999" in problem["detail"]
    assert served.feed("certificates")[1] == before
    status, problem = served.ask("POST", "/test/v1/changes", {}, {"changes": [{"op": "reissue", "certificate": "0471000001"}]})
    assert status == 400 and "number" in problem["detail"]


def test_eight_threads_race_for_the_last_rouble_and_one_gets_it(serve, district, make):
    served = serve()
    served.command("load", str(district()))
    served.send(make.debit("2025-10-01", amount=99900))
    answers: list[dict] = []
    together = threading.Barrier(8)

    def race(number: int) -> None:
        together.wait()
        answers.extend(served.send(make.debit(f"2025-10-{10 + number}", amount=100)))

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answer["outcome"] for answer in answers) == ["accepted"] + ["rejected"] * 7
    assert {answer["reason"]["code"] for answer in answers if "reason" in answer} == {"insufficient_funds"}
    assert served.balance("0471000001") == (100000, 100000, 0)


def test_eight_threads_send_the_same_debit_and_get_the_same_answer(serve, district, make):
    served = serve()
    served.command("load", str(district()))
    answers: list[dict] = []
    together = threading.Barrier(8)

    def race() -> None:
        together.wait()
        for _ in range(5):
            answers.extend(served.send(make.debit()))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 40 and all(answer == answers[0] for answer in answers) and answers[0]["outcome"] == "accepted"
    assert served.balance("0471000001") == (100000, 19000, 81000)


def test_a_taken_port_is_told(serve, home):
    served = serve()
    result = served.command("serve", "--port", served.url.rsplit(":", 1)[1], "--lang", "en")
    assert result.exit_code == 2 and "--port" in result.stderr


def test_problems_are_problem_json(serve):
    served = serve()
    for response, status in (
        (requests.get(f"{served.url}/nowhere", timeout=10), 404),
        (requests.get(f"{served.url}/register/v1/operations", timeout=10), 405),
        (requests.post(f"{served.url}/register/v1/lookup", data="{}", timeout=10), 415),
        (requests.post(f"{served.url}/register/v1/lookup", data="{", headers={"Content-Type": "application/json"}, timeout=10), 400),
        (requests.post(f"{served.url}/register/v1/lookup", json=[], timeout=10), 400),
    ):
        assert response.status_code == status == response.json()["status"]
        assert response.headers["Content-Type"].startswith("application/problem+json")


def test_the_front_page_speaks_the_readers_language_and_needs_nobody_else(register, make):
    register.send(make.debit())
    client = register.page
    russian, english = client("ru"), client("en-GB,en;q=0.9")
    assert '<html lang="ru">' in russian and "Выписки по месяцам" in russian
    assert '<html lang="en">' in english and "Statements by month" in english and "190.00" in english
    for page in (russian, english):
        assert "2025-11-05T10:00:00+03:00" in page, "a standing clock is told"
        assert "<script" not in page and "http://" not in page and "https://" not in page
