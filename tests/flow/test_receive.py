"""What systems push over HTTP: stored before it is answered, once, and by nobody whom we do not believe."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from adapters.alfacrm.emulator import AlfaCrmEmulator
from adapters.webhook.test_webhook import KEY, signed
from gateway.bootstrap import Gateway, open_gateway
from gateway.console import BODY_BYTES_MAX, create_app
from gateway.console import receiving as console_receiving
from gateway.flow import receive as flow_receive
from gateway.store import delivery as store_delivery
from tests.builders.served import environment, logins, node, schedule_of, until, write_home
from tests.builders.town import LESSON_DAYS, NOW, PROVIDER, TITLE, Databases, District, Town, certificate, child_name, sums, town
from tests.flow.test_sync import a_club

SOURCE = f"""
[sources.visits]
adapter = "webhook"
provider = "{PROVIDER}"
key = "env:VISITS_KEY"
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, District(nominals=("5000.00",) * 3), databases) as one:
        yield one


@pytest.fixture
def crm() -> Iterator[AlfaCrmEmulator]:
    with AlfaCrmEmulator(a_club()) as found:
        assert isinstance(found, AlfaCrmEmulator)
        yield found


def item(number: int, day: int, status: str = "attended", **more: Any) -> dict[str, Any]:
    return {
        "group": TITLE, "child": child_name(number), "child_id": 100 + number, "certificate": certificate(number),
        "date": f"2025-10-{day:02}", "starts_at": "16:00", "ends_at": "17:30", "status": status,
    } | more  # fmt: skip


@dataclass
class Pushed:
    """A gateway that is pushed to, its clock standing at `NOW`."""

    running: Town
    env: dict[str, str]
    client: FlaskClient
    number: int = field(default=0)

    def gateway(self) -> Gateway:
        return open_gateway(None, "en", self.env)

    def send(self, items: Any, id_: str | None = None, headers: dict[str, str] | None = None, source: str = "visits") -> Any:
        """The answer to a delivery, signed well unless told otherwise."""
        body = items if isinstance(items, bytes) else json.dumps(items, ensure_ascii=False).encode()
        self.number += 1
        headers = signed(body, at=NOW, id_=id_ or f"msg_{self.number}") if headers is None else headers
        return self.client.post(f"/receive/{source}?lang=en", data=body, headers=headers)

    def run(self) -> Gateway:
        """What the schedule does soon afterwards."""
        gateway = self.gateway()
        gateway.run()
        return gateway


def pushed_to(running: Town, crm: AlfaCrmEmulator, more: str = SOURCE) -> Pushed:
    home = running.folder / "gateway"
    write_home(home, crm, "", running.databases.at(home), more)
    env = environment(home, running.url, crm) | {"VISITS_KEY": KEY, "HINT_KEY": "psst"}
    app = create_app(lambda language: open_gateway(None, language, env))
    return Pushed(running, env, app.test_client())


@pytest.fixture
def pushed(running: Town, crm: AlfaCrmEmulator) -> Pushed:
    found = pushed_to(running, crm)
    gateway = found.run()  # the register's facts are there
    gateway.engine.dispose()
    return found


def refused(answer: Any, status: int, kind: str) -> str:
    """The detail of a problem, which says what kind it is."""
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text
    body = answer.get_json(force=True)
    assert body["type"] == f"urn:pfdo-gateway:problem:{kind}" and body["status"] == status and body["title"]
    detail: str = body["detail"]
    return detail


# ---------------------------------------------------------------- stored, and once


def test_what_is_pushed_is_stored_and_charged(pushed: Pushed) -> None:
    answer = pushed.send([item(number, day) for number in (1, 2, 3) for day in LESSON_DAYS])
    assert (answer.status_code, answer.get_json()) == (200, {"status": "stored", "new": 27, "unread": 0})
    gateway = pushed.run()
    assert pushed.running.statement() == (27, 0, 270_000)
    (source,) = [one for one in gateway.status()["sources"] if one["source"] == "visits"]
    assert source["reading"]["new"] == 27 and source["reading"]["read_at"] == NOW.isoformat() and source["reading"]["trouble"] is None
    assert gateway.schedule()[0]["next_at"] is not None  # the stages were hinted at
    sums(pushed.running, gateway)
    gateway.engine.dispose()


