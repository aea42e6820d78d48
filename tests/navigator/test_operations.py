"""What an operation may be answered, and that an answer once given stands."""

from __future__ import annotations

import pytest

from navigator.refusals import CODES


def test_an_accepted_debit_moves_money_and_stands_in_the_statement(register, make):
    (answer,) = register.send(make.debit())
    assert answer == {"id": make.debit()["id"], "outcome": "accepted", "number": "NAV-00000001", "accepted_at": "2025-11-05T10:00:00+03:00"}
    assert register.balance("0471000001") == (100000, 19000, 81000)
    statement = register.get("/register/v1/statement", month="2025-10")
    assert (statement["debits"], statement["reversals"], statement["sum_kopecks"]) == (1, 0, 19000)
    (acceptance,) = statement["operations"]
    assert acceptance["claim"] == {**make.debit()["claim"], "lesson_starts_at": "2025-10-06T13:00:00+00:00"}
    assert acceptance["cursor"] == "1" and acceptance["refers_to"] is None and acceptance["kind"] == "debit"


def test_the_same_operation_again_gets_the_same_answer_and_moves_nothing(register, make):
    first = register.send(make.debit())
    register.post("/test/v1/clock", {"now": "2026-11-05T10:00:00+03:00"})
    assert register.send(make.debit()) == first
    assert register.send(make.debit(), make.debit()) == first * 2
    assert register.balance("0471000001") == (100000, 19000, 81000)


def test_the_same_instant_in_another_offset_is_the_same_body(register, make):
    register.send(make.debit())
    assert register.outcome(make.debit(claim={"lesson_starts_at": "2025-10-06T13:00:00Z"})) == "accepted"


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("amount_kopecks", {"amount_kopecks": 18999}),
        ("month", {"month": "2025-11"}),
        ("n", {"n": 1}),
        ("enrollment", {"enrollment": "D-2"}),
        ("certificate", {"certificate": "cert-0471000002"}),
        ("after", {"after": "0" * 32}),
        ("claim.slot", {"claim": {"slot": 2}}),
        ("claim.child", {"claim": {"child": "k-2"}}),
        ("claim.group", {"claim": {"group": "g-2"}}),
        ("claim.provider", {"claim": {"provider": "other"}}),
        ("claim.lesson_starts_at", {"claim": {"lesson_starts_at": "2025-10-06T16:01:00+03:00"}}),
    ],
)
def test_the_same_id_with_another_body_is_rejected_by_the_field(register, make, name, changes):
    debit = make.debit()
    register.send(debit)
    (answer,) = register.send(make.debit(**{"id": debit["id"], **changes}))
    assert answer["reason"]["code"] == "other_body"
    assert answer["reason"]["en"].endswith(f"the field {name} differs") and f"поле {name}" in answer["reason"]["ru"]
    assert register.balance("0471000001") == (100000, 19000, 81000)


def test_a_rejection_does_not_consume_the_id(register, make):
    assert register.outcome(make.debit(amount=100001)) == "insufficient_funds"
    assert register.outcome(make.debit(amount=100000)) == "accepted"


def refused_operations(make):
    """Each code with an operation that must be answered so by the small district."""
    other = {"child": "k-2"}
    return {
        "unknown_certificate": make.debit(certificate="cert-9999999999"),
        "unknown_enrollment": make.debit(enrollment="D-99"),
        "unknown_group": make.debit(claim={"group": "g-9"}),
        "not_enrolled": make.debit("2025-08-31"),
        "not_active": make.debit(claim={"child": "k-3"}, enrollment="D-3", certificate="cert-0471000003"),
        "not_financing": make.debit(claim=other, enrollment="D-2", certificate="cert-0471000002"),
        "insufficient_funds": make.debit(amount=100001),
        "already_debited": make.debit("2025-10-13", n=1, after=make.debit("2025-10-13")["id"]),
        "no_live_debit": make.reversal(make.debit("2025-10-13"), amount_kopecks=18999),
        "bad_amount": make.debit(amount=0),
        "other_body": make.debit("2025-10-13", amount=1),
        "month_closed": make.debit("2025-09-08"),
    }


