"""The cabinet's year, its picture, and the statement: what they say is what the ledger holds."""

from __future__ import annotations

import datetime as dt
import io
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader
from sqlalchemy import insert

from gateway.core.periods import Period
from navigator import commands
from navigator.engine import writing
from navigator.ledger import Ledger
from navigator.portal.cabinet.store import money
from navigator.portal.tables import guardians, instant, requests

from ..conftest import make_debit
from .cabinet_town import MONDAYS, Cabinet, read
from .conftest import Pages
from .test_cabinet import statements
from .test_catalogue import bring
from .visitor import Visitor

YEAR = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
NUMBER = "0471000001"


@pytest.fixture
def cabinet(pages: Pages) -> Cabinet:
    return Cabinet(pages)


def change(cabinet: Cabinet, command, *arguments) -> None:
    with cabinet.pages.app.app_context(), writing(cabinet.pages.engine) as connection:
        command(connection, cabinet.pages.clock, *arguments)


# ---------------------------------------------------------------- the year


def test_the_year_says_what_is_left_what_is_needed_and_when_it_runs_out(cabinet: Cabinet):
    cabinet.attend("2025-10-06")
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/year")
    shown = read(visitor)
    assert "810,00 ₽ остаток" in shown and "190,00 ₽ ушло на занятия" in shown and "1 000,00 ₽ номинал на год" in shown
    # Chess on Mondays but the cancelled 20th: 13 and 27 October and 3 November were held and are not marked, eight lessons are ahead.
    # Robots at 197.20 on Thursdays of odd weeks: 9 and 23 October were held, four are ahead. What is not marked takes 964.40.
    assert "Денег уже не хватит" in shown and "ещё не отметила: 5" in shown
    assert "октябрь 2025 1 190,00 ₽ 810,00 ₽ ноябрь 2025 прогноз 4 774,40 ₽ 35,60 ₽ Месяц здесь" in shown, "then nothing is paid"
    change(cabinet, commands.nominal, NUMBER, "2000.00", None)
    visitor.get("/family/k-1/year")
    shown = read(visitor)
    assert "3 273,20 ₽ нужно на занятия впереди" in shown
    assert "Деньги кончатся 24 ноября 2025. На занятие в этот день уже не хватит: сертификат оплатит ещё 9 из 17." in shown
    assert "ноябрь 2025 прогноз 9 1 738,80 ₽ 71,20 ₽" in shown
    change(cabinet, commands.nominal, NUMBER, "4000.00", None)
    visitor.get("/family/k-1/year")
    shown = read(visitor)
    assert "Денег хватит до конца года, останется 536,80 ₽." in shown
    assert "декабрь 2025 прогноз 7 1 344,40 ₽ 536,80 ₽" in shown


def test_a_lesson_that_was_debited_is_not_ahead_though_its_mark_is_missing(cabinet: Cabinet):
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/year")
    assert "ещё не отметила: 6" in read(visitor), "chess on 6, 13 and 27 October and 3 November, robots on 9 and 23 October"
    assert cabinet.send(make_debit("2025-10-13")) == ["accepted"]
    visitor.get("/family/k-1/year")
    assert "ещё не отметила: 5" in read(visitor)


def test_what_was_cancelled_or_moved_away_is_not_ahead(cabinet: Cabinet):
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1")
    assert "пн, 10 ноября, 16:00" in read(visitor) and "Деньги на 2025 год" in read(visitor)
    bring(cabinet.pages, lessons="group,date,starts_at,ends_at,state,moved_from\ng-1,2025-11-10,16:00,17:30,cancelled,\n")
    visitor.get("/family/k-1")
    assert "10 ноября" not in read(visitor) and "чт, 6 ноября, 15:00" in read(visitor)


def test_a_frozen_certificate_and_what_waits_for_an_answer_are_told(cabinet: Cabinet):
    change(cabinet, commands.freeze, NUMBER, None)
    sums = {"lessons": 3, "price_kopecks": 30000, "certificate_kopecks": 27000, "family_kopecks": 0}
    row = {"request": "Z-1", "child": "k-1", "certificate": "cert-0471000001", "payer": "pskov", "group": "g-2", "provider": "ddt"}
    row |= {"person": cabinet.parent, "place": 7, "state": "waiting", "starts_on": "2025-11-05", "ends_on": "2025-12-31", **sums}
    before = {**row, "request": "Z-0", "child": "k-2", "certificate": "cert-0471000002", "place": 3}
    behind = {**row, "request": "Z-2", "child": "k-3", "certificate": "cert-0471000003", "place": 9}
    now = instant(cabinet.pages.clock.now())
    with writing(cabinet.pages.engine) as connection:
        connection.execute(insert(requests), [{**each, "asked_at": now} for each in (row, before, behind)])
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/year")
    shown = read(visitor)
    assert "Сертификат заморожен" in shown and "в очереди, место 2" in shown and "270,00 ₽" in shown


