"""What a rule is, and the order in which refusals are named.

A rule's code is a plugin (`gateway.plugins.builtin.rules`); the core asks it only through these types. Enrollment rules answer once per
enrollment and change, as intervals of days; mark rules answer for one claim at a time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from gateway.core.facts import Certificate, RegisterGroup, RegisterProvider, Status, Text
from gateway.core.periods import Period


class RuleFailed(Exception):
    """A rule's code raised something, or answered what no rule may: nothing is decided until it is mended. ``rule``: its id."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(f"rule {rule}: {what}")
        self.rule = rule
        self.what = what


RULE_LETTERS = "CPMKANR"
"""The order of «the first reason»: by letter, then by number."""


class Refusal(NamedTuple):
    """Why a mark costs the certificate nothing, and how to mend it."""

    rule: str
    reason: Text
    cure: Text


def order_of(rule: str) -> tuple[int, str]:
    """Sort key of a rule's id in the order C, P, M, K, A, N, R, then the number; plugins' own letters come last."""
    letter = RULE_LETTERS.find(rule[:1])
    return (letter if letter >= 0 else len(RULE_LETTERS), rule)


class Eligibility(NamedTuple):
    """The days on which a rule is met, and what is said of every other day.

    ``refusal`` may be a function without arguments: most enrollments are in order, and nobody reads why they would not be.
    """

    intervals: tuple[Period, ...]
    refusal: Refusal | Callable[[], Refusal]

    def said(self) -> Refusal:
        """The refusal in words."""
        return self.refusal if isinstance(self.refusal, Refusal) else self.refusal()


@dataclass(frozen=True, slots=True)
class EnrollmentView:
    """All that an enrollment rule may see. ``enrollment`` None: the child has none in the group, and no dates of one are known.

    ``period`` runs from the enrollment's first to its last day; ``nominal_period`` is the region's period that holds its first day.
    """

    enrollment: str | None
    state: str | None
    period: Period | None
    nominal_period: Period | None
    certificate: Certificate | None
    group: RegisterGroup
    provider: RegisterProvider | None
    payer: str


class ClaimView(NamedTuple):
    """All that a mark rule may see of a claim. Times are aware, in the provider's zone."""

    child: str
    group: str
    day: dt.date
    slot: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    status: Status
    hours: int | None
    now: dt.datetime


class EnrollmentRule(Protocol):
    """Answers once per enrollment and change.

    Attributes:
        id: letter and number, as the field names it ("C05").
        title: one line, ru and en.
        act: the act or clause it comes from, or "assumed".
        parameters: a frozen dataclass type with the defaults, or None.
        switchable: whether a pack may switch it off.
    """

    id: str
    title: Text
    act: str
    parameters: type | None
    switchable: bool

    def eligible(self, enrollment: EnrollmentView, parameters: Any) -> Eligibility | None:
        """The days on which the rule is met; None: on every day."""


@runtime_checkable
class MarkRule(Protocol):
    """Answers for one claim at a time. ``history``: none, day, month or year of the child's other claims, which the store then loads."""

    id: str
    title: Text
    act: str
    parameters: type | None
    switchable: bool
    history: str

    def check(self, claim: ClaimView, history: Sequence[ClaimView], parameters: Any) -> Refusal | None:
        """Why the claim is refused, or None."""


class Charge(NamedTuple):
    """What a lesson costs, in kopecks: the certificate's part and the parent's, with the explanation line by line."""

    certificate: int
    parent: int
    lines: tuple[Text, ...]


class Tariff(Protocol):
    """``basis``: the charge basis it prices ("per_lesson")."""

    id: str
    title: Text
    act: str
    basis: str
    parameters: type | None

    def price(self, group: RegisterGroup, minutes: int, parameters: Any) -> Charge | None:
        """Price one lesson of ``minutes``; None where the module states no price (then M02 speaks)."""
