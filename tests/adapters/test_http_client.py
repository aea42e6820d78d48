"""The shared HTTP client, against a server that misbehaves."""

from __future__ import annotations

import datetime as dt
import gzip
import logging
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.plugins.http import Client, Http, Limits, Reply
from gateway.plugins.rate import Rate
from gateway.plugins.source import SourceError, SourceRefused, SourceUnavailable
from gateway.plugins.testing import ALWAYS, Answer, Emulator, Fault, Request, SkippingClock
from gateway.plugins.token import LogIn, Token

LIMITS = Limits(read_seconds=0.4, answer_seconds_max=0.8, answer_bytes_max=1 << 20, tries=3)
SECRET = "s3cret-key"


class Echo(Emulator):
    """Answers what ``reply`` says, else what it was asked."""

    reply: Callable[[Request], Answer] | None = None

    def answer(self, request: Request) -> Answer:
        if self.reply is not None:
            return self.reply(request)
        if request.path == "/login":
            return Answer({"token": self.new_token()}) if request.json().get("key") == SECRET else self.refusal(401)
        if "x-token" in request.headers and not self.token_lives(request.headers["x-token"]):
            return self.refusal(401)
        return Answer({"path": request.path, "query": dict(request.query), "said": request.json()})


@pytest.fixture
def clock() -> SkippingClock:
    return SkippingClock()


@pytest.fixture
def echo(clock: SkippingClock) -> Iterator[Echo]:
    with Echo(clock=clock) as emulator:
        assert isinstance(emulator, Echo)
        yield emulator


@pytest.fixture
def http(clock: SkippingClock) -> Http:
    return Http(LIMITS, clock, clock.sleep, draw=lambda low, high: high)


def client_of(http: Http, echo: Echo, **said: Any) -> Client:
    return http.client(echo.url, **({"rate": Rate(6000), "secrets": [SECRET]} | said))


def error_of(call: Callable[[], object]) -> SourceError:
    with pytest.raises(SourceError) as caught:
        call()
    error = caught.value
    assert all((error.what.ru, error.what.en, error.cure.ru, error.cure.en))
    return error


# ---------------------------------------------------------------- asking


def test_what_is_asked_arrives(http: Http, echo: Echo) -> None:
    client = client_of(http, echo)
    found = client.json("POST", "/a", params={"page": 0, "date": ["1", "2"]}, body={"имя": [1]})
    assert found == {"path": "/a", "query": {"page": ["0"], "date": ["1", "2"]}, "said": {"имя": [1]}}
    assert echo.log[0].headers["user-agent"] == "pfdo-gateway"
    client.fetch("POST", "/form", form={"wstoken": "x"})
    assert echo.log[1].body == b"wstoken=x"


def test_one_connection_serves_them_all(http: Http, echo: Echo) -> None:
    client = client_of(http, echo)
    for _ in range(20):
        client.json("GET", "/a")
    assert echo.connections == 1


def test_an_expected_status_is_an_answer(http: Http, echo: Echo) -> None:
    echo.reply = lambda request: Answer(b"", 304, {"ETag": '"7"'})
    reply = client_of(http, echo).fetch("GET", "/ics", headers={"If-None-Match": '"7"'}, expected={304})
    assert (reply.status, reply.headers["etag"], reply.content) == (304, '"7"', b"")


def test_a_packed_answer_is_unpacked_and_a_byte_order_mark_is_no_fault(http: Http, echo: Echo) -> None:
    echo.reply = lambda request: Answer(gzip.compress(b"\xef\xbb\xbf[1]"), 200, {"Content-Encoding": "gzip"})
    assert client_of(http, echo).json("GET", "/") == [1]


