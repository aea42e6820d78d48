"""Stage 5, post: sends what is booked, in batches, several at a time, and saves what the register says to each item.

Order is kept per certificate: its operations are never in two batches at once, and one without an answer keeps back those behind it, and
nobody else's. A register that answers nothing at all is left alone for a while.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.core.facts import Text
from gateway.core.pace import PROBE, Circuit, next_try
from gateway.core.post import Accepted, Answered, Operation, OperationState, order_key, portions
from gateway.flow.living import is_abandoned, living_token
from gateway.plugins.register import Acceptance, Answer, Outcome, RegisterUnavailable
from gateway.store import link as store_link
from gateway.store import months as store_months
from gateway.store import post as store_post
from gateway.store.post import BATCH, LEASE_SECONDS, Lease

if TYPE_CHECKING:
    from gateway.flow.run import Flow

MONTH_CLOSED, OTHER_BODY = "month_closed", "other_body"
STOCK_BATCHES = 10
"""So many batches are taken in one transaction."""
STOCK_SECONDS = LEASE_SECONDS / 6
"""What was taken longer ago is given back instead of sent: its lease must not end before its answer."""
_log = logging.getLogger(__name__)


class Batch(NamedTuple):
    """Operations of one payer that go in one request.

    Attributes:
        came_from: the state from which they were taken.
        asks: the register is asked what became of them, and not sent them again.
        taken: when, on the clock of `time.monotonic`.
    """

    operations: Sequence[Operation]
    came_from: OperationState
    asks: bool
    taken: float

    @property
    def keys(self) -> set[str]:
        return set(map(order_key, self.operations))


@dataclass(slots=True)
class Poster:
    """One session of sending. Within it nothing is sent twice: what got no answer waits for the next one.

    Attributes:
        now: the session's instant; leases alone follow the real time that passes in it.
    """

    flow: Flow
    now: dt.datetime
    token: str
    progress: Callable[[str, int], None]
    _gave_up: bool = False
    _payers: list[str] = field(default_factory=list)
    _unanswered: set[str] = field(default_factory=set)  # payers that may have operations to try again
    _stock: list[Batch] = field(default_factory=list)  # taken, and not on its way yet
    _is_drained: bool = False  # nothing more can be taken before something is answered
    _begun: float = field(default_factory=time.monotonic)

    def drain(self) -> None:
        """Send until nothing is left that may go now."""
        breaker = store_link.link_to(self.flow.engine, self.flow.register_name).breaker
        circuit = breaker.state(self.now)
        if circuit is Circuit.OPEN or self._gave_up:
            return
        self._look()
        if circuit is Circuit.HALF_OPEN:
            self._send_all(1, PROBE, most=1)
            if store_link.link_to(self.flow.engine, self.flow.register_name).breaker.state(self.now) is not Circuit.CLOSED:
                self._gave_up = True
                return
            self._look()
        self._send_all(max(1, self.flow.register.can.parallel), BATCH)

    def _look(self) -> None:
        self._payers = store_post.payers_to_send(self.flow.engine)
        self._unanswered = store_post.payers_unanswered(self.flow.engine)
        self._is_drained = False

    def _send_all(self, width: int, limit: int, most: int | None = None) -> None:
        """Keep ``width`` batches on their way; ``most``: no more than so many in all."""
        # As many again wait for a thread: while answers are saved, the threads have something to send.
        depth = width if width == 1 else 2 * width
        under_way: dict[Future[Sequence[Answer] | None], Batch] = {}
        with _workers(width) as workers:
            while True:
                while len(under_way) < depth and not self._gave_up and most != 0:
                    batch = self._next(limit, 1 if most else STOCK_BATCHES, list(under_way.values()))
                    if batch is None:
                        break
                    under_way[workers.submit(self._outcomes, batch)] = batch
                    most = None if most is None else most - 1
                if not under_way:
                    break
                wait(under_way, return_when=FIRST_COMPLETED)
                done = [future for future in under_way if future.done()]
                self._save_all([(under_way.pop(future), future.result()) for future in done])
                if self._gave_up:
                    for future in [future for future in under_way if future.cancel()]:
                        self._give_back(under_way.pop(future))
        while self._stock:
            self._give_back(self._stock.pop())

    def _next(self, limit: int, batches: int, under_way: Collection[Batch]) -> Batch | None:
        """The next batch that may go: none of its certificates is on its way, or stands in a batch before it."""
        found = self._from_stock(under_way)
        if found is None and not self._is_drained and self._take(limit, batches, {batch.operations[0].payer for batch in under_way}):
            found = self._from_stock(under_way)
        return found

    def _from_stock(self, under_way: Collection[Batch]) -> Batch | None:
        before: set[str] = set().union(*(batch.keys for batch in under_way)) if self._stock else set()
        for place, batch in enumerate(self._stock):
            keys = batch.keys
            if keys.isdisjoint(before):
                del self._stock[place]
                return batch
            before |= keys
        return None

    def _take(self, limit: int, batches: int, busy: Collection[str]) -> bool:
        """Take some batches of one payer. One that has batches under way (``busy``) may have more to send once they are answered."""
        engine, can = self.flow.engine, self.flow.register.can
        # What is taken and not sent would have to be asked for after a kill: where that takes time, no more is taken than is sent.
        most = limit * (batches if can.idempotent else 1)
        lease = Lease(self.token, self.now + dt.timedelta(seconds=time.monotonic() - self._begun + LEASE_SECONDS))
        for payer in list(self._payers):
            if payer in self._unanswered and (can.idempotent or can.lookup):
                again = store_post.take_unanswered(engine, payer, lease, self.now, most, is_sent=can.idempotent)
                if again:
                    self._put(again, OperationState.UNANSWERED, limit, asks=not can.idempotent)
                    return True
                if payer not in busy:
                    self._unanswered.discard(payer)
            fresh = store_post.take_fresh(engine, payer, lease, self.now, most)
            if fresh:
                self._put(fresh, OperationState.TO_SEND, limit, asks=False)
                return True
            if payer not in busy:
                self._payers.remove(payer)
        self._is_drained = True
        return False

    def _put(self, operations: Sequence[Operation], came_from: OperationState, limit: int, asks: bool) -> None:
        taken = time.monotonic()
        self._stock += [Batch(portion, came_from, asks, taken) for portion in portions(operations, limit)]

    def _give_back(self, batch: Batch) -> None:
        store_post.give_back(self.flow.engine, batch.operations, batch.came_from, is_sent=not batch.asks)

    # ------------------------------------------------------------ speaking to the register: in a worker's thread, no database

    def _outcomes(self, batch: Batch) -> Sequence[Answer] | None:
        """None: it was not sent, for the lease might end before its answer."""
        if time.monotonic() - batch.taken > STOCK_SECONDS:
            return None
        try:
            if batch.asks:
                return self.flow.register.lookup([one.id for one in batch.operations])
            return self.flow.register.send([body_of(one) for one in batch.operations])
        except RegisterUnavailable as error:
            reason = error.text
        except Exception as error:  # a connector's own fault: what it was about is not known to be taken or not
            _log.exception("the connector failed on %d operations", len(batch.operations))
            reason = Text(f"сбой связи: {type(error).__name__}", f"the connector failed: {type(error).__name__}")
        return [Answer(one.id, Outcome.UNANSWERED, reason=reason) for one in batch.operations]

    # ------------------------------------------------------------ saving

    def _save_all(self, done: Sequence[tuple[Batch, Sequence[Answer] | None]]) -> None:
        """Save what has been answered meanwhile: one payer's batches in one transaction."""
        self._is_drained = False
        by_payer: dict[str, list[tuple[Batch, Sequence[Answer]]]] = {}
        for batch, answers in done:
            if answers is None:
                self._give_back(batch)
            else:
                by_payer.setdefault(batch.operations[0].payer, []).append((batch, answers))
        for _, mine in sorted(by_payer.items()):
            self._save(mine)

    def _save(self, done: Sequence[tuple[Batch, Sequence[Answer]]]) -> None:
        missing: list[Operation] = []
        settling: list[Answered] = []
        retries: dict[int, dt.datetime] = {}
        waiting: set[str] = set()
        silent: list[bool] = []
        chance = random.random()
        for batch, answers in done:
            answered = self._matched(batch, answers)
            for one in answered:
                if one.outcome not in _NOT_KNOWN:
                    settling.append(one)
                elif one.outcome == Outcome.UNKNOWN.value and self._is_past_fence(one.operation):
                    missing.append(one.operation)
                else:
                    settling.append(one)
                    waiting.add(order_key(one.operation))
                    retries[one.operation.operation] = self._retry_at(batch, one, chance)
            silent.append(all(one.outcome == Outcome.UNANSWERED.value for one in answered))
        if missing:
            store_post.send_after_all(self.flow.engine, missing)
        if settling:
            store_post.settle(
                self.flow.engine, settling, self.flow.rules.nominal_period, self.now, lambda operation: retries[operation.operation]
            )
        self._hold_back(waiting)
        for batch, answers in done:
            self._learn(batch, answers)
        self._mind_the_breaker(silent)
        self.flow.settled([{"id": one.operation.id, "outcome": one.outcome} for one in settling])
        self.progress("post", len(settling))

    def _retry_at(self, batch: Batch, one: Answered, chance: float) -> dt.datetime:
        if batch.asks and one.operation.sent_at is not None and one.outcome == Outcome.UNKNOWN.value:
            return one.operation.sent_at + dt.timedelta(seconds=self.flow.register.can.fence_seconds)
        return next_try(one.operation.tries, self.now, chance)

    def _hold_back(self, waiting: Collection[str]) -> None:
        """What stands behind an operation without an answer (``waiting``: its key) does not go."""
        if not waiting:
            return
        stock, self._stock = self._stock, []
        for batch in stock:
            held = [one for one in batch.operations if order_key(one) in waiting]
            left = [one for one in batch.operations if order_key(one) not in waiting]
            if held:
                self._give_back(batch._replace(operations=held))
            if left:
                self._stock.append(batch._replace(operations=left))

    def _matched(self, batch: Batch, answers: Sequence[Answer]) -> list[Answered]:
        """Each operation with the answer that bears its id. Two answers that differ are none; one that nobody asked for is counted."""
        by_id: dict[str, Answer] = {answer.id: answer for answer in answers}
        if len(by_id) != len(answers):
            by_id = {}
            for answer in answers:
                if by_id.setdefault(answer.id, answer) != answer:
                    by_id[answer.id] = Answer(answer.id, Outcome.UNANSWERED, reason=_TWO_ANSWERS)
        strays = len(by_id.keys() - {one.id for one in batch.operations})
        if strays:
            _log.warning("the register answered %d operations that it was not asked about", strays)
            store_link.count_strays(self.flow.engine, self.flow.register_name, strays, self.now)
        nothing = Answer("", Outcome.UNANSWERED, reason=_NO_ANSWER)
        return [_answered(one, by_id.get(one.id, nothing)) for one in batch.operations]

    def _is_past_fence(self, operation: Operation) -> bool:
        """Whether nothing of it can still be on its way: only then does «not found» lead to sending it again."""
        return operation.sent_at is None or self.now >= operation.sent_at + dt.timedelta(seconds=self.flow.register.can.fence_seconds)

    def _learn(self, batch: Batch, answers: Sequence[Answer]) -> None:
        """What the register's reasons say of more than one operation."""
        codes = {answer.id: answer.code for answer in answers if answer.outcome is Outcome.REJECTED}
        closed_there = [one for one in batch.operations if codes.get(one.id) == MONTH_CLOSED]
        if closed_there:
            store_months.learn_closed(self.flow.engine, closed_there, self.now)
        if any(codes.get(one.id) == OTHER_BODY for one in batch.operations):
            store_link.must_recover(self.flow.engine, self.flow.register_name, self.now)

    def _mind_the_breaker(self, silent: Sequence[bool]) -> None:
        """``silent``: of each batch, whether it got no answer at all."""
        engine, register = self.flow.engine, self.flow.register_name
        before = after = store_link.link_to(engine, register).breaker
        for is_silent in silent:
            after = after.failed(self.now, random.random()) if is_silent else after.answered()
        if after == before:
            return
        store_link.save_breaker(engine, register, after)
        if after.open_until is not None:
            self._gave_up = True
        elif before.open_until is not None:
            store_post.due_at_once(engine, store_post.payers_to_send(engine))


