"""Book: the difference between each answer and the claim's live debit, within what the certificate holds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.book import BookedAll, plan, without_funds
from gateway.core.claims import Answer, AnswerKind, NotCharged, attendance_id, debit_id, reversal_id
from gateway.core.ledger import AccountKind, Transfer, TransferKind
from tests.builders.facts import DAY, account, calendar_year, charged, claim, day, live_debit, refusal, refused

ENOUGH = {account(): 1_000_000}


def booked(*decided: tuple[Any, Answer], free: Any = None) -> BookedAll:
    return plan(decided, ENOUGH if free is None else free, calendar_year)


def kinds(found: BookedAll) -> list[str]:
    return [one.kind for one in found.operations]


def not_charged(reason: NotCharged, **more: Any) -> Answer:
    return Answer(AnswerKind.NOT_CHARGED, reason, enrollment="D-1", certificate="cert-1", **more)


# ---------------------------------------------------------------- without a live debit


def test_a_charged_claim_is_debited_and_its_price_held() -> None:
    of = claim()
    found = booked((of, charged()))
    (debit,) = found.operations
    assert (debit.id, debit.kind, debit.n, debit.month, debit.amount) == (debit_id(of.key, 0), "debit", 0, "2025-10", 10_000)
    assert (debit.enrollment, debit.certificate, debit.minutes, debit.after, debit.refers_to) == ("D-1", "cert-1", 90, None, None)
    (hold,) = found.holds
    payable = account("club", AccountKind.PAYABLE)
    assert hold.booking == 0
    assert hold.transfer == Transfer(account(), payable, 10_000, TransferKind.HOLD, "2025-10", "debit", refers_to=debit.id)
    (answer,) = found.answers
    assert (answer.amount, answer.keeps, answer.answer) == (10_000, False, charged())


def test_the_next_debit_of_a_claim_counts_those_that_the_register_accepted_and_names_the_last() -> None:
    of = claim(debits=2, last_acceptance="r-1")
    (debit,) = booked((of, charged())).operations
    assert (debit.id, debit.n, debit.after) == (debit_id(of.key, 2), 2, "r-1")


@pytest.mark.parametrize(
    "answer",
    [
        not_charged(NotCharged.ABSENT),
        refused("C10"),
        Answer(AnswerKind.WAITING),
        Answer(AnswerKind.WITHDRAWN),
        charged(certificate=None),
        charged()._replace(price=None),
    ],
)
def test_nothing_else_moves_money(answer: Answer) -> None:
    found = booked((claim(), answer))
    assert (found.operations, found.holds) == ([], [])
    assert (found.answers[0].amount, found.answers[0].keeps) == (None, False)


# ---------------------------------------------------------------- with a live debit


LIVE = claim(live=live_debit())


@pytest.mark.parametrize(
    "answer",
    [
        not_charged(NotCharged.OUTSIDE),
        not_charged(NotCharged.CANCELLED),
        not_charged(NotCharged.ABSENT),
        not_charged(NotCharged.EXCUSED),
        Answer(AnswerKind.WITHDRAWN, enrollment="D-1", certificate="cert-1"),
        charged(enrollment="D-2"),
        refused("C10", enrollment="D-2"),
        refused("A01"),
        refused("A01", enrollment=None),
    ],
)
def test_what_takes_a_debit_back(answer: Answer) -> None:
    found = booked((LIVE, answer))
    (reversal,) = found.operations
    assert LIVE.live is not None
    assert (reversal.id, reversal.kind, reversal.n) == (reversal_id(LIVE.live.id), "reversal", 0)
    assert (reversal.amount, reversal.enrollment, reversal.certificate) == (10_000, "D-1", "cert-1")
    assert (reversal.refers_to, reversal.after, reversal.month, reversal.minutes) == (LIVE.live.id, LIVE.live.id, "2025-10", 90)
    assert found.holds == []
    assert (found.answers[0].amount, found.answers[0].keeps) == (None, False)


@pytest.mark.parametrize(
    ("answer", "keeps"),
    [
        (charged(), False),
        (charged(12_000), True),
        (refused("C10"), True),
        (refused("C02", "K01"), True),
        (not_charged(NotCharged.FREE), True),
    ],
)
def test_what_leaves_a_debit_and_is_a_persons_to_judge(answer: Answer, keeps: bool) -> None:
    found = booked((LIVE, answer))
    assert found.operations == []
    (shown,) = found.answers
    assert (shown.answer.kind, shown.answer.not_charged, shown.amount, shown.keeps) == (AnswerKind.CHARGED, None, 10_000, keeps)
    assert shown.answer.refusals == answer.refusals


def test_a_conflict_leaves_what_is_booked_as_it_stands() -> None:
    found = booked((LIVE, Answer(AnswerKind.WAITING, refusals=(refusal("A14"),), enrollment="D-2")))
    assert found.operations == []
    assert (found.answers[0].answer.kind, found.answers[0].amount, found.answers[0].keeps) == (AnswerKind.WAITING, 10_000, False)


def test_an_adopted_debit_without_a_fact_is_kept_for_a_person_and_never_taken_back() -> None:
    found = booked((LIVE._replace(is_said=False, status=None), Answer(AnswerKind.WITHDRAWN, enrollment="D-2", certificate="cert-1")))
    assert found.operations == []
    assert (found.answers[0].answer.kind, found.answers[0].amount, found.answers[0].keeps) == (AnswerKind.WITHDRAWN, 10_000, True)


def test_another_length_of_the_lesson_is_another_attendance_and_another_price_is_a_persons_business() -> None:
    longer = claim(live=live_debit(minutes=45))
    assert kinds(booked((longer, charged(20_000)))) == ["reversal"]
    assert kinds(booked((longer, charged(10_000)))) == []  # the price does not depend on it
    assert kinds(booked((LIVE, charged(20_000)))) == []


def test_a_live_debit_stands_however_little_is_left() -> None:
    found = booked((LIVE, charged()), free={account(): 0})
    assert (kinds(found), found.answers[0].keeps, found.answers[0].answer.refusals) == ([], False, ())


# ---------------------------------------------------------------- funds


def rules(found: BookedAll) -> list[list[str]]:
    return [[one.rule for one in booked.answer.refusals] for booked in found.answers]


@pytest.mark.parametrize(("free", "passes"), [(9_999, False), (10_000, True), (10_001, True), (0, False)])
def test_a_debit_is_never_above_what_is_left(free: int, passes: bool) -> None:
    found = booked((claim(), charged()), free={account(): free})
    assert kinds(found) == (["debit"] if passes else [])
    assert rules(found) == [[] if passes else ["A07"]]
    if not passes:
        assert found.answers[0].answer.kind is AnswerKind.REFUSED
        assert f"{free // 100}.{free % 100:02d} ₽ left" in found.answers[0].answer.refusals[0].reason.en


def test_an_account_that_nobody_funded_holds_nothing() -> None:
    assert rules(booked((claim(), charged()), free={})) == [["A07"]]
    assert rules(booked((claim(), charged()), free={account(year=2024): 10_000})) == [["A07"]]


def test_the_account_is_that_of_the_lessons_own_period() -> None:
    found = booked((claim(dt.date(2024, 12, 30)), charged()), free={account(year=2024): 10_000})
    assert found.holds[0].transfer.source == account(year=2024)
    assert found.operations[0].month == "2024-12"


def test_first_come_by_day_then_slot_then_id_whatever_order_the_claims_are_listed_in() -> None:
    claims = [claim(day(number), slot, child) for number in (9, 6) for slot in (2, 1) for child in ("k-2", "k-1")]
    found = booked(*((one, charged()) for one in claims), free={account(): 35_000})
    order = sorted(claims, key=lambda one: (one.day, one.slot, one.key))
    assert [one.claim for one in found.operations] == order[:3]
    assert [one.claim for one in found.answers] == order
    assert rules(found) == [[], [], []] + [["A07"]] * 5


def test_the_first_lesson_of_a_day_goes_before_the_second_whatever_their_ids_are() -> None:
    children = [f"k-{number}" for number in range(1, 20)]
    child = next(one for one in children if claim(slot=1, child=one).key > claim(slot=2, child=one).key)
    found = booked((claim(slot=2, child=child), charged()), (claim(slot=1, child=child), charged()), free={account(): 10_000})
    assert [(one.claim.slot, one.answer.kind) for one in found.answers] == [(1, AnswerKind.CHARGED), (2, AnswerKind.REFUSED)]


def test_a_cheaper_lesson_after_one_that_was_too_dear_is_still_charged() -> None:
    found = booked((claim(day(6)), charged(10_000)), (claim(day(9)), charged(4_000)), free={account(): 5_000})
    assert (rules(found), [one.amount for one in found.operations]) == ([["A07"], []], [4_000])


def test_a_refused_claim_is_tested_in_its_place_and_consumes_nothing() -> None:
    found = booked(
        (claim(day(2)), refused("C10", "K01", "N04")), (claim(day(6)), charged()), (claim(day(9)), refused("C10")), free={account(): 10_000}
    )
    assert rules(found) == [["C10", "K01", "N04"], [], ["C10", "A07"]]
    assert kinds(found) == ["debit"]


def test_a07_stands_in_its_place_among_the_reasons() -> None:
    assert rules(booked((claim(), refused("C10", "A01", "A12", "N04")), free={})) == [["C10", "A01", "A07", "A12", "N04"]]


@pytest.mark.parametrize("price", [None, 0])
def test_what_has_no_price_lacks_no_funds(price: int | None) -> None:
    assert rules(booked((claim(), refused("M02", price=price)), free={})) == [["M02"]]


@pytest.mark.parametrize(
    "answer", [not_charged(NotCharged.ABSENT, price=10_000), Answer(AnswerKind.WAITING, price=10_000, certificate="cert-1")]
)
def test_what_is_neither_charged_nor_refused_lacks_no_funds(answer: Answer) -> None:
    assert rules(booked((claim(), answer), free={})) == [[]]


def test_what_a_reversal_will_free_is_not_spent_before_it_is_accepted() -> None:
    found = booked((LIVE, not_charged(NotCharged.ABSENT)), (claim(day(9)), charged()), free={account(): 0})
    assert (kinds(found), rules(found)) == (["reversal"], [[], ["A07"]])


def test_a_reversal_of_a_refused_claim_tells_of_missing_funds_too() -> None:
    assert rules(booked((LIVE, refused("A01")), free={})) == [["A01", "A07"]]


@given(
    st.lists(
        st.tuples(st.integers(1, 31), st.integers(1, 3), st.sampled_from(["k-1", "k-2"]), st.integers(0, 3_000)),
        unique_by=lambda one: one[:3],
    ),
    st.integers(0, 20_000),
    st.randoms(use_true_random=False),
)
def test_nothing_is_spent_twice_and_any_order_gives_the_same(lessons: Any, free: int, random: Any) -> None:
    decided = [(claim(day(number), slot, child), charged(price)) for number, slot, child, price in lessons]
    found = booked(*decided, free={account(): free})
    assert sum(one.amount for one in found.operations) <= free
    assert sum(one.transfer.amount for one in found.holds) == sum(one.amount for one in found.operations)
    assert [found.operations[one.booking].id for one in found.holds] == [one.transfer.refers_to for one in found.holds]
    random.shuffle(decided)
    assert booked(*decided, free={account(): free}) == found


# ---------------------------------------------------------------- attendance


@pytest.mark.parametrize(
    ("known", "said", "sent"),
    [
        (None, "attended", ["attended"]),
        ("attended", "attended", []),
        ("attended", "absent", ["absent"]),
        ("attended", "none", ["none"]),
        ("none", "none", []),
        (None, "none", []),
        ("absent", None, []),
    ],
)
def test_attendance_is_sent_where_the_register_knows_another(known: str | None, said: str | None, sent: list[str]) -> None:
    of = claim(attendance=known, attendances=0 if known is None else 3)
    found = booked((of, not_charged(NotCharged.ABSENT, attendance=said)))
    assert [one.status for one in found.operations] == sent
    for one in found.operations:
        assert (one.kind, one.id, one.n, one.amount) == ("attendance", attendance_id(of.key, of.attendances), of.attendances, 0)
        assert (one.enrollment, one.certificate, one.month, one.after) == ("D-1", "cert-1", "2025-10", None)


def test_attendance_goes_after_the_money_of_its_claim_and_a_hold_names_its_own_debit() -> None:
    found = booked((claim(day(2)), charged(attendance="attended")), (claim(DAY), charged(attendance="attended")))
    assert kinds(found) == ["debit", "attendance", "debit", "attendance"]
    assert [one.booking for one in found.holds] == [0, 2]


def test_attendance_does_not_depend_on_money() -> None:
    assert kinds(booked((claim(), refused("C10", attendance="attended")), free={})) == ["attendance"]


# ---------------------------------------------------------------- what needs no booking


@st.composite
def decided(draw: st.DrawFn) -> tuple[Any, Answer]:
    one = claim(
        live=draw(st.sampled_from([None, live_debit(), live_debit(enrollment="D-2"), live_debit(minutes=45)])),
        attendance=draw(st.sampled_from([None, "attended", "absent"])),
        is_said=draw(st.booleans()),
    )
    answer = Answer(
        draw(st.sampled_from(AnswerKind)),
        draw(st.sampled_from([None, *NotCharged])),
        draw(st.sampled_from([(), (refusal("A01"),), (refusal("A12"),)])),
        draw(st.sampled_from([None, 8_000, 10_000])),  # decide calls what costs nothing free, never charged
        draw(st.sampled_from([None, 0])),
        draw(st.sampled_from([None, "D-1"])),
        draw(st.sampled_from([None, "cert-1"])),
        draw(st.sampled_from([None, "attended", "none"])),
    )
    return one, answer


@given(decided(), st.integers(0, 20_000))
def test_what_needs_no_booking_is_what_the_plan_answers_without_moving_anything(pair: tuple[Any, Answer], free: int) -> None:
    found = without_funds(*pair)
    if found is not None:
        assert booked(pair, free={account(): free}) == BookedAll(answers=[found])
    else:
        poor, rich = booked(pair, free={}), booked(pair, free={account(): 1_000_000})
        waits = pair[1].kind is AnswerKind.CHARGED and pair[0].live is None
        assert poor.operations or rich.operations or poor.answers != rich.answers or waits
