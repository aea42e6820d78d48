"""Everything that an author of an adapter, a rule, a tariff or a register connector imports. The rest of `gateway` is not for plugins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pluggy

from gateway.core.facts import (
    PRESENT,
    Batch,
    Candidate,
    Certificate,
    EmptyMeaning,
    Enrollment,
    Finding,
    Group,
    InputRefused,
    Lesson,
    LessonException,
    LessonState,
    Level,
    Mark,
    Member,
    Place,
    Record,
    RegisterGroup,
    RegisterProvider,
    Status,
    Text,
    TimetableLine,
    Window,
)
from gateway.core.money import half_up, kopecks_from_roubles, roubles_from_kopecks
from gateway.core.periods import ACADEMIC_HOUR_MINUTES, ALWAYS, Period, intersection, month_of, month_period
from gateway.core.rules import (
    Charge,
    ClaimView,
    Eligibility,
    EnrollmentRule,
    EnrollmentView,
    MarkRule,
    Refusal,
    Tariff,
)
from gateway.core.wording import day_text, joined, money_text, period_text
from gateway.plugins.schema import BadParameter

INTERFACE_VERSION = 1
"""A plugin module states ``GATEWAY_INTERFACE = 1``; another version is refused by name."""

hookimpl = pluggy.HookimplMarker("pfdo_gateway")


class Adapter(Protocol):
    """One provider system. It knows its protocol and nothing of certificates.

    Attributes:
        name: names the adapter in settings and on the command line.
        title: one line, ru and en.
    """

    name: str
    title: Text

    def reads(self, path: Path) -> bool:
        """Whether ``parse`` is for files of this kind (by name and first bytes)."""

    def parse(self, path: Path, mapping: Mapping[str, Any], month: str | None, now: dt.datetime) -> Iterator[Batch]:
        """Read a file.

        Args:
            mapping: the provider's mapping file as read ({} where there is none).
            month: ``YYYY-MM`` that the file is taken in for; None: whatever month the file says.
            now: aware.

        Raises:
            InputRefused: nothing of the file can be taken.
        """


__all__ = [
    "ACADEMIC_HOUR_MINUTES", "ALWAYS", "INTERFACE_VERSION", "PRESENT", "Adapter", "BadParameter", "Batch", "Candidate",
    "Certificate", "Charge", "ClaimView", "Eligibility", "EmptyMeaning", "Enrollment", "EnrollmentRule", "EnrollmentView",
    "Finding", "Group", "InputRefused", "Lesson", "LessonException", "LessonState", "Level", "Mark", "MarkRule", "Member", "Period",
    "Place", "Record", "Refusal", "RegisterGroup", "RegisterProvider", "Sequence", "Status", "Tariff", "Text", "TimetableLine",
    "Window", "day_text", "half_up", "hookimpl", "intersection", "joined", "kopecks_from_roubles", "money_text", "month_of",
    "month_period", "period_text", "roubles_from_kopecks",
]  # fmt: skip
