"""What a club is to be paid, by the register's ledger; who is enrolled with it; and nothing of another club's."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from navigator import months as closing
from navigator.engine import writing
from navigator.portal.club.money import store
from navigator.portal.tables import reads

from ..conftest import make_debit
from .conftest import Pages
from .overseers import Counting, a_month, take
from .test_catalogue import bring
from .visitor import Visitor


@pytest.fixture
def club(pages: Pages) -> Visitor:
    a_month(pages)
    bring(pages, providers="provider,name\nring,Ринг\n")
    pages.person("club@example.ru", "club", provider="ddt")
    pages.person("ring@example.ru", "club", provider="ring")
    return pages.signed_in("club@example.ru")


def text(visitor: Visitor) -> str:
    return visitor.text.replace("\u00a0", " ")


def test_the_months_add_up_to_the_registers_own_account(pages: Pages, club: Visitor):
    take(pages, make_debit("2025-11-03"))
    with writing(pages.engine) as connection:
        closing.close(connection, "2025-10", ["luga"], [], pages.clock.now())
    club.get("/club/money")
    assert "Ноябрь 2025 1 списание 190,00 ₽" in text(club) and "Октябрь 2025 2 списания, 1 возврат 50,00 ₽" in text(club)
    found = pages.read(lambda c: store.months(c, "ddt", 0, 50))
    assert sum(row.kopecks for row in found) == pages.read(lambda c: store.owed(c, "ddt")) == 24000
    assert "По счёту реестра за всё время: 240,00 ₽" in text(club)
    assert pages.read(lambda c: store.of_month(c, "ddt", "2025-10")) == 5000
    club.get("/club/money/2025-10")
    assert "Отдел образования месяц открыт 1 списание, 1 возврат 0,00 ₽" in text(club)
    assert "Комитет образования месяц закрыт 1 списание 50,00 ₽" in text(club) and "Всего 50,00 ₽" in text(club)
    assert "13 октября 2025" in text(club) and "0471000003" in text(club) and "возврат −190,00 ₽" in text(club)
    assert "Иванова" not in text(club) and "Сидоров" not in text(club), "no names where sums are"
    lines = pages.read(lambda c: set(c.scalars(select(reads.c.child).where(reads.c.page == "club.month"))))
    assert lines == {"k-1", "k-3"}


def test_the_workbook_holds_the_same_sums_and_no_formula(pages: Pages, club: Visitor):
    bring(pages, programmes='programme,provider,title,verified\np-1,ddt,"=HYPERLINK(""http://x"")",true\n')
    club.get("/club/money/2025-10/statement.xlsx")
    assert club.answer.headers["Content-Disposition"] == 'attachment; filename="navigator-2025-10.xlsx"'
    book = load_workbook(io.BytesIO(club.answer.data))
    totals, listed = book.worksheets
    assert [cell.value for cell in list(totals.rows)[-1]][:5] == ["Всего", None, 2, 1, 50]
    rows = [[cell.value for cell in row] for row in listed.rows][3:]
    assert [row[-1] for row in rows] == [190, -190, 50] and [row[4] for row in rows] == ["0471000001"] * 2 + ["0471000003"]
    assert all(cell.data_type != "f" for sheet in book.worksheets for row in sheet.rows for cell in row)
    assert rows[0][0].startswith("=HYPERLINK"), "the text itself is whole"


def test_another_clubs_sums_and_children_are_not_there(pages: Pages, club: Visitor):
    other = pages.signed_in("ring@example.ru")
    other.get("/club/money")
    assert "Списаний ещё не было." in text(other)
    other.get("/club/money/2025-10")
    assert "В этом месяце списаний нет." in text(other) and "0471000001" not in text(other)
    other.get("/club/money/2025-10/statement.xlsx")
    assert len(list(load_workbook(io.BytesIO(other.answer.data)).worksheets[1].rows)) == 3
    other.get("/club/enrollments?state=all")
    assert "Здесь пусто." in text(other)
    other.get("/club/enrollments?group=g-1")
    assert other.status == 404
    assert pages.read(lambda c: c.scalar(select(func.count()).select_from(reads))) == 0


@pytest.mark.parametrize("address", ["/club/money/2025-13", "/club/money/1999-10", "/club/money/x", "/club/money/2025-10?after=x"])
def test_a_month_that_is_none_is_not_there(club: Visitor, address: str):
    club.get(address)
    assert club.status == 404


def test_who_is_enrolled_by_group_and_state(pages: Pages, club: Visitor):
    bring(
        pages,
        enrollments="enrollment,certificate,group,starts_on,ends_on,state\n"
        "D-7,0471000002,g-2,2025-12-01,2025-12-31,active\nD-8,0471000003,g-2,2025-09-01,2025-10-31,active\n"
        "D-9,0471000003,g-2,2025-11-01,2025-12-31,requested\n",
    )
    club.get("/club")
    assert "4 ребёнка зачислено" in text(club), "whoever waits for an answer is not enrolled"
    club.get("/club/enrollments")
    assert "Иванова Мария" in text(club) and "2014" not in text(club) and "112-233" not in text(club), "no more than is needed"
    assert "занимаются 3" in text(club) and "начнут позже 1" in text(club) and "закончили 1" in text(club) and "все 7" in text(club)
    club.get("/club/enrollments?state=later&group=g-2")
    assert "Петров Пётр" in text(club) and "1 декабря 2025 — 31 декабря 2025" in text(club) and "Иванова" not in text(club)
    club.get("/club/enrollments?state=over")
    assert "Сидоров" in text(club) and "Иванова" not in text(club)
    assert pages.read(lambda c: set(c.scalars(select(reads.c.child).where(reads.c.page == "club.enrollments")))) == {"k-1", "k-2", "k-3"}


def test_the_pages_cost_the_same_statements_however_many_rows(pages: Pages, club: Visitor):
    addresses = ("/club", "/club/money", "/club/money/2025-10", "/club/money/2025-10/statement.xlsx", "/club/enrollments")

    def statements() -> list[int]:
        found = []
        for address in addresses:
            with Counting(pages) as counting:
                club.get(address)
                assert club.status == 200
            found.append(counting.number)
        return found

    before = statements()
    heads = {
        "children": "child,last_name,first_name,payer\n",
        "certificates": "certificate,child,payer,kind,state,valid_from,valid_to,nominal\n",
        "enrollments": "enrollment,certificate,group,starts_on,ends_on,state\n",
    }
    rows = {
        "children": "".join(f"x-{n},Ким,Аня,pskov\n" for n in range(60)),
        "certificates": "".join(f"04720000{n:02d},x-{n},pskov,financing,active,2025-01-01,2025-12-31,1000.00\n" for n in range(60)),
        "enrollments": "".join(f"X-{n},04720000{n:02d},g-1,2025-09-01,2025-12-31,active\n" for n in range(60)),
    }
    bring(pages, **{table: heads[table] + rows[table] for table in heads})
    claims = [{"child": f"x-{n}"} for n in range(60)]
    told = [{"enrollment": f"X-{n}", "certificate": f"cert-04720000{n:02d}"} for n in range(60)]
    take(pages, *(make_debit("2025-10-06", claim=claim, **more) for claim, more in zip(claims, told, strict=True)))
    assert statements() == before
    club.get("/club/money/2025-10")
    shown = club.html.count('<th scope="row">')
    club.get("/club/money/2025-10?after=53")
    assert shown == 2 + 1 + 50 and club.html.count('<th scope="row">') < shown
    club.get("/club/enrollments?page=1")
    assert club.html.count('<th scope="row">') == 13
