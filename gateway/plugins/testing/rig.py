"""An adapter, its emulator and a clock that waits for nobody, put together for one check."""

from __future__ import annotations

import datetime as dt
import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from gateway.core.facts import Batch
from gateway.plugins.http import Http, Limits
from gateway.plugins.settings import secrets_of
from gateway.plugins.source import Source, SourceAdapter, SourceError
from gateway.plugins.testing.clock import SkippingClock
from gateway.plugins.testing.club import Club, made_club
from gateway.plugins.testing.emulator import Emulator
from gateway.plugins.testing.standing import EVERYTHING, Standing, truth

LIMITS = Limits(connect_seconds=2, read_seconds=0.4, answer_seconds_max=0.8, answer_bytes_max=4 << 20, tries=4)
"""The client's limits within the kit: what would take minutes takes a second."""


REQUESTS_MIN, REQUESTS_OF_EACH = 1000, 20
"""What one reading may ask for at most: so much, and so much more for each group, child and lesson. Nobody needs a tenth of it."""


class Stopped(BaseException):
    """A reading that would go on for ever, or has an emulator that is broken. Nobody's ``except Exception`` may keep it from being told."""


class Rig:
    """One adapter before one emulator. ``settings_of``: the adapter's settings for an emulator; ``tells``: what it tells."""

    def __init__(
        self,
        adapter: SourceAdapter,
        emulator: type[Emulator],
        settings_of: Callable[[Emulator], Any],
        stack: ExitStack,
        tells: frozenset[str] = EVERYTHING,
    ) -> None:
        self.adapter = adapter
        self.clock = SkippingClock()
        self.http = Http(LIMITS, self._watching, self.clock.sleep)
        self._emulator_class = emulator
        self._settings_of = settings_of
        self._stack = stack
        self._asked_before = 0
        self._all: list[Emulator] = []
        self.tells = tells
        self.emulator = self._started(None)

    @property
    def club(self) -> Club:
        return self.emulator.club

    @property
    def now(self) -> dt.datetime:
        """The instant of a reading, unless a check needs another."""
        return self.emulator.now

    @property
    def since(self) -> dt.date | None:
        """How far back a reading goes, unless a check needs more."""
        return self.emulator.since

    def hours_later(self, hours: int) -> dt.datetime:
        """A later instant; a recording has answers for its own instant alone."""
        return self.now + dt.timedelta(hours=hours if self.emulator.is_live else 0)

    def truth(self) -> Standing:
        """What ought to stand of the club, as far as the source tells of it."""
        return truth(self.club, self.tells) if self.emulator.is_live else self.emulator.truth()

    def moment(self, after: int, ask: Callable[[], object] | None = None) -> int:
        """After how many requests a trouble is to come, so that it comes at all: ``after``, or before the last one.

        Args:
            ask: what is asked; a first reading, where nothing is said.
        """
        before = len(self.emulator.log)
        (ask or self.pull)()
        count = len(self.emulator.log) - before
        self.emulator.log.clear()
        return max(0, min(after, count - 1))

    def restart(self, club: Club | None = None, page_size: int = 100, **made: Any) -> Emulator:
        """A new emulator with a club of its own; ``made``: as for `made_club`. A recording begins again as it is."""
        is_live = self._emulator_class.is_live
        self.emulator = self._started(club or (made_club(self._emulator_class.statuses, **made) if is_live else None))
        self.emulator.page_size = page_size
        self.http = Http(LIMITS, self._watching, self.clock.sleep)
        return self.emulator

    def another_emulator(self) -> Emulator:
        """One that stands beside: another host."""
        return self._started(None)

    def _started(self, club: Club | None) -> Emulator:
        self._all.append(self._stack.enter_context(self._emulator_class(club, self.clock)))
        return self._all[-1]

    def authors_mistake(self) -> Exception | None:
        """What an emulator's own part ran into: then whatever the adapter makes of it says nothing of the adapter."""
        return next((failure for each in self._all for failure in each.failures), None)

    def _watching(self) -> float:
        """The clock of the client, which looks at it with each request: so a reading is stopped in the adapter itself."""
        if self.authors_mistake() is not None:
            raise Stopped("the emulator is broken")
        self._must_end(len(self.emulator.log) - self._asked_before, "requests, the last of them {}")
        return self.clock()

    def _must_end(self, count: int, of_what: str) -> None:
        club, log = self.emulator.club, self.emulator.log
        there = len(club.groups) + len(club.children) + len(club.lessons) if self.emulator.is_live else len(self.emulator.truth().marks)
        if count > REQUESTS_MIN + REQUESTS_OF_EACH * there:
            last = f"{log[-1].method} {log[-1].path}?{log[-1].query_text}" if log else "none"
            raise Stopped(f"one reading of {there} groups, children and lessons took {count} {of_what.format(last)}")

    def settings(self) -> Any:
        """The adapter's settings; what the author's `account` runs into is kept as the emulator's mistake."""
        try:
            return self._settings_of(self.emulator)
        except Exception as error:
            self.emulator.failures.append(error)
            raise

    def secrets(self) -> tuple[str, ...]:
        """Words that nobody may see: the settings' secrets, the account's key however it was declared, and tokens."""
        key = (self.emulator.key,) if self.emulator.is_live else ()
        return (*secrets_of(self.settings()), *key, *self.emulator.tokens)

    def readme(self) -> str:
        """The README beside the adapter's module; "" where there is none."""
        path = Path(inspect.getfile(type(self.adapter))).with_name("README.md")
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def source(self) -> Source:
        self._asked_before = len(self.emulator.log)
        return self.adapter.connect(self.settings(), self.http)

    def batches(self, cursor: str | None = None, now: dt.datetime | None = None, since: dt.date | None = None) -> Iterator[Batch]:
        """As they come, from a source of their own, as after a new start of the gateway."""
        source = self.source()
        for count, batch in enumerate(source.pull(cursor, now or self.now, since or self.since)):
            self._must_end(count, "batches")
            yield batch

    def pull(self, cursor: str | None = None, now: dt.datetime | None = None, since: dt.date | None = None) -> list[Batch]:
        return list(self.batches(cursor, now, since))

    def pulled(self, cursor: str | None = None, now: dt.datetime | None = None) -> Standing:
        """What stands after a first reading."""
        return Standing().take(self.pull(cursor, now))

    def pull_until_it_fails(self, now: dt.datetime | None = None) -> tuple[list[Batch], SourceError | None]:
        """The batches that came, and what ended them."""
        found: list[Batch] = []
        try:
            for batch in self.batches(now=now):
                found.append(batch)
        except SourceError as error:
            return found, error
        return found, None

    def last_cursor(self, batches: list[Batch]) -> str | None:
        """Of the last batch that has one."""
        return next((batch.cursor for batch in reversed(batches) if batch.cursor is not None), None)

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """All that is logged meanwhile, at every level, by every library."""
        heard: list[str] = []
        handler = _Listener(heard)
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            yield heard
        finally:
            root.removeHandler(handler)
            root.setLevel(level)


class _Listener(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(self.format(record))
