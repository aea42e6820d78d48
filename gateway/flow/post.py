"""Stage 5, post: sends what is booked, in batches, several at a time, and saves what the register says to each item.

Order is kept per certificate: its operations are never in two batches at once, and one without an answer keeps back those behind it, and
nobody else's. A register that answers nothing at all is left alone for a while.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import random
import socket
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.core.facts import Text
from gateway.core.pace import PROBE, Circuit, next_try
from gateway.core.post import Accepted, Answered, Operation
from gateway.plugins.register import Acceptance, Answer, Outcome, RegisterUnavailable
from gateway.store import link as store_link
from gateway.store import months as store_months
from gateway.store import post as store_post
from gateway.store.post import BATCH, LEASE_SECONDS, Lease

if TYPE_CHECKING:
    from gateway.flow.run import Flow

MONTH_CLOSED, OTHER_BODY = "month_closed", "other_body"
_log = logging.getLogger(__name__)


class Batch(NamedTuple):
    """Operations of one payer. ``asks``: the register is asked what became of them, and not sent them again."""

    operations: Sequence[Operation]
    asks: bool


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
    _begun: float = field(default_factory=time.monotonic)

    def drain(self) -> None:
        """Send until nothing is left that may go now."""
        breaker = store_link.link_to(self.flow.engine, self.flow.register_name).breaker
        circuit = breaker.state(self.now)
        if circuit is Circuit.OPEN or self._gave_up:
            return
        self._payers = store_post.payers_to_send(self.flow.engine)
        if circuit is Circuit.HALF_OPEN:
            self._send_all(1, PROBE, most=1)
            if store_link.link_to(self.flow.engine, self.flow.register_name).breaker.state(self.now) is not Circuit.CLOSED:
                self._gave_up = True
                return
            self._payers = store_post.payers_to_send(self.flow.engine)
        self._send_all(max(1, self.flow.register.can.parallel), BATCH)

    def _send_all(self, width: int, limit: int, most: int | None = None) -> None:
        """Keep ``width`` batches on their way; ``most``: no more than so many in all."""
        under_way: dict[Future[Sequence[Answer]], Batch] = {}
        with _workers(width) as workers:
            while True:
                while len(under_way) < width and not self._gave_up and most != 0:
                    batch = self._next(limit, {one.operations[0].payer for one in under_way.values()})
                    if batch is None:
                        break
                    under_way[workers.submit(self._outcomes, batch)] = batch
                    most = None if most is None else most - 1
                if not under_way:
                    return
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    self._save(under_way.pop(future), future.result())

    def _next(self, limit: int, busy: Collection[str]) -> Batch | None:
        """The next batch of any payer. One that has batches under way (``busy``) may have more to send once they are answered."""
        engine, can = self.flow.engine, self.flow.register.can
        lease = Lease(self.token, self.now + dt.timedelta(seconds=time.monotonic() - self._begun + LEASE_SECONDS))
        for payer in list(self._payers):
            if can.idempotent or can.lookup:
                again = store_post.take_unanswered(engine, payer, lease, self.now, limit, is_sent=can.idempotent)
                if again:
                    return Batch(again, asks=not can.idempotent)
            fresh = store_post.take_fresh(engine, payer, lease, self.now, limit)
            if fresh:
                return Batch(fresh, asks=False)
            if payer not in busy:
                self._payers.remove(payer)
        return None

    # ------------------------------------------------------------ speaking to the register: in a worker's thread, no database

    def _outcomes(self, batch: Batch) -> Sequence[Answer]:
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

    def _save(self, batch: Batch, answers: Sequence[Answer]) -> None:
        answered = self._matched(batch, answers)
        missing = [one.operation for one in answered if one.outcome == Outcome.UNKNOWN.value and self._is_past_fence(one.operation)]
        chance, can = random.random(), self.flow.register.can

        def retry_at(operation: Operation) -> dt.datetime:
            if batch.asks and operation.sent_at is not None and outcomes[operation.operation] == Outcome.UNKNOWN.value:
                return operation.sent_at + dt.timedelta(seconds=can.fence_seconds)
            return next_try(operation.tries, self.now, chance)

        outcomes = {one.operation.operation: one.outcome for one in answered}
        settling = [one for one in answered if one.operation not in missing]
        if missing:
            store_post.send_after_all(self.flow.engine, missing)
        if settling:
            store_post.settle(self.flow.engine, settling, self.flow.rules.nominal_period, self.now, retry_at)
        self._learn(batch, answers)
        self._mind_the_breaker(all(outcome == Outcome.UNANSWERED.value for outcome in outcomes.values()))
        self.flow.settled([{"id": one.operation.id, "outcome": one.outcome} for one in settling])
        self.progress("post", len(settling))

    def _matched(self, batch: Batch, answers: Sequence[Answer]) -> list[Answered]:
        """Each operation with the answer that bears its id. Two answers that differ are none; one that nobody asked for is counted."""
        asked = {one.id for one in batch.operations}
        by_id: dict[str, Answer] = {}
        for answer in answers:
            if by_id.setdefault(answer.id, answer) != answer:
                by_id[answer.id] = Answer(answer.id, Outcome.UNANSWERED, reason=_TWO_ANSWERS)
        strays = len(by_id.keys() - asked)
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

    def _mind_the_breaker(self, is_silent: bool) -> None:
        engine, register = self.flow.engine, self.flow.register_name
        before = store_link.link_to(engine, register).breaker
        after = before.failed(self.now, random.random()) if is_silent else before.answered()
        if after == before:
            return
        store_link.save_breaker(engine, register, after)
        if after.open_until is not None:
            self._gave_up = True
        elif before.open_until is not None:
            store_post.due_at_once(engine, store_post.payers_to_send(engine))


_NO_ANSWER = Text("в ответе реестра этой операции нет", "the register's answer does not speak of this operation")
_TWO_ANSWERS = Text("реестр ответил дважды и по-разному", "the register answered twice, and not alike")


@contextmanager
def posting(flow: Flow, now: dt.datetime, progress: Callable[[str, int], None]) -> Iterator[Poster]:
    """A session. What somebody was sending who is gone is taken up first."""
    token = f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}/{uuid.uuid4().hex}"
    _LIVING.add(token)
    try:
        store_post.take_up_again(flow.engine, now, _is_abandoned)
        yield Poster(flow, now, token, progress)
    finally:
        _LIVING.discard(token)


_LIVING: set[str] = set()
"""Tokens of this process's own sessions."""


def _is_abandoned(token: str) -> bool:
    """Whether its process has ended, or, within this one, its session. Of another machine's only the lease can tell."""
    host, process, started, _ = [*token.split("/"), "", "", ""][:4]
    if host != socket.gethostname() or not process.isdigit():
        return False
    if int(process) == os.getpid():
        return token not in _LIVING
    return _started(int(process)) != started


def _started(process: int) -> str:
    """When a process of this machine was started, "" where there is none: a number alone may have been given to another since."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return "" if told[0] in ("Z", "X") else told[19]  # a zombie does nothing any more
    except (OSError, IndexError):
        pass
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "running"
    return "running"


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
    acceptances = tuple(accepted_from(one) for one in answer.acceptances)
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
