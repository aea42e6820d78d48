"""An answer that stands already leaves its claim as it is; what differs, waits, or asks for money is booked as ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from gateway.core import book
from gateway.core.claims import Answer, AnswerKind, Claim, NotCharged
from gateway.core.facts import Status, Text
from gateway.core.match import ClaimWord
from gateway.core.post import Answered
from gateway.core.rules import Refusal
from gateway.store import book as store_book
from gateway.store import decide as store_decide
from gateway.store import post as store_post
from gateway.store import register as store_register
from gateway.store import tables as t
from gateway.store.claims import strike
from gateway.store.engine import Engine, reading, writing
from gateway.store.rows import insert_many, relist
from tests.builders.facts import DAY, NOW, calendar_year, certificate, charged, day, lesson
from tests.builders.stages import book_all, decide_all, say, take

LATER = NOW + dt.timedelta(days=1)
ABSENT = Answer(AnswerKind.NOT_CHARGED, NotCharged.ABSENT, enrollment="D-1", certificate="cert-1")
TOO_EARLY = Refusal("A12", Text("рано", "early"), Text("ждать", "wait"))
EARLY = Answer(AnswerKind.REFUSED, refusals=(TOO_EARLY,), enrollment="D-1", certificate=None)


def a_word(day_: dt.date = DAY, status: Status = Status.ATTENDED) -> ClaimWord:
    at = lesson(day_)
    return ClaimWord("k-1", "g-1", day_, 1, at.starts_at, at.ends_at, status, None, False, False, "", None)


def funded(engine: Engine, nominal: int) -> None:
    store_register.save_certificates(engine, "register", [certificate("cert-1", "k-1", nominal)], "c", NOW)


def by_word(claim: Claim) -> Answer:
    return charged() if claim.status is Status.ATTENDED else ABSENT


def accept_all(engine: Engine) -> None:
    while operations := take(engine):
        store_post.settle(engine, [Answered(one, "accepted", "N", None, None) for one in operations], calendar_year, NOW)


def settled(engine: Engine, nominal: int = 15_000) -> None:
    """Attended on the day, absent on the 9th; the debit is accepted."""
    funded(engine, nominal)
    say(engine, "club", [a_word(), a_word(day(9), Status.ABSENT)], {"k-1": "town"})
    decide_all(engine, by_word)
    book_all(engine)
    accept_all(engine)


def list_all(engine: Engine) -> None:
    with writing(engine) as connection:
        relist(connection, t.to_decide, sa.select(t.claim.c.payer, t.claim.c.claim).where(sa.true()), "payer")


def decide(engine: Engine, answer: Callable[[Claim], Answer], now: dt.datetime = LATER) -> None:
    with store_decide.work(engine) as work:
        assert work is not None
        store_decide.save(engine, work, [(one, answer(one)) for one in work.claims], now)


def rows(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(*columns))]


def waits(engine: Engine) -> tuple[list[Any], list[Any]]:
    """The claims' days on decide's and on book's list."""
    found = []
    with reading(engine) as connection:
        for table in (t.to_decide, t.to_book):
            listed = t.claim.join(table, (t.claim.c.payer == table.c.payer) & (t.claim.c.claim == table.c.claim))
            found.append(list(connection.execute(sa.select(t.claim.c.day).select_from(listed).order_by(t.claim.c.day)).scalars()))
    return found[0], found[1]


def test_an_answer_that_stands_leaves_the_claim_as_it_was(engine: Engine) -> None:
    settled(engine)
    before = rows(engine, *t.claim.c)
    assert {row[0] for row in rows(engine, t.claim.c.decided_at)} == {NOW.isoformat()}
    list_all(engine)
    assert waits(engine) == ([DAY, day(9)], [])
    decide(engine, by_word)
    assert waits(engine) == ([], [])
    assert rows(engine, *t.claim.c) == before


def test_what_differs_is_booked_and_what_does_not_is_left(engine: Engine) -> None:
    settled(engine)
    list_all(engine)
    decide(engine, lambda one: ABSENT)
    assert waits(engine) == ([], [DAY])
    book_all(engine)
    assert rows(engine, t.operation.c.kind) == [("debit",), ("reversal",)]


def test_another_price_of_a_live_debit_is_a_difference(engine: Engine) -> None:
    settled(engine)
    list_all(engine)
    decide(engine, lambda one: by_word(one)._replace(price=9_000) if one.live else ABSENT)
    assert waits(engine) == ([], [DAY])
    book_all(engine)
    assert rows(engine, t.claim.c.keeps, t.claim.c.amount, t.claim.c.price) == [(False, None, None), (True, 10_000, 9_000)]
    list_all(engine)
    decide(engine, lambda one: by_word(one)._replace(price=9_000) if one.live else ABSENT)
    assert waits(engine) == ([], []), "the difference stands already"


