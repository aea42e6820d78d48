"""Municipalities with their limits and who waits; the register of providers with its agreements."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from navigator import changes
from navigator.engine import writing
from navigator.portal.enrolling import store as enrolling
from navigator.portal.tables import instant, limits, reads, requests

from ..conftest import make_debit
from .conftest import Pages
from .overseers import Counting, entered, take
from .test_catalogue import bring
from .visitor import Visitor


@pytest.fixture
def town(pages: Pages) -> Pages:
    pages.person("operator@example.ru", "operator")
    pages.person("pskov@example.ru", "payer", payer="pskov")
    return pages


@pytest.fixture
def operator(town: Pages) -> Visitor:
    return entered(town, "operator@example.ru")


def wait_for_money(pages: Pages, number: int, first: int = 1) -> None:
    """So many requests that are accepted and wait for Pskov's money."""
    person = pages.person(f"anna{first}@example.ru", "parent", "k-1")
    common = {"child": "k-1", "certificate": "cert-0471000001", "payer": "pskov", "group": "g-1", "provider": "ddt", "person": person}
    common |= {"state": "unfunded", "starts_on": "2025-11-05", "ends_on": "2025-12-31", "asked_at": instant(pages.clock.now())}
    common |= dict.fromkeys(("lessons", "price_kopecks", "certificate_kopecks", "family_kopecks"), 0)
    with writing(pages.engine) as connection:
        rows = [{**common, "request": f"Z-{place}", "place": place} for place in range(first, first + number)]
        connection.execute(insert(requests), rows)


# ---------------------------------------------------------------- municipalities


def test_a_municipalitys_page_has_its_years_and_who_waits(town: Pages, operator: Visitor):
    with writing(town.engine) as connection:
        enrolling.set_limit(connection, "pskov", 2025, 7, 150000)
        enrolling.set_limit(connection, "pskov", 2024, 3, 990000)
    take(town, make_debit("2025-10-06"))
    wait_for_money(town, 2)
    operator.get("/municipalities/pskov")
    shown = operator.text.replace("\u00a0", " ")
    assert "1 / 7 1 000,00 ₽ / 1 500,00 ₽ 190,00 ₽" in shown and "0 / 3 0,00 ₽ / 9 900,00 ₽ 0,00 ₽" in shown
    assert "Ждут денег: 2" in shown and "Иванова Мария" in shown and "договоров с организациями: 1" in shown
    assert town.read(lambda c: c.scalars(select(reads.c.child).where(reads.c.page == "parties.payer")).all()) == ["k-1"]
    operator.get("/municipalities/luga")
    assert "Никто не ждёт" in operator.text and "∞" in operator.text


def test_a_limit_is_set_for_a_year_and_who_did_it_stays(town: Pages, operator: Visitor):
    for year, typed in ((2025, {"certificates": 5, "roubles": "1000,50"}), (2026, {"certificates": 9, "roubles": "2000"})):
        operator.get(f"/operator/limits/pskov?year={year}")
        operator.submit(typed)
    rows = town.read(lambda c: [tuple(row) for row in c.execute(select(limits).order_by(limits.c.year))])
    assert rows == [("pskov", 2025, 5, 100050), ("pskov", 2026, 9, 200000)]
    shown = operator.text.replace("\u00a0", " ")
    assert "На 2026 год: сертификатов 9, сумма 2 000,00 ₽." in shown and "На 2025 год: сертификатов 5, сумма 1 000,50 ₽." in shown
    assert shown.count("Соколова Анна") == 2
    operator.get("/operator/limits/pskov?year=2031")
    assert "2025" in operator.text and "2031" not in operator.text, "a year far away is this one"


def test_a_payers_person_sees_its_own_and_sets_nothing(town: Pages):
    visitor = entered(town, "pskov@example.ru")
    visitor.get("/municipalities/pskov")
    assert visitor.status == 200 and "/operator/limits" not in visitor.html
    visitor.get("/municipalities/luga")
    assert visitor.status == 404


def test_the_queue_is_paged_by_key_and_costs_the_same(town: Pages, operator: Visitor):
    wait_for_money(town, 1)
    with Counting(town) as few:
        operator.get("/municipalities/pskov")
    wait_for_money(town, 59, first=2)
    with Counting(town) as many:
        operator.get("/municipalities/pskov")
    assert many.number == few.number and operator.html.count("Иванова Мария") == 50
    operator.get("/municipalities/pskov?after=50")
    assert operator.html.count("Иванова Мария") == 10
    operator.get("/municipalities/pskov?after=x")
    assert operator.status == 404


# ---------------------------------------------------------------- providers


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("", ["Дом, творчества", "Клуб «Ринг»"]),
        ("?q=дом", ["Дом, творчества"]),
        ("?q=КЛУБ+ринг", ["Клуб «Ринг»"]),
        ("?q=%25", []),
        ("?after=ddt", ["Клуб «Ринг»"]),
        ("?payer=nowhere", ["Дом, творчества", "Клуб «Ринг»"]),
    ],
)
def test_providers_are_found(town: Pages, operator: Visitor, address: str, names: list[str]):
    bring(town, providers="provider,name,state\nring,Клуб «Ринг»,suspended\n")
    operator.get(f"/operator/providers{address}")
    assert [name for name in ("Дом, творчества", "Клуб «Ринг»") if name in operator.text] == names


def test_the_list_tells_who_has_an_agreement_and_until_when(town: Pages, operator: Visitor):
    bring(town, providers="provider,name,state\nring,Клуб «Ринг»,suspended\n")
    operator.get("/operator/providers")
    assert "до 31 декабря 2025 ( 1 муниципалитет )" in operator.text or "до 31 декабря 2025 (1 муниципалитет)" in operator.text
    assert "не действует (suspended) нет 0" in operator.text.replace("  ", " ")
    operator.get("/operator/providers?payer=luga")
    assert "до 31 декабря 2025" not in operator.text, "with this one there is none"
    operator.get("/operator/providers?payer=pskov")
    assert "до 31 декабря 2025" in operator.text


def test_an_agreement_is_put_down_and_its_end_moved(town: Pages, operator: Visitor):
    operator.get("/operator/providers/ddt")
    assert "3 ребёнка" in operator.text and "Л-1" in operator.text
    operator.submit({"payer": "luga", "first": "2025-11-01", "last": "2025-10-01"})
    assert "Последний день раньше первого." in operator.text and operator.form_with("first").values["last"] == "2025-10-01"
    operator.submit({"last": "2026-05-31"})
    operator.submit({"payer": "luga", "first": "01.11.2025", "last": "30.06.2026"})
    (served,) = town.read(lambda c: changes.named(c, changes.CATALOGUE, ["provider ddt"]))
    assert {"payer": "luga", "valid_from": "2025-11-01", "valid_to": "2026-06-30"} in served["agreements"] and len(
        served["agreements"]
    ) == 2
    assert operator.text.count("Комитет образования: 1 ноября 2025") == 2, "both steps stay in the history"


def test_what_is_not_there_is_not_found(operator: Visitor):
    for address in ("/operator/providers/none", "/municipalities/none"):
        operator.get(address)
        assert operator.status == 404


def test_the_list_costs_the_same_however_long(town: Pages, operator: Visitor):
    with Counting(town) as few:
        operator.get("/operator/providers")
    bring(town, providers="provider,name\n" + "".join(f"x{number:02d},Клуб {number}\n" for number in range(60)))
    with Counting(town) as many:
        operator.get("/operator/providers")
    assert many.number == few.number and "Клуб 48" in operator.text and "Клуб 49" not in operator.text
