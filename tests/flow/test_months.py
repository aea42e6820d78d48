"""Closing a month with a real register: what would be lost, what is waited for, and where everything that comes later is booked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.bootstrap import Gateway
from gateway.errors import EXIT_REFUSED, UserError
from gateway.flow import close as flow_close
from gateway.plugins.register import RegisterUnavailable
from gateway.store import tables as t
from tests.builders.facts import day
from tests.builders.sheets import Row
from tests.builders.town import Databases, District, Town, certificate, rows_of, sums, town

LATER = "2025-11-10T10:00:00+03:00"


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, District(nominals=("1000.00", "1000.00", "250.00")), databases) as one:
        yield one


def down(running: Town, until: str) -> None:
    running.fault({"fault": "down_until", "until": until})


def operations(gateway: Gateway) -> list[tuple[str, str, str]]:
    """(kind, month, state) of every debit and reversal, as booked."""
    columns = t.operation.c
    with gateway.engine.connect() as connection:
        query = sa.select(columns.kind, columns.month, columns.state).where(columns.kind != "attendance").order_by(columns.operation)
        return [(kind, month, state) for kind, month, state in connection.execute(query)]


def state_of(gateway: Gateway, month: str = "2025-10") -> str:
    return str(gateway.month_states(month)[0]["state"])


# ---------------------------------------------------------------- what would be lost


def test_the_preview_says_what_would_be_lost_and_for_whom(tmp_path: Path, databases: Databases) -> None:
    groups = (("club", "G-1", "Парусники"), ("quiet", "G-2", "Тихие"))
    with town(tmp_path, District(nominals=("1000.00", "1000.00", "250.00"), groups=groups), databases) as running:
        gateway = running.gateway()
        rows = [*rows_of([1, 2, 3]), Row("Неведомая Ия", None)]
        running.take(gateway, running.sheet("october.xlsx", rows))
        running.take(gateway, running.sheet("october-2.xlsx", rows_of([3])))  # two children are gone: a person has to confirm
        (entry,) = gateway.close_preview("2025-10")["payers"]
        found = {(loss["kind"], loss["provider"], loss["rule"]): loss for loss in entry["losses"]}
        assert set(found) == {
            ("refused", "club", "A07"), ("match", "club", "N01"), ("withdrawal", "club", None), ("silent", "quiet", None),
        }  # fmt: skip
        short = found[("refused", "club", "A07")]
        assert (short["marks"], short["children"], short["amount"], short["certificates"]) == (7, 1, "700.00", [certificate(3)])
        assert "50,00" in short["reason"] and "номинал" in short["cure"]
        assert (found[("match", "club", "N01")]["marks"], found[("match", "club", "N01")]["children"]) == (9, 1)
        assert found[("withdrawal", "club", None)]["children"] == 3
        assert found[("silent", "quiet", None)]["children"] == 3
        assert "Неведомая" not in str(entry)

        with pytest.raises(UserError) as refused:
            gateway.close_month("2025-10", confirm=False)
        assert refused.value.exit_code == EXIT_REFUSED and gateway.month_states("2025-10")[0]["state"] == "open"


def test_a_month_with_nothing_to_lose_needs_no_confirmation(running: Town) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2])))
    assert gateway.close_preview("2025-10")["payers"][0]["losses"] == []
    assert gateway.close_month("2025-10", confirm=False)["closed"] == ["town"]
    assert state_of(gateway) == "closed"
    sums(running, gateway)


@pytest.mark.parametrize(
    ("month", "payer", "over"), [("2025-13", None, ()), ("2025-10", "nobody", ()), ("2025-10", None, ("xyz",)), ("2026-01", None, ())]
)
def test_what_cannot_be_closed_is_refused(running: Town, month: str, payer: str | None, over: tuple[str, ...]) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1])))
    with pytest.raises(UserError):
        gateway.close_month(month, payer, over)
    assert all(one["state"] == "open" for one in gateway.month_states())


# ---------------------------------------------------------------- what is under way


def test_closing_waits_for_what_was_sent_and_cancels_what_was_not(running: Town) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1], {1: {6: "Н", 9: "Н"}})))
    down(running, LATER)
    running.take(gateway, running.sheet("october-2.xlsx", rows_of([1], {1: {9: "Н"}})))  # sent, and never answered
    running.take(gateway, running.sheet("october-3.xlsx", rows_of([1])))  # waits behind it
    assert operations(gateway)[7:] == [("debit", "2025-10", "unanswered"), ("debit", "2025-10", "to_send")]

    with pytest.raises(UserError) as refused:
        gateway.close_month("2025-10")
    (waits,) = [loss for loss in gateway.close_preview("2025-10")["payers"][0]["losses"] if loss["kind"] == "unanswered"]
    assert refused.value.exit_code == EXIT_REFUSED and waits["operations"][0] in refused.value.what.ru
    assert state_of(gateway) == "open" and operations(gateway)[8][2] == "to_send"

    gateway.close_month("2025-10", over=[waits["operations"][0][:8]])
    assert state_of(gateway) == "closed" and gateway.month_states("2025-10")[0]["over"] == waits["operations"]
    # What was sent keeps its hold; the other was cancelled and its hold given back: it waits for its attendance to be answered.
    assert operations(gateway)[7:] == [("debit", "2025-10", "unanswered"), ("debit", "2025-10", "cancelled")]
    assert (gateway.certificate(certificate(1))["held"], gateway.certificate(certificate(1))["paid"]) == ("100.00", "700.00")
    assert running.statement() == (7, 0, 70_000)

    running.stand_at(LATER)
    gateway.run()
    late, cancelled = ("debit", "2025-11", "accepted"), ("debit", "2025-10", "cancelled")
    assert operations(gateway)[7:] == [late, cancelled, late]
    assert running.statement() == (7, 0, 70_000) and running.statement("2025-11") == (2, 0, 20_000)
    assert gateway.certificate(certificate(1))["paid"] == "900.00"
    sums(running, gateway)
    sums(running, gateway, "2025-11")


def test_a_closing_that_the_register_does_not_hear_stays_closing_until_it_does(running: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2], {1: {6: "Н"}})))

    def away(*_: Any) -> None:
        raise RegisterUnavailable("away")

    with monkeypatch.context() as broken:
        broken.setattr(gateway.register, "close_month", away)
        with pytest.raises(RegisterUnavailable):
            gateway.close_month("2025-10")
    assert state_of(gateway) == "closing"

    # What comes meanwhile is November's already; the month is October's or November's, never both.
    running.take(gateway, running.sheet("october-2.xlsx", rows_of([1, 2])))
    assert operations(gateway)[-1] == ("debit", "2025-11", "accepted")
    assert running.statement() == (17, 0, 170_000) and running.statement("2025-11") == (1, 0, 10_000)

    running.stand_at("2025-11-06T03:00:00+03:00")
    assert [one["month"] for one in gateway.reconcile_due(running.now)] == ["2025-10"]
    assert state_of(gateway) == "closed"
    assert gateway.reconcile_due(running.now) == [], "once a day"
    sums(running, gateway)


def test_a_month_that_the_register_closed_by_itself_is_learnt(running: Town) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1], {1: {6: "Н"}})))
    running.change({"op": "close_month", "month": "2025-10"})
    running.take(gateway, running.sheet("october-2.xlsx", rows_of([1])))
    assert operations(gateway)[8:] == [("debit", "2025-10", "rejected"), ("debit", "2025-11", "accepted")]
    assert state_of(gateway) == "closed" and running.statement("2025-11") == (1, 0, 10_000)
    assert gateway.counts()["charged"] == 9
    sums(running, gateway)


def test_a_late_operation_refers_to_its_own_month(running: Town) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1], {1: {6: "Н"}})))
    gateway.close_month("2025-10")
    report = running.take(gateway, running.sheet("october-2.xlsx", rows_of([1], {1: {9: "Н"}})))
    assert report["counts"]["charged"] == 8
    told = {f"2025-10-{number:02d}": gateway.explain(None, certificate(1), day(number))[0]["operations"] for number in (6, 9)}
    (debit,) = [one for one in told["2025-10-06"] if one["kind"] == "debit"]
    (reversal,) = [one for one in told["2025-10-09"] if one["kind"] == "reversal"]
    assert (debit["month"], debit["late"]) == ("2025-11", "учтено в 2025-11: месяц 2025-10 закрыт")
    assert (reversal["month"], reversal["late"]) == ("2025-11", "учтено в 2025-11: месяц 2025-10 закрыт")
    assert [one["late"] for one in told["2025-10-09"] if one["kind"] == "debit"] == [None]


# ---------------------------------------------------------------- at once


def test_a_mark_that_arrives_while_its_month_closes_is_in_one_month(running: Town) -> None:
    first = running.gateway()
    running.take(first, running.sheet("october.xlsx", rows_of([1, 2], {1: {6: "Н"}, 2: {9: "Н"}})))
    second, failed = running.gateway(), []
    ready = threading.Barrier(2)

    def arrive() -> None:
        try:
            ready.wait()
            running.take(second, running.sheet("october-2.xlsx", rows_of([1, 2])))
        except BaseException as error:
            failed.append(error)

    worker = threading.Thread(target=arrive)
    worker.start()
    ready.wait()
    for _ in range(20):
        try:
            first.close_month("2025-10")
            break
        except UserError:  # the other has just sent something
            continue
    worker.join()
    assert failed == [] and state_of(first) == "closed"
    first.run()
    debits, reversals, kopecks = running.statement()
    late, _, late_kopecks = running.statement("2025-11")
    assert (debits + late, reversals, kopecks + late_kopecks) == (18, 0, 180_000)
    sums(running, first)
    sums(running, first, "2025-11")


def test_the_digest_of_a_closed_month_is_the_same_on_both_sides_and_for_ever(running: Town) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2], {1: {6: "Н"}})))
    gateway.close_month("2025-10")
    digest = gateway.month_states("2025-10")[0]["digest"]
    running.take(gateway, running.sheet("october-2.xlsx", rows_of([1, 2], {2: {30: "Н"}})))
    assert flow_close.digests(gateway.flow, "town", "2025-10") == (digest, digest)
    gateway.close_month("2025-10")  # again: nothing changes
    assert gateway.month_states("2025-10")[0]["digest"] == digest
