"""The jobs that `gateway serve` does by itself, as a part of the `Gateway` (bootstrap.py): what they are, doing one, and how they stand."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from gateway.core.facts import Text
from gateway.core.schedule import Pace
from gateway.core.wording import money_text
from gateway.errors import UserError
from gateway.flow import Progress, silent
from gateway.flow.living import is_abandoned, owner_of
from gateway.inputs import Inputs
from gateway.monthly import Monthly
from gateway.plugins.register import RegisterUnavailable
from gateway.store import schedule as store_schedule
from gateway.store import source_state
from gateway.store.engine import Engine
from gateway.store.schedule import JobState, Told

POST, RECONCILE, SYNC = "post", "reconcile", "sync"
VERIFY = "verify"
"""A person's job: noted beside the others, so that it is seen when the ledger was proved last."""
DONE, ASKS, LATER, MEND, FAILED = "done", "asks", "later", "mend", "failed"
"""Outcomes: all well; a person is asked something; a system is not there; a person must mend something first; a mistake of the program."""
DEFAULT_ZONE = "Europe/Moscow"

_NOTHING_TO_DO = Text("ничего: следующий раз сам попробует снова", "nothing: the next run tries again by itself")
_OVER = Text("источник тем временем прочитан", "the source has been read meanwhile")


class Job(NamedTuple):
    """``name``: post, reconcile, or sync:SOURCE."""

    name: str
    kind: str
    pace: Pace
    source: str | None = None
    provider: str | None = None


class Scheduled(Inputs, Monthly):
    """What the `Gateway` does by itself."""

    # ------------------------------------------------------------ what there is to do

    def jobs(self) -> list[Job]:
        """All jobs by the settings as they are now, those that are switched off too."""
        schedule = self.settings.schedule
        at = dt.time.fromisoformat(schedule.reconcile_at) if schedule.reconcile_at else None
        jobs = [
            Job(POST, POST, _every(schedule.post_minutes)),
            Job(RECONCILE, RECONCILE, Pace(at=at, zone=self.schedule_zone())),
        ]
        for name in self.asked_sources():
            provider = self.settings.sources[name].provider
            jobs.append(Job(sync_job(name), SYNC, _every(schedule.sync_minutes), name, provider))
        return jobs

    def schedule_zone(self) -> str:
        """Where the daily jobs' hour is: as set, else where most of the providers are."""
        if self.settings.schedule.zone:
            return self.settings.schedule.zone
        zones = Counter(one.time_zone for one in self.providers().values())
        return min(zones, key=lambda zone: (-zones[zone], zone), default=DEFAULT_ZONE)

    # ------------------------------------------------------------ doing one

    def do_job(self, job: Job, progress: Progress = silent) -> Told:
        """Do a job; what became of it. Nothing that goes wrong with the register or a source leaves this.

        Raises:
            StoreUnavailable: the database is not there.
        """
        try:
            if job.kind == SYNC:
                return self._sync(job, progress)
            return self._post(progress) if job.kind == POST else self._reconcile(job.pace.zone)
        except RegisterUnavailable as error:
            return Told(LATER, error.text, _NOTHING_TO_DO, failed=True)
        except UserError as error:
            return Told(MEND, error.what, error.cure, failed=True)

    def _post(self, progress: Progress) -> Told:
        report = self.run(progress)
        if not report["complete"]:
            return Told(LATER, Text("реестр ответил не на всё", "the register has not answered everything"), _NOTHING_TO_DO, failed=True)
        changed = money_text(report["changed_kopecks"])
        return Told(DONE, Text(f"принято реестром: {changed.ru}", f"accepted by the register: {changed.en}"))

    def _sync(self, job: Job, progress: Progress) -> Told:
        (report,) = self.sync(source=job.source, progress=progress)
        self.finished(report)
        trouble = report["trouble"]
        if trouble is not None:
            said, cure = self._trouble_of(job)
            return Told(LATER if trouble["again"] else MEND, said, cure, failed=True)
        said = Text(f"новое: {report['new']}", f"new: {report['new']}")
        if report["outcome"] == "accepted":
            return Told(DONE, said)
        left = sum(report["counts"]["refused"].values()) + sum(report["counts"]["waiting"].values()) + report["counts"]["unread"]
        return Told(ASKS, Text(f"{said.ru}, не принято или ждёт: {left}", f"{said.en}, refused or waiting: {left}"))

    def _trouble_of(self, job: Job) -> tuple[Text, Text]:
        """What ended the source's last reading, as it is stored: in both languages."""
        for one in source_state.states(self.engine):
            if (one.provider, one.source) == (job.provider, job.source) and one.trouble is not None:
                return one.trouble
        return _OVER, _NOTHING_TO_DO  # somebody has read it to its end meanwhile

    def _reconcile(self, zone: str) -> Told:
        done = self.reconcile_due(self.clock().astimezone(ZoneInfo(zone)))
        if not done:
            return Told(DONE, Text("сверять нечего", "nothing to reconcile"))
        differing = [one["month"] for one in done if one["differences"]]
        found = sum(len(one["differences"]) for one in done)
        said = Text(f"месяцев: {len(done)}, расхождений: {found}", f"months: {len(done)}, differences: {found}")
        if not differing:
            return Told(DONE, said)
        command = f"gateway reconcile --month {differing[-1]}"
        return Told(ASKS, said, Text(command, command))

    # ------------------------------------------------------------ how they stand

    def schedule(self, language: str | None = None) -> list[dict[str, Any]]:
        """Each job: its pace, its last run and outcome, its next run, who does it now."""
        states = store_schedule.states(self.engine)
        now = self.clock()
        return [_entry(job, states.get(job.name, JobState(job.name)), now, language or self.language) for job in self.jobs()]

    def hint(self, source: str) -> dt.datetime | None:
        """There is something new at a source: it is asked soon. When; of a reading under way: that it is followed by another."""
        (job,) = [one for one in self.jobs() if one.source == source]
        return store_schedule.hint(self.engine, job.name, job.pace, self.clock())


def jobs_at_work(engine: Engine, now: dt.datetime) -> list[str]:
    """Jobs that some node does at this moment."""
    states = store_schedule.states(engine).values()
    return [one.job for one in states if one.is_held(now) and not is_abandoned(one.holder or "")]


def sync_job(source: str) -> str:
    return f"{SYNC}:{source}"


def _every(minutes: int) -> Pace:
    return Pace(every=dt.timedelta(minutes=minutes)) if minutes else Pace()


def _entry(job: Job, state: JobState, now: dt.datetime, language: str) -> dict[str, Any]:
    pace = job.pace
    is_running = state.is_held(now) and not is_abandoned(state.holder or "")
    last = None
    if state.finished_at is not None:
        last = {
            "at": state.finished_at.isoformat(), "outcome": state.outcome, "said": state.said.in_language(language) if state.said else None,
            "cure": state.cure.in_language(language) if state.cure else None, "failures": state.failures,
        }  # fmt: skip
    return {
        "job": job.name, "kind": job.kind, "source": job.source, "provider": job.provider,
        "every_minutes": pace.every // dt.timedelta(minutes=1) if pace.every else None,
        "at": f"{pace.at:%H:%M} {pace.zone}" if pace.at else None,
        "last": last,
        "next_at": state.next_at.isoformat() if state.next_at and not (pace.is_off and state.hinted_at is None) else None,
        "running": {"by": owner_of(state.holder), "since": state.started_at.isoformat() if state.started_at else None}
        if is_running and state.holder else None,
    }  # fmt: skip
