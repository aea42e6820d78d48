"""Stage 3, decide: ONE answer per claim, by the latest facts, with ALL the reasons where it is refused. A refusal is a result, never a
failure.

Funds are the next stage's business: what is `charged` here is charged if the certificate can bear it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from gateway.core.claims import Answer, AnswerKind, Claim, NotCharged
from gateway.core.facts import PRESENT, Certificate, Enrollment, RegisterGroup, RegisterProvider, Status
from gateway.core.periods import ALWAYS, Period, common, covers
from gateway.core.refusals import a14
from gateway.core.rules import Charge, ClaimView, Eligibility, EnrollmentView, Refusal, RuleFailed, order_of

IN_FORCE = frozenset({"active", "ending", "closed"})
"""States of an enrollment that count between its days; «closed» is one that ended."""


class BoundRule(NamedTuple):
    """A rule that is in force, with the pack's parameters for it."""

    rule: Any
    parameters: Any


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """What the pack says: enrollment rules, mark rules, the tariff, and whether an excused absence is charged."""

    enrollment_rules: Sequence[BoundRule]
    mark_rules: Sequence[BoundRule]
    price: Callable[[RegisterGroup, int], Charge | None]
    nominal_period: Callable[[dt.date], Period]

    @property
    def needs_history(self) -> bool:
        """Whether a rule in force looks at a child's other claims."""
        return any(bound.rule.history != "none" for bound in self.mark_rules)


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """The register's facts that the claims at hand need. Keys: group; provider; (child, group); child; certificate's lasting id.

    ``digests``: enrollment → a digest of all that an enrollment rule may see of it; equal digests, equal answers. May be empty.
    """

    groups: Mapping[str, RegisterGroup]
    providers: Mapping[str, RegisterProvider]
    enrollments: Mapping[tuple[str, str], Sequence[Enrollment]]
    certificates_of: Mapping[str, Sequence[Certificate]]
    certificates: Mapping[str, Certificate]
    digests: Mapping[str, bytes] = field(default_factory=dict)


REMEMBERED_MAX = 50_000
"""Enrollments whose eligible days are remembered: some 8 MB."""


class EligibleDays:
    """The days on which an enrollment meets all rules, remembered by the digest of what was judged: one object for one pack's rules."""

    def __init__(self, most: int = REMEMBERED_MAX) -> None:
        self._most = most
        self._known: dict[bytes, tuple[Period, ...]] = {}
        self._shared: dict[tuple[Period, ...], tuple[Period, ...]] = {}  # a region's enrollments have few different days

    def of(self, digest: bytes | None) -> tuple[Period, ...] | None:
        """None: not known."""
        return self._known.get(digest) if digest is not None else None

    def remember(self, digest: bytes | None, days: tuple[Period, ...]) -> None:
        if digest is None:
            return
        if len(self._known) >= self._most:
            self._known.clear()
            self._shared.clear()
        self._known[digest] = self._shared.setdefault(days, days)


class _Judged(NamedTuple):
    """An enrollment with what the enrollment rules say of it.

    Attributes:
        certificate: its lasting id, and enrollment the enrollment's; None where there is none.
        in_force: the days on which the enrollment counts; None: on none.
        eligibilities: (rule's id, what it says), of those rules that say anything; None: not asked, as the days are remembered.
        eligible: the days on which all rules are met.
    """

    enrollment: str | None
    certificate: str | None
    in_force: Period | None
    eligibilities: tuple[tuple[str, Eligibility], ...] | None
    eligible: tuple[Period, ...]


