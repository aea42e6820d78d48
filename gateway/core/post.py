"""Stage 5, post: what the register's answers mean for the ledger and the claims.

Accepted settles the hold; rejected releases it; unanswered keeps it, for nobody knows; behind adopts the register's word. An adopted debit
without a fact is a difference for a person, never a reversal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
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


class Operation(NamedTuple):
    """A booked operation as the store keeps it. ``operation`` and ``claim`` are the store's keys within the payer; amounts are kopecks."""

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

    ``live``: (operation's id) of the debit that is live now, "" for none, None for no change; ``lists``: the stage to look at it again.
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


@dataclass(slots=True)
class Settled:
    """The plan. ``freed``: accounts whose free balance rose, so that their A07 refusals are decided anew."""

    states: list[tuple[Operation, OperationState, str | None, Text | None, Text | None]] = field(default_factory=list)
    transfers: list[tuple[int | None, Transfer]] = field(default_factory=list)
    changes: list[ClaimChange] = field(default_factory=list)
    adopted: list[tuple[Operation, Accepted]] = field(default_factory=list)
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
    for answered in answers:
        if answered.outcome == OperationState.ACCEPTED:
            _accept(answered, nominal_period, settled)
        elif answered.outcome == OperationState.REJECTED:
            _reject(answered, nominal_period, settled)
        elif answered.outcome == OperationState.BEHIND:
            _adopt(answered, nominal_period, known, left, settled)
        else:
            settled.states.append((answered.operation, OperationState.UNANSWERED, None, None, None))
    return settled


def account_of(operation: Operation, certificate: str, nominal_period: Callable[[dt.date], Period]) -> AccountName:
    return AccountName(operation.payer, nominal_period(operation.day).first.isoformat(), AccountKind.CERTIFICATE, certificate)


def _payable(account: AccountName, provider: str) -> AccountName:
    return account._replace(kind=AccountKind.PAYABLE, owner=provider)


def _accept(answered: Answered, nominal_period: Callable[[dt.date], Period], settled: Settled) -> None:
    operation = answered.operation._replace(month=answered.month or answered.operation.month)
    settled.states.append((operation, OperationState.ACCEPTED, answered.number, None, None))
    if operation.kind == "attendance":
        settled.changes.append(
            ClaimChange(operation.payer, operation.claim, attendance=operation.status, attendances=operation.n + 1, under_way=-1)
        )
        return
    account = account_of(operation, operation.certificate or "", nominal_period)
    payable = _payable(account, operation.provider)
    if operation.kind == "debit":
        transfer = Transfer(account, payable, operation.amount, TransferKind.SETTLE, operation.month, "debit", refers_to=operation.id)
        change = ClaimChange(
            operation.payer, operation.claim, live=operation.id, last_acceptance=operation.id, debits=operation.n + 1, under_way=-1
        )
    else:
        transfer = Transfer(payable, account, operation.amount, TransferKind.REVERSAL, operation.month, "reversal", refers_to=operation.id)
        settled.freed.add(account)
        # Whatever the claim's answer was when it was taken back, it may be charged anew from here.
        change = ClaimChange(operation.payer, operation.claim, live="", last_acceptance=operation.id, under_way=-1, lists="decide")
    settled.transfers.append((operation.operation, transfer))
    settled.changes.append(change)


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
    """Take over the register's acceptances of one claim, the oldest first: those that we do not know move our ledger as they moved theirs."""
    live = ""
    for accepted in acceptances:
        live = accepted.id if accepted.kind == "debit" else ""
        if accepted.id in known:
            continue
        account = account_of(about, accepted.certificate or "", nominal_period)
        payable = _payable(account, about.provider)
        if accepted.kind == "debit":
            short = max(0, accepted.amount - max(0, left.get(account, 0)))
            if short:
                owed = account._replace(kind=AccountKind.SHORTFALL)
                settled.transfers.append((None, Transfer(owed, account, short, TransferKind.PLAIN, accepted.month, "adopted", refers_to=accepted.id)))
            settled.transfers.append((None, Transfer(account, payable, accepted.amount, TransferKind.PLAIN, accepted.month, "debit", refers_to=accepted.id)))
            left[account] = left.get(account, 0) + short - accepted.amount
        else:
            settled.transfers.append((None, Transfer(payable, account, accepted.amount, TransferKind.REVERSAL, accepted.month, "reversal", refers_to=accepted.id)))
            left[account] = left.get(account, 0) + accepted.amount
            settled.freed.add(account)
        settled.adopted.append((about, accepted))
    if acceptances:
        settled.changes.append(
            ClaimChange(
                about.payer,
                about.claim,
                live=live,
                last_acceptance=acceptances[-1].id,
                debits=sum(accepted.kind == "debit" for accepted in acceptances),
                under_way=under_way,
                lists="decide",
            )
        )
