"""Three sides compared with a real register behind whose back, or ours, something was changed."""

from __future__ import annotations

import datetime as dt
import io
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from gateway.act import act_html, act_xlsx
from gateway.bootstrap import Gateway
from gateway.errors import UserError
from gateway.store import tables as t
from tests.builders.town import Databases, District, Town, certificate, rows_of, sums, town


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, District(nominals=("1000.00", "1000.00")), databases) as one:
        yield one


def at_the_register(running: Town, statement: str, *values: Any) -> None:
    """Change the register's database behind everybody's back."""
    (path,) = (running.folder / "navigator").glob("*.sqlite")
    with sqlite3.connect(path, timeout=30) as connection:
        assert connection.execute(statement, values).rowcount > 0
    connection.close()


def here(gateway: Gateway, statement: Any) -> None:
    with gateway.engine.begin() as connection:
        assert connection.execute(statement).rowcount > 0


def imported(running: Town) -> Gateway:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2], {1: {6: "Н"}})))
    return gateway


def classes(found: dict[str, Any]) -> list[tuple[str, bool]]:
    return sorted((one["class"], one["safe"]) for one in found["differences"])


def debit(gateway: Gateway, day: str, child: str = "k-1") -> str:
    columns, claims = t.operation.c, t.claim.c
    with gateway.engine.connect() as connection:
        found = connection.execute(
            sa.select(columns.id)
            .join(t.claim, (claims.payer == columns.payer) & (claims.claim == columns.claim))
            .where(columns.kind == "debit", claims.child == child, claims.day == dt.date.fromisoformat(day))
        )
        return str(found.scalar_one())


# ---------------------------------------------------------------- what only a person can judge


def test_what_the_register_lost_is_a_difference_that_ages(running: Town) -> None:
    gateway = imported(running)
    lost = debit(gateway, "2025-10-09")
    at_the_register(running, "DELETE FROM acceptances WHERE id = ?", lost)
    (one,) = gateway.reconcile("2025-10")["differences"]
    assert (one["class"], one["subject"], one["here"], one["there"]) == ("missing_there", lost, "debit 100.00", "—")
    assert (one["provider"], one["group"], one["date"], one["slot"], one["payer"]) == ("club", "G-1", "2025-10-09", 1, "town")
    assert (one["safe"], one["age_days"]) == (False, 0)

    running.stand_at("2025-11-08T11:00:00+03:00")
    for _ in range(2):
        (again,) = gateway.reconcile("2025-10")["differences"]
        assert (again["age_days"], again["first_seen"]) == (3, one["first_seen"])
    (looked_at,) = gateway.reconcile("2025-10", reads_register=False)["differences"]
    assert looked_at["age_days"] == 3


def test_another_sum_and_another_balance_are_told(running: Town) -> None:
    gateway = imported(running)
    at_the_register(running, "UPDATE acceptances SET amount_kopecks = 9900 WHERE id = ?", debit(gateway, "2025-10-09"))
    at_the_register(running, "UPDATE nominals SET amount_kopecks = amount_kopecks + 500")
    found = {one["class"]: one for one in gateway.reconcile("2025-10")["differences"]}
    assert (found["other_sum"]["here"], found["other_sum"]["there"]) == ("debit 100.00", "debit 99.00")
    assert found["other_balance"]["here"].startswith("1000.00 / ") and found["other_balance"]["there"].startswith("1005.00 / ")
    assert len([one for one in gateway.reconcile("2025-10")["differences"] if one["class"] == "other_balance"]) == 2


def test_an_operation_that_is_in_another_month_there_has_moved(running: Town) -> None:
    gateway = imported(running)
    moved = debit(gateway, "2025-10-09")
    at_the_register(running, "UPDATE acceptances SET month = '2025-11' WHERE id = ?", moved)
    (october,) = gateway.reconcile("2025-10")["differences"]
    assert (october["class"], october["subject"]) == ("moved_elsewhere", moved)
    (november,) = gateway.reconcile("2025-11")["differences"]
    assert (november["class"], november["here"], november["there"]) == ("moved_elsewhere", "accepted 2025-10", "debit 100.00")


def test_a_closed_statement_that_changes_is_told_on_its_side(running: Town) -> None:
    gateway = imported(running)
    gateway.close_month("2025-10")
    assert gateway.reconcile("2025-10")["differences"] == []
    changed = debit(gateway, "2025-10-09")
    here(gateway, sa.update(t.operation).where(t.operation.c.id == changed).values(amount=10_100))
    found = {one["class"]: one for one in gateway.reconcile("2025-10")["differences"]}
    assert found.keys() == {"other_sum", "closed_changed"}
    assert "→" in found["closed_changed"]["here"] and found["closed_changed"]["there"] == "="


# ---------------------------------------------------------------- what is safe is mended