def test_every_code_is_answered_in_both_languages_with_a_cure(register, make):
    register.send(make.debit("2025-10-13"))
    register.change(op="close_month", month="2025-09")
    operations = refused_operations(make)
    assert set(operations) == set(CODES)
    for code, operation in operations.items():
        (answer,) = register.send(operation)
        assert answer["outcome"] == "rejected" and answer["reason"]["code"] == code, (code, answer)
        texts = [answer["reason"]["ru"], answer["reason"]["en"], answer["cure"]["ru"], answer["cure"]["en"]]
        assert all(texts) and not any("{" in text for text in texts)
    assert register.balance("0471000001") == (100000, 19000, 81000), "a refusal moves nothing"


def test_a_refused_item_harms_no_other_of_its_batch(register, make):
    days = [f"2025-10-{day:02d}" for day in range(1, 6)]
    batch = [make.debit(day) for day in days]
    batch[2] = make.debit(days[2], certificate="cert-9999999999")
    assert [answer["outcome"] for answer in register.send(*batch)] == ["accepted", "accepted", "rejected", "accepted", "accepted"]
    assert register.balance("0471000001")[1] == 4 * 19000


def test_money_runs_out_within_a_batch_and_the_next_smaller_one_still_fits(register, make):
    answers = register.send(
        make.debit("2025-10-01", amount=90000), make.debit("2025-10-02", amount=10001), make.debit("2025-10-03", amount=10000)
    )
    assert [answer["outcome"] for answer in answers] == ["accepted", "rejected", "accepted"]
    assert register.balance("0471000001") == (100000, 100000, 0)


@pytest.mark.parametrize(
    "operation",
    [
        {"claim": {"group": "g-2"}},
        {"claim": {"child": "k-2"}},
        {"certificate": "cert-0471000002"},
        {"day": "2026-01-01"},
        {"enrollment": "D-4", "claim": {"group": "g-2"}},
    ],
    ids=["another group", "another child", "another certificate", "after its last day", "only requested"],
)
def test_not_enrolled(register, make, operation):
    assert register.outcome(make.debit(operation.pop("day", "2025-10-06"), **operation)) == "not_enrolled"


def test_an_enrollments_first_and_last_day_are_inside(register, make):
    assert register.outcome(make.debit("2025-09-01")) == "accepted"
    assert register.outcome(make.debit("2025-12-31")) == "accepted"


def test_another_providers_group_is_unknown(register, make):
    assert register.outcome(make.debit(claim={"provider": "elsewhere"})) == "unknown_group"


def test_the_certificates_state_and_kind_of_the_lessons_day_count(register, make):
    register.change(op="freeze", certificate="0471000001", on="2025-10-06")
    register.change(op="unfreeze", certificate="0471000001", on="2025-10-13")
    assert register.outcome(make.debit("2025-10-05")) == "accepted"
    assert register.outcome(make.debit("2025-10-06")) == "not_active"
    assert register.outcome(make.debit("2025-10-12")) == "not_active"
    assert register.outcome(make.debit("2025-10-13")) == "accepted"


def test_a_day_outside_the_certificates_validity_is_not_active(register, make):
    register.add("certificate,child,payer,kind,state,valid_from,valid_to\n0471000001,k-1,pskov,financing,active,2025-10-06,2025-10-07\n")
    days = ("2025-10-05", "2025-10-06", "2025-10-07", "2025-10-08")
    assert [register.outcome(make.debit(day)) for day in days] == ["not_active", "accepted", "accepted", "not_active"]


def test_the_account_is_of_the_period_of_the_lessons_day_not_of_the_booking_month(register, make):
    register.add("certificate,child,payer,kind,state,valid_from,valid_to\n0471000003,k-3,luga,financing,active,2025-09-01,2026-08-31\n")
    register.change(op="nominal", certificate="0471000003", amount="0.00", on="2026-02-01")
    register.post("/test/v1/clock", {"now": "2025-12-31T10:00:00+03:00"})
    register.change(op="unfreeze", certificate="0471000003")
    register.add("enrollment,certificate,group,starts_on,ends_on,state\nD-3,0471000003,g-1,2025-09-01,2026-05-31,active\n")
    mine = {"claim": {"child": "k-3"}, "enrollment": "D-3", "certificate": "cert-0471000003"}
    assert register.outcome(make.debit("2025-12-31", month="2026-01", **mine)) == "accepted"
    assert register.balance("0471000003") == (50000, 19000, 31000)
    assert register.outcome(make.debit("2026-01-12", month="2026-01", **mine)) == "insufficient_funds"


# ---------------------------------------------------------------- the claim's chain


