"""The schedule at work: APScheduler wakes a job up, the store says whether it is due and whose it is (docs/decisions/0015).

Any number of nodes may run it on one database. Nothing here is needed for safety: whatever stops in the middle is done again.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from gateway.bootstrap import Gateway
from gateway.core.facts import Text
from gateway.core.schedule import is_due
from gateway.errors import trace_of
from gateway.flow.living import is_abandoned, living_token
from gateway.schedule import FAILED, Job
from gateway.store import schedule as store
from gateway.store.engine import StoreUnavailable
from gateway.store.schedule import JobState, Told

LOOK_SECONDS = 60
"""How often each job is looked at whatever was said of it: another node may have died, the settings may have changed."""
THREADS = 4
STOP_SECONDS = 8.0
"""How long a stop waits for the step that each job is in."""

_MINDING = "minding"
_log = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.ERROR)  # that a job is still at work is no news


class Stopped(BaseException):
    """The program is to end: a job leaves off between two steps. No `Exception`, so that nobody takes it for a source's trouble."""


class Scheduler:
    """The jobs of one node."""

    def __init__(
        self, open_gateway: Callable[[], Gateway], clock: Callable[[], dt.datetime] | None = None, look_seconds: int = LOOK_SECONDS
    ) -> None:
        """
        Args:
            open_gateway: called for every run, so that a database that was away is found again, and settings are as they are now.
            clock: by which jobs are due; None: the gateway's own.
        """
        self._open = open_gateway
        self._clock = clock
        self._look = look_seconds
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._active: set[str] = set()
        self._tokens: set[str] = set()
        self._of_provider: dict[str | None, threading.Lock] = defaultdict(threading.Lock)
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(THREADS), _MINDING: ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=dt.UTC,
        )

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin. A database that is not there yet is waited for."""
        soon = dt.datetime.now(dt.UTC)
        lease_seconds = store.LEASE.total_seconds()
        self._scheduler.add_job(self._mind_jobs, IntervalTrigger(seconds=self._look), executor=_MINDING, next_run_time=soon)
        self._scheduler.add_job(self._renew, IntervalTrigger(seconds=int(lease_seconds / 4)), executor=_MINDING)
        self._scheduler.start()

    def stop(self, seconds: float = STOP_SECONDS) -> bool:
        """Begin nothing any more, and let what is under way leave off between two steps.

        Returns:
            Whether all has ended. What has not may be killed: it is done again.
        """
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        deadline = time.monotonic() + seconds
        with self._changed:
            while self._active and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            has_ended, tokens = not self._active, set(self._tokens)
        if tokens:
            self._give_back(tokens)
        return has_ended

    def wake(self, job: str, seconds: float = 0.0) -> None:
        """Look at a job sooner than it would be."""
        self._look_again(job, dt.timedelta(seconds=seconds))

    # ------------------------------------------------------------ minding

    def _mind_jobs(self) -> None:
        """The jobs are those of the settings as they are now."""
        with self._gateway("jobs") as gateway:
            if gateway is None:
                return
            wanted = {job.name for job in gateway.jobs()}
        here = {job.id for job in self._scheduler.get_jobs() if job.args}
        for name in here - wanted:
            self._scheduler.remove_job(name)
        for name in wanted - here:
            spread = dt.timedelta(seconds=random.random() * min(2.0, self._look))
            trigger = IntervalTrigger(seconds=self._look, jitter=self._look // 10 or None)
            self._scheduler.add_job(self._turn, trigger, args=[name], id=name, next_run_time=dt.datetime.now(dt.UTC) + spread)

    def _renew(self) -> None:
        with self._changed:
            tokens = set(self._tokens)
        if tokens:
            with self._gateway("leases") as gateway:
                if gateway is not None:
                    store.renew(gateway.engine, tokens, self._now(gateway))

    def _give_back(self, tokens: set[str]) -> None:
        with self._gateway("stop") as gateway:
            if gateway is not None:
                store.give_back(gateway.engine, tokens, self._now(gateway))

    # ------------------------------------------------------------ one job's turn

    def _turn(self, name: str) -> None:
        with self._under_way(name), self._gateway(name) as gateway:
            if gateway is None or self.is_stopping:
                return
            job = next((one for one in gateway.jobs() if one.name == name), None)
            if job is None:
                return
            with self._of_provider[job.provider]:  # a provider's systems are asked one after the other: their rates are one
                if not self.is_stopping:
                    self._take_turn(gateway, job)

    def _take_turn(self, gateway: Gateway, job: Job) -> None:
        now = self._now(gateway)
        known = store.states(gateway.engine).get(job.name)
        if known is not None and self._rests(known, job, now):  # most looks end here, and write nothing
            self._come_back(job, known, now)
            return
        with living_token() as token:
            state = store.take(gateway.engine, job.name, job.pace, token, now, random.random(), is_abandoned)
            if state.holder == token:
                state = self._do(gateway, job, token) or state
            self._come_back(job, state, self._now(gateway))

    def _rests(self, state: JobState, job: Job, now: dt.datetime) -> bool:
        if state.holder is not None:
            return state.is_held(now) and not is_abandoned(state.holder)
        return job.pace.is_off if state.next_at is None else not is_due(job.pace, state.next_at, now)

    def _do(self, gateway: Gateway, job: Job, token: str) -> JobState | None:
        """Do it and store what became of it."""
        with self._holding(token):
            try:
                told = gateway.do_job(job, self._progress)
            except Stopped:
                store.give_back(gateway.engine, [token], self._now(gateway))
                return None
            except StoreUnavailable:
                raise
            except Exception as error:
                _log.error("%s: %s", job.name, trace_of(error))
                told = _failed(error)
            if told.failed:
                _log.warning("%s: %s", job.name, told.said.en)
            return store.finish(gateway.engine, job.name, job.pace, token, told, self._now(gateway), random.random())

    def _progress(self, _stage: str, _done: int) -> None:
        if self._stopping.is_set():
            raise Stopped

    def _come_back(self, job: Job, state: JobState, now: dt.datetime) -> None:
        if state.next_at is not None and state.holder is None:
            self._look_again(job.name, max(dt.timedelta(0), state.next_at - now))

    def _look_again(self, name: str, after: dt.timedelta) -> None:
        """Not later than in ``after``; what is further ahead than the next look waits for that."""
        if after.total_seconds() >= self._look or self.is_stopping:
            return
        at = dt.datetime.now(dt.UTC) + after
        try:
            if (job := self._scheduler.get_job(name)) is not None and job.next_run_time > at:
                job.modify(next_run_time=at)
        except JobLookupError:  # it has been taken out meanwhile
            return

    # ------------------------------------------------------------ around a turn

    def _now(self, gateway: Gateway) -> dt.datetime:
        return (self._clock or gateway.clock)()

    @contextmanager
    def _gateway(self, what: str) -> Iterator[Gateway | None]:
        """A gateway for one turn; None, or an end in mid-turn, where settings or database are not as they must be: the next look tries."""
        try:
            gateway = self._open()
        except Exception as error:
            _log.error("%s: %s", what, error)
            yield None
            return
        try:
            yield gateway
        except StoreUnavailable as error:
            _log.error("%s: %s", what, error)
        except Exception as error:
            _log.error("%s: %s", what, trace_of(error))
        finally:
            if "engine" in vars(gateway):
                gateway.engine.dispose()

    @contextmanager
    def _under_way(self, name: str) -> Iterator[None]:
        with self._changed:
            self._active.add(name)
        try:
            yield
        finally:
            with self._changed:
                self._active.discard(name)
                self._changed.notify_all()

    @contextmanager
    def _holding(self, token: str) -> Iterator[None]:
        with self._changed:
            self._tokens.add(token)
        try:
            yield
        finally:
            with self._changed:
                self._tokens.discard(token)


def _failed(error: Exception) -> Told:
    name = type(error).__name__
    return Told(
        FAILED,
        Text(f"ошибка программы: {name}", f"a mistake of the program: {name}"),
        Text(
            "сделайте то же командой с --debug и сообщите, что она покажет", "do the same by its command with --debug; tell what it shows"
        ),
        failed=True,
    )
