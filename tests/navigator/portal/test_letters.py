"""The weekly digest and the letters about each debit: who wants them, what they say, that each is written once, and how they are ended."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import event, func, select

from navigator.cli import main
from navigator.engine import writing
from navigator.portal.letters import digest, store
from navigator.portal.letters.tables import digests
from navigator.portal.tables import mails

from ..conftest import make_attendance, make_debit
from .cabinet_town import Cabinet
from .conftest import Pages

PARENT = "parent@example.ru"


@pytest.fixture
def cabinet(pages: Pages) -> Cabinet:
    """Wednesday, 5 November 2025."""
    return Cabinet(pages)


def write(cabinet: Cabinet) -> int:
    with cabinet.pages.app.app_context():
        return digest.write_due(cabinet.pages.engine, cabinet.pages.clock)


def choose(cabinet: Cabinet, choice: str, person: str = "") -> None:
    with writing(cabinet.pages.engine) as connection:
        store.choose(connection, person or cabinet.parent, choice, cabinet.pages.clock.now())


def letter(cabinet: Cabinet) -> str:
    return cabinet.pages.delivered(PARENT).replace("\u00a0", " ")


def number_of(cabinet: Cabinet, table) -> int:
    return cabinet.pages.read(lambda c: c.scalar(select(func.count()).select_from(table)))


# ---------------------------------------------------------------- choosing


def test_letters_come_to_those_only_who_chose_them(cabinet: Cabinet):
    visitor = cabinet.signed_in()
    visitor.get("/account")
    assert visitor.form_with("choice").values["choice"] == "none"
    visitor.submit({"choice": "each"}, action="/account/letters")
    assert "Письма придут на вашу почту" in visitor.text and visitor.path == "/account"
    assert visitor.form_with("choice").values["choice"] == "each"
    visitor.submit({"choice": "always"}, action="/account/letters")
    assert visitor.path == "/account/letters" and cabinet.pages.read(lambda c: store.choice_of(c, cabinet.parent)) == "each"
    visitor.submit({"choice": "none"}, action="/account/letters")
    assert "Писем больше не будет" in visitor.text
    cabinet.attend("2025-10-06")
    cabinet.pages.later(days=7)
    assert write(cabinet) == 0 and number_of(cabinet, mails) == 0
    cabinet.pages.person("club@example.ru", "club", provider="ddt")
    club = cabinet.pages.signed_in("club@example.ru")
    club.get("/account")
    assert "Письма о занятиях" not in club.text


# ---------------------------------------------------------------- the week


def test_the_digest_says_what_was_marked_and_debited_what_is_left_and_what_is_ahead(cabinet: Cabinet):
    choose(cabinet, "weekly")
    cabinet.attend("2025-10-06")
    cabinet.take_back(cabinet.attend("2025-10-13"))
    assert cabinet.send(make_attendance("2025-10-27", "absent")) == ["accepted"]
    cabinet.pages.later(days=5, hours=-2, minutes=-1)
    assert write(cabinet) == 0, "Monday, a minute before eight"
    cabinet.pages.later(minutes=1)
    assert write(cabinet) == 1
    text = letter(cabinet)
    assert cabinet.pages.mails[-1]["Subject"] == "Навигатор: неделя с 3 ноября 2025 по 9 ноября 2025"
    for said in (
        "Мария",
        "Организации отметили: посещений 2, пропусков 1.",
        "6 октября 2025 · Шахматы, Дом, творчества: −190,00 ₽",
        "13 октября 2025 · Шахматы, Дом, творчества: +190,00 ₽",
        "Всего с сертификата: 190,00 ₽.",
        "Остаток на год: 810,00 ₽ из 1 000,00 ₽.",
        "пн, 10 ноября, 16:00 · Шахматы",
        "https://navigator.example/family",
        "https://navigator.example/letters/",
    ):
        assert said in text, (said, text)
    assert "Пётр" not in text


def test_a_week_is_told_once_whoever_asks_and_however_often(cabinet: Cabinet):
    choose(cabinet, "weekly")
    cabinet.attend("2025-10-06")
    cabinet.pages.later(days=5)
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait()
        write(cabinet)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert write(cabinet) == 0
    assert number_of(cabinet, mails) == 1 and number_of(cabinet, digests) == 1
    cabinet.pages.later(days=7)
    assert write(cabinet) == 1, "the next week has a letter of its own: there are lessons ahead"


def test_a_letter_that_was_not_committed_is_written_again(cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch):
    choose(cabinet, "weekly")
    cabinet.attend("2025-10-06")
    cabinet.pages.later(days=5)
    monkeypatch.setattr(store, "note_digests", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
    with pytest.raises(RuntimeError):
        write(cabinet)
    assert number_of(cabinet, mails) == 0
    monkeypatch.undo()
    assert write(cabinet) == 1 and number_of(cabinet, mails) == 1


def test_who_chooses_in_the_middle_of_a_week_hears_of_the_next_one(cabinet: Cabinet):
    cabinet.attend("2025-10-06")
    choose(cabinet, "weekly")
    assert write(cabinet) == 0, "this week's was due on Monday, before it was wished"
    cabinet.pages.later(days=5)
    assert write(cabinet) == 1


def test_where_there_is_nothing_to_tell_there_is_no_letter(cabinet: Cabinet):
    other = cabinet.pages.person("other@example.ru", "parent", "k-3")
    choose(cabinet, "weekly", other)
    cabinet.pages.later(days=90)
    assert write(cabinet) == 0 and number_of(cabinet, digests) == 1, "and it is not looked for again"


def test_digests_of_many_cost_the_statements_of_one(cabinet: Cabinet):
    counts = []
    for wanted, day in ((1, "2025-10-06"), (12, "2025-10-13")):
        for each in range(wanted):
            choose(cabinet, "weekly", cabinet.pages.person(f"many{wanted}-{each}@example.ru", "parent", "k-1", "k-2"))
        cabinet.attend(day)
        cabinet.pages.later(days=7)
        counts.append(statements_of(cabinet))
    assert counts[0][0] == 1 and counts[1][0] == 13 and counts[0][1] == counts[1][1], counts


def statements_of(cabinet: Cabinet) -> tuple[int, int]:
    """How many letters were written, and with how many statements beside those that store them."""
    told: list[str] = []
    listen = lambda _c, _cursor, statement, *_: told.append(statement)  # noqa: E731
    event.listen(cabinet.pages.engine, "before_cursor_execute", listen)
    written = write(cabinet)
    event.remove(cabinet.pages.engine, "before_cursor_execute", listen)
    return written, len([each for each in told if "INSERT INTO mails" not in each])


# ---------------------------------------------------------------- each debit


def test_each_debit_is_told_once_and_those_before_it_was_wished_are_not(cabinet: Cabinet):
    cabinet.attend("2025-10-06")
    choose(cabinet, "each")
    assert write(cabinet) == 0
    debit = cabinet.attend("2025-10-13", amount=18000)
    assert cabinet.send(make_debit("2025-10-27", amount=19000)) == ["accepted"]
    assert write(cabinet) == 1, "a sheet is one letter"
    text = letter(cabinet)
    assert "13 октября 2025 · Шахматы, Дом, творчества: −180,00 ₽" in text and "27 октября 2025" in text and "6 октября" not in text
    assert "Остаток на 2025 год: 440,00 ₽." in text
    assert write(cabinet) == 0
    cabinet.take_back(debit)
    assert write(cabinet) == 1 and "Шахматы, Дом, творчества: +180,00 ₽" in letter(cabinet)
    assert cabinet.send(make_attendance("2025-11-03")) == ["accepted"]
    assert write(cabinet) == 0, "a mark is no debit"


def test_both_parents_and_nobody_else_hear_of_a_debit(cabinet: Cabinet):
    second = cabinet.pages.person("second@example.ru", "parent", "k-1")
    stranger = cabinet.pages.person("stranger@example.ru", "parent", "k-2")
    weekly = cabinet.pages.person("weekly@example.ru", "parent", "k-1")
    for person, choice in ((cabinet.parent, "each"), (second, "each"), (stranger, "each"), (weekly, "weekly")):
        choose(cabinet, choice, person)
    cabinet.attend("2025-10-06")
    assert write(cabinet) == 2
    assert cabinet.pages.read(lambda c: set(c.scalars(select(mails.c.recipient)))) == {PARENT, "second@example.ru"}


def test_who_chooses_later_does_not_hear_of_what_the_other_parent_still_waits_for(cabinet: Cabinet):
    second = cabinet.pages.person("second@example.ru", "parent", "k-1")
    choose(cabinet, "each")
    cabinet.attend("2025-10-06")
    choose(cabinet, "each", second)
    assert write(cabinet) == 1
    assert cabinet.pages.read(lambda c: c.scalars(select(mails.c.recipient)).all()) == [PARENT]


# ---------------------------------------------------------------- ending them


def test_the_link_in_a_letter_ends_them_and_opening_it_does_not(cabinet: Cabinet):
    choose(cabinet, "each")
    cabinet.attend("2025-10-06")
    assert write(cabinet) == 1
    path = letter(cabinet).split("https://navigator.example")[-1].strip()
    assert path.startswith("/letters/")
    visitor = cabinet.pages.visitor()
    visitor.get(path)
    assert "Отписаться" in visitor.text and PARENT not in visitor.text
    assert cabinet.pages.read(lambda c: store.choice_of(c, cabinet.parent)) == "each"
    visitor.submit()
    assert "таких писем больше не будет" in visitor.text
    assert cabinet.pages.read(lambda c: store.choice_of(c, cabinet.parent)) == "none"
    cabinet.attend("2025-10-13")
    assert write(cabinet) == 0
    visitor.get(path.replace("/letters/", "/letters/x"))
    assert visitor.status == 410


# ---------------------------------------------------------------- the command


def test_the_command_writes_and_sends_what_is_due(home: Path, district, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NAVIGATOR_PUBLIC_URL", "https://navigator.example")
    call = lambda *told: CliRunner().invoke(main, [*told], catch_exceptions=False)  # noqa: E731
    assert call("load", str(district())).exit_code == 0
    result = call("digest", "--json")
    assert result.exit_code == 0 and json.loads(result.stdout)["written"] == 0
    assert "Писем написано: 0, отправлено: 0" in call("digest", "--lang", "ru").output
