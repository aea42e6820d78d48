"""Stage 5, post: what the register's answers mean for the ledger and the claims.

Accepted settles the hold; rejected releases it; unanswered keeps it, for nobody knows; behind adopts the register's word. An adopted debit
without a fact is a difference for a person, never a reversal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import NamedTuple

from gateway.core.facts import Text
from gateway.core.ledger import AccountKind, AccountName, Transfer, TransferKind
from gateway.core.periods import Period


class OperationState(StrEnum):
    TO_SEND = "to_send"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNANSWERED = "unanswered"
    BEHIND = "behind"
    CANCELLED = "cancelled"  # never sent: its month was closed before
    HELD = "held"  # a person keeps it back
    RELEASED = "released"  # a person gave its hold back; the register may still accept it


class Operation(NamedTuple):
    """A booked operation as the store keeps it. ``operation`` and ``claim`` are the store's keys within the payer; amounts are kopecks.

    ``attempt`` grows whenever somebody takes it: an answer is saved only where it is still the one that was taken. ``tries``: how often it
    was sent. ``by_person``: a reversal that a person asked for, and not today's facts.
    """

    payer: str
    operation: int
    id: str
    kind: str
    claim: int
    claim_key: str
    provider: str
    child: str
    group: str
    day: dt.date
    slot: int
    starts_at: dt.datetime
    n: int
    month: str
    amount: int
    enrollment: str | None
    certificate: str | None
    minutes: int
    after: str | None
    refers_to: str | None
    status: str | None
    attempt: int = 0
    tries: int = 0
    sent_at: dt.datetime | None = None
    by_person: bool = False


class Accepted(NamedTuple):
    """A money operation that the register has accepted, ours or not."""

    id: str
    kind: str
    amount: int
    enrollment: str | None
    certificate: str | None
    n: int
    month: str
    number: str
    refers_to: str | None


class Answered(NamedTuple):
    """The register's word on one operation.

    ``acceptances``: where it is behind, all the claim's, the oldest first. ``month``: where it was booked, if not in the operation's own:
    that one was closed by the time it was accepted.
    """

    operation: Operation
    outcome: str
    number: str | None
    reason: Text | None
    cure: Text | None
    acceptances: tuple[Accepted, ...] = ()
    month: str | None = None


class ClaimChange(NamedTuple):
    """What an answer changes in a claim.

    ``live``: (operation's id) of the debit that is live now, "" for none, None for no change; ``lists``: the stage to look at it again;
    ``said`` False: what stands is the register's word, and no source has spoken since; ``by_person``: ``refused`` in a person's words.
    """

    payer: str
    claim: int
    live: str | None = None
    last_acceptance: str | None = None
    debits: int | None = None
    attendance: str | None = None
    attendances: int | None = None
    under_way: int = 0
    refused: tuple[Text, Text] | None = None
    lists: str | None = None
    said: bool | None = None
    by_person: bool = False


@dataclass(slots=True)
class Settled:
    """The plan.

    ``other_month``: operations that the register booked in another month than their own, with that month; ``freed``: accounts whose free
    balance rose, so that their A07 refusals are decided anew.
    """

    states: list[tuple[Operation, OperationState, str | None, Text | None, Text | None]] = field(default_factory=list)
    transfers: list[tuple[int | None, Transfer]] = field(default_factory=list)
    changes: list[ClaimChange] = field(default_factory=list)
    adopted: list[tuple[Operation, Accepted]] = field(default_factory=list)
    other_month: list[Operation] = field(default_factory=list)
    freed: set[AccountName] = field(default_factory=set)


def plan(
    answers: Iterable[Answered],
    nominal_period: Callable[[dt.date], Period],
    known: Collection[str],
    free: Mapping[AccountName, int],
) -> Settled:
    """Settle what the register answered.

    Args:
        known: ids of operations that we know to be accepted.
        free: what the accounts of claims that are behind may spend; needed only to adopt.
    """
    settled = Settled()
    left = dict(free)
    nominal_period = cache(nominal_period)  # a batch has few days
    for answered in answers:
        if answered.outcome == OperationState.ACCEPTED:
            _accept(answered, nominal_period, settled)
        elif answered.outcome == OperationState.REJECTED:
            _reject(answered, nominal_period, settled)
        elif answered.outcome == OperationState.BEHIND and _names_nothing_new(answered):
            _reject(answered._replace(reason=_BEHIND_WHOM, cure=_ASK_THE_OPERATOR), nominal_period, settled)
        elif answered.outcome == OperationState.BEHIND:
            _adopt(answered, nominal_period, known, left, settled)
        else:
            settled.states.append((answered.operation, OperationState.UNANSWERED, None, answered.reason, None))
    return settled


def order_key(operation: Operation) -> str:
    """Operations of one key reach the register in their order: those of a certificate; without one, those of a claim."""
    return operation.certificate or operation.claim_key


def portions(operations: Sequence[Operation], size: int) -> list[list[Operation]]:
    """Cut operations into portions of one request each. Those of one key stay together, unless they alone are more than fit.

    Portions that share a key stand in the order in which they must be sent.
    """
    groups: dict[str, list[Operation]] = {}
    for one in operations:
        groups.setdefault(order_key(one), []).append(one)
    found: list[list[Operation]] = []
    for group in groups.values():
        for first in range(0, len(group), size):
            piece = group[first : first + size]
            if not found or len(found[-1]) + len(piece) > size:
                found.append([])
            found[-1] += piece
    return [sorted(portion, key=attrgetter("operation")) for portion in found]


def account_of(operation: Operation, certificate: str, nominal_period: Callable[[dt.date], Period]) -> AccountName:
    return AccountName(operation.payer, nominal_period(operation.day).first.isoformat(), AccountKind.CERTIFICATE, certificate)


OPEN = frozenset({OperationState.TO_SEND, OperationState.SENDING, OperationState.UNANSWERED, OperationState.HELD})
"""States of an operation that still waits for its answer."""


def release(operation: Operation, nominal_period: Callable[[dt.date], Period]) -> Settled:
    """A person gives up waiting: a debit's hold is free again, and the claim costs nothing until something new is said of it."""
    settled = Settled()
    settled.states.append((operation, OperationState.RELEASED, None, None, None))
    change = ClaimChange(operation.payer, operation.claim, under_way=-1)
    if operation.kind == "debit":
        account, transfer = released(operation, nominal_period)
        settled.transfers.append((operation.operation, transfer))
        settled.freed.add(account)
        change = change._replace(refused=GIVEN_UP, by_person=True)
    settled.changes.append(change)
    return settled


def _payable(account: AccountName, provider: str) -> AccountName:
    return AccountName(account.payer, account.period, AccountKind.PAYABLE, provider)


def _accept(answered: Answered, nominal_period: Callable[[dt.date], Period], settled: Settled) -> None:
    operation = booked_in(answered.month, answered.operation, settled)
    settled.states.append((operation, OperationState.ACCEPTED, answered.number, None, None))
    if operation.kind == "attendance":
        settled.changes.append(
            ClaimChange(operation.payer, operation.claim, attendance=operation.status, attendances=operation.n + 1, under_way=-1)
        )
        return
    account, transfer = moved(operation, nominal_period)
    settled.transfers.append((operation.operation, transfer))
    if operation.kind == "debit":
        change = ClaimChange(
            operation.payer, operation.claim, live=operation.id, last_acceptance=operation.id, debits=operation.n + 1, under_way=-1
        )
    else:
        settled.freed.add(account)
        change = taken_back(operation)
    settled.changes.append(change)


def booked_in(month: str | None, operation: Operation, settled: Settled) -> Operation:
    """The operation in the month in which the register booked it, if it says so."""
    if not month or month == operation.month:
        return operation
    settled.other_month.append(operation._replace(month=month))
    return settled.other_month[-1]


def moved(operation: Operation, nominal_period: Callable[[dt.date], Period]) -> tuple[AccountName, Transfer]:
    """The transfer that an accepted debit or reversal of ours makes, and the certificate's account."""
    account = account_of(operation, operation.certificate or "", nominal_period)
    payable = _payable(account, operation.provider)
    if operation.kind == "debit":
        return account, Transfer(account, payable, operation.amount, TransferKind.SETTLE, operation.month, "debit", refers_to=operation.id)
    return account, Transfer(payable, account, operation.amount, TransferKind.REVERSAL, operation.month, "reversal", refers_to=operation.id)


GIVEN_UP = (
    Text("удержание снято человеком, реестр ещё не ответил", "a person released the hold before the register answered"),
    Text("новая отметка отправит списание снова под тем же номером", "a new mark sends the debit again under the same id"),
)
TAKEN_BACK = (
    Text("списание снято человеком", "the debit was taken back by a person"),
    Text("новая отметка спишет занятие снова", "a new mark debits the lesson again"),
)


def taken_back(operation: Operation) -> ClaimChange:
    """What an accepted reversal changes. Whatever the claim's answer was when it was taken back, it may be charged anew from here, unless
    it was a person who took it back: then only a new fact charges it.
    """
    change = ClaimChange(operation.payer, operation.claim, live="", last_acceptance=operation.id, under_way=-1)
    return change._replace(refused=TAKEN_BACK, by_person=True) if operation.by_person else change._replace(lists="decide")


def _reject(answered: Answered, nominal_period: Callable[[dt.date], Period], settled: Settled) -> None:
    operation = answered.operation
    settled.states.append((operation, OperationState.REJECTED, None, answered.reason, answered.cure))
    refused = None
    if operation.kind == "debit":
        account, transfer = released(operation, nominal_period)
        settled.transfers.append((operation.operation, transfer))
        settled.freed.add(account)
        refused = (answered.reason or Text("", ""), answered.cure or Text("", ""))
    settled.changes.append(ClaimChange(operation.payer, operation.claim, under_way=-1, refused=refused))


def released(operation: Operation, nominal_period: Callable[[dt.date], Period]) -> tuple[AccountName, Transfer]:
    """The transfer that gives a debit's hold back, and the account that has it then."""
    account = account_of(operation, operation.certificate or "", nominal_period)
    payable = _payable(account, operation.provider)
    return account, Transfer(account, payable, operation.amount, TransferKind.RELEASE, operation.month, "debit", refers_to=operation.id)


_BEHIND_WHOM = Text(
    "реестр назвал нас отставшими, но ничего нового не показал", "the register calls us behind, and names nothing that is new"
)
_ASK_THE_OPERATOR = Text(
    "передайте номер операции оператору Навигатора: его запись об этом занятии расходится с нашей",
    "tell the Navigator's operator the operation's id: its record of this lesson is not ours",
)


def _names_nothing_new(answered: Answered) -> bool:
    """Behind, and yet the last acceptance is the one that we named, or there is none: to try again would go on for ever."""
    acceptances = answered.acceptances
    return not acceptances or acceptances[-1].id == answered.operation.after


def _adopt(
    answered: Answered,
    nominal_period: Callable[[dt.date], Period],
    known: Collection[str],
    left: dict[AccountName, int],
    settled: Settled,
) -> None:
    operation = answered.operation
    settled.states.append((operation, OperationState.BEHIND, None, None, None))
    if operation.kind == "debit":
        account, transfer = released(operation, nominal_period)
        settled.transfers.append((operation.operation, transfer))
        settled.freed.add(account)
        left[account] = left.get(account, 0) + operation.amount
    adopt(operation, answered.acceptances, nominal_period, known, left, settled, under_way=-1)


def adopt(
    about: Operation,
    acceptances: Sequence[Accepted],
    nominal_period: Callable[[dt.date], Period],
    known: Collection[str],
    left: dict[AccountName, int],
    settled: Settled,
    under_way: int = 0,
) -> None:
    """Take over the register's acceptances of one claim, the oldest first; what we do not know moves our ledger as it moved theirs."""
    live = ""
    for accepted in acceptances:
        live = accepted.id if accepted.kind == "debit" else ""
        if accepted.id in known:
            continue
        move_as_theirs(about, accepted, nominal_period, left, settled)
        settled.adopted.append((about, accepted))
    if not acceptances:
        settled.changes.append(ClaimChange(about.payer, about.claim, under_way=under_way))
        return
    debits = [accepted for accepted in acceptances if accepted.kind == "debit"]
    settled.changes.append(
        ClaimChange(
            about.payer,
            about.claim,
            live=live,
            last_acceptance=acceptances[-1].id,
            debits=max([len(debits), *(accepted.n + 1 for accepted in debits)]),
            under_way=under_way,
            lists="decide",
        )
    )


def move_as_theirs(
    about: Operation,
    accepted: Accepted,
    nominal_period: Callable[[dt.date], Period],
    left: dict[AccountName, int],
    settled: Settled,
    row: int | None = None,
) -> None:
    """Move our ledger as theirs moved; what the certificate cannot bear comes from the shortfall account. ``row``: our operation's key."""
    account = account_of(about, accepted.certificate or "", nominal_period)
    payable, month, id_ = _payable(account, about.provider), accepted.month, accepted.id
    if accepted.kind == "debit":
        short = max(0, accepted.amount - max(0, left.get(account, 0)))
        if short:
            owed = account._replace(kind=AccountKind.SHORTFALL)
            settled.transfers.append((row, Transfer(owed, account, short, TransferKind.PLAIN, month, "adopted", refers_to=id_)))
        settled.transfers.append((row, Transfer(account, payable, accepted.amount, TransferKind.PLAIN, month, "debit", refers_to=id_)))
        left[account] = left.get(account, 0) + short - accepted.amount
    else:
        back = Transfer(payable, account, accepted.amount, TransferKind.REVERSAL, month, "reversal", refers_to=id_)
        settled.transfers.append((row, back))
        left[account] = left.get(account, 0) + accepted.amount
        settled.freed.add(account)
