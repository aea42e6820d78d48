"""Stages of the real store driven by hand, with answers that the test gives: no rules and no register's catalogue are needed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping

from gateway.core import book
from gateway.core.adopt import Place
from gateway.core.claims import Answer, Claim
from gateway.core.match import ClaimWord, Matched
from gateway.core.post import Accepted, Operation
from gateway.store import adopt as store_adopt
from gateway.store import book as store_book
from gateway.store import decide as store_decide
from gateway.store import match as store_match
from gateway.store import post as store_post
from gateway.store.engine import Engine
from tests.builders.facts import NOW, calendar_year


def say(engine: Engine, provider: str, words: Iterable[ClaimWord], payer_of: Mapping[str, str]) -> None:
    """Give claims their words, as match does; those that changed are listed for decide."""
    listed = store_match.ListedMarks(provider, [], {})
    store_match.save(engine, listed, Matched(claims=list(words)), lambda child, _group, _day: payer_of[child])


def decide_all(engine: Engine, answer: Callable[[Claim], Answer]) -> None:
    """Decide what is listed, by ``answer``."""
    while True:
        with store_decide.work(engine) as work:
            if work is None:
                return
            store_decide.save(engine, work, [(one, answer(one)) for one in work.claims], NOW)


def book_all(engine: Engine) -> None:
    """Book what can be booked now."""
    while True:
        with store_book.work(engine) as work:
            if work is None:
                return
            work.save(book.plan(work.decided, work.free, calendar_year), NOW)


def take(engine: Engine, limit: int = 500) -> list[Operation]:
    """Take what may be sent now, of the first payer that has any: what was never answered goes first."""
    lease = store_post.Lease(uuid.uuid4().hex, NOW + dt.timedelta(minutes=10))
    for payer in store_post.payers_to_send(engine):
        for take_some in (store_post.take_unanswered, store_post.take_fresh):
            if taken := take_some(engine, payer, lease, NOW, limit):
                return taken
    return []


def save_movements(
    engine: Engine, *movements: tuple[Accepted, tuple[str, str, str, dt.date, int, dt.datetime]], register: str = "register"
) -> int:
    """Take the register's movements over, each with its claim and its lesson's start; how many nobody here had asked for."""
    page = [store_adopt.Movement(accepted, Place(*place), starts_at) for accepted, (*place, starts_at) in movements]
    return store_adopt.save_movements(engine, register, page, "m", calendar_year, NOW).strange
