"""The status page and /health: what they say, in both languages, and when something is not there."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.console import create_app
from gateway.console.page import RegisterSaid, address_shown, masked
from gateway.core.facts import Text
from gateway.demo.play import FOLDER
from gateway.flow.living import is_abandoned, living_token, owner_of
from gateway.store import schedule as store_schedule
from gateway.store.schedule import Told
from tests.web.conftest import NOBODY_LISTENS, District


def text_of(html: str) -> str:
    """What a reader sees, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.fixture
def silent_register() -> Iterator[str]:
    """A register that takes the call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


# ---------------------------------------------------------------- what it says


def test_the_page_tells_the_month_in_russian(district: District) -> None:
    answer = district.client().get("/")
    assert answer.status_code == 200
    html = answer.text
    assert '<html lang="ru">' in html
    shown = text_of(html).replace("\u00a0", " ")
    for words in (
        "Состояние", "Нужно внимание", "вопросов к человеку: 3 · не прочитано клеток: 1",
        "165 + 51 + 87 + 12 = 315: у каждой отметки один ответ",
        "Кто это: дети и группы, которых нельзя узнать наверняка 3 gateway match", "05.11.2025, 10:00 20 мин назад", "Принято операций 451",
        "октябрь 2025 30 538,74 ₽ 30 538,74 ₽ 30 538,74 ₽ 0", "✓ суммы равны , списаний 165, возвратов 0",
        "Списание не больше остатка сертификата 18", "бесплатно 18",
    ):  # fmt: skip
        assert words in shown, words
    for club, file, numbers in (  # of a system also what its last reading brought
        ("Дом детского творчества, Синелесье", "tabel-ddt-oktyabr.xlsx табель", "125 56 33 36 0 0 10 543,40 ₽"),
        ("Клуб «Ринг», Синелесье", "ring-oktyabr.xlsx табель", "72 50 10 12 0 1 8 273,40 ₽"),
        ("Центр языков «Лингва», Ольхов Яр", "moyklass система", "новое: 66, не принято или ждёт: 35 66 27 4 30 5 0 3 341,94 ₽"),
        ("Бассейн «Аква», Верхнеозёрск", "alfacrm система", "новое: 52, не принято или ждёт: 16 52 32 4 9 7 0 8 380,00 ₽"),
    ):
        assert re.search(rf"{re.escape(club)} {re.escape(file)} 05\.11\.2025, 10:00 20 мин назад {re.escape(numbers)}", shown), club


def test_the_page_tells_it_in_english(district: District) -> None:
    html = district.client().get("/", headers={"Accept-Language": "en-GB,en;q=0.9,ru;q=0.5"}).text
    assert '<html lang="en">' in html
    shown = text_of(html).replace("\u00a0", " ")
    for words in (
        "Status",
        "questions to a person: 3",
        "October 2025 30,538.74 ₽ 30,538.74 ₽ 30,538.74 ₽ 0",
        "165 debits, 0 reversals",
        "20 min ago",
    ):
        assert words in shown, words
    ours = re.sub(r"«[^»]*»|Дом детского творчества, Синелесье|Клуб|, Синелесье|Центр языков|, Ольхов Яр|Бассейн|, Верхнеозёрск", "", html)
    assert set(re.findall(r"[А-Яа-яЁё]+", ours)) <= {"Русский", "Переключить", "на", "русский"}


@pytest.mark.parametrize(
    ("query", "accept", "language"),
    [
        ("", "", "ru"),
        ("", "de", "ru"),
        ("", "en", "en"),
        ("", "ru,en;q=0.9", "ru"),
        ("?lang=en", "ru", "en"),
        ("?lang=ru", "en", "ru"),
        ("?lang=xx", "en", "en"),
    ],
)
def test_the_language_is_asked_for_or_the_browsers(district: District, query: str, accept: str, language: str) -> None:
    client = dataclasses.replace(district, url=NOBODY_LISTENS).client(0.01)
    answer = client.get(f"/{query}", headers={"Accept-Language": accept})
    assert f'<html lang="{language}">' in answer.text
    other = "en" if language == "ru" else "ru"
    assert re.search(rf'<a class="language" href="/\?lang={other}" lang="{other}" hreflang="{other}"', answer.text)
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_name_of_a_child_and_no_certificate_number_is_on_the_page(district: District, language: str) -> None:
    html = district.client().get(f"/?lang={language}").text
    with (FOLDER / "district" / "children.csv").open(encoding="utf-8-sig") as file:
        names = {row["last_name"] for row in csv.DictReader(file)} | {"Чужаков", "Котова", "Соколова"}
    assert len(names) > 30
    assert [name for name in names if name in html] == []
    assert re.findall(r"(?<!\d)\d{8,}", html) == []


def test_long_numbers_are_masked_and_secrets_of_an_address_left_out() -> None:
    assert masked("certificate 4799901005 is frozen") == "certificate …1005 is frozen"
    assert masked("2025-10-16, 180.00") == "2025-10-16, 180.00"
    assert address_shown("https://user:secret@register.example:8443/p47") == "https://register.example:8443/p47"


# ---------------------------------------------------------------- how it says it


@pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/static/console.css"])
def test_every_answer_carries_the_strict_headers(district: District, path: str) -> None:
    headers = district.client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ") and "style-src 'self'" in policy
    assert "unsafe" not in policy and "http" not in policy and "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers


def test_nothing_is_asked_of_another_host_and_nothing_needs_a_script(district: District) -> None:
    client = district.client()
    html = client.get("/").text
    assert "<script" not in html and "<style" not in html and " style=" not in html and not re.search(r"\son[a-z]+=", html)
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert links and all(link.startswith(("/", "#")) and not link.startswith("//") for link in links)
    for link in links:
        if link.startswith("/"):
            assert client.get(link).status_code == 200, link
    style = client.get("/static/console.css").text
    assert "url(" not in style and "@import" not in style


def test_each_table_has_a_caption_and_scopes_and_each_section_its_name(district: District) -> None:
    html = district.client().get("/").text
    assert html.count("<table") == html.count("<caption") > 3
    assert all('scope="' in head for head in re.findall(r"<th [^>]*>", html)) and "<th>" not in html
    for name in re.findall(r'<section aria-labelledby="([^"]+)"', html):
        assert f'<h2 id="{name}"' in html
    assert html.count("<h1") == 1 and html.count("<main") == 1 and "<header" in html and "<footer" in html


# ---------------------------------------------------------------- the register is away


def test_a_register_that_is_down_is_named_and_the_rest_is_there(district: District) -> None:
    shown = text_of(dataclasses.replace(district, url=NOBODY_LISTENS).client().get("/").text).replace("\u00a0", " ")
    assert "Реестр не отвечает. Ничего не потеряно" in shown and "gateway run" in shown
    assert "В книге шлюза 30 538,74 ₽" in shown and "Выписка реестра" not in shown
    assert "реестр не отвечает" in shown and "10 543,40 ₽" in shown


def test_a_register_that_hangs_is_waited_for_a_moment_only_and_asked_once(district: District, silent_register: str) -> None:
    client = dataclasses.replace(district, url=silent_register).client(register_seconds=0.3)
    before = threading.active_count()
    started = time.monotonic()
    pages = [client.get("/").text for _ in range(3)]
    assert time.monotonic() - started < 5
    assert all("Реестр не отвечает" in page for page in pages)
    assert threading.active_count() <= before + 1


def test_an_address_that_is_none_is_told_with_its_cure(district: District) -> None:
    answer = dataclasses.replace(district, url="register.example").client().get("/")
    assert answer.status_code == 503
    assert "http:// или https://" in answer.text and "NAVIGATOR_URL" in answer.text


# ---------------------------------------------------------------- differences


def test_differences_are_told_by_kind_with_their_cure(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    rejected = "отклонено: сертификат 4799901005 заморожен"
    found = [
        {"class": "missing_there", "subject": f"{number:032x}", "provider": "ring", "group": "BOX-1", "date": "2025-10-03", "slot": 1,
         "here": "debit 162.40", "there": "", "cure": "Передайте номер."}
        for number in range(7)
    ]  # fmt: skip
    found.append(
        {**found[0], "class": "rejected", "subject": "f" * 32, "here": "attendance", "there": rejected, "cure": "Устраните причину."}
    )
    month = {
        "month": "2025-10", "booked_kopecks": 100, "accepted_kopecks": 100, "register_kopecks": 0, "debits": 0, "reversals": 0,
        "differences": found,
    }  # fmt: skip
    monkeypatch.setattr("gateway.console.app.register_said", lambda gateway: RegisterSaid((month,)))
    shown = text_of(district.client().get("/").text).replace("\u00a0", " ")
    assert "Суммы или операции расходятся" in shown and "расхождений: 7 ·" in shown
    assert "нет в реестре: 7 Передайте номер." in shown
    assert "BOX-1 03.10.2025 · у нас: списание 162.40 00000000" in shown
    assert "и ещё 2: gateway reconcile --month 2025-10" in shown
    assert "у нас: посещение · в реестре: отклонено: сертификат …1005 заморожен" in shown
    assert "! суммы не равны" in shown and "4799901005" not in shown


# ---------------------------------------------------------------- nothing there


def test_an_empty_database_says_what_to_do_first(district: District, tmp_path: Path) -> None:
    fresh = dataclasses.replace(district, home=tmp_path)
    shown = text_of(fresh.client().get("/").text)
    assert "Табелей ещё не было" in shown and "Реестр ещё не прочитан" in shown and "gateway run" in shown
    assert "ещё ни разу" in shown and "сверять нечего" in shown and "Ничего не ждёт." in shown


def test_clubs_that_have_sent_nothing_are_listed(district: District, tmp_path: Path) -> None:
    fresh = dataclasses.replace(district, home=tmp_path)
    fresh.open("ru").run()
    shown = text_of(fresh.client().get("/").text)
    assert "Ничего не прислали" in shown and "Клуб «Ринг», Синелесье" in shown and "Бассейн «Аква», Верхнеозёрск" in shown
    assert "gateway import oktyabr.xlsx" in shown


def test_a_source_that_has_been_silent_for_over_a_week_is_marked(district: District) -> None:
    for days, is_marked in ((7, False), (8, True)):
        later = dataclasses.replace(district, url=NOBODY_LISTENS, now=district.now.replace(hour=10, minute=0) + dt.timedelta(days=days))
        shown = text_of(later.client(0.01).get("/").text)
        assert f"{days} дн. назад" in shown
        assert ("· давно" in shown) == is_marked


@pytest.mark.parametrize("kind", ["no folder", "no database"])
def test_without_its_database_the_page_is_503_and_says_the_cure(district: District, tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("this is no database, but more than a hundred bytes of something else: " * 3)
    path = tmp_path / "file" / "gateway.sqlite" if kind == "no folder" else tmp_path / "file"
    gone = dataclasses.replace(district, database=f"sqlite:///{path}")
    answer = gone.client().get("/?lang=en")
    assert answer.status_code == 503
    assert "database cannot be opened" in answer.text and "GATEWAY_HOME" in answer.text
    assert "Traceback" not in answer.text and str(tmp_path) not in answer.text
    ready = gone.client().get("/ready?lang=en")
    assert (ready.status_code, ready.content_type) == (503, "application/problem+json")
    assert ready.get_json(force=True)["checks"] == {"database": "unavailable", "register": "unknown", "stopping": False}
    assert "GATEWAY_HOME" in ready.text and str(tmp_path) not in ready.text
    assert gone.client().get("/health").get_json() == {"status": "ok"}  # to start it again would mend nothing


def test_ready_says_what_is_not(district: District, silent_register: str) -> None:
    answer = district.client().get("/ready")
    assert (answer.status_code, answer.get_json()) == (
        200, {"status": "ready", "database": "ok", "register": "reachable", "stopping": False},
    )  # fmt: skip
    for url in (NOBODY_LISTENS, silent_register):
        answer = dataclasses.replace(district, url=url).client(register_seconds=1.5).get("/ready", headers={"Accept-Language": "en"})
        assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
        problem = answer.get_json(force=True)
        assert problem["type"] == "urn:pfdo-gateway:problem:not-ready" and problem["status"] == 503
        assert problem["title"] == "The gateway is not ready" and "The register does not answer" in problem["detail"]
        assert problem["checks"] == {"database": "ok", "register": "unreachable", "stopping": False}
        assert answer.headers["Retry-After"] == "10"


def test_a_program_that_is_being_stopped_is_not_ready(district: District) -> None:
    answer = create_app(district.open, 5, Ending()).test_client().get("/ready?lang=ru")
    assert answer.status_code == 503 and "Программа останавливается." in answer.text
    assert answer.get_json(force=True)["checks"] == {"database": "ok", "register": "reachable", "stopping": True}


def test_the_schedule_shows_each_job_with_its_last_run_and_its_next(district: District, tmp_path: Path) -> None:
    fresh = dataclasses.replace(district, home=tmp_path)
    shown = text_of(fresh.client().get("/").text)
    assert "Довести начатое и отправить в реестр каждые 5 мин ещё ни разу –" in shown
    assert "Сверить с реестром в 03:00 Europe/Moscow ещё ни разу –" in shown
    gateway = fresh.open("ru")
    (job, _) = gateway.jobs()
    now = district.now
    with living_token() as token:
        store_schedule.take(gateway.engine, job.name, job.pace, token, now, 0.5, is_abandoned)
        assert f"сейчас: {owner_of(token)}" in text_of(fresh.client().get("/").text)
        told = Told("later", Text("реестр молчит", "the register is silent"), Text("подождите", "wait"), failed=True)
        store_schedule.finish(gateway.engine, job.name, job.pace, token, told, now, 0.5)
    english = text_of(fresh.client().get("/?lang=en").text)
    assert "2025-11-05, 10:20 just now not yet the register is silent → wait 2025-11-05, 10:25" in english
    gateway.engine.dispose()


class Ending:
    """A schedule that is being stopped."""

    is_stopping = True

    def wake(self, job: str, seconds: float = 0.0) -> None:
        raise AssertionError("nothing is begun any more")


def test_what_is_not_there_is_said_in_the_page_s_own_form(district: District) -> None:
    client = district.client()
    answer = client.get("/nowhere")
    assert answer.status_code == 404 and "Такой страницы нет" in answer.text and '<html lang="ru">' in answer.text
    answer = client.post("/?lang=en")
    assert answer.status_code == 405 and "Open the status page" in answer.text


def test_a_fault_of_the_program_shows_no_trace(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("certificate 4799901005")

    monkeypatch.setattr("gateway.console.app.page_of", broken)
    answer = district.client().get("/")
    assert answer.status_code == 500
    assert "Ошибка программы" in answer.text and "4799901005" not in answer.text and "RuntimeError" not in answer.text


def test_a_clock_that_stands_is_told_on_every_page(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TEST", "1")
    monkeypatch.setenv("GATEWAY_NOW", "2025-11-05T10:00:00+03:00")
    for path in ("/", "/nowhere"):
        assert "Часы стоят (проверка): 2025-11-05T10:00:00+03:00" in text_of(district.client().get(path).text)


def test_the_page_writes_nothing(district: District) -> None:
    """A page is read by whoever opens it: reading must not list claims, move a cursor or make a fact."""
    database = district.home / "gateway.sqlite"

    def contents() -> list[str]:
        with sqlite3.connect(database) as connection:
            return list(connection.iterdump())

    before = contents()
    assert district.client().get("/").status_code == 200
    assert contents() == before
