"""Reports: their sums are reckoned a second time here, child by child and lesson by lesson, and must be the same; on either database."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections import Counter, defaultdict
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from sqlalchemy import Connection, select

from navigator import catalogue
from navigator.engine import writing
from navigator.operations import NOT_IN_FORCE
from navigator.portal.catalogue import costs
from navigator.portal.enrolling import quote
from navigator.portal.enrolling import store as enrolling
from navigator.portal.region import age_on
from navigator.portal.reports import charts, gathering, store, workbook
from navigator.portal.reports.tables import used_marks, used_sums
from navigator.tables import acceptances, accounts, certificates, children, enrollments, nominals, programmes

from ..conftest import make_debit, make_reversal
from .conftest import Pages
from .overseers import OF_LUGA, Counting, activate_luga, entered, take
from .test_catalogue import MORE, bring

TODAY = dt.date(2025, 11, 5)
FULL = {
    **MORE,
    "lessons": "group,date,starts_at,ends_at,state,moved_from\n"
    "g-1,2025-11-10,16:00,17:30,cancelled,\n"
    "g-1,2025-11-19,10:00,11:00,planned,2025-11-17\n"
    "g-3,2025-11-23,10:00,,planned,\n"
    "g-1,2025-11-05,18:00,19:00,planned,\n"
    "g-4,2025-12-01,17:00,18:00,planned,\n",
    "children": "child,last_name,first_name,birth_date,payer\nk-4,Ан,Ли,2010-11-05,luga\nk-5,Бо,Ян,2010-11-06,luga\nk-6,Ге,Ин,,pskov\n",
    "certificates": "certificate,child,payer,kind,state,valid_from,valid_to,nominal\n"
    "0471000004,k-4,luga,financing,active,2025-01-01,2027-12-31,700.00\n"
    "0471000005,k-5,luga,accounting,active,2025-01-01,2027-12-31,\n"
    "0471000006,k-6,pskov,accounting,active,2024-01-01,2024-12-31,\n",
    "enrollments": MORE["enrollments"]
    + "D-10,0471000004,g-4,2025-10-15,2025-12-15,active\nD-11,0471000004,g-3,2025-11-08,2025-11-30,closed\n"
    "D-12,0471000005,g-6,2025-09-01,2025-12-31,active\nD-13,0471000005,g-4,2025-09-01,2025-12-31,refused\n",
}


@pytest.fixture
def town(pages: Pages) -> Pages:
    activate_luga(pages)
    bring(pages, **FULL)
    debit = make_debit("2025-10-06")
    take(pages, debit, make_debit("2025-10-13"), make_debit("2025-11-03", month="2025-12"))
    take(pages, make_reversal(debit))
    take(pages, make_debit("2025-10-13", amount=5000, claim={"child": "k-3"}, **OF_LUGA))
    pages.person("operator@example.ru", "operator")
    pages.person("luga@example.ru", "payer", payer="luga")
    return pages


def money_of(connection: Connection, year: int, payer: str) -> store.Money:
    return store.money(connection, year, payer, store.plan(connection, year, payer, TODAY))


# ---------------------------------------------------------------- the second reckoning


def reckoned_money(connection: Connection, payer: str) -> dict[tuple[str, str, str], list[int]]:
    """Planned, ahead and used by month, payer and direction: each enrollment's lessons one by one, each acceptance one by one."""
    cells: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    items = {item["group"]: item for item in catalogue.group_items(connection, ["g-1", "g-2", "g-3", "g-4", "g-5", "g-6", "g-7"]).values()}
    for row in connection.execute(select(enrollments)):
        if row.state in NOT_IN_FORCE or payer not in ("", row.payer):
            continue
        item = items[row.group]
        for day, minutes in quote.lessons_of(item, max(dt.date(2025, 1, 1), dt.date.fromisoformat(row.starts_on)), dt.date(2025, 12, 31)):
            cost = costs.cost_of(item["module"], minutes)
            if day.isoformat() <= row.ends_on and cost is not None and cost.certificate_kopecks:
                cell = cells[day.isoformat()[:7], row.payer, item["programme"]["direction"]]
                cell[0] += cost.certificate_kopecks
                cell[1] += cost.certificate_kopecks if day > TODAY else 0
    for row in connection.execute(select(acceptances).where(acceptances.c.kind.in_(("debit", "reversal")))):
        if payer in ("", row.payer):
            cell = cells[row.date[:7], row.payer, items[row.group]["programme"]["direction"]]
            cell[2] += row.amount_kopecks if row.kind == "debit" else -row.amount_kopecks
    return cells


