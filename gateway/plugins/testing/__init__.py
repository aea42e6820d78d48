"""The conformance kit: what an adapter promises, tried against an emulator of its system. docs/adapter-tutorial.md leads through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.plugins.testing.clock import SkippingClock
from gateway.plugins.testing.club import NOW, Child, Club, ClubGroup, ClubLesson, made_club
from gateway.plugins.testing.emulator import Emulator
from gateway.plugins.testing.promises import LIVE, Broken, Promise
from gateway.plugins.testing.replay import Replay, replay_of
from gateway.plugins.testing.rig import Rig
from gateway.plugins.testing.standing import Standing, differences, truth
from gateway.plugins.testing.traffic import ALWAYS, Answer, Fault, Request

if TYPE_CHECKING:
    from gateway.plugins.testing.conformance import PROMISES, AdapterConformance, RecordedConformance


def __getattr__(name: str) -> Any:
    """The kit itself needs pytest; whoever only serves an emulator does not have it."""
    if name in ("PROMISES", "AdapterConformance", "RecordedConformance"):
        from gateway.plugins.testing import conformance

        return getattr(conformance, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "ALWAYS", "LIVE", "NOW", "PROMISES", "AdapterConformance", "Answer", "Broken", "Child", "Club", "ClubGroup", "ClubLesson", "Emulator",
    "Fault", "Promise", "RecordedConformance", "Replay", "Request", "Rig", "SkippingClock", "Standing", "differences", "made_club",
    "replay_of", "truth",
]  # fmt: skip
