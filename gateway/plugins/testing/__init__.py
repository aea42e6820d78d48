"""The conformance kit: what an adapter promises, tried against an emulator of its system. docs/adapter-tutorial.md leads through it."""

from __future__ import annotations

from gateway.plugins.testing.clock import SkippingClock
from gateway.plugins.testing.club import NOW, Child, Club, ClubGroup, ClubLesson, made_club
from gateway.plugins.testing.emulator import ALWAYS, Answer, Emulator, Fault, Request

__all__ = [
    "ALWAYS", "NOW", "Answer", "Child", "Club", "ClubGroup", "ClubLesson", "Emulator", "Fault", "Request", "SkippingClock", "made_club",
]  # fmt: skip