def added(cells: dict[tuple[str, str, str], list[int]], place: int) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for key, cell in cells.items():
        found[key[place]] = [one + two for one, two in zip(found[key[place]], cell, strict=True)]
    return {key: tuple(each) for key, each in found.items() if any(each)}


def reckoned_reached(connection: Connection, payer: str) -> dict[str, tuple[str, int | None, bool, bool]]:
    """Child by child: payer, age, whether with money, whether enrolled."""
    found: dict[str, tuple[str, int | None, bool, bool]] = {}
    enrolled = {
        row.certificate
        for row in connection.execute(select(enrollments))
        if row.state not in NOT_IN_FORCE and row.starts_on <= "2025-11-05" and row.ends_on >= "2025-01-01"
    }
    paid = {row.certificate for row in connection.execute(select(nominals)) if row.first == "2025-01-01" and row.amount_kopecks}
    for row in connection.execute(select(certificates, children.c.birth_date).join(children)):
        if row.valid_from <= "2025-11-05" and row.valid_to >= "2025-01-01" and payer in ("", row.payer):
            age = age_on(dt.date.fromisoformat(row.birth_date), TODAY) if row.birth_date else None
            found[row.child] = (row.payer, age, row.certificate in paid, row.certificate in enrolled)
    return found


@pytest.mark.parametrize("payer", ["", "pskov", "luga"])
def test_money_is_what_lesson_by_lesson_gives(town: Pages, payer: str):
    found = town.read(lambda c: money_of(c, 2025, payer))
    cells = town.read(lambda c: reckoned_money(c, payer))
    assert {month: tuple(sums) for month, sums in found.months if any(sums)} == added(cells, 0)
    assert {name: tuple(sums) for name, sums in found.directions if any(sums)} == added(cells, 2)
    names = {"pskov": "Отдел образования", "luga": "Комитет образования"}
    assert {each.name: tuple(each.sums) for each in found.payers if any(each.sums)} == {names[k]: v for k, v in added(cells, 1).items()}
    for parts in (found.months, found.directions):
        assert tuple(sum(sums[number] for _name, sums in parts) for number in range(3)) == found.total
    if payer == "":
        assert all(found.total) and len(added(cells, 2)) > 2, "the district is a poor one for this test"


def test_what_is_used_is_the_ledgers(town: Pages):
    found = town.read(lambda c: money_of(c, 2025, ""))
    rows = town.read(lambda c: c.execute(select(accounts).where(accounts.c.first == "2025-01-01")).all())
    for name, payer in (("Отдел образования", "pskov"), ("Комитет образования", "luga")):
        balances = Counter({row.kind: 0 for row in rows})
        for row in rows:
            if row.payer == payer:
                balances[row.kind] += row.in_kopecks - row.out_kopecks
        (mine,) = [each for each in found.payers if each.name == name]
        assert (mine.sums.used, mine.left, mine.given) == (balances["payable"], balances["certificate"], -balances["fund"])


def test_what_is_gathered_adds_up_with_what_comes_later(town: Pages, monkeypatch: pytest.MonkeyPatch):
    def agrees() -> None:
        found = town.read(lambda c: money_of(c, 2025, ""))
        assert {month: sums.used for month, sums in found.months if sums.used} == {
            month: sums[2] for month, sums in added(town.read(lambda c: reckoned_money(c, "")), 0).items() if sums[2]
        }

    gathering.gather(town.engine, town.clock)
    assert town.read(lambda c: c.execute(select(used_sums)).all()) == [], "so few are not worth it"
    monkeypatch.setattr(gathering, "FROM_ROWS", 1)
    gathering.gather(town.engine, town.clock)
    rows = town.read(lambda c: c.execute(select(used_sums)).all())
    assert sum(row.kopecks for row in rows) == 19000 * 2 + 5000
    agrees()
    debit = make_debit("2025-10-20")
    take(town, debit, make_debit("2025-12-01", amount=700, claim={"child": "k-3"}, **OF_LUGA))
    agrees()
    take(town, make_reversal(debit))
    for _ in range(2):
        gathering.gather(town.engine, town.clock)
        agrees()
    assert town.read(lambda c: c.scalar(select(used_marks.c.acceptance))) == 8


