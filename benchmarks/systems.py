"""Rows `alfacrm` and `moyklass`: a club's account read through the adapter, beside a bare loop of requests and JSON over the very same
pages. Rows `alfacrm_memory_mb`, `moyklass_memory_mb`: what reading a large account takes, beside a small one. Row `reread_unchanged`: a
month that the gateway asks for again, beside its first time.

The emulator is a process of its own, and waiting for the vendor's rate takes no time. Turn by turn, by the clock on the wall: most of
either time is the server's, as in life.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests

from adapters.alfacrm.adapter import AlfaCrmAdapter
from adapters.alfacrm.emulator import AlfaCrmEmulator
from adapters.moyklass.adapter import MoyKlassAdapter
from adapters.moyklass.emulator import MoyKlassEmulator
from benchmarks.growth import FLAT, MEMORY_MB, peak_mb
from benchmarks.ours import Ours
from benchmarks.results import Row, at_least, median_ratio
from benchmarks.town import MONTH, Town
from gateway.core.facts import Batch, Lesson, LessonState, Mark
from gateway.flow.intake import IntakeRequest
from gateway.flow.sync import pull
from gateway.plugins import Http, Source, SourceAdapter
from gateway.plugins.testing import NOW, Emulator, Request, SkippingClock, made_club
from gateway.store import collect as store_collect

Progress = Callable[[int, int], None]
GROUPS, CHILDREN, WEEKS, TURNS = 100, 15, 20, 7
LIMIT, REREAD_LIMIT = 0.7, 0.15
ACCOUNTS = ((16, 20, 20), (500, 20, 110))
"""Groups, children of each, weeks: of a small account and of a large one, 10⁴ and 10⁶ records."""
SYSTEMS: dict[str, tuple[SourceAdapter, type[Emulator]]] = {
    "alfacrm": (AlfaCrmAdapter(), AlfaCrmEmulator),
    "moyklass": (MoyKlassAdapter(), MoyKlassEmulator),
}


def systems(name: str, progress: Progress) -> list[Row]:
    """One row of the table."""
    with _served(name, GROUPS, CHILDREN, WEEKS) as (account, asked_of):
        source = _source(name, account)
        records = _read(source, WEEKS)
        pages = asked_of()
        pairs = []
        for turn in range(TURNS):
            pairs.append((_seconds(lambda: _bare(account["host"], pages)), _seconds(lambda: _read(source, WEEKS))))
            progress(turn + 1, TURNS)
    ratio, own = (median_ratio([bare[clock] for bare, _ in pairs], [ours[clock] for _, ours in pairs]) for clock in (0, 1))
    best = min(ours[0] for _, ours in pairs)
    notes = {"records": records, "requests": len(pages), "bare loop, s": round(min(bare[0] for bare, _ in pairs), 3)}
    notes["ratio of processor time alone"] = round(own, 2)
    return [Row(name, records / best, "records/s", ratio, f"≥ {LIMIT} of a bare loop", at_least(LIMIT, ratio), notes)]


def memory(name: str, progress: Progress) -> list[Row]:
    """One row of the table: each account is read by a process of its own."""
    found = []
    for done, (groups, children, weeks) in enumerate(ACCOUNTS, 1):
        with _served(name, groups, children, weeks) as (account, _):
            context = multiprocessing.get_context("spawn")
            near, far = context.Pipe()
            process = context.Process(target=_read_alone, args=(far, name, account, weeks), daemon=True)
            process.start()
            found.append(near.recv())
            process.join()
        progress(done, len(ACCOUNTS))
    (few, low), (many, peak) = found
    notes = {"records": many, "children": ACCOUNTS[1][0] * ACCOUNTS[1][1], f"peak at {few:,} records, MB": round(low)}
    is_flat = peak < MEMORY_MB and peak / low <= FLAT
    return [Row(f"{name}_memory_mb", peak, "MB", peak / low, f"flat (≤ {FLAT}), < {MEMORY_MB} MB", is_flat, notes)]


def _read_alone(pipe: Connection, name: str, account: dict[str, Any], weeks: int) -> None:
    records = _read(_source(name, account), weeks)
    pipe.send((records, peak_mb()))


def _source(name: str, account: dict[str, Any]) -> Source:
    clock = SkippingClock()
    adapter = SYSTEMS[name][0]
    settings = adapter.settings(**{key: tuple(value) if isinstance(value, list) else value for key, value in account.items()})
    return adapter.connect(settings, Http(clock=clock, sleep=clock.sleep))


def _read(source: Source, weeks: int) -> int:
    return sum(len(batch.records) for batch in source.pull(None, NOW, NOW.date() - dt.timedelta(weeks=weeks + 2)))


_TOKENS = ("x-alfacrm-token", "x-access-token")


def _bare(url: str, pages: list[Request]) -> int:
    """The same requests one after another on one connection, each answer read as JSON, and nothing made of it but the token."""
    session, items, token = requests.Session(), 0, ""
    for page in pages:
        headers = {name: value for name, value in page.headers.items() if name == "content-type"}
        headers |= {name: token for name in _TOKENS if name in page.headers}
        reply = session.request(page.method, url + page.path, params=dict(page.query), data=page.body, headers=headers)
        reply.raise_for_status()
        answer: Any = reply.json() if reply.content else {}
        items += len(answer)
        if isinstance(answer, dict):
            token = answer.get("token") or answer.get("accessToken") or token
    return items


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """On the wall, and of this process's own."""
    begun, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - spent


