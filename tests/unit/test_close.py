"""Months that close: where late facts are booked, what is cancelled, what is waited for, and what would be lost."""

from __future__ import annotations

import pytest

from gateway.core import book, close
from gateway.core.book import Barred
from gateway.core.claims import Answer, AnswerKind, debit_id, reversal_id
from gateway.core.close import Decision, LossKind, LostClaim, Months, OpenOperation, losses_of, next_month, next_open, statement_digest
from gateway.core.facts import Status, Text
from gateway.core.ledger import TransferKind
from gateway.core.post import Answered, OperationState, plan
from tests.builders.facts import account, calendar_year, charged, claim, day, live_debit, operation

WITHDRAWN = Answer(AnswerKind.WITHDRAWN)
OCTOBER_CLOSED = Months(frozenset({"2025-10"}), calendar_year)
YEAR_CLOSED = Months(frozenset({"2025-10", "2025-11", "2025-12"}), calendar_year)


@pytest.mark.parametrize(("month", "after"), [("2025-09", "2025-10"), ("2025-12", "2026-01"), ("2024-01", "2024-02")])
def test_the_month_after(month: str, after: str) -> None:
    assert next_month(month) == after


def test_the_next_open_month_passes_over_all_that_are_shut() -> None:
    assert next_open("2025-10", set()) == "2025-10"
    assert next_open("2025-10", {"2025-10", "2025-11", "2026-01"}) == "2025-12"


def test_a_late_fact_is_booked_in_the_next_open_month_of_its_year() -> None:
    one = claim(day(6))
    assert OCTOBER_CLOSED(one, "any", 1) == "2025-11"
    assert OCTOBER_CLOSED(claim(day(6, 11)), "any", 1) == "2025-11"
    assert OCTOBER_CLOSED(claim(day(29, 12)), "any", 1) == "2025-12"


def test_where_the_year_is_closed_the_payer_decides_and_only_on_this_amount() -> None:
    one = claim(day(6))
    barred = YEAR_CLOSED(one, "op", 10_000)
    assert isinstance(barred, Barred) and barred.waits and barred.refusal.rule == "A08" and "2026-01" in barred.refusal.cure.en

    allowed = Months(YEAR_CLOSED.shut, calendar_year, {"op": Decision(10_000, True)})
    assert allowed(one, "op", 10_000) == "2026-01"
    other_amount = allowed(one, "op", 10_001)
    assert isinstance(other_amount, Barred) and other_amount.waits
    declined = Months(YEAR_CLOSED.shut, calendar_year, {"op": Decision(10_000, False)})(one, "op", 10_000)
    assert isinstance(declined, Barred) and not declined.waits


def test_an_open_december_takes_its_own_marks_whatever_the_date() -> None:
    december_open = Months(frozenset({"2025-10", "2025-11"}), calendar_year)
    assert december_open(claim(day(6)), "any", 1) == "2025-12" == december_open(claim(day(29, 12)), "any", 1)


# ---------------------------------------------------------------- booking


def test_a_late_debit_and_its_hold_bear_the_open_month_and_the_attendance_its_own() -> None:
    one = claim(day(6))
    booked = book.plan([(one, charged(attendance="attended"))], {account(): 100_000}, calendar_year, OCTOBER_CLOSED)
    debit, attendance = booked.operations
    assert (debit.kind, debit.month, debit.id) == ("debit", "2025-11", debit_id(one.key, 0))
    assert booked.holds[0].transfer.month == "2025-11"
    assert (attendance.kind, attendance.month) == ("attendance", "2025-10")


def test_a_late_reversal_too() -> None:
    live = live_debit()
    one = claim(status=None, live=live)
    (reversal,) = book.plan([(one, WITHDRAWN)], {}, calendar_year, OCTOBER_CLOSED).operations
    assert (reversal.kind, reversal.month, reversal.id) == ("reversal", "2025-11", reversal_id(live.id))


