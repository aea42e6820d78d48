"""The row `alfacrm`: a club's account read through the adapter, beside a bare loop of requests and JSON over the very same pages.

The emulator is a process of its own, and waiting for the vendor's rate takes no time. Turn by turn, by the clock on the wall: most of
either time is the server's, as in life.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import requests

from adapters.alfacrm.adapter import AlfaCrmAdapter
from adapters.alfacrm.emulator import CERTIFICATE_FIELD, EMAIL, EXCUSED_REASON, AlfaCrmEmulator
from adapters.alfacrm.settings import AlfaCrmSettings
from benchmarks.results import Row, at_least, median_ratio
from gateway.plugins import Http, Source
from gateway.plugins.testing import NOW, Request, SkippingClock, made_club

Progress = Callable[[int, int], None]
GROUPS, CHILDREN, WEEKS, TURNS = 100, 15, 20, 7
LIMIT = 0.7


def systems(progress: Progress) -> list[Row]:
    """One row of the table."""
    with _served() as (url, key, asked_of):
        source = _source(url, key)
        records = _read(source)
        pages = asked_of()
        pairs = []
        for turn in range(TURNS):
            pairs.append((_seconds(lambda: _bare(url, pages)), _seconds(lambda: _read(source))))
            progress(turn + 1, TURNS)
    ratio = median_ratio([bare for bare, _ in pairs], [ours for _, ours in pairs])
    best = min(ours for _, ours in pairs)
    notes = {"records": records, "requests": len(pages), "bare loop, s": round(min(bare for bare, _ in pairs), 3)}
    return [Row("alfacrm", records / best, "records/s", ratio, f"≥ {LIMIT} of a bare loop", at_least(LIMIT, ratio), notes)]


def _source(url: str, key: str) -> Source:
    clock = SkippingClock()
    settings = AlfaCrmSettings(url, EMAIL, key, certificate_field=CERTIFICATE_FIELD, excused_reasons=(EXCUSED_REASON,))
    return AlfaCrmAdapter().connect(settings, Http(clock=clock, sleep=clock.sleep))


def _read(source: Source) -> int:
    return sum(len(batch.records) for batch in source.pull(None, NOW, NOW.date() - dt.timedelta(weeks=WEEKS + 2)))


def _bare(url: str, pages: list[Request]) -> int:
    """The same requests one after another on one connection, each answer read as JSON, and nothing made of it."""
    session, items = requests.Session(), 0
    for page in pages:
        headers = {name: page.headers[name] for name in ("content-type", "x-alfacrm-token") if name in page.headers}
        answer: Any = session.request(page.method, url + page.path, params=dict(page.query), data=page.body, headers=headers).json()
        items += len(answer.get("items", ()))
    return items


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def _served() -> Iterator[tuple[str, str, Callable[[], list[Request]]]]:
    """The emulator's address and key, and what tells the requests that it got."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, GROUPS, CHILDREN, WEEKS), daemon=True)
    process.start()
    try:
        url, key = ours.recv()

        def asked_of() -> list[Request]:
            ours.send("asked")
            found: list[Request] = ours.recv()
            return found

        yield url, key, asked_of
    finally:
        ours.send("stop")
        process.join(10)


def _serve(pipe: Connection, groups: int, children: int, weeks: int) -> None:
    with AlfaCrmEmulator(made_club(AlfaCrmEmulator.statuses, groups=groups, children=children, weeks=weeks)) as emulator:
        pipe.send((emulator.url, emulator.key))
        while pipe.recv() == "asked":
            pipe.send(emulator.log)
