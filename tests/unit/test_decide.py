"""Decide: ONE answer per claim, by the latest facts, with all the reasons where it is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.claims import Answer, AnswerKind, NotCharged
from gateway.core.decide import EligibleDays, certificate_of_child, enrollment_for, view_of
from gateway.core.facts import Status
from gateway.core.periods import ALWAYS, Period
from gateway.core.rules import order_of
from tests.builders.facts import (
    DAY,
    NOW,
    YEAR,
    InForce,
    MarkRuleOf,
    OutsideOf,
    certificate,
    claim,
    day,
    decider,
    enrollment,
    live_debit,
)

SEPTEMBER = Period(dt.date(2025, 9, 1), dt.date(2025, 9, 30))
CERTIFICATE = certificate()


def answer(of: Any = None, **more: Any) -> Answer:
    ordinary: dict[str, Any] = {"enrollments": [enrollment()], "certificates": [CERTIFICATE]}
    return decider(**(ordinary | more)).answer(of or claim())


def rules(found: Answer) -> list[str]:
    return [one.rule for one in found.refusals]


# ---------------------------------------------------------------- charged


def test_a_child_that_was_there_is_charged_with_its_enrollment_certificate_and_price() -> None:
    assert answer() == Answer(AnswerKind.CHARGED, price=10_000, parent=0, enrollment="D-1", certificate="cert-1", attendance="attended")


def test_late_is_charged_as_attended() -> None:
    found = answer(claim(status=Status.LATE))
    assert (found.kind, found.attendance) == (AnswerKind.CHARGED, "attended")


# ---------------------------------------------------------------- not charged


@pytest.mark.parametrize(
    ("of", "price", "reason", "attendance"),
    [
        (claim(status=Status.ABSENT), 10_000, NotCharged.ABSENT, "absent"),
        (claim(status=Status.EXCUSED), 10_000, NotCharged.EXCUSED, "excused"),
        (claim(), 0, NotCharged.FREE, "attended"),
        (claim(is_cancelled=True), 10_000, NotCharged.CANCELLED, None),
        (claim(is_cancelled=True, status=Status.ABSENT), 0, NotCharged.CANCELLED, None),
        (claim(status=Status.ABSENT), 0, NotCharged.ABSENT, "absent"),
        (claim(status=Status.EXCUSED), 0, NotCharged.EXCUSED, "excused"),
    ],
)
def test_not_charged_is_decided_before_any_refusal_and_in_its_order(
    of: Any, price: int, reason: NotCharged, attendance: str | None
) -> None:
    found = answer(of, price=price, enrollment_rules=[OutsideOf("C10")], mark_rules=[MarkRuleOf("A12", lambda claim, history: True)])
    assert (found.kind, found.not_charged, found.refusals, found.attendance) == (AnswerKind.NOT_CHARGED, reason, (), attendance)


def test_a_lesson_without_a_price_is_not_free() -> None:
    found = answer(price=None)
    assert (found.kind, found.price, found.parent) == (AnswerKind.CHARGED, None, None)


# ---------------------------------------------------------------- waiting, withdrawn


def test_a_conflict_waits_and_leaves_the_attendance_as_it_is() -> None:
    found = answer(claim(conflict="crm, xlsx", attendance="absent", attendances=1, status=Status.ATTENDED, is_cancelled=True))
    assert (found.kind, rules(found), found.attendance) == (AnswerKind.WAITING, ["A14"], "absent")
    assert "crm, xlsx" in found.refusals[0].reason.en


@pytest.mark.parametrize(("sent", "attendance"), [(None, None), ("attended", "none"), ("none", "none")])
def test_what_nobody_says_any_more_is_withdrawn_and_its_attendance_taken_back_if_it_was_sent(
    sent: str | None, attendance: str | None
) -> None:
    found = answer(claim(status=None, attendance=sent, conflict="crm, xlsx"))
    assert (found.kind, found.attendance) == (AnswerKind.WITHDRAWN, attendance)


# ---------------------------------------------------------------- refused


def test_a_refusal_has_all_its_reasons_in_the_order_of_the_letters_and_numbers() -> None:
    outside = [OutsideOf(id_) for id_ in ("Z1", "A01", "K01", "C10", "P02", "C05", "M03")]
    found = answer(enrollment_rules=outside, mark_rules=[MarkRuleOf("A12", lambda claim, history: True)])
    assert found.kind is AnswerKind.REFUSED
    assert rules(found) == ["C05", "C10", "P02", "M03", "K01", "A01", "A12", "Z1"]
    assert found.price == 10_000  # A07 is still to be tested


@pytest.mark.parametrize(("day_", "refused"), [(day(5), True), (day(6), False), (day(20), False), (day(21), True)])
def test_a_claim_falls_inside_or_outside_of_a_rules_days(day_: dt.date, refused: bool) -> None:
    found = answer(claim(day_), enrollment_rules=[OutsideOf("C10", SEPTEMBER, Period(day(6), day(20)))])
    assert (found.kind is AnswerKind.REFUSED) is refused


def test_a_rule_that_has_nothing_to_say_is_met() -> None:
    class Silent(OutsideOf):
        def eligible(self, view: Any, parameters: Any) -> None:
            return None

    assert answer(enrollment_rules=[Silent("C08")]).kind is AnswerKind.CHARGED


def test_an_enrollment_is_judged_once_for_all_its_claims() -> None:
    rule = OutsideOf("C10", ALWAYS)
    judge = decider([enrollment()], [CERTIFICATE], [rule])
    for number in (6, 9, 13):
        judge.answer(claim(day(number)))
    assert len(rule.asked) == 1


INSIDE_AND_OUTSIDE = (day(6), day(9), day(20), day(27))


def test_remembered_days_answer_as_the_rules_do_and_ask_them_only_for_a_refusals_words() -> None:
    rule, digests, remembered = OutsideOf("C10", Period(day(1), day(10))), {"D-1": b"as it is"}, EligibleDays()
    asked = {"digests": digests, "eligible_days": remembered}
    alone = [decider([enrollment()], [CERTIFICATE], [rule]).answer(claim(each)) for each in INSIDE_AND_OUTSIDE]
    assert [answer.kind for answer in alone] == [AnswerKind.CHARGED] * 2 + [AnswerKind.REFUSED] * 2
    decider([enrollment()], [CERTIFICATE], [rule], **asked).answer(claim(day(6)))
    rule.asked.clear()
    again = decider([enrollment()], [CERTIFICATE], [rule], **asked)
    assert [again.answer(claim(each)) for each in INSIDE_AND_OUTSIDE[:2]] == alone[:2]
    assert not rule.asked
    assert [again.answer(claim(each)) for each in INSIDE_AND_OUTSIDE] == alone
    assert len(rule.asked) == 1


def test_what_is_remembered_is_of_one_digest_and_has_a_limit() -> None:
    remembered = EligibleDays(most=2)
    remembered.remember(b"one", (ALWAYS,))
    remembered.remember(None, (ALWAYS,))
    assert remembered.of(b"one") == (ALWAYS,)
    assert remembered.of(b"other") is None and remembered.of(None) is None
    remembered.remember(b"two", ())
    remembered.remember(b"three", (ALWAYS,))
    assert [remembered.of(digest) for digest in (b"one", b"two", b"three")] == [None, None, (ALWAYS,)]


def test_what_a_rule_sees_of_an_enrollment() -> None:
    rule = OutsideOf("C10")
    answer(enrollment_rules=[rule])
    view = rule.asked[0]
    assert (view.enrollment, view.state, view.period, view.nominal_period) == ("D-1", "active", YEAR, YEAR)
    assert (view.certificate, view.group.group, view.provider.provider, view.payer) == (CERTIFICATE, "g-1", "club", "town")


def test_a_mark_rule_gets_the_history_that_it_declares_and_no_other() -> None:
    asked: list[str] = []

    def history_of(of: Any, reach: str) -> tuple[str, ...]:
        asked.append(reach)
        return ("earlier",)

    seen: list[Any] = []
    marks = [
        MarkRuleOf("A20", lambda claim, history: seen.append(history) or False, "month"),
        MarkRuleOf("A21", lambda claim, history: seen.append(history) or False),
    ]
    answer(mark_rules=marks, history_of=history_of)
    assert (asked, seen) == (["month"], [("earlier",), ()])


def test_what_a_mark_rule_sees_of_a_claim() -> None:
    of = claim(status=Status.LATE, hours=150)
    view = view_of(of, NOW)
    assert (view.child, view.group, view.day, view.slot, view.status, view.hours, view.now) == ("k-1", "g-1", DAY, 1, Status.LATE, 150, NOW)
    assert (view.starts_at, view.ends_at) == (of.starts_at, of.ends_at)


# ---------------------------------------------------------------- whose enrollment


def test_of_several_in_force_the_earliest_id_bears_the_claim() -> None:
    assert enrollment_for([enrollment("D-2"), enrollment("D-1"), enrollment("D-10")], DAY) == enrollment("D-1")


def test_one_in_force_goes_before_one_that_is_not() -> None:
    assert enrollment_for([enrollment("D-1", period=SEPTEMBER), enrollment("D-2")], DAY) == enrollment("D-2")
    assert enrollment_for([enrollment("D-1", state="refused"), enrollment("D-2")], DAY) == enrollment("D-2")


@pytest.mark.parametrize("state", ["active", "ending", "closed"])
def test_an_enrollment_that_ended_counts_between_its_days(state: str) -> None:
    both = [enrollment("D-1", state="requested"), enrollment("D-2", state=state)]
    assert enrollment_for(both, DAY) == both[1]


def test_without_one_in_force_the_nearest_bears_the_refusal() -> None:
    august, november = Period(dt.date(2025, 8, 1), dt.date(2025, 8, 31)), Period(dt.date(2025, 11, 1), dt.date(2025, 11, 30))
    far, near = enrollment("D-1", period=august), enrollment("D-2", period=november)
    assert enrollment_for([far, near], day(6)) == near
    assert enrollment_for([far, near], dt.date(2025, 9, 5)) == far
    assert enrollment_for([], DAY) is None


def test_nearness_is_symmetrical_and_of_two_as_near_the_earliest_id_stands() -> None:
    before, after = enrollment("D-2", period=Period(day(1), day(4))), enrollment("D-1", period=Period(day(8), day(9)))
    assert enrollment_for([before, after], day(6)) == after
    assert enrollment_for([before, after], day(5)) == before


def test_the_last_and_the_first_day_are_in_force_and_the_next_is_not() -> None:
    one = enrollment(period=Period(day(6), day(9)))
    for number, attendance in ((5, None), (6, "attended"), (9, "attended"), (10, None)):
        found = answer(claim(day(number)), enrollments=[one], enrollment_rules=[InForce()])
        assert (found.attendance, rules(found)) == (attendance, [] if attendance else ["A01"])
        assert (found.enrollment, found.certificate) == ("D-1", "cert-1")


def test_attendance_that_was_sent_is_taken_back_once_the_enrollment_is_over() -> None:
    found = answer(claim(day(10), attendance="attended"), enrollments=[enrollment(period=Period(day(1), day(9)))])
    assert found.attendance == "none"


def test_a_child_without_any_enrollment_is_judged_by_its_certificate_of_that_day() -> None:
    last_year = certificate("cert-0", valid=Period(dt.date(2024, 1, 1), dt.date(2024, 12, 31)))
    judge = decider([], [last_year, CERTIFICATE], [InForce()])
    for day_, expected in ((dt.date(2024, 12, 30), "cert-0"), (DAY, "cert-1"), (dt.date(2024, 12, 30), "cert-0")):
        found = judge.answer(claim(day_))
        assert (found.enrollment, found.certificate, rules(found), found.attendance) == (None, expected, ["A01"], None)


def test_of_several_certificates_the_valid_one_and_else_the_last_counts() -> None:
    first, second = (certificate(f"cert-{n}", valid=Period(dt.date(2024 + n, 1, 1), dt.date(2024 + n, 12, 31))) for n in (0, 1))
    assert certificate_of_child([second, first], dt.date(2024, 6, 1)) == first
    assert certificate_of_child([first, second], dt.date(2027, 6, 1)) == second
    assert certificate_of_child([], DAY) is None


# ---------------------------------------------------------------- as a whole


CLAIMS = [
    claim(day(number), slot, child, status=status, is_cancelled=number == 13, live=live_debit() if number == 9 else None)
    for number in (6, 9, 13, 30)
    for slot in (1, 2)
    for child, status in (("k-1", Status.ATTENDED), ("k-2", Status.ABSENT), ("k-3", Status.LATE))
]


@given(st.permutations(CLAIMS))
def test_the_order_of_the_same_marks_says_nothing_before_funds(order: list[Any]) -> None:
    enrollments = [enrollment("D-1", period=Period(day(1), day(9))), enrollment("D-2"), enrollment("D-3", "k-3", period=SEPTEMBER)]
    two_years = [
        CERTIFICATE,
        certificate("cert-3", "k-3", valid=Period(day(1), day(9))),
        certificate("cert-4", "k-3", valid=Period(day(10), day(31))),
    ]

    def answers(claims: list[Any]) -> dict[str, Answer]:
        judge = decider(enrollments, two_years, [InForce(), OutsideOf("C10", Period(day(1), day(20)))])
        return {one.key: judge.answer(one) for one in claims}

    assert answers(order) == answers(CLAIMS)


@given(st.lists(st.sampled_from(["C01", "C10", "P01", "M02", "K01", "A01", "A07", "N01", "R01", "T1", "X99"]), unique=True))
def test_the_order_of_rules_is_total(ids: list[str]) -> None:
    letters = "CPMKANR"
    ordered = sorted(ids, key=order_of)
    known = [letters.index(one[0]) for one in ordered if one[0] in letters]
    assert known == sorted(known)
    assert all(one[0] in letters for one in ordered[: len(known)])
