"""A result is saved only where the work is still ours: a paused worker that wakes up late changes nothing."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gateway.core import book
from gateway.core.claims import Answer, AnswerKind, NotCharged
from gateway.core.facts import Status, Text
from gateway.core.match import ClaimWord, MarkMatched, MarkState, Match, Matched
from gateway.core.post import Accepted, Answered, OperationState
from gateway.store import book as store_book
from gateway.store import decide as store_decide
from gateway.store import ledger as store_ledger
from gateway.store import match as store_match
from gateway.store import post as store_post
from gateway.store import register as store_register
from gateway.store import tables as t
from gateway.store import views
from gateway.store.engine import Engine, reading, writing
from gateway.store.rows import insert_many
from tests.builders.facts import DAY, NOW, calendar_year, certificate, charged, day, lesson
from tests.builders.stages import book_all, decide_all, save_movements, say, take

PAYERS = {"k-1": "town", "k-2": "town"}


def payer_of(child: str, _group: str, _day: dt.date) -> str:
    return PAYERS[child]


def a_word(status: Status | None = Status.ATTENDED, day_: dt.date = DAY, child: str = "k-1") -> ClaimWord:
    at = lesson(day_)
    return ClaimWord(child, "g-1", day_, 1, at.starts_at, at.ends_at, status, None, False, False, "", None)


def funded(engine: Engine, nominal: int = 100_000, child: str = "k-1", name: str = "cert-1") -> None:
    store_register.save_certificates(engine, "register", [certificate(name, child, nominal)], "c", NOW)


def rows(engine: Engine, *columns: object) -> list[tuple[object, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(*columns))]  # type: ignore[arg-type]


def listed_marks(engine: Engine) -> None:
    columns = (
        "provider", "mark", "source", "person", "group_id", "day", "lesson", "status", "from_empty", "run", "state", "lessons", "slot",
    )  # fmt: skip
    with writing(engine) as connection:
        insert_many(connection, t.mark, columns, [("club", 1, "xlsx", 1, "g-1", DAY, "", "attended", False, 1, "listed", 0, 0)])
        insert_many(connection, t.to_match, ("provider", "mark", "attempt"), [("club", 1, 1)])


MATCHED = Matched([MarkMatched(1, MarkState.CLAIMED, None, "k-1", 1)], [a_word()], {1: Match("k-1", by="number")})


# ---------------------------------------------------------------- match


def test_match_saves_what_is_still_its_own(engine: Engine) -> None:
    listed_marks(engine)
    with store_match.work(engine) as work:
        assert work is not None and [word.mark for word in work.words] == [1]
        store_match.save(engine, work, MATCHED, payer_of)
    assert rows(engine, t.mark.c.state, t.mark.c.child) == [("claimed", "k-1")]
    assert rows(engine, t.to_match.c.mark) == []
    assert len(rows(engine, t.to_decide.c.claim)) == 1


def test_match_does_not_save_what_was_listed_anew_meanwhile(engine: Engine) -> None:
    listed_marks(engine)
    with store_match.work(engine) as work:
        assert work is not None
    with writing(engine) as connection:
        store_register.list_marks(connection, "club", t.mark.c.mark == 1)
    store_match.save(engine, work._replace(claimed=None), MATCHED, payer_of)
    assert rows(engine, t.mark.c.state) == [("listed",)]
    assert rows(engine, t.to_match.c.attempt) == [(2,)]
    assert rows(engine, t.claim.c.claim) == []


def test_match_does_not_save_what_another_worker_has_saved(engine: Engine) -> None:
    listed_marks(engine)
    with store_match.work(engine) as work:
        assert work is not None
    store_match.save(engine, work._replace(claimed=None), MATCHED, payer_of)
    late = Matched([MarkMatched(1, MarkState.WAITING, "N01", None, 1)], [], {})
    store_match.save(engine, work._replace(claimed=None), late, payer_of)
    assert rows(engine, t.mark.c.state) == [("claimed",)]


def test_an_unchanged_word_lists_nothing_and_a_changed_one_does(engine: Engine) -> None:
    say(engine, "club", [a_word()], PAYERS)
    decide_all(engine, lambda one: charged())
    say(engine, "club", [a_word()], PAYERS)
    assert rows(engine, t.to_decide.c.claim) == []
    say(engine, "club", [a_word(Status.ABSENT)], PAYERS)
    ((claim, attempt),) = rows(engine, t.to_decide.c.claim, t.to_decide.c.attempt)
    assert claim == 1
    say(engine, "club", [a_word(None)], PAYERS)
    assert rows(engine, t.to_decide.c.claim, t.to_decide.c.attempt) == [(1, attempt + 1)]


def test_a_withdrawn_word_of_a_claim_that_never_was_makes_none(engine: Engine) -> None:
    say(engine, "club", [a_word(None)], PAYERS)
    assert rows(engine, t.claim.c.claim) == []


def test_a_withdrawn_word_leaves_the_lessons_times_for_the_reversal(engine: Engine) -> None:
    say(engine, "club", [a_word()], PAYERS)
    before = rows(engine, t.claim.c.starts_at, t.claim.c.ends_at)
    say(engine, "club", [a_word(None)._replace(starts_at=None, ends_at=None)], PAYERS)
    assert rows(engine, t.claim.c.starts_at, t.claim.c.ends_at) == before


# ---------------------------------------------------------------- decide


def test_decide_does_not_save_what_was_listed_anew_meanwhile(engine: Engine) -> None:
    say(engine, "club", [a_word(), a_word(day_=day(9))], PAYERS)
    with store_decide.work(engine) as work:
        assert work is not None and len(work.claims) == 2
    say(engine, "club", [a_word(Status.ABSENT)], PAYERS)
    store_decide.save(engine, work._replace(claimed=None), [(one, charged()) for one in work.claims], NOW)
    assert rows(engine, t.to_book.c.claim) == [(2,)]
    assert rows(engine, t.to_decide.c.claim, t.to_decide.c.attempt) == [(1, 2)]


def test_decide_reads_the_word_that_stands(engine: Engine) -> None:
    say(engine, "club", [a_word()], PAYERS)
    say(engine, "club", [a_word(Status.ABSENT)], PAYERS)
    with store_decide.work(engine) as work:
        assert work is not None
        (one,) = work.claims
    assert (one.status, one.attempt, one.child, one.day, one.slot, one.minutes) == (Status.ABSENT, 2, "k-1", DAY, 1, 90)


def test_the_history_of_a_claim_is_the_childs_other_claims_within_reach(engine: Engine) -> None:
    days = [day(6), day(9), dt.date(2025, 11, 3), dt.date(2025, 1, 1), dt.date(2024, 12, 30)]
    say(engine, "club", [a_word(day_=each) for each in days] + [a_word(child="k-2"), a_word(Status.ATTENDED, day(13))], PAYERS)
    say(engine, "club", [a_word(None, day(13))], PAYERS)
    with store_decide.work(engine) as work:
        assert work is not None
    claims = [one for one in work.claims if one.status is not None]
    first = next(one for one in claims if one.day == day(6) and one.child == "k-1")
    stored = store_decide.history(engine, [first], NOW)
    at_hand = store_decide.history(engine, claims, NOW)
    for of in (stored, at_hand):
        assert [view.day for view in of(first, "day")] == []
        assert sorted(view.day for view in of(first, "month")) == [day(9)]
        assert sorted(view.day for view in of(first, "year")) == [dt.date(2025, 1, 1), day(9), dt.date(2025, 11, 3)]


def test_a_history_tells_the_words_at_hand_and_not_those_that_they_replace(engine: Engine) -> None:
    say(engine, "club", [a_word(), a_word(day_=day(9))], PAYERS)
    with store_decide.work(engine) as work:
        assert work is not None
    first, second = work.claims
    tried = [first, second._replace(status=Status.ABSENT)]
    assert [view.status for view in store_decide.history(engine, tried, NOW)(first, "month")] == [Status.ABSENT]
    gone = [first, second._replace(status=None)]
    assert store_decide.history(engine, gone, NOW)(first, "month") == []


# ---------------------------------------------------------------- book


def test_a_certificates_answers_are_booked_together_whatever_the_batch(engine: Engine) -> None:
    funded(engine, 15_000)
    funded(engine, 100_000, "k-2", "cert-2")
    words = [a_word(day_=day(number), child=child) for child in ("k-1", "k-2") for number in (30, 20, 9, 6)]
    say(engine, "club", words, PAYERS)
    decide_all(engine, lambda one: charged(certificate="cert-1" if one.child == "k-1" else "cert-2"))
    while True:
        with store_book.work(engine, limit=3) as work:
            if work is None:
                break
            work.save(book.plan(work.decided, work.free, calendar_year), NOW)
    answers = rows(engine, t.claim.c.child, t.claim.c.day, t.claim.c.answer)
    assert [row[1:] for row in answers if row[0] == "k-1"] == [
        (day(6), "charged"),
        (day(9), "refused"),
        (day(20), "refused"),
        (day(30), "refused"),
    ]
    assert {row[2] for row in answers if row[0] == "k-2"} == {"charged"}


def test_a_claim_with_an_operation_under_way_waits_for_its_answer(engine: Engine) -> None:
    funded(engine)
    say(engine, "club", [a_word()], PAYERS)
    decide_all(engine, lambda one: charged())
    book_all(engine)
    say(engine, "club", [a_word(Status.ABSENT)], PAYERS)
    decide_all(engine, lambda one: Answer(AnswerKind.NOT_CHARGED, NotCharged.ABSENT, enrollment="D-1", certificate="cert-1"))
    with store_book.work(engine) as work:
        assert work is None
    book_all(engine)
    assert rows(engine, t.operation.c.kind) == [("debit",)]
    (debit,) = take(engine)
    store_post.settle(engine, [Answered(debit, "accepted", "N", None, None)], calendar_year, NOW)
    book_all(engine)
    assert rows(engine, t.operation.c.kind) == [("debit",), ("reversal",)]


# ---------------------------------------------------------------- post


def booked_debit(engine: Engine) -> None:
    funded(engine, 10_000)
    say(engine, "club", [a_word()], PAYERS)
    decide_all(engine, lambda one: charged())
    book_all(engine)


def balance(engine: Engine) -> tuple[int, int, int]:
    with reading(engine) as connection:
        (found,) = store_ledger.balances(connection, "town", ["cert-1"]).values()
        assert store_ledger.faults(connection) == []
    return found.free, found.held, found.paid


def test_what_is_taken_is_not_taken_again_before_it_is_taken_up(engine: Engine) -> None:
    booked_debit(engine)
    (first,) = take(engine)
    assert take(engine) == []
    assert rows(engine, t.operation.c.state, t.operation.c.tries) == [("sending", 1)]
    store_post.take_up_again(engine, NOW, lambda token: False)
    assert take(engine) == []
    store_post.take_up_again(engine, NOW, lambda token: True)
    (second,) = take(engine)
    assert second.id == first.id
    assert rows(engine, t.operation.c.tries) == [(2,)]


def test_what_is_given_back_stands_as_before_and_can_be_taken_again(engine: Engine) -> None:
    booked_debit(engine)
    columns = (t.operation.c.state, t.operation.c.tries, t.operation.c.sent_at, t.operation.c.leased_by, t.operation.c.leased_until)
    (first,) = take(engine)
    store_post.give_back(engine, [first], OperationState.TO_SEND)
    assert rows(engine, *columns) == [("to_send", 0, None, None, None)]
    (second,) = take(engine)
    assert second.id == first.id
    store_post.give_back(engine, [first], OperationState.TO_SEND)
    assert rows(engine, *columns[:2]) == [("sending", 1)], "somebody else's by now"
    store_post.settle(engine, [Answered(second, "unanswered", None, None, None)], calendar_year, NOW)
    sent = rows(engine, t.operation.c.sent_at)
    (third,) = take(engine)
    store_post.give_back(engine, [third], OperationState.UNANSWERED)
    assert rows(engine, *columns[:2]) == [("unanswered", 1)] and rows(engine, t.operation.c.sent_at) == sent
    assert balance(engine) == (0, 10_000, 0)


def test_an_attendance_and_a_debit_that_are_answered_at_once_change_their_claim_once_each(engine: Engine) -> None:
    booked_debit(engine)
    (debit,) = take(engine)
    with writing(engine) as connection:  # as book would have it with the attendance before the debit
        insert_many(
            connection,
            t.operation,
            ("payer", "operation", "id", "kind", "claim", "n", "month", "amount", "minutes", "status", "state", "booked_at", "tries"),
            [("town", 900, "a-1", "attendance", debit.claim, 0, "2025-10", 0, 90, "attended", "to_send", NOW.isoformat(), 0)],
        )
        connection.execute(sa.update(t.claim).values(under_way=2))
    (attendance,) = take(engine)
    store_post.settle(engine, [Answered(one, "accepted", "N", None, None) for one in (attendance, debit)], calendar_year, NOW)
    of = t.claim.c
    changed = rows(engine, of.attendance, of.attendances, of.live, of.last_acceptance, of.debits, of.under_way)
    assert changed == [("attended", 1, debit.id, debit.id, 1, 0)]
    assert balance(engine) == (0, 0, 10_000)


def test_operations_are_taken_in_the_order_in_which_they_were_booked(engine: Engine) -> None:
    funded(engine)
    say(engine, "club", [a_word(day_=day(number)) for number in (30, 9, 6)], PAYERS)
    decide_all(engine, lambda one: charged())
    book_all(engine)
    first = take(engine, 2)
    assert [one.day for one in first] == [day(6), day(9)]
    assert take(engine) == [], "a certificate's operations are never in two batches at once"
    store_post.settle(engine, [Answered(one, "accepted", "N", None, None) for one in first], calendar_year, NOW)
    assert [one.day for one in take(engine)] == [day(30)]


def test_an_answer_that_comes_twice_counts_once(engine: Engine) -> None:
    booked_debit(engine)
    (debit,) = take(engine)
    for _ in range(2):
        store_post.settle(engine, [Answered(debit, "accepted", "N", None, None)], calendar_year, NOW)
        assert balance(engine) == (0, 0, 10_000)
    store_post.settle(engine, [Answered(debit, "rejected", None, Text("нет", "no"), None)], calendar_year, NOW)
    assert balance(engine) == (0, 0, 10_000)
    assert rows(engine, t.operation.c.state) == [("accepted",)]


def test_an_unanswered_debit_keeps_its_hold_until_it_is_answered(engine: Engine) -> None:
    booked_debit(engine)
    (debit,) = take(engine)
    store_post.settle(engine, [Answered(debit, "unanswered", None, None, None)], calendar_year, NOW)
    assert balance(engine) == (0, 10_000, 0)
    assert store_post.under_way(engine)["unanswered"] == 1
    store_post.settle(engine, [Answered(debit, "accepted", "N", None, None)], calendar_year, NOW)
    assert balance(engine) == (0, 0, 10_000)


def test_a_rejected_debit_frees_its_money_for_what_lacked_it(engine: Engine) -> None:
    booked_debit(engine)
    say(engine, "club", [a_word(day_=day(9))], PAYERS)
    decide_all(engine, lambda one: charged())
    book_all(engine)
    assert rows(engine, t.claim.c.day, t.claim.c.answer) == [(DAY, "charged"), (day(9), "refused")]
    (debit,) = take(engine)
    store_post.settle(engine, [Answered(debit, "rejected", None, Text("нет", "no"), Text("да", "yes"))], calendar_year, NOW)
    assert balance(engine) == (10_000, 0, 0)
    assert rows(engine, t.claim.c.day, t.claim.c.answer, t.claim.c.first_rule) == [(DAY, "refused", "R01"), (day(9), "refused", "A07")]
    assert rows(engine, t.to_decide.c.claim) == [(2,)]


def test_the_registers_movements_settle_what_was_never_answered(engine: Engine) -> None:
    booked_debit(engine)
    (debit,) = take(engine)
    accepted = Accepted(debit.id, "debit", 10_000, "D-1", "cert-1", 0, "2025-10", "N-1", None)
    place = ("club", "k-1", "g-1", DAY, 1, debit.starts_at)
    for _ in range(2):
        assert save_movements(engine, (accepted, place)) == 0
        assert balance(engine) == (0, 0, 10_000)
    assert set(store_post.under_way(engine).values()) == {0}


def test_an_adopted_debit_that_free_cannot_bear_is_a_shortfall_that_the_next_nominal_meets(engine: Engine) -> None:
    funded(engine, 4_000)
    strange = Accepted("f" * 32, "debit", 10_000, "D-1", "cert-1", 0, "2025-10", "N-1", None)
    assert save_movements(engine, (strange, ("club", "k-1", "g-1", DAY, 1, lesson().starts_at))) == 1
    assert balance(engine) == (0, 0, 10_000)
    funded(engine, 5_500)
    with reading(engine) as connection:
        (found,) = store_ledger.balances(connection, "town", ["cert-1"]).values()
    assert (found.funded, found.free, found.shortfall) == (5_500, 0, 4_500)
    funded(engine, 11_000)
    with reading(engine) as connection:
        (found,) = store_ledger.balances(connection, "town", ["cert-1"]).values()
    assert (found.funded, found.free, found.shortfall) == (11_000, 1_000, 0)
    assert rows(engine, t.claim.c.is_said, t.claim.c.status, t.claim.c.live) == [(False, None, "f" * 32)]


def test_a_ledger_that_was_reached_into_is_told(engine: Engine) -> None:
    booked_debit(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE account SET in_settled = in_settled + 1 WHERE kind = 'certificate'"))
    with reading(engine) as connection:
        found = store_ledger.faults(connection)
    assert len(found) == 2 and "not those of its transfers" in found[0] and "does not add up" in found[1]
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE account SET in_settled = in_settled - 1 WHERE kind = 'certificate'"))
        connection.execute(sa.text("UPDATE transfer SET amount = amount - 1 WHERE kind = 'hold'"))
    with reading(engine) as connection:
        assert len(store_ledger.faults(connection)) >= 2


def test_a_reversal_by_another_gateway_of_a_debit_whose_answer_was_lost_leaves_the_count_right(engine: Engine) -> None:
    booked_debit(engine)
    (debit,) = take(engine)
    ours = Accepted(debit.id, "debit", 10_000, "D-1", "cert-1", 0, "2025-10", "N-1", None)
    strange = Accepted("e" * 32, "reversal", 10_000, "D-1", "cert-1", 0, "2025-10", "N-2", debit.id)
    place = ("club", "k-1", "g-1", DAY, 1, debit.starts_at)
    save_movements(engine, (ours, place), (strange, place))
    assert rows(engine, t.claim.c.live, t.claim.c.debits, t.claim.c.last_acceptance, t.claim.c.under_way) == [(None, 1, "e" * 32, 0)]
    assert balance(engine) == (10_000, 0, 0)


def test_an_adopted_debit_that_nobody_bears_is_kept_until_another_takes_it_back(engine: Engine) -> None:
    funded(engine, 10_000)
    place = ("club", "k-1", "g-1", DAY, 1, lesson().starts_at)
    save_movements(engine, (Accepted("d" * 32, "debit", 10_000, "D-1", "cert-1", 0, "2025-10", "N-1", None), place))
    decide_all(engine, lambda one: Answer(AnswerKind.WITHDRAWN, enrollment="D-1", certificate="cert-1"))
    book_all(engine)
    assert rows(engine, t.operation.c.kind) == [("debit",)]
    assert [one["live"] for one in views.kept_claims(engine)] == ["d" * 32]
    save_movements(engine, (Accepted("e" * 32, "reversal", 10_000, "D-1", "cert-1", 0, "2025-10", "N-2", "d" * 32), place))
    assert views.kept_claims(engine) == []
    assert balance(engine) == (10_000, 0, 0)