def test_what_waits_for_the_payer_books_nothing_and_spends_nothing() -> None:
    first, second = claim(day(6)), claim(day(29, 12), child="k-1", group="g-2")
    months = Months(frozenset({"2025-10", "2025-11", "2025-12"}), calendar_year, {debit_id(second.key, 0): Decision(10_000, True)})
    booked = book.plan([(first, charged()), (second, charged())], {account(): 10_000}, calendar_year, months)
    waits, answered = booked.answers
    assert (waits.answer.kind, [one.rule for one in waits.answer.refusals], waits.amount) == (AnswerKind.WAITING, ["A08"], None)
    assert (answered.answer.kind, answered.amount) == (AnswerKind.CHARGED, 10_000)
    assert [one.month for one in booked.operations] == ["2026-01"]


def test_a_declined_debit_is_refused_and_a_declined_reversal_lets_the_debit_stand() -> None:
    one, live = claim(day(6)), live_debit()
    declined = Months(YEAR_CLOSED.shut, calendar_year, {debit_id(one.key, 0): Decision(10_000, False)})
    (refused,) = book.plan([(one, charged())], {account(): 10_000}, calendar_year, declined).answers
    assert (refused.answer.kind, refused.answer.refusals[0].rule) == (AnswerKind.REFUSED, "A08")

    declined = Months(YEAR_CLOSED.shut, calendar_year, {reversal_id(live.id): Decision(live.amount, False)})
    booked = book.plan([(claim(status=Status.ABSENT, live=live), WITHDRAWN)], {}, calendar_year, declined)
    assert booked.operations == [] and booked.answers[0].amount == live.amount and not booked.answers[0].keeps


# ---------------------------------------------------------------- closing


def test_what_was_never_sent_is_cancelled_and_its_hold_given_back() -> None:
    debit, reversal = operation(), operation(kind="reversal")
    closing = close.plan([OpenOperation(debit, False), OpenOperation(reversal, False)], (), calendar_year)
    assert [state for _, state, *_ in closing.cancelled.states] == [OperationState.CANCELLED, OperationState.CANCELLED]
    assert [(transfer.kind, transfer.amount) for _, transfer in closing.cancelled.transfers] == [(TransferKind.RELEASE, debit.amount)]
    assert [(change.under_way, change.lists) for change in closing.cancelled.changes] == [(-1, "decide"), (-1, "decide")]
    assert not closing.waits_for and not closing.over


def test_what_was_sent_is_waited_for_unless_it_is_named() -> None:
    one = operation()
    assert close.plan([OpenOperation(one, True)], (), calendar_year).waits_for == [one]
    closing = close.plan([OpenOperation(one, True)], {one.id[:6]}, calendar_year)
    assert (closing.waits_for, closing.over, closing.cancelled.states) == ([], [one], [])
    assert close.plan([OpenOperation(one, True)], {"ffffff" if one.id[:6] != "ffffff" else "000000"}, calendar_year).waits_for == [one]


def test_an_answer_that_comes_behind_the_closing_is_settled_in_the_month_that_the_register_names() -> None:
    one = operation()
    settled = plan([Answered(one, "accepted", "N-1", None, None, month="2025-11")], calendar_year, set(), {})
    ((_, transfer),) = settled.transfers
    assert (transfer.kind, transfer.month, settled.states[0][0].month) == (TransferKind.SETTLE, "2025-11", "2025-11")


def test_a_statement_has_one_digest_in_any_order_and_another_for_any_other_content() -> None:
    lines = [("a" * 32, "debit", 100), ("b" * 32, "reversal", 100)]
    assert statement_digest(lines) == statement_digest(reversed(lines))
    assert len({statement_digest(each) for each in (lines, lines[:1], [], [("a" * 32, "debit", 101), lines[1]])}) == 4


# ---------------------------------------------------------------- what would be lost


def lost(rule: str, child: str = "k-1", price: int = 100, provider: str = "club") -> LostClaim:
    text = Text("причина", "reason")
    return LostClaim(LossKind.REFUSED, provider, "g-1", child, f"47{child}", price, rule, text, text)


def test_losses_are_summed_by_provider_group_and_rule_the_dearest_first() -> None:
    dear, cheap = losses_of([lost("C05"), lost("A07", price=500), lost("A07", "k-2", 300), lost("A07", "k-2", 300)])
    assert (cheap.rule, cheap.marks, cheap.children, cheap.amount) == ("C05", 1, 1, 100)
    assert (dear.rule, dear.marks, dear.children, dear.amount, dear.certificates) == ("A07", 3, 2, 1100, ("47k-1", "47k-2"))