def test_attendance_that_differs_is_sent_again_as_a_new_operation(running: Town) -> None:
    gateway = imported(running)
    changed = "UPDATE acceptances SET status = 'excused' WHERE kind = 'attendance' AND date = '2025-10-09' AND child = 'k-1'"
    at_the_register(running, changed)
    assert running.attendance() == {"attended": 16, "absent": 1, "excused": 1}
    assert classes(gateway.reconcile("2025-10", reads_register=False)) == [("other_state", True)]
    found = gateway.reconcile("2025-10")
    assert (found["differences"], found["cured"]) == ([], 1)
    assert running.attendance() == {"attended": 17, "absent": 1, "excused": 0}
    columns = t.operation.c
    with gateway.engine.connect() as connection:
        numbers = connection.execute(sa.select(columns.n, sa.func.count()).where(columns.kind == "attendance").group_by(columns.n))
        assert {n: count for n, count in numbers} == {0: 18, 1: 1}
    assert running.statement() == (17, 0, 170_000)
    sums(running, gateway)


def test_a_lost_reply_is_asked_about_and_settled(running: Town) -> None:
    gateway = imported(running)
    running.fault({"fault": "drop_reply", "next": 1})
    running.take(gateway, running.sheet("october-2.xlsx", rows_of([1, 2])))
    assert gateway.status()["under_way"]["unanswered"] > 0
    assert running.statement() == (18, 0, 180_000), "the register took it"
    found = gateway.reconcile("2025-10")
    assert found["differences"] == [] and found["cured"] > 0
    sums(running, gateway)


def test_what_only_the_register_knows_is_adopted(running: Town) -> None:
    gateway = imported(running)
    gateway.run()  # the register's feed has been read up to its end: nothing of it comes by itself any more
    lost = debit(gateway, "2025-10-09")
    here(gateway, sa.delete(t.operation).where(t.operation.c.id == lost))
    here(gateway, sa.update(t.claim).where(t.claim.c.live == lost).values(live=None, last_acceptance=None, debits=0))
    looked = gateway.reconcile("2025-10", reads_register=False)
    assert classes(looked) == [("missing_here", True), ("missing_there", True)]
    found = gateway.reconcile("2025-10")
    # Its transfers are still there, from before it was lost: adopted, it is paid twice in our ledger, and the balances tell so.
    assert found["cured"] > 0 and classes(found) == [("other_balance", False)]
    assert running.statement() == (17, 0, 170_000), "nothing is debited twice"


def test_a_mark_without_its_claim_is_matched_anew(running: Town) -> None:
    gateway = imported(running)
    where = (t.claim.c.child == "k-1") & (t.claim.c.day == dt.date(2025, 10, 6))
    here(gateway, sa.update(t.claim).where(where).values(status=None))
    assert ("missing_here", True) in classes(gateway.reconcile("2025-10", reads_register=False))
    found = gateway.reconcile("2025-10")
    assert (found["differences"], found["cured"]) == ([], 1)
    assert gateway.counts()["not_charged"] == {"absent": 1}


# ---------------------------------------------------------------- the act


def test_the_act_prints_by_itself_and_names_no_child(running: Town, tmp_path: Path) -> None:
    gateway = imported(running)
    at_the_register(running, "DELETE FROM acceptances WHERE id = ?", debit(gateway, "2025-10-09"))
    found = gateway.reconcile("2025-10")
    gateway.write_act(found, tmp_path / "act.html")
    text = (tmp_path / "act.html").read_text(encoding="utf-8")
    for words in ("октябрь 2025 г.", "Клуб club", "нет в реестре", "1\u00a0700,00", "1\u00a0600,00"):
        assert words in text
    assert not re.search(r"(?:src|href)=|@import|url\(", text) and "size: A4" in text
    assert "Бережная" not in text and "Волнова" not in text and certificate(1) not in text
    with pytest.raises(UserError):
        gateway.write_act(found, tmp_path / "act.pdf")


def test_the_acts_workbook_has_numbers_and_no_formulas(running: Town) -> None:
    gateway = imported(running)
    act = gateway.act(gateway.reconcile("2025-10"))
    act["providers"][0]["name"] = "=HYPERLINK(1)"
    act["payers"][0]["payer"] = "@town"
    book = openpyxl.load_workbook(io.BytesIO(act_xlsx(act)))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not any(cell.data_type == "f" for cell in cells)
    assert not any(isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")) for cell in cells)
    assert {1700, 17, 18} <= {cell.value for cell in cells if not isinstance(cell.value, str)}
    assert "&lt;" in act_html(act | {"register": "<b>"})


def test_the_acts_total_is_the_sum_of_its_providers_and_agrees_with_the_register(running: Town) -> None:
    gateway = imported(running)
    act = gateway.act(gateway.reconcile("2025-10"))
    assert act["agrees"] and act["total"]["sum"] == act["total"]["register_sum"] == act["total"]["balance"] == 170_000
    assert (act["total"]["marks"], act["total"]["charged"], act["total"]["not_charged"], act["total"]["debits"]) == (18, 17, 1, 17)
    assert act["payers"] == [{"payer": "town", "state": "open", "sum": 170_000}]