@pytest.mark.parametrize("payer", ["", "pskov", "luga"])
def test_coverage_is_what_child_by_child_gives(town: Pages, payer: str):
    found = town.read(lambda c: store.coverage(c, 2025, payer, TODAY))
    reached = town.read(lambda c: reckoned_reached(c, payer)).values()
    ages: dict[int | None, tuple[int, int, int]] = {}
    for _payer, age, is_paid, is_enrolled in reached:
        before = ages.get(age, (0, 0, 0))
        ages[age] = (before[0] + 1, before[1] + is_paid, before[2] + is_enrolled)
    assert {age: tuple(each) for age, each in found.ages} == ages
    assert found.total == (len(reached), sum(each[2] for each in reached), sum(each[3] for each in reached))
    assert sum(each.children for _name, each in found.payers) == len(reached)
    if payer == "":
        assert {14, 15, None} <= set(ages), "a birthday tomorrow makes nobody older today"


def test_a_child_in_two_directions_counts_in_each(town: Pages):
    found = {each.direction: each for each in town.read(lambda c: store.coverage(c, 2025, "", TODAY)).directions}
    rows = town.read(lambda c: c.execute(select(programmes.c.direction)).all())
    assert set(found) <= {row.direction for row in rows}
    assert (found["искусство"].children, found["искусство"].enrollments) == (2, 2), "an enrollment that begins on the 8th is not there yet"
    assert found["техника"].children == 1


def test_another_year_has_its_own_sums(town: Pages):
    found = town.read(lambda c: money_of(c, 2024, ""))
    assert found.total == (0, 0, 0) and all(each.given == 0 for each in found.payers)
    assert town.read(lambda c: store.coverage(c, 2024, "", TODAY)).day == dt.date(2024, 12, 31)


# ---------------------------------------------------------------- the pages


def test_a_report_is_reckoned_once_until_something_changes(town: Pages, monkeypatch: pytest.MonkeyPatch):
    visitor, calls, plans = entered(town, "operator@example.ru"), [], []
    real, real_plan = store.money, store.plan
    monkeypatch.setattr(store, "money", lambda *arguments: calls.append(1) or real(*arguments))
    monkeypatch.setattr(store, "plan", lambda *arguments: plans.append(1) or real_plan(*arguments))
    for address in ("/reports/money", "/reports/months.svg", "/reports/money-payers.svg?narrow=1", "/reports/2025.xlsx"):
        visitor.get(address)
        assert visitor.status == 200
    assert len(calls) == 1
    before = visitor.get("/reports/money")
    take(town, make_debit("2025-10-20"))
    assert visitor.get("/reports/money") != before and len(calls) == 2 and len(plans) == 1, "a debit changes no plan"
    with writing(town.engine) as connection:
        enrolling.set_limit(connection, "pskov", 2025, 3, 123400)
    visitor.get("/reports/money")
    assert "1 234,00" in visitor.text.replace("\u00a0", " ") and len(calls) == 3
    bring(town, lessons="group,date,starts_at,ends_at,state,moved_from\ng-1,2025-12-08,16:00,17:30,cancelled,\n")
    visitor.get("/reports/money")
    assert len(plans) == 2, "a cancelled lesson does"


def test_a_payers_person_sees_its_own_part_whatever_it_asks_for(town: Pages):
    visitor = entered(town, "luga@example.ru")
    for address in ("/reports?payer=pskov", "/reports/money?payer=pskov", "/reports"):
        visitor.get(address)
        assert "Комитет образования" in visitor.text and "Отдел образования" not in visitor.text, address
    for name in ("payers", "money-payers"):
        visitor.get(f"/reports/{name}.svg?payer=pskov")
        assert "Комитет" in visitor.html and "Отдел" not in visitor.html
    book = openpyxl.load_workbook(io.BytesIO(visitor.get("/reports/2025.xlsx") and visitor.answer.data))
    assert all("Отдел" not in str(cell.value) for sheet in book for row in sheet for cell in row)


