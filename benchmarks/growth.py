"""The rows `growth_sqlite`, `growth_postgresql` and `memory_mb`: many clubs one after another, the last tenth beside the first.

Every club is new and as large as the others, so nothing but what is stored already can make the last ones slower. Minutes lie between the
first and the last, and the machine may be slower by then; so the first tenth is taken in once more, by a new process and into a database
that was set aside while it was empty, club by club in turn with the last tenth. The ratio is that of these two, so it knows what the
database has grown to and what the process has; all tenths as they came are told beside it.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.databases import Postgres, copy_sqlite, folder, postgres
from benchmarks.ours import Ours, Span
from benchmarks.results import Row, median_ratio
from benchmarks.speed import frozen_gc
from benchmarks.town import FULL_MARKS, Town

Progress = Callable[[int, int], None]
FULL_GROWTH = 15 * FULL_MARKS
FEW = 10_000
FLAT, MEMORY_MB = 1.25, 300


def growth(database: str, marks: int, progress: Progress) -> list[Row]:
    """
    Raises:
        NotHere: there is no server here.
    """
    if database == "sqlite":  # in a process of its own, whose memory is nobody else's
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.growth", str(marks)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        found = json.loads(done.stdout)
        return [_row(database, found), _memory(found)]
    with folder() as home, postgres() as server:
        return [_row(database, _on_postgresql(home, server, marks, progress))]


def _row(database: str, found: dict[str, Any]) -> Row:
    per_mark = 1e6 / found["tenth_marks"]
    ratio = sum(found["last"]) / sum(found["first_again"])
    notes = {
        "marks": found["marks"], "first tenth beside it, µs/mark": round(sum(found["first_again"]) * per_mark, 1),
        "median of the clubs' ratios": round(median_ratio(found["last"], found["first_again"]), 3),
        "ratio of CPU": round(sum(found["last_cpu"]) / sum(found["first_again_cpu"]), 3),
        "µs/mark by tenth, as they came": found["tenths"],
    }  # fmt: skip
    return Row(f"growth_{database}", sum(found["last"]) * per_mark, "µs/mark", ratio, f"≤ {FLAT}", ratio <= FLAT, notes)


def _memory(found: dict[str, Any]) -> Row:
    few, peak = found["few"], found["peak"]
    notes = {f"peak at {mark:,} marks, MB": round(peak) for mark, peak in found["peaks"]}
    return Row("memory_mb", peak, "MB", peak / few, f"flat (≤ {FLAT}), < {MEMORY_MB} MB", peak < MEMORY_MB and peak / few <= FLAT, notes)


def _measure(ours: Ours, home: Path, url: str, progress: Progress) -> dict[str, Any]:
    """``home``, ``url``: the database that was set aside."""
    town = ours.town
    tenth = max(1, town.providers // 10)
    begins = town.providers - tenth
    spans: list[Span] = []
    last: list[Span] = []
    again: list[Span] = []
    peaks: list[tuple[int, float]] = []
    marks, step = 0, FEW
    with frozen_gc():
        for provider in range(begins):
            spans.append(ours.take(provider, town.batches(provider)))
            marks += spans[-1].marks
            if marks >= step or provider == begins - 1:
                peaks.append((marks, peak_mb()))
                step *= 10
            progress(provider + 1, town.providers)
        context = multiprocessing.get_context("spawn")
        near, far = context.Pipe()
        process = context.Process(target=_first_again, args=(far, home, town, url), daemon=True)
        process.start()
        near.recv()
        for offset in range(tenth):
            last.append(ours.take(begins + offset, town.batches(begins + offset)))
            near.send(offset)
            again.append(near.recv())
            progress(begins + offset + 1, town.providers)
        near.send(None)
        process.join()
    tenths = [spans[first : first + tenth] for first in range(0, 9 * tenth, tenth)] + [last]
    return {
        "marks": marks + sum(span.marks for span in last), "tenth_marks": sum(span.marks for span in last),
        "last": [span.wall for span in last], "first_again": [span.wall for span in again],
        "last_cpu": [span.cpu for span in last], "first_again_cpu": [span.cpu for span in again],
        "tenths": [round(sum(one.wall for one in each) / max(1, sum(one.marks for one in each)) * 1e6, 1) for each in tenths],
        "few": peaks[0][1], "peak": peaks[-1][1], "peaks": peaks,
    }  # fmt: skip


def _first_again(pipe: Connection, home: Path, town: Town, url: str) -> None:
    """A new process: takes in the clubs that it is told, one at a time."""
    ours = Ours(home, town, url, read=False)
    pipe.send("ready")
    with frozen_gc():
        while (club := pipe.recv()) is not None:
            pipe.send(ours.take(club, town.batches(club)))
    ours.close()


def _on_postgresql(home: Path, server: Postgres, marks: int, progress: Progress) -> dict[str, Any]:
    town = Town(marks)
    url = server.create("grown")
    ours = Ours(home / "ours", town, url)
    ours.close()
    aside = server.create("empty", template="grown")
    try:
        return _measure(ours, home / "ours", aside, progress)
    finally:
        ours.close()


def _on_sqlite(home: Path, marks: int) -> dict[str, Any]:
    town = Town(marks)
    ours = Ours(home / "ours", town)
    aside = home / "empty"
    aside.mkdir()
    copy_sqlite(home / "ours" / "gateway.sqlite", aside / "gateway.sqlite").close()
    shutil.copy(home / "ours" / "secret.key", aside)

    def told(done: int, of: int) -> None:
        if done % 100 == 0:
            print(f"  {done} of {of} clubs", file=sys.stderr, flush=True)

    try:
        return _measure(ours, aside, "", told)
    finally:
        ours.close()


def peak_mb() -> float:
    """The most memory that this process ever had, MB."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import resource  # not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    with folder() as its_home:
        print(json.dumps(_on_sqlite(its_home, int(sys.argv[1]))))