def test_a_certificate_that_nobody_vouches_for_is_refused(http: Http, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    own = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + dt.timedelta(days=9)).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "own.pem").write_bytes(pem + own.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem")
    with Echo() as echo:
        echo._server.socket = context.wrap_socket(echo._server.socket, server_side=True)
        client = http.client(echo.url.replace("http:", "https:"))
        error = error_of(lambda: client.json("GET", "/a"))
    assert isinstance(error, SourceRefused) and "could not be verified" in error.what.en and echo.log == []


@pytest.mark.parametrize("address", ["http://crm.example.org", "ftp://crm.example.org", "crm.example.org", "https://"])
def test_only_addresses_with_tls_are_asked(http: Http, address: str) -> None:
    assert isinstance(error_of(lambda: http.client(address)), SourceRefused)


# ---------------------------------------------------------------- trying again


@pytest.mark.parametrize(
    "fault",
    [Fault.SERVER_ERROR, Fault.CUT, Fault.HALF, Fault.PAGE, Fault.UNDER_REPAIR, Fault.TOO_MANY, Fault.TOO_MANY_NO_TIME, Fault.DRIP],
)
def test_what_passes_is_waited_for(http: Http, echo: Echo, clock: SkippingClock, fault: Fault) -> None:
    echo.fail(fault, times=2)
    assert client_of(http, echo).json("GET", "/a")["path"] == "/a"
    assert len(echo.log) == 3
    assert len([pause for pause in clock.slept if pause >= 0.5]) == 2


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.CUT, Fault.HALF, Fault.PAGE, Fault.TOO_MANY, Fault.DRIP])
def test_what_does_not_pass_is_told_after_so_many_tries(http: Http, echo: Echo, fault: Fault) -> None:
    echo.fail(fault)
    assert isinstance(error_of(lambda: client_of(http, echo).json("GET", "/a")), SourceUnavailable)
    assert len(echo.log) == LIMITS.tries


def test_a_server_that_is_not_there_is_told(http: Http, echo: Echo) -> None:
    client = http.client("http://127.0.0.1:9", rate=Rate(6000))
    error = error_of(lambda: client.json("GET", "/a"))
    assert isinstance(error, SourceUnavailable) and "cannot be reached" in error.what.en


def test_each_pause_is_longer_and_none_too_long(http: Http, echo: Echo, clock: SkippingClock) -> None:
    patient = Http(Limits(tries=9, backoff_seconds_max=4), clock, clock.sleep, draw=lambda low, high: high)
    echo.fail(Fault.SERVER_ERROR)
    error_of(lambda: patient.client(echo.url, rate=Rate(60000)).json("GET", "/a"))
    assert [round(pause) for pause in clock.slept if pause > 0.5] == [1, 2, 4, 4, 4, 4, 4, 4]


def test_the_pauses_are_drawn(echo: Echo, clock: SkippingClock) -> None:
    drawn: list[tuple[float, float]] = []
    http = Http(LIMITS, clock, clock.sleep, draw=lambda low, high: drawn.append((low, high)) or low)  # type: ignore[func-returns-value]
    echo.fail(Fault.SERVER_ERROR, times=1)
    http.client(echo.url).json("GET", "/a")
    assert drawn == [(0.5, 1.0)]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "11"}, 11),
        ({"Retry-After": "Tue, 28 Oct 2025 10:00:30 GMT", "Date": "Tue, 28 Oct 2025 10:00:00 GMT"}, 30),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_named_time_is_waited_by_all(
    http: Http, echo: Echo, clock: SkippingClock, headers: dict[str, str], seconds: int, status: int
) -> None:
    replies = [Answer({}, status, headers), Answer([]), Answer([])]
    echo.reply = lambda request: replies.pop(0)
    client_of(http, echo).json("GET", "/a")
    client_of(http, echo).json("GET", "/b")
    assert echo.log[1].at - echo.log[0].at >= seconds


def test_a_time_that_nobody_waits_for_is_told(http: Http, echo: Echo, clock: SkippingClock) -> None:
    echo.fail(Fault.TOO_MANY, value="3600")
    error = error_of(lambda: client_of(http, echo).json("GET", "/a"))
    assert "60 more minutes" in error.what.en and len(echo.log) == 1


def test_what_must_not_be_done_twice_is_sent_once(http: Http, echo: Echo) -> None:
    echo.fail(Fault.CUT, times=1)
    error_of(lambda: client_of(http, echo).json("POST", "/write", body={}, repeatable=False))
    assert len(echo.log) == 1
    echo.fail(Fault.TOO_MANY, times=1)  # certainly not taken
    client_of(http, echo).json("POST", "/write", body={}, repeatable=False)
    assert len(echo.log) == 3