@pytest.mark.parametrize("address", ["?year=2018", "?year=2026", "/money?year=1999", "/nothing.svg", "/2018.xlsx", "/2026.xlsx"])
def test_what_is_not_there_is_not_found(town: Pages, address: str):
    visitor = entered(town, "operator@example.ru")
    visitor.get(f"/reports{address}")
    assert visitor.status == 404


def test_pages_cost_the_same_statements_however_many_there_are(town: Pages):
    visitor = entered(town, "operator@example.ru")
    with Counting(town) as few:
        visitor.get("/reports/money")
        visitor.get("/reports")
    rows = "".join(f"p-x{number},Управа {number}\n" for number in range(40))
    bring(town, payers="payer,name\n" + rows)
    with Counting(town) as many:
        visitor.get("/reports/money")
        visitor.get("/reports")
    assert many.number <= few.number, "the plan is kept"


def test_no_child_is_named(town: Pages):
    visitor = entered(town, "operator@example.ru")
    for address in ("/reports", "/reports/money"):
        visitor.get(address)
        assert "Иванова" not in visitor.text and visitor.status == 200


@pytest.mark.parametrize("name", ["ages", "directions", "payers", "months", "money-directions", "money-payers"])
@pytest.mark.parametrize("width", ["", "?narrow=1"])
def test_charts_are_pictures_of_attributes_alone(town: Pages, name: str, width: str):
    visitor = entered(town, "operator@example.ru")
    visitor.get(f"/reports/{name}.svg{width}")
    assert visitor.answer.mimetype == "image/svg+xml"
    root = ElementTree.fromstring(visitor.html)
    tags = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert tags <= {"svg", "g", "rect", "text", "line"} and not re.search(r"style=|href|on\w+=", visitor.html)
    assert float(root.get("width", "")) == (charts.NARROW if width else charts.WIDE)


def test_a_chart_of_nothing_is_drawn(town: Pages):
    for draw in (charts.columns, charts.bars):
        assert "<svg" in draw(["a"], [charts.Series("s", [0])], str, False) and "<svg" in draw([], [charts.Series("s", [])], str, True)


def test_a_charts_lines_are_few_and_round():
    for most, expected in (
        (0, (1, 1)),
        (1, (1, 1)),
        (5, (5, 1)),
        (6, (6, 2)),
        (11, (15, 5)),
        (26, (30, 10)),
        (1_234_567, (1_500_000, 500_000)),
    ):
        assert charts._round_up(most) == expected


def test_no_text_becomes_a_formula(town: Pages):
    bring(town, payers='payer,name\npskov,"=HYPERLINK(""http://x"",""y"")"\nluga,+7 образование\n')
    visitor = entered(town, "operator@example.ru")
    visitor.get("/reports/2025.xlsx")
    assert visitor.answer.headers["Content-Disposition"].endswith('"navigator-2025.xlsx"')
    book = openpyxl.load_workbook(io.BytesIO(visitor.answer.data))
    risky = [cell for sheet in book for row in sheet for cell in row if str(cell.value).startswith(("=", "+"))]
    assert len(risky) == 4 and all(cell.data_type == "s" and cell.quotePrefix for cell in risky)


def test_the_workbook_has_the_pages_sums_as_numbers(town: Pages):
    found = town.read(lambda c: money_of(c, 2025, ""))
    visitor = entered(town, "operator@example.ru")
    visitor.get("/reports/2025.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(visitor.answer.data))
    assert len(book.sheetnames) == 6
    last = [cell.value for cell in list(book["Деньги по месяцам"])[-1]]
    assert last == ["Всего", *(sums / 100 for sums in found.total)]


def test_a_title_that_a_spreadsheet_forbids_is_mended():
    made: Any = openpyxl.load_workbook(io.BytesIO(workbook.as_bytes([workbook.Sheet("a/b:c" * 20, [], ["x"], [["y"]])])))
    assert made.sheetnames == [("a/b:c" * 20).replace("/", " ").replace(":", " ")[:31]]
