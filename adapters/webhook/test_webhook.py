"""The adapter ``webhook``: what of a system's JSON becomes which facts, and who is believed."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
from hashlib import sha256
from typing import Any

import pytest

from adapters.webhook.adapter import ITEMS_MAX, WebhookAdapter
from adapters.webhook.settings import WebhookSettings
from gateway.plugins import (
    BadParameter,
    Batch,
    Group,
    Lesson,
    LessonState,
    Mark,
    Member,
    NotSigned,
    SourceRefused,
    Status,
    check_standard,
)

NOW = dt.datetime(2025, 11, 5, 7, 0, tzinfo=dt.UTC)
KEY = "whsec_" + base64.b64encode(b"a key of thirty-two bytes or so!").decode()
ITEM = {
    "group": "Парусники", "child": "Волнова Ася", "child_id": 102, "certificate": "4700000002", "birth_date": "2014-03-12",
    "date": "2025-10-06", "starts_at": "16:00", "ends_at": "17:30", "lesson": "L-7", "status": "attended", "revision": 3,
}  # fmt: skip


def signed(body: bytes, key: str = KEY, at: dt.datetime = NOW, id_: str = "msg_1") -> dict[str, str]:
    """As the standard says, worked out here once more."""
    stamp = str(int(at.timestamp()))
    secret = base64.b64decode(key.removeprefix("whsec_"))
    digest = hmac.new(secret, f"{id_}.{stamp}.".encode() + body, sha256).digest()
    return {"webhook-id": id_, "webhook-timestamp": stamp, "webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}


def received(raw: Any, **settings: Any) -> Batch:
    body = raw if isinstance(raw, bytes) else json.dumps(raw, ensure_ascii=False).encode()
    (batch,) = WebhookAdapter().receive(WebhookSettings(KEY, **settings), signed(body), body, NOW)
    return batch


# ---------------------------------------------------------------- what becomes what


def test_an_item_becomes_a_group_a_member_a_lesson_and_a_mark() -> None:
    batch = received([ITEM])
    group, lesson, member, mark = batch.records
    assert isinstance(group, Group) and group.words == "Парусники"
    assert isinstance(lesson, Lesson) and (lesson.day, lesson.own_id, lesson.state) == (dt.date(2025, 10, 6), "L-7", LessonState.HELD)
    assert (lesson.starts_at, lesson.ends_at) == (dt.time(16), dt.time(17, 30))
    assert isinstance(member, Member) and (member.name, member.own_id, member.certificate) == ("Волнова Ася", "102", "4700000002")
    assert member.birth_date == dt.date(2014, 3, 12)
    assert isinstance(mark, Mark) and (mark.member, mark.status, mark.lesson, mark.revision) == (member.key, Status.ATTENDED, "L-7", "3")
    assert batch.windows == () and batch.findings == ()  # it withdraws nothing by what it leaves out


def test_what_is_not_told_is_left_open() -> None:
    (_, member, mark) = received({name: ITEM[name] for name in ("group", "child", "date", "status")}).records
    assert isinstance(member, Member) and (member.own_id, member.certificate, member.birth_date) == (None, None, None)
    assert isinstance(mark, Mark) and mark.lesson is None  # all the group's lessons of that day


def test_the_paths_are_the_settings() -> None:
    raw = {
        "event": "visit",
        "data": {"visits": [{"k": {"n": "Парусники"}, "p": [{"fio": "Волнова Ася"}], "t": "2025-10-05T22:30:00Z", "was": True}]},
    }
    paths = {"items": "data.visits", "group": "k.n", "child": "p[0].fio", "date": "t", "status": "was"}
    batch = received(raw, **paths, statuses=("true=attended", "false=absent"))
    (mark,) = [one for one in batch.records if isinstance(one, Mark)]
    assert (mark.day, mark.status) == (dt.date(2025, 10, 6), Status.ATTENDED)  # half past one at night in Moscow


@pytest.mark.parametrize(
    ("said", "zone", "day", "starts_at", "ends_at"),
    [
        ({"date": "2025-10-31", "starts_at": "18:00", "ends_at": "19:30"}, "Asia/Vladivostok", 31, "18:00", "19:30"),  # the club's own
        ({"date": "2025-10-31", "starts_at": "11:00", "ends_at": "12:30"}, "Europe/Moscow", 31, "18:00", "19:30"),
        ({"date": "2025-10-30T23:00:00Z", "starts_at": None, "ends_at": None}, "Europe/Moscow", 31, "09:00", None),
        (
            {"date": "2025-10-30", "starts_at": "2025-10-31T01:00:00+03:00", "ends_at": "2025-10-30T23:30:00Z"},
            "Asia/Vladivostok", 31, "08:00", "09:30",
        ),
        ({"date": "2025-10-31", "starts_at": None, "ends_at": None}, "Europe/Moscow", 31, None, None),
    ],
)  # fmt: skip
def test_times_are_told_on_the_clubs_clock(said: dict[str, str], zone: str, day: int, starts_at: str | None, ends_at: str | None) -> None:
    """An instant is an instant; hours without an offset are on the clock that the settings name."""
    batch = received([ITEM | said], zone=zone, club_zone="Asia/Vladivostok")
    (mark,) = [one for one in batch.records if isinstance(one, Mark)]
    assert mark.day == dt.date(2025, 10, day)
    for lesson in (one for one in batch.records if isinstance(one, Lesson)):
        assert (lesson.day, lesson.starts_at, lesson.ends_at) == (
            mark.day, starts_at and dt.time.fromisoformat(starts_at), ends_at and dt.time.fromisoformat(ends_at),
        )  # fmt: skip


@pytest.mark.parametrize("word", ["cancelled", "отмена"])
def test_a_cancelled_lesson_has_no_mark(word: str) -> None:
    batch = received([ITEM | {"status": word}], statuses=("cancelled=cancelled", "Отмена=cancelled"))
    (lesson,) = [one for one in batch.records if isinstance(one, Lesson)]
    assert lesson.state is LessonState.CANCELLED and not any(isinstance(one, Mark | Member) for one in batch.records)


@pytest.mark.parametrize("text", ["2025-10-06", "06.10.2025", "2025-10-06T16:00:00+03:00", "2025-10-06 16:00:00"])
def test_days_come_in_several_guises(text: str) -> None:
    (mark,) = [one for one in received([ITEM | {"date": text}]).records if isinstance(one, Mark)]
    assert mark.day == dt.date(2025, 10, 6)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"date": "31.02.2025"}, "date"),
        ({"date": None}, "date"),
        ({"status": "maybe"}, "status"),
        ({"status": {"a": 1}}, "status"),
        ({"child": "  "}, "child"),
        ({"child": ["Волнова"]}, "child"),
        ({"group": None}, "group"),
        ({"starts_at": "25:99"}, "starts_at"),
    ],
)
def test_an_item_that_makes_no_sense_is_told_without_its_words_and_the_others_stand(change: dict[str, Any], named: str) -> None:
    batch = received([ITEM, ITEM | {"child_id": 103} | change, "nonsense", ITEM | {"child_id": 104}])
    assert sum(isinstance(one, Mark) for one in batch.records) == 2
    first, second = batch.findings
    assert first.place.row == 2 and first.what.en.startswith(f"{named}:") and first.cure.ru
    assert second.place.row == 3 and "Волнова" not in str(batch.findings) and "31.02" not in str(batch.findings)


@pytest.mark.parametrize(
    ("body", "settings"),
    [
        (b"not json", {}),
        (b"\xff\xfe", {}),
        (b"[" * 100_000, {}),
        (b"null", {}),
        (b'{"a": 1}', {"items": "b"}),
        (json.dumps([0] * (ITEMS_MAX + 1)).encode(), {}),
    ],
)
def test_a_body_that_is_not_understood_is_refused(body: bytes, settings: dict[str, Any]) -> None:
    with pytest.raises(SourceRefused) as raised:
        received(body, **settings)
    assert not isinstance(raised.value, NotSigned) and raised.value.cure.ru


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"items": "["}, "items"),
        ({"child": ""}, "child"),
        ({"statuses": ("x=perhaps",)}, "statuses"),
        ({"statuses": ("attended",)}, "statuses"),
        ({"zone": "Moscow"}, "zone"),
    ],
)
def test_settings_that_make_no_sense_are_named(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(BadParameter) as raised:
        WebhookSettings(KEY, **settings)
    assert raised.value.parameter == named
    assert KEY not in repr(WebhookSettings(KEY))


# ---------------------------------------------------------------- who is believed


BODY = json.dumps([ITEM]).encode()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(BODY + b" "),
        signed(BODY, "whsec_" + base64.b64encode(b"another").decode()),
        signed(BODY) | {"webhook-id": "msg_2"},
        signed(BODY) | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        signed(BODY) | {"webhook-timestamp": "²"},
        signed(BODY) | {"webhook-signature": "v1a,AAAA v1,"},
        signed(BODY) | {"webhook-signature": "v1,щ"},
        signed(BODY, at=NOW - dt.timedelta(seconds=301)),
        signed(BODY, at=NOW + dt.timedelta(seconds=301)),
    ],
)
def test_what_is_not_signed_or_too_old_is_not_believed(headers: dict[str, str]) -> None:
    with pytest.raises(NotSigned) as raised:
        list(WebhookAdapter().receive(WebhookSettings(KEY), headers, BODY, NOW))
    assert KEY not in str(raised.value) + str(raised.value.what) and raised.value.cure.ru


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_five_minutes_are_tolerated(seconds: int) -> None:
    assert check_standard(signed(BODY, at=NOW + dt.timedelta(seconds=seconds)), BODY, (KEY,), NOW) == "msg_1"


def test_two_secrets_in_rotation_both_verify_and_so_do_several_signatures() -> None:
    old = "whsec_" + base64.b64encode(b"the key of last year").decode()
    settings = WebhookSettings(KEY, old)
    for key in (KEY, old):
        assert list(WebhookAdapter().receive(settings, signed(BODY, key), BODY, NOW))
    both = signed(BODY) | {"webhook-signature": f"v1,AAAA {signed(BODY)['webhook-signature']} v2,BBBB"}
    assert list(WebhookAdapter().receive(settings, both, BODY, NOW))
    plain = "a plain word"
    digest = hmac.new(plain.encode(), f"m.{int(NOW.timestamp())}.".encode() + BODY, sha256).digest()
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    assert check_standard(headers, BODY, (plain,), NOW) == "m"


def test_an_hmac_in_a_header_of_its_own() -> None:
    settings = WebhookSettings("word", signature="hmac", header="X-Hub-Signature-256", prefix="sha256=")
    digest = hmac.new(b"word", BODY, sha256)
    for shown in (digest.hexdigest(), digest.hexdigest().upper(), base64.b64encode(digest.digest()).decode()):
        assert list(WebhookAdapter().receive(settings, {"x-hub-signature-256": f"sha256={shown}"}, BODY, NOW))
    for headers in ({}, {"x-hub-signature-256": "sha256="}, {"x-hub-signature-256": digest.hexdigest()[:-1] + "x"}):
        with pytest.raises(NotSigned):
            list(WebhookAdapter().receive(settings, headers, BODY, NOW))


def test_a_shared_secret_in_a_header() -> None:
    settings = WebhookSettings("word", signature="secret", header="x-token")
    assert list(WebhookAdapter().receive(settings, {"x-token": "word"}, BODY, NOW))
    for headers in ({}, {"x-token": ""}, {"x-token": "Word"}):
        with pytest.raises(NotSigned):
            list(WebhookAdapter().receive(settings, headers, BODY, NOW))


def test_a_delivery_is_named_by_its_id_or_where_the_settings_say() -> None:
    adapter = WebhookAdapter()
    assert adapter.delivery(WebhookSettings(KEY), {"webhook-id": "msg_1"}, BODY) == "msg_1"
    by_path = WebhookSettings("word", signature="hmac", delivery="event.id")
    assert adapter.delivery(by_path, {}, b'{"event": {"id": 77}}') == "77"
    assert adapter.delivery(by_path, {}, b'{"event": {}}') is None
    assert adapter.delivery(WebhookSettings("word", signature="hmac"), {}, BODY) is None
