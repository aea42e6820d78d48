"""The schedule's jobs: when each is due, who does it, and what became of it. Of several nodes one gets a job's lease.

A lease is for comfort: two that did the same job at once would harm nobody. A node that is paused past its lease finds it with another,
and what it says of its run then is not stored.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.facts import Text
from gateway.core.schedule import Pace, Turn, is_due, next_turn
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.rows import upsert
from gateway.store.settled import stamp

_J = t.scheduled_job.c
HERE = ""
"""Jobs are of the installation and of no register."""
LEASE = dt.timedelta(minutes=2)


class JobState(NamedTuple):
    """Of a run under way ``outcome`` and what follows are those of the run before. ``holder``: the token of whoever does it."""

    job: str
    next_at: dt.datetime | None = None
    holder: str | None = None
    held_until: dt.datetime | None = None
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    outcome: str | None = None
    said: Text | None = None
    cure: Text | None = None
    failures: int = 0
    hinted_at: dt.datetime | None = None

    @property
    def turn(self) -> Turn:
        return Turn(self.started_at, self.failures, self.hinted_at)

    def is_held(self, now: dt.datetime) -> bool:
        """Whether somebody's lease on it holds. One that ends too far ahead is of a clock that has been put back since."""
        return self.holder is not None and self.held_until is not None and now < self.held_until <= now + LEASE * 2


class Told(NamedTuple):
    """What became of a run. ``failed``: the next one comes later than the pace says."""

    outcome: str
    said: Text
    cure: Text | None = None
    failed: bool = False


def states(engine: Engine) -> dict[str, JobState]:
    """All jobs that were ever due, by name."""
    with reading(engine) as connection:
        return {one.job: one for one in map(_state, connection.execute(sa.select(t.scheduled_job).order_by(_J.job)).mappings())}


def take(
    engine: Engine, job: str, pace: Pace, token: str, now: dt.datetime, chance: float, is_abandoned: Callable[[str], bool]
) -> JobState:
    """Take a job that is due and that nobody does. The state as it is then: ours where ``holder`` is ``token``.

    Args:
        is_abandoned: whether nobody answers to a token any more.
    """
    with writing(engine) as connection:
        found = _locked(connection, job)
        by_itself = next_turn(pace, found.turn, now, chance)
        if found.next_at is None or by_itself is None:  # it is new, or was switched on or off since
            found = found._replace(next_at=by_itself)
            _save(connection, job, next_at=_stamp(found.next_at))
        is_free = not found.is_held(now) or is_abandoned(found.holder or "")
        # One that was being done by somebody who is gone is done at once: nobody knows how far it came.
        if not is_free or not (is_due(pace, found.next_at, now) or found.holder is not None):
            return found
        until = now + LEASE
        _save(connection, job, leased_by=token, leased_until=stamp(until), started_at=stamp(now))
    return found._replace(holder=token, held_until=until, started_at=now)


def renew(engine: Engine, tokens: Iterable[str], now: dt.datetime) -> None:
    """Whoever holds these still works. What another has taken meanwhile is left."""
    with writing(engine) as connection:
        connection.execute(
            sa.update(t.scheduled_job).where(_J.register == HERE, _J.leased_by.in_(sorted(tokens))).values(leased_until=stamp(now + LEASE))
        )


def finish(engine: Engine, job: str, pace: Pace, token: str, told: Told, now: dt.datetime, chance: float) -> JobState | None:
    """The run has ended. None where the job is somebody else's by now: then nothing is stored."""
    with writing(engine) as connection:
        found = _locked(connection, job)
        if found.holder != token:
            return None
        failures = found.failures + 1 if told.failed else 0
        found = found._replace(failures=failures, holder=None, held_until=None, finished_at=now)
        next_at = next_turn(pace, found.turn, now, chance)
        values = {"outcome": told.outcome, "said": json.dumps(told.said), "cure": json.dumps(told.cure) if told.cure else None}
        values |= {"next_at": _stamp(next_at), "finished_at": stamp(now), "leased_by": None, "leased_until": None}
        _save(connection, job, **values, failures=failures)
    return found._replace(next_at=next_at, outcome=told.outcome, said=told.said, cure=told.cure)


def give_back(engine: Engine, tokens: Iterable[str], now: dt.datetime) -> None:
    """This node stops: whoever comes next does at once what it was doing."""
    with writing(engine) as connection:
        held = (_J.register == HERE) & _J.leased_by.in_(sorted(tokens))
        connection.execute(sa.update(t.scheduled_job).where(held).values(leased_by=None, leased_until=None, next_at=stamp(now)))


def hint(engine: Engine, job: str, pace: Pace, now: dt.datetime) -> dt.datetime | None:
    """There is something to do: the job's next run comes sooner. When; of a run under way, that it is followed by another.

    A job that has failed rests as long as it would have rested.
    """
    with writing(engine) as connection:
        found = _locked(connection, job)
        next_at = found.next_at if found.failures else next_turn(pace, found.turn._replace(hinted_at=now), now, chance=0.5)
        if found.next_at is not None and next_at is not None:
            next_at = min(found.next_at, next_at)
        _save(connection, job, next_at=_stamp(next_at), hinted_at=stamp(now))
    return next_at


def note(engine: Engine, job: str, outcome: str, said: Text, now: dt.datetime) -> None:
    """Something was done that no schedule asks for: when, and what came of it."""
    with writing(engine) as connection:
        _locked(connection, job)
        _save(connection, job, outcome=outcome, said=json.dumps(said), started_at=stamp(now), finished_at=stamp(now))


# ---------------------------------------------------------------- rows


def _locked(connection: Connection, job: str) -> JobState:
    """The job's row, made where there is none; nobody else's until the transaction ends."""
    asked = sa.select(t.scheduled_job).where(_J.register == HERE, _J.job == job).with_for_update()
    row = connection.execute(asked).mappings().one_or_none()
    if row is None:
        upsert(connection, t.scheduled_job, [{"register": HERE, "job": job, "failures": 0}], ["register", "job"])
        row = connection.execute(asked).mappings().one()
    return _state(row)


def _save(connection: Connection, job: str, **values: object) -> None:
    connection.execute(sa.update(t.scheduled_job).where(_J.register == HERE, _J.job == job).values(**values))


def _state(row: sa.RowMapping) -> JobState:
    return JobState(
        row["job"], _instant(row["next_at"]), row["leased_by"], _instant(row["leased_until"]), _instant(row["started_at"]),
        _instant(row["finished_at"]), row["outcome"], _text(row["said"]), _text(row["cure"]), row["failures"], _instant(row["hinted_at"]),
    )  # fmt: skip


def _stamp(instant: dt.datetime | None) -> str | None:
    return stamp(instant) if instant is not None else None


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _text(text: str | None) -> Text | None:
    return Text(*json.loads(text)) if text else None
