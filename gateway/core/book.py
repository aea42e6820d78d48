"""Stage 4, book: the difference between each answer and the claim's live debit, within what the certificate holds.

All listed answers of a certificate go together, by day, slot and id: first booked, first served, and nothing is taken back for another's
sake. A booked debit is taken back for attendance, match, an enrollment ended or replaced, or a person's undo; for any other reason it
stays,
and the difference is a person's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.core.claims import Answer, AnswerKind, Claim, NotCharged, attendance_id, debit_id, reversal_id
from gateway.core.ledger import AccountKind, AccountName, Transfer, TransferKind
from gateway.core.periods import Period, month_of
from gateway.core.refusals import a07
from gateway.core.rules import Refusal, order_of


class Booking(NamedTuple):
    """An operation for the register. Amounts are kopecks; an attendance has none."""

    id: str
    kind: str
    claim: Claim
    n: int
    month: str
    amount: int
    enrollment: str | None
    certificate: str | None
    minutes: int
    after: str | None = None
    refers_to: str | None = None
    status: str | None = None


class Booked(NamedTuple):
    """A claim's final answer: with A07 where funds are short. ``keeps``: a live debit stays although the answer no longer bears it."""

    claim: Claim
    answer: Answer
    amount: int | None
    keeps: bool


class HeldFor(NamedTuple):
    """The hold of one debit; ``booking`` is its index in `BookedAll.operations`."""

    booking: int
    transfer: Transfer


@dataclass(slots=True)
class BookedAll:
    """The plan of one batch of certificates."""

    answers: list[Booked] = field(default_factory=list)
    operations: list[Booking] = field(default_factory=list)
    holds: list[HeldFor] = field(default_factory=list)


class Barred(NamedTuple):
    """Nothing is booked: the lesson's month is closed, and the payer has to allow it (``waits``) or did not."""

    refusal: Refusal
    waits: bool


BookedIn = Callable[[Claim, str, int], str | Barred]
"""(claim, operation's id, kopecks) → the month that a debit or reversal is booked in."""


def in_its_month(claim: Claim, _operation: str, _amount: int) -> str:
    """The lesson's own month: right where no month is closed."""
    return month_of(claim.day)


TAKES_BACK = frozenset({NotCharged.OUTSIDE, NotCharged.CANCELLED, NotCharged.ABSENT, NotCharged.EXCUSED})
ENROLLMENT_RULE = "A01"


def plan(
    decided: Iterable[tuple[Claim, Answer]],
    free: Mapping[AccountName, int],
    nominal_period: Callable[[dt.date], Period],
    booked_in: BookedIn = in_its_month,
) -> BookedAll:
    """Book what is listed.

    Args:
        decided: claims without an operation under way, with their answers before funds.
        free: what each certificate's account may still spend, kopecks; an account that is missing holds nothing.
        booked_in: `gateway.core.close.Months`, where months may be closed.
    """
    booked = BookedAll()
    left = dict(free)
    accounts = _Accounts(nominal_period)
    for claim, answer in sorted(decided, key=lambda pair: (pair[0].day, pair[0].slot, pair[0].key)):
        account = accounts.of(claim, answer.certificate) if answer.certificate is not None else None
        _book_money(claim, answer, account, accounts, left, booked, booked_in)
        attendance = answer.attendance
        if attendance is not None and claim.is_said and attendance != (claim.attendance or "none"):
            booked.operations.append(_attendance_of(claim, answer))
    return booked


def without_funds(claim: Claim, answer: Answer) -> Booked | None:
    """What `plan` answers where nothing is booked whatever the certificate holds; None: it depends, or there is something to book."""
    if claim.is_said and answer.attendance is not None and answer.attendance != (claim.attendance or "none"):
        return None
    if claim.live is not None:
        return None if _must_go(claim, answer) else _kept(claim, answer)
    if answer.kind is AnswerKind.CHARGED or (answer.kind is AnswerKind.REFUSED and answer.price and answer.certificate is not None):
        return None
    return Booked(claim, answer, None, keeps=False)


class _Accounts:
    """Names of the accounts that a batch moves money between, each made once."""

    def __init__(self, nominal_period: Callable[[dt.date], Period]) -> None:
        self._nominal_period = nominal_period
        self._periods: dict[dt.date, str] = {}
        self._certificates: dict[tuple[str, str, str], AccountName] = {}
        self._payables: dict[tuple[str, str, str], AccountName] = {}

    def of(self, claim: Claim, certificate: str) -> AccountName:
        """The certificate's account of the nominal period that holds the lesson's day."""
        period = self._periods.get(claim.day)
        if period is None:
            period = self._periods[claim.day] = self._nominal_period(claim.day).first.isoformat()
        key = (claim.payer, period, certificate)
        account = self._certificates.get(key)
        if account is None:
            account = self._certificates[key] = AccountName(claim.payer, period, AccountKind.CERTIFICATE, certificate)
        return account

    def payable(self, certificate: AccountName, provider: str) -> AccountName:
        """The provider's account that the certificate pays into."""
        key = (certificate.payer, certificate.period, provider)
        account = self._payables.get(key)
        if account is None:
            account = self._payables[key] = AccountName(certificate.payer, certificate.period, AccountKind.PAYABLE, provider)
        return account


