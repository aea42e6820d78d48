"""Everything that an author of an adapter, a rule, a tariff or a register connector imports. The rest of `gateway` is not for plugins."""

from __future__ import annotations

from collections.abc import Sequence

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
from gateway.plugins.checks import permitted, some
from gateway.plugins.clocks import Clocks, WallTimes, clocks_of
from gateway.plugins.faults import unexpected
from gateway.plugins.http import Client, Http, Limits, Reply
from gateway.plugins.lists import ListPage, WholeList, whole_list
from gateway.plugins.rate import Rate
from gateway.plugins.records import (
    NO_SENSE,
    Number,
    certificate_of,
    day_of,
    id_or_none,
    id_text,
    is_yes,
    list_of,
    name_of,
    time_of,
    unread,
)
from gateway.plugins.rounds import DONE as ROUND_DONE
from gateway.plugins.rounds import Round, one_named, round_of
from gateway.plugins.schema import BadParameter
from gateway.plugins.settings import secret, secrets_of, setting
from gateway.plugins.signed import check_hmac, check_secret, check_standard
from gateway.plugins.source import (
    Adapter,
    Checked,
    FileAdapter,
    NamesDeliveries,
    NotSigned,
    PushedAdapter,
    Source,
    SourceAdapter,
    SourceError,
    SourceRefused,
    SourceUnavailable,
    Verdict,
)
from gateway.plugins.token import LogIn, Token

INTERFACE_VERSION = 1
"""A plugin module states ``GATEWAY_INTERFACE = 1``; another version is refused by name."""

hookimpl = pluggy.HookimplMarker("pfdo_gateway")


__all__ = [
    "ACADEMIC_HOUR_MINUTES", "ALWAYS", "INTERFACE_VERSION", "NO_SENSE", "PRESENT", "ROUND_DONE", "Adapter", "BadParameter", "Batch",
    "Candidate", "Certificate", "Charge", "Checked", "ClaimView", "Client", "Clocks", "Eligibility", "EmptyMeaning", "Enrollment",
    "EnrollmentRule", "EnrollmentView", "FileAdapter", "Finding", "Group", "Http", "InputRefused", "Lesson", "LessonException",
    "LessonState", "Level", "Limits", "ListPage", "LogIn", "Mark", "MarkRule", "Member", "NamesDeliveries", "NotSigned", "Number",
    "Period", "Place", "PushedAdapter", "Rate", "Record", "Refusal", "RegisterGroup", "RegisterProvider", "Reply", "Round", "Sequence",
    "Source", "SourceAdapter", "SourceError", "SourceRefused", "SourceUnavailable", "Status", "Tariff", "Text", "TimetableLine", "Token",
    "Verdict", "WallTimes", "WholeList", "Window", "certificate_of", "check_hmac", "check_secret", "check_standard", "clocks_of",
    "day_of", "day_text", "half_up", "hookimpl", "id_or_none", "id_text", "intersection", "is_yes", "joined", "kopecks_from_roubles",
    "list_of", "money_text", "month_of", "month_period", "name_of", "one_named", "period_text", "permitted", "roubles_from_kopecks",
    "round_of", "secret", "secrets_of", "setting", "some", "time_of", "unexpected", "unread", "whole_list",
]  # fmt: skip
