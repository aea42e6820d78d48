"""A child's cabinet: the week, the visits, every debit and how it was computed, what the family owes."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event, select

from gateway.core.periods import Period
from navigator.engine import writing
from navigator.ledger import Ledger
from navigator.portal.tables import reads

from ..conftest import make_attendance, make_debit
from .cabinet_town import MONDAYS, Cabinet, read
from .conftest import Pages
from .test_catalogue import bring
from .visitor import Visitor

YEAR = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))


@pytest.fixture
def cabinet(pages: Pages) -> Cabinet:
    return Cabinet(pages)


# ---------------------------------------------------------------- the week


def test_the_week_shows_its_lessons_marks_holidays_and_which_week_it_is(cabinet: Cabinet):
    bring(cabinet.pages, lessons="group,date,starts_at,ends_at,state,moved_from\ng-1,2025-11-05,18:00,19:30,planned,2025-11-03\n")
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/week")
    shown = read(visitor)
    assert "3 ноября 2025 — 9 ноября 2025" in shown and "нечётная неделя" in shown
    monday, wednesday = shown.index("понедельник, 3 ноября"), shown.index("среда, 5 ноября")
    assert "перенесено на 5 ноября 2025" in shown[monday:wednesday] and "сегодня" in shown[wednesday:]
    assert "18:00–19:30 Шахматы Группа 1" in shown[wednesday:] and "вместо 3 ноября 2025" in shown[wednesday:]
    assert "День народного единства" in shown
    assert "15:00–16:30 Робототехника" in shown, "Thursday of an odd week"
    visitor.get("/family/k-1/week?of=2025-11-12")
    assert "Робототехника" not in visitor.text and "16:00–17:30" in visitor.text and "чётная неделя" in visitor.text
    assert "сегодня" not in visitor.text
    visitor.get("/family/k-1/week?of=2025-10-22")
    assert "отменено" in visitor.text, "the 20th was cancelled"
    for wrong in ("2011-01-01", "9999-12-31"):
        visitor.get(f"/family/k-1/week?of={wrong}")
        assert visitor.status == 404
    visitor.get("/family/k-1/week?of=soon")
    assert visitor.status == 200


# ---------------------------------------------------------------- the visits


def test_a_months_visits_are_told_with_absences_and_what_was_debited(cabinet: Cabinet):
    cabinet.attend("2025-10-06")
    cabinet.take_back(cabinet.attend("2025-10-13"))
    assert cabinet.send(make_attendance("2025-10-13", "absent", 1)) == ["accepted"]
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/visits?month=2025-10")
    shown = read(visitor)
    assert "1 посещено" in shown and "1 пропущено" in shown and "190,00 ₽ списано с сертификата" in shown
    rows = [row for row in shown.split("понедельник, ") if "Шахматы" in row]
    assert [row.split(",")[0] for row in rows] == ["27 октября", "20 октября", "13 октября", "6 октября"]
    for row, word in zip(rows, ("ещё не отмечено", "отменено", "пропуск", "посещение"), strict=True):
        assert word in row, row
    assert "Робототехника" in shown
    visitor.get("/family/k-1/visits?month=2025-10&club=ddt")
    assert "Робототехника" not in visitor.text.replace("Клуб «Ринг»", "") and "Шахматы" in visitor.text
    visitor.get("/family/k-1/visits?month=2025-11")
    shown = read(visitor)
    assert "Впереди в этом месяце 5 занятий." in shown, "chess on the 10th, 17th and 24th, robots on the 6th and 20th"
    assert "3 ноября" in shown and "10 ноября" not in shown
    visitor.get("/family/k-1/visits?month=2025-13")
    assert visitor.status == 404


def test_a_visit_that_no_timetable_has_is_shown_all_the_same(cabinet: Cabinet):
    assert cabinet.send(make_attendance("2025-10-08")) == ["accepted"]
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/visits?month=2025-10")
    assert "среда, 8 октября, 16:00" in read(visitor)
    assert cabinet.send(make_attendance("2025-10-08", "none", 1)) == ["accepted"]
    visitor.get("/family/k-1/visits?month=2025-10")
    assert "8 октября" not in read(visitor), "a withdrawn word is none"


# ---------------------------------------------------------------- the money


def test_every_debit_and_reversal_is_there_with_how_it_was_computed(cabinet: Cabinet):
    cabinet.attend("2025-10-06")
    cabinet.take_back(cabinet.attend("2025-10-13", amount=18000))
    hours = {"group": "g-8", "provider": "ring"}
    assert cabinet.send(make_debit("2025-10-09", amount=19720, claim=hours, enrollment="D-8")) == ["accepted"]
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/debits")
    shown = read(visitor)
    assert "567,20 ₽ 3 списания" in shown and "180,00 ₽ 1 возврат" in shown and "387,20 ₽ всего" in shown
    assert "Цена занятия 205,00 ₽, норматив 190,00 ₽. Сертификат платит меньшее из двух. Доплата семьи — 15,00 ₽." in shown
    assert "Цена часа 104,00 ₽ × 2 = 208,00 ₽, норматив 98,60 ₽ × 2 = 197,20 ₽. Сертификат платит меньшее из двух." in shown
    assert "По этой цене вышло бы 190,00 ₽" in shown and "−180,00 ₽" in shown and "+180,00 ₽" in shown
    visitor.get("/family/k-1/debits?club=ring&month=2025-10")
    assert "197,20 ₽ 1 списание" in read(visitor) and "Шахматы" not in read(visitor)
    visitor.get("/family/k-1/debits?club=nobody&month=1999-99&after=x.y")
    assert "3 списания" in read(visitor), "what is none of the choices is no filter"
    visitor.get("/family/k-1/debits?lang=en")
    assert "The family’s share is ₽15.00." in visitor.text and "3 debits" in visitor.text


def test_the_pages_sums_are_the_ledgers(cabinet: Cabinet):
    debits = [cabinet.attend(day, amount) for day, amount in zip(MONDAYS[:5], (19000, 1, 18999, 12345, 19000), strict=True)]
    cabinet.take_back(debits[1])
    cabinet.take_back(debits[3])
    with writing(cabinet.pages.engine) as connection:
        ledger = Ledger(connection, cabinet.pages.clock.now().isoformat())
        standing = ledger.standing("cert-0471000001", "pskov", YEAR)
    assert standing.paid_kopecks == 56999
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/debits")
    assert "569,99 ₽ всего ушло с сертификата" in read(visitor)
    paid = 0
    for month in ("2025-09", "2025-10", "2025-11"):
        visitor.get(f"/family/k-1/visits?month={month}")
        paid += kopecks_before(read(visitor), "списано с сертификата")
    assert paid == standing.paid_kopecks


def kopecks_before(text: str, words: str) -> int:
    """The sum that stands before these words."""
    if words not in text:
        return 0
    said = text[: text.index(words)].rstrip().removesuffix("₽").rstrip().split(" ")
    whole = said[-1] if not said[-2].isdigit() or len(said[-1].split(",")[0]) != 3 else said[-2] + said[-1]
    return int(whole.replace(",", ""))


def test_a_page_of_debits_is_followed_by_the_next_one_and_none_is_lost(cabinet: Cabinet):
    for number in range(20):
        for day in ("2025-10-06", "2025-10-13"):
            debit = make_debit(day, number, amount=100 + number, after=None)
            chain = {"claim": {**debit["claim"], "slot": number + 1}}
            debit = {**debit, "id": f"{number:030x}{day[-2:]}", **chain}
            assert cabinet.send(debit) == ["accepted"]
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/debits")
    sums = [*sums_of(visitor.html)]
    assert len(sums) == 30 and "40 списаний" in read(visitor)
    link = visitor.html.split('<p class="tabs">')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    visitor.get(link)
    rest = [*sums_of(visitor.html)]
    assert len(rest) == 10 and "К началу" in visitor.text and "Раньше" not in visitor.text
    assert sorted(sums + rest) == sorted(2 * [100 + number for number in range(20)])


def sums_of(html: str) -> list[int]:
    return [int(cell.split("\u2212")[1].split("\u00a0")[0].replace(",", "")) for cell in html.split('<td class="sum"')[1:]]


def test_what_the_family_owes_is_told_by_month_and_club(cabinet: Cabinet):
    cabinet.attend("2025-09-01")
    cabinet.attend("2025-10-06")
    cabinet.take_back(cabinet.attend("2025-10-13"))
    hours = {"group": "g-8", "provider": "ring"}
    assert cabinet.send(make_debit("2025-10-09", amount=19720, claim=hours, enrollment="D-8")) == ["accepted"]
    visitor = cabinet.signed_in()
    visitor.get("/family/k-1/share")
    shown = read(visitor)
    assert "40,80 ₽ за посещённые занятия года" in shown, "15.00 twice and 10.80: what was taken back is not owed"
    october, september = shown.index("октябрь 2025"), shown.index("сентябрь 2025")
    assert october < september and "1 занятие, доплата за занятие: 10,80 ₽" in shown[october:september]
    visitor.get("/family/k-1/share?year=2024")
    assert "Доплаты нет" in visitor.text
    for wrong in ("2026", "x", "0"):
        visitor.get(f"/family/k-1/share?year={wrong}")
        assert visitor.status == 404


# ---------------------------------------------------------------- what all pages keep to


PAGES = ("week?of=2025-10-08", "visits?month=2025-10", "debits", "share")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_the_same_statements_however_many_rows_it_has(cabinet: Cabinet, page: str):
    cabinet.attend("2025-10-06")
    visitor = cabinet.signed_in()
    few = statements(cabinet, visitor, page)
    for number in range(2, 26):
        claim = {**make_debit("2025-10-06")["claim"], "slot": number}
        debit = {**make_debit("2025-10-06", amount=1000), "id": f"{number:032x}", "claim": claim}
        attendance = {**make_attendance("2025-10-06"), "id": f"{number + 100:032x}", "claim": claim}
        assert cabinet.send(debit, attendance) == ["accepted", "accepted"]
    visitor.get(f"/family/k-1/{page}")
    assert visitor.status == 200
    many = statements(cabinet, visitor, page)
    assert many == few and few < 40, (few, many)


def statements(cabinet: Cabinet, visitor: Visitor, page: str, under: str = "/family/k-1/") -> int:
    told: list[str] = []
    listen = lambda _c, _cursor, statement, *_: told.append(statement)  # noqa: E731
    event.listen(cabinet.pages.engine, "before_cursor_execute", listen)
    try:
        visitor.get(f"{under}{page}")
    finally:
        event.remove(cabinet.pages.engine, "before_cursor_execute", listen)
    assert visitor.status == 200
    return len(told)


@pytest.mark.parametrize("page", PAGES)
def test_reading_is_audited(cabinet: Cabinet, page: str):
    visitor = cabinet.signed_in()
    visitor.get(f"/family/k-1/{page}")
    rows = cabinet.pages.read(lambda c: c.execute(select(reads.c.person, reads.c.page, reads.c.child)).all())
    assert (cabinet.parent, f"cabinet.{page.partition('?')[0]}", "k-1") in [tuple(row) for row in rows]