def test_a_correction_reaches_the_register_and_a_push_withdraws_nothing_that_it_leaves_out(pushed: Pushed) -> None:
    pushed.send([item(number, day) for number in (1, 2, 3) for day in LESSON_DAYS])
    pushed.run().engine.dispose()
    assert pushed.send([item(2, 9, "absent")]).get_json()["new"] == 1
    gateway = pushed.run()
    assert pushed.running.statement() == (27, 1, 260_000)
    assert pushed.send([item(1, 9, "cancelled")]).status_code == 200
    gateway.run()
    assert pushed.running.statement() == (27, 3, 240_000)
    assert pushed.send([item(1, 13, "none")]).status_code == 200  # taken back: as if it had never been said
    gateway.run()
    assert pushed.running.statement() == (27, 4, 230_000)
    sums(pushed.running, gateway)
    gateway.engine.dispose()


def test_the_same_delivery_again_is_stored_once_and_an_old_word_does_not_come_back(pushed: Pushed) -> None:
    first = [item(1, 9)]
    assert pushed.send(first, "msg_a").get_json() == {"status": "stored", "new": 1, "unread": 0}
    assert pushed.send([item(1, 9, "absent")], "msg_b").get_json()["new"] == 1
    assert pushed.send(first, "msg_a").get_json() == {"status": "known", "new": 0, "unread": 0}  # told again after the correction
    gateway = pushed.run()
    assert pushed.running.statement()[2] == 0
    assert pushed.send(first, "msg_c").get_json()["new"] == 1  # and this is news
    gateway.run()
    assert pushed.running.statement()[2] == 10_000
    gateway.engine.dispose()


