"""The row `two_writers`: two processes on one PostgreSQL and one payer, beside one process that does the same work alone, turn by turn."""

from __future__ import annotations

import multiprocessing
import shutil
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.databases import folder, postgres
from benchmarks.ours import Ours
from benchmarks.results import Row, median_ratio
from benchmarks.speed import frozen_gc
from benchmarks.town import Town

Progress = Callable[[int, int], None]
TURN = 8
"""Clubs in one turn."""


def two_writers(town: Town, progress: Progress) -> list[Row]:
    """
    Raises:
        NotHere: there is no server here.
    """
    alone: list[float] = []
    together: list[float] = []
    context = multiprocessing.get_context("spawn")
    with folder() as home, postgres() as server:
        seed = Ours(home / "ours", town, server.create("seed"))
        seed.close()
        writers = []
        try:
            for name, database in (("a", "one"), ("b", "two"), ("c", "two")):
                if name != "c":
                    url = server.create(database, template="seed")
                shutil.copytree(home / "ours", home / name)
                near, far = context.Pipe()
                process = context.Process(target=_writer, args=(far, home / name, town, url), daemon=True)
                process.start()
                writers.append((near, process))
            pipes = [near for near, _ in writers]
            for pipe in pipes:
                pipe.recv()
            for first in range(0, town.providers, TURN):
                clubs = list(range(first, min(first + TURN, town.providers)))
                alone.append(_turn([(pipes[0], clubs)]))
                together.append(_turn([(pipes[1], clubs[0::2]), (pipes[2], clubs[1::2])]))
                progress(first + len(clubs), town.providers)
            for pipe in pipes:
                pipe.send(None)
        finally:
            for _, process in writers:
                process.join(10)
                if process.is_alive():
                    process.terminate()
    ratio = sum(alone) / sum(together)
    marks = town.certificates * 10
    notes = {
        "marks": marks, "one alone, µs/mark": round(sum(alone) / marks * 1e6, 1),
        "median of the turns' ratios": round(median_ratio(alone, together), 3),
    }  # fmt: skip
    return [Row("two_writers", sum(together) / marks * 1e6, "µs/mark", ratio, "≥ 1.4 × one", ratio >= 1.4, notes)]


def _turn(work: Sequence[tuple[Connection, Sequence[int]]]) -> float:
    """Until the slowest has done its clubs. What they take in is made before the clock starts."""
    for pipe, clubs in work:
        pipe.send(clubs)
    for pipe, _ in work:
        pipe.recv()
    begun = time.perf_counter()
    for pipe, _ in work:
        pipe.send("go")
    for pipe, _ in work:
        pipe.recv()
    return time.perf_counter() - begun


def _writer(pipe: Connection, home: Path, town: Town, url: str) -> None:
    ours = Ours(home, town, url, read=False)
    pipe.send("ready")
    with frozen_gc():
        while (clubs := pipe.recv()) is not None:
            made = [(club, town.batches(club)) for club in clubs]
            pipe.send("made")
            pipe.recv()
            for club, batches in made:
                ours.take(club, batches)
            pipe.send("done")
    ours.close()
