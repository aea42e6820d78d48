"""`AdapterConformance`: one class that names an adapter and its emulator gets all tests of the kit; `RecordedConformance`: those that a
recording can bear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from gateway.plugins.schema import load
from gateway.plugins.source import SourceAdapter
from gateway.plugins.testing import change, reading, spoilt, trouble
from gateway.plugins.testing.emulator import Emulator
from gateway.plugins.testing.promises import LIVE, Promise
from gateway.plugins.testing.replay import Replay, replay_of
from gateway.plugins.testing.rig import Rig
from gateway.plugins.testing.standing import EVERYTHING


def _promises_of(module: ModuleType) -> Iterator[Promise]:
    yield from (value for value in vars(module).values() if isinstance(value, Promise))


PROMISES: Mapping[str, Promise] = {each.name: each for module in (reading, change, spoilt, trouble) for each in _promises_of(module)}
"""All checks of the kit, by name."""


class AdapterConformance:
    """Inherit, and name adapter and emulator.

    Attributes:
        not_promised: name of a check → why this adapter cannot promise it; the test is skipped with these words.
        can: abilities that some promises need: "tokens", "certificates", "cancels", "since".
        tells: what the source tells: "members", "marks", "lessons". A timetable tells lessons alone; a lesson that was held is then told as
            planned, for nobody marks it.
    """

    adapter: ClassVar[SourceAdapter]
    emulator: ClassVar[type[Emulator]]
    can: ClassVar[frozenset[str]] = frozenset({"tokens", "certificates", "cancels", "since"})
    tells: ClassVar[frozenset[str]] = EVERYTHING
    not_promised: ClassVar[Mapping[str, str]] = {}

    def settings(self, emulator: Emulator) -> Any:
        """The adapter's settings for this emulator: by default those of its `account`."""
        return load(self.adapter.settings, emulator.account())

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        """Adapter and emulator together, for a check of the author's own as well."""
        with ExitStack() as stack:
            yield Rig(self.adapter, self.emulator, self.settings, stack, self.tells)

    def unmet(self, promise: Promise) -> str | None:
        """Why a check is moot for this adapter; None: it is not."""
        if promise.name in self.not_promised:
            return self.not_promised[promise.name]
        if LIVE in promise.needs and not self.emulator.is_live:
            return "a recording: its club cannot be changed, its records cannot be spoilt, its pages stay as they were"
        lacking, untold = promise.needs - self.can - {LIVE}, promise.about - self.tells
        if untold:
            return f"the source tells no {', '.join(sorted(untold))}"
        return f"the system has no {', '.join(sorted(lacking))}" if lacking else None

    def test_what_is_not_promised_is_known(self) -> None:
        """A check that was renamed must not be excused by its old name."""
        unknown = set(self.not_promised) - set(PROMISES)
        assert not unknown, f"not_promised names checks that there are not: {sorted(unknown)}"


class RecordedConformance(AdapterConformance):
    """The kit on a recording: inherit, name adapter and folder. A check that needs a live system is skipped, and says so.

    Attributes:
        recording: the folder that `gateway adapters record` wrote.
    """

    recording: ClassVar[Path]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "recording" in vars(cls):
            cls.emulator = replay_of(cls.recording)

    def test_the_recording_answers_all_that_is_asked(self) -> None:
        """A request that was never recorded is answered with 404: whatever follows from that says nothing of the adapter."""
        with self.rig() as rig:
            rig.pull_until_it_fails()
            assert isinstance(rig.emulator, Replay)
            assert not rig.emulator.unrecorded, f"not in the recording: {rig.emulator.unrecorded[:5]}; record it again"


def _test_of(promise: Promise) -> Callable[[AdapterConformance], None]:
    def test(self: AdapterConformance) -> None:
        unmet = self.unmet(promise)
        if unmet is not None:
            pytest.skip(unmet)
        with self.rig() as rig:
            promise(rig)

    test.__doc__ = f"{promise.words}: {promise.why}."
    return test


for _name, _promise in PROMISES.items():
    setattr(AdapterConformance, f"test_{_name}", _test_of(_promise))
