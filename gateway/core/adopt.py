"""What the register accepted and tells us unasked: ours settles, what we do not know is adopted, each claim in the register's order.

So a gateway that was restored from an old backup, or starts on an empty database, comes to where the register is. An adopted operation has
no fact behind it here: nothing is taken back, and nothing is booked beside it, until a source speaks of its claim again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gateway.core.ledger import AccountName
from gateway.core.periods import Period
from gateway.core.post import (
    OPEN,
    TAKEN_BACK,
    Accepted,
    ClaimChange,
    Operation,
    OperationState,
    Settled,
    booked_in,
    move_as_theirs,
    moved,
    released,
)


class Place(NamedTuple):
    """A claim as the register names it."""

    provider: str
    child: str
    group: str
    day: dt.date
    slot: int


class KnownClaim(NamedTuple):
    """What we know of a claim before. ``about``: an operation of no kind that says where it is."""

    about: Operation
    live: str | None
    debits: int
    attendances: int


class Ours(NamedTuple):
    """Our operation under the id that the register accepted."""

    operation: Operation
    state: OperationState


def take_over(
    claim: KnownClaim,
    theirs: Sequence[tuple[Accepted, Ours | None]],
    nominal_period: Callable[[dt.date], Period],
    left: dict[AccountName, int],
    settled: Settled,
) -> int:
    """Take over money that we do not know to be accepted. How many of these acceptances nobody here had asked for.

    Args:
        theirs: in the order in which the register accepted them.
        left: what the accounts may spend, kept up to date here.
    """
    live, debits, change = claim.live, claim.debits, ClaimChange(claim.about.payer, claim.about.claim)
    strange = 0
    for accepted, ours in theirs:
        if ours is not None and ours.state in OPEN and _is_the_same(accepted, ours.operation):
            change = _settle(accepted, ours.operation, nominal_period, left, settled, change)
        else:
            strange += 1
            change = _adopt(claim, accepted, ours, nominal_period, left, settled, change)
        live = accepted.id if accepted.kind == "debit" else None
        debits = max(debits + 1, accepted.n + 1) if accepted.kind == "debit" else debits
    if strange:
        change = change._replace(said=False, lists="decide", refused=None)
    if theirs:
        settled.changes.append(change._replace(live=live or "", debits=debits, last_acceptance=theirs[-1][0].id))
    return strange


def _is_the_same(accepted: Accepted, operation: Operation) -> bool:
    return (accepted.kind, accepted.amount, accepted.certificate) == (operation.kind, operation.amount, operation.certificate)


def _settle(
    accepted: Accepted,
    operation: Operation,
    nominal_period: Callable[[dt.date], Period],
    left: dict[AccountName, int],
    settled: Settled,
    change: ClaimChange,
) -> ClaimChange:
    """The answer to an operation of ours, which came by this way."""
    operation = booked_in(accepted.month, operation, settled)
    settled.states.append((operation, OperationState.ACCEPTED, accepted.number, None, None))
    account, transfer = moved(operation, nominal_period)
    settled.transfers.append((operation.operation, transfer))
    change = change._replace(under_way=change.under_way - 1)
    if operation.kind == "debit":
        return change
    settled.freed.add(account)
    left[account] = left.get(account, 0) + operation.amount
    return change._replace(refused=TAKEN_BACK, by_person=True) if operation.by_person else change._replace(lists="decide")


def _adopt(
    claim: KnownClaim,
    accepted: Accepted,
    ours: Ours | None,
    nominal_period: Callable[[dt.date], Period],
    left: dict[AccountName, int],
    settled: Settled,
    change: ClaimChange,
) -> ClaimChange:
    """What nobody here waits for: unknown, or given up by a person, or sent with another body."""
    row = None
    if ours is not None and ours.state in OPEN:
        settled.states.append((ours.operation, OperationState.BEHIND, None, None, None))
        change = change._replace(under_way=change.under_way - 1)
        if ours.operation.kind == "debit":
            account, transfer = released(ours.operation, nominal_period)
            settled.transfers.append((ours.operation.operation, transfer))
            settled.freed.add(account)
            left[account] = left.get(account, 0) + ours.operation.amount
    is_late = ours is not None and ours.state is OperationState.RELEASED and _is_the_same(accepted, ours.operation)
    if ours is not None and is_late:
        row = ours.operation.operation
        late = booked_in(accepted.month, ours.operation, settled)
        settled.states.append((late, OperationState.ACCEPTED, accepted.number, None, None))
    else:
        settled.adopted.append((claim.about, accepted))
    move_as_theirs(claim.about, accepted, nominal_period, left, settled, row)
    return change


# ---------------------------------------------------------------- attendance


class TheirAttendance(NamedTuple):
    """An attendance that the register accepted."""

    id: str
    n: int
    status: str


def take_over_attendance(claim: KnownClaim, theirs: Sequence[TheirAttendance], ours: Sequence[Ours], settled: Settled) -> int:
    """Take over attendance that is newer than what we know; the last accepted stands. How much of it nobody here had asked for.

    Args:
        theirs: of this claim, any order.
        ours: the claim's attendances that wait for an answer.
    """
    newer = sorted((one for one in theirs if one.n >= claim.attendances), key=lambda one: one.n)
    if not newer:
        return 0
    last = newer[-1]
    change = ClaimChange(claim.about.payer, claim.about.claim, attendance=last.status, attendances=last.n + 1)
    accepted = {one.id: one.status for one in newer}
    strange = {one.id for one in newer}
    for mine, state in ours:
        if mine.n > last.n or state not in OPEN:
            continue
        is_taken = accepted.get(mine.id) == mine.status
        settled.states.append((mine, OperationState.ACCEPTED if is_taken else OperationState.BEHIND, None, None, None))
        change = change._replace(under_way=change.under_way - 1)
        if is_taken:
            strange.discard(mine.id)
    settled.changes.append(change._replace(said=False, lists="decide") if strange else change)
    return len(strange)
