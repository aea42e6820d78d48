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
from gateway.core.rules import Charge, ClaimView, Eligibility, EnrollmentView, MarkRule, Refusal, RuleFailed, order_of

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
    """The register's facts that the claims at hand need. Keys: group; provider; (child, group); child; certificate's lasting id."""

    groups: Mapping[str, RegisterGroup]
    providers: Mapping[str, RegisterProvider]
    enrollments: Mapping[tuple[str, str], Sequence[Enrollment]]
    certificates_of: Mapping[str, Sequence[Certificate]]
    certificates: Mapping[str, Certificate]


class _Judged(NamedTuple):
    """An enrollment with what the enrollment rules say of it. ``eligible``: the days on which all of them are met."""

    enrollment: Enrollment | None
    certificate: Certificate | None
    eligibilities: tuple[Eligibility, ...]
    eligible: tuple[Period, ...]


@dataclass(slots=True)
class Decider:
    """Decides claims one by one; what is the same for an enrollment or a lesson is worked out once."""

    facts: RegisterFacts
    rules: RulesInForce
    now: dt.datetime
    history_of: Callable[[Claim, str], Sequence[ClaimView]] = field(default=lambda claim, reach: ())
    _judged: dict[tuple[str, str, str | dt.date], _Judged] = field(default_factory=dict)
    _lessons: dict[tuple[str, dt.date, int], tuple[dt.datetime, Charge | None]] = field(default_factory=dict)

    def answer(self, claim: Claim) -> Answer:
        """The claim's answer before funds."""
        judged = self._judge(claim)
        in_force = _is_in_force(judged.enrollment, claim.day)
        attendance = _attendance(claim) if in_force and not claim.is_cancelled else _none_if_sent(claim)
        enrollment = judged.enrollment.enrollment if judged.enrollment else None
        certificate = judged.certificate.certificate if judged.certificate else None
        if claim.status is None:
            return Answer(AnswerKind.WITHDRAWN, enrollment=enrollment, certificate=certificate, attendance=_none_if_sent(claim))
        if claim.conflict:
            return Answer(
                AnswerKind.WAITING,
                refusals=(a14(claim.conflict.split(", ")),),
                enrollment=enrollment,
                certificate=certificate,
                attendance=claim.attendance,
            )
        charge = self._charge(claim)
        reason = _why_not_charged(claim, charge)
        if reason is not None:
            return Answer(AnswerKind.NOT_CHARGED, reason, enrollment=enrollment, certificate=certificate, attendance=attendance)
        refusals = self._refusals(claim, judged)
        return Answer(
            AnswerKind.REFUSED if refusals else AnswerKind.CHARGED,
            refusals=refusals,
            price=charge.certificate if charge else None,
            parent=charge.parent if charge else None,
            enrollment=enrollment,
            certificate=certificate,
            attendance=attendance,
        )

    def _refusals(self, claim: Claim, judged: _Judged) -> tuple[Refusal, ...]:
        refusals: list[Refusal] = []
        if not covers(judged.eligible, claim.day):
            refusals = [each.refusal for each in judged.eligibilities if not covers(each.intervals, claim.day)]
        if self.rules.mark_rules:
            view = view_of(claim, self.now)
            for bound in self.rules.mark_rules:
                rule: MarkRule = bound.rule
                history = () if rule.history == "none" else self.history_of(claim, rule.history)
                try:
                    refusal = rule.check(view, history, bound.parameters)
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
            group = self.facts.groups.get(claim.group)
            known = self._lessons[lesson] = (claim.starts_at, self.rules.price(group, claim.minutes) if group else None)
        return known[1]

    def _judge(self, claim: Claim) -> _Judged:
        enrollment = enrollment_for(self.facts.enrollments.get((claim.child, claim.group), ()), claim.day)
        # Without an enrollment the certificate is that of the day, and the answer with it.
        key = (claim.child, claim.group, enrollment.enrollment if enrollment else claim.day)
        judged = self._judged.get(key)
        if judged is None:
            judged = self._judged[key] = self._judge_enrollment(claim, enrollment)
        return judged

    def _judge_enrollment(self, claim: Claim, enrollment: Enrollment | None) -> _Judged:
        if enrollment is not None:
            certificate = self.facts.certificates.get(enrollment.certificate)
        else:
            certificate = certificate_of_child(self.facts.certificates_of.get(claim.child, ()), claim.day)
        view = EnrollmentView(
            enrollment=enrollment.enrollment if enrollment else None,
            state=enrollment.state if enrollment else None,
            period=enrollment.period if enrollment else None,
            nominal_period=self.rules.nominal_period(enrollment.period.first) if enrollment else None,
            certificate=certificate,
            group=self.facts.groups[claim.group],
            provider=self.facts.providers.get(claim.provider),
            payer=claim.payer,
        )
        eligibilities = tuple(answer for bound in self.rules.enrollment_rules if (answer := _eligibility(bound, view)) is not None)
        eligible: tuple[Period, ...] = (ALWAYS,)
        for each in eligibilities:
            eligible = common(eligible, each.intervals)
        return _Judged(enrollment, certificate, eligibilities, eligible)


Checked = TypeVar("Checked")


def _eligibility(bound: BoundRule, view: EnrollmentView) -> Eligibility | None:
    """A rule's code is a stranger's: what it raises is told by the rule's name."""
    try:
        answer = bound.rule.eligible(view, bound.parameters)
    except Exception as error:
        raise RuleFailed(bound.rule.id, f"{type(error).__name__}: {error}") from error
    return None if answer is None else _checked(bound.rule.id, answer, Eligibility)


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


def _attendance(claim: Claim) -> str | None:
    if claim.status in PRESENT:
        return "attended"
    return str(claim.status)


def _none_if_sent(claim: Claim) -> str | None:
    """Attendance that was never sent need not be taken back."""
    return "none" if claim.attendance is not None else None
