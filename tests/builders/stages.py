"""Stages of the real store driven by hand, with answers that the test gives: for tests of the store without rules or a register's catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gateway.core import book
from gateway.core.claims import Answer, Claim
from gateway.core.match import ClaimWord, Matched
from gateway.store import book as store_book
from gateway.store import decide as store_decide
from gateway.store import match as store_match
from gateway.store.engine import Engine
from tests.builders.facts import NOW, calendar_year


def say(engine: Engine, provider: str, words: Iterable[ClaimWord], payer_of: Mapping[str, str]) -> None:
    """Give claims their words, as match does; those that changed are listed for decide."""
    store_match.save(engine, store_match.ListedMarks(provider, [], {}), Matched(claims=list(words)), payer_of)


def decide_all(engine: Engine, answer: Callable[[Claim], Answer]) -> None:
    """Decide what is listed, by ``answer``."""
    while True:
        with store_decide.work(engine) as work:
            if work is None:
                return
            store_decide.save(engine, work, [(one, answer(one)) for one in work.claims])


def book_all(engine: Engine) -> None:
    """Book what can be booked now."""
    while True:
        with store_book.work(engine) as work:
            if work is None:
                return
            work.save(book.plan(work.decided, work.free, calendar_year), NOW)
