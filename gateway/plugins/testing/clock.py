"""A clock on which waiting takes no time: who sleeps puts it forward."""

from __future__ import annotations

import threading
import time


class SkippingClock:
    """Real seconds and, on top, all that was slept. ``slept``: each pause, in seconds. Safe between threads."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._ahead = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._ahead += seconds

    def put_forward(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        with self._lock:
            self._ahead += seconds