_NOT_KNOWN = frozenset({Outcome.UNANSWERED.value, Outcome.UNKNOWN.value})
_NO_ANSWER = Text("в ответе реестра этой операции нет", "the register's answer does not speak of this operation")
_TWO_ANSWERS = Text("реестр ответил дважды и по-разному", "the register answered twice, and not alike")


@contextmanager
def posting(flow: Flow, now: dt.datetime, progress: Callable[[str, int], None]) -> Iterator[Poster]:
    """A session. What somebody was sending who is gone is taken up first."""
    with living_token() as token:
        store_post.take_up_again(flow.engine, now, is_abandoned)
        yield Poster(flow, now, token, progress)


@contextmanager
def _workers(width: int) -> Iterator[Executor]:
    """So many threads; one at a time needs none."""
    pool = ThreadPoolExecutor(width, thread_name_prefix="post") if width > 1 else _Here()
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Here(Executor):
    """Does the work at once, in the caller's own thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def _answered(operation: Operation, answer: Answer) -> Answered:
    acceptances = tuple(accepted_from(one) for one in answer.acceptances) if answer.acceptances else ()
    return Answered(operation, answer.outcome.value, answer.number, answer.reason, answer.cure, acceptances, answer.month)


def accepted_from(one: Acceptance) -> Accepted:
    return Accepted(one.id, one.kind, one.amount, one.enrollment, one.certificate, one.n, one.month, one.number, one.refers_to)


def body_of(operation: Operation) -> dict[str, Any]:
    """The operation as docs/register-api.md has it: its claim in clear."""
    return {
        "id": operation.id,
        "kind": operation.kind,
        "claim": {
            "provider": operation.provider,
            "child": operation.child,
            "group": operation.group,
            "date": operation.day.isoformat(),
            "slot": operation.slot,
            "lesson_starts_at": operation.starts_at.isoformat(),
        },
        "enrollment": operation.enrollment,
        "certificate": operation.certificate,
        "n": operation.n,
        "month": operation.month,
        "amount_kopecks": operation.amount,
        "after": operation.after,
        "refers_to": operation.refers_to,
        "status": operation.status,
    }