def _book_money(
    claim: Claim,
    answer: Answer,
    account: AccountName | None,
    accounts: _Accounts,
    left: dict[AccountName, int],
    booked: BookedAll,
    booked_in: BookedIn,
) -> None:
    if claim.live is not None:
        goes = _must_go(claim, answer)
        booked.answers.append(_take_back(claim, answer, account, left, booked, booked_in) if goes else _kept(claim, answer))
        return
    if answer.kind is not AnswerKind.NOT_CHARGED:
        answer = _with_funds(answer, account, left)
    if answer.kind is not AnswerKind.CHARGED or account is None or answer.price is None:
        booked.answers.append(Booked(claim, answer, None, False))
        return
    if not claim.is_said:
        # The register took a debit of it back, and what the source said is older than that: it is to be read again.
        booked.answers.append(Booked(claim, answer._replace(kind=AnswerKind.WAITING), None, keeps=True))
        return
    id_ = debit_id(claim.key, claim.debits)
    month = booked_in(claim, id_, answer.price)
    if isinstance(month, Barred):
        kind = AnswerKind.WAITING if month.waits else AnswerKind.REFUSED
        booked.answers.append(Booked(claim, answer._replace(kind=kind, refusals=(month.refusal,)), None, keeps=False))
        return
    left[account] -= answer.price
    booked.operations.append(_debit_of(claim, answer, id_, month))
    hold = Transfer(account, accounts.payable(account, claim.provider), answer.price, TransferKind.HOLD, month, "debit", None, id_)
    booked.holds.append(HeldFor(len(booked.operations) - 1, hold))
    booked.answers.append(Booked(claim, answer, answer.price, False))


def _take_back(
    claim: Claim, answer: Answer, account: AccountName | None, left: Mapping[AccountName, int], booked: BookedAll, booked_in: BookedIn
) -> Booked:
    """The live debit goes, in the month that is open to it."""
    live = claim.live
    assert live is not None  # the caller has seen it
    id_ = reversal_id(live.id)
    month = booked_in(claim, id_, live.amount)
    if not isinstance(month, Barred):
        booked.operations.append(_reversal_of(claim, id_, month))
        return Booked(claim, _with_funds(answer, account, left) if answer.kind is AnswerKind.REFUSED else answer, None, keeps=False)
    kind = AnswerKind.WAITING if month.waits else AnswerKind.CHARGED
    if answer.kind is AnswerKind.WITHDRAWN and not month.waits:
        kind = AnswerKind.WITHDRAWN
    return Booked(claim, answer._replace(kind=kind, not_charged=None, refusals=(month.refusal,)), live.amount, keeps=False)


def _kept(claim: Claim, answer: Answer) -> Booked:
    """The live debit stays, be it that today's facts would no longer bear it."""
    live = claim.live
    assert live is not None  # the caller has seen it
    keeps = answer.kind is not AnswerKind.CHARGED or answer.price != live.amount
    if answer.kind is AnswerKind.CHARGED and answer.not_charged is None:
        return Booked(claim, answer, live.amount, keeps)
    if answer.kind not in (AnswerKind.WAITING, AnswerKind.WITHDRAWN):
        return Booked(claim, answer._replace(kind=AnswerKind.CHARGED, not_charged=None), live.amount, keeps)
    return Booked(claim, answer, live.amount, keeps=keeps and answer.kind is not AnswerKind.WAITING)


def _with_funds(answer: Answer, account: AccountName | None, left: Mapping[AccountName, int]) -> Answer:
    """A07, tested for refused claims with a price too, in their place, consuming nothing."""
    if answer.kind not in (AnswerKind.CHARGED, AnswerKind.REFUSED) or account is None or not answer.price:
        return answer
    free = left.get(account, 0)
    if free >= answer.price:
        return answer
    refusals = sorted((*answer.refusals, a07(answer.price, max(0, free))), key=lambda refusal: order_of(refusal.rule))
    return answer._replace(kind=AnswerKind.REFUSED, refusals=tuple(refusals))


def _must_go(claim: Claim, answer: Answer) -> bool:
    """Whether the live debit is taken back: for what the child did, whose mark it is, or an enrollment ended or replaced."""
    live = claim.live
    # An adopted debit that no source has spoken of since is a difference for a person, never a reversal.
    if live is None or answer.kind is AnswerKind.WAITING or not claim.is_said:
        return False
    if answer.kind is AnswerKind.WITHDRAWN:
        return True
    if answer.kind is AnswerKind.NOT_CHARGED:
        return answer.not_charged in TAKES_BACK
    if (answer.enrollment, answer.certificate) != (live.enrollment, live.certificate) or any(
        refusal.rule == ENROLLMENT_RULE for refusal in answer.refusals
    ):
        return True
    # Another length of the lesson is another attendance; another price of the same lesson is a person's business.
    return answer.kind is AnswerKind.CHARGED and answer.price != live.amount and live.minutes not in (0, claim.minutes)


# Millions of these two are made: their fields stand in order, which is half of the time that their names would take.


def _debit_of(claim: Claim, answer: Answer, id_: str, month: str) -> Booking:
    return Booking(
        id_, "debit", claim, claim.debits, month, answer.price or 0, answer.enrollment, answer.certificate, claim.minutes,
        claim.last_acceptance,
    )  # fmt: skip


def _attendance_of(claim: Claim, answer: Answer) -> Booking:
    return Booking(
        attendance_id(claim.key, claim.attendances), "attendance", claim, claim.attendances, month_of(claim.day), 0, answer.enrollment,
        answer.certificate, claim.minutes, None, None, answer.attendance,
    )  # fmt: skip


def _reversal_of(claim: Claim, id_: str, month: str) -> Booking:
    live = claim.live
    assert live is not None  # the caller has seen it
    return Booking(
        id=id_,
        kind="reversal",
        claim=claim,
        n=claim.debits - 1,
        month=month,
        amount=live.amount,
        enrollment=live.enrollment,
        certificate=live.certificate,
        minutes=live.minutes,
        after=claim.last_acceptance,
        refers_to=live.id,
    )