class Decider:
    """Decides claims one by one; what is the same for an enrollment or a lesson is worked out once."""

    def __init__(
        self,
        facts: RegisterFacts,
        rules: RulesInForce,
        now: dt.datetime,
        history_of: Callable[[Claim, str], Sequence[ClaimView]] = lambda claim, reach: (),
        eligible_days: EligibleDays | None = None,
    ) -> None:
        self._facts = facts
        self._rules = rules
        self._now = now
        self._history_of = history_of
        self._eligible_days = eligible_days if eligible_days is not None else EligibleDays()
        self._judged: dict[tuple[str, str, str | dt.date], _Judged] = {}
        self._judged_alone: dict[tuple[str, str], _Judged] = {}
        self._lessons: dict[tuple[str, dt.date, int], tuple[dt.datetime, Charge | None]] = {}

    def answer(self, claim: Claim) -> Answer:
        """The claim's answer before funds."""
        judged = self._judged_alone.get((claim.child, claim.group)) or self._judge(claim)
        enrollment, certificate, in_force, _, _ = judged
        status, day = claim.status, claim.day
        if status is None:
            return Answer(AnswerKind.WITHDRAWN, None, (), None, None, enrollment, certificate, _none_if_sent(claim))
        if claim.conflict:
            refusals: tuple[Refusal, ...] = (a14(claim.conflict.split(", ")),)
            return Answer(AnswerKind.WAITING, None, refusals, None, None, enrollment, certificate, claim.attendance)
        if in_force is not None and in_force.first <= day <= in_force.last and not claim.is_cancelled:
            attendance: str | None = _ATTENDANCE[status]
        else:
            attendance = _none_if_sent(claim)
        charge = self._charge(claim)
        reason = _why_not_charged(claim, charge)
        if reason is not None:
            return Answer(AnswerKind.NOT_CHARGED, reason, (), None, None, enrollment, certificate, attendance)
        refusals = self._refusals(claim, judged)
        kind = AnswerKind.REFUSED if refusals else AnswerKind.CHARGED
        price, parent = (charge.certificate, charge.parent) if charge else (None, None)
        return Answer(kind, None, refusals, price, parent, enrollment, certificate, attendance)

    def _refusals(self, claim: Claim, judged: _Judged) -> tuple[Refusal, ...]:
        refusals: list[Refusal] = []
        day = claim.day
        for first, last in judged.eligible:
            if first <= day <= last:
                break
        else:
            said = judged.eligibilities if judged.eligibilities is not None else self._judge(claim, in_full=True).eligibilities
            refusals = [_said(rule, each) for rule, each in said or () if not covers(each.intervals, day)]
        if self._rules.mark_rules:
            view = view_of(claim, self._now)
            for rule, parameters in self._rules.mark_rules:
                history = () if rule.history == "none" else self._history_of(claim, rule.history)
                try:
                    refusal = rule.check(view, history, parameters)
                except Exception as error:
                    raise RuleFailed(rule.id, f"{type(error).__name__}: {error}") from error
                if refusal is not None:
                    refusals.append(_checked(rule.id, refusal, Refusal))
        return tuple(sorted(refusals, key=lambda refusal: order_of(refusal.rule))) if refusals else ()

    def _charge(self, claim: Claim) -> Charge | None:
        """A lesson's price is the same for all its children."""
        lesson = (claim.group, claim.day, claim.slot)
        known = self._lessons.get(lesson)
        if known is None or (known[0] is not claim.starts_at and known[0] != claim.starts_at):
            group = self._facts.groups.get(claim.group)
            known = self._lessons[lesson] = (claim.starts_at, self._rules.price(group, claim.minutes) if group else None)
        return known[1]

    def _judge(self, claim: Claim, in_full: bool = False) -> _Judged:
        """``in_full``: what each rule says is wanted, not the days alone."""
        enrollments = self._facts.enrollments.get((claim.child, claim.group), ())
        enrollment = enrollment_for(enrollments, claim.day)
        # Without an enrollment the certificate is that of the day, and the answer with it.
        key = (claim.child, claim.group, enrollment.enrollment if enrollment else claim.day)
        judged = self._judged.get(key)
        if judged is None or (in_full and judged.eligibilities is None):
            judged = self._judged[key] = self._judge_enrollment(claim, enrollment, in_full)
            if len(enrollments) == 1:
                self._judged_alone[(claim.child, claim.group)] = judged  # it is the nearest on every day
        return judged

    def _judge_enrollment(self, claim: Claim, enrollment: Enrollment | None, in_full: bool) -> _Judged:
        if enrollment is not None:
            certificate = self._facts.certificates.get(enrollment.certificate)
        else:
            certificate = certificate_of_child(self._facts.certificates_of.get(claim.child, ()), claim.day)
        names = (enrollment.enrollment if enrollment else None, certificate.certificate if certificate else None)
        in_force = enrollment.period if enrollment is not None and enrollment.state in IN_FORCE else None
        digest = self._facts.digests.get(enrollment.enrollment) if enrollment is not None else None
        eligible = self._eligible_days.of(digest)
        if eligible is not None and not in_full:
            return _Judged(*names, in_force, None, eligible)
        eligibilities, eligible = self._ask_rules(claim, enrollment, certificate)
        self._eligible_days.remember(digest, eligible)
        return _Judged(*names, in_force, eligibilities, eligible)

    def _ask_rules(
        self, claim: Claim, enrollment: Enrollment | None, certificate: Certificate | None
    ) -> tuple[tuple[tuple[str, Eligibility], ...], tuple[Period, ...]]:
        """(what each rule says, the days on which all are met)."""
        view = EnrollmentView(
            enrollment.enrollment if enrollment else None,
            enrollment.state if enrollment else None,
            enrollment.period if enrollment else None,
            self._rules.nominal_period(enrollment.period.first) if enrollment else None,
            certificate,
            self._facts.groups[claim.group],
            self._facts.providers.get(claim.provider),
            claim.payer,
        )
        eligibilities = []
        eligible: tuple[Period, ...] = (ALWAYS,)
        for bound in self._rules.enrollment_rules:
            answer = _eligibility(bound, view)
            if answer is not None:
                eligibilities.append((bound.rule.id, answer))
                eligible = common(eligible, answer.intervals)
        return tuple(eligibilities), eligible


