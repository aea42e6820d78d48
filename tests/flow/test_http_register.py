"""The HTTP connector against a small real server that answers well, badly, late or not at all; and against the Navigator."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.facts import LessonException, RegisterGroup, RegisterProvider
from gateway.core.periods import Period
from gateway.plugins.builtin.registers import answers as reading
from gateway.plugins.builtin.registers import schemas, wire
from gateway.plugins.builtin.registers.http import OPERATIONS_MAX, HttpRegister
from gateway.plugins.builtin.registers.snils import snils_is_valid
from gateway.plugins.register import Answer, Outcome, RegisterConnector, RegisterUnavailable

Reply = Callable[["Handler"], None]
YEAR = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))


class Handler(BaseHTTPRequestHandler):
    """Answers each request with the next of the server's replies; the last one stays."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.body: Any = None
        self._reply()

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._reply()

    def _reply(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append((self.command, parts.path, {key: each[0] for key, each in parse_qs(parts.query).items()}, self.body))
        replies = self.server.replies
        (replies.pop(0) if len(replies) > 1 else replies[0])(self)

    def send(self, status: int, content: bytes, length: int | None = None, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = []
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A cut connection is the test's own doing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def register(server: Server, pauses: list[float]) -> HttpRegister:
    return HttpRegister(server.url, pauses.append)


def answers(body: Any) -> Reply:
    return lambda handler: handler.send(200, json.dumps(body).encode())


def fails(status: int, body: bytes = b"<html>", **headers: str) -> Reply:
    return lambda handler: handler.send(status, body, headers=headers)


def garbage(handler: Handler) -> None:
    handler.send(200, b"<html>login</html>")


def cut(handler: Handler) -> None:
    """Half of the answer, then nothing."""
    handler.send(200, b'{"items": [', length=500)
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def hang_up(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def slow(handler: Handler) -> None:
    time.sleep(1.0)
    handler.send(200, b"{}")


def one(item: Any) -> dict[str, Any]:
    return {"items": [item], "cursor": "1", "more": False}


def page(*items: Any, more: bool = False, cursor: str = "7") -> Reply:
    return answers({"items": items, "cursor": cursor, "more": more, "extra": 1})


def operations(count: int) -> list[dict[str, Any]]:
    return [{"id": f"{number:032x}", "kind": "debit"} for number in range(count)]


def accepts(handler: Handler) -> None:
    found = [
        {"id": each["id"], "outcome": "accepted", "number": "n-1", "accepted_at": "2025-11-01T10:00:00+03:00"}
        for each in handler.body["operations"]
    ]
    handler.send(200, json.dumps({"answers": found}).encode())


PROVIDER = {
    "kind": "provider",
    "provider": "ddt",
    "name": "ДДТ",
    "time_zone": "Asia/Omsk",
    "state": "active",
    "sole_trader": None,
    "licence": "Л-1",
    "agreements": [{"payer": "boks", "valid_from": "2025-01-01", "valid_to": "2025-12-31"}],
    "new_field": {"x": 1},
}
GROUP = {
    "kind": "group",
    "group": "g-3",
    "provider": "ddt",
    "title": "Робо",
    "places": 20,
    "starts_on": "2025-09-01",
    "ends_on": None,
    "module": {"module": "m", "title": "М", "unit": "lesson", "unit_price_kopecks": 20500, "unit_normative_kopecks": 0, "open": True},
    "programme": {"programme": "p", "title": "П", "age_from_months": 60, "age_to_months": None, "verified": True},
    "timetable": [{"weekday": 1, "starts_at": "16:00", "ends_at": "17:30", "weeks": "odd", "valid_from": None, "valid_to": "2026-05-31"}],
    "lessons": [{"date": "2025-10-20", "starts_at": "16:00", "ends_at": "17:30", "state": "cancelled", "moved_from": None}],
}
CERTIFICATE = {
    "certificate": "cert-1",
    "payer": "boks",
    "child": "c-1",
    "numbers": [{"number": "0400000001", "from": None}, {"number": "0400000002", "from": "2025-03-01"}],
    "kinds": [{"kind": "financing", "from": None}],
    "states": [{"state": "active", "from": None}, {"state": "frozen", "from": "2025-10-01"}],
    "valid_from": "2025-01-01",
    "valid_to": "2025-12-31",
    "nominals": [{"first": "2025-01-01", "last": "2025-12-31", "amount_kopecks": 1200000}],
    "birth_date": "2014-05-20",
    "snils": "112-233-445 95",
}
ACCEPTANCE = {
    "id": "ab",
    "kind": "debit",
    "number": "2025-10-1",
    "accepted_at": "2025-11-01T10:00:00+03:00",
    "claim": {
        "provider": "ddt",
        "child": "c-1",
        "group": "g-3",
        "date": "2025-10-16",
        "slot": 1,
        "lesson_starts_at": "2025-10-16T15:00:00+03:00",
    },
    "enrollment": "D-1",
    "certificate": "cert-1",
    "n": 0,
    "month": "2025-10",
    "amount_kopecks": 18000,
    "refers_to": None,
    "status": None,
    "cursor": "5",
}


# ---------------------------------------------------------------- reading


def test_the_connector_is_one() -> None:
    connector: type[RegisterConnector] = HttpRegister
    assert connector.name == "http"


def test_a_page_is_asked_from_the_cursor_and_read_into_the_cores_types(server: Server, register: HttpRegister) -> None:
    server.replies = [page(PROVIDER, GROUP, {"kind": "news"}, more=True)]
    found = register.catalogue("3")
    assert server.asked == [("GET", "/register/v1/catalogue", {"since": "3", "limit": "1000"}, None)]
    assert (found.cursor, found.more) == ("7", True)
    provider, group = found.items
    assert provider == RegisterProvider("ddt", "ДДТ", "Asia/Omsk", "active", None, "Л-1", (("boks", YEAR),))
    assert isinstance(group, RegisterGroup)
    assert (group.unit_price, group.unit_normative, group.module_is_open, group.programme_is_verified) == (20_500, 0, True, True)
    assert (group.starts_on, group.ends_on, group.age_from_months) == (dt.date(2025, 9, 1), None, 60)
    assert group.timetable[0] == (1, dt.time(16), dt.time(17, 30), "odd", Period(dt.date.min, dt.date(2026, 5, 31)))
    assert group.exceptions == (LessonException(dt.date(2025, 10, 20), dt.time(16), dt.time(17, 30), True, None),)


def test_from_the_beginning_no_cursor_is_sent(server: Server, register: HttpRegister) -> None:
    server.replies = [page()]
    assert register.movements(None).items == ()
    assert server.asked[0][2] == {"limit": "1000"}


def test_what_is_unknown_becomes_what_a_rule_refuses(server: Server, register: HttpRegister) -> None:
    module = GROUP["module"] | {"unit": None, "unit_price_kopecks": None, "unit_normative_kopecks": None, "open": None}  # type: ignore[operator]
    bare = GROUP | {"module": module, "programme": {"programme": "p", "title": None, "verified": None}, "timetable": [], "lessons": []}
    server.replies = [page(PROVIDER | {"state": None, "time_zone": None, "name": None, "agreements": []}, bare)]
    provider, group = register.catalogue(None).items
    assert isinstance(provider, RegisterProvider) and isinstance(group, RegisterGroup)
    assert (provider.state, provider.time_zone, provider.name) == ("", "Europe/Moscow", "ddt")
    assert (group.unit, group.unit_price, group.unit_normative) == ("", None, None)
    assert (group.module_is_open, group.programme_is_verified, group.programme_title) == (False, False, "p")


def test_a_cancelled_lesson_without_times_stands_for_the_days_timetable(server: Server, register: HttpRegister) -> None:
    cancelled = {"date": "2025-10-20", "starts_at": None, "ends_at": None, "state": "cancelled", "moved_from": None}
    even_week = cancelled | {"date": "2025-10-13"}
    server.replies = [page(GROUP | {"lessons": [cancelled, even_week]})]
    (group,) = register.catalogue(None).items
    assert isinstance(group, RegisterGroup)
    assert [(each.day, each.cancelled, each.starts_at) for each in group.exceptions] == [(dt.date(2025, 10, 20), True, dt.time(16))]


def test_certificates_keep_their_dated_words_and_lose_the_snils(server: Server, register: HttpRegister) -> None:
    server.replies = [page(CERTIFICATE, CERTIFICATE | {"snils": "112-233-445 96", "valid_to": None}, CERTIFICATE | {"snils": None})]
    first, wrong, none = register.certificates(None).items
    assert first.number == "0400000002"
    assert first.numbers[0] == ("0400000001", None)
    assert first.states == (("active", None), ("frozen", dt.date(2025, 10, 1)))
    assert first.nominals == ((YEAR, 1_200_000),)
    assert (first.snils_is_valid, wrong.snils_is_valid, none.snils_is_valid) == (True, False, None)
    assert wrong.valid.last == dt.date.max
    assert "112" not in repr(first)


def test_enrollments_movements_statement_and_attendance(server: Server, register: HttpRegister) -> None:
    enrollment = {"enrollment": "D-1", "payer": "boks", "certificate": "cert-1", "child": "c-1", "group": "g-3", "provider": "ddt",
                  "starts_on": "2025-10-01", "ends_on": "2025-12-31", "state": "active"}  # fmt: skip
    server.replies = [
        page(enrollment),
        page(ACCEPTANCE),
        answers({"month": "2025-10", "debits": 1, "reversals": 0, "sum_kopecks": 18000, "operations": [ACCEPTANCE]}),
        answers(
            {"month": "2025-10", "counts": {}, "records": [ACCEPTANCE | {"kind": "attendance", "status": "absent", "amount_kopecks": 0}]}
        ),
    ]
    assert register.enrollments(None).items[0].period == Period(dt.date(2025, 10, 1), dt.date(2025, 12, 31))
    movement = register.movements(None).items[0]
    assert (movement.child, movement.day, movement.slot, movement.amount, movement.n) == ("c-1", dt.date(2025, 10, 16), 1, 18_000, 0)
    assert movement.lesson_starts_at == dt.datetime(2025, 10, 16, 15, tzinfo=dt.timezone(dt.timedelta(hours=3)))
    statement = register.statement("2025-10")
    assert (statement.debits, statement.sum, statement.operations) == (1, 18_000, (movement,))
    assert [each.status for each in register.attendance("2025-10")] == ["absent"]


def test_candidates_are_asked_with_the_days_and_numbers(server: Server, register: HttpRegister) -> None:
    child = {"child": "c-1", "payer": "boks", "last_name": "Иванова", "first_name": "Мария", "patronymic": None, "birth_date": None,
             "numbers": ["0400000001"], "enrollments": [{"group": "g-3", "starts_on": "2025-09-15", "ends_on": "2025-12-31"}]}  # fmt: skip
    server.replies = [answers({"candidates": [child]})]
    (found,) = register.candidates("g-3", dt.date(2025, 10, 1), dt.date(2025, 10, 31), ["0400000001"])
    assert server.asked[0][3] == {"group": "g-3", "first_day": "2025-10-01", "last_day": "2025-10-31", "numbers": ["0400000001"]}
    assert (found.last_name, found.enrolled) == ("Иванова", (("g-3", Period(dt.date(2025, 9, 15), dt.date(2025, 12, 31))),))


# ---------------------------------------------------------------- what may go wrong while reading


@pytest.mark.parametrize("broken", [cut, hang_up, garbage, fails(500), fails(503), fails(429)])
def test_a_read_that_failed_twice_is_read_the_third_time(
    server: Server, register: HttpRegister, pauses: list[float], broken: Reply
) -> None:
    server.replies = [broken, broken, page(PROVIDER)]
    assert len(register.catalogue(None).items) == 1
    assert len(server.asked) == 3
    assert 0.1 <= pauses[0] <= 0.3 and 0.2 <= pauses[1] <= 0.6


@pytest.mark.parametrize(("broken", "word"), [(cut, "cut"), (hang_up, "cut"), (garbage, "not JSON"), (fails(500), "HTTP 500")])
def test_after_three_tries_the_register_is_unavailable(server: Server, register: HttpRegister, broken: Reply, word: str) -> None:
    server.replies = [broken]
    with pytest.raises(RegisterUnavailable, match=word) as unavailable:
        register.enrollments(None)
    assert len(server.asked) == 3
    assert unavailable.value.text.ru != unavailable.value.text.en


def test_candidates_lookups_and_statements_are_tried_again_too(server: Server, register: HttpRegister) -> None:
    for call in (
        lambda: register.candidates("g", YEAR.first, YEAR.last, []),
        lambda: register.lookup(["a"]),
        lambda: register.statement("2025-10"),
        lambda: list(register.attendance("2025-10")),
    ):
        server.replies, server.asked = [fails(502)], []
        with pytest.raises(RegisterUnavailable):
            call()
        assert len(server.asked) == 3


def test_a_register_that_is_not_there(pauses: list[float]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(RegisterUnavailable, match="cannot be reached"):
        HttpRegister(f"http://127.0.0.1:{port}", pauses.append).catalogue(None)
    assert len(pauses) == 2


def test_a_register_that_does_not_answer_in_time(server: Server, register: HttpRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "READ_SECONDS", 0.05)
    server.replies = [slow, page()]
    assert register.catalogue(None).items == ()
    assert len(server.asked) == 2


def test_a_drip_ends(server: Server, register: HttpRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(handler: Handler) -> None:
        handler.send(200, b"{", length=1000)
        for _ in range(100):
            time.sleep(0.02)
            handler.wfile.write(b" ")

    monkeypatch.setattr(wire, "ANSWER_SECONDS_MAX", 0.1)
    server.replies = [drip]
    began = time.monotonic()
    with pytest.raises(RegisterUnavailable, match="in time"):
        register.catalogue(None)
    assert time.monotonic() - began < 3


def test_a_flood_ends_and_is_not_asked_for_again(server: Server, register: HttpRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ANSWER_BYTES_MAX", 1 << 20)
    server.replies = [fails(200, b" " * (1 << 21))]
    with pytest.raises(RegisterUnavailable, match="larger than 1 MB"):
        register.catalogue(None)
    assert len(server.asked) == 1


def test_a_wrong_request_is_not_repeated_and_tells_no_number(server: Server, register: HttpRegister) -> None:
    problem = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "since: no cursor; certificate 4700000001"}
    server.replies = [fails(400, json.dumps(problem).encode(), **{"Content-Type": "application/problem+json"})]
    with pytest.raises(RegisterUnavailable, match=r"HTTP 400: since: no cursor; certificate …") as unavailable:
        register.catalogue("x")
    assert len(server.asked) == 1
    assert "4700000001" not in unavailable.value.text.ru


def test_a_redirect_is_not_followed(server: Server, register: HttpRegister) -> None:
    server.replies = [fails(302, b"", Location="http://elsewhere.invalid/register/v1/catalogue")]
    with pytest.raises(RegisterUnavailable, match="sends elsewhere"):
        register.catalogue(None)
    assert len(server.asked) == 1


@pytest.mark.parametrize("url", ["", "navigator:8080", "file:///etc/passwd", "ftp://x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(RegisterUnavailable, match="http://"):
        HttpRegister(url)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], "the whole answer"),
        ({"cursor": "1", "more": False}, "items"),
        ({"items": [], "cursor": 1, "more": False}, "cursor"),
        ({"items": [], "cursor": "1", "more": "no"}, "more"),
        ({"items": [], "cursor": "3", "more": True}, "cursor"),
        ({"items": [PROVIDER, {}], "cursor": "1", "more": False}, "items.1.kind"),
        (one(PROVIDER | {"time_zone": "Mars/Olympus"}), "items.0.time_zone"),
        (one(PROVIDER | {"agreements": [{"payer": "b", "valid_from": "1.1.25"}]}), "items.0.agreements.0.valid_from"),
        (one(GROUP | {"module": None}), "items.0.module"),
        (one(GROUP | {"module": {"module": "m", "unit_price_kopecks": 180.5}}), "items.0.module.unit_price_kopecks"),
        (one(GROUP | {"module": {"module": "m", "unit_price_kopecks": "180"}}), "items.0.module.unit_price_kopecks"),
        (one(GROUP | {"module": {"module": "m", "unit_price_kopecks": -1}}), "items.0.module.unit_price_kopecks"),
        (one(GROUP | {"timetable": [{"weekday": 8, "starts_at": "16:00", "ends_at": "17:00"}]}), "items.0.timetable.0.weekday"),
        (one(GROUP | {"lessons": [{"date": "2025-10-20", "state": "planned"}]}), "items.0.lessons.0.starts_at"),
    ],
)  # fmt: skip
def test_nonsense_is_named_by_its_field(server: Server, register: HttpRegister, body: Any, path: str) -> None:
    server.replies = [answers(body)]
    with pytest.raises(RegisterUnavailable) as unavailable:
        register.catalogue("3")
    assert f" {path} " in unavailable.value.args[0]


@pytest.mark.parametrize(
    "changes",
    [{"accepted_at": "2025-11-01T10:00:00"}, {"amount_kopecks": True}, {"kind": "gift"}, {"month": "2025-13"}, {"claim": None}, {"n": -1}],
)
def test_an_acceptance_is_checked(server: Server, register: HttpRegister, changes: dict[str, Any]) -> None:
    server.replies = [page(ACCEPTANCE | changes)]
    with pytest.raises(RegisterUnavailable, match=f"items.0.{next(iter(changes))}"):
        register.movements(None)


def test_another_months_statement_is_none(server: Server, register: HttpRegister) -> None:
    server.replies = [answers({"month": "2025-09", "debits": 0, "reversals": 0, "sum_kopecks": 0, "operations": []})]
    with pytest.raises(RegisterUnavailable, match="month"):
        register.statement("2025-10")


# ---------------------------------------------------------------- sending


def test_each_operation_has_its_answer_in_order(server: Server, register: HttpRegister) -> None:
    sent = operations(3)
    rejected = {
        "id": sent[1]["id"],
        "outcome": "rejected",
        "reason": {"code": "insufficient_funds", "ru": "мало", "en": "little"},
        "cure": {"ru": "так", "en": "so"},
    }
    behind = {"id": sent[2]["id"], "outcome": "behind", "acceptances": [ACCEPTANCE]}
    accepted = {"id": sent[0]["id"], "outcome": "accepted", "number": "2025-10-7", "accepted_at": "2025-11-01T10:00:00+03:00"}
    server.replies = [answers({"answers": [accepted, rejected, behind]})]
    first, second, third = register.send(sent)
    assert server.asked == [("POST", "/register/v1/operations", {}, {"operations": sent})]
    assert (first.outcome, first.number) == (Outcome.ACCEPTED, "2025-10-7")
    assert second.outcome is Outcome.REJECTED
    assert second.reason is not None and second.cure is not None
    assert (second.reason.ru, second.cure.en) == ("мало", "so")
    assert (third.outcome, third.acceptances[0].id) == (Outcome.BEHIND, "ab")


def test_nothing_to_send_asks_nobody(server: Server, register: HttpRegister) -> None:
    assert register.send([]) == []
    assert server.asked == []


def test_many_go_in_chunks(server: Server, register: HttpRegister) -> None:
    server.replies = [accepts]
    sent = operations(2 * OPERATIONS_MAX + 1)
    found = register.send(sent)
    assert [each.id for each in found] == [each["id"] for each in sent]
    assert {each.outcome for each in found} == {Outcome.ACCEPTED}
    assert [len(asked[3]["operations"]) for asked in server.asked] == [500, 500, 1]


@pytest.mark.parametrize(
    "broken",
    [cut, hang_up, garbage, fails(500), fails(403), fails(302), answers([]), answers({"answers": []}), answers({"answers": [5]})],
)
def test_a_chunk_without_an_answer_is_unanswered_is_sent_once_and_the_others_go_on(
    server: Server, register: HttpRegister, broken: Reply
) -> None:
    server.replies = [broken, accepts]
    found = register.send(operations(OPERATIONS_MAX + 2))
    assert {each.outcome for each in found[:OPERATIONS_MAX]} == {Outcome.UNANSWERED}
    assert all(each.reason for each in found[:OPERATIONS_MAX])
    assert [each.outcome for each in found[OPERATIONS_MAX:]] == [Outcome.ACCEPTED] * 2
    assert len(server.asked) == 2


def test_one_faulty_item_holds_up_no_other(server: Server, register: HttpRegister) -> None:
    def picky(handler: Handler) -> None:
        if any(each["id"] == sent[2]["id"] for each in handler.body["operations"]):
            handler.send(400, b'{"detail": "operations.2.month: not a month"}')
        else:
            accepts(handler)

    sent = operations(5)
    server.replies = [picky]
    found = register.send(sent)
    assert [each.outcome for each in found] == [
        Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.UNANSWERED, Outcome.ACCEPTED, Outcome.ACCEPTED,
    ]  # fmt: skip
    assert found[2].reason is not None and "not a month" in found[2].reason.en


def test_an_answer_that_makes_no_sense_harms_no_other(server: Server, register: HttpRegister) -> None:
    sent = operations(5)
    good = {"outcome": "accepted", "number": "1"}
    replies = [good | {"id": each["id"]} for each in sent]
    replies[1]["outcome"] = "perhaps"
    replies[2]["id"] = sent[0]["id"]
    replies[3] = {"id": sent[3]["id"], "outcome": "rejected"}
    replies[4]["outcome"] = "unknown"
    server.replies = [answers({"answers": replies})]
    found = register.send(sent)
    assert [each.outcome for each in found] == [Outcome.ACCEPTED, *[Outcome.UNANSWERED] * 4]
    assert [each.id for each in found] == [each["id"] for each in sent]


ODD = st.sampled_from([None, "", "N-1", 5, True, ["N-1"], {"ru": "нет", "en": "no"}, "x" * (schemas.TEXT_MAX + 1), "2025-10", []])
PLAIN = {"id": "op-1", "outcome": "accepted", "number": "N-1", "accepted_at": "2025-11-05T10:00:00+03:00"}


@given(
    st.dictionaries(st.sampled_from([*PLAIN, "reason", "cure", "acceptances", "booked_month"]), ODD, max_size=2),
    st.sets(st.sampled_from([*PLAIN]), max_size=1),
)
def test_the_short_way_reads_an_acceptance_as_the_schema_does(changed: dict[str, Any], missing: set[str]) -> None:
    raw = {name: value for name, value in PLAIN.items() if name not in missing} | changed

    def read(way: Callable[[Mapping[str, Any]], Answer]) -> Answer | str:
        try:
            return way(raw)
        except reading.AnswerFault as fault:
            return f"fault: {fault}"

    assert read(reading.answer) == read(reading._answer)


def test_after_three_chunks_without_an_answer_no_more_is_sent(server: Server, register: HttpRegister) -> None:
    server.replies = [fails(500)]
    found = register.send(operations(5 * OPERATIONS_MAX))
    assert len(server.asked) == 3
    assert len(found) == 5 * OPERATIONS_MAX
    assert {each.outcome for each in found} == {Outcome.UNANSWERED}


def test_a_register_that_is_not_there_leaves_all_unanswered(pauses: list[float]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = HttpRegister(f"http://127.0.0.1:{port}", pauses.append).send(operations(OPERATIONS_MAX + 1))
    assert {each.outcome for each in found} == {Outcome.UNANSWERED}
    assert pauses == []


def test_lookup_tells_accepted_from_unknown(server: Server, register: HttpRegister) -> None:
    found = [{"id": "a", "outcome": "accepted", "number": "1", "accepted_at": None}, {"id": "b", "outcome": "unknown", "number": None}]
    server.replies = [answers({"answers": found})]
    assert [each.outcome for each in register.lookup(["a", "b"])] == [Outcome.ACCEPTED, Outcome.UNKNOWN]
    with pytest.raises(RegisterUnavailable):
        register.lookup(["b", "a"])
    with pytest.raises(RegisterUnavailable):
        register.lookup(["a", "b", "c"])


# ---------------------------------------------------------------- the check sum


@pytest.mark.parametrize(
    ("snils", "answer"),
    [
        (None, None),
        ("", None),
        ("112-233-445 95", True),
        ("11223344595", True),
        ("112-233-445 96", False),
        ("087-654-303 00", True),  # the sum is 202: 202 mod 101 = 0
        ("000-000-000 00", True),
        ("001-001-998 99", True),  # none is computed up to here
        ("001-001-999 99", False),
        ("001-001-999 67", False),
        ("1122334459", False),
        ("112-233-445-95-1", False),
        ("abc", False),
    ],
)
def test_the_check_sum_of_a_snils(snils: str | None, answer: bool | None) -> None:
    assert snils_is_valid(snils) is answer


@pytest.mark.parametrize(
    ("digits", "total", "check"),
    [
        ("100009999", 99, 99),
        ("100018999", 100, 0),
        ("100019899", 101, 0),
        ("100019989", 102, 1),
        ("502866678", 201, 0),
        ("503896148", 202, 0),
    ],
)
def test_sums_around_the_modulus(digits: str, total: int, check: int) -> None:
    assert sum(int(digit) * weight for digit, weight in zip(digits, range(9, 0, -1), strict=True)) == total
    assert [number for number in range(100) if snils_is_valid(f"{digits}{number:02d}")] == [check]


# ---------------------------------------------------------------- the Navigator itself

DISTRICT = {
    "payers": "payer,name\nboks,Бокситогорский район\n",
    "providers": "provider,name,time_zone,sole_trader,licence,state\nddt,Дом творчества,Europe/Moscow,false,Л-1,active\n",
    "agreements": "provider,payer,valid_from,valid_to\nddt,boks,2025-01-01,2025-12-31\n",
    "programmes": "programme,provider,title,direction,age_from_months,age_to_months,verified\np,ddt,Керамика,,60,,true\n",
    "modules": (
        "module,programme,title,unit,unit_price,unit_normative,price,normative,planned_hours,open\n"
        "m,p,Модуль 1,lesson,205.00,190.00,,,144,true\n"
    ),
    "groups": "group,module,title,places,starts_on,ends_on\nKER-2,m,Керамика,20,2025-09-01,2026-05-31\n",
    "timetable": "group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\nKER-2,1,16:00,17:30,every,2025-09-01,2026-05-31\n",
    "lessons": "group,date,starts_at,ends_at,state,moved_from\nKER-2,2025-10-20,16:00,17:30,cancelled,\n",
    "children": (
        "child,last_name,first_name,patronymic,birth_date,snils,payer\n"
        "k-11,Андреева,Тоня,,2014-05-20,112-233-445 95,boks\nk-12,Борисов,Кузьма,,2014-05-20,,boks\n"
    ),
    "certificates": (
        "certificate,child,payer,kind,state,valid_from,valid_to,nominal\n"
        "0412000011,k-11,boks,financing,active,2025-01-01,2025-12-31,300.00\n"
    ),
    "enrollments": "enrollment,certificate,group,starts_on,ends_on,state\nL-11,0412000011,KER-2,2025-10-01,2025-12-31,active\n",
}


@pytest.fixture
def navigator(tmp_path: Path) -> Iterator[str]:
    """The address of a Navigator process that holds the district; its clock stands on 1 November 2025."""
    district = tmp_path / "district"
    district.mkdir()
    for table, text in DISTRICT.items():
        (district / f"{table}.csv").write_text(text, encoding="utf-8")
    home = {"NAVIGATOR_HOME": str(tmp_path / "home"), "GATEWAY_TEST": "1", "GATEWAY_NOW": "2025-11-01T10:00:00+03:00"}
    program, environment = [sys.executable, "-m", "navigator"], os.environ | home
    subprocess.run([*program, "load", str(district)], env=environment, check=True, capture_output=True, timeout=60)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*program, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while not _listens(port):
            assert process.poll() is None and time.monotonic() < deadline, "the Navigator does not start"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_navigator_is_understood(navigator: str) -> None:
    register = HttpRegister(navigator)
    items = register.catalogue(None).items
    provider = next(each for each in items if isinstance(each, RegisterProvider))
    group = next(each for each in items if isinstance(each, RegisterGroup))
    assert provider.agreements == (("boks", YEAR),)
    assert (group.group, group.unit_price, group.unit_normative) == ("KER-2", 20_500, 19_000)
    assert group.exceptions[0].cancelled
    (certificate,) = register.certificates(None).items
    assert (certificate.number, certificate.snils_is_valid, certificate.nominals) == ("0412000011", True, ((YEAR, 30_000),))
    (enrollment,) = register.enrollments(None).items
    assert (enrollment.enrollment, enrollment.certificate, enrollment.child) == ("L-11", certificate.certificate, "k-11")
    (candidate,) = register.candidates("KER-2", dt.date(2025, 10, 1), dt.date(2025, 10, 31), [])
    assert (candidate.last_name, candidate.numbers) == ("Андреева", ("0412000011",))


def test_the_navigator_answers_each_operation(navigator: str) -> None:
    register = HttpRegister(navigator)
    (certificate,) = register.certificates(None).items

    def debit(number: int, day: str, **changes: Any) -> dict[str, Any]:
        claim = {"provider": "ddt", "child": "k-11", "group": "KER-2", "date": day, "slot": 1, "lesson_starts_at": f"{day}T16:00:00+03:00"}
        whole = {
            "id": f"{number:032x}", "kind": "debit", "claim": claim, "enrollment": "L-11", "certificate": certificate.certificate, "n": 0,
            "month": "2025-10", "amount_kopecks": 19_000, "after": None, "refers_to": None, "status": None,
        }  # fmt: skip
        return whole | changes

    first, second = debit(1, "2025-10-06"), debit(2, "2025-10-13")
    mark = debit(3, "2025-10-13", kind="attendance", amount_kopecks=0, status="absent")
    answered = register.send([first, second, mark])
    assert [each.outcome for each in answered] == [Outcome.ACCEPTED, Outcome.REJECTED, Outcome.ACCEPTED]
    assert answered[1].reason is not None
    assert register.send([first])[0] == answered[0]
    behind = register.send([debit(4, "2025-10-06", n=1)])[0]
    assert behind.outcome is Outcome.BEHIND
    assert [each.id for each in behind.acceptances] == [first["id"]]
    assert [each.outcome for each in register.lookup([first["id"], second["id"]])] == [Outcome.ACCEPTED, Outcome.UNKNOWN]
    statement = register.statement("2025-10")
    assert (statement.debits, statement.reversals, statement.sum) == (1, 0, 19_000)
    assert [each.id for each in register.movements(None).items] == [first["id"]]
    assert [(each.status, each.day) for each in register.attendance("2025-10")] == [("absent", dt.date(2025, 10, 13))]
