"""A real CalDAV server (Radicale) and a real HTTP server with ETags, read by the adapter."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from radicale import config
from radicale.app import Application
from waitress.server import create_server  # type: ignore[import-untyped]

from adapters.ical.adapter import IcalendarAdapter
from adapters.ical.settings import IcalendarSettings
from adapters.ical.test_timetable import calendar, event, other, short, single, weekly
from gateway.plugins import Batch, Http, Lesson, SourceRefused, Verdict
from gateway.plugins.testing import NOW

LATER = NOW + dt.timedelta(hours=1)
USER, PASSWORD = "klub", "secret-5f1c"


@contextmanager
def served(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.close()
        server.maintenance(0)
        thread.join(1)


class Radicale:
    """One calendar on a server of its own. ``url``: of the collection."""

    def __init__(self, folder: Path) -> None:
        users = folder / "users"
        users.write_text(f"{USER}:{PASSWORD}\n", encoding="utf-8")
        configuration = config.load()
        configuration.update(
            {
                "auth": {"type": "htpasswd", "htpasswd_filename": str(users), "htpasswd_encryption": "plain", "delay": "0"},
                "storage": {"filesystem_folder": str(folder / "collections")},
                "logging": {"level": "critical"},
            },
            "test",
        )
        self.server = create_server(Application(configuration), host="127.0.0.1", port=0, threads=2)
        self.url = f"http://127.0.0.1:{self.server.effective_port}/{USER}/raspisanie/"

    def ask(self, method: str, name: str = "", content: bytes | str | None = None) -> None:
        answer = requests.request(method, self.url + name, data=content, auth=(USER, PASSWORD), timeout=10)
        assert answer.status_code < 300, answer.text

    def put(self, name: str, *events: str) -> None:
        self.ask("PUT", f"{name}.ics", calendar(*events))

    def source(self, **values: Any) -> Any:
        given: dict[str, Any] = {"address": self.url, "protocol": "caldav", "user": USER, "password": PASSWORD, "per_minute": 600}
        return IcalendarAdapter().connect(IcalendarSettings(**(given | values)), Http(sleep=lambda seconds: None))


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[Radicale]:
    made = Radicale(tmp_path)
    with served(made.server):
        made.ask("MKCALENDAR")
        yield made


def lessons(batches: list[Batch]) -> list[str]:
    return sorted(short(record) for batch in batches for record in batch.records if isinstance(record, Lesson))


OF_THE_SERIES = [
    "07.10 16:00–16:45", "14.10 16:00–16:45", "21.10 16:00–16:45", "28.10 16:00–16:45",
    "04.11 16:00–16:45", "11.11 16:00–16:45", "18.11 16:00–16:45", "25.11 16:00–16:45",
]  # fmt: skip


def test_a_series_with_what_became_of_it(radicale: Radicale) -> None:
    moved = other("DTSTART;TZID=Europe/Moscow:20251015T170000", "DTEND;TZID=Europe/Moscow:20251015T180000")
    radicale.put("shahmaty", weekly("EXDATE;TZID=Europe/Moscow:20251104T160000"), moved)
    radicale.put("lepka", single("20251016T100000", "u2", "Лепка"))
    batches = list(radicale.source().pull(None, NOW))
    changed = {"14.10 16:00–16:45": "14.10 16:00–16:45 ×", "04.11 16:00–16:45": "04.11 16:00–16:45 ×"}
    assert lessons(batches) == sorted([*(changed.get(each, each) for each in OF_THE_SERIES), "15.10 17:00–18:00", "16.10 10:00–10:45"])
    assert {window.group for batch in batches for window in batch.windows} == {"Шахматы", "Лепка"}
    places = {record.group: record.place.url for batch in batches for record in batch.records if isinstance(record, Lesson)}
    assert places == {"Шахматы": f"{radicale.url}shahmaty.ics", "Лепка": f"{radicale.url}lepka.ics"}
    assert not [finding for batch in batches for finding in batch.findings]


def test_what_has_not_changed_is_not_read_again_and_what_has_is(radicale: Radicale) -> None:
    radicale.put("shahmaty", weekly())
    cursor = list(radicale.source().pull(None, NOW))[-1].cursor
    (again,) = radicale.source().pull(cursor, LATER)
    assert (again.records, again.windows, again.cursor) == ((), (), cursor)
    radicale.put("shahmaty", weekly(start="20251007T170000"))
    changed = list(radicale.source().pull(cursor, LATER))
    assert lessons(changed) == sorted(each.replace("16:", "17:") for each in OF_THE_SERIES)
    radicale.put("lepka", single("20251016T100000", "u2", "Лепка"))
    radicale.ask("DELETE", "shahmaty.ics")
    assert lessons(list(radicale.source().pull(changed[-1].cursor, LATER))) == ["16.10 10:00–10:45"]


def test_a_token_that_the_server_does_not_know_any_more_means_a_whole_reading(radicale: Radicale) -> None:
    radicale.put("shahmaty", weekly())
    cursor = list(radicale.source().pull(None, NOW))[-1].cursor
    assert cursor is not None and "token http://radicale.org/ns/sync/" in cursor
    strange = cursor.replace("radicale.org/ns/sync/", "radicale.org/ns/sync/0")
    assert lessons(list(radicale.source().pull(strange, LATER))) == sorted(OF_THE_SERIES)


def test_only_the_days_that_are_read_are_asked_for(radicale: Radicale) -> None:
    radicale.put("old", single("20200301T160000", "old", "Старое"))
    radicale.put("shahmaty", weekly())
    assert {window.group for batch in radicale.source().pull(None, NOW) for window in batch.windows} == {"Шахматы"}
    since = list(radicale.source().pull(None, NOW, dt.date(2020, 2, 1)))
    assert "01.03 16:00–16:45" in lessons(since)


def test_a_wrong_password_and_a_calendar_that_is_none(radicale: Radicale) -> None:
    with pytest.raises(SourceRefused, match="401"):
        list(radicale.source(password="wrong").pull(None, NOW))
    with pytest.raises(SourceRefused, match="no calendar"):
        list(radicale.source(address=radicale.url.replace("raspisanie/", "")).pull(None, NOW))


def test_the_check_of_a_server(radicale: Radicale) -> None:
    radicale.put("shahmaty", weekly())
    radicale.put("day", event("DTSTART;VALUE=DATE:20251014", uid="day", summary="Каникулы"))
    lines = {line.what.en: (line.verdict, line.found.en) for line in radicale.source().check()}
    assert lines == {
        "Events": (Verdict.GOOD, "2 events, 0 of them not read"),
        "Groups": (Verdict.GOOD, "1 groups, all-day events 1"),
        "Time zones": (Verdict.GOOD, "all are known"),
        "Mark of change": (Verdict.GOOD, "sync-token"),
    }


def test_a_servers_calendar_can_be_read_as_a_file_too(radicale: Radicale) -> None:
    radicale.put("shahmaty", weekly())
    source = radicale.source(protocol="ics")
    batches = list(source.pull(None, NOW))
    assert lessons(batches) == sorted(OF_THE_SERIES)
    (again,) = source.pull(batches[-1].cursor, LATER)
    assert not again.records


# ---------------------------------------------------------------- a file


class _Files(SimpleHTTPRequestHandler):
    """The standard library's server: it answers 304 by the file's time."""

    def __init__(self, *given: Any, folder: Path, **more: Any) -> None:
        super().__init__(*given, directory=str(folder), **more)

    def send_response(self, code: int, message: str | None = None) -> None:
        self.server.statuses.append(code)  # type: ignore[attr-defined]
        super().send_response(code, message)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def test_a_file_that_is_known_by_its_time(tmp_path: Path) -> None:
    path = tmp_path / "club.ics"
    path.write_bytes(calendar(weekly()))
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: _Files(*given, folder=tmp_path))
    server.statuses = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        settings = IcalendarSettings(address=f"http://127.0.0.1:{server.server_address[1]}/club.ics")
        source = IcalendarAdapter().connect(settings, Http(sleep=lambda seconds: None))
        batches = list(source.pull(None, NOW))
        assert lessons(batches) == sorted(OF_THE_SERIES)
        (again,) = source.pull(batches[-1].cursor, LATER)
        assert not again.records
        path.write_bytes(calendar(single()))
        os.utime(path, (2_000_000_000, 2_000_000_000))
        assert lessons(list(source.pull(batches[-1].cursor, LATER))) == ["14.10 16:00–16:45"]
        assert server.statuses == [200, 304, 200]  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
