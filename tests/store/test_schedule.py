"""Jobs under leases: of several nodes one does a job, and a lease is never what safety hangs on."""

from __future__ import annotations

import datetime as dt
import threading

from gateway.core.facts import Text
from gateway.core.schedule import Pace
from gateway.store import schedule as store
from gateway.store.engine import Engine
from gateway.store.schedule import LEASE, JobState, Told

NOW = dt.datetime(2025, 11, 5, 7, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
PACE = Pace(every=15 * MINUTE)
DONE = Told("done", Text("новое: 3", "new: 3"))
FAILED = Told("later", Text("реестр молчит", "the register is silent"), Text("подождите", "wait"), failed=True)


def take(engine: Engine, token: str, now: dt.datetime = NOW, gone: tuple[str, ...] = (), pace: Pace = PACE) -> JobState:
    return store.take(engine, "sync:crm", pace, token, now, 0.5, lambda holder: holder in gone)


def test_one_gets_it_and_the_other_learns_who_has_it(engine: Engine) -> None:
    assert take(engine, "a").holder == "a"
    assert take(engine, "b", NOW + MINUTE).holder == "a"
    state = store.states(engine)["sync:crm"]
    assert (state.holder, state.started_at, state.outcome) == ("a", NOW, None)


def test_of_many_that_ask_at_the_same_moment_one_gets_it(engine: Engine) -> None:
    together, holders = threading.Barrier(8), []

    def ask(token: str) -> None:
        together.wait()
        holders.append((token, take(engine, token).holder))

    threads = [threading.Thread(target=ask, args=(f"t{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({holder for _, holder in holders}) == 1
    assert sum(token == holder for token, holder in holders) == 1


def test_what_was_done_is_not_done_again_before_its_time(engine: Engine) -> None:
    take(engine, "a")
    ended = store.finish(engine, "sync:crm", PACE, "a", DONE, NOW + MINUTE, 0.5)
    assert ended is not None and ended.next_at == NOW + 15 * MINUTE
    assert take(engine, "b", NOW + 14 * MINUTE).holder is None
    assert take(engine, "b", NOW + 15 * MINUTE).holder == "b"
    state = store.states(engine)["sync:crm"]
    assert (state.outcome, state.said, state.cure, state.finished_at) == ("done", Text("новое: 3", "new: 3"), None, NOW + MINUTE)


def test_failures_are_counted_until_one_goes_well(engine: Engine) -> None:
    now, rests = NOW, []
    for _ in range(3):
        take(engine, "a", now)
        ended = store.finish(engine, "sync:crm", PACE, "a", FAILED, now, 0.5)
        assert ended is not None and ended.next_at is not None
        rests.append((ended.next_at - now) // MINUTE)
        now = ended.next_at
    assert rests == [15, 30, 60]
    assert store.states(engine)["sync:crm"].cure == Text("подождите", "wait")
    take(engine, "a", now)
    ended = store.finish(engine, "sync:crm", PACE, "a", DONE, now, 0.5)
    assert ended is not None and (ended.failures, ended.next_at, ended.cure) == (0, now + 15 * MINUTE, None)


def test_a_node_that_is_gone_is_followed_at_once_and_a_silent_one_after_its_lease(engine: Engine) -> None:
    take(engine, "a")
    assert take(engine, "b", NOW + MINUTE).holder == "a"
    assert take(engine, "b", NOW + MINUTE, gone=("a",)).holder == "b"
    store.renew(engine, ["b"], NOW + 2 * MINUTE)
    assert take(engine, "c", NOW + 3 * MINUTE).holder == "b"
    assert take(engine, "c", NOW + 2 * MINUTE + LEASE).holder == "c"


def test_a_node_that_wakes_up_late_says_nothing_any_more(engine: Engine) -> None:
    take(engine, "a")
    assert take(engine, "b", NOW + LEASE).holder == "b"
    store.renew(engine, ["a"], NOW + LEASE)
    assert store.finish(engine, "sync:crm", PACE, "a", DONE, NOW + LEASE, 0.5) is None
    state = store.states(engine)["sync:crm"]
    assert (state.holder, state.outcome) == ("b", None)


def test_a_node_that_stops_leaves_its_job_to_the_next(engine: Engine) -> None:
    take(engine, "a")
    store.give_back(engine, ["a"], NOW + MINUTE)
    assert take(engine, "b", NOW + MINUTE).holder == "b"


def test_a_hint_brings_the_run_forward_and_one_during_a_run_is_not_lost(engine: Engine) -> None:
    take(engine, "a")
    assert store.hint(engine, "sync:crm", PACE, NOW + MINUTE) == NOW  # of the run under way
    ended = store.finish(engine, "sync:crm", PACE, "a", DONE, NOW + 2 * MINUTE, 0.5)
    assert ended is not None and ended.next_at is not None and ended.next_at < NOW + 3 * MINUTE
    take(engine, "a", ended.next_at)
    ended = store.finish(engine, "sync:crm", PACE, "a", DONE, ended.next_at, 0.5)
    assert ended is not None and ended.next_at is not None and ended.next_at > NOW + 16 * MINUTE
    assert store.hint(engine, "sync:crm", PACE, NOW + 10 * MINUTE) == NOW + 10 * MINUTE + dt.timedelta(seconds=5)


def test_a_hint_does_not_wake_what_rests_after_a_failure(engine: Engine) -> None:
    take(engine, "a")
    ended = store.finish(engine, "sync:crm", PACE, "a", FAILED, NOW, 0.5)
    assert ended is not None
    assert store.hint(engine, "sync:crm", PACE, NOW + MINUTE) == ended.next_at


def test_a_job_that_is_off_runs_when_it_is_hinted_at(engine: Engine) -> None:
    assert take(engine, "a", pace=Pace()).holder is None
    at = store.hint(engine, "sync:crm", Pace(), NOW)
    assert at is not None and take(engine, "a", at, pace=Pace()).holder == "a"
    ended = store.finish(engine, "sync:crm", Pace(), "a", DONE, at, 0.5)
    assert ended is not None and ended.next_at is None
    assert take(engine, "a", at + 15 * MINUTE).holder == "a"  # switched on again
    store.finish(engine, "sync:crm", PACE, "a", DONE, at + 15 * MINUTE, 0.5)
    assert take(engine, "a", at + 30 * MINUTE, pace=Pace()).holder is None  # and off
    assert store.states(engine)["sync:crm"].next_at is None