@contextmanager
def _served(name: str, groups: int, children: int, weeks: int) -> Iterator[tuple[dict[str, Any], Callable[[], list[Request]]]]:
    """The emulator's account, and what tells the requests that it got."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, name, groups, children, weeks), daemon=True)
    process.start()
    try:
        account = ours.recv()

        def asked_of() -> list[Request]:
            ours.send("asked")
            found: list[Request] = ours.recv()
            return found

        yield account, asked_of
    finally:
        ours.send("stop")
        process.join(10)


def _serve(pipe: Connection, name: str, groups: int, children: int, weeks: int) -> None:
    kind = SYSTEMS[name][1]
    with kind(made_club(kind.statuses, groups=groups, children=children, weeks=weeks)) as emulator:
        pipe.send(dict(emulator.account()))
        while pipe.recv() == "asked":
            pipe.send(emulator.log)


# ---------------------------------------------------------------- a month that is asked for again


def reread(marks: int, progress: Progress) -> list[Row]:
    """What is told comes from memory, lesson by lesson as a system tells it, so that it is the gateway's own time that is compared."""
    town = Town(marks)
    firsts: list[float] = []
    agains: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(Path(folder) / "ours", town)
        clubs = range(town.providers)
        for turns in (firsts, agains):
            for provider in clubs:
                batches = [_by_lesson(batch) for batch in town.batches(provider)]
                turns.append(_pulled(ours, provider, batches))
                progress(len(firsts) + len(agains), 2 * len(clubs))
    ratio = statistics.median(again / first for first, again in zip(firsts, agains, strict=True))
    notes = {"marks": marks, "first, µs/mark": round(sum(firsts) / marks * 1e6, 1)}
    goal = f"≤ {REREAD_LIMIT} of the first"
    return [Row("reread_unchanged", sum(agains) / marks * 1e6, "µs/mark", ratio, goal, ratio <= REREAD_LIMIT, notes)]


def _pulled(ours: Ours, provider: int, batches: list[Batch]) -> float:
    ours.stub.make_ready(provider)
    asked = IntakeRequest("crm", "crm", ours.town.register_provider(provider), "crm", lambda: batches, {}, attempt=0)
    begun = time.perf_counter()
    pulled = pull(ours.flow, asked, NOW, lambda stage, done: None)
    spent = ours.flow.booked_at[0] - begun
    if pulled.trouble is not None:
        raise AssertionError(f"the source gave {pulled.trouble}")
    if pulled.intake.run is not None:
        store_collect.finish_run(ours.flow.engine, asked.provider.provider, pulled.intake.run.id, {}, NOW)
    return spent


def _by_lesson(batch: Batch) -> Batch:
    """A sheet's marks as a system tells them: at lessons with ids and times, all of the month."""
    days = sorted({record.day for record in batch.records if isinstance(record, Mark)})
    group, place = batch.windows[0].group, next(record.place for record in batch.records if isinstance(record, Mark))
    lessons = tuple(
        Lesson(group, day, LessonState.HELD, place, f"{group}-{day}", dt.time(16), dt.time(17, 30)) for day in days if day in MONTH
    )
    marks = tuple(replace(record, lesson=f"{group}-{record.day}") if isinstance(record, Mark) else record for record in batch.records)
    windows = tuple(replace(window, lists_lessons=True) for window in batch.windows)
    return replace(batch, records=(*lessons, *marks), windows=windows)
