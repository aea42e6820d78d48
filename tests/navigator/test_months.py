"""Booking months: closed once, the statement the same bytes for ever, and what was on its way booked in the next open month."""

from __future__ import annotations

import hashlib
import threading

import requests

CLOSE = "/register/v1/months/close"


def booked(register, operation):
    (answer,) = register.send(operation)
    return answer["outcome"], answer.get("booked_month")


def test_a_closed_months_statement_stays_byte_for_byte_under_its_digest(serve, district, make):
    served = serve(GATEWAY_TEST="1")
    served.command("load", str(district()))
    served.send(make.debit("2025-10-06"), make.debit("2025-10-13"), make.reversal(make.debit("2025-10-13")))
    statement = f"{served.url}/register/v1/statement?month=2025-10&payer=pskov"
    before = requests.get(statement, timeout=10).content
    first = served.post(CLOSE, {"month": "2025-10", "payer": "pskov"})
    (month,) = first["months"]
    assert (month["state"], month["debits"], month["reversals"], month["sum_kopecks"]) == ("closed", 2, 1, 19000)
    assert month["digest"] == hashlib.sha256(before).hexdigest()
    assert booked(served, make.debit("2025-10-20", month="2025-10", claim={"slot": 2}))[0] == "rejected"
    assert booked(served, make.debit("2025-10-27", closed_over=True)) == ("accepted", "2025-11")
    assert booked(served, make.reversal(make.debit("2025-10-06"), closed_over=True)) == ("accepted", "2025-11")
    served.command("nominal", "0471000001", "5000.00")
    served.command("end-enrollment", "D-1", "--on", "2025-10-31")
    served.command("load", str(district({"groups.csv": "group,module,title,places,starts_on,ends_on\ng-1,m-1,Другая,15,,\n"}, "later")))
    assert requests.get(statement, timeout=10).content == before
    served.post("/test/v1/clock", {"now": "2026-03-01T10:00:00+03:00"})
    assert served.post(CLOSE, {"month": "2025-10", "payer": "pskov"}) == first, "closed once, whenever it is asked again"
    served.process.kill()
    served.process.wait(10)
    again = serve()
    assert again.get("/register/v1/months", month="2025-10", payer="pskov")["months"] == first["months"]


def test_an_operation_that_was_named_is_booked_in_the_next_open_month_and_says_so(register, make):
    debit = make.debit("2025-10-06")
    closed = register.post(CLOSE, {"month": "2025-10", "payer": "pskov", "open_operations": [debit["id"]]})
    assert closed["open_operations"] == [{"id": debit["id"], "outcome": "unknown", "booked_month": None}]
    first = register.send(debit)
    assert (first[0]["outcome"], first[0]["booked_month"]) == ("accepted", "2025-11")
    assert register.send(debit) == first, "the same body, the same answer"
    assert register.post("/register/v1/lookup", {"ids": [debit["id"]]})["answers"] == first
    assert register.get("/register/v1/statement", month="2025-10")["debits"] == 0
    (standing,) = register.get("/register/v1/statement", month="2025-11")["operations"]
    assert (standing["month"], standing["asked_month"]) == ("2025-11", "2025-10")
    assert register.balance("0471000001") == (100000, 19000, 81000)
    again = register.post(CLOSE, {"month": "2025-10", "payer": "pskov", "open_operations": [debit["id"]]})
    assert again["open_operations"] == [{"id": debit["id"], "outcome": "accepted", "booked_month": "2025-11"}]
    assert again["months"] == closed["months"]


def test_the_same_id_with_another_month_is_another_body_even_where_it_was_moved(register, make):
    debit = make.debit("2025-10-06")
    register.post(CLOSE, {"month": "2025-10", "open_operations": [debit["id"]]})
    register.send(debit)
    assert register.outcome({**debit, "month": "2025-11"}) == "other_body"
    assert register.outcome({**debit, "closed_over": True}) == "accepted", "how it is to be booked is no part of what it says"


def test_only_what_was_named_or_says_so_goes_past_a_closing(register, make):
    named, other = make.debit("2025-10-06"), make.debit("2025-10-13")
    register.post(CLOSE, {"month": "2025-10", "open_operations": [named["id"]]})
    assert booked(register, other) == ("rejected", None)
    register.post(CLOSE, {"month": "2025-10", "open_operations": [other["id"]]})
    assert booked(register, other) == ("accepted", "2025-11"), "named later, it joins the first"
    assert booked(register, make.debit("2025-09-08", closed_over=True)) == ("accepted", None), "September is open: nothing is moved"
    assert booked(register, {**make.debit("2025-10-20"), "closed_over": False})[0] == "rejected"


def test_the_next_open_month_is_behind_all_closed_ones_and_across_the_year(register, make):
    for month in ("2025-10", "2025-11", "2025-12", "2026-02"):
        register.post(CLOSE, {"month": month, "payer": "pskov"})
    assert booked(register, make.debit("2025-10-06", closed_over=True)) == ("accepted", "2026-01")
    assert register.balance("0471000001") == (100000, 19000, 81000), "the money is of the lesson's year"


