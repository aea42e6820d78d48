"""Two at work on the same claims at once, on PostgreSQL: nobody makes a claim twice, and nobody waits in a ring.

The first stops where the other can do harm, and goes on once the other has ended, or waits for a lock: both are seen to happen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.post import Accepted, Answered, OperationState
from gateway.store import adopt as store_adopt
from gateway.store import months as store_months
from gateway.store import outbox as store_outbox
from gateway.store import post as store_post
from gateway.store import tables as t
from gateway.store.engine import Engine, reading, writing
from tests.builders.facts import DAY, NOW, calendar_year, charged, lesson
from tests.builders.postgres import Postgres, name_of
from tests.builders.stages import book_all, decide_all, save_movements, say, take
from tests.store.test_fences import PAYERS, a_word, funded, rows

SECONDS_MAX = 20


class Beside:
    """``first`` in one thread; where it comes to ``stops_at`` the other begins, and the first goes on once that has ended or waits."""

    def __init__(self, postgres: Postgres, engine: Engine) -> None:
        self._postgres = postgres
        self._database = name_of(engine.url.render_as_string(hide_password=False))
        self._stopped, self._goes_on = threading.Event(), threading.Event()
        self.failures: list[BaseException] = []
        self.other_waited = False

    def stops_here(self, does: Callable[..., Any]) -> Callable[..., Any]:
        """``does``, before which the first thread stops, once."""

        def stopping(*args: Any, **more: Any) -> Any:
            if threading.current_thread().name == "first" and not self._stopped.is_set():
                self._stopped.set()
                assert self._goes_on.wait(SECONDS_MAX)
            return does(*args, **more)

        return stopping

    def run(self, first: Callable[[], Any], other: Callable[[], Any]) -> None:
        threads = [threading.Thread(target=self._guarded, args=(work,), name=name) for work, name in ((first, "first"), (other, "other"))]
        threads[0].start()
        assert self._stopped.wait(SECONDS_MAX), "the first never came where it should stop"
        threads[1].start()
        deadline = time.monotonic() + SECONDS_MAX
        while threads[1].is_alive() and not self._waits():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self.other_waited = threads[1].is_alive()
        self._goes_on.set()
        for thread in threads:
            thread.join(SECONDS_MAX)
        assert not any(thread.is_alive() for thread in threads)
        assert self.failures == []

    def _guarded(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as failure:
            self.failures.append(failure)

    def _waits(self) -> bool:
        query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{self._database}' AND wait_event_type = 'Lock'"
        return bool(self._postgres.run(query)[0][0])


def accepted(id_: str) -> Accepted:
    return Accepted(id_, "debit", 10_000, "E-1", "cert-1", 0, "2025-10", "NAV-1", None)


def test_a_claim_that_is_adopted_while_a_sheet_tells_of_it_is_made_once(
    on_postgresql: Engine, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    funded(on_postgresql)
    beside = Beside(postgres, on_postgresql)
    monkeypatch.setattr(store_adopt, "_open_claims", beside.stops_here(store_adopt._open_claims))
    place = ("club", "k-1", "g-1", DAY, 1, lesson(DAY).starts_at)
    beside.run(lambda: save_movements(on_postgresql, (accepted("a" * 32), place)), lambda: say(on_postgresql, "club", [a_word()], PAYERS))
    assert beside.other_waited
    assert len(rows(on_postgresql, t.claim.c.claim)) == 1, "the same lesson of the same child twice"
    assert rows(on_postgresql, t.claim.c.status, t.claim.c.live) == [("attended", "a" * 32)]


def one_unsent_one_on_its_way(engine: Engine) -> list[Any]:
    """Two claims: the first's debit was never sent, its mark and the second's debit are on their way. What was taken."""
    for number in (1, 2):
        funded(engine, child=f"k-{number}", name=f"cert-{number}")
    say(engine, "club", [a_word(), a_word(child="k-2")], PAYERS)
    decide_all(engine, lambda one: charged(certificate=f"cert-{one.child[-1]}", attendance="attended"))
    book_all(engine)
    taken = take(engine)
    unsent = next(one for one in taken if one.kind == "debit")
    columns = t.operation.c
    with writing(engine) as connection:
        back = {"state": OperationState.TO_SEND.value, "sent_at": None, "leased_by": None, "leased_until": None}
        connection.execute(sa.update(t.operation).where(columns.operation == unsent.operation).values(**back))
    return [one for one in taken if one.operation != unsent.operation]


def stops_between_claims_and_operations(beside: Beside, engine: Engine) -> None:
    """The first stops with its claims locked, before it locks its operations."""
    stopping = beside.stops_here(lambda: None)

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _look(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "FOR UPDATE" in statement and "FROM operation" in statement:
            stopping()


def test_a_month_closes_beside_answers_that_are_settled(on_postgresql: Engine, postgres: Postgres) -> None:
    engine = on_postgresql
    taken = one_unsent_one_on_its_way(engine)
    (debit,) = [one for one in taken if one.kind == "debit"]
    beside = Beside(postgres, engine)
    stops_between_claims_and_operations(beside, engine)
    answers = [Answered(one, "accepted", "N", None, None) for one in taken]
    beside.run(
        lambda: store_post.settle(engine, answers, calendar_year, NOW),
        lambda: store_months.begin(engine, "town", DAY.strftime("%Y-%m"), [debit.id], calendar_year, NOW),
    )
    assert beside.other_waited
    assert sorted(state for (state,) in rows(engine, t.operation.c.state)) == ["accepted", "accepted", "accepted", "cancelled"]
    assert rows(engine, t.month.c.state) == [("closing",)]


def test_a_person_releases_a_hold_beside_its_answer(on_postgresql: Engine, postgres: Postgres) -> None:
    engine = on_postgresql
    taken = one_unsent_one_on_its_way(engine)
    (debit,) = [one for one in taken if one.kind == "debit"]
    (found,) = store_outbox.find(engine, debit.id)
    beside = Beside(postgres, engine)
    stops_between_claims_and_operations(beside, engine)
    released: list[bool] = []
    beside.run(
        lambda: store_post.settle(engine, [Answered(debit, "accepted", "N", None, None)], calendar_year, NOW),
        lambda: released.append(store_outbox.release_hold(engine, found, calendar_year, NOW)),
    )
    assert beside.other_waited and released == [False], "the answer was there first"
    with reading(engine) as connection:
        states = connection.execute(sa.select(t.operation.c.state).where(t.operation.c.id == debit.id)).scalars().all()
    assert states == ["accepted"]
