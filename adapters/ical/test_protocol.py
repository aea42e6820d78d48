"""What is asked, and what is made of the answers: marks of change, secret addresses, a server's odd words, settings, the check."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from typing import Any, cast

import pytest

from adapters.ical import dav
from adapters.ical.adapter import IcalendarAdapter
from adapters.ical.emulated_server import CalDavEmulator
from adapters.ical.emulator import IcsEmulator
from adapters.ical.settings import IcalendarSettings
from adapters.ical.test_ical import TestCalDav as CalDavKit
from adapters.ical.test_ical import TestIcs as IcsKit
from adapters.ical.test_ical import caldav_settings, ics_settings
from gateway.plugins import BadParameter, Batch, EmptyMeaning, Http, Lesson, SourceRefused, SourceUnavailable, Verdict
from gateway.plugins.testing import NOW, Answer, Fault, Rig, Standing, truth

LATER = NOW + dt.timedelta(hours=3)


@pytest.fixture
def rig() -> Iterator[Rig]:
    with IcsKit().rig() as made:
        yield made


@pytest.fixture
def dav_rig() -> Iterator[Rig]:
    with CalDavKit().rig() as made:
        yield made


def ics(rig: Rig) -> IcsEmulator:
    return cast(IcsEmulator, rig.emulator)


def server(rig: Rig) -> CalDavEmulator:
    return cast(CalDavEmulator, rig.emulator)


def cursor_of(batches: list[Batch]) -> str:
    cursor = batches[-1].cursor
    assert cursor is not None
    return cursor


def told(batches: list[Batch]) -> int:
    return sum(isinstance(record, Lesson) for batch in batches for record in batch.records)


def change(rig: Rig) -> None:
    lesson = next(iter(rig.club.lessons.values()))
    lesson.starts_at = dt.time(9, 0)


# ---------------------------------------------------------------- a file


@pytest.mark.parametrize(("gives", "asks"), [("ETag", "if-none-match"), ("Last-Modified", "if-modified-since")])
def test_a_file_is_asked_for_only_where_it_has_changed(rig: Rig, gives: str, asks: str) -> None:
    ics(rig).gives = (gives,)
    first = rig.pull()
    again = rig.pull(cursor_of(first), LATER)
    assert (told(again), again[-1].cursor) == (0, first[-1].cursor)
    assert asks not in rig.emulator.log[0].headers and asks in rig.emulator.log[1].headers
    change(rig)
    assert told(rig.pull(cursor_of(again), LATER)) == told(first)


def test_the_etag_goes_before_the_time(rig: Rig) -> None:
    ics(rig).gives = ("ETag", "Last-Modified")
    rig.pull(cursor_of(rig.pull()), LATER)
    asked = rig.emulator.log[1].headers
    assert "if-none-match" in asked and "if-modified-since" not in asked


def test_a_file_without_either_is_read_each_time(rig: Rig) -> None:
    ics(rig).gives = ()
    first = rig.pull()
    assert told(rig.pull(cursor_of(first), LATER)) == told(first)


def test_a_server_that_names_the_same_etag_and_sends_everything(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = rig.emulator.answer
    monkeypatch.setattr(rig.emulator, "answer", lambda request: answered(request.__class__(request.method, request.path, {}, {}, b"")))
    assert not told(rig.pull(cursor_of(rig.pull()), LATER))


@pytest.mark.parametrize(
    "values", [{"group_by": "location"}, {"group": "Все"}, {"prefix": "Кружок"}, {"zone": "Asia/Omsk"}, {"window_days": 80}]
)
def test_other_settings_mean_a_whole_reading(rig: Rig, values: dict[str, Any]) -> None:
    cursor = cursor_of(rig.pull())
    list(rig.adapter.connect(ics_settings(rig.emulator, **values), rig.http).pull(cursor, LATER))
    assert "if-none-match" not in rig.emulator.log[-1].headers


def test_another_month_means_a_whole_reading(rig: Rig) -> None:
    cursor = cursor_of(rig.pull())
    assert told(rig.pull(cursor, NOW + dt.timedelta(days=5)))
    assert "if-none-match" not in rig.emulator.log[-1].headers


def test_of_a_secret_address_nothing_is_shown_but_its_host(rig: Rig) -> None:
    ics(rig).extra = ("BEGIN:VEVENT\r\nUID:bad\r\nDTSTART:?\r\nEND:VEVENT",)
    batches = rig.pull()
    shown = repr(batches) + repr(rig.settings()) + repr(rig.source())
    assert rig.emulator.key not in shown and "private" not in shown
    assert [finding.place.url for batch in batches for finding in batch.findings] == [f"{rig.emulator.url}/#bad"]


def test_a_server_that_repeats_what_it_was_asked_tells_no_secret(rig: Rig, dav_rig: Rig) -> None:
    def repeating(request: Any) -> Answer:
        said = f"{request.path} {request.headers.get('authorization', '')}"
        return Answer({"message": f"not understood: {said}"}, 400)

    for each in (rig, dav_rig):
        each.emulator.answer = repeating  # type: ignore[method-assign]
        _, error = each.pull_until_it_fails()
        assert error is not None and "not understood" in error.what.en
        word = base64.b64encode(f"gateway:{each.emulator.key}".encode()).decode()
        assert each.emulator.key not in error.what.en and word not in error.what.en


# ---------------------------------------------------------------- a server


@pytest.mark.parametrize(("gives", "requests"), [("sync-token", ["REPORT"]), ("getctag", ["PROPFIND"])])
def test_a_server_is_asked_whether_anything_has_changed(dav_rig: Rig, gives: str, requests: list[str]) -> None:
    server(dav_rig).gives = gives
    first = dav_rig.pull()
    dav_rig.emulator.log.clear()
    assert not told(dav_rig.pull(cursor_of(first), LATER))
    assert [request.method for request in dav_rig.emulator.log] == requests
    change(dav_rig)
    assert told(dav_rig.pull(cursor_of(first), LATER)) == told(first)


def test_a_token_that_is_over_means_a_whole_reading(dav_rig: Rig) -> None:
    first = dav_rig.pull()
    server(dav_rig).forgets = True
    assert told(dav_rig.pull(cursor_of(first), LATER)) == told(first)
    server(dav_rig)._changes = lambda body: Answer(b"", 409)  # type: ignore[method-assign]
    assert told(dav_rig.pull(cursor_of(first), LATER)) == told(first)


def test_a_server_without_either_is_read_each_time(dav_rig: Rig) -> None:
    server(dav_rig).gives = ""
    first = dav_rig.pull()
    assert told(dav_rig.pull(cursor_of(first), LATER)) == told(first)


def test_the_days_are_asked_for_with_a_margin_for_all_zones(dav_rig: Rig) -> None:
    dav_rig.pull()
    body = dav_rig.emulator.log[-1].body.decode()
    assert '<c:time-range start="20250831T000000Z" end="20251202T000000Z"/>' in body
    assert dav_rig.emulator.log[-1].headers["depth"] == "1"


def test_a_resource_without_its_calendar_is_told_and_withdraws_nothing(dav_rig: Rig) -> None:
    first = dav_rig.pull()
    answered = server(dav_rig)._events

    def spoilt(body: str) -> Answer:
        found = answered(body)
        return Answer(found.body.replace(b"BEGIN:VCALENDAR", b"BEGIN:?", 1), found.status, found.headers)

    server(dav_rig)._events = spoilt  # type: ignore[method-assign]
    batches = dav_rig.pull()
    assert told(batches) == told(first) - 1
    assert len([finding for batch in batches for finding in batch.findings]) == 1
    assert not any(window.lists_lessons for batch in batches for window in batch.windows)


def test_a_server_that_hands_out_a_part_only_is_refused(dav_rig: Rig) -> None:
    part = '<d:multistatus xmlns:d="DAV:"><d:response><d:href>/</d:href><d:status>HTTP/1.1 507 Full</d:status></d:response></d:multistatus>'
    server(dav_rig)._events = lambda body: Answer(part.encode(), 207)  # type: ignore[method-assign]
    with pytest.raises(SourceRefused, match="all of the events"):
        dav_rig.pull()


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><d:multistatus xmlns:d="DAV:">&b;</d:multistatus>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"<html></html>",
        b'<d:multistatus xmlns:d="DAV:">',
        b"<multistatus/>",
        ENTITIES,
        b"<d:multistatus xmlns:d='DAV:'>" + b"<a>" * 100 + b"</a>" * 100 + b"</d:multistatus>",
    ],
)
def test_xml_that_is_no_answer(content: bytes) -> None:
    with pytest.raises(ValueError):
        dav.multistatus(content)


def test_a_page_with_a_document_type_is_maintenance(dav_rig: Rig) -> None:
    server(dav_rig)._events = lambda body: Answer(ENTITIES, 207)  # type: ignore[method-assign]
    with pytest.raises(SourceUnavailable):
        dav_rig.pull()


# ---------------------------------------------------------------- what is told


def test_no_window_speaks_of_marks(rig: Rig) -> None:
    """Marks of another source, or of one that had this name before, stand whatever a calendar says."""
    marks = Standing()
    marks.marks = dict(truth(rig.club).marks)
    before = dict(marks.marks)
    for lesson in list(rig.club.lessons.values())[1:]:
        del rig.club.lessons[lesson.id]
    windows = [window for batch in rig.pull() for window in batch.windows]
    assert all(window.unmarked is EmptyMeaning.UNKNOWN and not window.lists_all for window in windows)
    assert marks.take(rig.pull(), confirmed=True).marks == before


def test_a_calendar_that_is_suddenly_empty_withdraws_nothing_and_is_told(rig: Rig) -> None:
    standing = Standing().take(rig.pull())
    before = dict(standing.lessons)
    rig.emulator.fail(Fault.EMPTY)
    batches = rig.pull()
    assert [finding.what.en for finding in batches[0].findings] == ["there is no event in the calendar; the earlier timetable stands"]
    assert standing.take(batches, confirmed=True).lessons == before


def test_one_calendar_that_is_one_group(rig: Rig) -> None:
    source = rig.adapter.connect(ics_settings(rig.emulator, group="Шахматы"), rig.http)
    batches = list(source.pull(None, NOW))
    assert {window.group for batch in batches for window in batch.windows} == {"Шахматы"}
    assert told(batches) == len(rig.club.lessons)


# ---------------------------------------------------------------- settings and check


@pytest.mark.parametrize(
    ("values", "parameter"),
    [
        ({}, "address"),
        ({"address": "https://a.example", "secret_address": "https://b.example"}, "address"),
        ({"address": "https://a.example/x y"}, "address"),
        ({"address": "https://a.example", "user": "u"}, "password"),
        ({"address": "https://a.example", "zone": "Mars/Olympus"}, "zone"),
        ({"address": "https://a.example", "window_days": 0}, "window_days"),
        ({"address": "https://a.example", "ahead_days": 401}, "ahead_days"),
        ({"address": "https://a.example", "per_minute": 0}, "per_minute"),
        ({"address": "https://a.example", "group": "А", "prefix": "Б"}, "prefix"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, Any], parameter: str) -> None:
    with pytest.raises(BadParameter) as refused:
        IcalendarSettings(**values)
    assert refused.value.parameter == parameter


@pytest.mark.parametrize("given", ["webcal://cal.example/a.ics?key=7", "https://cal.example/a.ics?key=7", "cal.example/a.ics?key=7"])
def test_an_address_as_people_copy_it(given: str) -> None:
    settings = IcalendarSettings(address=given)
    assert (settings.origin, settings.path, settings.shown) == ("https://cal.example", "/a.ics?key=7", "https://cal.example/a.ics")


def test_an_address_without_tls_is_refused() -> None:
    with pytest.raises(SourceRefused):
        IcalendarAdapter().connect(IcalendarSettings(address="http://cal.example/a.ics"), Http())


def test_the_check_tells_what_a_person_should_look_at(rig: Rig) -> None:
    ics(rig).gives = ()
    ics(rig).extra = (
        "BEGIN:VEVENT\r\nUID:bad\r\nDTSTART:?\r\nEND:VEVENT",
        "BEGIN:VEVENT\r\nUID:odd\r\nDTSTART;TZID=Klub:20251014T160000\r\nSUMMARY:Шахматы\r\nEND:VEVENT",
    )
    lines = {line.what.en: line for line in rig.source().check()}
    assert {line.verdict for line in lines.values()} == {Verdict.QUESTION, Verdict.GOOD}
    questions = {what for what, line in lines.items() if line.verdict is Verdict.QUESTION}
    assert questions == {"Events", "Time zones", "Mark of change"}
    assert all((line.cure is None) is (line.verdict is Verdict.GOOD) for line in lines.values())


def test_the_check_asks_how_groups_are_named_where_there_are_none(dav_rig: Rig) -> None:
    source = dav_rig.adapter.connect(caldav_settings(dav_rig.emulator, group_by="location"), dav_rig.http)
    (line,) = [line for line in source.check() if line.what.en == "Groups"]
    assert line.verdict is Verdict.QUESTION and line.cure is not None and "location" in line.cure.en