def test_present_absent_present_is_debit_reversal_debit(register, make):
    first, second = make.debit(), make.debit(n=1, after=make.reversal(make.debit())["id"])
    assert [answer["outcome"] for answer in register.send(first, make.reversal(first), second)] == ["accepted"] * 3
    assert register.balance("0471000001") == (100000, 19000, 81000)
    statement = register.get("/register/v1/statement", month="2025-10")
    assert (statement["debits"], statement["reversals"], statement["sum_kopecks"]) == (2, 1, 19000)


def test_behind_tells_the_claims_acceptances_and_moves_nothing(register, make):
    first = make.debit()
    register.send(first, make.reversal(first))
    (answer,) = register.send(make.debit(n=1, after=first["id"]))
    assert answer["outcome"] == "behind"
    assert [told["id"] for told in answer["acceptances"]] == [first["id"], make.reversal(first)["id"]]
    assert register.outcome(make.debit(n=1, after=None)) == "behind"
    assert register.outcome(make.debit("2025-10-07", after=first["id"])) == "behind"
    assert register.balance("0471000001") == (100000, 0, 100000)


def test_a_reversal_is_of_the_live_debit_with_its_amount(register, make):
    debit = make.debit()
    register.send(debit)
    for changes in ({"refers_to": "f" * 32}, {"amount_kopecks": 1}, {"certificate": "cert-0471000002"}, {"enrollment": "D-2"}):
        assert register.outcome(make.reversal(debit, **changes)) == "no_live_debit"
    assert register.outcome(make.reversal(debit)) == "accepted"
    again = make.reversal(debit, id="e" * 32, after=make.reversal(debit)["id"])
    assert register.outcome(again) == "no_live_debit"


def test_a_reversal_needs_neither_a_living_enrollment_nor_an_active_certificate(register, make):
    debit = make.debit("2025-11-03")
    register.send(debit)
    register.change(op="end_enrollment", enrollment="D-1", on="2025-10-31")
    register.change(op="freeze", certificate="0471000001", on="2025-01-01")
    assert register.outcome(make.reversal(debit)) == "accepted"
    assert register.balance("0471000001") == (100000, 0, 100000)


def test_a_closed_month_takes_no_reversal_but_the_next_one_does(register, make):
    debit = make.debit()
    register.send(debit)
    register.change(op="close_month", month="2025-10", payer="luga")
    assert register.outcome(make.debit("2025-10-07")) == "accepted", "another payer's month is open"
    register.change(op="close_month", month="2025-10", payer="pskov")
    assert register.outcome(make.reversal(debit)) == "month_closed"
    assert register.outcome(make.reversal(debit, month="2025-11")) == "accepted"
    assert register.get("/register/v1/statement", month="2025-11")["sum_kopecks"] == -19000
    assert register.send(debit)[0]["outcome"] == "accepted", "what was accepted stays so after the closing"


def test_two_slots_of_a_day_are_two_claims(register, make):
    assert [answer["outcome"] for answer in register.send(make.debit(), make.debit(claim={"slot": 2}))] == ["accepted"] * 2


# ---------------------------------------------------------------- attendance


def test_the_last_attendance_stands_and_none_is_not_counted(register, make):
    register.send(make.attendance("2025-10-06"), make.attendance("2025-10-06", "absent", 1), make.attendance("2025-10-07", "excused"))
    register.send(make.attendance("2025-10-08"), make.attendance("2025-10-08", "none", 1), make.attendance("2025-10-31"))
    journal = register.get("/register/v1/attendance", month="2025-10")
    assert journal["counts"] == {"attended": 1, "absent": 1, "excused": 1}
    assert [record["status"] for record in journal["records"]] == ["absent", "excused", "none", "attended"]
    assert register.get("/register/v1/attendance", month="2025-11")["records"] == []
    assert register.get("/register/v1/attendance", month="2025-10", provider="nobody")["records"] == []


def test_a_late_attendance_of_a_lower_order_does_not_stand(register, make):
    register.send(make.attendance(status="absent", n=1), make.attendance(status="attended", n=0))
    assert register.get("/register/v1/attendance", month="2025-10")["counts"] == {"attended": 0, "absent": 1, "excused": 0}


def test_attendance_needs_its_enrollment_but_a_withdrawal_not_its_days(register, make):
    assert register.outcome(make.attendance(enrollment="D-99")) == "unknown_enrollment"
    assert register.outcome(make.attendance("2026-01-12")) == "not_enrolled"
    assert register.outcome(make.attendance("2026-01-12", "none", 1)) == "accepted"
    assert register.outcome(make.attendance(amount_kopecks=5)) == "bad_amount"


