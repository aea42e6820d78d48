"""The rows `sqlite`, `postgresql` and `sqlite_by_day`: inputs taken in, and beside each the bare loop with the same rows."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.bare import (
    AnyFrozen,
    Bare,
    PostgresBare,
    PostgresFrozen,
    PostgresWritten,
    Reader,
    SqliteBare,
    SqliteFrozen,
    SqliteWritten,
    Written,
    per_table,
)
from benchmarks.databases import folder, postgres
from benchmarks.ours import Ours, Span
from benchmarks.results import Row, median_ratio
from benchmarks.town import DAYS, Town

Progress = Callable[[int, int], None]
Part = tuple[int, Sequence[dt.date]]


@dataclass
class Pairs:
    """What was measured part by part, in the order in which it was."""

    ours: list[Span] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    frozen: list[float] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def marks(self) -> int:
        return sum(span.marks for span in self.ours)

    @property
    def wall(self) -> float:
        return sum(span.wall for span in self.ours)


def by_provider(town: Town) -> list[Part]:
    return [(provider, DAYS) for provider in range(town.providers)]


def by_day(town: Town) -> list[Part]:
    return [(provider, [day]) for day in DAYS for provider in range(town.providers)]


def measure(ours: Ours, parts: Sequence[Part], reader: Reader, bare: Bare, frozen: AnyFrozen, progress: Progress) -> Pairs:
    """Take each part in, then write the very same rows with the bare loop, then the frozen loop for as many marks."""
    pairs = Pairs()
    with frozen_gc():
        for index, (provider, days) in enumerate(parts):
            batches = ours.town.batches(provider, days)
            span = ours.take(provider, batches, f"{days[0]}")
            written: Written = reader.read(ours.town.register_provider(provider).provider)
            pairs.ours.append(span)
            pairs.bare.append(bare.write(written))
            pairs.frozen.append(frozen.write(f"club-{provider:05d}-{days[0]}", span.marks))
            for name, count in per_table([written]).items():
                pairs.rows[name] = pairs.rows.get(name, 0) + count
            progress(index + 1, len(parts))
    return pairs


class frozen_gc:
    """What lives before the measured span is no work for the collector within it, which stays on."""

    def __enter__(self) -> None:
        gc.collect()
        gc.freeze()

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()


def pairs_on_sqlite(town: Town, parts: Sequence[Part], progress: Progress) -> Pairs:
    with folder() as home:
        ours = Ours(home / "ours", town)
        database = home / "ours" / "gateway.sqlite"
        bare = SqliteBare(database, home / "bare.sqlite")
        try:
            return measure(ours, parts, SqliteWritten(database), bare, SqliteFrozen(home / "frozen.sqlite"), progress)
        finally:
            ours.close()


def pairs_on_postgresql(town: Town, parts: Sequence[Part], progress: Progress) -> Pairs:
    """
    Raises:
        NotHere: there is no server here.
    """
    with folder() as home, postgres() as server:
        ours = Ours(home / "ours", town, server.create("ours"))
        ours.close()  # a template must have no connections; the engine opens new ones
        bare = PostgresBare(server, "ours", "bare")
        try:
            return measure(ours, parts, PostgresWritten(server, "ours"), bare, PostgresFrozen(server, "frozen"), progress)
        finally:
            ours.close()


def row_of(name: str, pairs: Pairs, limit: float, goal: str) -> Row:
    """``ratio``: the bare loop's time ÷ ours, which is our speed in the bare loop's."""
    marks, wall = pairs.marks, pairs.wall
    ratio = sum(pairs.bare) / wall
    walls = [span.wall for span in pairs.ours]
    return Row(
        name, wall / marks * 1e6, "µs/mark", ratio, goal, ratio >= limit,
        {
            "marks": marks,
            "inputs": len(pairs.ours),
            "median of the parts' ratios": round(median_ratio(pairs.bare, walls), 3),
            "bare, µs/mark": round(sum(pairs.bare) / marks * 1e6, 1),
            "÷ frozen loop": round(sum(pairs.frozen) / wall, 3),
            "frozen, µs/mark": round(sum(pairs.frozen) / marks * 1e6, 1),
            "our CPU, µs/mark": round(sum(span.cpu for span in pairs.ours) / marks * 1e6, 1),
            "reading the report, µs/mark": round(sum(span.report for span in pairs.ours) / marks * 1e6, 1),
            "rows a mark": {table: round(count / marks, 3) for table, count in sorted(pairs.rows.items())},
        },
    )  # fmt: skip


def rows_written(pairs: Pairs) -> Iterator[tuple[str, int]]:
    yield from sorted(pairs.rows.items())
