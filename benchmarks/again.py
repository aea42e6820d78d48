"""The rows of what comes again: `resend_unchanged`, `resend_1_percent`, `redecide`. Each is held against the first time, club by club."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.databases import folder
from benchmarks.ours import Ours
from benchmarks.results import Row, median_ratio
from benchmarks.speed import frozen_gc
from benchmarks.town import NOW, Town
from gateway.flow import Flow

Progress = Callable[[int, int], None]
TOP_UP = 5_000_00


def resend(town: Town, progress: Progress) -> list[Row]:
    """Each club's month for the first time, unchanged again, and with one mark of a hundred changed. In between all is accepted."""
    first, unchanged, changed = [], [], []
    with folder() as home:
        ours = Ours(home, town)
        try:
            with frozen_gc():
                for provider in range(town.providers):
                    batches = town.batches(provider)
                    first.append(ours.take(provider, batches).wall)
                    ours.settle()
                    unchanged.append(ours.take(provider, batches).wall)
                    ours.settle()
                    changed.append(ours.take(provider, town.batches(provider, changed=100), "changed").wall)
                    ours.settle()
                    progress(provider + 1, town.providers)
        finally:
            ours.close()
    return [
        _again("resend_unchanged", town, unchanged, first, 0.10, "≤ 0.10 of the first"),
        _again("resend_1_percent", town, changed, first, 0.20, "≤ 0.2 of the first"),
    ]


def _again(name: str, town: Town, again: list[float], first: list[float], limit: float, goal: str) -> Row:
    marks = town.certificates * 10
    ratio = sum(again) / sum(first)
    return Row(
        name, sum(again) / marks * 1e6, "µs/mark", ratio, goal, ratio <= limit,
        {
            "marks": marks, "first, µs/mark": round(sum(first) / marks * 1e6, 1),
            "median of the clubs' ratios": round(median_ratio(again, first), 3),
        },
    )  # fmt: skip


def redecide(town: Town, progress: Progress) -> list[Row]:
    """All certificates topped up: every claim is decided again. Reading the top-up itself, which lists the claims, is told beside it."""
    with folder() as home:
        ours = Ours(home, town)
        try:
            with frozen_gc():
                first = marks = 0.0
                for provider in range(town.providers):
                    span = ours.take(provider, town.batches(provider))
                    first, marks = first + span.wall, marks + span.marks
                    ours.settle()
                    progress(provider + 1, town.providers)
                ours.stub.top_up(TOP_UP)
                begun = time.perf_counter()
                Flow.read_register(ours.flow, NOW)
                read = time.perf_counter()
                decided = [0]

                def count(stage: str, done: int) -> None:
                    decided[0] += done if stage == "decide" else 0

                ours.flow.decide_listed(NOW, count)
                middle = time.perf_counter()
                ours.flow.book_listed(NOW, count)
                end = time.perf_counter()
        finally:
            ours.close()
    ratio = (end - read) / first
    notes = {
        "claims decided again": decided[0],
        "first, µs/mark": round(first / marks * 1e6, 1),
        "decide, µs/claim": round((middle - read) / marks * 1e6, 1),
        "book, µs/claim": round((end - middle) / marks * 1e6, 1),
        "reading the top-up and listing, µs/claim": round((read - begun) / marks * 1e6, 1),
    }  # fmt: skip
    return [Row("redecide", (end - read) / marks * 1e6, "µs/claim", ratio, "≤ 0.5 of the first", ratio <= 0.5, notes)]
