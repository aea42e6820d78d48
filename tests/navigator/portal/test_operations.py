"""Operations as the operator and the payers see them: the newest first, narrowed, paged by key, each reading written down."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select

from navigator.portal.operations.pages import PAGE
from navigator.portal.tables import reads

from ..conftest import make_debit
from .conftest import Pages
from .overseers import Counting, a_month, entered, take
from .visitor import Visitor

NUMBERS = ("NAV-00000001", "NAV-00000002", "NAV-00000003", "NAV-00000004")


@pytest.fixture
def town(pages: Pages) -> Pages:
    a_month(pages)
    pages.person("operator@example.ru", "operator")
    pages.person("luga@example.ru", "payer", payer="luga")
    pages.person("pskov@example.ru", "payer", payer="pskov")
    return pages


def shown(visitor: Visitor) -> list[str]:
    """The register's numbers on the page, in its order."""
    return [part[:8] and f"NAV-{part[:8]}" for part in visitor.html.split("NAV-")[1:]]


@pytest.mark.parametrize(
    ("address", "numbers"),
    [
        ("", [3, 2, 1]),
        ("?kinds=all", [3, 2, 1, 0]),
        ("?kinds=debit", [3, 1]),
        ("?kinds=reversal", [2]),
        ("?kinds=attendance", [0]),
        ("?payer=luga", [3]),
        ("?payer=pskov&kinds=debit", [1]),
        ("?month=2025-10&provider=ddt", [3, 2, 1]),
        ("?month=2025-11", []),
        ("?certificate=0471000003", [3]),
        ("?certificate=0471+000003", [3]),
        ("?before=3&kinds=all", [1, 0]),
        ("?kinds=nonsense&month=2099-01&payer=nowhere", [3, 2, 1]),
    ],
)
def test_operations_are_narrowed_and_stand_newest_first(town: Pages, address: str, numbers: list[int]):
    visitor = entered(town, "operator@example.ru")
    visitor.get(f"/operations{address}")
    assert shown(visitor) == [NUMBERS[number] for number in numbers]


def test_a_reversal_is_a_sum_below_zero(town: Pages):
    visitor = entered(town, "operator@example.ru")
    visitor.get("/operations?kinds=reversal")
    assert "\u2212190,00" in visitor.text


def test_an_unknown_number_is_told_at_its_field(town: Pages):
    visitor = entered(town, "operator@example.ru")
    visitor.get("/operations?certificate=0470000000")
    assert "Такого сертификата нет." in visitor.text and shown(visitor) == [] and "0470000000" in visitor.html
    visitor.get("/operations?before=nonsense")
    assert visitor.status == 404


def test_a_payers_person_sees_its_own_payers_and_cannot_ask_for_anothers(town: Pages):
    visitor = entered(town, "luga@example.ru")
    for address in ("", "?payer=pskov", "?kinds=all&provider=ddt"):
        visitor.get(f"/operations{address}")
        assert shown(visitor) == [NUMBERS[3]], address
    visitor.get("/operations?certificate=0471000001")
    assert "Такого сертификата нет." in visitor.text
    visitor = entered(town, "pskov@example.ru")
    visitor.get("/operations?kinds=all")
    assert shown(visitor) == [NUMBERS[2], NUMBERS[1], NUMBERS[0]]


def test_each_child_of_the_page_leaves_a_line(town: Pages):
    entered(town, "luga@example.ru").get("/operations")
    mine = select(reads.c.child).where(reads.c.page == "operations.listed")
    assert town.read(lambda c: c.scalars(mine).all()) == ["k-3"]
    entered(town, "operator@example.ru").get("/operations")
    assert town.read(lambda c: c.scalars(mine).all()) == ["k-3", "k-1", "k-3"]


def test_pages_follow_by_key_and_cost_the_same_statements(town: Pages):
    visitor = entered(town, "operator@example.ru")
    with Counting(town) as few:
        visitor.get("/operations")
    # a lesson a day, by the register's eyes: it does not look into the timetable
    take(town, *(make_debit(f"2025-{9 + number // 28:02d}-{1 + number % 28:02d}", amount=1, claim={"slot": 2}) for number in range(60)))
    with Counting(town) as many:
        visitor.get("/operations")
    assert many.number == few.number and len(shown(visitor)) == PAGE
    first = shown(visitor)
    visitor.get("/operations?before=" + visitor.html.split("/operations?before=")[1].split('"')[0])
    assert len(shown(visitor)) == 13 and not set(first) & set(shown(visitor))


def test_the_indexes_of_the_list_are_there_once(town: Pages):
    names = {each["name"] for each in inspect(town.engine).get_indexes("acceptances")}
    assert {"operations_by_certificate", "operations_by_provider", "operations_by_payer"} <= names