def test_a_child_without_money_is_told_how_it_comes(cabinet: Cabinet):
    cabinet.pages.person("other@example.ru", "parent", "k-2")
    visitor = cabinet.pages.signed_in("other@example.ru")
    for page in ("year", "debits", "share", "visits", "week", "statement"):
        visitor.get(f"/family/k-2/{page}")
        assert visitor.status == 200, page
    visitor.get("/family/k-2/year")
    assert "денег на сертификате нет" in visitor.text and "<img" not in visitor.html.partition("<main")[2]
    visitor.get("/family/k-2/year.svg")
    assert visitor.status == 404, "there is nothing to draw"


def test_the_picture_is_an_svg_of_attributes_alone(cabinet: Cabinet):
    cabinet.attend("2025-10-06")
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/year")
    assert 'src="/family/k-1/year.svg?year=2025&amp;lang=ru"' in visitor.html
    for address in ("year.svg", "year.svg?narrow=1", "year.svg?lang=en"):
        visitor.get(f"/family/k-1/{address}")
        assert visitor.answer.mimetype == "image/svg+xml"
        tree = ElementTree.fromstring(visitor.html)
        assert not [each for each in tree.iter() if "style" in each.attrib or each.tag.endswith(("style", "script"))]
        texts = {each.text for each in tree.iter() if each.text}
        assert {"1\u00a0000", "balance" if "en" in address else "остаток"} <= texts
    assert "Jan" in texts and "the money runs out" in texts


def test_money_of_two_municipalities_is_one_purse_with_both_named(cabinet: Cabinet):
    with writing(cabinet.pages.engine) as connection:
        ledger = Ledger(connection, cabinet.pages.clock.now().isoformat())
        ledger.set_nominal("cert-0471000001", "luga", YEAR, 50000)
        ledger.save()
    cabinet.attend("2025-10-06")
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/year")
    shown = read(visitor)
    assert "1 310,00 ₽ остаток" in shown and "190,00 ₽ ушло на занятия" in shown and "1 500,00 ₽ номинал" in shown
    assert "Комитет образования остаток 500,00 ₽ из 500,00 ₽" in shown and "Отдел образования остаток 810,00 ₽ из 1 000,00 ₽" in shown


def test_the_list_of_children_costs_the_same_however_many_there_are(cabinet: Cabinet):
    cabinet.attend("2025-10-06")
    visitor = cabinet.signed_in()
    one = counted(cabinet, visitor)
    assert "остаток 810,00 ₽" in read(visitor) and "чт, 6 ноября, 15:00 · Робототехника" in read(visitor)
    row = {"person": cabinet.parent, "since": instant(cabinet.pages.clock.now()), "is_first": True}
    with writing(cabinet.pages.engine) as connection:
        connection.execute(insert(guardians), [{"child": child, **row} for child in ("k-2", "k-3")])
    assert counted(cabinet, visitor) == one and "Пётр" in visitor.text


def counted(cabinet: Cabinet, visitor: Visitor) -> int:
    return statements(cabinet, visitor, "", "/family")


# ---------------------------------------------------------------- the statement


