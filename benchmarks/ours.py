"""The gateway under measurement: its own code from `take_in` on. What is left out is said here, and nowhere else is anything left out.

Left out: parsing (the adapter hands over what is parsed already), reading the register's feeds before each input, and posting. The clock
stops when everything is booked and durable, before the report is read; the report's time is kept beside it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.town import NOW, StubRegister, Town
from gateway.bootstrap import Gateway
from gateway.core.facts import Batch
from gateway.flow import Flow
from gateway.flow.intake import IntakeRequest, take_in
from gateway.settings import Settings
from gateway.store import collect as store_collect
from gateway.store.engine import Engine

SOURCE = "sheet"


class Span(NamedTuple):
    """``wall`` and ``cpu``: seconds to booked and durable; ``report``: seconds after that, until the caller has all that he reports."""

    wall: float
    cpu: float
    report: float
    marks: int


class UnpostedFlow(Flow):
    """`Flow`, but a run ends with what is booked, and remembers when that was."""

    booked_at: tuple[float, float] = (0.0, 0.0)

    def run(self, now: dt.datetime, progress: Any = lambda stage, done: None) -> bool:
        counted = [1]

        def count(stage: str, done: int) -> None:
            counted.append(done)

        while counted:
            counted.clear()
            self.work_off_lists(now, count)
        self.booked_at = (time.perf_counter(), time.process_time())
        return True


class MeasuredFlow(UnpostedFlow):
    """Within an input the register has nothing new to tell."""

    def read_register(self, now: dt.datetime, progress: Any = lambda stage, done: None) -> Any:
        return None


def _analyze(engine: Engine) -> None:
    """What PostgreSQL does by itself within a minute or two of so much being new."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")


class Ours:
    """A gateway with the town's register read."""

    def __init__(self, home: Path, town: Town, database: str = "", read: bool = True) -> None:
        self.town = town
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self.gateway = Gateway(home, Settings(database=database), lambda: NOW)
        self.stub: Any = StubRegister(town)
        self.gateway.__dict__["register"] = self.stub
        whole = self.gateway.flow
        if read:
            whole.read_register(NOW)
            _analyze(whole.engine)
        self.flow = MeasuredFlow(
            whole.engine, whole.register, whole.rules, whole.vault, match_by_name=whole.match_by_name, register_name=whole.register_name
        )

    def asked(self, provider: int, batches: Sequence[Batch], name: str = "month") -> IntakeRequest:
        self.stub.make_ready(provider)
        of = self.town.register_provider(provider)
        return IntakeRequest(
            f"input-{os.getpid()}", hashlib.sha256(f"{provider} {name}".encode()).hexdigest(), of, SOURCE, lambda: batches, {}
        )

    def take(self, provider: int, batches: Sequence[Batch], name: str = "month") -> Span:
        """Take an input in, as `gateway import` does once it is parsed."""
        asked = self.asked(provider, batches, name)
        wall, cpu = time.perf_counter(), time.process_time()
        intake = take_in(self.flow, asked, NOW, lambda stage, done: None)
        end = time.perf_counter()
        booked, spent = self.flow.booked_at
        if intake.run is None or intake.refused is not None:
            raise AssertionError(f"the input was refused: {intake.refused}")
        store_collect.finish_run(self.flow.engine, asked.provider.provider, intake.run.id, {}, NOW)
        return Span(booked - wall, spent - cpu, end - booked, len(intake.collected.read))

    def settle(self) -> None:
        """Send what is booked to the stub, which accepts it. Never within a measured span."""
        self.flow.register = self.stub
        if not Flow.run(self.flow, NOW):
            raise AssertionError("the stub answers everything")

    def close(self) -> None:
        self.flow.engine.dispose()