def test_each_payer_closes_his_own_months_and_everybodys_are_closed_at_once(register, make):
    register.send(make.debit("2025-10-06"))
    register.post(CLOSE, {"month": "2025-10", "payer": "luga"})
    assert register.outcome(make.debit("2025-10-13")) == "accepted"
    listed = register.get("/register/v1/months")["months"]
    assert [(each["payer"], each["state"]) for each in listed] == [("luga", "closed"), ("pskov", "open")]
    closed = register.post(CLOSE, {"month": "2025-10"})["months"]
    assert [(each["payer"], each["state"], each["debits"]) for each in closed] == [("luga", "closed", 0), ("pskov", "closed", 2)]
    assert register.get("/register/v1/months", month="2025-09")["months"] == []


def test_a_refused_operation_stays_refused_whatever_was_named(register, make):
    poor = make.debit("2025-10-06", amount=100001)
    register.post(CLOSE, {"month": "2025-10", "open_operations": [poor["id"]]})
    assert register.outcome(poor) == "insufficient_funds"
    assert register.get("/register/v1/statement", month="2025-11")["debits"] == 0


def test_attendance_comes_into_a_closed_month_for_it_costs_nothing(register, make):
    register.post(CLOSE, {"month": "2025-10"})
    assert register.outcome(make.attendance("2025-10-06")) == "accepted"


def test_command_test_call_and_interface_are_one_closing(register, make):
    debit = make.debit("2025-10-06")
    assert register.command("close-month", "2025-10", "--payer", "pskov", "--over", debit["id"]).exit_code == 0
    by_command = register.get("/register/v1/months", payer="pskov")
    register.change(op="close_month", month="2025-10", payer="pskov", open_operations=[debit["id"]])
    assert register.post(CLOSE, {"month": "2025-10", "payer": "pskov"})["months"] == by_command["months"]
    assert booked(register, debit) == ("accepted", "2025-11")


def test_while_marks_arrive_each_is_in_the_month_or_refused(serve, district, make):
    served = serve(GATEWAY_TEST="1")
    served.command("load", str(district()))
    days = [make.debit(f"2025-10-{day:02d}", amount=100) for day in range(1, 29)]
    answers: list[dict] = []
    digest: list[str] = []

    def send() -> None:
        for operation in days:
            answers.extend(served.send(operation))
            if len(answers) == 8:
                half.set()

    half = threading.Event()
    thread = threading.Thread(target=send)
    thread.start()
    assert half.wait(30)
    digest.append(served.post(CLOSE, {"month": "2025-10", "payer": "pskov"})["months"][0]["digest"])
    thread.join(60)
    outcomes = [answer["outcome"] for answer in answers]
    assert set(outcomes) == {"accepted", "rejected"}, "the closing fell in the midst"
    assert outcomes == sorted(outcomes), "and nothing came in behind it"
    body = requests.get(f"{served.url}/register/v1/statement?month=2025-10&payer=pskov", timeout=10)
    assert body.json()["debits"] == outcomes.count("accepted") and hashlib.sha256(body.content).hexdigest() == digest[0]


# ---------------------------------------------------------------- large months, page by page


def pages(register, path, **asked):
    found, cursor, more = [], {}, True
    while more:
        page = register.get(path, **asked, **cursor)
        found.append(page)
        more, cursor = page["more"], {"since": page["cursor"]}
    return found


def test_a_statement_comes_in_pages_with_the_sums_of_all(register, make):
    register.send(*[make.debit(f"2025-10-{day:02d}", amount=100) for day in range(1, 8)], make.attendance())
    register.send(make.reversal(make.debit("2025-10-03", amount=100)))
    whole = register.get("/register/v1/statement", month="2025-10")
    assert not whole["more"] and len(whole["operations"]) == 8
    found = pages(register, "/register/v1/statement", month="2025-10", limit=3)
    assert [len(page["operations"]) for page in found] == [3, 3, 2]
    assert [each for page in found for each in page["operations"]] == whole["operations"]
    assert {(page["debits"], page["reversals"], page["sum_kopecks"]) for page in found} == {(7, 1, 600)}
    assert register.get("/register/v1/statement", month="2025-10", since=whole["cursor"])["operations"] == []


def test_attendance_comes_in_pages_with_the_counts_of_all(register, make):
    for day, statuses in ((6, ("attended", "absent")), (7, ("excused",)), (8, ("attended", "none")), (9, ("attended",)), (10, ("absent",))):
        register.send(*[make.attendance(f"2025-10-{day:02d}", status, n) for n, status in enumerate(statuses)])
    whole = register.get("/register/v1/attendance", month="2025-10")
    found = pages(register, "/register/v1/attendance", month="2025-10", limit=2)
    assert [len(page["records"]) for page in found] == [2, 2, 1]
    assert [each for page in found for each in page["records"]] == whole["records"]
    assert all(page["counts"] == {"attended": 1, "absent": 2, "excused": 1} for page in found)


def test_all_acceptances_are_read_in_order_attendance_too(register, make):
    sent = [make.attendance(), make.debit(), make.attendance("2025-10-07", "absent"), make.reversal(make.debit())]
    register.send(*sent)
    found = pages(register, "/register/v1/acceptances", limit=3)
    assert [each["id"] for page in found for each in page["items"]] == [each["id"] for each in sent]
    only = register.get("/register/v1/acceptances", kind="attendance")["items"]
    assert [each["status"] for each in only] == ["attended", "absent"]
    money = register.get("/register/v1/acceptances", kind=["debit", "reversal"])
    assert money == register.get("/register/v1/movements")
