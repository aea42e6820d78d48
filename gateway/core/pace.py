"""When to try again: how long an unanswered operation rests, and when a register that does not answer is left alone.

The delays are for the register's comfort; what is safe never depends on a clock.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import NamedTuple

DELAY_SECONDS = 30
DELAY_SECONDS_MAX = 3600
FREE_TRIES = 2
"""After so many tries without an answer the next run may still try at once; from then on the delay doubles."""

BATCHES_UNANSWERED_MAX = 3
"""So many batches in a row without an answer open the circuit."""

PROBE = 20
"""Operations that a half-open circuit lets through to see whether the register is back."""


def next_try(tries: int, now: dt.datetime, chance: float) -> dt.datetime:
    """When an operation that was tried so often without an answer may be tried again. ``chance``: 0 … 1, spreads the gateways apart."""
    if tries <= FREE_TRIES:
        return now
    seconds = min(DELAY_SECONDS_MAX, DELAY_SECONDS * 2 ** min(tries - FREE_TRIES - 1, 16))
    return now + dt.timedelta(seconds=seconds * (0.5 + chance))


LATEST_SECONDS = DELAY_SECONDS_MAX * 2
"""No delay is longer: an instant that lies further ahead was written by a clock that has since been put back."""


class Circuit(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker(NamedTuple):
    """The circuit to one register.

    Attributes:
        failures: batches in a row without any answer.
        openings: how often it was found silent since it answered last.
        open_until: from then on a probe may go; None: closed.
    """

    failures: int = 0
    openings: int = 0
    open_until: dt.datetime | None = None

    def state(self, now: dt.datetime) -> Circuit:
        if self.open_until is None:
            return Circuit.CLOSED
        is_over = self.open_until <= now or self.open_until > now + dt.timedelta(seconds=LATEST_SECONDS)
        return Circuit.HALF_OPEN if is_over else Circuit.OPEN

    def failed(self, now: dt.datetime, chance: float) -> Breaker:
        """After a batch without an answer. A probe that fails opens the circuit again, for longer."""
        failures = self.failures + 1
        if self.open_until is None and failures < BATCHES_UNANSWERED_MAX:
            return self._replace(failures=failures)
        openings = self.openings + 1
        return Breaker(failures, openings, next_try(openings, now, chance))

    def answered(self) -> Breaker:
        return Breaker()
