"""`gateway doctor`: each trouble is named with its cure, none hides another, and nothing is changed by looking."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from adapters.alfacrm.emulator import AlfaCrmEmulator
from gateway.bootstrap import Gateway
from gateway.cli import main
from gateway.core.facts import Text
from gateway.doctor import Section
from gateway.settings import Settings
from gateway.store import schedule as store_schedule
from tests.builders.postgres import Postgres, name_of
from tests.builders.served import environment, write_home
from tests.builders.sheets import Row
from tests.builders.town import NOW, District, Town, free_port, rows_of, town
from tests.flow.test_sync import a_club

NOBODY = "http://127.0.0.1:9"
EVERYTHING = {section.value for section in Section}


@pytest.fixture(scope="module")
def crm() -> Iterator[AlfaCrmEmulator]:
    with AlfaCrmEmulator(a_club()) as found:
        assert isinstance(found, AlfaCrmEmulator)
        yield found


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory, crm: AlfaCrmEmulator) -> Iterator[Town]:
    """A home with a sheet taken in, one of its children unknown, and a source."""
    with town(tmp_path_factory.mktemp("doctor"), District(nominals=("5000.00",) * 3)) as running:
        gateway = running.gateway()
        running.take(gateway, running.sheet("october.xlsx", [*rows_of((1, 2)), Row("Чужова Анна")]))
        gateway.engine.dispose()
        write_home(running.folder / "gateway", crm)
        (running.folder / "gateway").chmod(0o700)
        yield running


class Home:
    """A copy of the healthy home, to be made ill."""

    def __init__(self, folder: Path, running: Town, crm: AlfaCrmEmulator) -> None:
        self.path = folder / "home"
        shutil.copytree(running.folder / "gateway", self.path)
        self.path.chmod(0o700)
        self.running = running
        self.crm = crm
        self.env: dict[str, str | None] = dict(environment(self.path, running.url, crm))

    def settings(self, more: str = "", first: str = "") -> None:
        write_home(self.path, self.crm, more=more)
        file = self.path / "gateway.toml"
        file.write_text(first + "\n" + file.read_text(encoding="utf-8"), encoding="utf-8")

    def gateway(self) -> Gateway:
        gateway = self.running.gateway()
        gateway.home = self.path
        return gateway

    def run(self, statement: str) -> None:
        gateway = self.gateway()
        with gateway.engine.begin() as connection:
            assert connection.exec_driver_sql(statement).rowcount
        gateway.engine.dispose()

    def asked(self, *options: str) -> tuple[int, dict[str, Any]]:
        ended = CliRunner(env=self.env).invoke(main, ["doctor", "--json", *options])
        assert "Traceback" not in ended.output, ended.output
        found: dict[str, Any] = json.loads(ended.stdout)
        return ended.exit_code, found


@pytest.fixture
def home(tmp_path: Path, healthy: Town, crm: AlfaCrmEmulator) -> Home:
    return Home(tmp_path, healthy, crm)


def lines(found: Mapping[str, Any], *verdicts: str) -> list[str]:
    return [
        f"{one['section']} | {one['what']}: {one['found']} → {one['cure']}"
        for one in found["lines"]
        if not verdicts or one["verdict"] in verdicts
    ]


def test_a_healthy_home_has_nothing_to_mend(home: Home) -> None:
    code, found = home.asked()
    assert code == 0 and lines(found, "bad") == []
    assert {one["section"] for one in found["lines"]} == EVERYTHING
    questions = lines(found, "question")
    assert len(questions) == 2  # what a test has and nobody else
    assert "register for tests" in questions[0] and "GATEWAY_NOW" in questions[1]
    shown = "\n".join(lines(found))
    for words in (
        "version 1 of the interface",
        "they differ by 0 s",
        "0700, closed to others",
        "journal_mode = wal",
        "all hold",
        "it opens the names",
    ):
        assert words in shown, words
    assert any("The source crm: " in one and one.startswith("sources") for one in lines(found, "good"))
    assert all((one["cure"] is None) == (one["verdict"] == "good") for one in found["lines"])
    assert home.crm.key not in shown


def test_looking_makes_and_changes_nothing(home: Home, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file() and "-" not in path.name}
    home.asked()
    assert {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file() and "-" not in path.name} == before
    home.env["GATEWAY_HOME"] = str(tmp_path / "nowhere")
    code, found = home.asked()
    assert code == 0 and not (tmp_path / "nowhere").exists()
    assert "not there yet" in "\n".join(lines(found, "question"))


def test_it_speaks_both_languages(home: Home) -> None:
    for language, words in (
        ("ru", ("Настройки", "Исправить: 0. Посмотреть: 2.", "✓ Запись: принимает")),
        ("en", ("Settings", "✓ Writing: is taken")),
    ):
        shown = CliRunner(env=home.env).invoke(main, ["doctor", "--lang", language]).stdout
        assert all(word in shown for word in words), shown
    _, found = home.asked("--lang", "en")
    ours = "\n".join(one for one in lines(found) if not one.startswith("sources"))  # there a club's own words may stand
    assert not any("а" <= letter <= "я" for letter in ours.lower())


# ---------------------------------------------------------------- troubles


def broken_toml(home: Home) -> None:
    (home.path / "gateway.toml").write_text("database = ", encoding="utf-8")


def two_mistakes(home: Home) -> None:
    home.settings("[sources.other]\nadapter = 7\n[schedule]\nsync_minutes = -1\n")


def no_such_pack(home: Home) -> None:
    home.settings(first='pack = "atlantis-1999"')


def a_bad_plugin(home: Home) -> None:
    (home.path / "plugins").mkdir()
    (home.path / "plugins" / "mine.py").write_text("import nothing_of_that_name\n", encoding="utf-8")


def an_order_of_strangers(home: Home) -> None:
    home.settings('[providers.club]\nprecedence = ["crn", "spreadsheet"]\n')


def no_register(home: Home) -> None:
    home.env["NAVIGATOR_URL"] = NOBODY


def no_address(home: Home) -> None:
    home.env["NAVIGATOR_URL"] = "register.example"


def no_key_of_the_source(home: Home) -> None:
    home.env["CRM_KEY"] = None


def a_wrong_key_of_the_source(home: Home) -> None:
    home.env["CRM_KEY"] = "wrong-key-77"


def a_source_that_is_away(home: Home) -> None:
    text = (home.path / "gateway.toml").read_text(encoding="utf-8")
    (home.path / "gateway.toml").write_text(text.replace(home.crm.url, NOBODY), encoding="utf-8")


def a_source_of_nobody(home: Home) -> None:
    text = (home.path / "gateway.toml").read_text(encoding="utf-8")
    (home.path / "gateway.toml").write_text(text.replace('provider = "club"', 'provider = "clubb"'), encoding="utf-8")


def no_key_of_who_pushes(home: Home) -> None:
    home.settings('[sources.visits]\nadapter = "webhook"\nprovider = "club"\nkey = "env:NO_SUCH"\n')


def no_secret_of_a_hint(home: Home) -> None:
    text = (home.path / "gateway.toml").read_text(encoding="utf-8")
    (home.path / "gateway.toml").write_text(text.replace("[sources.crm]\n", '[sources.crm]\nhint = "psst"\n'), encoding="utf-8")


def an_open_home(home: Home) -> None:
    home.path.chmod(0o755)


def an_open_inbox(home: Home) -> None:
    (home.path / "inbox").chmod(0o755)


def an_open_key(home: Home) -> None:
    (home.path / "secret.key").chmod(0o644)


def now_without_test(home: Home) -> None:
    home.env["GATEWAY_TEST"] = None


def another_layout(home: Home) -> None:
    home.run("UPDATE layout SET digest = 'of yesterday'")


def no_database(home: Home) -> None:
    for file in home.path.glob("gateway.sqlite*"):
        file.unlink()
    (home.path / "gateway.sqlite").write_bytes(b"this is no database at all; " * 200)


def a_server_that_is_away(home: Home) -> None:
    home.settings(first=f'database = "postgresql://nobody:s3cret@127.0.0.1:{free_port()}/gateway"')
    (home.path / "gateway.toml").chmod(0o600)


def a_flipped_byte(home: Home) -> None:
    home.run("UPDATE transfer SET refers_to = 'x' || substr(refers_to, 2) WHERE kind = 'settle' AND operation = 3")


def a_stopped_payer(home: Home) -> None:
    a_flipped_byte(home)
    gateway = home.gateway()
    gateway.verify()
    gateway.engine.dispose()


def a_list_that_nobody_works_on(home: Home) -> None:
    home.run("INSERT INTO to_decide (payer, claim, attempt) SELECT payer, claim, 0 FROM claim LIMIT 3")


def an_answer_that_never_came(home: Home) -> None:
    home.run("UPDATE operation SET state = 'unanswered', answered_at = NULL, sent_at = '2025-11-03T07:00:00.000+00:00' WHERE operation = 1")


def work_left_half_way(home: Home) -> None:
    home.run(
        "UPDATE operation SET state = 'sending', answered_at = NULL,"
        " leased_by = 'gone', leased_until = '2025-11-05T06:00:00.000+00:00' WHERE operation = 1"
    )


def a_question_since_october(home: Home) -> None:
    home.run("UPDATE run SET started_at = '2025-10-05T10:00:00+03:00'")


def another_key(home: Home) -> None:
    (home.path / "secret.key").write_bytes(Fernet.generate_key())


def no_secret_key(home: Home) -> None:
    (home.path / "secret.key").unlink()


def half_a_key(home: Home) -> None:
    (home.path / "secret.key").write_bytes(b"half")


def nobody_serves(home: Home) -> None:
    gateway = home.gateway()
    (job, *_) = gateway.jobs()
    early = NOW - dt.timedelta(hours=3)
    store_schedule.take(gateway.engine, job.name, job.pace, "t", early, 0.5, lambda token: False)
    store_schedule.finish(gateway.engine, job.name, job.pace, "t", store_schedule.Told("done", Text("готово", "done")), early, 0.5)
    gateway.engine.dispose()


TROUBLES: list[tuple[Callable[[Home], None], int, str, tuple[str, ...]]] = [
    (broken_toml, 1, "bad", ("settings | Settings: ", "the settings cannot be read", "config/gateway.toml")),
    (two_mistakes, 1, "bad", ("sources.other.adapter", "config/gateway.toml")),
    (two_mistakes, 1, "bad", ("schedule.sync_minutes", "between 0 (off) and 1440")),
    (no_such_pack, 1, "bad", ("settings | Region pack: ", "atlantis-1999")),
    (a_bad_plugin, 1, "bad", ("settings | The plugin mine", "nothing_of_that_name")),
    (an_order_of_strangers, 1, "bad", ("gateway.toml: providers.club.precedence", "“crn”", "sources: crm, spreadsheet")),
    (no_register, 4, "bad", ("register | The register http://127.0.0.1:9", "cannot be reached", "register_url")),
    (no_address, 1, "bad", ("register | ", "must start with http:// or https://", "register_url")),
    (no_key_of_the_source, 1, "bad", ("sources | The source crm", "CRM_KEY", "gateway.toml")),
    (a_wrong_key_of_the_source, 1, "bad", ("sources | The source crm", "key")),
    (a_source_that_is_away, 4, "bad", ("sources | The source crm", "127.0.0.1 cannot be reached", "network")),
    (a_source_of_nobody, 1, "bad", ("sources | The source crm", "“clubb”", "set provider to one of: club")),
    (no_key_of_who_pushes, 1, "bad", ("sources | The source visits", "[sources.visits] key", "NO_SUCH")),
    (no_secret_of_a_hint, 1, "bad", ("sources | The source crm", "[sources.crm] hint", "env:NAME")),
    (an_open_home, 0, "question", ("rights | GATEWAY_HOME", "0755: others may look in", "chmod 700")),
    (an_open_inbox, 1, "bad", ("rights | inbox: 0755", "chmod 700")),
    (an_open_key, 1, "bad", ("rights | secret.key: 0644", "chmod 600")),
    (now_without_test, 1, "bad", ("clock | The gateway's clock", "GATEWAY_TEST=1", "GATEWAY_NOW")),
    (another_layout, 1, "bad", ("database | The database: made by another version",)),
    (no_database, 4, "bad", ("database | ", "file is not a database", "check database in gateway.toml")),
    (a_server_that_is_away, 4, "bad", ("database | ", "onnection", "check database in gateway.toml")),
    (a_flipped_byte, 1, "bad", ("database | Seals and sums: payer town", "gateway verify")),
    (a_stopped_payer, 1, "bad", ("database | Seals and sums: nothing is sent for the payer town", "gateway verify")),
    (a_list_that_nobody_works_on, 0, "question", ("database | To be decided: 3", "gateway run")),
    (an_answer_that_never_came, 1, "bad", ("database | Unanswered by the register: 1, the oldest since 2025-11-03", "gateway outbox")),
    (work_left_half_way, 0, "question", ("database | Left half-way: operations: 1", "gateway run")),
    (a_question_since_october, 0, "question", ("database | Not recognised, wait for a person", "2025-10-05", "gateway match")),
    (another_key, 1, "bad", ("keys | secret.key: the names are sealed with another key", "gateway restore")),
    (no_secret_key, 1, "bad", ("keys | secret.key: there is no key", "gateway restore")),
    (half_a_key, 1, "bad", ("keys | secret.key: it is no key", "gateway restore")),
    (nobody_serves, 0, "question", ("database | Schedule: post: was due at 2025-11-05T04:05", "gateway serve")),
]  # fmt: skip


@pytest.mark.parametrize(("trouble", "code", "verdict", "words"), TROUBLES, ids=lambda one: getattr(one, "__name__", None))
def test_a_trouble_is_named_with_its_cure_and_hides_nothing(
    home: Home, trouble: Callable[[Home], None], code: int, verdict: str, words: tuple[str, ...]
) -> None:
    trouble(home)
    ended, found = home.asked()
    told = lines(found, verdict)
    assert any(all(word in one for word in words) for one in told), told
    assert ended == code, lines(found, "bad")
    assert {one["section"] for one in found["lines"]} >= EVERYTHING - {"sources"}
    assert found["verdict"] == ("bad" if code else "question")
    everything = json.dumps(found)
    assert "s3cret" not in everything and "wrong-key-77" not in everything and home.crm.key not in everything


def test_all_troubles_at_once_are_all_told(home: Home) -> None:
    for trouble in (two_mistakes, a_bad_plugin, no_register, an_open_key, a_wrong_key_of_the_source, a_flipped_byte, another_key):
        trouble(home)
    code, found = home.asked()
    assert code == 1
    told = "\n".join(lines(found, "bad"))
    for words in (
        "sources.other",
        "schedule.sync_minutes",
        "The plugin mine",
        "cannot be reached",
        "secret.key: 0644",
        "The source crm",
        "payer town",
        "another key",
    ):
        assert words in told, words


def test_what_doctor_finds_in_the_ledger_stops_nobody(home: Home) -> None:
    a_flipped_byte(home)
    home.asked()
    gateway = home.gateway()
    assert gateway.outbox()["stopped"] == []
    gateway.engine.dispose()


@pytest.mark.parametrize(("free", "code", "verdict"), [(100, 1, "bad"), (1000, 0, "question"), (5000, 0, "good")])
def test_little_space_is_told_before_there_is_none(home: Home, monkeypatch: pytest.MonkeyPatch, free: int, code: int, verdict: str) -> None:
    usage = shutil.disk_usage(home.path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free * 1024**2))
    ended, found = home.asked()
    assert ended == code
    assert any(f"disk | Free space (GATEWAY_HOME): {free} MB" in one for one in lines(found, verdict))


@pytest.mark.parametrize(("minutes", "verdict"), [(0, "good"), (2, "question"), (-10, "bad")])
def test_the_clock_is_compared_with_the_registers(home: Home, minutes: int, verdict: str) -> None:
    class Late(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"status": "ok", "items": [], "cursor": "1", "more": false}'
            self.send_response_only(200)
            self.send_header("Date", format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes), usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing between the test results."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Late) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home.env["NAVIGATOR_URL"] = f"http://127.0.0.1:{server.server_address[1]}"
        _, found = home.asked()
        server.shutdown()
    (told,) = [one for one in found["lines"] if one["what"].startswith("The clock beside")]
    assert told["verdict"] == verdict, told
    assert (told["cure"] is not None and "NTP" in told["cure"]) == (verdict != "good")


def test_a_postgresql_server_that_forgets_at_a_power_cut_is_told(home: Home, postgres: Postgres) -> None:
    with postgres.database() as url:  # the tests' server has fsync off
        code, found = home.asked("--database", url)
    assert code == 1
    (told,) = lines(found, "bad")
    assert "fsync = off" in told and "set fsync = on" in told
    assert any("postgresql, this version's" in one for one in lines(found, "good"))
    with postgres.database(is_empty=True) as url:
        _, found = home.asked("--database", url)
        assert any("postgresql, empty" in one for one in lines(found, "question"))
        assert postgres.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name_of(url)) == [(0,)]


def test_a_part_that_breaks_is_told_and_the_rest_goes_on(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("certificate 4700000001")

    monkeypatch.setattr("gateway.store.health.lists", broken)
    code, found = home.asked()
    assert code == 1 and {one["section"] for one in found["lines"]} == EVERYTHING
    (told,) = lines(found, "bad")
    assert "RuntimeError" in told and "4700000001" not in json.dumps(found)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_new_home_is_closed_to_others(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "new", Settings(), lambda: NOW)
    assert gateway.months() == []
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    gateway.engine.dispose()