Checked = TypeVar("Checked")


def _eligibility(bound: BoundRule, view: EnrollmentView) -> Eligibility | None:
    """A rule's code is a stranger's: what it raises is told by the rule's name."""
    try:
        answer = bound.rule.eligible(view, bound.parameters)
    except Exception as error:
        raise RuleFailed(bound.rule.id, f"{type(error).__name__}: {error}") from error
    return None if answer is None else _checked(bound.rule.id, answer, Eligibility)


def _said(rule: str, eligibility: Eligibility) -> Refusal:
    try:
        refusal = eligibility.said()
    except Exception as error:
        raise RuleFailed(rule, f"{type(error).__name__}: {error}") from error
    return _checked(rule, refusal, Refusal)


def _checked(rule: str, answer: object, kind: type[Checked]) -> Checked:
    if not isinstance(answer, kind):
        raise RuleFailed(rule, f"answered {type(answer).__name__}, not {kind.__name__}")
    return answer


def enrollment_for(enrollments: Sequence[Enrollment], day: dt.date) -> Enrollment | None:
    """The one in force on the day (of several the earliest id), else the child's nearest in the group, else None."""
    known = enrollments if len(enrollments) == 1 else sorted(enrollments, key=lambda one: one.enrollment)
    for enrollment in known:
        if _is_in_force(enrollment, day):
            return enrollment
    return min(known, key=lambda one: _distance(one.period, day), default=None)


def certificate_of_child(certificates: Iterable[Certificate], day: dt.date) -> Certificate | None:
    """The child's certificate that is valid on the day, else the one that is so last."""
    known = sorted(certificates, key=lambda one: (day not in one.valid, -one.valid.last.toordinal(), one.certificate))
    return known[0] if known else None


def view_of(claim: Claim, now: dt.datetime) -> ClaimView:
    """What a mark rule may see of a claim."""
    return ClaimView(
        claim.child, claim.group, claim.day, claim.slot, claim.starts_at, claim.ends_at, claim.status or Status.NOTHING, claim.hours, now
    )


def _distance(period: Period, day: dt.date) -> int:
    if day < period.first:
        return (period.first - day).days
    return max(0, (day - period.last).days)


def _is_in_force(enrollment: Enrollment | None, day: dt.date) -> bool:
    return enrollment is not None and enrollment.state in IN_FORCE and day in enrollment.period


def _why_not_charged(claim: Claim, charge: Charge | None) -> NotCharged | None:
    if claim.is_cancelled:
        return NotCharged.CANCELLED
    if claim.status is Status.ABSENT:
        return NotCharged.ABSENT
    if claim.status is Status.EXCUSED:
        return NotCharged.EXCUSED
    if charge is not None and charge.certificate == 0:
        return NotCharged.FREE
    return None


_ATTENDANCE = {status: "attended" if status in PRESENT else status.value for status in Status}
"""What the register's attendance journal says of a word."""


def _none_if_sent(claim: Claim) -> str | None:
    """Attendance that was never sent need not be taken back."""
    return "none" if claim.attendance is not None else None