def test_what_dies_between_storing_and_remembering_is_told_again_and_is_no_news(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(store_delivery, "remember", dying)
        refused(pushed.send([item(1, 9)], "msg_a"), 500, "unexpected")
    assert pushed.send([item(1, 9)], "msg_a").get_json() == {"status": "stored", "new": 0, "unread": 0}
    assert pushed.send([item(1, 9)], "msg_a").get_json()["status"] == "known"
    gateway = pushed.run()
    assert pushed.running.statement() == (1, 0, 10_000)
    gateway.engine.dispose()


def test_one_poisoned_item_leaves_the_others(pushed: Pushed) -> None:
    answer = pushed.send([item(1, 9), item(2, 9, status="?!"), item(3, 9)])
    assert answer.get_json() == {"status": "stored", "new": 2, "unread": 1}
    gateway = pushed.run()
    assert gateway.counts()["charged"] == 2 and gateway.counts()["unread"] == 1
    gateway.engine.dispose()


def test_many_at_once_are_all_stored(pushed: Pushed) -> None:
    answers: dict[int, Any] = {}

    def send(day: int) -> None:
        body = json.dumps([item(number, day) for number in (1, 2, 3)]).encode()
        client = pushed.client.application.test_client()
        for _ in range(20):
            answers[day] = client.post("/receive/visits", data=body, headers=signed(body, at=NOW, id_=f"msg_{day}"))
            if answers[day].status_code != 503:  # it may be asked to come again
                return

    threads = [threading.Thread(target=send, args=(day,)) for day in LESSON_DAYS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {day: answer.status_code for day, answer in answers.items()} == dict.fromkeys(LESSON_DAYS, 200)
    gateway = pushed.run()
    assert pushed.running.statement() == (27, 0, 270_000)
    sums(pushed.running, gateway)
    gateway.engine.dispose()


def test_one_that_is_overtaken_by_another_is_stored_over_it(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    overtaken: list[Any] = []
    stored = flow_receive.stored

    def slowly(*arguments: Any, **more: Any) -> Any:
        if not overtaken:
            overtaken.append(None)
            overtaken[0] = pushed.send([item(2, 9)])  # begun later, stored sooner
        return stored(*arguments, **more)

    monkeypatch.setattr(flow_receive, "stored", slowly)
    answer = pushed.send([item(1, 9)])
    assert overtaken[0].get_json()["new"] == answer.get_json()["new"] == 1
    gateway = pushed.run()
    assert pushed.running.statement() == (2, 0, 20_000)
    gateway.engine.dispose()


# ---------------------------------------------------------------- not believed, not understood, too much


def test_nobody_else_is_believed_and_the_operator_is_told(pushed: Pushed) -> None:
    body = json.dumps([item(1, 9)]).encode()
    for headers in ({}, signed(body + b" "), signed(body, at=NOW - dt.timedelta(seconds=301))):
        detail = refused(pushed.send(body, headers=headers), 401, "not-signed")
        assert KEY not in detail and child_name(1) not in detail
    gateway = pushed.gateway()
    assert gateway.counts()["marks"] == 0
    (source,) = [one for one in gateway.status("en")["sources"] if one["source"] == "visits"]
    assert "Standard Webhooks" in source["reading"]["trouble"]["cure"] and source["reading"]["read_at"] is None
    assert pushed.send(body).status_code == 200
    (source,) = [one for one in gateway.status("en")["sources"] if one["source"] == "visits"]
    assert source["reading"]["trouble"] is None
    gateway.engine.dispose()


def test_what_is_not_understood_is_told_and_may_be_sent_better(pushed: Pushed) -> None:
    assert "not JSON" in refused(pushed.send(b"<html>"), 422, "not-understood")
    assert pushed.send([item(1, 9)]).status_code == 200


def test_a_source_that_is_not_there_or_does_not_push_is_not_found(pushed: Pushed) -> None:
    assert "no source “nobody”" in refused(pushed.send([], source="nobody"), 404, "unknown-source")
    assert "does not push" in refused(pushed.send([], source="crm"), 404, "unknown-source")
    assert pushed.client.get("/receive/visits").status_code == 405


def test_size_and_rate_have_limits_and_a_stranger_shuts_nobody_out(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "1 MB" in refused(pushed.send(b" " * (BODY_BYTES_MAX + 1)), 413, "too-large")
    monkeypatch.setattr(console_receiving, "PER_MINUTE_MAX", 3)
    for _ in range(5):
        refused(pushed.send([item(1, 9)], headers={}), 401, "not-signed")
    assert [pushed.send([item(1, 9)]).status_code for _ in range(3)] == [200] * 3
    answer = pushed.send([item(1, 9)])
    refused(answer, 429, "too-many")
    assert int(answer.headers["Retry-After"]) > 0


def test_before_the_register_was_read_nothing_is_taken(running: Town, crm: AlfaCrmEmulator) -> None:
    fresh = pushed_to(running, crm)
    answer = fresh.send([item(1, 9)])
    refused(answer, 503, "not-set-up")
    assert answer.headers["Retry-After"]


def test_without_the_database_nothing_is_answered_well(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(pushed.env, "GATEWAY_HOME", str(pushed.running.folder / "nowhere"))
        (pushed.running.folder / "nowhere").mkdir()
        write_home(
            pushed.running.folder / "nowhere", AlfaCrmEmulator(a_club()), database="sqlite:////proc/none/gateway.sqlite", more=SOURCE
        )
        refused(pushed.send([item(1, 9)], "msg_a"), 503, "busy")
    assert pushed.send([item(1, 9)], "msg_a").get_json()["new"] == 1


def test_a_secret_that_is_not_there_is_the_operators(running: Town, crm: AlfaCrmEmulator) -> None:
    broken = pushed_to(running, crm, SOURCE.replace("VISITS_KEY", "NO_SUCH"))
    assert "NO_SUCH" in refused(broken.send([item(1, 9)]), 503, "not-set-up")


def test_nothing_of_a_body_is_logged(pushed: Pushed, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level("DEBUG")

    def broken(*_: object) -> None:
        raise ValueError(json.dumps([item(1, 9)]))

    pushed.send([item(1, 9)])
    pushed.send([item(1, 9)], headers={})
    monkeypatch.setattr("gateway.receiving.take_delivery", broken)
    refused(pushed.send([item(2, 9)]), 500, "unexpected")
    assert "ValueError" in caplog.text
    for word in (child_name(1), child_name(2), certificate(1), certificate(2), KEY):
        assert word not in caplog.text


# ---------------------------------------------------------------- hints


def test_a_hint_has_its_source_asked(running: Town, crm: AlfaCrmEmulator) -> None:
    """By a real node, whose schedule asks nobody by itself."""
    found = pushed_to(running, crm)
    home = running.folder / "gateway"
    database = running.databases.at(home)
    schedule = '[schedule]\nsync_minutes = 0\nreconcile_at = ""\n'
    write_home(home, crm, schedule, database)
    text = (home / "gateway.toml").read_text(encoding="utf-8")
    (home / "gateway.toml").write_text(text.replace("[sources.crm]\n", '[sources.crm]\nhint = "env:HINT_KEY"\n'), encoding="utf-8")
    event = {"branch_id": 1, "event": "update", "entity": "Lesson", "entity_id": 7}  # as AlfaCRM has it, unsigned
    with node(found.env) as one:
        for path, headers in (("/hint/crm", {}), ("/hint/crm/pssst", {}), ("/hint/crm", {"Authorization": "Bearer no"})):
            assert requests.post(one.url + path, json=event, headers=headers, timeout=30).status_code == 401
        assert requests.post(one.url + "/hint/nobody/psst", json=event, timeout=30).status_code == 404
        assert logins(crm) == 0
        for _ in range(5):  # a hint is seldom alone
            answer = requests.post(one.url + "/hint/crm", json=event, headers={"Authorization": "Bearer psst"}, timeout=30)
            assert (answer.status_code, answer.json()["status"]) == (202, "noted")
        until(lambda: (schedule_of(running, database=database)["sync:crm"]["last"] or {}).get("outcome") == "done", "the source asked")
        assert logins(crm) == 1 and running.statement() == (27, 0, 270_000)
        assert requests.post(one.url + "/hint/crm/psst", timeout=30).status_code == 202
        assert one.ended_after()[0] == 0


def test_a_node_takes_a_delivery_and_tells_the_register_soon(running: Town, crm: AlfaCrmEmulator) -> None:
    found = pushed_to(running, crm)
    home = running.folder / "gateway"
    write_home(home, crm, '[schedule]\nsync_minutes = 0\npost_minutes = 60\nreconcile_at = ""\n', running.databases.at(home), SOURCE)
    with node(found.env) as one:
        database = running.databases.at(home)
        until(lambda: (schedule_of(running, database=database)["post"]["last"] or {}).get("outcome") == "done", "the register read")
        body = json.dumps([item(1, 9)]).encode()
        answer = requests.post(one.url + "/receive/visits", data=body, headers=signed(body, at=NOW), timeout=30)
        assert answer.json() == {"status": "stored", "new": 1, "unread": 0}
        until(lambda: running.statement() == (1, 0, 10_000), "the debit at the register, not an hour later", 90)
        too_much = requests.post(one.url + "/receive/visits", data=b" " * (3 * BODY_BYTES_MAX), timeout=30)
        assert too_much.status_code == 413


def test_every_problem_type_is_documented() -> None:
    page = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z-]+)` \| \d+", page, re.MULTILINE))
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "gateway" / "console").glob("*.py")]
    used = {kind for text in sources for kind in re.findall(r'problem\(\s*\d+,\s*"([a-z-]+)"', text)}
    assert used == documented