def test_attendance_says_nothing_of_money(register, make):
    register.change(op="freeze", certificate="0471000001", on="2025-01-01")
    assert register.outcome(make.attendance()) == "accepted"
    assert register.feed("movements") == ([], "0")
    register.change(op="unfreeze", certificate="0471000001", on="2025-01-01")
    assert register.outcome(make.debit()) == "accepted", "a claim's attendance is not in its chain of money"


# ---------------------------------------------------------------- asking afterwards


def test_lookup_answers_in_order(register, make):
    register.send(make.debit(), make.attendance())
    ids = [make.attendance()["id"], "0" * 32, make.debit()["id"]]
    answers = register.post("/register/v1/lookup", {"ids": ids})["answers"]
    assert [(answer["id"], answer["outcome"]) for answer in answers] == list(zip(ids, ["accepted", "unknown", "accepted"], strict=True))
    assert answers[0]["number"] == "NAV-00000002" and answers[1]["accepted_at"] is None


def test_movements_are_read_by_cursor(register, make):
    register.send(make.debit("2025-10-01"), make.attendance(), make.debit("2025-10-02"), make.reversal(make.debit("2025-10-01")))
    page = register.get("/register/v1/movements", limit=2)
    assert [item["kind"] for item in page["items"]] == ["debit", "debit"] and page["more"]
    rest = register.get("/register/v1/movements", since=page["cursor"], limit=2)
    assert [item["kind"] for item in rest["items"]] == ["reversal"] and not rest["more"]
    assert rest["items"][0]["refers_to"] == make.debit("2025-10-01")["id"]
    assert register.feed("movements", rest["cursor"]) == ([], rest["cursor"])


def test_the_statement_is_by_booking_month_provider_and_payer(register, make):
    register.send(make.debit("2025-09-29", month="2025-10"), make.debit("2025-10-01"), make.debit("2025-11-03"))
    assert register.get("/register/v1/statement", month="2025-10")["sum_kopecks"] == 38000
    assert register.get("/register/v1/statement", month="2025-10", provider="ddt", payer="pskov")["debits"] == 2
    assert register.get("/register/v1/statement", month="2025-10", payer="luga")["debits"] == 0
    assert register.get("/register/v1/statement", month="2025-10", provider="x")["operations"] == []


# ---------------------------------------------------------------- wrong requests


@pytest.mark.parametrize(
    ("named", "changes"),
    [
        ("operations.0.id", {"id": "xyz"}),
        ("operations.0.id", {"id": "A" * 32}),
        ("operations.0.n", {"n": True}),
        ("operations.0.n", {"n": -1}),
        ("operations.0.amount_kopecks", {"amount_kopecks": 190.0}),
        ("operations.0.amount_kopecks", {"amount_kopecks": "190"}),
        ("operations.0.month", {"month": "2025-13"}),
        ("operations.0.claim.date", {"claim": {"date": "06.10.2025"}}),
        ("operations.0.claim.lesson_starts_at", {"claim": {"lesson_starts_at": "2025-10-06T16:00:00"}}),
        ("operations.0.status", {"status": "attended"}),
        ("operations.0.status", {"kind": "attendance", "status": None}),
        ("operations.0.refers_to", {"kind": "reversal"}),
        ("operations.0.kind", {"kind": "gift"}),
    ],
)
def test_a_malformed_operation_is_a_problem_that_names_the_field(register, make, named, changes):
    status, problem = register.ask("POST", "/register/v1/operations", {}, {"operations": [make.debit(**changes)]})
    assert status == 400 and problem["status"] == 400 and problem["detail"].startswith(f"{named}: ")
    assert set(problem) == {"type", "title", "status", "detail"}
    assert register.balance("0471000001")[1] == 0


def test_at_most_500_operations(register, make):
    status, problem = register.ask("POST", "/register/v1/operations", {}, {"operations": [make.debit()] * 501})
    assert status == 400 and "operations" in problem["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "catalogue?since=x",
        "movements?since=-1",
        "enrollments?limit=0",
        "certificates?limit=2001",
        "statement",
        "statement?month=2025-1",
        "attendance?month=x",
    ],
)
def test_wrong_parameters_are_problems(register, path):
    assert register.ask("GET", f"/register/v1/{path}", {}, None)[0] == 400
