"""The row `dry_run_50k`: 50,000 marks of one club tried out, every refusal with all its reasons, and the report made. An observation."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.databases import folder
from benchmarks.ours import Ours
from benchmarks.results import Row
from benchmarks.town import NOW, Town
from gateway.flow.intake import try_out

Progress = Callable[[int, int], None]
ROWS = 50_000
SPOILT = 7
GOAL_SECONDS = 15.0


def dry_run(rows: int, progress: Progress) -> list[Row]:
    """One certificate of seven is frozen or too poor, one of seven begins in mid-month. The rows are parsed already."""
    town = Town(rows, spoilt=SPOILT, clubs=1)
    with folder() as home:
        ours = Ours(home, town)
        try:
            asked = ours.asked(0, town.batches(0))
            begun = time.perf_counter()
            intake = try_out(ours.flow, asked, NOW, lambda stage, done: None)
            planned = time.perf_counter()
            report = ours.gateway._report(intake, asked)
            end = time.perf_counter()
        finally:
            ours.close()
    progress(1, 1)
    refused = [mark for mark in report["marks"] if mark["answer"] == "refused"]
    rules = sorted({reason["rule"] for mark in refused for reason in mark["reasons"]})
    notes = {
        "rows": len(report["marks"]), "refused": len(refused), "rules named": ", ".join(rules), "report, s": round(end - planned, 2),
    }  # fmt: skip
    seconds = end - begun
    return [Row("dry_run_50k", seconds, "s", seconds / GOAL_SECONDS, f"< {GOAL_SECONDS:.0f} s, an observation", None, notes)]