@pytest.mark.parametrize(("status", "words"), [(400, "refuses"), (401, "let us in"), (403, "let us in"), (404, "refuses")])
def test_a_refusal_is_not_tried_again(http: Http, echo: Echo, status: int, words: str) -> None:
    echo.reply = lambda request: Answer({"message": f"wrong key {SECRET} of 4700000001"}, status)
    error = error_of(lambda: client_of(http, echo).json("GET", "/a"))
    assert isinstance(error, SourceRefused) and words in error.what.en and len(echo.log) == 1
    assert "wrong key … of …" in error.what.en and SECRET not in repr(error)


# ---------------------------------------------------------------- limits


def test_an_answer_without_an_end_is_left(http: Http, echo: Echo) -> None:
    echo.fail(Fault.OVERSIZED)
    error = error_of(lambda: client_of(http, echo).json("GET", "/a"))
    assert isinstance(error, SourceRefused) and "larger than 1 MB" in error.what.en


def test_a_bomb_is_measured_unpacked(http: Http, echo: Echo) -> None:
    echo.reply = lambda request: Answer(gzip.compress(b" " * (64 << 20)), 200, {"Content-Encoding": "gzip"})
    assert "larger than 1 MB" in error_of(lambda: client_of(http, echo).json("GET", "/a")).what.en


def test_deep_json_is_no_answer(http: Http, echo: Echo) -> None:
    echo.reply = lambda request: Answer(b"[" * 200_000)
    assert isinstance(error_of(lambda: client_of(http, echo).json("GET", "/a")), SourceUnavailable)


def test_requests_keep_their_rate(http: Http, echo: Echo) -> None:
    client = client_of(http, echo, rate=Rate(per_minute=30))
    for _ in range(4):
        client.json("GET", "/a")
    assert echo.log[3].at - echo.log[0].at >= 5.9


def test_so_many_at_once_and_no_more(echo: Echo) -> None:
    http = Http(LIMITS)
    client = client_of(http, echo, rate=Rate(60000, at_once=2))
    in_threads(8, lambda: client.json("GET", "/a"))
    assert echo.most_at_once <= 2 and len(echo.log) == 8


def in_threads(count: int, call: Callable[[], object]) -> None:
    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# ---------------------------------------------------------------- tokens


def log_in(key: str = SECRET, seconds: int | None = 900) -> LogIn:
    def fetch(client: Client) -> Token:
        return Token(client.json("POST", "/login", body={"key": key}, without_token=True)["token"], seconds)

    return LogIn(fetch, "X-Token")


def logins(echo: Echo) -> int:
    return sum(request.path == "/login" for request in echo.log)


def test_a_token_is_fetched_once_and_again_before_its_end(http: Http, echo: Echo, clock: SkippingClock) -> None:
    client = client_of(http, echo, log_in=log_in())
    for _ in range(3):
        client.json("GET", "/a")
    assert logins(echo) == 1
    clock.put_forward(890)
    client.json("GET", "/a")
    assert logins(echo) == 2
    assert all(request.headers["x-token"].startswith("token-") for request in echo.log if request.path == "/a")


def test_a_token_that_is_over_is_renewed_once(http: Http, echo: Echo) -> None:
    client = client_of(http, echo, log_in=log_in())
    client.json("GET", "/a")
    echo.fail(Fault.EXPIRED, times=1)
    assert client.json("GET", "/a")["path"] == "/a"
    assert logins(echo) == 2


def test_many_threads_renew_a_token_once(echo: Echo) -> None:
    client = client_of(Http(LIMITS), echo, rate=Rate(60000, at_once=6), log_in=log_in())
    client.json("GET", "/a")
    echo.fail(Fault.EXPIRED, times=1)
    in_threads(6, lambda: client.json("GET", "/a"))
    assert logins(echo) == 2 and sum(request.path == "/a" for request in echo.log) >= 8


def test_a_right_that_is_missing_is_no_endless_logging_in(http: Http, echo: Echo) -> None:
    echo.reply = lambda request: Answer({"token": "t"}) if request.path == "/login" else Answer({}, 401)
    assert isinstance(error_of(lambda: client_of(http, echo, log_in=log_in()).json("GET", "/a")), SourceRefused)
    assert logins(echo) == 2 and len(echo.log) == 4