def test_the_statement_begins_and_ends_with_the_ledgers_balances(cabinet: Cabinet):
    debits = [cabinet.attend(day) for day in MONDAYS[:3]]
    cabinet.pages.later(days=1)
    cabinet.take_back(debits[1])
    change(cabinet, commands.nominal, NUMBER, "300.00", None)
    cabinet.pages.later(days=1)
    change(cabinet, commands.nominal, NUMBER, "1500.00", None)
    with writing(cabinet.pages.engine) as connection:
        standing = Ledger(connection, "").standing("cert-0471000001", "pskov", YEAR)
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/statement?first=2025-11-01&last=2025-11-30")
    shown = read(visitor)
    assert "0,00 ₽ было на 1 ноября 2025" in shown and "380,00 ₽ ушло на занятия" in shown
    assert standing.available_kopecks == 112000 and "1 120,00 ₽ осталось на конец 30 ноября 2025" in shown
    assert 'first=2025-10-01&amp;last=2025-10-31">прошлый месяц' in visitor.html
    visitor.get("/family/k-1/statement?first=2025-11-06&last=2025-11-06")
    shown = read(visitor)
    assert "430,00 ₽ было на 6 ноября 2025" in shown and "−700,00 ₽" not in shown
    assert "Возврат : Шахматы, 8 сентября 2025, 16:00" in shown.replace("Возврат:", "Возврат :")
    own = cabinet.pages.read(lambda c: money.accounts_of(c, "k-1"))
    last = cabinet.pages.read(lambda c: money.balance_before(c, own, dt.date(2026, 1, 1)))
    assert last == standing.available_kopecks


def test_a_wrong_period_is_told_at_its_field_and_nothing_typed_is_lost(cabinet: Cabinet):
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/statement?first=2025-11-10&last=2025-11-01")
    assert "Этот день раньше первого." in visitor.text
    assert visitor.form_with("first", "last").values == {"first": "2025-11-10", "last": "2025-11-01"}
    visitor.get("/family/k-1/statement?first=завтра&last=2025-11-01")
    assert "Это не дата" in visitor.text and visitor.form_with("first", "last").values["first"] == "завтра"
    visitor.get("/family/k-1/statement?first=2020-11-10&last=2025-11-01")
    assert "Не больше года" in visitor.text
    visitor.get("/family/k-1/statement?first=1950-01-01&last=1950-02-01")
    assert "Так давно" in visitor.text
    visitor.get("/family/k-1/statement.pdf?first=2025-11-10&last=2025-11-01")
    assert visitor.status == 404


SAID = {
    "ru": ("Выписка по сертификату № 0471000001", "Списание", "Цена занятия 205,00 ₽"),
    "en": ("Statement of certificate No. 0471000001", "Debit", "Price of the lesson ₽205.00"),
}


@pytest.mark.parametrize("language", SAID)
def test_the_statement_as_pdf_has_every_movement_and_the_sums(cabinet: Cabinet, language: str):
    words = SAID[language]
    for day in MONDAYS[:4]:
        cabinet.attend(day)
    cabinet.take_back(cabinet.attend("2025-10-06"))
    visitor = cabinet.signed_in()
    visitor.get(f"/family/k-1/statement?lang={language}&first=2025-11-01&last=2025-11-30")
    shown = read(visitor)
    visitor.get(f"/family/k-1/statement.pdf?first=2025-11-01&last=2025-11-30&lang={language}")
    assert visitor.answer.mimetype == "application/pdf"
    assert "statement-0471000001-2025-11-01-2025-11-30.pdf" in visitor.answer.headers["Content-Disposition"]
    reader = PdfReader(io.BytesIO(visitor.answer.get_data()))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).replace("\u00a0", " ").split())
    for each in (*words, "Иванова Мария", "Шахматы, Дом, творчества"):
        assert each in text, (each, text)
    closing = "240,00 ₽" if language == "ru" else "₽240.00"
    assert closing in shown and closing in text and text.count("Шахматы") == 6
    assert reader.metadata is not None and reader.metadata.title == words[0]


def test_a_long_statement_goes_on_over_pages_with_its_head_on_each(cabinet: Cabinet):
    days = [dt.date(2025, 9, 1) + dt.timedelta(days=number) for number in range(60)]
    for day in days:
        cabinet.attend(day.isoformat(), amount=100)
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/statement.pdf?first=2025-11-01&last=2025-11-30")
    reader = PdfReader(io.BytesIO(visitor.answer.get_data()))
    assert len(reader.pages) > 2
    assert all("Как посчитано" in page.extract_text() for page in reader.pages)
    assert "Страница 2" in reader.pages[1].extract_text()


@pytest.mark.parametrize("page", ["year", "year.svg", "statement", "statement.pdf?first=2025-11-01&last=2025-11-30"])
def test_a_page_costs_the_same_statements_however_many_rows_it_has(cabinet: Cabinet, page: str):
    cabinet.attend(MONDAYS[0])
    visitor = cabinet.signed_in()
    few = statements(cabinet, visitor, page)
    for day in MONDAYS[1:]:
        cabinet.attend(day, amount=1000)
    many = statements(cabinet, visitor, page)
    assert many == few and few < 40, (few, many)
