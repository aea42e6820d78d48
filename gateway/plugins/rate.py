"""Turns: so many requests a minute, so many at once, and all of them wait where the other side asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Rate(NamedTuple):
    """How much a system may be asked. Vendors write it down; where one does not, ask little."""

    per_minute: int = 120
    at_once: int = 1


class Turns:
    """The turns of one provider's requests. Safe between threads."""

    def __init__(self, rate: Rate, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """``clock``: seconds that never go back; ``sleep``: waits so many seconds.

        Raises:
            ValueError: a rate below one.
        """
        if rate.per_minute < 1 or rate.at_once < 1:
            raise ValueError("a rate is at least one request a minute, and one at once")
        self._seconds_between = 60 / rate.per_minute
        self._places = threading.BoundedSemaphore(rate.at_once)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = clock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn, and keep the place while the request is under way."""
        with self._places:
            with self._lock:
                starts_at = max(self._free_at, self._clock())
                self._free_at = starts_at + self._seconds_between
            self._sleep_until(starts_at)
            yield

    def hold_off(self, seconds: float) -> None:
        """Nobody's turn comes before so many seconds have passed."""
        with self._lock:
            self._free_at = max(self._free_at, self._clock() + seconds)

    def _sleep_until(self, instant: float) -> None:
        seconds = instant - self._clock()
        if seconds > 0:
            self._sleep(seconds)
