"""Progress bars on standard error while a long import runs; nothing where nobody looks on."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gateway.cli.face import Face, console
from gateway.flow import Progress as Report

STAGES = ("register", "read", "match", "decide", "book", "post")
QUIET_SECONDS = 0.5
"""A call that is over sooner shows no bars."""


@contextmanager
def shown_progress(face: Face) -> Iterator[Report]:
    """The callback that the gateway tells of its progress."""
    if not sys.stderr.isatty():
        yield lambda stage, done: None
        return
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(sys.stderr),
        transient=True,
    )
    shown = _Bars(bars, {stage: face.text(f"stage.{stage}") for stage in STAGES})
    try:
        yield shown
    finally:
        bars.stop()


class _Bars:
    """A bar per stage, from the stage's first word on."""

    def __init__(self, bars: Progress, names: dict[str, str]) -> None:
        self._bars = bars
        self._names = names
        self._tasks: dict[str, TaskID] = {}
        self._done: dict[str, int] = {}
        self._started = time.monotonic()
        self._is_seen = False

    def __call__(self, stage: str, done: int) -> None:
        if not self._is_seen and time.monotonic() - self._started > QUIET_SECONDS:
            self._bars.start()
            self._is_seen = True
        self._done[stage] = self._done.get(stage, 0) + done
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(self._names.get(stage, stage), total=None)
        self._bars.update(self._tasks[stage], completed=self._done[stage], total=self._length_of(stage))

    def _length_of(self, stage: str) -> int | None:
        """How long a stage will be, guessed by what the stages before it have done with the sheet; None: nobody knows."""
        before = STAGES[1 : STAGES.index(stage)] if stage in STAGES else ()
        fed = [self._done[one] for one in before if one in self._done]
        return max(fed[-1], self._done[stage]) if fed else None