def test_an_attendance_that_the_register_does_not_have_is_booked(engine: Engine) -> None:
    settled(engine)
    list_all(engine)
    decide(engine, lambda one: by_word(one)._replace(attendance="attended" if one.live else None))
    assert waits(engine) == ([], [DAY])
    book_all(engine)
    assert rows(engine, t.operation.c.kind) == [("attendance",), ("debit",)]


def test_what_lacked_funds_asks_for_them_again(engine: Engine) -> None:
    settled(engine)
    say(engine, "club", [a_word(day(10))], {"k-1": "town"})
    decide_all(engine, by_word)
    book_all(engine)
    refused = [(DAY, "charged", None), (day(9), "not_charged", None), (day(10), "refused", "A07")]
    columns = (t.claim.c.day, t.claim.c.answer, t.claim.c.first_rule)
    assert sorted(rows(engine, *columns)) == sorted(refused)
    list_all(engine)
    decide(engine, by_word)
    assert waits(engine) == ([], [day(10)])
    book_all(engine)
    assert sorted(rows(engine, *columns)) == sorted(refused)
    funded(engine, 25_000)
    decide_all(engine, by_word)
    book_all(engine)
    assert (day(10), "charged", None) in rows(engine, *columns)


def test_a_lesson_that_has_come_is_early_no_more(engine: Engine) -> None:
    soon = lesson(day(30))
    say(engine, "club", [a_word(day(30))], {"k-1": "town"})
    decide(engine, lambda one: EARLY, soon.starts_at - dt.timedelta(hours=1))
    assert waits(engine) == ([], [day(30)])
    with store_book.work(engine) as work:
        assert work is not None
        work.save(book.plan(work.decided, work.free, calendar_year), soon.starts_at - dt.timedelta(hours=1))
    list_all(engine)
    decide(engine, lambda one: EARLY, soon.starts_at - dt.timedelta(minutes=1))
    assert waits(engine) == ([], [])
    list_all(engine)
    decide(engine, lambda one: EARLY, soon.starts_at)
    assert waits(engine) == ([], [day(30)])


def test_an_older_answer_that_waits_is_replaced_by_the_one_that_stands(engine: Engine) -> None:
    settled(engine)
    list_all(engine)
    decide(engine, lambda one: ABSENT)
    list_all(engine)
    decide(engine, by_word)
    assert waits(engine) == ([], [DAY])
    book_all(engine)
    assert rows(engine, t.operation.c.kind) == [("debit",)]
    assert rows(engine, t.claim.c.day, t.claim.c.answer) == [(DAY, "charged"), (day(9), "not_charged")]


def test_what_is_under_way_is_waited_for_though_the_answer_stands(engine: Engine) -> None:
    settled(engine)

    def attends(said: str) -> None:
        list_all(engine)
        decide(engine, lambda one: by_word(one)._replace(attendance=said if one.day == DAY else None))
        book_all(engine)

    attends("attended")
    accept_all(engine)
    attends("none")
    attends("attended")
    assert waits(engine) == ([], [DAY]), "the register is about to learn of «none»"
    accept_all(engine)
    book_all(engine)
    accept_all(engine)
    assert rows(engine, t.claim.c.day, t.claim.c.attendance) == [(DAY, "attended"), (day(9), None)]


def test_an_answer_that_stands_is_not_done_with_where_the_claim_was_listed_anew(engine: Engine) -> None:
    settled(engine)
    list_all(engine)
    with store_decide.work(engine) as work:
        assert work is not None and len(work.stand) == 2
    say(engine, "club", [a_word(status=Status.ABSENT)], {"k-1": "town"})
    store_decide.save(engine, work._replace(claimed=None), [(one, by_word(one)) for one in work.claims], LATER)
    assert waits(engine) == ([DAY], [])


def test_two_workers_share_the_list_between_them(on_postgresql: Engine) -> None:
    """What one has in its hands is not the other's, though it lies among the other's claims."""
    settled(on_postgresql)
    say(on_postgresql, "club", [a_word(day(10))], {"k-1": "town"})
    list_all(on_postgresql)
    with on_postgresql.begin() as other:
        other.execute(sa.select(t.to_decide.c.claim).where(t.to_decide.c.claim == 2).with_for_update())
        with store_decide.work(on_postgresql) as work:
            assert work is not None and [one.day for one in work.claims] == [DAY, day(10)]
            store_decide.save(on_postgresql, work, [(one, by_word(one)) for one in work.claims], LATER)
    assert waits(on_postgresql) == ([day(9)], [day(10)])


def test_only_what_is_named_leaves_a_list(engine: Engine) -> None:
    with writing(engine) as connection:
        listed = [("town", claim, 1) for claim in (1, 2, 3, 5, 6, 9, 10)] + [("village", 2, 1)]
        insert_many(connection, t.to_decide, ("payer", "claim", "attempt"), listed)
        strike(connection, t.to_decide, "town", {10, 3, 2, 5, 7})
        strike(connection, t.to_decide, "town", [])
    assert rows(engine, t.to_decide.c.payer, t.to_decide.c.claim) == [("town", 1), ("town", 6), ("town", 9), ("village", 2)]
