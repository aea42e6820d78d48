"""The same facts in any order and any batches: before funds the same answers; where funds bind, first come, first served, for ever.

Within a batch the earlier lesson comes first, between batches the earlier batch; what is paid is not taken back for an earlier lesson that
comes later. Through the real store, with answers that the test gives.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.claims import Answer, AnswerKind, Claim, NotCharged
from gateway.core.facts import Status
from gateway.core.match import ClaimWord
from gateway.core.post import Answered
from gateway.store import ledger as store_ledger
from gateway.store import post as store_post
from gateway.store import register as store_register
from gateway.store import tables as t
from gateway.store.engine import Engine, open_engine, reading
from tests.builders.facts import NOW, calendar_year, certificate, lesson
from tests.builders.stages import book_all, decide_all, say, take
from tests.store.test_ledger_stateful import a_file

PAYER, CHILD = "town", "k-1"
PRICE = {"club": 3_000, "school": 4_500}
DAYS = [dt.date(2025, 10, number) for number in range(6, 11)]
ENOUGH = 1_000_000


class Fact(NamedTuple):
    day: dt.date
    provider: str
    status: Status


Outcome = dict[tuple[str, dt.date], tuple[Any, ...]]
places = st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from(sorted(PRICE))), unique=True, min_size=1, max_size=8)


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    """One word of each lesson: most are attended."""
    statuses = st.sampled_from([Status.ATTENDED, Status.ATTENDED, Status.ATTENDED, Status.ABSENT, Status.EXCUSED])
    return [Fact(day, provider, draw(statuses)) for day, provider in draw(places)]


@st.composite
def batched(draw: st.DrawFn, of: Sequence[Fact]) -> list[list[Fact]]:
    """The facts in any order, cut anywhere."""
    order = draw(st.permutations(of))
    cuts = sorted(draw(st.sets(st.integers(1, len(order)), max_size=4)))
    edges = [0, *cuts, len(order)]
    return [order[first:last] for first, last in pairwise(edges) if order[first:last]]


def answer(claim: Claim) -> Answer:
    bears: dict[str, Any] = {"enrollment": f"D-{claim.provider}", "certificate": f"cert-{CHILD}"}
    if claim.status is Status.ATTENDED:
        return Answer(AnswerKind.CHARGED, price=PRICE[claim.provider], parent=0, **bears)
    return Answer(AnswerKind.NOT_CHARGED, NotCharged.ABSENT if claim.status is Status.ABSENT else NotCharged.EXCUSED, **bears)


def take_in(engine: Engine, batch: Sequence[Fact]) -> None:
    """One input: all its words, then each stage until nothing is left, everything accepted."""
    for provider in sorted({fact.provider for fact in batch}):
        words = []
        for fact in batch:
            if fact.provider == provider:
                at = lesson(fact.day)
                place = (CHILD, f"g-{provider}", fact.day, 1, at.starts_at, at.ends_at)
                words.append(ClaimWord(*place, fact.status, None, False, False, "", None))
        say(engine, provider, words, {CHILD: PAYER})
    decide_all(engine, answer)
    book_all(engine)
    while operations := take(engine):
        answers = [Answered(one, "accepted", "N", None, None) for one in operations]
        store_post.settle(engine, answers, calendar_year, NOW)


def outcomes(nominal: int, batches: Sequence[Sequence[Fact]]) -> list[Outcome]:
    """What stands after each batch."""
    found = []
    with a_file() as url:
        engine = open_engine(url)
        try:
            one = certificate(f"cert-{CHILD}", CHILD, nominal, numbers=(("4700000001", None),))
            store_register.save_certificates(engine, "register", [one], "c", NOW)
            for batch in batches:
                take_in(engine, batch)
                found.append(_outcome(engine))
            with reading(engine) as connection:
                assert store_ledger.faults(connection) == []
                states = set(connection.execute(sa.select(t.operation.c.state, t.operation.c.kind == "reversal")))
            assert states <= {("accepted", False)}, "something was taken back, or is not sent"
        finally:
            engine.dispose()
    return found


def _outcome(engine: Engine) -> Outcome:
    c = t.claim.c
    with reading(engine) as connection:
        columns = (c.provider, c.day, c.status, c.answer, c.not_charged, c.first_rule, c.amount, c.debits, c.attendance)
        rows = connection.execute(sa.select(*columns))
        return {(row.provider, row.day): tuple(row)[2:] for row in rows}


def charged(outcome: Outcome) -> set[tuple[str, dt.date]]:
    return {place for place, (_, answered, *_) in outcome.items() if answered == "charged"}


@settings(max_examples=25)
@given(data=st.data(), known=facts())
def test_before_funds_any_order_and_any_batches_end_alike(data: st.DataObject, known: list[Fact]) -> None:
    (at_once,) = outcomes(ENOUGH, [known])
    assert outcomes(ENOUGH, data.draw(batched(known)))[-1] == at_once
    assert charged(at_once) == {(fact.provider, fact.day) for fact in known if fact.status is Status.ATTENDED}


@settings(max_examples=25)
@given(data=st.data(), known=facts(), nominal=st.integers(0, 25_000))
def test_where_funds_bind_it_is_by_lesson_within_a_batch_and_first_come_between(
    data: st.DataObject, known: list[Fact], nominal: int
) -> None:
    batches = data.draw(batched(known))
    found = outcomes(nominal, batches)
    free, paid = nominal, set()
    for batch, outcome in zip(batches, found, strict=True):
        days = sorted({fact.day for fact in batch})
        before = set(paid)
        for day in days:
            attended = [fact for fact in batch if fact.day == day and fact.status is Status.ATTENDED]
            # Two clubs' lessons at one time: whichever comes first, the store's choice is the same each time.
            now = [place for place in charged(outcome) if place[1] == day and place not in before]
            assert {place[0] for place in now} <= {fact.provider for fact in attended}
            spent = sum(PRICE[place[0]] for place in now)
            assert spent <= free
            for fact in attended:
                if (fact.provider, fact.day) not in now:
                    assert PRICE[fact.provider] > free - spent, "it was refused although there was money for it"
            free -= spent
            paid |= set(now)
        assert charged(outcome) == paid, "what was paid stays paid, and nothing else is"
