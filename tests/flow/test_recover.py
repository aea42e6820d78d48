"""A gateway on an old backup, or on an empty database, comes to where the register is; the same months read again double nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.bootstrap import Gateway
from gateway.store import tables as t
from tests.builders.town import Databases, District, Town, rows_of, sums, town

CHILDREN = (1, 2, 3)
FIRST = {1: {6: "Н"}, 2: {9: "Н", 13: "Н"}}
SECOND = {1: {6: "Н", 16: "Н"}, 2: {13: "Н"}, 3: {20: "Б"}}
"""Against the first: child 1 loses the 16th, child 2 wins the 9th, child 3 loses the 20th."""


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, District(nominals=["1000.00"] * 3), databases) as one:
        yield one


def take(running: Town, gateway: Gateway, name: str, marks: Any) -> dict[str, Any]:
    return running.take(gateway, running.sheet(name, rows_of(CHILDREN, marks)))


def sent(gateway: Gateway) -> int:
    with gateway.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).where(t.operation.c.tries > 0)).scalar_one())


def everything(running: Town) -> tuple[Any, ...]:
    """All that the register ever accepted."""
    return running.statement(), running.attendance()


def a_week_later(running: Town, how: str) -> tuple[Gateway, tuple[Any, ...]]:
    """A backup after the first sheet; the second sheet, taken; and then the database is lost and the backup put in its place."""
    gateway = running.gateway()
    take(running, gateway, "first.xlsx", FIRST)
    running.stand_at("2025-11-05T11:00:00+03:00")
    backup = running.folder / "backup.zip"
    gateway.backup(backup)
    gateway.engine.dispose()  # the last connection writes all into the one file
    shutil.copytree(running.folder / "gateway", running.folder / "copy")
    running.databases.copy(running.folder / "gateway", running.folder / "copy")
    running.stand_at("2025-11-12T10:00:00+03:00")
    take(running, gateway, "second.xlsx", SECOND)
    sums(running, gateway)
    before = everything(running)
    gateway.engine.dispose()
    running.stand_at("2025-11-12T12:00:00+03:00")
    if how == "copied":
        return running.gateway("copy"), before
    running.gateway().restore(backup, is_forced=True)
    return running.gateway(), before


@pytest.mark.parametrize("how", ["restored", "copied"])
def test_a_backup_of_last_week_adopts_what_came_after_it_and_sends_nothing_until_the_sheet_is_read_again(running: Town, how: str) -> None:
    gateway, before = a_week_later(running, how)
    with gateway.engine.connect() as connection:
        known = int(connection.execute(sa.select(sa.func.count()).select_from(t.operation)).scalar_one())
    tried = sent(gateway)
    assert known == tried
    gateway.run()
    assert everything(running) == before and sent(gateway) == tried, "the older sheet's word takes nothing back"
    differences = gateway.reconcile("2025-10")["differences"]
    assert differences and all("ещё раз" in one["cure"] or one["class"] == "other_state" for one in differences)
    assert everything(running) == before
    take(running, gateway, "second.xlsx", SECOND)
    assert everything(running) == before, "read again, nothing doubles"
    sums(running, gateway)
    take(running, gateway, "third.xlsx", SECOND | {3: {20: "Б", 23: "Н"}})
    assert running.statement() == (before[0][0], before[0][1] + 1, before[0][2] - 10_000), "and from here on all is as ever"
    sums(running, gateway)


def test_the_older_sheet_read_again_is_its_sources_newest_word(running: Town) -> None:
    gateway, _ = a_week_later(running, "restored")
    take(running, gateway, "first.xlsx", FIRST)
    sums(running, gateway)
    assert running.attendance() == {"attended": 24, "absent": 3, "excused": 0}


def test_recover_adopts_before_anything_is_sent_and_tells_how_much(running: Town) -> None:
    gateway, before = a_week_later(running, "restored")
    assert gateway.outbox()["register"]["must_recover"] is True
    assert gateway.recover() == {"money": 3, "attendance": 3}
    assert gateway.outbox()["register"]["must_recover"] is False
    assert gateway.recover() == {"money": 0, "attendance": 0}, "twice changes nothing"
    assert everything(running) == before
    assert gateway.ledger_faults() == []


def test_an_empty_database_recovers_all_and_the_sheet_read_again_sends_nothing(running: Town) -> None:
    gateway = running.gateway()
    for name, marks in (("first.xlsx", FIRST), ("second.xlsx", SECOND), ("first.xlsx", FIRST)):
        take(running, gateway, name, marks)
    before = everything(running)
    fresh = running.gateway("fresh")
    adopted = fresh.recover()
    assert adopted["money"] == before[0][0] + before[0][1] and adopted["attendance"] == 27
    assert fresh.recover() == {"money": 0, "attendance": 0}
    fresh.run()
    assert everything(running) == before and sent(fresh) == 0
    take(running, fresh, "first.xlsx", FIRST)
    assert everything(running) == before and sent(fresh) == 0
    sums(running, fresh)
    for name, marks in (("second.xlsx", SECOND), ("first.xlsx", FIRST)):
        take(running, fresh, name, marks)
        sums(running, fresh)


def test_what_was_on_its_way_when_the_backup_was_made_is_settled_once(running: Town) -> None:
    gateway = running.gateway()
    running.fault({"fault": "drop_reply", "next": 1})
    take(running, gateway, "first.xlsx", FIRST)
    backup = running.folder / "backup.zip"
    gateway.backup(backup)
    gateway.run()
    before = everything(running)
    gateway.engine.dispose()
    restored = running.gateway()
    restored.restore(backup, is_forced=True)
    restored = running.gateway()
    restored.run()
    assert everything(running) == before
    sums(running, restored)