def test_a_wrong_key_is_tried_once(http: Http, echo: Echo) -> None:
    assert isinstance(error_of(lambda: client_of(http, echo, log_in=log_in("wrong")).json("GET", "/a")), SourceRefused)
    assert len(echo.log) == 1


# ---------------------------------------------------------------- keys stay where they belong


def test_no_other_host_sees_a_request(http: Http, echo: Echo) -> None:
    with Echo() as other:
        echo.elsewhere = other.url
        echo.fail(Fault.ELSEWHERE)
        error = error_of(lambda: client_of(http, echo, headers={"X-Key": SECRET}).json("GET", "/a"))
        assert other.log == []
    assert isinstance(error, SourceRefused) and "sends elsewhere" in error.what.en


def test_a_redirect_within_the_host_is_followed_so_often(http: Http, echo: Echo) -> None:
    echo.reply = lambda request: Answer([7]) if request.path == "/new" else Answer(None, 301, {"Location": "/new"})
    assert client_of(http, echo).json("GET", "/old") == [7]
    error_of(lambda: client_of(http, echo).json("POST", "/old", body={}))  # a 301 would make it a GET
    echo.reply = lambda request: Answer(None, 307, {"Location": "/round"})
    echo.log.clear()
    error_of(lambda: client_of(http, echo).json("GET", "/old"))
    assert len(echo.log) == LIMITS.redirects_max + 1


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.DRIP, Fault.HALF, Fault.SERVER_ERROR, Fault.FORBIDDEN, Fault.OVERSIZED])
def test_keys_are_in_no_message(http: Http, echo: Echo, caplog: pytest.LogCaptureFixture, fault: Fault) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_of(http, echo, headers={"X-Key": SECRET}, log_in=log_in())
    client.json("GET", "/a", params={"key": SECRET})
    echo.fail(fault, times=ALWAYS)
    error = error_of(lambda: client.json("GET", f"/ics/{SECRET}", params={"key": SECRET}))
    assert error.__context__ is None and error.__cause__ is None
    seen = "".join([*traceback.format_exception(error), repr(error), repr(client), repr(http), caplog.text, *map(str, caplog.messages)])
    assert "GET" in caplog.text, "urllib3's own words are looked at too"
    assert SECRET not in seen and "token-0" not in seen


def test_no_cookie_and_no_netrc_is_sent(
    http: Http, echo: Echo, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    echo.reply = lambda request: Answer([], 200, {"Set-Cookie": "a=b"})
    client = client_of(http, echo, headers={"Authorization": "Bearer x"})
    client._session.trust_env = True
    client.json("GET", "/a")
    client.json("GET", "/a")
    assert [request.headers["authorization"] for request in echo.log] == ["Bearer x"] * 2
    assert all("cookie" not in request.headers for request in echo.log)


# ---------------------------------------------------------------- answers in other forms


def words_of(reply: Reply) -> str:
    """What a reader makes of an answer; a page makes no sense to it."""
    if not reply.content.startswith(b"words:"):
        raise ValueError("no words, and a name in them: Ёлкина")
    return reply.content.decode().removeprefix("words:")


def test_what_a_reader_makes_of_an_answer(http: Http, echo: Echo) -> None:
    echo.reply = lambda request: Answer(b"words:" + request.method.encode() + b" " + request.body)
    said = client_of(http, echo).understood("PUT", "/x", words_of, content=b"<a/>", headers={"Content-Type": "application/xml"})
    assert said == "PUT <a/>"
    assert echo.log[0].headers["content-type"] == "application/xml"


@pytest.mark.parametrize(("page", "told"), [(b"<!DOCTYPE html><p>", "a page instead of data"), (b"<a/>", "cannot be read as data")])
def test_an_answer_that_makes_no_sense_to_its_reader_is_asked_for_again(http: Http, echo: Echo, page: bytes, told: str) -> None:
    answers = iter([page, page, b"words:well"])
    echo.reply = lambda request: Answer(next(answers))
    assert client_of(http, echo).understood("GET", "/x", words_of) == "well"
    echo.reply = lambda request: Answer(page)
    error = error_of(lambda: client_of(http, echo).understood("GET", "/x", words_of))
    assert isinstance(error, SourceUnavailable) and told in error.what.en
    assert "Ёлкина" not in "".join(traceback.format_exception(error))
